package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/line"
	"sexton/usbctl/rules"
	"sexton/usbctl/scsi"
	"sexton/usbctl/worker"
)

// errShut ends the job of a device that is shut out.
var errShut = errors.New("the device was shut out")

// longest a job may take.
const longest = 24 * time.Hour

// Run implements line.Broker. One job runs on a device at a time.
func (b *Broker) Run(ctx context.Context, r line.Request, j ident.Journal) (line.Answer, error) {
	limit := time.Duration(r.LimitS) * time.Second
	if limit <= 0 || limit > longest {
		return line.Answer{}, line.Faultf(line.CodeRequest, "cannot give a job %d seconds", r.LimitS)
	}
	if err := r.Job.Check(); err != nil {
		return line.Answer{}, line.Faultf(line.CodeRequest, "%v", err)
	}
	d, ends, ctx, err := b.begin(ctx, r, limit)
	if err != nil {
		return line.Answer{}, err
	}
	defer b.jobs.Done()
	o, err := b.work(ctx, d, r.Job, ends, j)
	return b.finish(d, o, err)
}

// begin takes the device for a job.
func (b *Broker) begin(ctx context.Context, r line.Request, limit time.Duration) (*device, worker.Device, context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, err := b.find(r.Port, r.Generation)
	if err != nil {
		return nil, worker.Device{}, nil, err
	}
	switch {
	case b.closed || d.verdict.Action != rules.Allow:
		return nil, worker.Device{}, nil, line.Faultf(line.CodeShut, "the device at port %s is not let in: %s", d.sight.Port, d.verdict.En)
	case d.stop != nil:
		return nil, worker.Device{}, nil, line.Faultf(line.CodeBusy, "a job runs on the device at port %s", d.sight.Port)
	}
	ends, err := endpoints(d)
	if err != nil {
		return nil, worker.Device{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	ctx, d.stop = context.WithCancelCause(ctx)
	context.AfterFunc(ctx, cancel)
	b.jobs.Add(1)
	b.tell(d, line.Event{Kind: line.Begun, Detail: string(r.Job.Kind)})
	return d, ends, ctx, nil
}

// endpoints of the interface that was let in.
func endpoints(d *device) (worker.Device, error) {
	for _, i := range d.parsed.Configs[0].Interfaces {
		s := i.Settings[0]
		if int(i.Number) != d.verdict.Interfaces[0] || !s.Is(8, 6, 0x50) || len(s.Endpoints) != 2 || s.Endpoints[0].In() == s.Endpoints[1].In() {
			continue
		}
		w := worker.Device{Interface: i.Number}
		for _, e := range s.Endpoints {
			if e.In() {
				w.In = e.Address
			} else {
				w.Out = e.Address
			}
		}
		return w, nil
	}
	return worker.Device{}, line.Faultf(line.CodeShut, "the device has no interface that a worker can drive")
}

// work claims the interface and runs the two workers. It holds no lock.
func (b *Broker) work(ctx context.Context, d *device, job worker.Job, ends worker.Device, j ident.Journal) (worker.Outcome, error) {
	claim, err := b.opts.Bus.Claim(ctx, d.sight, ends.Interface)
	if err != nil {
		return worker.Outcome{}, err
	}
	o := worker.Supervise(ctx, b.opts.Starter, worker.Task{
		Device: ends, Claim: claim, Job: job, Journal: j, Lenient: b.opts.Lenient,
		Violation: func(v worker.Violation) { b.tell(d, line.Event{Kind: line.Violated, Violation: &v}) },
	})
	if err := claim.Close(); err != nil && !errors.Is(err, usbctl.ErrGone) {
		b.tell(d, line.Event{Kind: line.Troubled, Detail: "cannot give the interface back: " + describe(err)})
	}
	return o, nil
}

// finish gives the device back and judges what was seen of it.
func (b *Broker) finish(d *device, o worker.Outcome, failed error) (line.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d.stop(nil)
	d.stop = nil
	a := line.Answer{Result: o.Result, Report: o.Report, Sound: o.Sound(), Detail: ending(o)}
	if failed != nil {
		a.Detail = describe(failed)
	}
	told := a
	told.Result = nil // it belongs to who asked, and may hold what a medium says
	b.tell(d, line.Event{Kind: line.Ended, Answer: &told})
	if b.devices[d.sight.Port] == d && d.out == nil && d.verdict.Action == rules.Allow {
		if why := misbehaved(o, failed); why != "" {
			b.banish(d, line.Verdict{Action: rules.Quarantine, Rule: RuleMisbehaved, Zh: "设备行为异常，已隔离", En: "the device misbehaved, quarantined", Detail: desc.Show(why, 300)})
		}
	}
	if failed != nil {
		return line.Answer{}, line.Faultf(line.CodeClaim, "cannot take the device: %s", describe(failed))
	}
	return a, nil
}

// ending says how a task ended when it did not end in order.
func ending(o worker.Outcome) string {
	if o.Sound() {
		return ""
	}
	for _, e := range []struct {
		who string
		err error
	}{{"task", o.Err}, {"blk", o.Blk}, {"fs", o.Fs}} {
		if e.err != nil {
			return desc.Show(fmt.Sprintf("%s: %v", e.who, e.err), 1000)
		}
	}
	return "a worker left without a word"
}

// misbehaved says why a device that ended so is not let in again, "" when it is. A
// station that left and an unplugged device are no misbehaviour; a worker that died
// is, since a device made it die, and so is a job that did not end in its time.
func misbehaved(o worker.Outcome, failed error) string {
	switch {
	case errors.Is(failed, usbctl.ErrGone), errors.Is(failed, context.Canceled):
		return ""
	case failed != nil:
		return "it could not be claimed: " + failed.Error()
	case o.Report != nil && o.Report.Ended != nil && !errors.Is(o.Report.Over(), usbctl.ErrGone):
		return o.Report.Ended.Text
	case errors.Is(o.Err, context.DeadlineExceeded):
		return "its job did not end in time"
	case errors.Is(o.Err, context.Canceled), errors.Is(o.Err, errShut), errors.Is(o.Err, usbctl.ErrGone), errors.Is(o.Err, worker.ErrStart), errors.Is(o.Err, worker.ErrOpen):
		return ""
	case !o.Sound():
		return ending(o)
	}
	var (
		lie     *scsi.Lie
		changed *scsi.Changed
		over    *bot.Quarantined
	)
	if err := o.Result.Err(); errors.As(err, &lie) || errors.As(err, &changed) || errors.As(err, &over) {
		return err.Error()
	}
	return ""
}
