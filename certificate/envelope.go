package certificate

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"

	"sexton/ledger/leaf"
)

// StatementPayloadType is the DSSE payload type of in-toto statements
// (in-toto Attestation Framework v1, "Envelope").
const StatementPayloadType = "application/vnd.in-toto+json"

// PAE is the pre-authentication encoding of a statement: the bytes that are
// signed (DSSE v1, protocol).
func PAE(statement []byte) []byte { return leaf.PAEOf(StatementPayloadType, statement) }

// Envelope is the DSSE envelope of a statement. It has exactly one signature,
// by the station's event key.
type Envelope struct {
	Statement []byte // canonical JSON
	KeyID     string // lower hex SHA-256 of the event key's SubjectPublicKeyInfo
	Sig       []byte // Ed25519, 64 bytes, over PAE(Statement)
}

// Encode writes the one encoding of e.
func (e Envelope) Encode() (string, error) {
	if len(e.Sig) != ed25519.SignatureSize || len(e.KeyID) != 64 {
		return "", errors.New("cannot encode statement envelope: key id of 64 characters and signature of 64 bytes needed")
	}
	var w writer
	w.raw(`{"payload":`)
	w.b64(e.Statement)
	w.raw(`,"payloadType":`)
	w.str(StatementPayloadType)
	w.raw(`,"signatures":[{"keyid":`)
	w.str(e.KeyID)
	w.raw(`,"sig":`)
	w.b64(e.Sig)
	w.raw(`}]}`)
	if w.err != nil {
		return "", fmt.Errorf("cannot encode statement envelope: %w", w.err)
	}
	return string(w.buf), nil
}

// ParseEnvelope reads what Encode writes and nothing else.
func ParseEnvelope(s string) (Envelope, error) {
	r := &reader{data: s, field: "statement"}
	var e Envelope
	r.lit(`{`)
	r.field = "statement.payload"
	r.lit(`"payload":`)
	e.Statement = r.b64(base64.StdEncoding.DecodedLen(MaxStatement))
	r.field = "statement.payloadType"
	r.lit(`,"payloadType":"` + StatementPayloadType + `"`)
	r.field = "statement.signatures"
	r.lit(`,"signatures":[{"keyid":`)
	e.KeyID = r.str(64)
	r.lit(`,"sig":`)
	e.Sig = r.b64(ed25519.SignatureSize)
	r.lit(`}]}`)
	if r.err == nil && r.pos != len(r.data) {
		r.fail("trailing bytes")
	}
	if r.err == nil && (len(e.Sig) != ed25519.SignatureSize || len(e.KeyID) != 64) {
		r.fail("key id of 64 characters and signature of 64 bytes needed")
	}
	if r.err != nil {
		return Envelope{}, fmt.Errorf("cannot read statement envelope: %w", r.err)
	}
	return e, nil
}
