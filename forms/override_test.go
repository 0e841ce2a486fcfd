package forms_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sexton/forms"
)

const wordingHead = "format = \"sexton-forms-wording/1\"\nunit = \"云泽市财政局（演练）\"\n"

func TestUnitRenamesHidesOrdersAndAdds(t *testing.T) {
	c := load(t, wordingHead+`
[[form]]
id = "F1"
title = { zh = "国家秘密载体登记簿", en = "Register of state-secret carriers" }
rename = [{ key = "issuer", zh = "来文单位", en = "from" }, { key = "keeper", zh = "机要员", en = "confidential clerk" }]
hide = ["remark"]
blank = [{ table = "carriers", key = "own_cabinet", after = "extent", w = 6, zh = "柜号", en = "cabinet" }]
order = { carriers = ["no", "reference", "title", "issuer", "carrier_kind", "classification", "extent", "own_cabinet", "count", "scope_of_use"] }
`)
	f := form(t, c, "F1")
	var zh []string
	for _, col := range f.Tables()[0].Fields {
		zh = append(zh, col.Zh)
	}
	if got, want := strings.Join(zh, " "), "序号 文号或编号 文件资料名称 来文单位 载体类别 密级 页数或容量 柜号 份数 使用范围"; got != want {
		t.Errorf("columns %s\nwant    %s", got, want)
	}
	if f.Title.Zh != "国家秘密载体登记簿" || f.Signers()[0].Zh != "机要员" || c.Unit != "云泽市财政局（演练）" {
		t.Errorf("title %s, keeper %s, unit %s", f.Title.Zh, f.Signers()[0].Zh, c.Unit)
	}
	if again := form(t, load(t), "F1"); again.Title.Zh != "涉密载体台账" {
		t.Error("one unit's wording changed the forms of another")
	}
	// A second wording stands on the first.
	c = load(t, wordingHead+"[[form]]\nid = \"F1\"\nhide = [\"remark\"]\n", wordingHead+"[[form]]\nid = \"F1\"\nhide = [\"scope_of_use\"]\n")
	if n := len(form(t, c, "F1").Tables()[0].Fields); n != 8 {
		t.Errorf("%d columns are left, want 8", n)
	}
}

func TestWordingIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"hidden mandatory signer": {"[[form]]\nid = \"F11\"\nhide = [\"approver\"]\n", "mandatory"},
		"hidden mandatory column": {"[[form]]\nid = \"F11\"\nhide = [\"classification\"]\n", "mandatory"},
		"hidden and not there":    {"[[form]]\nid = \"F11\"\nhide = [\"keywords\"]\n", `no "keywords" to hide`},
		"source of a figure":      {"[[form]]\nid = \"R1\"\nhide = [\"opening_count\"]\n", "no number here"},
		"column of the sum":       {"[[form]]\nid = \"F9\"\nhide = [\"carrier_kind\"]\n", "carrier kind"},
		"renamed and not there":   {"[[form]]\nid = \"F1\"\nrename = [{ key = \"batch\", zh = \"批\" }]\n", "to rename"},
		"renamed to nothing":      {"[[form]]\nid = \"F1\"\nrename = [{ key = \"title\" }]\n", "no new wording"},
		"renamed to what hides":   {"[[form]]\nid = \"F1\"\nrename = [{ key = \"title\", zh = \"名\\u202E称\" }]\n", "cannot be seen"},
		"title in one language":   {"[[form]]\nid = \"F1\"\ntitle = { zh = \"台账\" }\n", "title"},
		"unknown form":            {"[[form]]\nid = \"F99\"\n", "no such form"},
		"form twice":              {"[[form]]\nid = \"F1\"\n[[form]]\nid = \"F1\"\n", "twice"},
		"own key":                 {"[[form]]\nid = \"F1\"\nblank = [{ table = \"carriers\", key = \"title2\", zh = \"柜\", en = \"c\" }]\n", "own_"},
		"own key twice":           {"[[form]]\nid = \"F1\"\nblank = [{ table = \"carriers\", key = \"own_a\", zh = \"柜\", en = \"c\" }, { table = \"carriers\", key = \"own_a\", zh = \"柜\", en = \"c\" }]\n", "twice"},
		"after nothing":           {"[[form]]\nid = \"F1\"\nblank = [{ table = \"carriers\", key = \"own_a\", after = \"batch\", zh = \"柜\", en = \"c\" }]\n", "after"},
		"no such table":           {"[[form]]\nid = \"F1\"\nblank = [{ table = \"x\", key = \"own_a\", zh = \"柜\", en = \"c\" }]\n", "no table"},
		"order lacks a column":    {"[[form]]\nid = \"F14c\"\norder = { media = [\"no\", \"carrier_kind\"] }\n", "every visible column"},
		"order names one twice":   {"[[form]]\nid = \"F16a\"\norder = { matters = [\"no\", \"no\", \"classification\"] }\n", "every visible column"},
		"changed key":             {"[[form]]\nid = \"F1\"\nkey = \"x\"\n", "unknown key"},
		"changed kind":            {"[[form]]\nid = \"F1\"\nrename = [{ key = \"title\", zh = \"名\", kind = \"number\" }]\n", "unknown key"},
		"not a wording":           {"[[form]", "toml"},
	} {
		_, err := forms.Load([]byte(wordingHead + c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := forms.Load([]byte("format = \"sexton-forms-wording/2\"\nunit = \"x\"\n")); err == nil {
		t.Error("an unknown format was taken")
	}
}

// TestWordingReportsAllAtOnce: an admin corrects a file once, not ten times.
func TestWordingReportsAllAtOnce(t *testing.T) {
	_, err := forms.Load([]byte(wordingHead + "[[form]]\nid = \"F99\"\n[[form]]\nid = \"F11\"\nhide = [\"approver\", \"destroyer\"]\n"))
	var first *forms.WordingError
	if !errors.As(err, &first) || first.Zh == "" || strings.Count(err.Error(), "form ") < 3 {
		t.Errorf("got %v", err)
	}
}

// TestHidingKeepsTheLineBreaks: F1a stands in four lines also without the
// column that begins the second.
func TestHidingKeepsTheLineBreaks(t *testing.T) {
	f := form(t, load(t, wordingHead+"[[form]]\nid = \"F1a\"\nhide = [\"making_result\"]\n"), "F1a")
	breaks := 0
	for _, c := range f.Tables()[0].Fields {
		if c.Break {
			breaks++
		}
	}
	if breaks != 3 || !f.Tables()[0].Column("file_name").Break {
		t.Errorf("%d line breaks", breaks)
	}
}

// FuzzWording: no file breaks the forms; what is taken can be filled and drawn
// (the seeds change these three).
func FuzzWording(f *testing.F) {
	f.Add(wordingHead + "[[form]]\nid = \"F1\"\nhide = [\"remark\"]\nrename = [{ key = \"title\", zh = \"名\", en = \"name\" }]\n")
	f.Add(wordingHead + "[[form]]\nid = \"F1a\"\nblank = [{ table = \"carriers\", key = \"own_a\", after = \"making_result\", w = 100, zh = \"柜\", en = \"c\" }]\n")
	f.Add(wordingHead + "[[form]]\nid = \"F16a\"\norder = { matters = [\"classification\", \"no\", \"secret_project\"] }\nnotes = []\ncopies = [{ zh = \"甲\", en = \"a\" }]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := forms.Load([]byte(text))
		if err != nil {
			return
		}
		for _, id := range []string{"F1", "F1a", "F16a"} {
			x, _ := c.Form(id)
			s, err := x.Fill(forms.Content{})
			if err != nil {
				t.Fatalf("%s cannot be filled: %v", x.ID, err)
			}
			if err := s.WriteHTML(io.Discard); err != nil {
				t.Fatalf("%s cannot be drawn: %v", x.ID, err)
			}
		}
	})
}
