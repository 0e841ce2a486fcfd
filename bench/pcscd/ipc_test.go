package pcscd

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// serve answers one client as pcsc-lite 1.9.9 does; rv is its verdict on the version.
func serve(t *testing.T, rv uint32, state []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		hello := make([]byte, 20)
		if _, err := io.ReadFull(c, hello); err != nil || binary.NativeEndian.Uint32(hello[4:]) != 0x11 {
			return
		}
		answer := slices.Clone(hello[8:])
		binary.NativeEndian.PutUint32(answer[8:], rv)
		_, _ = c.Write(answer)
		if _, err := io.ReadFull(c, hello[:8]); err == nil && binary.NativeEndian.Uint32(hello[4:]) == 0x12 {
			_, _ = c.Write(state)
		}
	}()
	return path
}

func TestAskReadsReaders(t *testing.T) {
	ne := binary.NativeEndian
	state := make([]byte, maxReaders*stateLen)
	copy(state, "Virtual PCD 00 00")
	ne.PutUint32(state[128:], 7)      // events
	ne.PutUint32(state[132:], 0x0034) // present, powered, negotiable
	ne.PutUint32(state[136:], 0xFFFFFFFF)
	copy(state[140:], "\x3B\x02\x50\x49")
	state[176] = 4
	second := state[stateLen:]
	copy(second, "Virtual PCD 00 01")
	ne.PutUint32(second[132:], 0x0002) // absent
	rs, err := ask(context.Background(), serve(t, 0, state))
	if err != nil || len(rs) != 2 {
		t.Fatalf("%+v, %v", rs, err)
	}
	a, b := rs[0], rs[1]
	if a.Name != "Virtual PCD 00 00" || !a.Present || a.Absent || a.Events != 7 || a.Sharing != -1 || string(a.ATR) != "\x3B\x02\x50\x49" {
		t.Errorf("first reader: %+v", a)
	}
	if b.Name != "Virtual PCD 00 01" || b.Present || !b.Absent || b.ATR != nil {
		t.Errorf("second reader: %+v", b)
	}
}

func TestAskRefusesOtherDaemons(t *testing.T) {
	if _, err := ask(context.Background(), serve(t, 0x80100001, nil)); err == nil || !strings.Contains(err.Error(), "4:4") {
		t.Errorf("another protocol: %v", err)
	}
	if _, err := ask(context.Background(), serve(t, 0, make([]byte, 100))); err == nil {
		t.Error("a short answer was taken")
	}
	if _, err := ask(context.Background(), filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("no daemon, no error")
	}
}

// What the daemon says in the moments between two polls must not be taken for settled.
func TestSettled(t *testing.T) {
	const moment, long = time.Millisecond, time.Minute
	card, counted := Reader{Present: true}, Reader{Present: true, Events: 3}
	gone, pulled, unknown := Reader{Absent: true, Events: 2}, Reader{Absent: true, Events: 1}, Reader{Events: 1}
	for _, tc := range []struct {
		name      string
		r         Reader
		present   bool
		unchanged time.Duration
		want      bool
	}{
		{"counted insertion", counted, true, moment, true},
		{"insertion not yet counted", card, true, moment, false},
		{"card there when the daemon started", card, true, long, true},
		{"counted removal", gone, false, moment, true},
		{"pulled within a command", pulled, false, moment, false},
		{"pulled, and polled since", pulled, false, long, true},
		{"neither", unknown, true, long, false},
		{"neither", unknown, false, long, false},
		{"card when none is wanted", counted, false, long, false},
		{"none when a card is wanted", gone, true, long, false},
	} {
		if got := tc.r.settled(tc.present, tc.unchanged); got != tc.want {
			t.Errorf("%s (present=%v): %v", tc.name, tc.present, got)
		}
	}
}
