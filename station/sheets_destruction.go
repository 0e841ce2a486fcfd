package station

import (
	"cmp"
	"slices"

	"sexton/custody"
	"sexton/forms"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// theCampaign is the clear-out the sheet is for, with the ids it selected.
func (x *sheet) theCampaign() (custody.Campaign, []CarrierRow, error) {
	c, _, opened, err := numbered[custody.Campaign](x.ctx, x.Station, "clear-out", x.o.For)
	if err != nil {
		return c, nil, err
	}
	if x.c.Number == "" && x.form.Numbered != (forms.Text{}) {
		x.c.Number = c.Number
	}
	ids, err := x.Station.selected(x.ctx, opened)
	if err != nil {
		return c, nil, err
	}
	var rows []CarrierRow
	for _, id := range ids {
		row, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return c, nil, err
		}
		if row.Campaign == c.ID && (row.Fate == custody.ActReturn || row.MustReturn) {
			rows = append(rows, row)
		}
	}
	return c, rows, nil
}

// clearOutList is F10: what goes back to its issuer, by document number.
func (x *sheet) clearOutList() error {
	c, rows, err := x.theCampaign()
	if err != nil {
		return err
	}
	if err := x.boxes(forms.Values{"unit": x.c.Unit}); err != nil {
		return err
	}
	lines := make([]forms.Values, 0, len(rows))
	for _, row := range rows {
		v, err := x.carrier(row)
		if err != nil {
			return err
		}
		v["due_count"], v["returned_count"] = "1", "0"
		if row.State == custody.Returned {
			v["returned_count"] = "1"
		}
		if row.Fate == custody.ActKeep {
			v["kept_reason"], err = x.keptFor(c, row)
			if err != nil {
				return err
			}
		}
		lines = append(lines, v)
	}
	slices.SortStableFunc(lines, func(a, b forms.Values) int {
		return cmp.Or(cmp.Compare(a["issuer"], b["issuer"]), cmp.Compare(a["document_number"], b["document_number"]), cmp.Compare(a["copy_number"], b["copy_number"]))
	})
	for _, v := range lines {
		if err := x.row("documents", v); err != nil {
			return err
		}
	}
	return nil
}

// keptFor is the reason for which a carrier is kept.
func (x *sheet) keptFor(c custody.Campaign, row CarrierRow) (string, error) {
	events, err := x.deps.Register.Events(x.ctx, leaf.CarrierSubject+row.ID)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(events) {
		if e.Kind != leaf.CampaignProposed {
			continue
		}
		p, err := x.payloadAt(x.ctx, e.Index)
		if err != nil {
			return "", err
		}
		b, ok := p.Body.(*leaf.Proposal)
		if !ok || b.Campaign != c.ID {
			continue
		}
		for _, it := range b.Items {
			if it.Carrier == row.ID {
				return keepReasonsZh[it.Reason], nil
			}
		}
	}
	return "", nil
}

// clearOutLines is F10a.
func (x *sheet) clearOutLines() error {
	c, rows, err := x.theCampaign()
	if err != nil {
		return err
	}
	for _, row := range rows {
		line := forms.Values{"batch": c.Number, "carrier_number": row.Number, "due_count": "1", "accepted_count": "0", "line_state": "未勾"}
		if row.State == custody.Returned {
			line["accepted_count"], line["line_state"] = "1", "已收下"
		}
		if err := x.row("lines", line); err != nil {
			return err
		}
	}
	return nil
}

// theBatch is the batch the sheet is for, with its members in the order of the manifest.
func (x *sheet) theBatch() (BatchRow, []string, error) {
	b, err := x.batchRow(x.ctx, x.o.For)
	if err != nil {
		return b, nil, err
	}
	if x.c.Number == "" && x.form.Numbered != (forms.Text{}) {
		x.c.Number = b.Number
	}
	ids, err := x.deps.Register.EverIn(x.ctx, b.ID)
	if err == nil && len(ids) == 0 {
		err = fault.New("batch.empty", nil)
	}
	return b, ids, err
}

// destructionList is F11: list and approval.
func (x *sheet) destructionList() error {
	b, ids, err := x.theBatch()
	if err != nil {
		return err
	}
	if err := x.boxes(forms.Values{"unit": x.c.Unit}); err != nil {
		return err
	}
	if err := x.listMembers("carriers", ids, noMore); err != nil {
		return err
	}
	return x.signBatch(b)
}

// signBatch signs for approver, destroyer and attestor, as far as they have signed.
func (x *sheet) signBatch(b BatchRow) error {
	subject := leaf.BatchSubject + b.ID
	_, approved, err := x.said(subject, leaf.BatchApproved)
	if err != nil {
		return err
	}
	if err := x.sign("approver", b.Approver, approved.At, ""); err != nil {
		return err
	}
	_, done, err := x.said(subject, leaf.BatchCompleted)
	if err != nil {
		return err
	}
	for _, a := range done.Actors {
		role := forms.Key("destroyer")
		if a.Role == leaf.RoleAttestor {
			role = "attestor"
		}
		if err := x.sign(role, a.Person, done.At, ""); err != nil {
			return err
		}
	}
	return nil
}

// destructionRecord is F12: one line for each carrier that the batch destroyed.
func (x *sheet) destructionRecord() error {
	b, ids, err := x.theBatch()
	if err != nil {
		return err
	}
	_, done, err := x.said(leaf.BatchSubject+b.ID, leaf.BatchCompleted)
	if err != nil {
		return err
	}
	common := forms.Values{"destruction_method": methodZh(b.Method), "destruction_place": b.Machine}
	for _, a := range done.Actors {
		key := forms.Key("destroyer")
		if a.Role == leaf.RoleAttestor {
			key = "attestor_1"
		}
		if common[key], err = x.who(a.Person); err != nil {
			return err
		}
	}
	for key, person := range map[forms.Key]string{"applicant": b.Applicant, "approver": b.Approver} {
		if common[key], err = x.who(person); err != nil {
			return err
		}
	}
	destroyed := []string{}
	for _, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		if c.State.Disposition() == custody.DispositionDestroyed && c.Batch == b.ID {
			destroyed = append(destroyed, id)
		}
	}
	if err := x.listMembers("carriers", destroyed, func(c CarrierRow) (forms.Values, error) {
		end, err := x.ended(c)
		return merged(common, forms.Values{"destroyed_on": x.day(end.at)}), err
	}); err != nil {
		return err
	}
	return x.signBatch(b)
}

// methodZh is the Chinese term of a destruction method.
func methodZh(method string) string {
	if method == "shred" {
		return "粉碎"
	}
	return method
}

// attestation is F13a.
func (x *sheet) attestation() error {
	b, _, err := x.theBatch()
	if err != nil {
		return err
	}
	subject := leaf.BatchSubject + b.ID
	_, released, err := x.said(subject, leaf.BatchReleased)
	if err != nil {
		return err
	}
	_, reconciled, err := x.said(subject, leaf.BatchReconciled)
	if err != nil {
		return err
	}
	v := forms.Values{"destroyed_on": x.day(reconciled.At), "started_at": x.time(released.At), "ended_at": x.time(reconciled.At), "batch": b.Number,
		"destruction_method": methodZh(b.Method), "machine_number": b.Machine}
	if m, ok, err := x.deps.Register.Machine(x.ctx); err != nil {
		return err
	} else if ok && m.Machine.Machine == b.Machine {
		v["machine_name"], v["machine_approval"] = m.Manufacturer+" "+m.Model, m.ApprovalNo
	}
	if err := x.boxes(v); err != nil {
		return err
	}
	return x.signBatch(b)
}
