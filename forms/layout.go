package forms

import (
	"strconv"
	"strings"

	"sexton/custody"
)

// page is one printed page: its parts from top to bottom.
type page struct {
	Index, Of int
	Parts     []*part
	used      float64
}

// part is a piece of one section on one page; exactly one of the lists is set.
type part struct {
	source *Section
	Title  Text
	Boxes  [][]cell // lines of headings and boxes
	Head   bool     // borderless
	Table  *tablePart
	Signs  [][]signCell
	Clause []clause
	Notes  []Note
}

type tablePart struct {
	Columns [][]cell // heading, one list a line of a row
	Rows    [][][]cell
	Sum     []cell
	Lines   []Text
	Blank   bool // 以下空白
}

// cell is one cell of the grid.
type cell struct {
	Span  int
	Label bool
	Zh    string
	En    string
	Class string
}

type signCell struct {
	Span           int
	Zh, En         string
	Opinion, Seal  bool
	Text, Name, On string
}

type clause struct {
	N int
	Text
}

// setter places parts on pages.
type setter struct {
	s     *Sheet
	size  sheetSize
	pages []*page
}

func (s *Sheet) paginate() []*page {
	b := &setter{s: s, size: papers[s.Form.Paper]}
	b.next()
	if len(s.Form.Head) > 0 {
		b.boxes(&Section{}, s.Form.Head, true)
	}
	tables := 0
	for i := range s.Form.Sections {
		sec := &s.Form.Sections[i]
		switch sec.Kind {
		case Boxes:
			b.boxes(sec, sec.Fields, false)
		case Table:
			b.table(s.Tables[tables])
			tables++
		case Clauses:
			b.clauses(sec)
		case Sign:
			b.signs(sec)
		}
	}
	if !b.size.plain {
		b.notes()
	}
	for i, p := range b.pages {
		p.Index, p.Of = i+1, len(b.pages)
	}
	return b.pages
}

func (b *setter) width() float64 { return b.size.width - b.size.left - b.size.right }

// room is what a page has below its head and above its foot.
func (b *setter) room() float64 {
	head := nextHead
	if len(b.pages) <= 1 {
		head = firstHead
	}
	if b.size.plain {
		return b.size.height - b.size.top - b.size.bottom - plainHead
	}
	return b.size.height - b.size.top - b.size.bottom - head - footLine - spare
}

func (b *setter) next() { b.pages = append(b.pages, &page{}) }

func (b *setter) current() *page { return b.pages[len(b.pages)-1] }

// take places a piece of this height, on a new page if it does not fit.
func (b *setter) take(h float64) { b.takeWith(h, 0) }

// takeWith places a piece that must have so much room below it besides.
func (b *setter) takeWith(h, keep float64) {
	if p := b.current(); p.used > 0 && p.used+h+keep > b.room() {
		b.next()
	}
	b.current().used += h
}

// part returns the open part of a section on this page, or begins one.
func (b *setter) part(sec *Section, begin func() *part) *part {
	p := b.current()
	if n := len(p.Parts); n > 0 && p.Parts[n-1].source == sec {
		return p.Parts[n-1]
	}
	x := begin()
	x.source = sec
	p.Parts = append(p.Parts, x)
	return x
}

// boxes sets headings and boxes line by line.
func (b *setter) boxes(sec *Section, fields []Field, head bool) {
	for _, line := range boxLines(fields, head) {
		var cells []cell
		h := 0.0
		for i, span := range spans(line) {
			f := line[i]
			label := b.labelUnits(f, span, head)
			shown := show(f, b.s.Boxes[f.Key], b.s.Boxes)
			value := cell{Span: span - label, Zh: shown.Zh, En: shown.En}
			if f.Tall > 1 {
				value.Class = "h" + strconv.Itoa(f.Tall)
			}
			zh := f.Zh
			if head {
				zh += "："
			}
			cells = append(cells, cell{Span: label, Label: true, Zh: zh, En: f.En}, value)
			h = max(h, textHeight(zh, f.En, emBox, b.inner(label)), textHeight(shown.Zh, shown.En, emBox, b.inner(span-label)), float64(f.Tall)*tallLine)
		}
		least := boxLeast
		if head {
			least = headLeast
		}
		b.take(max(h+2*padY, least))
		x := b.part(sec, func() *part {
			if !sec.Title.Empty() {
				b.current().used += titleLine
			}
			return &part{Title: sec.Title, Head: head}
		})
		x.Boxes = append(x.Boxes, cells)
	}
}

func (b *setter) inner(span int) float64 { return b.width()*float64(span)/grid - 2*padX - 0.3 }

// boxLines groups fields into lines of twelve twelfths; in a head they share
// lines of at most three.
func boxLines(fields []Field, head bool) [][]Field {
	var lines [][]Field
	used := 12
	for _, f := range fields {
		w := f.Width
		if w == 0 {
			w = 12
			if head {
				w = max(12/len(fields), 4)
			}
		}
		f.Width = min(w, 12)
		if used+f.Width > 12 {
			lines, used = append(lines, nil), 0
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], f)
		used += f.Width
	}
	return lines
}

