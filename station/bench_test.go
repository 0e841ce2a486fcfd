package station_test

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"testing"
	"time"

	"crypto/sha256"

	"sexton/bench/card"
	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/server"
	"sexton/inspect"
	"sexton/shredder"
	"sexton/shredder/modbus"
	"sexton/station"
	realdesk "sexton/token/desk"
	"sexton/token/tokentest"
	"sexton/token/trust"
)

// benchWorld is a world whose cards are virtual PIV cards behind the real desk and whose machine is the virtual shredder behind the
// real driver, over mutual TLS.
type benchWorld struct {
	*world
	rack  *tokentest.Rack
	cards map[string]*card.Card
	ca    *card.CA
	b     *bench.Bench
	hands *bench.Hands
	items map[string]bench.Item // what the hand lays on the table for a carrier number
}

// mixedList has one carrier of each of some kinds.
const mixedList = "序号,载体编号,文件资料名称,制发单位,载体类别,密级,保密期限,页数或容量,份数或数量,备注\n" +
	"1,YZ-001,请示（演练）,某局（演练）,纸介质,秘密,10年,20页,1,\n" +
	"2,YZ-002,归档光盘（演练）,某局（演练）,光盘,秘密,3年,4.7GB,1,\n" +
	"3,YZ-003,业务U盘（演练）,某局（演练）,U盘,内部,,32GB,1,\n" +
	"4,YZ-004,备份磁带（演练）,某局（演练）,磁带,秘密,3年,1.5TB,1,\n" +
	"5,YZ-005,报告（演练）,某局（演练）,纸介质,秘密,10年,40页,2,\n" +
	"6,YZ-006,通知（演练）,某局（演练）,纸介质,秘密,10年,10页,1,\n"

func newBenchWorld(t *testing.T, change ...func(*bench.Config, *station.Config)) *benchWorld {
	t.Helper()
	ctx := t.Context()
	w := &benchWorld{world: &world{t: t, source: []byte(mixedList)}, cards: map[string]*card.Card{}, items: map[string]bench.Item{
		"YZ-001": {Kind: physics.Paper, Pages: 20}, "YZ-002": {Kind: physics.Disc}, "YZ-003": {Kind: physics.USB}, "YZ-004": {Kind: physics.Tape},
		"YZ-005": {Kind: physics.Paper, Pages: 40}, "YZ-006": {Kind: physics.Paper, Pages: 10}}}
	w.ca = must(card.NewCA("演练根", card.CAOptions{}))
	store := must(trust.New(w.ca.PEM(), trust.Options{}))
	w.trust = store
	var names []string
	for _, p := range crew {
		names = append(names, p.id)
	}
	w.rack = tokentest.NewRack(names...)
	for i, p := range crew {
		spec := card.Spec{Name: p.id, PIN: pinOf(p.id), CA: w.ca, Serial: uint32(5000 + i)}
		if p.id == "zhao" {
			spec.Key9A, spec.Key9C = card.RSA2048, card.RSA2048
		}
		w.cards[p.id] = must(card.New(spec))
		w.rack.Insert(p.id, w.cards[p.id])
	}
	w.desk = must(realdesk.Open(w.rack, store, realdesk.Options{}))
	t.Cleanup(func() { _ = w.desk.Close() })

	certs := must(bench.WriteCerts(t.TempDir(), bench.CertOptions{}))
	machine := bench.Config{TLS: certs.ServerTLS(), Pace: 60, Seed: 1}
	w.cfg = station.Config{FeedTimeout: 20 * time.Second, Dwell: time.Second, Poll: 20 * time.Millisecond}
	for _, f := range change {
		f(&machine, &w.cfg)
	}
	w.b = must(bench.Start(ctx, machine))
	t.Cleanup(func() { _ = w.b.Close() })
	w.hands = w.b.Hands()
	client := certs.ClientTLS(server.Operator)
	w.mach = func(*life) shredder.Machine {
		m := must(modbus.New(modbus.Config{Address: w.b.Addr(), MachineSerial: w.b.Serial(), Poll: 50 * time.Millisecond,
			Security: &modbus.Security{Roots: client.RootCAs, Certificate: client.Certificates[0], PeerSHA256: certs.ServerSHA256}}))
		t.Cleanup(func() { _ = m.Close() })
		return m
	}
	w.put = w.lay
	w.found()
	return w
}

// lay puts a carrier, each of its copies, on the inlet table.
func (w *benchWorld) lay(number string, p feedPlan) bool {
	it := w.items[number]
	if p.energy == 0 {
		it.Flags = []string{bench.Phantom}
	}
	n := 1
	if number == "YZ-005" {
		n = 2
	}
	for range n {
		if _, err := w.hands.Feed(w.t.Context(), it); err != nil {
			w.t.Errorf("feed %s: %v", number, err)
			return false
		}
	}
	return true
}

// trustFile is what the inspector's office would hand out.
func (w *benchWorld) trustFile() *inspect.Trust {
	block, _ := pem.Decode(w.ca.PEM())
	profile := must(os.ReadFile("../testdata/policy/unit-training.toml"))
	text := fmt.Sprintf("log %s\nquorum none\nanchor %s\nprofile unit-training 2026.12-training %x\n", w.verifier,
		base64.StdEncoding.EncodeToString(block.Bytes), sha256.Sum256(profile))
	return must(inspect.ParseTrust([]byte(text)))
}

// show logs what is on record of each carrier.
func (w *benchWorld) show() {
	for number := range w.items {
		c := must(w.st.Carrier(w.t.Context(), number))
		for _, h := range c.History {
			w.t.Log(number, c.State, h.Kind, h.Detail)
		}
	}
}

// TestBench runs a batch with the virtual cards and the virtual shredder over their real protocols, one item fed without energy, and has
// the inspector judge the certificate.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("physics takes some seconds")
	}
	w := newBenchWorld(t)
	w.office(0)
	w.grid["YZ-006"] = feedPlan{energy: 0}
	if err := w.finish(); err != nil {
		w.show()
		t.Fatal(err)
	}
	v := must(w.st.Batch(t.Context(), batchNumber))
	if v.State != "certified" || v.States["certified"] != 5 || v.States["disputed"] != 1 {
		w.show()
		t.Fatalf("states %v", v.States)
	}
	cert := must(w.st.Certificate(t.Context(), batchNumber))
	r := inspect.Verify(cert.Bundle, w.trustFile(), inspect.Options{Now: time.Now()})
	if !r.OK() || !r.Bench {
		t.Fatalf("inspector: %s, %+v", r.Grade, r.Failed)
	}
	w.stop()
	w.start(nil) // the ledger audits itself; the certificate is still there
	again := must(w.st.Certificate(t.Context(), batchNumber))
	if r := inspect.Verify(again.Bundle, w.trustFile(), inspect.Options{}); !r.OK() {
		t.Fatalf("inspector after a restart: %s, %+v", r.Grade, r.Failed)
	}
}
