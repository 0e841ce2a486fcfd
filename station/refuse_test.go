package station_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/station"
)

// until drives the batch to the step at which the kiosk would ask for what is named.
func (w *world) until(step string) station.BatchView {
	w.t.Helper()
	for range 200 {
		v, err := w.st.Batch(w.t.Context(), batchNumber)
		if err == nil && v.Step == step {
			return v
		}
		if _, err := w.step(); err != nil {
			w.t.Fatalf("on the way to %s: %v", step, err)
		}
	}
	w.t.Fatalf("the batch never comes to %s", step)
	return station.BatchView{}
}

// trace is everything a refused request must leave as it was.
type trace struct {
	Batches  []station.BatchView
	Carriers []station.CarrierView
	Journal  []any
	Machine  []string
	Size     int64
}

func (w *world) trace() trace {
	w.t.Helper()
	ctx := w.t.Context()
	tr := trace{Batches: must(w.st.Batches(ctx)), Carriers: must(w.st.Carriers(ctx, station.CarrierFilter{Limit: 1000})).Carriers, Size: w.led.Head().Size}
	for _, r := range must(w.led.Runs(ctx)) {
		tr.Journal = append(tr.Journal, r)
	}
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	tr.Machine = append(tr.Machine, w.m.commands...)
	return tr
}

// refused demands that f is refused with code, and that nothing is left of it but its refusal record.
func (w *world) refused(name, code string, f func(context.Context) error) {
	w.t.Helper()
	w.later.Add(int64(time.Minute)) // nothing stands for an equal refusal any more
	before := w.trace()
	err := f(w.t.Context())
	if err == nil {
		w.t.Errorf("%s: not refused", name)
		return
	}
	got := fault.From(err)
	if got.Code != code {
		w.t.Errorf("%s: refused with %v, want %s", name, err, code)
	}
	if got.Zh == "" || got.En == "" {
		w.t.Errorf("%s: a language is missing: %+v", name, got)
	}
	after := w.trace()
	want := int64(0)
	switch got.Kind {
	case fault.Refused, fault.Unauthentic, fault.Indeterminate:
		want = 1
	}
	if code == "session.unknown" || code == "session.locked" || code == "token.no-card" {
		want = 0
	}
	if grew := after.Size - before.Size; grew != want {
		w.t.Errorf("%s: %d leaves were written, want %d", name, grew, want)
	}
	if want == 1 {
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), after.Size-1)))
		if err != nil {
			w.t.Fatal(err)
		}
		if b, ok := p.Body.(*leaf.Refusal); !ok || b.Code != got.Code {
			w.t.Errorf("%s: the leaf is %s %+v", name, p.Kind, p.Body)
		}
	}
	before.Size, after.Size = 0, 0
	if !reflect.DeepEqual(before, after) {
		w.t.Errorf("%s: something is left of it:\nbefore %+v\nafter  %+v", name, before, after)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.source = paperList(3, "4,YZ-900,须清退的件（演练）,某局（演练）,纸介质,秘密,10年,2页,1,是,\n5,YZ-901,绝密卷（演练）,某局（演练）,胶片,绝密,长期,2页,1,否,\n")
	w.office(0)
	for _, id := range []string{"admin", "zhang", "wang", "li", "zhao"} {
		must(w.session(id))
	}
	ses := func(id string) string { return w.logins[id] }

	w.refused("nobody logged in", "session.unknown", func(ctx context.Context) error {
		_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: "x", List: w.list, Number: "N"})
		return err
	})
	w.refused("batch by somebody without the role", "person.role", func(ctx context.Context) error {
		_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: ses("li"), List: w.list, Number: "N"})
		return err
	})
	w.refused("carrier that must be returned", "carrier.must-return", func(ctx context.Context) error {
		_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: ses("zhang"), List: w.list, Number: "N", Carriers: []string{"YZ-900"}})
		return err
	})
	w.refused("unknown carrier", "usage.not-found", func(ctx context.Context) error {
		_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: ses("zhang"), List: w.list, Number: "N", Carriers: []string{"YZ-404"}})
		return err
	})
	w.refused("the list again", "list.duplicate", func(ctx context.Context) error {
		_, err := w.st.ImportList(ctx, w.source, station.ImportOptions{Session: ses("admin")})
		return err
	})
	w.refused("a list of known numbers", "list.bad-rows", func(ctx context.Context) error {
		v, err := w.st.ImportList(ctx, append(append([]byte{}, w.source...), '\n'), station.ImportOptions{Session: ses("admin")})
		if len(v.Bad) != 5 || v.Imported {
			t.Errorf("bad rows %+v", v)
		}
		return err
	})
	w.refused("the list signed for again", "custody.refused", func(ctx context.Context) error {
		_, err := w.st.ReceiveList(ctx, w.list, w.signer("admin"))
		return err
	})
	w.refused("a person twice", "person.duplicate", func(ctx context.Context) error {
		_, err := w.st.EnrolPerson(ctx, station.EnrolOptions{Person: "li2", Name: "李", Roles: []string{"attestor"}, Reader: "li"}, w.signer("admin"))
		return err
	})
	w.refused("a profile that is none", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.AdoptPolicy(ctx, []byte("format = 1"), w.signer("admin"))
		return err
	})
	w.refused("wrong PIN", "token.pin-wrong", func(ctx context.Context) error {
		_, err := w.st.EnrolMachine(ctx, station.MachineOptions{Machine: "m2"}, station.Signer{Session: ses("admin"), PIN: must(station.NewPIN([]byte("999998"), false))})
		return err
	})
}

