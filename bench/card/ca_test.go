package card_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/bench/card"
)

var (
	oidLogon    = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 2}
	oidCardAuth = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 8}
	oidFASCN    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 6, 6}
	oidSAN      = asn1.ObjectIdentifier{2, 5, 29, 17}
)

func policies(c *x509.Certificate) (out []string) {
	for _, p := range c.Policies {
		out = append(out, p.String())
	}
	return out
}

func hasOID(list []asn1.ObjectIdentifier, want asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(list, want.Equal)
}

// san finds the extension and the FASC-N in it by its encoding.
func san(t *testing.T, c *x509.Certificate) (critical bool, raw []byte) {
	t.Helper()
	for _, e := range c.Extensions {
		if e.Id.Equal(oidSAN) {
			return e.Critical, e.Value
		}
	}
	return false, nil
}

func TestProfiles(t *testing.T) {
	ca := newCA(t)
	c := newCard(t, card.Spec{CA: ca, Key9D: card.P256, Key9E: card.RSA2048, UPN: "anna@bench.invalid", Name: "Anna Example"})
	for slot, want := range map[byte]struct {
		usage  x509.KeyUsage
		policy string
		login  bool
	}{
		0x9A: {x509.KeyUsageDigitalSignature, "2.16.840.1.101.3.2.1.3.13", true},
		0x9C: {x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, "2.16.840.1.101.3.2.1.3.7", true},
		0x9D: {x509.KeyUsageKeyAgreement, "2.16.840.1.101.3.2.1.3.7", false},
		0x9E: {x509.KeyUsageDigitalSignature, "2.16.840.1.101.3.2.1.3.17", false},
	} {
		cert := c.Certificate(slot)
		if cert.KeyUsage != want.usage || !slices.Equal(policies(cert), []string{want.policy}) {
			t.Errorf("%02X: usage %b, policies %v", slot, cert.KeyUsage, policies(cert))
		}
		login := slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && hasOID(cert.UnknownExtKeyUsage, oidLogon)
		if login != want.login || hasOID(cert.UnknownExtKeyUsage, oidCardAuth) != (slot == 0x9E) {
			t.Errorf("%02X: extended usage %v %v", slot, cert.ExtKeyUsage, cert.UnknownExtKeyUsage)
		}
		if !slices.Equal(cert.Subject.Organization, []string{card.Organisation}) || cert.IsCA || cert.Subject.CommonName != "Anna Example" {
			t.Errorf("%02X: subject %s", slot, cert.Subject)
		}
		if len(cert.URIs) != 1 || strings.ReplaceAll(strings.TrimPrefix(cert.URIs[0].String(), "urn:uuid:"), "-", "") != c.GUID() {
			t.Errorf("%02X: URIs %v, GUID %s", slot, cert.URIs, c.GUID())
		}
		critical, raw := san(t, cert)
		oid, err := asn1.Marshal(oidFASCN)
		if err != nil {
			t.Fatal(err)
		}
		if critical || !strings.Contains(string(raw), string(oid)) || !strings.Contains(string(raw), string(c.FASCN())) || !strings.Contains(string(raw), "anna@bench.invalid") {
			t.Errorf("%02X: SAN %X", slot, raw)
		}
	}
	anchor := ca.Certificate()
	if !anchor.IsCA || !anchor.MaxPathLenZero || anchor.Subject.Organization[0] != card.Organisation || anchor.CheckSignatureFrom(anchor) != nil {
		t.Errorf("anchor %s", anchor.Subject)
	}
}

