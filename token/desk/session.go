package desk

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// session implements token.Session.
type session struct {
	port      *port
	link      card.Link // used inside operations only
	id        token.Identity
	proof     token.LoginProof
	challenge token.Challenge
	started   time.Time // monotonic companion of challenge.At
	count     uint16    // event counter at login
	locked    chan struct{}
	released  chan struct{} // closed when the card is logged out and the port free for another session

	mu      sync.Mutex // guards everything below
	cause   error
	used    time.Time // last Confirm, Sign or login
	checked time.Time // last 9A challenge
	left    int       // PIN tries that stood before the last right PIN
	pinLost bool      // a wrong PIN cleared the card's PIN state
}

// Identity implements token.Session.
func (s *session) Identity() token.Identity {
	id := s.id
	id.FASCN = bytes.Clone(id.FASCN)
	return id
}

// Proof implements token.Session.
func (s *session) Proof() token.LoginProof { return s.proof }

// Locked implements token.Session.
func (s *session) Locked() <-chan struct{} { return s.locked }

// Cause implements token.Session.
func (s *session) Cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// lock ends the session, once, and has the card logged out in the background.
func (s *session) lock(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = atReader(cause, s.port.name)
	close(s.locked)
	s.port.desk.wg.Go(s.release)
}

// release logs the card out and gives the port free.
func (s *session) release() {
	op := s.port.enterAlways("log out")
	defer op.leave()
	ctx, cancel := context.WithTimeout(context.Background(), s.port.desk.opts.Timeout)
	defer cancel()
	switch token.KindOf(s.Cause()) {
	case token.Closed, token.Idle, token.Canceled:
		if end, err := s.link.Begin(ctx); err == nil {
			_, _ = card.New(s.link).Deauthenticate(ctx) // the reset below does it again
			_ = end()
		}
	}
	_ = s.link.Close(true) // the card may be gone; the link is given up either way
	s.port.mu.Lock()
	s.port.session = nil
	s.port.mu.Unlock()
	close(s.released)
}

// Close implements token.Session.
func (s *session) Close() error {
	s.lock(&token.Error{Kind: token.Closed, Err: errors.New("the session was closed")})
	timer := time.NewTimer(2 * s.port.desk.opts.Timeout)
	defer timer.Stop()
	select {
	case <-s.released:
		return nil
	case <-timer.C:
		return &token.Error{Kind: token.Timeout, Reader: s.port.name, Err: errors.New("cannot log out: the reader does not return")}
	}
}

// now is the station's time, as the login told it and the monotonic clock carries it on.
func (s *session) now() time.Time { return s.challenge.At.Add(time.Since(s.started)) }

// touch notes that the person used the session.
func (s *session) touch() {
	s.mu.Lock()
	s.used = time.Now()
	s.checked = s.used
	s.mu.Unlock()
}

// supervise locks the session when idle too long and challenges the card in between. It ends with the session.
func (s *session) supervise() {
	opts := s.port.desk.opts
	for {
		s.mu.Lock()
		next := s.used.Add(opts.IdleLimit)
		idle := true
		if again := s.checked.Add(opts.RecheckEvery); opts.RecheckEvery > 0 && again.Before(next) {
			next, idle = again, false
		}
		s.mu.Unlock()
		timer := time.NewTimer(time.Until(next))
		select {
		case <-s.locked:
			timer.Stop()
			return
		case <-timer.C:
		}
		s.mu.Lock()
		due := !time.Now().Before(s.used.Add(opts.IdleLimit))
		s.mu.Unlock()
		switch {
		case idle && due:
			s.lock(&token.Error{Kind: token.Idle})
			return
		case !idle:
			_ = s.recheck(s.port.desk.ctx) // a failure has locked the session
			s.mu.Lock()
			s.checked = time.Now()
			s.mu.Unlock()
		}
	}
}

// Confirm implements token.Session.
func (s *session) Confirm(ctx context.Context) error {
	err := s.recheck(ctx)
	if err == nil {
		s.touch()
	}
	return err
}

func (s *session) recheck(ctx context.Context) error {
	_, err := inSession(ctx, s, "confirm", func(ctx context.Context, k *card.Card) (struct{}, error) {
		if s.lostPIN() {
			return struct{}{}, &token.Error{Kind: token.PINNeeded, Left: -1, Err: errors.New("a wrong PIN was entered; sign with the right one first")}
		}
		if err := s.port.desk.trust.CheckIdentity(s.id, s.now()); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.present(ctx, k)
	})
	return err
}

// present makes the card answer a fresh 9A challenge.
func (s *session) present(ctx context.Context, k *card.Card) error {
	c := s.challenge
	c.Purpose, c.At = "confirm", s.now()
	_, message, err := newChallenge(c)
	if err != nil {
		return err
	}
	if _, err := k.Sign(ctx, token.SlotAuth, s.id.Auth, message); err != nil {
		return impostor(err)
	}
	return nil
}

func (s *session) lostPIN() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinLost
}

