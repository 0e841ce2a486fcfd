package epcis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parser keeps the path to the value at hand, for messages.
func (p *parser) push(key string) { p.scan.path = append(p.scan.path, step{key, -1}) }
func (p *parser) index(i int)     { p.scan.path = append(p.scan.path, step{"", i}) }
func (p *parser) pop()            { p.scan.path = p.scan.path[:len(p.scan.path)-1] }

// wrong reports the value at hand; nil is a right one.
func (p *parser) wrong(at int, why *reason) { p.bad.add(at, p.event, p.scan.path, why) }

// at reports the value of a key of the object at hand.
func (p *parser) at(key string, n node, why *reason) {
	p.push(key)
	p.wrong(n.at, why)
	p.pop()
}

// want demands a kind of value.
func (p *parser) want(n node, k kind) bool {
	if n.kind == k {
		return true
	}
	if n.kind != isNull { // reported already
		p.wrong(n.at, because("field.kind", fmt.Sprintf("应为%s，实为%s", kindWords[k].zh, kindWords[n.kind].zh), fmt.Sprintf("this must be %s, it is %s", kindWords[k].en, kindWords[n.kind].en)))
	}
	return false
}

// need demands that an object has fields.
func (p *parser) need(n node, keys ...string) {
	for _, k := range keys {
		if n.kind == isObject && !n.has(k) {
			p.wrong(n.at, because("field.lacking", "缺少 "+k, k+" is lacking"))
		}
	}
}

func (n node) has(key string) bool { return n.find(key).kind != 0 }

// find gives the value of a key; its kind is 0 when there is none.
func (n node) find(key string) node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return node{}
}

// object reads the fields of an object: those it knows, and extensions, which
// it gives back sorted by name. Any other name is wrong.
func (p *parser) object(n node, names []string, read func(key string, v node)) (extra []Field) {
	if !p.want(n, isObject) {
		return nil
	}
	for _, m := range n.members {
		p.push(m.key)
		switch {
		case slices.Contains(names, m.key):
			read(m.key, m.value)
		case strings.Contains(m.key, ":"):
			p.wrong(m.at, p.known.uri(m.key))
			extra = append(extra, Field{m.key, p.extension(m.value)})
		default:
			p.wrong(m.at, unknownField(m.key, names))
		}
		p.pop()
	}
	slices.SortFunc(extra, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return extra
}

func unknownField(key string, names []string) *reason {
	zh, en := "", ""
	if w, ok := nearest(key, names); ok {
		zh, en = "；是否应为 "+w, "; did you mean "+w+"?"
	}
	return because("field.unknown", "不认识的字段："+clip(key)+zh+"；扩展字段须带前缀，如 sexton:sealNo", "unknown field: "+clip(key)+en+"; the name of an extension has a prefix, as sexton:sealNo")
}

// extension reads any value under a prefix.
func (p *parser) extension(n node) Value {
	switch n.kind {
	case isString:
		return TextOf(n.text)
	case isNumber:
		return NumberOf(p.number(n))
	case isBool:
		return Value{Kind: BoolValue, Text: n.text}
	case isArray:
		v := Value{Kind: ListValue}
		for i, item := range n.items {
			p.index(i)
			v.Items = append(v.Items, p.extension(item))
			p.pop()
		}
		return v
	case isObject:
		var own []Field
		// JSON-LD 1.1, section 9: value and node objects.
		extra := p.object(n, []string{"@id", "@type", "@value", "@language"}, func(key string, v node) {
			own = append(own, Field{key, p.extension(v)})
		})
		slices.SortFunc(own, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
		return Value{Kind: ObjectValue, Fields: append(own, extra...)}
	}
	return Value{}
}

// text reads a string.
func (p *parser) text(n node, check func(string) *reason) string {
	if !p.want(n, isString) {
		return ""
	}
	if check != nil {
		p.wrong(n.at, check(n.text))
	}
	return n.text
}

func (p *parser) uri(n node) string { return p.text(n, p.known.uri) }

// word reads a word of a vocabulary.
func (p *parser) word(n node, v vocabulary) (word string) {
	p.text(n, func(s string) (why *reason) {
		word, why = v.read(s, p.known)
		return why
	})
	return word
}

func (p *parser) time(n node) (t time.Time) {
	p.text(n, func(s string) (why *reason) {
		t, why = readTime(s)
		return why
	})
	return t
}

func (p *parser) number(n node) Number {
	if !p.want(n, isNumber) {
		return ""
	}
	if _, err := strconv.ParseFloat(n.text, 64); err != nil {
		p.wrong(n.at, because("number.range", "数字超出范围："+clip(n.text), "the number is out of range: "+clip(n.text)))
	}
	return Number(n.text)
}

// list reads an array with at least so many items.
func (p *parser) list(n node, least int, each func(node)) {
	if !p.want(n, isArray) {
		return
	}
	if len(n.items) < least {
		p.wrong(n.at, because("list.empty", "列表为空", "the list is empty"))
	}
	for i, item := range n.items {
		p.index(i)
		each(item)
		p.pop()
	}
}

// unique reads an array of strings of which none comes twice.
func (p *parser) unique(n node, least int, read func(node) string) []string {
	var list []string
	seen := map[string]bool{}
	p.list(n, least, func(item node) {
		s := read(item)
		if seen[s] && s != "" {
			p.wrong(item.at, because("list.twice", "列表中重复："+clip(s), "this stands twice in the list: "+clip(s)))
		}
		seen[s] = true
		list = append(list, s)
	})
	return list
}
