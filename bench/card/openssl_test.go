package card_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sexton/bench/card"
)

// openssl runs the program in dir; its text is returned even when it fails.
func openssl(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	if os.Getenv("SEXTON_SYSTEM_TESTS") == "" {
		t.Skip("needs openssl: set SEXTON_SYSTEM_TESTS=1")
	}
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// OpenSSL judges the CMS signature of the CHUID, which Go's library cannot read.
func TestOpenSSLVerifiesCHUIDSignature(t *testing.T) {
	ca := newCA(t)
	for _, typ := range []card.KeyType{card.P256, card.RSA2048} {
		if typ == card.RSA2048 {
			var err error
			if ca, err = card.NewCA("RSA", card.CAOptions{Key: typ}); err != nil {
				t.Fatal(err)
			}
		}
		for flaw, good := range map[card.CardFlaw]bool{0: true, card.CHUIDExpired: true, card.CHUIDBadSignature: false} {
			dir := t.TempDir()
			h := host{t: t, c: newCard(t, card.Spec{CA: ca, FlawCard: flaw})}
			h.do(selectPIV, 0x9000)
			fascn, guid, expires, sig := chuid(h)
			write(t, dir, "ca.pem", ca.PEM())
			write(t, dir, "sig.der", sig)
			write(t, dir, "content", bytes.Join([][]byte{wrap(0x30, fascn), wrap(0x34, guid), wrap(0x35, expires)}, nil))
			out, err := openssl(t, dir, "cms", "-verify", "-binary", "-inform", "DER", "-in", "sig.der", "-content", "content",
				"-CAfile", "ca.pem", "-purpose", "any", "-out", "/dev/null")
			if (err == nil) != good || strings.Contains(out, "Verification successful") != good {
				t.Errorf("%s, flaw %b: %v\n%s", typ, flaw, err, out)
			}
		}
	}
}

func TestOpenSSLVerifiesCertificates(t *testing.T) {
	ca, dir := newCA(t), t.TempDir()
	c := newCard(t, card.Spec{CA: ca, UPN: "anna@bench.invalid"})
	write(t, dir, "ca.pem", ca.PEM())
	for _, slot := range []byte{0x9A, 0x9C} {
		write(t, dir, "cert.der", c.Certificate(slot).Raw)
		if out, err := openssl(t, dir, "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca.pem", "cert.der"); err != nil {
			t.Errorf("%02X: %v\n%s", slot, err, out)
		}
		out, err := openssl(t, dir, "x509", "-in", "cert.der", "-noout", "-text")
		for _, want := range []string{"Microsoft Smartcard Login", "TLS Web Client Authentication", "URI:urn:uuid:", "anna@bench.invalid", card.Organisation} {
			if err != nil || !strings.Contains(out, want) {
				t.Errorf("%02X: no %q (%v) in\n%s", slot, want, err, out)
			}
		}
	}
}
