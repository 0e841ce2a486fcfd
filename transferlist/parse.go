package transferlist

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Parse reads one transfer list. The row errors are in the order of the file;
// the list holds the good rows. Error: *FileError (errors.As) when the file as
// a whole cannot be read, or the reader's own.
func Parse(r io.Reader, o Options) (List, []RowError, error) {
	o = o.withDefaults()
	data, fe, err := readAll(r, o.MaxBytes)
	if err != nil {
		return List{}, nil, fmt.Errorf("cannot read transfer list: %w", err)
	}
	if fe != nil {
		return List{}, nil, fe
	}
	sum := sha256.Sum256(data)
	p := newParser(o)
	p.list.SHA256 = hex.EncodeToString(sum[:])
	text, encoding, fe := decode(data)
	p.list.Encoding = encoding
	if fe == nil {
		fe = p.run(text)
	}
	if fe != nil {
		return p.list, p.errs, fe
	}
	return p.list, p.errs, nil
}

// head is how much is read before the file may be refused for what it is.
const head = 4096

// readAll reads the file. What is no list is refused after its first bytes,
// what is too large after its limit, however much more there would be.
func readAll(r io.Reader, most int64) ([]byte, *FileError, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, min(head, most+1)); err != nil && err != io.EOF {
		return nil, nil, err
	}
	if fe := foreign(b.Bytes()); fe != nil {
		return nil, fe, nil
	}
	if _, err := io.CopyN(&b, r, max(0, most+1-int64(b.Len()))); err != nil && err != io.EOF {
		return nil, nil, err
	}
	if int64(b.Len()) > most {
		return nil, fileError(0, "list.too-large", fmt.Sprintf("文件超过 %s，未导入任何一行；请分成几份清单", size(most)),
			fmt.Sprintf("the file is larger than %s, nothing was imported; split it into several lists", size(most))), nil
	}
	return b.Bytes(), nil, nil
}

func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d B", n)
}

type parser struct {
	o    Options
	list List
	errs []RowError
	in   layout

	numbers, serials, copies map[string]int // value -> line of its first use
	prints                   map[string]*printing
	sequence                 int64 // last 序号 read
	sum                      int64 // of the counts of all rows that have one
}

func newParser(o Options) *parser {
	return &parser{o: o, numbers: map[string]int{}, serials: map[string]int{}, copies: map[string]int{}, prints: map[string]*printing{}}
}

// headingWithin is how many lines may stand above the heading.
const headingWithin = 10

func (p *parser) run(text string) *FileError {
	s := &scanner{text: text, line: 1, comma: ','}
	if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, ",") && strings.Contains(first, "\t") {
		s.comma = '\t'
	}
	if fe := p.heading(s); fe != nil {
		return fe
	}
	p.list.Rows = make([]Row, 0, len(text)/200) // about as many as there will be
	for {
		r, ok, fe := s.next()
		if fe != nil || !ok {
			return p.end(fe)
		}
		if r.blank() && len(r.bad) == 0 {
			continue
		}
		if isTotal(r) {
			p.total(r)
			return p.end(p.footer(s))
		}
		if p.list.Total >= p.o.MaxRows {
			return fileError(r.line, "list.too-many-rows", fmt.Sprintf("超过 %d 行", p.o.MaxRows), fmt.Sprintf("there are more than %d rows", p.o.MaxRows))
		}
		p.row(r)
	}
}

// heading skips title lines and reads the heading.
func (p *parser) heading(s *scanner) *FileError {
	var titles []string
	for {
		r, ok, fe := s.next()
		if fe != nil {
			return fe
		}
		if !ok || r.line > headingWithin {
			return fileError(1, "list.no-heading", fmt.Sprintf("前 %d 行内没有表头（载体编号、文件资料名称、载体类别……）", headingWithin),
				fmt.Sprintf("there is no heading within the first %d lines", headingWithin))
		}
		if !isHeading(r) {
			p.sheetNumber(r)
			if t := strings.TrimSpace(strings.Join(r.cells, " ")); t != "" {
				titles = append(titles, clipTo(strings.Join(strings.Fields(t), " "), 200))
			}
			continue
		}
		p.list.Title = strings.Join(titles, " ")
		l, errs := readHeading(r)
		p.in, p.list.Headings = l, l.headings
		if len(errs) > 0 {
			for _, e := range errs {
				p.report(e)
			}
			return &FileError{Line: r.line, Code: errs[0].Code, Zh: "表头有误：" + errs[0].Zh, En: "the heading is wrong: " + errs[0].En}
		}
		return nil
	}
}

