package shredder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
)

// Flags of an item.
const (
	Phantom = "phantom" // counted by the light barrier, pulled out before the knives: fed without energy
	Double  = "double"  // a second one like it underneath: one count, two cut
	Silent  = "silent"  // cut, but not counted
)

// Item is what a hand lays on the inlet table.
type Item struct {
	Kind   physics.Kind `json:"kind"`
	Pages  int          `json:"pages,omitempty"`   // paper only: two pages a sheet of 5 g
	MassMG int64        `json:"mass_mg,omitempty"` // 0: by pages, or typical for the kind
	Flags  []string     `json:"flags,omitempty"`
}

// Request is one act of the hands, one line of JSON on the control socket. The other fields are for the ops that name them.
type Request struct {
	Op string `json:"op"`

	Item  *Item          `json:"item,omitempty"`  // feed
	Open  bool           `json:"open,omitempty"`  // guard: true opens
	Force bool           `json:"force,omitempty"` // guard: break the lock
	Press bool           `json:"press,omitempty"` // estop: true presses, false pulls out again
	Local bool           `json:"local,omitempty"` // key: true local, false remote
	Do    string         `json:"do,omitempty"`    // bin: empty, remove, insert
	Take  bool           `json:"take,omitempty"`  // clear-jam: take the uncut rest out
	On    bool           `json:"on,omitempty"`    // power, phases, hang
	Rate  float64        `json:"rate,omitempty"`  // knives: 1 sharp, 0.3 dull
	Fault *Fault         `json:"fault,omitempty"` // fault: added to the plan
	Since physics.ItemID `json:"since,omitempty"` // truth: records from this item on
	ID    physics.ItemID `json:"id,omitempty"`    // fate
}

// Response to a Request. Error is empty if and only if the act was done.
type Response struct {
	Error  string          `json:"error,omitempty"`
	Wait   bool            `json:"wait,omitempty"`  // with an error: it passes by itself
	ID     physics.ItemID  `json:"id,omitempty"`    // feed
	Count  int             `json:"count,omitempty"` // take-back
	Truth  *Truth          `json:"truth,omitempty"`
	Record *physics.Record `json:"record,omitempty"` // fate
}

// Truth is what really happened, as no register tells it.
type Truth struct {
	Addr     string           `json:"addr"`
	Serial   string           `json:"serial"`
	BootID   uint32           `json:"boot_id"`
	UptimeMS uint64           `json:"uptime_ms"`
	State    string           `json:"state"`
	Reasons  string           `json:"reasons"`
	Tally    program.Tally    `json:"tally"`
	Balance  physics.Balance  `json:"balance"`
	Faults   int              `json:"faults"` // of the plan, not yet played
	Records  []physics.Record `json:"records"`
}

// Ops of the hands.
const (
	opFeed, opTakeBack, opGuard, opEStop, opKey, opBin     = "feed", "take-back", "guard", "estop", "key", "bin"
	opReset, opStart, opClear, opPower, opReboot, opPhases = "reset", "start", "clear-jam", "power", "reboot", "phases"
	opKnives, opHang, opCut, opFault, opTruth, opFate      = "knives", "hang", "cut-link", "fault", "truth", "fate"
)

// ErrHands is the cause of every refusal by the machine or its physics.
var ErrHands = errors.New("not possible at the machine")

// Hands are the person at the machine. They work in the process of the bench, or over its control socket (DialHands).
type Hands struct {
	do    func(context.Context, Request) (Response, error)
	close func() error
}

// Close ends a connection to a control socket; for hands in the process it does nothing.
func (h *Hands) Close() error {
	if h.close == nil {
		return nil
	}
	return h.close()
}

// Do carries out one request. Errors wrap ErrHands when the machine did not allow it.
func (h *Hands) Do(ctx context.Context, r Request) (Response, error) {
	resp, err := h.do(ctx, r)
	if err == nil && resp.Error != "" {
		err = fmt.Errorf("%s: %w", resp.Error, ErrHands)
	}
	return resp, err
}

func (h *Hands) plain(ctx context.Context, r Request) error {
	_, err := h.Do(ctx, r)
	return err
}

// Feed lays an item on the inlet table and returns its number.
func (h *Hands) Feed(ctx context.Context, it Item) (physics.ItemID, error) {
	r, err := h.Do(ctx, Request{Op: opFeed, Item: &it})
	return r.ID, err
}

// TakeBack lifts off the table whatever the gate has not taken, and says how many items it was.
func (h *Hands) TakeBack(ctx context.Context) (int, error) {
	r, err := h.Do(ctx, Request{Op: opTakeBack})
	return r.Count, err
}

