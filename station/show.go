package station

import (
	"context"
	"fmt"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// Status implements Overview.
func (s *Station) Status(ctx context.Context) (StatusView, error) {
	v, err := s.status(ctx)
	return v, toFault(err)
}

func (s *Station) status(ctx context.Context) (StatusView, error) {
	head := s.deps.Book.Head()
	v := StatusView{Origin: s.cfg.Origin, Bench: s.cfg.Bench, Software: s.cfg.Software, At: s.now(), Ledger: LedgerView{Size: head.Size, Root: head.Root}, Readers: []ReaderView{}}
	var err error
	if v.Policy, _, err = s.deps.Register.Policy(ctx); err != nil {
		return v, err
	}
	if v.Machine, err = s.machineView(ctx); err != nil {
		return v, err
	}
	v.USB = s.usbView()
	if v.Sessions, err = s.Sessions(ctx); err != nil {
		return v, err
	}
	if v.Open, err = s.openCases(ctx, ""); err != nil {
		return v, err
	}
	readers, err := s.deps.Desk.Readers(ctx)
	if err != nil { // the station goes on without readers; each act says what is wrong
		s.log.WarnContext(ctx, "cannot list the readers", "error", err)
	}
	for _, r := range readers {
		rv := ReaderView{Name: r.Name, Present: r.Present, Suspect: r.Suspect}
		for _, x := range v.Sessions {
			if x.Reader == r.Name && !x.Locked {
				rv.Session = x.ID
			}
		}
		v.Readers = append(v.Readers, rv)
	}
	s.mu.Lock()
	if s.active != nil {
		v.Active = s.active.batch.run.ID()
	}
	v.Recovery = append([]string{}, s.recovery...)
	s.mu.Unlock()
	return v, nil
}

// carrierRow finds a carrier by number or id.
func (s *Station) carrierRow(ctx context.Context, number string) (CarrierRow, error) {
	c, ok, err := s.deps.Register.CarrierByNumber(ctx, number)
	if err == nil && !ok {
		c, ok, err = s.deps.Register.Carrier(ctx, number)
	}
	if err != nil {
		return CarrierRow{}, err
	}
	if !ok {
		return CarrierRow{}, fault.New("usage.not-found", nil, "carrier "+number)
	}
	return c, nil
}

// Carriers implements Lists.
func (s *Station) Carriers(ctx context.Context, f CarrierFilter) (CarrierPage, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	f.Limit = min(f.Limit, 1000)
	if f.Batch != "" {
		row, err := s.batchRow(ctx, f.Batch)
		if err != nil {
			return CarrierPage{}, toFault(err)
		}
		f.Batch = row.ID
	}
	rows, total, err := s.deps.Register.Carriers(ctx, f)
	if err != nil {
		return CarrierPage{}, toFault(err)
	}
	page := CarrierPage{Carriers: []CarrierView{}, Total: total, Offset: f.Offset}
	for _, c := range rows {
		v, err := s.carrierView(ctx, c)
		if err != nil {
			return CarrierPage{}, toFault(err)
		}
		page.Carriers = append(page.Carriers, v)
	}
	return page, nil
}

// Carrier implements Lists.
func (s *Station) Carrier(ctx context.Context, number string) (CarrierView, error) {
	c, err := s.carrierRow(ctx, number)
	if err != nil {
		return CarrierView{}, toFault(err)
	}
	v, err := s.carrierView(ctx, c)
	if err != nil {
		return CarrierView{}, toFault(err)
	}
	if v.Reference, err = s.reference(ctx, c); err != nil {
		return CarrierView{}, toFault(err)
	}
	v.History, err = s.history(ctx, leaf.CarrierSubject+c.ID)
	return v, toFault(err)
}

func (s *Station) carrierView(ctx context.Context, c CarrierRow) (CarrierView, error) {
	class, _ := custody.ClassificationOf(c.Classification)
	v := CarrierView{ID: c.ID, Number: c.Number, List: c.List, Batch: c.Batch, Index: c.Index, State: c.State.String(), StateZh: c.State.Zh(),
		Kind: c.Kind, Medium: c.Medium, Classification: c.Classification, ClassificationZh: class.Zh, Period: c.Period, Extent: c.Extent.Value,
		ExtentUnit: c.Extent.Unit, Count: c.Count, MustReturn: c.MustReturn, Case: c.Case, History: []HistoryView{},
		Level: c.Level, LevelZh: levelZh(c.Level), Term: c.Term, Where: c.Where.String(), WhereZh: c.Where.Zh(), Keeper: c.Keeper, Place: c.Place,
		With: c.With, Movement: c.Movement, Due: c.Due, DocumentID: c.Document, Parent: c.Parent, Spoiled: c.Spoiled, Dated: c.Dated}
	if c.State.Terminal() {
		v.Disposition = c.State.Disposition().String()
	}
	openings, err := s.deps.Book.Openings(ctx, c.Event)
	if err != nil {
		return CarrierView{}, err
	}
	for _, o := range openings {
		if to := map[string]*string{"/body/title": &v.Title, "/body/document": &v.Document, "/body/copy": &v.Copy, "/body/issuer": &v.Issuer,
			"/body/serial": &v.SerialNo, "/body/remark": &v.Remark}[o.Path]; to != nil {
			*to = o.Value
		}
	}
	return v, nil
}

// history lists the leaves of a subject.
func (s *Station) history(ctx context.Context, subject string) ([]HistoryView, error) {
	events, err := s.deps.Register.Events(ctx, subject)
	if err != nil {
		return nil, err
	}
	out := []HistoryView{}
	for _, e := range events {
		p, err := s.payloadAt(ctx, e.Index)
		if err != nil {
			return nil, err
		}
		h := HistoryView{Index: e.Index, Hash: e.Hash, Kind: string(e.Kind), At: p.At, Actors: []Actor{}, Detail: detail(p)}
		for _, a := range p.Actors {
			h.Actors = append(h.Actors, Actor{Person: a.Person, Role: string(a.Role)})
		}
		out = append(out, h)
	}
	return out, nil
}

// detail is one line made of an event's body, without private values.
func detail(p leaf.Payload) string {
	switch b := p.Body.(type) {
	case *leaf.Outcome:
		line := b.Verdict + ": " + strings.Join(b.Reasons, ", ")
		if e := b.Evidence; e != nil {
			line += fmt.Sprintf("; fed %d, %d J", e.Feed, e.EnergyJ)
		}
		return line
	case *leaf.Resolved:
		return b.Resolution
	case *leaf.Withdrawn:
		return b.Cause
	case *leaf.Voided:
		return b.Reason
	case *leaf.Released:
		return fmt.Sprintf("%s, %d s", b.Machine, b.WindowMS/1000)
	case *leaf.Manifest:
		return fmt.Sprintf("%d items, until %s", b.Items, b.NotAfter)
	case *leaf.Decision:
		if b.PaperNumber != "" {
			return b.Authority + ", paper " + b.PaperNumber
		}
		return strings.TrimSpace(b.Authority + " " + b.Reason)
	case *leaf.Sealed:
		return fmt.Sprintf("place %d", b.Index)
	case *leaf.Reconciled:
		return fmt.Sprintf("%+v", b.Tally)
	case *leaf.Certified:
		return b.Certificate
	}
	return registerDetail(p.Body)
}

// reasonsOf gives the reasons of the outcome at index.
func (s *Station) reasonsOf(ctx context.Context, index int64) ([]string, error) {
	p, err := s.payloadAt(ctx, index)
	if err != nil {
		return nil, err
	}
	if b, ok := p.Body.(*leaf.Outcome); ok && b.Reasons != nil {
		return b.Reasons, nil
	}
	return []string{}, nil
}

// Batches implements Batches.
func (s *Station) Batches(ctx context.Context) ([]BatchView, error) {
	rows, err := s.deps.Register.Batches(ctx)
	if err != nil {
		return nil, toFault(err)
	}
	out := []BatchView{}
	for _, r := range rows {
		v, err := s.batchView(ctx, r.ID, false)
		if err != nil {
			return nil, toFault(err)
		}
		out = append(out, v)
	}
	return out, nil
}

// Batch implements Batches.
func (s *Station) Batch(ctx context.Context, id string) (BatchView, error) {
	row, err := s.batchRow(ctx, id)
	if err != nil {
		return BatchView{}, toFault(err)
	}
	v, err := s.batchView(ctx, row.ID, true)
	return v, toFault(err)
}

func (s *Station) batchView(ctx context.Context, id string, full bool) (BatchView, error) {
	row, err := s.batchRow(ctx, id)
	if err != nil {
		return BatchView{}, err
	}
	v := BatchView{ID: row.ID, Number: row.Number, List: row.List, State: row.State.String(), StateZh: row.State.Zh(), Waiting: []Waiting{},
		States: map[string]int64{}, Kinds: map[string]int64{}, Levels: map[string]int64{}, Applicant: row.Applicant, Approver: row.Approver,
		ItemsRoot: row.ItemsRoot, NotAfter: row.NotAfter, LeftOut: []string{}, Due: []string{}, Paper: row.PaperNumber != "", Certificate: row.Certificate, History: []HistoryView{}}
	if len(row.Authorisers) == 2 {
		v.Destroyer, v.Attestor = row.Authorisers[0], row.Authorisers[1]
	}
	s.mu.Lock()
	b := s.batches[row.ID]
	s.mu.Unlock()
	var st destruction
	if b != nil {
		st = b.run.State()
	}
	if err := s.showMembers(ctx, &v, row, st); err != nil {
		return BatchView{}, err
	}
	if v.Open, err = s.openCases(ctx, row.ID); err != nil {
		return BatchView{}, err
	}
	s.showRun(&v, row, st)
	if full {
		v.History, err = s.history(ctx, leaf.BatchSubject+row.ID)
	}
	return v, err
}

// showMembers counts the carriers of a batch: before the count those chosen, later those it has.
func (s *Station) showMembers(ctx context.Context, v *BatchView, row BatchRow, st destruction) error {
	ids, err := s.deps.Register.EverIn(ctx, row.ID)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		ids = st.Members
	}
	for _, id := range ids {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if row.State == custody.Opened {
			v.Due = append(v.Due, c.Number)
		}
		v.Members++
		v.States[c.State.String()]++
		v.Kinds[c.Kind]++
		v.Levels[c.Classification]++
		if v.Next == "" && c.Batch == row.ID && c.Index >= 0 && c.Verdict == custody.VerdictUnknown {
			v.Next = c.Number
		}
	}
	return nil
}

