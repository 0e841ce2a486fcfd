package procedure_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sexton/procedure"
)

// memory is a journal in memory that can fail at the nth save, before or after storing, like a disk does.
type memory struct {
	order   []string
	last    map[string]procedure.Record
	entries []string
	saves   int
	failAt  int  // the save that fails, from 1; 0 never
	stored  bool // the failing save stores before it fails
	refuse  bool // the failing save refuses its entries
}

var (
	errDisk    = errors.New("disk")
	errRefused = errors.New("refused")
)

func newMemory() *memory { return &memory{last: map[string]procedure.Record{}} }

func (m *memory) Save(_ context.Context, rec procedure.Record, entries ...string) ([]int, error) {
	m.saves++
	fail := m.saves == m.failAt
	if fail && m.refuse {
		return nil, errRefused
	}
	if fail && !m.stored {
		return nil, errDisk
	}
	prev, ok := m.last[rec.Run]
	if rec.Attempt != prev.Attempt+1 || prev.Finished {
		return nil, procedure.ErrAttempt
	}
	if !ok {
		m.order = append(m.order, rec.Run)
	}
	m.last[rec.Run] = rec
	receipts := make([]int, len(entries))
	for i, e := range entries {
		m.entries = append(m.entries, e)
		receipts[i] = len(m.entries)
	}
	if fail {
		return nil, errDisk
	}
	return receipts, nil
}

func (m *memory) Runs(context.Context) ([]procedure.Record, error) {
	var out []procedure.Record
	for _, id := range m.order {
		if !m.last[id].Finished {
			out = append(out, m.last[id])
		}
	}
	return out, nil
}

type state struct {
	Note string
	Fed  int
}

type (
	engine = procedure.Engine[state, string, int]
	run    = procedure.Run[state, string, int]
	act    = procedure.Act[state, string, string]
)

func newEngine(m *memory) *engine {
	now := func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }
	return procedure.NewEngine[state](m, "test", now, func(err error) bool { return errors.Is(err, errRefused) })
}

// world counts how often the physical act was done, over all restarts.
type world struct {
	acted int
	how   string // "ok", "error", "panic", "before", "after": where Do ends
}

var errAct = errors.New("no answer")

func feed(w *world) act {
	return act{
		Step: "feed",
		Intend: func(_ context.Context, s *state) ([]string, error) {
			s.Note = "feeding"
			return nil, nil
		},
		Do: func(context.Context, state) (string, error) {
			w.acted++
			switch w.how {
			case "error":
				return "", errAct
			case "panic":
				panic("machine on fire")
			}
			return "seen", nil
		},
		Probe: func(context.Context, state) (string, error) { return "probed", nil },
		Settle: func(_ context.Context, s *state, o string, err error, interrupted bool) ([]string, procedure.Status, error) {
			s.Note = ""
			s.Fed++
			if err != nil || interrupted {
				return []string{"indeterminate " + o}, procedure.Indeterminate, nil
			}
			return []string{"destroyed " + o}, procedure.Done, nil
		},
	}
}

// drive makes one whole life: begin, converge, feed, finish. It stops at the first error. A panic counts as an error.
func drive(m *memory, w *world) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx := context.Background()
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{}, "opened")
	if err != nil {
		return err
	}
	return goOn(ctx, r, w)
}

// goOn does what is left of the life, from wherever the journal stands. It is also what a restart does after recovery.
func goOn(ctx context.Context, r *run, w *world) error {
	if r.Record().Step == "open" {
		if _, err := r.Converge(ctx, "seal", func(_ context.Context, s *state) (procedure.Commit[string], error) {
			return procedure.Commit[string]{Entries: []string{"sealed"}}, nil
		}); err != nil {
			return err
		}
	}
	if r.State().Fed == 0 {
		if _, _, _, err := procedure.Perform(ctx, r, feed(w)); err != nil {
			return err
		}
	}
	_, err := r.Converge(ctx, "close", func(_ context.Context, s *state) (procedure.Commit[string], error) {
		return procedure.Commit[string]{Entries: []string{"closed"}, Finished: true}, nil
	})
	return err
}

