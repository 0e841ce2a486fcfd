package modbus

import (
	"context"
	"fmt"
	"iter"
	"time"

	"sexton/shredder"
)

// maxBackoff bounds the pause between two polls while the link is down, in polls: a server frees its slots late, and a
// machine that is being restarted does not need our knocking.
const maxBackoff = 8

// warmPolls is after how many polls under a permission the way to withdraw it is tested again: a machine may close a silent connection.
const warmPolls = 20

// Watch implements shredder.Machine. An error that comes with ErrStale says that there is no data any more.
func (m *Machine) Watch(ctx context.Context) iter.Seq2[shredder.Event, error] {
	return func(yield func(shredder.Event, error) bool) {
		var last shredder.Snapshot
		pause, down := m.cfg.Poll, true
		for polls := 1; ; polls++ {
			next := time.Now().Add(pause)
			e, err := m.poll(ctx, last)
			if ctx.Err() != nil || m.isClosed() {
				return
			}
			switch {
			case err != nil:
				pause, down = min(2*pause, maxBackoff*m.cfg.Poll), true
			default:
				if down {
					e.Identity = m.known()
					if e.Changes != shredder.First {
						e.Changes |= shredder.LinkBack
					}
				}
				if e.Changes.Has(shredder.Rebooted) {
					e.Identity = m.known()
				}
				pause, down, last = m.cfg.Poll, false, e.Snapshot
			}
			if !yield(e, err) {
				return
			}
			if err == nil && e.Snapshot.PermissionLeft > 0 && polls%warmPolls == 0 {
				// Its failure is no news of the machine: Withdraw connects by itself, and the next Release is refused.
				_ = m.testSide(ctx, m.withdrawals())
			}
			if wait(ctx, time.Until(next)) != nil {
				return
			}
		}
	}
}

// poll takes one picture and compares it with the last.
func (m *Machine) poll(ctx context.Context, last shredder.Snapshot) (shredder.Event, error) {
	s, err := m.Snapshot(ctx)
	e := shredder.Event{Snapshot: s, Previous: last}
	if err != nil {
		if !s.ReadAt.IsZero() { // a contradiction: the picture is evidence
			e.Changes = shredder.Compare(last, s)
		}
		if !last.ReadAt.IsZero() && !last.Fresh(time.Now(), m.cfg.Poll) {
			err = fmt.Errorf("%w: %w", shredder.ErrStale, err)
		}
		return e, err
	}
	e.Changes = shredder.Compare(last, s)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.foreign {
		m.foreign = false
		e.Changes |= shredder.ForeignMaster
	}
	return e, nil
}

func (m *Machine) known() shredder.Identity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.identity
}
