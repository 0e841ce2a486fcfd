package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"sexton/ledger/leaf"
	"sexton/station"
)

// stationClock is the host's clock, or, at a virtual station that was told so,
// the time of its bench. readConfig refused it for every other station.
func stationClock(c Config) (station.Clock, error) {
	clock, err := station.SystemClock()
	if err != nil || c.BenchClock == "" {
		return clock, err
	}
	b := &benchClock{path: c.BenchClock}
	if err := b.read(time.Now()); err != nil {
		return station.Clock{}, err
	}
	clock.Now, clock.Source = b.now, leaf.BenchClock
	return clock, nil
}

// benchClock runs as fast as the host's clock from the time its file states,
// and goes on from a later time when the file states one. It never goes back: a
// file that is gone, unreadable or earlier changes nothing.
type benchClock struct {
	path string

	mu    sync.Mutex // guards what follows
	text  string     // of the file, when it was last taken over
	at    time.Time  // what it says
	since time.Time  // when it was taken over, by the host's monotonic clock
}

func (b *benchClock) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	host := time.Now()
	_ = b.read(host) // the time taken over last goes on
	return b.at.Add(host.Sub(b.since))
}

// read takes over what the file says, if it is later than the time now.
func (b *benchClock) read(host time.Time) error {
	raw, err := os.ReadFile(b.path)
	if err != nil {
		return fmt.Errorf("cannot read the bench's clock: %w", err)
	}
	text := strings.TrimSpace(string(raw))
	if text == b.text {
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("cannot read the bench's clock %s: %w", b.path, err)
	}
	b.text = text
	if at.After(b.at.Add(host.Sub(b.since))) {
		b.at, b.since = at, host
	}
	return nil
}
