package web

import (
	"context"

	"sexton/station"
	"sexton/web/api"
)

// keys binds USB keys and ports.
func (s *Server) keys() {
	o := s.ops
	on(s, "key/attached", func(ctx context.Context, _ api.None) ([]station.AttachedView, error) { return o.Attached(ctx) })
	on(s, "key/register", signed(func(r api.RegisterKeyRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.RegisterKeyRequest, by station.Signer) (station.KeyView, error) {
			return o.RegisterKey(ctx, station.KeyOptions{Key: r.Key, Port: r.Port, Label: r.Label, Purpose: r.Purpose, Owner: r.Owner, Department: r.Department,
				Place: r.Place, Classification: r.Classification, Expires: r.Expires, Keep: r.Keep, Confirm: r.Confirm}, by)
		}))
	on(s, "key/list", func(ctx context.Context, r api.KeyFilterRequest) ([]station.KeyView, error) {
		return o.KeyList(ctx, station.KeyFilter(r))
	})
	on(s, "key/show", func(ctx context.Context, r api.ByID) (station.KeyView, error) { return o.Key(ctx, r.ID) })
	on(s, "key/check", func(ctx context.Context, r api.AtPortRequest) (station.AttachedView, error) {
		return o.CheckKey(ctx, r.Port, r.Session)
	})
	on(s, "key/eject", func(ctx context.Context, r api.AtPortRequest) (station.AttachedView, error) {
		return o.EjectKey(ctx, r.Port, r.Session)
	})
	on(s, "key/lose", func(ctx context.Context, r api.LoseKeyRequest) (station.KeyView, error) {
		return o.LoseKey(ctx, r.Key, r.Reason, r.Session)
	})
	on(s, "key/retire", signed(func(r api.KeyStepRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.KeyStepRequest, by station.Signer) (station.KeyView, error) {
			return o.RetireKey(ctx, r.Key, r.Reason, by)
		}))
	on(s, "key/find", signed(func(r api.KeyStepRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.KeyStepRequest, by station.Signer) (station.KeyView, error) {
			return o.FindKey(ctx, r.Key, r.Reason, by)
		}))
	on(s, "port/enrol", func(ctx context.Context, r api.PortRequest) (station.PortView, error) {
		return o.EnrolPort(ctx, station.PortOptions(r))
	})
	on(s, "port/close", func(ctx context.Context, r api.AtPortRequest) (station.PortView, error) {
		return o.ClosePort(ctx, r.Port, r.Session)
	})
	on(s, "port/list", func(ctx context.Context, _ api.None) ([]station.PortView, error) { return o.PortList(ctx) })
}
