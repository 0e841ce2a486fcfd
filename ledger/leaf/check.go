package leaf

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// KeyFinder knows the public keys whose signatures count. Both methods give an error that says who is unknown, so that an event
// of a person who was never enrolled, or with another card than the enrolled one, is refused.
type KeyFinder interface {
	// StationKey is the event key of the station that wrote the event: an Ed25519 key.
	StationKey(station string) (crypto.PublicKey, error)
	// PersonKey is the slot 9C key with identifier credential, which must be person's.
	PersonKey(person, credential string) (crypto.PublicKey, error)
}

// Check demands exactly the signatures that p's kind demands, each valid over the exact payload bytes: for [ByStation] one of the
// station's event key, for the others one per actor in the order of the actors, and no other. env and p come from [Decode].
func Check(env Envelope, p Payload, keys KeyFinder) error {
	if err := check(env, p, keys); err != nil {
		return fmt.Errorf("cannot accept signatures of %s event %s: %w", p.Kind, p.ID, err)
	}
	return nil
}

func check(env Envelope, p Payload, keys KeyFinder) error {
	type signer struct {
		who, id string
		key     crypto.PublicKey
	}
	var want []signer
	switch SignersOf(p) {
	case ByStation:
		key, err := keys.StationKey(p.Station)
		if err != nil {
			return err
		}
		if _, ok := key.(ed25519.PublicKey); !ok {
			return fmt.Errorf("the station's event key is a %T, want Ed25519", key)
		}
		id, err := KeyID(key)
		if err != nil {
			return err
		}
		want = append(want, signer{"the station", id, key})
	case ByOne, ByTwo:
		if err := validateActors(p); err != nil {
			return err
		}
		for _, a := range p.Actors {
			key, err := keys.PersonKey(a.Person, a.Credential)
			if err != nil {
				return err
			}
			id, err := KeyID(key)
			if err != nil {
				return err
			}
			if id != a.Credential {
				return fmt.Errorf("the key found for %s is %s, the event names %s", a.Person, id, a.Credential)
			}
			want = append(want, signer{"person " + a.Person + " as " + string(a.Role), id, key})
		}
	default:
		return fmt.Errorf("kind %q is not known", p.Kind)
	}
	if len(env.Signatures) != len(want) {
		return fmt.Errorf("%d signature(s), want %d", len(env.Signatures), len(want))
	}
	message := PAE(env.Payload)
	for i, w := range want {
		if env.Signatures[i].KeyID != w.id {
			return fmt.Errorf("signature %d is by key %s, want that of %s", i, env.Signatures[i].KeyID, w.who)
		}
		if err := VerifySig(w.key, message, env.Signatures[i].Sig); err != nil {
			return fmt.Errorf("signature of %s: %w", w.who, err)
		}
	}
	return nil
}

// errSignature is the one answer to a signature that does not hold.
var errSignature = errors.New("does not verify")

// VerifySig checks sig over message by the algorithm that key's type fixes: Ed25519; ECDSA P-256 with SHA-256 or P-384 with
// SHA-384, ASN.1 DER; RSASSA-PSS with SHA-256 and a 32-byte salt, 2048 to 4096 bits. Other keys are refused.
func VerifySig(key crypto.PublicKey, message, sig []byte) error {
	ok := false
	switch k := key.(type) {
	case ed25519.PublicKey:
		ok = len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, sig)
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			d := sha256.Sum256(message)
			ok = ecdsa.VerifyASN1(k, d[:], sig)
		case elliptic.P384():
			d := sha512.Sum384(message)
			ok = ecdsa.VerifyASN1(k, d[:], sig)
		default:
			return errors.New("the elliptic curve is neither P-256 nor P-384")
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < 2048 || n > 4096 {
			return fmt.Errorf("an RSA key of %d bits is not accepted", n)
		}
		d := sha256.Sum256(message)
		ok = rsa.VerifyPSS(k, crypto.SHA256, d[:], sig, &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}) == nil
	default:
		return fmt.Errorf("a key of type %T is not accepted", key)
	}
	if !ok {
		return errSignature
	}
	return nil
}

// KeyID is the key identifier of a public key: lower hex SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1) in DER.
func KeyID(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("cannot encode public key: %w", err)
	}
	h := sha256.Sum256(der)
	return hex.EncodeToString(h[:]), nil
}

// EventKeyText writes a station's event key as [Initialised].EventKey holds it: standard base64 of the SubjectPublicKeyInfo.
func EventKeyText(key ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("cannot encode event key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// ParseEventKey reads what [EventKeyText] writes, and nothing else.
func ParseEventKey(text string) (ed25519.PublicKey, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("cannot read event key: not canonical base64")
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("cannot read event key: %w", err)
	}
	ed, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("cannot read event key: it is a %T, want Ed25519", key)
	}
	if again, err := EventKeyText(ed); err != nil || again != text {
		return nil, errors.New("cannot read event key: not canonical DER")
	}
	return ed, nil
}
