// Package vhci puts a device model behind a real kernel: it serves one model.Device
// to Linux vhci_hcd by the USB/IP protocol (Documentation/usb/usbip_protocol.rst),
// over a socket pair inside one machine.
//
//	kernel: usbcore ─► vhci_hcd ═══ socket ═══ Serve ─► model.Device
//	                              CMD_SUBMIT ─►
//	                            ◄─ RET_SUBMIT
//	                              CMD_UNLINK ─►   of a transfer that was not answered
//
// A transfer that the device does not answer (NAK) stays open until it is unlinked.
// A device that is gone closes the socket, which the kernel takes for an unplugged
// cable. USB/IP has no message for a port reset: it shows by the kernel asking a
// configured device for its first descriptor again.
//
// What it does not do: it is no product code, and no USB/IP server for networks.
package vhci

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"sexton/usbctl/model"
)

// Commands of the protocol, and its header.
const (
	cmdSubmit  = 1
	cmdUnlink  = 2
	retSubmit  = 3
	retUnlink  = 4
	headerSize = 48
	mostData   = 8 << 20
)

// Server serves one device on one socket.
type Server struct {
	mu         sync.Mutex // guards device and what follows
	device     *model.Device
	configured bool
	open       map[uint32]bool // transfers without answer, by sequence number

	conn  io.ReadWriteCloser
	delay atomic.Int64 // of every bulk transfer, ns
	done  chan struct{}
}

// Serve answers on conn until it is closed or the device is gone; Close ends it.
func Serve(conn io.ReadWriteCloser, d *model.Device) *Server {
	s := &Server{device: d, open: map[uint32]bool{}, conn: conn, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer conn.Close()
		s.run()
	}()
	return s
}

// With runs f on the device, between two transfers.
func (s *Server) With(f func(*model.Device)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.device)
}

// Delay has every bulk transfer from now on take d.
func (s *Server) Delay(d time.Duration) { s.delay.Store(int64(d)) }

// Close unplugs the device and waits for the server.
func (s *Server) Close() error {
	err := s.conn.Close()
	<-s.done
	return err
}

// errGone ends a server whose device is gone.
var errGone = errors.New("the device is gone")

func (s *Server) run() {
	var head [headerSize]byte
	for {
		if _, err := io.ReadFull(s.conn, head[:]); err != nil {
			return
		}
		if s.handle(head) != nil {
			return
		}
	}
}

