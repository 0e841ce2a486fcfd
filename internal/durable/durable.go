// Package durable writes files that are complete or absent after a crash, and knows when that has become true.
//
//	temp file in the same directory -> write -> fsync -> rename over the target -> fsync of the directory
//	                                                   |                         |
//	  crash here: target unchanged, temp file left ----+                         +-- returned nil: the new content survives a
//	                                                                                power cut
//
// It assumes POSIX rename and that fsync of file and directory reach the medium (ext4, xfs with a drive that honours flushes).
// A temp file that a crash left has the prefix [TempPrefix]; the next write of the same file does not need it, and [Sweep]
// removes it. After an error the state of the file is unknown to the caller: old or new, never mixed. Do not retry fsync: the
// kernel may have dropped the pages it could not write.
//
// What it does not do: it does not lock, and it does not protect against a drive that loses what it acknowledged.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TempPrefix begins the name of every temporary file this package makes.
const TempPrefix = ".durable-"

// WriteFile makes data the content of path with permission perm; when it returns nil, that survives a power cut.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, TempPrefix+"*")
	if err != nil {
		return fmt.Errorf("cannot create file beside %s: %w", path, err)
	}
	if err := fill(f, data, perm); err != nil {
		return errors.Join(fmt.Errorf("cannot write %s: %w", path, err), os.Remove(f.Name()))
	}
	// Crash here: the old content, or none; a temp file is left.
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("cannot put %s in place: %w", path, err), os.Remove(f.Name()))
	}
	// Crash here: the old or the new content; the directory decides.
	return SyncDir(dir)
}

func fill(f *os.File, data []byte, perm fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// SyncDir makes the names in dir durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("cannot sync directory %s: %w", dir, err)
	}
	return nil
}

// MkdirAll makes dir and its missing parents, durably.
func MkdirAll(dir string, perm fs.FileMode) error {
	dir = filepath.Clean(dir)
	switch st, err := os.Stat(dir); {
	case err == nil && st.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("cannot make directory %s: a file is in the way", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot make directory: %w", err)
	}
	parent := filepath.Dir(dir)
	if err := MkdirAll(parent, perm); err != nil {
		return err
	}
	if err := os.Mkdir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot make directory: %w", err)
	}
	return SyncDir(parent)
}

// Remove removes the file path, durably; a missing file is no error.
func Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot remove file: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}

// Sweep removes the temp files that crashes left in dir.
func Sweep(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cannot sweep directory: %w", err)
	}
	for _, n := range names {
		if strings.HasPrefix(n.Name(), TempPrefix) && n.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, n.Name())); err != nil {
				return fmt.Errorf("cannot sweep directory: %w", err)
			}
		}
	}
	return nil
}
