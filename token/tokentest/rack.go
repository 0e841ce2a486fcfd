// Package tokentest holds what the tests of all desks share: Run, one conformance suite for token.Desk, and Rack, a connector
// with readers in memory.
//
//	Run(t, open) -- the same questions to a desk over Rack, over PC/SC with virtual cards, over real hardware
//	Rack         -- Insert, Remove, Swap, Unplug, Plug, StopService, StartService, Hold
//
// A Rack refuses what PC/SC refuses (no card, card held by others, dead service, handle of a removed card) and, like PC/SC,
// blocks without regard to the caller's context. It counts its open links, so a test can demand that none is left.
//
// It does not decide time: a Rack reports an event at once, where PC/SC takes up to 400 ms with a virtual reader.
// It is for tests only and is imported by nothing else.
package tokentest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// Card is what lies in a Rack; the virtual card of the bench is one.
type Card interface {
	ATR() []byte
	Respond(apdu []byte) []byte // nil: the card is gone
	PowerOn()
	PowerOff()
	Reset()
}

// Rack is readers in memory; it satisfies desk.Connector.
type Rack struct {
	mu      sync.Mutex // guards everything below
	down    bool
	readers []*reader
	links   int
	born    int                        // readers ever made
	watches map[chan struct{}]struct{} // poked on each change
}

// reader is one reader of a Rack. Its fields are guarded by Rack.mu, except reserve.
type reader struct {
	name    string
	id      int // tells a reader from one of the same name that was plugged in later
	card    Card
	count   uint16
	era     int           // changes when handles to the card die
	held    bool          // by another program, exclusively
	reserve chan struct{} // capacity 1: the transaction
}

// NewRack makes readers with these names, without cards.
func NewRack(names ...string) *Rack {
	r := &Rack{watches: map[chan struct{}]struct{}{}}
	for _, n := range names {
		r.readers = append(r.readers, r.newReader(n))
	}
	return r
}

func (r *Rack) newReader(name string) *reader {
	r.born++
	return &reader{name: name, id: r.born, reserve: make(chan struct{}, 1)}
}

// change runs f under the lock and pokes the watches.
func (r *Rack) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	for w := range r.watches {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// find panics for an unknown name: a mistake of the test.
func (r *Rack) find(name string) *reader {
	for _, rd := range r.readers {
		if rd.name == name {
			return rd
		}
	}
	panic(fmt.Sprintf("tokentest: no reader %q", name))
}

// Insert puts c into the reader and counts an event.
func (r *Rack) Insert(name string, c Card) {
	r.change(func() {
		rd := r.find(name)
		rd.card = c
		rd.count++
		rd.era++
		c.PowerOn()
	})
}

// Remove pulls the card and counts an event.
func (r *Rack) Remove(name string) {
	r.change(func() {
		rd := r.find(name)
		if rd.card != nil {
			rd.card.PowerOff()
		}
		rd.card = nil
		rd.count++
		rd.era++
	})
}

// Swap exchanges the card between two polls of the reader: no event, no new count, old handles reach the new card.
func (r *Rack) Swap(name string, c Card) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rd := r.find(name)
	rd.card.PowerOff()
	rd.card = c
	c.PowerOn()
}

// Unplug takes the reader away, card included.
func (r *Rack) Unplug(name string) {
	r.change(func() {
		rd := r.find(name)
		rd.era++
		rd.card = nil
		r.readers = slices.DeleteFunc(r.readers, func(x *reader) bool { return x == rd })
	})
}

// Plug adds a reader at place at (0 is first).
func (r *Rack) Plug(name string, at int) {
	r.change(func() { r.readers = slices.Insert(r.readers, at, r.newReader(name)) })
}

// StopService lets the PC/SC service die: all handles are dead, counters start anew.
func (r *Rack) StopService() {
	r.change(func() {
		r.down = true
		for _, rd := range r.readers {
			rd.era++
			rd.count = 0
		}
	})
}

// StartService brings it back.
func (r *Rack) StartService() { r.change(func() { r.down = false }) }

// Hold lets another program have the card exclusively (true) or give it back.
func (r *Rack) Hold(name string, held bool) {
	r.change(func() { r.find(name).held = held })
}

