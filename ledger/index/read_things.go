package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Thing is one thing of the register with where it came from.
type Thing struct {
	Thing custody.Thing
	Event string // event id of its entry, the newest where it can be entered anew: finds the openings
	Index int64  // of that leaf
}

// Thing finds one thing. ErrNotFound.
func (r *Reader) Thing(ctx context.Context, ref custody.Ref) (Thing, error) {
	return one(ctx, r, "find "+string(ref.Kind)+" "+ref.ID, scanThing(ref.Kind),
		`SELECT data, event, idx FROM ix_thing WHERE kind = ? AND id = ?`, string(ref.Kind), ref.ID)
}

// ThingByNumber finds a request, movement, campaign, inspection or incident by
// the number the unit gave it. ErrNotFound.
func (r *Reader) ThingByNumber(ctx context.Context, kind custody.ThingKind, number string) (Thing, error) {
	return one(ctx, r, "find "+string(kind)+" number "+number, scanThing(kind),
		`SELECT t.data, t.event, t.idx FROM ix_number m JOIN ix_thing t ON t.kind = m.kind AND t.id = m.id WHERE m.kind = ? AND m.number = ?`, string(kind), number)
}

// Things lists the things of a kind by id. Ids that the station gave grow with
// time.
func (r *Reader) Things(ctx context.Context, kind custody.ThingKind, p Page) ([]Thing, error) {
	limit, args := p.clause()
	return many(ctx, r, "list things of kind "+string(kind), scanThing(kind),
		`SELECT data, event, idx FROM ix_thing WHERE kind = ? ORDER BY id`+limit, append([]any{string(kind)}, args...)...)
}

func scanThing(kind custody.ThingKind) func(scanner) (Thing, error) {
	return func(row scanner) (Thing, error) {
		var t Thing
		var data []byte
		if err := row.Scan(&data, &t.Event, &t.Index); err != nil {
			return Thing{}, err
		}
		var err error
		t.Thing, err = custody.ParseThing(kind, data)
		return t, err
	}
}

// ThingSearch says which things of a kind are wanted.
type ThingSearch struct {
	Kind      custody.ThingKind
	Tags      map[Tag][]string // each tag with any of its values
	DueBefore time.Time        // something is due before this moment: overdue at it

	// Documents only.
	Title  string // part of it, at least 2 letters
	Number string // 文号
	Prefix string // beginning of it

	Order Order  // ByNewest (also the zero value), ByEntered, ByDue; of documents ByTitle and ByDocumentNumber
	After string // Next of the page before
	Limit int64  // 0 = 100, at most MaxPage
}

// ThingHit is one thing that was found.
type ThingHit struct {
	Thing
	Number                        string // that the unit gave it, "" = none
	Name                          string // of a department, place, firm, the person of a post, the number of a list; "" = none
	Title, DocumentNumber, Issuer string // of a document
}

// FoundThings is one page of things.
type FoundThings struct {
	Hits []ThingHit
	Next string // ThingSearch.After of the next page, "" = this is the last
	Total
	Searched
}

// FindThings answers one page. ErrShort, ErrCursor.
func (r *Reader) FindThings(ctx context.Context, s ThingSearch) (out FoundThings, err error) {
	bare := s
	bare.After, bare.Limit = "", 0
	q := question{space: string(s.Kind), bare: bare, after: s.After, limit: s.Limit,
		find: func(sc scope) (found, error) { return r.findThings(sc, s) },
		walk: func(sc scope, in set, from *cursor) (iter.Seq2[place, error], error) {
			return r.walkThings(sc, s.Order, in, from)
		},
		read: func(sc scope, ns []int64) (err error) {
			out.Hits, err = thingHits(sc, s.Kind, ns)
			return err
		}}
	out.Next, out.Total, out.Searched, err = r.answer(ctx, q)
	return out, wrap("search things of kind "+string(s.Kind), err)
}

var errOfDocuments = errors.New("only documents are searched by title and number")

