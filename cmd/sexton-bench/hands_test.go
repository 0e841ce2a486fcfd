package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"sexton/bench/shredder/physics"
	"sexton/web/api"
)

// carried is what the hands did with one carrier.
type carried struct {
	asked int              // how often the station asked for it
	laid  int              // how often it was laid on the table
	items []physics.ItemID // of the last time
}

// deed is one act under way, with the kill that waits for it.
type deed struct {
	crew   *crew
	kill   kill
	began  time.Time
	number string        // of the carrier of a feed
	killed chan struct{} // closed when the daemon is dead
	ready  bool          // the station asked for the carrier
	laid   bool
	late   bool // the hands will feed although the daemon is gone

	once   sync.Once
	struck time.Time // when the daemon was killed; to be read after strike returned
	timer  *time.Timer
}

// strike kills the daemon now.
func (d *deed) strike() {
	d.once.Do(func() {
		d.struck = time.Now()
		_ = d.crew.rig.daemon.cmd.Process.Kill()
	})
}

func (d *deed) isDead() bool {
	select {
	case <-d.killed:
		return true
	default:
		return false
	}
}

// reach says that the act has come to a phase.
func (d *deed) reach(phase string) {
	if d.kill.at != phase || d.timer != nil {
		return
	}
	if d.kill.delay <= 0 {
		d.timer = time.NewTimer(0)
		d.strike()
		return
	}
	d.timer = time.AfterFunc(d.kill.delay, d.strike)
}

// feed feeds one carrier: the hands lay it on the table when the station asks for it.
func (d *deed) feed(batch, number string) error {
	c := d.crew
	d.number = number
	h := c.round.hands[number]
	if h == nil {
		h = &carried{}
		c.round.hands[number] = h
	}
	last := map[string]time.Time{"begin": d.began}
	reached := "begin"
	pass := func(phase string) { // learns how long each phase takes
		if phase == reached {
			return
		}
		if d.kill.none() || d.kill.after {
			c.took["feed "+reached] = time.Since(last[reached])
		}
		reached, last[phase] = phase, time.Now()
		d.reach(phase)
	}
	var handsErr error
	v, err := c.rig.client.Feed(c.ctx, api.FeedRequest{Batch: batch, Carrier: number}, func(p api.Progress) {
		if p.Phase == "ready" && !d.ready {
			d.ready = true
			h.asked++
			handsErr = d.hand(h, number, pass)
			return
		}
		if p.Phase != "ready" {
			pass(p.Phase)
		}
	})
	if err == nil {
		pass("done")
		c.keep(v)
		c.round.fed++
		c.t.Logf("fed %s: %s %v", number, v.Verdict, v.Reasons)
	}
	if d.isDead() || unreachable(err) {
		return errors.Join(err, handsErr)
	}
	return errors.Join(handsErr, err)
}

// hand lays the carrier on the table, unless this kill wants the hands still.
func (d *deed) hand(h *carried, number string, pass func(string)) error {
	c := d.crew
	if h.laid > 0 && !c.back(h) {
		c.t.Errorf("the station asked for %s, which is gone", number)
		return nil
	}
	switch d.kill.at {
	case "ready":
		pass("ready")
		return nil
	case "late":
		d.late = true
		pass("late")
		return nil
	}
	pass("ready")
	err := d.lay(h, number)
	pass("table")
	return err
}

func (d *deed) lay(h *carried, number string) error {
	c := d.crew
	ctx, stop := context.WithTimeout(c.ctx, 10*time.Second)
	defer stop()
	i, err := physical(c.round.views[number])
	if err != nil {
		return err
	}
	h.laid++
	h.items = nil
	for _, it := range i {
		id, err := c.rig.hands.Feed(ctx, it)
		if err != nil {
			return err
		}
		h.items = append(h.items, id)
	}
	d.laid = true
	return nil
}

// aftermath is what happens while the daemon is dead: the hands feed what they were asked for, and the machine goes on under a permission
// that nobody watches.
func (d *deed) aftermath() {
	c := d.crew
	if d.timer != nil {
		d.timer.Stop()
	}
	h := c.round.hands[d.number]
	if d.late {
		if err := d.lay(h, d.number); err != nil {
			c.t.Fatal(err)
		}
	}
	if !d.kill.away || h == nil {
		return
	}
	ctx, stop := context.WithTimeout(c.ctx, 30*time.Second)
	defer stop()
	for _, id := range h.items {
		if _, err := c.rig.hands.Await(ctx, id); err != nil {
			c.t.Fatal(err)
		}
	}
}

// back says whether everything of a carrier is in the hands again.
func (c *crew) back(h *carried) bool {
	for _, id := range h.items {
		if r, err := c.rig.hands.Fate(c.ctx, id); err != nil || r.Fate != physics.TakenBack {
			return false
		}
	}
	return true
}

// settle takes from the table what the machine has not taken, waits until the rest is through, and says how much of the carrier was
// cut and how much of it is whole.
func (c *crew) settle(number string) (cut, whole int) {
	c.t.Helper()
	h := c.round.hands[number]
	if h == nil || h.laid == 0 {
		return 0, 1
	}
	ctx, stop := context.WithTimeout(c.ctx, 30*time.Second)
	defer stop()
	if _, err := c.rig.hands.TakeBack(ctx); err != nil {
		c.t.Fatal(err)
	}
	for _, id := range h.items {
		r, err := c.rig.hands.Await(ctx, id)
		switch {
		case err != nil:
			c.t.Fatal(err)
		case r.Fate == physics.Cut:
			cut++
		case r.Fate == physics.TakenBack:
			whole++
		default:
			c.t.Fatalf("a part of %s is %s", number, r.Fate)
		}
	}
	return cut, whole
}

// truth is what two honest persons can sign of an open case.
func (c *crew) truth(number string) string {
	cut, whole := c.settle(number)
	switch {
	case cut == 0:
		return "held"
	case whole > 0 || c.round.unproven[number]:
		return "lost"
	}
	return "destroyed"
}
