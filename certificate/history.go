package certificate

import (
	"fmt"
	"slices"
	"sort"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Event is one decoded leaf of a history.
type Event struct {
	Leaf
	Field    string // name for messages: "segments[2].leaves[7]" or "leaf 41"
	Hash     string // lower hex RFC 6962 leaf hash
	Envelope leaf.Envelope
	Payload  leaf.Payload
	Record   custody.Record
}

// History is a part of one log's events in index order, and what custody says
// of them once Replay has run.
type History struct {
	Events []*Event

	// Indexes, so that no question costs more than its answer: a hostile file
	// may hold hundreds of thousands of leaves.
	bySubj  map[string][]*Event
	byKind  map[leaf.Kind][]*Event
	byHash  map[string]*Event
	persons map[string][]*Event        // person -> his enrolments
	counted map[string]map[string]bool // batch -> carriers whose records name it

	carriers map[string]custody.Carrier
	batches  map[string]custody.Batch
	things   map[custody.Ref]custody.Thing
	inBatch  map[string]map[string]bool // batch -> carriers in it now
	inList   map[string]map[string]bool // list -> carriers registered from it
}

// NewHistory decodes leaves that are in ascending order of index. The first
// leaf that is not a well-formed event is an error that names it.
func NewHistory(leaves []Leaf) (*History, error) {
	h := empty(len(leaves))
	for _, l := range leaves {
		if err := h.add(l, fmt.Sprintf("leaf %d", l.Index)); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// History decodes the leaves of the bundle. Errors name the field.
func (b *Bundle) History() (*History, error) {
	n := 0
	for _, s := range b.Segments {
		n += len(s.Leaves)
	}
	h := empty(n)
	for i, s := range b.Segments {
		for j, l := range s.Leaves {
			field := fmt.Sprintf("segments[%d].leaves[%d]", i, j)
			if err := h.add(Leaf{Index: s.Start + int64(j), Bytes: []byte(l)}, field); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

func empty(n int) *History {
	h := &History{
		Events: make([]*Event, 0, n), bySubj: make(map[string][]*Event), byKind: make(map[leaf.Kind][]*Event),
		byHash: make(map[string]*Event, n), persons: make(map[string][]*Event), counted: make(map[string]map[string]bool),
	}
	h.forget()
	return h
}

// forget empties the register that Replay fills.
func (h *History) forget() {
	h.carriers, h.batches = make(map[string]custody.Carrier), make(map[string]custody.Batch)
	h.things = make(map[custody.Ref]custody.Thing)
	h.inBatch, h.inList = make(map[string]map[string]bool), make(map[string]map[string]bool)
}

// index files one event.
func (h *History) index(e *Event) {
	h.Events = append(h.Events, e)
	h.byHash[e.Hash] = e
	h.byKind[e.Payload.Kind] = append(h.byKind[e.Payload.Kind], e)
	for _, s := range e.Payload.Subjects {
		h.bySubj[s] = append(h.bySubj[s], e)
	}
	if p, ok := e.Payload.Body.(*leaf.Enrolled); ok {
		h.persons[p.Person] = append(h.persons[p.Person], e)
	}
	if e.Record.Carrier != "" && e.Record.Batch != "" {
		put(h.counted, e.Record.Batch, e.Record.Carrier)
	}
}

func put(m map[string]map[string]bool, key, value string) {
	if m[key] == nil {
		m[key] = make(map[string]bool)
	}
	m[key][value] = true
}

func (h *History) add(l Leaf, field string) error {
	if n := len(h.Events); n > 0 && h.Events[n-1].Index >= l.Index {
		return at(field, "index %d follows index %d", l.Index, h.Events[n-1].Index)
	}
	env, p, err := leaf.Decode(l.Bytes)
	if err != nil {
		return at(field, "%w", err)
	}
	e := &Event{Leaf: l, Field: field, Hash: leaf.Hash(l.Bytes), Envelope: env, Payload: p}
	e.Record, err = leaf.Record(e.Hash, p)
	if err != nil {
		return at(field, "%w", err)
	}
	e.Record.Index = l.Index
	h.index(e)
	return nil
}

// Of lists the events that name subject, in index order.
func (h *History) Of(subject string) []*Event { return h.bySubj[subject] }

// ByHash finds an event by its leaf hash.
func (h *History) ByHash(hash string) (*Event, bool) {
	e, ok := h.byHash[hash]
	return e, ok
}

// OfKind lists the events of one kind, in index order.
func (h *History) OfKind(kind leaf.Kind) []*Event { return h.byKind[kind] }

// Replay runs every event through custody.Step, from an empty register. It
// stops at the first event that custody refuses; the error names it.
func (h *History) Replay() error {
	h.forget()
	for _, e := range h.Events {
		if err := h.step(e); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) step(e *Event) error {
	c, err := custody.Step(view{h}, e.Record)
	if err != nil {
		return at(e.Field, "%s at index %d: %w", e.Payload.Kind, e.Index, err)
	}
	for _, v := range c.Carriers {
		if old := h.carriers[v.ID]; old.Batch != v.Batch {
			delete(h.inBatch[old.Batch], v.ID)
		}
		h.carriers[v.ID] = v
		put(h.inBatch, v.Batch, v.ID)
		put(h.inList, v.List, v.ID)
	}
	for _, v := range c.Batches {
		h.batches[v.ID] = v
	}
	for _, v := range c.Things {
		h.things[v.Ref()] = v
	}
	return nil
}

// Carrier is the custody state of a carrier after Replay.
func (h *History) Carrier(id string) (custody.Carrier, bool) {
	c, ok := h.carriers[id]
	return c, ok
}

// Batch is the custody state of a batch after Replay.
func (h *History) Batch(id string) (custody.Batch, bool) {
	b, ok := h.batches[id]
	return b, ok
}

// Members lists the carriers whose batch is batch: those in the manifest by
// place, then the others by id.
func (h *History) Members(batch string) []custody.Carrier {
	var out []custody.Carrier
	for id := range h.inBatch[batch] {
		out = append(out, h.carriers[id])
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if (a.Index < 0) != (b.Index < 0) {
			return b.Index < 0
		}
		if a.Index != b.Index {
			return a.Index < b.Index
		}
		return a.ID < b.ID
	})
	return out
}

// view is a history as custody wants to see it.
type view struct{ h *History }

func (v view) Carrier(id string) (custody.Carrier, bool, error) {
	c, ok := v.h.carriers[id]
	c.Counters = slices.Clone(c.Counters)
	return c, ok, nil
}

func (v view) Batch(id string) (custody.Batch, bool, error) {
	b, ok := v.h.batches[id]
	b.Authorisers = slices.Clone(b.Authorisers)
	b.AuthoriserKeys = slices.Clone(b.AuthoriserKeys)
	return b, ok, nil
}

func (v view) Members(batch string) ([]string, error) {
	members := v.h.Members(batch)
	ids := make([]string, len(members))
	for i, c := range members {
		ids[i] = c.ID
	}
	return ids, nil
}

func (v view) Listed(list string) ([]string, error) {
	var listed []custody.Carrier
	for id := range v.h.inList[list] {
		listed = append(listed, v.h.carriers[id])
	}
	sort.Slice(listed, func(i, j int) bool {
		return listed[i].Row < listed[j].Row || listed[i].Row == listed[j].Row && listed[i].ID < listed[j].ID
	})
	ids := make([]string, len(listed))
	for i, c := range listed {
		ids[i] = c.ID
	}
	return ids, nil
}

func (v view) Thing(ref custody.Ref) (custody.Thing, bool, error) {
	t, ok := v.h.things[ref]
	return t, ok, nil
}

func (v view) CopiesOf(document string) ([]string, error) {
	return v.where(func(c custody.Carrier) bool { return document != "" && c.Document == document }), nil
}

func (v view) Outstanding(person string) ([]string, error) {
	return v.where(func(c custody.Carrier) bool { return person != "" && (c.Keeper == person || c.With == person) }), nil
}

// Whole is false: a certificate holds the leaves of its carriers, not the register.
func (v view) Whole() bool { return false }

func (v view) where(is func(custody.Carrier) bool) []string {
	var ids []string
	for id, c := range v.h.carriers {
		if is(c) {
			ids = append(ids, id)
		}
	}
	sort.Strings(ids)
	return ids
}
