// Package program is the control program of the virtual shredder: what would run in the machine's own controller. It joins
// the plant of package physics with the register profile of package firmware and enforces the machine's rules by itself.
//
//	       orders (records)          hands (key, e-stop, guard, bin, reset, items)
//	             │                                   │
//	             ▼                                   ▼
//	┌─ permission ─┐   ┌─ inputs, latches ─┐   ┌─ inlet table ─┐
//	│ token, items │ & │ all healthy       │ & │ not empty     │ ──► motor forward, gate open
//	│ until uptime │   └───────────────────┘   └───────────────┘
//	└──────────────┘
//
// Rules, none of which an order can weaken:
//
//   - The motor starts forward only while a permission lives, nothing is latched and every input is healthy; it starts by
//     itself when something lies on the inlet table, or by the start button. After an overload it stops, reverses and goes
//     forward again as part of the same run; after three reversals without success it is a jam.
//   - A permission ends by time, by count, by Withdraw, by the key turned to local, by the guard, by a fault, by a restart of
//     the controller. Then the gate is shut, what is between the knives is finished, the rotor runs down and the job is over.
//     It never comes back. A full bin shuts the gate and leaves the permission.
//   - Emergency stop, an open guard and a missing bin stop the motor at once; so do a missing phase, thermal trip and jam.
//     Emergency stop, phase, thermal trip and jam are latched. Only Reset at the machine clears a latch, only when its cause
//     is gone, and it starts nothing. The return of supply is latched too.
//   - Records are taken as the profile says (firmware-iface/SPEC.md section 7).
//
// Sequence after an overload: 1.25 times rated current for 1 s (or a stalled rotor for 0.3 s), motor off, 3 s at
// standstill, 1.5 s in reverse, 3 s at standstill, forward. Feeding pauses above 70 % of rated current and goes on below
// 50 %. These are typical values of the trade.
//
// Time: Step integrates 10 ms of machine time and is told the device's uptime in real milliseconds. At a pace other than 1
// the two run at different speeds: sequences of the machine follow machine time, permissions and deadlines follow uptime.
//
// Counters and the tokens of earlier jobs survive a loss of power, as in a controller with retentive memory; the stored job,
// its permission and the echo do not.
//
// The package is pure but for the random numbers of package physics, which are seeded: same seed, same calls, same
// machine. A Machine is not safe for concurrent use.
//
// It does not implement a safety function: in a real machine the chain of e-stop, guard and key is wired.
package program
