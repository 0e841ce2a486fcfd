package station_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/station"
)

// bureau is an office with everybody the register's duties need: a second keeper, readers of different clearance, an auditor, a
// classification authority, places and a destruction body. Whoever is on post is trained and pledged.
//
//	admin keeps (top secret) · sun keeps too (secret) and is secrecy officer · qian audits · zhou approves and classifies
//	wu and zheng read (secret) · xu reads (confidential, training over) · lin is enrolled and on no post
func (w *world) bureau(rows string) {
	w.t.Helper()
	ctx := w.t.Context()
	w.source = []byte("序号,载体编号,文件资料名称,制发单位,载体类别,文号,份号,密级,保密期限,页数或容量,份数或数量,须清退,备注,印制份数,成文日期\n" + rows)
	w.office(0)
	for i, p := range []struct{ id, roles, clearance, trained string }{
		{"sun", "keeper,secrecy-officer,operator,receiver", "secret", "2099-12-31"}, {"qian", "auditor,approver", "secret", "2099-12-31"},
		{"zhou", "approver,classifier,applicant", "top-secret", "2099-12-31"}, {"wu", "operator", "secret", "2099-12-31"}, {"zheng", "operator,applicant", "secret", "2099-12-31"},
		{"mei", "operator", "top-secret", "2099-12-31"},
		{"xu", "operator", "confidential", "2020-01-01"}, {"lin", "operator,receiver", "", ""},
	} {
		w.cards[p.id] = newPlastic(p.id, pinOf(p.id), uint32(200+i))
		w.d.insert(p.id, w.cards[p.id])
		must(w.st.EnrolPerson(ctx, station.EnrolOptions{Person: p.id, Name: "姓名" + p.id, Roles: strings.Split(p.roles, ","), Reader: p.id, PIN: pin(p.id)}, w.signer("admin")))
		if i == 0 {
			for _, d := range []station.DepartmentOptions{{Department: "JYS", Name: "机要室（演练）", Highest: "绝密"}, {Department: "YW", Name: "业务处（演练）", Highest: "机密"}} {
				d.Session = must(w.session("sun"))
				must(w.st.EnterDepartment(ctx, d))
			}
		}
		if p.clearance == "" {
			continue
		}
		must(w.st.PostPerson(ctx, station.PostOptions{Session: w.logins["sun"], Person: p.id, Department: "JYS", Post: "岗位（演练）", Grade: "important",
			Clearance: p.clearance, TrainedTill: p.trained, Since: "2020-01-01"}))
		must(w.st.Pledge(ctx, false, w.signer(p.id)))
	}
	for _, p := range []station.PlaceOptions{
		{Place: "G1", Department: "JYS", Use: "approved-cabinet", Name: "一号柜（演练）", Highest: "绝密", Keeper: "admin"},
		{Place: "G2", Department: "YW", Use: "cabinet", Name: "二号柜（演练）", Highest: "秘密", Keeper: "sun"},
		{Place: "YLS", Department: "JYS", Use: "reading-room", Name: "阅览室（演练）", Highest: "绝密"},
	} {
		p.Session = must(w.session("sun"))
		must(w.st.EnterPlace(ctx, p))
	}
	for _, f := range []station.FirmOptions{
		{Firm: "XH", Form: "administration", Name: "销毁中心（演练）", Qualification: "演字1号", Highest: "机密", QualifiedTill: "2099-12-31"},
		{Firm: "OLD", Form: "qualified-firm", Name: "旧厂（演练）", Qualification: "演字0号", Highest: "绝密", QualifiedTill: "2020-12-31"},
	} {
		f.Session = must(w.session("sun"))
		must(w.st.EnterFirm(ctx, f))
	}
}

// row is one line of a bureau's list.
func row(n int, number, copy, class, period string) string {
	return numbered(n, n, number, copy, class, period)
}

// numbered is row n of a list with the carrier YZ-k.
func numbered(n, k int, number, copy, class, period string) string {
	return fmt.Sprintf("%d,YZ-%03d,文件%s（演练）,某局（演练）,纸介质,%s,%s,%s,%s,10页,1,否,,20,2026-03-05\n", n, k, number, number, copy, class, period)
}

