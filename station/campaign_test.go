package station_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"sexton/station"
)

// today stands for the first day of a year: what a test registers, it registers the day before by the station's clock.
func (w *world) today() string { return time.Now().Format(time.DateOnly) }

// fates are the balance of a clear-out by fate.
func fates(v station.CampaignView) map[string][3]int64 {
	out := map[string][3]int64{}
	for _, f := range v.Fates {
		out[f.Fate] = [3]int64{f.Due, f.Done, f.Left}
	}
	return out
}

// whys count what is left by the reason.
func whys(v station.CampaignView) map[string]int {
	out := map[string]int{}
	for _, l := range v.Remaining {
		out[l.Why]++
	}
	return out
}

// lastYear makes a unit whose carriers were registered the day before.
func (w *world) lastYear(source []byte) {
	w.t.Helper()
	w.source = source
	w.wall.Store(int64(-24 * time.Hour))
	w.unit(0)
	w.wall.Store(0)
}

func TestDutyD8ClearOut(t *testing.T) {
	w := newWorld(t)
	w.lastYear(paperList(3, "4,YZ-900,须清退的件（演练）,某局（演练）,纸介质,秘密,10年,2页,1,是,\n"))
	ctx := t.Context()
	open := func(f func(*station.CampaignOptions)) func(context.Context) error {
		o := station.CampaignOptions{Session: w.as("chen"), Number: "清〔2026〕1号", Before: w.today()}
		f(&o)
		return func(ctx context.Context) error { _, err := w.st.OpenCampaign(ctx, o); return err }
	}
	w.as("wang")
	w.refused("by an operator", "person.role", open(func(o *station.CampaignOptions) { o.Session = w.as("sun") }))
	w.refused("without a number", "usage.bad-request", open(func(o *station.CampaignOptions) { o.Number = "" }))
	w.refused("a day to come", "usage.bad-request", open(func(o *station.CampaignOptions) { o.Before = "2099-01-01" }))
	w.refused("nothing that old", "campaign.empty", open(func(o *station.CampaignOptions) { o.Before = "2020-01-01" }))
	v := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("chen"), Number: "清〔2026〕1号", Before: w.today()}))
	if v.Selected != 4 || v.Left != 4 || v.State != "opened" || whys(v)["no-proposal"] != 4 {
		t.Fatalf("opened %+v", v)
	}
	w.refused("the number again", "usage.bad-request", open(func(*station.CampaignOptions) {}))

	propose := func(f func(*station.ProposeOptions)) func(context.Context) error {
		o := station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID}
		f(&o)
		return func(ctx context.Context) error { _, err := w.st.Propose(ctx, o); return err }
	}
	list := func(text string) func(*station.ProposeOptions) {
		return func(o *station.ProposeOptions) { o.List = []byte("载体编号,处置意见,理由\n" + text) }
	}
	approve := func(by string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.ApproveCampaign(ctx, v.Number, w.signer(by))
			return err
		}
	}
	w.refused("neither rule nor list nor filter", "usage.bad-request", propose(func(*station.ProposeOptions) {}))
	w.refused("a list that is none", "list.unreadable", propose(func(o *station.ProposeOptions) { o.List = []byte("a,b\n1,2\n") }))
	w.refused("keeping without a reason", "list.bad-rows", propose(list("YZ-001,留用,\n")))
	w.refused("destroying what must go back", "list.bad-rows", propose(list("YZ-900,销毁,\n")))
	w.refused("a carrier of no clear-out", "list.bad-rows", propose(list("YZ-404,销毁,\n")))
	w.refused("a fate that is none", "list.bad-rows", propose(list("YZ-001,扔掉,\n")))
	w.refused("approved without proposals", "campaign.unproposed", approve("wang"))

	p := must(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, Auto: true}))
	if !maps.Equal(p.Proposed, map[string]int64{"return": 1}) {
		t.Errorf("by the plain rules %+v", p.Proposed)
	}
	w.refused("by the plain rules again", "campaign.nothing", propose(func(o *station.ProposeOptions) { o.Auto = true }))
	p = must(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, List: []byte("\ufeff载体编号,处置意见,理由\nYZ-001,留用,工作需要，仍在使用\n")}))
	if !maps.Equal(p.Proposed, map[string]int64{"keep": 1}) {
		t.Errorf("by list %+v", p.Proposed)
	}
	w.refused("approved with two unproposed", "campaign.unproposed", approve("wang"))
	p = must(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, Filter: &station.SearchFilter{Levels: []string{"秘密"}}, Fate: "destroy"}))
	if !maps.Equal(p.Proposed, map[string]int64{"destroy": 2}) || p.Campaign.Proposed != 4 {
		t.Errorf("by filter %+v", p)
	}
	w.refused("approved by a keeper", "person.role", approve("chen"))
	if err := approve("wang")(ctx); err != nil {
		t.Fatal(err)
	}
	v = must(w.st.Campaign(ctx, v.Number))
	want := map[string][3]int64{"return": {1, 0, 1}, "keep": {1, 1, 0}, "destroy": {2, 0, 2}}
	if v.State != "approved" || v.Approver != "wang" || v.Done != 1 || v.Left != 3 || !maps.Equal(fates(v), want) || whys(v)["ready"] != 3 || len(v.Remaining) != 3 {
		t.Errorf("approved %+v", v)
	}
	w.refused("proposing after the approval", "custody.refused", propose(list("YZ-001,销毁,\n")))
	w.refused("approved twice", "custody.refused", approve("wang"))
	closing := func(reason string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.CloseCampaign(ctx, v.ID, reason, w.signer("chen"))
			return err
		}
	}
	w.refused("closed without a reason for what is left", "campaign.left", closing(""))
	if err := closing("发文单位暂不接收，转入下年清理")(ctx); err != nil {
		t.Fatal(err)
	}
	if v := must(w.st.Campaign(ctx, v.ID)); v.State != "closed" || v.Left != 3 || int64(len(v.Remaining)) != v.Left {
		t.Errorf("closed %+v", v)
	}
	// What was left belongs to the next clear-out.
	next := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("chen"), Number: "清〔2026〕2号", Before: w.today()}))
	if next.Selected != 4 {
		t.Errorf("the next one selects %d", next.Selected)
	}
}

