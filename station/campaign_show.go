package station

import (
	"context"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// Campaign implements Campaigns.
func (s *Station) Campaign(ctx context.Context, id string) (CampaignView, error) {
	v, err := s.campaign(ctx, id)
	return v, toFault(err)
}

func (s *Station) campaign(ctx context.Context, id string) (CampaignView, error) {
	c, _, opened, err := numbered[custody.Campaign](ctx, s, "clear-out", id)
	if err != nil {
		return CampaignView{}, err
	}
	v := campaignView(c, opened)
	ids, err := s.selected(ctx, opened)
	if err != nil {
		return CampaignView{}, err
	}
	for _, id := range ids {
		row, err := s.carrierRow(ctx, id)
		if err != nil {
			return CampaignView{}, err
		}
		why, err := s.whyLeft(ctx, c, row)
		if err != nil {
			return CampaignView{}, err
		}
		if why == "" {
			continue
		}
		l, err := s.leftView(ctx, c, row, why)
		if err != nil {
			return CampaignView{}, err
		}
		v.Remaining = append(v.Remaining, l)
	}
	return v, nil
}

// campaignView counts: what is due of each fate, done and left.
func campaignView(c custody.Campaign, opened leaf.Payload) CampaignView {
	v := CampaignView{ID: c.ID, Number: c.Number, Before: c.Before, At: opened.At, State: string(c.State), StateZh: campaignStatesZh[c.State], Opener: c.Opener,
		Approver: c.Approver, Selected: c.Selected, Proposed: total(c.Proposed), Done: total(c.Done), Fates: []FateView{}, Remaining: []LeftView{}}
	v.Left = v.Selected - v.Done
	for _, fate := range custody.Fates() {
		if due := c.Proposed[fate]; due > 0 {
			v.Fates = append(v.Fates, FateView{Fate: fate, FateZh: fault.Term(fate), Due: due, Done: c.Done[fate], Left: due - c.Done[fate]})
		}
	}
	return v
}

// whysZh are the reasons why a carrier of a clear-out is left.
var whysZh = map[string]string{"no-proposal": "未提出处置意见", "not-approved": "方案未批准", "ready": "在库，待办理", "handed-out": "在读者、借阅人或经办人手中",
	"in-transit": "已发出，回执未到", "in-batch": "在销毁批次中", "missing": "未找到", "open-case": "销毁结果未决", "disposed": "已另行处置"}

// whyLeft says why a carrier of the selection has not met its fate; "" when it has.
func (s *Station) whyLeft(ctx context.Context, c custody.Campaign, row CarrierRow) (string, error) {
	mine := row.Campaign == c.ID
	switch {
	case mine && row.Fate == custody.ActKeep && c.State != custody.CampaignOpened:
		return "", nil
	case row.State.Terminal() || row.State == custody.Consigned:
		if mine && fateOf(row.State) == row.Fate {
			met, err := s.metInTime(ctx, c, row)
			if met || err != nil {
				return "", err
			}
		}
		return "disposed", nil
	case row.State == custody.Missing:
		return "missing", nil
	case row.Case != "":
		return "open-case", nil
	case !mine:
		return "no-proposal", nil
	case row.Index >= 0:
		return "in-batch", nil
	case row.Where == custody.InTransit:
		return "in-transit", nil
	case row.Where != custody.OnShelf:
		return "handed-out", nil
	case c.State == custody.CampaignOpened:
		return "not-approved", nil
	case row.Batch != "":
		return "in-batch", nil
	}
	return "ready", nil
}

// fateOf is the fate that a disposition fulfils.
func fateOf(state custody.State) string {
	switch state {
	case custody.Archived:
		return custody.ActArchive
	case custody.Transferred:
		return custody.ActTransfer
	case custody.Returned:
		return custody.ActReturn
	case custody.Declassified:
		return custody.ActDeclassify
	case custody.Destroyed, custody.Resolved, custody.Certified:
		return custody.ActDestroy
	case custody.Consigned, custody.DestroyedElsewhere:
		return custody.ActConsign
	}
	return ""
}

func (s *Station) leftView(ctx context.Context, c custody.Campaign, row CarrierRow, why string) (LeftView, error) {
	v := LeftView{Number: row.Number, LevelZh: levelZh(row.Level), Why: why, WhyZh: whysZh[why], StateZh: row.State.Zh(), WhereZh: row.Where.Zh(), Place: row.Place,
		Keeper: row.Keeper, With: row.With, Movement: row.Movement, Batch: row.Batch}
	if row.Campaign == c.ID {
		v.Fate, v.FateZh = row.Fate, fault.Term(row.Fate)
	}
	open, err := s.deps.Book.Openings(ctx, row.Event)
	for _, o := range open {
		if to := map[string]*string{"/body/title": &v.Title, "/body/document": &v.Document, "/body/issuer": &v.Issuer}[o.Path]; to != nil {
			*to = o.Value
		}
	}
	return v, err
}

// CampaignList implements Campaigns.
func (s *Station) CampaignList(ctx context.Context) ([]CampaignView, error) {
	out, err := views(ctx, s, func(ctx context.Context, c custody.Campaign, row ThingRow) (CampaignView, error) {
		opened, err := s.payloadAt(ctx, row.Index)
		return campaignView(c, opened), err
	})
	return out, toFault(err)
}

// disposing are the kinds of event by which a carrier meets a fate.
var disposing = map[leaf.Kind]bool{leaf.CarrierArchived: true, leaf.CarrierTransferred: true, leaf.CarrierReturned: true, leaf.CarrierDeclassified: true,
	leaf.CarrierConsigned: true, leaf.CarrierDestroyed: true, leaf.CarrierResolved: true}

// metInTime says whether a carrier met its fate while the clear-out was being carried out: after its approval and before its end.
func (s *Station) metInTime(ctx context.Context, c custody.Campaign, row CarrierRow) (bool, error) {
	events, err := s.deps.Register.Events(ctx, leaf.CarrierSubject+row.ID)
	if err != nil {
		return false, err
	}
	met := int64(-1)
	for _, e := range events {
		if disposing[e.Kind] {
			met = e.Index
		}
	}
	steps, err := s.deps.Register.Events(ctx, leaf.CampaignSubject+c.ID)
	if err != nil {
		return false, err
	}
	in := false
	for _, e := range steps {
		switch {
		case e.Kind == leaf.CampaignApproved && e.Index < met:
			in = true
		case e.Kind == leaf.CampaignClosed && e.Index < met:
			in = false
		}
	}
	return in, nil
}
