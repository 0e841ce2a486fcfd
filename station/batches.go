package station

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// OpenBatch implements Batches.
func (s *Station) OpenBatch(ctx context.Context, o OpenOptions) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "open-batch", o.Session, func() error {
		x, err := s.present(ctx, o.Session, leaf.RoleApplicant)
		if err != nil {
			return err
		}
		if o.Number == "" {
			return fault.New("usage.bad-request", nil, "batch number")
		}
		if _, taken, err := s.deps.Register.BatchByNumber(ctx, o.Number); err != nil || taken {
			if taken {
				err = fault.New("usage.bad-request", nil, "batch number "+o.Number)
			}
			return err
		}
		members, leftOut, err := s.choose(ctx, o)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7FromReader(s.deps.Rand)
		if err != nil {
			return err
		}
		d := destruction{Batch: id.String(), Number: o.Number, Members: members, LeftOut: leftOut, Windows: map[string]window{}}
		if err := s.beginBatch(ctx, d, o, x); err != nil {
			return err
		}
		s.batchEvent(d.Batch, "opened", "已建立批次 "+o.Number, "opened batch "+o.Number)
		v, err = s.batchView(ctx, d.Batch, false)
		return err
	})
	return v, err
}

func (s *Station) beginBatch(ctx context.Context, d destruction, o OpenOptions, x *session) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	if _, err := p.write(ctx, note{kind: leaf.BatchOpened, actors: []leaf.Actor{x.asserts(leaf.RoleApplicant)}, subjects: batchSubject(d.Batch),
		body: &leaf.Opened{Batch: d.Batch, Number: o.Number, List: o.List, Act: "destroy"}}); err != nil {
		return err
	}
	run, _, err := s.engine().Begin(ctx, d.Batch, stepOpen, d, p.entries...)
	if err != nil {
		return err
	}
	// Crash here: leaf and run are durable together; the next start finds the batch waiting for its count.
	s.mu.Lock()
	s.batches[d.Batch] = newBatchRun(run)
	s.mu.Unlock()
	return nil
}

// choose says which carriers are to be counted into the batch.
func (s *Station) choose(ctx context.Context, o OpenOptions) (members, leftOut []string, err error) {
	if len(o.Carriers) > 0 {
		members, err = s.chooseNamed(ctx, o)
		return members, []string{}, err
	}
	ids, err := s.deps.Register.Listed(ctx, o.List)
	if err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		return nil, nil, fault.New("usage.not-found", nil, "list "+o.List)
	}
	leftOut = []string{}
	for _, id := range ids {
		c, _, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case c.MustReturn && !c.State.Terminal():
			leftOut = append(leftOut, c.Number)
		case (c.State == custody.Received || c.State == custody.Counted) && c.Batch == "":
			members = append(members, id)
		}
	}
	if len(members) == 0 {
		return nil, nil, fault.New("batch.empty", nil)
	}
	return members, leftOut, nil
}

// chooseNamed takes exactly the carriers named, each of which must be fit.
func (s *Station) chooseNamed(ctx context.Context, o OpenOptions) ([]string, error) {
	var members []string
	for _, number := range o.Carriers {
		c, err := s.carrierRow(ctx, number)
		if err != nil {
			return nil, err
		}
		switch {
		case c.List != o.List || slices.Contains(members, c.ID):
			return nil, fault.New("usage.bad-request", nil, "carrier "+number)
		case c.MustReturn:
			return nil, fault.New("carrier.must-return", nil, number)
		case (c.State != custody.Received && c.State != custody.Counted) || c.Batch != "":
			return nil, stateFault(c, "放入批次", "be put into a batch")
		}
		members = append(members, c.ID)
	}
	return members, nil
}

// stateFault says that a carrier is not in a state for what is asked, in both languages.
func stateFault(c CarrierRow, zh, en string) *fault.Fault {
	return both(fault.New("carrier.state", nil, c.Number, c.State.String(), en), "载体 %s 当前状态为“%s”，不能%s", c.Number, c.State.Zh(), zh)
}

// batchFault says the same of a batch.
func batchFault(b BatchRow, zh, en string) *fault.Fault {
	return both(fault.New("batch.state", nil, b.Number, b.State.String(), en), "批次 %s 当前为“%s”，不能%s", b.Number, b.State.Zh(), zh)
}

