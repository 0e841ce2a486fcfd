package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// vacant returns the port of reader once no session is on it. An open session is returned instead, one that is being logged
// out is waited for.
func (d *desk) vacant(ctx context.Context, reader string) (*port, *session, error) {
	p, err := d.port(ctx, reader)
	if err != nil {
		return nil, nil, err
	}
	for {
		s := p.currentSession()
		if s == nil {
			return p, nil, nil
		}
		if s.Cause() == nil {
			return p, s, nil
		}
		select {
		case <-s.released:
		case <-ctx.Done():
			return nil, nil, atReader(card.ContextError(ctx.Err()), reader)
		case <-time.After(2 * d.opts.Timeout):
			return nil, nil, &token.Error{Kind: token.Timeout, Reader: reader, Err: errors.New("the last session cannot be logged out")}
		}
	}
}

// connect opens the card in p's reader and tells its event counter from just before; it runs inside an operation.
// PC/SC lets nobody connect while another program has the card reserved, so a card in use is waited for.
func (p *port) connect(ctx context.Context) (card.Link, uint16, error) {
	slots, err := p.desk.conn.Readers(ctx)
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(slots, func(s card.Slot) bool { return s.Reader == p.name })
	switch {
	case i < 0:
		return nil, 0, noSuchReader(p.name)
	case !slots[i].Present:
		return nil, 0, &token.Error{Kind: token.NoCard}
	case slots[i].InUse:
		p.setPhase(reserving)
		defer p.setPhase(working)
	}
	link, err := p.desk.conn.Connect(ctx, p.name)
	if err != nil {
		return nil, 0, err
	}
	return tracked{link, p}, slots[i].Count, nil
}

// Identify implements token.Desk.
func (d *desk) Identify(ctx context.Context, reader string) (token.Identity, error) {
	p, s, err := d.vacant(ctx, reader)
	if err != nil {
		return token.Identity{}, err
	}
	if s != nil {
		return s.Identity(), nil
	}
	op, err := p.enter(ctx, "identify")
	if err != nil {
		return token.Identity{}, err
	}
	return run(ctx, op, p.identify, nil)
}

func (p *port) identify(ctx context.Context) (id token.Identity, err error) {
	link, _, err := p.connect(ctx)
	if err != nil {
		return id, err
	}
	defer func() { err = firstError(err, link.Close(false)) }()
	end, err := link.Begin(ctx)
	if err != nil {
		return id, err
	}
	defer func() { err = firstError(err, end()) }()
	c := card.New(link)
	if err := c.Select(ctx); err != nil {
		return id, err
	}
	id, err = c.ReadIdentity(ctx)
	id.Reader = p.name
	return id, err
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// TriesLeft implements token.Desk.
func (d *desk) TriesLeft(ctx context.Context, reader string) (int, error) {
	p, s, err := d.vacant(ctx, reader)
	if err != nil {
		return 0, err
	}
	if s != nil {
		return s.triesLeft(ctx)
	}
	op, err := p.enter(ctx, "ask for PIN tries")
	if err != nil {
		return 0, err
	}
	return run(ctx, op, p.triesLeft, nil)
}

func (p *port) triesLeft(ctx context.Context) (left int, err error) {
	link, _, err := p.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = firstError(err, link.Close(false)) }()
	end, left, err := card.New(link).Fresh(ctx)
	if err != nil {
		return 0, err
	}
	return left, end()
}

// Login implements token.Desk.
func (d *desk) Login(ctx context.Context, reader string, pin *token.PIN, c token.Challenge) (token.Session, error) {
	own := pin.Take() // the operation may outlive this call
	fail := func(err error) (token.Session, error) {
		own.Wipe()
		return nil, err
	}
	if c.Station == "" || c.At.IsZero() {
		return fail(&token.Error{Kind: token.Protocol, Reader: reader, Err: errors.New("internal error: the challenge names no station or no time")})
	}
	p, open, err := d.vacant(ctx, reader)
	if err != nil {
		return fail(err)
	}
	if open != nil {
		return fail(busy(reader))
	}
	op, err := p.enter(ctx, "log in")
	if err != nil {
		return fail(err)
	}
	s, err := run(ctx, op, func(ctx context.Context) (*session, error) {
		defer own.Wipe()
		return p.login(ctx, own, c)
	}, func(s *session) {
		s.lock(&token.Error{Kind: token.Canceled, Reader: reader, Err: errors.New("nobody waited for the login")})
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func busy(reader string) error {
	return &token.Error{Kind: token.Busy, Reader: reader, Err: errors.New("a session is open at this reader")}
}

// login runs the whole login inside an operation.
func (p *port) login(ctx context.Context, pin *token.PIN, c token.Challenge) (_ *session, err error) {
	if p.currentSession() != nil {
		return nil, busy(p.name)
	}
	s := &session{port: p, challenge: c, started: time.Now(), locked: make(chan struct{}), released: make(chan struct{})}
	then := p.desk.mark(p.name)
	if s.link, s.count, err = p.connect(ctx); err != nil {
		return nil, err
	}
	reset := false
	defer func() {
		if err != nil {
			_ = s.link.Close(reset)
		}
	}()
	k := card.New(s.link)
	end, left, err := k.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	s.left = left
	if err := p.presented(ctx, k, s); err != nil {
		return nil, firstError(err, end())
	}
	reset = true
	err = s.prove(ctx, k, pin, left)
	if err = firstError(err, end()); err != nil {
		return nil, err
	}
	if err := p.desk.admit(ctx, s, then); err != nil {
		return nil, err
	}
	s.touch()
	p.desk.wg.Go(s.supervise)
	return s, nil
}

// presented reads the card and decides whether it may be asked for its PIN at all.
func (p *port) presented(ctx context.Context, k *card.Card, s *session) error {
	id, err := k.ReadIdentity(ctx)
	if err != nil {
		return err
	}
	id.Reader = p.name
	if err := card.Supported(id.Auth); err != nil {
		return err
	}
	if err := card.Supported(id.Sign); err != nil {
		return err
	}
	s.id = id
	return p.desk.trust.CheckIdentity(id, s.challenge.At)
}

// prove is VERIFY and the login challenge.
func (s *session) prove(ctx context.Context, k *card.Card, pin *token.PIN, left int) error {
	nonce, message, err := newChallenge(s.challenge)
	if err != nil {
		return err
	}
	if err := k.Verify(ctx, pin, left); err != nil {
		return err
	}
	sig, err := k.Sign(ctx, token.SlotAuth, s.id.Auth, message)
	if err != nil {
		return impostor(err)
	}
	s.proof = token.LoginProof{Nonce: nonce, Message: message, Signature: sig}
	return nil
}

func newChallenge(c token.Challenge) (nonce, message []byte, err error) {
	nonce = make([]byte, token.NonceSize)
	if _, err := rand.Read(nonce); err != nil {
		return nil, nil, fmt.Errorf("cannot make challenge: %w", err)
	}
	message, err = c.Message(nonce)
	return nonce, message, err
}

// impostor: a card that cannot answer the 9A challenge for its certificate, right PIN or not, is not the card it claims to be.
func impostor(err error) error {
	switch token.KindOf(err) {
	case token.WrongCard, token.PINNeeded, token.Protocol:
		return as(token.Mismatch, err, "the card does not answer for its 9A certificate")
	}
	return err
}
