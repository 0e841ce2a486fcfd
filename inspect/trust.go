package inspect

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// MaxTrust bounds a trust file, in bytes.
const MaxTrust = 1 << 20

// Profile is one version of a policy profile that the inspector's office has
// released.
type Profile struct {
	Name    string
	Version string
	SHA256  string // lower hex, of the profile file's exact bytes
}

// Trust is what the inspector believes before he opens a certificate. It comes
// from his own office, never from the station.
type Trust struct {
	logs      []note.Verifier // name = origin
	logKeys   []string        // the vkeys as written
	witnesses map[string]*witness
	groups    map[string]group
	quorum    string   // witness or group name; "" = none
	anchors   [][]byte // DER
	profiles  []Profile
}

type group struct {
	need    int
	members []string // names of witnesses or groups
}

// ParseTrust reads a trust file: the lines of C2SP tlog-policy (log, witness,
// group, quorum) and two of our own:
//
//	anchor <base64 DER certificate>      a CA that may issue persons' cards
//	profile <name> <version> <sha256>    a policy profile that counts
//
// Lines that begin with # and empty lines are ignored. Unknown words, missing
// or surplus fields, repeated definitions and unusable keys are errors. The
// file must have at least one log and exactly one quorum line.
func ParseTrust(data []byte) (*Trust, error) {
	if len(data) > MaxTrust {
		return nil, fmt.Errorf("cannot read trust file: %d bytes, the limit is %d", len(data), MaxTrust)
	}
	if !utf8.Valid(data) || bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return nil, errors.New("cannot read trust file: it must be UTF-8 without byte order mark")
	}
	t := &Trust{witnesses: make(map[string]*witness), groups: make(map[string]group)}
	quorums := 0
	for i, line := range strings.Split(string(data), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if fields[0] == "quorum" {
			quorums++
		}
		if err := t.line(fields); err != nil {
			return nil, fmt.Errorf("cannot read trust file: line %d: %w", i+1, err)
		}
	}
	switch {
	case len(t.logs) == 0:
		return nil, errors.New("cannot read trust file: no log line, so no station is trusted")
	case quorums != 1:
		return nil, fmt.Errorf("cannot read trust file: %d quorum lines, exactly one is needed (\"quorum none\" when there are no witnesses)", quorums)
	}
	return t, nil
}

func (t *Trust) line(f []string) error {
	switch f[0] {
	case "log":
		if len(f) != 2 && len(f) != 3 {
			return errors.New("log needs a verifier key and at most an address")
		}
		return t.log(f[1])
	case "witness":
		if len(f) != 3 && len(f) != 4 {
			return errors.New("witness needs a name, a verifier key and at most an address")
		}
		return t.witness(f[1], f[2])
	case "group":
		return t.group(f)
	case "quorum":
		if len(f) != 2 {
			return errors.New("quorum needs one name or none")
		}
		if f[1] == "none" {
			return nil
		}
		if !t.defined(f[1]) {
			return fmt.Errorf("quorum %s: not defined above", show(f[1]))
		}
		t.quorum = f[1]
		return nil
	case "anchor":
		if len(f) != 2 {
			return errors.New("anchor needs one base64 certificate")
		}
		return t.anchor(f[1])
	case "profile":
		if len(f) != 4 {
			return errors.New("profile needs name, version and SHA-256")
		}
		return t.profile(Profile{Name: f[1], Version: f[2], SHA256: f[3]})
	}
	return fmt.Errorf("unknown word %s", show(f[0]))
}

func (t *Trust) log(vkey string) error {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("log key %s is not an Ed25519 verifier key", show(vkey))
	}
	for _, k := range t.logs {
		if k.Name() == v.Name() && k.KeyHash() == v.KeyHash() {
			return fmt.Errorf("log key %s is listed twice", show(vkey))
		}
	}
	t.logs = append(t.logs, v)
	t.logKeys = append(t.logKeys, vkey)
	return nil
}

func (t *Trust) witness(name, vkey string) error {
	if err := t.free(name); err != nil {
		return err
	}
	w, err := newWitness(vkey)
	if err != nil {
		return fmt.Errorf("witness %s: %w", show(name), err)
	}
	for other, o := range t.witnesses {
		if o.key.Equal(w.key) {
			return fmt.Errorf("witness %s has the key of witness %s", show(name), show(other))
		}
	}
	t.witnesses[name] = w
	return nil
}

func (t *Trust) group(f []string) error {
	if len(f) < 4 {
		return errors.New("group needs a name, a number (or any, all) and members")
	}
	name, members := f[1], f[3:]
	if err := t.free(name); err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, m := range members {
		if !t.defined(m) {
			return fmt.Errorf("group %s: member %s is not defined above", show(name), show(m))
		}
		if seen[m] {
			return fmt.Errorf("group %s: member %s is listed twice", show(name), show(m))
		}
		seen[m] = true
	}
	need := 0
	switch f[2] {
	case "any":
		need = 1
	case "all":
		need = len(members)
	default:
		n, err := strconv.Atoi(f[2])
		if err != nil || n < 1 || n > len(members) || strconv.Itoa(n) != f[2] {
			return fmt.Errorf("group %s: %s is not a number from 1 to %d", show(name), show(f[2]), len(members))
		}
		need = n
	}
	t.groups[name] = group{need: need, members: members}
	return nil
}

