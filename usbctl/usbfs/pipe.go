package usbfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
)

// Slots of a Pipe.
const (
	slotWrapper = iota
	slotData
	slotStatus
)

// Limits.
const (
	mostData     = 4 << 20                // of one command
	mostCopied   = 256 << 10              // of one transfer that the kernel copies
	leastCopied  = 16 << 10               // to which it is halved when memory is short
	noDeadline   = 30 * time.Second       // of a transfer whose context has none
	grace        = 5 * time.Second        // for the kernel to give discarded transfers back
	departure    = 500 * time.Millisecond // for the kernel to notice that a failed link is an unplugged device
	wrapperRoom  = pageSize
	wrapperLimit = 1024
)

// Interface is the claimed interface and its two bulk endpoints.
type Interface struct {
	Number  byte
	In, Out byte // addresses, In with bit 7
	// Ahead: data to be read is queued while the wrapper is still on the wire. Only
	// for SuperSpeed: an EHCI controller serves the two endpoints in any order, and a
	// device that is asked for data before it knows the command may stall. Data to be
	// written follows on the same endpoint and is always queued.
	Ahead bool
}

// Control is what a Pipe asks of whoever holds the device: requests beyond bulk
// transfers. Direct answers on the descriptor itself, a worker asks its broker.
// Errors are the sentinels of usbctl.
type Control interface {
	// Reset is the Bulk-Only Mass Storage Reset.
	Reset(ctx context.Context) error
	// MaxLUN is Get Max LUN; a stall means 0.
	MaxLUN(ctx context.Context) (int, error)
	// PortReset resets the port and keeps the claim.
	PortReset(ctx context.Context) error
}

// Pipe is a usbctl.Pipe on a usbfs descriptor.
type Pipe struct {
	kernel  kernel
	ends    Interface
	control Control
	wrapper []byte
	bounce  buffer
	buffers []buffer
	copied  int // bytes of one transfer that the kernel copies
	flight  [slots]bool
	results [slots]completion
	ended   error // the descriptor is of no use any more
	closed  bool
}

type buffer struct {
	b      []byte
	mapped bool
}

var _ usbctl.Pipe = (*Pipe)(nil)

// New drives the claimed interface over file, which the Pipe closes. It makes no
// request but those of Ioctls.
func New(file *os.File, ends Interface, control Control) (*Pipe, error) {
	k, err := newDevice(file)
	if err != nil {
		return nil, err
	}
	p, err := newPipe(k, ends, control)
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	return p, nil
}

func newPipe(k kernel, ends Interface, control Control) (*Pipe, error) {
	if ends.In&0x80 == 0 || ends.Out&0x80 != 0 || ends.In&0x70 != 0 || ends.Out&0x70 != 0 || ends.In&0xf == 0 || ends.Out&0xf == 0 {
		return nil, fmt.Errorf("cannot drive endpoints %02x and %02x", ends.In, ends.Out)
	}
	p := &Pipe{kernel: k, ends: ends, control: control, copied: mostCopied}
	var err error
	p.wrapper, err = p.Buffer(wrapperRoom)
	return p, err
}

// Mapped says whether every buffer so far transfers without a copy.
func (p *Pipe) Mapped() bool {
	for _, b := range p.buffers {
		if !b.mapped {
			return false
		}
	}
	return true
}

// Buffer implements usbctl.Pipe. Get buffers right after New: contiguous memory
// becomes scarce.
func (p *Pipe) Buffer(n int) ([]byte, error) {
	if p.closed || n < 1 || n > mostData {
		return nil, fmt.Errorf("cannot get a buffer of %d bytes", n)
	}
	b, mapped, err := p.kernel.alloc(n)
	if err != nil {
		return nil, fmt.Errorf("cannot get a buffer of %d bytes: %w", n, err)
	}
	p.buffers = append(p.buffers, buffer{b, mapped})
	return b[:n:n], nil
}

