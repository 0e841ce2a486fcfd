package transferlist_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/custody"
	"sexton/transferlist"
	"sexton/transferlist/transferlisttest"
)

// words draws what stands in cells: common and rare Han, what spreadsheets
// evaluate, and what CSV quotes.
func words(most int) *rapid.Generator[string] {
	sign := rapid.SampledFrom([]string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "''", "\"", ",", ";", "，", " ", "　", "|", "%", "1", "a", "cmd|' /C calc'!A0", "\\.", "演", "练", "关于", "〔2026〕", "㛃", "䶮", "𬭎", "é", "·", "★", "——", "无"})
	return rapid.Map(rapid.SliceOfN(sign, 1, most), func(s []string) string { return strings.Join(s, "") })
}

// drawRow draws one row as Parse gives it.
func drawRow(t *rapid.T, i int) transferlist.Row {
	k := rapid.SampledFrom(custody.CarrierKinds()).Draw(t, "kind")
	c := rapid.SampledFrom(custody.Classifications()).Draw(t, "classification")
	maybe := func(name string) string {
		return rapid.OneOf(rapid.Just(""), words(5)).Draw(t, name)
	}
	r := transferlist.Row{Number: fmt.Sprintf("演-%d", i), Title: "甲" + words(8).Draw(t, "title"), Issuer: maybe("issuer"), Kind: k.Word, Medium: k.Medium, Document: maybe("document"),
		Classification: c.Word, Extent: custody.Extent{Value: rapid.Int64Range(1, 10_000).Draw(t, "extent"), Unit: k.Unit}, Count: rapid.Int64Range(1, 3).Draw(t, "count"),
		Keeper: maybe("keeper"), MustReturn: rapid.Bool().Draw(t, "return"), Remark: maybe("remark"), Scope: maybe("scope"), Place: maybe("place")}
	if rapid.Bool().Draw(t, "bare title") {
		r.Title = words(8).Draw(t, "title")
	}
	if k.Unit == "byte" {
		r.Extent.Value = rapid.Int64Range(1, 200e9).Draw(t, "bytes")
		r.Serial = maybe("serial") + fmt.Sprint("SN", i)
	}
	if c.Secret {
		r.Period = rapid.SampledFrom([]string{"", "1年", "10年", "6个月", "长期", "2030年12月31日", "会议开始前"}).Draw(t, "period")
	}
	if rapid.Bool().Draw(t, "dated") {
		r.Dated = rapid.SampledFrom([]string{"2026-03-05", "2025-12-31", "2024-02-29"}).Draw(t, "day")
	}
	if rapid.Bool().Draw(t, "numbered") {
		r.Copy, r.Count, r.Made = fmt.Sprintf("%06d", i+1), 1, 1000
	}
	return r
}

func canonical(rows []transferlist.Row) []transferlist.Row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Line = 0
	}
	return rows
}

// TestWhatIsWrittenIsRead: in every encoding, and no cell is left that a
// spreadsheet would evaluate; encoding/csv judges what the cells are.
func TestWhatIsWrittenIsRead(t *testing.T) {
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		var drawn []transferlist.Row
		for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
			drawn = append(drawn, drawRow(t, i))
		}
		// Check gives what Parse would have given; what it refuses is not written.
		rows, _ := transferlist.Check(drawn, transferlist.Options{})
		if len(rows) == 0 {
			return
		}
		kept += len(rows)
		o := transferlist.WriteOptions{Encoding: rapid.SampledFrom([]string{"", "utf-8", "utf-8-bom", "gb18030"}).Draw(t, "encoding"),
			Title: rapid.SampledFrom([]string{"", "载体清单（演练）"}).Draw(t, "title"), Number: rapid.SampledFrom([]string{"", "演移〔2026〕3号"}).Draw(t, "number")}
		var b bytes.Buffer
		if err := transferlist.Write(&b, rows, o); err != nil {
			t.Fatalf("%v: %+v", err, rows)
		}
		l, errs, err := transferlist.Parse(bytes.NewReader(b.Bytes()), transferlist.Options{})
		if err != nil || len(errs) > 0 || l.Title != strings.TrimSpace(o.Title+" "+map[bool]string{true: "编号：" + o.Number}[o.Number != ""]) || l.Number != o.Number {
			t.Fatalf("%v, %v, title %q, number %q\n%s", err, errs, l.Title, l.Number, b.Bytes())
		}
		if !reflect.DeepEqual(canonical(l.Rows), canonical(rows)) {
			t.Fatalf("read    %+v\nwritten %+v", l.Rows, rows)
		}
		if o.Encoding != "gb18030" {
			harmless(t, b.Bytes())
		}
	})
	if kept == 0 {
		t.Error("nothing was written")
	}
}

