package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/station"
	"sexton/web"
	"sexton/web/api"
)

// desk answers the few operations the tests use; any other would panic, which
// the server must survive.
type desk struct {
	station.Operations
	login  func(reader string, pin *station.PIN) (station.SessionView, error)
	feedIn chan context.Context
}

func (d desk) Status(context.Context) (station.StatusView, error) {
	return station.StatusView{Origin: "bench.test", Bench: true}, nil
}

func (d desk) Login(_ context.Context, reader string, pin *station.PIN) (station.SessionView, error) {
	return d.login(reader, pin)
}

func (d desk) ImportList(context.Context, []byte, station.ImportOptions) (station.ImportView, error) {
	return station.ImportView{Bad: []station.RowFault{{Line: 3, Column: "密级", Zh: "不认识", En: "unknown"}}}, fault.New("list.bad-rows", nil, 1)
}

func (d desk) Feed(ctx context.Context, _, carrier string, progress func(station.Progress)) (station.OutcomeView, error) {
	if carrier == "hang" {
		d.feedIn <- ctx
		<-ctx.Done()
		return station.OutcomeView{Carrier: carrier, Verdict: "indeterminate"}, nil
	}
	if carrier == "stop" { // as the station ends it when the daemon does
		return station.OutcomeView{}, fault.New("usage.canceled", context.Canceled)
	}
	progress(station.Progress{Phase: "ready", Carrier: carrier})
	if carrier == "die" {
		panic(http.ErrAbortHandler)
	}
	progress(station.Progress{Phase: "done", Carrier: carrier})
	return station.OutcomeView{Carrier: carrier, Verdict: "destroyed"}, nil
}

func (d desk) Events(ctx context.Context) <-chan station.Event {
	c := make(chan station.Event, 2)
	c <- station.Event{Seq: 1, Type: "batch", Zh: "一", En: "one"}
	c <- station.Event{Seq: 2, Type: "batch", Zh: "二", En: "two"}
	close(c)
	return c
}

type noEvidence struct{ web.Evidence }

func serve(t *testing.T, d desk) *api.Client {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	sock := web.Socket{Path: filepath.Join(t.TempDir(), "s.sock")}
	l, err := sock.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sock.Serve(ctx, l, web.New(d, noEvidence{}, log), 5*time.Second, log) }()
	c := api.Dial(sock.Path)
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("server ended with %v", err)
		}
	})
	return c
}

func code(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func TestCallCarriesViewsAndFaults(t *testing.T) {
	c := serve(t, desk{login: func(reader string, pin *station.PIN) (station.SessionView, error) {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", pin, pin, pin), "208411") {
			t.Error("the PIN prints itself")
		}
		return station.SessionView{}, fault.New("token.pin-wrong", nil, 2)
	}})
	s, err := api.Call[api.StatusView](t.Context(), c, "status", api.None{})
	if err != nil || s.Origin != "bench.test" || !s.Bench {
		t.Fatalf("got %+v, %v", s, err)
	}
	_, err = api.Call[api.SessionView](t.Context(), c, "session/login", api.LoginRequest{Reader: "r", PIN: api.Secret("208411")})
	if code(err) != "token.pin-wrong" || fault.From(err).Kind != fault.Unauthentic || !strings.Contains(fault.From(err).En, "2") {
		t.Errorf("got %v", err)
	}
	v, err := api.Call[api.ImportView](t.Context(), c, "list/import", api.ImportRequest{})
	if code(err) != "list.bad-rows" || len(v.Bad) != 1 || v.Bad[0].Line != 3 {
		t.Errorf("bad rows do not come with the fault: %+v, %v", v, err)
	}
}

func TestRequestsThatCannotBeUnderstood(t *testing.T) {
	c := serve(t, desk{login: func(string, *station.PIN) (station.SessionView, error) {
		t.Error("a request that cannot be understood reached the station")
		return station.SessionView{}, nil
	}})
	for name, req := range map[string]any{
		"unknown field": map[string]any{"reader": "r", "pin": "208411", "colour": "red"},
		"PIN letters":   map[string]any{"reader": "r", "pin": "20841x"},
		"PIN number":    map[string]any{"reader": "r", "pin": 208411},
		"PIN too long":  map[string]any{"reader": "r", "pin": strings.Repeat("1", 40)},
		"an array":      []int{1},
	} {
		_, err := api.Call[api.SessionView](t.Context(), c, "session/login", req)
		if code(err) != "usage.bad-request" {
			t.Errorf("%s: got %v", name, err)
		} else if zh := fault.From(err).Zh; name == "unknown field" && zh != `请求无法理解：无法读取请求，有不认识的字段 "colour"` {
			t.Errorf("got %q", zh)
		}
	}
	if _, err := api.Call[api.SessionView](t.Context(), c, "session/login", api.LoginRequest{Reader: "r", PIN: api.Secret("12345")}); code(err) != "token.pin-format" {
		t.Errorf("short PIN: got %v", err)
	}
	if _, err := api.Call[api.None](t.Context(), c, "no/such", api.None{}); code(err) != "usage.bad-request" {
		t.Errorf("unknown operation: got %v", err)
	}
}

