package station

import (
	"context"
	"errors"
	"time"

	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
	"sexton/procedure"
	"sexton/shredder"
)

// The names of our procedures in the journal.
const (
	procDestroy = "destroy" // one run per batch; its id is the batch's
	procSign    = "sign"    // one run per disposition or resolution that waits for its second signature
)

// Steps of procDestroy, as they stand in the journal.
const (
	stepOpen      = "open"
	stepCount     = "count"
	stepSeal      = "seal"
	stepApprove   = "approve"
	stepTeam      = "team"
	stepAuthorise = "authorise"
	stepRelease   = "release" // Actuate
	stepFeed      = "feed"    // Actuate
	stepWithdraw  = "withdraw"
	stepReconcile = "reconcile"
	stepComplete  = "complete"
	stepCertify   = "certify"
	stepVoid      = "void"
)

type (
	destroyEngine = procedure.Engine[destruction, ledger.Entry, ledger.Receipt]
	destroyRun    = procedure.Run[destruction, ledger.Entry, ledger.Receipt]
	destroyAct    = procedure.Act[destruction, ledger.Entry, sight]
	entry         = ledger.Entry
	commit        = procedure.Commit[ledger.Entry]
)

// destruction is the state of one procDestroy run. What is in the ledger is not repeated here, save what a restart needs
// before it can read the register.
type destruction struct {
	Batch    string            `json:"batch"`
	Number   string            `json:"number"`
	Members  []string          `json:"members"`  // carriers to be counted, in the order of the list
	LeftOut  []string          `json:"left_out"` // numbers that stayed outside because they must be returned or are handed out
	Counts   []count           `json:"counts"`   // at most two
	Team     *team             `json:"team"`     //
	Draft    *draft            `json:"draft"`    // what waits for its second signature
	Grant    *grant            `json:"grant"`    // the permission that lives or may live
	Feeding  *feeding          `json:"feeding"`  // the carrier between intent and outcome
	Last     shredder.Snapshot `json:"last"`     // end of the newest window
	Windows  map[string]window `json:"windows"`  // of outcomes that are open cases, by carrier id
	Totals   totals            `json:"totals"`   //
	Cause    string            `json:"cause"`    // of the last withdrawal
	Released bool              `json:"released"` // a batch.released leaf was written
}

// count is one round.
type count struct {
	Person     string            `json:"person"`
	Credential string            `json:"credential"` // 9A
	Found      []string          `json:"found"`      // carrier ids, sorted
	Explain    map[string]string `json:"explain"`    // carrier id -> reason
}

// team is who destroys and who attests.
type team struct {
	Destroyer string `json:"destroyer"`
	Attestor  string `json:"attestor"`
}

// grant is one permission of the machine.
type grant struct {
	Token    shredder.JobToken `json:"token"`
	Boot     uint32            `json:"boot"`
	WindowMS int64             `json:"window_ms"`
	Items    int64             `json:"items"` // objects announced
	Material shredder.Material `json:"material"`
	Resumes  bool              `json:"resumes"`
	Until    time.Time         `json:"until"` // by the host's clock: after this no permission can live in the machine
	Fed      int64             `json:"fed"`   // carriers fed under it
}

// feeding is one carrier between intent and outcome.
type feeding struct {
	Carrier string `json:"carrier"`
	Number  string `json:"number"`
	Window  window `json:"window"`
}

// totals of the machine over the whole batch.
type totals struct {
	Feed    int64 `json:"feed"`
	EnergyJ int64 `json:"energy_j"`
	Surplus int64 `json:"surplus"` // objects counted that no carrier accounts for
	Blind   bool  `json:"blind"`   // the machine was restarted and cannot tell what it counted in between
}

// draft is a payload that collects one signature per actor.
type draft struct {
	Kind     leaf.Kind      `json:"kind"`
	Payload  []byte         `json:"payload"` // canonical
	Actors   []leaf.Actor   `json:"actors"`
	Subject  string         `json:"subject"`
	Sigs     []leaf.Sig     `json:"sigs"`    // in the order of the actors; empty KeyID = still missing
	Options  string         `json:"options"` // hash of what was asked for, so that the second signer asks for the same
	Openings []leaf.Opening `json:"openings"`
	Attach   [][]byte       `json:"attach"`
}

func (d *draft) waiting() []Waiting {
	out := []Waiting{}
	for i, a := range d.Actors {
		out = append(out, Waiting{Role: string(a.Role), Person: a.Person, Signed: d.Sigs[i].KeyID != ""})
	}
	return out
}

