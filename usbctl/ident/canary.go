package ident

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sexton/usbctl"
)

// Slots is how many blocks a canary has: enough that a partial copy misses some,
// few enough that a flash cell does not feel it.
const Slots = 16

// SecretSize of a key's canary, bytes. It never leaves the station.
const SecretSize = 32

// memory is how many past epochs are recognised as stale rather than foreign.
const memory = 64

// Region is where a canary may lie: Count blocks from Start.
type Region struct {
	Start, Count uint64
}

// Epochs is what the journal says of one key. While a rotation is pending, any
// mixture of the epochs from Current to Pending may be on the medium: a rotation that
// takes up an interrupted one can break off as well.
type Epochs struct {
	Current uint64 // on the medium when the last rotation was committed, 0 = none yet
	Pending uint64 // newest epoch that was begun since; 0 = none
}

// Journal keeps the epochs of one key, durably. Each method returns after what it
// wrote would survive a crash.
type Journal interface {
	// Begin notes that epoch next is about to be written.
	Begin(ctx context.Context, next uint64) error
	// Commit notes that epoch now is on the medium.
	Commit(ctx context.Context, now uint64) error
}

// Verdict is what a canary shows.
type Verdict string

// Verdicts.
const (
	Current     Verdict = "current"     // the medium of the last meeting, or the first copy of it to come
	Interrupted Verdict = "interrupted" // the last rotation broke off; taken once
	Stale       Verdict = "stale"       // an earlier state: a copy, or a medium that was put back
	Mixed       Verdict = "mixed"       // slots of epochs that were never together
	Foreign     Verdict = "foreign"     // no canary of this station's
	Unwritable  Verdict = "unwritable"  // current, but it cannot be rotated: identity unconfirmed
)

// Taken says that data may be exchanged with the medium.
func (v Verdict) Taken() bool { return v == Current || v == Interrupted }

// Zh is what people read.
func (v Verdict) Zh() string {
	switch v {
	case Current:
		return "相符（与上次一致；不能证明没有被复制过）"
	case Interrupted:
		return "上次更换中断，本次接受一次"
	case Stale:
		return "过期：可能是复制品，或被恢复到以前的状态"
	case Mixed:
		return "混杂：各处不属于同一时期"
	case Foreign:
		return "没有本站的标记"
	case Unwritable:
		return "无法更换标记，身份未确认"
	}
	return "不明"
}

// En is the same in English.
func (v Verdict) En() string {
	switch v {
	case Current:
		return "agrees with the last meeting (which does not prove that it was never copied)"
	case Interrupted:
		return "the last rotation broke off; taken this once"
	case Stale:
		return "stale: a copy, or put back to an earlier state"
	case Mixed:
		return "mixed: its slots are not of one time"
	case Foreign:
		return "bears no canary of this station"
	case Unwritable:
		return "cannot be rotated: identity unconfirmed"
	}
	return "unknown"
}

// Canary is the keyed pattern of one key.
type Canary struct {
	place, fill []byte // keys
	region      Region
	size        int // block size
	slots       [Slots]uint64
}

// NewCanary lays a canary out in region for blocks of size bytes.
func NewCanary(secret []byte, region Region, size int) (*Canary, error) {
	if len(secret) != SecretSize {
		return nil, fmt.Errorf("cannot use a canary secret of %d bytes", len(secret))
	}
	if region.Count < 4*Slots || size < 2*sha256.Size {
		return nil, fmt.Errorf("cannot hide %d slots in %d blocks of %d bytes", Slots, region.Count, size)
	}
	c := &Canary{region: region, size: size}
	var err error
	if c.place, err = hkdf.Expand(sha256.New, secret, "sexton canary place v1", sha256.Size); err != nil {
		return nil, err
	}
	if c.fill, err = hkdf.Expand(sha256.New, secret, "sexton canary fill v1", sha256.Size); err != nil {
		return nil, err
	}
	c.choose()
	return c, nil
}

// choose draws distinct places without bias that matters: 64 bits modulo the
// region.
func (c *Canary) choose() {
	taken := map[uint64]bool{}
	for i, n := 0, uint64(0); i < Slots; n++ {
		at := binary.BigEndian.Uint64(c.prf(c.place, n, 0, 0)) % c.region.Count
		if taken[at] {
			continue
		}
		taken[at] = true
		c.slots[i] = c.region.Start + at
		i++
	}
	slices.Sort(c.slots[:])
}

