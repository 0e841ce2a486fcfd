package station

import (
	"context"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
)

// SearchFilter says which carriers are wanted: those that meet all that is set; the zero value selects all that were ever registered. Of a list any word
// will do.
type SearchFilter struct {
	Number         string // beginning of the carrier's number
	Part           string // part of it, at least 2 characters
	DocumentNumber string
	DocumentPrefix string
	Title          string // part of it, at least 2 letters
	Serial         string
	Parent         string // number of the carrier they are copies of
	List           string
	Batch          string // id or number
	Kinds          []string
	Levels         []string // words or Chinese terms
	States         []string
	Wheres         []string
	Keeper         string // person
	Holder         string // person who has it in hand
	Person         string // keeper or holder
	KeeperName     string
	HolderName     string
	Place          string
	Department     string
	NoPlace        bool
	Campaign       string // id or number
	Fate           string
	DueBefore      string // day
	Overdue        bool
	EnteredFrom    string // day
	EnteredBefore  string // day
	Held           bool
	OpenCase       bool
	MustReturn     bool
	Spoiled        bool
	Copies         bool
}

// SearchOptions asks for one page of what a filter selects.
type SearchOptions struct {
	SearchFilter
	Order string // "number" (default), "newest", "entered", "due", "title", "document", "keeper", "holder"
	After string // Next of the page before
	Limit int64  // 0 = 100, at most 1000
}

// orders are the words of SearchOptions.Order.
var orders = map[string]index.Order{"": index.ByNumber, "number": index.ByNumber, "newest": index.ByNewest, "entered": index.ByEntered, "due": index.ByDue,
	"title": index.ByTitle, "document": index.ByDocumentNumber, "keeper": index.ByKeeper, "holder": index.ByHolder}

// SearchCarriers implements Search.
func (s *Station) SearchCarriers(ctx context.Context, o SearchOptions) (FoundPage, error) {
	order, ok := orders[o.Order]
	if !ok {
		return FoundPage{}, fault.New("usage.bad-request", nil, "order "+o.Order)
	}
	q, err := s.searchOf(ctx, o.SearchFilter)
	if err != nil {
		return FoundPage{}, toFault(err)
	}
	q.Order, q.After, q.Limit = order, o.After, pageLimit(o.Limit)
	found, err := s.deps.Register.Search(ctx, q)
	if err != nil {
		return FoundPage{}, toFault(err)
	}
	page := FoundPage{Carriers: []FoundView{}, Next: found.Next, Count: found.Count, Exact: found.Exact,
		Searched: SearchedView{Size: found.Size, Root: found.Root, Entries: found.Entries}}
	for _, h := range found.Hits {
		page.Carriers = append(page.Carriers, s.foundView(h))
	}
	return page, nil
}

func (s *Station) foundView(h index.Hit) FoundView {
	k, _ := custody.KindOf(h.Kind)
	return FoundView{ID: h.ID, Number: h.Number, Title: h.Title, Document: h.DocumentNumber, Copy: h.Copy, Issuer: h.Issuer, Kind: h.Kind, KindZh: k.Zh,
		Level: h.Level, Mark: markOf(h.Level, h.Term), State: h.State.String(), StateZh: h.State.Zh(), Where: h.Where.String(), WhereZh: h.Where.Zh(),
		Keeper: h.Keeper, With: h.With, Place: h.Place, Due: h.Due, Overdue: !h.Due.IsZero() && h.Due.Before(s.now()), Parent: h.Parent}
}

// eachCarrier gives every carrier that f selects to each, in the order of numbers.
func (s *Station) eachCarrier(ctx context.Context, f SearchFilter, each func(CarrierRow) error) error {
	q, err := s.searchOf(ctx, f)
	if err != nil {
		return err
	}
	return s.deps.Register.EachCarrier(ctx, q, each)
}

// searchOf says f in the words of the index.
func (s *Station) searchOf(ctx context.Context, f SearchFilter) (index.Search, error) {
	q := index.Search{Number: f.Number, Part: f.Part, DocumentNumber: f.DocumentNumber, DocumentPrefix: f.DocumentPrefix, Title: f.Title, Serial: f.Serial, List: f.List,
		Kinds: f.Kinds, Keeper: f.Keeper, Holder: f.Holder, Person: f.Person, KeeperName: f.KeeperName, HolderName: f.HolderName, Place: f.Place,
		Department: f.Department, NoPlace: f.NoPlace, Fate: fateWord(f.Fate), Held: f.Held, OpenCase: f.OpenCase, MustReturn: f.MustReturn, Spoiled: f.Spoiled,
		Copies: f.Copies}
	for _, l := range f.Levels {
		word, err := levelWord(l)
		if err != nil {
			return q, err
		}
		q.Levels = append(q.Levels, word)
	}
	if err := searchStates(&q, f); err != nil {
		return q, err
	}
	if err := s.searchNames(ctx, &q, f); err != nil {
		return q, err
	}
	return q, s.searchTimes(&q, f)
}

func searchStates(q *index.Search, f SearchFilter) error {
	for _, w := range f.States {
		var state custody.State
		if err := state.UnmarshalText([]byte(w)); err != nil {
			return badRequest(err, "state "+w)
		}
		q.States = append(q.States, state)
	}
	for _, w := range f.Wheres {
		var where custody.Where
		if err := where.UnmarshalText([]byte(w)); err != nil {
			return badRequest(err, "whereabouts "+w)
		}
		q.Wheres = append(q.Wheres, where)
	}
	return nil
}

// searchNames turns what the unit calls things into their ids.
func (s *Station) searchNames(ctx context.Context, q *index.Search, f SearchFilter) error {
	if f.Parent != "" {
		c, err := s.carrierRow(ctx, f.Parent)
		if err != nil {
			return err
		}
		q.Parent = c.ID
	}
	if f.Batch != "" {
		b, err := s.batchRow(ctx, f.Batch)
		if err != nil {
			return err
		}
		q.Batch = b.ID
	}
	if f.Campaign != "" {
		c, _, _, err := numbered[custody.Campaign](ctx, s, "clear-out", f.Campaign)
		if err != nil {
			return err
		}
		q.Campaign = c.ID
	}
	return nil
}

func (s *Station) searchTimes(q *index.Search, f SearchFilter) error {
	for _, t := range []struct {
		day string
		to  *time.Time
	}{{f.DueBefore, &q.DueBefore}, {f.EnteredFrom, &q.EnteredFrom}, {f.EnteredBefore, &q.EnteredBefore}} {
		if t.day == "" {
			continue
		}
		var err error
		if *t.to, err = s.startOf(t.day); err != nil {
			return err
		}
	}
	if now := s.now(); f.Overdue && (q.DueBefore.IsZero() || q.DueBefore.After(now)) {
		q.DueBefore = now
	}
	return nil
}
