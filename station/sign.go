package station

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/token"
)

// lawView shows the register to custody.
type lawView struct {
	ctx context.Context
	r   Register
}

func (v lawView) Carrier(id string) (custody.Carrier, bool, error) {
	c, ok, err := v.r.Carrier(v.ctx, id)
	return c.Carrier, ok, err
}

func (v lawView) Batch(id string) (custody.Batch, bool, error) {
	b, ok, err := v.r.Batch(v.ctx, id)
	return b.Batch, ok, err
}

func (v lawView) Members(batch string) ([]string, error) { return v.r.Members(v.ctx, batch) }
func (v lawView) Listed(list string) ([]string, error)   { return v.r.Listed(v.ctx, list) }

func (v lawView) CopiesOf(document string) ([]string, error) { return v.r.CopiesOf(v.ctx, document) }
func (v lawView) Outstanding(person string) ([]string, error) {
	return v.r.Outstanding(v.ctx, person)
}
func (v lawView) Whole() bool { return true }

func (v lawView) Thing(ref custody.Ref) (custody.Thing, bool, error) {
	t, ok, err := v.r.Thing(v.ctx, ref)
	return t.Thing, ok, err
}

// lawful asks custody whether the event may happen now. It is asked before a PIN is used and before a machine acts; the
// ledger asks again when the leaf is admitted.
func (s *Station) lawful(ctx context.Context, p leaf.Payload) error {
	r, err := leaf.Record(strings.Repeat("0", 2*leaf.HashSize), p)
	if err != nil {
		return fault.New("usage.bad-request", err, string(p.Kind))
	}
	_, err = custody.Step(lawView{ctx, s.deps.Register}, r)
	return err
}

// prepare makes the canonical payload of an event that persons will sign, after asking whether it is lawful.
func (s *Station) prepare(ctx context.Context, n note) ([]byte, error) {
	pl, err := s.pen().payload(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := s.lawful(ctx, pl); err != nil {
		return nil, err
	}
	payload, err := leaf.Build(pl)
	if err != nil {
		return nil, fault.New("usage.bad-request", err, string(n.kind))
	}
	return payload, nil
}

// newDraft makes a draft of an event of several persons. options is what the first of them asked for.
func (s *Station) newDraft(ctx context.Context, n note, options string) (*draft, error) {
	payload, err := s.prepare(ctx, n)
	if err != nil {
		return nil, err
	}
	return &draft{Kind: n.kind, Payload: payload, Actors: n.actors, Subject: n.subjects[0], Sigs: make([]leaf.Sig, len(n.actors)),
		Options: options, Openings: n.openings, Attach: n.attach}, nil
}

// cosign adds the signature of x. It refuses before the PIN is used: somebody who is not named, somebody who has signed, a
// card that is not the one named, and two who cannot be told apart.
func (s *Station) cosign(ctx context.Context, d *draft, x *session, pin *PIN) error {
	i := slices.IndexFunc(d.Actors, func(a leaf.Actor) bool { return a.Person == x.person.Person })
	if i < 0 {
		return fault.New("token.wrong-person", nil, d.missing(), x.person.Person)
	}
	if d.Sigs[i].KeyID != "" {
		return fault.New("token.same-person", nil, x.person.Person)
	}
	if d.Actors[i].Credential != x.person.SignKey {
		return fault.New("token.mismatch", errors.New("the person has another card than the one named in the payload"))
	}
	for j, a := range d.Actors {
		if j == i {
			continue
		}
		other, ok, err := s.deps.Register.Person(ctx, a.Person)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New("usage.not-found", nil, "person "+a.Person)
		}
		if err := token.Distinct(other.token(), x.person.token()); err != nil {
			return fault.New("token.same-person", err, x.person.Person)
		}
	}
	sig, err := x.sign(ctx, pin, d.Payload)
	if err != nil {
		return err
	}
	d.Sigs[i] = sig
	return nil
}

// missing names who has not signed.
func (d *draft) missing() string {
	var out []string
	for i, a := range d.Actors {
		if d.Sigs[i].KeyID == "" {
			out = append(out, a.Person)
		}
	}
	return strings.Join(out, ", ")
}

// enter writes a complete draft with the pen.
func (d *draft) enter(p *pen) error {
	_, err := p.add(d.Payload, d.Sigs, []string{d.Subject}, d.Openings, d.Attach)
	return err
}

// personActor is a person named for a part he will sign, who must be enrolled and have the role.
func (s *Station) personActor(ctx context.Context, person string, role leaf.Role, allowed ...leaf.Role) (leaf.Actor, error) {
	row, ok, err := s.deps.Register.Person(ctx, person)
	if err != nil {
		return leaf.Actor{}, err
	}
	if !ok {
		return leaf.Actor{}, fault.New("usage.not-found", nil, "person "+person)
	}
	if !slices.ContainsFunc(allowed, func(r leaf.Role) bool { return slices.Contains(row.Roles, r) }) {
		return leaf.Actor{}, fault.New("person.role", nil, person, string(role))
	}
	return leaf.Actor{Person: person, Role: role, Credential: row.SignKey}, nil
}

// signAlone has x sign the event of n in a batch, and commits it as step.
func (s *Station) signAlone(ctx context.Context, b *batchRun, step string, n note, x *session, pin *PIN, finished bool) (ledger.Receipt, error) {
	payload, err := s.prepare(ctx, n)
	if err != nil {
		return ledger.Receipt{}, err
	}
	sig, err := x.sign(ctx, pin, payload)
	if err != nil {
		return ledger.Receipt{}, err
	}
	receipts, err := s.converge(ctx, b, step, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		d.Draft = nil
		_, err := p.add(payload, []leaf.Sig{sig}, n.subjects, n.openings, n.attach)
		return finished, err
	})
	if err != nil {
		return ledger.Receipt{}, err
	}
	return receipts[len(receipts)-1], nil
}

// signTogether adds x's signature to the batch's draft, and commits the event when it is complete.
func (s *Station) signTogether(ctx context.Context, b *batchRun, step string, d *draft, x *session, pin *PIN) (SignedView, error) {
	if err := s.cosign(ctx, d, x, pin); err != nil {
		return SignedView{}, err
	}
	complete := d.complete()
	receipts, err := s.converge(ctx, b, step, func(_ context.Context, st *destruction, p *pen) (bool, error) {
		if !complete {
			st.Draft = d
			return false, nil
			// Crash after this commit: the first signature is kept; the second person signs the same bytes after the restart.
		}
		st.Draft = nil
		return false, d.enter(p)
	})
	if err != nil {
		return SignedView{}, err
	}
	v := SignedView{Done: complete, Waiting: d.waiting(), Index: -1}
	if complete {
		v.Leaf, v.Index = receipts[0].Hash, receipts[0].Index
	}
	return v, nil
}

// signedView completes the answer of an act on a batch.
func (s *Station) signedView(ctx context.Context, v SignedView, batch string) (SignedView, error) {
	var err error
	v.Batch, err = s.batchView(ctx, batch, false)
	return v, err
}