func (c *Canary) prf(key []byte, a, b, d uint64) []byte {
	m := hmac.New(sha256.New, key)
	var x [24]byte
	binary.BigEndian.PutUint64(x[0:], a)
	binary.BigEndian.PutUint64(x[8:], b)
	binary.BigEndian.PutUint64(x[16:], d)
	m.Write(x[:])
	return m.Sum(nil)
}

// block is what slot i holds in an epoch: pseudorandom to whoever lacks the secret.
func (c *Canary) block(i int, epoch uint64) []byte {
	b := make([]byte, 0, c.size+sha256.Size)
	for n := uint64(0); len(b) < c.size; n++ {
		b = append(b, c.prf(c.fill, uint64(i), epoch, n)...)
	}
	return b[:c.size]
}

// Check reads every slot and says what they show, given what the journal knows. It
// writes nothing.
func (c *Canary) Check(ctx context.Context, m usbctl.Blocks, e Epochs) (Verdict, error) {
	seen := map[uint64]int{} // epoch -> slots; 0 = foreign
	b := make([]byte, c.size)
	for i, lba := range c.slots {
		if err := m.ReadBlocks(ctx, lba, b); err != nil {
			return "", fmt.Errorf("cannot read the canary: %w", err)
		}
		seen[c.epochOf(i, b, e)]++
	}
	within := 0
	for n := max(e.Current, 1); n <= max(e.Current, e.Pending); n++ {
		within += seen[n]
	}
	switch {
	case within == Slots && e.Pending == 0:
		return Current, nil
	case within == Slots:
		return Interrupted, nil
	case seen[0] == Slots:
		return Foreign, nil
	case seen[0] == 0 && len(seen) == 1:
		return Stale, nil
	}
	return Mixed, nil
}

// epochOf finds the epoch a slot is of, newest first; 0 = none that is remembered.
func (c *Canary) epochOf(i int, b []byte, e Epochs) uint64 {
	newest := max(e.Current, e.Pending)
	for n := newest; n > 0 && n+memory > newest; n-- {
		if hmac.Equal(b, c.block(i, n)) {
			return n
		}
	}
	return 0
}

// ErrUnwritable: the medium refuses to be written, or does not keep what was written.
var ErrUnwritable = errors.New("the canary cannot be written")

// Rotate writes the next epoch and gives what the journal says then. Call it after a
// verdict that is Taken, or to lay the first canary on a medium that has none.
//
// It never reuses an epoch that may be on the medium.
func (c *Canary) Rotate(ctx context.Context, m usbctl.Blocks, j Journal, e Epochs) (Epochs, error) {
	next := max(e.Current, e.Pending) + 1
	if err := j.Begin(ctx, next); err != nil {
		return e, fmt.Errorf("cannot journal epoch %d: %w", next, err)
	}
	// Crash here: the journal knows of next, the medium may hold any mixture; the next meeting takes it once.
	e.Pending = next
	if err := c.write(ctx, m, next); err != nil {
		return e, err
	}
	if err := j.Commit(ctx, next); err != nil {
		return e, fmt.Errorf("cannot journal that epoch %d is on the medium: %w", next, err)
	}
	return Epochs{Current: next}, nil
}

func (c *Canary) write(ctx context.Context, m usbctl.Blocks, epoch uint64) error {
	for i, lba := range c.slots {
		if err := m.WriteBlocks(ctx, lba, c.block(i, epoch)); err != nil {
			return fmt.Errorf("%w: %w", ErrUnwritable, err)
		}
	}
	if err := m.Flush(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	b := make([]byte, c.size)
	for i, lba := range c.slots {
		if err := m.ReadBlocks(ctx, lba, b); err != nil {
			return fmt.Errorf("cannot read the canary back: %w", err)
		}
		if !bytes.Equal(b, c.block(i, epoch)) {
			return fmt.Errorf("%w: slot %d does not hold what was written", ErrUnwritable, i)
		}
	}
	return nil
}

// Meet checks a medium and, when it is taken, rotates its canary before anything
// else happens to it. A medium that is current and cannot be written is Unwritable.
func (c *Canary) Meet(ctx context.Context, m usbctl.Blocks, j Journal, e Epochs) (Verdict, Epochs, error) {
	v, err := c.Check(ctx, m, e)
	if err != nil || !v.Taken() {
		return v, e, err
	}
	next, err := c.Rotate(ctx, m, j, e)
	if errors.Is(err, ErrUnwritable) && !errors.Is(err, usbctl.ErrGone) {
		return Unwritable, next, nil
	}
	return v, next, err
}
