package index

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"iter"
	"strings"

	"sexton/ledger"
)

// Searched says what an answer is worth: the state of the ledger it was given
// for, and how many entries of the register it speaks of. With it, "there is
// none" can be checked: whoever replays the leaves up to that head finds none.
type Searched struct {
	Size    int64  // leaves of the ledger
	Root    string // over these, lower hex
	Entries int64  // carriers, or things of the kind, in the register then
}

// Total is how many there are in all.
type Total struct {
	Count int64
	Exact bool // else there are at least so many
}

// Hit is one carrier that was found, with what its openings say.
type Hit struct {
	Carrier
	Title, DocumentNumber, Copy, Issuer, Serial string
}

// Found is one page of the answer to a search.
type Found struct {
	Hits []Hit
	Next string // Search.After of the next page, "" = this is the last
	Total
	Searched
}

// Search answers one page. ErrShort, ErrCursor.
func (r *Reader) Search(ctx context.Context, s Search) (out Found, err error) {
	bare := s
	bare.After, bare.Offset, bare.Limit = "", 0, 0
	q := question{space: carrierSpace, bare: bare, after: s.After, offset: s.Offset, limit: s.Limit,
		find: func(sc scope) (found, error) { return r.find(sc, s) },
		walk: func(sc scope, in set, from *cursor) (iter.Seq2[place, error], error) {
			return r.walk(sc, s.Order, in, from)
		},
		read: func(sc scope, ns []int64) (err error) {
			out.Hits, err = hits(sc, ns)
			return err
		}}
	out.Next, out.Total, out.Searched, err = r.answer(ctx, q)
	return out, wrap("search carriers", err)
}

// question is a search of carriers or of things.
type question struct {
	space         string
	bare          any // the search without its place in the pages
	after         string
	offset, limit int64

	find func(scope) (found, error)
	walk func(scope, set, *cursor) (iter.Seq2[place, error], error)
	read func(scope, []int64) error // the rows of the page
}

// answer finds, counts, and reads one page.
func (r *Reader) answer(ctx context.Context, q question) (next string, total Total, in Searched, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = r.q.QueryHead(ctx, func(tx *sql.Tx, h ledger.Head) error {
		sc, err := newScope(ctx, tx, q.space)
		if err != nil {
			return err
		}
		in = Searched{h.Size, h.Root, sc.n}
		f, err := q.find(sc)
		if err != nil {
			return err
		}
		if total, err = f.total(sc); err != nil {
			return err
		}
		ns, mark, err := q.page(sc, f)
		if err != nil {
			return err
		}
		next = mark
		return q.read(sc, ns)
	})
	return next, total, in, err
}

// exactUpTo is how many texts are looked at to give an exact total.
const exactUpTo = 300

// total counts what was found.
func (f found) total(sc scope) (Total, error) {
	n := f.set.count()
	if len(f.check) == 0 {
		return Total{n, true}, nil
	}
	some := newSet(sc.n)
	looked := int64(0)
	for i := f.set.next(0); i >= 0 && looked < exactUpTo; i = f.set.next(i + 1) {
		some.add(i)
		looked++
	}
	if err := f.verify(sc, some); err != nil {
		return Total{}, err
	}
	return Total{some.count(), looked == n}, nil
}

// verify takes out of a set those whose texts have not the parts they must
// have.
func (f found) verify(sc scope, s set) error {
	for _, p := range f.check {
		good := newSet(sc.n)
		ns, err := json.Marshal(members(s))
		if err != nil {
			return err
		}
		err = sc.texts(p.f, `n IN (SELECT value FROM json_each(?))`, []any{string(ns)}, func(n int64, text string) {
			if strings.Contains(p.f.fold(text), p.part) {
				good.add(n)
			}
		})
		if err != nil {
			return err
		}
		s.and(good)
	}
	return nil
}

func members(s set) []int64 {
	out := []int64{}
	for n := s.next(0); n >= 0; n = s.next(n + 1) {
		out = append(out, n)
	}
	return out
}

// cursor is where a page ended.
type cursor struct {
	Search uint64 `json:"s"` // fingerprint of the search
	N      int64  `json:"n"`
	Key    string `json:"k,omitempty"` // of orders whose key can change: the due time, or the person
}

