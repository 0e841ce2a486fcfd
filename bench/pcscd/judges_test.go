package pcscd_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/bench/card"
)

// writePEM stores a slot's certificate for the tools.
func writePEM(t *testing.T, dir string, c *card.Card, slot byte) string {
	t.Helper()
	path := filepath.Join(dir, "cert.pem")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate(slot).Raw})
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSCNamesTheCard(t *testing.T) {
	d := start(t)
	insert(t, d, 0, newCard(t, card.Spec{}))
	out := must(t, d, "Personal Identity Verification Card", "opensc-tool", "-r", d.Readers[0], "-n")
	t.Log(strings.TrimSpace(out))
	must(t, d, "3b:8c:80:01:53:45:58:54:4f:4e", "opensc-tool", "-r", d.Readers[0], "-a")
}

// pkcs11-tool signs through OpenSC and openssl checks: three programs that share no
// code with the card.
func TestPKCS11SignatureVerifiesInOpenSSL(t *testing.T) {
	cases := []struct {
		name      string
		spec      card.Spec
		id, slot  string
		mechanism []string
		dgst      []string
	}{
		{"P-256 9A", card.Spec{}, "01", "9a", []string{"-m", "ECDSA-SHA256", "--signature-format", "openssl"}, nil},
		{"P-256 9C", card.Spec{}, "02", "9c", []string{"-m", "ECDSA-SHA256", "--signature-format", "openssl"}, nil},
		{"P-384 9A", card.Spec{Key9A: card.P384}, "01", "9a", []string{"-m", "ECDSA-SHA256", "--signature-format", "openssl"}, nil},
		{"RSA-2048 9A", card.Spec{Key9A: card.RSA2048}, "01", "9a", []string{"-m", "SHA256-RSA-PKCS"}, nil},
		{"RSA-2048 9C", card.Spec{Key9C: card.RSA2048}, "02", "9c", []string{"-m", "SHA256-RSA-PKCS"}, nil},
		{"RSA-2048 PSS", card.Spec{Key9A: card.RSA2048}, "01", "9a",
			[]string{"-m", "SHA256-RSA-PKCS-PSS"},
			[]string{"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"}},
		{"RSA-3072 9A", card.Spec{Key9A: card.RSA3072}, "01", "9a", []string{"-m", "SHA256-RSA-PKCS"}, nil},
		{"P-256 9A, compressed certificate", card.Spec{Faults: card.Faults{Gzip: true}}, "01", "9a", []string{"-m", "ECDSA-SHA256", "--signature-format", "openssl"}, nil},
		{"P-256 9A, T=0, no vendor instructions", card.Spec{Faults: card.Faults{T0: true, Plain: true}}, "01", "9a", []string{"-m", "ECDSA-SHA256", "--signature-format", "openssl"}, nil},
	}
	d := start(t)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := newCard(t, tc.spec)
			in := insert(t, d, 0, c)
			dir := t.TempDir()
			msg, sig, pub := filepath.Join(dir, "msg"), filepath.Join(dir, "sig"), filepath.Join(dir, "pub.pem")
			if err := os.WriteFile(msg, []byte("to be signed"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"--slot-index", "0", "--login", "--pin", pin, "--sign", "--id", tc.id, "-i", msg, "-o", sig}, tc.mechanism...)
			must(t, d, "", "pkcs11-tool", args...)
			slot := map[string]byte{"9a": 0x9A, "9c": 0x9C}[tc.slot]
			out := must(t, d, "BEGIN PUBLIC KEY", "openssl", "x509", "-in", writePEM(t, dir, c, slot), "-pubkey", "-noout")
			if err := os.WriteFile(pub, []byte(out), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append([]string{"dgst", "-sha256", "-verify", pub, "-signature", sig}, tc.dgst...)
			must(t, d, "Verified OK", "openssl", append(args, msg)...)

			in.Remove()
			if err := d.WaitCard(deadline(t), 0, false); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestYubicoPIVTool(t *testing.T) {
	d := start(t)
	ca, err := card.NewCA("Bench CA", card.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCard(t, card.Spec{CA: ca, PUK: "87654321", Serial: 7654321, Key9C: card.RSA2048})
	insert(t, d, 0, c)
	reader := []string{"-r", d.Readers[0]}
	run := func(want string, args ...string) string {
		t.Helper()
		return must(t, d, want, "yubico-piv-tool", append(reader, args...)...)
	}
	out := run("Version:\t5.4.3", "-a", "status")
	for _, want := range []string{"Serial Number:\t7654321", "Slot 9a:", "Slot 9c:", card.Organisation, "PIN tries left:\t3"} {
		if !strings.Contains(out, want) {
			t.Errorf("status does not say %q:\n%s", want, out)
		}
	}
	run("Successfully verified PIN", "-a", "verify-pin", "-P", pin)
	dir := t.TempDir()
	run("Successful ECDSA verification", "-a", "verify-pin", "-P", pin, "-a", "test-signature", "-s", "9a", "-A", "ECCP256", "-i", writePEM(t, dir, c, 0x9A))
	run("Successful RSA verification", "-a", "verify-pin", "-P", pin, "-a", "test-signature", "-s", "9c", "-A", "RSA2048", "-i", writePEM(t, dir, c, 0x9C))
	for _, alg := range []string{"ECCP256", "ECCP384", "RSA2048"} {
		run("BEGIN PUBLIC KEY", "-a", "generate", "-s", "9d", "-A", alg)
	}
	run("", "-a", "set-chuid")
	run("Successfully imported a new certificate", "-a", "import-certificate", "-s", "9d", "-i", writePEM(t, dir, c, 0x9A))
	run("BEGIN CERTIFICATE", "-a", "attest", "-s", "9d")

	if out, err := tool(t, d, "yubico-piv-tool", append(reader, "-a", "verify-pin", "-P", "999999")...); err == nil || !strings.Contains(out, "2 tries left") {
		t.Errorf("a wrong PIN: %v\n%s", err, out)
	}
	run("", "-a", "change-pin", "-P", pin, "-N", "314159")
	run("Successfully verified PIN", "-a", "verify-pin", "-P", "314159")
	if c.TriesLeft() != 3 {
		t.Errorf("%d tries left after a right PIN", c.TriesLeft())
	}

	run("", "-a", "set-mgm-key", "-n", "A1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8C1C2C3C4C5C6C7C8")
	if out, err := tool(t, d, "yubico-piv-tool", append(reader, "-a", "generate", "-s", "9d")...); err == nil {
		t.Errorf("generated with the old management key:\n%s", out)
	}
	for range 3 {
		_, _ = tool(t, d, "yubico-piv-tool", append(reader, "-a", "verify-pin", "-P", "999999")...)
	}
	if c.TriesLeft() != 0 {
		t.Errorf("%d tries left after three wrong PINs", c.TriesLeft())
	}
	if out, err := tool(t, d, "yubico-piv-tool", append(reader, "-a", "verify-pin", "-P", "314159")...); err == nil {
		t.Errorf("a blocked PIN was taken:\n%s", out)
	}
	run("", "-a", "unblock-pin", "-P", "87654321", "-N", "161803")
	run("Successfully verified PIN", "-a", "verify-pin", "-P", "161803")
	run("", "-a", "change-puk", "-P", "87654321", "-N", "11112222")
	run("", "-a", "unblock-pin", "-P", "11112222", "-N", "141421")
	run("Successfully verified PIN", "-a", "verify-pin", "-P", "141421")
}
