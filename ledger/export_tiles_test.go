package ledger_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	mproof "github.com/transparency-dev/merkle/proof"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

func fill(t testing.TB, s *testStation, l *ledger.Ledger, n int) {
	t.Helper()
	h := l.Head()
	entries := make([]ledger.Entry, n)
	for i := range entries {
		entries[i] = s.refusal(h, fmt.Sprint("fill-", i))
	}
	appendOK(t, l, entries...)
}

func bundleHasher(b []byte) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint16(b))
		out = append(out, rfc6962.DefaultHasher.HashLeaf(b[2:2+n]))
		b = b[2+n:]
	}
	return out, nil
}

// Tessera's fsck and client, which know nothing of us, are the judges of an export.
func TestTesseraAcceptsTheExport(t *testing.T) {
	s := newStation()
	l := open(t, initialised(t, s, s.options()), s.options())
	dir := filepath.Join(t.TempDir(), "mirror")
	v := must(note.NewVerifier(s.vkey))
	for _, more := range []int{0, 5, 249, 1, 1, 600, 300} {
		if more > 0 {
			fill(t, s, l, more)
		}
		if err := l.Export(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		f := client.FileFetcher{Root: dir}
		if err := fsck.New(v.Name(), v, f, bundleHasher, fsck.Opts{N: 2}).Check(context.Background()); err != nil {
			t.Fatalf("fsck at %d: %v", l.Head().Size, err)
		}
		cp, _, _, err := client.FetchCheckpoint(t.Context(), f.ReadCheckpoint, v, v.Name())
		if err != nil {
			t.Fatal(err)
		}
		if cp.Size != uint64(l.Head().Size) {
			t.Fatalf("exported size %d, head %d", cp.Size, l.Head().Size)
		}
		pb, err := client.NewProofBuilder(t.Context(), cp.Size, f.ReadTile)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []uint64{0, cp.Size / 2, cp.Size - 1} {
			want, err := pb.InclusionProof(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.ProveInclusion(t.Context(), int64(i), int64(cp.Size))
			if err != nil || len(got) != len(want) {
				t.Fatalf("proof of %d: %v, %d hashes, want %d", i, err, len(got), len(want))
			}
			for k := range want {
				if !bytes.Equal(got[k][:], want[k]) {
					t.Fatalf("proof of %d differs from Tessera's", i)
				}
			}
		}
		partials := 0
		_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(filepath.Dir(p), ".p") {
				partials++
			}
			return nil
		})
		if partials > 4 {
			t.Errorf("%d partial tiles left at %d", partials, cp.Size)
		}
	}
	// Nothing private is in it.
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if b, e := os.ReadFile(p); e == nil && bytes.Contains(b, []byte("某单位")) {
			t.Errorf("%s holds an opening", p)
		}
		return nil
	})
}

