package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sexton/bench/shredder/server"
)

// store is a device of 200 registers; 0x10 to 0x1f can be written.
type store struct {
	mu     sync.Mutex
	words  [200]uint16
	writes int
}

func (s *store) Read(addr, n uint16) ([]uint16, server.Exception) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(addr)+int(n) > len(s.words) {
		return nil, server.IllegalAddress
	}
	return slices.Clone(s.words[addr : addr+n]), server.None
}

func (s *store) Write(addr uint16, w []uint16) server.Exception {
	s.mu.Lock()
	defer s.mu.Unlock()
	if addr < 0x10 || int(addr)+len(w) > 0x20 {
		return server.IllegalAddress
	}
	copy(s.words[addr:], w)
	s.writes++
	return server.None
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnswers(t *testing.T) {
	dev := &store{}
	dev.words[3], dev.words[4] = 0x1234, 0xabcd
	for _, c := range []struct {
		name string
		role server.Role
		unit byte
		in   string
		out  string
	}{
		{"read", server.Viewer, 1, "03 0003 0002", "03 04 1234 abcd"},
		{"read as operator", server.Operator, 1, "03 0003 0001", "03 02 1234"},
		{"read without role", server.NoRole, 1, "03 0003 0001", "83 01"},
		{"no role is told nothing of units", server.NoRole, 9, "03 0003 0001", "83 01"},
		{"other unit", server.Operator, 2, "03 0003 0001", "83 0b"},
		{"write", server.Operator, 1, "10 0010 0002 04 0001 0002", "10 0010 0002"},
		{"write as viewer", server.Viewer, 1, "10 0010 0002 04 0001 0002", "90 01"},
		{"write without role", server.NoRole, 1, "10 0010 0002 04 0001 0002", "90 01"},
		{"write elsewhere", server.Operator, 1, "10 0000 0001 02 0001", "90 02"},
		{"read beyond", server.Operator, 1, "03 00c7 0002", "83 02"},
		{"read at the end of the address space", server.Operator, 1, "03 ffff 007d", "83 02"},
		{"read none", server.Operator, 1, "03 0000 0000", "83 03"},
		{"read 126", server.Operator, 1, "03 0000 007e", "83 03"},
		{"read with a tail", server.Operator, 1, "03 0000 0001 00", "83 03"},
		{"read cut short", server.Operator, 1, "03 0000", "83 03"},
		{"write none", server.Operator, 1, "10 0010 0000 00", "90 03"},
		{"write with a lying count", server.Operator, 1, "10 0010 0002 02 0001", "90 03"},
		{"write with missing data", server.Operator, 1, "10 0010 0002 04 0001", "90 03"},
		{"write without count", server.Operator, 1, "10 0010 0002", "90 03"},
		{"coils", server.Operator, 1, "01 0000 0001", "81 01"},
		{"input registers", server.Operator, 1, "04 0000 0001", "84 01"},
		{"write single", server.Operator, 1, "06 0010 0001", "86 01"},
		{"identification", server.Operator, 1, "2b 0e 01 00", "ab 01"},
		{"exception as function", server.Operator, 1, "83 0000 0001", "83 01"},
	} {
		if got := server.Answer(dev, c.role, c.unit, unhex(t, c.in)); !bytes.Equal(got, unhex(t, c.out)) {
			t.Errorf("%s: %x, want %s", c.name, got, c.out)
		}
	}
	if dev.count() != 1 {
		t.Errorf("%d writes, want 1", dev.count())
	}
}

// Whatever arrives: an answer of legal size that repeats the function, and no write without the right role and address.
func FuzzAnswer(f *testing.F) {
	f.Add(byte(2), byte(1), []byte{3, 0, 0, 0, 1})
	f.Add(byte(2), byte(1), []byte{16, 0, 0x10, 0, 1, 2, 0, 1})
	f.Add(byte(1), byte(1), []byte{16, 0, 0x10, 0, 1, 2, 0, 1})
	f.Add(byte(0), byte(0), []byte{0x2b})
	f.Fuzz(func(t *testing.T, role, unit byte, pdu []byte) {
		if len(pdu) == 0 || len(pdu) > 253 {
			return
		}
		dev := &store{}
		r := server.Role(role % 3)
		out := server.Answer(dev, r, unit, pdu)
		if len(out) < 2 || len(out) > 253 || out[0]&0x7f != pdu[0]&0x7f {
			t.Fatalf("%x answered %x", pdu, out)
		}
		if dev.count() > 0 && (r != server.Operator || unit != 1 || pdu[0] != 16 || out[0] != 16) {
			t.Fatalf("%x by %s wrote, answer %x", pdu, r, out)
		}
		if r == server.NoRole && (out[0]&0x80 == 0 || out[1] != 1) {
			t.Fatalf("%x without role answered %x", pdu, out)
		}
	})
}

func start(t *testing.T, cfg server.Config) (*server.Server, *store, string) {
	t.Helper()
	ln, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dev := &store{}
	cfg.Device = dev
	s := server.Start(context.Background(), ln, cfg)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dev, ln.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

var readOne = []byte{0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1}

func ask(c net.Conn, frame []byte, n int) ([]byte, error) {
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	out := make([]byte, n)
	_, err := io.ReadFull(c, out)
	return out, err
}

func works(t *testing.T, addr string) {
	t.Helper()
	out, err := ask(dial(t, addr), readOne, 11)
	if err != nil || out[1] != 7 || out[7] != 3 {
		t.Fatalf("a well-behaved client gets %x, %v", out, err)
	}
}

func TestFramesThatAreNone(t *testing.T) {
	_, _, addr := start(t, server.Config{Frame: 200 * time.Millisecond})
	for _, frame := range []string{
		"0001 0001 0006 01 03 0000 0001",       // another protocol
		"0001 0000 0000 01 03 0000 0001",       // length 0
		"0001 0000 0001 01 03 0000 0001",       // no function
		"0001 0000 ffff 01 03 0000 0001",       // longer than any frame
		"0001 0000 00ff 01 03 0000 0001",       // one more than the longest
		"0001 0000 0006 01 03",                 // never finished
		"474554202f20485454502f312e310d0a0d0a", // another language
	} {
		c := dial(t, addr)
		if _, err := c.Write(unhex(t, frame)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %d bytes, %v; want the connection closed", frame, n, err)
		}
	}
	works(t, addr)
}

// A frame in single bytes, and two frames at once, are ordinary.
func TestFramesInPieces(t *testing.T) {
	_, _, addr := start(t, server.Config{})
	c := dial(t, addr)
	for _, b := range readOne[:len(readOne)-1] {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ask(c, readOne[len(readOne)-1:], 11); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(c, append(slices.Clone(readOne), readOne...), 22); err != nil {
		t.Fatal(err)
	}
}

func TestRandomStreams(t *testing.T) {
	_, dev, addr := start(t, server.Config{Frame: 50 * time.Millisecond, Handshake: 50 * time.Millisecond})
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		c := dial(t, addr)
		var junk []byte
		for range 1 + rng.IntN(20) {
			n := 2 + rng.IntN(40)
			junk = append(junk, byte(rng.Uint32()), byte(rng.Uint32()), 0, 0, 0, byte(n), 1)
			for range n - 1 {
				junk = append(junk, byte(rng.Uint32()&rng.Uint32()))
			}
		}
		_, _ = c.Write(junk) // the server may have closed it already
		_ = c.Close()
	}
	works(t, addr)
	t.Logf("%d of the random frames were writes to the one writable block", dev.count())
}

// Sockets that never speak do not keep anybody out, however many they are.
func TestMuteSockets(t *testing.T) {
	_, _, addr := start(t, server.Config{Waiting: 4, Seats: 2, Handshake: time.Hour})
	for range 40 {
		dial(t, addr)
	}
	works(t, addr)
	for range 10 {
		works(t, addr) // nor do those that spoke and stay
	}
}

func TestSilentConnectionsAreDropped(t *testing.T) {
	s, _, addr := start(t, server.Config{Idle: 30 * time.Millisecond, Handshake: 30 * time.Millisecond})
	c, mute := dial(t, addr), dial(t, addr)
	if _, err := ask(c, readOne, 11); err != nil {
		t.Fatal(err)
	}
	for _, x := range []net.Conn{c, mute} {
		if _, err := x.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a silent connection: %v", err)
		}
	}
	if n := s.Connections(); n > 1 {
		t.Errorf("%d connections left", n)
	}
}

func TestHoldAndResume(t *testing.T) {
	s, dev, addr := start(t, server.Config{})
	c := dial(t, addr)
	if _, err := ask(c, readOne, 11); err != nil {
		t.Fatal(err)
	}
	s.Hold()
	s.Hold()
	write := unhex(t, "0001 0000 0009 01 10 0010 0001 02 0005")
	if _, err := c.Write(write); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || dev.count() != 0 {
		t.Errorf("while held: %v, %d writes", err, dev.count())
	}
	s.Resume()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil || dev.count() != 1 {
		t.Errorf("after resume: %v, %d writes", err, dev.count())
	}
}

func TestDroppedAndLateAnswers(t *testing.T) {
	s, dev, addr := start(t, server.Config{})
	write := unhex(t, "0001 0000 0009 01 10 0010 0001 02 0005")
	s.DropNextAnswer()
	c := dial(t, addr)
	if _, err := ask(c, readOne, 11); err != nil {
		t.Fatalf("reads are not struck: %v", err)
	}
	if out, err := ask(c, write, 12); err == nil || dev.count() != 1 {
		t.Errorf("dropped answer: %x, %v, %d writes", out, err, dev.count())
	}
	s.DelayNextAnswer(150 * time.Millisecond)
	c = dial(t, addr)
	begin := time.Now()
	if _, err := ask(c, write, 12); err != nil || time.Since(begin) < 150*time.Millisecond || dev.count() != 2 {
		t.Errorf("late answer after %v: %v", time.Since(begin), err)
	}
	s.SetDead(true)
	if _, err := ask(dial(t, addr), readOne, 11); err == nil {
		t.Error("answers without supply")
	}
	s.SetDead(false)
	works(t, addr)
}

func TestCloseWhileHeld(t *testing.T) {
	ln, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.Start(context.Background(), ln, server.Config{Device: &store{}})
	s.Hold()
	c := dial(t, ln.Addr().String())
	if _, err := c.Write(readOne); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // hangs if a goroutine is not released
		t.Error(err)
	}
}
