package forms

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sexton/custody"
)

// Content is what a form is filled with.
type Content struct {
	Number       string              // of the sheet itself
	Unit         string              // whose sheet it is, above the title; optional
	Mark         string              // classification of the sheet itself, as 机密★10年; optional
	StateSecrets bool                // every item is a state secret: the title may say so
	Boxes        Values              // head and boxes
	Rows         map[string][]Values // by id of the table
	Spare        map[string]int      // by id of the table: empty rows for the pen
	Signed       map[Key][]Signature // by role; what is absent is left to the pen
	Bench        bool                // training data: said on every page
	Ledger       *Position           // what the sheet was drawn from; optional
	Printed      string              // 2026-03-05 14:30; optional
}

// Signature is one signature that is on record.
type Signature struct {
	Name    string `json:"name"`
	On      string `json:"on"` // day or time
	Opinion string `json:"opinion,omitempty"`
}

// Position is the state of the ledger that a sheet shows.
type Position struct {
	Size uint64 `json:"size"` // entries
	Root string `json:"root"`
}

// Sheet is a form filled in. Only Fill makes one. Of its Content, Boxes has what
// was computed besides; rows stand in Tables.
type Sheet struct {
	Form *Form
	Content
	Tables []Filled
}

// Filled is one table with its rows, numbered and computed.
type Filled struct {
	*Section
	Rows  []Values
	Spare int
	Sums  *SumRow // nil when the table has none
}

// SumRow is the row below a table: totals in their columns, and sentences.
type SumRow struct {
	Label  Text
	Totals Values
	Lines  []Text
}

// CellError is one value that cannot stand on the form.
type CellError struct {
	Table string // "" = head, boxes or signers
	Row   int    // from 1; 0 = no row
	Key   Key
	Zh    string
	En    string
}

func (e CellError) Error() string {
	if e.Row > 0 {
		return fmt.Sprintf("table %s, row %d, %s: %s", e.Table, e.Row, e.Key, e.En)
	}
	return fmt.Sprintf("%s: %s", e.Key, e.En)
}

// FillError says why a form was not filled: the first cells and their number.
type FillError struct {
	Form  string
	Cells []CellError
	Total int
}

func (e *FillError) Error() string {
	return fmt.Sprintf("cannot fill form %s: %d bad values, first: %s", e.Form, e.Total, e.Cells[0])
}

// Limits of one sheet.
const (
	MaxRows    = 200_000 // of one table
	maxSpare   = 200
	maxText    = 4000 // characters in a cell
	maxErrors  = 100
	timeLayout = "2006-01-02 15:04"
)

// Fill puts content on a form. Everything given finds its place or is an error
// (*FillError): nothing is dropped, shortened or guessed.
func (f *Form) Fill(c Content) (*Sheet, error) {
	p := &filler{form: f, s: &Sheet{Form: f, Content: c}}
	p.frame(c)
	p.s.Boxes = p.row("", 0, f.Boxes(), c.Boxes)
	for _, id := range slices.Sorted(maps.Keys(c.Rows)) {
		if _, ok := f.Table(id); !ok {
			p.bad(id, 0, "", "没有这个表格", "there is no such table")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Spare)) {
		if _, ok := f.Table(id); !ok || c.Spare[id] < 0 || c.Spare[id] > maxSpare {
			p.bad(id, 0, "", "没有这个表格，或空行数有误", "there is no such table, or the number of empty rows is wrong")
		}
	}
	for _, t := range f.Tables() {
		p.table(t, c.Rows[t.ID], c.Spare[t.ID])
	}
	p.signed(c.Signed)
	if p.total > 0 {
		return nil, &FillError{Form: f.ID, Cells: p.cells, Total: p.total}
	}
	return p.s, nil
}

type filler struct {
	form  *Form
	s     *Sheet
	cells []CellError
	total int
}

func (p *filler) bad(table string, row int, k Key, zh, en string) {
	p.total++
	if len(p.cells) < maxErrors {
		p.cells = append(p.cells, CellError{Table: table, Row: row, Key: k, Zh: zh, En: en})
	}
}

