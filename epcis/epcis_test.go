package epcis_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"sexton/epcis"
)

// destroyed is a whole event: destruction with everything that may be said of
// it.
const destroyed = `{
  "type": "ObjectEvent",
  "eventID": "urn:uuid:0193a5b0-0000-7000-8000-000000000001",
  "eventTime": "2026-11-23T10:00:00+08:00",
  "eventTimeZoneOffset": "+08:00",
  "recordTime": "2026-11-23T10:00:01.5+08:00",
  "action": "DELETE",
  "epcList": ["urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"],
  "bizStep": "destroying",
  "disposition": "destroyed",
  "readPoint": {"id": "urn:uuid:0193a5b0-0000-7000-8000-0000000000b1"},
  "bizTransactionList": [
    {"type": "cert", "bizTransaction": "urn:uuid:0193a5b0-0000-7000-8000-0000000000c1"},
    {"type": "sexton:approval", "bizTransaction": "urn:uuid:0193a5b0-0000-7000-8000-0000000000c2"}
  ],
  "sourceList": [{"type": "possessing_party", "source": "urn:uuid:0193a5b0-0000-7000-8000-0000000000d1"}],
  "sensorElementList": [{
    "sensorMetadata": {"startTime": "2026-11-23T09:59:00+08:00", "endTime": "2026-11-23T10:00:00+08:00", "deviceID": "urn:uuid:0193a5b0-0000-7000-8000-0000000000e1"},
    "sensorReport": [
      {"type": "Mass", "value": 0.03, "uom": "KGM"},
      {"type": "ElectricCurrent", "minValue": 1.2, "maxValue": 4.75, "meanValue": 3, "uom": "AMP"},
      {"type": "Energy", "value": 410, "uom": "JOU"},
      {"type": "Count", "value": 1},
      {"type": "sexton:interlockClosed", "booleanValue": true}
    ]
  }],
  "certificationInfo": "https://sexton.invalid/approval/7",
  "sexton:certificateNo": "演证2026-000017",
  "sexton:sealNo": ["F0004701", "F0004702"]
}`

// wrap makes a document of events; the events begin on line 6.
func wrap(events string) string {
	return `{
"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"sexton": "https://sexton.invalid/epcis/v1/", "acme": "https://acme.example/ns#"}],
"type": "EPCISDocument", "schemaVersion": "2.0",
"creationDate": "2026-11-24T08:00:00+08:00",
"epcisBody": {"eventList": [
` + events + `
]}}`
}

func parse(text string) (epcis.Document, error) {
	return epcis.Parse(strings.NewReader(text), epcis.Options{})
}

// codes gives what is wrong with a document.
func codes(t testing.TB, text string) []string {
	t.Helper()
	d, err := parse(text)
	if err == nil {
		return nil
	}
	var e *epcis.Error
	if !errors.As(err, &e) || len(d.Events) != 0 {
		t.Fatalf("%v, %d events", err, len(d.Events))
	}
	var list []string
	for _, p := range e.Problems {
		if p.Line < 1 || p.Column < 1 || p.Zh == "" || p.En == "" || strings.ContainsFunc(p.Zh+p.En+p.Pointer, func(r rune) bool { return r < ' ' || r == '\u202e' }) {
			t.Errorf("%+v", p)
		}
		list = append(list, p.Code)
	}
	return list
}

func TestAValidEvent(t *testing.T) {
	d, err := parse(wrap(destroyed))
	if err != nil {
		t.Fatal(err)
	}
	e := d.Events[0]
	if len(d.Events) != 1 || e.Type != epcis.ObjectEvent || e.BizStep != "destroying" || len(e.Transactions) != 2 || len(e.Sensors[0].Reports) != 5 || e.Sensors[0].Reports[0].Value != "0.03" ||
		e.Sensors[0].Reports[4].Bool != epcis.True || e.Line != 6 || e.Column != 1 || len(e.Extra) != 2 || e.Extra[1].Value.Items[1].Text != "F0004702" || d.Prefixes["acme"] == "" {
		t.Errorf("%+v", d)
	}
	if got := e.Time.Format("2006-01-02T15:04:05Z07:00"); got != "2026-11-23T10:00:00+08:00" {
		t.Error(got)
	}
}

// change is one thing altered in the valid event.
type change struct{ old, new, want string }

