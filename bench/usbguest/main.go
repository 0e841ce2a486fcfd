// Command usbguest boots a virtual machine with USB controllers, devices of QEMU,
// gadgets and devices of our own behind a real kernel, and runs programs in it. It
// fails unless the guest prints its last line.
//
//	kernel package ─┐
//	test programs ──┼─► initramfs ─► qemu (TCG) ─► init ─► plan ─► "SEXTON-GUEST: PASS"
//	init ───────────┘
//
// The kernel is the distribution's own, unpacked by scripts/vm; nothing else of a
// distribution is inside: process 1 is Go.
//
// What it does not do: it proves nothing about real controllers or real keys.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sexton/bench/usbguest/guest"
)

// wanted are the modules the guest can load; what they need comes along.
var wanted = []string{"usbcore", "xhci_pci", "ehci_pci", "vhci_hcd", "dummy_hcd", "libcomposite",
	"usb_f_mass_storage", "usb_f_hid", "usb_f_acm", "usb_f_ecm", "usbhid", "hid_generic", "usb_storage", "sd_mod"}

// programs are those of the plan, by package: tests, or commands that run everything
// they have; one with cgo brings its libraries along.
var programs = []struct {
	name    string
	cgo     bool
	command bool
}{
	{name: "./bench/usbcases"},
	{name: "./usbctl/libusb", cgo: true},
	{name: "./usbctl/host"},
	{name: "./usbctl/worker/workertest", command: true},
}

func main() {
	kernel := flag.String("kernel", "", "directory of an unpacked kernel package")
	run := flag.String("run", "", "run only tests that match")
	bench := flag.Bool("bench", false, "run benchmarks as well")
	most := flag.Duration("timeout", 10*time.Minute, "how long the guest may take")
	flag.Parse()
	if err := do(*kernel, *run, *bench, *most); err != nil {
		fmt.Fprintf(os.Stderr, "usbguest: %v\n", err)
		os.Exit(1)
	}
}

func do(kernel, run string, bench bool, most time.Duration) error {
	vmlinuz, err := filepath.Glob(filepath.Join(kernel, "boot", "vmlinuz-*"))
	if err != nil || len(vmlinuz) != 1 {
		return fmt.Errorf("cannot find one kernel in %s: %v %v", kernel, vmlinuz, err)
	}
	dir, err := os.MkdirTemp("", "sexton-usbguest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := modules(kernel, wanted)
	if err != nil {
		return err
	}
	if err := compile(dir, files, run, bench); err != nil {
		return err
	}
	image := filepath.Join(dir, "initramfs.gz")
	if err := pack(image, files); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	return boot(ctx, dir, vmlinuz[0], image)
}

// compile adds init, the test programs and their plan.
func compile(dir string, files map[string][]byte, run string, bench bool) error {
	build := func(cgo bool, name string, args ...string) error {
		out := filepath.Join(dir, filepath.Base(name))
		c := exec.Command("go", append(args, "-trimpath", "-o", out, name)...)
		c.Stderr = os.Stderr
		if !cgo {
			c.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		if err := c.Run(); err != nil {
			return fmt.Errorf("cannot build %s: %w", name, err)
		}
		b, err := os.ReadFile(out)
		files["bin/"+filepath.Base(name)] = b
		if cgo {
			err = errors.Join(err, libraries(out, files))
		}
		return errors.Join(err, os.Remove(out))
	}
	if err := build(false, "./bench/usbguest/init", "build"); err != nil {
		return err
	}
	files["init"] = files["bin/init"]
	delete(files, "bin/init")
	var plan strings.Builder
	for _, p := range programs {
		if p.command {
			if err := build(p.cgo, p.name, "build"); err != nil {
				return err
			}
			fmt.Fprintf(&plan, "/bin/%s\n", filepath.Base(p.name))
			continue
		}
		if err := build(p.cgo, p.name, "test", "-c"); err != nil {
			return err
		}
		fmt.Fprintf(&plan, "/bin/%s -test.v", filepath.Base(p.name))
		if run != "" {
			fmt.Fprintf(&plan, " -test.run=%s", run)
		}
		if bench {
			plan.WriteString(" -test.bench=. -test.benchtime=7x")
		}
		plan.WriteString("\n")
	}
	files["plan"] = []byte(plan.String())
	return nil
}

// libraries adds the shared libraries a program needs, where the program looks for
// them.
func libraries(program string, files map[string][]byte) error {
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		return fmt.Errorf("cannot see what %s needs: %w", program, err)
	}
	for _, word := range strings.Fields(string(out)) {
		if !strings.HasPrefix(word, "/") {
			continue
		}
		b, err := os.ReadFile(word)
		if err != nil {
			return err
		}
		files[strings.TrimPrefix(word, "/")] = b
	}
	return nil
}

// Media of QEMU's own devices.
const mediumSize = 64 << 20

// boot runs the guest and demands its last line.
func boot(ctx context.Context, dir, kernel, image string) error {
	args := []string{"-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024", "-nographic", "-no-reboot", "-nodefaults",
		"-serial", "stdio", "-monitor", "none", "-kernel", kernel, "-initrd", image,
		"-append", "console=ttyS0 quiet panic=-1 loglevel=3 mitigations=off random.trust_cpu=on",
		"-device", "qemu-xhci,id=xhci", "-device", "usb-ehci,id=ehci"}
	for _, m := range []struct{ id, device string }{
		{"d1", "usb-storage,bus=xhci.0,drive=d1,serial=XHCI0001"},
		{"d2", "usb-storage,bus=ehci.0,drive=d2,serial=EHCI0001"},
	} {
		path := filepath.Join(dir, m.id+".img")
		if err := os.WriteFile(path, make([]byte, mediumSize), 0o600); err != nil {
			return err
		}
		args = append(args, "-drive", "if=none,id="+m.id+",file="+path+",format=raw,cache=writeback", "-device", m.device)
	}
	path := filepath.Join(dir, "uas.img")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		return err
	}
	args = append(args, "-drive", "if=none,id=d3,file="+path+",format=raw", "-device", "usb-uas,id=uas,bus=xhci.0", "-device", "scsi-hd,bus=uas.0,drive=d3")
	q := exec.CommandContext(ctx, "qemu-system-x86_64", args...)
	q.Stderr = os.Stderr
	out, err := q.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := q.Start(); err != nil {
		return err
	}
	passed := follow(out)
	err = q.Wait()
	fmt.Printf("usbguest: %.0f s\n", time.Since(began).Seconds())
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the guest did not end in time")
	case !passed:
		return fmt.Errorf("the guest did not print %q (qemu: %v)", guest.PassLine, err)
	}
	return nil
}

// follow prints what the guest prints and looks for its last line.
func follow(out io.Reader) bool {
	passed := false
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		fmt.Println(line)
		passed = passed || line == guest.PassLine
	}
	return passed
}
