package station

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// coSignWithin is how long a half-signed event waits for its second signature. The time in the bytes they sign is that of
// the first; older than this it would not tell when the second agreed.
const coSignWithin = 24 * time.Hour

// Approve implements Batches.
func (s *Station) Approve(ctx context.Context, batch string, o ApproveOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "batch-approve", by.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		if row.State != custody.BatchSealed {
			return batchFault(row, "审批", "be approved")
		}
		if o.Authority == "" {
			o.Authority = "own-leader"
		}
		if o.PaperNumber != "" {
			v, err = s.approvePaper(ctx, b, row, o, by)
		} else {
			v, err = s.approveCard(ctx, b, row, o, by)
		}
		if err != nil {
			return err
		}
		if v.Done {
			s.batchEvent(row.ID, "approved", "已批准", "approved")
		}
		v, err = s.signedView(ctx, v, row.ID)
		return err
	})
	return v, err
}

func (s *Station) approveCard(ctx context.Context, b *batchRun, row BatchRow, o ApproveOptions, by Signer) (SignedView, error) {
	x, role, err := s.gate(ctx, by.Session, "batch-approve")
	if err != nil {
		return SignedView{}, err
	}
	rows, err := s.authority(ctx, row, o.Authority)
	if err != nil {
		return SignedView{}, err
	}
	r, err := s.signAlone(ctx, b, stepApprove, note{kind: leaf.BatchApproved, actors: []leaf.Actor{x.signs(role)},
		subjects: batchSubject(row.ID), rows: rows, body: &leaf.Decision{Batch: row.ID, Manifest: row.SealLeaf, Authority: o.Authority}}, x, by.PIN, false)
	if err != nil {
		return SignedView{}, err
	}
	return SignedView{Done: true, Waiting: []Waiting{}, Leaf: r.Hash, Index: r.Index}, nil
}

func (s *Station) approvePaper(ctx context.Context, b *batchRun, row BatchRow, o ApproveOptions, by Signer) (SignedView, error) {
	x, _, err := s.gate(ctx, by.Session, "batch-approve-paper")
	if err != nil {
		return SignedView{}, err
	}
	if len(o.PaperScan) == 0 {
		return SignedView{}, fault.New("usage.bad-request", nil, "paper scan")
	}
	options := strings.Join([]string{"paper", o.Authority, o.PaperNumber, sha(o.PaperScan)}, "\n")
	d := b.run.State().Draft
	if d == nil || d.Kind != leaf.BatchApproved || d.Options != options || s.stale(d) {
		rows, err := s.authority(ctx, row, o.Authority)
		if err != nil {
			return SignedView{}, err
		}
		actors, err := s.two(ctx, x, o.PaperWith, "batch-approve-paper")
		if err != nil {
			return SignedView{}, err
		}
		if d, err = s.newDraft(ctx, note{kind: leaf.BatchApproved, actors: actors, subjects: batchSubject(row.ID), rows: rows,
			body: &leaf.Decision{Batch: row.ID, Manifest: row.SealLeaf, Authority: o.Authority, PaperNumber: o.PaperNumber,
				PaperSHA256: sha(o.PaperScan)}, attach: [][]byte{o.PaperScan}}, options); err != nil {
			return SignedView{}, err
		}
	}
	return s.signTogether(ctx, b, stepApprove, d, x, by.PIN)
}

// two names x and another person as the signers of one event, each in a role in which they may do act.
func (s *Station) two(ctx context.Context, x *session, with, act string) ([]leaf.Actor, error) {
	if with == "" {
		return nil, fault.New("usage.bad-request", nil, "second person")
	}
	if with == x.person.Person {
		return nil, fault.New("token.same-person", nil, with)
	}
	other, ok, err := s.deps.Register.Person(ctx, with)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New("usage.not-found", nil, "person "+with)
	}
	var actors []leaf.Actor
	for _, p := range []PersonRow{x.person, other} {
		role, err := admitted(act, p)
		if err != nil {
			return nil, err
		}
		actors = append(actors, leaf.Actor{Person: p.Person, Role: role, Credential: p.SignKey})
	}
	return actors, nil
}

// stale says that a draft waited too long.
func (s *Station) stale(d *draft) bool {
	p, err := leaf.ParsePayload(d.Payload)
	return err != nil || s.now().Sub(p.At) > coSignWithin || p.At.After(s.now().Add(time.Minute))
}

