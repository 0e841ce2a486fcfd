package line

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"sexton/usbctl/ident"
	"sexton/usbctl/wire"
)

// Client is the station's end. It is safe for concurrent use.
type Client struct {
	conn   net.Conn
	hello  Hello
	events chan Event
	done   chan struct{} // closed when the connection has ended
	work   sync.WaitGroup

	writing sync.Mutex // one frame at a time
	tag     uint32

	mu      sync.Mutex // guards what follows
	waiting map[uint32]*call
	err     error
}

// call is one request under way.
type call struct {
	reply   chan reply
	journal ident.Journal
	ctx     context.Context
}

// ErrLost: the connection to the broker has ended.
var ErrLost = errors.New("the connection to the USB broker has ended")

// mostUnread is how many events a station may leave unread before it is taken for
// lost.
const mostUnread = 1024

// Dial connects to the broker's socket.
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the USB broker: %w", err)
	}
	return New(ctx, conn)
}

// New speaks over a connection. It reads the broker's greeting before it returns.
func New(ctx context.Context, conn net.Conn) (*Client, error) {
	c := &Client{conn: conn, events: make(chan Event, mostUnread), done: make(chan struct{}), waiting: map[uint32]*call{}}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	f, err := wire.Read(conn, nil)
	if err == nil && f.Op != opHello {
		err = &wire.Breach{Detail: "no greeting"}
	}
	if err == nil {
		err = read(f, &c.hello)
	}
	if err == nil && c.hello.Version != Version {
		err = fmt.Errorf("it speaks version %d, this is %d: install both of one release", c.hello.Version, Version)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("cannot speak with the USB broker: %w", err)
	}
	go c.listen()
	return c, nil
}

// Hello is how the broker introduced itself.
func (c *Client) Hello() Hello { return c.hello }

// Events tells what happens; it is closed when the connection has ended. Whoever does
// not read it loses the connection.
func (c *Client) Events() <-chan Event { return c.events }

// Close ends the connection, and with it everything the station allowed.
func (c *Client) Close() error {
	err := c.conn.Close()
	<-c.done
	c.work.Wait()
	return err
}

// Err is why the connection has ended; nil while it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Policy replaces what the station wants.
func (c *Client) Policy(ctx context.Context, p Policy) error {
	_, err := c.call(ctx, opPolicy, p, nil)
	return err
}

// Told says that every event up to seq is on record at the station. What it does not
// say this of is told again to the next connection.
func (c *Client) Told(seq uint64) error {
	b, err := wire.Append(nil, wire.Frame{Op: opTold, Payload: binary.BigEndian.AppendUint64(nil, seq)})
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if _, err := c.conn.Write(b); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

// Expel shuts a device out until it is unplugged.
func (c *Client) Expel(ctx context.Context, x Expulsion) error {
	_, err := c.call(ctx, opExpel, x, nil)
	return err
}

// Run does one job; the broker asks j before a canary is written, j's methods are
// called from another goroutine meanwhile. When the context ends the answer is not
// waited for: expel the device to end the job.
func (c *Client) Run(ctx context.Context, r Request, j ident.Journal) (Answer, error) {
	a, err := c.call(ctx, opJob, r, j)
	if err != nil {
		return Answer{}, err
	}
	if a.Answer == nil {
		return Answer{}, &wire.Breach{Detail: "a job without an answer"}
	}
	return *a.Answer, nil
}

func (c *Client) call(ctx context.Context, op wire.Op, v any, j ident.Journal) (reply, error) {
	w := &call{reply: make(chan reply, 1), journal: j, ctx: ctx}
	c.writing.Lock()
	c.tag++
	tag := c.tag
	c.mu.Lock()
	err := c.err
	c.waiting[tag] = w
	c.mu.Unlock()
	if err == nil {
		err = c.write(op, tag, v)
	}
	c.writing.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, tag)
		c.mu.Unlock()
	}()
	if err != nil {
		return reply{}, err
	}
	select {
	case r := <-w.reply:
		if r.Fault != nil {
			return reply{}, r.Fault
		}
		return r, nil
	case <-ctx.Done():
		return reply{}, ctx.Err()
	case <-c.done:
		return reply{}, c.Err()
	}
}

// write sends one frame; the caller holds writing.
func (c *Client) write(op wire.Op, tag uint32, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b, err = wire.Append(nil, wire.Frame{Op: op, Tag: tag, Payload: b})
	if err != nil {
		return err
	}
	if _, err := c.conn.Write(b); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

func (c *Client) listen() {
	err := c.read()
	c.mu.Lock()
	c.err = fmt.Errorf("%w: %w", ErrLost, err)
	c.mu.Unlock()
	c.conn.Close()
	close(c.done)
	close(c.events)
}

func (c *Client) read() error {
	for {
		f, err := wire.Read(c.conn, nil)
		if err != nil {
			return err
		}
		switch f.Op {
		case opEvent:
			var e Event
			if err := read(f, &e); err != nil {
				return err
			}
			select {
			case c.events <- e:
			default:
				return fmt.Errorf("%d events were left unread", mostUnread)
			}
		case opAnswer:
			var r reply
			if err := read(f, &r); err != nil {
				return err
			}
			if w := c.of(f.Tag); w != nil {
				select {
				case w.reply <- r:
				default: // answered already
				}
			}
		case opJournal:
			var q journal
			if err := read(f, &q); err != nil {
				return err
			}
			c.work.Go(func() { c.journal(f.Tag, q) })
		default:
			return &wire.Breach{Detail: fmt.Sprintf("operation %d", f.Op)}
		}
	}
}

// of is the request with a tag, nil when nobody waits for it any more. It is found
// once for its answer.
func (c *Client) of(tag uint32) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting[tag]
}

// journal asks the station's own and answers.
func (c *Client) journal(tag uint32, q journal) {
	var err error
	switch w := c.of(q.Job); {
	case w == nil || w.journal == nil:
		err = errors.New("there is no journal for this job")
	case q.Commit:
		err = w.journal.Commit(w.ctx, q.Epoch)
	default:
		err = w.journal.Begin(w.ctx, q.Epoch)
	}
	var j journalled
	if err != nil {
		j.Error = err.Error()
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.write(opJournalled, tag, j) // listen sees a connection that is gone
}
