package station_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sexton/station"
)

// TestDutyD4 copies on paper: under an approved request for so many, each copy with a number of its own and the mark of the original;
// spoiled ones are tracked and take no road but destruction.
func TestDutyD4(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"admin", "sun", "zhang", "wang", "zhou", "qian"} {
		must(w.session(p))
	}
	ask := station.RequestOptions{Session: w.logins["zhang"], Act: "copy", Carriers: []string{"YZ-001"}, Count: 3, Reason: "会议用（演练）", Number: "复字1号"}
	for name, change := range map[string]func(*station.RequestOptions){
		"without a number of copies": func(o *station.RequestOptions) { o.Count = 0 },
		"of two carriers":            func(o *station.RequestOptions) { o.Carriers = []string{"YZ-001", "YZ-002"} },
		"of a document":              func(o *station.RequestOptions) { o.Carriers, o.Document = nil, "某局〔2026〕1号" },
	} {
		w.refused("to copy "+name, "usage.bad-request", func(ctx context.Context) error {
			o := ask
			change(&o)
			_, err := w.st.OpenRequest(ctx, o)
			return err
		})
	}
	r := must(w.st.OpenRequest(ctx, ask))
	make := func(who string, o station.CopyOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.MakeCopies(ctx, "复字1号", o, w.signer(who))
			return err
		}
	}
	good := station.CopyOptions{Made: 2, Spoiled: 1, Stamp: "某局复制 2026-03-06（演练）"}
	w.refused("copies nobody approved", "request.state", make("admin", good))
	must(w.st.AuditRequest(ctx, r.ID, station.DecisionOptions{}, w.signer("qian")))
	must(w.st.ApproveRequest(ctx, r.ID, station.DecisionOptions{}, w.signer("zhou")))
	w.refused("by an approver", "person.role", make("zhou", good))
	w.refused("more than approved", "copies.over-approved", make("admin", station.CopyOptions{Made: 3, Spoiled: 1}))
	w.refused("none", "usage.bad-request", make("admin", station.CopyOptions{}))
	w.refused("a copy number that is used", "copies.number-used", make("admin", station.CopyOptions{Made: 2, First: 2}))
	w.refused("a carrier number that is registered", "copies.carrier-number", make("admin", station.CopyOptions{Made: 1, Numbers: []string{"YZ-002"}}))
	w.refused("too few carrier numbers", "usage.bad-request", make("admin", station.CopyOptions{Made: 2, Numbers: []string{"YZ-101"}}))
	w.refused("of another kind than there is", "usage.bad-request", make("admin", station.CopyOptions{Made: 1, Kind: "stone"}))
	v := must(w.st.MakeCopies(ctx, r.ID, good, w.signer("sun")))
	if !v.Signed.Done || !slices.Equal(v.Numbers, []string{"YZ-001-F01", "YZ-001-F02", "YZ-001-X01"}) {
		t.Fatalf("%+v", v)
	}
	w.refused("one more", "request.state", make("sun", station.CopyOptions{Made: 1}))
	original := w.carrier("YZ-001")
	for i, number := range v.Numbers {
		c := w.carrier(number)
		if c.Parent != original.ID || c.DocumentID != original.DocumentID || c.Level != "secret" || c.Term != "10年" || c.Keeper != "sun" || c.Where != "on-shelf" ||
			c.Spoiled != (i == 2) || c.Title != original.Title || c.Extent != 10 {
			t.Errorf("%+v", c)
		}
		if want := []string{"000021", "000022", ""}[i]; c.Copy != want { // after the issuer's print run of 20
			t.Errorf("%s has the copy number %q, want %q", number, c.Copy, want)
		}
	}
	b := must(w.st.Balance(ctx, "某局〔2026〕1号"))
	if !b.Balanced || b.Made != 23 || b.Registered != 6 || b.Held["on-shelf"] != 6 || b.Spoiled != 1 || b.Elsewhere != 17 || len(b.Edges) != 0 || b.Copies[len(b.Copies)-1].Copy != "000022" {
		t.Errorf("%+v", b)
	}
	lend := w.granted(station.RequestOptions{Act: "lend", Carriers: []string{"YZ-001-X01", "YZ-001-F01"}})
	must(w.session("sun"))
	w.refusesToMove(station.MovementOptions{Act: "lend", Carriers: []string{"YZ-001-X01"}, To: "wu", Request: lend}, []opening{
		{"a spoiled copy is lent", "custody.refused", "sun", func(*station.MovementOptions) {}},
	})
	top := must(w.st.OpenRequest(ctx, station.RequestOptions{Session: w.logins["zhang"], Act: "copy", Carriers: []string{"YZ-004"}, Count: 1, Reason: "r"}))
	must(w.st.AuditRequest(ctx, top.ID, station.DecisionOptions{}, w.signer("qian")))
	for name, o := range map[string]station.DecisionOptions{"by the own leader": {Authority: "own-leader"}} {
		w.refused("top secret copied "+name, "batch.authority", func(ctx context.Context) error {
			_, err := w.st.ApproveRequest(ctx, top.ID, o, w.signer("zhou"))
			return err
		})
	}
	pair := func(who, with string) func(context.Context) error {
		return func(ctx context.Context) error {
			o := station.CopyOptions{Made: 1}
			if with != "" {
				o.With = w.signer(with)
			}
			_, err := w.st.MakeCopies(ctx, top.ID, o, w.signer(who))
			return err
		}
	}
	w.refused("the issuer's consent without its letter", "usage.bad-request", func(ctx context.Context) error {
		_, err := w.st.ApproveRequest(ctx, top.ID, station.DecisionOptions{Authority: "issuer"}, w.signer("zhou"))
		return err
	})
	must(w.st.ApproveRequest(ctx, top.ID, station.DecisionOptions{Authority: "issuer", Opinion: "某局复函1号（演练）"}, w.signer("zhou")))
	must(w.session("mei"))
	w.refused("top secret copied by one", "copies.persons", pair("admin", ""))
	w.refused("top secret copied by one who signs twice", "token.same-person", pair("admin", "admin"))
	w.refused("top secret copied with somebody cleared for secret", "person.not-fit", pair("admin", "sun"))
	w.refused("top secret copied with an approver", "person.role", pair("admin", "zhou"))
	if err := pair("admin", "mei")(ctx); err != nil {
		t.Fatal(err)
	}
	if c := w.carrier("YZ-004-F01"); c.Level != "top-secret" || c.Keeper != "admin" {
		t.Errorf("%+v", c)
	}
}

