package epcis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sexton/custody"
	"sexton/epcis"
	"sexton/transferlist"
)

// arrival is an event of another system that brings a carrier in.
func arrival(n int, ilmd string) string {
	return fmt.Sprintf(`{"type": "ObjectEvent", "eventID": "urn:uuid:%s", "eventTime": "2026-11-23T10:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "ADD",
 "epcList": ["urn:uuid:%s"], "bizStep": "commissioning", "disposition": "active",
 "ilmd": {%s}}`, uuid(n), uuid(500+n), ilmd)
}

const whole = `"sexton:number": "云演-1", "sexton:kind": "paper", "sexton:classification": "secret", "sexton:period": "10年", "sexton:extent": 12, "sexton:extentUnit": "page", "sexton:count": 1,
 "sexton:title": "甲（演练）", "sexton:document": "云关演〔2026〕1号", "sexton:copy": "000003", "sexton:issuer": "云泽海关", "sexton:mustReturn": true, "sexton:dated": "2026-03-05", "sexton:made": 120, "sexton:scope": "局领导"`

// rowsOf gives the rows of events, and what is said of each event.
func rowsOf(t *testing.T, events ...string) ([]transferlist.Row, []string) {
	t.Helper()
	d, err := parse(wrap(strings.Join(events, ",\n")))
	if err != nil {
		t.Fatal(err)
	}
	rows, problems := epcis.Rows(d)
	var said []string
	for _, p := range problems {
		if p.Line < 6 || p.Column < 1 || p.Zh == "" || p.En == "" || p.Skipped() != strings.HasPrefix(p.Code, "skip.") {
			t.Errorf("%+v", p)
		}
		said = append(said, fmt.Sprintf("%d %s %s", p.Event, strings.TrimPrefix(p.Pointer, "/epcisBody/eventList/"), p.Code))
	}
	return rows, said
}

func TestRows(t *testing.T) {
	rows, said := rowsOf(t, arrival(1, whole))
	want := transferlist.Row{Line: 1, Number: "云演-1", Title: "甲（演练）", Issuer: "云泽海关", Kind: "paper", Medium: "paper", Document: "云关演〔2026〕1号", Copy: "000003", Classification: "secret", Period: "10年",
		Extent: custody.Extent{Value: 12, Unit: "page"}, Count: 1, MustReturn: true, Dated: "2026-03-05", Made: 120, Scope: "局领导"}
	if len(said) != 0 || !reflect.DeepEqual(rows, []transferlist.Row{want}) {
		t.Errorf("%+v, %v", rows, said)
	}
	// Received elsewhere, in full words, without a count, with master data of others.
	other := strings.NewReplacer(`"commissioning"`, `"https://ref.gs1.org/cbv/BizStep-receiving"`, `"sexton:count": 1,`, `"acme:colour": "red",`).Replace(arrival(1, whole))
	if rows, said = rowsOf(t, other); len(said) != 0 || !reflect.DeepEqual(rows, []transferlist.Row{want}) {
		t.Errorf("%+v, %v", rows, said)
	}
}

