// Package wire is the framing between the processes of the USB side: fs and blk, a
// worker and the broker, the station and the broker.
//
//	 0       4    5        9
//	┌────────┬────┬────────┬──────────────────┐
//	│ length │ op │  tag   │ payload          │   big-endian; length counts op, tag and payload
//	└────────┴────┴────────┴──────────────────┘
//
// Whoever reads may be talked to by code that a hostile medium has taken over. So a
// length is checked before a byte of memory is spent on it, an operation must be
// known, and the tags of one direction count up by one from 1: a frame that was
// dropped, repeated or made up ends the connection.
//
// Call and Serve are the two ends of strict request and answer, one at a time. An
// error of the handler travels as a *Failure, which says by a stable kind what it
// was; the two ends map kinds to their own types.
//
// Units: bytes. MaxData is the most data of one frame.
//
// Failure modes: *Breach for what no honest peer sends, the errors of the
// connection otherwise; after either the connection is of no use any more.
//
// What it does not do: it knows no operation, and repeats nothing.
package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Sizes, bytes.
const (
	headSize = 9
	// MaxData of one frame.
	MaxData = 1 << 20
	// MaxPayload is data with the arguments before it.
	MaxPayload = MaxData + 64
)

// Op is what a frame asks for. The answers are reserved.
type Op byte

// Answers.
const (
	done   Op = 0xf0
	failed Op = 0xf1
)

// Breach says what no honest peer sends.
type Breach struct{ Detail string }

func (b *Breach) Error() string { return "the other end broke the protocol: " + b.Detail }

func breach(format string, args ...any) error { return &Breach{fmt.Sprintf(format, args...)} }

// Failure is an error of the other end.
type Failure struct {
	Kind string          `json:"kind"` // stable
	Text string          `json:"text"`
	Data json.RawMessage `json:"data,omitempty"` // fields of the kind
}

func (f *Failure) Error() string { return f.Text }

// Frame is one message.
type Frame struct {
	Op      Op
	Tag     uint32
	Payload []byte
}

// Append puts a frame behind b.
func Append(b []byte, f Frame) ([]byte, error) {
	if len(f.Payload) > MaxPayload {
		return b, fmt.Errorf("cannot frame %d bytes", len(f.Payload))
	}
	b = appendHead(b, f.Op, f.Tag, len(f.Payload))
	return append(b, f.Payload...), nil
}

func appendHead(b []byte, op Op, tag uint32, n int) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(headSize-4+n))
	b = append(b, byte(op))
	return binary.BigEndian.AppendUint32(b, tag)
}

// Read reads one frame. Its payload lies in buf where that is long enough. io.EOF
// means that the other end closed between two frames; *Breach that it cut one short
// or lied about its length.
func Read(r io.Reader, buf []byte) (Frame, error) {
	op, tag, n, err := readHead(r)
	if err != nil {
		return Frame{}, err
	}
	if n > cap(buf) {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return Frame{}, cut(err)
	}
	return Frame{Op: op, Tag: tag, Payload: buf}, nil
}

func readHead(r io.Reader) (Op, uint32, int, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.EOF {
			return 0, 0, 0, io.EOF
		}
		return 0, 0, 0, cut(err)
	}
	length := binary.BigEndian.Uint32(head[:])
	if length < headSize-4 || length > headSize-4+MaxPayload {
		return 0, 0, 0, breach("a frame of %d bytes", length)
	}
	return Op(head[4]), binary.BigEndian.Uint32(head[5:]), int(length) - (headSize - 4), nil
}

// cut names a frame that ends before its end.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return breach("a frame was cut short")
	}
	return err
}

// Stream is a connection between two processes, or two goroutines.
type Stream interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

var _ Stream = net.Conn(nil)

// Caller is the end that asks. It is not safe for concurrent use.
type Caller struct {
	stream Stream
	tag    uint32
	out    []byte
	ended  error
}

// NewCaller asks over s.
func NewCaller(s Stream) *Caller { return &Caller{stream: s} }

