package pcscd_test

import (
	"context"
	"fmt"
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

// Eight readers are four drivers with a state of their own each: a card in one is in no other.
func TestManyReaders(t *testing.T) {
	system(t)
	d, err := pcscd.Start(deadline(t), pcscd.Options{Readers: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	if len(d.Readers) != 8 || len(d.Addrs) != 8 {
		t.Fatalf("readers %v at %v", d.Readers, d.Addrs)
	}
	for _, i := range []int{0, 3, 6} {
		insert(t, d, i, newCard(t, card.Spec{Serial: uint32(100 + i)}))
	}
	for _, i := range []int{1, 2, 4, 5, 7} {
		if err := d.WaitCard(deadline(t), i, false); err != nil {
			t.Error(err)
		}
	}
	for _, i := range []int{0, 3, 6} {
		must(t, d, fmt.Sprintf("Serial Number:\t%d", 100+i), "yubico-piv-tool", "-r", d.Readers[i], "-a", "status")
	}
}

func TestOddReadersAreRefused(t *testing.T) {
	for _, n := range []int{-2, 1, 3, 16} {
		if _, err := pcscd.Start(context.Background(), pcscd.Options{Readers: n}); err == nil {
			t.Errorf("%d readers were taken", n)
		}
	}
}
