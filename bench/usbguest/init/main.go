// Command init is process 1 of the USB guest: it mounts, closes the gate, loads the
// controllers, runs the plan, says how it went, and switches the machine off.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sexton/bench/usbguest/guest"
	"sexton/usbctl/sysfs"
)

func main() {
	began := time.Now()
	err := run()
	if err != nil {
		fmt.Printf("init: %v\n", err)
		fmt.Println(guest.FailLine)
	} else {
		fmt.Printf("init: everything passed, %.1f s in the guest\n", time.Since(began).Seconds())
		fmt.Println(guest.PassLine)
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func run() error {
	if err := guest.Mount(); err != nil {
		return err
	}
	// Before any controller: nothing that appears is authorised.
	if err := guest.Load("usbcore", "authorized_default=0 usbfs_memory_mb=64"); err != nil {
		return err
	}
	for _, m := range []string{"xhci_pci", "ehci_pci", "vhci_hcd", "dummy_hcd", "libcomposite"} {
		params := ""
		if m == "dummy_hcd" {
			params = "is_super_speed=1"
		}
		if err := guest.Load(m, params); err != nil {
			return err
		}
	}
	if err := unix.Mount("configfs", "/sys/kernel/config", "configfs", 0, ""); err != nil {
		return fmt.Errorf("cannot mount configfs: %w", err)
	}
	if err := (sysfs.FS{}).Close(context.Background()); err != nil {
		return err
	}
	fmt.Printf("init: the gate is closed\n")
	plan, err := os.Open(guest.Plan)
	if err != nil {
		return err
	}
	defer plan.Close()
	failed := 0
	for lines := bufio.NewScanner(plan); lines.Scan(); {
		args := strings.Fields(lines.Text())
		if len(args) == 0 {
			continue
		}
		fmt.Printf("init: running %s\n", lines.Text())
		c := exec.Command(args[0], args[1:]...)
		c.Stdout, c.Stderr, c.Dir = os.Stdout, os.Stdout, "/tmp"
		c.Env = []string{"SEXTON_GUEST=1", "HOME=/tmp", "PATH=/bin", "TMPDIR=/tmp", "LD_LIBRARY_PATH=/lib"}
		if err := c.Run(); err != nil {
			fmt.Printf("init: %s: %v\n", args[0], err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d programs failed", failed)
	}
	return nil
}
