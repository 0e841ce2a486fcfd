package index

import (
	"context"
	"encoding/json"
	"time"

	"sexton/ledger/leaf"
)

// Origin says which leaf a row comes from.
type Origin struct {
	Event     string // event id: finds the openings
	Hash      string // leaf hash
	LeafIndex int64
}

// Person is one enrolled person with the card he has now.
type Person struct {
	leaf.Enrolled
	Origin
}

// Has says whether the person holds the role.
func (p Person) Has(role leaf.Role) bool {
	for _, r := range p.Roles {
		if r == role {
			return true
		}
	}
	return false
}

const personColumns = `p.data, p.event, p.hash, p.idx`

func scanPerson(row scanner) (Person, error) {
	var p Person
	var data, hash []byte
	if err := row.Scan(&data, &p.Event, &hash, &p.LeafIndex); err != nil {
		return Person{}, err
	}
	p.Hash = hexOf(hash)
	return p, json.Unmarshal(data, &p.Enrolled)
}

// Person finds one by id. ErrNotFound.
func (r *Reader) Person(ctx context.Context, id string) (Person, error) {
	return one(ctx, r, "find person "+id, scanPerson, `SELECT `+personColumns+` FROM ix_person p WHERE p.id = ?`, id)
}

// PersonByKey finds who holds a key now, by the key identifier of slot 9A or
// 9C. ErrNotFound also for a key of a former card.
func (r *Reader) PersonByKey(ctx context.Context, key string) (Person, error) {
	return one(ctx, r, "find the holder of a key", scanPerson,
		`SELECT `+personColumns+` FROM ix_key k JOIN ix_person p ON p.id = k.person WHERE k.key = ? AND k.current = 1`, key)
}

// Persons lists everybody by id.
func (r *Reader) Persons(ctx context.Context, p Page) ([]Person, error) {
	limit, args := p.clause()
	return many(ctx, r, "list persons", scanPerson, `SELECT `+personColumns+` FROM ix_person p ORDER BY p.id`+limit, args...)
}

// Key is one key that was ever enrolled.
type Key struct {
	Key     string
	Person  string
	Slot    string // "9A" or "9C"
	Current bool
	Origin  // the enrolment
}

// Key finds the enrolment of a key, former cards included. ErrNotFound.
func (r *Reader) Key(ctx context.Context, key string) (Key, error) {
	return one(ctx, r, "find key", func(row scanner) (Key, error) {
		var k Key
		var hash []byte
		err := row.Scan(&k.Key, &k.Person, &k.Slot, &k.Current, &k.Event, &hash, &k.LeafIndex)
		k.Hash = hexOf(hash)
		return k, err
	}, `SELECT key, person, slot, current, event, hash, idx FROM ix_key WHERE key = ?`, key)
}

// Machine is one enrolled machine.
type Machine struct {
	leaf.Machine
	Origin
}

func scanMachine(row scanner) (Machine, error) {
	var m Machine
	var data, hash []byte
	if err := row.Scan(&data, &m.Event, &hash, &m.LeafIndex); err != nil {
		return Machine{}, err
	}
	m.Hash = hexOf(hash)
	return m, json.Unmarshal(data, &m.Machine)
}

// Machine finds one by id. ErrNotFound.
func (r *Reader) Machine(ctx context.Context, id string) (Machine, error) {
	return one(ctx, r, "find machine "+id, scanMachine, `SELECT data, event, hash, idx FROM ix_machine WHERE id = ?`, id)
}

// NewestMachine is the machine enrolled last. ErrNotFound.
func (r *Reader) NewestMachine(ctx context.Context) (Machine, error) {
	return one(ctx, r, "find the newest machine", scanMachine, `SELECT data, event, hash, idx FROM ix_machine ORDER BY idx DESC LIMIT 1`)
}

// Machines lists all machines by id.
func (r *Reader) Machines(ctx context.Context, p Page) ([]Machine, error) {
	limit, args := p.clause()
	return many(ctx, r, "list machines", scanMachine, `SELECT data, event, hash, idx FROM ix_machine ORDER BY id`+limit, args...)
}

// List is one transfer list.
type List struct {
	ID       string
	Source   string // SHA-256 of the file
	Encoding string
	Rows     int64
	Skipped  int64
	Carriers int64  // registered from it
	Received string // leaf hash of the receiver's signature, "" = not signed for
	Receiver string // person
	Origin
}

const listColumns = `id, source, encoding, rows, skipped, carriers, received, receiver, event, hash, idx`

