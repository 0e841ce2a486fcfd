package index_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"sexton/ledger/index"
)

// TestBlocks: whatever was put in and taken out, in whichever order, the bytes
// are those of the members alone, and reading gives them back.
func TestBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.Uint16Range(0, index.BlockSize-1)
		least := rapid.SampledFrom([]int{0, index.MaxListed - 2, 2 * index.MaxListed}).Draw(t, "least")
		add := rapid.SliceOfN(offset, least, 3*index.MaxListed).Draw(t, "add")
		remove := rapid.SliceOfN(offset, 0, 300).Draw(t, "remove")
		if rapid.Bool().Draw(t, "most") && len(add) > 0 {
			remove = append(remove, add[:rapid.IntRange(0, len(add)).Draw(t, "n")]...)
		}
		members := map[uint16]bool{}
		for _, o := range add {
			members[o] = true
		}
		for _, o := range remove {
			delete(members, o)
		}
		var want []int64
		var bare []uint16
		for o := range members {
			want, bare = append(want, 3*index.BlockSize+int64(o)), append(bare, o)
		}
		slices.Sort(want)
		data := index.EncodeBlock(add, remove)
		if !bytes.Equal(data, index.EncodeBlock(bare, nil)) {
			t.Fatal("the bytes depend on how the set came about")
		}
		if again, err := index.RecodeBlock(data); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("read and written: %v", err)
		}
		up, down, n := index.LoadBlock(3, data)
		slices.Reverse(down)
		if !slices.Equal(up, want) || !slices.Equal(down, want) || n != int64(len(want)) {
			t.Fatalf("%d members, %d upwards, %d downwards, counted %d", len(want), len(up), len(down), n)
		}
	})
}

func TestBlockIsReadStrictly(t *testing.T) {
	words := func(v ...uint16) (b []byte) {
		for _, o := range v {
			b = binary.LittleEndian.AppendUint16(b, o)
		}
		return b
	}
	for name, data := range map[string][]byte{
		"odd length": {1}, "out of order": words(2, 1), "twice": words(1, 1), "offset beyond the block": words(index.BlockSize),
		"list of a map's length": make([]byte, 2*index.MaxListed+2), "map of few": append([]byte{1}, make([]byte, index.BlockSize/8-1)...),
	} {
		if _, err := index.RecodeBlock(data); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzBlock(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0})
	f.Add(bytes.Repeat([]byte{0xff}, index.BlockSize/8))
	f.Fuzz(func(t *testing.T, data []byte) {
		again, err := index.RecodeBlock(data)
		if err == nil && !bytes.Equal(again, data) {
			t.Error("another encoding is accepted")
		}
	})
}
