package modbus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

// tornReads bounds how often a torn block is read again at once.
const tornReads = 3

// slowest is the least span that counts as standing still: the machine renews its picture every 100 ms
// (firmware-iface/SPEC.md, section 5).
const slowest = 500 * time.Millisecond

// errRestarted closes a link whose machine has another boot identifier than the one identified on it.
var errRestarted = fmt.Errorf("machine was restarted: %w", shredder.ErrLink)

var errPreempted = errors.New("a withdrawal goes first")

// Machine is a shredder.Machine over Modbus/TCP.
type Machine struct {
	cfg        Config
	main, side *lane

	mu        sync.Mutex // guards everything below
	closed    bool
	identity  shredder.Identity
	seen      sight
	sequence  uint32 // highest sequence we know to be used, under the boot identifier boot
	boot      uint32
	foreign   bool                    // another master commanded since Watch last asked
	withdrawn uint64                  // number of withdrawals begun
	open      *firmware.CommandRecord // Offer or Release whose outcome is not known
}

var _ shredder.Machine = (*Machine)(nil)

// sight is what the last good picture told about the machine's clock.
type sight struct {
	last     shredder.Snapshot
	moved    time.Time // host time at which the sequence was last seen to move
	bootHost time.Time // arrival of the first picture under this boot identifier
	bootUp   time.Duration
}

// lane is a connection and the right to use it.
type lane struct {
	turn chan struct{}           // holds one token: whoever takes it may use link
	link *link                   // guarded by turn
	mu   sync.Mutex              // guards what follows
	conn net.Conn                // of link
	stop context.CancelCauseFunc // ends a mere test of the lane
}

func newLane() *lane {
	l := &lane{turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

func (l *lane) take(ctx context.Context) error {
	select {
	case <-l.turn:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cannot get the line to the shredder: %w: %w", shredder.ErrLink, context.Cause(ctx))
	}
}

func (l *lane) give() { l.turn <- struct{}{} }

func (l *lane) set(k *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link, l.conn = k, nil
	if k != nil {
		l.conn = k.conn
	}
}

// testing announces how a mere test of the lane may be ended, nil when it is over.
func (l *lane) testing(stop context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = stop
}

// preempt ends a mere test, so that who has work need not wait for it.
func (l *lane) preempt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop(errPreempted)
	}
}

// cut ends whatever is under way on the lane. It may be called by anyone.
func (l *lane) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.conn.Close()
	}
}

// New checks the configuration. It does not connect.
func New(c Config) (*Machine, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	return &Machine{cfg: c, main: newLane(), side: newLane()}, nil
}

// Close ends both lanes and waits for what is under way on them.
func (m *Machine) Close() error {
	m.mu.Lock()
	already := m.closed
	m.closed = true
	m.mu.Unlock()
	if already {
		return nil
	}
	for _, l := range []*lane{m.main, m.side} {
		l.cut()
		<-l.turn
		l.cut() // a connection made meanwhile
		l.set(nil)
		l.give()
	}
	return nil
}

func (m *Machine) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// connected gives the lane's link, connecting and identifying first if there is none. The caller holds the lane's turn.
// fresh says that the link was made now.
func (m *Machine) connected(ctx context.Context, l *lane) (k *link, fresh bool, err error) {
	if m.isClosed() {
		return nil, false, shredder.ErrClosed
	}
	if l.link != nil && !l.link.broken {
		return l.link, false, nil
	}
	l.set(nil)
	k, err = dial(ctx, &m.cfg)
	if err != nil {
		return nil, true, err
	}
	l.set(k)
	if m.isClosed() { // Close may have looked before set
		k.close()
		return nil, true, shredder.ErrClosed
	}
	id, err := m.identify(ctx, k)
	if err != nil {
		k.close()
		return nil, true, fmt.Errorf("cannot identify the shredder: %w", denied(err))
	}
	k.bootID = id.BootID
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identity = id
	return k, true, nil
}

// denied turns an exception to a plain read into what it means: we may not even look.
func denied(err error) error {
	var refusal *exceptionError
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.code == 1 {
		return fmt.Errorf("%w: %w", shredder.ErrDenied, err)
	}
	return fmt.Errorf("%w: %w", shredder.ErrLink, err)
}

