package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1" // subject key identifiers, RFC 5280, section 4.2.1.2
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

// Organisation stands in the name of every bench certificate.
const Organisation = "SEXTON BENCH - NOT A REAL CARD"

// Flaw is what shall be wrong with a certificate. Flaws add up.
type Flaw uint

// Flaws of a certificate.
const (
	Expired         Flaw = 1 << iota // ended a day before NotBefore of the request would begin
	NotYetValid                      // begins where the request would end
	WrongEKU                         // serverAuth instead of client authentication
	CardAuthEKU                      // id-PIV-cardAuth, as in slot 9E
	NoEKU                            // no extended key usage at all
	NoPolicy                         // no certificate policies
	WrongKeyUsage                    // keyEncipherment only
	SHA1                             // signed with SHA-1
	OtherGUID                        // urn:uuid of another card
	NoSAN                            // no subject alternative name
	CriticalSAN                      // SAN critical and FASC-N only
	UnknownCritical                  // a critical extension nobody knows
	IsCA                             // basic constraints say CA
)

// Object identifiers: FIPS 201-3 and the Federal PKI common policy; Microsoft's for
// smart card logon and UPN.
var (
	oidFASCN          = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 6}
	oidContentSigning = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 7}
	oidCardAuth       = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 8}
	oidUPN            = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
	oidSmartcardLogon = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 2}
	oidSAN            = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidUnknown        = asn1.ObjectIdentifier{2, 25, 4711}
	policyAuth        = x509OID(2, 16, 840, 1, 101, 3, 2, 1, 3, 13) // id-fpki-common-authentication
	policySign        = x509OID(2, 16, 840, 1, 101, 3, 2, 1, 3, 7)  // id-fpki-common-hardware
	policyCardAuth    = x509OID(2, 16, 840, 1, 101, 3, 2, 1, 3, 17) // id-fpki-common-cardAuth
)

func x509OID(n ...uint64) x509.OID {
	o, err := x509.OIDFromInts(n)
	if err != nil {
		panic(err) // the identifiers above are constants
	}
	return o
}

// CA is a bench certification authority with one self-signed certificate.
type CA struct {
	name string
	key  crypto.Signer
	cert *x509.Certificate
}

// CAOptions shape a CA. The zero value is a P-256 authority valid from a day ago
// for ten years.
type CAOptions struct {
	Key                 KeyType
	NotBefore, NotAfter time.Time
}

// NewCA makes an authority with a fresh key. Two with the same name are different
// authorities that a name comparison cannot tell apart.
func NewCA(name string, o CAOptions) (*CA, error) {
	if o.Key == NoKey {
		o.Key = P256
	}
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().AddDate(0, 0, -1)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = o.NotBefore.AddDate(10, 0, 0)
	}
	key, err := generateKey(o.Key)
	if err != nil {
		return nil, fmt.Errorf("cannot make authority %q: %w", name, err)
	}
	t := &x509.Certificate{
		SerialNumber:          serialNumber(),
		Subject:               pkix.Name{Organization: []string{Organisation}, CommonName: name},
		NotBefore:             o.NotBefore,
		NotAfter:              o.NotAfter,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          keyID(key.Public()),
	}
	cert, err := sign(t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("cannot make authority %q: %w", name, err)
	}
	return &CA{name: name, key: key, cert: cert}, nil
}

// Certificate is the self-signed certificate.
func (a *CA) Certificate() *x509.Certificate { return a.cert }

// PEM is the anchor as one CERTIFICATE block.
func (a *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Request asks for a card certificate.
type Request struct {
	Slot                byte // 9A, 9C, 9D or 9E: decides usage and policy
	Public              crypto.PublicKey
	Name                string
	GUID                [16]byte
	FASCN               []byte
	UPN                 string
	NotBefore, NotAfter time.Time // zero: an hour ago, three years from now
	Flaw                Flaw
}

// Issue signs a certificate with the profile of the slot:
//
//	9A  digitalSignature, clientAuth + smartcardLogon, id-fpki-common-authentication
//	9C  digitalSignature + nonRepudiation, clientAuth + smartcardLogon + emailProtection, id-fpki-common-hardware
//	9D  keyEncipherment, or keyAgreement for EC
//	9E  digitalSignature, id-PIV-cardAuth critical, id-fpki-common-cardAuth
//
// and SAN with FASC-N, urn:uuid and, when given, UPN.
func (a *CA) Issue(r Request) (*x509.Certificate, error) {
	if r.NotBefore.IsZero() {
		r.NotBefore = time.Now().Add(-time.Hour)
	}
	if r.NotAfter.IsZero() {
		r.NotAfter = r.NotBefore.AddDate(3, 0, 0)
	}
	t := &x509.Certificate{
		SerialNumber:          serialNumber(),
		Subject:               pkix.Name{Organization: []string{Organisation}, CommonName: r.Name},
		NotBefore:             r.NotBefore,
		NotAfter:              r.NotAfter,
		BasicConstraintsValid: true,
		SubjectKeyId:          keyID(r.Public),
	}
	if err := profile(t, r); err != nil {
		return nil, err
	}
	if err := flaws(t, r, a.key); err != nil {
		return nil, err
	}
	cert, err := sign(t, a.cert, r.Public, a.key)
	if err != nil {
		return nil, fmt.Errorf("cannot issue a certificate for %q: %w", r.Name, err)
	}
	return cert, nil
}

// profile fills usage, policy and names by slot.
func profile(t *x509.Certificate, r Request) error {
	t.KeyUsage = x509.KeyUsageDigitalSignature
	switch r.Slot {
	case 0x9A:
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oidSmartcardLogon}
		t.Policies = []x509.OID{policyAuth}
	case 0x9C:
		t.KeyUsage |= x509.KeyUsageContentCommitment
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection}
		t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oidSmartcardLogon}
		t.Policies = []x509.OID{policySign}
	case 0x9D:
		t.KeyUsage = x509.KeyUsageKeyEncipherment
		if _, ec := r.Public.(*ecdsa.PublicKey); ec {
			t.KeyUsage = x509.KeyUsageKeyAgreement
		}
		t.Policies = []x509.OID{policySign}
	case 0x9E:
		t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oidCardAuth}
		t.Policies = []x509.OID{policyCardAuth}
	default:
		return fmt.Errorf("cannot issue a certificate for slot %02X", r.Slot)
	}
	san, err := subjectAltName(r)
	if err != nil {
		return err
	}
	t.ExtraExtensions = []pkix.Extension{{Id: oidSAN, Value: san}}
	return nil
}

