package station

import (
	"slices"
	"strconv"
	"time"

	"sexton/custody"
	"sexton/forms"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// theDocument is the document the sheet is for, with its copies.
func (x *sheet) theDocument() (documentRow, forms.Values, []string, error) {
	d, err := x.documentRow(x.ctx, x.o.For)
	if err != nil {
		return d, nil, nil, err
	}
	words, err := x.openings(x.ctx, d.event)
	if err != nil {
		return d, nil, nil, err
	}
	circle, err := x.joined(d.Circle)
	if err != nil {
		return d, nil, nil, err
	}
	level, _ := custody.ClassificationOf(d.Classification)
	v := forms.Values{"document_number": d.number, "issuer": d.issuer, "title": words["title"], "classification": level.Zh,
		"classification_mark": markOf(d.Classification, d.Period), "period": d.Period, "circle": circle, "reading_circle": either(circle, words["scope"]),
		"made_on": d.Dated, "officer": ""}
	if d.Made > 0 {
		v["printed_count"] = strconv.FormatInt(d.Made, 10)
	}
	ids, err := x.deps.Register.CopiesOf(x.ctx, d.ID)
	return d, v, ids, err
}

// movesOf gives the movements of these acts that took any of these carriers, oldest first.
func (x *sheet) movesOf(ids []string, acts []string, each func(moved, forms.Values, []CarrierRow) error) error {
	at := map[int64][]CarrierRow{} // by the leaf that opened the movement
	for _, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		events, err := x.deps.Register.Events(x.ctx, leaf.CarrierSubject+id)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Kind == leaf.MovementOpened {
				at[e.Index] = append(at[e.Index], c)
			}
		}
	}
	for _, index := range slices.Sorted(keysOf(at)) {
		p, err := x.payloadAt(x.ctx, index)
		if err != nil {
			return err
		}
		b, ok := p.Body.(*leaf.Movement)
		if !ok || !slices.Contains(acts, b.Act) {
			continue
		}
		m, row, err := thing[custody.Movement](x.ctx, x.Station, "movement", b.Movement)
		if err != nil {
			return err
		}
		v, err := x.movementOf(m, row)
		if err != nil {
			return err
		}
		ends, err := x.ends(v)
		if err != nil {
			return err
		}
		if err := each(v, ends, at[index]); err != nil {
			return err
		}
	}
	return nil
}

// distribution is F4: who got which copy, and what remains on the shelf.
func (x *sheet) distribution() error {
	_, v, ids, err := x.theDocument()
	if err != nil {
		return err
	}
	remaining := 0
	for _, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		if c.Where == custody.OnShelf {
			remaining++
		}
	}
	v["remaining_count"] = strconv.Itoa(remaining)
	if err := x.boxes(v); err != nil {
		return err
	}
	return x.movesOf(ids, []string{custody.ActHandOver, custody.ActDispatch, custody.ActTransfer}, func(m moved, ends forms.Values, taken []CarrierRow) error {
		for _, c := range taken {
			cv, err := x.carrier(c)
			if err != nil {
				return err
			}
			line := forms.Values{"count": "1", "copy_number": cv["copy_number"], "recipient": ends["recipient"], "signed_for_at": x.time(m.Accepted)}
			if !m.Outside && m.taker != "" {
				line["signed_for_by"] = ends["receiver"]
			}
			if receipt := m.slip["receipt"]; receipt != "" {
				line["remark"] = "回执 " + receipt
			}
			if err := x.row("recipients", line); err != nil {
				return err
			}
		}
		return nil
	})
}

