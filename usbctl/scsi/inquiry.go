package scsi

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sexton/usbctl"
)

// Vital product data pages that are read (SPC-4, 7.8; SBC-3, 6.5).
const (
	PageSupported   = 0x00
	PageSerial      = 0x80
	PageIdentity    = 0x83
	PageLimits      = 0xb0
	PageCharacter   = 0xb1
	PageProvisioned = 0xb2
)

// Pages lists them in order.
func Pages() []byte {
	return []byte{PageSupported, PageSerial, PageIdentity, PageLimits, PageCharacter, PageProvisioned}
}

// Inquiry is the standard inquiry data: the raw bytes are the identity, the rest is
// for show and untrusted text.
type Inquiry struct {
	Raw       []byte
	Device    byte // peripheral device type; 0 = direct access block device
	Removable bool
	Vendor    []byte // 8 bytes as sent
	Product   []byte // 16
	Revision  []byte // 4
}

// inquiryLen is how much is asked for: the part every device must have.
const inquiryLen = 36

// Inquire reads the standard inquiry data (SPC-4, 6.6.2).
func (u *Unit) Inquire(ctx context.Context) (Inquiry, error) {
	b, err := u.inquire(ctx, false, 0, inquiryLen)
	if err != nil {
		return Inquiry{}, err
	}
	if len(b) < inquiryLen {
		return Inquiry{}, lie("short-answer", "inquiry data of %d bytes", len(b))
	}
	if b[0]>>5 != 0 {
		return Inquiry{}, lie("peripheral", "no device at the logical unit (qualifier %d)", b[0]>>5)
	}
	return Inquiry{Raw: b, Device: b[0] & 0x1f, Removable: b[1]&0x80 != 0, Vendor: b[8:16], Product: b[16:32], Revision: b[32:36]}, nil
}

// VPD reads one page whole, with its header; nil when the unit does not have it.
func (u *Unit) VPD(ctx context.Context, page byte) ([]byte, error) {
	b, err := u.inquire(ctx, true, page, 255)
	if s := (*Sense)(nil); errors.As(err, &s) && s.Unsupported() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(b) < 4 || b[1] != page {
		return nil, lie("vpd", "page %02x answers with %d bytes of page %02x", page, len(b), at(b, 1))
	}
	n := 4 + int(be16(b[2:]))
	if n > len(b) {
		n = len(b) // longer than what was asked for; the part is what is compared
	}
	return b[:n], nil
}

func at(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

func (u *Unit) inquire(ctx context.Context, vital bool, page byte, n int) ([]byte, error) {
	cdb := make([]byte, 6)
	cdb[0], cdb[2] = opInquiry, page
	if vital {
		cdb[1] = 1
	}
	put16(cdb[3:], uint16(n))
	b := make([]byte, n)
	got, err := u.do(ctx, cdb, b, usbctl.In, 0)
	if err != nil {
		return nil, err
	}
	return b[:got], nil
}

// ModeSense reads all mode pages by MODE SENSE(6) (SPC-4, 6.11); nil when the unit
// knows none.
func (u *Unit) ModeSense(ctx context.Context) ([]byte, error) {
	b := make([]byte, 192)
	n, err := u.do(ctx, []byte{opModeSense6, 0, 0x3f, 0, byte(len(b)), 0}, b, usbctl.In, 0)
	if s := (*Sense)(nil); errors.As(err, &s) && s.Unsupported() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if n < 4 || int(b[0])+1 < 4 {
		return nil, lie("mode", "mode data of %d bytes", n)
	}
	return b[:min(n, int(b[0])+1)], nil
}

// Protected says whether the unit calls itself write-protected (WP, SBC-3 6.4.1).
func Protected(mode []byte) bool { return len(mode) >= 4 && mode[2]&0x80 != 0 }

// Portrait is everything a unit says of itself, read once, in a fixed order. Two
// portraits of one honest unit are equal.
type Portrait struct {
	Inquiry  []byte
	Pages    map[byte][]byte // page -> bytes; pages the unit lacks are absent
	Mode     []byte
	Capacity Capacity
}

// Portray reads a portrait. The unit must be open. Pages are asked for only when the
// unit lists them.
func (u *Unit) Portray(ctx context.Context) (Portrait, error) {
	if u.size == nil {
		return Portrait{}, fmt.Errorf("cannot portray a unit that was not opened")
	}
	inq, err := u.Inquire(ctx)
	if err != nil {
		return Portrait{}, err
	}
	p := Portrait{Inquiry: inq.Raw, Pages: map[byte][]byte{}, Capacity: *u.size}
	list, err := u.VPD(ctx, PageSupported)
	if err != nil {
		return Portrait{}, err
	}
	for _, page := range Pages() {
		if list == nil || !slices.Contains(list[4:], page) {
			continue
		}
		b, err := u.VPD(ctx, page)
		if err != nil {
			return Portrait{}, err
		}
		if b != nil {
			p.Pages[page] = b
		}
	}
	p.Mode, err = u.ModeSense(ctx)
	return p, err
}
