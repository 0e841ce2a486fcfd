package station

import (
	"sexton/custody"
	"sexton/shredder"
)

// TestWindow is a window of pictures, for black-box tests of the evidence made of it.
type TestWindow struct{ w window }

// NewTestWindow begins one.
func NewTestWindow(before shredder.Snapshot) *TestWindow {
	return &TestWindow{window{Before: before, InletMG: before.InletMG}}
}

// See takes one more picture.
func (t *TestWindow) See(s shredder.Snapshot) { t.w.see(s) }

// Evidence is what the window amounts to.
func (t *TestWindow) Evidence(token shredder.JobToken) custody.Evidence {
	return t.w.evidence("m", true, token)
}

// Untouched says that nothing was fed.
func (t *TestWindow) Untouched(x custody.Expectation) bool { return t.w.untouched(x) }
