// Package host is the real bus behind the broker: sysfs to see and to authorise,
// usbfs to ask and to claim.
//
//	broker.Bus ──► sysfs (instance before and after each write)
//	          └──► usbfs (descriptors come from the node itself)
//
// A port's directory in sysfs can be another device's from one moment to the next. So
// each write looks at the instance before and after, and takes back what went to a
// newcomer; and a node counts as a device's only when the descriptors that are read
// from it are the ones the verdict was about: they belong to the descriptor that is
// held, whatever happens to names and numbers.
//
// Failure modes: usbctl.ErrGone when the device is not there any more, or not the one
// that was meant; the errors of sysfs and usbfs otherwise.
//
// What it does not do: it decides nothing.
package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sexton/usbctl"
	"sexton/usbctl/broker"
	"sexton/usbctl/ident"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/usbfs"
	"sexton/usbctl/worker"
)

// Bus is this machine's. The zero value is ready for use.
type Bus struct {
	FS sysfs.FS
	// Nodes opens a device's node; nil = usbfs.Open.
	Nodes func(bus, dev int) (*os.File, error)
}

var _ broker.Bus = Bus{}

// Look implements broker.Bus.
func (b Bus) Look(port string) (broker.Sight, error) {
	d, err := b.FS.Read(port)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", usbctl.ErrGone, err)
	}
	if err != nil {
		return broker.Sight{}, err
	}
	return broker.Sight{Port: d.Name, Instance: d.Instance, Bus: d.Bus, Dev: d.Dev, Speed: ident.Speed(d.Speed), Authorised: d.Authorised, Raw: d.Raw, View: d.View}, nil
}

// still says whether the device of a sight is the one at its port.
func (b Bus) still(s broker.Sight) error {
	i, err := b.FS.Instance(s.Port)
	if errors.Is(err, fs.ErrNotExist) || err == nil && i != s.Instance {
		return usbctl.ErrGone
	}
	return err
}

// act writes for the device of a sight. undo takes the write back when it went to
// another one.
func (b Bus) act(s broker.Sight, write, undo func() error) error {
	if err := b.still(s); err != nil {
		return err
	}
	err := write()
	if gone := b.still(s); gone != nil {
		// The newcomer has not been judged; an error says that it is gone too, or has nothing to take back.
		_ = undo()
		return gone
	}
	return err
}

// Authorise implements broker.Bus.
func (b Bus) Authorise(s broker.Sight, on bool) error {
	return b.act(s, func() error { return b.FS.Authorise(s.Port, on) }, func() error { return b.FS.Authorise(s.Port, false) })
}

// AuthoriseInterface implements broker.Bus.
func (b Bus) AuthoriseInterface(s broker.Sight, configuration, number byte, on bool) error {
	return b.act(s, func() error { return b.FS.AuthoriseInterface(s.Port, configuration, number, on) },
		func() error { return b.FS.Authorise(s.Port, false) })
}

// node opens the device of a sight.
func (b Bus) node(s broker.Sight) (*os.File, error) {
	open := b.Nodes
	if open == nil {
		open = usbfs.Open
	}
	if err := b.still(s); err != nil {
		return nil, err
	}
	file, err := open(s.Bus, s.Dev)
	if err != nil {
		return nil, err
	}
	if err := shows(file, s); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// shows demands that a node's own descriptors are those of the sight.
func shows(file *os.File, s broker.Sight) error {
	own, err := io.ReadAll(io.NewSectionReader(file, 0, int64(len(s.Raw))+1))
	if err != nil {
		return fmt.Errorf("%w: cannot read its descriptors: %w", usbctl.ErrGone, err)
	}
	if !bytes.Equal(own, s.Raw) {
		return fmt.Errorf("%w: its node shows other descriptors", usbctl.ErrGone)
	}
	return nil
}

// Strings implements broker.Bus, in the first language the device names (USB 2.0,
// 9.6.7).
func (b Bus) Strings(ctx context.Context, s broker.Sight, indexes []byte) (map[byte][]byte, error) {
	out := map[byte][]byte{}
	if len(indexes) == 0 {
		return out, nil
	}
	file, err := b.node(s)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	d := usbfs.Direct{File: file}
	languages, err := d.Text(ctx, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for languages: %w", err)
	}
	if len(languages) < 4 {
		return nil, errors.New("cannot ask for strings: it names no language")
	}
	for _, i := range indexes {
		if out[i], err = d.Text(ctx, i, binary.LittleEndian.Uint16(languages[2:])); err != nil {
			return nil, fmt.Errorf("cannot ask for string %d: %w", i, err)
		}
	}
	return out, nil
}

// Claim implements broker.Bus.
func (b Bus) Claim(_ context.Context, s broker.Sight, number byte) (worker.Claim, error) {
	file, err := b.node(s)
	if err != nil {
		return nil, err
	}
	if err := usbfs.Claim(file, number); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := errors.Join(usbfs.Drop(file, number), b.still(s)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &claim{Direct: usbfs.Direct{File: file, Interface: number}, bus: b, sight: s}, nil
}

// claim is a claimed interface.
type claim struct {
	usbfs.Direct
	bus   Bus
	sight broker.Sight
}

// PortReset resets the port, and demands that the same device comes back.
func (c *claim) PortReset(ctx context.Context) error {
	if err := c.Direct.PortReset(ctx); err != nil {
		return err
	}
	if err := shows(c.File, c.sight); err != nil {
		return err
	}
	return c.bus.still(c.sight)
}

// Endpoint implements worker.Claim.
func (c *claim) Endpoint() worker.Endpoint { return worker.Endpoint{File: c.File} }

// Close implements worker.Claim.
func (c *claim) Close() error {
	return errors.Join(usbfs.Release(c.File, c.Interface), c.File.Close())
}
