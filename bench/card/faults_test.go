package card_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"io"
	"sync"
	"testing"
	"time"

	"sexton/bench/card"
)

func faulty(t *testing.T, f card.Faults) host {
	t.Helper()
	h := host{t: t, c: newCard(t, card.Spec{CA: newCA(t), Faults: f})}
	if !f.NotPIV {
		h.do(selectPIV, 0x9000)
	}
	return h
}

func rule(r card.Rule) card.Faults { return card.Faults{Rules: []card.Rule{r}} }

func (h host) silent(apdu string) {
	h.t.Helper()
	b, err := hex.DecodeString(apdu)
	if err != nil {
		h.t.Fatal(err)
	}
	if r := h.c.Respond(b); r != nil {
		h.t.Fatalf("%s: answer %X from a card that is gone", apdu, r)
	}
}

const sign9A = "0087119A0A7C0882008104DEADBEEF"

func TestCloseBeforeAndAfter(t *testing.T) {
	const wrong = "0020008008393939393939FFFF"
	for do, left := range map[card.Action]int{card.CloseBefore: 3, card.CloseAfter: 2} {
		h := faulty(t, rule(card.Rule{INS: 0x20, Do: do, Times: 1}))
		h.silent(wrong)
		h.silent("00FD000000")
		if h.c.TriesLeft() != left {
			t.Errorf("%s: %d tries left, want %d", do, h.c.TriesLeft(), left)
		}
		h.c.PowerOn()
		h.do("00FD000000", 0x6D00) // selection is lost
		h.do(selectPIV, 0x9000)
		h.verify(goodPIN, 0x9000)
	}
}

