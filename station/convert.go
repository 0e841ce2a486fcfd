package station

import (
	"context"
	"errors"
	"fmt"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/policy"
	"sexton/procedure"
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
	var law *custody.Refusal
	if errors.As(err, &law) {
		return lawFault(law, err)
	}
	var rule *policy.Refusal
	if errors.As(err, &rule) {
		return policyFault(rule, err)
	}
	switch {
	case isMachine(err):
		return machineFault(err)
	case errors.Is(err, procedure.ErrOpen):
		return fault.New("machine.unknown", err)
	case errors.Is(err, procedure.ErrBusy):
		f := both(fault.New("batch.busy", err, ""), "该批次正在处理另一项操作")
		f.En = "another request is working on the batch"
		return f
	case errors.Is(err, procedure.ErrBroken), errors.Is(err, ledger.ErrStopped), errors.Is(err, ledger.ErrClosed):
		return fault.New("ledger.stopped", err)
	case errors.Is(err, ledger.ErrStale), errors.Is(err, ledger.ErrSeen):
		return fault.New("batch.changed", err)
	case errors.Is(err, ledger.ErrRefused):
		return fault.New("custody.refused", err, "the register does not take the entry")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault.New("usage.canceled", err)
	}
	return fault.New("internal.unexpected", err)
}

// both gives f a Chinese sentence of its own: the words of the lower rooms come in two languages.
func both(f *fault.Fault, zh string, args ...any) *fault.Fault {
	f.Zh = fmt.Sprintf(zh, args...)
	return f
}

func badRequest(err error, what string) *fault.Fault {
	return fault.New("usage.bad-request", err, what)
}

// lawFault finds the code of what custody refuses.
func lawFault(law *custody.Refusal, err error) *fault.Fault {
	switch law.Key {
	case custody.KeySamePerson, custody.KeySameCredential:
		return fault.New("token.same-person", err, law.Subject)
	case custody.KeyOwnApproval, custody.KeyApproverActs, custody.KeyAttestorApplied:
		return fault.New("batch.approver-is-team", err)
	case custody.KeyMustReturn:
		return fault.New("carrier.must-return", err, law.Subject)
	case custody.KeyNotApproved:
		return fault.New("batch.not-approved", err)
	case custody.KeyExpired:
		return fault.New("batch.expired", err, law.Subject)
	case custody.KeyOwnReceipt, custody.KeyOwnReturn:
		return fault.New("movement.one-person", err)
	case custody.KeyCircle:
		return fault.New("document.circle", err)
	}
	zh, en := law.Key.Sentence()
	return both(fault.New("custody.refused", err, en), "登记规则不允许：%s", zh)
}

// noSuchReader is what the desk says of a reader that is not connected: the same kind as a reader without card, other words.
const noSuchReader = "there is no such reader"

// tokenFault finds the code of a card's error.
func tokenFault(te *token.Error, err error) *fault.Fault {
	switch te.Kind {
	case token.NoCard:
		if te.Err != nil && te.Err.Error() == noSuchReader {
			return fault.New("token.no-reader", err, te.Reader)
		}
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
		en := fmt.Sprint(te.Err)
		return both(fault.New("token.same-person", err, en), "同一人不得双签：%s", fault.Term(en))
	}
	return fault.New("token.protocol", err)
}
