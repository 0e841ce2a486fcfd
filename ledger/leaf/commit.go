package leaf

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
)

const (
	commitmentPrefix = "c1:"
	commitmentTag    = "sexton/commitment/v1\n"
	// SaltSize is the size of a salt in bytes.
	SaltSize = 32
)

// Opening shows the value of one commitment. Path is the JSON pointer (RFC 6901) of the commitment in the payload, such as
// "/body/title".
type Opening struct {
	Path  string `json:"path"`
	Salt  []byte `json:"salt"`
	Value string `json:"value"`
}

// Commit hides value: "c1:" and the lower hex SHA-256 of a tag and of path, salt and value, each with its length as big-endian
// uint32 before it. The commitment to the empty value is empty.
func Commit(path string, salt []byte, value string) Commitment {
	if value == "" {
		return ""
	}
	b := []byte(commitmentTag)
	for _, part := range [][]byte{[]byte(path), salt, []byte(value)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	h := sha256.Sum256(b)
	return Commitment(commitmentPrefix + hex.EncodeToString(h[:]))
}

// NewCommitment commits to value with a fresh salt from random. For the empty value the commitment is empty and there is
// nothing to open: the opening is zero, and is not to be kept.
func NewCommitment(random io.Reader, path, value string) (Commitment, Opening, error) {
	if value == "" {
		return "", Opening{}, nil
	}
	salt := make([]byte, SaltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", Opening{}, fmt.Errorf("cannot make salt: %w", err)
	}
	return Commit(path, salt, value), Opening{path, salt, value}, nil
}

// Commitments finds the non-empty commitments of p by path.
func Commitments(p Payload) map[string]Commitment {
	out := map[string]Commitment{}
	v := reflect.ValueOf(p.Body)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return out
	}
	v = v.Elem()
	for i := range v.NumField() {
		if c, ok := v.Field(i).Interface().(Commitment); ok && c != "" {
			out["/body/"+v.Type().Field(i).Tag.Get("json")] = c
		}
	}
	return out
}

// CheckOpenings demands that openings open every commitment of p, each exactly once and nothing else.
func CheckOpenings(p Payload, openings []Opening) error {
	want := Commitments(p)
	for _, o := range openings {
		if err := CheckOpening(p, o); err != nil {
			return err
		}
		if _, ok := want[o.Path]; !ok {
			return fmt.Errorf("%s is opened twice", o.Path)
		}
		delete(want, o.Path)
	}
	if len(want) > 0 {
		var left []string
		for path := range want {
			left = append(left, path)
		}
		sort.Strings(left)
		return fmt.Errorf("the opening of %s is missing", left[0])
	}
	return nil
}

// CheckOpening demands that o opens a commitment of p.
func CheckOpening(p Payload, o Opening) error {
	c, ok := Commitments(p)[o.Path]
	switch {
	case !ok:
		return fmt.Errorf("%q is no commitment of a %s event", o.Path, p.Kind)
	case len(o.Salt) != SaltSize:
		return fmt.Errorf("salt for %s has %d bytes, want %d", o.Path, len(o.Salt), SaltSize)
	case o.Value == "":
		return errors.New("the empty value needs no opening")
	case Commit(o.Path, o.Salt, o.Value) != c:
		return fmt.Errorf("the opening of %s does not match its commitment", o.Path)
	}
	return nil
}
