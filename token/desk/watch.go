package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// pump hands the connector's events to sessions, table and subscribers until the desk closes.
func (d *desk) pump() {
	for ev := range d.conn.Watch(d.ctx) {
		for _, s := range d.absorb(ev) {
			s.lock(lockCause(ev))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for sub := range d.subs {
		sub.end()
	}
}

func lockCause(ev token.Event) error {
	switch ev.Kind {
	case token.DaemonLost:
		return &token.Error{Kind: token.Daemon, Reader: ev.Reader, Err: errors.New("the PC/SC service went away")}
	case token.ReaderRemoved:
		return &token.Error{Kind: token.Removed, Reader: ev.Reader, Err: errors.New("the reader was unplugged")}
	case token.CardInserted:
		return &token.Error{Kind: token.Removed, Reader: ev.Reader, Err: errors.New("a card was inserted anew")}
	}
	return &token.Error{Kind: token.Removed, Reader: ev.Reader}
}

// absorb updates the table, tells the subscribers and returns the sessions that ev ends.
func (d *desk) absorb(ev token.Event) []*session {
	d.mu.Lock()
	defer d.mu.Unlock()
	var hit []*session
	switch ev.Kind {
	case token.DaemonLost:
		d.lostAt = ev.At
		d.epoch++
		clear(d.known)
		hit = d.sessionsLocked(func(*session) bool { return true })
		d.service.pardon()
		for _, p := range d.ports {
			p.pardon()
		}
	case token.DaemonBack:
		d.lostAt = time.Time{}
	case token.ReaderAdded:
		d.known[ev.Reader] = presence{count: ev.Count, at: ev.At}
	case token.ReaderRemoved:
		delete(d.known, ev.Reader)
		d.gone[ev.Reader]++
		hit = d.sessionsLocked(func(s *session) bool { return s.port.name == ev.Reader })
		if p := d.ports[ev.Reader]; p != nil && p.pardon() {
			delete(d.ports, ev.Reader)
		}
	case token.CardInserted, token.CardRemoved:
		d.known[ev.Reader] = presence{present: ev.Kind == token.CardInserted, count: ev.Count, at: ev.At}
		hit = d.sessionsLocked(func(s *session) bool {
			return s.port.name == ev.Reader && ev.Count != s.count
		})
	}
	close(d.news)
	d.news = make(chan struct{})
	for sub := range d.subs {
		sub.put(ev)
	}
	return hit
}

// newer compares event counters, which wrap, by their distance.
func newer(a, b uint16) bool { return int16(a-b) > 0 }

// since is what a login remembers, to notice that its reader or the service went away meanwhile.
type since struct {
	epoch uint64
	gone  int
}

func (d *desk) mark(reader string) since {
	d.mu.Lock()
	defer d.mu.Unlock()
	return since{d.epoch, d.gone[reader]}
}

// admit makes s the session of its port. It waits until the pump has heard of the card that logged in, so that no
// session is ever unwatched: from then on every event with another counter is news, however late earlier ones were.
func (d *desk) admit(ctx context.Context, s *session, then since) error {
	for {
		d.mu.Lock()
		now, known := since{d.epoch, d.gone[s.port.name]}, d.known[s.port.name]
		news := d.news
		switch {
		case d.closed:
			d.mu.Unlock()
			return s.port.closed()
		case now.epoch != then.epoch:
			d.mu.Unlock()
			return &token.Error{Kind: token.Daemon, Err: errors.New("the PC/SC service went away during the login")}
		case now.gone != then.gone || newer(known.count, s.count):
			d.mu.Unlock()
			return &token.Error{Kind: token.Removed, Err: errors.New("the card was removed during the login")}
		case known.present && known.count == s.count:
			s.port.mu.Lock()
			s.port.session = s
			s.port.mu.Unlock()
			d.mu.Unlock()
			return nil
		}
		d.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
			return card.ContextError(ctx.Err())
		case <-d.ctx.Done():
			return s.port.closed()
		}
	}
}

// Watch implements token.Desk.
func (d *desk) Watch(ctx context.Context) <-chan token.Event {
	sub := &subscriber{out: make(chan token.Event), more: make(chan struct{}, 1), ended: make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		close(sub.out)
		return sub.out
	}
	if !d.lostAt.IsZero() {
		sub.put(token.Event{Kind: token.DaemonLost, At: d.lostAt})
	}
	for _, name := range slices.Sorted(maps.Keys(d.known)) {
		k := d.known[name]
		sub.put(token.Event{Kind: token.ReaderAdded, Reader: name, Count: k.count, At: k.at})
		if k.present {
			sub.put(token.Event{Kind: token.CardInserted, Reader: name, Count: k.count, At: k.at})
		}
	}
	d.subs[sub] = struct{}{}
	d.wg.Go(func() {
		sub.deliver(ctx)
		d.mu.Lock()
		delete(d.subs, sub)
		d.mu.Unlock()
	})
	return sub.out
}

// maxBehind is how many events wait for one subscriber.
const maxBehind = 256

// subscriber is one Watch.
type subscriber struct {
	out   chan token.Event
	more  chan struct{} // capacity 1: something is queued
	ended chan struct{} // closed when the desk ends

	mu    sync.Mutex // guards queue and over
	queue []token.Event
	over  bool
}

// put queues ev and never blocks; the oldest event is dropped for a reader that is too slow.
func (s *subscriber) put(ev token.Event) {
	s.mu.Lock()
	if len(s.queue) == maxBehind {
		s.queue = s.queue[1:]
	}
	s.queue = append(s.queue, ev)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *subscriber) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		close(s.ended)
	}
}

// deliver sends the queue to out until ctx or the desk ends, then closes out.
func (s *subscriber) deliver(ctx context.Context) {
	defer close(s.out)
	for {
		s.mu.Lock()
		var out chan token.Event
		var ev token.Event
		if len(s.queue) > 0 {
			out, ev = s.out, s.queue[0]
		}
		s.mu.Unlock()
		select {
		case out <- ev:
			s.mu.Lock()
			if len(s.queue) > 0 && s.queue[0] == ev { // not dropped meanwhile
				s.queue = s.queue[1:]
			}
			s.mu.Unlock()
		case <-s.more:
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		}
	}
}
