package worker

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
)

// Operations between fs and blk. Arguments are big-endian; the answers of the ones
// that are rare are JSON.
const (
	opOpen      wire.Op = 1 + iota // -> Info
	opRead                         // lba u64, blocks u32 -> data
	opWrite                        // lba u64, data
	opFlush                        //
	opPortray                      // -> scsi.Portrait
	opErasure                      // -> scsi.Erasure
	opUnmap                        // lba u64, blocks u32
	opSanitize                     // service action u8, pattern
	opProgress                     // -> scsi.Progress
	opPortReset                    //
)

// Info is what a medium says of itself when it is opened.
type Info struct {
	Capacity scsi.Capacity `json:"capacity"`
	Units    int           `json:"units"` // logical units it claims; only the first is used
	Mode     usbctl.Mode   `json:"mode"`
}

// Medium is a medium as fs reaches it: over a connection, never by a descriptor. It
// implements usbctl.Blocks. It is not safe for concurrent use.
type Medium struct {
	caller *wire.Caller
	info   Info
	head   [12]byte
}

// Reach opens the medium behind s.
func Reach(ctx context.Context, s wire.Stream) (*Medium, error) {
	m := &Medium{caller: wire.NewCaller(s)}
	if err := m.ask(ctx, opOpen, &m.info); err != nil {
		return nil, err
	}
	if size := m.info.Capacity.BlockSize; size != 512 && size != 4096 || m.info.Capacity.Blocks == 0 {
		return nil, &wire.Breach{Detail: fmt.Sprintf("%d blocks of %d bytes", m.info.Capacity.Blocks, size)}
	}
	return m, nil
}

// Info is what it said when it was opened.
func (m *Medium) Info() Info { return m.info }

// BlockSize implements usbctl.Blocks.
func (m *Medium) BlockSize() int { return m.info.Capacity.BlockSize }

// Count implements usbctl.Blocks.
func (m *Medium) Count() uint64 { return m.info.Capacity.Blocks }

// ReadBlocks implements usbctl.Blocks.
func (m *Medium) ReadBlocks(ctx context.Context, lba uint64, b []byte) error {
	return m.pieces(lba, b, func(lba uint64, b []byte) error {
		_, err := m.caller.Call(ctx, opRead, b, m.span(lba, uint32(len(b)/m.BlockSize())))
		return err
	})
}

// WriteBlocks implements usbctl.Blocks.
func (m *Medium) WriteBlocks(ctx context.Context, lba uint64, b []byte) error {
	return m.pieces(lba, b, func(lba uint64, b []byte) error {
		_, err := m.caller.Call(ctx, opWrite, nil, m.span(lba, 0)[:8], b)
		return err
	})
}

// pieces calls f for parts of b that fit a frame.
func (m *Medium) pieces(lba uint64, b []byte, f func(uint64, []byte) error) error {
	size := m.BlockSize()
	if len(b) == 0 || len(b)%size != 0 {
		return fmt.Errorf("cannot move %d bytes in blocks of %d", len(b), size)
	}
	for len(b) > 0 {
		n := min(len(b), wire.MaxData)
		if err := f(lba, b[:n]); err != nil {
			return unpack(err)
		}
		lba, b = lba+uint64(n/size), b[n:]
	}
	return nil
}

func (m *Medium) span(lba uint64, blocks uint32) []byte {
	binary.BigEndian.PutUint64(m.head[:], lba)
	binary.BigEndian.PutUint32(m.head[8:], blocks)
	return m.head[:]
}

func (m *Medium) tell(ctx context.Context, op wire.Op, parts ...[]byte) error {
	_, err := m.caller.Call(ctx, op, nil, parts...)
	return unpack(err)
}

func (m *Medium) ask(ctx context.Context, op wire.Op, answer any) error {
	b, err := m.caller.Call(ctx, op, nil)
	if err != nil {
		return unpack(err)
	}
	return wire.Strict(b, answer)
}

// Flush implements usbctl.Blocks.
func (m *Medium) Flush(ctx context.Context) error { return m.tell(ctx, opFlush) }

// Portray is scsi.Unit.Portray.
func (m *Medium) Portray(ctx context.Context) (p scsi.Portrait, err error) {
	err = m.ask(ctx, opPortray, &p)
	return p, err
}

// ProbeErasure is scsi.Unit.ProbeErasure for the portrait that blk reads for it.
func (m *Medium) ProbeErasure(ctx context.Context) (e scsi.Erasure, err error) {
	err = m.ask(ctx, opErasure, &e)
	return e, err
}

// Unmap is scsi.Unit.Unmap.
func (m *Medium) Unmap(ctx context.Context, lba uint64, count uint32) error {
	return m.tell(ctx, opUnmap, m.span(lba, count))
}

// Sanitize is scsi.Unit.Sanitize.
func (m *Medium) Sanitize(ctx context.Context, action byte, pattern []byte) error {
	return m.tell(ctx, opSanitize, []byte{action}, pattern)
}

// SanitizeProgress is scsi.Unit.SanitizeProgress.
func (m *Medium) SanitizeProgress(ctx context.Context) (p scsi.Progress, err error) {
	err = m.ask(ctx, opProgress, &p)
	return p, err
}

// PortReset has the port of the device reset: what was only in its cache is gone
// then.
func (m *Medium) PortReset(ctx context.Context) error { return m.tell(ctx, opPortReset) }

// Close ends the connection, and with it blk.
func (m *Medium) Close() error { return m.caller.Close() }

var _ usbctl.Blocks = (*Medium)(nil)

// settle is how long a device gets to come back from a port reset.
const settle = 30 * time.Second
