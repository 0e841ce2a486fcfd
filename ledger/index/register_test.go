package index_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// TestThings compares every list of things, by each tag it has, with a judge
// that looks at all of them in memory.
func TestThings(t *testing.T) {
	h := newHistory(t, 11)
	h.live(1500)
	asked := 0
	for _, q := range []struct {
		kind custody.ThingKind
		tag  index.Tag
		of   func(custody.Thing) string
	}{
		{custody.MovementThing, index.TagState, func(x custody.Thing) string { return string(x.(custody.Movement).State) }},
		{custody.MovementThing, index.TagAct, func(x custody.Thing) string { return x.(custody.Movement).Act }},
		{custody.MovementThing, index.TagFrom, func(x custody.Thing) string { return x.(custody.Movement).From }},
		{custody.MovementThing, index.TagTo, func(x custody.Thing) string { return x.(custody.Movement).To }},
		{custody.MovementThing, index.TagRequest, func(x custody.Thing) string { return x.(custody.Movement).Request }},
		{custody.MovementThing, index.TagOpen, func(x custody.Thing) string {
			s := x.(custody.Movement).State
			return strconv.FormatBool(s == custody.MovementOpened || s == custody.MovementAccepted)
		}},
		{custody.RequestThing, index.TagState, func(x custody.Thing) string { return string(x.(custody.Request).State) }},
		{custody.RequestThing, index.TagAct, func(x custody.Thing) string { return x.(custody.Request).Act }},
		{custody.RequestThing, index.TagApplicant, func(x custody.Thing) string { return x.(custody.Request).Applicant }},
		{custody.RequestThing, index.TagDocument, func(x custody.Thing) string { return x.(custody.Request).Document }},
		{custody.DocumentThing, index.TagLevel, func(x custody.Thing) string { return x.(custody.Document).Classification }},
		{custody.DocumentThing, index.TagReleased, func(x custody.Thing) string { return strconv.FormatBool(x.(custody.Document).Released) }},
		{custody.PlaceThing, index.TagDepartment, func(x custody.Thing) string { return x.(custody.Place).Department }},
		{custody.PlaceThing, index.TagClosed, func(x custody.Thing) string { return strconv.FormatBool(x.(custody.Place).Closed) }},
		{custody.PostThing, index.TagLeft, func(x custody.Thing) string { return strconv.FormatBool(x.(custody.Post).Left) }},
		{custody.CampaignThing, index.TagState, func(x custody.Thing) string { return string(x.(custody.Campaign).State) }},
		{custody.InspectionThing, index.TagState, func(x custody.Thing) string { return string(x.(custody.Inspection).State) }},
		{custody.FindingThing, index.TagState, func(x custody.Thing) string { return string(x.(custody.Finding).State) }},
		{custody.FindingThing, index.TagAnswers, func(x custody.Thing) string { return x.(custody.Finding).Answers }},
		{custody.IncidentThing, index.TagOpen, func(x custody.Thing) string { return strconv.FormatBool(!x.(custody.Incident).Closed) }},
		{custody.ReceiptThing, index.TagReceiver, func(x custody.Thing) string { return x.(custody.Receipt).Receiver }},
	} {
		want := map[string][]string{}
		for _, x := range h.mem.Things(q.kind) {
			if v := q.of(x); v != "" {
				want[v] = append(want[v], x.Ref().ID)
			}
		}
		for value, ids := range want {
			got, total := h.allThings(index.ThingSearch{Kind: q.kind, Tags: map[index.Tag][]string{q.tag: {value}}, Limit: 7})
			slices.Sort(got)
			slices.Sort(ids)
			if !slices.Equal(got, ids) || total != int64(len(ids)) {
				t.Errorf("%s with %s %q: %d of %d, want %d", q.kind, q.tag, value, len(got), total, len(ids))
			}
			asked++
		}
	}
	if asked < 40 {
		t.Errorf("only %d lists were compared", asked)
	}
	h.thingsByTime()
}

// allThings reads an answer to its end.
func (h *history) allThings(s index.ThingSearch) (ids []string, total int64) {
	h.t.Helper()
	for {
		found, err := h.r.FindThings(h.t.Context(), s)
		if err != nil {
			h.t.Fatalf("%+v: %v", s, err)
		}
		for _, x := range found.Hits {
			ids = append(ids, x.Thing.Thing.Ref().ID)
		}
		if s.After = found.Next; s.After == "" {
			return ids, found.Count
		}
	}
}

