package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/procedure"
	"sexton/shredder"
)

// sight is what was seen of one Actuate: of a release its answer, of a feed its window.
type sight struct {
	outcome  shredder.Outcome
	safe     bool // the machine confirmed that no permission lives
	snapshot shredder.Snapshot
	window   window
	known    bool // the window has an end that can be judged
}

// Release implements Destruction.
func (s *Station) Release(ctx context.Context, batch string) (BatchView, error) {
	return s.permitBatch(ctx, batch, "batch-release", false)
}

// Resume implements Destruction.
func (s *Station) Resume(ctx context.Context, batch string) (BatchView, error) {
	return s.permitBatch(ctx, batch, "batch-release", true)
}

func (s *Station) permitBatch(ctx context.Context, batch, name string, resume bool) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, name, "", func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		want := custody.BatchAuthorised
		if resume {
			want = custody.BatchWithdrawn
		}
		if row.State != want || b.run.State().Grant != nil {
			if row.State < custody.BatchAuthorised {
				return fault.New("batch.not-approved", nil)
			}
			return batchFault(row, "放行", "be released")
		}
		if err := s.give(ctx, b, row, resume); err != nil {
			return err
		}
		s.batchEvent(row.ID, "released", "已放行，可以投料", "released, feeding may begin")
		v, err = s.batchView(ctx, row.ID, false)
		return err
	})
	return v, err
}

// give carries out the release of a batch that the caller owns.
func (s *Station) give(ctx context.Context, b *batchRun, row BatchRow, resume bool) error {
	var p *permit
	a := s.releaseAct(row)
	a.Intend = func(ctx context.Context, d *destruction) ([]entry, error) {
		team, err := s.mayRelease(ctx, row, d, resume)
		if err != nil {
			return nil, err
		}
		if err := s.newGrant(ctx, row, d, resume); err != nil {
			return nil, err
		}
		p = newPermit(b, *d.Grant)
		p.team, p.feed = team, d.Last.Feed
		return nil, s.claim(p)
	}
	a.Do = func(ctx context.Context, d destruction) (sight, error) { return s.doRelease(ctx, p, d) }
	status := procedure.StatusUnknown
	defer func() { // also when the act panics
		if p != nil && status != procedure.Done {
			s.unclaim(p, b)
		}
	}()
	var err error
	_, status, _, err = procedure.Perform(ctx, b.run, a)
	if err != nil {
		return err
	}
	if status != procedure.Done {
		return fault.New("machine.unknown", nil)
	}
	s.guardTeam(p)
	return nil
}

// claim makes p the one permission of the station. The caller's intent is saved next.
func (s *Station) claim(p *permit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fault.New("ledger.stopped", errors.New("the station is closing"))
	}
	if s.active != nil {
		return fault.New("machine.busy", nil, s.active.batch.run.State().Number)
	}
	s.active = p
	return nil
}

// unclaim ends a permission that was not given, or perhaps was.
func (s *Station) unclaim(p *permit, b *batchRun) {
	if st := b.run.State(); st.Grant == nil {
		s.drop(p)
		return
	}
	s.revoke(p, "release-unknown")
	if err := s.recordOwned(context.Background(), p); err != nil {
		s.log.Error("cannot record a withdrawal", "error", err)
	}
}

// mayRelease checks everything that can be checked before the machine is asked.
func (s *Station) mayRelease(ctx context.Context, row BatchRow, d *destruction, resume bool) ([]*session, error) {
	if s.now().After(row.Expires) {
		return nil, fault.New("batch.expired", nil, row.Expires.Format(time.RFC3339))
	}
	if resume {
		if err := s.noIndeterminate(ctx, row); err != nil {
			return nil, err
		}
	}
	var team []*session
	for i, person := range row.Authorisers {
		x := s.sessionOf(person)
		if x == nil {
			return nil, fault.New("session.needed", nil, person)
		}
		if x.person.SignKey != row.AuthoriserKeys[i] {
			return nil, fault.New("token.mismatch", errors.New("the person authorised with another card"))
		}
		if err := x.card.Confirm(ctx); err != nil {
			return nil, err
		}
		team = append(team, x)
	}
	machine, id, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if machine.Machine.Machine != row.Machine {
		return nil, fault.New("machine.identity", errors.New("the batch names another machine"))
	}
	snap, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if err := notReady(snap); err != nil {
		return nil, err
	}
	d.account(snap, id.Caps.Has(shredder.CapCountersKept))
	return team, s.allowedNow(ctx, row)
}

