package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// checkEnd compares what was recomputed with what is signed.
func (a *audit) checkEnd(context.Context) error {
	s := a.seal
	switch {
	case a.state.edge.size != a.state.size:
		return contradiction(dbName, doRestore, "%d entries are in it, the newest checkpoint covers %d", a.state.edge.size, a.state.size)
	case s.seq != a.state.seq || s.size != a.state.size || s.chain != a.state.chain:
		return contradiction(dbName, doRestore, "its commits end at %d (%d entries), the seal says %d (%d entries) or another history", a.state.seq, a.state.size, s.seq, s.size)
	case !a.headDone:
		return contradiction(headName, doRollback, "its commit %d is not in the database", a.head.seal.seq)
	}
	text, err := openNote(a.state.note, a.verifier)
	if err != nil {
		return contradiction(dbName, doRestore, "the newest checkpoint is not signed by the log key: %v", err)
	}
	if text != checkpointText(a.o.Origin, a.state.size, a.state.root) {
		return contradiction(dbName, doRestore, "the newest checkpoint is not of these entries")
	}
	a.state.edge.trim()
	a.report.Entries, a.report.Commits = a.state.size, a.state.seq
	a.report.Root = hex.EncodeToString(a.state.root[:])
	return nil
}

// checkSubjects compares the stored newest leaf of each subject with the replayed one.
func (a *audit) checkSubjects(ctx context.Context) error {
	n := 0
	err := eachRow(ctx, a.c, func(scan func(...any) error) error {
		var s string
		var at int64
		if err := scan(&s, &at); err != nil {
			return contradiction(dbName, doRestore, "the newest leaf of a subject cannot be read: %v", err)
		}
		if want, ok := a.subjects[s]; !ok || want != at {
			return contradiction(dbName, doRestore, "the newest leaf of %s is stored as %d, the entries do not agree", s, at)
		}
		n++
		return nil
	}, "SELECT subject, idx FROM subject_head")
	if err != nil {
		return asContradiction(err, "the newest leaves of subjects")
	}
	if n != len(a.subjects) {
		return contradiction(dbName, doRestore, "the newest leaf of %d subject(s) is missing", len(a.subjects)-n)
	}
	a.report.Subjects = int64(n)
	a.subjects = nil
	return nil
}

// checkAttachments rehashes every attachment and demands each that is referenced and no other.
func (a *audit) checkAttachments(ctx context.Context) error {
	n := 0
	err := eachRow(ctx, a.c, func(scan func(...any) error) error {
		var sum, data []byte
		if err := scan(&sum, &data); err != nil {
			return contradiction(dbName, doRestore, "an attachment cannot be read: %v", err)
		}
		if got := sha256.Sum256(data); !bytes.Equal(got[:], sum) {
			return contradiction(dbName, doRestore, "attachment %x has other content than its hash says", sum)
		}
		if !a.attached[tlog.Hash(sum)] {
			return contradiction(dbName, doRestore, "attachment %x belongs to no entry", sum)
		}
		n++
		return nil
	}, "SELECT sha256, data FROM attachment")
	if err != nil {
		return asContradiction(err, "the attachments")
	}
	if n != len(a.attached) {
		return contradiction(dbName, doRestore, "%d attachment(s) are missing", len(a.attached)-n)
	}
	a.report.Attachments = int64(n)
	return nil
}

// checkJournal recomputes the digest of the open runs, which the newest commit holds.
func (a *audit) checkJournal(ctx context.Context) error {
	err := eachRow(ctx, a.c, func(scan func(...any) error) error {
		r, began, err := scanRecord(scan)
		if err != nil {
			return contradiction(dbName, doRestore, "the journal cannot be read: %v", err)
		}
		a.state.live[r.Run] = liveRun{began, r.Attempt, recordDigest(&r)}
		return nil
	}, "SELECT run, began, "+runColumns+" FROM journal")
	if err != nil {
		return asContradiction(err, "the journal")
	}
	want := a.state.journal
	if len(a.state.live) == 0 && want == (tlog.Hash{}) {
		return nil // no run was ever begun
	}
	if journalDigest(a.state.live) != want {
		return contradiction(dbName, doRestore, "the journal of open runs is not the one the newest commit was signed with")
	}
	a.report.OpenRuns = int64(len(a.state.live))
	return nil
}

// asContradiction keeps a contradiction and wraps an SQLite error into one.
func asContradiction(err error, what string) error {
	var c *Contradiction
	if errors.As(err, &c) {
		return err
	}
	return contradiction(dbName, doRestore, what+" cannot be read: %v", err)
}

// Audit recomputes everything as Open does, while the ledger waits. A *Contradiction means that the files were changed under the
// running process: stop it.
func (l *Ledger) Audit(caller context.Context) (AuditReport, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return AuditReport{}, err
	}
	ctx := context.WithoutCancel(caller)
	a, err := l.auditAll(ctx, caller.Err, true)
	if err != nil {
		return AuditReport{}, err
	}
	if a.state.root != l.state.root || a.state.chain != l.state.chain {
		return AuditReport{}, contradiction(dbName, doRestore, "it is not what this process wrote: %d entries", a.state.size)
	}
	return a.report, nil
}

// cursor reads rows in step with the entries. nextIf leaves a row that is not wanted yet for the next call.
type cursor struct {
	rows    *sql.Rows
	waiting bool
}

func openCursor(ctx context.Context, c *sql.Conn, query string) (*cursor, error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("cannot read: %w", err)
	}
	return &cursor{rows: rows}, nil
}

// next takes one row; without arguments it only says whether there is one.
func (c *cursor) next(into ...any) (bool, error) {
	return c.nextIf(func(scan func(...any) error) (bool, error) {
		if len(into) == 0 {
			return true, nil
		}
		return true, scan(into...)
	})
}

// nextIf takes the next row if want says so.
func (c *cursor) nextIf(want func(scan func(...any) error) (bool, error)) (bool, error) {
	if !c.waiting && !c.rows.Next() {
		return false, c.rows.Err()
	}
	c.waiting = true
	ok, err := want(c.rows.Scan)
	c.waiting = !ok
	return ok && err == nil, err
}
