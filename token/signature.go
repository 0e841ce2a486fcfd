package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
)

// The signature algorithms of a card, named as in RFC 7518 section 3.1 (the value encoding is ours: ECDSA is DER).
const (
	ES256 = "ES256" // ECDSA P-256, SHA-256, ASN.1 DER
	ES384 = "ES384" // ECDSA P-384, SHA-384, ASN.1 DER
	PS256 = "PS256" // RSASSA-PSS, SHA-256, salt 32 bytes
	RS256 = "RS256" // RSASSA-PKCS1-v1_5, SHA-256: accepted, never produced
)

// RSA moduli outside this range are refused (SP 800-78-5 table 1 allows 2048 and 3072; 4096 is met on vendors' cards).
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// Signature is one signature of a card over one message.
type Signature struct {
	Alg         string // ES256, ES384, PS256, RS256
	Key         KeyID  // whose
	Value       []byte // ECDSA: DER of r and s; RSA: as long as the modulus
	Certificate []byte // the leaf certificate, DER
}

// AlgorithmFor returns the algorithm a card key is used with: ES256, ES384 or PS256. Other keys are an error.
func AlgorithmFor(pub crypto.PublicKey) (string, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return ES256, nil
		case elliptic.P384():
			return ES384, nil
		}
		return "", fmt.Errorf("elliptic curve %s is not supported", k.Curve.Params().Name)
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSABits || n > maxRSABits {
			return "", fmt.Errorf("RSA key of %d bits is not supported", n)
		}
		return PS256, nil
	}
	return "", fmt.Errorf("key type %T is not supported", pub)
}

// Digest hashes message as alg wants it. An unknown alg is an error.
func Digest(alg string, message []byte) ([]byte, error) {
	switch alg {
	case ES256, PS256, RS256:
		d := sha256.Sum256(message)
		return d[:], nil
	case ES384:
		d := sha512.Sum384(message)
		return d[:], nil
	}
	return nil, fmt.Errorf("signature algorithm %q is not allowed", alg)
}

// VerifySignature checks that s is cert's signature over message. It is pure, needs no trust store and decides nothing
// about whether cert is trusted. Every error is of kind Mismatch.
// s must name cert's key, and carry either cert itself or no certificate.
// ECDSA signatures with a high s are valid (FIPS 186-5 knows no other rule); trailing bytes and non-DER are not.
func VerifySignature(cert *x509.Certificate, s Signature, message []byte) error {
	if err := verifySignature(cert, s, message); err != nil {
		return &Error{Kind: Mismatch, Err: fmt.Errorf("cannot verify signature: %w", err)}
	}
	return nil
}

func verifySignature(cert *x509.Certificate, s Signature, message []byte) error {
	if cert == nil {
		return errors.New("no certificate")
	}
	if s.Key != KeyOf(cert) {
		return errors.New("the signature names another key")
	}
	if len(s.Certificate) > 0 && string(s.Certificate) != string(cert.Raw) {
		return errors.New("the signature carries another certificate")
	}
	want, err := AlgorithmFor(cert.PublicKey)
	if err != nil {
		return err
	}
	if s.Alg != want && !(want == PS256 && s.Alg == RS256) {
		return fmt.Errorf("algorithm %q does not belong to this key", s.Alg)
	}
	digest, err := Digest(s.Alg, message)
	if err != nil {
		return err
	}
	switch k := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(k, digest, s.Value) {
			return errors.New("the signature is wrong")
		}
		return nil
	case *rsa.PublicKey:
		if s.Alg == RS256 {
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest, s.Value)
		}
		return rsa.VerifyPSS(k, crypto.SHA256, digest, s.Value, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return errors.New("internal error: key type slipped through")
}
