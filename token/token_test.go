package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"sexton/token"
)

// secret is a PIN that must not show up anywhere.
const secret = "580137"

func TestPINShowsNowhere(t *testing.T) {
	p, err := token.NewPIN([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%08b", "%t", "%p"} {
		fmt.Fprintf(&out, verb+"\n", p)
		fmt.Fprintf(&out, verb+"\n", *p)
		fmt.Fprintf(&out, verb+"\n", struct{ P *token.PIN }{p})
	}
	js, err := json.Marshal(map[string]any{"p": p, "v": *p})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(js)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "pin", p, "value", *p)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "pin", p, "group", slog.AnyValue(struct{ P *token.PIN }{p}))
	fmt.Fprint(&out, &token.Error{Kind: token.PINWrong, Left: 2, Err: fmt.Errorf("pin %v", p)})
	for _, leak := range []string{secret, "35 38 30", "[53 56 48", "353830", "0x35"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q leaked", leak)
		}
	}
	if !strings.Contains(out.String(), "redacted") {
		t.Error("the test shows nothing at all")
	}
}

func TestPINIsUsedOnce(t *testing.T) {
	raw := []byte(secret)
	p, err := token.NewPIN(raw)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Trim(string(raw), "\x00") != "" {
		t.Error("the caller's copy is left")
	}
	var block [8]byte
	if err := p.Block(&block); err != nil || string(block[:]) != secret+"\xff\xff" {
		t.Errorf("%x, %v", block, err)
	}
	p.AllowLastTry = true
	own := p.Take()
	if !own.AllowLastTry || token.KindOf(p.Block(&block)) != token.PINFormat || own.Block(&block) != nil {
		t.Error("Take does not move the digits")
	}
	own.Wipe()
	own.Wipe()
	(*token.PIN)(nil).Wipe()
	if token.KindOf(own.Block(&block)) != token.PINFormat || token.KindOf((*token.PIN)(nil).Take().Block(&block)) != token.PINFormat {
		t.Error("a wiped PIN still works")
	}
}

