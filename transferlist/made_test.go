package transferlist_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sexton/custody"
	"sexton/transferlist"
)

const wide = "载体编号,文件资料名称,制发单位,载体类别,文号,份号,密级和保密期限,页数或容量,份数或数量,成文日期,印制份数,知悉范围,存放地点"

// rowsOf parses lines under the wide heading; faults are line/heading/code.
func rowsOf(t *testing.T, lines ...string) ([]transferlist.Row, []string) {
	t.Helper()
	l, errs, err := parse(t, []byte(wide+"\n"+strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, e := range errs {
		faults = append(faults, fmt.Sprintf("%d/%s/%s", e.Line, e.Heading, e.Code))
		if e.Zh == "" || e.En == "" || e.Column == 0 {
			t.Errorf("%+v", e)
		}
	}
	return l.Rows, faults
}

func TestDates(t *testing.T) {
	for cell, want := range map[string]string{
		"2026年3月5日": "2026-03-05", "2026年03月05日": "2026-03-05", "2026-03-05": "2026-03-05", "2026-3-5": "2026-03-05", "2026.3.5": "2026-03-05", "2026/3/5": "2026-03-05",
		"20260305": "2026-03-05", " 2026 年 3 月 5 日 ": "2026-03-05", "2024-02-29": "2024-02-29", "": "", "—": "", "/": "",
		"2026-02-30": "!date.impossible", "2025-02-29": "!date.impossible", "2026-13-01": "!date.impossible", "2026年0月5日": "!date.impossible", "2026.4.31": "!date.impossible", "20260231": "!date.impossible",
		"0000-01-01": "!date.impossible", "1226-03-05": "!date.impossible", "9999-12-31": "!date.impossible",
		"二〇二六年三月五日": "!date.malformed", "２０２６-03-05": "!date.malformed", "3/5/2026": "!date.malformed", "26-3-5": "!date.malformed", "2026年3月": "!date.malformed", "2026-03-05 10:00": "!date.malformed",
		"46086": "!date.malformed", "昨天": "!date.malformed", "2026-03/05": "!date.malformed", "2026-03-05T00:00:00Z": "!date.malformed",
	} {
		rows, faults := rowsOf(t, "演-1,甲（演练）,,纸介质,,,内部,3,1,"+cell+",,,")
		got := strings.Join(faults, " ")
		if len(rows) == 1 {
			got = rows[0].Dated
		} else {
			got = "!" + got[strings.LastIndex(got, "/")+1:]
		}
		if got != want {
			t.Errorf("%q: %s, want %s", cell, got, want)
		}
	}
}

func TestScopeAndPlace(t *testing.T) {
	rows, faults := rowsOf(t, "演-1,甲（演练）,云泽海关,纸介质,云关演〔2026〕1号,000003,机密★10年,3,1份,2026年3月5日,120份,局领导、办公室,B 区 3 号保密柜")
	if len(faults) != 0 || len(rows) != 1 {
		t.Fatal(faults)
	}
	if r := rows[0]; r.Dated != "2026-03-05" || r.Made != 120 || r.Scope != "局领导、办公室" || r.Place != "B 区 3 号保密柜" || r.Copy != "000003" {
		t.Errorf("%+v", r)
	}
}

// TestPrintedCopies: 份号 against the printed count, and one document against
// itself.
func TestPrintedCopies(t *testing.T) {
	row := func(n int, document, copy, count, made string) string {
		return fmt.Sprintf("演-%d,甲（演练）,云泽海关,纸介质,%s,%s,机密★10年,3,%s,,%s,,", n, document, copy, count, made)
	}
	for name, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"last copy":             {[]string{row(1, "云关演〔2026〕1号", "000120", "1", "120")}, nil},
		"one beyond":            {[]string{row(1, "云关演〔2026〕1号", "000121", "1", "120")}, []string{"2/份号/copy.beyond-made"}},
		"beyond, no document":   {[]string{row(1, "", "000121", "1", "120")}, []string{"2/份号/copy.beyond-made"}},
		"made not given":        {[]string{row(1, "云关演〔2026〕1号", "999999", "1", "")}, nil},
		"made is nonsense":      {[]string{row(1, "云关演〔2026〕1号", "000001", "1", "0")}, []string{"2/印制份数/made.impossible"}},
		"made is not a number":  {[]string{row(1, "云关演〔2026〕1号", "000001", "1", "若干")}, []string{"2/印制份数/made.impossible"}},
		"range":                 {[]string{row(1, "云关演〔2026〕1号", "000001-000020", "20", "120")}, []string{"2/份号/copy.range"}},
		"range beyond":          {[]string{row(1, "云关演〔2026〕1号", "000101至000121", "21", "120")}, []string{"2/份号/copy.range", "2/份号/copy.beyond-made"}},
		"enumeration":           {[]string{row(1, "云关演〔2026〕1号", "000001、000002", "2", "120")}, []string{"2/份号/copy.range"}},
		"more than were made":   {[]string{row(1, "云关演〔2026〕1号", "", "21", "20")}, []string{"2/份数或数量/count.beyond-made"}},
		"more, no document":     {[]string{row(1, "", "", "21", "20")}, []string{"2/份数或数量/count.beyond-made"}},
		"together more":         {[]string{row(1, "云关演〔2026〕1号", "", "15", "20"), row(2, "云关演〔2026〕1号", "000001", "1", "20"), row(3, "云关演〔2026〕1号", "", "5", "")}, []string{"4/份数或数量/count.beyond-made"}},
		"two printed counts":    {[]string{row(1, "云关演〔2026〕1号", "000001", "1", "20"), row(2, "云关演〔2026〕1号", "000002", "1", "30")}, []string{"3/印制份数/made.differs"}},
		"two documents":         {[]string{row(1, "云关演〔2026〕1号", "000001", "1", "20"), row(2, "云关演〔2026〕2号", "000001", "1", "30")}, nil},
		"the same copy again":   {[]string{row(1, "云关演〔2026〕1号", "000001", "1", "20"), row(2, "云关演〔2026〕1号", "000001", "1", "20")}, []string{"3/份号/row.twice"}},
		"no document, no count": {[]string{row(1, "", "000001", "1", ""), row(2, "", "000001", "1", "")}, nil},
	} {
		rows, faults := rowsOf(t, c.lines...)
		if !slices.Equal(faults, c.want) || len(rows) != len(c.lines)-min(1, len(c.want)) {
			t.Errorf("%s: %v, want %v", name, faults, c.want)
		}
	}
}

// TestPeriodThatEndsOnADay is judged with the day of the document.
func TestPeriodThatEndsOnADay(t *testing.T) {
	for cells, want := range map[string]string{
		"机密★2046年3月5日,2026-03-05": "", "机密★2046年3月6日,2026-03-05": "period.too-long", "秘密★2036年3月6日,2026-03-05": "period.too-long",
		"机密★2026年3月5日,2026-03-05": "period.before-dated", "机密★2020年1月1日,2026-03-05": "period.before-dated", "机密★2099年1月1日,": "", "内部,2026-03-05": "",
	} {
		mark, dated, _ := strings.Cut(cells, ",")
		_, faults := rowsOf(t, "演-1,甲（演练）,,纸介质,,,"+mark+",3,1,"+dated+",,,")
		got := strings.Join(faults, " ")
		if got[strings.LastIndex(got, "/")+1:] != want {
			t.Errorf("%s: %q, want %s", cells, got, want)
		}
	}
}

func TestAmbiguousHeadings(t *testing.T) {
	for _, h := range []string{"使用范围", "日期"} {
		_, errs, err := parse(t, []byte(heading+","+h+"\n1,演-1,甲,纸介质,内部,3,1,\n"))
		if err == nil || len(errs) != 1 || errs[0].Code != "heading.ambiguous" || errs[0].Column != 8 {
			t.Errorf("%s: %v, %v", h, errs, err)
		}
	}
}

// TestEveryKindCanBeWritten: a list written with the register's own words is
// read again.
func TestEveryKindCanBeWritten(t *testing.T) {
	for _, k := range custody.CarrierKinds() {
		extent := "3页"
		if k.Unit == "byte" {
			extent = "1MB"
		}
		row, codes := one(t, "演-1,甲（演练）,"+k.Zh+",内部,"+extent+",1"+k.Measure)
		if len(codes) > 0 || row.Kind != k.Word {
			t.Errorf("%s: %v", k.Zh, codes)
		}
	}
}
