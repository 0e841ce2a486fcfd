package ledger

import (
	"errors"
	"fmt"
	"maps"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
)

// edge is the right edge of the Merkle tree in memory: the roots of the perfect subtrees that cover it, by stored hash index.
// It is all that is needed to append and to know the root. The committed edge is replaced only after a COMMIT.
type edge struct {
	size  int64
	nodes map[int64]tlog.Hash
}

func newEdge() *edge { return &edge{nodes: map[int64]tlog.Hash{}} }

func (e *edge) clone() *edge { return &edge{e.size, maps.Clone(e.nodes)} }

// ReadHashes implements tlog.HashReader for the nodes an append and a root need.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := e.nodes[x]
		if !ok {
			return nil, fmt.Errorf("internal error: tree node %d is not on the right edge of %d", x, e.size)
		}
		out[i] = h
	}
	return out, nil
}

// add appends one leaf hash. It returns the hashes to store and the stored index of the first.
func (e *edge) add(h tlog.Hash) (int64, []tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(e.size, h, e)
	if err != nil {
		return 0, nil, err
	}
	first := tlog.StoredHashIndex(0, e.size)
	for i, x := range hashes {
		e.nodes[first+int64(i)] = x
	}
	e.size++
	if len(e.nodes) > 256 {
		e.trim()
	}
	return first, hashes, nil
}

// trim forgets nodes that are inside the tree.
func (e *edge) trim() {
	keep := map[int64]tlog.Hash{}
	for _, s := range leaf.Cover(0, e.size) {
		i := tlog.StoredHashIndex(s.Level, s.Start>>s.Level)
		keep[i] = e.nodes[i]
	}
	e.nodes = keep
}

func (e *edge) root() (tlog.Hash, error) { return tlog.TreeHash(e.size, e) }

var errShortRead = errors.New("a stored hash is missing")
