package station_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	benchmedia "sexton/bench/media"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/station"
	"sexton/usbctl/model"
	"sexton/usbctl/usbctltest"
)

// keyWorld is a unit whose station has USB ports.
func keyWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.ports = mustPorts(t)
	w.stop()
	w.start(nil)
	w.unit(1)
	return w
}

func mustPorts(t *testing.T) *benchmedia.Hub {
	t.Helper()
	h, err := benchmedia.New()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// attached waits until what is at a port is in a state.
func (w *world) attached(port, state string) station.AttachedView {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		changed := station.USBChanged(w.st)
		all, err := w.st.Attached(ctx)
		var got string
		for _, a := range all {
			if a.Port == port {
				if got = a.State; got == state {
					return a
				}
			}
		}
		if state == "gone" && got == "" && err == nil {
			return station.AttachedView{}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.t.Fatalf("port %s never came to %s, it is %q (%v)", port, state, got, err)
		}
	}
}

func (w *world) keyOptions(key, port string) station.KeyOptions {
	return station.KeyOptions{Key: key, Port: port, Label: "甲组一号（演练）", Purpose: "交换文件（演练）", Owner: "sun", Department: "机要室", Classification: "秘密",
		Expires: "2099-12-31", Confirm: "甲组一号（演练）"}
}

// registered plugs a new key in and registers it.
func (w *world) registered(key, port string, d *model.Device) station.KeyView {
	w.t.Helper()
	w.ports.Insert(port, d)
	w.attached(port, "refused")
	v, err := w.st.RegisterKey(w.t.Context(), w.keyOptions(key, port), w.signer("admin"))
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// plug plugs a device in and waits for what the station makes of it.
func (w *world) plug(port, state string, d *model.Device) station.AttachedView {
	w.t.Helper()
	w.ports.Remove(port)
	w.attached(port, "gone")
	w.ports.Insert(port, d)
	return w.attached(port, state)
}

// copyOf is what somebody with a disk imager and a programmable controller makes of a key.
func copyOf(d *model.Device) *model.Device {
	c := d.Config
	c.Store = d.Store.Clone()
	return model.New(c)
}

func (w *world) key(id string) station.KeyView {
	w.t.Helper()
	return must(w.st.Key(w.t.Context(), id))
}

// leaves lists the bodies of a kind.
func leaves[T any](w *world, kind leaf.Kind) []*T {
	w.t.Helper()
	var out []*T
	for i := range w.led.Head().Size {
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), i)))
		if err != nil {
			w.t.Fatal(err)
		}
		if p.Kind == kind {
			out = append(out, p.Body.(*T))
		}
	}
	return out
}

func TestDutyD18OnlyRegisteredKeysWork(t *testing.T) {
	w := keyWorld(t)
	d := usbctltest.Key("S1", 1<<15)
	if v := w.plug("1-1", "refused", d); v.Rule != "unregistered-key" || v.Serial != "S1" || v.Zh == "" || v.En == "" {
		t.Errorf("unregistered: %+v", v)
	}
	v := must(w.st.RegisterKey(t.Context(), w.keyOptions("密U-001", ""), w.signer("admin")))
	if v.State != "registered" || v.StateZh != "在用" || v.Owner != "sun" || v.OwnerName == "" || v.LevelZh != "秘密" || v.Capacity != "destructive" || v.Label != "甲组一号（演练）" ||
		v.Bytes != 512<<15 || !v.HasSerial || v.Epoch != 1 || v.Port != "1-1" || !v.Secret || v.Times != 1 || v.Registrar != "admin" {
		t.Errorf("registered: %+v", v)
	}
	for n := int64(2); n < 5; n++ {
		if v := w.plug("1-1", "taken", d); v.Key != "密U-001" || v.Canary != "current" {
			t.Errorf("insertion %d: %+v", n, v)
		}
		if k := w.key("密U-001"); k.Epoch != n || k.Port != "1-1" {
			t.Errorf("insertion %d: %+v", n, k)
		}
	}
	if v := must(w.st.CheckKey(t.Context(), "1-1", w.as("sun"))); v.State != "taken" {
		t.Errorf("checked: %+v", v)
	}
	if v := must(w.st.EjectKey(t.Context(), "1-1", w.as("sun"))); v.State != "ejected" {
		t.Errorf("ejected: %+v", v)
	}
	if k := w.key("密U-001"); k.Epoch != 6 || k.Port != "" || len(k.History) != 6 {
		t.Errorf("after check and eject: epoch %d at %q, history %d", k.Epoch, k.Port, len(k.History))
	}
	w.refused("used after it was ejected", "media.none", func(ctx context.Context) error {
		_, err := w.st.CheckKey(ctx, "1-1", w.as("sun"))
		return err
	})
	for _, b := range leaves[leaf.KeyMeeting](w, leaf.KeyMet) {
		if b.Refused != "" || len(b.Transcript) != 64 || b.Count != 1 {
			t.Errorf("%+v", b)
		}
	}
}

