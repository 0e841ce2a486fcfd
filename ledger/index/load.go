package index

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// scope is one look at the tables: the ordinals of one space are below n.
type scope struct {
	ctx   context.Context
	tx    *sql.Tx
	space string
	n     int64
}

// newScope counts a space.
func newScope(ctx context.Context, tx *sql.Tx, space string) (scope, error) {
	s := scope{ctx: ctx, tx: tx, space: space}
	query, args := `SELECT coalesce(max(n) + 1, 0) FROM ix_thing WHERE kind = ?`, []any{space}
	if space == carrierSpace {
		query, args = `SELECT coalesce(max(n) + 1, 0) FROM ix_carrier`, nil
	}
	err := tx.QueryRowContext(ctx, query, args...).Scan(&s.n)
	return s, err
}

// blocks puts the rows of a query (block, bits) into a set.
func (s scope) blocks(into set, query string, args ...any) error {
	rows, err := s.tx.QueryContext(s.ctx, query, args...)
	if err != nil {
		return err
	}
	return into.drain(rows)
}

// drain puts rows of block and bits into a set.
func (s set) drain(rows *sql.Rows) error {
	var number int64
	var data sql.RawBytes
	return drain(rows, func(row scanner) error {
		if err := row.Scan(&number, &data); err != nil {
			return err
		}
		return s.load(number, data)
	})
}

// tagged is the set of those with a tag of any of some values.
func (s scope) tagged(name string, values ...string) (out set, err error) {
	out = newSet(s.n)
	if len(values) == 0 {
		return out, nil
	}
	st, err := s.tx.PrepareContext(s.ctx, `SELECT block, bits FROM ix_set WHERE space = ? AND tag = ? AND value = ?`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for _, v := range values {
		rows, err := st.QueryContext(s.ctx, s.space, name, v)
		if err != nil {
			return nil, err
		}
		if err := out.drain(rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listed is the set of the ordinals that a query gives.
func (s scope) listed(query string, args ...any) (set, error) {
	out := newSet(s.n)
	var n int64
	return out, each(s.ctx, s.tx, query, args, func(row scanner) error {
		if err := row.Scan(&n); err != nil {
			return err
		}
		out.add(n)
		return nil
	})
}

// taggedNear is the part of a set with a tag; it reads only the blocks in which
// the set has members.
func (s scope) taggedNear(of set, name, value string) (set, error) {
	out := newSet(s.n)
	first := of.next(0)
	if first < 0 {
		return out, nil
	}
	err := s.blocks(out, `SELECT block, bits FROM ix_set WHERE space = ? AND tag = ? AND value = ? AND block BETWEEN ? AND ?`,
		s.space, name, value, first>>blockBits, of.previous(s.n-1)>>blockBits)
	return out.and(of), err
}

// outstanding is the set of carriers a person keeps or has in hand.
func outstanding(s scope, person string) (set, error) {
	kept, err := s.tagged(tagKeeper, person)
	if err != nil {
		return nil, err
	}
	held, err := s.tagged(tagHolder, person)
	if err != nil {
		return nil, err
	}
	return kept.or(held), nil
}

// part is the set of those whose text has a part, and whether it is certain;
// else it has all of them and some more. table is where the texts are.
func (s scope) part(f gramField, part string) (found set, certain bool, err error) {
	runs, begins, certain := f.cover(part)
	for _, run := range runs {
		one := newSet(s.n)
		query, args := `SELECT block, bits FROM ix_gram WHERE space = ? AND field = ? AND gram = ?`, []any{s.space, f.name, run}
		if begins {
			query = `SELECT block, bits FROM ix_gram WHERE space = ? AND field = ? AND gram >= ? AND gram < ?`
			args = append(args, after(run))
		}
		if err := s.blocks(one, query, args...); err != nil {
			return nil, false, err
		}
		if found == nil {
			found = one
		} else {
			found.and(one)
		}
	}
	from := s.n / gramRun * gramRun
	want := f.fold(part)
	err = s.texts(f, `n >= ?`, []any{from}, func(n int64, text string) {
		if strings.Contains(f.fold(text), want) {
			found.add(n)
		}
	})
	return found, certain, err
}

// texts gives the texts of a field, where n is as the condition says.
func (s scope) texts(f gramField, where string, args []any, do func(n int64, text string)) error {
	query := `SELECT n, number FROM ix_carrier WHERE ` + where + ` ORDER BY n`
	if f.name == titleGrams.name {
		query, args = `SELECT n, title FROM ix_text WHERE space = ? AND `+where+` ORDER BY n`, append([]any{s.space}, args...)
	}
	var n int64
	var text string
	return each(s.ctx, s.tx, query, args, func(row scanner) error {
		if err := row.Scan(&n, &text); err != nil {
			return err
		}
		do(n, text)
		return nil
	})
}

// after is the least text above all that begin with s.
func after(s string) string {
	b := []byte(s)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}
