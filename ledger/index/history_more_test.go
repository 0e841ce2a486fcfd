package index_test

import (
	"fmt"
	"slices"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// move hands carriers out.
func (h *history) move() {
	b := &leaf.Movement{Movement: h.newID(), Act: pick(h.rng, custody.MovementActs()), To: pick(h.rng, readers[:4])}
	cs := h.carriersThat(1+h.rng.IntN(3), func(c custody.Carrier) bool { return free(c) && c.Campaign == "" })
	if q, ok := some(h, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestApproved && slices.Contains(custody.MovementActs(), q.Act) && len(q.Carriers) > 0
	}); ok && h.rng.IntN(2) == 0 {
		b.Act, b.Request = q.Act, q.ID
		cs = h.carriersThat(int(q.Count-q.Used), func(c custody.Carrier) bool { return slices.Contains(q.Carriers, c.ID) && free(c) })
	}
	if p, ok := some(h, custody.CampaignThing, func(p custody.Campaign) bool { return p.State == custody.CampaignApproved }); ok && h.rng.IntN(2) == 0 {
		b.Campaign, b.Act, b.Request = p.ID, pick(h.rng, []string{custody.ActArchive, custody.ActTransfer, custody.ActReturn}), ""
		cs = h.carriersThat(2, func(c custody.Carrier) bool { return free(c) && c.Campaign == p.ID && c.Fate == b.Act })
	}
	if custody.EndsCustody(b.Act) {
		b.Outside, b.To = true, ""
	}
	if b.Act == custody.ActConsign {
		b.To = "f1"
	}
	if custody.MustComeBack(b.Act) {
		b.Due = h.now.AddDate(0, 0, 1+h.rng.IntN(20)).Format(timeText)
	}
	if h.rng.IntN(2) == 0 {
		b.Number = "流" + b.Movement[30:]
	}
	h.try(about(h.payload(leaf.MovementOpened, b, leaf.MovementSubject+b.Movement, h.officer()), idsOf(cs)...), map[string]string{"party": "某档案馆"})
}

// end accepts, refuses, returns, renews or cancels a movement, or a part.
func (h *history) end() {
	m, ok := some(h, custody.MovementThing, func(m custody.Movement) bool {
		return m.State == custody.MovementOpened || m.State == custody.MovementAccepted
	})
	if !ok {
		return
	}
	in := h.carriersThat(1+h.rng.IntN(3), func(c custody.Carrier) bool { return c.Movement == m.ID })
	b := &leaf.MovementStep{Movement: m.ID, Opened: m.Leaf}
	kind, who := leaf.MovementAccepted, sign(m.To, leaf.RoleAccepting)
	if m.Outside {
		who, b.Receipt = sign("li", leaf.RoleKeeper), leaf.Commitment("c1:"+hash("slip"))
	}
	switch n := h.rng.IntN(12); {
	case n == 0:
		kind = leaf.MovementRefused
	case n == 1:
		kind, who = leaf.MovementCancelled, login("sun", leaf.RoleSecrecy)
	case n < 6 && m.State == custody.MovementAccepted:
		kind, who, b.Checked = leaf.MovementReturned, h.officer(), true
	case n > 9:
		r := &leaf.Renewed{Movement: m.ID, Due: h.now.AddDate(0, 0, 30).Format(timeText)}
		h.try(about(h.payload(leaf.MovementRenewed, r, leaf.MovementSubject+m.ID, h.officer()), idsOf(in)...), nil)
		return
	}
	h.try(about(h.payload(kind, b, leaf.MovementSubject+m.ID, who), idsOf(in)...), nil)
}

// settle gives a carrier the disposition that the signed movement means.
func (h *history) settle() {
	m, ok := some(h, custody.MovementThing, func(m custody.Movement) bool {
		return slices.ContainsFunc(m.Signed, func(s string) bool { return s != "" })
	})
	if !ok {
		return
	}
	kind := map[string]leaf.Kind{custody.ActArchive: leaf.CarrierArchived, custody.ActTransfer: leaf.CarrierTransferred, custody.ActDispatch: leaf.CarrierTransferred,
		custody.ActReturn: leaf.CarrierReturned, custody.ActConsign: leaf.CarrierConsigned}[m.Act]
	i := h.rng.IntN(len(m.Carriers))
	h.try(h.payload(kind, &leaf.Disposed{By: m.Signed[i]}, leaf.CarrierSubject+m.Carriers[i], login("li", leaf.RoleKeeper)), nil)
	if m.Act == custody.ActConsign && h.rng.IntN(2) == 0 {
		h.try(about(h.payload(leaf.FirmCertified, &leaf.FirmCertificate{Movement: m.ID, ScanSHA256: hash("scan")}, leaf.MovementSubject+m.ID, h.keeper("li")), m.Carriers[i]), nil)
	}
}

