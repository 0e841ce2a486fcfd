package station

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// Seal implements Batches.
func (s *Station) Seal(ctx context.Context, batch string, o SealOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "batch-seal", by.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, role, err := s.gate(ctx, by.Session, "batch-seal")
		if err != nil {
			return err
		}
		if row.State != custody.Opened || len(b.run.State().Counts) != 2 {
			return batchFault(row, "封签", "be sealed")
		}
		v, err = s.seal(ctx, b, row, o, x, role, by.PIN)
		if err != nil {
			return err
		}
		s.batchEvent(row.ID, "sealed", "已封签，待审批", "sealed, awaiting approval")
		v, err = s.signedView(ctx, v, row.ID)
		return err
	})
	return v, err
}

// maxSeal is the longest a seal may hold: approval and authorisation live no longer than what they were given for.
const maxSeal = 30 * 24 * time.Hour

func (s *Station) seal(ctx context.Context, b *batchRun, row BatchRow, o SealOptions, x *session, role leaf.Role, pin *PIN) (SignedView, error) {
	if o.Method == "" {
		o.Method = "shred"
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = s.now().Add(min(s.cfg.SealFor, maxSeal))
	}
	o.NotAfter = o.NotAfter.UTC().Truncate(time.Second)
	if !o.NotAfter.After(s.now()) {
		return SignedView{}, fault.New("usage.bad-request", nil, "not after")
	}
	if o.NotAfter.After(s.now().Add(maxSeal)) {
		return SignedView{}, both(fault.New("usage.bad-request", nil, "not after: more than 30 days ahead"), "请求无法理解：有效期超过 30 天")
	}
	machine, ok, err := s.deps.Register.Machine(ctx)
	if err != nil {
		return SignedView{}, err
	}
	if !ok {
		return SignedView{}, fault.New("machine.identity", nil)
	}
	items, rows, err := s.manifest(ctx, b.run.State(), machine, o)
	if err != nil {
		return SignedView{}, err
	}
	body := &leaf.Manifest{Batch: row.ID, Number: row.Number, Items: int64(len(items)), ItemsRoot: itemsRoot(items), Kinds: map[string]int64{},
		Levels: map[string]int64{}, Method: o.Method, Machine: machine.Machine.Machine, NotAfter: o.NotAfter.Format(time.RFC3339)}
	for _, it := range items {
		body.Kinds[it.CarrierKind]++
		body.Levels[it.Classification]++
	}
	pl, err := s.pen().payload(ctx, note{kind: leaf.BatchSealed, actors: []leaf.Actor{x.signs(role)}, subjects: batchSubject(row.ID), rows: rows, body: body})
	if err != nil {
		return SignedView{}, err
	}
	payload, err := leaf.Build(pl)
	if err != nil {
		return SignedView{}, fault.New("usage.bad-request", err, "manifest")
	}
	sig, err := x.sign(ctx, pin, payload)
	if err != nil {
		return SignedView{}, err
	}
	receipts, err := s.converge(ctx, b, stepSeal, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		for _, it := range items {
			if _, err := p.write(ctx, note{kind: leaf.CarrierSealed, subjects: carrierSubject(it.Carrier), rows: []string{},
				body: &leaf.Sealed{Batch: d.Batch, Index: it.Index, Item: leaf.ItemHash(it)}}); err != nil {
				return false, err
			}
		}
		_, err := p.add(payload, []leaf.Sig{sig}, batchSubject(d.Batch), nil, nil)
		return false, err
		// Crash after this commit: items and manifest are sealed together; the batch waits for its approval.
	})
	if err != nil {
		return SignedView{}, err
	}
	last := receipts[len(receipts)-1]
	return SignedView{Done: true, Waiting: []Waiting{}, Leaf: last.Hash, Index: last.Index}, nil
}

// manifest makes the items of the counted members, in the order of the list, and the policy rows that allow them.
func (s *Station) manifest(ctx context.Context, st destruction, machine MachineRow, o SealOptions) ([]leaf.Item, []string, error) {
	items := []leaf.Item{}
	rows := map[string]bool{}
	profile, err := s.profile(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range st.Members {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if !ok || c.State != custody.Counted || c.Batch != st.Batch {
			continue // missing, or taken out meanwhile
		}
		if c.MustReturn {
			return nil, nil, fault.New("carrier.must-return", nil, c.Number)
		}
		allowed, err := s.allowed(ctx, profile, c, machine, o.Method)
		if err != nil {
			return nil, nil, err
		}
		if allowed.Persons > 2 {
			return nil, nil, both(fault.New("policy.no-rule", nil, fmt.Sprintf("%d persons are demanded, this station signs by two", allowed.Persons)),
				"规则要求 %d 人签署，本站为两人", allowed.Persons)
		}
		for _, r := range allowed.Rows {
			rows[r] = true
		}
		items = append(items, leaf.Item{Index: int64(len(items)), Carrier: id, Number: c.Number, CarrierKind: c.Kind, Medium: c.Medium,
			Classification: c.Level, Period: c.Term, Extent: leaf.Extent(c.Extent), Count: c.Count, Registered: c.Registered})
	}
	if len(items) == 0 {
		return nil, nil, fault.New("batch.empty", nil)
	}
	return items, slices.Sorted(maps.Keys(rows)), nil
}

func itemsRoot(items []leaf.Item) string {
	hashes := make([]string, len(items))
	for i, it := range items {
		hashes[i] = leaf.ItemHash(it)
	}
	return leaf.Root(hashes)
}
