package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are prepared once on the one connection.
type statements struct {
	all []*sql.Stmt

	savepoint, rollbackTo, release            *sql.Stmt
	byID, headOf, hashAt                      *sql.Stmt
	putEntry, putHash, putHead, putOpening    *sql.Stmt
	hasAttachment, putAttachment, putAttached *sql.Stmt
	getDone, putRun, putDone, dropRun         *sql.Stmt
	putCommit, putSeal                        *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, c *sql.Conn) error {
	for q, to := range map[string]**sql.Stmt{
		"SAVEPOINT request": &s.savepoint, "ROLLBACK TO request": &s.rollbackTo, "RELEASE request": &s.release,
		"SELECT idx, leaf FROM entry WHERE id = ?":                                                                                 &s.byID,
		"SELECT e.hash FROM subject_head s JOIN entry e ON e.idx = s.idx WHERE s.subject = ?":                                      &s.headOf,
		"SELECT h FROM hash WHERE i = ?":                                                                                           &s.hashAt,
		"INSERT INTO entry (idx, id, hash, leaf) VALUES (?, ?, ?, ?)":                                                              &s.putEntry,
		"INSERT INTO hash (i, h) VALUES (?, ?)":                                                                                    &s.putHash,
		"INSERT INTO subject_head (subject, idx) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET idx = excluded.idx":             &s.putHead,
		"INSERT INTO opening (idx, path, salt, value) VALUES (?, ?, ?, ?)":                                                         &s.putOpening,
		"SELECT 1 FROM attachment WHERE sha256 = ?":                                                                                &s.hasAttachment,
		"INSERT INTO attachment (sha256, data) VALUES (?, ?)":                                                                      &s.putAttachment,
		"INSERT INTO attached (idx, sha256) VALUES (?, ?)":                                                                         &s.putAttached,
		"SELECT attempt, digest FROM journal_done WHERE run = ?":                                                                   &s.getDone,
		"INSERT OR REPLACE INTO journal (run, began, procedure, step, attempt, kind, status, at, data) VALUES (?,?,?,?,?,?,?,?,?)": &s.putRun,
		"INSERT INTO journal_done (run, seq, attempt, digest) VALUES (?, ?, ?, ?)":                                                 &s.putDone,
		"DELETE FROM journal WHERE run = ?":                                                                                        &s.dropRun,
		"INSERT INTO commits (seq, size, note, chain, journal) VALUES (?, ?, ?, ?, ?)":                                             &s.putCommit,
		"INSERT INTO seal (id, note) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET note = excluded.note":                            &s.putSeal,
	} {
		st, err := c.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("cannot prepare %q: %w", q, err)
		}
		*to = st
		s.all = append(s.all, st)
	}
	return nil
}

// close closes every statement: SQLite keeps the file locked as long as one is open.
func (s *statements) close() error {
	var err error
	for _, st := range s.all {
		err = errors.Join(err, st.Close())
	}
	s.all = nil
	return err
}
