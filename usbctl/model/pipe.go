package model

import (
	"context"
	"sync"

	"sexton/usbctl"
)

// Pipe is the host's side of a device in memory. It implements usbctl.Pipe. Close
// may be called at any time; a device can be yanked and broken from another
// goroutine through With.
type Pipe struct {
	mu     sync.Mutex // guards device and closed
	device *Device
	closed bool
	// Slow, when set, is called before each transfer; a test waits in it.
	Slow func(context.Context)
}

// NewPipe connects to d.
func NewPipe(d *Device) *Pipe { return &Pipe{device: d} }

// With runs f on the device, between two transfers.
func (p *Pipe) With(f func(*Device)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.device)
}

// transfer runs f until the device answers or the context ends.
func (p *Pipe) transfer(ctx context.Context, f func(*Device) (int, Answer)) usbctl.Transfer {
	if p.Slow != nil {
		p.Slow(ctx)
	}
	if ctx.Err() != nil {
		return usbctl.Transfer{Err: usbctl.ErrTimeout}
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return usbctl.Transfer{Err: usbctl.ErrGone}
	}
	n, a := f(p.device)
	p.mu.Unlock()
	switch a {
	case Done:
		return usbctl.Transfer{N: n}
	case Stall:
		return usbctl.Transfer{N: n, Err: usbctl.ErrStall}
	case Gone:
		return usbctl.Transfer{N: n, Err: usbctl.ErrGone}
	}
	<-ctx.Done() // NAK: the controller asks again until the host gives up
	return usbctl.Transfer{N: n, Err: usbctl.ErrTimeout}
}

// Command implements usbctl.Pipe.
func (p *Pipe) Command(ctx context.Context, wrapper, data []byte, d usbctl.Direction) (w, t usbctl.Transfer) {
	w = p.transfer(ctx, func(dev *Device) (int, Answer) { return dev.BulkOut(wrapper) })
	if len(data) == 0 {
		return w, t
	}
	if w.Err != nil {
		return w, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	if d == usbctl.Out {
		return w, p.transfer(ctx, func(dev *Device) (int, Answer) { return dev.BulkOut(data) })
	}
	return w, p.in(ctx, data)
}

// Status implements usbctl.Pipe.
func (p *Pipe) Status(ctx context.Context, b []byte) usbctl.Transfer { return p.in(ctx, b) }

func (p *Pipe) in(ctx context.Context, b []byte) usbctl.Transfer {
	over := false
	t := p.transfer(ctx, func(dev *Device) (int, Answer) {
		got, a := dev.BulkIn(len(b))
		over = len(got) > len(b)
		return copy(b, got), a
	})
	if over && t.Err == nil {
		t.Err = usbctl.ErrOverflow
	}
	return t
}

// ClearHalt implements usbctl.Pipe.
func (p *Pipe) ClearHalt(ctx context.Context, d usbctl.Direction) error {
	return p.transfer(ctx, func(dev *Device) (int, Answer) { return 0, dev.ClearHalt(d == usbctl.In) }).Err
}

// Reset implements usbctl.Pipe.
func (p *Pipe) Reset(ctx context.Context) error {
	return p.transfer(ctx, func(dev *Device) (int, Answer) { return 0, dev.Reset() }).Err
}

// PortReset implements usbctl.Pipe.
func (p *Pipe) PortReset(ctx context.Context) error {
	return p.transfer(ctx, func(dev *Device) (int, Answer) { return 0, dev.PortReset() }).Err
}

// MaxLUN implements usbctl.Pipe.
func (p *Pipe) MaxLUN(ctx context.Context) (int, error) {
	t := p.transfer(ctx, func(dev *Device) (int, Answer) {
		n, a := dev.MaxLUN()
		return int(n), a
	})
	if t.Err == usbctl.ErrStall {
		return 0, nil
	}
	return t.N, t.Err
}

// Buffer implements usbctl.Pipe with plain memory.
func (p *Pipe) Buffer(n int) ([]byte, error) { return make([]byte, n), nil }

// Close implements usbctl.Pipe.
func (p *Pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

var _ usbctl.Pipe = (*Pipe)(nil)