// frame checks what stands around the form.
func (p *filler) frame(c Content) {
	for _, x := range []struct {
		what Key
		s    string
	}{{"number", c.Number}, {"unit", c.Unit}} {
		if why := checkText(x.s, 120, false); why != nil {
			p.bad("", 0, x.what, why.Zh, why.En)
		}
	}
	if c.Number != "" && p.form.Numbered.Empty() {
		p.bad("", 0, "number", "此表没有编号", "this form bears no number")
	}
	if c.Mark != "" {
		if why := checkCell(KindMark, nil, c.Mark); why != nil {
			p.bad("", 0, "mark", why.Zh, why.En)
		}
	}
	if c.Printed != "" && !isDate(c.Printed) {
		p.bad("", 0, "printed", "不是日期", "this is no day or time")
	}
	if c.Ledger != nil && (len(c.Ledger.Root) > 120 || !printable(c.Ledger.Root, false)) {
		p.bad("", 0, "ledger", "账本根有误", "the ledger's root is malformed")
	}
}

// row checks one set of values against the fields it is for and adds what is
// computed.
func (p *filler) row(table string, n int, fields []Field, given Values) Values {
	out := make(Values, len(given))
	for _, k := range slices.Sorted(maps.Keys(given)) {
		v := given[k]
		c := column(fields, k)
		switch {
		case v == "":
		case c == nil:
			p.bad(table, n, k, "此表没有这一项", "the form has no such place")
		case c.Kind == KindBlank:
			p.bad(table, n, k, "自加栏用笔填写", "a unit's own column is filled in with a pen")
		case c.Computed():
			p.bad(table, n, k, "由计算得出，不填写", "this is computed, not filled in")
		default:
			if why := checkCell(c.Kind, c.Options, v); why != nil {
				p.bad(table, n, k, why.Zh, why.En)
				continue
			}
			out[k] = v
		}
	}
	for _, c := range fields {
		if !c.Computed() {
			continue
		}
		b := balance(c.Plus, c.Minus, out)
		switch {
		case strings.HasPrefix(b, "-"):
			p.bad(table, n, c.Key, "结存为负："+b, "the balance is negative: "+b)
		case b != "" && !isNumber(b):
			p.bad(table, n, c.Key, "数字过大", "the number is too large")
		case b != "":
			out[c.Key] = b
		}
	}
	return out
}

func (p *filler) table(t *Section, rows []Values, spare int) {
	if len(rows) > MaxRows {
		p.bad(t.ID, 0, "", fmt.Sprintf("超过 %d 行", MaxRows), fmt.Sprintf("more than %d rows", MaxRows))
		return
	}
	filled := Filled{Section: t, Spare: spare, Rows: make([]Values, 0, max(len(rows), len(t.Presets)))}
	for i := range max(len(rows), len(t.Presets)) {
		given := Values{}
		if i < len(rows) {
			given = maps.Clone(rows[i])
		}
		if i < len(t.Presets) {
			given = preset(t.Presets[i], given)
		}
		out := p.row(t.ID, i+1, t.Fields, given)
		if t.Column("no") != nil {
			if n := strconv.Itoa(i + 1); out["no"] != "" && out["no"] != n {
				p.bad(t.ID, i+1, "no", "序号应为 "+n, "the row's number must be "+n)
			} else {
				out["no"] = n
			}
		}
		filled.Rows = append(filled.Rows, out)
	}
	filled.Sums = p.sums(t, filled.Rows)
	p.s.Tables = append(p.s.Tables, filled)
}

// preset puts a printed wording into a row that does not say otherwise.
func preset(from Preset, row Values) Values {
	if row == nil {
		row = Values{}
	}
	if row[from.Key] == "" {
		row[from.Key] = from.both()
	}
	return row
}

// both is the wording as the value of a cell.
func (p Preset) both() string { return p.Zh + "\n" + p.En }

// sums adds up a table: totals by column, counts by carrier kind in the order
// of their first row, and differences.
func (p *filler) sums(t *Section, rows []Values) *SumRow {
	if t.Sum == nil {
		return nil
	}
	s := &SumRow{Label: t.Sum.Text, Totals: Values{}}
	keys := t.Sum.Totals
	if t.Sum.ByKind {
		keys = append([]Key{"count"}, keys...)
		s.Lines = append(s.Lines, byKind(rows)...)
	}
	for _, k := range keys {
		d := total(k, rows)
		if !d.any {
			continue
		}
		if !isNumber(d.String()) {
			p.bad(t.ID, 0, k, "合计过大", "the total is too large")
		}
		s.Totals[k] = d.String()
	}
	for _, x := range t.Sum.Differences {
		var d decimal
		for _, k := range x.Plus {
			d.add(total(k, rows).String(), 1)
		}
		for _, k := range x.Minus {
			d.add(total(k, rows).String(), -1)
		}
		s.Lines = append(s.Lines, Text{Zh: x.Zh + " " + d.String(), En: x.En + " " + d.String()})
	}
	return s
}