// Reject implements Batches.
func (s *Station) Reject(ctx context.Context, batch, reason string, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "batch-reject", by.Session, func() error {
		if err := decisionReason(reason); err != nil {
			return err
		}
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, role, err := s.gate(ctx, by.Session, "batch-reject")
		if err != nil {
			return err
		}
		if row.State != custody.BatchSealed {
			return batchFault(row, "驳回", "be rejected")
		}
		r, err := s.signAlone(ctx, b, stepApprove, note{kind: leaf.BatchRejected, actors: []leaf.Actor{x.signs(role)},
			subjects: batchSubject(row.ID), body: &leaf.Decision{Batch: row.ID, Manifest: row.SealLeaf, Authority: "own-leader", Reason: reason}}, x, by.PIN, true)
		if err != nil {
			return err
		}
		s.forget(b)
		s.batchEvent(row.ID, "rejected", "已驳回", "rejected")
		v, err = s.signedView(ctx, SignedView{Done: true, Waiting: []Waiting{}, Leaf: r.Hash, Index: r.Index}, row.ID)
		return err
	})
	return v, err
}

// NameTeam implements Batches.
func (s *Station) NameTeam(ctx context.Context, batch string, o TeamOptions) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "batch-team", o.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		if _, _, err := s.gate(ctx, o.Session, "batch-team"); err != nil {
			return err
		}
		if row.State != custody.BatchApproved {
			return fault.New("batch.not-approved", nil)
		}
		d, err := s.draftAuthorisation(ctx, row, o)
		if err != nil {
			return err
		}
		if _, err := s.converge(ctx, b, stepTeam, func(_ context.Context, st *destruction, _ *pen) (bool, error) {
			st.Team, st.Draft = &team{o.Destroyer, o.Attestor}, d
			return false, nil
			// Crash after this commit: the bytes both will sign are fixed; no signature exists.
		}); err != nil {
			return err
		}
		s.batchEvent(row.ID, "team", "销毁人 "+o.Destroyer+"，监销人 "+o.Attestor, "destroyer "+o.Destroyer+", attestor "+o.Attestor)
		v, err = s.batchView(ctx, row.ID, false)
		return err
	})
	return v, err
}

// draftAuthorisation makes the bytes that destroyer and attestor sign.
func (s *Station) draftAuthorisation(ctx context.Context, row BatchRow, o TeamOptions) (*draft, error) {
	if o.Destroyer == o.Attestor {
		return nil, fault.New("token.same-person", nil, o.Destroyer)
	}
	destroyer, err := s.personActor(ctx, o.Destroyer, leaf.RoleDestroyer, leaf.RoleDestroyer)
	if err != nil {
		return nil, err
	}
	attestor, err := s.personActor(ctx, o.Attestor, leaf.RoleAttestor, leaf.RoleAttestor)
	if err != nil {
		return nil, err
	}
	if s.now().After(row.NotAfter) {
		return nil, fault.New("batch.expired", nil, row.NotAfter.Format(time.RFC3339))
	}
	if err := s.fitTeam(ctx, row, o.Destroyer, o.Attestor); err != nil {
		return nil, err
	}
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(s.deps.Rand, nonce); err != nil {
		return nil, fmt.Errorf("cannot make nonce: %w", err)
	}
	rows, err := s.manifestRows(ctx, row)
	if err != nil {
		return nil, err
	}
	return s.newDraft(ctx, note{kind: leaf.BatchAuthorised, actors: []leaf.Actor{destroyer, attestor}, subjects: batchSubject(row.ID), rows: rows,
		body: &leaf.Authorisation{Batch: row.ID, Manifest: row.SealLeaf, Approval: row.ApprovalLeaf, ItemsRoot: row.ItemsRoot, Machine: row.Machine,
			Nonce: hex.EncodeToString(nonce), NotAfter: row.NotAfter.UTC().Format(time.RFC3339)}}, o.Destroyer+"\n"+o.Attestor)
}

// Authorise implements Batches.
func (s *Station) Authorise(ctx context.Context, batch string, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "batch-authorise", by.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		d := b.run.State().Draft
		x, _, err := s.gate(ctx, by.Session, "batch-authorise", d.named(leaf.BatchAuthorised)...)
		if err != nil {
			return err
		}
		switch {
		case row.State == custody.Opened || row.State == custody.BatchSealed:
			return fault.New("batch.not-approved", nil)
		case row.State != custody.BatchApproved || d == nil || d.Kind != leaf.BatchAuthorised:
			return batchFault(row, "授权", "be authorised")
		case s.now().After(row.NotAfter):
			return fault.New("batch.expired", nil, row.NotAfter.Format(time.RFC3339))
		case s.stale(d):
			return fault.New("batch.expired", errors.New("the first signature is too old"), "24 h")
		}
		if v, err = s.signTogether(ctx, b, stepAuthorise, d, x, by.PIN); err != nil {
			return err
		}
		if v.Done {
			s.batchEvent(row.ID, "authorised", "两人已授权", "authorised by two persons")
		} else {
			s.batchEvent(row.ID, "authorised-once", x.person.Person+" 已签名，等待另一人", x.person.Person+" has signed, waiting for the other")
		}
		v, err = s.signedView(ctx, v, row.ID)
		return err
	})
	return v, err
}
