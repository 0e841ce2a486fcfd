package vhci

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"sexton/usbctl/model"
)

// host speaks the kernel's side of the protocol.
type host struct {
	t    *testing.T
	conn net.Conn
	seq  uint32
}

func (h *host) send(command uint32, in bool, endpoint uint32, length int, setup []byte, out []byte, which uint32) uint32 {
	h.t.Helper()
	h.seq++
	b := make([]byte, headerSize)
	be := binary.BigEndian
	be.PutUint32(b[0:], command)
	be.PutUint32(b[4:], h.seq)
	if in {
		be.PutUint32(b[12:], 1)
	}
	be.PutUint32(b[16:], endpoint)
	be.PutUint32(b[24:], uint32(length))
	if command == cmdUnlink {
		be.PutUint32(b[20:], which)
	}
	copy(b[40:], setup)
	if _, err := h.conn.Write(append(b, out...)); err != nil {
		h.t.Fatal(err)
	}
	return h.seq
}

// receive gives the answer to seq: kind, status, length and data of an IN transfer.
func (h *host) receive(seq uint32, in bool) (uint32, int32, []byte) {
	h.t.Helper()
	b := make([]byte, headerSize)
	if _, err := io.ReadFull(h.conn, b); err != nil {
		h.t.Fatal(err)
	}
	be := binary.BigEndian
	if be.Uint32(b[4:]) != seq {
		h.t.Fatalf("an answer to %d, want %d", be.Uint32(b[4:]), seq)
	}
	data := make([]byte, be.Uint32(b[24:]))
	if in {
		if _, err := io.ReadFull(h.conn, data); err != nil {
			h.t.Fatal(err)
		}
	}
	return be.Uint32(b), int32(be.Uint32(b[20:])), data
}

func plugged(t *testing.T) (*host, *Server, *model.Device) {
	d := model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 64})
	a, b := net.Pipe()
	s := Serve(b, d)
	t.Cleanup(func() { a.Close(); <-s.done })
	return &host{t: t, conn: a}, s, d
}

func (h *host) control(kind, code byte, value, index, length uint16) (int32, []byte) {
	h.t.Helper()
	setup := []byte{kind, code, byte(value), byte(value >> 8), byte(index), byte(index >> 8), byte(length), byte(length >> 8)}
	in := kind&0x80 != 0
	_, status, data := h.receive(h.send(cmdSubmit, in, 0, int(length), setup, nil, 0), in)
	return status, data
}

// TestProtocol takes an INQUIRY through the protocol, a stall, and a transfer that is
// never answered and unlinked.
func TestProtocol(t *testing.T) {
	h, _, d := plugged(t)
	if status, data := h.control(0x80, 6, 0x0100, 0, 64); status != 0 || !bytes.Equal(data, d.USB.Device) {
		t.Fatalf("%d %x", status, data)
	}
	wrapper := make([]byte, 31)
	copy(wrapper, "USBC\x01\x00\x00\x00\x24\x00\x00\x00\x80\x00\x06\x12\x00\x00\x00\x24")
	if _, status, n := h.receive(h.send(cmdSubmit, false, 2, 31, nil, wrapper, 0), false); status != 0 || len(n) != 31 {
		t.Fatalf("wrapper: %d, %d bytes", status, len(n))
	}
	if _, status, data := h.receive(h.send(cmdSubmit, true, 1, 36, nil, nil, 0), true); status != 0 || string(data[8:12]) != "ACME" {
		t.Fatalf("data: %d %q", status, data)
	}
	if _, status, data := h.receive(h.send(cmdSubmit, true, 1, 512, nil, nil, 0), true); status != 0 || len(data) != 13 || data[12] != 0 {
		t.Fatalf("status: %d %x", status, data)
	}
	// Nothing to say: it stays open until it is unlinked, and cannot be unlinked twice.
	pending := h.send(cmdSubmit, true, 1, 512, nil, nil, 0)
	if kind, status, _ := h.receive(h.send(cmdUnlink, false, 0, 0, nil, nil, pending), false); kind != retUnlink || status != -104 {
		t.Errorf("unlink: %d %d", kind, status)
	}
	if kind, status, _ := h.receive(h.send(cmdUnlink, false, 0, 0, nil, nil, pending), false); kind != retUnlink || status != 0 {
		t.Errorf("second unlink: %d %d", kind, status)
	}
	if _, status, _ := h.receive(h.send(cmdSubmit, false, 2, 3, nil, []byte{1, 2, 3}, 0), false); status != -32 {
		t.Errorf("a wrapper of 3 bytes: %d", status)
	}
}

