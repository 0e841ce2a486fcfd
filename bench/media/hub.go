// Package media is a bench for USB media: virtual devices at virtual ports, behind the
// contract that the broker fulfils on an appliance. What decides and what drives a
// medium is the product's own code: the rules, and both workers, as goroutines.
//
//	Insert(port, device) ──► descriptors ──► rules ──► Judged
//	                                                     │ let in
//	                              station ── job ──► workers ──► model.Device
//
// A device that is neither a medium nor let in has descriptors only.
//
// Failure modes: those of the contract.
//
// What it does not do: it has no kernel, no processes and no sandbox. A bench only.
package media

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
	"sexton/usbctl/scsi"
	"sexton/usbctl/worker"
)

// speed of every virtual port.
const speed ident.Speed = "480"

// queue is how many notices a watcher may lag behind.
const queue = 1024

// Hub is the ports.
type Hub struct {
	// Before, when set, is called before each transfer with a device, the n-th since it
	// was plugged in: a hand that pulls it out there. Set it before anything is inserted.
	Before func(port string, n int)

	shipped rules.Set

	mu         sync.Mutex // guards what follows
	policy     media.Policy
	set        rules.Set
	generation uint64
	devices    map[string]*plugged
	work       map[*model.Device]*sync.Mutex // held while a device is driven or put back
	tell       chan media.Notice             // nil = nobody watches
	away       bool
}

// plugged is one device at a port.
type plugged struct {
	at      media.At
	device  *model.Device
	pipe    *model.Pipe
	parsed  desc.Device
	shown   media.Device
	problem *desc.Problem
	verdict rules.Verdict
	key     string
	expel   string
	gone    context.Context
	leave   context.CancelFunc
}

// New makes ports without devices, under the rules that ship.
func New() (*Hub, error) {
	set, err := rules.Default()
	if err != nil {
		return nil, err
	}
	return &Hub{shipped: set, set: set, devices: map[string]*plugged{}, work: map[*model.Device]*sync.Mutex{}}, nil
}

// Insert plugs a device in and gives the generation it got. Whatever was there is
// pulled out first.
func (h *Hub) Insert(port string, d *model.Device) media.At {
	h.Remove(port)
	work := h.working(d)
	work.Lock()
	d.Replug()
	work.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.generation++
	p := &plugged{at: media.At{Port: port, Generation: h.generation}, device: d, pipe: model.NewPipe(d)}
	p.gone, p.leave = context.WithCancel(context.Background())
	n := 0
	p.pipe.Slow = func(context.Context) {
		if n++; h.Before != nil {
			h.Before(port, n)
		}
	}
	var err error
	p.parsed, err = desc.Parse(d.USB.Blob())
	errors.As(err, &p.problem)
	hash := p.parsed.Hash()
	p.shown = media.Device{Speed: speed, Descriptors: d.USB.Blob(), Strings: d.USB.Strings, Hash: hex.EncodeToString(hash[:]),
		Manufacturer: text(d, p.parsed.Strings.Manufacturer), Product: text(d, p.parsed.Strings.Product), Serial: text(d, p.parsed.Strings.Serial)}
	h.devices[port] = p
	h.judge()
	return p.at
}

// working is the lock of a device, whichever port it is at.
func (h *Hub) working(d *model.Device) *sync.Mutex {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.work[d] == nil {
		h.work[d] = &sync.Mutex{}
	}
	return h.work[d]
}

// text shows a string of a device.
func text(d *model.Device, index byte) string {
	if index == 0 {
		return ""
	}
	s, err := desc.Text{Raw: d.USB.Strings[index]}.Decode()
	if err != nil {
		return desc.Show(err.Error(), 60)
	}
	return desc.Show(s, 60)
}

// Remove pulls out what is at a port, also during a job.
func (h *Hub) Remove(port string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.devices[port]
	if p == nil {
		return
	}
	delete(h.devices, port)
	p.pipe.With((*model.Device).Yank)
	p.leave()
	h.say(media.Notice{Kind: media.Removed, At: p.at, Device: p.shown})
	h.judge() // a twin that is left is one of a kind again
}

// Away makes the ports answer nothing, as when the broker has died, or lets them
// answer again.
func (h *Hub) Away(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
	if away && h.tell != nil {
		close(h.tell)
		h.tell = nil
	}
}

// say tells a notice. The caller holds mu.
func (h *Hub) say(n media.Notice) {
	if h.tell == nil {
		return
	}
	select {
	case h.tell <- n:
	default: // a watcher that sleeps is told when it looks again
	}
}

// judge decides of every device; what is decided anew is told. The caller holds mu.
func (h *Hub) judge() {
	for _, port := range h.ports() {
		p := h.devices[port]
		v, key := h.decide(p)
		if p.verdict.Rule == v.Rule && p.verdict.Action == v.Action && p.key == key {
			continue
		}
		p.verdict, p.key = v, key
		h.say(p.notice())
	}
}

func (h *Hub) ports() []string {
	var all []string
	for port := range h.devices {
		all = append(all, port)
	}
	slices.Sort(all)
	return all
}

func (h *Hub) decide(p *plugged) (rules.Verdict, string) {
	if p.expel != "" {
		return rules.Verdict{Action: rules.Reject, Rule: "station.expelled", Zh: "站点已将该设备拒之门外", En: "the station shut the device out", Detail: desc.Show(p.expel, 100)}, ""
	}
	key := ""
	strings := ident.LikenessOf(ident.Look{Device: p.parsed, Strings: p.shown.Strings}).Strings
	for _, k := range h.policy.Keys {
		if k.Descriptors[speed] == p.shown.Hash && k.Strings == strings {
			key = k.ID
		}
	}
	seen := rules.Seen{Device: p.parsed, Problem: p.problem, Port: p.at.Port, Registered: key != "", Duplicate: h.twin(p)}
	v := h.set.Decide(seen)
	if v.Action != rules.Allow {
		key = ""
	}
	return v, key
}

