package station

import (
	"context"
	"sync"
	"time"

	"sexton/ledger/leaf"
	"sexton/shredder"
)

// permit is the permission of the machine as this process holds it. The journal's grant is its durable half.
//
// Inert state: no permission lives in the machine, and no command of ours can be carried out there any more. revoke
// reaches it; so does the end of the permission's time by the machine's own clock, whatever happens to us.
type permit struct {
	batch *batchRun
	token shredder.JobToken
	boot  uint32
	items int64
	feed  uint32    // of the machine before it was released
	until time.Time // after this it cannot live

	team []*session // the two whose cards must stay; nil after a restart

	revoking sync.Once
	revoked  chan struct{} // closed when it is being taken back
	safe     chan struct{} // closed when the inert state is certain

	mu    sync.Mutex // guards what follows
	cause string     // a code of causesZh
	since time.Time  // when the machine first showed it; zero = not yet
}

func newPermit(b *batchRun, g grant) *permit {
	return &permit{batch: b, token: g.Token, boot: g.Boot, items: g.Items, until: g.Until, revoked: make(chan struct{}), safe: make(chan struct{})}
}

// live says whether nobody has taken it back yet.
func (p *permit) live() bool {
	select {
	case <-p.revoked:
		return false
	default:
		return true
	}
}

func (p *permit) isSafe() bool {
	select {
	case <-p.safe:
		return true
	default:
		return false
	}
}

// why is the cause of the revocation, "" while it is live.
func (p *permit) why() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

// shown notes when the machine first showed the permission.
func (p *permit) shown(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = at
}

// concerns says whether a picture was taken while the permission should live.
func (p *permit) concerns(snap shredder.Snapshot) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.since.IsZero() && snap.ReadAt.After(p.since)
}

// reader says whether a card of the team is in that reader.
func (p *permit) reader(name string) bool {
	for _, x := range p.team {
		if x.reader == name {
			return true
		}
	}
	return false
}

// revoke takes the permission back, now. The first call decides the cause, of which causeCode is kept. It returns when the machine has answered or one
// command's time is over; then the station goes on trying by itself until the inert state is certain.
func (s *Station) revoke(p *permit, cause string) {
	p.revoking.Do(func() {
		code := causeCode(cause)
		p.mu.Lock()
		p.cause = code
		p.mu.Unlock()
		close(p.revoked)
		s.log.Info("withdrawing the permission", "cause", code, "detail", cause)
		if s.tryWithdraw(p) {
			close(p.safe)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed { // after Close the machine's own clock ends it, and the next start withdraws it first
			s.tasks.Go(func() { s.makeSafe(p) })
		}
	})
}

// tryWithdraw sends one withdrawal and says whether the machine took it. Withdrawing twice does no harm.
func (s *Station) tryWithdraw(p *permit) bool {
	ctx, stop := context.WithTimeout(context.Background(), s.cfg.CommandTimeout)
	defer stop()
	out, err := s.deps.Machine.Withdraw(ctx, p.token)
	if err != nil {
		s.log.ErrorContext(ctx, "cannot withdraw the permission", "error", err)
	}
	return out == shredder.Accepted
}

// makeSafe repeats the withdrawal until the machine took it or the permission cannot live any more, then records it.
func (s *Station) makeSafe(p *permit) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if s.tryWithdraw(p) || s.deps.Clock.Now().After(p.until) {
			close(p.safe)
			s.recordWithdrawal(s.ctx, p)
			return
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return // the permission still ends by the machine's own clock; the next start withdraws it first
		}
	}
}

// guardTeam takes the permission back when a session of the team ends.
func (s *Station) guardTeam(p *permit) {
	for _, x := range p.team {
		s.spawn(func(ctx context.Context) {
			select {
			case <-x.card.Locked():
				s.revoke(p, "session ended: "+x.cause())
				s.recordWithdrawal(ctx, p)
			case <-p.revoked:
			case <-ctx.Done():
			}
		})
	}
}

// sessionEnded takes the permission back when x is of the team: a logout comes here before the watch does.
func (s *Station) sessionEnded(x *session, cause string) {
	s.mu.Lock()
	p := s.active
	s.mu.Unlock()
	if p == nil || !p.reader(x.reader) {
		return
	}
	s.revoke(p, "session ended: "+cause)
	s.recordWithdrawal(s.ctx, p)
}