// showRun adds what only the run knows: what comes next and who is waited for.
func (s *Station) showRun(v *BatchView, row BatchRow, st destruction) {
	if st.LeftOut != nil {
		v.LeftOut = st.LeftOut
	}
	v.Cause = st.Cause
	if st.Feeding != nil {
		v.Feeding = st.Feeding.Number
	}
	if st.Team != nil {
		v.Destroyer, v.Attestor = st.Team.Destroyer, st.Team.Attestor
	}
	if st.Draft != nil {
		v.Waiting = st.Draft.waiting()
	}
	v.Step = nextStep(row, st, v)
	s.mu.Lock()
	live := s.active != nil && s.active.live()
	s.mu.Unlock()
	if st.Grant != nil && !live && (v.Step == "feed" || v.Step == "release" || v.Step == "resume") {
		v.Step = "wait" // until the machine has confirmed the withdrawal
	}
	v.StepZh = stepsZh[v.Step]
	if len(v.Waiting) == 0 {
		v.Waiting = waitingFor(v)
	}
}

var stepsZh = map[string]string{"count": "清点", "recount": "复核清点", "seal": "封签", "approve": "审批", "team": "指定销毁人和监销人", "authorise": "两人授权",
	"release": "放行", "feed": "投料", "resume": "恢复放行", "wait": "等待设备确认撤回", "resolve": "处理结果不明的载体", "reconcile": "核对", "complete": "签署结果", "certify": "出具证明", "done": "已完成"}

