package custody_test

import (
	"cmp"
	"slices"

	"sexton/custody"
)

// settlement disposes of what was signed for outside, and certifies what was
// consigned.
func (y *year) settlement() (custody.Record, bool) {
	if c, ok := pick(y, "consigned", y.these(func(c custody.Carrier) bool { return c.State == custody.Consigned })); ok && y.chance(3) {
		for _, m := range allOf(y, custody.MovementThing, func(m custody.Movement) bool { return m.Act == custody.ActConsign && slices.Contains(m.Carriers, c.ID) }) {
			return y.act(custody.KindFirmCertified, &custody.FirmCertificate{Movement: m.ID}, []string{c.ID}, keeper("wang")), true
		}
	}
	c, ok := pick(y, "in transit", y.these(func(c custody.Carrier) bool { return c.Where == custody.InTransit }))
	if !ok {
		return custody.Record{}, false
	}
	return y.settled(settledBy[thingOf[custody.Movement](y.world, custody.MovementThing, c.Movement).Act], c.ID), true
}

// shelfWork stores carriers.
func (y *year) shelfWork() (custody.Record, bool) {
	shelf := y.these(onShelf)
	if len(shelf) == 0 {
		return custody.Record{}, false
	}
	ids := y.some(shelf)
	return y.act(custody.KindStored, &custody.Stored{Place: "safe"}, ids, keeper(y.carrier(ids[0]).Keeper)), true
}

// loss reports carriers missing, finds them again, or writes them off.
func (y *year) loss() (custody.Record, bool) {
	c, ok := pick(y, "missing", y.these(func(c custody.Carrier) bool { return c.State == custody.Missing }))
	if !ok {
		c, ok := pick(y, "to miss", y.these(func(c custody.Carrier) bool { return !c.State.Terminal() }))
		if !ok || !y.chance(3) {
			return custody.Record{}, false
		}
		r := y.missing(c.ID)
		r.Batch = ""
		return r, true
	}
	incidents := allOf(y, custody.IncidentThing, func(n custody.Incident) bool { return slices.Contains(n.Carriers, c.ID) })
	switch {
	case y.chance(3):
		r := y.dispose(custody.KindFound, c.ID)
		r.Actors = []custody.Actor{keeper(y.one("finder", "wang", "sun"))}
		return r, true
	case len(incidents) == 0:
		return y.act(custody.KindIncident, &custody.IncidentReport{Incident: y.id("n"), What: "lost"}, []string{c.ID}, actor("zhou", custody.RoleReporting)), true
	case !incidents[0].Closed:
		return y.act(custody.KindIncidentEnd, &custody.IncidentEnd{Incident: incidents[0].ID, Result: y.one("result", "written-off", "written-off", "found")}, nil, secrecy("bao")), true
	}
	r := y.dispose(custody.KindLost, c.ID)
	r.Incident = incidents[0].ID
	return r, true
}

// mark sets circles, changes marks and lets documents go.
func (y *year) mark() (custody.Record, bool) {
	if c, ok := pick(y, "released", y.these(func(c custody.Carrier) bool {
		return onShelf(c) && thingOf[custody.Document](y.world, custody.DocumentThing, c.Document).Released
	})); ok && !y.chance(3) {
		d := thingOf[custody.Document](y.world, custody.DocumentThing, c.Document)
		return y.rec(custody.KindDeclassified, func(r *custody.Record) { r.Batch, r.Carrier, r.By = "", c.ID, d.Releases[0] }), true
	}
	if q, ok := pick(y, "change", y.approvedFor(custody.ActReclassify, custody.ActDeclassify)); ok {
		b := &custody.Reclassification{Document: q.Document, Request: q.ID, Classification: q.Classification, Period: q.Period, Release: q.Act == custody.ActDeclassify}
		var ids []string
		for _, c := range y.these(func(c custody.Carrier) bool { return c.Document == q.Document && !c.State.Terminal() }) {
			if !b.Release || c.State != custody.Missing {
				ids = append(ids, c.ID)
			}
		}
		return y.act(custody.KindReclassified, b, ids, actor("he", custody.RoleClassifier)), true
	}
	d, ok := pick(y, "document", allOf(y, custody.DocumentThing, func(d custody.Document) bool { return d.ID != "A" }))
	if !ok {
		return custody.Record{}, false
	}
	b := &custody.CircleSet{Document: d.ID, Persons: append(slices.Clone(d.Circle), y.one("reader", staff...))}
	if q, ok := pick(y, "widen", y.approvedFor(custody.ActWiden)); ok && len(d.Circle) > 0 {
		d = thingOf[custody.Document](y.world, custody.DocumentThing, q.Document)
		b = &custody.CircleSet{Document: d.ID, Request: q.ID, Persons: append(slices.Clone(d.Circle), q.Persons...)}
	}
	slices.Sort(b.Persons)
	b.Persons = slices.Compact(b.Persons)
	return y.act(custody.KindCircle, b, nil, actor("chen", custody.RoleApprover)), true
}

