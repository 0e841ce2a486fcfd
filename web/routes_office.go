package web

import (
	"context"

	"sexton/station"
	"sexton/web/api"
)

// posts binds departments, places, firms and posts.
func (s *Server) posts() {
	o := s.ops
	on(s, "department/enter", func(ctx context.Context, r api.DepartmentRequest) (station.DepartmentView, error) {
		return o.EnterDepartment(ctx, station.DepartmentOptions(r))
	})
	on(s, "department/list", func(ctx context.Context, _ api.None) ([]station.DepartmentView, error) { return o.Departments(ctx) })
	on(s, "place/enter", func(ctx context.Context, r api.PlaceRequest) (station.PlaceView, error) {
		return o.EnterPlace(ctx, station.PlaceOptions(r))
	})
	on(s, "place/list", func(ctx context.Context, _ api.None) ([]station.PlaceView, error) { return o.Places(ctx) })
	on(s, "firm/enter", func(ctx context.Context, r api.FirmRequest) (station.FirmView, error) {
		return o.EnterFirm(ctx, station.FirmOptions(r))
	})
	on(s, "firm/list", func(ctx context.Context, _ api.None) ([]station.FirmView, error) { return o.Firms(ctx) })
	on(s, "person/post", func(ctx context.Context, r api.PostRequest) (station.PostView, error) {
		return o.PostPerson(ctx, station.PostOptions(r))
	})
	on(s, "person/posts", func(ctx context.Context, _ api.None) ([]station.PostView, error) { return o.PostList(ctx) })
	on(s, "person/pledge-text", func(ctx context.Context, r api.PledgeRequest) (station.PledgeView, error) {
		return o.PledgeText(ctx, r.Leaving)
	})
	on(s, "person/pledge", signed(func(r api.PledgeRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.PledgeRequest, by station.Signer) (station.SignedView, error) {
			return o.Pledge(ctx, r.Leaving, by)
		}))
	on(s, "person/leave", signed(func(r api.LeaveRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.LeaveRequest, by station.Signer) (station.LeaveView, error) {
			return o.LeavePerson(ctx, station.LeaveOptions{Person: r.Person, Reason: r.Reason, CoolingUntil: r.CoolingUntil}, by)
		}))
	on(s, "person/outstanding", func(ctx context.Context, r api.ByID) (station.OutstandingView, error) {
		return o.Outstanding(ctx, r.ID)
	})
}
