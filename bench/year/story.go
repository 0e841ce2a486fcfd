package year

import (
	"fmt"
	"time"
)

// faults remembers what went wrong already.
type faults struct {
	miscounted, cardPulled, jammed, superseded bool
	bags                                       int
}

// once is true the first time.
func once(done *bool) bool {
	first := !*done
	*done = true
	return first
}

func sealNumber(n int) string { return fmt.Sprintf("F演%07d", n) }

// planYear plans what does not come from a carrier: persons, inspections,
// self-checks, campaigns.
func (s *sim) planYear() {
	s.drives = []*drive{
		newDrive(s.c, "2026-07-01", "2026-09-01", "2026-09-10", "2026-09-11", "2026-09-30"),
		newDrive(s.c, "2027-01-01", "2027-03-01", "2027-03-10", "2027-03-11", "2027-03-30"),
	}
	for _, v := range s.drives {
		s.planDrive(v)
	}
	s.planPeople()
	s.planChecks()
}

func (s *sim) planPeople() {
	for i := range s.w.Persons {
		p := &s.w.Persons[i]
		s.agenda.at(s.arrival(p), func() { s.emit(Event{What: Joined, To: p.ID}) })
	}
	for i := range s.w.Persons {
		p := &s.w.Persons[i]
		s.agenda.at(s.arrival(p)+10, func() {
			s.emit(Event{What: Trained, By: officer, To: p.ID, Due: p.Trained.UTC()})
			s.emit(Event{What: Pledged, By: p.ID})
		})
	}
	gone := s.w.Person(leaver)
	s.agenda.at(s.lastHour(gone), func() { s.leave(gone) })
	late := s.w.Person(lapsing)
	s.on("2026-05-01", 0, func() { s.emit(Event{What: TrainingLapsed, To: late.ID}) })
	s.on(retrained, 60, func() { s.emit(Event{What: Trained, By: officer, To: late.ID, Due: date("2027-12-31").UTC()}) })
	s.on(leaveFrom, -30, func() {
		s.emit(Event{What: Delegated, By: leader, To: deputy, Due: date(leaveTo).UTC(), Reason: OnLeave})
	})
}

// arrival of a person on post; those of before the stream come first.
func (s *sim) arrival(p *Person) moment {
	if p.Joins.Before(date(firstDay)) {
		return 0
	}
	return s.c.on(p.Joins.Format(time.DateOnly))
}

// lastHour of a person on post.
func (s *sim) lastHour(p *Person) moment { return s.c.on(p.Leaves.Format(time.DateOnly)) - 60 }

func (s *sim) leave(p *Person) {
	ref := s.ref()
	s.emit(Event{What: LeaveAsked, Ref: ref, By: p.ID})
	s.emit(Event{What: Left, Ref: ref, By: officer, To: p.ID})
}

func (s *sim) planChecks() {
	for m := time.January; m <= time.December; m++ {
		s.selfCheck(time.Date(Year, m, 25, 0, 0, 0, 0, Zone))
	}
	for m := time.January; m <= time.March; m++ {
		s.selfCheck(time.Date(Year+1, m, 25, 0, 0, 0, 0, Zone))
	}
	s.on("2026-03-11", 30, func() { s.emit(Event{What: Fault, Reason: ClockOff}) })
	s.on("2026-06-10", 60, func() {
		ref := s.ref()
		s.emit(Event{What: Inspected, Ref: ref, By: officer, With: deputy, Place: cabinetA, Reason: LabelLacking, Due: date("2026-06-25").UTC()})
		s.on("2026-06-22", 60, func() { s.emit(Event{What: Corrected, Ref: ref, By: officer}) })
	})
}

// selfCheck is due by the 25th: on the last working day up to it.
func (s *sim) selfCheck(by time.Time) {
	at := s.c.on(by.AddDate(0, 0, 1).Format(time.DateOnly)) - 120
	s.agenda.at(at, func() { s.emit(Event{What: SelfChecked, By: officer}) })
}

// hold keeps a carrier of the story for its scene.
func (s *sim) hold(c carrier) {
	switch c.role {
	case debtOne:
		s.owe(c)
	case missingOne:
		s.lose(c)
	case overdueOne:
		s.overstay(c)
	}
}

// owe: somebody wants to leave while a carrier is on loan to him. He may not;
// he brings it back, and may.
func (s *sim) owe(c carrier) {
	l := loan{ref: s.ref(), c: c, to: debtor}
	p := s.w.Person(debtor)
	s.on("2026-09-07", 60, func() { s.lent(l, 20) })
	s.on("2026-10-20", 90, func() { s.callBack(l) })
	s.on(debtorAsks, 60, func() {
		ref := s.ref()
		s.emit(Event{What: LeaveAsked, Ref: ref, By: debtor})
		s.emit(Event{What: LeaveRefused, Ref: ref, By: officer, To: debtor, Carriers: one(c.id), Reason: CarriersOut})
	})
	s.on(debtorPays, 60, func() { s.broughtBack(l); s.after(c, stepRegrade, day) })
	s.agenda.at(s.lastHour(p), func() { s.leave(p) })
}

// lose: a spot check does not find a carrier; nine days later it turns up under
// the cover of another document.
func (s *sim) lose(c carrier) {
	s.on("2026-11-11", 90, func() {
		ref, ids := s.ref(), one(c.id)
		s.emit(Event{What: SpotChecked, Ref: ref, By: officer, With: deputy, Place: c.held, Carriers: ids, Due: date("2026-11-25").UTC()})
		s.emit(Event{What: Missing, Ref: ref, By: officer, Carriers: ids, Place: c.held, Reason: NotOnShelf})
		s.on("2026-11-20", 45, func() {
			s.emit(Event{What: Found, Ref: ref, By: clerk, Carriers: ids, Place: c.held, Reason: UnderCover})
			s.emit(Event{What: Corrected, Ref: ref, By: officer})
			s.after(c, stepRegrade, day)
		})
	})
}

// overstay: on loan, renewed, called back twice, still out when the stream ends.
func (s *sim) overstay(c carrier) {
	l := loan{ref: s.ref(), c: c, to: firstHead + 2}
	s.on("2027-01-11", 60, func() { s.lent(l, 14) })
	s.on("2027-01-27", 60, func() {
		s.emit(Event{What: Renewed, Ref: l.ref, By: clerk, To: l.to, Carriers: one(c.id), Due: date("2027-02-24").UTC()})
	})
	s.on("2027-02-25", 60, func() { s.callBack(l) })
	s.on("2027-03-08", 60, func() { s.callBack(l) })
}
