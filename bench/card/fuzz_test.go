package card_test

import (
	"runtime"
	"testing"

	"sexton/bench/card"
)

// FuzzRespond feeds a sequence of commands: the first byte of each piece is its length.
// Nothing may panic, every answer ends with a status word and fits the transport, and the
// card goes on working.
func FuzzRespond(f *testing.F) {
	seed := func(apdus ...[]byte) {
		var b []byte
		for _, a := range apdus {
			b = append(append(b, byte(len(a))), a...)
		}
		f.Add(b)
	}
	sel := []byte{0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8}
	ver := []byte{0, 0x20, 0, 0x80, 8, '2', '7', '1', '8', '2', '8', 0xFF, 0xFF}
	seed(sel, ver, []byte{0, 0x87, 0x11, 0x9A, 10, 0x7C, 8, 0x82, 0, 0x81, 4, 1, 2, 3, 4})
	seed(sel, ver, []byte{0x10, 0x87, 0x11, 0x9C, 4, 0x7C, 8, 0x82, 0}, []byte{0, 0x87, 0x11, 0x9C, 6, 0x81, 4, 1, 2, 3, 4})
	seed(sel, []byte{0, 0xCB, 0x3F, 0xFF, 5, 0x5C, 3, 0x5F, 0xC1, 5, 8}, []byte{0, 0xC0, 0, 0, 0})
	seed(sel, []byte{0x10, 0xDB, 0x3F, 0xFF, 2, 0x5C, 3}, []byte{0, 0xFE, 0x11, 0x9A, 2, 6, 0})
	seed(sel, []byte{0, 0x87, 3, 0x9B, 4, 0x7C, 2, 0x80, 0}, []byte{0, 0x47, 0, 0x9A, 5, 0xAC, 3, 0x80, 1, 0x11})
	seed(sel, []byte{0, 0xF7, 0, 0x9A}, []byte{0, 0xF9, 0x9A, 0}, []byte{0, 0xFA, 3, 3}, []byte{0, 0xFB, 0, 0})
	ca, err := card.NewCA("Fuzz", card.CAOptions{})
	if err != nil {
		f.Fatal(err)
	}
	c, err := card.New(card.Spec{Name: "Fuzz", PIN: goodPIN, CA: ca, PINTries: 15})
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	if err := c.Save(dir); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := card.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		trusted := len(b)%2 == 1 // half of the inputs come from a host that knows all secrets
		if trusted {
			h := host{t: t, c: c}
			h.do(selectPIV, 0x9000)
			h.manage(card.Mgmt3DES, factoryKey)
			h.verify(goodPIN, 0x9000)
		}
		for len(b) > 0 {
			if trusted && len(b) > 2 && b[2] == 0x47 {
				return // making RSA keys would take all the time
			}
			n := min(int(b[0]), len(b)-1)
			r := c.Respond(b[1 : 1+n])
			if len(r) < 2 || len(r) > 65536+2 {
				t.Fatalf("answer of %d bytes to %X", len(r), b[1:1+n])
			}
			b = b[1+n:]
		}
		if r := c.Respond(sel); len(r) < 2 || r[len(r)-2] != 0x90 {
			t.Fatalf("afterwards SELECT answers %X", r)
		}
	})
}

// A chain that never ends must not make the card grow.
func TestEndlessChainIsBounded(t *testing.T) {
	c := newCard(t, card.Spec{Blank: true})
	h := host{t: t, c: c}
	h.do(selectPIV, 0x9000)
	h.manage(card.Mgmt3DES, factoryKey)
	part := append([]byte{0x10, 0xDB, 0x3F, 0xFF, 255}, make([]byte, 255)...)
	refused := 0
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 10_000 {
		if _, sw := h.raw(part); sw == 0x6700 {
			refused++
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if refused == 0 {
		t.Error("no part was refused")
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	big := append([]byte{0x10, 0xDB, 0x3F, 0xFF, 0, 0xFF, 0xFF}, make([]byte, 0xFFFF)...)
	if _, sw := h.raw(big); sw != 0x6700 {
		t.Errorf("a part of 64 KiB: %04X", sw)
	}
}
