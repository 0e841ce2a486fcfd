package program_test

import (
	"fmt"
	"testing"

	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
	fw "sexton/firmware-iface"
)

// bed is a machine with a host that writes correct records, and a clock.
type bed struct {
	t    *testing.T
	m    *program.Machine
	now  uint64
	seq  uint32
	boot uint32
	tok  byte
}

func config() program.Config {
	p := physics.DefaultParams()
	return program.Config{Plant: p, Seed: 4, Identity: fw.IdentityBlock{MaxWindowMS: 600_000, Levels: 0x656607}}
}

func newBed(t *testing.T) *bed {
	b := &bed{t: t, m: program.New(config()), boot: 100}
	b.m.Boot(b.boot)
	b.step(1)
	if s := b.m.State(); s != fw.StateNotReady || b.m.Reasons() != fw.ReasonsPowerReturned {
		t.Fatalf("after the return of supply: %s %s", s, b.m.Reasons())
	}
	if err := b.m.Reset(); err != nil {
		t.Fatal(err)
	}
	b.want(fw.StateReady)
	return b
}

func (b *bed) step(n int) {
	for range n {
		b.now += 10
		b.m.Step(b.now)
	}
}

func (b *bed) until(n int, ok func() bool) bool {
	for range n {
		if ok() {
			return true
		}
		b.step(1)
	}
	return ok()
}

func (b *bed) want(s fw.State) {
	b.t.Helper()
	if got := b.m.State(); got != s {
		b.t.Fatalf("state %s (%s), want %s", got, b.m.Reasons(), s)
	}
}

func (b *bed) token() (t [16]byte) {
	t[0], t[15] = b.tok, 1
	return t
}

func (b *bed) record(cmd fw.Command) fw.CommandRecord {
	b.seq++
	return fw.CommandRecord{Sequence: b.seq, BootID: b.boot, Nonce: b.seq * 7919, Command: cmd, Token: b.token(), NotAfterMS: b.now + 1000}
}

func (b *bed) send(rec fw.CommandRecord) fw.Result {
	b.t.Helper()
	if err := b.m.Take(rec, b.now); err != nil {
		b.t.Fatalf("%s: %v", rec.Command, err)
	}
	return b.m.Echo(b.now).LastResult
}

func (b *bed) accept(rec fw.CommandRecord) {
	b.t.Helper()
	if r := b.send(rec); r != fw.ResultAccepted {
		b.t.Fatalf("%s: %s (%s)", rec.Command, r, b.m.Reasons())
	}
}

func (b *bed) offer(items uint32) fw.CommandRecord {
	b.tok++
	r := b.record(fw.CommandOffer)
	r.Items, r.Material = items, fw.MaterialMixed
	return r
}

func (b *bed) release(ms uint64) fw.CommandRecord {
	r := b.record(fw.CommandRelease)
	r.PermitUntilMS = b.now + ms
	return r
}

func (b *bed) job(items uint32, ms uint64) {
	b.t.Helper()
	b.accept(b.offer(items))
	b.accept(b.release(ms))
	b.want(fw.StateReleased)
}

func (b *bed) place(it physics.Item) {
	b.t.Helper()
	if it.Kind == "" {
		it.Kind = physics.HDD25
	}
	if it.MassMG == 0 {
		it.MassMG = 100_000
	}
	if _, err := b.m.Plant().Place(it); err != nil {
		b.t.Fatal(err)
	}
}

// states runs until the machine is in state last and lists the states on the way.
func (b *bed) states(limit int, last fw.State) []fw.State {
	b.t.Helper()
	out := []fw.State{b.m.State()}
	for range limit {
		b.step(1)
		if s := b.m.State(); s != out[len(out)-1] {
			out = append(out, s)
		}
		if out[len(out)-1] == last {
			return out
		}
	}
	b.t.Fatalf("never %s: %v %s", last, out, b.m.Reasons())
	return nil
}

