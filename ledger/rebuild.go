package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"sexton/ledger/leaf"
)

// noteProjections remembers the projections' definitions.
func (l *Ledger) noteProjections(ctx context.Context) error {
	if _, err := l.store.conn.ExecContext(ctx, "DELETE FROM projection"); err != nil {
		return fmt.Errorf("cannot store projections: %w", err)
	}
	for _, p := range l.o.Projections {
		name, schema, tables, err := projectionRow(p)
		if err == nil {
			_, err = l.store.conn.ExecContext(ctx, "INSERT INTO projection (name, schema, tables) VALUES (?, ?, ?)", name, schema, tables)
		}
		if err != nil {
			return fmt.Errorf("cannot store projection %s: %w", p.Name(), err)
		}
	}
	return nil
}

// eachProjectionTable names the tables of the projections the file was last used with.
func (l *Ledger) eachProjectionTable(ctx context.Context, f func(table string)) error {
	return eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
		var list string
		if err := scan(&list); err != nil {
			return err
		}
		var tables []string
		if err := json.Unmarshal([]byte(list), &tables); err != nil {
			return err
		}
		for _, t := range tables {
			f(t)
		}
		return nil
	}, "SELECT tables FROM projection")
}

// currentProjections says whether the file was last used with the projections of this process, as they are defined now.
func (l *Ledger) currentProjections(ctx context.Context) (bool, error) {
	have := map[string]string{}
	err := eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
		var name, schema, tables string
		err := scan(&name, &schema, &tables)
		have[name] = schema + "\n" + tables
		return err
	}, "SELECT name, schema, tables FROM projection")
	if err != nil {
		return false, contradiction(dbName, doRestore, "its list of projections cannot be read: %v", err)
	}
	same := len(have) == len(l.o.Projections)
	for _, p := range l.o.Projections {
		name, schema, tables, err := projectionRow(p)
		if err != nil {
			return false, err
		}
		same = same && have[name] == schema+"\n"+tables
	}
	return same, nil
}

// Rebuild drops the projections' tables and replays all entries into new ones, in one transaction. An error that is not one of
// storage leaves the old tables.
func (l *Ledger) Rebuild(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	err := l.rebuild(ctx)
	if err != nil && ctx.Err() == nil && storageFailed(err) {
		l.stop(err)
		return ErrStopped
	}
	return err
}

// rebuild is Rebuild with mu held, or before the writer runs. It stops between entries when caller is done.
func (l *Ledger) rebuild(caller context.Context) error {
	ctx := context.WithoutCancel(caller)
	tx, err := l.store.conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cannot begin rebuild: %w", err)
	}
	err = func() error {
		var old []string
		if err := l.eachProjectionTable(ctx, func(t string) { old = append(old, t) }); err != nil {
			return err
		}
		for _, t := range old {
			if _, err := tx.ExecContext(ctx, "DROP TABLE IF EXISTS "+quoteName(t)); err != nil {
				return err
			}
		}
		for _, q := range projectionSchema(&l.o) {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		if err := l.replay(ctx, tx, caller.Err); err != nil {
			return err
		}
		return l.noteProjections(ctx)
	}()
	if err != nil {
		if e := tx.Rollback(); e != nil && !errors.Is(e, sql.ErrTxDone) {
			err = errors.Join(err, e)
		}
		return fmt.Errorf("cannot rebuild projections: %w", err)
	}
	// Crash here: the old projections.
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("cannot rebuild projections: %w", err)
	}
	return nil
}

// comparison replays the entries, while they are audited, into an empty database in memory, and then compares its tables with those of
// the file, row by row.
type comparison struct {
	l    *Ledger
	twin *store
	tx   *sql.Tx
}