// papers is a list of secret documents 某局〔2026〕1号 with three copies, a top-secret one with one, one that must be returned and one of work secrets.
var papers = row(1, "某局〔2026〕1号", "000001", "机密", "10年") + row(2, "某局〔2026〕1号", "000002", "机密", "10年") + row(3, "某局〔2026〕1号", "000003", "机密", "10年") +
	row(4, "某局〔2026〕2号", "000001", "绝密", "长期") + strings.Replace(row(5, "某局〔2026〕3号", "000001", "秘密", "5年"), ",否,", ",是,", 1) +
	strings.Replace(row(6, "某局〔2026〕4号", "", "工作秘密", ""), ",20,", ",,", 1)

// granted applies for an act and has it approved as the rules ask; it gives the id.
func (w *world) granted(o station.RequestOptions) string {
	w.t.Helper()
	ctx := w.t.Context()
	o.Session, o.Reason = must(w.session("zhang")), "工作需要（演练）"
	r, err := w.st.OpenRequest(ctx, o)
	if err != nil {
		w.t.Fatalf("request to %s: %v", o.Act, err)
	}
	if r.Needs.Audit != "" {
		if _, err := w.st.AuditRequest(ctx, r.ID, station.DecisionOptions{Opinion: "拟同意（演练）"}, w.signer("qian")); err != nil {
			w.t.Fatalf("audit of %s: %v", o.Act, err)
		}
	}
	if _, err := w.st.ApproveRequest(ctx, r.ID, station.DecisionOptions{Authority: r.Needs.Authority, Opinion: "同意（演练）"}, w.signer("zhou")); err != nil {
		w.t.Fatalf("approval of %s: %v", o.Act, err)
	}
	return r.ID
}

// move opens a movement under a fresh approval.
func (w *world) move(o station.MovementOptions) station.MovementView {
	w.t.Helper()
	o.Request = w.granted(station.RequestOptions{Act: o.Act, Carriers: o.Carriers})
	v, err := w.st.OpenMovement(w.t.Context(), o, w.signer("admin"))
	if err != nil {
		w.t.Fatalf("%s: %v", o.Act, err)
	}
	return v
}

func (w *world) carrier(number string) station.CarrierView {
	w.t.Helper()
	return must(w.st.Carrier(w.t.Context(), number))
}

// at demands where a carrier is.
func (w *world) at(number, where, with string) {
	w.t.Helper()
	if c := w.carrier(number); c.Where != where || c.With != with {
		w.t.Errorf("%s is %s with %q, want %s with %q", number, c.Where, c.With, where, with)
	}
}

