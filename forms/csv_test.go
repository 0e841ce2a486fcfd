package forms_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/forms"
)

// TestGuard: nothing that a spreadsheet would run or change goes out as it is.
func TestGuard(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\t": "'\t", "\r": "'\r",
		"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", " =1": "' =1", "\n=1": "'\n=1", "　＝1": "'　＝1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a",
		"'": "''", "'=1": "''=1", "-": "'-", `=HYPERLINK("http://x","y")`: `'=HYPERLINK("http://x","y")`,
		"000001": "000001\t", "070300000241004585": "070300000241004585\t", "1E5": "1E5\t", "3-5": "3-5\t", "1/2": "1/2\t", "12:30": "12:30\t", "3月5日": "3月5日\t",
		"2026年3月5日": "2026年3月5日\t", "TRUE": "TRUE\t", "Mar 5": "Mar 5\t", "(5)": "(5)\t", "10%": "10%\t", "x\t": "x\t\t", "１２": "１２\t",
		"": "", "云财〔2026〕12号": "云财〔2026〕12号", "甲-1": "甲-1", "YZCZ-Z-2026-000123": "YZCZ-Z-2026-000123", "机密★10年": "机密★10年", "a=b": "a=b",
	} {
		got := forms.Guard(in)
		if got != want {
			t.Errorf("%q: guarded as %q, want %q", in, got, want)
		}
		if back := forms.Unguard(got); back != in {
			t.Errorf("%q: comes back as %q", in, back)
		}
	}
}

func TestGuardIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`['\t\r =+@0-9年-]{0,8}`)).Draw(t, "cell")
		g := forms.Guard(s)
		if back := forms.Unguard(g); back != s {
			t.Fatalf("%q guarded as %q comes back as %q", s, g, back)
		}
		if strings.ContainsAny(strings.TrimLeft(g, " \u00a0\u3000\n")[:min(1, len(strings.TrimLeft(g, " \u00a0\u3000\n")))], "=+-@\t\r") {
			t.Fatalf("%q goes out as %q", s, g)
		}
	})
}

func readCSV(t interface{ Fatal(...any) }, data []byte) [][]string {
	body, ok := bytes.CutPrefix(data, []byte("\xEF\xBB\xBF"))
	if !ok {
		t.Fatal("no byte order mark: Excel would break the Chinese")
	}
	if bytes.Count(body, []byte("\n")) != bytes.Count(body, []byte("\r\n")) {
		t.Fatal("a line ends without CR LF")
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for i := range row {
			row[i] = forms.Unguard(row[i])
		}
	}
	return rows
}

// TestCSVGivesTheSameCells: fill, export, read again: the same cells, whatever
// they hold.
func TestCSVGivesTheSameCells(t *testing.T) {
	all := load(t).Forms()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(all).Draw(t, "form")
		tables := f.Tables()
		if len(tables) == 0 {
			return
		}
		table := rapid.SampledFrom(tables).Draw(t, "table")
		var rows []forms.Values
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := forms.Values{}
			for _, c := range table.Fields {
				row[c.Key] = cellOf(c).Draw(t, string(c.Key))
			}
			rows = append(rows, row)
		}
		s, err := f.Fill(forms.Content{Rows: map[string][]forms.Values{table.ID: rows}})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := s.WriteTableCSV(&b, table.ID); err != nil {
			t.Fatal(err)
		}
		back := readCSV(t, b.Bytes())
		for i, filled := range s.Tables {
			if filled.ID != table.ID {
				continue
			}
			if len(back) != 1+len(s.Tables[i].Rows) {
				t.Fatalf("%d lines for %d rows", len(back), len(filled.Rows))
			}
			for r, row := range filled.Rows {
				for c, col := range filled.Fields {
					if back[1+r][c] != row[col.Key] {
						t.Fatalf("row %d, %s: %q came back as %q", r+1, col.Key, row[col.Key], back[1+r][c])
					}
					if back[0][c] != col.Zh {
						t.Fatalf("heading %q came back as %q", col.Zh, back[0][c])
					}
				}
			}
		}
	})
}

// cellOf draws what may stand in a column.
func cellOf(c forms.Field) *rapid.Generator[string] {
	switch {
	case c.Key == "no" || c.Computed():
		return rapid.Just("")
	case c.Kind == forms.KindNumber:
		if strings.HasSuffix(string(c.Key), "_count") && c.Key != "due_count" && c.Key != "opening_count" {
			return rapid.SampledFrom([]string{"", "0"}) // so that no balance is negative
		}
		return rapid.StringMatching(`([1-9][0-9]{0,5}(\.[0-9]{1,3})?)?`)
	case c.Kind == forms.KindDate:
		return rapid.SampledFrom([]string{"", "2026-03-05", "2026-12-31 23:59"})
	case c.Kind == forms.KindChoice:
		return rapid.SampledFrom([]string{"", c.Options[0].Zh})
	case c.Kind == forms.KindMark:
		return rapid.SampledFrom([]string{"", "机密★10年", "内部", "绝密★长期", "机密★会议开始前"})
	case c.Kind == forms.KindSignature:
		return rapid.StringMatching(`([=+@0-9'-]?[一-龥]{1,3})?`)
	}
	return rapid.StringMatching("[=+@'\" ,;0-9年\n-]{0,3}[一-龥A-Za-z0-9,\"\n-]{0,12}")
}

// TestWholeSheetAsCSV is what a spreadsheet program shows: title, number, boxes,
// table, sum, signatures.
func TestWholeSheetAsCSV(t *testing.T) {
	s := fill(t, form(t, load(t), "F11"), samples(t)["F11"])
	data := render(t, s.WriteCSV)
	golden(t, "testdata/F11.csv", data)
	rows := readCSV(t, data)
	var flat []string
	for _, r := range rows {
		flat = append(flat, strings.Join(r, "|"))
	}
	text := strings.Join(flat, "\n")
	for _, want := range []string{"演练数据|training data", "涉密载体销毁审批表|", "编号|演-销批〔2026〕3号", "所属部门|办公室（机要室）", "合计|||||||22|", "纸介质 12份，光盘 4张，U盘 3个，机械硬盘 3块|", "批准人|郑国栋|2026-11-18 10:05", "账本记录数|184236"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if err := s.WriteTableCSV(&bytes.Buffer{}, "x"); err == nil {
		t.Error("a table that is not there was exported")
	}
}
