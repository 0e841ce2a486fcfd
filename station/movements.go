package station

import (
	"context"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// A movement has two ends. Both are on record: the giver signs it out, the receiver signs for it with his own card; for a party outside
// a keeper who did not open it enters the receipt slip. Until then the link is open, and where the carriers must come back, until they
// all are. One signature is one leaf, so one movement takes at most leaf.MaxCarriers carriers: more are refused with that number, and go in
// several movements.

// movementRow is one movement with its entry.
type movementRow struct {
	custody.Movement
	event string
	index int64 // of movement.opened
}

// movementRow finds a movement by id, or by the number of its form.
func (s *Station) movementRow(ctx context.Context, name string) (movementRow, error) {
	m, row, err := named[custody.Movement](ctx, s, "movement", name)
	return movementRow{m, row.Event, row.Index}, err
}

// OpenMovement implements Movements.
func (s *Station) OpenMovement(ctx context.Context, o MovementOptions, by Signer) (MovementView, error) {
	defer by.PIN.Wipe()
	var v MovementView
	err := s.act(ctx, "movement-open", by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, "movement-open")
		if err != nil {
			return err
		}
		carriers, err := s.carrierRows(ctx, o.Carriers)
		if err != nil {
			return err
		}
		if !slices.Contains(custody.MovementActs(), o.Act) {
			return fault.New("usage.bad-request", nil, "act "+o.Act)
		}
		if len(carriers) == 0 {
			return fault.New("usage.bad-request", nil, "carriers")
		}
		if err := newNumber[custody.Movement](ctx, s, "movement", o.Number); err != nil {
			return err
		}
		if x.has(leaf.RoleSecrecy) && slices.ContainsFunc(carriers, func(c CarrierRow) bool { return c.Keeper != x.person.Person }) {
			role = leaf.RoleSecrecy // for another keeper's carriers
		}
		need, err := s.mayMove(ctx, &o, carriers, x.person.Person)
		if err != nil {
			return err
		}
		id, n, err := s.movementNote(o, carriers, need)
		if err != nil {
			return err
		}
		n.actors = []leaf.Actor{x.signs(role)}
		if _, err := s.signed(ctx, x, by.PIN, n, nil); err != nil {
			return err
		}
		s.movementEvent(id, "opened", "已发出，待签收："+fault.Term(o.Act), "handed out: "+o.Act)
		v, err = s.movementView(ctx, id, false)
		return err
	})
	return v, err
}

// mayMove asks the rules in force whether carriers may go out as asked, and fills in what the rules decide.
func (s *Station) mayMove(ctx context.Context, o *MovementOptions, carriers []CarrierRow, giver string) (need, error) {
	for _, c := range carriers {
		if err := onShelf(c); err != nil {
			return need{}, err
		}
		if c.MustReturn && custody.EndsCustody(o.Act) && o.Act != custody.ActReturn {
			return need{}, fault.New("carrier.must-return", nil, c.Number)
		}
	}
	need, err := s.needFor(ctx, o.Act, carriers, "")
	if err != nil {
		return need, err
	}
	if err := s.receiverOf(ctx, o); err != nil {
		return need, err
	}
	if err := s.granted(ctx, o, need); err != nil {
		return need, err
	}
	if err := need.channel(o.Channel); err != nil {
		return need, err
	}
	if err := s.escorted(ctx, o, need); err != nil {
		return need, err
	}
	if err := need.place(ctx, s, o.Place); err != nil {
		return need, err
	}
	if custody.MustComeBack(o.Act) {
		if o.Due, err = need.due(o.Due, s.now()); err != nil {
			return need, err
		}
	}
	persons := append([]string{giver}, o.Escorts...)
	if o.To != "" && !o.Outside {
		persons = append(persons, o.To)
	}
	if err := need.fit(ctx, s, persons...); err != nil {
		return need, err
	}
	return need, s.qualified(ctx, o, need)
}

// onShelf demands that a carrier is in its keeper's hands.
func onShelf(c CarrierRow) error {
	if c.Where != custody.OnShelf {
		return both(fault.New("carrier.not-on-shelf", nil, c.Number, c.Where.String()), "载体 %s 不在库：%s", c.Number, c.Where.Zh())
	}
	return nil
}

// receiverOf demands that exactly one receiver is named, of the sort the act has.
func (s *Station) receiverOf(ctx context.Context, o *MovementOptions) error {
	if o.Act == custody.ActConsign {
		o.Outside = true
	}
	switch {
	case !custody.EndsCustody(o.Act) && (o.Outside || o.To == ""):
		return fault.New("usage.bad-request", nil, "receiver")
	case o.Outside && o.Act != custody.ActConsign && (o.To != "" || o.Party == ""):
		return fault.New("usage.bad-request", nil, "party")
	case !o.Outside && (o.To == "" || o.Party != ""):
		return fault.New("usage.bad-request", nil, "receiver")
	case o.Act == custody.ActConsign && o.To == "":
		return fault.New("usage.bad-request", nil, "firm")
	}
	return s.checkRecipient(ctx, o.Act, o.To)
}

