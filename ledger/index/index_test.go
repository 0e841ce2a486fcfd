package index_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// keyOf is the reason of either kind of refusal.
func keyOf(err error) string {
	var c *custody.Refusal
	var i *index.Refusal
	switch {
	case errors.As(err, &i):
		return i.Key
	case errors.As(err, &c):
		return string(c.Key)
	}
	return ""
}

func TestLifeOfABatch(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.to("outcome", 3)
	o := []string{w.must(w.destroyed(0)), w.must(w.disputed(1)), w.must(w.unfed(2))}
	w.must(w.reconcile(leaf.Tally{Destroyed: 1, Disputed: 1, Unfed: 1}, o...))
	w.must(w.complete())
	w.must(w.certify())

	members, err := w.r.Members(ctx, batch, index.Page{})
	if err != nil || len(members) != 3 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	for i, want := range []struct {
		state   custody.State
		verdict custody.Verdict
	}{{custody.Certified, custody.VerdictDestroyed}, {custody.Disputed, custody.VerdictDisputed}, {custody.Counted, custody.VerdictUnfed}} {
		m := members[i]
		if m.State != want.state || m.Verdict != want.verdict || m.Outcome != o[i] || m.Place != int64(i) {
			t.Errorf("member %d: %+v", i, m)
		}
	}
	if free, err := w.r.Carrier(ctx, carrierID(2)); err != nil || free.Carrier.Batch != "" {
		t.Errorf("unfed carrier is not free: %+v, %v", free, err)
	}
	open, err := w.r.Search(ctx, index.Search{OpenCase: true})
	if err != nil || open.Count != 1 || open.Hits[0].ID != carrierID(1) || open.Hits[0].Case != o[1] {
		t.Errorf("open cases: %+v, %v", open, err)
	}
	b := w.batch()
	if b.State != custody.BatchCertified || b.Members != 3 || b.Authorisers[1] != "li" {
		t.Errorf("%+v", b)
	}
	certs, err := w.r.Certificates(ctx, batch)
	if err != nil || len(certs) != 1 || certs[0].LeafIndex != int64(len(w.taken)-1) {
		t.Errorf("%+v, %v", certs, err)
	}
	events, err := w.r.Events(ctx, leaf.CarrierSubject+carrierID(0), index.Page{})
	if err != nil || len(events) != 4 || events[0].Kind != leaf.CarrierRegistered || events[3].Hash != o[0] {
		t.Errorf("%+v, %v", events, err)
	}
	head, err := w.r.SubjectHead(ctx, leaf.CarrierSubject+carrierID(0))
	if err != nil || head != o[0] {
		t.Errorf("head %s, %v", head, err)
	}
	if head, err := w.r.SubjectHead(ctx, "carrier/none"); err != nil || head != "" {
		t.Errorf("head of nothing: %q, %v", head, err)
	}
}

