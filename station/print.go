package station

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"

	"sexton/forms"
	"sexton/forms/xlsx"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// keysOf are the keys of a map.
func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

func tooMany(most int) error { return fault.New("report.too-large", nil, most) }

// blank says that nothing is asked of the register.
func (o PrintOptions) blank() bool {
	return o.For == "" && o.From == "" && o.To == "" && o.Filter == nil
}

// reportForms are those whose printing is a report upward.
var reportForms = []string{"R1", "R2"}

// PrintForm implements Reports.
func (s *Station) PrintForm(ctx context.Context, o PrintOptions, by Signer) (File, error) {
	if o.blank() {
		by.PIN.Wipe()
		sheet, err := s.draw(ctx, o, "")
		if err != nil {
			return File{}, toFault(err)
		}
		f, err := written(sheet, o)
		f.View.Index = -1
		return f, toFault(err)
	}
	act := "form-print"
	if slices.Contains(reportForms, o.Form) {
		act = "report-issue"
	}
	return s.handOut(ctx, act, o.Form, "", o.From, o.To, by, func(x *session) (File, error) {
		sheet, err := s.draw(ctx, o, x.person.Person)
		if err != nil {
			return File{}, err
		}
		return written(sheet, o)
	})
}

// File is a file that is handed out, with what is said of it.
type File struct {
	View FileView
	Data []byte
}

// handOut makes a file of the register as it stands at one head of the ledger, puts on record under the signature of who asked that it was handed out, and
// gives it. The record comes first: a file that nobody got is on record all the same.
func (s *Station) handOut(ctx context.Context, act, form, medium, from, to string, by Signer, make func(*session) (File, error)) (File, error) {
	id, err := s.newID()
	if err != nil {
		return File{}, toFault(err)
	}
	var f File
	v, err := s.signAct(ctx, act, by, func(x *session, role leaf.Role) (note, error) {
		var head LedgerView
		var err error
		if f, head, err = steady(s, func() (File, error) { return make(x) }); err != nil {
			return note{}, err
		}
		sec := s.secrets()
		n := note{kind: leaf.ReportIssued, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.ReportSubject + id}, fresh: true,
			body:     &leaf.Report{Report: id, Form: form, From: from, To: to, SHA256: f.View.SHA256, Rows: f.View.Rows, Medium: sec.of("medium", medium), Size: head.Size, Root: head.Root},
			openings: sec.openings}
		if slices.Contains(reportForms, form) {
			n.attach = [][]byte{f.Data} // what went to the superior body can be shown again
		}
		return n, sec.err
	})
	if err != nil {
		return File{}, err
	}
	f.View.Leaf, f.View.Index = v.Leaf, v.Index
	s.hub.send(Event{Type: "report", Subject: id, What: "issued", Zh: "已出具 " + form, En: form + " was handed out"})
	return f, nil
}

// tries is how often something is read again because the ledger grew meanwhile.
const tries = 5

// steady reads until nothing was written meanwhile, so that what was read is the register as it stood at one head.
func steady[T any](s *Station, read func() (T, error)) (v T, at LedgerView, err error) {
	for range tries {
		head := s.deps.Book.Head()
		v, err = read()
		if now := s.deps.Book.Head(); now.Size == head.Size {
			return v, LedgerView{Size: head.Size, Root: head.Root}, err
		}
	}
	return v, at, fault.New("batch.changed", nil)
}

// formats are how a sheet can be written, with the ending of the file's name.
var formats = map[string]string{"html": ".html", "xlsx": ".xlsx", "csv": ".csv", "json": ".json"}

// written puts a sheet into bytes.
func written(sheet *forms.Sheet, o PrintOptions) (File, error) {
	var b bytes.Buffer
	var err error
	switch o.Format {
	case "html":
		err = sheet.WriteHTML(&b)
	case "xlsx":
		err = xlsx.Write(&b, sheet)
	case "csv":
		err = sheet.WriteCSV(&b)
	case "json":
		err = sheet.WriteJSON(&b)
	default:
		err = fault.New("usage.bad-request", nil, "format "+o.Format)
	}
	if err != nil {
		return File{}, err
	}
	rows := 0
	for _, t := range sheet.Tables {
		rows += len(t.Rows)
	}
	name := sheet.Form.ID
	for _, part := range []string{o.From, o.To} {
		if part != "" {
			name += "_" + part
		}
	}
	return file(name+formats[o.Format], b.Bytes(), int64(rows)), nil
}

func file(name string, data []byte, rows int64) File {
	return File{View: FileView{Name: name, SHA256: sha(data), Size: int64(len(data)), Rows: rows, Index: -1}, Data: data}
}

// Forms implements Reports.
func (s *Station) Forms(context.Context) ([]FormView, error) {
	out := []FormView{}
	for _, f := range s.cfg.Forms.Forms() {
		out = append(out, formView(f))
	}
	return out, nil
}

// Form implements Reports.
func (s *Station) Form(_ context.Context, id string) (FormView, error) {
	f, ok := s.cfg.Forms.Form(id)
	if !ok {
		return FormView{}, fault.New("usage.not-found", nil, "form "+id)
	}
	v := formView(f)
	add := func(table string, fields []forms.Field) {
		for _, c := range fields {
			v.Fields = append(v.Fields, FieldView{Table: table, Key: string(c.Key), Zh: c.Zh, En: c.En, Mandatory: c.Mandatory, Computed: c.Computed()})
		}
	}
	add("", f.Boxes())
	for _, t := range f.Tables() {
		add(t.ID, t.Fields)
	}
	for _, g := range f.Signers() {
		v.Signers = append(v.Signers, g.Zh+" "+g.En)
	}
	return v, nil
}

func formView(f *forms.Form) FormView {
	v := FormView{ID: f.ID, Zh: f.Title.Zh, En: f.Title.En, Confirmed: f.Status == forms.Confirmed, RetentionZh: f.Retention.Zh, Fields: []FieldView{}, Signers: []string{}, Copies: []string{}}
	if how, ok := fillings[f.ID]; ok {
		v.Of, v.OfZh = how.of, how.ofZh
	}
	for _, c := range f.Copies {
		v.Copies = append(v.Copies, c.Zh)
	}
	return v
}
