package custody_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sexton/custody"
)

func (w *world) copies(request, parent string, made, spoiled int64) custody.Record {
	var carriers []string
	if parent != "" {
		carriers = []string{parent}
	}
	return w.act(custody.KindCopiesMade, &custody.CopiesMade{Request: request, Parent: parent, Made: made, Spoiled: spoiled}, carriers, keeper("sun"))
}

// copied registers one copy made by sun.
func (w *world) copied(id, request, parent string, spoiled bool) custody.Record {
	return w.rec(custody.KindRegistered, func(r *custody.Record) {
		p := w.carrier(parent)
		r.Batch, r.Carrier, r.Actors = "", id, []custody.Actor{keeper("sun")}
		r.Entry = &custody.Entry{Number: "复-" + id, Kind: "paper", Medium: "paper", Count: 1, Extent: custody.Extent{Value: 12, Unit: "page"},
			Classification: p.Level, Period: p.Term, Document: p.Document, Parent: parent, Request: request, Spoiled: spoiled}
		if parent == "" {
			d := thingOf[custody.Document](w, custody.DocumentThing, docOwn)
			r.Entry.Classification, r.Entry.Period, r.Entry.Document = d.Classification, d.Period, docOwn
		}
	})
}

// TestCopies: copies and spoiled ones together stay within what was approved;
// they inherit, and their maker keeps them.
func TestCopies(t *testing.T) {
	w := newOffice(t)
	q := w.request(t, custody.RequestEntry{Act: custody.ActCopy, Count: 3}, "c0")
	w.must(t, w.copies(q, "c0", 2, 1))
	for i, id := range []string{"x0", "x1", "x2"} {
		w.must(t, w.copied(id, q, "c0", i == 2))
		c := w.carrier(id)
		if c.State != custody.Received || c.Where != custody.OnShelf || c.Keeper != "sun" || c.Level != "confidential" || c.Term != "10年" || c.Document != doc {
			t.Errorf("%+v", c)
		}
	}
	d := thingOf[custody.Document](w, custody.DocumentThing, doc)
	if d.Made != 23 || d.Registered != 5 || d.Copies != 3 {
		t.Errorf("%+v", d)
	}
	if r := thingOf[custody.Request](w, custody.RequestThing, q); r.State != custody.RequestUsed || r.Used != 3 || r.ToEnter != 0 || r.ToSpoiled != 0 {
		t.Errorf("%+v", r)
	}
	if got := keyOf(w.play(w.copied("x3", q, "c0", false))); got != custody.KeyOverApproved {
		t.Errorf("a copy too many: %q", got)
	}
	// A spoiled copy is destroyed, consigned or returned; handed over it is still in good hands.
	for act, want := range map[string]custody.Key{custody.ActLend: custody.KeySpoiled, custody.ActArchive: custody.KeySpoiled, custody.ActDispatch: custody.KeySpoiled,
		custody.ActTransfer: custody.KeySpoiled, custody.ActCirculate: custody.KeySpoiled, custody.ActCarryOut: custody.KeySpoiled,
		custody.ActHandOver: "", custody.ActConsign: "", custody.ActReturn: ""} {
		to := "zhou"
		if outside[act] {
			to = "firm"
		}
		r := w.move("m", act, to, "x2")
		r.Actors = []custody.Actor{keeper("sun")}
		if _, err := custody.Step(w, r); keyOf(err) != want {
			t.Errorf("spoiled copy, %s: %v, want %q", act, err, want)
		}
	}
}

// TestOwnDocument: a document made here counts its copies as they are made.
func TestOwnDocument(t *testing.T) {
	w := newOffice(t)
	q := w.request(t, custody.RequestEntry{Act: custody.ActMake, Document: docOwn, Count: 5})
	w.must(t, w.copies(q, "", 1, 1))
	w.must(t, w.copied("x0", q, "", false))
	w.must(t, w.copied("x1", q, "", true))
	w.must(t, w.copies(q, "", 3, 0))
	for _, id := range []string{"x2", "x3", "x4"} {
		w.must(t, w.copied(id, q, "", false))
	}
	if d := thingOf[custody.Document](w, custody.DocumentThing, docOwn); d.Made != 5 || d.Registered != 5 || d.Copies != 5 {
		t.Errorf("%+v", d)
	}
}

