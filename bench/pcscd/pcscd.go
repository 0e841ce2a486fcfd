package pcscd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	pair         = 2                 // readers of one driver
	mostReaders  = maxReaders - pair // a client that also waits for new readers can wait for fifteen
	pollEvery    = 5 * time.Millisecond
	cardPolling  = 400 * time.Millisecond // of pcscd, for drivers without events
	stopGrace    = 3 * time.Second
	startTries   = 5  // pairs of ports tried
	shortAnswers = 50 // answers with too few readers until they are taken for final
	restartTries = 20
	// Ports are taken below the range from which Linux takes the ports of outgoing
	// connections (net.ipv4.ip_local_port_range begins at 32768), so that Restart finds
	// them free again.
	firstPort, lastPort = 20000, 32000

	systemRun = "/run/pcscd"
	usbDir    = "/usr/lib/pcsc/drivers"
	// maxSocket is the longest path of a Unix socket (unix(7)).
	maxSocket = 107
)

// Options say how to start. The zero value fits tests.
type Options struct {
	Dir    string    // folder for socket and configuration, kept by Stop; empty: a temporary one
	Log    io.Writer // output of the daemon; nil: only kept for errors
	Pcscd  string    // program; empty: pcscd of this machine
	Driver string    // libifdvpcd.so; empty: that of this machine
	// Readers is how many there shall be: even, 2 to 14; 0: 2.
	Readers int
}

// Daemon is a running pcscd with virtual readers. Readers and Addrs have the same
// order and do not change.
type Daemon struct {
	Readers []string // names as PC/SC clients see them
	Addrs   []string // where card.Insert finds the readers

	dir     string
	temp    bool
	log     io.Writer
	pcscd   string
	prefix  []string // enters the namespace; nil: runs in the open
	port    int      // of the first reader
	pairs   int
	restart sync.Mutex // one Restart, Kill or Stop at a time

	mu   sync.Mutex // guards proc
	proc *process
}

// Start runs a daemon and returns when all readers answer. ctx bounds the start only;
// the daemon lives until Stop, or until this process ends.
func Start(ctx context.Context, o Options) (*Daemon, error) {
	if o.Readers == 0 {
		o.Readers = pair
	}
	if o.Readers%pair != 0 || o.Readers < pair || o.Readers > mostReaders {
		return nil, fmt.Errorf("cannot start pcscd with %d readers: an even number, %d to %d", o.Readers, pair, mostReaders)
	}
	d := &Daemon{dir: o.Dir, log: o.Log, pcscd: o.Pcscd, pairs: o.Readers / pair}
	if err := d.prepare(o); err != nil {
		d.clean()
		return nil, err
	}
	var err error
	for range startTries {
		if d.port, err = freePorts(d.pairs * pair); err != nil {
			break
		}
		if err = d.run(ctx); err == nil {
			return d, nil
		}
		var no *noReaders
		if !errors.As(err, &no) {
			break
		}
	}
	d.clean()
	return nil, fmt.Errorf("cannot start pcscd: %w", err)
}

// prepare finds the programs and lays out the folder.
func (d *Daemon) prepare(o Options) error {
	var err error
	if d.pcscd == "" {
		d.pcscd = "pcscd"
	}
	if d.pcscd, err = find(d.pcscd, "pcscd"); err != nil {
		return err
	}
	driver := o.Driver
	if driver == "" {
		driver = usbDir + "/serial/libifdvpcd.so"
	}
	lib, err := os.ReadFile(driver)
	if err != nil {
		return missing("the vpcd driver "+driver, "vsmartcard-vpcd")
	}
	for _, tool := range []string{"unshare", "setpriv"} {
		if _, err := find(tool, "util-linux"); err != nil {
			return err
		}
	}
	if d.dir == "" {
		d.temp = true
		if d.dir, err = os.MkdirTemp("", "sexton-pcscd-"); err != nil {
			return fmt.Errorf("cannot make a folder for pcscd: %w", err)
		}
	}
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return fmt.Errorf("cannot use folder %s: %w", o.Dir, err)
	}
	for _, sub := range []string{"run", "conf", "empty"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o700); err != nil {
			return fmt.Errorf("cannot make a folder for pcscd: %w", err)
		}
	}
	// The driver folder will be hidden in the namespace, so the driver moves in here: once for each pair of readers, since what is loaded
	// from one file has one state.
	for i := range d.pairs {
		if err := os.WriteFile(d.driver(i), lib, 0o600); err != nil {
			return fmt.Errorf("cannot copy the vpcd driver: %w", err)
		}
	}
	return d.chooseRoom()
}

