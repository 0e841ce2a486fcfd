package shredder_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/server"
	"sexton/shredder"
	"sexton/shredder/modbus"
)

// childDir makes this test binary a bench process with its certificates and control socket there.
const childDir = "SEXTON_BENCH_SHREDDER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

func child(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	certs, err := bench.WriteCerts(filepath.Join(dir, "certs"), bench.CertOptions{})
	if err == nil {
		err = bench.Serve(ctx, bench.Config{TLS: certs.ServerTLS(), Control: filepath.Join(dir, "hands"), Pace: 100},
			func(b *bench.Bench) { fmt.Println(b.Addr()) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A bench in a process of its own is stopped with a Release in its receive buffer, then continued: the measured disaster of
// naive start commands. Nothing may run.
func TestStoppedProcessRunsNothingLate(t *testing.T) {
	dir := t.TempDir()
	certs, err := bench.WriteCerts(filepath.Join(dir, "certs"), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("the bench process: %v", err)
		}
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	h, err := bench.DialHands(t.Context(), filepath.Join(dir, "hands"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	m, err := modbus.New(modbus.Config{
		Address: strings.TrimSpace(addr), MachineSerial: "SB-4000-0001", Timeout: 300 * time.Millisecond,
		Security: &modbus.Security{
			Roots: certs.Authority().Pool(), Certificate: certs.ClientTLS(server.Operator).Certificates[0], CertificateSerial: certs.ServerSerial,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if _, err := h.Feed(t.Context(), bench.Item{Kind: physics.Paper, Pages: 10}); err != nil { // would start it at once
		t.Fatal(err)
	}
	for i := range 3 {
		stopOnce(t, cmd.Process, m, byte(i+1))
		truth, err := h.Truth(t.Context(), 0)
		if err != nil || truth.Tally.Releases != 0 || truth.Tally.Starts != 0 {
			t.Fatalf("round %d: late execution: %+v %v", i, truth.Tally, err)
		}
	}
	// The same job runs when it is released in time.
	job := shredder.Job{Token: shredder.JobToken{99}, Items: 1, Material: shredder.MaterialPaper}
	if o, err := m.Offer(t.Context(), job); o != shredder.Accepted {
		t.Fatal(o, err)
	}
	if o, err := m.Release(t.Context(), job.Token, shredder.Window{For: time.Minute}); o != shredder.Accepted {
		t.Fatal(o, err)
	}
	if rec, err := h.Await(t.Context(), 1); err != nil || rec.Fate != physics.Cut {
		t.Errorf("%+v %v", rec, err)
	}
}

// stopOnce offers, stops the process, releases in vain, continues it and resolves.
func stopOnce(t *testing.T, p *os.Process, m *modbus.Machine, n byte) {
	t.Helper()
	job := shredder.Job{Token: shredder.JobToken{n}, Items: 1, Material: shredder.MaterialPaper}
	if o, err := m.Offer(t.Context(), job); o != shredder.Accepted {
		t.Fatal(o, err)
	}
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for !stopped(t, p.Pid) { // the signal takes its time; a thread that still runs may answer in time
	}
	o, err := m.Release(t.Context(), job.Token, shredder.Window{For: time.Minute})
	if err := p.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if o == shredder.Accepted {
		t.Fatalf("a stopped process accepted: %v", err)
	}
	for end := time.Now().Add(30 * time.Second); o == shredder.Unknown; {
		if o, err = m.Resolve(t.Context()); time.Now().After(end) {
			t.Fatalf("never resolved: %v", err)
		}
	}
	if o != shredder.Refused {
		t.Fatalf("resolved to %v, %v", o, err)
	}
	if o, err := m.Withdraw(t.Context(), job.Token); o != shredder.Accepted {
		t.Fatal(o, err)
	}
}

// stopped says whether every thread of a process stands still.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(stats) == 0 {
		t.Fatalf("no threads of process %d: %v", pid, err)
	}
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			return false // the thread has just ended
		}
		_, after, _ := strings.Cut(string(data), ") ")
		if !strings.HasPrefix(after, "T") {
			return false
		}
	}
	return true
}