func TestJobLife(t *testing.T) {
	b := newBed(t)
	b.job(3, 300_000)
	before := b.m.Snapshot(b.now)
	for range 4 {
		b.place(physics.Item{})
	}
	got := fmt.Sprint(b.states(6000, fw.StateEnded))
	if want := "[Released Starting Running RunDown Ended]"; got != want {
		t.Errorf("states %s, want %s", got, want)
	}
	s := b.m.Snapshot(b.now)
	if s.Feed-before.Feed != 3 {
		t.Errorf("fed %d of 3 announced", s.Feed-before.Feed)
	}
	if e := s.EnergyJ - before.EnergyJ; e < 3*5000 || e > 3*11000 {
		t.Errorf("energy %d J for 3 x 100 g at 80 J/g", e)
	}
	if in := s.InletMG - before.InletMG; in < 398_000 || in > 402_000 {
		t.Errorf("inlet says %d mg were laid down, it was 400 g", in)
	}
	if bal := b.m.Plant().Balance(); bal.Table != 100_000 || bal.Cut != 300_000 {
		t.Errorf("one more than announced was cut: %+v", bal)
	}
	if s.PermissionLeftMS != 0 || s.ActiveToken != b.token() || s.Cycles != 1 {
		t.Errorf("snapshot at the end: %+v", s)
	}
	b.step(2000)
	b.want(fw.StateEnded) // the fourth item does not start anything
}

func TestNothingStartsWithoutPermission(t *testing.T) {
	b := newBed(t)
	b.place(physics.Item{})
	if b.m.PressStart() == nil {
		t.Error("the start button works without permission")
	}
	b.step(500)
	b.want(fw.StateReady)
	b.accept(b.offer(2))
	_ = b.m.PressStart()
	b.step(1)
	if b.m.Reasons() != fw.ReasonsNoPermission {
		t.Errorf("reasons %s", b.m.Reasons())
	}
	b.step(500)
	b.want(fw.StateOffered)
	if n := b.m.Tally(); n.Starts != 0 || n.Releases != 0 {
		t.Errorf("%+v", n)
	}
}

func TestPermissionEnds(t *testing.T) {
	for name, end := range map[string]func(b *bed){
		"time":     func(b *bed) { b.now += 400_000 },
		"withdraw": func(b *bed) { b.accept(b.record(fw.CommandWithdraw)) },
		"any job":  func(b *bed) { r := b.record(fw.CommandWithdraw); r.Token = [16]byte{}; b.accept(r) },
		"local":    func(b *bed) { b.m.SetKey(false) },
		"guard": func(b *bed) {
			if err := b.m.OpenGuard(true); err != nil {
				b.t.Fatal(err)
			}
		},
		"estop":   func(b *bed) { b.m.SetEStop(true) },
		"phase":   func(b *bed) { b.m.Plant().SetPhases(false) },
		"restart": func(b *bed) { b.m.PowerOff(); b.boot++; b.seq = 0; b.m.Boot(b.boot) },
	} {
		for _, when := range []string{"released", "running", "rundown"} {
			t.Run(name+" while "+when, func(t *testing.T) {
				b := newBed(t)
				b.job(50, 300_000)
				if when != "released" {
					b.place(physics.Item{Kind: physics.HDD, MassMG: 600_000})
					b.place(physics.Item{})
					b.until(400, func() bool { return b.m.State() == fw.StateRunning && b.m.Tally().Fed == 1 })
				}
				if when == "rundown" {
					b.m.Plant().TakeBack()
					b.until(8000, func() bool { return b.m.State() == fw.StateRunDown })
					b.want(fw.StateRunDown)
				}
				end(b)
				b.step(2)
				if b.m.Tally().Permitted || b.m.Snapshot(b.now).PermissionLeftMS != 0 {
					t.Fatal("permission lives on")
				}
				fed := b.m.Reading().Pulses
				b.until(10_000, func() bool { return b.m.Phase() == program.Standing && b.m.Reading().Speed == 0 })
				if b.m.Phase() != program.Standing {
					t.Fatal("does not come to rest")
				}
				if got := b.m.Reading().Pulses; got > fed+1 {
					t.Errorf("%d objects were fed after the end", got-fed)
				}
				// Nothing brings the permission back but a new job.
				b.m.SetKey(true)
				b.m.CloseGuard()
				b.m.SetEStop(false)
				b.m.Plant().SetPhases(true)
				b.step(5)
				_ = b.m.Reset() // refused or done: both must leave the machine without permission
				starts := b.m.Tally().Starts
				b.place(physics.Item{})
				_ = b.m.PressStart()
				b.step(3000)
				if b.m.Tally().Starts != starts || b.m.Tally().Permitted {
					t.Error("started again by itself")
				}
				if name != "restart" && b.m.State() != fw.StateEnded {
					t.Errorf("ends in %s %s", b.m.State(), b.m.Reasons())
				}
			})
		}
	}
}

