//go:build cgo

package pcsc

import (
	"context"
	"errors"

	"github.com/ebfe/scard"

	"sexton/token"
)

// link is one connected card with a context of its own; it satisfies card.Link.
type link struct {
	ctx  *scard.Context
	card *scard.Card
}

// Transmit satisfies card.Transmitter.
func (l *link) Transmit(_ context.Context, cmd []byte) ([]byte, error) {
	resp, err := l.card.Transmit(cmd)
	if err != nil {
		return nil, convert("exchange with card", err)
	}
	if len(resp) < 2 {
		return nil, &token.Error{Kind: token.Removed, Err: errors.New("cannot exchange with card: the reader returned no answer")}
	}
	return resp, nil
}

// Begin satisfies card.Transmitter. It waits as long as another program has the card reserved.
func (l *link) Begin(context.Context) (func() error, error) {
	if err := l.card.BeginTransaction(); err != nil {
		return nil, convert("reserve card", err)
	}
	return func() error {
		if err := l.card.EndTransaction(scard.LeaveCard); err != nil {
			return convert("release card", err)
		}
		return nil
	}, nil
}

// Reset satisfies card.Transmitter.
func (l *link) Reset(context.Context) error {
	if err := l.card.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard); err != nil {
		return convert("reset card", err)
	}
	return nil
}

// T0 satisfies card.Transmitter.
func (l *link) T0() bool { return l.card.ActiveProtocol() == scard.ProtocolT0 }

// Close satisfies card.Link. The context is released whatever happens.
func (l *link) Close(reset bool) error {
	how := scard.LeaveCard
	if reset {
		how = scard.ResetCard
	}
	err := l.card.Disconnect(how)
	if e := l.ctx.Release(); err == nil {
		err = e
	}
	if err != nil {
		return convert("disconnect card", err)
	}
	return nil
}
