package ident

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sexton/usbctl"
)

// ErrFake: blocks that the medium claims do not exist.
var ErrFake = errors.New("the medium does not have the blocks it claims")

// Fake says what a probe found.
type Fake struct {
	Claimed uint64
	Lowest  uint64 // lowest block that did not keep its own tag
	Kept    int    // probed blocks that did
	Probed  int
}

func (f *Fake) Error() string {
	return fmt.Sprintf("the medium claims %d blocks; block %d is not its own (%d of %d probed blocks are)", f.Claimed, f.Lowest, f.Kept, f.Probed)
}

// Is makes errors.Is(err, ErrFake) hold.
func (f *Fake) Is(target error) bool { return target == ErrFake }

// Probe proves the capacity of a medium at chosen blocks: all are written with a tag
// of their own address and the nonce, then all are read. A medium that wraps around,
// or drops what lies behind its real end, shows itself at one of 2^k and 2^k + k.
//
// Destructive means that what the blocks held is lost, which is said before it is
// done; otherwise they are saved before and written back after. Between writing and
// reading, Between defeats the device's cache: a port reset, a replug.
type Probe struct {
	Nonce       []byte // fresh, at least 16 bytes
	Destructive bool
	Between     func(context.Context) error // nil = nothing
}

// Places are the blocks a probe of count blocks looks at, ascending.
func Places(count uint64) []uint64 {
	var at []uint64
	for k := 0; k < 63 && uint64(1)<<k < count; k++ {
		at = append(at, 1<<k)
		if v := uint64(1)<<k + uint64(k); v < count {
			at = append(at, v)
		}
		if v := uint64(1)<<k - 1; v < count {
			at = append(at, v)
		}
	}
	at = append(at, count-1, count/2, count/3, count-count/7-1)
	slices.Sort(at)
	return slices.Compact(at)
}

// Run probes m. *Fake when blocks are missing. What was saved is written back also
// when the probe fails.
func (p Probe) Run(ctx context.Context, m usbctl.Blocks) (err error) {
	if len(p.Nonce) < 16 {
		return fmt.Errorf("cannot probe with a nonce of %d bytes", len(p.Nonce))
	}
	places := Places(m.Count())
	saved := make([][]byte, len(places))
	if !p.Destructive {
		for i, lba := range places {
			saved[i] = make([]byte, m.BlockSize())
			if err := m.ReadBlocks(ctx, lba, saved[i]); err != nil {
				return fmt.Errorf("cannot save block %d: %w", lba, err)
			}
		}
		defer func() {
			if back := restore(ctx, m, places, saved); back != nil {
				err = errors.Join(err, back)
			}
		}()
	}
	for _, lba := range places {
		if err := m.WriteBlocks(ctx, lba, p.tag(lba, m.BlockSize())); err != nil {
			return fmt.Errorf("cannot write block %d: %w", lba, err)
		}
	}
	if err := m.Flush(ctx); err != nil {
		return fmt.Errorf("cannot flush: %w", err)
	}
	if p.Between != nil {
		if err := p.Between(ctx); err != nil {
			return fmt.Errorf("cannot defeat the cache: %w", err)
		}
	}
	return p.compare(ctx, m, places)
}

func (p Probe) compare(ctx context.Context, m usbctl.Blocks, places []uint64) error {
	f := &Fake{Claimed: m.Count(), Probed: len(places)}
	b, lost := make([]byte, m.BlockSize()), false
	for _, lba := range places {
		if err := m.ReadBlocks(ctx, lba, b); err != nil {
			return fmt.Errorf("cannot read block %d back: %w", lba, err)
		}
		if bytes.Equal(b, p.tag(lba, len(b))) {
			f.Kept++
		} else if !lost {
			f.Lowest, lost = lba, true
		}
	}
	if lost {
		return f
	}
	return nil
}

// restore writes the saved blocks back from the highest on: where a medium wraps,
// the lower address is the real one and is written last.
func restore(ctx context.Context, m usbctl.Blocks, places []uint64, saved [][]byte) error {
	for i := len(places) - 1; i >= 0; i-- {
		if err := m.WriteBlocks(ctx, places[i], saved[i]); err != nil {
			return fmt.Errorf("cannot write block %d back: %w", places[i], err)
		}
	}
	if err := m.Flush(ctx); err != nil {
		return fmt.Errorf("cannot flush what was written back: %w", err)
	}
	return nil
}

// tag fills a block with a keyed stream of its address.
func (p Probe) tag(lba uint64, size int) []byte {
	b := make([]byte, 0, size+sha256.Size)
	var x [16]byte
	binary.BigEndian.PutUint64(x[:], lba)
	for n := uint64(0); len(b) < size; n++ {
		binary.BigEndian.PutUint64(x[8:], n)
		m := hmac.New(sha256.New, p.Nonce)
		m.Write(x[:])
		b = m.Sum(b)
	}
	return b[:size]
}