// twin says that another device here has the same identity.
func (h *Hub) twin(p *plugged) bool {
	for _, o := range h.devices {
		if o != p && o.shown.Hash == p.shown.Hash && p.shown.Serial != "" && o.shown.Serial == p.shown.Serial {
			return true
		}
	}
	return false
}

func (p *plugged) notice() media.Notice {
	return media.Notice{Kind: media.Judged, At: p.at, Device: p.shown, Verdict: p.verdict, Key: p.key}
}

// Watch implements media.Media.
func (h *Hub) Watch(ctx context.Context, tell func(media.Notice)) error {
	h.mu.Lock()
	if h.away {
		h.mu.Unlock()
		return media.ErrAway
	}
	ch := make(chan media.Notice, queue)
	h.tell = ch
	for _, port := range h.ports() {
		h.say(h.devices[port].notice())
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		if h.tell == ch {
			h.tell = nil
		}
		h.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case n, ok := <-ch:
			if !ok {
				return media.ErrAway
			}
			tell(n)
		}
	}
}

// Tell implements media.Media.
func (h *Hub) Tell(_ context.Context, p media.Policy) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return media.ErrAway
	}
	own, err := rules.Parse([]byte(p.Rules))
	if err != nil {
		return err
	}
	set, err := h.shipped.Before(own)
	if err != nil {
		return err
	}
	h.policy, h.set = p, set
	h.judge()
	return nil
}

// Expel implements media.Media.
func (h *Hub) Expel(_ context.Context, at media.At, reason string) error {
	p, err := h.reach(at)
	if err != nil && !errors.Is(err, media.ErrShut) {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p.expel = reason
	h.judge()
	return nil
}

// reach finds the device that is meant; with ErrShut too.
func (h *Hub) reach(at media.At) (*plugged, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.devices[at.Port]
	switch {
	case h.away:
		return nil, media.ErrAway
	case p == nil || p.at != at:
		return nil, usbctl.ErrGone
	case p.verdict.Action != rules.Allow:
		return p, media.ErrShut
	}
	return p, nil
}

// claim is a device in memory as the workers' keeper holds it.
type claim struct{ *model.Pipe }

func (c claim) Endpoint() worker.Endpoint { return worker.Endpoint{Pipe: c.Pipe} }

// do runs one job in two workers.
func (h *Hub) do(ctx context.Context, at media.At, job worker.Job, j ident.Journal) (worker.Result, media.Evidence, error) {
	p, err := h.reach(at)
	if err != nil {
		return worker.Result{}, media.Evidence{}, err
	}
	work := h.working(p.device)
	work.Lock()
	defer work.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.gone, cancel)()
	o := worker.Supervise(ctx, worker.Memory{}, worker.Task{Claim: claim{p.pipe}, Job: job, Journal: j, Lenient: true}) // goroutines have no sandbox
	var e media.Evidence
	if o.Report != nil {
		e = media.Evidence{Commands: o.Report.Commands, Transcript: o.Report.Transcript}
		for _, v := range o.Report.Broken() {
			e.Violations = append(e.Violations, media.Violation{Code: v.Code, Command: v.Number, Opcode: v.Opcode})
		}
		h.accuse(p, e.Violations)
	}
	switch {
	case p.gone.Err() != nil:
		return worker.Result{}, e, usbctl.ErrGone
	case o.Result == nil:
		return worker.Result{}, e, fmt.Errorf("cannot do %s: %w", job.Kind, errors.Join(o.Err, o.Blk, o.Fs, context.Cause(ctx)))
	}
	return *o.Result, e, o.Result.Err()
}

// accuse tells what a device did.
func (h *Hub) accuse(p *plugged, all []media.Violation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, v := range all {
		h.say(media.Notice{Kind: media.Violated, At: p.at, Device: p.shown, Key: p.key, Violation: v})
	}
}

// Portray implements media.Media.
func (h *Hub) Portray(ctx context.Context, at media.At) (scsi.Portrait, media.Evidence, error) {
	r, e, err := h.do(ctx, at, worker.Job{Kind: worker.Portray}, nil)
	if err != nil {
		return scsi.Portrait{}, e, err
	}
	return *r.Portrait, e, nil
}

var kinds = map[media.Act]worker.Kind{media.Check: worker.CanaryCheck, media.Meet: worker.CanaryMeet, media.Lay: worker.CanaryLay}

// Canary implements media.Media.
func (h *Hub) Canary(ctx context.Context, at media.At, act media.Act, c media.Canary, j ident.Journal) (ident.Verdict, media.Evidence, error) {
	r, e, err := h.do(ctx, at, worker.Job{Kind: kinds[act], Canary: &worker.CanaryJob{Secret: c.Secret, Region: c.Region, Epochs: c.Epochs}}, j)
	return r.Verdict, e, err
}

// Prove implements media.Media.
func (h *Hub) Prove(ctx context.Context, at media.At, nonce []byte, destructive bool) (media.Evidence, error) {
	r, e, err := h.do(ctx, at, worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: nonce, Destructive: destructive}}, nil)
	if err == nil && r.Fake != nil {
		err = r.Fake
	}
	return e, err
}

var _ media.Media = (*Hub)(nil)
