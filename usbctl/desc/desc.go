// Package desc reads USB descriptors from their raw bytes, strictly: USB 2.0 section
// 9.6, USB 3.2 section 9.6, as sysfs shows them in the file "descriptors" before a
// device is authorised.
//
//	raw bytes ──► Parse ──► Device ──► Hash      identity, per speed
//	                          │
//	                          ├──────► Differs   against what the kernel understood
//	                          └──────► rules     what may attach
//
// Whatever two readers could understand differently is refused: lengths that do not
// add up, descriptors that run over the end, interfaces or endpoints named twice,
// counts that are not kept, bytes left over. A refusal is a *Problem with a stable
// code and the offset of the byte.
//
// Identity is the bytes. Text from a device is hostile: Show escapes it, and no
// comparison uses it.
//
// What it does not do: it asks no device, and decides nothing.
package desc

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Descriptor types (USB 2.0 table 9-5, USB 3.2 table 9-6).
const (
	typeDevice      = 0x01
	typeConfig      = 0x02
	typeString      = 0x03
	typeInterface   = 0x04
	typeEndpoint    = 0x05
	typeAssociation = 0x0b
	typeCompanion   = 0x30 // SuperSpeed endpoint companion
)

// Limits. The largest configuration the format can say is 65,535 bytes.
const (
	maxBlob       = 1 << 18
	maxConfigs    = 8
	maxInterfaces = 32 // the kernel's USB_MAXINTERFACES
	maxSettings   = 128
)

// Device is what a device says of itself.
type Device struct {
	Raw        []byte // all of it
	USB        uint16 // bcdUSB
	Class      byte
	Subclass   byte
	Protocol   byte
	MaxPacket0 byte
	Vendor     uint16
	Product    uint16
	Release    uint16 // bcdDevice
	Strings    Indexes
	Configs    []Config
}

// Indexes of the device's strings; 0 = none.
type Indexes struct{ Manufacturer, Product, Serial byte }

// Config is one configuration.
type Config struct {
	Value      byte
	Attributes byte
	MaxPower   byte
	Interfaces []Interface // by number, each with its settings in order
	Groups     []Group
	Extra      []Extra // descriptors before the first interface
}

// Interface is one interface with all its alternate settings.
type Interface struct {
	Number   byte
	Settings []Setting
}

// Setting is one alternate setting.
type Setting struct {
	Alternate                 byte
	Class, Subclass, Protocol byte
	Endpoints                 []Endpoint
	Extra                     []Extra // class-specific descriptors

	declared int // endpoints it announces
}

// Is says whether the setting is of this class, subclass and protocol.
func (s Setting) Is(class, subclass, protocol byte) bool {
	return s.Class == class && s.Subclass == subclass && s.Protocol == protocol
}

// Endpoint of a setting.
type Endpoint struct {
	Address    byte
	Attributes byte
	MaxPacket  uint16
	Interval   byte
	Burst      int // of the SuperSpeed companion; -1 = none
}

// In says that it sends to the host.
func (e Endpoint) In() bool { return e.Address&0x80 != 0 }

// Bulk says that it is a bulk endpoint.
func (e Endpoint) Bulk() bool { return e.Attributes&3 == 2 }

// Group is an interface association.
type Group struct {
	First, Count              byte
	Class, Subclass, Protocol byte
}

// Extra is a descriptor that is not read further.
type Extra struct {
	Type byte
	Raw  []byte
}

// Problem is why descriptors are refused.
type Problem struct {
	Code   string // stable
	Offset int    // of the byte in the raw bytes
	Detail string
}

func (p *Problem) Error() string {
	return fmt.Sprintf("descriptors are malformed at byte %d: %s", p.Offset, p.Detail)
}

func bad(code string, at int, format string, args ...any) error {
	return &Problem{code, at, fmt.Sprintf(format, args...)}
}

// Hash is the identity of the bytes, SHA-256. It differs between speeds: bcdUSB and
// packet sizes do.
func (d Device) Hash() [sha256.Size]byte { return sha256.Sum256(d.Raw) }

// Parse reads the device descriptor and every configuration after it. Error:
// *Problem.
func Parse(raw []byte) (Device, error) {
	if len(raw) < 18 || len(raw) > maxBlob {
		return Device{}, bad("size", 0, "%d bytes in all", len(raw))
	}
	if raw[0] != 18 || raw[1] != typeDevice {
		return Device{}, bad("device", 0, "a device descriptor of type %02x and length %d", raw[1], raw[0])
	}
	d := Device{Raw: append([]byte(nil), raw...), USB: binary.LittleEndian.Uint16(raw[2:]), Class: raw[4], Subclass: raw[5], Protocol: raw[6],
		MaxPacket0: raw[7], Vendor: binary.LittleEndian.Uint16(raw[8:]), Product: binary.LittleEndian.Uint16(raw[10:]),
		Release: binary.LittleEndian.Uint16(raw[12:]), Strings: Indexes{raw[14], raw[15], raw[16]}}
	n := int(raw[17])
	if n < 1 || n > maxConfigs {
		return Device{}, bad("configurations", 17, "%d configurations", n)
	}
	p := &parser{raw: raw, at: 18}
	for range n {
		c, err := p.config()
		if err != nil {
			return Device{}, err
		}
		for _, other := range d.Configs {
			if other.Value == c.Value {
				return Device{}, bad("configuration-twice", p.at, "two configurations are number %d", c.Value)
			}
		}
		d.Configs = append(d.Configs, c)
	}
	if p.at != len(raw) {
		return Device{}, bad("left-over", p.at, "%d bytes behind the last configuration", len(raw)-p.at)
	}
	return d, nil
}
