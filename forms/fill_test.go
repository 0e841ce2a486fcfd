package forms_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/forms"
)

func TestFillComputesAndCounts(t *testing.T) {
	all := samples(t)
	c := load(t)

	s := fill(t, form(t, c, "F11"), all["F11"])
	sums := s.Tables[0].Sums
	if sums.Totals["count"] != "22" || sums.Lines[0].Zh != "纸介质 12份，光盘 4张，U盘 3个，机械硬盘 3块" || sums.Lines[0].En != "paper 12, optical disc 4, USB flash drive 3, hard disk drive 3" {
		t.Errorf("F11: %+v", sums)
	}
	if s.Tables[0].Rows[21]["no"] != "22" {
		t.Errorf("F11: row 22 is numbered %q", s.Tables[0].Rows[21]["no"])
	}

	s = fill(t, form(t, c, "F10"), all["F10"])
	if got := s.Tables[0].Sums.Lines[0].Zh; got != "未退（含留用） 1" {
		t.Errorf("F10: %s", got)
	}

	s = fill(t, form(t, c, "R1"), all["R1"])
	if row := s.Tables[0].Rows[0]; row["closing_count"] != "206" {
		t.Errorf("R1: closing %s", row["closing_count"])
	}
	if got := s.Tables[0].Sums.Totals["closing_count"]; got != "3090" {
		t.Errorf("R1: total %s", got)
	}

	s = fill(t, form(t, c, "P5"), all["P5"])
	if got := s.Boxes["net_kg"]; got != "19.90" {
		t.Errorf("P5: net %s", got)
	}

	s = fill(t, form(t, c, "F15a"), forms.Content{Rows: map[string][]forms.Values{"items": {{"finding": "是"}}}})
	if rows := s.Tables[0].Rows; len(rows) != 7 || rows[0]["finding"] != "是" || !strings.HasPrefix(rows[6]["item"], "没有据未公开文件") {
		t.Errorf("F15a: %v", rows)
	}

	if got := fill(t, form(t, c, "F13"), forms.Content{StateSecrets: true}).Heading().Zh; got != "国家秘密载体销毁证明" {
		t.Errorf("F13 for state secrets: %s", got)
	}
	if got := fill(t, form(t, c, "F13"), forms.Content{}).Heading().Zh; got != "载体销毁证明" {
		t.Errorf("F13 for a mixed batch: %s", got)
	}
}