// TestDutyD8NobodyApprovesHisOwn: opener and proposers are kept from approving, also when the role is theirs.
func TestDutyD8NobodyApprovesHisOwn(t *testing.T) {
	w := newWorld(t)
	w.lastYear(paperList(1, ""))
	ctx := t.Context()
	w.cards["zhou"] = newPlastic("zhou", pinOf("zhou"), 301)
	w.d.insert("zhou", w.cards["zhou"])
	w.ok(w.st.EnrolPerson(ctx, station.EnrolOptions{Person: "zhou", Name: "姓名zhou", Roles: []string{"secrecy-officer", "approver"}, Reader: "zhou", PIN: pin("zhou")}, w.signer("admin")))
	v := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("chen"), Number: "清-3", Before: w.today()}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("zhou"), Campaign: v.ID, Filter: &station.SearchFilter{}, Fate: "archive"}))
	w.refused("by who proposed", "person.role", func(ctx context.Context) error {
		_, err := w.st.ApproveCampaign(ctx, v.ID, w.signer("zhou"))
		return err
	})
	w.ok(w.st.ApproveCampaign(ctx, v.ID, w.signer("wang")))
}

// TestDutyD8AuditByTheSecrecyOfficer: where the rules ask for an audit, a keeper's proposals are not enough.
func TestDutyD8AuditByTheSecrecyOfficer(t *testing.T) {
	w := newWorld(t)
	w.lastYear(paperList(1, ""))
	ctx := t.Context()
	v := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("admin"), Number: "清-4", Before: w.today()}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("admin"), Campaign: v.ID, Filter: &station.SearchFilter{}, Fate: "archive"}))
	w.as("wang")
	w.refused("proposed by a keeper alone", "campaign.audit", func(ctx context.Context) error {
		_, err := w.st.ApproveCampaign(ctx, v.ID, w.signer("wang"))
		return err
	})
}

