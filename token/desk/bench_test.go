package desk_test

import (
	"bytes"
	"testing"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
)

// BenchmarkLogin tells what a login costs beyond the card's own time: each round logs in and out over readers in
// memory, and then plays the very commands of a login to the same card without us. x-raw is the ratio of the two sums,
// own-ns the difference for one login; it is host work: challenge, path checks, verification of the signature.
func BenchmarkLogin(b *testing.B) {
	for name, spec := range map[string]bench.Spec{
		"P-256":    {},
		"RSA-2048": {Key9A: bench.RSA2048, Key9C: bench.RSA2048},
	} {
		b.Run(name, func(b *testing.B) { benchmarkLogin(b, spec) })
	}
}

func benchmarkLogin(b *testing.B, spec bench.Spec) {
	p := newPlace(b, desk.Options{})
	c := p.card(b, spec)
	p.rack.Insert(left, c)
	transcript := record(b, p, c)
	b.ResetTimer()
	var ours, raw int64
	for b.Loop() {
		start := b.Elapsed()
		login(b, p)
		between := b.Elapsed()
		for _, cmd := range transcript {
			if len(c.Respond(cmd)) < 2 {
				b.Fatal("no answer")
			}
		}
		ours += int64(between - start)
		raw += int64(b.Elapsed() - between)
	}
	b.ReportMetric(float64(ours)/float64(raw), "x-raw")
	b.ReportMetric(float64(ours-raw)/float64(b.N), "own-ns/login")
	b.ReportMetric(float64(len(transcript)), "commands")
}

func login(b *testing.B, p *place) {
	b.Helper()
	pin, err := token.NewPIN([]byte(pins[0]))
	if err != nil {
		b.Fatal(err)
	}
	s, err := p.desk.Login(b.Context(), left, pin, challenge())
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// record lists the commands of one login and logout; the PIN, which a trace does not show, is put back.
func record(b *testing.B, p *place, c *bench.Card) [][]byte {
	b.Helper()
	var out [][]byte
	c.Trace(func(cmd, _ []byte) { out = append(out, bytes.Clone(cmd)) })
	login(b, p)
	c.Trace(nil)
	for _, cmd := range out {
		if len(cmd) == 13 && cmd[1] == 0x20 {
			copy(cmd[5:], pins[0]+"\xff\xff")
		}
	}
	return out
}
