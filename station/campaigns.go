package station

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// A clear-out selects what was registered before a day and is still held, gives each carrier a fate, has the leader approve, and carries the
// fates out by the same movements and batches as ever. Its balance is counted, never typed: due = done + left.

var campaignStatesZh = map[custody.CampaignState]string{custody.CampaignOpened: "提出处置意见", custody.CampaignApproved: "已批准，办理中", custody.CampaignClosed: "已结束"}

// OpenCampaign implements Campaigns.
func (s *Station) OpenCampaign(ctx context.Context, o CampaignOptions) (CampaignView, error) {
	id, err := s.newID()
	if err != nil {
		return CampaignView{}, toFault(err)
	}
	err = s.assertAct(ctx, "campaign-open", o.Session, func(x *session, role leaf.Role) (note, error) {
		if o.Number == "" {
			return note{}, fault.New("usage.bad-request", nil, "number is missing")
		}
		if err := newNumber[custody.Campaign](ctx, s, "clear-out", o.Number); err != nil {
			return note{}, err
		}
		selected, err := s.selection(ctx, o.Before)
		if err != nil {
			return note{}, err
		}
		if len(selected) == 0 {
			return note{}, fault.New("campaign.empty", nil, o.Before)
		}
		list := []byte(strings.Join(selected, "\n"))
		return note{kind: leaf.CampaignOpened, actors: []leaf.Actor{x.asserts(role)}, subjects: []string{leaf.CampaignSubject + id}, fresh: true,
			body:   &leaf.Campaign{Campaign: id, Number: o.Number, Before: o.Before, Selected: int64(len(selected)), SelectedSHA256: sha(list)},
			attach: [][]byte{list}}, nil
	})
	if err != nil {
		return CampaignView{}, err
	}
	s.hub.send(Event{Type: "campaign", Subject: id, What: "opened", Zh: "已开始清理 " + o.Number, En: "clear-out " + o.Number + " began"})
	return s.Campaign(ctx, id)
}

// startOf is the first moment of a day where the station stands.
func (s *Station) startOf(day string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, s.cfg.Zone)
	if err != nil {
		return time.Time{}, fault.New("usage.bad-request", err, "day "+day)
	}
	return t, nil
}

// selection lists the ids of what was signed for, was registered before a day, and is still held: not in a sealed batch, whose fate is decided, and in
// no other clear-out under way.
func (s *Station) selection(ctx context.Context, before string) ([]string, error) {
	start, err := s.startOf(before)
	if err != nil {
		return nil, err
	}
	if start.After(s.now()) {
		return nil, fault.New("usage.bad-request", nil, "day "+before)
	}
	open := map[string]bool{}
	rows, err := things[custody.Campaign](ctx, s)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		c := r.Thing.(custody.Campaign)
		open[c.ID] = c.State != custody.CampaignClosed
	}
	ids := []string{}
	err = s.deps.Register.EachCarrier(ctx, index.Search{Held: true}, func(c CarrierRow) error {
		if c.State == custody.Registered || c.Index >= 0 || open[c.Campaign] {
			return nil
		}
		at, err := s.deps.Register.Time(ctx, c.LeafIndex)
		if err == nil && at.Before(start) {
			ids = append(ids, c.ID)
		}
		return err
	})
	slices.Sort(ids)
	return ids, err
}

// selected lists the ids that a clear-out selected when it was opened.
func (s *Station) selected(ctx context.Context, opened leaf.Payload) ([]string, error) {
	b, ok := opened.Body.(*leaf.Campaign)
	if !ok {
		return nil, errors.New("internal error: a clear-out was not opened by its first leaf")
	}
	list, err := s.deps.Book.Attachment(ctx, b.SelectedSHA256)
	return strings.Fields(string(list)), err
}

// ApproveCampaign implements Campaigns.
func (s *Station) ApproveCampaign(ctx context.Context, campaign string, by Signer) (CampaignView, error) {
	var id string
	_, err := s.signAct(ctx, "campaign-approve", by, func(x *session, role leaf.Role) (note, error) {
		c, _, opened, err := numbered[custody.Campaign](ctx, s, "clear-out", campaign)
		if err != nil {
			return note{}, err
		}
		id = c.ID
		rows, err := s.approvable(ctx, c, opened, x)
		if err != nil {
			return note{}, err
		}
		return note{kind: leaf.CampaignApproved, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.CampaignSubject + c.ID}, rows: rows,
			body: &leaf.CampaignDecision{Campaign: c.ID, Proposals: c.Proposals}}, nil
	})
	if err != nil {
		return CampaignView{}, err
	}
	s.hub.send(Event{Type: "campaign", Subject: id, What: "approved", Zh: "清理方案已批准", En: "the clear-out was approved"})
	return s.Campaign(ctx, id)
}

