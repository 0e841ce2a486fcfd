package leaf

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxSize is the largest leaf in bytes: C2SP tlog-tiles, "Log Entries", writes the length of an entry in 16 bits.
const MaxSize = 65535

// maxSigs is the largest number of signatures of one leaf.
const maxSigs = maxActors

// Sig is one signature of an envelope. KeyID is the key identifier of the credential (lower hex SHA-256 of the
// SubjectPublicKeyInfo); DSSE does not sign it, so it only says which key to try.
type Sig struct {
	KeyID string
	Sig   []byte
}

// Envelope is a decoded DSSE envelope: the exact payload bytes and the signatures over [PAE] of them.
type Envelope struct {
	Payload    []byte
	Signatures []Sig
}

// PAE is what is signed: DSSE v1, section "Signature Definition", with [PayloadType].
func PAE(payload []byte) []byte {
	return PAEOf(PayloadType, payload)
}

// PAEOf is the pre-authentication encoding of payload under another payload type.
func PAEOf(payloadType string, payload []byte) []byte {
	b := make([]byte, 0, len(payload)+len(payloadType)+32)
	b = append(b, "DSSEv1 "...)
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(b, ' ')
	b = append(b, payloadType...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	b = append(b, ' ')
	return append(b, payload...)
}

// Encode makes the exact leaf bytes. The payload must be one that [Build] made; signatures are in the order of the actors.
func Encode(payload []byte, sigs []Sig) ([]byte, error) {
	if _, err := ParsePayload(payload); err != nil {
		return nil, err
	}
	return encode(payload, sigs)
}

func encode(payload []byte, sigs []Sig) ([]byte, error) {
	if len(sigs) == 0 || len(sigs) > maxSigs {
		return nil, fmt.Errorf("cannot encode leaf: %d signatures, want 1 to %d", len(sigs), maxSigs)
	}
	for i, s := range sigs {
		if !IsHash(s.KeyID) || len(s.Sig) == 0 {
			return nil, fmt.Errorf("cannot encode leaf: signature %d has no key identifier in lower hex or is empty", i)
		}
	}
	b := encodeEnvelope(PayloadType, payload, sigs)
	if len(b) > MaxSize {
		return nil, fmt.Errorf("cannot encode leaf: %d bytes, at most %d fit; keep long lists by hash", len(b), MaxSize)
	}
	return b, nil
}

// encodeEnvelope writes the one canonical form. All variable parts are hex or base64, so nothing needs escaping and the member
// order is that of RFC 8785.
func encodeEnvelope(payloadType string, payload []byte, sigs []Sig) []byte {
	var b bytes.Buffer
	b.Grow(base64.StdEncoding.EncodedLen(len(payload)) + 128 + 256*len(sigs))
	b.WriteString(`{"payload":"`)
	b.WriteString(base64.StdEncoding.EncodeToString(payload))
	b.WriteString(`","payloadType":"` + payloadType + `","signatures":[`)
	for i, s := range sigs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"keyid":"` + s.KeyID + `","sig":"`)
		b.WriteString(base64.StdEncoding.EncodeToString(s.Sig))
		b.WriteString(`"}`)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// DecodeEnvelope decodes leaf bytes without looking into the payload. Only the encoding [Encode] makes is accepted.
func DecodeEnvelope(leaf []byte) (Envelope, error) {
	env, err := decodeEnvelope(leaf)
	if err != nil {
		return Envelope{}, fmt.Errorf("cannot decode leaf: %w", err)
	}
	return env, nil
}

func decodeEnvelope(leaf []byte) (Envelope, error) {
	if len(leaf) > MaxSize {
		return Envelope{}, fmt.Errorf("%d bytes, at most %d", len(leaf), MaxSize)
	}
	env, ok := splitEnvelope(leaf)
	if !ok {
		return Envelope{}, errors.New("not a DSSE envelope of our payload type in its one canonical encoding")
	}
	again, err := encode(env.Payload, env.Signatures)
	if err != nil {
		return Envelope{}, err
	}
	if !bytes.Equal(again, leaf) {
		return Envelope{}, errors.New("envelope is not in its one canonical encoding")
	}
	return env, nil
}

// splitEnvelope reads what encodeEnvelope writes. It may accept a little more, which the comparison with a new encoding refuses.
func splitEnvelope(leaf []byte) (env Envelope, ok bool) {
	rest := string(leaf)
	field := func(before, after string) (value string) {
		if ok = strings.HasPrefix(rest, before); !ok {
			return ""
		}
		rest = rest[len(before):]
		value, rest, ok = strings.Cut(rest, after)
		return value
	}
	decode := func(text string) (b []byte) {
		if ok {
			var err error
			b, err = base64.StdEncoding.Strict().DecodeString(text)
			ok = err == nil
		}
		return b
	}
	env.Payload = decode(field(`{"payload":"`, `"`))
	for before := `,"payloadType":"` + PayloadType + `","signatures":[`; ok && rest != "]}"; before = "," {
		var s Sig
		if s.KeyID = field(before+`{"keyid":"`, `"`); ok {
			s.Sig = decode(field(`,"sig":"`, `"}`))
		}
		if len(env.Signatures) == maxSigs {
			return env, false
		}
		env.Signatures = append(env.Signatures, s)
	}
	return env, ok
}

// Decode decodes leaf bytes into envelope and event, strictly: whatever is not exactly what [Build] and [Encode] make is
// refused. Signatures are not checked; see [Check].
func Decode(leaf []byte) (Envelope, Payload, error) {
	env, err := DecodeEnvelope(leaf)
	if err != nil {
		return Envelope{}, Payload{}, err
	}
	p, err := ParsePayload(env.Payload)
	if err != nil {
		return Envelope{}, Payload{}, err
	}
	return env, p, nil
}

var _ json.Marshaler = (*Envelope)(nil)

// MarshalJSON writes the envelope in its canonical form.
func (e *Envelope) MarshalJSON() ([]byte, error) { return encode(e.Payload, e.Signatures) }
