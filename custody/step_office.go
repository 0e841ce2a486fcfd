package custody

import (
	"slices"
	"time"
)

// onPost demands that nobody acts who left. Of a part of a history nobody's
// post is known.
func (s *step) onPost() error {
	for _, a := range s.r.Actors {
		if err := s.notLeft(a.Person); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) notLeft(person string) error {
	if person == "" || !s.v.Whole() {
		return nil
	}
	p, _, err := thing[Post](s, Ref{PostThing, person})
	if err == nil && p.Left {
		err = refuse(KeyLeft, "person/"+person, "")
	}
	return err
}

// official demands a secrecy officer or an administrator.
func official(r Record) (Actor, error) { return either(r, RoleSecrecy, RoleAdmin) }

func (s *step) level(word, subject string) error {
	if _, ok := ClassificationOf(word); !ok {
		return refuse(KeyRecord, subject, "classification %q", word)
	}
	return nil
}

// enterDepartment enters a department, or says it anew.
func (s *step) enterDepartment() error {
	d, err := body[Department](s)
	if err != nil {
		return err
	}
	if _, err := official(s.r); err != nil {
		return err
	}
	if d.ID == "" {
		return refuse(KeyRecord, "", "department without id")
	}
	if err := s.level(d.Highest, subjectOf(d.Ref())); err != nil {
		return err
	}
	s.putThing(d)
	return nil
}

// enterPlace enters a cabinet or room, or says it anew.
func (s *step) enterPlace() error {
	p, err := body[Place](s)
	if err != nil {
		return err
	}
	if _, err := official(s.r); err != nil {
		return err
	}
	subject := subjectOf(p.Ref())
	if p.ID == "" || !slices.Contains(PlaceUses(), p.Use) {
		return refuse(KeyRecord, subject, "use %q", p.Use)
	}
	if err := s.level(p.Highest, subject); err != nil {
		return err
	}
	if _, _, err := s.department(p.Department); err != nil {
		return err
	}
	s.putThing(p)
	return nil
}

func (s *step) department(id string) (Department, bool, error) {
	return known[Department](s, Ref{DepartmentThing, id}, KeyNoDepartment)
}

// enterFirm enters a destruction body, or says it anew. One set up by the
// administration, or designated, needs no qualification.
func (s *step) enterFirm() error {
	f, err := body[Firm](s)
	if err != nil {
		return err
	}
	if _, err := official(s.r); err != nil {
		return err
	}
	subject := subjectOf(f.Ref())
	if f.ID == "" || f.Form != "administration" && f.Form != "designated" && f.Form != "qualified-firm" {
		return refuse(KeyRecord, subject, "form %q", f.Form)
	}
	if f.QualifiedTill == "" && f.Form == "qualified-firm" || f.QualifiedTill != "" && !day(f.QualifiedTill) {
		return refuse(KeyWrongDay, subject, "qualified till %q", f.QualifiedTill)
	}
	if err := s.level(f.Highest, subject); err != nil {
		return err
	}
	s.putThing(f)
	return nil
}

// fits demands that an open place of an open department may hold the carriers.
func (s *step) fits(place string, carriers []Carrier) error {
	p, ok, err := known[Place](s, Ref{PlaceThing, place}, KeyNoPlace)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(p.Ref())
	d, ok, err := s.department(p.Department)
	if err != nil || !ok {
		return err
	}
	if p.Closed || d.Closed {
		return refuse(KeyPlaceClosed, subject, "")
	}
	for _, c := range carriers {
		if !reaches(p.Highest, c.Level) || !reaches(d.Highest, c.Level) {
			return refuse(KeyLevelTooLow, subject, "up to %s, department up to %s, carrier %s is %s", p.Highest, d.Highest, c.ID, c.Level)
		}
	}
	return nil
}

// qualified demands that a destruction body may take the carriers on this day.
// Days are those of UTC.
func (s *step) qualified(firm string, carriers []Carrier) error {
	f, ok, err := known[Firm](s, Ref{FirmThing, firm}, KeyNoFirm)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(f.Ref())
	if f.Closed || f.QualifiedTill != "" && f.QualifiedTill < s.r.At.UTC().Format(time.DateOnly) {
		return refuse(KeyFirmUnfit, subject, "closed %t, qualified till %s", f.Closed, f.QualifiedTill)
	}
	for _, c := range carriers {
		if !reaches(f.Highest, c.Level) {
			return refuse(KeyLevelTooLow, subject, "up to %s, carrier %s is %s", f.Highest, c.ID, c.Level)
		}
	}
	return nil
}

// store puts carriers that are on the shelf into a place.
func (s *step) store() error {
	b, err := body[Stored](s)
	if err != nil {
		return err
	}
	who, officer, err := custodian(s.r)
	if err != nil {
		return err
	}
	carriers, err := s.some()
	if err != nil {
		return err
	}
	if b.Place == "" {
		return refuse(KeyNoPlace, "", "no place named")
	}
	if err := s.fits(b.Place, carriers); err != nil {
		return err
	}
	for _, c := range carriers {
		if err := move(&c, Move); err != nil {
			return err
		}
		if err := s.hand(&c, Handle); err != nil {
			return err
		}
		if !officer && c.Keeper != who.Person {
			return refuse(KeyNotKeeper, "carrier/"+c.ID, "%s, its keeper is %q", who.Person, c.Keeper)
		}
		c.Place = b.Place
		s.put(c)
	}
	return nil
}

// post puts a person on a post, or moves him to another. A pledge holds for the
// post it was given for.
func (s *step) post() error {
	p, err := body[Post](s)
	if err != nil {
		return err
	}
	if _, err := official(s.r); err != nil {
		return err
	}
	subject := subjectOf(p.Ref())
	switch {
	case p.Person == "" || !slices.Contains(Grades(), p.Grade):
		return refuse(KeyRecord, subject, "grade %q", p.Grade)
	case p.TrainedTill != "" && !day(p.TrainedTill) || !day(p.Since):
		return refuse(KeyWrongDay, subject, "since %q, trained till %q", p.Since, p.TrainedTill)
	}
	if err := s.level(p.Clearance, subject); err != nil {
		return err
	}
	d, ok, err := s.department(p.Department)
	if err != nil {
		return err
	}
	if ok && d.Closed {
		return refuse(KeyPlaceClosed, subjectOf(d.Ref()), "")
	}
	p = Post{Person: p.Person, Department: p.Department, Grade: p.Grade, Clearance: p.Clearance, TrainedTill: p.TrainedTill, Since: p.Since}
	old, ok, err := thing[Post](s, p.Ref())
	if err != nil {
		return err
	}
	if ok && !old.Left && old.Department == p.Department && old.Grade == p.Grade && old.Clearance == p.Clearance && old.Since == p.Since {
		p.Pledged, p.Parted = old.Pledged, old.Parted
	}
	s.putThing(p)
	return nil
}

// pledge: the person signed the undertaking for his post, or for leaving it.
func (s *step) pledge() error {
	b, err := body[Pledge](s)
	if err != nil {
		return err
	}
	who, err := one(s.r, RolePledging)
	if err != nil {
		return err
	}
	subject := "person/" + b.Person
	if who.Person != b.Person {
		return refuse(KeyActors, subject, "%s pledges for him", who.Person)
	}
	p, ok, err := known[Post](s, Ref{PostThing, b.Person}, KeyNotOnPost)
	if err != nil || !ok {
		return err
	}
	if b.Leaving {
		p.Parted = s.r.Hash
	} else {
		p.Pledged = s.r.Hash
	}
	s.putThing(p)
	return nil
}

// leave ends a post. Nobody leaves with anything outstanding.
func (s *step) leave() error {
	b, err := body[Leaving](s)
	if err != nil {
		return err
	}
	who, err := official(s.r)
	if err != nil {
		return err
	}
	subject := "person/" + b.Person
	if who.Person == b.Person {
		return refuse(KeyOwnLeaving, subject, "")
	}
	if b.CoolingUntil != "" && !day(b.CoolingUntil) {
		return refuse(KeyWrongDay, subject, "cooling until %q", b.CoolingUntil)
	}
	p, ok, err := known[Post](s, Ref{PostThing, b.Person}, KeyNotOnPost)
	if err != nil || !ok {
		return err
	}
	switch {
	case p.Left:
		return refuse(KeyLeft, subject, "")
	case p.Parted == "":
		return refuse(KeyPledge, subject, "no leaving pledge")
	}
	if err := s.owesNothing(b.Person); err != nil {
		return at(subject, err)
	}
	p.Left, p.CoolingUntil = true, b.CoolingUntil
	s.putThing(p)
	return nil
}

// owesNothing demands that a person keeps no carrier, has none in hand, is at no
// end of an open movement and answers for no open finding.
func (s *step) owesNothing(person string) error {
	ids, err := s.v.Outstanding(person)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		return refuse(KeyOutstanding, "", "%d carriers, %s among them", len(ids), ids[0])
	}
	t, _, err := thing[Ties](s, Ref{TiesThing, person})
	if err == nil && (t.Movements != 0 || t.Findings != 0) {
		err = refuse(KeyOutstanding, "", "%d open movements, %d open findings", t.Movements, t.Findings)
	}
	return err
}
