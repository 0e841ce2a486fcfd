package modbus

import (
	"context"
	"fmt"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// verdict reads from an echo what became of a record (firmware-iface/SPEC.md, section 8). It is pure. done is false while the record
// may still be carried out.
func verdict(e *firmware.Echo, r *firmware.CommandRecord) (outcome shredder.Outcome, err error, done bool) {
	seq, nonce, result, reasons := entry(e, r.Command)
	refuse := func(why shredder.Result, reasons shredder.Reasons) (shredder.Outcome, error, bool) {
		outcome, err := refused(r.Command, why, reasons, nil)
		return outcome, err, true
	}
	lost := func(why string) (shredder.Outcome, error, bool) {
		return shredder.Unknown, fmt.Errorf("cannot tell what became of %s: %s: %w", commandNames[r.Command], why, shredder.ErrUnresolvable), true
	}
	switch {
	case e.BootID != r.BootID:
		return lost("the machine was restarted")
	case seq == r.Sequence && nonce == r.Nonce && result == firmware.ResultAccepted:
		return shredder.Accepted, nil, true
	case seq == r.Sequence && nonce == r.Nonce && result != firmware.ResultNone:
		return refuse(resultOf(result), reasonsOf(reasons))
	case seq > r.Sequence:
		return lost("another master spoke")
	case e.LastSequence >= r.Sequence:
		return refuse(shredder.ResultSuperseded, 0)
	case e.UptimeMS > r.NotAfterMS:
		return refuse(shredder.ResultLate, 0)
	default:
		return shredder.Unknown, fmt.Errorf("cannot tell yet what became of %s: %w", commandNames[r.Command], shredder.ErrOutcome), false
	}
}

// entry is the part of the echo that belongs to a command.
func entry(e *firmware.Echo, c firmware.Command) (seq, nonce uint32, result firmware.Result, reasons firmware.Reasons) {
	switch c {
	case firmware.CommandOffer:
		return e.OfferSequence, e.OfferNonce, e.OfferResult, e.OfferReasons
	case firmware.CommandRelease:
		return e.ReleaseSequence, e.ReleaseNonce, e.ReleaseResult, e.ReleaseReasons
	default:
		return e.WithdrawSequence, e.WithdrawNonce, e.WithdrawResult, e.WithdrawReasons
	}
}

// Resolve implements shredder.Machine.
func (m *Machine) Resolve(ctx context.Context) (shredder.Outcome, error) {
	if err := m.main.take(ctx); err != nil { // no command of ours is under way while we hold it
		return shredder.Unknown, err
	}
	defer m.main.give()
	m.mu.Lock()
	open := m.open
	m.mu.Unlock()
	if open == nil {
		return shredder.Unknown, shredder.ErrNothingOpen
	}
	for {
		var echo firmware.Echo
		_, err := m.again(ctx, m.main, func(k *link) error {
			return readBlock(ctx, k, firmware.AddrEcho, firmware.LenEcho, echo.Decode)
		})
		if err != nil {
			return unknown(open.Command, err)
		}
		outcome, err, done := verdict(&echo, open)
		if done {
			m.settled(open)
			return outcome, err
		}
		left := millis(open.NotAfterMS-min(open.NotAfterMS, echo.UptimeMS)) + time.Millisecond
		if err := wait(ctx, min(left, m.cfg.Poll)); err != nil {
			return unknown(open.Command, err)
		}
	}
}

// wait returns after d, or earlier with the context's cause.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
