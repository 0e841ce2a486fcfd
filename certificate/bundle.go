package certificate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
)

// Format is the only bundle format this package reads and writes. Another
// value is refused, never guessed at.
const Format = "sexton-certificate/1"

// Extension of bundle files.
const Extension = ".sexton"

// Limits of a bundle. They bound memory and time before anything is trusted.
const (
	MaxBundle      = 128 << 20 // bytes of the whole file
	MaxLeaves      = 200_000   // leaves in all segments
	MaxLeaf        = 65_535    // bytes of one leaf (C2SP tlog-tiles, entry bundles: uint16 length)
	MaxSegments    = 50_000    //
	MaxRangeProof  = 1_000_000 // hashes
	MaxCredentials = 1_000     //
	MaxCredential  = 16 << 10  // bytes of one DER certificate
	MaxOpenings    = 1_000_000 //
	MaxText        = 1 << 20   // bytes of checkpoint, proof, policy and each opening's value
	MaxStatement   = 64 << 20  // bytes of the statement's envelope
	MaxAttachments = 1_000     //
)

// Segment is a run of consecutive leaves of the log.
type Segment struct {
	Start  int64    // index of the first leaf in the log
	Leaves []string // exact leaf bytes
}

// End is the index after the last leaf.
func (s Segment) End() int64 { return s.Start + int64(len(s.Leaves)) }

// Opening reveals one committed value of one event.
type Opening struct {
	Event string // id of the leaf's payload (UUIDv7)
	Path  string // where in the payload the commitment stands, as leaf.Opening.Path
	Salt  []byte // leaf.SaltSize bytes
	Value string // the value itself
}

// Bundle is a certificate as it travels: one file, self-contained but for the
// inspector's trust.
type Bundle struct {
	Statement   string            // DSSE envelope of the in-toto statement, exact bytes
	Segments    []Segment         // ascending, not touching each other
	RangeProof  [][32]byte        // hashes of the gaps, left to right
	Checkpoint  string            // C2SP tlog-checkpoint, a signed note
	Proof       string            // C2SP tlog-proof of the batch.certified leaf, same checkpoint
	Credentials [][]byte          // DER certificates, ascending by SHA-256
	Openings    []Opening         // ascending by event, path; none in a redacted certificate
	Policy      []byte            // exact bytes of the policy profile in force
	Attachments map[string][]byte // lower hex SHA-256 -> bytes that a leaf refers to by hash
}

// Leaf is one leaf with its place in the log.
type Leaf struct {
	Index int64
	Bytes []byte
}

// Leaves lists the leaves of all segments in index order.
func (b *Bundle) Leaves() []Leaf {
	var out []Leaf
	for _, s := range b.Segments {
		for i, l := range s.Leaves {
			out = append(out, Leaf{Index: s.Start + int64(i), Bytes: []byte(l)})
		}
	}
	return out
}

// Encode writes the one encoding of b (RFC 8785 canonical JSON and a line
// feed). It refuses a bundle that Parse would refuse.
func (b *Bundle) Encode() ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("cannot encode certificate: %w", err)
	}
	w := writer{buf: make([]byte, 0, b.sizeHint())}
	w.raw(`{"attachments":{`)
	for i, k := range sortedKeys(b.Attachments) {
		w.comma(i)
		w.str(k)
		w.raw(":")
		w.b64(b.Attachments[k])
	}
	w.raw(`},"checkpoint":`)
	w.str(b.Checkpoint)
	w.raw(`,"credentials":[`)
	for i, c := range b.Credentials {
		w.comma(i)
		w.b64(c)
	}
	w.raw(`],"format":`)
	w.str(Format)
	w.raw(`,"openings":[`)
	for i, o := range b.Openings {
		w.comma(i)
		w.raw(`{"event":`)
		w.str(o.Event)
		w.raw(`,"path":`)
		w.str(o.Path)
		w.raw(`,"salt":`)
		w.b64(o.Salt)
		w.raw(`,"value":`)
		w.str(o.Value)
		w.raw(`}`)
	}
	w.raw(`],"policy":`)
	w.b64(b.Policy)
	w.raw(`,"proof":`)
	w.str(b.Proof)
	w.raw(`,"range_proof":[`)
	for i, h := range b.RangeProof {
		w.comma(i)
		w.b64(h[:])
	}
	w.raw(`],"segments":[`)
	for i, s := range b.Segments {
		w.comma(i)
		w.raw(`{"leaves":[`)
		for j, l := range s.Leaves {
			w.comma(j)
			w.str(l)
		}
		w.raw(`],"start":`)
		w.integer(s.Start)
		w.raw(`}`)
	}
	w.raw(`],"statement":`)
	w.str(b.Statement)
	w.raw("}\n")
	if w.err != nil {
		return nil, fmt.Errorf("cannot encode certificate: %w", w.err)
	}
	if len(w.buf) > MaxBundle {
		return nil, fmt.Errorf("cannot encode certificate: %d bytes, the limit is %d", len(w.buf), MaxBundle)
	}
	return w.buf, nil
}

