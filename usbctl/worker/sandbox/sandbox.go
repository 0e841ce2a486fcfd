// Package sandbox closes a worker in: after Seal the process can compute, talk over
// the connections it was started with, use one device by a few requests, and end.
//
//	started by Attributes            Seal, in this order                 proven
//	───────────────────────          ──────────────────────────────      ─────────────────
//	empty network, IPC, PID,    ──►  (the namespaces are looked at)      PID 1, no network
//	host name, cgroup and            limits                              getrlimit
//	mount namespaces                 root := empty read-only tmpfs       its listing
//	                                 groups, user := a number nobody     getres[ug]id
//	                                 has; no capability left             capget, bounding set
//	                                 no_new_privs, not dumpable          prctl
//	                                 landlock without any path           open fails
//	                                 seccomp: a list of system calls     socket, exec fail
//
// Every step is checked after it was done; a step this kernel cannot do is an error,
// unless a test allowed it to be missing by name. Two of them would each be enough
// for files (an empty root, landlock) and for the network (an empty namespace,
// seccomp): one may have a hole.
//
// System calls outside the list fail with EPERM; those that have no use in an honest
// worker and a great one in a dishonest one (exec, ptrace, mount, bpf, ...) kill it,
// which its broker sees as an end by SIGSYS.
//
// Limits: 512 MiB of memory that can be written (RLIMIT_DATA) and as much address
// space above what Go reserves at start (RLIMIT_AS), two minutes of CPU unless asked
// otherwise, 32 descriptors, 64 threads, no file, no core.
//
// Failure modes: Error names the step. A process whose Seal failed must end.
//
// What it does not do: it cannot keep an attacker in the process from using the
// device it was given, in every way the requests of the list allow.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Step is one thing that is given up.
type Step string

// Steps in order.
const (
	Namespaces Step = "namespaces" // nothing has been done yet when this fails
	Limits     Step = "limits"
	Root       Step = "root"
	User       Step = "user"
	Landlock   Step = "landlock"
	Seccomp    Step = "seccomp"
)

// Steps lists them in order.
func Steps() []Step { return []Step{Namespaces, Limits, Root, User, Landlock, Seccomp} }

// Error says which step failed.
type Error struct {
	Step Step
	Err  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("cannot close the sandbox: %s: %v", e.Step, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Options of a sandbox.
type Options struct {
	ID     int      // of the user and group the process becomes; nobody else has it
	CPU    uint64   // seconds; 0 = 120
	Ioctls []uint32 // requests that pass; none otherwise
	// Lacking are steps that may fail. For tests.
	Lacking []Step
}

// Sizes.
const (
	memory  = 512 << 20
	cpu     = 120
	files   = 32
	threads = 64
)

// Attributes are how the process has to be started: in namespaces of its own, and
// ended with its parent.
func Attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWCGROUP,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
}

// Seal closes the process in and gives the steps that hold and those that do not,
// which are among o.Lacking. It is called once, before anything hostile is read.
func Seal(o Options) (done, missing []Step, err error) {
	if o.ID < 1000 {
		return nil, nil, &Error{User, fmt.Errorf("number %d may belong to somebody", o.ID)}
	}
	debug.SetMemoryLimit(memory / 2)
	for _, s := range []struct {
		step Step
		do   func() error
	}{
		{Namespaces, namespaces},
		{Limits, func() error { return limit(o) }},
		{Root, emptyRoot},
		{User, func() error { return becomeNobody(o.ID) }},
		{Landlock, noPath},
		{Seccomp, func() error { return fewCalls(o.Ioctls) }},
	} {
		err := s.do()
		switch {
		case err == nil:
			done = append(done, s.step)
		case slices.Contains(o.Lacking, s.step):
			missing = append(missing, s.step)
		default:
			return done, missing, &Error{s.step, err}
		}
	}
	return done, missing, nil
}

// addressSpace is what the process has mapped, bytes.
func addressSpace() (uint64, error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, _, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseUint(pages, 10, 40)
	return n * uint64(os.Getpagesize()), err
}

var errStill = errors.New("it is still possible afterwards")
