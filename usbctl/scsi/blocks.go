package scsi

import (
	"context"
	"fmt"
	"time"

	"sexton/usbctl"
)

// Capacity is the size of a unit as it says.
type Capacity struct {
	Blocks    uint64
	BlockSize int
	Thin      bool // LBPME of READ CAPACITY(16): UNMAP may be meant
}

// Bytes is the whole size.
func (c Capacity) Bytes() uint64 { return c.Blocks * uint64(c.BlockSize) }

// Limits of what is believed.
const (
	maxBlocks = 1 << 40 // 512 TiB in blocks of 512 bytes
	tooBig10  = 0xffffffff
)

// Open waits until the unit is ready, reads its capacity and fixes it for the
// session. *Lie when what it says cannot be.
func (u *Unit) Open(ctx context.Context) (Capacity, error) {
	if err := u.ready(ctx); err != nil {
		return Capacity{}, err
	}
	c, err := u.ReadCapacity(ctx)
	if err != nil {
		return Capacity{}, err
	}
	u.size = &c
	return c, nil
}

// readyTries bounds how often a unit may say that it is becoming ready.
const readyTries = 10

// ready waits for a unit that is becoming ready (2/04/01). The pauses are the
// device's own: each question is a command with a deadline.
func (u *Unit) ready(ctx context.Context) error {
	var last error
	for range readyTries {
		_, err := u.do(ctx, make([]byte, 6), nil, usbctl.NoData, 0)
		if err == nil {
			return nil
		}
		s, ok := err.(*Sense)
		if !ok || s.Key != KeyNotReady || s.Code != 0x04 || s.Details != 0x01 {
			return err
		}
		last = err
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("cannot wait any longer for the medium: %w", last)
}

// ReadCapacity asks both ways where the unit knows both, and demands that they
// agree (SBC-3, 5.15 and 5.16).
func (u *Unit) ReadCapacity(ctx context.Context) (Capacity, error) {
	short := make([]byte, 8)
	cdb := make([]byte, 10)
	cdb[0] = opReadCapacity10
	n, err := u.do(ctx, cdb, short, usbctl.In, 0)
	if err != nil {
		return Capacity{}, err
	}
	if n != len(short) {
		return Capacity{}, lie("short-answer", "a capacity of %d bytes", n)
	}
	last, size := be32(short), be32(short[4:])
	long := make([]byte, 32)
	cdb = make([]byte, 16)
	cdb[0], cdb[1], cdb[13] = opServiceActionIn, 0x10, byte(len(long))
	n, err = u.do(ctx, cdb, long, usbctl.In, 0)
	if s, ok := err.(*Sense); ok && s.Unsupported() {
		if last == tooBig10 {
			return Capacity{}, lie("capacity", "it is too large for READ CAPACITY(10) and does not know (16)")
		}
		return believe(Capacity{Blocks: uint64(last) + 1, BlockSize: int(size)})
	}
	if err != nil {
		return Capacity{}, err
	}
	if n < 12 {
		return Capacity{}, lie("short-answer", "a long capacity of %d bytes", n)
	}
	last16, size16 := be64(long), be32(long[8:])
	agree := last16 == uint64(last) || last == tooBig10 && last16 >= tooBig10
	if !agree || size16 != size {
		return Capacity{}, lie("capacity", "%d blocks of %d bytes by READ CAPACITY(10), %d of %d by (16)", uint64(last)+1, size, last16+1, size16)
	}
	return believe(Capacity{Blocks: last16 + 1, BlockSize: int(size), Thin: n > 14 && long[14]&0x80 != 0})
}

func believe(c Capacity) (Capacity, error) {
	if c.BlockSize != 512 && c.BlockSize != 4096 {
		return Capacity{}, lie("block-size", "blocks of %d bytes", c.BlockSize)
	}
	if c.Blocks == 0 || c.Blocks > maxBlocks {
		return Capacity{}, lie("capacity", "%d blocks", c.Blocks)
	}
	return c, nil
}

// BlockSize implements usbctl.Blocks; 0 before Open.
func (u *Unit) BlockSize() int {
	if u.size == nil {
		return 0
	}
	return u.size.BlockSize
}

// Count implements usbctl.Blocks; 0 before Open.
func (u *Unit) Count() uint64 {
	if u.size == nil {
		return 0
	}
	return u.size.Blocks
}

// ReadBlocks implements usbctl.Blocks: one READ(10) or READ(16). A short answer is
// a lie, not a partial success.
func (u *Unit) ReadBlocks(ctx context.Context, lba uint64, b []byte) error {
	return u.transfer(ctx, opRead10, opRead16, lba, b, usbctl.In)
}

// WriteBlocks implements usbctl.Blocks: one WRITE(10) or WRITE(16).
func (u *Unit) WriteBlocks(ctx context.Context, lba uint64, b []byte) error {
	return u.transfer(ctx, opWrite10, opWrite16, lba, b, usbctl.Out)
}

func (u *Unit) transfer(ctx context.Context, op10, op16 byte, lba uint64, b []byte, d usbctl.Direction) error {
	if u.size == nil {
		return fmt.Errorf("cannot reach blocks of a unit that was not opened")
	}
	size := u.size.BlockSize
	count := uint64(len(b) / size)
	if count == 0 || len(b)%size != 0 || lba >= u.size.Blocks || count > u.size.Blocks-lba {
		return fmt.Errorf("cannot reach %d bytes at block %d of %d", len(b), lba, u.size.Blocks)
	}
	var cdb []byte
	if lba+count <= tooBig10 && count <= 0xffff {
		cdb = make([]byte, 10)
		cdb[0] = op10
		put32(cdb[2:], uint32(lba))
		put16(cdb[7:], uint16(count))
	} else {
		cdb = make([]byte, 16)
		cdb[0] = op16
		put64(cdb[2:], lba)
		put32(cdb[10:], uint32(count))
	}
	n, err := u.do(ctx, cdb, b, d, 0)
	if err != nil {
		return err
	}
	if n != len(b) {
		return lie("short-transfer", "%d of %d bytes at block %d, and says it succeeded", n, len(b), lba)
	}
	return nil
}

// flushDeadline is how long a device may take to write its cache.
const flushDeadline = time.Minute

// Flush implements usbctl.Blocks: SYNCHRONIZE CACHE(10) over everything (SBC-3,
// 5.33). A unit that does not know the command answers *Sense with Unsupported:
// nothing is known of its cache then, and the caller records it.
func (u *Unit) Flush(ctx context.Context) error {
	cdb := make([]byte, 10)
	cdb[0] = opSyncCache10
	_, err := u.do(ctx, cdb, nil, usbctl.NoData, flushDeadline)
	return err
}

var _ usbctl.Blocks = (*Unit)(nil)
