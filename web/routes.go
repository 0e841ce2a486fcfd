package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"sexton/internal/fault"
	"sexton/station"
	"sexton/web/api"
)

// none is the answer of operations that have nothing to say.
type none struct{}

// signer takes a PIN over. Without digits PIN is nil, which every operation
// that signs refuses.
func signer(s api.Signer) (station.Signer, error) {
	if len(s.PIN) == 0 {
		return station.Signer{Session: s.Session}, nil
	}
	pin, err := station.NewPIN(s.PIN, s.LastTry)
	if err != nil {
		return station.Signer{}, err
	}
	return station.Signer{Session: s.Session, PIN: pin}, nil
}

// signed wraps an operation that needs a signer.
func signed[Req, View any](by func(Req) api.Signer, do func(context.Context, Req, station.Signer) (View, error)) func(context.Context, Req) (View, error) {
	return func(ctx context.Context, r Req) (View, error) {
		s, err := signer(by(r))
		if err != nil {
			var zero View
			return zero, err
		}
		return do(ctx, r, s)
	}
}

func (s *Server) routes() {
	o := s.ops
	on(s, "status", func(ctx context.Context, _ api.None) (station.StatusView, error) { return o.Status(ctx) })
	on(s, "policy/explain", func(ctx context.Context, r api.ExplainRequest) (station.Explanation, error) {
		return o.ExplainPolicy(ctx, r.Act, r.Classification, r.CarrierKind)
	})
	s.mux.HandleFunc("GET /v1/events", s.events)
	s.cards()
	s.office()
	s.lists()
	s.batches()
	s.destruction()
	s.posts()
	s.inspections()
	s.campaigns()
	s.reports()
	s.register()
	s.keys()
	on(s, "ledger/proof", func(ctx context.Context, r api.ProofRequest) (api.ProofView, error) {
		return s.evidence.Proof(ctx, r.Index)
	})
	on(s, "ledger/export", func(ctx context.Context, r api.ExportRequest) (api.ExportView, error) {
		return s.evidence.Export(ctx, r.Dir)
	})
	on(s, "ledger/trust", func(ctx context.Context, _ api.None) (api.TrustView, error) { return s.evidence.Trust(ctx) })
	on(s, "ledger/audit", func(ctx context.Context, _ api.None) (api.AuditView, error) { return s.evidence.Audit(ctx) })
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		write(w, nil, fault.New("usage.bad-request", nil, "operation "+r.Method+" "+r.URL.Path))
	})
}

func (s *Server) cards() {
	o := s.ops
	on(s, "session/login", func(ctx context.Context, r api.LoginRequest) (station.SessionView, error) {
		pin, err := station.NewPIN(r.PIN, r.LastTry)
		if err != nil {
			return station.SessionView{}, err
		}
		return o.Login(ctx, r.Reader, pin)
	})
	on(s, "session/tries", func(ctx context.Context, r api.ByReader) (station.TriesView, error) {
		return o.TriesLeft(ctx, r.Reader)
	})
	on(s, "session/logout", func(ctx context.Context, r api.LogoutRequest) (none, error) { return none{}, o.Logout(ctx, r.Session) })
	on(s, "session/list", func(ctx context.Context, _ api.None) ([]station.SessionView, error) { return o.Sessions(ctx) })
}

