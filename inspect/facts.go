package inspect

import (
	"fmt"
	"sort"

	"sexton/certificate"
	"sexton/custody"
	"sexton/ledger/leaf"
)

// facts are the events of the certified batch, read from the leaves directly
// and not from what custody makes of them: two ways to the same answer.
type facts struct {
	id, number string

	opened, seal, approval, authorisation *certificate.Event
	reconciled, completed, certified      *certificate.Event
	releases, withdrawals                 []*certificate.Event
	manifest                              *leaf.Manifest
	decision                              *leaf.Decision
	grant                                 *leaf.Authorisation
	sums                                  *leaf.Reconciled
	outcome                               *leaf.Completed
	certificate                           *leaf.Certified
	machine                               *leaf.Machine // as enrolled before the seal, nil if it is not
	members                               []*member     // in manifest order
}

// member is one carrier of the manifest.
type member struct {
	registered, sealed, outcome *certificate.Event
	entry                       *leaf.Registered
	place                       *leaf.Sealed
	level, term                 string             // mark when it was sealed
	resolved                    *certificate.Event // nil when no case was closed
}

// batchActs finds the events of the batch that batch.certified names: one
// seal, approval, authorisation, reconciliation and completion, at least one
// release, and for each place of the manifest one carrier with its
// registration and outcome.
func (in *inspection) batchActs() (string, error) {
	certified, body, err := in.history.Certified()
	if err != nil {
		return "", at("segments", "%w", err)
	}
	f := &facts{id: body.Batch, number: body.Certificate, certified: certified, certificate: body}
	for _, e := range in.history.Of(leaf.BatchSubject + f.id) {
		if e.Record.Batch != f.id {
			continue // a record of something else that also names the batch
		}
		if err := f.act(e); err != nil {
			return "", err
		}
	}
	for _, w := range []struct {
		e    *certificate.Event
		kind leaf.Kind
	}{
		{f.opened, leaf.BatchOpened}, {f.seal, leaf.BatchSealed}, {f.approval, leaf.BatchApproved}, {f.authorisation, leaf.BatchAuthorised},
		{f.reconciled, leaf.BatchReconciled}, {f.completed, leaf.BatchCompleted},
	} {
		if w.e == nil {
			return "", at("segments", "there is no %s record of the batch", w.kind)
		}
	}
	if len(f.releases) == 0 {
		return "", at("segments", "there is no batch.released record of the batch")
	}
	if err := f.findMembers(in.history); err != nil {
		return "", err
	}
	f.machine = in.history.Machine(f.manifest.Machine, f.seal.Index)
	in.facts = f
	return fmt.Sprintf("batch %s, %d carriers", f.manifest.Number, len(f.members)), nil
}

// act files one event of the batch. Acts that may happen only once in the life
// of a certified batch are refused a second time.
func (f *facts) act(e *certificate.Event) error {
	once := func(to **certificate.Event) error {
		if *to != nil {
			return at(e.Field, "a second %s of the same batch; the first is %s", e.Payload.Kind, (*to).Field)
		}
		*to = e
		return nil
	}
	switch b := e.Payload.Body.(type) {
	case *leaf.Opened:
		return once(&f.opened)
	case *leaf.Manifest:
		f.manifest = b
		return once(&f.seal)
	case *leaf.Decision:
		if e.Payload.Kind != leaf.BatchApproved {
			return at(e.Field, "the batch was rejected")
		}
		f.decision = b
		return once(&f.approval)
	case *leaf.Authorisation:
		f.grant = b
		return once(&f.authorisation)
	case *leaf.Released:
		f.releases = append(f.releases, e)
	case *leaf.Withdrawn:
		f.withdrawals = append(f.withdrawals, e)
	case *leaf.Reconciled:
		f.sums = b
		return once(&f.reconciled)
	case *leaf.Completed:
		f.outcome = b
		return once(&f.completed)
	case *leaf.Voided:
		return at(e.Field, "the batch was voided")
	}
	return nil
}

func (f *facts) findMembers(h *certificate.History) error {
	registered := make(map[string]*certificate.Event)
	byCarrier := make(map[string]*member)
	for _, e := range h.Events {
		c := e.Record.Carrier
		switch b := e.Payload.Body.(type) {
		case *leaf.Registered:
			registered[c] = e
		case *leaf.Sealed:
			if b.Batch != f.id || e.Index > f.seal.Index {
				continue
			}
			r := registered[c]
			if r == nil {
				return at(e.Field, "carrier %s is sealed but never registered", show(c))
			}
			if byCarrier[c] != nil {
				return at(e.Field, "carrier %s is sealed twice in one batch", show(c))
			}
			m := &member{registered: r, sealed: e, entry: r.Payload.Body.(*leaf.Registered), place: b}
			m.level, m.term = h.Mark(c, e.Index)
			byCarrier[c] = m
			f.members = append(f.members, m)
		case *leaf.Resolved:
			if m := byCarrier[c]; m != nil && m.outcome != nil && b.Case == m.outcome.Hash {
				m.resolved = e
			}
		default:
			m := byCarrier[c]
			if m == nil || e.Record.Batch != f.id || certificate.Verdict(e) == custody.VerdictUnknown {
				continue
			}
			if m.outcome != nil {
				return at(e.Field, "carrier %s has a second outcome; the first is %s", show(c), m.outcome.Field)
			}
			m.outcome = e
		}
	}
	sort.SliceStable(f.members, func(i, j int) bool { return f.members[i].place.Index < f.members[j].place.Index })
	for i, m := range f.members {
		switch {
		case m.place.Index != int64(i):
			return at(m.sealed.Field+": /body/index", "place %d of the manifest, %d expected", m.place.Index, i)
		case m.outcome == nil:
			return at(m.sealed.Field, "carrier %s has no outcome", show(m.entry.Carrier))
		}
	}
	if len(f.members) == 0 {
		return at("segments", "no carrier is sealed in the batch")
	}
	return nil
}

// evidence of a member's outcome, nil when there is none.
func (m *member) evidence() *custody.Evidence {
	if o, ok := m.outcome.Payload.Body.(*leaf.Outcome); ok {
		return o.Evidence
	}
	return nil
}

// expectation is what feeding the carrier should have shown.
func (m *member) expectation() custody.Expectation {
	return custody.ExpectationFor(m.entry.CarrierKind, custody.Extent(m.entry.Extent), m.entry.Count)
}
