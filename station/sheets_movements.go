package station

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sexton/custody"
	"sexton/forms"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// moved is one movement with what its leaves say.
type moved struct {
	movementRow
	words  map[string]string // party, courier, purpose
	number string
	seals  []string
	back   map[string]cameBack // by carrier id
	slip   map[string]string   // receipt, remark of the acceptance
	taker  string              // who signed the acceptance
}

type cameBack struct {
	at      time.Time
	person  string
	checked bool
	remark  string
}

// movementOf reads a movement and its leaves.
func (x *sheet) movementOf(m custody.Movement, row ThingRow) (moved, error) {
	v := moved{movementRow: movementRow{m, row.Event, row.Index}, back: map[string]cameBack{}, slip: map[string]string{}}
	var err error
	if v.words, err = x.openings(x.ctx, row.Event); err != nil {
		return v, err
	}
	events, err := x.deps.Register.Events(x.ctx, leaf.MovementSubject+m.ID)
	if err != nil {
		return v, err
	}
	for _, e := range events {
		p, err := x.payloadAt(x.ctx, e.Index)
		if err != nil {
			return v, err
		}
		if err := x.follow(&v, e, p); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (x *sheet) follow(v *moved, e EventRow, p leaf.Payload) (err error) {
	switch b := p.Body.(type) {
	case *leaf.Movement:
		v.number, v.seals = b.Number, b.Seals
	case *leaf.MovementStep:
		words, err := x.openings(x.ctx, e.ID)
		if err != nil {
			return err
		}
		switch p.Kind {
		case leaf.MovementAccepted:
			v.slip, v.taker = words, p.Actors[0].Person
		case leaf.MovementReturned:
			for _, id := range carriersOf(p) {
				v.back[id] = cameBack{p.At, p.Actors[0].Person, b.Checked, words["remark"]}
			}
		}
	}
	return nil
}

// ends are who gave and who got, with the numbers and days of the movement.
func (x *sheet) ends(m moved) (forms.Values, error) {
	v := forms.Values{"handed_over_on": x.day(m.Opened), "received_on": x.day(m.Accepted), "received_at": x.time(m.Accepted), "reason": m.words["purpose"],
		"purpose": m.words["purpose"], "courier_number": m.words["courier"], "destination": m.words["party"], "dispatch_number": m.number,
		"list_number": m.number, "count": strconv.Itoa(len(m.Carriers)), "dispatched_on": x.day(m.Opened), "departed_at": x.time(m.Opened),
		"due_on": x.day(m.Due), "applied_on": x.day(m.Opened), "flow_number": m.ID}
	var err error
	if v["giver"], err = x.who(m.From); err != nil {
		return nil, err
	}
	if v["giver_unit"], v["giver_post"], _, err = x.postOf(m.From); err != nil {
		return nil, err
	}
	v["sending_unit"], v["sender"], v["handler"], v["responsible_unit"] = x.c.Unit, v["giver"], v["giver"], v["giver_unit"]
	if m.Outside {
		v["receiver"], v["receiver_unit"] = m.words["party"], m.words["party"]
		if m.Act == custody.ActConsign {
			v["receiver"], err = x.named(custody.FirmThing, m.To)
			v["receiver_unit"], v["destination"] = v["receiver"], v["receiver"]
		}
		v["addressee"], v["recipient"] = v["receiver"], v["receiver"]
		return v, err
	}
	if v["receiver"], err = x.who(m.To); err != nil {
		return nil, err
	}
	v["recipient"], v["reader"], v["borrower"], v["user"] = v["receiver"], v["receiver"], v["receiver"], v["receiver"]
	v["receiver_unit"], v["receiver_post"], v["receiver_clearance"], err = x.postOf(m.To)
	v["borrower_unit"] = v["receiver_unit"]
	return v, err
}

// theMovement is the one the sheet is for.
func (x *sheet) theMovement(acts ...string) (moved, forms.Values, error) {
	m, err := x.movementRow(x.ctx, x.o.For)
	if err != nil {
		return moved{}, nil, err
	}
	if len(acts) > 0 && !slices.Contains(acts, m.Act) {
		return moved{}, nil, movementFault(m, "填写此表", "stand on this form")
	}
	v, err := x.movementOf(m.Movement, ThingRow{Event: m.event, Index: m.index})
	if err != nil {
		return v, nil, err
	}
	ends, err := x.ends(v)
	if x.c.Number == "" && x.form.Numbered != (forms.Text{}) {
		x.c.Number = v.number
	}
	return v, ends, err
}

// giverAndReceiver signs both ends of a movement.
func (x *sheet) giverAndReceiver(m moved, giver, receiver forms.Key) error {
	if err := x.sign(giver, m.From, m.Opened, ""); err != nil {
		return err
	}
	if m.Outside {
		return nil // the other end's signature is on its slip
	}
	return x.sign(receiver, m.taker, m.Accepted, "")
}

// handOver is F9.
func (x *sheet) handOver() error {
	m, ends, err := x.theMovement()
	if err != nil {
		return err
	}
	delete(ends, "count")
	if err := x.boxes(ends); err != nil {
		return err
	}
	if err := x.listMembers("carriers", m.Carriers, noMore); err != nil {
		return err
	}
	return x.giverAndReceiver(m, "giver", "receiver")
}

func noMore(CarrierRow) (forms.Values, error) { return nil, nil }

// receiptSlip is F9b.
func (x *sheet) receiptSlip() error {
	m, ends, err := x.theMovement()
	if err != nil {
		return err
	}
	ends["remark"] = m.slip["remark"]
	if x.c.Number == m.number {
		x.c.Number = m.slip["receipt"]
	}
	if ends["approval_number"], err = x.requestNumber(m.Request); err != nil {
		return err
	}
	if err := x.boxes(ends); err != nil {
		return err
	}
	return x.giverAndReceiver(m, "giver", "receiver")
}

// requestNumber is the unit's number of a request, or its id.
func (x *sheet) requestNumber(id string) (string, error) {
	if id == "" {
		return "", nil
	}
	r, err := x.requestRow(x.ctx, id)
	if err != nil {
		return "", err
	}
	p, err := x.payloadAt(x.ctx, r.index)
	if err != nil {
		return "", err
	}
	if b, ok := p.Body.(*leaf.Request); ok && b.Number != "" {
		return b.Number, nil
	}
	return id, nil
}

// carriedOut is F8.
func (x *sheet) carriedOut() error {
	m, ends, err := x.theMovement(custody.ActCarryOut)
	if err != nil {
		return err
	}
	top, err := x.highest(m.Carriers)
	if err != nil {
		return err
	}
	var numbers []string
	for _, id := range m.Carriers {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		numbers = append(numbers, c.Number)
	}
	check := ""
	for _, b := range m.back {
		check = strings.Trim(x.time(b.at)+" "+b.remark, " ")
		if err := x.sign("checker", b.person, b.at, ""); err != nil {
			return err
		}
	}
	if err := x.boxes(merged(ends, top, forms.Values{"secrecy_number": strings.Join(numbers, "、"), "return_check": check})); err != nil {
		return err
	}
	if err := x.approvedBy(m.Request, "department_head"); err != nil {
		return err
	}
	return x.sign("user", m.taker, m.Accepted, "")
}

// approvedBy signs for the approver of a request, with his opinion.
func (x *sheet) approvedBy(request string, role forms.Key) error {
	if request == "" {
		return nil
	}
	r, err := x.requestRow(x.ctx, request)
	if err != nil {
		return err
	}
	words, p, err := x.said(leaf.RequestSubject+r.ID, leaf.RequestApproved)
	if err != nil {
		return err
	}
	return x.sign(role, r.Approver, p.At, words["opinion"])
}

// consignment is P1.
func (x *sheet) consignment() error {
	m, ends, err := x.theMovement(custody.ActConsign)
	if err != nil {
		return err
	}
	delete(ends, "count")
	if err := x.boxes(ends); err != nil {
		return err
	}
	if err := x.listMembers("carriers", m.Carriers, func(CarrierRow) (forms.Values, error) {
		return forms.Values{"seal_number": strings.Join(m.seals, "、")}, nil
	}); err != nil {
		return err
	}
	if err := x.approvedBy(m.Request, "approver"); err != nil {
		return err
	}
	return x.sign("sender", m.From, m.Opened, "")
}

// transport is P4.
func (x *sheet) transport() error {
	m, ends, err := x.theMovement(custody.ActConsign, custody.ActDispatch, custody.ActTransfer, custody.ActReturn, custody.ActArchive)
	if err != nil {
		return err
	}
	if n := len(m.seals); n > 0 {
		ends["seal_first"], ends["seal_last"], ends["bags"] = m.seals[0], m.seals[n-1], strconv.Itoa(n)
	}
	if err := x.boxes(ends); err != nil {
		return err
	}
	for _, p := range m.Escorts {
		if err := x.sign("escort", p, m.Opened, ""); err != nil {
			return err
		}
	}
	return nil
}

// consignmentReceipt is P5.
func (x *sheet) consignmentReceipt() error {
	m, ends, err := x.theMovement(custody.ActConsign)
	if err != nil {
		return err
	}
	if x.c.Number == m.number {
		x.c.Number = m.slip["receipt"]
	}
	if n := len(m.seals); n > 0 {
		ends["bags_due"] = strconv.Itoa(n)
	}
	ends["difference_note"] = m.slip["remark"]
	if err := x.boxes(ends); err != nil {
		return err
	}
	return x.sign("sender", m.From, m.Opened, "")
}

// inPeriod gives the movements of these acts that were opened in the period, oldest first.
func (x *sheet) inPeriod(each func(moved, forms.Values) error, acts ...string) error {
	from, to, err := x.period()
	if err != nil {
		return err
	}
	for _, act := range acts {
		err := tagged(x.ctx, x.Station, map[index.Tag]string{index.TagAct: act}, func(m custody.Movement, r ThingRow) error {
			if m.Opened.Before(from) || !m.Opened.Before(to) {
				return nil
			}
			v, err := x.movementOf(m, r)
			if err != nil {
				return err
			}
			ends, err := x.ends(v)
			if err != nil {
				return err
			}
			return each(v, ends)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dispatched is F3.
func (x *sheet) dispatched() error {
	return x.inPeriod(func(m moved, ends forms.Values) error {
		delete(ends, "count")
		return x.listMembers("documents", m.Carriers, func(CarrierRow) (forms.Values, error) {
			v := merged(ends, forms.Values{"dispatch_number": either(m.number, m.ID)})
			if receipt := m.slip["receipt"]; receipt != "" {
				v["signed_for_by"] = "回执 " + receipt
			}
			return v, nil
		})
	}, custody.ActDispatch)
}

// loans is F6, mediaLoans is F6a.
func (x *sheet) loans() error {
	return x.listLoans(func(c CarrierRow) bool { return c.Extent.Unit == "page" })
}

func (x *sheet) mediaLoans() error {
	return x.listLoans(func(c CarrierRow) bool { return c.Extent.Unit != "page" })
}

func (x *sheet) listLoans(is func(CarrierRow) bool) error {
	return x.inPeriod(func(m moved, ends forms.Values) error {
		approver, err := x.approverOf(m.Request)
		if err != nil {
			return err
		}
		for _, id := range m.Carriers {
			c, err := x.carrierRow(x.ctx, id)
			if err != nil {
				return err
			}
			if !is(c) {
				continue
			}
			v, err := x.carrier(c)
			if err != nil {
				return err
			}
			loan, err := x.loan(m, ends, id)
			if err != nil {
				return err
			}
			if err := x.row("loans", v, ends, loan, forms.Values{"approver": approver}); err != nil {
				return err
			}
		}
		return nil
	}, custody.ActLend)
}

// loan is one carrier's way out and back.
func (x *sheet) loan(m moved, ends forms.Values, id string) (forms.Values, error) {
	v := forms.Values{"lent_on": x.day(m.Opened), "loan_period": x.day(m.Opened) + " 至 " + x.day(m.Due), "count": "1"}
	if m.taker != "" {
		v["borrower_signature"], v["user_signature"] = ends["receiver"], ends["receiver"]
	}
	b, ok := m.back[id]
	if !ok {
		return v, nil
	}
	v["returned_on"], v["returner_signature"], v["return_check"] = x.day(b.at), ends["receiver"], strings.Trim(x.time(b.at)+" "+b.remark, " ")
	if !b.checked {
		return v, nil
	}
	var err error
	v["checker"], err = x.who(b.person)
	return v, err
}

func (x *sheet) approverOf(request string) (string, error) {
	if request == "" {
		return "", nil
	}
	r, err := x.requestRow(x.ctx, request)
	if err != nil {
		return "", err
	}
	return x.who(r.Approver)
}
