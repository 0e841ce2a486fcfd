package modbus_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
	"sexton/shredder/modbus"
)

// Trust: each case spoils one thing, and the machine must not count as connected.
func TestTrust(t *testing.T) {
	other := newPKI(t)
	printable, _ := asn1.MarshalWithParams("operator", "printable")
	for _, c := range []struct {
		name   string
		change func(*rig)
		want   error
	}{
		{"server of another authority with the same name", func(r *rig) { r.conf.Security.Roots = other.pool() }, shredder.ErrIdentity},
		{"certificate serial changed", func(r *rig) { r.conf.Security.CertificateSerial = "abcdef" }, shredder.ErrIdentity},
		{"certificate digest changed", func(r *rig) {
			r.conf.Security.PeerSHA256 = "00000000000000000000000000000000000000000000000000000000000000ff"
		}, shredder.ErrIdentity},
		{"other name", func(r *rig) { r.conf.Security.ServerName = "elsewhere.test" }, shredder.ErrIdentity},
		{"expired server certificate", func(r *rig) {
			r.serve(r.p.issue(x509.ExtKeyUsageServerAuth, nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }))
		}, shredder.ErrIdentity},
		{"server certificate not yet valid", func(r *rig) {
			r.serve(r.p.issue(x509.ExtKeyUsageServerAuth, nil, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }))
		}, shredder.ErrIdentity},
		{"server with a client's certificate", func(r *rig) { r.serve(r.p.clientCert("operator")) }, shredder.ErrIdentity},
		{"our certificate of another authority", func(r *rig) { r.conf.Security.Certificate = other.clientCert("operator") }, shredder.ErrDenied},
		{"our certificate expired", func(r *rig) {
			r.conf.Security.Certificate = r.p.issue(x509.ExtKeyUsageClientAuth, utf8Role("operator"), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })
		}, shredder.ErrDenied},
		{"our certificate for servers", func(r *rig) {
			r.conf.Security.Certificate = r.p.issue(x509.ExtKeyUsageServerAuth, utf8Role("operator"), nil)
		}, shredder.ErrDenied},
		{"machine of another serial number at this address", func(r *rig) { r.dev.identy.Serial = "SN-0002" }, shredder.ErrIdentity},
		{"machine without a boot identifier", func(r *rig) { r.dev.identy.BootID = 0 }, shredder.ErrIdentity},
		{"TLS 1.1 at most", func(r *rig) {
			c := serverTLS(r.p, r.cert)
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			r.srv.setTLS(c)
		}, shredder.ErrDenied},
		{"no TLS at all", func(r *rig) { r.srv.setTLS(nil); r.conf.DialTimeout = 200 * time.Millisecond }, shredder.ErrLink},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(r *rig) {
				r.conf.Timeout = 5 * time.Second // nothing here is to end by time, save where the case says so
				c.change(r)
			})
			if _, err := r.m.Identify(bg); !errors.Is(err, c.want) {
				t.Errorf("identify: %v, want %v", err, c.want)
			}
			if _, err := r.m.Snapshot(bg); !errors.Is(err, c.want) {
				t.Errorf("snapshot: %v, want %v", err, c.want)
			}
			o, err := r.m.Offer(bg, shredder.Job{Token: token(), Items: 1})
			want(t, "offer", o, err, shredder.Refused, shredder.ResultNotSent)
			o, err = r.m.Withdraw(bg, shredder.JobToken{})
			want(t, "withdraw", o, err, shredder.Refused, shredder.ResultNotSent)
			if r.taken() != 0 || r.m.Caps() != 0 {
				t.Error("the machine took a record, or counts as known")
			}
		})
	}
	t.Run("roles the machine must not take", func(t *testing.T) {
		for name, roles := range map[string][][]byte{"none": nil, "PrintableString": {printable}, "twice": append(utf8Role("operator"), utf8Role("operator")...),
			"trailing data": {append(append([]byte{}, utf8Role("operator")[0]...), 0)}, "unknown": utf8Role("admin"), "empty": utf8Role("")} {
			r := newRig(t, nil)
			r.conf.Security.Certificate = r.p.issue(x509.ExtKeyUsageClientAuth, roles, nil)
			if _, err := modbus.New(r.conf); err == nil {
				t.Errorf("%s: our own certificate was accepted", name)
			}
		}
	})
}

// serve replaces the server's certificate, and with it the pin.
func (r *rig) serve(cert tls.Certificate) {
	r.srv.setTLS(serverTLS(r.p, cert))
	r.conf.Security.CertificateSerial = cert.Leaf.SerialNumber.Text(16)
}