// nextStep says what comes next.
func nextStep(row BatchRow, st destruction, v *BatchView) string {
	switch row.State {
	case custody.Opened:
		return []string{"count", "recount", "seal"}[min(len(st.Counts), 2)]
	case custody.BatchSealed:
		return "approve"
	case custody.BatchApproved:
		if st.Team == nil {
			return "team"
		}
		return "authorise"
	case custody.BatchAuthorised:
		return "release"
	case custody.BatchReleased, custody.BatchWithdrawn:
		for _, c := range v.Open {
			if c.State == custody.Indeterminate.String() {
				return "resolve"
			}
		}
		switch {
		case v.Next == "":
			return "reconcile"
		case row.State == custody.BatchReleased:
			return "feed"
		}
		return "resume"
	case custody.BatchReconciled:
		return "complete"
	case custody.BatchCompleted:
		if v.States[custody.Destroyed.String()]+v.States[custody.Resolved.String()] > 0 {
			return "certify"
		}
		if len(v.Open) > 0 {
			return "resolve" // what is resolved as destroyed can be certified
		}
	}
	return "done"
}

// waitingFor names who carries out the next step.
func waitingFor(v *BatchView) []Waiting {
	team := []Waiting{{Role: string(leaf.RoleDestroyer), Person: v.Destroyer}, {Role: string(leaf.RoleAttestor), Person: v.Attestor}}
	switch v.Step {
	case "count":
		return []Waiting{{Role: string(leaf.RoleCounter)}}
	case "recount":
		return []Waiting{{Role: string(leaf.RoleRecounter)}}
	case "seal":
		return []Waiting{{Role: string(leaf.RoleApplicant)}}
	case "approve":
		return []Waiting{{Role: string(leaf.RoleApprover)}}
	case "authorise", "release", "resume", "resolve", "complete":
		return team
	}
	return []Waiting{}
}
