package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sexton/web/api"
)

// TestDiskFullWithdraws fills the disk under the ledger while a permission lives: the daemon ends, and the machine has no
// permission afterwards, nor after a start on the disk that is still full. With room again the batch goes on to its certificate.
func TestDiskFullWithdraws(t *testing.T) {
	c := newCrew(t, seed(t))
	if os.Geteuid() != 0 {
		t.Fatal("needs root, to mount a small file system")
	}
	dir := c.rig.path("station", "ledger")
	c.rig.client.Close()
	c.rig.daemon.stop(15 * time.Second)
	own := c.rig.path("ledger.own")
	mustRun(t, "cp", "-a", dir, own)
	mustRun(t, "mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", dir)
	t.Cleanup(func() {
		c.rig.daemon.stop(15 * time.Second) // it keeps the mount busy
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("cannot unmount: %v", err)
		}
	})
	mustRun(t, "cp", "-a", own+"/.", dir)
	if err := c.rig.startDaemon(c.ctx); err != nil {
		t.Fatal(err)
	}
	c.begin(t, 0)
	for {
		if b, ok := c.batch(); ok && b.Step == "feed" {
			break
		}
		a, ok := c.next()
		if !ok {
			t.Fatal("the batch ended before it was released")
		}
		c.perform(a, kill{})
	}
	if !c.permitted() {
		t.Fatal("the machine has no permission after the release")
	}
	filler := filepath.Join(dir, "filler")
	_ = exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=4096").Run() // ends with "no space left"
	for i := 0; ; i++ {                                                   // what is written sooner or later does not fit
		if _, err := api.Call[api.SessionView](c.ctx, c.rig.client, "session/login", api.LoginRequest{Reader: c.rig.pcsc.Readers[0], PIN: api.Secret("135790")}); unreachable(err) {
			break
		}
		_, _ = api.Call[api.BatchView](c.ctx, c.rig.client, "batch/release", api.ByID{ID: c.round.number})
		if i > 500 {
			t.Fatal("the daemon writes on a full disk")
		}
	}
	<-c.rig.daemon.done
	if c.permitted() {
		t.Error("the machine is permitted after the daemon ended on a full disk")
	}
	if code := c.rig.daemon.cmd.ProcessState.ExitCode(); code != 5 {
		t.Errorf("the daemon ended with %d: %s", code, c.rig.daemon.tail())
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.restart(false)
	c.mustBeSafe()
	c.finish(func(act) kill { return kill{} })
	c.judge()
}

// permitted is the machine's truth.
func (c *crew) permitted() bool {
	c.t.Helper()
	truth, err := c.rig.hands.Truth(c.ctx, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return truth.Tally.Permitted
}

func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}
