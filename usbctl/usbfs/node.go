package usbfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
)

// Nodes of devices (Documentation/admin-guide/devices.txt: major 189).
const (
	nodes     = "/dev/bus/usb"
	nodeMajor = 189
	perBus    = 128
	mostBuses = 999
)

// Open opens the node of a device, and demands that it is that device's: a character
// device with the number that belongs to the bus and device.
func Open(bus, dev int) (*os.File, error) { return open(nodes, bus, dev) }

func open(root string, bus, dev int) (*os.File, error) {
	if bus < 1 || bus > mostBuses || dev < 1 || dev > perBus {
		return nil, fmt.Errorf("cannot open device %d of bus %d: no such number", dev, bus)
	}
	path := filepath.Join(root, fmt.Sprintf("%03d", bus), fmt.Sprintf("%03d", dev))
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open device %d of bus %d: %w", dev, bus, failure(err))
	}
	file := os.NewFile(uintptr(fd), path)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot look at %s: %w", path, err), file.Close())
	}
	if want := unix.Mkdev(nodeMajor, uint32((bus-1)*perBus+dev-1)); st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != want {
		return nil, errors.Join(fmt.Errorf("cannot use %s: it is no node of device %d of bus %d", path, dev, bus), file.Close())
	}
	return file, nil
}

// ErrBusy: somebody else, a kernel driver at last, holds the interface.
var ErrBusy = errors.New("the interface is held by somebody else")

// ErrUnauthorised: the device or its interface was not authorised.
var ErrUnauthorised = errors.New("the interface is not authorised")

// Claim takes an interface for this descriptor. It detaches nobody.
func Claim(file *os.File, number byte) error {
	n := uint32(number)
	err := ioctl(file.Fd(), ioClaim, unsafe.Pointer(&n))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EBUSY):
		err = ErrBusy
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV):
		err = fmt.Errorf("%w, or gone: %w", ErrUnauthorised, err)
	}
	return fmt.Errorf("cannot claim interface %d: %w", number, err)
}

// Release gives an interface back.
func Release(file *os.File, number byte) error {
	n := uint32(number)
	if err := ioctl(file.Fd(), ioRelease, unsafe.Pointer(&n)); err != nil {
		return fmt.Errorf("cannot release interface %d: %w", number, failure(err))
	}
	return nil
}

// Drop strips the descriptor, for everybody who holds it: from now on it claims no
// interface but those numbered, sets no configuration and detaches no driver.
func Drop(file *os.File, interfaces ...byte) error {
	var mask uint32
	for _, i := range interfaces {
		if i > 31 {
			return fmt.Errorf("cannot keep interface %d", i)
		}
		mask |= 1 << i
	}
	if err := ioctl(file.Fd(), ioDrop, unsafe.Pointer(&mask)); err != nil {
		return fmt.Errorf("cannot drop the rights of the descriptor: %w", failure(err))
	}
	return nil
}

// Direct is Control on the descriptor itself. It does not close File.
type Direct struct {
	File      *os.File
	Interface byte
}

var _ Control = Direct{}

// request is struct usbdevfs_ctrltransfer.
type request struct {
	kind, code           byte
	value, index, length uint16
	timeout              uint32 // ms
	_                    uint32
	data                 uintptr
}

// Reset implements Control (BOT 1.0, 3.1).
func (d Direct) Reset(ctx context.Context) error {
	_, err := d.ask(ctx, request{kind: 0x21, code: 0xff, index: uint16(d.Interface)}, nil)
	return err
}

// MaxLUN implements Control (BOT 1.0, 3.2).
func (d Direct) MaxLUN(ctx context.Context) (int, error) {
	b, err := d.ask(ctx, request{kind: 0xa1, code: 0xfe, index: uint16(d.Interface)}, make([]byte, 1))
	switch {
	case errors.Is(err, usbctl.ErrStall):
		return 0, nil
	case err != nil:
		return 0, err
	case len(b) != 1:
		return 0, fmt.Errorf("%w: no answer to Get Max LUN", usbctl.ErrLink)
	}
	return int(b[0]), nil
}

// Text asks the device for a string descriptor, as it comes; index 0 lists the
// languages.
func (d Direct) Text(ctx context.Context, index byte, language uint16) ([]byte, error) {
	return d.ask(ctx, request{kind: 0x80, code: 6, value: 0x0300 | uint16(index), index: language}, make([]byte, 255))
}

// ask makes one control request. data is filled by the device.
func (d Direct) ask(ctx context.Context, r request, data []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, usbctl.ErrTimeout
	}
	left := 5 * time.Second
	if until, has := ctx.Deadline(); has {
		left = max(time.Millisecond, time.Until(until))
	}
	page, err := anonymous(pageSize)
	if err != nil {
		return nil, fmt.Errorf("cannot get memory for a request: %w", err)
	}
	defer unix.Munmap(page)
	r.timeout, r.length, r.data = uint32(min(left.Milliseconds()+1, 60_000)), uint16(len(data)), uintptr(unsafe.Pointer(&page[0]))
	for {
		n, _, e := unix.Syscall(unix.SYS_IOCTL, d.File.Fd(), ioControl, uintptr(unsafe.Pointer(&r)))
		switch {
		case e == unix.EINTR:
			continue
		case e != 0:
			return nil, failure(e)
		}
		return data[:copy(data, page[:min(int(n), len(data))])], nil
	}
}

// PortReset implements Control. The kernel re-reads the descriptors; a device that
// shows others is disconnected, and this is ErrGone.
func (d Direct) PortReset(ctx context.Context) error {
	if ctx.Err() != nil {
		return usbctl.ErrTimeout
	}
	if err := ioctl(d.File.Fd(), ioReset, nil); err != nil {
		return failure(err)
	}
	// The reset unbinds usbfs from the interface; without this the kernel would warn of the next transfer.
	if err := Claim(d.File, d.Interface); err != nil && !errors.Is(err, ErrBusy) {
		return fmt.Errorf("%w: %w", usbctl.ErrGone, err)
	}
	return nil
}
