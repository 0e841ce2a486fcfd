package shredder

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"sync"
	"time"

	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
	"sexton/bench/shredder/server"
	fw "sexton/firmware-iface"
)

// Config of a bench shredder. The zero value of each field means the default in brackets.
type Config struct {
	Listen    string          // address of the register server [127.0.0.1:0]
	TLS       *tls.Config     // server side; see Certs.ServerTLS. Exactly one of TLS and Plain.
	Plain     bool            // serve without TLS: every client is an operator
	Control   string          // path of the hands' unix socket [none]
	Pace      float64         // machine time per real time, 0.01 to 1000 [1]
	Seed      uint64          // of physics
	Serial    string          // serial number of the machine [SB-4000-0001]
	Plan      Plan            // what goes wrong
	Plant     *physics.Params // the machine [physics.DefaultParams]
	MaxWindow time.Duration   // longest permission [30 min]
	Handshake time.Duration   // deadline of a TLS handshake [3 s]
	Latched   bool            // leave the machine as after the return of supply: reset is needed first
	Log       *slog.Logger    // [discard]
}

func (c *Config) defaults() error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Pace == 0 {
		c.Pace = 1
	}
	if c.Serial == "" {
		c.Serial = "SB-4000-0001"
	}
	if c.Plant == nil {
		p := physics.DefaultParams()
		c.Plant = &p
	}
	if c.MaxWindow == 0 {
		c.MaxWindow = 30 * time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case (c.TLS == nil) != c.Plain:
		return errors.New("cannot start the bench shredder: want either TLS or, said explicitly, plain")
	case math.IsNaN(c.Pace) || c.Pace < 0.01 || c.Pace > 1000:
		return fmt.Errorf("cannot start the bench shredder: pace %v", c.Pace)
	case c.MaxWindow < time.Second || c.MaxWindow > 24*time.Hour:
		return fmt.Errorf("cannot start the bench shredder: longest permission %v", c.MaxWindow)
	}
	for i, f := range c.Plan.Faults {
		if err := f.Check(); err != nil {
			return fmt.Errorf("cannot start the bench shredder: fault %d: %w", i+1, err)
		}
	}
	return nil
}

// Bench is a running virtual shredder. Close ends it and waits for all its goroutines.
type Bench struct {
	cfg     Config
	srv     *server.Server
	control *control
	addr    string
	stop    context.CancelFunc
	wg      sync.WaitGroup

	mu     sync.Mutex // guards all below
	m      *program.Machine
	bootAt time.Time // uptime counts from here
	epoch  time.Time // machine time counts from here ..
	steps  uint64    // .. in steps taken since
	cache  []uint16  // the last picture
	cached time.Time
	before []uint16 // the picture before it, for torn ones
	torn   int
	held   time.Time // hang ends then; zero with hung: until resumed
	hung   bool
	back   time.Time // supply returns then; zero: by hand
	plan   []Fault   // faults not yet due
}

// Start runs a bench shredder until ctx ends or Close is called.
func Start(ctx context.Context, cfg Config) (*Bench, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	sum, err := programSum()
	if err != nil {
		return nil, err
	}
	b := &Bench{cfg: cfg, plan: append([]Fault(nil), cfg.Plan.Faults...)}
	b.m = program.New(program.Config{Plant: *cfg.Plant, Seed: cfg.Seed, Identity: identity(cfg, sum)})
	ln, err := server.Listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	b.addr = ln.Addr().String()
	ctx, b.stop = context.WithCancel(ctx)
	now := time.Now()
	b.boot(now)
	b.epoch = now
	b.step(now)
	if !cfg.Latched {
		if err := b.m.Reset(); err != nil { // whoever switched it on pressed reset
			b.stop()
			_ = ln.Close()
			return nil, err
		}
	}
	b.mu.Lock() // nobody is served before the first faults are played
	b.srv = server.Start(ctx, ln, server.Config{Device: device{b}, TLS: cfg.TLS, Handshake: cfg.Handshake, Log: cfg.Log})
	b.due(now)
	b.mu.Unlock()
	if cfg.Control != "" {
		if b.control, err = listenControl(ctx, cfg.Control, b.Hands(), cfg.Log); err != nil {
			b.stop()
			_ = b.srv.Close()
			return nil, err
		}
	}
	b.wg.Add(1)
	go b.run(ctx)
	cfg.Log.InfoContext(ctx, "bench shredder runs", "addr", b.addr, "serial", cfg.Serial, "pace", cfg.Pace, "plain", cfg.Plain)
	return b, nil
}

// Serve runs a bench shredder until ctx ends; ready, if not nil, is told once it answers. It is the whole of the process
// `sexton-bench shredder`.
func Serve(ctx context.Context, cfg Config, ready func(*Bench)) error {
	b, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	if ready != nil {
		ready(b)
	}
	<-ctx.Done()
	return b.Close()
}

// Addr is where the registers are served, host:port.
func (b *Bench) Addr() string { return b.addr }

// Serial number of the machine.
func (b *Bench) Serial() string { return b.cfg.Serial }

// Close ends the bench and waits.
func (b *Bench) Close() error {
	b.stop()
	b.wg.Wait()
	err := b.srv.Close()
	if b.control != nil {
		err = errors.Join(err, b.control.Close())
	}
	return err
}

