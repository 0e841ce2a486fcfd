package modbus_test

import (
	"errors"
	"io"
	"log"
	"net"
	"testing"
	"time"

	peer "github.com/simonvetter/modbus"

	"sexton/shredder"
	"sexton/shredder/modbus"
)

// peerHandler serves a device through an independent implementation of Modbus/TCP Security. It proves that framing, TLS and role
// are understood by somebody who never saw our code.
type peerHandler struct {
	dev   *device
	plain bool // no TLS, so no role: everybody is an operator
}

func (h peerHandler) HandleCoils(*peer.CoilsRequest) ([]bool, error) {
	return nil, peer.ErrIllegalFunction
}
func (h peerHandler) HandleDiscreteInputs(*peer.DiscreteInputsRequest) ([]bool, error) {
	return nil, peer.ErrIllegalFunction
}
func (h peerHandler) HandleInputRegisters(*peer.InputRegistersRequest) ([]uint16, error) {
	return nil, peer.ErrIllegalFunction
}
func (h peerHandler) HandleHoldingRegisters(r *peer.HoldingRegistersRequest) (words []uint16, err error) {
	var code byte
	if h.plain {
		r.ClientRole = "operator"
	}
	if r.IsWrite {
		code = h.dev.write(r.ClientRole, r.Addr, r.Args)
	} else {
		words, code = h.dev.read(r.ClientRole, r.Addr, r.Quantity)
	}
	return words, map[byte]error{0: nil, 1: peer.ErrIllegalFunction, 2: peer.ErrIllegalDataAddress, 3: peer.ErrIllegalDataValue}[code]
}

func freeAddr(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func startPeer(t testing.TB, p *pki, dev *device, plain bool) (addr, serial string) {
	addr = freeAddr(t)
	cert := p.serverCert()
	conf := &peer.ServerConfiguration{URL: "tcp+tls://" + addr, Timeout: time.Minute, MaxClients: 8, TLSServerCert: &cert, TLSClientCAs: p.pool(), Logger: log.New(io.Discard, "", 0)}
	if plain {
		conf.URL = "tcp://" + addr
	}
	s, err := peer.NewServer(conf, peerHandler{dev, plain})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return addr, cert.Leaf.SerialNumber.Text(16)
}

func TestAgainstIndependentServer(t *testing.T) {
	p, dev := newPKI(t), newDevice()
	addr, serial := startPeer(t, p, dev, false)
	conf := func(role string) modbus.Config {
		return modbus.Config{Address: addr, MachineSerial: "SN-0001",
			Security: &modbus.Security{Roots: p.pool(), Certificate: p.clientCert(role), ServerName: "shredder.test", CertificateSerial: serial}}
	}
	m, err := modbus.New(conf("operator"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	id, err := m.Identify(bg)
	if err != nil || id.Model != "碎纸机 X1" || !id.Authenticated() {
		t.Fatalf("%+v, %v", id, err)
	}
	tok := token()
	o, err := m.Offer(bg, shredder.Job{Token: tok, Items: 2, Material: shredder.MaterialFlash})
	want(t, "offer", o, err, shredder.Accepted, 0)
	o, err = m.Release(bg, tok, minute())
	want(t, "release", o, err, shredder.Accepted, 0)
	o, err = m.Release(bg, tok, minute())
	want(t, "second release", o, err, shredder.Refused, shredder.ResultWrongState)
	o, err = m.Withdraw(bg, tok)
	want(t, "withdraw", o, err, shredder.Accepted, 0)

	viewer, err := modbus.New(conf("viewer"))
	if err != nil {
		t.Fatal(err)
	}
	defer viewer.Close()
	if _, err := viewer.Snapshot(bg); err != nil {
		t.Error(err)
	}
	o, err = viewer.Offer(bg, shredder.Job{Token: token(), Items: 1})
	want(t, "viewer's offer", o, err, shredder.Refused, shredder.ResultNotPermitted)
}

// The independent client reads our test server as we do, so the server is no private dialect.
func TestIndependentClientReadsTheSameWords(t *testing.T) {
	r := newRig(t, nil)
	cert := r.p.clientCert("operator")
	c, err := peer.NewClient(&peer.ClientConfiguration{URL: "tcp+tls://" + r.srv.addr(), Timeout: time.Second, TLSClientCert: &cert, TLSRootCAs: r.p.pool(), Logger: log.New(io.Discard, "", 0)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	words, err := c.ReadRegisters(0, 94, peer.HOLDING_REGISTER)
	if err != nil || len(words) != 94 {
		t.Fatal(err)
	}
	want, _ := r.dev.read("operator", 0, 94)
	for i := range want {
		if words[i] != want[i] {
			t.Fatalf("word %d: %04x, device has %04x", i, words[i], want[i])
		}
	}
	if err := c.WriteRegisters(0x0300, make([]uint16, 28)); !errors.Is(err, peer.ErrIllegalDataValue) {
		t.Errorf("record of zeros: %v", err)
	}
	if err := c.WriteRegisters(0x0300, make([]uint16, 27)); !errors.Is(err, peer.ErrIllegalDataAddress) {
		t.Errorf("part of a record: %v", err)
	}
}

// BenchmarkSnapshot compares a poll over TLS with one over plain TCP against the same independent server; the ratio is what counts.
func BenchmarkSnapshot(b *testing.B) {
	p, dev := newPKI(b), newDevice()
	perPoll := map[string]float64{}
	for _, name := range []string{"plain", "tls"} {
		c := modbus.Config{MachineSerial: "SN-0001"}
		if name == "plain" {
			c.Address, _ = startPeer(b, p, dev, true)
			c.PlainNetwork = "bench"
		} else {
			var serial string
			c.Address, serial = startPeer(b, p, dev, false)
			c.Security = &modbus.Security{Roots: p.pool(), Certificate: p.clientCert("operator"), ServerName: "shredder.test", CertificateSerial: serial}
		}
		b.Run(name, func(b *testing.B) {
			m, err := modbus.New(c)
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			for b.Loop() {
				if _, err := m.Snapshot(bg); err != nil {
					b.Fatal(err)
				}
			}
			perPoll[name] = float64(b.Elapsed()) / float64(b.N)
			if perPoll["plain"] > 0 && name == "tls" {
				b.ReportMetric(perPoll["tls"]/perPoll["plain"], "tls/plain")
			}
		})
	}
}
