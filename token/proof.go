package token

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
)

// VerifyProof checks that p answers c, and returns the 9A certificate that did. Whether that certificate is trusted,
// and whose it is, is for the caller to check. Pure. Errors are of kind Mismatch.
func VerifyProof(p LoginProof, c Challenge) (*x509.Certificate, error) {
	fail := func(err error) (*x509.Certificate, error) {
		return nil, &Error{Kind: Mismatch, Err: fmt.Errorf("cannot verify login proof: %w", err)}
	}
	want, err := c.Message(p.Nonce)
	if err != nil {
		return fail(err)
	}
	if !bytes.Equal(want, p.Message) {
		return fail(errors.New("the signed message is not this challenge"))
	}
	cert, err := x509.ParseCertificate(p.Signature.Certificate)
	if err != nil {
		return fail(err)
	}
	if err := VerifySignature(cert, p.Signature, p.Message); err != nil {
		return nil, err
	}
	return cert, nil
}
