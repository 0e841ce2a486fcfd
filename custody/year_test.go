package custody_test

import (
	"fmt"
	"slices"
	"time"

	"sexton/custody"

	"pgregory.net/rapid"
)

// year draws the events of an office: mostly lawful ones that follow from what
// stands open, some damaged ones. It asks the register what there is, never what
// is allowed.
type year struct {
	*world
	t *rapid.T
}

// newYear is an office that has its rooms, firms, documents and persons.
func newYear(t *rapid.T) *year {
	y := &year{newWorld(), t}
	y.from = ""
	var first []custody.Record
	add := func(r custody.Record) { first = append(first, r) }
	add(y.act(custody.KindDepartment, &custody.Department{ID: "d1", Highest: "top-secret"}, nil, secrecy("bao")))
	add(y.act(custody.KindPlace, &custody.Place{ID: "safe", Department: "d1", Use: "cabinet", Highest: "top-secret"}, nil, secrecy("bao")))
	add(y.act(custody.KindFirm, &custody.Firm{ID: "firm", Form: "designated", Highest: "top-secret"}, nil, secrecy("bao")))
	for _, d := range []custody.DocumentEntry{
		{Document: "A", Classification: "confidential", Period: "10年"}, {Document: "B", Classification: "secret", Period: "20年", Made: 9},
		{Document: "C", Own: true, Classification: "confidential", Period: "5年"},
	} {
		add(y.act(custody.KindDocument, &d, nil))
	}
	for _, p := range staff {
		add(y.post(p))
	}
	for i, r := range first {
		r.Hash = hash(fmt.Sprint("first ", i))
		if err := y.play(r); err != nil {
			t.Fatal(err)
		}
	}
	return y
}

var staff = []string{"wang", "sun", "zhou", "wu"}

func (y *year) post(person string) custody.Record {
	return y.act(custody.KindPosted, &custody.Post{Person: person, Department: "d1", Grade: "general", Clearance: "secret", TrainedTill: "2027-06-30", Since: "2026-01-05"},
		nil, secrecy("bao"))
}

// upTo draws 0 to n-1, each as likely as the others, which rapid's own ranges
// do not.
func (y *year) upTo(what string, n int) int {
	x := rapid.Uint64().Draw(y.t, what) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return int((x ^ x>>31) % uint64(n))
}

func pick[T any](y *year, what string, from []T) (T, bool) {
	if len(from) == 0 {
		var none T
		return none, false
	}
	return from[y.upTo(what, len(from))], true
}

func (y *year) one(what string, from ...string) string { v, _ := pick(y, what, from); return v }
func (y *year) chance(outOf int) bool                  { return y.upTo("chance", outOf) == 0 }
func (y *year) id(prefix string) string                { return fmt.Sprint(prefix, len(y.history)) }

// these lists the carriers that fit.
func (y *year) these(fit func(c custody.Carrier) bool) []custody.Carrier {
	return slices.DeleteFunc(y.Carriers(), func(c custody.Carrier) bool { return !fit(c) })
}

func onShelf(c custody.Carrier) bool {
	return c.Where == custody.OnShelf && (c.State == custody.Received || c.State == custody.Counted) && c.Index < 0
}

func allOf[T custody.Thing](y *year, kind custody.ThingKind, fit func(T) bool) []T {
	var out []T
	for _, t := range y.Things(kind) {
		if v, ok := t.(T); ok && fit(v) {
			out = append(out, v)
		}
	}
	return out
}

// some draws one to three of the carriers, in order.
func (y *year) some(from []custody.Carrier) []string {
	n := min(len(from), 1+y.upTo("how many", 3))
	start := y.upTo("which", len(from)-n+1)
	var ids []string
	for _, c := range from[start : start+n] {
		ids = append(ids, c.ID)
	}
	return ids
}