// flaws spoils the template.
func flaws(t *x509.Certificate, r Request, signer crypto.Signer) error {
	has := func(f Flaw) bool { return r.Flaw&f != 0 }
	if has(Expired) {
		t.NotBefore, t.NotAfter = r.NotBefore.AddDate(-3, 0, 0), r.NotBefore.AddDate(0, 0, -1)
	}
	if has(NotYetValid) {
		t.NotBefore, t.NotAfter = r.NotAfter, r.NotAfter.AddDate(3, 0, 0)
	}
	if has(WrongEKU | CardAuthEKU | NoEKU) {
		t.ExtKeyUsage, t.UnknownExtKeyUsage = nil, nil
	}
	if has(WrongEKU) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if has(CardAuthEKU) {
		t.UnknownExtKeyUsage = []asn1.ObjectIdentifier{oidCardAuth}
	}
	if has(NoPolicy) {
		t.Policies = nil
	}
	if has(WrongKeyUsage) {
		t.KeyUsage = x509.KeyUsageKeyEncipherment
	}
	if has(SHA1) {
		t.SignatureAlgorithm = x509.ECDSAWithSHA1
		if !typeOfKey(signer).isEC() {
			t.SignatureAlgorithm = x509.SHA1WithRSA
		}
	}
	if has(IsCA) {
		t.IsCA = true
		t.KeyUsage |= x509.KeyUsageCertSign
	}
	if has(OtherGUID) {
		copy(r.GUID[:], random(16))
	}
	if has(OtherGUID | CriticalSAN) {
		if has(CriticalSAN) {
			r.GUID, r.UPN = [16]byte{}, ""
		}
		san, err := subjectAltName(r)
		if err != nil {
			return err
		}
		t.ExtraExtensions = []pkix.Extension{{Id: oidSAN, Critical: has(CriticalSAN), Value: san}}
	}
	if has(NoSAN) {
		t.ExtraExtensions = nil
	}
	if has(UnknownCritical) {
		t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidUnknown, Critical: true, Value: []byte{5, 0}})
	}
	return nil
}

// subjectAltName encodes GeneralNames (RFC 5280, section 4.2.1.6) with otherName and
// URI; the parts that are empty are left out.
func subjectAltName(r Request) ([]byte, error) {
	var names []asn1.RawValue
	other := func(id asn1.ObjectIdentifier, value any, params string) error {
		v, err := asn1.MarshalWithParams(value, params)
		if err != nil {
			return fmt.Errorf("cannot encode an alternative name: %w", err)
		}
		oid, err := asn1.Marshal(id)
		if err != nil {
			return fmt.Errorf("cannot encode an alternative name: %w", err)
		}
		names = append(names, asn1.RawValue{
			Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: append(oid, tlv(0xA0, v)...),
		})
		return nil
	}
	if len(r.FASCN) > 0 {
		if err := other(oidFASCN, r.FASCN, ""); err != nil {
			return nil, err
		}
	}
	if r.UPN != "" {
		if err := other(oidUPN, r.UPN, "utf8"); err != nil {
			return nil, err
		}
	}
	if r.GUID != [16]byte{} {
		g := r.GUID
		u := url.URL{Scheme: "urn", Opaque: fmt.Sprintf("uuid:%x-%x-%x-%x-%x", g[:4], g[4:6], g[6:8], g[8:10], g[10:])}
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(u.String())})
	}
	return asn1.Marshal(names)
}

func serialNumber() *big.Int { return new(big.Int).SetBytes(append([]byte{1}, random(15)...)) }

// keyID is the SHA-1 of the subject public key bits (RFC 5280, section 4.2.1.2,
// method 1).
func keyID(pub crypto.PublicKey) []byte {
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:]
}

func sign(t, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, pub, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
