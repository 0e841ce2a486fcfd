package custody_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"sexton/custody"
)

// The office of the tests: wang keeps everything, sun keeps too, zhou and wu
// read and borrow, chen approves, qian audits, he classifies, bao is the
// secrecy officer.
const doc, docSecret, docOwn = "doc-1", "doc-secret", "doc-own"

// act makes a record of a kind of the register.
func (w *world) act(k custody.Kind, body any, carriers []string, actors ...custody.Actor) custody.Record {
	return w.rec(k, func(r *custody.Record) { r.Batch, r.Register, r.Carriers, r.Actors = "", body, carriers, actors })
}

func keeper(person string) custody.Actor    { return actor(person, custody.RoleKeeper) }
func secrecy(person string) custody.Actor   { return actor(person, custody.RoleSecrecy) }
func accepting(person string) custody.Actor { return actor(person, custody.RoleAccepting) }

// newOffice is a register with departments, places, firms, documents and six
// carriers on wang's shelf: c0 and c1 of doc, c2 of docSecret, c3 that must be
// returned, c4 and c5 of no document.
func newOffice(t testing.TB) *world {
	t.Helper()
	w := newWorld()
	for _, d := range []custody.Department{{ID: "d1", Highest: "secret"}, {ID: "d2", Highest: "secret", Closed: true}} {
		w.must(t, w.act(custody.KindDepartment, &d, nil, secrecy("bao")))
	}
	for _, p := range []custody.Place{
		{ID: "safe", Department: "d1", Use: "cabinet", Highest: "secret"},
		{ID: "desk", Department: "d1", Use: "cabinet", Highest: "internal"},
		{ID: "gone", Department: "d1", Use: "cabinet", Highest: "secret", Closed: true},
		{ID: "other", Department: "d2", Use: "cabinet", Highest: "secret"},
	} {
		w.must(t, w.act(custody.KindPlace, &p, nil, secrecy("bao")))
	}
	for _, f := range []custody.Firm{
		{ID: "firm", Form: "qualified-firm", Highest: "secret", QualifiedTill: "2027-12-31"},
		{ID: "firm-closed", Form: "qualified-firm", Highest: "secret", QualifiedTill: "2027-12-31", Closed: true},
		{ID: "firm-expired", Form: "qualified-firm", Highest: "secret", QualifiedTill: "2026-11-22"},
		{ID: "firm-low", Form: "administration", Highest: "internal"},
	} {
		w.must(t, w.act(custody.KindFirm, &f, nil, secrecy("bao")))
	}
	for _, d := range []custody.DocumentEntry{
		{Document: doc, Classification: "confidential", Period: "10年", Made: 20},
		{Document: docSecret, Classification: "secret", Period: "20年"},
		{Document: docOwn, Own: true, Classification: "confidential", Period: "5年"},
	} {
		w.must(t, w.act(custody.KindDocument, &d, nil))
	}
	w.must(t, w.imported(6))
	for i, fill := range []func(*custody.Entry){
		func(e *custody.Entry) { e.Document, e.Period = doc, "10年" },
		func(e *custody.Entry) { e.Document, e.Period = doc, "10年" },
		func(e *custody.Entry) { e.Document, e.Classification, e.Period = docSecret, "secret", "20年" },
		func(e *custody.Entry) { e.MustReturn = true },
		func(*custody.Entry) {},
		func(*custody.Entry) {},
	} {
		r := w.register(fmt.Sprint("c", i), int64(i+1))
		fill(r.Entry)
		w.must(t, r)
	}
	w.must(t, w.listCounted(6))
	w.must(t, w.listNumbered(6))
	w.must(t, w.receive(6))
	return w
}

func thingOf[T custody.Thing](w *world, kind custody.ThingKind, id string) T {
	t, _, _ := w.Thing(custody.Ref{Kind: kind, ID: id})
	v, _ := t.(T)
	return v
}

// request opens and approves a request of applicant zhou, and gives its id.
func (w *world) request(t testing.TB, e custody.RequestEntry, carriers ...string) string {
	t.Helper()
	if e.Request == "" {
		e.Request = fmt.Sprint("q", len(w.history))
	}
	if e.Count == 0 {
		e.Count = 1
	}
	if e.NotAfter.IsZero() {
		e.NotAfter = w.now.Add(48 * time.Hour)
	}
	w.must(t, w.act(custody.KindRequested, &e, carriers, actor("zhou", custody.RoleApplicant)))
	w.must(t, w.decide(custody.KindRequestOK, e.Request, actor("chen", custody.RoleApprover)))
	return e.Request
}

