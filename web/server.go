// Package web serves the station to the people at it: today the JSON interface
// of package api on a local socket; pages come beside it.
//
// It decides nothing. A request is decoded strictly, handed to
// station.Operations, and its view or fault is written back:
//
//	socket ── peer check (kernel credentials) ── decode ── station ── encode
//
// A panic in a handler ends that request with an internal fault and is logged;
// the station's own rules see to it that the machine's permission is withdrawn.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"sexton/internal/fault"
	"sexton/station"
	"sexton/web/api"
)

// MaxRequest bounds a request body in bytes: a transfer list of 10,000 rows or
// the scan of an approval fits, base64 included.
const MaxRequest = 64 << 20

// Evidence is what the ledger offers beside the station's operations.
type Evidence interface {
	// Proof returns a leaf and its C2SP tlog-proof at the current head.
	Proof(ctx context.Context, index int64) (api.ProofView, error)
	// Export writes or continues a C2SP tlog-tiles mirror.
	Export(ctx context.Context, dir string) (api.ExportView, error)
	// Trust writes the trust file of this log: its key, the card anchors, the policy versions adopted so far.
	Trust(ctx context.Context) (api.TrustView, error)
	// Audit recomputes the whole ledger.
	Audit(ctx context.Context) (api.AuditView, error)
}

// Server answers the JSON interface.
type Server struct {
	ops      station.Operations
	evidence Evidence
	log      *slog.Logger
	mux      *http.ServeMux
}

// New returns the handler of all operations.
func New(ops station.Operations, evidence Evidence, log *slog.Logger) *Server {
	s := &Server{ops: ops, evidence: evidence, log: log, mux: http.NewServeMux()}
	s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p)
		}
		s.log.ErrorContext(r.Context(), "handler panicked", "path", r.URL.Path, "panic", fmt.Sprint(p))
		write(w, nil, fault.New("internal.unexpected", fmt.Errorf("panic: %v", p)))
	}()
	s.mux.ServeHTTP(w, r)
}

// on binds one operation: POST /v1/<op> with a JSON body decoded strictly.
func on[Req, View any](s *Server, op string, do func(context.Context, Req) (View, error)) {
	s.mux.HandleFunc("POST /v1/"+op, func(w http.ResponseWriter, r *http.Request) {
		var req Req
		if err := decode(w, r, &req); err != nil {
			write(w, nil, fault.New("usage.bad-request", err, err.Error()))
			return
		}
		view, err := do(r.Context(), req)
		if err != nil {
			s.logFault(r.Context(), op, err)
			write(w, resultBeside(view, err), fault.From(err))
			return
		}
		write(w, view, nil)
	})
}

// resultBeside returns what is shown together with a fault: the bad rows of a
// list, what keeps a person from leaving.
func resultBeside(view any, err error) any {
	switch view.(type) {
	case station.ImportView, station.ProposeView:
		if fault.From(err).Code == "list.bad-rows" {
			return view
		}
	case station.LeaveView:
		if fault.From(err).Code == "person.outstanding" {
			return view
		}
	}
	return nil
}

func decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err != nil {
		return fmt.Errorf("cannot read request: %w", err)
	}
	defer clear(body) // it may hold a PIN
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("cannot read request: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("cannot read request: data after its end")
	}
	return nil
}

// reply mirrors api.Reply for views of station.
type reply struct {
	Result any          `json:"result,omitempty"`
	Fault  *fault.Fault `json:"fault,omitempty"`
}

func write(w http.ResponseWriter, result any, f *fault.Fault) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(statusOf(f))
	// The peer may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(reply{result, f})
}

func statusOf(f *fault.Fault) int {
	if f == nil {
		return http.StatusOK
	}
	switch f.Kind {
	case fault.Usage:
		return http.StatusBadRequest
	case fault.Unauthentic:
		return http.StatusUnauthorized
	case fault.Refused:
		return http.StatusForbidden
	case fault.Indeterminate, fault.Inspection:
		return http.StatusConflict
	case fault.Hardware:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// logFault logs what is ours or the hardware's; a refusal is on record already.
func (s *Server) logFault(ctx context.Context, op string, err error) {
	f := fault.From(err)
	level := slog.LevelInfo
	if f.Kind == fault.Internal || f.Kind == fault.Hardware {
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "operation refused", "operation", op, "code", f.Code, "error", err)
}
