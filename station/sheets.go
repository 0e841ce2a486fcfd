package station

import (
	"context"
	"fmt"
	"time"

	"sexton/custody"
	"sexton/forms"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// A sheet is a form of package forms, filled from the register: one set of values per carrier, movement or person fills every form, and what a form has no
// place for is left out. A form that the register knows nothing of is printed blank.

// sheet is one form on its way to paper.
type sheet struct {
	*Station
	ctx  context.Context
	form *forms.Form
	c    forms.Content
	o    PrintOptions
	by   string // person who prints it, "" = a blank sheet

	names map[string]string // of persons, departments, places and firms, by subject
}

// filling says what a form is filled for, and how.
type filling struct {
	of    string // what PrintOptions.For names; "period" = From and To; "carriers" = Filter; "" = nothing
	ofZh  string
	write func(*sheet) error
}

// fillings are the forms that the register can fill; the others are printed blank.
var fillings = map[string]filling{
	"F1": {"carriers", "载体（筛选）", (*sheet).ledgerOfCarriers}, "F1a": {"carriers", "载体（筛选）", (*sheet).ledgerOfPaper},
	"F1b": {"carriers", "载体（筛选）", (*sheet).ledgerOfDiscs}, "F14a": {"carriers", "载体（筛选）", (*sheet).ledgerOfMedia},
	"F2": {"period", "时间段", (*sheet).received}, "F2a": {"period", "时间段", (*sheet).received}, "F3": {"period", "时间段", (*sheet).dispatched},
	"F6": {"period", "时间段", (*sheet).loans}, "F6a": {"period", "时间段", (*sheet).mediaLoans},
	"F4": {"document", "文件", (*sheet).distribution}, "F5": {"document", "文件", (*sheet).circulation},
	"F7": {"request", "申请", (*sheet).copyApproval}, "F9a": {"request", "申请", (*sheet).transferApproval}, "F18": {"request", "申请", (*sheet).reclassification},
	"F8": {"movement", "交接", (*sheet).carriedOut}, "F9": {"movement", "交接", (*sheet).handOver}, "F9b": {"movement", "交接", (*sheet).receiptSlip},
	"P1": {"movement", "交接", (*sheet).consignment}, "P4": {"movement", "交接", (*sheet).transport}, "P5": {"movement", "交接", (*sheet).consignmentReceipt},
	"F10": {"campaign", "清理", (*sheet).clearOutList}, "F10a": {"campaign", "清理", (*sheet).clearOutLines},
	"F11": {"batch", "批次", (*sheet).destructionList}, "F12": {"batch", "批次", (*sheet).destructionRecord}, "F13a": {"batch", "批次", (*sheet).attestation},
	"F15": {"inspection", "检查", (*sheet).inspected}, "F15c": {"inspection", "检查", (*sheet).correctionNotice},
	"F16b": {"person", "人员", (*sheet).person}, "F17": {"person", "人员", (*sheet).person}, "F17a": {"person", "人员", (*sheet).person},
	"F17b": {"person", "人员", (*sheet).leavingCheck}, "F19": {"place", "部位", (*sheet).placeSheet}, "F19-withdraw": {"place", "部位", (*sheet).placeSheet},
	"F20": {"incident", "事件", (*sheet).incident},
	"R1":  {"period", "时间段", (*sheet).report}, "R2": {"period", "时间段", (*sheet).report},
}

// draw fills a form. Without For, From and Filter it is a blank sheet with its head.
func (s *Station) draw(ctx context.Context, o PrintOptions, by string) (*forms.Sheet, error) {
	f, ok := s.cfg.Forms.Form(o.Form)
	if !ok {
		return nil, fault.New("usage.not-found", nil, "form "+o.Form)
	}
	head := s.deps.Book.Head()
	x := &sheet{Station: s, ctx: ctx, form: f, o: o, by: by, names: map[string]string{}}
	unit, err := s.unitName(ctx)
	if err != nil {
		return nil, err
	}
	x.c = forms.Content{Unit: unit, Bench: s.cfg.Bench, Boxes: forms.Values{}, Rows: map[string][]forms.Values{}, Spare: map[string]int{},
		Signed: map[forms.Key][]forms.Signature{}, Ledger: &forms.Position{Size: uint64(head.Size), Root: head.Root}, Printed: x.time(s.now())}
	if f.Numbered != (forms.Text{}) {
		x.c.Number = o.Number
	}
	if !o.blank() {
		how, ok := fillings[o.Form]
		if !ok {
			return nil, fault.New("form.blank-only", nil, o.Form)
		}
		if err := how.check(o); err != nil {
			return nil, err
		}
		if err := how.write(x); err != nil {
			return nil, err
		}
	} else {
		x.blankRows()
	}
	return f.Fill(x.c)
}

// check demands what the form is filled for, and nothing else.
func (f filling) check(o PrintOptions) error {
	has := map[string]bool{"carriers": o.Filter != nil, "period": o.From != "" || o.To != "", "thing": o.For != ""}
	want := f.of
	if want != "carriers" && want != "period" {
		want = "thing"
	}
	for what, given := range has {
		if given != (what == want) {
			return both(fault.New("usage.bad-request", nil, "this form is filled for a "+f.of), "请求无法理解：此表按“%s”填写", f.ofZh)
		}
	}
	return nil
}

// blankRows leaves room for the pen.
func (x *sheet) blankRows() {
	for _, t := range x.form.Tables() {
		if len(t.Presets) == 0 {
			x.c.Spare[t.ID] = 12
		}
	}
}

// unitName is the name of the unit, as the station was initialised.
func (s *Station) unitName(ctx context.Context) (string, error) {
	p, err := s.payloadAt(ctx, 0)
	if err != nil {
		return "", err
	}
	return s.opened(ctx, p.ID, "/body/unit")
}

// boxes puts what is known into the boxes of the form.
func (x *sheet) boxes(wide forms.Values) error {
	v, err := x.form.Pick(wide)
	for k, s := range v {
		x.c.Boxes[k] = s
	}
	return err
}

// row adds a row to a table.
func (x *sheet) row(table string, wide ...forms.Values) error {
	t, ok := x.form.Table(table)
	if !ok {
		return fmt.Errorf("internal error: form %s has no table %s", x.form.ID, table)
	}
	v, err := t.Pick(merged(wide...))
	x.c.Rows[table] = append(x.c.Rows[table], v)
	return err
}

// merged lays values over one another; the last one that says something holds.
func merged(wide ...forms.Values) forms.Values {
	out := forms.Values{}
	for _, w := range wide {
		for k, v := range w {
			if v != "" {
				out[k] = v
			}
		}
	}
	return out
}

// sign puts a signature that is on record where the form asks for it.
func (x *sheet) sign(role forms.Key, person string, at time.Time, opinion string) error {
	if person == "" {
		return nil
	}
	for _, g := range x.form.Signers() {
		if g.Role != role {
			continue
		}
		name, err := x.who(person)
		if err != nil {
			return err
		}
		s := forms.Signature{Name: name, On: x.day(at)}
		if g.Opinion {
			s.Opinion = opinion
		}
		if len(x.c.Signed[role]) < max(g.Persons, 1) {
			x.c.Signed[role] = append(x.c.Signed[role], s)
		}
	}
	return nil
}

// day is a day where the station stands, "" for no time.
func (x *sheet) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(x.cfg.Zone).Format(time.DateOnly)
}

