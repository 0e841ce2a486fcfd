package scsi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
)

// Operation codes (SPC-4 table 53 on, SBC-3 table 17).
const (
	opTestUnitReady   = 0x00
	opRequestSense    = 0x03
	opInquiry         = 0x12
	opModeSense6      = 0x1a
	opReadCapacity10  = 0x25
	opRead10          = 0x28
	opWrite10         = 0x2a
	opSyncCache10     = 0x35
	opUnmap           = 0x42
	opSanitize        = 0x48
	opModeSense10     = 0x5a
	opRead16          = 0x88
	opWrite16         = 0x8a
	opServiceActionIn = 0x9e // READ CAPACITY(16) is service action 0x10
	opMaintenanceIn   = 0xa3 // REPORT SUPPORTED OPERATION CODES is service action 0x0c
)

// least is the least mode that lets an operation code through; absent codes pass
// in no mode.
var least = map[byte]usbctl.Mode{
	opTestUnitReady: usbctl.ReadOnly, opRequestSense: usbctl.ReadOnly, opInquiry: usbctl.ReadOnly, opModeSense6: usbctl.ReadOnly,
	opModeSense10: usbctl.ReadOnly, opReadCapacity10: usbctl.ReadOnly, opRead10: usbctl.ReadOnly, opRead16: usbctl.ReadOnly,
	opServiceActionIn: usbctl.ReadOnly, opMaintenanceIn: usbctl.ReadOnly,
	opWrite10: usbctl.Write, opWrite16: usbctl.Write, opSyncCache10: usbctl.Write,
	opUnmap: usbctl.Destroy, opSanitize: usbctl.Destroy,
}

// actions are the only service actions that pass, where an operation code has any.
var actions = map[byte]byte{opServiceActionIn: 0x10, opMaintenanceIn: 0x0c}

// Allowed says whether a command block passes in a mode.
func Allowed(mode usbctl.Mode, cdb []byte) bool {
	if len(cdb) < 6 {
		return false
	}
	need, known := least[cdb[0]]
	if !known || mode < need || mode > usbctl.Destroy {
		return false
	}
	action, has := actions[cdb[0]]
	return !has || cdb[1]&0x1f == action
}

// Refused says that the mode forbids a command. It never reached the medium.
type Refused struct {
	Mode   usbctl.Mode
	Opcode byte
}

func (r *Refused) Error() string {
	return fmt.Sprintf("command %02x is not allowed in mode %s", r.Opcode, r.Mode)
}

// Sense is why a unit refused a command (SPC-4, 4.5).
type Sense struct {
	Opcode        byte
	Key           byte // 0 to 15
	Code, Details byte // ASC and ASCQ
	Info          uint64
	HasInfo       bool
}

func (s *Sense) Error() string {
	return fmt.Sprintf("the medium refused command %02x: sense %x/%02x/%02x", s.Opcode, s.Key, s.Code, s.Details)
}

// Sense keys (SPC-4, table 48).
const (
	KeyNone          = 0x0
	KeyRecovered     = 0x1
	KeyNotReady      = 0x2
	KeyMedium        = 0x3
	KeyHardware      = 0x4
	KeyIllegal       = 0x5
	KeyUnitAttention = 0x6
	KeyDataProtect   = 0x7
	KeyAborted       = 0xb
)

// Protected says that the medium is write-protected.
func (s *Sense) Protected() bool { return s.Key == KeyDataProtect }

// Unsupported says that the unit does not know the command or a field of it.
func (s *Sense) Unsupported() bool {
	return s.Key == KeyIllegal && (s.Code == 0x20 || s.Code == 0x24 || s.Code == 0x26)
}

// Lie says that what the unit answered cannot be true or contradicts what it said
// before.
type Lie struct {
	Code   string // stable: "capacity", "short-answer", ...
	Detail string
}

func (l *Lie) Error() string { return "the medium contradicts itself: " + l.Detail }

