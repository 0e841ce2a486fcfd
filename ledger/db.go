package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// store is the one connection to the SQLite file. Locking mode EXCLUSIVE keeps every other process, and every other
// connection, out.
type store struct {
	db   *sql.DB
	conn *sql.Conn
}

// openStore opens the file; with create it makes a new one. synchronous is "FULL" except in a control test.
func openStore(ctx context.Context, dir string, create bool, synchronous string) (*store, error) {
	path, err := filepath.Abs(filepath.Join(dir, dbName))
	if err != nil {
		return nil, err
	}
	mode := "rw"
	if create {
		mode = "rwc"
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: "mode=" + mode + "&_txlock=immediate"}
	s, err := connect(ctx, u.String())
	if err != nil {
		return nil, err
	}
	pragmas := []string{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA busy_timeout=0", "PRAGMA trusted_schema=OFF",
		"PRAGMA cell_size_check=ON", "PRAGMA temp_store=MEMORY", "PRAGMA cache_size=-32768"}
	if create {
		pragmas = append(pragmas, fmt.Sprintf("PRAGMA page_size=%d", pageSize), "PRAGMA journal_mode=WAL",
			fmt.Sprintf("PRAGMA application_id=%d", applicationID), fmt.Sprintf("PRAGMA user_version=%d", userVersion))
	}
	pragmas = append(pragmas, "PRAGMA synchronous="+synchronous)
	for _, p := range pragmas {
		if _, err := s.conn.ExecContext(ctx, p); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot prepare database: %s: %w", p, err), s.close())
		}
	}
	return s, nil
}

func connect(ctx context.Context, dsn string) (*store, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("cannot open database: %w", err)
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open database: %w", err), db.Close())
	}
	return &store{db, conn}, nil
}

func (s *store) close() error { return errors.Join(s.conn.Close(), s.db.Close()) }

// openTwin opens an empty database in memory with the schema of o: what a ledger's schema and projections are compared with.
func openTwin(ctx context.Context, o *Options) (*store, error) {
	s, err := connect(ctx, ":memory:")
	if err != nil {
		return nil, err
	}
	for _, q := range append(coreSchema(), projectionSchema(o)...) {
		if _, err := s.conn.ExecContext(ctx, q); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot make schema: %s: %w", q, err), s.close())
		}
	}
	return s, nil
}

func projectionSchema(o *Options) []string {
	var out []string
	for _, p := range o.Projections {
		out = append(out, p.Schema()...)
	}
	return out
}

// projectionRow is how a projection is remembered, so that another version of it is noticed.
func projectionRow(p Projection) (name, schema, tables string, err error) {
	t, err := json.Marshal(p.Tables())
	if err != nil {
		return "", "", "", err
	}
	return p.Name(), strings.Join(p.Schema(), ";\n"), string(t), nil
}

// SQLite primary result codes (sqlite.org/rescode.html) that leave the transaction usable and say something of the statement, not
// of the storage.
const (
	sqliteError      = 1
	sqliteTooBig     = 18
	sqliteConstraint = 19
	sqliteMismatch   = 20
	sqliteRange      = 25
)

// storageFailed reports whether err, from a projection, means that storage or transaction cannot be trusted any more.
func storageFailed(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqliteError, sqliteTooBig, sqliteConstraint, sqliteMismatch, sqliteRange:
			return false
		}
		return true
	}
	return errors.Is(err, sql.ErrTxDone) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.Canceled)
}

// rows runs a query and calls each for every row, which scans it.
func eachRow(ctx context.Context, c *sql.Conn, each func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
