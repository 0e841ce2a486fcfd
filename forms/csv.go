package forms

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// bom tells spreadsheet programs that a CSV file is UTF-8.
const bom = "\xEF\xBB\xBF"

// WriteCSV writes the whole sheet as spreadsheet programs open it: UTF-8 with
// byte order mark, CRLF, RFC 4180. Title, number and boxes stand above the
// first table, sums and signatures below; every text cell is guarded (Guard).
// Headings are the Chinese ones.
func (s *Sheet) WriteCSV(w io.Writer) error {
	c, err := newCSV(w)
	if err != nil {
		return err
	}
	title := s.Heading()
	if s.Bench {
		c.put(Training.Zh, Training.En)
	}
	c.put(Guard(title.Zh), Guard(title.En))
	for _, x := range [][2]string{{"单位", s.Unit}, {"密级", s.Mark}, {orElse(s.Form.Numbered.Zh, "编号"), s.Number}} {
		if x[1] != "" {
			c.put(Guard(x[0]), Guard(x[1]))
		}
	}
	for _, f := range s.Form.Boxes() {
		c.put(Guard(f.Zh), cellCSV(f, s.Boxes[f.Key]))
	}
	for _, t := range s.Tables {
		if !t.Title.Empty() {
			c.put(Guard(t.Title.Zh), Guard(t.Title.En))
		}
		c.table(t)
	}
	for _, g := range s.Form.Signers() {
		for _, x := range s.Signed[g.Role] {
			c.put(Guard(g.Zh), Guard(x.Name), x.On, Guard(x.Opinion))
		}
	}
	if s.Ledger != nil {
		c.put("账本记录数", fmt.Sprint(s.Ledger.Size))
		c.put("账本根", Guard(s.Ledger.Root))
	}
	if s.Printed != "" {
		c.put("打印时间", s.Printed)
	}
	return c.flush()
}

// WriteTableCSV writes one table alone, headings and rows, for other systems.
func (s *Sheet) WriteTableCSV(w io.Writer, id string) error {
	for _, t := range s.Tables {
		if t.ID != id {
			continue
		}
		c, err := newCSV(w)
		if err != nil {
			return err
		}
		t.Sums = nil
		c.table(t)
		return c.flush()
	}
	return fmt.Errorf("cannot export form %s: no table %q", s.Form.ID, id)
}

type csvWriter struct {
	w   *csv.Writer
	err error
}

func newCSV(w io.Writer) (*csvWriter, error) {
	if _, err := io.WriteString(w, bom); err != nil {
		return nil, err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &csvWriter{w: c}, nil
}

func (c *csvWriter) put(cells ...string) {
	if c.err == nil {
		c.err = c.w.Write(cells)
	}
}

func (c *csvWriter) flush() error {
	c.w.Flush()
	if c.err != nil {
		return c.err
	}
	return c.w.Error()
}

func (c *csvWriter) table(t Filled) {
	cells := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		cells[i] = Guard(f.Zh)
	}
	c.put(cells...)
	for _, r := range t.Rows {
		for i, f := range t.Fields {
			cells[i] = cellCSV(f, r[f.Key])
		}
		c.put(cells...)
	}
	if t.Sums == nil {
		return
	}
	for i, f := range t.Fields {
		cells[i] = t.Sums.Totals[f.Key]
	}
	if cells[0] == "" {
		cells[0] = Guard(t.Sums.Label.Zh)
	}
	c.put(cells...)
	for _, l := range t.Sums.Lines {
		c.put(Guard(l.Zh), Guard(l.En))
	}
}

// cellCSV: numbers and days stand as they are, so that they stay numbers and
// days; everything else is guarded.
func cellCSV(f Field, v string) string {
	if f.Kind == KindNumber || f.Kind == KindDate {
		return v
	}
	return Guard(v)
}

// Guard makes a cell safe for a spreadsheet program, so that Unguard gives it
// back exactly. What would be run as a formula gets an apostrophe in front; what
// would be changed into a number or a day, as 000001 or an 18-digit serial
// number, gets a TAB behind, which is not seen and keeps it a text.
func Guard(s string) string {
	switch {
	case strings.HasPrefix(s, "'") || runs(s):
		return "'" + s
	case strings.HasSuffix(s, "\t") || converts(s):
		return s + "\t"
	}
	return s
}

// Unguard is the reverse of Guard.
func Unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok {
		return rest
	}
	return strings.TrimSuffix(s, "\t")
}

// runs: a spreadsheet could take the cell as a formula, also after white space
// or in full-width characters.
func runs(s string) bool {
	t := strings.TrimLeft(s, " \u00a0\u3000\n")
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(t, start) {
			return true
		}
	}
	return false
}

// converts: a spreadsheet could take the cell as a number, a day, a time or a
// truth value: figures with what stands between them, 3月5日, 1E5, TRUE, Mar 5.
func converts(s string) bool {
	t := strings.ToUpper(strings.TrimSpace(s))
	if t == "TRUE" || t == "FALSE" {
		return true
	}
	for _, month := range []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"} {
		t = strings.ReplaceAll(t, month, "1")
	}
	return strings.ContainsAny(t, "0123456789０１２３４５６７８９") &&
		strings.Trim(t, "0123456789０１２３４５６７８９.,:/-+() %‰$¥￥EPAM年月日时分秒上下午") == ""
}
