package shredder_test

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
	fw "sexton/firmware-iface"
)

func TestControlSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hands")
	r := newRig(t, func(c *bench.Config) { c.Control = path })
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v %v", fi, err)
	}
	h, err := bench.DialHands(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	truth, err := h.Truth(t.Context(), 0)
	if err != nil || truth.Addr != r.b.Addr() || truth.State != "Ready" {
		t.Fatalf("%+v %v", truth, err)
	}
	p := r.host()
	p.job(1, time.Minute)
	id, err := h.Feed(t.Context(), bench.Item{Kind: physics.Disc, Flags: []string{bench.Silent}})
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := h.Await(t.Context(), id); err != nil || rec.Fate != physics.Cut || rec.Counted {
		t.Errorf("%+v %v", rec, err)
	}
	if err := h.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	if err := h.Fault(t.Context(), bench.Fault{Do: "magic"}); !errors.Is(err, bench.ErrHands) {
		t.Errorf("unknown fault: %v", err)
	}
	if _, err := bench.Start(t.Context(), bench.Config{Plain: true, Control: path}); err == nil {
		t.Error("two benches on one control socket")
	}
	// Lines that are none are answered with an error each, and do nothing.
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, line := range []string{
		``, `{`, `{}`, `[]`, `{"op":"estop","press":true,"press":true}`, `{"Op":"estop","press":true}`, `{"op":"estop","press":true}{}`,
		`{"op":"estop","press":1}`, `{"op":"estop","pres":true}`, `{"op":"explode"}`, `{"op":"fault"}`, `{"op":"bin","do":"eat"}`, `{"op":"feed"}`,
	} {
		if _, err := c.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil || !strings.Contains(string(buf[:n]), `"error":"`) {
			t.Errorf("%s: %s %v", line, buf[:n], err)
		}
	}
	if s := p.snapshot(); s.Reasons&fw.ReasonsEStop != 0 {
		t.Error("a malformed request pressed the button")
	}
	// A context that ends while the bench does not answer ends the call.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Truth(ctx, 0); err == nil {
		t.Error("an ended context is ignored")
	}
}

