package shreddertest

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"sexton/shredder"
)

// patience is how long the suite waits for a physical process.
const patience = 30 * time.Second

// Run shows that a driver and its machine keep the contract. Each case gets a machine of its own.
func Run(t *testing.T, make Factory) {
	for _, c := range []struct {
		name string
		f    func(*trial)
	}{
		{"identity is stable", identity},
		{"pictures move on", pictures},
		{"a job from offer to end", wholeJob},
		{"an offer gives no permission", offerOnly},
		{"no start without permission", startWithout},
		{"one release for one offer", oneRelease},
		{"a token is used once", tokenOnce},
		{"release of another job", otherJob},
		{"permission expires in the machine", expiry},
		{"permission expires while nobody answers", expiryHung},
		{"withdraw in every state", withdrawEverywhere},
		{"withdraw of another job changes nothing", withdrawOther},
		{"local beats remote", localWins},
		{"guard ends the permission", guardWins},
		{"emergency stop ends the permission and latches", eStopWins},
		{"refusals name their reasons", reasons},
		{"a hung machine executes nothing late", hung},
		{"a lost answer is resolved by reading", lostAnswer},
		{"a cut link is mended by the next read", cutLink},
		{"a restart ends job and permission", reboot},
		{"watch shows what happens", watch},
		{"close ends everything", closing},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := make(t)
			t.Cleanup(func() { m.Close() })
			c.f(&trial{T: t, m: m, h: h})
		})
	}
}

// trial is one machine in one case.
type trial struct {
	*testing.T
	m shredder.Machine
	h Hands
}

var bg = context.Background()

func (b *trial) token() (t shredder.JobToken) {
	rand.Read(t[:])
	return t
}

func (b *trial) snapshot() shredder.Snapshot {
	b.Helper()
	s, err := b.m.Snapshot(bg)
	if err != nil {
		b.Fatalf("snapshot: %v", err)
	}
	return s
}

// until polls pictures until one pleases. Link errors are waited out.
func (b *trial) until(what string, f func(shredder.Snapshot) bool) shredder.Snapshot {
	b.Helper()
	ctx, cancel := context.WithTimeout(bg, patience)
	defer cancel()
	var last shredder.Snapshot
	for e, err := range b.m.Watch(ctx) {
		if err != nil {
			continue
		}
		if last = e.Snapshot; f(last) {
			return last
		}
	}
	b.Fatalf("%s did not happen; last picture %+v", what, last)
	return last
}

func (b *trial) accepted(what string, o shredder.Outcome, err error) {
	b.Helper()
	if o != shredder.Accepted || err != nil {
		b.Fatalf("%s: %v, %v", what, o, err)
	}
}

func (b *trial) refused(what string, o shredder.Outcome, err error, results ...shredder.Result) *shredder.RefusedError {
	b.Helper()
	var why *shredder.RefusedError
	if o != shredder.Refused || !errors.As(err, &why) {
		b.Fatalf("%s: %v, %v, want a refusal", what, o, err)
	}
	for _, r := range results {
		if why.Result == r {
			return why
		}
	}
	b.Fatalf("%s: refused with %v, want one of %v", what, why.Result, results)
	return nil
}

// offer stores a job of two disks.
func (b *trial) offer() shredder.JobToken {
	b.Helper()
	job := shredder.Job{Token: b.token(), Items: 2, Material: shredder.MaterialHardDisk}
	o, err := b.m.Offer(bg, job)
	b.accepted("offer", o, err)
	return job.Token
}

func (b *trial) release(w time.Duration) shredder.JobToken {
	b.Helper()
	t := b.offer()
	o, err := b.m.Release(bg, t, shredder.Window{For: w})
	b.accepted("release", o, err)
	if !b.h.Permitted() {
		b.Fatal("release was accepted, but no permission lives")
	}
	return t
}

// run brings the job into Running.
func (b *trial) run() shredder.JobToken {
	b.Helper()
	t := b.release(time.Minute)
	b.h.Start()
	b.until("running", func(s shredder.Snapshot) bool { return s.State == shredder.Running })
	return t
}

func (b *trial) dead(what string) {
	b.Helper()
	if b.h.Permitted() {
		b.Errorf("%s: permission lives", what)
	}
	s := b.snapshot()
	if s.PermissionLeft != 0 {
		b.Errorf("%s: picture shows permission for %v", what, s.PermissionLeft)
	}
}
