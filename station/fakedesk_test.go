package station_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"

	"sexton/token"
)

// plastic is one card of software keys.
type plastic struct {
	guid       string
	serial     uint32
	auth, sign *ecdsa.PrivateKey
	authCert   *x509.Certificate
	signCert   *x509.Certificate
	pin        string
	left       int
}

func newPlastic(name, pin string, serial uint32) *plastic {
	p := &plastic{guid: fmt.Sprintf("%032x", serial), serial: serial, pin: pin, left: 3}
	p.auth, p.authCert = keyFor(name + " 9A")
	p.sign, p.signCert = keyFor(name + " 9C")
	return p
}

func keyFor(name string) (*ecdsa.PrivateKey, *x509.Certificate) {
	k := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	return k, must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, t, k.Public(), k))))
}

// desk is readers with plastic cards. Cards stay in their readers when a life ends.
type desk struct {
	mu    sync.Mutex
	cards map[string]*plastic
	watch map[chan token.Event]bool
	open  map[*deskSession]bool
}

func newDesk() *desk {
	return &desk{cards: map[string]*plastic{}, watch: map[chan token.Event]bool{}, open: map[*deskSession]bool{}}
}

func (d *desk) insert(reader string, p *plastic) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cards[reader] = p
}

func (d *desk) remove(reader string) {
	d.mu.Lock()
	delete(d.cards, reader)
	for s := range d.open {
		if s.id.Reader == reader {
			s.lock(token.Removed)
		}
	}
	for ch := range d.watch {
		ch <- token.Event{Kind: token.CardRemoved, Reader: reader, At: time.Now()}
	}
	d.mu.Unlock()
}

func (d *desk) card(reader string) (*plastic, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.cards[reader]
	if p == nil {
		return nil, &token.Error{Kind: token.NoCard, Reader: reader}
	}
	return p, nil
}

func (d *desk) Readers(context.Context) ([]token.ReaderState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []token.ReaderState
	for n := range d.cards {
		out = append(out, token.ReaderState{Name: n, Present: true})
	}
	return out, nil
}

func (d *desk) Identify(_ context.Context, reader string) (token.Identity, error) {
	p, err := d.card(reader)
	if err != nil {
		return token.Identity{}, err
	}
	return token.Identity{Reader: reader, GUID: p.guid, Serial: p.serial, Auth: p.authCert, Sign: p.signCert}, nil
}

func (d *desk) TriesLeft(_ context.Context, reader string) (int, error) {
	p, err := d.card(reader)
	if err != nil {
		return 0, err
	}
	return p.left, nil
}

func (p *plastic) verify(reader string, pin *token.PIN) error {
	defer pin.Wipe()
	var got, want [8]byte
	if err := pin.Block(&got); err != nil {
		return err
	}
	_ = must(token.NewPIN([]byte(p.pin))).Block(&want)
	if got == want {
		p.left = 3
		return nil
	}
	p.left--
	return &token.Error{Kind: token.PINWrong, Reader: reader, Left: p.left}
}

func (d *desk) Login(ctx context.Context, reader string, pin *token.PIN, c token.Challenge) (token.Session, error) {
	p, err := d.card(reader)
	if err != nil {
		return nil, err
	}
	if err := p.verify(reader, pin); err != nil {
		return nil, err
	}
	nonce := make([]byte, token.NonceSize)
	_, _ = rand.Read(nonce)
	msg := must(c.Message(nonce))
	s := &deskSession{d: d, p: p, locked: make(chan struct{}), id: must(d.Identify(ctx, reader)),
		proof: token.LoginProof{Nonce: nonce, Message: msg, Signature: signWith(p.auth, p.authCert, msg)}}
	d.mu.Lock()
	d.open[s] = true
	d.mu.Unlock()
	return s, nil
}

func signWith(k *ecdsa.PrivateKey, c *x509.Certificate, msg []byte) token.Signature {
	h := sha256.Sum256(msg)
	return token.Signature{Alg: token.ES256, Key: token.KeyOf(c), Value: must(ecdsa.SignASN1(rand.Reader, k, h[:])), Certificate: c.Raw}
}

func (d *desk) Watch(ctx context.Context) <-chan token.Event {
	ch := make(chan token.Event, 256)
	d.mu.Lock()
	d.watch[ch] = true
	d.mu.Unlock()
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		delete(d.watch, ch)
		close(ch)
		d.mu.Unlock()
	})
	return ch
}

func (d *desk) Close() error { return nil }

type deskSession struct {
	d      *desk
	p      *plastic
	id     token.Identity
	proof  token.LoginProof
	once   sync.Once
	locked chan struct{}
	mu     sync.Mutex
	cause  error
}

func (s *deskSession) lock(k token.Kind) {
	s.once.Do(func() {
		s.mu.Lock()
		s.cause = &token.Error{Kind: k, Reader: s.id.Reader}
		s.mu.Unlock()
		delete(s.d.open, s)
		close(s.locked)
	})
}

func (s *deskSession) Identity() token.Identity { return s.id }
func (s *deskSession) Proof() token.LoginProof  { return s.proof }
func (s *deskSession) Locked() <-chan struct{}  { return s.locked }
func (s *deskSession) Cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

func (s *deskSession) Confirm(context.Context) error {
	if err := s.Cause(); err != nil {
		return err
	}
	return nil
}

func (s *deskSession) Sign(_ context.Context, pin *token.PIN, message []byte) (token.Signature, error) {
	if err := s.Cause(); err != nil {
		return token.Signature{}, err
	}
	if err := s.p.verify(s.id.Reader, pin); err != nil {
		return token.Signature{}, err
	}
	return signWith(s.p.sign, s.p.signCert, message), nil
}

func (s *deskSession) Close() error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.lock(token.Closed)
	return nil
}