// clearOut goes on with a campaign.
func (y *year) clearOut() (custody.Record, bool) {
	k, ok := pick(y, "clear-out", allOf(y, custody.CampaignThing, func(k custody.Campaign) bool { return k.State != custody.CampaignClosed }))
	if !ok {
		if len(y.these(onShelf)) < 3 {
			return custody.Record{}, false
		}
		return y.act(custody.KindCampaign, &custody.CampaignOpen{Campaign: y.id("k"), Number: y.id("清"), Before: "2026-12-31", Selected: 6}, nil, keeper("wang")), true
	}
	switch {
	case k.State == custody.CampaignApproved:
		if !y.chance(6) {
			return custody.Record{}, false
		}
		left := k.Selected
		for _, n := range k.Done {
			left -= n
		}
		return y.act(custody.KindCampaignEnd, &custody.CampaignEnd{Campaign: k.ID, Done: k.Done, Left: left}, nil, keeper("wang")), true
	case len(k.Proposals) > 0 && y.chance(2):
		return y.act(custody.KindCampaignOK, &custody.CampaignDecision{Campaign: k.ID, Proposals: k.Proposals}, nil, actor("chen", custody.RoleApprover)), true
	}
	shelf := y.these(func(c custody.Carrier) bool { return onShelf(c) && (c.Campaign == "" || y.chance(3)) })
	if len(shelf) == 0 {
		return custody.Record{}, false
	}
	ids, b := y.some(shelf), &custody.CampaignProposal{Campaign: k.ID}
	for range ids {
		b.Fates = append(b.Fates, y.one("fate", custody.Fates()...))
	}
	return y.act(custody.KindProposed, b, ids, keeper("wang")), true
}

// inspection goes on with an inspection or a finding.
func (y *year) inspection() (custody.Record, bool) {
	if f, ok := pick(y, "finding", allOf(y, custody.FindingThing, func(f custody.Finding) bool { return f.State != custody.FindingClosed })); ok && !y.chance(4) {
		if f.State == custody.FindingOpen {
			return y.act(custody.KindCorrected, &custody.FindingStep{Finding: f.ID}, nil, actor(f.Answers, custody.RoleAnswering)), true
		}
		return y.act(custody.KindFindingEnd, &custody.FindingStep{Finding: f.ID, Accepted: !y.chance(4)}, nil, secrecy("bao")), true
	}
	i, ok := pick(y, "inspection", allOf(y, custody.InspectionThing, func(i custody.Inspection) bool { return i.State != custody.InspectionClosed }))
	switch {
	case !ok:
		return y.act(custody.KindInspection, &custody.InspectionOpen{Inspection: y.id("i"), Due: int64(len(y.these(onShelf)))}, nil, secrecy("bao")), true
	case i.State == custody.InspectionOpened && !y.chance(3):
		missing := min(i.Due, int64(y.upTo("missing", 2)))
		return y.act(custody.KindInspected, &custody.InspectionCount{Inspection: i.ID, Found: i.Due - missing, Missing: missing}, nil, secrecy("bao")), true
	}
	return y.act(custody.KindFinding, &custody.FindingEntry{Finding: y.id("f"), Inspection: i.ID, Code: "x", Answers: y.one("answers", staff...), Due: "2027-01-31"},
		nil, secrecy("bao")), true
}

