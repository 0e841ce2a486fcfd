package shredder

import (
	"time"

	"sexton/bench/shredder/program"
)

// Under gives a test the machine, under the lock.
func (b *Bench) Under(f func(*program.Machine)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b.m)
}

// Advance takes the steps owed at a time.
func (b *Bench) Advance(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(now)
}

// Strict is the decoder of plans and requests.
var Strict = strict
