package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"sexton/ledger/leaf"
	"sexton/procedure"
)

// The journal keeps one row for each open run: its last record. A run that ends leaves its identity and a digest in
// journal_done. Open runs are covered by the seal, so a journal put back to an older state is noticed like an older ledger.

const runColumns = "procedure, step, attempt, kind, status, at, data"

// liveRun is an open run in memory.
type liveRun struct {
	began   int64 // orders runs by beginning
	attempt int64
	digest  tlog.Hash
}

type doneRun struct {
	run     string
	attempt int64
	digest  tlog.Hash
}

func checkRecord(r procedure.Record) error {
	why := ""
	switch {
	case r.Run == "" || r.Procedure == "" || r.Step == "":
		why = "run, procedure and step must be named"
	case r.Attempt < 1:
		why = "attempts count from 1"
	case r.Kind < procedure.Observe || r.Kind > procedure.Actuate || r.Status < procedure.Pending || r.Status > procedure.Failed:
		why = "its kind or status is unknown"
	case len(r.Data) > procedure.MaxData:
		why = "its data is too long"
	case len(r.Data) > 0 && !json.Valid(r.Data):
		why = "its data is not JSON"
	case r.At.IsZero():
		why = "it has no time"
	}
	if why != "" {
		return fmt.Errorf("cannot save step %q of run %q: %w: %s", r.Step, r.Run, ErrInvalid, why)
	}
	return nil
}

func atText(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(leaf.AtLayout) }

func recordDigest(r *procedure.Record) tlog.Hash {
	var n [25]byte
	binary.BigEndian.PutUint64(n[0:], uint64(r.Attempt))
	binary.BigEndian.PutUint64(n[8:], uint64(r.Kind))
	binary.BigEndian.PutUint64(n[16:], uint64(r.Status))
	if r.Finished {
		n[24] = 1
	}
	return digest([]byte(r.Run), []byte(r.Procedure), []byte(r.Step), n[:], []byte(atText(r.At)), r.Data)
}

// journalDigest covers all open runs.
func journalDigest(live map[string]liveRun) tlog.Hash {
	names := make([]string, 0, len(live))
	for n := range live {
		names = append(names, n)
	}
	sort.Strings(names)
	var parts [][]byte
	for _, n := range names {
		d := live[n].digest
		parts = append(parts, []byte(n), binary.BigEndian.AppendUint64(nil, uint64(live[n].began)), d[:])
	}
	return digest(parts...)
}

// enterRecord writes one journal record. fresh says that entries were added beside it.
func (l *Ledger) enterRecord(ctx context.Context, w *work, r *procedure.Record, fresh bool) (refused, err error) {
	d := recordDigest(r)
	last, lastDigest, began, err := l.lastRecord(ctx, w, r.Run)
	if err != nil {
		return nil, fmt.Errorf("cannot read journal: %w", err)
	}
	switch {
	case last > 0 && r.Attempt == last && d == lastDigest && !fresh:
		return nil, nil // the same again
	case r.Attempt != last+1 || last > 0 && began == 0:
		return fmt.Errorf("run %s, attempt %d after %d: %w", r.Run, r.Attempt, last, procedure.ErrAttempt), nil
	}
	if began == 0 {
		began = (l.state.seq+1)<<16 | int64(w.saved)
	}
	w.saved++
	if r.Finished {
		delete(w.live, r.Run)
		w.finished = append(w.finished, doneRun{r.Run, r.Attempt, d})
		if _, err = l.stmt.putDone.ExecContext(ctx, r.Run, l.state.seq+1, r.Attempt, d[:]); err == nil {
			_, err = l.stmt.dropRun.ExecContext(ctx, r.Run)
		}
	} else {
		w.live[r.Run] = liveRun{began, r.Attempt, d}
		_, err = l.stmt.putRun.ExecContext(ctx, r.Run, began, r.Procedure, r.Step, r.Attempt, int64(r.Kind), int64(r.Status), atText(r.At), nonNil(r.Data))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write journal: %w", err)
	}
	return nil, nil
}

// lastRecord finds the last attempt of a run, 0 if there is none; began is 0 when the run is over.
func (l *Ledger) lastRecord(ctx context.Context, w *work, run string) (attempt int64, d tlog.Hash, began int64, err error) {
	if live, ok := w.live[run]; ok {
		return live.attempt, live.digest, live.began, nil
	}
	var b []byte
	err = l.stmt.getDone.QueryRowContext(ctx, run).Scan(&attempt, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, d, 0, nil
	}
	copy(d[:], b)
	return attempt, d, 0, err
}

// Runs gives the last record of each run that is not finished, in the order in which the runs began.
func (l *Ledger) Runs(ctx context.Context) ([]procedure.Record, error) {
	out := []procedure.Record{}
	err := l.read(ctx, "journal", func(ctx context.Context) error {
		return eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
			r, _, err := scanRecord(scan)
			out = append(out, r)
			return err
		}, "SELECT run, began, "+runColumns+" FROM journal ORDER BY began, run")
	})
	return out, err
}

func scanRecord(scan func(...any) error) (r procedure.Record, began int64, err error) {
	var at string
	var kind, status int64
	if err := scan(&r.Run, &began, &r.Procedure, &r.Step, &r.Attempt, &kind, &status, &at, &r.Data); err != nil {
		return r, 0, err
	}
	r.Kind, r.Status = procedure.StepKind(kind), procedure.Status(status)
	r.Data = bytes.Clone(r.Data)
	r.At, err = time.Parse(leaf.AtLayout, at)
	return r, began, err
}
