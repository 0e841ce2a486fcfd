package station_test

import (
	"context"
	"strings"
	"testing"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/station"
)

// clear is every leaf of the ledger that has text of a person about a batch in clear: its kind and the text.
func (w *world) clear() map[leaf.Kind]string {
	w.t.Helper()
	out := map[leaf.Kind]string{}
	for i := range w.led.Head().Size {
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), i)))
		if err != nil {
			w.t.Fatal(err)
		}
		switch b := p.Body.(type) {
		case *leaf.Withdrawn:
			out[p.Kind] = b.Cause
		case *leaf.Voided:
			out[p.Kind] = b.Reason
		case *leaf.Decision:
			out[p.Kind] = b.Reason
		}
	}
	return out
}

// TestNoCauseStopsAWithdrawal: whatever anybody says, the machine is withdrawn, the leaf is written, and the batch can be closed.
func TestNoCauseStopsAWithdrawal(t *testing.T) {
	for name, c := range map[string]struct{ given, recorded string }{
		"control character": {"a\x1bb", "other"},
		"much too long":     {strings.Repeat("长", 300000), "other"},
		"not UTF-8":         {"\xff\xfe", "other"},
		"not NFC":           {"e\u0301", "other"},
		"somebody's words":  {"李某在场失误", "other"},
		"a station's cause": {"card-removed", "other"},
		"nothing":           {"", "operator"},
		"a code":            {"end-of-shift", "end-of-shift"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.office(2)
			v := w.until("feed")
			b, err := w.st.Withdraw(t.Context(), v.ID, c.given)
			w.mustBeSafe()
			if err != nil || b.State != "withdrawn" || b.Step == "wait" || b.Cause != c.recorded {
				t.Errorf("batch %s, step %s, cause %.40q, %v", b.State, b.Step, b.Cause, err)
			}
			if got := w.clear()[leaf.BatchWithdrawn]; got != c.recorded {
				t.Errorf("the leaf says %.40q, want %q", got, c.recorded)
			}
			if _, err := w.st.Reconcile(t.Context(), v.ID); err != nil {
				t.Errorf("the batch cannot be closed: %v", err)
			}
		})
	}
}

// TestRemovedCardIsACode: what the station sees is recorded as a code too.
func TestRemovedCardIsACode(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	w.until("feed")
	w.d.remove("li")
	w.eventually("withdrawn on record", func() bool { return must(w.st.Batch(t.Context(), batchNumber)).State == "withdrawn" })
	if got := w.clear()[leaf.BatchWithdrawn]; got != "card-removed" {
		t.Errorf("the leaf says %q", got)
	}
}

// TestWithdrawTakesTheLiveOne: naming the wrong batch, or none, does not leave a permission alive.
func TestWithdrawTakesTheLiveOne(t *testing.T) {
	for _, name := range []string{"XH-other", "nobody knows it"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.office(3)
			other := must(w.st.OpenBatch(t.Context(), station.OpenOptions{Session: must(w.session("zhang")), List: w.list, Number: "XH-other", Carriers: []string{"YZ-003"}}))
			must(w.st.Void(t.Context(), other.ID, "", w.logins["zhang"]))
			v := w.until("feed")
			b, err := w.st.Withdraw(t.Context(), name, "emergency")
			w.mustBeSafe()
			if err != nil || b.ID != v.ID || b.State != "withdrawn" || b.Cause != "emergency" {
				t.Errorf("answer: batch %s %s %s, %v", b.Number, b.State, b.Cause, err)
			}
			if _, err := w.st.Withdraw(t.Context(), "nobody knows it", ""); fault.From(err) == nil || fault.From(err).Code != "usage.not-found" {
				t.Errorf("nothing lives and nobody knows the batch: %v", err)
			}
		})
	}
}

// TestReasonsAreCodes: a person's words about a batch reach neither leaf nor fault.
func TestReasonsAreCodes(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	v := w.until("approve")
	must(w.session("wang"))
	must(w.session("zhang"))
	const words = "李某漏登一件"
	for _, reason := range []string{words, "a\x1bb", "Incomplete"} {
		left := w.cards["wang"].left
		var f *fault.Fault
		w.refused("reject", "usage.bad-request", func(ctx context.Context) error {
			_, err := w.st.Reject(ctx, v.ID, reason, w.signer("wang"))
			f = fault.From(err)
			return err
		})
		if f == nil || !strings.Contains(f.En, "wrong-carriers") || !strings.Contains(f.Zh, "wrong-carriers") || strings.Contains(f.En+f.Zh, words) || w.cards["wang"].left != left {
			t.Errorf("reject %q: %v", reason, f)
		}
		w.refused("void", "usage.bad-request", func(ctx context.Context) error {
			_, err := w.st.Void(ctx, v.ID, reason, w.logins["zhang"])
			return err
		})
	}
	w.refused("reject without a reason", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.Reject(ctx, v.ID, "", w.signer("wang"))
		return err
	})
	must(w.st.Reject(t.Context(), v.ID, "incomplete", w.signer("wang")))
	b := must(w.st.OpenBatch(t.Context(), station.OpenOptions{Session: w.logins["zhang"], List: w.list, Number: "XH-2"}))
	must(w.st.Void(t.Context(), b.ID, "must-return", w.logins["zhang"]))
	got := w.clear()
	if got[leaf.BatchRejected] != "incomplete" || got[leaf.BatchVoided] != "must-return" {
		t.Errorf("the leaves say %v", got)
	}
}
