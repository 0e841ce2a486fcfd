package station

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// documentRow is one document with its entry.
type documentRow struct {
	custody.Document
	event  string // of its entry
	number string // 文号; private
	issuer string // private
}

// documentRow finds a document by id or number (文号). A number that several issuers used needs the id.
func (s *Station) documentRow(ctx context.Context, name string) (documentRow, error) {
	t, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.DocumentThing, ID: name})
	if err != nil {
		return documentRow{}, err
	}
	if ok {
		return s.openDocument(ctx, t)
	}
	found, err := s.documentsNumbered(ctx, name)
	switch {
	case err != nil:
		return documentRow{}, err
	case len(found) == 0:
		return documentRow{}, fault.New("usage.not-found", nil, "document "+name)
	case len(found) > 1:
		return documentRow{}, fault.New("document.ambiguous", nil, name)
	}
	return found[0], nil
}

// documentsNumbered are the documents of a number (文号), of whichever issuer.
func (s *Station) documentsNumbered(ctx context.Context, number string) ([]documentRow, error) {
	if number == "" {
		return nil, nil
	}
	found, err := s.deps.Register.FindThings(ctx, index.ThingSearch{Kind: custody.DocumentThing, Number: number, Limit: index.MaxPage})
	if err != nil {
		return nil, err
	}
	var out []documentRow
	for _, h := range found.Hits {
		out = append(out, documentRow{Document: h.Thing.Thing.(custody.Document), event: h.Event, number: h.DocumentNumber, issuer: h.Issuer})
	}
	return out, nil
}

func (s *Station) openDocument(ctx context.Context, t ThingRow) (documentRow, error) {
	open, err := s.openings(ctx, t.Event)
	return documentRow{Document: t.Thing.(custody.Document), event: t.Event, number: open["number"], issuer: open["issuer"]}, err
}

// EnterDocument implements Documents.
func (s *Station) EnterDocument(ctx context.Context, o DocumentOptions) (DocumentView, error) {
	var v DocumentView
	err := s.act(ctx, "document-enter", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "document-enter")
		if err != nil {
			return err
		}
		if err := checkDocument(&o); err != nil {
			return err
		}
		s.importing.Lock()
		defer s.importing.Unlock()
		same, err := s.documentsNumbered(ctx, o.Number)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(same, func(d documentRow) bool { return d.issuer == o.Issuer }) {
			return fault.New("document.known", nil, o.Number)
		}
		id, err := s.newID()
		if err != nil {
			return err
		}
		n, err := s.documentNote(id, o, 0, true)
		if err != nil {
			return err
		}
		n.actors = []leaf.Actor{x.asserts(role)}
		if _, err := s.write(ctx, func(p *pen) error { _, err := p.write(ctx, n); return err }); err != nil {
			return err
		}
		s.documentEvent(id, "entered", "已登记文件", "entered a document")
		v, err = s.documentView(ctx, id, false)
		return err
	})
	return v, err
}

// checkDocument refuses a document whose mark is none.
func checkDocument(o *DocumentOptions) (err error) {
	if o.Number == "" || o.Title == "" || o.Issuer == "" {
		return fault.New("usage.bad-request", nil, "document number, title, issuer")
	}
	if o.Classification, err = levelWord(o.Classification); err != nil {
		return err
	}
	if err := checkDay("dated", o.Dated, true); err != nil {
		return err
	}
	return checkPeriod(o.Classification, o.Period)
}

// checkPeriod refuses a period that its classification cannot have, and one on what is no state secret.
func checkPeriod(classification, period string) error {
	if _, _, err := custody.ParseMark(markOf(classification, period)); err != nil || (period != "" && !secret(classification)) {
		return fault.New("usage.bad-request", err, "period "+period)
	}
	return nil
}

func secret(classification string) bool {
	class, _ := custody.ClassificationOf(classification)
	return class.Secret
}

// SetCircle implements Documents.
func (s *Station) SetCircle(ctx context.Context, document string, o CircleOptions, by Signer) (SignedView, error) {
	v, err := s.signAct(ctx, "circle-set", by, func(x *session, role leaf.Role) (note, error) {
		d, err := s.documentRow(ctx, document)
		if err != nil {
			return note{}, err
		}
		n, err := s.circleNote(ctx, d, o)
		n.actors = []leaf.Actor{x.signs(role)}
		document = d.ID
		return n, err
	})
	if err == nil {
		s.documentEvent(document, "circle", "已确定知悉范围", "fixed the circle of readers")
	}
	return v, err
}

// circleNote is the event that says who may read a document. Who is not fit for it cannot be admitted.
func (s *Station) circleNote(ctx context.Context, d documentRow, o CircleOptions) (note, error) {
	if len(o.Persons) == 0 {
		return note{}, fault.New("usage.bad-request", nil, "persons")
	}
	if err := s.enrolledAll(ctx, o.Persons); err != nil {
		return note{}, err
	}
	body := &leaf.Circle{Document: d.ID, Persons: slices.Compact(slices.Sorted(slices.Values(o.Persons)))}
	n := note{kind: leaf.CircleApproved, subjects: []string{leaf.DocumentSubject + d.ID}, body: body}
	need, err := s.needOf(ctx, custody.ActWiden, []subjectOf{{d.Classification, ""}})
	if err != nil {
		return note{}, err
	}
	if err := need.fit(ctx, s, body.Persons...); err != nil {
		return note{}, err
	}
	n.rows = need.Rows
	if o.Request != "" {
		r, err := s.grantedRequest(ctx, custody.ActWiden, o.Request)
		if err != nil {
			return note{}, err
		}
		body.Request = r.ID
	}
	return n, nil
}

