package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sexton/bench/card"
	"sexton/bench/pcscd"
	"sexton/bench/shredder"
	"sexton/web/api"
)

// rig is a whole virtual station: every part a process of its own that speaks
// its real protocol.
//
//	sexton ──unix socket── sextond ──PC/SC── pcscd ──vpcd── cards (this process)
//	                          └─────Modbus/TCP Security──── sexton-bench shredder ──hands── this process
type rig struct {
	dir, bin string
	pcsc     *pcscd.Daemon
	ca       *card.CA
	slots    []*card.Insertion // by reader
	machine  *child
	addr     readyLine
	hands    *shredder.Hands
	daemon   *child
	client   *api.Client
	clock    string // file that tells the station the time; "" = the host's
	zone     string // of the station and its clients; "" = the host's
}

// rigOptions say what the station is like.
type rigOptions struct {
	plan    shredder.Plan
	pace    float64   // of the shredder's physics
	readers int       // 0 = 2
	origin  string    // name of the station in the bench's domain; "" = station-1
	from    time.Time // when its clock begins; zero = the host's clock
}

// child is one process of the rig.
type child struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  *os.File
}

func (r *rig) path(parts ...string) string {
	return filepath.Join(append([]string{r.dir}, parts...)...)
}
func (r *rig) socket() string  { return r.path("station", "sexton.sock") }
func (r *rig) config() string  { return r.path("station", "sextond.toml") }
func (r *rig) anchors() string { return r.path("station", "anchors.pem") }

// newRig makes cards' authority, PC/SC daemon and shredder under dir.
// bin is the directory of the programs.
func newRig(ctx context.Context, dir, bin string, o rigOptions) (_ *rig, err error) {
	r := &rig{dir: dir, bin: bin}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	for _, p := range []string{"sextond", "sexton", "sexton-inspect", "sexton-bench"} {
		if _, err := os.Stat(filepath.Join(r.bin, p)); err != nil {
			return nil, fmt.Errorf("cannot find %s in %s: build all programs into one directory", p, r.bin)
		}
	}
	if err := os.MkdirAll(r.path("station"), 0o700); err != nil {
		return nil, fmt.Errorf("cannot make bench directory: %w", err)
	}
	ca := card.CAOptions{}
	if !o.from.IsZero() {
		r.clock, r.zone, ca.NotBefore = r.path("station", "clock"), benchZone, o.from.AddDate(0, 0, -1)
		if err := r.setClock(o.from); err != nil {
			return nil, err
		}
	}
	if r.ca, err = card.NewCA("Sexton Bench Card CA", ca); err != nil {
		return nil, err
	}
	if err := os.WriteFile(r.anchors(), r.ca.PEM(), 0o644); err != nil {
		return nil, fmt.Errorf("cannot write anchors: %w", err)
	}
	if r.pcsc, err = pcscd.Start(ctx, pcscd.Options{Readers: o.readers}); err != nil {
		return nil, err
	}
	r.slots = make([]*card.Insertion, len(r.pcsc.Readers))
	if err := r.startMachine(ctx, o.plan, o.pace); err != nil {
		return nil, err
	}
	if err := r.writeConfig(cmp.Or(o.origin, "station-1")); err != nil {
		return nil, err
	}
	return r, nil
}

// benchZone is where the invented bureau stands.
const benchZone = "Asia/Shanghai"

// setClock tells the station the time.
func (r *rig) setClock(t time.Time) error {
	next := r.clock + ".next" // the daemon reads a whole file or the old one
	if err := os.WriteFile(next, []byte(t.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return fmt.Errorf("cannot set the bench's clock: %w", err)
	}
	if err := os.Rename(next, r.clock); err != nil {
		return fmt.Errorf("cannot set the bench's clock: %w", err)
	}
	return nil
}

// env is the environment of the station and its clients.
func (r *rig) env() []string {
	if r.zone == "" {
		return nil // that of this process
	}
	return append(os.Environ(), "TZ="+r.zone)
}

func (r *rig) startMachine(ctx context.Context, plan shredder.Plan, pace float64) error {
	b, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("cannot write fault plan: %w", err)
	}
	if err := os.WriteFile(r.path("plan.json"), b, 0o644); err != nil {
		return fmt.Errorf("cannot write fault plan: %w", err)
	}
	control := r.path("hands.sock")
	args := []string{"shredder", "--control", control, "--certs", r.path("machine"), "--fault-plan", r.path("plan.json"), "--pace", fmt.Sprint(pace), "--verbose"}
	out, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot start shredder: %w", err)
	}
	defer out.Close()
	r.machine, err = r.start("shredder", w, filepath.Join(r.bin, "sexton-bench"), args...)
	w.Close()
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("cannot start shredder: it ended before it was ready: %s", r.machine.tail())
	}
	if err := json.Unmarshal(line, &r.addr); err != nil {
		return fmt.Errorf("cannot start shredder: %w", err)
	}
	r.hands, err = shredder.DialHands(ctx, control)
	return err
}

