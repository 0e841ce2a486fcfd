package card_test

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"testing"

	"sexton/bench/card"
)

// host speaks to a card as a careful reader would: it knows chaining and 61xx.
type host struct {
	t testing.TB
	c *card.Card
}

// raw sends one APDU and splits the status word off.
func (h host) raw(apdu []byte) ([]byte, uint16) {
	h.t.Helper()
	r := h.c.Respond(apdu)
	if len(r) < 2 {
		h.t.Fatalf("%X: answer of %d bytes", apdu[:min(len(apdu), 5)], len(r))
	}
	n := len(r) - 2
	return r[:n], uint16(r[n])<<8 | uint16(r[n+1])
}

// all sends one APDU and collects 61xx.
func (h host) all(apdu []byte) ([]byte, uint16) {
	h.t.Helper()
	out, sw := h.raw(apdu)
	for range 100 {
		if sw>>8 != 0x61 {
			return out, sw
		}
		var more []byte
		more, sw = h.raw([]byte{0, 0xC0, 0, 0, byte(sw)})
		out = append(out, more...)
	}
	h.t.Fatal("endless 61xx")
	return nil, 0
}

// do sends hexadecimal and demands a status word.
func (h host) do(apdu string, want uint16) []byte {
	h.t.Helper()
	b, err := hex.DecodeString(apdu)
	if err != nil {
		h.t.Fatal(err)
	}
	out, sw := h.all(b)
	if sw != want {
		h.t.Fatalf("%s: status %04X, want %04X", apdu, sw, want)
	}
	return out
}

// chain sends data in parts of 255 bytes.
func (h host) chain(ins, p1, p2 byte, data []byte, want uint16) []byte {
	h.t.Helper()
	for len(data) > 255 {
		if _, sw := h.raw(append([]byte{0x10, ins, p1, p2, 255}, data[:255]...)); sw != 0x9000 {
			h.t.Fatalf("%02X: part refused with %04X", ins, sw)
		}
		data = data[255:]
	}
	out, sw := h.all(append(append([]byte{0, ins, p1, p2, byte(len(data))}, data...), 0))
	if sw != want {
		h.t.Fatalf("%02X %02X %02X: status %04X, want %04X", ins, p1, p2, sw, want)
	}
	return out
}

func padded(pin string) []byte { return append([]byte(pin), bytes.Repeat([]byte{0xFF}, 8-len(pin))...) }

func (h host) verify(pin string, want uint16) {
	h.t.Helper()
	h.do("0020008008"+hex.EncodeToString(padded(pin)), want)
}

// sign returns the content of 82.
func (h host) sign(alg, slot byte, data []byte, want uint16) []byte {
	h.t.Helper()
	out := h.chain(0x87, alg, slot, wrap(0x7C, []byte{0x82, 0}, wrap(0x81, data)), want)
	if want != 0x9000 {
		return nil
	}
	return h.open(h.open(out, 0x7C), 0x82)
}

// get reads an object by its tag in hexadecimal and unwraps 53.
func (h host) get(tag string) []byte {
	h.t.Helper()
	n := len(tag) / 2
	return h.open(h.do("00CB3FFF"+hex.EncodeToString([]byte{byte(n + 2), 0x5C, byte(n)})+tag+"00", 0x9000), 0x53)
}

func (h host) certificate(slot byte) *x509.Certificate {
	h.t.Helper()
	tag := map[byte]string{0x9A: "5FC105", 0x9C: "5FC10A", 0x9D: "5FC10B", 0x9E: "5FC101"}[slot]
	cert, err := x509.ParseCertificate(h.open(h.get(tag), 0x70))
	if err != nil {
		h.t.Fatal(err)
	}
	return cert
}

// open returns the value of the first TLV, which must have a one-byte tag.
func (h host) open(b []byte, tag byte) []byte {
	h.t.Helper()
	if len(b) < 2 || b[0] != tag {
		h.t.Fatalf("no tag %02X in %X", tag, b[:min(len(b), 8)])
	}
	n, i := int(b[1]), 2
	if n > 0x80 {
		k := n & 0x7F
		n = 0
		for _, x := range b[2 : 2+k] {
			n = n<<8 | int(x)
		}
		i += k
	}
	return b[i : i+n]
}

func wrap(tag byte, values ...[]byte) []byte {
	v := bytes.Join(values, nil)
	switch n := len(v); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, v...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, v...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, v...)
	}
}

const selectPIV = "00A4040005A000000308"