// Each flaw is judged by Go's own path validation where Go looks at it, and by its fields
// where Go does not.
func TestFlaws(t *testing.T) {
	ca := newCA(t)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Certificate())
	verify := func(c *x509.Certificate) error {
		_, err := c.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		return err
	}
	invalid := func(reason x509.InvalidReason) func(*x509.Certificate) bool {
		return func(c *x509.Certificate) bool {
			var e x509.CertificateInvalidError
			return errors.As(verify(c), &e) && e.Reason == reason
		}
	}
	good := newCard(t, card.Spec{CA: ca})
	if err := verify(good.Certificate(0x9A)); err != nil {
		t.Fatalf("without a flaw: %v", err)
	}
	for flaw, ok := range map[card.Flaw]func(*x509.Certificate) bool{
		card.Expired:     func(c *x509.Certificate) bool { return invalid(x509.Expired)(c) && c.NotAfter.Before(time.Now()) },
		card.NotYetValid: func(c *x509.Certificate) bool { return invalid(x509.Expired)(c) && c.NotBefore.After(time.Now()) },
		card.WrongEKU:    invalid(x509.IncompatibleUsage),
		card.CardAuthEKU: func(c *x509.Certificate) bool {
			return invalid(x509.IncompatibleUsage)(c) && hasOID(c.UnknownExtKeyUsage, oidCardAuth)
		},
		card.NoEKU:         func(c *x509.Certificate) bool { return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 },
		card.NoPolicy:      func(c *x509.Certificate) bool { return len(c.Policies) == 0 },
		card.WrongKeyUsage: func(c *x509.Certificate) bool { return c.KeyUsage == x509.KeyUsageKeyEncipherment },
		card.SHA1: func(c *x509.Certificate) bool {
			var e x509.InsecureAlgorithmError
			return c.SignatureAlgorithm == x509.ECDSAWithSHA1 && errors.As(c.CheckSignatureFrom(ca.Certificate()), &e)
		},
		card.OtherGUID: func(c *x509.Certificate) bool { return len(c.URIs) == 1 },
		card.NoSAN:     func(c *x509.Certificate) bool { _, raw := san(t, c); return raw == nil },
		card.CriticalSAN: func(c *x509.Certificate) bool {
			critical, _ := san(t, c)
			var e x509.UnhandledCriticalExtension
			return critical && errors.As(verify(c), &e)
		},
		card.UnknownCritical: func(c *x509.Certificate) bool {
			var e x509.UnhandledCriticalExtension
			return errors.As(verify(c), &e)
		},
		card.IsCA: func(c *x509.Certificate) bool { return c.IsCA },
	} {
		c := newCard(t, card.Spec{CA: ca, Flaw9A: flaw})
		cert := c.Certificate(0x9A)
		if !ok(cert) {
			t.Errorf("flaw %b: not found; Go says %v", flaw, verify(cert))
		}
		if flaw == card.OtherGUID && strings.Contains(strings.ReplaceAll(cert.URIs[0].String(), "-", ""), c.GUID()) {
			t.Error("the GUID is the card's")
		}
		if err := verify(c.Certificate(0x9C)); err != nil {
			t.Errorf("flaw %b reached 9C: %v", flaw, err)
		}
	}
	other := newCard(t, card.Spec{CA: newCA(t)})
	var unknown x509.UnknownAuthorityError
	if err := verify(other.Certificate(0x9A)); !errors.As(err, &unknown) || other.Certificate(0x9A).Issuer.String() != ca.Certificate().Subject.String() {
		t.Errorf("an authority of the same name: %v", err)
	}
	weak := newCard(t, card.Spec{CA: ca, Key9A: card.RSA1024})
	if n := weak.Certificate(0x9A).PublicKey.(*rsa.PublicKey).N.BitLen(); n != 1024 {
		t.Errorf("RSA-%d", n)
	}
	rsaCA, err := card.NewCA("RSA", card.CAOptions{Key: card.RSA2048})
	if err != nil {
		t.Fatal(err)
	}
	if alg := newCard(t, card.Spec{CA: rsaCA, Flaw9A: card.SHA1}).Certificate(0x9A).SignatureAlgorithm; alg != x509.SHA1WithRSA {
		t.Errorf("%v", alg)
	}
}

// chuid reads the elements of the CHUID.
func chuid(h host) (fascn, guid, expires, signature []byte) {
	h.t.Helper()
	b := h.get("5FC102")
	next := func(tag byte) []byte {
		v := h.open(b, tag)
		head := 2
		if b[1]&0x80 != 0 {
			head += int(b[1] & 0x7F)
		}
		b = b[head+len(v):]
		return v
	}
	fascn, guid, expires, signature = next(0x30), next(0x34), next(0x35), next(0x3E)
	if string(b) != "\xFE\x00" {
		h.t.Errorf("CHUID ends with %X", b)
	}
	return
}