// enrolledAll demands that everybody named is enrolled.
func (s *Station) enrolledAll(ctx context.Context, persons []string) error {
	for _, p := range persons {
		_, ok, err := s.deps.Register.Person(ctx, p)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New("usage.not-found", nil, "person "+p)
		}
	}
	return nil
}

// Document implements Documents.
func (s *Station) Document(ctx context.Context, name string) (DocumentView, error) {
	d, err := s.documentRow(ctx, name)
	if err != nil {
		return DocumentView{}, toFault(err)
	}
	v, err := s.documentView(ctx, d.ID, true)
	return v, toFault(err)
}

// Documents implements Documents.
func (s *Station) Documents(ctx context.Context, f DocumentFilter) (DocumentPage, error) {
	q := index.ThingSearch{Kind: custody.DocumentThing, Title: f.Title, Prefix: f.Number, Tags: map[index.Tag][]string{}, After: f.After, Limit: pageLimit(f.Limit)}
	if f.Level != "" {
		level, err := levelWord(f.Level)
		if err != nil {
			return DocumentPage{}, err
		}
		q.Tags[index.TagLevel] = []string{level}
	}
	found, err := s.deps.Register.FindThings(ctx, q)
	if err != nil {
		return DocumentPage{}, toFault(err)
	}
	page := DocumentPage{Documents: []DocumentView{}, Total: found.Count, Next: found.Next, Searched: SearchedView(found.Searched)}
	for _, h := range found.Hits {
		v, err := s.documentView(ctx, h.Thing.Thing.Ref().ID, false)
		if err != nil {
			return DocumentPage{}, toFault(err)
		}
		page.Documents = append(page.Documents, v)
	}
	return page, nil
}

// documentView shows a document; full adds its copies and history.
func (s *Station) documentView(ctx context.Context, id string, full bool) (DocumentView, error) {
	d, t, err := thing[custody.Document](ctx, s, "document", id)
	if err != nil {
		return DocumentView{}, err
	}
	open, err := s.openings(ctx, t.Event)
	if err != nil {
		return DocumentView{}, err
	}
	class, _ := custody.ClassificationOf(d.Classification)
	v := DocumentView{ID: d.ID, Own: d.Own, Number: open["number"], Title: open["title"], Issuer: open["issuer"], Scope: open["scope"],
		Classification: d.Classification, ClassificationZh: class.Zh, Period: d.Period, Mark: markOf(d.Classification, d.Period), Dated: d.Dated,
		Made: d.Made, Registered: d.Registered, Copies: d.Copies, Circle: append([]string{}, d.Circle...), Change: d.Change, Released: d.Released,
		Carriers: []CopyView{}, History: []HistoryView{}}
	if !full {
		return v, nil
	}
	if v.Carriers, err = s.copyViews(ctx, d.ID); err != nil {
		return DocumentView{}, err
	}
	v.History, err = s.history(ctx, leaf.DocumentSubject+d.ID)
	return v, err
}

// markOf is a mark as it is printed.
func markOf(classification, period string) string {
	class, _ := custody.ClassificationOf(classification)
	if !class.Secret {
		return class.Zh
	}
	return class.Zh + custody.Star + period
}

// eachCopy gives every carrier of a document to each, by id.
func (s *Station) eachCopy(ctx context.Context, document string, each func(CarrierRow) error) error {
	ids, err := s.deps.Register.CopiesOf(ctx, document)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err == nil && !ok {
			err = errors.New("internal error: a copy of a document is no carrier")
		}
		if err == nil {
			err = each(c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyViews shows the carriers of a document.
func (s *Station) copyViews(ctx context.Context, document string) ([]CopyView, error) {
	out := []CopyView{}
	err := s.eachCopy(ctx, document, func(c CarrierRow) (err error) {
		v := CopyView{Carrier: c.ID, Number: c.Number, State: c.State.String(), StateZh: c.State.Zh(), Where: c.Where.String(), WhereZh: c.Where.Zh(),
			Keeper: c.Keeper, With: c.With, Spoiled: c.Spoiled}
		if c.State.Terminal() {
			v.Disposition = c.State.Disposition().String()
		}
		if v.Copy, err = s.opened(ctx, c.Event, "/body/copy"); err != nil {
			return err
		}
		if c.Parent != "" {
			parent, _, err := s.deps.Register.Carrier(ctx, c.Parent)
			if err != nil {
				return err
			}
			v.Parent = parent.Number
		}
		out = append(out, v)
		return nil
	})
	slices.SortStableFunc(out, func(a, b CopyView) int { return cmp.Compare(a.Copy, b.Copy) })
	return out, err
}

func (s *Station) documentEvent(id, what, zh, en string) {
	s.hub.send(Event{Type: "document", Subject: id, What: what, Zh: zh, En: en})
}
