// Package usbctl is the contract of USB media: how a claimed mass-storage
// interface is driven, how its blocks are reached, and what may go wrong. It
// follows the USB Mass Storage Class Bulk-Only Transport, revision 1.0, and SCSI
// block commands (SBC-4), and knows nothing of carriers' custody.
//
//	descriptors ──► desc ──► rules ──► broker ──► Pipe ──► bot ──► scsi ──► Blocks
//	 (raw bytes)    parse    verdict   claims     usbfs    CBW     typed     fs, sanitize,
//	                                   and hands  libusb   CSW     commands  canary
//	                                   a fd over  memory           by mode
//
// The kernel never binds a driver to a medium and never mounts one. A medium is
// a stranger: everything it says is checked for form and for agreement with what
// it said before, and each violation is evidence.
//
// Units: bytes, logical block addresses; deadlines come by context.
//
// Failure modes: the sentinels below, tested with errors.Is. Only ErrTimeout and
// ErrStall can be followed by a recovery; ErrGone is final for a Pipe.
//
// What it does not do: it decides nothing about who may use a medium.
package usbctl

import (
	"context"
	"errors"
	"fmt"
)

// Direction of a data transfer as the host sees it.
type Direction int

// Directions.
const (
	NoData Direction = iota
	In               // device to host
	Out              // host to device
)

func (d Direction) String() string {
	switch d {
	case NoData:
		return "none"
	case In:
		return "in"
	case Out:
		return "out"
	}
	return fmt.Sprintf("direction(%d)", int(d))
}

// Errors of transfers.
var (
	// ErrStall: the endpoint halted. Clear the halt before the next transfer.
	ErrStall = errors.New("the endpoint stalled")
	// ErrTimeout: the device did not answer in time. Nothing is known of the
	// command; recovery comes next.
	ErrTimeout = errors.New("the device did not answer in time")
	// ErrOverflow: the device sent more than was asked for (babble).
	ErrOverflow = errors.New("the device sent more than was asked for")
	// ErrLink: the bus reported an error; the device may come back after recovery.
	ErrLink = errors.New("the link to the device failed")
	// ErrGone: the device is no longer there, or no longer the one that was opened.
	ErrGone = errors.New("the device is gone")
	// ErrNotStarted: a transfer was not begun, because the one before it failed.
	ErrNotStarted = errors.New("the transfer was not started")
)

// Transfer is what became of one transfer: how many bytes moved, and why it
// ended. N counts also when Err is set.
type Transfer struct {
	N   int
	Err error
}

// Pipe is one claimed Bulk-Only interface with its two bulk endpoints. It has one
// user at a time. Every method returns by the context's deadline, with everything
// it had begun reaped: afterwards no transfer of it is in flight.
type Pipe interface {
	// Command sends the command block wrapper, then moves the whole of data in
	// direction d. A transport may queue the data while the wrapper is on the
	// wire, never the status. With d NoData or empty data only the wrapper is sent.
	// When the wrapper failed, data has ErrNotStarted or whatever it came to.
	Command(ctx context.Context, wrapper, data []byte, d Direction) (w, t Transfer)
	// Status reads one transfer of at most len(b) bytes from the IN endpoint. b is
	// longer than a status wrapper, so that a longer answer is seen as such.
	Status(ctx context.Context, b []byte) Transfer
	// ClearHalt clears the halt of an endpoint on both sides (USB 2.0, 9.4.5).
	ClearHalt(ctx context.Context, d Direction) error
	// Reset is the Bulk-Only Mass Storage Reset (BOT 1.0, 3.1). It does not clear halts.
	Reset(ctx context.Context) error
	// MaxLUN is Get Max LUN (BOT 1.0, 3.2); a stall means 0.
	MaxLUN(ctx context.Context) (int, error)
	// PortReset resets the port. ErrGone when another device answers afterwards.
	PortReset(ctx context.Context) error
	// Buffer gives memory of n bytes that transfers without a copy where the
	// transport can; it belongs to the Pipe and ends with Close.
	Buffer(n int) ([]byte, error)
	Close() error
}

// Mode is what may be done to a medium. It is enforced beside the file
// descriptor, below everything that parses what the medium holds.
type Mode int

// Modes.
const (
	ModeUnknown Mode = iota
	ReadOnly         // a write blocker in software, at the level of commands
	Write            // reads and writes of blocks
	Destroy          // also commands that erase without writing: UNMAP, SANITIZE
)

func (m Mode) String() string {
	switch m {
	case ReadOnly:
		return "read-only"
	case Write:
		return "write"
	case Destroy:
		return "destroy"
	}
	return "unknown"
}

// Blocks is random access to a medium's blocks.
type Blocks interface {
	// BlockSize in bytes: 512 or 4096.
	BlockSize() int
	// Count of blocks.
	Count() uint64
	// ReadBlocks fills b, a multiple of BlockSize, from lba on.
	ReadBlocks(ctx context.Context, lba uint64, b []byte) error
	// WriteBlocks writes b from lba on. What it wrote is on the medium only after
	// Flush, and proven only by reading it back.
	WriteBlocks(ctx context.Context, lba uint64, b []byte) error
	// Flush has the device write its cache.
	Flush(ctx context.Context) error
}
