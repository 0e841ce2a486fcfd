package trust

import "crypto/x509"

// ParseSAN tells how many names of known kinds cert has.
func ParseSAN(cert *x509.Certificate) (known int, err error) {
	n, err := parseSAN(cert)
	return len(n.fascn) + len(n.uuid) + n.upn, err
}
