// Package scsi speaks to one logical unit of a USB medium: the few commands of
// SPC-4 and SBC-3 that custody needs, typed, bounded and allowed by mode.
//
//	caller ──► Unit method ──► allowlist by mode ──► bot.Engine ──► sense ──► typed error
//
// The allowlist is the software write blocker: it looks at the bytes of the command
// block, below every caller. ReadOnly lets nothing through that can change a
// medium; Write adds WRITE and SYNCHRONIZE CACHE; Destroy adds UNMAP and SANITIZE.
// Everything else (MODE SELECT, FORMAT, START STOP, pass-through, vendor commands)
// is refused in every mode.
//
// What a unit says of itself is believed only where it agrees with itself: READ
// CAPACITY(10) with (16), block size with the vital product data, this answer with
// the last one. A change of medium or capacity in the middle of a session ends it.
//
// Units: blocks, bytes. Big-endian fields as in the standards.
//
// Failure modes: *Sense (the unit refused, with key and codes), *Lie (what it says
// cannot be true), *Changed (it is another medium now), *Refused (the mode forbids
// the command) and the errors of bot and usbctl; all by errors.As and errors.Is.
//
// What it does not do: it repeats nothing but a command that a unit attention
// announced away before it began (SAM-5, 5.14), and it does not decide whether an
// erasure worked.
package scsi
