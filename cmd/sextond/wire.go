package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/shredder/modbus"
	"sexton/station"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/pcsc"
	"sexton/token/trust"
	"sexton/web"
)

// software names this program in station.started.
func software() string {
	version := "devel"
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" && bi.Main.Version != "(devel)" {
		version = bi.Main.Version
	}
	return "sextond " + version
}

// ledgerOptions are the same for every command that opens the ledger.
func ledgerOptions(c Config, k keys, log *slog.Logger) (ledger.Options, error) {
	signer, err := ledger.ParseLogKey(k.logSigner)
	if err != nil {
		return ledger.Options{}, err
	}
	return ledger.Options{
		Origin: c.Origin, LogSigner: signer, Projections: []ledger.Projection{index.New()}, Logger: log,
		Exit: func(err error) {
			// Crash here: what was acknowledged is durable; the next start's audit finds out about the rest.
			f := fault.New("ledger.stopped", err)
			fmt.Fprintf(os.Stderr, "✗ %s\n  %s\n", f.Zh, f.En)
			log.Error("ledger stopped", "error", err)
			os.Exit(int(fault.Hardware))
		},
	}, nil
}

// openLedger audits and opens the ledger.
func openLedger(ctx context.Context, c Config, log *slog.Logger, rebuild bool) (*ledger.Ledger, keys, error) {
	k, err := readKeys(c.Keys)
	if err != nil {
		return nil, keys{}, err
	}
	o, err := ledgerOptions(c, k, log)
	if err != nil {
		return nil, keys{}, err
	}
	o.Rebuild = rebuild
	l, err := ledger.Open(ctx, c.Ledger, o)
	if err != nil {
		return nil, keys{}, hardwareError{err}
	}
	return l, k, nil
}

// serve is the station, top to bottom; it ends in the reverse order.
func serve(ctx context.Context, c Config, log *slog.Logger) (err error) {
	book, k, err := openLedger(ctx, c, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	log.InfoContext(ctx, "ledger audited", "size", book.Head().Size, "root", book.Head().Root)

	anchors, err := os.ReadFile(c.Cards.Anchors)
	if err != nil {
		return fmt.Errorf("cannot read card anchors: %w", err)
	}
	store, err := trust.New(anchors, trust.Options{})
	if err != nil {
		return fmt.Errorf("cannot use card anchors %s: %w", c.Cards.Anchors, err)
	}
	cards, err := openDesk(c, store)
	if err != nil {
		return hardwareError{err}
	}
	defer func() { err = errors.Join(err, cards.Close()) }()

	machine, err := openMachine(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, machine.Close()) }()

	clock, err := station.SystemClock()
	if err != nil {
		return err
	}
	s, err := station.Open(ctx, station.Deps{
		Book: book, Register: station.NewRegister(index.NewReader(book)), Desk: cards, Trust: store, Machine: machine, EventSigner: k.event,
		Clock: clock, Rand: rand.Reader, Logger: log,
		Config: station.Config{
			Origin: c.Origin, Bench: c.Bench, Software: software(),
			SealFor: c.Times.Seal.or(8 * time.Hour), Permission: c.Times.Permission.or(30 * time.Minute),
			FeedTimeout: c.Times.Feed.or(time.Minute), SettleTimeout: c.Times.Settle.or(2 * time.Minute), Poll: c.Machine.Poll.or(100 * time.Millisecond),
		},
	})
	if err != nil {
		return hardwareError{err}
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	socket := web.Socket{Path: c.Socket, Group: c.Group}
	listener, err := socket.Listen()
	if err != nil {
		return hardwareError{err}
	}
	log.InfoContext(ctx, "station serves", "origin", c.Origin, "socket", c.Socket, "bench", c.Bench)
	return socket.Serve(ctx, listener, web.New(s, evidence{book: book, config: c, keys: k, anchors: anchors}, log), 10*time.Second, log)
}

func openDesk(c Config, store *trust.Store) (token.Desk, error) {
	if c.Cards.PCSC != "" {
		// libpcsclite reads this once, at its first call.
		if err := os.Setenv("PCSCLITE_CSOCK_NAME", c.Cards.PCSC); err != nil {
			return nil, fmt.Errorf("cannot name the smart card service: %w", err)
		}
	}
	conn := pcsc.New()
	return desk.Open(conn, store, desk.Options{Timeout: c.Cards.Timeout.or(10 * time.Second), IdleLimit: c.Cards.Idle.or(10 * time.Minute)})
}

func openMachine(c Config) (*modbus.Machine, error) {
	cfg := modbus.Config{Address: c.Machine.Address, Unit: uint8(c.Machine.Unit), MachineSerial: c.Machine.Serial, Poll: c.Machine.Poll.or(100 * time.Millisecond), PlainNetwork: c.Machine.Plain}
	if c.Machine.Plain == "" {
		security, err := machineSecurity(c.Machine)
		if err != nil {
			return nil, err
		}
		cfg.Security = security
	}
	return modbus.New(cfg)
}

func machineSecurity(m Machine) (*modbus.Security, error) {
	if err := mustBePrivate(m.Key); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(m.Certificate, m.Key)
	if err != nil {
		return nil, fmt.Errorf("cannot read our certificate for the machine: %w", err)
	}
	ca, err := os.ReadFile(m.CA)
	if err != nil {
		return nil, fmt.Errorf("cannot read the machine's authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("cannot read the machine's authority: %s holds no certificate", m.CA)
	}
	name := m.ServerName
	if name == "" {
		if name, _, err = net.SplitHostPort(m.Address); err != nil {
			return nil, fmt.Errorf("cannot read the machine's address: %w", err)
		}
	}
	return &modbus.Security{Roots: roots, Certificate: pair, ServerName: name, PeerSHA256: m.Pin}, nil
}
