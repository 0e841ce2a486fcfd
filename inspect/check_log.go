package inspect

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/certificate"
	"sexton/ledger/leaf"
)

func (in *inspection) checkpointSignature() (string, error) {
	c, err := openCheckpoint(in.bundle.Checkpoint, in.trust)
	if err != nil {
		return "", at("checkpoint", "%w", err)
	}
	if c.key == "" {
		return "", at("checkpoint", "no log of the trust file signed it (origin %s)", show(c.origin))
	}
	name, _, _ := cutKey(c.key)
	if name != c.origin {
		return "", at("checkpoint", "origin %s, but the key is of log %s", show(c.origin), show(name))
	}
	in.head = c
	return fmt.Sprintf("%s, %d leaves", c.origin, c.size), nil
}

func (in *inspection) checkpointWitnesses() (string, error) {
	q := in.trust.quorum
	if q == "" {
		return "the trust file asks for none", nil
	}
	if !in.trust.reached(q, in.head.signed) {
		return "", at("checkpoint", "quorum %s is not reached: %d witnesses cosigned", show(q), len(in.head.signed))
	}
	in.witnessed = slices.MaxFunc(in.head.times, time.Time.Compare)
	return fmt.Sprintf("%d cosigned, the last at %s", len(in.head.signed), stamp(in.witnessed)), nil
}

func (in *inspection) leafForm() (string, error) {
	h, err := in.bundle.History()
	if err != nil {
		return "", err
	}
	in.history = h
	return fmt.Sprintf("%d records", len(h.Events)), nil
}

func (in *inspection) treeRange() (string, error) {
	runs := make([]leaf.Run, len(in.bundle.Segments))
	for i, s := range in.bundle.Segments {
		runs[i].Start = s.Start
		for _, l := range s.Leaves {
			runs[i].Leaves = append(runs[i].Leaves, []byte(l))
		}
	}
	if err := leaf.VerifyRange(runs, in.bundle.RangeProof, in.head.size, in.head.root); err != nil {
		return "", at("range_proof", "%w", err)
	}
	return fmt.Sprintf("%d segments, %d hashes, root %s", len(runs), len(in.bundle.RangeProof), hex.EncodeToString(in.head.root[:8])), nil
}

func (in *inspection) treeProof() (string, error) {
	p, err := parseProof(in.bundle.Proof)
	if err != nil {
		return "", at("proof", "%w", err)
	}
	if p.checkpoint != in.bundle.Checkpoint {
		return "", at("proof", "its checkpoint is not the certificate's")
	}
	e, _, err := in.history.Certified()
	if err != nil {
		return "", at("segments", "%w", err)
	}
	if p.index != e.Index {
		return "", at("proof", "it is for leaf %d, batch.certified is leaf %d", p.index, e.Index)
	}
	if err := tlog.CheckRecord(p.hashes, in.head.size, in.head.root, p.index, tlog.RecordHash(e.Bytes)); err != nil {
		return "", at("proof", "leaf %d is not in the tree of %d leaves: %w", p.index, in.head.size, err)
	}
	in.proof = p
	return fmt.Sprintf("leaf %d", p.index), nil
}

// chainHeads compares what writers say they saw with this log. A head can be
// recomputed when its size lies in or at the edge of what the certificate
// holds, or at an edge of the range proof's subtrees.
func (in *inspection) chainHeads() (string, error) {
	bySize := make(map[int64]*certificate.Event)
	for _, e := range in.history.Events {
		s := e.Payload.Seen
		if s.Size > e.Index {
			return "", at(e.Field+": /seen/size", "it saw %d leaves, but is leaf %d", s.Size, e.Index)
		}
		first, ok := bySize[s.Size]
		if !ok {
			bySize[s.Size] = e
		} else if first.Payload.Seen.Root != s.Root {
			return "", at(e.Field+": /seen/root", "two roots for size %d", s.Size)
		}
		for _, prev := range e.Payload.Prev {
			if p, ok := in.history.ByHash(prev); ok && p.Payload.Seen.Size > s.Size {
				return "", at(e.Field+": /seen/size", "it saw %d leaves, its predecessor %s saw %d", s.Size, p.Field, p.Payload.Seen.Size)
			}
		}
	}
	roots, err := in.roots(bySize)
	if err != nil {
		return "", at("range_proof", "%w", err)
	}
	checked := 0
	for _, size := range sortedSizes(bySize) {
		want, ok := roots[size]
		if !ok {
			continue
		}
		checked++
		if e := bySize[size]; e.Payload.Seen.Root != want {
			return "", at(e.Field+": /seen/root", "at size %d this log had root %s", size, want)
		}
	}
	return fmt.Sprintf("%d of %d heads could be recomputed", checked, len(bySize)), nil
}

