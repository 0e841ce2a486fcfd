package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sexton/bench/usb"
	"sexton/usbctl/broker"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/line"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
	"sexton/usbctl/watch"
	"sexton/usbctl/worker"
)

// rig is a broker on a virtual hub, told of arrivals one by one.
type rig struct {
	t      *testing.T
	hub    *usb.Hub
	broker *broker.Broker
	watch  watch.State
	at     time.Time

	mu     sync.Mutex // guards events
	events []line.Event
}

func newRig(t *testing.T) *rig {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, hub: usb.NewHub(), at: time.Unix(1e9, 0)}
	r.broker = broker.New(broker.Options{Bus: r.hub, Starter: worker.Memory{}, Rules: set, Tell: r.tell, Lenient: true})
	return r
}

func (r *rig) tell(e line.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// scan lets the broker see what the hub has.
func (r *rig) scan() {
	r.at = r.at.Add(time.Minute)
	for _, e := range r.watch.Update(r.at, r.hub.Instances()) {
		if e.Kind == watch.Gone {
			r.broker.Gone(e.Name, e.Generation)
		} else {
			r.broker.Arrived(r.t.Context(), e.Name, e.Generation, e.Storm)
		}
	}
}

func (r *rig) insert(port string, d *model.Device) {
	r.hub.Insert(port, d)
	r.scan()
}

// register makes the descriptors and strings of devices known.
func (r *rig) register(all ...*model.Device) {
	r.t.Helper()
	var p line.Policy
	for i, d := range all {
		p.Keys = append(p.Keys, registered(r.t, fmt.Sprintf("K-%d", i+1), d))
	}
	if err := r.broker.Apply(p); err != nil {
		r.t.Fatal(err)
	}
}

func registered(t *testing.T, id string, d *model.Device) line.Key {
	t.Helper()
	parsed, err := desc.Parse(d.USB.Blob())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[byte][]byte{}
	for i, s := range d.USB.Strings {
		if i != 0 {
			texts[i] = s
		}
	}
	l := ident.LikenessOf(ident.Look{Speed: "480", Device: parsed, Strings: texts})
	return line.Key{ID: id, Descriptors: l.Descriptors, Strings: l.Strings}
}

// story is what was told since the last story, in short.
func (r *rig) story() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		s := fmt.Sprintf("%s %s", e.Port, e.Kind)
		switch {
		case e.Verdict != nil:
			s += fmt.Sprintf(" %s %s", e.Verdict.Action, e.Verdict.Rule)
			if e.Verdict.Key != "" {
				s += " " + e.Verdict.Key
			}
		case e.Violation != nil:
			s += " " + e.Violation.Code
		case e.Answer != nil && e.Answer.Sound:
			s += " sound"
		case e.Answer != nil:
			s += " unsound"
		case e.Detail != "":
			s += " " + e.Detail
		}
		out = append(out, s)
	}
	r.events = nil
	return strings.Join(out, "\n")
}

func (r *rig) tells(want ...string) {
	r.t.Helper()
	if got := r.story(); got != strings.Join(want, "\n") {
		r.t.Errorf("told:\n%s\nwanted:\n%s", got, strings.Join(want, "\n"))
	}
}

// alive is which interfaces of a port live: "dead" when the device is not authorised.
func (r *rig) alive(port, want string) {
	r.t.Helper()
	got := "dead"
	if on, interfaces := r.hub.Alive(port); on {
		slices.Sort(interfaces)
		got = fmt.Sprint(interfaces)
	}
	if got != want {
		r.t.Errorf("port %s: %s, wanted %s", port, got, want)
	}
}

func (r *rig) generation(port string) uint64 {
	g, ok := r.watch.Generation(port)
	if !ok {
		r.t.Fatalf("nothing is at port %s", port)
	}
	return g
}

func (r *rig) run(port string, j worker.Job) (line.Answer, error) {
	return r.broker.Run(r.t.Context(), line.Request{Port: port, Generation: r.generation(port), Job: j, LimitS: 60}, nil)
}

