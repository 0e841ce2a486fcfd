package custody

import (
	"maps"
	"slices"
)

// openCampaign starts a clear-out.
func (s *step) openCampaign() error {
	b, who, err := said[CampaignOpen](s)
	if err != nil {
		return err
	}
	p := Campaign{ID: b.Campaign, Number: b.Number, Before: b.Before, Opener: who.Person, Selected: b.Selected}
	if err := s.fresh(p.Ref()); err != nil {
		return err
	}
	subject := subjectOf(p.Ref())
	if p.State, err = ApplyCampaign("", OpenCampaign); err != nil {
		return at(subject, err)
	}
	switch {
	case p.Number == "" || p.Selected < 1:
		return refuse(KeyRecord, subject, "number %q, %d selected", p.Number, p.Selected)
	case !day(p.Before):
		return refuse(KeyWrongDay, subject, "before %q", p.Before)
	}
	s.putThing(p)
	return nil
}

// propose gives carriers a fate, or another one as long as nothing is approved.
func (s *step) propose() error {
	b, _, err := said[CampaignProposal](s)
	if err != nil {
		return err
	}
	subject := "campaign/" + b.Campaign
	if len(b.Fates) != len(s.r.Carriers) {
		return refuse(KeyRecord, subject, "%d fates for %d carriers", len(b.Fates), len(s.r.Carriers))
	}
	carriers, err := s.some()
	if err != nil {
		return err
	}
	fates := make(map[string]string, len(b.Fates))
	for i, id := range s.r.Carriers {
		fates[id] = b.Fates[i]
	}
	p, ok, err := known[Campaign](s, Ref{CampaignThing, b.Campaign}, KeyNoCampaign)
	if err != nil {
		return err
	}
	proposed := maps.Clone(p.Proposed)
	if proposed == nil {
		proposed = map[string]int64{}
	}
	for _, c := range carriers {
		if c.Campaign == b.Campaign {
			proposed[c.Fate]--
		}
		if err := s.giveFate(c, b.Campaign, fates[c.ID]); err != nil {
			return err
		}
		proposed[fates[c.ID]]++
	}
	if !ok {
		return nil
	}
	if p.State, err = ApplyCampaign(p.State, ProposeFates); err != nil {
		return at(subject, err)
	}
	maps.DeleteFunc(proposed, func(_ string, n int64) bool { return n == 0 })
	if sum(proposed) > p.Selected {
		return refuse(KeyTally, subject, "%d proposed, %d selected", sum(proposed), p.Selected)
	}
	p.Proposed, p.Proposals = proposed, append(slices.Clone(p.Proposals), s.r.Hash)
	s.putThing(p)
	return nil
}

// giveFate checks that a carrier is held, free of other clear-outs, and may
// meet the fate.
func (s *step) giveFate(c Carrier, campaign, fate string) error {
	subject := "carrier/" + c.ID
	if err := move(&c, Move); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Fates(), fate):
		return refuse(KeyRecord, subject, "fate %q", fate)
	case c.MustReturn && fate != ActReturn && fate != ActKeep:
		return refuse(KeyMustReturn, subject, "%s", fate)
	case c.Spoiled && fate != ActDestroy && fate != ActConsign && fate != ActReturn:
		return refuse(KeySpoiled, subject, "%s", fate)
	}
	if c.Campaign != "" && c.Campaign != campaign {
		other, ok, err := known[Campaign](s, Ref{CampaignThing, c.Campaign}, KeyNoCampaign)
		if err != nil {
			return err
		}
		if ok && other.State != CampaignClosed {
			return refuse(KeyInCampaign, subject, "%s", c.Campaign)
		}
	}
	c.Campaign, c.Fate = campaign, fate
	s.put(c)
	return nil
}

func sum(counts map[string]int64) int64 {
	n := int64(0)
	for _, v := range counts {
		n += v
	}
	return n
}

// approveCampaign: somebody who did not open it agrees to every proposal. What
// is kept is carried out by that.
func (s *step) approveCampaign() error {
	b, err := body[CampaignDecision](s)
	if err != nil {
		return err
	}
	who, err := one(s.r, RoleApprover)
	if err != nil {
		return err
	}
	p, ok, err := known[Campaign](s, Ref{CampaignThing, b.Campaign}, KeyNoCampaign)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(p.Ref())
	if p.State, err = ApplyCampaign(p.State, ApproveCampaign); err != nil {
		return at(subject, err)
	}
	switch {
	case who.Person == p.Opener:
		return refuse(KeyOwnApproval, subject, "%s", who.Person)
	case len(p.Proposals) == 0:
		return refuse(KeyNothing, subject, "nothing is proposed")
	case !slices.Equal(b.Proposals, p.Proposals):
		return refuse(KeyReference, subject, "%d proposals, there are %d", len(b.Proposals), len(p.Proposals))
	}
	p.Approver, p.Leaf, p.Done = who.Person, s.r.Hash, map[string]int64{}
	if n := p.Proposed[ActKeep]; n > 0 {
		p.Done[ActKeep] = n
	}
	s.putThing(p)
	return nil
}

// closeCampaign ends a clear-out with its true balance.
func (s *step) closeCampaign() error {
	b, _, err := said[CampaignEnd](s)
	if err != nil {
		return err
	}
	p, ok, err := known[Campaign](s, Ref{CampaignThing, b.Campaign}, KeyNoCampaign)
	if err != nil || !ok {
		return err
	}
	subject := subjectOf(p.Ref())
	if p.State, err = ApplyCampaign(p.State, CloseCampaign); err != nil {
		return at(subject, err)
	}
	said := maps.Clone(b.Done)
	maps.DeleteFunc(said, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(said, p.Done) || b.Left != p.Selected-sum(p.Done) {
		return refuse(KeyTally, subject, "done %v, left %d; true are %v, %d", b.Done, b.Left, p.Done, p.Selected-sum(p.Done))
	}
	s.putThing(p)
	return nil
}