// TestACopiedKeyIsFoundOut: whichever of the two comes first, the second is met as suspect, and from then on neither is taken.
func TestACopiedKeyIsFoundOut(t *testing.T) {
	for _, first := range []string{"original", "copy"} {
		t.Run(first, func(t *testing.T) {
			w := keyWorld(t)
			d := usbctltest.Key("S1", 1<<15)
			w.registered("U-1", "1-1", d)
			w.plug("1-1", "taken", d)
			w.ports.Remove("1-1")
			w.attached("1-1", "gone")
			d.Replug() // what is cached reaches the medium
			one, two := d, copyOf(d)
			if first == "copy" {
				one, two = two, one
			}
			w.plug("1-1", "taken", one)
			w.ports.Remove("1-1")
			v := w.plug("1-2", "turned-away", two)
			if v.Key != "U-1" || v.Refused != "canary" || v.Canary != "stale" || v.StateZh == "" {
				t.Errorf("the second: %+v", v)
			}
			if k := w.key("U-1"); k.State != "suspect" || k.StateZh != "可疑" {
				t.Errorf("the key is %s", k.State)
			}
			w.plug("1-2", "turned-away", one)
			w.refused("checking a suspect key", "key.refused", func(ctx context.Context) error {
				_, err := w.st.CheckKey(ctx, "1-2", w.as("sun"))
				return err
			})
			// An administrator decides: the one that is there is registered anew, with another canary.
			v2 := must(w.st.RegisterKey(t.Context(), w.keyOptions("U-1", "1-2"), w.signer("admin")))
			if v2.State != "registered" || v2.Times != 2 {
				t.Errorf("anew: %+v", v2)
			}
			w.plug("1-2", "taken", one)
			w.ports.Remove("1-2")
			if v := w.plug("1-1", "turned-away", two); v.Canary != "foreign" {
				t.Errorf("the old copy shows %+v", v)
			}
		})
	}
}

// TestHostileDevices: a keyboard, a lie about the capacity, other data behind the same looks, and a storm of them.
func TestHostileDevices(t *testing.T) {
	w := keyWorld(t)
	bad := usbctltest.Key("\x1b[2J<b>", 1<<15)
	bad.USB.Configs = [][]byte{model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 2), model.Bulk(0x81, 512), model.Bulk(0x02, 512),
		model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8))}
	if v := w.plug("1-1", "refused", bad); v.Rule != "human-input" || v.Serial != `\u{1b}[2J\u{3c}b\u{3e}` {
		t.Errorf("a keyboard: %+v", v)
	}
	register := func(port string, change func(*station.KeyOptions)) func(context.Context) error {
		return func(ctx context.Context) error {
			o := w.keyOptions("U-9", port)
			if change != nil {
				change(&o)
			}
			_, err := w.st.RegisterKey(ctx, o, w.signer("admin"))
			return err
		}
	}
	w.as("admin")
	w.refused("a keyboard is registered", "media.refused", register("1-1", nil))
	w.ports.Remove("1-1")
	w.attached("1-1", "gone")

	lie := model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S2", Blocks: 1 << 20, Store: model.NewStore(1 << 22)})
	w.ports.Insert("1-1", lie)
	w.attached("1-1", "refused")
	before := w.led.Head().Size
	if err := register("1-1", nil)(t.Context()); fault.From(err).Code != "key.fake" {
		t.Errorf("a lie about the capacity: %v", err)
	}
	w.attached("1-1", "refused")
	if k := must(w.st.KeyList(t.Context(), station.KeyFilter{})); len(k) != 0 {
		t.Errorf("it is registered: %+v", k)
	}
	if n := w.led.Head().Size - before; n > 4 {
		t.Errorf("%d leaves", n)
	}
	if runs := must(w.led.Runs(t.Context())); len(runs) != 0 {
		t.Errorf("runs are left: %+v", runs)
	}

	honest := usbctltest.Key("S3", 1<<15)
	w.plug("1-2", "refused", honest)
	untouched := honest.Store.Clone()
	for name, c := range map[string]struct {
		code   string
		change func(*station.KeyOptions)
	}{
		"label not typed back":      {"usage.not-confirmed", func(o *station.KeyOptions) { o.Confirm = "甲组" }},
		"owner not cleared":         {"custody.refused", func(o *station.KeyOptions) { o.Classification = "绝密" }},
		"owner not posted":          {"custody.refused", func(o *station.KeyOptions) { o.Owner = "qian" }},
		"owner nobody enrolled":     {"person.not-enrolled", func(o *station.KeyOptions) { o.Owner = "nobody" }},
		"a number that is a path":   {"usage.bad-request", func(o *station.KeyOptions) { o.Key = "../1" }},
		"a day that is past":        {"custody.refused", func(o *station.KeyOptions) { o.Expires = "2020-01-01" }},
		"a department nobody knows": {"custody.refused", func(o *station.KeyOptions) { o.Department = "没有" }},
		"an empty port":             {"media.none", func(o *station.KeyOptions) { o.Port = "1-7" }},
	} {
		before := w.led.Head().Size
		err := register("1-2", c.change)(t.Context())
		if err == nil || fault.From(err).Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		w.attached("1-2", "refused")
		if n := w.led.Head().Size - before; n > 3 {
			t.Errorf("%s: %d leaves", name, n)
		}
	}
	b, c := make([]byte, untouched.Size()), make([]byte, untouched.Size())
	untouched.ReadAt(b, 0)
	honest.Store.ReadAt(c, 0)
	if !slices.Equal(b, c) {
		t.Error("a refused registration wrote on the medium")
	}

	before = w.led.Head().Size
	for range 100 {
		w.ports.Insert("1-3", bad)
		w.ports.Remove("1-3")
	}
	w.ports.Insert("1-3", bad)
	w.plug("1-4", "refused", usbctltest.Key("S4", 1<<15)) // notices come one after the other
	if n := w.led.Head().Size - before; n > 6 {
		t.Errorf("a storm of 100 insertions left %d leaves", n)
	}
	w.later.Add(int64(2 * time.Minute))
	w.wall.Add(int64(2 * time.Minute))
	w.stop() // what was counted is written
	w.start(nil)
	counted := int64(0)
	for _, a := range leaves[leaf.Attachment](w, leaf.MediaAttached) {
		if a.Port == "1-3" {
			counted += a.Count
		}
	}
	if counted < 100 || counted > 102 { // it is still inserted when the station starts again
		t.Errorf("%d insertions are on record", counted)
	}
}

