package ledger_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

// titles is a projection of what openings say. It holds every row back until it has to settle.
type titles struct {
	kinds // refuses the code "refuse me"
	held  map[int64]string
}

func (*titles) Name() string { return "titles" }
func (*titles) Schema() []string {
	return append((&kinds{}).Schema(), `CREATE TABLE titles (idx INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT`)
}
func (*titles) Tables() []string { return append((&kinds{}).Tables(), "titles") }

func (p *titles) ApplyOpenings(_ context.Context, _ *sql.Tx, index int64, _ leaf.Payload, openings []leaf.Opening) error {
	for _, o := range openings {
		if o.Path == "/body/title" {
			if p.held == nil {
				p.held = map[int64]string{}
			}
			p.held[index] = o.Value
		}
	}
	return nil
}

func (p *titles) Settle(ctx context.Context, tx *sql.Tx) error {
	for index, title := range p.held {
		if _, err := tx.ExecContext(ctx, "INSERT INTO titles VALUES (?, ?)", index, title); err != nil {
			return err
		}
	}
	p.held = nil
	return nil
}

func (p *titles) Forget() { p.held = nil }

func storedTitles(t *testing.T, l *ledger.Ledger) (out []string) {
	t.Helper()
	if err := l.QueryHead(t.Context(), func(tx *sql.Tx, h ledger.Head) error {
		if h.Size == 0 || len(h.Note) == 0 {
			t.Error("the query does not know its head")
		}
		rows, err := tx.Query("SELECT title FROM titles ORDER BY idx")
		if err != nil {
			return err
		}
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return errors.Join(rows.Err(), rows.Close())
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOpeningsAreProjected: what is secret reaches the projection at the append and at each replay; what was refused leaves nothing.
func TestOpeningsAreProjected(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&titles{}}
	dir := initialised(t, s, o)
	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	h := l.Head()
	appendOK(t, l, s.carrier(h, "c-1", nil), s.carrier(h, "c-2", nil))
	if _, err := l.Append(t.Context(), s.carrier(h, "c-3", nil), s.refusal(h, "refuse me")); !errors.Is(err, ledger.ErrRefused) {
		t.Fatalf("%v", err)
	}
	appendOK(t, l, s.carrier(h, "c-4", nil))
	want := []string{"标题 c-1", "标题 c-2", "标题 c-4"}
	if got := storedTitles(t, l); !slices.Equal(got, want) {
		t.Errorf("after appends %q", got)
	}
	if err := l.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := storedTitles(t, l); !slices.Equal(got, want) {
		t.Errorf("after the rebuild %q", got)
	}
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "ledger.db"), "UPDATE titles SET title = 'another' WHERE idx = 2")
	refused(t, dir, o, "titles")
}
