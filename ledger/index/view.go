package index

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"slices"

	"sexton/custody"
)

// view is custody.View over the tables, inside one transaction. Lists of
// carriers are held then, so that a batch costs one query.
type view struct{ *work }

// columns are those scanCarrier reads, in order.
const columns = `id, number, list, line, kind, medium, classification, period, extent, unit, count, must_return,
	state, batch, place, item, counters, verdict, outcome, open_case,
	document, parent, request, spoiled, dated, level, term, whereabouts, keeper, shelf, holder, movement, due, campaign, fate, since`

type scanner interface{ Scan(...any) error }

// scanCarrier reads columns and then what more asks for.
func scanCarrier(row scanner, more ...any) (custody.Carrier, error) {
	var c custody.Carrier
	var state, counters, verdict, where, due, since string
	var item, outcome, open []byte
	to := []any{&c.ID, &c.Number, &c.List, &c.Row, &c.Kind, &c.Medium, &c.Classification, &c.Period, &c.Extent.Value, &c.Extent.Unit,
		&c.Count, &c.MustReturn, &state, &c.Batch, &c.Index, &item, &counters, &verdict, &outcome, &open,
		&c.Document, &c.Parent, &c.Request, &c.Spoiled, &c.Dated, &c.Level, &c.Term, &where, &c.Keeper, &c.Place, &c.With, &c.Movement, &due,
		&c.Campaign, &c.Fate, &since}
	if err := row.Scan(append(to, more...)...); err != nil {
		return custody.Carrier{}, err
	}
	if err := c.State.UnmarshalText([]byte(state)); err != nil {
		return custody.Carrier{}, err
	}
	if err := c.Verdict.UnmarshalText([]byte(verdict)); err != nil {
		return custody.Carrier{}, err
	}
	if counters != "null" {
		if err := json.Unmarshal([]byte(counters), &c.Counters); err != nil {
			return custody.Carrier{}, err
		}
	}
	if err := c.Where.UnmarshalText([]byte(where)); err != nil {
		return custody.Carrier{}, err
	}
	var err error
	if c.Due, err = storedTime(due); err != nil {
		return custody.Carrier{}, err
	}
	if c.Since, err = storedTime(since); err != nil {
		return custody.Carrier{}, err
	}
	c.Item, c.Outcome, c.Case = hex.EncodeToString(item), hex.EncodeToString(outcome), hex.EncodeToString(open)
	return c, nil
}

// Carrier implements custody.View.
func (v view) Carrier(id string) (custody.Carrier, bool, error) {
	h, err := v.carrier(id)
	if h == nil || err != nil {
		return custody.Carrier{}, false, err
	}
	return h.c, true, nil
}

// Batch implements custody.View.
func (v view) Batch(id string) (custody.Batch, bool, error) {
	h, err := v.batch(id)
	if h == nil || err != nil {
		return custody.Batch{}, false, err
	}
	return h.b, true, nil
}

// Thing implements custody.View.
func (v view) Thing(ref custody.Ref) (custody.Thing, bool, error) {
	h, err := v.thing(ref)
	if h == nil || err != nil {
		return nil, false, err
	}
	return h.t, true, nil
}

// Members implements custody.View.
func (v view) Members(batch string) ([]string, error) {
	return v.ids(`SELECT `+columns+`, n, changed FROM ix_carrier WHERE batch = ? AND batch <> '' ORDER BY place < 0, place, id`, batch)
}

// Listed implements custody.View.
func (v view) Listed(list string) ([]string, error) {
	return v.ids(`SELECT `+columns+`, n, changed FROM ix_carrier WHERE list = ? ORDER BY line, n`, list)
}

// CopiesOf implements custody.View.
func (v view) CopiesOf(document string) ([]string, error) {
	return v.ids(`SELECT `+columns+`, n, changed FROM ix_carrier WHERE document = ? AND document <> '' ORDER BY id`, document)
}

// Outstanding implements custody.View.
func (v view) Outstanding(person string) ([]string, error) {
	if person == "" {
		return nil, nil
	}
	if err := v.flush(); err != nil {
		return nil, err
	}
	sc, err := newScope(v.ctx, v.tx, carrierSpace)
	if err != nil {
		return nil, err
	}
	s, err := outstanding(sc, person)
	if err != nil {
		return nil, err
	}
	var ids []string
	for n := s.next(0); n >= 0; n = s.next(n + 1) {
		h, err := v.hold(v.row(`SELECT `+columns+`, n, changed FROM ix_carrier WHERE n = ?`, n))
		if err != nil {
			return nil, err
		}
		ids = append(ids, h.c.ID)
	}
	slices.Sort(ids)
	return ids, nil
}

// Whole implements custody.View.
func (v view) Whole() bool { return true }

// ids lists carriers by a query of the tables, which must not be behind.
func (v view) ids(query, arg string) ([]string, error) {
	if err := v.flush(); err != nil {
		return nil, err
	}
	var ids []string
	err := v.each(query, func(row scanner) error {
		h, err := v.hold(row)
		if err == nil {
			ids = append(ids, h.c.ID)
		}
		return err
	}, arg)
	return ids, err
}

// each runs a query and gives every row to f.
func each(ctx context.Context, tx *sql.Tx, query string, args []any, f func(scanner) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, f)
}

// drain gives every row to f and closes them.
func drain(rows *sql.Rows, f func(scanner) error) (err error) {
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