// writeConfig writes sextond's configuration.
func (r *rig) writeConfig(station string) error {
	m := r.path("machine")
	certs, err := shredder.WriteCerts(m, shredder.CertOptions{})
	if err != nil {
		return err
	}
	clock := ""
	if r.clock != "" {
		clock = fmt.Sprintf("bench_clock = %q\n", filepath.Base(r.clock))
	}
	text := fmt.Sprintf(`# Made by sexton-bench: a virtual station.
origin = "bench.sexton.invalid/%s"
unit   = "云泽市财政局（演练）"
bench  = true
%sledger = "ledger"
keys   = "keys"
socket = "sexton.sock"

[cards]
anchors = "anchors.pem"
pcsc    = %q
timeout = "5s"

[machine]
address     = %q
server_name = "localhost"
ca          = %q
certificate = %q
key         = %q
pin         = %q
serial      = %q
poll        = "50ms"

[times]
seal       = "8h"
permission = "10m"
feed       = "20s"
settle     = "30s"
`, station, clock, r.pcsc.Socket(), r.addr.Addr, certs.CA, certs.Operator, certs.OperatorKey, r.addr.Pin, r.addr.Serial)
	if err := os.WriteFile(r.config(), []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write configuration: %w", err)
	}
	return nil
}

// start runs one program with its standard error in a log file.
func (r *rig) start(name string, stdout io.Writer, program string, args ...string) (*child, error) {
	log, err := os.OpenFile(r.path(name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = stdout, log, r.env()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		log.Close()
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	c := &child{cmd: cmd, done: make(chan struct{}), log: log}
	go func() { // ends with the process
		_ = cmd.Wait()
		log.Close()
		close(c.done)
	}()
	return c, nil
}

// tail returns the end of the process's log.
func (c *child) tail() string {
	b, err := os.ReadFile(c.log.Name())
	if err != nil {
		return err.Error()
	}
	if len(b) > 2000 {
		b = b[len(b)-2000:]
	}
	return strings.TrimSpace(string(b))
}

// stop asks the process to end and waits; after grace it is killed.
func (c *child) stop(grace time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(grace):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// initStation creates the ledger and starts the daemon.
func (r *rig) initStation(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.bin, "sextond"), "init", "--config", r.config())
	cmd.Env = r.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cannot create the station: %s", bytes.TrimSpace(out))
	}
	return string(out), r.startDaemon(ctx)
}

// startDaemon runs sextond serve and waits until it answers.
func (r *rig) startDaemon(ctx context.Context) error {
	var err error
	if r.daemon, err = r.start("sextond", io.Discard, filepath.Join(r.bin, "sextond"), "serve", "--config", r.config()); err != nil {
		return err
	}
	r.client = api.Dial(r.socket())
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return r.until(ctx, "the station answers", func() bool {
		s, err := api.Call[api.StatusView](ctx, r.client, "status", api.None{})
		return err == nil && len(s.Readers) == len(r.pcsc.Readers)
	})
}

// until polls what, bounded by ctx and by the daemon's life.
func (r *rig) until(ctx context.Context, what string, done func() bool) error {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for !done() {
		select {
		case <-t.C:
		case <-r.daemon.done:
			return fmt.Errorf("waiting until %s: the daemon ended: %s", what, r.daemon.tail())
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w; daemon log: %s", what, ctx.Err(), r.daemon.tail())
		}
	}
	return nil
}

// insert puts a card into reader i, in place of what is there, and
// waits until the station sees it.
func (r *rig) insert(ctx context.Context, i int, c *card.Card) error {
	if r.slots[i] != nil {
		if err := r.remove(ctx, i); err != nil {
			return err
		}
	}
	ins, err := card.Insert(ctx, r.pcsc.Addrs[i], c)
	if err != nil {
		return err
	}
	r.slots[i] = ins
	return r.awaitCard(ctx, i, true)
}

// remove pulls the card out of reader i and waits until the station sees it.
func (r *rig) remove(ctx context.Context, i int) error {
	if r.slots[i] == nil {
		return nil
	}
	r.slots[i].Remove()
	r.slots[i] = nil
	return r.awaitCard(ctx, i, false)
}

// awaitCard waits until the card service has settled on it, then until the station sees it: a card that comes while the service
// is still noticing that the last one went would be taken for gone.
func (r *rig) awaitCard(ctx context.Context, i int, present bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := r.pcsc.WaitCard(ctx, i, present); err != nil {
		return err
	}
	return r.until(ctx, fmt.Sprintf("reader %d shows card=%v", i, present), func() bool {
		s, err := api.Call[api.StatusView](ctx, r.client, "status", api.None{})
		if err != nil {
			return false
		}
		for _, rd := range s.Readers {
			if rd.Name == r.pcsc.Readers[i] {
				return rd.Present == present
			}
		}
		return false
	})
}

// close ends everything in the reverse order of its start.
func (r *rig) close() {
	if r.client != nil {
		r.client.Close()
	}
	if r.daemon != nil {
		r.daemon.stop(15 * time.Second)
	}
	for _, s := range r.slots {
		if s != nil {
			s.Remove()
		}
	}
	if r.hands != nil {
		_ = r.hands.Close()
	}
	if r.machine != nil {
		r.machine.stop(10 * time.Second)
	}
	if r.pcsc != nil {
		r.pcsc.Stop()
	}
}

// errStory marks a step that did not go as told: the demo is also a test.
var errStory = errors.New("the story went another way")
