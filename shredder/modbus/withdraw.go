package modbus

import (
	"context"
	"errors"
	"fmt"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// withdrawTries bounds how often Withdraw starts afresh, after a lost link or after another master took its sequence.
const withdrawTries = 3

// Withdraw implements shredder.Machine. It needs no fresh picture and no running clock: a machine whose data is stale is one to
// withdraw from.
func (m *Machine) Withdraw(ctx context.Context, token shredder.JobToken) (shredder.Outcome, error) {
	m.mu.Lock()
	m.withdrawn++ // annuls every Offer and Release that has no sequence yet
	m.mu.Unlock()
	m.side.preempt()
	maySent := false
	var last error
	for range withdrawTries {
		l, err := m.escape(ctx)
		if err != nil {
			last = err
			break
		}
		outcome, sent, err := m.withdrawOn(ctx, l, token)
		l.give()
		if outcome == shredder.Accepted {
			return outcome, nil
		}
		var final *shredder.RefusedError
		if errors.As(err, &final) {
			return outcome, err
		}
		maySent, last = maySent || sent, err
		if ctx.Err() != nil || errors.Is(err, shredder.ErrIdentity) || errors.Is(err, shredder.ErrClosed) {
			break
		}
	}
	if maySent {
		return unknown(firmware.CommandWithdraw, last)
	}
	return refused(firmware.CommandWithdraw, shredder.ResultNotSent, 0, last)
}

// escape takes the side lane. If that has no connection and can get none, it takes the main lane, if that still has one: all
// slots of the machine may be in use. Only then can a withdrawal wait behind a request, and no longer than one timeout.
func (m *Machine) escape(ctx context.Context) (*lane, error) {
	if err := m.side.take(ctx); err != nil {
		return nil, err
	}
	_, _, err := m.connected(ctx, m.side)
	if err == nil {
		return m.side, nil
	}
	m.side.give()
	if m.main.take(ctx) != nil {
		return nil, err
	}
	if m.main.link == nil || m.main.link.broken {
		m.main.give()
		return nil, err
	}
	return m.main, nil
}

// withdrawOn makes one attempt on a lane whose turn the caller holds. sent says that the record may have left.
func (m *Machine) withdrawOn(ctx context.Context, l *lane, token shredder.JobToken) (outcome shredder.Outcome, sent bool, err error) {
	var s shredder.Snapshot
	k, err := m.again(ctx, l, func(k *link) (err error) {
		s, _, err = m.picture(ctx, k)
		return err
	})
	if err != nil {
		return shredder.Unknown, false, err
	}
	m.mu.Lock()
	m.noteSequence(s)
	m.mu.Unlock()
	var o order
	o.Command, o.Token, o.BootID = firmware.CommandWithdraw, token, s.BootID
	if result := m.stamp(&o); result != shredder.ResultNone {
		return shredder.Unknown, false, fmt.Errorf("cannot number the withdrawal: %s", result)
	}
	sent, err = k.write(ctx, firmware.AddrCommand, o.Encode())
	var refusal *exceptionError
	if errors.As(err, &refusal) && refusal.certain() {
		outcome, err := m.turnedDown(ctx, k, o, refusal)
		var why *shredder.RefusedError
		if errors.As(err, &why) && why.Result == shredder.ResultSuperseded {
			return shredder.Unknown, false, fmt.Errorf("another master was faster: %s", why) // worth a later sequence
		}
		return outcome, false, err
	}
	if err != nil {
		return shredder.Unknown, sent, err
	}
	return m.confirm(ctx, k, &o.CommandRecord)
}

// confirm wants both the machine's word and its picture.
func (m *Machine) confirm(ctx context.Context, k *link, r *firmware.CommandRecord) (outcome shredder.Outcome, sent bool, err error) {
	var echo firmware.Echo
	if err := readBlock(ctx, k, firmware.AddrEcho, firmware.LenEcho, echo.Decode); err != nil {
		return shredder.Unknown, true, denied(err)
	}
	outcome, err, _ = verdict(&echo, r)
	if err != nil {
		return outcome, true, err
	}
	s, _, err := m.picture(ctx, k)
	if err != nil {
		return shredder.Unknown, true, denied(err)
	}
	if token := shredder.JobToken(r.Token); s.PermissionLeft > 0 && (token.IsZero() || token == s.ActiveToken) {
		return shredder.Unknown, true, fmt.Errorf("machine took the withdrawal, but permission for %s lives: %w", s.ActiveToken, shredder.ErrContradiction)
	}
	return shredder.Accepted, true, nil
}