// reclassify changes a document's mark or takes it away, and lets its copies go.
func (h *history) reclassify() {
	q, ok := some(h, custody.RequestThing, func(q custody.Request) bool {
		return q.State == custody.RequestApproved && (q.Act == custody.ActReclassify || q.Act == custody.ActDeclassify)
	})
	if ok {
		b := &leaf.Reclassified{Document: q.Document, Request: q.ID, Classification: q.Classification, Period: q.Period, Release: q.Act == custody.ActDeclassify}
		if b.Release {
			b.Classification, b.Period = "", ""
		}
		held := h.carriersThat(leaf.MaxCarriers, func(c custody.Carrier) bool { return c.Document == q.Document && !c.State.Terminal() })
		h.try(about(h.payload(leaf.DocumentReclassified, b, leaf.DocumentSubject+q.Document, sign("sun", leaf.RoleClassifier)), idsOf(held)...), nil)
	}
	for _, c := range h.carriersThat(3, func(c custody.Carrier) bool { return free(c) && c.Document != "" }) {
		d, ok := some(h, custody.DocumentThing, func(d custody.Document) bool { return d.ID == c.Document && d.Released })
		if ok && len(d.Releases) > 0 {
			h.try(h.payload(leaf.CarrierDeclassified, &leaf.Disposed{By: d.Releases[len(d.Releases)-1]}, leaf.CarrierSubject+c.ID, login("sun", leaf.RoleSecrecy)), nil)
		}
	}
}

// campaign opens, approves or closes a clear-out.
func (h *history) campaign() {
	p, ok := some(h, custody.CampaignThing, func(p custody.Campaign) bool { return p.State != custody.CampaignClosed })
	switch {
	case !ok:
		b := &leaf.Campaign{Campaign: h.newID(), Before: "2027-01-01", Selected: 200}
		b.Number = "清" + b.Campaign[30:]
		h.try(h.payload(leaf.CampaignOpened, b, leaf.CampaignSubject+b.Campaign, login("sun", leaf.RoleSecrecy)), nil)
	case p.State == custody.CampaignOpened && h.rng.IntN(4) == 0:
		h.try(h.payload(leaf.CampaignApproved, &leaf.CampaignDecision{Campaign: p.ID, Proposals: p.Proposals}, leaf.CampaignSubject+p.ID, sign("chen", leaf.RoleApprover)), nil)
	case p.State == custody.CampaignApproved && h.rng.IntN(12) == 0:
		left := p.Selected
		for _, n := range p.Done {
			left -= n
		}
		h.try(h.payload(leaf.CampaignClosed, &leaf.CampaignEnd{Campaign: p.ID, Done: p.Done, Left: left}, leaf.CampaignSubject+p.ID, sign("sun", leaf.RoleSecrecy)), nil)
	}
}

func (h *history) propose() {
	p, ok := some(h, custody.CampaignThing, func(p custody.Campaign) bool { return p.State == custody.CampaignOpened })
	if !ok {
		return
	}
	cs := h.carriersThat(1+h.rng.IntN(5), free)
	b := &leaf.Proposal{Campaign: p.ID}
	for _, c := range cs {
		fate := pick(h.rng, custody.Fates())
		if c.MustReturn {
			fate = custody.ActReturn
		}
		b.Items = append(b.Items, leaf.ProposalItem{Carrier: c.ID, Fate: fate, Reason: "needed"})
	}
	h.try(about(h.payload(leaf.CampaignProposed, b, leaf.CampaignSubject+p.ID, login("sun", leaf.RoleSecrecy)), idsOf(cs)...), nil)
}

