package physics

import "time"

// Step is the length of one integration step.
const Step = 10 * time.Millisecond

const dt = 0.01 // s, Step

// Params describes one machine. Ratios are to rated values unless a unit is named.
type Params struct {
	RatedW   float64 // shaft power at rated load, W
	RatedA   float64 // rated current In, A
	Inertia  float64 // J, s: seconds from zero to rated speed at rated torque
	Friction float64 // idle torque
	Slip     float64 // rated slip
	Locked   float64 // torque at standstill
	Break    float64 // breakdown torque
	Magnet   float64 // magnetising current
	LockedA  float64 // locked-rotor current

	HeatS  float64 // thermal time constant with the fan running, s
	CoolS  float64 // thermal time constant at standstill, s
	TripAt float64 // thermal image at which the relay trips
	CoolTo float64 // thermal image below which the trip may be reset

	RetainLow, RetainHigh int64   // mg, bounds of what stays in the chamber
	BinL                  float64 // volume of the bin, l

	WeighS   float64 // s an item lies on the inlet table before the gate can take it
	TransitS float64 // s from the gate to the knives; the barrier is half way
	Throat   int     // most items in transit and between the knives

	InletNoise, InletShake int64 // mg, noise of the inlet scale at standstill and while the rotor turns
	BinNoise, BinShake     int64 // mg, the same for the bin cell
	InletRes, BinRes       int64 // mg, resolution of the two scales

	DeadBand float64 // torque over idle that the energy meter ignores
	Dull     float64 // rate of the knives, 1 sharp, 0.3 dull
}

// DefaultParams is a media shredder of 4 kW on 400 V with a bin of 140 l.
func DefaultParams() Params {
	return Params{
		RatedW: 4000, RatedA: 8.5, Inertia: 0.5, Friction: 0.14, Slip: 0.05, Locked: 1.2, Break: 2.2, Magnet: 0.32, LockedA: 6,
		HeatS: 380, CoolS: 760, TripAt: 1.32, CoolTo: 0.6,
		RetainLow: 20_000, RetainHigh: 200_000, BinL: 140,
		WeighS: 0.5, TransitS: 0.2, Throat: 8,
		InletNoise: 50, InletShake: 300, BinNoise: 1_500, BinShake: 60_000, InletRes: 100, BinRes: 1_000,
		DeadBand: 0.03, Dull: 1,
	}
}
