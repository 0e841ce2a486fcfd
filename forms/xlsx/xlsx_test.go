package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sexton/forms"
	"sexton/forms/xlsx"
)

// The judge reads the workbook with archive/zip and encoding/xml alone, by the
// element names of ECMA-376 part 1, clause 18.

type worksheet struct {
	FitToPage struct {
		Value string `xml:"fitToPage,attr"`
	} `xml:"sheetPr>pageSetUpPr"`
	Pane struct {
		YSplit string `xml:"ySplit,attr"`
		State  string `xml:"state,attr"`
	} `xml:"sheetViews>sheetView>pane"`
	Cols []struct {
		Min   int     `xml:"min,attr"`
		Max   int     `xml:"max,attr"`
		Width float64 `xml:"width,attr"`
	} `xml:"cols>col"`
	Rows []struct {
		R     int `xml:"r,attr"`
		Cells []struct {
			R string  `xml:"r,attr"`
			T string  `xml:"t,attr"`
			S int     `xml:"s,attr"`
			V string  `xml:"v"`
			F *string `xml:"f"`
		} `xml:"c"`
	} `xml:"sheetData>row"`
	Merges []struct {
		Ref string `xml:"ref,attr"`
	} `xml:"mergeCells>mergeCell"`
	Page struct {
		Paper       string `xml:"paperSize,attr"`
		Orientation string `xml:"orientation,attr"`
		Wide        string `xml:"fitToWidth,attr"`
		High        string `xml:"fitToHeight,attr"`
	} `xml:"pageSetup"`
	Header string `xml:"headerFooter>oddHeader"`
	Footer string `xml:"headerFooter>oddFooter"`
}

type book struct {
	t       *testing.T
	parts   map[string][]byte
	strings []string
	formats map[int]string // number format of a cell style
	names   []string       // of the worksheets
	titles  []string       // defined names
}

func open(t *testing.T, data []byte) *book {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	b := &book{t: t, parts: map[string][]byte{}, formats: map[int]string{}}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if b.parts[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var sst struct {
		SI []struct {
			T string `xml:"t"`
		} `xml:"si"`
	}
	b.parse("xl/sharedStrings.xml", &sst)
	for _, s := range sst.SI {
		b.strings = append(b.strings, unescape(s.T))
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		XF []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	b.parse("xl/styles.xml", &styles)
	codes := map[int]string{0: "General", 1: "0", 2: "0.00", 49: "@"}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	for i, x := range styles.XF {
		b.formats[i] = codes[x.Format]
	}
	var workbook struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
		Names []struct {
			Name string `xml:"name,attr"`
			Text string `xml:",chardata"`
		} `xml:"definedNames>definedName"`
	}
	b.parse("xl/workbook.xml", &workbook)
	for _, s := range workbook.Sheets {
		b.names = append(b.names, s.Name)
	}
	for _, n := range workbook.Names {
		b.titles = append(b.titles, n.Name+" "+n.Text)
	}
	return b
}

func (b *book) parse(part string, into any) {
	b.t.Helper()
	if err := xml.Unmarshal(b.parts[part], into); err != nil {
		b.t.Fatalf("%s: %v", part, err)
	}
}

func (b *book) sheet(n int) worksheet {
	b.t.Helper()
	var w worksheet
	b.parse(fmt.Sprintf("xl/worksheets/sheet%d.xml", n), &w)
	return w
}

var escape = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescape: ST_Xstring writes a character as _xHHHH_ (ECMA-376 part 1, 22.9.2.19).
func unescape(s string) string {
	return escape.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 16)
		return string(rune(n))
	})
}

type cell struct {
	text    string
	isText  bool
	format  string
	formula bool
}

func (b *book) cells(w worksheet) map[string]cell {
	all := map[string]cell{}
	for _, r := range w.Rows {
		for _, c := range r.Cells {
			x := cell{text: c.V, format: b.formats[c.S], formula: c.F != nil}
			if c.T == "s" {
				n, err := strconv.Atoi(c.V)
				if err != nil {
					b.t.Fatal(err)
				}
				x.text, x.isText = b.strings[n], true
			}
			all[c.R] = x
		}
	}
	return all
}

