package transferlist

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sexton/custody"
)

// WriteOptions say how a list is written.
type WriteOptions struct {
	Encoding string // "utf-8-bom" (default: spreadsheets then know it), "utf-8" or "gb18030"
	Title    string // a line above the heading; "" = none
	Number   string // of the sheet, in a line above the heading (编号：X); "" = none
}

// WriteError says which rows cannot be written so that they could be read
// again; nothing was written.
type WriteError struct{ Rows []RowError }

func (e *WriteError) Error() string {
	return fmt.Sprintf("cannot write the list: %d faults, first %v", len(e.Rows), e.Rows[0])
}

// written are the columns of a list as Write makes it.
var written = []column{colSequence, colNumber, colTitle, colIssuer, colKind, colDocument, colCopy, colMark, colExtent, colCount,
	colDated, colMade, colScope, colSerial, colKeeper, colPlace, colReturn, colRemark}

// Write writes rows as a list that Parse reads back to the same rows. What a
// spreadsheet would evaluate is written with an apostrophe in front, which
// Parse takes away. Row.Line is not written. Error: *WriteError (errors.As),
// then nothing was written, or the writer's own.
func Write(w io.Writer, rows []Row, o WriteOptions) error {
	records, err := above(o)
	if err != nil {
		return err
	}
	p := newParser(Options{}.withDefaults())
	p.in = writtenLayout(names())
	records = append(records, p.in.headings)
	for i, r := range rows {
		cells := r.cells(i)
		p.reread(i, r, cells)
		records = append(records, cells)
	}
	if len(p.errs) > 0 {
		return &WriteError{p.errs}
	}
	return encode(w, records, o.Encoding)
}

// Check judges rows that come from elsewhere than a list by all the rules of a
// list, and gives the good ones as Parse would: texts trimmed and in
// normalisation form C. Row.Line tells rows apart in messages. An error names
// the heading a list would have; its column is 0.
func Check(rows []Row, o Options) ([]Row, []RowError) {
	p := newParser(o.withDefaults())
	p.in = writtenLayout(names())
	p.in.at[colSequence] = -1
	for i, r := range rows {
		p.row(record{line: r.at(i), cells: r.cells(i)})
	}
	for i := range p.errs {
		p.errs[i].Column = 0
	}
	return p.list.Rows, p.errs
}

func names() []string {
	n := make([]string, len(written))
	for i, c := range written {
		n[i] = headings[c][0]
	}
	return n
}

// at is the line of the row in its file; one that has none stands where it is
// among its fellows.
func (r Row) at(i int) int {
	if r.Line > 0 {
		return r.Line
	}
	return i + 1
}

// above makes the lines above the heading.
func above(o WriteOptions) ([][]string, error) {
	var records [][]string
	for _, line := range []struct{ before, value string }{{"", o.Title}, {"编号：", o.Number}} {
		if line.value == "" {
			continue
		}
		if s, why := text(line.value, 64); why != nil || s != line.value {
			return nil, &WriteError{[]RowError{{Code: "sheet.malformed", Zh: "清单标题或编号有误：" + clip(line.value), En: "the sheet's title or number is malformed: " + clip(line.value)}}}
		}
		records = append(records, []string{line.before + line.value})
	}
	return records, nil
}

func writtenLayout(names []string) layout {
	l := layout{headings: names}
	for i := range l.at {
		l.at[i] = -1
	}
	for i, c := range written {
		l.at[c] = i
	}
	return l
}

// cells gives the cells of a row in the order of written, texts guarded.
func (r Row) cells(i int) []string {
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	mark := r.Mark()
	if class, known := custody.ClassificationOf(r.Classification); !known {
		mark = r.Classification
	} else if !class.Secret && r.Period != "" {
		mark += custody.Star + r.Period // wrong, and said to be when it is read
	}
	kind := r.Kind
	if k, ok := custody.KindOf(r.Kind); ok {
		kind = k.Zh
	}
	mustReturn := "否"
	if r.MustReturn {
		mustReturn = "是"
	}
	return []string{strconv.Itoa(i + 1), r.Number, guard(r.Title), guard(r.Issuer), kind, guard(r.Document), r.Copy, mark, extentCell(r.Extent), number(r.Count),
		r.Dated, number(r.Made), guard(r.Scope), guard(r.Serial), guard(r.Keeper), guard(r.Place), mustReturn, guard(r.Remark)}
}

