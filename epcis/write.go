package epcis

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Write writes a document: keys always in the same order, one event a line, so
// that the same document is always the same bytes. The context, the schema
// version and our prefix are ours to set. Error: *Error when Parse would not
// take the document, then nothing was written; or the writer's own.
func Write(w io.Writer, d Document) error {
	p := writer{}
	p.document(d)
	err := p.err
	if err == nil {
		_, err = parse(p.b.String(), Options{MaxEvents: len(d.Events) + 1}.withDefaults())
	}
	if err != nil {
		return fmt.Errorf("cannot write EPCIS document: %w", err)
	}
	_, err = w.Write(p.b.Bytes())
	return err
}

// writer writes JSON. Fields that are zero are left out.
type writer struct {
	b     bytes.Buffer
	comma bool  // the next member or item has one before it
	err   error // the first value that would not be what it says it is
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *writer) document(d Document) {
	known := maps.Clone(d.Prefixes)
	if known == nil {
		known = map[string]string{}
	}
	known[Prefix] = Namespace
	w.open('{')
	w.key("@context")
	w.open('[')
	w.item()
	w.quote(Context)
	w.item()
	w.open('{')
	for _, name := range slices.Sorted(maps.Keys(known)) {
		w.text(name, known[name])
	}
	w.close('}')
	w.close(']')
	w.text("id", d.ID)
	w.text("type", "EPCISDocument")
	w.text("schemaVersion", cmp.Or(d.Version, "2.0"))
	w.time("creationDate", d.Created)
	w.text("instanceIdentifier", d.Instance)
	w.text("sender", d.Sender)
	w.text("receiver", d.Receiver)
	w.fields(d.Extra)
	w.key("epcisBody")
	w.open('{')
	w.key("eventList")
	w.open('[')
	for _, e := range d.Events {
		w.item()
		w.b.WriteByte('\n')
		w.event(e)
	}
	w.close(']')
	w.close('}')
	w.close('}')
	w.b.WriteByte('\n')
}

func (w *writer) event(e Event) {
	w.open('{')
	w.text("type", string(e.Type))
	w.text("eventID", e.ID)
	w.time("eventTime", e.Time)
	w.text("eventTimeZoneOffset", e.Offset)
	w.time("recordTime", e.Recorded)
	w.errorDeclaration(e.Error)
	w.text("action", string(e.Action))
	w.items(e)
	w.text("bizStep", e.BizStep)
	w.text("disposition", e.Disposition)
	if len(e.Set)+len(e.Unset) > 0 {
		w.key("persistentDisposition")
		w.open('{')
		w.texts("set", e.Set)
		w.texts("unset", e.Unset)
		w.close('}')
	}
	w.location("readPoint", e.ReadPoint)
	w.location("bizLocation", e.BizLocation)
	w.typed("bizTransactionList", "bizTransaction", e.Transactions)
	w.typed("sourceList", "source", e.Sources)
	w.typed("destinationList", "destination", e.Destinations)
	w.sensors(e.Sensors)
	if len(e.Certificates) == 1 {
		w.text("certificationInfo", e.Certificates[0])
	} else {
		w.texts("certificationInfo", e.Certificates)
	}
	if len(e.ILMD) > 0 {
		w.key("ilmd")
		w.object(e.ILMD)
	}
	w.fields(e.Extra)
	w.close('}')
}

// items writes what the event is about, under the names its type has.
func (w *writer) items(e Event) {
	w.text("parentID", e.Parent)
	switch e.Type {
	case AggregationEvent, AssociationEvent:
		w.texts("childEPCs", e.EPCs)
		w.quantities("childQuantityList", e.Quantities)
	case TransformationEvent:
		w.texts("inputEPCList", e.EPCs)
		w.quantities("inputQuantityList", e.Quantities)
	default:
		w.texts("epcList", e.EPCs)
		w.quantities("quantityList", e.Quantities)
	}
	w.texts("outputEPCList", e.OutputEPCs)
	w.quantities("outputQuantityList", e.OutputQuantities)
	w.text("transformationID", e.TransformationID)
}

func (w *writer) errorDeclaration(d *ErrorDeclaration) {
	if d == nil {
		return
	}
	w.key("errorDeclaration")
	w.open('{')
	w.time("declarationTime", d.Time)
	w.text("reason", d.Reason)
	w.texts("correctiveEventIDs", d.Corrections)
	w.fields(d.Extra)
	w.close('}')
}

// array writes an array of objects; none when it is empty.
func array[T any](w *writer, key string, list []T, members func(T)) {
	if len(list) == 0 {
		return
	}
	w.key(key)
	w.open('[')
	for _, item := range list {
		w.item()
		w.open('{')
		members(item)
		w.close('}')
	}
	w.close(']')
}

func (w *writer) quantities(key string, list []Quantity) {
	array(w, key, list, func(q Quantity) {
		w.text("epcClass", q.Class)
		w.number("quantity", q.Amount)
		w.text("uom", q.Unit)
	})
}