// Call sends op with the parts of a payload and reads the answer: into into as far
// as it reaches, which must be exactly, or, when into is nil, as it comes. *Failure
// is the other end's error; after any other error every Call fails.
func (c *Caller) Call(ctx context.Context, op Op, into []byte, parts ...[]byte) ([]byte, error) {
	if c.ended != nil {
		return nil, c.ended
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer c.bound(ctx)()
	b, err := c.exchange(op, into, parts)
	if f := (*Failure)(nil); err != nil && !errors.As(err, &f) {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		c.ended = fmt.Errorf("cannot reach the other process: %w", err)
		return nil, c.ended
	}
	return b, err
}

// bound makes the connection fail when the context ends.
func (c *Caller) bound(ctx context.Context) func() {
	at, _ := ctx.Deadline()
	c.stream.SetDeadline(at) // zero = none
	stop := context.AfterFunc(ctx, func() { c.stream.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

func (c *Caller) exchange(op Op, into []byte, parts [][]byte) ([]byte, error) {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > MaxPayload {
		return nil, &Failure{Kind: "request", Text: fmt.Sprintf("cannot frame %d bytes", n)}
	}
	c.tag++
	c.out = appendHead(c.out[:0], op, c.tag, n)
	for _, p := range parts {
		c.out = append(c.out, p...)
	}
	if _, err := c.stream.Write(c.out); err != nil {
		return nil, err
	}
	answer, tag, n, err := readHead(c.stream)
	switch {
	case err != nil:
		return nil, err
	case tag != c.tag:
		return nil, breach("an answer to request %d, asked %d", tag, c.tag)
	case answer == failed:
		return nil, c.failure(n)
	case answer != done:
		return nil, breach("an answer of kind %02x", byte(answer))
	case into != nil && n != len(into):
		return nil, breach("%d bytes for %d asked for", n, len(into))
	case into == nil:
		into = make([]byte, n)
	}
	if _, err := io.ReadFull(c.stream, into); err != nil {
		return nil, cut(err)
	}
	return into, nil
}

// maxFailure is how much room an error may take.
const maxFailure = 64 << 10

func (c *Caller) failure(n int) error {
	if n > maxFailure {
		return breach("an error of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.stream, b); err != nil {
		return cut(err)
	}
	var f Failure
	if err := Strict(b, &f); err != nil || f.Kind == "" {
		return breach("an error that is none")
	}
	return &f
}

// Close closes the connection.
func (c *Caller) Close() error { return c.stream.Close() }

// Handler answers one request. The answer is sent before the next request is read.
// An error that is a *Breach ends the connection; every other one is sent as a
// *Failure.
type Handler func(ctx context.Context, op Op, payload []byte) ([]byte, error)

// Serve answers requests until the other end closes or the context ends. It closes
// the connection.
func Serve(ctx context.Context, s Stream, h Handler) error {
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	defer s.Close()
	var in, out []byte
	for next := uint32(1); ; next++ {
		f, err := Read(s, in)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case f.Tag != next:
			return breach("request %d, expected %d", f.Tag, next)
		}
		in = f.Payload
		b, err := h(ctx, f.Op, f.Payload)
		answer := done
		if err != nil {
			if v := (*Breach)(nil); errors.As(err, &v) {
				return err
			}
			answer, b = failed, encode(err)
		}
		out, err = Append(out[:0], Frame{Op: answer, Tag: f.Tag, Payload: b})
		if err != nil {
			return err
		}
		if _, err := s.Write(out); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

func encode(err error) []byte {
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Kind: "other", Text: err.Error()}
	}
	b, _ := json.Marshal(f)
	if len(b) > maxFailure {
		b, _ = json.Marshal(&Failure{Kind: "other", Text: "the error is too long to tell"})
	}
	return b
}

// Strict reads exactly one JSON value with no unknown key.
func Strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("cannot read a message: %w", err)
	}
	if d.InputOffset() != int64(len(bytes.TrimRight(b, " \n"))) {
		return fmt.Errorf("cannot read a message: %d bytes are left over", int64(len(b))-d.InputOffset())
	}
	return nil
}