func TestCHUID(t *testing.T) {
	ca := newCA(t)
	expiry := time.Date(2031, 5, 6, 0, 0, 0, 0, time.UTC)
	read := func(flaw card.CardFlaw) (c *card.Card, fascn, guid, expires, sig []byte) {
		c = newCard(t, card.Spec{CA: ca, FlawCard: flaw, Expiry: expiry})
		h := host{t: t, c: c}
		h.do(selectPIV, 0x9000)
		fascn, guid, expires, sig = chuid(h)
		return
	}
	c, fascn, guid, expires, sig := read(0)
	raw := c.GUIDBytes()
	if string(fascn) != string(c.FASCN()) || string(guid) != string(raw[:]) || string(expires) != "20310506" || len(sig) < 500 {
		t.Errorf("FASC-N %X, GUID %X, expires %s, signature of %d bytes", fascn, guid, expires, len(sig))
	}
	if c, _, guid, _, _ = read(card.CHUIDOtherGUID); string(guid) == string(func() []byte { g := c.GUIDBytes(); return g[:] }()) {
		t.Error("the GUID is that of the certificates")
	}
	if _, _, _, expires, _ = read(card.CHUIDExpired); string(expires) >= time.Now().UTC().Format("20060102") {
		t.Errorf("expires %s", expires)
	}
	if _, _, _, _, sig = read(card.CHUIDUnsigned); len(sig) != 0 {
		t.Errorf("%d bytes of signature", len(sig))
	}
	h := host{t: t, c: newCard(t, card.Spec{CA: ca, FlawCard: card.CHUIDMissing})}
	h.do(selectPIV, 0x9000)
	h.do("00CB3FFF055C035FC102", 0x6A82)
}

// A FASC-N is forty characters of five bits with odd parity, and its check character makes
// the columns even.
func TestFASCNIsWellFormed(t *testing.T) {
	for _, serial := range []uint32{1, 7654321, 0xFFFFFFFF} {
		b := newCard(t, card.Spec{Serial: serial}).FASCN()
		lrc := byte(0)
		var chars []byte
		for i := range 40 {
			ones, x := byte(0), byte(0)
			for j := range 5 {
				bit := b[(i*5+j)/8] >> (7 - (i*5+j)%8) & 1
				ones ^= bit
				if j < 4 {
					x |= bit << j
				}
			}
			if ones != 1 {
				t.Errorf("character %d has even parity", i)
			}
			chars = append(chars, x)
			lrc ^= x
		}
		if lrc != 0 || chars[0] != 0xB || chars[38] != 0xF || chars[5] != 0xD {
			t.Errorf("FASC-N %X", chars)
		}
	}
}

func TestTwoCardsNeverShareAKeyOrIdentity(t *testing.T) {
	ca := newCA(t)
	a, b := newCard(t, card.Spec{CA: ca}), newCard(t, card.Spec{CA: ca})
	if a.GUID() == b.GUID() || a.Serial() == b.Serial() {
		t.Error("GUID or serial is the same")
	}
	seen := map[string]bool{}
	for _, c := range []*card.Card{a, b} {
		for _, slot := range []byte{0x9A, 0x9C} {
			spki := string(c.Certificate(slot).RawSubjectPublicKeyInfo)
			if seen[spki] {
				t.Error("a key appears twice")
			}
			seen[spki] = true
		}
	}
	twin := newCard(t, card.Spec{CA: ca, GUID: a.GUIDBytes(), Serial: a.Serial()})
	if twin.GUID() != a.GUID() || string(twin.FASCN()) != string(a.FASCN()) || twin.Certificate(0x9A).Equal(a.Certificate(0x9A)) {
		t.Error("a second card with the same GUID cannot be made")
	}
	if err := b.SetCertificate(0x9A, a.Certificate(0x9A)); err != nil { // a copied certificate without its key
		t.Fatal(err)
	}
	if !b.Certificate(0x9A).Equal(a.Certificate(0x9A)) || b.SetCertificate(0x9B, nil) == nil {
		t.Error("SetCertificate")
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for name, s := range map[string]card.Spec{
		"no PIN":          {},
		"short PIN":       {PIN: "12345"},
		"long PIN":        {PIN: "123456789"},
		"letters":         {PIN: "12345a"},
		"short PUK":       {PIN: goodPIN, PUK: "1"},
		"16 tries":        {PIN: goodPIN, PINTries: 16},
		"4 of 3 left":     {PIN: goodPIN, PINLeft: 4},
		"-2 left":         {PIN: goodPIN, PUKLeft: -2},
		"management key":  {PIN: goodPIN, ManagementAlg: card.MgmtAES128, ManagementKey: make([]byte, 24)},
		"unknown key":     {PIN: goodPIN, Key9A: 99},
		"impossible plan": {PIN: goodPIN, Faults: card.Faults{Rules: []card.Rule{{Do: "x"}}}},
	} {
		if _, err := card.New(s); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	c := newCard(t, card.Spec{PINTries: 10, PINLeft: -1, PUKTries: 5, PUKLeft: 1})
	if c.TriesLeft() != 0 || c.PUKTriesLeft() != 1 || c.SetTries(11, 1) == nil || c.SetTries(10, 5) != nil || c.TriesLeft() != 10 {
		t.Error("preset counters")
	}
}
