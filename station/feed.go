package station

import (
	"context"
	"errors"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/procedure"
	"sexton/shredder"
)

// feedJob is what the feed of one carrier needs to know.
type feedJob struct {
	batch   BatchRow
	machine MachineRow
	carrier CarrierRow
	permit  *permit
	expect  custody.Expectation
	tell    func(Progress)
}

// Feed implements Destruction.
func (s *Station) Feed(ctx context.Context, batch, carrier string, progress func(Progress)) (OutcomeView, error) {
	var v OutcomeView
	err := s.act(ctx, "batch-feed", "", func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		j, err := s.newFeed(ctx, b, row, carrier, progress)
		if err != nil {
			return err
		}
		v, err = s.feed(ctx, b, j)
		return err
	})
	return v, err
}

// newFeed checks that the carrier may be fed now: batch, carrier, both cards, permission, and that nothing was fed unannounced.
func (s *Station) newFeed(ctx context.Context, b *batchRun, row BatchRow, number string, progress func(Progress)) (*feedJob, error) {
	s.mu.Lock()
	p := s.active
	s.mu.Unlock()
	if row.State != custody.BatchReleased || p == nil || p.batch != b || !p.live() {
		return nil, fault.New("machine.not-released", nil)
	}
	c, err := s.carrierRow(ctx, number)
	if err != nil {
		return nil, err
	}
	if c.Batch != row.ID || c.Index < 0 {
		return nil, fault.New("carrier.not-in-batch", nil, c.Number)
	}
	if c.State != custody.Released || c.Verdict != custody.VerdictUnknown {
		return nil, fault.New("carrier.already-fed", nil, c.Number)
	}
	for _, x := range p.team {
		if err := x.card.Confirm(ctx); err != nil {
			return nil, err
		}
	}
	machine, _, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	j := &feedJob{batch: row, machine: machine, carrier: c, permit: p, expect: expectation(c.Carrier)}
	j.tell = func(pr Progress) {
		pr.Carrier = c.Number
		s.hub.send(Event{Type: "feed", Subject: c.Number, What: pr.Phase, Zh: pr.PhaseZh, En: pr.Phase, Feed: &pr})
		if progress != nil {
			progress(pr)
		}
	}
	return j, nil
}

// feed carries out the feed of a batch the caller owns.
func (s *Station) feed(ctx context.Context, b *batchRun, j *feedJob) (OutcomeView, error) {
	a := s.feedAct(j.batch, j.machine, j.carrier)
	a.Intend = func(ctx context.Context, d *destruction) ([]entry, error) { return nil, s.intendFeed(ctx, d, j) }
	a.Do = func(ctx context.Context, d destruction) (sight, error) { return s.doFeed(ctx, j, d.Feeding.Window) }
	defer func() {
		if p := recover(); p != nil { // the outcome is on record; so must be the withdrawal
			_ = s.afterFeed(ctx, j, nil)
			panic(p)
		}
	}()
	o, status, receipts, err := procedure.Perform(ctx, b.run, a)
	if status == procedure.StatusUnknown && b.run.State().Feeding == nil {
		return OutcomeView{}, s.afterFeed(ctx, j, err)
	}
	// Crash here: the outcome is on record. A withdrawal that came meanwhile is recorded next, or by the next start.
	if rerr := s.afterFeed(ctx, j, nil); rerr != nil {
		return OutcomeView{}, rerr
	}
	if status == procedure.StatusUnknown {
		return OutcomeView{}, err
	}
	v := outcomeView(j, o.window, status, receipts)
	v.Withdrawn = j.permit.why()
	if err := s.fillOutcome(ctx, &v, j); err != nil {
		return OutcomeView{}, err
	}
	j.tell(progressOf("done", &o.window, o.window.After, 0))
	s.hub.send(Event{Type: "carrier", Subject: v.Carrier, What: v.Verdict, Zh: v.VerdictZh, En: v.Verdict})
	return v, nil
}