// Guard opens or shuts the guard. It is locked while the rotor turns, unless forced.
func (h *Hands) Guard(ctx context.Context, open, force bool) error {
	return h.plain(ctx, Request{Op: opGuard, Open: open, Force: force})
}

// EStop presses or releases the emergency stop.
func (h *Hands) EStop(ctx context.Context, press bool) error {
	return h.plain(ctx, Request{Op: opEStop, Press: press})
}

// Key turns the selector to local or remote.
func (h *Hands) Key(ctx context.Context, local bool) error {
	return h.plain(ctx, Request{Op: opKey, Local: local})
}

// EmptyBin tips the bin out and puts it back.
func (h *Hands) EmptyBin(ctx context.Context) error {
	return h.plain(ctx, Request{Op: opBin, Do: "empty"})
}

// RemoveBin pulls the bin out.
func (h *Hands) RemoveBin(ctx context.Context) error {
	return h.plain(ctx, Request{Op: opBin, Do: "remove"})
}

// InsertBin puts an empty bin in.
func (h *Hands) InsertBin(ctx context.Context) error {
	return h.plain(ctx, Request{Op: opBin, Do: "insert"})
}

// Reset waits until the rotor stands, then presses reset at the machine.
func (h *Hands) Reset(ctx context.Context) error { return h.patient(ctx, Request{Op: opReset}) }

// patient repeats a request until what stands against it has passed.
func (h *Hands) patient(ctx context.Context, req Request) error {
	for {
		r, err := h.Do(ctx, req)
		if err == nil || !r.Wait {
			return err
		}
		if !pause(ctx) {
			return errors.Join(err, ctx.Err())
		}
	}
}

// pause is the time between two looks of somebody who waits; false when ctx ended.
func pause(ctx context.Context) bool {
	t := time.NewTimer(10 * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Start presses the start button.
func (h *Hands) Start(ctx context.Context) error { return h.plain(ctx, Request{Op: opStart}) }

// ClearJam waits until the rotor stands, then frees the cutter by hand; take removes the uncut rest.
func (h *Hands) ClearJam(ctx context.Context, take bool) error {
	return h.patient(ctx, Request{Op: opClear, Take: take})
}

// Power takes the supply away or returns it.
func (h *Hands) Power(ctx context.Context, on bool) error {
	return h.plain(ctx, Request{Op: opPower, On: on})
}

// Reboot restarts the controller.
func (h *Hands) Reboot(ctx context.Context) error { return h.plain(ctx, Request{Op: opReboot}) }

// Phases takes a phase of the supply away or returns it.
func (h *Hands) Phases(ctx context.Context, ok bool) error {
	return h.plain(ctx, Request{Op: opPhases, On: ok})
}

// Knives sets the rate of the knives: 1 sharp, 0.3 dull.
func (h *Hands) Knives(ctx context.Context, rate float64) error {
	return h.plain(ctx, Request{Op: opKnives, Rate: rate})
}

// Hang stops the controller from answering, or lets it go on.
func (h *Hands) Hang(ctx context.Context, on bool) error {
	return h.plain(ctx, Request{Op: opHang, On: on})
}

// CutLink closes every connection to the machine.
func (h *Hands) CutLink(ctx context.Context) error { return h.plain(ctx, Request{Op: opCut}) }

// Fault adds a fault to the plan.
func (h *Hands) Fault(ctx context.Context, f Fault) error {
	return h.plain(ctx, Request{Op: opFault, Fault: &f})
}

// Truth returns what really happened, with at most 512 records from item since on.
func (h *Hands) Truth(ctx context.Context, since physics.ItemID) (Truth, error) {
	r, err := h.Do(ctx, Request{Op: opTruth, Since: since})
	if err != nil {
		return Truth{}, err
	}
	if r.Truth == nil {
		return Truth{}, errors.New("cannot read the truth: none was sent")
	}
	return *r.Truth, nil
}

// Fate returns the truth about one item.
func (h *Hands) Fate(ctx context.Context, id physics.ItemID) (physics.Record, error) {
	r, err := h.Do(ctx, Request{Op: opFate, ID: id})
	if err != nil {
		return physics.Record{}, err
	}
	if r.Record == nil {
		return physics.Record{}, errors.New("cannot read the fate: none was sent")
	}
	return *r.Record, nil
}

// Await polls until an item is neither on the table nor between the knives.
func (h *Hands) Await(ctx context.Context, id physics.ItemID) (physics.Record, error) {
	for {
		rec, err := h.Fate(ctx, id)
		if err != nil || (rec.Fate != physics.OnTable && rec.Fate != physics.InCutter) {
			return rec, err
		}
		if !pause(ctx) {
			return rec, fmt.Errorf("cannot await item %d, it is still %s: %w", id, rec.Fate, ctx.Err())
		}
	}
}