// Count implements Batches.
func (s *Station) Count(ctx context.Context, batch string, o CountOptions) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "count", o.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		if row.State != custody.Opened || len(b.run.State().Counts) == 2 {
			return batchFault(row, "清点", "be counted")
		}
		if err := s.countRound(ctx, b, o); err != nil {
			return err
		}
		v, err = s.batchView(ctx, row.ID, false)
		return err
	})
	return v, err
}

func (s *Station) countRound(ctx context.Context, b *batchRun, o CountOptions) error {
	role := leaf.RoleCounter
	if o.Round == 2 {
		role = leaf.RoleRecounter
	} else if o.Round != 1 {
		return fault.New("usage.bad-request", nil, "round")
	}
	x, err := s.present(ctx, o.Session, role)
	if err != nil {
		return err
	}
	st := b.run.State()
	c, err := s.tallyCount(ctx, st, o, x)
	if err != nil {
		return err
	}
	if o.Round == 1 {
		_, err := s.converge(ctx, b, stepCount, func(_ context.Context, d *destruction, _ *pen) (bool, error) {
			d.Counts = []count{c}
			return false, nil
		})
		s.batchEvent(st.Batch, "counted-once", "第一次清点完成", "first count done")
		return err
	}
	if len(st.Counts) == 0 {
		return fault.New("usage.bad-request", nil, "round 1 first")
	}
	if st.Counts[0].Person == c.Person {
		return fault.New("batch.counter-same", nil)
	}
	return s.closeCount(ctx, b, st, c)
}

// tallyCount turns what was scanned into a count.
func (s *Station) tallyCount(ctx context.Context, st destruction, o CountOptions, x *session) (count, error) {
	c := count{Person: x.person.Person, Credential: x.person.AuthKey, Explain: map[string]string{}}
	members, seen := map[string]bool{}, map[string]bool{}
	for _, id := range st.Members {
		members[id] = true
	}
	member := func(number string) (string, error) {
		row, err := s.carrierRow(ctx, number)
		if err != nil {
			return "", err
		}
		if !members[row.ID] {
			return "", fault.New("carrier.not-in-batch", nil, number)
		}
		return row.ID, nil
	}
	for _, number := range o.Found {
		id, err := member(number)
		if err != nil {
			return count{}, err
		}
		if seen[id] {
			return count{}, fault.New("usage.bad-request", nil, "carrier "+number+" twice")
		}
		seen[id] = true
		c.Found = append(c.Found, id)
	}
	slices.Sort(c.Found)
	for number, reason := range o.Explain {
		id, err := member(number)
		if err != nil {
			return count{}, err
		}
		if reason == "" || seen[id] {
			return count{}, fault.New("usage.bad-request", nil, "explanation of "+number)
		}
		c.Explain[id] = reason
	}
	return c, nil
}

// closeCount compares the two counts and, when they agree and every difference to the list is explained, enters them.
func (s *Station) closeCount(ctx context.Context, b *batchRun, st destruction, second count) error {
	first := st.Counts[0]
	type reason struct{ person, credential, text string }
	missing := map[string]reason{}
	unexplained := 0
	for _, id := range st.Members {
		_, in1 := slices.BinarySearch(first.Found, id)
		_, in2 := slices.BinarySearch(second.Found, id)
		if in1 && in2 {
			continue
		}
		r := reason{second.Person, second.Credential, second.Explain[id]}
		if r.text == "" {
			r = reason{first.Person, first.Credential, first.Explain[id]}
		}
		if in1 != in2 || r.text == "" {
			unexplained++
		}
		missing[id] = r
	}
	if unexplained > 0 {
		return fault.New("batch.count-differs", nil, len(st.Members), len(second.Found), unexplained)
	}
	_, err := s.converge(ctx, b, stepCount, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		d.Counts = []count{first, second}
		both := []leaf.Actor{{Person: first.Person, Role: leaf.RoleCounter, Credential: first.Credential},
			{Person: second.Person, Role: leaf.RoleRecounter, Credential: second.Credential}}
		for _, id := range d.Members {
			r, gone := missing[id]
			n := note{kind: leaf.CarrierCounted, actors: both, subjects: carrierSubject(id), body: &leaf.Counted{Batch: d.Batch}}
			if gone {
				sec := s.secrets()
				n = note{kind: leaf.CarrierMissing, actors: []leaf.Actor{{Person: r.person, Role: leaf.RoleExplaining, Credential: r.credential}},
					subjects: carrierSubject(id), body: &leaf.Missing{Batch: d.Batch, Reason: sec.of("reason", r.text)}, openings: sec.openings}
				if sec.err != nil {
					return false, sec.err
				}
			}
			if _, err := p.write(ctx, n); err != nil {
				return false, err
			}
		}
		return false, nil
		// Crash after this commit: the batch waits for its seal.
	})
	if err == nil {
		s.batchEvent(st.Batch, "counted", "两次清点一致", "two counts agree")
	}
	return err
}

