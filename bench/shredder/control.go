package shredder

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// maxLine bounds one request, maxAnswer one answer on the control socket.
const (
	maxLine    = 64 << 10
	maxAnswer  = 1 << 20
	maxWatcher = 16 // connections at once
)

// control serves hands on a unix socket: one JSON request a line, one JSON answer a line.
type control struct {
	ln   net.Listener
	h    *Hands
	log  *slog.Logger
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func listenControl(ctx context.Context, path string, h *Hands, log *slog.Logger) (*control, error) {
	if err := dropStale(ctx, path); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = ln.Close()
		return nil, fmt.Errorf("cannot guard the control socket: %w", err)
	}
	c := &control{ln: ln, h: h, log: log}
	ctx, c.stop = context.WithCancel(ctx)
	c.wg.Add(2)
	go func() {
		defer c.wg.Done()
		<-ctx.Done()
		_ = ln.Close()
	}()
	go c.accept(ctx)
	return c, nil
}

// dropStale removes a socket that nobody serves any more. A served one, or a file that is no socket, stays and is an error.
func dropStale(ctx context.Context, path string) error {
	fi, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot look at the control socket: %w", err)
	}
	if fi.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("cannot use %s as control socket: it is something else", path)
	}
	var d net.Dialer
	if c, err := d.DialContext(ctx, "unix", path); err == nil {
		_ = c.Close()
		return fmt.Errorf("cannot use %s as control socket: another bench serves it", path)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("cannot remove the old control socket: %w", err)
	}
	return nil
}

// Close ends all connections and waits.
func (c *control) Close() error {
	c.stop()
	c.wg.Wait()
	return nil
}

func (c *control) accept(ctx context.Context) {
	defer c.wg.Done()
	slots := make(chan struct{}, maxWatcher)
	for {
		conn, err := c.ln.Accept()
		if err != nil {
			if ctx.Err() == nil {
				c.log.WarnContext(ctx, "control socket lost", "err", err)
			}
			return
		}
		select {
		case slots <- struct{}{}:
		default:
			_ = conn.Close()
			continue
		}
		c.wg.Add(1)
		go func() {
			defer c.wg.Done()
			defer func() { <-slots }()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			defer func() { _ = conn.Close() }()
			c.serve(ctx, conn)
		}()
	}
}

// serve answers lines until the other side leaves or a line is too long.
func (c *control) serve(ctx context.Context, conn net.Conn) {
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 4096), maxLine)
	out := json.NewEncoder(conn)
	for in.Scan() {
		var r Request
		resp := Response{}
		if err := strict(in.Bytes(), &r); err != nil {
			resp.Error = "cannot read the request: " + err.Error()
		} else if resp, err = c.h.do(ctx, r); err != nil {
			resp.Error = err.Error()
		}
		_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if err := out.Encode(resp); err != nil {
			return
		}
	}
}

// DialHands connects to the control socket of a bench in another process. Requests of one Hands go one after the other.
func DialHands(ctx context.Context, path string) (*Hands, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the bench shredder: %w", err)
	}
	r := &remote{conn: conn, in: bufio.NewScanner(conn)}
	r.in.Buffer(make([]byte, 4096), maxAnswer)
	return &Hands{do: r.do, close: conn.Close}, nil
}

type remote struct {
	mu   sync.Mutex // one request at a time
	conn net.Conn
	in   *bufio.Scanner
	err  error // the connection is out of step for good
}

func (r *remote) do(ctx context.Context, req Request) (resp Response, err error) {
	line, err := json.Marshal(req)
	if err != nil {
		return Response{}, fmt.Errorf("cannot encode the request: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return Response{}, r.err
	}
	defer func() {
		if err != nil {
			r.err = fmt.Errorf("cannot speak to the bench shredder: %w", err)
			_ = r.conn.Close()
			err = r.err
		}
	}()
	if err := r.conn.SetDeadline(time.Time{}); err != nil {
		return Response{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = r.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := r.conn.Write(append(line, '\n')); err != nil {
		return Response{}, err
	}
	if !r.in.Scan() {
		if err := r.in.Err(); err != nil {
			return Response{}, errors.Join(err, ctx.Err())
		}
		return Response{}, errors.New("closed by the bench")
	}
	if err := strict(r.in.Bytes(), &resp); err != nil {
		return Response{}, err
	}
	return resp, nil
}
