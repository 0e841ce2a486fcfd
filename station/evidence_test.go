package station_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"sexton/custody"
	"sexton/shredder"
	"sexton/station"
)

// TestEvidence makes evidence of pictures, and has custody judge it: what a machine shows decides the verdict.
func TestEvidence(t *testing.T) {
	job := shredder.JobToken{1}
	start := shredder.Snapshot{Sequence: 10, BootID: 7, Uptime: time.Minute, State: shredder.Released, Feed: 100, EnergyJ: 1000, Jams: 1, GuardOpenings: 4,
		InletMG: 5000, InletStable: true, BinG: 900, BinStable: true, Standstill: true, ActiveToken: job, PermissionLeft: time.Minute, ReadAt: time.Now()}
	next := func(s shredder.Snapshot, change func(*shredder.Snapshot)) shredder.Snapshot {
		s.Sequence++
		s.Uptime += 100 * time.Millisecond
		s.PermissionLeft -= 100 * time.Millisecond
		change(&s)
		return s
	}
	cut := func(s *shredder.Snapshot) { s.Feed++; s.EnergyJ += 6000; s.InletMG += 100_000 }
	running := func(s *shredder.Snapshot) { cut(s); s.State, s.Standstill = shredder.Running, false }
	for _, c := range []struct {
		name    string
		before  func(*shredder.Snapshot)
		steps   []func(*shredder.Snapshot)
		verdict custody.Verdict
		reason  string
		unfed   bool
		ours    bool
	}{
		{name: "cut", steps: []func(*shredder.Snapshot){cut}, verdict: custody.VerdictDestroyed},
		{name: "nothing", steps: []func(*shredder.Snapshot){func(*shredder.Snapshot) {}}, verdict: custody.VerdictUnverified, unfed: true},
		{name: "phantom", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.Feed++ }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionIdle},
		{name: "two at once", steps: []func(*shredder.Snapshot){cut, cut}, verdict: custody.VerdictDisputed, reason: custody.ContradictionCount},
		{name: "cut, not counted", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.EnergyJ += 6000 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionUnfed},
		{name: "machine restarted", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.BootID = 8 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionBoot},
		{name: "counter fell", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.Jams = 0 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionCounter},
		{name: "jam", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.Jams++; s.State = shredder.Faulted }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "emergency stop", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.Reasons = shredder.EStop }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "selector to local", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.Reasons = shredder.Local; s.PermissionLeft = 0 }}, verdict: custody.VerdictDestroyed},
		{name: "guard opened", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.GuardOpenings++ }}, verdict: custody.VerdictUnverified, reason: custody.LacksClosedGuard},
		{name: "withdrawn, then counted", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.PermissionLeft = 0 }, func(s *shredder.Snapshot) { s.PermissionLeft = 0; cut(s) }},
			verdict: custody.VerdictUnverified, reason: custody.LacksPermission},
		{name: "counted, then withdrawn", ours: true, steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.PermissionLeft = 0 }}, verdict: custody.VerdictDestroyed},
		{name: "counted, then over for no reason", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.PermissionLeft = 0 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "over for no reason, nothing fed", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.PermissionLeft = 0 }}, verdict: custody.VerdictUnverified, unfed: true},
		{name: "blind while it cut", steps: []func(*shredder.Snapshot){running, func(s *shredder.Snapshot) { s.Uptime += time.Second; s.State, s.Standstill = shredder.Released, true }},
			verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "blind from before to after the cut", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { cut(s); s.Uptime += time.Second }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "blind for two pictures", steps: []func(*shredder.Snapshot){running, func(s *shredder.Snapshot) {
			s.Uptime += 200 * time.Millisecond
			s.State, s.Standstill = shredder.Released, true
		}},
			verdict: custody.VerdictDestroyed},
		{name: "blind before and after the cut", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.Uptime += time.Minute }, cut, func(s *shredder.Snapshot) { s.Uptime += time.Minute }},
			verdict: custody.VerdictDestroyed},
		{name: "blind while nothing was in it", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.State = shredder.Running }, func(s *shredder.Snapshot) { s.Uptime += time.Minute }},
			verdict: custody.VerdictUnverified, unfed: true},
		{name: "bin pulled out", steps: []func(*shredder.Snapshot){running, func(s *shredder.Snapshot) { s.Reasons, s.State = shredder.BinMissing, shredder.RunDown }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "bin pulled out before", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.Reasons = shredder.BinMissing }, func(s *shredder.Snapshot) { s.Reasons, s.BinG = 0, 0 }, cut}, verdict: custody.VerdictDestroyed},
		{name: "bin pulled out and pushed back", steps: []func(*shredder.Snapshot){running, func(s *shredder.Snapshot) { s.State = shredder.RunDown; s.EnergyJ += 100 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "ran empty, then stopped", steps: []func(*shredder.Snapshot){running, func(*shredder.Snapshot) {}, func(s *shredder.Snapshot) { s.State = shredder.RunDown }}, verdict: custody.VerdictDestroyed},
		{name: "full bin changed for an empty one", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.BinG = 0 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "guard forced", steps: []func(*shredder.Snapshot){running, func(s *shredder.Snapshot) { s.Reasons = shredder.GuardOpen }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionOther},
		{name: "another job", steps: []func(*shredder.Snapshot){cut, func(s *shredder.Snapshot) { s.ActiveToken = shredder.JobToken{2} }}, verdict: custody.VerdictUnverified, reason: custody.LacksPermission},
		{name: "never permitted", before: func(s *shredder.Snapshot) { s.PermissionLeft = 0 }, steps: []func(*shredder.Snapshot){cut}, verdict: custody.VerdictUnverified, reason: custody.LacksPermission},
		{name: "plain scale", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { s.InletMG += 100_000 }, func(s *shredder.Snapshot) { s.InletMG -= 100_000; s.Feed++; s.EnergyJ += 6000 }}, verdict: custody.VerdictDestroyed},
		{name: "wrong mass", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { cut(s); s.InletMG += 900_000 }}, verdict: custody.VerdictDisputed, reason: custody.ContradictionMass},
		{name: "noise of the scale", steps: []func(*shredder.Snapshot){func(s *shredder.Snapshot) { cut(s); s.InletMG = 5000 + 900 }}, verdict: custody.VerdictDestroyed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start
			if c.before != nil {
				c.before(&s)
			}
			w := station.NewTestWindow(s)
			w.Ours = c.ours
			for _, step := range c.steps {
				s = next(s, step)
				w.See(s)
			}
			e := w.Evidence(job)
			x := custody.ExpectationFor("paper", custody.Extent{Value: 40, Unit: "page"}, 1)
			verdict, reasons := custody.Judge(e, x)
			if verdict != c.verdict || (c.reason != "" && !slices.Contains(reasons, c.reason)) {
				t.Errorf("%s %v, want %s %s; %+v", verdict, reasons, c.verdict, c.reason, e)
			}
			if w.Untouched(x) != c.unfed {
				t.Errorf("untouched is %t", !c.unfed)
			}
		})
	}
}

