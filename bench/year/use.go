package year

// step is what a waiting carrier does next.
type step uint8

const (
	stepRead step = iota // circulate, or be distributed
	stepCopy
	stepLend
	stepRegrade
	stepBack // from a department to the confidential room
	stepPropose
	stepCarryOut
)

// take does the next step of a carrier that waited.
func (s *sim) take(c carrier) {
	switch c.step {
	case stepRead:
		s.read(c)
	case stepCopy:
		s.copy(c)
	case stepLend:
		s.lend(c)
	case stepRegrade:
		s.regrade(c)
	case stepBack:
		s.handBack(c)
	case stepPropose:
		s.propose(c)
	case stepCarryOut:
		s.carryOut(c)
	}
}

// after lets a carrier go on with a step, so long from now. Use ends before the
// clear-out.
func (s *sim) after(c carrier, next step, gap moment) {
	if next < stepRegrade && gap >= s.left(c)-day {
		next, gap = stepRegrade, 0
	}
	c.step = next
	s.wait(c, s.now+gap)
}

// left is how much working time there is before the clear-out of c.
func (s *sim) left(c carrier) moment { return s.drives[c.drive].cutoff - s.now }

func (s *sim) read(c carrier) {
	if c.role == movedOne {
		s.on("2026-05-11", 90, func() {
			s.emit(Event{What: CirculationRefused, By: clerk, To: lapsing, Carriers: one(c.id), Reason: TrainingOver})
		})
	}
	switch {
	case c.role == debtOne || c.role == missingOne:
		s.hold(c)
	case c.role == overdueOne:
		s.hold(c)
		s.after(c, stepPropose, 0)
	case c.index == 0 && c.kind == Paper && (c.class == TopSecret || s.d.chance(0.7)):
		s.circulate(c)
	case c.index > 0 && c.class != TopSecret && s.d.chance(0.5):
		s.distribute(c)
	default:
		s.after(c, stepCopy, s.d.working(1, 10))
	}
}

// most and least readers of one slip by class.
var readerBounds = map[Class][2]int{TopSecret: {2, 4}, Secret: {5, 12}, Confidential: {5, 20}, WorkSecret: {4, 10}, Internal: {4, 10}}

// slip is one circulation under way.
type slip struct {
	ref     Ref
	c       carrier
	readers []PersonID
	hours   []moment // that each reader keeps it
	gap     moment
}

// circulate sends a document round. Every reader gives it back to the clerk
// before the next one gets it; nobody passes it on. A reader has three days,
// two in a hundred take longer.
func (s *sim) circulate(c carrier) {
	bounds := readerBounds[c.class]
	n := s.d.between(bounds[0], bounds[1])
	sl := &slip{c: c, gap: moment(s.d.between(5, 90))}
	total := moment(0)
	for range n {
		h := s.d.working(0.3, 3)
		switch {
		case c.class == TopSecret:
			h = moment(s.d.between(20, 180)) // in the reading room
		case s.d.chance(0.02):
			h = s.d.working(4, 8)
		}
		if total+h+sl.gap > s.left(c)-day {
			break
		}
		total += h + sl.gap
		sl.hours = append(sl.hours, h)
	}
	sl.readers = some(s.d, len(sl.hours), s.readers(c.class, s.now, s.now+total))
	if len(sl.readers) == 0 {
		s.after(c, stepCopy, day)
		return
	}
	sl.ref = s.ref()
	s.emit(Event{What: CirculationOpened, Ref: sl.ref, By: clerk, Carriers: one(c.id), People: sl.readers, Due: s.due(3 * len(sl.readers))})
	s.in(sl.gap, func() { s.pass(sl, 0) })
}

// pass gives the document to reader i and takes it back.
func (s *sim) pass(sl *slip, i int) {
	reader, ids := sl.readers[i], one(sl.c.id)
	took := Event{What: Took, Ref: sl.ref, By: clerk, To: reader, Carriers: ids, Due: s.due(3)}
	if sl.c.class == TopSecret {
		took.Place = readingRoom // it does not leave it
	}
	s.emit(took)
	s.in(sl.hours[i], func() {
		s.emit(Event{What: GaveBack, Ref: sl.ref, By: clerk, To: reader, Carriers: ids})
		if i+1 < len(sl.readers) {
			s.in(sl.gap, func() { s.pass(sl, i+1) })
			return
		}
		s.emit(Event{What: CirculationClosed, Ref: sl.ref, By: clerk, Carriers: ids})
		s.after(sl.c, stepCopy, s.d.working(1, 10))
	})
}

