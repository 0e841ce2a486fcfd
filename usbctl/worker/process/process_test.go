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
	if !rootIsMounted(t) {
		t.Skip("the root of this process is no mount point (it lives in a chroot): no worker can part from the mounts outside, and none is started")
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

// rootIsMounted says whether "/" is a mount point as this process sees it (proc(5), mountinfo, field 5).
func rootIsMounted(t *testing.T) bool {
	t.Helper()
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" {
			return true
		}
	}
	return false
}
