package certificate

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"sexton/ledger/leaf"
)

// Source is a log that leaves are chosen from. The ledger and its index
// implement it together.
type Source interface {
	// Leaf returns the exact bytes at index.
	Leaf(ctx context.Context, index int64) ([]byte, error)
	// Events lists the indexes of all leaves whose payload names subject, ascending.
	Events(ctx context.Context, subject string) ([]int64, error)
	// Carriers lists every carrier that a count of batch ever found or missed, by id.
	Carriers(ctx context.Context, batch string) ([]string, error)
}

// Select chooses the leaves a certificate of batch rests on, among those with
// an index below before:
//
//   - the genesis leaf;
//   - every leaf that names the batch;
//   - every leaf that names a carrier which was ever counted into the batch, and
//     the same for every other batch such a carrier was in, and so on: a history is
//     only replayed whole;
//   - list.imported, list.counted, list.numbered and list.received of the lists the
//     carriers came from;
//   - machine.enrolled of the machines, policy.adopted of the profiles and
//     person.enrolled of every person who appears in the leaves above.
//
// Leaves come in index order. The choice depends on nothing but the log.
func Select(ctx context.Context, src Source, batch string, before int64) ([]Leaf, error) {
	s := &selection{ctx: ctx, src: src, before: before, taken: make(map[int64]Leaf), done: make(map[string]bool)}
	if err := s.take(0); err != nil {
		return nil, fmt.Errorf("cannot select leaves: %w", err)
	}
	s.want(leaf.BatchSubject + batch)
	for len(s.queue) > 0 {
		subject := s.queue[0]
		s.queue = s.queue[1:]
		if err := s.follow(subject); err != nil {
			return nil, fmt.Errorf("cannot select leaves of %s: %w", clip(subject), err)
		}
	}
	out := make([]Leaf, 0, len(s.taken))
	for _, l := range s.taken {
		out = append(out, l)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Index < out[j].Index })
	return out, nil
}

type selection struct {
	ctx    context.Context
	src    Source
	before int64
	taken  map[int64]Leaf
	done   map[string]bool
	queue  []string
}

func (s *selection) want(subject string) {
	if !s.done[subject] {
		s.done[subject] = true
		s.queue = append(s.queue, subject)
	}
}

func (s *selection) follow(subject string) error {
	indexes, err := s.src.Events(s.ctx, subject)
	if err != nil {
		return err
	}
	for _, i := range indexes {
		if err := s.take(i); err != nil {
			return err
		}
	}
	batch, ok := strings.CutPrefix(subject, leaf.BatchSubject)
	if !ok {
		return nil
	}
	carriers, err := s.src.Carriers(s.ctx, batch)
	if err != nil {
		return err
	}
	for _, c := range carriers {
		s.want(leaf.CarrierSubject + c)
	}
	return nil
}

// take adds the leaf at index if it belongs to a certificate, and whatever it
// refers to.
func (s *selection) take(index int64) error {
	if _, ok := s.taken[index]; ok || index >= s.before {
		return nil
	}
	data, err := s.src.Leaf(s.ctx, index)
	if err != nil {
		return err
	}
	p, err := s.payload(index, data)
	if err != nil {
		return fmt.Errorf("leaf %d: %w", index, err)
	}
	if !s.belongs(p) {
		return nil
	}
	s.taken[index] = Leaf{Index: index, Bytes: data}
	s.refer(p)
	return nil
}

// payload decodes data, unless the source has done so already.
func (s *selection) payload(index int64, data []byte) (leaf.Payload, error) {
	if own, ok := s.src.(source); ok {
		if e := own.event(index); e != nil {
			return e.Payload, nil
		}
	}
	_, p, err := leaf.Decode(data)
	return p, err
}

// belongs is called for leaves found by a subject that is wanted. Of lists,
// persons, machines, policies and the station only their entries count, not
// whatever else names them.
func (s *selection) belongs(p leaf.Payload) bool {
	switch p.Kind {
	case leaf.StationInitialised, leaf.ListImported, leaf.ListCounted, leaf.ListNumbered, leaf.ListReceived, leaf.MachineEnrolled, leaf.PolicyAdopted, leaf.PersonEnrolled:
		return true
	}
	for _, subject := range p.Subjects {
		if s.done[subject] && (strings.HasPrefix(subject, leaf.CarrierSubject) || strings.HasPrefix(subject, leaf.BatchSubject)) {
			return true
		}
	}
	return false
}

func (s *selection) refer(p leaf.Payload) {
	for _, a := range p.Actors {
		s.want(leaf.PersonSubject + a.Person)
	}
	if p.Policy.Profile != "" {
		s.want(leaf.PolicySubject + p.Policy.Profile)
	}
	for _, subject := range p.Subjects {
		if strings.HasPrefix(subject, leaf.BatchSubject) || strings.HasPrefix(subject, leaf.ListSubject) {
			s.want(subject)
		}
	}
	switch b := p.Body.(type) {
	case *leaf.Registered:
		s.want(leaf.ListSubject + b.List)
	case *leaf.Opened:
		if b.List != "" {
			s.want(leaf.ListSubject + b.List)
		}
	case *leaf.Counted:
		s.want(leaf.BatchSubject + b.Batch)
	case *leaf.Missing:
		s.want(leaf.BatchSubject + b.Batch)
	case *leaf.Sealed:
		s.want(leaf.BatchSubject + b.Batch)
	case *leaf.Manifest:
		s.want(leaf.MachineSubject + b.Machine)
	case *leaf.Outcome:
		if b.Evidence != nil && b.Evidence.Machine != "" {
			s.want(leaf.MachineSubject + b.Evidence.Machine)
		}
	}
}

// source is a history as Select wants to see it.
type source struct{ h *History }

func (s source) event(index int64) *Event {
	events := s.h.Events
	i := sort.Search(len(events), func(i int) bool { return events[i].Index >= index })
	if i == len(events) || events[i].Index != index {
		return nil
	}
	return events[i]
}

func (s source) Leaf(_ context.Context, index int64) ([]byte, error) {
	if e := s.event(index); e != nil {
		return e.Bytes, nil
	}
	return nil, fmt.Errorf("leaf %d is not in the history", index)
}

func (s source) Events(_ context.Context, subject string) ([]int64, error) {
	var out []int64
	for _, e := range s.h.bySubj[subject] {
		out = append(out, e.Index)
	}
	return out, nil
}

func (s source) Carriers(_ context.Context, batch string) ([]string, error) {
	return sortedKeys(s.h.counted[batch]), nil
}

// Superfluous lists the events that Select would not choose for batch from
// the history's own leaves.
func (h *History) Superfluous(batch string) ([]*Event, error) {
	chosen, err := Select(context.Background(), source{h}, batch, 1<<62)
	if err != nil {
		return nil, err
	}
	keep := make(map[int64]bool, len(chosen))
	for _, l := range chosen {
		keep[l.Index] = true
	}
	var out []*Event
	for _, e := range h.Events {
		if !keep[e.Index] {
			out = append(out, e)
		}
	}
	return out, nil
}
