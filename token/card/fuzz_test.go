package card_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"runtime"
	"testing"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/card"
)

// FuzzParseTLV: what is parsed accounts for every byte.
func FuzzParseTLV(f *testing.F) {
	f.Add([]byte{0x7C, 0x04, 0x82, 0x02, 1, 2})
	f.Add([]byte{0x5F, 0x2F, 0x02, 0x40, 0x00})
	f.Add([]byte{0x53, 0x83, 0, 0, 1, 9})
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, err := card.ParseTLV(b)
		if err != nil && fields != nil {
			t.Fatal("fields beside an error")
		}
		total := 0
		for _, x := range card.Values(fields) {
			total += len(x) + 2
		}
		if total > len(b) {
			t.Fatalf("%d bytes out of %d", total, len(b))
		}
	})
}

// FuzzObjects: certificate and CHUID objects never panic and never yield more than their bounds.
func FuzzObjects(f *testing.F) {
	c := mustCard(f, bench.Spec{})
	der := c.Certificate(0x9A).Raw
	object := append([]byte{0x70, 0x82, byte(len(der) >> 8), byte(len(der))}, der...)
	f.Add(append(bytes.Clone(object), 0x71, 1, 0, 0xFE, 0))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(der)
	_ = w.Close()
	f.Add(append(append([]byte{0x70, 0x82, byte(z.Len() >> 8), byte(z.Len())}, z.Bytes()...), 0x71, 1, 1))
	f.Add([]byte{0x34, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x35, 8, '2', '0', '3', '0', '0', '1', '0', '1'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if cert, err := card.ParseCertificate(b); err == nil && cert != nil && len(cert.Raw) > card.MaxCertificate {
			t.Fatalf("certificate of %d bytes", len(cert.Raw))
		}
		var id token.Identity
		if err := card.ParseCHUID(b, &id); err == nil && id.GUID != "" && len(id.GUID) != 32 {
			t.Fatalf("GUID %q", id.GUID)
		}
	})
}

// babbler answers each command with the next piece of its data: length byte, then so many bytes.
type babbler struct{ data []byte }

func (b *babbler) Transmit(context.Context, []byte) ([]byte, error) {
	if len(b.data) == 0 {
		return nil, &token.Error{Kind: token.Removed}
	}
	n := min(int(b.data[0])+2, len(b.data)-1)
	out := b.data[1 : 1+n]
	b.data = b.data[1+n:]
	return out, nil
}
func (b *babbler) Begin(context.Context) (func() error, error) {
	return func() error { return nil }, nil
}
func (b *babbler) Reset(context.Context) error { return nil }
func (b *babbler) T0() bool                    { return false }

// FuzzAnswers: whatever a card says, the client ends with an error of its own kind or a result it has checked.
func FuzzAnswers(f *testing.F) {
	cert := mustCard(f, bench.Spec{}).Certificate(0x9A)
	f.Add([]byte{0, 0x90, 0x00, 0, 0x63, 0xC3, 0, 0x6A, 0x82, 0, 0x6A, 0x82, 0, 0x6A, 0x82, 0, 0x6A, 0x82, 0, 0x6D, 0x00})
	f.Add([]byte{4, 0x7C, 0x02, 0x82, 0x00, 0x90, 0x00})
	f.Add([]byte{0, 0x61, 0x05, 5, 1, 2, 3, 4, 5, 0x61, 0x05})
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx := context.Background()
		k := card.New(&babbler{b})
		if _, _, err := k.Fresh(ctx); err == nil {
			_, err = k.ReadIdentity(ctx)
			typed(t, err)
		} else {
			typed(t, err)
		}
		if s, err := card.New(&babbler{b}).Sign(ctx, token.SlotAuth, cert, []byte("m")); err == nil {
			t.Fatalf("a babbler signed: %x", s.Value)
		} else {
			typed(t, err)
		}
	})
}

func typed(t *testing.T, err error) {
	t.Helper()
	if err != nil && token.KindOf(err) == token.KindUnknown {
		t.Fatalf("untyped error %v", err)
	}
}

// A gzip bomb inflates no further than the bound.
func TestBombIsBounded(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(make([]byte, 10<<20))
	_ = w.Close()
	object := append([]byte{0x70, 0x82, byte(z.Len() >> 8), byte(z.Len())}, z.Bytes()...)
	object = append(object, 0x71, 1, 1)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := card.ParseCertificate(object)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Fatal("a bomb passed for a certificate")
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16*card.MaxCertificate {
		t.Errorf("%d bytes allocated", used)
	}
}

// An answer that never ends is given up after as many commands as a whole answer can need.
func TestEndlessAnswerIsBounded(t *testing.T) {
	h := &host{c: mustCard(t, bench.Spec{Faults: bench.Faults{EndlessMore: true}})}
	k := card.New(h)
	_ = k.Select(context.Background())
	_, err := k.ReadIdentity(context.Background())
	wantKind(t, err, token.Protocol)
	if n := len(h.sent); n > 600 {
		t.Errorf("%d commands sent", n)
	}
}
