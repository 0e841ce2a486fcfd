package station

import (
	"context"
	"errors"
	"fmt"

	"sexton/custody"
	"sexton/ledger/leaf"
	"sexton/procedure"
)

// recover puts right what the last stop left behind. Nothing is released, fed or signed by it; what it does with the machine is
// withdraw. It runs before anybody can ask for anything:
//
//  1. Load the runs from the journal. A state this program does not understand stops the start.
//  2. For each batch whose journal says that a permission lives or may live: withdraw it. Until the machine confirms, or the
//     permission's time is over, the batch stays as it is and no other gets a permission.
//  3. An open release becomes "had no effect" when the machine proves it, else "given, then withdrawn".
//  4. An open feed becomes indeterminate, with what the machine's counters show as evidence; two persons resolve it.
//  5. Record the withdrawal, then station.started.
//
// What cannot be found out here: what a person put into the machine while we were away under a permission that had not run out. The
// machine's counters show that something was; see destruction.account.
func (s *Station) recover(ctx context.Context) error {
	runs, err := s.engine().Load(ctx)
	if err != nil {
		return fmt.Errorf("cannot recover: %w", err)
	}
	for _, r := range runs {
		b := newBatchRun(r)
		s.mu.Lock()
		s.batches[r.ID()] = b
		s.mu.Unlock()
		if err := s.recoverBatch(ctx, b); err != nil {
			return fmt.Errorf("cannot recover batch %s: %w", r.ID(), err)
		}
	}
	signs, err := s.signEngine().Load(ctx)
	if err != nil {
		return fmt.Errorf("cannot recover: %w", err)
	}
	for _, r := range signs {
		s.mu.Lock()
		s.signing[r.State().Carrier] = &signRun{run: r}
		s.mu.Unlock()
	}
	if err := s.loadRings(ctx); err != nil {
		return fmt.Errorf("cannot recover: %w", err)
	}
	_, err = s.record(ctx, note{kind: leaf.StationStarted, subjects: []string{leaf.StationSubject + s.cfg.Origin},
		body: &leaf.Started{Software: s.cfg.Software, OpenRuns: len(runs) + len(signs)}})
	if err != nil {
		return fmt.Errorf("cannot record the start: %w", err)
	}
	return nil
}

func (s *Station) recoverBatch(ctx context.Context, b *batchRun) error {
	if step, open := procedure.Interrupted(b.run); open {
		if err := s.recoverStep(ctx, b, step); err != nil {
			return err
		}
	}
	st := b.run.State()
	if st.Grant == nil {
		return nil
	}
	cause := st.Cause
	if cause == "" {
		cause = "station-restarted"
	}
	p := newPermit(b, *st.Grant)
	s.mu.Lock()
	s.active = p
	s.mu.Unlock()
	s.revoke(p, cause)
	s.recovered("permission of batch %s withdrawn: %t", st.Number, p.isSafe())
	return s.recordOwned(ctx, p) // nobody else has the batch yet
}

// recoverStep gives an open actuation its outcome.
func (s *Station) recoverStep(ctx context.Context, b *batchRun, step string) error {
	st := b.run.State()
	row, ok, err := s.deps.Register.Batch(ctx, st.Batch)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("the journal names a batch the register does not know")
	}
	// Authentication is a property of the link: identify first, so that the evidence can say so. A machine that does not answer, or is
	// another one, leaves nothing but "indeterminate".
	machine, _, cerr := s.connect(ctx)
	switch step {
	case stepRelease:
		a := s.releaseAct(row)
		_, status, _, err := procedure.Recover(ctx, b.run, s.ifMachine(a, cerr))
		s.recovered("release of batch %s was interrupted: %s", st.Number, status)
		return err
	case stepFeed:
		c, err := s.carrierRow(ctx, st.Feeding.Carrier)
		if err != nil {
			return err
		}
		_, status, _, err := procedure.Recover(ctx, b.run, s.ifMachine(s.feedAct(row, machine, c), cerr))
		s.recovered("feed of carrier %s was interrupted: %s", c.Number, status)
		return err
	}
	return fmt.Errorf("the journal has an open actuation %q, which this program does not know", step)
}

// ifMachine keeps the probe from asking a machine that is not the enrolled one.
func (s *Station) ifMachine(a destroyAct, err error) destroyAct {
	if err == nil {
		return a
	}
	a.Probe = func(_ context.Context, d destruction) (sight, error) {
		var o sight
		if d.Feeding != nil {
			o.window = d.Feeding.Window
		}
		return o, err
	}
	return a
}

// recovered notes for the screen and the log what a start had to put right.
func (s *Station) recovered(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	s.log.Warn("recovered", "what", line)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recovery = append(s.recovery, line)
}

var _ custody.View = lawView{}
