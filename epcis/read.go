package epcis

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Options bound the work. Zero values take the defaults.
type Options struct {
	MaxBytes    int64 // of the document, default 128 MiB
	MaxEvents   int   // default 200,000
	MaxProblems int   // given out, default 1000; more are counted only
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 128 << 20
	}
	if o.MaxEvents <= 0 {
		o.MaxEvents = 200_000
	}
	if o.MaxProblems <= 0 {
		o.MaxProblems = 1000
	}
	return o
}

const head = 4096 // bytes read before the text may be refused for what it is

// Parse reads one document. Error: *Error (errors.As) with all that is wrong,
// within bounds, and then no document; or the reader's own.
func Parse(r io.Reader, o Options) (Document, error) {
	o = o.withDefaults()
	var b strings.Builder
	for _, limit := range []int64{min(head, o.MaxBytes+1), o.MaxBytes + 1} {
		if _, err := io.CopyN(&b, r, limit-int64(b.Len())); err != nil && err != io.EOF {
			return Document{}, fmt.Errorf("cannot read EPCIS document: %w", err)
		}
		if why := foreign(b.String()); why != nil {
			return Document{}, whole(why)
		}
	}
	if int64(b.Len()) > o.MaxBytes {
		return Document{}, whole(because("json.too-large", fmt.Sprintf("文件超过 %d MiB，未导入任何事件；请分成几个文件", o.MaxBytes>>20), fmt.Sprintf("the document is larger than %d MiB, nothing was imported; split it", o.MaxBytes>>20)))
	}
	return parse(b.String(), o)
}

// whole is an error of the document as a whole, before any of it was read.
func whole(why *reason) error {
	return &Error{Problems: []Problem{{Line: 1, Column: 1, Code: why.code, Zh: why.zh, En: why.en}}}
}

// foreign says of the first bytes that this is no JSON object.
func foreign(s string) *reason {
	switch {
	case strings.HasPrefix(s, "\xEF\xBB\xBF"):
		return because("json.bom", "文件带有 BOM；JSON 应为不带 BOM 的 UTF-8", "the file begins with a byte order mark; JSON is UTF-8 without one")
	case strings.HasPrefix(s, "\xFF\xFE"), strings.HasPrefix(s, "\xFE\xFF"), strings.HasPrefix(s, "{\x00"), strings.HasPrefix(s, "\x00{"):
		return because("json.utf16", "文件是 UTF-16 编码；请另存为 UTF-8", "the file is UTF-16; save it as UTF-8")
	}
	if s = strings.TrimLeft(s, " \t\r\n"); s != "" && s[0] != '{' {
		return because("json.not-an-object", "这不是 JSON 对象；请导入 EPCIS 2.0 JSON-LD 文件（解压后）", "this is no JSON object; import an EPCIS 2.0 JSON-LD document, unpacked")
	}
	return nil
}

// parser reads one document.
type parser struct {
	o     Options
	scan  *scanner
	known prefixes
	bad   *collector
	doc   Document
	event int // number of the event being read; 0 = none

	// ids are the event IDs so far, those with an error declaration apart: the
	// event that is declared wrong is repeated under its ID.
	ids map[eventID]int
}

func parse(text string, o Options) (Document, error) {
	p := &parser{o: o, known: prefixes{}, bad: &collector{text: text, most: o.MaxProblems}, ids: map[eventID]int{}}
	p.scan = &scanner{text: text, report: func(at int, path []step, why *reason) { p.bad.add(at, p.event, path, why) }}
	if at := firstInvalid(text); at >= 0 {
		p.bad.add(at, 0, nil, because("json.utf8", "不是合法的 UTF-8（可能是 GB18030）；请另存为 UTF-8", "this is not valid UTF-8, perhaps GB18030; save it as UTF-8"))
		return Document{}, p.bad.err()
	}
	if b := p.document(); b != nil {
		p.bad.add(b.at, p.event, p.scan.path, b.reason)
	}
	if err := p.bad.err(); err != nil {
		return Document{}, err
	}
	return p.doc, nil
}

