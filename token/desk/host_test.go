package desk_test

import (
	"testing"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
	"sexton/token/trust"
)

const (
	left  = "left reader 00"
	right = "right reader 00"
)

var pins = [2]string{"472916", "8305517"}

// place is a desk over two readers in memory.
type place struct {
	rack  *tokentest.Rack
	desk  token.Desk
	ca    *bench.CA
	cards [2]*bench.Card
}

func newPlace(t testing.TB, o desk.Options) *place {
	t.Helper()
	ca, err := bench.NewCA("Bench CA", bench.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := &place{rack: tokentest.NewRack(left, right), ca: ca}
	for i := range p.cards {
		p.cards[i] = p.card(t, bench.Spec{PIN: pins[i]})
	}
	if p.desk, err = desk.Open(p.rack, p.store(t), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.desk.Close(); err != nil {
			t.Errorf("closing the desk: %v", err)
		}
		if n := p.rack.Links(); n != 0 {
			t.Errorf("%d links leaked", n)
		}
	})
	return p
}

func (p *place) card(t testing.TB, s bench.Spec) *bench.Card {
	t.Helper()
	if s.PIN == "" {
		s.PIN = pins[0]
	}
	if s.CA == nil {
		s.CA = p.ca
	}
	c, err := bench.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *place) store(t testing.TB) *trust.Store {
	t.Helper()
	s, err := trust.New(p.ca.PEM(), trust.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func challenge() token.Challenge {
	return token.Challenge{Station: "bench-1", Purpose: "login", Role: "operator", At: time.Now()}
}

func (p *place) login(t *testing.T, reader string, who int) (token.Session, error) {
	t.Helper()
	return p.desk.Login(t.Context(), reader, tokentest.MustPIN(t, pins[who]), challenge())
}

func (p *place) mustLogin(t *testing.T, reader string, who int) token.Session {
	t.Helper()
	s, err := p.login(t, reader, who)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func setFaults(t *testing.T, c *bench.Card, f bench.Faults) {
	t.Helper()
	if err := c.SetFaults(f); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	tokentest.Run(t, func(t *testing.T) tokentest.Fixture {
		p := newPlace(t, desk.Options{})
		return tokentest.Fixture{
			Desk: p.desk, Readers: []string{left, right}, Station: challenge,
			Insert: func(_ *testing.T, reader string, who int) { p.rack.Insert(reader, p.cards[who]) },
			Remove: func(_ *testing.T, reader string) { p.rack.Remove(reader) },
			PIN:    func(who int) string { return pins[who] },
		}
	})
}