// afterFeed records a withdrawal that came during the feed. cause is given back.
func (s *Station) afterFeed(ctx context.Context, j *feedJob, cause error) error {
	if j.permit.live() {
		return cause
	}
	return errors.Join(cause, s.recordOwned(ctx, j.permit))
}

// intendFeed takes the picture before the feed. Objects counted since the last picture were fed without being announced: nobody
// knows which carriers they are, so the permission ends.
func (s *Station) intendFeed(ctx context.Context, d *destruction, j *feedJob) error {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	if !permission(snap, j.permit.token) || !j.permit.live() {
		s.revoke(j.permit, causeEnded)
		return fault.New("machine.not-released", nil)
	}
	if r := snap.Reasons.Forbidding(); r != 0 {
		return both(fault.New("machine.not-ready", nil, r.String()), "设备未就绪：%s", r.ZH())
	}
	if n, known := surplus(d.Last, snap, s.counterKept()); n > 0 || !known {
		s.revoke(j.permit, "unannounced-feed")
		return fault.New("machine.unannounced", nil, n)
	}
	d.Feeding = &feeding{Carrier: j.carrier.ID, Number: j.carrier.Number, Window: window{Before: snap, InletMG: snap.InletMG}}
	return nil
}

// doFeed asks the person to feed and watches until the machine has settled. It ends in a withdrawal whenever what happens next
// would not be watched: cancellation, lost link, panic.
func (s *Station) doFeed(ctx context.Context, j *feedJob, w window) (o sight, err error) {
	watched := false
	defer func() {
		o.window = w
		if !watched {
			s.revoke(j.permit, "feed-interrupted")
		}
	}()
	f := &feedWatch{s: s, j: j, w: &w, caps: s.deps.Machine.Caps(), began: s.deps.Clock.Now()}
	f.deadline = f.began.Add(s.cfg.FeedTimeout)
	if snap, err := s.snapshot(ctx); err == nil { // the intent took its time to be stored, and so long nobody looked
		w.see(snap, sighting{most: s.blindAfter(), ours: j.permit.endedByUs(snap)})
	}
	j.tell(progressOf("ready", &w, w.Before, s.cfg.FeedTimeout))
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	canceled, revoked := ctx.Done(), j.permit.revoked
	for {
		select {
		case <-revoked:
			revoked = nil
			f.closing()
		case <-canceled:
			canceled = nil
			s.revoke(j.permit, "canceled")
			f.closing()
		case <-tick.C:
			over, err := f.look(context.WithoutCancel(ctx))
			if over {
				o.known = err == nil && w.closed()
				watched = o.known
				return o, err
			}
		}
	}
}

// feedAct is the part of a feed that the ordinary path and a restart share.
func (s *Station) feedAct(row BatchRow, machine MachineRow, c CarrierRow) destroyAct {
	return destroyAct{
		Step:  stepFeed,
		Probe: s.probeFeed,
		Settle: func(ctx context.Context, d *destruction, o sight, err error, interrupted bool) ([]entry, procedure.Status, error) {
			token := d.Grant.Token
			d.Feeding = nil
			x := expectation(c.Carrier)
			if o.known && !interrupted && o.window.untouched(x) {
				d.Last = o.window.After
				return nil, procedure.Failed, nil // it was not fed: it stays released and may be fed later
			}
			d.Grant.Fed++
			n := s.judge(ctx, row, machine, c, token, o, interrupted)
			if o.window.closed() {
				d.Totals.Feed += o.window.feed()
				d.Totals.EnergyJ += o.window.energy()
				d.Last = o.window.After
			}
			status := procedure.Done
			if n.kind == leaf.CarrierIndetermin {
				status = procedure.Indeterminate
			}
			if n.kind != leaf.CarrierDestroyed {
				d.Windows[c.ID] = o.window
			}
			entries, werr := s.writeAll(ctx, n)
			return entries, status, werr
		},
	}
}

