package epcis

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Happening is one thing that happened to carriers, in our own words. IDs are
// UUIDs, which are written as urn:uuid:, or URIs. It holds no title, no name
// and no document number, unless the caller puts them into Entry.Clear or
// Extra.
type Happening struct {
	ID       string // UUID of the event
	Kind     Kind
	At       time.Time // with the zone to be written
	Recorded time.Time // when it was entered; zero = not given
	Carriers []string
	Parent   string // bag the carriers went into or came out of; carrier they were copied from
	Place    string // where; "" = not given
	From, To string // who had possession, and who has it

	Batch, Certificate, Approval string   // what it was done under
	Qualifications               []string // URIs: approval of the machine, qualification of a firm

	Entry    *Entry    // Registered: what the register says of the one carrier
	Mark     Mark      // Reclassified: the new mark
	Evidence *Evidence // what the machine measured
	Mistake  *Mistake  // the happening with this ID was entered wrongly
	Extra    []Field   // more of ours, under sexton:
}

// Mark is level and period of a carrier.
type Mark struct {
	Classification string // wire word of custody.Classifications
	Period         string // as printed behind the star; "" = none
}

// Evidence is what a machine measured. -1 = not measured.
type Evidence struct {
	Machine    string // "" = not given
	Start, End time.Time
	Items      int64 // fed
	MassMG     int64
	EnergyJ    int64
	MinMA      int64 // current, mA
	MaxMA      int64
	MeanMA     int64
	Interlock  Tristate // guard closed all the time
}

// Mistake declares that a happening was entered wrongly. The happening is
// repeated with it, and what is right is entered as a happening of its own.
type Mistake struct {
	At          time.Time
	NeverWas    bool     // it did not happen at all; otherwise its data are wrong
	Corrections []string // IDs of the happenings that say what is right
}

// Names of our own extensions beside those of Entry.
const (
	nameBatch     = Prefix + ":batch"
	nameApproval  = Prefix + ":approval"
	nameClass     = Prefix + ":classification"
	namePeriod    = Prefix + ":period"
	nameInterlock = Prefix + ":interlockClosed"
)

// Event gives the EPCIS event of a happening.
func (h Happening) Event() (Event, error) {
	m, ok := h.Kind.mapping()
	if !ok {
		return Event{}, fmt.Errorf("cannot export event %s: unknown kind %q", h.ID, h.Kind)
	}
	if !isUUID(h.ID) {
		return Event{}, fmt.Errorf("cannot export event %q: its ID is no UUID", h.ID)
	}
	e := Event{Type: m.Type, Action: m.Action, BizStep: m.BizStep, Disposition: m.Disposition, Set: some(m.Set), Unset: some(m.Unset),
		ID: urn(h.ID), Time: h.At, Offset: h.At.Format("-07:00"), Recorded: h.Recorded, Parent: urn(h.Parent), ReadPoint: Location{ID: urn(h.Place)},
		EPCs: urns(h.Carriers), Certificates: slices.Clone(h.Qualifications), Extra: slices.Clone(h.Extra)}
	for _, t := range []Typed{{"cert", h.Certificate}, {nameApproval, h.Approval}, {nameBatch, h.Batch}} {
		if t.ID != "" {
			e.Transactions = append(e.Transactions, Typed{t.Type, urn(t.ID)})
		}
	}
	e.Sources, e.Destinations = party(h.From), party(h.To)
	if h.Mark != (Mark{}) {
		e.Extra = append(e.Extra, text(nameClass, h.Mark.Classification)...)
		e.Extra = append(e.Extra, text(namePeriod, h.Mark.Period)...)
	}
	if h.Entry != nil {
		if len(h.Carriers) != 1 || m.Action != Add || m.Type != ObjectEvent {
			return Event{}, fmt.Errorf("cannot export event %s: an entry belongs to the registration of one carrier", h.ID)
		}
		e.ILMD = h.Entry.ilmd()
	}
	if h.Evidence != nil {
		if s, measured := h.Evidence.sensor(); measured {
			e.Sensors = []SensorElement{s}
		}
	}
	if h.Mistake != nil {
		e.Error = &ErrorDeclaration{Time: h.Mistake.At, Reason: "incorrect_data", Corrections: urns(h.Mistake.Corrections)}
		if h.Mistake.NeverWas {
			e.Error.Reason = "did_not_occur"
		}
	}
	return e, nil
}

// HappeningOf gives the happening of an event that Event made; false when the
// event says what no happening of ours does.
func HappeningOf(e Event) (Happening, bool) {
	m, ok := mappingOf(e)
	if !ok {
		return Happening{}, false
	}
	h := Happening{ID: bare(e.ID), Kind: m.Kind, At: e.Time, Recorded: e.Recorded, Carriers: bares(e.EPCs), Parent: bare(e.Parent), Place: bare(e.ReadPoint.ID),
		Qualifications: slices.Clone(e.Certificates)}
	for _, t := range e.Transactions {
		switch t.Type {
		case "cert":
			h.Certificate = bare(t.ID)
		case nameApproval:
			h.Approval = bare(t.ID)
		case nameBatch:
			h.Batch = bare(t.ID)
		}
	}
	for _, s := range e.Sources {
		h.From = bare(s.ID)
	}
	for _, d := range e.Destinations {
		h.To = bare(d.ID)
	}
	for _, f := range e.Extra {
		switch f.Name {
		case nameClass:
			h.Mark.Classification = f.Value.Text
		case namePeriod:
			h.Mark.Period = f.Value.Text
		default:
			h.Extra = append(h.Extra, f)
		}
	}
	if len(e.ILMD) > 0 {
		entry, _ := entryOf(e.ILMD)
		h.Entry = &entry
	}
	if len(e.Sensors) > 0 {
		h.Evidence = evidenceOf(e.Sensors[0])
	}
	if e.Error != nil {
		h.Mistake = &Mistake{At: e.Error.Time, NeverWas: e.Error.Reason == "did_not_occur", Corrections: bares(e.Error.Corrections)}
	}
	back, err := h.Event()
	return h, err == nil && same(back, e)
}

// same says that two events are written the same.
func same(a, b Event) bool {
	var wa, wb writer
	wa.event(a)
	wb.event(b)
	return wa.err == nil && wb.err == nil && bytes.Equal(wa.b.Bytes(), wb.b.Bytes())
}

const uuidURN = "urn:uuid:"

// urn writes a UUID as a URI; a URI stays as it is.
func urn(id string) string {
	if isUUID(id) {
		return uuidURN + id
	}
	return id
}

func bare(uri string) string { return strings.TrimPrefix(uri, uuidURN) }

func urns(ids []string) []string { return each(ids, urn) }

func bares(uris []string) []string { return each(uris, bare) }

func each(list []string, f func(string) string) (out []string) {
	for _, s := range list {
		out = append(out, f(s))
	}
	return out
}

func some(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

func party(id string) []Typed {
	if id == "" {
		return nil
	}
	return []Typed{{"possessing_party", urn(id)}}
}

func text(name, s string) []Field {
	if s == "" {
		return nil
	}
	return []Field{{name, TextOf(s)}}
}
