package year_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/bench/year"
	"sexton/epcis"
	"sexton/transferlist"
)

// TestListsParse: the lists of a year are read without one bad row, as CSV in
// both encodings and as EPCIS, and say what the stream says.
func TestListsParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, events := whole(t)
		want, docs := map[string]year.Carrier{}, map[year.DocumentID]year.Document{}
		for _, e := range events {
			for _, d := range e.Documents {
				docs[d.ID] = d
			}
			for _, c := range e.Entries {
				if e.What != year.Copied {
					want[c.Number] = c
				}
			}
		}
		as := rapid.SampledFrom([]string{"utf-8-bom", "gb18030", "epcis"}).Draw(t, "as")
		rows := rapid.IntRange(0, 80).Draw(t, "rows")
		n, lists := 0, 0
		for list := range l.Lists(rows) {
			lists++
			got := reread(t, &list, as)
			if len(got) != len(list.Rows) {
				t.Fatalf("%s: %d rows of %d", list.Number, len(got), len(list.Rows))
			}
			for i, r := range got {
				c, ok := want[r.Number]
				d := docs[c.Document]
				if r.Line = 0; !ok || r != list.Rows[i] || r.Kind != c.Kind.String() || r.Classification != c.Class.String() || r.Copy != c.Copy || r.Serial != c.Serial || r.Count != 1 ||
					r.Extent.Value != max(int64(c.Pages), c.Bytes) || r.Title != d.Title || r.Document != d.Number || r.Period != d.Period || r.MustReturn != d.MustReturn ||
					r.Dated != d.Dated || r.Made != int64(d.Run) || r.Scope != d.Scope || r.Issuer != l.World().Unit(d.Unit).Name || r.Keeper == "" || r.Place == "" {
					t.Fatalf("%s: %+v, the stream has %+v of %+v", list.Number, r, c, d)
				}
				delete(want, r.Number)
				n++
			}
		}
		if n != l.Config().Carriers || len(want) > 0 {
			t.Fatalf("%d rows, %d carriers without a row", n, len(want))
		}
		if rows == 0 && lists < 3 {
			t.Fatalf("%d lists only", lists)
		}
	})
}

// reread writes a list and reads it again.
func reread(t *rapid.T, list *year.List, as string) []transferlist.Row {
	var b bytes.Buffer
	if as == "epcis" {
		if err := list.EPCIS(&b); err != nil {
			t.Fatal(err)
		}
		d, err := epcis.Parse(&b, epcis.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows, problems := epcis.Rows(d)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return rows
	}
	if err := list.CSV(&b, as); err != nil {
		t.Fatal(err)
	}
	got, bad, err := transferlist.Parse(&b, transferlist.Options{})
	if err != nil || len(bad) > 0 {
		t.Fatalf("%s: %v, %v", list.Number, err, bad)
	}
	if got.Encoding != as || got.Number != list.Number || !strings.Contains(got.Title, "演练") {
		t.Fatalf("%s in %s, %s", got.Number, got.Encoding, got.Title)
	}
	return got.Rows
}

// TestTables: people and places have a line each, and the rare characters are
// among the names.
func TestTables(t *testing.T) {
	l, err := year.New(year.Config{Carriers: 100, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := l.World()
	for name, c := range map[string]struct {
		table [][]string
		rows  int
	}{"people": {w.People(), len(w.Persons)}, "places": {w.PlacesTable(), len(w.Places)}} {
		if len(c.table) != c.rows+1 {
			t.Errorf("%s: %d lines", name, len(c.table))
		}
		for _, line := range c.table {
			if len(line) != len(c.table[0]) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	for _, r := range "㛃䶮𬭎" {
		if !slices.ContainsFunc(w.Persons, func(p year.Person) bool { return strings.HasSuffix(p.Name, string(r)) }) {
			t.Errorf("nobody is called %c", r)
		}
	}
}