// harmless demands that no cell begins like a formula.
func harmless(t interface{ Fatalf(string, ...any) }, data []byte) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, record := range records {
		for _, cell := range record {
			s := strings.TrimSpace(cell)
			if s != "-" && s != "－" && strings.IndexAny(s, "=+-@") == 0 {
				t.Fatalf("a spreadsheet would evaluate %q", cell)
			}
		}
	}
}

func TestWrittenList(t *testing.T) {
	l, errs, err := parse(t, []byte(wide+"\n演-1,甲（演练）,云泽海关,纸介质,云关演〔2026〕1号,000003,机密★10年,3,1份,2026年3月5日,120份,局领导,B 区\n演-2,'=1+1,,光盘,,,内部,4.7GB,2,,,,\n"))
	if err != nil || len(errs) > 0 {
		t.Fatal(errs, err)
	}
	if l.Rows[1].Title != "=1+1" {
		t.Errorf("the apostrophe stayed: %q", l.Rows[1].Title)
	}
	var b bytes.Buffer
	if err := transferlist.Write(&b, l.Rows, transferlist.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFF序号,载体编号,文件资料名称,制发单位,载体类别,文号或编号,份号,密级和保密期限,页数或容量,份数或数量,成文日期,印制份数,知悉范围,序列号,保管人,存放地点,须清退,备注\r\n" +
		"1,演-1,甲（演练）,云泽海关,纸介质,云关演〔2026〕1号,000003,机密★10年,3页,1,2026-03-05,120,局领导,,,B 区,否,\r\n" +
		"2,演-2,'=1+1,,光盘,,,内部,4.7GB,2,,,,,,,否,\r\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestWhatCannotBeWritten: nothing is written, and each fault is named.
func TestWhatCannotBeWritten(t *testing.T) {
	good := transferlist.Row{Number: "演-1", Title: "甲", Kind: "paper", Medium: "paper", Classification: "secret", Period: "10年", Extent: custody.Extent{Value: 3, Unit: "page"}, Count: 1}
	for name, c := range map[string]struct {
		spoil func(*transferlist.Row)
		want  string
	}{
		"line break":        {func(r *transferlist.Row) { r.Title = "甲\n乙" }, "文件资料名称 cell.line-break"},
		"outer space":       {func(r *transferlist.Row) { r.Title = "甲 " }, "文件资料名称 row.not-canonical"},
		"not NFC":           {func(r *transferlist.Row) { r.Remark = "cafe\u0301" }, "备注 row.not-canonical"},
		"stands for empty":  {func(r *transferlist.Row) { r.Keeper = "无" }, "保管人 row.not-canonical"},
		"bidi":              {func(r *transferlist.Row) { r.Scope = "局\u202e领导" }, "知悉范围 cell.invisible"},
		"no number":         {func(r *transferlist.Row) { r.Number = "" }, "载体编号 number.lacking"},
		"formula in number": {func(r *transferlist.Row) { r.Number = "-1" }, "载体编号 cell.formula"},
		"unknown kind":      {func(r *transferlist.Row) { r.Kind = "stone" }, "载体类别 kind.unknown"},
		"other medium":      {func(r *transferlist.Row) { r.Medium = "flash" }, "载体类别 row.not-canonical"},
		"unknown level":     {func(r *transferlist.Row) { r.Classification, r.Period = "cosmic", "" }, "密级和保密期限 mark.unknown"},
		"period too long":   {func(r *transferlist.Row) { r.Period = "21年" }, "密级和保密期限 period.too-long"},
		"period on 内部":      {func(r *transferlist.Row) { r.Classification = "internal" }, "密级和保密期限 mark.star-forbidden"},
		"wrong unit":        {func(r *transferlist.Row) { r.Kind, r.Medium = "disc", "optical" }, "页数或容量 extent.unit"},
		"date in words":     {func(r *transferlist.Row) { r.Dated = "2026年3月5日" }, "成文日期 row.not-canonical"},
		"no such day":       {func(r *transferlist.Row) { r.Dated = "2026-02-30" }, "成文日期 date.impossible"},
		"made below zero":   {func(r *transferlist.Row) { r.Made = -1 }, "印制份数 made.impossible"},
	} {
		r := good
		c.spoil(&r)
		var b bytes.Buffer
		err := transferlist.Write(&b, []transferlist.Row{good, r}, transferlist.WriteOptions{})
		var we *transferlist.WriteError
		if !errors.As(err, &we) || b.Len() != 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
			continue
		}
		if got := we.Rows[0].Heading + " " + we.Rows[0].Code; got != c.want || we.Rows[0].Line != 2 || len(we.Rows) != 1 || we.Error() == "" {
			t.Errorf("%s: %s, want %s (%v)", name, got, c.want, we.Rows)
		}
	}
	for name, o := range map[string]transferlist.WriteOptions{"encoding": {Encoding: "latin1"}, "title": {Title: "甲\n乙"}, "formula in title": {Title: "=1"}, "number": {Number: "甲 "}} {
		var b bytes.Buffer
		if err := transferlist.Write(&b, []transferlist.Row{good}, o); err == nil || b.Len() != 0 {
			t.Errorf("%s: written", name)
		}
	}
}

// TestCheck: rows from elsewhere are judged as a list's, against each other
// too, and named as the caller names them.
func TestCheck(t *testing.T) {
	row := func(line int, number, copy string) transferlist.Row {
		return transferlist.Row{Line: line, Number: number, Title: " cafe\u0301 ", Kind: "paper", Medium: "paper", Classification: "secret", Document: "云关演〔2026〕1号", Copy: copy, Made: 2, Extent: custody.Extent{Value: 3, Unit: "page"}, Count: 1}
	}
	rows, errs := transferlist.Check([]transferlist.Row{row(4, "演-1", "000001"), row(6, "演-2", "000001"), row(9, "演-2", "000003")}, transferlist.Options{PlaceZh: "事件 %d", PlaceEn: "event %d"})
	var got []string
	for _, e := range errs {
		got = append(got, fmt.Sprintf("%d/%s/%s/%d/%s", e.Line, e.Heading, e.Code, e.Column, e.Zh))
	}
	want := []string{"6/份号/row.twice/0/文号和份号与事件 4重复", "9/载体编号/row.twice/0/载体编号与事件 6重复", "9/份号/copy.beyond-made/0/份号 000003 超出印制份数 2", "9/份数或数量/count.beyond-made/0/本清单中该文件已有 3 份，超出印制份数 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(rows) != 1 || rows[0].Title != "caf\u00e9" || rows[0].Line != 4 {
		t.Errorf("%+v", rows)
	}
}

func TestWriteTable(t *testing.T) {
	var b bytes.Buffer
	if err := transferlist.WriteTable(&b, [][]string{{"差额", "说明"}, {"-5", "=HYPERLINK(\"x\")"}, {"-1.50", "\t=1"}, {"--1", "+86"}, {"-", "''=1"}}, "utf-8"); err != nil {
		t.Fatal(err)
	}
	if want := "差额,说明\r\n-5,\"'=HYPERLINK(\"\"x\"\")\"\r\n-1.50,'\t=1\r\n'--1,'+86\r\n-,'''=1\r\n"; b.String() != want {
		t.Errorf("%q\n%q", b.String(), want)
	}
	b.Reset()
	if err := transferlist.WriteTable(&b, [][]string{{"保密局", "\xff"}}, "gb18030"); err == nil || b.Len() != 0 {
		t.Error("bytes that are no text were written")
	}
}

// TestSampleSurvives: the invented sheet is written and read in both
// encodings.
func TestSampleSurvives(t *testing.T) {
	l, errs, err := parse(t, transferlisttest.Sheet(transferlisttest.Rows(2000, 11)))
	if err != nil || len(errs) > 0 {
		t.Fatal(errs, err)
	}
	for _, encoding := range []string{"utf-8-bom", "gb18030"} {
		var b bytes.Buffer
		if err := transferlist.Write(&b, l.Rows, transferlist.WriteOptions{Encoding: encoding}); err != nil {
			t.Fatal(err)
		}
		got, errs, err := parse(t, b.Bytes())
		if err != nil || len(errs) > 0 || got.Encoding != encoding || !reflect.DeepEqual(canonical(got.Rows), canonical(l.Rows)) {
			t.Errorf("%s: %v, %v", encoding, errs, err)
		}
	}
}
