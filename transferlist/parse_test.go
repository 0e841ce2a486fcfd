package transferlist_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/custody"
	"sexton/transferlist"
	"sexton/transferlist/transferlisttest"
)

var update = flag.Bool("update", false, "write the samples in testdata/transfer-lists")

var samples = filepath.Join("..", "testdata", "transfer-lists")

const seed = 20261123

func parse(t testing.TB, data []byte) (transferlist.List, []transferlist.RowError, error) {
	t.Helper()
	return transferlist.Parse(bytes.NewReader(data), transferlist.Options{})
}

// spoiled is the sample of bad rows: fourteen rows, two of them good.
func spoiled() []byte {
	rows := transferlisttest.Rows(14, seed+1)
	rows[1][transferlisttest.Number] = rows[0][transferlisttest.Number]
	rows[2][transferlisttest.Mark] = "内部★5年"
	rows[3][transferlisttest.Extent] = "900TB"
	rows[4][transferlisttest.Extent] = "0页"
	rows[5][transferlisttest.Mark] = "秘密★20年"
	rows[6][transferlisttest.Title] = "=cmd|' /C calc'!A0"
	rows[7][transferlisttest.Mark] = "机密*10年"
	rows[8][transferlisttest.Copy] = "12"
	rows[9][transferlisttest.Count] = "-1"
	rows[10][transferlisttest.Kind] = "录音笔"
	rows[11][transferlisttest.Title] = "关于做好档案移交的\n通知（演练）"
	rows[12][transferlisttest.Sequence] = "15"
	rows[13][transferlisttest.Sequence] = "16"
	return transferlisttest.WithBOM(transferlisttest.Plain(rows))
}

// TestSamples keeps the samples equal to their generator.
func TestSamples(t *testing.T) {
	sheet := transferlisttest.Sheet(transferlisttest.Rows(50, seed))
	gb, err := transferlisttest.GB18030(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		"transfer-list-utf8.csv": sheet, "transfer-list-utf8-bom.csv": transferlisttest.WithBOM(sheet),
		"transfer-list-gb18030.csv": gb, "transfer-list-bad-rows.csv": spoiled(),
	} {
		file := filepath.Join(samples, name)
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from its generator; run with -update", name)
		}
	}
}

func readSample(t *testing.T, name string) (transferlist.List, []transferlist.RowError) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	l, errs, err := parse(t, data)
	if err != nil {
		t.Fatal(err)
	}
	return l, errs
}

func TestThreeEncodingsOneList(t *testing.T) {
	want, errs := readSample(t, "transfer-list-utf8.csv")
	if len(errs) != 0 || len(want.Rows) != 50 || want.Total != 50 || want.Encoding != "utf-8" {
		t.Fatalf("%d rows, %v", len(want.Rows), errs)
	}
	for name, encoding := range map[string]string{"transfer-list-utf8-bom.csv": "utf-8-bom", "transfer-list-gb18030.csv": "gb18030"} {
		got, errs := readSample(t, name)
		if len(errs) != 0 || got.Encoding != encoding || got.SHA256 == want.SHA256 {
			t.Errorf("%s: %s, %v", name, got.Encoding, errs)
		}
		if !reflect.DeepEqual(got.Rows, want.Rows) {
			t.Errorf("%s: other rows", name)
		}
	}
	kinds, levels := map[string]int{}, map[string]int{}
	for _, r := range want.Rows {
		kinds[r.Kind]++
		levels[r.Classification]++
		if !strings.HasSuffix(r.Title, "（演练）") || !strings.Contains(r.Number, "演") {
			t.Errorf("row %d is not marked as invented: %s %s", r.Line, r.Number, r.Title)
		}
		k, _ := custody.KindOf(r.Kind)
		if r.Medium != k.Medium || r.Extent.Unit != k.Unit || r.Extent.Value < 1 || r.Count != 1 || r.Keeper == "" {
			t.Errorf("row %d: %+v", r.Line, r)
		}
		if r.Medium != "paper" && r.Serial == "" {
			t.Errorf("row %d: a medium without serial number", r.Line)
		}
	}
	for _, k := range []string{"paper", "disc", "usb-key", "portable-hdd", "hdd", "ssd", "tape"} {
		if kinds[k] == 0 {
			t.Errorf("the sample has no %s: %v", k, kinds)
		}
	}
	for _, l := range []string{"top-secret", "secret", "confidential", "internal"} {
		if levels[l] == 0 {
			t.Errorf("the sample has nothing %s: %v", l, levels)
		}
	}
	if want.Number != "演移〔2026〕3号" || !strings.Contains(want.Title, "移交清单") {
		t.Errorf("sheet %q, %q", want.Number, want.Title)
	}
	first := want.Rows[0]
	if first.Line != 4 || !strings.HasPrefix(first.Document, "云") || first.Mark() == "" {
		t.Errorf("%+v", first)
	}
	t.Logf("kinds %v, levels %v", kinds, levels)
}

