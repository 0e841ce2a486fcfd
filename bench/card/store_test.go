package card_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/bench/card"
)

func TestSavedCardIsTheSameCard(t *testing.T) {
	ca := newCA(t)
	c := newCard(t, card.Spec{CA: ca, Key9C: card.RSA2048, Key9E: card.P384})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.verify("999999", 0x63C2)
	dir := filepath.Join(t.TempDir(), "anna")
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(dir, "card.json"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("card.json: %v, %v", st.Mode(), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "README.txt"))
	if err != nil || !strings.Contains(string(text), card.Organisation) {
		t.Errorf("README: %q, %v", text, err)
	}
	b, err := card.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b.GUID() != c.GUID() || b.Serial() != c.Serial() || b.Name() != c.Name() || !bytes.Equal(b.FASCN(), c.FASCN()) {
		t.Error("another identity")
	}
	if b.TriesLeft() != 2 {
		t.Errorf("%d tries left, 2 were saved", b.TriesLeft())
	}
	g := host{t: t, c: b}
	g.do(selectPIV, 0x9000)
	g.verify(goodPIN, 0x9000)
	sum := sha256.Sum256([]byte("m"))
	if !ecdsa.VerifyASN1(c.Certificate(0x9A).PublicKey.(*ecdsa.PublicKey), sum[:], g.sign(0x11, 0x9A, sum[:], 0x9000)) {
		t.Error("another key in 9A")
	}
	for _, slot := range []byte{0x9A, 0x9C, 0x9E} {
		if !b.Certificate(slot).Equal(c.Certificate(slot)) {
			t.Errorf("another certificate in %02X", slot)
		}
	}
}

func TestSavedAuthorityIssues(t *testing.T) {
	ca, dir := newCA(t), t.TempDir()
	if err := ca.Save(dir); err != nil {
		t.Fatal(err)
	}
	b, err := card.LoadCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := newCard(t, card.Spec{CA: b})
	if err := c.Certificate(0x9A).CheckSignatureFrom(ca.Certificate()); err != nil {
		t.Error(err)
	}
	if err := newCA(t).Save(filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	swap, err := os.ReadFile(filepath.Join(dir, "other", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), swap, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := card.LoadCA(dir); err == nil || !strings.Contains(err.Error(), "do not match") {
		t.Errorf("the key of one authority with the certificate of another: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	c := newCard(t, card.Spec{})
	dir := t.TempDir()
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "card.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) []byte {
		if !strings.Contains(string(good), old) {
			t.Fatalf("no %q in the file", old)
		}
		return []byte(strings.Replace(string(good), old, new, 1))
	}
	for name, b := range map[string][]byte{
		"another form":     edit(`"form": 1`, `"form": 2`),
		"an unknown field": edit(`"form": 1`, `"form": 1, "faults": {}`),
		"trailing data":    append(bytes.Clone(good), "{}"...),
		"a truncated file": good[:len(good)/2],
		"a counter of 16":  edit(`"left": 3`, `"left": 16`),
		"an unknown slot":  edit(`"9A": {`, `"9B": {`),
		"a wrong key type": edit(`"type": "P-256"`, `"type": "P-384"`),
		"a foreign object": edit(`"5FC102"`, `"5FC202"`),
		"a short GUID":     edit(`"guid": "`, `"guid": "00`),
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := card.Load(dir); err == nil {
			t.Errorf("%s was loaded", name)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := card.Load(dir); err == nil || !strings.Contains(err.Error(), "0644") {
		t.Errorf("a file all may read: %v", err)
	}
}