// restart is a new process: nothing but the journal and the world is left.
func restart(t *testing.T, m *memory, w *world) string {
	t.Helper()
	m.failAt = 0
	w.how = "ok"
	ctx := context.Background()
	runs, err := newEngine(m).Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) == 0 {
		return ""
	}
	r := runs[0]
	if step, open := procedure.Interrupted(r); open {
		if step != "feed" {
			t.Fatalf("interrupted at %q", step)
		}
		if _, _, _, err := procedure.Perform(ctx, r, feed(w)); !errors.Is(err, procedure.ErrOpen) {
			t.Fatalf("Perform over an open intent: %v", err)
		}
		if _, _, _, err := procedure.Recover(ctx, r, feed(w)); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := procedure.Recover(ctx, r, feed(w)); err == nil {
			t.Fatal("recovered twice")
		}
	}
	if err := goOn(ctx, r, w); err != nil {
		t.Fatal(err)
	}
	return "restarted"
}

// TestSequences drives one life with one failure and says what the ledger holds and how often the machine acted in the end.
// save 1 begin, 2 seal, 3 intent, 4 outcome, 5 close.
func TestSequences(t *testing.T) {
	for _, c := range []struct{ setup, result string }{
		{"ok", "acted 1: opened, sealed, destroyed seen, closed"},
		{"error", "acted 1: opened, sealed, indeterminate , closed"},
		{"panic", "acted 1: opened, sealed, indeterminate probed, closed"},
		{"ok; lost 1", "acted 0: "},
		{"ok; stored 1", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; lost 2", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; stored 2", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; lost 3", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; stored 3", "acted 0: opened, sealed, indeterminate probed, closed"},
		{"ok; lost 4", "acted 1: opened, sealed, indeterminate probed, closed"},
		{"ok; stored 4", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; lost 5", "acted 1: opened, sealed, destroyed seen, closed"},
		{"ok; stored 5", "acted 1: opened, sealed, destroyed seen, closed"},
		{"error; lost 4", "acted 1: opened, sealed, indeterminate probed, closed"},
		{"panic; lost 4", "acted 1: opened, sealed, indeterminate probed, closed"},
		{"panic; stored 4", "acted 1: opened, sealed, indeterminate probed, closed"},
		{"ok; refused 4", "acted 1: opened, sealed, indeterminate probed, closed"},
	} {
		t.Run(c.setup, func(t *testing.T) {
			m, w := newMemory(), &world{}
			how, fault, _ := strings.Cut(c.setup, "; ")
			w.how = how
			if fault != "" {
				var kind string
				if _, err := fmt.Sscanf(fault, "%s %d", &kind, &m.failAt); err != nil {
					t.Fatal(err)
				}
				m.stored, m.refuse = kind == "stored", kind == "refused"
			}
			err := drive(m, w)
			if (err != nil) != (c.setup != "ok") {
				t.Fatalf("first life: %v", err)
			}
			restart(t, m, w)
			if got := fmt.Sprintf("acted %d: %s", w.acted, strings.Join(m.entries, ", ")); got != c.result {
				t.Errorf("got  %s\nwant %s", got, c.result)
			}
		})
	}
}

func TestBrokenRunStopsUntilReload(t *testing.T) {
	ctx := context.Background()
	m := newMemory()
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{Note: "a"})
	if err != nil {
		t.Fatal(err)
	}
	m.failAt, m.stored = m.saves+1, true
	change := func(note string) error {
		_, err := r.Converge(ctx, "change", func(_ context.Context, s *state) (procedure.Commit[string], error) {
			s.Note = note
			return procedure.Commit[string]{}, nil
		})
		return err
	}
	if err := change("b"); !errors.Is(err, procedure.ErrBroken) || !errors.Is(err, errDisk) {
		t.Fatalf("failed save: %v", err)
	}
	if err := change("c"); !errors.Is(err, procedure.ErrBroken) {
		t.Fatalf("step on a broken run: %v", err)
	}
	if r.State().Note != "a" {
		t.Errorf("state of a broken run is %q", r.State().Note)
	}
	if err := r.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	if r.State().Note != "b" {
		t.Errorf("after reload the state is %q", r.State().Note)
	}
	if err := change("c"); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedEntryLeavesRunAsItWas(t *testing.T) {
	ctx := context.Background()
	m := newMemory()
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{Note: "a"})
	if err != nil {
		t.Fatal(err)
	}
	m.failAt, m.refuse = m.saves+1, true
	set := func(_ context.Context, s *state) (procedure.Commit[string], error) {
		s.Note = "b"
		return procedure.Commit[string]{Entries: []string{"x"}}, nil
	}
	if _, err := r.Converge(ctx, "set", set); !errors.Is(err, errRefused) {
		t.Fatalf("refused: %v", err)
	}
	if r.State().Note != "a" || len(m.entries) != 0 {
		t.Errorf("a refused step left %q, %v", r.State().Note, m.entries)
	}
	if _, err := r.Converge(ctx, "set", set); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedIntentLeavesNothing(t *testing.T) {
	ctx := context.Background()
	m, w := newMemory(), &world{}
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{})
	if err != nil {
		t.Fatal(err)
	}
	a := feed(w)
	a.Intend = func(context.Context, *state) ([]string, error) { return nil, errRefused }
	before := m.saves
	if _, _, _, err := procedure.Perform(ctx, r, a); !errors.Is(err, errRefused) {
		t.Fatal(err)
	}
	if w.acted != 0 || m.saves != before {
		t.Errorf("acted %d, saved %d times", w.acted, m.saves-before)
	}
}

