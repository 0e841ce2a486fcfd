package station

import (
	"time"

	"sexton/custody"
	"sexton/shredder"
)

// window is what was seen of the machine around one feed. It is saved in the run, so a restart can go on judging.
type window struct {
	Before  shredder.Snapshot // before the person was asked to feed; the end of the previous window when nothing lies between
	After   shredder.Snapshot // after the machine had settled; zero ReadAt = never read
	PeakMA  uint32            // largest motor current seen in between
	InletMG int64             // largest stable reading of the inlet scale seen in between
	Lapsed  bool              // objects were counted after the permission had ended
	Broken  []string          // see custody.Evidence
}

// sighting says how a picture was come by.
type sighting struct {
	most time.Duration // longest time without a picture in which no stop and reset can hide; 0 = whoever asks knows of the gap
	ours bool          // when the picture shows no permission any more: the station took it back, or everything announced was counted
}

// see takes one more picture into the window.
func (w *window) see(s shredder.Snapshot, how sighting) {
	last := w.After
	if last.ReadAt.IsZero() {
		last = w.Before
		w.InletMG = w.Before.InletMG
	}
	if s.BootID != w.Before.BootID {
		w.broke("boot")
	}
	if len(shredder.Fallen(last, s)) > 0 {
		w.broke("counter-backwards")
	}
	if s.State == shredder.Faulted || s.Reasons&stopped != 0 {
		w.broke("machine-fault")
	}
	if s.BootID == w.Before.BootID && s.Jams > w.Before.Jams {
		w.broke("jam")
	}
	if s.BootID == last.BootID && s.Feed > last.Feed && last.PermissionLeft == 0 {
		w.Lapsed = true
	}
	w.PeakMA = max(w.PeakMA, s.MotorMA)
	if s.BootID == w.Before.BootID && s.PeakMA > w.Before.PeakMA {
		w.PeakMA = max(w.PeakMA, s.PeakMA) // the machine's own maximum since the offer was set in this window
	}
	if s.InletStable {
		w.InletMG = max(w.InletMG, s.InletMG)
	}
	w.After = s
	if s.BootID == w.Before.BootID && s.BootID == last.BootID && (w.feed() > 0 || w.energy() > 0) {
		w.seeCut(last, s, how)
	}
}

// runOn is less than any machine's knives go on turning for want of work while a permission lives.
const runOn = 125 * time.Millisecond

// seeCut looks at what happened from one picture to the next while a carrier was, or may have been, between the knives. A cut that the
// machine did not bring to its end by itself is none, whatever was counted and measured until then: the energy is a floor.
func (w *window) seeCut(last, s shredder.Snapshot, how sighting) {
	gap := s.Uptime - last.Uptime
	turned := last.State.Executing() || s.State.Executing() || s.Feed != last.Feed || s.EnergyJ != last.EnergyJ || s.Cycles != last.Cycles
	if how.most > 0 && gap > how.most && turned {
		w.broke("blind")
	}
	if s.Reasons&halted != 0 {
		w.broke("machine-fault")
	}
	if last.PermissionLeft > 0 && s.PermissionLeft == 0 && len(w.Broken) == 0 && !how.ours && s.Reasons&(shredder.Local|shredder.Expired) == 0 {
		w.broke("stopped") // the machine ended it and does not say why any more: an emergency stop that was reset looks like that
	}
	alive := last.PermissionLeft > 0 && s.PermissionLeft > 0
	if alive && last.State == shredder.Running && (s.State == shredder.RunDown || s.Standstill) && s.EnergyJ > last.EnergyJ && gap < runOn {
		w.broke("stopped") // under load, and at once; a bin that was pulled out and pushed back looks like that
	}
	if last.BinStable && s.BinStable && last.BinG-s.BinG > binGoneG {
		w.broke("stopped") // the bin was taken out
	}
}

// halted are the further reasons for which a machine may stop while something is between its knives, but which say nothing when it is empty.
const halted = shredder.GuardOpen | shredder.BinMissing | shredder.SensorFault

// binGoneG is a fall of the bin scale that is no noise.
const binGoneG = 100

// stopped are the reasons for which a machine stops with the carrier between its knives. Energy cannot show then that the cut went through:
// the least energy a carrier takes is a floor, not a measure.
const stopped = shredder.EStop | shredder.Overload | shredder.Thermal | shredder.Jam | shredder.PhaseFault | shredder.PowerReturned | shredder.Internal

// broke notes one contradiction once.
func (w *window) broke(what string) {
	for _, b := range w.Broken {
		if b == what {
			return
		}
	}
	w.Broken = append(w.Broken, what)
}

// closed says whether the window has an end.
func (w *window) closed() bool { return !w.After.ReadAt.IsZero() }

// same says whether both ends are of one start of the machine, so that differences mean something.
func (w *window) same() bool { return w.closed() && w.Before.BootID == w.After.BootID }

// feed is the number of objects counted in the window, 0 when it cannot be told.
func (w *window) feed() int64 {
	if !w.same() || w.After.Feed < w.Before.Feed {
		return 0
	}
	return int64(w.After.Feed - w.Before.Feed)
}

