// Package usbfs drives a Bulk-Only interface through Linux usbfs: no kernel driver,
// no library, no copy where the controller allows it. It implements usbctl.Pipe on a
// file descriptor that somebody else opened, claimed and stripped of its rights.
//
//	broker:  Open ──► Claim ──► Drop ──► fd ──────────┐
//	            └──► Direct (reset, Max LUN) ◄─ RPC ─┐ │
//	worker:                                  Control ┘ └─► New ──► Pipe
//
// One command on the wire:
//
//	slot 0  CBW   ──SUBMITURB──► OUT                     ┐ both queued at once, except
//	slot 1  data  ──SUBMITURB──► IN or OUT, one URB      ┘ reads below SuperSpeed
//	slot 2  CSW   ──SUBMITURB──► IN, never queued with the data
//
// Memory given to the kernel is never the Go heap's. Buffers come from mmap on the
// descriptor (zero copy), or from anonymous memory where the kernel refuses that; a
// caller's other slices are copied through a buffer of the Pipe's own. A buffer is
// unmapped only when every transfer on it was reaped, or the device is gone: until
// then a device may still write into it.
//
// Units: bytes; deadlines come by context. A transfer ends by the deadline; a
// context cancelled before its deadline is noticed between transfers. CLEAR_HALT has
// no deadline of its own: the kernel gives it five seconds.
//
// Failure modes: the sentinels of usbctl. A link error that turns out to be an
// unplugged device is ErrGone.
//
// What it does not do: it decides nothing, knows no SCSI, and never detaches a
// kernel driver.
package usbfs
