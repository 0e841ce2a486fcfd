package card

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"time"
)

// Yubico's attestation extensions.
var (
	oidFirmware   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 3}
	oidSerial     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 7}
	oidPolicy     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 8}
	oidFormFactor = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 41482, 3, 9}
)

// The attestation key's certificate is self-signed and does not end: it shows that
// it leads to no root anybody trusts.
var (
	attestFrom  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	attestUntil = time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
)

// makeAttestation puts a key and a self-signed certificate in F9.
func (c *Card) makeAttestation() error {
	k, err := newSlotKey(0xF9, P256)
	if err != nil {
		return err
	}
	t := &x509.Certificate{
		SerialNumber:          serialNumber(),
		Subject:               pkix.Name{Organization: []string{Organisation}, CommonName: "Bench PIV Attestation"},
		NotBefore:             attestFrom,
		NotAfter:              attestUntil,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
		ExtraExtensions:       []pkix.Extension{{Id: oidFirmware, Value: version}},
	}
	cert, err := sign(t, t, k.key.Public(), k.key)
	if err != nil {
		return fmt.Errorf("cannot make the attestation certificate: %w", err)
	}
	c.keys[0xF9] = k
	c.objects[tagAttestation] = certObject(cert.Raw, 0)
	return nil
}

// attestation certifies that the key of a slot was generated here, with its
// policies. Callers hold mu.
func (c *Card) attestation(slot byte, k *slotKey) ([]byte, error) {
	obj, err := tlvMap(c.objects[tagAttestation])
	if err != nil {
		return nil, err
	}
	parent, err := x509.ParseCertificate(obj[0x70])
	if err != nil {
		return nil, err
	}
	serial, err := asn1.Marshal(int64(c.serial))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serialNumber(),
		Subject:      pkix.Name{Organization: []string{Organisation}, CommonName: fmt.Sprintf("YubiKey PIV Attestation %02x", slot)},
		NotBefore:    attestFrom,
		NotAfter:     attestUntil,
		ExtraExtensions: []pkix.Extension{
			{Id: oidFirmware, Value: version},
			{Id: oidSerial, Value: serial},
			{Id: oidPolicy, Value: []byte{k.pin, k.touch}},
			{Id: oidFormFactor, Value: []byte{0x01}}, // USB-A keychain
		},
	}
	cert, err := sign(t, parent, k.key.Public(), c.keys[0xF9].key)
	if err != nil {
		return nil, err
	}
	return cert.Raw, nil
}