// Command implements usbctl.Pipe.
func (p *Pipe) Command(ctx context.Context, wrapper, data []byte, d usbctl.Direction) (w, t usbctl.Transfer) {
	if err := p.usable(); err != nil {
		return usbctl.Transfer{Err: err}, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	if len(wrapper) == 0 || len(wrapper) > wrapperLimit || len(data) > mostData || (len(data) > 0) != (d == usbctl.In || d == usbctl.Out) {
		return usbctl.Transfer{Err: fmt.Errorf("cannot send %d bytes and move %d in direction %s", len(wrapper), len(data), d)}, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	own, foreign, err := p.own(data, d)
	if err != nil {
		return usbctl.Transfer{Err: err}, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	n := copy(p.wrapper, wrapper)
	if err := p.begin(slotWrapper, p.ends.Out, p.wrapper[:n]); err != nil {
		return usbctl.Transfer{Err: err}, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	if len(data) == 0 {
		return p.await(ctx, slotWrapper), usbctl.Transfer{}
	}
	w, t = p.move(ctx, own, d)
	if foreign && d == usbctl.In {
		copy(data, own.b[:t.N])
	}
	return w, t
}

// own gives memory of the Pipe for data: data itself, or the bounce buffer.
func (p *Pipe) own(data []byte, d usbctl.Direction) (own buffer, foreign bool, err error) {
	if len(data) == 0 {
		return buffer{}, false, nil
	}
	for _, b := range p.buffers {
		if within(data, b.b) {
			return buffer{data, b.mapped}, false, nil
		}
	}
	if len(p.bounce.b) < len(data) {
		// The smaller one stays until Close: nothing tells that its transfers are over.
		b, err := p.Buffer(max(len(data), 64<<10))
		if err != nil {
			return buffer{}, false, err
		}
		p.bounce = buffer{b, p.buffers[len(p.buffers)-1].mapped}
	}
	own = buffer{p.bounce.b[:len(data)], p.bounce.mapped}
	if d == usbctl.Out {
		copy(own.b, data)
	}
	return own, true, nil
}

// within says whether b lies wholly in a.
func within(b, a []byte) bool {
	from, start := uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(unsafe.Pointer(unsafe.SliceData(a)))
	return from >= start && from+uintptr(len(b)) <= start+uintptr(len(a))
}

// move queues the data behind the wrapper and waits for both. Memory that the kernel
// copies goes in pieces, one after the other, so that a short piece ends the phase.
func (p *Pipe) move(ctx context.Context, own buffer, d usbctl.Direction) (w, t usbctl.Transfer) {
	endpoint := p.ends.Out
	if d == usbctl.In {
		endpoint = p.ends.In
	}
	var piece int
	var begun error
	ahead := d == usbctl.Out || p.ends.Ahead
	if ahead {
		piece, begun = p.next(endpoint, own)
	}
	w = p.await(ctx, slotWrapper)
	if w.Err != nil {
		p.abort()
		return w, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	if !ahead {
		piece, begun = p.next(endpoint, own)
	}
	for {
		if begun != nil {
			t.Err = begun
			return w, t
		}
		x := p.await(ctx, slotData)
		t.N, t.Err = t.N+x.N, x.Err
		if x.Err != nil || x.N < piece || t.N == len(own.b) {
			return w, t
		}
		piece, begun = p.next(endpoint, buffer{own.b[t.N:], own.mapped})
	}
}

// next begins the next piece of the data and says how long it is.
func (p *Pipe) next(endpoint byte, own buffer) (int, error) {
	if own.mapped {
		return len(own.b), p.begin(slotData, endpoint, own.b)
	}
	for {
		n := min(len(own.b), p.copied)
		err := p.begin(slotData, endpoint, own.b[:n])
		if !errors.Is(err, unix.ENOMEM) || p.copied <= leastCopied {
			return n, err
		}
		p.copied /= 2
	}
}

// Status implements usbctl.Pipe.
func (p *Pipe) Status(ctx context.Context, b []byte) usbctl.Transfer {
	if err := p.usable(); err != nil {
		return usbctl.Transfer{Err: err}
	}
	if len(b) == 0 || len(b) > mostCopied {
		return usbctl.Transfer{Err: fmt.Errorf("cannot read a status of %d bytes", len(b))}
	}
	own, foreign, err := p.own(b, usbctl.In)
	if err != nil {
		return usbctl.Transfer{Err: err}
	}
	if err := p.begin(slotStatus, p.ends.In, own.b); err != nil {
		return usbctl.Transfer{Err: err}
	}
	t := p.await(ctx, slotStatus)
	if foreign {
		copy(b, own.b[:t.N])
	}
	return t
}

// ClearHalt implements usbctl.Pipe: host and device side.
func (p *Pipe) ClearHalt(ctx context.Context, d usbctl.Direction) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	endpoint := p.ends.Out
	if d == usbctl.In {
		endpoint = p.ends.In
	}
	return failure(p.kernel.clearHalt(endpoint))
}

// Reset implements usbctl.Pipe.
func (p *Pipe) Reset(ctx context.Context) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	return p.control.Reset(ctx)
}

// MaxLUN implements usbctl.Pipe.
func (p *Pipe) MaxLUN(ctx context.Context) (int, error) {
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	return p.control.MaxLUN(ctx)
}

// PortReset implements usbctl.Pipe.
func (p *Pipe) PortReset(ctx context.Context) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	return p.control.PortReset(ctx)
}

// Close implements usbctl.Pipe. Buffers whose transfers never came back stay mapped.
func (p *Pipe) Close() error {
	if p.closed {
		return nil
	}
	p.abort()
	p.closed = true
	var errs []error
	if !p.inFlight() {
		for _, b := range p.buffers {
			errs = append(errs, p.kernel.free(b.b))
		}
	}
	p.buffers, p.bounce, p.wrapper = nil, buffer{}, nil
	return errors.Join(append(errs, p.kernel.close())...)
}

func (p *Pipe) usable() error {
	if p.closed {
		return usbctl.ErrGone
	}
	return p.ended
}

// ready says that nothing speaks against a request of its own.
func (p *Pipe) ready(ctx context.Context) error {
	if err := p.usable(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return usbctl.ErrTimeout
	}
	return nil
}
