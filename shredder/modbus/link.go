package modbus

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"sexton/shredder"
)

// Function codes and limits (MODBUS Application Protocol V1.1b3, section 6).
const (
	fcRead    = 0x03
	fcWrite   = 0x10
	exception = 0x80
	headerLen = 7   // MBAP: transaction, protocol, length, unit (MODBUS Messaging on TCP/IP V1.0b, section 3.1.3)
	maxPDU    = 253 // section 4.1
)

// exceptionError is the machine's own refusal of a request. It leaves the connection usable.
type exceptionError struct{ function, code byte }

func (e *exceptionError) Error() string {
	names := map[byte]string{1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure",
		5: "acknowledge", 6: "device busy", 8: "memory parity", 10: "gateway path unavailable", 11: "gateway target silent"}
	return fmt.Sprintf("exception %02X to function %02X (%s)", e.code, e.function, names[e.code])
}

// certain says that the exception proves the request was not carried out.
func (e *exceptionError) certain() bool { return e.code >= 1 && e.code <= 3 }

// errProtocol is an answer that no correct machine gives to our request.
var errProtocol = errors.New("answer breaks the protocol")

// link is one connection with one request in flight. It is used by one goroutine at a time; only close may be called beside it.
type link struct {
	conn    net.Conn
	unit    uint8
	timeout time.Duration
	peer    string    // fingerprint of the peer's certificate, "" on plain TCP
	bootID  uint32    // of the identity read on this connection
	sent    time.Time // when the last request began to leave
	broken  bool
}

// dial connects and, with TLS, completes the handshake and checks the pins.
func dial(ctx context.Context, c *Config) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, c.DialTimeout)
	defer cancel()
	l := &link{unit: c.Unit, timeout: c.Timeout}
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the shredder: %w: %w", shredder.ErrLink, err)
	}
	l.conn = raw
	if c.Security == nil {
		return l, nil
	}
	secured := tls.Client(raw, c.Security.tlsConfig())
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, fmt.Errorf("cannot agree on TLS with the shredder: %w", classify(err))
	}
	l.conn, l.peer = secured, fingerprint(secured.ConnectionState().PeerCertificates[0])
	return l, nil
}

// classify adds the sentinel that says whether repeating can help.
func classify(err error) error {
	var bad *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.Is(err, shredder.ErrIdentity), errors.Is(err, shredder.ErrLink), errors.Is(err, shredder.ErrDenied):
		return err
	case errors.As(err, &bad):
		return fmt.Errorf("%w: %w", shredder.ErrIdentity, err)
	case errors.As(err, &op) && op.Op == "remote error": // a TLS alert: the peer rejects us, under TLS 1.3 only at the first read
		return fmt.Errorf("%w: %w", shredder.ErrDenied, err)
	default:
		return fmt.Errorf("%w: %w", shredder.ErrLink, err)
	}
}

func (l *link) close() {
	l.broken = true
	l.conn.Close()
}

// exchange sends one request and reads its answer. sent says that at least part of the request may have left.
// Each error that is no *exceptionError has closed the link.
func (l *link) exchange(ctx context.Context, pdu []byte) (answer []byte, sent bool, err error) {
	if l.broken {
		return nil, false, fmt.Errorf("connection was given up: %w", shredder.ErrLink)
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	answer, sent, err = l.attempt(ctx, pdu)
	var refusal *exceptionError
	if err != nil && !errors.As(err, &refusal) {
		l.close()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
		return nil, sent, classify(err)
	}
	return answer, sent, err
}

func (l *link) attempt(ctx context.Context, pdu []byte) (answer []byte, sent bool, err error) {
	deadline := time.Now().Add(l.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := l.conn.SetDeadline(deadline); err != nil {
		return nil, false, err
	}
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err == nil { // cancelled while the answer came in: its deadline would hit the next request
			answer, err = nil, context.Cause(ctx)
		}
	}()
	frame := make([]byte, headerLen, headerLen+len(pdu))
	if _, err := rand.Read(frame[:2]); err != nil {
		return nil, false, err
	}
	binary.BigEndian.PutUint16(frame[4:], uint16(len(pdu)+1))
	frame[6] = l.unit
	l.sent = time.Now()
	if _, err := l.conn.Write(append(frame, pdu...)); err != nil {
		return nil, true, err
	}
	answer, err = readAnswer(l.conn, frame[:headerLen], pdu[0])
	return answer, true, err
}

// readAnswer reads one frame and accepts it only as the answer to the request with this header and function.
// Since one request is in flight, a frame for another transaction is never waited out: something is wrong.
func readAnswer(r io.Reader, request []byte, function byte) ([]byte, error) {
	var head [headerLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(head[4:]))
	switch {
	case [2]byte(head[:2]) != [2]byte(request[:2]):
		return nil, fmt.Errorf("transaction %x answered with %x: %w", request[:2], head[:2], errProtocol)
	case head[2] != 0 || head[3] != 0:
		return nil, fmt.Errorf("protocol identifier %x: %w", head[2:4], errProtocol)
	case length < 3 || length > maxPDU+1:
		return nil, fmt.Errorf("length %d: %w", length, errProtocol)
	case head[6] != request[6]:
		return nil, fmt.Errorf("unit %d answers for unit %d: %w", head[6], request[6], errProtocol)
	}
	pdu := make([]byte, length-1)
	if _, err := io.ReadFull(r, pdu); err != nil {
		return nil, err
	}
	if pdu[0] == function|exception {
		if len(pdu) != 2 || pdu[1] == 0 {
			return nil, fmt.Errorf("exception of %d bytes: %w", len(pdu), errProtocol)
		}
		return nil, &exceptionError{function, pdu[1]}
	}
	if pdu[0] != function {
		return nil, fmt.Errorf("function %02X answered with %02X: %w", function, pdu[0], errProtocol)
	}
	return pdu[1:], nil
}

// read gets n holding registers from addr.
func (l *link) read(ctx context.Context, addr uint16, n int) ([]uint16, error) {
	pdu := []byte{fcRead, byte(addr >> 8), byte(addr), byte(n >> 8), byte(n)}
	answer, _, err := l.exchange(ctx, pdu)
	if err != nil {
		return nil, err
	}
	if len(answer) != 1+2*n || int(answer[0]) != 2*n {
		l.close()
		return nil, fmt.Errorf("%d registers asked for, answer of %d bytes: %w: %w", n, len(answer), shredder.ErrLink, errProtocol)
	}
	words := make([]uint16, n)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(answer[1+2*i:])
	}
	return words, nil
}

// write puts words at addr in one request. sent says whether it may have been carried out despite an error.
func (l *link) write(ctx context.Context, addr uint16, words []uint16) (sent bool, err error) {
	pdu := []byte{fcWrite, byte(addr >> 8), byte(addr), byte(len(words) >> 8), byte(len(words)), byte(2 * len(words))}
	for _, w := range words {
		pdu = binary.BigEndian.AppendUint16(pdu, w)
	}
	answer, sent, err := l.exchange(ctx, pdu)
	if err != nil {
		return sent, err
	}
	if string(answer) != string(pdu[1:5]) {
		l.close()
		return true, fmt.Errorf("write of %d registers confirmed as %x: %w: %w", len(words), answer, shredder.ErrLink, errProtocol)
	}
	return true, nil
}
