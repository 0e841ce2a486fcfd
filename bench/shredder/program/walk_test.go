package program_test

import (
	"math/rand/v2"
	"testing"

	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
	fw "sexton/firmware-iface"
)

// walker is a random host and random hands at one machine, with the invariants.
type walker struct {
	t     *testing.T
	rng   *rand.Rand
	m     *program.Machine
	now   uint64
	boot  uint32
	seq   uint32
	tok   uint32
	sent  []fw.CommandRecord
	model model
	seen  map[fw.State]int
	acts  map[string]int
	prev  fw.SnapshotBlock
	idle  int // steps without permission, since it ended
}

// model is what a cautious observer believes, from accepted records and hands only.
type model struct {
	latched  bool                 // a fault since the last successful reset
	permits  map[[16]byte]bool    // a token's release was accepted
	ended    map[[16]byte]bool    // its permission was seen to end
	live     [16]byte             // token whose permission may live
	until    uint64               //
	accepted int                  // releases accepted
	answers  map[uint32]fw.Result // result by sequence, this start
}

func (w *walker) put(name string) { w.acts[name]++ }

// host sends a record: mostly sensible, sometimes late, repeated, stale or confused.
func (w *walker) host() {
	var token [16]byte
	s := w.m.Snapshot(w.now)
	token = s.ActiveToken
	cmd := fw.Command(1 + w.rng.IntN(3))
	if cmd == fw.CommandWithdraw && w.rng.IntN(3) > 0 {
		cmd = fw.CommandRelease
	}
	w.seq++
	r := fw.CommandRecord{Sequence: w.seq, BootID: w.boot, Nonce: w.rng.Uint32(), Command: cmd, Token: token, NotAfterMS: w.now + 500}
	switch cmd {
	case fw.CommandOffer:
		w.tok++
		tok := w.tok
		if w.rng.IntN(5) == 0 {
			tok -= w.rng.Uint32N(min(tok, 10)) // one offered before
		}
		r.Token = [16]byte{byte(tok >> 24), byte(tok >> 16), byte(tok >> 8), byte(tok), 1}
		r.Items, r.Material = 1+w.rng.Uint32N(6), fw.MaterialMixed
	case fw.CommandRelease:
		r.PermitUntilMS = w.now + 100 + w.rng.Uint64N(120_000)
	}
	switch w.rng.IntN(10) {
	case 0:
		r.NotAfterMS = w.now - min(w.now, 1+w.rng.Uint64N(1000))
		w.put("late")
	case 1:
		r.Token[7] ^= 0x40
	case 2:
		r.BootID--
	case 3:
		r.Sequence = w.rng.Uint32N(w.seq + 1)
	case 4:
		if len(w.sent) > 0 {
			r = w.sent[w.rng.IntN(len(w.sent))]
			w.put("again")
		}
	}
	w.take(r)
}

func (w *walker) take(r fw.CommandRecord) {
	before := w.m.Tally()
	known, dup := w.model.answers[r.Sequence]
	err := w.m.Take(r, w.now)
	after := w.m.Tally()
	echo := w.m.Echo(w.now)
	if err != nil {
		if after != before {
			w.t.Fatalf("a record that was not taken had an effect: %+v %v", r, err)
		}
		return
	}
	w.sent = append(w.sent, r)
	if len(w.sent) > 64 {
		w.sent = w.sent[32:]
	}
	if dup {
		if after != before || echo.LastResult != known {
			w.t.Fatalf("a duplicate was carried out: %+v", r)
		}
		return
	}
	w.model.answers[r.Sequence] = echo.LastResult
	went := after.Releases - before.Releases
	accepted := r.Command == fw.CommandRelease && echo.LastResult == fw.ResultAccepted
	if (went == 1) != accepted || went > 1 {
		w.t.Fatalf("%d permissions from %+v, result %s", went, r, echo.LastResult)
	}
	if !accepted {
		return
	}
	w.put("released")
	switch {
	case w.now > r.NotAfterMS:
		w.t.Fatal("a late release was carried out")
	case w.model.latched:
		w.t.Fatal("released from a fault without a reset at the machine")
	case w.model.permits[r.Token]:
		w.t.Fatalf("a second permission for %x", r.Token)
	}
	w.model.permits[r.Token] = true
	w.model.live, w.model.until = r.Token, r.PermitUntilMS
	w.model.accepted++
}

