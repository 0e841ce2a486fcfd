package web

import (
	"context"

	"sexton/station"
	"sexton/web/api"
)

// campaigns binds clear-outs.
func (s *Server) campaigns() {
	o := s.ops
	on(s, "campaign/open", func(ctx context.Context, r api.CampaignRequest) (station.CampaignView, error) {
		return o.OpenCampaign(ctx, station.CampaignOptions(r))
	})
	on(s, "campaign/propose", func(ctx context.Context, r api.ProposeRequest) (station.ProposeView, error) {
		return o.Propose(ctx, station.ProposeOptions{Session: r.Session, Campaign: r.Campaign, Auto: r.Auto, List: r.List, Filter: (*station.SearchFilter)(r.Filter),
			Fate: r.Fate, Reason: r.Reason})
	})
	on(s, "campaign/approve", signed(func(r api.SignRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.SignRequest, by station.Signer) (station.CampaignView, error) {
			return o.ApproveCampaign(ctx, r.ID, by)
		}))
	on(s, "campaign/carry-out", signed(func(r api.CarryOutRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.CarryOutRequest, by station.Signer) (station.CarryOutView, error) {
			return o.CarryOut(ctx, station.CarryOutOptions{Campaign: r.Campaign, Fate: r.Fate, Number: r.Number, To: r.To, Party: r.Party, Outside: r.Outside,
				Channel: r.Channel, Courier: r.Courier, Seals: r.Seals, Escorts: r.Escorts, Due: r.Due, Limit: r.Limit}, by)
		}))
	on(s, "campaign/close", signed(func(r api.CampaignEndRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.CampaignEndRequest, by station.Signer) (station.CampaignView, error) {
			return o.CloseCampaign(ctx, r.Campaign, r.Reason, by)
		}))
	on(s, "campaign/show", func(ctx context.Context, r api.ByID) (station.CampaignView, error) { return o.Campaign(ctx, r.ID) })
	on(s, "campaign/list", func(ctx context.Context, _ api.None) ([]station.CampaignView, error) { return o.CampaignList(ctx) })
}
