package shredder_test

import (
	"errors"
	"testing"
	"time"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/server"
	"sexton/shredder"
	"sexton/shredder/modbus"
	"sexton/shredder/shreddertest"
)

// driver is the product's driver for the bench of a rig.
func (r *rig) driver(change func(*modbus.Config)) *modbus.Machine {
	r.t.Helper()
	cfg := modbus.Config{
		Address: r.b.Addr(), MachineSerial: r.b.Serial(), Poll: 20 * time.Millisecond,
		Security: &modbus.Security{
			Roots: r.pool(), Certificate: r.certs.ClientTLS(server.Operator).Certificates[0], PeerSHA256: r.certs.ServerSHA256,
		},
	}
	if change != nil {
		change(&cfg)
	}
	m, err := modbus.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = m.Close() })
	return m
}

// TestConformance runs the contract's suite on the driver and this machine, physics and all.
func TestConformance(t *testing.T) {
	shreddertest.Run(t, func(t *testing.T) (shredder.Machine, shreddertest.Hands) {
		r := newRig(t, func(c *bench.Config) { c.Pace = 10 })
		return r.driver(nil), &hands{r}
	})
}

// hands are the suite's hands at the bench.
type hands struct{ r *rig }

func (h *hands) must(err error) {
	h.r.t.Helper()
	if err != nil {
		h.r.t.Error(err)
	}
}

func (h *hands) tally() bench.Truth {
	h.r.t.Helper()
	truth, err := h.r.h.Truth(h.r.t.Context(), 0)
	h.must(err)
	return truth
}

func (h *hands) SetLocal(v bool) { h.must(h.r.h.Key(h.r.t.Context(), v)) }
func (h *hands) SetGuard(v bool) { h.must(h.r.h.Guard(h.r.t.Context(), v, true)) }
func (h *hands) SetEStop(v bool) { h.must(h.r.h.EStop(h.r.t.Context(), v)) }
func (h *hands) LocalReset()     { h.must(h.r.h.Reset(h.r.t.Context())) }
func (h *hands) Hang(on bool)    { h.must(h.r.h.Hang(h.r.t.Context(), on)) }
func (h *hands) CutLink()        { h.must(h.r.h.CutLink(h.r.t.Context())) }
func (h *hands) Reboot()         { h.must(h.r.h.Reboot(h.r.t.Context())) }
func (h *hands) Releases() int   { return int(h.tally().Tally.Releases) }
func (h *hands) Starts() int     { return int(h.tally().Tally.Starts) }
func (h *hands) Permitted() bool { return h.tally().Tally.Permitted }

func (h *hands) DropNextAnswer() {
	h.must(h.r.h.Fault(h.r.t.Context(), bench.Fault{Do: bench.FaultDropAnswer}))
}

// Start may be refused: without permission the button does nothing.
func (h *hands) Start() {
	if err := h.r.h.Start(h.r.t.Context()); err != nil && !errors.Is(err, bench.ErrHands) {
		h.r.t.Error(err)
	}
}

func (h *hands) FeedOne(m shredder.Material) {
	kind := map[shredder.Material]physics.Kind{
		shredder.MaterialOptical: physics.Disc, shredder.MaterialTape: physics.Tape, shredder.MaterialHardDisk: physics.HDD25,
		shredder.MaterialFlash: physics.USB,
	}[m]
	it := bench.Item{Kind: kind}
	if kind == "" {
		it = bench.Item{Kind: physics.Paper, Pages: 10}
	}
	_, err := h.r.h.Feed(h.r.t.Context(), it)
	h.must(err)
}

