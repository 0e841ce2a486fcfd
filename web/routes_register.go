package web

import (
	"context"

	"sexton/station"
	"sexton/web/api"
)

// register binds what keeps the register: receipt, documents, applications, movements, keeping.
func (s *Server) register() {
	s.receipts()
	s.documents()
	s.requests()
	s.movements()
	s.keeping()
}

func (s *Server) receipts() {
	o := s.ops
	on(s, "list/count", func(ctx context.Context, r api.ListCountRequest) (station.ListView, error) {
		return o.CountList(ctx, r.List, station.ListCountOptions{Session: r.Session, Found: r.Found, Numbers: r.Numbers})
	})
	on(s, "list/number", func(ctx context.Context, r api.ListNumberRequest) (station.ListView, error) {
		return o.NumberList(ctx, r.List, station.ListNumberOptions{Session: r.Session, Series: r.Series})
	})
}

func (s *Server) documents() {
	o := s.ops
	on(s, "document/enter", func(ctx context.Context, r api.DocumentRequest) (station.DocumentView, error) {
		return o.EnterDocument(ctx, station.DocumentOptions(r))
	})
	on(s, "document/show", func(ctx context.Context, r api.ByID) (station.DocumentView, error) { return o.Document(ctx, r.ID) })
	on(s, "document/list", func(ctx context.Context, r api.DocumentFilter) (station.DocumentPage, error) {
		return o.Documents(ctx, station.DocumentFilter(r))
	})
	on(s, "document/circle", signed(func(r api.CircleRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.CircleRequest, by station.Signer) (station.SignedView, error) {
			return o.SetCircle(ctx, r.Document, station.CircleOptions{Persons: r.Persons, Request: r.Request}, by)
		}))
	for op, do := range map[string]func(context.Context, string, station.ClassifyOptions, station.Signer) (station.SignedView, error){
		"document/reclassify": o.Reclassify, "document/declassify": o.Declassify,
	} {
		on(s, op, signed(func(r api.ClassifyRequest) api.Signer { return r.By },
			func(ctx context.Context, r api.ClassifyRequest, by station.Signer) (station.SignedView, error) {
				return do(ctx, r.Document, station.ClassifyOptions{Request: r.Request, Basis: r.Basis}, by)
			}))
	}
	on(s, "document/balance", func(ctx context.Context, r api.ByID) (station.BalanceView, error) { return o.Balance(ctx, r.ID) })
}

func (s *Server) requests() {
	o := s.ops
	on(s, "request/open", func(ctx context.Context, r api.ApplyRequest) (station.RequestView, error) {
		return o.OpenRequest(ctx, station.RequestOptions(r))
	})
	for op, do := range map[string]func(context.Context, string, station.DecisionOptions, station.Signer) (station.SignedView, error){
		"request/audit": o.AuditRequest, "request/approve": o.ApproveRequest, "request/reject": o.RejectRequest,
	} {
		on(s, op, signed(func(r api.DecideRequest) api.Signer { return r.By },
			func(ctx context.Context, r api.DecideRequest, by station.Signer) (station.SignedView, error) {
				return do(ctx, r.Request, station.DecisionOptions{Authority: r.Authority, Opinion: r.Opinion}, by)
			}))
	}
	on(s, "request/withdraw", func(ctx context.Context, r api.DecideRequest) (station.RequestView, error) {
		return o.WithdrawRequest(ctx, r.Request, r.Session)
	})
	on(s, "request/show", func(ctx context.Context, r api.ByID) (station.RequestView, error) { return o.Request(ctx, r.ID) })
	on(s, "request/list", func(ctx context.Context, r api.RequestFilter) (station.RequestPage, error) {
		return o.Requests(ctx, station.RequestFilter(r))
	})
}

