package certificate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sort"

	"sexton/ledger/leaf"
)

// Parts is what a certificate is put together from. Leaves, credentials and
// openings may be in any order.
type Parts struct {
	Leaves      []Leaf // what Select chose, and batch.certified
	RangeProof  [][32]byte
	Checkpoint  string
	Proof       string
	Credentials [][]byte
	Openings    []Opening
	Policy      []byte
	Attachments map[string][]byte
	Envelope    Envelope
}

// Assemble orders the parts into a bundle. It checks form and order; whether
// the bundle is true is for package inspect to say.
func Assemble(p Parts) (*Bundle, error) {
	segments, err := Segments(p.Leaves)
	if err != nil {
		return nil, err
	}
	statement, err := p.Envelope.Encode()
	if err != nil {
		return nil, err
	}
	openings := slices.Clone(p.Openings)
	SortOpenings(openings)
	b := &Bundle{
		Statement: statement, Segments: segments, RangeProof: p.RangeProof, Checkpoint: p.Checkpoint, Proof: p.Proof,
		Credentials: SortCredentials(p.Credentials), Openings: openings, Policy: p.Policy, Attachments: p.Attachments,
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("cannot assemble certificate: %w", err)
	}
	return b, nil
}

// Ranges says which leaves of the log the segments are, for the prover of the
// range proof.
func Ranges(segments []Segment) []leaf.Segment {
	out := make([]leaf.Segment, len(segments))
	for i, s := range segments {
		out[i] = leaf.Segment{Start: s.Start, Count: int64(len(s.Leaves))}
	}
	return out
}

// Redact returns the certificate without what must not leave the house: all
// openings, and attachments other than those public ones named in keep (by
// lower hex SHA-256). It proves against the same root and the same statement;
// titles, document numbers and names stay commitments.
func (b *Bundle) Redact(keep ...string) *Bundle {
	r := *b
	r.Openings = nil
	r.Attachments = maps.Clone(b.Attachments)
	maps.DeleteFunc(r.Attachments, func(k string, _ []byte) bool { return !slices.Contains(keep, k) })
	return &r
}

// Segments groups leaves, in any order, into the fewest runs of consecutive
// indexes. A leaf given twice with the same bytes counts once.
func Segments(leaves []Leaf) ([]Segment, error) {
	sorted := slices.Clone(leaves)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Index < sorted[j].Index })
	var out []Segment
	for _, l := range sorted {
		if l.Index < 0 {
			return nil, fmt.Errorf("cannot place leaf at index %d", l.Index)
		}
		if n := len(out); n > 0 {
			last := &out[n-1]
			switch {
			case l.Index == last.End()-1:
				if last.Leaves[len(last.Leaves)-1] != string(l.Bytes) {
					return nil, fmt.Errorf("cannot place two different leaves at index %d", l.Index)
				}
				continue
			case l.Index == last.End():
				last.Leaves = append(last.Leaves, string(l.Bytes))
				continue
			}
		}
		out = append(out, Segment{Start: l.Index, Leaves: []string{string(l.Bytes)}})
	}
	return out, nil
}

// SortCredentials orders DER certificates as a bundle wants them and drops
// duplicates.
func SortCredentials(ders [][]byte) [][]byte {
	byHash := make(map[[32]byte][]byte, len(ders))
	keys := make([][32]byte, 0, len(ders))
	for _, d := range ders {
		sum := sha256.Sum256(d)
		if _, ok := byHash[sum]; !ok {
			keys = append(keys, sum)
		}
		byHash[sum] = d
	}
	slices.SortFunc(keys, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	out := make([][]byte, len(keys))
	for i, k := range keys {
		out[i] = byHash[k]
	}
	return out
}

// SortOpenings orders openings as a bundle wants them.
func SortOpenings(openings []Opening) {
	sort.Slice(openings, func(i, j int) bool {
		a, b := openings[i], openings[j]
		return a.Event < b.Event || a.Event == b.Event && a.Path < b.Path
	})
}
