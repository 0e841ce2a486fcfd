package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"sexton/forms"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
	"sexton/shredder"
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

// lastAct is done when the process must end at once; nil does nothing.
type lastAct struct{ f atomic.Pointer[func()] }

func (l *lastAct) set(f func()) { l.f.Store(&f) }

func (l *lastAct) do() {
	if f := l.f.Load(); f != nil {
		(*f)()
	}
}

// ledgerOptions are the same for every command that opens the ledger. last is done before the process ends because storage failed.
func ledgerOptions(c Config, k keys, log *slog.Logger, last *lastAct) (ledger.Options, error) {
	signer, err := ledger.ParseLogKey(k.logSigner)
	if err != nil {
		return ledger.Options{}, err
	}
	return ledger.Options{
		Origin: c.Origin, LogSigner: signer, Projections: []ledger.Projection{index.New()}, Logger: log,
		Exit: func(err error) {
			// Crash here: what was acknowledged is durable; the next start's audit finds out about the rest.
			last.do()
			f := fault.New("ledger.stopped", err)
			fmt.Fprintf(os.Stderr, "✗ %s\n  %s\n", f.Zh, f.En)
			log.Error("ledger stopped", "error", err)
			os.Exit(int(fault.Hardware))
		},
	}, nil
}

// openLedger audits and opens the ledger, and refuses one that is not of this configuration and these keys.
func openLedger(ctx context.Context, c Config, log *slog.Logger, rebuild bool, last *lastAct) (*ledger.Ledger, keys, error) {
	k, err := readKeys(c.Keys)
	if err != nil {
		return nil, keys{}, about(zhKeys, err)
	}
	o, err := ledgerOptions(c, k, log, last)
	if err != nil {
		return nil, keys{}, about(zhKeys, err)
	}
	o.Rebuild = rebuild
	l, err := ledger.Open(ctx, c.Ledger, o)
	if err != nil {
		return nil, keys{}, hardwareError{about(zhLedger(err), err)}
	}
	if err := ofThisStation(ctx, l, c, k); err != nil {
		return nil, keys{}, hardwareError{about("账本与本站的配置、密钥或卡信任文件不符，未打开", errors.Join(err, l.Close()))}
	}
	return l, k, nil
}

