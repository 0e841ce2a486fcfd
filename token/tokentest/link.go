package tokentest

import (
	"context"
	"errors"

	"sexton/token"
)

// link satisfies card.Link.
type link struct {
	rack     *Rack
	reader   *reader
	era      int
	t0       bool
	reserved bool
	closed   bool
}

// alive returns the card if the handle is still good.
func (l *link) alive() (Card, error) {
	l.rack.mu.Lock()
	defer l.rack.mu.Unlock()
	switch {
	case l.closed:
		return nil, errors.New("tokentest: link used after Close")
	case l.rack.down:
		return nil, serviceDown()
	case l.reader.era != l.era || l.reader.card == nil:
		return nil, &token.Error{Kind: token.Removed}
	}
	return l.reader.card, nil
}

// Transmit satisfies card.Transmitter.
func (l *link) Transmit(_ context.Context, cmd []byte) ([]byte, error) {
	c, err := l.alive()
	if err != nil {
		return nil, err
	}
	if !l.reserved {
		return nil, errors.New("tokentest: Transmit outside Begin and end")
	}
	resp := c.Respond(cmd)
	if resp == nil {
		return nil, &token.Error{Kind: token.Removed, Err: errors.New("no answer")}
	}
	return resp, nil
}

// Begin satisfies card.Transmitter.
func (l *link) Begin(context.Context) (func() error, error) {
	if _, err := l.alive(); err != nil {
		return nil, err
	}
	l.reader.reserve <- struct{}{}
	l.reserved = true
	return func() error {
		l.reserved = false
		<-l.reader.reserve
		_, err := l.alive()
		return err
	}, nil
}

// Reset satisfies card.Transmitter.
func (l *link) Reset(context.Context) error {
	c, err := l.alive()
	if err != nil {
		return err
	}
	if l.reserved {
		return errors.New("tokentest: Reset between Begin and end")
	}
	c.Reset()
	return nil
}

// T0 satisfies card.Transmitter.
func (l *link) T0() bool { return l.t0 }

// Close satisfies card.Link.
func (l *link) Close(reset bool) error {
	c, err := l.alive()
	l.rack.mu.Lock()
	if !l.closed {
		l.closed = true
		l.rack.links--
	}
	l.rack.mu.Unlock()
	if err == nil && reset {
		c.Reset()
	}
	return err
}
