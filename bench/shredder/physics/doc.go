// Package physics is the material half of the virtual shredder: rotor, motor, cutter, chamber, bin, scales and light
// barrier, integrated in steps of 10 ms. It knows no protocol, no permission and no wall clock.
//
//	hands ──► inlet table ──► light barrier ──► cutter ──► chamber ──► bin
//	          (scale)         (count)            ▲  cut       retained     (scale, level)
//	                                             │ torque     20..200 g
//	                              motor ──► rotor (speed, inertia, friction)
//
// The package is pure: the same seed and the same calls give the same floats. Time is the number of steps taken.
//
// # Model
//
// All torques are relative to rated torque, speed to rated speed. The rotor obeys J dω/dt = Tm(ω) − Tf − Tc, with the
// motor's torque Tm a straight line in slip near synchronous speed and a flat curve below the breakdown slip, Tf the
// friction and Tc the torque of whatever is between the knives. Each material has a specific cutting energy e (J/g) and a
// rate (g/s at rated speed), so Tc = e·rate/P_rated, and the work done on an item of mass m is e·m by construction: energy
// is never assigned, it follows from torque times speed. The works of motor, friction, cutting and blockage are
// accumulated separately and balance against the kinetic energy of the rotor.
//
// Current is not torque: I² = Im² + Ia², with the magnetising part Im nearly constant and the active part Ia saturating at
// the locked-rotor value. A direct start draws about six times rated current for 0.3 to 0.8 s. The thermal image is the
// usual I²t: τ dθ/dt = (I/In)² − θ, trip class 10 (IEC 60947-4-1: not later than 10 s at 7.2 times the setting from cold).
//
// The meter of energy over idle is what a drive can know: torque over the idle torque times speed, with noise and a dead
// band, only forward and only after the run-up. A stalled rotor does no work and meters none; a rotor that coasts cuts
// with its own kinetic energy and meters none either.
//
// # Units
//
// Masses are int64 milligrams and are conserved exactly (see Plant.Balance). Energy in joules, current in amperes,
// power in watts.
//
// # Where the numbers come from
//
// Sequence and thresholds of the reversal belong to the control program, not here. Typical values of trade literature:
// media shredder 1.5 to 5.5 kW, bin 30 to 140 l, 10 to 30 s for a 3.5-inch disk, 20 to 200 g retained in the chamber,
// run-down 1 to 4 s. The specific energies are engineering estimates, not datasheet values.
//
// # What it does not do
//
// No particle sizes, no oil or bearing temperature, no vibration, no dust. The knives do not wear by themselves; dull
// knives are a setting.
package physics