func TestCopyRefusals(t *testing.T) {
	made := func(w *world) custody.Record { return w.copies("q", "c0", 2, 0) }
	approved := func(t testing.TB) *world {
		w := newOffice(t)
		w.request(t, custody.RequestEntry{Request: "q", Act: custody.ActCopy, Count: 2}, "c0", "c4")
		w.request(t, custody.RequestEntry{Request: "own", Act: custody.ActMake, Document: docOwn, Count: 1})
		return w
	}
	body := func(f func(b *custody.CopiesMade)) func(*custody.Record) {
		return func(r *custody.Record) { f(bodyOf[custody.CopiesMade](r)) }
	}
	checkLaw(t, approved, []lawCase{
		{"too many", made, body(func(b *custody.CopiesMade) { b.Made = 3 }), custody.KeyOverApproved},
		{"too many with the spoiled", made, body(func(b *custody.CopiesMade) { b.Spoiled = 1 }), custody.KeyOverApproved},
		{"none", made, body(func(b *custody.CopiesMade) { b.Made = 0 }), custody.KeyRecord},
		{"fewer than none", made, body(func(b *custody.CopiesMade) { b.Made, b.Spoiled = 3, -1 }), custody.KeyRecord},
		{"of another carrier", made, body(func(b *custody.CopiesMade) { b.Parent = "c1" }), custody.KeyNotNamed},
		{"of nothing, under a request to copy", made, body(func(b *custody.CopiesMade) { b.Parent = "" }), custody.KeyOtherAct},
		{"under a request to make", made, body(func(b *custody.CopiesMade) { b.Request = "own" }), custody.KeyOtherAct},
		{"too late", made, func(r *custody.Record) { r.At = r.At.AddDate(0, 0, 3) }, custody.KeyExpired},
		{"by nobody", made, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"registered before they are made", func(w *world) custody.Record { return w.copied("x", "q", "c0", false) }, nil, custody.KeyOverApproved},
		{"of what is lent to another", func(w *world) custody.Record {
			w.must(t, w.move("m", custody.ActLend, "zhou", "c0"))
			w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
			return made(w)
		}, nil, custody.KeyNotOnShelf},
		{"of what is missing", func(w *world) custody.Record {
			r := w.missing("c0")
			r.Batch = ""
			w.must(t, r)
			return made(w)
		}, nil, custody.KeyMissing},
	})
	reader := approved(t)
	reader.must(t, reader.move("m", custody.ActLend, "sun", "c0"))
	reader.must(t, reader.ending(custody.KindMoveAccepted, "m", accepting("sun"), "c0"))
	reader.must(t, made(reader)) // the borrower himself makes them

	done := func(t testing.TB) *world {
		w := approved(t)
		w.must(t, w.copies("q", "c0", 1, 1))
		return w
	}
	copied := func(w *world) custody.Record { return w.copied("x", "q", "c0", false) }
	entry := func(f func(e *custody.Entry)) func(*custody.Record) {
		return func(r *custody.Record) { f(r.Entry) }
	}
	checkLaw(t, done, []lawCase{
		{"another level", copied, entry(func(e *custody.Entry) { e.Classification = "internal" }), custody.KeyMark},
		{"another period", copied, entry(func(e *custody.Entry) { e.Period = "1年" }), custody.KeyMark},
		{"another document", copied, entry(func(e *custody.Entry) { e.Document = "" }), custody.KeyMark},
		{"no parent", copied, entry(func(e *custody.Entry) { e.Parent = "" }), custody.KeyOtherAct},
		{"unknown parent", copied, entry(func(e *custody.Entry) { e.Parent = "c9" }), custody.KeyUnregistered},
		{"unknown request", copied, entry(func(e *custody.Entry) { e.Request = "x" }), custody.KeyNoRequest},
		{"on a list too", copied, entry(func(e *custody.Entry) { e.List = list }), custody.KeyRecord},
		{"registered by another", copied, func(r *custody.Record) { r.Actors = []custody.Actor{keeper("wang")} }, custody.KeyActors},
		{"registered by nobody", copied, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"registered already", copied, func(r *custody.Record) { r.Carrier = "c0" }, custody.KeyKnown},
	})
	checkLaw(t, func(t testing.TB) *world {
		w := approved(t)
		w.must(t, w.copies("q", "c4", 1, 0))
		return w
	}, []lawCase{
		{"another level than an original of no document", func(w *world) custody.Record { return w.copied("x", "q", "c4", false) },
			entry(func(e *custody.Entry) { e.Classification = "public" }), custody.KeyMark},
		{"another period than an original of no document", func(w *world) custody.Record { return w.copied("x", "q", "c4", false) },
			entry(func(e *custody.Entry) { e.Period = "1年" }), custody.KeyMark},
	})
	spoiled := func(t testing.TB) *world {
		w := done(t)
		w.must(t, w.copied("x", "q", "c0", true))
		return w
	}
	checkLaw(t, spoiled, []lawCase{
		{"a second spoiled one", func(w *world) custody.Record { return w.copied("y", "q", "c0", true) }, nil, custody.KeyOverApproved},
		{"copied from a spoiled one", func(w *world) custody.Record {
			w.request(t, custody.RequestEntry{Request: "q2", Act: custody.ActCopy, Count: 2}, "x")
			return w.copies("q2", "x", 1, 0)
		}, nil, custody.KeySpoiled},
	})
	limited := func(t testing.TB) *world {
		w := newWorld()
		w.must(t, w.act(custody.KindDocument, &custody.DocumentEntry{Document: doc, Classification: "confidential", Made: 1}, nil))
		w.must(t, w.imported(2))
		r := w.register("c0", 1)
		r.Entry.Document = doc
		w.must(t, r)
		return w
	}
	second := func(w *world) custody.Record {
		r := w.register("c1", 2)
		r.Entry.Document = doc
		return r
	}
	checkLaw(t, limited, []lawCase{
		{"more than the print run", second, nil, custody.KeyPrintRun},
		{"with another mark", func(w *world) custody.Record {
			r := second(w)
			r.Entry.Classification = "secret"
			return r
		}, nil, custody.KeyMark},
		{"entered twice", func(w *world) custody.Record {
			return w.act(custody.KindDocument, &custody.DocumentEntry{Document: doc, Classification: "secret"}, nil)
		}, nil, custody.KeyThingKnown},
		{"entered without level", func(w *world) custody.Record {
			return w.act(custody.KindDocument, &custody.DocumentEntry{Document: "d"}, nil)
		}, nil, custody.KeyRecord},
		{"entered with a wrong day", func(w *world) custody.Record {
			return w.act(custody.KindDocument, &custody.DocumentEntry{Document: "d", Classification: "secret", Dated: "2026-2-30"}, nil)
		}, nil, custody.KeyWrongDay},
	})
}