// sheetNumber finds the number of the sheet above the heading: 编号：X in one
// cell, or in two.
func (p *parser) sheetNumber(r record) {
	for i, c := range r.cells {
		name, value, found := strings.Cut(strings.ReplaceAll(strings.TrimSpace(c), ":", "："), "：")
		if name != "编号" && name != "清单编号" {
			continue
		}
		if !found && i+1 < len(r.cells) {
			value = r.cells[i+1]
		}
		if v, why := optional(value, 64); why == nil && v != "" && p.list.Number == "" {
			p.list.Number = v
		}
	}
}

// end closes the list.
func (p *parser) end(fe *FileError) *FileError {
	if fe == nil && p.list.Total == 0 {
		fe = fileError(0, "list.no-rows", "清单没有数据行", "the list has no rows")
	}
	return fe
}

// report keeps one error, within bounds.
func (p *parser) report(e RowError) {
	p.list.Errors++
	if len(p.errs) < p.o.MaxErrors {
		p.errs = append(p.errs, e)
	}
}

// isTotal says that a record is the sum row.
func isTotal(r record) bool {
	for _, c := range r.cells {
		if f := fold(c); f != "" {
			return f == "合计" || f == "总计" || strings.HasPrefix(f, "合计：") || strings.HasPrefix(f, "合计:")
		}
	}
	return false
}

// total compares the sum row with the rows, when it has a number where the
// counts stand.
func (p *parser) total(r record) {
	i := p.in.at[colCount]
	if i >= len(r.cells) || strings.TrimSpace(r.cells[i]) == "" {
		return
	}
	if n, ok := sumOf(r.cells[i]); !ok || n != p.sum {
		p.report(RowError{Line: r.line, Column: i + 1, Heading: p.in.headings[i], Code: "total.differs",
			Zh: fmt.Sprintf("合计为 %s，各行之和为 %d", clip(r.cells[i]), p.sum), En: fmt.Sprintf("the sum row says %s, the rows add up to %d", clip(r.cells[i]), p.sum)})
	}
}

// sumOf adds up the numbers of a sum cell: "50", "50份", or by kind, as
// "纸介质 43 份，光盘 2 张". False when there is none.
func sumOf(cell string) (sum int64, ok bool) {
	for _, digits := range strings.FieldsFunc(cell, func(r rune) bool { return r < '0' || r > '9' }) {
		n, good := whole(digits, 1<<40)
		if !good {
			return 0, false
		}
		sum, ok = sum+n, true
	}
	return sum, ok && !strings.ContainsAny(cell, "-.")
}

// footer reads signatures and notes after the sum row. What looks like a row
// there is an error: it would be lost.
func (p *parser) footer(s *scanner) *FileError {
	for {
		r, ok, fe := s.next()
		if fe != nil || !ok {
			return fe
		}
		filled := 0
		for _, c := range r.cells {
			if strings.TrimSpace(c) != "" {
				filled++
			}
		}
		if filled >= 5 {
			p.report(RowError{Line: r.line, Code: "row.after-total", Zh: "合计行之后还有数据行", En: "there is a row after the sum row"})
		}
	}
}

// row reads one data row.
func (p *parser) row(rec record) {
	p.list.Total++
	c := &cells{p: p, rec: rec, before: p.list.Errors}
	for _, e := range rec.bad {
		if e.Column > 0 && e.Column <= len(p.in.headings) {
			e.Heading = p.in.headings[e.Column-1]
		}
		p.report(e)
	}
	if len(rec.bad) > 0 {
		p.list.Bad++ // the cells may be in the wrong columns
		return
	}
	for i := len(p.in.headings); i < len(rec.cells); i++ {
		if strings.TrimSpace(rec.cells[i]) != "" {
			p.report(RowError{Line: rec.line, Column: i + 1, Code: "row.too-many-cells", Zh: "单元格比表头多", En: "there are more cells than headings"})
			p.list.Bad++
			return
		}
	}
	from := len(p.errs)
	row := c.read()
	c.compare(row)
	slices.SortStableFunc(p.errs[from:], func(a, b RowError) int { return cmp.Compare(a.Column, b.Column) })
	if p.list.Errors > c.before {
		p.list.Bad++
		return
	}
	p.list.Rows = append(p.list.Rows, row)
}

// cells reads the cells of one row by column.
type cells struct {
	p      *parser
	rec    record
	before int
}

func (c *cells) raw(col column) string {
	if i := c.p.in.at[col]; i >= 0 && i < len(c.rec.cells) {
		return c.rec.cells[i]
	}
	return ""
}

// fault reports a bad cell; nil is a good one.
func (c *cells) fault(col column, why *reason) {
	if why == nil {
		return
	}
	e := RowError{Line: c.rec.line, Code: why.code, Zh: why.zh, En: why.en}
	if i := c.p.in.at[col]; i >= 0 {
		e.Column, e.Heading = i+1, c.p.in.headings[i]
	}
	c.p.report(e)
}

