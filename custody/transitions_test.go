package custody_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sexton/custody"
)

var update = flag.Bool("update", false, "write the diagram and the table instead of comparing them")

// TestDiagram keeps the package comment equal to the tables.
func TestDiagram(t *testing.T) {
	var want strings.Builder
	for line := range strings.Lines(custody.Diagram()) {
		if line == "\n" {
			want.WriteString("//\n")
			continue
		}
		want.WriteString("//\t" + line)
	}
	src, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(src), "//\tcarrier        on event")
	end := strings.Index(string(src), "//\n// Every other cell")
	if begin < 0 || end < begin {
		t.Fatal("doc.go has no diagram")
	}
	if *update {
		out := string(src[:begin]) + want.String() + string(src[end:])
		if err := os.WriteFile("doc.go", []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := string(src[begin:end]); got != want.String() {
		t.Errorf("the diagram in doc.go is stale; run go test -run Diagram -update\n%s", got)
	}
}

// TestEveryCell compares all cells with the reviewed table in testdata, so
// that no cell changes unseen.
func TestEveryCell(t *testing.T) {
	var got strings.Builder
	for _, s := range custody.States() {
		for _, e := range custody.Events() {
			next, err := custody.Apply(s, e)
			fmt.Fprintf(&got, "%s + %s = %s\n", s, e, cell(t, next, err))
		}
	}
	for _, s := range custody.BatchStates() {
		for _, e := range custody.BatchEvents() {
			next, err := custody.ApplyBatch(s, e)
			fmt.Fprintf(&got, "batch %s + %s = %s\n", s, e, cell(t, next, err))
		}
	}
	custody.EachCell(func(table, state, event, next string, err error) {
		fmt.Fprintf(&got, "%s %s + %s = %s\n", table, state, event, cell(t, word(next), err))
	})
	const file = "testdata/cells.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("cells differ from %s; review, then run with -update", file)
	}
	if n := strings.Count(got.String(), "\n"); n != 22*31+11*11+7*16+7*7+6*14+4*5+4*6+4*4 {
		t.Errorf("%d cells", n)
	}
}

type word string

func (w word) String() string { return string(w) }

func cell(t *testing.T, next fmt.Stringer, err error) string {
	t.Helper()
	if err == nil {
		return next.String()
	}
	var r *custody.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("not a refusal: %v", err)
	}
	if zh, en := r.Sentence(); zh == "" || en == "" {
		t.Errorf("%s has no sentence", r.Key)
	}
	return "refused " + string(r.Key)
}

func TestTableInvariants(t *testing.T) {
	into := map[custody.State][]string{}
	for _, s := range custody.States() {
		for _, e := range custody.Events() {
			next, err := custody.Apply(s, e)
			if err != nil {
				if next != custody.Unknown {
					t.Errorf("%s + %s is refused but gives %s", s, e, next)
				}
				continue
			}
			into[next] = append(into[next], fmt.Sprintf("%s+%s", s, e))
			elsewhere := s == custody.Consigned && e == custody.CertifyElsewhere && next == custody.DestroyedElsewhere
			if s.Terminal() && !elsewhere && (e != custody.Certify || next.Disposition() != s.Disposition()) {
				t.Errorf("final %s leaves by %s to %s", s, e, next)
			}
			if s.Open() && !slices.Contains([]custody.Event{custody.ResolveDestroyed, custody.ResolveHeld, custody.ResolveLost}, e) {
				t.Errorf("open %s leaves by %s", s, e)
			}
		}
	}
	for _, s := range custody.States()[1:] {
		if len(into[s]) == 0 {
			t.Errorf("%s cannot be reached", s)
		}
	}
	for s, want := range map[custody.State][]string{
		custody.Destroyed:     {"released+confirm-destroyed"},
		custody.Unverified:    {"released+mark-unverified"},
		custody.Disputed:      {"released+mark-disputed"},
		custody.Indeterminate: {"released+mark-indeterminate"},
		custody.Resolved:      {"unverified+resolve-destroyed", "disputed+resolve-destroyed", "indeterminate+resolve-destroyed"},
		custody.Certified:     {"destroyed+certify", "resolved+certify"},
		custody.Authorised:    {"approved+authorise"},
		custody.Approved:      {"sealed+approve"},
		custody.Sealed:        {"counted+seal"},
	} {
		if !slices.Equal(into[s], want) {
			t.Errorf("%s is reached by %v, want %v", s, into[s], want)
		}
	}
}

func TestApplyRefusesNonsense(t *testing.T) {
	for _, s := range []custody.State{-1, 99} {
		if _, err := custody.Apply(s, custody.Count); err == nil {
			t.Errorf("state %d taken", s)
		}
		if s.Terminal() || s.String() == "" {
			t.Errorf("state %d has a meaning", s)
		}
	}
	if _, err := custody.Apply(custody.Counted, custody.UnknownEvent); err == nil {
		t.Error("unknown event taken")
	}
	if _, err := custody.ApplyBatch(99, custody.SealBatch); err == nil {
		t.Error("unknown batch state taken")
	}
}

func TestWordsRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range custody.States() {
		b, err := s.MarshalText()
		if err != nil || seen[string(b)] || s.Zh() == "" {
			t.Fatalf("%d: %q, %v", s, b, err)
		}
		seen[string(b)] = true
		var back custody.State
		if err := back.UnmarshalText(b); err != nil || back != s {
			t.Errorf("%s reads back as %s, %v", s, back, err)
		}
	}
	var s custody.State
	if err := s.UnmarshalText([]byte("Registered")); err == nil {
		t.Error("a word in another spelling was read")
	}
	if _, err := custody.State(99).MarshalText(); err == nil {
		t.Error("an invalid state was written")
	}
	if _, err := custody.ParseVerdict("unknown"); err == nil {
		t.Error("the unknown verdict was read")
	}
}
