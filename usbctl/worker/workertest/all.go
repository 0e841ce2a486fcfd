package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/process"
	"sexton/usbctl/worker/sandbox"
)

// all runs everything.
func all(out io.Writer) error {
	bad := 0
	say := func(name string, ok bool, format string, args ...any) {
		mark := "ok  "
		if !ok {
			mark = "FAIL"
			bad++
		}
		fmt.Fprintf(out, "%s %-34s %s\n", mark, name, fmt.Sprintf(format, args...))
	}
	for i, t := range tries() {
		got, why := attemptIn(t.name, process.FirstID+1000+i)
		say(t.name, got == t.want, "%s: %s", got, bytes.TrimSpace([]byte(why)))
	}
	for _, name := range free {
		got, why := attemptIn(name, unsealed)
		say("without a sandbox: "+name, got == happened, "%s: %s", got, bytes.TrimSpace([]byte(why)))
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{{"honest jobs in two processes", honest}, {"an evil fs cannot write", evilCannotWrite}, {"a job that never ends", never},
		{"outside namespaces", outside}, {"a number somebody may have", somebody}} {
		err := c.do()
		say(c.name, err == nil, "%v", err)
	}
	if bad > 0 {
		return fmt.Errorf("%d of these must not be", bad)
	}
	fmt.Fprintln(out, "PASS")
	return nil
}

// held is a model as the broker holds a device: blk gets a descriptor.
type held struct {
	*model.Pipe
	far    *os.File
	served chan error
	stop   context.CancelFunc
}

func hold(d *model.Device) (*held, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	near := os.NewFile(uintptr(fds[0]), "near")
	defer near.Close()
	c, err := net.FileConn(near)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	h := &held{Pipe: model.NewPipe(d), far: os.NewFile(uintptr(fds[1]), "far"), served: make(chan error, 1), stop: stop}
	go func() { h.served <- expose(ctx, c, h.Pipe) }()
	return h, nil
}

func (h *held) Endpoint() worker.Endpoint { return worker.Endpoint{File: h.far} }
func (h *held) Close() error {
	h.stop()
	<-h.served
	return h.far.Close()
}

func processes(fs string) *process.Processes {
	return &process.Processes{Args: func(role worker.Role, id int) []string {
		name := string(role)
		if role == worker.RoleFs {
			name = fs
		}
		return []string{"worker", name, strconv.Itoa(id)}
	}}
}

// run2 does one job on d in two processes, the fs among them being fs.
func run2(d *model.Device, fs string, job worker.Job, limit time.Duration) (worker.Outcome, error) {
	h, err := hold(d)
	if err != nil {
		return worker.Outcome{}, err
	}
	defer h.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return worker.Supervise(ctx, processes(fs), worker.Task{Claim: h, Job: job, Journal: forgetful{}, Device: worker.Device{In: 0x81, Out: 2}}), nil
}

type forgetful struct{}

func (forgetful) Begin(context.Context, uint64) error  { return nil }
func (forgetful) Commit(context.Context, uint64) error { return nil }

const evidence = "what must not change"

func key() *model.Device {
	d := model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 8192, Thin: true, Sanitize: true})
	d.Store.WriteAt([]byte(evidence), 100*512)
	return d
}

func honest() error {
	d := key()
	canary := &worker.CanaryJob{Secret: make([]byte, ident.SecretSize), Region: ident.Region{Start: 4096, Count: 4096}}
	for _, job := range []worker.Job{{Kind: worker.Portray}, {Kind: worker.CanaryLay, Canary: canary}, {Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: make([]byte, 16)}}} {
		o, err := run2(d, "fs", job, time.Minute)
		if err != nil {
			return err
		}
		if !o.Sound() || o.Result.Err() != nil || len(o.Sealed) != 2 {
			return fmt.Errorf("%s: %+v %+v", job.Kind, o, o.Result)
		}
		for _, s := range o.Sealed {
			if len(s.Steps) != len(sandbox.Steps()) {
				return fmt.Errorf("%s has only %v", s.Role, s.Steps)
			}
		}
	}
	return nil
}

// evil is an fs that sends every frame that could change a medium.
func evil(o sandbox.Options) error {
	l, err := process.Inherit(o)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := l.Announce(ctx, worker.RoleFs); err != nil {
		return err
	}
	m, err := worker.Reach(ctx, l.Peer)
	if err != nil {
		return err
	}
	var r *scsi.Refused
	for name, err := range map[string]error{
		"write":    m.WriteBlocks(ctx, 100, make([]byte, 512)),
		"unmap":    m.Unmap(ctx, 100, 1),
		"erase":    m.Sanitize(ctx, scsi.SanitizeBlockErase, nil),
		"pattern":  m.Sanitize(ctx, scsi.SanitizeOverwrite, []byte{0}),
		"no block": m.WriteBlocks(ctx, 1<<40, make([]byte, 512)),
	} {
		if !errors.As(err, &r) && name != "no block" || err == nil {
			return fmt.Errorf("%s was not refused: %w", name, err)
		}
	}
	// At last a frame of no honest fs: opening again, in another mode.
	b, err := wire.Append(nil, wire.Frame{Op: 1, Tag: 1, Payload: []byte{3}})
	if err != nil {
		return err
	}
	_, err = l.Peer.Write(b)
	return err
}

func evilCannotWrite() error {
	d := key()
	o, err := run2(d, "evil", worker.Job{Kind: worker.Portray}, time.Minute)
	if err != nil {
		return err
	}
	if o.Fs != nil || o.Result != nil || o.Blk == nil {
		return fmt.Errorf("it was to send its frames, say nothing, and blk was to end of it: %+v", o)
	}
	got := make([]byte, len(evidence))
	d.Store.ReadAt(got, 100*512)
	if string(got) != evidence {
		return fmt.Errorf("the medium holds %q", got)
	}
	return nil
}

// never: a device that keeps a job waiting is ended with it.
func never() error {
	d := key().Break(model.DataNever, -1)
	o, err := run2(d, "fs", worker.Job{Kind: worker.Portray}, 2*time.Second)
	if err != nil {
		return err
	}
	if !errors.Is(o.Err, context.DeadlineExceeded) || o.Sound() {
		return fmt.Errorf("%+v", o)
	}
	return nil
}

// outside: without namespaces of its own a process does not go on.
func outside() error {
	var e *sandbox.Error
	_, _, err := sandbox.Seal(sandbox.Options{ID: process.FirstID})
	if !errors.As(err, &e) || e.Step != sandbox.Namespaces {
		return fmt.Errorf("it went on: %v", err)
	}
	return nil
}

func somebody() error {
	var e *sandbox.Error
	_, _, err := sandbox.Seal(sandbox.Options{ID: syscall.Getuid()})
	if !errors.As(err, &e) || e.Step != sandbox.User {
		return fmt.Errorf("it went on: %v", err)
	}
	return nil
}
