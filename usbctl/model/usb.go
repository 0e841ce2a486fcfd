package model

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// USB is how the device introduces itself: the bytes of its descriptors.
type USB struct {
	Device  []byte          // device descriptor, 18 bytes
	Configs [][]byte        // each configuration with all its interfaces
	Strings map[byte][]byte // string descriptors by index, with their header
	BOS     []byte          // nil = none
}

// Descriptor types (USB 2.0 table 9-5).
const (
	typeDevice    = 1
	typeConfig    = 2
	typeString    = 3
	typeInterface = 4
	typeEndpoint  = 5
)

// NewUSB introduces c as an ordinary key: one configuration, one interface of mass
// storage, SCSI, Bulk-Only (08/06/50), two bulk endpoints of a high-speed device.
func NewUSB(c Config) USB {
	dev := []byte{18, typeDevice, 0x00, 0x02, 0, 0, 0, 64, 0x34, 0x12, 0x78, 0x56, 0x00, 0x01, 1, 2, 3, 1}
	if c.Serial == "" {
		dev[16] = 0
	}
	u := USB{Device: dev, Configs: [][]byte{ConfigOf(Interface(0, 0, 8, 6, 0x50, 2), Bulk(0x81, 512), Bulk(0x02, 512))},
		Strings: map[byte][]byte{0: {4, typeString, 0x09, 0x04}, 1: Text(c.Vendor), 2: Text(c.Product)}}
	if c.Serial != "" {
		u.Strings[3] = Text(c.Serial)
	}
	return u
}

// Interface is an interface descriptor.
func Interface(number, alt, class, sub, protocol, endpoints byte) []byte {
	return []byte{9, typeInterface, number, alt, endpoints, class, sub, protocol, 0}
}

// Bulk is the descriptor of a bulk endpoint.
func Bulk(address byte, most uint16) []byte {
	return []byte{7, typeEndpoint, address, 2, byte(most), byte(most >> 8), 0}
}

// Interrupt is the descriptor of an interrupt endpoint.
func Interrupt(address byte, most uint16) []byte {
	return []byte{7, typeEndpoint, address, 3, byte(most), byte(most >> 8), 10}
}

// HID is a HID class descriptor (HID 1.11, 6.2.1) for a boot keyboard's report.
func HID() []byte { return []byte{9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0} }

// ConfigOf makes a configuration of the descriptors, counting its interfaces.
func ConfigOf(parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	seen := map[byte]bool{}
	for _, p := range parts {
		if len(p) > 2 && p[1] == typeInterface {
			seen[p[2]] = true
		}
	}
	head := []byte{9, typeConfig, 0, 0, byte(len(seen)), 1, 0, 0x80, 50}
	binary.LittleEndian.PutUint16(head[2:], uint16(len(head)+len(body)))
	return append(head, body...)
}

// Text is a string descriptor.
func Text(s string) []byte {
	b := []byte{0, typeString}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	b[0] = byte(min(len(b), 254))
	return b[:b[0]]
}

// Blob is what sysfs shows as "descriptors": the device descriptor and every
// configuration, one after the other.
func (u USB) Blob() []byte { return append(bytes.Clone(u.Device), bytes.Join(u.Configs, nil)...) }

// swapped is another device's introduction.
func (u USB) swapped() USB {
	u.Device = bytes.Clone(u.Device)
	u.Device[10] ^= 1
	return u
}
