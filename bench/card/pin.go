package card

import (
	"crypto/subtle"
	"fmt"
)

const (
	defaultTries = 3
	maxTries     = 15 // what 63Cx can say
)

// secret is a PIN or a PUK with its counter.
type secret struct {
	value [8]byte
	left  int
	max   int
}

// padPIN turns 6 to 8 digits into the eight bytes the card compares
// (SP 800-73-5 part 2, section 2.4.3).
func padPIN(pin string) (out [8]byte, err error) {
	if len(pin) < 6 || len(pin) > 8 {
		return out, fmt.Errorf("cannot use a PIN of %d characters: 6 to 8 digits are needed", len(pin))
	}
	for i := range out {
		out[i] = 0xFF
		if i < len(pin) {
			if pin[i] < '0' || pin[i] > '9' {
				return out, fmt.Errorf("cannot use a PIN with a character that is not a digit")
			}
			out[i] = pin[i]
		}
	}
	return out, nil
}

func padPUK(puk string) (out [8]byte, err error) {
	if len(puk) != 8 {
		return out, fmt.Errorf("cannot use a PUK of %d characters: 8 are needed", len(puk))
	}
	copy(out[:], puk)
	return out, nil
}

// goodPIN says whether b is digits padded with FF.
func goodPIN(b []byte) bool {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	for _, x := range b[n:] {
		if x != 0xFF {
			return false
		}
	}
	return len(b) == 8 && n >= 6
}

// try compares and counts. A blocked secret is never compared.
func (s *secret) try(b []byte, lastSaysC0 bool) uint16 {
	if s.left == 0 {
		return swBlocked
	}
	if subtle.ConstantTimeCompare(s.value[:], b) == 1 {
		s.left = s.max
		return swOK
	}
	s.left--
	if s.left == 0 && !lastSaysC0 {
		return swBlocked
	}
	return s.tries()
}

func (s *secret) tries() uint16 { return swTries | uint16(s.left) }

func (s *secret) isDefault(def string) bool {
	want := [8]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	copy(want[:], def)
	return s.value == want
}

// verify: SP 800-73-5 part 2, section 3.2.1. Reference data of another length than
// eight is 6A80 and costs no try; eight bytes that are no padded PIN cost one, as on
// YubiKey-class cards. The section leaves that choice to the card.
func (c *Card) verify(cmd command) ([]byte, uint16) {
	fresh := false
	defer func() { c.v.fresh = fresh }()
	if cmd.p2 != 0x80 {
		return nil, swReference // also P2 = 00: this card has no global PIN
	}
	switch {
	case cmd.p1 == 0xFF && len(cmd.data) == 0:
		c.v.verified = false
		return nil, swOK
	case cmd.p1 == 0xFF:
		return nil, swData
	case cmd.p1 != 0:
		return nil, swParameters
	case len(cmd.data) == 0 && c.v.verified:
		return nil, swOK
	case len(cmd.data) == 0 && c.pin.left == 0:
		return nil, swBlocked
	case len(cmd.data) == 0:
		return nil, c.pin.tries()
	case len(cmd.data) != 8:
		return nil, swData
	}
	sw := c.pin.try(cmd.data, c.faults.LastTrySaysC0)
	c.v.verified = sw == swOK
	fresh = sw == swOK
	return nil, sw
}

// change: SP 800-73-5 part 2, section 3.2.2, for the PIN (80) and the PUK (81).
func (c *Card) change(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0 {
		return nil, swParameters
	}
	s := &c.pin
	switch cmd.p2 {
	case 0x80:
	case 0x81:
		s = &c.puk
	default:
		return nil, swReference
	}
	if len(cmd.data) != 16 || (cmd.p2 == 0x80 && !goodPIN(cmd.data[8:])) {
		return nil, swData
	}
	sw := s.try(cmd.data[:8], c.faults.LastTrySaysC0)
	if sw == swOK {
		copy(s.value[:], cmd.data[8:])
	} else if cmd.p2 == 0x80 {
		c.v.verified = false
	}
	return nil, sw
}

// unblock: SP 800-73-5 part 2, section 3.2.3: PUK and new PIN. The PIN is not
// verified afterwards.
func (c *Card) unblock(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0 {
		return nil, swParameters
	}
	if cmd.p2 != 0x80 {
		return nil, swReference
	}
	if len(cmd.data) != 16 || !goodPIN(cmd.data[8:]) {
		return nil, swData
	}
	sw := c.puk.try(cmd.data[:8], c.faults.LastTrySaysC0)
	if sw == swOK {
		copy(c.pin.value[:], cmd.data[8:])
		c.pin.left = c.pin.max
		c.v.verified = false
	}
	return nil, sw
}
