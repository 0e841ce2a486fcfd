package token

import (
	"errors"
	"fmt"
)

// Kind classifies what went wrong with a card, so that the station can tell a person what to do.
type Kind int

// The kinds of Error. Repeating can help for NoCard, Busy, Daemon and Timeout once the cause is gone;
// PINWrong may be repeated only by the person.
const (
	KindUnknown Kind = iota
	NoCard           // no such reader, or no card in it
	WrongCard        // a PIV card, but not one this act can use: no 9A or 9C certificate, unsupported key
	NotPIV           // the card has no PIV application
	Removed          // the card or reader went away in the middle
	PINWrong         // Left says how many tries remain
	PINBlocked       // no tries remain; only an administrator with the PUK can help
	LastTry          // one try remains and pin.AllowLastTry was not set; no try was used
	PINNeeded        // the card wants its PIN again
	PINFormat        // not 6 to 8 digits, a factory PIN, or already wiped; the card was not asked
	Timeout          // the card or reader did not answer in time, or the reader is quarantined for that
	Canceled         // the caller gave up; the card may have been used
	Daemon           // the PC/SC service is not there
	Busy             // another session or another program holds the card
	Trust            // the certificate is not acceptable; errors.As to *trust.Problem for the reason
	Mismatch         // the signature does not verify, or the card is not the one that logged in
	Protocol         // the card or reader answered something the standard does not allow
	SamePerson       // two signers who must differ do not
	Idle             // the session was unused for longer than the limit
	Closed           // the session or the desk was closed by us
)

var kindText = map[Kind]string{
	NoCard: "no card", WrongCard: "unsuitable card", NotPIV: "not a PIV card", Removed: "card removed",
	PINWrong: "wrong PIN", PINBlocked: "PIN blocked", LastTry: "last PIN try", PINNeeded: "PIN needed again",
	PINFormat: "unacceptable PIN", Timeout: "no answer in time", Canceled: "canceled", Daemon: "no PC/SC service",
	Busy: "card in use", Trust: "certificate not trusted", Mismatch: "card does not match", Protocol: "protocol error",
	SamePerson: "same person", Idle: "idle too long", Closed: "closed",
}

// String names k in English, for logs.
func (k Kind) String() string {
	if s, ok := kindText[k]; ok {
		return s
	}
	return "unknown error"
}

// Error is the error of this contract and of all packages below it.
type Error struct {
	Kind   Kind
	Reader string // "" where no reader is concerned
	Left   int    // PIN tries left, for PINWrong, LastTry and PINNeeded (-1: the card did not say)
	SW     uint16 // status word of ISO/IEC 7816-4 that caused it; 0 if none
	Err    error  // detail for the log; may be nil
}

// Error gives kind, detail, status word and reader on one line.
func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Kind == PINWrong || e.Kind == LastTry {
		s += fmt.Sprintf(", %d tries left", e.Left)
	}
	if e.SW != 0 {
		s += fmt.Sprintf(" (SW %04X)", e.SW)
	}
	if e.Reader != "" {
		s += fmt.Sprintf(" in reader %q", e.Reader)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of the first *Error in err's tree, KindUnknown if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindUnknown
}
