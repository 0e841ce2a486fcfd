package station_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sexton/station"
)

// opening is a refused request to hand carriers out: what is asked for, changed from what would be granted.
type opening struct {
	name, code string
	by         string // "" = admin
	change     func(*station.MovementOptions)
}

// refusesToMove demands that each change of an allowed movement is refused.
func (w *world) refusesToMove(allowed station.MovementOptions, all []opening) {
	w.t.Helper()
	for _, o := range all {
		by := "admin"
		if o.by != "" {
			by = o.by
		}
		must(w.session(by))
		m := allowed
		m.Escorts, m.Carriers = slices.Clone(m.Escorts), slices.Clone(m.Carriers)
		o.change(&m)
		w.refused(o.name, o.code, func(ctx context.Context) error { _, err := w.st.OpenMovement(ctx, m, w.signer(by)); return err })
	}
}

// TestDutyD2D7 sends documents out: only after audit and approval, by a channel and with the escorts that the level demands, and the link
// stays open until the receipt slip is here.
func TestDutyD2D7(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"zhang", "qian", "zhou", "sun", "admin"} {
		must(w.session(p))
	}
	ask := station.RequestOptions{Session: w.logins["zhang"], Act: "dispatch", Carriers: []string{"YZ-004"}, Party: "某部（演练）", Reason: "报送（演练）"}
	w.refused("a request without a reason", "usage.bad-request", func(ctx context.Context) error {
		o := ask
		o.Reason = ""
		_, err := w.st.OpenRequest(ctx, o)
		return err
	})
	w.refused("a request by an auditor", "person.role", func(ctx context.Context) error {
		o := ask
		o.Session = w.logins["qian"]
		_, err := w.st.OpenRequest(ctx, o)
		return err
	})
	w.refused("a request for a forbidden channel", "movement.channel", func(ctx context.Context) error {
		o := ask
		o.Channel = "ordinary-post"
		_, err := w.st.OpenRequest(ctx, o)
		return err
	})
	r := must(w.st.OpenRequest(ctx, ask))
	if r.Needs.Audit != "auditor" || !r.Needs.Approval || r.Needs.Escorts != 2 || r.State != "open" || r.Count != 1 {
		t.Fatalf("%+v", r)
	}
	decide := func(do func(context.Context, string, station.DecisionOptions, station.Signer) (station.SignedView, error), who string, o station.DecisionOptions) func(context.Context) error {
		return func(ctx context.Context) error { _, err := do(ctx, r.ID, o, w.signer(who)); return err }
	}
	out := station.MovementOptions{Act: "dispatch", Carriers: []string{"YZ-004"}, Party: "某部（演练）", Outside: true, Channel: "confidential-courier", Courier: "机要9号（演练）",
		Escorts: []string{"admin", "zhou"}, Request: r.ID, Seals: []string{"F002", "F001"}}
	w.refusesToMove(out, []opening{{"not approved yet", "request.state", "", func(*station.MovementOptions) {}}})
	w.refused("approved before it is audited", "request.not-audited", decide(w.st.ApproveRequest, "zhou", station.DecisionOptions{}))
	w.refused("audited by an approver", "person.role", decide(w.st.AuditRequest, "zhou", station.DecisionOptions{}))
	must(w.st.AuditRequest(ctx, r.ID, station.DecisionOptions{Opinion: "拟同意（演练）"}, w.signer("qian")))
	w.refused("approved by who audited", "person.role", decide(w.st.ApproveRequest, "qian", station.DecisionOptions{}))
	w.refused("rejected without a reason", "usage.bad-request", decide(w.st.RejectRequest, "zhou", station.DecisionOptions{}))
	w.refused("approved by a keeper", "person.role", decide(w.st.ApproveRequest, "sun", station.DecisionOptions{}))
	w.refused("taken back by somebody else", "token.wrong-person", func(ctx context.Context) error {
		_, err := w.st.WithdrawRequest(ctx, r.ID, w.logins["sun"])
		return err
	})
	must(w.st.ApproveRequest(ctx, r.ID, station.DecisionOptions{}, w.signer("zhou")))
	w.refused("approved again", "request.state", decide(w.st.ApproveRequest, "zhou", station.DecisionOptions{}))
	w.refusesToMove(out, []opening{
		{"no request", "request.needed", "", func(m *station.MovementOptions) { m.Request = "" }},
		{"a request nobody made", "usage.not-found", "", func(m *station.MovementOptions) { m.Request = "R-404" }},
		{"a request for another act", "request.other-act", "", func(m *station.MovementOptions) { m.Act = "transfer" }},
		{"another carrier than approved", "custody.refused", "", func(m *station.MovementOptions) { m.Carriers = []string{"YZ-001"} }},
		{"by ordinary post", "movement.channel", "", func(m *station.MovementOptions) { m.Channel = "ordinary-post" }},
		{"by fax", "movement.channel", "", func(m *station.MovementOptions) { m.Channel = "fax" }},
		{"by no channel", "movement.channel", "", func(m *station.MovementOptions) { m.Channel = "" }},
		{"one escort for top secret", "movement.escorts", "", func(m *station.MovementOptions) { m.Escorts = []string{"admin"} }},
		{"the same escort twice", "usage.bad-request", "", func(m *station.MovementOptions) { m.Escorts = []string{"admin", "admin"} }},
		{"an escort of lower clearance", "person.not-fit", "", func(m *station.MovementOptions) { m.Escorts = []string{"admin", "sun"} }},
		{"an escort on no post", "person.not-fit", "", func(m *station.MovementOptions) { m.Escorts = []string{"admin", "lin"} }},
		{"nobody to send it to", "usage.bad-request", "", func(m *station.MovementOptions) { m.Party = "" }},
		{"by an approver", "person.role", "zhou", func(*station.MovementOptions) {}},
		{"by a keeper who is not cleared", "person.not-fit", "sun", func(*station.MovementOptions) {}},
	})
	m := must(w.st.OpenMovement(ctx, out, w.signer("admin")))
	w.at("YZ-004", "in-transit", "")
	if m.State != "opened" || m.From.ClearanceZh != "绝密" || m.To.OutsideParty != "某部（演练）" || !slices.Equal(m.Seals, []string{"F001", "F002"}) {
		t.Errorf("%+v", m)
	}
	if links := must(w.st.OpenLinks(ctx, station.PageOptions{})); links.Total != 1 || links.Movements[0].ID != m.ID || links.Searched.Size == 0 {
		t.Errorf("open links %+v", links)
	}
	receipt := func(who string, o station.MovementStepOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.AcceptMovement(ctx, m.ID, o, w.signer(who))
			return err
		}
	}
	slip := station.MovementStepOptions{Receipt: "回执7号（演练）", Scan: []byte("scan")}
	w.refused("the receipt entered by who sent it", "person.role", receipt("admin", slip))
	w.refused("a receipt without its scan", "usage.bad-request", receipt("sun", station.MovementStepOptions{Receipt: "回执7号（演练）"}))
	w.refused("the receipt entered by an approver", "person.role", receipt("zhou", slip))
	if err := receipt("sun", slip)(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("the receipt again", "movement.state", receipt("sun", slip))
	c := w.carrier("YZ-004")
	if v := must(w.st.Movement(ctx, m.ID)); v.State != "closed" || v.Receipt != "回执7号（演练）" || c.State != "transferred" || c.Disposition != "transferred" || c.Keeper != "" {
		t.Errorf("%+v, %+v", v, c)
	}
	if r := must(w.st.Request(ctx, r.ID)); r.State != "used" || len(r.Opinions) != 1 || r.Opinions[0].Opinion != "拟同意（演练）" {
		t.Errorf("%+v", r)
	}
	if b := must(w.st.Balance(ctx, c.DocumentID)); !b.Balanced || b.Disposed["transferred"] != 1 || b.Elsewhere != 19 {
		t.Errorf("%+v", b)
	}
}