// thingsByTime: what is overdue, in the order of its dates, and the order of entry.
func (h *history) thingsByTime() {
	h.t.Helper()
	now := h.now.AddDate(0, 0, 10)
	var overdue []custody.Movement
	for _, x := range h.mem.Things(custody.MovementThing) {
		m := x.(custody.Movement)
		if open := m.State == custody.MovementOpened || m.State == custody.MovementAccepted; open && !m.Due.IsZero() && m.Due.Before(now) {
			overdue = append(overdue, m)
		}
	}
	got, total := h.allThings(index.ThingSearch{Kind: custody.MovementThing, DueBefore: now, Order: index.ByDue, Limit: 3})
	if len(overdue) == 0 || len(got) != len(overdue) || total != int64(len(got)) {
		h.t.Errorf("%d overdue, want %d", len(got), len(overdue))
	}
	due := func(id string) time.Time {
		x, _, _ := h.mem.Thing(custody.Ref{Kind: custody.MovementThing, ID: id})
		return x.(custody.Movement).Due
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return due(a).Compare(due(b)) }) {
		h.t.Error("not in the order of the dates")
	}
	newest, _ := h.allThings(index.ThingSearch{Kind: custody.RequestThing, Limit: 11})
	oldest, _ := h.allThings(index.ThingSearch{Kind: custody.RequestThing, Order: index.ByEntered, Limit: 13})
	slices.Reverse(oldest)
	if !slices.Equal(newest, oldest) || len(newest) != len(h.mem.Things(custody.RequestThing)) {
		h.t.Errorf("newest %d, oldest %d", len(newest), len(oldest))
	}
}

// TestDocumentsByText finds documents by what only their openings say.
func TestDocumentsByText(t *testing.T) {
	h := newHistory(t, 12)
	for range 60 {
		h.document()
	}
	all, err := h.r.FindThings(t.Context(), index.ThingSearch{Kind: custody.DocumentThing, Order: index.ByTitle, Limit: 1000})
	if err != nil || len(all.Hits) != 60 {
		t.Fatalf("%d documents, %v", len(all.Hits), err)
	}
	d := all.Hits[17]
	for name, s := range map[string]index.ThingSearch{
		"title": {Title: d.Title[3:27]}, "number": {Number: strings.NewReplacer("[", "（", "]", "）").Replace(d.DocumentNumber)}, "prefix": {Prefix: d.DocumentNumber[:len(d.DocumentNumber)-3]},
	} {
		s.Kind, s.Order = custody.DocumentThing, index.ByDocumentNumber
		found, err := h.r.FindThings(t.Context(), s)
		if err != nil || !slices.ContainsFunc(found.Hits, func(x index.ThingHit) bool { return x.Event == d.Event }) || found.Count == 60 {
			t.Errorf("by %s: %d found, %v", name, found.Count, err)
		}
	}
	if _, err := h.r.FindThings(t.Context(), index.ThingSearch{Kind: custody.MovementThing, Title: "关于"}); err == nil {
		t.Error("a movement has a title")
	}
	if x, err := h.r.Names(t.Context(), custody.DepartmentThing, "室D1"); err != nil || len(x) != 1 || x[0].ID != "d1" {
		t.Errorf("%+v, %v", x, err)
	}
}