// energy is the motor energy over idle in the window, in joules, 0 when it cannot be told.
func (w *window) energy() int64 {
	if !w.same() || w.After.EnergyJ < w.Before.EnergyJ {
		return 0
	}
	return int64(w.After.EnergyJ - w.Before.EnergyJ)
}

// evidence says the window in custody's words. token is the job under which the feed was permitted.
func (w *window) evidence(machine string, authenticated bool, token shredder.JobToken) custody.Evidence {
	e := custody.Evidence{
		Machine:       machine,
		Authenticated: authenticated,
		Boot:          int64(w.Before.BootID),
		FromSequence:  int64(w.Before.Sequence),
		ToSequence:    int64(w.After.Sequence),
		FromUptimeMS:  w.Before.Uptime.Milliseconds(),
		ToUptimeMS:    w.After.Uptime.Milliseconds(),
		Permitted:     w.same() && !w.Lapsed && w.Before.PermissionLeft > 0 && w.Before.ActiveToken == token && w.After.ActiveToken == token,
		Feed:          w.feed(),
		EnergyJ:       w.energy(),
		PeakMA:        int64(w.PeakMA),
		Broken:        append([]string{}, w.Broken...),
	}
	if w.same() {
		e.Reverses = less(w.After.Reverses, w.Before.Reverses)
		e.Jams = less(w.After.Jams, w.Before.Jams)
		e.GuardOpenings = less(w.After.GuardOpenings, w.Before.GuardOpenings)
	}
	e.InletMG = w.inlet()
	if w.Before.BinStable && w.After.BinStable {
		// The bin may have been emptied; then nothing is known of what came into it.
		e.BinMG = max(0, (w.After.BinG-w.Before.BinG)*1000)
	}
	return e
}

// scaleNoiseMG is what an inlet scale shows without anything happening; less counts as not measured.
const scaleNoiseMG = 3_000

// inlet is the mass that went in through the inlet scale, 0 = not measured. A totalling scale keeps what it passed, so the ends differ by
// it; a plain one returns to where it was, so its highest stable reading tells.
func (w *window) inlet() int64 {
	if !w.same() || !w.Before.InletStable || !w.After.InletStable {
		return 0
	}
	mass := max(w.After.InletMG-w.Before.InletMG, w.InletMG-w.After.InletMG)
	if mass < scaleNoiseMG {
		return 0
	}
	return mass
}

// less is the growth of a counter, 0 when it fell: see.broke has noted that.
func less(after, before uint32) int64 {
	if after < before {
		return 0
	}
	return int64(after - before)
}

// untouched says that the machine shows no sign of anything having been fed in the window.
func (w *window) untouched(x custody.Expectation) bool {
	return w.same() && len(w.Broken) == 0 && w.feed() == 0 && 4*w.energy() < max(x.MinEnergyJ, 4)
}

// settled says whether s shows a machine at rest: nothing turns and the scales stand still.
func settled(s shredder.Snapshot, caps shredder.Capability) bool {
	if s.State.Executing() || s.State == shredder.StateUnknown {
		return false
	}
	if !s.Standstill {
		return false
	}
	if caps.Has(shredder.CapInletScale) && !s.InletStable {
		return false
	}
	return !caps.Has(shredder.CapBinScale) || s.BinStable || s.Reasons&shredder.BinMissing != 0
}

// permission says whether the machine's picture shows a live permission for token.
func permission(s shredder.Snapshot, token shredder.JobToken) bool {
	return s.ActiveToken == token && s.PermissionLeft > 0
}

// surplus is the number of objects counted between two windows of one start of the machine, which no carrier accounts for.
// known is false when the machine was started in between and does not promise to keep its counters.
func surplus(last, now shredder.Snapshot, kept bool) (objects int64, known bool) {
	if last.ReadAt.IsZero() {
		return 0, true
	}
	if last.BootID != now.BootID && !kept {
		return 0, false
	}
	return less(now.Feed, last.Feed), now.Feed >= last.Feed
}

// expectation is what one carrier should show.
func expectation(c custody.Carrier) custody.Expectation {
	return custody.ExpectationFor(c.Kind, c.Extent, c.Count)
}

// material is what the machine is told of a set of kinds.
func material(kinds map[string]int64) shredder.Material {
	m := shredder.MaterialUnspecified
	for word := range kinds {
		k, _ := custody.KindOf(word)
		next := materials[k.Letter]
		if m != shredder.MaterialUnspecified && m != next {
			return shredder.MaterialMixed
		}
		m = next
	}
	return m
}

// materials maps the category letters of ISO/IEC 21964-1 to the contract's words.
var materials = map[string]shredder.Material{
	"P": shredder.MaterialPaper, "F": shredder.MaterialFilm, "O": shredder.MaterialOptical,
	"T": shredder.MaterialTape, "H": shredder.MaterialHardDisk, "E": shredder.MaterialFlash,
}

// minWindow is the shortest permission that makes sense.
const minWindow = 10 * time.Second
