package forms

import (
	"strconv"
	"strings"

	"sexton/custody"
)

// table sets a table: heading, rows, sum, and the line that ends it.
func (b *setter) table(t Filled) {
	lines := columnLines(t.Fields)
	columns := b.headings(lines)
	headHeight := 0.0
	for i := range columns {
		headHeight += b.lineHeight(columns[i], emTable, 6)
	}
	begin := func() *part {
		p := &part{Table: &tablePart{Columns: columns}, Title: t.Title}
		b.current().used += headHeight
		if !t.Title.Empty() {
			b.current().used += titleLine
		}
		return p
	}
	tail, sum := b.below(t, lines)
	rows := len(t.Rows) + t.Spare
	add := func(h, keep float64, put func(*tablePart)) {
		if n := len(b.current().Parts); n == 0 || b.current().Parts[n-1].source != t.Section {
			keep += headHeight + titleLine // never a heading without a row
		}
		b.takeWith(h, keep)
		put(b.part(t.Section, begin).Table)
	}
	for i := range rows {
		row := Values{}
		if i < len(t.Rows) {
			row = t.Rows[i]
		} else if t.Column("no") != nil {
			row["no"] = strconv.Itoa(i + 1)
		}
		cells, h := b.row(lines, row, t.Presets, i)
		keep := 0.0
		if i == rows-1 {
			keep = tail + b.after(t.Section) // never a sum or signatures without a row
		}
		add(h, keep, func(p *tablePart) { p.Rows = append(p.Rows, cells) })
	}
	if tail > 0 {
		add(tail, 0, func(p *tablePart) {
			p.Blank, p.Sum = t.Spare == 0, sum
			if t.Sums != nil {
				p.Lines = t.Sums.Lines
			}
		})
	}
}

// below is the height of what follows the last row, and the cells of the sum.
func (b *setter) below(t Filled, lines [][]Field) (h float64, sum []cell) {
	if t.Spare == 0 {
		h += rowLeast
	}
	if t.Sums == nil {
		return h, nil
	}
	h += rowLeast
	for _, l := range t.Sums.Lines {
		h += max(rowLeast, flowHeight(l.Zh+" ", l.En, emTable, b.inner(grid))+2*padY)
	}
	return h, sumCells(lines[0], t.Sums)
}

// after is the height of the signatures that stand right below a table.
func (b *setter) after(t *Section) float64 {
	for i := range b.s.Form.Sections {
		if &b.s.Form.Sections[i] == t && i+1 < len(b.s.Form.Sections) && b.s.Form.Sections[i+1].Kind == Sign {
			if b.s.Form.Sections[i+1].Signers[0].Opinion {
				return opinions
			}
			return signLine
		}
	}
	return 0
}

// columnLines are the columns, one list for each line of a row.
func columnLines(fields []Field) [][]Field {
	lines := [][]Field{nil}
	for i, f := range fields {
		if f.Break && i > 0 {
			lines = append(lines, nil)
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], f)
	}
	return lines
}

// ColumnWidths is how wide the columns of a table are printed, mm, in order.
func (f *Form) ColumnWidths(t *Section) []float64 {
	b := &setter{size: papers[f.Paper]}
	var all []float64
	for _, line := range columnLines(t.Fields) {
		for _, span := range spans(line) {
			all = append(all, b.width()*float64(span)/grid)
		}
	}
	return all
}

func spans(fields []Field) []int {
	weights := make([]int, len(fields))
	for i, f := range fields {
		weights[i] = f.Width
	}
	return units(weights)
}

func (b *setter) headings(lines [][]Field) [][]cell {
	var out [][]cell
	for _, fields := range lines {
		var cells []cell
		for i, span := range spans(fields) {
			cells = append(cells, cell{Span: span, Label: true, Zh: fields[i].Zh, En: fields[i].En})
		}
		out = append(out, cells)
	}
	return out
}

// row sets one record: a line of cells for each line of columns.
func (b *setter) row(lines [][]Field, row Values, presets []Preset, n int) ([][]cell, float64) {
	var out [][]cell
	h := 0.0
	for _, fields := range lines {
		var cells []cell
		least := rowLeast
		for i, span := range spans(fields) {
			f := fields[i]
			shown := show(f, row[f.Key], row)
			if n < len(presets) && presets[n].Key == f.Key && presets[n].both() == shown.Zh {
				shown = presets[n].Text
			}
			if f.Kind == KindMark && linesOf(shown.Zh, emTable, b.inner(span)) > 1 {
				shown.Zh = strings.Replace(shown.Zh, custody.Star, custody.Star+"\n", 1)
			}
			cells = append(cells, cell{Span: span, Zh: shown.Zh, En: shown.En, Class: alignment(f.Kind)})
			if f.Kind == KindSignature {
				least = rowSign
			}
		}
		out = append(out, cells)
		h += b.lineHeight(cells, emTable, least)
	}
	return out, h
}

func (b *setter) lineHeight(cells []cell, em, least float64) float64 {
	h := 0.0
	for _, c := range cells {
		h = max(h, textHeight(c.Zh, c.En, em, b.inner(c.Span)))
	}
	return max(h+2*padY, least)
}

func alignment(k Kind) string {
	switch k {
	case KindNumber:
		return "n"
	case KindText, KindBlank:
		return "t"
	case KindSignature:
		return "c s"
	}
	return "c"
}

// sumCells is the sum row under the first line of columns: its label spans what
// stands left of the first total.
func sumCells(fields []Field, s *SumRow) []cell {
	var cells []cell
	label := 0
	for i, span := range spans(fields) {
		v, ok := s.Totals[fields[i].Key]
		if !ok && len(cells) == 0 {
			label += span
			continue
		}
		if len(cells) == 0 {
			cells = append(cells, cell{Span: label, Label: true, Zh: s.Label.Zh, En: s.Label.En})
		}
		cells = append(cells, cell{Span: span, Zh: v, Class: "n"})
	}
	if len(cells) == 0 || cells[0].Span == 0 {
		return []cell{{Span: grid, Label: true, Zh: s.Label.Zh, En: s.Label.En}}
	}
	return cells
}