// judge says what is on record for a carrier that was, or may have been, fed.
func (s *Station) judge(ctx context.Context, row BatchRow, machine MachineRow, c CarrierRow, token shredder.JobToken, o sight, interrupted bool) note {
	n := note{kind: leaf.CarrierIndetermin, subjects: carrierSubject(c.ID)}
	body := &leaf.Outcome{Batch: row.ID, Verdict: custody.VerdictIndeterminate.String(), Reasons: []string{"interrupted"}}
	n.body = body
	if !o.window.closed() {
		body.Reasons = []string{"machine-not-seen"}
		return n
	}
	e := o.window.evidence(row.Machine, s.authenticated(machine.Machine), token)
	body.Evidence = &e
	if interrupted || !o.known {
		return n
	}
	verdict, reasons := custody.Judge(e, expectation(c.Carrier))
	judged := note{kind: outcomeKinds[verdict], subjects: n.subjects,
		body: &leaf.Outcome{Batch: row.ID, Verdict: verdict.String(), Reasons: reasons, Evidence: &e}}
	pl, err := s.pen().payload(ctx, judged)
	if err == nil {
		err = s.lawful(ctx, pl)
	}
	if err != nil {
		// Custody does not take this evidence for that verdict. Nothing may be lost, so the case stays open.
		s.log.ErrorContext(ctx, "an outcome is not lawful and becomes indeterminate", "error", err)
		body.Reasons = []string{"evidence-refused"}
		return n
	}
	return judged
}

var outcomeKinds = map[custody.Verdict]leaf.Kind{custody.VerdictDestroyed: leaf.CarrierDestroyed,
	custody.VerdictUnverified: leaf.CarrierUnverified, custody.VerdictDisputed: leaf.CarrierDisputed}

// probeFeed makes the machine safe after a restart, waits for it to settle, and closes the window with what it shows.
func (s *Station) probeFeed(ctx context.Context, d destruction) (sight, error) {
	var o sight
	if d.Grant == nil || d.Feeding == nil {
		return o, errors.New("the intent names no carrier")
	}
	o.window = d.Feeding.Window
	c, stop := context.WithTimeout(ctx, s.cfg.CommandTimeout)
	defer stop()
	if _, err := s.deps.Machine.Withdraw(c, d.Grant.Token); err != nil {
		return o, err
	}
	give := s.deps.Clock.Now().Add(s.cfg.SettleTimeout)
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	for {
		snap, err := s.snapshot(ctx)
		if err != nil {
			return o, err
		}
		o.window.see(snap, sighting{ours: true})
		if settled(snap, s.deps.Machine.Caps()) {
			return o, nil
		}
		if s.deps.Clock.Now().After(give) {
			o.window.broke("not-settled")
			return o, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return o, ctx.Err()
		}
	}
}

// outcomeView shows the window of a feed.
func outcomeView(j *feedJob, w window, status procedure.Status, receipts []ledger.Receipt) OutcomeView {
	v := OutcomeView{Carrier: j.carrier.Number, Reasons: []string{}, Objects: j.expect.Objects, Index: -1, Feed: w.feed(), EnergyJ: w.energy(), PeakMA: int64(w.PeakMA)}
	if w.closed() {
		e := w.evidence("", false, j.permit.token)
		v.Reverses, v.Jams, v.InletMG, v.BinMG = e.Reverses, e.Jams, e.InletMG, e.BinMG
	}
	if status == procedure.Failed || len(receipts) == 0 {
		v.Verdict, v.VerdictZh = custody.VerdictUnfed.String(), custody.VerdictUnfed.Zh()
		return v
	}
	v.Leaf, v.Index = receipts[0].Hash, receipts[0].Index
	return v
}

// fillOutcome adds the verdict as it is on record.
func (s *Station) fillOutcome(ctx context.Context, v *OutcomeView, j *feedJob) error {
	if v.Leaf == "" {
		return nil
	}
	c, _, err := s.deps.Register.Carrier(ctx, j.carrier.ID)
	if err != nil {
		return err
	}
	v.Verdict, v.VerdictZh = c.Verdict.String(), c.Verdict.Zh()
	v.Reasons, err = s.reasonsOf(ctx, v.Index)
	return err
}
