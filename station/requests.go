package station

import (
	"context"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// How long an application may be used when it does not say, and at most.
const (
	requestFor = 30 * 24 * time.Hour
	maxRequest = 90 * 24 * time.Hour
)

// requestRow is one application with its entry.
type requestRow struct {
	custody.Request
	event string
	index int64 // of request.opened
}

// requestRow finds an application by id, or by the number of its form.
func (s *Station) requestRow(ctx context.Context, name string) (requestRow, error) {
	r, row, err := named[custody.Request](ctx, s, "request", name)
	return requestRow{r, row.Event, row.Index}, err
}

// OpenRequest implements Requests.
func (s *Station) OpenRequest(ctx context.Context, o RequestOptions) (RequestView, error) {
	var v RequestView
	err := s.act(ctx, "request-open", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "request-open")
		if err != nil {
			return err
		}
		if err := s.checkRequest(ctx, &o); err != nil {
			return err
		}
		if err := newNumber[custody.Request](ctx, s, "request", o.Number); err != nil {
			return err
		}
		carriers, err := s.carrierRows(ctx, o.Carriers)
		if err != nil {
			return err
		}
		if o.Document != "" {
			d, err := s.documentRow(ctx, o.Document)
			if err != nil {
				return err
			}
			o.Document = d.ID
		}
		need, err := s.needFor(ctx, o.Act, carriers, o.Document)
		if err != nil {
			return err
		}
		if o.Channel != "" {
			if err := need.channel(o.Channel); err != nil {
				return err
			}
		}
		id, err := s.enterRequest(ctx, o, carriers, need, x.asserts(role))
		if err != nil {
			return err
		}
		s.requestEvent(id, "opened", "已提出申请", "opened a request")
		v, err = s.requestView(ctx, id, false)
		return err
	})
	return v, err
}

// checkRequest refuses what makes no sense, and fills in what was left open.
func (s *Station) checkRequest(ctx context.Context, o *RequestOptions) error {
	missing := func(what string) error { return fault.New("usage.bad-request", nil, what) }
	if !slices.Contains(custody.RequestActs(), o.Act) {
		return missing("act " + o.Act)
	}
	if o.Reason == "" {
		return missing("reason")
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = s.now().Add(requestFor)
	}
	o.NotAfter = o.NotAfter.UTC().Truncate(time.Second)
	if !o.NotAfter.After(s.now()) || o.NotAfter.After(s.now().Add(maxRequest)) {
		return both(fault.New("usage.bad-request", nil, "not after: past, or more than 90 days ahead"), "请求无法理解：有效期已过，或超过 90 天")
	}
	switch o.Act {
	case custody.ActMake, custody.ActCopy:
		if o.Count < 1 {
			return missing("count")
		}
	case custody.ActWiden:
		if len(o.Persons) == 0 {
			return missing("persons")
		}
		o.Persons = slices.Compact(slices.Sorted(slices.Values(o.Persons)))
		if err := s.enrolledAll(ctx, o.Persons); err != nil {
			return err
		}
	case custody.ActReclassify:
		var err error
		if o.Classification, err = levelWord(o.Classification); err != nil {
			return err
		}
		if err := checkPeriod(o.Classification, o.Period); err != nil {
			return err
		}
	}
	onDocument := slices.Contains([]string{custody.ActMake, custody.ActWiden, custody.ActReclassify, custody.ActDeclassify}, o.Act)
	switch {
	case onDocument && (o.Document == "" || len(o.Carriers) > 0):
		return missing("document")
	case o.Act == custody.ActCopy && len(o.Carriers) != 1:
		return missing("one carrier")
	case !onDocument && o.Document == "" && len(o.Carriers) == 0:
		return missing("carriers or document")
	case !onDocument && o.Act != custody.ActCopy && o.Count == 0:
		o.Count = int64(len(o.Carriers))
	}
	if o.Count < 1 {
		o.Count = 1
	}
	return s.checkRecipient(ctx, o.Act, o.To)
}

// checkRecipient refuses a recipient nobody knows: a firm for what is consigned, else somebody enrolled. "" = somebody outside.
func (s *Station) checkRecipient(ctx context.Context, act, to string) error {
	if to == "" {
		return nil
	}
	if act == custody.ActConsign {
		_, err := s.firm(ctx, to)
		return err
	}
	return s.enrolledAll(ctx, []string{to})
}

// carrierRows finds carriers by number or id, each named once, no more than one leaf can name.
func (s *Station) carrierRows(ctx context.Context, numbers []string) ([]CarrierRow, error) {
	if len(numbers) > leaf.MaxCarriers {
		return nil, fault.New("carrier.too-many", nil, leaf.MaxCarriers, len(numbers))
	}
	seen := map[string]bool{}
	out := make([]CarrierRow, 0, len(numbers))
	for _, n := range numbers {
		c, err := s.carrierRow(ctx, n)
		if err != nil {
			return nil, err
		}
		if seen[c.ID] {
			return nil, fault.New("usage.bad-request", nil, "carrier "+n+" twice")
		}
		seen[c.ID] = true
		out = append(out, c)
	}
	return out, nil
}

