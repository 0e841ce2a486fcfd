package usbcases

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/sysfs/sysfstest"
	"sexton/usbctl/watch"
)

// memory is a rig without a kernel.
type memory struct {
	ports   int
	number  uint64 // of instances
	state   watch.State
	present map[string]uint64
}

func (*memory) kernel() bool { return false }

// see tells the watcher's state what is there.
func (r *memory) see(name string, there bool) (e watch.Event) {
	if r.present == nil {
		r.present = map[string]uint64{}
	}
	r.number++
	delete(r.present, name)
	if there {
		r.present[name] = r.number
	}
	for _, x := range r.state.Update(time.Now(), maps.Clone(r.present)) {
		if x.Kind == watch.Arrived {
			e = x
		}
	}
	return e
}

func (r *memory) plug(_ context.Context, d *model.Device) (socket, error) {
	r.ports++
	name := fmt.Sprintf("1-%d", r.ports)
	return &memorySocket{rig: r, name: name, pipe: model.NewPipe(d), event: r.see(name, true)}, nil
}

type memorySocket struct {
	rig   *memory
	name  string
	pipe  *model.Pipe
	event watch.Event
}

func (s *memorySocket) port() string               { return s.name }
func (s *memorySocket) generation() uint64         { return s.event.Generation }
func (s *memorySocket) storm() bool                { return s.event.Storm }
func (s *memorySocket) with(f func(*model.Device)) { s.pipe.With(f) }

// control asks the device for a descriptor.
func (s *memorySocket) control(kind, index byte) ([]byte, error) {
	setup := [8]byte{0x80, 6, index, kind, 0x09, 0x04, 0xff, 0xff}
	var b []byte
	var answer model.Answer
	s.pipe.With(func(d *model.Device) { b, answer = d.Control(setup, nil) })
	if answer != model.Done {
		return nil, errAbsent
	}
	return b, nil
}

func (s *memorySocket) look(context.Context) (sight, error) {
	var x sight
	var configs int
	s.pipe.With(func(d *model.Device) {
		x.view, x.speed, configs = sysfstest.View(d.USB), "480", len(d.USB.Configs)
	})
	var err error
	if x.raw, err = s.control(1, 0); err != nil {
		return x, err
	}
	x.raw = slices.Clone(x.raw)
	for i := range configs {
		c, err := s.control(2, byte(i))
		if err != nil {
			return x, err
		}
		x.raw = append(x.raw, c...)
	}
	return x, nil
}

func (s *memorySocket) text(_ context.Context, index byte) ([]byte, error) {
	b, err := s.control(3, index)
	return slices.Clone(b), err
}

func (s *memorySocket) open(context.Context, desc.Device, byte) (usbctl.Pipe, error) {
	return s.pipe, nil
}

func (s *memorySocket) replug(ctx context.Context, d *model.Device) error {
	s.pipe.With((*model.Device).Yank)
	s.rig.see(s.name, false)
	d.Replug()
	s.pipe, s.event = model.NewPipe(d), s.rig.see(s.name, true)
	return nil
}

func (s *memorySocket) resettled(context.Context) error {
	var d *model.Device
	s.pipe.With(func(x *model.Device) { x.Replug(); d = x })
	s.pipe, s.event = model.NewPipe(d), s.rig.see(s.name, true)
	return nil
}

func (s *memorySocket) slow(d time.Duration) { s.pipe.Slow = func(context.Context) { time.Sleep(d) } }

func (s *memorySocket) unplug(context.Context) error {
	s.rig.see(s.name, false)
	return nil
}
