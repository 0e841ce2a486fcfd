package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
)

// work is a commit in the making: what the state will be, and what of it is new. Nothing of it is visible before COMMIT.
type work struct {
	edge     *edge
	live     map[string]liveRun
	refs     []ref     // attachments of new entries
	finished []doneRun // runs that ended
	entries  int       // new ones
	saved    int       // journal records
}

type ref struct {
	index int64
	sum   tlog.Hash
}

func (w *work) clone() *work {
	c := *w
	c.edge = w.edge.clone()
	c.live = maps.Clone(w.live)
	c.refs = append([]ref(nil), w.refs...)
	c.finished = append([]doneRun(nil), w.finished...)
	return &c
}

// commitGroup commits what of group is acceptable in one transaction and sets the answers. An error is one of storage: no answer
// may be given then.
func (l *Ledger) commitGroup(group []*request) error {
	ctx := context.Background() // a caller that gives up must not tear the group's transaction
	tx, err := l.store.conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cannot begin transaction: %w", err)
	}
	w := &work{edge: l.state.edge.clone(), live: maps.Clone(l.state.live)}
	for _, r := range group {
		if w, err = l.tryRequest(ctx, tx, w, r, len(group) > 1); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if w.entries == 0 && w.saved == 0 {
		if err := tx.Rollback(); err != nil {
			return fmt.Errorf("cannot roll back: %w", err)
		}
		l.answer(group)
		return nil
	}
	next, err := l.seal(ctx, w, false)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	// Crash here: nothing happened; the signatures in next were never shown to anybody.
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cannot commit: %w", err)
	}
	// Crash here: the group is durable, unacknowledged; the head file is one commit behind, which Open accepts.
	l.advance(next)
	if l.head != nil { // Init has none yet
		if err := l.head.write(next.seq, next.seal, next.note); err != nil {
			return err
		}
	}
	l.answer(group)
	return nil
}

// tryRequest enters one request. If it is refused, r.err says why and the work before it is returned; the savepoint alone undoes
// it, so the others of the group are not touched. The error is one of storage.
func (l *Ledger) tryRequest(ctx context.Context, tx *sql.Tx, w *work, r *request, grouped bool) (*work, error) {
	if grouped {
		if _, err := l.stmt.savepoint.ExecContext(ctx); err != nil {
			return nil, fmt.Errorf("cannot set savepoint: %w", err)
		}
	}
	next := w.clone()
	refused, err := l.enter(ctx, tx, next, r)
	if err == nil && refused == nil {
		err = l.settle(ctx, tx)
	}
	if err != nil {
		return nil, err
	}
	if refused != nil {
		l.forget()
		r.err, r.receipts, next = refused, nil, w
		if !grouped {
			return next, nil // w is empty: the whole transaction is rolled back
		}
		if _, err := l.stmt.rollbackTo.ExecContext(ctx); err != nil {
			return nil, fmt.Errorf("cannot roll back to savepoint: %w", err)
		}
	}
	if grouped {
		if _, err := l.stmt.release.ExecContext(ctx); err != nil {
			return nil, fmt.Errorf("cannot release savepoint: %w", err)
		}
	}
	return next, nil
}

// enter writes one request into the transaction. refused is the caller's fault, err the storage's.
func (l *Ledger) enter(ctx context.Context, tx *sql.Tx, w *work, r *request) (refused, err error) {
	r.receipts = make([]Receipt, 0, len(r.entries))
	added := w.entries
	for i := range r.entries {
		rec, refused, err := l.enterEntry(ctx, tx, w, &r.entries[i])
		if err != nil {
			return nil, err
		}
		if refused != nil {
			return fmt.Errorf("cannot append entry %d (%s): %w", i, r.entries[i].payload.Kind, refused), nil
		}
		r.receipts = append(r.receipts, rec)
	}
	if r.record != nil {
		return l.enterRecord(ctx, w, r.record, w.entries > added)
	}
	return nil, nil
}

