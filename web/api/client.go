package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"sexton/internal/fault"
)

// MaxReply bounds an answer in bytes: a full certificate fits.
const MaxReply = 256 << 20

// Client talks to one daemon. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	socket string
}

// Dial makes a client of the daemon at socket. Nothing is sent yet.
func Dial(socket string) *Client {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	return &Client{http: &http.Client{Transport: t}, socket: socket}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// unreachable is the fault of a daemon that does not answer, unless it is we who gave the request up.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.New("usage.canceled", err)
	}
	return fault.New("daemon.unreachable", err, c.socket)
}

// Call carries one operation out. When the daemon answers with a fault, the
// error is that *fault.Fault, and the result that came with it, if any, is
// returned too.
func Call[T any](ctx context.Context, c *Client, op string, req any) (T, error) {
	var zero T
	resp, err := c.post(ctx, op, req)
	if err != nil {
		return zero, err
	}
	defer resp.Body.Close()
	var reply Reply[T]
	dec := json.NewDecoder(io.LimitReader(resp.Body, MaxReply))
	if err := dec.Decode(&reply); err != nil {
		return zero, c.unreachable(ctx, fmt.Errorf("cannot read answer to %s: %w", op, err))
	}
	if reply.Result != nil {
		zero = *reply.Result
	}
	if reply.Fault != nil {
		return zero, reply.Fault
	}
	if reply.Result == nil {
		return zero, c.unreachable(ctx, fmt.Errorf("answer to %s holds neither result nor fault", op))
	}
	return zero, nil
}

func (c *Client) post(ctx context.Context, op string, req any) (*http.Response, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fault.New("usage.bad-request", err, "request")
	}
	defer clear(body) // it may hold a PIN
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sexton/v1/"+op, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New("internal.unexpected", err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if ct := resp.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") && !strings.HasPrefix(ct, "application/x-ndjson") {
		resp.Body.Close()
		return nil, c.unreachable(ctx, fmt.Errorf("%s answered %s with %q", op, resp.Status, ct))
	}
	return resp, nil
}

// Feed feeds one carrier and calls progress for every line before the last. Once the request was sent, its end without an
// outcome, because ctx ended or the daemon did, is feed.interrupted: the carrier may have been fed.
func (c *Client) Feed(ctx context.Context, req FeedRequest, progress func(Progress)) (OutcomeView, error) {
	resp, err := c.post(ctx, "batch/feed", req)
	if err != nil {
		if ctx.Err() != nil {
			return OutcomeView{}, fault.New("feed.interrupted", err)
		}
		return OutcomeView{}, err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	for {
		var line FeedLine
		if err := dec.Decode(&line); err != nil {
			return OutcomeView{}, fault.New("feed.interrupted", fmt.Errorf("cannot read feed of %s: %w", req.Carrier, err))
		}
		switch {
		case line.Fault != nil && line.Fault.Code == "usage.canceled":
			return OutcomeView{}, fault.New("feed.interrupted", line.Fault)
		case line.Fault != nil:
			return OutcomeView{}, line.Fault
		case line.Result != nil:
			return *line.Result, nil
		case line.Progress != nil && progress != nil:
			progress(*line.Progress)
		}
	}
}

// File carries out an operation that hands a file out, and writes it to w as it comes. When the daemon answers with a fault, the error is that
// *fault.Fault; what was written until then is no file.
func (c *Client) File(ctx context.Context, op string, req any, w io.Writer) (FileView, error) {
	resp, err := c.post(ctx, op, req)
	if err != nil {
		return FileView{}, err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(resp.Body)
	sum := sha256.New()
	for {
		var line FileLine
		if err := dec.Decode(&line); err != nil {
			return FileView{}, c.unreachable(ctx, fmt.Errorf("cannot read the file of %s: %w", op, err))
		}
		switch {
		case line.Fault != nil:
			return FileView{}, line.Fault
		case line.Result != nil:
			if got := hex.EncodeToString(sum.Sum(nil)); got != line.Result.SHA256 {
				return FileView{}, c.unreachable(ctx, fmt.Errorf("the file of %s hashes to %s, not %s", op, got, line.Result.SHA256))
			}
			return *line.Result, nil
		}
		sum.Write(line.Chunk)
		if _, err := w.Write(line.Chunk); err != nil {
			return FileView{}, fault.New("disk.write", err, "file")
		}
	}
}

// Events calls each for every event until ctx ends, the daemon goes, or each
// returns an error; that error is returned.
func (c *Client) Events(ctx context.Context, each func(Event) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://sexton/v1/events", nil)
	if err != nil {
		return fault.New("internal.unexpected", err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	s := bufio.NewScanner(resp.Body)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	for s.Scan() {
		data, ok := strings.CutPrefix(s.Text(), "data: ")
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return c.unreachable(ctx, fmt.Errorf("cannot read event: %w", err))
		}
		if err := each(e); err != nil {
			return err
		}
	}
	if err := s.Err(); err != nil && !errors.Is(err, context.Canceled) {
		return c.unreachable(ctx, err)
	}
	return ctx.Err()
}