// labelUnits is how much of a box's width its heading takes: in a head as much
// as it needs, in a box about a third, more for a long heading.
func (b *setter) labelUnits(f Field, span int, head bool) int {
	wide := 0.0
	for _, r := range f.Zh {
		wide += advance(r)
	}
	need := int((wide*emBox+2*padX+1)/b.width()*grid) + 1
	if head {
		return min(need+grid*3/100, span*2/3)
	}
	return min(max(min(need, grid/5), min(grid*14/100, span*45/100)), span/2)
}

// show is a value as printed, with its English where it is a term.
func show(f Field, v string, row Values) Text {
	switch {
	case v == "":
		return Text{}
	case f.Measure:
		return Text{Zh: v + Measure(row["carrier_kind"])}
	case f.Kind == KindMark:
		if c, _, err := custody.ParseMark(v); err == nil {
			return Text{Zh: v, En: c.En}
		}
	case f.Kind == KindChoice:
		for _, o := range f.Options {
			if o.Zh == v {
				return o
			}
		}
	case f.Key == "carrier_kind":
		return Text{Zh: v, En: kindEn(v)}
	}
	return Text{Zh: v}
}

func (b *setter) clauses(sec *Section) {
	for i, c := range sec.Clauses {
		h := flowHeight(c.Zh, c.En, emBox, b.inner(grid*92/100)) + 1
		b.take(h)
		x := b.part(sec, func() *part {
			if !sec.Title.Empty() && i == 0 {
				b.current().used += titleLine
				return &part{Title: sec.Title}
			}
			return &part{}
		})
		x.Clause = append(x.Clause, clause{N: i + 1, Text: c})
	}
}

// signs sets places to sign: opinions over the whole width, others side by
// side.
func (b *setter) signs(sec *Section) {
	var line []signCell
	flush := func(h float64) {
		if len(line) == 0 {
			return
		}
		weights := make([]int, len(line))
		for i, span := range units(weights) {
			line[i].Span = span
		}
		b.take(h)
		x := b.part(sec, func() *part { return &part{} })
		x.Signs = append(x.Signs, line)
		line = nil
	}
	perLine := 3
	if b.width() > 200 {
		perLine = 4
	}
	height := signLine
	if b.size.plain {
		height = signStrip
	}
	for _, g := range sec.Signers {
		signed := b.s.Signed[g.Role]
		if g.Opinion {
			flush(height)
		}
		for n := range g.Persons {
			c := signCell{Zh: g.Zh, En: g.En, Opinion: g.Opinion, Seal: g.Seal}
			if g.Persons > 1 {
				c.Zh += "（" + countZh(n+1) + "）"
			}
			if n < len(signed) {
				c.Name, c.On, c.Text = signed[n].Name, signed[n].On, signed[n].Opinion
			}
			line = append(line, c)
			if g.Opinion {
				h := opinions + float64(linesOf(c.Text, emBox, b.inner(grid*86/100))-1)*emBox*lineRatio
				flush(h)
			} else if len(line) == perLine {
				flush(height)
			}
		}
	}
	flush(height)
}

// notes sets the foot below everything.
func (b *setter) notes() {
	all := b.s.Form.Foot()
	h := noteGap
	for _, n := range all {
		h += flowHeight(n.Zh+"　", n.En, emNote, b.inner(grid*87/100)) + 0.6
	}
	b.take(h)
	b.part(nil, func() *part { return &part{Notes: all} })
}

// Note is one line of a form's foot.
type Note struct {
	Label string // Chinese; "" = goes on
	Text
}

// Foot is what stands below a form: who keeps the copies, how it is filled in,
// how long it is kept.
func (f *Form) Foot() []Note {
	var all []Note
	if n := len(f.Copies); n > 0 {
		var who Text
		for i, c := range f.Copies {
			if i > 0 {
				who = Text{who.Zh + "、", who.En + "; "}
			}
			who = Text{who.Zh + c.Zh, who.En + c.En}
		}
		if n == 1 {
			all = append(all, Note{"存放", who})
		} else {
			all = append(all, Note{"一式" + strings.Replace(countZh(n), "二", "两", 1) + "份", Text{who.Zh, strconv.Itoa(n) + " copies: " + who.En}})
		}
	}
	for i, t := range f.Notes {
		label := ""
		if i == 0 {
			label = "填表说明"
		}
		all = append(all, Note{label, Text{strconv.Itoa(i+1) + ". " + t.Zh, t.En}})
	}
	return append(all, Note{"保存期限", Text{f.Retention.Zh, "kept " + f.Retention.En}})
}

func countZh(n int) string {
	return []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}[min(n, 9)]
}
