package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
	"sexton/usbctl/wire"
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
	Args func(role Role, id int) []string
	next atomic.Uint32
}

// Start implements Starter.
func (p *Processes) Start(ctx context.Context) (blk, fs Hand, err error) {
	mine, theirs, err := pair()
	if err != nil {
		return nil, nil, err
	}
	defer mine.Close()
	defer theirs.Close()
	b, err := p.start(RoleBlk, mine)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.start(RoleFs, theirs)
	if err != nil {
		b.Kill()
		_ = b.Wait() // it was killed
		b.Close()
		return nil, nil, err
	}
	return b, f, nil
}

// pair makes two connected descriptors.
func pair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot connect processes: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "worker"), nil
}

// maxComplaint is how much of a worker's last words is kept.
const maxComplaint = 4096

func (p *Processes) start(role Role, peer *os.File) (*process, error) {
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
func (h *process) Give(e Endpoint) error {
	if e.File == nil {
		return errors.New("a process can be handed nothing but a descriptor")
	}
	h.Files.give(e.File)
	return nil
}

// Wait implements Hand.
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

// Kill implements Hand.
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

// Files is a connection that can carry one descriptor along.
type Files struct {
	*net.UnixConn
	take bool // descriptors are taken
	mu   sync.Mutex
	out  *os.File
	in   []*os.File
}

func connection(f *os.File) (*Files, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("cannot use a connection: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("cannot use a connection that is not local"), c.Close())
	}
	return &Files{UnixConn: u}, nil
}

func (f *Files) give(file *os.File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out = file
}

// Write implements io.Writer.
func (f *Files) Write(b []byte) (int, error) {
	f.mu.Lock()
	file := f.out
	f.out = nil
	f.mu.Unlock()
	if file == nil {
		return f.UnixConn.Write(b)
	}
	n, _, err := f.WriteMsgUnix(b, unix.UnixRights(int(file.Fd())), nil)
	if err != nil || n == len(b) {
		return n, err
	}
	m, err := f.UnixConn.Write(b[n:])
	return n + m, err
}

// Read implements io.Reader. Whoever takes no descriptors lets the kernel drop them.
func (f *Files) Read(b []byte) (int, error) {
	if !f.take || len(b) == 0 {
		return f.UnixConn.Read(b)
	}
	oob := make([]byte, unix.CmsgSpace(4*4))
	n, m, _, _, err := f.ReadMsgUnix(b, oob)
	if m > 0 {
		if taken := f.keep(oob[:m]); taken != nil {
			return n, taken
		}
	}
	if n == 0 && err == nil {
		return f.UnixConn.Read(b) // the end, in net's own words
	}
	return n, err
}

func (f *Files) keep(oob []byte) error {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return err
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return err
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			f.in = append(f.in, os.NewFile(uintptr(fd), "device"))
		}
	}
	return nil
}

// File is the one descriptor that came along.
func (f *Files) File() (*os.File, error) {
	if len(f.in) != 1 {
		return nil, fmt.Errorf("cannot use %d descriptors where one was to come", len(f.in))
	}
	return f.in[0], nil
}

// Open makes a Pipe over the descriptor that was handed over.
type Open func(file *os.File, d Device, control *Control) (usbctl.Pipe, error)

// Main is the life of a worker process: it closes its sandbox, says so, does its one
// task and ends. open is blk's.
func Main(ctx context.Context, role Role, o sandbox.Options, open Open) error {
	l, err := Inherit(o)
	if err != nil {
		return err
	}
	switch role {
	case RoleBlk:
		return RunBlk(ctx, l.Control, l.Peer, l.Sealed, func(d Device, c *Control) (usbctl.Pipe, error) {
			file, err := l.control.File()
			if err != nil {
				return nil, err
			}
			return open(file, d, c)
		})
	case RoleFs:
		return RunFs(ctx, l.Control, l.Peer, l.Sealed)
	}
	return fmt.Errorf("cannot be %q", role)
}

// Lines are what a sealed worker has.
type Lines struct {
	Control *Control
	Peer    wire.Stream
	Sealed  Sealed
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
	l := Lines{Control: NewControl(control), Peer: peer, control: control}
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
func (l Lines) Announce(ctx context.Context, role Role) (j Job, err error) {
	s := l.Sealed
	s.Role = role
	return j, l.Control.sealed(ctx, s, &j)
}

func inherit(fd int) (*Files, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("cannot use descriptor %d: this is started by the broker only: %w", fd, err)
	}
	return connection(os.NewFile(uintptr(fd), "worker"))
}