// distribute hands a further copy of a document to a department's keeper.
func (s *sim) distribute(c carrier) {
	p := s.w.Place(firstCabinet + PlaceID(s.d.IntN(5)))
	s.handOver(c, clerk, p.Keeper, p.ID, func(c carrier) { s.after(c, stepRegrade, day) })
}

// handOver has two sides: one gives, the other signs for it.
func (s *sim) handOver(c carrier, from, to PersonID, place PlaceID, then func(carrier)) {
	ref := s.ref()
	s.emit(Event{What: HandedOver, Ref: ref, By: from, To: to, Place: place, Carriers: one(c.id), Due: s.due(1)})
	s.in(moment(s.d.between(10, 240)), func() {
		s.emit(Event{What: Accepted, Ref: ref, By: to, Carriers: one(c.id)})
		c.held = place
		then(c)
	})
}

func (s *sim) handBack(c carrier) {
	if c.held < firstCabinet {
		s.toPropose(c)
		return
	}
	s.handOver(c, s.w.Place(c.held).Keeper, clerk, shelf(c.class), s.toPropose)
}

// lend lends one in twelve: due in 3 to 15 days, one in seven renewed, one in
// sixteen late and called back. 绝密 is not lent.
func (s *sim) lend(c carrier) {
	days := moment(s.d.between(3, 15))
	back := days*day - moment(s.d.between(0, int(days)*day/2))
	late := s.d.chance(0.06)
	if late {
		back = (days+1)*day + s.d.working(0.5, 9)
	}
	renewed := !late && s.d.chance(0.15)
	if renewed {
		back += days * day
	}
	who := s.readers(c.class, s.now, s.now+back)
	if c.class == TopSecret || c.copy || back+2*day > s.left(c) || len(who) == 0 || !s.d.chance(0.08) {
		s.after(c, stepRegrade, day)
		return
	}
	l := loan{ref: s.ref(), c: c, to: pick(s.d, who)}
	s.lent(l, int(days))
	if renewed {
		s.in(days*day-60, func() {
			s.emit(Event{What: Renewed, Ref: l.ref, By: clerk, To: l.to, Carriers: one(c.id), Due: s.time(s.now + 60 + days*day)})
		})
	}
	if late {
		s.in((days+1)*day, func() { s.callBack(l) })
	}
	s.in(back, func() { s.broughtBack(l); s.after(c, stepRegrade, day) })
}

type loan struct {
	ref Ref
	c   carrier
	to  PersonID
}

func (s *sim) lent(l loan, days int) {
	s.emit(Event{What: Lent, Ref: l.ref, By: clerk, To: l.to, With: s.approver(), Carriers: one(l.c.id), Due: s.due(days)})
}

func (s *sim) callBack(l loan) {
	s.emit(Event{What: RecalledLoan, Ref: l.ref, By: clerk, To: l.to, Carriers: one(l.c.id)})
}

// broughtBack: a second person checks what comes back.
func (s *sim) broughtBack(l loan) {
	s.emit(Event{What: BroughtBack, Ref: l.ref, By: clerk, To: l.to, With: second, Carriers: one(l.c.id)})
}

// regrades says whether a document's class or period changes: one in 200. All
// its carriers agree, since they share its number; copies inherit the answer.
func (s *sim) regrades(c *Carrier) bool {
	if c.role == regradedOne {
		return true
	}
	return c.role == extra && (c.Class == Secret || c.Class == Confidential) && mix(uint64(c.Document)^s.life.c.Seed)%200 == 0
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// regrade waits for the end of use. Then 机密 becomes 秘密 for ten years, 秘密 is
// cut to one year, for all carriers of a document at once.
func (s *sim) regrade(c carrier) {
	at := s.drives[c.drive].cutoff
	if s.now < at {
		s.wait(c, at+moment(c.doc)%day)
		return
	}
	if !c.grade {
		s.after(c, stepBack, s.d.working(0.1, 1))
		return
	}
	s.together(c, func(cs []carrier) {
		e := Event{What: Reclassified, By: leader, Document: c.doc, Unit: c.unit, Carriers: recordIDs(cs), Class: Confidential, Period: "1年"}
		if c.class == Secret {
			e.Period = "10年"
		}
		s.emit(e)
		for _, c := range cs {
			c.class = Confidential
			s.after(c, stepBack, s.d.working(0.1, 1))
		}
	})
}

// together does something to all carriers of a document that come to the same
// moment.
func (s *sim) together(c carrier, do func([]carrier)) {
	if s.same[c.doc] == nil {
		s.in(1, func() {
			cs := s.same[c.doc]
			delete(s.same, c.doc)
			do(cs)
		})
	}
	s.same[c.doc] = append(s.same[c.doc], c)
}
