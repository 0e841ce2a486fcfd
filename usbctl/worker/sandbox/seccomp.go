package sandbox

import (
	"errors"
	"fmt"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// threadFlags are how Go's runtime starts a thread (runtime/os_linux.go, cloneFlags; on
// some machines it adds CLONE_SETTLS), and nothing else may be started.
const threadFlags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD

// calls are what a Go program needs to compute, wait, and use descriptors it has.
// Those another machine does not have are left out there.
var calls = []string{
	"read", "write", "readv", "writev", "recvmsg", "sendmsg", "recvfrom", "sendto", "shutdown", "close", "fstat", "lseek",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2", "poll", "ppoll",
	"futex", "nanosleep", "clock_nanosleep", "clock_gettime", "gettimeofday", "sched_yield", "sched_getaffinity",
	"munmap", "madvise", "mincore", "brk", "mremap", "getrandom",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "rseq", "set_robust_list", "set_tid_address",
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrlimit", "getsockopt", "getsockname", "getpeername",
	"exit", "exit_group",
}

// deadly have no use in an honest worker.
var deadly = []string{
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "bpf", "perf_event_open", "userfaultfd",
	"mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_by_handle_at", "io_uring_setup",
	"keyctl", "add_key", "request_key", "init_module", "finit_module", "kexec_load", "reboot", "fork", "vfork",
}

func known(names []string) ([]string, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("cannot learn the machine: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := info.SyscallNames[n]; return !ok }), nil
}

// policy is the filter for the requests that pass.
func policy(pid int, ioctls []uint32) (seccomp.Policy, error) {
	allowed, err := known(calls)
	if err != nil {
		return seccomp.Policy{}, err
	}
	fatal, err := known(deadly)
	if err != nil {
		return seccomp.Policy{}, err
	}
	is := func(argument uint32, value uint64) seccomp.Condition {
		return seccomp.Condition{Argument: argument, Operation: seccomp.Equal, Value: value}
	}
	with := []seccomp.NameWithConditions{
		{Name: "clone", Conditions: seccomp.ArgumentConditions{is(0, threadFlags)}},
		{Name: "clone", Conditions: seccomp.ArgumentConditions{is(0, threadFlags|unix.CLONE_SETTLS)}},
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{is(0, uint64(pid))}},
		{Name: "prctl", Conditions: seccomp.ArgumentConditions{is(0, unix.PR_SET_VMA)}}, // Go names its memory
		{Name: "prctl", Conditions: seccomp.ArgumentConditions{is(0, unix.PR_GET_SECCOMP)}},
	}
	for _, command := range []uint64{unix.F_GETFL, unix.F_SETFL, unix.F_GETFD, unix.F_SETFD, unix.F_DUPFD_CLOEXEC} {
		with = append(with, seccomp.NameWithConditions{Name: "fcntl", Conditions: seccomp.ArgumentConditions{is(1, command)}})
	}
	for _, name := range []string{"mmap", "mprotect"} { // no memory becomes code
		with = append(with, seccomp.NameWithConditions{Name: name, Conditions: seccomp.ArgumentConditions{{Argument: 2, Operation: seccomp.BitsNotSet, Value: unix.PROT_EXEC}}})
	}
	for _, request := range ioctls {
		with = append(with, seccomp.NameWithConditions{Name: "ioctl", Conditions: seccomp.ArgumentConditions{is(1, uint64(request))}})
	}
	return seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{
		{Names: fatal, Action: seccomp.ActionKillProcess},
		{Names: allowed, NamesWithCondtions: with, Action: seccomp.ActionAllow},
	}}, nil
}

// fewCalls leaves the process a list of system calls, in all threads.
func fewCalls(ioctls []uint32) error {
	p, err := policy(unix.Getpid(), ioctls)
	if err != nil {
		return err
	}
	if err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: p}); err != nil {
		return err
	}
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	if err != nil || mode != unix.SECCOMP_MODE_FILTER {
		return fmt.Errorf("system calls are in mode %d: %w", mode, errors.Join(err, errStill))
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.Close(fd)
		return fmt.Errorf("making a socket: %w", errStill)
	}
	if !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("making a socket: %w", err)
	}
	return nil
}
