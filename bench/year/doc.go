// Package year makes a convincing year of one invented bureau: what arrives,
// who reads, borrows and copies it, what is lost and found, and what becomes of
// everything. It exists for demonstrations, load tests and as an oracle: the
// station's books can be compared with its own count.
//
//	Config ─► World        persons, departments, places, units
//	       ─► Lists        transfer lists as registry offices send them, CSV or EPCIS
//	       ─► Events       everything that happens, in the order of time ─► Oracle
//
//	counted ─► numbered ─► entered ─► signed for ─► shelved
//	     ┌────────────────────────────────────────────┤
//	     ├─ circulated to readers, one after the other, each signed for
//	     ├─ handed over to a department and back
//	     ├─ copied: asked for, approved, made, numbered
//	     ├─ lent, renewed, called back, brought back
//	     ├─ reclassified
//	     └─ clear-out: proposed, approved ─► returned 50 · destroyed 32 · archived 13
//	                                         transferred 2 · declassified 1 · kept 2
//
// Carriers arrive from January to December 2026 on the days on which the
// exchange station is open. What came in the first half is cleared out in
// September, the rest in March 2027, where the stream ends. Beside what chance
// does, every stream shows one of each: an inspection, a spot check that misses
// a carrier, somebody who may not leave, a loan that stays overdue, a hand-over
// that stays open, and the faults of reasons.
//
// Everything in it is invented: the places and units do not exist, every title
// ends with （演练） and every series of numbers has 演 in it (persons' numbers,
// which must be ASCII, have YL). The shares are rules of the exercise, not
// statistics.
//
// The same Config gives the same bytes. Chance comes from PCG streams with
// stated seeds, one each for persons, arrivals, lives and the cut of lists; no
// clock is read. Times are UTC; the bureau keeps office hours (8:30–12:00,
// 14:00–17:30) in UTC+8.
//
// Memory. The stream remembers 32 bytes of each carrier that waits, and what is
// under way: some tens of MB for a million carriers. The Oracle remembers every
// carrier.
//
// Failure modes: New refuses a number of carriers out of bounds. Observe
// returns an error for a happening that contradicts those before it.
//
// What it does not do: it drives no station, knows no rule of a policy profile,
// and simulates no machine.
package year