// time is a time where the station stands, "" for none.
func (x *sheet) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(x.cfg.Zone).Format("2006-01-02 15:04")
}

// person1 is the name of one person, "" for nobody. Somebody who is not enrolled keeps his id.
func (x *sheet) who(id string) (string, error) {
	return x.name(leaf.PersonSubject+id, func() (string, error) {
		p, ok, err := x.deps.Register.Person(x.ctx, id)
		if err != nil || !ok {
			return id, err
		}
		return x.opened(x.ctx, p.Event, "/body/name")
	})
}

// named is the name of a department, place or firm, or its id while it has none.
func (x *sheet) named(kind custody.ThingKind, id string) (string, error) {
	return x.name(string(kind)+"/"+id, func() (string, error) {
		row, ok, err := x.deps.Register.Thing(x.ctx, custody.Ref{Kind: kind, ID: id})
		if err != nil || !ok {
			return id, err
		}
		n, err := x.opened(x.ctx, row.Event, "/body/name")
		return either(n, id), err
	})
}

func (x *sheet) name(subject string, find func() (string, error)) (string, error) {
	if subject[len(subject)-1] == '/' {
		return "", nil
	}
	if n, ok := x.names[subject]; ok {
		return n, nil
	}
	n, err := find()
	x.names[subject] = n
	return n, err
}

// postOf gives department, post and grade of a person, "" where he has none.
func (x *sheet) postOf(id string) (unit, post, grade string, err error) {
	row, ok, err := x.deps.Register.Thing(x.ctx, custody.Ref{Kind: custody.PostThing, ID: id})
	if err != nil || !ok {
		return "", "", "", err
	}
	p, _ := row.Thing.(custody.Post)
	if unit, err = x.named(custody.DepartmentThing, p.Department); err != nil {
		return "", "", "", err
	}
	post, err = x.opened(x.ctx, row.Event, "/body/post")
	return unit, post, gradesZh[p.Grade], err
}

// said are the private words of the newest event of a kind about a subject.
func (x *sheet) said(subject string, kind leaf.Kind) (map[string]string, leaf.Payload, error) {
	events, err := x.deps.Register.Events(x.ctx, subject)
	if err != nil {
		return nil, leaf.Payload{}, err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind != kind {
			continue
		}
		p, err := x.payloadAt(x.ctx, events[i].Index)
		if err != nil {
			return nil, p, err
		}
		words, err := x.openings(x.ctx, events[i].ID)
		return words, p, err
	}
	return map[string]string{}, leaf.Payload{}, nil
}
