package station

import (
	"slices"
	"strconv"

	"sexton/custody"
	"sexton/forms"
)

// report is R1 and R2: the report of a year and of a period.
func (x *sheet) report() error {
	v, err := x.periodReport(x.ctx, x.o.From, x.o.To)
	if err != nil {
		return err
	}
	x.c.Ledger = &forms.Position{Size: uint64(v.Ledger.Size), Root: v.Ledger.Root}
	year := v.From
	if v.From[5:] == "01-01" && v.To == v.From[:4]+"-12-31" {
		year = v.From[:4]
	} else {
		year += " 至 " + v.To
	}
	if err := x.boxes(forms.Values{"unit": x.c.Unit, "report_period": year, "period_from": v.From, "period_to": v.To, "filled_on": x.day(x.now())}); err != nil {
		return err
	}
	for _, r := range v.Rows {
		if err := x.row("holdings", balanceRow(r)); err != nil {
			return err
		}
	}
	more := x.periodTables
	if x.form.ID == "R1" {
		more = x.yearTables
	}
	if err := more(v); err != nil {
		return err
	}
	return x.sign("compiler", x.by, x.now(), "")
}

// balanceRow is one row of holdings; the closing figure is computed by the form.
func balanceRow(r PeriodRow) forms.Values {
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	return forms.Values{"classification": r.LevelZh, "carrier_kind": r.KindZh, "opening_count": n(r.Opening), "in_count": n(r.Received), "made_count": n(r.Made),
		"regraded_in_count": n(r.RegradedIn), "returned_count": n(r.Returned), "archived_count": n(r.Archived), "transferred_count": n(r.Transferred + r.Dispatched),
		"declassified_count": n(r.Declassified), "consigned_count": n(r.Consigned), "destroyed_count": n(r.Destroyed), "regraded_out_count": n(r.RegradedOut),
		"other_count": n(r.Other)}
}

// yearTables are problems, persons and machines.
func (x *sheet) yearTables(v PeriodView) error {
	for _, f := range v.Findings {
		if err := x.row("problems", forms.Values{"problem": f.CodeZh + "：" + f.Text, "found_on": x.day(f.FoundOn), "correction_state": f.StateZh, "corrected_on": x.day(f.Corrected)}); err != nil {
			return err
		}
	}
	for _, p := range v.People {
		if err := x.row("persons", forms.Values{"name": p.Name, "post": p.Post, "clearance": p.GradeZh, "change": p.ChangeZh, "changed_on": x.day(p.At)}); err != nil {
			return err
		}
	}
	for _, m := range v.Machines {
		if err := x.row("machines", forms.Values{"machine_name": m.Model, "machine_number": m.Machine, "machine_approval": m.ApprovalNo}); err != nil {
			return err
		}
	}
	return nil
}

// periodTables are destructions, what is open at the end, and findings.
func (x *sheet) periodTables(v PeriodView) error {
	for _, d := range v.Destruction {
		line := forms.Values{"batch": d.Batch, "certificate_number": d.Certificate, "carrier_kind": d.KindZh, "count": strconv.FormatInt(d.Count, 10), "destroyed_on": x.day(d.At)}
		var err error
		if line["destroyer"], err = x.who(d.Destroyer); err != nil {
			return err
		}
		if line["attestor"], err = x.who(d.Attestor); err != nil {
			return err
		}
		if err := x.row("destructions", line); err != nil {
			return err
		}
	}
	if err := x.openTable(v); err != nil {
		return err
	}
	for _, f := range v.Findings {
		if err := x.row("findings", forms.Values{"problem": f.CodeZh + "：" + f.Text, "found_on": x.day(f.FoundOn), "correction_state": f.StateZh, "correct_by": f.CorrectBy}); err != nil {
			return err
		}
	}
	return nil
}

// openTable lists the carriers that are out, missing or undecided at the end of the period.
func (x *sheet) openTable(v PeriodView) error {
	line := func(number string, more forms.Values) error {
		c, err := x.carrierRow(x.ctx, number)
		if err != nil {
			return err
		}
		cv, err := x.carrier(c)
		if err != nil {
			return err
		}
		return x.row("open", forms.Values{"carrier_number": number, "title": cv["title"], "classification": cv["classification"]}, more)
	}
	for _, m := range v.Open {
		holder, err := x.who(m.To)
		if err != nil {
			return err
		}
		more := forms.Values{"carrier_state": m.ActZh, "holder": holder, "due_on": x.day(m.Due)}
		if m.Overdue {
			more["remark"] = "逾期"
		}
		for _, n := range m.Carriers {
			if err := line(n, more); err != nil {
				return err
			}
		}
	}
	for _, n := range v.Missing {
		if err := line(n, forms.Values{"carrier_state": custody.Missing.Zh()}); err != nil {
			return err
		}
	}
	for _, n := range v.OpenCases {
		if slices.Contains(v.Missing, n) {
			continue
		}
		if err := line(n, forms.Values{"carrier_state": "销毁结果未决"}); err != nil {
			return err
		}
	}
	return nil
}
