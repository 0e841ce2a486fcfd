package tokentest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sexton/token"
)

// insert puts the card in and waits for the reader to show it.
func (f Fixture) insert(t *testing.T, reader string, who int) {
	t.Helper()
	f.Insert(t, reader, who)
	f.await(t, reader, true)
}

func (f Fixture) remove(t *testing.T, reader string) {
	t.Helper()
	f.Remove(t, reader)
	f.await(t, reader, false)
}

// await polls the desk until reader shows a card, or none.
func (f Fixture) await(t *testing.T, reader string, here bool) {
	t.Helper()
	if f.Settle != nil {
		f.Settle(t, reader, here)
	}
	Eventually(t, func() bool {
		list, err := f.Desk.Readers(t.Context())
		return err == nil && slices.ContainsFunc(list, func(r token.ReaderState) bool {
			return r.Name == reader && r.Present == here && (len(r.ATR) > 0) == here
		})
	})
}

// Eventually polls cond until it holds; it fails the test when patience ends.
func Eventually(t *testing.T, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline.C:
			t.Fatal("it did not happen")
		case <-tick.C:
		}
	}
}

// AwaitLock waits for s to be locked and demands the kind of its cause. It tells how long it took.
func AwaitLock(t *testing.T, s token.Session, kinds ...token.Kind) {
	t.Helper()
	start := time.Now()
	select {
	case <-s.Locked():
		t.Logf("locked after %s: %v", time.Since(start).Round(time.Millisecond), s.Cause())
	case <-time.After(patience):
		t.Fatal("the session is not locked")
	}
	if !slices.Contains(kinds, token.KindOf(s.Cause())) {
		t.Fatalf("cause %v, want one of %v", s.Cause(), kinds)
	}
}

// WantKind demands an error of one kind.
func WantKind(t *testing.T, err error, kind token.Kind) *token.Error {
	t.Helper()
	var e *token.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %v, want kind %q", err, kind)
	}
	return e
}

// MustPIN makes a PIN of digits.
func MustPIN(t *testing.T, digits string) *token.PIN {
	t.Helper()
	p, err := token.NewPIN([]byte(digits))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wipedPIN demands that p holds nothing any more.
func wipedPIN(t *testing.T, p *token.PIN) {
	t.Helper()
	var block [8]byte
	if p.Block(&block) == nil {
		t.Error("the PIN was not wiped")
	}
}

// login logs person who in at reader.
func (f Fixture) login(t *testing.T, reader string, who int) token.Session {
	t.Helper()
	pin := MustPIN(t, f.PIN(who))
	s, err := f.Desk.Login(t.Context(), reader, pin, f.Station())
	if err != nil {
		t.Fatalf("cannot log in: %v", err)
	}
	wipedPIN(t, pin)
	return s
}

// wrong is a PIN that is not person who's.
func (f Fixture) wrong(t *testing.T, who int) *token.PIN {
	t.Helper()
	for _, digits := range []string{"918273", "827364"} {
		if digits != f.PIN(who) {
			return MustPIN(t, digits)
		}
	}
	panic("unreachable")
}
