package station

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sexton/shredder"
)

// feedWatch follows one feed.
type feedWatch struct {
	s    *Station
	j    *feedJob
	w    *window
	caps shredder.Capability

	began    time.Time
	deadline time.Time // for the person to feed
	settle   time.Time // for the machine to come to rest; zero = nothing to wait for yet
	resting  time.Time // since when the machine is at rest; zero = it is not
	lost     time.Time // since when the link is lost; zero = it is there
}

// closing begins the end: no more feeding, only what is in the cutter.
func (f *feedWatch) closing() {
	if f.settle.IsZero() {
		f.settle = f.s.deps.Clock.Now().Add(f.s.cfg.SettleTimeout)
	}
}

// look takes one picture and says whether the feed is over. With an error the outcome is not known.
func (f *feedWatch) look(ctx context.Context) (over bool, err error) {
	now := f.s.deps.Clock.Now()
	snap, err := f.s.snapshot(ctx)
	if errors.Is(err, shredder.ErrContradiction) {
		f.w.broke("counter-backwards")
		err = nil
	}
	if err != nil {
		return f.blind(now, err)
	}
	f.lost = time.Time{}
	f.w.see(snap, sighting{most: f.s.blindAfter(), ours: f.j.permit.endedByUs(snap)})
	if len(f.w.Broken) > 0 {
		f.s.revoke(f.j.permit, causeMachine+strings.Join(f.w.Broken, ", "))
		f.closing()
	}
	if f.w.feed() >= max(f.j.expect.Objects, 1) || !permission(snap, f.j.permit.token) || !f.j.permit.live() {
		f.closing()
	}
	f.report(snap, now)
	switch {
	case !f.settle.IsZero() && f.rested(snap, now):
		return true, nil
	case !f.settle.IsZero() && now.After(f.settle):
		f.s.revoke(f.j.permit, "machine-did-not-settle")
		f.w.broke("not-settled") // it may still be cutting, or have something in the cutter
		return true, nil
	case f.settle.IsZero() && now.After(f.deadline):
		f.closing() // part of it may have been fed; what there is must come to rest
	}
	return false, nil
}

// rested says whether the machine has come to rest. A machine that stands still although something was counted may not have
// started yet, so without the energy of a cut it must stand for Config.Dwell.
func (f *feedWatch) rested(snap shredder.Snapshot, now time.Time) bool {
	if !settled(snap, f.caps) {
		f.resting = time.Time{}
		return false
	}
	if f.resting.IsZero() {
		f.resting = now
	}
	cut := f.w.feed() > 0 && f.w.energy() >= f.j.expect.MinEnergyJ
	return cut || now.Sub(f.resting) >= f.s.cfg.Dwell
}

// blind is a look that saw nothing. The link may come back; the counters will still be there. After LinkTimeout the permission is
// withdrawn (the machine also ends it by itself) and the outcome is not known.
func (f *feedWatch) blind(now time.Time, err error) (bool, error) {
	if f.lost.IsZero() {
		f.lost = now
		f.j.tell(progressOf("link-lost", f.w, f.w.After, 0))
	}
	if errors.Is(err, shredder.ErrIdentity) || now.Sub(f.lost) > f.s.cfg.LinkTimeout {
		f.s.revoke(f.j.permit, "link-lost")
		return true, fmt.Errorf("cannot see the end of the feed: %w", err)
	}
	return false, nil
}

// blindAfter is the longest time without a picture of a machine at work that still leaves a judgement: three polls, within bounds. An
// emergency stop, its release, the end of the run-down and a reset at the machine take longer.
func (s *Station) blindAfter() time.Duration {
	return min(max(shredder.StalePolls*s.cfg.Poll, 500*time.Millisecond), time.Second)
}

// report tells the phase to whoever listens.
func (f *feedWatch) report(snap shredder.Snapshot, now time.Time) {
	phase := "ready"
	switch {
	case !f.j.permit.live():
		phase = "withdrawn"
	case snap.State == shredder.Reversing:
		phase = "reversing"
	case snap.State == shredder.RunDown, f.w.feed() > 0 && snap.Standstill:
		phase = "settling"
	case snap.State.Executing() && f.w.feed() > 0:
		phase = "running"
	case f.w.feed() > 0:
		phase = "fed"
	}
	f.j.tell(progressOf(phase, f.w, snap, max(0, f.deadline.Sub(now))))
}

var phasesZh = map[string]string{"ready": "请投料", "fed": "已投入", "running": "销毁中", "reversing": "反转排料", "settling": "停机中",
	"withdrawn": "许可已撤回，等待设备停稳", "link-lost": "连接中断", "done": "完成"}

func progressOf(phase string, w *window, snap shredder.Snapshot, left time.Duration) Progress {
	p := Progress{Phase: phase, PhaseZh: phasesZh[phase], Feed: w.feed(), EnergyJ: w.energy(), MotorMA: int64(snap.MotorMA),
		InletMG: snap.InletMG, BinMG: snap.BinG * 1000, LeftMS: left.Milliseconds()}
	if w.same() {
		p.Reverses, p.Jams = less(w.After.Reverses, w.Before.Reverses), less(w.After.Jams, w.Before.Jams)
	}
	return p
}
