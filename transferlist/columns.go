package transferlist

import (
	"fmt"
	"strings"
)

// column is what a heading means.
type column int

const (
	colSequence column = iota
	colNumber
	colTitle
	colIssuer
	colKind
	colDocument
	colCopy
	colClass
	colPeriod
	colMark
	colExtent
	colCount
	colSerial
	colKeeper
	colReturn
	colRemark
	colDated
	colMade
	colScope
	colPlace
	columnCount
)

// headings are the names the forms use, and what registry offices write for
// them.
var headings = map[column][]string{
	colSequence: {"序号", "行号"},
	colNumber:   {"载体编号", "编号", "保密编号", "载体条码", "条码"},
	colTitle:    {"文件资料名称", "文件资料名称或标题", "文件标题", "文件名称", "资料名称", "载体名称", "标题", "题名", "名称"},
	colIssuer:   {"制发单位", "制作发文单位", "制发机关", "发文机关", "发文单位", "来文机关", "来文单位"},
	colKind:     {"载体类别", "载体类型", "介质类型", "类别"},
	colDocument: {"文号或编号", "文号", "发文字号", "来文字号", "文件字号"},
	colCopy:     {"份号"},
	colClass:    {"密级", "涉密级别", "载体密级"},
	colPeriod:   {"保密期限", "期限"},
	colMark:     {"密级和保密期限", "密级及保密期限", "密级★保密期限", "密级★期限", "国家秘密标志"},
	colExtent:   {"页数或容量", "页数/容量", "页数、容量", "页数", "容量"},
	colCount:    {"份数或数量", "份数/数量", "份数、数量", "份数", "数量"},
	colSerial:   {"序列号", "产品序列号", "硬件序列号", "出厂序列号"},
	colKeeper:   {"保管人", "责任人"},
	colReturn:   {"须清退", "是否清退", "是否须清退", "清退"},
	colRemark:   {"备注", "说明"},
	colDated:    {"成文日期", "成文时间", "形成时间", "形成日期"},
	colMade:     {"印制份数", "印数", "印制总份数", "印刷份数", "制作份数"},
	colScope:    {"知悉范围", "接触范围", "控制范围"},
	colPlace:    {"存放地点", "存放位置", "放置地点"},
}

// ambiguous are headings of the forms that mean one thing on a register of
// documents and another on one of media: the unit has to say which.
var ambiguous = map[string]reason{
	"使用范围": {"heading.ambiguous", "“使用范围”可能指知悉范围，也可能指介质的使用范围；前者请改为“知悉范围”，后者请移入“备注”",
		"使用范围 may be the circle of persons or where a medium may be used; call it 知悉范围, or move it to 备注"},
	"日期": {"heading.ambiguous", "“日期”不明确；文件的日期请改为“成文日期”，其他日期请移入“备注”", "日期 is ambiguous; call the document's date 成文日期, or move it to 备注"},
}

var columnOf = func() map[string]column {
	m := map[string]column{}
	for c, names := range headings {
		for _, n := range names {
			m[n] = c
		}
	}
	return m
}()

// fold takes from a heading what spreadsheets add to it: spaces, line breaks,
// a required-field star, full-width brackets' contents that name a unit.
func fold(heading string) string {
	h := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u3000', '\u00a0', '\t', '\n', '\r', '\ufeff':
			return -1
		case '／':
			return '/'
		}
		return r
	}, heading)
	h = strings.Trim(h, "*＊:：")
	if i := strings.IndexAny(h, "（("); i > 0 && strings.HasSuffix(strings.ReplaceAll(h, ")", "）"), "）") {
		h = h[:i]
	}
	return h
}

// layout is where the columns are in this file; -1 = not there.
type layout struct {
	at       [columnCount]int
	headings []string
}

func (l layout) has(c column) bool { return l.at[c] >= 0 }

// isHeading says that a record names enough columns to be the heading.
func isHeading(r record) bool {
	known := 0
	for _, c := range r.cells {
		if _, ok := columnOf[fold(c)]; ok {
			known++
		}
	}
	return known >= 3
}

// readHeading maps the columns. Unknown, double and lacking ones are errors of
// the file: guessing would put values where they do not belong.
func readHeading(r record) (layout, []RowError) {
	l := layout{headings: r.cells}
	for i := range l.at {
		l.at[i] = -1
	}
	errs := r.bad
	add := func(i int, heading, code, zh, en string) {
		errs = append(errs, RowError{Line: r.line, Column: i + 1, Heading: heading, Code: code, Zh: zh, En: en})
	}
	last := len(r.cells) // empty headings at the end belong to no column
	for last > 0 && fold(r.cells[last-1]) == "" {
		last--
	}
	l.headings = r.cells[:last]
	for i, h := range l.headings {
		c, ok := columnOf[fold(h)]
		switch {
		case fold(h) == "":
			add(i, h, "heading.empty", "表头为空", "the heading is empty")
		case ambiguous[fold(h)].code != "":
			why := ambiguous[fold(h)]
			add(i, h, why.code, why.zh, why.en)
		case !ok:
			add(i, h, "heading.unknown", "不认识的表头："+clip(h), "unknown heading: "+clip(h))
		case l.has(c):
			add(i, h, "heading.double", fmt.Sprintf("表头“%s”与“%s”重复", clip(h), clip(r.cells[l.at[c]])), fmt.Sprintf("heading %s means the same as %s", clip(h), clip(r.cells[l.at[c]])))
		default:
			l.at[c] = i
		}
	}
	return l, append(errs, l.lacking(r.line)...)
}

// lacking reports the columns without which a carrier cannot be registered.
func (l layout) lacking(line int) []RowError {
	var errs []RowError
	add := func(code, zh, en string) { errs = append(errs, RowError{Line: line, Code: code, Zh: zh, En: en}) }
	for _, need := range []struct {
		c  column
		en string
	}{{colNumber, "carrier number"}, {colTitle, "title"}, {colKind, "carrier kind"}, {colExtent, "pages or capacity"}, {colCount, "count"}} {
		if !l.has(need.c) {
			add("heading.lacking", "缺少表头："+headings[need.c][0], "heading lacking: "+need.en)
		}
	}
	switch {
	case l.has(colMark) && (l.has(colClass) || l.has(colPeriod)):
		add("heading.double", "“密级和保密期限”与“密级”“保密期限”不得同时出现", "classification stands in two columns")
	case !l.has(colMark) && !l.has(colClass):
		add("heading.lacking", "缺少表头：密级", "heading lacking: classification")
	}
	return errs
}