// circulation is F5: who read it, from when to when.
func (x *sheet) circulation() error {
	_, v, ids, err := x.theDocument()
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		c, err := x.carrierRow(x.ctx, ids[0])
		if err != nil {
			return err
		}
		first, err := x.carrier(c)
		if err != nil {
			return err
		}
		v = merged(v, forms.Values{"copy_number": first["copy_number"]})
		_, p, err := x.said(leaf.ListSubject+c.List, leaf.ListReceived)
		if err != nil {
			return err
		}
		v["received_on"] = x.day(p.At)
	}
	var due time.Time
	err = x.movesOf(ids, []string{custody.ActCirculate, custody.ActLend}, func(m moved, ends forms.Values, taken []CarrierRow) error {
		if m.Due.After(due) {
			due = m.Due
		}
		for _, c := range taken {
			line := forms.Values{"reader": ends["receiver"], "sent_at": x.time(m.Opened), "returned_at": x.time(m.back[c.ID].at), "opinion": m.back[c.ID].remark}
			if m.taker != "" {
				line["reader_signature"] = ends["receiver"]
			}
			if err := x.row("readers", line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	v["deadline"] = x.day(due)
	return x.boxes(v)
}

// theRequest is the request the sheet is for.
func (x *sheet) theRequest(acts ...string) (requestRow, forms.Values, error) {
	r, err := x.requestRow(x.ctx, x.o.For)
	if err != nil {
		return r, nil, err
	}
	if !slices.Contains(acts, r.Act) {
		return r, nil, requestFault(r, "填写此表", "stand on this form")
	}
	words, err := x.openings(x.ctx, r.event)
	if err != nil {
		return r, nil, err
	}
	p, err := x.payloadAt(x.ctx, r.index)
	if err != nil {
		return r, nil, err
	}
	if x.c.Number == "" && x.form.Numbered != (forms.Text{}) {
		if x.c.Number, err = x.requestNumber(r.ID); err != nil {
			return r, nil, err
		}
	}
	v := forms.Values{"reason": words["reason"], "purpose": words["reason"], "applied_on": x.day(p.At), "filled_on": x.day(p.At), "receiver": words["party"],
		"receiver_unit": words["party"]}
	if v["applicant"], err = x.who(r.Applicant); err != nil {
		return r, nil, err
	}
	v["officer"] = v["applicant"]
	if v["applicant_unit"], _, v["applicant_clearance"], err = x.postOf(r.Applicant); err != nil {
		return r, nil, err
	}
	v["unit"] = v["applicant_unit"]
	if r.To != "" {
		if v["receiver"], err = x.who(r.To); err != nil {
			return r, nil, err
		}
		v["receiver_unit"], _, v["receiver_clearance"], err = x.postOf(r.To)
	}
	return r, v, err
}

// decided signs for who audited and who approved a request.
func (x *sheet) decided(r requestRow, auditor, approver forms.Key) error {
	words, p, err := x.said(leaf.RequestSubject+r.ID, leaf.RequestAudited)
	if err != nil {
		return err
	}
	if err := x.sign(auditor, r.Auditor, p.At, words["opinion"]); err != nil {
		return err
	}
	return x.approvedBy(r.ID, approver)
}

// copyApproval is F7.
func (x *sheet) copyApproval() error {
	r, v, err := x.theRequest(custody.ActCopy, custody.ActMake)
	if err != nil {
		return err
	}
	if err := x.boxes(v); err != nil {
		return err
	}
	count := forms.Values{"count": strconv.FormatInt(r.Count, 10)}
	if err := x.listMembers("originals", r.Carriers, func(CarrierRow) (forms.Values, error) { return count, nil }); err != nil {
		return err
	}
	if len(r.Carriers) == 0 && r.Document != "" {
		d, err := x.documentRow(x.ctx, r.Document)
		if err != nil {
			return err
		}
		words, err := x.openings(x.ctx, d.event)
		if err != nil {
			return err
		}
		if err := x.row("originals", count, forms.Values{"title": words["title"], "classification": levelZh(d.Classification)}); err != nil {
			return err
		}
	}
	if err := x.decided(r, "division_head", "department_head"); err != nil {
		return err
	}
	_, made, err := x.said(leaf.RequestSubject+r.ID, leaf.CopiesMade)
	if err != nil {
		return err
	}
	return x.sign("handler", r.Maker, made.At, "")
}

// transferApproval is F9a.
func (x *sheet) transferApproval() error {
	r, v, err := x.theRequest(custody.ActHandOver, custody.ActLend, custody.ActDispatch, custody.ActTransfer)
	if err != nil {
		return err
	}
	top, err := x.highest(r.Carriers)
	if err != nil {
		return err
	}
	if err := x.boxes(merged(v, top)); err != nil {
		return err
	}
	return x.approvedBy(r.ID, "approver")
}

// reclassification is F18; a release leaves the new boxes empty.
func (x *sheet) reclassification() error {
	r, v, err := x.theRequest(custody.ActReclassify, custody.ActDeclassify)
	if err != nil {
		return err
	}
	d, err := x.documentRow(x.ctx, r.Document)
	if err != nil {
		return err
	}
	words, p, err := x.said(leaf.DocumentSubject+d.ID, leaf.DocumentEntered)
	if err != nil {
		return err
	}
	v["title"], v["old_circle"], v["change_purpose"] = words["title"], words["scope"], fault.Term(r.Act)
	if b, ok := p.Body.(*leaf.Document); ok {
		v["old_classification"], v["old_period"] = levelZh(b.Classification), either(b.Period, "未标注")
	}
	v["new_classification"], v["new_period"] = levelZh(r.Classification), r.Period
	if err := x.boxes(v); err != nil {
		return err
	}
	if err := x.sign("officer", r.Applicant, p.At, ""); err != nil {
		return err
	}
	return x.decided(r, "classification_auditor", "classification_authority")
}
