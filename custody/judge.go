package custody

import "slices"

// Reasons that Judge gives. Those beginning with "signal." support the
// verdict, "lacks." say why it is not better, "contradiction." why it is
// disputed.
const (
	SignalFeed   = "signal.feed"
	SignalEnergy = "signal.energy"
	SignalInlet  = "signal.inlet-mass"
	SignalBin    = "signal.bin-mass"

	LacksIdentity    = "lacks.authenticated-machine"
	LacksPermission  = "lacks.permission"
	LacksExpectation = "lacks.expectation"
	LacksWindow      = "lacks.window"
	LacksSignals     = "lacks.two-signals"
	LacksClosedGuard = "lacks.closed-guard"
	LacksSamples     = "lacks.samples"

	ContradictionNegative = "contradiction.negative"
	ContradictionBoot     = "contradiction.boot"
	ContradictionCounter  = "contradiction.counter-backwards"
	ContradictionOther    = "contradiction.other"
	ContradictionCount    = "contradiction.feed-count"
	ContradictionIdle     = "contradiction.fed-without-energy"
	ContradictionUnfed    = "contradiction.energy-without-feed"
	ContradictionMass     = "contradiction.inlet-mass"
	ContradictionMatter   = "contradiction.mass-out-exceeds-in"
)

// retainedMG is what a cutting chamber may hold back and give off later, so
// that one feed's bin mass may exceed its inlet mass by as much.
const retainedMG = 250_000

// scaleMG is what the noise of an inlet scale may add or take.
const scaleMG = 3_000

// Judge says what the evidence of one feed amounts to, with its reasons in a
// fixed order. It knows three answers:
//
//	destroyed   authenticated machine, permission active, guard closed, nothing
//	            contradictory, and at least two independent physical signals of
//	            feed count, energy over idle, inlet mass and bin mass
//	disputed    the evidence contradicts itself or the declared carrier
//	unverified  anything less
//
// A contradiction weighs more than any number of signals. Energy and mass are
// floors: they show that a cut began, not that it ended. So whoever measures
// says in Evidence.Broken when the cut may not have come to its own end:
//
//	jam            reversing did not free the cutter
//	machine-fault  the machine stopped for a reason it shows
//	stopped        it stopped, or ended the permission, and shows no reason
//	blind          nobody saw it for longer than a stop and a reset take
//	not-settled    it did not come to rest in time
func Judge(e Evidence, x Expectation) (Verdict, []string) {
	if c := contradictions(e, x); len(c) > 0 {
		return VerdictDisputed, c
	}
	s := signals(e, x)
	l := lacks(e, x)
	if len(s) < 2 {
		l = append(l, LacksSignals)
	}
	if len(l) > 0 {
		return VerdictUnverified, append(l, s...)
	}
	return VerdictDestroyed, s
}

func contradictions(e Evidence, x Expectation) []string {
	var c []string
	add := func(on bool, reason string) {
		if on && !slices.Contains(c, reason) {
			c = append(c, reason)
		}
	}
	for _, n := range []int64{e.Feed, e.EnergyJ, e.PeakMA, e.Reverses, e.Jams, e.GuardOpenings, e.InletMG, e.BinMG} {
		add(n < 0, ContradictionNegative)
	}
	for _, b := range e.Broken {
		switch b {
		case "boot":
			add(true, ContradictionBoot)
		case "counter-backwards":
			add(true, ContradictionCounter)
		case "gap": // samples are lacking; what there is does not disagree
		default: // a word this version does not know is no less of a contradiction
			add(true, ContradictionOther)
		}
	}
	if x.Objects < 1 {
		return c // nothing was expected, so nothing can disagree with it
	}
	add(e.Feed > 0 && e.Feed != x.Objects, ContradictionCount)
	add(e.Feed > 0 && 2*e.EnergyJ < x.MinEnergyJ, ContradictionIdle)
	add(e.Feed == 0 && e.EnergyJ >= x.MinEnergyJ, ContradictionUnfed)
	if e.InletMG > 0 && x.MaxMassMG > 0 {
		add(e.InletMG+scaleMG < x.MinMassMG/2 || e.InletMG-scaleMG > 2*x.MaxMassMG, ContradictionMass)
	}
	add(e.InletMG > 0 && e.BinMG > e.InletMG+e.InletMG/10+retainedMG, ContradictionMatter)
	return c
}

func signals(e Evidence, x Expectation) []string {
	if x.Objects < 1 {
		return nil
	}
	var s []string
	if e.Feed == x.Objects {
		s = append(s, SignalFeed)
	}
	if e.EnergyJ >= x.MinEnergyJ && x.MinEnergyJ > 0 {
		s = append(s, SignalEnergy)
	}
	if plausible(e.InletMG, x, scaleMG) {
		s = append(s, SignalInlet)
	}
	// What arrives in the bin speaks for itself only above the noise of its
	// scale and of what the chamber retains.
	if e.BinMG > retainedMG && plausible(e.BinMG, x, retainedMG) {
		s = append(s, SignalBin)
	}
	return s
}

func plausible(mg int64, x Expectation, noise int64) bool {
	return mg > 0 && x.MaxMassMG > 0 && mg+noise >= x.MinMassMG && mg-noise <= x.MaxMassMG
}

func lacks(e Evidence, x Expectation) []string {
	var l []string
	add := func(on bool, reason string) {
		if on {
			l = append(l, reason)
		}
	}
	add(x.Objects < 1, LacksExpectation)
	add(!e.Authenticated, LacksIdentity)
	add(!e.Permitted, LacksPermission)
	add(e.ToSequence <= e.FromSequence || e.ToUptimeMS <= e.FromUptimeMS, LacksWindow)
	add(e.GuardOpenings > 0, LacksClosedGuard)
	add(slices.Contains(e.Broken, "gap"), LacksSamples)
	return l
}
