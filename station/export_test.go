package station

import (
	"context"
	"errors"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
	"sexton/shredder"
)

// TestWindow is a window of pictures, for black-box tests of the evidence made of it.
type TestWindow struct {
	w    window
	Ours bool // a permission that is gone was taken back by the station
}

// NewTestWindow begins one.
func NewTestWindow(before shredder.Snapshot) *TestWindow {
	return &TestWindow{w: window{Before: before, InletMG: before.InletMG}}
}

// See takes one more picture.
func (t *TestWindow) See(s shredder.Snapshot) {
	t.w.see(s, sighting{most: 500 * time.Millisecond, ours: t.Ours})
}

// Evidence is what the window amounts to.
func (t *TestWindow) Evidence(token shredder.JobToken) custody.Evidence {
	return t.w.evidence("m", true, token)
}

// Untouched says that nothing was fed.
func (t *TestWindow) Untouched(x custody.Expectation) bool { return t.w.untouched(x) }

// EvidenceAt is the evidence of the outcome at index, as it stands in the ledger.
func (s *Station) EvidenceAt(ctx context.Context, index int64) (*custody.Evidence, error) {
	p, err := s.payloadAt(ctx, index)
	if err != nil {
		return nil, err
	}
	out, ok := p.Body.(*leaf.Outcome)
	if !ok || out.Evidence == nil {
		return nil, errors.New("no outcome with evidence")
	}
	return out.Evidence, nil
}

// USBChanged is closed at the next change of what is known of the USB ports.
func USBChanged(s *Station) <-chan struct{} {
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	return s.usb.changed
}
