package station

import (
	"context"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// AcceptMovement implements Movements.
func (s *Station) AcceptMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error) {
	return s.atFarEnd(ctx, "movement-accept", leaf.MovementAccepted, movement, o, by)
}

// RefuseMovement implements Movements.
func (s *Station) RefuseMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error) {
	return s.atFarEnd(ctx, "movement-refuse", leaf.MovementRefused, movement, o, by)
}

// refusalReasons are why a receiver may refuse carriers; they stand in the ledger in clear.
var refusalReasons = []string{"wrong-carriers", "damaged", "seal-broken", "not-for-us", "not-cleared", "incomplete", otherCode}

// atFarEnd has the other end accept or refuse: the receiver with his card, or a keeper with the receipt slip of a party outside.
func (s *Station) atFarEnd(ctx context.Context, act string, kind leaf.Kind, movement string, o MovementStepOptions, by Signer) (MovementView, error) {
	return s.onMovement(ctx, act, movement, by, func(m movementRow) (movementAct, error) {
		x, actor, err := s.farEnd(ctx, act, m, o, by)
		if err != nil {
			return movementAct{}, err
		}
		if kind == leaf.MovementRefused && !slices.Contains(refusalReasons, o.Reason) {
			return movementAct{}, fault.New("usage.bad-request", nil, "reason of refusal")
		}
		carriers, err := s.stepCarriers(ctx, m, o.Carriers, custody.Offered, custody.InTransit)
		if err != nil {
			return movementAct{}, err
		}
		need, err := s.needFor(ctx, m.Act, carriers, "")
		if err != nil {
			return movementAct{}, err
		}
		if kind == leaf.MovementAccepted {
			if err := s.stillFit(ctx, m, need); err != nil {
				return movementAct{}, err
			}
		}
		n, err := s.movementStep(ctx, kind, m, carriers, o, need.Rows)
		n.actors = []leaf.Actor{actor}
		var after func(*pen, string) error
		if kind == leaf.MovementAccepted && custody.EndsCustody(m.Act) {
			after = s.dispositions(ctx, m, carriers, o)
		}
		return movementAct{n, after, x}, err
	})
}

// farEnd finds who speaks for the receiving end, in which role.
func (s *Station) farEnd(ctx context.Context, act string, m movementRow, o MovementStepOptions, by Signer) (*session, leaf.Actor, error) {
	if m.Outside {
		x, role, err := s.gate(ctx, by.Session, "movement-receipt")
		if err != nil {
			return nil, leaf.Actor{}, err
		}
		if o.Receipt == "" || len(o.Scan) == 0 {
			return nil, leaf.Actor{}, fault.New("usage.bad-request", nil, "receipt slip")
		}
		return x, x.signs(role), policy.Separate("movement-accept", x.person.Person, map[string][]string{"giver": {m.From}})
	}
	x, _, err := s.gate(ctx, by.Session, act, m.To)
	if err != nil {
		return nil, leaf.Actor{}, err
	}
	if o.Receipt != "" || len(o.Scan) > 0 {
		return nil, leaf.Actor{}, fault.New("usage.bad-request", nil, "receipt slip")
	}
	return x, x.signs(leaf.RoleAccepting), policy.Separate("movement-accept", x.person.Person, map[string][]string{"giver": {m.From}})
}

// stillFit asks again what was asked when the movement was opened, of those who act now.
func (s *Station) stillFit(ctx context.Context, m movementRow, need need) error {
	o := MovementOptions{Act: m.Act, To: m.To, Outside: m.Outside}
	if err := s.qualified(ctx, &o, need); err != nil {
		return err
	}
	if m.Outside {
		return nil
	}
	return need.fit(ctx, s, m.To)
}

// disposals are the dispositions that follow when the other end has signed for good.
var disposals = map[string]leaf.Kind{custody.ActDispatch: leaf.CarrierTransferred, custody.ActTransfer: leaf.CarrierTransferred,
	custody.ActArchive: leaf.CarrierArchived, custody.ActReturn: leaf.CarrierReturned, custody.ActConsign: leaf.CarrierConsigned}

