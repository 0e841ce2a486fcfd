package station

import (
	"errors"
	"fmt"

	"sexton/internal/fault"
	"sexton/token"
)

// toFault turns the error of a room below into what a person reads. A fault stays as it is.
func toFault(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	var te *token.Error
	if errors.As(err, &te) {
		return tokenFault(te, err)
	}
	return fault.New("internal.unexpected", err)
}

// tokenFault finds the code of a card's error.
func tokenFault(te *token.Error, err error) *fault.Fault {
	switch te.Kind {
	case token.NoCard:
		return fault.New("token.no-card", err, te.Reader)
	case token.WrongCard, token.NotPIV:
		return fault.New("token.not-piv", err)
	case token.Removed, token.Idle, token.Closed:
		return fault.New("token.removed", err)
	case token.PINWrong:
		return fault.New("token.pin-wrong", err, te.Left)
	case token.PINBlocked:
		return fault.New("token.pin-blocked", err)
	case token.LastTry:
		return fault.New("token.last-try", err)
	case token.PINNeeded:
		return fault.New("session.locked", err, "PIN")
	case token.PINFormat:
		return fault.New("token.pin-format", err)
	case token.Timeout, token.Canceled:
		return fault.New("token.timeout", err, te.Reader)
	case token.Daemon:
		return fault.New("token.daemon", err)
	case token.Busy:
		return fault.New("token.busy", err)
	case token.Trust:
		return fault.New("token.untrusted", err)
	case token.Mismatch:
		return fault.New("token.mismatch", err)
	case token.SamePerson:
		return fault.New("token.same-person", err, fmt.Sprint(te.Err))
	}
	return fault.New("token.protocol", err)
}