// TestBabble is an overflow of exactly the length asked for.
func TestBabble(t *testing.T) {
	h, s, _ := plugged(t)
	s.With(func(d *model.Device) { d.Break(model.Babble, 1) })
	wrapper := make([]byte, 31)
	copy(wrapper, "USBC\x01\x00\x00\x00\x24\x00\x00\x00\x80\x00\x06\x12\x00\x00\x00\x24")
	h.receive(h.send(cmdSubmit, false, 2, 31, nil, wrapper, 0), false)
	if _, status, data := h.receive(h.send(cmdSubmit, true, 1, 36, nil, nil, 0), true); status != -75 || len(data) != 36 {
		t.Errorf("%d, %d bytes", status, len(data))
	}
}

// TestPortReset shows as the first descriptor asked for again: the device meets a
// unit attention, or has another identity.
func TestPortReset(t *testing.T) {
	h, s, d := plugged(t)
	h.control(0x00, 9, 1, 0, 0)
	s.With(func(d *model.Device) { d.Break(model.SwapAtReset, 1) })
	before := bytes.Clone(d.USB.Device)
	if status, data := h.control(0x80, 6, 0x0100, 0, 64); status != 0 || bytes.Equal(data, before) {
		t.Errorf("%d %x: the same identity", status, data)
	}
	swapped := bytes.Clone(d.USB.Device)
	if status, data := h.control(0x80, 6, 0x0100, 0, 64); status != 0 || !bytes.Equal(data, swapped) {
		t.Errorf("%d %x: unconfigured, and reset again", status, data)
	}
}

// TestYank closes the socket, and so does a host that speaks nonsense.
func TestYank(t *testing.T) {
	h, s, _ := plugged(t)
	s.With((*model.Device).Yank)
	h.send(cmdSubmit, true, 0, 18, []byte{0x80, 6, 0, 1, 0, 0, 18, 0}, nil, 0)
	if _, err := h.conn.Read(make([]byte, 1)); err == nil {
		t.Error("a device that is gone answers")
	}
	<-s.done
	h, s, _ = plugged(t)
	h.send(99, true, 0, 0, nil, nil, 0)
	<-s.done
}

// TestPorts reads the kernel's table of ports.
func TestPorts(t *testing.T) {
	dir := t.TempDir()
	status := "hub port sta spd dev      sockfd local_busid\nhs  0000 006 003 00010002 000005 1-1\nhs  0001 004 000 00000000 000000 0-0\nss  0015 004 000 00000000 000000 0-0\n"
	if err := os.WriteFile(filepath.Join(dir, "status"), []byte(status), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind          string
		number, first int
		fails         bool
	}{{"hs", 1, 0, false}, {"ss", 15, 15, false}, {"fs", 0, 0, true}} {
		n, first, err := freePort(dir, c.kind)
		if (err != nil) != c.fails || n != c.number || first != c.first {
			t.Errorf("%s: port %d of %d, %v", c.kind, n, first, err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "usb7"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "usb7", "speed"), []byte("480\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := busOf(dir, "480"); err != nil || n != 7 {
		t.Errorf("bus %d, %v", n, err)
	}
	if _, err := busOf(dir, "5000"); err == nil {
		t.Error("a hub that is not there")
	}
}
