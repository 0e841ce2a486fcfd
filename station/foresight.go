package station

import (
	"context"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
)

// foresight is the register as it will be once the leaves of one transaction are entered: custody judges each after the ones before it,
// before a PIN is used. What these leaves change in lists of carriers (of a batch, list, document or person) it does not see; there the
// ledger, which judges each leaf again, has the last word.
type foresight struct {
	lawView
	carriers map[string]custody.Carrier
	batches  map[string]custody.Batch
	things   map[custody.Ref]custody.Thing
}

// foreseen stands for the hash of every leaf that is not written yet.
var foreseen = strings.Repeat("0", 2*leaf.HashSize)

func (s *Station) foresight(ctx context.Context) *foresight {
	return &foresight{lawView{ctx, s.deps.Register}, map[string]custody.Carrier{}, map[string]custody.Batch{}, map[custody.Ref]custody.Thing{}}
}

// Carrier implements custody.View.
func (v *foresight) Carrier(id string) (custody.Carrier, bool, error) {
	if c, ok := v.carriers[id]; ok {
		return c, true, nil
	}
	return v.lawView.Carrier(id)
}

// Batch implements custody.View.
func (v *foresight) Batch(id string) (custody.Batch, bool, error) {
	if b, ok := v.batches[id]; ok {
		return b, true, nil
	}
	return v.lawView.Batch(id)
}

// Thing implements custody.View.
func (v *foresight) Thing(ref custody.Ref) (custody.Thing, bool, error) {
	if t, ok := v.things[ref]; ok {
		return t, true, nil
	}
	return v.lawView.Thing(ref)
}

// step asks custody whether the event may happen after those before it.
func (v *foresight) step(p leaf.Payload) error {
	r, err := leaf.Record(foreseen, p)
	if err != nil {
		return fault.New("usage.bad-request", err, string(p.Kind))
	}
	c, err := custody.Step(v, r)
	if err != nil {
		return err
	}
	for _, x := range c.Carriers {
		v.carriers[x.ID] = x
	}
	for _, b := range c.Batches {
		v.batches[b.ID] = b
	}
	for _, t := range c.Things {
		v.things[t.Ref()] = t
	}
	return nil
}

// write makes the leaves of one transaction that the station alone signs and commits them; each is judged before anything is written.
func (s *Station) write(ctx context.Context, f func(*pen) error) ([]ledger.Receipt, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	p.view = s.foresight(ctx)
	if err := f(p); err != nil {
		return nil, err
	}
	return s.deps.Book.Append(ctx, p.entries...)
}

// hand is somebody who signs, with the PIN typed for it.
type hand struct {
	x   *session
	pin *PIN
}

// signed has x sign the event of n with pin, see signedBy.
func (s *Station) signed(ctx context.Context, x *session, pin *PIN, n note, after func(*pen, string) error) (SignedView, error) {
	return s.signedBy(ctx, []hand{{x, pin}}, n, after)
}

// signedBy has everybody sign the event of n, in the order of its actors, and commits it together with what after writes: events of the
// station that follow from it. All of them are judged before a PIN is used. after is called twice, first in the dry; it gets the hash of
// the signed leaf.
func (s *Station) signedBy(ctx context.Context, hands []hand, n note, after func(*pen, string) error) (SignedView, error) {
	dry := s.pen()
	dry.view, dry.dry = s.foresight(ctx), true
	pl, err := dry.payload(ctx, n)
	if err != nil {
		return SignedView{}, err
	}
	if err := dry.view.step(pl); err != nil {
		return SignedView{}, err
	}
	payload, err := leaf.Build(pl)
	if err != nil {
		return SignedView{}, fault.New("usage.bad-request", err, string(n.kind))
	}
	if after != nil {
		if err := after(dry, foreseen); err != nil {
			return SignedView{}, err
		}
	}
	var sigs []leaf.Sig
	for _, h := range hands {
		sig, err := h.x.sign(ctx, h.pin, payload)
		if err != nil {
			return SignedView{}, err
		}
		sigs = append(sigs, sig)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	hash, err := p.add(payload, sigs, n.subjects, n.openings, n.attach)
	if err != nil {
		return SignedView{}, err
	}
	if after != nil {
		if err := after(p, hash); err != nil {
			return SignedView{}, err
		}
	}
	receipts, err := s.deps.Book.Append(ctx, p.entries...)
	if err != nil {
		return SignedView{}, err
	}
	// Crash here: the signed event and what follows from it are durable together, or neither is.
	return SignedView{Done: true, Waiting: []Waiting{}, Leaf: receipts[0].Hash, Index: receipts[0].Index}, nil
}
