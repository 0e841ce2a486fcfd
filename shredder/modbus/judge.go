package modbus

import (
	"fmt"
	"strings"
	"time"

	"sexton/shredder"
)

// judge compares a picture with what was seen before: does the machine's clock run, do its counters only grow?
// It remembers the picture in either case, so that a contradiction is reported once and not for ever. Only pictures of the main
// lane come here, so they are in order.
func (m *Machine) judge(s shredder.Snapshot, got time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noteSequence(s)
	v := &m.seen
	if v.last.ReadAt.IsZero() || v.last.BootID != s.BootID {
		*v = sight{last: s, moved: s.ReadAt, bootHost: got, bootUp: s.Uptime}
		return nil
	}
	before := v.last
	if s.Sequence != before.Sequence {
		v.moved = s.ReadAt
	}
	v.last = s
	if fallen := shredder.Fallen(before, s); len(fallen) > 0 {
		v.moved, v.bootHost, v.bootUp = s.ReadAt, got, s.Uptime
		return fmt.Errorf("%s fell: %w", strings.Join(fallen, ", "), shredder.ErrContradiction)
	}
	limit := max(shredder.StalePolls*m.cfg.Poll, slowest)
	if stood := s.ReadAt.Sub(v.moved); stood > limit {
		return fmt.Errorf("picture %d has stood for %v: %w", s.Sequence, stood.Round(time.Millisecond), shredder.ErrStale)
	}
	host := s.ReadAt.Sub(v.bootHost) // at least so much time has passed between the two pictures
	if lag := host - (s.Uptime - v.bootUp); lag > limit+host/20 {
		return fmt.Errorf("uptime lags by %v: %w", lag.Round(time.Millisecond), shredder.ErrStale)
	}
	return nil
}

// noteSequence keeps the highest command sequence known to be used. m.mu is held.
func (m *Machine) noteSequence(s shredder.Snapshot) {
	switch {
	case m.boot != s.BootID:
		m.boot, m.sequence = s.BootID, s.EchoSeq
	case s.EchoSeq > m.sequence:
		m.sequence, m.foreign = s.EchoSeq, true
	}
}
