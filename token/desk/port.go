package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// port is one reader: at most one operation at a time, at most one session.
type port struct {
	desk *desk
	name string // "" for the service port

	mu      sync.Mutex // guards everything below
	cur     *operation
	suspect string // why the reader is quarantined
	hangs   int    // consecutive
	phase   phase  // where cur is
	session *session
}

// phase is what an operation waits for; it tells a busy card from a dead reader.
type phase int

const (
	working phase = iota
	reserving
)

// operation is one use of a port by one goroutine.
type operation struct {
	port  *port
	what  string
	timer *time.Timer
	stuck chan struct{} // closed when the deadline passes
	over  chan struct{} // closed when the port is free again
}

func (p *port) suspicion() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.suspect
}

func (p *port) currentSession() *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session
}

// enter waits for the port to be free and takes it. It fails at once while the reader is quarantined.
func (p *port) enter(ctx context.Context, what string) (*operation, error) {
	for {
		op, cur, err := p.try(what, false)
		if op != nil || err != nil {
			return op, err
		}
		select {
		case <-cur.over:
		case <-cur.stuck:
		case <-ctx.Done():
			return nil, atReader(card.ContextError(ctx.Err()), p.name)
		case <-p.desk.ctx.Done():
			return nil, p.closed()
		}
	}
}

// enterAlways is enter for clean-up: it waits even for a quarantined reader, and after Close.
func (p *port) enterAlways(what string) *operation {
	for {
		op, cur, _ := p.try(what, true)
		if op != nil {
			return op
		}
		<-cur.over
	}
}

func (p *port) closed() error {
	return &token.Error{Kind: token.Closed, Reader: p.name, Err: errors.New("the desk is closed")}
}

// try takes the port if it is free; otherwise it returns the operation that holds it. An operation is counted in the desk's
// wait group until it leaves.
func (p *port) try(what string, always bool) (op, cur *operation, err error) {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed && !always {
		return nil, nil, p.closed()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.suspect != "" && !always {
		return nil, nil, &token.Error{Kind: token.Timeout, Reader: p.name, Err: errors.New("the reader is quarantined: " + p.suspect)}
	}
	if p.cur != nil {
		return nil, p.cur, nil
	}
	op = &operation{port: p, what: what, stuck: make(chan struct{}), over: make(chan struct{})}
	d.wg.Add(1)
	op.timer = time.AfterFunc(d.opts.Timeout, op.hang)
	p.cur, p.phase = op, working
	return op, nil, nil
}

// hang runs when the deadline of an operation passes: the reader is quarantined and its session locked.
func (op *operation) hang() {
	p := op.port
	why := fmt.Sprintf("no answer for %s to %q", p.desk.opts.Timeout, op.what)
	if p.currentPhase() == reserving {
		why = "another program holds the card" + holders(p.desk.conn)
	}
	p.mu.Lock()
	if p.cur != op {
		p.mu.Unlock()
		return
	}
	p.hangs++
	p.suspect = why
	cause := op.timeoutLocked()
	s := p.session
	close(op.stuck)
	p.mu.Unlock()
	if s != nil {
		s.lock(cause)
	}
}

func holders(c Connector) string {
	if h := c.Holders(); len(h) > 0 {
		return " (perhaps " + strings.Join(h, ", ") + ")"
	}
	return ""
}

// timeoutLocked is the error for who waits for a stuck operation. p.mu is held.
func (op *operation) timeoutLocked() error {
	kind := token.Timeout
	if op.port.phase == reserving {
		kind = token.Busy
	}
	return &token.Error{Kind: kind, Reader: op.port.name, Err: errors.New(op.port.suspect)}
}

// leave frees the port. A reader that came back from a hang is used again, unless it did so too often.
func (op *operation) leave() {
	p := op.port
	op.timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-op.stuck:
		if p.hangs < p.desk.opts.MaxHangs {
			p.suspect = ""
		} else {
			p.suspect += fmt.Sprintf("; it hung %d times in a row", p.hangs)
		}
	default:
		p.hangs = 0
	}
	p.cur = nil
	close(op.over)
	p.desk.wg.Done()
}

// pardon ends a quarantine because the reader or the service is a new one. A call that still hangs keeps it.
func (p *port) pardon() (idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hangs = 0
	if p.cur == nil {
		p.suspect = ""
	}
	return p.cur == nil && p.session == nil
}

// run lets f use op's port in a goroutine of its own and waits for the result, the end of ctx, or op's deadline,
// whichever is first. If nobody waits any more, discard gets the result of a successful f before the port is free.
func run[T any](ctx context.Context, op *operation, f func(context.Context) (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var zero T
	p := op.port
	delivered, abandoned := make(chan result), make(chan struct{})
	go func() { // owned by op, which the desk waits for
		defer op.leave()
		inner, cancel := context.WithTimeout(ctx, p.desk.opts.Timeout)
		defer cancel()
		v, err := f(inner)
		select {
		case delivered <- result{v, err}:
		case <-abandoned:
			if err == nil && discard != nil {
				discard(v)
			}
		}
	}()
	select {
	case r := <-delivered:
		return r.value, atReader(r.err, p.name)
	case <-op.stuck:
		close(abandoned)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.cur != op { // it came back just now
			return zero, &token.Error{Kind: token.Timeout, Reader: p.name, Err: fmt.Errorf("no answer in time to %q", op.what)}
		}
		return zero, op.timeoutLocked()
	case <-ctx.Done():
		close(abandoned)
		return zero, atReader(card.ContextError(ctx.Err()), p.name)
	}
}

// tracked tells the port when the card is being reserved.
type tracked struct {
	card.Link
	port *port
}

func (t tracked) Begin(ctx context.Context) (func() error, error) {
	t.port.setPhase(reserving)
	defer t.port.setPhase(working)
	return t.Link.Begin(ctx)
}

func (p *port) currentPhase() phase {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phase
}

func (p *port) setPhase(ph phase) {
	p.mu.Lock()
	p.phase = ph
	p.mu.Unlock()
}