// needFor asks the rules about an act on carriers, or on a document when none is named.
func (s *Station) needFor(ctx context.Context, act string, carriers []CarrierRow, document string) (need, error) {
	var what []subjectOf
	for _, c := range carriers {
		what = append(what, subjectOf{c.Level, c.Kind})
	}
	if len(what) == 0 {
		d, err := s.documentRow(ctx, document)
		if err != nil {
			return need{}, err
		}
		what = append(what, subjectOf{d.Classification, ""})
		document = d.ID
	}
	n, err := s.needOf(ctx, act, what)
	if err != nil {
		return need{}, err
	}
	return n, s.ownAuthority(ctx, &n, carriers, document)
}

// ownAuthority lets the own leader stand for the issuer where this unit is the issuer.
func (s *Station) ownAuthority(ctx context.Context, n *need, carriers []CarrierRow, document string) error {
	if n.Authority != "issuer" {
		return nil
	}
	documents := []string{document}
	if len(carriers) > 0 {
		documents = nil
		for _, c := range carriers {
			documents = append(documents, c.Document)
		}
	}
	for _, id := range documents {
		t, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.DocumentThing, ID: id})
		if err != nil {
			return err
		}
		if d, is := t.Thing.(custody.Document); !ok || !is || !d.Own {
			return nil
		}
	}
	n.Authority = authorities[0]
	return nil
}

func (s *Station) enterRequest(ctx context.Context, o RequestOptions, carriers []CarrierRow, need need, by leaf.Actor) (string, error) {
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	sec := s.secrets()
	body := &leaf.Request{Request: id, Number: o.Number, Act: o.Act, Document: o.Document, Count: o.Count, NotAfter: o.NotAfter.Format(time.RFC3339),
		To: o.To, Party: sec.of("party", o.Party), Persons: append([]string{}, o.Persons...), Channel: o.Channel, Classification: o.Classification,
		Period: o.Period, Reason: sec.of("reason", o.Reason)}
	if sec.err != nil {
		return "", sec.err
	}
	n := note{kind: leaf.RequestOpened, actors: []leaf.Actor{by}, subjects: append([]string{leaf.RequestSubject + id}, carrierSubjects(carriers)...),
		rows: need.Rows, body: body, openings: sec.openings}
	if o.Document != "" {
		n.subjects = append(n.subjects, leaf.DocumentSubject+o.Document)
	}
	_, err = s.write(ctx, func(p *pen) error { _, err := p.write(ctx, n); return err })
	return id, err
}

// carrierSubjects names carriers as subjects.
func carrierSubjects(carriers []CarrierRow) []string {
	out := make([]string, len(carriers))
	for i, c := range carriers {
		out[i] = leaf.CarrierSubject + c.ID
	}
	return out
}

// needNow is what the rules demand of a request today, whatever they were when it was opened.
func (s *Station) needNow(ctx context.Context, r requestRow) (need, error) {
	carriers, err := s.carrierRows(ctx, r.Carriers)
	if err != nil {
		return need{}, err
	}
	return s.needFor(ctx, r.Act, carriers, r.Document)
}

// AuditRequest implements Requests.
func (s *Station) AuditRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error) {
	return s.decideRequest(ctx, "request-audit", request, o, by, func(_ requestRow, need need, x *session) (leaf.Kind, string, error) {
		return leaf.RequestAudited, "", holds(x, need.Audit)
	})
}

// ApproveRequest implements Requests.
func (s *Station) ApproveRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error) {
	return s.decideRequest(ctx, "request-approve", request, o, by, func(r requestRow, need need, x *session) (leaf.Kind, string, error) {
		authority := either(o.Authority, authorities[0])
		switch {
		case !slices.Contains(authorities, authority):
			return "", "", fault.New("usage.bad-request", nil, "authority "+authority)
		case slices.Index(authorities, authority) < slices.Index(authorities, need.Authority):
			return "", "", fault.New("batch.authority", nil, need.Authority, authority)
		case authority != authorities[0] && o.Opinion == "":
			return "", "", fault.New("usage.bad-request", nil, "opinion")
		case need.Audit != "" && r.State == custody.RequestOpen:
			return "", "", fault.New("request.not-audited", nil, r.ID)
		}
		return leaf.RequestApproved, authority, holds(x, need.Approver)
	})
}

// RejectRequest implements Requests.
func (s *Station) RejectRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error) {
	return s.decideRequest(ctx, "request-reject", request, o, by, func(requestRow, need, *session) (leaf.Kind, string, error) {
		if o.Opinion == "" {
			return "", "", fault.New("usage.bad-request", nil, "opinion")
		}
		return leaf.RequestRejected, "", nil
	})
}

