//go:build cgo

package pcsc

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

// statusChange is SCardGetStatusChange, safe for several callers.
//
// github.com/ebfe/scard (7af069cabc25) gives C the address of a Go copy of each reader's name and keeps that copy alive in a
// map by name. A second caller with the same name replaces the entry; the first one's copy may then be collected and
// overwritten while C still reads it, and the states of two readers come back exchanged. C stops reading a name at
// its first zero byte, the map does not: so each call in flight adds its own number behind a zero byte.
func statusChange(ctx *scard.Context, states []scard.ReaderState, timeout time.Duration) error {
	tag := inFlight.take()
	defer inFlight.give(tag)
	tagged := slices.Clone(states)
	for i := range tagged {
		tagged[i].Reader += "\x00" + strconv.Itoa(tag)
	}
	err := ctx.GetStatusChange(tagged, timeout)
	for i := range states {
		tagged[i].Reader = states[i].Reader
	}
	copy(states, tagged)
	return err
}

// inFlight numbers the calls in flight. The library's map has at most one entry for each number and name.
var inFlight numbers

// numbers hands out small numbers, each to one holder at a time. It is the one variable of this package, since what it
// guards is a variable of the library's.
type numbers struct {
	mu   sync.Mutex // guards free and next
	free []int
	next int
}

func (n *numbers) take() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k := len(n.free); k > 0 {
		tag := n.free[k-1]
		n.free = n.free[:k-1]
		return tag
	}
	n.next++
	return n.next
}

func (n *numbers) give(tag int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free = append(n.free, tag)
}
