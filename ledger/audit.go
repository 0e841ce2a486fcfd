package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
)

// AuditReport says what an audit looked at.
type AuditReport struct {
	Entries     int64
	Commits     int64
	Subjects    int64
	Openings    int64
	Attachments int64
	OpenRuns    int64
	Root        string // lower hex
}

// audit recomputes from the entries all that the ledger says of itself. It reads every row of every table of the ledger's own.
type audit struct {
	c        *sql.Conn
	o        *Options
	stop     func() error // asked between batches
	compared *comparison  // with the projections; nil = they are not compared
	verifier note.Verifier
	head     headSlot
	headDone bool // the commit of the head file was met
	seal     seal

	state    state
	subjects map[string]int64
	attached map[tlog.Hash]bool
	refs     []ref // of the commit under way
	report   AuditReport

	hashes, commits, openings, refRows, done *cursor
}

// auditAll audits the ledger, and with compared the projections, too. stop ends it early when it gives an error.
func (l *Ledger) auditAll(ctx context.Context, stop func() error, compared bool) (a *audit, err error) {
	if a, err = l.newAudit(ctx, stop); err != nil {
		return nil, err
	}
	if compared {
		if a.compared, err = l.compare(ctx); err != nil {
			return nil, err
		}
	}
	if a.compared != nil {
		defer func() { err = errors.Join(err, a.compared.close()) }()
	}
	if err := a.run(ctx); err != nil || a.compared == nil {
		return a, err
	}
	return a, a.compared.finish(ctx)
}

// newAudit reads genesis, key and head file.
func (l *Ledger) newAudit(ctx context.Context, stop func() error) (*audit, error) {
	a := &audit{c: l.store.conn, o: &l.o, stop: stop, subjects: map[string]int64{}, attached: map[tlog.Hash]bool{},
		state: state{edge: newEdge(), live: map[string]liveRun{}}}
	var first []byte
	if err := a.c.QueryRowContext(ctx, "SELECT leaf FROM entry WHERE idx = 0").Scan(&first); err != nil {
		return nil, contradiction(dbName, doRestore, "the first entry cannot be read: %v", err)
	}
	_, p, err := leaf.Decode(first)
	if err != nil {
		return nil, contradiction(dbName, doRestore, "the first entry cannot be decoded: %v", err)
	}
	if a.verifier, err = genesisKey(p, l.o); err != nil {
		return nil, contradiction(dbName, doKey, "it is not this station's ledger: %v", err)
	}
	var same, damaged bool
	if a.head, same, damaged, err = readHead(l.dir, a.verifier); err != nil {
		return nil, err
	}
	return a, a.checkSeal(ctx, same, damaged)
}

// checkSeal compares the seal in the database with the head file, as far as sizes go.
func (a *audit) checkSeal(ctx context.Context, same, damaged bool) error {
	var b []byte
	if err := a.c.QueryRowContext(ctx, "SELECT note FROM seal").Scan(&b); err != nil {
		return contradiction(dbName, doRestore, "its seal cannot be read: %v", err)
	}
	s, err := parseSeal(b, a.verifier)
	if err != nil {
		return contradiction(dbName, doRestore, "its seal is not signed by the log key: %v", err)
	}
	a.seal, a.state.seal = s, b
	h := a.head.seal
	switch {
	case h.seq > s.seq:
		return contradiction(dbName, doRollback, "it ends at commit %d with %d entries, but the head file has seen commit %d with %d entries", s.seq, s.size, h.seq, h.size)
	case h.seq < s.anchored:
		return contradiction(headName, doRollback, "it ends at commit %d, but commit %d was written to it and synced", h.seq, s.anchored)
	case damaged && (s.closed || h.seq == s.seq):
		return contradiction(headName, doRestore, "half of it was changed")
	case s.closed && !same:
		return contradiction(headName, doRestore, "its two halves differ though the ledger was closed in order")
	}
	return nil
}

