package card

import (
	"context"
	"errors"

	"sexton/token"
)

// keyPIN is the key reference of the PIV card application PIN (SP 800-73-5 part 1, table 5).
const keyPIN = 0x80

// Verified is what TriesLeft returns for a card whose PIN is verified: such a card does not tell its counter.
const Verified = -1

// TriesLeft asks for the PIN counter without using a try: 0 is blocked, Verified if the PIN is verified now.
func (c *Card) TriesLeft(ctx context.Context) (int, error) {
	// SP 800-73-5 part 2, section 3.2.1: empty data field.
	_, sw, err := c.exchange(ctx, 0x20, 0x00, keyPIN, nil, false)
	switch {
	case err != nil:
		return 0, err
	case sw == swOK:
		return Verified, nil
	case sw&0xFFF0 == 0x63C0:
		return int(sw & 0xF), nil
	case sw == swBlocked:
		return 0, nil
	}
	return 0, protocolError(sw, "cannot ask for PIN tries left")
}

// Deauthenticate tells the card to forget that the PIN was verified and returns the counter it then shows. Verified means that
// the card did not obey (the command came with SP 800-73-4).
func (c *Card) Deauthenticate(ctx context.Context) (left int, err error) {
	// SP 800-73-5 part 2, section 3.2.1: P1 = FF, no data.
	if _, _, err := c.exchange(ctx, 0x20, 0xFF, keyPIN, nil, false); err != nil {
		return 0, err
	}
	return c.TriesLeft(ctx)
}

// Fresh reserves the card, selects the PIV application and makes sure that no PIN is verified, by a reset of the card if
// it does not obey otherwise. It returns the PIN tries left; end is nil on error.
func (c *Card) Fresh(ctx context.Context) (end func() error, left int, err error) {
	for _, forget := range []func(context.Context) (int, error){c.Deauthenticate, c.TriesLeft} {
		if end, err = c.link.Begin(ctx); err != nil {
			return nil, 0, err
		}
		if err = c.Select(ctx); err == nil {
			left, err = forget(ctx)
		}
		if err == nil && left != Verified {
			return end, left, nil
		}
		if e := end(); err == nil {
			err = e
		}
		if err == nil {
			err = c.link.Reset(ctx)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, protocolError(swOK, "the card claims a verified PIN right after a reset")
}

// Verify sends the PIN, once. left is what TriesLeft said just before: a card with no tries left is not asked at all, and
// one with a single try only if pin allows it. The PIN itself is left for the caller to wipe.
// Errors: PINWrong, PINBlocked, LastTry, PINFormat.
func (c *Card) Verify(ctx context.Context, pin *token.PIN, left int) error {
	if left == 0 {
		return &token.Error{Kind: token.PINBlocked, Err: errors.New("the PIN was not sent")}
	}
	var block [8]byte
	defer clear(block[:])
	if err := pin.Block(&block); err != nil {
		return err
	}
	if left == 1 && !pin.AllowLastTry {
		return &token.Error{Kind: token.LastTry, Left: 1, Err: errors.New("the PIN was not sent")}
	}
	_, sw, err := c.exchange(ctx, 0x20, 0x00, keyPIN, block[:], false)
	switch {
	case err != nil:
		return err
	case sw == swOK:
		return nil
	case sw == swBlocked || sw == 0x63C0:
		return &token.Error{Kind: token.PINBlocked, SW: sw}
	case sw&0xFFF0 == 0x63C0:
		return &token.Error{Kind: token.PINWrong, Left: int(sw & 0xF), SW: sw}
	case sw == 0x6300:
		return &token.Error{Kind: token.PINWrong, Left: -1, SW: sw}
	}
	return protocolError(sw, "cannot verify PIN")
}