func (r *Reader) findThings(sc scope, s ThingSearch) (found, error) {
	f := found{set: all(sc.n)}
	if s.Kind != custody.DocumentThing && (s.Title != "" || s.Number != "" || s.Prefix != "") {
		return f, errOfDocuments
	}
	for name, values := range s.Tags {
		if err := f.only(sc.tagged(string(name), values...)); err != nil {
			return f, err
		}
	}
	if s.Order == ByDue || !s.DueBefore.IsZero() {
		before := `9999`
		if !s.DueBefore.IsZero() {
			before = storeTime(s.DueBefore)
		}
		if err := f.only(sc.listed(`SELECT n FROM ix_thing WHERE kind = ? AND due <> '' AND due < ?`, sc.space, before)); err != nil {
			return f, err
		}
	}
	if s.Title != "" {
		if err := f.having(sc, titleGrams, s.Title); err != nil {
			return f, err
		}
	}
	if s.Prefix != "" {
		if err := f.only(r.prefix(sc, orderDocumentNumber, []byte(foldNumber(s.Prefix)))); err != nil {
			return f, err
		}
	}
	if s.Number == "" {
		return f, nil
	}
	return f, f.only(sc.listed(`SELECT n FROM ix_order WHERE space = ? AND field = ? AND key = ?`, sc.space, fieldNumber, []byte(foldNumber(s.Number))))
}

func (r *Reader) walkThings(sc scope, o Order, s set, after *cursor) (iter.Seq2[place, error], error) {
	switch {
	case o == ByNumber || o == ByNewest:
		return newest(s, after), nil
	case o == ByEntered:
		return entered(s, after), nil
	case o == ByDue:
		return dueWalk(sc, s, after), nil
	case o == ByTitle && sc.space == string(custody.DocumentThing):
		return r.rankedWalk(sc, orderDocumentTitle, s, after)
	case o == ByDocumentNumber && sc.space == string(custody.DocumentThing):
		return r.rankedWalk(sc, orderDocumentNumber, s, after)
	}
	return nil, errors.New("no such order of " + sc.space)
}

