package leaf

import (
	"errors"
	"fmt"
)

// Segment is a run of consecutive leaves of a log.
type Segment struct {
	Start int64
	Count int64
}

// Run is a segment with its leaves' exact bytes.
type Run struct {
	Start  int64
	Leaves [][]byte
}

// CheckSegments demands that segments are non-empty, ascending, inside [0, size) and not adjacent: segments that touch must be
// one, so that a set of leaves has exactly one description.
func CheckSegments(segments []Segment, size int64) error {
	if len(segments) == 0 {
		return errors.New("there is no segment")
	}
	next := int64(0)
	for i, s := range segments {
		switch {
		case s.Count < 1 || s.Start < 0 || s.Start > size || s.Count > size-s.Start:
			return fmt.Errorf("segment %d (%d leaves from %d) is empty or not inside a tree of %d", i, s.Count, s.Start, size)
		case i > 0 && s.Start <= next:
			return fmt.Errorf("segment %d begins at %d, which overlaps or touches the segment before it", i, s.Start)
		}
		next = s.Start + s.Count
	}
	return nil
}

// Gaps lists, left to right, the perfect subtrees that cover everything outside segments in a tree of size leaves: the hashes
// of a range proof are theirs, in this order.
func Gaps(segments []Segment, size int64) ([]Subtree, error) {
	if err := CheckSegments(segments, size); err != nil {
		return nil, err
	}
	var out []Subtree
	next := int64(0)
	for _, s := range segments {
		out = append(out, Cover(next, s.Start)...)
		next = s.Start + s.Count
	}
	return append(out, Cover(next, size)...), nil
}

// VerifyRange demands that the leaves of runs stand at their places in the RFC 6962 tree of size leaves with the given root. gaps
// are the hashes of the subtrees that [Gaps] lists; one missing or left over is an error. The work is bounded by the leaves
// given plus 64 hashes for each gap.
func VerifyRange(runs []Run, gaps [][HashSize]byte, size int64, root [HashSize]byte) error {
	segments := make([]Segment, len(runs))
	for i, r := range runs {
		segments[i] = Segment{r.Start, int64(len(r.Leaves))}
	}
	want, err := Gaps(segments, size)
	if err != nil {
		return fmt.Errorf("cannot verify range proof: %w", err)
	}
	if len(want) != len(gaps) {
		return fmt.Errorf("cannot verify range proof: %d hashes, want %d", len(gaps), len(want))
	}
	t, g := tree{}, 0
	for _, r := range runs {
		for g < len(want) && want[g].Start < r.Start {
			t.push(want[g].Level, gaps[g])
			g++
		}
		for _, l := range r.Leaves {
			t.push(0, LeafHash(l))
		}
	}
	for ; g < len(want); g++ {
		t.push(want[g].Level, gaps[g])
	}
	if t.root() != root {
		return errors.New("cannot verify range proof: leaves and proof do not give the root of the checkpoint")
	}
	return nil
}