// compare begins a comparison, which its caller closes; none without projections.
func (l *Ledger) compare(ctx context.Context) (*comparison, error) {
	if len(l.o.Projections) == 0 {
		return nil, nil
	}
	twin, err := openTwin(ctx, &l.o)
	if err != nil {
		return nil, err
	}
	c := &comparison{l: l, twin: twin}
	if err := l.compareSchemas(ctx, twin); err != nil {
		return nil, errors.Join(err, twin.close())
	}
	if c.tx, err = twin.conn.BeginTx(ctx, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot replay: %w", err), twin.close())
	}
	return c, nil
}

// apply replays one entry, which the audit found in order.
func (c *comparison) apply(ctx context.Context, e *readEntry, openings []leaf.Opening) error {
	if err := c.l.project(ctx, c.tx, e.index, hex.EncodeToString(e.hash), e.env, e.payload, openings); err != nil {
		return contradiction(dbName, doRestore, "entry %d cannot be replayed: %v", e.index, err)
	}
	return nil
}

// finish compares the tables.
func (c *comparison) finish(ctx context.Context) error {
	if err := c.l.settle(ctx, c.tx); err != nil {
		return fmt.Errorf("cannot replay: %w", err)
	}
	if err := c.tx.Commit(); err != nil {
		return fmt.Errorf("cannot replay: %w", err)
	}
	for _, p := range c.l.o.Projections {
		for _, t := range p.Tables() {
			same, err := sameRows(ctx, c.l.store.conn, c.twin.conn, t)
			if err != nil {
				return contradiction(dbName, doRebuild, "table %s of projection %s cannot be read: %v", t, p.Name(), err)
			}
			if !same {
				return contradiction(dbName, doRebuild, "table %s of projection %s is not what the entries give", t, p.Name())
			}
		}
	}
	return nil
}

// close lets go of the twin.
func (c *comparison) close() error {
	c.l.forget()
	err := c.tx.Rollback()
	if errors.Is(err, sql.ErrTxDone) {
		err = nil
	}
	return errors.Join(err, c.twin.close())
}

func (l *Ledger) compareSchemas(ctx context.Context, twin *store) error {
	have, err := schemaOf(ctx, l.store)
	if err != nil {
		return contradiction(dbName, doRestore, "its schema cannot be read: %v", err)
	}
	want, err := schemaOf(ctx, twin)
	if err != nil {
		return err
	}
	for name, x := range want {
		if have[name] != x {
			return contradiction(dbName, doRebuild, "the %s of a projection is missing or was changed", name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			return contradiction(dbName, doRebuild, "the %s belongs to no projection", name)
		}
	}
	return nil
}

// sameRows compares a table in two databases as sets of rows.
func sameRows(ctx context.Context, a, b *sql.Conn, table string) (same bool, err error) {
	x, err := sortedRows(ctx, a, table)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	y, err := sortedRows(ctx, b, table)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, y.Close()) }()
	columns, err := x.Columns()
	if err != nil {
		return false, err
	}
	n := len(columns)
	u, v := make([]any, n), make([]any, n)
	pu, pv := make([]any, n), make([]any, n)
	for i := range n {
		pu[i], pv[i] = &u[i], &v[i]
	}
	for {
		more := x.Next()
		if more != y.Next() {
			return false, errors.Join(x.Err(), y.Err())
		}
		if !more {
			return true, errors.Join(x.Err(), y.Err())
		}
		if err := errors.Join(x.Scan(pu...), y.Scan(pv...)); err != nil {
			return false, err
		}
		for i := range n {
			if !reflect.DeepEqual(u[i], v[i]) {
				return false, nil
			}
		}
	}
}

func sortedRows(ctx context.Context, c *sql.Conn, table string) (*sql.Rows, error) {
	probe, err := c.QueryContext(ctx, "SELECT * FROM "+quoteName(table)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	columns, err := probe.Columns()
	if err = errors.Join(err, probe.Close()); err != nil {
		return nil, err
	}
	var order []string
	for i := range columns {
		order = append(order, fmt.Sprint(i+1))
	}
	return c.QueryContext(ctx, "SELECT * FROM "+quoteName(table)+" ORDER BY "+strings.Join(order, ", "))
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