// What is between the knives is finished after Withdraw, and only that.
func TestWithdrawFinishesWhatIsInTheCutter(t *testing.T) {
	b := newBed(t)
	b.job(10, 300_000)
	for range 3 {
		b.place(physics.Item{Kind: physics.HDD, MassMG: 600_000})
	}
	b.until(3000, func() bool { return b.m.Tally().Fed == 1 })
	b.step(200)
	b.accept(b.record(fw.CommandWithdraw))
	b.states(6000, fw.StateEnded)
	if bal := b.m.Plant().Balance(); bal.Cut != 600_000 || bal.Table != 1_200_000 || bal.Cutter != 0 {
		t.Errorf("%+v", bal)
	}
}

func TestLatches(t *testing.T) {
	b := newBed(t)
	b.job(5, 300_000)
	b.m.SetEStop(true)
	b.step(1)
	b.want(fw.StateFaulted)
	if b.m.Reset() == nil {
		t.Error("reset with the button pressed")
	}
	b.m.SetEStop(false)
	b.step(1000)
	b.want(fw.StateFaulted)
	if r := b.send(b.offer(1)); r != fw.ResultNotReady || b.m.Echo(b.now).OfferReasons&fw.ReasonsEStop == 0 {
		t.Errorf("offer while latched: %s", r)
	}
	if err := b.m.Reset(); err != nil {
		t.Fatal(err)
	}
	b.step(100)
	b.want(fw.StateEnded)
	b.job(5, 300_000)
}

func TestOverloadReversesThenJams(t *testing.T) {
	for _, c := range []struct {
		block, reverses, jams int
		states                string
	}{
		{1, 1, 0, "[Released Starting Running Reversing Starting Running RunDown Ended]"},
		{3, 3, 0, "[Released Starting Running Reversing Starting Running Reversing Starting Running Reversing Starting Running RunDown Ended]"},
		{4, 3, 1, "[Released Starting Running Reversing Starting Running Reversing Starting Running Reversing Starting Running Faulted]"},
		{-1, 3, 1, "[Released Starting Running Reversing Starting Running Reversing Starting Running Reversing Starting Running Faulted]"},
	} {
		b := newBed(t)
		b.job(1, 300_000)
		b.place(physics.Item{Block: c.block})
		last := fw.StateEnded
		if c.jams > 0 {
			last = fw.StateFaulted
		}
		if got := fmt.Sprint(b.states(30_000, last)); got != c.states {
			t.Errorf("block %d: %s", c.block, got)
		}
		s := b.m.Snapshot(b.now)
		if int(s.Reverses) != c.reverses || int(s.Jams) != c.jams || int(s.Cycles) != c.reverses+1 {
			t.Errorf("block %d: %d reverses, %d jams, %d cycles", c.block, s.Reverses, s.Jams, s.Cycles)
		}
		if s.PeakMA < 20_000 {
			t.Errorf("block %d: peak %d mA", c.block, s.PeakMA)
		}
		if c.jams == 0 {
			continue
		}
		b.until(1000, func() bool { return b.m.Phase() == program.Standing })
		if b.m.Reasons() != fw.ReasonsJam || b.m.Reset() == nil {
			t.Errorf("block %d: reset before the jam was cleared; %s", c.block, b.m.Reasons())
		}
		if err := b.m.Plant().Loosen(false); err != nil {
			t.Fatal(err)
		}
		if err := b.m.Reset(); err != nil {
			t.Error(err)
		}
		b.step(1)
		b.want(fw.StateEnded)
	}
}

