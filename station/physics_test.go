package station_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/shredder"
	"sexton/station"
	"sexton/token"
)

// kinds lists the kinds of the leaves of a subject.
func (w *world) kindsOf(v []station.HistoryView) []string {
	var out []string
	for _, h := range v {
		out = append(out, h.Kind)
	}
	return out
}

func (w *world) state(number string) string {
	w.t.Helper()
	return must(w.st.Carrier(w.t.Context(), number)).State
}

// feedNext feeds the next carrier and gives its outcome.
func (w *world) feedNext(hands func(station.Progress)) (station.OutcomeView, error) {
	v := w.until("feed")
	return w.st.Feed(w.t.Context(), v.ID, v.Next, hands)
}

func TestVerdicts(t *testing.T) {
	w := newWorld(t)
	w.office(4)
	w.grid["YZ-001"] = feedPlan{energy: 0}  // phantom: counted, not cut
	w.grid["YZ-002"] = feedPlan{skip: true} // nobody feeds it
	v := must(w.feedNext(w.hands))
	if v.Verdict != "disputed" || v.Feed != 1 || v.EnergyJ != 0 || !slices.Contains(v.Reasons, "contradiction.fed-without-energy") {
		t.Errorf("fed without energy: %+v", v)
	}
	v = must(w.feedNext(w.hands))
	if v.Verdict != "unfed" || v.Leaf != "" || w.state("YZ-002") != "released" {
		t.Errorf("not fed: %+v", v)
	}
	delete(w.grid, "YZ-002")
	if v = must(w.feedNext(w.hands)); v.Verdict != "destroyed" || v.Carrier != "YZ-002" {
		t.Errorf("fed in the second try: %+v", v)
	}
	// A double feed is one too many.
	v = must(w.feedNext(func(p station.Progress) {
		if p.Phase == "ready" && p.Feed == 0 && w.gone[p.Carrier] == 0 {
			w.gone[p.Carrier] = 1
			w.m.put(3000, 50)
			w.m.put(3000, 50)
		}
	}))
	if v.Verdict != "disputed" || v.Feed != 2 {
		t.Errorf("fed two: %+v", v)
	}
	cases := must(w.st.OpenCases(t.Context()))
	if len(cases) != 2 || cases[0].Carrier != "YZ-001" || !cases[0].Probed {
		t.Errorf("open cases %+v", cases)
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	b := must(w.st.Batch(t.Context(), batchNumber))
	if b.State != "certified" || b.States["certified"] != 2 || b.States["disputed"] != 2 {
		t.Errorf("batch %v", b.States)
	}
	// Quarantined cases stay open; resolving one as held brings it back, as destroyed is refused without evidence.
	_, err := w.st.Resolve(t.Context(), "YZ-001", station.ResolveOptions{Resolution: "destroyed", Reason: "看过了"}, w.signer("li"))
	if fault.From(err).Code != "custody.refused" {
		t.Errorf("resolved as destroyed against the evidence: %v", err)
	}
	held := station.ResolveOptions{Resolution: "held", Reason: "整件取回（演练）"}
	must(w.st.Resolve(t.Context(), "YZ-001", held, w.signer("li")))
	// The second person cannot throw the first one's signature away by asking for something else.
	_, err = w.st.Resolve(t.Context(), "YZ-001", station.ResolveOptions{Resolution: "lost", Reason: "找不到（演练）"}, w.signer("zhao"))
	if fault.From(err).Code != "case.differs" {
		t.Errorf("signed something else than the first: %v", err)
	}
	if v := must(w.st.Resolve(t.Context(), "YZ-001", held, w.signer("zhao"))); !v.Done {
		t.Errorf("both signed the same: %+v", v)
	}
	if w.state("YZ-001") != "counted" {
		t.Errorf("resolved as held: %s", w.state("YZ-001"))
	}
}

func TestUnannouncedFeed(t *testing.T) {
	w := newWorld(t)
	w.office(3)
	must(w.feedNext(w.hands))
	w.m.put(5000, 50) // somebody feeds without asking
	v := w.until("feed")
	_, err := w.st.Feed(t.Context(), v.ID, v.Next, w.hands)
	if f := fault.From(err); f == nil || f.Code != "machine.unannounced" {
		t.Fatalf("an unannounced object: %v", err)
	}
	w.mustBeSafe()
	b := must(w.st.Batch(t.Context(), v.ID))
	if b.State != "withdrawn" || b.Cause != "unannounced-feed" {
		t.Fatalf("batch %s, %s", b.State, b.Cause)
	}
	r := must(w.st.Reconcile(t.Context(), v.ID))
	if r.Indeterminate != 2 || r.Unfed != 0 || r.FeedTotal != 2 || r.Destroyed != 1 {
		t.Errorf("what was not fed may have been the unannounced object: %+v", r)
	}
}

func TestCardPulledDuringFeed(t *testing.T) {
	for _, c := range []struct {
		name    string
		fed     bool
		verdict string
	}{{"before the object", false, "unfed"}, {"object in the cutter", true, "destroyed"}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.office(3)
			w.until("feed")
			pulled := false
			v, err := w.feedNext(func(p station.Progress) {
				if pulled {
					return
				}
				pulled = true
				if c.fed {
					w.m.put(5000, 50)
					w.gone[p.Carrier] = 1
				}
				w.d.remove("zhao")
				w.eventually("permission withdrawn", func() bool {
					w.m.mu.Lock()
					defer w.m.mu.Unlock()
					return !w.m.live()
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			if v.Verdict != c.verdict || v.Withdrawn != token.CardRemoved.String() && v.Withdrawn == "" {
				t.Errorf("outcome %+v", v)
			}
			b := must(w.st.Batch(t.Context(), batchNumber))
			if b.State != "withdrawn" || b.Step != "resume" {
				t.Fatalf("batch is %s, next %s", b.State, b.Step)
			}
			kinds := w.kindsOf(must(w.st.Batch(t.Context(), batchNumber)).History)
			if kinds[len(kinds)-1] != "batch.withdrawn" {
				t.Errorf("leaves %v", kinds)
			}
			if _, err := w.st.Resume(t.Context(), b.ID); fault.From(err).Code != "session.needed" {
				t.Errorf("resumed without the card: %v", err)
			}
			w.d.insert("zhao", w.cards["zhao"])
			delete(w.logins, "zhao")
			if err := w.finish(); err != nil {
				t.Fatal(err)
			}
			w.mustBeTrue()
		})
	}
}

func TestLinkLostDuringFeed(t *testing.T) {
	for _, c := range []struct {
		name string
		back bool
		want string
	}{{"comes back", true, "destroyed"}, {"stays away", false, "indeterminate"}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.LinkTimeout = 40 * time.Millisecond
			if c.back {
				w.cfg.LinkTimeout = time.Minute
			}
			w.restart(nil)
			w.office(2)
			lost := 0
			v, err := w.feedNext(func(p station.Progress) {
				switch {
				case p.Phase == "ready" && lost == 0:
					lost = 1
					w.m.put(5000, 50)
					w.gone[p.Carrier] = 1
					w.m.set(func(m *shredderSim) { m.noLink = true })
				case p.Phase == "link-lost" && c.back:
					w.m.set(func(m *shredderSim) { m.noLink = false })
				}
			})
			if err != nil || v.Verdict != c.want {
				t.Fatalf("outcome %+v, %v", v, err)
			}
			if w.state("YZ-001") != c.want {
				t.Fatalf("carrier is %s", w.state("YZ-001"))
			}
			w.m.set(func(m *shredderSim) { m.noLink = false })
			w.eventually("the machine is safe", func() bool {
				b := must(w.st.Batch(t.Context(), batchNumber))
				return c.back || b.State == "withdrawn"
			})
			if err := w.finish(); err != nil {
				t.Fatal(err)
			}
			w.mustBeTrue()
		})
	}
}

func TestUnknownOutcomeOfCommands(t *testing.T) {
	for _, mute := range []int{1, 2} {
		w := newWorld(t)
		w.office(2)
		w.until("release")
		for _, id := range []string{"li", "zhao"} {
			must(w.session(id))
		}
		w.m.set(func(m *shredderSim) {
			m.muted = []string{"offer", "release"}[mute-1]
		})
		_, err := w.st.Release(t.Context(), batchNumber)
		if f := fault.From(err); f == nil || f.Code != "machine.unknown" {
			t.Fatalf("an unknown outcome: %v", err)
		}
		w.mustBeSafe()
		if n := len(w.m.used); n != 1 {
			t.Errorf("%d jobs were offered: the command was sent again", n)
		}
		w.m.set(func(m *shredderSim) { m.muted = "" })
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		w.mustBeTrue()
	}
}

func TestMachineEndsPermission(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	w.until("feed")
	w.m.set(func(m *shredderSim) { m.end(); m.reasons = shredder.GuardOpen })
	w.eventually("withdrawn on record", func() bool { return must(w.st.Batch(t.Context(), batchNumber)).State == "withdrawn" })
	if _, err := w.st.Resume(t.Context(), batchNumber); fault.From(err).Code != "machine.not-ready" {
		t.Errorf("resumed with the guard open: %v", err)
	}
	w.m.set(func(m *shredderSim) { m.reasons = 0 })
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	w.mustBeTrue()
}

func TestWithdrawNeedsNobody(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	v := w.until("feed")
	b := must(w.st.Withdraw(t.Context(), v.ID, "emergency"))
	w.mustBeSafe()
	if b.State != "withdrawn" || b.Cause != "emergency" {
		t.Errorf("batch %s %s", b.State, b.Cause)
	}
	if again := must(w.st.Withdraw(t.Context(), v.ID, "person")); again.Cause != "emergency" {
		t.Errorf("a second withdrawal changed the cause to %s", again.Cause)
	}
}

func TestCloseWithdraws(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	w.until("feed")
	w.stop()
	w.mustBeSafe()
	w.start(nil)
	if b := must(w.st.Batch(t.Context(), batchNumber)); b.State != "withdrawn" || b.Cause != "station-closed" {
		t.Errorf("batch %s %s", b.State, b.Cause)
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
}

func TestCanceledFeed(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	v := w.until("feed")
	ctx, cancel := context.WithCancel(t.Context())
	o, err := w.st.Feed(ctx, v.ID, v.Next, func(station.Progress) { cancel() })
	if err != nil || o.Verdict != "unfed" {
		t.Fatal(o, err)
	}
	w.mustBeSafe()
	if b := must(w.st.Batch(t.Context(), v.ID)); b.Cause != "canceled" {
		t.Errorf("cause %q", b.Cause)
	}
}

func TestPanicInFeed(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	v := w.until("feed")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = w.st.Feed(t.Context(), v.ID, v.Next, func(station.Progress) { panic("display on fire") })
	}()
	w.mustBeSafe()
	if s := w.state("YZ-001"); s != "indeterminate" {
		t.Errorf("carrier is %s", s)
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	w.mustBeTrue()
}

func TestPolicyWithoutRule(t *testing.T) {
	w := newWorld(t)
	w.office(2)
	profile := must(os.ReadFile("../policy/profiles/cn-state-secrets.toml"))
	must(w.st.AdoptPolicy(t.Context(), profile, w.signer("admin")))
	v := w.until("seal")
	must(w.session("zhang"))
	w.refused("no rule", "policy.no-rule", func(ctx context.Context) error {
		_, err := w.st.Seal(ctx, v.ID, station.SealOptions{}, w.signer("zhang"))
		return err
	})
}

// TestEvents sees what a listener sees, and that a slow one is told of its loss.
func TestEvents(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	events := w.st.Events(ctx)
	w.office(2)
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	cancel()
	seen := map[string]bool{}
	last := int64(0)
	for e := range events {
		if e.Type != "lost" && e.Seq <= last {
			t.Errorf("event %d after %d", e.Seq, last)
		}
		last = e.Seq
		seen[e.Type+" "+e.What] = true
		if e.Zh == "" || e.En == "" {
			t.Errorf("a language is missing: %+v", e)
		}
	}
	for _, want := range []string{"person enrolled", "list imported", "session opened"} {
		if !seen[want] {
			t.Errorf("no event %q", want)
		}
	}
	if !seen["lost lost"] && !seen["batch certified"] {
		t.Error("the end was neither seen nor reported lost")
	}
}

// TestStartWithoutMachine: after a crash the machine does not answer. The station starts, refuses to go on, and withdraws as soon as
// the machine is back.
func TestStartWithoutMachine(t *testing.T) {
	w := newWorld(t)
	w.cfg.CommandTimeout = 50 * time.Millisecond
	w.office(2)
	w.until("feed")
	w.m.set(func(m *shredderSim) { m.noLink = true })
	w.restart(nil)
	b := must(w.st.Batch(t.Context(), batchNumber))
	if b.State != "released" {
		t.Fatalf("batch %s: a withdrawal is on record that nobody confirmed", b.State)
	}
	for _, id := range []string{"li", "zhao"} {
		must(w.session(id))
	}
	if _, err := w.st.Feed(t.Context(), b.ID, b.Next, w.hands); fault.From(err).Code != "machine.not-released" {
		t.Errorf("fed under a permission of another life: %v", err)
	}
	if _, err := w.st.Reconcile(t.Context(), b.ID); fault.From(err).Code != "machine.link" {
		t.Errorf("reconciled without the machine: %v", err)
	}
	w.m.set(func(m *shredderSim) { m.noLink = false })
	w.eventually("withdrawn on record", func() bool { return must(w.st.Batch(t.Context(), batchNumber)).State == "withdrawn" })
	w.mustBeSafe()
	if len(must(w.st.Status(t.Context())).Recovery) == 0 {
		t.Error("the screen does not say what the start put right")
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	w.mustBeTrue()
}
