package index

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sort"
)

// ranking is all ordinals of a space in one order of what never changes:
// numbers and titles. It is read once from the index that has that order, four
// bytes each, and follows the space as it grows. A page of any set is then a
// walk over memory that asks of each ordinal whether it is in the set.
type ranking struct {
	walk  string                        // query that gives n in order
	text  string                        // query that gives the text of one n
	key   func(string) []byte           // of a text
	ns    []uint32                      // in order
	keyOf func(n int64) ([]byte, error) // while it is used
}

// Names of the orders that are kept.
const (
	orderNumber   = "number"
	orderTitle    = "title"
	orderDocument = "document number"

	orderDocumentTitle  = "title of documents"
	orderDocumentNumber = "number of documents"
)

func newRankings() map[string]*ranking {
	col := newCollator()
	folded := func(s string) []byte { return []byte(foldNumber(s)) }
	out := map[string]*ranking{
		orderNumber: {walk: `SELECT n FROM ix_carrier ORDER BY number`, text: `SELECT number FROM ix_carrier WHERE n = ?`,
			key: func(s string) []byte { return []byte(s) }},
		orderTitle:          fieldRanking(carrierSpace, fieldTitle, "title", col.key),
		orderDocument:       fieldRanking(carrierSpace, fieldNumber, "number", folded),
		orderDocumentTitle:  fieldRanking("document", fieldTitle, "title", col.key),
		orderDocumentNumber: fieldRanking("document", fieldNumber, "number", folded),
	}
	return out
}

func fieldRanking(space, field, column string, key func(string) []byte) *ranking {
	return &ranking{key: key,
		walk: `SELECT n FROM ix_order WHERE space = '` + space + `' AND field = '` + field + `' ORDER BY key, n`,
		text: `SELECT ` + column + ` FROM ix_text WHERE space = '` + space + `' AND n = ?`}
}

// ranking gives an order that has all ordinals below sc.n. r.mu is held.
func (r *Reader) ranking(sc scope, name string) (*ranking, func() error, error) {
	k := r.rankings[name]
	st, err := sc.tx.PrepareContext(sc.ctx, k.text)
	if err != nil {
		return nil, nil, err
	}
	k.keyOf = func(n int64) ([]byte, error) {
		var s string
		if err := st.QueryRowContext(sc.ctx, n).Scan(&s); err != nil {
			return nil, err
		}
		return k.key(s), nil
	}
	if err := k.grow(sc.ctx, sc.tx, sc.n); err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return k, st.Close, nil
}

// grow takes in the ordinals up to n.
func (k *ranking) grow(ctx context.Context, tx *sql.Tx, n int64) error {
	have := int64(len(k.ns))
	switch {
	case have == n:
		return nil
	case n < have || n-have > 512+have/8:
		return k.read(ctx, tx, n)
	}
	type fresh struct {
		key []byte
		n   uint32
		at  int
	}
	add := make([]fresh, 0, n-have)
	for i := have; i < n; i++ {
		key, err := k.keyOf(i)
		if err != nil {
			return err
		}
		add = append(add, fresh{key: key, n: uint32(i)})
	}
	slices.SortFunc(add, func(a, b fresh) int { return compareKeys(a.key, int64(a.n), b.key, int64(b.n)) })
	from := 0
	for i := range add {
		at, err := k.place(from, add[i].key, int64(add[i].n))
		if err != nil {
			return err
		}
		add[i].at, from = at, at
	}
	out := make([]uint32, 0, n+n/16)
	done := 0
	for _, f := range add {
		out = append(append(out, k.ns[done:f.at]...), f.n)
		done = f.at
	}
	k.ns = append(out, k.ns[done:]...)
	return nil
}

// read takes the whole order from the index.
func (k *ranking) read(ctx context.Context, tx *sql.Tx, n int64) error {
	out := make([]uint32, 0, n)
	var at uint32
	err := each(ctx, tx, k.walk, nil, func(row scanner) error {
		err := row.Scan(&at)
		out = append(out, at)
		return err
	})
	if err == nil && int64(len(out)) != n {
		err = errOrder
	}
	k.ns = out
	return err
}

var errOrder = errors.New("an order of the index lacks entries: rebuild it")

func compareKeys(a []byte, n int64, b []byte, m int64) int {
	if c := bytes.Compare(a, b); c != 0 {
		return c
	}
	return int(n - m)
}

// place is where (key, n) belongs, at or after from.
func (k *ranking) place(from int, key []byte, n int64) (at int, err error) {
	less := func(i int) bool { // whether entry i comes before (key, n)
		if err != nil {
			return false
		}
		m := int64(k.ns[i])
		own, e := k.keyOf(m)
		if e != nil {
			err = e
		}
		return compareKeys(own, m, key, n) < 0
	}
	end := len(k.ns)
	if end == from || less(end-1) || err != nil { // new numbers are mostly the highest
		return end, err
	}
	for step := 1; from+step < end; step *= 2 { // or follow the one before
		if !less(from + step - 1) {
			end = from + step
			break
		}
		from += step
	}
	at = from + sort.Search(end-from, func(i int) bool { return !less(from + i) })
	return at, err
}

// prefix is the set of ordinals whose key begins with p.
func (r *Reader) prefix(sc scope, name string, p []byte) (set, error) {
	k, done, err := r.ranking(sc, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	out := newSet(sc.n)
	from, err := k.place(0, p, -1)
	if err != nil {
		return nil, err
	}
	to := len(k.ns)
	if above := after(string(p)); above != "" {
		if to, err = k.place(from, []byte(above), -1); err != nil {
			return nil, err
		}
	}
	for _, n := range k.ns[from:to] {
		out.add(int64(n))
	}
	return out, err
}
