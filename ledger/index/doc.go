// Package index projects the ledger's leaves into tables that can be asked:
// carriers, batches, members, lists, persons, machines, policies, refusals,
// certificates and the events of each subject.
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
// dropped at any time; a replay of the leaves gives the same rows, because
// Apply reads nothing but its arguments and its own tables.
//
// What Apply enforces beyond custody.Step:
//
//   - the first leaf, and no other, initialises the station
//   - actors are enrolled, their credential is their current key (slot 9C in
//     leaves that persons sign, 9A or 9C otherwise), and they hold the role;
//     anybody enrolled may explain a difference. Refusals are recorded as they
//     are, and sessions need an enrolled card but no role
//   - persons, machines and policies are entered by an administrator, as soon
//     as there is one; a key or card never passes to another person
//   - a carrier's number, a batch's number, a list and a certificate's number
//     are unique; a carrier belongs to a known list
//   - a manifest item is the hash of what was registered
//   - evidence of one run of a machine destroys one carrier, in whichever batch
//   - the machine is enrolled, and manifest and authorisation name the policy
//     in force
//
// Queries run through the ledger's read-only transaction (Queryer). They page,
// by number and with an index for every filter, and are made for a million
// carriers. Secrets are not here: titles and names are openings of the ledger,
// found by the event id each row carries.
//
// Failure modes: Apply returns *custody.Refusal or *Refusal (errors.As) for what
// may not happen, other errors for a broken database. Readers return
// ErrNotFound.
//
// What it does not do: it checks no signatures and no hashes of leaves; the
// ledger has done both before Apply is called.
package index
