package station_test

import (
	"reflect"
	"regexp"
	"slices"
	"testing"

	"sexton/ledger/leaf"
	"sexton/policy"
	"sexton/station"
)

// TestDutyD16RulesAreCited: what the rules decide names the rows that decided, in the version in force.
func TestDutyD16RulesAreCited(t *testing.T) {
	w := newWorld(t)
	w.lastYear(paperList(1, ""))
	ctx := t.Context()
	v := must(w.st.OpenCampaign(ctx, station.CampaignOptions{Session: w.as("chen"), Number: "清-6", Before: w.today()}))
	w.ok(w.st.Propose(ctx, station.ProposeOptions{Session: w.as("chen"), Campaign: v.ID, Filter: &station.SearchFilter{}, Fate: "archive"}))
	w.ok(w.st.ApproveCampaign(ctx, v.ID, w.signer("wang")))
	inForce := must(w.st.Status(ctx)).Policy
	p := w.last(leaf.CampaignApproved)
	if !slices.Equal(p.Policy.Rows, []string{"clear-out.secret"}) || p.Policy.Profile != inForce.Profile || p.Policy.Version != inForce.Version {
		t.Errorf("the approval cites %+v, in force is %+v", p.Policy, inForce)
	}
	if _, ok := policy.GateOf("campaign-approve"); !ok {
		t.Error("the door has no campaign-approve")
	}
}

// last is the newest leaf of a kind.
func (w *world) last(kind leaf.Kind) leaf.Payload {
	w.t.Helper()
	for i := w.led.Head().Size - 1; i >= 0; i-- {
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), i)))
		if err != nil {
			w.t.Fatal(err)
		}
		if p.Kind == kind {
			return p
		}
	}
	w.t.Fatalf("there is no %s", kind)
	return leaf.Payload{}
}

// TestDutyD19NothingIsEverDeleted: no operation takes anything away, and after a story that has everything in it each leaf is still found under each of
// its subjects, each carrier and thing is still shown.
func TestDutyD19NothingIsEverDeleted(t *testing.T) {
	takes := regexp.MustCompile(`(?i)delete|remove|erase|purge|forget|drop`)
	ops := reflect.TypeFor[station.Operations]()
	for i := range ops.NumMethod() {
		if m := ops.Method(i).Name; takes.MatchString(m) {
			t.Errorf("the station can %s", m)
		}
	}
	w := newWorld(t)
	aYear(w)
	ctx := t.Context()
	reg := w.registerOf(w.led)
	for i := range w.led.Head().Size {
		_, p, err := leaf.Decode(must(w.led.Leaf(ctx, i)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Subjects {
			if !slices.ContainsFunc(must(reg.Events(ctx, s)), func(e station.EventRow) bool { return e.Index == i }) {
				t.Errorf("leaf %d (%s) is not found under %s", i, p.Kind, s)
			}
		}
		if b, ok := p.Body.(*leaf.Registered); ok {
			if c := w.carrier(b.Number); c.ID != b.Carrier || len(c.History) == 0 || c.Title == "" {
				t.Errorf("%s is not shown any more: %+v", b.Number, c)
			}
		}
	}
	if n := must(w.st.Incident(ctx, "事-9")); !n.Closed || len(n.Carriers) != 1 {
		t.Errorf("%+v", n)
	}
	if w.carrier("YZ-006").Disposition != "written-off" || must(w.st.Batch(ctx, batchNumber)).Certificate == "" {
		t.Error("what became of the carriers is not shown any more")
	}
}