func TestOneStepAtATime(t *testing.T) {
	ctx := context.Background()
	m, w := newMemory(), &world{}
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{})
	if err != nil {
		t.Fatal(err)
	}
	a := feed(w)
	a.Do = func(ctx context.Context, s state) (string, error) {
		if s.Note != "feeding" {
			t.Errorf("Do sees the state %q, not that of Intend", s.Note)
		}
		if _, err := r.Converge(ctx, "x", nil); !errors.Is(err, procedure.ErrBusy) {
			t.Errorf("second step: %v", err)
		}
		return "seen", nil
	}
	if _, status, _, err := procedure.Perform(ctx, r, a); err != nil || status != procedure.Done {
		t.Fatal(status, err)
	}
}

func TestCanceledActIsStillSettled(t *testing.T) {
	m := newMemory()
	ctx, cancel := context.WithCancel(context.Background())
	r, _, err := newEngine(m).Begin(ctx, "r1", "open", state{})
	if err != nil {
		t.Fatal(err)
	}
	a := feed(&world{})
	a.Do = func(ctx context.Context, _ state) (string, error) {
		cancel()
		return "cut short", ctx.Err()
	}
	plain := a.Settle
	a.Settle = func(ctx context.Context, s *state, o string, err error, i bool) ([]string, procedure.Status, error) {
		if ctx.Err() != nil {
			t.Error("Settle got a dead context")
		}
		return plain(ctx, s, o, err, i)
	}
	if _, status, _, err := procedure.Perform(ctx, r, a); !errors.Is(err, context.Canceled) || status != procedure.Indeterminate {
		t.Fatal(status, err)
	}
}

func TestStateOfAnotherVersionIsRefused(t *testing.T) {
	m := newMemory()
	m.order = []string{"r1"}
	m.last["r1"] = procedure.Record{Run: "r1", Procedure: "test", Attempt: 1, Data: []byte(`{"Note":"","Fed":0,"Later":1}`)}
	if _, err := newEngine(m).Load(context.Background()); err == nil {
		t.Fatal("an unknown field of the state was dropped in silence")
	}
}
