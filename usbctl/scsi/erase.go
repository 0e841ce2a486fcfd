package scsi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/usbctl"
)

// Erasure is what a unit offers beside overwriting, as far as its own answers agree.
// An offer proves nothing: what was erased is read back.
type Erasure struct {
	Unmap          bool   // LBPME, the LBPU bit and the limits agree
	UnmapBlocks    uint32 // most blocks of one UNMAP
	Overwrite      bool   // SANITIZE, by REPORT SUPPORTED OPERATION CODES
	BlockErase     bool
	Cryptographic  bool
	Probed         bool // the unit answered REPORT SUPPORTED OPERATION CODES
	Contradictions []string
}

// Service actions of SANITIZE (SBC-3, 5.30).
const (
	SanitizeOverwrite  = 0x01
	SanitizeBlockErase = 0x02
	SanitizeCrypto     = 0x03
)

// ProbeErasure asks what the unit offers, without using it.
func (u *Unit) ProbeErasure(ctx context.Context, p Portrait) (Erasure, error) {
	var e Erasure
	limits, provisioned := p.Pages[PageLimits], p.Pages[PageProvisioned]
	lbpu := len(provisioned) > 5 && provisioned[5]&0x80 != 0
	most := uint32(0)
	if len(limits) >= 28 {
		most = be32(limits[20:])
	}
	switch {
	case p.Capacity.Thin && lbpu && most > 0:
		e.Unmap, e.UnmapBlocks = true, most
	case p.Capacity.Thin || lbpu || most > 0:
		e.Contradictions = append(e.Contradictions, fmt.Sprintf("unmap: LBPME %t, LBPU %t, most %d blocks", p.Capacity.Thin, lbpu, most))
	}
	for action, to := range map[byte]*bool{SanitizeOverwrite: &e.Overwrite, SanitizeBlockErase: &e.BlockErase, SanitizeCrypto: &e.Cryptographic} {
		ok, probed, err := u.supports(ctx, opSanitize, action)
		if err != nil {
			return Erasure{}, err
		}
		*to = ok
		e.Probed = e.Probed || probed
	}
	return e, nil
}

// supports asks REPORT SUPPORTED OPERATION CODES for one service action (SPC-4,
// 6.27, reporting options 010b).
func (u *Unit) supports(ctx context.Context, op, action byte) (yes, probed bool, err error) {
	cdb := make([]byte, 12)
	cdb[0], cdb[1], cdb[2], cdb[3], cdb[5] = opMaintenanceIn, 0x0c, 0x02, op, action
	b := make([]byte, 36)
	put32(cdb[6:], uint32(len(b)))
	n, err := u.do(ctx, cdb, b, usbctl.In, 0)
	if s := (*Sense)(nil); errors.As(err, &s) && s.Unsupported() {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if n < 4 {
		return false, false, lie("short-answer", "supported operation codes in %d bytes", n)
	}
	return b[1]&7 == 3, true, nil
}

// Unmap gives up the blocks from lba on (SBC-3, 5.37). It is advice to the medium,
// never an erasure.
func (u *Unit) Unmap(ctx context.Context, lba uint64, count uint32) error {
	if u.size == nil || count == 0 || lba >= u.size.Blocks || uint64(count) > u.size.Blocks-lba {
		return fmt.Errorf("cannot unmap %d blocks at %d", count, lba)
	}
	b := make([]byte, 24)
	put16(b, 22)
	put16(b[2:], 16)
	put64(b[8:], lba)
	put32(b[16:], count)
	cdb := make([]byte, 10)
	cdb[0] = opUnmap
	put16(cdb[7:], uint16(len(b)))
	n, err := u.do(ctx, cdb, b, usbctl.Out, 0)
	if err == nil && n != len(b) {
		err = lie("short-transfer", "%d of %d bytes of an unmap list", n, len(b))
	}
	return err
}

// Sanitize starts a firmware erasure of the whole medium (SBC-3, 5.30) and returns
// at once; SanitizeProgress follows it. For an overwrite one pass of pattern, which
// is one to the block's length of bytes, is asked for.
func (u *Unit) Sanitize(ctx context.Context, action byte, pattern []byte) error {
	if u.size == nil {
		return fmt.Errorf("cannot sanitize a unit that was not opened")
	}
	cdb := make([]byte, 10)
	cdb[0], cdb[1] = opSanitize, 0x80|action // IMMED
	var data []byte
	d := usbctl.NoData
	switch action {
	case SanitizeOverwrite:
		if len(pattern) == 0 || len(pattern) > u.size.BlockSize {
			return fmt.Errorf("cannot overwrite with a pattern of %d bytes", len(pattern))
		}
		data = append([]byte{1, 0, byte(len(pattern) >> 8), byte(len(pattern))}, pattern...)
		put16(cdb[7:], uint16(len(data)))
		d = usbctl.Out
	case SanitizeBlockErase, SanitizeCrypto:
	default:
		return fmt.Errorf("cannot sanitize by service action %02x", action)
	}
	n, err := u.do(ctx, cdb, data, d, time.Minute)
	if err == nil && n != len(data) {
		err = lie("short-transfer", "%d of %d bytes of a sanitize pattern", n, len(data))
	}
	return err
}

// Progress of a firmware erasure.
type Progress struct {
	Done     bool // the unit answers as ready again; whether it erased is read back
	Fraction uint16
	Known    bool // Fraction, of 65536, was given
}

// SanitizeProgress asks how far it is (SPC-4, 4.5.2.4.4).
func (u *Unit) SanitizeProgress(ctx context.Context) (Progress, error) {
	if !Allowed(u.mode, []byte{opSanitize, SanitizeBlockErase, 0, 0, 0, 0}) {
		return Progress{}, &Refused{Mode: u.mode, Opcode: opSanitize}
	}
	b := make([]byte, 18)
	n, err := u.do(ctx, []byte{opRequestSense, 0, 0, 0, byte(len(b)), 0}, b, usbctl.In, 0)
	if err != nil {
		return Progress{}, err
	}
	if n < 14 || b[0]&0x7f != 0x70 {
		return Progress{}, lie("sense", "progress in %d bytes of form %02x", n, at(b, 0))
	}
	key, code, details := b[2]&0xf, b[12], b[13]
	switch {
	case key == KeyNone && (code == 0 || code == 0x04 && details == 0x1b):
		if code == 0 {
			return Progress{Done: true}, nil
		}
	case key == KeyNotReady && code == 0x04 && details == 0x1b: // SANITIZE IN PROGRESS
	default:
		return Progress{}, &Sense{Opcode: opSanitize, Key: key, Code: code, Details: details}
	}
	p := Progress{}
	if n >= 18 && b[15]&0x80 != 0 {
		p.Known, p.Fraction = true, be16(b[16:])
	}
	return p, nil
}
