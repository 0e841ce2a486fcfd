package server

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// conn is one connection; its goroutine is serve.
type conn struct {
	s    *Server
	raw  net.Conn
	link net.Conn // raw, or TLS over it
	once sync.Once

	// Guarded by s.mu.
	seated  bool
	leaving bool
	role    Role
	used    uint64
}

// close may be called on nil and more than once. serve then ends by itself.
func (c *conn) close() {
	if c != nil {
		c.once.Do(func() { _ = c.raw.Close() })
	}
}

func (c *conn) serve() {
	defer c.s.wg.Done()
	defer c.s.forget(c)
	defer c.close()
	log, peer := c.s.cfg.Log, c.raw.RemoteAddr().String()
	role, err := c.greet()
	if err != nil {
		log.InfoContext(c.s.ctx, "client turned away", "peer", peer, "err", err)
		return
	}
	log.InfoContext(c.s.ctx, "client connected", "peer", peer, "role", role.String())
	for first := true; err == nil; first = false {
		err = c.exchange(role, first)
	}
	if !errors.Is(err, io.EOF) {
		log.InfoContext(c.s.ctx, "client lost", "peer", peer, "err", err)
	}
}

// greet does the handshake and finds the role. A plain connection takes its seat with its first frame.
func (c *conn) greet() (Role, error) {
	if c.s.cfg.TLS == nil {
		return Operator, nil
	}
	ctx, cancel := context.WithTimeout(c.s.ctx, c.s.cfg.Handshake)
	defer cancel()
	t := tls.Server(c.raw, c.s.cfg.TLS)
	if err := t.HandshakeContext(ctx); err != nil {
		return NoRole, fmt.Errorf("cannot shake hands: %w", err)
	}
	certs := t.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return NoRole, errors.New("no client certificate")
	}
	c.link = t
	role := RoleOf(certs[0])
	c.s.seat(c, role)
	return role, nil
}

// headerLen is transaction, protocol, length and unit (MODBUS Messaging on TCP/IP V1.0b, section 3.1.3).
const (
	headerLen = 7
	maxPDU    = 253
)

var errFrame = errors.New("not a Modbus/TCP frame")

// exchange answers one request.
func (c *conn) exchange(role Role, first bool) error {
	wait := c.s.cfg.Idle
	if first && c.s.cfg.TLS == nil {
		wait = c.s.cfg.Handshake
	}
	var head [headerLen]byte
	_ = c.link.SetReadDeadline(time.Now().Add(wait))
	if _, err := io.ReadFull(c.link, head[:1]); err != nil {
		return err
	}
	_ = c.link.SetReadDeadline(time.Now().Add(c.s.cfg.Frame))
	if _, err := io.ReadFull(c.link, head[1:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(head[4:]))
	if binary.BigEndian.Uint16(head[2:]) != 0 || n < 2 || n > maxPDU+1 {
		return errFrame
	}
	pdu := make([]byte, n-1)
	if _, err := io.ReadFull(c.link, pdu); err != nil {
		return err
	}
	if first && c.s.cfg.TLS == nil {
		c.s.seat(c, role)
	}
	c.s.touch(c)
	if !c.s.passHold() {
		return c.s.ctx.Err()
	}
	answer, wrote := c.s.answer(role, head[6], pdu)
	if wrote {
		if err := c.s.afterWrite(); err != nil {
			return err
		}
	}
	out := make([]byte, headerLen, headerLen+len(answer))
	copy(out, head[:])
	binary.BigEndian.PutUint16(out[4:], uint16(len(answer)+1))
	_ = c.link.SetWriteDeadline(time.Now().Add(c.s.cfg.Frame))
	_, err := c.link.Write(append(out, answer...))
	return err
}

// answer works one PDU; wrote says that a write was carried out or refused by the device.
func (s *Server) answer(role Role, unit byte, pdu []byte) (out []byte, wrote bool) {
	fc := pdu[0]
	refuse := func(e Exception) []byte { return []byte{fc | 0x80, byte(e)} }
	switch {
	case role == NoRole:
		return refuse(IllegalFunction), false
	case unit != s.cfg.Unit:
		return refuse(NoTarget), false
	case fc != 3 && fc != 16, fc == 16 && role != Operator:
		return refuse(IllegalFunction), false
	case len(pdu) < 5:
		return refuse(IllegalValue), false
	}
	addr, n := binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	if fc == 3 {
		return s.read(addr, n, pdu, refuse), false
	}
	if n < 1 || n > 123 || len(pdu) < 6 || int(pdu[5]) != 2*int(n) || len(pdu) != 6+2*int(n) {
		return refuse(IllegalValue), false
	}
	words := make([]uint16, n)
	for i := range words {
		words[i] = binary.BigEndian.Uint16(pdu[6+2*i:])
	}
	if e := s.cfg.Device.Write(addr, words); e != None {
		return refuse(e), true
	}
	return pdu[:5:5], true
}

func (s *Server) read(addr, n uint16, pdu []byte, refuse func(Exception) []byte) []byte {
	if n < 1 || n > 125 || len(pdu) != 5 {
		return refuse(IllegalValue)
	}
	words, e := s.cfg.Device.Read(addr, n)
	if e != None {
		return refuse(e)
	}
	out := make([]byte, 2, 2+2*len(words))
	out[0], out[1] = 3, byte(2*len(words))
	for _, w := range words {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}
