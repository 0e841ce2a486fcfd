package physics

import "math"

// settle moves shreds from the chamber to the bin and lets the chamber's appetite wander.
func (pl *Plant) settle() {
	if pl.speed < 0.2 && pl.speed > -0.2 {
		return
	}
	pl.retain += int64(500 * pl.noise.NormFloat64())
	pl.retain = max(pl.p.RetainLow, min(pl.p.RetainHigh, pl.retain))
	over := pl.bal.Chamber - pl.retain
	if over <= 0 {
		return
	}
	mg := min(over, over/20+1)
	vol := pl.chamberVol * float64(mg) / float64(pl.bal.Chamber)
	pl.bal.Chamber -= mg
	pl.chamberVol -= vol
	if !pl.binIn {
		pl.bal.Spilled += mg
		return
	}
	pl.bal.Bin += mg
	pl.binVol += vol
}

// weigh is one reading of a scale: noise by whether the rotor shakes it, rounded to the resolution.
func (pl *Plant) weigh(mg, noise, shake, res int64) int64 {
	sigma := noise
	if pl.speed != 0 {
		sigma = shake
	}
	v := float64(mg) + float64(sigma)*pl.noise.NormFloat64()
	return int64(math.Round(v/float64(res))) * res
}

// read samples the sensors.
func (pl *Plant) read() Reading {
	inlet := int64(0)
	for _, lot := range pl.table {
		for _, pc := range lot {
			inlet += pc.left
		}
	}
	bin := int64(0)
	if pl.binIn {
		bin = pl.weigh(pl.bal.Bin, pl.p.BinNoise, pl.p.BinShake, pl.p.BinRes)
	}
	return Reading{
		CurrentA:  max(0, pl.current*pl.p.RatedA*(1+0.01*pl.noise.NormFloat64())),
		Speed:     pl.speed,
		Theta:     pl.theta,
		Pulses:    pl.pulses,
		InletMG:   pl.weigh(inlet, pl.p.InletNoise, pl.p.InletShake, pl.p.InletRes),
		InletSure: pl.quiet >= 0.3,
		TakenMG:   pl.taken,
		BinMG:     bin,
		BinSure:   pl.binIn && pl.still >= 1,
		BinIn:     pl.binIn,
		BinLevel:  pl.binVol / pl.p.BinL,
		EnergyJ:   pl.energy,
		Table:     len(pl.table),
		Busy:      len(pl.transit) > 0 || len(pl.cutter) > 0,
		Phases:    pl.phases,
	}
}