func code(err error) string {
	var f *line.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

var portray = worker.Job{Kind: worker.Portray}

// custom is a key with descriptors of the test's own.
func custom(change func(*model.USB)) *model.Device {
	u := model.NewUSB(model.Config{Vendor: "GRANITE", Product: "SLATE KEY", Serial: "S9"})
	change(&u)
	return model.New(model.Config{Vendor: "GRANITE", Product: "SLATE KEY", Serial: "S9", Blocks: 1 << 17, USB: u})
}

// TestVerdicts: what is let in, and that nothing else of it lives. Registering a
// device does not make it another one.
func TestVerdicts(t *testing.T) {
	bulk := [][]byte{model.Bulk(0x81, 512), model.Bulk(0x02, 512)}
	configs := func(c ...[]byte) func(*model.USB) {
		return func(u *model.USB) { u.Configs, u.Device[17] = c, byte(len(c)) }
	}
	storage := func(more ...[]byte) []byte {
		return model.ConfigOf(append([][]byte{model.Interface(0, 0, 8, 6, 0x50, 2), bulk[0], bulk[1]}, more...)...)
	}
	for _, c := range []struct {
		name     string
		device   *model.Device
		register bool
		want     string
	}{
		{"registered", usb.Good("S1"), true, "allow-interfaces registered-key K-1"},
		{"not registered", usb.Good("S1"), false, "quarantine unregistered-key"},
		{"no serial", usb.Good(""), true, "allow-interfaces registered-key K-1"},
		{"keyboard beside storage", usb.BadUSB("S1"), true, "quarantine human-input"},
		{"setting 1 is a keyboard", custom(configs(storage(model.Interface(0, 1, 3, 1, 1, 1), model.Interrupt(0x83, 8)))), true, "quarantine human-input"},
		{"second configuration with a keyboard", custom(configs(storage(), func() []byte {
			c := model.ConfigOf(model.Interface(0, 0, 3, 1, 1, 1), model.Interrupt(0x83, 8))
			c[5] = 2
			return c
		}())), true, "quarantine human-input"},
		{"serial port", custom(configs(storage(model.Interface(1, 0, 2, 2, 1, 0)))), true, "quarantine network-or-serial"},
		{"vendor's clothes", custom(configs(model.ConfigOf(model.Interface(0, 0, 0xff, 6, 0x50, 2), bulk[0], bulk[1]))), true, "quarantine vendor-specific"},
		{"UAS only", custom(configs(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x62, 2), bulk[0], bulk[1]))), true, "reject uas-only"},
		{"hub", custom(func(u *model.USB) { u.Device[4] = 9 }), true, "reject hub"},
		{"bLength 0", custom(func(u *model.USB) { u.Configs[0][9] = 0 }), false, "reject built-in.malformed"},
		{"packets of 1 byte", custom(configs(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 2), model.Bulk(0x81, 1), bulk[1]))), true, "reject built-in.default"},
		{"NUL in the serial", custom(func(u *model.USB) { u.Strings[3] = model.Text("S9\x00X") }), false, "reject built-in.kernel-differs"},
		{"half a character", custom(func(u *model.USB) { u.Strings[3] = []byte{4, 3, 0, 0xd8} }), false, "reject built-in.kernel-differs"},
		{"string that lies about its length", custom(func(u *model.USB) { u.Strings[3] = []byte{255, 3, 'S', 0} }), false, "reject built-in.kernel-differs"},
		{"string that is named and not there", custom(func(u *model.USB) { delete(u.Strings, 3) }), false, "reject built-in.kernel-differs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			if c.register {
				r.register(c.device)
			}
			r.insert("1-2", c.device)
			r.tells("1-2 attached", "1-2 verdict "+c.want)
			if strings.HasPrefix(c.want, "allow") {
				r.alive("1-2", "[0]")
				if a, err := r.run("1-2", portray); err != nil || !a.Sound || a.Result.Err() != nil {
					t.Errorf("%+v %v", a, err)
				}
			} else {
				r.alive("1-2", "dead")
				if _, err := r.run("1-2", portray); code(err) != line.CodeShut || c.device.Commands() != 0 {
					t.Errorf("%v, %d commands reached it", err, c.device.Commands())
				}
			}
			r.story()
			// Whatever came before, a good key works right after.
			good := usb.Good("GOOD")
			r.register(good)
			r.insert("1-3", good)
			if a, err := r.run("1-3", portray); err != nil || !a.Sound {
				t.Errorf("a good key afterwards: %+v %v", a, err)
			}
			if err := r.broker.Close(); err != nil {
				t.Error(err)
			}
			r.alive("1-2", "dead")
			r.alive("1-3", "dead")
		})
	}
}