// inspection opens a count or hands it in.
func (h *history) inspection() {
	i, ok := some(h, custody.InspectionThing, func(i custody.Inspection) bool { return i.State == custody.InspectionOpened })
	if !ok {
		b := &leaf.Inspection{Inspection: h.newID(), Surprise: h.rng.IntN(2) == 0, Due: int64(h.rng.IntN(9))}
		b.Number = "检" + b.Inspection[30:]
		h.try(h.payload(leaf.InspectionOpened, b, leaf.InspectionSubject+b.Inspection, login("qian", leaf.RoleInspector)), nil)
		return
	}
	missing := min(int64(h.rng.IntN(2)), i.Due)
	h.try(h.payload(leaf.InspectionCounted, &leaf.Inspected{Inspection: i.ID, SHA256: hash("scan"), Found: i.Due - missing, Missing: missing, Extra: int64(h.rng.IntN(2))},
		leaf.InspectionSubject+i.ID, sign("qian", leaf.RoleInspector)), nil)
}

// finding enters one, corrects it or closes it.
func (h *history) finding() {
	if f, ok := some(h, custody.FindingThing, func(f custody.Finding) bool { return f.State != custody.FindingClosed }); ok && h.rng.IntN(3) > 0 {
		kind, who := leaf.FindingCorrected, sign(f.Answers, leaf.RoleAnswering)
		if f.State == custody.FindingCorrected {
			kind, who = leaf.FindingClosed, sign("qian", leaf.RoleInspector)
		}
		h.try(h.payload(kind, &leaf.FindingStep{Finding: f.ID, Accepted: h.rng.IntN(4) > 0}, leaf.FindingSubject+f.ID, who), nil)
		return
	}
	i, ok := some(h, custody.InspectionThing, func(i custody.Inspection) bool { return i.State != custody.InspectionClosed })
	if !ok {
		return
	}
	b := &leaf.Finding{Finding: h.newID(), Inspection: i.ID, Code: "not-on-shelf", Answers: pick(h.rng, readers[:4]), Due: h.now.AddDate(0, 0, 10).Format(time.DateOnly)}
	h.try(about(h.payload(leaf.FindingEntered, b, leaf.FindingSubject+b.Finding, login("qian", leaf.RoleInspector)), idsOf(h.carriersThat(h.rng.IntN(2), free))...), nil)
}

// incident reports one or ends it.
func (h *history) incident() {
	if n, ok := some(h, custody.IncidentThing, func(n custody.Incident) bool { return !n.Closed }); ok && h.rng.IntN(2) == 0 {
		h.try(h.payload(leaf.IncidentClosed, &leaf.IncidentEnd{Incident: n.ID, Result: pick(h.rng, []string{"written-off", "found", "no-harm"})}, leaf.IncidentSubject+n.ID, sign("sun", leaf.RoleSecrecy)), nil)
		return
	}
	b := &leaf.Incident{Incident: h.newID(), What: "lost", Discovered: h.now.Format(timeText)}
	b.Number = "事" + b.Incident[30:]
	cs := h.carriersThat(2, func(c custody.Carrier) bool { return c.State == custody.Missing })
	h.try(about(h.payload(leaf.IncidentReported, b, leaf.IncidentSubject+b.Incident, login("zhou", leaf.RoleReporting)), idsOf(cs)...), nil)
}

// lose reports a carrier missing, finds it or gives it up.
func (h *history) lose() {
	if n, ok := some(h, custody.IncidentThing, func(n custody.Incident) bool { return n.Closed && n.Result == "written-off" && len(n.Carriers) > 0 }); ok && h.rng.IntN(3) == 0 {
		h.try(h.payload(leaf.CarrierLost, &leaf.Disposed{Incident: n.ID}, leaf.CarrierSubject+n.Carriers[0], sign("li", leaf.RoleKeeper), sign("chen", leaf.RoleApprover)), nil)
		return
	}
	missing := h.carriersThat(1, func(c custody.Carrier) bool { return c.State == custody.Missing })
	if len(missing) == 1 && h.rng.IntN(4) == 0 {
		h.try(h.payload(leaf.CarrierFound, &leaf.Found{}, leaf.CarrierSubject+missing[0].ID, login("li", leaf.RoleKeeper)), nil)
		return
	}
	for _, c := range h.carriersThat(1, func(c custody.Carrier) bool { return !c.State.Terminal() && c.Index < 0 }) {
		if h.rng.IntN(4) == 0 {
			h.try(h.payload(leaf.CarrierMissing, &leaf.Missing{}, leaf.CarrierSubject+c.ID, login("li", leaf.RoleExplaining)), nil)
		}
	}
}