func (w *world) circle(request string, persons ...string) custody.Record {
	return w.act(custody.KindCircle, &custody.CircleSet{Document: doc, Persons: persons, Request: request}, nil, actor("chen", custody.RoleApprover))
}

// TestCircle: once it is fixed only its members read, and it only grows, by an
// approved request that names who is new.
func TestCircle(t *testing.T) {
	w := newOffice(t)
	w.must(t, w.move("early", custody.ActCirculate, "wu", "c1"))
	w.must(t, w.circle("", "zhou", "liu"))
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); !slices.Equal(d.Circle, []string{"liu", "zhou"}) {
		t.Errorf("%+v", d)
	}
	for _, act := range []string{custody.ActCirculate, custody.ActLend, custody.ActCarryOut} {
		if got := keyOf(w.play(w.move("m", act, "wu", "c0"))); got != custody.KeyCircle {
			t.Errorf("%s outside the circle: %q", act, got)
		}
	}
	if got := keyOf(w.play(w.ending(custody.KindMoveAccepted, "early", accepting("wu"), "c1"))); got != custody.KeyCircle {
		t.Errorf("accepted outside the circle: %q", got)
	}
	q := w.request(t, custody.RequestEntry{Act: custody.ActWiden, Document: doc, Persons: []string{"wu"}})
	for name, c := range map[string]struct {
		r    custody.Record
		want custody.Key
	}{
		"by no request":          {w.circle("", "liu", "wu", "zhou"), custody.KeyCircleShrinks},
		"somebody else joins":    {w.circle(q, "liu", "sun", "zhou"), custody.KeyOtherRecipient},
		"somebody leaves":        {w.circle(q, "liu", "wu"), custody.KeyCircleShrinks},
		"somebody twice":         {w.circle(q, "liu", "wu", "wu", "zhou"), custody.KeyRecord},
		"nobody":                 {w.circle(q), custody.KeyRecord},
		"by an unknown request":  {w.circle("x", "liu", "wu", "zhou"), custody.KeyNoRequest},
		"by who does not decide": {w.act(custody.KindCircle, &custody.CircleSet{Document: doc, Persons: []string{"liu", "zhou"}}, nil, keeper("wang")), custody.KeyActors},
	} {
		if _, err := custody.Step(w, c.r); keyOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	w.must(t, w.circle(q, "zhou", "wu", "liu"))
	w.must(t, w.ending(custody.KindMoveAccepted, "early", accepting("wu"), "c1"))
	w.must(t, w.move("m", custody.ActHandOver, "sun", "c0")) // its keeper need not be in it
}

