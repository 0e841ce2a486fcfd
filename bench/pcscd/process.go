package pcscd

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// script runs inside the namespace: $1 our folder for /run/pcscd, $2 an empty folder,
// $3 the folder of USB drivers, then the daemon's command line. setpriv makes the
// kernel end the daemon when the thread that started it ends; it comes last since
// entering a user namespace would cancel the wish.
const script = `set -e
mount -t tmpfs -o mode=755,size=64k tmpfs /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
if [ -d "$3" ]; then mount --bind "$2" "$3"; fi
shift 3
exec setpriv --pdeathsig KILL "$@"`

// process is one run of the daemon.
type process struct {
	cmd  *exec.Cmd
	tail *tail
	done chan struct{}
	err  error // after done
}

// startProcess starts argv; the goroutine that waits keeps its thread, because the
// parent-death signal is bound to the thread.
func startProcess(argv []string, log io.Writer) (*process, error) {
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), tail: &tail{next: log}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.tail, p.tail
	p.cmd.WaitDelay = time.Second
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := p.cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop asks, and after a grace kills; it returns when the process is gone.
func (p *process) stop(sig syscall.Signal, grace time.Duration) {
	_ = p.cmd.Process.Signal(sig) // it may be gone already
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.done:
	case <-t.C:
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// said is the last output for an error message.
func (p *process) said() string {
	p.tail.mu.Lock()
	defer p.tail.mu.Unlock()
	if s := strings.TrimSpace(string(p.tail.buf)); s != "" {
		return "; its last output:\n" + s
	}
	return ""
}

// tail keeps the last bytes written and passes all on.
type tail struct {
	next io.Writer
	mu   sync.Mutex // guards buf
	buf  []byte
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > tailSize {
		t.buf = append([]byte(nil), t.buf[len(t.buf)-tailSize:]...)
	}
	t.mu.Unlock()
	if t.next != nil {
		return t.next.Write(b)
	}
	return len(b), nil
}

// namespace returns the command that enters a private mount namespace, or nil when
// this machine allows none.
//
// Inside a chroot the propagation of the root cannot be changed, since it is no mount of its own. There the namespace is taken
// as it is, provided that a mount made in it does not show outside.
func namespace() []string {
	forms := [][]string{{"unshare", "--mount", "--propagation", "private"}, {"unshare", "--mount", "--propagation", "unchanged"}}
	if os.Geteuid() != 0 {
		forms = [][]string{{"unshare", "--user", "--map-root-user", "--mount"}}
	}
	for _, f := range forms {
		if hides(f) {
			return f
		}
	}
	return nil
}

// hides tells whether /run can be hidden in the namespace that enter makes, unseen from outside.
func hides(enter []string) bool {
	probe, err := os.MkdirTemp("", "sexton-pcscd-probe-")
	if err != nil {
		return false
	}
	defer os.Remove(probe)
	// Tried before /run is touched: what leaks must not hide the machine's own /run.
	first := append(append([]string(nil), enter...), "sh", "-c", `mount -t tmpfs tmpfs "$1" && : >"$1/inside"`, "sh", probe)
	if exec.Command(first[0], first[1:]...).Run() != nil {
		return false
	}
	if _, err := os.Stat(probe + "/inside"); err == nil {
		_ = exec.Command("umount", probe).Run()
		return false
	}
	run := append(append([]string(nil), enter...), "mount", "-t", "tmpfs", "tmpfs", "/run")
	return exec.Command(run[0], run[1:]...).Run() == nil
}

// find looks for a program in PATH and beside the system's daemons.
func find(name, pkg string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, dir := range []string{"/usr/sbin/", "/sbin/", "/usr/bin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p, nil
		}
	}
	return "", missing(name, pkg)
}

// missing says what to install.
func missing(what, pkg string) error {
	return fmt.Errorf("cannot find %s: install the Debian package %s (apt-get install -y %s)", what, pkg, pkg)
}
