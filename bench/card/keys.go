package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
)

// KeyType says which key a slot holds. The zero value means "not chosen".
type KeyType byte

// Key types a slot can hold. RSA1024 exists for negative fixtures only.
const (
	NoKey KeyType = iota
	P256
	P384
	RSA1024
	RSA2048
	RSA3072
	RSA4096
)

// keyTypes: algorithm identifiers of SP 800-78-5, table 9; 05 (RSA-3072) is of
// the same table, 16 (RSA-4096) is Yubico's.
var keyTypes = []struct {
	t    KeyType
	name string
	alg  byte
	bits int // RSA modulus, or EC field size
}{
	{P256, "P-256", 0x11, 256},
	{P384, "P-384", 0x14, 384},
	{RSA1024, "RSA-1024", 0x06, 1024},
	{RSA2048, "RSA-2048", 0x07, 2048},
	{RSA3072, "RSA-3072", 0x05, 3072},
	{RSA4096, "RSA-4096", 0x16, 4096},
}

// String returns "P-256", "RSA-2048" and so on.
func (t KeyType) String() string {
	for _, k := range keyTypes {
		if k.t == t {
			return k.name
		}
	}
	return "none"
}

// MarshalText writes the name of String.
func (t KeyType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name as String writes it.
func (t *KeyType) UnmarshalText(b []byte) error {
	for _, k := range keyTypes {
		if k.name == string(b) {
			*t = k.t
			return nil
		}
	}
	if string(b) == "none" {
		*t = NoKey
		return nil
	}
	return fmt.Errorf("cannot read key type %q", b)
}

func keyTypeOfAlg(alg byte) KeyType {
	for _, k := range keyTypes {
		if k.alg == alg {
			return k.t
		}
	}
	return NoKey
}

func (t KeyType) alg() byte {
	for _, k := range keyTypes {
		if k.t == t {
			return k.alg
		}
	}
	return 0
}

func (t KeyType) bits() int {
	for _, k := range keyTypes {
		if k.t == t {
			return k.bits
		}
	}
	return 0
}

func (t KeyType) isEC() bool { return t == P256 || t == P384 }

// generateKey makes a fresh key from the operating system's randomness.
func generateKey(t KeyType) (crypto.Signer, error) {
	switch t {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA1024, RSA2048, RSA3072, RSA4096:
		return rsa.GenerateKey(rand.Reader, t.bits())
	}
	return nil, fmt.Errorf("cannot generate a key of type %s", t)
}

// typeOfKey finds the key type of a private key; NoKey if the card cannot hold it.
func typeOfKey(k crypto.Signer) KeyType {
	switch k := k.(type) {
	case *ecdsa.PrivateKey:
		switch k.Curve {
		case elliptic.P256():
			return P256
		case elliptic.P384():
			return P384
		}
	case *rsa.PrivateKey:
		for _, e := range keyTypes {
			if !e.t.isEC() && e.bits == k.N.BitLen() {
				return e.t
			}
		}
	}
	return NoKey
}

// PIN and touch policies of a key, in Yubico's numbering.
const (
	policyNever  = 1
	policyOnce   = 2
	policyAlways = 3

	originGenerated = 1
	originImported  = 2
)

// slotKey is a key in its slot.
type slotKey struct {
	typ    KeyType
	key    crypto.Signer
	pin    byte // policyNever, policyOnce, policyAlways
	touch  byte
	origin byte
	// clone is the key that answers instead while Faults.Clone is on; made
	// when first needed.
	clone crypto.Signer
}

// defaultPINPolicy: SP 800-73-5 part 1, table 5 (security conditions for private key use).
func defaultPINPolicy(slot byte) byte {
	switch slot {
	case 0x9C:
		return policyAlways
	case 0x9E, 0xF9:
		return policyNever
	}
	return policyOnce
}

func newSlotKey(slot byte, t KeyType) (*slotKey, error) {
	k, err := generateKey(t)
	if err != nil {
		return nil, err
	}
	return &slotKey{typ: t, key: k, pin: defaultPINPolicy(slot), touch: policyNever, origin: originGenerated}, nil
}

// signer returns the key that will answer.
func (k *slotKey) signer(clone bool) (crypto.Signer, error) {
	if !clone {
		return k.key, nil
	}
	if k.clone == nil {
		c, err := generateKey(k.typ)
		if err != nil {
			return nil, err
		}
		k.clone = c
	}
	return k.clone, nil
}

// compute does the raw private operation: ECDSA over a digest (DER out) or RSA
// on a full block (padding is the host's affair).
func (k *slotKey) compute(data []byte, clone bool) ([]byte, error) {
	s, err := k.signer(clone)
	if err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case *ecdsa.PrivateKey:
		if len(data) == 0 || len(data) > k.typ.bits()/8 {
			return nil, errTLV
		}
		return ecdsa.SignASN1(rand.Reader, s, data)
	case *rsa.PrivateKey:
		m := new(big.Int).SetBytes(data)
		if len(data) != k.typ.bits()/8 || m.Cmp(s.N) >= 0 {
			return nil, errTLV
		}
		return new(big.Int).Exp(m, s.D, s.N).FillBytes(make([]byte, len(data))), nil
	}
	return nil, errTLV
}

// agree does ECDH with an uncompressed point (SP 800-73-5 part 2, section 3.2.4, tag 85).
func (k *slotKey) agree(point []byte) ([]byte, error) {
	s, ok := k.key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errTLV
	}
	d, err := s.ECDH()
	if err != nil {
		return nil, err
	}
	p, err := d.Curve().NewPublicKey(point)
	if err != nil {
		return nil, err
	}
	return d.ECDH(p)
}

// publicTemplate encodes the public key as the content of 7F49: 86 point, or 81
// modulus and 82 exponent (SP 800-73-5 part 2, section 3.3.2).
func (k *slotKey) publicTemplate() []byte {
	switch p := k.key.Public().(type) {
	case *ecdsa.PublicKey:
		b, err := p.Bytes()
		if err != nil {
			return nil
		}
		return tlv(0x86, b)
	case *rsa.PublicKey:
		return append(tlv(0x81, p.N.Bytes()), tlv(0x82, big.NewInt(int64(p.E)).Bytes())...)
	}
	return nil
}
