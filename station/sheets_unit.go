package station

import (
	"strconv"

	"sexton/custody"
	"sexton/forms"
	"sexton/ledger/leaf"
)

// theInspection is the inspection the sheet is for, with its findings.
func (x *sheet) theInspection() (InspectionView, []FindingView, error) {
	v, err := x.Inspection(x.ctx, x.o.For)
	if err != nil {
		return v, nil, err
	}
	if x.c.Number == "" && x.form.Numbered != (forms.Text{}) {
		x.c.Number = v.Number
	}
	all, err := x.Findings(x.ctx, FindingFilter{Inspection: v.ID})
	if err != nil {
		return v, nil, err
	}
	place := x.c.Unit
	if v.Place != "" {
		if place, err = x.named(custody.PlaceThing, v.Place); err != nil {
			return v, nil, err
		}
	}
	return v, all, x.boxes(forms.Values{"inspected_unit": place, "inspected_on": x.day(v.At)})
}

// inspected is F15.
func (x *sheet) inspected() error {
	v, all, err := x.theInspection()
	if err != nil {
		return err
	}
	if v.Count != nil {
		agrees := "是"
		if v.Missing+v.Extra > 0 {
			agrees = "否"
		}
		remark := "应有 " + strconv.FormatInt(v.Due, 10) + "，实有 " + strconv.FormatInt(v.Found, 10) + "，未找到 " + strconv.FormatInt(v.Missing, 10) + "，多出 " + strconv.FormatInt(v.Extra, 10)
		if err := x.row("items", forms.Values{"item": "账物相符", "finding": agrees, "remark": remark}); err != nil {
			return err
		}
	}
	for _, f := range all {
		if err := x.row("items", forms.Values{"item": f.CodeZh + "：" + f.Text, "finding": "有", "remark": f.StateZh}); err != nil {
			return err
		}
	}
	return x.sign("inspector", v.Inspector, v.At, "")
}

// correctionNotice is F15c.
func (x *sheet) correctionNotice() error {
	v, all, err := x.theInspection()
	if err != nil {
		return err
	}
	boxes := forms.Values{}
	for _, f := range all {
		answers, err := x.who(f.Answers)
		if err != nil {
			return err
		}
		if err := x.row("problems", forms.Values{"problem": f.CodeZh + "：" + f.Text + "（整改责任人 " + answers + "）"}); err != nil {
			return err
		}
		if boxes["correct_by"] == "" || f.Due < boxes["correct_by"] {
			boxes["correct_by"] = f.Due
		}
		if f.Review != "" {
			boxes["recheck_result"] += f.CodeZh + "：" + f.StateZh + "，" + f.Review + "\n"
		}
	}
	if err := x.boxes(boxes); err != nil {
		return err
	}
	return x.sign("inspector", v.Inspector, v.At, "")
}

// person is F16b, F17 and F17a.
func (x *sheet) person() error {
	post, _, err := thing[custody.Post](x.ctx, x.Station, "post of", x.o.For)
	if err != nil {
		return err
	}
	v := forms.Values{"release_to": post.CoolingUntil}
	if v["name"], err = x.who(post.Person); err != nil {
		return err
	}
	if v["unit"], v["post"], v["clearance"], err = x.postOf(post.Person); err != nil {
		return err
	}
	if post.Left {
		_, p, err := x.said(leaf.PersonSubject+post.Person, leaf.PersonLeft)
		if err != nil {
			return err
		}
		v["release_from"] = x.day(p.At)
	}
	if err := x.boxes(v); err != nil {
		return err
	}
	signed := post.Pledged
	if x.form.ID == "F17a" {
		signed = post.Parted
	}
	if signed == "" {
		return nil
	}
	events, err := x.deps.Register.Events(x.ctx, leaf.PersonSubject+post.Person)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Hash != signed {
			continue
		}
		p, err := x.payloadAt(x.ctx, e.Index)
		if err != nil {
			return err
		}
		return x.sign("pledger", post.Person, p.At, "")
	}
	return nil
}

// leavingCheck is F17b: what somebody who leaves still has to hand over.
func (x *sheet) leavingCheck() error {
	o, err := x.outstanding(x.ctx, x.o.For)
	if err != nil {
		return err
	}
	v := forms.Values{"reason": "离岗", "handed_over_on": x.day(x.now()), "outstanding_count": strconv.Itoa(len(o.Carriers))}
	if v["giver"], err = x.who(o.Person); err != nil {
		return err
	}
	if v["giver_unit"], v["giver_post"], _, err = x.postOf(o.Person); err != nil {
		return err
	}
	if err := x.boxes(v); err != nil {
		return err
	}
	ids, err := x.deps.Register.Outstanding(x.ctx, o.Person)
	if err != nil {
		return err
	}
	return x.listMembers("carriers", ids, noMore)
}

// placeSheet is F19 and F19-withdraw.
func (x *sheet) placeSheet() error {
	p, _, err := thing[custody.Place](x.ctx, x.Station, "place", x.o.For)
	if err != nil {
		return err
	}
	name, err := x.named(custody.PlaceThing, p.ID)
	if err != nil {
		return err
	}
	department, err := x.named(custody.DepartmentThing, p.Department)
	if err != nil {
		return err
	}
	return x.boxes(forms.Values{"place_name": name, "location": department + "（" + p.ID + "）", "measures_physical": placeUsesZh[p.Use] + "，最高 " + levelZh(p.Highest)})
}

// incident is F20.
func (x *sheet) incident() error {
	v, err := x.Incident(x.ctx, x.o.For)
	if err != nil {
		return err
	}
	if x.c.Number == "" {
		x.c.Number = v.Number
	}
	var ids []string
	for _, n := range v.Carriers {
		c, err := x.carrierRow(x.ctx, n)
		if err != nil {
			return err
		}
		ids = append(ids, c.ID)
	}
	top, err := x.highest(ids)
	if err != nil {
		return err
	}
	reporter, err := x.who(v.Reporter)
	if err != nil {
		return err
	}
	return x.boxes(merged(top, forms.Values{"found_at": x.time(v.Discovered), "found_by": reporter, "course": v.Text, "incident_way": v.WhatZh, "search_state": v.ResultZh,
		"remedy": v.Measures}))
}
