package card

import "fmt"

// fascn encodes a Federal Agency Smart Credential Number in 25 bytes: forty
// 5-bit characters (four bits, least significant first, and odd parity), with
// start sentinel, field separators, end sentinel and longitudinal check
// (Technical Implementation Guidance: Smart Card Enabled Physical Access
// Control Systems, section 2.1). Agency and system 9999 belong to nobody.
func fascn(credential, person uint64) []byte {
	const start, sep, end = 0xB, 0xD, 0xF
	digits := fmt.Sprintf("9999-9999-%06d-1-1-%010d1"+"99991", credential%1_000_000, person%10_000_000_000)
	chars := []byte{start}
	for _, d := range digits {
		if d == '-' {
			chars = append(chars, sep)
		} else {
			chars = append(chars, byte(d-'0'))
		}
	}
	chars = append(chars, end)
	lrc := byte(0)
	for _, x := range chars {
		lrc ^= x
	}
	chars = append(chars, lrc)
	out := make([]byte, 25)
	for i, x := range chars {
		parity := byte(1)
		for b := range 4 {
			bit := x >> b & 1
			parity ^= bit
			setBit(out, i*5+b, bit)
		}
		setBit(out, i*5+4, parity)
	}
	return out
}

func setBit(b []byte, i int, bit byte) { b[i/8] |= bit << (7 - i%8) }
