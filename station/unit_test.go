package station_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sexton/internal/fault"
	"sexton/station"
)

// unitCrew adds to the office a secrecy officer, an inspector, an operator, and somebody who never gets a post.
var unitCrew = []person{{"chen", []string{"secrecy-officer", "keeper"}}, {"qian", []string{"inspector"}}, {"sun", []string{"operator"}}, {"lin", []string{"operator"}}}

// unit is an office with departments, a place and posts.
func (w *world) unit(n int) {
	w.t.Helper()
	for i, p := range unitCrew {
		w.cards[p.id] = newPlastic(p.id, pinOf(p.id), uint32(200+i))
		w.d.insert(p.id, w.cards[p.id])
	}
	w.office(n)
	ctx := w.t.Context()
	for _, p := range unitCrew {
		if _, err := w.st.EnrolPerson(ctx, station.EnrolOptions{Person: p.id, Name: "姓名" + p.id, Roles: p.roles, Reader: p.id, PIN: pin(p.id)}, w.signer("admin")); err != nil {
			w.t.Fatalf("enrol %s: %v", p.id, err)
		}
	}
	w.ok(w.st.EnterDepartment(ctx, station.DepartmentOptions{Session: w.as("chen"), Department: "机要室", Name: "办公室机要室（演练）", Highest: "绝密"}))
	w.ok(w.st.EnterPlace(ctx, station.PlaceOptions{Session: w.as("chen"), Place: "G-01", Department: "机要室", Use: "approved-cabinet", Name: "一号保密柜（演练）", Highest: "机密", Keeper: "admin"}))
	for _, p := range []string{"admin", "chen", "sun"} {
		w.ok(w.st.PostPerson(ctx, station.PostOptions{Session: w.as("chen"), Person: p, Department: "机要室", Post: "机要员（演练）", Grade: "important", Clearance: "机密", TrainedTill: "2099-12-31", Since: "2026-01-01"}))
		w.ok(w.st.Pledge(ctx, false, w.signer(p)))
	}
}

func (w *world) as(id string) string { return must(w.session(id)) }

// ok fails the test on an error.
func (w *world) ok(_ any, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestDutyD11DepartmentsAndPlaces(t *testing.T) {
	w := newWorld(t)
	w.unit(1)
	ctx := t.Context()
	d := must(w.st.Departments(ctx))
	if len(d) != 2 || d[0].Department != "机要室" || d[0].Name != "办公室机要室（演练）" || d[0].Highest != "top-secret" || d[0].HighestZh != "绝密" {
		t.Errorf("departments %+v", d)
	}
	// Changing keeps the name, closing is a change.
	v := must(w.st.EnterPlace(ctx, station.PlaceOptions{Session: w.as("chen"), Place: "G-01", Department: "机要室", Use: "cabinet", Highest: "secret", Closed: true}))
	if v.Name != "一号保密柜（演练）" || v.UseZh != "保密柜" || !v.Closed || v.Keeper != "" {
		t.Errorf("changed place %+v", v)
	}
	if p := must(w.st.Places(ctx)); len(p) != 1 || p[0] != v {
		t.Errorf("places %+v", p)
	}
	f := must(w.st.EnterFirm(ctx, station.FirmOptions{Session: w.as("chen"), Firm: "xh-1", Form: "qualified-firm", Name: "某销毁公司（演练）", Qualification: "销资字001", Highest: "机密", QualifiedTill: "2020-01-01"}))
	if f.DaysLeft >= 0 || f.Qualification != "销资字001" {
		t.Errorf("firm %+v", f)
	}
	enter := func(o station.PlaceOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.EnterPlace(ctx, o); return err }
	}
	good := station.PlaceOptions{Session: w.as("chen"), Place: "G-02", Department: "机要室", Use: "cabinet", Name: "二号柜", Highest: "秘密"}
	with := func(f func(*station.PlaceOptions)) station.PlaceOptions { o := good; f(&o); return o }
	w.refused("by an operator", "person.role", enter(with(func(o *station.PlaceOptions) { o.Session = w.as("sun") })))
	w.refused("unknown department", "usage.not-found", enter(with(func(o *station.PlaceOptions) { o.Department = "没有" })))
	w.refused("unknown level", "usage.bad-request", enter(with(func(o *station.PlaceOptions) { o.Highest = "机要" })))
	w.refused("unknown use", "usage.bad-request", enter(with(func(o *station.PlaceOptions) { o.Use = "shelf" })))
	w.refused("no name at first", "usage.bad-request", enter(with(func(o *station.PlaceOptions) { o.Name = "" })))
	w.refused("an id that is a path", "usage.bad-request", enter(with(func(o *station.PlaceOptions) { o.Place = "../G" })))
	w.refused("a keeper nobody enrolled", "person.not-enrolled", enter(with(func(o *station.PlaceOptions) { o.Keeper = "nobody" })))
	w.refused("a day that is none", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.EnterFirm(ctx, station.FirmOptions{Session: w.as("chen"), Firm: "xh-2", Form: "qualified-firm", Name: "n", Qualification: "q", Highest: "机密", QualifiedTill: "2026-02-30"})
		return err
	})
	w.ok(w.st.EnterPlace(ctx, good))
}

