package transferlist

import (
	"strings"
	"unicode/utf8"
)

// record is one line of the table: RFC 4180, section 2, with any line end.
type record struct {
	line  int // where it begins
	cells []string
	bad   []RowError // broken quoting
}

// blank says that every cell is empty.
func (r record) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// maxCell bounds one cell, bytes; maxCells one record.
const (
	maxCell  = 8 << 10
	maxCells = 64
)

// scanner cuts text into records. It goes on after broken quoting, since one
// bad row must not hide the others.
type scanner struct {
	text  string
	pos   int
	line  int
	comma byte
}

// next gives the next record; false at the end. A *FileError when the rest of
// the text cannot be trusted: a quote that is never closed.
func (s *scanner) next() (record, bool, *FileError) {
	if s.pos >= len(s.text) {
		return record{}, false, nil
	}
	r := record{line: s.line}
	for {
		cell, end, err := s.cell(&r)
		if err != nil {
			return record{}, false, err
		}
		if len(r.cells) < maxCells {
			r.cells = append(r.cells, cell)
		} else if len(r.bad) == 0 {
			r.fault(maxCells, "row.too-many-cells", "单元格过多", "there are too many cells")
		}
		if end {
			return r, true, nil
		}
	}
}

func (r *record) fault(column int, code, zh, en string) {
	r.bad = append(r.bad, RowError{Line: r.line, Column: column, Code: code, Zh: zh, En: en})
}

// cell reads one cell and the separator after it; end says that it was the
// last one of the record.
func (s *scanner) cell(r *record) (cell string, end bool, err *FileError) {
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		cell, err = s.quoted(r)
		if err != nil {
			return "", false, err
		}
		if rest := s.plain(); rest != "" {
			r.fault(len(r.cells)+1, "row.quote", "引号之后还有文字", "there is text after the closing quote")
		}
	} else {
		cell = s.plain()
		if strings.IndexByte(cell, '"') >= 0 {
			r.fault(len(r.cells)+1, "row.quote", "单元格中间有引号；含引号的单元格须整体加引号", "a quote stands inside an unquoted cell")
		}
	}
	if len(cell) > maxCell {
		r.fault(len(r.cells)+1, "row.too-long", "单元格过长", "the cell is too long")
		cell = ""
	}
	return cell, s.separator(), nil
}

// plain reads up to the next separator or line end.
func (s *scanner) plain() string {
	from := s.pos
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; c == s.comma || c == '\n' || c == '\r' {
			break
		}
		s.pos++
	}
	return s.text[from:s.pos]
}

// quoted reads a quoted cell; the opening quote is next.
func (s *scanner) quoted(r *record) (string, *FileError) {
	from, column := s.line, len(r.cells)+1
	s.pos++
	var b strings.Builder
	for s.pos < len(s.text) && b.Len() <= maxCell {
		switch c := s.text[s.pos]; c {
		case '"':
			s.pos++
			if s.pos >= len(s.text) || s.text[s.pos] != '"' {
				return b.String(), nil
			}
			b.WriteByte('"')
			s.pos++
		case '\n', '\r':
			b.WriteByte('\n')
			s.newline()
		default:
			_, n := utf8.DecodeRuneInString(s.text[s.pos:])
			b.WriteString(s.text[s.pos : s.pos+n])
			s.pos += n
		}
	}
	return "", &FileError{Line: from, Column: column, Code: "list.quote-open",
		Zh: "此处的引号没有配对（或单元格过长），其后的内容无法判断", En: "the quote opened here is never closed, or the cell is too long; what follows cannot be told apart"}
}

// separator takes what follows a cell; true at the end of the record.
func (s *scanner) separator() bool {
	if s.pos >= len(s.text) {
		return true
	}
	if s.text[s.pos] == s.comma {
		s.pos++
		return false
	}
	s.newline()
	return true
}

// newline takes CR LF, LF or CR.
func (s *scanner) newline() {
	if s.text[s.pos] == '\r' && s.pos+1 < len(s.text) && s.text[s.pos+1] == '\n' {
		s.pos++
	}
	s.pos++
	s.line++
}
