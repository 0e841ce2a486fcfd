package station

import (
	"context"
	"time"
)

// foldFor is how long equal entries about USB stand for one another.
const foldFor = time.Minute

// fold is what is equal to an entry just written: it is counted, and one entry says how many there were.
type fold struct {
	since time.Time
	count int64 // not written yet
	note  func(count int64) note
}

// recordFolded writes an entry, unless an equal one was written within the last minute: then it is counted, and the count is written
// when the minute is over. So a device that comes and goes, or misbehaves without end, cannot fill the ledger. Crash here: what was
// counted and not written is lost; the entry it is equal to is durable.
func (s *Station) recordFolded(ctx context.Context, equal string, n func(count int64) note) {
	now := s.now()
	s.usb.mu.Lock()
	f := s.usb.folds[equal]
	if f != nil && now.Sub(f.since) < foldFor {
		f.count, f.note = f.count+1, n
		s.usb.mu.Unlock()
		return
	}
	late := f
	s.usb.folds[equal] = &fold{since: now}
	s.usb.mu.Unlock()
	if late != nil && late.count > 0 {
		s.recordUSB(ctx, late.note(late.count))
	}
	s.recordUSB(ctx, n(1))
}

// unfold writes what was counted where the minute is over, or all of it.
func (s *Station) unfold(ctx context.Context, all bool) {
	now := s.now()
	var late []note
	s.usb.mu.Lock()
	for equal, f := range s.usb.folds {
		if !all && now.Sub(f.since) < foldFor {
			continue
		}
		delete(s.usb.folds, equal)
		if f.count > 0 {
			late = append(late, f.note(f.count))
		}
	}
	s.usb.mu.Unlock()
	for _, n := range late {
		s.recordUSB(ctx, n)
	}
}

// recordUSB writes an entry that nobody waits for. What cannot be written is in the log; a ledger that has stopped stops the station.
func (s *Station) recordUSB(ctx context.Context, n note) {
	if _, err := s.record(context.WithoutCancel(ctx), n); err != nil {
		s.log.ErrorContext(ctx, "cannot record what happened at a USB port", "kind", string(n.kind), "error", err)
	}
}