// fingerprint tells searches apart, whatever page of them is wanted.
func fingerprint(v any) (uint64, error) {
	b, err := json.Marshal(v)
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64(), err
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // cannot happen: numbers and text
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads the mark of a page of a search; none gives nil.
func parseCursor(s string, search uint64) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, ErrCursor
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var c cursor
	if err := d.Decode(&c); err != nil || c.Search != search || c.N < 0 {
		return nil, ErrCursor
	}
	return &c, nil
}

// place is one ordinal in an order.
type place struct {
	n   int64
	key string
}

// page gives the ordinals of one page, in order, and the mark of the next.
func (q question) page(sc scope, f found) ([]int64, string, error) {
	print, err := fingerprint(q.bare)
	if err != nil {
		return nil, "", err
	}
	after, err := parseCursor(q.after, print)
	if err != nil {
		return nil, "", err
	}
	if after != nil && after.N >= sc.n {
		return nil, "", ErrCursor
	}
	walk, err := q.walk(sc, f.set, after)
	if err != nil {
		return nil, "", err
	}
	return paged(sc, f, walk, print, q.offset, Page{Limit: q.limit}.limit())
}

// paged takes a page from a walk.
func paged(sc scope, f found, walk iter.Seq2[place, error], print uint64, offset, limit int64) ([]int64, string, error) {
	var taken, waiting []place
	enough := func() bool { return int64(len(taken)) > offset+limit }
	check := func() error {
		some := newSet(sc.n)
		for _, p := range waiting {
			some.add(p.n)
		}
		if err := f.verify(sc, some); err != nil {
			return err
		}
		for _, p := range waiting {
			if some.has(p.n) {
				taken = append(taken, p)
			}
		}
		waiting = waiting[:0]
		return nil
	}
	const look = 128 // texts at a time
	for p, err := range walk {
		if err != nil {
			return nil, "", err
		}
		if len(f.check) == 0 {
			taken = append(taken, p)
		} else if waiting = append(waiting, p); len(waiting) >= look {
			if err := check(); err != nil {
				return nil, "", err
			}
		}
		if enough() {
			break
		}
	}
	if len(waiting) > 0 {
		if err := check(); err != nil {
			return nil, "", err
		}
	}
	taken = taken[min(offset, int64(len(taken))):]
	next := ""
	if int64(len(taken)) > limit {
		taken = taken[:limit]
		last := taken[limit-1]
		next = cursor{print, last.n, last.key}.String()
	}
	out := make([]int64, len(taken))
	for i, p := range taken {
		out[i] = p.n
	}
	return out, next, nil
}

// hits reads the carriers of a page.
func hits(sc scope, ns []int64) ([]Hit, error) {
	out := make([]Hit, len(ns))
	at := make(map[int64]int, len(ns))
	for i, n := range ns {
		at[n] = i
	}
	list, err := json.Marshal(ns)
	if err != nil {
		return nil, err
	}
	return out, each(sc.ctx, sc.tx, `SELECT `+prefixed("c", carrierColumns)+`, `+prefixed("t", textColumns)+`, c.n
		FROM json_each(?) j JOIN ix_carrier c ON c.n = j.value LEFT JOIN ix_text t ON t.space = ? AND t.n = c.n`, []any{string(list), carrierSpace}, func(row scanner) error {
		h, n, err := scanHit(row)
		if err == nil {
			out[at[n]] = h
		}
		return err
	})
}

func scanHit(row scanner) (h Hit, n int64, err error) {
	var registered []byte
	var t [5]sql.NullString
	inner, err := scanCarrier(row, &registered, &h.Event, &h.LeafIndex, &h.Changed, &t[0], &t[1], &t[2], &t[3], &t[4], &n)
	h.Carrier.Carrier, h.Registered = inner, hexOf(registered)
	h.Title, h.DocumentNumber, h.Copy, h.Issuer, h.Serial = t[0].String, t[1].String, t[2].String, t[3].String, t[4].String
	return h, n, err
}

// prefixed names the columns of one table among several.
func prefixed(table, columns string) string {
	return table + "." + strings.ReplaceAll(strings.Join(strings.Fields(columns), " "), ", ", ", "+table+".")
}