// identity of the virtual machine. Levels are claims like those of a fine media shredder; it takes no film.
func identity(cfg Config, sum [32]byte) fw.IdentityBlock {
	levels := uint32(0)
	for i, l := range []uint32{7, 0, 6, 6, 5, 6} { // P F O T H E
		levels |= l << (4 * i)
	}
	return fw.IdentityBlock{
		Caps: fw.CapsAll, RatedW: uint32(cfg.Plant.RatedW), RatedMA: uint32(cfg.Plant.RatedA * 1000),
		MaxWindowMS: uint32(cfg.MaxWindow.Milliseconds()), RunDownMS: 4500, Levels: levels,
		Manufacturer: "Sexton Bench", Model: "Virtual 4000", Serial: cfg.Serial, ProgramVersion: "1.0", ProgramSum: sum,
	}
}

// programSum is the SHA-256 of the program that runs: this executable.
var programSum = sync.OnceValues(func() (sum [32]byte, err error) {
	path, err := os.Executable()
	if err != nil {
		return sum, fmt.Errorf("cannot find the running program: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return sum, fmt.Errorf("cannot open the running program: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, fmt.Errorf("cannot read the running program: %w", err)
	}
	h.Sum(sum[:0])
	return sum, nil
})

// tick is how often machine time is brought up to real time.
const tick = 5 * time.Millisecond

// run is the clock of the machine.
func (b *Bench) run(ctx context.Context) {
	defer b.wg.Done()
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		b.mu.Lock()
		b.advance(time.Now())
		b.mu.Unlock()
	}
}

// budget is the longest that one call of advance computes, and backlog the real time it makes up for at most: what is left
// then is dropped, and machine time falls behind.
const (
	budget  = 3 * time.Millisecond
	backlog = time.Second
)

// advance takes the steps that real time asks for. b.mu is held.
func (b *Bench) advance(now time.Time) {
	most := uint64(b.cfg.Pace*backlog.Seconds()*100) + 2
	for i := range min(b.owed(now), most) {
		b.step(now)
		if i%32 == 31 && time.Since(now) > budget {
			break
		}
	}
	if b.owed(now) > 0 {
		b.epoch, b.steps = now, 0
	}
	if b.hung && !b.held.IsZero() && !now.Before(b.held) {
		b.resume()
	}
	if !b.m.On() && !b.back.IsZero() && !now.Before(b.back) {
		b.powerOn(now)
	}
}

func (b *Bench) owed(now time.Time) uint64 {
	want := now.Sub(b.epoch).Seconds() * 100 * b.cfg.Pace
	if want <= float64(b.steps) {
		return 0
	}
	return uint64(want) - min(b.steps, uint64(want))
}

// step advances the machine by 10 ms of its time and plays what falls due.
func (b *Bench) step(now time.Time) {
	b.m.Step(b.uptime(now))
	b.steps++
	if b.srv != nil && len(b.plan) > 0 {
		b.due(now)
	}
}

func (b *Bench) uptime(now time.Time) uint64 { return uint64(max(0, now.Sub(b.bootAt).Milliseconds())) }

// due plays the faults whose item the machine has taken. b.mu is held.
func (b *Bench) due(now time.Time) {
	latest := int(b.m.Plant().Latest())
	rest := b.plan[:0]
	var play []Fault
	for _, f := range b.plan {
		if faultKinds[f.Do].physical || f.Item > latest {
			rest = append(rest, f)
		} else {
			play = append(play, f)
		}
	}
	b.plan = rest
	for _, f := range play {
		b.play(f, now)
	}
}

// play makes one fault happen. b.mu is held.
func (b *Bench) play(f Fault, now time.Time) {
	b.cfg.Log.InfoContext(context.Background(), "fault played", "do", f.Do, "item", f.Item)
	switch f.Do {
	case FaultHang:
		b.hang(now.Add(f.wait()))
	case FaultDropAnswer:
		b.srv.DropNextAnswer()
	case FaultLateAnswer:
		b.srv.DelayNextAnswer(f.wait())
	case FaultTorn:
		b.torn += max(f.Count, 1)
	case FaultBackwards:
		b.m.FallBack()
	case FaultReboot:
		b.powerOff()
		b.powerOn(now)
	case FaultCutLink:
		b.srv.Cut()
	case FaultPowerLoss:
		b.powerOff()
		if f.MS > 0 {
			b.back = now.Add(f.wait())
		}
	case FaultEStop:
		b.m.SetEStop(true)
	case FaultGuard:
		_ = b.m.OpenGuard(true) // forced: cannot fail
	case FaultLocal:
		b.m.SetKey(false)
	case FaultBinMissing:
		b.m.Plant().RemoveBin()
	case FaultPhaseLost:
		b.m.Plant().SetPhases(false)
	}
}

func (b *Bench) hang(until time.Time) {
	b.hung, b.held = true, until
	b.srv.Hold()
}

func (b *Bench) resume() {
	b.hung, b.held = false, time.Time{}
	b.srv.Resume()
}

func (b *Bench) powerOff() {
	b.m.PowerOff()
	b.back = time.Time{}
	b.resume() // a hang does not outlive the supply
	b.srv.SetDead(true)
}

func (b *Bench) powerOn(now time.Time) {
	b.boot(now)
	b.back = time.Time{}
	b.srv.SetDead(false)
}

// boot starts the controller with a new random identifier.
func (b *Bench) boot(now time.Time) {
	var raw [4]byte
	id := uint32(0)
	for id == 0 || id == b.m.BootID() {
		_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
		id = binary.BigEndian.Uint32(raw[:])
	}
	b.bootAt, b.cache, b.before = now, nil, nil
	b.m.Boot(id)
}
