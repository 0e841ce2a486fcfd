package year

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Where a held carrier is.
type Where uint8

// States of a held carrier. Entering is between its numbering and its signing.
const (
	Entering Where = iota
	OnShelf
	Reading
	OnLoan
	Moving // handed over or sent, not yet accepted
	OnList // for destruction
	Astray // missing
	Gone   // disposed of
)

var whereWords = [...]string{"entering", "on the shelf", "being read", "on loan", "on its way", "on a list for destruction", "astray", "gone"}

func (w Where) String() string { return whereWords[w] }

// held is what the oracle knows of one carrier.
type held struct {
	doc    DocumentID
	next   CarrierID // of the same document
	keeper PersonID
	holder PersonID
	link   Ref // what it is out on
	place  PlaceID
	where  Where
	class  Class
	kind   Kind
	fate   Fate
	origin origin
}

type origin uint8

const (
	unknown origin = iota
	received
	printed
	copied
)

// Oracle counts along a stream, on its own, so that a station's books can be
// compared with it. It takes nothing for granted: a happening that contradicts
// what went before is an error.
//
// It remembers every carrier (36 bytes) and every document (4 bytes).
type Oracle struct {
	carriers []held      // by CarrierID
	first    []CarrierID // of a document, by DocumentID
	persons  map[PersonID]*standing
	links    map[Ref]*link
	years    map[int]*Statistics
	year     int
	now      time.Time
}

// standing is whether a person may act.
type standing struct {
	on      bool
	trained time.Time
}

// link is something that has to be closed: a loan, a hand-over, a consignment
// out, a reading.
type link struct {
	what     What
	carriers []CarrierID
	from, to PersonID
	unit     UnitID
	place    PlaceID
	due      time.Time
}

// NewOracle begins before the first happening.
func NewOracle() *Oracle {
	return &Oracle{carriers: make([]held, 1), first: make([]CarrierID, 1), persons: map[PersonID]*standing{}, links: map[Ref]*link{}, years: map[int]*Statistics{}}
}

// errContradiction begins every error of Observe.
var errContradiction = errors.New("cannot take the happening")

func refuse(e Event, format string, args ...any) error {
	return fmt.Errorf("%w %d (%s): %s", errContradiction, e.Seq, e.What, fmt.Sprintf(format, args...))
}

// Observe takes the next happening.
func (o *Oracle) Observe(e Event) error {
	if e.At.Before(o.now) {
		return refuse(e, "time runs backwards")
	}
	o.now = e.At
	o.turn(e.At.In(Zone).Year())
	if err := o.checkPeople(e); err != nil {
		return err
	}
	for _, id := range e.Carriers {
		if e.What != Numbered && (int(id) >= len(o.carriers) || o.carriers[id].origin == unknown) {
			return refuse(e, "carrier %d is not entered", id)
		}
		if e.What != Numbered && o.carriers[id].where == Gone {
			return refuse(e, "carrier %d is gone: %s", id, o.carriers[id].fate)
		}
	}
	return o.apply(e)
}

// checkPeople: nobody acts before joining or after leaving.
func (o *Oracle) checkPeople(e Event) error {
	if e.What == Joined {
		o.persons[e.To] = &standing{on: true}
		return nil
	}
	for _, p := range append([]PersonID{e.By, e.With, e.To}, e.People...) {
		if s := o.persons[p]; p != 0 && (s == nil || !s.on) {
			return refuse(e, "person %d is not on post", p)
		}
	}
	switch e.What {
	case Trained:
		o.persons[e.To].trained = e.Due
	case LeaveRefused:
		if !slices.Equal(o.Holdings(e.To), e.Carriers) {
			return refuse(e, "person %d holds %d, not %d", e.To, o.Holdings(e.To), e.Carriers)
		}
	case Left:
		if out := o.Holdings(e.To); len(out) > 0 {
			return refuse(e, "person %d leaves with %d carriers", e.To, len(out))
		}
		o.persons[e.To].on = false
	case Took, Lent, HandedOver:
		if e.At.After(o.persons[e.To].trained.AddDate(0, 0, 1)) {
			return refuse(e, "the training of person %d has expired", e.To)
		}
	}
	return nil
}

