package year

import (
	"fmt"
	"iter"
)

// Config says which year. The same config gives the same stream.
type Config struct {
	Carriers int    // that arrive or are printed, 100 to 10,000,000; copies come on top
	Seed     uint64 // of all chance
}

// Bounds of Config.Carriers.
const (
	Least = 100
	Most  = 10_000_000
)

// Life is one year of the invented bureau.
type Life struct {
	c     Config
	cal   *calendar
	world *World
}

// New makes a year.
func New(c Config) (*Life, error) {
	if c.Carriers < Least || c.Carriers > Most {
		return nil, fmt.Errorf("cannot make a year of %d carriers: say %d to %d", c.Carriers, Least, Most)
	}
	cal := newCalendar()
	return &Life{c: c, cal: cal, world: newWorld(newDraw(c.Seed, streamPeople), cal)}, nil
}

// Config says which year this is.
func (l *Life) Config() Config { return l.c }

// World is what does not change. It is the caller's to read, not to write.
func (l *Life) World() *World { return l.world }

// Events is the stream, in the order of time. Each run gives the same events.
func (l *Life) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) { l.sim(yield).run() }
}

func (l *Life) arrivals() *arrivals {
	return &arrivals{
		d: newDraw(l.c.Seed, streamArrivals), c: l.cal, w: l.world, want: l.c.Carriers,
		numbers: map[string]int{}, dated: map[UnitID]int{}, script: newScript(l.cal),
	}
}
