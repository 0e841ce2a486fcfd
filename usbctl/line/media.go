package line

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	"sexton/usbctl/rules"
	"sexton/usbctl/scsi"
	"sexton/usbctl/worker"
)

// Media is a broker behind its socket, as the station's contract has it (package
// media). It is connected while a Watch lasts, and away otherwise. Notices count as
// on record when Watch's tell has returned.
type Media struct {
	dial func(context.Context) (*Client, error)

	mu     sync.Mutex // guards client
	client *Client
}

// NewMedia reaches the broker at the socket path.
func NewMedia(path string) *Media {
	return &Media{dial: func(ctx context.Context) (*Client, error) { return Dial(ctx, path) }}
}

var _ media.Media = (*Media)(nil)

// Limits of jobs whose context has no deadline.
const (
	portrayLimit  = time.Minute
	canaryLimit   = 2 * time.Minute
	capacityLimit = 10 * time.Minute
)

// Watch implements media.Media.
func (m *Media) Watch(ctx context.Context, tell func(media.Notice)) error {
	c, err := m.dial(ctx)
	if err != nil {
		return errors.Join(media.ErrAway, err)
	}
	m.mu.Lock()
	other := m.client != nil
	if !other {
		m.client = c
	}
	m.mu.Unlock()
	if other {
		return errors.Join(errors.New("cannot watch twice"), c.Close())
	}
	defer func() {
		m.mu.Lock()
		m.client = nil
		m.mu.Unlock()
		c.Close()
	}()
	seen := map[media.At]media.Device{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, open := <-c.Events():
			if !open {
				return errors.Join(media.ErrAway, c.Err())
			}
			if n, ok := notice(e, seen); ok {
				tell(n)
			}
			if err := c.Told(e.Seq); err != nil {
				return errors.Join(media.ErrAway, err)
			}
		}
	}
}

// notice is an event in the station's words. seen are the devices that were
// attached.
func notice(e Event, seen map[media.At]media.Device) (media.Notice, bool) {
	at := media.At{Port: e.Port, Generation: e.Generation}
	n := media.Notice{At: at, Device: seen[at]}
	switch {
	case e.Kind == Attached && e.Device != nil:
		d := e.Device
		seen[at] = media.Device{Speed: d.Speed, Descriptors: d.Descriptors, Strings: d.Strings, Hash: d.Hash, Manufacturer: d.Manufacturer, Product: d.Product, Serial: d.Serial}
		return n, false
	case e.Kind == Judged && e.Verdict != nil:
		v := e.Verdict
		n.Kind, n.Key = media.Judged, v.Key
		n.Verdict = rules.Verdict{Action: v.Action, Rule: v.Rule, Zh: v.Zh, En: v.En, Detail: v.Detail}
		for _, i := range v.Interfaces {
			n.Verdict.Interfaces = append(n.Verdict.Interfaces, byte(i))
		}
	case e.Kind == Removed:
		n.Kind = media.Removed
		delete(seen, at)
	case e.Kind == Violated && e.Violation != nil:
		n.Kind, n.Violation = media.Violated, violation(*e.Violation)
	case e.Kind == Forgotten:
		n.Kind, n.Count = media.Lost, e.Count
	default:
		return n, false
	}
	return n, true
}

func violation(v worker.Violation) media.Violation {
	return media.Violation{Code: v.Code, Command: v.Number, Opcode: v.Opcode}
}

// now is the connection.
func (m *Media) now() (*Client, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.client == nil {
		return nil, media.ErrAway
	}
	return m.client, nil
}

// known gives a refusal of the broker its type in the contract.
func known(err error) error {
	var f *Fault
	switch {
	case errors.As(err, &f) && f.Code == CodeGone:
		return fmt.Errorf("%w: %w", usbctl.ErrGone, err)
	case errors.As(err, &f) && f.Code == CodeShut:
		return fmt.Errorf("%w: %w", media.ErrShut, err)
	case errors.Is(err, ErrLost):
		return fmt.Errorf("%w: %w", media.ErrAway, err)
	}
	return err
}

// Tell implements media.Media.
func (m *Media) Tell(ctx context.Context, p media.Policy) error {
	c, err := m.now()
	if err != nil {
		return err
	}
	out := Policy{Keys: []Key{}, Rules: p.Rules}
	for _, k := range p.Keys {
		out.Keys = append(out.Keys, Key(k))
	}
	return known(c.Policy(ctx, out))
}

// Expel implements media.Media.
func (m *Media) Expel(ctx context.Context, at media.At, reason string) error {
	c, err := m.now()
	if err != nil {
		return err
	}
	return known(c.Expel(ctx, Expulsion{Port: at.Port, Generation: at.Generation, Reason: reason}))
}

// do runs one job, within the context's deadline or limit.
func (m *Media) do(ctx context.Context, at media.At, job worker.Job, j ident.Journal, limit time.Duration) (worker.Result, media.Evidence, error) {
	c, err := m.now()
	if err != nil {
		return worker.Result{}, media.Evidence{}, err
	}
	if until, has := ctx.Deadline(); has {
		limit = time.Until(until)
	}
	seconds := max(1, int((limit+time.Second-1)/time.Second))
	a, err := c.Run(ctx, Request{Port: at.Port, Generation: at.Generation, Job: job, LimitS: seconds}, j)
	if err != nil {
		return worker.Result{}, media.Evidence{}, known(err)
	}
	var e media.Evidence
	if a.Report != nil {
		e.Commands, e.Transcript = a.Report.Commands, a.Report.Transcript
		for _, v := range a.Report.Violations {
			e.Violations = append(e.Violations, violation(v))
		}
	}
	switch {
	case a.Result != nil:
		return *a.Result, e, a.Result.Err()
	case a.Report != nil && a.Report.Over() != nil:
		return worker.Result{}, e, a.Report.Over()
	}
	return worker.Result{}, e, fmt.Errorf("cannot finish the job: %s", a.Detail)
}

// Portray implements media.Media.
func (m *Media) Portray(ctx context.Context, at media.At) (scsi.Portrait, media.Evidence, error) {
	r, e, err := m.do(ctx, at, worker.Job{Kind: worker.Portray}, nil, portrayLimit)
	if err != nil || r.Portrait == nil {
		return scsi.Portrait{}, e, err
	}
	return *r.Portrait, e, nil
}

// kinds of jobs by what is done about a canary.
var kinds = map[media.Act]worker.Kind{media.Check: worker.CanaryCheck, media.Meet: worker.CanaryMeet, media.Lay: worker.CanaryLay}

// Canary implements media.Media.
func (m *Media) Canary(ctx context.Context, at media.At, act media.Act, c media.Canary, j ident.Journal) (ident.Verdict, media.Evidence, error) {
	job := worker.Job{Kind: kinds[act], Canary: &worker.CanaryJob{Secret: c.Secret, Region: c.Region, Epochs: c.Epochs}}
	r, e, err := m.do(ctx, at, job, j, canaryLimit)
	return r.Verdict, e, err
}

// Prove implements media.Media.
func (m *Media) Prove(ctx context.Context, at media.At, nonce []byte, destructive bool) (media.Evidence, error) {
	r, e, err := m.do(ctx, at, worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: nonce, Destructive: destructive}}, nil, capacityLimit)
	switch {
	case err != nil:
		return e, err
	case r.Fake != nil:
		return e, r.Fake
	case !r.Proven:
		return e, errors.New("cannot tell whether the blocks exist")
	}
	return e, nil
}
