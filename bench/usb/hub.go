// Package usb is a virtual USB hub for benches, demos and tests: keys that exist only
// as models, behind the same broker, workers and line as real ones.
//
//	Insert, Remove ──► Hub (broker.Bus) ──► broker.Broker ──► line.Server ──► station
//	                    │ model.Device            │ rules, verdicts
//	                    └──────── model.Pipe ◄────┘ workers as goroutines
//
// The hub behaves as the kernel does where the broker can tell: a device has an
// instance, numbers and a port; its interfaces exist once it is authorised and can be
// claimed once they are authorised themselves; unplugged, it takes everything with
// it.
//
// Failure modes: those of the models (package model), which are the point of it.
//
// What it does not do: it has no electricity. A station that speaks with it is told
// that it is a bench, and nothing here is reachable from the product.
package usb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strconv"
	"sync"

	"sexton/usbctl"
	"sexton/usbctl/broker"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/worker"
)

// Hub is the virtual bus. It is safe for concurrent use.
type Hub struct {
	// Before, when set, is called before each step of the broker with its name; a
	// test plugs something in meanwhile. Set it before the first Insert.
	Before func(step string)

	mu      sync.Mutex // guards what follows
	ports   map[string]*plugged
	last    uint64
	dev     int
	changed chan struct{} // of one token: something was plugged in or out
}

// plugged is one device in a port.
type plugged struct {
	instance   uint64
	dev        int
	device     *model.Device
	pipe       *model.Pipe
	authorised bool
	interfaces map[byte]bool
	claimed    bool
}

var _ broker.Bus = (*Hub)(nil)

// NewHub makes a hub with nothing in it.
func NewHub() *Hub {
	return &Hub{ports: map[string]*plugged{}, changed: make(chan struct{}, 1)}
}

// speed of every virtual device.
const speed ident.Speed = "480"

// Insert plugs a device in, in place of what was there, and gives its instance.
func (h *Hub) Insert(port string, d *model.Device) uint64 {
	h.Remove(port)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	h.dev = h.dev%127 + 1
	p := &plugged{instance: h.last, dev: h.dev, device: d, pipe: model.NewPipe(d), interfaces: map[byte]bool{}}
	p.pipe.With(func(d *model.Device) { d.Replug() })
	h.ports[port] = p
	h.ring()
	return p.instance
}

// Remove pulls a device out, whatever it is doing.
func (h *Hub) Remove(port string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.ports[port]; p != nil {
		delete(h.ports, port)
		p.pipe.With(func(d *model.Device) { d.Yank() })
		h.ring()
	}
}

func (h *Hub) ring() {
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// Instances is what is plugged in, by port.
func (h *Hub) Instances() map[string]uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]uint64{}
	for port, p := range h.ports {
		out[port] = p.instance
	}
	return out
}

// Alive says whether the device in a port is authorised, and which of its interfaces
// are.
func (h *Hub) Alive(port string) (bool, []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.ports[port]
	if p == nil || !p.authorised {
		return false, nil
	}
	var out []byte
	for i := range maps.Keys(p.interfaces) {
		out = append(out, i)
	}
	return true, out
}

func (h *Hub) step(name string) {
	if h.Before != nil {
		h.Before(name)
	}
}

// of is the instance of a sight; the caller holds mu.
func (h *Hub) of(s broker.Sight) (*plugged, error) {
	p := h.ports[s.Port]
	if p == nil || p.instance != s.Instance {
		return nil, usbctl.ErrGone
	}
	return p, nil
}

// Look implements broker.Bus.
func (h *Hub) Look(port string) (broker.Sight, error) {
	h.step("look")
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.ports[port]
	if p == nil {
		return broker.Sight{}, fs.ErrNotExist
	}
	s := broker.Sight{Port: port, Instance: p.instance, Bus: 1, Dev: p.dev, Speed: speed, Authorised: p.authorised, Raw: p.device.USB.Blob()}
	s.View = view(p.device.USB.Device, s.Raw, p.authorised)
	return s, nil
}

