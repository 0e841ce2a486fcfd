package trust

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"sexton/token"
)

// checkLeaf applies the rules that need no path.
func (s *Store) checkLeaf(cert *x509.Certificate, slot byte, at time.Time) error {
	switch {
	case cert.Version != 3:
		return problem(Extension, "X.509 version %d, want 3", cert.Version)
	case cert.IsCA:
		return problem(Usage, "it is a CA certificate")
	case at.Before(cert.NotBefore):
		return problem(NotYetValid, "valid from %s, asked for %s", stamp(cert.NotBefore), stamp(at))
	case at.After(cert.NotAfter):
		return problem(Expired, "valid until %s, asked for %s", stamp(cert.NotAfter), stamp(at))
	case !strongSignature(cert.SignatureAlgorithm):
		return problem(WeakKey, "it is signed with %s", cert.SignatureAlgorithm)
	}
	if err := checkKey(cert, at); err != nil {
		return err
	}
	return s.checkUse(cert, slot)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// checkUse wants digitalSignature in 9A, digitalSignature and nonRepudiation in 9C (FIPS 201-3 section 4.2.2, via the
// X.509 certificate and CRL extensions profile), and the right extended key usage.
func (s *Store) checkUse(cert *x509.Certificate, slot byte) error {
	if hasEKU(cert, oidCardAuth) {
		return problem(Usage, "it is a card authentication certificate, which works without PIN")
	}
	if cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return problem(Usage, "keyUsage lacks digitalSignature")
	}
	switch slot {
	case token.SlotAuth:
		for _, oid := range s.opts.AuthEKU {
			if hasEKU(cert, oid) {
				return nil
			}
		}
		return problem(Usage, "extendedKeyUsage has none of %v", s.opts.AuthEKU)
	case token.SlotSign:
		if cert.KeyUsage&x509.KeyUsageContentCommitment == 0 {
			return problem(Usage, "keyUsage lacks nonRepudiation")
		}
		return nil
	}
	return problem(Usage, "slot %X is not used by persons", slot)
}

// ekuOIDs maps the extended key usages crypto/x509 knows by number and we may be asked for.
var ekuOIDs = map[x509.ExtKeyUsage]asn1.ObjectIdentifier{
	x509.ExtKeyUsageClientAuth:      oidClientAuth,
	x509.ExtKeyUsageEmailProtection: {1, 3, 6, 1, 5, 5, 7, 3, 4},
}

// hasEKU looks for oid itself; anyExtendedKeyUsage stands for nothing here.
func hasEKU(cert *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	for _, u := range cert.UnknownExtKeyUsage {
		if u.Equal(oid) {
			return true
		}
	}
	for _, u := range cert.ExtKeyUsage {
		if o, ok := ekuOIDs[u]; ok && o.Equal(oid) {
			return true
		}
	}
	return false
}

// strong128 is when SP 800-78-5 (section 3.1) ends 112-bit strength for authentication.
var strong128 = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

// checkKey wants P-256, P-384, or RSA of 2048 to 4096 bits with an odd exponent over 65536; from 2031 on at least 3072 bits.
func checkKey(c *x509.Certificate, at time.Time) error {
	switch k := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() {
			return problem(WeakKey, "%q has a key on curve %s", c.Subject, k.Curve.Params().Name)
		}
		return nil
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		switch {
		case bits < 2048 || bits > 4096:
			return problem(WeakKey, "%q has an RSA key of %d bits", c.Subject, bits)
		case bits < 3072 && !at.Before(strong128):
			return problem(WeakKey, "%q has an RSA key of %d bits, not enough from 2031 on", c.Subject, bits)
		case k.E < 65537 || k.E%2 == 0:
			return problem(WeakKey, "%q has the RSA exponent %d", c.Subject, k.E)
		}
		return nil
	}
	return problem(WeakKey, "%q has a key of type %T", c.Subject, c.PublicKey)
}

// strongSignature allows SHA-2 with ECDSA, PKCS #1 v1.5 and PSS.
func strongSignature(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return true
	}
	return false
}