func TestBinDuringJob(t *testing.T) {
	b := newBed(t)
	b.job(60, 600_000)
	b.place(physics.Item{Kind: physics.HDD, MassMG: 600_000})
	b.until(3000, func() bool { return b.m.Tally().Fed == 1 })
	b.m.Plant().RemoveBin()
	b.step(2)
	if motor, gate := b.m.Output(); motor != physics.Off || gate {
		t.Error("runs without a bin")
	}
	b.until(1000, func() bool { return b.m.Phase() == program.Standing })
	b.want(fw.StateReleased)
	if b.m.Reasons() != fw.ReasonsBinMissing {
		t.Errorf("reasons %s", b.m.Reasons())
	}
	b.m.Plant().InsertBin()
	b.step(2000)
	b.want(fw.StateReleased) // not by itself
	if err := b.m.PressStart(); err != nil {
		t.Fatal(err)
	}
	b.until(6000, func() bool { return !b.m.Reading().Busy })
	if bal := b.m.Plant().Balance(); bal.Cut != 600_000 {
		t.Errorf("not finished after the bin came back: %+v", bal)
	}
	// Paper until the bin is full: feeding stops, permission stays.
	for range 30 {
		b.place(physics.Item{Kind: physics.Paper, MassMG: 1_000_000})
	}
	b.until(200_000, func() bool { return b.m.Reasons()&fw.ReasonsBinFull != 0 })
	b.until(20_000, func() bool { return b.m.Phase() == program.Standing })
	b.want(fw.StateReleased)
	if r := b.m.Reading(); r.Table == 0 || r.Busy {
		t.Errorf("full bin: %+v", r)
	}
	cut := b.m.Plant().Balance().Cut
	if cut < 15_000_000 || cut > 25_000_000 {
		t.Errorf("a bin of 140 l is full after %d g of paper", cut/1000)
	}
}

