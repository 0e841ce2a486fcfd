// Package index projects the ledger's leaves into tables that can be asked:
// carriers, batches, members, lists, documents, requests, movements and every
// other thing of the register, who knew what, persons, machines, policies,
// refusals, certificates, reports, counts and the events of each subject.
//
//	Append ──► leaf ──► index.Projection.Apply ──► custody.Step ──► ix_* tables
//	                        │ refuses                                   │
//	                        ▼                                           ▼
//	             nothing is committed                        index.Reader ──► station
//
// The tables live in the ledger's own file and change in the transaction of the
// leaf. So the projection is also the gate: an event that custody refuses, or
// whose actors are not enrolled in the role with the card they used, is refused
// before it is acknowledged and leaves nothing behind. The tables can be
// dropped at any time; a replay of the leaves and their openings gives the same
// bytes, because Apply and ApplyOpenings read nothing but their arguments and
// their own tables, and nothing in the tables depends on how leaves were grouped.
//
// What Apply enforces beyond custody.Step:
//
//   - the first leaf, and no other, initialises the station
//   - actors are enrolled, their credential is their current key (slot 9C in
//     leaves that persons sign, 9A or 9C otherwise), they hold the role, and it
//     is one that may do this (rules_roles.go); parts are played by whom custody
//     demands. Refusals are recorded as they are, and sessions need an enrolled
//     card but no role; who has left opens none
//   - persons, machines and policies are entered by an administrator, as soon
//     as there is one; a key or card never passes to another person
//   - the number of a carrier, batch, certificate, request, movement, clear-out,
//     inspection or incident is given once
//   - a manifest item is the hash of what was registered
//   - evidence of one run of a machine destroys one carrier, in whichever batch
//   - the machine is enrolled, and manifest and authorisation name the policy
//     in force
//
// # Searching
//
// Carriers, and things of each kind, are numbered from 0 as they are entered.
// For each property the set of those that have it is kept, in blocks of one bit
// each (sets.go); so are the runs of letters in titles and numbers (text.go).
//
//	"held", "secret", place g12, title "清退" ──► sets ──and──► one set, its size
//	                                                              │
//	                order by number or title, in memory ──► walk ─┴─► page, mark
//
// So every search is a few looks into indexes, whatever is combined, and says
// how many there are; TestEveryQueryWalksAnIndex reads SQLite's plans,
// BenchmarkSearch measures (SEXTON_BENCH_CARRIERS=1000000). A page's mark names
// the last hit, not an offset: pages fit each other while the register grows.
// Each answer names the head of the ledger and the number of entries it was
// given for, so that "there is none" can be checked.
//
// Titles, numbers and names are openings of the ledger. What is needed to
// search and sort them is in ix_text, ix_order, ix_gram and ix_name, which are
// as private as the openings; everything else holds no secret.
//
// Times are UTC; hours of counts too. Sizes are counts.
//
// Failure modes: Apply returns *custody.Refusal or *Refusal (errors.As) for what
// may not happen, other errors for a broken database. Readers return
// ErrNotFound, ErrShort, ErrCursor.
//
// What it does not do: it checks no signatures and no hashes of leaves; the
// ledger has done both before Apply is called. It knows no relevance: an answer
// is in the order asked for.
package index
