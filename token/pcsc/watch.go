//go:build cgo

package pcsc

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ebfe/scard"

	"sexton/token"
)

const (
	// plugAndPlay is the reader name with which pcsc-lite reports readers that come and go.
	plugAndPlay = `\\?PnP?\Notification`
	// relist bounds how long a reader goes unnoticed that appeared between listing and waiting.
	relist = time.Second
	// retry is the pause between attempts to reach a service that is not there.
	retry = 200 * time.Millisecond
)

// Watch reports what is there and then each change until ctx ends, then closes the channel. A lost service is reported once
// and looked for until it is back; then readers and cards are reported anew.
func (*Connector) Watch(ctx context.Context) <-chan token.Event {
	w := &watcher{ctx: ctx, out: make(chan token.Event)}
	go w.run()
	return w.out
}

// watcher is one Watch; run is its only goroutine besides a canceller that run waits for.
type watcher struct {
	ctx   context.Context
	out   chan token.Event
	down  bool
	known []scard.ReaderState // EventState as last seen
}

func (w *watcher) run() {
	defer close(w.out)
	for w.ctx.Err() == nil {
		w.connected()
		if w.ctx.Err() != nil {
			return
		}
		if !w.down {
			w.down = true
			w.emit(token.DaemonLost, "", 0)
		}
		w.known = nil
		select {
		case <-time.After(retry):
		case <-w.ctx.Done():
		}
	}
}

// connected watches through one PC/SC context until that fails or ctx ends.
func (w *watcher) connected() {
	sc, err := scard.EstablishContext()
	if err != nil {
		return
	}
	stop := make(chan struct{})
	cancelled := make(chan struct{})
	go func() {
		defer close(cancelled)
		cancelOnEnd(w.ctx, sc, stop)
	}()
	for w.ctx.Err() == nil && w.step(sc) == nil {
	}
	close(stop)
	<-cancelled
	_ = sc.Release()
}

// cancelOnEnd ends a blocked SCardGetStatusChange when ctx ends. A cancellation that comes before the call blocks is lost,
// so it is repeated until stop.
func cancelOnEnd(ctx context.Context, sc *scard.Context, stop <-chan struct{}) {
	select {
	case <-stop:
		return
	case <-ctx.Done():
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = sc.Cancel()
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}

// step brings the reader list up to date, waits for one change and reports it.
func (w *watcher) step(sc *scard.Context) error {
	names, err := list(sc)
	if err != nil {
		return err
	}
	if w.down {
		w.down = false
		w.emit(token.DaemonBack, "", 0)
	}
	w.relist(names)
	states := make([]scard.ReaderState, 0, len(w.known)+1)
	for _, k := range w.known {
		states = append(states, scard.ReaderState{Reader: k.Reader, CurrentState: k.EventState &^ scard.StateChanged})
	}
	states = append(states, scard.ReaderState{Reader: plugAndPlay})
	err = statusChange(sc, states, relist)
	switch {
	case errors.Is(err, scard.ErrTimeout), errors.Is(err, scard.ErrUnknownReader):
		return nil // list again
	case err != nil:
		return err
	}
	for i := range w.known {
		w.compare(w.known[i], states[i])
		w.known[i] = states[i]
	}
	return nil
}

// relist reports readers that went and came.
func (w *watcher) relist(names []string) {
	w.known = slices.DeleteFunc(w.known, func(k scard.ReaderState) bool {
		gone := !slices.Contains(names, k.Reader)
		if gone {
			w.emit(token.ReaderRemoved, k.Reader, count(k))
		}
		return gone
	})
	for _, n := range names {
		if !slices.ContainsFunc(w.known, func(k scard.ReaderState) bool { return k.Reader == n }) {
			w.known = append(w.known, scard.ReaderState{Reader: n})
			w.emit(token.ReaderAdded, n, 0)
		}
	}
}

// compare reports a change of presence or counter. A reader in a bad state counts as empty.
func (w *watcher) compare(old, now scard.ReaderState) {
	had, has := old.EventState&scard.StatePresent != 0, now.EventState&scard.StatePresent != 0
	switch {
	case has && (!had || count(old) != count(now)):
		w.emit(token.CardInserted, now.Reader, count(now))
	case !has && (had || count(old) != count(now)):
		w.emit(token.CardRemoved, now.Reader, count(now))
	}
}

func (w *watcher) emit(kind token.EventKind, reader string, n uint16) {
	select {
	case w.out <- token.Event{Kind: kind, Reader: reader, Count: n, At: time.Now()}:
	case <-w.ctx.Done():
	}
}