func TestKeysLostFoundRetiredAndMisplaced(t *testing.T) {
	w := keyWorld(t)
	ctx := t.Context()
	d := usbctltest.Key("S1", 1<<15)
	w.registered("U-1", "1-1", d)
	away := func(name, reason string) {
		t.Helper()
		w.wall.Add(int64(2 * time.Minute)) // nothing stands for an equal refusal any more
		epoch := w.key("U-1").Epoch
		if v := w.plug("1-1", "turned-away", d); v.Refused != reason || v.Key != "U-1" {
			t.Errorf("%s: %+v", name, v)
		}
		met := leaves[leaf.KeyMeeting](w, leaf.KeyMet)
		if last := met[len(met)-1]; last.Refused != reason || last.Verdict != "" || w.key("U-1").Epoch != epoch {
			t.Errorf("%s: on record %+v", name, last)
		}
	}
	w.ok(w.st.LoseKey(ctx, "U-1", "出差途中遗失（演练）", w.as("sun")))
	w.attached("1-1", "turned-away")
	away("lost", "lost")
	w.ok(w.st.FindKey(ctx, "U-1", "在抽屉中找到（演练）", w.signer("admin")))
	w.plug("1-1", "taken", d)

	w.ok(w.st.EnterDepartment(ctx, station.DepartmentOptions{Session: w.as("chen"), Department: "财务室", Name: "财务室（演练）", Highest: "机密"}))
	w.ok(w.st.EnterPlace(ctx, station.PlaceOptions{Session: w.as("chen"), Place: "C-01", Department: "财务室", Use: "room", Name: "财务室（演练）", Highest: "秘密"}))
	w.ok(w.st.EnrolPort(ctx, station.PortOptions{Session: w.as("admin"), Port: "1-1", Name: "财务窗口（演练）", Place: "C-01"}))
	away("at the port of another department", "wrong-port")
	w.ok(w.st.EnrolPort(ctx, station.PortOptions{Session: w.as("admin"), Port: "1-1", Place: "G-01"}))
	w.plug("1-1", "taken", d)
	w.ok(w.st.ClosePort(ctx, "1-1", w.as("admin")))
	away("at a closed port", "wrong-port")
	w.ok(w.st.EnrolPort(ctx, station.PortOptions{Session: w.as("admin"), Port: "1-1"}))
	if p := must(w.st.PortList(ctx)); len(p) != 1 || p[0].Name != "财务窗口（演练）" || p[0].Place != "" || p[0].Closed {
		t.Errorf("ports %+v", p)
	}

	w.ok(w.st.PostPerson(ctx, station.PostOptions{Session: w.as("chen"), Person: "sun", Department: "机要室", Grade: "general", Clearance: "机密", TrainedTill: "2099-12-31", Since: "2026-01-02"}))
	away("of a person who has not pledged for his new post", "owner-unfit")
	w.ok(w.st.RetireKey(ctx, "U-1", "人员离岗（演练）", w.signer("admin")))
	if k := w.key("U-1"); k.State != "retired" || k.Secret {
		t.Errorf("retired: %+v", k)
	}
	if runs := must(w.led.Runs(ctx)); len(runs) != 0 {
		t.Errorf("the secret of a retired key is kept: %d runs", len(runs))
	}
	away("retired", "retired")
	for name, f := range map[string]func(context.Context) error{
		"found, never lost": func(ctx context.Context) error {
			_, err := w.st.FindKey(ctx, "U-1", "", w.signer("admin"))
			return err
		},
		"retired twice": func(ctx context.Context) error {
			_, err := w.st.RetireKey(ctx, "U-1", "", w.signer("admin"))
			return err
		},
	} {
		w.refused(name, "custody.refused", f)
	}
	w.refused("a key nobody registered", "usage.not-found", func(ctx context.Context) error {
		_, err := w.st.LoseKey(ctx, "U-2", "", w.as("chen"))
		return err
	})
	w.refused("retired by a secrecy officer", "person.role", func(ctx context.Context) error {
		_, err := w.st.RetireKey(ctx, "U-1", "", w.signer("chen"))
		return err
	})
	w.refused("a port that is none", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.EnrolPort(ctx, station.PortOptions{Session: w.as("admin"), Port: "usb1", Name: "x"})
		return err
	})
}

