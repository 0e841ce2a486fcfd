package firmware_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	firmware "sexton/firmware-iface"
)

type vector struct {
	Block, Case, Expect string
	Values              map[string]string
	Words               []string
}

type block interface {
	Encode() []uint16
	Decode([]uint16) error
}

func newBlock(t testing.TB, name string) block {
	switch name {
	case "IdentityBlock":
		return &firmware.IdentityBlock{}
	case "SnapshotBlock":
		return &firmware.SnapshotBlock{}
	case "Echo":
		return &firmware.Echo{}
	case "CommandRecord":
		return &firmware.CommandRecord{}
	}
	t.Fatalf("no block is called %s", name)
	return nil
}

func vectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Profile, Version string
		MapHash          string `json:"map_hash"`
		Vectors          []vector
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%08x", firmware.MapHash); f.MapHash != want {
		t.Fatalf("vectors are of map %s, code of %s", f.MapHash, want)
	}
	return f.Vectors
}

func words(t testing.TB, in []string) []uint16 {
	out := make([]uint16, len(in))
	for i, s := range in {
		v, err := strconv.ParseUint(s, 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = uint16(v)
	}
	return out
}

// render gives a member in the notation of the vectors.
func render(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Array:
		b := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(b), v)
		return hex.EncodeToString(b)
	default:
		return strconv.FormatUint(v.Uint(), 10)
	}
}

var classes = map[string]error{"magic": firmware.ErrMagic, "map-hash": firmware.ErrMapHash, "torn": firmware.ErrTorn,
	"crc": firmware.ErrCRC, "malformed": firmware.ErrMalformed, "length": firmware.ErrLength}

// The vectors come from an encoder that interprets the map; the codec under test was generated as code. They share nothing else.
func TestVectors(t *testing.T) {
	seen := map[string]int{}
	for _, v := range vectors(t) {
		seen[v.Block+"/"+v.Expect]++
		b, w := newBlock(t, v.Block), words(t, v.Words)
		err := b.Decode(w)
		if v.Expect != "ok" {
			if !errors.Is(err, classes[v.Expect]) {
				t.Errorf("%s, %s: %v, want class %s", v.Block, v.Case, err, v.Expect)
			}
			if !reflect.ValueOf(b).Elem().IsZero() {
				t.Errorf("%s, %s: refused, but left values behind", v.Block, v.Case)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %s: %v", v.Block, v.Case, err)
			continue
		}
		s := reflect.ValueOf(b).Elem()
		if s.NumField() != len(v.Values) {
			t.Errorf("%s: %d members, %d values", v.Block, s.NumField(), len(v.Values))
		}
		for i := range s.NumField() {
			name := s.Type().Field(i).Name
			if got := render(s.Field(i)); got != v.Values[name] {
				t.Errorf("%s, %s: %s = %q, want %q", v.Block, v.Case, name, got, v.Values[name])
			}
		}
		if got := b.Encode(); !reflect.DeepEqual(got, w) {
			t.Errorf("%s, %s: encodes to other words", v.Block, v.Case)
		}
	}
	for _, want := range []string{"SnapshotBlock/torn", "IdentityBlock/magic", "IdentityBlock/map-hash", "CommandRecord/crc", "Echo/malformed"} {
		if seen[want] == 0 {
			t.Errorf("no vector for %s", want)
		}
	}
}

func TestEveryBitFlipIsRefused(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Expect != "ok" {
			continue
		}
		good := words(t, v.Words)
		for i := range 16 * len(good) {
			w := append([]uint16(nil), good...)
			w[i/16] ^= 1 << (i % 16)
			if newBlock(t, v.Block).Decode(w) == nil {
				t.Fatalf("%s, %s: bit %d of word %d flipped and accepted", v.Block, v.Case, i%16, i/16)
			}
		}
	}
}

func TestMapHashIsThatOfTheCanonicalText(t *testing.T) {
	raw, err := os.ReadFile("testdata/map.txt")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if got := binary.BigEndian.Uint32(sum[:]); got != firmware.MapHash {
		t.Errorf("hash of map.txt %08x, constant %08x", got, firmware.MapHash)
	}
}

// The worked example in SPEC.md is what a builder compares his first bytes with.
func TestExampleInSpec(t *testing.T) {
	spec, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	r := firmware.CommandRecord{Sequence: 8, BootID: 0x1a2b3c4d, Nonce: 0x5e6f7081, Command: firmware.CommandRelease, NotAfterMS: 123456, PermitUntilMS: 423456}
	for i := range r.Token {
		r.Token[i] = byte(i)
	}
	frame := []byte{0x00, 0x2a, 0, 0, 0, 7 + 2*firmware.LenCommand, 1, 16, byte(firmware.AddrCommand >> 8), byte(firmware.AddrCommand & 0xff), 0, firmware.LenCommand, 2 * firmware.LenCommand}
	for _, w := range r.Encode() {
		frame = binary.BigEndian.AppendUint16(frame, w)
	}
	var text strings.Builder
	for i, b := range frame {
		if i == 7 || i > 7 && (i-13)%16 == 0 {
			text.WriteString("\n")
		} else if i > 0 {
			text.WriteString(" ")
		}
		fmt.Fprintf(&text, "%02x", b)
	}
	if !strings.Contains(string(spec), "```\n"+text.String()+"\n```") {
		t.Errorf("SPEC.md does not show this frame:\n%s", &text)
	}
}

func TestCRC32CheckValue(t *testing.T) {
	// "12345678" by words; the check value of the catalogue is over nine characters, so the ninth is done by the same polynomial
	// in the vectors. 0x9AE0DAAF is CRC-32/ISO-HDLC of "12345678".
	if got := firmware.CRC32([]uint16{0x3132, 0x3334, 0x3536, 0x3738}); got != 0x9ae0daaf {
		t.Errorf("CRC32 = %08x", got)
	}
}

func TestTextIsCutAtARune(t *testing.T) {
	in := firmware.IdentityBlock{ProgramVersion: "一二三四五六"} // 18 bytes into 16
	var out firmware.IdentityBlock
	if err := out.Decode(in.Encode()); err != nil || out.ProgramVersion != "一二三四五" {
		t.Errorf("%q, %v", out.ProgramVersion, err)
	}
}

func TestNames(t *testing.T) {
	if s := firmware.StateRunDown.String() + " " + firmware.State(77).String(); s != "RunDown State(77)" {
		t.Error(s)
	}
	if s := (firmware.ReasonsEStop | firmware.ReasonsJam | 1<<30).String(); s != "EStop+Jam+bit30" {
		t.Error(s)
	}
	if firmware.State(11).Valid() || !firmware.StateFaulted.Valid() {
		t.Error("Valid is wrong")
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		var raw []byte
		for _, w := range words(f, v.Words) {
			raw = binary.BigEndian.AppendUint16(raw, w)
		}
		f.Add(v.Block, raw)
	}
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		switch name {
		case "IdentityBlock", "SnapshotBlock", "Echo", "CommandRecord":
		default:
			t.Skip()
		}
		w := make([]uint16, len(raw)/2)
		for i := range w {
			w[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		if len(w) > 2 { // let the fuzzer past the CRC
			crc := firmware.CRC32(w[:len(w)-2])
			w[len(w)-2], w[len(w)-1] = uint16(crc>>16), uint16(crc)
		}
		b := newBlock(t, name)
		if b.Decode(w) == nil && !reflect.DeepEqual(b.Encode(), w) {
			t.Errorf("accepted words do not encode back: %x", w)
		}
	})
}