func (w *world) remark(q string, release bool, ids ...string) custody.Record {
	b := custody.Reclassification{Document: doc, Request: q, Classification: "secret", Period: "20年", Release: release}
	if release {
		b.Classification, b.Period = "", ""
	}
	return w.act(custody.KindReclassified, &b, ids, actor("he", custody.RoleClassifier))
}

// TestReclassify: document and held copies bear the new mark, registered values
// stay, and a manifest counts the mark borne when it is sealed.
func TestReclassify(t *testing.T) {
	w := newOffice(t)
	w.must(t, w.move("m", custody.ActLend, "zhou", "c1"))
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c1"))
	q := w.request(t, custody.RequestEntry{Act: custody.ActReclassify, Document: doc, Classification: "secret", Period: "20年"})
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); d.Change != q {
		t.Errorf("%+v", d)
	}
	w.must(t, w.remark(q, false, "c0", "c1"))
	for _, id := range []string{"c0", "c1"} {
		if c := w.carrier(id); c.Level != "secret" || c.Term != "20年" || c.Classification != "confidential" || c.Period != "10年" {
			t.Errorf("%+v", c)
		}
	}
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); d.Classification != "secret" || d.Period != "20年" || d.Change != "" {
		t.Errorf("%+v", d)
	}
	w.must(t, w.open())
	w.must(t, w.count("c0"))
	w.must(t, w.seal("c0", 0))
	m := w.sealBatch("c0")
	m.Levels = map[string]int64{"confidential": 1}
	if got := keyOf(w.play(m)); got != custody.KeyManifest {
		t.Errorf("sealed under the old mark: %q", got)
	}
	m.Levels = map[string]int64{"secret": 1}
	w.must(t, m)
}

// TestReclassifyInTwoLeaves: what does not fit one leaf is named in the next,
// and the change is open until then.
func TestReclassifyInTwoLeaves(t *testing.T) {
	w := newWorld()
	w.must(t, w.act(custody.KindDocument, &custody.DocumentEntry{Document: doc, Classification: "confidential"}, nil))
	const n = 230
	w.must(t, w.imported(n))
	var ids []string
	for i := range n {
		r := w.register(fmt.Sprintf("c%03d", i), int64(i+1))
		r.Entry.Document = doc
		w.must(t, r)
		ids = append(ids, r.Carrier)
	}
	q := w.request(t, custody.RequestEntry{Act: custody.ActReclassify, Document: doc, Classification: "secret", Period: "20年"})
	if got := keyOf(w.play(w.remark(q, false, ids[:199]...))); got != custody.KeyNotAll {
		t.Errorf("a leaf that is not full: %q", got)
	}
	w.must(t, w.remark(q, false, ids[:200]...))
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); d.Change != q || d.Classification != "secret" {
		t.Errorf("half way: %+v", d)
	}
	w.must(t, w.remark(q, false, ids[200:]...))
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); d.Change != "" {
		t.Errorf("done: %+v", d)
	}
	if r := thingOf[custody.Request](w, custody.RequestThing, q); r.State != custody.RequestUsed {
		t.Errorf("%+v", r)
	}
}