// TestTwoLies: a device that shows other strings when it is asked again.
func TestTwoLies(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	asked := 0
	r.hub.Before = func(step string) {
		if step == "strings" {
			if asked++; asked == 2 {
				d.USB.Strings[3] = model.Text("S2")
			}
		}
	}
	r.insert("1-2", d)
	r.tells("1-2 attached", "1-2 verdict reject built-in.kernel-differs")
	r.alive("1-2", "dead")
}

// TestOneIdentityTwice: of two devices that cannot be told apart neither works, until
// both were unplugged.
func TestOneIdentityTwice(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	r.insert("1-2", d)
	r.alive("1-2", "[0]")
	r.story()
	r.insert("1-4", usb.Clone(d))
	r.tells("1-4 attached", "1-2 verdict reject built-in.duplicate", "1-4 verdict reject built-in.duplicate")
	r.alive("1-2", "dead")
	r.alive("1-4", "dead")
	r.hub.Remove("1-4")
	r.scan()
	r.register(d)
	r.alive("1-2", "dead")
	r.story()
	r.insert("1-2", d)
	r.tells("1-2 removed", "1-2 attached", "1-2 verdict allow-interfaces registered-key K-1")
	r.alive("1-2", "[0]")
	// Another unit of the same model is another identity.
	r.insert("1-4", usb.Good("S2"))
	r.alive("1-2", "[0]")
}

// TestSwaps: something else is plugged in at every step of the broker. It is never
// acted on: not authorised, not claimed, not sent a command.
func TestSwaps(t *testing.T) {
	for _, step := range []string{"look", "strings", "authorise", "interface", "claim"} {
		for nth := 1; nth <= 4; nth++ {
			t.Run(fmt.Sprint(step, nth), func(t *testing.T) {
				r, d := newRig(t), usb.Good("S1")
				r.register(d)
				stranger, seen := usb.BadUSB("S2"), 0
				r.hub.Before = func(s string) {
					if s == step {
						if seen++; seen == nth {
							r.hub.Insert("1-2", stranger)
						}
					}
				}
				r.insert("1-2", d)
				if seen < nth {
					_, _ = r.run("1-2", portray) // the swap may be in the claim, or never
				}
				r.hub.Before = nil
				if on, _ := r.hub.Alive("1-2"); on && seen >= nth {
					t.Error("the stranger lives")
				}
				if stranger.Commands() != 0 {
					t.Errorf("%d commands reached the stranger", stranger.Commands())
				}
				if seen < nth {
					return
				}
				// Once the broker has seen the swap the stranger is judged as what it is.
				r.scan()
				r.alive("1-2", "dead")
				if !strings.HasSuffix(r.story(), "1-2 verdict quarantine human-input") {
					t.Error("the stranger was not judged at last")
				}
			})
		}
	}
}

