package pcscd_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sexton/bench/card"
	"sexton/bench/pcscd"
)

const pin = "271828"

// system skips a test that needs Debian's programs unless the caller promised them.
func system(t *testing.T) {
	t.Helper()
	if os.Getenv("SEXTON_SYSTEM_TESTS") == "" {
		t.Skip("needs pcscd, vsmartcard-vpcd, opensc and yubico-piv-tool: set SEXTON_SYSTEM_TESTS=1")
	}
}

// deadline bounds a test that hangs; no test measures time with it.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T) *pcscd.Daemon {
	t.Helper()
	system(t)
	d, err := pcscd.Start(deadline(t), pcscd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d
}

func newCard(t *testing.T, s card.Spec) *card.Card {
	t.Helper()
	if s.PIN == "" {
		s.PIN = pin
	}
	if s.Name == "" {
		s.Name = "Anna Example"
	}
	if s.CA == nil && !s.Blank {
		ca, err := card.NewCA("Bench CA", card.CAOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.CA = ca
	}
	c, err := card.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// insert puts a card into reader i and waits until the daemon has seen it.
func insert(t *testing.T, d *pcscd.Daemon, i int, c *card.Card) *card.Insertion {
	t.Helper()
	ctx := deadline(t)
	in, err := card.Insert(context.Background(), d.Addrs[i], c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Remove)
	if err := d.WaitCard(ctx, i, true); err != nil {
		t.Fatal(err)
	}
	return in
}

// tool runs a client program against the daemon and returns all it said.
func tool(t *testing.T, d *pcscd.Daemon, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is missing: %v", name, err)
	}
	cmd := exec.CommandContext(deadline(t), name, args...)
	cmd.Env = append(os.Environ(), d.Env()...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must is tool for a run that has to succeed and to say want.
func must(t *testing.T, d *pcscd.Daemon, want, name string, args ...string) string {
	t.Helper()
	out, err := tool(t, d, name, args...)
	if err != nil || !strings.Contains(out, want) {
		t.Fatalf("%s %s: %v; wanted %q in:\n%s", name, strings.Join(args, " "), err, want, out)
	}
	return out
}

func TestTwoDaemonsAtOnce(t *testing.T) {
	a, b := start(t), start(t)
	if a.Socket() == b.Socket() || a.Addrs[0] == b.Addrs[0] {
		t.Fatalf("two daemons share %s or %s", a.Socket(), a.Addrs[0])
	}
	insert(t, a, 1, newCard(t, card.Spec{}))
	for i, d := range []*pcscd.Daemon{a, b} {
		rs, err := d.State(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if rs[1].Present != (i == 0) || rs[0].Present {
			t.Errorf("daemon %d sees %+v", i, rs)
		}
		must(t, d, d.Readers[1], "opensc-tool", "-l")
	}
}
