package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"sexton/bench/year"
)

// plot is a year as the prologue tells it: who plays which part, and which
// happenings are lived through. What comes in, is made, copied, sent, cleared
// out, handed over, regraded, lost or found is all of it; of readings and loans
// those of the people who have a card, since a PC/SC service has fourteen
// readers; marks of media that are of no document stay. The oracle counts
// exactly what is taken.
type plot struct {
	events  []year.Event
	spoiled map[year.Ref]int         // of a making of copies
	bare    map[year.DocumentID]bool // media without a 文号: the station has no document of them, so it cannot change their mark

	leader, deputy, clerk, second, attestor, officer year.PersonID
	debtor, lapsing, borrower, heir                  year.PersonID   // leaves with a loan; untrained; never brings back; never signs
	cards                                            []year.PersonID // everybody who has one, the officer first: he enrols the others
	slip                                             year.Ref        // the circulation
	circle                                           []year.PersonID // who may read its document
	outside                                          year.PersonID   // may handle 机密, and is not in its circle
	owing, overdue                                   year.Ref
	open                                             year.Ref // the hand-over that stays open
	copying                                          year.Ref
	receipt                                          year.Ref // the one that is shown
	received                                         []year.CarrierID
	original, lost                                   year.CarrierID // of the copies that are shown; the one that is found again
}

// leastReaders of the circulation that is shown.
const leastReaders = 3

// newPlot reads the whole year ahead.
func newPlot(l *year.Life) (*plot, error) {
	p := &plot{spoiled: map[year.Ref]int{}, bare: map[year.DocumentID]bool{}}
	all := slices.Collect(l.Events())
	if err := p.cast(l.World()); err != nil {
		return nil, err
	}
	p.scenes(all)
	p.pickReceipt(all)
	p.pickHolders(l.World(), all)
	p.pickSlip(all, year.Secret)
	if p.slip == 0 { // a small year may have none
		p.pickSlip(all, year.Confidential)
	}
	for _, part := range []struct {
		what string
		have bool
	}{{"debtor", p.debtor != 0 && p.owing != 0}, {"lapsed training", p.lapsing != 0}, {"overdue loan", p.overdue != 0}, {"open hand-over", p.open != 0},
		{"circulation", p.slip != 0}, {"copying", p.copying != 0}} {
		if !part.have {
			return nil, fmt.Errorf("cannot tell this year: it has no %s", part.what)
		}
	}
	for _, e := range all {
		if p.keeps(e) {
			if e.What == year.CirculationOpened {
				e.People = p.holders(e.People)
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
		for _, d := range e.Documents {
			p.bare[d.ID] = d.Number == ""
		}
		switch e.What {
		case year.Accepted, year.BroughtBack:
			ends[e.Ref] = true
		case year.LeaveRefused:
			p.debtor = e.To
		case year.TrainingLapsed:
			p.lapsing = e.To
		case year.CopyRefused:
			p.copying, p.original = e.Ref, e.Carriers[0]
		case year.Missing:
			p.lost = e.Carriers[0]
		case year.Spoiled:
			p.spoiled[e.Ref] += len(e.Carriers)
		}
	}
	for _, e := range all {
		switch {
		case e.What == year.HandedOver && !ends[e.Ref]:
			p.open, p.heir = e.Ref, e.To
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

// pickSlip takes the first circulation of a class with enough readers who have cards, and somebody of the office who is never to hold the document.
func (p *plot) pickSlip(all []year.Event, of year.Class) {
	class, docs := map[year.CarrierID]year.Class{}, map[year.CarrierID]year.DocumentID{}
	held := map[year.DocumentID][]year.PersonID{} // who is to have a copy in hand
	for _, e := range all {
		for _, c := range e.Entries {
			class[c.ID], docs[c.ID] = c.Class, c.Document
		}
		if (e.What == year.Took || e.What == year.Lent) && p.has(e.To) {
			if d := docs[e.Carriers[0]]; !slices.Contains(held[d], e.To) {
				held[d] = append(held[d], e.To)
			}
		}
	}
	for _, e := range all {
		if e.What != year.CirculationOpened || class[e.Carriers[0]] != of || len(p.holders(e.People)) < leastReaders {
			continue
		}
		circle := held[docs[e.Carriers[0]]]
		for _, id := range []year.PersonID{p.second, p.attestor, p.deputy, p.leader} {
			if !slices.Contains(circle, id) {
				p.slip, p.circle, p.outside = e.Ref, circle, id
				return
			}
		}
	}
}

// mostCards is how many readers a service has.
const mostCards = 14

// pickHolders gives cards to the office, who has a part, the keepers of the departments, and then to who reads most.
func (p *plot) pickHolders(w *year.World, all []year.Event) {
	add := func(ids ...year.PersonID) {
		for _, id := range ids {
			if id != 0 && !slices.Contains(p.cards, id) && len(p.cards) < mostCards {
				p.cards = append(p.cards, id)
			}
		}
	}
	add(p.officer, p.leader, p.deputy, p.clerk, p.second, p.attestor, p.debtor, p.lapsing, p.borrower, p.heir)
	for _, q := range w.Places {
		add(q.Keeper)
	}
	reads := map[year.PersonID]int{}
	for _, e := range all {
		if e.What == year.Took {
			reads[e.To]++
		}
	}
	most := slices.SortedFunc(maps.Keys(reads), func(a, b year.PersonID) int { return cmp.Or(reads[b]-reads[a], int(a-b)) })
	for _, id := range most {
		if x := w.Person(id); x.Leaves.IsZero() && !x.Joins.After(all[0].At) { // there from the first day to the last
			add(id)
		}
	}
}

// holders are those of people who have a card.
func (p *plot) holders(people []year.PersonID) []year.PersonID {
	return slices.DeleteFunc(slices.Clone(people), func(id year.PersonID) bool { return !p.has(id) })
}

func (p *plot) has(id year.PersonID) bool { return slices.Contains(p.cards, id) }

// keeps says whether a happening is lived through.
func (p *plot) keeps(e year.Event) bool {
	switch e.What {
	case year.CirculationOpened:
		return len(p.holders(e.People)) > 0
	case year.Took, year.GaveBack, year.Lent, year.BroughtBack, year.RecalledLoan:
		return p.has(e.To)
	case year.Reclassified, year.Released:
		return !p.bare[e.Document]
	case year.Renewed:
		return false // the rules count from the day it was handed out
	}
	return true
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
