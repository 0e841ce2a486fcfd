package shreddertest

import (
	"context"
	"errors"
	"time"

	"sexton/shredder"
)

func identity(b *trial) {
	a, err := b.m.Identify(bg)
	if err != nil {
		b.Fatal(err)
	}
	again, err := b.m.Identify(bg)
	if err != nil || a != again {
		b.Errorf("second identity differs: %+v, %+v, %v", a, again, err)
	}
	if a.Serial == "" || a.BootID == 0 || a.MaxWindow <= 0 || b.m.Caps() != a.Caps {
		b.Errorf("identity %+v, caps %v", a, b.m.Caps())
	}
}

func pictures(b *trial) {
	first := b.snapshot()
	if first.State != shredder.Ready || first.Reasons.Forbidding() != 0 || !first.Fresh(time.Now(), time.Second) {
		b.Fatalf("not ready at first: %+v", first)
	}
	later := b.until("a later picture", func(s shredder.Snapshot) bool { return s.Sequence > first.Sequence && s.Uptime > first.Uptime })
	if c := shredder.Compare(first, later); c.Has(shredder.Backwards) || c.Has(shredder.Rebooted) {
		b.Errorf("idle machine: %v", c)
	}
}

func wholeJob(b *trial) {
	before := b.snapshot()
	t := b.run()
	b.h.FeedOne(shredder.MaterialHardDisk)
	b.h.FeedOne(shredder.MaterialHardDisk)
	end := b.until("the end", func(s shredder.Snapshot) bool { return s.State == shredder.Ended })
	if end.ActiveToken != t || end.PermissionLeft != 0 {
		b.Errorf("end: token %v, permission %v", end.ActiveToken, end.PermissionLeft)
	}
	caps := b.m.Caps()
	if caps.Has(shredder.CapFeedCount) && end.Feed != before.Feed+2 {
		b.Errorf("fed 2, counted %d", end.Feed-before.Feed)
	}
	if caps.Has(shredder.CapEnergy) && end.EnergyJ <= before.EnergyJ {
		b.Error("two disks cost no energy")
	}
	if end.Cycles <= before.Cycles {
		b.Error("no motor start counted")
	}
	b.offer() // Ended takes the next job
}

func offerOnly(b *trial) {
	t := b.offer()
	s := b.snapshot()
	if s.State != shredder.Offered || s.ActiveToken != t || s.PermissionLeft != 0 || b.h.Permitted() || b.h.Releases() != 0 {
		b.Errorf("after an offer: %+v", s)
	}
}

func startWithout(b *trial) {
	b.h.Start()
	b.offer()
	b.h.Start()
	if b.h.Starts() != 0 || b.snapshot().State.Executing() {
		b.Error("the motor started without permission")
	}
}

func oneRelease(b *trial) {
	t := b.release(time.Minute)
	o, err := b.m.Release(bg, t, shredder.Window{For: time.Minute})
	b.refused("second release", o, err, shredder.ResultWrongState)
	o, err = b.m.Withdraw(bg, t)
	b.accepted("withdraw", o, err)
	o, err = b.m.Release(bg, t, shredder.Window{For: time.Minute})
	b.refused("release after withdraw", o, err, shredder.ResultWrongState, shredder.ResultWrongToken)
	if b.h.Releases() != 1 {
		b.Errorf("%d permissions", b.h.Releases())
	}
}

func tokenOnce(b *trial) {
	t := b.offer()
	o, err := b.m.Withdraw(bg, t)
	b.accepted("withdraw", o, err)
	o, err = b.m.Offer(bg, shredder.Job{Token: t, Items: 1})
	b.refused("the same token", o, err, shredder.ResultTokenUsed)
}

func otherJob(b *trial) {
	b.offer()
	o, err := b.m.Release(bg, b.token(), shredder.Window{For: time.Minute})
	b.refused("release", o, err, shredder.ResultWrongToken)
	id, err := b.m.Identify(bg)
	if err != nil {
		b.Fatal(err)
	}
	o, err = b.m.Release(bg, b.snapshot().ActiveToken, shredder.Window{For: id.MaxWindow + time.Minute})
	b.refused("window too long", o, err, shredder.ResultBadWindow)
	if b.h.Releases() != 0 {
		b.Error("a refused release gave permission")
	}
}

