//go:build cgo

package pcscd_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-piv/piv-go/v2/piv"

	"sexton/bench/card"
	"sexton/bench/pcscd"
)

// libpcsclite reads the socket's path once in the life of the process, so all daemons of
// the in-process tests share one folder.
var inProcessDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sexton-piv-")
	if err == nil {
		sharedDir = dir
		err = os.Setenv("PCSCLITE_CSOCK_NAME", filepath.Join(dir, "run", "pcscd.comm"))
	}
	return dir, err
})

func startInProcess(t *testing.T) *pcscd.Daemon {
	t.Helper()
	system(t)
	dir, err := inProcessDir()
	if err != nil {
		t.Fatal(err)
	}
	d, err := pcscd.Start(deadline(t), pcscd.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	if !d.Private() {
		t.Fatal("this machine allows no private namespace: in-process clients would reach another daemon")
	}
	return d
}

func open(t *testing.T, d *pcscd.Daemon, i int) *piv.YubiKey {
	t.Helper()
	yk, err := piv.Open(d.Readers[i])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = yk.Close() }) // closed twice where a test closes early
	return yk
}

func pivSign(t *testing.T, yk *piv.YubiKey, slot piv.Slot, policy piv.PINPolicy, pin string, opts crypto.SignerOpts) ([]byte, error) {
	t.Helper()
	cert, err := yk.Certificate(slot)
	if err != nil {
		t.Fatal(err)
	}
	priv, err := yk.PrivateKey(slot, cert.PublicKey, piv.KeyAuth{PIN: pin, PINPolicy: policy})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("a message"))
	sig, err := priv.(crypto.Signer).Sign(rand.Reader, sum[:], opts)
	if err != nil {
		return nil, err
	}
	switch pub := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(pub, sum[:], sig) {
			err = errors.New("the signature does not verify")
		}
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			err = rsa.VerifyPSS(pub, crypto.SHA256, sum[:], sig, pss)
		} else {
			err = rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], sig)
		}
	}
	return sig, err
}

func TestPIVGoSigns(t *testing.T) {
	d := startInProcess(t)
	c := newCard(t, card.Spec{Serial: 1234567, Key9C: card.RSA3072})
	insert(t, d, 0, c)
	yk := open(t, d, 0)
	if n, err := yk.Serial(); err != nil || n != 1234567 {
		t.Errorf("serial %d, %v", n, err)
	}
	pss := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	for range 2 {
		if _, err := pivSign(t, yk, piv.SlotAuthentication, piv.PINPolicyOnce, pin, crypto.SHA256); err != nil {
			t.Errorf("9A: %v", err)
		}
		if _, err := pivSign(t, yk, piv.SlotSignature, piv.PINPolicyAlways, pin, pss); err != nil {
			t.Errorf("9C: %v", err)
		}
	}
	// The same client that claims "no PIN needed" for 9C must be refused.
	if _, err := pivSign(t, yk, piv.SlotSignature, piv.PINPolicyNever, pin, crypto.SHA256); err == nil {
		t.Error("9C signed without a PIN of its own")
	}
}

func TestPIVGoPersonalises(t *testing.T) {
	d := startInProcess(t)
	ca, err := card.NewCA("Bench CA", card.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCard(t, card.Spec{Blank: true, ManagementAlg: card.MgmtAES192, ManagementKey: bytes.Repeat([]byte{7}, 24)})
	insert(t, d, 1, c)
	yk := open(t, d, 1)
	mgmt := bytes.Repeat([]byte{9}, 24)
	if err := yk.SetManagementKey(bytes.Repeat([]byte{7}, 24), mgmt); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		slot   piv.Slot
		alg    piv.Algorithm
		policy piv.PINPolicy
		number byte
	}{
		{piv.SlotAuthentication, piv.AlgorithmEC256, piv.PINPolicyOnce, 0x9A},
		{piv.SlotSignature, piv.AlgorithmEC384, piv.PINPolicyAlways, 0x9C},
		{piv.SlotCardAuthentication, piv.AlgorithmRSA2048, piv.PINPolicyNever, 0x9E},
	} {
		pub, err := yk.GenerateKey(mgmt, k.slot, piv.Key{Algorithm: k.alg, PINPolicy: k.policy, TouchPolicy: piv.TouchPolicyNever})
		if err != nil {
			t.Fatalf("%02X: %v", k.number, err)
		}
		cert, err := ca.Issue(card.Request{Slot: k.number, Public: pub, Name: "Bo Example", GUID: c.GUIDBytes(), FASCN: c.FASCN()})
		if err != nil {
			t.Fatal(err)
		}
		if err := yk.SetCertificate(mgmt, k.slot, cert); err != nil {
			t.Fatalf("%02X: %v", k.number, err)
		}
		info, err := yk.KeyInfo(k.slot)
		if err != nil || info.Algorithm != k.alg || info.PINPolicy != k.policy || info.Origin != piv.OriginGenerated {
			t.Errorf("%02X: metadata %+v, %v", k.number, info, err)
		}
		if _, err := pivSign(t, yk, k.slot, k.policy, pin, crypto.SHA256); err != nil {
			t.Errorf("%02X: %v", k.number, err)
		}
		attest(t, yk, k.slot, cert)
	}
	pins(t, yk, mgmt)
}