// deeds are what can happen; a deed answers false when nothing of its sort
// stands open.
func (y *year) deeds() []func() (custody.Record, bool) {
	return []func() (custody.Record, bool){
		y.arrive, y.arrive, y.arrive, y.ask, y.decision, y.copying, y.copying, y.handOut, y.handOut, y.otherEnd, y.otherEnd, y.otherEnd,
		y.settlement, y.settlement, y.shelfWork, y.loss, y.mark, y.clearOut, y.clearOut, y.inspection, y.people, y.usbWork,
		y.batchWork, y.batchWork, y.batchWork, y.batchWork, y.batchWork, y.batchWork,
	}
}

// draw makes the next record.
func (y *year) draw() custody.Record {
	y.now = y.now.Add(time.Duration(1+y.upTo("minutes", 40)) * time.Minute)
	for range 20 {
		do, _ := pick(y, "deed", y.deeds())
		if r, ok := do(); ok {
			if y.chance(8) {
				y.spoil(&r)
			}
			return r
		}
	}
	return y.post(y.one("who", staff...))
}

// spoil damages one thing of a record.
func (y *year) spoil(r *custody.Record) {
	r.Actors, r.Carriers = slices.Clone(r.Actors), slices.Clone(r.Carriers)
	all := append(slices.Clone(staff), "chen", "qian", "he", "bao")
	switch y.upTo("spoil", 7) {
	case 0, 1:
		for i := range r.Actors {
			p := y.one("person", all...)
			r.Actors[i].Person, r.Actors[i].Credential = p, hash("key of "+p)
		}
	case 2:
		for i := range r.Actors {
			r.Actors[i].Credential = hash("key of " + y.one("card", all...))
		}
	case 3:
		if c, ok := pick(y, "carrier", y.Carriers()); ok {
			if len(r.Carriers) > 0 {
				r.Carriers[len(r.Carriers)-1] = c.ID
			} else if r.Carrier != "" {
				r.Carrier = c.ID
			}
		}
	case 4:
		r.By, r.Manifest, r.Case = hash("another"), hash("another"), hash("another")
	case 5:
		r.At = r.At.AddDate(0, 0, 30)
	case 6:
		switch b := r.Register.(type) {
		case *custody.MovementOpen:
			b.To = y.one("to", append(all, "firm")...)
		case *custody.CopiesMade:
			b.Made += 2
		case *custody.ListNumbers:
			b.First++
			b.Last++
		case *custody.CampaignEnd:
			b.Left++
		case *custody.MovementEnd:
			b.Receipt = !b.Receipt
		}
	}
}

// arrive goes on with a list: imported, entered row by row, counted, numbered,
// signed for.
func (y *year) arrive() (custody.Record, bool) {
	receipts := allOf(y, custody.ReceiptThing, func(r custody.Receipt) bool { return r.Receiver == "" })
	if len(receipts) == 0 || y.chance(8) {
		if len(y.Carriers()) > 14 {
			return custody.Record{}, false
		}
		r := y.imported(int64(1 + y.upTo("rows", 3)))
		r.List = y.id("list-")
		r.Register = &custody.ListOpen{List: r.List, Rows: r.Register.(*custody.ListOpen).Rows}
		return r, true
	}
	p, _ := pick(y, "list", receipts)
	ids, _ := y.Listed(p.List)
	// The count finds what is not missing; rows that are not entered yet are there too.
	here := int64(len(y.these(func(c custody.Carrier) bool {
		return c.List == p.List && c.State != custody.Missing && c.State != custody.Lost
	}))) + p.Rows - int64(len(ids))
	var r custody.Record
	switch {
	case p.Entered < p.Rows:
		r = y.register(fmt.Sprint(p.List, "-", p.Entered), p.Entered+1)
		r.Entry.List, r.Entry.MustReturn = p.List, y.chance(6)
		if d, ok := pick(y, "document", append(y.Things(custody.DocumentThing), nil)); ok && d != nil {
			v := d.(custody.Document)
			r.Entry.Document, r.Entry.Classification, r.Entry.Period = v.ID, v.Classification, v.Period
		}
	case p.Counted != here:
		r = y.listCounted(here)
		r.Register = &custody.ListCount{List: p.List, Count: here}
	case p.Series == "":
		last := thingOf[custody.Series](y.world, custody.SeriesThing, "2026/密收").Last
		r = y.listNumbered(p.Rows)
		r.Register = &custody.ListNumbers{List: p.List, Series: "密收", Year: 2026, First: last + 1, Last: last + p.Rows}
	default:
		open := y.these(func(c custody.Carrier) bool { return c.List == p.List && c.State == custody.Registered })
		r = y.receive(int64(len(open)))
		r.Actors[0] = actor(y.one("receiver", "wang", "sun"), custody.RoleReceiver)
	}
	r.List = p.List
	return r, true
}

