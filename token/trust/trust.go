// Package trust decides whether a PIV certificate is acceptable: pinned anchors, validity, use, strength. PURE.
//
// It follows RFC 5280 section 6 (through crypto/x509 for path building and signatures) and the PIV certificate profiles
// (FIPS 201-3 section 4.2.2, SP 800-78-5), and adds what crypto/x509 leaves out:
//
//	certificate -> leaf rules (key, signature algorithm, not a CA, keyUsage, EKU per slot, subjectAltName)
//	            -> path to a pinned anchor at the given time, at most MaxIntermediates between
//	            -> every certificate on the path: algorithm, key strength, required policies
//
// The system's certificate pool is never consulted. Time is always an argument; the zero time is an error, since crypto/x509
// would take it for "now". crypto/x509's CertificatePolicies option does not refuse a leaf that lacks the
// policy, and its default key usage refuses smart card logon; both are therefore checked here.
//
// Failure modes: a *token.Error of kind Trust that wraps a *Problem with the reason.
//
// What it does not do: revocation, attestation, the CHUID's own signature, name constraints on FASC-N, and anything
// that needs a network.
package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"sexton/token"
)

// Extended key usages (FIPS 201-3, X.509 profile; the first is Microsoft's smart card logon).
var (
	oidSmartcardLogon = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 2}
	oidClientAuth     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	oidCardAuth       = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 8} // id-PIV-cardAuth: needs no PIN, is nobody's login
)

// Options refine a Store. The zero value is the default everywhere.
type Options struct {
	// Intermediates are PEM certificates that may stand between a card and an anchor. They are not trusted by themselves.
	Intermediates []byte
	// MaxIntermediates bounds the path. 0 means 2.
	MaxIntermediates int
	// AuthEKU lists extended key usages of which a 9A certificate needs one. nil means smartcardLogon or clientAuth.
	AuthEKU []asn1.ObjectIdentifier
	// Policies lists, by slot, certificate policies of which the leaf and each CA below the anchor need one.
	// An absent slot demands none.
	Policies map[byte][]asn1.ObjectIdentifier
	// RequireCHUID refuses cards without a CHUID GUID in CheckIdentity.
	RequireCHUID bool
	// IgnoreCHUIDExpiry accepts an expired CHUID in CheckIdentity; some private cards carry a fixed date nobody maintains.
	IgnoreCHUIDExpiry bool
}

// Store holds the anchors and rules of one station or inspector. It is immutable and safe for concurrent use.
type Store struct {
	opts    Options
	anchors []*x509.Certificate
	roots   *x509.CertPool
	between *x509.CertPool
}

// New makes a Store of the PEM certificates in anchorsPEM. Each must be a self-signed CA certificate that may sign
// certificates; there must be at least one. Text between PEM blocks is allowed, other block types are not.
func New(anchorsPEM []byte, opts Options) (*Store, error) {
	anchors, err := parsePEM(anchorsPEM)
	if err != nil {
		return nil, fmt.Errorf("cannot read trust anchors: %w", err)
	}
	if len(anchors) == 0 {
		return nil, errors.New("cannot read trust anchors: there is no certificate")
	}
	s := &Store{opts: opts, anchors: anchors, roots: x509.NewCertPool(), between: x509.NewCertPool()}
	for _, a := range anchors {
		if err := checkAnchor(a); err != nil {
			return nil, fmt.Errorf("cannot use trust anchor %q: %w", a.Subject, err)
		}
		s.roots.AddCert(a)
	}
	middle, err := parsePEM(opts.Intermediates)
	if err != nil {
		return nil, fmt.Errorf("cannot read intermediate certificates: %w", err)
	}
	for _, c := range middle {
		s.between.AddCert(c)
	}
	if s.opts.MaxIntermediates == 0 {
		s.opts.MaxIntermediates = 2
	}
	if s.opts.AuthEKU == nil {
		s.opts.AuthEKU = []asn1.ObjectIdentifier{oidSmartcardLogon, oidClientAuth}
	}
	return s, nil
}

