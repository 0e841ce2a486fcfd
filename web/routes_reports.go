package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"sexton/internal/fault"
	"sexton/station"
	"sexton/web/api"
)

// reports binds reports, forms and exports.
func (s *Server) reports() {
	o := s.ops
	on(s, "report/period", func(ctx context.Context, r api.PeriodRequest) (station.PeriodView, error) {
		return o.Period(ctx, r.From, r.To)
	})
	on(s, "form/list", func(ctx context.Context, _ api.None) ([]station.FormView, error) { return o.Forms(ctx) })
	on(s, "form/show", func(ctx context.Context, r api.ByID) (station.FormView, error) { return o.Form(ctx, r.ID) })
	on(s, "carrier/search", func(ctx context.Context, r api.SearchRequest) (station.FoundPage, error) {
		return o.SearchCarriers(ctx, station.SearchOptions{SearchFilter: station.SearchFilter(r.SearchFilter), Order: r.Order, After: r.After, Limit: r.Limit})
	})
	onFile(s, "form/print", func(r api.PrintRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.PrintRequest, by station.Signer) (station.File, error) {
			return o.PrintForm(ctx, station.PrintOptions{Form: r.Form, For: r.For, From: r.From, To: r.To, Filter: (*station.SearchFilter)(r.Filter), Number: r.Number,
				Format: r.Format}, by)
		})
	onFile(s, "carrier/export", func(r api.ExportCarriersRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.ExportCarriersRequest, by station.Signer) (station.File, error) {
			return o.ExportCarriers(ctx, station.ExportOptions{Filter: station.SearchFilter(r.Filter), Format: r.Format, Titles: r.Titles, Medium: r.Medium}, by)
		})
}

// onFile binds an operation that hands a file out, in lines of bounded size.
func onFile[Req any](s *Server, op string, by func(Req) api.Signer, do func(context.Context, Req, station.Signer) (station.File, error)) {
	s.mux.HandleFunc("POST /v1/"+op, func(w http.ResponseWriter, r *http.Request) {
		var req Req
		if err := decode(w, r, &req); err != nil {
			write(w, nil, fault.New("usage.bad-request", err, err.Error()))
			return
		}
		signer, err := signer(by(req))
		var f station.File
		if err == nil {
			f, err = do(r.Context(), req, signer)
		}
		if err != nil {
			s.logFault(r.Context(), op, err)
			write(w, nil, fault.From(err))
			return
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Cache-Control", "no-store")
		enc := json.NewEncoder(w)
		for chunk := range slices.Chunk(f.Data, api.MaxChunk) {
			if err := enc.Encode(api.FileLine{Chunk: chunk}); err != nil {
				return // the peer is gone; what it got is no file without its last line
			}
		}
		_ = enc.Encode(api.FileLine{Result: &f.View})
	})
}
