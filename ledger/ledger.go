package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
	"sexton/procedure"
)

const (
	maxGroup     = 64               // requests of one commit
	syncInterval = time.Second      // longest time the head file lags behind on the medium
	maxRoots     = 1024             // heads kept in memory for the seen check
	maxAttached  = 64 << 20         // bytes of one attachment
	maxEntries   = 100_000          // entries of one request
	initPattern  = ".ledger-init-*" // directories Init works in
)

// Ledger is an open ledger. Its methods may be called from any goroutine; projections and Query functions must not call it.
type Ledger struct {
	o        Options
	dir      string
	lock     *os.File // directory, flock held
	store    *store
	verifier note.Verifier
	stmt     statements
	logger   *slog.Logger

	in   chan *request  // unbuffered: what was sent is answered
	quit chan struct{}  // closed by Close
	done sync.WaitGroup // the writer goroutine

	mu     sync.Mutex // guards store's connection and everything below
	state  state      // the newest commit
	roots  map[int64]tlog.Hash
	head   *headFile
	failed error // why the ledger stopped
	closed bool

	anchored int64 // the head file is durable with the seal of this commit or a later one
	openedAt int64 // newest commit when the ledger was opened
}

// state is what a commit makes true.
type state struct {
	seq     int64
	size    int64
	chain   tlog.Hash
	journal tlog.Hash // digest of live
	edge    *edge
	root    tlog.Hash
	note    []byte // newest checkpoint
	seal    []byte
	live    map[string]liveRun // open runs
}

// request is one call of Append or Save on its way through the writer.
type request struct {
	entries  []prepared
	record   *procedure.Record
	done     chan struct{} // closed when receipts or err is set
	receipts []Receipt
	err      error
}

// prepared is an entry that was checked as far as that is possible without the ledger.
type prepared struct {
	leaf        []byte
	hash        tlog.Hash
	env         leaf.Envelope
	payload     leaf.Payload
	openings    []leaf.Opening
	attachments []attachment
}

type attachment struct {
	sum  tlog.Hash
	data []byte
}

var _ procedure.Journal[Entry, Receipt] = (*Ledger)(nil)

// Append makes entries durable: all of them, at consecutive places, or none. It returns after COMMIT. Entries that are in the
// ledger already, byte for byte, are acknowledged again with Duplicate set. Errors: ErrInvalid, ErrConflict, ErrStale, ErrSeen,
// ErrRefused (nothing was written); ErrClosed; ErrStopped; ctx's error while still in the queue.
func (l *Ledger) Append(ctx context.Context, entries ...Entry) ([]Receipt, error) {
	return l.submit(ctx, nil, entries)
}

// Save stores a step of a run and its entries in one transaction; see procedure.Journal. Errors as for Append, and
// procedure.ErrAttempt.
func (l *Ledger) Save(ctx context.Context, rec procedure.Record, entries ...Entry) ([]Receipt, error) {
	if err := checkRecord(rec); err != nil {
		return nil, err
	}
	rec.Data = bytes.Clone(rec.Data)
	return l.submit(ctx, &rec, entries)
}

func (l *Ledger) submit(ctx context.Context, rec *procedure.Record, entries []Entry) ([]Receipt, error) {
	if len(entries) == 0 && rec == nil {
		return nil, nil
	}
	r := &request{record: rec, done: make(chan struct{})}
	var err error
	if r.entries, err = l.prepare(entries); err != nil {
		return nil, err
	}
	select {
	case l.in <- r:
	case <-l.quit:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("cannot append: %w", ctx.Err())
	}
	<-r.done // the writer answers every request it has taken
	return r.receipts, r.err
}

// prepare checks entries alone and together, in the caller's goroutine.
func (l *Ledger) prepare(entries []Entry) ([]prepared, error) {
	if len(entries) > maxEntries {
		return nil, fmt.Errorf("cannot append %d entries at once: %w", len(entries), ErrInvalid)
	}
	out := make([]prepared, len(entries))
	ids := make(map[string]bool, len(entries))
	for i, e := range entries {
		p, err := l.prepareOne(e)
		if err != nil {
			return nil, fmt.Errorf("cannot append entry %d: %w: %w", i, ErrInvalid, err)
		}
		if ids[p.payload.ID] {
			return nil, fmt.Errorf("cannot append entry %d: %w: event %s is named twice", i, ErrInvalid, p.payload.ID)
		}
		ids[p.payload.ID] = true
		out[i] = p
	}
	return out, nil
}

