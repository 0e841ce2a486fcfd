package xlsx

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"sexton/forms"
)

// MaxRows bounds the rows of all tables of one workbook, which is built in
// memory.
const MaxRows = 50_000

// Write writes the sheet as a workbook.
func Write(w io.Writer, s *forms.Sheet) (err error) {
	rows := 0
	for _, t := range s.Tables {
		rows += len(t.Rows) + t.Spare
	}
	if rows > MaxRows {
		return fmt.Errorf("cannot write workbook of form %s: %d rows, at most %d; export CSV instead", s.Form.ID, rows, MaxRows)
	}
	f := excelize.NewFile()
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	b := &book{file: f, sheet: s, styles: map[string]int{}}
	b.first()
	for i := 1; i < len(s.Tables); i++ {
		b.further(s.Tables[i])
	}
	b.properties()
	if b.err != nil {
		return fmt.Errorf("cannot write workbook of form %s: %w", s.Form.ID, b.err)
	}
	return f.Write(w)
}

// book builds one workbook; the first error stops it.
type book struct {
	file    *excelize.File
	sheet   *forms.Sheet
	styles  map[string]int
	err     error
	name    string // of the worksheet being built
	row     int    // last row written
	columns int
	wide    []float64 // of the columns that a table sets, mm
}

func (b *book) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

// cell names a cell; columns and rows from 1.
func (b *book) cell(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	b.do(err)
	return name
}