// TestDutyD4Make makes an own document in numbered copies.
func TestDutyD4Make(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"admin", "sun", "zhang", "zhou", "wu"} {
		must(w.session(p))
	}
	own := station.DocumentOptions{Session: w.logins["sun"], Number: "云财〔2026〕7号", Title: "关于预算的通知（演练）", Issuer: "云泽市财政局（演练）", Scope: "局领导", Classification: "机密", Period: "5年", Dated: "2026-04-01"}
	for name, change := range map[string]func(*station.DocumentOptions){
		"without a title":               func(o *station.DocumentOptions) { o.Title = "" },
		"of no classification":          func(o *station.DocumentOptions) { o.Classification = "很密" },
		"with too long a period":        func(o *station.DocumentOptions) { o.Period = "40年" },
		"with a period that is none":    func(o *station.DocumentOptions) { o.Period = "0年" },
		"of work secrets with a period": func(o *station.DocumentOptions) { o.Classification = "工作秘密" },
		"of a day that is none":         func(o *station.DocumentOptions) { o.Dated = "2026-02-30" },
	} {
		w.refused("a document "+name, "usage.bad-request", func(ctx context.Context) error {
			o := own
			change(&o)
			_, err := w.st.EnterDocument(ctx, o)
			return err
		})
	}
	w.refused("a document by an operator", "person.role", func(ctx context.Context) error {
		o := own
		o.Session = w.logins["wu"]
		_, err := w.st.EnterDocument(ctx, o)
		return err
	})
	d := must(w.st.EnterDocument(ctx, own))
	w.refused("the document again", "document.known", func(ctx context.Context) error { _, err := w.st.EnterDocument(ctx, own); return err })
	id := w.granted(station.RequestOptions{Act: "make", Document: own.Number, Count: 5})
	v := must(w.st.MakeCopies(ctx, id, station.CopyOptions{Made: 4, Spoiled: 1, Extent: 3, Numbers: []string{"ZZ-1", "ZZ-2", "ZZ-3", "ZZ-4", "ZZ-X1"}}, w.signer("admin")))
	if c := w.carrier(v.Numbers[3]); c.Copy != "000004" || c.Level != "secret" || c.Term != "5年" || c.Document != own.Number || c.Extent != 3 || c.Kind != "paper" || c.Parent != "" {
		t.Errorf("%+v", c)
	}
	if b := must(w.st.Balance(ctx, d.ID)); !b.Balanced || b.Made != 5 || b.Registered != 5 || !b.Document.Own {
		t.Errorf("%+v", b)
	}
}

