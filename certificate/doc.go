// Package certificate is the certificate of destruction as one file: the log records it rests on, the proofs that they are in
// the log, the signers' credentials, the policy profile, what is opened of the committed secrets, and one signed statement that
// sums it up. FORMAT.md beside this file states the format.
//
//	log --Select--> leaves --Build--> statement --(event key signs)--> Envelope --+
//	                  |                   \--SHA-256--> batch.certified leaf --+  |
//	                  +------------------------------------------------------> Assemble --> Bundle --Encode--> file
//	                                                         proofs, checkpoint ---^           ^--Parse--------+
//
// The records are the truth; the statement is a view of them, computed by the same function for the station that issues it and
// for the inspector who doubts it. Bundle has exactly one encoding (RFC 8785 canonical JSON and a line feed): Parse refuses every
// other, so a changed byte is a refusal or a changed value.
//
// A redacted certificate (Bundle.Redact) is the same without openings: the records hold commitments only, so it stands under the
// same root and carries the same statement.
//
// Failure modes: Parse and Build are total on hostile input and bounded by the limits beside Format; errors name the field
// (Field). What it does not do: it verifies no signature and no proof, and trusts nobody; that is package inspect.
//
// The package is pure: no I/O, clock, randomness or goroutine. Select reads through an interface of its caller.
package certificate