// ask opens a request for what there is.
func (y *year) ask() (custody.Record, bool) {
	e := &custody.RequestEntry{Request: y.id("q"), Act: y.one("act", custody.RequestActs()...),
		Count: int64(1 + y.upTo("count", 4)), NotAfter: y.now.AddDate(0, 0, 1+y.upTo("days", 60))}
	var carriers []string
	docs := allOf(y, custody.DocumentThing, func(d custody.Document) bool { return !d.Released })
	d, ok := pick(y, "document", docs)
	switch {
	case !ok:
		return custody.Record{}, false
	case e.Act == custody.ActMake:
		e.Document = "C"
	case e.Act == custody.ActWiden:
		e.Document, e.Persons = d.ID, []string{y.one("reader", staff...)}
	case e.Act == custody.ActReclassify || e.Act == custody.ActDeclassify:
		e.Document, e.Count = d.ID, 1
		e.Classification, e.Period = y.one("level", "secret", "confidential", "top-secret"), y.one("period", "1年", "20年")
	default:
		held := y.these(func(c custody.Carrier) bool { return !c.State.Terminal() && c.State != custody.Registered })
		if len(held) == 0 {
			return custody.Record{}, false
		}
		carriers = y.some(held)
	}
	return y.act(custody.KindRequested, e, carriers, actor(y.one("applicant", staff...), custody.RoleApplicant)), true
}

// decision moves an open request on.
func (y *year) decision() (custody.Record, bool) {
	q, ok := pick(y, "request", allOf(y, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestOpen || q.State == custody.RequestAudited
	}))
	if !ok {
		return custody.Record{}, false
	}
	switch y.upTo("decision", 10) {
	case 0:
		return y.decide(custody.KindRequestBack, q.ID, actor(q.Applicant, custody.RoleApplicant)), true
	case 1:
		return y.decide(custody.KindRequestNo, q.ID, actor("chen", custody.RoleApprover)), true
	case 2, 3, 4:
		return y.decide(custody.KindAudited, q.ID, actor("qian", custody.RoleAuditor)), true
	}
	return y.decide(custody.KindRequestOK, q.ID, actor("chen", custody.RoleApprover)), true
}

// approvedFor lists the requests that may be used for an act.
func (y *year) approvedFor(acts ...string) []custody.Request {
	return allOf(y, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestApproved && slices.Contains(acts, q.Act) && y.now.Before(q.NotAfter)
	})
}

// copying makes copies, and registers those that are not registered yet.
func (y *year) copying() (custody.Record, bool) {
	if q, ok := pick(y, "copies made", allOf(y, custody.RequestThing, func(q custody.Request) bool { return q.ToEnter+q.ToSpoiled > 0 })); ok {
		parent := ""
		if q.Act == custody.ActCopy {
			parent = q.Carriers[0]
		}
		r := y.copied(y.id("x"), q.ID, parent, q.ToSpoiled > 0)
		if parent == "" {
			d := thingOf[custody.Document](y.world, custody.DocumentThing, q.Document)
			r.Entry.Document, r.Entry.Classification, r.Entry.Period = d.ID, d.Classification, d.Period
		}
		r.Actors[0] = keeper(q.Maker)
		return r, true
	}
	q, ok := pick(y, "to copy", y.approvedFor(custody.ActCopy, custody.ActMake))
	if !ok {
		return custody.Record{}, false
	}
	parent := ""
	if q.Act == custody.ActCopy {
		parent = q.Carriers[0]
	}
	r := y.copies(q.ID, parent, int64(y.upTo("made", 3)), int64(y.upTo("spoiled", 2)))
	if parent == "" {
		bodyOf[custody.CopiesMade](&r).Parent = ""
	}
	return r, true
}

