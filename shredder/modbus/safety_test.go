package modbus_test

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// hangBeforeWrites lets reads pass and holds writes until the returned function is called.
func hangBeforeWrites(r *rig) (arrived chan struct{}, resume func()) {
	arrived, gate := make(chan struct{}, 100), make(chan struct{})
	r.srv.setMangle(onWrite(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		arrived <- struct{}{}
		<-gate
		return execute(), false
	}))
	return arrived, sync.OnceFunc(func() { r.srv.setMangle(nil); close(gate) })
}

// A start that timed out never runs late: the process hangs with the record in hand, we give up, it resumes.
func TestHungPeerNeverExecutesLate(t *testing.T) {
	for range 10 {
		r := newRig(t, nil)
		tok := r.offered()
		_, resume := hangBeforeWrites(r)
		t.Cleanup(resume)
		o, err := r.m.Release(bg, tok, minute())
		want(t, "release", o, err, shredder.Unknown, 0)
		if !errors.Is(err, shredder.ErrOutcome) {
			t.Error(err)
		}
		resume()
		o, err = r.m.Resolve(bg)
		want(t, "resolve", o, err, shredder.Refused, shredder.ResultLate)
		eventually(t, "the late record", func() bool { return r.taken() == 2 })
		if n := r.releases(); n != 0 {
			t.Fatalf("%d late executions", n)
		}
		o, err = r.m.Release(bg, tok, minute()) // resolved, so a person may decide to try again
		want(t, "release after resolve", o, err, shredder.Accepted, 0)
		r.m.Close()
	}
}

// Without Resolve the unknown outcome stands in the way of every further actuation.
func TestUnknownBlocksActuation(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	r.srv.setMangle(onWrite(func(net.Conn, []byte, func() []byte) ([]byte, bool) { return nil, true })) // never carried out
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Unknown, 0)
	r.srv.setMangle(nil)
	seen := r.srv.writesSeen()
	o, err = r.m.Release(bg, tok, minute())
	want(t, "again", o, err, shredder.Refused, shredder.ResultUnresolved)
	o, err = r.m.Offer(bg, shredder.Job{Token: token(), Items: 1})
	want(t, "offer", o, err, shredder.Refused, shredder.ResultUnresolved)
	o, err = r.m.Resolve(bg) // waits until the machine's clock has passed the deadline
	want(t, "resolve", o, err, shredder.Refused, shredder.ResultLate)
	if n := r.srv.writesSeen(); n != seen {
		t.Errorf("%d writes while nothing may be sent", n-seen)
	}
	if r.releases() != 0 {
		t.Error("released")
	}
}

// The answer is lost after execution: unknown, then accepted by reading, executed once, sent once.
func TestAnswerLostAfterExecution(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { execute(); return nil, true })))
	seen := r.srv.writesSeen()
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Unknown, 0)
	o, err = r.m.Resolve(bg)
	want(t, "resolve", o, err, shredder.Accepted, 0)
	if r.releases() != 1 || r.srv.writesSeen() != seen+1 {
		t.Errorf("released %d times by %d writes", r.releases(), r.srv.writesSeen()-seen)
	}
	// The same with the echo unreachable instead of the answer.
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	tok = r.offered()
	r.srv.setMangle(onEcho(once(func(net.Conn, []byte, func() []byte) ([]byte, bool) { return nil, true })))
	o, err = r.m.Release(bg, tok, minute())
	want(t, "release without echo", o, err, shredder.Unknown, 0)
	o, err = r.m.Resolve(bg)
	want(t, "resolve", o, err, shredder.Accepted, 0)
}

func onEcho(f mangler) mangler {
	return func(c net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
		if !isWrite(req) && req[8] == byte(firmware.AddrEcho>>8) {
			return f(c, req, execute)
		}
		return execute(), false
	}
}

// A network that delivers the record twice starts nothing twice.
func TestDuplicateRecord(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	r.srv.setMangle(onWrite(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { execute(); return execute(), false }))
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	if r.releases() != 1 || r.taken() != 2 {
		t.Errorf("released %d times, %d records taken", r.releases(), r.taken())
	}
}

