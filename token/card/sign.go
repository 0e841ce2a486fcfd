package card

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"sexton/token"
)

// algorithm is what GENERAL AUTHENTICATE needs to know of a key.
type algorithm struct {
	id   byte   // SP 800-78-5, table 10
	name string // token.ES256 ...
	size int    // RSA: bytes of the modulus; 0 for ECDSA
}

func algorithmOf(cert *x509.Certificate) (algorithm, error) {
	name, err := token.AlgorithmFor(cert.PublicKey)
	if err != nil {
		return algorithm{}, err
	}
	switch name {
	case token.ES256:
		return algorithm{id: 0x11, name: name}, nil
	case token.ES384:
		return algorithm{id: 0x14, name: name}, nil
	}
	switch n := cert.PublicKey.(*rsa.PublicKey).N.BitLen(); n {
	case 2048:
		return algorithm{id: 0x07, name: name, size: 256}, nil
	case 3072:
		return algorithm{id: 0x05, name: name, size: 384}, nil
	default:
		return algorithm{}, fmt.Errorf("RSA key of %d bits cannot be used on a card", n)
	}
}

// Supported tells whether the card client can sign with cert's key; the error is of kind WrongCard.
func Supported(cert *x509.Certificate) error {
	if cert == nil {
		return &token.Error{Kind: token.WrongCard, Err: errors.New("the card has no certificate for this key")}
	}
	if _, err := algorithmOf(cert); err != nil {
		return &token.Error{Kind: token.WrongCard, Err: err}
	}
	return nil
}

// Sign has message signed by the key in slot and verifies the result against cert before returning it.
// For 9C it must follow Verify immediately. Errors: WrongCard (no usable key), PINNeeded (the card wants VERIFY first),
// Mismatch (the signature is not by cert's key: another card, a copied certificate, or a broken card), Protocol.
func (c *Card) Sign(ctx context.Context, slot byte, cert *x509.Certificate, message []byte) (token.Signature, error) {
	if err := Supported(cert); err != nil {
		return token.Signature{}, err
	}
	alg, err := algorithmOf(cert)
	if err != nil {
		return token.Signature{}, &token.Error{Kind: token.WrongCard, Err: err}
	}
	input, err := token.Digest(alg.name, message)
	if err != nil {
		return token.Signature{}, &token.Error{Kind: token.WrongCard, Err: err}
	}
	if alg.size > 0 {
		if input, err = encodePSS(input, alg.size); err != nil {
			return token.Signature{}, err
		}
	}
	value, err := c.generalAuthenticate(ctx, alg.id, slot, input)
	if err != nil {
		return token.Signature{}, err
	}
	s := token.Signature{Alg: alg.name, Key: token.KeyOf(cert), Value: value, Certificate: cert.Raw}
	if err := token.VerifySignature(cert, s, message); err != nil {
		return token.Signature{}, err
	}
	return s, nil
}

// generalAuthenticate runs the key in slot over input (SP 800-73-5 part 2, section 3.2.4, and appendix A.4):
// 7C {82 empty, 81 input} -> 7C {82 result}.
func (c *Card) generalAuthenticate(ctx context.Context, alg, slot byte, input []byte) ([]byte, error) {
	data := appendTLV(appendTLV(nil, 0x82, nil), 0x81, input)
	resp, sw, err := c.exchange(ctx, 0x87, alg, slot, appendTLV(nil, 0x7C, data), true)
	if err != nil {
		return nil, err
	}
	switch sw {
	case swOK:
	case swUnsatisfied:
		return nil, &token.Error{Kind: token.PINNeeded, Left: -1, SW: sw}
	case swNotFound, swRefNotFound, swWrongData, swWrongP1P2, swNoConditions:
		return nil, &token.Error{Kind: token.WrongCard, SW: sw, Err: fmt.Errorf("the card has no key for its certificate in slot %X", slot)}
	default:
		return nil, protocolError(sw, "cannot sign in slot %X", slot)
	}
	outer, err := parseTLV(resp)
	if err != nil {
		return nil, protocolError(0, "cannot parse signature: %w", err)
	}
	if len(outer) != 1 || outer[0].tag != 0x7C {
		return nil, protocolError(0, "cannot parse signature: no dynamic authentication template")
	}
	inner, err := parseTLV(outer[0].value)
	if err != nil {
		return nil, protocolError(0, "cannot parse signature: %w", err)
	}
	value, ok := find(inner, 0x82)
	if !ok || len(inner) != 1 || len(value) == 0 {
		return nil, protocolError(0, "cannot parse signature: no response")
	}
	return value, nil
}