// TestDutyD6 keeps carriers: in a place whose use and level fit, lent with a date, overdue when it passes, back with an inspection.
func TestDutyD6(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"admin", "sun", "wu", "zhang"} {
		must(w.session(p))
	}
	store := func(who, place string, numbers ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.StoreCarriers(ctx, station.StoreOptions{Session: w.logins[who], Place: place, Carriers: numbers})
			return err
		}
	}
	w.refused("stored by an applicant", "person.role", store("zhang", "G1", "YZ-001"))
	w.refused("in a place nobody entered", "usage.not-found", store("admin", "G9", "YZ-001"))
	w.refused("top secret in a plain cabinet", "place.use", store("admin", "G2", "YZ-004"))
	w.refused("in a reading room", "place.use", store("admin", "YLS", "YZ-001"))
	w.refused("secret in a cabinet for confidential", "custody.refused", store("admin", "G2", "YZ-001"))
	w.refused("nothing", "usage.bad-request", store("admin", "G1"))
	w.refused("top secret by a keeper cleared for secret", "person.not-fit", store("sun", "G1", "YZ-004"))
	if err := store("admin", "G1", "YZ-001", "YZ-004")(ctx); err != nil {
		t.Fatal(err)
	}
	if c := w.carrier("YZ-001"); c.Place != "G1" || c.Where != "on-shelf" {
		t.Errorf("%+v", c)
	}
	req := w.granted(station.RequestOptions{Act: "lend", Carriers: []string{"YZ-001", "YZ-002"}})
	lend := station.MovementOptions{Act: "lend", Carriers: []string{"YZ-001", "YZ-002"}, To: "wu", Request: req, Due: time.Now().AddDate(0, 0, 3), Purpose: "核对（演练）"}
	w.refusesToMove(lend, []opening{
		{"for longer than the rules allow", "movement.too-long", "", func(m *station.MovementOptions) { m.Due = time.Now().AddDate(0, 0, 8) }},
		{"until yesterday", "usage.bad-request", "", func(m *station.MovementOptions) { m.Due = time.Now().AddDate(0, 0, -1) }},
		{"into a room", "place.use", "", func(m *station.MovementOptions) { m.Place = "YLS"; m.Carriers = []string{"YZ-006"} }},
		{"more carriers than approved", "custody.refused", "", func(m *station.MovementOptions) { m.Carriers = []string{"YZ-001", "YZ-002", "YZ-003"} }},
	}[:2])
	m := must(w.st.OpenMovement(ctx, lend, w.signer("admin")))
	w.refused("renewed before it is signed for", "movement.state", func(ctx context.Context) error {
		_, err := w.st.RenewMovement(ctx, m.ID, time.Now().AddDate(0, 0, 5), w.signer("admin"))
		return err
	})
	must(w.st.AcceptMovement(ctx, m.ID, station.MovementStepOptions{}, w.signer("wu")))
	w.at("YZ-002", "on-loan", "wu")
	if p := must(w.st.Overdue(ctx, station.PageOptions{})); len(p.Held) != 0 || p.Searched.Entries != 6 {
		t.Errorf("%+v", p)
	}
	renew := func(days int) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.RenewMovement(ctx, m.ID, time.Now().AddDate(0, 0, days), w.signer("admin"))
			return err
		}
	}
	w.refused("renewed beyond what the rules allow", "movement.too-long", renew(9))
	w.refused("renewed to the past", "usage.bad-request", renew(-1))
	if err := renew(5)(ctx); err != nil {
		t.Fatal(err)
	}
	w.wall.Add(int64(6 * 24 * time.Hour))
	p := must(w.st.Overdue(ctx, station.PageOptions{}))
	if len(p.Held) != 2 || !p.Held[0].Overdue || p.Held[0].DaysOver != 1 || p.Held[0].Carrier.With != "wu" {
		t.Errorf("%+v", p)
	}
	if v := must(w.st.Movements(ctx, station.MovementFilter{Overdue: true, To: "wu"})); v.Total != 1 || !v.Movements[0].Overdue {
		t.Errorf("%+v", v)
	}
	if o := must(w.st.Outstanding(ctx, "wu")); !slices.Equal(o.Carriers, []string{"YZ-001", "YZ-002"}) || o.Clear {
		t.Errorf("%+v", o)
	}
	must(w.st.ReturnMovement(ctx, m.ID, station.MovementStepOptions{Carriers: []string{"YZ-001"}, Checked: true, Remark: "完好（演练）"}, w.signer("admin")))
	if v := must(w.st.Movement(ctx, m.ID)); v.State != "accepted" || v.Out != 1 {
		t.Errorf("%+v", v)
	}
	w.at("YZ-001", "on-shelf", "")
	must(w.st.ReturnMovement(ctx, m.ID, station.MovementStepOptions{}, w.signer("admin")))
	w.refused("taken back again", "movement.state", func(ctx context.Context) error {
		_, err := w.st.ReturnMovement(ctx, m.ID, station.MovementStepOptions{}, w.signer("admin"))
		return err
	})
	if v := must(w.st.Movement(ctx, m.ID)); v.State != "closed" || len(v.History) != 5 {
		t.Errorf("%+v", v)
	}
	if p := must(w.st.Overdue(ctx, station.PageOptions{})); len(p.Held) != 0 {
		t.Errorf("%+v", p)
	}
}

