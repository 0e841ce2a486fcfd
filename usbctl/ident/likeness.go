package ident

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"sexton/usbctl/desc"
	"sexton/usbctl/scsi"
)

// Speed of a connection as sysfs says it, Mbit/s: "12", "480", "5000".
type Speed string

// Look is what a medium shows of itself at one insertion.
type Look struct {
	Speed    Speed
	Device   desc.Device
	Strings  map[byte][]byte // raw string descriptors by index
	Portrait scsi.Portrait
}

// Likeness is what is registered of a medium: hashes of bytes, never its texts. It
// tells one model and one unit from another as far as they differ, and nothing
// against somebody who copies every byte.
type Likeness struct {
	Descriptors map[Speed]string `json:"descriptors"` // lower hex SHA-256 of the raw descriptors, at each speed it was seen at
	Strings     string           `json:"strings"`     // of all raw string descriptors
	Serial      string           `json:"serial"`      // of the raw serial descriptor; "" = it has none
	Inquiry     string           `json:"inquiry"`     // of the INQUIRY data
	Vital       string           `json:"vital"`       // of the vital product data pages
	Mode        string           `json:"mode"`        // of the mode data without the write-protect bit
	Blocks      uint64           `json:"blocks"`
	BlockSize   int              `json:"block_size"`
}

// LikenessOf registers a look.
func LikenessOf(l Look) Likeness {
	h := l.Device.Hash()
	out := Likeness{Descriptors: map[Speed]string{l.Speed: hex.EncodeToString(h[:])}, Strings: hashPages(l.Strings),
		Inquiry: hashOf(l.Portrait.Inquiry), Vital: hashPages(l.Portrait.Pages), Mode: hashOf(steady(l.Portrait.Mode)),
		Blocks: l.Portrait.Capacity.Blocks, BlockSize: l.Portrait.Capacity.BlockSize}
	if i := l.Device.Strings.Serial; i != 0 {
		out.Serial = hashOf(l.Strings[i])
	}
	return out
}

// steady is mode data without what a switch on the case changes.
func steady(mode []byte) []byte {
	b := bytes.Clone(mode)
	if len(b) > 2 {
		b[2] &^= 0x80
	}
	return b
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// hashPages hashes numbered byte strings with their numbers and lengths.
func hashPages(pages map[byte][]byte) string {
	h := sha256.New()
	for _, n := range slices.Sorted(maps.Keys(pages)) {
		var head [5]byte
		head[0] = n
		binary.BigEndian.PutUint32(head[1:], uint32(len(pages[n])))
		h.Write(head[:])
		h.Write(pages[n])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Difference is one part of a look that is not what was registered.
type Difference struct {
	What string // stable: "descriptors", "serial", ...
	// New says that the part was never seen rather than seen otherwise: the medium is
	// at a speed it was not registered at.
	New bool
}

func (d Difference) String() string {
	if d.New {
		return d.What + " (not registered at this speed)"
	}
	return d.What
}

// Compare lists in what a look differs from the registered likeness, in a fixed
// order; none = it looks the same.
func (r Likeness) Compare(l Look) []Difference {
	now := LikenessOf(l)
	var out []Difference
	switch was, seen := r.Descriptors[l.Speed]; {
	case !seen:
		out = append(out, Difference{What: "descriptors", New: true})
	case was != now.Descriptors[l.Speed]:
		out = append(out, Difference{What: "descriptors"})
	}
	for _, c := range []struct{ what, was, is string }{
		{"strings", r.Strings, now.Strings}, {"serial", r.Serial, now.Serial}, {"inquiry", r.Inquiry, now.Inquiry}, {"vital", r.Vital, now.Vital},
		{"mode", r.Mode, now.Mode}, {"capacity", fmt.Sprint(r.Blocks, " ", r.BlockSize), fmt.Sprint(now.Blocks, " ", now.BlockSize)},
	} {
		if c.was != c.is {
			out = append(out, Difference{What: c.what})
		}
	}
	return out
}

// With adds the descriptors of another speed, which an admin has seen and accepts.
func (r Likeness) With(speed Speed, d desc.Device) Likeness {
	h := d.Hash()
	r.Descriptors = maps.Clone(r.Descriptors)
	r.Descriptors[speed] = hex.EncodeToString(h[:])
	return r
}

// Same says whether two registrations could not be told apart by anything but the
// canary: two keys of one model without serial numbers.
func (r Likeness) Same(o Likeness) bool {
	return r.Strings == o.Strings && r.Serial == o.Serial && r.Inquiry == o.Inquiry && r.Vital == o.Vital && r.Mode == o.Mode &&
		r.Blocks == o.Blocks && r.BlockSize == o.BlockSize && sharesOne(r.Descriptors, o.Descriptors)
}

func sharesOne(a, b map[Speed]string) bool {
	for s, h := range a {
		if b[s] == h {
			return true
		}
	}
	return false
}

// Closest orders registrations by how little a look differs from them: what an
// admin is shown when a key is not recognised.
func Closest(all map[string]Likeness, l Look) []string {
	ids := slices.Sorted(maps.Keys(all))
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(len(all[a].Compare(l)), len(all[b].Compare(l)))
	})
	return ids
}
