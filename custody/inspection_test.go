package custody_test

import (
	"testing"

	"sexton/custody"
)

func (w *world) inspect(place string, due int64) custody.Record {
	return w.act(custody.KindInspection, &custody.InspectionOpen{Inspection: "i", Place: place, Due: due}, nil, secrecy("bao"))
}

func (w *world) handedIn(found, missing, extra int64) custody.Record {
	return w.act(custody.KindInspected, &custody.InspectionCount{Inspection: "i", Found: found, Missing: missing, Extra: extra}, nil, secrecy("bao"))
}

// inspected counts six due carriers.
func inspected(t testing.TB, w *world, missing, extra int64) {
	t.Helper()
	w.must(t, w.inspect("", 6))
	w.must(t, w.handedIn(6-missing, missing, extra))
}

// finding is one that zhou answers for.
func (w *world) finding(id string) custody.Record {
	return w.act(custody.KindFinding, &custody.FindingEntry{Finding: id, Inspection: "i", Code: "missing", Answers: "zhou", Due: "2026-12-31"}, []string{"c0"}, secrecy("bao"))
}

func (w *world) corrected(id string) custody.Record {
	return w.act(custody.KindCorrected, &custody.FindingStep{Finding: id}, nil, actor("zhou", custody.RoleAnswering))
}

func (w *world) ended(id string, accepted bool) custody.Record {
	return w.act(custody.KindFindingEnd, &custody.FindingStep{Finding: id, Accepted: accepted}, nil, secrecy("bao"))
}

// TestInspection: counted, found wrong, corrected, accepted; it ends with its
// last finding.
func TestInspection(t *testing.T) {
	state := func(w *world) custody.InspectionState {
		return thingOf[custody.Inspection](w, custody.InspectionThing, "i").State
	}
	w := newOffice(t)
	inspected(t, w, 0, 0)
	if got := state(w); got != custody.InspectionClosed {
		t.Errorf("nothing wrong: %s", got)
	}
	w = newOffice(t)
	inspected(t, w, 1, 1)
	w.must(t, w.finding("f1"))
	w.must(t, w.finding("f2"))
	if f := thingOf[custody.Finding](w, custody.FindingThing, "f1"); f.Carrier != "c0" || f.State != custody.FindingOpen {
		t.Errorf("%+v", f)
	}
	w.must(t, w.corrected("f1"))
	w.must(t, w.ended("f1", false))
	w.must(t, w.corrected("f1"))
	w.must(t, w.ended("f1", true))
	if got := state(w); got != custody.InspectionCounted {
		t.Errorf("one finding left: %s", got)
	}
	w.must(t, w.corrected("f2"))
	w.must(t, w.ended("f2", true))
	if got := state(w); got != custody.InspectionClosed {
		t.Errorf("all closed: %s", got)
	}
	w.must(t, w.finding("f3"))
	if i := thingOf[custody.Inspection](w, custody.InspectionThing, "i"); i.State != custody.InspectionCounted || i.Findings != 3 || i.Open != 1 || i.Found != 5 {
		t.Errorf("a late finding: %+v", i)
	}
	w = newOffice(t)
	w.must(t, w.inspect("safe", 6))
	w.must(t, w.finding("f1")) // seen before the count is handed in
	w.must(t, w.handedIn(6, 0, 0))
	if got := state(w); got != custody.InspectionCounted {
		t.Errorf("a finding is open: %s", got)
	}
}