func (l *Ledger) enterEntry(ctx context.Context, tx *sql.Tx, w *work, e *prepared) (r Receipt, refused, err error) {
	index := w.edge.size
	r = Receipt{Index: index, Hash: hex.EncodeToString(e.hash[:])}
	var at int64
	var old []byte
	switch err := l.stmt.byID.QueryRowContext(ctx, e.payload.ID).Scan(&at, &old); {
	case err == nil && bytes.Equal(old, e.leaf):
		r.Index, r.Duplicate = at, true
		return r, nil, nil
	case err == nil:
		return r, fmt.Errorf("event %s: %w", e.payload.ID, ErrConflict), nil
	case !errors.Is(err, sql.ErrNoRows):
		return r, nil, fmt.Errorf("cannot look up event: %w", err)
	}
	if refused, err := l.admit(ctx, w, e); refused != nil || err != nil {
		return r, refused, err
	}
	if err := l.store1(ctx, w, e); err != nil {
		return r, nil, fmt.Errorf("cannot store entry %d: %w", index, err)
	}
	if err := l.project(ctx, tx, index, r.Hash, e.env, e.payload, e.openings); err != nil {
		if storageFailed(err) {
			return r, nil, fmt.Errorf("cannot project entry %d: %w", index, err)
		}
		return r, fmt.Errorf("%w: %w", ErrRefused, err), nil
	}
	w.entries++
	return r, nil, nil
}

// admit checks what depends on the ledger: genesis, seen, prev.
func (l *Ledger) admit(ctx context.Context, w *work, e *prepared) (refused, err error) {
	genesis := e.payload.Kind == leaf.StationInitialised
	if genesis != (w.edge.size == 0) {
		return fmt.Errorf("%w: %s is the first entry of a ledger and no other", ErrInvalid, leaf.StationInitialised), nil
	}
	if ok, err := l.sawUs(ctx, e.payload.Seen); err != nil || !ok {
		return ErrSeen, err
	}
	for _, subject := range e.payload.Subjects {
		var head []byte
		err := l.stmt.headOf.QueryRowContext(ctx, subject).Scan(&head)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("cannot look up subject: %w", err)
		}
		if e.payload.Prev[subject] != hex.EncodeToString(head) {
			return fmt.Errorf("%w: newest leaf of %s is %q, prev names %q", ErrStale, subject, hex.EncodeToString(head), e.payload.Prev[subject]), nil
		}
	}
	return nil, nil
}

// sawUs reports whether s is a durable head, or an earlier state, of this ledger.
func (l *Ledger) sawUs(ctx context.Context, s leaf.Seen) (bool, error) {
	if s.Size > l.state.size || s.Size == 0 && l.state.size > 0 {
		return false, nil
	}
	root, ok := l.roots[s.Size]
	if !ok {
		var err error
		if root, err = tlog.TreeHash(s.Size, l.hashReader(ctx)); err != nil {
			return false, fmt.Errorf("cannot compute root at %d: %w", s.Size, err)
		}
		l.remember(s.Size, root)
	}
	return hex.EncodeToString(root[:]) == s.Root, nil
}

// remember keeps the root of a durable size.
func (l *Ledger) remember(size int64, root tlog.Hash) {
	if len(l.roots) >= maxRoots {
		clear(l.roots)
	}
	l.roots[size] = root
}

// hashReader reads stored hashes from the database; mu is held.
func (l *Ledger) hashReader(ctx context.Context) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			var b []byte
			if err := l.stmt.hashAt.QueryRowContext(ctx, x).Scan(&b); err != nil {
				return nil, fmt.Errorf("cannot read stored hash %d: %w", x, err)
			}
			if len(b) != tlog.HashSize {
				return nil, errShortRead
			}
			copy(out[i][:], b)
		}
		return out, nil
	}
}

// store1 writes one new entry with its hashes and private parts.
func (l *Ledger) store1(ctx context.Context, w *work, e *prepared) error {
	index := w.edge.size
	if _, err := l.stmt.putEntry.ExecContext(ctx, index, e.payload.ID, e.hash[:], e.leaf); err != nil {
		return err
	}
	first, hashes, err := w.edge.add(e.hash)
	if err != nil {
		return err
	}
	for i, h := range hashes {
		if _, err := l.stmt.putHash.ExecContext(ctx, first+int64(i), h[:]); err != nil {
			return err
		}
	}
	for _, s := range e.payload.Subjects {
		if _, err := l.stmt.putHead.ExecContext(ctx, s, index); err != nil {
			return err
		}
	}
	for _, o := range e.openings {
		if _, err := l.stmt.putOpening.ExecContext(ctx, index, o.Path, o.Salt, o.Value); err != nil {
			return err
		}
	}
	for _, a := range e.attachments {
		var one int
		err := l.stmt.hasAttachment.QueryRowContext(ctx, a.sum[:]).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = l.stmt.putAttachment.ExecContext(ctx, a.sum[:], nonNil(a.data))
		}
		if err == nil {
			_, err = l.stmt.putAttached.ExecContext(ctx, index, a.sum[:])
		}
		if err != nil {
			return err
		}
		w.refs = append(w.refs, ref{index, a.sum})
	}
	return nil
}

