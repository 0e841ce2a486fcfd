package station

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// OpenBatch implements Batches.
func (s *Station) OpenBatch(ctx context.Context, o OpenOptions) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "batch-open", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "batch-open")
		if err != nil {
			return err
		}
		if err := checkNumber(o.Number); err != nil {
			return err
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
		if err := s.beginBatch(ctx, d, o, x.asserts(role)); err != nil {
			return err
		}
		s.batchEvent(d.Batch, "opened", "已建立批次 "+o.Number, "opened batch "+o.Number)
		v, err = s.batchView(ctx, d.Batch, false)
		return err
	})
	return v, err
}

// maxNumber is the longest batch number, in characters.
const maxNumber = 64

// checkNumber refuses a batch number that could not be written on paper, read back and looked up again.
func checkNumber(n string) error { return checkWritten(n, "批次编号", "batch number") }

// checkWritten refuses a number that could not be written on paper, read back and looked up again: blank, too long, with
// characters that cannot be seen, or one that would lead elsewhere where it becomes part of a path.
func checkWritten(n, zhWhat, enWhat string) error {
	bad := func(zh, en string) error {
		return both(fault.New("usage.bad-request", nil, enWhat+": "+en), "请求无法理解：%s%s", zhWhat, zh)
	}
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case strings.TrimSpace(n) == "":
		return bad("为空", "it is blank")
	case !utf8.ValidString(n) || !norm.NFC.IsNormalString(n) || strings.ContainsFunc(n, hidden):
		return bad("含有不可见字符", "it has characters that cannot be seen")
	case utf8.RuneCountInString(n) > maxNumber:
		return bad(fmt.Sprintf("超过 %d 个字符", maxNumber), fmt.Sprintf("it has more than %d characters", maxNumber))
	case n != strings.TrimSpace(n):
		return bad("首尾有空格", "it begins or ends with a space")
	}
	parts := strings.FieldsFunc(n, func(r rune) bool { return r == '/' || r == '\\' })
	if strings.ContainsAny(n[:1], `/\`) || slices.Contains(parts, "..") || slices.Contains(parts, ".") {
		return bad("不得是路径", "it is a path")
	}
	return nil
}

func (s *Station) beginBatch(ctx context.Context, d destruction, o OpenOptions, by leaf.Actor) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	if _, err := p.write(ctx, note{kind: leaf.BatchOpened, actors: []leaf.Actor{by}, subjects: batchSubject(d.Batch),
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
		case !c.State.Terminal() && (c.MustReturn || c.Movement != ""):
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
		case o.List != "" && c.List != o.List || slices.Contains(members, c.ID):
			return nil, fault.New("usage.bad-request", nil, "carrier "+number)
		case c.MustReturn:
			return nil, fault.New("carrier.must-return", nil, number)
		case (c.State != custody.Received && c.State != custody.Counted) || c.Batch != "":
			return nil, stateFault(c, "放入批次", "be put into a batch")
		}
		if err := onShelf(c); err != nil {
			return nil, err
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
	err := s.act(ctx, "batch-count", o.Session, func() error {
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
	act := "batch-count"
	if o.Round == 2 {
		act = "batch-recount"
	} else if o.Round != 1 {
		return fault.New("usage.bad-request", nil, "round")
	}
	x, _, err := s.gate(ctx, o.Session, act)
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

// Void implements Batches.
func (s *Station) Void(ctx context.Context, batch, reason, sessionID string) (BatchView, error) {
	var v BatchView
	err := s.act(ctx, "batch-void", sessionID, func() error {
		if reason == "" {
			reason = "given-up"
		}
		if err := decisionReason(reason); err != nil {
			return err
		}
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		x, role, err := s.gate(ctx, sessionID, "batch-void")
		if err != nil {
			return err
		}
		if b.run.State().Grant != nil {
			return batchFault(row, "作废", "be voided")
		}
		if err := s.finish(ctx, b, stepVoid, note{kind: leaf.BatchVoided, actors: []leaf.Actor{x.asserts(role)},
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