func TestTwoMasters(t *testing.T) {
	r := newRig(t, nil)
	m2 := r.driver(r.conf)
	tok := r.offered()
	if s, err := m2.Snapshot(bg); err != nil || s.EchoSeq != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	// The second master speaks between the first one's picture and its record.
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		r.srv.setMangle(nil)
		o, err := m2.Release(bg, token(), minute()) // refused by its token, but it uses the sequence
		want(t, "second master", o, err, shredder.Refused, shredder.ResultWrongToken)
		return execute(), false
	})))
	o, err := r.m.Release(bg, tok, minute())
	want(t, "first master", o, err, shredder.Refused, shredder.ResultSuperseded)
	if r.releases() != 0 {
		t.Error("released")
	}
	// The same for a withdrawal: it is repeated with a later sequence until it is taken.
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		r.srv.setMangle(nil)
		m2.Release(bg, token(), minute())
		return execute(), false
	})))
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
}

func TestForeignMasterIsSeen(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Poll = 20 * time.Millisecond })
	m2 := r.driver(r.conf)
	n := 0
	for e, err := range r.m.Watch(bg) {
		if err != nil {
			t.Fatal(err)
		}
		switch n++; {
		case n == 1: // our own command is not foreign
			r.offered()
		case n == 2:
			if e.Changes.Has(shredder.ForeignMaster) {
				t.Error("our own command was taken for another's")
			}
			o, err := m2.Withdraw(bg, shredder.JobToken{})
			want(t, "other master", o, err, shredder.Accepted, 0)
		case e.Changes.Has(shredder.ForeignMaster):
			return
		case n > 10:
			t.Fatal("the other master was not noticed")
		}
	}
}

// A restart in a job ends it; an open outcome cannot be told any more, and the old record can never be carried out.
func TestRebootInJob(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { execute(); return nil, true })))
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Unknown, 0)
	r.dev.reboot()
	r.srv.cut()
	if o, err = r.m.Resolve(bg); o != shredder.Unknown || !errors.Is(err, shredder.ErrUnresolvable) {
		t.Errorf("resolve: %v, %v", o, err)
	}
	s, err := r.m.Snapshot(bg)
	if err != nil || s.State != shredder.NotReady || s.Reasons != shredder.PowerReturned || !s.ActiveToken.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	r.dev.with(func() { r.dev.powered = true })
	r.offered()
}

// A gateway keeps the connection while the machine behind it restarts: it is identified again, and no record of the old start passes.
func TestRebootBehindAGateway(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.m.Identify(bg); err != nil {
		t.Fatal(err)
	}
	r.dev.reboot()
	r.dev.with(func() { r.dev.powered = true })
	s, err := r.m.Snapshot(bg)
	if err != nil || s.BootID != r.dev.identy.BootID {
		t.Fatalf("%+v, %v", s, err)
	}
	tok := r.offered()
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		r.dev.reboot() // between picture and record
		return execute(), false
	})))
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Refused, shredder.ResultSuperseded)
}

func TestBackwards(t *testing.T) {
	for name, spoil := range map[string]func(*device){
		"feed":           func(d *device) { d.snap.Feed-- },
		"energy":         func(d *device) { d.snap.EnergyJ-- },
		"guard openings": func(d *device) { d.snap.GuardOpenings-- },
		"cycles":         func(d *device) { d.snap.Cycles-- },
		"uptime":         func(d *device) { d.skew -= 60_000 },
		"sequence":       func(d *device) { d.snap.Sequence = 0 },
		"echo":           func(d *device) { d.echo.LastSequence = 0 },
	} {
		r := newRig(t, nil)
		tok := r.offered()
		before, err := r.m.Snapshot(bg)
		if err != nil {
			t.Fatal(err)
		}
		r.dev.with(func() { spoil(r.dev) })
		o, err := r.m.Release(bg, tok, minute())
		want(t, name, o, err, shredder.Refused, shredder.ResultNotSent)
		if !errors.Is(err, shredder.ErrContradiction) {
			t.Errorf("%s: %v", name, err)
		}
		if r.releases() != 0 {
			t.Errorf("%s: released on contradictory data", name)
		}
		r.dev.with(func() { r.dev.snap.Feed-- })
		s, err := r.m.Snapshot(bg)
		if !errors.Is(err, shredder.ErrContradiction) || s.Feed >= before.Feed || !shredder.Compare(before, s).Has(shredder.Backwards) {
			t.Errorf("%s: the contradictory picture is evidence and must be shown: %+v, %v", name, s, err)
		}
		if _, err := r.m.Snapshot(bg); err != nil {
			t.Errorf("%s: reported for ever: %v", name, err)
		}
		r.m.Close()
	}
}