func TestRefusalsOnTheWay(t *testing.T) {
	w := newWorld(t)
	w.office(3)
	for _, id := range []string{"admin", "zhang", "wang", "li", "zhao"} {
		must(w.session(id))
	}
	ses := func(id string) string { return w.logins[id] }
	authorise := func(id string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.Authorise(ctx, batchNumber, w.signer(id)); return err }
	}
	release := func(ctx context.Context) error { _, err := w.st.Release(ctx, batchNumber); return err }
	feed := func(number string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.Feed(ctx, batchNumber, number, w.hands); return err }
	}

	w.until("recount")
	count := func(o station.CountOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.Count(ctx, batchNumber, o); return err }
	}
	all := []string{"YZ-001", "YZ-002", "YZ-003"}
	w.refused("the same person counts twice", "person.role", count(station.CountOptions{Round: 2, Session: ses("admin"), Found: all}))
	w.refused("one is missing, unexplained", "batch.count-differs", count(station.CountOptions{Round: 2, Session: ses("zhang"), Found: all[:2]}))
	w.refused("counts differ, explained by one", "batch.count-differs", count(station.CountOptions{Round: 2, Session: ses("zhang"), Found: all[:2], Explain: map[string]string{"YZ-003": "借出"}}))
	w.refused("a number nobody knows", "usage.not-found", count(station.CountOptions{Round: 2, Session: ses("zhang"), Found: append(all, "YZ-007")}))
	w.refused("a number twice", "usage.bad-request", count(station.CountOptions{Round: 2, Session: ses("zhang"), Found: append(all, "YZ-001")}))

	w.until("approve")
	w.refused("the applicant approves", "person.role", func(ctx context.Context) error {
		_, err := w.st.Approve(ctx, batchNumber, station.ApproveOptions{}, w.signer("zhang"))
		return err
	})
	w.refused("authorise before approval", "batch.not-approved", authorise("li"))
	w.refused("release before approval", "batch.not-approved", release)
	w.until("team")
	w.refused("one person for both parts", "token.same-person", func(ctx context.Context) error {
		_, err := w.st.NameTeam(ctx, batchNumber, station.TeamOptions{Session: ses("zhang"), Destroyer: "li", Attestor: "li"})
		return err
	})
	w.refused("a team without the role", "person.role", func(ctx context.Context) error {
		_, err := w.st.NameTeam(ctx, batchNumber, station.TeamOptions{Session: ses("zhang"), Destroyer: "li", Attestor: "wang"})
		return err
	})
	w.until("authorise")
	w.refused("somebody who is not named", "token.wrong-person", authorise("wang"))
	if err := authorise("li")(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.refused("the same person again", "token.same-person", authorise("li"))
	w.refused("release with one signature", "batch.not-approved", release)
	left := w.cards["zhao"].left
	w.refused("wrong PIN", "token.pin-wrong", func(ctx context.Context) error {
		_, err := w.st.Authorise(ctx, batchNumber, station.Signer{Session: ses("zhao"), PIN: must(station.NewPIN([]byte("999998"), false))})
		return err
	})
	if w.cards["zhao"].left != left-1 {
		t.Errorf("a wrong PIN was tried %d times", left-w.cards["zhao"].left)
	}
	w.until("release")
	w.refused("feed before release", "machine.not-released", feed("YZ-001"))
	w.m.set(func(m *shredderSim) { m.reasons = 1 << 2 }) // guard open
	w.refused("the guard is open", "machine.not-ready", release)
	w.m.set(func(m *shredderSim) { m.reasons = 0; m.serial = "SX-2" })
	w.refused("another machine", "machine.identity", release)
	w.m.set(func(m *shredderSim) { m.serial = "SX-1"; m.peer = "zz" })
	w.refused("another certificate", "machine.identity", release)
	w.m.set(func(m *shredderSim) { m.peer = "ab"; m.noLink = true })
	w.refused("no link", "machine.link", release)
	w.m.set(func(m *shredderSim) { m.noLink = false })
	if err := w.st.Logout(t.Context(), ses("zhao")); err != nil {
		t.Fatal(err)
	}
	w.settleLedger()
	delete(w.logins, "zhao")
	w.refused("the attestor has left", "session.needed", release)
	w.until("feed")
	w.refused("a carrier of no batch", "usage.not-found", feed("YZ-404"))
	if err := feed("YZ-001")(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.refused("a carrier again", "carrier.already-fed", feed("YZ-001"))
	w.refused("release again", "batch.state", release)
	w.refused("certify before the end", "batch.state", func(ctx context.Context) error { _, err := w.st.Certify(ctx, batchNumber); return err })
}

// set changes the machine by hand.
func (m *shredderSim) set(f func(*shredderSim)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m)
}

// settleLedger waits until the ends of sessions are on record.
func (w *world) settleLedger() {
	w.t.Helper()
	w.eventually("sessions on record", func() bool {
		size := w.led.Head().Size
		_, p, err := leaf.Decode(must(w.led.Leaf(w.t.Context(), size-1)))
		return err == nil && p.Kind == leaf.SessionLocked
	})
}

// eventually polls ok until a deadline that only a defect reaches.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			w.t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
