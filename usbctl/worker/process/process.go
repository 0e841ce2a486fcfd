// Package process starts workers as processes, and is what runs in them.
//
//	Processes.Start ── socketpair ──► blk, fs   (this program again, in namespaces of its own)
//	      │                             │
//	      └─ control, a descriptor ───► Inherit: connections, then sandbox.Seal, then Main
//
// Each process becomes another user, one of IDs from FirstID on, and has two
// descriptors beside the standard ones: the line to the broker and the one to the
// other worker. The device's comes over the line, once, when the sandbox is closed.
//
// Failure modes: how a process ended is told by Wait, with its last words, quoted;
// ErrForbidden when it was ended for a system call.
//
// What it does not do: it knows nothing of USB.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/sandbox"
)

// Numbers of users that workers become: beyond what any account or container has
// (systemd's UIDS-GIDS.md leaves the range unused), one for each worker in turn.
const (
	FirstID = 1_900_000_000
	IDs     = 4096
)

// Descriptors of a worker process.
const (
	controlFD = 3
	peerFD    = 4
)

// ErrForbidden: the worker asked for a system call that kills.
var ErrForbidden = errors.New("the worker tried what no honest worker does")

// Processes starts workers as processes in sandboxes: this program again, with the
// arguments Args gives.
type Processes struct {
	Path string // "" = this program
	Args func(role worker.Role, id int) []string
	next atomic.Uint32
}

// Start implements Starter.
func (p *Processes) Start(ctx context.Context) (blk, fs worker.Hand, err error) {
	mine, theirs, err := pair()
	if err != nil {
		return nil, nil, err
	}
	defer mine.Close()
	defer theirs.Close()
	b, err := p.start(worker.RoleBlk, mine)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.start(worker.RoleFs, theirs)
	if err != nil {
		b.Kill()
		_ = b.Wait() // it was killed
		b.Close()
		return nil, nil, err
	}
	return b, f, nil
}

// maxComplaint is how much of a worker's last words is kept.
const maxComplaint = 4096

func (p *Processes) start(role worker.Role, peer *os.File) (*process, error) {
	mine, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	control, err := connection(mine)
	if err != nil {
		return nil, err
	}
	path := p.Path
	if path == "" {
		path = "/proc/self/exe"
	}
	id := FirstID + int(p.next.Add(1)%IDs)
	h := &process{Files: control, cmd: exec.Command(path, p.Args(role, id)...)}
	h.cmd.Env, h.cmd.Dir = []string{}, "/"
	h.cmd.ExtraFiles = []*os.File{theirs, peer}
	h.cmd.SysProcAttr = sandbox.Attributes()
	h.cmd.Stderr = &h.said
	if err := h.cmd.Start(); err != nil {
		control.Close()
		return nil, fmt.Errorf("cannot start %s: %w", role, err)
	}
	return h, nil
}

// process is a Hand on one.
type process struct {
	*Files
	cmd  *exec.Cmd
	said tail
}

// Give implements Hand: the next bytes written carry the descriptor.
func (h *process) Give(e worker.Endpoint) error {
	if e.File == nil {
		return errors.New("a process can be handed nothing but a descriptor")
	}
	h.Files.give(e.File)
	return nil
}

// Wait implements worker.Hand.
func (h *process) Wait() error {
	err := h.cmd.Wait()
	var x *exec.ExitError
	if !errors.As(err, &x) {
		return err
	}
	if s, ok := x.Sys().(syscall.WaitStatus); ok && s.Signaled() && s.Signal() == unix.SIGSYS {
		err = fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if last := h.said.text(); last != "" {
		err = fmt.Errorf("%w: %q", err, last)
	}
	return err
}

// Kill implements worker.Hand.
func (h *process) Kill() { _ = h.cmd.Process.Kill() } // it may have ended

// tail keeps the beginning of what is written to it: a crash names its cause first.
type tail struct {
	mu sync.Mutex // guards b
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p[:min(len(p), maxComplaint-len(t.b))]...)
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}

// Open makes a Pipe over the descriptor that was handed over.
type Open func(file *os.File, d worker.Device, control *worker.Control) (usbctl.Pipe, error)

// Main is the life of a worker process: it closes its sandbox, says so, does its one
// task and ends. open is blk's.
func Main(ctx context.Context, role worker.Role, o sandbox.Options, open Open) error {
	l, err := Inherit(o)
	if err != nil {
		return err
	}
	switch role {
	case worker.RoleBlk:
		return worker.RunBlk(ctx, l.Control, l.Peer, l.Sealed, func(d worker.Device, c *worker.Control) (usbctl.Pipe, error) {
			file, err := l.control.File()
			if err != nil {
				return nil, err
			}
			return open(file, d, c)
		})
	case worker.RoleFs:
		return worker.RunFs(ctx, l.Control, l.Peer, l.Sealed)
	}
	return fmt.Errorf("cannot be %q", role)
}

// Lines are what a sealed worker has.
type Lines struct {
	Control *worker.Control
	Peer    wire.Stream
	Sealed  worker.Sealed
	control *Files
}

// Inherit takes the connections the process was started with, and closes its sandbox
// around them.
func Inherit(o sandbox.Options) (Lines, error) {
	control, err := inherit(controlFD)
	if err != nil {
		return Lines{}, err
	}
	control.take = true
	peer, err := inherit(peerFD)
	if err != nil {
		return Lines{}, err
	}
	done, missing, err := sandbox.Seal(o)
	if err != nil {
		return Lines{}, err
	}
	l := Lines{Control: worker.NewControl(control), Peer: peer, control: control}
	for _, step := range done {
		l.Sealed.Steps = append(l.Sealed.Steps, string(step))
	}
	for _, step := range missing {
		l.Sealed.Missing = append(l.Sealed.Missing, string(step))
	}
	return l, nil
}

// Announce says which worker it is and that its sandbox is closed, and gives the job
// that fs is to do.
func (l Lines) Announce(ctx context.Context, role worker.Role) (j worker.Job, err error) {
	s := l.Sealed
	s.Role = role
	return j, l.Control.Announce(ctx, s, &j)
}

func inherit(fd int) (*Files, error) {
	err := unix.SetNonblock(fd, true)
	if err == nil {
		var f *Files
		if f, err = connection(os.NewFile(uintptr(fd), "worker")); err == nil {
			return f, nil
		}
	}
	return nil, fmt.Errorf("cannot use descriptor %d: a worker is started by the broker only: %w", fd, err)
}
