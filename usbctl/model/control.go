package model

import "encoding/binary"

// Requests (USB 2.0 table 9-4; BOT 1.0, 3).
const (
	getStatus     = 0x00
	clearFeature  = 0x01
	setFeature    = 0x03
	setAddress    = 0x05
	getDescriptor = 0x06
	getConfig     = 0x08
	setConfig     = 0x09
	getInterface  = 0x0a
	setInterface  = 0x0b
	typeBOS       = 0x0f
)

// Control answers one request to the control endpoint; out is what came with it.
func (d *Device) Control(setup [8]byte, out []byte) ([]byte, Answer) {
	if d.gone {
		return nil, Gone
	}
	if d.broken(ControlNever) {
		return nil, NAK
	}
	kind, code := setup[0], setup[1]
	value, index, length := binary.LittleEndian.Uint16(setup[2:]), binary.LittleEndian.Uint16(setup[4:]), int(binary.LittleEndian.Uint16(setup[6:]))
	var b []byte
	answer := Done
	switch {
	case kind == 0xa1 && code == 0xfe:
		var n byte
		n, answer = d.MaxLUN()
		b = []byte{n}
	case kind == 0x21 && code == 0xff:
		answer = d.Reset()
	case kind == 0x02 && code == clearFeature && value == 0:
		answer = d.ClearHalt(index&0x80 != 0)
	case kind == 0x80 && code == getDescriptor:
		b, answer = d.descriptor(byte(value>>8), byte(value))
	case kind&0x60 == 0:
		b, answer = d.standard(code)
	default:
		answer = Stall
	}
	if kind&0x80 == 0 {
		b = nil
	}
	return clip(b, length), answer
}

// standard are the standard requests that every device obeys.
func (d *Device) standard(code byte) ([]byte, Answer) {
	switch code {
	case getStatus:
		return []byte{0, 0}, Done
	case getConfig:
		return []byte{1}, Done
	case getInterface:
		return []byte{0}, Done
	case setAddress, setInterface, setFeature, clearFeature:
		return nil, Done
	case setConfig:
		d.phase, d.haltIn, d.haltOut = idle, false, false
		return nil, Done
	}
	return nil, Stall
}

func (d *Device) descriptor(kind, index byte) ([]byte, Answer) {
	switch {
	case kind == typeDevice:
		return d.USB.Device, Done
	case kind == typeConfig && int(index) < len(d.USB.Configs):
		c := d.USB.Configs[index]
		if d.has(ConfigChanges) {
			d.reads++
			c = append([]byte(nil), c...)
			c[8] = byte(d.reads) // bMaxPower
		}
		return c, Done
	case kind == typeString:
		s, has := d.USB.Strings[index]
		if !has {
			return nil, Stall
		}
		if d.has(StringChanges) && index != 0 && len(s) > 2 {
			d.reads++
			s = append([]byte(nil), s...)
			s[2] = 'a' + byte(d.reads%26)
		}
		return s, Done
	case kind == typeBOS && d.USB.BOS != nil:
		return d.USB.BOS, Done
	}
	return nil, Stall
}