// TestEvidenceInFull compares every field once.
func TestEvidenceInFull(t *testing.T) {
	job := shredder.JobToken{1}
	at := time.Now()
	before := shredder.Snapshot{Sequence: 10, BootID: 7, Uptime: time.Minute, Feed: 100, EnergyJ: 1000, Reverses: 2, Jams: 1, GuardOpenings: 4, BinG: 900,
		BinStable: true, InletMG: 7000, InletStable: true, PeakMA: 9000, ActiveToken: job, PermissionLeft: time.Minute, ReadAt: at}
	after := before
	after.Sequence, after.Uptime, after.Feed, after.EnergyJ, after.Reverses, after.Jams, after.GuardOpenings = 20, time.Minute+400*time.Millisecond, 102, 4000, 5, 2, 5
	after.BinG, after.InletMG, after.MotorMA, after.PeakMA = 1300, 407_000, 4000, 12_000
	w := station.NewTestWindow(before)
	w.See(after)
	want := custody.Evidence{Machine: "m", Authenticated: true, Boot: 7, FromSequence: 10, ToSequence: 20, FromUptimeMS: 60_000, ToUptimeMS: 60_400,
		Permitted: true, Feed: 2, EnergyJ: 3000, PeakMA: 12_000, Reverses: 3, Jams: 1, GuardOpenings: 1, InletMG: 400_000, BinMG: 400_000, Broken: []string{"jam"}}
	if got := w.Evidence(job); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestStopSeenByTheWatchOnly: an emergency stop comes and is reset between two pictures of the feed. The station withdraws for it, and must
// not take the end of the permission for its own doing.
func TestStopSeenByTheWatchOnly(t *testing.T) {
	for _, reason := range []shredder.Reasons{shredder.EStop, 0} {
		w := newWorld(t)
		w.office(2)
		done := false
		v := must(w.feedNext(func(p station.Progress) {
			if done || p.Phase != "ready" {
				return
			}
			done = w.m.put(5000, 50)
			w.gone[p.Carrier] = 1
			w.m.set(func(m *shredderSim) { m.end(); m.reasons = reason })
			w.eventually("withdrawn", func() bool {
				w.m.mu.Lock()
				defer w.m.mu.Unlock()
				return slices.Contains(w.m.commands, "withdraw")
			})
			w.m.set(func(m *shredderSim) { m.reasons = 0 })
		}))
		if e := must(w.st.EvidenceAt(t.Context(), v.Index)); v.Verdict != "disputed" || !slices.Contains(e.Broken, "stopped") {
			t.Errorf("%v: %s %v, %v", reason, v.Verdict, v.Reasons, e.Broken)
		}
	}
}
