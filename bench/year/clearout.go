package year

import "time"

// drive is one clear-out campaign. It takes what arrived before a day; what is
// in use must be back by the cutoff.
type drive struct {
	ref                             Ref
	until                           time.Time // arrivals before this day
	from                            moment    // its first moment
	cutoff                          moment
	opens, approves, executes, ends moment
	kept                            int
}

func newDrive(c *calendar, until, opens, approves, executes, ends string) *drive {
	at := c.on(opens) + 30
	return &drive{until: date(until), from: c.on(until), cutoff: at - 4*day, opens: at, approves: c.on(approves) + 60, executes: c.on(executes) + 30, ends: c.on(ends) + 400}
}

// driveNow is the campaign that will take what arrives now.
func (s *sim) driveNow() uint8 {
	if s.now < s.drives[0].from {
		return 0
	}
	return 1
}

// executing is for how many days carriers are called up.
const executing = 9

func (s *sim) planDrive(v *drive) {
	s.agenda.at(v.opens, func() {
		v.ref = s.ref()
		s.emit(Event{What: ClearOutOpened, Ref: v.ref, By: clerk, Due: v.until.UTC()})
	})
	s.agenda.at(v.approves, func() { s.emit(Event{What: ClearOutApproved, Ref: v.ref, By: s.approver()}) })
	for _, d := range []moment{3, 6, executing, executing + 2} { // what has come together goes out
		s.agenda.at(v.executes+d*day, s.flushAll)
	}
	s.agenda.at(v.ends, func() { s.emit(Event{What: ClearOutClosed, Ref: v.ref, By: clerk, Count: v.kept}) })
}

// toPropose lets a carrier wait for its campaign.
func (s *sim) toPropose(c carrier) {
	c.step = stepPropose
	s.wait(c, s.drives[c.drive].opens+moment(s.d.between(10, 5*day)))
}

// propose says what shall become of a carrier.
func (s *sim) propose(c carrier) {
	v := s.drives[c.drive]
	if v.ref == 0 { // waits outside the ordinary course
		s.toPropose(c)
		return
	}
	e := Event{What: Proposed, Ref: v.ref, By: clerk, Carriers: one(c.id), Fate: c.fate}
	if c.fate == Keep {
		e.Reason = keepReason(c)
	}
	s.emit(e)
	c.step = stepCarryOut
	at := moment(s.d.between(0, executing*day-60))
	if c.fate == Declassified {
		at = moment(c.doc) % (executing*day - 60) // all carriers of a document at once
	}
	s.wait(c, v.executes+at)
}

func keepReason(c carrier) Reason {
	if c.role == overdueOne {
		return StillOnLoan
	}
	return StillInUse
}

// carryOut does what was approved.
func (s *sim) carryOut(c carrier) {
	v := s.drives[c.drive]
	switch c.fate {
	case Keep:
		v.kept++
		s.emit(Event{What: Kept, Ref: v.ref, By: clerk, Carriers: one(c.id), Reason: keepReason(c)})
		if c.role == openOne {
			s.on("2027-03-29", 60, func() { s.leaveOpen(c) })
		}
	case Declassified:
		s.together(c, func(cs []carrier) {
			s.emit(Event{What: Released, Ref: v.ref, By: leader, Document: c.doc, Carriers: recordIDs(cs)})
		})
	case Archived:
		s.collect(pool{fate: Archived, unit: Archive}, c)
	case Transferred:
		s.collect(pool{fate: Transferred, unit: Superior}, c)
	case Returned:
		s.collect(pool{fate: Returned, unit: c.unit, top: c.class == TopSecret}, c)
	case Destroyed:
		s.collect(pool{fate: Destroyed, media: c.kind != Paper}, c)
	}
}

// leaveOpen hands a carrier over to somebody who never signs for it.
func (s *sim) leaveOpen(c carrier) {
	to := s.w.Place(firstCabinet)
	s.emit(Event{What: HandedOver, Ref: s.ref(), By: clerk, To: to.Keeper, Place: to.ID, Carriers: one(c.id), Due: s.due(1)})
}

// pool is what carriers that leave together have in common.
type pool struct {
	fate  Fate
	unit  UnitID
	top   bool // 绝密
	alone bool // called back by its issuer, apart from any campaign
	media bool // paper and media are packed apart
}

// A list has at most so many lines, a bag weighs at most so much.
const (
	mostLines = 60
	mostGrams = 20_000
)

// collect puts a carrier into its pool, which goes out when it is full or on
// the next day of despatch.
func (s *sim) collect(p pool, c carrier) {
	if _, ok := s.pools[p]; !ok {
		s.order = append(s.order, p)
	}
	mass := int64(c.mass)
	for _, have := range s.pools[p] {
		mass += int64(have.mass)
	}
	if len(s.pools[p]) == mostLines || mass > mostGrams {
		s.flush(p)
	}
	s.pools[p] = append(s.pools[p], c)
}

func (s *sim) flushAll() {
	for _, p := range s.order {
		s.flush(p)
	}
}

func (s *sim) flush(p pool) {
	cs := s.pools[p]
	if len(cs) == 0 {
		return
	}
	s.pools[p] = nil
	if p.fate == Destroyed {
		s.list(cs)
		return
	}
	of := s.drives[cs[0].drive].ref
	if p.alone {
		of = 0
	}
	s.agenda.at(s.c.nextExchange(s.now)+moment(s.d.between(0, 85)), func() { s.send(of, p.unit, p.fate, cs) })
}
