package worker

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"sexton/usbctl/ident"
	"sexton/usbctl/wire"
)

// Hand is a worker as the broker holds it: the connection it asks over.
type Hand interface {
	wire.Stream
	// Give lets the descriptor travel with the next bytes that are written.
	Give(Endpoint) error
	// Wait waits until the worker has ended and says how: nil when it ended by
	// itself and in order. It is called once.
	Wait() error
	// Kill ends the worker at once, whatever it is doing.
	Kill()
}

// Starter starts the two workers of one job, connected to each other.
type Starter interface {
	Start(ctx context.Context) (blk, fs Hand, err error)
}

// Task is one job on one claimed device, and who is told of it.
type Task struct {
	Device  Device
	Claim   Claim
	Job     Job
	Journal ident.Journal // nil = none; a job that needs one fails
	// Violation is told of each breach of the transport as it happens; may be nil.
	Violation func(Violation)
	// Lenient allows workers whose sandbox lacks something, or is none. For benches
	// and tests.
	Lenient bool
}

// Outcome is what became of a task.
type Outcome struct {
	Result *Result // nil = fs told none
	Report *Report // nil = blk told none
	Sealed []Sealed
	Blk    error // how it ended; nil = in order
	Fs     error
	Err    error // why the task was ended before its end: a deadline, a breach, a sandbox that is open
}

// Sound says that both workers ended in order and told what they had to.
func (o Outcome) Sound() bool {
	return o.Err == nil && o.Blk == nil && o.Fs == nil && o.Result != nil && o.Report != nil
}

// ErrOpen: a worker says that its sandbox lacks something. It is handed nothing.
var ErrOpen = errors.New("the worker's sandbox is not closed")

// ErrStart: the workers could not be started. The device has no part in it.
var ErrStart = errors.New("cannot start workers")

// watch is the broker's side of one task.
type watch struct {
	task Task
	mu   sync.Mutex // guards out
	out  Outcome
}

// Supervise runs a task in two workers and ends them both, at the latest when the
// context does. It returns after both have gone.
func Supervise(ctx context.Context, starter Starter, task Task) Outcome {
	if err := task.Job.Check(); err != nil {
		return Outcome{Err: err}
	}
	task.Device.Mode = task.Job.Mode()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blk, fs, err := starter.Start(ctx)
	if err != nil {
		return Outcome{Err: fmt.Errorf("%w: %w", ErrStart, err)}
	}
	w := &watch{task: task}
	stop := context.AfterFunc(ctx, func() { blk.Kill(); fs.Kill() })
	defer stop()
	var lines, ends sync.WaitGroup
	for _, hand := range []struct {
		Hand
		handle func(context.Context, Hand, wire.Op, []byte) ([]byte, error)
		end    *error
	}{{blk, w.blk, &w.out.Blk}, {fs, w.fs, &w.out.Fs}} {
		lines.Go(func() {
			err := wire.Serve(ctx, hand, func(ctx context.Context, op wire.Op, p []byte) ([]byte, error) {
				b, err := hand.handle(ctx, hand.Hand, op, p)
				if errors.Is(err, ErrOpen) {
					cancel(err)
				}
				return b, pack(err)
			})
			if err != nil && ctx.Err() == nil {
				cancel(err) // what a worker says is not to be trusted any more, nor what the other does
			}
		})
		ends.Go(func() { *hand.end = hand.Wait() })
	}
	ends.Wait()
	lines.Wait()
	w.out.Err = context.Cause(ctx)
	return w.out
}

// sealed looks at what a worker gave up, and only then lets it have its task.
func (w *watch) sealed(role Role, p []byte) error {
	var s Sealed
	if err := wire.Strict(p, &s); err != nil {
		return &wire.Breach{Detail: err.Error()}
	}
	w.mu.Lock()
	w.out.Sealed = append(w.out.Sealed, s)
	w.mu.Unlock()
	if s.Role != role {
		return &wire.Breach{Detail: fmt.Sprintf("%s says that it is %q", role, s.Role)}
	}
	if (len(s.Missing) > 0 || len(s.Steps) == 0) && !w.task.Lenient {
		return fmt.Errorf("%w: it has %v and lacks %v", ErrOpen, s.Steps, s.Missing)
	}
	return nil
}

func (w *watch) blk(ctx context.Context, hand Hand, op wire.Op, p []byte) ([]byte, error) {
	switch op {
	case opSealed:
		if err := w.sealed(RoleBlk, p); err != nil {
			return nil, err
		}
		if err := hand.Give(w.task.Claim.Endpoint()); err != nil {
			return nil, fmt.Errorf("cannot hand the device over: %w", err)
		}
		return json.Marshal(w.task.Device)
	case opViolation:
		var b Violation
		if err := wire.Strict(p, &b); err != nil {
			return nil, &wire.Breach{Detail: err.Error()}
		}
		if w.task.Violation != nil {
			w.task.Violation(b)
		}
		return nil, nil
	case opEnded:
		var r Report
		if err := wire.Strict(p, &r); err != nil {
			return nil, &wire.Breach{Detail: err.Error()}
		}
		w.mu.Lock()
		w.out.Report = &r
		w.mu.Unlock()
		return nil, nil
	}
	if len(p) != 0 {
		return nil, &wire.Breach{Detail: fmt.Sprintf("blk asks %d with %d bytes", op, len(p))}
	}
	switch op {
	case opReset:
		return nil, w.task.Claim.Reset(ctx)
	case opMaxLUN:
		n, err := w.task.Claim.MaxLUN(ctx)
		return []byte{byte(n)}, err
	case opResetPort:
		return nil, w.task.Claim.PortReset(ctx)
	}
	return nil, &wire.Breach{Detail: fmt.Sprintf("blk asks %d", op)}
}

func (w *watch) fs(ctx context.Context, _ Hand, op wire.Op, p []byte) ([]byte, error) {
	switch op {
	case opSealed:
		if err := w.sealed(RoleFs, p); err != nil {
			return nil, err
		}
		return json.Marshal(w.task.Job)
	case opBegin, opCommit:
		if len(p) != 8 {
			return nil, &wire.Breach{Detail: fmt.Sprintf("an epoch of %d bytes", len(p))}
		}
		if w.task.Journal == nil {
			return nil, errors.New("there is no journal")
		}
		if op == opBegin {
			return nil, w.task.Journal.Begin(ctx, binary.BigEndian.Uint64(p))
		}
		return nil, w.task.Journal.Commit(ctx, binary.BigEndian.Uint64(p))
	case opResult:
		var r Result
		if err := wire.Strict(p, &r); err != nil {
			return nil, &wire.Breach{Detail: err.Error()}
		}
		w.mu.Lock()
		w.out.Result = &r
		w.mu.Unlock()
		return nil, nil
	}
	return nil, &wire.Breach{Detail: fmt.Sprintf("fs asks %d", op)}
}
