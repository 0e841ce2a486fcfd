package transferlist

import (
	"fmt"

	"sexton/custody"
)

// Options bound the work. Zero values take the defaults.
type Options struct {
	MaxBytes  int64 // of the file, default 32 MiB
	MaxRows   int   // default 200,000
	MaxErrors int   // reported, default 1000; more are counted only

	// PlaceZh and PlaceEn name another row in a message, with its Line as %d;
	// default 第 %d 行 and line %d.
	PlaceZh, PlaceEn string
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 32 << 20
	}
	if o.MaxRows <= 0 {
		o.MaxRows = 200_000
	}
	if o.MaxErrors <= 0 {
		o.MaxErrors = 1000
	}
	if o.PlaceZh == "" || o.PlaceEn == "" {
		o.PlaceZh, o.PlaceEn = "第 %d 行", "line %d"
	}
	return o
}

// List is one parsed transfer list.
type List struct {
	Encoding string   // "utf-8", "utf-8-bom" or "gb18030"
	SHA256   string   // of the file's bytes, lower hex
	Number   string   // of the sheet, from a line above the heading (编号：X); "" = none
	Title    string   // lines above the heading, joined by a space; "" = none
	Headings []string // as in the file
	Rows     []Row    // good rows only, in the order of the file
	Total    int      // data rows in the file, good or bad
	Bad      int      // rows with at least one error
	Errors   int      // all errors found, also those beyond MaxErrors
}

// Row is one good row: one carrier.
type Row struct {
	Line           int    // in the file, from 1, where the row begins
	Number         string // the unit's carrier number
	Title          string
	Issuer         string // 制发单位
	Kind           string // wire word of custody.CarrierKinds
	Medium         string // wire word
	Document       string // 文号
	Copy           string // 份号, six digits or empty
	Classification string // wire word
	Period         string // after the star: "10年", "6个月", "长期", a date or a condition; "" = none marked
	Extent         custody.Extent
	Count          int64
	Serial         string // 序列号
	Keeper         string // 保管人
	MustReturn     bool   // 须清退
	Remark         string
	Dated          string // 成文日期, YYYY-MM-DD; "" = not given
	Made           int64  // 印制份数: how many copies of the document were printed; 0 = not given
	Scope          string // 知悉范围
	Place          string // 存放地点
}

// Mark is the row's mark as printed: "机密★10年", "秘密★", "内部".
func (r Row) Mark() string {
	c, ok := custody.ClassificationOf(r.Classification)
	if !ok || !c.Secret {
		return c.Zh
	}
	return c.Zh + custody.Star + r.Period
}

// RowError is one reason why a row is bad.
type RowError struct {
	Line    int    // from 1, as an editor counts
	Column  int    // from 1; 0 = the row as a whole
	Heading string // as in the file; "" = the row as a whole
	Code    string // stable
	Zh      string
	En      string
}

func (e RowError) Error() string {
	return fmt.Sprintf("line %d, column %d (%s): %s", e.Line, e.Column, e.Heading, e.En)
}

// FileError says why the file as a whole cannot be read.
type FileError struct {
	Line   int // 0 = no line in particular
	Column int
	Code   string
	Zh     string
	En     string
}

func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.En)
	}
	return e.En
}

func fileError(line int, code, zh, en string) *FileError {
	return &FileError{Line: line, Code: code, Zh: zh, En: en}
}
