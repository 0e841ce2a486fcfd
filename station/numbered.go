package station

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// numberOf is the unit's number that an event gave its thing, "" = none.
func numberOf(p leaf.Payload) string {
	switch b := p.Body.(type) {
	case *leaf.Inspection:
		return b.Number
	case *leaf.Incident:
		return b.Number
	case *leaf.Campaign:
		return b.Number
	case *leaf.Request:
		return b.Number
	case *leaf.Movement:
		return b.Number
	}
	return ""
}

// numbered finds a thing by its id, or else by the unit's number, with the event that entered it.
func numbered[T custody.Thing](ctx context.Context, s *Station, what, given string) (T, ThingRow, leaf.Payload, error) {
	t, row, err := named[T](ctx, s, what, given)
	if err != nil {
		return t, row, leaf.Payload{}, err
	}
	p, err := s.payloadAt(ctx, row.Index)
	return t, row, p, err
}

// named is numbered without the event.
func named[T custody.Thing](ctx context.Context, s *Station, what, given string) (T, ThingRow, error) {
	t, row, err := thing[T](ctx, s, what, given)
	if err == nil || given == "" || fault.From(err).Code != "usage.not-found" {
		return t, row, err
	}
	var ok bool
	if row, ok, err = s.deps.Register.ThingByNumber(ctx, t.Ref().Kind, given); err != nil {
		return t, row, err
	}
	if !ok {
		return t, row, fault.New("usage.not-found", nil, what+" "+given)
	}
	return row.Thing.(T), row, nil
}

// tagged gives every thing of type T that has all these tags, in the order of entry; an empty value asks for nothing.
func tagged[T custody.Thing](ctx context.Context, s *Station, of map[index.Tag]string, each func(T, ThingRow) error) error {
	var t T
	q := index.ThingSearch{Kind: t.Ref().Kind, Tags: tags(of), Order: index.ByEntered, Limit: index.MaxPage}
	for {
		found, err := s.deps.Register.FindThings(ctx, q)
		if err != nil {
			return err
		}
		for _, h := range found.Hits {
			v, ok := h.Thing.Thing.(T)
			if !ok {
				return fmt.Errorf("internal error: a %s is a %T", q.Kind, h.Thing.Thing)
			}
			if err := each(v, ThingRow(h.Thing)); err != nil {
				return err
			}
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// newNumber refuses a number that cannot be written or that another thing of the kind has; "" is none.
func newNumber[T custody.Thing](ctx context.Context, s *Station, what, given string) error {
	if given == "" {
		return nil
	}
	if err := checkWritten(given, "编号", "number"); err != nil {
		return err
	}
	_, _, err := named[T](ctx, s, what, given)
	switch {
	case err == nil:
		return fault.New("usage.bad-request", nil, "number "+given)
	case fault.From(err).Code == "usage.not-found":
		return nil
	}
	return err
}

// newID is an id for a new thing; later ones are greater.
func (s *Station) newID() (string, error) {
	id, err := uuid.NewV7FromReader(s.deps.Rand)
	if err != nil {
		return "", fmt.Errorf("cannot make an id: %w", err)
	}
	return id.String(), nil
}

// lastSaid is the private text that the newest event of a kind about a subject holds at path, "" when there is none.
func (s *Station) lastSaid(ctx context.Context, events []EventRow, kind leaf.Kind, path string) (string, error) {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind == kind {
			return s.opened(ctx, events[i].ID, path)
		}
	}
	return "", nil
}
