package certificate

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Types of the statement (in-toto Attestation Framework v1, "Statement").
// The predicate's name stands under a reserved top level domain on purpose: it
// identifies, it is not fetched.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://sexton.invalid/destruction/v1"
	// DigestName is the algorithm name of the subjects' digests: SHA-256 over
	// a zero byte and the leaf (RFC 6962 section 2.1).
	DigestName = "rfc6962-leaf-sha256"
)

// Statement is what the certificate says, computed from the leaves and from
// nothing else. It holds no secret: what leaves only commit to is not in it.
// All hashes are lower hex, all times RFC 3339 UTC with milliseconds.
type Statement struct {
	Type          string    `json:"_type"`
	PredicateType string    `json:"predicateType"`
	Subject       []Subject `json:"subject"` // members in manifest order
	Predicate     Predicate `json:"predicate"`
}

// Subject names one member and the leaf that fixed its outcome.
type Subject struct {
	Name   string            `json:"name"` // "carrier/" and UUID
	Digest map[string]string `json:"digest"`
}

// Predicate is the content of a certificate of destruction.
type Predicate struct {
	Certificate string      `json:"certificate"` // number
	Station     Station     `json:"station"`
	Batch       BatchInfo   `json:"batch"`
	Lists       []ListInfo  `json:"lists"`
	Policy      PolicyInfo  `json:"policy"`
	Machine     MachineInfo `json:"machine"`
	Persons     []Person    `json:"persons"` // by id
	Acts        []Act       `json:"acts"`    // the batch's events in order
	Totals      Totals      `json:"totals"`
	Members     []Member    `json:"members"` // manifest order
	Missing     []Absent    `json:"missing"` // by carrier number
	History     Extent      `json:"history"`
}

// Station says whose log this is.
type Station struct {
	Origin   string `json:"origin"`
	LogKey   string `json:"log_key"`
	EventKey string `json:"event_key"` // base64 DER SubjectPublicKeyInfo
	Bench    bool   `json:"bench"`
}

// BatchInfo is the batch as sealed.
type BatchInfo struct {
	ID        string `json:"id"`
	Number    string `json:"number"`
	Act       string `json:"act"`
	Method    string `json:"method"`
	ItemsRoot string `json:"items_root"`
	State     string `json:"state"` // of custody, before batch.certified
}

// ListInfo is one transfer list the members came from.
type ListInfo struct {
	ID           string `json:"id"`
	SourceSHA256 string `json:"source_sha256"`
	Rows         int64  `json:"rows"`
	Skipped      int64  `json:"skipped"`
	Here         int64  `json:"here"` // carriers of this list that the certificate's leaves register
}

// PolicyInfo is the profile in force and the rows cited.
type PolicyInfo struct {
	Profile string   `json:"profile"`
	Version string   `json:"version"`
	SHA256  string   `json:"sha256"`
	Rows    []string `json:"rows"` // of the sealed manifest
}

// MachineInfo is the shredder as enrolled.
type MachineInfo struct {
	ID             string           `json:"id"`
	Manufacturer   string           `json:"manufacturer"`
	Model          string           `json:"model"`
	Serial         string           `json:"serial"`
	ProgramSum     string           `json:"program_sum"`
	PeerSHA256     string           `json:"peer_sha256"`
	ApprovalNo     string           `json:"approval_no"`
	SecurityLevels map[string]int64 `json:"security_levels"`
}

// Person is one person who acted, under his number, not his name.
type Person struct {
	ID          string   `json:"id"`
	Roles       []string `json:"roles"` // roles taken in these leaves, sorted
	SignKey     string   `json:"sign_key"`
	Attestation string   `json:"attestation"`
}

// Act is one event of the batch itself.
type Act struct {
	Kind    string   `json:"kind"`
	At      string   `json:"at"`
	Index   int64    `json:"index"`
	Leaf    string   `json:"leaf"`
	Persons []string `json:"persons"` // "role person", in the leaf's order
}

