package procedure

import (
	"context"
	"errors"
	"time"
)

// StepKind says what the machine may do with a step after a crash.
type StepKind int

// The kinds of step.
const (
	KindUnknown StepKind = iota
	Observe              // reads only; may be repeated
	Converge             // idempotent write; may be repeated
	Actuate              // physical or irreversible; NEVER repeated by the machine
)

// String names k for the journal and logs.
func (k StepKind) String() string {
	switch k {
	case Observe:
		return "observe"
	case Converge:
		return "converge"
	case Actuate:
		return "actuate"
	}
	return "unknown"
}

// Status is where a run stands at its current step.
type Status int

// The statuses of a step.
const (
	StatusUnknown Status = iota
	Pending              // the step may be begun, nothing of it happened
	Intent               // Actuate only: the act was about to be begun; it may have happened
	Done                 // the step is over and its outcome is in the same transaction
	Waiting              // waiting for a person or the machine; not an error
	Indeterminate        // Actuate only: nobody knows whether it happened; a person must say
	Failed               // the step is over and had no effect
)

// String names s for the journal and logs.
func (s Status) String() string {
	switch s {
	case Pending:
		return "pending"
	case Intent:
		return "intent"
	case Done:
		return "done"
	case Waiting:
		return "waiting"
	case Indeterminate:
		return "indeterminate"
	case Failed:
		return "failed"
	}
	return "unknown"
}

// MaxData is the largest Record.Data, in bytes: a run's state of 10,000 items fits; what does not is kept elsewhere by hash.
const MaxData = 4 << 20

// Record is one durable step of one run. A journal keeps, for each run, at least the record saved last.
type Record struct {
	Run       string    // UUID of the run
	Procedure string    // which procedure, such as "destroy"
	Step      string    // which step of it, such as "feed"
	Attempt   int64     // counts the records of this run from 1, without gaps; never reused
	Kind      StepKind  // of Step
	Status    Status    // of Step
	At        time.Time // UTC, milliseconds; for people, never for decisions
	Data      []byte    // the run's whole state as canonical JSON, at most MaxData bytes
	Finished  bool      // the run is over; Runs no longer returns it
}

// ErrAttempt says that a record of this run with the same or a later attempt is already in the journal with other content:
// two writers drive the same run, or a writer goes on with a state it did not save.
var ErrAttempt = errors.New("cannot save step: the run has another record with this attempt")

// Journal is where runs survive a crash. E is what is committed beside a record (a ledger entry), R what the store says of it.
//
// Save stores rec and entries in ONE transaction: all of it is durable when Save returns nil, nothing of it otherwise,
// save that an error of the storage itself (not of the entries) leaves the question open and the process must end.
// rec.Attempt must be exactly one more than that of the last record of the run (1 for the first), else ErrAttempt;
// a byte-identical repetition of the last record with the same entries is accepted and changes nothing.
//
// Runs gives the last record of each run whose last record is not Finished, in the order in which the runs began.
type Journal[E, R any] interface {
	Save(ctx context.Context, rec Record, entries ...E) ([]R, error)
	Runs(ctx context.Context) ([]Record, error)
}