// extentCell writes pages, or a capacity in the largest decimal unit, exactly.
func extentCell(e custody.Extent) string {
	if e.Unit != "byte" {
		return strconv.FormatInt(e.Value, 10) + "页"
	}
	for _, u := range []struct {
		name  string
		zeros int
	}{{"TB", 12}, {"GB", 9}, {"MB", 6}, {"KB", 3}} {
		digits := strconv.FormatInt(e.Value, 10)
		if at := len(digits) - u.zeros; at > 0 {
			s, fraction := digits[:at], strings.TrimRight(digits[at:], "0")
			if fraction != "" {
				s += "." + fraction
			}
			return s + u.name
		}
	}
	return strconv.FormatInt(e.Value, 10) + "字节"
}

// reread reads a written row as Parse would, and reports what does not come
// back.
func (p *parser) reread(i int, r Row, written []string) {
	c := &cells{p: p, rec: record{line: r.at(i), cells: written}}
	before := p.list.Errors
	got := c.read()
	got.Line = r.Line
	if p.list.Errors > before || got == r {
		return
	}
	for col, cell := range r.differing(got) {
		c.fault(col, bad("row.not-canonical", "此项写出后不能原样读回："+cell, "this would not be read back as it is: "+cell))
	}
}

// differing names the columns in which two rows differ.
func (r Row) differing(o Row) map[column]string {
	d := map[column]string{}
	a, b := r.cells(0), o.cells(0)
	for i, col := range written {
		if a[i] != b[i] {
			d[col] = clip(a[i])
		}
	}
	if len(d) == 0 {
		d[colKind] = clip(r.Kind + " " + r.Medium) // the medium has no cell of its own
	}
	return d
}

// WriteTable writes any table: CR LF, quotes where needed, and an apostrophe
// in front of what a spreadsheet would evaluate; negative numbers stay as they
// are. The encoding is as in WriteOptions.
func WriteTable(w io.Writer, records [][]string, encoding string) error {
	guarded := make([][]string, len(records))
	for i, r := range records {
		guarded[i] = make([]string, len(r))
		for j, cell := range r {
			guarded[i][j] = guard(cell)
			if n, ok := strings.CutPrefix(cell, "-"); ok && isDigits(strings.Replace(n, ".", "", 1)) {
				guarded[i][j] = cell
			}
		}
	}
	return encode(w, guarded, encoding)
}

// encode writes records in one piece, after it has read them back in the
// encoding.
func encode(w io.Writer, records [][]string, encoding string) error {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.UseCRLF = true
	if err := c.WriteAll(records); err != nil {
		return fmt.Errorf("cannot write list: %w", err)
	}
	data := b.Bytes()
	switch encoding {
	case "utf-8":
	case "", "utf-8-bom":
		data = append(bom[:len(bom):len(bom)], data...)
	case "gb18030":
		var err error
		if data, err = simplifiedchinese.GB18030.NewEncoder().Bytes(data); err != nil {
			return fmt.Errorf("cannot write list in GB18030: %w", err)
		}
	default:
		return fmt.Errorf("cannot write list: unknown encoding %q", encoding)
	}
	if text, _, fe := decode(data); fe != nil || text != b.String() {
		return fmt.Errorf("cannot write list: its text does not survive the encoding %q; use utf-8-bom", encoding)
	}
	_, err := w.Write(data)
	return err
}

// guard defends a cell that a spreadsheet would evaluate. A cell that looks defended gets one apostrophe more, so that
// every text comes back as it was.
func guard(s string) string {
	if evaluated(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// unguard gives the text behind a defended cell.
func unguard(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != s && evaluated(rest) {
		return s[1:]
	}
	return s
}

// evaluated: what begins like a formula, also after signs that are skipped.
func evaluated(s string) bool {
	return isFormula(strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }))
}
