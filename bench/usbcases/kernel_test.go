package usbcases

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/model/vhci"
	"sexton/usbctl/scsi"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/usbfs"
	"sexton/usbctl/watch"
)

// guestRig is the kernel of the guest, its virtual controller and our watcher.
type guestRig struct {
	fs sysfs.FS

	mu      sync.Mutex // guards what follows
	present map[string]watch.Event
	changed chan struct{} // closed and made anew at every event

	stop  context.CancelFunc
	ended chan error
}

func newGuestRig() *guestRig {
	ctx, stop := context.WithCancel(context.Background())
	r := &guestRig{present: map[string]watch.Event{}, changed: make(chan struct{}), stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- watch.New(r.fs).Run(ctx, r.tell) }()
	return r
}

func (r *guestRig) close() error {
	r.stop()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (r *guestRig) tell(e watch.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == watch.Gone {
		delete(r.present, e.Name)
	} else {
		r.present[e.Name] = e
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// until waits until what is present satisfies ok.
func (r *guestRig) until(ctx context.Context, ok func(map[string]watch.Event) bool) error {
	for {
		r.mu.Lock()
		done, changed := ok(r.present), r.changed
		r.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// arrival waits for a device at a port that is not the one of generation before.
func (r *guestRig) arrival(ctx context.Context, name string, before uint64) (e watch.Event, err error) {
	err = r.until(ctx, func(p map[string]watch.Event) bool {
		x, there := p[name]
		e = x
		return there && x.Generation != before
	})
	return e, err
}

func (r *guestRig) kernel() bool { return true }

// patience is how long the kernel may take to enumerate, or to give up.
const patience = 10 * time.Second

func (r *guestRig) plug(ctx context.Context, d *model.Device) (socket, error) {
	p, err := vhci.Plug(d)
	if err != nil {
		return nil, err
	}
	s := &guestSocket{rig: r, device: p, name: p.Name}
	if err := s.settle(ctx, 0); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return s, nil
}

type guestSocket struct {
	rig    *guestRig
	device *vhci.Port
	name   string
	event  watch.Event
}

func (s *guestSocket) settle(ctx context.Context, before uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	if s.event, err = s.rig.arrival(ctx, s.name, before); errors.Is(err, context.DeadlineExceeded) {
		return errAbsent
	}
	return err
}

func (s *guestSocket) port() string               { return s.name }
func (s *guestSocket) generation() uint64         { return s.event.Generation }
func (s *guestSocket) storm() bool                { return s.event.Storm }
func (s *guestSocket) with(f func(*model.Device)) { s.device.With(f) }

func (s *guestSocket) look(context.Context) (sight, error) {
	d, err := s.rig.fs.Read(s.name)
	return sight{raw: d.Raw, view: d.View, speed: d.Speed}, err
}

func (s *guestSocket) text(ctx context.Context, index byte) ([]byte, error) {
	d, err := s.rig.fs.Read(s.name)
	if err != nil {
		return nil, err
	}
	file, err := usbfs.Open(d.Bus, d.Dev)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return usbfs.Direct{File: file}.Text(ctx, index, 0x0409)
}

func (s *guestSocket) open(_ context.Context, d desc.Device, number byte) (usbctl.Pipe, error) {
	return openInterface(s.rig.fs, s.name, d, number)
}

// openInterface authorises one interface of a device, claims it and drops the rights.
func openInterface(f sysfs.FS, name string, d desc.Device, number byte) (usbctl.Pipe, error) {
	if err := f.Authorise(name, true); err != nil {
		return nil, err
	}
	if err := f.AuthoriseInterface(name, d.Configs[0].Value, number, true); err != nil {
		return nil, err
	}
	now, err := f.Read(name)
	if err != nil {
		return nil, err
	}
	if diff := d.Differs(now.View); len(diff) > 0 {
		return nil, errors.New(diff[0])
	}
	file, err := usbfs.Open(now.Bus, now.Dev)
	if err != nil {
		return nil, err
	}
	ends := usbfs.Interface{Number: number, Ahead: d.USB >= 0x300}
	for _, i := range d.Configs[0].Interfaces {
		for _, e := range i.Settings[0].Endpoints {
			switch {
			case i.Number != number:
			case e.In():
				ends.In = e.Address
			default:
				ends.Out = e.Address
			}
		}
	}
	err = errors.Join(usbfs.Claim(file, number), usbfs.Drop(file, number))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	p, err := usbfs.New(file, ends, usbfs.Direct{File: file, Interface: number})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

func (s *guestSocket) replug(ctx context.Context, d *model.Device) error {
	before := s.event.Generation
	if err := s.unplug(ctx); err != nil {
		return err
	}
	d.Replug()
	p, err := vhci.Plug(d)
	if err != nil {
		return err
	}
	if p.Name != s.name {
		return errors.Join(errors.New("it came to port "+p.Name), p.Close())
	}
	s.device = p
	return s.settle(ctx, before)
}

func (s *guestSocket) slow(d time.Duration) { s.device.Delay(d) }

func (s *guestSocket) resettled(ctx context.Context) error { return s.settle(ctx, s.event.Generation) }

// unplug waits until the kernel has noticed, and until the virtual port is free.
func (s *guestSocket) unplug(ctx context.Context) error {
	_ = s.device.Close() // a yanked device has closed it already
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.rig.until(ctx, func(p map[string]watch.Event) bool {
		e, there := p[s.name]
		return !there || e.Generation != s.event.Generation
	})
}

// find waits for a device of QEMU or a gadget by its serial text and gives its name.
func (r *guestRig) find(ctx context.Context, serial string) (name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = r.until(ctx, func(p map[string]watch.Event) bool {
		for n := range p {
			_, _, s, err := r.fs.Strings(n)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil && s == serial {
				name = n
				return true
			}
		}
		return false
	})
	if err != nil {
		return "", errors.New("cannot find the device with serial " + strconv.Quote(serial))
	}
	return name, nil
}

// qemuKey is a session with one of QEMU's own keys.
type qemuKey struct {
	name, speed string
	pipe        usbctl.Pipe
	engine      *bot.Engine
	unit        *scsi.Unit
}

func (r *guestRig) qemuKey(ctx context.Context, serial string) (*qemuKey, error) {
	name, err := r.find(ctx, serial)
	if err != nil {
		return nil, err
	}
	seen, err := r.fs.Read(name)
	if err != nil {
		return nil, err
	}
	d, err := desc.Parse(seen.Raw)
	if err != nil {
		return nil, err
	}
	if diff := d.Differs(seen.View); len(diff) > 0 {
		return nil, errors.New(diff[0])
	}
	k := &qemuKey{name: name, speed: seen.Speed}
	if k.pipe, err = openInterface(r.fs, name, d, 0); err != nil {
		return nil, err
	}
	if k.engine, err = bot.New(k.pipe, bot.Options{Deadline: patience}); err == nil {
		k.unit = scsi.NewUnit(k.engine, 0, usbctl.Write)
		_, err = k.unit.Open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, k.pipe.Close())
	}
	return k, nil
}
