package custody

import "slices"

// openRequest: somebody applies for an act.
func (s *step) openRequest() error {
	b, who, err := said[RequestEntry](s)
	if err != nil {
		return err
	}
	q := Request{ID: b.Request, Act: b.Act, Applicant: who.Person, ApplicantKey: who.Credential, Carriers: s.r.Carriers, Document: b.Document, Count: b.Count,
		NotAfter: b.NotAfter, To: b.To, Persons: b.Persons, Channel: b.Channel, Classification: b.Classification, Period: b.Period, Opened: s.r.Hash}
	if err := s.fresh(q.Ref()); err != nil {
		return err
	}
	if q.State, err = ApplyRequest("", OpenRequest); err != nil {
		return err
	}
	if err := s.checkRequest(q); err != nil {
		return at(subjectOf(q.Ref()), err)
	}
	s.putThing(q)
	return nil
}

// checkRequest demands what the act asked for needs to be decided.
func (s *step) checkRequest(q Request) error {
	switch {
	case !slices.Contains(RequestActs(), q.Act):
		return refuse(KeyRecord, "", "act %q", q.Act)
	case q.Count < 1:
		return refuse(KeyRecord, "", "count %d", q.Count)
	case !q.NotAfter.After(s.r.At):
		return refuse(KeyExpired, "", "until %s", q.NotAfter)
	case q.Document == "" && len(q.Carriers) == 0:
		return refuse(KeyNothing, "", "neither carrier nor document")
	}
	carriers, err := s.named()
	if err != nil {
		return err
	}
	for _, c := range carriers {
		if c.State.Terminal() {
			return refuse(KeyFinal, "carrier/"+c.ID, "%s", c.State)
		}
	}
	if q.Document == "" {
		if onDocument(q.Act) {
			return refuse(KeyNoDocument, "", "%s is asked for a document", q.Act)
		}
		return nil
	}
	return s.checkOnDocument(q)
}

// onDocument says that an act is one on a document, not on single carriers.
func onDocument(act string) bool {
	return act == ActMake || act == ActWiden || act == ActReclassify || act == ActDeclassify
}

// checkOnDocument checks what is asked for against the document, and holds it
// for a change of classification: there is at most one at a time.
func (s *step) checkOnDocument(q Request) error {
	d, ok, err := s.document(q.Document)
	if err != nil || !ok {
		return err
	}
	if d.Released {
		return refuse(KeyReleased, subjectOf(d.Ref()), "")
	}
	switch q.Act {
	case ActMake:
		if !d.Own || len(q.Carriers) > 0 {
			return refuse(KeyRecord, "", "only an own document is made, from no carrier")
		}
	case ActWiden:
		if len(q.Persons) == 0 {
			return refuse(KeyRecord, "", "nobody to admit")
		}
	case ActReclassify, ActDeclassify:
		if _, ok := ClassificationOf(q.Classification); !ok && q.Act == ActReclassify {
			return refuse(KeyRecord, "", "classification %q", q.Classification)
		}
		return s.holdForChange(d, q)
	}
	return nil
}

func (s *step) holdForChange(d Document, q Request) error {
	if d.Change != "" {
		other, ok, err := thing[Request](s, Ref{RequestThing, d.Change})
		if err != nil {
			return err
		}
		if ok && !s.r.At.After(other.NotAfter) {
			return refuse(KeyOpenChange, subjectOf(d.Ref()), "request %s", d.Change)
		}
	}
	d.Change = q.ID
	s.putThing(d)
	return nil
}

// freeFromChange lets the document of a request that ended be changed by
// another one.
func (s *step) freeFromChange(q Request) error {
	if q.Act != ActReclassify && q.Act != ActDeclassify {
		return nil
	}
	d, ok, err := s.document(q.Document)
	if err != nil || !ok || d.Change != q.ID {
		return err
	}
	d.Change = ""
	s.putThing(d)
	return nil
}

// decide reads the request a decision is about, and applies the decision.
func (s *step) decide(e RequestEvent) (Request, RequestDecision, bool, error) {
	b, err := body[RequestDecision](s)
	if err != nil {
		return Request{}, b, false, err
	}
	q, ok, err := known[Request](s, Ref{RequestThing, b.Request}, KeyNoRequest)
	if err != nil || !ok {
		return q, b, false, err
	}
	if q.State, err = ApplyRequest(q.State, e); err != nil {
		return q, b, false, at(subjectOf(q.Ref()), err)
	}
	if b.Opened != q.Opened {
		return q, b, false, refuse(KeyReference, subjectOf(q.Ref()), "opened %s", b.Opened)
	}
	return q, b, true, nil
}