// office enters departments, places and firms anew.
func (h *history) office() {
	by := login("sun", leaf.RoleSecrecy)
	id := fmt.Sprint("g", h.rng.IntN(6))
	h.do(h.payload(leaf.PlaceEntered, &leaf.Place{Place: id, Department: pick(h.rng, []string{"d1", "d2"}), Use: "cabinet", Highest: pick(h.rng, []string{"top-secret", "secret"}),
		Keeper: "li", Closed: h.rng.IntN(6) == 0}, leaf.PlaceSubject+id, by), map[string]string{"name": "柜" + id})
	h.do(h.payload(leaf.FirmEntered, &leaf.Firm{Firm: "f1", Form: "qualified-firm", Highest: "top-secret", QualifiedTill: "2099-01-01"}, leaf.FirmSubject+"f1", by), map[string]string{"name": "销毁公司"})
}

// post posts people, takes pledges, and lets one leave and come back.
func (h *history) post() {
	who := pick(h.rng, readers[3:])
	by := sign("sun", leaf.RoleSecrecy)
	switch h.rng.IntN(4) {
	case 0, 1:
		h.try(h.payload(leaf.PersonPosted, &leaf.Posted{Person: who, Department: pick(h.rng, []string{"d1", "d2"}), Grade: "general", Clearance: "secret", Since: h.now.Format(time.DateOnly)},
			leaf.PersonSubject+who, login("sun", leaf.RoleSecrecy)), map[string]string{"post": "机要员"})
	case 2:
		h.try(h.payload(leaf.PersonPledged, &leaf.Pledged{Person: who, Leaving: who == "zheng", SHA256: hash("pledge")}, leaf.PersonSubject+who, sign(who, leaf.RolePledging)), nil)
	case 3:
		h.try(h.payload(leaf.PersonLeft, &leaf.Left{Person: "zheng", Reason: "moved", CoolingUntil: "2029-01-01"}, leaf.PersonSubject+"zheng", by), nil)
	}
}

func (h *history) session() {
	who := pick(h.rng, readers)
	in := login(who, leaf.RoleOperator)
	id := h.newID()
	if _, ok := h.try(h.payload(leaf.SessionOpened, &leaf.SessionOpen{Session: id}, leaf.PersonSubject+who, in), nil); ok {
		h.do(h.payload(leaf.SessionLocked, &leaf.SessionLock{Session: id, Cause: "idle"}, leaf.PersonSubject+who, in), nil)
	}
	h.do(h.payload(leaf.RefusalRecorded, &leaf.Refusal{Act: "open", Code: "x"}, leaf.PersonSubject+who), nil)
	h.do(h.payload(leaf.StationStarted, &leaf.Started{Software: "test"}, leaf.StationSubject+station), nil)
}

func (h *history) report() {
	b := &leaf.Report{Report: h.newID(), Form: "holdings", From: "2026-01-01", To: "2026-12-31", SHA256: hash("report"), Size: int64(len(h.taken)), Root: hash("root")}
	h.try(h.payload(leaf.ReportIssued, b, leaf.ReportSubject+b.Report, sign("sun", leaf.RoleSecrecy)), nil)
}

