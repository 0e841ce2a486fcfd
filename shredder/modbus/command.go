package modbus

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// order is a record being prepared, and how many withdrawals had begun when the wish for it arose: a later one annuls it.
type order struct {
	firmware.CommandRecord
	window time.Duration // Release: length of the permission
	begun  uint64
}

// refused builds the error of a certain refusal.
func refused(c firmware.Command, r shredder.Result, reasons shredder.Reasons, cause error) (shredder.Outcome, error) {
	return shredder.Refused, &shredder.RefusedError{Command: commandNames[c], Result: r, Reasons: reasons, Err: cause}
}

func unknown(c firmware.Command, cause error) (shredder.Outcome, error) {
	return shredder.Unknown, fmt.Errorf("cannot tell what became of %s: %w: %w", commandNames[c], shredder.ErrOutcome, cause)
}

// Offer implements shredder.Machine.
func (m *Machine) Offer(ctx context.Context, job shredder.Job) (shredder.Outcome, error) {
	o := order{begun: m.withdrawals()}
	o.Command, o.Token, o.Items, o.Material = firmware.CommandOffer, job.Token, job.Items, materialOf(job.Material)
	if job.Token.IsZero() || job.Items == 0 || !o.Material.Valid() {
		return refused(o.Command, shredder.ResultInvalid, 0, errors.New("an offer needs a token, at least one item and a known material"))
	}
	return m.command(ctx, o)
}

// Release implements shredder.Machine.
func (m *Machine) Release(ctx context.Context, token shredder.JobToken, w shredder.Window) (shredder.Outcome, error) {
	o := order{begun: m.withdrawals(), window: w.For}
	o.Command, o.Token = firmware.CommandRelease, token
	if token.IsZero() || w.For < time.Millisecond {
		return refused(o.Command, shredder.ResultInvalid, 0, errors.New("a release needs a token and a window"))
	}
	if err := m.testSide(ctx, o.begun); err != nil { // no permission without a tested way to withdraw it
		result := shredder.ResultNotSent
		if errors.Is(err, errPreempted) {
			result = shredder.ResultWithdrawn
		}
		return refused(o.Command, result, 0, fmt.Errorf("cannot test the way to withdraw: %w", err))
	}
	return m.command(ctx, o)
}

// testSide makes sure that the side lane is connected and answers. A withdrawal ends it at once.
func (m *Machine) testSide(ctx context.Context, begun uint64) error {
	if err := m.side.take(ctx); err != nil {
		return err
	}
	defer m.side.give()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	m.side.testing(stop)
	defer m.side.testing(nil)
	if m.withdrawals() != begun { // it began before it could end the test
		return errPreempted
	}
	_, err := m.again(ctx, m.side, func(k *link) error {
		_, _, err := m.picture(ctx, k)
		return err
	})
	return err
}

func (m *Machine) withdrawals() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.withdrawn
}

// command sends an Offer or Release on the main lane, once, and reads its echo.
func (m *Machine) command(ctx context.Context, o order) (shredder.Outcome, error) {
	if err := m.main.take(ctx); err != nil {
		return refused(o.Command, shredder.ResultNotSent, 0, err)
	}
	defer m.main.give()
	var s shredder.Snapshot
	var got time.Time
	k, err := m.again(ctx, m.main, func(k *link) (err error) {
		s, got, err = m.look(ctx, k)
		return err
	})
	if err != nil {
		return refused(o.Command, shredder.ResultNotSent, 0, err)
	}
	now := time.Now()
	if !s.Fresh(now, m.cfg.Poll) {
		return refused(o.Command, shredder.ResultNotSent, 0, fmt.Errorf("picture is %v old: %w", s.Age(now), shredder.ErrStale))
	}
	m.schedule(ctx, &o, s, got, now)
	if result := m.stamp(&o); result != shredder.ResultNone {
		return refused(o.Command, result, 0, nil)
	}
	sent, err := k.write(ctx, firmware.AddrCommand, o.Encode())
	switch {
	case err == nil:
	case !sent:
		m.settled(&o.CommandRecord)
		return refused(o.Command, shredder.ResultNotSent, 0, err)
	default:
		var refusal *exceptionError
		if errors.As(err, &refusal) && refusal.certain() {
			return m.turnedDown(ctx, k, o, refusal)
		}
		return unknown(o.Command, err)
	}
	var echo firmware.Echo
	if err := readBlock(ctx, k, firmware.AddrEcho, firmware.LenEcho, echo.Decode); err != nil {
		return unknown(o.Command, denied(err))
	}
	outcome, err, done := verdict(&echo, &o.CommandRecord)
	if done {
		m.settled(&o.CommandRecord)
	}
	return outcome, err
}