// ofThisStation compares the genesis leaf with configuration and keys: an event signed by another key than the one the first
// leaf names would be bad for ever.
func ofThisStation(ctx context.Context, l *ledger.Ledger, c Config, k keys) error {
	b, err := l.Leaf(ctx, 0)
	if err != nil {
		return err
	}
	_, p, err := leaf.Decode(b)
	if err != nil {
		return err
	}
	g, ok := p.Body.(*leaf.Initialised)
	if !ok {
		return fmt.Errorf("cannot use ledger %s: its first leaf is %s", c.Ledger, p.Kind)
	}
	event, err := leaf.EventKeyText(k.event.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	anchors, err := os.ReadFile(c.Cards.Anchors)
	if err != nil {
		return fmt.Errorf("cannot read card anchors: %w", err)
	}
	sum := sha256.Sum256(anchors)
	for _, f := range []struct{ what, have, want, do string }{
		{"origin", c.Origin, g.Origin, "put the station's own configuration back"},
		{"event key " + eventKeyPath(c.Keys), event, g.EventKey, "put the station's own key back"},
		{"log key " + logKeyPath(c.Keys), k.logVKey, g.LogKey, "put the station's own key back"},
		{"bench", fmt.Sprint(c.Bench), fmt.Sprint(g.Bench), "a virtual station stays one, and a real one too"},
		{"card anchors " + c.Cards.Anchors, hex.EncodeToString(sum[:]), g.AnchorsSHA256, "put the file back that the station was made with"},
	} {
		if f.have != f.want {
			return fmt.Errorf("cannot use ledger %s: %s is not the one the ledger was made with; %s", c.Ledger, f.what, f.do)
		}
	}
	return nil
}

// inert takes whatever permission the machine may have, without knowing which: the last thing a station does that can record
// nothing any more. Best effort: a machine that is not reached ends the permission by itself.
func inert(m shredder.Machine, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	outcome, err := m.Withdraw(ctx, shredder.JobToken{})
	if err != nil {
		log.ErrorContext(ctx, "cannot withdraw the machine's permission", "error", err)
		return
	}
	log.InfoContext(ctx, "permission withdrawn, if there was one", "outcome", outcome.String())
}

// serve is the station, top to bottom; it ends in the reverse order.
func serve(ctx context.Context, c Config, log *slog.Logger) (err error) {
	machine, err := openMachine(c)
	if err != nil {
		return about("无法建立与销毁设备的连接：配置、证书或密钥有误", err)
	}
	defer func() { err = errors.Join(err, machine.Close()) }()

	last := &lastAct{}
	last.set(func() { inert(machine, log) })
	book, k, err := openLedger(ctx, c, log, false, last)
	if err != nil {
		inert(machine, log) // a permission of the life before must not outlive the ledger that would record its use
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	log.InfoContext(ctx, "ledger audited", "size", book.Head().Size, "root", book.Head().Root)

	anchors, err := os.ReadFile(c.Cards.Anchors)
	if err != nil {
		return about(zhAnchors, fmt.Errorf("cannot read card anchors: %w", err))
	}
	store, err := trust.New(anchors, trust.Options{})
	if err != nil {
		return about(zhAnchors, fmt.Errorf("cannot use card anchors %s: %w", c.Cards.Anchors, err))
	}
	cards, err := openDesk(c, store)
	if err != nil {
		return hardwareError{about("读卡器或智能卡服务不可用", err)}
	}
	defer func() { err = errors.Join(err, cards.Close()) }()

	wording, err := openForms(c)
	if err != nil {
		return about("单位自定的表单文件有误："+formsZh(err), err)
	}
	clock, err := stationClock(c)
	if err != nil {
		return err
	}
	register, err := openRegister(ctx, book)
	if err != nil {
		return err
	}
	s, err := station.Open(ctx, station.Deps{
		Book: book, Register: register, Desk: cards, Trust: store, Machine: machine, EventSigner: k.event,
		Clock: clock, Rand: rand.Reader, Logger: log,
		Config: station.Config{
			Origin: c.Origin, Bench: c.Bench, Software: software(), Forms: wording,
			SealFor: c.Times.Seal.or(8 * time.Hour), Permission: c.Times.Permission.or(30 * time.Minute),
			FeedTimeout: c.Times.Feed.or(time.Minute), SettleTimeout: c.Times.Settle.or(2 * time.Minute), Poll: c.Machine.Poll.or(100 * time.Millisecond),
		},
	})
	if err != nil {
		return hardwareError{about("站点未能启动，请检查账本和设备", err)}
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	socket := web.Socket{Path: c.Socket, Group: c.Group}
	listener, err := socket.Listen()
	if err != nil {
		return hardwareError{about("无法打开本地套接字，"+fault.Elsewhere, err)}
	}
	log.InfoContext(ctx, "station serves", "origin", c.Origin, "socket", c.Socket, "bench", c.Bench)
	return socket.Serve(ctx, listener, web.New(s, evidence{book: book, config: c, keys: k, anchors: anchors}, log), 10*time.Second, log)
}

// openRegister reads the projections; its first search is as fast as the next.
func openRegister(ctx context.Context, book *ledger.Ledger) (station.Register, error) {
	r := index.NewReader(book)
	return station.NewRegister(r), r.Warm(ctx)
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

// openForms lays the unit's own wording over the forms that are shipped.
func openForms(c Config) (*forms.Catalogue, error) {
	var own [][]byte
	for _, path := range c.Forms {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read forms: %w", err)
		}
		own = append(own, b)
	}
	return forms.Load(own...)
}

// formsZh says in Chinese what is wrong with a wording.
func formsZh(err error) string {
	var bad *forms.WordingError
	if errors.As(err, &bad) {
		return "表 " + bad.Form + "：" + bad.Zh
	}
	return fault.Elsewhere
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
