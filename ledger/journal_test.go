package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"sexton/ledger"
	"sexton/procedure"
)

func TestJournal(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	dir := initialised(t, s, o)
	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	save := func(r procedure.Record, e ...ledger.Entry) error {
		t.Helper()
		got, err := l.Save(t.Context(), r, e...)
		if err == nil && len(got) != len(e) {
			t.Fatalf("%d receipts for %d entries", len(got), len(e))
		}
		return err
	}
	runs := func(want ...string) {
		t.Helper()
		list, err := l.Runs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list {
			got = append(got, fmt.Sprintf("%s/%d", r.Run, r.Attempt))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("runs %v, want %v", got, want)
		}
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	runs()
	ok(save(record("b", 1, false)))
	size := l.Head().Size
	e := s.refusal(l.Head(), "with the step")
	ok(save(record("a", 1, false), e))
	if l.Head().Size != size+1 {
		t.Fatal("the entry of the step is missing")
	}
	runs("b/1", "a/1") // in the order in which they began
	ok(save(record("b", 2, false)))
	ok(save(record("b", 2, false)))    // byte for byte again
	ok(save(record("a", 1, false), e)) // with its entry
	runs("b/2", "a/1")

	other := record("b", 2, false)
	other.Data = []byte(`{"n":2}`)
	for name, f := range map[string]func() error{
		"other content":        func() error { return save(other) },
		"gap":                  func() error { return save(record("b", 4, false)) },
		"backwards":            func() error { return save(record("b", 1, false)) },
		"not from one":         func() error { return save(record("c", 2, false)) },
		"again with new entry": func() error { return save(record("a", 1, false), s.refusal(l.Head(), "new")) },
	} {
		before := l.Head()
		if err := f(); !errors.Is(err, procedure.ErrAttempt) {
			t.Errorf("%s: %v", name, err)
		}
		if got := l.Head(); got.Size != before.Size {
			t.Errorf("%s: an entry was stored", name)
		}
	}
	if err := save(record("a", 2, false), s.refusal(l.Head(), "refuse me")); !errors.Is(err, ledger.ErrRefused) {
		t.Errorf("step with a refused entry: %v", err)
	}
	runs("b/2", "a/1")
	bad := record("z", 1, false)
	bad.Data = []byte("{")
	if err := save(bad); !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("data that is no JSON: %v", err)
	}

	ok(save(record("b", 3, true)))
	runs("a/1")
	ok(save(record("b", 3, true)))
	if err := save(record("b", 4, false)); !errors.Is(err, procedure.ErrAttempt) {
		t.Errorf("a finished run goes on: %v", err)
	}
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	ok(l.Close())
	l = open(t, dir, o)
	list, err := l.Runs(t.Context())
	want := record("a", 1, false)
	if err != nil || len(list) != 1 || list[0].Run != "a" || list[0].Step != want.Step || list[0].Kind != want.Kind || list[0].Status != want.Status ||
		!list[0].At.Equal(want.At) || !bytes.Equal(list[0].Data, want.Data) {
		t.Errorf("after reopening %+v, %v", list, err)
	}
	ok(save(record("a", 2, true)))
	runs()
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}