func (s *Server) handle(head [headerSize]byte) error {
	be := binary.BigEndian
	command, sequence, in, endpoint := be.Uint32(head[0:]), be.Uint32(head[4:]), be.Uint32(head[12:]) == 1, be.Uint32(head[16:])
	switch command {
	case cmdUnlink:
		return s.unlink(sequence, be.Uint32(head[20:]))
	case cmdSubmit:
	default:
		return fmt.Errorf("command %d", command)
	}
	length := int(be.Uint32(head[24:]))
	if length > mostData {
		return fmt.Errorf("%d bytes", length)
	}
	var out []byte
	if !in {
		out = make([]byte, length)
		if _, err := io.ReadFull(s.conn, out); err != nil {
			return err
		}
	}
	if delay := time.Duration(s.delay.Load()); delay > 0 && endpoint != 0 {
		time.Sleep(delay)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, data, answer := s.transfer(endpoint, in, length, out, [8]byte(head[40:48]))
	var status unix.Errno
	switch {
	case answer == model.NAK:
		s.open[sequence] = true
		return nil
	case answer == model.Gone:
		return errGone
	case answer == model.Stall:
		status = unix.EPIPE
	case n > length:
		status, n, data = unix.EOVERFLOW, length, data[:length]
	}
	return s.answer(sequence, status, n, data)
}

// transfer has the device meet one transfer.
func (s *Server) transfer(endpoint uint32, in bool, length int, out []byte, setup [8]byte) (int, []byte, model.Answer) {
	switch {
	case endpoint == 0:
		s.watch(setup)
		b, a := s.device.Control(setup, out)
		if !in {
			return len(out), nil, a
		}
		return len(b), b, a
	case !isBulk(s.device, endpoint, in):
		return 0, nil, model.NAK // an interrupt endpoint with nothing to say
	case in:
		b, a := s.device.BulkIn(length)
		return len(b), b, a
	}
	n, a := s.device.BulkOut(out)
	return n, nil, a
}

// isBulk says whether an endpoint is one of the two that the model serves.
func isBulk(d *model.Device, endpoint uint32, in bool) bool {
	number := byte(endpoint)
	if in {
		number |= 0x80
	}
	for _, c := range d.USB.Configs {
		for i := 0; i+2 <= len(c) && c[i] >= 2 && i+int(c[i]) <= len(c); i += int(c[i]) {
			if c[i+1] == 5 && c[i] >= 7 && c[i+2] == number && c[i+3]&3 == 2 {
				return true
			}
		}
	}
	return false
}

// watch sees a port reset: the kernel asks a configured device for the beginning of
// its device descriptor again.
func (s *Server) watch(setup [8]byte) {
	length := binary.LittleEndian.Uint16(setup[6:])
	switch {
	case setup[0] == 0 && setup[1] == 9:
		s.configured = true
	case s.configured && setup[0] == 0x80 && setup[1] == 6 && setup[3] == 1 && (length == 64 || length == 8):
		s.configured = false
		if s.device.PortReset() == model.Gone {
			s.device.Replug() // another identity came out of the reset
		}
	}
}

func (s *Server) unlink(sequence, which uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var status unix.Errno
	if s.open[which] {
		delete(s.open, which)
		status = unix.ECONNRESET
	}
	return s.reply(retUnlink, sequence, status, 0, nil)
}

func (s *Server) answer(sequence uint32, status unix.Errno, n int, data []byte) error {
	return s.reply(retSubmit, sequence, status, n, data)
}

func (s *Server) reply(command, sequence uint32, status unix.Errno, n int, data []byte) error {
	b := make([]byte, headerSize, headerSize+len(data))
	be := binary.BigEndian
	be.PutUint32(b[0:], command)
	be.PutUint32(b[4:], sequence)
	be.PutUint32(b[20:], uint32(-int32(status)))
	be.PutUint32(b[24:], uint32(n))
	_, err := s.conn.Write(append(b, data...))
	return err
}

// Port is a port of the virtual controller with a device of ours behind it.
type Port struct {
	*Server
	Name string // in sysfs: "3-1"
}

// Speeds as the kernel numbers them (include/uapi/linux/usb/ch9.h).
const (
	speedHigh  = 3
	speedSuper = 5
	free       = "004" // VDEV_ST_NULL
)

// Plug puts d into a free port of the virtual controller.
func Plug(d *model.Device) (*Port, error) {
	return plug("/sys/devices/platform/vhci_hcd.0", d)
}

func plug(dir string, d *model.Device) (*Port, error) {
	speed, kind, hubSpeed := speedHigh, "hs", "480"
	if binary.LittleEndian.Uint16(d.USB.Device[2:]) >= 0x300 {
		speed, kind, hubSpeed = speedSuper, "ss", "5000"
	}
	number, first, err := freePort(dir, kind)
	if err != nil {
		return nil, err
	}
	bus, err := busOf(dir, hubSpeed)
	if err != nil {
		return nil, err
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket pair: %w", err)
	}
	ours := os.NewFile(uintptr(ends[1]), "vhci")
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		unix.Close(ends[0])
		return nil, fmt.Errorf("cannot use a socket pair: %w", err)
	}
	s := Serve(conn, d)
	line := fmt.Sprintf("%d %d %d %d", number, ends[0], 0x10002+number, speed)
	err = os.WriteFile(filepath.Join(dir, "attach"), []byte(line), 0o200)
	unix.Close(ends[0]) // the kernel has its own
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot plug into port %d: %w", number, err), s.Close())
	}
	return &Port{Server: s, Name: fmt.Sprintf("%d-%d", bus, number-first+1)}, nil
}

// freePort finds a free port of a kind, and the first of that kind.
func freePort(dir, kind string) (number, first int, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return 0, 0, fmt.Errorf("cannot see the virtual ports: %w", err)
	}
	first = -1
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != kind {
			continue
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			return 0, 0, fmt.Errorf("cannot read the virtual ports: %q", line)
		}
		if first < 0 {
			first = n
		}
		if f[2] == free {
			return n, first, nil
		}
	}
	return 0, 0, errors.New("cannot plug in: every virtual port is taken")
}

// busOf is the bus of the virtual root hub of a speed.
func busOf(dir, speed string) (int, error) {
	hubs, err := filepath.Glob(filepath.Join(dir, "usb*"))
	if err != nil {
		return 0, err
	}
	for _, h := range hubs {
		b, err := os.ReadFile(filepath.Join(h, "speed"))
		if n, bad := strconv.Atoi(strings.TrimPrefix(filepath.Base(h), "usb")); err == nil && bad == nil && strings.TrimSpace(string(b)) == speed {
			return n, nil
		}
	}
	return 0, fmt.Errorf("cannot find the virtual hub of %s Mbit/s", speed)
}
