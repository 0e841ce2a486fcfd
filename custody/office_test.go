package custody_test

import (
	"testing"
	"time"

	"sexton/custody"
)

// posted is zhou's post.
func (w *world) posted() custody.Record {
	return w.act(custody.KindPosted, &custody.Post{Person: "zhou", Department: "d1", Grade: "important", Clearance: "secret", TrainedTill: "2027-06-30", Since: "2026-01-05"},
		nil, secrecy("bao"))
}

func (w *world) pledged(leaving bool) custody.Record {
	return w.act(custody.KindPledged, &custody.Pledge{Person: "zhou", Leaving: leaving}, nil, actor("zhou", custody.RolePledging))
}

func (w *world) left() custody.Record {
	return w.act(custody.KindLeft, &custody.Leaving{Person: "zhou", CoolingUntil: "2028-12-31"}, nil, secrecy("bao"))
}

func onPost(t testing.TB) *world {
	w := newOffice(t)
	w.must(t, w.posted())
	w.must(t, w.pledged(false))
	return w
}

// TestPost: a pledge is for the post it was given for; training renewed on the
// same post keeps it.
func TestPost(t *testing.T) {
	w := onPost(t)
	first := thingOf[custody.Post](w, custody.PostThing, "zhou")
	if first.Pledged == "" || first.Left {
		t.Fatalf("%+v", first)
	}
	again := w.posted()
	bodyOf[custody.Post](&again).TrainedTill = "2028-06-30"
	w.must(t, again)
	if p := thingOf[custody.Post](w, custody.PostThing, "zhou"); p.Pledged != first.Pledged || p.TrainedTill != "2028-06-30" {
		t.Errorf("trained anew: %+v", p)
	}
	moved := w.posted()
	bodyOf[custody.Post](&moved).Grade = "core"
	w.must(t, moved)
	if p := thingOf[custody.Post](w, custody.PostThing, "zhou"); p.Pledged != "" {
		t.Errorf("moved: %+v", p)
	}
}

