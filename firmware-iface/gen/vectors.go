package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// vector is one block in both forms. Values are decimal text (or hex for tokens and bytes), registers are hex words.
type vector struct {
	Block  string            `json:"block"`
	Case   string            `json:"case"`
	Expect string            `json:"expect"` // ok, magic, map-hash, torn, crc, malformed, length
	Values map[string]string `json:"values,omitempty"`
	Words  []string          `json:"words"`
}

type vectorFile struct {
	Profile string   `json:"profile"`
	Version string   `json:"version"`
	MapHash string   `json:"map_hash"`
	Vectors []vector `json:"vectors"`
}

// vectors encodes by interpreting the table; the generated codec shares none of this code.
func (m *source) vectors() ([]byte, error) {
	out := vectorFile{Profile: m.Profile, Version: fmt.Sprintf("%d.%d", m.Version.Major, m.Version.Minor), MapHash: fmt.Sprintf("%08x", m.hash())}
	for _, k := range m.Blocks {
		for _, salt := range []string{"low", "one", "two", "high"} {
			w, values := m.example(k, salt)
			out.Vectors = append(out.Vectors, vector{k.Name, salt, "ok", values, hexWords(w)})
		}
		w, _ := m.example(k, "one")
		out.Vectors = append(out.Vectors, m.spoiled(k, w)...)
	}
	raw, err := json.MarshalIndent(out, "", " ")
	return append(raw, '\n'), err
}

// spoiled are the blocks a decoder must refuse.
func (m *source) spoiled(k block, good []uint16) []vector {
	var out []vector
	add := func(name, expect string, reseal bool, change func(w []uint16) []uint16) {
		w := change(append([]uint16(nil), good...))
		if reseal {
			seal(w)
		}
		out = append(out, vector{Block: k.Name, Case: name, Expect: expect, Words: hexWords(w)})
	}
	add("flipped bit", "crc", false, func(w []uint16) []uint16 { w[len(w)-1] ^= 1; return w })
	add("one register short", "length", false, func(w []uint16) []uint16 { return w[:len(w)-1] })
	add("one register long", "length", false, func(w []uint16) []uint16 { return append(w, 0) })
	zero := "crc"
	for _, f := range k.Fields {
		at := f.offset
		switch {
		case f.Type == "fixed32" && f.Of == "magic":
			zero = "magic"
			add("other magic", "magic", true, func(w []uint16) []uint16 { w[at] ^= 0x0100; return w })
		case f.Type == "fixed32" || f.Type == "fixed16":
			add("other "+f.Name, "map-hash", true, func(w []uint16) []uint16 { w[at] ^= 0x0001; return w })
		case f.Type == "repeat32":
			add("torn", "torn", true, func(w []uint16) []uint16 { w[at+1]++; return w })
		case f.Type == "enum16":
			n := uint16(len(m.enumOf[f.Of].Values))
			add("unknown code in "+f.Name, "malformed", true, func(w []uint16) []uint16 { w[at] = n; return w })
		case f.Type == "bits16" || f.Type == "bits32":
			add("unknown bit in "+f.Name, "malformed", true, func(w []uint16) []uint16 { w[at] |= 0x8000; return w })
		case f.Type == "text":
			add("NUL inside "+f.Name, "malformed", true, func(w []uint16) []uint16 { w[at] &= 0x00ff; w[at] |= 0x0041; return w })
		}
	}
	add("all zero", zero, false, func(w []uint16) []uint16 { return make([]uint16, len(w)) })
	return out
}

// example fills a block with values derived from the field's name, so that no two fields look alike.
func (m *source) example(k block, salt string) ([]uint16, map[string]string) {
	b := make([]byte, 2*k.words)
	values := map[string]string{}
	for _, f := range k.Fields {
		at := b[2*f.offset : 2*(f.offset+f.Words)]
		sum := sha256.Sum256([]byte(salt + "/" + k.Name + "/" + f.Name))
		switch salt {
		case "low":
			sum = [32]byte{}
		case "high":
			for i := range sum {
				sum[i] = 0xff
			}
		}
		m.fill(k, f, at, sum, b)
		if f.computed() {
			continue
		}
		switch f.Type {
		case "text":
			values[f.Name] = trimNUL(at)
		case "token", "bytes":
			values[f.Name] = hex.EncodeToString(at)
		case "i64":
			values[f.Name] = strconv.FormatInt(int64(binary.BigEndian.Uint64(at)), 10)
		default:
			var v uint64
			for _, c := range at {
				v = v<<8 | uint64(c)
			}
			values[f.Name] = strconv.FormatUint(v, 10)
		}
	}
	w := make([]uint16, k.words)
	for i := range w {
		w[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return w, values
}

func (m *source) fill(k block, f field, at []byte, sum [32]byte, whole []byte) {
	switch f.Type {
	case "enum16":
		n := uint16(len(m.enumOf[f.Of].Values))
		v := binary.BigEndian.Uint16(sum[:]) % n
		if sum[0] == 0xff && sum[1] == 0xff {
			v = n - 1
		}
		binary.BigEndian.PutUint16(at, v)
	case "bits16":
		binary.BigEndian.PutUint16(at, binary.BigEndian.Uint16(sum[:])&uint16(1<<len(m.bitsetOf[f.Of].Bits)-1))
	case "bits32":
		binary.BigEndian.PutUint32(at, uint32(uint64(binary.BigEndian.Uint32(sum[:]))&(1<<len(m.bitsetOf[f.Of].Bits)-1)))
	case "text":
		switch sum[0] {
		case 0: // empty
		case 0xff:
			for i := range at {
				at[i] = "abcdefghijklmnopqrstuvwxyz012345"[i%32]
			}
		default:
			copy(at, "碎纸机 "+f.Name) // what may be cut off is ASCII
		}
	case "fixed16":
		binary.BigEndian.PutUint16(at, uint16(m.fixed(f.Of, k)))
	case "fixed32":
		binary.BigEndian.PutUint32(at, m.fixed(f.Of, k))
	case "repeat32":
		from := 2 * k.offsetOf(f.Of)
		copy(at, whole[from:from+4])
	case "crc32":
		binary.BigEndian.PutUint32(at, slowCRC(whole[:2*f.offset]))
	default:
		copy(at, sum[:])
	}
}

// slowCRC is CRC-32/ISO-HDLC bit by bit.
func slowCRC(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c)
		for range 8 {
			if crc&1 == 1 {
				crc = crc>>1 ^ 0xedb88320
			} else {
				crc >>= 1
			}
		}
	}
	return ^crc
}

func seal(w []uint16) {
	b := make([]byte, 0, 2*len(w))
	for _, v := range w {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	crc := slowCRC(b[:len(b)-4])
	w[len(w)-2], w[len(w)-1] = uint16(crc>>16), uint16(crc)
}

func trimNUL(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return string(b)
}

func hexWords(w []uint16) []string {
	out := make([]string, len(w))
	for i, v := range w {
		out[i] = fmt.Sprintf("%04x", v)
	}
	return out
}
