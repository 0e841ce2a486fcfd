// Package desk makes a token.Desk of a connector to readers, the SP 800-73-5 client and a trust store.
//
//	              Desk ──── pump: events of the connector ──> table of readers ──> subscribers, sessions to lock
//	               │
//	port "left"    │    port "right"         one port per reader, one goroutine at a time owns its card
//	 op, session   │     op, session
//	      └── card.Card over card.Link ──┘
//
// Every call into a reader is an operation of its port with a deadline. PC/SC cannot abort a call that hangs; when
// the deadline passes the caller gets Timeout, the reader is quarantined (token.ReaderState.Suspect) and its session locked,
// while other readers go on. The goroutine that hangs stays the card's only owner; when its call returns at last
// the link is dropped and the reader is used again, unless it hung MaxHangs times in a row: then it stays
// quarantined until it is unplugged or the PC/SC service restarts.
//
// A session is bound to reader, event counter and certificate. It is locked by the pump (removal, newer event counter, reader
// or service gone), by any failure of its card, by the idle limit, and by a periodic 9A challenge that fails.
// A login ends only when the pump has heard of the card that logged in; so no session is unwatched, and an event that
// is late does not lock a session it does not concern.
//
// Cards are connected shared and reserved (PC/SC transaction) for each sequence. Between sequences another program of
// this machine that reaches the PC/SC service could use the verified card's 9A key; the service's socket
// must be closed to it.
//
// A PC/SC service that hangs instead of dying sends no event; the periodic challenge finds it.
//
// What it does not do: match persons, keep PINs, retry.
package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sexton/token"
	"sexton/token/card"
	"sexton/token/trust"
)

// Connector reaches the readers. Its calls may block as long as they like; the desk never waits for them beyond its deadlines.
type Connector interface {
	// Readers lists the readers in the service's order.
	Readers(ctx context.Context) ([]card.Slot, error)
	// Connect powers the card in reader. Errors: NoCard, Busy, Daemon, Protocol.
	Connect(ctx context.Context, reader string) (card.Link, error)
	// Watch reports what is there and then each change; the channel closes when ctx ends. It survives a restart of the service.
	Watch(ctx context.Context) <-chan token.Event
	// Holders names other programs that may hold a card, for messages; nil if unknown.
	Holders() []string
	// Close releases the connector after everything else.
	Close() error
}

// Options set the limits. The zero value of each field means its default.
type Options struct {
	Timeout      time.Duration // for one operation at a reader; default 10 s
	IdleLimit    time.Duration // a session without Confirm or Sign for so long is locked; default 10 min
	RecheckEvery time.Duration // period of the 9A challenge while a session is idle; default 30 s; negative: never
	MaxHangs     int           // consecutive hangs after which a reader stays quarantined; default 3
}

func (o Options) withDefaults() Options {
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.IdleLimit = cmp.Or(o.IdleLimit, 10*time.Minute)
	o.RecheckEvery = cmp.Or(o.RecheckEvery, 30*time.Second)
	o.MaxHangs = cmp.Or(o.MaxHangs, 3)
	return o
}

// desk implements token.Desk.
type desk struct {
	conn    Connector
	trust   *trust.Store
	opts    Options
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup // all goroutines of desk, ports and sessions
	service *port          // operations that concern no single reader

	mu     sync.Mutex // guards everything below; taken before port.mu
	closed bool
	lostAt time.Time // when the service was lost; zero while it is there
	epoch  uint64    // how often it was lost
	ports  map[string]*port
	known  map[string]presence
	gone   map[string]int // how often a reader was unplugged
	news   chan struct{}  // closed and renewed with each event
	subs   map[*subscriber]struct{}
}

// presence is what the pump last heard of a reader.
type presence struct {
	present bool
	count   uint16
	at      time.Time // of the last event
}

// Open starts a desk over conn, which it owns from then on. Nothing is sent to a card.
func Open(conn Connector, store *trust.Store, opts Options) (token.Desk, error) {
	if conn == nil || store == nil {
		return nil, errors.New("cannot open desk: connector and trust store are required")
	}
	d := &desk{
		conn: conn, trust: store, opts: opts.withDefaults(),
		ports: map[string]*port{}, known: map[string]presence{}, gone: map[string]int{}, news: make(chan struct{}),
		subs: map[*subscriber]struct{}{},
	}
	d.service = &port{desk: d}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.wg.Go(d.pump)
	return d, nil
}

// Close implements token.Desk. If a call into a reader hangs, it gives up after the timeout and says so.
func (d *desk) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	sessions := d.sessionsLocked(func(*session) bool { return true })
	d.mu.Unlock()
	for _, s := range sessions {
		s.lock(&token.Error{Kind: token.Closed, Reader: s.port.name, Err: errors.New("the desk was closed")})
	}
	d.cancel()
	done := make(chan struct{})
	go func() { d.wg.Wait(); close(done) }()
	timer := time.NewTimer(2 * d.opts.Timeout)
	defer timer.Stop()
	select {
	case <-done:
		return d.conn.Close()
	case <-timer.C:
		return &token.Error{Kind: token.Timeout, Err: errors.New("cannot close desk: a reader does not return")}
	}
}

// sessionsLocked lists the open or unreleased sessions that want picks. d.mu is held.
func (d *desk) sessionsLocked(want func(*session) bool) []*session {
	var out []*session
	for _, p := range d.ports {
		if s := p.currentSession(); s != nil && want(s) {
			out = append(out, s)
		}
	}
	return out
}

// Readers implements token.Desk.
func (d *desk) Readers(ctx context.Context) ([]token.ReaderState, error) {
	slots, err := d.slots(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]token.ReaderState, 0, len(slots))
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range slots {
		r := token.ReaderState{Name: s.Reader, Present: s.Present, ATR: s.ATR}
		if p := d.ports[s.Reader]; p != nil {
			r.Suspect = p.suspicion()
		}
		out = append(out, r)
	}
	return out, nil
}

func (d *desk) slots(ctx context.Context) ([]card.Slot, error) {
	op, err := d.service.enter(ctx, "list readers")
	if err != nil {
		return nil, err
	}
	return run(ctx, op, d.conn.Readers, nil)
}

// port finds the port of a reader that exists.
func (d *desk) port(ctx context.Context, reader string) (*port, error) {
	d.mu.Lock()
	p := d.ports[reader]
	d.mu.Unlock()
	if p != nil {
		return p, nil
	}
	slots, err := d.slots(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(slots, func(s card.Slot) bool { return s.Reader == reader }) {
		return nil, noSuchReader(reader)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p = d.ports[reader]; p == nil {
		p = &port{desk: d, name: reader}
		d.ports[reader] = p
	}
	return p, nil
}

func noSuchReader(reader string) error {
	return &token.Error{Kind: token.NoCard, Reader: reader, Err: errors.New("there is no such reader")}
}

// atReader names the reader in err and makes sure it is a *token.Error.
func atReader(err error, reader string) error {
	if err == nil {
		return nil
	}
	var e *token.Error
	if !errors.As(err, &e) {
		return &token.Error{Kind: token.Protocol, Reader: reader, Err: err}
	}
	if top, ok := err.(*token.Error); ok && top.Reader == "" {
		named := *top
		named.Reader = reader
		return &named
	}
	return err
}

// as gives err another kind and keeps its status word and text.
func as(kind token.Kind, err error, format string, args ...any) error {
	out := &token.Error{Kind: kind, Err: fmt.Errorf(format+": %w", append(args, err)...)}
	var e *token.Error
	if errors.As(err, &e) {
		out.SW, out.Reader = e.SW, e.Reader
	}
	return out
}
