package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"sexton/ledger/leaf"
)

// Opener is a projection that also keeps what openings say, for searching. Its tables are as private as the openings.
type Opener interface {
	// ApplyOpenings follows Apply of the same entry, in the same transaction, also when there are no openings; they come by path. What is
	// said of Apply holds here too.
	ApplyOpenings(ctx context.Context, tx *sql.Tx, index int64, p leaf.Payload, openings []leaf.Opening) error
}

// Settler is a projection that remembers between two leaves of one transaction what it has still to write.
type Settler interface {
	// Settle writes it. It is called after the last leaf of each request, and of a replay, in the transaction of the leaves. When it
	// gives an error nothing is committed.
	Settle(ctx context.Context, tx *sql.Tx) error
	// Forget drops it: the leaves applied since the last Settle are undone.
	Forget()
}

// project enters one entry into every projection.
func (l *Ledger) project(ctx context.Context, tx *sql.Tx, index int64, hash string, env leaf.Envelope, p leaf.Payload, openings []leaf.Opening) error {
	for _, px := range l.o.Projections {
		err := px.Apply(ctx, tx, index, hash, env, p)
		if o, ok := px.(Opener); ok && err == nil {
			err = o.ApplyOpenings(ctx, tx, index, p, openings)
		}
		if err != nil {
			return fmt.Errorf("projection %s: %w", px.Name(), err)
		}
	}
	return nil
}

// settle lets the projections write what they held back.
func (l *Ledger) settle(ctx context.Context, tx *sql.Tx) error {
	for _, px := range l.o.Projections {
		if s, ok := px.(Settler); ok {
			if err := s.Settle(ctx, tx); err != nil {
				return fmt.Errorf("projection %s: cannot settle: %w", px.Name(), err)
			}
		}
	}
	return nil
}

// forget lets the projections drop what they held back.
func (l *Ledger) forget() {
	for _, px := range l.o.Projections {
		if s, ok := px.(Settler); ok {
			s.Forget()
		}
	}
}

// byPath gives openings in the order in which a replay reads them.
func byPath(openings []leaf.Opening) []leaf.Opening {
	return slices.SortedFunc(slices.Values(openings), func(a, b leaf.Opening) int { return strings.Compare(a.Path, b.Path) })
}

// replay applies every entry to the projections, into tx, until stop gives an error.
func (l *Ledger) replay(ctx context.Context, tx *sql.Tx, stop func() error) (err error) {
	defer func() {
		if err != nil {
			l.forget()
		}
	}()
	opened, err := openCursor(ctx, l.store.conn, "SELECT idx, path, salt, value FROM opening ORDER BY idx, path")
	if err != nil {
		return err
	}
	defer func() {
		if e := opened.rows.Close(); err == nil {
			err = e
		}
	}()
	err = eachEntry(ctx, l.store.conn, stop, func(e *readEntry) error {
		if e.err != nil {
			return fmt.Errorf("entry %d: %w", e.index, e.err)
		}
		openings, err := openingsOf(opened, e.index)
		if err != nil {
			return fmt.Errorf("openings of entry %d: %w", e.index, err)
		}
		if err := l.project(ctx, tx, e.index, leaf.Hash(e.leaf), e.env, e.payload, openings); err != nil {
			return fmt.Errorf("entry %d, which is in the ledger, is refused: %w", e.index, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.settle(ctx, tx)
}

// openingsOf takes the openings of entry n from the cursor.
func openingsOf(c *cursor, n int64) ([]leaf.Opening, error) {
	var out []leaf.Opening
	for {
		var at int64
		var o leaf.Opening
		more, err := c.nextIf(func(scan func(...any) error) (bool, error) {
			err := scan(&at, &o.Path, &o.Salt, &o.Value)
			return at == n, err
		})
		if err != nil || !more {
			return out, err
		}
		out = append(out, o)
	}
}
