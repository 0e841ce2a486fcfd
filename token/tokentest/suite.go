package tokentest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"sexton/token"
)

// Fixture is a desk under test and the hands that serve it. All readers are empty at first.
type Fixture struct {
	Desk    token.Desk
	Readers []string                                   // two
	Insert  func(t *testing.T, reader string, who int) // puts the card of person 0 or 1 into reader
	Remove  func(t *testing.T, reader string)          // pulls the card
	PIN     func(who int) string                       // their PINs; full counters of at least 3 tries
	Station func() token.Challenge                     // what they log in for
	Settle  func(t *testing.T, reader string, in bool) // waits until the reader itself has noticed; nil if it needs no time
}

// patience bounds waiting for something that must come. It is not a speed limit.
const patience = 20 * time.Second

// Run asks a desk everything the contract promises. open makes a fresh fixture for each test and registers its clean-up.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	tests := map[string]func(t *testing.T, f Fixture){
		"empty reader":         emptyReader,
		"identify":             identify,
		"login and sign":       loginAndSign,
		"wrong PIN":            wrongPIN,
		"wrong PIN at signing": wrongPINAtSigning,
		"logout forgets":       logoutForgets,
		"removal locks":        removalLocks,
		"two persons":          twoPersons,
		"many callers":         manyCallers,
		"watch":                watch,
		"closing":              closing,
	}
	names := make([]string, 0, len(tests))
	for name := range tests {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { tests[name](t, open(t)) })
	}
}

func emptyReader(t *testing.T, f Fixture) {
	ctx := t.Context()
	for _, reader := range []string{f.Readers[0], "no such reader"} {
		_, err := f.Desk.Identify(ctx, reader)
		WantKind(t, err, token.NoCard)
		_, err = f.Desk.TriesLeft(ctx, reader)
		WantKind(t, err, token.NoCard)
		pin := MustPIN(t, f.PIN(0))
		_, err = f.Desk.Login(ctx, reader, pin, f.Station())
		if e := WantKind(t, err, token.NoCard); e.Reader != reader {
			t.Errorf("the error names reader %q", e.Reader)
		}
		wipedPIN(t, pin)
	}
}

func identify(t *testing.T, f Fixture) {
	f.insert(t, f.Readers[1], 0)
	id, err := f.Desk.Identify(t.Context(), f.Readers[1])
	if err != nil {
		t.Fatal(err)
	}
	if id.Reader != f.Readers[1] || id.Auth == nil || id.Sign == nil || len(id.AuthKey()) != 64 || id.AuthKey() == id.SignKey() {
		t.Errorf("identity %+v", id)
	}
	if n, err := f.Desk.TriesLeft(t.Context(), f.Readers[1]); err != nil || n < 3 {
		t.Errorf("%d tries left, %v", n, err)
	}
}

func loginAndSign(t *testing.T, f Fixture) {
	ctx, reader := t.Context(), f.Readers[0]
	f.insert(t, reader, 0)
	c := f.Station()
	s, err := f.Desk.Login(ctx, reader, MustPIN(t, f.PIN(0)), c)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err := token.VerifyProof(s.Proof(), c); err != nil || token.KeyOf(cert) != s.Identity().AuthKey() {
		t.Errorf("proof: %v", err)
	}
	if s.Cause() != nil {
		t.Errorf("an open session has cause %v", s.Cause())
	}
	if err := s.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first act", "second act", ""} {
		pin := MustPIN(t, f.PIN(0))
		sig, err := s.Sign(ctx, pin, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		wipedPIN(t, pin)
		if err := token.VerifySignature(s.Identity().Sign, sig, []byte(text)); err != nil {
			t.Error(err)
		}
	}
	_, err = s.Sign(ctx, &token.PIN{}, []byte("no PIN"))
	WantKind(t, err, token.PINFormat)
	pin := MustPIN(t, f.PIN(0))
	_, err = f.Desk.Login(ctx, reader, pin, c)
	WantKind(t, err, token.Busy)
	wipedPIN(t, pin)
	if id, err := f.Desk.Identify(ctx, reader); err != nil || id.AuthKey() != s.Identity().AuthKey() {
		t.Errorf("identify beside a session: %v", err)
	}
	if n, err := f.Desk.TriesLeft(ctx, reader); err != nil || n < 3 {
		t.Errorf("tries beside a session: %d, %v", n, err)
	}
	if err := s.Confirm(ctx); err != nil {
		t.Errorf("the questions harmed the session: %v", err)
	}
}

