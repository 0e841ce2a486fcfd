package modbus_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

func TestIdentify(t *testing.T) {
	r := newRig(t, nil)
	id, err := r.m.Identify(bg)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(r.cert.Certificate[0])
	if id.Serial != "SN-0001" || id.Model != "碎纸机 X1" || id.Peer != hex.EncodeToString(sum[:]) || !id.Authenticated() ||
		id.MapHash != firmware.MapHash || id.MaxWindow != 10*time.Minute || id.RatedW != 2200 {
		t.Errorf("%+v", id)
	}
	if (id.Levels != shredder.Levels{P: 0, F: 1, O: 2, T: 3, H: 4, E: 5}) {
		t.Errorf("levels %+v", id.Levels)
	}
	if !r.m.Caps().Has(shredder.CapEnergy | shredder.CapCountersKept) {
		t.Errorf("caps %v", r.m.Caps())
	}
}

func TestOneJob(t *testing.T) {
	r := newRig(t, nil)
	before, err := r.m.Snapshot(bg)
	if err != nil || before.State != shredder.Ready || before.Reasons != 0 || before.Feed != 100 || before.EnergyJ != 1e6 {
		t.Fatalf("%+v, %v", before, err)
	}
	tok := r.offered()
	if r.permitted() {
		t.Fatal("an offer gave permission")
	}
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	s, err := r.m.Snapshot(bg)
	if err != nil || s.State != shredder.Released || s.ActiveToken != tok || s.PermissionLeft <= 0 || s.PermissionLeft > time.Minute {
		t.Fatalf("%+v, %v", s, err)
	}
	if s.EchoSeq != 2 || s.EchoResult != shredder.ResultAccepted {
		t.Errorf("echo %d %v", s.EchoSeq, s.EchoResult)
	}
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	if r.permitted() {
		t.Error("permission lives after withdraw")
	}
	if o, err := r.m.Resolve(bg); o != shredder.Unknown || !errors.Is(err, shredder.ErrNothingOpen) {
		t.Errorf("resolve with nothing open: %v, %v", o, err)
	}
}

// The deadline in each record ends before the caller's patience, and the permission is never longer than asked for.
func TestDeadlinesLieInTheMachinesTime(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	ctx, cancel := context.WithTimeout(bg, 200*time.Millisecond) // shorter than the driver's own 500 ms
	defer cancel()
	start := time.Now()
	o, err := r.m.Release(ctx, tok, shredder.Window{For: 5 * time.Second})
	want(t, "release", o, err, shredder.Accepted, 0)
	rec := r.lastTaken()
	zero := r.dev.born
	if giveUp := start.Add(200 * time.Millisecond); zero.Add(time.Duration(rec.NotAfterMS) * time.Millisecond).After(giveUp) {
		t.Errorf("record may be carried out until %d ms of uptime, later than we wait", rec.NotAfterMS)
	}
	if end := time.Now().Add(5 * time.Second); zero.Add(time.Duration(rec.PermitUntilMS) * time.Millisecond).After(end) {
		t.Errorf("permission ends after %v", end)
	}
	if rec.Items != 0 || rec.Material != 0 || rec.Nonce == 0 {
		t.Errorf("record %+v", rec)
	}
}

func TestPermissionExpiresInTheMachine(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	o, err := r.m.Release(bg, tok, shredder.Window{For: 80 * time.Millisecond})
	want(t, "release", o, err, shredder.Accepted, 0)
	r.srv.hang() // nobody asks the device any more
	eventually(t, "expiry", func() bool { return !r.permitted() })
	r.srv.resume()
	s, err := r.m.Snapshot(bg)
	if err != nil || s.State != shredder.Ended || s.Reasons != shredder.Expired || s.Reasons.Forbidding() != 0 {
		t.Errorf("%v %v, %v", s.State, s.Reasons, err)
	}
	o, err = r.m.Release(bg, tok, minute())
	want(t, "second release of one job", o, err, shredder.Refused, shredder.ResultWrongState)
}

