package pcscd_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
