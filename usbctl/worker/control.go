package worker

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/wire"
)

// Operations between a worker, who asks, and the broker.
const (
	opSealed    wire.Op = 32 + iota // Sealed -> Device with the descriptor, or Job
	opReset                         // Bulk-Only reset of the claimed interface
	opMaxLUN                        // -> u8
	opResetPort                     //
	opViolation                     // Violation
	opEnded                         // Report
	opBegin                         // epoch u64
	opCommit                        // epoch u64
	opResult                        // Result
)

// Sealed is what a worker gave up before it was handed anything.
type Sealed struct {
	Role    Role     `json:"role"`
	Steps   []string `json:"steps"`             // what holds, by name
	Missing []string `json:"missing,omitempty"` // what this kernel could not do and a test allowed it to lack
}

// Role of a worker.
type Role string

// Roles.
const (
	RoleBlk Role = "blk"
	RoleFs  Role = "fs"
)

// Device is the claimed interface as blk is to drive it.
type Device struct {
	Interface byte        `json:"interface"`
	In        byte        `json:"in"` // endpoint addresses
	Out       byte        `json:"out"`
	LUN       byte        `json:"lun"`
	Mode      usbctl.Mode `json:"mode"`
}

// Transport makes a Pipe over the device that was handed over. control does what
// the descriptor cannot.
type Transport func(d Device, control *Control) (usbctl.Pipe, error)

// Control is a worker's line to the broker.
type Control struct{ caller *wire.Caller }

// NewControl asks over s.
func NewControl(s wire.Stream) *Control { return &Control{wire.NewCaller(s)} }

func (c *Control) call(ctx context.Context, op wire.Op, v any) ([]byte, error) {
	var parts [][]byte
	switch v := v.(type) {
	case nil:
	case uint64:
		parts = append(parts, binary.BigEndian.AppendUint64(nil, v))
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("cannot tell the broker: %w", err)
		}
		parts = append(parts, b)
	}
	b, err := c.caller.Call(ctx, op, nil, parts...)
	return b, unpack(err)
}

// Announce says that the sandbox is closed, and gets the task.
func (c *Control) Announce(ctx context.Context, s Sealed, task any) error {
	b, err := c.call(ctx, opSealed, s)
	if err != nil {
		return err
	}
	return wire.Strict(b, task)
}

// Reset is the Bulk-Only Mass Storage Reset.
func (c *Control) Reset(ctx context.Context) error {
	_, err := c.call(ctx, opReset, nil)
	return err
}

// MaxLUN is Get Max LUN.
func (c *Control) MaxLUN(ctx context.Context) (int, error) {
	b, err := c.call(ctx, opMaxLUN, nil)
	if err != nil {
		return 0, err
	}
	if len(b) != 1 {
		return 0, &wire.Breach{Detail: fmt.Sprintf("%d bytes for a number of units", len(b))}
	}
	return int(b[0]), nil
}

// PortReset resets the port and keeps the claim.
func (c *Control) PortReset(ctx context.Context) error {
	_, err := c.call(ctx, opResetPort, nil)
	return err
}

// Begin implements ident.Journal: the broker asks the station.
func (c *Control) Begin(ctx context.Context, next uint64) error {
	_, err := c.call(ctx, opBegin, next)
	return err
}

// Commit implements ident.Journal.
func (c *Control) Commit(ctx context.Context, now uint64) error {
	_, err := c.call(ctx, opCommit, now)
	return err
}

// Claim is a claimed interface, on the broker's side.
type Claim interface {
	// Reset, MaxLUN and PortReset are the three requests blk cannot make itself.
	Reset(ctx context.Context) error
	MaxLUN(ctx context.Context) (int, error)
	PortReset(ctx context.Context) error
	// Endpoint is what blk gets.
	Endpoint() Endpoint
	// Close gives the interface back. The Claim is of no use then.
	Close() error
}

// Endpoint is a descriptor with its rights dropped, or, without processes, a Pipe.
type Endpoint struct {
	File *os.File
	Pipe usbctl.Pipe
}

// RunBlk is the whole of blk.
func RunBlk(ctx context.Context, control *Control, peer wire.Stream, s Sealed, open Transport) error {
	var d Device
	s.Role = RoleBlk
	if err := control.Announce(ctx, s, &d); err != nil {
		return err
	}
	pipe, err := open(d, control)
	if err != nil {
		return fmt.Errorf("cannot drive the device: %w", err)
	}
	defer pipe.Close()
	session, err := newSession(pipe, d.Mode, d.LUN, func(v *bot.Violation) {
		// A violation that cannot be told now is told by the report.
		_, _ = control.call(context.WithoutCancel(ctx), opViolation, travelling(v))
	})
	if err != nil {
		return err
	}
	served := session.serve(ctx, peer)
	if _, err := control.call(context.WithoutCancel(ctx), opEnded, session.report()); err != nil {
		return err
	}
	return served
}
