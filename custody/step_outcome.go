package custody

import "slices"

// outcomeEvents maps the kind of an outcome to its event and verdict.
var outcomeEvents = map[Kind]struct {
	event   Event
	verdict Verdict
}{
	KindDestroyed:     {ConfirmDestroyed, VerdictDestroyed},
	KindUnverified:    {MarkUnverified, VerdictUnverified},
	KindDisputed:      {MarkDisputed, VerdictDisputed},
	KindIndeterminate: {MarkIndeterminate, VerdictIndeterminate},
}

// released reads the record's carrier and its batch, which must have, or have
// had, a permission for it.
func (s *step) released() (Carrier, Batch, error) {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return Carrier{}, Batch{}, err
	}
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return Carrier{}, Batch{}, err
	}
	switch {
	case c.State == Unknown:
		return Carrier{}, Batch{}, refuse(KeyUnregistered, "carrier/"+c.ID, "")
	case c.Batch != b.ID || c.Index < 0:
		return Carrier{}, Batch{}, refuse(KeyOtherBatch, "carrier/"+c.ID, "in %q", c.Batch)
	case b.State != BatchReleased && b.State != BatchWithdrawn:
		return Carrier{}, Batch{}, refuse(KeyNotReleased, "batch/"+b.ID, "%s", b.State)
	}
	return c, b, nil
}

// outcome: the physical result for one carrier.
func (s *step) outcome() error {
	c, b, err := s.released()
	if err != nil {
		return err
	}
	subject, want := "carrier/"+c.ID, outcomeEvents[s.r.Kind]
	if err := move(&c, want.event); err != nil {
		return err
	}
	if s.r.Verdict != want.verdict {
		return refuse(KeyVerdict, subject, "%s in %s", s.r.Verdict, s.r.Kind)
	}
	if err := s.checkEvidence(c, b, want.verdict); err != nil {
		return at(subject, err)
	}
	if e := s.r.Evidence; e != nil && e.Boot == b.Boot && e.ToSequence > b.LastSequence {
		b.LastSequence = e.ToSequence
		s.putBatch(b)
	}
	c.Verdict, c.Outcome = want.verdict, s.r.Hash
	if c.State.Open() {
		c.Case, c.Since = s.r.Hash, s.r.At
		s.put(c)
		return nil
	}
	return s.destroyed(c)
}

// destroyed ends custody of what the machine destroyed.
func (s *step) destroyed(c Carrier) error {
	s.gone(&c)
	s.put(c)
	return s.met(c, ActDestroy)
}

// checkEvidence demands that the verdict is what the evidence shows. An
// outcome that was lost may come with evidence of any kind: it decides nothing.
func (s *step) checkEvidence(c Carrier, b Batch, v Verdict) error {
	e := s.r.Evidence
	if e == nil {
		if v == VerdictIndeterminate {
			return nil
		}
		return refuse(KeyEvidence, "", "%s without evidence", v)
	}
	if e.Machine != b.Machine {
		return refuse(KeyMachine, "", "evidence of %q", e.Machine)
	}
	if v == VerdictIndeterminate {
		return nil
	}
	judged, why := Judge(*e, ExpectationFor(c.Kind, c.Extent, c.Count))
	if judged != v {
		return refuse(KeyVerdict, "", "%s, judged %s: %v", v, judged, why)
	}
	if v != VerdictDestroyed {
		return nil
	}
	if e.Boot != b.Boot {
		return refuse(KeyMachine, "", "evidence of boot %d, released in %d", e.Boot, b.Boot)
	}
	if e.FromSequence < b.LastSequence {
		return refuse(KeyEvidenceReused, "", "from %d, used up to %d", e.FromSequence, b.LastSequence)
	}
	return nil
}

// unfed: the carrier was not fed and is still held.
func (s *step) unfed() error {
	c, _, err := s.released()
	if err != nil {
		return err
	}
	if err := move(&c, LeaveUnfed); err != nil {
		return err
	}
	if err := s.shelve(&c, c.Keeper); err != nil {
		return err
	}
	c.Verdict, c.Outcome = VerdictUnfed, s.r.Hash
	s.put(c)
	return nil
}

// resolve: destroyer and attestor close an open case.
func (s *step) resolve() error {
	c, err := s.carrier(s.r.Carrier)
	if err != nil {
		return err
	}
	subject := "carrier/" + c.ID
	event, ok := map[string]Event{"destroyed": ResolveDestroyed, "held": ResolveHeld, "lost": ResolveLost}[s.r.Resolution]
	if !ok {
		return refuse(KeyRecord, subject, "resolution %q", s.r.Resolution)
	}
	if err := move(&c, event); err != nil {
		return err
	}
	if _, _, err := team(s.r); err != nil {
		return at(subject, err)
	}
	if c.Case == "" || s.r.Case != c.Case {
		return refuse(KeyReference, subject, "case %s, open is %s", s.r.Case, c.Case)
	}
	if event == ResolveDestroyed {
		if err := s.checkProbe(c); err != nil {
			return at(subject, err)
		}
	}
	c.Case = ""
	switch event {
	case ResolveDestroyed:
		return s.destroyed(c)
	case ResolveLost:
		s.gone(&c)
		s.put(c)
		return nil
	}
	if err := s.shelve(&c, c.Keeper); err != nil {
		return err
	}
	b, err := s.batch(c.Batch)
	if err != nil {
		return err
	}
	// Before the reconciliation its outcome still counts in the batch.
	if b.State != BatchReleased && b.State != BatchWithdrawn {
		unbatch(&c)
	}
	s.put(c)
	return nil
}

