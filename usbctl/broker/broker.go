// Package broker is the privileged part of USB media: it decides what may attach and
// hands claimed interfaces to workers. It parses descriptors, and nothing else that
// comes from a device.
//
//	arrived ──► look ──► parse ──► compare with the kernel ──► rules ──► verdict
//	             raw bytes, strings twice                         │
//	                                                              ▼ allow
//	                        authorise device ──► look again ──► authorise interface
//	                                                              │
//	job ──► claim (node is this device, interface, drop) ──► two workers ──► end
//
// The order is what the kernel needs: an interface exists once its device is
// authorised, and can be claimed once it is authorised itself; only those a rule
// names are. Everything else stays dead, and whatever goes wrong shuts the device out
// again: a refusal, a contradiction, a worker that died, a station that was lost, the
// end of the broker.
//
// A device is one instance of a port, numbered by a generation. A job names the
// generation it means, and each step that acts on the bus names the instance: what
// was plugged in a moment later under the same numbers is a stranger.
//
// Two live devices with one identity (descriptors and strings) are both shut out
// until they are unplugged. A device that comes and goes too often, that broke the
// transport for good or that the station expelled stays out until it is unplugged.
//
// Failure modes: everything is told as events (package line); what Run and Apply
// refuse is a *line.Fault.
//
// What it does not do: no SCSI, no file system, no cgo, and no decision that the
// rules or the station make.
package broker

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/line"
	"sexton/usbctl/rules"
	"sexton/usbctl/worker"
)

// Ids of verdicts that no rule makes.
const (
	RuleExpelled   = "built-in.expelled"
	RuleMisbehaved = "built-in.misbehaved"
	RuleUnstable   = "built-in.unstable"
)

// stringsLimit bounds how long a device may take to tell its strings.
const stringsLimit = 3 * time.Second

// Options of a broker.
type Options struct {
	Bus     Bus
	Starter worker.Starter
	Rules   rules.Set // that ship
	Tell    func(line.Event)
	Lenient bool // workers without sandbox are taken: benches and tests
}

// Broker knows every device that is there. It is safe for concurrent use.
type Broker struct {
	opts Options

	mu      sync.Mutex // guards what follows, and orders what is done to the bus
	devices map[string]*device
	set     rules.Set
	keys    []line.Key
	closed  bool
	jobs    sync.WaitGroup
}

// device is one instance of a port.
type device struct {
	sight      Sight
	generation uint64
	parsed     desc.Device
	problem    *desc.Problem
	differs    []string
	strings    map[byte][]byte
	identity   string // descriptors and strings; "" = it has none that can be compared
	storm      bool
	out        *line.Verdict // why it stays out until it is unplugged; nil = rules decide
	verdict    line.Verdict
	stop       context.CancelCauseFunc // ends its job; nil = none runs
}

var _ line.Broker = (*Broker)(nil)

// New makes a broker that lets nobody in: there is no policy yet.
func New(o Options) *Broker {
	return &Broker{opts: o, devices: map[string]*device{}, set: o.Rules}
}

func (b *Broker) tell(d *device, e line.Event) {
	e.Port, e.Generation = d.sight.Port, d.generation
	b.opts.Tell(e)
}

// Arrived is told of a device that came, and judges it.
func (b *Broker) Arrived(ctx context.Context, port string, generation uint64, storm bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if old := b.devices[port]; old != nil {
		b.forget(old, "another device took its place")
	}
	d := &device{generation: generation, storm: storm, sight: Sight{Port: port}}
	if err := b.study(ctx, d); err != nil {
		// It left at once, or cannot be read; it is not authorised, and a scan will see it again.
		b.tell(d, line.Event{Kind: line.Troubled, Detail: describe(err)})
		return
	}
	b.devices[port] = d
	b.present(d)
	b.twins(d)
	b.judge(ctx, d)
}

// study reads what a device shows, and shuts it out if somebody let it in before.
func (b *Broker) study(ctx context.Context, d *device) error {
	s, err := b.opts.Bus.Look(d.sight.Port)
	if err != nil {
		return err
	}
	d.sight = s
	if s.Authorised {
		if err := b.opts.Bus.Authorise(s, false); err != nil {
			return err
		}
		if s, err = b.opts.Bus.Look(s.Port); err != nil {
			return err
		}
		if !d.sight.same(s) || s.Authorised {
			return fmt.Errorf("cannot shut out what was let in before: %w", usbctl.ErrGone)
		}
		d.sight = s
	}
	d.parsed, err = desc.Parse(s.Raw)
	if err != nil {
		if !errors.As(err, &d.problem) {
			return err
		}
		return nil
	}
	d.differs = d.parsed.Differs(s.View)
	return b.readStrings(ctx, d)
}

