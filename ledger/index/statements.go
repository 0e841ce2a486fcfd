package index

import (
	"context"
	"database/sql"
	"fmt"
)

// statements are the prepared statements of one transaction. Preparing costs
// more than running them: a replay, which enters all leaves in one
// transaction, is several times faster with them. They end with the
// transaction, which closes them.
type statements struct {
	ctx context.Context
	tx  *sql.Tx
	all map[string]*sql.Stmt
}

func (s *statements) get(query string) (*sql.Stmt, error) {
	if st, ok := s.all[query]; ok {
		return st, nil
	}
	st, err := s.tx.PrepareContext(s.ctx, query)
	if err != nil {
		return nil, fmt.Errorf("cannot prepare %s: %w", query, err)
	}
	s.all[query] = st
	return st, nil
}

// run executes a statement and says how many rows it changed.
func (s *statements) run(query string, args ...any) (int64, error) {
	st, err := s.get(query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(s.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// exec executes a statement that must change exactly one row.
func (s *statements) exec(query string, args ...any) error {
	n, err := s.run(query, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%d rows changed instead of one", n)
	}
	return err
}

// row runs a query of one row; sql.ErrNoRows when there is none.
func (s *statements) row(query string, args ...any) scanner {
	st, err := s.get(query)
	if err != nil {
		return broken{err}
	}
	return st.QueryRowContext(s.ctx, args...)
}

// broken is a row that could not be asked for.
type broken struct{ err error }

func (b broken) Scan(...any) error { return b.err }

// has says whether a query finds a row.
func (s *statements) has(query string, args ...any) (bool, error) {
	var one int
	err := s.row(query, args...).Scan(&one)
	if err == sql.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

// each runs a query and gives every row to f, which must not run the same
// query.
func (s *statements) each(query string, f func(scanner) error, args ...any) error {
	st, err := s.get(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(s.ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, f)
}