// checkProbe: two signatures do not replace physics.
func (s *step) checkProbe(c Carrier) error {
	if s.r.Evidence == nil {
		return refuse(KeyEvidence, "", "resolved as destroyed without evidence")
	}
	b, err := s.batch(c.Batch)
	if err != nil {
		return err
	}
	if s.r.Evidence.Machine != b.Machine {
		return refuse(KeyMachine, "", "evidence of %q", s.r.Evidence.Machine)
	}
	judged, why := Judge(*s.r.Evidence, ExpectationFor(c.Kind, c.Extent, c.Count))
	if judged != VerdictDestroyed {
		return refuse(KeyVerdict, "", "resolved as destroyed, judged %s: %v", judged, why)
	}
	return nil
}

// reconcile: every sealed carrier has its outcome, and the sums agree. What
// was not fed leaves the batch and stays held.
func (s *step) reconcile() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, ReconcileBatch); err != nil {
		return err
	}
	sealed, _, err := s.members(b)
	if err != nil {
		return err
	}
	var tally Tally
	outcomes := make([]string, len(sealed))
	for i, c := range sealed {
		outcomes[i] = c.Outcome
		switch c.Verdict {
		case VerdictDestroyed:
			tally.Destroyed++
		case VerdictUnverified:
			tally.Unverified++
		case VerdictDisputed:
			tally.Disputed++
		case VerdictIndeterminate:
			tally.Indeterminate++
		case VerdictUnfed:
			tally.Unfed++
		default:
			return refuse(KeyNoOutcome, "carrier/"+c.ID, "%s", c.State)
		}
		if c.State == Counted { // unfed, or resolved as held
			unbatch(&c)
			s.put(c)
		}
	}
	want, err := root(outcomes)
	if err != nil {
		return err
	}
	if s.r.Tally == nil || *s.r.Tally != tally || s.r.OutcomesRoot != want {
		return refuse(KeyTally, subject, "counted %+v, root %s", tally, want)
	}
	b.Tally, b.OutcomesRoot, b.ReconciledLeaf = tally, want, s.r.Hash
	s.putBatch(b)
	return nil
}

// complete: the two who authorised sign the outcome. Open cases do not block
// it: they stay open, in sight.
func (s *step) complete() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, CompleteBatch); err != nil {
		return err
	}
	destroyer, attestor, err := team(s.r)
	if err != nil {
		return at(subject, err)
	}
	if !slices.Equal(b.Authorisers, []string{destroyer.Person, attestor.Person}) ||
		!slices.Equal(b.AuthoriserKeys, []string{destroyer.Credential, attestor.Credential}) {
		return refuse(KeyOtherPersons, subject, "%s and %s", destroyer.Person, attestor.Person)
	}
	if s.r.Reconciled != b.ReconciledLeaf {
		return refuse(KeyReference, subject, "reconciled %s", s.r.Reconciled)
	}
	if s.r.Tally == nil || *s.r.Tally != b.Tally || s.r.OutcomesRoot != b.OutcomesRoot {
		return refuse(KeyTally, subject, "signed %+v, reconciled %+v", s.r.Tally, b.Tally)
	}
	s.putBatch(b)
	return nil
}

// certify: a certificate was issued for all that is destroyed and not yet
// certified.
func (s *step) certify() error {
	b, err := s.batch(s.r.Batch)
	if err != nil {
		return err
	}
	subject := "batch/" + b.ID
	if err := moveBatch(&b, CertifyBatch); err != nil {
		return err
	}
	if s.r.Certificate == "" {
		return refuse(KeyRecord, subject, "certificate without number")
	}
	ids, err := s.v.Members(b.ID)
	if err != nil {
		return err
	}
	found := false
	for _, id := range ids {
		c, err := s.carrier(id)
		if err != nil {
			return err
		}
		if c.State != Destroyed && c.State != Resolved {
			continue // open, missing, lost, or certified before
		}
		if err := move(&c, Certify); err != nil {
			return err
		}
		found = true
		s.put(c)
	}
	if !found {
		return refuse(KeyNothing, subject, "no destroyed carrier without certificate")
	}
	s.putBatch(b)
	return nil
}
