package station

import (
	"context"
	"errors"
	"time"

	"sexton/custody"
	"sexton/ledger/index"
)

// Search turns what is wrong with the question into the station's words.
func (x register) Search(ctx context.Context, s index.Search) (index.Found, error) {
	found, err := x.r.Search(ctx, s)
	return found, badSearch(err)
}

func (x register) FindThings(ctx context.Context, s index.ThingSearch) (index.FoundThings, error) {
	found, err := x.r.FindThings(ctx, s)
	return found, badSearch(err)
}

func badSearch(err error) error {
	switch {
	case errors.Is(err, index.ErrShort):
		return both(badRequest(err, index.ErrShort.Error()), "请求无法理解：%s", "查找内容至少要有两个字或数字")
	case errors.Is(err, index.ErrCursor):
		return both(badRequest(err, index.ErrCursor.Error()), "请求无法理解：%s", "翻页标记不是本次查询的")
	}
	return err
}

// eachCarrier reads every page of a search.
func (x register) eachCarrier(ctx context.Context, s index.Search, each func(index.Carrier) error) error {
	s.Limit = index.MaxPage
	for {
		found, err := x.r.Search(ctx, s)
		if err != nil {
			return err
		}
		for _, h := range found.Hits {
			if err := each(h.Carrier); err != nil {
				return err
			}
		}
		if s.After = found.Next; s.After == "" {
			return nil
		}
	}
}

func (x register) everyCarrier(ctx context.Context, s index.Search) (rows []index.Carrier, err error) {
	err = x.eachCarrier(ctx, s, func(c index.Carrier) error {
		rows = append(rows, c)
		return nil
	})
	return rows, err
}

func (x register) EachCarrier(ctx context.Context, q index.Search, each func(CarrierRow) error) error {
	return badSearch(x.eachCarrier(ctx, q, func(c index.Carrier) error { return each(carrierFrom(c)) }))
}

func (x register) ThingByNumber(ctx context.Context, kind custody.ThingKind, number string) (ThingRow, bool, error) {
	t, ok, err := found(x.r.ThingByNumber(ctx, kind, number))
	return ThingRow(t), ok, err
}

func (x register) Names(ctx context.Context, kind custody.ThingKind, part string) ([]index.Name, error) {
	return x.r.Names(ctx, kind, part)
}

func (x register) KnewBy(ctx context.Context, person string) ([]KnewRow, error) {
	return x.knew(ctx, "", "", person)
}

func (x register) knew(ctx context.Context, carrier, document, person string) ([]KnewRow, error) {
	rows, err := all(func(p index.Page) ([]index.Knew, error) { return x.r.Knew(ctx, carrier, document, person, p) })
	return convert(rows, func(k index.Knew) KnewRow { return KnewRow(k) }), err
}

func (x register) Marks(ctx context.Context, subject string) ([]index.Mark, error) {
	return x.r.Marks(ctx, subject)
}

func (x register) Period(ctx context.Context, from, to time.Time) ([]index.Count, error) {
	return x.r.Period(ctx, from, to)
}

func (x register) Holdings(ctx context.Context) ([]index.Holding, error) { return x.r.Holdings(ctx) }

func (x register) Reports(ctx context.Context) ([]index.Report, error) {
	return all(func(p index.Page) ([]index.Report, error) { return x.r.Reports(ctx, p) })
}
