// Package libusb is the second way to a medium, beside usbfs: the same usbctl.Pipe
// over libusb, by way of gousb, and an inventory of what libusb understands of every
// device. Two readings that were written apart agree or one of them is wrong.
//
//	New ──► Inventory    what libusb's parser makes of all devices
//	  └───► Open ──► Pipe
//
// It is the only room with cgo on the USB side, and no part of the path to a medium
// in a station: a library in C does not stand between a hostile device and the
// broker. Tests and inspection use it.
//
// What gousb 1.1.3 does not do, and what is done about it:
//
//   - It panics when libusb does not start: New makes an error of it.
//   - It has no clear-halt: the request is sent by hand, which clears the device's
//     side alone. On EHCI the host's data toggle stays as it was, so a packet can be
//     lost after a stall; the engine above sees that as a violation.
//   - It refuses to reset a device with a claimed interface: PortReset gives the claim
//     back first and takes it again afterwards.
//   - A control transfer without a timeout waits for ever: every one has one.
//   - Its strings lose every character beyond ASCII: they are not used at all.
//   - It learns of new devices from udev alone: start a Context after the device came.
//   - A transfer given up waits for the kernel to give it back, without a limit.
//
// Failure modes: the sentinels of usbctl.
//
// What it does not do: it decides nothing, and never detaches a kernel driver.
package libusb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/gousb"

	"sexton/usbctl"
	"sexton/usbctl/desc"
)

// Context is a running libusb. It knows the devices that were there when it started.
type Context struct{ usb *gousb.Context }

// New starts libusb.
func New() (c *Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("cannot start libusb: %v", r)
		}
	}()
	return &Context{usb: gousb.NewContext()}, nil
}

// Close ends libusb. Close every Pipe before.
func (c *Context) Close() error { return c.usb.Close() }

// Seen is one device as libusb understands it.
type Seen struct {
	Bus, Dev int
	Port     string // "1-2.3", as the kernel writes it; "usb1" for a root hub
	device   *gousb.DeviceDesc
}

// Inventory lists every device. Nothing is opened. A device that libusb does not
// understand is missing.
func (c *Context) Inventory() ([]Seen, error) {
	var out []Seen
	_, err := c.usb.OpenDevices(func(d *gousb.DeviceDesc) bool {
		out = append(out, Seen{Bus: d.Bus, Dev: d.Address, Port: port(d), device: d})
		return false
	})
	if err != nil {
		err = fmt.Errorf("cannot list every device by libusb: %w", err)
	}
	return out, err
}

func port(d *gousb.DeviceDesc) string {
	if len(d.Path) == 0 {
		return "usb" + strconv.Itoa(d.Bus)
	}
	parts := make([]string, len(d.Path))
	for i, p := range d.Path {
		parts[i] = strconv.Itoa(p)
	}
	return strconv.Itoa(d.Bus) + "-" + strings.Join(parts, ".")
}

// Differs lists where libusb's reading disagrees with ours.
func (s Seen) Differs(d desc.Device) []string {
	var out []string
	cmp := func(what string, theirs, ours any) {
		if a, b := fmt.Sprint(theirs), fmt.Sprint(ours); a != b {
			out = append(out, fmt.Sprintf("%s: libusb %s, descriptors %s", what, a, b))
		}
	}
	cmp("vendor", uint16(s.device.Vendor), d.Vendor)
	cmp("product", uint16(s.device.Product), d.Product)
	cmp("version", uint16(s.device.Spec), d.USB)
	cmp("class", []byte{byte(s.device.Class), byte(s.device.SubClass), byte(s.device.Protocol)}, []byte{d.Class, d.Subclass, d.Protocol})
	cmp("configurations", len(s.device.Configs), len(d.Configs))
	for _, c := range d.Configs {
		theirs := s.device.Configs[int(c.Value)]
		cmp(fmt.Sprintf("interfaces of configuration %d", c.Value), len(theirs.Interfaces), len(c.Interfaces))
		for i := range min(len(theirs.Interfaces), len(c.Interfaces)) {
			cmp(fmt.Sprintf("interface %d", c.Interfaces[i].Number), settings(theirs.Interfaces[i]), ours(c.Interfaces[i]))
		}
	}
	return out
}