// recordWithdrawal writes down that the permission was taken back, once that is certain and no feed is under way. A feed under
// way records it itself when it ends. A withdrawal that cannot be recorded is certain all the same; whoever works on the batch next
// records it.
func (s *Station) recordWithdrawal(ctx context.Context, p *permit) {
	if err := s.tryRecord(ctx, p); err != nil {
		s.log.ErrorContext(ctx, "cannot record a withdrawal", "error", err)
	}
}

// tryRecord is recordWithdrawal with its error. A caller who does not wait for the batch leaves the record to the station.
func (s *Station) tryRecord(ctx context.Context, p *permit) error {
	if err := p.batch.own(ctx); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed && s.ctx.Err() == nil {
			s.spawn(func(ctx context.Context) { s.recordWithdrawal(ctx, p) })
		}
		return err
	}
	defer p.batch.release()
	return s.recordOwned(ctx, p)
}

// recordOwned is recordWithdrawal for who owns the batch. Nothing happens when it is not certain yet, or recorded.
func (s *Station) recordOwned(ctx context.Context, p *permit) error {
	st := p.batch.run.State()
	if st.Grant == nil || st.Grant.Token != p.token || st.Feeding != nil || !p.isSafe() {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	snap, err := s.snapshot(ctx)
	seen := err == nil
	cause := p.why()
	if _, err := s.converge(ctx, p.batch, stepWithdraw, func(ctx context.Context, d *destruction, w *pen) (bool, error) {
		if seen {
			d.account(snap, s.counterKept())
		}
		fed := d.Grant.Fed
		d.Grant, d.Cause = nil, cause
		_, err := w.write(ctx, note{kind: leaf.BatchWithdrawn, subjects: batchSubject(d.Batch),
			body: &leaf.Withdrawn{Batch: d.Batch, Cause: cause, Fed: fed}})
		return false, err
	}); err != nil {
		return err
	}
	// Crash here: the withdrawal is on record; the batch waits for Resume or Reconcile.
	s.drop(p)
	s.batchEvent(st.Batch, "withdrawn", "许可已撤回："+causesZh[cause], "permission withdrawn: "+cause)
	return nil
}

// drop forgets a permit that is on record as gone.
func (s *Station) drop(p *permit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == p {
		s.active = nil
	}
}

// account adds what the machine counted since the last window, which no carrier accounts for.
func (d *destruction) account(snap shredder.Snapshot, kept bool) {
	if d.Last.ReadAt.IsZero() {
		d.Last = snap
		return
	}
	n, known := surplus(d.Last, snap, kept)
	d.Totals.Surplus += n
	d.Totals.Blind = d.Totals.Blind || !known
	d.Last = snap
}

// counterKept says whether the machine promises to keep its counters over a restart.
func (s *Station) counterKept() bool { return s.deps.Machine.Caps().Has(shredder.CapCountersKept) }

// Withdraw implements Destruction. The machine comes first: neither the cause nor the number of the batch can keep it from being
// withdrawn, and a permission that lives for another batch than the named one is taken back too.
func (s *Station) Withdraw(ctx context.Context, batch, cause string) (BatchView, error) {
	s.mu.Lock()
	p := s.active
	s.mu.Unlock()
	if p != nil {
		s.revoke(p, handCause(cause))
		if err := s.tryRecord(ctx, p); err != nil {
			s.log.ErrorContext(ctx, "cannot record a withdrawal", "error", err)
			return BatchView{}, toFault(err)
		}
		v, err := s.batchView(ctx, p.batch.run.ID(), false)
		return v, toFault(err)
	}
	c, stop := context.WithTimeout(ctx, s.cfg.CommandTimeout)
	defer stop()
	if _, err := s.deps.Machine.Withdraw(c, shredder.JobToken{}); err != nil {
		return BatchView{}, toFault(err)
	}
	row, err := s.batchRow(ctx, batch)
	if err != nil {
		return BatchView{}, toFault(err)
	}
	v, err := s.batchView(ctx, row.ID, false)
	return v, toFault(err)
}