func TestFillRefuses(t *testing.T) {
	c := load(t, wordingHead+"[[form]]\nid = \"F11\"\nblank = [{ table = \"carriers\", key = \"own_box\", zh = \"柜号\", en = \"cabinet\" }]\n")
	row := func(k forms.Key, v string) forms.Content {
		return forms.Content{Rows: map[string][]forms.Values{"carriers": {{"title": "甲"}, {k: v}}}}
	}
	for name, x := range map[string]struct {
		form    string
		content forms.Content
		want    string
	}{
		"key of another form":    {"F11", row("receipt_number", "1"), "no such place"},
		"key of nowhere":         {"F11", row("tilte", "甲"), "no such place"},
		"no number":              {"F11", row("count", "三"), "no number"},
		"signed number":          {"F11", row("count", "-1"), "no number"},
		"leading zero":           {"F11", row("count", "01"), "no number"},
		"exponent":               {"F11", row("count", "1e3"), "no number"},
		"sixteen digits":         {"F11", row("count", "1234567890123456"), "no number"},
		"no mark":                {"F11", row("classification", "秘"), "no classification mark"},
		"star on internal":       {"F11", row("classification", "内部★5年"), "no classification mark"},
		"invisible character":    {"F11", row("title", "甲\u202e乙"), "cannot be seen"},
		"control character":      {"F11", row("title", "甲\x07"), "cannot be seen"},
		"not UTF-8":              {"F11", row("title", "甲\xff"), "cannot be seen"},
		"too long":               {"F11", row("title", strings.Repeat("甲", 4001)), "4000"},
		"wrong row number":       {"F11", row("no", "7"), "must be 2"},
		"own column":             {"F11", row("own_box", "7"), "pen"},
		"no such table":          {"F11", forms.Content{Rows: map[string][]forms.Values{"x": nil}}, "no such table"},
		"spare in no table":      {"F11", forms.Content{Spare: map[string]int{"x": 1}}, "no such table"},
		"too much spare":         {"F11", forms.Content{Spare: map[string]int{"carriers": 100000}}, "empty rows"},
		"no day":                 {"F2", forms.Content{Rows: map[string][]forms.Values{"documents": {{"received_on": "2026-02-30"}}}}, "no day"},
		"day of another kind":    {"F2", forms.Content{Rows: map[string][]forms.Values{"documents": {{"received_on": "2026年3月5日"}}}}, "no day"},
		"no choice":              {"F15", forms.Content{Rows: map[string][]forms.Values{"items": {{"finding": "√"}}}}, "none of the choices"},
		"computed":               {"R1", forms.Content{Rows: map[string][]forms.Values{"holdings": {{"closing_count": "5"}}}}, "computed"},
		"negative balance":       {"R1", forms.Content{Rows: map[string][]forms.Values{"holdings": {{"opening_count": "5", "destroyed_count": "6"}}}}, "negative"},
		"box of another form":    {"F11", forms.Content{Boxes: values("reason", "x")}, "no such place"},
		"column as box":          {"F11", forms.Content{Boxes: values("title", "x")}, "no such place"},
		"number on unnumbered":   {"F1", forms.Content{Number: "1"}, "bears no number"},
		"mark of the sheet":      {"F1", forms.Content{Mark: "机密☆"}, "no classification mark"},
		"signature of nobody":    {"F11", forms.Content{Signed: signed("destroyer", forms.Signature{On: "2026-03-05"})}, "without a name"},
		"opinion where none":     {"F11", forms.Content{Signed: signed("destroyer", forms.Signature{Name: "甲", Opinion: "同意"})}, "no opinion"},
		"role of another form":   {"F11", forms.Content{Signed: signed("attestor", forms.Signature{Name: "甲"})}, "no such place to sign"},
		"three where two sign":   {"F12", forms.Content{Signed: signed("attestor", forms.Signature{Name: "甲"}, forms.Signature{Name: "乙"}, forms.Signature{Name: "丙"})}, "only 2"},
		"ledger root with lines": {"F1", forms.Content{Ledger: &forms.Position{Root: "a\nb"}}, "malformed"},
	} {
		_, err := form(t, c, x.form).Fill(x.content)
		var bad *forms.FillError
		if !errors.As(err, &bad) || bad.Total < 1 || !strings.Contains(bad.Cells[0].En, x.want) || bad.Cells[0].Zh == "" {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

func values(k forms.Key, v string) forms.Values { return forms.Values{k: v} }

func signed(role forms.Key, all ...forms.Signature) map[forms.Key][]forms.Signature {
	return map[forms.Key][]forms.Signature{role: all}
}

// TestEveryBadCellIsNamed: the report has every bad cell up to its limit, and
// says how many there are.
func TestEveryBadCellIsNamed(t *testing.T) {
	var rows []forms.Values
	for range 300 {
		rows = append(rows, forms.Values{"count": "x", "classification": "y"})
	}
	_, err := form(t, load(t), "F11").Fill(forms.Content{Rows: map[string][]forms.Values{"carriers": rows}})
	var bad *forms.FillError
	if !errors.As(err, &bad) || bad.Total != 600 || len(bad.Cells) != 100 || bad.Cells[99].Row != 50 {
		t.Fatalf("got %v", err)
	}
}

// TestPickTakesWhatFits: a register fills every form from one map of values.
func TestPickTakesWhatFits(t *testing.T) {
	wide := carriers(1)[0]
	for _, f := range load(t).Forms() {
		for _, table := range f.Tables() {
			row, err := table.Pick(wide)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range wide {
				if c := table.Column(k); (c != nil) != (row[k] == v) {
					t.Errorf("%s %s: %s picked as %q", f.ID, table.ID, k, row[k])
				}
			}
			if _, err := f.Fill(forms.Content{Rows: map[string][]forms.Values{table.ID: {row}}}); err != nil {
				t.Errorf("%s: %v", f.ID, err)
			}
		}
	}
	if _, err := form(t, load(t), "F1").Tables()[0].Pick(forms.Values{"tilte": "甲"}); err == nil {
		t.Error("a misspelt key was dropped unseen")
	}
}

// TestFillChangesNothing: what goes in comes out, cell by cell, and the caller's
// maps stay as they were.
func TestFillChangesNothing(t *testing.T) {
	f := form(t, load(t), "F1")
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringMatching(`[一-龥A-Za-z0-9 =+@'"-]{0,30}`).Draw(t, "title")
		given := forms.Values{"title": title, "count": "1"}
		s, err := f.Fill(forms.Content{Rows: map[string][]forms.Values{"carriers": {given}}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Tables[0].Rows[0]["title"] != title || len(given) != 2 {
			t.Fatalf("%q came out as %q; given is now %v", title, s.Tables[0].Rows[0]["title"], given)
		}
	})
}