// TestTraps are documents that are wrong in one way each; among them all that
// a schema check with formats as annotations lets pass.
func TestTraps(t *testing.T) {
	drop := func(line string) change { return change{"  " + line + ",\n", "", "field.lacking"} }
	for name, c := range map[string]change{
		// words
		"a disposition as step":      {`"destroying"`, `"destroyed"`, "vocabulary.unknown"},
		"step in capitals":           {`"destroying"`, `"Destroying"`, "vocabulary.unknown"},
		"step as CBV URN":            {`"destroying"`, `"urn:epcglobal:cbv:bizstep:destroying"`, "vocabulary.urn"},
		"step of GS1, misspelt":      {`"destroying"`, `"https://ref.gs1.org/cbv/BizStep-destroyed"`, "vocabulary.unknown"},
		"step of GS1 in full":        {`"destroying"`, `"https://ref.gs1.org/cbv/BizStep-destroying"`, ""},
		"step under cbv":             {`"destroying"`, `"cbv:BizStep-destroying"`, ""},
		"own step":                   {`"destroying"`, `"sexton:shredding"`, ""},
		"own step as URI":            {`"destroying"`, `"https://acme.example/steps/shredding"`, ""},
		"own step, prefix unknown":   {`"destroying"`, `"other:shredding"`, "uri.prefix-undeclared"},
		"own step, prefix alone":     {`"destroying"`, `"sexton:"`, "uri.malformed"},
		"step with a space":          {`"destroying"`, `"sexton:to shred"`, "uri.malformed"},
		"empty step":                 {`"destroying"`, `""`, "vocabulary.unknown"},
		"step is a number":           {`"destroying"`, `7`, "field.kind"},
		"disposition misspelt":       {`"destroyed"`, `"destroid"`, "vocabulary.unknown"},
		"disposition as CBV URN":     {`"destroyed"`, `"urn:epcglobal:cbv:disp:destroyed"`, "vocabulary.urn"},
		"transaction type misspelt":  {`"cert"`, `"certificate"`, "vocabulary.unknown"},
		"transaction without type":   {`"type": "cert", `, ``, ""},
		"transaction without ID":     {`{"type": "cert", "bizTransaction": "urn:uuid:0193a5b0-0000-7000-8000-0000000000c1"}`, `{"type": "cert"}`, "field.lacking"},
		"transaction extended":       {`"type": "cert", `, `"type": "cert", "acme:x": 1, `, "field.not-extensible"},
		"source type misspelt":       {`"possessing_party"`, `"possesing_party"`, "vocabulary.unknown"},
		"source without type":        {`"type": "possessing_party", `, ``, "field.lacking"},
		"sensor type of no list":     {`"Mass"`, `"Weight"`, "vocabulary.unknown"},
		"sensor type lower case":     {`"Mass"`, `"mass"`, "vocabulary.unknown"},
		"sensor type of GS1 in full": {`"Mass"`, `"gs1:MT-Mass"`, ""},
		// identifiers
		"an EPC that is no URI":       {`"urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"`, `"000123"`, "uri.relative"},
		"a UUID that is none":         {`8000-0000000000aa"`, `8000-0000000000a"`, "uri.malformed"},
		"EPC with Chinese":            {`"urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"`, `"https://acme.example/obj/演1"`, "uri.malformed"},
		"EPC with a bad escape":       {`"urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"`, `"https://acme.example/obj/%G1"`, "uri.malformed"},
		"EPC twice":                   {`8000-0000000000aa"]`, `8000-0000000000aa", "urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"]`, "list.twice"},
		"no EPC":                      {`["urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"]`, `[]`, "event.no-item"},
		"no epcList":                  {`  "epcList": ["urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"],` + "\n", ``, "event.no-item"},
		"epcList is a string":         {`["urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"]`, `"urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"`, "field.kind"},
		"event ID is no URI":          {`"urn:uuid:0193a5b0-0000-7000-8000-000000000001"`, `"_:event1"`, "uri.malformed"},
		"certificationInfo no URI":    {`"https://sexton.invalid/approval/7"`, `"approval 7"`, "uri.relative"},
		"certificationInfo an object": {`"https://sexton.invalid/approval/7"`, `{"id": "https://sexton.invalid/approval/7"}`, "field.kind"},
		"certificationInfo a list":    {`"https://sexton.invalid/approval/7"`, `["https://sexton.invalid/approval/7", "https://sexton.invalid/approval/8"]`, ""},
		"certificationInfo empty":     {`"https://sexton.invalid/approval/7"`, `[]`, "list.empty"},
		"read point a string":         {`{"id": "urn:uuid:0193a5b0-0000-7000-8000-0000000000b1"}`, `"urn:uuid:0193a5b0-0000-7000-8000-0000000000b1"`, "location.string"},
		"read point without ID":       {`{"id": "urn:uuid:0193a5b0-0000-7000-8000-0000000000b1"}`, `{}`, "field.lacking"},
		"device is no URI":            {`"urn:uuid:0193a5b0-0000-7000-8000-0000000000e1"`, `"shredder 1"`, "uri.relative"},
		// time
		"event time without zone": {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23T10:00:00"`, "time.malformed"},
		"event time with comma":   {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23T10:00:00,5+08:00"`, "time.malformed"},
		"event time lower case":   {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23t10:00:00z"`, "time.malformed"},
		"event time a day":        {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23"`, "time.malformed"},
		"no such day":             {`"2026-11-23T10:00:00+08:00"`, `"2026-02-30T10:00:00+08:00"`, "time.malformed"},
		"hour of one digit":       {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23T1:00:00.0+08:00"`, "time.malformed"},
		"zone of no place":        {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23T10:00:00+19:00"`, "time.offset"},
		"event time in UTC":       {`"2026-11-23T10:00:00+08:00"`, `"2026-11-23T02:00:00Z"`, ""},
		"offset Z":                {`"eventTimeZoneOffset": "+08:00"`, `"eventTimeZoneOffset": "Z"`, "time.offset"},
		"offset without colon":    {`"eventTimeZoneOffset": "+08:00"`, `"eventTimeZoneOffset": "+0800"`, "time.offset"},
		"offset without sign":     {`"eventTimeZoneOffset": "+08:00"`, `"eventTimeZoneOffset": "08:00"`, "time.offset"},
		"offset of 15 hours":      {`"eventTimeZoneOffset": "+08:00"`, `"eventTimeZoneOffset": "+15:00"`, "time.offset"},
		"no type":                 drop(`"type": "ObjectEvent"`),
		"no event time":           drop(`"eventTime": "2026-11-23T10:00:00+08:00"`),
		"no offset":               drop(`"eventTimeZoneOffset": "+08:00"`),
		"no action":               drop(`"action": "DELETE"`),
		"end before start":        {`"endTime": "2026-11-23T10:00:00+08:00"`, `"endTime": "2026-11-23T09:00:00+08:00"`, "sensor.period"},
		// kinds of event
		"unknown type":               {`"ObjectEvent"`, `"CarrierEvent"`, "event.type"},
		"type of the draft":          {`"type": "ObjectEvent"`, `"isA": "ObjectEvent"`, "field.lacking"},
		"type in lower case":         {`"ObjectEvent"`, `"objectEvent"`, "event.type"},
		"unknown action":             {`"DELETE"`, `"REMOVE"`, "event.action"},
		"action in lower case":       {`"DELETE"`, `"delete"`, "event.action"},
		"ilmd with DELETE":           {`"bizStep"`, `"ilmd": {"acme:x": 1}, "bizStep"`, "event.ilmd"},
		"ilmd with ADD":              {`"action": "DELETE"`, `"action": "ADD", "ilmd": {"acme:x": 1}`, ""},
		"bare name in ilmd":          {`"action": "DELETE"`, `"action": "ADD", "ilmd": {"kind": "paper"}`, "field.unknown"},
		"field of another type":      {`"bizStep"`, `"parentID": "urn:uuid:0193a5b0-0000-7000-8000-0000000000f1", "bizStep"`, "field.unknown"},
		"context in an event":        {`"bizStep"`, `"@context": {}, "bizStep"`, "field.unknown"},
		"bare extension":             {`"sexton:sealNo"`, `"sealNo"`, "field.unknown"},
		"extension, prefix unknown":  {`"sexton:sealNo"`, `"other:sealNo"`, "uri.prefix-undeclared"},
		"bare name inside extension": {`["F0004701", "F0004702"]`, `{"no": "F0004701"}`, "field.unknown"},
		"typed value in extension":   {`["F0004701", "F0004702"]`, `{"@value": "F0004701", "@type": "xsd:string"}`, ""},
		"misspelt field":             {`"bizStep"`, `"bizstep"`, "field.unknown"},
		// quantities
		"a quantity":              {`"bizStep"`, `"quantityList": [{"epcClass": "https://acme.example/class/1", "quantity": 2.5, "uom": "KGM"}], "bizStep"`, ""},
		"no quantity in the list": {`"bizStep"`, `"quantityList": [], "bizStep"`, "list.empty"},
		"quantity of no class":    {`"bizStep"`, `"quantityList": [{"quantity": 1}], "bizStep"`, "field.lacking"},
		"negative quantity":       {`"bizStep"`, `"quantityList": [{"epcClass": "https://acme.example/class/1", "quantity": -1}], "bizStep"`, "number.range"},
		"quantity as text":        {`"bizStep"`, `"quantityList": [{"epcClass": "https://acme.example/class/1", "quantity": "1"}], "bizStep"`, "field.kind"},
		"unit in lower case":      {`"KGM"`, `"kg"`, "uom.malformed"},
		"unit too long":           {`"KGM"`, `"KILO"`, "uom.malformed"},
		// measurements
		"report without type":      {`{"type": "Count", "value": 1}`, `{"value": 1}`, "field.lacking"},
		"value as text":            {`"value": 410`, `"value": "410"`, "field.kind"},
		"value beyond all numbers": {`"value": 410`, `"value": 1e999`, "number.range"},
		"truth value as text":      {`"booleanValue": true`, `"booleanValue": "true"`, "field.kind"},
		"minimum above maximum":    {`"minValue": 1.2`, `"minValue": 12`, "sensor.range"},
		"hex that is none":         {`"type": "Count", "value": 1`, `"type": "Count", "hexBinaryValue": "xy"`, "sensor.hex"},
		"alarm":                    {`"type": "Count", "value": 1`, `"type": "Count", "exception": "ALARM_CONDITION"`, ""},
		"alarm misspelt":           {`"type": "Count", "value": 1`, `"type": "Count", "exception": "ALARM"`, "vocabulary.unknown"},
		"bare name in report":      {`"type": "Count", "value": 1`, `"type": "Count", "fed": 1`, "field.unknown"},
		"no report":                {`"sensorElementList": [{`, `"sensorElementList": [{"sexton:x": 1}, {"sensorReport": []}, {`, "field.lacking list.empty"},
		// persistent disposition
		"set":                        {`"readPoint"`, `"persistentDisposition": {"set": ["non_conformant"]}, "readPoint"`, ""},
		"set nothing":                {`"readPoint"`, `"persistentDisposition": {"set": []}, "readPoint"`, "list.empty"},
		"neither set nor unset":      {`"readPoint"`, `"persistentDisposition": {}, "readPoint"`, "disposition.empty"},
		"set twice":                  {`"readPoint"`, `"persistentDisposition": {"set": ["damaged", "damaged"]}, "readPoint"`, "list.twice"},
		"set and unset":              {`"readPoint"`, `"persistentDisposition": {"set": ["damaged"], "unset": ["damaged"]}, "readPoint"`, "disposition.contradiction"},
		"set what is no disposition": {`"readPoint"`, `"persistentDisposition": {"set": ["lost"]}, "readPoint"`, "vocabulary.unknown"},
		"persistent as a list":       {`"readPoint"`, `"persistentDisposition": ["damaged"], "readPoint"`, "field.kind"},
		// error declaration
		"declared wrong":        {`"recordTime"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00", "reason": "incorrect_data", "sexton:note": "x"}, "recordTime"`, ""},
		"declared without time": {`"recordTime"`, `"errorDeclaration": {"reason": "incorrect_data"}, "recordTime"`, "field.lacking"},
		"reason misspelt":       {`"recordTime"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00", "reason": "incorrect-data"}, "recordTime"`, "vocabulary.unknown"},
		"reason in bare words":  {`"recordTime"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00", "note": "x"}, "recordTime"`, "field.unknown"},
		"correction is no URI":  {`"recordTime"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00", "correctiveEventIDs": ["7"]}, "recordTime"`, "uri.relative"},
		// JSON
		"key twice":              {`"bizStep": "destroying"`, `"bizStep": "destroying", "bizStep": "destroying"`, "json.key-twice"},
		"null":                   {`"bizStep": "destroying"`, `"bizStep": null`, "json.null"},
		"bidirectional override": {`演证2026`, `演\u202e证2026`, "json.invisible"},
		"NUL":                    {`演证2026`, `演\u0000证2026`, "json.invisible"},
		"half a surrogate":       {`演证2026`, `演\ud834证2026`, "json.escape"},
		"raw line break":         {`演证2026`, "演\n证2026", "json.control"},
		"unknown escape":         {`演证2026`, `演\x41证2026`, "json.escape"},
		"leading zero":           {`"value": 410`, `"value": 0410`, "json.number"},
		"bare fraction":          {`"value": 410`, `"value": .5`, "json.syntax"},
		"NaN":                    {`"value": 410`, `"value": NaN`, "json.syntax"},
		"comma at the end":       {`"value": 1}`, `"value": 1,}`, "json.syntax"},
		"comment":                {`"bizStep"`, `/* x */ "bizStep"`, "json.syntax"},
		"single quotes":          {`"destroying"`, `'destroying'`, "json.syntax"},
		"a digit too many":       {`"value": 410`, `"value": ` + strings.Repeat("9", 65), "json.number"},
	} {
		if strings.Count(destroyed, c.old) != 1 && !strings.Contains(c.old, "2026-11-23T10") {
			t.Fatalf("%s: %q stands %d times", name, c.old, strings.Count(destroyed, c.old))
		}
		var want []string
		if c.want != "" {
			want = strings.Fields(c.want)
		}
		if got := codes(t, wrap(strings.Replace(destroyed, c.old, c.new, 1))); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestOtherTypes: what the other types of event must and may not say.
func TestOtherTypes(t *testing.T) {
	const when = `"eventTime": "2026-11-23T10:00:00+08:00", "eventTimeZoneOffset": "+08:00"`
	const a, b = `"urn:uuid:0193a5b0-0000-7000-8000-0000000000aa"`, `"urn:uuid:0193a5b0-0000-7000-8000-0000000000ab"`
	for event, want := range map[string]string{
		`"type": "AggregationEvent", "action": "ADD", "parentID": ` + a + `, "childEPCs": [` + b + `]`:                                                         "",
		`"type": "AggregationEvent", "action": "ADD", "childEPCs": [` + b + `]`:                                                                                "event.no-item",
		`"type": "AggregationEvent", "action": "OBSERVE", "childEPCs": [` + b + `]`:                                                                            "",
		`"type": "AggregationEvent", "action": "ADD", "parentID": ` + a:                                                                                        "event.no-item",
		`"type": "AggregationEvent", "action": "DELETE", "parentID": ` + a:                                                                                     "",
		`"type": "AggregationEvent", "action": "ADD", "parentID": ` + a + `, "childEPCs": [` + b + `, ` + b + `]`:                                              "list.twice",
		`"type": "AggregationEvent", "action": "ADD", "parentID": ` + a + `, "epcList": [` + b + `], "childEPCs": [` + b + `]`:                                 "field.unknown",
		`"type": "AggregationEvent", "action": "DELETE", "parentID": ` + a + `, "persistentDisposition": {"set": ["damaged"]}`:                                 "field.unknown",
		`"type": "AssociationEvent", "action": "ADD", "parentID": ` + a + `, "childEPCs": [` + b + `]`:                                                         "",
		`"type": "AssociationEvent", "action": "OBSERVE", "childEPCs": [` + b + `]`:                                                                            "event.no-item",
		`"type": "AssociationEvent", "action": "ADD", "parentID": ` + a + `, "childQuantityList": []`:                                                          "event.no-item list.empty",
		`"type": "TransactionEvent", "action": "ADD", "epcList": [` + a + `], "bizTransactionList": [{"bizTransaction": ` + b + `}]`:                           "",
		`"type": "TransactionEvent", "action": "ADD", "epcList": [` + a + `]`:                                                                                  "event.no-item",
		`"type": "TransactionEvent", "action": "ADD", "bizTransactionList": [{"bizTransaction": ` + b + `}]`:                                                   "event.no-item",
		`"type": "TransformationEvent", "inputEPCList": [` + a + `], "outputEPCList": [` + b + `], "ilmd": {"acme:x": 1}`:                                      "",
		`"type": "TransformationEvent", "inputEPCList": [` + a + `]`:                                                                                           "event.no-item",
		`"type": "TransformationEvent", "outputEPCList": [` + a + `]`:                                                                                          "event.no-item",
		`"type": "TransformationEvent", "outputEPCList": [` + a + `], "transformationID": ` + b:                                                                "",
		`"type": "TransformationEvent", "action": "ADD", "inputEPCList": [` + a + `], "outputEPCList": [` + b + `]`:                                            "field.unknown",
		`"type": "ObjectEvent", "action": "OBSERVE", "sensorElementList": [{"sensorReport": [{"type": "Count", "value": 1}]}], "readPoint": {"id": ` + a + `}`: "event.no-item",
		`"type": "ObjectEvent", "action": "OBSERVE", "epcList": [], "quantityList": [{"epcClass": ` + a + `}]`:                                                 "",
	} {
		if got := strings.Join(codes(t, wrap("{"+event+", "+when+"}")), " "); got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
}

// TestDocuments: what a document says of itself.
func TestDocuments(t *testing.T) {
	whole := wrap(destroyed)
	ctx := `["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"sexton": "https://sexton.invalid/epcis/v1/", "acme": "https://acme.example/ns#"}]`
	for name, c := range map[string]change{
		"one address":           {ctx, `["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"sexton": "https://sexton.invalid/epcis/v1/"}]`, ""},
		"no context":            {`"@context": ` + ctx + ",\n", ``, "field.lacking uri.prefix-undeclared uri.prefix-undeclared uri.prefix-undeclared uri.prefix-undeclared"},
		"prefixes alone":        {ctx, `{"sexton": "https://sexton.invalid/epcis/v1/"}`, "context.lacking"},
		"another address":       {`"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"`, `"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "https://evil.example/context.jsonld"`, "context.unknown"},
		"another vocabulary":    {`"acme": "https://acme.example/ns#"`, `"@vocab": "https://acme.example/ns#"`, "context.prefix"},
		"a term redefined":      {`"acme": "https://acme.example/ns#"`, `"bizStep": {"@id": "https://acme.example/step"}`, "context.not-a-prefix"},
		"our prefix taken":      {`https://sexton.invalid/epcis/v1/`, `https://acme.example/ns#`, "context.redefined"},
		"gs1 redefined":         {`"acme": "https://acme.example/ns#"`, `"gs1": "https://acme.example/ns#"`, "context.redefined"},
		"gs1 declared":          {`"acme": "https://acme.example/ns#"`, `"gs1": "https://gs1.org/voc/"`, ""},
		"urn as a prefix":       {`"acme": "https://acme.example/ns#"`, `"urn": "https://acme.example/ns#"`, "context.prefix"},
		"prefix without end":    {`https://acme.example/ns#`, `https://acme.example/ns`, "context.prefix"},
		"prefix that is no URI": {`https://acme.example/ns#`, `ns#`, "context.prefix"},
		"prefix twice":          {`"acme": "https://acme.example/ns#"`, `"acme": "https://acme.example/ns#"}, {"acme": "https://acme.example/ns#"`, "context.redefined"},
		"a number as context":   {`"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"`, `7`, "context.lacking field.kind"},
		"query document":        {`"EPCISDocument"`, `"EPCISQueryDocument"`, "document.type"},
		"version as number":     {`"schemaVersion": "2.0"`, `"schemaVersion": 2.0`, "field.kind"},
		"version 1.2":           {`"schemaVersion": "2.0"`, `"schemaVersion": "1.2"`, "document.version"},
		"version 2.1":           {`"schemaVersion": "2.0"`, `"schemaVersion": "2.1"`, "document.version"},
		"version 2.0.0":         {`"schemaVersion": "2.0"`, `"schemaVersion": "2.0.0"`, ""},
		"created without zone":  {`08:00:00+08:00"`, `08:00:00"`, "time.malformed"},
		"unknown field":         {`"type": "EPCISDocument"`, `"type": "EPCISDocument", "format": "application/ld+json"`, "field.unknown"},
		"own field":             {`"type": "EPCISDocument"`, `"type": "EPCISDocument", "acme:run": 7`, ""},
		"sender":                {`"type": "EPCISDocument"`, `"type": "EPCISDocument", "id": "_:d", "sender": "a", "receiver": "b", "instanceIdentifier": "c"`, ""},
		"ID that is no URI":     {`"type": "EPCISDocument"`, `"type": "EPCISDocument", "id": "document 1"`, "uri.relative"},
		"master data":           {`"type": "EPCISDocument"`, `"type": "EPCISDocument", "epcisHeader": {}`, "document.header"},
		"unknown field in body": {`"epcisBody": {`, `"epcisBody": {"note": 1, `, "field.unknown"},
		"two lists":             {`"epcisBody": {`, `"epcisBody": {"eventList": [], `, "document.event-list"},
		"list of strings":       {destroyed, `"event"`, "field.kind"},
		"body twice":            {`"epcisBody": {`, `"epcisBody": {"eventList": []}, "epcisBody": {`, "json.key-twice document.event-list"},
		"no body":               {`"epcisBody"`, `"acme:body"`, "field.lacking"},
		"trailing":              {"\n]}}", "\n]}} {}", "json.trailing"},
		"truncated":             {"\n]}}", "\n]", "json.truncated"},
		"no events":             {destroyed, ``, ""},
		"context behind":        {"\n]}}", "\n]}, \"id\": \"_:d\"}", ""},
	} {
		if name == "no body" {
			whole = strings.Replace(whole, `{"eventList": [`+"\n"+destroyed+"\n]}", `7`, 1)
		}
		if strings.Count(whole, c.old) != 1 && name != "our prefix taken" {
			t.Fatalf("%s: %q stands %d times", name, c.old, strings.Count(whole, c.old))
		}
		if got := strings.Join(codes(t, strings.Replace(whole, c.old, c.new, 1)), " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		whole = wrap(destroyed)
	}
	// The context may stand behind the events it explains.
	moved := strings.Replace(strings.Replace(whole, `"@context": `+ctx+",\n", "", 1), "\n]}}", "\n]}, \"@context\": "+ctx+"}", 1)
	if got := codes(t, moved); got != nil {
		t.Error(got)
	}
}

// TestWhatIsNoDocument: refused by its first bytes.
func TestWhatIsNoDocument(t *testing.T) {
	for text, want := range map[string]string{
		"": "json.truncated", " ": "json.truncated", "[]": "json.not-an-object", "7": "json.not-an-object", "PK\x03\x04": "json.not-an-object", "\xEF\xBB\xBF{}": "json.bom",
		"\xFF\xFE{\x00": "json.utf16", "{\x00}\x00": "json.utf16", "\x00{\x00}": "json.utf16", "<epcis:EPCISDocument/>": "json.not-an-object",
		"{\"a\": \"\xb1\xa3\xc3\xdc\"}": "json.utf8", strings.Repeat(`{"a:b":`, 30): "json.too-deep", `{"a:b": ` + strings.Repeat("[", 30): "json.too-deep",
		`{"a:b": "` + strings.Repeat("a", 9000) + `"}`: "json.string-too-long",
	} {
		if got := strings.Join(codes(t, text), " "); got != want {
			t.Errorf("%.20q: %s, want %s", text, got, want)
		}
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, `"acme:%d": 1,`, i)
	}
	if got := codes(t, wrap(strings.Replace(destroyed, `"bizStep"`, many.String()+`"bizStep"`, 1))); fmt.Sprint(got) != "[json.too-many-keys]" {
		t.Error(got)
	}
	if got := codes(t, wrap(strings.Replace(destroyed, `["F0004701", "F0004702"]`, `[`+strings.Repeat("1,", 200_000)+`1]`, 1))); fmt.Sprint(got) != "[json.too-many-values]" {
		t.Error(got)
	}
}

// TestWhereProblemsAre: event, pointer, line and column of every problem, in
// the order of the text, up to a bound.
func TestWhereProblemsAre(t *testing.T) {
	bad := strings.NewReplacer(`"destroying"`, `"destroyed"`, `"sexton:sealNo"`, `"sealNo"`, `0000000000aa`, `0000000000a`).Replace(destroyed)
	bad = strings.Replace(bad, "000000000001", "000000000002", 1)
	text := wrap(destroyed + ",\n" + bad)
	_, err := parse(text)
	var e *epcis.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range e.Problems {
		got = append(got, fmt.Sprint(p.Event, " ", p.Pointer, " ", p.Line, ":", p.Column, " ", p.Code))
	}
	want := []string{"2 /epcisBody/eventList/1/epcList/0 43:15 uri.malformed", "2 /epcisBody/eventList/1/bizStep 44:14 vocabulary.unknown", "2 /epcisBody/eventList/1/sealNo 64:3 field.unknown"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(e.Problems[1].En, "did you mean destroying?") || !strings.Contains(e.Problems[1].Zh, "是否应为 destroying") || !strings.Contains(err.Error(), "and 2 more") {
		t.Errorf("%+v", e.Problems[1])
	}
	// Columns count characters, not bytes.
	_, err = parse(strings.ReplaceAll(wrap(strings.Replace(destroyed, `"sexton:certificateNo": "演证2026-000017",`, `"sexton:certificateNo": "演证2026-000017", "no": 1,`, 1)), "\n", " "))
	if !errors.As(err, &e) || e.Problems[0].Line != 1 || e.Problems[0].Pointer != "/epcisBody/eventList/0/no" {
		t.Fatal(err)
	}
	flat := []rune(strings.ReplaceAll(wrap(strings.Replace(destroyed, `"sexton:certificateNo": "演证2026-000017",`, `"sexton:certificateNo": "演证2026-000017", "no": 1,`, 1)), "\n", " "))
	if at := string(flat[e.Problems[0].Column-1:]); !strings.HasPrefix(at, `"no"`) {
		t.Errorf("column points at %.20q", at)
	}
	// Bounded, and what is beyond is counted.
	_, err = epcis.Parse(strings.NewReader(text), epcis.Options{MaxProblems: 2})
	if !errors.As(err, &e) || len(e.Problems) != 2 || e.More != 1 {
		t.Errorf("%v", err)
	}
	// A key with ~ and / is escaped as RFC 6901 says.
	_, err = parse(wrap(strings.Replace(destroyed, `"sexton:sealNo"`, `"a/b~c"`, 1)))
	if !errors.As(err, &e) || e.Problems[0].Pointer != "/epcisBody/eventList/0/a~1b~0c" {
		t.Errorf("%v", err)
	}
}

// TestEventIDs: one ID is one event, and at most one declaration that it was
// wrong.
func TestEventIDs(t *testing.T) {
	other := strings.Replace(destroyed, "000000000001", "000000000002", 1)
	declared := strings.Replace(destroyed, `"recordTime"`, `"errorDeclaration": {"declarationTime": "2026-11-24T10:00:00+08:00"}, "recordTime"`, 1)
	for _, c := range []struct{ events, want string }{
		{destroyed + "," + other, ""}, {destroyed + "," + destroyed, "event.id-twice"}, {destroyed + "," + declared, ""}, {declared + "," + destroyed + "," + declared, "event.id-twice"},
	} {
		if got := strings.Join(codes(t, wrap(c.events)), " "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	for word, want := range map[string]string{
		"destroyed": "destroying", "Shipping": "shipping", "recieving": "receiving", "stock-taking": "stock_taking", "unpack": "unpacking", "zzz": "", "x": "other?",
		strings.Repeat("destroying", 20): "",
	} {
		_, err := parse(wrap(strings.Replace(destroyed, `"destroying"`, `"`+word+`"`, 1)))
		_, hint, found := strings.Cut(fmt.Sprint(err), "did you mean ")
		if want == "other?" {
			want = ""
		}
		if found != (want != "") || found && !strings.HasPrefix(hint, want+"?") {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// huge gives a document without end, and counts what was asked of it.
type huge struct {
	first, rest []byte
	read        int64
}

func (h *huge) Read(p []byte) (int, error) {
	for i := range p {
		if at := h.read + int64(i); at < int64(len(h.first)) {
			p[i] = h.first[at]
		} else {
			p[i] = h.rest[(at-int64(len(h.first)))%int64(len(h.rest))]
		}
	}
	h.read += int64(len(p))
	return len(p), nil
}

func TestBounds(t *testing.T) {
	first := strings.TrimSuffix(wrap(destroyed), "\n]}}") + ","
	endless := &huge{first: []byte(first), rest: []byte(strings.ReplaceAll(destroyed, "\n", " ") + ",\n")}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := epcis.Parse(endless, epcis.Options{MaxBytes: 8 << 20})
	runtime.ReadMemStats(&after)
	var e *epcis.Error
	if !errors.As(err, &e) || e.Problems[0].Code != "json.too-large" || endless.read > 8<<20+1 {
		t.Errorf("%v after %d bytes", err, endless.read)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 128<<20 {
		t.Errorf("%d MiB allocated for 8 MiB of a document without end", got>>20)
	}
	noise := &huge{rest: []byte("\x1f\x8b\x08\x00")}
	if _, err = epcis.Parse(noise, epcis.Options{}); !errors.As(err, &e) || e.Problems[0].Code != "json.not-an-object" || noise.read > 64<<10 {
		t.Errorf("%v after %d bytes", err, noise.read)
	}
	three := wrap(strings.Join([]string{destroyed, strings.Replace(destroyed, "000000000001", "000000000002", 1), strings.Replace(destroyed, "000000000001", "000000000003", 1)}, ","))
	if d, err := epcis.Parse(strings.NewReader(three), epcis.Options{MaxEvents: 3}); err != nil || len(d.Events) != 3 {
		t.Error(err)
	}
	if _, err = epcis.Parse(strings.NewReader(three), epcis.Options{MaxEvents: 2}); !errors.As(err, &e) || e.Problems[0].Code != "document.too-many-events" {
		t.Error(err)
	}
	if _, err = epcis.Parse(io.MultiReader(strings.NewReader("{"), failing{}), epcis.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