func expiry(b *trial) {
	b.release(400 * time.Millisecond)
	s := b.until("expiry", func(s shredder.Snapshot) bool { return s.PermissionLeft == 0 })
	if !s.Reasons.Has(shredder.Expired) {
		b.Errorf("reasons %v", s.Reasons)
	}
	b.dead("after expiry")
	b.h.Start()
	if b.h.Starts() != 0 {
		b.Error("started after expiry")
	}
}

func expiryHung(b *trial) {
	b.release(400 * time.Millisecond)
	b.h.Hang(true)
	defer b.h.Hang(false)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for b.h.Permitted() {
		select {
		case <-tick.C:
		case <-deadline.C:
			b.Fatal("permission outlives the network")
		}
	}
}

func withdrawEverywhere(b *trial) {
	o, err := b.m.Withdraw(bg, shredder.JobToken{})
	b.accepted("withdraw of nothing", o, err)
	o, err = b.m.Withdraw(bg, b.offer())
	b.accepted("withdraw when offered", o, err)
	b.dead("offered")
	o, err = b.m.Withdraw(bg, b.release(time.Minute))
	b.accepted("withdraw when released", o, err)
	b.dead("released")
	t := b.run()
	o, err = b.m.Withdraw(bg, t)
	b.accepted("withdraw when running", o, err)
	b.dead("running")
	b.until("end", func(s shredder.Snapshot) bool { return s.State == shredder.Ended })
	o, err = b.m.Withdraw(bg, t)
	b.accepted("withdraw when ended", o, err)
	b.h.SetEStop(true)
	b.until("faulted", func(s shredder.Snapshot) bool { return s.State == shredder.Faulted })
	o, err = b.m.Withdraw(bg, t)
	b.accepted("withdraw when faulted", o, err)
}

func withdrawOther(b *trial) {
	b.release(time.Minute)
	o, err := b.m.Withdraw(bg, b.token())
	b.accepted("withdraw", o, err)
	if !b.h.Permitted() {
		b.Error("withdrawing another job ended this one")
	}
}

func localWins(b *trial) {
	b.run()
	b.h.SetLocal(true)
	b.until("end of permission", func(s shredder.Snapshot) bool { return s.PermissionLeft == 0 && !s.Remote })
	b.dead("local")
	b.until("end", func(s shredder.Snapshot) bool { return !s.State.Executing() })
	o, err := b.m.Offer(bg, shredder.Job{Token: b.token(), Items: 1})
	if why := b.refused("offer while local", o, err, shredder.ResultNotReady); !why.Reasons.Has(shredder.Local) {
		b.Errorf("reasons %v", why.Reasons)
	}
}

func guardWins(b *trial) {
	before := b.snapshot()
	b.run()
	b.h.SetGuard(true)
	b.until("end of permission", func(s shredder.Snapshot) bool { return s.PermissionLeft == 0 })
	b.h.SetGuard(false)
	b.dead("guard")
	if b.m.Caps().Has(shredder.CapGuardCounter) {
		b.until("opening counted", func(s shredder.Snapshot) bool { return s.GuardOpenings == before.GuardOpenings+1 })
	}
}

func eStopWins(b *trial) {
	t := b.run()
	b.h.SetEStop(true)
	b.until("fault", func(s shredder.Snapshot) bool { return s.State == shredder.Faulted && s.Reasons.Has(shredder.EStop) })
	b.dead("emergency stop")
	b.h.SetEStop(false)
	if s := b.snapshot(); s.State != shredder.Faulted {
		b.Errorf("releasing the button left the fault: %v", s.State)
	}
	o, err := b.m.Offer(bg, shredder.Job{Token: b.token(), Items: 1})
	b.refused("offer while faulted", o, err, shredder.ResultNotReady)
	starts := b.h.Starts()
	b.h.LocalReset()
	s := b.until("reset", func(s shredder.Snapshot) bool { return s.State != shredder.Faulted })
	if s.State != shredder.Ended || s.ActiveToken != t || b.h.Permitted() || b.h.Starts() != starts {
		b.Errorf("reset must only permit: %+v", s)
	}
}