// setting is what is compared of an alternate setting.
type setting struct{ number, alternate, class, subclass, protocol, endpoints int }

func settings(i gousb.InterfaceDesc) (out []setting) {
	for _, s := range i.AltSettings {
		out = append(out, setting{i.Number, s.Alternate, int(s.Class), int(s.SubClass), int(s.Protocol), len(s.Endpoints)})
	}
	return out
}

func ours(i desc.Interface) (out []setting) {
	for _, s := range i.Settings {
		out = append(out, setting{int(i.Number), int(s.Alternate), int(s.Class), int(s.Subclass), int(s.Protocol), len(s.Endpoints)})
	}
	return out
}

// Interface is the interface to claim and its two bulk endpoints.
type Interface struct {
	Configuration, Number byte
	In, Out               byte // addresses, In with bit 7
}

// Pipe is a usbctl.Pipe over libusb.
type Pipe struct {
	device *gousb.Device
	ends   Interface
	config *gousb.Config
	claim  *gousb.Interface
	in     *gousb.InEndpoint
	out    *gousb.OutEndpoint
	closed bool
}

var _ usbctl.Pipe = (*Pipe)(nil)

// Open claims an interface of an authorised device.
func (c *Context) Open(bus, dev int, ends Interface) (*Pipe, error) {
	found, err := c.usb.OpenDevices(func(d *gousb.DeviceDesc) bool { return d.Bus == bus && d.Address == dev })
	if len(found) != 1 {
		for _, d := range found {
			err = errors.Join(err, d.Close())
		}
		return nil, fmt.Errorf("cannot open device %d of bus %d by libusb: %w", dev, bus, errors.Join(usbctl.ErrGone, err))
	}
	// An error beside the one device that was asked for concerns others.
	p := &Pipe{device: found[0], ends: ends}
	if err := p.take(); err != nil {
		return nil, errors.Join(err, found[0].Close())
	}
	return p, nil
}

// take claims the interface.
func (p *Pipe) take() (err error) {
	defer func() {
		if err != nil {
			p.release()
			err = fmt.Errorf("cannot claim interface %d by libusb: %w", p.ends.Number, failure(err))
		}
	}()
	if p.config, err = p.device.Config(int(p.ends.Configuration)); err != nil {
		return err
	}
	if p.claim, err = p.config.Interface(int(p.ends.Number), 0); err != nil {
		return err
	}
	if p.in, err = p.claim.InEndpoint(int(p.ends.In & 0xf)); err != nil {
		return err
	}
	p.out, err = p.claim.OutEndpoint(int(p.ends.Out & 0xf))
	return err
}

func (p *Pipe) release() {
	if p.claim != nil {
		p.claim.Close()
	}
	if p.config != nil {
		_ = p.config.Close() // it complains of open interfaces alone
	}
	p.claim, p.config = nil, nil
}

// Command implements usbctl.Pipe. Nothing is queued ahead.
func (p *Pipe) Command(ctx context.Context, wrapper, data []byte, d usbctl.Direction) (w, t usbctl.Transfer) {
	w = p.send(ctx, wrapper)
	switch {
	case w.Err != nil:
		return w, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	case len(data) == 0:
		return w, t
	case d == usbctl.Out:
		return w, p.send(ctx, data)
	}
	return w, p.Status(ctx, data)
}

func (p *Pipe) send(ctx context.Context, b []byte) usbctl.Transfer {
	if p.claim == nil {
		return usbctl.Transfer{Err: usbctl.ErrGone}
	}
	n, err := p.out.WriteContext(ctx, b)
	return usbctl.Transfer{N: n, Err: failure(err)}
}

// Status implements usbctl.Pipe.
func (p *Pipe) Status(ctx context.Context, b []byte) usbctl.Transfer {
	if p.claim == nil {
		return usbctl.Transfer{Err: usbctl.ErrGone}
	}
	n, err := p.in.ReadContext(ctx, b)
	return usbctl.Transfer{N: n, Err: failure(err)}
}