func (o *Oracle) apply(e Event) error {
	switch e.What {
	case Entered:
		return o.enter(e, received)
	case Printed:
		return o.enter(e, printed)
	case Copied:
		return o.enter(e, copied)
	case Shelved:
		return o.move(e, Entering, func(h *held) { h.where, h.keeper, h.holder, h.place = OnShelf, e.By, e.By, e.Place })
	case HandedOver:
		o.links[e.Ref] = &link{what: e.What, carriers: e.Carriers, from: e.By, to: e.To, place: e.Place, due: e.Due}
		return o.move(e, OnShelf, func(h *held) { h.where, h.link = Moving, e.Ref })
	case Accepted:
		return o.close(e, HandedOver, func(h *held, l *link) { h.keeper, h.holder, h.place = l.to, l.to, l.place })
	case Took:
		o.links[e.Ref] = &link{what: e.What, carriers: e.Carriers, to: e.To, due: e.Due}
		return o.move(e, OnShelf, func(h *held) { h.where, h.holder, h.link = Reading, e.To, e.Ref })
	case GaveBack:
		return o.close(e, Took, func(h *held, _ *link) { h.holder = h.keeper })
	case Lent:
		o.links[e.Ref] = &link{what: e.What, carriers: e.Carriers, to: e.To, due: e.Due}
		return o.move(e, OnShelf, func(h *held) { h.where, h.holder, h.link = OnLoan, e.To, e.Ref })
	case Renewed:
		l := o.links[e.Ref]
		if l == nil || l.what != Lent {
			return refuse(e, "there is no loan %d", e.Ref)
		}
		l.due = e.Due
	case BroughtBack:
		return o.close(e, Lent, func(h *held, _ *link) { h.holder = h.keeper })
	case Reclassified:
		if err := o.wholeDocument(e); err != nil {
			return err
		}
		return o.move(e, OnShelf, func(h *held) { o.regrade(h, e.Class) })
	case Missing:
		return o.move(e, OnShelf, func(h *held) { h.where = Astray })
	case Found:
		return o.move(e, Astray, func(h *held) { h.where = OnShelf })
	case Released:
		if err := o.wholeDocument(e); err != nil {
			return err
		}
		return o.dispose(e, OnShelf, Declassified)
	case Sent:
		o.links[e.Ref] = &link{what: e.What, carriers: e.Carriers, from: e.By, unit: e.Unit, due: e.Due}
		return o.move(e, OnShelf, func(h *held) { h.where, h.link = Moving, e.Ref })
	case Acknowledged:
		if err := o.close(e, Sent, func(*held, *link) {}); err != nil {
			return err
		}
		return o.dispose(e, OnShelf, e.Fate)
	case Listed:
		return o.move(e, OnShelf, func(h *held) { h.where, h.link, h.place = OnList, e.Ref, e.Place })
	case Delisted:
		return o.move(e, OnList, func(h *held) { h.where, h.link, h.place = OnShelf, 0, e.Place })
	case Shredded:
		return o.dispose(e, OnList, Destroyed)
	}
	return nil
}

// wholeDocument: every carrier of the document that is held is named.
func (o *Oracle) wholeDocument(e Event) error {
	if int(e.Document) >= len(o.first) {
		return refuse(e, "document %d is not entered", e.Document)
	}
	for id := o.first[e.Document]; id != 0; id = o.carriers[id].next {
		if o.carriers[id].where != Gone && !slices.Contains(e.Carriers, id) {
			return refuse(e, "carrier %d of the document is left out", id)
		}
	}
	return nil
}

// move changes carriers that must all be in one state.
func (o *Oracle) move(e Event, from Where, do func(*held)) error {
	for _, id := range e.Carriers {
		h := &o.carriers[id]
		if h.where != from {
			return refuse(e, "carrier %d is %s, not %s", id, h.where, from)
		}
		do(h)
	}
	return nil
}

