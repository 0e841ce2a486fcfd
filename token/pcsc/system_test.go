//go:build cgo

package pcsc_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ebfe/scard"

	bench "sexton/bench/card"
	"sexton/bench/pcscd"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/pcsc"
	"sexton/token/tokentest"
	"sexton/token/trust"
)

var pins = [2]string{"472916", "8305517"}

// daemon is shared by all tests, since libpcsclite takes one socket in the life of a process. nil: system tests are off.
var daemon *pcscd.Daemon

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if reader := os.Getenv("SEXTON_TEST_HOLD"); reader != "" {
		return hold(reader)
	}
	if os.Getenv("SEXTON_SYSTEM_TESTS") == "" {
		return m.Run()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := pcscd.Start(ctx, pcscd.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "system tests need pcscd and vsmartcard-vpcd:", err)
		return 1
	}
	defer d.Stop()
	if err := os.Setenv("PCSCLITE_CSOCK_NAME", d.Socket()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	daemon = d
	return m.Run()
}

// hold is another program: it takes the card exclusively, says so, and keeps it until its standard input ends.
func hold(reader string) int {
	ctx, err := scard.EstablishContext()
	if err == nil {
		_, err = ctx.Connect(reader, scard.ShareExclusive, scard.ProtocolAny)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = ctx.Release()
	return 0
}

// place is a desk over the real PC/SC service with two virtual readers.
type place struct {
	desk  token.Desk
	ca    *bench.CA
	cards [2]*bench.Card
	in    [2]*bench.Insertion
}

func newPlace(t testing.TB, o desk.Options) *place {
	t.Helper()
	if daemon == nil {
		t.Skip("needs pcscd and vsmartcard-vpcd: set SEXTON_SYSTEM_TESTS=1")
	}
	ca, err := bench.NewCA("Bench CA", bench.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := trust.New(ca.PEM(), trust.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &place{ca: ca}
	for i := range p.cards {
		p.cards[i] = p.card(t, bench.Spec{PIN: pins[i]})
	}
	if p.desk, err = desk.Open(pcsc.New(), store, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.desk.Close(); err != nil {
			t.Errorf("closing the desk: %v", err)
		}
		for i := range p.in {
			p.remove(t, i)
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

func settle(t testing.TB, i int, present bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := daemon.WaitCard(ctx, i, present); err != nil {
		t.Fatal(err)
	}
}

// insert puts c into reader i and waits for the daemon to see it.
func (p *place) insert(t testing.TB, i int, c *bench.Card) {
	t.Helper()
	p.remove(t, i)
	in, err := bench.Insert(context.Background(), daemon.Addrs[i], c)
	if err != nil {
		t.Fatal(err)
	}
	p.in[i] = in
	settle(t, i, true)
}

func (p *place) remove(t testing.TB, i int) {
	t.Helper()
	if p.in[i] != nil {
		p.in[i].Remove()
		p.in[i] = nil
		settle(t, i, false)
	}
}

func (p *place) login(t testing.TB, i, who int) (token.Session, error) {
	t.Helper()
	pin, err := token.NewPIN([]byte(pins[who]))
	if err != nil {
		t.Fatal(err)
	}
	return p.desk.Login(context.Background(), daemon.Readers[i], pin, challenge())
}

func (p *place) mustLogin(t testing.TB, i, who int) token.Session {
	t.Helper()
	s, err := p.login(t, i, who)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func challenge() token.Challenge {
	return token.Challenge{Station: "bench-1", Purpose: "login", Role: "operator", At: time.Now()}
}

func setFaults(t *testing.T, c *bench.Card, f bench.Faults) {
	t.Helper()
	if err := c.SetFaults(f); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	if daemon == nil {
		t.Skip("needs pcscd and vsmartcard-vpcd: set SEXTON_SYSTEM_TESTS=1")
	}
	number := func(reader string) int { return slices.Index(daemon.Readers, reader) }
	tokentest.Run(t, func(t *testing.T) tokentest.Fixture {
		p := newPlace(t, desk.Options{})
		return tokentest.Fixture{
			Desk: p.desk, Readers: daemon.Readers, Station: challenge,
			Insert: func(t *testing.T, reader string, who int) { p.insert(t, number(reader), p.cards[who]) },
			Remove: func(_ *testing.T, reader string) {
				p.in[number(reader)].Remove()
			},
			PIN:    func(who int) string { return pins[who] },
			Settle: func(t *testing.T, reader string, in bool) { settle(t, number(reader), in) },
		}
	})
}
