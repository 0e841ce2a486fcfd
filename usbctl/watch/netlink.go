package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Of the kernel's own multicast group; group 2 is udev's.
const (
	kernelGroup   = 1
	receiveBuffer = 1 << 20
	mostMessage   = 8 << 10 // the kernel's UEVENT_BUFFER_SIZE is 2048
)

// listen rings the bell for every event of USB until the context ends. It returns
// what broke.
func listen(ctx context.Context, bell chan<- struct{}) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("cannot listen for events of the kernel: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // smaller means more scans
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		unix.Close(fd)
		return fmt.Errorf("cannot listen for events of the kernel: %w", err)
	}
	socket := os.NewFile(uintptr(fd), "uevent")
	defer socket.Close()
	stop := context.AfterFunc(ctx, func() { _ = socket.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := socket.SyscallConn()
	if err != nil {
		return fmt.Errorf("cannot listen for events of the kernel: %w", err)
	}
	b := make([]byte, mostMessage)
	for {
		var n int
		var from unix.Sockaddr
		var got error
		err := raw.Read(func(fd uintptr) bool {
			n, from, got = unix.Recvfrom(int(fd), b, 0)
			return !errors.Is(got, unix.EAGAIN)
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("cannot hear the kernel: %w", err)
		case errors.Is(got, unix.EINTR):
			continue
		case got != nil && !errors.Is(got, unix.ENOBUFS):
			return fmt.Errorf("cannot hear the kernel: %w", got)
		case got == nil && !announces(from, b[:n]):
			continue
		}
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}
}

// announces says that a message is the kernel's own and about USB. Any process may
// send to this socket: a false alarm would cost a scan, nothing else.
func announces(from unix.Sockaddr, b []byte) bool {
	if s, ok := from.(*unix.SockaddrNetlink); !ok || s.Pid != 0 {
		return false
	}
	for field := range bytes.SplitSeq(b, []byte{0}) {
		if bytes.Equal(field, []byte("SUBSYSTEM=usb")) {
			return true
		}
	}
	return false
}