// text writes a text cell. The format writes a character as _xHHHH_ (ECMA-376
// part 1, 22.9.2.19), so a text that has those signs of its own must have its
// underscore written so; the library leaves that to us.
func (b *book) text(cell, s string) {
	var out strings.Builder
	for i := range len(s) {
		if s[i] == '_' && len(s) >= i+7 && s[i+1] == 'x' && s[i+6] == '_' && isHex(s[i+2:i+6]) {
			out.WriteString("_x005F")
		}
		out.WriteByte(s[i])
	}
	b.do(b.file.SetCellStr(b.name, cell, out.String()))
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

// first writes the worksheet of the form as a whole.
func (b *book) first() {
	s := b.sheet
	b.begin(b.file.GetSheetName(0), sheetName(s.Heading().Zh))
	var table *forms.Filled
	b.columns, b.wide = 6, nil
	if len(s.Tables) > 0 {
		table = &s.Tables[0]
		b.columns, b.wide = max(len(table.Fields), 4), s.Form.ColumnWidths(table.Section)
	}
	b.widths()
	b.head(s.Heading())
	for _, f := range s.Form.Boxes() {
		b.pair(f, s.Boxes[f.Key], s.Boxes)
	}
	if table != nil {
		if !table.Title.Empty() {
			b.line("h2", table.Title.Zh+"  "+table.Title.En)
		}
		b.table(*table)
	}
	b.signers()
	for _, n := range s.Form.Foot() {
		b.line("note", strings.TrimSpace(n.Label+"  "+n.Zh+"  "+n.En))
	}
	if s.Ledger != nil {
		b.line("note", fmt.Sprintf("账本 ledger  %d · %s", s.Ledger.Size, s.Ledger.Root))
	}
	if s.Printed != "" {
		b.line("note", "打印 printed  "+s.Printed)
	}
}

// further writes the worksheet of one more table.
func (b *book) further(t forms.Filled) {
	name := sheetName(t.Title.Zh)
	if t.Title.Zh == "" {
		name = sheetName(t.ID)
	}
	if _, err := b.file.NewSheet(name); err != nil {
		b.do(err)
		return
	}
	b.begin(name, name)
	b.columns, b.wide = max(len(t.Fields), 4), b.sheet.Form.ColumnWidths(t.Section)
	b.widths()
	b.head(forms.Text{Zh: b.sheet.Heading().Zh + " " + t.Title.Zh, En: b.sheet.Heading().En + " " + t.Title.En})
	b.table(t)
}

// head writes training mark, classification, number, unit and title.
func (b *book) head(title forms.Text) {
	s := b.sheet
	if s.Bench {
		b.line("training", forms.Training.Zh+" / "+forms.Training.En+"  不作凭证 / no evidence")
	}
	if s.Mark != "" {
		b.line("mark", s.Mark)
	}
	if s.Unit != "" {
		b.line("center", s.Unit)
	}
	b.line("title", title.Zh)
	b.line("english", title.En)
	if s.Form.Numbered.Zh != "" {
		b.line("right", s.Form.Numbered.Zh+" "+s.Form.Numbered.En+"："+s.Number)
	}
}

// line writes one text over the whole width.
func (b *book) line(style, text string) {
	b.row++
	b.span(1, b.columns, style, text)
}

// span writes one text over some columns of the current row.
func (b *book) span(from, to int, style, text string) {
	a, z := b.cell(from, b.row), b.cell(to, b.row)
	if from < to {
		b.do(b.file.MergeCell(b.name, a, z))
	}
	b.grow(from, to, looks[style].size, text)
	b.text(a, text)
	b.do(b.file.SetCellStyle(b.name, a, z, b.style(style, "@")))
}

// pair writes one box: heading left, value right of it.
func (b *book) pair(f forms.Field, v string, row forms.Values) {
	b.row++
	label := max(b.columns/4, 1)
	b.span(1, label, "th", f.Zh+" "+f.En)
	if label+1 < b.columns {
		b.do(b.file.MergeCell(b.name, b.cell(label+1, b.row), b.cell(b.columns, b.row)))
	}
	b.value(label+1, b.columns, f, v, row, "left")
}

// grow makes the current row high enough for a text over some columns: not
// every spreadsheet program does that when it opens a file.
func (b *book) grow(from, to int, points float64, text string) {
	const pointsPerMM, ratio = 72 / 25.4, 1.35
	wide := 0.0
	for i := from; i <= to; i++ {
		wide += b.mm(i) * pointsPerMM
	}
	lines := 0
	for _, line := range strings.Split(text, "\n") {
		used := points
		for _, r := range line {
			if used += points; r < 0x2E80 {
				used -= 0.4 * points
			}
		}
		lines += 1 + int(used/wide)
	}
	have, err := b.file.GetRowHeight(b.name, b.row)
	b.do(err)
	if need := float64(lines)*points*ratio + 3; need > have {
		b.do(b.file.SetRowHeight(b.name, b.row, min(need, 400)))
	}
}

// mm is how wide a column is.
func (b *book) mm(column int) float64 {
	if column <= len(b.wide) {
		return b.wide[column-1]
	}
	return otherColumn
}

// otherColumn is the width of a column that no table sets, mm.
const otherColumn = 30.0

// value writes a cell by its kind: numbers and days as such, all else as text.
func (b *book) value(column, last int, f forms.Field, v string, row forms.Values, align string) {
	name, end := b.cell(column, b.row), b.cell(last, b.row)
	format := "@"
	serial, clock, isDay := serialOf(v)
	switch {
	case v == "":
	case f.Kind == forms.KindNumber:
		n, err := strconv.ParseFloat(v, 64)
		b.do(err)
		b.do(b.file.SetCellFloat(b.name, name, n, -1, 64))
		format = numberFormat(f, v, row)
	case f.Kind == forms.KindDate && isDay:
		b.do(b.file.SetCellFloat(b.name, name, serial, -1, 64))
		format = "yyyy-mm-dd"
		if clock {
			format = "yyyy-mm-dd hh:mm"
		}
	default:
		b.grow(column, last, looks[align].size, v)
		b.text(name, v)
	}
	b.do(b.file.SetCellStyle(b.name, name, end, b.style(align, format)))
}

// numberFormat keeps the places a number came with, and its measure word.
func numberFormat(f forms.Field, v string, row forms.Values) string {
	format := "0"
	if _, places, ok := strings.Cut(v, "."); ok {
		format += "." + strings.Repeat("0", len(places))
	}
	if f.Measure {
		format += `"` + forms.Measure(row["carrier_kind"]) + `"`
	}
	return format
}

// serialOf is a day or minute as the format counts them: days since 1899-12-30,
// right from 1900-03-01 on; earlier days stay text.
func serialOf(v string) (serial float64, clock, ok bool) {
	t, err := time.Parse(time.DateOnly, v)
	if err != nil {
		if t, err = time.Parse("2006-01-02 15:04", v); err != nil {
			return 0, false, false
		}
		clock = true
	}
	if t.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) {
		return 0, clock, false
	}
	minutes := t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Minutes()
	return minutes / (24 * 60), clock, true
}