// The machine hangs for three seconds with a Release in its receive buffer, and comes back: nothing runs.
func TestReleaseIntoAHungMachine(t *testing.T) {
	r := newRig(t, nil)
	m := r.driver(nil)
	h := &hands{r}
	job := shredder.Job{Token: shredder.JobToken{1}, Items: 3, Material: shredder.MaterialPaper}
	if o, err := m.Offer(t.Context(), job); o != shredder.Accepted {
		t.Fatal(o, err)
	}
	if _, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.Paper, Pages: 10}); err != nil { // would start it at once
		t.Fatal(err)
	}
	if _, err := m.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.h.Fault(t.Context(), bench.Fault{Do: bench.FaultHang, MS: 3000}); err != nil {
		t.Fatal(err)
	}
	o, err := m.Release(t.Context(), job.Token, shredder.Window{For: time.Minute})
	if o == shredder.Accepted {
		t.Fatalf("a hung machine accepted: %v", err)
	}
	if o == shredder.Unknown {
		var why *shredder.RefusedError
		for end := time.Now().Add(30 * time.Second); o == shredder.Unknown && time.Now().Before(end); {
			o, err = m.Resolve(t.Context())
		}
		if o != shredder.Refused || !errors.As(err, &why) {
			t.Fatalf("resolved to %v, %v", o, err)
		}
	}
	for end := time.Now().Add(30 * time.Second); ; {
		s, err := m.Snapshot(t.Context())
		if err == nil && s.State == shredder.Offered {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no life after the hang: %+v %v", s, err)
		}
	}
	if truth := h.tally(); truth.Tally.Releases != 0 || truth.Tally.Starts != 0 {
		t.Errorf("late execution: %+v", truth.Tally)
	}
}

// A planned fault strikes a Release as it strikes any write: its outcome is Unknown, and reading resolves it.
func TestLostAnswerOfARelease(t *testing.T) {
	r := newRig(t, nil)
	m := r.driver(nil)
	job := shredder.Job{Token: shredder.JobToken{2}, Items: 1, Material: shredder.MaterialPaper}
	if o, err := m.Offer(t.Context(), job); o != shredder.Accepted {
		t.Fatal(o, err)
	}
	if err := r.h.Fault(t.Context(), bench.Fault{Do: bench.FaultDropAnswer}); err != nil {
		t.Fatal(err)
	}
	if o, err := m.Release(t.Context(), job.Token, shredder.Window{For: time.Minute}); o != shredder.Unknown || err == nil {
		t.Fatal(o, err)
	}
	if o, err := m.Resolve(t.Context()); o != shredder.Accepted || err != nil {
		t.Fatal(o, err)
	}
	if truth := (&hands{r}).tally(); truth.Tally.Releases != 1 || !truth.Tally.Permitted {
		t.Errorf("%+v", truth.Tally)
	}
}

// An answer later than the driver waits: Unknown first, then what the echo says.
func TestLateAnswer(t *testing.T) {
	r := newRig(t, nil)
	m := r.driver(func(c *modbus.Config) { c.Timeout = 200 * time.Millisecond })
	job := shredder.Job{Token: shredder.JobToken{3}, Items: 1, Material: shredder.MaterialPaper}
	if err := r.h.Fault(t.Context(), bench.Fault{Do: bench.FaultLateAnswer, MS: 600}); err != nil {
		t.Fatal(err)
	}
	o, err := m.Offer(t.Context(), job)
	if o == shredder.Unknown {
		o, err = m.Resolve(t.Context())
	}
	if o != shredder.Accepted || err != nil {
		t.Fatal(o, err)
	}
}

// The driver sees counters that fall, torn pictures and a restart for what they are.
func TestDriverSeesFaults(t *testing.T) {
	r := newRig(t, nil)
	m := r.driver(nil)
	p := r.host()
	p.job(2, time.Minute)
	id, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.HDD25})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.h.Await(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	before, err := m.Snapshot(t.Context())
	if err != nil || before.Feed == 0 {
		t.Fatalf("%+v %v", before, err)
	}
	if err := r.h.Fault(t.Context(), bench.Fault{Do: bench.FaultTorn}); err != nil {
		t.Fatal(err)
	}
	if s, err := m.Snapshot(t.Context()); err != nil || s.Sequence <= before.Sequence {
		t.Errorf("one torn picture is read again: %+v %v", s, err)
	}
	if err := r.h.Fault(t.Context(), bench.Fault{Do: bench.FaultBackwards}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Snapshot(t.Context()); !errors.Is(err, shredder.ErrContradiction) {
		t.Errorf("counters fell: %v", err)
	}
}