func fill(t *testing.T, id string, c forms.Content) *forms.Sheet {
	t.Helper()
	all, err := forms.Load()
	if err != nil {
		t.Fatal(err)
	}
	f, ok := all.Form(id)
	if !ok {
		t.Fatalf("no form %s", id)
	}
	s, err := f.Fill(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, s *forms.Sheet) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := xlsx.Write(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func destruction() forms.Content {
	return forms.Content{Number: "演-销批〔2026〕3号", Unit: "云泽市财政局（演练）", Mark: "机密★10年", Bench: true, Boxes: forms.Values{"unit": "办公室"},
		Rows: map[string][]forms.Values{"carriers": {
			{"title": `=HYPERLINK("http://x","y")`, "carrier_kind": "纸介质", "reference": "000123", "classification": "机密★10年", "extent": "12页", "count": "3"},
			{"title": "标题 <b>&\" _x0041_x0042_ _x_ _x00g1_", "carrier_kind": "U盘", "reference": "YZCZ-U-1\n070300000241004585", "classification": "内部", "count": "1"},
			{"title": "@SUM(A1)", "carrier_kind": "光盘", "reference": "3-5", "count": "2"},
		}},
		Signed: map[forms.Key][]forms.Signature{"approver": {{Name: "郑国栋", On: "2026-11-18"}}}}
}

// TestWorkbookHoldsTheSheet: an independent reader finds every cell, text as
// text, numbers as numbers, and no formula anywhere.
func TestWorkbookHoldsTheSheet(t *testing.T) {
	s := fill(t, "F11", destruction())
	b := open(t, write(t, s))
	w := b.sheet(1)
	cells := b.cells(w)
	head := 0
	for at, c := range cells {
		if c.formula {
			t.Errorf("%s holds a formula", at)
		}
		if c.text == "no." && !strings.HasPrefix(at, "B") {
			head, _ = strconv.Atoi(at[1:])
		}
	}
	if head == 0 {
		t.Fatal("no heading row")
	}
	for i, row := range s.Tables[0].Rows {
		for j, f := range s.Tables[0].Fields {
			got := cells[fmt.Sprintf("%c%d", 'A'+j, head+1+i)]
			if got.text != row[f.Key] {
				t.Errorf("row %d %s: %q, want %q", i+1, f.Key, got.text, row[f.Key])
			}
			if wantText := f.Kind != forms.KindNumber; row[f.Key] != "" && (got.isText != wantText || (wantText && got.format != "@")) {
				t.Errorf("row %d %s: text %v, format %s", i+1, f.Key, got.isText, got.format)
			}
		}
	}
	if got := cells[fmt.Sprintf("H%d", head+1)].format; got != `0"份"` {
		t.Errorf("count of paper has the format %s", got)
	}
	flat := fmt.Sprint(cells)
	for _, want := range []string{"涉密载体销毁审批表", "Destruction: list and approval", "编号 no.：演-销批〔2026〕3号", "机密★10年", "演练数据 / training data", "所属部门 unit", "合计 total", "纸介质 3份，U盘 1个，光盘 2张", "批准人 approver", "郑国栋", "以下空白 blank below", "保存期限"} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if c := cells[fmt.Sprintf("H%d", head+5)]; c.text != "6" || c.isText {
		t.Errorf("the total is %+v", c)
	}
}

// TestWorkbookPrints: paper, scale, frozen and repeated heading, widths, page
// numbers, training mark.
func TestWorkbookPrints(t *testing.T) {
	b := open(t, write(t, fill(t, "F11", destruction())))
	w := b.sheet(1)
	if w.Page.Paper != "9" || w.Page.Orientation != "landscape" || w.Page.Wide != "1" || w.Page.High != "0" || w.FitToPage.Value != "1" && w.FitToPage.Value != "true" {
		t.Errorf("page %+v, fit %s", w.Page, w.FitToPage.Value)
	}
	if w.Pane.State != "frozen" || len(b.titles) != 1 || !strings.HasSuffix(b.titles[0], ":$"+w.Pane.YSplit) {
		t.Errorf("pane %+v, print titles %v", w.Pane, b.titles)
	}
	if !strings.Contains(w.Footer, "第 &P 页 / 共 &N 页") || !strings.Contains(w.Header, "演练数据") {
		t.Errorf("header %q, footer %q", w.Header, w.Footer)
	}
	wide := map[int]float64{}
	for _, c := range w.Cols {
		for i := c.Min; i <= c.Max; i++ {
			wide[i] = c.Width
		}
	}
	if len(wide) != 9 || wide[2] < 3*wide[1] {
		t.Errorf("columns are %v wide", wide)
	}
	if strings.Contains(string(b.parts["xl/workbook.xml"]), "externalReference") || len(b.parts["xl/vbaProject.bin"]) > 0 {
		t.Error("the workbook reaches outside or holds macros")
	}
}

// TestDaysAreDays: days and minutes are serial numbers with a format; their
// figures are checked against known ones.
func TestDaysAreDays(t *testing.T) {
	s := fill(t, "F2", forms.Content{Rows: map[string][]forms.Values{"documents": {{"receipt_number": "2026-密收-0001", "received_on": "2026-03-05", "filed_on": "2026-03-05 18:00"}, {"received_on": "1900-02-01"}}}})
	b := open(t, write(t, s))
	found := map[string]string{}
	for _, c := range b.cells(b.sheet(1)) {
		found[c.text] = c.format
	}
	for serial, format := range map[string]string{"46086": "yyyy-mm-dd", "46086.75": "yyyy-mm-dd hh:mm", "1900-02-01": "@", "2026-密收-0001": "@"} {
		if found[serial] != format {
			t.Errorf("%s has the format %q, want %q", serial, found[serial], format)
		}
	}
}

// TestReportsHaveOneWorksheetATable, each with its own frozen heading.
func TestReportsHaveOneWorksheetATable(t *testing.T) {
	s := fill(t, "R1", forms.Content{Boxes: forms.Values{"report_period": "2026年度"}, Rows: map[string][]forms.Values{"holdings": {{"classification": "机密", "carrier_kind": "纸介质", "opening_count": "5", "in_count": "7", "destroyed_count": "4"}}}})
	b := open(t, write(t, s))
	if got := strings.Join(b.names, "|"); got != "涉密载体年度管理情况统计表|二、问题及整改|三、人员变动|四、设备检测" || len(b.titles) != 4 {
		t.Errorf("worksheets %s, print titles %v", got, b.titles)
	}
	closing := false
	for _, c := range b.cells(b.sheet(1)) {
		closing = closing || c.text == "8" && !c.isText
	}
	if !closing {
		t.Error("the closing balance is missing")
	}
}

// TestEveryFormBecomesAWorkbook, twice with the same bytes.
func TestEveryFormBecomesAWorkbook(t *testing.T) {
	all, err := forms.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all.Forms() {
		s, err := f.Fill(forms.Content{Unit: "云泽市财政局（演练）", Bench: true})
		if err != nil {
			t.Fatal(err)
		}
		a, again := write(t, s), write(t, s)
		if !bytes.Equal(a, again) {
			t.Errorf("%s: two workbooks differ", f.ID)
		}
		b := open(t, a)
		flat := strings.Join(b.strings, "\n")
		for _, c := range f.Boxes() {
			if !strings.Contains(flat, c.Zh) {
				t.Errorf("%s: %s is missing", f.ID, c.Zh)
			}
		}
		for _, g := range f.Signers() {
			if !strings.Contains(flat, g.Zh) {
				t.Errorf("%s: signer %s is missing", f.ID, g.Zh)
			}
		}
		for i, name := range b.names {
			if n := len([]rune(name)); n < 1 || n > 31 || strings.ContainsAny(name, `:\/?*[]`) {
				t.Errorf("%s: worksheet %d is called %q", f.ID, i+1, name)
			}
		}
	}
}

func TestTooManyRowsAreRefused(t *testing.T) {
	rows := make([]forms.Values, xlsx.MaxRows+1)
	s := fill(t, "F16a", forms.Content{Rows: map[string][]forms.Values{"matters": rows}})
	if err := xlsx.Write(io.Discard, s); err == nil || !strings.Contains(err.Error(), "CSV") {
		t.Errorf("got %v", err)
	}
}

// TestAwkwardWordings: a unit's own titles may hold what a worksheet's name may
// not.
func TestAwkwardWordings(t *testing.T) {
	long := strings.Repeat("一二三四五六七八九十", 4) + `[:]*?/\'`
	c, err := forms.Load([]byte("format = \"sexton-forms-wording/1\"\nunit = \"甲\"\n[[form]]\nid = \"F1\"\ntitle = { zh = '''" + strings.ReplaceAll(`'[:]*?/\`+long, "'''", "") + "''', en = \"x\" }\n"))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := c.Form("F1")
	s, err := f.Fill(forms.Content{})
	if err != nil {
		t.Fatal(err)
	}
	if b := open(t, write(t, s)); len([]rune(b.names[0])) > 31 || len(b.titles) != 1 {
		t.Errorf("worksheet %q, titles %v", b.names[0], b.titles)
	}
}