func reasons(b *trial) {
	b.h.SetLocal(true)
	b.h.SetGuard(true)
	o, err := b.m.Offer(bg, shredder.Job{Token: b.token(), Items: 1})
	why := b.refused("offer", o, err, shredder.ResultNotReady)
	if !why.Reasons.Has(shredder.Local | shredder.GuardOpen) {
		b.Errorf("reasons %v", why.Reasons)
	}
}

func hung(b *trial) {
	t := b.offer()
	b.snapshot() // the links are up
	b.h.Hang(true)
	o, err := b.m.Release(bg, t, shredder.Window{For: time.Minute})
	if o == shredder.Accepted {
		b.Errorf("accepted by a machine that hangs: %v", err)
	}
	b.h.Hang(false)
	if o == shredder.Unknown {
		o, err = b.m.Resolve(bg)
		b.refused("resolve", o, err, shredder.ResultLate, shredder.ResultSuperseded)
	}
	b.until("life", func(s shredder.Snapshot) bool { return true })
	if n := b.h.Releases(); n != 0 {
		b.Errorf("%d late executions", n)
	}
}

func lostAnswer(b *trial) {
	t := b.offer()
	b.h.DropNextAnswer()
	o, err := b.m.Release(bg, t, shredder.Window{For: time.Minute})
	if o != shredder.Unknown || err == nil {
		b.Fatalf("release: %v, %v", o, err)
	}
	o, err = b.m.Offer(bg, shredder.Job{Token: b.token(), Items: 1})
	b.refused("offer with an open outcome", o, err, shredder.ResultUnresolved)
	o, err = b.m.Resolve(bg)
	b.accepted("resolve", o, err)
	if n := b.h.Releases(); n != 1 {
		b.Errorf("%d permissions", n)
	}
	if _, err := b.m.Resolve(bg); !errors.Is(err, shredder.ErrNothingOpen) {
		b.Errorf("resolve again: %v", err)
	}
}

func cutLink(b *trial) {
	t := b.release(time.Minute)
	b.h.CutLink()
	b.until("a picture after the cut", func(s shredder.Snapshot) bool { return s.ActiveToken == t })
	b.h.CutLink()
	o, err := b.m.Withdraw(bg, t)
	b.accepted("withdraw after the cut", o, err)
}

func reboot(b *trial) {
	t := b.run()
	before := b.snapshot()
	b.h.Reboot()
	s := b.until("life after the restart", func(s shredder.Snapshot) bool { return s.BootID != before.BootID })
	if s.State != shredder.NotReady || s.ActiveToken == t || !s.Reasons.Has(shredder.PowerReturned) {
		b.Errorf("after the restart: %+v", s)
	}
	b.dead("restart")
	if c := shredder.Compare(before, s); !c.Has(shredder.Rebooted) {
		b.Errorf("changes %v", c)
	}
	if b.m.Caps().Has(shredder.CapCountersKept) && (s.Feed < before.Feed || s.EnergyJ < before.EnergyJ || s.Cycles < before.Cycles) {
		b.Error("counters fell over the restart")
	}
	b.h.LocalReset()
	b.until("ready", func(s shredder.Snapshot) bool { return s.State == shredder.Ready })
	b.offer()
}

func watch(b *trial) {
	ctx, cancel := context.WithTimeout(bg, patience)
	defer cancel()
	var all shredder.Changes
	n := 0
	for e, err := range b.m.Watch(ctx) {
		if err != nil {
			b.Fatalf("watch: %v", err)
		}
		if n++; n == 1 {
			if e.Changes != shredder.First || e.Identity.Serial == "" {
				b.Errorf("first event: %v, %+v", e.Changes, e.Identity)
			}
			b.run()
			b.h.FeedOne(shredder.MaterialHardDisk)
		}
		all |= e.Changes
		if all.Has(shredder.StateChanged|shredder.JobChanged) && (all.Has(shredder.FeedCounted) || !b.m.Caps().Has(shredder.CapFeedCount)) {
			return
		}
	}
	b.Errorf("changes seen: %v", all)
}

func closing(b *trial) {
	b.snapshot()
	if err := b.m.Close(); err != nil {
		b.Error(err)
	}
	if _, err := b.m.Snapshot(bg); !errors.Is(err, shredder.ErrClosed) {
		b.Errorf("snapshot after close: %v", err)
	}
	if err := b.m.Close(); err != nil {
		b.Errorf("second close: %v", err)
	}
}