func sortedSizes(m map[int64]*certificate.Event) []int64 {
	out := make([]int64, 0, len(m))
	for s := range m {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// roots recomputes the roots of those sizes that the bundle's leaves and range
// proof allow, walking the tree once from left to right.
func (in *inspection) roots(wanted map[int64]*certificate.Event) (map[int64]string, error) {
	gaps, err := leaf.Gaps(certificate.Ranges(in.bundle.Segments), in.head.size)
	if err != nil {
		return nil, err
	}
	if len(gaps) != len(in.bundle.RangeProof) {
		return nil, errors.New("the range proof has the wrong length")
	}
	out := make(map[int64]string)
	var t peaks
	note := func() {
		if _, ok := wanted[t.size]; ok {
			out[t.size] = t.root()
		}
	}
	note()
	g := 0
	for _, e := range in.history.Events {
		for ; g < len(gaps) && gaps[g].Start < e.Index; g++ {
			t.push(gaps[g].Level, in.bundle.RangeProof[g])
			note()
		}
		t.push(0, leaf.LeafHash(e.Bytes))
		note()
	}
	return out, nil
}

// peaks are the roots of the perfect subtrees over the first size leaves,
// largest first (RFC 6962 section 2.1).
type peaks struct {
	size   int64
	levels []int
	hashes []tlog.Hash
}

func (t *peaks) push(level int, h [32]byte) {
	hash := tlog.Hash(h)
	t.size += 1 << level
	for n := len(t.levels); n > 0 && t.levels[n-1] == level; n-- {
		hash = tlog.NodeHash(t.hashes[n-1], hash)
		t.levels, t.hashes = t.levels[:n-1], t.hashes[:n-1]
		level++
	}
	t.levels, t.hashes = append(t.levels, level), append(t.hashes, hash)
}

func (t *peaks) root() string {
	if len(t.hashes) == 0 {
		return leaf.Root(nil)
	}
	h := t.hashes[len(t.hashes)-1]
	for i := len(t.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.hashes[i], h)
	}
	return hex.EncodeToString(h[:])
}

// chainLinks demands that the records of each carrier registered here, and of
// each batch opened here, name their predecessor, and that it is the one
// before it in the certificate. For other subjects, of which the certificate
// holds only a part, it demands that nothing contradicts.
func (in *inspection) chainLinks() (string, error) {
	whole := make(map[string]bool)
	for _, e := range in.history.Events {
		switch e.Payload.Kind {
		case leaf.CarrierRegistered:
			whole[leaf.CarrierSubject+e.Record.Carrier] = true
		case leaf.BatchOpened:
			whole[leaf.BatchSubject+e.Record.Batch] = true
		}
	}
	last := make(map[string]*certificate.Event)
	links := 0
	for _, e := range in.history.Events {
		for _, s := range e.Payload.Subjects {
			if err := in.link(e, s, last[s], whole[s]); err != nil {
				return "", err
			}
			last[s] = e
			links++
		}
	}
	subjects := make([]string, 0, len(whole))
	for s := range whole {
		subjects = append(subjects, s)
	}
	sort.Strings(subjects)
	return fmt.Sprintf("%d links, %d carriers and batches whole", links, len(subjects)), nil
}

func (in *inspection) link(e *certificate.Event, subject string, before *certificate.Event, whole bool) error {
	field := e.Field + ": /prev/" + subject
	named, has := e.Payload.Prev[subject]
	switch {
	case before == nil && !has:
		return nil
	case before == nil:
		if p, ok := in.history.ByHash(named); ok {
			return at(field, "its predecessor is %s, which does not name %s before it", p.Field, subject)
		}
		if whole {
			return at(field, "an earlier record of %s (leaf hash %s) is left out", subject, named)
		}
		return nil
	case !has:
		return at(field, "it names no predecessor, but %s is one", before.Field)
	case named == before.Hash:
		return nil
	case whole:
		return at(field, "its predecessor is leaf hash %s, but %s stands before it: a record of %s is left out, replaced or moved", named, before.Field, subject)
	}
	if p, ok := in.history.ByHash(named); ok {
		return at(field, "its predecessor is %s, but %s stands between", p.Field, before.Field)
	}
	return nil
}