// TestReplug: a job that means the device before is not done on the one after it, not
// even when that is the same key.
func TestReplug(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	r.insert("1-2", d)
	old := r.generation("1-2")
	r.insert("1-2", d)
	_, err := r.broker.Run(t.Context(), line.Request{Port: "1-2", Generation: old, Job: portray, LimitS: 1}, nil)
	if code(err) != line.CodeGone {
		t.Errorf("%v", err)
	}
	if _, err := r.run("1-2", portray); err != nil {
		t.Errorf("the new one: %v", err)
	}
	for _, limit := range []int{0, -1, 86401} {
		if _, err := r.broker.Run(t.Context(), line.Request{Port: "1-2", Generation: r.generation("1-2"), Job: portray, LimitS: limit}, nil); code(err) != line.CodeRequest {
			t.Errorf("a job of %d seconds: %v", limit, err)
		}
	}
}

// TestIdentitySwapAtReset: the device comes back from a port reset as another one.
func TestIdentitySwapAtReset(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	r.insert("1-2", d)
	d.Break(model.SwapAtReset, 1)
	r.story()
	a, err := r.run("1-2", worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: make([]byte, 16)}})
	if err != nil || a.Result.Proven || a.Result.Err() == nil {
		t.Errorf("%+v %v", a.Result, err)
	}
	r.scan()
	if got := r.story(); !strings.Contains(got, "1-2 removed\n1-2 attached\n1-2 verdict quarantine unregistered-key") {
		t.Errorf("told:\n%s", got)
	}
	r.alive("1-2", "dead")
}

// TestPolicyJudgesAgain: registering, retiring, the unit's own rules and the loss of
// the station need no replug.
func TestPolicyJudgesAgain(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.insert("1-2", d)
	r.alive("1-2", "dead")
	r.register(d)
	r.alive("1-2", "[0]")
	r.register(usb.Good("S2"), d)
	r.tells("1-2 attached", "1-2 verdict quarantine unregistered-key", "1-2 verdict allow-interfaces registered-key K-1", "1-2 verdict allow-interfaces registered-key K-2")
	own := `[[rule]]
id = "port-2-is-closed"
action = "reject"
ports = ["1-2"]
zh = "端口已停用"
en = "the port is closed"`
	if err := r.broker.Apply(line.Policy{Keys: []line.Key{registered(t, "K-1", d)}, Rules: own}); err != nil {
		t.Fatal(err)
	}
	r.alive("1-2", "dead")
	r.register(d)
	r.alive("1-2", "[0]")
	r.broker.Lose()
	r.alive("1-2", "dead")
	r.tells("1-2 verdict reject port-2-is-closed", "1-2 verdict allow-interfaces registered-key K-1", "1-2 verdict quarantine unregistered-key")
	for name, p := range map[string]line.Policy{
		"no id":         {Keys: []line.Key{{Descriptors: map[ident.Speed]string{"480": "00"}, Strings: "00"}}},
		"no strings":    {Keys: []line.Key{{ID: "K", Descriptors: map[ident.Speed]string{"480": "00"}}}},
		"bad rules":     {Rules: "rule = 1"},
		"rule id twice": {Rules: strings.Replace(own, "port-2-is-closed", "hub", 1)},
	} {
		if err := r.broker.Apply(p); code(err) != line.CodeRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExpel(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	r.insert("1-2", d)
	r.story()
	x := line.Expulsion{Port: "1-2", Generation: r.generation("1-2"), Reason: "stale \x1b[2J"}
	if err := r.broker.Expel(x); err != nil {
		t.Fatal(err)
	}
	r.register(d)
	r.tells("1-2 verdict reject built-in.expelled")
	r.alive("1-2", "dead")
	x.Generation++
	if err := r.broker.Expel(x); code(err) != line.CodeGone {
		t.Errorf("%v", err)
	}
	r.broker.Present()
	r.mu.Lock()
	defer r.mu.Unlock()
	if v := r.events[len(r.events)-1].Verdict; v == nil || strings.Contains(v.Detail, "\x1b") {
		t.Errorf("%+v", v)
	}
}