// named are the persons who are to sign an event of a kind, nil when d is no draft of one.
func (d *draft) named(kind leaf.Kind) []string {
	if d == nil || d.Kind != kind {
		return nil
	}
	var out []string
	for _, a := range d.Actors {
		out = append(out, a.Person)
	}
	return out
}

func (d *draft) signedByAnother(person string) bool {
	for i, a := range d.Actors {
		if a.Person != person && d.Sigs[i].KeyID != "" {
			return true
		}
	}
	return false
}

func (d *draft) complete() bool {
	for _, sig := range d.Sigs {
		if sig.KeyID == "" {
			return false
		}
	}
	return len(d.Sigs) > 0
}

// batchRun is one run with the lock that makes requests about a batch wait for each other.
type batchRun struct {
	run  *destroyRun
	lock chan struct{} // holds one token; taking it is owning the batch
}

func newBatchRun(r *destroyRun) *batchRun {
	b := &batchRun{run: r, lock: make(chan struct{}, 1)}
	b.lock <- struct{}{}
	return b
}

// bookkeeping is how long a request waits for the batch: the station itself takes it for moments, to record a withdrawal, and
// nobody should be told to come back for that. What takes longer is another person's request.
const bookkeeping = 2 * time.Second

// tryOwn takes the batch, or refuses because another request works on it.
func (b *batchRun) tryOwn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bookkeeping)
	defer cancel()
	return b.own(ctx)
}

// own waits for the batch.
func (b *batchRun) own(ctx context.Context) error {
	select {
	case <-b.lock:
		return nil
	default:
	}
	select {
	case <-b.lock:
		return nil
	case <-ctx.Done():
		return fault.New("batch.busy", ctx.Err(), b.run.State().Number)
	}
}

func (b *batchRun) release() { b.lock <- struct{}{} }

// engine makes the engine of procDestroy.
func (s *Station) engine() *destroyEngine {
	return procedure.NewEngine[destruction](s.deps.Book, procDestroy, s.deps.Clock.Now, nothingStored)
}

// nothingStored tells whether the ledger refused, so that nothing changed.
func nothingStored(err error) bool {
	for _, clean := range []error{ledger.ErrConflict, ledger.ErrStale, ledger.ErrSeen, ledger.ErrInvalid, ledger.ErrRefused, ledger.ErrClosed} {
		if errors.Is(err, clean) {
			return true
		}
	}
	return false
}

// find gives the unfinished run of a batch by id or number.
func (s *Station) find(ctx context.Context, batch string) (*batchRun, BatchRow, error) {
	row, err := s.batchRow(ctx, batch)
	if err != nil {
		return nil, BatchRow{}, err
	}
	s.mu.Lock()
	b := s.batches[row.ID]
	s.mu.Unlock()
	if b == nil {
		return nil, row, batchFault(row, "再改动", "be changed")
	}
	return b, row, nil
}

func (s *Station) batchRow(ctx context.Context, batch string) (BatchRow, error) {
	row, ok, err := s.deps.Register.Batch(ctx, batch)
	if err == nil && !ok {
		row, ok, err = s.deps.Register.BatchByNumber(ctx, batch)
	}
	if err != nil {
		return BatchRow{}, err
	}
	if !ok {
		return BatchRow{}, fault.New("usage.not-found", nil, "batch "+batch)
	}
	return row, nil
}

// own finds a batch and takes it for one request; done gives it back.
func (s *Station) own(ctx context.Context, batch string) (b *batchRun, row BatchRow, done func(), err error) {
	if b, row, err = s.find(ctx, batch); err != nil {
		return nil, row, nil, err
	}
	if err := b.tryOwn(ctx); err != nil {
		return nil, row, nil, err
	}
	if row, err = s.batchRow(ctx, row.ID); err != nil { // it may have changed before we owned it
		b.release()
		return nil, row, nil, err
	}
	return b, row, b.release, nil
}

// converge carries out one step of a batch whose leaves the station signs; f writes with the pen it is given.
func (s *Station) converge(ctx context.Context, b *batchRun, step string, f func(context.Context, *destruction, *pen) (finished bool, err error)) ([]ledger.Receipt, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	return b.run.Converge(ctx, step, func(ctx context.Context, d *destruction) (commit, error) {
		p := s.pen()
		finished, err := f(ctx, d, p)
		return commit{Entries: p.entries, Finished: finished}, err
	})
}
