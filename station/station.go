package station

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"sexton/forms"
	"sexton/ledger/leaf"
	"sexton/shredder"
	"sexton/token"
	"sexton/usbctl/media"
)

// Config is what a station may be told. Zero durations mean the default.
type Config struct {
	Origin   string           // of the log, as in the genesis leaf
	Bench    bool             // virtual station
	Software string           // name and version of the program, for station.started
	Zone     *time.Location   // of the days of reports, clear-outs and forms; nil = the host's
	Forms    *forms.Catalogue // in the unit's own wording; nil = as shipped

	SealFor        time.Duration // how long a seal holds; default 72 h
	Permission     time.Duration // length of one permission; default 30 min, never more than the machine accepts
	FeedTimeout    time.Duration // how long a person has to feed a carrier; default 2 min
	SettleTimeout  time.Duration // how long the machine has to come to rest after a feed; default 90 s
	LinkTimeout    time.Duration // how long a lost link may be lost during a feed; default 10 s
	CommandTimeout time.Duration // for one command to the machine; default 5 s
	Dwell          time.Duration // how long a machine must stand still before "nothing was cut" is believed; default 3 s
	Poll           time.Duration // between two pictures of the machine during a feed; default 100 ms
}

func (c *Config) setDefaults() {
	if c.Zone == nil {
		c.Zone = time.Local
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.SealFor, 72 * time.Hour}, {&c.Permission, 30 * time.Minute}, {&c.FeedTimeout, 2 * time.Minute},
		{&c.SettleTimeout, 90 * time.Second}, {&c.LinkTimeout, 10 * time.Second}, {&c.CommandTimeout, 5 * time.Second},
		{&c.Dwell, 3 * time.Second}, {&c.Poll, 100 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
}

// Truster decides whether a card's certificate is acceptable; *trust.Store does.
type Truster interface {
	Check(cert *x509.Certificate, slot byte, at time.Time) error
}

// Deps is what a station is made of.
type Deps struct {
	Book        Book       // the ledger
	Register    Register   // its projections
	Desk        token.Desk // the card readers
	Trust       Truster    // for enrolment; Desk checks each login itself
	Machine     shredder.Machine
	Media       media.Media   // the USB ports; nil = the station has none
	EventSigner crypto.Signer // the station's event key, Ed25519
	Clock       Clock
	Rand        io.Reader // crypto/rand.Reader
	Logger      *slog.Logger
	Config      Config
}

// Station is one station at work. See Operations for what it does.
type Station struct {
	deps  Deps
	cfg   Config
	log   *slog.Logger
	hub   *hub
	keyID string // of the event key

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  sync.WaitGroup // the goroutines of the station

	nobody nobodyLimit // what is refused without a session
	rules  rules       // the profile in force, parsed
	usb    *usb        // nil = the station has no USB ports

	importing sync.Mutex // held while documents are found or entered, so that none is entered twice
	writing   sync.Mutex // held from reading the heads of subjects to the commit of leaves that the station alone signs

	mu       sync.Mutex // guards what follows
	sessions map[string]*session
	batches  map[string]*batchRun // runs that are not finished
	signing  map[string]*signRun  // half-signed dispositions, by carrier id
	machine  machineState
	active   *permit // the permission that lives or may live, nil = none
	recovery []string
	closed   bool
}

// Open brings a station to work: it puts right what the last stop left behind (see recover.go), then watches readers and machine.
// It takes no ownership of Book, Desk and Machine: the caller closes them after Close.
func Open(ctx context.Context, d Deps) (*Station, error) {
	d.Config.setDefaults()
	if d.Clock.Source == leaf.BenchClock && !d.Config.Bench {
		return nil, errors.New("cannot open station: the bench's clock is only for a virtual one")
	}
	if d.Config.Forms == nil {
		shipped, err := forms.Load()
		if err != nil {
			return nil, fmt.Errorf("cannot open station: %w", err)
		}
		d.Config.Forms = shipped
	}
	keyID, err := leaf.KeyID(d.EventSigner.Public())
	if err != nil {
		return nil, fmt.Errorf("cannot open station: %w", err)
	}
	s := &Station{
		deps: d, cfg: d.Config, log: d.Logger, keyID: keyID,
		hub:      newHub(d.Clock.Now),
		usb:      newUSB(d.Media),
		sessions: map[string]*session{}, batches: map[string]*batchRun{}, signing: map[string]*signRun{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.recover(ctx); err != nil {
		s.cancel()
		s.tasks.Wait()
		return nil, err
	}
	s.spawn(s.watchMachine)
	s.spawn(s.watchDesk)
	if s.usb != nil {
		s.spawn(s.watchMedia)
	}
	return s, nil
}

// Close withdraws a live permission, logs everybody out and waits for the station's goroutines.
func (s *Station) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	p := s.active
	open := make([]*session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		open = append(open, sess)
	}
	s.mu.Unlock()
	if p != nil {
		s.revoke(p, "station-closed")
		s.recordWithdrawal(context.Background(), p)
	}
	for _, sess := range open {
		_ = sess.card.Close() // locks it; the watch records why
	}
	s.cancel()
	s.tasks.Wait()
	s.hub.close()
	return nil
}

// spawn runs f as a goroutine of the station.
func (s *Station) spawn(f func(context.Context)) {
	s.tasks.Go(func() { f(s.ctx) })
}

// now is the station's time, in the precision of leaves.
func (s *Station) now() time.Time { return s.deps.Clock.Now().UTC().Truncate(time.Millisecond) }

// Events implements Overview.
func (s *Station) Events(ctx context.Context) <-chan Event { return s.hub.listen(ctx) }

var _ Operations = (*Station)(nil)
