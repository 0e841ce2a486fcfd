package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

const sourceName = "registers.json"

// Limits of the Modbus Application Protocol V1.1b3: section 6.3 (a read of holding registers) and 6.12 (FC16).
const (
	maxRead  = 125
	maxWrite = 123
)

type source struct {
	Profile  string
	Version  struct{ Major, Minor uint8 }
	Magic    string
	Enums    []enum
	Bitsets  []bitset
	Blocks   []block
	magic    uint32
	enumOf   map[string]*enum
	bitsetOf map[string]*bitset
}

type enum struct {
	Name, Doc string
	Values    []value
}

type value struct {
	Code      uint16
	Name, Doc string
}

type bitset struct {
	Name, Doc string
	Bits      []bit
	wide      bool // 32 bits in registers, else 16
}

type bit struct {
	Bit       uint8
	Name, Doc string
}

type block struct {
	Name, Prefix, Address, Access, Doc string
	Fields                             []field
	at                                 uint16
	words                              int
}

// field is one value of a block. Types: u16 u32 u64 i64, enum16 bits16 bits32 (of a named set), token (16 bytes), text and
// bytes (words given), fixed16 fixed32 (of magic, version, length, maphash), repeat32 (of an earlier field), crc32.
type field struct {
	Name, Type, Of, Unit, Doc string
	Words                     int
	offset                    int
}

// computed says that the codec fills the field itself, so that it is no member of the Go struct.
func (f field) computed() bool {
	switch f.Type {
	case "fixed16", "fixed32", "repeat32", "crc32":
		return true
	}
	return false
}

var (
	nameRE = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	widths = map[string]int{"u16": 1, "u32": 2, "u64": 4, "i64": 4, "enum16": 1, "bits16": 1, "bits32": 2, "token": 8,
		"fixed16": 1, "fixed32": 2, "repeat32": 2, "crc32": 2}
)

// parse reads the source strictly: unknown keys, trailing data, overlaps and unknown names are errors.
func parse(raw []byte) (*source, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	m := &source{enumOf: map[string]*enum{}, bitsetOf: map[string]*bitset{}}
	if err := dec.Decode(m); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the map")
	}
	magic, err := strconv.ParseUint(m.Magic, 0, 32)
	if err != nil || m.Version.Major == 0 {
		return nil, fmt.Errorf("magic %q or version is not usable", m.Magic)
	}
	m.magic = uint32(magic)
	if err := m.indexSets(); err != nil {
		return nil, err
	}
	var end int
	for i := range m.Blocks {
		b := &m.Blocks[i]
		if err := m.lay(b); err != nil {
			return nil, fmt.Errorf("block %s: %w", b.Name, err)
		}
		if int(b.at) < end {
			return nil, fmt.Errorf("block %s overlaps the one before it", b.Name)
		}
		end = int(b.at) + b.words
	}
	return m, nil
}

func (m *source) indexSets() error {
	for i := range m.Enums {
		e := &m.Enums[i]
		for j, v := range e.Values {
			if int(v.Code) != j || !nameRE.MatchString(v.Name) {
				return fmt.Errorf("enumeration %s: codes must run from 0 without gaps and have names", e.Name)
			}
		}
		m.enumOf[e.Name] = e
	}
	for i := range m.Bitsets {
		s := &m.Bitsets[i]
		for j, b := range s.Bits {
			if int(b.Bit) != j || j > 31 || !nameRE.MatchString(b.Name) {
				return fmt.Errorf("bit set %s: bits must run from 0 without gaps and have names", s.Name)
			}
		}
		m.bitsetOf[s.Name] = s
	}
	return nil
}

// lay gives each field its offset and checks the block as a whole.
func (m *source) lay(b *block) error {
	at, err := strconv.ParseUint(b.Address, 0, 16)
	if err != nil {
		return err
	}
	b.at = uint16(at)
	seen := map[string]bool{}
	for i := range b.Fields {
		f := &b.Fields[i]
		if !nameRE.MatchString(f.Name) || seen[f.Name] {
			return fmt.Errorf("field %q has no name or one used before", f.Name)
		}
		if w, ok := widths[f.Type]; ok {
			if f.Words != 0 {
				return fmt.Errorf("field %s: words are given for a type of fixed width", f.Name)
			}
			f.Words = w
		} else if (f.Type != "text" && f.Type != "bytes") || f.Words < 1 {
			return fmt.Errorf("field %s: type %q with %d words", f.Name, f.Type, f.Words)
		}
		if err := m.checkOf(f, seen); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		seen[f.Name] = true
		f.offset = b.words
		b.words += f.Words
	}
	last := b.Fields[len(b.Fields)-1]
	limit := map[string]int{"read": maxRead, "write": maxWrite}[b.Access]
	if last.Type != "crc32" || b.words > limit || int(b.at)+b.words > 1<<16 {
		return fmt.Errorf("must end in a CRC and fit one request (%d words, limit %d)", b.words, limit)
	}
	return nil
}

func (m *source) checkOf(f *field, seen map[string]bool) error {
	ok := f.Of == ""
	switch f.Type {
	case "enum16":
		ok = m.enumOf[f.Of] != nil
	case "bits16", "bits32":
		s := m.bitsetOf[f.Of]
		ok = s != nil && (f.Type == "bits32" || len(s.Bits) <= 16)
		if ok {
			s.wide = s.wide || f.Type == "bits32"
		}
	case "fixed16":
		ok = f.Of == "version" || f.Of == "length"
	case "fixed32":
		ok = f.Of == "magic" || f.Of == "maphash"
	case "repeat32":
		ok = seen[f.Of]
	}
	if !ok {
		return fmt.Errorf("%q is not something a %s can be of", f.Of, f.Type)
	}
	return nil
}

// canonical renders what a device and a host must agree on, and nothing else: explanations may be reworded without a new
// hash; a name, code, unit, type, order or address may not.
func (m *source) canonical() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d.%d magic %08x\n", m.Profile, m.Version.Major, m.Version.Minor, m.magic)
	for _, e := range m.Enums {
		for _, v := range e.Values {
			fmt.Fprintf(&b, "enum %s %d %s\n", e.Name, v.Code, v.Name)
		}
	}
	for _, s := range m.Bitsets {
		for _, v := range s.Bits {
			fmt.Fprintf(&b, "bit %s %d %s\n", s.Name, v.Bit, v.Name)
		}
	}
	for _, k := range m.Blocks {
		fmt.Fprintf(&b, "block %s %04x %d %s\n", k.Name, k.at, k.words, k.Access)
		for _, f := range k.Fields {
			fmt.Fprintf(&b, "field %04x %d %s %s of %s in %s\n", int(k.at)+f.offset, f.Words, f.Name, f.Type, dash(f.Of), dash(f.Unit))
		}
	}
	return b.Bytes()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// hash is the first 32 bits, big-endian, of the SHA-256 of the canonical text.
func (m *source) hash() uint32 {
	sum := sha256.Sum256(m.canonical())
	return binary.BigEndian.Uint32(sum[:4])
}

func (m *source) version() uint16 { return uint16(m.Version.Major)<<8 | uint16(m.Version.Minor) }

func (m *source) fixed(of string, b block) uint32 {
	switch of {
	case "magic":
		return m.magic
	case "version":
		return uint32(m.version())
	case "length":
		return uint32(b.words)
	default:
		return m.hash()
	}
}
