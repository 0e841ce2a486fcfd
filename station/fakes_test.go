package station_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"sexton/ledger"
	"sexton/procedure"
	"sexton/shredder"
	"sexton/station"
)

// must gives v or panics; tests only.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// life is one process: when it is over, nothing it holds reaches the world any more.
type life struct {
	mu    sync.Mutex
	dead  bool
	count map[string]int // calls by what they are
	marks map[string]int // number of the write that first saved "step status"
	plan  func(what string, n int) (before, after bool)
}

func newLife() *life { return &life{count: map[string]int{}, marks: map[string]int{}} }

var errDead = errors.New("the process is dead")

// pass counts one call and says whether it may reach the world, and whether its answer may come back.
func (l *life) pass(what string) (reach, answer bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return false, false
	}
	l.count[what]++
	if l.plan == nil {
		return true, true
	}
	before, after := l.plan(what, l.count[what])
	l.dead = before || after
	return !before, !l.dead
}

// mark notes which write the next one is.
func (l *life) mark(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marks[what] == 0 {
		l.marks[what] = l.count["write"] + 1
	}
}

func (l *life) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

// book is the ledger as one life sees it.
type book struct {
	*ledger.Ledger
	life *life
}

func (b book) Append(ctx context.Context, e ...ledger.Entry) ([]ledger.Receipt, error) {
	return b.write(func() ([]ledger.Receipt, error) { return b.Ledger.Append(ctx, e...) })
}

func (b book) Save(ctx context.Context, r procedure.Record, e ...ledger.Entry) ([]ledger.Receipt, error) {
	b.life.mark(r.Step + " " + r.Status.String())
	return b.write(func() ([]ledger.Receipt, error) { return b.Ledger.Save(ctx, r, e...) })
}

func (b book) write(f func() ([]ledger.Receipt, error)) ([]ledger.Receipt, error) {
	reach, answer := b.life.pass("write")
	if !reach {
		return nil, errors.Join(ledger.ErrStopped, errDead)
	}
	r, err := f()
	if !answer {
		return nil, errors.Join(ledger.ErrStopped, errDead)
	}
	return r, err
}

// shredderSim is a machine that keeps its promises, in memory. Its hands feed objects.
type shredderSim struct {
	mu       sync.Mutex
	boot     uint32
	seq      uint32
	start    time.Time
	state    shredder.State
	reasons  shredder.Reasons
	feed     uint32
	energy   uint64
	reverses uint32
	jams     uint32
	bin      int64
	job      shredder.Job
	until    time.Time
	counted  uint32
	busy     int // pictures for which it still turns
	noLink   bool
	used     map[shredder.JobToken]int // accepted releases per token
	commands []string
	serial   string
	peer     string
	muted    string // command that is carried out without its answer coming back
}

func newShredder() *shredderSim {
	return &shredderSim{boot: 77, start: time.Now(), state: shredder.Ready, used: map[shredder.JobToken]int{}, serial: "SX-1", peer: "ab"}
}

func (m *shredderSim) live() bool { return !m.job.Token.IsZero() && time.Now().Before(m.until) }

// end is the inert state.
func (m *shredderSim) end() {
	m.until = time.Time{}
	if m.state != shredder.Ready && m.busy == 0 {
		m.state = shredder.Ended
	}
}

// put feeds one object under the gate: it passes only while a permission lives. It says whether the object is gone.
func (m *shredderSim) put(energy uint64, grams int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.live() {
		return false
	}
	m.feed++
	m.counted++
	m.bin += grams
	if energy > 0 {
		m.state, m.busy = shredder.Running, 2
		m.energy += energy
	}
	return true
}

func (m *shredderSim) identity() shredder.Identity {
	return shredder.Identity{Manufacturer: "Bench", Model: "S", Serial: m.serial, ProgramVersion: "1", ProgramSum: fmt.Sprintf("%x", sha256.Sum256([]byte("p"))),
		MapHash: 1, BootID: m.boot, Peer: m.peerHash(), Caps: shredder.CapFeedCount | shredder.CapEnergy | shredder.CapBinScale | shredder.CapCountersKept, MaxWindow: time.Hour, Levels: shredder.Levels{P: 7, O: 7, E: 7, H: 7, T: 7, F: 7}}
}

func (m *shredderSim) peerHash() string {
	if m.peer == "" {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(m.peer)))
}