// media registers a USB key, meets it, loses, finds or retires it, and what else
// happens at a port.
func (h *history) media() {
	admin := sign("wang", leaf.RoleAdmin)
	port := leaf.PortSubject + "1-2"
	h.do(h.payload(leaf.PortEnrolled, &leaf.Port{Port: "1-2"}, port, admin), map[string]string{"name": "前面板"})
	h.do(h.payload(leaf.MediaAttached, &leaf.Attachment{Port: "1-2", Descriptors: hash("d"), Verdict: "reject", Rule: "r1", Count: 1}, port), nil)
	h.do(h.payload(leaf.MediaViolated, &leaf.Violation{Port: "1-2", Code: "wrong-tag", Command: 3, Opcode: -1, Count: 1}, port), nil)
	h.do(h.payload(leaf.MediaRemoved, &leaf.Removal{Port: "1-2", Descriptors: hash("d"), Count: 1}, port), nil)
	h.do(h.payload(leaf.PortClosed, &leaf.PortEnd{Port: "1-2"}, port, admin), nil)

	id := fmt.Sprint("U-", h.rng.IntN(3))
	on := leaf.KeySubject + id
	k, known, err := h.mem.Thing(custody.Ref{Kind: custody.USBKeyThing, ID: id})
	if err != nil {
		h.t.Fatal(err)
	}
	if !known || h.rng.IntN(4) == 0 {
		h.id++
		e := &leaf.KeyEntry{Key: id, Owner: "li", Department: "d1", Classification: "secret", Expires: "2099-01-01", Capacity: "saved", Canary: hash(fmt.Sprint("canary", h.id)), Epoch: 1,
			Likeness: leaf.Likeness{Descriptors: map[string]string{"480": hash("d")}, Strings: hash("s"), Inquiry: hash("i"), Vital: hash("v"), Mode: hash("m"), Blocks: 1000, BlockSize: 512}}
		h.try(h.payload(leaf.KeyRegistered, e, on, admin), map[string]string{"label": "机密优盘" + id})
		return
	}
	step := &leaf.KeyStep{Key: id}
	switch h.rng.IntN(6) {
	case 0:
		h.try(h.payload(leaf.KeyLost, step, on, login("li", leaf.RoleReporting)), nil)
	case 1:
		h.try(h.payload(leaf.KeyFound, step, on, admin), nil)
	case 2:
		h.try(h.payload(leaf.KeyRetired, step, on, admin), nil)
	default:
		h.try(h.payload(leaf.KeyMet, &leaf.KeyMeeting{Key: id, Port: "1-2", Occasion: "insert", Verdict: "current", Epoch: k.(custody.USBKey).Epoch + 1, Count: 1}, on), nil)
	}
}

// destroy takes a small batch through its life, or lets it go on the way.
func (h *history) destroy() {
	if h.rng.IntN(3) > 0 {
		return
	}
	id := h.newID()
	number := "销批" + id[30:]
	h.do(h.payload(leaf.BatchOpened, &leaf.Opened{Batch: id, Number: number, Act: "destroy"}, leaf.BatchSubject+id, login("wang", leaf.RoleApplicant)), nil)
	var cs []custody.Carrier
	for _, c := range h.carriersThat(2+h.rng.IntN(3), func(c custody.Carrier) bool { return free(c) && !c.MustReturn }) {
		if _, ok := h.try(h.payload(leaf.CarrierCounted, &leaf.Counted{Batch: id}, leaf.CarrierSubject+c.ID, login("wang", leaf.RoleCounter), login("li", leaf.RoleRecounter)), nil); ok {
			cs = append(cs, c)
		}
	}
	if len(cs) == 0 || h.rng.IntN(6) == 0 {
		h.try(h.payload(leaf.BatchVoided, &leaf.Voided{Batch: id, Reason: "given-up"}, leaf.BatchSubject+id, login("wang", leaf.RoleApplicant)), nil)
		return
	}
	m := &leaf.Manifest{Batch: id, Number: number, Items: int64(len(cs)), Kinds: map[string]int64{}, Levels: map[string]int64{}, Method: "shred", Machine: "m1", NotAfter: h.now.AddDate(0, 0, 9).Format(timeText)}
	var items []string
	for i, c := range cs {
		items = append(items, h.itemOf(c.ID, i))
		m.Kinds[c.Kind]++
		m.Levels[c.Level]++
		h.do(h.payload(leaf.CarrierSealed, &leaf.Sealed{Batch: id, Index: int64(i), Item: items[i]}, leaf.CarrierSubject+c.ID), nil)
	}
	m.ItemsRoot = leaf.Root(items)
	h.do(h.payload(leaf.BatchSealed, m, leaf.BatchSubject+id, sign("wang", leaf.RoleApplicant)), nil)
	h.carryOut(id, cs)
}