func TestRecordRules(t *testing.T) {
	b := newBed(t)
	take := func(r fw.CommandRecord) error { return b.m.Take(r, b.now) }
	echo := b.m.Echo(b.now)
	bad := b.offer(1)
	for name, spoil := range map[string]func(*fw.CommandRecord){
		"no command": func(r *fw.CommandRecord) { r.Command = fw.CommandNone },
		"code":       func(r *fw.CommandRecord) { r.Command = 9 },
		"boot":       func(r *fw.CommandRecord) { r.BootID++ },
		"sequence 0": func(r *fw.CommandRecord) { r.Sequence = 0 },
	} {
		r := bad
		spoil(&r)
		if take(r) == nil || b.m.Echo(b.now) != echo {
			t.Errorf("%s: taken", name)
		}
	}
	late := b.offer(1)
	b.now += 1001
	if r := b.send(late); r != fw.ResultLate {
		t.Errorf("late offer: %s", r)
	}
	b.want(fw.StateReady)
	far := b.offer(1)
	far.NotAfterMS = b.now + 10_001
	if r := b.send(far); r != fw.ResultBadWindow {
		t.Errorf("far deadline: %s", r)
	}
	if take(far) != nil { // the last record again
		t.Error("a duplicate is not answered")
	}
	if take(late) == nil { // one before it again
		t.Error("an old sequence is taken")
	}
	for name, c := range map[string]struct {
		change func(*fw.CommandRecord)
		want   fw.Result
	}{
		"no items":   {func(r *fw.CommandRecord) { r.Items = 0 }, fw.ResultBadJob},
		"film":       {func(r *fw.CommandRecord) { r.Material = fw.MaterialFilm }, fw.ResultBadJob},
		"zero token": {func(r *fw.CommandRecord) { r.Token = [16]byte{} }, fw.ResultWrongToken},
	} {
		r := b.offer(1)
		c.change(&r)
		if got := b.send(r); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	first := b.offer(5)
	b.accept(first)
	if r := b.send(b.offer(5)); r != fw.ResultWrongState || b.m.Echo(b.now).OfferReasons != fw.ReasonsBusy {
		t.Errorf("second offer: %s", r)
	}
	b.tok--
	for name, c := range map[string]struct {
		change func(*fw.CommandRecord)
		want   fw.Result
	}{
		"other token": {func(r *fw.CommandRecord) { r.Token[3]++ }, fw.ResultWrongToken},
		"zero token":  {func(r *fw.CommandRecord) { r.Token = [16]byte{} }, fw.ResultWrongToken},
		"no window":   {func(r *fw.CommandRecord) { r.PermitUntilMS = b.now }, fw.ResultBadWindow},
		"too long":    {func(r *fw.CommandRecord) { r.PermitUntilMS = b.now + 600_001 }, fw.ResultBadWindow},
	} {
		r := b.release(60_000)
		c.change(&r)
		if got := b.send(r); got != c.want {
			t.Errorf("release, %s: %s", name, got)
		}
	}
	late = b.release(60_000)
	b.now += 2000
	if r := b.send(late); r != fw.ResultLate || b.m.Tally().Releases != 0 {
		t.Errorf("late release: %s, %+v", r, b.m.Tally())
	}
	rel := b.release(60_000)
	b.accept(rel)
	for range 3 {
		b.accept(rel) // verbatim: answered as before
	}
	if n := b.m.Tally().Releases; n != 1 {
		t.Errorf("%d permissions from one record sent four times", n)
	}
	if r := b.send(b.release(60_000)); r != fw.ResultWrongState {
		t.Errorf("a second release for one job: %s", r)
	}
	w := b.record(fw.CommandWithdraw)
	w.Token[5]++
	b.accept(w)
	if !b.m.Tally().Permitted {
		t.Error("a withdraw of another job ended this one")
	}
	w = b.record(fw.CommandWithdraw)
	w.NotAfterMS = 0 // withdraw has no deadline
	b.accept(w)
	if b.m.Tally().Permitted {
		t.Error("withdraw did nothing")
	}
	again := b.offer(5)
	again.Token = first.Token
	if r := b.send(again); r != fw.ResultTokenUsed {
		t.Errorf("token offered again: %s", r)
	}
}

func TestWithdrawOfOfferedJob(t *testing.T) {
	b := newBed(t)
	b.accept(b.offer(1))
	b.accept(b.record(fw.CommandWithdraw))
	b.step(1)
	b.want(fw.StateReady)
	if b.m.Snapshot(b.now).ActiveToken != [16]byte{} {
		t.Error("token not cleared")
	}
	if r := b.send(b.release(1000)); r == fw.ResultAccepted {
		t.Error("released after withdraw")
	}
}

func TestThermalTrip(t *testing.T) {
	c := config()
	c.Plant.HeatS = 20 // a small motor
	b := &bed{t: t, m: program.New(c), boot: 1}
	b.m.Boot(1)
	b.step(1)
	if err := b.m.Reset(); err != nil {
		t.Fatal(err)
	}
	b.job(100, 600_000)
	for range 20 {
		b.place(physics.Item{Kind: physics.Paper, MassMG: 1_500_000, Double: true})
	}
	b.until(60_000, func() bool { return b.m.State() == fw.StateFaulted })
	if b.m.Reasons()&fw.ReasonsThermal == 0 {
		t.Fatalf("%s %s", b.m.State(), b.m.Reasons())
	}
	b.until(1000, func() bool { return b.m.Reading().Speed == 0 })
	if b.m.Reset() == nil {
		t.Error("reset while hot")
	}
	b.step(200_000)
	b.want(fw.StateFaulted)
	if b.m.Latch()&fw.ReasonsJam != 0 {
		if err := b.m.Plant().Loosen(true); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.m.Reset(); err != nil {
		t.Error(err)
	}
}
