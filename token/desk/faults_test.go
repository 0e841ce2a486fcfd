package desk_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

// brief is a deadline short enough to wait for in a test.
var brief = desk.Options{Timeout: 150 * time.Millisecond}

// hangAt makes the card not answer one instruction until its faults are changed.
func hangAt(ins, p2 byte) bench.Faults {
	return bench.Faults{Rules: []bench.Rule{{INS: ins, P2: p2, Do: bench.Hang, For: -1}}}
}

func TestForeignCardsDoNotWedgeTheReader(t *testing.T) {
	p := newPlace(t, desk.Options{})
	foreign := p.card(t, bench.Spec{Faults: bench.Faults{NotPIV: true}})
	for range 100 {
		p.rack.Insert(left, foreign)
		_, err := p.login(t, left, 0)
		tokentest.WantKind(t, err, token.NotPIV)
		_, err = p.desk.Identify(t.Context(), left)
		tokentest.WantKind(t, err, token.NotPIV)
		p.rack.Remove(left)
	}
	if n := p.rack.Links(); n != 0 {
		t.Errorf("%d links leaked", n)
	}
	p.rack.Insert(left, p.cards[0])
	p.mustLogin(t, left, 0)
}

// A card that cannot be accepted must not be asked for its PIN.
func TestRefusedCardsKeepTheirTries(t *testing.T) {
	p := newPlace(t, desk.Options{})
	namesake, err := bench.NewCA("Bench CA", bench.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unsigned := p.card(t, bench.Spec{})
	if err := unsigned.SetCertificate(0x9C, nil); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		card *bench.Card
		kind token.Kind
	}{
		"CA of the same name": {p.card(t, bench.Spec{CA: namesake}), token.Trust},
		"expired":             {p.card(t, bench.Spec{Flaw9A: bench.Expired}), token.Trust},
		"expired 9C":          {p.card(t, bench.Spec{Flaw9C: bench.Expired}), token.Trust},
		"9E in 9A":            {p.card(t, bench.Spec{Flaw9A: bench.CardAuthEKU}), token.Trust},
		"GUID of another":     {p.card(t, bench.Spec{FlawCard: bench.CHUIDOtherGUID}), token.Trust},
		"CHUID expired":       {p.card(t, bench.Spec{FlawCard: bench.CHUIDExpired}), token.Trust},
		"no 9C":               {unsigned, token.WrongCard},
		"RSA-1024":            {p.card(t, bench.Spec{Key9A: bench.RSA1024}), token.WrongCard},
		"blank":               {p.card(t, bench.Spec{Blank: true}), token.WrongCard},
	} {
		t.Run(name, func(t *testing.T) {
			p.rack.Insert(left, row.card)
			pin := tokentest.MustPIN(t, "999998")
			_, err := p.desk.Login(t.Context(), left, pin, challenge())
			if e := tokentest.WantKind(t, err, row.kind); e.Reader != left {
				t.Errorf("the error names reader %q", e.Reader)
			}
			if pin.Block(new([8]byte)) == nil {
				t.Error("the PIN was not wiped")
			}
			if n := row.card.TriesLeft(); n != 3 {
				t.Errorf("%d tries left", n)
			}
		})
	}
}

func TestLastTryNeedsConsent(t *testing.T) {
	p := newPlace(t, desk.Options{})
	c := p.card(t, bench.Spec{PINLeft: 1})
	p.rack.Insert(left, c)
	if n, err := p.desk.TriesLeft(t.Context(), left); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	_, err := p.login(t, left, 0)
	tokentest.WantKind(t, err, token.LastTry)
	if c.TriesLeft() != 1 {
		t.Fatal("the last try was used")
	}
	pin := tokentest.MustPIN(t, pins[0])
	pin.AllowLastTry = true
	s, err := p.desk.Login(t.Context(), left, pin, challenge())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetTries(2, 3); err != nil {
		t.Fatal(err)
	}
	_, err = s.Sign(t.Context(), tokentest.MustPIN(t, "999998"), []byte("act"))
	tokentest.WantKind(t, err, token.PINWrong)
	_, err = s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
	tokentest.WantKind(t, err, token.LastTry)
	wrong := tokentest.MustPIN(t, "999998")
	wrong.AllowLastTry = true
	_, err = s.Sign(t.Context(), wrong, []byte("act"))
	tokentest.WantKind(t, err, token.PINBlocked)
	_, err = s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
	tokentest.WantKind(t, err, token.PINBlocked)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = p.login(t, left, 0)
	tokentest.WantKind(t, err, token.PINBlocked)
}

