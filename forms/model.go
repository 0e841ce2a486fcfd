package forms

import "fmt"

// Text is one wording in both languages.
type Text struct {
	Zh string `toml:"zh" json:"zh"`
	En string `toml:"en" json:"en"`
}

// Empty says that there is no wording.
func (t Text) Empty() bool   { return t.Zh == "" && t.En == "" }
func (t Text) missing() bool { return t.Zh == "" || t.En == "" }

// Kind says what a cell holds and thus how it is checked, aligned and exported.
type Kind string

// Kinds.
const (
	KindText      Kind = "text"
	KindNumber    Kind = "number"    // decimal, at most 15 digits
	KindDate      Kind = "date"      // 2026-03-05 or 2026-03-05 14:30
	KindChoice    Kind = "choice"    // one of the key's options
	KindSignature Kind = "signature" // a name, or empty for a pen
	KindMark      Kind = "mark"      // a level, or level, star and period
	KindBlank     Kind = "blank"     // a unit's own column, always for a pen
)

// Key names one thing that can stand on a form. Keys are the same on all forms
// and are never renamed; see Vocabulary.
type Key string

// Values holds what is known of one row, or of a form's boxes, by key.
type Values map[Key]string

// Status says how sure the columns of a form are.
type Status string

// Statuses.
const (
	Confirmed   Status = "confirmed"   // seen in forms that are in use
	Unconfirmed Status = "unconfirmed" // composed from rules and custom
)

// Paper is what a form is printed on.
type Paper string

// Papers.
const (
	Portrait  Paper = "a4-portrait"
	Landscape Paper = "a4-landscape"
	Label     Paper = "a6-label"
	Strip     Paper = "strip" // 210 mm x 70 mm
)

// Form is one register, list, sheet, label or report.
type Form struct {
	ID        string    `toml:"id"`
	Title     Text      `toml:"title"`
	Status    Status    `toml:"status"`
	Paper     Paper     `toml:"paper"`
	Secret    Text      `toml:"secret_title"` // title when every item is a state secret; none = the same
	Numbered  Text      `toml:"number"`       // label of the form's own number; none = it bears no number
	Head      []Field   `toml:"head"`         // on the lines between title and first section
	Sections  []Section `toml:"section"`
	Copies    []Text    `toml:"copies"` // who keeps each copy
	Notes     []Text    `toml:"notes"`  // 填表说明
	Retention Text      `toml:"retention"`
}

// SectionKind says how a section is laid out.
type SectionKind string

// Kinds of section.
const (
	Boxes   SectionKind = "boxes"   // a grid of headings, each with its box
	Table   SectionKind = "table"   // columns and any number of rows
	Clauses SectionKind = "clauses" // numbered sentences
	Sign    SectionKind = "sign"    // places to sign
)

// Section is one part of a form, in the order of the paper.
type Section struct {
	Kind    SectionKind `toml:"kind"`
	ID      string      `toml:"id"`    // of a table, unique in the form
	Title   Text        `toml:"title"` // optional
	Fields  []Field     `toml:"fields"`
	Sum     *Sum        `toml:"sum"`
	Presets []Preset    `toml:"presets"` // rows that are printed before anything is filled in
	Clauses []Text      `toml:"clauses"`
	Signers []Signer    `toml:"signers"`
}

// Field is one column or box.
type Field struct {
	Key         Key    `toml:"key"`
	Zh          string `toml:"zh"` // heading; default: the key's
	En          string `toml:"en"`
	Width       int    `toml:"w"`           // weight of its width; boxes: twelfths of a line
	Tall        int    `toml:"tall"`        // boxes: least lines of text
	Break       bool   `toml:"break"`       // columns: begins a new line within each row
	Measure     bool   `toml:"measure"`     // number with the measure word of the row's carrier kind
	Mandatory   bool   `toml:"mandatory"`   // a unit may rename it, not hide it
	Unconfirmed bool   `toml:"unconfirmed"` // though the form as a whole is confirmed
	Plus        []Key  `toml:"plus"`        // computed: never filled in
	Minus       []Key  `toml:"minus"`

	Kind    Kind   `toml:"-"` // of its key
	Options []Text `toml:"-"`
}

// Computed says that the value follows from others.
func (f Field) Computed() bool { return len(f.Plus)+len(f.Minus) > 0 }

// Sum is the row below a table.
type Sum struct {
	Text
	ByKind      bool         `toml:"by_kind"` // the column count, by carrier kind with measure words
	Totals      []Key        `toml:"totals"`  // columns that are added up
	Differences []Difference `toml:"differences"`
}

// Difference is one figure computed from totals, such as what is missing.
type Difference struct {
	Text
	Plus  []Key `toml:"plus"`
	Minus []Key `toml:"minus"`
}

// Preset is one printed row: a wording for one column.
type Preset struct {
	Key Key `toml:"key"`
	Text
}

// Signer is one place to sign.
type Signer struct {
	Role      Key    `toml:"role"`
	Zh        string `toml:"zh"` // default: the key's
	En        string `toml:"en"`
	Persons   int    `toml:"persons"` // default 1
	Opinion   bool   `toml:"opinion"` // with room for an opinion above
	Seal      bool   `toml:"seal"`    // with a place for the seal of an office
	Mandatory bool   `toml:"mandatory"`
}

// Tables lists the sections that have rows.
func (f *Form) Tables() []*Section {
	var all []*Section
	for i := range f.Sections {
		if f.Sections[i].Kind == Table {
			all = append(all, &f.Sections[i])
		}
	}
	return all
}

// Table finds a table by its id.
func (f *Form) Table(id string) (*Section, bool) {
	for _, t := range f.Tables() {
		if t.ID == id {
			return t, true
		}
	}
	return nil, false
}

// Boxes lists the fields that are filled in once: the head and every box.
func (f *Form) Boxes() []Field {
	all := append([]Field(nil), f.Head...)
	for _, s := range f.Sections {
		if s.Kind == Boxes {
			all = append(all, s.Fields...)
		}
	}
	return all
}

// Signers lists the places to sign in order.
func (f *Form) Signers() []Signer {
	var all []Signer
	for _, s := range f.Sections {
		all = append(all, s.Signers...)
	}
	return all
}

// Pick takes from a wide set of values those of this form's boxes.
func (f *Form) Pick(wide Values) (Values, error) { return pick(f.Boxes(), wide) }

// Pick takes from a wide set of values those that this table has columns for.
// Keys outside the vocabulary are an error: they would be lost unseen.
func (s *Section) Pick(wide Values) (Values, error) { return pick(s.Fields, wide) }

func pick(fields []Field, wide Values) (Values, error) {
	for k := range wide {
		if _, ok := TermOf(k); !ok {
			return nil, fmt.Errorf("cannot fill a form: key %q is not in the vocabulary", k)
		}
	}
	narrow := Values{}
	for _, c := range fields {
		if v, ok := wide[c.Key]; ok && !c.Computed() {
			narrow[c.Key] = v
		}
	}
	return narrow, nil
}