// Seal implements Batches.
func (s *Station) Seal(ctx context.Context, batch string, o SealOptions, by Signer) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, "seal", by.Session, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, err := s.present(ctx, by.Session, leaf.RoleApplicant)
		if err != nil {
			return err
		}
		if row.State != custody.Opened || len(b.run.State().Counts) != 2 {
			return batchFault(row, "封签", "be sealed")
		}
		v, err = s.seal(ctx, b, row, o, x, by.PIN)
		if err != nil {
			return err
		}
		s.batchEvent(row.ID, "sealed", "已封签，待审批", "sealed, awaiting approval")
		v, err = s.signedView(ctx, v, row.ID)
		return err
	})
	return v, err
}

func (s *Station) seal(ctx context.Context, b *batchRun, row BatchRow, o SealOptions, x *session, pin *PIN) (SignedView, error) {
	if o.Method == "" {
		o.Method = "shred"
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = s.now().Add(s.cfg.SealFor)
	}
	o.NotAfter = o.NotAfter.UTC().Truncate(time.Second)
	if !o.NotAfter.After(s.now()) {
		return SignedView{}, fault.New("usage.bad-request", nil, "not after")
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
	pl, err := s.pen().payload(ctx, note{kind: leaf.BatchSealed, actors: []leaf.Actor{x.signs(leaf.RoleApplicant)}, subjects: batchSubject(row.ID), rows: rows, body: body})
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
			Classification: c.Classification, Period: c.Period, Extent: leaf.Extent(c.Extent), Count: c.Count, Registered: c.Registered})
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

// Void implements Batches.
func (s *Station) Void(ctx context.Context, batch, reason, sessionID string) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "void", sessionID, func() error {
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, err := s.present(ctx, sessionID, leaf.RoleApplicant, leaf.RoleAdmin)
		if err != nil {
			return err
		}
		if b.run.State().Grant != nil {
			return batchFault(row, "作废", "be voided")
		}
		if reason == "" {
			reason = "given-up"
		}
		if err := s.finish(ctx, b, stepVoid, note{kind: leaf.BatchVoided, actors: []leaf.Actor{x.asserts(firstRole(x.person))},
			subjects: batchSubject(row.ID), body: &leaf.Voided{Batch: row.ID, Reason: reason}}); err != nil {
			return err
		}
		s.batchEvent(row.ID, "voided", "批次已作废", "batch voided")
		v, err = s.batchView(ctx, row.ID, false)
		return err
	})
	return v, err
}

// finish writes the last event of a run that the station signs.
func (s *Station) finish(ctx context.Context, b *batchRun, step string, n note) error {
	_, err := s.converge(ctx, b, step, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		pl, err := p.payload(ctx, n)
		if err == nil {
			err = s.lawful(ctx, pl)
		}
		if err != nil {
			return false, err
		}
		_, err = p.write(ctx, n)
		return true, err
	})
	if err == nil {
		s.forget(b)
	}
	return err
}

// forget drops a finished run.
func (s *Station) forget(b *batchRun) {
	s.mu.Lock()
	delete(s.batches, b.run.ID())
	s.mu.Unlock()
}

func (s *Station) batchEvent(batch, what, zh, en string) {
	s.hub.send(Event{Type: "batch", Subject: batch, What: what, Zh: zh, En: en})
}
