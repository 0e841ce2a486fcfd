package station_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sexton/epcis"
	"sexton/ledger/leaf"
	"sexton/station"
	"sexton/transferlist"
)

// TestDutyD17Exports writes a story's carriers in every format and reads them back by the rules other systems read by.
func TestDutyD17Exports(t *testing.T) {
	w := newWorld(t)
	aYear(w)
	ctx := t.Context()
	export := func(format string, titles bool) station.File {
		t.Helper()
		f, err := w.st.ExportCarriers(ctx, station.ExportOptions{Filter: station.SearchFilter{}, Format: format, Titles: titles, Medium: "/media/U-07"}, w.signer("sun"))
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		return f
	}
	// Nothing that is committed leaves unasked.
	for _, format := range []string{"csv", "epcis", "json"} {
		f := export(format, false)
		for _, secret := range []string{"（演练）", "某局〔2026〕", "000001"} {
			if bytes.Contains(f.Data, []byte(secret)) {
				t.Errorf("%s without titles tells %s", format, secret)
			}
		}
		if with := export(format, true); !bytes.Contains(with.Data, []byte("某局〔2026〕100号")) {
			t.Errorf("%s with titles tells no document number", format)
		}
	}

	list, bad, err := transferlist.Parse(bytes.NewReader(export("csv", true).Data), transferlist.Options{})
	if err != nil || len(bad) > 0 || len(list.Rows) != 21 { // 18 received, 3 copied
		t.Errorf("%d rows, %v, %v", len(list.Rows), bad, err)
	}
	i := slices.IndexFunc(list.Rows, func(r transferlist.Row) bool { return r.Number == "YZ-001" })
	if i < 0 || list.Rows[i].Mark() != "秘密★5年" || list.Rows[i].Document != "某局〔2026〕1号" {
		t.Errorf("the mark exported is the one of registration: %+v", list.Rows)
	}

	doc, err := epcis.Parse(bytes.NewReader(export("epcis", true).Data), epcis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[epcis.Kind]int{}
	for _, e := range doc.Events {
		h, ok := epcis.HappeningOf(e)
		if !ok {
			t.Errorf("an event that is none of ours: %+v", e)
		}
		kinds[h.Kind]++
	}
	if kinds[epcis.Registered] != 18 || kinds[epcis.Copied] != 3 || kinds[epcis.Received] != 2 || kinds[epcis.Lent] != 1 || kinds[epcis.Returned] != 1 || kinds[epcis.Reclassified] != 1 ||
		kinds[epcis.Missing] != 1 || kinds[epcis.Lost] != 1 || kinds[epcis.Destroyed] != 2 || kinds[epcis.InspectedFault] != 1 || kinds[epcis.Archived] == 0 {
		t.Errorf("happenings %v", kinds)
	}
	rows, problems := epcis.Rows(doc)
	if len(rows) != 18-kinds[epcis.Archived]-kinds[epcis.Destroyed] { // what is no more is not registered anew
		t.Errorf("%d rows could be registered from it, %v", len(rows), problems)
	}

	var j struct {
		Format   string
		Ledger   struct{ Size int64 }
		Carriers []struct{ Number, Classification, Disposition string }
	}
	f := export("json", false)
	if err := json.Unmarshal(f.Data, &j); err != nil || j.Format != "sexton-carriers/1" || len(j.Carriers) != 21 || j.Ledger.Size != f.View.Index {
		t.Errorf("%v %+v", err, j)
	}
	_, p, err := leaf.Decode(must(w.led.Leaf(ctx, f.View.Index)))
	b, ok := p.Body.(*leaf.Report)
	if err != nil || !ok || b.Form != "export" || b.Rows != 21 || b.SHA256 != f.View.SHA256 || b.Medium == "" || strings.Contains(string(b.Medium), "U-07") {
		t.Errorf("%v %+v", err, p.Body)
	}
	if o := must(w.led.Openings(ctx, p.ID)); len(o) != 1 || o[0].Value != "/media/U-07" {
		t.Errorf("the medium is not known any more: %+v", o)
	}

	refuse := func(by string, o station.ExportOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.ExportCarriers(ctx, o, w.signer(by)); return err }
	}
	w.as("zhou")
	w.refused("titles for an approver", "person.role", refuse("zhou", station.ExportOptions{Format: "csv", Titles: true, Medium: "m"}))
	w.refused("by an operator", "person.role", refuse("wu", station.ExportOptions{Format: "csv", Medium: "m"}))
	w.refused("without a medium", "usage.bad-request", refuse("zhou", station.ExportOptions{Format: "csv"}))
	w.refused("a format that is none", "usage.bad-request", refuse("zhou", station.ExportOptions{Format: "xml", Medium: "m"}))
	w.refused("a state that is none", "usage.bad-request", refuse("zhou", station.ExportOptions{Format: "csv", Medium: "m", Filter: station.SearchFilter{States: []string{"gone"}}}))
}
