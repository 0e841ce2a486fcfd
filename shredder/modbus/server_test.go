package modbus_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"sexton/shredder/modbus"
)

// server is a minimal Modbus/TCP(+TLS) server over a device, with room for faults.
type server struct {
	t      *testing.T
	dev    *device
	ln     net.Listener
	mu     sync.Mutex  // guards what follows
	tls    *tls.Config // nil = plain, with the role operator
	conns  map[net.Conn]bool
	gate   chan struct{} // not nil: requests that have arrived are not served until it is closed
	mangle mangler
	writes int // write requests that reached the server
	held   int // requests that wait, or waited, at the gate
	ran    int // requests the mangler began to handle
	wg     sync.WaitGroup
}

// mangler may answer in the server's place. req is the whole frame, answer what the device says; execute runs the request.
// It returns the raw bytes to send and whether to cut the connection then.
type mangler func(c net.Conn, req []byte, execute func() []byte) (send []byte, cut bool)

func serve(t *testing.T, dev *device, conf *tls.Config) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dev: dev, ln: ln, tls: conf, conns: map[net.Conn]bool{}}
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(func() {
		ln.Close()
		s.resume()
		s.cut()
		s.wg.Wait()
	})
	return s
}

func (s *server) setTLS(c *tls.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls = c
}

func (s *server) addr() string { return s.ln.Addr().String() }

func (s *server) accept() {
	defer s.wg.Done()
	for {
		c, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Add(1)
		go s.handle(c)
	}
}

func (s *server) handle(raw net.Conn) {
	defer s.wg.Done()
	defer func() {
		raw.Close()
		s.mu.Lock()
		delete(s.conns, raw)
		s.mu.Unlock()
	}()
	c, role := raw, "operator"
	s.mu.Lock()
	conf := s.tls
	s.mu.Unlock()
	if conf != nil {
		sc := tls.Server(raw, conf)
		if sc.Handshake() != nil {
			return
		}
		c = sc
		var err error
		if role, err = modbus.Role(sc.ConnectionState().PeerCertificates[0]); err != nil {
			role = ""
		}
	}
	for {
		head := make([]byte, 7)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint16(head[4:])-1)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		s.mu.Lock()
		gate, mangle := s.gate, s.mangle
		if body[0] == 0x10 {
			s.writes++
		}
		s.mu.Unlock()
		if gate != nil {
			s.count(&s.held)
			<-gate
		}
		execute := func() []byte { return s.answer(role, head, body) }
		send, cut := []byte(nil), false
		if mangle != nil {
			s.count(&s.ran)
			send, cut = mangle(c, append(head, body...), execute)
		} else {
			send = execute()
		}
		if _, err := c.Write(send); err != nil || cut {
			return
		}
	}
}

func (s *server) answer(role string, head, body []byte) []byte {
	pdu := []byte{body[0] | 0x80, 1}
	switch {
	case body[0] == 3 && len(body) == 5:
		words, code := s.dev.read(role, binary.BigEndian.Uint16(body[1:]), binary.BigEndian.Uint16(body[3:]))
		pdu = []byte{body[0] | 0x80, code}
		if code == 0 {
			pdu = []byte{3, byte(2 * len(words))}
			for _, w := range words {
				pdu = binary.BigEndian.AppendUint16(pdu, w)
			}
		}
	case body[0] == 16 && len(body) >= 6 && len(body) == 6+int(body[5]):
		words := make([]uint16, body[5]/2)
		for i := range words {
			words[i] = binary.BigEndian.Uint16(body[6+2*i:])
		}
		code := s.dev.write(role, binary.BigEndian.Uint16(body[1:]), words)
		pdu = []byte{body[0] | 0x80, code}
		if code == 0 {
			pdu = body[:5]
		}
	}
	out := append([]byte(nil), head...)
	binary.BigEndian.PutUint16(out[4:], uint16(len(pdu)+1))
	return append(out, pdu...)
}

func (s *server) setMangle(m mangler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mangle = m
}

// hang lets requests arrive but not be served.
func (s *server) hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == nil {
		s.gate = make(chan struct{})
	}
}

func (s *server) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
		s.gate = nil
	}
}

// cut resets every connection, with what is in its buffers.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}

func (s *server) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

func (s *server) seen(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

func (s *server) writesSeen() int { return s.seen(&s.writes) }

// isWrite says whether a frame asks for function 16.
func isWrite(req []byte) bool { return req[7] == 0x10 }

// onWrite answers writes by f and everything else properly.
func onWrite(f mangler) mangler {
	return func(c net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
		if isWrite(req) {
			return f(c, req, execute)
		}
		return execute(), false
	}
}

// once lets f act on the first frame it is shown.
func once(f mangler) mangler {
	var done atomic.Bool
	return func(c net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
		if done.Swap(true) {
			return execute(), false
		}
		return f(c, req, execute)
	}
}

func serverTLS(p *pki, cert tls.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(p.cert)
	return &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
}