// hand does one thing at the machine.
func (w *walker) hand() {
	p := w.m.Plant()
	switch w.rng.IntN(40) {
	case 0:
		w.m.SetEStop(w.rng.IntN(2) == 0)
	case 1:
		_ = w.m.OpenGuard(w.rng.IntN(3) == 0) // locked while turning, unless forced
	case 2:
		w.m.SetKey(false)
	case 3:
		p.RemoveBin()
	case 4:
		p.SetPhases(w.rng.IntN(2) == 0)
	case 5:
		w.reboot()
	case 6:
		_ = p.Loosen(w.rng.IntN(2) == 0) // refused while turning
	case 7:
		p.TakeBack()
	case 8:
		p.SetDull(0.3 + w.rng.Float64())
	case 9:
		_ = w.m.PressStart()
	case 10, 11, 12, 13:
		p.EmptyBin()
		_ = w.m.OpenGuard(false)
		w.m.CloseGuard()
	case 14, 15, 16, 17, 18, 19, 20:
		w.heal()
	default:
		w.place()
	}
}

// heal is the person who puts everything in order.
func (w *walker) heal() {
	w.m.SetEStop(false)
	w.m.CloseGuard()
	w.m.SetKey(true)
	w.m.Plant().SetPhases(true)
	w.m.Plant().InsertBin()
	w.step()
	w.step()
	if w.m.Phase() == program.Standing {
		_ = w.m.Plant().Loosen(false)
	}
	if w.m.Reset() == nil {
		w.model.latched = false
		w.put("reset")
	}
}

func (w *walker) reboot() {
	w.m.PowerOff()
	for range w.rng.IntN(50) {
		w.step()
	}
	w.boot++
	w.m.Boot(w.boot)
	w.now, w.seq, w.prev = 0, 0, fw.SnapshotBlock{}
	w.model.answers = map[uint32]fw.Result{}
	w.model.latched, w.model.live = true, [16]byte{}
	w.put("reboot")
}

func (w *walker) place() {
	k := physics.Kinds()[w.rng.IntN(len(physics.Kinds()))]
	mat, err := physics.MaterialOf(k)
	if err != nil {
		w.t.Fatal(err)
	}
	it := physics.Item{Kind: k, MassMG: mat.Mass/2 + 1 + w.rng.Int64N(mat.Mass), Phantom: w.rng.IntN(9) == 0, Double: w.rng.IntN(9) == 0, Silent: w.rng.IntN(9) == 0}
	if w.rng.IntN(6) == 0 {
		it.Block = w.rng.IntN(6) - 1
	}
	_, _ = w.m.Plant().Place(it) // a full table is fine
}

// step advances and checks what must hold after every single step.
func (w *walker) step() {
	t, m := w.t, w.m
	latchBefore, phaseBefore := m.Latch(), m.Phase()
	w.now += 10
	m.Step(w.now)
	motor, gate := m.Output()
	if !m.On() {
		motor, gate = physics.Off, false
	}
	n := m.Tally()
	token := m.Echo(w.now).ActiveToken
	bad := m.Standing()

	// 1. Output on: a job with a token, no latch, all healthy; a start and an open gate need a living permission.
	if motor != physics.Off {
		if token == [16]byte{} || !w.model.permits[token] {
			t.Fatalf("motor on without a released job")
		}
		if m.Latch() != 0 {
			t.Fatalf("motor on while latched: %s", m.Latch())
		}
	}
	if n.Permitted && (token != w.model.live || w.model.ended[token]) {
		t.Fatal("a permission that no release explains")
	}
	if gate && !n.Permitted {
		t.Fatal("gate open without permission")
	}
	if m.On() && n.Permitted && w.now >= w.model.until+10 {
		t.Fatal("permission outlived its end")
	}
	if phaseBefore == program.Standing && m.Phase() != program.Standing && !n.Permitted {
		t.Fatal("started from rest without permission")
	}
	// 2. Unhealthy inputs seen by this scan took effect in it (sensors of the plant are one step older).
	if bad&fw.ReasonsEStop != 0 && m.On() && (motor != physics.Off || m.Latch()&fw.ReasonsEStop == 0 || n.Permitted) {
		t.Fatal("emergency stop without effect")
	}
	if bad&fw.ReasonsGuardOpen != 0 && (motor != physics.Off || n.Permitted) {
		t.Fatal("runs with the guard open")
	}
	if bad&fw.ReasonsLocal != 0 && n.Permitted {
		t.Fatal("permission in local")
	}
	// 3. Latches fall only by reset (heal and reboot keep the model).
	if latchBefore&^m.Latch() != 0 {
		t.Fatalf("latch %s fell by itself", latchBefore&^m.Latch())
	}
	if m.Latch() != 0 {
		w.model.latched = true
	}
	// 4. Bounded stop: without permission the machine comes to rest.
	w.idle++
	if n.Permitted || m.Phase() == program.Standing {
		w.idle = 0
	}
	if w.idle > 60_000 {
		t.Fatalf("still %v ten minutes after the permission ended", m.Phase())
	}
	if !n.Permitted && token != [16]byte{} && w.model.permits[token] {
		w.model.ended[token] = true
	}
	w.seen[m.State()]++
}