func TestBadRowsAreNamed(t *testing.T) {
	l, errs := readSample(t, "transfer-list-bad-rows.csv")
	got := map[string]string{}
	for _, e := range errs {
		if e.Zh == "" || e.En == "" || e.Line < 2 {
			t.Errorf("%+v", e)
		}
		got[fmt.Sprintf("%d/%s", e.Line, e.Heading)] = e.Code
	}
	want := map[string]string{
		"3/载体编号": "row.twice", "4/密级和保密期限": "mark.star-forbidden", "5/页数或容量": "extent.impossible", "6/页数或容量": "extent.impossible",
		"7/密级和保密期限": "period.too-long", "8/文件资料名称": "cell.formula", "9/密级和保密期限": "mark.star", "10/份号": "copy.malformed",
		"11/份数或数量": "count.impossible", "12/载体类别": "kind.unknown", "13/文件资料名称": "cell.line-break", "15/序号": "sequence.gap",
	}
	// Row 12 has a line break in a cell, so the editor's line 15 is row 13.
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if l.Total != 14 || l.Bad != 12 || len(l.Rows) != 2 || l.Errors != len(errs) {
		t.Errorf("total %d, bad %d, good %d", l.Total, l.Bad, len(l.Rows))
	}
}

const heading = "序号,载体编号,文件资料名称,载体类别,密级和保密期限,页数或容量,份数或数量"

// one parses a list of one row, given by its cells after the number of row.
func one(t *testing.T, cells string) (transferlist.Row, []string) {
	t.Helper()
	l, errs, err := parse(t, []byte(heading+"\n1,"+cells+"\n"))
	if err != nil {
		t.Fatalf("%s: %v", cells, err)
	}
	var codes []string
	for _, e := range errs {
		codes = append(codes, e.Code)
	}
	if len(l.Rows) == 1 {
		return l.Rows[0], codes
	}
	return transferlist.Row{}, codes
}

func TestMarks(t *testing.T) {
	for mark, want := range map[string]string{
		"绝密★30年": "top-secret 30年", "机密★20年": "secret 20年", "秘密★1年": "confidential 1年", "机密★6个月": "secret 6个月",
		"绝密★长期": "top-secret 长期", "机密★2027年12月31日": "secret 2027年12月31日", "机密★会议开始前": "secret 会议开始前", "秘密★": "confidential ", "秘密": "confidential ",
		"内部": "internal ", "工作秘密": "work-secret ", "公开": "public ", " 机密★10年 ": "secret 10年",
		"内部★5年": "!mark.star-forbidden", "工作秘密★": "!mark.star-forbidden", "机密☆10年": "!mark.star", "机密*10年": "!mark.star", "机密★★10年": "!mark.star",
		"机密10年": "!mark.unknown", "绝密级★10年": "!mark.unknown", "top secret": "!mark.unknown", "": "!mark.lacking", "★10年": "!mark.lacking",
		"机密★21年": "!period.too-long", "秘密★11年": "!period.too-long", "绝密★31年": "!period.too-long", "机密★0年": "!period.malformed", "机密★12个月": "!period.malformed",
		"机密★010年": "!period.malformed", "机密★１０年": "!period.malformed", "机密★十年": "!period.malformed", "机密★10": "!period.malformed", "机密★-5年": "!period.malformed",
		"机密★2027年02月31日": "!period.malformed", "机密★2027年2月30日": "!period.malformed", "机密★1.5年": "!period.malformed", "机密★99999999999999999999年": "!period.malformed",
	} {
		row, codes := one(t, "演-1,标题（演练）,纸介质,"+mark+",3,1")
		got := row.Classification + " " + row.Period
		if len(codes) > 0 {
			got = "!" + strings.Join(codes, " ")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", mark, got, want)
		}
	}
}