// TestWhatIsNotImported: each fault by its field, each other event by its
// reason, and the good rows beside them.
func TestWhatIsNotImported(t *testing.T) {
	good := arrival(9, strings.NewReplacer("云演-1", "云演-9", "000003", "000009").Replace(whole))
	for name, c := range map[string]struct {
		event string
		want  []string
	}{
		"another step":      {strings.Replace(arrival(1, whole), "commissioning", "storing", 1), []string{"1 0 skip.step"}},
		"no step":           {strings.Replace(arrival(1, whole), `"bizStep": "commissioning", `, "", 1), []string{"1 0 skip.step"}},
		"destruction":       {destroyed, []string{"1 0 skip.action"}},
		"packing":           {`{"type": "AggregationEvent", "eventTime": "2026-11-23T10:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "DELETE", "parentID": "urn:uuid:` + uuid(3) + `"}`, []string{"1 0 skip.type"}},
		"declared wrong":    {strings.Replace(arrival(1, whole), `"action"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00"}, "action"`, 1), []string{"1 0 skip.error"}},
		"no entry":          {arrival(1, `"acme:lot": "7"`), []string{"1 0/ilmd row.no-entry"}},
		"two items":         {strings.Replace(arrival(1, whole), `"epcList": [`, `"epcList": ["urn:uuid:`+uuid(3)+`", `, 1), []string{"1 0/epcList row.items"}},
		"a quantity":        {strings.Replace(arrival(1, whole), `"bizStep"`, `"quantityList": [{"epcClass": "urn:uuid:`+uuid(3)+`"}], "bizStep"`, 1), []string{"1 0/epcList row.items"}},
		"unknown field":     {arrival(1, strings.Replace(whole, "sexton:scope", "sexton:scopes", 1)), []string{"1 0/ilmd/sexton:scopes row.unknown-field"}},
		"unknown kind":      {arrival(1, strings.Replace(whole, `"paper"`, `"papers"`, 1)), []string{"1 0/ilmd/sexton:kind row.unknown-word"}},
		"unknown level":     {arrival(1, strings.Replace(whole, `"secret"`, `"机密"`, 1)), []string{"1 0/ilmd/sexton:classification row.unknown-word"}},
		"unit of no extent": {arrival(1, strings.Replace(whole, `"page"`, `"byte"`, 1)), []string{"1 0/ilmd/sexton:extent extent.impossible"}},
		"extent as text":    {arrival(1, strings.Replace(whole, `: 12,`, `: "12",`, 1)), []string{"1 0/ilmd/sexton:extent row.kind-of-value"}},
		"half a page":       {arrival(1, strings.Replace(whole, `: 12,`, `: 12.5,`, 1)), []string{"1 0/ilmd/sexton:extent row.kind-of-value"}},
		"no title":          {arrival(1, strings.Replace(whole, `"sexton:title": "甲（演练）", `, ``, 1)), []string{"1 0/ilmd/sexton:title title.lacking"}},
		"no number":         {arrival(1, strings.Replace(whole, `"sexton:number": "云演-1", `, ``, 1)), []string{"1 0/ilmd/sexton:number number.lacking"}},
		"★ on 内部":           {arrival(1, strings.Replace(whole, `"secret"`, `"internal"`, 1)), []string{"1 0/ilmd/sexton:classification mark.star-forbidden"}},
		"period too long":   {arrival(1, strings.Replace(whole, `10年`, `21年`, 1)), []string{"1 0/ilmd/sexton:period period.too-long"}},
		"period malformed":  {arrival(1, strings.Replace(whole, `10年`, `10`, 1)), []string{"1 0/ilmd/sexton:period period.malformed"}},
		"no such day":       {arrival(1, strings.Replace(whole, `2026-03-05`, `2026-02-30`, 1)), []string{"1 0/ilmd/sexton:dated date.impossible"}},
		"copy beyond made":  {arrival(1, strings.Replace(whole, `000003`, `000121`, 1)), []string{"1 0/ilmd/sexton:copy copy.beyond-made"}},
		"must-return word":  {arrival(1, strings.Replace(whole, `true`, `"是"`, 1)), []string{"1 0/ilmd/sexton:mustReturn row.kind-of-value"}},
		"number again":      {arrival(1, strings.Replace(whole, "云演-1", "云演-9", 1)), []string{"2 1/ilmd/sexton:number row.twice"}},
		"copy again":        {arrival(1, strings.Replace(whole, "000003", "000009", 1)), []string{"2 1/ilmd/sexton:copy row.twice"}},
	} {
		rows, said := rowsOf(t, c.event, good)
		if !slices.Equal(said, c.want) {
			t.Errorf("%s: %v, want %v", name, said, c.want)
		}
		if n := len(rows); n != 1 || rows[0].Line != map[bool]int{true: 1, false: 2}[strings.HasPrefix(c.want[0], "2")] {
			t.Errorf("%s: %+v", name, rows)
		}
	}
	// What is gone at the end of the document is not entered.
	gone := fmt.Sprintf(`{"type": "ObjectEvent", "eventTime": "2026-11-23T11:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "DELETE", "epcList": ["urn:uuid:%s"], "bizStep": "destroying", "disposition": "destroyed"}`, uuid(501))
	if rows, said := rowsOf(t, arrival(1, whole), gone); len(rows) != 0 || !slices.Equal(said, []string{"1 0 skip.gone", "2 1 skip.action"}) {
		t.Errorf("%v, %v", rows, said)
	}
	// The event that was declared wrong is not entered either.
	declared := strings.Replace(arrival(1, whole), `"action"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00"}, "action"`, 1)
	if rows, said := rowsOf(t, arrival(1, whole), declared); len(rows) != 0 || !slices.Equal(said, []string{"1 0 skip.error", "2 1 skip.error"}) {
		t.Errorf("%v, %v", rows, said)
	}
}

