// Package ident tells whether a medium is the one that was registered.
//
//	Likeness   descriptors per speed, INQUIRY, vital product data, mode data, size
//	Capacity   do the blocks it claims exist?       write all, then read all
//	Canary     has it been copied since last time?  keyed blocks that change at every meeting
//
// A key that was imaged holds everything its original holds: nothing here proves
// that a medium is the original. What the canary proves is that of two copies one
// is found out at the latest when the second of them is met: detection, not
// prevention, and whoever shows a verdict says so.
//
// # Canary
//
// Slots are blocks in a reserved region at places only the station can compute. Each
// holds a keyed value of the epoch. At every meeting the epoch is checked, then
// advanced, before any data is exchanged:
//
//	journal n ─► check n ─► journal n, n+1 pending ─► write n+1 ─► flush ─► read back ─► journal n+1
//	                         │
//	                         └ died here: at the next meeting every mixture of n and n+1 is
//	                           taken, and said to be so; the epoch then goes to n+2, and when
//	                           that breaks off too, to n+3
//
// A medium passes only when the new epoch was committed. So a crash or a yank at any
// point never locks an honest key out, and of two keys that show epoch n only the
// first passes.
//
// Failure modes: verdicts are answers, not errors; errors are of the medium or of
// the journal, and then nothing is known.
//
// What it does not do: it holds no secret and keeps no journal; the caller does.
package ident
