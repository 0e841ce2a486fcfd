package usbfs

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of usbfs (include/uapi/linux/usbdevice_fs.h).
const (
	ioControl    = 0xc0185500
	ioClaim      = 0x8004550f
	ioRelease    = 0x80045510
	ioSubmit     = 0x8038550a
	ioDiscard    = 0x0000550b
	ioReapNow    = 0x4008550d // REAPURBNDELAY
	ioReset      = 0x00005514
	ioClearHalt  = 0x80045515
	ioGetCaps    = 0x8004551a
	ioDrop       = 0x4004551e // DROP_PRIVILEGES
	capMap       = 0x20       // USBDEVFS_CAP_MMAP
	urbBulk      = 3          // USBDEVFS_URB_TYPE_BULK
	pageSize     = 4096
	mostMapped   = 4 << 20 // one mapping is physically contiguous
	epollHangups = unix.EPOLLHUP | unix.EPOLLERR
)

// Ioctls are the requests a Pipe makes: what a system call filter has to let through
// for a worker, and all it has to.
func Ioctls() []uint32 {
	return []uint32{ioSubmit, ioReapNow, ioDiscard, ioClearHalt, ioGetCaps}
}

// urb is struct usbdevfs_urb on 64-bit machines.
type urb struct {
	kind, endpoint byte
	_              uint16
	status         int32
	flags          uint32
	_              uint32
	buffer         uintptr
	length         int32
	actual         int32
	startFrame     int32
	packets        int32
	errors         int32
	signal         uint32
	context        uintptr
}

// The kernel's size of the structure; another machine does not compile.
var _ [56]byte = [unsafe.Sizeof(urb{})]byte{}

// kernel is what usbfs does for a Pipe. Errors are errno values. The tests put a
// device model in its place.
type kernel interface {
	submit(slot int, endpoint byte, b []byte) error
	reap() (completion, error) // EAGAIN when nothing is done yet, ENODEV when nothing ever will be
	discard(slot int) error
	wait(time.Duration) error // until something may be reaped; ENODEV when the device went
	clearHalt(endpoint byte) error
	alloc(n int) (b []byte, mapped bool, err error)
	free(b []byte) error
	close() error
}

// completion is one transfer that came back.
type completion struct {
	slot   int
	status int // 0 or a negative errno
	actual int
}

// slots are the transfers a Pipe can have in flight.
const slots = 3

// device is a usbfs descriptor.
type device struct {
	file  *os.File
	fd    uintptr
	epoll int
	maps  bool
	page  []byte // anonymous: what the kernel keeps addresses of lives here
	urbs  []urb
	done  *uintptr // where a reap puts the address of an urb
}

func newDevice(file *os.File) (*device, error) {
	d := &device{file: file, fd: file.Fd(), epoll: -1}
	var caps uint32
	if err := ioctl(d.fd, ioGetCaps, unsafe.Pointer(&caps)); err != nil {
		return nil, fmt.Errorf("cannot ask usbfs what it can do: %w", err)
	}
	d.maps = caps&capMap != 0
	var err error
	if d.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("cannot wait for transfers: %w", err)
	}
	if err := unix.EpollCtl(d.epoll, unix.EPOLL_CTL_ADD, int(d.fd), &unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(d.fd)}); err != nil {
		unix.Close(d.epoll)
		return nil, fmt.Errorf("cannot wait for transfers: %w", err)
	}
	if d.page, err = anonymous(pageSize); err != nil {
		unix.Close(d.epoll)
		return nil, fmt.Errorf("cannot get memory for transfers: %w", err)
	}
	d.urbs = unsafe.Slice((*urb)(unsafe.Pointer(&d.page[0])), slots)
	d.done = (*uintptr)(unsafe.Pointer(&d.page[pageSize/2]))
	return d, nil
}

func anonymous(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

// submit and reap neither block nor call back: they stay out of the scheduler.
func (d *device) submit(slot int, endpoint byte, b []byte) error {
	u := &d.urbs[slot]
	*u = urb{kind: urbBulk, endpoint: endpoint, buffer: uintptr(unsafe.Pointer(unsafe.SliceData(b))), length: int32(len(b))}
	if _, _, e := unix.RawSyscall(unix.SYS_IOCTL, d.fd, ioSubmit, uintptr(unsafe.Pointer(u))); e != 0 {
		return e
	}
	return nil
}

func (d *device) reap() (completion, error) {
	for {
		_, _, e := unix.RawSyscall(unix.SYS_IOCTL, d.fd, ioReapNow, uintptr(unsafe.Pointer(d.done)))
		if e == unix.EINTR {
			continue
		}
		if e != 0 {
			return completion{}, e
		}
		break
	}
	// The slot follows from the address alone; nothing a device could reach is trusted.
	off := *d.done - uintptr(unsafe.Pointer(&d.urbs[0]))
	slot := int(off / unsafe.Sizeof(urb{}))
	if off%unsafe.Sizeof(urb{}) != 0 || slot >= slots {
		return completion{}, unix.EIO
	}
	u := &d.urbs[slot]
	return completion{slot: slot, status: int(u.status), actual: int(u.actual)}, nil
}

// discard sleeps in the kernel until the controller has given the transfer up.
func (d *device) discard(slot int) error {
	return ioctl(d.fd, ioDiscard, unsafe.Pointer(&d.urbs[slot]))
}

func (d *device) wait(t time.Duration) error {
	var events [1]unix.EpollEvent
	n, err := unix.EpollWait(d.epoll, events[:], int(min(t.Milliseconds()+1, 1<<30)))
	switch {
	case errors.Is(err, unix.EINTR), err == nil && n == 0:
		return nil
	case err != nil:
		return err
	case events[0].Events&epollHangups != 0:
		return unix.ENODEV
	}
	return nil
}

func (d *device) clearHalt(endpoint byte) error {
	n := uint32(endpoint)
	return ioctl(d.fd, ioClearHalt, unsafe.Pointer(&n))
}

func (d *device) alloc(n int) ([]byte, bool, error) {
	n = (n + pageSize - 1) &^ (pageSize - 1)
	if d.maps && n <= mostMapped {
		if b, err := unix.Mmap(int(d.fd), 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
			return b, true, nil
		} // no contiguous memory of this size, or the limit of usbfs: copying still works
	}
	b, err := anonymous(n)
	return b, false, err
}

func (d *device) free(b []byte) error { return unix.Munmap(b) }

func (d *device) close() error {
	return errors.Join(unix.Munmap(d.page), unix.Close(d.epoll), d.file.Close())
}

// ioctl repeats what a signal interrupted before it began.
func ioctl(fd uintptr, request uintptr, p unsafe.Pointer) error {
	for {
		_, _, e := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(p))
		switch e {
		case 0:
			return nil
		case unix.EINTR:
			continue
		}
		return e
	}
}