// byKind counts with measure words: 纸介质 12份，光盘 3张.
func byKind(rows []Values) []Text {
	var order []string
	sums := map[string]*decimal{}
	for _, r := range rows {
		kind := r["carrier_kind"]
		if sums[kind] == nil {
			sums[kind] = &decimal{}
			order = append(order, kind)
		}
		sums[kind].add(r["count"], 1)
	}
	if len(order) == 0 {
		return nil
	}
	var zh, en []string
	for _, kind := range order {
		n := sums[kind].String()
		zh = append(zh, orElse(kind, "类别未填")+" "+n+Measure(kind))
		en = append(en, orElse(kindEn(kind), orElse(kind, "no kind"))+" "+n)
	}
	return []Text{{Zh: strings.Join(zh, "，"), En: strings.Join(en, ", ")}}
}

func (p *filler) signed(all map[Key][]Signature) {
	signers := p.form.Signers()
	for _, role := range slices.Sorted(maps.Keys(all)) {
		i := slices.IndexFunc(signers, func(g Signer) bool { return g.Role == role })
		if i < 0 {
			p.bad("", 0, role, "此表没有这一签字处", "the form has no such place to sign")
			continue
		}
		if n := signers[i].Persons; len(all[role]) > n {
			p.bad("", 0, role, fmt.Sprintf("只有 %d 处签字", n), fmt.Sprintf("only %d may sign here", n))
		}
		for _, g := range all[role] {
			for _, why := range []*Text{checkCell(KindSignature, nil, g.Name), checkCell(KindDate, nil, g.On), checkText(g.Opinion, 400, true)} {
				if why != nil {
					p.bad("", 0, role, why.Zh, why.En)
				}
			}
			if g.Name == "" || (g.Opinion != "" && !signers[i].Opinion) {
				p.bad("", 0, role, "签字没有姓名，或此处不写意见", "a signature without a name, or no opinion is asked here")
			}
		}
	}
}

// checkCell says why a value cannot stand in a cell; nil = it can.
func checkCell(kind Kind, options []Text, v string) *Text {
	if v == "" {
		return nil
	}
	switch kind {
	case KindNumber:
		if !isNumber(v) {
			return &Text{"不是数字：" + clip(v), "this is no number: " + clip(v)}
		}
	case KindDate:
		if !isDate(v) {
			return &Text{"不是日期（如 2026-03-05 或 2026-03-05 14:30）：" + clip(v), "this is no day or time (as 2026-03-05 or 2026-03-05 14:30): " + clip(v)}
		}
	case KindChoice:
		if !slices.ContainsFunc(options, func(o Text) bool { return o.Zh == v }) {
			return &Text{"不在选项之内：" + clip(v), "this is none of the choices: " + clip(v)}
		}
	case KindMark:
		if _, _, err := custody.ParseMark(v); err != nil {
			return &Text{"密级标志有误：" + clip(v), "this is no classification mark: " + clip(v)}
		}
	case KindSignature:
		return checkText(v, 60, false)
	default:
		return checkText(v, maxText, true)
	}
	return nil
}

func checkText(s string, limit int, lines bool) *Text {
	switch {
	case utf8.RuneCountInString(s) > limit:
		return &Text{fmt.Sprintf("超过 %d 字", limit), fmt.Sprintf("more than %d characters", limit)}
	case !printable(s, lines):
		return &Text{"含有不可见字符：" + clip(s), "it holds what cannot be seen: " + clip(s)}
	}
	return nil
}

// isDate reads a day or a minute strictly.
func isDate(s string) bool {
	for _, layout := range []string{time.DateOnly, timeLayout} {
		if t, err := time.Parse(layout, s); err == nil && t.Format(layout) == s && t.Year() >= 1900 {
			return true
		}
	}
	return false
}

// Training is said on every page of a sheet with invented data.
var Training = Text{Zh: "演练数据", En: "training data"}

// Heading is the title of the sheet: the form's, or its title for state secrets.
func (s *Sheet) Heading() Text {
	if s.StateSecrets && !s.Form.Secret.Empty() {
		return s.Form.Secret
	}
	return s.Form.Title
}