func (m *shredderSim) picture() shredder.Snapshot {
	m.seq++
	if m.busy > 0 {
		if m.busy--; m.busy == 0 {
			m.state = shredder.Ended
			if m.live() && m.counted < m.job.Items {
				m.state = shredder.Released
			}
		}
	}
	if m.state == shredder.Released && !m.live() {
		m.state = shredder.Ended
	}
	s := shredder.Snapshot{Sequence: m.seq, BootID: m.boot, Uptime: time.Since(m.start), State: m.state, Reasons: m.reasons, Feed: m.feed, EnergyJ: m.energy,
		Reverses: m.reverses, Jams: m.jams, BinG: m.bin, BinStable: true, InletStable: true, Standstill: m.busy == 0, Remote: true, ActiveToken: m.job.Token, ReadAt: time.Now()}
	if m.live() {
		s.PermissionLeft = time.Until(m.until)
	}
	return s
}

// machine is the shredder as one life reaches it.
type machine struct {
	m    *shredderSim
	life *life
}

func (x machine) call(what string, f func() (shredder.Outcome, error)) (shredder.Outcome, error) {
	reach, answer := x.life.pass(what)
	if !reach {
		return shredder.Unknown, errors.Join(shredder.ErrLink, errDead)
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.m.noLink {
		return shredder.Unknown, shredder.ErrLink
	}
	x.m.commands = append(x.m.commands, what)
	out, err := f()
	if x.m.muted == what {
		return shredder.Unknown, shredder.ErrOutcome
	}
	if !answer {
		return shredder.Unknown, errors.Join(shredder.ErrLink, errDead)
	}
	return out, err
}

func (x machine) Offer(_ context.Context, j shredder.Job) (shredder.Outcome, error) {
	return x.call("offer", func() (shredder.Outcome, error) {
		if (x.m.state != shredder.Ready && x.m.state != shredder.Ended) || x.m.reasons.Forbidding() != 0 {
			return shredder.Refused, &shredder.RefusedError{Command: "offer", Result: shredder.ResultNotReady, Reasons: x.m.reasons}
		}
		if _, ok := x.m.used[j.Token]; ok {
			return shredder.Refused, &shredder.RefusedError{Command: "offer", Result: shredder.ResultTokenUsed}
		}
		x.m.used[j.Token] = 0
		x.m.job, x.m.counted, x.m.state = j, 0, shredder.Offered
		return shredder.Accepted, nil
	})
}

func (x machine) Release(_ context.Context, t shredder.JobToken, w shredder.Window) (shredder.Outcome, error) {
	return x.call("release", func() (shredder.Outcome, error) {
		if x.m.state != shredder.Offered || x.m.job.Token != t {
			return shredder.Refused, &shredder.RefusedError{Command: "release", Result: shredder.ResultWrongToken}
		}
		x.m.used[t]++
		x.m.until, x.m.state = time.Now().Add(w.For), shredder.Released
		return shredder.Accepted, nil
	})
}

func (x machine) Withdraw(_ context.Context, t shredder.JobToken) (shredder.Outcome, error) {
	return x.call("withdraw", func() (shredder.Outcome, error) {
		if t.IsZero() || t == x.m.job.Token {
			x.m.end()
		}
		return shredder.Accepted, nil
	})
}

func (x machine) Resolve(context.Context) (shredder.Outcome, error) {
	return shredder.Unknown, shredder.ErrUnresolvable
}

func (x machine) Identify(context.Context) (shredder.Identity, error) {
	if x.life.over() {
		return shredder.Identity{}, shredder.ErrLink
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.m.noLink {
		return shredder.Identity{}, shredder.ErrLink
	}
	return x.m.identity(), nil
}

func (x machine) Snapshot(context.Context) (shredder.Snapshot, error) {
	if x.life.over() {
		return shredder.Snapshot{}, shredder.ErrLink
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.m.noLink {
		return shredder.Snapshot{}, shredder.ErrLink
	}
	return x.m.picture(), nil
}

func (x machine) Watch(ctx context.Context) iter.Seq2[shredder.Event, error] {
	return func(yield func(shredder.Event, error) bool) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		var before shredder.Snapshot
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			s, err := x.Snapshot(ctx)
			if err != nil {
				if !yield(shredder.Event{}, err) {
					return
				}
				continue
			}
			id, _ := x.Identify(ctx)
			if !yield(shredder.Event{Changes: shredder.Compare(before, s), Snapshot: s, Previous: before, Identity: id}, nil) {
				return
			}
			before = s
		}
	}
}

func (x machine) Caps() shredder.Capability { return x.m.identity().Caps }
func (x machine) Close() error              { return nil }

// trustAll accepts every certificate.
type trustAll struct{}

func (trustAll) Check(*x509.Certificate, byte, time.Time) error { return nil }

var _ station.Truster = trustAll{}
