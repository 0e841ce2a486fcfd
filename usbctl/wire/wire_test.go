package wire_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/usbctl/wire"
)

func echo(_ context.Context, op wire.Op, p []byte) ([]byte, error) {
	switch op {
	case 1:
		return p, nil
	case 2:
		return nil, &wire.Failure{Kind: "sad", Text: "as you wish"}
	case 3:
		return nil, errors.New("plain")
	}
	return nil, &wire.Breach{Detail: "no such operation"}
}

// pair is a caller and the end of what serves it.
func pair(t *testing.T, h wire.Handler) (*wire.Caller, chan error) {
	a, b := net.Pipe()
	end := make(chan error, 1)
	go func() { end <- wire.Serve(t.Context(), b, h) }()
	t.Cleanup(func() { a.Close() })
	return wire.NewCaller(a), end
}

func TestCall(t *testing.T) {
	c, end := pair(t, echo)
	for _, want := range []string{"", "a", strings.Repeat("x", wire.MaxData)} {
		got, err := c.Call(t.Context(), 1, nil, []byte(want[:len(want)/2]), []byte(want[len(want)/2:]))
		if err != nil || string(got) != want {
			t.Fatalf("%d bytes: %d, %v", len(want), len(got), err)
		}
	}
	var f *wire.Failure
	if _, err := c.Call(t.Context(), 2, nil); !errors.As(err, &f) || f.Kind != "sad" || f.Text != "as you wish" {
		t.Errorf("failure: %v", err)
	}
	if _, err := c.Call(t.Context(), 3, nil); !errors.As(err, &f) || f.Kind != "other" {
		t.Errorf("plain failure: %v", err)
	}
	if _, err := c.Call(t.Context(), 1, nil, make([]byte, wire.MaxPayload+1)); !errors.As(err, &f) || f.Kind != "request" {
		t.Errorf("too long: %v", err)
	}
	into := make([]byte, 3)
	if _, err := c.Call(t.Context(), 1, into, []byte("abc")); err != nil || string(into) != "abc" {
		t.Errorf("into: %q %v", into, err)
	}
	c.Close()
	if err := <-end; err != nil {
		t.Errorf("an orderly end is %v", err)
	}
}

// TestCallerIsNotFooled: an answer that does not fit the question ends the
// connection for good.
func TestCallerIsNotFooled(t *testing.T) {
	frame := func(op wire.Op, tag uint32, p string) []byte {
		b, err := wire.Append(nil, wire.Frame{Op: op, Tag: tag, Payload: []byte(p)})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, answer := range map[string][]byte{
		"another tag":       frame(0xf0, 2, "abc"),
		"a request":         frame(1, 1, "abc"),
		"too few bytes":     frame(0xf0, 1, "ab"),
		"too many bytes":    frame(0xf0, 1, "abcd"),
		"no error":          frame(0xf1, 1, "{}"),
		"error with more":   frame(0xf1, 1, `{"kind":"a","text":"b"} {}`),
		"error unknown key": frame(0xf1, 1, `{"kind":"a","text":"b","more":1}`),
		"giant":             {0xff, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 1},
		"dwarf":             {0, 0, 0, 4, 0xf0, 0, 0, 0, 1},
		"cut":               frame(0xf0, 1, "abc")[:10],
	} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			go func() {
				if _, err := wire.Read(b, nil); err == nil {
					b.Write(answer)
				}
				b.Close()
			}()
			c := wire.NewCaller(a)
			var v *wire.Breach
			if _, err := c.Call(t.Context(), 1, make([]byte, 3)); !errors.As(err, &v) {
				t.Fatalf("taken: %v", err)
			}
			if _, err := c.Call(t.Context(), 1, nil); !errors.As(err, &v) {
				t.Errorf("the connection is used again: %v", err)
			}
		})
	}
}

// TestServeEndsOnABreach: what no honest peer sends is never answered.
func TestServeEndsOnABreach(t *testing.T) {
	for name, c := range map[string]struct {
		send []byte
		ok   bool // an orderly end
	}{
		"nothing":           {nil, true},
		"half a head":       {[]byte{0, 0, 0}, false},
		"half a payload":    {[]byte{0, 0, 0, 9, 1, 0, 0, 0, 1, 'a'}, false},
		"too long":          {binary.BigEndian.AppendUint32(nil, wire.MaxPayload+6), false},
		"too short":         {[]byte{0, 0, 0, 0, 1, 0, 0, 0, 1}, false},
		"tag 0":             {[]byte{0, 0, 0, 5, 1, 0, 0, 0, 0}, false},
		"tag 2 first":       {[]byte{0, 0, 0, 5, 1, 0, 0, 0, 2}, false},
		"unknown operation": {[]byte{0, 0, 0, 5, 99, 0, 0, 0, 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			end := make(chan error, 1)
			go func() { end <- wire.Serve(t.Context(), b, echo) }()
			go func() {
				a.Write(c.send)
				a.Close()
			}()
			if err := <-end; (err == nil) != c.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestCancel: a call that is given up ends at once, and with it the connection.
func TestCancel(t *testing.T) {
	asked := make(chan struct{})
	c, _ := pair(t, func(ctx context.Context, _ wire.Op, _ []byte) ([]byte, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := c.Call(ctx, 1, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if _, err := c.Call(t.Context(), 1, nil); err == nil {
		t.Error("the connection is used after a call was given up")
	}
}

func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := wire.Frame{Op: wire.Op(rapid.Byte().Draw(t, "op")), Tag: rapid.Uint32().Draw(t, "tag"), Payload: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")}
		b, err := wire.Append(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		g, err := wire.Read(bytes.NewReader(b), nil)
		if err != nil || g.Op != f.Op || g.Tag != f.Tag || !bytes.Equal(g.Payload, f.Payload) {
			t.Fatalf("%+v is read as %+v, %v", f, g, err)
		}
	})
}

// FuzzFrames: whatever comes is either frames that are written back as the same
// bytes, or a breach; and never more memory than a frame may have.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 5, 1, 0, 0, 0, 1})
	f.Add([]byte{0, 0, 0, 6, 1, 0, 0, 0, 1, 7, 0, 0, 0, 5, 2, 0, 0, 0, 2})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		var again []byte
		for {
			f, err := wire.Read(r, nil)
			if err == io.EOF {
				if !bytes.Equal(again, b) {
					t.Fatalf("%x is read as %x", b, again)
				}
				return
			}
			if v := (*wire.Breach)(nil); err != nil && !errors.As(err, &v) {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			if len(f.Payload) > len(b) {
				t.Fatal("bytes from nowhere")
			}
			if again, err = wire.Append(again, f); err != nil {
				t.Fatal(err)
			}
		}
	})
}