// run audits. On success state is complete.
func (a *audit) run(ctx context.Context) (err error) {
	for _, c := range []struct {
		to    **cursor
		query string
	}{
		{&a.hashes, "SELECT i, h FROM hash ORDER BY i"},
		{&a.commits, "SELECT seq, size, note, chain, journal FROM commits ORDER BY seq"},
		{&a.openings, "SELECT idx, path, salt, value FROM opening ORDER BY idx, path"},
		{&a.refRows, "SELECT idx, sha256 FROM attached ORDER BY idx, sha256"},
		{&a.done, "SELECT seq, run, attempt, digest FROM journal_done ORDER BY seq, run"},
	} {
		if *c.to, err = openCursor(ctx, a.c, c.query); err != nil {
			return contradiction(dbName, doRestore, "it cannot be read: %v", err)
		}
		defer func(c *cursor) { err = errors.Join(err, c.rows.Close()) }(*c.to)
	}
	if err := a.entries(ctx); err != nil {
		return err
	}
	for _, c := range []struct {
		c    *cursor
		what string
	}{{a.hashes, "tree hash"}, {a.commits, "checkpoint"}, {a.openings, "opening"}, {a.refRows, "attachment reference"}, {a.done, "finished run"}} {
		if more, err := c.c.next(); err != nil {
			return contradiction(dbName, doRestore, "it cannot be read: %v", err)
		} else if more {
			return contradiction(dbName, doRestore, "a %s too many is in it, which no entry explains", c.what)
		}
	}
	for _, f := range []func(context.Context) error{a.checkEnd, a.checkSubjects, a.checkAttachments, a.checkJournal} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// entries checks all entries.
func (a *audit) entries(ctx context.Context) error {
	if err := a.commitsAt(ctx, 0); err != nil {
		return err
	}
	var own error
	err := eachEntry(ctx, a.c, func() error {
		if own = a.stop(); own != nil {
			own = fmt.Errorf("cannot finish audit: %w", own)
		}
		return own
	}, func(e *readEntry) error {
		own = a.entry(ctx, e)
		return own
	})
	if err != nil && own == nil {
		return contradiction(dbName, doRestore, "its entries cannot be read: %v", err)
	}
	return err
}

// entry checks one entry with everything that hangs on it.
func (a *audit) entry(ctx context.Context, e *readEntry) error {
	n := a.state.edge.size
	h := tlog.Hash(leaf.LeafHash(e.leaf))
	switch {
	case e.index != n:
		return contradiction(dbName, doRestore, "entry %d is missing, or one does not belong: the next is numbered %d", n, e.index)
	case e.err != nil:
		return contradiction(dbName, doRestore, "entry %d is not an acceptable leaf: %v", n, e.err)
	case e.id != e.payload.ID:
		return contradiction(dbName, doRestore, "entry %d is listed under event id %q, its leaf says %q", n, e.id, e.payload.ID)
	case !bytes.Equal(e.hash, h[:]):
		return contradiction(dbName, doRestore, "entry %d does not give the leaf hash stored beside it", n)
	case e.payload.Station != a.o.Origin || (e.payload.Kind == leaf.StationInitialised) != (n == 0):
		return contradiction(dbName, doRestore, "entry %d does not belong to this ledger", n)
	}
	first, hashes, err := a.state.edge.add(h)
	if err != nil {
		return err
	}
	for i, want := range hashes {
		var at int64
		var got []byte
		if more, err := a.hashes.next(&at, &got); err != nil || !more || at != first+int64(i) || !bytes.Equal(got, want[:]) {
			return contradiction(dbName, doRestore, "the stored tree hash %d is missing or is not what entry %d gives", first+int64(i), n)
		}
	}
	for s, prev := range e.payload.Prev {
		if _, ok := a.subjects[s]; !ok {
			return contradiction(dbName, doRestore, "entry %d names an earlier leaf %s of %s, which has none", n, prev, s)
		}
	}
	for _, s := range e.payload.Subjects {
		a.subjects[s] = n
	}
	opened, err := a.private(n, e)
	if err != nil {
		return err
	}
	if err := a.commitsAt(ctx, n+1); err != nil || a.compared == nil {
		return err
	}
	return a.compared.apply(ctx, e, opened)
}

// private checks openings and attachment references of one entry, and gives the openings.
func (a *audit) private(n int64, e *readEntry) ([]leaf.Opening, error) {
	opened, err := openingsOf(a.openings, n)
	if err != nil {
		return nil, contradiction(dbName, doRestore, "the openings of entry %d cannot be read: %v", n, err)
	}
	a.report.Openings += int64(len(opened))
	if err := leaf.CheckOpenings(e.payload, opened); err != nil {
		return nil, contradiction(dbName, doRestore, "the private openings of entry %d do not fit its commitments: %v", n, err)
	}
	for {
		var at int64
		var sum []byte
		if more, err := a.refRows.nextIf(func(scan func(...any) error) (bool, error) {
			err := scan(&at, &sum)
			return at == n, err
		}); err != nil {
			return nil, contradiction(dbName, doRestore, "the attachments of entry %d cannot be read: %v", n, err)
		} else if !more {
			return opened, nil
		}
		if len(sum) != tlog.HashSize || !bytes.Contains(e.env.Payload, []byte(hex.EncodeToString(sum))) {
			return nil, contradiction(dbName, doRestore, "entry %d does not mention attachment %x", n, sum)
		}
		a.attached[tlog.Hash(sum)] = true
		a.refs = append(a.refs, ref{n, tlog.Hash(sum)})
	}
}

// commitsAt checks the commits that end with size entries: checkpoint text and root, chain, and the commit the head file names.
func (a *audit) commitsAt(ctx context.Context, size int64) error {
	for {
		var seq, at int64
		var text string
		var chain, journal []byte
		more, err := a.commits.nextIf(func(scan func(...any) error) (bool, error) {
			err := scan(&seq, &at, &text, &chain, &journal)
			return at == size, err
		})
		if err != nil {
			return contradiction(dbName, doRestore, "the checkpoint at %d entries cannot be read: %v", size, err)
		}
		if !more {
			return nil
		}
		if seq != a.state.seq+1 {
			return contradiction(dbName, doRestore, "commit %d is missing, or one does not belong: the next is numbered %d", a.state.seq+1, seq)
		}
		if err := a.checkpoint(size, text); err != nil {
			return err
		}
		done, err := a.finishedIn(seq)
		if err != nil {
			return err
		}
		if len(journal) != tlog.HashSize {
			return contradiction(dbName, doRestore, "commit %d is damaged", seq)
		}
		a.state.seq, a.state.size, a.state.journal = seq, size, tlog.Hash(journal)
		a.state.chain = chainHash(a.state.chain, seq, size, text, privateHash(a.refs, done), a.state.journal)
		a.refs = nil
		if !bytes.Equal(chain, a.state.chain[:]) {
			return contradiction(dbName, doRestore, "commit %d (%d entries) is not what was chained: its checkpoint, journal or attachments were changed", seq, size)
		}
		if h := a.head.seal; seq == h.seq {
			a.headDone = true
			if h.size != size || h.chain != a.state.chain || !bytes.Equal(a.head.checkpoint, a.state.note) {
				return contradiction(headName, doRollback, "it has seen another history: commit %d differs from the database's", seq)
			}
		}
	}
}

// checkpoint checks the note of a commit against the entries so far.
func (a *audit) checkpoint(size int64, text string) error {
	if text == "" {
		if size != a.state.size || size == 0 {
			return contradiction(dbName, doRestore, "the checkpoint at %d entries is missing", size)
		}
		return nil
	}
	root, err := a.state.edge.root()
	if err != nil {
		return err
	}
	if want := checkpointText(a.o.Origin, size, root) + "\n"; len(text) <= len(want) || text[:len(want)] != want {
		return contradiction(dbName, doRestore, "the checkpoint signed at %d entries has another root than the entries give", size)
	}
	a.state.root, a.state.note = root, []byte(text)
	return nil
}

func (a *audit) finishedIn(seq int64) ([]doneRun, error) {
	var out []doneRun
	for {
		var at int64
		var d doneRun
		var sum []byte
		more, err := a.done.nextIf(func(scan func(...any) error) (bool, error) {
			err := scan(&at, &d.run, &d.attempt, &sum)
			return at == seq, err
		})
		if err != nil || more && len(sum) != tlog.HashSize {
			return nil, contradiction(dbName, doRestore, "the finished runs of commit %d cannot be read: %v", seq, err)
		}
		if !more {
			return out, nil
		}
		d.digest = tlog.Hash(sum)
		out = append(out, d)
	}
}
