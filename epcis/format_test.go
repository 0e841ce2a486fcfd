package epcis_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sexton/custody"
	"sexton/epcis"
	"sexton/transferlist"
	"sexton/transferlist/transferlisttest"
)

var update = flag.Bool("update", false, "write the tables of FORMAT.md and the sample in testdata/epcis")

// TestFormat keeps the tables of FORMAT.md equal to the code.
func TestFormat(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	var entry, mapping, kinds, levels strings.Builder
	entry.WriteString("| field | value | as in a transfer list | in clear |\n|---|---|---|---|\n")
	for _, f := range epcis.EntryTable() {
		fmt.Fprintf(&entry, "| `%s` | %s | %s | %s |\n", f[0], f[1], f[2], f[3])
	}
	mapping.WriteString("| ours | type, action | bizStep | disposition | meaning |\n|---|---|---|---|---|\n")
	for _, m := range epcis.Mappings() {
		disposition := m.Disposition
		if m.Set != "" {
			disposition += ", set " + m.Set
		}
		if m.Unset != "" {
			disposition += ", unset " + m.Unset
		}
		fmt.Fprintf(&mapping, "| %s | %s %s | `%s` | %s | %s, %s |\n", m.Kind, m.Type, m.Action, m.BizStep, disposition, m.Zh, m.En)
	}
	for _, k := range custody.CarrierKinds() {
		fmt.Fprintf(&kinds, " `%s`", k.Word)
	}
	for _, c := range custody.Classifications() {
		fmt.Fprintf(&levels, " `%s`", c.Word)
	}
	want := between(t, between(t, string(text), "<!-- entry -->\n", entry.String()), "<!-- mapping -->\n", mapping.String())
	want = listed(t, listed(t, want, "`kind` is one of", kinds.String()), "`classification` one of", levels.String())
	if *update {
		if err := os.WriteFile("FORMAT.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Error("FORMAT.md differs from the code; run with -update")
	}
}

// between puts a table behind its mark.
func between(t *testing.T, text, mark, table string) string {
	before, rest, ok := strings.Cut(text, mark)
	_, after, ok2 := strings.Cut(rest, "<!-- end -->")
	if !ok || !ok2 {
		t.Fatalf("FORMAT.md has no %s", mark)
	}
	return before + mark + table + "<!-- end -->" + after
}

// listed puts words between a phrase and the next semicolon.
func listed(t *testing.T, text, phrase, words string) string {
	before, rest, ok := strings.Cut(text, phrase)
	_, after, ok2 := strings.Cut(rest, ";")
	if !ok || !ok2 {
		t.Fatalf("FORMAT.md does not say %q", phrase)
	}
	return before + phrase + words + ";" + after
}

// TestSample: the sample is what the exporter makes of an invented list, and
// gives the list back.
func TestSample(t *testing.T) {
	list, faults, err := transferlist.Parse(bytes.NewReader(transferlisttest.Sheet(transferlisttest.Rows(20, 20261123))), transferlist.Options{})
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	doc := epcis.Document{Created: noon, Sender: "云泽市财政局（演练）"}
	for i := range list.Rows {
		list.Rows[i].Line = i + 1
		e, err := epcis.Happening{ID: uuid(i + 1), Kind: epcis.Registered, At: noon, Carriers: []string{uuid(1000 + i)}, Entry: &epcis.Entry{Row: list.Rows[i], Clear: true}}.Event()
		if err != nil {
			t.Fatal(err)
		}
		doc.Events = append(doc.Events, e)
	}
	want := write(t, doc)
	file := filepath.Join("..", "testdata", "epcis", "arrivals.jsonld")
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
		t.Error("the sample differs from its generator; run with -update")
	}
	d, err := epcis.Parse(bytes.NewReader(got), epcis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, problems := epcis.Rows(d); len(problems) > 0 || !reflect.DeepEqual(rows, list.Rows) {
		t.Errorf("%v, %+v", problems, rows)
	}
}