// triesLeft asks an open session's card, which tells only while its PIN is not verified.
func (s *session) triesLeft(ctx context.Context) (int, error) {
	return inSession(ctx, s, "ask for PIN tries", func(ctx context.Context, k *card.Card) (int, error) {
		left, err := k.TriesLeft(ctx)
		if err == nil && left == card.Verified {
			s.mu.Lock()
			left = s.left
			s.mu.Unlock()
		}
		return left, err
	})
}

// Sign implements token.Session.
func (s *session) Sign(ctx context.Context, pin *token.PIN, message []byte) (token.Signature, error) {
	own, text := pin.Take(), bytes.Clone(message) // the operation may outlive this call
	op, err := s.enter(ctx, "sign")
	if err != nil {
		own.Wipe()
		return token.Signature{}, err
	}
	sig, err := runSession(ctx, s, op, func(ctx context.Context, k *card.Card) (token.Signature, error) {
		defer own.Wipe()
		return s.sign(ctx, k, own, text)
	})
	if err != nil {
		return token.Signature{}, err
	}
	s.touch()
	return sig, nil
}

// sign makes sure that it is still this session's card, so that no try of another card is spent, then VERIFY, then 9C.
func (s *session) sign(ctx context.Context, k *card.Card, pin *token.PIN, message []byte) (token.Signature, error) {
	none := token.Signature{}
	if err := s.port.desk.trust.CheckIdentity(s.id, s.now()); err != nil {
		return none, err
	}
	if s.lostPIN() {
		if err := s.sameCard(ctx, k); err != nil {
			return none, err
		}
	} else if err := s.present(ctx, k); err != nil {
		return none, err
	}
	left, err := k.TriesLeft(ctx)
	if err != nil {
		return none, err
	}
	err = k.Verify(ctx, pin, left)
	s.mu.Lock()
	switch token.KindOf(err) {
	case token.PINWrong, token.PINBlocked:
		s.pinLost = true
	default:
		s.pinLost = s.pinLost && err != nil
	}
	if err == nil && left > 0 {
		s.left = left
	}
	s.mu.Unlock()
	if err != nil {
		return none, err
	}
	sig, err := k.Sign(ctx, token.SlotSign, s.id.Sign, message)
	switch token.KindOf(err) {
	case token.WrongCard, token.PINNeeded:
		err = as(token.Mismatch, err, "the card does not answer for its 9C certificate")
	}
	return sig, err
}

// sameCard compares what can be read without a PIN; the signature afterwards is the proof.
func (s *session) sameCard(ctx context.Context, k *card.Card) error {
	id, err := k.ReadIdentity(ctx)
	if err != nil {
		return impostor(err)
	}
	if id.GUID != s.id.GUID || id.AuthKey() != s.id.AuthKey() || id.SignKey() != s.id.SignKey() {
		return &token.Error{Kind: token.Mismatch, Err: errors.New("another card is in the reader")}
	}
	return nil
}

// enter takes the port for this session; it fails with the cause when the session is locked.
func (s *session) enter(ctx context.Context, what string) (*operation, error) {
	if cause := s.Cause(); cause != nil {
		return nil, cause
	}
	op, err := s.port.enter(ctx, what)
	if err != nil {
		return nil, err
	}
	if cause := s.Cause(); cause != nil {
		op.leave()
		return nil, cause
	}
	return op, nil
}

// inSession runs f with the session's card reserved.
func inSession[T any](ctx context.Context, s *session, what string, f func(context.Context, *card.Card) (T, error)) (T, error) {
	op, err := s.enter(ctx, what)
	if err != nil {
		var zero T
		return zero, err
	}
	return runSession(ctx, s, op, f)
}

// runSession reserves the card and runs f. An error that says more than "wrong PIN" or "the caller gave up" locks the
// session; a result counts only if the session is still open when it is there.
func runSession[T any](ctx context.Context, s *session, op *operation, f func(context.Context, *card.Card) (T, error)) (T, error) {
	var zero T
	v, err := run(ctx, op, func(inner context.Context) (T, error) {
		v, err := reserved(inner, s.link, f)
		if err != nil && !harmless(ctx, err) {
			s.lock(err)
		}
		return v, err
	}, nil)
	if err != nil {
		return zero, err
	}
	if cause := s.Cause(); cause != nil {
		return zero, cause
	}
	return v, nil
}

// harmless tells errors that leave the card in a known state from those after which it can no longer be trusted.
func harmless(ctx context.Context, err error) bool {
	switch token.KindOf(err) {
	case token.PINWrong, token.PINBlocked, token.LastTry, token.PINFormat, token.PINNeeded:
		return true
	case token.Canceled, token.Timeout:
		return ctx.Err() != nil
	}
	return false
}

// reserved runs f with the card reserved.
func reserved[T any](ctx context.Context, link card.Link, f func(context.Context, *card.Card) (T, error)) (T, error) {
	var zero T
	end, err := link.Begin(ctx)
	if err != nil {
		return zero, err
	}
	v, err := f(ctx, card.New(link))
	if err = firstError(err, end()); err != nil {
		return zero, err
	}
	return v, nil
}