// TestDutyD12 changes marks: by a classification authority who did not apply, for every copy held here, with a history; a release lets the
// copies go.
func TestDutyD12(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"zhang", "zhou", "wang", "admin", "qian"} {
		must(w.session(p))
	}
	down := station.RequestOptions{Session: w.logins["zhang"], Act: "reclassify", Document: "某局〔2026〕1号", Classification: "秘密", Period: "5年", Reason: "情况变化（演练）"}
	w.refused("to a mark that is none", "usage.bad-request", func(ctx context.Context) error {
		o := down
		o.Period = "20年"
		_, err := w.st.OpenRequest(ctx, o)
		return err
	})
	r := must(w.st.OpenRequest(ctx, down))
	w.refused("a second change under way", "custody.refused", func(ctx context.Context) error { _, err := w.st.OpenRequest(ctx, down); return err })
	change := func(who string, o station.ClassifyOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.Reclassify(ctx, "某局〔2026〕1号", o, w.signer(who))
			return err
		}
	}
	basis := station.ClassifyOptions{Request: r.ID, Basis: "定密事项范围第3条（演练）"}
	w.refused("before it is approved", "request.state", change("zhou", basis))
	must(w.st.AuditRequest(ctx, r.ID, station.DecisionOptions{}, w.signer("qian")))
	w.refused("approved by a leader who is no classification authority", "person.role", func(ctx context.Context) error {
		_, err := w.st.ApproveRequest(ctx, r.ID, station.DecisionOptions{Authority: "issuer", Opinion: "某局函1号（演练）"}, w.signer("wang"))
		return err
	})
	must(w.st.ApproveRequest(ctx, r.ID, station.DecisionOptions{Authority: "issuer", Opinion: "某局函1号（演练）"}, w.signer("zhou")))
	w.refused("by a keeper", "person.role", change("admin", basis))
	w.refused("without a basis", "usage.bad-request", change("zhou", station.ClassifyOptions{Request: r.ID}))
	w.refused("under another request", "usage.not-found", change("zhou", station.ClassifyOptions{Request: "R-404", Basis: "b"}))
	must(w.st.Reclassify(ctx, "某局〔2026〕1号", basis, w.signer("zhou")))
	d := must(w.st.Document(ctx, "某局〔2026〕1号"))
	if d.Mark != "秘密★5年" || d.Change != "" {
		t.Errorf("%+v", d)
	}
	if c := w.carrier("YZ-002"); c.Level != "confidential" || c.Term != "5年" || c.Classification != "secret" || c.Period != "10年" {
		t.Errorf("%+v", c)
	}
	w.refused("again", "request.state", change("zhou", basis))

	rel := w.granted(station.RequestOptions{Act: "declassify", Document: "某局〔2026〕1号"})
	must(w.st.ReportIncident(ctx, station.IncidentOptions{Session: w.logins["admin"], What: "lost", Carriers: []string{"YZ-003"}, Text: "查找中（演练）", Discovered: time.Now().Add(-time.Hour)}))
	must(w.st.Declassify(ctx, "某局〔2026〕1号", station.ClassifyOptions{Request: rel, Basis: "到期（演练）"}, w.signer("zhou")))
	if d := must(w.st.Document(ctx, "某局〔2026〕1号")); !d.Released || d.Carriers[0].Disposition != "declassified" {
		t.Errorf("%+v", d)
	}
	if c := w.carrier("YZ-001"); c.State != "declassified" || c.Keeper != "" {
		t.Errorf("%+v", c)
	}
}