// close ends a link; exactly its carriers come back.
func (o *Oracle) close(e Event, what What, do func(*held, *link)) error {
	l := o.links[e.Ref]
	if l == nil || l.what != what || !slices.Equal(l.carriers, e.Carriers) {
		return refuse(e, "nothing like it is open under %d", e.Ref)
	}
	delete(o.links, e.Ref)
	for _, id := range e.Carriers {
		h := &o.carriers[id]
		h.where, h.link = OnShelf, 0
		do(h, l)
	}
	return nil
}

func (o *Oracle) enter(e Event, from origin) error {
	for _, c := range e.Entries {
		for int(c.ID) >= len(o.carriers) {
			o.carriers = append(o.carriers, held{})
		}
		for int(c.Document) >= len(o.first) {
			o.first = append(o.first, 0)
		}
		h := &o.carriers[c.ID]
		if h.origin != unknown {
			return refuse(e, "carrier %d is entered twice", c.ID)
		}
		if from == copied && c.Class != o.carriers[c.Parent].class {
			return refuse(e, "copy %d does not inherit its class", c.ID)
		}
		*h = held{doc: c.Document, next: o.first[c.Document], keeper: e.By, holder: e.By, class: c.Class, kind: c.Kind, origin: from}
		o.first[c.Document] = c.ID
		r := o.row(h)
		if from == received {
			r.Received++
		} else {
			r.Made++
		}
	}
	return nil
}

func (o *Oracle) dispose(e Event, from Where, fate Fate) error {
	if !fate.Disposal() {
		return refuse(e, "%s is no disposal", fate)
	}
	return o.move(e, from, func(h *held) {
		h.where, h.fate, h.holder, h.place = Gone, fate, 0, 0
		o.row(h).Out[fate]++
	})
}

func (o *Oracle) regrade(h *held, to Class) {
	o.row(h).Regraded--
	h.class = to
	o.row(h).Regraded++
}

// Holdings are the carriers for which a person answers now: in his hands, or
// kept by him, or given away and not yet accepted.
func (o *Oracle) Holdings(p PersonID) []CarrierID {
	var out []CarrierID
	for id := range o.carriers {
		if h := &o.carriers[id]; h.origin != unknown && h.where != Gone && h.holder == p {
			out = append(out, CarrierID(id))
		}
	}
	return out
}

// Carrier says where a carrier is, who answers for it, and its fate.
func (o *Oracle) Carrier(id CarrierID) (where Where, holder PersonID, place PlaceID, fate Fate) {
	h := o.carriers[id]
	return h.where, h.holder, h.place, h.fate
}

// At are the carriers that should be on the shelf of a place.
func (o *Oracle) At(p PlaceID) []CarrierID {
	var out []CarrierID
	for id := range o.carriers {
		if h := &o.carriers[id]; h.origin != unknown && h.place == p && (h.where == OnShelf || h.where == Astray || h.where == OnList) {
			out = append(out, CarrierID(id))
		}
	}
	return out
}

// Open is one thing that is not closed.
type Open struct {
	Ref      Ref         `json:"ref"`
	What     What        `json:"what"` // Took, Lent, HandedOver or Sent
	Carriers []CarrierID `json:"carriers"`
	To       PersonID    `json:"to,omitzero"` // or
	Unit     UnitID      `json:"unit,omitzero"`
	Due      time.Time   `json:"due"`
}

// Overdue is everything open that was due before a time, by number.
func (o *Oracle) Overdue(at time.Time) []Open {
	return slices.DeleteFunc(o.Open(), func(x Open) bool { return !x.Due.Before(at) })
}

// Open is everything that is not closed, by number.
func (o *Oracle) Open() []Open {
	var out []Open
	for _, ref := range slices.SortedFunc(maps.Keys(o.links), cmp.Compare[Ref]) {
		l := o.links[ref]
		out = append(out, Open{ref, l.what, l.carriers, l.to, l.unit, l.due})
	}
	return out
}