// ask makes one control request.
func (p *Pipe) ask(ctx context.Context, kind, code byte, value, index uint16, data []byte) (int, error) {
	left := 5 * time.Second
	if until, has := ctx.Deadline(); has {
		left = time.Until(until)
	}
	switch {
	case p.closed:
		return 0, usbctl.ErrGone
	case ctx.Err() != nil || left <= 0:
		return 0, usbctl.ErrTimeout
	}
	p.device.ControlTimeout = max(left, time.Millisecond)
	n, err := p.device.Control(kind, code, value, index, data)
	return n, failure(err)
}

// ClearHalt implements usbctl.Pipe, for the device's side (USB 2.0, 9.4.1).
func (p *Pipe) ClearHalt(ctx context.Context, d usbctl.Direction) error {
	endpoint := p.ends.Out
	if d == usbctl.In {
		endpoint = p.ends.In
	}
	_, err := p.ask(ctx, 0x02, 0x01, 0, uint16(endpoint), nil)
	return err
}

// Reset implements usbctl.Pipe.
func (p *Pipe) Reset(ctx context.Context) error {
	_, err := p.ask(ctx, 0x21, 0xff, 0, uint16(p.ends.Number), nil)
	return err
}

// MaxLUN implements usbctl.Pipe.
func (p *Pipe) MaxLUN(ctx context.Context) (int, error) {
	b := make([]byte, 1)
	n, err := p.ask(ctx, 0xa1, 0xfe, 0, uint16(p.ends.Number), b)
	switch {
	case errors.Is(err, usbctl.ErrStall):
		return 0, nil
	case err != nil:
		return 0, err
	case n != 1:
		return 0, fmt.Errorf("%w: no answer to Get Max LUN", usbctl.ErrLink)
	}
	return int(b[0]), nil
}

// Text asks for a string descriptor, as it comes.
func (p *Pipe) Text(ctx context.Context, index byte, language uint16) ([]byte, error) {
	b := make([]byte, 255)
	n, err := p.ask(ctx, 0x80, 0x06, 0x0300|uint16(index), language, b)
	return b[:max(n, 0)], err
}

// PortReset implements usbctl.Pipe.
func (p *Pipe) PortReset(ctx context.Context) error {
	if p.closed {
		return usbctl.ErrGone
	}
	if ctx.Err() != nil {
		return usbctl.ErrTimeout
	}
	p.release()
	if err := p.device.Reset(); err != nil {
		return fmt.Errorf("%w: %w", usbctl.ErrGone, err)
	}
	if err := p.take(); err != nil {
		return fmt.Errorf("%w: %w", usbctl.ErrGone, err)
	}
	return nil
}

// Buffer implements usbctl.Pipe with plain memory: libusb copies.
func (p *Pipe) Buffer(n int) ([]byte, error) { return make([]byte, n), nil }

// Close implements usbctl.Pipe.
func (p *Pipe) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.release()
	return p.device.Close()
}

// failure translates what gousb says.
func failure(err error) error {
	var status gousb.TransferStatus
	if errors.As(err, &status) {
		switch status {
		case gousb.TransferCancelled, gousb.TransferTimedOut:
			return usbctl.ErrTimeout
		case gousb.TransferStall:
			return usbctl.ErrStall
		case gousb.TransferOverflow:
			return usbctl.ErrOverflow
		case gousb.TransferNoDevice:
			return usbctl.ErrGone
		}
		return fmt.Errorf("%w: %w", usbctl.ErrLink, err)
	}
	var code gousb.Error
	if errors.As(err, &code) {
		switch code {
		case gousb.ErrorPipe:
			return usbctl.ErrStall
		case gousb.ErrorTimeout:
			return usbctl.ErrTimeout
		case gousb.ErrorOverflow:
			return usbctl.ErrOverflow
		case gousb.ErrorNoDevice, gousb.ErrorNotFound:
			return fmt.Errorf("%w: %w", usbctl.ErrGone, err)
		case gousb.ErrorIO:
			return fmt.Errorf("%w: %w", usbctl.ErrLink, err)
		}
	}
	return err
}
