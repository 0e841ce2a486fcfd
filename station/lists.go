package station

import (
	"context"
	"errors"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// Lists implements Lists.
func (s *Station) Lists(ctx context.Context) ([]ListView, error) {
	rows, err := s.deps.Register.Lists(ctx)
	if err != nil {
		return nil, toFault(err)
	}
	out := []ListView{}
	for _, r := range rows {
		v, err := s.listView(ctx, r, false)
		if err != nil {
			return nil, toFault(err)
		}
		out = append(out, v)
	}
	return out, nil
}

// List implements Lists.
func (s *Station) List(ctx context.Context, id string) (ListView, error) {
	r, err := s.listRow(ctx, id)
	if err != nil {
		return ListView{}, toFault(err)
	}
	v, err := s.listView(ctx, r, true)
	return v, toFault(err)
}

func (s *Station) listRow(ctx context.Context, id string) (ListRow, error) {
	r, ok, err := s.deps.Register.List(ctx, id)
	if err != nil {
		return ListRow{}, err
	}
	if !ok {
		return ListRow{}, fault.New("usage.not-found", nil, "list "+id)
	}
	return r, nil
}

// listView shows a list; full adds the totals by kind and level.
func (s *Station) listView(ctx context.Context, r ListRow, full bool) (ListView, error) {
	v := ListView{ID: r.List, Encoding: r.Encoding, SHA256: r.SHA256, Rows: r.Rows, Skipped: r.Skipped, Received: r.Receiver != "", Receiver: r.Receiver,
		Kinds: map[string]int64{}, Levels: map[string]int64{}}
	p, err := s.payloadAt(ctx, r.Index)
	if err != nil {
		return ListView{}, err
	}
	v.At = p.At
	acts, err := s.receipt(ctx, r.List)
	if err != nil {
		return ListView{}, err
	}
	showReceipt(&v, acts)
	if v.Number, err = s.opened(ctx, r.Event, "/body/number"); err != nil {
		return ListView{}, err
	}
	if !full {
		return v, nil
	}
	err = s.deps.Register.EachCarrier(ctx, index.Search{List: r.List}, func(c CarrierRow) error {
		v.Kinds[c.Kind]++
		v.Levels[c.Level]++
		return nil
	})
	return v, err
}

// ReceiveList implements Lists.
func (s *Station) ReceiveList(ctx context.Context, list string, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "list-receive", by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, "list-receive")
		if err != nil {
			return err
		}
		r, err := s.listRow(ctx, list)
		if err != nil {
			return err
		}
		acts, err := s.receipt(ctx, r.List)
		if err != nil {
			return err
		}
		due, err := s.dueOf(ctx, r.List)
		if err != nil {
			return err
		}
		if err := mayReceive(acts, due); err != nil {
			return err
		}
		need, err := s.needOf(ctx, custody.ActKeep, due.what)
		if err != nil {
			return err
		}
		if err := need.fit(ctx, s, x.person.Person); err != nil {
			return err
		}
		if v, err = s.signed(ctx, x, by.PIN, note{kind: leaf.ListReceived, actors: []leaf.Actor{x.signs(role)}, rows: need.Rows,
			subjects: []string{leaf.ListSubject + r.List}, body: &leaf.Received{List: r.List, Count: due.registered}}, nil); err != nil {
			return err
		}
		s.hub.send(Event{Type: "list", Subject: r.List, What: "received", Zh: x.person.Person + " 已签收", En: x.person.Person + " signed for it"})
		return nil
	})
	return v, err
}

// Find implements Lists.
func (s *Station) Find(ctx context.Context, carrier, reason, sessionID string) (CarrierView, error) {
	err := s.act(ctx, "carrier-find", sessionID, func() error {
		x, role, err := s.gate(ctx, sessionID, "carrier-find")
		if err != nil {
			return err
		}
		c, err := s.carrierRow(ctx, carrier)
		if err != nil {
			return err
		}
		if reason == "" {
			return fault.New("usage.bad-request", errors.New("no reason"), "reason")
		}
		sec := s.secrets()
		n := note{kind: leaf.CarrierFound, actors: []leaf.Actor{x.asserts(role)}, subjects: carrierSubject(c.ID),
			body: &leaf.Found{Reason: sec.of("reason", reason)}, openings: sec.openings}
		if sec.err != nil {
			return sec.err
		}
		_, err = s.record(ctx, n)
		return err
	})
	if err != nil {
		return CarrierView{}, err
	}
	return s.Carrier(ctx, carrier)
}