func dump(t testing.TB, db *sql.DB, table string) []string {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	var out []string
	for rows.Next() {
		vals := make([]any, len(cols))
		for i := range vals {
			vals[i] = new(any)
		}
		if err := rows.Scan(vals...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, v := range vals {
			fmt.Fprintf(&b, "%v|", *v.(*any))
		}
		out = append(out, b.String())
	}
	return out
}

// dumpAll is the whole content, to show that a refusal changed nothing.
func dumpAll(t testing.TB, db *sql.DB) map[string][]string {
	out := map[string][]string{}
	for _, table := range index.New().Tables() {
		out[table] = dump(t, db, table)
	}
	return out
}

func TestRefusalsChangeNothing(t *testing.T) {
	admin := sign("wang", leaf.RoleAdmin)
	cases := []struct {
		name, stage string
		make        func(w *world) leaf.Payload
		want        string
	}{
		{"second genesis", "import", func(w *world) leaf.Payload {
			return w.payload(leaf.StationInitialised, &leaf.Initialised{Origin: station}, leaf.StationSubject+station)
		}, index.KeyStation},
		{"enrolled by nobody", "import", func(w *world) leaf.Payload {
			people["sun"] = []leaf.Role{leaf.RoleKeeper}
			return w.enrol("sun")
		}, index.KeyRole},
		{"enrolled by no admin", "import", func(w *world) leaf.Payload { return w.enrol("sun", sign("li", leaf.RoleAdmin)) }, index.KeyRole},
		{"key of another person", "import", func(w *world) leaf.Payload {
			p := w.enrol("sun", admin)
			p.Body.(*leaf.Enrolled).SignKey = hash("9C of li")
			return p
		}, index.KeyDuplicate},
		{"auth key of another as signature key", "import", func(w *world) leaf.Payload {
			p := w.enrol("sun", admin)
			p.Body.(*leaf.Enrolled).SignKey = hash("9A of li")
			return p
		}, index.KeyDuplicate},
		{"card of another person", "import", func(w *world) leaf.Payload {
			p := w.enrol("sun", admin)
			p.Body.(*leaf.Enrolled).GUID = "guid-li"
			return p
		}, index.KeyDuplicate},
		{"one key for both slots", "import", func(w *world) leaf.Payload {
			p := w.enrol("sun", admin)
			p.Body.(*leaf.Enrolled).SignKey = p.Body.(*leaf.Enrolled).AuthKey
			return p
		}, index.KeyMalformed},
		{"unknown role", "import", func(w *world) leaf.Payload {
			p := w.enrol("sun", admin)
			p.Body.(*leaf.Enrolled).Roles = []leaf.Role{"king"}
			return p
		}, index.KeyMalformed},
		{"list imported twice", "register", func(w *world) leaf.Payload { return w.importList(2) }, string(custody.KeyThingKnown)},
		{"number used before", "register", func(w *world) leaf.Payload {
			w.must(w.register(0))
			p := w.register(1)
			p.Body.(*leaf.Registered).Number = registered(0).Number
			return p
		}, index.KeyDuplicate},
		{"unknown list", "register", func(w *world) leaf.Payload {
			p := w.register(0)
			p.Body.(*leaf.Registered).List = fakeID(9)
			return p
		}, string(custody.KeyNoList)},
		{"more carriers than rows", "receive", func(w *world) leaf.Payload { return w.register(7) }, string(custody.KeyListFull)},
		{"stranger receives", "receive", func(w *world) leaf.Payload {
			p := w.receive(2)
			p.Actors = []leaf.Actor{sign("sun", leaf.RoleReceiver)}
			return p
		}, index.KeyNotEnrolled},
		{"no receiver by role", "receive", func(w *world) leaf.Payload {
			p := w.receive(2)
			p.Actors = []leaf.Actor{sign("chen", leaf.RoleReceiver)}
			return p
		}, index.KeyRole},
		{"signed with the login key", "receive", func(w *world) leaf.Payload {
			p := w.receive(2)
			p.Actors = []leaf.Actor{login("wang", leaf.RoleReceiver)}
			return p
		}, index.KeyNotEnrolled},
		{"card of somebody else", "receive", func(w *world) leaf.Payload {
			p := w.receive(2)
			p.Actors[0].Credential = hash("9C of li")
			return p
		}, index.KeyNotEnrolled},
		{"more signed for than registered", "receive", func(w *world) leaf.Payload { return w.receive(3) }, string(custody.KeyTally)},
		{"batch of an unknown list", "open", func(w *world) leaf.Payload {
			p := w.open()
			p.Body.(*leaf.Opened).List = fakeID(9)
			return p
		}, index.KeyUnknownList},
		{"batch number used before", "count", func(w *world) leaf.Payload {
			p := w.open()
			p.Body.(*leaf.Opened).Batch, p.Subjects = fakeID(77), []string{leaf.BatchSubject + fakeID(77)}
			return p
		}, index.KeyDuplicate},
		{"item of another carrier", "seal", func(w *world) leaf.Payload {
			p := w.seal(0, 0)
			p.Body.(*leaf.Sealed).Item = w.item(1, 0)
			return p
		}, index.KeyItem},
		{"unknown machine", "sealBatch", func(w *world) leaf.Payload {
			p := w.sealBatch(2)
			p.Body.(*leaf.Manifest).Machine = "m9"
			return p
		}, index.KeyNotEnrolled},
		{"policy of yesterday", "sealBatch", func(w *world) leaf.Payload {
			p := w.sealBatch(2)
			p.Policy.Version = "0"
			return p
		}, index.KeyPolicy},
		{"release before authorisation", "authorise", func(w *world) leaf.Payload { return w.release() }, string(custody.KeyNotAuthorised)},
		{"verdict without energy", "outcome", func(w *world) leaf.Payload {
			p := w.destroyed(0)
			p.Body.(*leaf.Outcome).Evidence.EnergyJ = 0
			return p
		}, string(custody.KeyVerdict)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.to(c.stage, 2)
			p := c.make(w)
			before := dumpAll(t, w.db)
			_, err := w.try(p)
			if got := keyOf(err); got != c.want {
				t.Errorf("refused for %q (%v), want %q", got, err, c.want)
			}
			if !reflect.DeepEqual(before, dumpAll(t, w.db)) {
				t.Error("a refused leaf left something behind")
			}
		})
	}
}

func TestBootstrap(t *testing.T) {
	w := newWorld(t)
	if _, err := w.try(w.enrol("wang")); keyOf(err) != index.KeyStation {
		t.Errorf("a ledger began without genesis: %v", err)
	}
	w.must(w.payload(leaf.StationInitialised, &leaf.Initialised{Origin: station}, leaf.StationSubject+station))
	if _, err := w.try(w.enrol("wang", sign("li", leaf.RoleAdmin))); keyOf(err) != index.KeyNotEnrolled {
		t.Errorf("the first administrator was enrolled by somebody else: %v", err)
	}
	w.must(w.enrol("wang", sign("wang", leaf.RoleAdmin)))
	if _, err := w.try(w.enrol("li", sign("li", leaf.RoleAdmin))); err == nil {
		t.Error("a second person enrolled himself")
	}
}

