package desk_test

import (
	"fmt"
	"strings"
	"testing"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

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
