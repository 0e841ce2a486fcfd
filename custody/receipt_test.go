package custody_test

import (
	"testing"

	"sexton/custody"
)

// arrival is a list of two rows, imported.
func arrival(t testing.TB) *world {
	w := newWorld()
	w.must(t, w.imported(2))
	return w
}

// entered is the same list with both rows registered, counted and numbered.
func entered(t testing.TB) *world {
	w := arrival(t)
	w.must(t, w.register("c0", 1))
	w.must(t, w.register("c1", 2))
	w.must(t, w.listCounted(2))
	w.must(t, w.listNumbered(2))
	return w
}

// TestReceiptInFourActs: counted, numbered and entered in any order, signed for
// last; the receiver keeps every carrier from then on.
func TestReceiptInFourActs(t *testing.T) {
	acts := map[string]func(w *world){
		"count":  func(w *world) { w.must(t, w.listCounted(2)) },
		"number": func(w *world) { w.must(t, w.listNumbered(2)) },
		"enter":  func(w *world) { w.must(t, w.register("c0", 1)); w.must(t, w.register("c1", 2)) },
	}
	for _, order := range [][]string{{"count", "number", "enter"}, {"enter", "count", "number"}, {"number", "enter", "count"}} {
		w := arrival(t)
		for _, act := range order {
			if got := keyOf(w.play(w.receive(2))); got == "" {
				t.Fatalf("%v: signed for before %s", order, act)
			}
			acts[act](w)
		}
		w.must(t, w.receive(2))
		for _, id := range []string{"c0", "c1"} {
			c := w.carrier(id)
			if c.State != custody.Received || c.Where != custody.OnShelf || c.Keeper != "wang" || !c.Since.Equal(w.now) {
				t.Errorf("%v: %+v", order, c)
			}
		}
		want := custody.Receipt{List: list, Rows: 2, Entered: 2, Counted: 2, Counter: "wang", Series: "密收", Year: 2026, First: 1, Last: 2, Numberer: "wang", Receiver: "wang"}
		if got := thingOf[custody.Receipt](w, custody.ReceiptThing, list); got != want {
			t.Errorf("%v: %+v", order, got)
		}
	}
}

func TestReceiptRefusals(t *testing.T) {
	counted := func(n int64) func(w *world) custody.Record {
		return func(w *world) custody.Record { return w.listCounted(n) }
	}
	numbered := func(w *world) custody.Record { return w.listNumbered(2) }
	registered := func(w *world) custody.Record { return w.register("c0", 1) }
	checkLaw(t, arrival, []lawCase{
		{"imported twice", func(w *world) custody.Record { return w.imported(2) }, nil, custody.KeyThingKnown},
		{"counted by nobody", counted(2), func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"count of another list", counted(2), func(r *custody.Record) { bodyOf[custody.ListCount](r).List = "x" }, custody.KeyNoList},
		{"negative count", counted(-1), nil, custody.KeyRecord},
		{"without body", counted(2), func(r *custody.Record) { r.Register = nil }, custody.KeyRecord},
		{"numbers for other rows", numbered, func(r *custody.Record) { bodyOf[custody.ListNumbers](r).Last = 3 }, custody.KeyTally},
		{"a gap", numbered, func(r *custody.Record) { b := bodyOf[custody.ListNumbers](r); b.First, b.Last = 2, 3 }, custody.KeyNumberGap},
		{"no series", numbered, func(r *custody.Record) { bodyOf[custody.ListNumbers](r).Series = "" }, custody.KeyRecord},
		{"registered on no list", registered, func(r *custody.Record) { r.Entry.List = "x" }, custody.KeyNoList},
		{"row 0", registered, func(r *custody.Record) { r.Entry.Row = 0 }, custody.KeyListFull},
		{"a copy without approval", registered, func(r *custody.Record) { r.Entry.Parent = "c9" }, custody.KeyRecord},
		{"spoiled on arrival", registered, func(r *custody.Record) { r.Entry.Spoiled = true }, custody.KeyRecord},
		{"neither list nor request", registered, func(r *custody.Record) { r.Entry.List = "" }, custody.KeyRecord},
		{"of no document", registered, func(r *custody.Record) { r.Entry.Document = "x" }, custody.KeyNoDocument},
		{"signed for empty", func(w *world) custody.Record { return w.receive(2) }, nil, custody.KeyNothing},
	})
	checkLaw(t, entered, []lawCase{
		{"a row too many", func(w *world) custody.Record { return w.register("c2", 3) }, nil, custody.KeyListFull},
		{"numbered twice", numbered, nil, custody.KeyPassed},
		{"signed for too few", func(w *world) custody.Record { return w.receive(1) }, nil, custody.KeyTally},
		{"signed for too many", func(w *world) custody.Record { return w.receive(3) }, nil, custody.KeyTally},
	})
	checkLaw(t, func(t testing.TB) *world {
		w := entered(t)
		w.must(t, w.listCounted(1))
		return w
	}, []lawCase{{"count differs", func(w *world) custody.Record { return w.receive(2) }, nil, custody.KeyNotTallied}})
	checkLaw(t, func(t testing.TB) *world {
		w := entered(t)
		w.must(t, w.receive(2))
		return w
	}, []lawCase{
		{"counted after the signature", counted(2), nil, custody.KeyListSigned},
		{"entered after the signature", func(w *world) custody.Record { return w.register("c2", 3) }, nil, custody.KeyListSigned},
	})
	checkLaw(t, func(t testing.TB) *world {
		w := arrival(t)
		w.must(t, w.register("c0", 1))
		w.must(t, w.listCounted(2))
		w.must(t, w.listNumbered(2))
		return w
	}, []lawCase{{"a row not entered", func(w *world) custody.Record { return w.receive(1) }, nil, custody.KeyNotEntered}})
	checkLaw(t, func(t testing.TB) *world {
		w := arrival(t)
		w.must(t, w.register("c0", 1))
		w.must(t, w.register("c1", 2))
		w.must(t, w.listCounted(2))
		return w
	}, []lawCase{{"not numbered", func(w *world) custody.Record { return w.receive(2) }, nil, custody.KeyNotNumbered}})
}