func TestExtents(t *testing.T) {
	for cell, want := range map[string]string{
		"纸介质,12页": "12 page", "纸介质,12": "12 page", "纸介质,10000": "10000 page", "底片,3张": "3 page", "光盘,4.7GB": "4700000000 byte", "U盘,32 GB": "32000000000 byte",
		"移动硬盘,2TB": "2000000000000 byte", "磁带,1.5T": "1500000000000 byte", "光盘,700mb": "700000000 byte", "存储卡,512字节": "512 byte",
		"纸介质,0": "!extent.impossible", "纸介质,-3": "!extent.impossible", "纸介质,1.5": "!extent.impossible", "纸介质,10001": "!extent.impossible", "纸介质,": "!extent.impossible",
		"纸介质,3MB": "!extent.unit", "光盘,12页": "!extent.unit", "光盘,12": "!extent.impossible", "光盘,1TB": "!extent.impossible", "U盘,0GB": "!extent.impossible",
		"U盘,32GBB": "!extent.impossible", "U盘,3e3GB": "!extent.impossible", "U盘,1/2GB": "!extent.impossible", "U盘,.5GB": "!extent.impossible", "U盘,0.0000001KB": "!extent.impossible",
		"U盘,GB": "!extent.impossible", "U盘,99999999999999999999GB": "!extent.impossible", "纸介质,１２": "!extent.impossible",
	} {
		kind, value, _ := strings.Cut(cell, ",")
		row, codes := one(t, "演-1,标题（演练）,"+kind+",内部,"+value+",1")
		got := fmt.Sprint(row.Extent.Value, " ", row.Extent.Unit)
		if len(codes) > 0 {
			got = "!" + strings.Join(codes, " ")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", cell, got, want)
		}
	}
}

func TestCells(t *testing.T) {
	long := strings.Repeat("长", 201)
	for cells, want := range map[string]string{
		"演-1,标题,纸介质,内部,3,1份": "", "演-1,\"标题,带逗号\"\"引号\"\"\",纸介质,内部,3,1": "",
		",标题,纸介质,内部,3,1": "number.lacking", "演 1,标题,纸介质,内部,3,1": "number.malformed", "演-1'--,标题,纸介质,内部,3,1": "number.malformed", "=1+1,标题,纸介质,内部,3,1": "cell.formula",
		"演-1,,纸介质,内部,3,1": "title.lacking", "演-1," + long + ",纸介质,内部,3,1": "cell.too-long", "演-1,@SUM(A1),纸介质,内部,3,1": "cell.formula", "演-1,＋标题,纸介质,内部,3,1": "cell.formula",
		"演-1,标\x00题,纸介质,内部,3,1": "cell.nul", "演-1,标\x1b[2J题,纸介质,内部,3,1": "cell.invisible", "演-1,标\u202e题,纸介质,内部,3,1": "cell.invisible", "演-1,标\u200b题,纸介质,内部,3,1": "cell.invisible",
		"演-1,\"标\n题\",纸介质,内部,3,1": "cell.line-break", "演-1,标题,,内部,3,1": "kind.lacking", "演-1,标题,手机,内部,3,1": "kind.unknown",
		"演-1,标题,纸介质,内部,3,0": "count.impossible", "演-1,标题,纸介质,内部,3,": "count.impossible", "演-1,标题,纸介质,内部,3,10001": "count.impossible", "演-1,标题,纸介质,内部,3,1e3": "count.impossible",
		"演-1,标题,纸介质,内部,3,1,多": "row.too-many-cells", "演-1,标题,纸介质,内部,3": "count.impossible", "演-1,标\"题,纸介质,内部,3,1": "row.quote", "演-1,\"标题\"x,纸介质,内部,3,1": "row.quote",
	} {
		_, codes := one(t, cells)
		if got := strings.Join(codes, " "); got != want {
			t.Errorf("%q: %q, want %q", cells, got, want)
		}
	}
	row, _ := one(t, "演-1,\"标题,带逗号\"\"引号\"\"\",纸介质,内部,3,1")
	if row.Title != `标题,带逗号"引号"` {
		t.Errorf("%q", row.Title)
	}
	// Normalisation form C: the ledger takes no other.
	row, _ = one(t, "演-1,cafe\u0301,纸介质,内部,3,1")
	if row.Title != "caf\u00e9" {
		t.Errorf("%q", row.Title)
	}
}