// TestNewCard: a person's former keys stay his and count no more.
func TestNewCard(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.to("receive", 1)
	p := w.enrol("wang", sign("wang", leaf.RoleAdmin))
	b := p.Body.(*leaf.Enrolled)
	b.AuthKey, b.SignKey, b.GUID = hash("new 9A"), hash("new 9C"), "guid-new"
	h := w.must(p)
	if _, err := w.try(w.receive(1)); keyOf(err) != index.KeyNotEnrolled {
		t.Errorf("the old card still signs: %v", err)
	}
	r := w.receive(1)
	r.Actors[0].Credential = hash("new 9C")
	w.must(r)
	if who, err := w.r.PersonByKey(ctx, hash("new 9A")); err != nil || who.Person != "wang" || who.Hash != h || !who.Has(leaf.RoleAdmin) {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err := w.r.PersonByKey(ctx, hash("9A of wang")); !errors.Is(err, index.ErrNotFound) {
		t.Errorf("old key still has a holder: %v", err)
	}
	old, err := w.r.Key(ctx, hash("9C of wang"))
	if err != nil || old.Person != "wang" || old.Current || old.Slot != "9C" || old.LeafIndex != 1 {
		t.Errorf("%+v, %v", old, err)
	}
}

// TestMembersLeftOut: who was counted and not sealed is no member any more; who
// was missing stays in sight.
func TestMembersLeftOut(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.to("count", 3)
	w.must(w.count(0))
	w.must(w.count(1))
	w.must(w.payload(leaf.CarrierMissing, &leaf.Missing{Batch: batch}, leaf.CarrierSubject+carrierID(2), login("wang", leaf.RoleExplaining)))
	if m, err := w.r.Members(ctx, batch, index.Page{}); err != nil || len(m) != 3 || m[0].Place != -1 {
		t.Fatalf("while counting: %+v, %v", m, err)
	}
	w.must(w.seal(0, 0))
	w.must(w.sealBatch(1))
	m, err := w.r.Members(ctx, batch, index.Page{})
	if err != nil || len(m) != 2 || m[0].ID != carrierID(0) || m[1].ID != carrierID(2) || !m[1].Missing || m[1].Place != -1 {
		t.Errorf("after the seal: %+v, %v", m, err)
	}
	if of, err := w.r.BatchesOf(ctx, carrierID(2)); err != nil || len(of) != 1 || of[0].ID != batch {
		t.Errorf("%+v, %v", of, err)
	}
	if of, err := w.r.BatchesOf(ctx, carrierID(1)); err != nil || len(of) != 0 {
		t.Errorf("%+v, %v", of, err)
	}
}

// TestEvidenceOfAnotherBatch: what the machine did for one batch is no
// evidence in the next.
func TestEvidenceOfAnotherBatch(t *testing.T) {
	w := newWorld(t)
	w.to("open", 2)
	first := batch
	defer func() { batch = first }()
	run := func(id string, i int) string {
		batch = id
		p := w.open()
		p.Body.(*leaf.Opened).Number = "销批演-" + id
		w.must(p)
		w.must(w.count(i))
		s := w.seal(i, 0)
		w.must(s)
		m := w.sealBatch(1)
		m.Body.(*leaf.Manifest).Number = "销批演-" + id
		m.Body.(*leaf.Manifest).ItemsRoot = leaf.Root([]string{s.Body.(*leaf.Sealed).Item})
		w.must(m)
		w.must(w.approve())
		w.must(w.authorise())
		return w.must(w.release())
	}
	run(fakeID(51), 0)
	used := w.destroyed(0)
	w.must(used)
	run(fakeID(52), 1)
	again := w.destroyed(1)
	again.Body.(*leaf.Outcome).Evidence = used.Body.(*leaf.Outcome).Evidence
	if _, err := w.try(again); keyOf(err) != index.KeyEvidence {
		t.Errorf("used in two batches: %v", err)
	}
	w.must(w.destroyed(1))
}

// TestWordsAgree: custody, which cannot import leaf, spells kinds and roles as
// leaf does.
func TestWordsAgree(t *testing.T) {
	kinds := map[custody.Kind]bool{}
	for _, k := range custody.Kinds() {
		kinds[k] = true
	}
	for _, k := range leaf.Kinds() {
		if !kinds[custody.Kind(k)] {
			t.Errorf("custody does not know %s", k)
		}
		delete(kinds, custody.Kind(k))
	}
	if len(kinds) != 0 {
		t.Errorf("leaf does not know %v", kinds)
	}
	for c, l := range map[custody.Role]leaf.Role{custody.RoleReceiver: leaf.RoleReceiver, custody.RoleCounter: leaf.RoleCounter,
		custody.RoleRecounter: leaf.RoleRecounter, custody.RoleExplaining: leaf.RoleExplaining, custody.RoleApplicant: leaf.RoleApplicant,
		custody.RoleApprover: leaf.RoleApprover, custody.RoleDestroyer: leaf.RoleDestroyer, custody.RoleAttestor: leaf.RoleAttestor} {
		if string(c) != string(l) {
			t.Errorf("%s is not %s", c, l)
		}
	}
}
