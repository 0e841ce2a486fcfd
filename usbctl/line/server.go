package line

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"sexton/usbctl/ident"
	"sexton/usbctl/wire"
)

// Broker is what stands behind a line.
type Broker interface {
	// Present tells what is there now, once more.
	Present()
	// Apply judges every device by a new policy.
	Apply(Policy) error
	// Run does one job.
	Run(context.Context, Request, ident.Journal) (Answer, error)
	// Expel shuts a device out.
	Expel(Expulsion) error
	// Lose ends everything that the station allowed: it is gone.
	Lose()
}

// Limits of a connection.
const (
	mostJobs     = 64 // at once
	mostAnswered = 30 * time.Second
)

// Server serves one station after the other.
type Server struct {
	Broker Broker
	Log    *Log
	Hello  Hello
	busy   sync.Mutex // held while a station is connected
}

// ErrBusy: a station is connected already.
var ErrBusy = errors.New("a station is connected already")

// Serve serves one station until it leaves, breaks the protocol, does not read, or
// the context ends. It closes the connection, and returns after every job of it has
// ended and the broker has lost the station.
func (s *Server) Serve(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	if !s.busy.TryLock() {
		return ErrBusy
	}
	defer s.busy.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := &session{server: s, conn: conn, questions: map[uint32]chan journalled{}}
	defer func() {
		cancel()
		c.work.Wait()
		s.Broker.Lose()
	}()
	s.Broker.Present()
	s.Hello.Version = Version
	if err := c.send(opHello, 0, s.Hello); err != nil {
		return err
	}
	c.work.Go(func() {
		defer cancel() // a station that cannot be told anything is lost
		for last := uint64(0); ; {
			e, err := s.Log.next(ctx, last)
			if err != nil || c.send(opEvent, 0, e) != nil {
				return
			}
			last = e.Seq
		}
	})
	err := c.listen(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// session is one connection.
type session struct {
	server *Server
	conn   net.Conn
	work   sync.WaitGroup
	last   uint32

	writing sync.Mutex // one frame at a time
	out     []byte

	mu        sync.Mutex // guards what follows
	asked     uint32
	questions map[uint32]chan journalled
	running   int
}

func (c *session) send(op wire.Op, tag uint32, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.out, err = wire.Append(c.out[:0], wire.Frame{Op: op, Tag: tag, Payload: b}); err != nil {
		return err
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(mostAnswered)); err != nil {
		return err
	}
	_, err = c.conn.Write(c.out)
	return err
}

func (c *session) listen(ctx context.Context) error {
	for {
		f, err := wire.Read(c.conn, nil)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch f.Op {
		case opJournalled:
			err = c.journalled(f)
		case opTold:
			if len(f.Payload) != 8 || !c.server.Log.told(binary.BigEndian.Uint64(f.Payload)) {
				err = &wire.Breach{Detail: "an event is on record that was never told"}
			}
		default:
			err = c.request(ctx, f)
		}
		if err != nil {
			return err
		}
	}
}

func (c *session) request(ctx context.Context, f wire.Frame) error {
	if f.Tag <= c.last {
		return &wire.Breach{Detail: fmt.Sprintf("request %d after %d", f.Tag, c.last)}
	}
	c.last = f.Tag
	switch f.Op {
	case opPolicy:
		var p Policy
		if err := read(f, &p); err != nil {
			return err
		}
		return c.reply(f.Tag, nil, c.server.Broker.Apply(p))
	case opExpel:
		var x Expulsion
		if err := read(f, &x); err != nil {
			return err
		}
		return c.reply(f.Tag, nil, c.server.Broker.Expel(x))
	case opJob:
		var r Request
		if err := read(f, &r); err != nil {
			return err
		}
		return c.job(ctx, f.Tag, r)
	}
	return &wire.Breach{Detail: fmt.Sprintf("operation %d", f.Op)}
}

func read(f wire.Frame, v any) error {
	if err := wire.Strict(f.Payload, v); err != nil {
		return &wire.Breach{Detail: err.Error()}
	}
	return nil
}

func (c *session) job(ctx context.Context, tag uint32, r Request) error {
	c.mu.Lock()
	full := c.running >= mostJobs
	if !full {
		c.running++
	}
	c.mu.Unlock()
	if full {
		return c.reply(tag, nil, Faultf(CodeBusy, "%d jobs run already", mostJobs))
	}
	c.work.Go(func() {
		a, err := c.server.Broker.Run(ctx, r, &asking{c, tag})
		c.mu.Lock()
		c.running--
		c.mu.Unlock()
		if err != nil {
			_ = c.reply(tag, nil, err) // listen sees a connection that is gone
			return
		}
		_ = c.reply(tag, &a, nil)
	})
	return nil
}

func (c *session) reply(tag uint32, a *Answer, err error) error {
	r := reply{Answer: a}
	if err != nil && !errors.As(err, &r.Fault) {
		r.Fault = &Fault{Code: CodeRequest, Text: err.Error()}
	}
	return c.send(opAnswer, tag, r)
}

// asking is the journal of one job, at the station.
type asking struct {
	session *session
	job     uint32
}

func (a *asking) Begin(ctx context.Context, next uint64) error {
	return a.session.ask(ctx, journal{Job: a.job, Epoch: next})
}

func (a *asking) Commit(ctx context.Context, now uint64) error {
	return a.session.ask(ctx, journal{Job: a.job, Commit: true, Epoch: now})
}

func (c *session) ask(ctx context.Context, q journal) error {
	answer := make(chan journalled, 1)
	c.mu.Lock()
	c.asked++
	tag := c.asked
	c.questions[tag] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.questions, tag)
		c.mu.Unlock()
	}()
	if err := c.send(opJournal, tag, q); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case j := <-answer:
		if j.Error != "" {
			return errors.New(j.Error)
		}
		return nil
	}
}

func (c *session) journalled(f wire.Frame) error {
	var j journalled
	if err := read(f, &j); err != nil {
		return err
	}
	c.mu.Lock()
	answer := c.questions[f.Tag]
	delete(c.questions, f.Tag)
	asked := f.Tag <= c.asked
	c.mu.Unlock()
	switch {
	case answer != nil:
		answer <- j
	case !asked:
		return &wire.Breach{Detail: fmt.Sprintf("an answer to question %d, which nobody asked", f.Tag)}
	} // otherwise the job has ended meanwhile
	return nil
}
