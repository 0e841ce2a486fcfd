package main

import (
	"context"
	"errors"
	"fmt"

	"sexton/bench/year"
	"sexton/web/api"
)

// shredded is gathered: what a clear-out gives up is destroyed in one batch, at
// its end.
func (b *bureau) shredded(_ context.Context, e year.Event) error {
	b.toShred = append(b.toShred, e.Carriers...)
	return nil
}

// destroy takes what was gathered through a batch: counted twice, sealed,
// approved, authorised by two, fed piece by piece, signed by two.
func (b *bureau) destroy(ctx context.Context, number string) error {
	numbers := b.carriers(b.toShred)
	clerk, second, attestor := b.office.people[b.plan.clerk], b.office.people[b.plan.second], b.office.people[b.plan.attestor]
	if _, err := quietly[api.BatchView](ctx, b.rig, "batch/open", api.OpenRequest{Session: clerk.session, Number: number, Carriers: numbers}); err != nil {
		return err
	}
	for round, who := range []*official{clerk, second} {
		if _, err := quietly[api.BatchView](ctx, b.rig, "batch/count", api.CountRequest{Batch: number, Session: who.session, Round: round + 1, Found: numbers}); err != nil {
			return err
		}
	}
	if _, err := quietly[api.SignedView](ctx, b.rig, "batch/seal", api.SealRequest{Batch: number, By: clerk.signer()}); err != nil {
		return err
	}
	if _, err := quietly[api.SignedView](ctx, b.rig, "batch/approve", api.ApproveRequest{Batch: number, By: b.office.people[b.plan.leader].signer()}); err != nil {
		return err
	}
	if _, err := quietly[api.BatchView](ctx, b.rig, "batch/team", api.TeamRequest{Batch: number, Session: clerk.session, Destroyer: second.id, Attestor: attestor.id}); err != nil {
		return err
	}
	if err := b.bothSign(ctx, "batch/authorise", number); err != nil {
		return err
	}
	if _, err := quietly[api.BatchView](ctx, b.rig, "batch/release", api.ByID{ID: number}); err != nil {
		return err
	}
	for _, n := range numbers {
		if err := b.feed(ctx, number, n); err != nil {
			return err
		}
	}
	if _, err := quietly[api.ReconcileView](ctx, b.rig, "batch/reconcile", api.ByID{ID: number}); err != nil {
		return err
	}
	b.toShred = nil
	return b.bothSign(ctx, "batch/complete", number)
}

// bothSign has destroyer and attestor sign the same bytes.
func (b *bureau) bothSign(ctx context.Context, op, batch string) error {
	for _, id := range []year.PersonID{b.plan.second, b.plan.attestor} {
		if _, err := askAs[api.SignedView](ctx, b, op, id, func(by *official) any { return api.SignRequest{ID: batch, By: by.signer()} }); err != nil {
			return err
		}
	}
	return nil
}

// feed lays one carrier on the table when the station asks for it.
func (b *bureau) feed(ctx context.Context, batch, number string) error {
	c, err := quietly[api.CarrierView](ctx, b.rig, "carrier/show", api.ByID{ID: number})
	if err != nil {
		return err
	}
	items, err := physical(c)
	if err != nil {
		return err
	}
	var hands error
	v, err := b.rig.client.Feed(ctx, api.FeedRequest{Batch: batch, Carrier: number}, func(p api.Progress) {
		if p.Phase != "ready" {
			return
		}
		for _, it := range items {
			_, err := b.rig.hands.Feed(ctx, it)
			hands = errors.Join(hands, err)
		}
	})
	switch {
	case err != nil || hands != nil:
		return fmt.Errorf("feeding %s: %w", number, errors.Join(err, hands))
	case v.Verdict != "destroyed":
		return fmt.Errorf("%w: %s is %s, not destroyed: %v", errStory, number, v.Verdict, v.Reasons)
	}
	return nil
}
