// Package station is the appliance's work: it registers carriers, has people count, seal, approve and authorise them, gives the machine
// its permission, weighs the evidence, and issues the certificate. Here the language of the hardware (token, shredder) and that of
// custody meet, and nowhere else.
//
//	web, commands ──► Operations (every error a *fault.Fault)
//	                      │
//	        *Station ─────┼── cards     session.go, office.go, door.go  who is here, who may what
//	                      ├── register  receipt, documents, requests,   what came, what it is, who asked and agreed, in whose hands
//	                      │             movements, copies, classify,    it is, what it was copied to, what its mark is, and that
//	                      │             keeping, balance                nothing is missing; need.go asks the rules
//	                      ├── paper     import, batches, seal, approve  counts, manifest, drafts that wait for a signature
//	                      ├── machine   release, feed, permit           intent -> act -> outcome
//	                      ├── outcome   close, certify, cases           tally, signatures, certificate, open cases
//	                      └── recover                                   what the last stop left behind
//	                              │
//	   procedure (steps) ── ledger (leaf and step in one transaction) ── ledger/index (register)
//
// # One batch
//
//	count ─► recount ─► seal ─► approve ─► team ─► authorise ×2 ─► release ─► feed … feed ─► reconcile ─► complete ×2 ─► certify
//	                     │         │                                  ▲          │
//	                     └─ void ──┴─ reject                        resume ◄─ withdrawn   (card, link, guard, time, hand)
//
// Each arrow is one step of one run in the journal. Steps on paper are Converge: what they change and their leaves commit together.
// Release and feed are Actuate: their intent is durable before the machine or a person is asked to act, and no code leads from an intent back
// to the act. The ordinary path and the start after a crash settle an act by the same function (releaseAct, feedAct).
//
// # One act of the register
//
//	door (may he?) ─► need (what do the rules ask?) ─► foresight (is it lawful, with all that follows?) ─► PIN ─► one transaction
//
// The signed leaf and what follows from it (the dispositions a receipt slip brings, the copies of a making) commit together or not at
// all, so no run in the journal is needed (TestCrashRegister).
//
// # What holds, and what a test shows
//
//   - The law is asked first: custody, policy, roles, cards and machine before a PIN is used or the machine is asked. A refused
//     request leaves its refusal.recorded leaf and nothing else (TestRefusals).
//   - At any moment at most one permission lives, it belongs to one batch, and this process watches it. Whatever ends the watching ends
//     the permission: a card that leaves, a lost link, cancellation, a panic, Close. What is in the cutter finishes and gets its outcome.
//   - A process that dies at any write or command leaves a state from which people can finish; nobody is asked to feed what is gone, no
//     permission is given twice, and what the register says of a carrier is true of it (TestCrashEverywhere, TestCrashTwice).
//   - Objects the machine counted that no carrier accounts for end the permission, and make what was not fed indeterminate
//     (TestUnannouncedFeed).
//
// # States after a crash
//
//	journal says         what may be true                       the start does
//	no intent, no grant  nothing is at the machine              nothing
//	release, intent      nothing, offer, or a live permission   withdraws, probes; "no effect" only if the counters prove it
//	grant, no intent     a live permission                      withdraws, records it
//	feed, intent         not fed, in the cutter, or destroyed   withdraws, probes; indeterminate, two persons resolve it
//	draft                one of two signatures                  nothing: the second signs the same bytes
//
// What cannot be detected: a carrier that is not the one its number says; an object fed under a live permission while nobody watches, when
// the machine also loses its counters (then everything not fed is indeterminate).
//
// # What it does not do
//
// It is no safety component: emergency stop, guard and restart belong to the machine. It never starts the machine, never repeats an
// actuation, never retries a PIN, and issues no certificate it cannot prove from leaves. Carriers of a batch are fed one after the other.
//
// Units: milliseconds, milligrams, joules, milliamperes, as the names say. Times are UTC.
package station
