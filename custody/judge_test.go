package custody_test

import (
	"slices"
	"testing"

	"sexton/custody"

	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	doc := custody.ExpectationFor("paper", custody.Extent{Value: 12, Unit: "page"}, 1)
	key := custody.ExpectationFor("usb-key", custody.Extent{Value: 32e9, Unit: "byte"}, 1)
	good := *newWorld().evidence()
	with := func(f func(e *custody.Evidence)) custody.Evidence { e := good; f(&e); return e }
	cases := []struct {
		name   string
		e      custody.Evidence
		x      custody.Expectation
		want   custody.Verdict
		reason string
	}{
		{"feed, energy and mass", good, doc, custody.VerdictDestroyed, custody.SignalInlet},
		{"feed and energy suffice", with(func(e *custody.Evidence) { e.InletMG = 0 }), doc, custody.VerdictDestroyed, custody.SignalEnergy},
		{"a jam that reversed", with(func(e *custody.Evidence) { e.Reverses = 3; e.Jams = 1 }), doc, custody.VerdictDestroyed, custody.SignalFeed},
		{"unauthenticated machine", with(func(e *custody.Evidence) { e.Authenticated = false }), doc, custody.VerdictUnverified, custody.LacksIdentity},
		{"no permission", with(func(e *custody.Evidence) { e.Permitted = false }), doc, custody.VerdictUnverified, custody.LacksPermission},
		{"guard opened", with(func(e *custody.Evidence) { e.GuardOpenings = 1 }), doc, custody.VerdictUnverified, custody.LacksClosedGuard},
		{"samples lost", with(func(e *custody.Evidence) { e.Broken = []string{"gap"} }), doc, custody.VerdictUnverified, custody.LacksSamples},
		{"no window", with(func(e *custody.Evidence) { e.ToSequence = e.FromSequence }), doc, custody.VerdictUnverified, custody.LacksWindow},
		{"nothing happened", with(func(e *custody.Evidence) { e.Feed, e.EnergyJ, e.InletMG = 0, 0, 0 }), doc, custody.VerdictUnverified, custody.LacksSignals},
		{"weighed, not fed", with(func(e *custody.Evidence) { e.Feed, e.EnergyJ = 0, 0 }), doc, custody.VerdictUnverified, custody.LacksSignals},
		{"nothing known of it", good, custody.Expectation{}, custody.VerdictUnverified, custody.LacksExpectation},
		{"fed without energy", with(func(e *custody.Evidence) { e.EnergyJ = 0 }), doc, custody.VerdictDisputed, custody.ContradictionIdle},
		{"energy without feed", with(func(e *custody.Evidence) { e.Feed = 0 }), doc, custody.VerdictDisputed, custody.ContradictionUnfed},
		{"two objects for one", with(func(e *custody.Evidence) { e.Feed = 2 }), doc, custody.VerdictDisputed, custody.ContradictionCount},
		{"a brick for a document", with(func(e *custody.Evidence) { e.InletMG = 2_000_000 }), doc, custody.VerdictDisputed, custody.ContradictionMass},
		{"an empty cover", with(func(e *custody.Evidence) { e.InletMG = 1_000 }), doc, custody.VerdictDisputed, custody.ContradictionMass},
		{"more out than in", with(func(e *custody.Evidence) { e.BinMG = 900_000 }), doc, custody.VerdictDisputed, custody.ContradictionMatter},
		{"chamber gives off what it held", with(func(e *custody.Evidence) { e.BinMG = 200_000 }), doc, custody.VerdictDestroyed, ""},
		{"counter backwards", with(func(e *custody.Evidence) { e.Broken = []string{"counter-backwards"} }), doc, custody.VerdictDisputed, custody.ContradictionCounter},
		{"machine restarted", with(func(e *custody.Evidence) { e.Broken = []string{"boot"} }), doc, custody.VerdictDisputed, custody.ContradictionBoot},
		{"a word nobody knows", with(func(e *custody.Evidence) { e.Broken = []string{"odd"} }), doc, custody.VerdictDisputed, custody.ContradictionOther},
		{"negative energy", with(func(e *custody.Evidence) { e.EnergyJ = -1 }), doc, custody.VerdictDisputed, custody.ContradictionNegative},
		{"USB key", with(func(e *custody.Evidence) { e.EnergyJ, e.InletMG = 2000, 12_000 }), key, custody.VerdictDestroyed, custody.SignalInlet},
		{"USB key, cap only", with(func(e *custody.Evidence) { e.EnergyJ, e.InletMG = 100, 3_500 }), key, custody.VerdictUnverified, ""},
	}
	for _, c := range cases {
		got, why := custody.Judge(c.e, c.x)
		if got != c.want || (c.reason != "" && !slices.Contains(why, c.reason)) {
			t.Errorf("%s: %s %v, want %s with %q", c.name, got, why, c.want, c.reason)
		}
	}
}