// TestDutyD2Expiry: an approval that has run out allows nothing.
func TestDutyD2Expiry(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	id := w.granted(station.RequestOptions{Act: "lend", Carriers: []string{"YZ-001"}, NotAfter: time.Now().Add(48 * time.Hour)})
	w.wall.Add(int64(72 * time.Hour))
	w.refusesToMove(station.MovementOptions{Act: "lend", Carriers: []string{"YZ-001"}, To: "wu", Request: id}, []opening{
		{"approved until yesterday", "request.expired", "", func(*station.MovementOptions) {}},
		{"a request that ends in the past", "request.needed", "", func(m *station.MovementOptions) { m.Request = "" }},
	})
	w.refused("an application that ends in the past", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.OpenRequest(ctx, station.RequestOptions{Session: must(w.session("zhang")), Act: "lend", Carriers: []string{"YZ-001"}, Reason: "r", NotAfter: time.Now()})
		return err
	})
}

// TestDutyD3 circulates documents: readers are cleared, admitted and sign, top secret is read in the reading room, who knew is on record,
// and the circle only grows by approval.
func TestDutyD3(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"wu", "zheng", "xu", "zhou", "admin", "sun", "wang"} {
		must(w.session(p))
	}
	circle := func(who string, o station.CircleOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.SetCircle(ctx, "某局〔2026〕1号", o, w.signer(who))
			return err
		}
	}
	w.refused("the circle set by a keeper", "person.role", circle("admin", station.CircleOptions{Persons: []string{"wu"}}))
	w.refused("a circle with a stranger", "usage.not-found", circle("zhou", station.CircleOptions{Persons: []string{"nobody"}}))
	if err := circle("zhou", station.CircleOptions{Persons: []string{"zhou", "wu"}})(ctx); err != nil {
		t.Fatal(err)
	}
	w.refused("the circle widened without a request", "custody.refused", circle("zhou", station.CircleOptions{Persons: []string{"zhou", "wu", "zheng"}}))

	req := w.granted(station.RequestOptions{Act: "circulate", Document: "某局〔2026〕1号", Count: 9})
	read := station.MovementOptions{Act: "circulate", Carriers: []string{"YZ-001"}, To: "wu", Request: req}
	w.refusesToMove(read, []opening{
		{"no approval", "request.needed", "", func(m *station.MovementOptions) { m.Request = "" }},
		{"a reader outside the circle", "document.circle", "", func(m *station.MovementOptions) { m.To = "zheng" }},
		{"a reader whose training is over", "person.not-fit", "", func(m *station.MovementOptions) { m.To = "xu" }},
		{"a reader on no post", "person.not-fit", "", func(m *station.MovementOptions) { m.To = "lin" }},
		{"a reader nobody enrolled", "usage.not-found", "", func(m *station.MovementOptions) { m.To = "nobody" }},
		{"a party outside", "usage.bad-request", "", func(m *station.MovementOptions) { m.To, m.Party, m.Outside = "", "某部（演练）", true }},
		{"too long", "movement.too-long", "", func(m *station.MovementOptions) { m.Due = time.Now().AddDate(0, 0, 9) }},
	})
	m := must(w.st.OpenMovement(ctx, read, w.signer("admin")))
	w.at("YZ-001", "offered", "")
	accept := func(who string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.AcceptMovement(ctx, m.ID, station.MovementStepOptions{}, w.signer(who))
			return err
		}
	}
	w.refused("signed for by another reader", "token.wrong-person", accept("zheng"))
	w.refused("signed for by the keeper", "token.wrong-person", accept("admin"))
	if p := must(w.st.WhoKnew(ctx, station.WhoKnewOptions{Carrier: "YZ-001"})); len(p.Lines) != 0 || p.Searched.Size == 0 {
		t.Errorf("somebody knew before he signed: %+v", p)
	}
	if err := accept("wu")(ctx); err != nil {
		t.Fatal(err)
	}
	w.at("YZ-001", "circulating", "wu")
	p := must(w.st.WhoKnew(ctx, station.WhoKnewOptions{Document: "某局〔2026〕1号"}))
	if len(p.Lines) != 1 || p.Lines[0].Person != "wu" || p.Lines[0].Name != "姓名wu" || p.Lines[0].Act != "circulate" || !slices.Equal(p.Circle, []string{"wu", "zhou"}) {
		t.Errorf("%+v", p)
	}
	back := func(who string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.ReturnMovement(ctx, m.ID, station.MovementStepOptions{Checked: true}, w.signer(who))
			return err
		}
	}
	w.refused("taken back by the reader", "person.role", back("wu"))
	w.refused("taken back by another keeper", "custody.refused", back("sun"))
	if err := back("admin")(ctx); err != nil {
		t.Fatal(err)
	}
	w.at("YZ-001", "on-shelf", "")

	wide := w.granted(station.RequestOptions{Act: "widen", Document: "某局〔2026〕1号", Persons: []string{"zheng"}})
	w.refused("somebody added whom the request does not name", "custody.refused", circle("zhou", station.CircleOptions{Persons: []string{"zhou", "wu", "sun"}, Request: wide}))
	w.refused("somebody dropped", "custody.refused", circle("zhou", station.CircleOptions{Persons: []string{"zhou", "zheng"}, Request: wide}))
	if err := circle("zhou", station.CircleOptions{Persons: []string{"wu", "zhou", "zheng"}, Request: wide})(ctx); err != nil {
		t.Fatal(err)
	}
	read.To = "zheng"
	must(w.st.OpenMovement(ctx, read, w.signer("admin")))

	top := w.granted(station.RequestOptions{Act: "circulate", Carriers: []string{"YZ-004"}})
	w.refusesToMove(station.MovementOptions{Act: "circulate", Carriers: []string{"YZ-004"}, To: "zhou", Request: top, Place: "YLS"}, []opening{
		{"top secret for a reader cleared for secret", "person.not-fit", "", func(m *station.MovementOptions) { m.To = "wu" }},
		{"top secret outside the reading room", "place.use", "", func(m *station.MovementOptions) { m.Place = "" }},
		{"top secret in a cabinet", "place.use", "", func(m *station.MovementOptions) { m.Place = "G1" }},
		{"top secret for two days", "movement.too-long", "", func(m *station.MovementOptions) { m.Due = time.Now().AddDate(0, 0, 2) }},
	})
	must(w.st.OpenMovement(ctx, station.MovementOptions{Act: "circulate", Carriers: []string{"YZ-004"}, To: "zhou", Request: top, Place: "YLS"}, w.signer("admin")))
}