// people pledge, leave, and come back.
func (y *year) people() (custody.Record, bool) {
	who := y.one("person", "sun", "zhou", "wu", "wu")
	p := thingOf[custody.Post](y.world, custody.PostThing, who)
	switch {
	case p.Left:
		return y.post(who), true
	case p.Parted == "":
		return y.act(custody.KindPledged, &custody.Pledge{Person: who, Leaving: y.chance(2)}, nil, actor(who, custody.RolePledging)), true
	}
	return y.act(custody.KindLeft, &custody.Leaving{Person: who}, nil, secrecy("bao")), true
}

// batchWork goes on with one of the batches.
func (y *year) batchWork() (custody.Record, bool) {
	y.cur = y.one("batch", "b0", "b1", "b2")
	if c, ok := pick(y, "case", y.these(func(c custody.Carrier) bool { return c.State.Open() })); ok && y.chance(4) {
		y.cur = c.Batch
		return y.resolve(c.ID, y.one("resolution", "destroyed", "held", "lost")), true
	}
	b := y.batch(y.cur)
	fitting := y.these(func(c custody.Carrier) bool { return onShelf(c) && c.Batch == "" && !c.MustReturn })
	if b.State == custody.BatchUnknown {
		return y.open(), len(fitting) > 0
	}
	if y.chance(60) {
		return y.void(), true
	}
	in := func(s custody.State) (string, bool) {
		c, ok := pick(y, "in batch", y.these(func(c custody.Carrier) bool {
			return c.Batch == y.cur && c.State == s && c.Index < 0 == (s == custody.Counted)
		}))
		return c.ID, ok
	}
	switch b.State {
	case custody.Opened:
		return y.counting(fitting, b.Members, in)
	case custody.BatchSealed:
		if y.chance(10) {
			r := y.approve()
			r.Kind = custody.KindRejected
			return r, true
		}
		return y.approve(), true
	case custody.BatchApproved:
		return y.authorise(), true
	case custody.BatchAuthorised:
		return y.release(), true
	case custody.BatchReleased, custody.BatchWithdrawn:
		return y.cutting(b.State, in)
	case custody.BatchReconciled:
		return y.complete(), true
	case custody.BatchCompleted:
		return y.certify(), true
	}
	return custody.Record{}, false
}

// counting counts and seals, and signs the manifest.
func (y *year) counting(fitting []custody.Carrier, members int64, in func(custody.State) (string, bool)) (custody.Record, bool) {
	if c, ok := pick(y, "to count", fitting); ok && y.chance(2) {
		if y.chance(8) {
			return y.missing(c.ID), true
		}
		return y.count(c.ID), true
	}
	if id, ok := in(custody.Counted); ok {
		return y.seal(id, members), true
	}
	if members == 0 {
		return custody.Record{}, false
	}
	ids, _ := y.Members(y.cur)
	ids = slices.DeleteFunc(ids, func(id string) bool { return y.carrier(id).Index < 0 })
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(y.carrier(a).Index, y.carrier(b).Index) })
	return y.sealBatch(ids...), true
}

// cutting gives each released carrier its outcome.
func (y *year) cutting(state custody.BatchState, in func(custody.State) (string, bool)) (custody.Record, bool) {
	id, ok := in(custody.Released)
	switch {
	case ok && state == custody.BatchWithdrawn && y.chance(2):
		return y.unfed(id), true
	case ok && state == custody.BatchWithdrawn:
		return y.release(), true
	case ok && y.chance(6):
		return y.withdraw(), true
	case ok:
		v, _ := pick(y, "verdict", []custody.Verdict{custody.VerdictDestroyed, custody.VerdictDestroyed, custody.VerdictDisputed, custody.VerdictIndeterminate, custody.VerdictUnverified})
		return y.outcome(id, v), true
	}
	return y.reconcile(), true
}
