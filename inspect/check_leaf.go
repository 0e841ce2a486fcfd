package inspect

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"sexton/certificate"
	"sexton/ledger/leaf"
	"sexton/token"
	"sexton/token/trust"
)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func cutKey(vkey string) (name, hash, key string) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash, key, _ = strings.Cut(rest, "+")
	return name, hash, key
}

func (in *inspection) stationGenesis() (string, error) {
	first := in.history.Events[0]
	g, ok := first.Payload.Body.(*leaf.Initialised)
	if !ok || first.Index != 0 {
		return "", at(first.Field, "the log's leaf 0, station.initialised, is not here")
	}
	switch {
	case g.Origin != in.head.origin || first.Payload.Station != g.Origin:
		return "", at(first.Field+": /body/origin", "it is of %s, the checkpoint of %s", show(g.Origin), show(in.head.origin))
	case g.LogKey != in.head.key:
		return "", at(first.Field+": /body/log_key", "it is %s, the trusted log that signed is %s", show(g.LogKey), show(in.head.key))
	}
	key, err := leaf.ParseEventKey(g.EventKey)
	if err != nil {
		return "", at(first.Field+": /body/event_key", "%w", err)
	}
	for _, e := range in.history.Events[1:] {
		if e.Payload.Station != g.Origin {
			return "", at(e.Field+": /station", "it is of %s", show(e.Payload.Station))
		}
		if e.Payload.Kind == leaf.StationInitialised {
			return "", at(e.Field, "a second station.initialised")
		}
	}
	in.genesis, in.eventKey = g, key
	detail := g.Origin
	if g.Bench {
		detail += ", BENCH"
	}
	return detail, nil
}

// byPersons tells whether a leaf is signed by its actors.
func byPersons(p leaf.Payload) bool {
	s := leaf.SignersOf(p)
	return s == leaf.ByOne || s == leaf.ByTwo
}

// credentialEnrolled matches the bundle's certificates with what was enrolled
// for each signature, and refuses certificates that serve nothing.
func (in *inspection) credentialEnrolled() (string, error) {
	in.signers = make(map[string]*x509.Certificate)
	var leaves []*x509.Certificate
	used, signed := make(map[string]bool), make(map[string]bool)
	for i, der := range in.bundle.Credentials {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return "", at(fmt.Sprintf("credentials[%d]", i), "not a certificate: %w", err)
		}
		sum := sha256.Sum256(der)
		if c.IsCA {
			in.middle = append(in.middle, c)
			continue
		}
		leaves = append(leaves, c)
		in.signers[hex.EncodeToString(sum[:])] = c
	}
	for _, e := range in.history.Events {
		if !byPersons(e.Payload) {
			continue
		}
		for i, a := range e.Payload.Actors {
			field := fmt.Sprintf("%s: /actors/%d/credential", e.Field, i)
			who := in.history.Enrolled(a.Person, e.Index)
			switch {
			case who == nil:
				return "", at(field, "person %s was not enrolled before he signed", show(a.Person))
			case who.SignKey != a.Credential:
				return "", at(field, "person %s signed with key %s, enrolled is %s", show(a.Person), a.Credential, who.SignKey)
			case who.SignCert == "" || in.signers[who.SignCert] == nil:
				return "", at(field, "the certificate enrolled for person %s (SHA-256 %s) is not in the file", show(a.Person), who.SignCert)
			case string(token.KeyOf(in.signers[who.SignCert])) != who.SignKey:
				return "", at(field, "the certificate enrolled for person %s has another key", show(a.Person))
			}
			signed[a.Person] = true
		}
	}
	for _, e := range in.history.OfKind(leaf.PersonEnrolled) {
		if b, ok := e.Payload.Body.(*leaf.Enrolled); ok && signed[b.Person] {
			used[b.SignCert] = true // also one that was replaced: its record says whose it was
		}
	}
	for i, der := range in.bundle.Credentials {
		sum := sha256.Sum256(der)
		c := in.signers[hex.EncodeToString(sum[:])]
		if c != nil && !used[hex.EncodeToString(sum[:])] {
			return "", at(fmt.Sprintf("credentials[%d]", i), "it was enrolled for nobody who signed")
		}
		if c == nil && !in.issues(der, leaves) {
			return "", at(fmt.Sprintf("credentials[%d]", i), "this CA certificate issued none of the others")
		}
	}
	return fmt.Sprintf("%d certificates", len(in.signers)), nil
}

// issues tells whether the CA certificate der issued one of leaves or of the
// other CA certificates.
func (in *inspection) issues(der []byte, leaves []*x509.Certificate) bool {
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		return false
	}
	for _, c := range append(slices.Clone(leaves), in.middle...) {
		if string(c.Raw) != string(der) && c.CheckSignatureFrom(ca) == nil {
			return true
		}
	}
	return false
}

// finder knows the keys for the signatures of one leaf.
type finder struct {
	in    *inspection
	index int64
}

func (f finder) StationKey(station string) (crypto.PublicKey, error) {
	if station != f.in.genesis.Origin {
		return nil, fmt.Errorf("station %s is not this log's", show(station))
	}
	return f.in.eventKey, nil
}

func (f finder) PersonKey(person, credential string) (crypto.PublicKey, error) {
	who := f.in.history.Enrolled(person, f.index)
	if who == nil || who.SignKey != credential {
		return nil, fmt.Errorf("person %s was not enrolled with key %s", show(person), show(credential))
	}
	c := f.in.signers[who.SignCert]
	if c == nil {
		return nil, fmt.Errorf("the certificate of person %s is not in the file", show(person))
	}
	return c.PublicKey, nil
}