// table writes headings in both languages, rows and sum, freezes the headings and
// repeats them on every page.
func (b *book) table(t forms.Filled) {
	top := b.row + 1
	b.row++
	for i, c := range t.Fields {
		b.span(i+1, i+1, "th", c.Zh)
	}
	b.row++
	for i, c := range t.Fields {
		b.span(i+1, i+1, "small", c.En)
	}
	b.do(b.file.SetPanes(b.name, &excelize.Panes{Freeze: true, YSplit: b.row, TopLeftCell: b.cell(1, b.row+1), ActivePane: "bottomLeft"}))
	b.do(b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", b.name, top, b.row), Scope: b.name}))
	for i := range len(t.Rows) + t.Spare {
		row := forms.Values{}
		if i < len(t.Rows) {
			row = t.Rows[i]
		}
		b.row++
		for j, c := range t.Fields {
			b.value(j+1, j+1, c, row[c.Key], row, alignment(c.Kind))
		}
	}
	if t.Spare == 0 {
		b.line("center", "以下空白 blank below")
	}
	b.sum(t)
}

func alignment(k forms.Kind) string {
	switch k {
	case forms.KindNumber:
		return "number"
	case forms.KindText:
		return "left"
	}
	return "box"
}

// sum writes totals under their columns, as figures, and the sentences below.
func (b *book) sum(t forms.Filled) {
	if t.Sums == nil {
		return
	}
	b.row++
	for j, c := range t.Fields {
		b.value(j+1, j+1, forms.Field{Kind: forms.KindNumber}, t.Sums.Totals[c.Key], nil, "number")
	}
	label := 0
	for label < len(t.Fields) && t.Sums.Totals[t.Fields[label].Key] == "" {
		label++
	}
	if label > 0 {
		b.span(1, label, "th", t.Sums.Label.Zh+" "+t.Sums.Label.En)
	}
	for _, l := range t.Sums.Lines {
		b.line("left", l.Zh+"  "+l.En)
	}
}

// signers writes one line for each person who signs.
func (b *book) signers() {
	for _, g := range b.sheet.Form.Signers() {
		done := b.sheet.Signed[g.Role]
		for n := range g.Persons {
			text, on := "签字：", "　　年　　月　　日"
			if n < len(done) {
				text, on = text+done[n].Name+"　"+done[n].Opinion, done[n].On
			}
			if g.Seal {
				on = "（盖章 seal）　" + on
			}
			b.row++
			label := max(b.columns/4, 1)
			b.do(b.file.SetRowHeight(b.name, b.row, 32))
			b.span(1, label, "th", g.Zh+" "+g.En)
			b.span(label+1, b.columns, "left", text+"　　　　"+on)
		}
	}
}

// widths sets the columns: a character of the default font is about
// 1.9 mm, of others less.
func (b *book) widths() {
	for i := range b.columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.do(err)
		b.do(b.file.SetColWidth(b.name, name, name, max(b.mm(i+1)/1.75, 5)))
	}
}

// properties names the workbook; times stay those of the library's template, so
// that the same sheet gives the same bytes.
func (b *book) properties() {
	b.do(b.file.SetDocProps(&excelize.DocProperties{Title: b.sheet.Heading().Zh, Subject: b.sheet.Form.ID, Creator: "Sexton", LastModifiedBy: "Sexton", Language: "zh-CN"}))
}