// noIndeterminate refuses to go on while an outcome of the batch is unknown.
func (s *Station) noIndeterminate(ctx context.Context, row BatchRow) error {
	cases, err := s.openCases(ctx, row.ID)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.State == custody.Indeterminate.String() {
			return fault.New("outcome.open", nil, c.Carrier)
		}
	}
	return nil
}

// newGrant fixes the token and the window, and asks custody whether the release would be lawful.
func (s *Station) newGrant(ctx context.Context, row BatchRow, d *destruction, resume bool) error {
	left, kinds, err := s.remaining(ctx, row)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return fault.New("batch.empty", nil)
	}
	g := &grant{Boot: d.Last.BootID, Resumes: resume}
	for _, c := range left {
		g.Items += expectation(c.Carrier).Objects
	}
	g.Material = material(kinds)
	if _, err := io.ReadFull(s.deps.Rand, g.Token[:]); err != nil {
		return fmt.Errorf("cannot make job token: %w", err)
	}
	length := min(s.cfg.Permission, row.Expires.Sub(s.now()))
	s.mu.Lock()
	if longest := s.machine.identity.MaxWindow; longest > 0 {
		length = min(length, longest)
	}
	s.mu.Unlock()
	if length < minWindow {
		return fault.New("batch.expired", nil, row.Expires.Format(time.RFC3339))
	}
	g.WindowMS = length.Milliseconds()
	g.Until = s.now().Add(length + s.cfg.CommandTimeout + time.Second)
	pl, err := s.pen().payload(ctx, releasedNote(row, *g))
	if err != nil {
		return err
	}
	if err := s.lawful(ctx, pl); err != nil {
		return err
	}
	d.Grant, d.Cause = g, ""
	return nil
}

func releasedNote(row BatchRow, g grant) note {
	return note{kind: leaf.BatchReleased, subjects: batchSubject(row.ID), body: &leaf.Released{Batch: row.ID, Authorisation: row.AuthorisationLeaf,
		TokenSHA256: sha(g.Token[:]), Machine: row.Machine, WindowMS: g.WindowMS, Boot: int64(g.Boot), Resumes: row.State == custody.BatchWithdrawn}}
}

// remaining lists the members that have no outcome yet, in manifest order.
func (s *Station) remaining(ctx context.Context, row BatchRow) ([]CarrierRow, map[string]int64, error) {
	members, err := s.members(ctx, row)
	if err != nil {
		return nil, nil, err
	}
	var left []CarrierRow
	kinds := map[string]int64{}
	for _, c := range members {
		if c.Verdict == custody.VerdictUnknown {
			left = append(left, c)
			kinds[c.Kind]++
		}
	}
	return left, kinds, nil
}

