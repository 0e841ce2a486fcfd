package custody_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"sexton/custody"
)

// TestBalanceOfALife follows a document's copies and reads the balance at each
// turn.
func TestBalanceOfALife(t *testing.T) {
	w := newOffice(t)
	balance := func() custody.DocumentBalance {
		ids, _ := w.CopiesOf(doc)
		var copies []custody.Carrier
		for _, id := range ids {
			copies = append(copies, w.carrier(id))
		}
		return custody.Balance(thingOf[custody.Document](w, custody.DocumentThing, doc), copies)
	}
	check := func(when string, balanced bool, open int64, held map[custody.Where]int64, disposed map[custody.Disposition]int64, edges ...custody.EdgeKind) {
		t.Helper()
		b := balance()
		if b.Balanced != balanced || b.Open != open || !maps.Equal(b.Held, held) || !maps.Equal(b.Disposed, disposed) {
			t.Errorf("%s: %+v", when, b)
		}
		if len(b.Edges) != len(edges) {
			t.Fatalf("%s: edges %+v, want %v", when, b.Edges, edges)
		}
		for i, e := range b.Edges {
			if e.What != edges[i] || e.Broken || e.Carrier == "" || !e.Since.Equal(w.carrier(e.Carrier).Since) {
				t.Errorf("%s: edge %+v, want %s", when, e, edges[i])
			}
		}
	}
	type held = map[custody.Where]int64
	type gone = map[custody.Disposition]int64
	check("on the shelf", true, 0, held{custody.OnShelf: 2}, gone{})
	w.now = w.now.Add(time.Hour)
	w.must(t, w.move("m", custody.ActLend, "zhou", "c0"))
	check("offered", true, 0, held{custody.OnShelf: 1, custody.Offered: 1}, gone{}, custody.EdgeOffered)
	w.must(t, w.ending(custody.KindMoveAccepted, "m", accepting("zhou"), "c0"))
	check("lent", true, 0, held{custody.OnShelf: 1, custody.OnLoan: 1}, gone{})
	w.must(t, w.move("m2", custody.ActConsign, "firm", "c1"))
	check("sent", false, 1, held{custody.OnLoan: 1}, gone{}, custody.EdgeInTransit)
	w.must(t, w.ending(custody.KindMoveAccepted, "m2", keeper("sun"), "c1"))
	w.must(t, w.settled(custody.KindConsigned, "c1"))
	check("consigned", true, 0, held{custody.OnLoan: 1}, gone{custody.DispositionConsigned: 1}, custody.EdgeConsigned)
	w.must(t, w.act(custody.KindFirmCertified, &custody.FirmCertificate{Movement: "m2"}, []string{"c1"}, keeper("wang")))
	check("destroyed elsewhere", true, 0, held{custody.OnLoan: 1}, gone{custody.DispositionDestroyedElsewhere: 1})
	gone1 := w.missing("c0")
	gone1.Batch = ""
	w.must(t, gone1)
	check("missing", false, 1, held{}, gone{custody.DispositionDestroyedElsewhere: 1}, custody.EdgeMissing)
	w.must(t, w.dispose(custody.KindFound, "c0"))
	w.must(t, w.open())
	w.must(t, w.count("c0"))
	w.must(t, w.seal("c0", 0))
	w.must(t, w.sealBatch("c0"))
	w.must(t, w.approve())
	w.must(t, w.authorise())
	check("authorised", true, 0, held{custody.OnShelf: 1}, gone{custody.DispositionDestroyedElsewhere: 1})
	w.must(t, w.release())
	check("released", false, 1, held{}, gone{custody.DispositionDestroyedElsewhere: 1}, custody.EdgeReleased)
	w.must(t, w.outcome("c0", custody.VerdictDisputed))
	check("disputed", false, 1, held{}, gone{custody.DispositionDestroyedElsewhere: 1}, custody.EdgeOpenCase)
	w.must(t, w.resolve("c0", "destroyed"))
	check("destroyed", true, 0, held{}, gone{custody.DispositionDestroyedElsewhere: 1, custody.DispositionDestroyed: 1})
	if b := balance(); b.Registered != 2 || b.Made != 20 {
		t.Errorf("%+v", b)
	}
}

// TestBalanceNamesWhatIsBroken: a register that contradicts itself is not
// balanced, and the edge says where.
func TestBalanceNamesWhatIsBroken(t *testing.T) {
	d := custody.Document{ID: "d", Own: true, Classification: "secret", Period: "20年", Made: 2, Registered: 2}
	held := func(id string) custody.Carrier {
		return custody.Carrier{ID: id, State: custody.Received, Entry: custody.Entry{Document: "d"}, Level: "secret", Term: "20年", Where: custody.OnShelf, Keeper: "wang"}
	}
	if b := custody.Balance(d, []custody.Carrier{held("a"), held("b")}); !b.Balanced || len(b.Edges) != 0 {
		t.Fatalf("%+v", b)
	}
	for _, c := range []struct {
		name    string
		spoil   func(d *custody.Document, all []custody.Carrier)
		carrier string
		want    custody.EdgeKind
	}{
		{"of another document", func(_ *custody.Document, all []custody.Carrier) { all[0].Document = "x" }, "a", custody.EdgeForeign},
		{"given twice", func(_ *custody.Document, all []custody.Carrier) { all[0].ID = "b" }, "b", custody.EdgeForeign},
		{"never registered", func(_ *custody.Document, all []custody.Carrier) { all[0].State = custody.Unknown }, "a", custody.EdgeForeign},
		{"kept by nobody", func(_ *custody.Document, all []custody.Carrier) { all[1].Keeper = "" }, "b", custody.EdgeUnkept},
		{"held nowhere", func(_ *custody.Document, all []custody.Carrier) { all[1].Where = custody.Nowhere }, "b", custody.EdgeUnkept},
		{"destroyed and kept", func(_ *custody.Document, all []custody.Carrier) { all[0].State = custody.Destroyed }, "a", custody.EdgeKept},
		{"of another level", func(_ *custody.Document, all []custody.Carrier) { all[0].Level = "internal" }, "a", custody.EdgeMark},
		{"of another period", func(_ *custody.Document, all []custody.Carrier) { all[0].Term = "1年" }, "a", custody.EdgeMark},
		{"one not counted", func(d *custody.Document, _ []custody.Carrier) { d.Registered = 1 }, "", custody.EdgeCount},
		{"more than made", func(d *custody.Document, _ []custody.Carrier) { d.Made = 1 }, "", custody.EdgeOverPrints},
		{"made and not registered", func(d *custody.Document, _ []custody.Carrier) { d.Made = 3 }, "", custody.EdgeUnentered},
	} {
		doc, all := d, []custody.Carrier{held("a"), held("b")}
		c.spoil(&doc, all)
		b := custody.Balance(doc, all)
		if b.Balanced || !slices.ContainsFunc(b.Edges, func(e custody.Edge) bool {
			return e.Broken && e.What == c.want && e.Carrier == c.carrier && e.Detail != ""
		}) {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
	changing := d
	changing.Change = "q"
	old := held("a")
	old.Level = "internal"
	if b := custody.Balance(changing, []custody.Carrier{old, held("b")}); !b.Balanced {
		t.Errorf("a change under way: %+v", b)
	}
}
