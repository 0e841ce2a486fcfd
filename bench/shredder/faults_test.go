package shredder_test

import (
	"errors"
	"testing"
	"time"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/server"
	fw "sexton/firmware-iface"
)

func TestFaultPlan(t *testing.T) {
	plan, err := bench.ParsePlan([]byte(`{"version":1,"faults":[
		{"item":1,"do":"reverse","reversals":2},{"item":2,"do":"no-energy"},{"item":3,"do":"double"},{"item":4,"do":"silent"},
		{"item":5,"do":"counters-back"},{"item":6,"do":"jam"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *bench.Config) { c.Plan = plan })
	p := r.host()
	p.job(20, time.Minute)
	feed := func() physics.Record {
		t.Helper()
		id, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.HDD25})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.h.Await(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	a := p.snapshot()
	one := feed()
	b := p.snapshot()
	if b.Reverses-a.Reverses != 2 || one.Fate != physics.Cut || b.Feed-a.Feed != 1 || b.EnergyJ-a.EnergyJ < 5000 {
		t.Errorf("reverse: %+v %+v", one, b)
	}
	two := feed()
	c := p.snapshot()
	if two.Fate != physics.PulledOut || c.Feed-b.Feed != 1 || c.EnergyJ != b.EnergyJ || two.CutMG != 0 {
		t.Errorf("no energy: %+v, %d J", two, c.EnergyJ-b.EnergyJ)
	}
	three := feed()
	d := p.snapshot()
	if three.CutMG != 200_000 || d.Feed-c.Feed != 1 || d.EnergyJ-c.EnergyJ < 11_000 {
		t.Errorf("double: %+v, %d J", three, d.EnergyJ-c.EnergyJ)
	}
	four := feed()
	e := p.snapshot()
	if four.Fate != physics.Cut || four.Counted || e.Feed != d.Feed || e.EnergyJ-d.EnergyJ < 5000 {
		t.Errorf("silent: %+v, %d J", four, e.EnergyJ-d.EnergyJ)
	}
	feed()
	if f := p.snapshot(); f.Feed >= e.Feed || f.EnergyJ >= e.EnergyJ {
		t.Errorf("backwards: feed %d after %d", f.Feed, e.Feed)
	}
	if _, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.HDD25}); err != nil {
		t.Fatal(err)
	}
	if s := p.until("faulted", is(fw.StateFaulted)); s.Reasons != fw.ReasonsJam || s.Jams != 1 {
		t.Errorf("jam: %s %+v", s.Reasons, s)
	}
	p.until("at rest", func(s fw.SnapshotBlock) bool { return s.Flags&fw.FlagsStandstill != 0 })
	if err := r.h.Reset(t.Context()); !errors.Is(err, bench.ErrHands) {
		t.Errorf("reset of a jam: %v", err)
	}
	if err := r.h.ClearJam(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := r.h.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	truth, err := r.h.Truth(t.Context(), 6)
	if err != nil || truth.Faults != 0 || truth.Records[0].Fate != physics.Remainder || truth.Records[0].CutMG >= truth.Records[0].MassMG {
		t.Errorf("%+v %v", truth, err)
	}
}

func TestLinkFaults(t *testing.T) {
	r := newRig(t, nil)
	p := r.host()
	fault := func(f bench.Fault) {
		t.Helper()
		if err := r.h.Fault(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	// Answer dropped after execution: the echo knows.
	fault(bench.Fault{Do: bench.FaultDropAnswer})
	rec := p.offer(3)
	if err := p.send(rec); err == nil {
		t.Error("answered although dropped")
	}
	p = r.host()
	if e := p.echo(); e.OfferSequence != rec.Sequence || e.OfferNonce != rec.Nonce || e.OfferResult != fw.ResultAccepted {
		t.Errorf("%+v", e)
	}
	// Torn pictures are recognised by the codec.
	fault(bench.Fault{Do: bench.FaultTorn, Count: 2})
	for i := range 3 {
		w, err := p.read(fw.AddrSnapshot, fw.LenSnapshot)
		if err != nil {
			t.Fatal(err)
		}
		var s fw.SnapshotBlock
		if err := s.Decode(w); (i < 2) != errors.Is(err, fw.ErrTorn) {
			t.Errorf("picture %d: %v", i, err)
		}
	}
	// A reboot in the job: other start, no token, reset needed, counters kept.
	before := p.snapshot()
	fault(bench.Fault{Do: bench.FaultReboot})
	p = r.host()
	s := p.snapshot()
	if s.BootID == before.BootID || s.ActiveToken != [16]byte{} || s.State != fw.StateNotReady || s.Reasons != fw.ReasonsPowerReturned || s.Feed < before.Feed {
		t.Errorf("after reboot: %+v", s)
	}
	if s.UptimeMS > 20_000 || s.EchoSequence != 0 {
		t.Errorf("after reboot: uptime %d, echo %d", s.UptimeMS, s.EchoSequence)
	}
	// Power away and back.
	if err := r.h.Power(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if dead, err := r.client(r.certs.ClientTLS(server.Operator).Certificates[0], time.Second); err == nil {
		if _, err := dead.read(0, 1); err == nil {
			t.Error("answers without supply")
		}
	}
	if err := r.h.Reset(t.Context()); !errors.Is(err, bench.ErrHands) {
		t.Errorf("reset without supply: %v", err)
	}
	if err := r.h.Power(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := r.h.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	p = r.host()
	p.until("ready", is(fw.StateReady))
	// Supply that returns by itself.
	fault(bench.Fault{Do: bench.FaultPowerLoss, MS: 50})
	for end := time.Now().Add(20 * time.Second); ; {
		truth, err := r.h.Truth(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if truth.State == fw.StateNotReady.String() {
			break
		}
		if time.Now().After(end) {
			t.Fatal("supply does not return")
		}
	}
}

func TestHandsAtTheMachine(t *testing.T) {
	r := newRig(t, nil)
	p, ctx := r.host(), t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reasons := func(want fw.Reasons, state fw.State) {
		t.Helper()
		if s := p.snapshot(); s.Reasons != want || s.State != state {
			t.Errorf("%s %s, want %s %s", s.State, s.Reasons, state, want)
		}
	}
	do(r.h.Guard(ctx, true, false))
	reasons(fw.ReasonsGuardOpen, fw.StateNotReady)
	do(r.h.Guard(ctx, false, false))
	do(r.h.Key(ctx, true))
	reasons(fw.ReasonsLocal, fw.StateNotReady)
	do(r.h.Key(ctx, false))
	do(r.h.RemoveBin(ctx))
	reasons(fw.ReasonsBinMissing, fw.StateNotReady)
	do(r.h.InsertBin(ctx))
	do(r.h.EmptyBin(ctx))
	do(r.h.Phases(ctx, false))
	reasons(fw.ReasonsPhaseFault, fw.StateFaulted)
	do(r.h.Phases(ctx, true))
	reasons(fw.ReasonsPhaseFault, fw.StateFaulted)
	do(r.h.Reset(ctx))
	do(r.h.EStop(ctx, true))
	reasons(fw.ReasonsEStop, fw.StateFaulted)
	do(r.h.EStop(ctx, false))
	reasons(fw.ReasonsEStop, fw.StateFaulted)
	do(r.h.Reset(ctx))
	reasons(0, fw.StateReady)
	if s := p.snapshot(); s.GuardOpenings != 1 || s.Flags&fw.FlagsRemote == 0 {
		t.Errorf("%+v", s)
	}
	do(r.h.Knives(ctx, 0.3))
	if err := r.h.Start(ctx); !errors.Is(err, bench.ErrHands) {
		t.Errorf("start without permission: %v", err)
	}
	for range 3 {
		if _, err := r.h.Feed(ctx, bench.Item{Kind: physics.Paper, Pages: 2}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.h.TakeBack(ctx); n != 3 || err != nil {
		t.Errorf("took back %d, %v", n, err)
	}
	for _, it := range []bench.Item{{}, {Kind: "gold"}, {Kind: physics.Paper}, {Kind: physics.USB, Pages: 1}, {Kind: physics.USB, Flags: []string{"magic"}}} {
		if _, err := r.h.Feed(ctx, it); !errors.Is(err, bench.ErrHands) {
			t.Errorf("feed %+v: %v", it, err)
		}
	}
}