// dispositions writes what becomes of each carrier, in the transaction of the signature that decides it.
func (s *Station) dispositions(ctx context.Context, m movementRow, carriers []CarrierRow, o MovementStepOptions) func(*pen, string) error {
	return func(p *pen, accepted string) error {
		open, err := s.openings(ctx, m.event)
		if err != nil {
			return err
		}
		for _, c := range carriers {
			sec := s.secrets()
			body := &leaf.Disposed{By: accepted, Party: sec.of("party", either(open["party"], m.To)), Reference: sec.of("reference", o.Receipt)}
			if sec.err != nil {
				return sec.err
			}
			if _, err := p.write(ctx, note{kind: disposals[m.Act], subjects: carrierSubject(c.ID), body: body, openings: sec.openings}); err != nil {
				return err
			}
		}
		return nil
	}
}

// handedOut is where a carrier is that must come back.
var handedOut = []custody.Where{custody.Circulating, custody.OnLoan, custody.CarriedOut}

// stepCarriers are the carriers a step of a movement speaks of: those named, or all in it that are there where the step finds them.
func (s *Station) stepCarriers(ctx context.Context, m movementRow, numbers []string, where ...custody.Where) ([]CarrierRow, error) {
	if len(numbers) > 0 {
		carriers, err := s.carrierRows(ctx, numbers)
		for _, c := range carriers {
			if c.Movement != m.ID {
				return nil, fault.New("movement.not-in-it", nil, c.Number)
			}
		}
		return carriers, err
	}
	var out []CarrierRow
	for _, id := range m.Carriers {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok && c.Movement == m.ID && slices.Contains(where, c.Where) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, movementFault(m, "再办理", "go on")
	}
	return out, nil
}

// movementStep is an event that accepts, refuses, returns or cancels.
func (s *Station) movementStep(ctx context.Context, kind leaf.Kind, m movementRow, carriers []CarrierRow, o MovementStepOptions, rows []string) (note, error) {
	sec := s.secrets()
	body := &leaf.MovementStep{Movement: m.ID, Opened: m.Leaf, Receipt: sec.of("receipt", o.Receipt), Reason: o.Reason, Checked: o.Checked,
		Remark: sec.of("remark", o.Remark)}
	n := note{kind: kind, subjects: m.subjects(carriers), rows: rows, body: body, openings: sec.openings}
	if len(o.Scan) > 0 {
		body.SlipSHA256, n.attach = sha(o.Scan), [][]byte{o.Scan}
	}
	return n, sec.err
}

// ReturnMovement implements Movements.
func (s *Station) ReturnMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error) {
	return s.onMovement(ctx, "movement-return", movement, by, func(m movementRow) (movementAct, error) {
		x, role, err := s.gate(ctx, by.Session, "movement-return")
		if err != nil {
			return movementAct{}, err
		}
		carriers, err := s.stepCarriers(ctx, m, o.Carriers, handedOut...)
		if err != nil {
			return movementAct{}, err
		}
		o.Receipt, o.Scan, o.Reason = "", nil, ""
		n, err := s.movementStep(ctx, leaf.MovementReturned, m, carriers, o, nil)
		n.actors = []leaf.Actor{x.signs(role)}
		return movementAct{n, nil, x}, err
	})
}

// RenewMovement implements Movements.
func (s *Station) RenewMovement(ctx context.Context, movement string, due time.Time, by Signer) (MovementView, error) {
	return s.onMovement(ctx, "movement-renew", movement, by, func(m movementRow) (movementAct, error) {
		x, role, err := s.gate(ctx, by.Session, "movement-renew")
		if err != nil {
			return movementAct{}, err
		}
		carriers, err := s.stepCarriers(ctx, m, nil, handedOut...)
		if err != nil {
			return movementAct{}, err
		}
		need, err := s.needFor(ctx, m.Act, carriers, "")
		if err != nil {
			return movementAct{}, err
		}
		if due.IsZero() || !due.After(s.now()) {
			return movementAct{}, fault.New("usage.bad-request", nil, "due")
		}
		if due, err = need.due(due, m.Opened); err != nil {
			return movementAct{}, err
		}
		if err := need.fit(ctx, s, m.To); err != nil {
			return movementAct{}, err
		}
		return movementAct{note{kind: leaf.MovementRenewed, actors: []leaf.Actor{x.signs(role)}, rows: need.Rows, subjects: m.subjects(carriers),
			body: &leaf.Renewed{Movement: m.ID, Due: due.UTC().Truncate(time.Second).Format(time.RFC3339)}}, nil, x}, nil
	})
}

