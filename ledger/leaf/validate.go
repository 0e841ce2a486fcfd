package leaf

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of one event. The leaf as a whole is limited by [MaxSize].
const (
	maxActors   = 8
	maxSubjects = 4096
	maxNumber   = 1<<53 - 1 // RFC 8785 section 3.2.2.3: integers a JSON number holds exactly
)

var clockSources = map[string]bool{"system": true, "rtc": true, "imported": true, BenchClock: true}

// BenchClock is the source of a time that the bench of a virtual station set.
// No other station can have it.
const BenchClock = "bench"

// benchOrigin begins the origin of every virtual station.
const benchOrigin = "bench."

var roles = map[Role]bool{
	RoleAdmin: true, RoleReceiver: true, RoleCounter: true, RoleRecounter: true, RoleApplicant: true, RoleApprover: true,
	RoleDestroyer: true, RoleAttestor: true, RoleKeeper: true, RoleInspector: true, RoleOperator: true, RoleExplaining: true,
	RoleSecrecy: true, RoleAuditor: true, RoleClassifier: true, RoleAccepting: true, RolePledging: true, RoleAnswering: true, RoleReporting: true,
}

var subjectPrefixes = []string{
	CarrierSubject, BatchSubject, ListSubject, PersonSubject, MachineSubject, PolicySubject, StationSubject,
	DocumentSubject, RequestSubject, MovementSubject, DepartmentSubject, PlaceSubject, FirmSubject, CampaignSubject, InspectionSubject,
	FindingSubject, IncidentSubject, ReportSubject, KeySubject, PortSubject,
}

// validate checks what can be checked of one event alone.
func validate(p Payload) error {
	s, ok := kinds[p.Kind]
	switch {
	case p.Schema != Schema:
		return fmt.Errorf("schema %q is not %q", p.Schema, Schema)
	case !ok:
		return fmt.Errorf("kind %q is not known", p.Kind)
	case p.Body == nil || reflect.TypeOf(p.Body) != reflect.TypeOf(s.body()) || reflect.ValueOf(p.Body).IsNil():
		return fmt.Errorf("body of %s is %T, want %T", p.Kind, p.Body, s.body())
	case !isUUIDv7(p.ID):
		return fmt.Errorf("id %q is not a UUIDv7 in lower case", p.ID)
	case p.Station == "":
		return errors.New("station is missing")
	case !clockSources[p.Clock.Source]:
		return fmt.Errorf("clock source %q is not known", p.Clock.Source)
	case p.Clock.Source == BenchClock && !strings.HasPrefix(p.Station, benchOrigin):
		return fmt.Errorf("station %q is not virtual, and its clock is the bench's", p.Station)
	case p.At.Year() < 1970 || p.At.Year() > 9999 || p.At.Location() != time.UTC:
		return fmt.Errorf("time %v is out of range or not UTC", p.At)
	case p.Seen.Size < 0 || !IsHash(p.Seen.Root):
		return errors.New("seen is not a size and a root in lower hex")
	case len(p.Actors) > maxActors:
		return fmt.Errorf("%d actors are too many", len(p.Actors))
	}
	if err := validateActors(p); err != nil {
		return err
	}
	if err := validateSubjects(p, s); err != nil {
		return err
	}
	return walk(reflect.ValueOf(p), "", "")
}

func validateActors(p Payload) error {
	persons, creds := map[string]bool{}, map[string]bool{}
	for i, a := range p.Actors {
		switch {
		case a.Person == "":
			return fmt.Errorf("actor %d has no person", i)
		case !roles[a.Role]:
			return fmt.Errorf("role %q of actor %d is not known", a.Role, i)
		case !IsHash(a.Credential):
			return fmt.Errorf("credential of actor %d is not a key identifier in lower hex", i)
		}
		persons[a.Person], creds[a.Credential] = true, true
	}
	want := 0
	switch SignersOf(p) {
	case ByOne:
		want = 1
	case ByTwo:
		want = 2
	default:
		return nil
	}
	switch {
	case len(p.Actors) != want:
		return fmt.Errorf("%s is signed by %d person(s), not %d", p.Kind, want, len(p.Actors))
	case len(persons) != want:
		return fmt.Errorf("%s names the same person twice", p.Kind)
	case len(creds) != want:
		return fmt.Errorf("%s names the same credential twice", p.Kind)
	}
	return nil
}

