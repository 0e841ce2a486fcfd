package modbus

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"sexton/shredder"
)

// oidRole is the role extension (MODBUS/TCP Security Protocol Specification v21, section 8.4, R-21).
var oidRole = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 50316, 802, 1}

// Roles of the profile (firmware-iface/SPEC.md, section 2).
const (
	RoleOperator = "operator" // may read and write
	RoleViewer   = "viewer"   // may read
)

// Config says which machine this is and how to reach it. Exactly one of Security and PlainNetwork is set.
type Config struct {
	Address       string // host:port; the usual port is 802, plain 502
	Unit          uint8  // Modbus unit; 0 means 1
	MachineSerial string // serial number the identity block must show
	Security      *Security
	PlainNetwork  string        // name of the network that is part of the machine; its evidence is unauthenticated
	Timeout       time.Duration // for one request; 0 means 1 s; 50 ms to 5 s
	DialTimeout   time.Duration // for connecting with TLS; 0 means 3 s; 100 ms to 10 s
	Poll          time.Duration // of Watch, and the measure of stale data; 0 means 250 ms; 20 ms to 10 s
}

// Security is the mutual TLS of Modbus/TCP Security.
type Security struct {
	Roots             *x509.CertPool  // authorities the machine's certificate may come from; never the system's
	Certificate       tls.Certificate // ours, with exactly one role; its key may be a crypto.Signer
	ServerName        string          // name in the machine's certificate; "" means the host of Address
	CertificateSerial string          // serial number of the machine's certificate, lower hex without leading zeros
	PeerSHA256        string          // lower hex SHA-256 of the machine's certificate; this or CertificateSerial must be set
}

func (c Config) checked() (Config, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return c, fmt.Errorf("cannot use the shredder's address: %w", err)
	}
	if c.MachineSerial == "" {
		return c, errors.New("cannot drive a shredder whose serial number is not configured")
	}
	if (c.Security == nil) == (c.PlainNetwork == "") {
		return c, errors.New("cannot decide between TLS and plain: configure security or name the plain network, not both")
	}
	if c.Unit == 0 {
		c.Unit = 1
	}
	for _, d := range []struct {
		name      string
		v         *time.Duration
		def       time.Duration
		low, high time.Duration
	}{
		{"timeout", &c.Timeout, time.Second, 50 * time.Millisecond, 5 * time.Second},
		{"dial timeout", &c.DialTimeout, 3 * time.Second, 100 * time.Millisecond, 10 * time.Second},
		{"poll", &c.Poll, 250 * time.Millisecond, 20 * time.Millisecond, 10 * time.Second},
	} {
		if *d.v == 0 {
			*d.v = d.def
		}
		if *d.v < d.low || *d.v > d.high {
			return c, fmt.Errorf("cannot use a %s of %v: must be %v to %v", d.name, *d.v, d.low, d.high)
		}
	}
	if c.Security != nil {
		s, err := c.Security.checked(host)
		if err != nil {
			return c, fmt.Errorf("cannot use the shredder's TLS settings: %w", err)
		}
		c.Security = &s
	}
	return c, nil
}

func (s Security) checked(host string) (Security, error) {
	if s.Roots == nil {
		return s, errors.New("no authority for the machine's certificate")
	}
	if s.CertificateSerial == "" && s.PeerSHA256 == "" {
		return s, errors.New("machine's certificate is not pinned: give its serial number or its SHA-256")
	}
	if p := s.PeerSHA256; p != "" && (len(p) != 2*sha256.Size || !lowerHex(p)) {
		return s, errors.New("SHA-256 pin is not 64 lower hex digits")
	}
	if p := s.CertificateSerial; p != "" && (!lowerHex(p) || p[0] == '0' && p != "0") {
		return s, errors.New("serial number pin is not lower hex without leading zeros")
	}
	if s.ServerName == "" {
		s.ServerName = host
	}
	if len(s.Certificate.Certificate) == 0 {
		return s, errors.New("no certificate of ours")
	}
	leaf, err := x509.ParseCertificate(s.Certificate.Certificate[0])
	if err != nil {
		return s, fmt.Errorf("our certificate: %w", err)
	}
	role, err := Role(leaf)
	if err != nil {
		return s, fmt.Errorf("our certificate: %w", err)
	}
	if role != RoleOperator && role != RoleViewer {
		return s, fmt.Errorf("our certificate has the role %q", role)
	}
	return s, nil
}

func lowerHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}

// Role returns the single role of a certificate: one extension of the role's identifier, one UTF8String, nothing after it.
func Role(cert *x509.Certificate) (string, error) {
	role, found := "", false
	for _, e := range cert.Extensions {
		if !e.Id.Equal(oidRole) {
			continue
		}
		var raw asn1.RawValue
		rest, err := asn1.Unmarshal(e.Value, &raw)
		if found || err != nil || len(rest) != 0 || raw.Class != asn1.ClassUniversal || raw.Tag != asn1.TagUTF8String || !utf8.Valid(raw.Bytes) {
			return "", errors.New("role extension is doubled or no UTF8String")
		}
		role, found = string(raw.Bytes), true
	}
	if role == "" {
		return "", errors.New("no role extension")
	}
	return role, nil
}

// tlsConfig verifies the chain against Roots alone, then the pins.
func (s *Security) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion:    tls.VersionTLS12,
		RootCAs:       s.Roots,
		ServerName:    s.ServerName,
		Certificates:  []tls.Certificate{s.Certificate},
		Renegotiation: tls.RenegotiateNever,
		VerifyConnection: func(cs tls.ConnectionState) error {
			leaf := cs.PeerCertificates[0]
			if got := fingerprint(leaf); s.PeerSHA256 != "" && got != s.PeerSHA256 {
				return fmt.Errorf("certificate has SHA-256 %s, pinned is %s: %w", got, s.PeerSHA256, shredder.ErrIdentity)
			}
			if got := leaf.SerialNumber.Text(16); s.CertificateSerial != "" && got != s.CertificateSerial {
				return fmt.Errorf("certificate has serial number %s, pinned is %s: %w", got, s.CertificateSerial, shredder.ErrIdentity)
			}
			return nil
		},
	}
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}
