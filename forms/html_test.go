package forms_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/forms"
)

// TestPageIsAlone: no scripts, links, images or inline styles; one style sheet,
// allowed by its hash; nothing from outside.
func TestPageIsAlone(t *testing.T) {
	all := samples(t)
	for _, f := range load(t).Forms() {
		page := string(render(t, fill(t, f, all[f.ID]).WriteHTML))
		for _, bad := range []string{"<script", "<link", "<img", " style=", "http:", "https:", "url(", "@import", " onload", " onclick", " src=", " href="} {
			if strings.Contains(page, bad) {
				t.Errorf("%s contains %q", f.ID, bad)
			}
		}
		style := page[strings.Index(page, "<style>")+7 : strings.Index(page, "</style>")]
		if got := forms.StyleHash(f.Paper); got != hashOf(style) {
			t.Errorf("%s: the style sheet's hash is %s, StyleHash says %s", f.ID, hashOf(style), got)
		}
	}
}

// TestHostileTextStaysText: whatever a title holds, it is shown and not run.
func TestHostileTextStaysText(t *testing.T) {
	hostile := `</td></table><script>alert(1)</script><img src=x onerror=alert(2)>&amp;"'` + "`{{.}}"
	f := form(t, load(t), "F11")
	s := fill(t, f, forms.Content{Unit: hostile, Number: hostile, Boxes: forms.Values{"unit": hostile}, Rows: map[string][]forms.Values{"carriers": {{"title": hostile, "carrier_kind": hostile}}},
		Signed: map[forms.Key][]forms.Signature{"approver": {{Name: `<b onclick="x">`}}}})
	page := string(render(t, s.WriteHTML))
	for _, bad := range []string{"<script", "<img", "<b onclick", "</td></table><s"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q got through", bad)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;alert(1)"); n < 5 {
		t.Errorf("the text is shown %d times, want it in each of its places", n)
	}
}

// TestEveryRowIsPrintedOnce: over any number of pages, every row stands once and
// in order, every page has its number, heading and training mark, and the table
// is closed once.
func TestEveryRowIsPrintedOnce(t *testing.T) {
	f := form(t, load(t), "F1")
	title := regexp.MustCompile(`第(\d+)件`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "rows")
		var rows []forms.Values
		longest := rapid.IntRange(1, 400).Draw(t, "longest")
		for i := range n {
			rows = append(rows, forms.Values{"title": fmt.Sprintf("第%d件", i+1) + strings.Repeat("字", i*i*37%longest), "classification": "机密★10年"})
		}
		s, err := f.Fill(forms.Content{Bench: true, Rows: map[string][]forms.Values{"carriers": rows}})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := s.WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for i, m := range title.FindAllStringSubmatch(page, -1) {
			if m[1] != fmt.Sprint(i+1) {
				t.Fatalf("row %d stands where row %d belongs", i+1, i+1)
			}
		}
		if got := len(title.FindAllString(page, -1)); got != n {
			t.Fatalf("%d of %d rows are printed", got, n)
		}
		pages := strings.Count(page, `<section class="page">`)
		for i := range pages {
			if !strings.Contains(page, fmt.Sprintf("第 %d 页 / 共 %d 页", i+1, pages)) {
				t.Fatalf("page %d of %d has no number", i+1, pages)
			}
		}
		if strings.Count(page, "演练数据 / training data") != pages || strings.Count(page, "以下空白") != 1 {
			t.Fatalf("training mark %d times on %d pages, closed %d times", strings.Count(page, "演练数据 / training data"), pages, strings.Count(page, "以下空白"))
		}
		used, room := forms.PageUse(s)
		for i := range used {
			if used[i] > room[i] {
				t.Fatalf("page %d holds %.0f mm in %.0f mm", i+1, used[i], room[i])
			}
		}
		last := page[strings.LastIndex(page, "<section"):]
		if n > 0 && !title.MatchString(last) && strings.Contains(last, "批准人") {
			t.Fatal("sum and signatures stand alone on a page")
		}
	})
}

// TestSameSheetSameBytes: paper and files can be compared later.
func TestSameSheetSameBytes(t *testing.T) {
	all, again, other := samples(t), samples(t), load(t)
	for _, f := range load(t).Forms() {
		a, b := fill(t, f, all[f.ID]), fill(t, form(t, other, f.ID), again[f.ID])
		if !bytes.Equal(render(t, a.WriteHTML), render(t, b.WriteHTML)) || !bytes.Equal(render(t, a.WriteCSV), render(t, b.WriteCSV)) || !bytes.Equal(render(t, a.WriteJSON), render(t, b.WriteJSON)) {
			t.Errorf("%s: two renderings differ", f.ID)
		}
	}
}

// TestEveryPlaceIsOnPaper: heading of every field, every signer and every copy
// in both languages.
func TestEveryPlaceIsOnPaper(t *testing.T) {
	for _, f := range load(t).Forms() {
		page := html.UnescapeString(string(render(t, fill(t, f, forms.Content{}).WriteHTML)))
		want := []string{f.Title.Zh, f.Title.En}
		for _, c := range f.Boxes() {
			want = append(want, c.Zh, c.En)
		}
		for _, s := range f.Tables() {
			for _, c := range s.Fields {
				want = append(want, c.Zh, c.En)
			}
		}
		for _, g := range f.Signers() {
			want = append(want, g.Zh, g.En)
		}
		if f.Paper == forms.Portrait || f.Paper == forms.Landscape {
			for _, x := range append(append([]forms.Text{f.Retention}, f.Copies...), f.Notes...) {
				want = append(want, x.Zh, x.En)
			}
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: %q is not on paper", f.ID, w)
			}
		}
		if n := strings.Count(page, "签字："); n < len(f.Signers()) {
			t.Errorf("%s: %d places to sign for %d signers", f.ID, n, len(f.Signers()))
		}
	}
}

// TestFormsFitOnePage: an empty slip, label or approval is one sheet of paper.
func TestFormsFitOnePage(t *testing.T) {
	for _, f := range load(t).Forms() {
		if f.ID == "R1" || f.ID == "R2" {
			continue // reports of several tables
		}
		used, room := forms.PageUse(fill(t, f, forms.Content{}))
		if len(used) != 1 || used[0] > room[0] {
			t.Errorf("%s takes %d pages when empty: %.0f mm in %.0f mm", f.ID, len(used), used, room)
		}
	}
}

func TestJSONHoldsTheSheet(t *testing.T) {
	s := fill(t, form(t, load(t), "F11"), samples(t)["F11"])
	var back struct {
		Format, Form string
		Training     bool
		Tables       []struct {
			ID      string
			Columns []struct{ Key, Zh, En, Kind string }
			Rows    []map[string]string
			Sums    struct{ Totals map[string]string }
		}
		Signatures []struct {
			Role   string
			Signed []forms.Signature
		}
	}
	data := render(t, s.WriteJSON)
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if back.Format != forms.SheetFormat || back.Form != "F11" || !back.Training || len(back.Tables[0].Rows) != 22 || back.Tables[0].Sums.Totals["count"] != "22" ||
		back.Signatures[1].Role != "approver" || back.Signatures[1].Signed[0].Name != "郑国栋" || back.Tables[0].Columns[1].Zh != "文件资料名称" {
		t.Errorf("got %s", data[:min(len(data), 2000)])
	}
}

func hashOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