// TestDutyD1 receives a list in four acts, each by name, and signs for nothing before all are done.
func TestDutyD1(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	more := strings.ReplaceAll(string(paperList(3, "")), "YZ-", "YB-")
	v := must(w.st.ImportList(ctx, []byte(more), station.ImportOptions{Session: w.logins["admin"]}))
	id := v.List.ID
	for _, p := range []string{"admin", "sun", "wang", "zhang"} {
		must(w.session(p))
	}
	receive := func(ctx context.Context) error { _, err := w.st.ReceiveList(ctx, id, w.signer("admin")); return err }
	count := func(o station.ListCountOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := w.st.CountList(ctx, id, o); return err }
	}
	number := func(who, series string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.NumberList(ctx, id, station.ListNumberOptions{Session: w.logins[who], Series: series})
			return err
		}
	}
	if v.List.Counted != -1 || !slices.Equal(v.List.Lacks, []string{"count", "number"}) {
		t.Errorf("imported %+v", v.List)
	}
	w.refused("signed for before it is counted", "list.not-counted", receive)
	w.refused("counted by an approver", "person.role", count(station.ListCountOptions{Session: w.logins["wang"], Found: 3}))
	w.refused("another list's carrier", "list.not-listed", count(station.ListCountOptions{Session: w.logins["admin"], Numbers: []string{"YB-001", "YZ-001"}}))
	w.refused("a number twice", "usage.bad-request", count(station.ListCountOptions{Session: w.logins["admin"], Numbers: []string{"YB-001", "YB-001"}}))
	w.refused("an unknown number", "usage.not-found", count(station.ListCountOptions{Session: w.logins["admin"], Numbers: []string{"YB-404"}}))
	if err := count(station.ListCountOptions{Session: w.logins["admin"], Numbers: []string{"YB-001", "YB-003"}})(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("signed for with one missing", "list.count-differs", receive)
	if err := count(station.ListCountOptions{Session: w.logins["admin"], Numbers: []string{"YB-003", "YB-001", "YB-002"}})(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("signed for without numbers", "list.not-numbered", receive)
	w.refused("numbered by the applicant", "person.role", number("zhang", ""))
	w.refused("a series with a figure", "usage.bad-request", number("sun", "密收1"))
	if err := number("sun", "")(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("numbered again", "custody.refused", number("sun", "机收"))
	must(w.session("lin"))
	w.refused("signed for by somebody on no post", "person.not-fit", func(ctx context.Context) error { _, err := w.st.ReceiveList(ctx, id, w.signer("lin")); return err })
	w.refused("signed for by a keeper who is no receiver", "person.role", func(ctx context.Context) error { _, err := w.st.ReceiveList(ctx, id, w.signer("zhang")); return err })
	if err := receive(ctx); err != nil {
		t.Fatal(err)
	}
	l := must(w.st.List(ctx, id))
	if l.Counted != 3 || l.Counter != "admin" || l.First != 7 || l.Last != 9 || l.Series != "密收" || l.Numberer != "sun" || l.Receiver != "admin" || len(l.Lacks) != 0 {
		t.Errorf("%+v", l)
	}
	if c := w.carrier("YB-002"); c.Reference != fmt.Sprintf("密收〔%d〕8号", time.Now().Year()) || c.Where != "on-shelf" || c.Keeper != "admin" {
		t.Errorf("%+v", c)
	}
	w.refused("counted after the signature", "list.received", count(station.ListCountOptions{Session: w.logins["admin"], Found: 3}))
}

// TestDutyD1Documents: rows of one 文号 and issuer are copies of one document, over several lists; what contradicts it is a bad row.
func TestDutyD1Documents(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	d := must(w.st.Document(ctx, "某局〔2026〕1号"))
	if d.Mark != "机密★10年" || d.Made != 20 || d.Registered != 3 || d.Dated != "2026-03-05" || d.Own || len(d.Carriers) != 3 || d.Carriers[1].Copy != "000002" {
		t.Fatalf("%+v", d)
	}
	if c := w.carrier("YZ-002"); c.DocumentID != d.ID || c.Dated != "2026-03-05" {
		t.Errorf("%+v", c)
	}
	head := "序号,载体编号,文件资料名称,制发单位,载体类别,文号,份号,密级,保密期限,页数或容量,份数或数量,须清退,备注,印制份数,成文日期\n"
	good := numbered(1, 10, "某局〔2026〕1号", "000004", "机密", "10年")
	for _, c := range []struct{ name, column, row string }{
		{"a copy number that is registered", "份号", strings.Replace(good, "000004", "000002", 1)},
		{"another level", "密级", strings.Replace(good, "机密", "秘密", 1)},
		{"another period", "保密期限", strings.Replace(good, "10年", "15年", 1)},
		{"another day", "成文日期", strings.Replace(good, "2026-03-05", "2026-03-06", 1)},
		{"another print run", "印制份数", strings.Replace(good, ",20,", ",30,", 1)},
	} {
		w.refused(c.name, "list.bad-rows", func(ctx context.Context) error {
			v, err := w.st.ImportList(ctx, []byte(head+c.row), station.ImportOptions{Session: w.logins["admin"]})
			if len(v.Bad) != 1 || v.Bad[0].Line != 2 || v.Bad[0].Column != c.column || v.Bad[0].Zh == "" {
				t.Errorf("%s: %+v", c.name, v.Bad)
			}
			return err
		})
	}
	v, err := w.st.ImportList(ctx, []byte(head+good+numbered(2, 11, "某局〔2026〕1号", "000005", "机密", "10年")), station.ImportOptions{Session: w.logins["admin"]})
	if err != nil {
		t.Fatal(err, v.Bad)
	}
	if again := must(w.st.Document(ctx, "某局〔2026〕1号")); again.ID != d.ID || again.Registered != 5 || v.List.Rows != 2 {
		t.Errorf("%+v", again)
	}
}