// driver is the file of the driver of pair i.
func (d *Daemon) driver(i int) string { return filepath.Join(d.dir, fmt.Sprintf("vpcd%d.so", i)) }

// chooseRoom decides between a private namespace and the open.
func (d *Daemon) chooseRoom() error {
	real, err := filepath.EvalSymlinks(d.dir)
	if err != nil {
		return fmt.Errorf("cannot use folder %s: %w", d.dir, err)
	}
	d.dir = real
	if strings.HasPrefix(real, "/run/") {
		return fmt.Errorf("cannot use folder %s: pcscd's namespace hides /run; set TMPDIR or Options.Dir to a place outside", real)
	}
	if d.prefix = namespace(); d.prefix == nil {
		if conn, err := net.Dial("unix", systemRun+"/pcscd.comm"); err == nil {
			_ = conn.Close()
			return fmt.Errorf("cannot start a second pcscd: this machine allows no mount namespace and runs a pcscd already; stop it, or run as root with CAP_SYS_ADMIN")
		}
	}
	if s := d.Socket(); len(s) > maxSocket {
		return fmt.Errorf("cannot use folder %s: the socket's path would be %d bytes long, %d at most", d.dir, len(s), maxSocket)
	}
	return nil
}

// run starts the daemon on d.port and waits for its readers.
func (d *Daemon) run(ctx context.Context) error {
	var conf strings.Builder
	for i := range d.pairs {
		port := d.port + pair*i
		fmt.Fprintf(&conf, "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:0x%X\nLIBPATH %s\nCHANNELID 0x%X\n\n", friendly(i), port, d.driver(i), port)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "conf", "vpcd"), []byte(conf.String()), 0o600); err != nil {
		return err
	}
	argv := []string{d.pcscd, "--foreground", "--config", filepath.Join(d.dir, "conf")}
	if d.prefix != nil {
		// What a killed daemon left would be taken for a running one if its number is in use again.
		for _, f := range []string{"pcscd.comm", "pcscd.pid"} {
			if err := os.Remove(filepath.Join(d.dir, "run", f)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		in := []string{"sh", "-c", script, "sh", filepath.Join(d.dir, "run"), filepath.Join(d.dir, "empty"), usbDir}
		argv = append(append(append([]string(nil), d.prefix...), in...), argv...)
	} else {
		argv = append([]string{"setpriv", "--pdeathsig", "KILL"}, argv...)
	}
	p, err := startProcess(argv, d.log)
	if err != nil {
		return err
	}
	names, err := d.ready(ctx, p)
	if err != nil {
		p.stop(syscall.SIGKILL, stopGrace)
		return err
	}
	d.mu.Lock()
	d.proc = p
	d.mu.Unlock()
	if d.Readers == nil {
		d.Readers = names
		for i := range names {
			d.Addrs = append(d.Addrs, fmt.Sprintf("127.0.0.1:%d", d.port+i))
		}
	}
	return nil
}

// friendly is the name of pair i. pcscd adds two numbers, the second of which counts within the pair.
func friendly(i int) string {
	if i == 0 {
		return "Virtual PCD"
	}
	return fmt.Sprintf("Virtual PCD %c", 'A'+i)
}

// noReaders: the daemon runs, but the driver could not open its ports.
type noReaders struct {
	have, want int
	said       string
}

func (e *noReaders) Error() string {
	return fmt.Sprintf("pcscd has %d of %d readers%s", e.have, e.want, e.said)
}

// ready polls until the daemon answers with all readers, and gives their names in the order of their ports. It publishes a reader a
// moment after it has loaded it, so a short answer counts only when it is repeated.
func (d *Daemon) ready(ctx context.Context, p *process) ([]string, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	short := 0
	for {
		if rs, err := ask(ctx, d.Socket()); err == nil {
			if len(rs) == d.pairs*pair {
				return inOrder(rs)
			}
			if short++; short > shortAnswers {
				return nil, &noReaders{len(rs), d.pairs * pair, p.said()}
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("pcscd is not ready: %w%s", ctx.Err(), p.said())
		case <-p.done:
			return nil, fmt.Errorf("pcscd ended (%s)%s", p.cmd.ProcessState, p.said())
		case <-tick.C:
		}
	}
}

// inOrder is the readers' names, pair by pair, as they are configured.
func inOrder(rs []Reader) ([]string, error) {
	names := make([]string, 0, len(rs))
	for i := range len(rs) / pair {
		for _, r := range rs {
			if left, ok := strings.CutPrefix(r.Name, friendly(i)+" "); ok && len(left) == len("00 00") {
				names = append(names, r.Name)
			}
		}
	}
	if len(names) != len(rs) {
		return nil, fmt.Errorf("pcscd names its readers unlike its configuration: %v", rs)
	}
	for i := 0; i < len(names); i += pair {
		slices.Sort(names[i : i+pair])
	}
	return names, nil
}

// freePorts finds n neighbouring ports nobody listens on.
func freePorts(n int) (int, error) {
	for range 200 {
		p := firstPort + 2*rand.IntN((lastPort-firstPort-n)/2)
		if allFree(p, n) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("no %d neighbouring ports are free", n)
}

func allFree(first, n int) bool {
	for i := range n {
		if !free(first + i) {
			return false
		}
	}
	return true
}

func free(port int) bool {
	l, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}

// Socket is the path clients connect to.
func (d *Daemon) Socket() string {
	if d.prefix == nil {
		return systemRun + "/pcscd.comm"
	}
	return filepath.Join(d.dir, "run", "pcscd.comm")
}

// Private says that the daemon has a namespace of its own.
func (d *Daemon) Private() bool { return d.prefix != nil }

// Env is what a client program needs in its environment.
func (d *Daemon) Env() []string { return []string{"PCSCLITE_CSOCK_NAME=" + d.Socket()} }

// State asks the daemon for its readers.
func (d *Daemon) State(ctx context.Context) ([]Reader, error) {
	rs, err := ask(ctx, d.Socket())
	if err != nil {
		return nil, fmt.Errorf("cannot ask pcscd: %w", err)
	}
	return rs, nil
}

// WaitCard polls until reader i has a card, or has none. A card that was pulled
// within a command makes the daemon report an empty reader before its own polling has
// noticed; a card inserted then would never be announced. And it shows a card a moment
// before it counts the insertion. So the answer must be the same twice, and either fit the
// count of events (odd with a card) or stay longer than a polling interval.
func (d *Daemon) WaitCard(ctx context.Context, i int, present bool) error {
	if i < 0 || i >= len(d.Readers) {
		return fmt.Errorf("cannot wait for reader %d: there are %d", i, len(d.Readers))
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last Reader
	var since time.Time
	for {
		rs, err := ask(ctx, d.Socket())
		at := slices.IndexFunc(rs, func(r Reader) bool { return r.Name == d.Readers[i] })
		if err == nil && at >= 0 {
			if !rs[at].same(last) {
				last, since = rs[at], time.Now()
			} else if last.settled(present, time.Since(since)) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot see card=%v in reader %q: %w", present, d.Readers[i], errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// same says that two answers are equal in what the daemon's own polling writes.
func (r Reader) same(o Reader) bool {
	return r.Present == o.Present && r.Absent == o.Absent && r.Events == o.Events
}

// settled judges an answer that has not changed for a while.
func (r Reader) settled(present bool, unchanged time.Duration) bool {
	counted := (r.Events%2 == 1) == present
	if present {
		return r.Present && (counted || unchanged > 3*cardPolling)
	}
	return r.Absent && (counted || unchanged > 3*cardPolling)
}

// Done is closed when the present run of the daemon has ended.
func (d *Daemon) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.proc.done
}

// Kill ends the daemon as a crash would: no warning, its socket file stays. Restart
// brings it back.
func (d *Daemon) Kill() {
	d.restart.Lock()
	defer d.restart.Unlock()
	d.end(syscall.SIGKILL)
}

func (d *Daemon) end(sig syscall.Signal) {
	d.mu.Lock()
	p := d.proc
	d.mu.Unlock()
	if p != nil && !p.ended() {
		p.stop(sig, stopGrace)
	}
}

// Restart ends the daemon, if it runs, and starts it with the same socket, ports and
// readers. ctx bounds it. Cards inserted with card.Stay come back by themselves.
func (d *Daemon) Restart(ctx context.Context) error {
	d.restart.Lock()
	defer d.restart.Unlock()
	d.end(syscall.SIGTERM)
	var err error
	for range restartTries { // somebody may hold a port for a moment
		var no *noReaders
		if err = d.run(ctx); err == nil {
			return nil
		}
		if !errors.As(err, &no) {
			break
		}
	}
	return fmt.Errorf("cannot restart pcscd: %w", err)
}

// Stop ends the daemon and removes its temporary folder. It may be called again.
func (d *Daemon) Stop() {
	d.restart.Lock()
	defer d.restart.Unlock()
	d.end(syscall.SIGTERM)
	d.clean()
}

func (d *Daemon) clean() {
	if d.temp && d.dir != "" {
		_ = os.RemoveAll(d.dir) // leaves a few small files at worst
	}
}