// approvable demands that every carrier of the selection that can have a proposal has one, that who audits by the rules proposed, and that the
// approver did not. It gives the rows of the rules.
func (s *Station) approvable(ctx context.Context, c custody.Campaign, opened leaf.Payload, x *session) ([]string, error) {
	proposers, roles, err := s.proposers(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := policy.Separate("campaign-approve", x.person.Person, map[string][]string{"proposer": append(proposers, c.Opener)}); err != nil {
		return nil, err
	}
	ids, err := s.selected(ctx, opened)
	if err != nil {
		return nil, err
	}
	without := 0
	what := map[[2]string]bool{}
	for _, id := range ids {
		row, err := s.carrierRow(ctx, id)
		if err != nil {
			return nil, err
		}
		what[[2]string{row.Level, row.Kind}] = true
		if row.Campaign != c.ID && proposable(row) {
			without++
		}
	}
	if without > 0 {
		return nil, fault.New("campaign.unproposed", nil, without)
	}
	return s.clearOutRules(ctx, what, roles)
}

// clearOutRules asks the rules in force about clearing out carriers of these levels and kinds.
func (s *Station) clearOutRules(ctx context.Context, what map[[2]string]bool, proposedAs map[leaf.Role]bool) ([]string, error) {
	p, err := s.profile(ctx)
	if err != nil {
		return nil, err
	}
	rows := []string{}
	for w := range what {
		d, err := p.DecideAct(policy.ActQuery{Act: custody.ActClearOut, Classification: w[0], CarrierKind: w[1], At: s.now()})
		if err != nil {
			return nil, err
		}
		rows = append(rows, d.Rows...)
		if d.Audit != "" && (len(proposedAs) != 1 || !proposedAs[leaf.Role(d.Audit)]) {
			return nil, fault.New("campaign.audit", nil, d.Audit)
		}
		if slices.Index(authorities, d.Authority) > 0 {
			return nil, fault.New("batch.authority", nil, d.Authority, authorities[0])
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows), nil
}

// proposers are who proposed fates, and in which roles.
func (s *Station) proposers(ctx context.Context, c custody.Campaign) ([]string, map[leaf.Role]bool, error) {
	events, err := s.deps.Register.Events(ctx, leaf.CampaignSubject+c.ID)
	if err != nil {
		return nil, nil, err
	}
	var persons []string
	roles := map[leaf.Role]bool{}
	for _, e := range events {
		if e.Kind != leaf.CampaignProposed {
			continue
		}
		p, err := s.payloadAt(ctx, e.Index)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range p.Actors {
			roles[a.Role] = true
			if !slices.Contains(persons, a.Person) {
				persons = append(persons, a.Person)
			}
		}
	}
	return persons, roles, nil
}

// CloseCampaign implements Campaigns.
func (s *Station) CloseCampaign(ctx context.Context, campaign, reason string, by Signer) (CampaignView, error) {
	var id string
	_, err := s.signAct(ctx, "campaign-close", by, func(x *session, role leaf.Role) (note, error) {
		c, _, _, err := numbered[custody.Campaign](ctx, s, "clear-out", campaign)
		if err != nil {
			return note{}, err
		}
		id = c.ID
		left := c.Selected - total(c.Done)
		if left > 0 && reason == "" {
			return note{}, fault.New("campaign.left", nil, left)
		}
		done := map[string]int64{}
		for fate, n := range c.Done {
			done[fate] = n
		}
		sec := s.secrets()
		return note{kind: leaf.CampaignClosed, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.CampaignSubject + c.ID},
			body: &leaf.CampaignEnd{Campaign: c.ID, Done: done, Left: left, Reason: sec.of("reason", reason)}, openings: sec.openings}, sec.err
	})
	if err != nil {
		return CampaignView{}, err
	}
	s.hub.send(Event{Type: "campaign", Subject: id, What: "closed", Zh: "清理已结束", En: "the clear-out was closed"})
	return s.Campaign(ctx, id)
}

func total(counts map[string]int64) (n int64) {
	for _, v := range counts {
		n += v
	}
	return n
}