func TestExportRefusesAnotherHistory(t *testing.T) {
	s := newStation()
	dir := initialised(t, s, s.options())
	l := open(t, dir, s.options())
	fill(t, s, l, 10)
	mirror := filepath.Join(t.TempDir(), "mirror")
	if err := l.Export(t.Context(), mirror); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(filepath.Join(mirror, "checkpoint")))
	// A second ledger with the same key and another history, shorter and longer.
	other := open(t, initialised(t, s, s.options()), s.options())
	for _, n := range []int{1, 30} {
		fill(t, s, other, n)
		if err := other.Export(t.Context(), mirror); err == nil {
			t.Fatalf("exported %d entries over another history", other.Head().Size)
		}
	}
	if !bytes.Equal(before, must(os.ReadFile(filepath.Join(mirror, "checkpoint")))) {
		t.Error("the checkpoint was changed")
	}
	if err := os.WriteFile(filepath.Join(mirror, "checkpoint"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Export(t.Context(), mirror); err == nil {
		t.Error("exported over a foreign checkpoint")
	}
}

func TestProofsAgainstTheJudge(t *testing.T) {
	s := newStation()
	l := open(t, initialised(t, s, s.options()), s.options())
	fill(t, s, l, 70)
	h := l.Head()
	root := must(hexBytes(h.Root))
	for i := range h.Size {
		text, err := l.TlogProof(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		var p proof.TLogProof
		if err := p.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Marshal(), text) || !bytes.Equal(p.Checkpoint, h.Note) || p.Index != uint64(i) {
			t.Fatalf("the proof text of %d is not what the judge writes", i)
		}
		var path [][]byte
		for _, x := range p.Hashes {
			path = append(path, x[:])
		}
		b := must(l.Leaf(t.Context(), i))
		if err := mproof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, uint64(h.Size), rfc6962.DefaultHasher.HashLeaf(b), path, root); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue
		}
		c, err := l.ProveConsistency(t.Context(), i, h.Size)
		if err != nil {
			t.Fatal(err)
		}
		var cons [][]byte
		for _, x := range c {
			cons = append(cons, x[:])
		}
		if err := mproof.VerifyConsistency(rfc6962.DefaultHasher, uint64(i), uint64(h.Size), cons, must(rootAt(l, i)), root); err != nil {
			t.Fatalf("consistency from %d: %v", i, err)
		}
	}
	runs := []leaf.Run{{Start: 0, Leaves: must(l.Leaves(t.Context(), 0, 1))}, {Start: 17, Leaves: must(l.Leaves(t.Context(), 17, 30))}}
	gaps, err := l.ProveRange(t.Context(), []leaf.Segment{{Start: 0, Count: 1}, {Start: 17, Count: 30}}, h.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := leaf.VerifyRange(runs, gaps, h.Size, [32]byte(root)); err != nil {
		t.Error(err)
	}
	runs[1].Leaves[3], runs[1].Leaves[4] = runs[1].Leaves[4], runs[1].Leaves[3]
	if err := leaf.VerifyRange(runs, gaps, h.Size, [32]byte(root)); err == nil {
		t.Error("swapped leaves were accepted")
	}
}

// Every leaf in every tree of up to 300, and every pair of trees, against the judge.
func TestAllProofsUpTo300(t *testing.T) {
	s := newStation()
	l := open(t, initialised(t, s, s.options()), s.options())
	fill(t, s, l, 299)
	leaves := must(l.Leaves(t.Context(), 0, 300))
	hasher := rfc6962.DefaultHasher
	var hashes []string
	roots := [][]byte{hasher.EmptyRoot()}
	for _, b := range leaves {
		hashes = append(hashes, leaf.Hash(b))
		roots = append(roots, must(hexBytes(leaf.Root(hashes))))
	}
	step := int64(1)
	if testing.Short() {
		step = 7
	}
	for n := int64(1); n <= 300; n += step {
		for i := range n {
			path := must(l.ProveInclusion(t.Context(), i, n))
			if err := mproof.VerifyInclusion(hasher, uint64(i), uint64(n), hasher.HashLeaf(leaves[i]), byteSlices(path), roots[n]); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, n, err)
			}
			cons := must(l.ProveConsistency(t.Context(), i+1, n))
			if err := mproof.VerifyConsistency(hasher, uint64(i+1), uint64(n), byteSlices(cons), roots[i+1], roots[n]); err != nil {
				t.Fatalf("from %d to %d: %v", i+1, n, err)
			}
		}
	}
}

func byteSlices(p [][32]byte) [][]byte {
	out := make([][]byte, len(p))
	for i := range p {
		out[i] = p[i][:]
	}
	return out
}

func rootAt(l *ledger.Ledger, size int64) ([]byte, error) {
	leaves, err := l.Leaves(context.Background(), 0, size)
	if err != nil {
		return nil, err
	}
	var hashes []string
	for _, b := range leaves {
		hashes = append(hashes, leaf.Hash(b))
	}
	return hexBytes(leaf.Root(hashes))
}