// another demands that who decides is not the applicant and not the auditor, by
// person and by card.
func another(q Request, a Actor) error {
	if a.Person == q.Applicant || a.Credential == q.ApplicantKey {
		return refuse(KeyOwnApproval, subjectOf(q.Ref()), "%s applied", a.Person)
	}
	if a.Person == q.Auditor || a.Credential == q.AuditorKey {
		return refuse(KeyThreePersons, subjectOf(q.Ref()), "%s audited", a.Person)
	}
	return nil
}

// audit: the auditor agrees that the request goes to the approver.
func (s *step) audit() error {
	who, err := one(s.r, RoleAuditor)
	if err != nil {
		return err
	}
	q, _, ok, err := s.decide(AuditRequest)
	if err != nil || !ok {
		return err
	}
	if err := another(q, who); err != nil {
		return err
	}
	q.Auditor, q.AuditorKey = who.Person, who.Credential
	s.putThing(q)
	return nil
}

// approveRequest: the approver agrees; from now on the act may be done.
func (s *step) approveRequest() error {
	who, err := one(s.r, RoleApprover)
	if err != nil {
		return err
	}
	q, b, ok, err := s.decide(ApproveRequest)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(q.Ref())
	if err := another(q, who); err != nil {
		return err
	}
	if !authority(b.Authority) {
		return refuse(KeyRecord, subject, "authority %q", b.Authority)
	}
	if s.r.At.After(q.NotAfter) {
		return refuse(KeyExpired, subject, "until %s", q.NotAfter)
	}
	q.Approver, q.ApproverKey, q.Authority, q.Leaf = who.Person, who.Credential, b.Authority, s.r.Hash
	s.putThing(q)
	return nil
}

// authority says whether a word names who may approve.
func authority(word string) bool {
	return word == "own-leader" || word == "issuer" || word == "superior"
}

// rejectRequest: the auditor or the approver says no.
func (s *step) rejectRequest() error {
	who, err := either(s.r, RoleAuditor, RoleApprover)
	if err != nil {
		return err
	}
	q, _, ok, err := s.decide(RejectRequest)
	if err != nil || !ok {
		return err
	}
	if err := another(q, who); err != nil {
		return err
	}
	if who.Role == RoleAuditor {
		q.Auditor, q.AuditorKey = who.Person, who.Credential
	} else {
		q.Approver, q.ApproverKey = who.Person, who.Credential
	}
	s.putThing(q)
	return s.freeFromChange(q)
}

// withdrawRequest: the applicant takes his request back.
func (s *step) withdrawRequest() error {
	who, err := person(s.r)
	if err != nil {
		return err
	}
	q, _, ok, err := s.decide(WithdrawRequest)
	if err != nil || !ok {
		return err
	}
	if who.Person != q.Applicant {
		return refuse(KeyNotApplicant, subjectOf(q.Ref()), "%s", who.Person)
	}
	s.putThing(q)
	return s.freeFromChange(q)
}

// approved reads a request that may be used now for an act.
func (s *step) approved(id, act string) (Request, bool, error) {
	q, ok, err := known[Request](s, Ref{RequestThing, id}, KeyNoRequest)
	if err != nil || !ok {
		return q, false, err
	}
	subject := subjectOf(q.Ref())
	if _, err := ApplyRequest(q.State, UseRequest); err != nil {
		return q, false, at(subject, err)
	}
	switch {
	case q.Act != act:
		return q, false, refuse(KeyOtherAct, subject, "approved for %s, used for %s", q.Act, act)
	case s.r.At.After(q.NotAfter):
		return q, false, refuse(KeyExpired, subject, "until %s", q.NotAfter)
	}
	return q, true, nil
}

// covers checks that a request names a carrier or its document.
func covers(q Request, carriers []Carrier) error {
	named := make(map[string]bool, len(q.Carriers))
	for _, id := range q.Carriers {
		named[id] = true
	}
	for _, c := range carriers {
		if !named[c.ID] && (q.Document == "" || c.Document != q.Document) {
			return refuse(KeyNotNamed, "carrier/"+c.ID, "request %s", q.ID)
		}
	}
	return nil
}

// use takes n of the uses that a request allows.
func (s *step) use(q Request, n int64) error {
	subject := subjectOf(q.Ref())
	if n > q.Count-q.Used {
		return refuse(KeyOverApproved, subject, "%d more than %d of %d", n, q.Used, q.Count)
	}
	q.Used += n
	e := UseRequest
	if q.Used == q.Count {
		e = UseUpRequest
	}
	var err error
	if q.State, err = ApplyRequest(q.State, e); err != nil {
		return at(subject, err)
	}
	s.putThing(q)
	return nil
}
