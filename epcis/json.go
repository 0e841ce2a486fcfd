package epcis

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// kind is what a JSON value is.
type kind byte

const (
	isObject kind = iota + 1
	isArray
	isString
	isNumber
	isBool
	isNull
)

var kindWords = map[kind]struct{ zh, en string }{
	isObject: {"对象", "an object"}, isArray: {"数组", "an array"}, isString: {"字符串", "a string"}, isNumber: {"数字", "a number"}, isBool: {"布尔值", "true or false"}, isNull: {"null", "null"},
}

// node is one JSON value (RFC 8259).
type node struct {
	kind    kind
	at      int    // its first byte
	text    string // of a string, decoded; of anything else without parts, as written
	members []member
	items   []node
}

type member struct {
	key   string
	at    int // first byte of the key
	value node
}

// scanner reads JSON strictly. What breaks the text stops it; a key that comes
// twice, a null and a character that may not be shown are reported, and it goes
// on.
type scanner struct {
	text   string
	pos    int
	depth  int
	nodes  int  // built since the last event began
	quiet  bool // reports nothing, since the value is read again
	path   []step
	report func(at int, path []step, why *reason)
}

// What one event, or the rest of the document, may hold.
const (
	maxDepth   = 24
	maxNodes   = 200_000
	maxMembers = 256     // of one object
	maxNumber  = 64      // characters
	maxString  = 8 << 10 // bytes, as written
)

// broken is where and why the text is no JSON.
type broken struct {
	at int
	*reason
}

func (s *scanner) fail(at int, code, zh, en string) *broken {
	return &broken{at, because(code, zh, en)}
}

// peek is the next byte after white space; 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) unexpected() *broken {
	if s.peek(); s.pos >= len(s.text) {
		return s.truncated()
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	return s.fail(s.pos, "json.syntax", fmt.Sprintf("此处不应有“%s”，不是合法的 JSON", clip(string(r))), fmt.Sprintf("unexpected %q: this is no JSON", clip(string(r))))
}

func (s *scanner) truncated() *broken {
	return s.fail(len(s.text), "json.truncated", "文件不完整", "the text ends too early")
}

// value reads one value as a tree.
func (s *scanner) value() (node, *broken) {
	c := s.peek()
	n := node{at: s.pos}
	if s.nodes++; s.nodes > maxNodes {
		return n, s.fail(s.pos, "json.too-many-values", fmt.Sprintf("一个事件不得超过 %d 个值", maxNodes), fmt.Sprintf("one event may not hold more than %d values", maxNodes))
	}
	switch c {
	case '{':
		n.kind = isObject
		return n, s.members(func(m member) (err *broken) {
			if m.value, err = s.value(); err == nil {
				err = s.add(&n, m)
			}
			return err
		})
	case '[':
		n.kind = isArray
		return n, s.elements(func() *broken {
			v, err := s.value()
			n.items = append(n.items, v)
			return err
		})
	}
	return s.scalar(n)
}

// skip walks over one value that is read later, or not at all.
func (s *scanner) skip() (err *broken) {
	was := s.quiet
	s.quiet = true
	switch s.peek() {
	case '{':
		err = s.members(func(member) *broken { return s.skip() })
	case '[':
		err = s.elements(s.skip)
	default:
		_, err = s.scalar(node{at: s.pos})
	}
	s.quiet = was
	return err
}

// say reports what is wrong with the value at hand.
func (s *scanner) say(at int, why *reason) {
	if !s.quiet {
		s.report(at, s.path, why)
	}
}

// scalar reads a value without parts.
func (s *scanner) scalar(n node) (_ node, err *broken) {
	switch c := s.peek(); {
	case c == '"':
		n.kind = isString
		n.text, err = s.string()
		return n, err
	case c == '-' || c >= '0' && c <= '9':
		n.kind = isNumber
		n.text, err = s.number()
		return n, err
	}
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.pos:], w) {
			s.pos += len(w)
			n.kind, n.text = isBool, w
			if w == "null" {
				n.kind = isNull
				s.say(n.at, because("json.null", "不得使用 null；没有值的字段应省略", "null is no value; leave out a field that has none"))
			}
			return n, nil
		}
	}
	return n, s.unexpected()
}

// members walks over an object. Each stands before a value, with the key on the
// path.
func (s *scanner) members(each func(m member) *broken) *broken {
	return s.nested('}', func() *broken {
		if s.peek() != '"' {
			return s.unexpected()
		}
		m := member{at: s.pos}
		var err *broken
		if m.key, err = s.string(); err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.unexpected()
		}
		s.pos++
		s.path = append(s.path, step{m.key, -1})
		if err = each(m); err == nil {
			s.path = s.path[:len(s.path)-1]
		}
		return err
	})
}

