package epcis_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
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

func uuid(n int) string { return fmt.Sprintf("0193a5b0-0000-7000-8000-%012x", n) }

// beijing is made as parsing makes zones, so that values compare.
var beijing = time.FixedZone("", 8*3600)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, beijing)

func write(t interface{ Fatalf(string, ...any) }, d epcis.Document) []byte {
	var b bytes.Buffer
	if err := epcis.Write(&b, d); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}

// unplaced takes away where events stood.
func unplaced(d epcis.Document) epcis.Document {
	d.Events = slices.Clone(d.Events)
	for i := range d.Events {
		d.Events[i].Line, d.Events[i].Column = 0, 0
	}
	return d
}

// drawing draws parts of documents.
type drawing struct{ *rapid.T }

func (d drawing) uri(name string) string {
	return rapid.SampledFrom([]string{"urn:uuid:" + uuid(1), "https://acme.example/obj/%E6%BC%94?x=1#a", "acme:obj/7", "sexton:x", "urn:epc:id:sgtin:0614141.107346.2017", "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"}).Draw(d.T, name)
}

func (d drawing) maybe(name string) string {
	if rapid.Bool().Draw(d.T, name+"?") {
		return d.uri(name)
	}
	return ""
}

func (d drawing) uris(name string, least int) []string {
	n := rapid.IntRange(least, least+2).Draw(d.T, name)
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("urn:uuid:%s", uuid(rapid.IntRange(0, 9).Draw(d.T, name)*10+i)))
	}
	return list
}

func (d drawing) time(name string) time.Time {
	zone := rapid.SampledFrom([]*time.Location{beijing, time.UTC, time.FixedZone("", -5*3600-1800)}).Draw(d.T, name)
	return time.Unix(rapid.Int64Range(0, 4e9).Draw(d.T, name), rapid.Int64Range(0, 999_999_999).Draw(d.T, name)).In(zone)
}

func (d drawing) number(name string) epcis.Number {
	return rapid.SampledFrom([]epcis.Number{"", "0", "-0", "1", "-1.50", "4.7e9", "1E-3", "123456789012345678901234567890"}).Draw(d.T, name)
}

