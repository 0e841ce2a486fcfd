// Package inspect judges a certificate of destruction offline: it recomputes everything the certificate says from the records
// in it and from nothing else, and trusts nothing but one file that the inspector brings from his own office.
//
//	certificate bytes --+                                                   +--> checks, each with the field it failed at
//	                    +--> Verify --> log: signature, tree, proofs, heads |
//	trust file ---------+         \--> records: form, signatures, persons   +--> grade
//	(log keys, card anchors,       \--> batch: chain, manifest, times,      |
//	 profiles)                      \    evidence, sums, custody, policy    +--> summary for people, limits
//	                                 \-> statement, openings
//
// It follows C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-policy and tlog-cosignature (v1), RFC 6962 section 2.1, DSSE v1,
// in-toto Statement v1, RFC 5280 (through package token/trust). The format of certificates is certificate/FORMAT.md.
//
// Several things are asked twice on purpose: custody.Step replays the whole history, and the checks of the manifest, the
// evidence, the sums, the references and the times read the same records directly, so that a defect of one is not the defect
// of all, and the first failing check has a name a person understands.
//
// Failure modes: none of its functions panics, blocks or fails on any input; a wrong certificate gives a Report of grade Invalid.
// Only a trust file that cannot be used is an error, since without it there is no verdict.
//
// What it does not do: it knows no revocation and no time but the station's (the grade says so), it cannot see records made
// after the checkpoint, nor a second ledger kept beside this one, and it cannot tell whether the machine measured the truth.
//
// The package is pure: no I/O, clock, randomness or goroutine; the inspector's time is an argument.
package inspect
