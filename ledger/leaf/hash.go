package leaf

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
)

// HashSize is the size of a hash in bytes (SHA-256).
const HashSize = sha256.Size

// Hash is the RFC 6962 section 2.1 hash of leaf bytes, in lower hex.
func Hash(leaf []byte) string {
	h := LeafHash(leaf)
	return hex.EncodeToString(h[:])
}

// LeafHash is SHA-256(0x00 || leaf), RFC 6962 section 2.1.
func LeafHash(leaf []byte) [HashSize]byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(leaf)
	return [HashSize]byte(h.Sum(nil))
}

// nodeHash is SHA-256(0x01 || left || right), RFC 6962 section 2.1.
func nodeHash(left, right [HashSize]byte) [HashSize]byte {
	var b [1 + 2*HashSize]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+HashSize:], right[:])
	return sha256.Sum256(b[:])
}

// Root is the RFC 6962 section 2.1 root over hashes that are leaf hashes already, in lower hex; the root of no hashes is the
// SHA-256 of nothing. It returns "" when an element is not a hash: no event accepts that as a root.
func Root(hashes []string) string {
	t := tree{}
	for _, s := range hashes {
		h, ok := parseHash(s)
		if !ok {
			return ""
		}
		t.push(0, h)
	}
	r := t.root()
	return hex.EncodeToString(r[:])
}

func parseHash(s string) ([HashSize]byte, bool) {
	if !IsHash(s) {
		return [HashSize]byte{}, false
	}
	b, err := hex.DecodeString(s)
	return [HashSize]byte(b), err == nil
}

// tree is a Merkle tree under construction: the roots of the perfect subtrees that cover what was pushed, largest first.
type tree struct {
	levels []int
	hashes [][HashSize]byte
}

// push appends the root of a perfect subtree of 2^level leaves; the number of leaves so far must be a multiple of 2^level.
func (t *tree) push(level int, h [HashSize]byte) {
	for n := len(t.levels); n > 0 && t.levels[n-1] == level; n-- {
		h = nodeHash(t.hashes[n-1], h)
		t.levels, t.hashes = t.levels[:n-1], t.hashes[:n-1]
		level++
	}
	t.levels = append(t.levels, level)
	t.hashes = append(t.hashes, h)
}

// root is the root of the tree so far.
func (t *tree) root() [HashSize]byte {
	n := len(t.hashes)
	if n == 0 {
		return sha256.Sum256(nil)
	}
	h := t.hashes[n-1]
	for i := n - 2; i >= 0; i-- {
		h = nodeHash(t.hashes[i], h)
	}
	return h
}

// Subtree is a perfect subtree of 2^Level leaves whose first leaf is at Start, a multiple of 2^Level.
type Subtree struct {
	Level int
	Start int64
}

// Cover lists, left to right, the fewest perfect subtrees that cover the leaves [from, to). Both are at least 0.
func Cover(from, to int64) []Subtree {
	var out []Subtree
	for from < to {
		level := bits.Len64(uint64(to-from)) - 1
		if from != 0 {
			level = min(level, bits.TrailingZeros64(uint64(from)))
		}
		out = append(out, Subtree{level, from})
		from += 1 << level
	}
	return out
}

// Item is one line of a sealed manifest: what the persons who sign a batch say of one carrier.
type Item struct {
	Index          int64  `json:"index"`
	Carrier        string `json:"carrier"`
	Number         string `json:"number"`
	CarrierKind    string `json:"carrier_kind"`
	Medium         string `json:"medium"`
	Classification string `json:"classification"`
	Period         string `json:"period"`
	Extent         Extent `json:"extent"`
	Count          int64  `json:"count"`
	Registered     string `json:"registered"` // leaf hash of the carrier's registration, which binds everything else
}

// NewItem is the manifest line at index of the carrier that the leaf with hash registered entered. level and term are its
// classification and period when it is sealed: a mark can change after registration.
func NewItem(index int64, registered string, r *Registered, level, term string) Item {
	return Item{index, r.Carrier, r.Number, r.CarrierKind, r.Medium, level, term, r.Extent, r.Count, registered}
}

// ItemHash is the RFC 6962 leaf hash of the canonical JSON of i, in lower hex.
func ItemHash(i Item) string {
	b, err := Canonical(i)
	if err != nil {
		return "" // cannot happen: the struct holds text and integers only
	}
	return Hash(b)
}
