package certificate

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writer produces RFC 8785 canonical JSON for a fixed shape: the caller writes
// members in ascending order, the writer owns strings and numbers.
type writer struct {
	buf []byte
	err error
}

func (w *writer) raw(s string) { w.buf = append(w.buf, s...) }

func (w *writer) comma(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
}

const maxSafeInteger = 1<<53 - 1

func (w *writer) integer(n int64) {
	if n > maxSafeInteger || n < -maxSafeInteger {
		w.fail(fmt.Errorf("integer %d is not exact in JSON", n))
	}
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *writer) boolean(b bool) { w.buf = strconv.AppendBool(w.buf, b) }

func (w *writer) b64(b []byte) {
	w.buf = append(w.buf, '"')
	w.buf = base64.StdEncoding.AppendEncode(w.buf, b)
	w.buf = append(w.buf, '"')
}

const hexDigits = "0123456789abcdef"

// str writes s with the escapes of RFC 8785 section 3.2.2.2 and no others.
func (w *writer) str(s string) {
	if !utf8.ValidString(s) {
		w.fail(errors.New("a string is not UTF-8"))
		s = ""
	}
	w.buf = append(w.buf, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		w.buf = append(w.buf, s[start:i]...)
		start = i + 1
		if e := shortEscape(c); e != 0 {
			w.buf = append(w.buf, '\\', e)
		} else {
			w.buf = append(w.buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	w.buf = append(w.buf, s[start:]...)
	w.buf = append(w.buf, '"')
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func shortEscape(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}

// reader consumes canonical JSON of a known shape. Whatever is not exactly
// what writer would have written is an error that names field and offset. It
// never recurses and never allocates more than it has read.
type reader struct {
	data  string
	pos   int
	field string
	err   error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = &fieldError{Field: r.field, Err: fmt.Errorf("%s at byte %d", fmt.Sprintf(format, args...), r.pos)}
	}
}

// lit demands s.
func (r *reader) lit(s string) {
	if r.err != nil {
		return
	}
	if !strings.HasPrefix(r.data[r.pos:], s) {
		n := 0
		for n < len(s) && r.pos+n < len(r.data) && r.data[r.pos+n] == s[n] {
			n++
		}
		r.pos += n
		r.fail("not the canonical form: %q expected", s[n:])
		return
	}
	r.pos += len(s)
}

// peek tells whether s comes next, and consumes it then.
func (r *reader) peek(s string) bool {
	if r.err != nil || !strings.HasPrefix(r.data[r.pos:], s) {
		return false
	}
	r.pos += len(s)
	return true
}

// list reads elements up to the closing byte; item is called with the
// element's number. At most limit elements are read.
func (r *reader) list(closing string, limit int, item func(i int)) {
	if r.peek(closing) {
		return
	}
	for i := 0; r.err == nil; i++ {
		if i >= limit {
			r.fail("more than %d elements", limit)
			return
		}
		item(i)
		if r.err != nil || r.peek(closing) {
			return
		}
		r.lit(",")
	}
}

// str reads one string of at most limit bytes after decoding.
func (r *reader) str(limit int) string {
	r.lit(`"`)
	if r.err != nil {
		return ""
	}
	var decoded []byte // nil as long as no escape was met
	start := r.pos
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		switch {
		case c == '"':
			out := r.data[start:r.pos]
			if decoded != nil {
				decoded = append(decoded, out...)
				out = string(decoded)
			}
			if !utf8.ValidString(out) {
				r.fail("a string that is not UTF-8 ends")
				return ""
			}
			r.pos++
			return out
		case c < 0x20:
			r.fail("unescaped control character")
			return ""
		case c == '\\':
			decoded = append(decoded, r.data[start:r.pos]...)
			e := r.escape()
			if r.err != nil {
				return ""
			}
			decoded = append(decoded, e)
			start = r.pos
		default:
			r.pos++
		}
		if len(decoded)+r.pos-start > limit {
			r.fail("string longer than %d bytes", limit)
			return ""
		}
	}
	r.fail("the file ends inside a string")
	return ""
}

// escape reads one escape sequence in the only form RFC 8785 allows for it.
func (r *reader) escape() byte {
	rest := r.data[r.pos:]
	if len(rest) >= 2 {
		for _, c := range []byte("\"\\\b\t\n\f\r") {
			if shortEscape(c) == rest[1] {
				r.pos += 2
				return c
			}
		}
	}
	if len(rest) >= 6 && rest[1] == 'u' && rest[2] == '0' && rest[3] == '0' {
		hi, lo := strings.IndexByte(hexDigits, rest[4]), strings.IndexByte(hexDigits, rest[5])
		if hi >= 0 && lo >= 0 {
			if c := byte(hi<<4 | lo); c < 0x20 && shortEscape(c) == 0 {
				r.pos += 6
				return c
			}
		}
	}
	r.fail("an escape that is not canonical")
	return 0
}

// integer reads a non-negative integer below 2^53.
func (r *reader) integer() int64 {
	if r.err != nil {
		return 0
	}
	n := 0
	for r.pos+n < len(r.data) && n < 17 && r.data[r.pos+n] >= '0' && r.data[r.pos+n] <= '9' {
		n++
	}
	text := r.data[r.pos : r.pos+n]
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v > maxSafeInteger || strconv.FormatInt(v, 10) != text {
		r.fail("not a canonical integer")
		return 0
	}
	r.pos += n
	return v
}

// b64 reads canonical base64 of at most limit bytes.
func (r *reader) b64(limit int) []byte {
	at := r.pos
	s := r.str(base64.StdEncoding.EncodedLen(limit))
	if r.err != nil {
		return nil
	}
	b, err := strictBase64(s)
	if err != nil {
		r.pos = at
		r.fail("%v", err)
		return nil
	}
	if len(b) > limit {
		r.pos = at
		r.fail("more than %d bytes", limit)
		return nil
	}
	return b
}