// TestKeysOfOneModelWithoutSerial: two of them are told apart by their canaries alone, and a third makes neither suspect.
func TestKeysOfOneModelWithoutSerial(t *testing.T) {
	w := keyWorld(t)
	var keys []*model.Device
	for i := range 3 {
		keys = append(keys, usbctltest.Key("", 1<<15))
		if i < 2 {
			id := fmt.Sprint("U-", i)
			w.ports.Insert("1-1", keys[i])
			if i == 0 {
				w.attached("1-1", "refused")
			} else {
				w.attached("1-1", "unregistered") // it looks like the first
				w.ports.Remove("1-1")
				w.attached("1-1", "gone")
				w.ok(w.st.LoseKey(t.Context(), "U-0", "（演练）", w.as("sun")))
				w.ports.Insert("1-1", keys[i])
				w.attached("1-1", "refused")
			}
			w.ok(w.st.RegisterKey(t.Context(), w.keyOptions(id, "1-1"), w.signer("admin")))
			if i == 1 {
				w.ok(w.st.FindKey(t.Context(), "U-0", "（演练）", w.signer("admin")))
			}
			w.ports.Remove("1-1")
			w.attached("1-1", "gone")
		}
	}
	for i, d := range keys[:2] {
		if v := w.plug("1-1", "taken", d); v.Key != fmt.Sprint("U-", i) {
			t.Errorf("key %d is taken for %s", i, v.Key)
		}
	}
	w.plug("1-1", "unregistered", keys[2])
	for i := range 2 {
		if k := w.key(fmt.Sprint("U-", i)); k.State != "registered" {
			t.Errorf("key %d is %s", i, k.State)
		}
	}
}

func TestWithoutUSB(t *testing.T) {
	w := newWorld(t)
	w.unit(1)
	if v := must(w.st.Status(t.Context())); v.USB.State != "none" {
		t.Errorf("%+v", v.USB)
	}
	w.refused("register", "media.off", func(ctx context.Context) error {
		_, err := w.st.RegisterKey(ctx, w.keyOptions("U-1", ""), w.signer("admin"))
		return err
	})
	if _, err := w.st.Attached(t.Context()); fault.From(err).Code != "media.off" {
		t.Error(err)
	}
}

// usbIs waits until the USB side is in a state.
func (w *world) usbIs(state string) {
	w.t.Helper()
	for {
		changed := station.USBChanged(w.st)
		if must(w.st.Status(w.t.Context())).USB.State == state {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			w.t.Fatalf("the USB side is never %s", state)
		}
	}
}

// TestTheServiceComesBack: while it is away nothing is attached and nothing can be done; then what is inserted is met anew.
func TestTheServiceComesBack(t *testing.T) {
	w := keyWorld(t)
	d := usbctltest.Key("S1", 1<<15)
	w.registered("U-1", "1-1", d)
	w.ports.Away(true)
	w.usbIs("away")
	w.as("sun")
	if _, err := w.st.CheckKey(t.Context(), "1-1", w.as("sun")); fault.From(err).Code != "media.unreachable" {
		t.Error(err)
	}
	w.ports.Away(false)
	w.attached("1-1", "taken")
	if k := w.key("U-1"); k.Epoch != 2 {
		t.Errorf("%+v", k)
	}
}
