package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// limit sets the resource limits. Go reserves far more address space than it uses, so
// RLIMIT_AS counts from there, and RLIMIT_DATA is the one that bounds memory.
func limit(o Options) error {
	reserved, err := addressSpace()
	if err != nil {
		return fmt.Errorf("cannot learn the size of the process: %w", err)
	}
	seconds := o.CPU
	if seconds == 0 {
		seconds = cpu
	}
	for _, l := range []struct {
		what  int
		value uint64
	}{
		{unix.RLIMIT_AS, reserved + memory}, {unix.RLIMIT_DATA, memory}, {unix.RLIMIT_CPU, seconds}, {unix.RLIMIT_NOFILE, files},
		{unix.RLIMIT_NPROC, threads}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_MEMLOCK, 0}, {unix.RLIMIT_MSGQUEUE, 0},
	} {
		want := unix.Rlimit{Cur: l.value, Max: l.value}
		if err := unix.Setrlimit(l.what, &want); err != nil {
			return fmt.Errorf("cannot limit resource %d: %w", l.what, err)
		}
		var got unix.Rlimit
		if err := unix.Getrlimit(l.what, &got); err != nil || got != want {
			return fmt.Errorf("resource %d has limit %d: %w", l.what, got.Max, errStill)
		}
	}
	return nil
}

// namespaces looks at what the process was started in: the first of its PID
// namespace, with a network that has nothing but a loopback that is down.
func namespaces() error {
	if os.Getpid() != 1 {
		return fmt.Errorf("it is process %d of its namespace", os.Getpid())
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("cannot list the network: %w", err)
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp != 0 {
			return fmt.Errorf("network interface %q is up", i.Name)
		}
	}
	return nil
}

// emptyRoot makes an empty read-only file system the root and the only one that can
// be named. The old root lies beneath it, out of reach: pivot_root would take it
// away, but not where it is an initramfs.
func emptyRoot() error {
	const none, at = "none", "/proc" // exists everywhere this program can be started
	if err := unix.Mount(none, "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot part from the mounts outside: %w", err)
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC)
	if err := unix.Mount(none, at, "tmpfs", flags, "size=4k,nr_inodes=2,mode=555"); err != nil {
		return fmt.Errorf("cannot mount an empty root: %w", err)
	}
	if err := unix.Chdir(at); err != nil {
		return err
	}
	if err := unix.Mount(none, ".", "", flags|unix.MS_REMOUNT|unix.MS_RDONLY, "size=4k,nr_inodes=2,mode=555"); err != nil {
		return fmt.Errorf("cannot make the root read-only: %w", err)
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("cannot move the root: %w", err)
	}
	if err := errors.Join(unix.Chroot("."), unix.Chdir("/")); err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil || len(entries) != 0 {
		return fmt.Errorf("the root holds %d entries: %w", len(entries), errors.Join(err, errStill))
	}
	return nil
}

// becomeNobody gives up groups, user and every capability, in all threads.
func becomeNobody(id int) error {
	for c := uintptr(0); ; c++ {
		_, _, e := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
		if e == unix.EINVAL {
			break // beyond the last
		}
		if e != 0 {
			return fmt.Errorf("cannot give up capability %d: %w", c, e)
		}
	}
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(id, id, id); err != nil {
		return err
	}
	if err := syscall.Setresuid(id, id, id); err != nil {
		return err
	}
	// A change of user has undone the wish to end with the parent.
	for _, p := range [][2]uintptr{{unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL)}, {unix.PR_SET_DUMPABLE, 0}, {unix.PR_SET_NO_NEW_PRIVS, 1}} {
		if _, _, e := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, p[0], p[1], 0, 0, 0, 0); e != 0 {
			return fmt.Errorf("cannot set property %d of the process: %w", p[0], e)
		}
	}
	return nobody(id)
}

// nobody checks that nothing is left.
func nobody(id int) error {
	r, e, s := unix.Getresuid()
	gr, ge, gs := unix.Getresgid()
	groups, err := unix.Getgroups()
	if err != nil || r != id || e != id || s != id || gr != id || ge != id || gs != id || len(groups) != 0 {
		return fmt.Errorf("users %d %d %d, groups %d %d %d %v: %w", r, e, s, gr, ge, gs, groups, errors.Join(err, errStill))
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var caps [2]unix.CapUserData
	if err := unix.Capget(&head, &caps[0]); err != nil || caps != [2]unix.CapUserData{} {
		return fmt.Errorf("capabilities %+v: %w", caps, errors.Join(err, errStill))
	}
	if has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN, 0, 0, 0); err != nil || has != 0 {
		return fmt.Errorf("the bounding set: %w", errors.Join(err, errStill))
	}
	if has, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || has != 1 {
		return fmt.Errorf("new privileges: %w", errors.Join(err, errStill))
	}
	return nil
}

// noPath forbids every path: strictly what a kernel of 2022 knows (the second version
// of landlock), and whatever this one can forbid beyond it.
func noPath() error {
	if err := landlock.V2.RestrictPaths(); err != nil {
		return err
	}
	if err := landlock.V9.BestEffort().Restrict(); err != nil {
		return err
	}
	f, err := os.Open("/")
	if err == nil {
		f.Close()
		return fmt.Errorf("opening a path: %w", errStill)
	}
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("opening a path: %w", err)
	}
	return nil
}
