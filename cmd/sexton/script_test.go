package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sexton/internal/fault"
	"sexton/policy"
	"sexton/web/api"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sexton": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the real main against a daemon that answers from a table.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		socket := filepath.Join(e.WorkDir, "sexton.sock")
		e.Setenv("SEXTON_SOCKET", socket)
		l, err := net.Listen("unix", socket)
		if err != nil {
			return err
		}
		srv := &http.Server{Handler: http.HandlerFunc(answer)}
		go func() { _ = srv.Serve(l) }()
		e.Defer(func() { _ = srv.Close() })
		return nil
	}})
}

// answer plays the daemon: one person is logged in, PINs other than 208411 are
// wrong, and every hostile string tries to clear the screen.
func answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	reply := func(v any, f *fault.Fault) {
		_ = json.NewEncoder(w).Encode(map[string]any{"result": v, "fault": f})
	}
	if answerRegister(r, reply) {
		return
	}
	var sign api.SignRequest
	switch r.URL.Path {
	case "/v1/session/list":
		reply([]api.SessionView{{ID: "s1", Person: "P-0001", Name: "陈静（演练）", Reader: "left", Roles: []string{"destroyer"}}}, nil)
	case "/v1/session/tries":
		reply(api.TriesView{Reader: "left", Tries: 3}, nil)
	case "/v1/carrier/list":
		reply(api.CarrierPage{Total: 1, Carriers: []api.CarrierView{{Number: "YZCZ-Z-2026-000001", State: "received", StateZh: "已签收", Kind: "paper", Title: "关于清屏\x1b[2J的通知（演练）"}}}, nil)
	case "/v1/batch/authorise":
		if err := json.NewDecoder(r.Body).Decode(&sign); err != nil || string(sign.By.PIN) != "208411" {
			reply(nil, fault.New("token.pin-wrong", nil, 2))
			return
		}
		reply(api.SignedView{Done: true, Leaf: "ab", Index: 41}, nil)
	case "/v1/batch/show":
		reply(api.BatchView{ID: "b1", Number: "销单-1", Members: 3}, nil)
	case "/v1/batch/release":
		reply(api.BatchView{ID: "b1", Number: "销单-1", State: "released"}, nil)
	case "/v1/batch/feed":
		w.Header().Set("Content-Type", "application/x-ndjson")
		enc := json.NewEncoder(w)
		_ = enc.Encode(api.FeedLine{Progress: &api.Progress{Phase: "ready", PhaseZh: "请投料"}})
		_ = enc.Encode(api.FeedLine{Result: &api.OutcomeView{Carrier: "N1", Verdict: "disputed", VerdictZh: "有争议", Feed: 1, Objects: 1, Reasons: []string{"no-energy"}}})
	case "/v1/carrier/show":
		reply(nil, fault.New("usage.not-found", nil, "carrier NOPE\x1b[2J"))
	case "/v1/policy/explain":
		explainTraining(r, reply)
	case "/v1/cert/show":
		reply(api.CertificateView{Number: "销证-1", Bundle: []byte("{}\n"), Bench: true}, nil)
	default:
		if answerUnit(w, r, reply) {
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		reply(nil, fault.New("usage.bad-request", nil, fmt.Sprint(r.URL.Path)))
	}
}

// explainTraining answers from the training unit's profile, as a daemon does
// from the one in force.
func explainTraining(r *http.Request, reply func(any, *fault.Fault)) {
	var ask api.ExplainRequest
	data, err := os.ReadFile("../../testdata/policy/unit-training.toml")
	if err == nil {
		err = json.NewDecoder(r.Body).Decode(&ask)
	}
	p, perr := policy.Parse(data)
	q, qerr := policy.ParseQuestion(ask.Act, ask.Classification, ask.CarrierKind, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err := errors.Join(err, perr, qerr); err != nil {
		reply(nil, fault.New("usage.bad-request", err, err.Error()))
		return
	}
	reply(p.Explain(q), nil)
}
