package process_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSealedProcesses runs workertest: real processes, real sandboxes, and everything
// a process in one must not be able to do.
func TestSealedProcesses(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("SEXTON_SYSTEM_TESTS") == "1" {
			t.Fatal("starting workers needs root")
		}
		t.Skip("starting workers needs root")
	}
	program := filepath.Join(t.TempDir(), "workertest")
	build := exec.Command("go", "build", "-o", program, "../workertest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program).CombinedOutput()
	t.Logf("\n%s", out)
	if err != nil || !strings.HasSuffix(string(out), "PASS\n") {
		t.Fatalf("a worker can do what it must not: %v", err)
	}
}
