package leaf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/gowebpki/jcs"
)

// AtLayout is how times are written: UTC, exactly three digits of milliseconds.
const AtLayout = "2006-01-02T15:04:05.000Z"

// wire is Payload as it is written: the same names, the time as text, the body undecoded.
type wire struct {
	Schema   string            `json:"schema"`
	ID       string            `json:"id"`
	Station  string            `json:"station"`
	Kind     Kind              `json:"kind"`
	At       string            `json:"at"`
	Clock    Clock             `json:"clock"`
	Actors   []Actor           `json:"actors"`
	Subjects []string          `json:"subjects"`
	Prev     map[string]string `json:"prev"`
	Seen     Seen              `json:"seen"`
	Policy   PolicyRef         `json:"policy"`
	Body     json.RawMessage   `json:"body"`
}

// Build checks p and encodes it as canonical JSON (RFC 8785). At is converted to UTC and cut to milliseconds; nil slices and
// maps are written empty. The error names the field that is wrong.
func Build(p Payload) ([]byte, error) {
	if p.Schema == "" {
		p.Schema = Schema
	}
	p.At = p.At.UTC().Truncate(time.Millisecond)
	if err := validate(p); err != nil {
		return nil, fmt.Errorf("cannot encode event: %w", err)
	}
	b := canonical(p)
	if c, err := jcs.Transform(b); err != nil || !bytes.Equal(b, c) {
		return nil, fmt.Errorf("internal error: two encoders of canonical JSON disagree on event %s", p.ID)
	}
	return b, nil
}

// canonical encodes p without checking its meaning.
func canonical(p Payload) []byte {
	return appendValue(make([]byte, 0, 1024), reflect.ValueOf(p))
}

// Canonical encodes v as canonical JSON (RFC 8785). v must marshal to JSON without numbers of 2^53 or more.
func Canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("cannot encode JSON: %w", err)
	}
	c, err := jcs.Transform(b)
	if err != nil {
		return nil, fmt.Errorf("cannot make JSON canonical: %w", err)
	}
	return c, nil
}

// ParsePayload decodes canonical payload bytes strictly: any other encoding of the same event, unknown or missing members,
// another schema and meaningless values are refused.
func ParsePayload(b []byte) (Payload, error) {
	p, err := parsePayload(b)
	if err != nil {
		return Payload{}, fmt.Errorf("cannot decode event: %w", err)
	}
	return p, nil
}

func parsePayload(b []byte) (Payload, error) {
	var w wire
	// Unknown, duplicate and missing members and other spellings of the same value are caught below: the one encoding of what was
	// understood must be b.
	if err := json.Unmarshal(b, &w); err != nil {
		return Payload{}, fmt.Errorf("cannot read JSON: %w", err)
	}
	if w.Schema != Schema {
		return Payload{}, fmt.Errorf("schema %q is not %q", w.Schema, Schema)
	}
	body := NewBody(w.Kind)
	if body == nil {
		return Payload{}, fmt.Errorf("kind %q is not known", w.Kind)
	}
	if err := json.Unmarshal(w.Body, body); err != nil {
		return Payload{}, fmt.Errorf("body of %s: %w", w.Kind, err)
	}
	at, err := time.Parse(AtLayout, w.At)
	if err != nil {
		return Payload{}, fmt.Errorf("time %q is not UTC with milliseconds", w.At)
	}
	p := Payload{w.Schema, w.ID, w.Station, w.Kind, at, w.Clock, w.Actors, w.Subjects, w.Prev, w.Seen, w.Policy, body}
	if err := validate(p); err != nil {
		return Payload{}, err
	}
	if !bytes.Equal(canonical(p), b) {
		return Payload{}, errors.New("payload is not the canonical encoding (RFC 8785) of its content")
	}
	return p, nil
}