// take runs a reader over one cell.
func take[T any](c *cells, col column, read func(string) (T, *reason)) T {
	v, why := read(c.raw(col))
	c.fault(col, why)
	return v
}

func upTo(limit int, read func(string, int) (string, *reason)) func(string) (string, *reason) {
	return func(s string) (string, *reason) { return read(s, limit) }
}

// read reads the row by itself.
func (c *cells) read() Row {
	r := Row{Line: c.rec.line}
	r.Number = take(c, colNumber, carrierNumber)
	r.Title = take(c, colTitle, upTo(200, free))
	if r.Title == "" && strings.TrimSpace(c.raw(colTitle)) == "" {
		c.fault(colTitle, bad("title.lacking", "未填文件资料名称", "the title is lacking"))
	}
	r.Issuer = take(c, colIssuer, upTo(100, optional))
	r.Document = take(c, colDocument, upTo(64, optional))
	r.Copy = take(c, colCopy, copyNumber)
	r.Serial = take(c, colSerial, upTo(64, optional))
	r.Keeper = take(c, colKeeper, upTo(32, optional))
	r.Remark = take(c, colRemark, upTo(200, optional))
	r.MustReturn = take(c, colReturn, yes)
	r.Dated = take(c, colDated, date)
	r.Made = take(c, colMade, made)
	r.Scope = take(c, colScope, upTo(200, optional))
	r.Place = take(c, colPlace, upTo(100, optional))
	k := take(c, colKind, kind)
	r.Kind, r.Medium = k.Word, k.Medium
	if k.Word != "" {
		ext, why := extent(c.raw(colExtent), k)
		c.fault(colExtent, why)
		r.Extent = ext
	}
	r.Count = take(c, colCount, count)
	c.readMark(&r)
	c.checkEnd(r)
	return r
}

// compare judges the row by those before it.
func (c *cells) compare(r Row) {
	c.p.sum += r.Count
	c.checkSequence()
	c.checkTwice(r)
	c.checkMade(r)
}

// readMark reads level and period from one column or two.
func (c *cells) readMark(r *Row) {
	col := colMark
	if !c.p.in.has(colMark) {
		col = colClass
	}
	class, period, why := mark(c.raw(col))
	c.fault(col, why)
	if col == colClass && why == nil {
		own, why := optional(c.raw(colPeriod), 64)
		if why == nil && period != "" && own != "" {
			why = bad("mark.twice", "保密期限写了两处", "the period is given twice")
		}
		if why == nil && own != "" {
			period, why = checkPeriod(own, class)
		}
		c.fault(colPeriod, why)
	}
	r.Classification, r.Period = class.Word, period
}

// checkSequence: 序号 runs from 1 without gaps. A gap means that a row was
// lost on the way.
func (c *cells) checkSequence() {
	cell := strings.TrimSpace(c.raw(colSequence))
	if !c.p.in.has(colSequence) {
		return
	}
	n, ok := whole(cell, 1<<40)
	want := c.p.sequence + 1
	c.p.sequence = want
	if ok {
		c.p.sequence = n
	}
	if !ok || n != want {
		c.fault(colSequence, bad("sequence.gap", fmt.Sprintf("序号应为 %d，实为“%s”；可能有缺行或重行", want, clip(cell)),
			fmt.Sprintf("the row number should be %d, it is %q; a row may be lost or doubled", want, clip(cell))))
	}
}

// checkTwice compares the row with all before it.
func (c *cells) checkTwice(r Row) {
	twice := func(seen map[string]int, key string, col column, zh, en string) {
		if first, ok := seen[key]; ok {
			c.fault(col, bad("row.twice", zh+"与"+fmt.Sprintf(c.p.o.PlaceZh, first)+"重复", en+" is the same as in "+fmt.Sprintf(c.p.o.PlaceEn, first)))
			return
		}
		seen[key] = c.rec.line
	}
	if r.Number != "" {
		twice(c.p.numbers, r.Number, colNumber, "载体编号", "the carrier number")
	}
	if r.Serial != "" {
		twice(c.p.serials, r.Serial, colSerial, "序列号", "the serial number")
	}
	if r.Copy == "" {
		return
	}
	if r.Count > 1 {
		c.fault(colCount, bad("count.copies", "有份号的载体只能是一份", "a carrier with a copy number is one copy"))
	}
	if r.Document != "" {
		twice(c.p.copies, documentKey(r)+"\x00"+r.Copy, colCopy, "文号和份号", "the copy number of this document")
	}
}
