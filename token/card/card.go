// Package card talks to any PIV card: NIST SP 800-73-5 part 2 (card command interface) over ISO/IEC 7816-4 APDUs,
// with no vendor instruction needed.
//
//	Card.Fresh         SELECT .. de-authenticate: VERIFY with P1 = FF
//	Card.ReadIdentity  GET DATA (7E, 5FC102, 5FC105, 5FC10A) .. optional serial probe
//	Card.TriesLeft     VERIFY without data
//	Card.Verify        VERIFY
//	Card.Sign          GENERAL AUTHENTICATE, result verified on the host
//	      |
//	   exchange        command chaining (CLA 10), 61xx -> GET RESPONSE, 6Cxx -> repeat with the right Le
//	      |
//	   Link            one APDU in, one answer out: PC/SC, or memory in tests
//
// Commands are short APDUs only, which every PIV card takes, in T=0 as well as T=1.
//
// Memory: an answer is bounded to 16 KiB, a certificate to 32 KiB after inflating. TLV is parsed strictly except that
// lengths need not be minimal (BER allows it and cards do it).
//
// Failure modes: every error is a *token.Error; SW carries the card's status word. Nothing is retried except
// 6Cxx, where the card itself names the right length.
//
// What it does not do: decide trust, hold sessions, enforce deadlines that the Link ignores, write to cards, secure
// messaging, global PIN, on-card comparison, and key types other than P-256, P-384, RSA-2048 and RSA-3072.
package card

import (
	"context"
	"errors"
	"fmt"

	"sexton/token"
)

// Transmitter carries APDUs to one card.
type Transmitter interface {
	// Transmit sends one command APDU and returns data and status word, at least 2 bytes. It keeps no reference to cmd,
	// which the caller wipes. Errors are *token.Error: Removed, Daemon, Timeout, Protocol.
	Transmit(ctx context.Context, cmd []byte) ([]byte, error)
	// Begin reserves the card for a sequence of commands until end is called.
	Begin(ctx context.Context) (end func() error, err error)
	// Reset resets the card, which clears its PIN state and selection. Not between Begin and end.
	Reset(ctx context.Context) error
	// T0 tells whether the protocol is T=0, where a command cannot carry data and Le at once.
	T0() bool
}

// Link is a Transmitter with an end.
type Link interface {
	Transmitter
	// Close gives the card back; with reset its PIN state is cleared by a card reset as well.
	Close(reset bool) error
}

// Slot is what a reader holds at one moment.
type Slot struct {
	Reader  string
	Present bool
	ATR     []byte
	Count   uint16 // event counter, as token.Event.Count
	InUse   bool   // some program is connected to the card
}

// Status words of SP 800-73-5 part 2, table 8, and ISO/IEC 7816-4, table 5, that are acted upon.
const (
	swOK           = 0x9000
	swBlocked      = 0x6983 // authentication method blocked
	swUnsatisfied  = 0x6982 // security status not satisfied
	swNotFound     = 0x6A82 // file or application not found
	swWrongData    = 0x6A80
	swRefNotFound  = 0x6A88
	swWrongP1P2    = 0x6A86
	swNoConditions = 0x6985
)

// Card is a PIV application reached through one Transmitter. It is not safe for concurrent use.
type Card struct {
	link Transmitter
}

// New returns a client for the card behind t. Nothing is sent.
func New(t Transmitter) *Card { return &Card{link: t} }

// pivAID is the full AID of the PIV card application with version 1.0 (SP 800-73-5 part 1, section 2.2).
var pivAID = []byte{0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00}

// aidLengths are the right-truncations tried: without version, with version, RID only.
var aidLengths = []int{9, 11, 5}

// Select selects the PIV application. Error: NotPIV if the card has none under any of its names.
// On some cards it clears the PIN state, on others it does not; never rely on either.
func (c *Card) Select(ctx context.Context) error {
	var sw uint16
	for _, n := range aidLengths {
		// SP 800-73-5 part 2, section 3.1.1
		resp, s, err := c.exchange(ctx, 0xA4, 0x04, 0x00, pivAID[:n], true)
		if err != nil {
			return err
		}
		if s == swOK {
			return checkTemplate(resp)
		}
		sw = s
	}
	return &token.Error{Kind: token.NotPIV, SW: sw, Err: errors.New("the card refuses to select the PIV application")}
}

// checkTemplate looks at the answer to SELECT: an application property template (tag 61), or nothing.
func checkTemplate(resp []byte) error {
	if len(resp) == 0 {
		return nil
	}
	fields, err := parseTLV(resp)
	if err == nil && len(fields) == 1 && fields[0].tag == 0x61 {
		return nil
	}
	return &token.Error{Kind: token.NotPIV, SW: swOK, Err: errors.New("the card selects something, but not a PIV application")}
}

// protocolError is a Protocol error for an unexpected status word or content.
func protocolError(sw uint16, format string, args ...any) error {
	return &token.Error{Kind: token.Protocol, SW: sw, Err: fmt.Errorf(format, args...)}
}