func (in *inspection) leafSignatures() (string, error) {
	n := 0
	for _, e := range in.history.Events {
		if err := leaf.Check(e.Envelope, e.Payload, finder{in, e.Index}); err != nil {
			return "", at(e.Field, "%w", err)
		}
		n += len(e.Envelope.Signatures)
	}
	return fmt.Sprintf("%d signatures", n), nil
}

// credentialTrust checks each signer's certificate against the trust file's
// anchors at the time of each of his signatures.
func (in *inspection) credentialTrust() (string, error) {
	anchors := in.trust.anchorsPEM()
	if len(anchors) == 0 {
		return "", at("credentials", "the trust file has no anchor, so no person's card is trusted")
	}
	var middle []byte
	for _, c := range in.middle {
		middle = append(middle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	store, err := trust.New(anchors, trust.Options{Intermediates: middle})
	if err != nil {
		return "", at("credentials", "the trust file's anchors cannot be used: %w", err)
	}
	n := 0
	for _, e := range in.history.Events {
		if !byPersons(e.Payload) {
			continue
		}
		for i, a := range e.Payload.Actors {
			c := in.signers[in.history.Enrolled(a.Person, e.Index).SignCert]
			if err := store.Check(c, token.SlotSign, e.Payload.At); err != nil {
				return "", at(fmt.Sprintf("%s: /actors/%d", e.Field, i), "person %s at %s: %w", show(a.Person), stamp(e.Payload.At), err)
			}
			n++
		}
	}
	return fmt.Sprintf("%d times", n), nil
}

// personRoles demands that whoever acts on lists, carriers and batches was
// enrolled, used one of his own two keys, and signed in a role he was
// enrolled for.
func (in *inspection) personRoles() (string, error) {
	persons := make(map[string]bool)
	for _, e := range in.history.Events {
		if !bears(e.Payload.Kind) {
			continue
		}
		for i, a := range e.Payload.Actors {
			field := fmt.Sprintf("%s: /actors/%d", e.Field, i)
			who := in.history.Enrolled(a.Person, e.Index)
			switch {
			case who == nil:
				return "", at(field, "person %s was not enrolled", show(a.Person))
			case a.Credential != who.SignKey && a.Credential != who.AuthKey:
				return "", at(field, "key %s is not of person %s", a.Credential, show(a.Person))
			case byPersons(e.Payload) && a.Credential != who.SignKey:
				return "", at(field, "person %s signed with another key than slot 9C's", show(a.Person))
			case !slices.Contains(leaf.Parts(), a.Role) && !slices.Contains(who.Roles, a.Role):
				return "", at(field+"/role", "person %s acts as %s, enrolled for %v", show(a.Person), a.Role, who.Roles)
			}
			persons[a.Person] = true
		}
	}
	return fmt.Sprintf("%d persons", len(persons)), nil
}

// bears tells whether a kind of event bears on a carrier's custody: every kind
// but those of the station itself, its people, machines and rules, and sessions.
func bears(k leaf.Kind) bool {
	switch leaf.SubjectOf(k) {
	case "", leaf.StationSubject, leaf.PersonSubject, leaf.MachineSubject, leaf.PolicySubject:
		return false
	}
	return true
}

func (in *inspection) personOf(a leaf.Actor, index int64) token.Person {
	who := in.history.Enrolled(a.Person, index)
	if who == nil {
		return token.Person{ID: a.Person}
	}
	return token.Person{
		ID: who.Person, AuthKey: token.KeyID(who.AuthKey), SignKey: token.KeyID(who.SignKey), GUID: who.GUID, Serial: uint32(who.Serial),
	}
}

// personDistinct demands different persons, keys and cards: within each act
// that two persons sign or count together; between applicant and approver;
// between approver and destroyer or attestor; between applicant and attestor.
func (in *inspection) personDistinct() (string, error) {
	n := 0
	differ := func(e *certificate.Event, a, b leaf.Actor, from int64) error {
		n++
		if err := token.Distinct(in.personOf(a, e.Index), in.personOf(b, from)); err != nil {
			return at(e.Field+": /actors", "%s %s and %s %s: %w", a.Role, show(a.Person), b.Role, show(b.Person), err)
		}
		return nil
	}
	for _, e := range in.history.Events {
		if !bears(e.Payload.Kind) {
			continue
		}
		actors := e.Payload.Actors
		for i, a := range actors {
			for _, b := range actors[:i] {
				if a.Role == leaf.RoleExplaining || b.Role == leaf.RoleExplaining {
					continue // whoever explains may be one of the counters
				}
				if err := differ(e, a, b, e.Index); err != nil {
					return "", err
				}
			}
		}
	}
	f := in.facts
	if err := in.apart(differ, f.approval, f.seal, leaf.RoleApprover, leaf.RoleApplicant); err != nil {
		return "", err
	}
	for _, e := range []*certificate.Event{f.authorisation, f.completed} {
		if err := in.apart(differ, e, f.approval, "", leaf.RoleApprover); err != nil {
			return "", err
		}
		if err := in.apart(differ, e, f.seal, leaf.RoleAttestor, leaf.RoleApplicant); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d pairs", n), nil
}

// apart demands that the actors of x in role ("" = any) differ from those of y
// in other.
func (in *inspection) apart(differ func(*certificate.Event, leaf.Actor, leaf.Actor, int64) error, x, y *certificate.Event, role, other leaf.Role) error {
	for _, a := range x.Payload.Actors {
		for _, b := range y.Payload.Actors {
			if (role == "" || a.Role == role) && b.Role == other {
				if err := differ(x, a, b, y.Index); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