// CertifyFirm implements Movements.
func (s *Station) CertifyFirm(ctx context.Context, movement string, o FirmCertificateOptions, by Signer) (MovementView, error) {
	return s.onMovement(ctx, "firm-certify", movement, by, func(m movementRow) (movementAct, error) {
		x, role, err := s.gate(ctx, by.Session, "firm-certify")
		if err != nil {
			return movementAct{}, err
		}
		if m.Act != custody.ActConsign {
			return movementAct{}, movementFault(m, "登记销毁证明", "be certified by a destruction body")
		}
		if o.Certificate == "" || len(o.Scan) == 0 {
			return movementAct{}, fault.New("usage.bad-request", nil, "certificate and its scan")
		}
		carriers, err := s.consignedBy(ctx, m, o.Carriers)
		if err != nil {
			return movementAct{}, err
		}
		sec := s.secrets()
		body := &leaf.FirmCertificate{Movement: m.ID, Certificate: sec.of("certificate", o.Certificate), ScanSHA256: sha(o.Scan)}
		return movementAct{note{kind: leaf.FirmCertified, actors: []leaf.Actor{x.signs(role)}, subjects: m.subjects(carriers), body: body,
			openings: sec.openings, attach: [][]byte{o.Scan}}, nil, x}, sec.err
	})
}

// consignedBy are the carriers of a movement that were consigned and not certified yet: those named, or all.
func (s *Station) consignedBy(ctx context.Context, m movementRow, numbers []string) ([]CarrierRow, error) {
	named, err := s.carrierRows(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for _, c := range named {
		if !slices.Contains(m.Carriers, c.ID) {
			return nil, fault.New("movement.not-in-it", nil, c.Number)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	var out []CarrierRow
	for _, id := range m.Carriers {
		c, ok, err := s.deps.Register.Carrier(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok && c.State == custody.Consigned {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, movementFault(m, "登记销毁证明", "be certified by a destruction body")
	}
	return out, nil
}

// movementAct is one signed step of a movement: what is signed, what follows in the same transaction, and who signs.
type movementAct struct {
	note
	after func(*pen, string) error
	x     *session
}

// subjects of an event of a movement: itself and the carriers it speaks of.
func (m movementRow) subjects(carriers []CarrierRow) []string {
	return append([]string{leaf.MovementSubject + m.ID}, carrierSubjects(carriers)...)
}

// onMovement carries out a signed step of a movement.
func (s *Station) onMovement(ctx context.Context, act, movement string, by Signer, make func(movementRow) (movementAct, error)) (MovementView, error) {
	defer by.PIN.Wipe()
	var v MovementView
	err := s.act(ctx, act, by.Session, func() error {
		if _, err := s.session(by.Session); err != nil {
			return err
		}
		m, err := s.movementRow(ctx, movement)
		if err != nil {
			return err
		}
		a, err := make(m)
		if err != nil {
			return err
		}
		if _, err := s.signed(ctx, a.x, by.PIN, a.note, a.after); err != nil {
			return err
		}
		s.movementEvent(m.ID, string(a.kind), fault.Term(string(a.kind)), string(a.kind))
		v, err = s.movementView(ctx, m.ID, false)
		return err
	})
	return v, err
}

// CancelMovement implements Movements.
func (s *Station) CancelMovement(ctx context.Context, movement string, o MovementStepOptions, sessionID string) (MovementView, error) {
	var v MovementView
	err := s.act(ctx, "movement-cancel", sessionID, func() error {
		x, role, err := s.gate(ctx, sessionID, "movement-cancel")
		if err != nil {
			return err
		}
		m, err := s.movementRow(ctx, movement)
		if err != nil {
			return err
		}
		carriers, err := s.stepCarriers(ctx, m, o.Carriers, custody.Offered, custody.InTransit)
		if err != nil {
			return err
		}
		n, err := s.movementStep(ctx, leaf.MovementCancelled, m, carriers, MovementStepOptions{Remark: o.Remark}, nil)
		if err != nil {
			return err
		}
		n.actors = []leaf.Actor{x.asserts(role)}
		if _, err := s.write(ctx, func(p *pen) error { _, err := p.write(ctx, n); return err }); err != nil {
			return err
		}
		s.movementEvent(m.ID, "cancelled", "已撤回", "cancelled")
		v, err = s.movementView(ctx, m.ID, false)
		return err
	})
	return v, err
}
