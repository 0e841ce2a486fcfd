package custody

import (
	"cmp"
	"slices"
)

// Memory is a View in memory, for those who replay a history that is not in a
// database. The zero value is an empty view. It is not safe for concurrent use.
type Memory struct {
	carriers map[string]Carrier
	batches  map[string]Batch
	members  map[string]map[string]bool // batch -> carrier ids
	lists    map[string][]string        // list -> carrier ids, in the order of registration
}

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
		m.carriers, m.batches = map[string]Carrier{}, map[string]Batch{}
		m.members, m.lists = map[string]map[string]bool{}, map[string][]string{}
	}
	for _, c := range c.Carriers {
		old, known := m.carriers[c.ID]
		if !known {
			m.lists[c.List] = append(m.lists[c.List], c.ID)
		}
		if old.Batch != c.Batch {
			delete(m.members[old.Batch], c.ID)
		}
		if c.Batch != "" {
			if m.members[c.Batch] == nil {
				m.members[c.Batch] = map[string]bool{}
			}
			m.members[c.Batch][c.ID] = true
		}
		m.carriers[c.ID] = c
	}
	for _, b := range c.Batches {
		m.batches[b.ID] = b
	}
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
