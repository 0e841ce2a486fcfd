package physics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"sexton/bench/shredder/physics"
)

// rig drives a plant as a very simple control program: forward until told otherwise.
type rig struct {
	t     *testing.T
	p     *physics.Plant
	last  physics.Reading
	steps int
}

func newRig(t *testing.T, seed uint64) *rig {
	return &rig{t: t, p: physics.New(physics.DefaultParams(), seed)}
}

func (r *rig) run(n int, d physics.Drive) physics.Reading {
	for range n {
		r.last = r.p.Step(d)
		r.steps++
		r.check()
	}
	return r.last
}

// until runs at most n steps until ok, and says whether it came to that.
func (r *rig) until(n int, d physics.Drive, ok func(physics.Reading) bool) bool {
	for range n {
		if ok(r.run(1, d)) {
			return true
		}
	}
	return false
}

// check asserts the exact conservation of mass.
func (r *rig) check() {
	r.t.Helper()
	b := r.p.Balance()
	if sum := b.Table + b.Cutter + b.Chamber + b.Bin + b.Emptied + b.Spilled + b.Back; sum != b.Placed {
		r.t.Fatalf("step %d: placed %d mg, accounted %d mg: %+v", r.steps, b.Placed, sum, b)
	}
	if b.Chamber+b.Bin+b.Emptied+b.Spilled != b.Cut {
		r.t.Fatalf("step %d: cut %d mg is not chamber + bin + emptied + spilled: %+v", r.steps, b.Cut, b)
	}
}

func (r *rig) place(it physics.Item) physics.ItemID {
	r.t.Helper()
	if it.MassMG == 0 {
		pages := 0
		if it.Kind == physics.Paper {
			pages = 12
		}
		var err error
		if it.MassMG, err = physics.MassOf(it.Kind, pages, 0); err != nil {
			r.t.Fatal(err)
		}
	}
	id, err := r.p.Place(it)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) record(id physics.ItemID) physics.Record {
	for _, rec := range r.p.Records() {
		if rec.ID == id {
			return rec
		}
	}
	r.t.Fatalf("item %d has no record", id)
	return physics.Record{}
}

var forward = physics.Drive{Motor: physics.Forward, Gate: true}

func quiet(r physics.Reading) bool { return !r.Busy && r.Table == 0 }

func TestEnergyFollowsFromMaterialAndMass(t *testing.T) {
	for _, kind := range physics.Kinds() {
		mat, err := physics.MaterialOf(kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, mass := range []int64{mat.Mass / 2, mat.Mass, mat.Mass * 2} {
			if mass > mat.MaxMass {
				continue
			}
			t.Run(fmt.Sprintf("%s %d mg", kind, mass), func(t *testing.T) {
				r := newRig(t, uint64(mass))
				before := r.run(200, forward)
				id := r.place(physics.Item{Kind: kind, MassMG: mass})
				if !r.until(20_000, forward, quiet) {
					t.Fatal("never finished")
				}
				after := r.run(100, forward)
				want := mat.JPerG * float64(mass) / 1000
				got := after.EnergyJ - before.EnergyJ
				if got < 0.6*want || got > 1.5*want {
					t.Errorf("metered %.0f J for %d mg of %s, the material asks for %.0f J", got, mass, kind, want)
				}
				rec := r.record(id)
				if rec.Fate != physics.Cut || rec.CutMG != mass || !rec.Counted {
					t.Errorf("truth: %+v", rec)
				}
				if rec.WorkJ < 0.6*want || rec.WorkJ > 1.5*want {
					t.Errorf("the knives spent %.0f J, the material asks for %.0f J", rec.WorkJ, want)
				}
				if after.Pulses-before.Pulses != 1 {
					t.Errorf("%d pulses", after.Pulses-before.Pulses)
				}
			})
		}
	}
}

// The property that makes energy evidence: metered beyond a threshold if and only if mass went through the knives.
func TestEnergyIfAndOnlyIfMassWasCut(t *testing.T) {
	const threshold = 100 // J, a third of the energy of one sheet
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		r := newRig(t, uint64(i))
		r.run(100+rng.IntN(300), forward)
		kind := physics.Kinds()[rng.IntN(len(physics.Kinds()))]
		phantom, silent, double := rng.IntN(3) == 0, rng.IntN(3) == 0, rng.IntN(4) == 0
		it := physics.Item{Kind: kind, Phantom: phantom, Silent: silent, Double: double}
		if kind == physics.Paper {
			it.MassMG = int64(1+rng.IntN(60)) * physics.SheetMass
		}
		before, cutBefore := r.last, r.p.Balance().Cut
		r.place(it)
		if !r.until(20_000, forward, quiet) {
			t.Fatalf("case %d %+v never finished", i, it)
		}
		r.run(100, forward)
		cut, metered := r.p.Balance().Cut-cutBefore, r.last.EnergyJ-before.EnergyJ
		if (metered > threshold) != (cut > 0) {
			t.Errorf("case %d %+v: cut %d mg, metered %.1f J", i, it, cut, metered)
		}
		if phantom && metered != 0 {
			t.Errorf("case %d %+v: %.3f J although nothing was cut", i, it, metered)
		}
		want := uint32(1)
		if silent {
			want = 0
		}
		if got := r.last.Pulses - before.Pulses; got != want {
			t.Errorf("case %d %+v: %d pulses", i, it, got)
		}
	}
}