func (w *world) decide(k custody.Kind, request string, a custody.Actor) custody.Record {
	q := thingOf[custody.Request](w, custody.RequestThing, request)
	return w.act(k, &custody.RequestDecision{Request: request, Opened: q.Opened, Authority: "own-leader"}, nil, a)
}

// move opens a movement of wang's with id m.
func (w *world) move(id, act, to string, carriers ...string) custody.Record {
	return w.act(custody.KindMoveOpened, &custody.MovementOpen{Movement: id, Act: act, To: to, Outside: outside[act]}, carriers, keeper("wang"))
}

var outside = map[string]bool{custody.ActDispatch: true, custody.ActTransfer: true, custody.ActReturn: true, custody.ActConsign: true, custody.ActArchive: true}

func (w *world) ending(k custody.Kind, movement string, by custody.Actor, carriers ...string) custody.Record {
	m := thingOf[custody.Movement](w, custody.MovementThing, movement)
	return w.act(k, &custody.MovementEnd{Movement: movement, Opened: m.Leaf, Receipt: m.Outside && k == custody.KindMoveAccepted}, carriers, by)
}

// settled is the disposition that follows an acceptance.
func (w *world) settled(k custody.Kind, id string) custody.Record {
	c := w.carrier(id)
	m := thingOf[custody.Movement](w, custody.MovementThing, c.Movement)
	by := ""
	for i, other := range m.Carriers {
		if other == id && len(m.Signed) > i {
			by = m.Signed[i]
		}
	}
	return w.rec(k, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", id, by })
}

// sendAway moves a carrier out of the unit for good, up to its disposition.
func (w *world) sendAway(t testing.TB, id, act, to string, k custody.Kind) {
	t.Helper()
	m := "away " + id
	w.must(t, w.move(m, act, to, id))
	w.must(t, w.ending(custody.KindMoveAccepted, m, keeper("sun"), id))
	w.must(t, w.settled(k, id))
}

// lawCase is one way to break a rule: make gives a lawful record, spoil breaks
// it; without spoil the record itself is what is refused.
type lawCase struct {
	name  string
	make  func(w *world) custody.Record
	spoil func(r *custody.Record)
	want  custody.Key
}

// checkLaw runs each case in a world of its own.
func checkLaw(t *testing.T, setup func(t testing.TB) *world, cases []lawCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := setup(t)
			r := c.make(w)
			if c.spoil != nil {
				if _, err := custody.Step(w, r); err != nil {
					t.Fatalf("refused before it was spoilt: %v", err)
				}
				c.spoil(&r)
			}
			before := snapshot(&w.Memory)
			change, err := custody.Step(w, r)
			if got := keyOf(err); got != c.want {
				t.Errorf("refused for %q (%v), want %q", got, err, c.want)
			}
			if zh, en := c.want.Sentence(); zh == "" || en == "" {
				t.Errorf("%s has no sentence", c.want)
			}
			if !reflect.DeepEqual(change, custody.Change{}) || !reflect.DeepEqual(before, snapshot(&w.Memory)) {
				t.Error("a refused record changed something")
			}
		})
	}
}

// state is all a Memory knows, for comparison.
type state struct {
	Carriers []custody.Carrier
	Batches  []custody.Batch
	Things   []custody.Thing
	Knew     []custody.Knew
}

var thingKinds = []custody.ThingKind{custody.DocumentThing, custody.RequestThing, custody.MovementThing, custody.DepartmentThing, custody.PlaceThing,
	custody.FirmThing, custody.PostThing, custody.CampaignThing, custody.InspectionThing, custody.FindingThing, custody.IncidentThing,
	custody.ReceiptThing, custody.SeriesThing, custody.TiesThing}

func snapshot(m *custody.Memory) state {
	s := state{Carriers: m.Carriers(), Batches: m.Batches(), Knew: m.Knew()}
	for _, k := range thingKinds {
		s.Things = append(s.Things, m.Things(k)...)
	}
	return s
}

// bodyOf lets a case spoil a body: it is copied, since records share it.
func bodyOf[T any](r *custody.Record) *T {
	b := *r.Register.(*T)
	r.Register = &b
	return &b
}