// identify reads the identity block and matches it with the configuration.
func (m *Machine) identify(ctx context.Context, k *link) (shredder.Identity, error) {
	var b firmware.IdentityBlock
	if err := readBlock(ctx, k, firmware.AddrIdentity, firmware.LenIdentity, b.Decode); err != nil {
		return shredder.Identity{}, err
	}
	id := identityOf(&b, k.peer)
	if id.Serial != m.cfg.MachineSerial {
		return id, fmt.Errorf("machine has serial number %q, configured is %q: %w", id.Serial, m.cfg.MachineSerial, shredder.ErrIdentity)
	}
	if id.BootID == 0 {
		return id, fmt.Errorf("machine has no boot identifier: %w", shredder.ErrIdentity)
	}
	return id, nil
}

// readBlock reads one block, again while it is torn. A block that stays unreadable closes the link.
func readBlock(ctx context.Context, k *link, addr uint16, n int, decode func([]uint16) error) error {
	for try := 1; ; try++ {
		words, err := k.read(ctx, addr, n)
		if err != nil {
			return err
		}
		err = decode(words)
		if err == nil {
			return nil
		}
		if torn := errors.Is(err, firmware.ErrTorn) || errors.Is(err, firmware.ErrCRC); torn && try < tornReads {
			continue
		}
		k.close()
		return blockError(err)
	}
}

// reading takes the lane and runs f on its link; see again.
func (m *Machine) reading(ctx context.Context, l *lane, f func(*link) error) error {
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.give()
	_, err := m.again(ctx, l, f)
	return err
}

// again runs f, which only reads, on the lane's link. If an idle link turns out dead, or the machine was restarted, it runs f once
// more on a fresh link. It returns the link that served. The caller holds the lane's turn.
func (m *Machine) again(ctx context.Context, l *lane, f func(*link) error) (*link, error) {
	for {
		k, fresh, err := m.connected(ctx, l)
		if err != nil {
			return nil, err
		}
		err = f(k)
		if err == nil {
			return k, nil
		}
		if fresh || !k.broken || ctx.Err() != nil || isTimeout(err) || errors.Is(err, shredder.ErrContradiction) {
			return nil, denied(err)
		}
	}
}

// isTimeout says that the machine kept silent, so that asking again at once would only make the caller wait longer.
func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// Identify implements shredder.Machine.
func (m *Machine) Identify(ctx context.Context) (shredder.Identity, error) {
	var id shredder.Identity
	err := m.reading(ctx, m.main, func(k *link) error {
		got, err := m.identify(ctx, k)
		if err != nil {
			if errors.Is(err, shredder.ErrIdentity) {
				k.close()
			}
			return err
		}
		if got.BootID != k.bootID {
			k.close()
			return errRestarted
		}
		id = got
		return nil
	})
	if err != nil {
		return shredder.Identity{}, fmt.Errorf("cannot identify the shredder at %s: %w", m.cfg.Address, err)
	}
	return id, nil
}

// Caps implements shredder.Machine.
func (m *Machine) Caps() shredder.Capability {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.identity.Caps
}

// Snapshot implements shredder.Machine.
func (m *Machine) Snapshot(ctx context.Context) (shredder.Snapshot, error) {
	var s shredder.Snapshot
	err := m.reading(ctx, m.main, func(k *link) (err error) {
		s, _, err = m.look(ctx, k)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("cannot get a picture of the shredder: %w", err)
	}
	return s, nil
}

// look reads a snapshot on a link and judges it. got is the host time at which it had arrived.
// With an error the snapshot is zero, save for ErrContradiction.
func (m *Machine) look(ctx context.Context, k *link) (s shredder.Snapshot, got time.Time, err error) {
	s, got, err = m.picture(ctx, k)
	if err != nil {
		return s, got, err
	}
	err = m.judge(s, got)
	if errors.Is(err, shredder.ErrContradiction) {
		k.close()
		return s, got, err
	}
	if err != nil {
		return shredder.Snapshot{}, got, err
	}
	return s, got, nil
}

// picture reads a snapshot of the start identified on the link, without judging it.
func (m *Machine) picture(ctx context.Context, k *link) (s shredder.Snapshot, got time.Time, err error) {
	var b firmware.SnapshotBlock
	if err := readBlock(ctx, k, firmware.AddrSnapshot, firmware.LenSnapshot, b.Decode); err != nil {
		return s, got, err
	}
	got = time.Now()
	if b.BootID != k.bootID {
		k.close()
		return s, got, errRestarted
	}
	return snapshotOf(&b, k.sent), got, nil
}
