package card

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// chuidSigned is the part of the CHUID the issuer signs: every element before 3E
// (FIPS 201-3, section 4.2.1).
func chuidSigned(fascn []byte, guid [16]byte, expires time.Time) []byte {
	b := chuidObject(fascn, guid, expires, nil)
	return b[:len(b)-4] // without 3E 00 FE 00
}

// CMS structures: RFC 5652, sections 5.1 and 5.3.
type (
	cmsContentInfo struct {
		Type    asn1.ObjectIdentifier
		Content cmsSignedData `asn1:"explicit,tag:0"`
	}
	cmsSignedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Encap        struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []cmsSignerInfo `asn1:"set"`
	}
	cmsSignerInfo struct {
		Version   int
		Signer    cmsIssuerSerial
		Digest    pkix.AlgorithmIdentifier
		Signed    asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature []byte
	}
	cmsIssuerSerial struct {
		Issuer asn1.RawValue
		Serial asn1.RawValue
	}
	cmsAttribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidCHUIDSecurity = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 1} // id-PIV-CHUIDSecurityObject
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// signCHUID makes the issuer's asymmetric signature: detached CMS SignedData by a
// fresh content signer with EKU id-PIV-content-signing, its certificate enclosed
// (SP 800-73-5 part 1, section 3.1.2).
func (a *CA) signCHUID(content []byte, now time.Time) ([]byte, error) {
	key, err := generateKey(P256)
	if err != nil {
		return nil, err
	}
	cert, err := sign(&x509.Certificate{
		SerialNumber:       serialNumber(),
		Subject:            pkix.Name{Organization: []string{Organisation}, CommonName: "Bench content signer"},
		NotBefore:          now.Add(-time.Hour),
		NotAfter:           now.AddDate(9, 0, 0),
		KeyUsage:           x509.KeyUsageDigitalSignature,
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{oidContentSigning},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("cannot issue a content signer: %w", err)
	}
	out, err := detachedCMS(content, cert, key)
	if err != nil {
		return nil, fmt.Errorf("cannot sign a CHUID: %w", err)
	}
	return out, nil
}

func detachedCMS(content []byte, cert *x509.Certificate, key crypto.Signer) ([]byte, error) {
	digest := sha256.Sum256(content)
	contentType, err := asn1.Marshal(oidCHUIDSecurity)
	if err != nil {
		return nil, err
	}
	messageDigest, err := asn1.Marshal(digest[:])
	if err != nil {
		return nil, err
	}
	attrs, err := asn1.MarshalWithParams([]cmsAttribute{
		{oidContentType, []asn1.RawValue{{FullBytes: contentType}}},
		{oidMessageDigest, []asn1.RawValue{{FullBytes: messageDigest}}},
	}, "set")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(attrs) // signed as SET OF, sent as [0]: RFC 5652, section 5.4
	sig, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return nil, err
	}
	implicit := bytes.Clone(attrs)
	implicit[0] = 0xA0
	sha := pkix.AlgorithmIdentifier{Algorithm: oidSHA256}
	info := cmsContentInfo{Type: oidSignedData, Content: cmsSignedData{
		Version:      3,
		Digests:      []pkix.AlgorithmIdentifier{sha},
		Certificates: asn1.RawValue{FullBytes: tlv(0xA0, cert.Raw)},
		Signers: []cmsSignerInfo{{
			Version:   1,
			Signer:    cmsIssuerSerial{asn1.RawValue{FullBytes: cert.RawIssuer}, asn1.RawValue{FullBytes: serial}},
			Digest:    sha,
			Signed:    asn1.RawValue{FullBytes: implicit},
			Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidECDSASHA256},
			Signature: sig,
		}},
	}}
	info.Content.Encap.Type = oidCHUIDSecurity
	return asn1.Marshal(info)
}
