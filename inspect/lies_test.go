package inspect_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/inspect"
	"sexton/ledger/leaf"
)

// lie is one way to deceive. told makes the bundle and the trust file of the
// inspector who is deceived.
type lie struct {
	name  string
	want  string // a check that must fail
	field string // must be in that check's field, "" = any
	told  func(t *testing.T) (bundle, trust []byte)
}

// while lies as the history is written: every signature, link, root and sum
// after the lie is consistent with it.
func while(hook func(w *certtest.World, p *leaf.Payload)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Hook = hook
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}
}

// cards changes the people before they are enrolled.
func cards(edit func(w *certtest.World) error) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		c := config()
		c.Persons = func(w *certtest.World) {
			if err := edit(w); err != nil {
				t.Fatal(err)
			}
		}
		w := newWorld(t, c)
		return bundleOf(t, w), w.Trust()
	}
}

// after lies in the finished file.
func after(edit func(t *testing.T, w *certtest.World, p *certificate.Parts)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		w := base(t)
		return with(t, w, func(p *certificate.Parts) { edit(t, w, p) }), w.Trust()
	}
}

// resealed lies in the finished log, and has station and log sign it again:
// what an owner of the station can do who has not the persons' cards.
func resealed(edit func(t *testing.T, w *certtest.World)) func(t *testing.T) ([]byte, []byte) {
	return func(t *testing.T) ([]byte, []byte) {
		w := base(t)
		edit(t, w)
		return bundleOf(t, w), w.Trust()
	}
}

// rewrite replaces one leaf by a changed one that the station signs.
func rewrite(t *testing.T, w *certtest.World, index int, edit func(p *leaf.Payload)) {
	t.Helper()
	_, p, err := leaf.Decode(w.Leaves[index])
	if err != nil {
		t.Fatal(err)
	}
	edit(&p)
	if w.Leaves[index], err = w.Sign(p); err != nil {
		t.Fatal(err)
	}
}

func hashOf(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }

// on is a hook for one kind.
func on[B any](kind leaf.Kind, edit func(w *certtest.World, p *leaf.Payload, b *B)) func(w *certtest.World, p *leaf.Payload) {
	return func(w *certtest.World, p *leaf.Payload) {
		if p.Kind == kind {
			if b, ok := p.Body.(*B); ok {
				edit(w, p, b)
			}
		}
	}
}

// disputedAsDestroyed: the station calls the disputed carrier destroyed and
// everything after agrees.
func disputedAsDestroyed(t *testing.T) ([]byte, []byte) {
	c := config()
	var outcomes []string
	c.Hook = func(w *certtest.World, p *leaf.Payload) {
		switch b := p.Body.(type) {
		case *leaf.Outcome:
			if p.Kind == leaf.CarrierDisputed {
				p.Kind, b.Verdict = leaf.CarrierDestroyed, "destroyed"
				b.Reasons = []string{"signal.feed", "signal.energy"}
			}
		case *leaf.Reconciled:
			outcomes = outcomesOf(w)
			b.Tally.Destroyed, b.Tally.Disputed, b.OutcomesRoot = b.Tally.Destroyed+1, 0, leaf.Root(outcomes)
		case *leaf.Completed:
			b.Tally.Destroyed, b.Tally.Disputed, b.OutcomesRoot = b.Tally.Destroyed+1, 0, leaf.Root(outcomes)
		}
	}
	w := newWorld(t, c)
	return bundleOf(t, w), w.Trust()
}

// outcomesOf lists the leaf hashes of outcomes in the order of the log, which
// is that of the manifest.
func outcomesOf(w *certtest.World) []string {
	var out []string
	for _, b := range w.Leaves {
		if _, p, err := leaf.Decode(b); err == nil {
			switch p.Kind {
			case leaf.CarrierDestroyed, leaf.CarrierDisputed, leaf.CarrierUnverified, leaf.CarrierUnfed:
				out = append(out, leaf.Hash(b))
			}
		}
	}
	return out
}

// drop takes leaves out of the file and proves the rest.
func drop(t *testing.T, w *certtest.World, p *certificate.Parts, indexes ...int) {
	t.Helper()
	kept := slices.DeleteFunc(slices.Clone(p.Leaves), func(l certificate.Leaf) bool { return slices.Contains(indexes, int(l.Index)) })
	again, err := w.PartsOf(kept, int64(len(w.Leaves)))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, o := range again.Openings {
		ids[o.Event] = true
	}
	p.Leaves, p.RangeProof = again.Leaves, again.RangeProof
	p.Openings = slices.DeleteFunc(p.Openings, func(o certificate.Opening) bool { return !ids[o.Event] })
}

// titles finds two openings of titles.
func titles(p *certificate.Parts) (int, int) {
	var at []int
	for i, o := range p.Openings {
		if o.Path == "/body/title" {
			at = append(at, i)
		}
	}
	return at[0], at[1]
}

func TestLies(t *testing.T) {
	for _, l := range slices.Concat(personLies, batchLies) {
		t.Run(strings.ReplaceAll(l.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			bundle, trust := l.told(t)
			r := inspect.Verify(bundle, trustOf(t, trust), inspect.Options{})
			if r.OK() || r.Grade != inspect.Invalid || r.Failed == nil {
				t.Fatalf("believed: %s", explain(r))
			}
			i := slices.IndexFunc(r.Checks, func(c inspect.Check) bool { return c.ID == l.want })
			if c := r.Checks[i]; c.OK || c.Skipped || !strings.Contains(c.Field, l.field) || c.Detail == "" {
				t.Fatalf("%s (ok %t, skipped %t, field %q) should have failed in a field like %q: %s", l.want, c.OK, c.Skipped, c.Field, l.field, explain(r))
			}
			first := slices.IndexFunc(r.Checks, func(c inspect.Check) bool { return !c.OK && !c.Skipped })
			if r.Failed.ID != r.Checks[first].ID || r.Failed.Field == "" {
				t.Errorf("the first failure is %s, reported is %s in field %q", r.Checks[first].ID, r.Failed.ID, r.Failed.Field)
			}
		})
	}
}
