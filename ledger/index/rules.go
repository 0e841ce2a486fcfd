package index

import (
	"database/sql"
	"encoding/json"
	"slices"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// checkStation: one station.initialised, and it is the first leaf.
func (e *entry) checkStation() error {
	if (e.index == 0) != (e.p.Kind == leaf.StationInitialised) {
		return refuse(KeyStation, "leaf %d is %s", e.index, e.p.Kind)
	}
	return nil
}

// bare are kinds whose actors assert nothing: a refusal is recorded as it
// happened, whoever stood there.
var bare = map[leaf.Kind]bool{leaf.RefusalRecorded: true}

// noRole are kinds whose actors need an enrolled card but act in no role.
var noRole = map[leaf.Kind]bool{leaf.SessionOpened: true, leaf.SessionLocked: true}

// parts are roles that nobody holds: whom custody names plays them.
var parts = leaf.Parts()

// office are kinds that an administrator enters.
var office = map[leaf.Kind]bool{leaf.PersonEnrolled: true, leaf.MachineEnrolled: true, leaf.PolicyAdopted: true}

// checkActors: everybody is who he says, with the card he has now, in a role
// he holds.
func (e *entry) checkActors() error {
	if bare[e.p.Kind] {
		return nil
	}
	if office[e.p.Kind] {
		done, err := e.checkAdmin()
		if done || err != nil {
			return err
		}
	}
	signed := leaf.SignersOf(e.p) != leaf.ByStation
	for _, a := range e.p.Actors {
		if err := e.checkActor(a, signed); err != nil {
			return err
		}
	}
	return nil
}

// checkAdmin: somebody among the actors enters it as administrator. Before the
// first one is enrolled nobody can, and the actors are not looked at, save
// that the first administrator may only enrol himself.
func (e *entry) checkAdmin() (done bool, err error) {
	some, err := e.has(`SELECT 1 FROM ix_person, json_each(ix_person.roles) WHERE json_each.value = ?`, string(leaf.RoleAdmin))
	if err != nil {
		return false, err
	}
	if some {
		for _, a := range e.p.Actors {
			if a.Role == leaf.RoleAdmin {
				return false, nil
			}
		}
		return false, refuse(KeyRole, "%s needs an administrator", e.p.Kind)
	}
	if b, ok := e.p.Body.(*leaf.Enrolled); ok {
		for _, a := range e.p.Actors {
			if a.Person != b.Person || (a.Credential != b.SignKey && a.Credential != b.AuthKey) {
				return false, refuse(KeyNotEnrolled, "%s is not the person being enrolled", a.Person)
			}
		}
		return true, nil
	}
	return len(e.p.Actors) == 0, nil
}

func (e *entry) checkActor(a leaf.Actor, signed bool) error {
	k, err := e.enrolment(a.Credential)
	switch {
	case err == sql.ErrNoRows:
		return refuse(KeyNotEnrolled, "nobody has the credential that %s used", a.Person)
	case err != nil:
		return err
	case k.person != a.Person || !k.current:
		return refuse(KeyNotEnrolled, "the credential that %s used is not his present one", a.Person)
	case signed && k.slot != slotSign:
		return refuse(KeyNotEnrolled, "%s did not sign with the signature key", a.Person)
	}
	if err := e.checkOnPost(a.Person); err != nil || noRole[e.p.Kind] {
		return err
	}
	if err := e.checkEntitled(a); err != nil || slices.Contains(parts, a.Role) {
		return err
	}
	if !slices.Contains(k.roles, a.Role) {
		return refuse(KeyRole, "%s is no %s", a.Person, a.Role)
	}
	return nil
}

// enrolment is one key that was ever enrolled, with the roles its person holds
// now.
type enrolment struct {
	person, slot string
	current      bool
	roles        []leaf.Role
}

// enrolment finds a key; sql.ErrNoRows.
func (w *work) enrolment(key string) (enrolment, error) {
	if k, ok := w.keys[key]; ok {
		return k, nil
	}
	var k enrolment
	var roles []byte
	err := w.row(`SELECT k.person, k.slot, k.current, p.roles FROM ix_key k JOIN ix_person p ON p.id = k.person WHERE k.key = ?`, key).
		Scan(&k.person, &k.slot, &k.current, &roles)
	if err != nil {
		return enrolment{}, err
	}
	if err := json.Unmarshal(roles, &k.roles); err != nil {
		return enrolment{}, err
	}
	w.keys[key] = k
	return k, nil
}

// Slots of a person's card (SP 800-73-5, part 1, section 3).
const (
	slotAuth = "9A"
	slotSign = "9C"
)

// checkBody checks what custody, which has agreed, does not know of.
func (e *entry) checkBody() error {
	switch b := e.p.Body.(type) {
	case *leaf.Sealed:
		return e.checkItem(b)
	case *leaf.Manifest:
		if err := e.checkMachine(b.Machine); err != nil {
			return err
		}
		return e.checkPolicy()
	case *leaf.Authorisation:
		return e.checkPolicy()
	case *leaf.Outcome:
		return e.checkWindow(b)
	}
	return nil
}

// checkWindow: one run of a machine destroys one carrier, in whichever batch.
// Custody sees this within a batch only.
func (e *entry) checkWindow(b *leaf.Outcome) error {
	v := b.Evidence
	if v == nil {
		return nil
	}
	used, err := e.has(`SELECT 1 FROM ix_window WHERE machine = ? AND boot = ? AND last > ?`, v.Machine, v.Boot, v.FromSequence)
	if err != nil {
		return err
	}
	if used && e.p.Kind == leaf.CarrierDestroyed {
		return refuse(KeyEvidence, "the evidence of %s from %d on was used before", v.Machine, v.FromSequence)
	}
	return e.exec(`INSERT INTO ix_window (machine, boot, last) VALUES (?, ?, ?)
		ON CONFLICT (machine, boot) DO UPDATE SET last = max(last, excluded.last)`, v.Machine, v.Boot, v.ToSequence)
}

// checkItem: the manifest line says what the registration said, under the mark the carrier bears now.
func (e *entry) checkItem(b *leaf.Sealed) error {
	r, err := leaf.Record(e.hash, e.p)
	if err != nil {
		return err
	}
	var registered []byte
	if err := e.row(`SELECT registered FROM ix_carrier WHERE id = ?`, r.Carrier).Scan(&registered); err != nil {
		return err // custody has found the carrier
	}
	h, err := e.carrier(r.Carrier)
	if err != nil {
		return err
	}
	c := h.c
	body := leaf.Registered{Carrier: c.ID, List: c.List, Row: c.Row, Number: c.Number, CarrierKind: c.Kind, Medium: c.Medium,
		Classification: c.Classification, Period: c.Period, Extent: leaf.Extent(c.Extent), Count: c.Count, MustReturn: c.MustReturn}
	if want := leaf.ItemHash(leaf.NewItem(b.Index, hexOf(registered), &body, c.Level, c.Term)); b.Item != want {
		return refuse(KeyItem, "carrier %s at %d hashes to %s", c.ID, b.Index, want)
	}
	return nil
}

func (e *entry) checkMachine(id string) error {
	known, err := e.has(`SELECT 1 FROM ix_machine WHERE id = ?`, id)
	if err == nil && !known {
		err = refuse(KeyNotEnrolled, "machine %s", id)
	}
	return err
}

// checkPolicy: the event was prepared under the rules that are in force now.
func (e *entry) checkPolicy() error {
	var profile, version string
	err := e.row(`SELECT profile, version FROM ix_policy ORDER BY idx DESC LIMIT 1`).Scan(&profile, &version)
	if err == sql.ErrNoRows {
		return refuse(KeyPolicy, "no policy is in force")
	}
	if err != nil {
		return err
	}
	if e.p.Policy.Profile != profile || e.p.Policy.Version != version {
		return refuse(KeyPolicy, "%s %s, in force is %s %s", e.p.Policy.Profile, e.p.Policy.Version, profile, version)
	}
	return nil
}

// applyOffice keeps what is not custody.
func (e *entry) applyOffice() error {
	switch b := e.p.Body.(type) {
	case *leaf.Initialised:
		return e.exec(`INSERT INTO ix_station (id, origin, log_key, event_key, bench, anchors, event, hash) VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
			b.Origin, b.LogKey, b.EventKey, b.Bench, b.AnchorsSHA256, e.p.ID, e.raw)
	case *leaf.Enrolled:
		return e.putPerson(b)
	case *leaf.Machine:
		return e.putMachine(b)
	case *leaf.Adopted:
		return e.exec(`INSERT INTO ix_policy (idx, profile, version, sha256, at, event, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			e.index, b.Profile, b.Version, b.SHA256, e.at(), e.p.ID, e.raw)
	case *leaf.Imported:
		return e.putList(b)
	case *leaf.Received:
		return e.exec(`UPDATE ix_list SET received = ?, receiver = ? WHERE id = ?`, e.raw, e.p.Actors[0].Person, b.List)
	case *leaf.Report:
		return e.putReport(b)
	case *leaf.Refusal:
		person := ""
		if len(e.p.Actors) > 0 {
			person = e.p.Actors[0].Person
		}
		return e.exec(`INSERT INTO ix_refusal (idx, act, code, person, at) VALUES (?, ?, ?, ?, ?)`, e.index, b.Act, b.Code, person, e.at())
	case *leaf.Certified:
		return e.putCertificate(b)
	}
	return nil
}

func (e *entry) putList(b *leaf.Imported) error {
	source, _, _, err := blobs(b.SourceSHA256, "", "")
	if err != nil {
		return err
	}
	if b.Skipped < 0 {
		return refuse(KeyMalformed, "list of %d rows, %d skipped", b.Rows, b.Skipped)
	}
	return e.exec(`INSERT INTO ix_list (id, source, encoding, rows, skipped, carriers, received, receiver, event, hash, idx) VALUES (?, ?, ?, ?, ?, 0, NULL, '', ?, ?, ?)`,
		b.List, source, b.Encoding, b.Rows, b.Skipped, e.p.ID, e.raw, e.index)
}

func (e *entry) putReport(b *leaf.Report) error {
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return e.exec(`INSERT INTO ix_report (idx, id, data, person, at, event) VALUES (?, ?, ?, ?, ?, ?)`,
		e.index, b.Report, string(data), e.p.Actors[0].Person, e.at(), e.p.ID)
}

func (e *entry) putCertificate(b *leaf.Certified) error {
	used, err := e.has(`SELECT 1 FROM ix_certificate WHERE number = ?`, b.Certificate)
	if err != nil {
		return err
	}
	if used {
		return refuse(KeyDuplicate, "certificate number %s is used already", b.Certificate)
	}
	return e.exec(`INSERT INTO ix_certificate (number, batch, statement, event, hash, idx) VALUES (?, ?, ?, ?, ?, ?)`,
		b.Certificate, b.Batch, b.Statement, e.p.ID, e.raw, e.index)
}

// putPerson enrols a person, or gives him a new card or other roles. His old
// keys stay known as his, and count no more.
func (e *entry) putPerson(b *leaf.Enrolled) error {
	if b.Person == "" || b.AuthKey == b.SignKey || len(b.Roles) == 0 {
		return refuse(KeyMalformed, "person %q without roles, or with one key for both slots", b.Person)
	}
	known := custodyRoles()
	for i, r := range b.Roles {
		if !slices.Contains(known, r) || slices.Contains(b.Roles[:i], r) {
			return refuse(KeyMalformed, "role %q of %s", r, b.Person)
		}
	}
	for _, k := range []string{b.AuthKey, b.SignKey} {
		other, err := e.has(`SELECT 1 FROM ix_key WHERE key = ? AND person <> ?`, k, b.Person)
		if err != nil {
			return err
		}
		if other {
			return refuse(KeyDuplicate, "key %s belongs to another person", k)
		}
	}
	other, err := e.has(`SELECT 1 FROM ix_person WHERE id <> ? AND ((guid <> '' AND guid = ?) OR (serial <> 0 AND serial = ?))`, b.Person, b.GUID, b.Serial)
	if err != nil {
		return err
	}
	if other {
		return refuse(KeyDuplicate, "the card of %s belongs to another person", b.Person)
	}
	clear(e.keys)
	if _, err := e.run(`UPDATE ix_key SET current = 0 WHERE person = ?`, b.Person); err != nil {
		return err
	}
	for slot, k := range map[string]string{slotAuth: b.AuthKey, slotSign: b.SignKey} {
		err := e.exec(`INSERT INTO ix_key (key, person, slot, current, event, hash, idx) VALUES (?, ?, ?, 1, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET slot = excluded.slot, current = 1, event = excluded.event, hash = excluded.hash, idx = excluded.idx`,
			k, b.Person, slot, e.p.ID, e.raw, e.index)
		if err != nil {
			return err
		}
	}
	roles, err := json.Marshal(b.Roles)
	if err != nil {
		return err
	}
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return e.exec(`INSERT OR REPLACE INTO ix_person (id, roles, guid, serial, data, event, hash, idx) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		b.Person, string(roles), b.GUID, b.Serial, string(data), e.p.ID, e.raw, e.index)
}

// custodyRoles are the roles a person can hold.
func custodyRoles() []leaf.Role {
	return []leaf.Role{leaf.RoleAdmin, leaf.RoleReceiver, leaf.RoleCounter, leaf.RoleRecounter, leaf.RoleApplicant, leaf.RoleApprover,
		leaf.RoleDestroyer, leaf.RoleAttestor, leaf.RoleKeeper, leaf.RoleInspector, leaf.RoleOperator,
		leaf.RoleSecrecy, leaf.RoleAuditor, leaf.RoleClassifier}
}

func (e *entry) putMachine(b *leaf.Machine) error {
	if b.Machine == "" || b.Serial == "" {
		return refuse(KeyMalformed, "machine %q without serial number", b.Machine)
	}
	for letter, level := range b.SecurityLevel {
		if !slices.ContainsFunc(custody.CarrierKinds(), func(k custody.CarrierKind) bool { return k.Letter == letter }) || level < 1 || level > 7 {
			return refuse(KeyMalformed, "security level %s-%d", letter, level)
		}
	}
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return e.exec(`INSERT OR REPLACE INTO ix_machine (id, data, event, hash, idx) VALUES (?, ?, ?, ?, ?)`, b.Machine, string(data), e.p.ID, e.raw, e.index)
}