// firstInvalid is the first byte that is no UTF-8; -1 = none.
func firstInvalid(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// document reads the text in two walks: the first finds the fields of the
// document and where each event begins, since the context may stand behind the
// events; the second reads the events one by one, so that only one of them is
// ever held as a tree.
func (p *parser) document() *broken {
	events, err := p.outline()
	if err != nil {
		return err
	}
	p.doc.Events = slices.Grow(p.doc.Events, len(events))
	at := place{text: p.scan.text, line: 1, column: 1}
	for i, from := range events {
		p.event, p.scan.pos, p.scan.depth, p.scan.nodes = i+1, from, 3, 0
		p.scan.path = append(p.scan.path[:0], step{"epcisBody", -1}, step{"eventList", -1}, step{"", i})
		n, err := p.scan.value()
		if err != nil {
			return err
		}
		e := p.readEvent(n)
		e.Line, e.Column = at.of(from)
		p.doc.Events = append(p.doc.Events, e)
	}
	return nil
}

// outline reads the document's own fields and finds its events.
func (p *parser) outline() (events []int, err *broken) {
	s := p.scan
	if s.peek() != '{' {
		return nil, s.unexpected()
	}
	root, bodies := node{kind: isObject, at: s.pos}, 0
	err = s.members(func(m member) (err *broken) {
		if m.key != "epcisBody" || s.peek() != '{' {
			if m.value, err = s.value(); err != nil {
				return err
			}
			return s.add(&root, m)
		}
		m.value = node{kind: isObject, at: s.pos}
		if err = s.add(&root, m); err == nil {
			err = p.body(&events, &bodies)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.peek(); s.pos < len(s.text) {
		return nil, s.fail(s.pos, "json.trailing", "文件末尾有多余内容", "there is something after the end of the document")
	}
	p.root(root)
	if bodies == 0 {
		p.wrong(root.at, because("field.lacking", "缺少 epcisBody.eventList", "epcisBody.eventList is lacking"))
	}
	return events, nil
}

// body reads epcisBody, whose only field is the event list.
func (p *parser) body(events *[]int, lists *int) *broken {
	s := p.scan
	return s.members(func(m member) *broken {
		if m.key != "eventList" {
			s.say(m.at, because("field.unknown", "epcisBody 中只能有 eventList："+clip(m.key), "epcisBody holds the eventList and nothing else: "+clip(m.key)))
			return s.skip()
		}
		if *lists++; *lists > 1 || s.peek() != '[' {
			s.say(m.at, because("document.event-list", "eventList 应为一个数组，且只出现一次", "eventList is one array, and stands once"))
			return s.skip()
		}
		return s.elements(func() *broken {
			if len(*events) >= p.o.MaxEvents {
				return s.fail(s.pos, "document.too-many-events", fmt.Sprintf("超过 %d 个事件，未导入任何事件；请分成几个文件", p.o.MaxEvents), fmt.Sprintf("there are more than %d events, nothing was imported; split the document", p.o.MaxEvents))
			}
			s.peek()
			*events = append(*events, s.pos)
			return s.skip()
		})
	})
}

// rootFields are those of a document.
var rootFields = []string{"@context", "id", "type", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver", "epcisHeader", "epcisBody"}

// root reads the document's own fields, the context first.
func (p *parser) root(n node) {
	p.scan.path = p.scan.path[:0]
	for _, m := range n.members {
		if m.key == "@context" {
			p.push(m.key)
			p.context(m.value)
			p.pop()
		}
	}
	p.need(n, "@context", "type", "schemaVersion", "creationDate")
	p.doc.Extra = p.object(n, rootFields, func(key string, v node) {
		switch key {
		case "id":
			p.doc.ID = p.text(v, p.documentID)
		case "type":
			p.text(v, p.documentType)
		case "schemaVersion":
			p.doc.Version = p.text(v, schemaVersion)
		case "creationDate":
			p.doc.Created = p.time(v)
		case "instanceIdentifier":
			p.doc.Instance = p.text(v, nil)
		case "sender":
			p.doc.Sender = p.text(v, nil)
		case "receiver":
			p.doc.Receiver = p.text(v, nil)
		case "epcisHeader":
			p.wrong(v.at, because("document.header", "不读取主数据（epcisHeader）；请去掉后再导入", "master data are not read; leave epcisHeader out"))
		case "epcisBody":
			p.want(v, isObject)
		}
	})
}

// documentID: a URI, or a blank node (JSON-LD 1.1, section 3.5).
func (p *parser) documentID(s string) *reason {
	if name, ok := strings.CutPrefix(s, "_:"); ok && isName(name) {
		return nil
	}
	return p.known.uri(s)
}

func (p *parser) documentType(s string) *reason {
	if s == "EPCISDocument" {
		return nil
	}
	return because("document.type", "type 应为 EPCISDocument："+clip(s), "type must be EPCISDocument: "+clip(s))
}

func schemaVersion(s string) *reason {
	patch, ok := strings.CutPrefix(s, "2.0")
	if !ok || patch != "" && (patch[0] != '.' || !isDigits(patch[1:])) {
		return because("document.version", "schemaVersion 应为 2.0："+clip(s), "schemaVersion must be 2.0: "+clip(s))
	}
	return nil
}

// context reads the address of the known context, and declarations of prefixes.
// Anything else would change what words mean, and nothing is fetched.
func (p *parser) context(n node) {
	items := []node{n}
	if n.kind == isArray {
		items = n.items
	}
	addresses := 0
	for i, item := range items {
		if n.kind == isArray {
			p.index(i)
		}
		switch item.kind {
		case isString:
			if addresses++; addresses > 1 || !slices.Contains(contexts, item.text) {
				p.wrong(item.at, because("context.unknown", "只接受 "+Context+"（不联网取用其他上下文）："+clip(item.text), "only "+Context+" is known, and no other context is fetched: "+clip(item.text)))
			}
		case isObject:
			p.prefixes(item)
		default:
			p.want(item, isString)
		}
		if n.kind == isArray {
			p.pop()
		}
	}
	if addresses == 0 {
		p.wrong(n.at, because("context.lacking", "@context 中缺少 "+Context, "@context does not name "+Context))
	}
}

// prefixes reads one object of declarations.
func (p *parser) prefixes(n node) {
	for _, m := range n.members {
		p.push(m.key)
		switch {
		case m.value.kind != isString:
			p.wrong(m.value.at, because("context.not-a-prefix", "@context 中只能声明前缀（名称和 URI）："+clip(m.key), "@context may declare prefixes only, a name and its URI: "+clip(m.key)))
		case p.known[m.key] != "":
			p.wrong(m.at, because("context.redefined", "前缀重复声明："+clip(m.key), "the prefix is declared twice: "+clip(m.key)))
		case len(p.known) >= maxPrefixes:
			p.wrong(m.at, because("context.too-many", fmt.Sprintf("前缀超过 %d 个", maxPrefixes), fmt.Sprintf("there are more than %d prefixes", maxPrefixes)))
		default:
			if why := p.known.declare(m.key, m.value.text); why != nil {
				p.wrong(m.at, why)
				p.known[m.key] = Namespace // so that its uses are not reported too
			}
		}
		p.pop()
	}
	p.doc.Prefixes = p.known
}
