package firmware

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Errors of Decode. None of them can be cured by decoding again; ErrTorn and ErrCRC may be cured by reading again.
var (
	ErrLength    = errors.New("wrong number of registers")
	ErrMagic     = errors.New("not a device of this profile")
	ErrMapHash   = errors.New("device was built with another register map")
	ErrTorn      = errors.New("leading and trailing sequence differ")
	ErrCRC       = errors.New("check sum does not match")
	ErrMalformed = errors.New("value outside the register map")
)

// CRC32 is CRC-32/ISO-HDLC (ITU-T V.42, reflected polynomial 0xEDB88320, initial value and final XOR 0xFFFFFFFF) over the words,
// high byte first. The words 0x3132 .. are the characters "12" ..; "123456789" has the check value 0xCBF43926.
func CRC32(words []uint16) uint32 {
	var sum uint32
	var pair [2]byte
	for _, w := range words {
		binary.BigEndian.PutUint16(pair[:], w)
		sum = crc32.Update(sum, crc32.IEEETable, pair[:])
	}
	return sum
}

func put32(w []uint16, v uint32) {
	w[0], w[1] = uint16(v>>16), uint16(v)
}

func put64(w []uint16, v uint64) {
	put32(w, uint32(v>>32))
	put32(w[2:], uint32(v))
}

func putBytes(w []uint16, b []byte) {
	for i := range w {
		w[i] = binary.BigEndian.Uint16(b[2*i:])
	}
}

func putText(w []uint16, s string) {
	if len(s) > 2*len(w) {
		cut := 2 * len(w)
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	b := make([]byte, 2*len(w))
	copy(b, s)
	putBytes(w, b)
}

// reader keeps the first error; after it every read yields zero.
type reader struct {
	w   []uint16
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) length(name string, want int) {
	if len(r.w) != want {
		r.fail(fmt.Errorf("cannot decode %s: %d registers, want %d: %w", name, len(r.w), want, ErrLength))
	}
}

func (r *reader) u16(at int) uint16 {
	if r.err != nil {
		return 0
	}
	return r.w[at]
}

func (r *reader) u32(at int) uint32 { return uint32(r.u16(at))<<16 | uint32(r.u16(at+1)) }
func (r *reader) u64(at int) uint64 { return uint64(r.u32(at))<<32 | uint64(r.u32(at+2)) }

func (r *reader) fixed(at, words int, want uint32, bad error) {
	got := uint32(r.u16(at))
	if words == 2 {
		got = r.u32(at)
	}
	if r.err == nil && got != want {
		r.fail(fmt.Errorf("register offset %d holds 0x%x, want 0x%x: %w", at, got, want, bad))
	}
}

func (r *reader) repeat(first, second int) {
	if a, b := r.u32(first), r.u32(second); a != b {
		r.fail(fmt.Errorf("sequence %d at the head, %d at the tail: %w", a, b, ErrTorn))
	}
}

func (r *reader) crc(at int) {
	if r.err == nil && CRC32(r.w[:at]) != r.u32(at) {
		r.fail(fmt.Errorf("CRC over %d registers: %w", at, ErrCRC))
	}
}

func (r *reader) enum(at, known int, name string) uint16 {
	v := r.u16(at)
	if int(v) >= known {
		r.fail(fmt.Errorf("%s has code %d: %w", name, v, ErrMalformed))
	}
	return v
}

func (r *reader) bits(v, known uint32, name string) uint32 {
	if v&^known != 0 {
		r.fail(fmt.Errorf("%s has unknown bits 0x%x: %w", name, v&^known, ErrMalformed))
	}
	return v
}

func (r *reader) bytes(at int, into []byte) {
	for i := 0; i < len(into); i += 2 {
		binary.BigEndian.PutUint16(into[i:], r.u16(at+i/2))
	}
}

// text wants valid UTF-8 without control characters, then nothing but NUL.
func (r *reader) text(at, words int, name string) string {
	b := make([]byte, 2*words)
	r.bytes(at, b)
	s := strings.TrimRight(string(b), "\x00")
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
		r.fail(fmt.Errorf("%s is no printable text: %w", name, ErrMalformed))
		return ""
	}
	return s
}

func enumName(kind string, names []string, v uint16) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

func bitNames(names []string, v uint32) string {
	var out []string
	for i := range 32 {
		switch {
		case v&(1<<i) == 0:
		case i < len(names):
			out = append(out, names[i])
		default:
			out = append(out, fmt.Sprintf("bit%d", i))
		}
	}
	return strings.Join(out, "+")
}
