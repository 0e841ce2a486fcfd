package station

import (
	"context"
	"slices"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// mostInBatch is how many carriers of a clear-out go into one batch: as many as one certificate still shows well.
const mostInBatch = 500

// CarryOut implements Campaigns. It chooses the carriers and leaves the act to OpenMovement or OpenBatch, with all they demand and refuse.
func (s *Station) CarryOut(ctx context.Context, o CarryOutOptions, by Signer) (CarryOutView, error) {
	defer by.PIN.Wipe()
	var v CarryOutView
	var id string
	act := "movement-open"
	if o.Fate == custody.ActDestroy {
		act = "batch-open"
	}
	err := s.act(ctx, act, by.Session, func() error {
		x, _, err := s.gate(ctx, by.Session, act)
		if err != nil {
			return err
		}
		c, _, _, err := numbered[custody.Campaign](ctx, s, "clear-out", o.Campaign)
		if err != nil {
			return err
		}
		id = c.ID
		v.Taken, v.More, err = s.toCarryOut(ctx, c, o, x)
		return err
	})
	if err != nil {
		return CarryOutView{}, err
	}
	if o.Fate == custody.ActDestroy {
		b, err := s.OpenBatch(ctx, OpenOptions{Session: by.Session, Number: o.Number, Carriers: v.Taken})
		if err != nil {
			return CarryOutView{}, err
		}
		v.Batch = b.ID
	} else {
		m, err := s.OpenMovement(ctx, MovementOptions{Act: o.Fate, Number: o.Number, Carriers: v.Taken, To: o.To, Party: o.Party, Outside: o.Outside,
			Channel: o.Channel, Courier: o.Courier, Seals: o.Seals, Escorts: o.Escorts, Campaign: id, Due: o.Due}, by)
		if err != nil {
			return CarryOutView{}, err
		}
		v.Movement = m.ID
	}
	v.Campaign, err = s.Campaign(ctx, id)
	return v, err
}

// toCarryOut chooses the carriers of one step: on the shelf, of the fate, free of other movements and batches; for a return those of the issuer it goes to; for
// a keeper who is no secrecy officer his own. more says how many others could go the same way.
func (s *Station) toCarryOut(ctx context.Context, c custody.Campaign, o CarryOutOptions, x *session) (taken []string, more int64, err error) {
	if c.State != custody.CampaignApproved {
		return nil, 0, fault.New("campaign.not-approved", nil, c.Number)
	}
	most := int64(leaf.MaxCarriers)
	switch o.Fate {
	case custody.ActDestroy:
		most = mostInBatch
	case custody.ActArchive, custody.ActTransfer, custody.ActReturn, custody.ActConsign:
	default:
		return nil, 0, fault.New("campaign.fate", nil, o.Fate)
	}
	if o.Limit > 0 {
		most = min(most, o.Limit)
	}
	own := o.Fate != custody.ActDestroy && !slices.Contains(x.person.Roles, leaf.RoleSecrecy)
	err = s.deps.Register.EachCarrier(ctx, index.Search{Campaign: c.ID, Fate: o.Fate, Wheres: []custody.Where{custody.OnShelf}}, func(row CarrierRow) error {
		why, err := s.whyLeft(ctx, c, row)
		if err != nil || why != "ready" || own && row.Keeper != x.person.Person {
			return err
		}
		if o.Fate == custody.ActReturn && o.Party != "" {
			issuer, err := s.opened(ctx, row.Event, "/body/issuer")
			if err != nil || issuer != o.Party {
				return err
			}
		}
		if int64(len(taken)) == most {
			more++
			return nil
		}
		taken = append(taken, row.Number)
		return nil
	})
	if err == nil && len(taken) == 0 {
		err = fault.New("campaign.nothing-ready", nil, o.Fate)
	}
	return taken, more, err
}
