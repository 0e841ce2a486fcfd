package shredder

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"sexton/bench/shredder/server"
)

// Organisation stands in every certificate of the bench, so that none can pass for a real one.
const Organisation = "SEXTON BENCH"

// Authority issues the bench's certificates.
type Authority struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// Leaf is one certificate with its key.
type Leaf struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// TLS is the leaf as crypto/tls wants it.
func (l *Leaf) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{l.Cert.Raw}, PrivateKey: l.Key, Leaf: l.Cert}
}

// LeafRequest describes a leaf. The zero Usage is client authentication.
type LeafRequest struct {
	Name   string
	Roles  [][]byte // values of the role extension, one extension each; see server.RoleValue
	Usage  x509.ExtKeyUsage
	Hosts  []string  // names and addresses of a server
	Until  time.Time // zero: ten years
	Server bool
}

// NewAuthority makes a bench authority with a fresh P-256 key.
func NewAuthority(name string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make the key of %s: %w", name, err)
	}
	tmpl, err := template(name, time.Time{})
	if err != nil {
		return nil, err
	}
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.MaxPathLenZero = true, true, true
	tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	cert, err := sign(tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Authority{Cert: cert, key: key}, nil
}

// Issue makes a leaf with a fresh P-256 key. Wrong roles, usages and dates are allowed: tests need them.
func (a *Authority) Issue(r LeafRequest) (*Leaf, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("cannot make the key of %s: %w", r.Name, err)
	}
	tmpl, err := template(r.Name, r.Until)
	if err != nil {
		return nil, err
	}
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature
	usage := r.Usage
	if usage == x509.ExtKeyUsageAny {
		usage = x509.ExtKeyUsageClientAuth
		if r.Server {
			usage = x509.ExtKeyUsageServerAuth
		}
	}
	tmpl.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	for _, v := range r.Roles {
		tmpl.ExtraExtensions = append(tmpl.ExtraExtensions, pkix.Extension{Id: server.RoleOID, Value: v})
	}
	for _, h := range r.Hosts {
		if ip := net.ParseIP(h); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, h)
		}
	}
	cert, err := sign(tmpl, a.Cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &Leaf{Cert: cert, Key: key}, nil
}

// Pool holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.Cert)
	return p
}

func template(name string, until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("cannot draw a serial number: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	if until.IsZero() {
		until = now.AddDate(10, 0, 0)
	}
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: name, Organization: []string{Organisation}},
		NotBefore:    now.Add(-time.Hour), NotAfter: until,
	}, nil
}

func sign(tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("cannot sign the certificate of %s: %w", tmpl.Subject.CommonName, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("cannot read back the certificate of %s: %w", tmpl.Subject.CommonName, err)
	}
	return cert, nil
}

// CertOptions of WriteCerts.
type CertOptions struct {
	Hosts []string // of the server beside localhost, 127.0.0.1 and ::1
}

// Certs are the files of a bench's certificates, all PEM, keys in PKCS #8.
type Certs struct {
	CA, CAKey                 string
	Server, ServerKey         string
	Operator, OperatorKey     string
	Viewer, ViewerKey         string
	ServerSHA256              string // lower hex SHA-256 of the server's certificate, to pin
	ServerSerial              string // lower hex serial number of it, for hosts that pin that
	authority                 *Authority
	serverL, operatorL, viewL *Leaf
}

// Authority that issued them.
func (c *Certs) Authority() *Authority { return c.authority }

// ServerTLS is the configuration of the virtual machine.
func (c *Certs) ServerTLS() *tls.Config { return server.TLS(c.serverL.TLS(), c.authority.Pool()) }

// ClientTLS is the configuration of a host in the role "operator" or "viewer".
func (c *Certs) ClientTLS(role server.Role) *tls.Config {
	leaf := c.operatorL
	if role != server.Operator {
		leaf = c.viewL
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: c.authority.Pool(), ServerName: "localhost",
		Certificates: []tls.Certificate{leaf.TLS()},
	}
}

