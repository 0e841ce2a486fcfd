package station

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/shredder"
	"sexton/token"
)

// personID is what a person's id may look like.
var personID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$`)

// allRoles are the roles a person may be given; leaf.Parts are played in one event, not held.
var allRoles = []leaf.Role{leaf.RoleAdmin, leaf.RoleReceiver, leaf.RoleCounter, leaf.RoleRecounter, leaf.RoleApplicant, leaf.RoleApprover,
	leaf.RoleDestroyer, leaf.RoleAttestor, leaf.RoleKeeper, leaf.RoleInspector, leaf.RoleOperator, leaf.RoleSecrecy, leaf.RoleAuditor, leaf.RoleClassifier}

// EnrolPerson implements Office.
func (s *Station) EnrolPerson(ctx context.Context, o EnrolOptions, admin Signer) (PersonView, error) {
	defer o.PIN.Wipe()
	defer admin.PIN.Wipe()
	var v PersonView
	err := s.act(ctx, "person-enrol", admin.Session, func() error {
		var err error
		v, err = s.enrolPerson(ctx, o, admin)
		return err
	})
	return v, err
}

func (s *Station) enrolPerson(ctx context.Context, o EnrolOptions, admin Signer) (PersonView, error) {
	roles, err := parseRoles(o)
	if err != nil {
		return PersonView{}, err
	}
	people, err := s.deps.Register.People(ctx)
	if err != nil {
		return PersonView{}, err
	}
	first := len(people) == 0
	var by *session
	if first {
		if !slices.Contains(roles, leaf.RoleAdmin) || o.PIN == nil {
			return PersonView{}, fault.New("usage.bad-request", errors.New("the first person is an admin who proves his own card"), "first admin")
		}
	} else if by, _, err = s.gate(ctx, admin.Session, "person-enrol"); err != nil {
		return PersonView{}, err
	}
	id, err := s.readCard(ctx, o.Reader)
	if err != nil {
		return PersonView{}, err
	}
	if err := duplicate(people, o.Person, id); err != nil {
		return PersonView{}, err
	}
	if err := s.namesake(ctx, people, o, id); err != nil {
		return PersonView{}, err
	}
	if o.PIN != nil {
		if err := s.proveCard(ctx, o, id); err != nil {
			return PersonView{}, err
		}
	}
	return s.enter(ctx, o, roles, id, by, admin)
}

func parseRoles(o EnrolOptions) ([]leaf.Role, error) {
	if !personID.MatchString(o.Person) || o.Name == "" || len(o.Roles) == 0 {
		return nil, fault.New("usage.bad-request", nil, "person, name, roles")
	}
	var roles []leaf.Role
	for _, w := range o.Roles {
		r := leaf.Role(w)
		if !slices.Contains(allRoles, r) || slices.Contains(roles, r) {
			return nil, fault.New("usage.bad-request", nil, "role "+w)
		}
		roles = append(roles, r)
	}
	return roles, nil
}

// readCard reads the certificates of a card and checks that they are acceptable now.
func (s *Station) readCard(ctx context.Context, reader string) (token.Identity, error) {
	id, err := s.deps.Desk.Identify(ctx, reader)
	if err != nil {
		return token.Identity{}, err
	}
	if id.Auth == nil || id.Sign == nil {
		return token.Identity{}, &token.Error{Kind: token.WrongCard, Reader: reader, Err: errors.New("no 9A or 9C certificate")}
	}
	if err := s.deps.Trust.Check(id.Auth, token.SlotAuth, s.now()); err != nil {
		return token.Identity{}, err
	}
	return id, s.deps.Trust.Check(id.Sign, token.SlotSign, s.now())
}

// duplicate refuses a person or card that cannot be told from one enrolled before.
func duplicate(people []PersonRow, person string, id token.Identity) error {
	next := token.Person{ID: person, AuthKey: id.AuthKey(), SignKey: id.SignKey(), GUID: id.GUID, Serial: id.Serial}
	for _, p := range people {
		old := p.token()
		if err := token.Distinct(old, next); err != nil {
			return fault.New("person.duplicate", err, p.Person)
		}
	}
	return nil
}

// namesake refuses somebody whose name, or whose certificates' subject, is that of another enrolled person: one human with two
// cards could be both signers. With o.Namesake the admin answers for it that they are two.
func (s *Station) namesake(ctx context.Context, people []PersonRow, o EnrolOptions, id token.Identity) error {
	for _, p := range people {
		name, err := s.opened(ctx, p.Event, "/body/name")
		if err != nil {
			return err
		}
		zh, en := "同名", "of the same name"
		if sameName(name) != sameName(o.Name) {
			same, err := s.sameSubject(ctx, p, id)
			if err != nil {
				return err
			}
			if !same {
				continue
			}
			zh, en = "证书主体相同", "with the same certificate subject"
		}
		if !o.Namesake {
			return both(fault.New("person.duplicate", nil, p.Person+" ("+en+"; if they are two persons, enrol as a namesake)"),
				"人员或卡已登记：%s（%s；确为两人时按重名登记）", p.Person, zh)
		}
		s.log.WarnContext(ctx, "enrolling a namesake", "person", o.Person, "like", p.Person)
	}
	return nil
}

// sameName is the form in which two names are compared: space, width and case of letters do not make another person.
func sameName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(name)), ""))
}

// sameSubject says whether a certificate of id names the subject of one p was enrolled with.
func (s *Station) sameSubject(ctx context.Context, p PersonRow, id token.Identity) (bool, error) {
	for _, sum := range []string{p.AuthCert, p.SignCert} {
		raw, err := s.deps.Book.Attachment(ctx, sum)
		if err != nil {
			return false, err
		}
		old, err := x509.ParseCertificate(raw)
		if err != nil {
			return false, fmt.Errorf("cannot read the certificate of %s: %w", p.Person, err)
		}
		for _, c := range []*x509.Certificate{id.Auth, id.Sign} {
			if len(c.Subject.Names) > 0 && bytes.Equal(c.RawSubject, old.RawSubject) {
				return true, nil
			}
		}
	}
	return false, nil
}

// token is what tells p's card from another.
func (p PersonRow) token() token.Person {
	return token.Person{ID: p.Person, AuthKey: token.KeyID(p.AuthKey), SignKey: token.KeyID(p.SignKey), GUID: p.GUID, Serial: uint32(p.Serial)}
}

// proveCard has the card prove with its PIN that it holds the keys it showed.
func (s *Station) proveCard(ctx context.Context, o EnrolOptions, id token.Identity) error {
	card, err := s.deps.Desk.Login(ctx, o.Reader, o.PIN, token.Challenge{Station: s.cfg.Origin, Purpose: "enrol", At: s.now()})
	if err != nil {
		return err
	}
	defer card.Close()
	if got := card.Identity(); got.AuthKey() != id.AuthKey() || got.SignKey() != id.SignKey() || got.GUID != id.GUID {
		return fault.New("token.mismatch", errors.New("the card changed while it was enrolled"))
	}
	return nil
}

// enter writes the enrolment.
func (s *Station) enter(ctx context.Context, o EnrolOptions, roles []leaf.Role, id token.Identity, by *session, admin Signer) (PersonView, error) {
	sec := s.secrets()
	attestation := "unattested"
	if o.PIN != nil {
		attestation = "issuer-asserted"
	}
	body := &leaf.Enrolled{Person: o.Person, Name: sec.of("name", o.Name), Roles: roles, AuthKey: string(id.AuthKey()), SignKey: string(id.SignKey()),
		GUID: id.GUID, Serial: int64(id.Serial), AuthCert: sha(id.Auth.Raw), SignCert: sha(id.Sign.Raw), Attestation: attestation}
	if sec.err != nil {
		return PersonView{}, sec.err
	}
	actor := leaf.Actor{Person: o.Person, Role: leaf.RoleAdmin, Credential: body.AuthKey}
	if by != nil {
		actor = by.asserts(leaf.RoleAdmin)
	}
	n := note{kind: leaf.PersonEnrolled, actors: []leaf.Actor{actor}, subjects: []string{leaf.PersonSubject + o.Person},
		body: body, openings: sec.openings, attach: [][]byte{id.Auth.Raw, id.Sign.Raw}}
	if _, err := s.recordBy(ctx, n, by, admin.PIN); err != nil {
		return PersonView{}, err
	}
	s.hub.send(Event{Type: "person", Subject: o.Person, What: "enrolled", Zh: "已登记人员 " + o.Person, En: "enrolled " + o.Person})
	v := personView(PersonRow{Enrolled: *body}, o.Name)
	v.Proven = o.PIN != nil
	return v, nil
}

// recordBy writes an event of the station after by has entered his PIN: his card signs the same bytes, which proves the
// PIN and the will; the leaf carries the station's signature. by nil means that nobody has to.
func (s *Station) recordBy(ctx context.Context, n note, by *session, pin *PIN) (ledger.Receipt, error) {
	if by != nil {
		payload, err := s.prepare(ctx, n)
		if err != nil {
			return ledger.Receipt{}, err
		}
		if _, err := by.sign(ctx, pin, payload); err != nil {
			return ledger.Receipt{}, err
		}
	}
	return s.record(ctx, n)
}

// People implements Office.
func (s *Station) People(ctx context.Context) ([]PersonView, error) {
	rows, err := s.deps.Register.People(ctx)
	if err != nil {
		return nil, toFault(err)
	}
	out := []PersonView{}
	for _, p := range rows {
		name, err := s.opened(ctx, p.Event, "/body/name")
		if err != nil {
			return nil, toFault(err)
		}
		out = append(out, personView(p, name))
	}
	return out, nil
}

func personView(p PersonRow, name string) PersonView {
	return PersonView{Person: p.Person, Name: name, Roles: roleWords(p.Roles), AuthKey: p.AuthKey, SignKey: p.SignKey, GUID: p.GUID,
		Serial: p.Serial, Attestation: p.Attestation}
}

// opened gives the private value behind a commitment, "" when there is none.
func (s *Station) opened(ctx context.Context, event, path string) (string, error) {
	all, err := s.deps.Book.Openings(ctx, event)
	if err != nil {
		return "", err
	}
	for _, o := range all {
		if o.Path == path {
			return o.Value, nil
		}
	}
	return "", nil
}

// EnrolMachine implements Office.
func (s *Station) EnrolMachine(ctx context.Context, o MachineOptions, admin Signer) (MachineView, error) {
	defer admin.PIN.Wipe()
	var v MachineView
	err := s.act(ctx, "machine-enrol", admin.Session, func() error {
		if !personID.MatchString(o.Machine) {
			return fault.New("usage.bad-request", nil, "machine")
		}
		by, role, err := s.gate(ctx, admin.Session, "machine-enrol")
		if err != nil {
			return err
		}
		id, err := s.deps.Machine.Identify(ctx)
		if err != nil {
			return err
		}
		if o.SecurityLevels, err = approvedLevels(o.SecurityLevels, id.Levels); err != nil {
			return err
		}
		body := machineBody(o, id)
		n := note{kind: leaf.MachineEnrolled, actors: []leaf.Actor{by.asserts(role)}, subjects: []string{leaf.MachineSubject + o.Machine}, body: body}
		if _, err := s.recordBy(ctx, n, by, admin.PIN); err != nil {
			return err
		}
		s.hub.send(Event{Type: "machine", Subject: o.Machine, What: "enrolled", Zh: "已登记设备 " + o.Machine, En: "enrolled machine " + o.Machine})
		v, err = s.machineView(ctx)
		return err
	})
	return v, err
}

// approvedLevels are those the unit approves, which may not exceed what the machine claims; nil approves the claim.
func approvedLevels(approved map[string]int64, claim shredder.Levels) (map[string]int64, error) {
	claimed := map[string]int64{"P": int64(claim.P), "F": int64(claim.F), "O": int64(claim.O), "T": int64(claim.T), "H": int64(claim.H), "E": int64(claim.E)}
	if approved == nil {
		approved = claimed
	}
	out := map[string]int64{}
	for letter, level := range approved {
		if max, known := claimed[letter]; !known || level < 0 || level > max {
			return nil, fault.New("usage.bad-request", nil, fmt.Sprintf("security level %s-%d, the machine claims %d", letter, level, max))
		}
		if level > 0 {
			out[letter] = level
		}
	}
	return out, nil
}

// machineBody says what is enrolled: exactly what the machine said of itself.
func machineBody(o MachineOptions, id shredder.Identity) *leaf.Machine {
	levels := o.SecurityLevels
	if levels == nil {
		levels = map[string]int64{}
	}
	return &leaf.Machine{Machine: o.Machine, Manufacturer: id.Manufacturer, Model: id.Model, Serial: id.Serial, ProgramSum: id.ProgramSum,
		MapHash: fmt.Sprintf("%08x", id.MapHash), PeerSHA256: id.Peer, ApprovalNo: o.ApprovalNo, SecurityLevel: levels,
		Extra: map[string]string{"program_version": id.ProgramVersion, "capabilities": id.Caps.String()}}
}

// enrolled demands that the machine that answers is the enrolled one.
func enrolled(m MachineRow, id shredder.Identity) error {
	want := machineBody(MachineOptions{Machine: m.Machine.Machine}, id)
	switch {
	case want.Manufacturer != m.Manufacturer || want.Model != m.Model || want.Serial != m.Serial:
		return fault.New("machine.identity", fmt.Errorf("it is %s %s %s", id.Manufacturer, id.Model, id.Serial))
	case want.ProgramSum != m.ProgramSum || want.MapHash != m.MapHash:
		return fault.New("machine.identity", errors.New("its program or register map changed since it was enrolled"))
	case want.PeerSHA256 != m.PeerSHA256:
		return fault.New("machine.identity", errors.New("its certificate changed since it was enrolled"))
	}
	return nil
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
