package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"sexton/usbctl/worker/sandbox"
)

// try is one thing a sealed process tries. It may only fail.
type try struct {
	name string
	want tried
	do   func() error
}

// free are the tries that succeed without a sandbox, wherever this runs as root: they
// show that it is the sandbox that says no.
var free = []string{"read a file", "list the root", "open a device", "look at a file", "TCP", "local socket", "netlink", "become root", "code in memory", "memory into code",
	"wider limits", "many descriptors", "640 MiB of memory", "a process by fork"}

func raw(number uintptr, args ...uintptr) func() error {
	return func() error {
		var a [6]uintptr
		copy(a[:], args)
		if _, _, e := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); e != 0 {
			return e
		}
		return nil
	}
}

func text(s string) uintptr {
	p, _ := unix.BytePtrFromString(s)
	return uintptr(unsafe.Pointer(p))
}

// Requests of usbfs that blk has no business with (include/uapi/linux/usbdevice_fs.h).
var requests = []struct {
	name   string
	number uintptr
}{
	{"control transfer", 0xc0185500}, {"set configuration", 0x80045505}, {"claim another interface", 0x8004550f}, {"reset the port", 0x5514},
	{"set interface", 0x80085504}, {"detach a driver", 0xc0105512}, {"disconnect and claim", 0x8108551b}, {"release the interface", 0x80045510},
}

func tries() []try {
	out := []try{
		{"read a file", refused, func() error { _, err := os.ReadFile(secretFile); return err }},
		{"list the root", refused, func() error { _, err := os.ReadDir("/"); return err }},
		{"write a file", refused, func() error { return os.WriteFile("/x", nil, 0o600) }},
		{"open a device", refused, func() error { f, err := os.Open("/dev/null"); f.Close(); return err }},
		{"open by a descriptor's name", refused, func() error { f, err := os.Open("/proc/self/fd/0"); f.Close(); return err }},
		{"make a directory", refused, func() error { return os.Mkdir("/d", 0o700) }},
		{"look at a file", refused, func() error { _, err := os.Stat(secretFile); return err }},
		{"TCP", refused, socket(unix.AF_INET, unix.SOCK_STREAM)},
		{"UDP", refused, socket(unix.AF_INET6, unix.SOCK_DGRAM)},
		{"local socket", refused, socket(unix.AF_UNIX, unix.SOCK_STREAM)},
		{"netlink", refused, socket(unix.AF_NETLINK, unix.SOCK_RAW)},
		{"raw packets", refused, socket(unix.AF_PACKET, unix.SOCK_RAW)},
		{"a process", refused, raw(unix.SYS_CLONE, uintptr(unix.SIGCHLD))},
		{"a process by fork", killed, func() error {
			pid, _, e := unix.RawSyscall(unix.SYS_FORK, 0, 0, 0)
			switch {
			case e != 0:
				return e
			case pid == 0:
				unix.RawSyscall(unix.SYS_EXIT_GROUP, exitHappened, 0, 0)
			}
			return nil
		}},
		{"a process by clone3", refused, raw(unix.SYS_CLONE3, 0, 0)},
		{"exec", killed, func() error {
			argv := []*byte{nil}
			return raw(unix.SYS_EXECVE, text("/proc/self/exe"), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&argv[0])))()
		}},
		{"ptrace", killed, raw(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1)},
		{"read another's memory", killed, raw(unix.SYS_PROCESS_VM_READV, 1)},
		{"signal another", refused, func() error { return unix.Kill(-1, unix.SIGTERM) }},
		{"become root", refused, func() error { return unix.Setresuid(0, 0, 0) }},
		{"mount", killed, func() error { return unix.Mount("none", "/", "tmpfs", 0, "") }},
		{"a user namespace", killed, func() error { return unix.Unshare(unix.CLONE_NEWUSER) }},
		{"enter a namespace", killed, func() error { return unix.Setns(3, 0) }},
		{"BPF", killed, raw(unix.SYS_BPF, 0)},
		{"io_uring", killed, raw(unix.SYS_IO_URING_SETUP, 1, 0)},
		{"code in memory", refused, func() error {
			_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
			return err
		}},
		{"memory into code", refused, func() error {
			b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err != nil {
				return nil // that is allowed; not to get it would prove nothing
			}
			return unix.Mprotect(b, unix.PROT_READ|unix.PROT_EXEC)
		}},
		{"wider limits", refused, func() error {
			return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1 << 30, Max: 1 << 30})
		}},
		{"many descriptors", refused, func() error {
			for range 64 {
				if _, err := unix.FcntlInt(3, unix.F_DUPFD_CLOEXEC, 0); err != nil {
					return err
				}
			}
			return nil
		}},
		{"640 MiB of memory", refused, func() error {
			_, err := unix.Mmap(-1, 0, 640<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			return err
		}},
		{"a terminal's input", refused, raw(unix.SYS_IOCTL, 3, unix.TIOCSTI, text("x"))},
	}
	for _, r := range requests {
		out = append(out, try{r.name, refused, raw(unix.SYS_IOCTL, 3, r.number, 0)})
	}
	return append(out, try{"endless computing", killed, func() error {
		for n := 0; ; n++ {
			runtime.KeepAlive(n)
		}
	}})
}

func socket(family, kind int) func() error {
	return func() error {
		_, err := unix.Socket(family, kind, 0)
		return err
	}
}

// attempt seals this process and tries. A refusal must be one of permission, or of a
// limit: any other error would not show that the sandbox said no.
func attempt(name string, o sandbox.Options) error {
	i := slices.IndexFunc(tries(), func(t try) bool { return t.name == name })
	if i < 0 {
		return fmt.Errorf("cannot try %q", name)
	}
	if name == "endless computing" {
		o.CPU = 1
	}
	debug.SetTraceback("none")
	if o.ID != unsealed {
		if _, _, err := sandbox.Seal(o); err != nil {
			return err
		}
	}
	err := tries()[i].do()
	fmt.Println(err)
	switch {
	case err == nil:
		os.Exit(exitHappened)
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.EMFILE) && strings.HasPrefix(name, "many"), errors.Is(err, unix.ENOMEM) && strings.HasSuffix(name, "of memory"):
		os.Exit(exitRefused)
	}
	return fmt.Errorf("it failed for another reason: %w", err)
}