func TestNewPIN(t *testing.T) {
	for _, bad := range []string{"", "12345", "123456789", "12345a", "４７２９１６", "123456", "00000000", "777777", "47 916", "-47291"} {
		if p, err := token.NewPIN([]byte(bad)); p != nil || token.KindOf(err) != token.PINFormat {
			t.Errorf("%q: %v", bad, err)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error repeats %q", bad)
		}
	}
	for _, good := range []string{"472916", "4729160", "47291604"} {
		if _, err := token.NewPIN([]byte(good)); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestDistinct(t *testing.T) {
	a := token.Person{ID: "a", AuthKey: "9a-a", SignKey: "9c-a", GUID: "aa", Serial: 1}
	b := token.Person{ID: "b", AuthKey: "9a-b", SignKey: "9c-b", GUID: "bb", Serial: 2}
	if err := token.Distinct(a, b); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*token.Person){
		"person id":   func(p *token.Person) { p.ID = a.ID },
		"9A key":      func(p *token.Person) { p.AuthKey = a.AuthKey },
		"9C key":      func(p *token.Person) { p.SignKey = a.SignKey },
		"9A and 9C":   func(p *token.Person) { p.AuthKey = a.SignKey },
		"GUID":        func(p *token.Person) { p.GUID = "AA" },
		"serial":      func(p *token.Person) { p.Serial = a.Serial },
		"without":     func(p *token.Person) { p.AuthKey = "" },
		"without per": func(p *token.Person) { p.ID = "" },
	} {
		x := b
		change(&x)
		for _, err := range []error{token.Distinct(a, x), token.Distinct(x, a)} {
			if token.KindOf(err) != token.SamePerson || !strings.Contains(err.Error(), what) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	a.GUID, b.GUID, a.Serial, b.Serial = "", "", 0, 0
	if err := token.Distinct(a, b); err != nil {
		t.Errorf("unknown card data made them one person: %v", err)
	}
}

func selfSigned(t *testing.T, key crypto.Signer) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func ecKey(t *testing.T, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signatures makes one good signature of each algorithm over message with the standard library.
func signatures(t *testing.T, message []byte) map[string]struct {
	cert *x509.Certificate
	sig  token.Signature
} {
	t.Helper()
	out := map[string]struct {
		cert *x509.Certificate
		sig  token.Signature
	}{}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d256, d384 := sha256.Sum256(message), sha512.Sum384(message)
	for alg, row := range map[string]struct {
		key    crypto.Signer
		digest []byte
		opts   crypto.SignerOpts
	}{
		token.ES256: {ecKey(t, elliptic.P256()), d256[:], crypto.SHA256},
		token.ES384: {ecKey(t, elliptic.P384()), d384[:], crypto.SHA384},
		token.PS256: {rsaKey, d256[:], &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}},
		token.RS256: {rsaKey, d256[:], crypto.SHA256},
	} {
		value, err := row.key.Sign(rand.Reader, row.digest, row.opts)
		if err != nil {
			t.Fatal(err)
		}
		cert := selfSigned(t, row.key)
		out[alg] = struct {
			cert *x509.Certificate
			sig  token.Signature
		}{cert, token.Signature{Alg: alg, Key: token.KeyOf(cert), Value: value, Certificate: cert.Raw}}
	}
	return out
}

func TestVerifySignature(t *testing.T) {
	message := []byte("the act")
	all := signatures(t, message)
	for alg, row := range all {
		if err := token.VerifySignature(row.cert, row.sig, message); err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		bad := func(what string, err error) {
			t.Helper()
			if token.KindOf(err) != token.Mismatch {
				t.Errorf("%s, %s: %v", alg, what, err)
			}
		}
		bad("other message", token.VerifySignature(row.cert, row.sig, []byte("another act")))
		bad("no certificate", token.VerifySignature(nil, row.sig, message))
		for i := range row.sig.Value {
			s := row.sig
			s.Value = append([]byte(nil), s.Value...)
			s.Value[i] ^= 0x01
			bad(fmt.Sprintf("byte %d flipped", i), token.VerifySignature(row.cert, s, message))
		}
		for what, change := range map[string]func(*token.Signature){
			"trailing byte":     func(s *token.Signature) { s.Value = append(append([]byte(nil), s.Value...), 0) },
			"empty":             func(s *token.Signature) { s.Value = nil },
			"key of another":    func(s *token.Signature) { s.Key = "00" },
			"other certificate": func(s *token.Signature) { s.Certificate = []byte{1} },
			"no algorithm":      func(s *token.Signature) { s.Alg = "" },
			"none":              func(s *token.Signature) { s.Alg = "none" },
			"lower case":        func(s *token.Signature) { s.Alg = strings.ToLower(s.Alg) },
		} {
			s := row.sig
			change(&s)
			bad(what, token.VerifySignature(row.cert, s, message))
		}
		bare := row.sig
		bare.Certificate = nil
		if err := token.VerifySignature(row.cert, bare, message); err != nil {
			t.Errorf("%s without certificate: %v", alg, err)
		}
		for other := range all {
			if other != alg {
				s := row.sig
				s.Alg = other
				bad("called "+other, token.VerifySignature(row.cert, s, message))
			}
		}
	}
}

// FIPS 186-5 does not demand a low s, and cards answer with either.
func TestHighSIsValid(t *testing.T) {
	message := []byte("the act")
	row := signatures(t, message)[token.ES256]
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(row.sig.Value, &v); err != nil {
		t.Fatal(err)
	}
	v.S.Sub(elliptic.P256().Params().N, v.S)
	row.sig.Value, _ = asn1.Marshal(v)
	if err := token.VerifySignature(row.cert, row.sig, message); err != nil {
		t.Error(err)
	}
}

func TestKeysOutsideTheList(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go does not make weak keys: ", err)
	}
	for _, pub := range []crypto.PublicKey{&small.PublicKey, &ecKey(t, elliptic.P521()).PublicKey, &ecKey(t, elliptic.P224()).PublicKey, "x"} {
		if alg, err := token.AlgorithmFor(pub); err == nil {
			t.Errorf("%T has algorithm %s", pub, alg)
		}
	}
}

func TestProof(t *testing.T) {
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	c := token.Challenge{Station: "s1", Purpose: "login", Role: "operator", At: at}
	nonce := make([]byte, token.NonceSize)
	message, err := c.Message(nonce)
	if err != nil {
		t.Fatal(err)
	}
	row := signatures(t, message)[token.ES256]
	p := token.LoginProof{Nonce: nonce, Message: message, Signature: row.sig}
	if cert, err := token.VerifyProof(p, c); err != nil || !cert.Equal(row.cert) {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*token.LoginProof, *token.Challenge){
		"station": func(_ *token.LoginProof, c *token.Challenge) { c.Station = "s2" },
		"shifted": func(_ *token.LoginProof, c *token.Challenge) { c.Purpose, c.Role = "logino", "perator" },
		"role":    func(_ *token.LoginProof, c *token.Challenge) { c.Role = "admin" },
		"time":    func(_ *token.LoginProof, c *token.Challenge) { c.At = at.Add(1) },
		"no time": func(_ *token.LoginProof, c *token.Challenge) { c.At = time.Time{} },
		"nonce":   func(p *token.LoginProof, _ *token.Challenge) { p.Nonce = append([]byte{1}, nonce[1:]...) },
		"short":   func(p *token.LoginProof, _ *token.Challenge) { p.Nonce = nonce[:31] },
		"message": func(p *token.LoginProof, _ *token.Challenge) { p.Message = append([]byte{1}, message...) },
		"leaf":    func(p *token.LoginProof, _ *token.Challenge) { p.Signature.Certificate = nil },
	} {
		p2, c2 := p, c
		change(&p2, &c2)
		if _, err := token.VerifyProof(p2, c2); token.KindOf(err) != token.Mismatch {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.At = at.In(time.FixedZone("x", 3600))
	if _, err := token.VerifyProof(p, c); err != nil {
		t.Errorf("the same instant in another zone: %v", err)
	}
}
