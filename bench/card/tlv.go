package card

import "errors"

var errTLV = errors.New("malformed TLV")

// tlv encodes one BER-TLV object; tag holds up to three tag bytes, most
// significant first (ISO/IEC 7816-4, section 5.2.2).
func tlv(tag uint32, values ...[]byte) []byte {
	n := 0
	for _, v := range values {
		n += len(v)
	}
	out := tagBytes(tag)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	for _, v := range values {
		out = append(out, v...)
	}
	return out
}

func tagBytes(tag uint32) []byte {
	switch {
	case tag > 0xFFFF:
		return []byte{byte(tag >> 16), byte(tag >> 8), byte(tag)}
	case tag > 0xFF:
		return []byte{byte(tag >> 8), byte(tag)}
	}
	return []byte{byte(tag)}
}

// cutTLV takes the first TLV off b. Lengths may take at most three bytes.
func cutTLV(b []byte) (tag uint32, value, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, nil, errTLV
	}
	i := 1
	tag = uint32(b[0])
	if b[0]&0x1F == 0x1F {
		for {
			if i >= len(b) || i > 2 {
				return 0, nil, nil, errTLV
			}
			tag = tag<<8 | uint32(b[i])
			i++
			if b[i-1]&0x80 == 0 {
				break
			}
		}
	}
	if i >= len(b) {
		return 0, nil, nil, errTLV
	}
	n := int(b[i])
	i++
	if n >= 0x80 {
		k := n & 0x7F
		if k == 0 || k > 3 || i+k > len(b) {
			return 0, nil, nil, errTLV
		}
		n = 0
		for _, x := range b[i : i+k] {
			n = n<<8 | int(x)
		}
		i += k
	}
	if n > len(b)-i {
		return 0, nil, nil, errTLV
	}
	return tag, b[i : i+n], b[i+n:], nil
}

// tlvMap reads a flat list of TLVs with one-byte-or-longer tags; a repeated tag
// is malformed.
func tlvMap(b []byte) (map[uint32][]byte, error) {
	m := make(map[uint32][]byte)
	for len(b) > 0 {
		tag, v, rest, err := cutTLV(b)
		if err != nil {
			return nil, err
		}
		if _, ok := m[tag]; ok {
			return nil, errTLV
		}
		m[tag], b = v, rest
	}
	return m, nil
}
