//go:build cgo

package pcsc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

// piv-go is an independent client: it must read the same certificates from the same card, and its signatures must pass our
// verification just as ours pass the standard library's.
func TestPIVGoAgrees(t *testing.T) {
	p := newPlace(t, desk.Options{})
	message := []byte("the act")
	digest := sha256.Sum256(message)
	for name, key := range map[string]bench.KeyType{"P-256": bench.P256, "RSA-2048": bench.RSA2048} {
		t.Run(name, func(t *testing.T) {
			p.insert(t, 0, p.card(t, bench.Spec{Key9A: key, Key9C: key}))
			s := p.mustLogin(t, 0, 0)
			id := s.Identity()
			ours, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), message)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil { // piv-go wants the card for itself
				t.Fatal(err)
			}
			judge(t, id.Sign.PublicKey, digest[:], ours.Value)
			yk, err := piv.Open(daemon.Readers[0])
			if err != nil {
				t.Fatal(err)
			}
			defer yk.Close()
			cert, err := yk.Certificate(piv.SlotSignature)
			if err != nil || !cert.Equal(id.Sign) {
				t.Fatalf("piv-go reads another certificate: %v", err)
			}
			priv, err := yk.PrivateKey(piv.SlotSignature, cert.PublicKey, piv.KeyAuth{PIN: pins[0], PINPolicy: piv.PINPolicyAlways})
			if err != nil {
				t.Fatal(err)
			}
			var opts crypto.SignerOpts = crypto.SHA256
			alg := token.ES256
			if key == bench.RSA2048 {
				opts, alg = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}, token.PS256
			}
			value, err := priv.(crypto.Signer).Sign(rand.Reader, digest[:], opts)
			if err != nil {
				t.Fatal(err)
			}
			theirs := token.Signature{Alg: alg, Key: token.KeyOf(cert), Value: value, Certificate: cert.Raw}
			if err := token.VerifySignature(cert, theirs, message); err != nil {
				t.Errorf("piv-go's signature: %v", err)
			}
		})
	}
}

func judge(t *testing.T, pub crypto.PublicKey, digest, value []byte) {
	t.Helper()
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, value) {
			t.Error("our signature does not verify")
		}
	case *rsa.PublicKey:
		if err := rsa.VerifyPSS(k, crypto.SHA256, digest, value, nil); err != nil {
			t.Errorf("our signature: %v", err)
		}
	}
}
