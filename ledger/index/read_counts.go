package index

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Count is how many carriers of one level and kind something happened to.
type Count struct {
	What  string // CountRegistered and its siblings
	Level string // as it was then
	Kind  string
	N     int64
}

// errHour: a period is not of whole hours.
var errHour = errors.New("a period begins and ends on the hour")

// Period counts what happened from a moment to before another, both on the
// hour, by what it was, level and kind. The zero time is the beginning.
func (r *Reader) Period(ctx context.Context, from, to time.Time) ([]Count, error) {
	if !from.Truncate(time.Hour).Equal(from) || !to.Truncate(time.Hour).Equal(to) {
		return nil, wrap("count a period", errHour)
	}
	begin := ""
	if !from.IsZero() {
		begin = from.UTC().Format(hourLayout)
	}
	return many(ctx, r, "count a period", func(row scanner) (Count, error) {
		var c Count
		err := row.Scan(&c.What, &c.Level, &c.Kind, &c.N)
		return c, err
	}, `SELECT what, level, kind, sum(n) FROM ix_hour WHERE hour >= ? AND hour < ? GROUP BY what, level, kind ORDER BY what, level, kind`,
		begin, to.UTC().Format(hourLayout))
}

// Holding counts carriers of one sort.
type Holding struct {
	Level, Kind string
	State       custody.State
	Where       custody.Where
	Carriers    int64
}

// Holdings counts every carrier as it is now.
func (r *Reader) Holdings(ctx context.Context) ([]Holding, error) {
	return many(ctx, r, "count holdings", func(row scanner) (Holding, error) {
		var h Holding
		var state, where string
		if err := row.Scan(&h.Level, &h.Kind, &state, &where, &h.Carriers); err != nil {
			return Holding{}, err
		}
		err := errors.Join(h.State.UnmarshalText([]byte(state)), h.Where.UnmarshalText([]byte(where)))
		return h, err
	}, `SELECT level, kind, state, whereabouts, n FROM ix_stock ORDER BY level, kind, state, whereabouts`)
}

// Report is one report or export that was issued.
type Report struct {
	leaf.Report
	Person    string
	At        time.Time
	Event     string
	LeafIndex int64
}

// Reports lists issued reports and exports, newest first.
func (r *Reader) Reports(ctx context.Context, p Page) ([]Report, error) {
	limit, args := p.clause()
	return many(ctx, r, "list reports", func(row scanner) (Report, error) {
		var x Report
		var data []byte
		var at string
		if err := row.Scan(&x.LeafIndex, &data, &x.Person, &at, &x.Event); err != nil {
			return Report{}, err
		}
		var err error
		x.At, err = parseTime(at)
		err = errors.Join(err, json.Unmarshal(data, &x.Report))
		return x, err
	}, `SELECT idx, data, person, at, event FROM ix_report ORDER BY idx DESC`+limit, args...)
}
