package station_test

import (
	"context"
	"sync/atomic"
	"testing"

	"sexton/station"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	"sexton/usbctl/model"
	"sexton/usbctl/usbctltest"
)

// dies gives a plan that kills the process at the n-th write after arm is set, before or after it is durable; dead is closed then.
func dies(n int, after bool) (plan func(string, int) (bool, bool), arm *atomic.Bool, dead chan struct{}) {
	arm, dead = &atomic.Bool{}, make(chan struct{})
	seen := 0
	return func(what string, _ int) (bool, bool) {
		if what != "write" || !arm.Load() {
			return false, false
		}
		if seen++; seen != n {
			return false, false
		}
		close(dead)
		return !after, after
	}, arm, dead
}

// honestThenCopy demands that the key passes at its next insertion, and that a copy of its state from before the crash does not.
func (w *world) honestThenCopy(name string, d, before *model.Device) {
	w.t.Helper()
	if v := w.plug("1-1", "taken", d); v.Key != "U-1" {
		w.t.Errorf("%s: the honest key is %+v", name, v)
	}
	w.ports.Remove("1-1")
	w.attached("1-1", "gone")
	if v := w.plug("1-2", "turned-away", before); v.Refused != "canary" {
		w.t.Errorf("%s: the copy is %+v", name, v)
	}
	w.ports.Remove("1-2")
	w.attached("1-2", "gone")
	if k := w.key("U-1"); k.State != "suspect" {
		w.t.Errorf("%s: after the copy the key is %s", name, k.State)
	}
}

// TestDeathAtEachWriteOfAMeeting: an insertion writes what attached, the epoch that is begun, the epoch that is there, and that the key
// was met. Whichever of them is the last, the honest key passes at the next insertion and a copy from before never does.
func TestDeathAtEachWriteOfAMeeting(t *testing.T) {
	for n := 1; n <= 4; n++ {
		for _, after := range []bool{false, true} {
			w := keyWorld(t)
			d := usbctltest.Key("S1", 1<<15)
			w.registered("U-1", "1-1", d)
			w.plug("1-1", "taken", d)
			w.ports.Remove("1-1")
			w.attached("1-1", "gone")
			d.Replug()
			before := copyOf(d)
			plan, arm, dead := dies(n, after)
			w.restart(plan)
			w.usbIs("connected")
			arm.Store(true)
			w.ports.Insert("1-1", d)
			<-dead
			w.restart(nil) // the key is still inserted: it is met again
			if v := w.attached("1-1", "taken"); v.Key != "U-1" {
				t.Errorf("write %d, durable %t: %+v", n, after, v)
			}
			w.honestThenCopy("write "+string(rune('0'+n)), d, before)
		}
	}
}

// TestYankDuringAMeeting pulls the key out at every seventh transfer of an insertion, and of the insertion that takes it up.
func TestYankDuringAMeeting(t *testing.T) {
	w := newWorld(t)
	var at atomic.Int64    // the transfer before which it is pulled out; 0 = never
	var pulled atomic.Bool // it was
	w.ports = mustPorts(t)
	w.ports.Before = func(port string, n int) {
		if int64(n) == at.Load() {
			w.ports.Remove(port)
			pulled.Store(true)
		}
	}
	w.stop()
	w.start(nil)
	w.unit(1)
	d := usbctltest.Key("S1", 1<<15)
	w.registered("U-1", "1-1", d)
	interrupted, whole := 0, 0
	for n := int64(3); whole < 2; n += 7 {
		if n > 2000 {
			t.Fatal("an insertion never comes to its end")
		}
		w.plug("1-1", "taken", d)
		w.ports.Remove("1-1")
		w.attached("1-1", "gone")
		d.Replug()
		before := copyOf(d)
		whole = 0
		for range 2 {
			at.Store(n)
			pulled.Store(false)
			w.ports.Insert("1-1", d)
			if w.takenOrPulled("1-1", &pulled) {
				whole++
				at.Store(0)
				w.ports.Remove("1-1")
				w.attached("1-1", "gone")
			}
			at.Store(0)
		}
		if whole == 0 {
			interrupted++
		}
		w.honestThenCopy("yank", d, before)
		w.ports.Insert("1-1", d)
		w.attached("1-1", "turned-away") // suspect: an administrator registers it anew, after it was plugged in again
		w.ok(w.st.RegisterKey(t.Context(), w.keyOptions("U-1", "1-1"), w.signer("admin")))
	}
	if interrupted < 10 {
		t.Errorf("only %d insertions were interrupted twice", interrupted)
	}
}

// takenOrPulled waits until the device was taken, or was pulled out before.
func (w *world) takenOrPulled(port string, pulled *atomic.Bool) (taken bool) {
	w.t.Helper()
	w.eventually("taken or pulled out", func() bool {
		for _, a := range must(w.st.Attached(w.t.Context())) {
			taken = taken || a.Port == port && a.State == "taken"
		}
		return taken || pulled.Load()
	})
	return taken
}

// TestDeathDuringARegistration: at each write of it. Either the key is registered, or no run and no secret of it is left, and it can be
// registered then.
func TestDeathDuringARegistration(t *testing.T) {
	registered := 0
	for n := 1; n <= 5; n++ {
		for _, after := range []bool{false, true} {
			w := keyWorld(t)
			d := usbctltest.Key("S1", 1<<15)
			plan, arm, dead := dies(n, after)
			w.restart(plan)
			w.ports.Insert("1-1", d)
			w.attached("1-1", "refused")
			by := w.signer("admin")
			arm.Store(true)
			_, err := w.st.RegisterKey(t.Context(), w.keyOptions("U-1", "1-1"), by)
			select {
			case <-dead:
			default:
				t.Fatalf("write %d never came (%v)", n, err)
			}
			w.restart(nil)
			keys := must(w.st.KeyList(t.Context(), station.KeyFilter{}))
			runs := must(w.led.Runs(t.Context()))
			if len(keys) != len(runs) {
				t.Errorf("write %d, durable %t: %d keys, %d runs", n, after, len(keys), len(runs))
			}
			if len(keys) == 1 {
				registered++
				w.attached("1-1", "taken")
				continue
			}
			w.attached("1-1", "refused")
			w.ok(w.st.RegisterKey(t.Context(), w.keyOptions("U-1", "1-1"), w.signer("admin")))
			w.plug("1-1", "taken", d)
		}
	}
	if registered == 0 || registered == 10 {
		t.Errorf("%d of 10 deaths left a registered key", registered)
	}
}

// portsOf are the ports as one life reaches them: a dead process does nothing to them.
type portsOf struct {
	media.Media
	life *life
}

func (p portsOf) Expel(ctx context.Context, at media.At, reason string) error {
	if p.life.over() {
		return media.ErrAway
	}
	return p.Media.Expel(ctx, at, reason)
}

func (p portsOf) Tell(ctx context.Context, policy media.Policy) error {
	if p.life.over() {
		return media.ErrAway
	}
	return p.Media.Tell(ctx, policy)
}

func (p portsOf) Canary(ctx context.Context, at media.At, act media.Act, c media.Canary, j ident.Journal) (ident.Verdict, media.Evidence, error) {
	if p.life.over() {
		return "", media.Evidence{}, media.ErrAway
	}
	return p.Media.Canary(ctx, at, act, c, j)
}
