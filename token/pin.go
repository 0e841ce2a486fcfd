package token

import (
	"errors"
	"fmt"
	"log/slog"
)

// PIN holds a PIV card application PIN for one use. It never prints, marshals or formats its digits.
// The zero PIN is a wiped one.
type PIN struct {
	// AllowLastTry says that the person was told a single try is left and wants to use it.
	AllowLastTry bool

	// Behind a pointer, so that printing that goes round the methods below (fmt's %!p(...) does) shows an address.
	digits *digits // nil after Wipe
}

// digits are 6 to 8 ASCII digits.
type digits struct {
	b [8]byte
	n int
}

// redacted is what every textual form of a PIN shows.
const redacted = "PIN(redacted)"

// factoryPINs are the PINs cards are delivered with; a card still using one protects nothing.
var factoryPINs = []string{
	"123456", "1234567", "12345678", "654321", "87654321",
	"000000", "0000000", "00000000", "111111", "1111111", "11111111", "777777", "77777777",
}

// NewPIN checks and takes over the digits in b; b is zeroed in every case. The error is of kind PINFormat:
// SP 800-73-5 part 2, section 2.4.3: 6 to 8 decimal digits. Factory PINs are refused, without exception.
func NewPIN(b []byte) (*PIN, error) {
	defer clear(b)
	if len(b) < 6 || len(b) > 8 {
		return nil, &Error{Kind: PINFormat, Err: errors.New("a PIN has 6 to 8 digits")}
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return nil, &Error{Kind: PINFormat, Err: errors.New("a PIN has digits only")}
		}
	}
	for _, f := range factoryPINs {
		if string(b) == f {
			return nil, &Error{Kind: PINFormat, Err: errors.New("a factory PIN must be changed before use")}
		}
	}
	d := &digits{n: len(b)}
	copy(d.b[:], b)
	return &PIN{digits: d}, nil
}

// Block writes the PIN as the 8 bytes VERIFY carries, padded with FF (SP 800-73-5 part 2, section 2.4.3), into dst,
// which the caller zeroes after use. It fails with kind PINFormat for a nil or wiped PIN.
func (p *PIN) Block(dst *[8]byte) error {
	if p == nil || p.digits == nil || p.digits.n == 0 {
		return &Error{Kind: PINFormat, Err: errors.New("the PIN is missing or was already used")}
	}
	for i := range dst {
		dst[i] = 0xFF
	}
	copy(dst[:], p.digits.b[:p.digits.n])
	return nil
}

// Take moves the digits into a new PIN and leaves p wiped, so that a slow card call can own them. nil gives a wiped PIN.
func (p *PIN) Take() *PIN {
	if p == nil {
		return new(PIN)
	}
	own := &PIN{AllowLastTry: p.AllowLastTry, digits: p.digits}
	p.digits = nil
	return own
}

// Wipe zeroes the digits. A PIN is used once: Login and Sign wipe it. Wiping twice, or nil, does no harm.
func (p *PIN) Wipe() {
	if p == nil || p.digits == nil {
		return
	}
	*p.digits = digits{}
	p.digits = nil
}

// String is redacted.
func (PIN) String() string { return redacted }

// GoString is redacted.
func (PIN) GoString() string { return redacted }

// Format is redacted for every verb, so that %d and %x cannot show digits either.
func (PIN) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue is redacted.
func (PIN) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is redacted.
func (PIN) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON is redacted.
func (PIN) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
