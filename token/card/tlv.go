package card

import (
	"errors"
	"fmt"
)

// field is one BER-TLV data object.
type field struct {
	tag   uint32 // tag bytes as a number: 0x53, 0x5F2F
	value []byte // aliases the input
}

// maxFields bounds one template; the richest PIV object has about a dozen.
const maxFields = 64

// parseTLV splits b into its data objects, in order. It demands definite lengths of at most 3 bytes (ISO/IEC 7816-4,
// section 5.4), nothing left over, no repeated tag and at most 64 objects. Nested objects are left as they are.
func parseTLV(b []byte) ([]field, error) {
	var out []field
	seen := map[uint32]bool{}
	for len(b) > 0 {
		f, rest, err := nextTLV(b)
		if err != nil {
			return nil, err
		}
		if seen[f.tag] {
			return nil, fmt.Errorf("tag %X is there twice", f.tag)
		}
		if len(out) == maxFields {
			return nil, errors.New("too many data objects")
		}
		seen[f.tag] = true
		out = append(out, f)
		b = rest
	}
	return out, nil
}

// nextTLV takes the first data object from b.
func nextTLV(b []byte) (field, []byte, error) {
	tag := uint32(b[0])
	i := 1
	if b[0]&0x1F == 0x1F {
		for n := 0; ; n++ {
			if i == len(b) {
				return field{}, nil, errors.New("tag is cut off")
			}
			if n == 3 {
				return field{}, nil, errors.New("tag is too long")
			}
			tag = tag<<8 | uint32(b[i])
			i++
			if b[i-1]&0x80 == 0 {
				break
			}
		}
	}
	if i == len(b) {
		return field{}, nil, fmt.Errorf("length of tag %X is missing", tag)
	}
	n := int(b[i])
	i++
	if n >= 0x80 {
		k := n & 0x7F
		if k == 0 || k > 3 {
			return field{}, nil, fmt.Errorf("length of tag %X has an unsupported form", tag)
		}
		if len(b)-i < k {
			return field{}, nil, fmt.Errorf("length of tag %X is cut off", tag)
		}
		n = 0
		for range k {
			n = n<<8 | int(b[i])
			i++
		}
	}
	if len(b)-i < n {
		return field{}, nil, fmt.Errorf("tag %X promises %d bytes and has %d", tag, n, len(b)-i)
	}
	return field{tag: tag, value: b[i : i+n : i+n]}, b[i+n:], nil
}

// find returns the value of tag in fields.
func find(fields []field, tag uint32) ([]byte, bool) {
	for _, f := range fields {
		if f.tag == tag {
			return f.value, true
		}
	}
	return nil, false
}

// appendTLV appends tag, a minimal length and value to dst. Tags up to 2 bytes, values up to 65535 bytes.
func appendTLV(dst []byte, tag uint16, value []byte) []byte {
	if tag > 0xFF {
		dst = append(dst, byte(tag>>8))
	}
	dst = append(dst, byte(tag))
	switch n := len(value); {
	case n < 0x80:
		dst = append(dst, byte(n))
	case n <= 0xFF:
		dst = append(dst, 0x81, byte(n))
	default:
		dst = append(dst, 0x82, byte(n>>8), byte(n))
	}
	return append(dst, value...)
}
