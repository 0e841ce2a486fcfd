package model

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func setup(kind, code byte, value, index, length uint16) (s [8]byte) {
	s[0], s[1] = kind, code
	binary.LittleEndian.PutUint16(s[2:], value)
	binary.LittleEndian.PutUint16(s[4:], index)
	binary.LittleEndian.PutUint16(s[6:], length)
	return s
}

// TestControl asks everything a kernel asks of an honest key, and what it must not
// know.
func TestControl(t *testing.T) {
	d := New(Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 8})
	for _, c := range []struct {
		name  string
		setup [8]byte
		want  []byte
		a     Answer
	}{
		{"device", setup(0x80, 6, 0x0100, 0, 64), d.USB.Device, Done},
		{"device, 8 bytes", setup(0x80, 6, 0x0100, 0, 8), d.USB.Device[:8], Done},
		{"configuration", setup(0x80, 6, 0x0200, 0, 255), d.USB.Configs[0], Done},
		{"configuration 1", setup(0x80, 6, 0x0201, 0, 255), nil, Stall},
		{"languages", setup(0x80, 6, 0x0300, 0, 255), []byte{4, 3, 9, 4}, Done},
		{"serial", setup(0x80, 6, 0x0303, 0x0409, 255), Text("S1"), Done},
		{"string 9", setup(0x80, 6, 0x0309, 0x0409, 255), nil, Stall},
		{"qualifier", setup(0x80, 6, 0x0600, 0, 10), nil, Stall},
		{"no BOS", setup(0x80, 6, 0x0f00, 0, 5), nil, Stall},
		{"address", setup(0x00, 5, 7, 0, 0), nil, Done},
		{"set configuration", setup(0x00, 9, 1, 0, 0), nil, Done},
		{"status", setup(0x80, 0, 0, 0, 2), []byte{0, 0}, Done},
		{"Max LUN", setup(0xa1, 0xfe, 0, 0, 1), []byte{0}, Done},
		{"Bulk-Only reset", setup(0x21, 0xff, 0, 0, 0), nil, Done},
		{"HID report", setup(0x81, 6, 0x2200, 0, 63), nil, Stall},
		{"vendor request", setup(0xc0, 1, 0, 0, 4), nil, Stall},
	} {
		if b, a := d.Control(c.setup, nil); a != c.a || !bytes.Equal(b, c.want) {
			t.Errorf("%s: %x, answer %d, want %x, %d", c.name, b, a, c.want, c.a)
		}
	}
	if d.Resets() != 1 {
		t.Errorf("%d resets", d.Resets())
	}
	if _, a := d.BulkOut([]byte("no wrapper")); a != Stall {
		t.Fatal("no wrapper is taken")
	}
	if _, a := d.Control(setup(0x02, 1, 0, 0x81, 0), nil); a != Done || d.haltIn || !d.haltOut {
		t.Error("clearing IN clears IN alone")
	}
}

// TestControlFaults: each fault changes what it says and nothing else.
func TestControlFaults(t *testing.T) {
	d := New(Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 8})
	ask := func(value uint16) []byte {
		b, _ := d.Control(setup(0x80, 6, value, 0x0409, 255), nil)
		return b
	}
	for f, value := range map[Fault]uint16{StringChanges: 0x0303, ConfigChanges: 0x0200} {
		honest := ask(value)
		if !bytes.Equal(honest, ask(value)) {
			t.Fatal("an honest device changes")
		}
		d.Break(f, -1)
		if a, b := ask(value), ask(value); bytes.Equal(a, b) || len(a) != len(honest) {
			t.Errorf("%s: %x, then %x", f, a, b)
		}
		d.Break(f, 0)
		if !bytes.Equal(honest, ask(value)) {
			t.Errorf("%s left something behind", f)
		}
	}
	d.Break(ControlNever, 1)
	if _, a := d.Control(setup(0x80, 6, 0x0100, 0, 18), nil); a != NAK {
		t.Errorf("answer %d", a)
	}
	d.Yank()
	if _, a := d.Control(setup(0x80, 6, 0x0100, 0, 18), nil); a != Gone {
		t.Errorf("answer %d of a device that is gone", a)
	}
}
