// Package leaf is the encoding of one entry of the ledger: a DSSE envelope whose payload is one event, in canonical JSON,
// with the signatures of the persons or of the station that the kind of event demands.
//
//	Payload --Build--> canonical bytes --PAE--> signed by 1..n keys --Encode--> leaf bytes --Hash--> leaf hash
//	   ^                    |                                                        |
//	   +--------------------+--------------------- Decode <--------------------------+
//
// The format is stated in LEAF.md beside this file. It follows DSSE v1 (envelope and PAE), RFC 8785 (canonical JSON), RFC 6962
// section 2.1 (hashes), RFC 9562 (UUIDv7). A leaf has exactly one accepted encoding: Decode refuses every other, so that no two
// byte strings mean the same event. Signatures are checked over the payload bytes as they are in the leaf, never over a
// re-encoding.
//
// Secrets are not in leaves: they are replaced by a [Commitment], and an [Opening] kept elsewhere shows the value.
//
// Failure modes: every function is total on hostile input; the errors say which field is wrong. What it does not do: it does
// not know whether the event is lawful (package custody), whether a credential is trusted (package token/trust), or whether the
// leaf is in a log (package ledger, and [VerifyRange] here).
//
// The package is pure: no I/O, clock, randomness or goroutine; randomness for salts is an argument.
package leaf
