package custody_test

import (
	"testing"
	"time"

	"sexton/custody"
)

// asked is an office in which zhou asked to lend c0 to wu and qian audited it.
func asked(t testing.TB) *world {
	w := newOffice(t)
	w.must(t, w.act(custody.KindRequested, &custody.RequestEntry{Request: "q", Act: custody.ActLend, Count: 2, NotAfter: w.now.Add(time.Hour), To: "wu"},
		[]string{"c0"}, actor("zhou", custody.RoleApplicant)))
	return w
}

func audited(t testing.TB) *world {
	w := asked(t)
	w.must(t, w.decide(custody.KindAudited, "q", actor("qian", custody.RoleAuditor)))
	return w
}

func approved(t testing.TB) *world {
	w := audited(t)
	w.must(t, w.decide(custody.KindRequestOK, "q", actor("chen", custody.RoleApprover)))
	return w
}

// TestRequestIsUsedUp: each carrier moved is one use, and with the last one the
// request is done.
func TestRequestIsUsedUp(t *testing.T) {
	w := approved(t)
	q := thingOf[custody.Request](w, custody.RequestThing, "q")
	if q.State != custody.RequestApproved || q.Applicant != "zhou" || q.Auditor != "qian" || q.Approver != "chen" || q.Leaf == "" || q.Authority != "own-leader" {
		t.Fatalf("%+v", q)
	}
	for i, want := range []custody.RequestState{custody.RequestApproved, custody.RequestUsed} {
		id := string(rune('a' + i))
		r := w.move(id, custody.ActLend, "wu", "c0")
		bodyOf[custody.MovementOpen](&r).Request = "q"
		w.must(t, r)
		if q := thingOf[custody.Request](w, custody.RequestThing, "q"); q.State != want || q.Used != int64(i+1) {
			t.Errorf("use %d: %+v", i, q)
		}
		w.must(t, w.ending(custody.KindMoveAccepted, id, accepting("wu"), "c0"))
		w.must(t, w.ending(custody.KindMoveReturned, id, keeper("wang"), "c0"))
	}
	again := w.move("z", custody.ActLend, "wu", "c0")
	bodyOf[custody.MovementOpen](&again).Request = "q"
	if got := keyOf(w.play(again)); got != custody.KeyRequestFinal {
		t.Errorf("a third time: %q", got)
	}
}

