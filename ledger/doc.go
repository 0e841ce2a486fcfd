// Package ledger is the station's tamper-evident, crash-safe record: a Merkle log (RFC 6962) of leaves, its signed checkpoints
// (C2SP signed-note and tlog-checkpoint), private openings and attachments, the journal of runs and the projections, in one
// SQLite file and one transaction for each commit.
//
//	Append/Save --> queue --> writer: BEGIN IMMEDIATE
//	                            per request: SAVEPOINT, admit, entry + hashes + heads + openings, projections, journal
//	                            checkpoint and seal signed, stored
//	                          COMMIT (fsync of the write-ahead log) --> head file --> receipts
//
// A receipt is given only after COMMIT, and a signature made inside a transaction that failed is never shown. An error of
// storage ends the process through Options.Exit; nothing is tried again, since after a failed fsync nobody knows what is on the
// medium. README.md beside this file is the crash design: assumptions, states after a crash, recovery, and what cannot be
// detected.
//
// A ledger is a directory of its own:
//
//	ledger.db       SQLite, WAL, synchronous FULL, pages of 8192 bytes, locked exclusively
//	ledger.db-wal   the newest commits, until SQLite moves them into ledger.db; absent after Close
//	head            the newest commit as signed by the log key: the second witness that makes a swapped ledger.db noticed
//
// Open audits everything (recomputes the tree from the entries, compares every stored row with what the entries give or the
// signed seal covers, replays the projections) and answers a contradiction with a [Contradiction], a sentence that says which
// file, what is wrong and what to do. It repairs nothing.
//
// Failure modes: see the errors. What it does not do: it does not judge whether an event is lawful or a signer entitled; that is
// the projections' and Options.Verify's part. It cannot notice that its whole directory was replaced by an older copy of the whole
// directory: that takes a witness elsewhere (seen in signed payloads, printed receipts, an inspector's record of checkpoints).
package ledger