// TestDispositions sends carriers away for good, each by its own road, and lets a destruction body certify what it got.
func TestDispositions(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	for _, p := range []string{"admin", "sun", "zhou"} {
		must(w.session(p))
	}
	for _, act := range []string{"dispatch", "archive", "transfer", "consign"} {
		w.refusesToMove(station.MovementOptions{Act: act, Carriers: []string{"YZ-005"}, Party: "某部（演练）", Outside: true}, []opening{
			{"must be returned: " + act, "carrier.must-return", "", func(*station.MovementOptions) {}},
		})
	}
	slip := station.MovementStepOptions{Receipt: "回执1号（演练）", Scan: []byte("scan")}
	for _, c := range []struct{ act, number, state string }{{"return", "YZ-005", "returned"}, {"archive", "YZ-001", "archived"}, {"transfer", "YZ-002", "transferred"}} {
		o := station.MovementOptions{Act: c.act, Carriers: []string{c.number}, Party: "对方（演练）", Outside: true, Channel: "own-vehicle", Escorts: []string{"sun"}}
		m := w.move(o)
		w.at(c.number, "in-transit", "")
		must(w.st.AcceptMovement(ctx, m.ID, slip, w.signer("sun")))
		if got := w.carrier(c.number); got.State != c.state || got.Disposition != c.state || got.Where != "nowhere" {
			t.Errorf("%s: %+v", c.act, got)
		}
	}
	consign := station.MovementOptions{Act: "consign", Carriers: []string{"YZ-003"}, To: "XH", Channel: "own-vehicle", Escorts: []string{"sun", "zhou"}, Seals: []string{"封1"}}
	consign.Request = w.granted(station.RequestOptions{Act: "consign", Carriers: []string{"YZ-003"}, To: "XH"})
	top := w.granted(station.RequestOptions{Act: "consign", Carriers: []string{"YZ-004"}, To: "XH"})
	old := w.granted(station.RequestOptions{Act: "consign", Carriers: []string{"YZ-003"}, To: "OLD"})
	w.refusesToMove(consign, []opening{
		{"to a firm nobody entered", "usage.not-found", "", func(m *station.MovementOptions) { m.To = "NONE" }},
		{"to a firm whose qualification has run out", "firm.not-qualified", "", func(m *station.MovementOptions) { m.To, m.Request = "OLD", old }},
		{"to a firm not qualified so high", "firm.not-qualified", "", func(m *station.MovementOptions) {
			m.Carriers, m.Request, m.Escorts = []string{"YZ-004"}, top, []string{"admin", "zhou"}
		}},
		{"with one escort", "movement.escorts", "", func(m *station.MovementOptions) { m.Escorts = []string{"zhou"} }},
	})
	m := must(w.st.OpenMovement(ctx, consign, w.signer("admin")))
	certify := func(o station.FirmCertificateOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.CertifyFirm(ctx, m.ID, o, w.signer("admin"))
			return err
		}
	}
	paper := station.FirmCertificateOptions{Certificate: "销证9号（演练）", Scan: []byte("certificate")}
	w.refused("certified before it is there", "movement.state", certify(paper))
	must(w.st.AcceptMovement(ctx, m.ID, slip, w.signer("sun")))
	if b := must(w.st.Balance(ctx, "某局〔2026〕1号")); b.Disposed["consigned"] != 1 || len(b.Edges) != 1 || b.Edges[0].What != "consigned" || b.Edges[0].Zh == "" {
		t.Errorf("%+v", b)
	}
	w.refused("certified without the paper", "usage.bad-request", certify(station.FirmCertificateOptions{Certificate: "销证9号（演练）"}))
	if err := certify(paper)(ctx); err != nil {
		t.Fatal(err)
	}
	if c := w.carrier("YZ-003"); c.State != "destroyed-elsewhere" || c.Disposition != "destroyed-elsewhere" {
		t.Errorf("%+v", c)
	}
	w.refused("certified again", "movement.state", certify(paper))
	if b := must(w.st.Balance(ctx, "某局〔2026〕1号")); !b.Balanced || b.Registered != 3 || b.Held["on-shelf"] != 0 || len(b.Edges) != 0 {
		t.Errorf("%+v", b)
	}
}