func (d drawing) value(depth int) epcis.Value {
	switch rapid.IntRange(0, 4-min(depth, 2)*2).Draw(d.T, "value") {
	case 0:
		return epcis.TextOf(rapid.SampledFrom([]string{"", "演证 2026", `"`, `\`, "㛃䶮𬭎", "a/b<c>&"}).Draw(d.T, "text"))
	case 1:
		return epcis.NumberOf("1.250")
	case 2:
		return epcis.BoolOf(rapid.Bool().Draw(d.T, "bool"))
	case 3:
		v := epcis.Value{Kind: epcis.ListValue}
		for range rapid.IntRange(0, 3).Draw(d.T, "items") {
			v.Items = append(v.Items, d.value(depth+1))
		}
		return v
	}
	return epcis.Value{Kind: epcis.ObjectValue, Fields: append([]epcis.Field{{Name: "@type", Value: epcis.TextOf("xsd:string")}}, d.fields(depth+1)...)}
}

func (d drawing) fields(depth int) (list []epcis.Field) {
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"acme:a", "acme:b", "gs1:c", "https://acme.example/ns#d", "sexton:e"}), 0, 3, rapid.ID[string]).Draw(d.T, "names") {
		list = append(list, epcis.Field{Name: name, Value: d.value(depth)})
	}
	slices.SortFunc(list, func(a, b epcis.Field) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (d drawing) quantities(name string) (list []epcis.Quantity) {
	for range rapid.IntRange(0, 2).Draw(d.T, name) {
		list = append(list, epcis.Quantity{Class: d.uri(name), Amount: rapid.SampledFrom([]epcis.Number{"", "0", "2.5"}).Draw(d.T, name), Unit: rapid.SampledFrom([]string{"", "KGM", "EA", "4G"}).Draw(d.T, name)})
	}
	return list
}

func (d drawing) typed(name string, types ...string) (list []epcis.Typed) {
	for range rapid.IntRange(0, 2).Draw(d.T, name) {
		list = append(list, epcis.Typed{Type: rapid.SampledFrom(types).Draw(d.T, name), ID: d.uri(name)})
	}
	return list
}

func (d drawing) location(name string) epcis.Location {
	if id := d.maybe(name); id != "" {
		return epcis.Location{ID: id, Extra: d.fields(1)}
	}
	return epcis.Location{}
}

func (d drawing) sensors() (list []epcis.SensorElement) {
	for range rapid.IntRange(0, 2).Draw(d.T, "sensors") {
		start := d.time("start")
		s := epcis.SensorElement{Metadata: epcis.SensorMetadata{Time: d.time("time"), Start: start, End: start.Add(time.Minute), Device: d.maybe("device"), DeviceMetadata: d.maybe("device"),
			RawData: d.maybe("raw"), ProcessingMethod: d.maybe("method"), BizRules: d.maybe("rules"), Extra: d.fields(1)}, Extra: d.fields(1)}
		for range rapid.IntRange(1, 3).Draw(d.T, "reports") {
			s.Reports = append(s.Reports, epcis.SensorReport{Type: rapid.SampledFrom([]string{"Mass", "Energy", "sexton:interlockClosed"}).Draw(d.T, "type"), Exception: rapid.SampledFrom([]string{"", "ALARM_CONDITION"}).Draw(d.T, "alarm"),
				Time: d.time("time"), Device: d.maybe("device"), DeviceMetadata: d.maybe("device"), RawData: d.maybe("raw"), ProcessingMethod: d.maybe("method"), Microorganism: d.maybe("germ"), Substance: d.maybe("substance"),
				Component: rapid.SampledFrom([]string{"", "x", "latitude"}).Draw(d.T, "component"), CoordinateSystem: d.maybe("system"), Value: d.number("value"), Min: "-7", Max: "7.5", Mean: d.number("mean"), Deviation: d.number("deviation"),
				PercentileRank: d.number("rank"), PercentileValue: d.number("percentile"), Text: rapid.SampledFrom([]string{"", "演"}).Draw(d.T, "string"), URI: d.maybe("uri"), Hex: rapid.SampledFrom([]string{"", "0aFF"}).Draw(d.T, "hex"),
				Bool: rapid.SampledFrom([]epcis.Tristate{epcis.Unknown, epcis.False, epcis.True}).Draw(d.T, "bool"), Unit: rapid.SampledFrom([]string{"", "KGM"}).Draw(d.T, "unit"), Extra: d.fields(1)})
		}
		list = append(list, s)
	}
	return list
}

// event draws one event of any type with any of its fields.
func (d drawing) event(i int) epcis.Event {
	e := epcis.Event{Type: rapid.SampledFrom([]epcis.Type{epcis.ObjectEvent, epcis.AggregationEvent, epcis.TransactionEvent, epcis.TransformationEvent, epcis.AssociationEvent}).Draw(d.T, "type"),
		ID: "urn:uuid:" + uuid(1000+i), Time: d.time("at"), Offset: rapid.SampledFrom([]string{"+08:00", "-05:30", "+00:00", "+14:00"}).Draw(d.T, "offset"),
		Action: rapid.SampledFrom([]epcis.Action{epcis.Add, epcis.Observe, epcis.Delete}).Draw(d.T, "action"), EPCs: d.uris("items", 1), Quantities: d.quantities("amounts"),
		BizStep:     rapid.SampledFrom([]string{"", "destroying", "sexton:archiving", "https://acme.example/steps/a"}).Draw(d.T, "step"),
		Disposition: rapid.SampledFrom([]string{"", "destroyed", "acme:gone"}).Draw(d.T, "disposition"), ReadPoint: d.location("read point"), BizLocation: d.location("location"),
		Transactions: d.typed("transactions", "", "cert", "sexton:approval"), Sources: d.typed("sources", "owning_party", "acme:x"), Destinations: d.typed("destinations", "location"),
		Sensors: d.sensors(), Certificates: d.uris("certificates", 0), Extra: d.fields(0)}
	if rapid.Bool().Draw(d.T, "recorded?") {
		e.Recorded = d.time("recorded")
	}
	if rapid.Bool().Draw(d.T, "wrong?") {
		e.Error = &epcis.ErrorDeclaration{Time: d.time("declared"), Reason: rapid.SampledFrom([]string{"", "did_not_occur", "acme:slip"}).Draw(d.T, "reason"), Corrections: d.uris("corrections", 0), Extra: d.fields(1)}
	}
	switch e.Type {
	case epcis.AggregationEvent, epcis.AssociationEvent:
		e.Parent = d.uri("parent")
	case epcis.TransactionEvent:
		e.Parent = d.maybe("parent")
		e.Transactions = append(e.Transactions, epcis.Typed{Type: "po", ID: d.uri("order")})
	case epcis.TransformationEvent:
		e.Action, e.OutputEPCs, e.OutputQuantities, e.TransformationID = "", d.uris("outputs", 1), d.quantities("outputs"), d.maybe("transformation")
	}
	if e.Type == epcis.ObjectEvent || e.Type == epcis.TransformationEvent {
		e.Set, e.Unset = rapid.SampledFrom([][]string{nil, {"damaged"}, {"damaged", "acme:x"}}).Draw(d.T, "set"), rapid.SampledFrom([][]string{nil, {"recalled"}}).Draw(d.T, "unset")
		if e.Action == epcis.Add || e.Action == "" {
			e.ILMD = d.fields(0)
		}
	}
	return e
}

// TestDocumentsSurvive: what is written is read as it was, and written again as
// the same bytes; encoding/json agrees that it is JSON.
func TestDocumentsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawing{t}
		doc := epcis.Document{ID: rapid.SampledFrom([]string{"", "urn:uuid:" + uuid(77)}).Draw(t, "id"), Version: rapid.SampledFrom([]string{"2.0", "2.0.0"}).Draw(t, "version"), Created: d.time("created"),
			Sender: rapid.SampledFrom([]string{"", "演练单位"}).Draw(t, "sender"), Prefixes: map[string]string{"acme": "https://acme.example/ns#", "sexton": epcis.Namespace}, Extra: d.fields(0)}
		for i := range rapid.IntRange(1, 3).Draw(t, "events") {
			doc.Events = append(doc.Events, d.event(i))
		}
		text := write(t, doc)
		if !json.Valid(text) {
			t.Fatalf("encoding/json: this is no JSON: %s", text)
		}
		got, err := epcis.Parse(bytes.NewReader(text), epcis.Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if again := write(t, got); !bytes.Equal(again, text) {
			t.Fatalf("written\n%s\nthen\n%s", text, again)
		}
		if got = unplaced(got); !reflect.DeepEqual(got, doc) {
			t.Fatalf("read\n%+v\nwritten\n%+v", got, doc)
		}
	})
}

// TestWhatIsNotWritten: a document that would be refused is not written, and
// nothing slips in as something else.
func TestWhatIsNotWritten(t *testing.T) {
	good := epcis.Event{Type: epcis.ObjectEvent, ID: "urn:uuid:" + uuid(1), Time: noon, Offset: "+08:00", Action: epcis.Observe, EPCs: []string{"urn:uuid:" + uuid(2)}}
	for name, spoil := range map[string]func(*epcis.Document){
		"no creation date":      func(d *epcis.Document) { d.Created = time.Time{} },
		"no time":               func(d *epcis.Document) { d.Events[0].Time = time.Time{} },
		"no item":               func(d *epcis.Document) { d.Events[0].EPCs = nil },
		"misspelt step":         func(d *epcis.Document) { d.Events[0].BizStep = "destroyed" },
		"field of another type": func(d *epcis.Document) { d.Events[0].Parent = "urn:uuid:" + uuid(3) },
		"undeclared prefix":     func(d *epcis.Document) { d.Events[0].Extra = []epcis.Field{{Name: "acme:x", Value: epcis.TextOf("1")}} },
		"no prefix": func(d *epcis.Document) {
			d.Events[0].Extra = []epcis.Field{{Name: "bizStep", Value: epcis.TextOf("destroying")}}
		},
		"no value": func(d *epcis.Document) { d.Events[0].Extra = []epcis.Field{{Name: "sexton:x"}} },
		"no number": func(d *epcis.Document) {
			d.Events[0].Extra = []epcis.Field{{Name: "sexton:x", Value: epcis.NumberOf(`1,"sexton:y":2`)}}
		},
		"no truth value": func(d *epcis.Document) {
			d.Events[0].Extra = []epcis.Field{{Name: "sexton:x", Value: epcis.Value{Kind: epcis.BoolValue, Text: "null"}}}
		},
		"number with a tail": func(d *epcis.Document) {
			d.Events[0].Quantities = []epcis.Quantity{{Class: "urn:uuid:" + uuid(4), Amount: "1 2"}}
		},
		"name twice": func(d *epcis.Document) {
			d.Events[0].Extra = []epcis.Field{{Name: "sexton:x", Value: epcis.TextOf("1")}, {Name: "sexton:x", Value: epcis.TextOf("2")}}
		},
		"broken text":       func(d *epcis.Document) { d.Sender = "\xff\"" },
		"control character": func(d *epcis.Document) { d.Sender = "a\nb" },
		"sexton redefined":  func(d *epcis.Document) { d.Prefixes = map[string]string{"cbv": "https://acme.example/ns#"} },
		"ID twice":          func(d *epcis.Document) { d.Events = append(d.Events, d.Events[0]) },
	} {
		d := epcis.Document{Created: noon, Events: []epcis.Event{good}}
		spoil(&d)
		var b bytes.Buffer
		if err := epcis.Write(&b, d); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
		}
	}
}

// TestTheTable: every row says something of its own, in known words, and is
// read back.
func TestTheTable(t *testing.T) {
	rows := epcis.Mappings()
	type words struct {
		epcis.Type
		epcis.Action
		step, disposition, set, unset string
	}
	kinds, seen := map[epcis.Kind]bool{}, map[words]epcis.Kind{}
	var doc = epcis.Document{Created: noon}
	for i, m := range rows {
		w := words{m.Type, m.Action, m.BizStep, m.Disposition, m.Set, m.Unset}
		if other := seen[w]; other != "" || kinds[m.Kind] || m.Zh == "" || m.En == "" {
			t.Errorf("%s is like %s, or stands twice", m.Kind, other)
		}
		kinds[m.Kind], seen[w] = true, m.Kind
		h := epcis.Happening{ID: uuid(i), Kind: m.Kind, At: noon, Carriers: []string{uuid(100)}}
		if m.Type == epcis.AggregationEvent || m.Type == epcis.AssociationEvent {
			h.Parent = uuid(200)
		}
		e, err := h.Event()
		if err != nil {
			t.Fatal(err)
		}
		if back, ok := epcis.HappeningOf(e); !ok || !reflect.DeepEqual(back, h) {
			t.Errorf("%s came back as %+v", m.Kind, back)
		}
		doc.Events = append(doc.Events, e)
	}
	write(t, doc) // which refuses words that are in no list
	want := map[epcis.Kind]string{"registered": "ADD commissioning active", "received": "OBSERVE receiving in_progress", "handed-over": "OBSERVE accepting in_progress", "dispatched": "OBSERVE shipping in_transit",
		"dispatch-cancelled": "OBSERVE void_shipping in_progress", "stored": "OBSERVE storing in_progress", "packed": "ADD packing container_closed", "unpacked": "DELETE unpacking completeness_verified", "counted": "OBSERVE stock_taking ",
		"quarantined": "OBSERVE holding non_conformant", "inspected": "OBSERVE inspecting conformant", "collected": "OBSERVE collecting disposed", "destroyed": "DELETE destroying destroyed", "returned": "OBSERVE shipping returned",
		"archived": "DELETE sexton:archiving inactive", "declassified": "DELETE sexton:declassifying inactive", "consigned": "OBSERVE consigning in_transit", "copied": "ADD sexton:copying active"}
	for _, m := range rows {
		if got := fmt.Sprint(m.Action, " ", m.BizStep, " ", m.Disposition); want[m.Kind] != "" && got != want[m.Kind] {
			t.Errorf("%s: %s, want %s", m.Kind, got, want[m.Kind])
		}
		delete(want, m.Kind)
	}
	if len(want) > 0 {
		t.Errorf("no row for %v", slices.Collect(maps.Keys(want)))
	}
}

func drawHappening(t *rapid.T, i int) epcis.Happening {
	d := drawing{t}
	m := rapid.SampledFrom(epcis.Mappings()).Draw(t, "mapping")
	id := func(name string) string {
		return rapid.SampledFrom([]string{"", uuid(7), uuid(8), "https://sexton.invalid/loc/7"}).Draw(t, name)
	}
	h := epcis.Happening{ID: uuid(i), Kind: m.Kind, At: d.time("at"), Carriers: []string{uuid(500 + i)}, Place: id("place"), From: id("from"), To: id("to"), Batch: id("batch"), Certificate: id("certificate"), Approval: id("approval")}
	if m.Type != epcis.ObjectEvent {
		h.Parent = uuid(9)
	}
	if rapid.Bool().Draw(t, "more?") {
		h.Recorded, h.Qualifications = d.time("recorded"), []string{"https://sexton.invalid/approval/7", "urn:uuid:" + uuid(3)}
		h.Extra = []epcis.Field{{Name: "sexton:certificateNo", Value: epcis.TextOf("演证2026-000017")}}
		h.Mistake = &epcis.Mistake{At: d.time("declared"), NeverWas: rapid.Bool().Draw(t, "never"), Corrections: []string{uuid(6)}}
	}
	if m.Kind == epcis.Reclassified {
		h.Mark = epcis.Mark{Classification: "secret", Period: rapid.SampledFrom([]string{"", "10年"}).Draw(t, "period")}
	}
	if m.Kind == epcis.Destroyed || m.Kind == epcis.Unproven {
		n := func(name string) int64 { return rapid.Int64Range(-1, 5_000_000).Draw(t, name) }
		start := d.time("start")
		h.Evidence = &epcis.Evidence{Machine: id("machine"), Start: start, End: start.Add(time.Second), Items: rapid.Int64Range(0, 9).Draw(t, "items"), MassMG: n("mass"), EnergyJ: n("energy"), MinMA: -1, MaxMA: n("max"), MeanMA: n("mean"),
			Interlock: rapid.SampledFrom([]epcis.Tristate{epcis.Unknown, epcis.False, epcis.True}).Draw(t, "interlock")}
	}
	if m.Kind == epcis.Registered {
		h.Entry = &epcis.Entry{Row: drawEntry(t, i)}
		if rapid.Bool().Draw(t, "clear?") {
			h.Entry.Clear = true
			h.Entry.Row.Title, h.Entry.Row.Document, h.Entry.Row.Remark = "=标题（演练）", "云财演〔2026〕1号", `"引号"\`
		}
	}
	return h
}

func drawEntry(t *rapid.T, i int) transferlist.Row {
	k := rapid.SampledFrom(custody.CarrierKinds()).Draw(t, "kind")
	return transferlist.Row{Number: fmt.Sprintf("云演-%d", i), Kind: k.Word, Medium: k.Medium, Classification: "confidential", Period: rapid.SampledFrom([]string{"", "5年", "会议开始前"}).Draw(t, "period"),
		Extent: custody.Extent{Value: rapid.Int64Range(1, 9999).Draw(t, "extent"), Unit: k.Unit}, Count: 1, MustReturn: rapid.Bool().Draw(t, "return"), Dated: "2026-03-05", Made: rapid.Int64Range(0, 2).Draw(t, "made")}
}

// TestHappeningsSurvive: happening to event to text, and back.
func TestHappeningsSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []epcis.Happening
		doc := epcis.Document{Created: noon}
		for i := range rapid.IntRange(1, 4).Draw(t, "n") {
			h := drawHappening(t, i)
			e, err := h.Event()
			if err != nil {
				t.Fatalf("%v", err)
			}
			want, doc.Events = append(want, h), append(doc.Events, e)
		}
		got, err := epcis.Parse(bytes.NewReader(write(t, doc)), epcis.Options{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		for i, e := range got.Events {
			h, ok := epcis.HappeningOf(e)
			if !ok || !reflect.DeepEqual(h, want[i]) {
				t.Fatalf("%v\nread    %+v\nwritten %+v", ok, h, want[i])
			}
		}
	})
}

// TestForeignEvents: an event that says more or other than a happening of ours
// is not taken for one.
func TestForeignEvents(t *testing.T) {
	h := epcis.Happening{ID: uuid(1), Kind: epcis.Stored, At: noon, Carriers: []string{uuid(2)}, Place: uuid(3)}
	for name, spoil := range map[string]func(*epcis.Event){
		"killing": func(e *epcis.Event) { e.Action, e.BizStep, e.Disposition = epcis.Delete, "killing", "destroyed" },
		"decommissioning": func(e *epcis.Event) {
			e.Action, e.BizStep, e.Disposition = epcis.Delete, "decommissioning", "destroyed"
		},
		"observed destruction": func(e *epcis.Event) { e.BizStep, e.Disposition = "destroying", "destroyed" },
		"another offset":       func(e *epcis.Event) { e.Offset = "+09:00" },
		"business location":    func(e *epcis.Event) { e.BizLocation.ID = "urn:uuid:" + uuid(4) },
		"purchase order":       func(e *epcis.Event) { e.Transactions = []epcis.Typed{{Type: "po", ID: "urn:uuid:" + uuid(5)}} },
		"two sources":          func(e *epcis.Event) { e.Sources = []epcis.Typed{{Type: "owning_party", ID: "urn:uuid:" + uuid(5)}} },
		"master data":          func(e *epcis.Event) { e.ILMD = []epcis.Field{{Name: "sexton:number", Value: epcis.TextOf("1")}} },
		"a foreign ID":         func(e *epcis.Event) { e.ID = "https://acme.example/7" },
		"quantity":             func(e *epcis.Event) { e.Quantities = []epcis.Quantity{{Class: "urn:uuid:" + uuid(6)}} },
	} {
		e, err := h.Event()
		if err != nil {
			t.Fatal(err)
		}
		spoil(&e)
		if got, ok := epcis.HappeningOf(e); ok {
			t.Errorf("%s: taken for %+v", name, got)
		}
	}
	for name, bad := range map[string]epcis.Happening{
		"unknown kind": {ID: uuid(1), Kind: "burnt"}, "ID": {ID: "7", Kind: epcis.Stored}, "entry elsewhere": {ID: uuid(1), Kind: epcis.Stored, Carriers: []string{uuid(2)}, Entry: &epcis.Entry{}},
		"entry for two": {ID: uuid(1), Kind: epcis.Registered, Carriers: []string{uuid(2), uuid(3)}, Entry: &epcis.Entry{}},
	} {
		if _, err := bad.Event(); err == nil {
			t.Errorf("%s: exported", name)
		}
	}
}

// TestNothingInClear: without Clear, an export holds no title, name or number
// of a document.
func TestNothingInClear(t *testing.T) {
	secrets := []string{"标题甲", "云财演〔2026〕1号", "000003", "云泽市财政局", "SN-77", "局领导", "周敏", "三号柜", "备注乙"}
	row := transferlist.Row{Number: "云演-1", Title: secrets[0], Document: secrets[1], Copy: secrets[2], Issuer: secrets[3], Serial: secrets[4], Scope: secrets[5], Keeper: secrets[6], Place: secrets[7], Remark: secrets[8],
		Kind: "usb-key", Medium: "flash", Classification: "secret", Period: "10年", Extent: custody.Extent{Value: 8e9, Unit: "byte"}, Count: 1, Dated: "2026-03-05", Made: 20}
	for _, clear := range []bool{false, true} {
		e, err := epcis.Happening{ID: uuid(1), Kind: epcis.Registered, At: noon, Carriers: []string{uuid(2)}, Entry: &epcis.Entry{Row: row, Clear: clear}}.Event()
		if err != nil {
			t.Fatal(err)
		}
		text := string(write(t, epcis.Document{Created: noon, Events: []epcis.Event{e}}))
		for _, s := range secrets {
			if strings.Contains(text, s) != clear {
				t.Errorf("clear %v: %s in %s", clear, s, text)
			}
		}
	}
}

// TestWrittenDocument pins the bytes.
func TestWrittenDocument(t *testing.T) {
	h := epcis.Happening{ID: uuid(1), Kind: epcis.Destroyed, At: noon, Carriers: []string{uuid(2)}, Certificate: uuid(3), Approval: uuid(4), Qualifications: []string{"https://sexton.invalid/approval/7"},
		Evidence: &epcis.Evidence{Machine: uuid(5), Start: noon.Add(-time.Minute), End: noon, Items: 1, MassMG: 30_500, EnergyJ: 410, MinMA: 1200, MaxMA: 4750, MeanMA: 3000, Interlock: epcis.True}}
	e, err := h.Event()
	if err != nil {
		t.Fatal(err)
	}
	got := string(write(t, epcis.Document{Created: noon, Events: []epcis.Event{e}}))
	want := `{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"sexton":"https://sexton.invalid/epcis/v1/"}],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-23T12:00:00+08:00","epcisBody":{"eventList":[
{"type":"ObjectEvent","eventID":"urn:uuid:0193a5b0-0000-7000-8000-000000000001","eventTime":"2026-11-23T12:00:00+08:00","eventTimeZoneOffset":"+08:00","action":"DELETE","epcList":["urn:uuid:0193a5b0-0000-7000-8000-000000000002"],"bizStep":"destroying","disposition":"destroyed","bizTransactionList":[{"type":"cert","bizTransaction":"urn:uuid:0193a5b0-0000-7000-8000-000000000003"},{"type":"sexton:approval","bizTransaction":"urn:uuid:0193a5b0-0000-7000-8000-000000000004"}],"sensorElementList":[{"sensorMetadata":{"startTime":"2026-11-23T11:59:00+08:00","endTime":"2026-11-23T12:00:00+08:00","deviceID":"urn:uuid:0193a5b0-0000-7000-8000-000000000005"},"sensorReport":[{"type":"Count","value":1},{"type":"Mass","value":0.0305,"uom":"KGM"},{"type":"Energy","value":410,"uom":"JOU"},{"type":"ElectricCurrent","minValue":1.2,"maxValue":4.75,"meanValue":3,"uom":"AMP"},{"type":"sexton:interlockClosed","booleanValue":true}]}],"certificationInfo":"https://sexton.invalid/approval/7"}]}}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
