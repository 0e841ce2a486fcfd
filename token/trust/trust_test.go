package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/trust"
)

func mustCA(t *testing.T, name string, o bench.CAOptions) *bench.CA {
	t.Helper()
	ca, err := bench.NewCA(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func mustStore(t *testing.T, anchors []byte, o trust.Options) *trust.Store {
	t.Helper()
	s, err := trust.New(anchors, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustCard(t *testing.T, s bench.Spec) *bench.Card {
	t.Helper()
	s.PIN = "472916"
	c, err := bench.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reasonOf demands a trust error and returns its reason.
func reasonOf(t *testing.T, err error) trust.Reason {
	t.Helper()
	if err == nil {
		return 0
	}
	var p *trust.Problem
	if token.KindOf(err) != token.Trust || !errors.As(err, &p) {
		t.Fatalf("%v is not a trust error with a problem", err)
	}
	return p.Reason
}

func TestCertificates(t *testing.T) {
	ca, namesake := mustCA(t, "Bureau CA", bench.CAOptions{}), mustCA(t, "Bureau CA", bench.CAOptions{})
	now := time.Now()
	short := bench.CAOptions{NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(time.Hour)}
	for name, row := range map[string]struct {
		spec bench.Spec
		at   time.Time // zero: now
		auth trust.Reason
		sign trust.Reason
	}{
		"good P-256":          {},
		"good P-384":          {spec: bench.Spec{Key9A: bench.P384, Key9C: bench.P384}},
		"good RSA":            {spec: bench.Spec{Key9A: bench.RSA2048, Key9C: bench.RSA3072}},
		"critical FASC-N":     {spec: bench.Spec{Flaw9A: bench.CriticalSAN, Flaw9C: bench.CriticalSAN}},
		"no SAN":              {spec: bench.Spec{Flaw9A: bench.NoSAN, Flaw9C: bench.NoSAN}},
		"no policy demanded":  {spec: bench.Spec{Flaw9A: bench.NoPolicy, Flaw9C: bench.NoPolicy}},
		"9C without EKU":      {spec: bench.Spec{Flaw9C: bench.NoEKU}},
		"expired":             {spec: bench.Spec{Flaw9A: bench.Expired, Flaw9C: bench.Expired}, auth: trust.Expired, sign: trust.Expired},
		"not yet valid":       {spec: bench.Spec{Flaw9A: bench.NotYetValid, Flaw9C: bench.NotYetValid}, auth: trust.NotYetValid, sign: trust.NotYetValid},
		"clock set back":      {at: now.AddDate(-1, 0, 0), auth: trust.NotYetValid, sign: trust.NotYetValid},
		"clock far ahead":     {at: now.AddDate(4, 0, 0), auth: trust.Expired, sign: trust.Expired},
		"CA expired":          {spec: bench.Spec{CA: mustCA(t, "Short", short)}, at: now.Add(2 * time.Hour), auth: trust.Expired, sign: trust.Expired},
		"other CA, same name": {spec: bench.Spec{CA: namesake}, auth: trust.UnknownIssuer, sign: trust.UnknownIssuer},
		"other CA":            {spec: bench.Spec{CA: mustCA(t, "Other CA", bench.CAOptions{})}, auth: trust.UnknownIssuer, sign: trust.UnknownIssuer},
		"RSA-1024":            {spec: bench.Spec{Key9A: bench.RSA1024, Key9C: bench.RSA1024}, auth: trust.WeakKey, sign: trust.WeakKey},
		"SHA-1":               {spec: bench.Spec{CA: mustCA(t, "Bureau CA", bench.CAOptions{Key: bench.RSA2048}), Flaw9A: bench.SHA1, Flaw9C: bench.SHA1}, auth: trust.WeakKey, sign: trust.WeakKey},
		"server certificate":  {spec: bench.Spec{Flaw9A: bench.WrongEKU}, auth: trust.Usage},
		"no EKU":              {spec: bench.Spec{Flaw9A: bench.NoEKU}, auth: trust.Usage},
		"card authentication": {spec: bench.Spec{Flaw9A: bench.CardAuthEKU, Flaw9C: bench.CardAuthEKU}, auth: trust.Usage, sign: trust.Usage},
		"encryption key":      {spec: bench.Spec{Flaw9A: bench.WrongKeyUsage, Flaw9C: bench.WrongKeyUsage}, auth: trust.Usage, sign: trust.Usage},
		"a CA in the slot":    {spec: bench.Spec{Flaw9A: bench.IsCA, Flaw9C: bench.IsCA}, auth: trust.Usage, sign: trust.Usage},
		"unknown critical":    {spec: bench.Spec{Flaw9A: bench.UnknownCritical, Flaw9C: bench.UnknownCritical}, auth: trust.Extension, sign: trust.Extension},
	} {
		t.Run(name, func(t *testing.T) {
			anchors := ca.PEM()
			if row.spec.CA == nil {
				row.spec.CA = ca
			} else if strings.Contains(name, "expired") {
				anchors = row.spec.CA.PEM()
			}
			if row.at.IsZero() {
				row.at = now
			}
			s, c := mustStore(t, anchors, trust.Options{}), mustCard(t, row.spec)
			if got := reasonOf(t, s.Check(c.Certificate(0x9A), token.SlotAuth, row.at)); got != row.auth {
				t.Errorf("9A: %v, want %v", got, row.auth)
			}
			if got := reasonOf(t, s.Check(c.Certificate(0x9C), token.SlotSign, row.at)); got != row.sign {
				t.Errorf("9C: %v, want %v", got, row.sign)
			}
		})
	}
}

func TestSlotsAndTime(t *testing.T) {
	ca := mustCA(t, "CA", bench.CAOptions{})
	s, c := mustStore(t, ca.PEM(), trust.Options{}), mustCard(t, bench.Spec{CA: ca, Key9E: bench.P256, Key9D: bench.P256})
	now := time.Now()
	if got := reasonOf(t, s.Check(c.Certificate(0x9E), token.SlotAuth, now)); got != trust.Usage {
		t.Errorf("9E certificate as 9A: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9D), token.SlotSign, now)); got != trust.Usage {
		t.Errorf("9D certificate as 9C: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9A), token.SlotSign, now)); got != trust.Usage {
		t.Errorf("9A certificate as 9C: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9A), 0x9E, now)); got != trust.Usage {
		t.Errorf("slot 9E: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9A), token.SlotAuth, time.Time{})); got != trust.Clock {
		t.Errorf("zero time: %v", got)
	}
	if got := reasonOf(t, s.Check(nil, token.SlotAuth, now)); got != trust.Missing {
		t.Errorf("no certificate: %v", got)
	}
}

// RSA-2048 ends with 2030 (SP 800-78-5), even under certificates that run on.
func TestStrengthFrom2031(t *testing.T) {
	end := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	ca := mustCA(t, "CA", bench.CAOptions{NotAfter: end})
	s := mustStore(t, ca.PEM(), trust.Options{})
	c := mustCard(t, bench.Spec{CA: ca, Key9A: bench.RSA2048, Expiry: end.AddDate(-1, 0, 0)})
	last, first := time.Date(2030, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := reasonOf(t, s.Check(c.Certificate(0x9A), token.SlotAuth, last)); got != 0 {
		t.Errorf("end of 2030: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9A), token.SlotAuth, first)); got != trust.WeakKey {
		t.Errorf("2031: %v", got)
	}
	if got := reasonOf(t, s.Check(c.Certificate(0x9C), token.SlotSign, first)); got != 0 {
		t.Errorf("P-256 in 2031: %v", got)
	}
}

// crypto/x509 would accept a leaf without the wanted policy.
func TestPolicies(t *testing.T) {
	ca := mustCA(t, "CA", bench.CAOptions{})
	good, bare := mustCard(t, bench.Spec{CA: ca}), mustCard(t, bench.Spec{CA: ca, Flaw9A: bench.NoPolicy})
	piv := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 2, 1, 3, 13}
	for _, row := range []struct {
		c    *bench.Card
		want asn1.ObjectIdentifier
		why  trust.Reason
	}{
		{good, piv, 0}, {good, asn1.ObjectIdentifier{1, 2, 3}, trust.Policy}, {bare, piv, trust.Policy},
	} {
		s := mustStore(t, ca.PEM(), trust.Options{Policies: map[byte][]asn1.ObjectIdentifier{token.SlotAuth: {row.want}}})
		if got := reasonOf(t, s.Check(row.c.Certificate(0x9A), token.SlotAuth, time.Now())); got != row.why {
			t.Errorf("policy %v: %v, want %v", row.want, got, row.why)
		}
		if got := reasonOf(t, s.Check(row.c.Certificate(0x9C), token.SlotSign, time.Now())); got != 0 {
			t.Errorf("9C has no demand: %v", got)
		}
	}
}

func TestIdentity(t *testing.T) {
	ca, other := mustCA(t, "CA", bench.CAOptions{}), mustCA(t, "CA2", bench.CAOptions{})
	anchors := append(ca.PEM(), other.PEM()...)
	read := func(s bench.Spec) token.Identity {
		s.CA = ca
		c := mustCard(t, s)
		return token.Identity{GUID: c.GUID(), FASCN: c.FASCN(), CHUIDExpires: time.Now().AddDate(1, 0, 0), Auth: c.Certificate(0x9A), Sign: c.Certificate(0x9C)}
	}
	elsewhere := mustCard(t, bench.Spec{CA: other})
	for name, row := range map[string]struct {
		spec   bench.Spec
		opts   trust.Options
		change func(*token.Identity)
		why    trust.Reason
	}{
		"good":              {},
		"no CHUID":          {change: func(id *token.Identity) { id.GUID, id.FASCN, id.CHUIDExpires = "", nil, time.Time{} }},
		"CHUID demanded":    {opts: trust.Options{RequireCHUID: true}, change: func(id *token.Identity) { id.GUID = "" }, why: trust.Card},
		"CHUID expired":     {change: func(id *token.Identity) { id.CHUIDExpires = time.Now().Add(-time.Hour) }, why: trust.Expired},
		"that allowed":      {opts: trust.Options{IgnoreCHUIDExpiry: true}, change: func(id *token.Identity) { id.CHUIDExpires = time.Now().Add(-time.Hour) }},
		"other GUID":        {change: func(id *token.Identity) { id.GUID = strings.Repeat("ab", 16) }, why: trust.Card},
		"other GUID in 9A":  {spec: bench.Spec{Flaw9A: bench.OtherGUID}, why: trust.Card},
		"other GUID in 9C":  {spec: bench.Spec{Flaw9C: bench.OtherGUID}, why: trust.Card},
		"other FASC-N":      {change: func(id *token.Identity) { id.FASCN = bytes.Repeat([]byte{7}, 25) }, why: trust.Card},
		"9C of another CA":  {change: func(id *token.Identity) { id.Sign = elsewhere.Certificate(0x9C) }, why: trust.Card},
		"9C is missing":     {change: func(id *token.Identity) { id.Sign = nil }, why: trust.Missing},
		"9A is 9C as well":  {change: func(id *token.Identity) { id.Auth = id.Sign }, why: trust.Card},
		"9A expired":        {spec: bench.Spec{Flaw9A: bench.Expired}, why: trust.Expired},
		"9C under wrong CA": {spec: bench.Spec{Flaw9C: bench.WrongKeyUsage}, why: trust.Usage},
	} {
		t.Run(name, func(t *testing.T) {
			id := read(row.spec)
			if row.change != nil {
				row.change(&id)
			}
			if got := reasonOf(t, mustStore(t, anchors, row.opts).CheckIdentity(id, time.Now())); got != row.why {
				t.Errorf("%v, want %v", got, row.why)
			}
		})
	}
}

func TestAnchors(t *testing.T) {
	ca := mustCA(t, "CA", bench.CAOptions{})
	leaf := pemOf(mustCard(t, bench.Spec{CA: ca}).Certificate(0x9A).Raw)
	chain := newChain(t, 1)
	for name, row := range map[string]struct{ anchors, between []byte }{
		"nothing":           {},
		"no PEM":            {anchors: []byte("trust me")},
		"cut off":           {anchors: ca.PEM()[:100]},
		"good, then cut":    {anchors: append(ca.PEM(), ca.PEM()[:100]...)},
		"a leaf":            {anchors: leaf},
		"an intermediate":   {anchors: chain.between},
		"a key":             {anchors: []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
		"broken":            {anchors: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
		"broken in between": {anchors: ca.PEM(), between: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
	} {
		if s, err := trust.New(row.anchors, trust.Options{Intermediates: row.between}); err == nil || s != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	two := mustStore(t, append(append([]byte("# the bureau\n"), ca.PEM()...), chain.root...), trust.Options{})
	if len(two.Anchors()) != 2 {
		t.Errorf("%d anchors, want 2", len(two.Anchors()))
	}
}

// chain is a root, intermediates, and one 9A leaf below them.
type chain struct {
	root, between []byte
	leaf          *x509.Certificate
}

func pemOf(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }

func newChain(t *testing.T, intermediates int) chain {
	t.Helper()
	var out chain
	var parent *x509.Certificate
	var parentKey *ecdsa.PrivateKey
	for i := 0; i <= intermediates+1; i++ {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		tmpl := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: string(rune('a' + i))},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
			IsCA: i <= intermediates, KeyUsage: x509.KeyUsageCertSign,
		}
		if !tmpl.IsCA {
			tmpl.KeyUsage, tmpl.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}
		if parent == nil {
			parent, parentKey = tmpl, key
		}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, parentKey)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case i == 0:
			out.root = pemOf(der)
		case i <= intermediates:
			out.between = append(out.between, pemOf(der)...)
		default:
			out.leaf = cert
		}
		parent, parentKey = cert, key
	}
	return out
}

func TestPathLength(t *testing.T) {
	for _, row := range []struct {
		have, max int
		why       trust.Reason
	}{{0, 0, 0}, {2, 0, 0}, {3, 0, trust.PathLength}, {3, 3, 0}, {2, 1, trust.PathLength}} {
		c := newChain(t, row.have)
		s := mustStore(t, c.root, trust.Options{Intermediates: c.between, MaxIntermediates: row.max})
		if got := reasonOf(t, s.Check(c.leaf, token.SlotAuth, time.Now())); got != row.why {
			t.Errorf("%d intermediates, limit %d: %v, want %v", row.have, row.max, got, row.why)
		}
	}
	c := newChain(t, 1)
	if got := reasonOf(t, mustStore(t, c.root, trust.Options{}).Check(c.leaf, token.SlotAuth, time.Now())); got != trust.UnknownIssuer {
		t.Errorf("missing intermediate: %v", got)
	}
}
