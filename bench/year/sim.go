package year

import (
	"fmt"
	"iter"
	"time"
)

// sim runs a year. Everything that happens is a task at a moment, or the next
// step of a carrier that waits; both are taken in the order of time.
type sim struct {
	life    *Life
	c       *calendar
	w       *World
	d       *draw
	yield   func(Event) bool
	stopped bool
	now     moment
	seq     int64
	refs    Ref
	copies  CarrierID // last number given to a copy
	numbers map[string]int

	agenda  agenda
	waiting waitingRoom
	today   []carrier // of the waiting room, not yet taken
	ahead   func() (consignment, bool)
	coming  *consignment

	away, back moment // of the leader
	behind     moment // day on which a count was repeated
	drives     []*drive
	same       map[DocumentID][]carrier // of one document, met at one moment
	pools      map[pool][]carrier
	order      []pool // in which pools were made
	seals      int
	faults     faults
}

func (l *Life) sim(yield func(Event) bool) *sim {
	s := &sim{
		life: l, c: l.cal, w: l.world, d: newDraw(l.c.Seed, streamLives), yield: yield, numbers: map[string]int{},
		copies: CarrierID(l.c.Carriers), same: map[DocumentID][]carrier{}, pools: map[pool][]carrier{}, seals: 4700, behind: -1,
		away: l.cal.on(leaveFrom), back: l.cal.on(leaveTo) + day,
	}
	s.waiting.days = make([]*chunk, len(l.cal.days))
	return s
}

func (s *sim) run() {
	next, stop := iter.Pull(s.life.arrivals().consignments())
	defer stop()
	s.ahead = next
	s.pullConsignment()
	s.planYear()
	for i := range s.c.days {
		s.today = s.waiting.take(i)
		for !s.stopped && s.step(moment((i+1)*day)) {
		}
		if s.stopped {
			return
		}
	}
}

func (s *sim) pullConsignment() {
	s.coming = nil
	if c, ok := s.ahead(); ok {
		s.coming = &c
	}
}

// step does the next thing before a moment; false when there is none.
func (s *sim) step(before moment) bool {
	at, what := before, 0
	if due, ok := s.agenda.due(); ok && due < at {
		at, what = due, 1
	}
	if s.coming != nil && s.coming.at < at {
		at, what = s.coming.at, 2
	}
	if len(s.today) > 0 && s.today[0].at < at {
		at, what = s.today[0].at, 3
	}
	s.now = max(s.now, at)
	switch what {
	case 1:
		s.agenda.pop().do()
	case 2:
		s.receive(*s.coming)
		s.pullConsignment()
	case 3:
		c := s.today[0]
		s.today = s.today[1:]
		s.take(c)
	}
	return what != 0
}

// emit gives one happening to the reader.
func (s *sim) emit(e Event) {
	if s.stopped {
		return
	}
	s.seq++
	e.Seq, e.At = s.seq, s.c.at(s.now).UTC()
	s.stopped = !s.yield(e)
}

func (s *sim) ref() Ref {
	s.refs++
	return s.refs
}

// in plans something after so many working minutes.
func (s *sim) in(m moment, do func()) { s.agenda.at(s.now+m, do) }

// on plans something for a time on a day.
func (s *sim) on(day string, minute moment, do func()) { s.agenda.at(s.c.on(day)+minute, do) }

// number is the next of a series, which restarts each year.
func (s *sim) number(format string) string {
	year := s.c.at(s.now).Year()
	key := fmt.Sprint(format, year)
	s.numbers[key]++
	return fmt.Sprintf(format, year, s.numbers[key])
}

// due is a time so many working days from now.
func (s *sim) due(days int) time.Time { return s.time(s.now + moment(days*day)) }

func (s *sim) time(m moment) time.Time { return s.c.at(min(m, s.c.end()-1)).UTC() }

// wait lets a carrier wait for its next step.
func (s *sim) wait(c carrier, at moment) {
	c.at = at
	if int(at)/day == int(s.now)/day {
		s.agenda.at(at, func() { s.take(c) })
		return
	}
	s.waiting.add(c)
}

func one(c CarrierID) []CarrierID { return []CarrierID{c} }

// approver is the leader, or his deputy while he is on leave.
func (s *sim) approver() PersonID {
	if s.now >= s.away && s.now < s.back {
		return deputy
	}
	return leader
}

// readers are those who may hold a carrier of a class from a to b.
func (s *sim) readers(c Class, a, b moment) []PersonID {
	var out []PersonID
	for i := range s.w.Persons {
		if p := &s.w.Persons[i]; p.may(c, a, b) && p.ID != clerk {
			out = append(out, p.ID)
		}
	}
	return out
}