// Somebody else verified the PIN before; a wrong PIN must still be wrong.
func TestVerifiedCardIsNoLogin(t *testing.T) {
	p := newPlace(t, desk.Options{})
	c := p.cards[0]
	p.rack.Insert(left, c)
	for _, cmd := range [][]byte{
		{0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8, 0},
		append([]byte{0, 0x20, 0, 0x80, 8}, pins[0]+"\xff\xff"...),
	} {
		if r := c.Respond(cmd); string(r[len(r)-2:]) != "\x90\x00" {
			t.Fatalf("%X answers %X", cmd, r)
		}
	}
	_, err := p.desk.Login(t.Context(), left, tokentest.MustPIN(t, "999998"), challenge())
	tokentest.WantKind(t, err, token.PINWrong)
}

func TestImpostorsFailTheChallenge(t *testing.T) {
	p := newPlace(t, desk.Options{})
	copied := p.card(t, bench.Spec{GUID: p.cards[0].GUIDBytes(), FASCN: p.cards[0].FASCN()})
	for _, slot := range []byte{0x9A, 0x9C} {
		if err := copied.SetCertificate(slot, p.cards[0].Certificate(slot)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]*bench.Card{
		"clone":           p.card(t, bench.Spec{Faults: bench.Faults{Clone: true}}),
		"copied contents": copied,
		"flipped bit":     p.card(t, bench.Spec{Faults: bench.Faults{FlipSignatureBit: true}}),
		"no key":          p.card(t, bench.Spec{Faults: bench.Faults{Rules: []bench.Rule{{INS: 0x87, Do: bench.WrongSW, SW: 0x6A88}}}}),
	} {
		t.Run(name, func(t *testing.T) {
			p.rack.Insert(left, c)
			_, err := p.login(t, left, 0)
			tokentest.WantKind(t, err, token.Mismatch)
			if n := p.rack.Links(); n != 0 {
				t.Errorf("%d links are open", n)
			}
		})
	}
}

// A swap between two polls of the reader makes no event; the next challenge finds it, and the stranger's tries are not spent.
func TestSilentSwap(t *testing.T) {
	acts := map[string]func(t *testing.T, s token.Session) error{
		"confirm": func(t *testing.T, s token.Session) error { return s.Confirm(t.Context()) },
		"sign": func(t *testing.T, s token.Session) error {
			_, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
			return err
		},
		"sign after a wrong PIN": func(t *testing.T, s token.Session) error {
			_, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
			return err
		},
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, desk.Options{})
			p.rack.Insert(left, p.cards[0])
			s := p.mustLogin(t, left, 0)
			if strings.Contains(name, "wrong") {
				_, err := s.Sign(t.Context(), tokentest.MustPIN(t, "999998"), []byte("act"))
				tokentest.WantKind(t, err, token.PINWrong)
			}
			p.rack.Swap(left, p.cards[1])
			p.cards[1].Respond([]byte{0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8, 0}) // as if it had been selected already
			tokentest.WantKind(t, act(t, s), token.Mismatch)
			tokentest.AwaitLock(t, s, token.Mismatch)
			if n := p.cards[1].TriesLeft(); n != 3 {
				t.Errorf("the stranger's card lost a try: %d left", n)
			}
			p.mustLogin(t, left, 1)
		})
	}
}

func suspectOf(t *testing.T, d token.Desk, reader string) string {
	t.Helper()
	list, err := d.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Name == reader {
			return r.Suspect
		}
	}
	return ""
}

func TestHungCardIsQuarantinedAlone(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	p.rack.Insert(right, p.cards[1])
	setFaults(t, p.cards[0], hangAt(0x20, 0))
	pin := tokentest.MustPIN(t, pins[0])
	_, err := p.desk.Login(t.Context(), left, pin, challenge())
	tokentest.WantKind(t, err, token.Timeout)
	if pin.Block(new([8]byte)) == nil {
		t.Error("the PIN was not wiped")
	}
	if suspectOf(t, p.desk, left) == "" || suspectOf(t, p.desk, right) != "" {
		t.Errorf("suspicion: left %q, right %q", suspectOf(t, p.desk, left), suspectOf(t, p.desk, right))
	}
	_, err = p.login(t, left, 0)
	if e := tokentest.WantKind(t, err, token.Timeout); !strings.Contains(e.Error(), "quarantined") {
		t.Errorf("%v", e)
	}
	s := p.mustLogin(t, right, 1)
	if err := s.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

func TestReaderThatHangsAgainAndAgain(t *testing.T) {
	p := newPlace(t, brief)
	for i := 1; i <= 3; i++ {
		p.rack.Insert(left, p.cards[0])
		setFaults(t, p.cards[0], hangAt(0xA4, 0))
		_, err := p.desk.Identify(t.Context(), left)
		tokentest.WantKind(t, err, token.Timeout)
		setFaults(t, p.cards[0], bench.Faults{})
		tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 })
		if i < 3 {
			tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
		}
	}
	tokentest.Eventually(t, func() bool { return strings.Contains(suspectOf(t, p.desk, left), "3 times") })
	_, err := p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Timeout)
	p.rack.Unplug(left)
	p.rack.Plug(left, 0)
	p.rack.Insert(left, p.cards[0])
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

