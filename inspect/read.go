package inspect

import (
	"fmt"

	"sexton/certificate"
)

// Read summarises a certificate without checking anything but its form: no
// trust file is needed, and nothing in the result is verified.
func Read(bundle []byte) (*Summary, error) {
	in := &inspection{data: bundle, trust: &Trust{}}
	for _, run := range []func() (string, error){in.fileForm, in.leafForm, in.batchActs} {
		if _, err := run(); err != nil {
			return nil, fmt.Errorf("cannot show certificate: %w", err)
		}
	}
	return in.summary(), nil
}

// Redact returns the certificate without openings and attachments. It stands
// under the same root and carries the same statement.
func Redact(bundle []byte) ([]byte, error) {
	b, err := certificate.Parse(bundle)
	if err != nil {
		return nil, err
	}
	return b.Redact().Encode()
}

// MaxBundle is the largest certificate, in bytes.
const MaxBundle = certificate.MaxBundle
