package certtest

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
	"encoding/hex"
	"fmt"
	"math/big"
	"sync/atomic"
	"time"

	"sexton/ledger/leaf"
)

// CA issues credentials. An intermediate has a parent.
type CA struct {
	Cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serial atomic.Int64

func template(name string, from, to time.Time) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to}
}

// NewCA makes a CA, self-signed when parent is nil.
func NewCA(name string, parent *CA) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make CA key: %w", err)
	}
	t := template(name, Start.AddDate(-5, 0, 0), Start.AddDate(20, 0, 0))
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	issuer, signer := t, key
	if parent != nil {
		issuer, signer = parent.Cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("cannot make CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &CA{cert, key}, nil
}

// Person is one enrolled person with a card.
type Person struct {
	ID, Name string
	Roles    []leaf.Role
	GUID     string
	Serial   int64
	Auth     string // key id of 9A
	Cert     *x509.Certificate
	key      crypto.Signer
}

// SignKey is the key id of slot 9C.
func (p *Person) SignKey() string { return keyID(p.Cert.PublicKey) }

func keyID(pub crypto.PublicKey) string {
	id, err := leaf.KeyID(pub)
	if err != nil {
		panic(err) // keys are made here
	}
	return id
}

// sign signs as a card would: by the algorithm that the key's type fixes.
func (p *Person) sign(message []byte) ([]byte, error) {
	switch k := p.key.(type) {
	case *rsa.PrivateKey:
		d := sha256.Sum256(message)
		return rsa.SignPSS(rand.Reader, k, crypto.SHA256, d[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P384() {
			d := sha512.Sum384(message)
			return ecdsa.SignASN1(rand.Reader, k, d[:])
		}
	}
	d := sha256.Sum256(message)
	return p.key.Sign(rand.Reader, d[:], crypto.SHA256)
}

// newPerson makes keys and has ca certify the one of slot 9C for the given
// validity.
func newPerson(ca *CA, id, name string, key crypto.Signer, from, to time.Time, roles ...leaf.Role) (*Person, error) {
	t := template(id, from, to)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	der, err := x509.CreateCertificate(rand.Reader, t, ca.Cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("cannot certify %s: %w", id, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	auth, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	guid := sha256.Sum256([]byte(id))
	return &Person{ID: id, Name: name, Roles: roles, GUID: hex.EncodeToString(guid[:16]), Auth: keyID(auth.Public()), Cert: cert, key: key}, nil
}

func newKey(kind string) (crypto.Signer, error) {
	switch kind {
	case "P-384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA-2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}
