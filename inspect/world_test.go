package inspect_test

import (
	"strings"
	"sync"
	"testing"

	"sexton/certificate"
	"sexton/certificate/certtest"
	"sexton/inspect"
)

// config is a history with something of everything.
func config() certtest.Config {
	c := profile()
	c.Missing, c.Disputed, c.Unfed, c.Withdraw, c.Intermediate = 1, 1, 1, true, true
	return c
}

func newWorld(t testing.TB, c certtest.Config) *certtest.World {
	t.Helper()
	w, err := certtest.New(c)
	if err != nil {
		t.Fatalf("cannot write history: %v", err)
	}
	return w
}

var one = sync.OnceValues(func() (*certtest.World, error) { return certtest.New(config()) })

// base is a copy of one history that all tests share.
func base(t testing.TB) *certtest.World {
	t.Helper()
	w, err := one()
	if err != nil {
		t.Fatalf("cannot write history: %v", err)
	}
	return w.Fork()
}

func bundleOf(t testing.TB, w *certtest.World) []byte {
	t.Helper()
	b, err := w.Bundle()
	if err != nil {
		t.Fatalf("cannot make bundle: %v", err)
	}
	return b
}

// with makes the bundle after edit has changed its parts.
func with(t testing.TB, w *certtest.World, edit func(p *certificate.Parts)) []byte {
	t.Helper()
	p, err := w.Parts()
	if err != nil {
		t.Fatalf("cannot make parts: %v", err)
	}
	edit(&p)
	b, err := certtest.Encode(p)
	if err != nil {
		t.Fatalf("cannot encode parts: %v", err)
	}
	return b
}

func trustOf(t testing.TB, text []byte) *inspect.Trust {
	t.Helper()
	tr, err := inspect.ParseTrust(text)
	if err != nil {
		t.Fatalf("cannot read trust file: %v", err)
	}
	return tr
}

// explain prints what failed.
func explain(r *inspect.Report) string {
	var b strings.Builder
	b.WriteString(string(r.Grade))
	for _, c := range r.Checks {
		if !c.OK && !c.Skipped {
			b.WriteString("\n  " + c.ID + " @ " + c.Field + ": " + c.Detail)
		}
	}
	return b.String()
}
