package custody

import "slices"

// openInspection starts a count against the register; the register says then
// what is due.
func (s *step) openInspection() error {
	b, who, err := said[InspectionOpen](s)
	if err != nil {
		return err
	}
	i := Inspection{ID: b.Inspection, Surprise: b.Surprise, Place: b.Place, Inspector: who.Person, Due: b.Due}
	if err := s.fresh(i.Ref()); err != nil {
		return err
	}
	subject := subjectOf(i.Ref())
	if i.State, err = ApplyInspection("", OpenInspection); err != nil {
		return at(subject, err)
	}
	if b.Due < 0 {
		return refuse(KeyRecord, subject, "%d due", b.Due)
	}
	if b.Place != "" {
		if _, _, err := known[Place](s, Ref{PlaceThing, b.Place}, KeyNoPlace); err != nil {
			return err
		}
	}
	s.putThing(i)
	return nil
}

func (s *step) inspection(id string) (Inspection, bool, error) {
	return known[Inspection](s, Ref{InspectionThing, id}, KeyNoInspection)
}

// handIn: the counters hand in what they scanned. With no difference and no
// open finding the inspection is over.
func (s *step) handIn() error {
	b, _, err := said[InspectionCount](s)
	if err != nil {
		return err
	}
	i, ok, err := s.inspection(b.Inspection)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(i.Ref())
	e := HandInCount
	if b.Missing == 0 && b.Extra == 0 && i.Open == 0 {
		e = HandInClean
	}
	if i.State, err = ApplyInspection(i.State, e); err != nil {
		return at(subject, err)
	}
	if b.Found < 0 || b.Missing < 0 || b.Extra < 0 || b.Found+b.Missing != i.Due {
		return refuse(KeyTally, subject, "found %d, missing %d, due %d", b.Found, b.Missing, i.Due)
	}
	i.Found, i.Missing, i.Extra = b.Found, b.Missing, b.Extra
	s.putThing(i)
	return nil
}

// enterFinding enters one thing found wrong, with who corrects it by when.
func (s *step) enterFinding() error {
	b, _, err := said[FindingEntry](s)
	if err != nil {
		return err
	}
	f := Finding{ID: b.Finding, Inspection: b.Inspection, Code: b.Code, Answers: b.Answers, Due: b.Due}
	if err := s.fresh(f.Ref()); err != nil {
		return err
	}
	subject := subjectOf(f.Ref())
	if f.State, err = ApplyFinding("", OpenFinding); err != nil {
		return at(subject, err)
	}
	carriers, err := s.named()
	if err != nil {
		return err
	}
	switch {
	case f.Code == "" || f.Answers == "" || len(s.r.Carriers) > 1:
		return refuse(KeyRecord, subject, "code %q, answered by %q, %d carriers", f.Code, f.Answers, len(s.r.Carriers))
	case !day(f.Due):
		return refuse(KeyWrongDay, subject, "due %q", f.Due)
	}
	if len(carriers) == 1 {
		f.Carrier = carriers[0].ID
	}
	if err := s.notLeft(f.Answers); err != nil {
		return err
	}
	i, ok, err := s.inspection(f.Inspection)
	if err != nil || !ok {
		return err
	}
	if i.State, err = ApplyInspection(i.State, EnterFinding); err != nil {
		return at(subjectOf(i.Ref()), err)
	}
	i.Findings, i.Open = i.Findings+1, i.Open+1
	s.putThing(i)
	s.putThing(f)
	return s.tie(f.Answers, 0, 1)
}

// correctFinding: who answers for it says that it is corrected.
func (s *step) correctFinding() error {
	b, err := body[FindingStep](s)
	if err != nil {
		return err
	}
	who, err := one(s.r, RoleAnswering)
	if err != nil {
		return err
	}
	f, ok, err := known[Finding](s, Ref{FindingThing, b.Finding}, KeyNoFinding)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(f.Ref())
	if f.State, err = ApplyFinding(f.State, CorrectFinding); err != nil {
		return at(subject, err)
	}
	if who.Person != f.Answers {
		return refuse(KeyNotAnswerable, subject, "%s, expected %s", who.Person, f.Answers)
	}
	s.putThing(f)
	return nil
}

// endFinding: somebody else accepts the correction, or sends it back. The
// inspection ends with its last finding.
func (s *step) endFinding() error {
	b, who, err := said[FindingStep](s)
	if err != nil {
		return err
	}
	f, ok, err := known[Finding](s, Ref{FindingThing, b.Finding}, KeyNoFinding)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(f.Ref())
	e := SendBack
	if b.Accepted {
		e = AcceptFinding
	}
	if f.State, err = ApplyFinding(f.State, e); err != nil {
		return at(subject, err)
	}
	if who.Person == f.Answers {
		return refuse(KeyOwnFinding, subject, "%s", who.Person)
	}
	s.putThing(f)
	if !b.Accepted {
		return nil
	}
	i, ok, err := s.inspection(f.Inspection)
	if err != nil || !ok {
		return err
	}
	i.Open--
	event := EndFinding
	if i.Open == 0 {
		event = EndLastFinding
	}
	if i.State, err = ApplyInspection(i.State, event); err != nil {
		return at(subjectOf(i.Ref()), err)
	}
	s.putThing(i)
	return s.tie(f.Answers, 0, -1)
}

// incidents are the words of Incident.What and Incident.Result.
var (
	incidentKinds   = []string{"lost", "leaked", "damaged", "found", "tampered"}
	incidentResults = []string{"found", "written-off", "no-harm", "reported-upward"}
)

// reportIncident: somebody reports a loss, a leak, damage or something found.
func (s *step) reportIncident() error {
	b, who, err := said[IncidentReport](s)
	if err != nil {
		return err
	}
	n := Incident{ID: b.Incident, What: b.What, Reporter: who.Person, Carriers: s.r.Carriers, At: s.r.At, Leaf: s.r.Hash}
	if err := s.fresh(n.Ref()); err != nil {
		return err
	}
	if !slices.Contains(incidentKinds, b.What) {
		return refuse(KeyRecord, subjectOf(n.Ref()), "what %q", b.What)
	}
	if _, err := s.named(); err != nil {
		return err
	}
	s.putThing(n)
	return nil
}

// closeIncident ends the inquiry with its result.
func (s *step) closeIncident() error {
	b, _, err := said[IncidentEnd](s)
	if err != nil {
		return err
	}
	n, ok, err := known[Incident](s, Ref{IncidentThing, b.Incident}, KeyNoIncident)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(n.Ref())
	switch {
	case n.Closed:
		return refuse(KeyIncidentClosed, subject, "%s", n.Result)
	case !slices.Contains(incidentResults, b.Result):
		return refuse(KeyRecord, subject, "result %q", b.Result)
	}
	n.Closed, n.Result = true, b.Result
	s.putThing(n)
	return nil
}
