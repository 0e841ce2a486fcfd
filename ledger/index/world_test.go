package index_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/custody"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/ledger/leaf"

	_ "modernc.org/sqlite"
)

// world feeds payloads to the projection over a database in memory, each in
// its own transaction, as the ledger does. It does not sign: the ledger checks
// signatures before it asks the projection.
type world struct {
	t       testing.TB
	db      *sql.DB
	px      *index.Projection
	r       *index.Reader
	now     time.Time
	taken   []leaf.Payload
	hashes  []string
	counter int
	seq     int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, px: index.New(), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.db = openDB(t)
	w.r = index.NewReader(w)
	return w
}

func openDB(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	for _, q := range index.New().Schema() {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%v in %s", err, q)
		}
	}
	return db
}

// QueryHead implements index.Queryer.
func (w *world) QueryHead(ctx context.Context, f func(*sql.Tx, ledger.Head) error) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx, ledger.Head{Size: int64(len(w.taken)), Root: leaf.Root(w.hashes)})
}

// openingsOf makes openings, by path.
func openingsOf(open map[string]string) []leaf.Opening {
	var out []leaf.Opening
	for field, value := range open {
		out = append(out, leaf.Opening{Path: "/body/" + field, Value: value})
	}
	slices.SortFunc(out, func(a, b leaf.Opening) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// fakeID makes a deterministic UUIDv7-shaped id.
func fakeID(n int) string { return fmt.Sprintf("01930000-0000-7000-8000-%012x", n) }

func actor(person string, role leaf.Role, slot string) leaf.Actor {
	return leaf.Actor{Person: person, Role: role, Credential: hash(slot + " of " + person)}
}

func sign(person string, role leaf.Role) leaf.Actor  { return actor(person, role, "9C") }
func login(person string, role leaf.Role) leaf.Actor { return actor(person, role, "9A") }

const station = "sexton.example/bench"

func (w *world) payload(k leaf.Kind, body any, subject string, actors ...leaf.Actor) leaf.Payload {
	w.counter++
	return leaf.Payload{Schema: leaf.Schema, ID: fakeID(w.counter), Station: station, Kind: k, At: w.now,
		Clock: leaf.Clock{Source: "system", Boot: "b"}, Actors: actors, Subjects: []string{subject},
		Seen: leaf.Seen{Root: hash("")}, Policy: leaf.PolicyRef{Profile: "unit-training", Version: "1"}, Body: body}
}

// try applies a payload in a transaction and commits it when it is taken.
func (w *world) try(p leaf.Payload) (string, error) {
	h := hash(fmt.Sprint("leaf ", p.ID))
	return h, w.tryAs(h, p)
}

func (w *world) tryAs(h string, p leaf.Payload) error { return w.tryOpen(h, p, nil) }

// tryOpen gives the openings, too.
func (w *world) tryOpen(h string, p leaf.Payload, open map[string]string) error {
	tx, err := w.db.Begin()
	if err != nil {
		return err
	}
	index := int64(len(w.taken))
	err = w.px.Apply(context.Background(), tx, index, h, leaf.Envelope{}, p)
	if err == nil {
		err = w.px.ApplyOpenings(context.Background(), tx, index, p, openingsOf(open))
	}
	if err == nil {
		err = w.px.Settle(context.Background(), tx)
	}
	if err != nil {
		w.px.Forget()
		if e := tx.Rollback(); e != nil {
			w.t.Fatal(e)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	w.taken, w.hashes = append(w.taken, p), append(w.hashes, h)
	return nil
}

func (w *world) must(p leaf.Payload) string {
	w.t.Helper()
	h, err := w.try(p)
	if err != nil {
		w.t.Fatalf("%s: %v", p.Kind, err)
	}
	return h
}

var people = map[string][]leaf.Role{
	"wang": {leaf.RoleAdmin, leaf.RoleReceiver, leaf.RoleCounter, leaf.RoleApplicant, leaf.RoleKeeper},
	"li":   {leaf.RoleRecounter, leaf.RoleAttestor, leaf.RoleCounter},
	"zhao": {leaf.RoleDestroyer},
	"chen": {leaf.RoleApprover},
}

func (w *world) enrol(person string, by ...leaf.Actor) leaf.Payload {
	return w.payload(leaf.PersonEnrolled, &leaf.Enrolled{Person: person, Roles: people[person], GUID: "guid-" + person,
		AuthKey: hash("9A of " + person), SignKey: hash("9C of " + person), Attestation: "unattested"}, leaf.PersonSubject+person, by...)
}

// found sets up station, persons, policy and machine.
func (w *world) found() {
	w.t.Helper()
	w.must(w.payload(leaf.StationInitialised, &leaf.Initialised{Origin: station, Bench: true}, leaf.StationSubject+station))
	admin := sign("wang", leaf.RoleAdmin)
	w.must(w.enrol("wang", admin))
	for _, p := range []string{"li", "zhao", "chen"} {
		w.must(w.enrol(p, admin))
	}
	w.must(w.payload(leaf.PolicyAdopted, &leaf.Adopted{Profile: "unit-training", Version: "1", SHA256: hash("profile")}, leaf.PolicySubject+"unit-training", admin))
	w.must(w.payload(leaf.MachineEnrolled, &leaf.Machine{Machine: "m1", Serial: "SN1", SecurityLevel: map[string]int64{"P": 7, "E": 5}}, leaf.MachineSubject+"m1", admin))
}

var list, batch = fakeID(1_000_001), fakeID(1_000_002)

func carrierID(i int) string { return fakeID(2_000_000 + i) }

func (w *world) importList(rows int) leaf.Payload {
	return w.payload(leaf.ListImported, &leaf.Imported{List: list, SourceSHA256: hash("csv"), Encoding: "gb18030", Rows: int64(rows)}, leaf.ListSubject+list, login("wang", leaf.RoleReceiver))
}

func registered(i int) *leaf.Registered {
	return &leaf.Registered{Carrier: carrierID(i), List: list, Row: int64(i + 2), Number: fmt.Sprintf("云演-Z-2026-%06d", i), CarrierKind: "paper",
		Medium: "paper", Classification: "confidential", Period: "10年", Extent: leaf.Extent{Value: 12, Unit: "page"}, Count: 1}
}

func (w *world) register(i int) leaf.Payload {
	return w.payload(leaf.CarrierRegistered, registered(i), leaf.CarrierSubject+carrierID(i), login("wang", leaf.RoleReceiver))
}

func (w *world) receive(n int) leaf.Payload {
	return w.payload(leaf.ListReceived, &leaf.Received{List: list, Count: int64(n)}, leaf.ListSubject+list, sign("wang", leaf.RoleReceiver))
}

func (w *world) countList(n int) leaf.Payload {
	return w.payload(leaf.ListCounted, &leaf.ListCount{List: list, Count: int64(n)}, leaf.ListSubject+list, login("li", leaf.RoleCounter))
}

func (w *world) numberList(n int) leaf.Payload {
	return w.payload(leaf.ListNumbered, &leaf.ListNumbers{List: list, Series: "密收", Year: 2026, First: 1, Last: int64(n)}, leaf.ListSubject+list, login("wang", leaf.RoleKeeper))
}

func (w *world) open() leaf.Payload {
	return w.payload(leaf.BatchOpened, &leaf.Opened{Batch: batch, Number: "销批演〔2026〕1号", List: list, Act: "destroy"}, leaf.BatchSubject+batch, login("wang", leaf.RoleApplicant))
}

func (w *world) count(i int) leaf.Payload {
	return w.payload(leaf.CarrierCounted, &leaf.Counted{Batch: batch}, leaf.CarrierSubject+carrierID(i), login("wang", leaf.RoleCounter), login("li", leaf.RoleRecounter))
}

func (w *world) item(i, place int) string {
	c, err := w.r.Carrier(context.Background(), carrierID(i))
	if err != nil {
		w.t.Fatal(err)
	}
	return leaf.ItemHash(leaf.NewItem(int64(place), c.Registered, registered(i), c.Level, c.Term))
}

func (w *world) seal(i, place int) leaf.Payload {
	return w.payload(leaf.CarrierSealed, &leaf.Sealed{Batch: batch, Index: int64(place), Item: w.item(i, place)}, leaf.CarrierSubject+carrierID(i))
}

func (w *world) sealBatch(n int) leaf.Payload {
	var items []string
	for i := range n {
		items = append(items, w.item(i, i))
	}
	return w.payload(leaf.BatchSealed, &leaf.Manifest{Batch: batch, Number: "销批演〔2026〕1号", Items: int64(n), ItemsRoot: leaf.Root(items),
		Kinds: map[string]int64{"paper": int64(n)}, Levels: map[string]int64{"confidential": int64(n)}, Method: "shred", Machine: "m1",
		NotAfter: w.now.Add(time.Hour).Format(timeText)}, leaf.BatchSubject+batch, sign("wang", leaf.RoleApplicant))
}

const timeText = "2006-01-02T15:04:05Z"

func (w *world) batch() index.Batch {
	b, err := w.r.Batch(context.Background(), batch)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) approve() leaf.Payload {
	return w.payload(leaf.BatchApproved, &leaf.Decision{Batch: batch, Manifest: w.batch().SealLeaf, Authority: "own-leader"}, leaf.BatchSubject+batch, sign("chen", leaf.RoleApprover))
}

func (w *world) authorise() leaf.Payload {
	b := w.batch()
	return w.payload(leaf.BatchAuthorised, &leaf.Authorisation{Batch: batch, Manifest: b.SealLeaf, Approval: b.ApprovalLeaf, ItemsRoot: b.ItemsRoot,
		Machine: "m1", Nonce: "00", NotAfter: b.NotAfter.Format(timeText)}, leaf.BatchSubject+batch, sign("zhao", leaf.RoleDestroyer), sign("li", leaf.RoleAttestor))
}

func (w *world) release() leaf.Payload {
	return w.payload(leaf.BatchReleased, &leaf.Released{Batch: batch, Authorisation: w.batch().AuthorisationLeaf, TokenSHA256: hash("t"), Machine: "m1",
		WindowMS: 60000, Boot: 7}, leaf.BatchSubject+batch)
}

func (w *world) destroyed(i int) leaf.Payload {
	w.seq += 10
	e := &custody.Evidence{Machine: "m1", Authenticated: true, Permitted: true, Boot: 7, FromSequence: w.seq, ToSequence: w.seq + 10,
		FromUptimeMS: w.seq, ToUptimeMS: w.seq + 5, Feed: 1, EnergyJ: 1500}
	_, reasons := custody.Judge(*e, custody.ExpectationFor("paper", custody.Extent{Value: 12, Unit: "page"}, 1))
	return w.payload(leaf.CarrierDestroyed, &leaf.Outcome{Batch: batch, Verdict: "destroyed", Reasons: reasons, Evidence: e}, leaf.CarrierSubject+carrierID(i))
}

func (w *world) disputed(i int) leaf.Payload {
	p := w.destroyed(i)
	o := p.Body.(*leaf.Outcome)
	o.Evidence.EnergyJ, o.Verdict = 0, "disputed"
	p.Kind = leaf.CarrierDisputed
	return p
}

func (w *world) unfed(i int) leaf.Payload {
	return w.payload(leaf.CarrierUnfed, &leaf.Unfed{Batch: batch}, leaf.CarrierSubject+carrierID(i))
}

func (w *world) reconcile(tally leaf.Tally, outcomes ...string) leaf.Payload {
	return w.payload(leaf.BatchReconciled, &leaf.Reconciled{Batch: batch, Tally: tally, OutcomesRoot: leaf.Root(outcomes)}, leaf.BatchSubject+batch)
}

func (w *world) complete() leaf.Payload {
	b := w.batch()
	return w.payload(leaf.BatchCompleted, &leaf.Completed{Batch: batch, Reconciled: b.ReconciledLeaf, Tally: leaf.Tally(b.Tally), OutcomesRoot: b.OutcomesRoot},
		leaf.BatchSubject+batch, sign("zhao", leaf.RoleDestroyer), sign("li", leaf.RoleAttestor))
}

func (w *world) certify() leaf.Payload {
	return w.payload(leaf.BatchCertified, &leaf.Certified{Batch: batch, Certificate: "销证演2026-000001", Statement: hash("statement")}, leaf.BatchSubject+batch)
}

// to brings n carriers to the point before the named stage.
func (w *world) to(stage string, n int) {
	w.t.Helper()
	each := func(f func(i int) leaf.Payload) {
		for i := range n {
			w.must(f(i))
		}
	}
	for _, s := range []struct {
		name string
		do   func()
	}{
		{"found", w.found},
		{"import", func() { w.must(w.importList(n)) }},
		{"register", func() { each(w.register) }},
		{"arrive", func() { w.must(w.countList(n)); w.must(w.numberList(n)) }},
		{"receive", func() { w.must(w.receive(n)) }},
		{"open", func() { w.must(w.open()) }},
		{"count", func() { each(w.count) }},
		{"seal", func() { each(func(i int) leaf.Payload { return w.seal(i, i) }) }},
		{"sealBatch", func() { w.must(w.sealBatch(n)) }},
		{"approve", func() { w.must(w.approve()) }},
		{"authorise", func() { w.must(w.authorise()) }},
		{"release", func() { w.must(w.release()) }},
		{"outcome", func() {}},
	} {
		if s.name == stage {
			return
		}
		s.do()
	}
}