func TestInspectionRefusals(t *testing.T) {
	open := func(w *world) custody.Record { return w.inspect("safe", 6) }
	checkLaw(t, newOffice, []lawCase{
		{"of no place", open, func(r *custody.Record) { bodyOf[custody.InspectionOpen](r).Place = "x" }, custody.KeyNoPlace},
		{"less than nothing due", open, func(r *custody.Record) { bodyOf[custody.InspectionOpen](r).Due = -1 }, custody.KeyRecord},
		{"by nobody", open, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"counted unopened", func(w *world) custody.Record { return w.handedIn(6, 0, 0) }, nil, custody.KeyNoInspection},
	})
	opened := func(t testing.TB) *world {
		w := newOffice(t)
		w.must(t, w.inspect("", 6))
		return w
	}
	handIn := func(w *world) custody.Record { return w.handedIn(5, 1, 0) }
	find := func(w *world) custody.Record { return w.finding("f1") }
	entry := func(f func(b *custody.FindingEntry)) func(*custody.Record) {
		return func(r *custody.Record) { f(bodyOf[custody.FindingEntry](r)) }
	}
	checkLaw(t, opened, []lawCase{
		{"opened twice", open, nil, custody.KeyThingKnown},
		{"a count that does not add up", handIn, func(r *custody.Record) { bodyOf[custody.InspectionCount](r).Missing = 0 }, custody.KeyTally},
		{"a negative count", handIn, func(r *custody.Record) { b := bodyOf[custody.InspectionCount](r); b.Found, b.Missing = 7, -1 }, custody.KeyTally},
		{"counted by nobody", handIn, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"found by nobody", find, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"found nothing", find, entry(func(b *custody.FindingEntry) { b.Code = "" }), custody.KeyRecord},
		{"nobody answers", find, entry(func(b *custody.FindingEntry) { b.Answers = "" }), custody.KeyRecord},
		{"by no day", find, entry(func(b *custody.FindingEntry) { b.Due = "soon" }), custody.KeyWrongDay},
		{"of no inspection", find, entry(func(b *custody.FindingEntry) { b.Inspection = "x" }), custody.KeyNoInspection},
		{"of two carriers", find, func(r *custody.Record) { r.Carriers = []string{"c0", "c1"} }, custody.KeyRecord},
		{"of an unknown carrier", find, func(r *custody.Record) { r.Carriers = []string{"c9"} }, custody.KeyUnregistered},
	})
	found := func(t testing.TB) *world {
		w := newOffice(t)
		inspected(t, w, 1, 0)
		w.must(t, w.finding("f1"))
		return w
	}
	corrected := func(w *world) custody.Record { return w.corrected("f1") }
	checkLaw(t, found, []lawCase{
		{"counted twice", handIn, nil, custody.KeyInspectionCounted},
		{"entered twice", find, nil, custody.KeyThingKnown},
		{"corrected by another", corrected, func(r *custody.Record) { r.Actors[0].Person = "wu" }, custody.KeyNotAnswerable},
		{"corrected in another role", corrected, func(r *custody.Record) { r.Actors[0].Role = custody.RoleKeeper }, custody.KeyActors},
		{"corrects nothing", corrected, func(r *custody.Record) { bodyOf[custody.FindingStep](r).Finding = "x" }, custody.KeyNoFinding},
		{"accepted before it was corrected", func(w *world) custody.Record { return w.ended("f1", true) }, nil, custody.KeyFindingOpen},
		{"sent back before it was corrected", func(w *world) custody.Record { return w.ended("f1", false) }, nil, custody.KeyFindingOpen},
	})
	done := func(t testing.TB) *world {
		w := found(t)
		w.must(t, w.corrected("f1"))
		return w
	}
	checkLaw(t, done, []lawCase{
		{"corrected twice", corrected, nil, custody.KeyFindingCorrected},
		{"accepted by who answers", func(w *world) custody.Record { return w.ended("f1", true) }, func(r *custody.Record) { r.Actors[0].Person = "zhou" }, custody.KeyOwnFinding},
		{"accepted by nobody", func(w *world) custody.Record { return w.ended("f1", true) }, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"closed twice", func(w *world) custody.Record { w.must(t, w.ended("f1", true)); return w.ended("f1", true) }, nil, custody.KeyFindingClosed},
	})
}

func (w *world) reported(what string, ids ...string) custody.Record {
	return w.act(custody.KindIncident, &custody.IncidentReport{Incident: "n", What: what}, ids, actor("zhou", custody.RoleReporting))
}

func (w *world) inquiry(result string) custody.Record {
	return w.act(custody.KindIncidentEnd, &custody.IncidentEnd{Incident: "n", Result: result}, nil, secrecy("bao"))
}

// TestWriteOff: a carrier is given up after an inquiry that names it and says so.
func TestWriteOff(t *testing.T) {
	lost := func(t testing.TB) *world {
		w := newOffice(t)
		r := w.missing("c0")
		r.Batch = ""
		w.must(t, r)
		w.must(t, w.reported("lost", "c0"))
		return w
	}
	off := func(w *world) custody.Record {
		r := w.dispose(custody.KindLost, "c0")
		r.Incident = "n"
		return r
	}
	checkLaw(t, lost, []lawCase{
		{"before the inquiry ended", off, nil, custody.KeyNoInquiry},
		{"by no inquiry", func(w *world) custody.Record { return w.dispose(custody.KindLost, "c0") }, nil, custody.KeyNoInquiry},
		{"reported twice", func(w *world) custody.Record { return w.reported("lost", "c0") }, nil, custody.KeyThingKnown},
		{"closed as nothing", func(w *world) custody.Record { return w.inquiry("written-off") }, func(r *custody.Record) { bodyOf[custody.IncidentEnd](r).Result = "" }, custody.KeyRecord},
		{"closed by nobody", func(w *world) custody.Record { return w.inquiry("written-off") }, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
	})
	closed := func(result string) func(t testing.TB) *world {
		return func(t testing.TB) *world {
			w := lost(t)
			w.must(t, w.inquiry(result))
			return w
		}
	}
	checkLaw(t, closed("written-off"), []lawCase{
		{"by an unknown inquiry", off, func(r *custody.Record) { r.Incident = "x" }, custody.KeyNoIncident},
		{"by one person", off, func(r *custody.Record) { r.Actors = r.Actors[:1] }, custody.KeyActors},
		{"by one person twice", off, func(r *custody.Record) { r.Actors[1] = r.Actors[0] }, custody.KeySamePerson},
		{"of a carrier it does not name", off, func(r *custody.Record) { r.Carrier = "c1" }, custody.KeyNotMissing},
		{"closed twice", func(w *world) custody.Record { return w.inquiry("found") }, nil, custody.KeyIncidentClosed},
		{"another missing one", func(w *world) custody.Record {
			r := w.missing("c1")
			r.Batch = ""
			w.must(t, r)
			o := off(w)
			o.Carrier = "c1"
			return o
		}, nil, custody.KeyNoInquiry},
	})
	checkLaw(t, closed("found"), []lawCase{{"after another result", off, nil, custody.KeyNoInquiry}})
	w := closed("written-off")(t)
	w.must(t, off(w))
	if c := w.carrier("c0"); c.State != custody.Lost || c.Keeper != "" || c.Where != custody.Nowhere {
		t.Errorf("%+v", c)
	}
	if got := keyOf(newOffice(t).play(newOffice(t).reported("stolen"))); got != custody.KeyRecord {
		t.Errorf("an unknown kind of incident: %q", got)
	}
}
