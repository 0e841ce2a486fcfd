package card

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/binary"
	"math/big"
)

// version that FD reports. 5.3 turns metadata on, 5.4 AES management keys.
var version = []byte{5, 4, 3}

const (
	factoryPIN = "123456"
	factoryPUK = "12345678"
)

// vendor runs the instructions of YubiKey-class cards; a plain card knows none.
func (c *Card) vendor(cmd command) ([]byte, uint16) {
	if c.faults.Plain {
		return nil, swInstruction
	}
	switch cmd.ins {
	case insVersion:
		if c.faults.NoVersion {
			return nil, swInstruction
		}
		return version, swOK
	case insSerial:
		return binary.BigEndian.AppendUint32(nil, c.serial), swOK
	case insMetadata:
		return c.metadata(cmd)
	case insAttest:
		return c.attest(cmd)
	case insSetRetries:
		return c.setRetries(cmd)
	case insFactoryReset:
		return c.factoryReset(cmd)
	case insImport:
		return c.importKey(cmd)
	case insSetManagement:
		return c.setManagement(cmd)
	}
	return nil, swInstruction
}

func flag(b bool) []byte {
	if b {
		return []byte{1}
	}
	return []byte{0}
}

// metadata: F7. Algorithm FF stands for PIN and PUK.
func (c *Card) metadata(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0 {
		return nil, swParameters
	}
	switch cmd.p2 {
	case 0x80, 0x81:
		s, def := &c.pin, factoryPIN
		if cmd.p2 == 0x81 {
			s, def = &c.puk, factoryPUK
		}
		return bytes.Join([][]byte{
			tlv(0x01, []byte{0xFF}), tlv(0x05, flag(s.isDefault(def))), tlv(0x06, []byte{byte(s.max), byte(s.left)}),
		}, nil), swOK
	case 0x9B:
		return bytes.Join([][]byte{
			tlv(0x01, []byte{c.mgmtAlg}), tlv(0x02, []byte{0, policyNever}),
			tlv(0x05, flag(c.mgmtAlg == Mgmt3DES && bytes.Equal(c.mgmtKey, factoryManagementKey))),
		}, nil), swOK
	}
	k := c.keys[cmd.p2]
	if k == nil {
		return nil, swReference
	}
	return bytes.Join([][]byte{
		tlv(0x01, []byte{k.typ.alg()}), tlv(0x02, []byte{k.pin, k.touch}),
		tlv(0x03, []byte{k.origin}), tlv(0x04, k.publicTemplate()),
	}, nil), swOK
}

// attest: F9; the certificate comes without a wrapper.
func (c *Card) attest(cmd command) ([]byte, uint16) {
	if c.faults.NoAttestation || c.keys[0xF9] == nil {
		return nil, swInstruction
	}
	if cmd.p2 != 0 {
		return nil, swParameters
	}
	if !isKeySlot(cmd.p1) {
		return nil, swReference
	}
	k := c.keys[cmd.p1]
	if k == nil {
		return nil, swReference
	}
	if k.origin != originGenerated {
		return nil, swData
	}
	der, err := c.attestation(cmd.p1, k)
	if err != nil {
		return nil, swInternal
	}
	return der, swOK
}

// setRetries: FA. It puts PIN and PUK back to the factory values.
func (c *Card) setRetries(cmd command) ([]byte, uint16) {
	if !c.v.management || !c.v.verified {
		return nil, swSecurity
	}
	p, u := int(cmd.p1), int(cmd.p2)
	if p < 1 || p > maxTries || u < 1 || u > maxTries || len(cmd.data) != 0 {
		return nil, swData
	}
	c.resetSecrets(p, u)
	return nil, swOK
}

func (c *Card) resetSecrets(pinTries, pukTries int) {
	p, _ := padPIN(factoryPIN)
	u, _ := padPUK(factoryPUK)
	c.pin = secret{value: p, left: pinTries, max: pinTries}
	c.puk = secret{value: u, left: pukTries, max: pukTries}
	c.v.verified, c.v.fresh = false, false
}

// factoryReset: FB, only when PIN and PUK are both blocked. The attestation key
// and its certificate stay.
func (c *Card) factoryReset(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0 || cmd.p2 != 0 || len(cmd.data) != 0 {
		return nil, swParameters
	}
	if c.pin.left > 0 || c.puk.left > 0 {
		return nil, swConditions
	}
	f9, cert := c.keys[0xF9], c.objects[tagAttestation]
	c.keys = map[byte]*slotKey{}
	c.objects = map[uint32][]byte{}
	if f9 != nil {
		c.keys[0xF9], c.objects[tagAttestation] = f9, cert
	}
	c.mgmtAlg, c.mgmtKey = Mgmt3DES, bytes.Clone(factoryManagementKey)
	c.resetSecrets(defaultTries, defaultTries)
	c.v.management = false
	return nil, swOK
}

// setManagement: FF, P1 FF, P2 FF (no touch) or FE (touch).
func (c *Card) setManagement(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0xFF || cmd.p2 < 0xFE {
		return nil, swParameters
	}
	if !c.v.management {
		return nil, swSecurity
	}
	d := cmd.data
	if len(d) < 3 || d[1] != 0x9B || int(d[2]) != len(d)-3 {
		return nil, swData
	}
	if _, err := managementCipher(d[0], d[3:]); err != nil {
		return nil, swData
	}
	c.mgmtAlg, c.mgmtKey = d[0], bytes.Clone(d[3:])
	return nil, swOK
}

// importKey: FE, P1 algorithm, P2 slot: 01..05 RSA factors in CRT form, 06 scalar.
func (c *Card) importKey(cmd command) ([]byte, uint16) {
	if !isKeySlot(cmd.p2) {
		return nil, swReference
	}
	if !c.v.management {
		return nil, swSecurity
	}
	t, err := tlvMap(cmd.data)
	if err != nil {
		return nil, swData
	}
	typ := keyTypeOfAlg(cmd.p1)
	var key crypto.Signer
	if typ.isEC() {
		key = importEC(typ, t)
	} else if typ != NoKey {
		key = importRSA(typ, t)
	}
	if key == nil {
		return nil, swData
	}
	k := &slotKey{typ: typ, key: key, pin: defaultPINPolicy(cmd.p2), touch: policyNever, origin: originImported}
	for tag := uint32(1); tag <= 6; tag++ {
		delete(t, tag)
	}
	if !k.policies(cmd.p2, t) {
		return nil, swData
	}
	c.keys[cmd.p2] = k
	return nil, swOK
}

func importEC(t KeyType, m map[uint32][]byte) crypto.Signer {
	curve := elliptic.P256()
	if t == P384 {
		curve = elliptic.P384()
	}
	k, err := ecdsa.ParseRawPrivateKey(curve, m[0x06])
	if err != nil {
		return nil
	}
	return k
}

// importRSA rebuilds the key from its primes with the exponent 65537 and lets
// crypto/rsa check it.
func importRSA(t KeyType, m map[uint32][]byte) crypto.Signer {
	p, q := new(big.Int).SetBytes(m[0x01]), new(big.Int).SetBytes(m[0x02])
	if p.BitLen() != t.bits()/2 || q.BitLen() != t.bits()/2 {
		return nil
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(e, phi)
	if d == nil {
		return nil
	}
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         d,
		Primes:    []*big.Int{p, q},
	}
	if k.Validate() != nil || k.N.BitLen() != t.bits() {
		return nil
	}
	k.Precompute()
	return k
}
