package server

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
)

// Role of a client.
type Role uint8

// Roles. NoRole is the zero value: it may do nothing.
const (
	NoRole Role = iota
	Viewer
	Operator
	roles
)

func (r Role) String() string { return [...]string{"none", "viewer", "operator"}[r] }

// RoleOID is the certificate extension with the role (MODBUS/TCP Security Protocol Specification v21, section 7.2).
var RoleOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 50316, 802, 1}

// RoleValue is the extension's value for a role: one UTF8String.
func RoleValue(name string) []byte {
	return append([]byte{asn1.TagUTF8String, byte(len(name))}, name...)
}

// RoleOf reads the role from a client's certificate.
func RoleOf(cert *x509.Certificate) Role {
	role, seen := NoRole, 0
	for _, ext := range cert.Extensions {
		if !ext.Id.Equal(RoleOID) {
			continue
		}
		seen++
		for _, r := range []Role{Viewer, Operator} {
			if bytes.Equal(ext.Value, RoleValue(r.String())) {
				role = r
			}
		}
	}
	if seen != 1 {
		return NoRole
	}
	return role
}