func TestRefusalsNameTheirReasons(t *testing.T) {
	for _, c := range []struct {
		name    string
		spoil   func(*device)
		reasons shredder.Reasons
	}{
		{"local", func(d *device) { d.local = true }, shredder.Local},
		{"guard and emergency stop", func(d *device) { d.guard, d.eStop = true, true }, shredder.GuardOpen | shredder.EStop},
		{"power returned", func(d *device) { d.powered = false }, shredder.PowerReturned},
	} {
		r := newRig(t, nil)
		r.dev.with(func() { c.spoil(r.dev) })
		o, err := r.m.Offer(bg, shredder.Job{Token: token(), Items: 1})
		want(t, c.name, o, err, shredder.Refused, shredder.ResultNotReady)
		var why *shredder.RefusedError
		if errors.As(err, &why); why.Reasons != c.reasons {
			t.Errorf("%s: reasons %v", c.name, why.Reasons)
		}
		r.m.Close()
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	for _, c := range []struct {
		name   string
		do     func() (shredder.Outcome, error)
		result shredder.Result
	}{
		{"second job", func() (shredder.Outcome, error) { return r.m.Offer(bg, shredder.Job{Token: token(), Items: 1}) }, shredder.ResultWrongState},
		{"no items", func() (shredder.Outcome, error) { return r.m.Offer(bg, shredder.Job{Token: token()}) }, shredder.ResultInvalid},
		{"no token", func() (shredder.Outcome, error) { return r.m.Offer(bg, shredder.Job{Items: 1}) }, shredder.ResultInvalid},
		{"no such material", func() (shredder.Outcome, error) {
			return r.m.Offer(bg, shredder.Job{Token: token(), Items: 1, Material: 99})
		}, shredder.ResultInvalid},
		{"other job", func() (shredder.Outcome, error) { return r.m.Release(bg, token(), minute()) }, shredder.ResultWrongToken},
		{"no window", func() (shredder.Outcome, error) { return r.m.Release(bg, tok, shredder.Window{}) }, shredder.ResultInvalid},
		{"negative window", func() (shredder.Outcome, error) { return r.m.Release(bg, tok, shredder.Window{For: -time.Hour}) }, shredder.ResultInvalid},
		{"window too long", func() (shredder.Outcome, error) { return r.m.Release(bg, tok, shredder.Window{For: time.Hour}) }, shredder.ResultBadWindow},
	} {
		o, err := c.do()
		want(t, c.name, o, err, shredder.Refused, c.result)
	}
	if r.releases() != 0 {
		t.Error("a refused release gave permission")
	}
	o, err := r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	o, err = r.m.Offer(bg, shredder.Job{Token: tok, Items: 1})
	want(t, "token again", o, err, shredder.Refused, shredder.ResultTokenUsed)
}

func TestWithdraw(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	o, err = r.m.Withdraw(bg, token())
	want(t, "withdraw of another job", o, err, shredder.Accepted, 0)
	if !r.permitted() {
		t.Fatal("withdraw of another job ended this one")
	}
	o, err = r.m.Withdraw(bg, shredder.JobToken{})
	want(t, "withdraw of whatever there is", o, err, shredder.Accepted, 0)
	if r.permitted() {
		t.Error("permission lives")
	}
	// A new driver, as after a restart of ours, knows nothing and can withdraw all the same; its sequence goes on.
	seq := r.lastTaken().Sequence
	m2 := r.driver(r.conf)
	o, err = m2.Withdraw(bg, tok)
	want(t, "withdraw after a restart", o, err, shredder.Accepted, 0)
	if got := r.lastTaken().Sequence; got != seq+1 {
		t.Errorf("sequence %d after %d", got, seq)
	}
}

func TestViewerMayLookButNotCommand(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Security.Certificate = r.p.clientCert("viewer") })
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Fatal(err)
	}
	o, err := r.m.Offer(bg, shredder.Job{Token: token(), Items: 1})
	want(t, "offer", o, err, shredder.Refused, shredder.ResultNotPermitted)
	if !errors.Is(err, shredder.ErrDenied) {
		t.Error(err)
	}
	if r.taken() != 0 {
		t.Error("device took a viewer's record")
	}
	if o, err := r.m.Resolve(bg); !errors.Is(err, shredder.ErrNothingOpen) {
		t.Errorf("a certain refusal left an open outcome: %v, %v", o, err)
	}
}

func TestPlainIsUnauthenticated(t *testing.T) {
	r := newRig(t, nil)
	plain := serve(t, r.dev, nil)
	c := r.conf
	c.Address, c.Security, c.PlainNetwork = plain.addr(), nil, "cell 3"
	m := r.driver(c)
	id, err := m.Identify(bg)
	if err != nil || id.Authenticated() {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestClose(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Fatal(err)
	}
	r.srv.hang()
	done := make(chan error, 1)
	go func() { _, err := r.m.Snapshot(bg); done <- err }()
	r.m.Close() // ends what is under way, or finds it not begun
	if err := <-done; err == nil {
		t.Error("a read went on after Close")
	}
	if _, err := r.m.Snapshot(bg); !errors.Is(err, shredder.ErrClosed) {
		t.Error(err)
	}
	o, err := r.m.Withdraw(bg, shredder.JobToken{})
	want(t, "withdraw after close", o, err, shredder.Refused, shredder.ResultNotSent)
	if r.m.Close() != nil {
		t.Error("second Close failed")
	}
}

func TestWatch(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Poll = 20 * time.Millisecond })
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	var seen shredder.Changes
	var sawLinkError, sawStale bool
	stage := 0
	for e, err := range r.m.Watch(ctx) {
		if err != nil {
			sawLinkError = sawLinkError || errors.Is(err, shredder.ErrLink)
			if errors.Is(err, shredder.ErrStale) {
				sawStale = true
				r.srv.resume()
			}
			continue
		}
		seen |= e.Changes
		switch stage {
		case 0:
			if e.Changes != shredder.First || e.Identity.Serial != "SN-0001" {
				t.Errorf("first event %v %+v", e.Changes, e.Identity)
			}
			r.dev.with(func() { r.dev.guard = true; r.dev.snap.GuardOpenings++; r.dev.snap.Feed++; r.dev.snap.Reverses++ })
			stage++
		case 1:
			if e.Changes.Has(shredder.GuardOpened | shredder.FeedCounted | shredder.ReasonsChanged | shredder.StateChanged | shredder.ReverseCounted) {
				r.srv.hang()
				stage++
			}
		case 2:
			if e.Changes.Has(shredder.LinkBack) {
				r.dev.reboot()
				stage++
			}
		case 3:
			if e.Changes.Has(shredder.Rebooted) {
				if e.Identity.BootID != e.Snapshot.BootID || e.Previous.BootID == e.Snapshot.BootID {
					t.Errorf("identity %d, picture %d, before %d", e.Identity.BootID, e.Snapshot.BootID, e.Previous.BootID)
				}
				cancel()
			}
		}
	}
	if stage != 3 || !sawLinkError || !sawStale || seen.Has(shredder.Backwards) {
		t.Errorf("stage %d, link error %v, stale %v, changes %v", stage, sawLinkError, sawStale, seen)
	}
}