// schedule puts the deadlines into the record, in the machine's uptime.
//
// The uptime was at least s.Uptime when the picture had arrived at got. So at the host time d it is at least s.Uptime + (d - got), and a
// record that is not carried out beyond that uptime is not carried out after d. 2 % are taken off for a clock that is slow.
func (m *Machine) schedule(ctx context.Context, o *order, s shredder.Snapshot, got, now time.Time) {
	giveUp := now.Add(m.cfg.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(giveUp) {
		giveUp = d
	}
	uptime := uint64(s.Uptime / time.Millisecond)
	o.NotAfterMS = uptime + uint64(max(0, giveUp.Sub(got))*98/100/time.Millisecond)
	if o.Command == firmware.CommandRelease {
		o.PermitUntilMS = uptime + uint64((now.Sub(got)+o.window)/time.Millisecond)
	}
	o.BootID = s.BootID
}

// stamp gives the order its sequence and makes it the open one. From here on a lost answer leaves it open.
// Another result than ResultNone means that it must not be sent.
func (m *Machine) stamp(o *order) shredder.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	withdraw := o.Command == firmware.CommandWithdraw
	switch {
	case m.closed:
		return shredder.ResultNotSent
	case !withdraw && m.withdrawn != o.begun:
		return shredder.ResultWithdrawn
	case !withdraw && m.open != nil:
		return shredder.ResultUnresolved
	case m.boot != o.BootID || m.sequence == math.MaxUint32:
		return shredder.ResultNotSent
	}
	m.sequence++
	o.Sequence, o.Nonce = m.sequence, nonce()
	if !withdraw {
		open := o.CommandRecord
		m.open = &open
	}
	return shredder.ResultNone
}

// settled closes the open command if it is this one.
func (m *Machine) settled(r *firmware.CommandRecord) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open != nil && *m.open == *r {
		m.open = nil
	}
}

// turnedDown finds out why the machine did not take the record.
func (m *Machine) turnedDown(ctx context.Context, k *link, o order, refusal *exceptionError) (shredder.Outcome, error) {
	m.settled(&o.CommandRecord)
	if refusal.code == 1 {
		return refused(o.Command, shredder.ResultNotPermitted, 0, fmt.Errorf("%w: %w", shredder.ErrDenied, refusal))
	}
	var echo firmware.Echo
	if err := readBlock(ctx, k, firmware.AddrEcho, firmware.LenEcho, echo.Decode); err == nil &&
		(echo.BootID != o.BootID || echo.LastSequence >= o.Sequence) {
		m.mu.Lock()
		overtaken := o.Command != firmware.CommandWithdraw && m.withdrawn != o.begun
		m.foreign = m.foreign || !overtaken
		m.mu.Unlock()
		if overtaken {
			return refused(o.Command, shredder.ResultWithdrawn, 0, refusal)
		}
		return refused(o.Command, shredder.ResultSuperseded, 0, refusal)
	}
	return refused(o.Command, shredder.ResultInvalid, 0, refusal)
}

func nonce() uint32 {
	var b [4]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return binary.BigEndian.Uint32(b[:])
}