// Motor work is friction, cutting and what the rotor keeps: nothing is left over unless a body blocks.
func TestEnergyBalance(t *testing.T) {
	r := newRig(t, 7)
	for i := range 40 {
		r.place(physics.Item{Kind: physics.Kinds()[i%len(physics.Kinds())]})
	}
	motors := []physics.Motor{physics.Forward, physics.Off, physics.Reverse, physics.Off}
	for i := range 60 {
		r.run(150+i, physics.Drive{Motor: motors[i%4], Gate: i%4 == 0})
		b := r.p.Balance()
		lost := b.MotorJ - b.FrictionJ - b.CutJ - b.KineticJ
		// The rest is what an Euler step gives away when the rotor comes to rest inside it.
		if math.Abs(lost) > 0.001*b.MotorJ+5 {
			t.Fatalf("phase %d: %.2f J unaccounted of %.0f J: %+v", i, lost, b.MotorJ, b)
		}
	}
	if b := r.p.Balance(); b.CutJ < 1000 {
		t.Fatalf("hardly anything was cut: %+v", b)
	}
}

func TestDeterminismBySeed(t *testing.T) {
	trace := func(seed uint64) (out []physics.Reading) {
		p := physics.New(physics.DefaultParams(), seed)
		for i := range 3000 {
			if i%400 == 10 {
				if _, err := p.Place(physics.Item{Kind: physics.SSD, MassMG: 50_000}); err != nil {
					t.Fatal(err)
				}
			}
			out = append(out, p.Step(physics.Drive{Motor: physics.Forward, Gate: true}))
		}
		return out
	}
	a, b, c := trace(42), trace(42), trace(43)
	differ := false
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("step %d: the same seed gives %+v and %+v", i, a[i], b[i])
		}
		differ = differ || a[i] != c[i]
	}
	if !differ {
		t.Error("another seed gives the same trace")
	}
}

func TestStartInrushAndRunDown(t *testing.T) {
	r := newRig(t, 3)
	in := physics.DefaultParams().RatedA
	peak, above := 0.0, 0
	for range 300 {
		c := r.run(1, forward).CurrentA
		peak = max(peak, c)
		if c > 2*in {
			above++
		}
	}
	if peak < 5*in || peak > 6.5*in {
		t.Errorf("start draws %.1f In", peak/in)
	}
	if ms := above * 10; ms < 300 || ms > 800 {
		t.Errorf("inrush lasts %d ms", ms)
	}
	if r.last.EnergyJ != 0 {
		t.Errorf("a start without material meters %.0f J", r.last.EnergyJ)
	}
	if idle := r.last.CurrentA / in; idle < 0.3 || idle > 0.4 {
		t.Errorf("idle current is %.2f In", idle)
	}
	steps := 0
	for r.run(1, physics.Drive{}).Speed > 0 {
		steps++
	}
	if ms := steps * 10; ms < 1000 || ms > 4000 {
		t.Errorf("run-down takes %d ms", ms)
	}
}