func TestRequestRefusals(t *testing.T) {
	entry := func(act string, f func(w *world, b *custody.RequestEntry), carriers ...string) func(w *world) custody.Record {
		return func(w *world) custody.Record {
			b := &custody.RequestEntry{Request: "q1", Act: act, Count: 1, NotAfter: w.now.Add(time.Hour)}
			f(w, b)
			return w.act(custody.KindRequested, b, carriers, actor("zhou", custody.RoleApplicant))
		}
	}
	of := func(d string) func(*world, *custody.RequestEntry) {
		return func(_ *world, b *custody.RequestEntry) { b.Document = d }
	}
	none := func(*world, *custody.RequestEntry) {}
	spoil := func(f func(b *custody.RequestEntry)) func(*custody.Record) {
		return func(r *custody.Record) { f(bodyOf[custody.RequestEntry](r)) }
	}
	lend := entry(custody.ActLend, none, "c0")
	checkLaw(t, newOffice, []lawCase{
		{"by nobody", lend, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"for an unknown act", lend, spoil(func(b *custody.RequestEntry) { b.Act = custody.ActDestroy }), custody.KeyRecord},
		{"for no use", lend, spoil(func(b *custody.RequestEntry) { b.Count = 0 }), custody.KeyRecord},
		{"out of time", lend, spoil(func(b *custody.RequestEntry) { b.NotAfter = time.Time{} }), custody.KeyExpired},
		{"for nothing", lend, func(r *custody.Record) { r.Carriers = nil }, custody.KeyNothing},
		{"for what is gone", func(w *world) custody.Record {
			w.sendAway(t, "c0", custody.ActTransfer, "", custody.KindTransferred)
			return lend(w)
		}, nil, custody.KeyFinal},
		{"for an unknown carrier", lend, func(r *custody.Record) { r.Carriers = []string{"c9"} }, custody.KeyUnregistered},
		{"for an unknown document", lend, spoil(func(b *custody.RequestEntry) { b.Document = "x" }), custody.KeyNoDocument},
		{"to make what is not ours", entry(custody.ActMake, of(doc)), nil, custody.KeyRecord},
		{"to make from a carrier", entry(custody.ActMake, of(docOwn), "c0"), nil, custody.KeyRecord},
		{"to admit nobody", entry(custody.ActWiden, of(doc)), nil, custody.KeyRecord},
		{"to admit to no document", entry(custody.ActWiden, none, "c0"), nil, custody.KeyNoDocument},
		{"to reclassify to no level", entry(custody.ActReclassify, of(doc)), nil, custody.KeyRecord},
		{"to reclassify no document", entry(custody.ActReclassify, none, "c0"), nil, custody.KeyNoDocument},
	})
	decided := func(k custody.Kind, a custody.Actor) func(w *world) custody.Record {
		return func(w *world) custody.Record { return w.decide(k, "q", a) }
	}
	by := func(person, card string) func(*custody.Record) {
		return func(r *custody.Record) { r.Actors[0].Person, r.Actors[0].Credential = person, hash("key of "+card) }
	}
	audit, approve := decided(custody.KindAudited, actor("qian", custody.RoleAuditor)), decided(custody.KindRequestOK, actor("chen", custody.RoleApprover))
	refuse, withdraw := decided(custody.KindRequestNo, actor("chen", custody.RoleApprover)), decided(custody.KindRequestBack, actor("zhou", custody.RoleApplicant))
	checkLaw(t, asked, []lawCase{
		{"asked twice", entry(custody.ActLend, func(_ *world, b *custody.RequestEntry) { b.Request = "q" }, "c0"), nil, custody.KeyThingKnown},
		{"audited by the applicant", audit, by("zhou", "qian"), custody.KeyOwnApproval},
		{"audited with his card", audit, by("qian", "zhou"), custody.KeyOwnApproval},
		{"audited in another role", audit, func(r *custody.Record) { r.Actors[0].Role = custody.RoleApprover }, custody.KeyActors},
		{"audits another opening", audit, func(r *custody.Record) { bodyOf[custody.RequestDecision](r).Opened = hash("x") }, custody.KeyReference},
		{"audits nothing", audit, func(r *custody.Record) { bodyOf[custody.RequestDecision](r).Request = "x" }, custody.KeyNoRequest},
		{"approved by the applicant", approve, by("zhou", "chen"), custody.KeyOwnApproval},
		{"approved by nobody's authority", approve, func(r *custody.Record) { bodyOf[custody.RequestDecision](r).Authority = "myself" }, custody.KeyRecord},
		{"approved too late", approve, func(r *custody.Record) { r.At = r.At.Add(2 * time.Hour) }, custody.KeyExpired},
		{"rejected by the applicant", refuse, by("zhou", "chen"), custody.KeyOwnApproval},
		{"rejected by a keeper", refuse, func(r *custody.Record) { r.Actors[0].Role = custody.RoleKeeper }, custody.KeyActors},
		{"withdrawn by another", withdraw, by("wu", "wu"), custody.KeyNotApplicant},
	})
	checkLaw(t, audited, []lawCase{
		{"audited twice", audit, nil, custody.KeyRequestDecided},
		{"approved by the auditor", approve, by("qian", "chen"), custody.KeyThreePersons},
		{"approved with the auditor's card", approve, by("chen", "qian"), custody.KeyThreePersons},
	})
	uses := func(act, to string, ids ...string) func(w *world) custody.Record {
		return func(w *world) custody.Record {
			r := w.move("m", act, to, ids...)
			bodyOf[custody.MovementOpen](&r).Request = "q"
			return r
		}
	}
	checkLaw(t, asked, []lawCase{{"used before approval", uses(custody.ActLend, "wu", "c0"), nil, custody.KeyRequestNotApproved}})
	checkLaw(t, approved, []lawCase{
		{"approved twice", approve, nil, custody.KeyRequestDecided},
		{"withdrawn after approval", withdraw, nil, custody.KeyRequestDecided},
		{"rejected after approval", refuse, nil, custody.KeyRequestDecided},
		{"used for another act", uses(custody.ActCirculate, "wu", "c0"), nil, custody.KeyOtherAct},
		{"used for another person", uses(custody.ActLend, "zhou", "c0"), nil, custody.KeyOtherRecipient},
		{"used for another carrier", uses(custody.ActLend, "wu", "c1"), nil, custody.KeyNotNamed},
		{"used too late", uses(custody.ActLend, "wu", "c0"), func(r *custody.Record) { r.At = r.At.Add(2 * time.Hour) }, custody.KeyExpired},
	})
	checkLaw(t, func(t testing.TB) *world {
		w := newOffice(t)
		w.request(t, custody.RequestEntry{Request: "q", Act: custody.ActDispatch, Document: doc, Channel: "courier"})
		return w
	}, []lawCase{
		{"by another channel", uses(custody.ActDispatch, "", "c0"), nil, custody.KeyOtherRecipient},
		{"over the number", func(w *world) custody.Record {
			r := uses(custody.ActDispatch, "", "c0", "c1")(w)
			bodyOf[custody.MovementOpen](&r).Channel = "courier"
			return r
		}, nil, custody.KeyOverApproved},
		{"a carrier of another document", func(w *world) custody.Record {
			r := uses(custody.ActDispatch, "", "c2")(w)
			bodyOf[custody.MovementOpen](&r).Channel = "courier"
			return r
		}, nil, custody.KeyNotNamed},
	})
	for _, k := range []custody.Kind{custody.KindRequestNo, custody.KindRequestBack} {
		w := asked(t)
		a := actor("zhou", custody.RoleApplicant)
		if k == custody.KindRequestNo {
			a = actor("qian", custody.RoleAuditor)
		}
		w.must(t, w.decide(k, "q", a))
		if got := keyOf(w.play(approve(w))); got != custody.KeyRequestFinal {
			t.Errorf("approved after %s: %q", k, got)
		}
	}
}