// TestRelease: the document is free, and each copy is declassified by that leaf.
func TestRelease(t *testing.T) {
	w := newOffice(t)
	gone := w.missing("c1")
	gone.Batch = ""
	w.must(t, gone)
	q := w.request(t, custody.RequestEntry{Act: custody.ActDeclassify, Document: doc})
	free := w.remark(q, true, "c0")
	let := func(id, by string) custody.Record {
		return w.rec(custody.KindDeclassified, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", id, by })
	}
	if got := keyOf(w.play(let("c0", free.Hash))); got != custody.KeyNoRelease {
		t.Errorf("before the release: %q", got)
	}
	w.must(t, free)
	if d := thingOf[custody.Document](w, custody.DocumentThing, doc); !d.Released || d.Change != "" {
		t.Errorf("%+v", d)
	}
	for name, c := range map[string]struct {
		r    custody.Record
		want custody.Key
	}{
		"by another leaf":           {let("c0", hash("x")), custody.KeyNoRelease},
		"by no leaf":                {let("c0", ""), custody.KeyReference},
		"a carrier of no document":  {let("c4", free.Hash), custody.KeyNoRelease},
		"one of another document":   {let("c2", free.Hash), custody.KeyNoRelease},
		"one that must be returned": {let("c3", free.Hash), custody.KeyMustReturn},
		"one that is missing":       {let("c1", free.Hash), custody.KeyMissing},
		"a new copy of it":          {w.circle("", "wu"), custody.KeyReleased},
		"released once more":        {w.remark(q, true, "c0"), custody.KeyRequestFinal},
		"a request on what is free": {w.act(custody.KindRequested, &custody.RequestEntry{Request: "z", Act: custody.ActCopy, Count: 1, Document: doc, NotAfter: w.now.Add(time.Hour)}, nil, actor("zhou", custody.RoleApplicant)), custody.KeyReleased},
	} {
		if _, err := custody.Step(w, c.r); keyOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	w.must(t, let("c0", free.Hash))
	if c := w.carrier("c0"); c.State != custody.Declassified || c.Where != custody.Nowhere || c.Keeper != "" || c.Level != "confidential" {
		t.Errorf("%+v", c)
	}
	w.must(t, w.dispose(custody.KindFound, "c1"))
	w.must(t, let("c1", free.Hash)) // found later, and free all the same
}

func TestReclassifyRefusals(t *testing.T) {
	pending := func(t testing.TB) *world {
		w := newOffice(t)
		w.request(t, custody.RequestEntry{Request: "q", Act: custody.ActReclassify, Document: doc, Classification: "secret", Period: "20年"})
		return w
	}
	remark := func(w *world) custody.Record { return w.remark("q", false, "c0", "c1") }
	body := func(f func(b *custody.Reclassification)) func(*custody.Record) {
		return func(r *custody.Record) { f(bodyOf[custody.Reclassification](r)) }
	}
	ask := func(w *world) custody.Record {
		return w.act(custody.KindRequested, &custody.RequestEntry{Request: "q2", Act: custody.ActDeclassify, Document: doc, Count: 1, NotAfter: w.now.AddDate(1, 0, 0)},
			nil, actor("zhou", custody.RoleApplicant))
	}
	checkLaw(t, pending, []lawCase{
		{"a copy left out", remark, func(r *custody.Record) { r.Carriers = r.Carriers[:1] }, custody.KeyNotAll},
		{"a copy of another document", remark, func(r *custody.Record) { r.Carriers = []string{"c0", "c1", "c2"} }, custody.KeyNotNamed},
		{"to another level", remark, body(func(b *custody.Reclassification) { b.Classification = "internal" }), custody.KeyMark},
		{"to another period", remark, body(func(b *custody.Reclassification) { b.Period = "1年" }), custody.KeyMark},
		{"to no level", remark, body(func(b *custody.Reclassification) { b.Classification = "" }), custody.KeyRecord},
		{"released instead", remark, body(func(b *custody.Reclassification) { b.Release = true }), custody.KeyOtherAct},
		{"by no request", remark, body(func(b *custody.Reclassification) { b.Request = "x" }), custody.KeyNoRequest},
		{"by the applicant", remark, func(r *custody.Record) { r.Actors[0].Person = "zhou" }, custody.KeyOwnApproval},
		{"in another role", remark, func(r *custody.Record) { r.Actors[0].Role = custody.RoleApprover }, custody.KeyActors},
		{"a second change asked for", ask, nil, custody.KeyOpenChange},
		{"while one is in a manifest", func(w *world) custody.Record {
			w.must(t, w.open())
			w.must(t, w.count("c0"))
			w.must(t, w.seal("c0", 0))
			return w.remark("q", false, "c1")
		}, nil, custody.KeyInBatch},
		{"of one in a manifest", func(w *world) custody.Record {
			w.must(t, w.open())
			w.must(t, w.count("c0"))
			w.must(t, w.seal("c0", 0))
			return remark(w)
		}, nil, custody.KeyInBatch},
	})
	w := pending(t)
	w.now = w.now.AddDate(0, 0, 3) // the first request ran out unused
	w.must(t, ask(w))
	out := newOffice(t)
	out.request(t, custody.RequestEntry{Request: "q", Act: custody.ActDeclassify, Document: doc})
	out.must(t, out.move("m", custody.ActLend, "zhou", "c0"))
	if got := keyOf(out.play(out.remark("q", true, "c0", "c1"))); got != custody.KeyNotOnShelf {
		t.Errorf("released though lent: %q", got)
	}
	back := newOffice(t)
	back.must(t, back.act(custody.KindRequested, &custody.RequestEntry{Request: "q", Act: custody.ActDeclassify, Document: doc, Count: 1, NotAfter: back.now.Add(time.Hour)},
		nil, actor("zhou", custody.RoleApplicant)))
	back.must(t, back.decide(custody.KindRequestBack, "q", actor("zhou", custody.RoleApplicant)))
	back.must(t, ask(back)) // withdrawn: another change may be asked for
}
