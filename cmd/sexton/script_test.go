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
	case "/v1/key/attached", "/v1/key/list", "/v1/key/register", "/v1/key/check":
		answerKeys(r, reply)
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

// answerKeys plays the USB side: a registered key at one port, a keyboard at another, whose serial tries to clear the screen.
func answerKeys(r *http.Request, reply func(any, *fault.Fault)) {
	key := api.KeyView{Key: "密U-001", Label: "甲组一号（演练）", Owner: "sun", OwnerName: "孙某（演练）", Department: "机要室", Level: "confidential", LevelZh: "秘密", Expires: "2027-12-31", State: "registered",
		StateZh: "在用", Capacity: "destructive", Bytes: 32e9}
	switch r.URL.Path {
	case "/v1/key/attached":
		reply([]api.AttachedView{
			{Port: "1-1", State: "taken", StateZh: "可用", StateEn: "may be used", Key: "密U-001", Rule: "registered-key", Manufacturer: "ACME"},
			{Port: "1-2", State: "refused", Zh: "设备自称键盘，已隔离", En: "the device claims to be a keyboard, quarantined", Rule: "human-input", Serial: "\x1b[2J"},
		}, nil)
	case "/v1/key/list":
		reply([]api.KeyView{key}, nil)
	case "/v1/key/check":
		reply(api.AttachedView{Port: "1-1", Key: "密U-001", State: "turned-away"}, fault.New("key.copied", nil, "密U-001", "stale"))
	default:
		var ask api.RegisterKeyRequest
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || ask.Confirm != ask.Label || string(ask.By.PIN) != "208411" {
			reply(nil, fault.New("usage.bad-request", err, "register"))
			return
		}
		reply(key, nil)
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