func TestPanicEndsOneRequestOnly(t *testing.T) {
	c := serve(t, desk{})
	if _, err := api.Call[[]api.BatchView](t.Context(), c, "batch/list", api.None{}); code(err) != "internal.unexpected" {
		t.Errorf("got %v", err)
	}
	if _, err := api.Call[api.StatusView](t.Context(), c, "status", api.None{}); err != nil {
		t.Errorf("the server did not survive: %v", err)
	}
}

func TestFeedStreamsProgressAndEndsWithItsClient(t *testing.T) {
	d := desk{feedIn: make(chan context.Context, 1)}
	c := serve(t, d)
	var phases []string
	v, err := c.Feed(t.Context(), api.FeedRequest{Batch: "b", Carrier: "n"}, func(p api.Progress) { phases = append(phases, p.Phase) })
	if err != nil || v.Verdict != "destroyed" || fmt.Sprint(phases) != "[ready done]" {
		t.Errorf("got %+v, %v, %v", v, phases, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		inner := <-d.feedIn
		cancel()
		<-inner.Done() // the test hangs here, and fails by its deadline, if the station never learns
		close(d.feedIn)
	}()
	if _, err := c.Feed(ctx, api.FeedRequest{Batch: "b", Carrier: "hang"}, nil); code(err) != "feed.interrupted" || fault.From(err).Kind != fault.Indeterminate {
		t.Errorf("a feed whose client went away ended with %v", err)
	}
	<-d.feedIn
}

// TestFeedThatEndsWithoutOutcome: whoever ends a feed, the carrier may have been fed.
func TestFeedThatEndsWithoutOutcome(t *testing.T) {
	c := serve(t, desk{})
	for _, carrier := range []string{"stop", "die"} {
		_, err := c.Feed(t.Context(), api.FeedRequest{Batch: "b", Carrier: carrier}, nil)
		if f := fault.From(err); f == nil || f.Code != "feed.interrupted" || int(f.Kind) != 6 {
			t.Errorf("%s: got %v", carrier, err)
		}
	}
	// A daemon of another make may send the plain fault.
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		_ = json.NewEncoder(w).Encode(api.FeedLine{Fault: fault.New("usage.canceled", nil)})
	}))
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "old.sock"))
	if err != nil {
		t.Fatal(err)
	}
	old.Listener.Close()
	old.Listener = l
	old.Start()
	defer old.Close()
	if _, err := api.Dial(l.Addr().String()).Feed(t.Context(), api.FeedRequest{}, nil); code(err) != "feed.interrupted" {
		t.Errorf("got %v", err)
	}
	// One that was never there fed nothing.
	if _, err := api.Dial(filepath.Join(t.TempDir(), "none.sock")).Feed(t.Context(), api.FeedRequest{}, nil); code(err) != "daemon.unreachable" {
		t.Errorf("got %v", err)
	}
}

func TestRequestGivenUpIsNotADaemonThatIsGone(t *testing.T) {
	c := serve(t, desk{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := api.Call[api.StatusView](ctx, c, "status", api.None{}); code(err) != "usage.canceled" {
		t.Errorf("got %v", err)
	}
}

func TestEventsArriveInOrder(t *testing.T) {
	c := serve(t, desk{})
	var got []string
	if err := c.Events(t.Context(), func(e api.Event) error { got = append(got, e.En); return nil }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[one two]" {
		t.Errorf("got %v", got)
	}
}

func TestSocketIsNotTakenFromALivingDaemon(t *testing.T) {
	s := web.Socket{Path: filepath.Join(t.TempDir(), "s.sock")}
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := s.Listen(); err == nil {
		t.Error("two daemons listen on one socket")
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	again, err := s.Listen()
	if err != nil {
		t.Fatalf("a stale socket stops the next start: %v", err)
	}
	again.Close()
}

func TestStrangersAreRefused(t *testing.T) {
	// A TCP connection has no kernel credentials: whoever comes so is nobody.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- web.Socket{Path: "unused"}.Serve(ctx, l, web.New(desk{}, noEvidence{}, log), time.Second, log)
	}()
	resp, err := http.Post("http://"+l.Addr().String()+"/v1/status", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	var r api.Reply[api.StatusView]
	if err := json.Unmarshal(body, &r); err != nil || r.Fault == nil || r.Fault.Code != "daemon.peer" || r.Result != nil {
		t.Errorf("got %s", body)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDaemonThatIsNotThere(t *testing.T) {
	c := api.Dial(filepath.Join(t.TempDir(), "nothing.sock"))
	if _, err := api.Call[api.StatusView](t.Context(), c, "status", api.None{}); code(err) != "daemon.unreachable" {
		t.Errorf("got %v", err)
	}
}
