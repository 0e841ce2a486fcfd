package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"
)

// Names inside subjectAltName (FIPS 201-3 section 4.2.2; RFC 4122 for the URN).
var (
	oidSAN   = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidFASCN = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 6}
	oidUPN   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
)

// altNames is what a PIV certificate's subjectAltName says about its card and person.
type altNames struct {
	fascn [][]byte // FASC-N, 25 bytes each
	uuid  []string // urn:uuid, 32 lower-case hex digits
	upn   int      // how many user principal names
	other bool     // an otherName of a kind we do not know
}

// parseSAN reads the subjectAltName of cert; the zero altNames if it has none.
func parseSAN(cert *x509.Certificate) (altNames, error) {
	var out altNames
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidSAN) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(e.Value, &names); err != nil || len(rest) != 0 {
			return out, problem(Extension, "subjectAltName cannot be parsed")
		}
		for _, n := range names {
			if n.Class != asn1.ClassContextSpecific || n.Tag != 0 {
				continue
			}
			if err := out.addOther(n.Bytes); err != nil {
				return out, err
			}
		}
	}
	for _, u := range cert.URIs {
		if text, ok := strings.CutPrefix(strings.ToLower(u.String()), "urn:uuid:"); ok {
			text = strings.ReplaceAll(text, "-", "")
			if raw, err := hex.DecodeString(text); err != nil || len(raw) != 16 {
				return out, problem(Extension, "subjectAltName has a broken UUID")
			}
			out.uuid = append(out.uuid, text)
		}
	}
	return out, nil
}

// addOther reads the content of one otherName: type-id, then the value in an explicit [0].
func (a *altNames) addOther(b []byte) error {
	var id asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(b, &id)
	if err != nil {
		return problem(Extension, "subjectAltName has a broken otherName")
	}
	var wrap, value asn1.RawValue
	if rest, err = asn1.Unmarshal(rest, &wrap); err != nil || len(rest) != 0 || wrap.Class != asn1.ClassContextSpecific || wrap.Tag != 0 {
		return problem(Extension, "subjectAltName has a broken otherName")
	}
	if rest, err = asn1.Unmarshal(wrap.Bytes, &value); err != nil || len(rest) != 0 {
		return problem(Extension, "subjectAltName has a broken otherName")
	}
	switch {
	case id.Equal(oidFASCN):
		if value.Class != asn1.ClassUniversal || value.Tag != asn1.TagOctetString || len(value.Bytes) != 25 {
			return problem(Extension, "subjectAltName has a FASC-N that is not 25 bytes")
		}
		a.fascn = append(a.fascn, bytes.Clone(value.Bytes))
	case id.Equal(oidUPN):
		a.upn++
	default:
		a.other = true
	}
	return nil
}

// withoutKnownSAN returns cert in a form crypto/x509 verifies although its critical subjectAltName holds only otherNames.
// That is allowed if all of them are of kinds we have read; any other critical extension stays unhandled.
func withoutKnownSAN(cert *x509.Certificate) (*x509.Certificate, error) {
	unhandled := -1
	for i, id := range cert.UnhandledCriticalExtensions {
		if id.Equal(oidSAN) {
			unhandled = i
		}
	}
	if unhandled < 0 {
		return cert, nil
	}
	names, err := parseSAN(cert)
	if err != nil {
		return nil, err
	}
	if names.other || len(names.fascn)+names.upn == 0 {
		return nil, problem(Extension, "critical subjectAltName has a name of unknown kind")
	}
	c := *cert
	c.UnhandledCriticalExtensions = nil
	for i, id := range cert.UnhandledCriticalExtensions {
		if i != unhandled {
			c.UnhandledCriticalExtensions = append(c.UnhandledCriticalExtensions, id)
		}
	}
	return &c, nil
}