func (t *Trust) defined(name string) bool {
	_, g := t.groups[name]
	return g || t.witnesses[name] != nil
}

func (t *Trust) free(name string) error {
	if name == "none" || t.defined(name) {
		return fmt.Errorf("name %s is taken", show(name))
	}
	return nil
}

func (t *Trust) anchor(b64 string) error {
	der, err := base64.StdEncoding.Strict().DecodeString(b64)
	if err != nil {
		return errors.New("anchor is not base64")
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		return fmt.Errorf("anchor is not a certificate: %w", err)
	}
	for _, a := range t.anchors {
		if bytes.Equal(a, der) {
			return errors.New("anchor is listed twice")
		}
	}
	t.anchors = append(t.anchors, der)
	return nil
}

func (t *Trust) profile(p Profile) error {
	if raw, err := hex.DecodeString(p.SHA256); err != nil || len(raw) != sha256.Size || p.SHA256 != strings.ToLower(p.SHA256) {
		return fmt.Errorf("profile %s: the SHA-256 must be 64 lower-case hex digits", show(p.Name))
	}
	for _, q := range t.profiles {
		if q == p {
			return fmt.Errorf("profile %s %s is listed twice", show(p.Name), show(p.Version))
		}
	}
	t.profiles = append(t.profiles, p)
	return nil
}

// anchorsPEM is the anchors as a PEM file.
func (t *Trust) anchorsPEM() []byte {
	var out []byte
	for _, der := range t.anchors {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

// reached tells whether the witnesses in signed satisfy name.
func (t *Trust) reached(name string, signed map[string]bool) bool {
	g, ok := t.groups[name]
	if !ok {
		return signed[name]
	}
	n := 0
	for _, m := range g.members { // defined above, so there is no cycle
		if t.reached(m, signed) {
			n++
		}
	}
	return n >= g.need
}

// FormatTrust writes a trust file without witnesses. ParseTrust reads it.
func FormatTrust(logs []string, anchors [][]byte, profiles []Profile) []byte {
	var b bytes.Buffer
	b.WriteString("# Sexton trust file: C2SP tlog-policy lines, and anchor and profile lines.\n")
	for _, l := range logs {
		fmt.Fprintf(&b, "log %s\n", l)
	}
	b.WriteString("quorum none\n")
	for _, a := range anchors {
		fmt.Fprintf(&b, "anchor %s\n", base64.StdEncoding.EncodeToString(a))
	}
	for _, p := range profiles {
		fmt.Fprintf(&b, "profile %s %s %s\n", p.Name, p.Version, p.SHA256)
	}
	return b.Bytes()
}

// witness verifies C2SP tlog-cosignature cosignature/v1 signatures. It is a
// note.Verifier.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// algCosignature is the signed-note type of cosignature/v1 with Ed25519 (C2SP
// signed-note, signature types).
const algCosignature = 0x04

func newWitness(vkey string) (*witness, error) {
	bad := errors.New("not a cosignature/v1 verifier key")
	name, rest, ok := strings.Cut(vkey, "+")
	if !ok {
		return nil, bad
	}
	hash16, key64, ok := strings.Cut(rest, "+")
	if !ok || name == "" || len(hash16) != 8 {
		return nil, bad
	}
	hash, err := strconv.ParseUint(hash16, 16, 32)
	if err != nil {
		return nil, bad
	}
	key, err := base64.StdEncoding.Strict().DecodeString(key64)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algCosignature {
		return nil, bad
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	if uint32(hash) != uint32(sum[0])<<24|uint32(sum[1])<<16|uint32(sum[2])<<8|uint32(sum[3]) {
		return nil, bad
	}
	return &witness{name: name, hash: uint32(hash), key: key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

// Verify checks one cosignature: eight bytes of Unix seconds, then Ed25519.
func (w *witness) Verify(msg, sig []byte) bool {
	t, ok := cosignedAt(sig)
	if !ok {
		return false
	}
	signed := append([]byte("cosignature/v1\ntime "+strconv.FormatUint(t, 10)+"\n"), msg...)
	return ed25519.Verify(w.key, signed, sig[8:])
}

// cosignedAt is the time inside a cosignature, Unix seconds.
func cosignedAt(sig []byte) (uint64, bool) {
	if len(sig) != 8+ed25519.SignatureSize {
		return 0, false
	}
	var t uint64
	for _, b := range sig[:8] {
		t = t<<8 | uint64(b)
	}
	return t, t < 1<<40
}

// show quotes foreign text for a message, shortened.
func show(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strconv.QuoteToGraphic(s)
}
