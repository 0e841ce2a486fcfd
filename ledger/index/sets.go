package index

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// Carriers and things of each kind are numbered from 0 as they are entered. A
// set of such ordinals is kept in blocks of blockSize, one row each. A block is
// written in one way only, so that a replay gives the same bytes: up to
// maxListed ordinals as 16-bit offsets in order, more as a map of one bit each.
const (
	blockBits  = 13
	blockSize  = 1 << blockBits
	blockWords = blockSize / 64
	maxListed  = blockSize/16 - 1 // a list is shorter than a map: the length tells
)

// block is the part of a set that one row keeps. The zero value is empty.
type block struct {
	list []uint16 // sorted; used while words is nil
	word *[blockWords]uint64
	n    int // members, when words is not nil
}

func (b *block) len() int {
	if b.word != nil {
		return b.n
	}
	return len(b.list)
}

// add puts an offset in.
func (b *block) add(v uint16) {
	if b.word == nil {
		at, found := slices.BinarySearch(b.list, v)
		if found {
			return
		}
		if len(b.list) < maxListed {
			b.list = slices.Insert(b.list, at, v)
			return
		}
		b.word = new([blockWords]uint64)
		for _, o := range b.list {
			b.word[o>>6] |= 1 << (o & 63)
		}
		b.n, b.list = len(b.list), nil
	}
	if w := &b.word[v>>6]; *w>>(v&63)&1 == 0 {
		*w |= 1 << (v & 63)
		b.n++
	}
}

// remove takes an offset out.
func (b *block) remove(v uint16) {
	if b.word == nil {
		if at, found := slices.BinarySearch(b.list, v); found {
			b.list = slices.Delete(b.list, at, at+1)
		}
		return
	}
	if w := &b.word[v>>6]; *w>>(v&63)&1 == 1 {
		*w &^= 1 << (v & 63)
		b.n--
	}
}

// encode writes the block; an empty one is empty.
func (b *block) encode() []byte {
	if b.len() > maxListed {
		out := make([]byte, 0, blockSize/8)
		for _, w := range b.word {
			out = binary.LittleEndian.AppendUint64(out, w)
		}
		return out
	}
	out := make([]byte, 0, 2*b.len())
	if b.word == nil {
		for _, o := range b.list {
			out = binary.LittleEndian.AppendUint16(out, o)
		}
		return out
	}
	for i, w := range b.word {
		for ; w != 0; w &= w - 1 {
			out = binary.LittleEndian.AppendUint16(out, uint16(i<<6+bits.TrailingZeros64(w)))
		}
	}
	return out
}

var errBlock = errors.New("a set of the index is damaged: rebuild it")

// decodeBlock reads what encode writes.
func decodeBlock(data []byte) (*block, error) {
	b := &block{}
	switch {
	case len(data) == blockSize/8:
		b.word = new([blockWords]uint64)
		for i := range b.word {
			b.word[i] = binary.LittleEndian.Uint64(data[8*i:])
			b.n += bits.OnesCount64(b.word[i])
		}
		if b.n <= maxListed {
			return nil, errBlock
		}
	case len(data)%2 != 0 || len(data) > 2*maxListed:
		return nil, errBlock
	default:
		b.list = make([]uint16, len(data)/2)
		for i := range b.list {
			b.list[i] = binary.LittleEndian.Uint16(data[2*i:])
			if b.list[i] >= blockSize || i > 0 && b.list[i] <= b.list[i-1] {
				return nil, errBlock
			}
		}
	}
	return b, nil
}

// set is a set of ordinals in memory, one bit each.
type set []uint64

func newSet(n int64) set { return make(set, (n+63)/64) }

// all is every ordinal below n.
func all(n int64) set { return newSet(n).fill(0, n) }

// fill puts in the ordinals from a to below b, as far as the set reaches.
func (s set) fill(a, b int64) set {
	b = min(b, int64(len(s))*64)
	for ; a < b && a&63 != 0; a++ {
		s.add(a)
	}
	for ; a+64 <= b; a += 64 {
		s[a>>6] = ^uint64(0)
	}
	for ; a < b; a++ {
		s.add(a)
	}
	return s
}

func (s set) add(n int64) { s[n>>6] |= 1 << (n & 63) }

func (s set) has(n int64) bool { return s[n>>6]>>(n&63)&1 == 1 }

// load puts in what one row keeps. Ordinals beyond the set's end do not occur
// in a sound index.
func (s set) load(number int64, data []byte) error {
	from := number << blockBits
	if len(data) == blockSize/8 {
		for i := range blockWords {
			w := binary.LittleEndian.Uint64(data[8*i:])
			at := int(from>>6) + i
			if at < len(s) {
				s[at] |= w
			} else if w != 0 {
				return errBlock
			}
		}
		return nil
	}
	for i := 0; i+1 < len(data); i += 2 {
		n := from + int64(binary.LittleEndian.Uint16(data[i:]))
		if n>>6 >= int64(len(s)) {
			return errBlock
		}
		s.add(n)
	}
	return nil
}

func (s set) and(o set) set {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s set) or(o set) set {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s set) count() (n int64) {
	for _, w := range s {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// next is the first member from n on, -1 when there is none.
func (s set) next(n int64) int64 {
	if n < 0 {
		n = 0
	}
	for i := n >> 6; i < int64(len(s)); i++ {
		w := s[i]
		if i == n>>6 {
			w &= ^uint64(0) << (n & 63)
		}
		if w != 0 {
			return i<<6 + int64(bits.TrailingZeros64(w))
		}
	}
	return -1
}

// previous is the last member up to n, -1 when there is none.
func (s set) previous(n int64) int64 {
	for i := min(n>>6, int64(len(s))-1); i >= 0; i-- {
		w := s[i]
		if i == n>>6 {
			w &= ^uint64(0) >> (63 - n&63)
		}
		if w != 0 {
			return i<<6 + int64(bits.Len64(w)) - 1
		}
	}
	return -1
}