// post finds a person among the posts.
func (w *world) post(id string) station.PostView {
	w.t.Helper()
	for _, p := range must(w.st.PostList(w.t.Context())) {
		if p.Person == id {
			return p
		}
	}
	w.t.Fatalf("%s is not listed", id)
	return station.PostView{}
}

func TestDutyD10PeopleJoinMoveAndLeave(t *testing.T) {
	w := newWorld(t)
	w.unit(2)
	ctx := t.Context()
	if p := w.post("sun"); p.State != "fit" || p.StateZh != "在岗" || p.Clearance != "secret" || p.Review != "2029-01-01" || p.TrainingLeft < 20000 || p.CardUntil == "" {
		t.Errorf("posted %+v", p)
	}
	if p := w.post("lin"); p.State != "no-post" {
		t.Errorf("never posted %+v", p)
	}
	text := must(w.st.PledgeText(ctx, false))
	kept := must(w.led.Attachment(ctx, text.SHA256))
	if string(kept) != text.Text || fmt.Sprintf("%x", sha256.Sum256(kept)) != text.SHA256 || !strings.Contains(text.Text, "保密承诺书") || !strings.Contains(text.Text, "Undertaking") {
		t.Error("the pledge that was signed is not the one kept")
	}
	// Moving asks for a new pledge, training runs out.
	move := station.PostOptions{Session: w.as("chen"), Person: "sun", Department: "机要室", Grade: "core", Clearance: "绝密", TrainedTill: "2026-01-02", Since: "2026-01-01"}
	if p := must(w.st.PostPerson(ctx, move)); p.State != "not-pledged" || p.Post != "机要员（演练）" || p.Review != "2027-01-01" {
		t.Errorf("moved %+v", p)
	}
	w.ok(w.st.Pledge(ctx, false, w.signer("sun")))
	if p := w.post("sun"); p.State != "training-expired" || p.TrainingLeft >= 0 {
		t.Errorf("untrained %+v", p)
	}
	w.refused("posting somebody nobody enrolled", "person.not-enrolled", func(ctx context.Context) error {
		o := move
		o.Person = "nobody"
		_, err := w.st.PostPerson(ctx, o)
		return err
	})
	w.refused("a grade that is none", "usage.bad-request", func(ctx context.Context) error {
		o := move
		o.Grade = "high"
		_, err := w.st.PostPerson(ctx, o)
		return err
	})
	w.as("lin")
	w.refused("a pledge without a post", "custody.refused", func(ctx context.Context) error {
		_, err := w.st.Pledge(ctx, false, w.signer("lin"))
		return err
	})
}

func TestDutyD10NobodyLeavesWithSomethingOutstanding(t *testing.T) {
	w := newWorld(t)
	w.unit(2)
	ctx := t.Context()
	leave := func(who, by string) func(context.Context) error {
		return func(ctx context.Context) error {
			v, err := w.st.LeavePerson(ctx, station.LeaveOptions{Person: who, Reason: "transfer", CoolingUntil: "2029-01-01"}, w.signer(by))
			if err != nil && fault.From(err).Code == "person.outstanding" && len(v.Outstanding.Carriers)+len(v.Outstanding.Places) == 0 {
				t.Error("the refusal lists nothing")
			}
			return err
		}
	}
	// admin received the list: he keeps both carriers, and answers for a cabinet.
	o := must(w.st.Outstanding(ctx, "admin"))
	if !slices.Equal(o.Carriers, []string{"YZ-001", "YZ-002"}) || !slices.Equal(o.Places, []string{"G-01"}) || o.Clear || o.Ledger.Size != w.led.Head().Size {
		t.Errorf("outstanding %+v", o)
	}
	w.refused("with carriers", "person.outstanding", leave("admin", "chen"))
	w.refused("himself", "person.own-leaving", leave("chen", "chen"))
	w.refused("without the leaving pledge", "person.not-pledged", leave("sun", "chen"))
	w.refused("somebody without a post", "usage.not-found", leave("lin", "chen"))
	w.refused("by an operator", "person.role", leave("li", "sun"))
	w.refused("a reason that is none", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.LeavePerson(ctx, station.LeaveOptions{Person: "sun", Reason: "tired"}, w.signer("chen"))
		return err
	})
	w.ok(w.st.Pledge(ctx, true, w.signer("sun")))
	if o := must(w.st.Outstanding(ctx, "sun")); !o.Clear || !o.Pledged {
		t.Errorf("nothing is outstanding: %+v", o)
	}
	if err := leave("sun", "chen")(ctx); err != nil {
		t.Fatal(err)
	}
	w.settleLedger()
	if p := w.post("sun"); p.State != "left" || p.CoolingUntil != "2029-01-01" {
		t.Errorf("left %+v", p)
	}
	delete(w.logins, "sun")
	w.refused("who left logs in", "person.left", func(ctx context.Context) error {
		_, err := w.st.Login(ctx, "sun", pin("sun"))
		return err
	})
	w.refused("leaving twice", "custody.refused", leave("sun", "chen"))
	// He comes back to a new post, and pledges anew.
	w.ok(w.st.PostPerson(ctx, station.PostOptions{Session: w.as("chen"), Person: "sun", Department: "机要室", Grade: "general", Clearance: "秘密", TrainedTill: "2099-01-01"}))
	if p := w.post("sun"); p.State != "not-pledged" {
		t.Errorf("back %+v", p)
	}
	w.ok(w.st.Pledge(ctx, false, w.signer("sun")))
}