// readStrings reads the strings twice: a device that tells two things is refused.
func (b *Broker) readStrings(ctx context.Context, d *device) error {
	x := d.parsed.Strings
	indexes := slices.DeleteFunc([]byte{x.Manufacturer, x.Product, x.Serial}, func(i byte) bool { return i == 0 })
	slices.Sort(indexes)
	indexes = slices.Compact(indexes)
	run, cancel := context.WithTimeout(ctx, stringsLimit)
	defer cancel()
	first, err := b.opts.Bus.Strings(run, d.sight, indexes)
	var again map[byte][]byte
	if err == nil {
		again, err = b.opts.Bus.Strings(run, d.sight, indexes)
	}
	if errors.Is(err, usbctl.ErrGone) {
		return err
	}
	if err != nil {
		d.differs = append(d.differs, "it does not tell the strings it names: "+describe(err))
		return nil
	}
	d.strings = first
	for _, i := range indexes {
		if string(first[i]) != string(again[i]) {
			d.differs = append(d.differs, fmt.Sprintf("string %d differs when it is read twice", i))
		}
		if _, err := (desc.Text{Raw: first[i]}).Decode(); err != nil {
			d.differs = append(d.differs, fmt.Sprintf("string %d: %v", i, err))
		}
	}
	h := d.parsed.Hash()
	d.identity = hex.EncodeToString(h[:]) + likeness(d).Strings
	return nil
}

func likeness(d *device) ident.Likeness {
	return ident.LikenessOf(ident.Look{Speed: d.sight.Speed, Device: d.parsed, Strings: d.strings})
}

// present tells that a device is there.
func (b *Broker) present(d *device) {
	h := d.parsed.Hash()
	v := &line.Device{Bus: d.sight.Bus, Number: d.sight.Dev, Speed: d.sight.Speed, Descriptors: d.sight.Raw, Hash: hex.EncodeToString(h[:]), Strings: d.strings}
	show := func(i byte) string {
		if i == 0 {
			return ""
		}
		s, err := desc.Text{Raw: d.strings[i]}.Decode()
		if err != nil {
			return ""
		}
		return desc.Show(s, 64)
	}
	v.Manufacturer, v.Product, v.Serial = show(d.parsed.Strings.Manufacturer), show(d.parsed.Strings.Product), show(d.parsed.Strings.Serial)
	if d.problem != nil {
		v.Hash = ""
	}
	b.tell(d, line.Event{Kind: line.Attached, Device: v})
}

// Present implements line.Broker.
func (b *Broker) Present() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, port := range slices.Sorted(maps.Keys(b.devices)) {
		d := b.devices[port]
		v := d.verdict
		b.present(d)
		b.tell(d, line.Event{Kind: line.Judged, Verdict: &v})
	}
}

// Gone is told of a device that left.
func (b *Broker) Gone(port string, generation uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.devices[port]; d != nil && d.generation == generation {
		b.forget(d, "")
	}
}

// forget ends what runs on a device that is not there any more.
func (b *Broker) forget(d *device, why string) {
	if d.stop != nil {
		d.stop(usbctl.ErrGone)
	}
	delete(b.devices, d.sight.Port)
	b.tell(d, line.Event{Kind: line.Removed, Detail: why})
}

// Apply implements line.Broker.
func (b *Broker) Apply(p line.Policy) error {
	own, err := rules.Parse([]byte(p.Rules))
	if err != nil {
		return line.Faultf(line.CodeRequest, "%v", err)
	}
	set, err := b.opts.Rules.Before(own)
	if err != nil {
		return line.Faultf(line.CodeRequest, "%v", err)
	}
	for _, k := range p.Keys {
		if k.ID == "" || len(k.Descriptors) == 0 || k.Strings == "" {
			return line.Faultf(line.CodeRequest, "cannot recognise key %q: it has no id, descriptors or strings", k.ID)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.set, b.keys = set, p.Keys
	b.judgeAll()
	return nil
}

// judgeAll judges every device again, and tells of those for which it changed.
func (b *Broker) judgeAll() {
	for _, port := range slices.Sorted(maps.Keys(b.devices)) {
		b.judge(context.Background(), b.devices[port])
	}
}

// Expel implements line.Broker.
func (b *Broker) Expel(x line.Expulsion) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, err := b.find(x.Port, x.Generation)
	if err != nil {
		return err
	}
	b.banish(d, line.Verdict{Action: rules.Reject, Rule: RuleExpelled, Zh: "本站已停用该设备", En: "shut out by the station", Detail: desc.Show(x.Reason, 200)})
	return nil
}

// Lose implements line.Broker: without a station nobody is known.
func (b *Broker) Lose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keys, b.set = nil, b.opts.Rules
	b.judgeAll()
}

// Close shuts every device out and waits for the jobs to end.
func (b *Broker) Close() error {
	b.mu.Lock()
	b.closed = true
	var all error
	for _, d := range b.devices {
		all = errors.Join(all, b.shut(d))
	}
	clear(b.devices)
	b.mu.Unlock()
	b.jobs.Wait()
	return all
}

func (b *Broker) find(port string, generation uint64) (*device, error) {
	d := b.devices[port]
	if d == nil || d.generation != generation {
		return nil, line.Faultf(line.CodeGone, "the device at port %s is not there any more", desc.Show(port, 64))
	}
	return d, nil
}

// describe makes an error fit to be told: its text may come from a device.
func describe(err error) string {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, usbctl.ErrGone) {
		return "it is gone"
	}
	return desc.Show(err.Error(), 300)
}
