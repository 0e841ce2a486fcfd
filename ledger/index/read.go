package index

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"sexton/custody"
	"sexton/ledger"
	"sexton/ledger/leaf"
)

// ErrNotFound: nothing has that name.
var ErrNotFound = errors.New("not in the register")

// Queryer gives a read-only transaction over the ledger's file, with the head
// it sees; *ledger.Ledger is one.
type Queryer interface {
	QueryHead(ctx context.Context, f func(*sql.Tx, ledger.Head) error) error
}

// Reader asks the tables. It keeps orders of what never changes in memory
// (see Warm) and is safe for concurrent use.
type Reader struct {
	q Queryer

	mu       sync.Mutex // guards rankings
	rankings map[string]*ranking
}

// NewReader asks through q.
func NewReader(q Queryer) *Reader { return &Reader{q: q, rankings: newRankings()} }

// Warm reads the orders of numbers and titles into memory, which the first
// search for each would do: a part of a second for a million carriers, and 12 bytes
// for each.
func (r *Reader) Warm(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.q.QueryHead(ctx, func(tx *sql.Tx, _ ledger.Head) error {
		for name := range r.rankings {
			space := carrierSpace
			if name == orderDocumentTitle || name == orderDocumentNumber {
				space = string(custody.DocumentThing)
			}
			sc, err := newScope(ctx, tx, space)
			if err != nil {
				return err
			}
			_, done, err := r.ranking(sc, name)
			if err == nil {
				err = done()
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return wrap("read the orders of the register", err)
}

func (r *Reader) query(ctx context.Context, f func(*sql.Tx) error) error {
	return r.q.QueryHead(ctx, func(tx *sql.Tx, _ ledger.Head) error { return f(tx) })
}

// MaxPage is the largest page.
const MaxPage = 10_000

// Page selects a part of a long answer.
type Page struct {
	Offset int64
	Limit  int64 // 0 = 100; at most MaxPage
}

func (p Page) limit() int64 {
	if p.Limit <= 0 {
		return 100
	}
	return min(p.Limit, MaxPage)
}

func (p Page) clause() (string, []any) {
	return " LIMIT ? OFFSET ?", []any{p.limit(), max(p.Offset, 0)}
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
	}, `SELECT `+prefixed("c", carrierColumns)+`, m.place, m.missing, m.verdict, m.outcome FROM ix_member m JOIN ix_carrier c ON c.id = m.carrier
		WHERE m.batch = ? ORDER BY m.place < 0, m.place, c.number`+limit, append([]any{batch}, args...)...)
}

// BatchesOf lists the batches a carrier was ever in, oldest first.
func (r *Reader) BatchesOf(ctx context.Context, carrier string) ([]Batch, error) {
	return many(ctx, r, "list batches of carrier "+carrier, scanBatch,
		`SELECT b.data, b.idx, b.changed FROM ix_member m JOIN ix_batch b ON b.id = m.batch WHERE m.carrier = ? ORDER BY b.idx`, carrier)
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
	return many(ctx, r, "list events of "+subject, plainEvent,
		`SELECT e.idx, e.hash, e.id, e.kind, e.at FROM ix_subject s JOIN ix_event e ON e.idx = s.idx WHERE s.subject = ? ORDER BY s.idx`+limit,
		append([]any{subject}, args...)...)
}

func plainEvent(row scanner) (Event, error) { return scanEvent(row) }

// scanEvent reads an event and then what more asks for.
func scanEvent(row scanner, more ...any) (Event, error) {
	var e Event
	var hash []byte
	var kind, at string
	if err := row.Scan(append([]any{&e.Index, &hash, &e.ID, &kind, &at}, more...)...); err != nil {
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
	e, err := one(ctx, r, "find head of "+subject, plainEvent,
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
	err := r.query(ctx, func(tx *sql.Tx) error {
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
	err := r.query(ctx, func(tx *sql.Tx) error {
		out = nil
		return each(ctx, tx, query, args, func(row scanner) error {
			v, err := scan(row)
			out = append(out, v)
			return err
		})
	})
	return out, wrap(what, err)
}
