package station_test

import (
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/station"
)

// refusals counts the refusals on record by "act code".
func (w *world) refusals() map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for i := range w.led.Head().Size {
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), i)))
		if err != nil {
			w.t.Fatal(err)
		}
		if b, ok := p.Body.(*leaf.Refusal); ok {
			out[b.Act+" "+b.Code]++
		}
	}
	return out
}

// TestNobodyCannotFillTheLedger: without a session the same refusal leaves one leaf a minute; with one, every refusal does.
func TestNobodyCannotFillTheLedger(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	ctx := t.Context()
	ended := must(w.st.OpenBatch(ctx, station.OpenOptions{Session: must(w.session("zhang")), List: w.list, Number: "XH-0"}))
	must(w.st.Void(ctx, ended.ID, "", w.logins["zhang"]))
	w.until("approve")
	ask := func(times int) {
		t.Helper()
		for i := range times {
			_, err := w.st.Release(ctx, []string{ended.ID, ended.Number}[i%2])
			if f := fault.From(err); f == nil || f.Code != "batch.state" {
				t.Fatalf("released: %v", err)
			}
		}
	}
	ask(100)
	if n := w.refusals()["batch-release batch.state"]; n != 1 {
		t.Errorf("100 requests of nobody left %d leaves, want 1", n)
	}
	if _, err := w.st.Reconcile(ctx, ended.ID); err == nil {
		t.Fatal("reconciled")
	}
	if _, err := w.st.Release(ctx, batchNumber); err == nil {
		t.Fatal("released")
	}
	if r := w.refusals(); r["batch-reconcile batch.state"] != 1 || r["batch-release batch.not-approved"] != 1 {
		t.Errorf("the first of another act or code is not on record: %v", r)
	}
	w.later.Add(int64(time.Minute))
	ask(10)
	if n := w.refusals()["batch-release batch.state"]; n != 2 {
		t.Errorf("a minute later there are %d leaves, want 2", n)
	}
	for range 5 {
		if _, err := w.st.Approve(ctx, batchNumber, station.ApproveOptions{}, w.signer("zhang")); err == nil {
			t.Fatal("approved")
		}
	}
	if n := w.refusals()["batch-approve person.role"]; n != 5 {
		t.Errorf("5 refusals to somebody left %d leaves", n)
	}
	for _, reader := range []string{"li", "zhao", "li"} {
		if _, err := w.st.Login(ctx, reader, must(station.NewPIN([]byte("999998"), false))); err == nil {
			t.Fatal("logged in")
		}
	}
	if n := w.refusals()["login token.pin-wrong"]; n != 3 {
		t.Errorf("three wrong PINs left %d leaves", n)
	}
}