// The controller's application is dead, its registers are still served: sequence or uptime stand still.
func TestFrozenDataIsNoData(t *testing.T) {
	for _, name := range []string{"everything", "sequence", "uptime"} {
		r := newRig(t, nil)
		tok := r.offered()
		r.dev.with(func() {
			switch name {
			case "everything":
				r.dev.frozen = true
			case "sequence":
				r.dev.stuck = true
			case "uptime": // pictures go on, but nothing would ever be too late
				r.dev.stopped = r.dev.uptime()
			}
		})
		eventually(t, name+" seen as stale", func() bool {
			_, err := r.m.Snapshot(bg)
			if err != nil && !errors.Is(err, shredder.ErrStale) {
				t.Fatalf("%s: %v", name, err)
			}
			return err != nil
		})
		o, err := r.m.Release(bg, tok, minute())
		want(t, name, o, err, shredder.Refused, shredder.ResultNotSent)
		if !errors.Is(err, shredder.ErrStale) || r.releases() != 0 {
			t.Errorf("%s: %v, %d releases", name, err, r.releases())
		}
		r.m.Close()
	}
}

// Exceptions a gateway may give after having passed the request on prove nothing.
func TestUncertainExceptions(t *testing.T) {
	for _, code := range []byte{4, 5, 6, 10, 11, 99} {
		r := newRig(t, nil)
		tok := r.offered()
		r.srv.setMangle(onWrite(func(_ net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
			execute()
			return append(append([]byte{}, req[:4]...), 0, 3, req[6], 0x90, code), false
		}))
		o, err := r.m.Release(bg, tok, minute())
		want(t, "release", o, err, shredder.Unknown, 0)
		o, err = r.m.Resolve(bg)
		want(t, "resolve", o, err, shredder.Accepted, 0)
		r.m.Close()
	}
}

// Many goroutines at once: withdrawals win, nothing is released twice, the race detector is content.
func TestCrowd(t *testing.T) {
	r := newRig(t, nil)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 10 {
				switch i {
				case 0:
					tok := token()
					r.m.Offer(bg, shredder.Job{Token: tok, Items: 1})
					r.m.Release(bg, tok, minute())
				case 1:
					r.m.Withdraw(bg, shredder.JobToken{})
				case 2:
					r.m.Snapshot(bg)
				case 3:
					r.m.Resolve(bg)
					r.m.Identify(bg)
				}
			}
		})
	}
	wg.Wait()
	o, err := r.m.Withdraw(bg, shredder.JobToken{})
	want(t, "last withdraw", o, err, shredder.Accepted, 0)
	if r.permitted() {
		t.Error("permission lives after the last withdraw")
	}
	r.dev.mu.Lock()
	defer r.dev.mu.Unlock()
	last := uint32(0)
	for _, rec := range r.dev.taken {
		if rec.Sequence <= last {
			t.Errorf("sequence %d after %d", rec.Sequence, last)
		}
		last = rec.Sequence
	}
}

// A picture that took longer than three polls to arrive is too old to release on, however promptly it is used then.
func TestSlowPictureIsStale(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Poll, r.conf.Timeout = 20*time.Millisecond, 5*time.Second })
	tok := r.offered()
	r.srv.setMangle(func(_ net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
		if !isWrite(req) {
			<-time.After(150 * time.Millisecond) // a slow line
		}
		return execute(), false
	})
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Refused, shredder.ResultNotSent)
	if !errors.Is(err, shredder.ErrStale) || r.taken() != 1 {
		t.Errorf("%v, %d records", err, r.taken())
	}
}