func validateSubjects(p Payload, s spec) error {
	if len(p.Subjects) > maxSubjects {
		return fmt.Errorf("%d subjects are too many", len(p.Subjects))
	}
	seen, main := map[string]bool{}, []string{}
	for _, sub := range p.Subjects {
		if !isSubject(sub) {
			return fmt.Errorf("subject %q is not a known prefix and a name", sub)
		}
		if seen[sub] {
			return fmt.Errorf("subject %q is named twice", sub)
		}
		seen[sub] = true
		if s.subject != "" && strings.HasPrefix(sub, s.subject) {
			main = append(main, strings.TrimPrefix(sub, s.subject))
		}
	}
	for sub, h := range p.Prev {
		if !seen[sub] {
			return fmt.Errorf("prev names %q, which is no subject", sub)
		}
		if !IsHash(h) {
			return fmt.Errorf("prev of %q is not a leaf hash in lower hex; leave it out when there is no earlier leaf", sub)
		}
	}
	if s.subject == "" {
		return nil
	}
	if len(main) != 1 {
		return fmt.Errorf("%s has %d subjects %s..., want exactly one", p.Kind, len(main), s.subject)
	}
	if s.id != nil && s.id(p.Body) != main[0] {
		return fmt.Errorf("body of %s speaks of %q, its subject is %q", p.Kind, s.id(p.Body), main[0])
	}
	if s.subject == StationSubject && main[0] != p.Station {
		return fmt.Errorf("subject of %s is station %q, the event is of %q", p.Kind, main[0], p.Station)
	}
	return nil
}

func isSubject(s string) bool {
	for _, pre := range subjectPrefixes {
		if strings.HasPrefix(s, pre) && len(s) > len(pre) {
			return true
		}
	}
	return false
}

// hashFields are members that hold a SHA-256 in lower hex; true = may be empty.
var hashFields = map[string]bool{
	"item": false, "items_root": false, "manifest": false, "approval": false, "authorisation": false, "case": false,
	"reconciled": false, "outcomes_root": false, "token_sha256": false, "statement_sha256": false, "auth_key": false,
	"sign_key": false, "sha256": false, "source_sha256": false, "anchors_sha256": true, "paper_sha256": true,
	"auth_cert_sha256": true, "sign_cert_sha256": true, "peer_sha256": true,
	"opened": false, "by": true, "slip_sha256": true, "scan_sha256": true, "due_sha256": false, "selected_sha256": false,
	"canary_sha256": false, "transcript_sha256": true, "descriptors_sha256": false,
}

// walk checks every value below v: text is valid UTF-8 in normalisation form C without control characters, integers are exact
// in JSON, commitments and hashes have their form. at is a JSON pointer, name the last member name.
func walk(v reflect.Value, at, name string) error {
	switch v.Kind() {
	case reflect.String:
		return checkText(v.String(), v.Type() == reflect.TypeOf(Commitment("")), at, name)
	case reflect.Int64, reflect.Int:
		if n := v.Int(); n > maxNumber || n < -maxNumber {
			return fmt.Errorf("number at %s is beyond 2^53", at)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return walk(v.Elem(), at, name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := walk(v.Index(i), fmt.Sprintf("%s/%d", at, i), name); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			k := it.Key().String()
			if err := checkText(k, false, at, ""); err != nil {
				return err
			}
			if err := walk(it.Value(), at+"/"+k, ""); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return nil
		}
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("json")
			if err := walk(v.Field(i), at+"/"+tag, tag); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkText(s string, commitment bool, at, name string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("text at %s is not UTF-8", at)
	}
	if !norm.NFC.IsNormalString(s) {
		return fmt.Errorf("text at %s is not in Unicode normalisation form C", at)
	}
	for _, r := range s {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return fmt.Errorf("text at %s has the control character %U", at, r)
		}
	}
	if commitment && s != "" && (!strings.HasPrefix(s, commitmentPrefix) || !IsHash(s[len(commitmentPrefix):])) {
		return fmt.Errorf("commitment at %s has not the form %s and 64 hex digits", at, commitmentPrefix)
	}
	if empty, is := hashFields[name]; is && !commitment && strings.HasPrefix(at, "/body/") && (s != "" || !empty) && !IsHash(s) {
		return fmt.Errorf("%s is not a SHA-256 in lower hex", at)
	}
	return nil
}

// IsHash reports whether s is 64 lower hexadecimal digits.
func IsHash(s string) bool {
	if len(s) != 2*HashSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isUUIDv7 reports whether s is a UUID of version 7, variant 10, in lower case (RFC 9562 sections 4 and 5.7).
func isUUIDv7(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' || s[14] != '7' || !strings.Contains("89ab", s[19:20]) {
		return false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil && len(b) == 16 && s == strings.ToLower(s)
}
