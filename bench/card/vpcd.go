package card

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// Control codes of vpcd: a message of one byte that is no APDU
// (vsmartcard, virtualsmartcard/src/vpcd/vpcd.h).
const (
	vpcdOff   = 0x00
	vpcdOn    = 0x01
	vpcdReset = 0x02
	vpcdATR   = 0x04
)

// redial is how often Stay offers the card to a reader that is away.
const redial = 50 * time.Millisecond

// ErrPulled is the cause of an insertion that a fault of the card ended.
var ErrPulled = errors.New("the card's fault pulled it from the reader")

// Insertion is a card in a reader of pcscd's vpcd driver: a TCP connection on
// which the driver asks and the card answers.
type Insertion struct {
	addr   string
	card   *Card
	cancel context.CancelFunc
	done   chan struct{}

	mu   sync.Mutex // guards conn and err
	conn *net.TCPConn
	err  error
}

// Insert puts the card into the reader that listens at addr (host:port) and serves
// it until Remove, the end of ctx, a fault that pulls the card, or the end of the
// reader. pcscd notices the card within its polling interval (400 ms). A card can
// be in one reader only; that is up to the caller.
func Insert(ctx context.Context, addr string, c *Card) (*Insertion, error) {
	return insert(ctx, addr, c, false)
}

// Stay is like Insert for a card that remains where it is when the daemon behind the
// reader ends: it is offered again until Remove, the end of ctx or a fault that
// pulls it.
func Stay(ctx context.Context, addr string, c *Card) (*Insertion, error) {
	return insert(ctx, addr, c, true)
}

func insert(ctx context.Context, addr string, c *Card, stay bool) (*Insertion, error) {
	conn, err := dial(ctx, addr)
	if err != nil {
		return nil, fmt.Errorf("cannot insert card %q: %w", c.name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	i := &Insertion{addr: addr, card: c, cancel: cancel, done: make(chan struct{}), conn: conn}
	c.PowerOff()
	go i.serve(ctx, stay)
	return i, nil
}

func dial(ctx context.Context, addr string) (*net.TCPConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	quickAck(tcp)
	return tcp, nil
}

// quickAck asks the kernel to acknowledge at once. The driver sends length and body
// in two segments without TCP_NODELAY; a delayed acknowledgement of the first costs
// 40 ms a command. The kernel drops the wish now and then, so it is renewed after
// each read (tcp(7), TCP_QUICKACK).
func quickAck(c *net.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) // slower, not wrong, without
	})
}

// serve owns the connection.
func (i *Insertion) serve(ctx context.Context, stay bool) {
	defer close(i.done)
	defer i.cancel()
	for {
		i.mu.Lock()
		conn := i.conn
		i.mu.Unlock()
		err := i.talk(ctx, conn)
		_ = conn.Close()
		i.card.PowerOff()
		if ctx.Err() == nil && stay && !errors.Is(err, ErrPulled) {
			if conn, err = i.again(ctx); err == nil {
				i.mu.Lock()
				i.conn = conn
				i.mu.Unlock()
				continue
			}
		}
		i.mu.Lock()
		if ctx.Err() == nil {
			i.err = err
		}
		i.mu.Unlock()
		return
	}
}

// again waits for the reader to listen again.
func (i *Insertion) again(ctx context.Context) (*net.TCPConn, error) {
	tick := time.NewTicker(redial)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		if conn, err := dial(ctx, i.addr); err == nil {
			return conn, nil
		}
	}
}

// talk answers the driver until the connection ends; the error says why.
func (i *Insertion) talk(ctx context.Context, conn *net.TCPConn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	buf := make([]byte, 2+0xFFFF)
	for {
		if _, err := io.ReadFull(conn, buf[:2]); err != nil {
			return err
		}
		quickAck(conn)
		msg := buf[2 : 2+int(binary.BigEndian.Uint16(buf))]
		if _, err := io.ReadFull(conn, msg); err != nil {
			return err
		}
		quickAck(conn)
		out, reply, err := i.answer(ctx, msg)
		if err != nil {
			return err
		}
		if !reply {
			continue
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			return err
		}
	}
}

// answer handles one message; reply is false for messages without an answer.
func (i *Insertion) answer(ctx context.Context, msg []byte) (out []byte, reply bool, err error) {
	if len(msg) == 1 {
		switch msg[0] {
		case vpcdOff:
			i.card.PowerOff()
		case vpcdOn:
			i.card.PowerOn()
		case vpcdReset:
			i.card.Reset()
		case vpcdATR:
			return i.card.ATR(), true, nil
		}
		return nil, false, nil
	}
	r, release := i.card.exchange(msg)
	if r.Gone {
		if i.card.pulled() {
			return nil, false, ErrPulled
		}
		return status(swInternal), true, nil // an APDU before power: the driver's fault, not a removal
	}
	if !hang(r.Hang, release, ctx.Done()) {
		return nil, false, ctx.Err()
	}
	return r.Data, true, nil
}

// pulled says that a fault took the card out of its reader.
func (c *Card) pulled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// Remove pulls the card and returns when it is out. The reader learns of it at its
// next poll. It may be called again.
func (i *Insertion) Remove() {
	i.cancel()
	<-i.done
}

// Done is closed when the card is out of the reader, for whatever reason.
func (i *Insertion) Done() <-chan struct{} { return i.done }

// Err says why the card is out: nil before Done and after Remove, ErrPulled after a
// fault, else what became of the connection.
func (i *Insertion) Err() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.err
}

// Addr is the reader's address.
func (i *Insertion) Addr() string { return i.addr }

// Card is what lies in the reader.
func (i *Insertion) Card() *Card { return i.card }

// Swap pulls the card and inserts another one after gap. A gap below pcscd's polling
// interval is the silent swap: no event tells the host.
func (i *Insertion) Swap(ctx context.Context, other *Card, gap time.Duration) (*Insertion, error) {
	i.Remove()
	if gap > 0 {
		t := time.NewTimer(gap)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.C:
		}
	}
	return Insert(ctx, i.addr, other)
}
