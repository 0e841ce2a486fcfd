package procedure

import (
	"context"
	"errors"
	"fmt"
)

// Act is one physical step. O is what was observed of it.
//
//	Intend -> save Intent -> Do -----------> Settle -> save outcome
//	                          crash; Probe ----^
type Act[S, E, O any] struct {
	Step string
	// Intend checks that the act may begin and puts into the state what a restart needs to know. An error refuses: nothing is saved.
	Intend func(ctx context.Context, s *S) ([]E, error)
	// Do acts. It is called once, after the intent is durable, and never by Recover. It returns what it saw, also together with an error.
	Do func(ctx context.Context, s S) (O, error)
	// Probe looks at the world after a restart or a panic of Do. It must not act beyond making things safe.
	Probe func(ctx context.Context, s S) (O, error)
	// Settle says what is known of the act, from what was observed and the error of Do or Probe, and which entries record it. Its context
	// does not end with the caller's. Status is Done, Failed (it certainly had no effect) or Indeterminate. interrupted is true when
	// the observation comes from Probe: then the machine's part between intent and now was not watched.
	Settle func(ctx context.Context, s *S, o O, err error, interrupted bool) ([]E, Status, error)
}

// Perform carries out a once, on the caller's request. The error of Do, when there is one, is returned after its outcome was saved;
// Status says what was saved. A panic of Do is settled as interrupted, from what Probe finds, and then goes on.
func Perform[S, E, R, O any](ctx context.Context, r *Run[S, E, R], a Act[S, E, O]) (O, Status, []R, error) {
	var none O
	state, err := r.enter()
	if err != nil {
		return none, StatusUnknown, nil, err
	}
	defer r.step.Unlock()
	entries, err := a.Intend(ctx, &state)
	if err != nil {
		return none, StatusUnknown, nil, err
	}
	if _, err := r.save(ctx, Record{Step: a.Step, Kind: Actuate, Status: Intent}, state, entries); err != nil {
		return none, StatusUnknown, nil, err
	}
	// Crash here: intent durable, nothing acted. A restart cannot tell this from the next crash and says indeterminate.
	o, panicked, err := do(ctx, a, state)
	if panicked != nil {
		o, err = probe(context.WithoutCancel(ctx), a, state)
	}
	// Crash here: acted, outcome lost. Recover settles with what Probe finds.
	status, receipts, serr := settle(ctx, r, a, o, err, panicked != nil)
	if panicked != nil {
		panic(panicked)
	}
	if serr != nil {
		return o, StatusUnknown, nil, serr
	}
	// Crash here: outcome durable; the caller was not told and finds it.
	return o, status, receipts, err
}

// do calls a.Do and catches its panic.
func do[S, E, O any](ctx context.Context, a Act[S, E, O], state S) (o O, panicked any, err error) {
	defer func() {
		panicked = recover()
	}()
	o, err = a.Do(ctx, state)
	return o, nil, err
}

// Interrupted tells whether r stands at the intent of an actuation without outcome, and of which step.
func Interrupted[S, E, R any](r *Run[S, E, R]) (step string, yes bool) {
	rec := r.Record()
	return rec.Step, rec.Status == Intent && !rec.Finished
}

// Recover gives the open actuation of r an outcome by the same Settle as the ordinary path, from what Probe finds. It never acts.
// An error of Probe is given to Settle, not returned. A run without open actuation, or with one of another step, is an error.
func Recover[S, E, R, O any](ctx context.Context, r *Run[S, E, R], a Act[S, E, O]) (O, Status, []R, error) {
	var none O
	r.step.Lock()
	defer r.step.Unlock()
	r.mu.Lock()
	last, broken := r.last, r.broken
	r.mu.Unlock()
	if broken != nil {
		return none, StatusUnknown, nil, broken
	}
	if last.Status != Intent || last.Finished || last.Step != a.Step {
		return none, StatusUnknown, nil, fmt.Errorf("cannot recover run %s: it has no open actuation %q", last.Run, a.Step)
	}
	state, err := decode[S](last)
	if err != nil {
		return none, StatusUnknown, nil, err
	}
	o, err := probe(ctx, a, state)
	// Crash here: nothing changed; the next start recovers again.
	status, receipts, serr := settle(ctx, r, a, o, err, true)
	return o, status, receipts, serr
}

// probe looks at the world of an act that nobody watched to its end.
func probe[S, E, O any](ctx context.Context, a Act[S, E, O], state S) (O, error) {
	o, err := a.Probe(ctx, state)
	if err != nil {
		return o, errors.Join(ErrInterrupted, err)
	}
	return o, ErrInterrupted
}

// settle saves the outcome. It is the only way from Intent to another status.
func settle[S, E, R, O any](ctx context.Context, r *Run[S, E, R], a Act[S, E, O], o O, err error, interrupted bool) (Status, []R, error) {
	ctx = context.WithoutCancel(ctx)
	state := r.State()
	entries, status, serr := a.Settle(ctx, &state, o, err, interrupted)
	if serr == nil && status != Done && status != Failed && status != Indeterminate {
		serr = fmt.Errorf("internal error: %q settled as %s", a.Step, status)
	}
	if serr != nil {
		// The intent stays open: nobody may go on before Recover gave it an outcome.
		return StatusUnknown, nil, fmt.Errorf("cannot settle %q: %w", a.Step, serr)
	}
	receipts, serr := r.save(ctx, Record{Step: a.Step, Kind: Actuate, Status: status}, state, entries)
	return status, receipts, serr
}
