package durable_test

import (
	"os"
	"path/filepath"
	"testing"

	"sexton/internal/durable"
)

func TestWriteFileReplacesAndLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := durable.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "f")
	for _, text := range []string{"first", "", "second, longer"} {
		if err := durable.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Fatalf("content %q, %v; want %q", got, err, text)
		}
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o640 {
		t.Fatalf("mode %v, %v", st.Mode(), err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("left in directory: %v, %v", names, err)
	}
}

func TestWriteFileThatCannotKeepsTheOldContent(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "d")
	if err := os.MkdirAll(filepath.Join(path, "in-the-way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(path, []byte("x"), 0o600); err == nil {
		t.Fatal("a directory was replaced by a file")
	}
	names, _ := os.ReadDir(dir)
	if len(names) != 1 {
		t.Fatalf("temp file left: %v", names)
	}
	if err := durable.WriteFile(filepath.Join(dir, "missing", "f"), nil, 0o600); err == nil {
		t.Fatal("wrote into a directory that does not exist")
	}
	if err := durable.MkdirAll(filepath.Join(dir, "f", "g"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.MkdirAll(filepath.Join(dir, "file", "g"), 0o700); err == nil {
		t.Fatal("made a directory below a file")
	}
}

func TestSweepRemovesOnlyTempFiles(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{durable.TempPrefix + "123", "keep"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := durable.Sweep(dir); err != nil {
		t.Fatal(err)
	}
	names, _ := os.ReadDir(dir)
	if len(names) != 1 || names[0].Name() != "keep" {
		t.Fatalf("left: %v", names)
	}
	if err := durable.Remove(filepath.Join(dir, "keep")); err != nil {
		t.Fatal(err)
	}
	if err := durable.Remove(filepath.Join(dir, "keep")); err != nil {
		t.Fatalf("removing a missing file: %v", err)
	}
}