func (s *Server) office() {
	o := s.ops
	on(s, "person/enrol", signed(func(r api.EnrolRequest) api.Signer { return r.Admin },
		func(ctx context.Context, r api.EnrolRequest, admin station.Signer) (station.PersonView, error) {
			opts := station.EnrolOptions{Person: r.Person, Name: r.Name, Roles: r.Roles, Reader: r.Reader, Namesake: r.Namesake}
			if len(r.PIN) > 0 {
				pin, err := station.NewPIN(r.PIN, r.LastTry)
				if err != nil {
					return station.PersonView{}, err
				}
				opts.PIN = pin
			}
			return o.EnrolPerson(ctx, opts, admin)
		}))
	on(s, "person/list", func(ctx context.Context, _ api.None) ([]station.PersonView, error) { return o.People(ctx) })
	on(s, "machine/enrol", signed(func(r api.MachineRequest) api.Signer { return r.Admin },
		func(ctx context.Context, r api.MachineRequest, admin station.Signer) (station.MachineView, error) {
			return o.EnrolMachine(ctx, station.MachineOptions{Machine: r.Machine, ApprovalNo: r.ApprovalNo, SecurityLevels: r.SecurityLevels}, admin)
		}))
	on(s, "policy/adopt", signed(func(r api.PolicyRequest) api.Signer { return r.Admin },
		func(ctx context.Context, r api.PolicyRequest, admin station.Signer) (station.PolicyView, error) {
			return o.AdoptPolicy(ctx, r.Profile, admin)
		}))
}

func (s *Server) lists() {
	o := s.ops
	on(s, "list/import", func(ctx context.Context, r api.ImportRequest) (station.ImportView, error) {
		return o.ImportList(ctx, r.Source, station.ImportOptions{Session: r.Session, AllowBad: r.AllowBad})
	})
	on(s, "list/list", func(ctx context.Context, _ api.None) ([]station.ListView, error) { return o.Lists(ctx) })
	on(s, "list/show", func(ctx context.Context, r api.ByID) (station.ListView, error) { return o.List(ctx, r.ID) })
	on(s, "list/receive", signed(func(r api.SignRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.SignRequest, by station.Signer) (station.SignedView, error) {
			return o.ReceiveList(ctx, r.ID, by)
		}))
	on(s, "carrier/list", func(ctx context.Context, r api.FilterRequest) (station.CarrierPage, error) {
		return o.Carriers(ctx, station.CarrierFilter(r))
	})
	on(s, "carrier/show", func(ctx context.Context, r api.ByID) (station.CarrierView, error) { return o.Carrier(ctx, r.ID) })
	on(s, "carrier/cases", func(ctx context.Context, _ api.None) ([]station.OpenCase, error) { return o.OpenCases(ctx) })
	on(s, "carrier/resolve", signed(func(r api.ResolveRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.ResolveRequest, by station.Signer) (station.SignedView, error) {
			return o.Resolve(ctx, r.Carrier, station.ResolveOptions{Resolution: r.Resolution, Reason: r.Reason}, by)
		}))
	on(s, "carrier/write-off", signed(func(r api.WriteOffRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.WriteOffRequest, by station.Signer) (station.SignedView, error) {
			return o.WriteOff(ctx, r.Carrier, station.WriteOffOptions{Incident: r.Incident, Party: r.Party, Reference: r.Reference, With: r.With}, by)
		}))
}

