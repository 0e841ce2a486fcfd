//go:build cgo

package pcsc

import (
	"context"
	"errors"
	"fmt"

	"github.com/ebfe/scard"

	"sexton/token"
	"sexton/token/card"
)

// Connector is the PC/SC service of this machine. The zero value is ready; it holds nothing between calls.
type Connector struct{}

// New returns a connector. The service need not run yet.
func New() *Connector { return &Connector{} }

// Close releases nothing: links and watches end by themselves.
func (*Connector) Close() error { return nil }

// Readers lists the readers in the service's order. Errors: Daemon.
func (*Connector) Readers(context.Context) ([]card.Slot, error) {
	ctx, err := scard.EstablishContext()
	if err != nil {
		return nil, convert("reach the PC/SC service", err)
	}
	defer func() { _ = ctx.Release() }()
	states, err := current(ctx)
	if err != nil {
		return nil, convert("list readers", err)
	}
	out := make([]card.Slot, 0, len(states))
	for _, s := range states {
		out = append(out, card.Slot{
			Reader: s.Reader, Present: s.EventState&scard.StatePresent != 0, ATR: s.Atr, Count: count(s),
			InUse: s.EventState&(scard.StateInuse|scard.StateExclusive) != 0,
		})
	}
	return out, nil
}

// count is the event counter that pcsc-lite keeps in the upper half of dwEventState.
func count(s scard.ReaderState) uint16 { return uint16(s.EventState >> 16) }

// current asks for all readers and their states at once. A reader that vanishes between list and question leads to another round.
func current(ctx *scard.Context) ([]scard.ReaderState, error) {
	for round := 0; ; round++ {
		names, err := list(ctx)
		if err != nil || len(names) == 0 {
			return nil, err
		}
		states := make([]scard.ReaderState, len(names))
		for i, n := range names {
			states[i].Reader = n
		}
		err = statusChange(ctx, states, 0)
		if errors.Is(err, scard.ErrUnknownReader) && round < 5 {
			continue
		}
		if errors.Is(err, scard.ErrTimeout) {
			err = nil
		}
		return states, err
	}
}

// list is SCardListReaders, where "no readers" is no error.
func list(ctx *scard.Context) ([]string, error) {
	names, err := ctx.ListReaders()
	if errors.Is(err, scard.ErrNoReadersAvailable) {
		return nil, nil
	}
	return names, err
}

// Connect powers the card in reader and opens a shared link to it. Errors: NoCard, Busy, Daemon, Protocol.
func (c *Connector) Connect(_ context.Context, reader string) (card.Link, error) {
	ctx, err := scard.EstablishContext()
	if err != nil {
		return nil, convert("reach the PC/SC service", err)
	}
	h, err := ctx.Connect(reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		_ = ctx.Release()
		err = convert("connect to card", err)
		var e *token.Error
		if errors.As(err, &e) && e.Kind == token.Removed {
			e.Kind = token.NoCard
		}
		if e != nil && e.Kind == token.Busy {
			if h := c.Holders(); len(h) > 0 {
				e.Err = fmt.Errorf("%w; perhaps %v holds it", e.Err, h)
			}
		}
		return nil, err
	}
	return &link{ctx: ctx, card: h}, nil
}

// kinds maps PC/SC codes; what is not here is Protocol.
var kinds = map[scard.Error]token.Kind{
	scard.ErrNoService: token.Daemon, scard.ErrServiceStopped: token.Daemon, scard.ErrCommError: token.Daemon,
	scard.ErrShutdown: token.Daemon, scard.ErrSystemCancelled: token.Daemon, scard.ErrServerTooBusy: token.Daemon,
	scard.ErrNoAccess: token.Daemon, scard.ErrSecurityViolation: token.Daemon, scard.ErrInternalError: token.Daemon,
	scard.ErrNoSmartcard: token.Removed, scard.ErrRemovedCard: token.Removed, scard.ErrUnpoweredCard: token.Removed,
	scard.ErrResetCard: token.Removed, scard.ErrInvalidHandle: token.Removed, scard.ErrNotTransacted: token.Removed,
	scard.ErrReaderUnavailable: token.Removed, scard.ErrUnknownReader: token.Removed, scard.ErrNoReadersAvailable: token.Removed,
	scard.ErrSharingViolation: token.Busy,
	// A card that does not answer its reset lies the wrong way round, or is none.
	scard.ErrUnresponsiveCard: token.NotPIV, scard.ErrUnsupportedCard: token.NotPIV,
}

// convert makes a *token.Error of a PC/SC error.
func convert(what string, err error) error {
	kind := token.Protocol
	var code scard.Error
	if errors.As(err, &code) {
		if k, ok := kinds[code]; ok {
			kind = k
		}
		return &token.Error{Kind: kind, Err: fmt.Errorf("cannot %s: %w (%08X)", what, err, uint32(code))}
	}
	return &token.Error{Kind: kind, Err: fmt.Errorf("cannot %s: %w", what, err)}
}
