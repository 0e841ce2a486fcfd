package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// pair makes two connected descriptors.
func pair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot connect processes: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "worker"), nil
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
