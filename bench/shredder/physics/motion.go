package physics

import "math"

// feed moves items from the table through the light barrier to the knives.
func (pl *Plant) feed(d Drive) {
	pl.quiet += dt
	if len(pl.table) > 0 {
		pl.dwell += dt
	}
	if len(pl.transit) > 0 {
		pl.pass()
		return
	}
	if !d.Gate || len(pl.table) == 0 || pl.dwell < pl.p.WeighS || len(pl.cutter)+len(pl.table[0]) > pl.p.Throat {
		return
	}
	lot := pl.table[0]
	mass := int64(0)
	for _, pc := range lot {
		mass += pc.left
	}
	pl.taken += max(0, pl.weigh(mass, pl.p.InletNoise, pl.p.InletShake, pl.p.InletRes))
	pl.table[0] = nil
	pl.table = pl.table[1:]
	pl.transit, pl.way, pl.dwell, pl.quiet = lot, 0, 0, 0
	lot[0].rec.Fate = InCutter
	pl.latest = lot[0].rec.ID
}

// pass moves what is in transit by one step.
func (pl *Plant) pass() {
	before := pl.way
	pl.way += dt
	half := pl.p.TransitS / 2
	if first := pl.transit[0]; before < half && pl.way >= half && !first.silent {
		pl.pulses++
		first.rec.Counted = true
	}
	if pl.way < pl.p.TransitS {
		return
	}
	for _, pc := range pl.transit {
		if pc.phantom {
			pl.bal.Back += pc.left
			pc.rec.Fate = PulledOut
			continue
		}
		pl.cutter = append(pl.cutter, pc)
	}
	pl.transit = nil
}

// torque is the motor's torque at speed u in the ordered direction.
func (pl *Plant) torque(u float64) float64 {
	slip := 1 - u
	knee := pl.p.Slip * pl.p.Break
	t := pl.p.Locked
	switch {
	case slip < knee:
		t = slip / pl.p.Slip
	case slip < 1:
		t = pl.p.Locked + (pl.p.Break-pl.p.Locked)*(1-slip)/(1-knee)
	}
	if !pl.phases {
		t *= 0.4 // single-phasing: not enough to start against a full chamber
	}
	return t
}

// amps is the current at speed u in the ordered direction, relative to rated.
func (pl *Plant) amps(u float64) float64 {
	x := math.Abs(1-u) / pl.p.Slip * math.Sqrt(1-pl.p.Magnet*pl.p.Magnet)
	active := x / math.Sqrt(1+x*x/(pl.p.LockedA*pl.p.LockedA))
	i := math.Hypot(pl.p.Magnet, active)
	if !pl.phases {
		i *= math.Sqrt(3)
	}
	return i
}

func (pl *Plant) kinetic(w float64) float64 { return pl.p.RatedW * pl.p.Inertia * w * w / 2 }

// turn integrates rotor, cutter, current and thermal image.
func (pl *Plant) turn(m Motor) {
	w0, dir := pl.speed, float64(m)
	tm := 0.0
	target := 0.0
	if m != Off {
		tm = pl.torque(w0*dir) * dir
		target = pl.amps(w0 * dir)
	}
	way := sign(w0)
	if w0 == 0 {
		way = dir
	}
	tf := pl.p.Friction * way
	tc, blocked := pl.grip(w0, m)
	w1 := w0 + (tm-tf-tc)*dt/pl.p.Inertia
	if blocked && w0 >= 0 {
		w1 = max(0, w1-bite*dt/pl.p.Inertia)
		if m == Reverse {
			w1 = min(w1, w0+(tm-tf)*dt/pl.p.Inertia)
		}
	}
	if (w0 > 0 && w1 < 0 && m != Reverse) || (w0 < 0 && w1 > 0 && m != Forward) || (w0 == 0 && w1*dir <= 0) {
		w1 = 0
	}
	pl.work(m, tm, tf, tc, w0, w1)
	pl.speed = w1
	pl.still += dt
	if w1 != 0 {
		pl.still = 0
	}
	pl.current += (target - pl.current) * (1 - math.Exp(-dt/0.08))
	if pl.current < 1e-4 {
		pl.current = 0
	}
	tau := pl.p.HeatS
	if w1 == 0 {
		tau = pl.p.CoolS
	}
	if pl.current > 0 {
		tau = pl.p.HeatS
	}
	pl.theta += (pl.current*pl.current - pl.theta) * dt / tau
	pl.unseat(m)
}

