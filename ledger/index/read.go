package index

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// ErrNotFound: nothing has that name.
var ErrNotFound = errors.New("not in the register")

// Queryer gives a read-only transaction over the ledger's file; *ledger.Ledger
// is one.
type Queryer interface {
	Query(ctx context.Context, f func(*sql.Tx) error) error
}

// Reader asks the tables. It keeps nothing and is safe for concurrent use.
type Reader struct{ q Queryer }

// NewReader asks through q.
func NewReader(q Queryer) *Reader { return &Reader{q} }

// MaxPage is the largest page.
const MaxPage = 10_000

// Page selects a part of a long answer.
type Page struct {
	Offset int64
	Limit  int64 // 0 = 100; at most MaxPage
}

func (p Page) clause() (string, []any) {
	limit := p.Limit
	if limit <= 0 {
		limit = 100
	}
	return " LIMIT ? OFFSET ?", []any{min(limit, MaxPage), max(p.Offset, 0)}
}

// Filter selects carriers; the zero value selects all.
type Filter struct {
	List, Batch, Kind, Classification string
	State                             custody.State
	Text                              string // part of the carrier's number
	After                             string // numbers after this one: cheaper than Page.Offset in long lists
	OpenCases                         bool   // only carriers with an open case
}

func (f Filter) where() (string, []any) {
	var terms []string
	var args []any
	add := func(on bool, term string, value any) {
		if on {
			terms = append(terms, term)
			args = append(args, value)
		}
	}
	add(f.List != "", "list = ?", f.List)
	add(f.Batch != "", "batch = ? AND batch <> ''", f.Batch)
	add(f.Kind != "", "kind = ?", f.Kind)
	add(f.Classification != "", "classification = ?", f.Classification)
	add(f.State != custody.Unknown, "state = ?", f.State.String())
	add(f.Text != "", "instr(number, ?) > 0", f.Text)
	add(f.After != "", "number > ?", f.After)
	if f.OpenCases {
		terms = append(terms, "open_case IS NOT NULL")
	}
	if len(terms) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args
}

// Carrier is one carrier with where it came from.
type Carrier struct {
	custody.Carrier
	Registered string // leaf hash of its registration
	Event      string // event id of its registration: finds the openings
	LeafIndex  int64  // of its registration
	Changed    int64  // index of the last leaf that moved it
}

const carrierColumns = columns + `, registered, event, idx, changed`

func scanFull(row scanner) (Carrier, error) {
	var c Carrier
	var registered []byte
	inner, err := scanCarrier(row, &registered, &c.Event, &c.LeafIndex, &c.Changed)
	c.Carrier, c.Registered = inner, hexOf(registered)
	return c, err
}