func (s *Server) movements() {
	o := s.ops
	on(s, "movement/open", signed(func(r api.MoveRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.MoveRequest, by station.Signer) (station.MovementView, error) {
			return o.OpenMovement(ctx, station.MovementOptions{Act: r.Act, Number: r.Number, Carriers: r.Carriers, To: r.To, Party: r.Party, Outside: r.Outside,
				Place: r.Place, Channel: r.Channel, Courier: r.Courier, Seals: r.Seals, Escorts: r.Escorts, Request: r.Request, Campaign: r.Campaign,
				Due: r.Due, Purpose: r.Purpose}, by)
		}))
	for op, do := range map[string]func(context.Context, string, station.MovementStepOptions, station.Signer) (station.MovementView, error){
		"movement/accept": o.AcceptMovement, "movement/refuse": o.RefuseMovement, "movement/return": o.ReturnMovement,
	} {
		on(s, op, signed(func(r api.MoveStepRequest) api.Signer { return r.By },
			func(ctx context.Context, r api.MoveStepRequest, by station.Signer) (station.MovementView, error) {
				return do(ctx, r.Movement, stepOptions(r), by)
			}))
	}
	on(s, "movement/cancel", func(ctx context.Context, r api.MoveStepRequest) (station.MovementView, error) {
		return o.CancelMovement(ctx, r.Movement, stepOptions(r), r.Session)
	})
	on(s, "movement/renew", signed(func(r api.RenewRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.RenewRequest, by station.Signer) (station.MovementView, error) {
			return o.RenewMovement(ctx, r.Movement, r.Due, by)
		}))
	on(s, "movement/certify", signed(func(r api.FirmCertificateRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.FirmCertificateRequest, by station.Signer) (station.MovementView, error) {
			return o.CertifyFirm(ctx, r.Movement, station.FirmCertificateOptions{Carriers: r.Carriers, Certificate: r.Certificate, Scan: r.Scan}, by)
		}))
	on(s, "movement/show", func(ctx context.Context, r api.ByID) (station.MovementView, error) { return o.Movement(ctx, r.ID) })
	on(s, "movement/list", func(ctx context.Context, r api.MovementFilter) (station.MovementPage, error) {
		return o.Movements(ctx, station.MovementFilter(r))
	})
	on(s, "movement/links", func(ctx context.Context, r api.PageRequest) (station.MovementPage, error) {
		return o.OpenLinks(ctx, station.PageOptions(r))
	})
}

func stepOptions(r api.MoveStepRequest) station.MovementStepOptions {
	return station.MovementStepOptions{Carriers: r.Carriers, Receipt: r.Receipt, Scan: r.Scan, Reason: r.Reason, Checked: r.Checked, Remark: r.Remark}
}

func (s *Server) keeping() {
	o := s.ops
	on(s, "carrier/store", func(ctx context.Context, r api.StoreRequest) (station.HeldPage, error) {
		return o.StoreCarriers(ctx, station.StoreOptions(r))
	})
	on(s, "carrier/find", func(ctx context.Context, r api.FindRequest) (station.CarrierView, error) {
		return o.Find(ctx, r.Carrier, r.Reason, r.Session)
	})
	on(s, "carrier/copy", signed(func(r api.CopyRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.CopyRequest, by station.Signer) (station.CopiesView, error) {
			with, err := signer(r.With)
			if err != nil {
				return station.CopiesView{}, err
			}
			return o.MakeCopies(ctx, r.Request, station.CopyOptions{Kind: r.Kind, Extent: r.Extent, Made: r.Made, Spoiled: r.Spoiled, First: r.First,
				Numbers: r.Numbers, Stamp: r.Stamp, With: with}, by)
		}))
	on(s, "carrier/overdue", func(ctx context.Context, r api.PageRequest) (station.HeldPage, error) {
		return o.Overdue(ctx, station.PageOptions(r))
	})
	on(s, "carrier/who-knew", func(ctx context.Context, r api.WhoKnewRequest) (station.KnewPage, error) {
		return o.WhoKnew(ctx, station.WhoKnewOptions(r))
	})
}
