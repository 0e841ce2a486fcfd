// Package model is a USB mass-storage device in Go: descriptors, Bulk-Only
// Transport, SCSI and blocks, honest or with faults switched on one by one. It is
// what the host side of usbctl is tested against, in memory and, by whoever serves
// it, behind a real kernel.
//
//	Pipe (host side, in memory) ──► Device ──► BOT state machine ──► SCSI ──► Store
//	                                   │                               │
//	                                   └──────────── Faults ───────────┘
//
// A Device is passive: it answers control requests and bulk transfers, and says
// when it does not answer at all (NAK). Waiting is the host's business, so the same
// model runs under a virtual clock, over a socket, or in a fuzzer.
//
// The store is sparse: a device of many gigabytes costs what was written to it. A
// store that is smaller than the device claims wraps around, as counterfeit keys do.
//
// What it does not do: it is no product code; nothing outside benches and tests may
// import it.
package model
