package station

import (
	"context"
	"errors"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// Reconcile implements Destruction.
func (s *Station) Reconcile(ctx context.Context, batch string) (ReconcileView, error) {
	var v ReconcileView
	err := s.act(ctx, "batch-reconcile", "", func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		if row.State != custody.BatchReleased && row.State != custody.BatchWithdrawn {
			return batchFault(row, "核对", "be reconciled")
		}
		if err := s.endPermission(ctx, b, row); err != nil {
			return err
		}
		snap, err := s.snapshot(ctx)
		if err != nil {
			return err
		}
		v, err = s.reconcile(ctx, b, row, func(d *destruction) { d.account(snap, s.counterKept()) })
		if err != nil {
			return err
		}
		s.batchEvent(row.ID, "reconciled", "已核对", "reconciled")
		v.Batch, err = s.batchView(ctx, row.ID, false)
		return err
	})
	return v, err
}

// endPermission makes sure that no permission lives before the feeding is closed.
func (s *Station) endPermission(ctx context.Context, b *batchRun, row BatchRow) error {
	if b.run.State().Grant == nil {
		return nil
	}
	s.mu.Lock()
	p := s.active
	s.mu.Unlock()
	if p == nil || p.batch != b {
		return fault.New("machine.link", errors.New("the permission of the last start is not withdrawn yet"))
	}
	s.revoke(p, "reconciled")
	select {
	case <-p.safe:
	case <-time.After(s.cfg.CommandTimeout):
		return fault.New("machine.link", errors.New("the machine did not confirm the withdrawal"))
	case <-ctx.Done():
		return fault.New("machine.link", ctx.Err())
	}
	left, _, err := s.remaining(ctx, row)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return s.recordOwned(ctx, p)
	}
	s.drop(p) // nothing was left to feed: the permission ended with its work
	return nil
}

// reconcile writes the outcomes that are still missing and the tally.
func (s *Station) reconcile(ctx context.Context, b *batchRun, row BatchRow, account func(*destruction)) (ReconcileView, error) {
	members, err := s.members(ctx, row)
	if err != nil {
		return ReconcileView{}, err
	}
	var body *leaf.Reconciled
	receipts, err := s.converge(ctx, b, stepReconcile, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		d.Grant = nil
		account(d)
		body = &leaf.Reconciled{Batch: row.ID, FeedTotal: d.Totals.Feed + d.Totals.Surplus, EnergyJ: d.Totals.EnergyJ}
		outcomes := make([]string, len(members))
		for i, c := range members {
			outcome, verdict := c.Outcome, c.Verdict
			if verdict == custody.VerdictUnknown {
				if outcome, verdict, err = s.leaveOut(ctx, d, p, c); err != nil {
					return false, err
				}
			}
			outcomes[i] = outcome
			tallyOne(&body.Tally, verdict)
		}
		body.OutcomesRoot = leaf.Root(outcomes)
		_, err := p.write(ctx, note{kind: leaf.BatchReconciled, subjects: batchSubject(row.ID), body: body})
		return false, err
		// Crash after this commit: the outcome is fixed; both persons sign it.
	})
	if err != nil {
		return ReconcileView{}, err
	}
	last, t := receipts[len(receipts)-1], body.Tally
	return ReconcileView{Destroyed: t.Destroyed, Unverified: t.Unverified, Disputed: t.Disputed, Indeterminate: t.Indeterminate, Unfed: t.Unfed,
		FeedTotal: body.FeedTotal, EnergyJ: body.EnergyJ, OutcomesRoot: body.OutcomesRoot, Leaf: last.Hash, Index: last.Index}, nil
}

// leaveOut gives an outcome to a carrier that was not fed. Objects that nobody announced may have been it.
func (s *Station) leaveOut(ctx context.Context, d *destruction, p *pen, c CarrierRow) (string, custody.Verdict, error) {
	if d.Totals.Surplus > 0 || d.Totals.Blind {
		hash, err := p.write(ctx, note{kind: leaf.CarrierIndetermin, subjects: carrierSubject(c.ID), body: &leaf.Outcome{Batch: d.Batch,
			Verdict: custody.VerdictIndeterminate.String(), Reasons: []string{"unannounced-feed"}}})
		return hash, custody.VerdictIndeterminate, err
	}
	hash, err := p.write(ctx, note{kind: leaf.CarrierUnfed, subjects: carrierSubject(c.ID), body: &leaf.Unfed{Batch: d.Batch}})
	return hash, custody.VerdictUnfed, err
}

func tallyOne(t *leaf.Tally, v custody.Verdict) {
	switch v {
	case custody.VerdictDestroyed:
		t.Destroyed++
	case custody.VerdictUnverified:
		t.Unverified++
	case custody.VerdictDisputed:
		t.Disputed++
	case custody.VerdictIndeterminate:
		t.Indeterminate++
	case custody.VerdictUnfed:
		t.Unfed++
	}
}

// Complete implements Destruction.
func (s *Station) Complete(ctx context.Context, batch string, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "batch-complete", by.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, _, err := s.gate(ctx, by.Session, "batch-complete", row.Authorisers...)
		if err != nil {
			return err
		}
		if row.State != custody.BatchReconciled {
			return batchFault(row, "签署结果", "be completed")
		}
		d := b.run.State().Draft
		if d == nil || d.Kind != leaf.BatchCompleted || s.stale(d) {
			if d, err = s.draftCompletion(ctx, row); err != nil {
				return err
			}
		}
		if v, err = s.signTogether(ctx, b, stepComplete, d, x, by.PIN); err != nil {
			return err
		}
		if v.Done {
			s.batchEvent(row.ID, "completed", "两人已签署销毁结果", "outcome signed by both")
		} else {
			s.batchEvent(row.ID, "completed-once", x.person.Person+" 已签署结果，等待另一人", x.person.Person+" signed the outcome, waiting for the other")
		}
		v, err = s.signedView(ctx, v, row.ID)
		return err
	})
	return v, err
}

func (s *Station) draftCompletion(ctx context.Context, row BatchRow) (*draft, error) {
	t := leaf.Tally(row.Tally)
	actors, err := s.authorisers(ctx, row)
	if err != nil {
		return nil, err
	}
	return s.newDraft(ctx, note{kind: leaf.BatchCompleted, actors: actors, subjects: batchSubject(row.ID),
		body: &leaf.Completed{Batch: row.ID, Reconciled: row.ReconciledLeaf, Tally: t, OutcomesRoot: row.OutcomesRoot}}, "complete")
}

// authorisers are the destroyer and the attestor of a batch, with the cards they authorised with.
func (s *Station) authorisers(_ context.Context, row BatchRow) ([]leaf.Actor, error) {
	if len(row.Authorisers) != 2 || len(row.AuthoriserKeys) != 2 {
		return nil, fault.New("batch.not-approved", errors.New("the batch was never authorised"))
	}
	return []leaf.Actor{{Person: row.Authorisers[0], Role: leaf.RoleDestroyer, Credential: row.AuthoriserKeys[0]},
		{Person: row.Authorisers[1], Role: leaf.RoleAttestor, Credential: row.AuthoriserKeys[1]}}, nil
}
