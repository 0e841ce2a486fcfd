package card_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // the factory key of such cards is 3DES
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/big"
	"testing"

	"sexton/bench/card"
)

var factoryKey = []byte{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}

func block(t testing.TB, alg byte, key []byte) cipher.Block {
	t.Helper()
	b, err := aes.NewCipher(key)
	if alg == card.Mgmt3DES {
		b, err = des.NewTripleDESCipher(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// manage authenticates mutually as SP 800-73-5 part 2, appendix A.1 describes; the card
// must prove that it knows the key too.
func (h host) manage(alg byte, key []byte) {
	h.t.Helper()
	b := block(h.t, alg, key)
	n := b.BlockSize()
	q := h.open(h.open(h.chain(0x87, alg, 0x9B, wrap(0x7C, []byte{0x80, 0}), 0x9000), 0x7C), 0x80)
	witness, challenge, want := make([]byte, n), make([]byte, n), make([]byte, n)
	b.Decrypt(witness, q)
	rand.Read(challenge)
	b.Encrypt(want, challenge)
	out := h.chain(0x87, alg, 0x9B, wrap(0x7C, wrap(0x80, witness), wrap(0x81, challenge)), 0x9000)
	if got := h.open(h.open(out, 0x7C), 0x82); !bytes.Equal(got, want) {
		h.t.Fatalf("the card proves itself with %X, want %X", got, want)
	}
}

func TestManagementAuthentication(t *testing.T) {
	for alg, size := range map[byte]int{card.Mgmt3DES: 24, card.MgmtAES128: 16, card.MgmtAES192: 24, card.MgmtAES256: 32} {
		t.Run(fmt.Sprintf("%02X", alg), func(t *testing.T) {
			key := bytes.Repeat([]byte{0x5A, 0xC3}, size/2)
			key[0] = alg // 3DES with equal thirds would be single DES
			c := newCard(t, card.Spec{ManagementAlg: alg, ManagementKey: key})
			h := host{t: t, c: c}
			h.do(selectPIV, 0x9000)
			h.chain(0xDB, 0x3F, 0xFF, put(0x5FC106, []byte("x")), 0x6982)
			h.manage(alg, key)
			h.chain(0xDB, 0x3F, 0xFF, put(0x5FC106, []byte("x")), 0x9000)
			c.Reset()
			h.do(selectPIV, 0x9000)
			h.chain(0xDB, 0x3F, 0xFF, put(0x5FC106, []byte("x")), 0x6982)
			// Single authentication of the host, and a witness used twice.
			b := block(t, alg, key)
			ch := h.open(h.open(h.chain(0x87, alg, 0x9B, wrap(0x7C, []byte{0x81, 0}), 0x9000), 0x7C), 0x81)
			resp := make([]byte, len(ch))
			b.Encrypt(resp, ch)
			h.chain(0x87, alg, 0x9B, wrap(0x7C, wrap(0x82, resp)), 0x9000)
			h.chain(0x87, alg, 0x9B, wrap(0x7C, wrap(0x82, resp)), 0x6982)
			h.chain(0xDB, 0x3F, 0xFF, put(0x5FC106, []byte("x")), 0x6982)
			q := h.open(h.open(h.chain(0x87, alg, 0x9B, wrap(0x7C, []byte{0x80, 0}), 0x9000), 0x7C), 0x80)
			h.chain(0x87, alg, 0x9B, wrap(0x7C, wrap(0x80, q), wrap(0x81, q)), 0x6982) // the question is not the answer
		})
	}
}

func put(tag uint32, data []byte) []byte {
	return append([]byte{0x5C, 3, byte(tag >> 16), byte(tag >> 8), byte(tag)}, wrap(0x53, data)...)
}

func TestPutDataStoresDeletesAndIsBounded(t *testing.T) {
	c := newCard(t, card.Spec{Blank: true})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.manage(card.Mgmt3DES, factoryKey)
	big := bytes.Repeat([]byte("0123456789abcdef"), 250) // 4,000 bytes: chained in, 61xx out
	h.chain(0xDB, 0x3F, 0xFF, put(0x5FC105, big), 0x9000)
	if got := h.get("5FC105"); !bytes.Equal(got, big) {
		t.Errorf("%d bytes came back, %d were stored", len(got), len(big))
	}
	h.chain(0xDB, 0x3F, 0xFF, put(0x5FC105, nil), 0x9000)
	h.do("00CB3FFF055C035FC105", 0x6A82)
	h.chain(0xDB, 0x3F, 0xFF, []byte{0x5C, 1, 0x7E, 0x53, 1, 0}, 0x6A80) // the discovery object is not for writing
	h.chain(0xDB, 0x3F, 0xFF, put(0x5F0000, []byte("x")), 0x6A80)
	h.chain(0xDB, 0x3F, 0xFF, append(put(0x5FC105, []byte("x")), 0), 0x6A80)
	h.chain(0xDB, 0x3F, 0xFF, put(0x5FC105, make([]byte, 13<<10)), 0x6A84)
	full := false
	for i := range uint32(64) {
		_, sw := h.put(0x5FC140+i, make([]byte, 12<<10))
		if full = sw == 0x6A84; full {
			break
		}
	}
	if !full {
		t.Error("the card's memory has no end")
	}
}

// put is a chained PUT DATA whose status the caller judges.
func (h host) put(tag uint32, v []byte) ([]byte, uint16) {
	h.t.Helper()
	data := put(tag, v)
	for len(data) > 255 {
		if _, sw := h.raw(append([]byte{0x10, 0xDB, 0x3F, 0xFF, 255}, data[:255]...)); sw != 0x9000 {
			return nil, sw
		}
		data = data[255:]
	}
	return h.raw(append([]byte{0, 0xDB, 0x3F, 0xFF, byte(len(data))}, data...))
}

func TestGenerateImportAndAgree(t *testing.T) {
	c := newCard(t, card.Spec{Blank: true})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.manage(card.Mgmt3DES, factoryKey)
	h.do("0047009A05AC03800122", 0x6A80) // no such algorithm
	h.do("0047009A08AC06800111AA0104", 0x6A80)
	h.do("0047009A08AC06800111AC0101", 0x6A80)
	h.do("0047009A03AC0180", 0x6A80)

	out := h.do("0047009D05AC03800111", 0x9000)
	mine, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ecdh.P256().NewPublicKey(h.open(out[3:], 0x86)) // 7F49 len
	if err != nil {
		t.Fatal(err)
	}
	want, err := mine.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	agree := wrap(0x7C, []byte{0x82, 0}, wrap(0x85, mine.PublicKey().Bytes()))
	h.chain(0x87, 0x11, 0x9D, agree, 0x6982)
	h.verify(goodPIN, 0x9000)
	if got := h.open(h.open(h.chain(0x87, 0x11, 0x9D, agree, 0x9000), 0x7C), 0x82); !bytes.Equal(got, want) {
		t.Error("the two sides agree on different secrets")
	}

	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	h.chain(0xFE, 0x14, 0x9A, append(wrap(0x06, scalar), 0xAA, 1, 1), 0x9000) // PIN never
	h.do("0020FF80", 0x9000)
	sum := sha256.Sum256([]byte("m"))
	if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], h.sign(0x14, 0x9A, sum[:], 0x9000)) {
		t.Error("the imported key does not sign")
	}
	h.do("00F99A0000", 0x6A80) // imported keys are not attested
	h.chain(0xFE, 0x11, 0x9A, wrap(0x06, scalar), 0x6A80)
	h.chain(0xFE, 0x07, 0x9A, append(wrap(0x01, scalar), wrap(0x02, scalar)...), 0x6A80)
	h.chain(0xFE, 0x07, 0x9B, wrap(0x06, scalar), 0x6A88)
}

// RSA keys sign whole blocks that come in a chain; padding is the host's affair.
func TestRSASignsChainedBlocks(t *testing.T) {
	for typ, alg := range map[card.KeyType]byte{card.RSA1024: 0x06, card.RSA2048: 0x07, card.RSA3072: 0x05} {
		c := newCard(t, card.Spec{Key9A: typ, CA: newCA(t)})
		h := host{t: t, c: c}
		h.do(selectPIV, 0x9000)
		h.verify(goodPIN, 0x9000)
		pub := h.certificate(0x9A).PublicKey.(*rsa.PublicKey)
		in := append([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, pub.Size()-2)...)
		sig := h.sign(alg, 0x9A, in, 0x9000)
		m := new(big.Int).Exp(new(big.Int).SetBytes(sig), big.NewInt(int64(pub.E)), pub.N)
		if !bytes.Equal(m.FillBytes(make([]byte, pub.Size())), in) {
			t.Errorf("%s: the signature does not open to the block", typ)
		}
		h.sign(alg, 0x9A, in[:len(in)-1], 0x6A80)
		h.sign(alg, 0x9A, bytes.Repeat([]byte{0xFF}, pub.Size()), 0x6A80) // not less than the modulus
	}
}

func TestRetriesResetAndAttestation(t *testing.T) {
	c := newCard(t, card.Spec{CA: newCA(t), PUK: "87654321", Serial: 77})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.manage(card.Mgmt3DES, factoryKey)
	h.do("00FA0505", 0x6982) // needs the PIN too
	h.verify(goodPIN, 0x9000)
	h.do("00FA1005", 0x6A80)
	h.do("00FA0005", 0x6A80)
	h.do("00FA0502", 0x9000)
	h.verify("123456", 0x9000)
	h.verify("999999", 0x63C4)
	if c.TriesLeft() != 4 || c.PUKTriesLeft() != 2 {
		t.Errorf("%d and %d tries left", c.TriesLeft(), c.PUKTriesLeft())
	}
	root, err := x509.ParseCertificate(h.open(h.get("5FFF01"), 0x70))
	if err != nil {
		t.Fatal(err)
	}
	a, err := x509.ParseCertificate(h.do("00F99A0000", 0x9000))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.CheckSignatureFrom(root); err != nil || !bytes.Equal(a.RawSubjectPublicKeyInfo, h.certificate(0x9A).RawSubjectPublicKeyInfo) {
		t.Errorf("attestation: %v", err)
	}
	if err := c.SetTries(0, 0); err != nil {
		t.Fatal(err)
	}
	h.do("00FB0000", 0x9000)
	h.do("00CB3FFF055C035FC105", 0x6A82)
	h.do("00F7009A00", 0x6A88)
	h.do("00F99A0000", 0x6A88)
	h.do("00F7008000", 0x9000)
	h.verify("123456", 0x9000)
	h.chain(0xDB, 0x3F, 0xFF, put(0x5FC105, nil), 0x6982) // reset ends management authentication
}

func TestSetManagementKey(t *testing.T) {
	c := newCard(t, card.Spec{Blank: true})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.manage(card.Mgmt3DES, factoryKey)
	key := bytes.Repeat([]byte{0x77}, 32)
	h.chain(0xFF, 0xFF, 0xFF, append([]byte{card.MgmtAES256, 0x9B, 31}, key[:31]...), 0x6A80)
	h.chain(0xFF, 0xFF, 0xFF, append([]byte{card.MgmtAES256, 0x9B, 32}, key...), 0x9000)
	c.Reset()
	h.do(selectPIV, 0x9000)
	h.chain(0x87, card.Mgmt3DES, 0x9B, wrap(0x7C, []byte{0x80, 0}), 0x6A80)
	h.manage(card.MgmtAES256, key)
}
