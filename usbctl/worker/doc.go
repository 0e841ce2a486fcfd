// Package worker is the two processes that touch a medium, and the ones who watch
// them.
//
//	            control                                 control
//	broker ◄───────────── blk ◄──────── blocks ───────► fs ──────────────► broker
//	  │   sealed, reset,   │  BOT + SCSI   read-at        │ sealed, journal,
//	  │   max LUN, port    │  in one mode  write-at       │ result
//	  │   reset, evidence  ▼  opcode list                 ▼
//	  └── claimed fd ───► device                   canary, capacity (no fd)
//
// blk has the file descriptor of a claimed interface and speaks Bulk-Only Transport
// and SCSI in one mode; it parses nothing of what the medium holds. fs parses what
// the medium holds and has no file descriptor but the connection to blk. So a bug in
// fs cannot change a medium that was opened read-only, and a bug in blk reaches one
// device.
//
// Both are started for one job and ended after it. Before the first byte of a device
// is read each gives up everything it does not need (package sandbox) and says so to
// the broker, who hands the descriptor over only then. What blk cannot do with its
// descriptor, three fixed control requests, it asks the broker for.
//
// Package process starts them as processes. The same code runs without, over a
// device in memory (Memory): for benches and tests.
//
// Units: blocks, bytes. Deadlines come by context; Supervise ends both workers at
// the deadline, whatever they are doing.
//
// Failure modes: an Outcome says what each worker came to. Errors of the medium keep
// their types across the processes (*scsi.Sense, *scsi.Refused, *scsi.Lie,
// *scsi.Changed, *bot.Violation, *bot.Quarantined, the sentinels of usbctl).
//
// What it does not do: it decides neither what may attach nor what a verdict means.
package worker
