package modbus_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// Withdraw does not wait behind a Release that hangs, and the Release that is overtaken has no effect.
func TestWithdrawOvertakesHungRelease(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Timeout = 5 * time.Second })
	tok := r.offered()
	arrived, gate := make(chan struct{}), make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		close(arrived)
		<-gate
		return execute(), false
	})))
	type result struct {
		o   shredder.Outcome
		err error
	}
	released := make(chan result, 1)
	go func() { o, err := r.m.Release(bg, tok, minute()); released <- result{o, err} }()
	<-arrived
	o, err := r.m.Withdraw(bg, tok) // on its own connection, while the other one waits
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	select {
	case got := <-released:
		t.Fatalf("release had already ended: %v %v", got.o, got.err)
	default:
	}
	open() // the delayed record is carried out now: within its deadline, but overtaken
	got := <-released
	want(t, "overtaken release", got.o, got.err, shredder.Refused, shredder.ResultWithdrawn)
	if r.releases() != 0 || r.permitted() {
		t.Error("an overtaken release took effect")
	}
}

// Reordered on the way: the withdrawal arrives first, then the older release, whose answer is lost.
func TestReorderedAndLost(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	_, resume := hangBeforeWrites(r)
	t.Cleanup(resume)
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Unknown, 0)
	held := r.srv
	held.setMangle(nil) // the withdrawal passes, the release is still held
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	o, err = r.m.Resolve(bg)
	want(t, "resolve", o, err, shredder.Refused, shredder.ResultSuperseded)
	resume()
	s, err := r.m.Snapshot(bg)
	if err != nil || s.State != shredder.Ready || r.releases() != 0 {
		t.Errorf("%v, %v, %d releases", s.State, err, r.releases())
	}
}

// A Release that waits for the line when Withdraw comes is refused without being sent.
func TestWithdrawAnnulsWaitingRelease(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	r.srv.hang()
	done := make(chan error, 1)
	var o shredder.Outcome
	go func() {
		var err error
		o, err = r.m.Release(bg, tok, minute())
		done <- err
	}()
	eventually(t, "release under way", func() bool { return r.srv.seen(&r.srv.held) > 0 })
	ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond)
	defer cancel()
	r.m.Withdraw(ctx, tok) // cannot succeed while the machine hangs
	r.srv.resume()
	err := <-done
	want(t, "release", o, err, shredder.Refused, shredder.ResultWithdrawn)
	if r.releases() != 0 {
		t.Error("released")
	}
}

// Withdraw is not held up by the mere test of its own lane either.
func TestWithdrawPreemptsTheTest(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Timeout = 5 * time.Second })
	tok := r.offered()
	o, err := r.m.Release(bg, tok, minute()) // both lanes are connected now
	want(t, "release", o, err, shredder.Accepted, 0)
	r.srv.setMangle(once(func(_ net.Conn, _ []byte, _ func() []byte) ([]byte, bool) { // swallows the test of the side lane
		return nil, false
	}))
	done := make(chan error, 1)
	go func() { _, err := r.m.Release(bg, tok, minute()); done <- err }()
	eventually(t, "test under way", func() bool { return r.srv.seen(&r.srv.ran) > 0 })
	start := time.Now()
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	var why *shredder.RefusedError
	if err := <-done; !errors.As(err, &why) || why.Result != shredder.ResultWithdrawn {
		t.Errorf("release: %v", err)
	}
	if waited := time.Since(start); waited > 4*time.Second {
		t.Errorf("withdraw waited %v, the timeout of the test", waited)
	}
}

// Every slot but ours is taken by mute connections, and the side lane is gone: Withdraw takes the main lane.
func TestWithdrawWithAllSlotsTaken(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.DialTimeout = 200 * time.Millisecond })
	tok := r.offered() // the side lane is not connected yet
	r.srv.ln.Close()   // nobody gets in any more
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release without a way to withdraw", o, err, shredder.Refused, shredder.ResultNotSent)
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	if r.taken() != 2 {
		t.Errorf("%d records", r.taken())
	}
}

// A machine that says yes and goes on: its picture is believed, not its word.
func TestWithdrawBelievesThePicture(t *testing.T) {
	r := newRig(t, nil)
	tok := r.offered()
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	until := uint64(0)
	r.dev.with(func() { until = r.dev.until })
	r.srv.setMangle(onWrite(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		b := execute()
		r.dev.with(func() { r.dev.until, r.dev.snap.State = until, firmware.StateReleased })
		return b, false
	}))
	if o, err = r.m.Withdraw(bg, tok); o != shredder.Unknown || !errors.Is(err, shredder.ErrContradiction) {
		t.Errorf("withdraw: %v, %v", o, err)
	}
	r.srv.setMangle(nil)
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
}

// A machine that drops the silent side connection finds it made again while a permission lives.
func TestWatchKeepsTheWayOutOpen(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Poll = 20 * time.Millisecond })
	tok := r.offered()
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	r.srv.cut()
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	for _, err := range r.m.Watch(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		r.srv.mu.Lock()
		n := len(r.srv.conns)
		r.srv.mu.Unlock()
		if n == 2 {
			return
		}
	}
	t.Error("the side connection was not made again")
}

// Between the test of the way out and the record the machine fills up: the withdrawal takes its turn on the main lane.
func TestWithdrawOnTheMainLane(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.DialTimeout = 200 * time.Millisecond })
	tok := r.offered()
	o, err := r.m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	r.srv.ln.Close()
	r.srv.setMangle(once(func(net.Conn, []byte, func() []byte) ([]byte, bool) { return nil, true })) // the side connection dies
	o, err = r.m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)
	if r.permitted() {
		t.Error("permission lives")
	}
}

// An Offer that has read its picture but has no sequence yet when Withdraw comes is not sent: else it would come after the withdrawal.
func TestWithdrawAnnulsUnsentOffer(t *testing.T) {
	r := newRig(t, func(r *rig) { r.conf.Timeout, r.conf.Poll = 5*time.Second, 5*time.Second })
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Fatal(err)
	}
	arrived, gate := make(chan struct{}), make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	r.srv.setMangle(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { // the Offer's picture
		close(arrived)
		<-gate
		return execute(), false
	}))
	done := make(chan error, 1)
	var o shredder.Outcome
	go func() {
		var err error
		o, err = r.m.Offer(bg, shredder.Job{Token: token(), Items: 1})
		done <- err
	}()
	<-arrived
	w, err := r.m.Withdraw(bg, shredder.JobToken{})
	want(t, "withdraw", w, err, shredder.Accepted, 0)
	open()
	err = <-done
	want(t, "offer", o, err, shredder.Refused, shredder.ResultWithdrawn)
	if r.taken() != 1 {
		t.Errorf("%d records were taken, want the withdrawal alone", r.taken())
	}
}