func TestRulesChooseTheirCommand(t *testing.T) {
	h := faulty(t, card.Faults{Rules: []card.Rule{
		{INS: 0x87, P2: 0x9A, Skip: 1, Times: 2, Do: card.WrongSW, SW: 0x6581},
		{INS: 0xF8, Do: card.Truncate, Keep: 3},
	}})
	h.verify(goodPIN, 0x9000)
	for _, want := range []uint16{0x9000, 0x6581, 0x6581, 0x9000} {
		h.do(sign9A, want)
	}
	if r := h.c.Respond([]byte{0, 0xF8, 0, 0}); len(r) != 3 {
		t.Errorf("truncated to %X", r)
	}
	if err := h.c.SetFaults(card.Faults{}); err != nil {
		t.Fatal(err)
	}
	h.do("00F80000", 0x9000)
	for _, r := range []card.Rule{{Do: "explode"}, {Do: card.Hang}, {Do: card.Truncate, Keep: -1}, {Do: card.WrongSW, Skip: -1}} {
		if h.c.SetFaults(rule(r)) == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

func TestHangEndsWithItsFault(t *testing.T) {
	for name, end := range map[string]func(*card.Card){
		"fault lifted": func(c *card.Card) { _ = c.SetFaults(card.Faults{}) },
		"power off":    (*card.Card).PowerOff,
	} {
		h := faulty(t, rule(card.Rule{INS: 0xFD, Do: card.Hang, For: -1}))
		if r := h.c.Exchange([]byte{0, 0xFD, 0, 0}); r.Hang >= 0 || len(r.Data) != 5 {
			t.Errorf("Exchange: %+v", r)
		}
		asked, out := make(chan struct{}), make(chan []byte)
		h.c.Trace(func(_, _ []byte) { close(asked) })
		go func() { out <- h.c.Respond([]byte{0, 0xFD, 0, 0}) }()
		<-asked
		h.c.Trace(nil)
		end(h.c)
		if r := <-out; (r == nil) != (name == "power off") {
			t.Errorf("%s: answer %X", name, r)
		}
	}
	h := faulty(t, rule(card.Rule{INS: 0xFD, Do: card.Hang, For: time.Millisecond}))
	h.do("00FD0000", 0x9000)
}

func TestSpoiltSignatures(t *testing.T) {
	for name, f := range map[string]card.Faults{"flipped bit": {FlipSignatureBit: true}, "clone": {Clone: true}} {
		h := faulty(t, f)
		pub := h.certificate(0x9A).PublicKey.(*ecdsa.PublicKey)
		sum := sha256.Sum256([]byte("m"))
		h.verify(goodPIN, 0x9000)
		if ecdsa.VerifyASN1(pub, sum[:], h.sign(0x11, 0x9A, sum[:], 0x9000)) {
			t.Errorf("%s: the signature verifies", name)
		}
		if err := h.c.SetFaults(card.Faults{}); err != nil {
			t.Fatal(err)
		}
		if !ecdsa.VerifyASN1(pub, sum[:], h.sign(0x11, 0x9A, sum[:], 0x9000)) {
			t.Errorf("%s: the card did not recover", name)
		}
	}
}

func TestOtherKindsOfCard(t *testing.T) {
	h := faulty(t, card.Faults{Plain: true})
	for _, apdu := range []string{"00FD0000", "00F80000", "00F7009A00", "00F99A0000", "00FB0000"} {
		h.do(apdu, 0x6D00)
	}
	h.manage(card.Mgmt3DES, factoryKey)
	h.do("0047009D08AC06800111AA0101", 0x6A80)
	h.do("0047009D05AC03800111", 0x9000)
	faulty(t, card.Faults{NoVersion: true}).do("00FD0000", 0x6D00)
	faulty(t, card.Faults{NoAttestation: true}).do("00F99A0000", 0x6D00)
	faulty(t, card.Faults{NotPIV: true}).do(selectPIV, 0x6A82)

	h = faulty(t, card.Faults{ClearPINOnSelect: true})
	h.verify(goodPIN, 0x9000)
	h.do(selectPIV, 0x9000)
	h.do("00200080", 0x63C3)

	h = faulty(t, card.Faults{DropOnUnknownAID: true})
	h.do("00A4040008A000000527200101", 0x6A82)
	h.do("00200080", 0x6D00)

	h = faulty(t, card.Faults{LastTrySaysC0: true})
	for _, want := range []uint16{0x63C2, 0x63C1, 0x63C0, 0x6983} {
		h.verify("999999", want)
	}

	h = faulty(t, card.Faults{T0: true})
	if out, sw := h.raw([]byte{0, 0xCB, 0x3F, 0xFF, 3, 0x5C, 1, 0x7E, 0}); len(out) != 0 || sw != 0x6114 {
		t.Errorf("T=0 sends %X with the command and says %04X", out, sw)
	}
	h.verify(goodPIN, 0x9000)
	sum := sha256.Sum256([]byte("m"))
	if !ecdsa.VerifyASN1(h.certificate(0x9A).PublicKey.(*ecdsa.PublicKey), sum[:], h.sign(0x11, 0x9A, sum[:], 0x9000)) {
		t.Error("T=0: the signature does not verify")
	}

	c := newCard(t, card.Spec{Faults: card.Faults{T0: true}})
	if atr := c.ATR(); len(atr) != 4 || atr[1]&0x80 != 0 {
		t.Errorf("ATR %X offers more than T=0", atr)
	}
	if err := c.SetFaults(card.Faults{}); err != nil {
		t.Fatal(err)
	}
	atr, check := c.ATR(), byte(0)
	for _, b := range atr[1:] {
		check ^= b
	}
	if check != 0 || atr[3] != 0x01 || len(atr) > 33 {
		t.Errorf("ATR %X", atr)
	}
}

func TestCompressedCertificateAndBomb(t *testing.T) {
	h := faulty(t, card.Faults{Gzip: true})
	obj := h.get("5FC105")
	packed := h.open(obj, 0x70)
	if !bytes.HasSuffix(obj, []byte{0x71, 1, 1, 0xFE, 0}) {
		t.Errorf("CertInfo does not say gzip: ...%X", obj[len(obj)-5:])
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	der, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err := x509.ParseCertificate(der); err != nil || !cert.Equal(h.c.Certificate(0x9A)) {
		t.Errorf("another certificate: %v", err)
	}

	h = faulty(t, card.Faults{GzipBomb: true})
	bomb := h.bigGet("5FC105")
	if r, err = gzip.NewReader(bytes.NewReader(bomb)); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err != nil || n < 64<<20 || len(bomb) > 128<<10 {
		t.Errorf("%d bytes unpack to %d, %v", len(bomb), n, err)
	}
}

// bigGet reads a certificate that needs more answers than a careful host would fetch.
func (h host) bigGet(tag string) []byte {
	h.t.Helper()
	b, err := hex.DecodeString("00CB3FFF055C03" + tag + "00")
	if err != nil {
		h.t.Fatal(err)
	}
	out, sw := h.raw(b)
	for sw>>8 == 0x61 {
		var more []byte
		more, sw = h.raw([]byte{0, 0xC0, 0, 0, 0})
		out = append(out, more...)
	}
	if sw != 0x9000 || out[1] != 0x83 && out[1] != 0x82 {
		h.t.Fatalf("status %04X, header %X", sw, out[:6])
	}
	head := 2 + int(out[1]&0x7F)
	out = out[head:]
	n, i := 0, 2+int(out[1]&0x7F)
	for _, x := range out[2:i] {
		n = n<<8 | int(x)
	}
	return out[i : i+n]
}

func TestEndlessAnswerAndBadTLV(t *testing.T) {
	h := faulty(t, card.Faults{EndlessMore: true})
	_, sw := h.raw([]byte{0, 0xCB, 0x3F, 0xFF, 5, 0x5C, 3, 0x5F, 0xC1, 0x05, 0})
	for range 1000 {
		if sw != 0x6100 && sw>>8 != 0x61 {
			t.Fatalf("the answer ends with %04X", sw)
		}
		_, sw = h.raw([]byte{0, 0xC0, 0, 0, 0})
	}
	h = faulty(t, card.Faults{BadTLV: true})
	obj := h.get("5FC105")
	if n := int(obj[2])<<8 | int(obj[3]); n <= len(obj) {
		t.Errorf("the length %d fits into %d bytes", n, len(obj))
	}
}

func TestTraceHidesSecrets(t *testing.T) {
	h := faulty(t, card.Faults{})
	var all []byte
	h.c.Trace(func(cmd, answer []byte) { all = append(append(all, cmd...), answer...) })
	h.verify(goodPIN, 0x9000)
	h.chain(0x24, 0, 0x80, append(padded(goodPIN), padded("314159")...), 0x9000)
	h.chain(0x2C, 0, 0x80, append(padded("77777777"), padded("161803")...), 0x63C2)
	for _, secret := range []string{goodPIN, "314159", "161803", "7777"} {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("the trace shows %s", secret)
		}
	}
	if !bytes.Contains(all, []byte{0, 0x20, 0, 0x80, 8}) {
		t.Error("the trace shows no VERIFY")
	}
}

func TestOneCardForManyGoroutines(t *testing.T) {
	c := newCard(t, card.Spec{CA: newCA(t)})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				c.Respond([]byte{0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8})
				c.Respond([]byte{0, 0xCB, 0x3F, 0xFF, 5, 0x5C, 3, 0x5F, 0xC1, 5, 0})
				if i == 0 {
					_ = c.SetFaults(card.Faults{Gzip: true})
					c.Reset()
				}
				c.TriesLeft()
			}
		})
	}
	wg.Wait()
}
