package card

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // 3DES management keys are what YubiKey-class cards ship with
	"crypto/rand"
	"crypto/subtle"
	"fmt"
)

// Algorithms of the management key 9B (SP 800-78-5, table 9; 00 is an old name
// of 03).
const (
	Mgmt3DES   byte = 0x03
	MgmtAES128 byte = 0x08
	MgmtAES192 byte = 0x0A
	MgmtAES256 byte = 0x0C
)

// factoryManagementKey is the 3DES key YubiKey-class cards leave the factory
// with; personalisation tools expect it.
var factoryManagementKey = []byte{
	1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
}

// managementCipher checks the length and makes the block cipher.
func managementCipher(alg byte, key []byte) (cipher.Block, error) {
	want := map[byte]int{Mgmt3DES: 24, MgmtAES128: 16, MgmtAES192: 24, MgmtAES256: 32}[alg]
	if want == 0 || len(key) != want {
		return nil, fmt.Errorf("cannot use a management key of %d bytes with algorithm %02X", len(key), alg)
	}
	if alg == Mgmt3DES {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

// authenticate: GENERAL AUTHENTICATE, SP 800-73-5 part 2, section 3.2.4.
func (c *Card) authenticate(cmd command) ([]byte, uint16) {
	tag, body, rest, err := cutTLV(cmd.data)
	if err != nil || tag != 0x7C || len(rest) != 0 {
		return nil, swData
	}
	t, err := tlvMap(body)
	if err != nil {
		return nil, swData
	}
	if cmd.p2 == 0x9B {
		return c.authenticateManagement(cmd.p1, t)
	}
	return c.authenticateKey(cmd, t)
}

// authenticateManagement does mutual authentication (80, then 80 and 81) and
// single authentication of the host (81, then 82).
func (c *Card) authenticateManagement(alg byte, t map[uint32][]byte) ([]byte, uint16) {
	if alg == 0x00 {
		alg = Mgmt3DES
	}
	if alg != c.mgmtAlg {
		return nil, swData
	}
	b, err := managementCipher(c.mgmtAlg, c.mgmtKey)
	if err != nil {
		return nil, swInternal
	}
	n := b.BlockSize()
	witness, challenge := c.v.witness, c.v.challenge
	c.v.witness, c.v.challenge = nil, nil
	w, hasW := t[0x80]
	ch, hasCh := t[0x81]
	resp, hasResp := t[0x82]
	switch {
	case hasW && len(w) == 0 && !hasCh && !hasResp:
		c.v.witness = random(n)
		out := make([]byte, n)
		b.Encrypt(out, c.v.witness)
		return tlv(0x7C, tlv(0x80, out)), swOK
	case hasW && hasCh && len(w) == n && len(ch) == n:
		if witness == nil || subtle.ConstantTimeCompare(w, witness) != 1 {
			c.v.management = false
			return nil, swSecurity
		}
		c.v.management = true
		out := make([]byte, n)
		b.Encrypt(out, ch)
		return tlv(0x7C, tlv(0x82, out)), swOK
	case hasCh && len(ch) == 0 && !hasW && !hasResp:
		c.v.challenge = random(n)
		return tlv(0x7C, tlv(0x81, c.v.challenge)), swOK
	case hasResp && len(resp) == n && !hasW && !hasCh:
		want := make([]byte, n)
		if challenge != nil {
			b.Encrypt(want, challenge)
		}
		c.v.management = challenge != nil && subtle.ConstantTimeCompare(want, resp) == 1
		if !c.v.management {
			return nil, swSecurity
		}
		return nil, swOK
	}
	return nil, swData
}

func random(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("cannot read randomness: " + err.Error()) // crypto/rand never returns an error on Linux
	}
	return b
}

// authenticateKey signs (81) or agrees (85) with the key of a slot.
func (c *Card) authenticateKey(cmd command, t map[uint32][]byte) ([]byte, uint16) {
	if !isKeySlot(cmd.p2) {
		return nil, swReference
	}
	k := c.keys[cmd.p2]
	if k == nil {
		return nil, swReference
	}
	if cmd.p1 != k.typ.alg() {
		return nil, swData
	}
	switch {
	case k.pin == policyOnce && !c.v.verified,
		k.pin == policyAlways && !(c.v.verified && c.v.fresh):
		return nil, swSecurity
	}
	if empty, ok := t[0x82]; !ok || len(empty) != 0 || len(t) != 2 {
		return nil, swData
	}
	var out []byte
	err := errTLV
	if data, ok := t[0x81]; ok {
		out, err = k.compute(data, c.faults.Clone)
		if err == nil && c.faults.FlipSignatureBit {
			out[len(out)-1] ^= 0x01
		}
	} else if point, ok := t[0x85]; ok {
		out, err = k.agree(point)
	}
	if err != nil {
		return nil, swData
	}
	return tlv(0x7C, tlv(0x82, out)), swOK
}

// isKeySlot: 9A 9C 9D 9E and the retired key management slots 82 to 95
// (SP 800-73-5 part 1, table 4).
func isKeySlot(s byte) bool {
	switch s {
	case 0x9A, 0x9C, 0x9D, 0x9E:
		return true
	}
	return s >= 0x82 && s <= 0x95
}

// generate: GENERATE ASYMMETRIC KEY PAIR, SP 800-73-5 part 2, section 3.3.2, with
// Yubico's policy tags AA (PIN) and AB (touch).
func (c *Card) generate(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0 {
		return nil, swParameters
	}
	if !isKeySlot(cmd.p2) {
		return nil, swReference
	}
	if !c.v.management {
		return nil, swSecurity
	}
	tag, body, rest, err := cutTLV(cmd.data)
	if err != nil || tag != 0xAC || len(rest) != 0 {
		return nil, swData
	}
	t, err := tlvMap(body)
	if err != nil || len(t[0x80]) != 1 {
		return nil, swData
	}
	typ := keyTypeOfAlg(t[0x80][0])
	if typ == NoKey {
		return nil, swData
	}
	delete(t, 0x80)
	if c.faults.Plain && len(t) != 0 {
		return nil, swData
	}
	k, err := newSlotKey(cmd.p2, typ)
	if err != nil {
		return nil, swInternal
	}
	if !k.policies(cmd.p2, t) {
		return nil, swData
	}
	c.keys[cmd.p2] = k
	return tlv(0x7F49, k.publicTemplate()), swOK
}

// policies reads AA and AB; anything else is malformed.
func (k *slotKey) policies(slot byte, t map[uint32][]byte) bool {
	for tag, v := range t {
		if len(v) != 1 || v[0] > 3 {
			return false
		}
		switch {
		case tag == 0xAA && v[0] == 0:
			k.pin = defaultPINPolicy(slot)
		case tag == 0xAA:
			k.pin = v[0]
		case tag == 0xAB && v[0] == 0:
			k.touch = policyNever
		case tag == 0xAB:
			k.touch = v[0]
		default:
			return false
		}
	}
	return true
}