func TestFit(t *testing.T) {
	day := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	good := custody.Post{Person: "zhou", Department: "d1", Grade: "general", Clearance: "secret", TrainedTill: "2026-11-23", Since: "2026-11-23", Pledged: hash("p")}
	for _, c := range []struct {
		name  string
		spoil func(p *custody.Post)
		level string
		want  custody.Key
	}{
		{"fit on the last day of his training and the first of his post", func(*custody.Post) {}, "secret", ""},
		{"a lower level", func(*custody.Post) {}, "public", ""},
		{"a higher level", func(*custody.Post) {}, "top-secret", custody.KeyClearance},
		{"no level", func(*custody.Post) {}, "机密", custody.KeyClearance},
		{"no clearance", func(p *custody.Post) { p.Clearance = "" }, "public", custody.KeyClearance},
		{"nobody", func(p *custody.Post) { *p = custody.Post{} }, "public", custody.KeyNotOnPost},
		{"left", func(p *custody.Post) { p.Left = true }, "public", custody.KeyNotOnPost},
		{"tomorrow on post", func(p *custody.Post) { p.Since = "2026-11-24" }, "public", custody.KeyNotOnPost},
		{"training ran out yesterday", func(p *custody.Post) { p.TrainedTill = "2026-11-22" }, "public", custody.KeyTraining},
		{"never trained", func(p *custody.Post) { p.TrainedTill = "" }, "public", custody.KeyTraining},
		{"not pledged", func(p *custody.Post) { p.Pledged = "" }, "public", custody.KeyPledge},
	} {
		p := good
		c.spoil(&p)
		if got := keyOf(custody.Fit(p, c.level, day)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestLeaving: nobody leaves with a carrier kept or in hand, an open movement or
// a finding to answer; and who left acts no more.
func TestLeaving(t *testing.T) {
	parted := func(t testing.TB) *world {
		w := onPost(t)
		w.must(t, w.pledged(true))
		return w
	}
	left := func(w *world) custody.Record { return w.left() }
	after := func(f func(w *world)) func(w *world) custody.Record {
		return func(w *world) custody.Record { f(w); return w.left() }
	}
	checkLaw(t, onPost, []lawCase{{"without the leaving pledge", left, nil, custody.KeyPledge}})
	checkLaw(t, parted, []lawCase{
		{"recorded by a keeper", left, func(r *custody.Record) { r.Actors = []custody.Actor{keeper("wang")} }, custody.KeyActors},
		{"recorded by himself", left, func(r *custody.Record) { r.Actors = []custody.Actor{secrecy("zhou")} }, custody.KeyOwnLeaving},
		{"without a post", left, func(r *custody.Record) { bodyOf[custody.Leaving](r).Person = "wu" }, custody.KeyNotOnPost},
		{"cooling until no day", left, func(r *custody.Record) { bodyOf[custody.Leaving](r).CoolingUntil = "soon" }, custody.KeyWrongDay},
		{"with a loan", after(func(w *world) {
			w.must(t, w.move("m", custody.ActLend, "zhou", "c0"))
			w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
		}), nil, custody.KeyOutstanding},
		{"with an offer to him", after(func(w *world) { w.must(t, w.move("m", custody.ActLend, "zhou", "c0")) }), nil, custody.KeyOutstanding},
		{"with an offer from him", after(func(w *world) {
			r := w.move("m", custody.ActLend, "wu", "c0")
			r.Actors = []custody.Actor{secrecy("zhou")}
			w.must(t, r)
		}), nil, custody.KeyOutstanding},
		{"with a carrier to keep", after(func(w *world) {
			w.must(t, w.move("m", custody.ActHandOver, "zhou", "c0"))
			w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
		}), nil, custody.KeyOutstanding},
		{"with one that is missing", after(func(w *world) {
			w.must(t, w.move("m", custody.ActHandOver, "zhou", "c0"))
			w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
			r := w.missing("c0")
			r.Batch = ""
			w.must(t, r)
		}), nil, custody.KeyOutstanding},
		{"with a finding", after(func(w *world) { inspected(t, w, 1, 0); w.must(t, w.finding("f1")) }), nil, custody.KeyOutstanding},
	})
	w := parted(t)
	w.must(t, w.move("m", custody.ActLend, "zhou", "c0"))
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
	w.must(t, w.ending(custody.KindMoveReturned, "m", keeper("wang"), "c0"))
	w.must(t, w.left())
	if p := thingOf[custody.Post](w, custody.PostThing, "zhou"); !p.Left || p.CoolingUntil != "2028-12-31" {
		t.Errorf("%+v", p)
	}
	for name, r := range map[string]custody.Record{
		"leaves again": w.left(), "pledges": w.pledged(false), "is lent to": w.move("m2", custody.ActLend, "zhou", "c0"),
		"reports": w.act(custody.KindIncident, &custody.IncidentReport{Incident: "i", What: "found"}, nil, actor("zhou", custody.RoleReporting)),
	} {
		if got := keyOf(w.play(r)); got != custody.KeyLeft {
			t.Errorf("who left %s: %q", name, got)
		}
	}
	w.must(t, w.posted()) // comes back
	w.must(t, w.move("m2", custody.ActLend, "zhou", "c0"))
}

func TestOfficeRefusals(t *testing.T) {
	department := func(w *world) custody.Record {
		return w.act(custody.KindDepartment, &custody.Department{ID: "d3", Highest: "secret"}, nil, secrecy("bao"))
	}
	place := func(w *world) custody.Record {
		return w.act(custody.KindPlace, &custody.Place{ID: "p", Department: "d1", Use: "room", Highest: "secret"}, nil, actor("bao", custody.RoleAdmin))
	}
	firm := func(w *world) custody.Record {
		return w.act(custody.KindFirm, &custody.Firm{ID: "f", Form: "qualified-firm", Highest: "secret", QualifiedTill: "2027-01-01"}, nil, secrecy("bao"))
	}
	post := func(w *world) custody.Record { return w.posted() }
	stored := func(w *world) custody.Record {
		return w.act(custody.KindStored, &custody.Stored{Place: "safe"}, []string{"c0", "c2"}, keeper("wang"))
	}
	byKeeper := func(r *custody.Record) { r.Actors = []custody.Actor{keeper("wang")} }
	checkLaw(t, newOffice, []lawCase{
		{"department by a keeper", department, byKeeper, custody.KeyActors},
		{"department without id", department, func(r *custody.Record) { bodyOf[custody.Department](r).ID = "" }, custody.KeyRecord},
		{"department without level", department, func(r *custody.Record) { bodyOf[custody.Department](r).Highest = "" }, custody.KeyRecord},
		{"place by a keeper", place, byKeeper, custody.KeyActors},
		{"place of no use", place, func(r *custody.Record) { bodyOf[custody.Place](r).Use = "garden" }, custody.KeyRecord},
		{"place without level", place, func(r *custody.Record) { bodyOf[custody.Place](r).Highest = "x" }, custody.KeyRecord},
		{"place in no department", place, func(r *custody.Record) { bodyOf[custody.Place](r).Department = "x" }, custody.KeyNoDepartment},
		{"firm by a keeper", firm, byKeeper, custody.KeyActors},
		{"firm of no form", firm, func(r *custody.Record) { bodyOf[custody.Firm](r).Form = "shop" }, custody.KeyRecord},
		{"firm without qualification", firm, func(r *custody.Record) { bodyOf[custody.Firm](r).QualifiedTill = "" }, custody.KeyWrongDay},
		{"firm without level", firm, func(r *custody.Record) { bodyOf[custody.Firm](r).Highest = "" }, custody.KeyRecord},
		{"post by a keeper", post, byKeeper, custody.KeyActors},
		{"post of no grade", post, func(r *custody.Record) { bodyOf[custody.Post](r).Grade = "x" }, custody.KeyRecord},
		{"post without clearance", post, func(r *custody.Record) { bodyOf[custody.Post](r).Clearance = "x" }, custody.KeyRecord},
		{"post since no day", post, func(r *custody.Record) { bodyOf[custody.Post](r).Since = "" }, custody.KeyWrongDay},
		{"post trained till no day", post, func(r *custody.Record) { bodyOf[custody.Post](r).TrainedTill = "soon" }, custody.KeyWrongDay},
		{"post in no department", post, func(r *custody.Record) { bodyOf[custody.Post](r).Department = "x" }, custody.KeyNoDepartment},
		{"post in a closed department", post, func(r *custody.Record) { bodyOf[custody.Post](r).Department = "d2" }, custody.KeyPlaceClosed},
		{"pledge without a post", func(w *world) custody.Record { return w.pledged(false) }, nil, custody.KeyNotOnPost},
		{"stored nowhere", stored, func(r *custody.Record) { bodyOf[custody.Stored](r).Place = "" }, custody.KeyNoPlace},
		{"stored in an unknown place", stored, func(r *custody.Record) { bodyOf[custody.Stored](r).Place = "x" }, custody.KeyNoPlace},
		{"stored in a closed place", stored, func(r *custody.Record) { bodyOf[custody.Stored](r).Place = "gone" }, custody.KeyPlaceClosed},
		{"stored in a closed department", stored, func(r *custody.Record) { bodyOf[custody.Stored](r).Place = "other" }, custody.KeyPlaceClosed},
		{"stored too high for the place", stored, func(r *custody.Record) { bodyOf[custody.Stored](r).Place = "desk" }, custody.KeyLevelTooLow},
		{"stored by another keeper", stored, func(r *custody.Record) { r.Actors = []custody.Actor{keeper("sun")} }, custody.KeyNotKeeper},
		{"stored by a reader", stored, func(r *custody.Record) { r.Actors = []custody.Actor{accepting("zhou")} }, custody.KeyActors},
		{"nothing stored", stored, func(r *custody.Record) { r.Carriers = nil }, custody.KeyNothing},
	})
	checkLaw(t, onPost, []lawCase{
		{"pledge for another", func(w *world) custody.Record { return w.pledged(true) }, func(r *custody.Record) { r.Actors[0].Person = "wu" }, custody.KeyActors},
	})
	w := newOffice(t)
	w.must(t, stored(w))
	if c := w.carrier("c0"); c.Place != "safe" || c.Where != custody.OnShelf {
		t.Errorf("%+v", c)
	}
}

// TestDepartmentBindsItsPlaces: a place can hold no more than its department.
func TestDepartmentBindsItsPlaces(t *testing.T) {
	w := newOffice(t)
	w.must(t, w.act(custody.KindDepartment, &custody.Department{ID: "d1", Highest: "confidential"}, nil, secrecy("bao")))
	r := w.act(custody.KindStored, &custody.Stored{Place: "safe"}, []string{"c2"}, keeper("wang"))
	if got := keyOf(w.play(r)); got != custody.KeyLevelTooLow {
		t.Errorf("%q", got)
	}
}
