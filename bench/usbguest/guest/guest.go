// Package guest is what programs inside the USB guest share: the file system layout
// that bench/usbguest packs, kernel modules, gadgets and virtual devices.
//
// It works in the guest only: everywhere else In is false and tests skip.
package guest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Layout of the guest.
const (
	ModulesDir = "/modules" // *.ko, and order: one file a line, dependencies first
	Plan       = "/plan"    // programs to run, one command line each
	PassLine   = "SEXTON-GUEST: PASS"
	FailLine   = "SEXTON-GUEST: FAIL"
	gadgets    = "/sys/kernel/config/usb_gadget"
)

// In says that this is the guest.
func In() bool {
	_, err := os.Stat(Plan)
	return os.Getenv("SEXTON_GUEST") == "1" && err == nil
}

// Mount mounts the kernel's file systems.
func Mount() error {
	for _, m := range []struct{ source, dir, kind string }{
		{"proc", "/proc", "proc"}, {"sysfs", "/sys", "sysfs"}, {"devtmpfs", "/dev", "devtmpfs"}, {"tmpfs", "/tmp", "tmpfs"},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.source, m.dir, m.kind, 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("cannot mount %s: %w", m.dir, err)
		}
	}
	return nil
}

// Load loads a module with everything it needs. One that is loaded is fine.
func Load(name, params string) error {
	file, err := os.Open(filepath.Join(ModulesDir, "order"))
	if err != nil {
		return err
	}
	defer file.Close()
	// A line is a module, then what it needs, deepest first.
	for lines := bufio.NewScanner(file); lines.Scan(); {
		names := strings.Fields(lines.Text())
		if len(names) == 0 || names[0] != name {
			continue
		}
		for _, n := range append(names[1:], name) {
			p := ""
			if n == name {
				p = params
			}
			if err := insert(n, p); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("cannot load module %s: it is not in the image", name)
}

func insert(name, params string) error {
	file, err := os.Open(filepath.Join(ModulesDir, name+".ko"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.FinitModule(int(file.Fd()), params, 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("cannot load module %s: %w", name, err)
	}
	return nil
}

// Write writes a file of sysfs or configfs.
func Write(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }
