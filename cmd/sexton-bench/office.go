package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sexton/bench/card"
	"sexton/bench/year"
	"sexton/web/api"
)

// office is the bureau of the prologue: its people with their cards, each in a
// reader of his own. Changing cards takes a PC/SC service the better part of a
// second, and a year has hundreds of acts.
type office struct {
	rig    *rig
	people map[year.PersonID]*official
	order  []*official // by reader
}

// official is one person of the bureau.
type official struct {
	member
	grade, clearance string // station's words
	trained          string // last day
	department       int    // index of World.Departments
	reader           int
	session          string
}

// stationRoles are the roles that the bureau's people have at the station, by one they have in the invented world; the first that fits counts.
var stationRoles = []struct {
	is  string
	has []string
}{
	{"receiver", []string{"receiver", "keeper", "applicant", "counter"}},
	{"destroyer", []string{"second-counter", "destroyer", "operator"}},
	{"attestor", []string{"attestor", "operator"}},
	{"inspector", []string{"admin", "secrecy-officer", "inspector", "auditor"}},
	{"auditor", []string{"approver", "auditor"}},
	{"approver", []string{"approver", "classifier"}},
}

// newOffice gives cards to the people a year needs.
func newOffice(r *rig, w *year.World, needed []year.PersonID, from time.Time) (*office, error) {
	o := &office{rig: r, people: map[year.PersonID]*official{}}
	for i, id := range needed {
		p := w.Person(id)
		m := &official{member: member{id: p.Number, name: p.Name + "（演练）", pin: fmt.Sprintf("%06d", 402163+7919*i), roles: rolesOf(w, p)},
			grade: grade(p), clearance: clearance(p), trained: p.Trained.In(year.Zone).Format(time.DateOnly), department: p.Department, reader: i}
		var err error
		m.card, err = card.New(card.Spec{Name: m.name, PIN: m.pin, CA: r.ca, Serial: uint32(7100001 + i), Now: from})
		if err != nil {
			return nil, fmt.Errorf("cannot make the card of %s: %w", m.id, err)
		}
		o.people[id], o.order = m, append(o.order, m)
	}
	return o, nil
}

func rolesOf(w *year.World, p *year.Person) []string {
	for _, r := range stationRoles {
		if slices.Contains(p.Roles, r.is) {
			return r.has
		}
	}
	if slices.ContainsFunc(w.Places, func(q year.Place) bool { return q.Keeper == p.ID }) {
		return []string{"keeper"} // of a department
	}
	return []string{"applicant"}
}

// grade is the grade of a post: who handles 绝密 is 核心.
func grade(p *year.Person) string {
	if clearance(p) == "top-secret" {
		return string(year.Core)
	}
	return string(p.Grade)
}

// clearance is the highest classification somebody may handle. Who works in the confidential room, or carries for it, may handle all.
func clearance(p *year.Person) string {
	switch {
	case p.Grade == year.Core || len(p.Roles) > 0:
		return "top-secret"
	case p.Grade == year.Important:
		return "secret"
	}
	return "confidential"
}

// insertAll puts every card into its reader.
func (o *office) insertAll(ctx context.Context) error {
	for _, m := range o.order {
		ins, err := card.Insert(ctx, o.rig.pcsc.Addrs[m.reader], m.card)
		if err != nil {
			return err
		}
		o.rig.slots[m.reader] = ins
	}
	for _, m := range o.order {
		if err := o.rig.awaitCard(ctx, m.reader, true); err != nil {
			return err
		}
	}
	return nil
}

// enrolRest has admin enrol everybody else, and logs them all in.
func (o *office) enrolRest(ctx context.Context, admin *official) error {
	for _, m := range o.order {
		if m == admin {
			continue
		}
		if _, err := quietly[api.PersonView](ctx, o.rig, "person/enrol", api.EnrolRequest{Person: m.id, Name: m.name, Roles: m.roles,
			Reader: o.rig.pcsc.Readers[m.reader], PIN: api.Secret(m.pin), Admin: admin.signer()}); err != nil {
			return err
		}
		if err := o.login(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (o *office) login(ctx context.Context, m *official) error {
	s, err := quietly[api.SessionView](ctx, o.rig, "session/login", api.LoginRequest{Reader: o.rig.pcsc.Readers[m.reader], PIN: api.Secret(m.pin)})
	m.session = s.ID
	return err
}

// signer is m with his PIN typed for one signature.
func (m *official) signer() api.Signer { return api.Signer{Session: m.session, PIN: api.Secret(m.pin)} }

// quietly asks the station without showing it.
func quietly[T any](ctx context.Context, r *rig, op string, req any) (T, error) {
	v, err := api.Call[T](ctx, r.client, op, req)
	if err != nil {
		return v, fmt.Errorf("%s: %w", op, err)
	}
	return v, nil
}
