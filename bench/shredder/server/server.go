package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Exception is a Modbus exception code (MODBUS Application Protocol V1.1b3, section 7). None is a normal answer.
type Exception uint8

// Exceptions in use.
const (
	None            Exception = 0
	IllegalFunction Exception = 0x01
	IllegalAddress  Exception = 0x02
	IllegalValue    Exception = 0x03
	NoTarget        Exception = 0x0B // a unit that is not here
)

// Device is what is served. Calls come from several goroutines.
type Device interface {
	// Read returns n registers from addr on (1 <= n <= 125).
	Read(addr, n uint16) ([]uint16, Exception)
	// Write carries out one FC16 write (1 to 123 registers), wholly or not at all.
	Write(addr uint16, words []uint16) Exception
}

// Config of a server. Zero values mean the defaults in brackets.
type Config struct {
	Device    Device
	TLS       *tls.Config   // nil: plain Modbus/TCP, everybody is an operator
	Unit      uint8         // unit identifier [1]
	Seats     int           // connections of one role [6]
	Waiting   int           // connections before their handshake [16]
	Handshake time.Duration // deadline of TLS handshake, or of the first frame when plain [3 s]
	Frame     time.Duration // deadline of a frame after its first byte, and of an answer [5 s]
	Idle      time.Duration // a silent connection is dropped after [60 s]
	Log       *slog.Logger  // [discard]
}

func (c *Config) defaults() {
	if c.Unit == 0 {
		c.Unit = 1
	}
	if c.Seats <= 0 {
		c.Seats = 6
	}
	if c.Waiting <= 0 {
		c.Waiting = 16
	}
	for _, d := range []struct {
		at  *time.Duration
		def time.Duration
	}{{&c.Handshake, 3 * time.Second}, {&c.Frame, 5 * time.Second}, {&c.Idle, time.Minute}} {
		if *d.at <= 0 {
			*d.at = d.def
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Server is a running server. Close ends it and waits for all its goroutines.
type Server struct {
	cfg  Config
	ln   net.Listener
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex // guards all below
	conns  map[*conn]struct{}
	clock  uint64 // order of arrival and of use
	held   chan struct{}
	dead   bool // no supply: whoever connects is cut off
	drop   bool
	delays []time.Duration
}

// Start serves ln until ctx ends or Close.
func Start(ctx context.Context, ln net.Listener, cfg Config) *Server {
	cfg.defaults()
	s := &Server{cfg: cfg, ln: ln, conns: map[*conn]struct{}{}}
	s.ctx, s.stop = context.WithCancel(ctx)
	s.wg.Add(2)
	go s.accept()
	go s.reap()
	return s
}

// Close ends the listener and all connections, and waits.
func (s *Server) Close() error {
	s.stop()
	s.wg.Wait()
	return nil
}

// reap closes everything when the context ends.
func (s *Server) reap() {
	defer s.wg.Done()
	<-s.ctx.Done()
	_ = s.ln.Close()
	s.Cut()
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		raw, err := s.ln.Accept()
		if s.ctx.Err() != nil {
			if err == nil {
				_ = raw.Close()
			}
			return
		}
		if err != nil {
			s.cfg.Log.WarnContext(s.ctx, "cannot accept a connection", "err", err)
			if !s.pause(20 * time.Millisecond) {
				return
			}
			continue
		}
		s.admit(raw)
	}
}

// pause waits, and says whether the server still lives.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// admit gives a connection a place in the waiting room.
func (s *Server) admit(raw net.Conn) {
	c := &conn{s: s, raw: raw, link: raw}
	s.mu.Lock()
	if s.dead || s.ctx.Err() != nil {
		s.mu.Unlock()
		_ = raw.Close()
		return
	}
	s.clock++
	c.used = s.clock
	gone := s.oldest(s.cfg.Waiting, func(o *conn) bool { return !o.seated })
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	gone.close()
	go c.serve()
}

// seat moves a connection from the waiting room to a seat of its role.
func (s *Server) seat(c *conn, role Role) {
	s.mu.Lock()
	gone := s.oldest(s.cfg.Seats, func(o *conn) bool { return o.seated && o.role == role })
	c.seated, c.role = true, role
	s.clock++
	c.used = s.clock
	s.mu.Unlock()
	gone.close()
}

// oldest returns the longest unused of a class that holds limit connections or more, else nil. s.mu is held.
func (s *Server) oldest(limit int, class func(*conn) bool) *conn {
	n := 0
	var old *conn
	for o := range s.conns {
		if class(o) && !o.leaving {
			n++
			if old == nil || o.used < old.used {
				old = o
			}
		}
	}
	if n < limit {
		return nil
	}
	old.leaving = true
	return old
}

func (s *Server) touch(c *conn) {
	s.mu.Lock()
	s.clock++
	c.used = s.clock
	s.mu.Unlock()
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// Connections counts those that are through their handshake.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		if c.seated {
			n++
		}
	}
	return n
}

// Cut closes every connection. New ones are served.
func (s *Server) Cut() {
	s.mu.Lock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.close()
	}
}

// SetDead cuts everything off and whoever connects later, as a device without supply; false ends that.
func (s *Server) SetDead(dead bool) {
	s.mu.Lock()
	s.dead = dead
	s.mu.Unlock()
	if dead {
		s.Cut()
	}
}

// Hold stops the server from working on requests while its sockets stay open; Resume lets it go on with what has arrived.
func (s *Server) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = make(chan struct{})
	}
}

// Resume ends Hold.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil {
		close(s.held)
		s.held = nil
	}
}

// DropNextAnswer cuts the connection after the next write was carried out, instead of answering.
func (s *Server) DropNextAnswer() {
	s.mu.Lock()
	s.drop = true
	s.mu.Unlock()
}

// DelayNextAnswer answers the next write d later.
func (s *Server) DelayNextAnswer(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.delays) < 64 {
		s.delays = append(s.delays, d)
	}
}

// passHold waits while the server is held; false when it is closed.
func (s *Server) passHold() bool {
	for {
		s.mu.Lock()
		held := s.held
		s.mu.Unlock()
		if held == nil {
			return s.ctx.Err() == nil
		}
		select {
		case <-held:
		case <-s.ctx.Done():
			return false
		}
	}
}

var errDropped = errors.New("answer dropped as planned")

// afterWrite plays the planned faults of an answer to a write.
func (s *Server) afterWrite() error {
	s.mu.Lock()
	drop := s.drop
	s.drop = false
	var wait time.Duration
	if len(s.delays) > 0 {
		wait, s.delays = s.delays[0], s.delays[1:]
	}
	s.mu.Unlock()
	if wait > 0 && !s.pause(wait) {
		return s.ctx.Err()
	}
	if drop {
		return errDropped
	}
	return nil
}

// TLS is the server's side of the mutual handshake: TLS 1.2 or later, no resumption, client certificates under pool.
func TLS(cert tls.Certificate, pool *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, ClientCAs: pool,
		ClientAuth: tls.RequireAndVerifyClientCert, SessionTicketsDisabled: true,
	}
}

// Listen opens a TCP listener.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}