func TestParsePlanStrictly(t *testing.T) {
	for _, bad := range []string{
		``, `{}`, `{"version":2,"faults":[]}`, `{"version":1,"faults":[]} x`, `{"version":1,"version":1,"faults":[]}`, `{"version":1,"faults":[],"x":1}`,
		`{"Version":1,"faults":[]}`, `{"version":1,"faults":[{"item":1,"do":"explode"}]}`, `{"version":1,"faults":[{"item":-1,"do":"jam"}]}`,
		`{"version":1,"faults":[{"do":"jam"}]}`, `{"version":1,"faults":[{"item":1,"do":"jam","ms":5}]}`, `{"version":1,"faults":[{"item":1,"do":"hang"}]}`,
		`{"version":1,"faults":[{"item":1,"do":"hang","ms":9999999}]}`, `{"version":1,"faults":[{"item":1,"do":"reverse","reversals":-1}]}`,
		`{"version":1,"faults":[{"item":1,"do":"torn-snapshot","count":-2}]}`, `{"version":1,"faults":[{"item":"1","do":"jam"}]}`,
	} {
		if p, err := bench.ParsePlan([]byte(bad)); err == nil {
			t.Errorf("%s: read as %+v", bad, p)
		}
	}
	if p, err := bench.ParsePlan([]byte(`{"version":1,"faults":[{"item":0,"do":"late-answer","ms":40},{"item":2,"do":"jam"}]}`)); err != nil || len(p.Faults) != 2 {
		t.Errorf("%+v %v", p, err)
	}
	path := filepath.Join(t.TempDir(), "plan")
	if _, err := bench.ReadPlan(path); err == nil {
		t.Error("a missing plan was read")
	}
	if err := os.WriteFile(path, []byte(`{"version":1,"faults":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.ReadPlan(path); err != nil {
		t.Error(err)
	}
}

func FuzzStrict(f *testing.F) {
	f.Add([]byte(`{"op":"feed","item":{"kind":"paper","pages":2}}`))
	f.Add([]byte(`{"op":"a","op":"b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r bench.Request
		if bench.Strict(data, &r) == nil && strings.Count(string(data), `"op"`) > 1 && !strings.Contains(string(data), `\`) && r.Item == nil && r.Fault == nil && r.Do == "" {
			t.Errorf("%q has its key twice", data)
		}
	})
}

func TestCertsAreStable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	a, err := bench.WriteCerts(dir, bench.CertOptions{Hosts: []string{"bench.test", "192.0.2.7"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bench.WriteCerts(dir, bench.CertOptions{})
	if err != nil || a.ServerSHA256 != b.ServerSHA256 || a.ServerSHA256 == "" {
		t.Fatalf("%v: %s then %s", err, a.ServerSHA256, b.ServerSHA256)
	}
	if org := b.Authority().Cert.Subject.Organization; len(org) != 1 || org[0] != bench.Organisation {
		t.Errorf("organisation %v", org)
	}
	for _, k := range []string{a.CAKey, a.ServerKey, a.OperatorKey, a.ViewerKey} {
		if fi, err := os.Stat(k); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", k, err)
		}
	}
	if err := os.Remove(a.Viewer); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a directory with a missing file was used")
	}
	if err := os.WriteFile(a.Viewer, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a directory with a broken file was used")
	}
	// A certificate of another authority in the set.
	other, err := bench.WriteCerts(filepath.Join(t.TempDir(), "o"), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{a.Viewer: other.Viewer, a.ViewerKey: other.ViewerKey} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a certificate of another authority was used")
	}
}

func TestConfigIsChecked(t *testing.T) {
	certs, err := bench.WriteCerts(t.TempDir(), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]bench.Config{
		"neither":  {},
		"both":     {TLS: certs.ServerTLS(), Plain: true},
		"pace":     {Plain: true, Pace: -1},
		"no pace":  {Plain: true, Pace: math.NaN()},
		"window":   {Plain: true, MaxWindow: time.Millisecond},
		"fault":    {Plain: true, Plan: bench.Plan{Faults: []bench.Fault{{Do: "x"}}}},
		"address":  {Plain: true, Listen: "nowhere:nothing"},
		"no place": {Plain: true, Control: filepath.Join(t.TempDir(), "missing", "x")},
	} {
		if b, err := bench.Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: started", name)
			_ = b.Close()
		}
	}
}

// Serve is a process: it tells when it is ready and ends with its context. Plain must be asked for.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan *bench.Bench, 1), make(chan error, 1)
	go func() {
		done <- bench.Serve(ctx, bench.Config{Plain: true, Latched: true}, func(b *bench.Bench) { ready <- b })
	}()
	b := <-ready
	c, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + b.Addr(), Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, c: c}
	if s := p.snapshot(); s.State != fw.StateNotReady || s.Reasons != fw.ReasonsPowerReturned {
		t.Errorf("%s %s", s.State, s.Reasons)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Machine time follows the pace, and a standstill of the process is not made up for in one burst.
func TestPace(t *testing.T) {
	r := newRig(t, func(c *bench.Config) { c.Pace = 0.01 })
	starts := func() (n uint32) {
		r.b.Under(func(m *program.Machine) { n = m.Tally().Starts })
		return n
	}
	p := r.host()
	p.job(1, 29*time.Minute)
	if _, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.USB}); err != nil {
		t.Fatal(err)
	}
	if starts() > 0 {
		t.Error("ran ahead")
	}
	r.b.Advance(time.Now().Add(20 * time.Minute)) // 12 s of machine time owed, what a second is worth granted
	if s := p.snapshot(); s.Feed != 0 || s.PermissionLeftMS == 0 {
		t.Error("a backlog was made up for in a burst")
	}
}