func (h *history) itemOf(id string, place int) string {
	c, err := h.r.Carrier(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	r := leaf.Registered{Carrier: c.ID, List: c.List, Row: c.Row, Number: c.Number, CarrierKind: c.Kind, Medium: c.Medium, Classification: c.Classification, Period: c.Period,
		Extent: leaf.Extent(c.Extent), Count: c.Count, MustReturn: c.MustReturn}
	return leaf.ItemHash(leaf.NewItem(int64(place), c.Registered, &r, c.Level, c.Term))
}

// carryOut goes on from the seal.
func (h *history) carryOut(id string, cs []custody.Carrier) {
	b := func() custody.Batch { b, _, _ := h.mem.Batch(id); return b }
	if h.rng.IntN(6) == 0 {
		h.do(h.payload(leaf.BatchRejected, &leaf.Decision{Batch: id, Manifest: b().SealLeaf, Reason: "more-facts"}, leaf.BatchSubject+id, sign("chen", leaf.RoleApprover)), nil)
		return
	}
	h.do(h.payload(leaf.BatchApproved, &leaf.Decision{Batch: id, Manifest: b().SealLeaf, Authority: "own-leader"}, leaf.BatchSubject+id, sign("chen", leaf.RoleApprover)), nil)
	team := []leaf.Actor{sign("zhao", leaf.RoleDestroyer), sign("li", leaf.RoleAttestor)}
	h.do(h.payload(leaf.BatchAuthorised, &leaf.Authorisation{Batch: id, Manifest: b().SealLeaf, Approval: b().ApprovalLeaf, ItemsRoot: b().ItemsRoot, Machine: "m1", Nonce: "00",
		NotAfter: b().NotAfter.Format(timeText)}, leaf.BatchSubject+id, team...), nil)
	released := func(resumes bool) {
		h.do(h.payload(leaf.BatchReleased, &leaf.Released{Batch: id, Authorisation: b().AuthorisationLeaf, TokenSHA256: hash("t"), Machine: "m1", WindowMS: 60000, Boot: 7, Resumes: resumes}, leaf.BatchSubject+id), nil)
	}
	released(false)
	var outcomes []string
	var tally leaf.Tally
	for i, c := range cs {
		if i == 1 && h.rng.IntN(2) == 0 {
			h.do(h.payload(leaf.BatchWithdrawn, &leaf.Withdrawn{Batch: id, Cause: "card-removed"}, leaf.BatchSubject+id), nil)
			released(true)
		}
		outcomes = append(outcomes, h.outcome(id, c, &tally))
	}
	h.do(h.payload(leaf.BatchReconciled, &leaf.Reconciled{Batch: id, Tally: tally, OutcomesRoot: leaf.Root(outcomes)}, leaf.BatchSubject+id), nil)
	h.do(h.payload(leaf.BatchCompleted, &leaf.Completed{Batch: id, Reconciled: b().ReconciledLeaf, Tally: tally, OutcomesRoot: b().OutcomesRoot}, leaf.BatchSubject+id, team...), nil)
	h.try(h.payload(leaf.BatchCertified, &leaf.Certified{Batch: id, Certificate: "销证" + id[30:], Statement: hash(id)}, leaf.BatchSubject+id), nil)
	for _, c := range h.carriersThat(9, func(c custody.Carrier) bool { return c.Case != "" }) {
		h.try(h.payload(leaf.CarrierResolved, &leaf.Resolved{Case: c.Case, Resolution: pick(h.rng, []string{"held", "lost"})}, leaf.CarrierSubject+c.ID, team...), nil)
	}
}

// outcome draws what came of feeding a carrier.
func (h *history) outcome(batch string, c custody.Carrier, tally *leaf.Tally) string {
	h.seq += 10
	e := &custody.Evidence{Machine: "m1", Authenticated: true, Permitted: true, Boot: 7, FromSequence: h.seq, ToSequence: h.seq + 10,
		FromUptimeMS: h.seq, ToUptimeMS: h.seq + 5, Feed: 1, EnergyJ: 150_000}
	out := func(k leaf.Kind, verdict string) string {
		_, reasons := custody.Judge(*e, custody.ExpectationFor(c.Kind, c.Extent, c.Count))
		return h.do(h.payload(k, &leaf.Outcome{Batch: batch, Verdict: verdict, Reasons: reasons, Evidence: e}, leaf.CarrierSubject+c.ID), nil)
	}
	switch h.rng.IntN(8) {
	case 0:
		tally.Unfed++
		return h.do(h.payload(leaf.CarrierUnfed, &leaf.Unfed{Batch: batch}, leaf.CarrierSubject+c.ID), nil)
	case 1:
		e.EnergyJ = 0
		tally.Disputed++
		return out(leaf.CarrierDisputed, "disputed")
	case 2:
		tally.Indeterminate++
		return h.do(h.payload(leaf.CarrierIndetermin, &leaf.Outcome{Batch: batch, Verdict: "indeterminate"}, leaf.CarrierSubject+c.ID), nil)
	case 3:
		e.Authenticated = false
		tally.Unverified++
		return out(leaf.CarrierUnverified, "unverified")
	}
	tally.Destroyed++
	return out(leaf.CarrierDestroyed, "destroyed")
}