// elements walks over an array. Each stands before a value, with its index on
// the path.
func (s *scanner) elements(each func() *broken) *broken {
	i := 0
	return s.nested(']', func() *broken {
		s.path = append(s.path, step{"", i})
		i++
		err := each()
		if err == nil {
			s.path = s.path[:len(s.path)-1]
		}
		return err
	})
}

// nested reads what stands between brackets, parted by commas.
func (s *scanner) nested(end byte, part func() *broken) *broken {
	if s.depth++; s.depth > maxDepth {
		return s.fail(s.pos, "json.too-deep", fmt.Sprintf("嵌套超过 %d 层", maxDepth), fmt.Sprintf("nested more than %d deep", maxDepth))
	}
	s.pos++
	if s.peek() == end {
		s.pos++
		s.depth--
		return nil
	}
	for {
		if err := part(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case end:
			s.pos++
			s.depth--
			return nil
		default:
			return s.unexpected()
		}
	}
}

// add keeps a member; a second one of the same key is reported and dropped.
func (s *scanner) add(n *node, m member) *broken {
	if len(n.members) >= maxMembers {
		return s.fail(m.at, "json.too-many-keys", fmt.Sprintf("一个对象不得超过 %d 个键", maxMembers), fmt.Sprintf("one object may not have more than %d keys", maxMembers))
	}
	for i := range n.members {
		if n.members[i].key == m.key {
			s.say(m.at, because("json.key-twice", "键重复："+clip(m.key), "the key "+clip(m.key)+" stands twice"))
			return nil
		}
	}
	if n.members == nil {
		n.members = make([]member, 0, 4)
	}
	n.members = append(n.members, m)
	return nil
}

// number reads a number as it is written (RFC 8259, section 6).
func (s *scanner) number() (string, *broken) {
	from := s.pos
	digits := func() bool {
		first := s.pos
		for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > first
	}
	next := func(any string) bool {
		if s.pos < len(s.text) && strings.IndexByte(any, s.text[s.pos]) >= 0 {
			s.pos++
			return true
		}
		return false
	}
	next("-")
	ok := next("0") || digits()
	if ok && next(".") {
		ok = digits()
	}
	if ok && next("eE") {
		next("+-")
		ok = digits()
	}
	if !ok || s.pos-from > maxNumber || (s.pos < len(s.text) && strings.IndexByte("0123456789.eE+-", s.text[s.pos]) >= 0) {
		return "", s.fail(from, "json.number", "数字格式有误或过长", "the number is malformed or too long")
	}
	return s.text[from:s.pos], nil
}

// string reads a string; the opening quote is next.
func (s *scanner) string() (string, *broken) {
	from := s.pos
	s.pos++
	for s.pos < len(s.text) && s.text[s.pos] != '"' && s.text[s.pos] != '\\' && s.text[s.pos] >= ' ' {
		s.pos++
	}
	text := s.text[from+1 : s.pos]
	if s.pos >= len(s.text) || s.text[s.pos] != '"' {
		var err *broken
		if text, err = s.escaped(text); err != nil {
			return "", err
		}
	}
	s.pos++
	if s.pos-from > maxString {
		return "", s.fail(from, "json.string-too-long", fmt.Sprintf("字符串超过 %d 字节", maxString), fmt.Sprintf("the string is longer than %d bytes", maxString))
	}
	if r, bad := unshown(text); bad {
		s.say(from, because("json.invisible", fmt.Sprintf("字符串内有不可见或控制字符 U+%04X", r), fmt.Sprintf("the string contains an invisible or control character U+%04X", r)))
	}
	return text, nil
}

// unshown finds a character that no field may hold: control and bidirectional
// ones, and what Unicode has not assigned to anybody.
func unshown(text string) (rune, bool) {
	for _, r := range text {
		if r >= ' ' && r <= '~' {
			continue
		}
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) {
			return r, true
		}
	}
	return 0, false
}

// escaped goes on with a string from its first escape to its closing quote.
func (s *scanner) escaped(head string) (string, *broken) {
	var b strings.Builder
	b.WriteString(head)
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		switch {
		case c == '"':
			return b.String(), nil
		case c < ' ':
			return "", s.fail(s.pos, "json.control", "字符串内有控制字符或换行", "a control character or a line break stands in the string")
		case c != '\\':
			b.WriteByte(c)
			s.pos++
			continue
		}
		r, size := escape(s.text[s.pos:])
		if size == 0 {
			return "", s.fail(s.pos, "json.escape", "转义序列有误", "malformed escape sequence")
		}
		b.WriteRune(r)
		s.pos += size
	}
	return "", s.truncated()
}

// escape reads one escape sequence; size 0 = malformed, half a surrogate pair
// among them.
func escape(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hex4(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 reads a backslash, u and four hexadecimal digits.
func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || (c < '0' || c > '9' && c < 'A') {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
