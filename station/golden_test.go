package station_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sexton/station"
)

var update = flag.Bool("update", false, "write testdata/sheets anew")

// dated is what differs from run to run: the days of the story become D1 to D5, times lose their clock, ids and roots their digits.
func dated(text string, days []string) string {
	for i, d := range days {
		text = strings.ReplaceAll(text, d, fmt.Sprintf("D%d", i+1))
	}
	for _, r := range []struct{ re, to string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}`, "UUID"}, {`\b[0-9a-f]{64}\b`, "ROOT"}, {`(D\d) \d\d:\d\d`, "$1 HH:MM"}, {`账本记录数,\d+`, "账本记录数,N"},
		{`20\d\d-密收`, "YYYY-密收"}, {`证2\d{3}`, "证YYYY"}, {`20\d\d-000`, "YYYY-000"},
	} {
		text = regexp.MustCompile(r.re).ReplaceAllString(text, r.to)
	}
	return text
}

// TestGoldenSheets compares whole sheets of one story with those that were looked at.
func TestGoldenSheets(t *testing.T) {
	w := newWorld(t)
	_, days := aYear(w)
	from, to := days[0], days[len(days)-1]
	for _, o := range []station.PrintOptions{
		{Form: "R1", From: from, To: to, Number: "统-1"}, {Form: "R2", From: from, To: to}, {Form: "F1", Filter: &station.SearchFilter{Held: true}},
		{Form: "F2", From: from, To: to}, {Form: "F3", From: from, To: to}, {Form: "F6", From: from, To: to}, {Form: "F11", For: batchNumber}, {Form: "F12", For: batchNumber},
		{Form: "F15", For: "检-9"}, {Form: "F15c", For: "检-9"}, {Form: "F17b", For: "wu"}, {Form: "F20", For: "事-9"},
	} {
		got := dated(string(w.print(o, "sun").Data), days)
		path := filepath.Join("testdata", "sheets", o.Form+".csv")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s differs: look at the change, then go test ./station -run Golden -update (%v)\n%s", path, err, got)
		}
	}
}
