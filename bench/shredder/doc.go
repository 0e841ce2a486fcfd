// Package shredder is a virtual networked shredder: physics, control program, Modbus/TCP Security server, and the hands of a
// person standing at it. It is for demonstrations, training and tests, and is reachable from sexton-bench and tests only.
//
//	     station (driver under test)                    demo, tests
//	           │ Modbus/TCP Security                        │ Go API, or newline JSON on a unix socket
//	           ▼                                            ▼
//	┌── server ────────────────┐                  ┌── Hands ───────────────────────┐
//	│ roles, frames, seats     │                  │ feed, guard, e-stop, key, bin, │
//	└───────────┬──────────────┘                  │ reset, power, faults, truth    │
//	            │ registers                       └───────────────┬────────────────┘
//	            ▼                                                 ▼
//	        program.Machine (control program and latches, physics.Plant below it)
//	            ▲
//	            └── clock: 10 ms of machine time per step, Pace times faster than real time
//
// The two sides never mix: nothing a host can send makes the hands do anything, and the truth is not in any register.
//
// Time. Physics and the machine's own sequences run Pace times faster than real time. Everything a protocol can see as time
// is real: the device's uptime, notAfter of records, the expiry of permissions, deadlines of connections. If the process
// cannot keep up, machine time falls behind and is not made up for.
//
// Faults come from a plan (ParsePlan) or at any moment through Hands.Fault.
//
// The control socket takes one JSON object a line and answers each with one, in order (Request, Response):
//
//	{"op":"feed","item":{"kind":"paper","pages":12}}                → {"id":1}
//	{"op":"feed","item":{"kind":"usb","flags":["phantom"]}}         → {"id":2}
//	{"op":"guard","open":true}                                      → {"error":"cannot open the guard: locked while the rotor turns"}
//	{"op":"fault","fault":{"item":3,"do":"reverse","reversals":2}}  → {}
//	{"op":"fate","id":1}                                            → {"record":{"id":1,"kind":"paper",...,"fate":"cut"}}
//
// An answer without "error" means done. Other ops: take-back, estop, key, bin, reset, start, clear-jam, power, reboot, phases,
// knives, hang, cut-link, truth.
//
// The inlet scale is a weighing feeder: its reading is what the gate took so far plus what lies on the table now, so the
// difference of two snapshots is the mass that was laid down between them, however fast the machine runs.
//
// Failure modes: Start fails if an address or socket cannot be had; a running bench has no I/O of its own that can fail.
// What it does not do: no safety function, no OPC UA, no camera. Its numbers are plausible, not measured on one make.
package shredder