func (s *Server) batches() {
	o := s.ops
	on(s, "batch/open", func(ctx context.Context, r api.OpenRequest) (station.BatchView, error) {
		return o.OpenBatch(ctx, station.OpenOptions(r))
	})
	on(s, "batch/list", func(ctx context.Context, _ api.None) ([]station.BatchView, error) { return o.Batches(ctx) })
	on(s, "batch/show", func(ctx context.Context, r api.ByID) (station.BatchView, error) { return o.Batch(ctx, r.ID) })
	on(s, "batch/count", func(ctx context.Context, r api.CountRequest) (station.BatchView, error) {
		return o.Count(ctx, r.Batch, station.CountOptions{Session: r.Session, Round: r.Round, Found: r.Found, Explain: r.Explain})
	})
	on(s, "batch/seal", signed(func(r api.SealRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.SealRequest, by station.Signer) (station.SignedView, error) {
			return o.Seal(ctx, r.Batch, station.SealOptions{NotAfter: r.NotAfter, Method: r.Method}, by)
		}))
	on(s, "batch/approve", signed(func(r api.ApproveRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.ApproveRequest, by station.Signer) (station.SignedView, error) {
			return o.Approve(ctx, r.Batch, station.ApproveOptions{Authority: r.Authority, PaperNumber: r.PaperNumber, PaperScan: r.PaperScan}, by)
		}))
	on(s, "batch/reject", signed(func(r api.ReasonRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.ReasonRequest, by station.Signer) (station.SignedView, error) {
			return o.Reject(ctx, r.Batch, r.Reason, by)
		}))
	on(s, "batch/void", func(ctx context.Context, r api.ReasonRequest) (station.BatchView, error) {
		return o.Void(ctx, r.Batch, r.Reason, r.Session)
	})
	on(s, "batch/team", func(ctx context.Context, r api.TeamRequest) (station.BatchView, error) {
		return o.NameTeam(ctx, r.Batch, station.TeamOptions{Session: r.Session, Destroyer: r.Destroyer, Attestor: r.Attestor})
	})
	on(s, "batch/authorise", signed(func(r api.SignRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.SignRequest, by station.Signer) (station.SignedView, error) {
			return o.Authorise(ctx, r.ID, by)
		}))
}

func (s *Server) destruction() {
	o := s.ops
	on(s, "batch/release", func(ctx context.Context, r api.ByID) (station.BatchView, error) { return o.Release(ctx, r.ID) })
	s.mux.HandleFunc("POST /v1/batch/feed", s.feed)
	on(s, "batch/withdraw", func(ctx context.Context, r api.WithdrawRequest) (station.BatchView, error) {
		return o.Withdraw(ctx, r.Batch, r.Cause)
	})
	on(s, "batch/resume", func(ctx context.Context, r api.ByID) (station.BatchView, error) { return o.Resume(ctx, r.ID) })
	on(s, "batch/reconcile", func(ctx context.Context, r api.ByID) (station.ReconcileView, error) { return o.Reconcile(ctx, r.ID) })
	on(s, "batch/complete", signed(func(r api.SignRequest) api.Signer { return r.By },
		func(ctx context.Context, r api.SignRequest, by station.Signer) (station.SignedView, error) {
			return o.Complete(ctx, r.ID, by)
		}))
	on(s, "cert/issue", func(ctx context.Context, r api.ByID) (station.CertificateView, error) { return o.Certify(ctx, r.ID) })
	on(s, "cert/show", func(ctx context.Context, r api.ByID) (station.CertificateView, error) {
		return o.Certificate(ctx, r.ID)
	})
}

// feed streams the progress of one feed. When the client goes away its context
// ends, and the station withdraws the permission.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) {
	var req api.FeedRequest
	if err := decode(w, r, &req); err != nil {
		write(w, nil, fault.New("usage.bad-request", err, err.Error()))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	enc, flush := json.NewEncoder(w), http.NewResponseController(w)
	line := func(l api.FeedLine) {
		_ = enc.Encode(l) // the peer may be gone: its context tells the station
		_ = flush.Flush()
	}
	view, err := s.ops.Feed(r.Context(), req.Batch, req.Carrier, func(p station.Progress) { line(api.FeedLine{Progress: &p}) })
	if err != nil {
		s.logFault(r.Context(), "batch/feed", err)
		f := fault.From(err)
		if f.Code == "usage.canceled" { // by the client, or by the end of this daemon
			f = fault.New("feed.interrupted", err)
		}
		line(api.FeedLine{Fault: f})
		return
	}
	line(api.FeedLine{Result: &view})
}

// events streams station.Event as server-sent events.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	if err := flush.Flush(); err != nil {
		return
	}
	for e := range s.ops.Events(r.Context()) {
		data, err := json.Marshal(e)
		if err != nil {
			s.log.ErrorContext(r.Context(), "cannot encode event", "error", err)
			return
		}
		if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Type, data); err != nil {
			return
		}
		if err := flush.Flush(); err != nil {
			return
		}
	}
}