func TestTLS13IsPreferredAnd12Served(t *testing.T) {
	for _, limit := range []uint16{0, tls.VersionTLS12} {
		var got atomic.Uint32
		r := newRig(t, func(r *rig) {
			c := serverTLS(r.p, r.cert)
			c.MaxVersion = limit
			c.VerifyConnection = func(cs tls.ConnectionState) error { got.Store(uint32(cs.Version)); return nil }
			r.srv.setTLS(c)
		})
		if _, err := r.m.Identify(bg); err != nil {
			t.Fatal(err)
		}
		if want := max(limit, map[uint16]uint16{0: tls.VersionTLS13}[limit]); got.Load() != uint32(want) {
			t.Errorf("server with limit %x: version %x", limit, got.Load())
		}
	}
}

func TestConfig(t *testing.T) {
	r := newRig(t, nil)
	good := r.conf
	for name, spoil := range map[string]func(*modbus.Config){
		"no address":            func(c *modbus.Config) { c.Address = "shredder" },
		"no machine serial":     func(c *modbus.Config) { c.MachineSerial = "" },
		"TLS and plain":         func(c *modbus.Config) { c.PlainNetwork = "cell" },
		"neither TLS nor plain": func(c *modbus.Config) { c.Security = nil },
		"no pin":                func(c *modbus.Config) { c.Security.CertificateSerial = "" },
		"upper case pin":        func(c *modbus.Config) { c.Security.CertificateSerial = "AB" },
		"padded pin":            func(c *modbus.Config) { c.Security.CertificateSerial = "0ab" },
		"short digest":          func(c *modbus.Config) { c.Security.PeerSHA256 = "ab" },
		"no roots":              func(c *modbus.Config) { c.Security.Roots = nil },
		"no certificate":        func(c *modbus.Config) { c.Security.Certificate = tls.Certificate{} },
		"endless timeout":       func(c *modbus.Config) { c.Timeout = time.Hour },
		"negative timeout":      func(c *modbus.Config) { c.Timeout = -1 },
		"frantic poll":          func(c *modbus.Config) { c.Poll = time.Millisecond },
	} {
		c := good
		s := *good.Security
		c.Security = &s
		spoil(&c)
		if _, err := modbus.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Answers no correct machine gives. Each must end in ErrLink within the timeout, and the next read must work.
func TestBrokenAnswers(t *testing.T) {
	change := func(f func(frame []byte) []byte) mangler {
		return func(c net.Conn, req []byte, execute func() []byte) ([]byte, bool) { return f(execute()), false }
	}
	set := func(at int, v byte) mangler {
		return change(func(b []byte) []byte { b[at] = v; return b })
	}
	for _, c := range []struct {
		name   string
		mangle mangler
	}{
		{"other transaction", change(func(b []byte) []byte { b[0] ^= 0xff; return b })},
		{"other protocol", set(3, 1)},
		{"other unit", set(6, 2)},
		{"other function", set(7, 4)},
		{"length 0", change(func(b []byte) []byte { b[4], b[5] = 0, 0; return b })},
		{"length 65535", change(func(b []byte) []byte { b[4], b[5] = 0xff, 0xff; return b })},
		{"length too small", change(func(b []byte) []byte { b[5]--; return b })},
		{"length too large", change(func(b []byte) []byte { b[5]++; return b })},
		{"lying byte count", change(func(b []byte) []byte { b[8] -= 2; return b })},
		{"fewer registers", change(func(b []byte) []byte { b[8] -= 2; b[5] -= 2; return b[:len(b)-2] })},
		{"exception 0", change(func(b []byte) []byte { return append(b[:4:4], 0, 3, b[6], 0x83, 0) })},
		{"long exception", change(func(b []byte) []byte { return append(b[:4:4], 0, 4, b[6], 0x83, 2, 2) })},
		{"half a frame", change(func(b []byte) []byte { return b[:len(b)/2] })},
		{"another protocol's text", change(func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") })},
		{"nothing", change(func([]byte) []byte { return nil })},
		{"cut", func(net.Conn, []byte, func() []byte) ([]byte, bool) { return nil, true }},
		{"cut in the middle", func(c net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { return execute()[:20], true }},
		{"flood of old answers", func(c net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
			old := execute()
			old[1]++
			for range 1000 {
				if _, err := c.Write(old); err != nil {
					break
				}
			}
			return nil, true
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			if _, err := r.m.Snapshot(bg); err != nil {
				t.Fatal(err)
			}
			r.srv.setMangle(c.mangle)
			if s, err := r.m.Snapshot(bg); !errors.Is(err, shredder.ErrLink) || !s.ReadAt.IsZero() {
				t.Errorf("%v, picture %+v", err, s)
			}
			r.srv.setMangle(nil)
			for range 3 { // no frame is left over that could be taken for an answer
				if _, err := r.m.Snapshot(bg); err != nil {
					t.Errorf("next read: %v", err)
				}
			}
		})
	}
}

// Half an answer, the timeout, then the rest: the rest must not be taken for the answer to the next request.
func TestHalfFrameThenRest(t *testing.T) {
	r := newRig(t, nil)
	first, err := r.m.Snapshot(bg)
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	r.srv.setMangle(once(func(c net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		whole := execute()
		c.Write(whole[:30])
		<-release
		return whole[30:], false
	}))
	if _, err := r.m.Snapshot(bg); !errors.Is(err, shredder.ErrLink) {
		t.Error(err)
	}
	close(release)
	for range 5 {
		if s, err := r.m.Snapshot(bg); err != nil || s.Sequence <= first.Sequence {
			t.Errorf("picture %d after %d, %v", s.Sequence, first.Sequence, err)
		}
	}
}

// One byte at a time does not extend the deadline.
func TestSlowAnswer(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Fatal(err)
	}
	sent := make(chan int, 1)
	r.srv.setMangle(func(c net.Conn, _ []byte, execute func() []byte) ([]byte, bool) {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		n := 0
		for _, b := range execute() {
			<-tick.C
			if _, err := c.Write([]byte{b}); err != nil || n > 50 {
				break
			}
			n++
		}
		sent <- n
		return nil, true
	})
	if _, err := r.m.Snapshot(bg); !errors.Is(err, shredder.ErrLink) {
		t.Error(err)
	}
	if n := <-sent; n > 20 {
		t.Errorf("%d bytes of a slow answer were waited for", n)
	}
}

func TestRefusedAndMute(t *testing.T) {
	r := newRig(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mute := r.conf
	mute.Address, mute.DialTimeout = ln.Addr().String(), 200*time.Millisecond
	if _, err := r.driver(mute).Identify(bg); !errors.Is(err, shredder.ErrLink) {
		t.Errorf("mute: %v", err)
	}
	ln.Close()
	if _, err := r.driver(mute).Identify(bg); !errors.Is(err, shredder.ErrLink) {
		t.Errorf("refused: %v", err)
	}
}

func TestCancelledContextEndsARead(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Fatal(err)
	}
	for _, hang := range []bool{true, false} {
		if hang {
			r.srv.hang()
		}
		ctx, cancel := context.WithCancel(bg)
		time.AfterFunc(10*time.Millisecond, cancel)
		if !hang {
			cancel()
		}
		if _, err := r.m.Snapshot(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("hang %v: %v", hang, err)
		}
		r.srv.resume()
	}
	if _, err := r.m.Snapshot(bg); err != nil {
		t.Error(err)
	}
}

// An idle connection that the machine closed is replaced without the caller noticing.
func TestIdleConnectionClosedByPeer(t *testing.T) {
	r := newRig(t, nil)
	for range 3 {
		if _, err := r.m.Snapshot(bg); err != nil {
			t.Fatal(err)
		}
		r.srv.cut()
	}
}

// A torn block is read again, but not for ever.
func TestTorn(t *testing.T) {
	for _, times := range []int{2, 1 << 30} {
		r := newRig(t, nil)
		if _, err := r.m.Snapshot(bg); err != nil {
			t.Fatal(err)
		}
		left, reads := times, 0
		r.srv.setMangle(func(_ net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
			b := execute()
			if binary.BigEndian.Uint16(req[8:]) != firmware.AddrSnapshot {
				return b, false
			}
			if reads++; left > 0 {
				left--
				b[12]++ // low byte of the leading sequence
			}
			return b, false
		})
		_, err := r.m.Snapshot(bg)
		if times == 2 && err != nil || times > 2 && (!errors.Is(err, shredder.ErrLink) || !errors.Is(err, firmware.ErrTorn)) {
			t.Errorf("torn %d times: %v", times, err)
		}
		if reads > 6 {
			t.Errorf("%d reads", reads)
		}
	}
}

func TestOtherMapOrNoDeviceOfTheProfile(t *testing.T) {
	for name, at := range map[string]int{"magic": 9, "version": 9 + 4, "map hash": 9 + 8} {
		r := newRig(t, nil)
		r.srv.setMangle(func(_ net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
			b := execute()
			if binary.BigEndian.Uint16(req[8:]) == firmware.AddrIdentity {
				b[at] ^= 1
			}
			return b, false
		})
		if _, err := r.m.Snapshot(bg); !errors.Is(err, shredder.ErrIdentity) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte{1, 2, 0, 0, 0, 5, 1, 3, 2, 0xaa, 0xbb})
	f.Add([]byte{1, 2, 0, 0, 0, 3, 1, 0x83, 2})
	f.Add([]byte{1, 2, 0, 0, 0xff, 0xff, 1, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := &counting{data: raw}
		pdu, err := modbus.ReadAnswer(r, []byte{1, 2, 0, 0, 0, 6, 1}, 3)
		if r.n > 260 {
			t.Errorf("%d bytes consumed for one frame", r.n)
		}
		if err == nil && (len(pdu) > 252 || r.n != 8+len(pdu) || raw[7] != 3 || raw[6] != 1) {
			t.Errorf("accepted %x as %x", raw[:r.n], pdu)
		}
	})
}

type counting struct {
	data []byte
	n    int
}

func (c *counting) Read(p []byte) (int, error) {
	if c.n == len(c.data) {
		return 0, io.EOF
	}
	n := copy(p, c.data[c.n:])
	c.n += n
	return n, nil
}