// Totals counts members. Tally is what both persons signed at completion;
// States is where custody says the members are when the certificate is issued.
type Totals struct {
	Members int64            `json:"members"`
	Missing int64            `json:"missing"`
	Kinds   map[string]int64 `json:"kinds"`
	Levels  map[string]int64 `json:"levels"`
	Tally   map[string]int64 `json:"tally"`
	States  map[string]int64 `json:"states"`
}

// Member is one carrier of the manifest.
type Member struct {
	Position       int64    `json:"position"`
	Carrier        string   `json:"carrier"`
	Number         string   `json:"number"`
	Kind           string   `json:"kind"`
	Medium         string   `json:"medium"`
	Classification string   `json:"classification"`
	Period         string   `json:"period"`
	Extent         int64    `json:"extent"`
	ExtentUnit     string   `json:"extent_unit"`
	Count          int64    `json:"count"`
	State          string   `json:"state"`
	Verdict        string   `json:"verdict"`
	Reasons        []string `json:"reasons"`
	At             string   `json:"at"`         // of the outcome
	Outcome        string   `json:"outcome"`    // leaf hash
	Resolution     string   `json:"resolution"` // leaf hash, "" = none
	Feed           int64    `json:"feed"`       // of the outcome's evidence, 0 without
	EnergyJ        int64    `json:"energy_j"`   //
	InletMG        int64    `json:"inlet_mg"`   //
	BinMG          int64    `json:"bin_mg"`     //
}

// Absent is one carrier that a count for this batch did not find.
type Absent struct {
	Carrier        string `json:"carrier"`
	Number         string `json:"number"`
	Kind           string `json:"kind"`
	Classification string `json:"classification"`
	At             string `json:"at"`
	Leaf           string `json:"leaf"`
	Found          bool   `json:"found"` // found again later
}

// Extent binds the statement to the leaves it was computed from.
type Extent struct {
	Leaves int64  `json:"leaves"` // without batch.certified
	Root   string `json:"root"`   // RFC 6962 root over their leaf hashes in index order
	First  int64  `json:"first"`  // index in the log
	Last   int64  `json:"last"`
}

// Encode writes the one canonical encoding of s (RFC 8785).
func (s *Statement) Encode() ([]byte, error) {
	loose, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("cannot encode statement: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(string(loose)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("cannot encode statement: %w", err)
	}
	var w writer
	w.value(v)
	if w.err != nil {
		return nil, fmt.Errorf("cannot encode statement: %w", w.err)
	}
	return w.buf, nil
}

// value writes any decoded JSON value canonically. Names must be ASCII: then
// byte order is the order of RFC 8785 section 3.2.3.
func (w *writer) value(v any) {
	switch v := v.(type) {
	case nil:
		w.raw("null")
	case bool:
		w.boolean(v)
	case string:
		w.str(v)
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			w.fail(fmt.Errorf("number %s is not an integer", v))
		}
		w.integer(n)
	case []any:
		w.raw("[")
		for i, e := range v {
			w.comma(i)
			w.value(e)
		}
		w.raw("]")
	case map[string]any:
		w.raw("{")
		for i, k := range sortedKeys(v) {
			for j := 0; j < len(k); j++ {
				if k[j] >= 0x80 {
					w.fail(fmt.Errorf("member name %q is not ASCII", k))
				}
			}
			w.comma(i)
			w.str(k)
			w.raw(":")
			w.value(v[k])
		}
		w.raw("}")
	}
}

// ParseStatement reads a statement and refuses every encoding but the one
// that Encode writes.
func ParseStatement(data []byte) (*Statement, error) {
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	var s Statement
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("cannot read statement: %w", err)
	}
	again, err := s.Encode()
	if err != nil {
		return nil, err
	}
	if string(again) != string(data) {
		return nil, fmt.Errorf("cannot read statement: not canonical from byte %d", firstDifference(again, data))
	}
	if s.Type != StatementType || s.PredicateType != PredicateType {
		return nil, fmt.Errorf("cannot read statement: type %q with predicate %q is not known", clip(s.Type), clip(s.PredicateType))
	}
	return &s, nil
}

func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