// Carriers answers one page in the order of numbers, and how many there are in
// all (After does not count).
func (r *Reader) Carriers(ctx context.Context, f Filter, p Page) (rows []Carrier, total int64, err error) {
	all := f
	all.After = ""
	err = r.q.Query(ctx, func(tx *sql.Tx) error {
		where, args := all.where()
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM ix_carrier`+where, args...).Scan(&total); err != nil {
			return err
		}
		where, args = f.where()
		limit, more := p.clause()
		// The inner query reads indexes only; rows are fetched for the page alone.
		page := `SELECT id FROM ix_carrier` + where + ` ORDER BY number` + limit
		return each(ctx, tx, `SELECT `+carrierColumns+` FROM ix_carrier WHERE id IN (`+page+`) ORDER BY number`, append(args, more...), func(row scanner) error {
			c, err := scanFull(row)
			rows = append(rows, c)
			return err
		})
	})
	return rows, total, wrap("list carriers", err)
}

// Carrier finds one by id. ErrNotFound.
func (r *Reader) Carrier(ctx context.Context, id string) (Carrier, error) {
	return one(ctx, r, "find carrier "+id, scanFull, `SELECT `+carrierColumns+` FROM ix_carrier WHERE id = ?`, id)
}

// CarrierByNumber finds one by the unit's number. ErrNotFound.
func (r *Reader) CarrierByNumber(ctx context.Context, number string) (Carrier, error) {
	return one(ctx, r, "find carrier number "+number, scanFull, `SELECT `+carrierColumns+` FROM ix_carrier WHERE number = ?`, number)
}

// Batch is one batch with where it stands in the ledger.
type Batch struct {
	custody.Batch
	LeafIndex int64 // of batch.opened
	Changed   int64 // index of the last leaf that moved it
}

const batchColumns = `data, idx, changed`

func scanBatch(row scanner) (Batch, error) {
	var b Batch
	var data []byte
	if err := row.Scan(&data, &b.LeafIndex, &b.Changed); err != nil {
		return Batch{}, err
	}
	return b, json.Unmarshal(data, &b.Batch)
}

// Batch finds one by id. ErrNotFound.
func (r *Reader) Batch(ctx context.Context, id string) (Batch, error) {
	return one(ctx, r, "find batch "+id, scanBatch, `SELECT `+batchColumns+` FROM ix_batch WHERE id = ?`, id)
}

// BatchByNumber finds one by the unit's number. ErrNotFound.
func (r *Reader) BatchByNumber(ctx context.Context, number string) (Batch, error) {
	return one(ctx, r, "find batch number "+number, scanBatch, `SELECT `+batchColumns+` FROM ix_batch WHERE number = ?`, number)
}

// Batches lists batches, newest first; state BatchUnknown selects all.
func (r *Reader) Batches(ctx context.Context, state custody.BatchState, p Page) ([]Batch, error) {
	limit, args := p.clause()
	where := ""
	if state != custody.BatchUnknown {
		where, args = ` WHERE state = ?`, append([]any{state.String()}, args...)
	}
	return many(ctx, r, "list batches", scanBatch, `SELECT `+batchColumns+` FROM ix_batch`+where+` ORDER BY idx DESC`+limit, args...)
}

// Member is one carrier of a batch, as the batch keeps it.
type Member struct {
	Carrier                 // as it is now
	Place   int64           // in the manifest, from 0; -1 = in none
	Missing bool            // was missing when the batch was counted
	Verdict custody.Verdict // of its outcome in this batch
	Outcome string          // leaf hash of that outcome, "" = none yet
}

// Members lists the carriers of a batch by place, then those without a place:
// counted and not yet sealed, or missing. A batch keeps its members when they
// leave it (unfed, resolved as held, voided).
func (r *Reader) Members(ctx context.Context, batch string, p Page) ([]Member, error) {
	limit, args := p.clause()
	prefixed := "c." + strings.ReplaceAll(strings.Join(strings.Fields(carrierColumns), " "), ", ", ", c.")
	return many(ctx, r, "list members of batch "+batch, func(row scanner) (Member, error) {
		var m Member
		var registered, outcome []byte
		var verdict string
		inner, err := scanCarrier(row, &registered, &m.Event, &m.LeafIndex, &m.Changed, &m.Place, &m.Missing, &verdict, &outcome)
		if err != nil {
			return Member{}, err
		}
		m.Carrier.Carrier, m.Registered, m.Outcome = inner, hexOf(registered), hexOf(outcome)
		return m, m.Verdict.UnmarshalText([]byte(verdict))
	}, `SELECT `+prefixed+`, m.place, m.missing, m.verdict, m.outcome FROM ix_member m JOIN ix_carrier c ON c.id = m.carrier
		WHERE m.batch = ? ORDER BY m.place < 0, m.place, c.number`+limit, append([]any{batch}, args...)...)
}

// BatchesOf lists the batches a carrier was ever in, oldest first.
func (r *Reader) BatchesOf(ctx context.Context, carrier string) ([]Batch, error) {
	return many(ctx, r, "list batches of carrier "+carrier, scanBatch,
		`SELECT b.data, b.idx, b.changed FROM ix_member m JOIN ix_batch b ON b.id = m.batch WHERE m.carrier = ? ORDER BY b.idx`, carrier)
}

// Holding counts carriers of one kind, classification and state.
type Holding struct {
	Kind, Classification string
	State                custody.State
	Carriers             int64
}

// Holdings counts every carrier, by classification, kind and state.
func (r *Reader) Holdings(ctx context.Context) ([]Holding, error) {
	return many(ctx, r, "count holdings", func(row scanner) (Holding, error) {
		var h Holding
		var state string
		if err := row.Scan(&h.Classification, &h.Kind, &state, &h.Carriers); err != nil {
			return Holding{}, err
		}
		return h, h.State.UnmarshalText([]byte(state))
	}, `SELECT classification, kind, state, count(*) FROM ix_carrier GROUP BY classification, kind, state ORDER BY classification, kind, state`)
}

// Event is one leaf that concerns a subject.
type Event struct {
	Index int64
	Hash  string
	ID    string
	Kind  leaf.Kind
	At    time.Time
}

// Events lists the leaves of a subject, oldest first.
func (r *Reader) Events(ctx context.Context, subject string, p Page) ([]Event, error) {
	limit, args := p.clause()
	return many(ctx, r, "list events of "+subject, scanEvent,
		`SELECT e.idx, e.hash, e.id, e.kind, e.at FROM ix_subject s JOIN ix_event e ON e.idx = s.idx WHERE s.subject = ? ORDER BY s.idx`+limit,
		append([]any{subject}, args...)...)
}

func scanEvent(row scanner) (Event, error) {
	var e Event
	var hash []byte
	var kind, at string
	if err := row.Scan(&e.Index, &hash, &e.ID, &kind, &at); err != nil {
		return Event{}, err
	}
	e.Hash, e.Kind = hexOf(hash), leaf.Kind(kind)
	var err error
	e.At, err = parseTime(at)
	return e, err
}

// SubjectHead is the hash of the newest leaf of a subject; "" when there is
// none.
func (r *Reader) SubjectHead(ctx context.Context, subject string) (string, error) {
	e, err := one(ctx, r, "find head of "+subject, scanEvent,
		`SELECT e.idx, e.hash, e.id, e.kind, e.at FROM ix_subject s JOIN ix_event e ON e.idx = s.idx WHERE s.subject = ? ORDER BY s.idx DESC LIMIT 1`, subject)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return e.Hash, err
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s: %w", what, err)
}

// one runs a query that gives one row.
func one[T any](ctx context.Context, r *Reader, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var out T
	err := r.q.Query(ctx, func(tx *sql.Tx) error {
		var err error
		out, err = scan(tx.QueryRowContext(ctx, query, args...))
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return out, wrap(what, err)
}

// many runs a query that gives rows.
func many[T any](ctx context.Context, r *Reader, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := r.q.Query(ctx, func(tx *sql.Tx) error {
		out = nil
		return each(ctx, tx, query, args, func(row scanner) error {
			v, err := scan(row)
			out = append(out, v)
			return err
		})
	})
	return out, wrap(what, err)
}