func TestHangInSessionLocks(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	setFaults(t, p.cards[0], hangAt(0x87, 0x9C))
	sig, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
	tokentest.WantKind(t, err, token.Timeout)
	if sig.Value != nil {
		t.Error("a signature came with the error")
	}
	tokentest.AwaitLock(t, s, token.Timeout)
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 && suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

// A login that nobody waits for any more must not leave a session behind when the card answers at last.
func TestAbandonedLogin(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	setFaults(t, p.cards[0], hangAt(0x87, 0x9A))
	signing := make(chan struct{}, 4)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-signing; cancel() }()
	p.cards[0].Trace(func(cmd, _ []byte) {
		if len(cmd) > 1 && cmd[1] == 0x20 {
			signing <- struct{}{}
		}
	})
	_, err := p.desk.Login(ctx, left, tokentest.MustPIN(t, pins[0]), challenge())
	tokentest.WantKind(t, err, token.Canceled)
	p.cards[0].Trace(nil)
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 })
	p.mustLogin(t, left, 0)
}

func TestCardHeldByAnotherProgram(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	p.rack.Hold(left, true)
	_, err := p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Busy)
	p.rack.Hold(left, false)
	release := p.rack.Reserve(left)
	_, err = p.login(t, left, 0)
	if e := tokentest.WantKind(t, err, token.Busy); !strings.Contains(e.Error(), "othertool") {
		t.Errorf("the holder is not named: %v", e)
	}
	if why := suspectOf(t, p.desk, left); !strings.Contains(why, "another program") {
		t.Errorf("suspicion %q", why)
	}
	release()
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

func TestServiceRestart(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	events := p.desk.Watch(t.Context())
	p.rack.StopService()
	tokentest.AwaitLock(t, s, token.Daemon)
	_, err := p.desk.Readers(t.Context())
	tokentest.WantKind(t, err, token.Daemon)
	_, err = p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Daemon)
	p.rack.StartService()
	for _, want := range []token.EventKind{token.DaemonLost, token.DaemonBack, token.CardInserted} {
		for ev := range events {
			if ev.Kind == want {
				break
			}
		}
	}
	tokentest.WantKind(t, s.Confirm(t.Context()), token.Daemon)
	p.mustLogin(t, left, 0)
}

// Readers are known by name: neither order nor what is plugged beside them binds a session to another reader.
func TestReadersComeAndGo(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	p.rack.Insert(right, p.cards[1])
	a, b := p.mustLogin(t, left, 0), p.mustLogin(t, right, 1)
	p.rack.Plug("a new first reader", 0)
	p.rack.Unplug(left)
	tokentest.AwaitLock(t, a, token.Removed)
	if err := b.Confirm(t.Context()); err != nil {
		t.Fatalf("the other session suffered: %v", err)
	}
	p.rack.Plug(left, 2)
	p.rack.Insert(left, p.cards[1]) // the wrong person's card at the left
	if id, err := p.desk.Identify(t.Context(), left); err != nil || id.GUID != p.cards[1].GUID() || id.Reader != left {
		t.Errorf("left shows %q: %v", id.GUID, err)
	}
	list, err := p.desk.Readers(t.Context())
	if err != nil || len(list) != 3 || list[0].Name != "a new first reader" || list[2].Name != left {
		t.Errorf("%+v, %v", list, err)
	}
	tokentest.WantKind(t, a.Confirm(t.Context()), token.Removed)
}

// The card leaves in the middle of each command of a signature, before or after the card has worked.
func TestYankedMidSign(t *testing.T) {
	for _, ins := range []byte{0x20, 0x87} {
		for _, do := range []bench.Action{bench.CloseBefore, bench.CloseAfter} {
			for skip := range 2 {
				t.Run(fmt.Sprintf("%02X %s %d", ins, do, skip), func(t *testing.T) {
					p := newPlace(t, desk.Options{})
					p.rack.Insert(left, p.cards[0])
					s := p.mustLogin(t, left, 0)
					setFaults(t, p.cards[0], bench.Faults{Rules: []bench.Rule{{INS: ins, Skip: skip, Do: do}}})
					sig, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
					tokentest.WantKind(t, err, token.Removed)
					if sig.Value != nil {
						t.Error("half a signature")
					}
					tokentest.AwaitLock(t, s, token.Removed)
					setFaults(t, p.cards[0], bench.Faults{})
					p.rack.Remove(left)
					p.rack.Insert(left, p.cards[0])
					p.mustLogin(t, left, 0)
				})
			}
		}
	}
}

