package station

import (
	"context"
	"sync"
	"time"
)

// hubBuffer is how many events a listener may lag behind.
const hubBuffer = 256

// hub hands events to listeners. It never waits for one: who is too slow loses events and is told so once.
type hub struct {
	now func() time.Time

	mu        sync.Mutex // guards what follows
	seq       int64
	listeners map[*listener]bool
	closed    bool
}

type listener struct {
	ch   chan Event
	lost bool // events were dropped since the last one that was delivered
}

func newHub(now func() time.Time) *hub {
	return &hub{now: now, listeners: map[*listener]bool{}}
}

// send numbers e and gives it to every listener.
func (h *hub) send(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.seq++
	e.Seq = h.seq
	e.At = h.now().UTC()
	for l := range h.listeners {
		l.offer(e)
	}
}

// offer delivers e, or remembers that something was lost. The last place of the buffer is kept for that message.
func (l *listener) offer(e Event) {
	if len(l.ch) >= cap(l.ch)-1 {
		if !l.lost {
			l.lost = true
			l.ch <- Event{Seq: e.Seq, At: e.At, Type: "lost", What: "lost", Zh: "部分动态未显示", En: "some events were not shown"}
		}
		return
	}
	l.lost = false
	l.ch <- e
}

// listen gives a channel of events that is closed when ctx ends or the hub closes.
func (h *hub) listen(ctx context.Context) <-chan Event {
	l := &listener{ch: make(chan Event, hubBuffer)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || ctx.Err() != nil {
		close(l.ch)
		return l.ch
	}
	h.listeners[l] = true
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(l)
	})
	return l.ch
}

// drop closes l once. The caller holds mu.
func (h *hub) drop(l *listener) {
	if h.listeners[l] {
		delete(h.listeners, l)
		close(l.ch)
	}
}

// close ends all listeners.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for l := range h.listeners {
		h.drop(l)
	}
}