// look checks a picture against the last one, through the codec.
func (w *walker) look() {
	if !w.m.On() {
		return
	}
	made := w.m.Snapshot(w.now)
	var s fw.SnapshotBlock
	if err := s.Decode(made.Encode()); err != nil {
		w.t.Fatalf("a snapshot its own reader refuses: %v", err)
	}
	p := w.prev
	if s.Feed < p.Feed || s.EnergyJ < p.EnergyJ || s.Reverses < p.Reverses || s.Jams < p.Jams || s.Cycles < p.Cycles || s.GuardOpenings < p.GuardOpenings || s.Sequence <= p.Sequence {
		w.t.Fatalf("something fell: %+v then %+v", p, s)
	}
	permitted := w.m.Tally().Permitted
	if (s.State == fw.StateReleased) && !permitted || s.PermissionLeftMS > 0 && !permitted {
		w.t.Fatalf("the picture shows a permission that is not there: %+v", s)
	}
	if s.State == fw.StateReady && s.Reasons&^(fw.ReasonsExpired|fw.ReasonsNoPermission) != 0 {
		w.t.Fatalf("ready with %s", s.Reasons)
	}
	w.prev = s
	b := w.m.Plant().Balance()
	if b.Table+b.Cutter+b.Chamber+b.Bin+b.Emptied+b.Spilled+b.Back != b.Placed {
		w.t.Fatalf("mass is lost: %+v", b)
	}
}

// A million steps of a confused host and careless hands.
func TestRandomWalk(t *testing.T) {
	steps := 1_000_000
	if testing.Short() {
		steps = 100_000
	}
	w := &walker{
		t: t, rng: rand.New(rand.NewPCG(2026, 11)), m: program.New(config()), seen: map[fw.State]int{}, acts: map[string]int{},
		model: model{permits: map[[16]byte]bool{}, ended: map[[16]byte]bool{}, answers: map[uint32]fw.Result{}},
	}
	w.reboot()
	for i := range steps {
		switch w.rng.IntN(60) {
		case 0:
			w.hand()
		case 1:
			w.host()
		}
		if i%20_000 < 6_000 { // long quiet stretches, so that work gets done
			for range 5 {
				w.step()
			}
		}
		w.step()
		if i%16 == 0 {
			w.look()
		}
	}
	for s := fw.StateNotReady; s <= fw.StateFaulted; s++ {
		if w.seen[s] == 0 {
			t.Errorf("the walk never saw %s", s)
		}
	}
	s := w.m.Snapshot(w.now)
	if !testing.Short() && (w.acts["released"] < 100 || w.acts["late"] < 100 || w.acts["again"] < 100 || w.acts["reset"] < 100 || s.Jams == 0 || s.Reverses == 0 || s.Feed < 100) {
		t.Errorf("the walk was too tame: %v %+v", w.acts, s)
	}
	if int(w.m.Tally().Releases) != w.model.accepted {
		t.Errorf("%d permissions, %d accepted", w.m.Tally().Releases, w.model.accepted)
	}
	t.Logf("%v %v feed %d reverses %d jams %d", w.seen, w.acts, s.Feed, s.Reverses, s.Jams)
}
