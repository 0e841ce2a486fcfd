package desc

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is one string descriptor as it came: the bytes are what identity uses.
type Text struct{ Raw []byte }

// Decode reads the UTF-16LE text (USB 2.0, 9.6.7). It refuses a length that is not
// kept, an odd number of bytes, lone surrogates and NUL: text that two readers
// could take for two texts is no text.
func (t Text) Decode() (string, error) {
	b := t.Raw
	switch {
	case len(b) < 2 || b[1] != typeString:
		return "", bad("string", 0, "no string descriptor in %d bytes", len(b))
	case int(b[0]) != len(b) || len(b)%2 != 0:
		return "", bad("string-length", 0, "a string descriptor that says %d bytes in %d", b[0], len(b))
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i < len(b); i += 2 {
		units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
	}
	for i := 0; i < len(units); i++ {
		switch u := units[i]; {
		case u == 0:
			return "", bad("string-nul", 2+2*i, "a NUL inside a string")
		case utf16.IsSurrogate(rune(u)):
			if i+1 == len(units) || utf16.DecodeRune(rune(u), rune(units[i+1])) == unicode.ReplacementChar {
				return "", bad("string-surrogate", 2+2*i, "half a character in a string")
			}
			i++
		}
	}
	return string(utf16.Decode(units)), nil
}

// Show makes text from a device harmless to show: everything that is not a plain
// visible character of one cell order is written as an escape, and the length is
// bounded. It is for eyes only; nothing is compared by it.
func Show(s string, most int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n >= most {
			b.WriteString("…")
			break
		}
		n++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`)
		case r == ' ' || unicode.In(r, unicode.Letter, unicode.Number, unicode.Punct, unicode.Symbol) && !strings.ContainsRune(`<>&"'`, r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}
