package card_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"sexton/bench/card"
)

// reader is the driver's side of the protocol, without pcscd.
type reader struct {
	t testing.TB
	l net.Listener
	c net.Conn
}

func newReader(t testing.TB) *reader {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &reader{t: t, l: l}
}

// accept takes the next card; a card that never comes fails the test by deadline.
func (r *reader) accept() {
	r.t.Helper()
	if err := r.l.(*net.TCPListener).SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	c, err := r.l.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	r.c = c
}

// tell sends a message in two segments, as the driver's older versions do.
func (r *reader) tell(msg ...byte) {
	r.t.Helper()
	for _, b := range [][]byte{binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg} {
		if _, err := r.c.Write(b); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *reader) hear() ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(r.c, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(n[:]))
	_, err := io.ReadFull(r.c, b)
	return b, err
}

func (r *reader) ask(msg ...byte) []byte {
	r.t.Helper()
	r.tell(msg...)
	b, err := r.hear()
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

var (
	selectBytes = []byte{0, 0xA4, 4, 0, 5, 0xA0, 0, 0, 3, 8}
	queryPIN    = []byte{0, 0x20, 0, 0x80}
)

func TestInsertionSpeaksVPCD(t *testing.T) {
	r, c := newReader(t), newCard(t, card.Spec{})
	in, err := card.Insert(context.Background(), r.l.Addr().String(), c)
	if err != nil {
		t.Fatal(err)
	}
	r.accept()
	if atr := r.ask(4); string(atr) != string(c.ATR()) {
		t.Errorf("ATR %X", atr)
	}
	if got := r.ask(selectBytes...); string(got) != "\x6F\x00" {
		t.Errorf("without power: %X", got)
	}
	r.tell(1) // power on, reset and unknown codes have no answer
	r.tell(9)
	if got := r.ask(selectBytes...); got[0] != 0x61 {
		t.Errorf("SELECT: %X", got)
	}
	r.ask(append([]byte{0, 0x20, 0, 0x80, 8}, padded(goodPIN)...)...)
	if got := r.ask(queryPIN...); string(got) != "\x90\x00" {
		t.Errorf("verified: %X", got)
	}
	r.tell(2)
	r.ask(selectBytes...)
	if got := r.ask(queryPIN...); string(got) != "\x63\xC3" {
		t.Errorf("after reset: %X", got)
	}
	in.Remove()
	if _, err := r.hear(); !errors.Is(err, io.EOF) {
		t.Errorf("removal looks like %v", err)
	}
	if in.Err() != nil || c.Respond(selectBytes) != nil {
		t.Errorf("after removal: cause %v", in.Err())
	}
	in.Remove()
}

func TestInsertionEnds(t *testing.T) {
	r, c := newReader(t), newCard(t, card.Spec{})
	addr := r.l.Addr().String()
	insert := func(ctx context.Context) *card.Insertion {
		t.Helper()
		in, err := card.Insert(ctx, addr, c)
		if err != nil {
			t.Fatal(err)
		}
		r.accept()
		r.tell(1)
		return in
	}
	ctx, cancel := context.WithCancel(context.Background())
	in := insert(ctx)
	cancel()
	<-in.Done()
	if in.Err() != nil {
		t.Errorf("end of context: %v", in.Err())
	}

	in = insert(context.Background())
	_ = r.c.Close() // the reader goes
	<-in.Done()
	if in.Err() == nil || errors.Is(in.Err(), card.ErrPulled) {
		t.Errorf("end of reader: %v", in.Err())
	}

	in = insert(context.Background())
	if err := c.SetFaults(rule(card.Rule{INS: 0x20, Do: card.CloseAfter})); err != nil {
		t.Fatal(err)
	}
	r.ask(selectBytes...)
	r.tell(queryPIN...)
	if _, err := r.hear(); !errors.Is(err, io.EOF) {
		t.Errorf("pulled: %v", err)
	}
	<-in.Done()
	if !errors.Is(in.Err(), card.ErrPulled) {
		t.Errorf("pulled: %v", in.Err())
	}

	if err := c.SetFaults(rule(card.Rule{INS: 0x20, Do: card.Hang, For: -1})); err != nil {
		t.Fatal(err)
	}
	in = insert(context.Background())
	r.ask(selectBytes...)
	r.tell(queryPIN...)
	in.Remove() // returns although the card hangs

	_ = r.l.Close()
	if _, err := card.Insert(context.Background(), addr, c); err == nil {
		t.Error("inserted where no reader is")
	}
}

func TestStayAndSwap(t *testing.T) {
	r, a, b := newReader(t), newCard(t, card.Spec{Serial: 1}), newCard(t, card.Spec{Serial: 2})
	in, err := card.Stay(context.Background(), r.l.Addr().String(), a)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() byte {
		t.Helper()
		r.tell(1)
		r.ask(selectBytes...)
		return r.ask(0, 0xF8, 0, 0)[3]
	}
	for range 3 {
		r.accept()
		if n := serial(); n != 1 {
			t.Errorf("serial %d", n)
		}
		_ = r.c.Close()
	}
	r.accept()
	for _, gap := range []time.Duration{0, time.Millisecond} {
		other := b
		if in.Card() == b {
			other = a
		}
		if in, err = in.Swap(context.Background(), other, gap); err != nil {
			t.Fatal(err)
		}
		r.accept()
		if n := serial(); uint32(n) != other.Serial() {
			t.Errorf("serial %d after the swap", n)
		}
	}
	in.Remove()
	if in.Addr() != r.l.Addr().String() {
		t.Error("address")
	}
}
