package station

import (
	"context"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// Movement implements Movements.
func (s *Station) Movement(ctx context.Context, name string) (MovementView, error) {
	m, err := s.movementRow(ctx, name)
	if err != nil {
		return MovementView{}, toFault(err)
	}
	v, err := s.movementView(ctx, m.ID, true)
	return v, toFault(err)
}

// Movements implements Movements.
func (s *Station) Movements(ctx context.Context, f MovementFilter) (MovementPage, error) {
	page, err := s.movementPage(ctx, f)
	return page, toFault(err)
}

func (s *Station) movementPage(ctx context.Context, f MovementFilter) (MovementPage, error) {
	q := index.ThingSearch{Kind: custody.MovementThing, Order: index.ByNewest, After: f.After, Limit: pageLimit(f.Limit), Tags: tags(map[index.Tag]string{
		index.TagAct: f.Act, index.TagState: f.State, index.TagFrom: f.From, index.TagTo: f.To, index.TagCampaign: f.Campaign})}
	if f.Open {
		q.Tags[index.TagOpen] = []string{"true"}
	}
	if f.Overdue {
		q.DueBefore = s.now()
	}
	found, err := s.deps.Register.FindThings(ctx, q)
	if err != nil {
		return MovementPage{}, err
	}
	page := MovementPage{Movements: []MovementView{}, Total: found.Count, Next: found.Next, Searched: SearchedView(found.Searched)}
	for _, h := range found.Hits {
		v, err := s.movementView(ctx, h.Thing.Thing.Ref().ID, false)
		if err != nil {
			return MovementPage{}, err
		}
		page.Movements = append(page.Movements, v)
	}
	return page, nil
}

// openLink says that something of a movement is not yet signed for or not yet back.
func openLink(m custody.Movement) bool {
	return m.State == custody.MovementOpened || m.State == custody.MovementAccepted
}

// overdue says that something of a movement should be back, or its receipt here, by now.
func (s *Station) overdue(m custody.Movement) bool {
	return openLink(m) && !m.Due.IsZero() && s.now().After(m.Due)
}

// movementView shows a movement; full adds its history.
func (s *Station) movementView(ctx context.Context, id string, full bool) (MovementView, error) {
	m, err := s.movementRow(ctx, id)
	if err != nil {
		return MovementView{}, err
	}
	p, err := s.payloadAt(ctx, m.index)
	if err != nil {
		return MovementView{}, err
	}
	open, err := s.openings(ctx, m.event)
	if err != nil {
		return MovementView{}, err
	}
	v := MovementView{ID: m.ID, Act: m.Act, ActZh: fault.Term(m.Act), State: string(m.State), StateZh: movementStatesZh[m.State], Outside: m.Outside,
		Place: m.Place, Channel: m.Channel, Courier: open["courier"], Seals: []string{}, Escorts: append([]string{}, m.Escorts...), Request: m.Request,
		Campaign: m.Campaign, Purpose: open["purpose"], Due: m.Due, Overdue: s.overdue(m.Movement), Out: m.Out, Opened: m.Opened, Accepted: m.Accepted,
		History: []HistoryView{}}
	if b, ok := p.Body.(*leaf.Movement); ok {
		v.Number, v.Seals = b.Number, append(v.Seals, b.Seals...)
	}
	if v.From, err = s.handView(ctx, m.From); err != nil {
		return MovementView{}, err
	}
	if m.Outside {
		v.To = HandView{Person: m.To, OutsideParty: open["party"]}
	} else if v.To, err = s.handView(ctx, m.To); err != nil {
		return MovementView{}, err
	}
	if v.Carriers, err = s.movedCarriers(ctx, m.Movement); err != nil {
		return MovementView{}, err
	}
	if !full {
		return v, nil
	}
	if v.History, err = s.history(ctx, leaf.MovementSubject+m.ID); err != nil {
		return MovementView{}, err
	}
	v.Receipt, err = s.receiptOf(ctx, v.History, m.Movement)
	return v, err
}

// receiptOf is the number of the receipt slip of a party outside.
func (s *Station) receiptOf(ctx context.Context, history []HistoryView, m custody.Movement) (string, error) {
	for _, h := range history {
		if h.Hash != m.Taken {
			continue
		}
		p, err := s.payloadAt(ctx, h.Index)
		if err != nil {
			return "", err
		}
		return s.opened(ctx, p.ID, "/body/receipt")
	}
	return "", nil
}

// handView shows one end of a movement with the clearance of the person (form 流转审批表 names both).
func (s *Station) handView(ctx context.Context, person string) (HandView, error) {
	v := HandView{Person: person}
	row, ok, err := s.deps.Register.Person(ctx, person)
	if err != nil || !ok {
		return v, err
	}
	if v.Name, err = s.opened(ctx, row.Event, "/body/name"); err != nil {
		return v, err
	}
	t, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PostThing, ID: person})
	if post, is := t.Thing.(custody.Post); ok && is {
		v.Clearance, v.ClearanceZh = post.Clearance, levelZh(post.Clearance)
	}
	return v, err
}

func (s *Station) movedCarriers(ctx context.Context, m custody.Movement) ([]MovedCarrier, error) {
	out := []MovedCarrier{}
	for _, id := range m.Carriers {
		c, err := s.carrierRow(ctx, id)
		if err != nil {
			return nil, err
		}
		open, err := s.openings(ctx, c.Event)
		if err != nil {
			return nil, err
		}
		out = append(out, MovedCarrier{Number: c.Number, Title: open["title"], Copy: open["copy"], ClassificationZh: levelZh(c.Level), State: c.State.String(),
			StateZh: c.State.Zh(), Where: c.Where.String(), WhereZh: c.Where.Zh(), Out: c.Movement == m.ID})
	}
	return out, nil
}

// OpenLinks implements Movements.
func (s *Station) OpenLinks(ctx context.Context, o PageOptions) (MovementPage, error) {
	return s.Movements(ctx, MovementFilter{Open: true, After: o.After, Limit: o.Limit})
}
