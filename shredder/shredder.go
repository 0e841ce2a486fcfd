// Package shredder is the contract between a station and a networked shredder: a machine that destroys carriers.
//
// A station gives permission, it never controls. Permission sits in series with the machine's own safety chain: it can be
// taken away by us, never added to what the chain forbids. Start, stop, emergency stop, guards and restart belong to the machine
// and to the person in front of it. Nothing here is a safety component (ISO 12100, ISO 13850, IEC 60204-1 stay with the machine).
//
//	      Offer            Release             local start          counted or expired
//	Ready ------> Offered ---------> Released ------------> Starting, Running, Reversing, RunDown --> Ended
//	  ^              |                  |                                  |                           |
//	  +--------------+                  +------------> Ended <-------------+        (next Offer) ------+
//	      Withdraw          Withdraw or expiry            Withdraw: feeding stops, the cutter finishes
//	NotReady <--> Ready by the reasons; any state --> Faulted, left only by a reset at the machine.
//
// The inert state is: no permission lives in the machine, and no command of ours can still be carried out there. Withdraw reaches
// it; so does silence, since every permission expires by the machine's own clock.
//
// Failure modes. A command has three outcomes, and the zero one is Unknown: the answer was lost and the command may have been
// carried out. Unknown is resolved by reading (Resolve), never by sending again. Data that is too old is no data (ErrStale).
// A machine that is not the configured one is no machine (ErrIdentity).
//
// The package holds types and pure functions only; drivers live below it (shredder/modbus), their common tests in
// shredder/shreddertest.
package shredder

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"time"
)

// Machine is one shredder. All methods may be called from several goroutines. Each is bounded by its context and by the
// driver's own deadlines, whichever ends first.
//
// Errors: ErrLink (nothing was learnt; connecting again may help), ErrIdentity (another machine, map or certificate; repeating
// cannot help), ErrDenied (our certificate or role is refused), ErrStale (data too old), ErrContradiction (clock or counters went backwards), ErrClosed, and for commands
// *RefusedError.
type Machine interface {
	// Identify connects if needed, reads who the machine is and matches it with the configuration. The other methods do the same
	// by themselves: connected means identified.
	Identify(ctx context.Context) (Identity, error)
	// Snapshot reads one consistent picture. A torn picture is read again a bounded number of times, then it is ErrLink.
	// With ErrContradiction the snapshot is returned too, as evidence.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Offer stores a job. It gives no permission. The token must be fresh: a machine refuses one it has seen.
	Offer(ctx context.Context, job Job) (Outcome, error)
	// Release gives the stored job its permission, once, for the window. It is refused while an outcome is unresolved.
	Release(ctx context.Context, token JobToken, window Window) (Outcome, error)
	// Withdraw ends the job and its permission. It is never refused for a state, waits for no other command and overtakes one that
	// is under way: an Offer or Release sent before it and not yet carried out never will be. The zero token means whatever job
	// there is. Accepted means that the machine said so and showed that no permission for the token lives.
	// Withdrawing a job the machine does not know is Accepted: what was wanted holds.
	Withdraw(ctx context.Context, token JobToken) (Outcome, error)
	// Resolve reads what became of the last Offer or Release whose outcome was Unknown. It sends nothing. While the command may still
	// be under way it waits until the machine's clock has passed its deadline. ErrNothingOpen: nothing to resolve.
	// ErrUnresolvable: the machine cannot tell any more (it was restarted, or another master spoke); other evidence must decide.
	Resolve(ctx context.Context) (Outcome, error)
	// Watch polls until ctx ends or the consumer stops. Each poll yields one event, or an error after which polling goes on.
	Watch(ctx context.Context) iter.Seq2[Event, error]
	// Caps returns what the machine can sense, 0 before it was identified.
	Caps() Capability
	// Close ends all links. It does not withdraw: whoever released does that first.
	Close() error
}