// runUp is how long after reaching speed the meter still takes work for that of the run-up, s.
const runUp = 0.3

// bite is the torque with which a blocking body stops the rotor.
const bite = 6

// grip is the torque of everything between the knives, and whether something blocks.
func (pl *Plant) grip(w float64, m Motor) (torque float64, blocked bool) {
	if w < 0 || (w == 0 && m != Forward) {
		return 0, false
	}
	ripple := pl.noise.NormFloat64()
	pl.ripple += (ripple - pl.ripple) * 0.2
	for _, pc := range pl.cutter {
		if w > 0.8 {
			if pc.delay > 0 {
				pc.delay -= dt
			} else {
				pc.engage = min(1, pc.engage+dt/0.3)
			}
		}
		torque += pl.resist(pc)
		blocked = blocked || (pc.block != 0 && pc.engage == 1 && pc.left <= pc.half)
	}
	return torque, blocked
}

// resist is the torque of one piece.
func (pl *Plant) resist(pc *piece) float64 {
	return pc.engage * pc.tough * max(0.2, 1+2*pc.mat.Jerky*pl.ripple) * pc.mat.JPerG * pc.mat.GPerS / pl.p.RatedW
}

// work books what one step from w0 to w1 did: energy, cut mass, meter.
func (pl *Plant) work(m Motor, tm, tf, tc, w0, w1 float64) {
	wm := (w0 + w1) / 2
	scale := pl.p.RatedW * wm * dt
	pl.bal.MotorJ += tm * scale
	pl.bal.FrictionJ += tf * scale
	pl.bal.CutJ += tc * scale
	pl.bal.BlockJ += (tm-tf-tc)*scale - (pl.kinetic(w1) - pl.kinetic(w0))
	if wm > 0 {
		pl.cut(wm)
	}
	if m != Forward {
		pl.upFor = 0
		return
	}
	if w1 > 0.9 || pl.upFor > 0 {
		pl.upFor += dt
	}
	over := (tm-pl.p.Friction)*(1+0.01*pl.noise.NormFloat64()) + 0.003*pl.noise.NormFloat64()
	if pl.upFor > runUp && over > pl.p.DeadBand {
		pl.energy += over * scale
	}
}

// cut turns mass between the knives into mass in the chamber.
func (pl *Plant) cut(wm float64) {
	left := pl.cutter[:0]
	for _, pc := range pl.cutter {
		pc.rec.WorkJ += pl.resist(pc) * pl.p.RatedW * wm * dt
		if pc.block == 0 || pc.left > pc.half {
			pc.carry += pc.engage * pc.mat.GPerS * 1000 * wm * dt * pl.p.Dull
		}
		mg := min(int64(pc.carry), pc.left)
		pc.carry -= float64(mg)
		pc.left -= mg
		pc.rec.CutMG += mg
		pl.bal.Cut += mg
		pl.bal.Chamber += mg
		pl.chamberVol += float64(mg) / 1000 / pc.mat.GPerL
		if pc.left > 0 {
			left = append(left, pc)
		} else if pc.rec.CutMG == pc.rec.MassMG {
			pc.rec.Fate = Cut
		}
	}
	clear(pl.cutter[len(left):])
	pl.cutter = left
}

// unseat lets a reversal push back what the knives hold: blocking bodies lose one reversal, the rest is taken up again
// one after the other.
func (pl *Plant) unseat(m Motor) {
	if m != Reverse {
		pl.reversed = false
		return
	}
	if pl.reversed || pl.speed > -0.5 {
		return
	}
	pl.reversed = true
	for i, pc := range pl.cutter {
		pc.engage, pc.delay = 0, 0.8*float64(i)
		if pc.block > 0 && pc.left <= pc.half {
			pc.block--
		}
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