// TestMissingOnArrival: what the count missed is reported by name; the rest is
// signed for, and who finds it signs for it.
func TestMissingOnArrival(t *testing.T) {
	w := entered(t)
	gone := w.missing("c1")
	gone.Batch = ""
	w.must(t, gone)
	if got := keyOf(w.play(w.receive(1))); got != custody.KeyNotTallied {
		t.Errorf("signed for with a count that found it: %q", got)
	}
	w.must(t, w.listCounted(1))
	w.must(t, w.receive(1))
	found := w.dispose(custody.KindFound, "c1")
	found.Actors = []custody.Actor{keeper("sun")}
	w.must(t, found)
	if c := w.carrier("c1"); c.State != custody.Received || c.Where != custody.OnShelf || c.Keeper != "sun" {
		t.Errorf("%+v", c)
	}
}

// TestReferenceNumbersRunOn: one series goes on from list to list, another one
// and another year begin with 1.
func TestReferenceNumbersRunOn(t *testing.T) {
	w := newWorld()
	next := func(id string, rows int64, series string, year, first int64) error {
		r := w.imported(rows)
		r.List, r.Register = id, &custody.ListOpen{List: id, Rows: rows}
		w.must(t, r)
		n := w.listNumbered(rows)
		n.List, n.Register = id, &custody.ListNumbers{List: id, Series: series, Year: year, First: first, Last: first + rows - 1}
		return w.play(n)
	}
	for _, c := range []struct {
		list, series string
		rows         int64
		year, first  int64
		want         custody.Key
	}{
		{"a", "密收", 3, 2026, 1, ""}, {"b", "密收", 2, 2026, 4, ""}, {"c", "密收", 1, 2026, 5, custody.KeyNumberGap},
		{"d", "密收", 1, 2026, 7, custody.KeyNumberGap}, {"e", "机收", 1, 2026, 1, ""}, {"f", "密收", 1, 2027, 1, ""}, {"g", "密收", 1, 2026, 6, ""},
	} {
		if got := keyOf(next(c.list, c.rows, c.series, c.year, c.first)); got != c.want {
			t.Errorf("list %s from %d: %q, want %q", c.list, c.first, got, c.want)
		}
	}
}