// Identity is what a machine says of itself, checked against the configuration by the driver.
type Identity struct {
	Manufacturer, Model string
	Serial              string // of the machine
	ProgramVersion      string
	ProgramSum          string // lower hex SHA-256 of the control program as loaded
	MapHash             uint32 // of the register map, 0 if the driver has none
	BootID              uint32 // random, new at each start of the machine
	Peer                string // lower hex SHA-256 of the machine's TLS certificate; "" = unauthenticated
	Caps                Capability
	RatedW              float64       // rated motor power, W
	RatedMA             uint32        // rated motor current, mA
	MaxWindow           time.Duration // longest permission the machine accepts
	RunDown             time.Duration // longest run-down
	Levels              Levels        // claimed particle classes
}

// Authenticated says whether the machine proved its identity cryptographically.
func (i Identity) Authenticated() bool { return i.Peer != "" }

// Levels are the claimed security levels of ISO/IEC 21964-1:2018 by category, 0 = not for this category.
type Levels struct{ P, F, O, T, H, E uint8 }

// Snapshot is one picture of the machine. Counters run since the machine was built; take differences.
type Snapshot struct {
	Sequence uint32        // number of the picture since the machine started
	BootID   uint32        // start of the machine this picture belongs to
	Uptime   time.Duration // by the machine's clock
	State    State
	Reasons  Reasons // what forbids work now; 0 = nothing

	Feed          uint32 // objects counted by the feed sensor
	EnergyJ       uint64 // motor energy above idle, J
	MotorMA       uint32 // motor current now, mA
	PeakMA        uint32 // largest motor current after run-up since the last Offer, mA
	Reverses      uint32
	Jams          uint32 // that needed a person
	Cycles        uint32 // motor starts
	InletMG       int64  // inlet scale, mg: taken in so far plus what lies on the inlet; differences count
	BinG          int64  // bin scale, g
	InletStable   bool   // InletMG stands still and is in range
	BinStable     bool   // BinG stands still and is in range
	Standstill    bool   // the cutter is known to stand still
	Remote        bool   // the selector at the machine stands on remote
	GuardOpenings uint32

	ActiveToken    JobToken      // stored, running or ended job; zero = none
	PermissionLeft time.Duration // 0 = no permission
	EchoSeq        uint32        // last command record taken
	EchoResult     Result        // its result
	ReadAt         time.Time     // host time at which the request was sent: the picture is not older than that plus 100 ms
}

// Age is the time since the picture was asked for.
func (s Snapshot) Age(now time.Time) time.Duration { return now.Sub(s.ReadAt) }

// Fresh says whether the picture may be used at now: not older than three polls.
func (s Snapshot) Fresh(now time.Time, poll time.Duration) bool {
	age := s.Age(now)
	return !s.ReadAt.IsZero() && age >= 0 && age <= StalePolls*poll
}

// StalePolls is the number of polls after which data is no data.
const StalePolls = 3

// JobToken names one job, for all time. It is random.
type JobToken [16]byte

// IsZero says whether the token names no job.
func (t JobToken) IsZero() bool { return t == JobToken{} }

// String is 32 lower hex digits.
func (t JobToken) String() string { return hex.EncodeToString(t[:]) }

// MarshalText is String.
func (t JobToken) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts 32 lower hex digits and nothing else.
func (t *JobToken) UnmarshalText(text []byte) error {
	var n JobToken
	if len(text) != 2*len(n) {
		return fmt.Errorf("cannot read a job token of %d characters", len(text))
	}
	if _, err := hex.Decode(n[:], text); err != nil || n.String() != string(text) {
		return fmt.Errorf("cannot read a job token: not lower hex")
	}
	*t = n
	return nil
}

// Job is what is offered: one carrier or one sealed batch.
type Job struct {
	Token    JobToken
	Items    uint32 // objects announced, at least 1
	Material Material
}

// Window is a permission's length. It begins when the command is sent and ends by the machine's clock, early rather than late.
type Window struct{ For time.Duration }

// Event is one poll of Watch.
type Event struct {
	Changes  Changes
	Snapshot Snapshot
	Previous Snapshot // zero at the first poll
	Identity Identity // set at the first poll and after LinkBack
}
