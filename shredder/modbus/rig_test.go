package modbus_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
	"sexton/shredder/modbus"
)

// rig is a driver, the server it talks to and the device behind it.
type rig struct {
	t    *testing.T
	p    *pki
	dev  *device
	srv  *server
	cert tls.Certificate // of the server
	conf modbus.Config
	m    *modbus.Machine
}

// newRig starts a server with TLS and a driver for it. change may alter the driver's configuration.
func newRig(t *testing.T, change func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, p: newPKI(t), dev: newDevice()}
	r.cert = r.p.serverCert()
	r.srv = serve(t, r.dev, serverTLS(r.p, r.cert))
	r.conf = r.config()
	if change != nil {
		change(r)
	}
	r.m = r.driver(r.conf)
	return r
}

func (r *rig) config() modbus.Config {
	return modbus.Config{Address: r.srv.addr(), MachineSerial: "SN-0001", Timeout: 500 * time.Millisecond, DialTimeout: 5 * time.Second, Poll: 100 * time.Millisecond,
		Security: &modbus.Security{Roots: r.p.pool(), Certificate: r.p.clientCert("operator"), ServerName: "shredder.test",
			CertificateSerial: r.cert.Leaf.SerialNumber.Text(16)}}
}

func (r *rig) driver(c modbus.Config) *modbus.Machine {
	r.t.Helper()
	m, err := modbus.New(c)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { m.Close() })
	return m
}

func token() (t shredder.JobToken) {
	rand.Read(t[:])
	return t
}

// offered stores a job and returns its token.
func (r *rig) offered() shredder.JobToken {
	r.t.Helper()
	job := shredder.Job{Token: token(), Items: 3, Material: shredder.MaterialHardDisk}
	if o, err := r.m.Offer(context.Background(), job); o != shredder.Accepted || err != nil {
		r.t.Fatalf("offer: %v, %v", o, err)
	}
	return job.Token
}

func (r *rig) releases() int { n, _, _, _ := r.dev.counts(); return n }
func (r *rig) taken() int    { _, _, n, _ := r.dev.counts(); return n }
func (r *rig) permitted() bool {
	_, _, _, p := r.dev.counts()
	return p
}

// want checks an outcome and, for a refusal, its result.
func want(t *testing.T, what string, o shredder.Outcome, err error, outcome shredder.Outcome, result shredder.Result) {
	t.Helper()
	var why *shredder.RefusedError
	switch {
	case o != outcome:
		t.Fatalf("%s: %v (%v), want %v", what, o, err, outcome)
	case outcome == shredder.Accepted && err != nil:
		t.Fatalf("%s: accepted with error %v", what, err)
	case outcome == shredder.Refused && (!errors.As(err, &why) || why.Result != result):
		t.Fatalf("%s: %v, want result %v", what, err, result)
	case outcome == shredder.Unknown && err == nil:
		t.Fatalf("%s: unknown without an error", what)
	}
}

// eventually polls a condition; there is no other way to see a device act by its own clock.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatalf("%s did not happen", what)
		case <-tick.C:
		}
	}
}

func minute() shredder.Window { return shredder.Window{For: time.Minute} }

var bg = context.Background()

// lastTaken is the youngest record the device took.
func (r *rig) lastTaken() firmware.CommandRecord {
	r.dev.mu.Lock()
	defer r.dev.mu.Unlock()
	return r.dev.taken[len(r.dev.taken)-1]
}