func (b *Bundle) sizeHint() int {
	n := 4096 + len(b.Statement)*5/4 + len(b.Policy)*4/3 + 48*len(b.RangeProof)
	for _, s := range b.Segments {
		for _, l := range s.Leaves {
			n += len(l)*9/8 + 4
		}
	}
	return min(n, MaxBundle)
}

// fieldError is a refusal that knows which field of the bundle it means.
type fieldError struct {
	Field string
	Err   error
}

func (e *fieldError) Error() string { return e.Field + ": " + e.Err.Error() }
func (e *fieldError) Unwrap() error { return e.Err }

// Field returns the name of the bundle's field that err is about, "" if none.
func Field(err error) string {
	var f *fieldError
	if errors.As(err, &f) {
		return f.Field
	}
	return ""
}

func at(field, format string, args ...any) error {
	return &fieldError{Field: field, Err: fmt.Errorf(format, args...)}
}

// check enforces what the syntax alone does not: order, uniqueness, limits.
func (b *Bundle) check() error {
	if err := b.checkSegments(); err != nil {
		return err
	}
	if len(b.RangeProof) > MaxRangeProof {
		return at("range_proof", "%d hashes, the limit is %d", len(b.RangeProof), MaxRangeProof)
	}
	if err := b.checkCredentials(); err != nil {
		return err
	}
	if len(b.Openings) > MaxOpenings {
		return at("openings", "%d openings, the limit is %d", len(b.Openings), MaxOpenings)
	}
	for i := 1; i < len(b.Openings); i++ {
		p, o := b.Openings[i-1], b.Openings[i]
		if p.Event > o.Event || p.Event == o.Event && p.Path >= o.Path {
			return at(fmt.Sprintf("openings[%d]", i), "not in ascending order of event and path")
		}
	}
	if len(b.Attachments) > MaxAttachments {
		return at("attachments", "%d attachments, the limit is %d", len(b.Attachments), MaxAttachments)
	}
	for _, k := range sortedKeys(b.Attachments) {
		if sum := sha256.Sum256(b.Attachments[k]); hex.EncodeToString(sum[:]) != k {
			return at("attachments["+clip(k)+"]", "the name is not the SHA-256 of the content")
		}
	}
	for _, t := range []struct {
		field string
		n     int
		max   int
	}{{"checkpoint", len(b.Checkpoint), MaxText}, {"proof", len(b.Proof), MaxText}, {"policy", len(b.Policy), MaxText}, {"statement", len(b.Statement), MaxStatement}} {
		if t.n == 0 || t.n > t.max {
			return at(t.field, "%d bytes, between 1 and %d are allowed", t.n, t.max)
		}
	}
	return nil
}

func (b *Bundle) checkSegments() error {
	if len(b.Segments) == 0 || len(b.Segments) > MaxSegments {
		return at("segments", "%d segments, between 1 and %d are allowed", len(b.Segments), MaxSegments)
	}
	leaves := 0
	end := int64(-1)
	for i, s := range b.Segments {
		field := fmt.Sprintf("segments[%d]", i)
		if len(s.Leaves) == 0 {
			return at(field, "no leaves")
		}
		if s.Start < 0 || s.Start >= 1<<53-MaxLeaves {
			return at(field+".start", "index %d is out of range", s.Start)
		}
		if s.Start <= end {
			return at(field+".start", "begins at %d; the segment before it ends at %d and they may neither overlap nor touch", s.Start, end)
		}
		for j, l := range s.Leaves {
			if len(l) == 0 || len(l) > MaxLeaf {
				return at(fmt.Sprintf("%s.leaves[%d]", field, j), "%d bytes, between 1 and %d are allowed", len(l), MaxLeaf)
			}
		}
		end = s.End()
		if leaves += len(s.Leaves); leaves > MaxLeaves {
			return at(field, "more than %d leaves", MaxLeaves)
		}
	}
	return nil
}

func (b *Bundle) checkCredentials() error {
	if len(b.Credentials) > MaxCredentials {
		return at("credentials", "%d certificates, the limit is %d", len(b.Credentials), MaxCredentials)
	}
	var last [32]byte
	for i, c := range b.Credentials {
		field := fmt.Sprintf("credentials[%d]", i)
		if len(c) == 0 || len(c) > MaxCredential {
			return at(field, "%d bytes, between 1 and %d are allowed", len(c), MaxCredential)
		}
		sum := sha256.Sum256(c)
		if i > 0 && bytes.Compare(last[:], sum[:]) >= 0 {
			return at(field, "not in ascending order of SHA-256")
		}
		last = sum
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// clip shortens hostile text for a message.
func clip(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return string(bytes.ToValidUTF8([]byte(s), []byte("?")))
}

// strictBase64 decodes standard base64 in its one canonical form.
func strictBase64(s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == '\r' {
			return nil, errors.New("base64 with a line break")
		}
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not canonical base64")
	}
	return b, nil
}
