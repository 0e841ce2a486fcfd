package card

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"sexton/token"
)

// encodePSS makes the block a card raises to its private exponent so that the result is RSASSA-PSS with SHA-256,
// MGF1-SHA-256 and a 32-byte salt: EMSA-PSS-ENCODE of RFC 8017, section 9.1.1, for a modulus of size bytes whose top bit is set.
// PIV cards compute raw RSA, so PSS works on every one of them.
func encodePSS(digest []byte, size int) ([]byte, error) {
	const hLen, sLen = sha256.Size, sha256.Size
	if len(digest) != hLen || size < hLen+sLen+2 {
		return nil, &token.Error{Kind: token.Protocol}
	}
	em := make([]byte, size)
	db := em[:size-hLen-1]
	salt := db[len(db)-sLen:]
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write(make([]byte, 8))
	h.Write(digest)
	h.Write(salt)
	sum := h.Sum(nil)
	db[len(db)-sLen-1] = 0x01
	maskMGF1(db, sum)
	db[0] &= 0x7F // emBits is one less than the modulus has
	copy(em[len(db):], sum)
	em[size-1] = 0xBC
	return em, nil
}

// maskMGF1 xors MGF1(seed) into dst (RFC 8017, appendix B.2.1).
func maskMGF1(dst, seed []byte) {
	var counter [4]byte
	for i := uint32(0); len(dst) > 0; i++ {
		binary.BigEndian.PutUint32(counter[:], i)
		h := sha256.New()
		h.Write(seed)
		h.Write(counter[:])
		mask := h.Sum(nil)
		n := min(len(dst), len(mask))
		for j := range n {
			dst[j] ^= mask[j]
		}
		dst = dst[n:]
	}
}