// view is what a kernel shows of descriptors.
func view(dev, raw []byte, authorised bool) desc.View {
	hex := func(at int) string { return fmt.Sprintf("%02x", dev[at]) }
	v := desc.View{Vendor: hex(9) + hex(8), Product: hex(11) + hex(10), Release: hex(13) + hex(12), Class: hex(4), Subclass: hex(5), Protocol: hex(6),
		Version: fmt.Sprintf("%x.%02x", dev[3], dev[2]), MaxPacket0: strconv.Itoa(int(dev[7])), Configurations: strconv.Itoa(int(dev[17]))}
	d, err := desc.Parse(raw)
	if err != nil || !authorised {
		return v
	}
	c := d.Configs[0]
	v.ConfigurationValue, v.Interfaces = strconv.Itoa(int(c.Value)), strconv.Itoa(len(c.Interfaces))
	for _, i := range c.Interfaces {
		s := i.Settings[0]
		two := func(b byte) string { return fmt.Sprintf("%02x", b) }
		v.InterfaceClasses = append(v.InterfaceClasses, desc.InterfaceView{Number: two(i.Number), Alternate: " 0", Endpoints: two(byte(len(s.Endpoints))),
			Class: two(s.Class), Subclass: two(s.Subclass), Protocol: two(s.Protocol)})
	}
	return v
}

// Strings implements broker.Bus.
func (h *Hub) Strings(_ context.Context, s broker.Sight, indexes []byte) (map[byte][]byte, error) {
	h.step("strings")
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.of(s)
	if err != nil {
		return nil, err
	}
	out := map[byte][]byte{}
	for _, i := range indexes {
		t, ok := p.device.USB.Strings[i]
		if !ok {
			return nil, usbctl.ErrStall
		}
		out[i] = bytes.Clone(t)
	}
	return out, nil
}

// Authorise implements broker.Bus.
func (h *Hub) Authorise(s broker.Sight, on bool) error {
	h.step("authorise")
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.of(s)
	if err != nil {
		return err
	}
	if p.authorised && !on {
		p.interfaces = map[byte]bool{}
		if p.claimed { // the kernel takes the interface from whoever holds it
			p.pipe.Close()
			p.pipe = model.NewPipe(p.device)
			p.claimed = false
		}
	}
	p.authorised = on
	return nil
}

// AuthoriseInterface implements broker.Bus.
func (h *Hub) AuthoriseInterface(s broker.Sight, _, number byte, on bool) error {
	h.step("interface")
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.of(s)
	if err != nil {
		return err
	}
	if !p.authorised {
		return fs.ErrNotExist // there are no interfaces yet
	}
	p.interfaces[number] = on
	return nil
}

// Claim implements broker.Bus.
func (h *Hub) Claim(_ context.Context, s broker.Sight, number byte) (worker.Claim, error) {
	h.step("claim")
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.of(s)
	switch {
	case err != nil:
		return nil, err
	case !bytes.Equal(p.device.USB.Blob(), s.Raw):
		return nil, usbctl.ErrGone
	case !p.interfaces[number]:
		return nil, errors.New("the interface is not authorised")
	case p.claimed:
		return nil, errors.New("the interface is held by somebody else")
	}
	p.claimed = true
	return &claim{Pipe: p.pipe, hub: h, of: p}, nil
}

// claim is a claimed interface.
type claim struct {
	*model.Pipe
	hub *Hub
	of  *plugged
}

func (c *claim) Endpoint() worker.Endpoint { return worker.Endpoint{Pipe: c.Pipe} }

// PortReset resets the port; a device that shows another identity afterwards is
// another device.
func (c *claim) PortReset(ctx context.Context) error {
	err := c.Pipe.PortReset(ctx)
	if !errors.Is(err, usbctl.ErrGone) {
		return err
	}
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	for port, p := range c.hub.ports {
		if p == c.of {
			c.hub.last++
			p.device.Replug()
			c.hub.ports[port] = &plugged{instance: c.hub.last, dev: p.dev, device: p.device, pipe: model.NewPipe(p.device), interfaces: map[byte]bool{}}
			c.hub.ring()
		}
	}
	return err
}

// Close gives the interface back; the device stays.
func (c *claim) Close() error {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if c.of.pipe == c.Pipe {
		c.of.claimed = false
	}
	return nil
}