// TestCountsAgree: what happened adds up to what is there, for every level and
// kind, and the holdings are those of custody.
func TestCountsAgree(t *testing.T) {
	h := newHistory(t, 13)
	h.live(1000)
	h.liveUntil(func() bool {
		return h.remarked() && h.done[leaf.FirmCertified] > 0 && h.done[leaf.CarrierDestroyed] > 0
	})
	ctx := t.Context()
	holdings, err := h.r.Holdings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	is, held := map[index.Holding]int64{}, map[[2]string]int64{}
	for _, c := range h.mem.Carriers() {
		is[index.Holding{Level: c.Level, Kind: c.Kind, State: c.State, Where: c.Where}]++
		if !c.State.Terminal() {
			held[[2]string{c.Level, c.Kind}]++
		}
	}
	for _, x := range holdings {
		n := x.Carriers
		x.Carriers = 0
		if is[x] != n {
			t.Errorf("%+v: %d, custody says %d", x, n, is[x])
		}
		delete(is, x)
	}
	if len(is) > 0 {
		t.Errorf("not in the holdings: %v", is)
	}
	end := h.now.Add(time.Hour).Truncate(time.Hour)
	balance, seen := map[[2]string]int64{}, map[string]bool{}
	half := h.taken[len(h.taken)/2].At.Truncate(time.Hour)
	for _, span := range [][2]time.Time{{{}, half}, {half, end}} {
		counts, err := h.r.Period(ctx, span[0], span[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			what, _, _ := strings.Cut(c.What, " ")
			seen[what] = true
			switch what + " " {
			case index.CountRegistered + " ", index.CountMade + " ", index.CountSpoiled + " ", index.CountLevelIn + " ":
				balance[[2]string{c.Level, c.Kind}] += c.N
			case index.CountDisposed, index.CountLevelOut + " ":
				balance[[2]string{c.Level, c.Kind}] -= c.N
			}
		}
	}
	for key, n := range held {
		if balance[key] != n {
			t.Errorf("%v: %d held, the counts give %d", key, n, balance[key])
		}
	}
	for _, what := range []string{index.CountRegistered, index.CountMade, index.CountSpoiled, index.CountLevelIn, index.CountLevelOut, "moved", "disposed", "became"} {
		if !seen[what] {
			t.Errorf("nothing was %s", what)
		}
	}
	if _, err := h.r.Period(ctx, half.Add(time.Minute), end); err == nil {
		t.Error("a period that begins within an hour")
	}
}

// TestMarks: the history of a mark ends with what is borne now.
func TestMarks(t *testing.T) {
	h := newHistory(t, 14)
	h.liveUntil(func() bool {
		_, released := some(h, custody.DocumentThing, func(d custody.Document) bool { return d.Released })
		return released && h.remarked()
	})
	changed := 0
	for _, c := range h.mem.Carriers() {
		marks, err := h.r.Marks(t.Context(), leaf.CarrierSubject+c.ID)
		if err != nil || len(marks) == 0 {
			t.Fatalf("%+v, %v", marks, err)
		}
		first, last := marks[0], marks[len(marks)-1]
		if first.Kind != leaf.CarrierRegistered || first.Level != c.Classification || last.Level != c.Level || last.Term != c.Term {
			t.Errorf("%s: %+v", c.ID, marks)
		}
		if len(marks) > 1 {
			changed++
		}
	}
	released := 0
	for _, x := range h.mem.Things(custody.DocumentThing) {
		d := x.(custody.Document)
		marks, err := h.r.Marks(t.Context(), leaf.DocumentSubject+d.ID)
		if err != nil || len(marks) == 0 {
			t.Fatalf("%+v, %v", marks, err)
		}
		if last := marks[len(marks)-1]; (last.Level == "") != d.Released {
			t.Errorf("document %s: %+v", d.ID, marks)
		}
		if d.Released {
			released++
		}
	}
	if changed == 0 || released == 0 {
		t.Errorf("%d marks changed, %d documents released", changed, released)
	}
}

// TestWhoMay: parts, roles, people who left and numbers.
func TestWhoMay(t *testing.T) {
	h := newHistory(t, 15)
	for h.done[leaf.PersonLeft] == 0 {
		h.post()
	}
	movement := func(number string) leaf.Payload {
		b := &leaf.Request{Request: h.newID(), Number: number, Act: custody.ActLend, Count: 1, NotAfter: h.now.AddDate(0, 0, 30).Format(timeText)}
		return about(h.payload(leaf.RequestOpened, b, leaf.RequestSubject+b.Request, login("wang", leaf.RoleApplicant)), h.carriersThat(1, func(custody.Carrier) bool { return true })[0].ID)
	}
	h.do(movement("借〔2026〕1号"), nil)
	h.do(movement(""), nil)
	h.do(movement(""), nil)
	for _, c := range []struct {
		name, want string
		p          leaf.Payload
	}{
		{"number of another", index.KeyDuplicate, movement("借〔2026〕1号")},
		{"session of who left", index.KeyLeft, h.payload(leaf.SessionOpened, &leaf.SessionOpen{Session: "s"}, leaf.PersonSubject+"zheng", login("zheng", leaf.RoleOperator))},
		{"incident by who left", index.KeyLeft, h.payload(leaf.IncidentReported, &leaf.Incident{Incident: h.newID(), What: "lost"}, leaf.IncidentSubject+fakeID(4_000_000+h.id), login("zheng", leaf.RoleReporting))},
		{"department by a keeper", index.KeyRole, h.payload(leaf.DepartmentEntered, &leaf.Department{Department: "d9", Highest: "secret"}, leaf.DepartmentSubject+"d9", login("li", leaf.RoleKeeper))},
		{"inspection by a keeper", index.KeyRole, h.payload(leaf.InspectionOpened, &leaf.Inspection{Inspection: h.newID()}, leaf.InspectionSubject+fakeID(4_000_000+h.id), login("li", leaf.RoleKeeper))},
		{"officer who is none", index.KeyRole, h.payload(leaf.DepartmentEntered, &leaf.Department{Department: "d9", Highest: "secret"}, leaf.DepartmentSubject+"d9", login("li", leaf.RoleSecrecy))},
		{"part with another's card", index.KeyNotEnrolled, func() leaf.Payload {
			a := sign("zhou", leaf.RolePledging)
			a.Credential = hash("9C of wu")
			return h.payload(leaf.PersonPledged, &leaf.Pledged{Person: "zhou", SHA256: hash("p")}, leaf.PersonSubject+"zhou", a)
		}()},
	} {
		err := h.tryOpen(hash("leaf "+c.p.ID), c.p, nil)
		if got := keyOf(err); got != c.want {
			t.Errorf("%s: refused for %q (%v), want %q", c.name, got, err, c.want)
		}
	}
	h.do(h.payload(leaf.SessionLocked, &leaf.SessionLock{Session: "s", Cause: "idle"}, leaf.PersonSubject+"zheng", login("zheng", leaf.RoleOperator)), nil)
	byNumber, err := h.r.ThingByNumber(t.Context(), custody.RequestThing, "借〔2026〕1号")
	if err != nil || byNumber.Thing.(custody.Request).Act != custody.ActLend {
		t.Errorf("%+v, %v", byNumber, err)
	}
}

// TestDoorIsWithin: whom the door lets in, the register takes. The register's
// own list is the wider one and does not follow the door when that is narrowed,
// since leaves once taken must be taken again by every replay.
func TestDoorIsWithin(t *testing.T) {
	kinds := map[string]leaf.Kind{"department-enter": leaf.DepartmentEntered, "place-enter": leaf.PlaceEntered, "firm-enter": leaf.FirmEntered,
		"person-post": leaf.PersonPosted, "person-leave": leaf.PersonLeft, "list-count": leaf.ListCounted, "list-number": leaf.ListNumbered, "circle-set": leaf.CircleApproved,
		"request-audit": leaf.RequestAudited, "request-approve": leaf.RequestApproved, "request-reject": leaf.RequestRejected, "carrier-store": leaf.CarrierStored,
		"movement-open": leaf.MovementOpened, "movement-receipt": leaf.MovementAccepted, "movement-return": leaf.MovementReturned, "movement-renew": leaf.MovementRenewed,
		"movement-cancel": leaf.MovementCancelled, "firm-certify": leaf.FirmCertified, "copy-make": leaf.CopiesMade, "copy-spoil": leaf.CopiesMade,
		"reclassify": leaf.DocumentReclassified, "declassify": leaf.DocumentReclassified, "campaign-open": leaf.CampaignOpened, "campaign-propose": leaf.CampaignProposed,
		"campaign-approve": leaf.CampaignApproved, "campaign-close": leaf.CampaignClosed, "inspection-open": leaf.InspectionOpened, "inspection-count": leaf.InspectionCounted,
		"finding-enter": leaf.FindingEntered, "finding-close": leaf.FindingClosed, "incident-close": leaf.IncidentClosed}
	met := 0
	for _, g := range policy.Gates() {
		may, ok := index.Entitled()[kinds[g.Act]]
		if !ok {
			continue
		}
		met++
		for _, role := range g.Roles {
			if !slices.Contains(may, leaf.Role(role)) {
				t.Errorf("the door lets %s in to %s, the register takes %v", role, g.Act, may)
			}
		}
	}
	if met != len(kinds) {
		t.Errorf("%d of %d acts have a gate", met, len(kinds))
	}
}
