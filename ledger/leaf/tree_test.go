package leaf_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"sexton/ledger/leaf"
)

func leaves(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, "leaf %d", i)
	}
	return out
}

func judgeRoot(t testing.TB, ls [][]byte) []byte {
	t.Helper()
	f := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r := f.NewEmptyRange(0)
	for _, b := range ls {
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(b), nil); err != nil {
			t.Fatal(err)
		}
	}
	root := must(r.GetRootHash(nil))
	if len(ls) == 0 {
		return rfc6962.DefaultHasher.EmptyRoot()
	}
	return root
}

func TestRootsAreThoseOfTheJudge(t *testing.T) {
	ls := leaves(300)
	var hashes []string
	for n := 0; n <= len(ls); n++ {
		if got, want := leaf.Root(hashes), hex.EncodeToString(judgeRoot(t, ls[:n])); got != want {
			t.Fatalf("root of %d is %s, want %s", n, got, want)
		}
		if n < len(ls) {
			hashes = append(hashes, leaf.Hash(ls[n]))
			if hashes[n] != hex.EncodeToString(rfc6962.DefaultHasher.HashLeaf(ls[n])) {
				t.Fatal("leaf hash differs")
			}
		}
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 64), strings.Repeat("0", 63)} {
		if leaf.Root([]string{hashes[0], bad}) != "" {
			t.Errorf("%q was taken as a hash", bad)
		}
	}
}

// proveFrom makes a range proof out of the leaves themselves.
func proveFrom(t testing.TB, ls [][]byte, runs []leaf.Run) [][32]byte {
	t.Helper()
	var segments []leaf.Segment
	for _, r := range runs {
		segments = append(segments, leaf.Segment{Start: r.Start, Count: int64(len(r.Leaves))})
	}
	gaps, err := leaf.Gaps(segments, int64(len(ls)))
	if err != nil {
		t.Fatal(err)
	}
	var out [][32]byte
	for _, g := range gaps {
		out = append(out, [32]byte(judgeRoot(t, ls[g.Start:g.Start+1<<g.Level])))
	}
	return out
}

func runsOf(ls [][]byte, member func(i int) bool) []leaf.Run {
	var runs []leaf.Run
	for i := range ls {
		switch {
		case !member(i):
		case i > 0 && member(i-1):
			runs[len(runs)-1].Leaves = append(runs[len(runs)-1].Leaves, ls[i])
		default:
			runs = append(runs, leaf.Run{Start: int64(i), Leaves: [][]byte{ls[i]}})
		}
	}
	return runs
}

// Every set of leaves of every tree of up to 9, and every single leaf of every tree of up to 300.
func TestRangeProofs(t *testing.T) {
	ls := leaves(300)
	check := func(n int, runs []leaf.Run) {
		t.Helper()
		gaps := proveFrom(t, ls[:n], runs)
		root := [32]byte(judgeRoot(t, ls[:n]))
		if err := leaf.VerifyRange(runs, gaps, int64(n), root); err != nil {
			t.Fatalf("tree of %d, %d segments: %v", n, len(runs), err)
		}
		for i := range gaps { // every hash counts
			gaps[i][i%32] ^= 1
			if leaf.VerifyRange(runs, gaps, int64(n), root) == nil {
				t.Fatalf("tree of %d: changed hash %d was accepted", n, i)
			}
			gaps[i][i%32] ^= 1
		}
		if leaf.VerifyRange(runs, append(gaps, [32]byte{}), int64(n), root) == nil {
			t.Fatalf("tree of %d: a hash too many was accepted", n)
		}
		if len(gaps) > 0 && leaf.VerifyRange(runs, gaps[:len(gaps)-1], int64(n), root) == nil {
			t.Fatalf("tree of %d: a hash too few was accepted", n)
		}
	}
	for n := 1; n <= 9; n++ {
		for set := 1; set < 1<<n; set++ {
			check(n, runsOf(ls[:n], func(i int) bool { return i >= 0 && set>>i&1 == 1 }))
		}
	}
	for n := 1; n <= 300; n++ {
		for i := 0; i < n; i += 1 + n/16 {
			check(n, []leaf.Run{{Start: int64(i), Leaves: ls[i : i+1]}})
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n := 1 + random.IntN(300)
		in := make([]bool, n+1)
		for i, state := 0, false; i < n; i++ {
			if random.IntN(5) == 0 {
				state = !state
			}
			in[i] = state
		}
		in[random.IntN(n)] = true
		check(n, runsOf(ls[:n], func(i int) bool { return in[i] }))
	}
}

func TestRangeProofsThatLie(t *testing.T) {
	ls := leaves(40)
	root := [32]byte(judgeRoot(t, ls))
	good := []leaf.Run{{Start: 3, Leaves: ls[3:9]}, {Start: 20, Leaves: ls[20:21]}}
	gaps := proveFrom(t, ls, good)
	for name, c := range map[string]struct {
		runs []leaf.Run
		size int64
	}{
		"no segment":      {nil, 40},
		"empty segment":   {[]leaf.Run{{Start: 3}, good[1]}, 40},
		"order":           {[]leaf.Run{good[1], good[0]}, 40},
		"overlap":         {[]leaf.Run{good[0], {Start: 8, Leaves: ls[8:10]}}, 40},
		"adjacent":        {[]leaf.Run{{Start: 3, Leaves: ls[3:5]}, {Start: 5, Leaves: ls[5:9]}, good[1]}, 40},
		"shifted":         {[]leaf.Run{{Start: 4, Leaves: ls[3:9]}, good[1]}, 40},
		"other leaf":      {[]leaf.Run{good[0], {Start: 20, Leaves: ls[21:22]}}, 40},
		"leaf order":      {[]leaf.Run{{Start: 3, Leaves: [][]byte{ls[4], ls[3], ls[5], ls[6], ls[7], ls[8]}}, good[1]}, 40},
		"beyond the tree": {[]leaf.Run{good[0], {Start: 40, Leaves: ls[20:21]}}, 40},
		"negative":        {[]leaf.Run{{Start: -1, Leaves: ls[:1]}}, 40},
		"other size":      {good, 41},
		"smaller size":    {good, 39},
		"negative size":   {good, -1},
		"huge size":       {good, 1<<62 + 5},
	} {
		if leaf.VerifyRange(c.runs, gaps, c.size, root) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// A node offered as if it were a leaf: the prefixes of RFC 6962 keep them apart.
	left, right := leaf.LeafHash(ls[0]), leaf.LeafHash(ls[1])
	node := append(append([]byte{1}, left[:]...), right[:]...)
	pair := [32]byte(judgeRoot(t, ls[:2]))
	if leaf.VerifyRange([]leaf.Run{{Start: 0, Leaves: [][]byte{node}}}, nil, 1, pair) == nil {
		t.Error("an inner node passed as a leaf")
	}
}
