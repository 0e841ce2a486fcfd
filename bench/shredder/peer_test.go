package shredder_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/server"
	fw "sexton/firmware-iface"
)

// peer is a host made of an independent Modbus client and the register codec.
type peer struct {
	t   testing.TB
	c   *modbus.ModbusClient
	seq uint32
	tok byte
	id  byte // tokens of one host differ from those of another
}

// rig is a bench with its certificates.
type rig struct {
	t     *testing.T
	b     *bench.Bench
	h     *bench.Hands
	certs *bench.Certs
	hosts byte
}

func newRig(t *testing.T, change func(*bench.Config)) *rig {
	t.Helper()
	certs, err := bench.WriteCerts(t.TempDir(), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := bench.Config{TLS: certs.ServerTLS(), Pace: 300, Seed: 1}
	if change != nil {
		change(&cfg)
	}
	b, err := bench.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{t: t, b: b, h: b.Hands(), certs: certs}
}

// client opens a connection with a certificate; it may be refused now or at the first read.
func (r *rig) client(cert tls.Certificate, timeout time.Duration) (*peer, error) {
	c, err := modbus.NewClient(&modbus.ClientConfiguration{
		URL: "tcp+tls://" + r.b.Addr(), Timeout: timeout, TLSClientCert: &cert, TLSRootCAs: r.pool(),
		Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		return nil, err
	}
	r.t.Cleanup(func() { _ = c.Close() })
	r.hosts++
	return &peer{t: r.t, c: c, id: r.hosts}, nil
}

func (r *rig) pool() *x509.CertPool { return r.certs.Authority().Pool() }

func (r *rig) host() *peer {
	r.t.Helper()
	cfg := r.certs.ClientTLS(server.Operator)
	p, err := r.client(cfg.Certificates[0], 5*time.Second)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (p *peer) read(addr uint16, n int) ([]uint16, error) {
	return p.c.ReadRegisters(addr, uint16(n), modbus.HOLDING_REGISTER)
}

func (p *peer) snapshot() fw.SnapshotBlock {
	p.t.Helper()
	w, err := p.read(fw.AddrSnapshot, fw.LenSnapshot)
	if err != nil {
		p.t.Fatal(err)
	}
	var s fw.SnapshotBlock
	if err := s.Decode(w); err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *peer) echo() fw.Echo {
	p.t.Helper()
	w, err := p.read(fw.AddrEcho, fw.LenEcho)
	if err != nil {
		p.t.Fatal(err)
	}
	var e fw.Echo
	if err := e.Decode(w); err != nil {
		p.t.Fatal(err)
	}
	return e
}

// inTime is how far ahead the deadline of a record lies, ms.
const inTime = 8000

// record is a fresh record of a kind.
func (p *peer) record(cmd fw.Command) fw.CommandRecord {
	p.t.Helper()
	s := p.snapshot()
	p.seq = max(p.seq, s.EchoSequence) + 1
	return fw.CommandRecord{
		Sequence: p.seq, BootID: s.BootID, Nonce: p.seq + 77, Command: cmd, Token: [16]byte{p.tok, p.id, 9}, NotAfterMS: s.UptimeMS + inTime,
	}
}

func (p *peer) offer(items uint32) fw.CommandRecord {
	p.t.Helper()
	p.tok++
	r := p.record(fw.CommandOffer)
	r.Items, r.Material = items, fw.MaterialMixed
	return r
}

func (p *peer) release(d time.Duration) fw.CommandRecord {
	p.t.Helper()
	r := p.record(fw.CommandRelease)
	r.PermitUntilMS = r.NotAfterMS - inTime + uint64(d.Milliseconds())
	return r
}

func (p *peer) send(r fw.CommandRecord) error { return p.c.WriteRegisters(fw.AddrCommand, r.Encode()) }

func (p *peer) accept(r fw.CommandRecord) {
	p.t.Helper()
	if err := p.send(r); err != nil {
		p.t.Fatalf("%s: %v", r.Command, err)
	}
	if e := p.echo(); e.LastSequence != r.Sequence || e.LastResult != fw.ResultAccepted {
		p.t.Fatalf("%s: %s (%s)", r.Command, e.LastResult, p.snapshot().Reasons)
	}
}

func (p *peer) job(items uint32, d time.Duration) {
	p.t.Helper()
	p.accept(p.offer(items))
	p.accept(p.release(d))
}

// until polls the machine.
func (p *peer) until(what string, ok func(fw.SnapshotBlock) bool) fw.SnapshotBlock {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		s := p.snapshot()
		if ok(s) {
			return s
		}
		if time.Now().After(end) {
			p.t.Fatalf("never %s: %s %s", what, s.State, s.Reasons)
		}
	}
}

func is(s fw.State) func(fw.SnapshotBlock) bool {
	return func(b fw.SnapshotBlock) bool { return b.State == s }
}

func refusedWith(err, want error) bool { return errors.Is(err, want) }
