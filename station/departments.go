package station

import (
	"context"
	"slices"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// firmForms are the forms a destruction body can have, with the words of the implementing regulation of 2024, art. 28 and 48.
var firmForms = map[string]string{"administration": "保密行政管理部门设立的工作机构", "designated": "指定的单位", "qualified-firm": "有资质的单位"}

// placeUsesZh are the terms of custody.PlaceUses.
var placeUsesZh = map[string]string{"cabinet": "保密柜", "approved-cabinet": "符合国家保密标准的保密柜", "room": "涉密场所", "reading-room": "指定阅读场所",
	"archive-room": "档案室", "waiting-room": "待销存放场所"}

// EnterDepartment implements Posts.
func (s *Station) EnterDepartment(ctx context.Context, o DepartmentOptions) (DepartmentView, error) {
	err := s.assertAct(ctx, "department-enter", o.Session, func(x *session, role leaf.Role) (note, error) { return s.departmentNote(ctx, o, x.asserts(role)) })
	if err != nil {
		return DepartmentView{}, err
	}
	s.hub.send(Event{Type: "department", Subject: o.Department, What: "entered", Zh: "已登记部门 " + o.Department, En: "entered department " + o.Department})
	v, row, err := thing[custody.Department](ctx, s, "department", o.Department)
	if err != nil {
		return DepartmentView{}, toFault(err)
	}
	view, err := s.departmentView(ctx, v, row)
	return view, toFault(err)
}

func (s *Station) departmentNote(ctx context.Context, o DepartmentOptions, by leaf.Actor) (note, error) {
	if err := checkID("department", o.Department); err != nil {
		return note{}, err
	}
	highest, err := levelWord(o.Highest)
	if err != nil {
		return note{}, err
	}
	name, err := s.kept(ctx, custody.Ref{Kind: custody.DepartmentThing, ID: o.Department}, "name", o.Name)
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	return note{kind: leaf.DepartmentEntered, actors: []leaf.Actor{by}, subjects: []string{leaf.DepartmentSubject + o.Department},
		body:     &leaf.Department{Department: o.Department, Name: sec.of("name", name), Highest: highest, Closed: o.Closed},
		openings: sec.openings}, sec.err
}

func (s *Station) departmentView(ctx context.Context, d custody.Department, row ThingRow) (DepartmentView, error) {
	name, err := s.opened(ctx, row.Event, "/body/name")
	return DepartmentView{Department: d.ID, Name: name, Highest: d.Highest, HighestZh: levelZh(d.Highest), Closed: d.Closed}, err
}

// EnterPlace implements Posts.
func (s *Station) EnterPlace(ctx context.Context, o PlaceOptions) (PlaceView, error) {
	err := s.assertAct(ctx, "place-enter", o.Session, func(x *session, role leaf.Role) (note, error) { return s.placeNote(ctx, o, x.asserts(role)) })
	if err != nil {
		return PlaceView{}, err
	}
	s.hub.send(Event{Type: "place", Subject: o.Place, What: "entered", Zh: "已登记部位 " + o.Place, En: "entered place " + o.Place})
	v, row, err := thing[custody.Place](ctx, s, "place", o.Place)
	if err != nil {
		return PlaceView{}, toFault(err)
	}
	view, err := s.placeView(ctx, v, row)
	return view, toFault(err)
}

func (s *Station) placeNote(ctx context.Context, o PlaceOptions, by leaf.Actor) (note, error) {
	if err := checkID("place", o.Place); err != nil {
		return note{}, err
	}
	highest, err := levelWord(o.Highest)
	if err != nil {
		return note{}, err
	}
	if !slices.Contains(custody.PlaceUses(), o.Use) {
		return note{}, fault.New("usage.bad-request", nil, "use "+o.Use)
	}
	if _, _, err := thing[custody.Department](ctx, s, "department", o.Department); err != nil {
		return note{}, err
	}
	if o.Keeper != "" {
		if _, err := s.enrolledPerson(ctx, o.Keeper); err != nil {
			return note{}, err
		}
	}
	name, err := s.kept(ctx, custody.Ref{Kind: custody.PlaceThing, ID: o.Place}, "name", o.Name)
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	return note{kind: leaf.PlaceEntered, actors: []leaf.Actor{by}, subjects: []string{leaf.PlaceSubject + o.Place},
		body: &leaf.Place{Place: o.Place, Department: o.Department, Use: o.Use, Name: sec.of("name", name), Highest: highest, Keeper: o.Keeper,
			Closed: o.Closed}, openings: sec.openings}, sec.err
}

// enrolledPerson finds a person who is enrolled and has not left.
func (s *Station) enrolledPerson(ctx context.Context, person string) (PersonRow, error) {
	p, ok, err := s.deps.Register.Person(ctx, person)
	if err == nil && !ok {
		err = fault.New("person.not-enrolled", nil, person)
	}
	if err != nil {
		return PersonRow{}, err
	}
	return p, s.onPost(ctx, person)
}

func (s *Station) placeView(ctx context.Context, p custody.Place, row ThingRow) (PlaceView, error) {
	name, err := s.opened(ctx, row.Event, "/body/name")
	return PlaceView{Place: p.ID, Department: p.Department, Name: name, Use: p.Use, UseZh: placeUsesZh[p.Use], Highest: p.Highest, HighestZh: levelZh(p.Highest),
		Keeper: p.Keeper, Closed: p.Closed}, err
}

// EnterFirm implements Posts.
func (s *Station) EnterFirm(ctx context.Context, o FirmOptions) (FirmView, error) {
	err := s.assertAct(ctx, "firm-enter", o.Session, func(x *session, role leaf.Role) (note, error) { return s.firmNote(ctx, o, x.asserts(role)) })
	if err != nil {
		return FirmView{}, err
	}
	s.hub.send(Event{Type: "firm", Subject: o.Firm, What: "entered", Zh: "已登记销毁单位 " + o.Firm, En: "entered destruction body " + o.Firm})
	v, row, err := thing[custody.Firm](ctx, s, "firm", o.Firm)
	if err != nil {
		return FirmView{}, toFault(err)
	}
	view, err := s.firmView(ctx, v, row)
	return view, toFault(err)
}

func (s *Station) firmNote(ctx context.Context, o FirmOptions, by leaf.Actor) (note, error) {
	if err := checkID("firm", o.Firm); err != nil {
		return note{}, err
	}
	highest, err := levelWord(o.Highest)
	if err != nil {
		return note{}, err
	}
	if firmForms[o.Form] == "" {
		return note{}, fault.New("usage.bad-request", nil, "form of firm "+o.Form)
	}
	if err := checkDay("qualified till", o.QualifiedTill, false); err != nil {
		return note{}, err
	}
	ref := custody.Ref{Kind: custody.FirmThing, ID: o.Firm}
	name, err := s.kept(ctx, ref, "name", o.Name)
	if err != nil {
		return note{}, err
	}
	number, err := s.kept(ctx, ref, "qualification", o.Qualification)
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	return note{kind: leaf.FirmEntered, actors: []leaf.Actor{by}, subjects: []string{leaf.FirmSubject + o.Firm},
		body: &leaf.Firm{Firm: o.Firm, Form: o.Form, Name: sec.of("name", name), Qualification: sec.of("qualification", number), Highest: highest,
			QualifiedTill: o.QualifiedTill, Closed: o.Closed}, openings: sec.openings}, sec.err
}

func (s *Station) firmView(ctx context.Context, f custody.Firm, row ThingRow) (FirmView, error) {
	v := FirmView{Firm: f.ID, Form: f.Form, FormZh: firmForms[f.Form], Highest: f.Highest, HighestZh: levelZh(f.Highest), QualifiedTill: f.QualifiedTill,
		DaysLeft: s.daysLeft(f.QualifiedTill), Closed: f.Closed}
	var err error
	if v.Name, err = s.opened(ctx, row.Event, "/body/name"); err != nil {
		return FirmView{}, err
	}
	v.Qualification, err = s.opened(ctx, row.Event, "/body/qualification")
	return v, err
}

// Departments implements Posts.
func (s *Station) Departments(ctx context.Context) ([]DepartmentView, error) {
	out, err := views(ctx, s, s.departmentView)
	byName(out, func(v DepartmentView) string { return v.Name })
	return out, toFault(err)
}

// Places implements Posts.
func (s *Station) Places(ctx context.Context) ([]PlaceView, error) {
	out, err := views(ctx, s, s.placeView)
	byName(out, func(v PlaceView) string { return v.Name })
	return out, toFault(err)
}

// Firms implements Posts.
func (s *Station) Firms(ctx context.Context) ([]FirmView, error) {
	out, err := views(ctx, s, s.firmView)
	byName(out, func(v FirmView) string { return v.Name })
	return out, toFault(err)
}

// views shows every thing of type T.
func views[T custody.Thing, V any](ctx context.Context, s *Station, show func(context.Context, T, ThingRow) (V, error)) ([]V, error) {
	rows, err := things[T](ctx, s)
	out := []V{}
	for _, r := range rows {
		if err != nil {
			break
		}
		var v V
		if v, err = show(ctx, r.Thing.(T), r); err == nil {
			out = append(out, v)
		}
	}
	return out, err
}

// things lists the rows of every thing of type T.
func things[T custody.Thing](ctx context.Context, s *Station) ([]ThingRow, error) {
	var t T
	return s.deps.Register.Things(ctx, t.Ref().Kind)
}
