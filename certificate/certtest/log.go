package certtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"sexton/certificate"
	"sexton/ledger/leaf"
)

// Log is a whole log in memory, with the keys of its station.
type Log struct {
	Origin   string
	VKey     string
	signer   note.Signer
	EventKey ed25519.PrivateKey
	Leaves   [][]byte

	tree    *compact.Range // over Leaves[:tree.End()]
	decoded []leaf.Payload // of Leaves[:len(decoded)]
	bySubj  map[string][]int64
	inBatch map[string][]string
}

func newLog(origin string) (*Log, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	_, event, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return &Log{Origin: origin, VKey: vkey, signer: signer, EventKey: event}, nil
}

// Clone copies the log so that it can be changed.
func (l *Log) Clone() *Log {
	return &Log{Origin: l.Origin, VKey: l.VKey, signer: l.signer, EventKey: l.EventKey, Leaves: slices.Clone(l.Leaves)}
}

// Root is the root over the first size leaves, by an implementation that the
// product does not use.
func (l *Log) Root(size int64) [32]byte {
	if size == 0 {
		return sha256.Sum256(nil)
	}
	if l.tree == nil || int64(l.tree.End()) > size {
		l.tree = l.hashRange(0, size)
	}
	for _, b := range l.Leaves[l.tree.End():size] {
		if err := l.tree.Append(rfc6962.DefaultHasher.HashLeaf(b), nil); err != nil {
			panic(err) // the range begins at 0
		}
	}
	r := l.tree
	h, err := r.GetRootHash(nil)
	if err != nil {
		panic(err) // the range begins at 0
	}
	return [32]byte(h)
}

func (l *Log) hashRange(from, to int64) *compact.Range {
	f := &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r := f.NewEmptyRange(uint64(from))
	for _, b := range l.Leaves[from:to] {
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(b), nil); err != nil {
			panic(err) // appending to an empty range cannot fail
		}
	}
	return r
}

// Checkpoint is the signed head at size.
func (l *Log) Checkpoint(size int64) (string, error) {
	root := tlog.Hash(l.Root(size))
	text := fmt.Sprintf("%s\n%d\n%s\n", l.Origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	return string(signed), err
}

// RangeProof is the hashes of the gaps between segments.
func (l *Log) RangeProof(segments []leaf.Segment, size int64) [][32]byte {
	var out [][32]byte
	gap := func(from, to int64) {
		for _, h := range l.hashRange(from, to).Hashes() {
			out = append(out, [32]byte(h))
		}
	}
	next := int64(0)
	for _, s := range segments {
		gap(next, s.Start)
		next = s.Start + s.Count
	}
	gap(next, size)
	return out
}

// Proof is the tlog-proof of one leaf.
func (l *Log) Proof(index, size int64, checkpoint string) (string, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, b := range l.Leaves[:size] {
		h, err := tlog.StoredHashes(int64(i), b, reader)
		if err != nil {
			return "", err
		}
		stored = append(stored, h...)
	}
	hashes, err := tlog.ProveRecord(size, index, reader)
	if err != nil {
		return "", err
	}
	p := proof.TLogProof{Index: uint64(index), Checkpoint: []byte(checkpoint)}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h)
	}
	return string(p.Marshal()), nil
}

// Leaf, Events and Carriers make a Log a certificate.Source.
func (l *Log) Leaf(_ context.Context, index int64) ([]byte, error) {
	if index < 0 || index >= int64(len(l.Leaves)) {
		return nil, fmt.Errorf("leaf %d is not in the log", index)
	}
	return l.Leaves[index], nil
}

// Events lists the leaves that name subject.
func (l *Log) Events(_ context.Context, subject string) ([]int64, error) {
	l.decode()
	return l.bySubj[subject], nil
}

// Carriers lists the carriers counted into batch.
func (l *Log) Carriers(_ context.Context, batch string) ([]string, error) {
	l.decode()
	return l.inBatch[batch], nil
}

// decode indexes leaves added since it last ran; leaves that do not decode are
// left out.
func (l *Log) decode() []leaf.Payload {
	if l.bySubj == nil {
		l.bySubj, l.inBatch = map[string][]int64{}, map[string][]string{}
	}
	for i := len(l.decoded); i < len(l.Leaves); i++ {
		_, p, err := leaf.Decode(l.Leaves[i])
		l.decoded = append(l.decoded, p)
		if err != nil {
			continue
		}
		for _, s := range p.Subjects {
			l.bySubj[s] = append(l.bySubj[s], int64(i))
		}
		if r, err := leaf.Record(leaf.Hash(l.Leaves[i]), p); err == nil && r.Carrier != "" && !slices.Contains(l.inBatch[r.Batch], r.Carrier) {
			l.inBatch[r.Batch] = append(l.inBatch[r.Batch], r.Carrier)
		}
	}
	return l.decoded
}

// uuid makes a well-formed UUIDv7 from a number.
func uuid(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "certtest %d", n))
	b := sum[:16]
	ms := uint64(Start.UnixMilli()) + uint64(n)
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Start is the time of a history's first event.
var Start = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

var _ certificate.Source = (*Log)(nil)
