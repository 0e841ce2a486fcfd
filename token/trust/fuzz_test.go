package trust_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/trust"
)

// FuzzSAN: no subjectAltName makes the parser panic, and nothing in it makes a certificate trusted.
func FuzzSAN(f *testing.F) {
	san := asn1.ObjectIdentifier{2, 5, 29, 17}
	ca, err := bench.NewCA("CA", bench.CAOptions{})
	if err != nil {
		f.Fatal(err)
	}
	for _, flaw := range []bench.Flaw{0, bench.CriticalSAN} {
		c, err := bench.New(bench.Spec{PIN: "472916", CA: ca, Flaw9A: flaw, UPN: "a@b"})
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range c.Certificate(0x9A).Extensions {
			if e.Id.Equal(san) {
				f.Add(e.Value)
			}
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		cert := &x509.Certificate{Extensions: []pkix.Extension{{Id: san, Critical: true, Value: value}}, UnhandledCriticalExtensions: []asn1.ObjectIdentifier{san}}
		if _, err := trust.ParseSAN(cert); err != nil && token.KindOf(err) != token.KindUnknown {
			t.Fatalf("the parser names a kind of its own: %v", err)
		}
		store, err := trust.New(ca.PEM(), trust.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if store.Check(cert, token.SlotAuth, time.Now()) == nil {
			t.Fatal("a certificate made of nothing is trusted")
		}
	})
}
