package line

import (
	"context"
	"sync"
	"time"
)

// Limits of what is kept for a station that is not there.
const (
	mostEvents = 4096
	mostBytes  = 32 << 20 // of descriptors and strings
)

// Log keeps events until a station was told.
type Log struct {
	now  func() time.Time
	bell chan struct{}

	mu     sync.Mutex // guards what follows
	seq    uint64
	events []Event
	bytes  int
	lost   int
}

// NewLog keeps events with the time of now.
func NewLog(now func() time.Time) *Log { return &Log{now: now, bell: make(chan struct{}, 1)} }

// Add keeps an event, and numbers it. When there is no more room the oldest are
// kept: they say how it began.
func (l *Log) Add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = l.now().UTC()
	n := e.size()
	if len(l.events) >= mostEvents || l.bytes+n > mostBytes {
		l.lost++
		return
	}
	if l.lost > 0 {
		l.keep(Event{At: e.At, Kind: Forgotten, Count: l.lost})
		l.lost = 0
	}
	l.keep(e)
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

func (l *Log) keep(e Event) {
	l.seq++
	e.Seq = l.seq
	l.events = append(l.events, e)
	l.bytes += e.size()
}

func (e Event) size() int {
	if e.Device == nil {
		return 0
	}
	n := len(e.Device.Descriptors)
	for _, s := range e.Device.Strings {
		n += len(s)
	}
	return n
}

// next waits for the first event after a number.
func (l *Log) next(ctx context.Context, after uint64) (Event, error) {
	for {
		l.mu.Lock()
		for _, e := range l.events {
			if e.Seq > after {
				l.mu.Unlock()
				return e, nil
			}
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return Event{}, ctx.Err()
		case <-l.bell:
		}
	}
}

// told forgets the events up to a number. It says whether there was such a number.
func (l *Log) told(seq uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seq > l.seq {
		return false
	}
	for len(l.events) > 0 && l.events[0].Seq <= seq {
		l.bytes -= l.events[0].size()
		l.events = l.events[1:]
	}
	return true
}
