// Command workertest proves what a worker cannot do. It starts real worker processes
// in real sandboxes, has each try what a hostile medium would have it try once it had
// taken it over, and says what came of it:
//
//	workertest                 run everything, one line each, 1 when anything succeeded that must not
//	workertest worker ROLE ID  be a worker (started by the above)
//	workertest attempt NAME ID be a sealed process that tries NAME
//
// The devices are models in the parent, reached over the descriptor that is handed to
// blk, so it runs without USB: as a test here, and as it is inside a guest. Build it
// with CGO_ENABLED=0, as the product is; it needs root to start workers.
//
// What it does not do: it is no product code.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"sexton/usbctl/usbfs"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/process"
	"sexton/usbctl/worker/sandbox"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return all(os.Stdout)
	}
	if len(args) != 3 {
		return fmt.Errorf("cannot understand %q", args)
	}
	id, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	o := sandbox.Options{ID: id, Ioctls: usbfs.Ioctls()}
	switch args[0] {
	case "worker":
		return work(worker.Role(args[1]), o)
	case "attempt":
		return attempt(args[1], o)
	}
	return fmt.Errorf("cannot understand %q", args[0])
}

// work is a worker; "evil" is an fs that a medium has taken over.
func work(role worker.Role, o sandbox.Options) error {
	if role == "evil" {
		return evil(o)
	}
	return process.Main(context.Background(), role, o, dial)
}

// tried is how a process ended that tried something in its sandbox.
type tried int

const (
	refused  tried = iota // it was told no
	killed                // it was ended for asking
	happened              // it did it
	broken                // it did not get as far
)

func (t tried) String() string { return [...]string{"refused", "killed", "HAPPENED", "BROKEN"}[t] }

// unsealed is the number of an attempt outside a sandbox.
const unsealed = 0

// Exit statuses of an attempt.
const (
	exitRefused  = 10
	exitHappened = 11
)

// attemptIn has a process of its own try something.
func attemptIn(name string, id int) (tried, string) {
	self, err := os.Executable()
	if err != nil {
		return broken, err.Error()
	}
	cmd := exec.Command(self, "attempt", name, strconv.Itoa(id))
	cmd.Env, cmd.Dir, cmd.SysProcAttr = []string{}, "/", sandbox.Attributes()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return broken, err.Error()
	}
	defer null.Close()
	cmd.ExtraFiles = []*os.File{null}
	out, err := cmd.CombinedOutput()
	text := string(out[:min(len(out), 200)])
	if err == nil {
		return broken, text
	}
	x, ok := err.(*exec.ExitError)
	if !ok {
		return broken, err.Error()
	}
	s := x.Sys().(syscall.WaitStatus)
	switch {
	case s.Signaled() && (s.Signal() == syscall.SIGSYS || s.Signal() == syscall.SIGKILL):
		return killed, s.Signal().String()
	case s.Exited() && s.ExitStatus() == exitRefused:
		return refused, text
	case s.Exited() && s.ExitStatus() == exitHappened:
		return happened, text
	}
	return broken, fmt.Sprintf("%s: %s", err, text)
}

// secretFile is what an attempt tries to read: a file that is there wherever this
// runs, and that anybody may read outside.
const secretFile = "/proc/self/exe"
