package main

import (
	"fmt"
	"slices"

	"sexton/bench/year"
)

// plot is a year as the prologue tells it: who plays which part, and which
// happenings are lived through. What comes in, is made, copied, sent, cleared
// out, regraded, lost or found is all of it; of readings, loans and hand-overs,
// of which a year has hundreds with two signatures each, a few are taken, each
// whole. The oracle counts exactly what is taken.
type plot struct {
	events  []year.Event
	spoiled map[year.Ref]int // of a making of copies

	leader, deputy, clerk, second, attestor, officer year.PersonID
	debtor, lapsing, borrower, heir                  year.PersonID   // leaves with a loan; untrained; never brings back; never signs
	readers                                          []year.PersonID // of the circulation
	others                                           []year.PersonID // with one part each
	slip                                             year.Ref        // the circulation
	owing, overdue, loan                             year.Ref
	open                                             year.Ref // the hand-over that stays open
	copying                                          year.Ref
	receipt                                          year.Ref // the one that is shown
	received                                         []year.CarrierID
	handed                                           map[year.Ref]bool // hand-overs that are taken
}

// mostReaders of the circulation.
const mostReaders = 3

// newPlot reads the whole year ahead.
func newPlot(l *year.Life) (*plot, error) {
	p := &plot{spoiled: map[year.Ref]int{}, handed: map[year.Ref]bool{}}
	all := slices.Collect(l.Events())
	if err := p.cast(l.World()); err != nil {
		return nil, err
	}
	p.scenes(all)
	p.pickReceipt(all)
	p.pickSlip(l.World(), all)
	p.pickLoan(all)
	p.pickHandOver(all)
	for _, part := range []struct {
		what string
		have bool
	}{{"debtor", p.debtor != 0 && p.owing != 0}, {"lapsed training", p.lapsing != 0}, {"overdue loan", p.overdue != 0}, {"open hand-over", p.open != 0},
		{"circulation", len(p.readers) == mostReaders}, {"copying", p.copying != 0}} {
		if !part.have {
			return nil, fmt.Errorf("cannot tell this year: it has no %s", part.what)
		}
	}
	for _, e := range all {
		if p.keeps(e) {
			if e.What == year.CirculationOpened {
				e.People = p.readers
			}
			p.events = append(p.events, e)
		}
	}
	return p, nil
}

// cast finds who has which role.
func (p *plot) cast(w *year.World) error {
	for role, who := range map[string]*year.PersonID{"classifier": &p.leader, "auditor": &p.deputy, "receiver": &p.clerk, "destroyer": &p.second, "attestor": &p.attestor, "inspector": &p.officer} {
		i := slices.IndexFunc(w.Persons, func(x year.Person) bool { return slices.Contains(x.Roles, role) })
		if i < 0 {
			return fmt.Errorf("cannot tell this year: nobody is %s", role)
		}
		*who = w.Persons[i].ID
	}
	return nil
}

// scenes finds what every year shows once.
func (p *plot) scenes(all []year.Event) {
	ends := map[year.Ref]bool{}
	for _, e := range all {
		switch e.What {
		case year.Accepted, year.BroughtBack:
			ends[e.Ref] = true
		case year.LeaveRefused:
			p.debtor = e.To
		case year.TrainingLapsed:
			p.lapsing = e.To
		case year.CopyRefused:
			p.copying = e.Ref
		case year.Spoiled:
			p.spoiled[e.Ref] += len(e.Carriers)
		}
	}
	for _, e := range all {
		switch {
		case e.What == year.HandedOver && !ends[e.Ref]:
			p.open, p.heir = e.Ref, e.To
			p.handed[e.Ref] = true
		case e.What == year.Lent && !ends[e.Ref]:
			p.overdue, p.borrower = e.Ref, e.To
		case e.What == year.Lent && e.To == p.debtor && p.owing == 0:
			p.owing = e.Ref
		}
	}
}

// pickReceipt takes the first consignment of at most six carriers with a state secret among them that no place of work secrets may hold.
func (p *plot) pickReceipt(all []year.Event) {
	for _, e := range all {
		if e.What == year.Entered && len(e.Entries) <= 6 && slices.ContainsFunc(e.Entries, func(c year.Carrier) bool { return c.Class < year.WorkSecret && c.Class > year.TopSecret }) {
			p.receipt = e.Ref
			for _, c := range e.Entries {
				p.received = append(p.received, c.ID)
			}
			return
		}
	}
}

// pickSlip takes the first circulation of a 机密 paper with enough readers who have no other part and stay to the end.
func (p *plot) pickSlip(w *year.World, all []year.Event) {
	class := map[year.CarrierID]year.Class{}
	for _, e := range all {
		for _, c := range e.Entries {
			class[c.ID] = c.Class
		}
		if e.What != year.CirculationOpened || class[e.Carriers[0]] != year.Secret || p.slip != 0 {
			continue
		}
		var fit []year.PersonID
		for _, id := range e.People {
			if x := w.Person(id); len(x.Roles) == 0 && x.Leaves.IsZero() && x.Retrained.IsZero() && id != p.borrower && id != p.heir {
				fit = append(fit, id)
			}
		}
		if len(fit) >= mostReaders {
			p.slip, p.readers = e.Ref, fit[:mostReaders]
		}
	}
}

// pickLoan takes one loan that went as it should.
func (p *plot) pickLoan(all []year.Event) {
	late := map[year.Ref]bool{}
	for _, e := range all {
		if e.What == year.RecalledLoan || e.What == year.Renewed {
			late[e.Ref] = true
		}
	}
	for _, e := range all {
		if e.What == year.Lent && !late[e.Ref] && e.Ref != p.owing && p.loan == 0 && e.To > p.officer {
			p.loan = e.Ref
			p.others = append(p.others, e.To)
		}
	}
}

// pickHandOver takes all hand-overs of the first carrier that went to a department and came back.
func (p *plot) pickHandOver(all []year.Event) {
	var chosen year.CarrierID
	for _, e := range all {
		switch {
		case e.What != year.HandedOver:
		case chosen == 0 && e.By == p.clerk:
			chosen = e.Carriers[0]
			p.others = append(p.others, e.To)
			p.handed[e.Ref] = true
		case e.Carriers[0] == chosen:
			p.handed[e.Ref] = true
		}
	}
}

// keeps says whether a happening is lived through.
func (p *plot) keeps(e year.Event) bool {
	switch e.What {
	case year.CirculationOpened, year.CirculationClosed:
		return e.Ref == p.slip
	case year.Took, year.GaveBack:
		return e.Ref == p.slip && slices.Contains(p.readers, e.To)
	case year.HandedOver, year.Accepted:
		return p.handed[e.Ref]
	case year.Lent, year.BroughtBack, year.RecalledLoan:
		return e.Ref == p.owing || e.Ref == p.overdue || e.Ref == p.loan
	case year.Renewed:
		return false // the rules count from the day it was handed out
	}
	return true
}

// people are all who need a card, the officer first: he enrols the others.
func (p *plot) people() []year.PersonID {
	out := []year.PersonID{p.officer}
	for _, id := range append([]year.PersonID{p.leader, p.deputy, p.clerk, p.second, p.attestor, p.debtor, p.lapsing, p.borrower, p.heir}, slices.Concat(p.readers, p.others)...) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// approver is the first of persons who may approve; the leader when none may.
func (p *plot) approver(persons ...year.PersonID) year.PersonID {
	for _, id := range persons {
		if id == p.leader || id == p.deputy {
			return id
		}
	}
	return p.leader
}