// granted demands the approval that the rules ask for: a request, or the clear-out that decided the carriers' fates.
func (s *Station) granted(ctx context.Context, o *MovementOptions, need need) error {
	switch {
	case o.Request != "" && o.Campaign != "":
		return fault.New("usage.bad-request", nil, "request or campaign")
	case o.Request != "":
		r, err := s.grantedRequest(ctx, o.Act, o.Request)
		if err != nil {
			return err
		}
		o.Request = r.ID
		if reached := slices.Index(authorities, r.Authority); reached < slices.Index(authorities, need.Authority) {
			return fault.New("batch.authority", nil, need.Authority, r.Authority)
		}
		if r.Channel != "" && r.Channel != o.Channel {
			return fault.New("request.other-channel", nil)
		}
	case o.Campaign == "" && need.Approval:
		return fault.New("request.needed", nil, o.Act)
	}
	return nil
}

// escorted demands enough escorts, each somebody of this unit named once. Who carries something outside himself counts as one.
func (s *Station) escorted(ctx context.Context, o *MovementOptions, need need) error {
	slices.Sort(o.Escorts)
	if len(slices.Compact(slices.Clone(o.Escorts))) != len(o.Escorts) {
		return fault.New("usage.bad-request", nil, "escorts")
	}
	if err := s.enrolledAll(ctx, o.Escorts); err != nil {
		return err
	}
	n := len(o.Escorts)
	if o.Act == custody.ActCarryOut && !slices.Contains(o.Escorts, o.To) {
		n++
	}
	return need.escorts(n)
}

// firm is a destruction body that may be chosen.
func (s *Station) firm(ctx context.Context, id string) (custody.Firm, error) {
	f, _, err := thing[custody.Firm](ctx, s, "firm", id)
	return f, err
}

// qualified demands that a destruction body is open, and qualified today and up to the level where the rules ask for it.
func (s *Station) qualified(ctx context.Context, o *MovementOptions, need need) error {
	if o.Act != custody.ActConsign {
		return nil
	}
	f, err := s.firm(ctx, o.To)
	switch {
	case err != nil:
		return err
	case f.Closed:
		return both(fault.New("firm.not-qualified", nil, f.ID, "closed"), "销毁单位 %s 不能接收：已停用", f.ID)
	case need.Qualified == "":
		return nil
	case f.QualifiedTill < s.today():
		return both(fault.New("firm.not-qualified", nil, f.ID, "qualified until "+f.QualifiedTill), "销毁单位 %s 不能接收：资质有效期至 %s", f.ID, f.QualifiedTill)
	case rank(f.Highest) > rank(need.Qualified):
		class, _ := custody.ClassificationOf(f.Highest)
		return both(fault.New("firm.not-qualified", nil, f.ID, "qualified up to "+class.En), "销毁单位 %s 不能接收：资质仅至%s", f.ID, class.Zh)
	}
	return nil
}

// movementNote is the event that hands carriers out.
func (s *Station) movementNote(o MovementOptions, carriers []CarrierRow, need need) (string, note, error) {
	id, err := s.newID()
	if err != nil {
		return "", note{}, err
	}
	due := ""
	if !o.Due.IsZero() {
		due = o.Due.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	seals := slices.Compact(slices.Sorted(slices.Values(o.Seals)))
	sec := s.secrets()
	body := &leaf.Movement{Movement: id, Number: o.Number, Act: o.Act, To: o.To, Party: sec.of("party", o.Party), Outside: o.Outside, Place: o.Place,
		Channel: o.Channel, Courier: sec.of("courier", o.Courier), Seals: append([]string{}, seals...), Escorts: append([]string{}, o.Escorts...),
		Request: o.Request, Campaign: o.Campaign, Due: due, Purpose: sec.of("purpose", o.Purpose)}
	return id, note{kind: leaf.MovementOpened, subjects: append([]string{leaf.MovementSubject + id}, carrierSubjects(carriers)...),
		rows: need.Rows, body: body, openings: sec.openings}, sec.err
}

var movementStatesZh = map[custody.MovementState]string{custody.MovementOpened: "待签收", custody.MovementAccepted: "已签收", custody.MovementClosed: "已闭环",
	custody.MovementRefused: "拒收", custody.MovementCancelled: "已撤回"}

// movementFault says that a movement is not in a state for what is asked, in both languages.
func movementFault(m movementRow, zh, en string) *fault.Fault {
	return both(fault.New("movement.state", nil, m.ID, string(m.State), en), "交接 %s 当前为“%s”，不能%s", m.ID, movementStatesZh[m.State], zh)
}

func (s *Station) movementEvent(id, what, zh, en string) {
	s.hub.send(Event{Type: "movement", Subject: id, What: what, Zh: zh, En: en})
}
