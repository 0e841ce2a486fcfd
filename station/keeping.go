package station

import (
	"context"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// StoreCarriers implements Keeping.
func (s *Station) StoreCarriers(ctx context.Context, o StoreOptions) (HeldPage, error) {
	var v HeldPage
	err := s.act(ctx, "carrier-store", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "carrier-store")
		if err != nil {
			return err
		}
		if o.Place == "" || len(o.Carriers) == 0 {
			return fault.New("usage.bad-request", nil, "place and carriers")
		}
		var rows []string
		var all []CarrierRow
		for chunk := range slices.Chunk(o.Carriers, leaf.MaxCarriers) {
			carriers, err := s.carrierRows(ctx, chunk)
			if err != nil {
				return err
			}
			need, err := s.needFor(ctx, custody.ActKeep, carriers, "")
			if err != nil {
				return err
			}
			if err := need.place(ctx, s, o.Place); err != nil {
				return err
			}
			if err := need.fit(ctx, s, x.person.Person); err != nil {
				return err
			}
			rows, all = append(rows, need.Rows...), append(all, carriers...)
		}
		rows = slices.Compact(slices.Sorted(slices.Values(rows)))
		_, err = s.write(ctx, func(p *pen) error {
			for chunk := range slices.Chunk(all, leaf.MaxCarriers) {
				if _, err := p.write(ctx, note{kind: leaf.CarrierStored, actors: []leaf.Actor{x.asserts(role)}, rows: rows,
					subjects: append([]string{leaf.PlaceSubject + o.Place}, carrierSubjects(chunk)...), body: &leaf.Stored{Place: o.Place}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.hub.send(Event{Type: "place", Subject: o.Place, What: "stored", Zh: "已入柜存放", En: "stored carriers"})
		v, err = s.heldPage(ctx, all)
		return err
	})
	return v, err
}

// heldPage shows carriers as they are now.
func (s *Station) heldPage(ctx context.Context, rows []CarrierRow) (HeldPage, error) {
	head := s.deps.Book.Head()
	page := HeldPage{Held: []HeldView{}, Total: int64(len(rows)), Searched: SearchedView{Size: head.Size, Root: head.Root, Entries: int64(len(rows))}}
	for _, row := range rows {
		c, err := s.carrierRow(ctx, row.ID)
		if err != nil {
			return HeldPage{}, err
		}
		v, err := s.carrierView(ctx, c)
		if err != nil {
			return HeldPage{}, err
		}
		h := HeldView{Carrier: v}
		if !c.Due.IsZero() && s.now().After(c.Due) {
			h.Overdue, h.DaysOver = true, int64(s.now().Sub(c.Due)/(24*time.Hour))
		}
		page.Held = append(page.Held, h)
	}
	return page, nil
}

// Overdue implements Keeping.
func (s *Station) Overdue(ctx context.Context, o PageOptions) (HeldPage, error) {
	found, err := s.deps.Register.Search(ctx, index.Search{DueBefore: s.now(), Order: index.ByDue, After: o.After, Limit: pageLimit(o.Limit)})
	if err != nil {
		return HeldPage{}, toFault(err)
	}
	var rows []CarrierRow
	for _, h := range found.Hits {
		rows = append(rows, carrierFrom(h.Carrier))
	}
	page, err := s.heldPage(ctx, rows)
	page.Total, page.Next, page.Searched = found.Count, found.Next, SearchedView(found.Searched)
	return page, toFault(err)
}

// WhoKnew implements Keeping.
func (s *Station) WhoKnew(ctx context.Context, o WhoKnewOptions) (KnewPage, error) {
	page, err := s.whoKnew(ctx, o)
	return page, toFault(err)
}

func (s *Station) whoKnew(ctx context.Context, o WhoKnewOptions) (KnewPage, error) {
	head := s.deps.Book.Head()
	page := KnewPage{Lines: []KnewView{}, Circle: []string{}}
	var carrier, document string
	switch {
	case (o.Carrier == "") == (o.Document == ""):
		return page, fault.New("usage.bad-request", nil, "carrier or document")
	case o.Carrier != "":
		c, err := s.carrierRow(ctx, o.Carrier)
		if err != nil {
			return page, err
		}
		carrier, document = c.ID, c.Document
	default:
		d, err := s.documentRow(ctx, o.Document)
		if err != nil {
			return page, err
		}
		document = d.ID
	}
	if document != "" {
		d, _, err := thing[custody.Document](ctx, s, "document", document)
		if err != nil {
			return page, err
		}
		page.Circle = append(page.Circle, d.Circle...)
	}
	rows, err := s.deps.Register.Knew(ctx, carrier, document)
	if err != nil {
		return page, err
	}
	for _, k := range rows {
		v, err := s.knewView(ctx, k)
		if err != nil {
			return page, err
		}
		page.Lines = append(page.Lines, v)
	}
	page.Searched = SearchedView{Size: head.Size, Root: head.Root, Entries: int64(len(rows))}
	return page, nil
}

func (s *Station) knewView(ctx context.Context, k KnewRow) (KnewView, error) {
	c, err := s.carrierRow(ctx, k.Carrier)
	if err != nil {
		return KnewView{}, err
	}
	v := KnewView{Carrier: c.Number, Person: k.Person, Act: k.Act, ActZh: fault.Term(k.Act), At: k.At, Index: k.Index, Leaf: k.Leaf}
	p, ok, err := s.deps.Register.Person(ctx, k.Person)
	if err != nil || !ok {
		return v, err
	}
	v.Name, err = s.opened(ctx, p.Event, "/body/name")
	return v, err
}
