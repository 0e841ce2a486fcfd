package custody

import (
	"cmp"
	"maps"
	"slices"
)

// Memory is a View in memory, for those who replay a history that is not in a
// database. The zero value is an empty view. It is not safe for concurrent use.
type Memory struct {
	Part bool // the history is a part of one: see View.Whole

	things   map[Ref]Thing
	knew     []Knew
	carriers map[string]Carrier
	batches  map[string]Batch
	members  sets                // batch -> carrier ids
	copies   sets                // document -> carrier ids
	holders  sets                // person -> ids of what he keeps or has in hand
	lists    map[string][]string // list -> carrier ids, in the order of registration
}

// sets are sets of ids by a key; the key "" has none.
type sets map[string]map[string]bool

func (s sets) add(key, id string) {
	if key == "" {
		return
	}
	if s[key] == nil {
		s[key] = map[string]bool{}
	}
	s[key][id] = true
}

func (s sets) remove(key, id string) {
	delete(s[key], id)
	if len(s[key]) == 0 {
		delete(s, key)
	}
}

func (s sets) sorted(key string) []string { return slices.Sorted(maps.Keys(s[key])) }

// Play applies one record and keeps its change. With an error nothing changes.
func (m *Memory) Play(r Record) (Change, error) {
	c, err := Step(m, r)
	if err != nil {
		return Change{}, err
	}
	m.Put(c)
	return c, nil
}

// Put keeps a change.
func (m *Memory) Put(c Change) {
	if m.carriers == nil {
		m.carriers, m.batches, m.things = map[string]Carrier{}, map[string]Batch{}, map[Ref]Thing{}
		m.members, m.copies, m.holders, m.lists = sets{}, sets{}, sets{}, map[string][]string{}
	}
	for _, c := range c.Carriers {
		m.putCarrier(c)
	}
	for _, b := range c.Batches {
		m.batches[b.ID] = b
	}
	for _, t := range c.Things {
		m.things[t.Ref()] = t
	}
	m.knew = append(m.knew, c.Knew...)
}

func (m *Memory) putCarrier(c Carrier) {
	old, known := m.carriers[c.ID]
	if !known {
		m.copies.add(c.Document, c.ID)
		if c.List != "" {
			m.lists[c.List] = append(m.lists[c.List], c.ID)
		}
	}
	m.members.remove(old.Batch, c.ID)
	m.members.add(c.Batch, c.ID)
	m.holders.remove(old.Keeper, c.ID)
	m.holders.remove(old.With, c.ID)
	m.holders.add(c.Keeper, c.ID)
	m.holders.add(c.With, c.ID)
	m.carriers[c.ID] = c
}

// Thing implements View.
func (m *Memory) Thing(ref Ref) (Thing, bool, error) {
	t, ok := m.things[ref]
	return t, ok, nil
}

// CopiesOf implements View.
func (m *Memory) CopiesOf(document string) ([]string, error) { return m.copies.sorted(document), nil }

// Outstanding implements View.
func (m *Memory) Outstanding(person string) ([]string, error) { return m.holders.sorted(person), nil }

// Whole implements View.
func (m *Memory) Whole() bool { return !m.Part }

// Knew lists who had what in hand, in the order of the ledger.
func (m *Memory) Knew() []Knew { return slices.Clone(m.knew) }

// Things lists every thing of a kind by id.
func (m *Memory) Things(kind ThingKind) []Thing {
	var all []Thing
	for ref, t := range m.things {
		if ref.Kind == kind {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Thing) int { return cmp.Compare(a.Ref().ID, b.Ref().ID) })
	return all
}

// Carrier implements View.
func (m *Memory) Carrier(id string) (Carrier, bool, error) {
	c, ok := m.carriers[id]
	return c, ok, nil
}

// Batch implements View.
func (m *Memory) Batch(id string) (Batch, bool, error) {
	b, ok := m.batches[id]
	return b, ok, nil
}

// Members implements View.
func (m *Memory) Members(batch string) ([]string, error) {
	var all []Carrier
	for id := range m.members[batch] {
		all = append(all, m.carriers[id])
	}
	slices.SortFunc(all, func(a, b Carrier) int {
		if (a.Index < 0) != (b.Index < 0) {
			return cmp.Compare(b.Index, a.Index) // sealed ones first
		}
		return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.ID, b.ID))
	})
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, nil
}

// Listed implements View.
func (m *Memory) Listed(list string) ([]string, error) {
	ids := slices.Clone(m.lists[list])
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(m.carriers[a].Row, m.carriers[b].Row) })
	return ids, nil
}

// Carriers lists every carrier by id.
func (m *Memory) Carriers() []Carrier {
	all := make([]Carrier, 0, len(m.carriers))
	for _, c := range m.carriers {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Carrier) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Batches lists every batch by id.
func (m *Memory) Batches() []Batch {
	all := make([]Batch, 0, len(m.batches))
	for _, b := range m.batches {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b Batch) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