func (l *Ledger) prepareOne(e Entry) (prepared, error) {
	p := prepared{leaf: bytes.Clone(e.Leaf), openings: byPath(e.Openings)}
	var err error
	if p.env, p.payload, err = leaf.Decode(p.leaf); err != nil {
		return p, err
	}
	p.hash = leaf.LeafHash(p.leaf)
	if p.payload.Station != l.o.Origin {
		return p, fmt.Errorf("the event is of station %q, this is %q", p.payload.Station, l.o.Origin)
	}
	if err := leaf.CheckOpenings(p.payload, e.Openings); err != nil {
		return p, err
	}
	seen := map[tlog.Hash]bool{}
	for _, data := range e.Attachments {
		sum := sha256.Sum256(data)
		switch {
		case len(data) > maxAttached:
			return p, fmt.Errorf("an attachment has %d bytes, at most %d", len(data), maxAttached)
		case !bytes.Contains(p.env.Payload, []byte(`"`+hex.EncodeToString(sum[:])+`"`)):
			return p, fmt.Errorf("attachment %x is not mentioned in the event", sum)
		case seen[sum]:
			return p, fmt.Errorf("attachment %x is given twice", sum)
		}
		seen[sum] = true
		p.attachments = append(p.attachments, attachment{sum, bytes.Clone(data)})
	}
	if l.o.Verify != nil {
		return p, l.o.Verify(p.env, p.payload)
	}
	return p, nil
}

// run is the writer: the only goroutine that writes. It takes what is waiting, commits it as a group and answers.
func (l *Ledger) run() {
	defer l.done.Done()
	timer := time.NewTimer(0)
	<-timer.C
	var last time.Time // of the last sync of the head file
	for {
		select {
		case r := <-l.in:
			l.commit(l.collect(r))
			if l.syncDue(&last) {
				timer.Reset(syncInterval)
			}
		case <-timer.C:
			last = time.Time{}
			l.syncDue(&last)
		case <-l.quit:
			return
		}
	}
}

// collect adds what is waiting already to first.
func (l *Ledger) collect(first *request) []*request {
	group := []*request{first}
	for len(group) < maxGroup {
		select {
		case r := <-l.in:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// syncDue syncs the head file if that was not done for syncInterval, and reports whether it must be done later.
func (l *Ledger) syncDue(last *time.Time) (later bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil || !l.head.dirty {
		return false
	}
	if time.Since(*last) < syncInterval {
		return true
	}
	*last = time.Now()
	if err := l.head.sync(); err != nil {
		l.stop(err)
		return false
	}
	l.anchored = l.head.seq
	return false
}

// commit answers every request of group.
func (l *Ledger) commit(group []*request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		if err := l.commitGroup(group); err != nil {
			l.stop(err)
		}
	}
	for _, r := range group {
		if l.failed != nil {
			// Also requests whose refusal was known: the transaction they were judged in is void.
			r.receipts, r.err = nil, ErrStopped
		}
		close(r.done)
	}
}

// stop ends all work after a storage error; mu is held.
func (l *Ledger) stop(err error) {
	if l.failed != nil {
		return
	}
	l.failed = err
	l.logger.Error("ledger storage failed", "err", err)
	l.o.Exit(fmt.Errorf("cannot go on: the ledger's storage failed: %w", err))
}

// usable returns why the ledger cannot be read; mu is held.
func (l *Ledger) usable() error {
	switch {
	case l.failed != nil:
		return ErrStopped
	case l.closed:
		return ErrClosed
	}
	return nil
}

// Head is the newest durable head.
func (l *Ledger) Head() Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Head{l.state.size, hex.EncodeToString(l.state.root[:]), bytes.Clone(l.state.note)}
}

// Query runs f in a read-only transaction on a consistent state. The ledger waits meanwhile, so f must be short and must not
// call the ledger. ctx is looked at before f only: an interrupted statement must not meet the writer on the same connection.
func (l *Ledger) Query(ctx context.Context, f func(*sql.Tx) error) error {
	return l.QueryHead(ctx, func(tx *sql.Tx, _ Head) error { return f(tx) })
}

// QueryHead is Query that also says which state f sees: an answer that something is not in the register is worth the head it names.
func (l *Ledger) QueryHead(ctx context.Context, f func(*sql.Tx, Head) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.usable(), ctx.Err()); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := l.store.conn.ExecContext(ctx, "PRAGMA query_only=1"); err != nil {
		return fmt.Errorf("cannot query: %w", err)
	}
	tx, err := l.store.conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err == nil {
		err = f(tx, Head{l.state.size, hex.EncodeToString(l.state.root[:]), bytes.Clone(l.state.note)})
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
	}
	if _, e := l.store.conn.ExecContext(ctx, "PRAGMA query_only=0"); e != nil {
		l.stop(fmt.Errorf("cannot leave query: %w", e))
		return ErrStopped
	}
	return err
}

// Close writes a closing seal, moves the write-ahead log into the file, and gives the directory free. The first error is
// returned; the ledger is closed in any case. After a storage error Close only frees the process's resources.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.quit)
	l.done.Wait()

	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.failed == nil {
		if err = l.commitClosing(); err != nil {
			l.stop(err)
		}
	}
	return errors.Join(err, l.head.f.Close(), l.stmt.close(), l.store.close(), l.lock.Close())
}