// WriteCerts makes the bench's certificates in dir, which is created if missing. Files that are there already are read and
// kept; a directory that holds only some of them is refused, since nobody could say what the rest should be.
// Two processes must not do it in one directory at once.
func WriteCerts(dir string, opts CertOptions) (*Certs, error) {
	c := &Certs{}
	files := c.files(dir)
	have := 0
	for _, f := range files {
		_, err := os.Lstat(*f.path)
		if err == nil {
			have++
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("cannot look for bench certificates: %w", err)
		}
	}
	switch {
	case have == len(files):
		return c, c.load()
	case have > 0:
		return nil, fmt.Errorf("cannot use %s: it holds %d of %d certificate files of a bench; empty it to have new ones", dir, have, len(files))
	}
	if err := c.issue(opts); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the directory of bench certificates: %w", err)
	}
	for _, f := range files {
		if err := f.write(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// certFile is one file: of a certificate, or of a key.
type certFile struct {
	path *string
	leaf func(*Certs) *Leaf
	key  bool
}

func (c *Certs) files(dir string) []certFile {
	ca := func(c *Certs) *Leaf { return &Leaf{Cert: c.authority.Cert, Key: c.authority.key} }
	srv := func(c *Certs) *Leaf { return c.serverL }
	op := func(c *Certs) *Leaf { return c.operatorL }
	vw := func(c *Certs) *Leaf { return c.viewL }
	list := []certFile{
		{&c.CAKey, ca, true}, {&c.CA, ca, false}, {&c.ServerKey, srv, true}, {&c.Server, srv, false},
		{&c.OperatorKey, op, true}, {&c.Operator, op, false}, {&c.ViewerKey, vw, true}, {&c.Viewer, vw, false},
	}
	for i, name := range []string{"ca.key", "ca.pem", "server.key", "server.pem", "operator.key", "operator.pem", "viewer.key", "viewer.pem"} {
		*list[i].path = filepath.Join(dir, name)
	}
	return list
}

func (f certFile) write(c *Certs) error {
	leaf, block, mode := f.leaf(c), &pem.Block{Type: "CERTIFICATE"}, os.FileMode(0o644)
	block.Bytes = leaf.Cert.Raw
	if f.key {
		der, err := x509.MarshalPKCS8PrivateKey(leaf.Key)
		if err != nil {
			return fmt.Errorf("cannot encode %s: %w", *f.path, err)
		}
		block, mode = &pem.Block{Type: "PRIVATE KEY", Bytes: der}, 0o600
	}
	if err := os.WriteFile(*f.path, pem.EncodeToMemory(block), mode); err != nil {
		return fmt.Errorf("cannot write a bench certificate: %w", err)
	}
	return nil
}

func (c *Certs) issue(opts CertOptions) error {
	var err error
	if c.authority, err = NewAuthority("bench shredder authority"); err != nil {
		return err
	}
	hosts := append([]string{"localhost", "127.0.0.1", "::1"}, opts.Hosts...)
	role := func(r server.Role) [][]byte { return [][]byte{server.RoleValue(r.String())} }
	for _, w := range []struct {
		at **Leaf
		r  LeafRequest
	}{
		{&c.serverL, LeafRequest{Name: "bench shredder", Server: true, Hosts: hosts}},
		{&c.operatorL, LeafRequest{Name: "bench station", Roles: role(server.Operator)}},
		{&c.viewL, LeafRequest{Name: "bench viewer", Roles: role(server.Viewer)}},
	} {
		if *w.at, err = c.authority.Issue(w.r); err != nil {
			return err
		}
	}
	c.pin()
	return nil
}

func (c *Certs) pin() {
	sum := sha256.Sum256(c.serverL.Cert.Raw)
	c.ServerSHA256, c.ServerSerial = hex.EncodeToString(sum[:]), c.serverL.Cert.SerialNumber.Text(16)
}

func (c *Certs) load() error {
	ca, err := loadLeaf(c.CA, c.CAKey)
	if err != nil {
		return err
	}
	c.authority = &Authority{Cert: ca.Cert, key: ca.Key}
	for _, w := range []struct {
		at        **Leaf
		cert, key string
		usage     x509.ExtKeyUsage
	}{
		{&c.serverL, c.Server, c.ServerKey, x509.ExtKeyUsageServerAuth},
		{&c.operatorL, c.Operator, c.OperatorKey, x509.ExtKeyUsageClientAuth},
		{&c.viewL, c.Viewer, c.ViewerKey, x509.ExtKeyUsageClientAuth},
	} {
		if *w.at, err = loadLeaf(w.cert, w.key); err != nil {
			return err
		}
		opts := x509.VerifyOptions{Roots: c.authority.Pool(), KeyUsages: []x509.ExtKeyUsage{w.usage}}
		if _, err := (*w.at).Cert.Verify(opts); err != nil {
			return fmt.Errorf("cannot use %s: %w", w.cert, err)
		}
	}
	c.pin()
	return nil
}

func loadLeaf(certFile, keyFile string) (*Leaf, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("cannot load %s: %w", certFile, err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || pair.Leaf == nil || len(pair.Certificate) != 1 {
		return nil, fmt.Errorf("cannot load %s: want one certificate and its key", certFile)
	}
	return &Leaf{Cert: pair.Leaf, Key: key}, nil
}
