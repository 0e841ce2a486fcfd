// Package watch tells which USB devices arrive and leave.
//
//	uevent netlink ──► doorbell ─┐
//	                             ├──► scan of sysfs ──► compare ──► Arrived, Gone
//	every two seconds ───────────┘                         │
//	                                                       └─► Storm: this port is too busy
//
// An event of the kernel is a doorbell, never a fact: it says "look now". What a
// device is comes from sysfs alone. A lost event (ENOBUFS) rings the bell too, and
// the scan of every two seconds finds what no bell announced.
//
// A device is one instance of a name: another one at the same port, even under the
// same bus and device number, is another arrival with another generation. Whoever
// acts on an arrival compares the generation again before each step that matters.
//
// Failure modes: Run ends with the context, or when sysfs cannot be read. Without
// netlink it goes on by scans alone, and says so (Deaf).
//
// What it does not do: it opens no device and decides nothing.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"sexton/usbctl/sysfs"
)

// Kind of an event.
type Kind int

// Kinds.
const (
	Arrived Kind = iota + 1
	Gone
)

func (k Kind) String() string {
	switch k {
	case Arrived:
		return "arrived"
	case Gone:
		return "gone"
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// Event is one device that came or left.
type Event struct {
	Kind       Kind
	Name       string // path of the port, or "usb1" for a root hub
	Generation uint64 // unique while the watcher lives; the same in Arrived and Gone
	Storm      bool   // of Arrived: the port is too busy
}

// Limits of a storm: so many arrivals at one port within the window.
const (
	StormCount  = 5
	StormWindow = 10 * time.Second
	rescan      = 2 * time.Second
)

// State is what is there, and how often ports were busy. Its zero value knows
// nothing. Time comes in as a value.
type State struct {
	present    map[string]instance
	generation uint64
	arrivals   map[string][]time.Time // by port
}

type instance struct {
	number     uint64
	generation uint64
}

// Generation of what is at a port now; false when nothing is.
func (s *State) Generation(name string) (uint64, bool) {
	i, ok := s.present[name]
	return i.generation, ok
}

// Update takes what is there now, instances by name, and tells what changed: first
// what left, then what came, each by name.
func (s *State) Update(now time.Time, found map[string]uint64) []Event {
	if s.present == nil {
		s.present, s.arrivals = map[string]instance{}, map[string][]time.Time{}
	}
	var gone, came []Event
	for name, i := range s.present {
		if number, there := found[name]; !there || number != i.number {
			delete(s.present, name)
			gone = append(gone, Event{Kind: Gone, Name: name, Generation: i.generation})
		}
	}
	for name, number := range found {
		if _, known := s.present[name]; !known {
			came = append(came, Event{Kind: Arrived, Name: name})
			s.present[name] = instance{number: number}
		}
	}
	byName := func(a, b Event) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}
	slices.SortFunc(gone, byName)
	slices.SortFunc(came, byName)
	for i := range came {
		s.generation++
		e := &came[i]
		e.Generation, e.Storm = s.generation, s.busy(now, e.Name)
		s.present[e.Name] = instance{number: found[e.Name], generation: s.generation}
	}
	return append(gone, came...)
}

// busy counts an arrival at a port. A storm ends when the window has passed without
// as many.
func (s *State) busy(now time.Time, name string) bool {
	recent := slices.DeleteFunc(s.arrivals[name], func(t time.Time) bool { return now.Sub(t) >= StormWindow })
	if len(recent) > StormCount { // the newest are enough to keep a storm going
		recent = recent[len(recent)-StormCount:]
	}
	s.arrivals[name] = append(recent, now)
	for other, times := range s.arrivals { // ports that have been quiet are forgotten
		if len(times) == 0 || now.Sub(times[len(times)-1]) >= StormWindow {
			delete(s.arrivals, other)
		}
	}
	return len(s.arrivals[name]) > StormCount
}

// Watcher runs a State on a sysfs.
type Watcher struct {
	fs    sysfs.FS
	state State
	// Deaf is told when netlink is not to be had or breaks: only scans are left. May
	// be nil.
	Deaf func(error)
	bell func(context.Context, chan<- struct{}) error
}

// New watches fs.
func New(fs sysfs.FS) *Watcher { return &Watcher{fs: fs, bell: listen} }

// Generation of what was at a port by the last scan. For use inside the callback of
// Run only.
func (w *Watcher) Generation(name string) (uint64, bool) { return w.state.Generation(name) }

// Run tells every event until the context ends, one after the other; what is there at
// the beginning arrives first. It waits for what it began.
func (w *Watcher) Run(ctx context.Context, tell func(Event)) error {
	bell := make(chan struct{}, 1)
	listening, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.bell(listening, bell) }()
	defer func() {
		stop()
		if done != nil {
			<-done
		}
	}()
	tick := time.NewTicker(rescan)
	defer tick.Stop()
	for {
		found, err := Scan(w.fs)
		if err != nil {
			return err
		}
		for _, e := range w.state.Update(time.Now(), found) {
			tell(e)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-bell:
		case <-tick.C:
		case err := <-done:
			done = nil
			if ctx.Err() == nil && w.Deaf != nil {
				w.Deaf(err)
			}
		}
	}
}

// Scan lists the instances that are there. A device that leaves meanwhile is not.
func Scan(f sysfs.FS) (map[string]uint64, error) {
	names, err := f.Names()
	if err != nil {
		return nil, err
	}
	out := make(map[string]uint64, len(names))
	for _, n := range names {
		i, err := f.Instance(n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[n] = i
	}
	return out, nil
}