// Anchors returns the pinned anchors, in the order given.
func (s *Store) Anchors() []*x509.Certificate { return append([]*x509.Certificate(nil), s.anchors...) }

func parsePEM(b []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			if bytes.Contains(b, []byte("-----BEGIN")) {
				return nil, errors.New("broken PEM block")
			}
			return out, nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block of type %q", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
		b = rest
	}
}

func checkAnchor(a *x509.Certificate) error {
	if !a.BasicConstraintsValid || !a.IsCA {
		return errors.New("it is not a CA certificate")
	}
	if a.KeyUsage != 0 && a.KeyUsage&x509.KeyUsageCertSign == 0 {
		return errors.New("it may not sign certificates")
	}
	if !bytes.Equal(a.RawSubject, a.RawIssuer) {
		return errors.New("it is not self-signed")
	}
	if err := a.CheckSignatureFrom(a); err != nil {
		return fmt.Errorf("it is not self-signed: %w", err)
	}
	return checkKey(a, a.NotBefore)
}

// Check tells whether cert is acceptable in slot (token.SlotAuth or token.SlotSign) at the time at.
// The error is a *token.Error of kind Trust wrapping a *Problem.
func (s *Store) Check(cert *x509.Certificate, slot byte, at time.Time) error {
	if err := s.check(cert, slot, at); err != nil {
		return &token.Error{Kind: token.Trust, Err: fmt.Errorf("cannot trust certificate for slot %X: %w", slot, err)}
	}
	return nil
}

func (s *Store) check(cert *x509.Certificate, slot byte, at time.Time) error {
	if cert == nil {
		return problem(Missing, "there is no certificate")
	}
	if at.IsZero() {
		return problem(Clock, "no time was given")
	}
	if err := s.checkLeaf(cert, slot, at); err != nil {
		return err
	}
	chains, err := s.paths(cert, at)
	if err != nil {
		return err
	}
	var first error
	for _, chain := range chains {
		err := s.checkPath(chain, slot, at)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// paths builds the paths from cert to the pinned anchors.
func (s *Store) paths(cert *x509.Certificate, at time.Time) ([][]*x509.Certificate, error) {
	leaf, err := withoutKnownSAN(cert)
	if err != nil {
		return nil, err
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: s.roots, Intermediates: s.between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, pathProblem(err)
	}
	return chains, nil
}

// pathProblem turns crypto/x509's verdict into ours.
func pathProblem(err error) error {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var critical x509.UnhandledCriticalExtension
	switch {
	case errors.As(err, &unknown):
		return problem(UnknownIssuer, "%w", err)
	case errors.As(err, &critical):
		return problem(Extension, "%w", err)
	case errors.As(err, &invalid):
		switch invalid.Reason {
		case x509.Expired:
			return problem(Expired, "a certificate on the path is not valid at that time: %w", err)
		case x509.TooManyIntermediates:
			return problem(PathLength, "%w", err)
		}
	}
	return problem(Path, "%w", err)
}

// checkPath applies our rules to every certificate of one path; chain[0] is the leaf, the last is an anchor.
func (s *Store) checkPath(chain []*x509.Certificate, slot byte, at time.Time) error {
	if n := len(chain) - 2; n > s.opts.MaxIntermediates {
		return problem(PathLength, "%d intermediate certificates, at most %d are allowed", n, s.opts.MaxIntermediates)
	}
	for _, c := range chain[1:] {
		if err := checkKey(c, at); err != nil {
			return err
		}
		if !strongSignature(c.SignatureAlgorithm) {
			return problem(WeakKey, "CA %q is signed with %s", c.Subject, c.SignatureAlgorithm)
		}
	}
	want := s.opts.Policies[slot]
	if len(want) == 0 {
		return nil
	}
	for _, c := range chain[:len(chain)-1] {
		if !hasPolicy(c, want) {
			return problem(Policy, "%q has none of the required certificate policies", c.Subject)
		}
	}
	return nil
}

func hasPolicy(c *x509.Certificate, want []asn1.ObjectIdentifier) bool {
	for _, p := range c.Policies {
		for _, w := range want {
			if p.EqualASN1OID(w) {
				return true
			}
		}
	}
	return false
}
