package usbcases

import (
	"context"
	"encoding/binary"
	"fmt"

	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/sysfs/sysfstest"
)

// memory is a rig without a kernel.
type memory struct {
	ports, generations int
}

func (*memory) kernel() bool { return false }

func (r *memory) plug(_ context.Context, d *model.Device) (socket, error) {
	r.ports++
	r.generations++
	return &memorySocket{rig: r, name: fmt.Sprintf("1-%d", r.ports), pipe: model.NewPipe(d), gen: uint64(r.generations)}, nil
}

type memorySocket struct {
	rig  *memory
	name string
	pipe *model.Pipe
	gen  uint64
}

func (s *memorySocket) port() string               { return s.name }
func (s *memorySocket) generation() uint64         { return s.gen }
func (s *memorySocket) with(f func(*model.Device)) { s.pipe.With(f) }

func (s *memorySocket) look(context.Context) (sight, error) {
	var x sight
	s.pipe.With(func(d *model.Device) {
		x = sight{raw: d.USB.Blob(), view: sysfstest.View(d.USB), speed: "480"}
	})
	return x, nil
}

func (s *memorySocket) text(_ context.Context, index byte) ([]byte, error) {
	var b []byte
	var setup [8]byte
	setup[0], setup[1], setup[2], setup[3] = 0x80, 6, index, 3
	binary.LittleEndian.PutUint16(setup[4:], 0x0409)
	setup[6] = 255
	answer := model.Done
	s.pipe.With(func(d *model.Device) { b, answer = d.Control(setup, nil) })
	if answer != model.Done {
		return nil, fmt.Errorf("no text %d", index)
	}
	return b, nil
}

func (s *memorySocket) open(context.Context, desc.Device, byte) (usbctl.Pipe, error) {
	return s.pipe, nil
}

func (s *memorySocket) replug(_ context.Context, d *model.Device) error {
	d.Replug()
	s.pipe = model.NewPipe(d)
	s.rig.generations++
	s.gen = uint64(s.rig.generations)
	return nil
}

func (s *memorySocket) unplug(context.Context) error { return nil }