// attest checks the statement about a key against the card's own attestation key; that
// this key leads to no trusted root is the last check.
func attest(t *testing.T, yk *piv.YubiKey, slot piv.Slot, cert *x509.Certificate) {
	t.Helper()
	root, err := yk.AttestationCertificate()
	if err != nil {
		t.Fatal(err)
	}
	a, err := yk.Attest(slot)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.CheckSignatureFrom(root); err != nil {
		t.Errorf("%s: %v", slot, err)
	}
	if !a.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(cert.PublicKey) {
		t.Errorf("%s: the statement is about another key", slot)
	}
	if _, err := piv.Verify(root, a); err == nil {
		t.Errorf("%s: Yubico's roots vouch for a bench card", slot)
	}
}

// pins walks through PIN and PUK until the card is blocked and reset.
func pins(t *testing.T, yk *piv.YubiKey, mgmt []byte) {
	t.Helper()
	step := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("retries", yk.SetRetries(mgmt, pin, 5, 4))
	step("factory PIN after SetRetries", yk.VerifyPIN(piv.DefaultPIN))
	step("PIN", yk.SetPIN(piv.DefaultPIN, "314159"))
	step("PUK", yk.SetPUK(piv.DefaultPUK, "abcdefgh"))
	var wrong piv.AuthErr
	if err := yk.VerifyPIN("111111"); !errors.As(err, &wrong) || wrong.Retries != 4 {
		t.Errorf("a wrong PIN: %v", err)
	}
	step("unblock", yk.Unblock("abcdefgh", "161803"))
	step("PIN after unblock", yk.VerifyPIN("161803"))
	step("reset", yk.Reset())
	if _, err := yk.Certificate(piv.SlotAuthentication); !errors.Is(err, piv.ErrNotFound) {
		t.Errorf("a certificate after reset: %v", err)
	}
}

func TestPIVGoImportsKey(t *testing.T) {
	d := startInProcess(t)
	insert(t, d, 0, newCard(t, card.Spec{Blank: true}))
	yk := open(t, d, 0)
	for _, tc := range []struct {
		bits int
		alg  piv.Algorithm
	}{{2048, piv.AlgorithmRSA2048}, {3072, piv.AlgorithmRSA3072}} {
		key, err := rsa.GenerateKey(rand.Reader, tc.bits)
		if err != nil {
			t.Fatal(err)
		}
		if err := yk.SetPrivateKeyInsecure(piv.DefaultManagementKey, piv.SlotKeyManagement, key, piv.Key{Algorithm: tc.alg, PINPolicy: piv.PINPolicyOnce, TouchPolicy: piv.TouchPolicyNever}); err != nil {
			t.Fatal(err)
		}
		info, err := yk.KeyInfo(piv.SlotKeyManagement)
		if err != nil || info.Origin != piv.OriginImported || !key.PublicKey.Equal(info.PublicKey) {
			t.Errorf("RSA-%d: metadata %+v, %v", tc.bits, info, err)
		}
		priv, err := yk.PrivateKey(piv.SlotKeyManagement, key.Public(), piv.KeyAuth{PIN: pin, PINPolicy: piv.PINPolicyOnce})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("a message"))
		sig, err := priv.(crypto.Signer).Sign(rand.Reader, sum[:], crypto.SHA256)
		if err == nil {
			err = rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig)
		}
		if err != nil {
			t.Errorf("RSA-%d: %v", tc.bits, err)
		}
	}
	if _, err := yk.Attest(piv.SlotKeyManagement); err == nil {
		t.Error("an imported key was attested")
	}
}

// The cards that piv-go is known to refuse must be refused here too, or the fixture would
// be kinder than the field.
func TestPIVGoRefusesOtherCards(t *testing.T) {
	for name, f := range map[string]card.Faults{
		"no vendor instructions": {Plain: true},
		"T=0 only":               {T0: true},
		"no PIV":                 {NotPIV: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := startInProcess(t)
			insert(t, d, 0, newCard(t, card.Spec{Faults: f}))
			if yk, err := piv.Open(d.Readers[0]); err == nil {
				_ = yk.Close()
				t.Error("opened")
			}
		})
	}
	d := startInProcess(t)
	insert(t, d, 0, newCard(t, card.Spec{Faults: card.Faults{Gzip: true}}))
	if _, err := open(t, d, 0).Certificate(piv.SlotAuthentication); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("a compressed certificate: %v", err)
	}
}