func scanList(row scanner) (List, error) {
	var l List
	var source, received, hash []byte
	err := row.Scan(&l.ID, &source, &l.Encoding, &l.Rows, &l.Skipped, &l.Carriers, &received, &l.Receiver, &l.Event, &hash, &l.LeafIndex)
	l.Source, l.Received, l.Hash = hexOf(source), hexOf(received), hexOf(hash)
	return l, err
}

// List finds one by id. ErrNotFound.
func (r *Reader) List(ctx context.Context, id string) (List, error) {
	return one(ctx, r, "find list "+id, scanList, `SELECT `+listColumns+` FROM ix_list WHERE id = ?`, id)
}

// Lists lists transfer lists, newest first.
func (r *Reader) Lists(ctx context.Context, p Page) ([]List, error) {
	limit, args := p.clause()
	return many(ctx, r, "list transfer lists", scanList, `SELECT `+listColumns+` FROM ix_list ORDER BY idx DESC`+limit, args...)
}

// Profile is one adoption of a policy profile.
type Profile struct {
	Profile string
	Version string
	SHA256  string // of the profile's exact bytes
	At      time.Time
	Origin
}

const profileColumns = `profile, version, sha256, at, event, hash, idx`

func scanProfile(row scanner) (Profile, error) {
	var p Profile
	var at string
	var hash []byte
	if err := row.Scan(&p.Profile, &p.Version, &p.SHA256, &at, &p.Event, &hash, &p.LeafIndex); err != nil {
		return Profile{}, err
	}
	p.Hash = hexOf(hash)
	var err error
	p.At, err = parseTime(at)
	return p, err
}

// Profile is the policy in force. ErrNotFound when none was adopted.
func (r *Reader) Profile(ctx context.Context) (Profile, error) {
	return one(ctx, r, "find the policy in force", scanProfile, `SELECT `+profileColumns+` FROM ix_policy ORDER BY idx DESC LIMIT 1`)
}

// Profiles lists every adoption, oldest first.
func (r *Reader) Profiles(ctx context.Context, p Page) ([]Profile, error) {
	limit, args := p.clause()
	return many(ctx, r, "list policies", scanProfile, `SELECT `+profileColumns+` FROM ix_policy ORDER BY idx`+limit, args...)
}

// Certificate is one issued certificate.
type Certificate struct {
	Number    string
	Batch     string
	Statement string // SHA-256
	Origin
}

// Certificates lists the certificates of a batch, oldest first.
func (r *Reader) Certificates(ctx context.Context, batch string) ([]Certificate, error) {
	return many(ctx, r, "list certificates of batch "+batch, func(row scanner) (Certificate, error) {
		var c Certificate
		var hash []byte
		err := row.Scan(&c.Number, &c.Batch, &c.Statement, &c.Event, &hash, &c.LeafIndex)
		c.Hash = hexOf(hash)
		return c, err
	}, `SELECT number, batch, statement, event, hash, idx FROM ix_certificate WHERE batch = ? ORDER BY idx`, batch)
}

// RefusalRow is one refused request that was recorded.
type RefusalRow struct {
	LeafIndex int64
	Act       string
	Code      string
	Person    string // "" = nobody logged in
	At        time.Time
}

// Refusals lists refused requests, newest first.
func (r *Reader) Refusals(ctx context.Context, p Page) ([]RefusalRow, error) {
	limit, args := p.clause()
	return many(ctx, r, "list refusals", func(row scanner) (RefusalRow, error) {
		var f RefusalRow
		var at string
		if err := row.Scan(&f.LeafIndex, &f.Act, &f.Code, &f.Person, &at); err != nil {
			return RefusalRow{}, err
		}
		var err error
		f.At, err = parseTime(at)
		return f, err
	}, `SELECT idx, act, code, person, at FROM ix_refusal ORDER BY idx DESC`+limit, args...)
}

// Station is what the genesis leaf says.
type Station struct {
	Origin        string
	LogKey        string
	EventKey      string
	Bench         bool
	AnchorsSHA256 string
	Event         string
	Hash          string
}

// Station is the station of this ledger. ErrNotFound in an empty one.
func (r *Reader) Station(ctx context.Context) (Station, error) {
	return one(ctx, r, "find the station", func(row scanner) (Station, error) {
		var s Station
		var hash []byte
		err := row.Scan(&s.Origin, &s.LogKey, &s.EventKey, &s.Bench, &s.AnchorsSHA256, &s.Event, &hash)
		s.Hash = hexOf(hash)
		return s, err
	}, `SELECT origin, log_key, event_key, bench, anchors, event, hash FROM ix_station`)
}
