package web

import (
	"context"

	"sexton/station"
	"sexton/web/api"
)

// inspections binds inspections, findings and incidents.
func (s *Server) inspections() {
	o := s.ops
	on(s, "inspection/open", func(ctx context.Context, r api.InspectionRequest) (station.InspectionView, error) {
		return o.OpenInspection(ctx, station.InspectionOptions(r))
	})
	on(s, "inspection/count", signed(func(r api.CountInRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.CountInRequest, by station.Signer) (station.InspectionView, error) {
			return o.HandInCount(ctx, r.Inspection, r.Scan, by)
		}))
	on(s, "inspection/missing", func(ctx context.Context, r api.MissingRequest) (station.InspectionView, error) {
		return o.ReportMissing(ctx, station.MissingOptions(r))
	})
	on(s, "inspection/show", func(ctx context.Context, r api.ByID) (station.InspectionView, error) { return o.Inspection(ctx, r.ID) })
	on(s, "inspection/list", func(ctx context.Context, _ api.None) ([]station.InspectionView, error) { return o.InspectionList(ctx) })
	on(s, "finding/enter", func(ctx context.Context, r api.FindingRequest) (station.FindingView, error) {
		return o.EnterFinding(ctx, station.FindingOptions(r))
	})
	on(s, "finding/correct", signed(func(r api.FindingStepRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.FindingStepRequest, by station.Signer) (station.FindingView, error) {
			return o.CorrectFinding(ctx, r.Finding, r.Text, by)
		}))
	on(s, "finding/close", signed(func(r api.FindingStepRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.FindingStepRequest, by station.Signer) (station.FindingView, error) {
			return o.CloseFinding(ctx, r.Finding, r.Accepted, r.Text, by)
		}))
	on(s, "finding/list", func(ctx context.Context, r api.FindingsRequest) ([]station.FindingView, error) {
		return o.Findings(ctx, station.FindingFilter(r))
	})
	on(s, "incident/report", func(ctx context.Context, r api.IncidentRequest) (station.IncidentView, error) {
		return o.ReportIncident(ctx, station.IncidentOptions(r))
	})
	on(s, "incident/close", signed(func(r api.IncidentEndRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.IncidentEndRequest, by station.Signer) (station.IncidentView, error) {
			return o.CloseIncident(ctx, r.Incident, r.Result, r.Measures, by)
		}))
	on(s, "incident/show", func(ctx context.Context, r api.ByID) (station.IncidentView, error) { return o.Incident(ctx, r.ID) })
	on(s, "incident/list", func(ctx context.Context, _ api.None) ([]station.IncidentView, error) { return o.IncidentList(ctx) })
}
