package usbfs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
)

// begin submits one transfer in a slot that is free.
func (p *Pipe) begin(slot int, endpoint byte, b []byte) error {
	if err := p.kernel.submit(slot, endpoint, b); err != nil {
		return p.end(failure(err))
	}
	p.flight[slot] = true
	return nil
}

// await waits until the slot's transfer has come back or the deadline has passed;
// then nothing of the Pipe is in flight.
func (p *Pipe) await(ctx context.Context, slot int) usbctl.Transfer {
	until, has := ctx.Deadline()
	if !has {
		until = time.Now().Add(noDeadline)
	}
	for p.flight[slot] {
		if p.reap() {
			continue
		}
		if !p.flight[slot] || p.ended != nil {
			break
		}
		left := time.Until(until)
		if left <= 0 || ctx.Err() != nil {
			p.abort()
			break
		}
		// ENODEV says that reaping will say so too, after the last transfer.
		if err := p.kernel.wait(left); err != nil && !errors.Is(err, unix.ENODEV) {
			p.abort()
			return usbctl.Transfer{Err: p.end(fmt.Errorf("%w: %w", usbctl.ErrGone, err))}
		}
	}
	if p.flight[slot] {
		return usbctl.Transfer{Err: p.ended}
	}
	r := p.results[slot]
	t := usbctl.Transfer{N: r.actual, Err: outcome(r.status)}
	if errors.Is(t.Err, usbctl.ErrLink) {
		p.abort()
		t.Err = p.departed(t.Err, min(departure, max(0, time.Until(until))))
	}
	return t
}

// reap takes one transfer back and says whether there was one. When there never will
// be one again, everything in flight is gone.
func (p *Pipe) reap() bool {
	c, err := p.kernel.reap()
	switch {
	case err == nil:
		p.flight[c.slot], p.results[c.slot] = false, c
		return true
	case errors.Is(err, unix.EAGAIN):
		return false
	}
	for i, in := range p.flight {
		if in {
			p.flight[i], p.results[i] = false, completion{slot: i, status: -int(unix.ENODEV)}
		}
	}
	p.end(failure(err))
	return false
}

// abort takes back everything in flight: discard, then reap until each slot was
// seen. What the kernel does not give back in time ends the Pipe, and its memory
// stays mapped.
func (p *Pipe) abort() {
	for i, in := range p.flight {
		if in {
			_ = p.kernel.discard(i) // EINVAL: it is done already; the reap tells
		}
	}
	until := time.Now().Add(grace)
	for p.inFlight() {
		if p.reap() {
			continue
		}
		left := time.Until(until)
		if left <= 0 {
			p.end(fmt.Errorf("%w: the kernel keeps a transfer that was given up", usbctl.ErrGone))
			return
		}
		if p.inFlight() {
			_ = p.kernel.wait(left)
		}
	}
}

func (p *Pipe) inFlight() bool { return p.flight != [slots]bool{} }

// departed waits a moment for the kernel to notice that the device left: the first
// sign of an unplugged device is an error on the wire.
func (p *Pipe) departed(link error, most time.Duration) error {
	until := time.Now().Add(most)
	for left := most; left > 0; left = time.Until(until) {
		if errors.Is(p.kernel.wait(left), unix.ENODEV) {
			return p.end(usbctl.ErrGone)
		}
	}
	return link
}

// end remembers an error after which the descriptor is of no use.
func (p *Pipe) end(err error) error {
	if p.ended == nil && errors.Is(err, usbctl.ErrGone) {
		p.ended = err
	}
	return err
}

// outcome translates the status of a transfer (Documentation/driver-api/usb/error-codes).
func outcome(status int) error {
	switch e := unix.Errno(-status); e {
	case 0:
		return nil
	case unix.ENOENT, unix.ECONNRESET: // discarded
		return usbctl.ErrTimeout
	default:
		return failure(e)
	}
}

// failure translates an errno of a request or a transfer.
func failure(err error) error {
	var e unix.Errno
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch e {
	case unix.EPIPE:
		return usbctl.ErrStall
	case unix.EOVERFLOW:
		return usbctl.ErrOverflow
	case unix.ETIMEDOUT:
		return usbctl.ErrTimeout
	case unix.ENODEV, unix.ESHUTDOWN, unix.EBADF, unix.EHOSTUNREACH:
		return fmt.Errorf("%w: %w", usbctl.ErrGone, e)
	case unix.EPROTO, unix.EILSEQ, unix.ETIME, unix.ECOMM, unix.ENOSR, unix.EREMOTEIO, unix.EIO:
		return fmt.Errorf("%w: %w", usbctl.ErrLink, e)
	}
	return e
}