// holds demands a role that the rules name besides that of the door.
func holds(x *session, role string) error {
	if role != "" && !x.has(leaf.Role(role)) {
		return fault.New("person.role", nil, x.person.Person, role)
	}
	return nil
}

// decideRequest has somebody audit, approve or reject an application. judge says which event it is and with what authority.
func (s *Station) decideRequest(ctx context.Context, act, request string, o DecisionOptions, by Signer,
	judge func(requestRow, need, *session) (leaf.Kind, string, error)) (SignedView, error) {
	var n note
	v, err := s.signAct(ctx, act, by, func(x *session, role leaf.Role) (note, error) {
		r, err := s.requestRow(ctx, request)
		if err != nil {
			return note{}, err
		}
		if r.State != custody.RequestOpen && r.State != custody.RequestAudited {
			return note{}, requestFault(r, "再办理", "be decided")
		}
		if err := policy.Separate(act, x.person.Person, map[string][]string{"applicant": {r.Applicant}, "auditor": {r.Auditor}}); err != nil {
			return note{}, err
		}
		need, err := s.needNow(ctx, r)
		if err != nil {
			return note{}, err
		}
		kind, authority, err := judge(r, need, x)
		if err != nil {
			return note{}, err
		}
		request = r.ID
		n, err = s.requestStep(kind, r, authority, o.Opinion, need.Rows)
		n.actors = []leaf.Actor{x.signs(role)}
		return n, err
	})
	if err == nil {
		s.requestEvent(request, string(n.kind), fault.Term(string(n.kind)), string(n.kind))
	}
	return v, err
}

// requestStep is the event that audits, approves, rejects or withdraws an application.
func (s *Station) requestStep(kind leaf.Kind, r requestRow, authority, opinion string, rows []string) (note, error) {
	sec := s.secrets()
	n := note{kind: kind, subjects: []string{leaf.RequestSubject + r.ID}, rows: rows,
		body: &leaf.RequestStep{Request: r.ID, Opened: r.Opened, Authority: authority, Opinion: sec.of("opinion", opinion)}}
	n.openings = sec.openings
	return n, sec.err
}

// WithdrawRequest implements Requests.
func (s *Station) WithdrawRequest(ctx context.Context, request, sessionID string) (RequestView, error) {
	var v RequestView
	err := s.act(ctx, "request-withdraw", sessionID, func() error {
		r, err := s.requestRow(ctx, request)
		if err != nil {
			return err
		}
		x, _, err := s.gate(ctx, sessionID, "request-withdraw", r.Applicant)
		if err != nil {
			return err
		}
		n, err := s.requestStep(leaf.RequestWithdrawn, r, "", "", nil)
		if err != nil {
			return err
		}
		role, err := admitted("request-open", x.person)
		if err != nil {
			return err
		}
		n.actors = []leaf.Actor{x.asserts(role)}
		if _, err := s.write(ctx, func(p *pen) error { _, err := p.write(ctx, n); return err }); err != nil {
			return err
		}
		s.requestEvent(r.ID, "withdrawn", "已撤回申请", "withdrew the request")
		v, err = s.requestView(ctx, r.ID, false)
		return err
	})
	return v, err
}

// grantedRequest finds an application that can be used for an act now.
func (s *Station) grantedRequest(ctx context.Context, act, name string) (requestRow, error) {
	r, err := s.requestRow(ctx, name)
	switch {
	case err != nil:
		return requestRow{}, err
	case r.Act != act:
		return requestRow{}, both(fault.New("request.other-act", nil, r.Act, act), "该申请用于%s，不能用于%s", fault.Term(r.Act), fault.Term(act))
	case r.State != custody.RequestApproved:
		return requestRow{}, requestFault(r, "使用", "be used")
	case s.now().After(r.NotAfter):
		return requestRow{}, fault.New("request.expired", nil, r.NotAfter.Format(time.RFC3339))
	}
	return r, nil
}

// requestFault says that an application is not in a state for what is asked, in both languages.
func requestFault(r requestRow, zh, en string) *fault.Fault {
	return both(fault.New("request.state", nil, r.ID, string(r.State), en), "申请 %s 当前为“%s”，不能%s", r.ID, requestStatesZh[r.State], zh)
}

var requestStatesZh = map[custody.RequestState]string{custody.RequestOpen: "待审批", custody.RequestAudited: "已审核", custody.RequestApproved: "已批准",
	custody.RequestRejected: "已驳回", custody.RequestWithdrawn: "已撤回", custody.RequestUsed: "已办结"}

func (s *Station) requestEvent(id, what, zh, en string) {
	s.hub.send(Event{Type: "request", Subject: id, What: what, Zh: zh, En: en})
}