func TestThermalImage(t *testing.T) {
	p := physics.DefaultParams()
	stall := func(r *rig) {
		r.run(200, forward)
		r.place(physics.Item{Kind: physics.HDD, Block: -1})
		if !r.until(3000, forward, func(x physics.Reading) bool { return x.Speed < 0.01 }) {
			t.Fatal("a blocking body does not stop the rotor")
		}
	}
	r := newRig(t, 5)
	stall(r)
	start := r.steps
	if !r.until(4000, forward, func(x physics.Reading) bool { return x.Theta >= p.TripAt }) {
		t.Fatal("a locked rotor never trips")
	}
	// 6 x In from a warm start: class 10 trips at 7.2 x In within 10 s, which is 15.8 s by I²t at 5.72 x In.
	if s := float64(r.steps-start) / 100; s < 4 || s > 16 {
		t.Errorf("locked rotor trips after %.1f s", s)
	}
	// At rest it cools, slowly.
	if r.run(3000, physics.Drive{}).Theta < p.CoolTo {
		t.Error("cold again after 30 s")
	}
	if r.run(100_000, physics.Drive{}).Theta > p.CoolTo {
		t.Error("still hot after 1000 s")
	}
	// Idle for an hour never trips.
	r = newRig(t, 6)
	if th := r.run(360_000, forward).Theta; th > 0.3 {
		t.Errorf("idle heats to %.2f", th)
	}
}

func TestBlockedBodyAndReversals(t *testing.T) {
	for _, block := range []int{1, 2, 3} {
		r := newRig(t, 9)
		r.run(200, forward)
		before := r.last.EnergyJ
		id := r.place(physics.Item{Kind: physics.HDD25, Block: block})
		reversals := 0
		for !quiet(r.last) || r.last.Pulses == 0 {
			r.until(300, forward, func(x physics.Reading) bool { return x.Speed > 0.9 })
			if r.until(2000, forward, func(x physics.Reading) bool { return x.Speed < 0.05 || quiet(x) && x.Pulses > 0 }) && !quiet(r.last) {
				stalled := r.last.EnergyJ
				if r.run(100, forward).EnergyJ > stalled+1 {
					t.Error("a stalled rotor meters energy")
				}
				r.until(1000, physics.Drive{}, func(x physics.Reading) bool { return x.Speed == 0 })
				r.run(150, physics.Drive{Motor: physics.Reverse})
				r.until(1000, physics.Drive{}, func(x physics.Reading) bool { return x.Speed == 0 })
				reversals++
			}
			if reversals > 10 {
				t.Fatalf("block %d: never freed", block)
			}
		}
		if reversals != block {
			t.Errorf("block %d freed by %d reversals", block, reversals)
		}
		if rec := r.record(id); rec.CutMG != rec.MassMG || r.last.EnergyJ-before < 3000 {
			t.Errorf("block %d: %+v, %.0f J", block, rec, r.last.EnergyJ-before)
		}
	}
	// One that only a hand frees.
	r := newRig(t, 9)
	r.run(200, forward)
	id := r.place(physics.Item{Kind: physics.HDD, Block: -1})
	for range 6 {
		r.run(2000, forward)
		r.run(500, physics.Drive{})
		r.run(200, physics.Drive{Motor: physics.Reverse})
		r.run(500, physics.Drive{})
	}
	rec := r.record(id)
	if rec.CutMG < rec.MassMG/3 || rec.CutMG > rec.MassMG*2/3 {
		t.Errorf("a blocked body should be cut half: %+v", rec)
	}
	r.run(200, forward)
	if err := r.p.Loosen(true); err == nil && r.last.Speed != 0 {
		t.Error("hands went into a turning cutter")
	}
	r.run(1000, physics.Drive{})
	if err := r.p.Loosen(true); err != nil {
		t.Fatal(err)
	}
	r.check()
	if rec := r.record(id); rec.Fate != physics.Remainder || rec.CutMG == rec.MassMG {
		t.Errorf("after the rest was taken out: %+v", rec)
	}
}