func TestWholeFile(t *testing.T) {
	good := "1,演-1,标题（演练）,纸介质,秘密★10年,3,1\n"
	gb := func(s string) []byte {
		b, err := transferlisttest.GB18030([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":             {nil, "list.empty"},
		"blank":             {[]byte(" \n\n"), "list.empty"},
		"heading only":      {[]byte(heading + "\n"), "list.no-rows"},
		"no heading":        {[]byte("a,b,c\n1,2,3\n"), "list.no-heading"},
		"UTF-16":            {[]byte("\xff\xfea\x00,\x00"), "list.utf16"},
		"UTF-16 unmarked":   {[]byte("a\x00,\x00b\x00,\x00c\x00"), "list.utf16"},
		"spreadsheet":       {[]byte("PK\x03\x04\xff\xff"), "list.spreadsheet"},
		"neither encoding":  {append([]byte(heading+"\n"), 0xff, 0xff, 0x80, '\n'), "list.encoding"},
		"mixed encodings":   {append([]byte(heading+"\n"), gb(good)...), "list.mixed-encoding"},
		"mixed with BOM":    {append(append([]byte("\xEF\xBB\xBF"), heading...), gb("\n"+good)...), "list.mixed-encoding"},
		"open quote":        {[]byte(heading + "\n1,演-1,\"标题,纸介质,内部,3,1\n" + good), "list.quote-open"},
		"unknown heading":   {[]byte(heading + ",口令\n" + good), "heading.unknown"},
		"double heading":    {[]byte(heading + ",编号\n" + good), "heading.double"},
		"lacking heading":   {[]byte("载体编号,文件资料名称,载体类别,密级\n" + good), "heading.lacking"},
		"no classification": {[]byte("载体编号,文件资料名称,载体类别,页数,份数\n" + good), "heading.lacking"},
		"two marks":         {[]byte(heading + ",密级\n" + good), "heading.double"},
		"hole in heading":   {[]byte("载体编号,,文件资料名称,载体类别,密级,页数,份数\n" + good), "heading.empty"},
	} {
		_, _, err := parse(t, c.data)
		var fe *transferlist.FileError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if fe.Code != c.want || fe.Zh == "" || fe.En == "" {
			t.Errorf("%s: %s (%s), want %s", name, fe.Code, fe.En, c.want)
		}
	}
}

func TestTwoColumnsForTheMark(t *testing.T) {
	h := "载体编号,文件名称,载体类型,密级,保密期限,页数,份数\n"
	l, errs, err := parse(t, []byte(h+"演-1,标题,纸质,机密,10年,3,1\n演-2,标题,纸质,内部,—,3,1\n演-3,标题,纸质,内部,5年,3,1\n演-4,标题,纸质,机密★10年,10年,3,1\n"))
	if err != nil || len(l.Rows) != 2 || len(errs) != 2 {
		t.Fatalf("%+v, %v, %v", l.Rows, errs, err)
	}
	if l.Rows[0].Mark() != "机密★10年" || l.Rows[1].Mark() != "内部" || errs[0].Code != "period.forbidden" || errs[1].Code != "mark.twice" {
		t.Errorf("%+v, %v", l.Rows, errs)
	}
}

func TestWhatStandsTwice(t *testing.T) {
	h := "载体编号,标题,类别,文号,份号,密级,页数,份数,序列号\n"
	_, errs, err := parse(t, []byte(h+
		"演-1,甲,纸介质,云财演〔2026〕1号,000001,机密★10年,3,1,\n"+
		"演-2,甲,纸介质,云财演〔2026〕1号,000001,机密★10年,3,1,\n"+
		"演-3,甲,纸介质,云财演〔2026〕1号,000002,机密★10年,3,2,\n"+
		"演-4,盘,U盘,,,内部,8GB,1,SN1\n"+
		"演-5,盘,U盘,,,内部,8GB,1,SN1\n"))
	var got []string
	for _, e := range errs {
		got = append(got, fmt.Sprint(e.Line, e.Heading, e.Code))
	}
	if want := []string{"3份号row.twice", "4份数count.copies", "6序列号row.twice"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSumRowAndWhatFollows(t *testing.T) {
	rows := "1,演-1,甲（演练）,纸介质,内部,3,1\n2,演-2,乙（演练）,纸介质,内部,3,2\n"
	for name, c := range map[string]struct{ tail, want string }{
		"right sum":     {"合计,,,,,,3份\n填表说明：一式两份\n", ""},
		"no sum":        {"合计,,,,,,\n", ""},
		"wrong sum":     {"合计,,,,,,4\n", "total.differs"},
		"sum by kind":   {"合计,,,,,,\"纸介质 2 份，光盘 1 张\"\n", ""},
		"wrong by kind": {"合计,,,,,,\"纸介质 2 份，光盘 2 张\"\n", "total.differs"},
		"sum in words":  {"合计,,,,,,三份\n", "total.differs"},
		"row after":     {"合计,,,,,,3\n3,演-3,丙（演练）,纸介质,内部,3,1\n", "row.after-total"},
	} {
		l, errs, err := parse(t, []byte(heading+"\n"+rows+c.tail))
		got := ""
		if len(errs) > 0 {
			got = errs[0].Code
		}
		if err != nil || got != c.want || len(l.Rows) != 2 {
			t.Errorf("%s: %q, %v, %d rows", name, got, err, len(l.Rows))
		}
	}
}

func TestLineEndsAndTabs(t *testing.T) {
	want, _, err := parse(t, []byte(heading+"\n1,演-1,甲,纸介质,内部,3,1\n\n2,演-2,乙,纸介质,内部,3,1"))
	if err != nil || len(want.Rows) != 2 || want.Rows[1].Line != 4 {
		t.Fatalf("%+v, %v", want, err)
	}
	for name, text := range map[string]string{
		"CR LF": heading + "\r\n1,演-1,甲,纸介质,内部,3,1\r\n\r\n2,演-2,乙,纸介质,内部,3,1\r\n",
		"CR":    heading + "\r1,演-1,甲,纸介质,内部,3,1\r\r2,演-2,乙,纸介质,内部,3,1\r",
		"tabs":  strings.ReplaceAll(heading+"\n1,演-1,甲,纸介质,内部,3,1\n\n2,演-2,乙,纸介质,内部,3,1\n", ",", "\t"),
	} {
		got, errs, err := parse(t, []byte(text))
		if err != nil || len(errs) != 0 || !reflect.DeepEqual(got.Rows, want.Rows) {
			t.Errorf("%s: %+v, %v, %v", name, got.Rows, errs, err)
		}
	}
}

func TestBounds(t *testing.T) {
	data := transferlisttest.Plain(transferlisttest.Rows(100, 1))
	code := func(o transferlist.Options) string {
		_, _, err := transferlist.Parse(bytes.NewReader(data), o)
		var fe *transferlist.FileError
		if errors.As(err, &fe) {
			return fe.Code
		}
		return ""
	}
	if got := code(transferlist.Options{MaxBytes: int64(len(data)) - 1}); got != "list.too-large" {
		t.Errorf("one byte too large: %q", got)
	}
	if got := code(transferlist.Options{MaxBytes: int64(len(data))}); got != "" {
		t.Errorf("exactly as large as allowed: %q", got)
	}
	if got := code(transferlist.Options{MaxRows: 99}); got != "list.too-many-rows" {
		t.Errorf("one row too many: %q", got)
	}
	// A reader without end is read up to the limit only.
	if _, _, err := transferlist.Parse(endless{}, transferlist.Options{MaxBytes: 1000}); err == nil {
		t.Error("an endless list was read")
	}
	broken := bytes.ReplaceAll(data, []byte("纸介质"), []byte("石板"))
	l, errs, err := transferlist.Parse(bytes.NewReader(broken), transferlist.Options{MaxErrors: 7})
	if err != nil || len(errs) != 7 || l.Errors <= 7 || l.Bad != l.Errors {
		t.Errorf("%d reported of %d, %d bad, %v", len(errs), l.Errors, l.Bad, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReaderError(t *testing.T) {
	if _, _, err := transferlist.Parse(failing{}, transferlist.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

// TestTenThousandRows reads a large list in each encoding and gives back what
// was written.
func TestTenThousandRows(t *testing.T) {
	rows := transferlisttest.Rows(10_000, 3)
	sheet := transferlisttest.Sheet(rows)
	gb, err := transferlisttest.GB18030(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{sheet, transferlisttest.WithBOM(sheet), gb} {
		l, errs, err := parse(t, data)
		// Copy numbers are drawn, and may fall twice on one document only if
		// documents repeat, which they do not.
		if err != nil || len(errs) != 0 || len(l.Rows) != len(rows) {
			t.Fatalf("%d rows, %v, %v", len(l.Rows), errs[:min(3, len(errs))], err)
		}
		for i, r := range l.Rows {
			w := rows[i]
			if r.Number != w[transferlisttest.Number] || r.Title != w[transferlisttest.Title] || r.Mark() != w[transferlisttest.Mark] || r.Serial != w[transferlisttest.Serial] {
				t.Fatalf("row %d: %+v, written %v", i, r, w)
			}
		}
	}
}

// BenchmarkParse100000 reads a list of 100,000 carriers, and the same bytes by
// encoding/csv, which checks nothing.
func BenchmarkParse100000(b *testing.B) {
	sheet := transferlisttest.Sheet(transferlisttest.Rows(100_000, 3))
	b.SetBytes(int64(len(sheet)))
	b.ReportAllocs()
	var ours, plain time.Duration
	for b.Loop() {
		start := time.Now()
		if l, errs, err := transferlist.Parse(bytes.NewReader(sheet), transferlist.Options{}); err != nil || len(errs) > 0 || len(l.Rows) != 100_000 {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		if records, err := csv.NewReader(bytes.NewReader(sheet)).ReadAll(); err != nil || len(records) < 100_000 {
			b.Fatal(err)
		}
		plain += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(plain), "x-csv")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N)/100_000, "us/row")
}

// FuzzParse: no input panics, and what is accepted keeps its promises.
func FuzzParse(f *testing.F) {
	sheet := transferlisttest.Sheet(transferlisttest.Rows(5, 1))
	f.Add(sheet)
	f.Add(transferlisttest.WithBOM(sheet))
	if gb, err := transferlisttest.GB18030(sheet); err == nil {
		f.Add(gb)
	}
	f.Add(spoiled())
	f.Add([]byte(wide + "\n演-1,'=1,'+,纸介质,'@,000003,机密★2030年3月5日,3页,1份,2026.3.5,120份,''-1,B\n"))
	f.Add([]byte(heading + "\n1,\"a\"\"\n\",b\"c,,,\r\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, errs, err := transferlist.Parse(bytes.NewReader(data), transferlist.Options{MaxErrors: 50})
		if err == nil && (l.Total != len(l.Rows)+l.Bad || l.Errors < len(errs)) {
			t.Fatalf("total %d, good %d, bad %d", l.Total, len(l.Rows), l.Bad)
		}
		numbers := map[string]bool{}
		for _, r := range l.Rows {
			k, known := custody.KindOf(r.Kind)
			class, graded := custody.ClassificationOf(r.Classification)
			if numbers[r.Number] || r.Number == "" || r.Title == "" || !known || !graded || r.Extent.Unit != k.Unit || r.Extent.Value < 1 || r.Count < 1 {
				t.Fatalf("accepted %+v", r)
			}
			if !class.Secret && r.Period != "" {
				t.Fatalf("accepted a period on %s", r.Mark())
			}
			for _, s := range []string{r.Number, r.Title, r.Issuer, r.Document, r.Copy, r.Serial, r.Keeper, r.Remark, r.Dated, r.Scope, r.Place} {
				if strings.ContainsAny(s, "\x00\n\r\x1b") {
					t.Fatalf("accepted %q", s)
				}
			}
			numbers[r.Number] = true
		}
		// What was read can be written, without a formula, and read again.
		var b bytes.Buffer
		if err := transferlist.Write(&b, l.Rows, transferlist.WriteOptions{}); err != nil {
			t.Fatalf("%v: %+v", err, l.Rows)
		}
		harmless(t, b.Bytes())
		if again, errs, err := transferlist.Parse(&b, transferlist.Options{}); len(l.Rows) > 0 && (err != nil || len(errs) > 0 || !reflect.DeepEqual(canonical(again.Rows), canonical(l.Rows))) {
			t.Fatalf("%v, %v: %+v became %+v", err, errs, l.Rows, again.Rows)
		}
	})
}