// Reserve lets another program begin a transaction; release ends it.
func (r *Rack) Reserve(name string) (release func()) {
	r.mu.Lock()
	rd := r.find(name)
	r.mu.Unlock()
	rd.reserve <- struct{}{}
	return func() { <-rd.reserve }
}

// Links is how many links are open.
func (r *Rack) Links() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.links
}

func serviceDown() error {
	return &token.Error{Kind: token.Daemon, Err: errors.New("the service is not running")}
}

// Readers satisfies desk.Connector.
func (r *Rack) Readers(context.Context) ([]card.Slot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, serviceDown()
	}
	var out []card.Slot
	for _, rd := range r.readers {
		s := card.Slot{Reader: rd.name, Present: rd.card != nil, Count: rd.count, InUse: rd.held || len(rd.reserve) > 0}
		if rd.card != nil {
			s.ATR = rd.card.ATR()
		}
		out = append(out, s)
	}
	return out, nil
}

// Connect satisfies desk.Connector.
func (r *Rack) Connect(_ context.Context, name string) (card.Link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, serviceDown()
	}
	for _, rd := range r.readers {
		if rd.name != name {
			continue
		}
		switch {
		case rd.card == nil:
			return nil, &token.Error{Kind: token.NoCard}
		case rd.held:
			return nil, &token.Error{Kind: token.Busy, Err: errors.New("sharing violation")}
		}
		r.links++
		return &link{rack: r, reader: rd, era: rd.era, t0: onlyT0(rd.card.ATR())}, nil
	}
	return nil, &token.Error{Kind: token.NoCard, Err: errors.New("unknown reader")}
}

// onlyT0 reads an ATR: without TD1 the protocol is T=0 (ISO/IEC 7816-3, section 8.2.3).
func onlyT0(atr []byte) bool { return len(atr) > 1 && atr[1]&0x80 == 0 }

// Holders satisfies desk.Connector.
func (r *Rack) Holders() []string { return []string{"othertool"} }

// Close satisfies desk.Connector; it fails when links are open.
func (r *Rack) Close() error {
	if n := r.Links(); n != 0 {
		return fmt.Errorf("%d links are still open", n)
	}
	return nil
}

// snapshot is what a watch last told.
type snapshot struct {
	down    bool
	readers map[string]seen
}

// seen is one reader in a snapshot.
type seen struct {
	id      int
	present bool
	count   uint16
}

func (r *Rack) look() snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := snapshot{down: r.down, readers: map[string]seen{}}
	if !r.down {
		for _, rd := range r.readers {
			s.readers[rd.name] = seen{rd.id, rd.card != nil, rd.count}
		}
	}
	return s
}

// Watch satisfies desk.Connector.
func (r *Rack) Watch(ctx context.Context) <-chan token.Event {
	out, poke := make(chan token.Event), make(chan struct{}, 1)
	r.mu.Lock()
	r.watches[poke] = struct{}{}
	r.mu.Unlock()
	go func() {
		defer close(out)
		defer func() { r.mu.Lock(); delete(r.watches, poke); r.mu.Unlock() }()
		var old snapshot
		for {
			now := r.look()
			for _, ev := range differences(old, now) {
				select {
				case out <- ev:
				case <-ctx.Done():
					return
				}
			}
			old = now
			select {
			case <-poke:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// differences are the events from old to now.
func differences(old, now snapshot) []token.Event {
	var out []token.Event
	add := func(k token.EventKind, name string, count uint16) {
		out = append(out, token.Event{Kind: k, Reader: name, Count: count, At: time.Now()})
	}
	if now.down != old.down {
		if now.down {
			add(token.DaemonLost, "", 0)
			return out
		}
		add(token.DaemonBack, "", 0)
	}
	for name, o := range old.readers {
		if now.readers[name].id != o.id {
			add(token.ReaderRemoved, name, o.count)
		}
	}
	for name, n := range now.readers {
		o := old.readers[name]
		if n.id != o.id {
			o = seen{}
			add(token.ReaderAdded, name, n.count)
		}
		switch {
		case n.present && (!o.present || n.count != o.count):
			add(token.CardInserted, name, n.count)
		case !n.present && o.present:
			add(token.CardRemoved, name, n.count)
		}
	}
	return out
}
