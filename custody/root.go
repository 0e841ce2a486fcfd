package custody

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// root is the Merkle tree hash of RFC 6962, section 2.1, over leaf hashes that
// are given, in lower hex; the empty tree is the hash of nothing.
func root(hashes []string) (string, error) {
	nodes := make([][]byte, len(hashes))
	for i, h := range hashes {
		if !isHash(h) {
			return "", fmt.Errorf("cannot take %q as a leaf hash", h)
		}
		nodes[i], _ = hex.DecodeString(h) // isHash checked the digits
	}
	return hex.EncodeToString(fold(nodes)), nil
}

func fold(nodes [][]byte) []byte {
	if len(nodes) == 0 {
		sum := sha256.Sum256(nil)
		return sum[:]
	}
	if len(nodes) == 1 {
		return nodes[0]
	}
	k := 1 // the largest power of two below len(nodes)
	for k*2 < len(nodes) {
		k *= 2
	}
	h := sha256.New()
	h.Write([]byte{1}) // RFC 6962, section 2.1: node prefix
	h.Write(fold(nodes[:k]))
	h.Write(fold(nodes[k:]))
	return h.Sum(nil)
}

// isHash says that s is a SHA-256 value in lower hex.
func isHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