// handOut opens a movement of carriers of one keeper.
func (y *year) handOut() (custody.Record, bool) {
	who := y.one("keeper", "wang", "sun")
	shelf := y.these(func(c custody.Carrier) bool { return onShelf(c) && c.Keeper == who })
	if len(shelf) == 0 {
		return custody.Record{}, false
	}
	ids := y.some(shelf)
	b := &custody.MovementOpen{Movement: y.id("m"), Act: y.one("act", custody.MovementActs()...)}
	if q, ok := pick(y, "request", y.approvedFor(custody.MovementActs()...)); ok && y.chance(2) {
		b.Act, b.Request = q.Act, q.ID
		ids = q.Carriers
	}
	if k, ok := pick(y, "clear-out", allOf(y, custody.CampaignThing, func(k custody.Campaign) bool { return k.State == custody.CampaignApproved })); ok && y.chance(2) {
		if c, ok := pick(y, "fated", y.these(func(c custody.Carrier) bool {
			return onShelf(c) && c.Keeper == who && c.Campaign == k.ID && slices.Contains(custody.MovementActs(), c.Fate)
		})); ok {
			b.Act, b.Campaign, b.Request, ids = c.Fate, k.ID, "", []string{c.ID}
		}
	}
	b.Outside, b.To = outside[b.Act], "firm"
	if !b.Outside {
		b.To = y.one("to", staff...)
		b.Due = y.now.AddDate(0, 0, 7)
	}
	return y.act(custody.KindMoveOpened, b, ids, keeper(who)), true
}

// otherEnd goes on with an open movement.
func (y *year) otherEnd() (custody.Record, bool) {
	m, ok := pick(y, "movement", allOf(y, custody.MovementThing, func(m custody.Movement) bool {
		return m.State == custody.MovementOpened || m.State == custody.MovementAccepted
	}))
	if !ok {
		return custody.Record{}, false
	}
	in := y.these(func(c custody.Carrier) bool { return c.Movement == m.ID })
	out := slices.DeleteFunc(slices.Clone(in), func(c custody.Carrier) bool { return c.With == "" })
	signer := accepting(m.To)
	if m.Outside {
		signer = keeper(y.one("other keeper", "wang", "sun"))
	}
	if len(out) > 0 {
		ids := []string{out[0].ID}
		if y.chance(5) {
			return y.act(custody.KindMoveRenewed, &custody.MovementRenew{Movement: m.ID, Due: y.now.AddDate(0, 0, 9)}, ids, keeper(out[0].Keeper)), true
		}
		return y.ending(custody.KindMoveReturned, m.ID, keeper(out[0].Keeper), ids...), true
	}
	switch y.upTo("end", 10) {
	case 0:
		return y.ending(custody.KindMoveRefused, m.ID, signer, y.some(in)...), true
	case 1:
		return y.ending(custody.KindMoveCancelled, m.ID, keeper(m.From), y.some(in)...), true
	}
	return y.ending(custody.KindMoveAccepted, m.ID, signer, y.some(in)...), true
}

var settledBy = map[string]custody.Kind{custody.ActDispatch: custody.KindTransferred, custody.ActTransfer: custody.KindTransferred,
	custody.ActArchive: custody.KindArchived, custody.ActReturn: custody.KindReturned, custody.ActConsign: custody.KindConsigned}
