package custody_test

import (
	"fmt"
	"reflect"
	"slices"

	"sexton/custody"
)

// ofCarrier takes in the leaves of carriers and batches.
func (o *oracle) ofCarrier(r custody.Record) {
	it := o.item[r.Carrier]
	switch r.Kind {
	case custody.KindRegistered:
		o.registered(r)
	case custody.KindReceived:
		o.received(r)
	case custody.KindCounted:
		o.must(r, it.where == "shelf", "counted %q", it.where)
	case custody.KindMissing:
		o.leaves(r.Carrier)
		it.where, it.missing = "", true
	case custody.KindFound:
		it.where, it.missing, it.received = "shelf", false, true
		if it.keeper == "" {
			it.keeper = r.Actors[0].Person
		}
	case custody.KindSealed:
		o.must(r, it.where == "shelf" && !it.entry.MustReturn, "sealed %q", it.where)
		it.batch, it.outcome = r.Batch, false
	case custody.KindVoided, custody.KindRejected:
		o.inBatch(r.Batch, func(x *item) { x.batch = "" })
	case custody.KindReleased:
		o.inBatch(r.Batch, func(x *item) {
			if !x.outcome {
				x.where = "machine"
			}
		})
	case custody.KindDestroyed:
		it.outcome = true
		o.gone(r, custody.ActDestroy)
	case custody.KindUnverified, custody.KindDisputed, custody.KindIndeterminate:
		it.outcome, it.open = true, true
	case custody.KindUnfed:
		it.outcome, it.where = true, "shelf"
	case custody.KindReconciled:
		o.inBatch(r.Batch, func(x *item) {
			if x.where == "shelf" {
				x.batch = ""
			}
		})
	case custody.KindResolved:
		o.resolved(r)
	case custody.KindLost:
		o.must(r, it.missing && slices.Contains(o.written[r.Incident], r.Carrier), "written off without inquiry")
		o.gone(r, custody.ActWriteOff)
	case custody.KindDeclassified:
		d, k := o.document[it.entry.Document], o.clearing[it.campaign]
		o.must(r, d != nil && slices.Contains(d.releases, r.By) || k != nil && k.approved && it.fate == custody.ActDeclassify && k.leaf == r.By, "declassified by %s", r.By)
		o.must(r, it.where == "shelf" && !it.entry.MustReturn, "declassified %q", it.where)
		o.gone(r, custody.ActDeclassify)
	case custody.KindArchived, custody.KindTransferred, custody.KindReturned, custody.KindConsigned:
		m := o.movement[it.in]
		o.must(r, m != nil && it.where == "transit" && r.By != "" && m.signed[r.Carrier] == r.By && settledBy[m.act] == r.Kind, "settled %q by %s", it.where, r.By)
		o.gone(r, m.act)
	}
}

func (o *oracle) registered(r custody.Record) {
	e := *r.Entry
	it := &item{entry: e, level: e.Classification, term: e.Period}
	o.must(r, o.item[r.Carrier] == nil, "registered twice")
	o.item[r.Carrier] = it
	if d := o.document[e.Document]; d != nil {
		d.registered++
		o.must(r, e.Classification == d.level && e.Period == d.term, "another mark than its document")
	}
	if e.Request == "" {
		l := o.list[e.List]
		l.entered++
		o.must(r, l.entered <= l.rows && !l.signed, "row %d of %d", l.entered, l.rows)
		return
	}
	it.where, it.keeper, it.received = "shelf", r.Actors[0].Person, true
	q := o.asked[e.Request]
	if e.Spoiled {
		q.wasted++
	} else {
		q.usable++
	}
	o.must(r, q.usable <= q.made && q.wasted <= q.spoiled, "more copies than were made")
	if p := o.item[e.Parent]; p != nil {
		o.must(r, p.level == e.Classification && p.term == e.Period && p.entry.Document == e.Document, "another mark than its original")
	}
}