// TestDutyD5 passes carriers inside the unit: both ends sign, an open link shows, what is refused or cancelled is back on the shelf.
func TestDutyD5(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"admin", "sun", "wu", "zhang"} {
		must(w.session(p))
	}
	give := station.MovementOptions{Act: "hand-over", Number: "交字1号", Carriers: []string{"YZ-001", "YZ-002", "YZ-003"}, To: "sun", Channel: "hand"}
	tooMany := make([]string, 201)
	w.refusesToMove(give, []opening{
		{"to himself", "movement.one-person", "", func(m *station.MovementOptions) { m.To = "admin" }},
		{"to nobody", "usage.bad-request", "", func(m *station.MovementOptions) { m.To = "" }},
		{"nothing", "usage.bad-request", "", func(m *station.MovementOptions) { m.Carriers = nil }},
		{"more than a leaf names", "carrier.too-many", "", func(m *station.MovementOptions) { m.Carriers = tooMany }},
		{"a carrier twice", "usage.bad-request", "", func(m *station.MovementOptions) { m.Carriers = []string{"YZ-001", "YZ-001"} }},
		{"an act that is none", "usage.bad-request", "", func(m *station.MovementOptions) { m.Act = "give-away" }},
		{"top secret without approval", "request.needed", "", func(m *station.MovementOptions) { m.Carriers = []string{"YZ-004"} }},
		{"into a cabinet for less", "custody.refused", "", func(m *station.MovementOptions) { m.Place = "G2" }},
		{"wrong PIN", "token.pin-wrong", "", func(*station.MovementOptions) { w.cards["admin"].pin = "999999" }},
	})
	w.cards["admin"].pin = pinOf("admin")
	m := must(w.st.OpenMovement(ctx, give, w.signer("admin")))
	w.refusesToMove(give, []opening{
		{"what is handed out already", "carrier.not-on-shelf", "", func(m *station.MovementOptions) { m.Number = "" }},
		{"a number used before", "usage.bad-request", "", func(m *station.MovementOptions) { m.Carriers = []string{"YZ-005"} }},
	})
	w.refused("put into a batch while it is handed out", "carrier.not-on-shelf", func(ctx context.Context) error {
		_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: must(w.session("zhang")), List: w.list, Number: "X", Carriers: []string{"YZ-001"}})
		return err
	})
	refuse := func(who, reason string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.RefuseMovement(ctx, "交字1号", station.MovementStepOptions{Carriers: []string{"YZ-002"}, Reason: reason}, w.signer(who))
			return err
		}
	}
	w.refused("refused without a reason", "usage.bad-request", refuse("sun", "no"))
	w.refused("refused by somebody else", "token.wrong-person", refuse("wu", "damaged"))
	if err := refuse("sun", "damaged")(ctx); err != nil {
		t.Fatal(err)
	}
	w.at("YZ-002", "on-shelf", "")
	w.refused("a carrier that was refused", "movement.not-in-it", refuse("sun", "damaged"))
	must(w.st.AcceptMovement(ctx, m.ID, station.MovementStepOptions{Carriers: []string{"YZ-001"}}, w.signer("sun")))
	if c := w.carrier("YZ-001"); c.Keeper != "sun" || c.Where != "on-shelf" || c.Movement != "" {
		t.Errorf("%+v", c)
	}
	if v := must(w.st.Movement(ctx, m.ID)); v.State != "accepted" || v.Out != 1 || v.To.Name != "姓名sun" || v.To.ClearanceZh != "机密" {
		t.Errorf("%+v", v)
	}
	w.refused("cancelled by somebody who is no keeper", "person.role", func(ctx context.Context) error {
		_, err := w.st.CancelMovement(ctx, m.ID, station.MovementStepOptions{}, w.logins["wu"])
		return err
	})
	if v := must(w.st.CancelMovement(ctx, m.ID, station.MovementStepOptions{}, w.logins["admin"])); v.State != "closed" || v.Out != 0 {
		t.Errorf("%+v", v)
	}
	w.at("YZ-003", "on-shelf", "")
	if links := must(w.st.OpenLinks(ctx, station.PageOptions{})); links.Total != 0 || links.Searched.Entries != 1 {
		t.Errorf("%+v", links)
	}
	w.refusesToMove(station.MovementOptions{Act: "hand-over", Carriers: []string{"YZ-001"}, To: "zhou", Channel: "hand"}, []opening{
		{"what another keeper has", "custody.refused", "", func(*station.MovementOptions) {}},
	})
}