// TestJudgeNeverRoundsUp: whatever is taken away from evidence, it never gets
// better; and destroyed always has the two signals.
func TestJudgeNeverRoundsUp(t *testing.T) {
	kinds := custody.CarrierKinds()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(kinds).Draw(t, "kind")
		x := custody.ExpectationFor(k.Word, custody.Extent{Value: rapid.Int64Range(0, 1e6).Draw(t, "extent"), Unit: k.Unit}, rapid.Int64Range(0, 20).Draw(t, "count"))
		n := func(name string, most int64) int64 { return rapid.Int64Range(-1, most).Draw(t, name) }
		e := custody.Evidence{Authenticated: rapid.Bool().Draw(t, "auth"), Permitted: rapid.Bool().Draw(t, "permitted"),
			FromSequence: n("from", 9), ToSequence: n("to", 99), FromUptimeMS: n("up", 9), ToUptimeMS: n("up2", 99),
			Feed: n("feed", 20), EnergyJ: n("energy", 100000), InletMG: n("in", 1e6), BinMG: n("bin", 1e6), GuardOpenings: n("guard", 1)}
		v, why := custody.Judge(e, x)
		if len(why) == 0 {
			t.Fatal("a verdict without a reason")
		}
		if v != custody.VerdictDestroyed {
			return
		}
		if !e.Authenticated || !e.Permitted || e.GuardOpenings != 0 || e.Feed < 0 || len(why) < 2 {
			t.Fatalf("destroyed on %+v: %v", e, why)
		}
		for name, worse := range map[string]func(*custody.Evidence){
			"link":    func(e *custody.Evidence) { e.Authenticated = false },
			"permit":  func(e *custody.Evidence) { e.Permitted = false },
			"energy":  func(e *custody.Evidence) { e.EnergyJ = 0; e.InletMG = 0; e.BinMG = 0 },
			"broken":  func(e *custody.Evidence) { e.Broken = []string{"boot"} },
			"stopped": func(e *custody.Evidence) { e.ToSequence = e.FromSequence },
		} {
			thin := e
			worse(&thin)
			if got, _ := custody.Judge(thin, x); got == custody.VerdictDestroyed {
				t.Fatalf("destroyed although %s is gone: %+v", name, thin)
			}
		}
	})
}

func TestExpectations(t *testing.T) {
	for _, k := range custody.CarrierKinds() {
		x := custody.ExpectationFor(k.Word, custody.Extent{Value: 10, Unit: k.Unit}, 3)
		if x.Objects != 3 || x.MinEnergyJ < 1 || x.MinMassMG < 1 || x.MaxMassMG < x.MinMassMG {
			t.Errorf("%s: %+v", k.Word, x)
		}
		if _, ok := custody.MediumZh(k.Medium); !ok || k.Zh == "" || k.Measure == "" || len(k.Letter) != 1 {
			t.Errorf("%s is described badly: %+v", k.Word, k)
		}
	}
	// 12 pages are 6 sheets of 5 g printed on both sides, or 12 on one side.
	x := custody.ExpectationFor("paper", custody.Extent{Value: 12, Unit: "page"}, 1)
	if x.MinMassMG > 30_000 || x.MaxMassMG < 60_000 {
		t.Errorf("12 pages weigh %+v", x)
	}
	for _, bad := range []custody.Expectation{
		custody.ExpectationFor("stone", custody.Extent{}, 1),
		custody.ExpectationFor("paper", custody.Extent{Value: 3, Unit: "page"}, 0),
		custody.ExpectationFor("paper", custody.Extent{Value: 3, Unit: "page"}, 1<<40),
	} {
		if bad != (custody.Expectation{}) {
			t.Errorf("something is expected of nothing: %+v", bad)
		}
	}
	if x := custody.ExpectationFor("paper", custody.Extent{Value: 1 << 62, Unit: "page"}, 100_000); x.MaxMassMG <= 0 {
		t.Errorf("overflow: %+v", x)
	}
}
