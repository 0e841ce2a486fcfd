package card_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"testing"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/card"
)

const goodPIN = "472916"

// host connects a client straight to a bench card.
type host struct {
	c        *bench.Card
	t0       bool
	ignoreFF bool // the card does not know 20 FF 80
	resets   int
	sent     [][]byte
}

func (h *host) Transmit(_ context.Context, cmd []byte) ([]byte, error) {
	h.sent = append(h.sent, bytes.Clone(cmd))
	if h.ignoreFF && len(cmd) >= 4 && cmd[1] == 0x20 && cmd[2] == 0xFF {
		return []byte{0x6A, 0x86}, nil
	}
	resp := h.c.Respond(cmd)
	if resp == nil {
		return nil, &token.Error{Kind: token.Removed}
	}
	return resp, nil
}
func (h *host) Begin(context.Context) (func() error, error) { return func() error { return nil }, nil }
func (h *host) Reset(context.Context) error                 { h.resets++; h.c.Reset(); return nil }
func (h *host) T0() bool                                    { return h.t0 }

// script is a transcript: commands that must come in this order, with their answers. Spaces are for the reader.
type script struct {
	t    *testing.T
	t0   bool
	rows [][2]string
}

func (s *script) Transmit(_ context.Context, cmd []byte) ([]byte, error) {
	s.t.Helper()
	if len(s.rows) == 0 {
		s.t.Fatalf("unexpected command %X", cmd)
	}
	row := s.rows[0]
	s.rows = s.rows[1:]
	if want := unhex(s.t, row[0]); !bytes.Equal(cmd, want) {
		s.t.Fatalf("command %X, want %X", cmd, want)
	}
	return unhex(s.t, row[1]), nil
}
func (s *script) Begin(context.Context) (func() error, error) {
	return func() error { return nil }, nil
}
func (s *script) Reset(context.Context) error { return nil }
func (s *script) T0() bool                    { return s.t0 }

// unhex reads hex with spaces; "NxHH" repeats a byte N times (decimal).
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var out []byte
	for _, w := range strings.Fields(text) {
		n, b, repeated := strings.Cut(w, "x")
		if !repeated {
			n, b = "1", w
		}
		raw, err := hex.DecodeString(b)
		if err != nil {
			t.Fatalf("script: %v", err)
		}
		count := 0
		for _, d := range n {
			count = count*10 + int(d-'0')
		}
		out = append(out, bytes.Repeat(raw, count)...)
	}
	return out
}

func mustCA(t testing.TB) *bench.CA {
	t.Helper()
	ca, err := bench.NewCA("Bench CA", bench.CAOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func mustCard(t testing.TB, s bench.Spec) *bench.Card {
	t.Helper()
	if s.PIN == "" {
		s.PIN = goodPIN
	}
	if s.CA == nil {
		s.CA = mustCA(t)
	}
	c, err := bench.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustPIN(t testing.TB, digits string) *token.PIN {
	t.Helper()
	p, err := token.NewPIN([]byte(digits))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantKind(t testing.TB, err error, kind token.Kind) *token.Error {
	t.Helper()
	e, ok := err.(*token.Error)
	if !ok || e.Kind != kind {
		t.Fatalf("got %v (%T), want kind %q", err, err, kind)
	}
	return e
}

var _ card.Transmitter = (*host)(nil)
