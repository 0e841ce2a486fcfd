package procedure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Errors of a run.
var (
	// ErrBusy: another step of the run is being carried out.
	ErrBusy = errors.New("cannot begin step: another step of the run is under way")
	// ErrBroken: the journal failed, so what it holds is not known here. Reload the run, or end the process.
	ErrBroken = errors.New("cannot go on with the run: its last save failed")
	// ErrOpen: an Actuate has an intent and no outcome. Only Recover may go on.
	ErrOpen = errors.New("cannot begin step: an actuation of the run has no outcome yet")
	// ErrFinished: the run is over.
	ErrFinished = errors.New("cannot begin step: the run is finished")
	// ErrInterrupted is what Settle is told when nobody saw how the act ended.
	ErrInterrupted = errors.New("the act was interrupted")
)

// Engine begins and reloads the runs of one procedure. S is the state of a run: exported fields, JSON round trip without loss.
type Engine[S, E, R any] struct {
	journal   Journal[E, R]
	procedure string
	now       func() time.Time
	clean     func(error) bool
}

// NewEngine makes the engine of one procedure. clean tells of an error of Save whether the journal guarantees that nothing was
// stored (an entry was refused); nil means never.
func NewEngine[S, E, R any](j Journal[E, R], procedure string, now func() time.Time, clean func(error) bool) *Engine[S, E, R] {
	if clean == nil {
		clean = func(error) bool { return false }
	}
	return &Engine[S, E, R]{journal: j, procedure: procedure, now: now, clean: clean}
}

// Run is one execution of a procedure. Its methods may be called from several goroutines; one step is carried out at a time.
type Run[S, E, R any] struct {
	engine *Engine[S, E, R]

	step sync.Mutex // held while a step is carried out

	mu     sync.Mutex // guards what follows
	last   Record
	broken error
}

// Begin starts a run at step, waiting, with entries in the same transaction.
func (e *Engine[S, E, R]) Begin(ctx context.Context, id, step string, state S, entries ...E) (*Run[S, E, R], []R, error) {
	if id == "" || step == "" {
		return nil, nil, errors.New("cannot begin run: it has no id or no step")
	}
	r := &Run[S, E, R]{engine: e, last: Record{Run: id, Procedure: e.procedure}}
	receipts, err := r.save(ctx, Record{Step: step, Kind: Converge, Status: Waiting}, state, entries)
	if err != nil {
		return nil, nil, err
	}
	return r, receipts, nil
}

// Load gives the runs of this procedure that are not finished, as the journal has them.
func (e *Engine[S, E, R]) Load(ctx context.Context) ([]*Run[S, E, R], error) {
	records, err := e.journal.Runs(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot load runs of %q: %w", e.procedure, err)
	}
	var runs []*Run[S, E, R]
	for _, rec := range records {
		if rec.Procedure != e.procedure {
			continue
		}
		if _, err := decode[S](rec); err != nil {
			return nil, err
		}
		runs = append(runs, &Run[S, E, R]{engine: e, last: rec})
	}
	return runs, nil
}

// ID is the run's id.
func (r *Run[S, E, R]) ID() string { return r.Record().Run }

// Record is the last record saved. Its Data must not be changed.
func (r *Run[S, E, R]) Record() Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// State is a copy of the state saved last.
func (r *Run[S, E, R]) State() S {
	s, err := decode[S](r.Record())
	if err != nil {
		panic("internal error: a state that was saved does not decode: " + err.Error()) // encode checked it
	}
	return s
}

// Reload reads the run again after ErrBroken. A run the journal does not have any more is ErrFinished.
func (r *Run[S, E, R]) Reload(ctx context.Context) error {
	r.step.Lock()
	defer r.step.Unlock()
	records, err := r.engine.journal.Runs(ctx)
	if err != nil {
		return fmt.Errorf("cannot reload run: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range records {
		if rec.Run == r.last.Run {
			r.last, r.broken = rec, nil
			return nil
		}
	}
	return ErrFinished
}

// Commit is what a Converge step leaves behind.
type Commit[E any] struct {
	Entries  []E
	Waiting  bool // the step waits for somebody; it will be carried out again
	Finished bool // the run is over
}

// Converge carries out an idempotent step: f changes the state it is given and says what to commit with it. An error of f is returned
// as it is and nothing is saved. f must not act on the world in a way that may not be repeated.
func (r *Run[S, E, R]) Converge(ctx context.Context, step string, f func(context.Context, *S) (Commit[E], error)) ([]R, error) {
	state, err := r.enter()
	if err != nil {
		return nil, err
	}
	defer r.step.Unlock()
	c, err := f(ctx, &state)
	if err != nil {
		return nil, err
	}
	rec := Record{Step: step, Kind: Converge, Status: Done, Finished: c.Finished}
	if c.Waiting {
		rec.Status = Waiting
	}
	// Crash here: nothing of the step is durable; it is carried out again.
	return r.save(ctx, rec, state, c.Entries)
	// Crash here: state and entries are durable; the caller was not told and finds them.
}

// Observe carries out a step that only reads. Nothing is saved.
func (r *Run[S, E, R]) Observe(ctx context.Context, f func(context.Context, S) error) error {
	state, err := r.enter()
	if err != nil {
		return err
	}
	defer r.step.Unlock()
	return f(ctx, state)
}

// enter takes the step lock and gives the state, or says why no step may begin.
func (r *Run[S, E, R]) enter() (S, error) {
	var zero S
	if !r.step.TryLock() {
		return zero, ErrBusy
	}
	r.mu.Lock()
	last, broken := r.last, r.broken
	r.mu.Unlock()
	err := broken
	switch {
	case broken != nil:
	case last.Finished:
		err = ErrFinished
	case last.Status == Intent:
		err = ErrOpen
	default:
		var state S
		if state, err = decode[S](last); err == nil {
			return state, nil
		}
	}
	r.step.Unlock()
	return zero, err
}

// save stores rec as the next record of the run.
func (r *Run[S, E, R]) save(ctx context.Context, rec Record, state S, entries []E) ([]R, error) {
	data, err := encode(state)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.Run, rec.Procedure = r.last.Run, r.last.Procedure
	rec.Attempt = r.last.Attempt + 1
	rec.At = r.engine.now().UTC().Truncate(time.Millisecond)
	rec.Data = data
	receipts, err := r.engine.journal.Save(ctx, rec, entries...)
	if err != nil {
		if !r.engine.clean(err) {
			r.broken = fmt.Errorf("%w: %w", ErrBroken, err)
			return nil, r.broken
		}
		return nil, err
	}
	r.last = rec
	return receipts, nil
}

// encode writes the state and checks that it reads back.
func encode[S any](state S) ([]byte, error) {
	data, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("internal error: state does not encode: %w", err)
	}
	if len(data) > MaxData {
		return nil, fmt.Errorf("cannot save step: the state has %d bytes, at most %d are allowed", len(data), MaxData)
	}
	if _, err := decode[S](Record{Data: data}); err != nil {
		return nil, err
	}
	return data, nil
}

// decode reads a state strictly: a field this program does not know was written by another version and must not be dropped.
func decode[S any](rec Record) (S, error) {
	var s S
	d := json.NewDecoder(bytes.NewReader(rec.Data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("cannot read state of run %s: %w", rec.Run, err)
	}
	if d.More() {
		return s, fmt.Errorf("cannot read state of run %s: trailing data", rec.Run)
	}
	return s, nil
}
