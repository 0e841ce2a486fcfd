package station

import (
	"context"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// Request implements Requests.
func (s *Station) Request(ctx context.Context, name string) (RequestView, error) {
	r, err := s.requestRow(ctx, name)
	if err != nil {
		return RequestView{}, toFault(err)
	}
	v, err := s.requestView(ctx, r.ID, true)
	return v, toFault(err)
}

// Requests implements Requests.
func (s *Station) Requests(ctx context.Context, f RequestFilter) (RequestPage, error) {
	page, err := s.requestPage(ctx, f)
	return page, toFault(err)
}

func (s *Station) requestPage(ctx context.Context, f RequestFilter) (RequestPage, error) {
	q := index.ThingSearch{Kind: custody.RequestThing, Tags: tags(map[index.Tag]string{index.TagAct: f.Act, index.TagState: f.State, index.TagApplicant: f.Applicant}),
		Order: index.ByNewest, After: f.After, Limit: pageLimit(f.Limit)}
	if f.Document != "" {
		d, err := s.documentRow(ctx, f.Document)
		if err != nil {
			return RequestPage{}, err
		}
		q.Tags[index.TagDocument] = []string{d.ID}
	}
	found, err := s.deps.Register.FindThings(ctx, q)
	if err != nil {
		return RequestPage{}, err
	}
	page := RequestPage{Requests: []RequestView{}, Total: found.Count, Next: found.Next, Searched: SearchedView(found.Searched)}
	for _, h := range found.Hits {
		v, err := s.requestView(ctx, h.Thing.Thing.Ref().ID, false)
		if err != nil {
			return RequestPage{}, err
		}
		page.Requests = append(page.Requests, v)
	}
	return page, nil
}

// tags are the properties that are asked for.
func tags(of map[index.Tag]string) map[index.Tag][]string {
	out := map[index.Tag][]string{}
	for t, v := range of {
		if v != "" {
			out[t] = []string{v}
		}
	}
	return out
}

// pageLimit is how long a page may be: 100 unless asked for, at most 1000.
func pageLimit(asked int64) int64 {
	if asked <= 0 {
		asked = 100
	}
	return min(asked, 1000)
}

// requestView shows an application; full adds opinions and history.
func (s *Station) requestView(ctx context.Context, id string, full bool) (RequestView, error) {
	r, err := s.requestRow(ctx, id)
	if err != nil {
		return RequestView{}, err
	}
	p, err := s.payloadAt(ctx, r.index)
	if err != nil {
		return RequestView{}, err
	}
	open, err := s.openings(ctx, r.event)
	if err != nil {
		return RequestView{}, err
	}
	v := RequestView{ID: r.ID, Act: r.Act, ActZh: fault.Term(r.Act), State: string(r.State), StateZh: requestStatesZh[r.State], Applicant: r.Applicant,
		Auditor: r.Auditor, Approver: r.Approver, Authority: r.Authority, Carriers: []string{}, Document: r.Document, Count: r.Count, Used: r.Used,
		NotAfter: r.NotAfter, To: r.To, Party: open["party"], Persons: append([]string{}, r.Persons...), Channel: r.Channel,
		Classification: r.Classification, Period: r.Period, Reason: open["reason"], Opinions: []OpinionView{}, History: []HistoryView{}}
	if b, ok := p.Body.(*leaf.Request); ok {
		v.Number = b.Number
	}
	if v.Carriers, err = s.numbersOf(ctx, r.Carriers); err != nil {
		return RequestView{}, err
	}
	if r.Document != "" {
		d, err := s.documentRow(ctx, r.Document)
		if err != nil {
			return RequestView{}, err
		}
		v.DocumentNumber = d.number
	}
	if need, err := s.needNow(ctx, r); err == nil { // the rules in force may have nothing to say of what is done
		v.Needs = need.view()
	}
	if !full {
		return v, nil
	}
	if v.History, err = s.history(ctx, leaf.RequestSubject+r.ID); err != nil {
		return RequestView{}, err
	}
	v.Opinions, err = s.opinions(ctx, r.ID)
	return v, err
}

// opinions are what auditor and approver wrote.
func (s *Station) opinions(ctx context.Context, request string) ([]OpinionView, error) {
	events, err := s.deps.Register.Events(ctx, leaf.RequestSubject+request)
	if err != nil {
		return nil, err
	}
	out := []OpinionView{}
	for _, e := range events {
		text, err := s.opened(ctx, e.ID, "/body/opinion")
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		p, err := s.payloadAt(ctx, e.Index)
		if err != nil {
			return nil, err
		}
		for _, a := range p.Actors {
			out = append(out, OpinionView{Person: a.Person, Role: string(a.Role), Opinion: text})
		}
	}
	return out, nil
}

// numbersOf are the numbers of carriers, in the same order.
func (s *Station) numbersOf(ctx context.Context, ids []string) ([]string, error) {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.New("usage.not-found", nil, "carrier "+id)
		}
		out = append(out, c.Number)
	}
	return out, nil
}