func (o *oracle) received(r custody.Record) {
	l, missing := o.list[r.List], int64(0)
	for _, it := range o.item {
		if it.entry.List != r.List {
			continue
		}
		if it.missing {
			missing++
		} else if !it.received {
			it.where, it.keeper, it.received = "shelf", r.Actors[0].Person, true
		}
	}
	o.must(r, l.numbered && l.entered == l.rows && l.counted == l.rows-missing && !l.signed, "%+v, %d missing", l, missing)
	l.signed = true
}

func (o *oracle) resolved(r custody.Record) {
	it := o.item[r.Carrier]
	it.open = false
	switch r.Resolution {
	case "destroyed":
		o.gone(r, custody.ActDestroy)
	case "lost":
		o.gone(r, "")
	default:
		it.where = "shelf"
		it.batch = "" // or not yet: it is not compared
	}
}

func (o *oracle) inBatch(batch string, f func(*item)) {
	for _, it := range o.item {
		if it.batch == batch && it.end == "" {
			f(it)
		}
	}
}

// gone ends a carrier's life here.
func (o *oracle) gone(r custody.Record, act string) {
	it := o.item[r.Carrier]
	o.must(r, it.end == "", "gone already by %s", it.end)
	o.leaves(r.Carrier)
	it.where, it.keeper, it.end = "", "", "lost"
	if act != "" {
		it.end = act
	}
	if k := o.clearing[it.campaign]; k != nil && k.approved && !k.closed && it.fate == act {
		k.done[act]++
	}
}

var whereOf = map[custody.Where]string{custody.Nowhere: "", custody.OnShelf: "shelf", custody.Offered: "offered", custody.Circulating: "out",
	custody.OnLoan: "out", custody.CarriedOut: "out", custody.InTransit: "transit"}

// compare checks the register against what the oracle made of the leaves.
func (o *oracle) compare(w *world) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	if len(w.Carriers()) != len(o.item) {
		say("%d carriers, %d registered", len(w.Carriers()), len(o.item))
	}
	for _, c := range w.Carriers() {
		it := o.item[c.ID]
		where := it.where
		if where == "machine" {
			where = ""
		}
		if whereOf[c.Where] != where || c.Keeper != it.keeper || c.With != it.with || c.Movement != it.in || c.Level != it.level || c.Term != it.term ||
			c.State.Terminal() != (it.end != "") || (c.State == custody.Missing) != (it.missing && it.end == "") {
			say("%+v, by the leaves %+v", c, it)
		}
		if c.Where == custody.OnShelf && c.Keeper == "" {
			say("%s is on the shelf of nobody", c.ID)
		}
	}
	for id, m := range o.movement {
		got := thingOf[custody.Movement](w, custody.MovementThing, id)
		open := got.State == custody.MovementOpened || got.State == custody.MovementAccepted
		if got.Out != int64(len(m.in)) || open != (len(m.in) > 0) {
			say("movement %s is %s with %d out, %d are", id, got.State, got.Out, len(m.in))
		}
	}
	for id, d := range o.document {
		got := thingOf[custody.Document](w, custody.DocumentThing, id)
		var copies []custody.Carrier
		for _, c := range w.Carriers() {
			if c.Document == id {
				copies = append(copies, c)
			}
		}
		b := custody.Balance(got, copies)
		held, gone := int64(0), int64(0)
		for _, n := range b.Held {
			held += n
		}
		for _, n := range b.Disposed {
			gone += n
		}
		if got.Registered != d.registered || b.Registered != d.registered || held+gone+b.Open != d.registered {
			say("document %s counts %d, the leaves %d, the balance %+v", id, got.Registered, d.registered, b)
		}
		if i := slices.IndexFunc(b.Edges, func(e custody.Edge) bool { return e.Broken && e.What != custody.EdgeUnentered }); i >= 0 {
			say("document %s: %+v", id, b.Edges[i])
		}
	}
	if knew := w.Knew(); len(knew) != len(o.knew) || len(knew) > 0 && !reflect.DeepEqual(knew, o.knew) {
		say("knew %+v, by the leaves %+v", knew, o.knew)
	}
	return bad
}
