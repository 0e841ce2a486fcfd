package broker_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sexton/bench/usb"
	"sexton/usbctl/desc"
	"sexton/usbctl/line"
	"sexton/usbctl/model"
)

// TestMisbehaviour: a device that breaks the transport for good, or lies, stays out;
// what it did is told as it happened.
func TestMisbehaviour(t *testing.T) {
	for fault, want := range map[model.Fault]string{
		model.WrongTag:       "quarantine", // twice told: the violation, and the one that ends it
		model.Capacity16Less: "quarantine",
		model.MaxLUN255:      "quarantine",
		model.CheckForever:   "", // it refuses, lawfully
		model.ShortHonest:    "quarantine",
	} {
		t.Run(string(fault), func(t *testing.T) {
			r, d := newRig(t), usb.Good("S1")
			r.register(d)
			r.insert("1-2", d)
			r.story()
			d.Break(fault, -1)
			if fault == model.WrongTag {
				d.Break(model.ResetStall, -1)
			}
			a, err := r.run("1-2", portray)
			if err != nil || a.Result.Err() == nil {
				t.Fatalf("%+v %v", a, err)
			}
			got := r.story()
			if strings.Contains(got, "verdict quarantine built-in.misbehaved") != (want != "") {
				t.Errorf("told:\n%s\n%v", got, a.Result.Err())
			}
			if fault == model.WrongTag && !strings.Contains(got, "violation csw-tag") {
				t.Errorf("told:\n%s", got)
			}
			r.register(d)
			if want != "" {
				r.alive("1-2", "dead")
			} else {
				r.alive("1-2", "[0]")
			}
		})
	}
}

// slow begins a job of at most five seconds.
func (r *rig) slow(port string) chan line.Answer {
	done := make(chan line.Answer, 1)
	go func() {
		a, err := r.broker.Run(r.t.Context(), line.Request{Port: port, Generation: r.generation(port), Job: portray, LimitS: 5}, nil)
		if err != nil {
			r.t.Error(err)
		}
		done <- a
	}()
	synctest.Wait()
	return done
}

// TestJobsEnd: whatever shuts a device out ends its job; nothing is left running.
func TestJobsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*rig)
		want string // verdict afterwards
	}{
		"unplugged":  {func(r *rig) { r.hub.Remove("1-2"); r.scan() }, "1-2 removed"},
		"retired":    {func(r *rig) { r.register() }, "1-2 verdict quarantine unregistered-key"},
		"lost":       {func(r *rig) { r.broker.Lose() }, "1-2 verdict quarantine unregistered-key"},
		"duplicated": {func(r *rig) { r.insert("1-5", usb.Good("S1")) }, "1-2 verdict reject built-in.duplicate"},
		"expelled": {func(r *rig) {
			_ = r.broker.Expel(line.Expulsion{Port: "1-2", Generation: r.generation("1-2"), Reason: "x"})
		}, "1-2 verdict reject built-in.expelled"},
		"closed":  {func(r *rig) { r.broker.Close() }, ""},
		"in time": {func(*rig) { time.Sleep(time.Minute) }, "1-2 verdict quarantine built-in.misbehaved"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d := newRig(t), usb.Good("S1")
				r.register(d)
				r.insert("1-2", d)
				d.Break(model.NotReadyForever, -1).Break(model.StatusNever, -1) // ten seconds a command
				done := r.slow("1-2")
				if _, err := r.run("1-2", portray); code(err) != line.CodeBusy {
					t.Errorf("a second job: %v", err)
				}
				r.story()
				c.act(r)
				if a := <-done; a.Sound {
					t.Errorf("%+v", a)
				}
				if got := r.story(); c.want != "" && !strings.Contains(got, c.want) {
					t.Errorf("told:\n%s\nwanted:\n%s", got, c.want)
				}
				if on, _ := r.hub.Alive("1-2"); on {
					t.Error("the device lives")
				}
				r.broker.Close()
			})
		})
	}
}

// TestLeftAuthorised: what somebody let in before the broker was there is shut out
// first, and judged.
func TestLeftAuthorised(t *testing.T) {
	r, d := newRig(t), usb.BadUSB("S1")
	r.hub.Insert("1-2", d)
	s, err := r.hub.Look("1-2")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.hub.Authorise(s, true), r.hub.AuthoriseInterface(s, 1, 1, true)); err != nil {
		t.Fatal(err)
	}
	r.scan()
	r.tells("1-2 attached", "1-2 verdict quarantine human-input")
	r.alive("1-2", "dead")
}

// TestStorm: a port that is too busy is closed, and opens when it has been quiet.
func TestStorm(t *testing.T) {
	r, d := newRig(t), usb.Good("S1")
	r.register(d)
	r.hub.Insert("1-2", d)
	r.broker.Arrived(t.Context(), "1-2", 1, true)
	r.tells("1-2 attached", "1-2 verdict reject built-in.storm")
	r.alive("1-2", "dead")
	r.broker.Gone("1-2", 7) // of another generation
	r.tells()
	r.broker.Gone("1-2", 1)
	r.broker.Arrived(t.Context(), "1-2", 2, false)
	r.alive("1-2", "[0]")
}

// TestTextsAreShownEscaped: what a device calls itself can do nothing to who reads it.
func TestTextsAreShownEscaped(t *testing.T) {
	r := newRig(t)
	evil := "\u202eEVIL\x1b[2J\n<b>\"'"
	d := custom(func(u *model.USB) { u.Strings[2], u.Strings[3] = model.Text(evil), model.Text(evil) })
	r.insert("1-2", d)
	e := r.events[0].Device
	if e == nil || strings.ContainsAny(e.Product+e.Serial, "\x1b\n<>\"'\u202e") || !bytes.Equal(e.Strings[3], model.Text(evil)) {
		t.Errorf("%+v", e)
	}
	if h := e.Hash; len(h) != 64 || h != hexHash(t, d) {
		t.Errorf("hash %s", h)
	}
}

func hexHash(t *testing.T, d *model.Device) string {
	t.Helper()
	p, err := desc.Parse(d.USB.Blob())
	if err != nil {
		t.Fatal(err)
	}
	h := p.Hash()
	return hex.EncodeToString(h[:])
}