// TestDutyD8CarriedOut: a return to the issuer and a batch cite the clear-out, and its balance follows what happens to the carriers.
func TestDutyD8CarriedOut(t *testing.T) {
	w := newWorld(t)
	w.lastYear(paperList(2, "3,YZ-900,须清退的件（演练）,某省厅（演练）,纸介质,秘密,10年,2页,1,是,\n"))
	ctx := t.Context()
	v := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("chen"), Number: "清-5", Before: w.today()}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, Auto: true}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, Filter: &station.SearchFilter{}, Fate: "destroy"}))
	run := func(f func(*station.CarryOutOptions), by string) func(context.Context) error {
		o := station.CarryOutOptions{Campaign: "清-5", Fate: "return", Party: "某省厅（演练）", Outside: true, Channel: "confidential-courier", Escorts: []string{"chen", "sun"}}
		f(&o)
		return func(ctx context.Context) error { _, err := w.st.CarryOut(ctx, o, w.signer(by)); return err }
	}
	w.refused("before the approval", "campaign.not-approved", run(func(*station.CarryOutOptions) {}, "chen"))
	w.ok(w.st.ApproveCampaign(ctx, v.ID, w.signer("wang")))
	w.refused("a fate that is no act", "campaign.fate", run(func(o *station.CarryOutOptions) { o.Fate = "keep" }, "chen"))
	w.refused("another issuer", "campaign.nothing-ready", run(func(o *station.CarryOutOptions) { o.Party = "某市局（演练）" }, "chen"))
	w.refused("nothing to archive", "campaign.nothing-ready", run(func(o *station.CarryOutOptions) { o.Fate = "archive" }, "chen"))
	w.refused("a channel the rules do not allow", "movement.channel", run(func(o *station.CarryOutOptions) { o.Channel = "fax" }, "chen"))

	r := must(w.st.CarryOut(ctx, station.CarryOutOptions{Campaign: "清-5", Fate: "return", Number: "退-1", Party: "某省厅（演练）", Outside: true, Channel: "confidential-courier", Escorts: []string{"chen", "sun"}}, w.signer("chen")))
	if !slices.Equal(r.Taken, []string{"YZ-900"}) || r.More != 0 || r.Movement == "" || whys(r.Campaign)["in-transit"] != 1 {
		t.Fatalf("returned %+v", r)
	}
	if f := fates(r.Campaign)["return"]; f != [3]int64{1, 0, 1} {
		t.Errorf("on its way, not returned: %v", f)
	}
	w.ok(w.st.AcceptMovement(ctx, r.Movement, station.MovementStepOptions{Receipt: "回执-7", Scan: []byte("scan")}, w.signer("admin")))
	if f := fates(must(w.st.Campaign(ctx, v.ID)))["return"]; f != [3]int64{1, 1, 0} {
		t.Errorf("returned: %v", f)
	}

	// One carrier at a time shows what is left for the next step.
	r = must(w.st.CarryOut(ctx, station.CarryOutOptions{Campaign: "清-5", Fate: "destroy", Number: batchNumber, Limit: 1}, w.signer("zhang")))
	if r.Batch == "" || r.More != 1 || len(r.Taken) != 1 {
		t.Fatalf("a batch %+v", r)
	}
	w.list = "" // the batch has no list of its own
	w.counted = r.Taken
	w.until("done")
	got := must(w.st.Campaign(ctx, v.ID))
	if f := fates(got)["destroy"]; f != [3]int64{2, 1, 1} || got.Left != 1 || len(got.Remaining) != 1 || got.Remaining[0].Why != "ready" {
		t.Errorf("destroyed one of two: %+v", got)
	}
}
