package index

import (
	"context"
	"database/sql"
	"encoding/hex"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Keep enters a change as if custody had made it of p: what the tables do with
// any register can be tested and measured without making it lawful first.
func (px *Projection) Keep(ctx context.Context, tx *sql.Tx, index int64, hash string, p leaf.Payload, change custody.Change) error {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return err
	}
	e := &entry{px.in(ctx, tx), index, hash, raw, p}
	if e.size() > maxHeld {
		if err := e.flush(); err != nil {
			return err
		}
	}
	for _, do := range []func() error{func() error { return e.keep(change) }, e.putNumber, e.applyOffice, e.applyEvent} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// EncodeBlock writes the set of some offsets, after others were in it.
func EncodeBlock(add, remove []uint16) []byte {
	b := &block{}
	for _, o := range add {
		b.add(o)
	}
	for _, o := range remove {
		b.remove(o)
	}
	return b.encode()
}

// RecodeBlock reads a block and writes it again.
func RecodeBlock(data []byte) ([]byte, error) {
	b, err := decodeBlock(data)
	if err != nil {
		return nil, err
	}
	return b.encode(), nil
}

// LoadBlock reads the ordinals of a block, upwards and downwards.
func LoadBlock(number int64, data []byte) (up, down []int64, n int64) {
	s := newSet((number + 1) << blockBits)
	if s.load(number, data) != nil {
		return nil, nil, -1
	}
	for n := s.next(0); n >= 0; n = s.next(n + 1) {
		up = append(up, n)
	}
	for n := s.previous(int64(len(s))*64 - 1); n >= 0; n = s.previous(n - 1) {
		down = append(down, n)
	}
	return up, down, s.count()
}

// Folded and collated forms.
var (
	FoldTitle  = foldTitle
	FoldNumber = foldNumber
)

// CollationKey is what names and titles are ordered by.
func CollationKey(s string) []byte { return newCollator().key(s) }

// Limits that tests go around.
const (
	BlockSize = blockSize
	MaxListed = maxListed
	GramRun   = gramRun
)

// Entitled is the list of roles by kind.
func Entitled() map[leaf.Kind][]leaf.Role { return entitled }