func (w *writer) location(key string, l Location) {
	if l.ID == "" && len(l.Extra) == 0 {
		return
	}
	w.key(key)
	w.open('{')
	w.text("id", l.ID)
	w.fields(l.Extra)
	w.close('}')
}

func (w *writer) typed(key, name string, list []Typed) {
	array(w, key, list, func(t Typed) {
		w.text("type", t.Type)
		w.text(name, t.ID)
	})
}

func (w *writer) sensors(list []SensorElement) {
	array(w, "sensorElementList", list, func(s SensorElement) {
		w.metadata(s.Metadata)
		array(w, "sensorReport", s.Reports, w.report)
		w.fields(s.Extra)
	})
}

func (w *writer) metadata(m SensorMetadata) {
	if reflect.ValueOf(m).IsZero() {
		return
	}
	w.key("sensorMetadata")
	w.open('{')
	w.time("time", m.Time)
	w.time("startTime", m.Start)
	w.time("endTime", m.End)
	w.text("deviceID", m.Device)
	w.text("deviceMetadata", m.DeviceMetadata)
	w.text("rawData", m.RawData)
	w.text("dataProcessingMethod", m.ProcessingMethod)
	w.text("bizRules", m.BizRules)
	w.fields(m.Extra)
	w.close('}')
}

func (w *writer) report(r SensorReport) {
	for _, key := range reportFields {
		number, uri := r.number(key), r.uri(key)
		switch {
		case number != nil:
			w.number(key, *number)
		case uri != nil:
			w.text(key, *uri)
		}
		switch key {
		case "type":
			w.text(key, r.Type)
		case "exception":
			w.text(key, r.Exception)
		case "component":
			w.text(key, r.Component)
		case "time":
			w.time(key, r.Time)
		case "stringValue":
			w.text(key, r.Text)
		case "booleanValue":
			if r.Bool != Unknown {
				w.key(key)
				w.value(BoolOf(r.Bool == True))
			}
		case "hexBinaryValue":
			w.text(key, r.Hex)
		case "uom":
			w.text(key, r.Unit)
		}
	}
	w.fields(r.Extra)
}

// fields writes extensions as members of the object at hand, sorted by name.
func (w *writer) fields(list []Field) {
	for _, f := range list {
		if !strings.Contains(f.Name, ":") {
			w.fail("the extension %q has no prefix", f.Name)
		}
	}
	w.members(list)
}

func (w *writer) members(list []Field) {
	list = slices.SortedFunc(slices.Values(list), func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	for _, f := range list {
		w.key(f.Name)
		w.value(f.Value)
	}
}

func (w *writer) object(list []Field) {
	w.open('{')
	w.members(list)
	w.close('}')
}

func (w *writer) value(v Value) {
	switch v.Kind {
	case TextValue:
		w.quote(v.Text)
	case ListValue:
		w.open('[')
		for _, item := range v.Items {
			w.item()
			w.value(item)
		}
		w.close(']')
	case ObjectValue:
		w.object(v.Fields)
	case NumberValue:
		w.literal(v.Text)
	case BoolValue:
		if v.Text != "true" && v.Text != "false" {
			w.fail("%q is no truth value", v.Text)
		}
		w.b.WriteString(v.Text)
	default:
		w.fail("an extension has no value")
	}
}

// literal writes a number as it is given.
func (w *writer) literal(n string) {
	s := scanner{text: n}
	if _, err := s.number(); err != nil || s.pos != len(n) {
		w.fail("%q is no number", n)
	}
	w.b.WriteString(n)
}

func (w *writer) open(bracket byte) {
	w.b.WriteByte(bracket)
	w.comma = false
}

func (w *writer) close(bracket byte) {
	w.b.WriteByte(bracket)
	w.comma = true
}

// item begins an item of an array, or a member of an object.
func (w *writer) item() {
	if w.comma {
		w.b.WriteByte(',')
	}
	w.comma = true
}

func (w *writer) key(key string) {
	w.item()
	w.quote(key)
	w.b.WriteByte(':')
}

func (w *writer) text(key, s string) {
	if s != "" {
		w.key(key)
		w.quote(s)
	}
}

func (w *writer) texts(key string, list []string) {
	if len(list) == 0 {
		return
	}
	w.key(key)
	w.open('[')
	for _, s := range list {
		w.item()
		w.quote(s)
	}
	w.close(']')
}

func (w *writer) number(key string, n Number) {
	if n != "" {
		w.key(key)
		w.literal(string(n))
	}
}

// time writes an instant with its zone; the zone of UTC is +00:00.
func (w *writer) time(key string, t time.Time) {
	if !t.IsZero() {
		w.text(key, t.Format("2006-01-02T15:04:05.999999999-07:00"))
	}
}

// quote writes a string: RFC 8259, section 7, with no more escapes than it
// demands.
func (w *writer) quote(s string) {
	w.b.WriteByte('"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		w.b.WriteString(s[from:i])
		if from = i + 1; c < ' ' {
			fmt.Fprintf(&w.b, `\u%04x`, c)
		} else {
			w.b.WriteByte('\\')
			w.b.WriteByte(c)
		}
	}
	w.b.WriteString(s[from:])
	w.b.WriteByte('"')
}