func thingHits(sc scope, kind custody.ThingKind, ns []int64) (out []ThingHit, err error) {
	st, err := sc.tx.PrepareContext(sc.ctx, `SELECT t.data, t.event, t.idx, m.number, a.name, x.title, x.number, x.issuer FROM ix_thing t
		LEFT JOIN ix_number m ON m.kind = t.kind AND m.id = t.id LEFT JOIN ix_name a ON a.kind = t.kind AND a.id = t.id
		LEFT JOIN ix_text x ON x.space = t.kind AND x.n = t.n WHERE t.kind = ? AND t.n = ?`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for _, n := range ns {
		var h ThingHit
		var data []byte
		var t [5]sql.NullString
		if err := st.QueryRowContext(sc.ctx, string(kind), n).Scan(&data, &h.Event, &h.Index, &t[0], &t[1], &t[2], &t[3], &t[4]); err != nil {
			return nil, err
		}
		if h.Thing.Thing, err = custody.ParseThing(kind, data); err != nil {
			return nil, err
		}
		h.Number, h.Name, h.Title, h.DocumentNumber, h.Issuer = t[0].String, t[1].String, t[2].String, t[3].String, t[4].String
		out = append(out, h)
	}
	return out, nil
}

// Name is the name of something, by id.
type Name struct{ ID, Name string }

// Names lists the names of persons (kind custody.PostThing), departments,
// places, firms and lists that have a part, in Chinese collation; the empty
// part lists all.
func (r *Reader) Names(ctx context.Context, kind custody.ThingKind, part string) (out []Name, err error) {
	err = r.query(ctx, func(tx *sql.Tx) error {
		out, err = namesLike(scope{ctx: ctx, tx: tx}, kind, part)
		return err
	})
	return out, wrap("list names", err)
}

func namesLike(sc scope, kind custody.ThingKind, part string) (out []Name, err error) {
	want := foldTitle(part)
	err = each(sc.ctx, sc.tx, `SELECT id, name FROM ix_name WHERE kind = ? ORDER BY key, id`, []any{string(kind)}, func(row scanner) error {
		var n Name
		err := row.Scan(&n.ID, &n.Name)
		if err == nil && strings.Contains(foldTitle(n.Name), want) {
			out = append(out, n)
		}
		return err
	})
	return out, err
}

// CopiesOf lists the ids of the carriers of a document, by id.
func (r *Reader) CopiesOf(ctx context.Context, document string) ([]string, error) {
	ids, err := many(ctx, r, "list copies of "+document, scanID, `SELECT id FROM ix_carrier WHERE document = ? AND document <> ''`, document)
	slices.Sort(ids)
	return ids, err
}

// Outstanding lists the ids of the carriers a person keeps or has in hand, by id.
func (r *Reader) Outstanding(ctx context.Context, person string) (ids []string, err error) {
	if person == "" {
		return nil, nil
	}
	err = r.query(ctx, func(tx *sql.Tx) error {
		sc, err := newScope(ctx, tx, carrierSpace)
		if err != nil {
			return err
		}
		s, err := outstanding(sc, person)
		if err != nil {
			return err
		}
		for n := s.next(0); n >= 0; n = s.next(n + 1) {
			id, err := scanID(tx.QueryRowContext(ctx, `SELECT id FROM ix_carrier WHERE n = ?`, n))
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	slices.Sort(ids)
	return ids, wrap("list what "+person+" holds", err)
}

func scanID(row scanner) (string, error) {
	var id string
	err := row.Scan(&id)
	return id, err
}

// Time is when a leaf says it was written. ErrNotFound.
func (r *Reader) Time(ctx context.Context, leaf int64) (time.Time, error) {
	return one(ctx, r, fmt.Sprintf("find the time of leaf %d", leaf), func(row scanner) (time.Time, error) {
		var at string
		if err := row.Scan(&at); err != nil {
			return time.Time{}, err
		}
		return parseTime(at)
	}, `SELECT at FROM ix_event WHERE idx = ?`, leaf)
}

// Knew is one line of who-knew with the index of its leaf.
type Knew struct {
	custody.Knew
	Index int64
}

// Knew lists who had what in hand, oldest first: of one carrier, one document or
// one person; the first of them that is given.
func (r *Reader) Knew(ctx context.Context, carrier, document, person string, p Page) ([]Knew, error) {
	limit, more := p.clause()
	column, value := "carrier", carrier
	switch {
	case carrier != "":
	case document != "":
		column, value = "document", document
	case person != "":
		column, value = "person", person
	}
	return many(ctx, r, "list who knew", func(row scanner) (Knew, error) {
		var k Knew
		var at string
		var hash []byte
		if err := row.Scan(&k.Carrier, &k.Document, &k.Person, &k.Act, &at, &hash, &k.Index); err != nil {
			return Knew{}, err
		}
		k.Leaf = hexOf(hash)
		var err error
		k.At, err = parseTime(at)
		return k, err
	}, `SELECT carrier, document, person, act, at, leaf, idx FROM ix_knew WHERE `+column+` = ? AND `+column+` <> '' ORDER BY idx, carrier, person`+limit,
		append([]any{value}, more...)...)
}

// Mark is the mark something bore from a leaf on.
type Mark struct {
	Event        // the leaf that gave it
	Level string // "" = released
	Term  string
}

// Marks lists the marks of a carrier or document, oldest first. subject is
// such as leaf.CarrierSubject and the id.
func (r *Reader) Marks(ctx context.Context, subject string) (out []Mark, err error) {
	scan := func(row scanner) (Mark, error) {
		var m Mark
		e, err := scanEvent(row, &m.Level, &m.Term)
		m.Event = e
		return m, err
	}
	if id, ok := strings.CutPrefix(subject, leaf.CarrierSubject); ok {
		first, err := one(ctx, r, "find the first mark of "+subject, scan,
			`SELECT e.idx, e.hash, e.id, e.kind, e.at, c.classification, c.period FROM ix_carrier c JOIN ix_event e ON e.idx = c.idx WHERE c.id = ?`, id)
		if err != nil {
			return nil, err
		}
		out = append(out, first)
	}
	later, err := many(ctx, r, "list the marks of "+subject, scan,
		`SELECT e.idx, e.hash, e.id, e.kind, e.at, m.level, m.term FROM ix_mark m JOIN ix_event e ON e.idx = m.idx WHERE m.subject = ? ORDER BY m.idx`, subject)
	return append(out, later...), err
}