// TestRowsSurvive: a full export is read as the rows it was made from.
func TestRowsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []transferlist.Row
		doc := epcis.Document{Created: noon}
		for i := range rapid.IntRange(1, 4).Draw(t, "n") {
			r := drawEntry(t, i)
			r.Line, r.Title = i+1, rapid.SampledFrom([]string{"甲（演练）", "=1+1", "㛃䶮𬭎", `引号"、反斜杠\`}).Draw(t, "title")
			r.Keeper, r.Place, r.Scope = "周敏", rapid.SampledFrom([]string{"", "三号柜"}).Draw(t, "place"), rapid.SampledFrom([]string{"", "局领导"}).Draw(t, "scope")
			e, err := epcis.Happening{ID: uuid(i), Kind: epcis.Registered, At: noon, Carriers: []string{uuid(100 + i)}, Entry: &epcis.Entry{Row: r, Clear: true}}.Event()
			if err != nil {
				t.Fatalf("%v", err)
			}
			want, doc.Events = append(want, r), append(doc.Events, e)
		}
		d, err := epcis.Parse(bytes.NewReader(write(t, doc)), epcis.Options{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if rows, problems := epcis.Rows(d); len(problems) > 0 || !reflect.DeepEqual(rows, want) {
			t.Fatalf("%v\nread    %+v\nwritten %+v", problems, rows, want)
		}
	})
}

// FuzzParse: no text panics, and what is accepted is written, read again as the
// same, and its rows keep the promises of a list.
func FuzzParse(f *testing.F) {
	f.Add([]byte(wrap(destroyed)))
	f.Add([]byte(wrap(arrival(1, whole))))
	f.Add([]byte(`{"@context":"https://ref.gs1.org/standards/epcis/epcis-context.jsonld","type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[{"type":"TransformationEvent","eventTime":"2026-01-01T00:00:00Z","eventTimeZoneOffset":"+00:00","inputEPCList":["urn:a:b"],"outputQuantityList":[{"epcClass":"tag:a","quantity":1e3}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := epcis.Parse(bytes.NewReader(data), epcis.Options{MaxProblems: 20})
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("encoding/json does not take %q", data)
		}
		again, err := epcis.Parse(bytes.NewReader(write(t, d)), epcis.Options{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if first, second := write(t, d), write(t, again); !bytes.Equal(first, second) {
			t.Fatalf("written %s, then %s", first, second)
		}
		rows, problems := epcis.Rows(d)
		for _, r := range rows {
			if r.Number == "" || r.Title == "" || r.Count < 1 || strings.ContainsAny(r.Number+r.Title+r.Document, "\x00\n\x1b") {
				t.Fatalf("accepted %+v", r)
			}
		}
		if len(rows)+len(problems) < len(d.Events) {
			t.Fatalf("%d events, %d rows, %d problems", len(d.Events), len(rows), len(problems))
		}
	})
}

// BenchmarkParse100000 reads a document of 100,000 events, and the same bytes
// by encoding/json, which checks nothing.
func BenchmarkParse100000(b *testing.B) {
	doc := epcis.Document{Created: noon}
	for i := range 100_000 {
		h := epcis.Happening{ID: uuid(i), Kind: epcis.Stored, At: noon, Carriers: []string{uuid(1_000_000 + i)}, Place: uuid(7)}
		switch i % 3 {
		case 0:
			h.Kind, h.Entry = epcis.Registered, &epcis.Entry{Row: transferlist.Row{Number: fmt.Sprint("云演-", i), Kind: "paper", Classification: "secret", Period: "10年", Extent: custody.Extent{Value: 3, Unit: "page"}, Count: 1, Title: "甲（演练）"}, Clear: true}
		case 1:
			h.Kind, h.Evidence = epcis.Destroyed, &epcis.Evidence{Items: 1, MassMG: 30_500, EnergyJ: 410, MinMA: 1200, MaxMA: 4750, MeanMA: 3000, Interlock: epcis.True}
		}
		e, err := h.Event()
		if err != nil {
			b.Fatal(err)
		}
		doc.Events = append(doc.Events, e)
	}
	text := write(b, doc)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var ours, plain time.Duration
	for b.Loop() {
		start := time.Now()
		if d, err := epcis.Parse(bytes.NewReader(text), epcis.Options{}); err != nil || len(d.Events) != 100_000 {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
		plain += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(plain), "x-json")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N)/100_000, "us/event")
}