// The same card taken out and put back so fast that only the counter tells.
func TestCounterMovesLocks(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	p.rack.Insert(left, p.cards[0])
	tokentest.AwaitLock(t, s, token.Removed)
}

// scripted is a Rack whose events the test makes.
type scripted struct {
	*tokentest.Rack
	events chan token.Event
}

func (s scripted) Watch(ctx context.Context) <-chan token.Event {
	out := make(chan token.Event)
	go func() {
		defer close(out)
		for {
			select {
			case ev := <-s.events:
				out <- ev
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Events from before the login may arrive during it and do no harm, also across the wrap of the counter; once the login
// has succeeded, every other counter locks.
func TestLateEventsDoNotLock(t *testing.T) {
	p := newPlace(t, desk.Options{})
	for _, after := range []uint16{2, 0} { // 0: the reader was plugged in anew, unseen
		rack := scripted{tokentest.NewRack(left), make(chan token.Event)}
		d, err := desk.Open(rack, p.store(t), desk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rack.Insert(left, p.cards[0]) // count 1
		go func() {
			for _, ev := range []token.Event{
				{Kind: token.ReaderAdded, Reader: left, Count: 0xFFFE},
				{Kind: token.CardInserted, Reader: left, Count: 0xFFFF},
				{Kind: token.CardRemoved, Reader: left, Count: 0},
				{Kind: token.CardInserted, Reader: left, Count: 1},
			} {
				rack.events <- ev
			}
		}()
		s, err := d.Login(t.Context(), left, tokentest.MustPIN(t, pins[0]), challenge())
		if err != nil {
			t.Fatal(err)
		}
		rack.events <- token.Event{Kind: token.CardRemoved, Reader: right, Count: 9}
		if s.Cause() != nil {
			t.Fatalf("a late event locked: %v", s.Cause())
		}
		rack.events <- token.Event{Kind: token.CardInserted, Reader: left, Count: after}
		tokentest.AwaitLock(t, s, token.Removed)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A removal that is reported while the login still runs refuses it.
func TestRemovalDuringLogin(t *testing.T) {
	for name, ev := range map[string]token.Event{
		"card":    {Kind: token.CardRemoved, Reader: left, Count: 2},
		"reader":  {Kind: token.ReaderRemoved, Reader: left},
		"service": {Kind: token.DaemonLost},
	} {
		p := newPlace(t, desk.Options{})
		rack := scripted{tokentest.NewRack(left), make(chan token.Event)}
		d, err := desk.Open(rack, p.store(t), desk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rack.Insert(left, p.cards[0])
		rack.events <- token.Event{Kind: token.ReaderAdded, Reader: left}
		asked := make(chan struct{}, 1)
		p.cards[0].Trace(func(cmd, _ []byte) {
			if cmd[1] == 0x87 {
				asked <- struct{}{}
			}
		})
		go func() { <-asked; rack.events <- ev }()
		_, err = d.Login(t.Context(), left, tokentest.MustPIN(t, pins[0]), challenge())
		if k := token.KindOf(err); k != token.Removed && k != token.Daemon {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Closing the desk while others use it: each call ends with a result or Closed, and nothing is left open.
func TestCloseUnderLoad(t *testing.T) {
	for range 20 {
		p := newPlace(t, desk.Options{})
		p.rack.Insert(left, p.cards[0])
		p.rack.Insert(right, p.cards[1])
		var wg sync.WaitGroup
		for i := range 6 {
			pin := tokentest.MustPIN(t, pins[i%2])
			wg.Go(func() {
				reader := []string{left, right}[i%2]
				if s, err := p.desk.Login(t.Context(), reader, pin, challenge()); err == nil {
					_ = s.Confirm(t.Context())
				} else if k := token.KindOf(err); k != token.Closed && k != token.Busy {
					t.Errorf("login: %v", err)
				}
				if _, err := p.desk.Identify(t.Context(), reader); err != nil && token.KindOf(err) != token.Closed {
					t.Errorf("identify: %v", err)
				}
			})
		}
		if err := p.desk.Close(); err != nil {
			t.Error(err)
		}
		if n := p.rack.Links(); n != 0 {
			t.Errorf("%d links open after Close", n)
		}
		wg.Wait()
	}
}