// nonNil makes an empty slice of nil, since the driver writes nil as NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// seal signs checkpoint and seal of w and writes them into the transaction. What it signs is returned inside the state and must
// not be shown before COMMIT.
func (l *Ledger) seal(ctx context.Context, w *work, closing bool) (state, error) {
	w.edge.trim()
	next := state{seq: l.state.seq + 1, size: w.edge.size, edge: w.edge, live: w.live, root: l.state.root, note: l.state.note}
	row := "" // a commit without entries has no checkpoint of its own
	if w.entries > 0 {
		var err error
		if next.root, err = w.edge.root(); err != nil {
			return state{}, err
		}
		if next.note, err = sign(l.o.LogSigner, checkpointText(l.o.Origin, next.size, next.root)); err != nil {
			return state{}, err
		}
		row = string(next.note)
	}
	next.journal = l.state.journal
	if w.saved > 0 {
		next.journal = journalDigest(w.live)
	}
	next.chain = chainHash(l.state.chain, next.seq, next.size, row, privateHash(w.refs, w.finished), next.journal)
	text := seal{l.o.Origin, next.seq, next.size, next.chain, l.anchored, closing}.text()
	var err error
	if next.seal, err = sign(l.o.LogSigner, text); err != nil {
		return state{}, err
	}
	if _, err = l.stmt.putCommit.ExecContext(ctx, next.seq, next.size, row, next.chain[:], next.journal[:]); err == nil {
		_, err = l.stmt.putSeal.ExecContext(ctx, string(next.seal))
	}
	if err != nil {
		return state{}, fmt.Errorf("cannot store checkpoint: %w", err)
	}
	return next, nil
}

// privateHash covers what a commit adds that no leaf determines: which attachments are kept, which runs ended.
func privateHash(refs []ref, done []doneRun) tlog.Hash {
	var parts [][]byte
	sort.Slice(refs, func(i, j int) bool {
		if refs[i].index != refs[j].index {
			return refs[i].index < refs[j].index
		}
		return bytes.Compare(refs[i].sum[:], refs[j].sum[:]) < 0
	})
	for _, r := range refs {
		parts = append(parts, binary.BigEndian.AppendUint64([]byte("a"), uint64(r.index)), r.sum[:])
	}
	sort.Slice(done, func(i, j int) bool { return done[i].run < done[j].run })
	for _, d := range done {
		parts = append(parts, []byte("d"+d.run), binary.BigEndian.AppendUint64(nil, uint64(d.attempt)), d.digest[:])
	}
	return digest(parts...)
}

// advance lets the memory follow a commit.
func (l *Ledger) advance(next state) {
	l.state = next
	l.remember(next.size, next.root)
}

// answer completes the receipts of accepted requests with the durable head.
func (l *Ledger) answer(group []*request) {
	root := hex.EncodeToString(l.state.root[:])
	for _, r := range group {
		for i := range r.receipts {
			r.receipts[i].Size, r.receipts[i].Root, r.receipts[i].Note = l.state.size, root, bytes.Clone(l.state.note)
		}
	}
}

// commitClosing makes the head file durable, says so in a last seal, and makes the head file durable with that: if anything was
// committed since Open.
func (l *Ledger) commitClosing() error {
	if l.state.seq == l.openedAt {
		return nil
	}
	if err := l.replaceHead(); err != nil {
		return err
	}
	// Crash here: as after a kill; the head file is exactly at the newest commit.
	ctx := context.Background()
	tx, err := l.store.conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cannot begin transaction: %w", err)
	}
	next, err := l.seal(ctx, &work{edge: l.state.edge.clone(), live: l.state.live}, true)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cannot commit: %w", err)
	}
	l.advance(next)
	// Crash here: the head file is one commit behind the closing seal, as that seal says.
	return l.replaceHead()
}

// replaceHead writes the head file anew and durably, both slots at the newest commit.
func (l *Ledger) replaceHead() error {
	h, err := createHead(l.dir, l.state.seq, l.state.seal, l.state.note)
	if err != nil {
		return err
	}
	if l.head != nil {
		err = l.head.f.Close()
	}
	l.head, l.anchored = h, l.state.seq
	if err != nil {
		return fmt.Errorf("cannot close head file: %w", err)
	}
	return nil
}