func lie(code, format string, args ...any) error {
	return &Lie{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Changed says that the unit is another medium, or has another size, than the one
// the session began with. The session is over.
type Changed struct{ Detail string }

func (c *Changed) Error() string { return "the medium changed during the session: " + c.Detail }

// attentions bounds how many unit attentions in a row are waited out.
const attentions = 4

// Unit is one logical unit in one mode. It is not safe for concurrent use.
type Unit struct {
	engine *bot.Engine
	lun    byte
	mode   usbctl.Mode
	size   *Capacity // fixed by Open
	ended  error
}

// NewUnit addresses lun in a mode. Nothing is sent.
func NewUnit(engine *bot.Engine, lun byte, mode usbctl.Mode) *Unit {
	return &Unit{engine: engine, lun: lun, mode: mode}
}

// Mode is what the unit may be asked to do.
func (u *Unit) Mode() usbctl.Mode { return u.mode }

// do sends one command and gives the bytes that count. A unit attention that came
// before the command began is cleared and the command sent again: it was not
// executed (SAM-5, 5.14).
func (u *Unit) do(ctx context.Context, cdb, data []byte, d usbctl.Direction, deadline time.Duration) (int, error) {
	if u.ended != nil {
		return 0, u.ended
	}
	if !Allowed(u.mode, cdb) {
		return 0, &Refused{Mode: u.mode, Opcode: cdb[0]}
	}
	for range attentions {
		n, err := u.once(ctx, cdb, data, d, deadline)
		var s *Sense
		if !errors.As(err, &s) || s.Key != KeyUnitAttention {
			return n, err
		}
		if err := u.attend(s); err != nil {
			return 0, err
		}
	}
	return 0, lie("attention", "it announces unit attentions without end")
}

// once sends one command, and asks for sense data when it failed (SPC-4, 6.39).
func (u *Unit) once(ctx context.Context, cdb, data []byte, d usbctl.Direction, deadline time.Duration) (int, error) {
	r, err := u.engine.Do(ctx, bot.Command{LUN: u.lun, CDB: cdb, Data: data, Dir: d, Deadline: deadline})
	if err != nil {
		return 0, err
	}
	if !r.Failed {
		return r.Moved, nil
	}
	sense := make([]byte, 18)
	q, err := u.engine.Do(ctx, bot.Command{LUN: u.lun, CDB: []byte{opRequestSense, 0, 0, 0, byte(len(sense)), 0}, Data: sense, Dir: usbctl.In})
	if err != nil {
		return 0, fmt.Errorf("cannot learn why command %02x failed: %w", cdb[0], err)
	}
	if q.Failed {
		return 0, lie("sense", "it refuses to say why command %02x failed", cdb[0])
	}
	return 0, parseSense(cdb[0], sense[:q.Moved])
}

// parseSense reads fixed and descriptor format (SPC-4, 4.5.2 and 4.5.3).
func parseSense(opcode byte, b []byte) error {
	if len(b) < 4 {
		return lie("sense", "sense data of %d bytes", len(b))
	}
	s := &Sense{Opcode: opcode}
	switch b[0] & 0x7f {
	case 0x70, 0x71:
		if len(b) < 14 {
			return lie("sense", "fixed sense data of %d bytes", len(b))
		}
		s.Key, s.Code, s.Details = b[2]&0xf, b[12], b[13]
		if b[0]&0x80 != 0 {
			s.Info, s.HasInfo = uint64(be32(b[3:])), true
		}
	case 0x72, 0x73:
		s.Key, s.Code, s.Details = b[1]&0xf, b[2], b[3]
	default:
		return lie("sense", "sense data in form %02x", b[0])
	}
	if s.Key == KeyNone {
		return lie("sense", "command %02x failed, and the sense data say that nothing is wrong", opcode)
	}
	return s
}

// attend decides what a unit attention means (SPC-4, annex F): after power on or a
// reset the session goes on; another medium or another capacity ends it.
func (u *Unit) attend(s *Sense) error {
	switch {
	case s.Code == 0x28, s.Code == 0x2a && s.Details == 0x09, s.Code == 0x3f && s.Details == 0x0e, s.Code == 0x3f && s.Details == 0x03:
		if u.size == nil {
			return nil // said before anybody looked
		}
		u.ended = &Changed{Detail: fmt.Sprintf("unit attention %02x/%02x", s.Code, s.Details)}
		return u.ended
	}
	return nil
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
func be32(b []byte) uint32 { return uint32(be16(b))<<16 | uint32(be16(b[2:])) }
func be64(b []byte) uint64 { return uint64(be32(b))<<32 | uint64(be32(b[4:])) }

func put16(b []byte, v uint16) { b[0], b[1] = byte(v>>8), byte(v) }
func put32(b []byte, v uint32) { put16(b, uint16(v>>16)); put16(b[2:], uint16(v)) }
func put64(b []byte, v uint64) { put32(b, uint32(v>>32)); put32(b[4:], uint32(v)) }
