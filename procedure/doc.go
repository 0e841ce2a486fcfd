// Package procedure runs steps that survive a crash and know what cannot be undone.
//
// A run is one execution of a procedure; its state is one value, saved whole with each step. A step declares its kind:
//
//	Observe   reads; repeated at will, nothing is saved
//	Converge  idempotent write; state and entries commit together; a crash before the commit means it did not happen
//	Actuate   physical; intent saved -> act -> outcome saved together with its entries
//
//	            Begin          act           outcome
//	  Waiting ---------> Intent ------> (world) ------> Done | Failed | Indeterminate
//	                        |                              ^
//	                        +--- crash, restart: Recover --+   settled by the SAME function as the ordinary path,
//	                                                           with nothing observed: Indeterminate unless the probe knows
//
// The machine never repeats an Actuate: there is no code path from Intent back to the act. Who wants another try begins
// another Actuate, after the first has an outcome in the journal.
//
// Failure modes: an error of the journal stops the run (ErrBroken): what it last saved may or may not be durable, and
// only a restart, which reads the journal, can tell. A panic inside an act is settled like a crash, then goes on.
//
// What it does not do: it knows nothing of carriers, machines, ledgers or time limits; it starts no goroutine.
package procedure
