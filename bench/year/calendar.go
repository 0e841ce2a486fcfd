package year

import (
	"fmt"
	"sort"
	"time"
)

// Zone is the time of the invented place, UTC+8 without summer time.
var Zone = time.FixedZone("UTC+8", 8*60*60)

// moment counts working minutes: 0 is 8:30 on the first working day of the
// stream. What is planned in moments falls on working hours by construction.
type moment int32

// Working hours: 8:30 to 12:00 and 14:00 to 17:30.
const (
	halfDay  = 210 // minutes
	day      = 2 * halfDay
	opens    = 8*60 + 30
	reopens  = 14 * 60
	exchange = halfDay // the exchange station opens at 14:00, closes at 15:30
)

// Bounds of the stream. Carriers arrive in the first year; the months after it
// are there for the clear-out of March.
const (
	Year     = 2026
	firstDay = "2026-01-01"
	lastDay  = "2027-03-31"
)

// holidays are days off beside Saturdays and Sundays; shifts are Saturdays and
// Sundays worked instead. 2026: notice of the General Office of the State
// Council of 4 November 2025. 2027: our assumption.
var (
	holidays = []span{
		{"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"}, {"2026-05-01", "2026-05-05"},
		{"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"}, {"2026-10-01", "2026-10-07"},
		{"2027-01-01", "2027-01-03"}, {"2027-02-05", "2027-02-11"},
	}
	shifts = []string{"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}
)

type span struct{ from, to string }

// calendar knows the working days of the stream, in order.
type calendar struct{ days []time.Time } // midnight in Zone

func newCalendar() *calendar {
	off, on := map[string]bool{}, map[string]bool{}
	for _, h := range holidays {
		for d := date(h.from); !d.After(date(h.to)); d = d.AddDate(0, 0, 1) {
			off[d.Format(time.DateOnly)] = true
		}
	}
	for _, s := range shifts {
		on[s] = true
	}
	c := &calendar{}
	for d := date(firstDay); !d.After(date(lastDay)); d = d.AddDate(0, 0, 1) {
		key := d.Format(time.DateOnly)
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		if on[key] || (!weekend && !off[key]) {
			c.days = append(c.days, d)
		}
	}
	return c
}

// date reads one of the package's own dates.
func date(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, Zone)
	if err != nil {
		panic(fmt.Sprintf("internal error: %v", err))
	}
	return t
}

// end is the first moment after the stream.
func (c *calendar) end() moment { return moment(len(c.days) * day) }

// at is the time of a moment.
func (c *calendar) at(m moment) time.Time {
	minute := int(m % day)
	clock := opens + minute
	if minute >= halfDay {
		clock = reopens + minute - halfDay
	}
	return c.days[m/day].Add(time.Duration(clock) * time.Minute)
}

// on is the opening of the first working day on or after a date.
func (c *calendar) on(s string) moment {
	d := date(s)
	return moment(day * sort.Search(len(c.days), func(i int) bool { return !c.days[i].Before(d) }))
}

// exchanges says that the exchange station is open on a working day: Monday,
// Wednesday, Friday.
func (c *calendar) exchanges(i int) bool {
	switch c.days[i].Weekday() {
	case time.Monday, time.Wednesday, time.Friday:
		return true
	}
	return false
}

// nextExchange is the opening of the exchange station on the first day after
// m on which it is open.
func (c *calendar) nextExchange(m moment) moment {
	for i := int(m)/day + 1; i < len(c.days); i++ {
		if c.exchanges(i) {
			return moment(i*day + exchange)
		}
	}
	return c.end()
}