// members lists the sealed members of a batch in manifest order.
func (s *Station) members(ctx context.Context, row BatchRow) ([]CarrierRow, error) {
	ids, err := s.deps.Register.Members(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	var out []CarrierRow
	for _, id := range ids {
		c, _, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.Index >= 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

// doRelease offers the job and gives it its permission. Whatever is not certain ends in a withdrawal.
func (s *Station) doRelease(ctx context.Context, p *permit, d destruction) (o sight, err error) {
	safe := false
	defer func() {
		if !safe {
			s.revoke(p, "release-failed") // also when this function panics
			o.safe = p.isSafe()
		}
	}()
	job := shredder.Job{Token: p.token, Items: uint32(d.Grant.Items), Material: d.Grant.Material}
	if o.outcome, err = s.command(ctx, func(ctx context.Context) (shredder.Outcome, error) { return s.deps.Machine.Offer(ctx, job) }); o.outcome != shredder.Accepted {
		return o, err
	}
	w := shredder.Window{For: time.Duration(d.Grant.WindowMS) * time.Millisecond}
	if o.outcome, err = s.command(ctx, func(ctx context.Context) (shredder.Outcome, error) { return s.deps.Machine.Release(ctx, p.token, w) }); o.outcome != shredder.Accepted {
		return o, err
	}
	o.outcome = shredder.Unknown // until the machine shows it
	if o.snapshot, err = s.snapshot(ctx); err != nil {
		return o, err
	}
	if !permission(o.snapshot, p.token) {
		return o, fmt.Errorf("the machine accepted a release and shows no permission: %w", shredder.ErrContradiction)
	}
	for _, x := range p.team {
		if cause := x.cause(); cause != "" {
			return o, fault.New("session.locked", nil, cause)
		}
	}
	if !p.live() {
		return o, fault.New("machine.not-released", errors.New(p.why()))
	}
	safe = true
	p.shown(o.snapshot.ReadAt)
	o.outcome = shredder.Accepted
	return o, nil
}

// command sends one command and resolves an unknown outcome by reading. It never sends again.
func (s *Station) command(ctx context.Context, send func(context.Context) (shredder.Outcome, error)) (shredder.Outcome, error) {
	c, stop := context.WithTimeout(ctx, s.cfg.CommandTimeout)
	out, err := send(c)
	stop()
	if out != shredder.Unknown {
		return out, err
	}
	c, stop = context.WithTimeout(context.WithoutCancel(ctx), 2*s.cfg.CommandTimeout)
	defer stop()
	resolved, rerr := s.deps.Machine.Resolve(c)
	if rerr != nil && resolved == shredder.Unknown {
		return shredder.Unknown, fmt.Errorf("%w: %w", shredder.ErrOutcome, errors.Join(err, rerr))
	}
	return resolved, rerr
}

// releaseAct is the part of a release that the ordinary path and a restart share.
func (s *Station) releaseAct(row BatchRow) destroyAct {
	return destroyAct{
		Step:  stepRelease,
		Probe: s.probeRelease,
		Settle: func(ctx context.Context, d *destruction, o sight, err error, interrupted bool) ([]entry, procedure.Status, error) {
			if o.outcome == shredder.Accepted && !interrupted {
				d.Last, d.Released = o.snapshot, true
				entries, err := s.writeAll(ctx, releasedNote(row, *d.Grant))
				return entries, procedure.Done, err
				// Crash after this commit: the permission lives and is on record; the next start withdraws it.
			}
			if o.outcome == shredder.Refused && o.safe {
				d.Grant = nil
				return nil, procedure.Failed, nil
			}
			return s.settleUnknownRelease(ctx, row, d, o)
		},
	}
}

// settleUnknownRelease writes down a release that may have happened. When the machine confirms that no permission lives and
// that it counted nothing, it had no effect; else the permission counts as given, and the machine's counters will tell.
func (s *Station) settleUnknownRelease(ctx context.Context, row BatchRow, d *destruction, o sight) ([]entry, procedure.Status, error) {
	n, known := surplus(d.Last, o.snapshot, s.counterKept())
	if o.safe && !o.snapshot.ReadAt.IsZero() && known && n == 0 {
		d.Grant, d.Cause = nil, "release-unknown"
		entries, err := s.writeAll(ctx, note{kind: leaf.BatchWithdrawn, subjects: batchSubject(row.ID),
			body: &leaf.Withdrawn{Batch: row.ID, Cause: "release-unknown"}})
		return entries, procedure.Failed, err
	}
	pl, err := s.pen().payload(ctx, releasedNote(row, *d.Grant))
	if err != nil {
		return nil, procedure.StatusUnknown, err
	}
	if s.lawful(ctx, pl) != nil { // the authorisation ran out meanwhile
		return nil, procedure.Indeterminate, nil
	}
	d.Released = true
	entries, err := s.writeAll(ctx, releasedNote(row, *d.Grant))
	return entries, procedure.Indeterminate, err
}

// probeRelease makes the machine safe after a restart and looks at it.
func (s *Station) probeRelease(ctx context.Context, d destruction) (sight, error) {
	var o sight
	if d.Grant == nil {
		return o, errors.New("the intent has no grant")
	}
	c, stop := context.WithTimeout(ctx, s.cfg.CommandTimeout)
	defer stop()
	out, err := s.deps.Machine.Withdraw(c, d.Grant.Token)
	o.safe = out == shredder.Accepted
	if err != nil {
		return o, err
	}
	o.snapshot, err = s.snapshot(ctx)
	return o, err
}

// writeAll writes events of the station with a fresh pen.
func (s *Station) writeAll(ctx context.Context, notes ...note) ([]entry, error) {
	p := s.pen()
	for _, n := range notes {
		if _, err := p.write(ctx, n); err != nil {
			return nil, err
		}
	}
	return p.entries, nil
}