func wrongPIN(t *testing.T, f Fixture) {
	ctx, reader := t.Context(), f.Readers[0]
	f.insert(t, reader, 0)
	full, err := f.Desk.TriesLeft(ctx, reader)
	if err != nil {
		t.Fatal(err)
	}
	pin := f.wrong(t, 0)
	_, err = f.Desk.Login(ctx, reader, pin, f.Station())
	if e := WantKind(t, err, token.PINWrong); e.Left != full-1 {
		t.Errorf("%d tries left, want %d", e.Left, full-1)
	}
	wipedPIN(t, pin)
	if n, err := f.Desk.TriesLeft(ctx, reader); err != nil || n != full-1 {
		t.Errorf("%d tries left, want %d: %v", n, full-1, err)
	}
	s := f.login(t, reader, 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Desk.TriesLeft(ctx, reader); err != nil || n != full {
		t.Errorf("%d tries left after the right PIN, want %d: %v", n, full, err)
	}
}

func wrongPINAtSigning(t *testing.T, f Fixture) {
	ctx, reader := t.Context(), f.Readers[0]
	f.insert(t, reader, 0)
	s := f.login(t, reader, 0)
	full, err := f.Desk.TriesLeft(ctx, reader)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.Sign(ctx, f.wrong(t, 0), []byte("act"))
	if e := WantKind(t, err, token.PINWrong); e.Left != full-1 || sig.Value != nil {
		t.Errorf("%d tries left, want %d", e.Left, full-1)
	}
	if n, err := f.Desk.TriesLeft(ctx, reader); err != nil || n != full-1 {
		t.Errorf("%d tries left, want %d: %v", n, full-1, err)
	}
	WantKind(t, s.Confirm(ctx), token.PINNeeded)
	if s.Cause() != nil {
		t.Fatalf("a wrong PIN ended the session: %v", s.Cause())
	}
	if _, err := s.Sign(ctx, MustPIN(t, f.PIN(0)), []byte("act")); err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(ctx); err != nil {
		t.Error(err)
	}
}

func logoutForgets(t *testing.T, f Fixture) {
	ctx, reader := t.Context(), f.Readers[0]
	f.insert(t, reader, 0)
	s := f.login(t, reader, 0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	AwaitLock(t, s, token.Closed)
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	WantKind(t, s.Confirm(ctx), token.Closed)
	_, err := f.Desk.Login(ctx, reader, f.wrong(t, 0), f.Station())
	WantKind(t, err, token.PINWrong)
	_ = f.login(t, reader, 0)
}

func removalLocks(t *testing.T, f Fixture) {
	ctx, reader := t.Context(), f.Readers[0]
	f.insert(t, reader, 0)
	s := f.login(t, reader, 0)
	f.Remove(t, reader)
	AwaitLock(t, s, token.Removed)
	WantKind(t, s.Confirm(ctx), token.Removed)
	pin := MustPIN(t, f.PIN(0))
	_, err := s.Sign(ctx, pin, []byte("act"))
	WantKind(t, err, token.Removed)
	wipedPIN(t, pin)
	f.await(t, reader, false)
	f.insert(t, reader, 0)
	if s.Cause() == nil {
		t.Error("the card's return opened the session")
	}
	again := f.login(t, reader, 0)
	if err := again.Confirm(ctx); err != nil {
		t.Error(err)
	}
}

// twoPersons has both sign the same bytes, at the same time.
func twoPersons(t *testing.T, f Fixture) {
	message := []byte("the same act")
	var persons [2]token.Person
	var wg sync.WaitGroup
	for who := range 2 {
		f.insert(t, f.Readers[who], who)
	}
	for who := range 2 {
		wg.Go(func() {
			pin, err := token.NewPIN([]byte(f.PIN(who)))
			if err != nil {
				t.Error(err)
				return
			}
			s, err := f.Desk.Login(t.Context(), f.Readers[who], pin, f.Station())
			if err != nil {
				t.Error(err)
				return
			}
			pin, _ = token.NewPIN([]byte(f.PIN(who)))
			sig, err := s.Sign(t.Context(), pin, message)
			if err != nil {
				t.Error(err)
				return
			}
			id := s.Identity()
			if err := token.VerifySignature(id.Sign, sig, message); err != nil {
				t.Error(err)
			}
			persons[who] = token.Person{ID: string(rune('a' + who)), AuthKey: id.AuthKey(), SignKey: id.SignKey(), GUID: id.GUID, Serial: id.Serial}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	if err := token.Distinct(persons[0], persons[1]); err != nil {
		t.Error(err)
	}
	persons[1].ID = persons[0].ID
	WantKind(t, token.Distinct(persons[0], persons[1]), token.SamePerson)
}

// manyCallers use one session at once; each call must find the card in order.
func manyCallers(t *testing.T, f Fixture) {
	f.insert(t, f.Readers[0], 0)
	s := f.login(t, f.Readers[0], 0)
	var wg sync.WaitGroup
	for i := range 12 {
		pin := MustPIN(t, f.PIN(0))
		wg.Go(func() {
			if i%3 > 0 {
				if err := s.Confirm(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			message := []byte{byte(i)}
			sig, err := s.Sign(t.Context(), pin, message)
			if err == nil {
				err = token.VerifySignature(s.Identity().Sign, sig, message)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// watch demands the events of a card's visit, in order, at both subscribers.
func watch(t *testing.T, f Fixture) {
	reader := f.Readers[0]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	early := f.Desk.Watch(ctx)
	next(t, early, token.ReaderAdded, reader)
	f.insert(t, reader, 0)
	in := next(t, early, token.CardInserted, reader)
	late := f.Desk.Watch(ctx)
	next(t, late, token.ReaderAdded, reader)
	next(t, late, token.CardInserted, reader)
	f.remove(t, reader)
	for _, ch := range []<-chan token.Event{early, late} {
		if out := next(t, ch, token.CardRemoved, reader); out.Count == in.Count || out.At.IsZero() {
			t.Errorf("%+v after %+v", out, in)
		}
	}
	cancel()
	for _, ch := range []<-chan token.Event{early, late} {
		for range ch { // must end
		}
	}
}

// next skips events until one of kind at reader.
func next(t *testing.T, ch <-chan token.Event, kind token.EventKind, reader string) token.Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case ev, ok := <-ch:
			if !ok {
				t.Fatalf("the channel closed before %q", kind)
			}
			if ev.Kind == kind && ev.Reader == reader {
				return ev
			}
		case <-timeout:
			t.Fatalf("no event %q at %q", kind, reader)
		}
	}
}

func closing(t *testing.T, f Fixture) {
	reader := f.Readers[0]
	f.insert(t, reader, 0)
	s := f.login(t, reader, 0)
	ch := f.Desk.Watch(t.Context())
	if err := f.Desk.Close(); err != nil {
		t.Fatal(err)
	}
	AwaitLock(t, s, token.Closed)
	for range ch { // must end
	}
	if err := f.Desk.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	_, err := f.Desk.Identify(t.Context(), reader)
	WantKind(t, err, token.Closed)
	_, err = f.Desk.Readers(t.Context())
	WantKind(t, err, token.Closed)
	pin := MustPIN(t, f.PIN(0))
	_, err = f.Desk.Login(t.Context(), reader, pin, f.Station())
	WantKind(t, err, token.Closed)
	wipedPIN(t, pin)
	for range f.Desk.Watch(t.Context()) { // closed at once
	}
}
