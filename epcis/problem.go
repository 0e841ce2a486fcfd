package epcis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one reason why a document, or one of its events, is not taken.
type Problem struct {
	Event   int    // from 1, in the order of the list; 0 = the document as a whole
	Pointer string // RFC 6901, as /epcisBody/eventList/2/bizStep
	Line    int    // from 1, as an editor counts; 0 = not read from text
	Column  int    // from 1, in characters
	Code    string // stable
	Zh      string
	En      string
}

func (p Problem) Error() string {
	where := p.Pointer
	if p.Line > 0 {
		where = fmt.Sprintf("line %d, column %d (%s)", p.Line, p.Column, p.Pointer)
	}
	return where + ": " + p.En
}

// Error holds what is wrong with a document, in the order of the text. Nothing
// of such a document is given out.
type Error struct {
	Problems []Problem
	More     int // found beyond Options.MaxProblems
}

func (e *Error) Error() string {
	n := len(e.Problems) + e.More
	if n == 1 {
		return e.Problems[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", e.Problems[0], n-1)
}

// reason is why one value is wrong; nil = it is right.
type reason struct{ code, zh, en string }

func because(code, zh, en string) *reason { return &reason{code, zh, en} }

// step is one part of a path: a key, or an index.
type step struct {
	key   string
	index int // -1 = a key
}

// pointer writes a path as RFC 6901, section 3, says.
func pointer(path []step) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(clipTo(s.key, 200)))
	}
	return b.String()
}

// found is a problem that still has its byte in place of line and column.
type found struct {
	at int
	Problem
}

// collector gathers problems within bounds.
type collector struct {
	text string
	most int
	list []found
	more int
}

func (c *collector) add(at, event int, path []step, why *reason) {
	if why == nil {
		return
	}
	if len(c.list) >= c.most {
		c.more++
		return
	}
	c.list = append(c.list, found{at, Problem{Event: event, Pointer: pointer(path), Code: why.code, Zh: why.zh, En: why.en}})
}

// err gives all problems with line and column; nil when there are none.
func (c *collector) err() error {
	if len(c.list) == 0 {
		return nil
	}
	slices.SortStableFunc(c.list, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	e := &Error{More: c.more, Problems: make([]Problem, 0, len(c.list))}
	at := place{text: c.text, line: 1, column: 1}
	for _, f := range c.list {
		f.Line, f.Column = at.of(f.at)
		e.Problems = append(e.Problems, f.Problem)
	}
	return e
}

// place walks a text forward and counts lines and characters.
type place struct {
	text         string
	pos          int
	line, column int
}

func (p *place) of(at int) (line, column int) {
	at = min(at, len(p.text))
	part := p.text[p.pos:max(at, p.pos)]
	if i := strings.LastIndexByte(part, '\n'); i >= 0 {
		p.line += strings.Count(part, "\n")
		p.column, part = 1, part[i+1:]
	}
	p.column += utf8.RuneCountInString(part)
	p.pos = max(at, p.pos)
	return p.line, p.column
}

// clip shortens a value for a message and takes out what could disturb a
// screen.
func clip(s string) string { return clipTo(s, 60) }

func clipTo(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}
