package pcscd_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sexton/bench/pcscd"
)

// No program of Debian is needed to say which one is missing.
func TestMissingSoftwareIsNamedWithItsPackage(t *testing.T) {
	dir := t.TempDir()
	driver := filepath.Join(dir, "driver.so")
	if err := os.WriteFile(driver, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pcscd.Start(context.Background(), pcscd.Options{Pcscd: "/bin/true", Driver: filepath.Join(dir, "absent.so")})
	if err == nil || !strings.Contains(err.Error(), "vsmartcard-vpcd") {
		t.Errorf("no driver: %v", err)
	}
	_, err = pcscd.Start(context.Background(), pcscd.Options{Pcscd: filepath.Join(dir, "absent"), Driver: driver})
	if err == nil || !strings.Contains(err.Error(), "Debian package pcscd") {
		t.Errorf("no daemon: %v", err)
	}
}

// A daemon that ends at once is reported with what it said, and leaves no folder behind.
func TestDaemonThatEndsIsReported(t *testing.T) {
	system(t)
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	fake := filepath.Join(tmp, "fake")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\necho I cannot go on\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := pcscd.Start(deadline(t), pcscd.Options{Pcscd: fake})
	if err == nil || !strings.Contains(err.Error(), "I cannot go on") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "sexton-pcscd-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

const childMode = "SEXTON_PCSCD_CHILD"

// sharedDir is the folder of the in-process tests, "" when none ran.
var sharedDir string

// TestMain lets the test program be its own child.
func TestMain(m *testing.M) {
	switch os.Getenv(childMode) {
	case "":
		code := m.Run()
		if sharedDir != "" {
			_ = os.RemoveAll(sharedDir)
		}
		os.Exit(code)
	case "own":
		os.Exit(childOwn())
	case "open":
		os.Exit(childOpen())
	}
}

// childOwn starts a daemon, says where, and waits to be killed.
func childOwn() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := pcscd.Start(ctx, pcscd.Options{})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println(d.Socket())
	<-ctx.Done()
	d.Stop()
	return 0
}

// childOpen runs where no namespace can be made: one daemon starts in the open, a second
// one is refused with the reason.
func childOpen() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d, err := pcscd.Start(ctx, pcscd.Options{})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	defer d.Stop()
	fmt.Println("first", d.Private(), d.Socket(), len(d.Readers))
	_, err = pcscd.Start(ctx, pcscd.Options{})
	fmt.Println("second", err)
	if err := d.Restart(ctx); err != nil {
		fmt.Println("restart", err)
		return 1
	}
	return 0
}

func child(t *testing.T, mode string, before ...string) *exec.Cmd {
	t.Helper()
	system(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append(before, self)
	cmd := exec.CommandContext(deadline(t), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), childMode+"="+mode)
	cmd.Stderr = os.Stderr
	return cmd
}

// A test that is killed must not leave daemons behind.
func TestDaemonEndsWithItsOwner(t *testing.T) {
	cmd := child(t, "own")
	cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	socket := strings.TrimSpace(line)
	if err != nil || !strings.HasSuffix(socket, "pcscd.comm") {
		t.Fatalf("the child said %q, %v", line, err)
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	ctx, tick := deadline(t), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err = net.Dial("unix", socket); err != nil {
			return
		}
		_ = conn.Close()
		select {
		case <-ctx.Done():
			t.Fatal("the daemon outlives its owner")
		case <-tick.C:
		}
	}
}

// Containers often allow no namespace. An unshare that fails stands for that; the child
// gets an empty /run so that the machine's own daemon is not met.
func TestDaemonInTheOpen(t *testing.T) {
	system(t)
	enter := pcscd.Namespace()
	if enter == nil {
		t.Fatal("this machine allows no namespace to test in")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "unshare"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "open", append(enter, "sh", "-c",
		`mount -t tmpfs tmpfs /run && PATH="$1:$PATH" && shift && exec "$@"`, "sh", bin)...)
	out, err := cmd.Output()
	text := string(out)
	if err != nil || !strings.Contains(text, "first false /run/pcscd/pcscd.comm 2\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if !strings.Contains(text, "second cannot start a second pcscd") || strings.Contains(text, "second <nil>") {
		t.Errorf("a second daemon:\n%s", text)
	}
}
