package card_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"sexton/bench/card"
)

const goodPIN = "271828"

func newCA(t testing.TB) *card.CA {
	t.Helper()
	ca, err := card.NewCA("Bench CA", card.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func newCard(t testing.TB, s card.Spec) *card.Card {
	t.Helper()
	if s.PIN == "" {
		s.PIN = goodPIN
	}
	if s.Name == "" {
		s.Name = "Anna Example"
	}
	c, err := card.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSignatureVerifiesUnderCertificate(t *testing.T) {
	ca := newCA(t)
	c := newCard(t, card.Spec{CA: ca})
	h := host{t: t, c: c}
	h.do("00A4040005A000000308", 0x9000)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Certificate())
	for _, slot := range []byte{0x9A, 0x9C} {
		cert := h.certificate(slot)
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			t.Errorf("%02X: %v", slot, err)
		}
		h.verify(goodPIN, 0x9000)
		digest := sha256.Sum256([]byte("a message"))
		sig := h.sign(0x11, slot, digest[:], 0x9000)
		if !ecdsa.VerifyASN1(cert.PublicKey.(*ecdsa.PublicKey), digest[:], sig) {
			t.Errorf("%02X: the signature does not verify", slot)
		}
		if !bytes.Equal(cert.Raw, c.Certificate(slot).Raw) {
			t.Errorf("%02X: GET DATA and Certificate differ", slot)
		}
	}
}