// A random life: hands and motor do anything; mass is conserved exactly at every step (checked in run), counts agree.
func TestRandomLife(t *testing.T) {
	steps := 300_000
	if testing.Short() {
		steps = 30_000
	}
	rng := rand.New(rand.NewPCG(11, 12))
	r := newRig(t, 11)
	d := forward
	var placed uint32
	energy := 0.0
	for r.steps < steps {
		switch rng.IntN(12) {
		case 0, 1, 2, 3:
			k := physics.Kinds()[rng.IntN(len(physics.Kinds()))]
			m, err := physics.MaterialOf(k)
			if err != nil {
				t.Fatal(err)
			}
			it := physics.Item{Kind: k, MassMG: 1 + rng.Int64N(m.MaxMass/8), Double: rng.IntN(8) == 0, Phantom: rng.IntN(8) == 0, Silent: rng.IntN(8) == 0, Block: max(0, rng.IntN(8)-5)}
			if _, err := r.p.Place(it); err == nil {
				placed++
			}
		case 4:
			r.p.TakeBack()
		case 5:
			r.p.EmptyBin()
		case 6:
			if rng.IntN(3) == 0 {
				r.p.RemoveBin()
			} else {
				r.p.InsertBin()
			}
		case 7:
			d = physics.Drive{Motor: physics.Motor(rng.IntN(3) - 1), Gate: rng.IntN(4) > 0}
		case 8:
			_ = r.p.Loosen(rng.IntN(2) == 0) // refused while the rotor turns
		default:
			d = forward
		}
		r.run(1+rng.IntN(300), d)
		if r.last.EnergyJ < energy {
			t.Fatal("the energy meter went backwards")
		}
		energy = r.last.EnergyJ
		if r.last.Pulses > placed {
			t.Fatalf("%d pulses for %d items", r.last.Pulses, placed)
		}
		if math.IsNaN(r.last.Speed) || math.Abs(r.last.Speed) > 1.2 || r.last.CurrentA > 8*8.5*1.8 {
			t.Fatalf("impossible reading %+v", r.last)
		}
	}
	if b := r.p.Balance(); !testing.Short() && (b.Cut == 0 || b.Emptied == 0 || b.Spilled == 0 || b.Back == 0) {
		t.Errorf("the walk missed a place: %+v", b)
	}
}

func TestMassOf(t *testing.T) {
	for _, c := range []struct {
		kind  physics.Kind
		pages int
		mass  int64
		want  int64
	}{
		{physics.Paper, 1, 0, 5_000}, {physics.Paper, 2, 0, 5_000}, {physics.Paper, 3, 0, 10_000}, {physics.Paper, 0, 7_000, 7_000},
		{physics.USB, 0, 0, 12_000}, {physics.USB, 0, 9_000, 9_000}, {physics.Disc, 0, 0, 15_000},
		{physics.Paper, 0, 0, -1}, {physics.USB, 3, 0, -1}, {physics.USB, 0, 10_000_000, -1}, {physics.Paper, -2, 0, -1}, {"gold", 0, 0, -1},
	} {
		got, err := physics.MassOf(c.kind, c.pages, c.mass)
		if (c.want < 0) != (err != nil) || (c.want >= 0 && got != c.want) {
			t.Errorf("MassOf(%s, %d, %d) = %d, %v", c.kind, c.pages, c.mass, got, err)
		}
	}
}

func TestScalesTellTheTruthAtStandstill(t *testing.T) {
	r := newRig(t, 21)
	r.place(physics.Item{Kind: physics.Paper, MassMG: 500_000})
	r.run(50, physics.Drive{})
	if !r.last.InletSure || math.Abs(float64(r.last.InletMG-500_000)) > 500 {
		t.Errorf("inlet %d mg, stable %v", r.last.InletMG, r.last.InletSure)
	}
	r.until(5000, forward, quiet)
	if r.last.BinSure {
		t.Error("the bin scale is stable while the rotor turns")
	}
	r.run(600, physics.Drive{})
	if b := r.p.Balance(); !r.last.BinSure || math.Abs(float64(r.last.BinMG-b.Bin)) > 10_000 || b.Chamber == 0 || b.Bin == 0 {
		t.Errorf("bin reads %d mg, holds %d mg, chamber %d mg", r.last.BinMG, b.Bin, b.Chamber)
	}
	if d := r.last.TakenMG - 500_000; d > 2_000 || d < -2_000 {
		t.Errorf("the gate weighed %d mg", r.last.TakenMG)
	}
}

func BenchmarkStep(b *testing.B) {
	p := physics.New(physics.DefaultParams(), 1)
	for i := range b.N {
		if i%2000 == 0 {
			_, _ = p.Place(physics.Item{Kind: physics.HDD, MassMG: 600_000})
		}
		p.Step(physics.Drive{Motor: physics.Forward, Gate: true})
	}
}
