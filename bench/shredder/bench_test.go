package shredder_test

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
	"sexton/bench/shredder/server"
	fw "sexton/firmware-iface"
)

func TestIdentity(t *testing.T) {
	r := newRig(t, func(c *bench.Config) { c.Serial = "演练-0007" })
	w, err := r.host().read(fw.AddrIdentity, fw.LenIdentity)
	if err != nil {
		t.Fatal(err)
	}
	var id fw.IdentityBlock
	if err := id.Decode(w); err != nil {
		t.Fatal(err)
	}
	if id.Serial != "演练-0007" || id.BootID == 0 || id.Caps != fw.CapsAll || id.RatedW != 4000 || id.ProgramSum == [32]byte{} {
		t.Errorf("%+v", id)
	}
	// Any part of one block may be read, nothing outside and nothing across.
	p := r.host()
	if part, err := p.read(fw.AddrIdentity+20, 16); err != nil || part[0] != w[20] {
		t.Errorf("part of a block: %v", err)
	}
	for _, c := range [][2]int{{int(fw.AddrIdentity) + 90, 5}, {int(fw.AddrSnapshot) - 1, 2}, {int(fw.AddrCommand), 1}, {0x8000, 1}, {int(fw.AddrEcho), fw.LenEcho + 1}} {
		if _, err := p.read(uint16(c[0]), c[1]); !refusedWith(err, modbus.ErrIllegalDataAddress) {
			t.Errorf("read %04x+%d: %v", c[0], c[1], err)
		}
	}
}

func TestWholeJobOverTheWire(t *testing.T) {
	r := newRig(t, nil)
	p := r.host()
	before := p.snapshot()
	items := []bench.Item{
		{Kind: physics.Paper, Pages: 40}, {Kind: physics.Disc}, {Kind: physics.USB}, {Kind: physics.SSD}, {Kind: physics.HDD25}, {Kind: physics.Tape},
	}
	p.job(uint32(len(items)), time.Minute)
	var last physics.ItemID
	want := 0.0
	for _, it := range items {
		id, err := r.h.Feed(t.Context(), it)
		if err != nil {
			t.Fatal(err)
		}
		last = id
		mat, err := physics.MaterialOf(it.Kind)
		if err != nil {
			t.Fatal(err)
		}
		mass, err := physics.MassOf(it.Kind, it.Pages, it.MassMG)
		if err != nil {
			t.Fatal(err)
		}
		want += mat.JPerG * float64(mass) / 1000
	}
	if rec, err := r.h.Await(t.Context(), last); err != nil || rec.Fate != physics.Cut {
		t.Fatalf("%+v %v", rec, err)
	}
	after := p.until("ended", is(fw.StateEnded))
	if after.Feed-before.Feed != uint32(len(items)) || after.PermissionLeftMS != 0 {
		t.Errorf("%+v", after)
	}
	if e := float64(after.EnergyJ - before.EnergyJ); e < 0.75*want || e > 1.35*want {
		t.Errorf("%.0f J, the materials ask for %.0f J", e, want)
	}
	if in := after.InletMG - before.InletMG; math.Abs(float64(in-477_000)) > 4_000 {
		t.Errorf("inlet %d mg", in)
	}
	truth, err := r.h.Truth(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if b := truth.Balance; b.Cut != 477_000 || b.Bin+b.Chamber != b.Cut || len(truth.Records) != len(items) {
		t.Errorf("%+v", truth)
	}
}

func TestRoles(t *testing.T) {
	r := newRig(t, nil)
	other, err := bench.NewAuthority("bench shredder authority") // same name, other key
	if err != nil {
		t.Fatal(err)
	}
	utf := func(s string) [][]byte { return [][]byte{server.RoleValue(s)} }
	printable := server.RoleValue("operator")
	printable[0] = 0x13
	trailing := append(server.RoleValue("operator"), 0)
	for _, c := range []struct {
		name        string
		from        *bench.Authority
		req         bench.LeafRequest
		read, write error // nil: works; errRefused: no connection
	}{
		{"operator", nil, bench.LeafRequest{Roles: utf("operator")}, nil, nil},
		{"viewer", nil, bench.LeafRequest{Roles: utf("viewer")}, nil, modbus.ErrIllegalFunction},
		{"no role", nil, bench.LeafRequest{}, modbus.ErrIllegalFunction, modbus.ErrIllegalFunction},
		{"wrong role", nil, bench.LeafRequest{Roles: utf("Operator")}, modbus.ErrIllegalFunction, modbus.ErrIllegalFunction},
		{"empty role", nil, bench.LeafRequest{Roles: utf("")}, modbus.ErrIllegalFunction, modbus.ErrIllegalFunction},
		{"printable string", nil, bench.LeafRequest{Roles: [][]byte{printable}}, modbus.ErrIllegalFunction, modbus.ErrIllegalFunction},
		{"trailing byte", nil, bench.LeafRequest{Roles: [][]byte{trailing}}, modbus.ErrIllegalFunction, modbus.ErrIllegalFunction},
		{"other authority", other, bench.LeafRequest{Roles: utf("operator")}, errRefused, errRefused},
		{"server usage", nil, bench.LeafRequest{Roles: utf("operator"), Server: true}, errRefused, errRefused},
		{"expired", nil, bench.LeafRequest{Roles: utf("operator"), Until: time.Now().Add(-time.Minute)}, errRefused, errRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := c.from
			if from == nil {
				from = r.certs.Authority()
			}
			c.req.Name = c.name
			leaf, err := from.Issue(c.req)
			if err != nil {
				t.Fatal(err)
			}
			judge := func(what string, err, want error) {
				switch {
				case want == errRefused:
					if err == nil || refusedWith(err, modbus.ErrIllegalFunction) {
						t.Errorf("%s: %v, want no connection", what, err)
					}
				case !errors.Is(err, want):
					t.Errorf("%s: %v, want %v", what, err, want)
				}
			}
			p, err := r.client(leaf.TLS(), 2*time.Second)
			if err != nil {
				judge("open", err, c.read)
				return
			}
			_, err = p.read(fw.AddrEcho, fw.LenEcho)
			judge("read", err, c.read)
			if c.read == errRefused {
				return
			}
			// A record that would be taken from an operator, by its sequence.
			seq := r.host().record(fw.CommandWithdraw)
			judge("write", p.send(seq), c.write)
			if got := r.host().echo().LastSequence == seq.Sequence; got != (c.write == nil) {
				t.Errorf("taken: %v", got)
			}
		})
	}
}

var errRefused = errors.New("refused")

// Two role extensions: our own parser refuses to issue it, so the certificate is built beside it.
func TestTwoRoles(t *testing.T) {
	r := newRig(t, nil)
	leaf, err := r.certs.Authority().Issue(bench.LeafRequest{Name: "two", Roles: [][]byte{server.RoleValue("operator"), server.RoleValue("operator")}})
	if err == nil {
		p, err := r.client(leaf.TLS(), time.Second)
		if err != nil {
			return
		}
		if _, err := p.read(fw.AddrEcho, fw.LenEcho); err == nil {
			t.Error("two roles may read")
		}
		return
	}
	if !strings.Contains(err.Error(), "duplicate") {
		t.Errorf("a certificate with two roles: %v", err)
	}
}

func TestRecordsOverTheWire(t *testing.T) {
	r := newRig(t, nil)
	p := r.host()
	good := p.offer(2)
	words := good.Encode()
	for i := range words {
		w := append([]uint16(nil), words...)
		w[i] ^= 0x0100
		if err := p.c.WriteRegisters(fw.AddrCommand, w); !refusedWith(err, modbus.ErrIllegalDataValue) {
			t.Errorf("word %d spoiled: %v", i, err)
		}
	}
	for _, c := range []struct {
		addr uint16
		w    []uint16
	}{{fw.AddrCommand, words[:27]}, {fw.AddrCommand + 1, words[1:]}, {fw.AddrCommand, append(words[:28:28], 0)}, {fw.AddrSnapshot, words}, {fw.AddrCommand + 6, words[6:7]}} {
		if err := p.c.WriteRegisters(c.addr, c.w); !refusedWith(err, modbus.ErrIllegalDataAddress) {
			t.Errorf("%d words at %04x: %v", len(c.w), c.addr, err)
		}
	}
	if err := p.c.WriteRegister(fw.AddrCommand, 1); !refusedWith(err, modbus.ErrIllegalFunction) {
		t.Errorf("single write: %v", err)
	}
	if e := p.echo(); e.LastSequence != 0 {
		t.Fatalf("a spoiled record was taken: %+v", e)
	}
	p.accept(good)
	rel := p.release(time.Minute)
	p.accept(rel)
	for range 5 {
		if err := p.send(rel); err != nil {
			t.Errorf("verbatim repetition: %v", err)
		}
	}
	if err := p.send(good); !refusedWith(err, modbus.ErrIllegalDataValue) {
		t.Errorf("an older record: %v", err)
	}
	truth, err := r.h.Truth(t.Context(), 0)
	if err != nil || truth.Tally.Releases != 1 {
		t.Errorf("%+v %v", truth.Tally, err)
	}
}

// A release that waits in the receive buffer of a hung controller past its deadline never goes live.
func TestHungControllerRunsNothingLate(t *testing.T) {
	r := newRig(t, nil)
	for range 10 {
		p := r.host()
		p.accept(p.offer(1))
		slow, err := r.client(r.certs.ClientTLS(server.Operator).Certificates[0], 60*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		rel := p.release(time.Minute)
		rel.NotAfterMS = p.snapshot().UptimeMS + 60
		if _, err := slow.read(fw.AddrEcho, fw.LenEcho); err != nil {
			t.Fatal(err)
		}
		if err := r.h.Hang(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if err := slow.send(rel); err == nil {
			t.Fatal("a hung controller answered")
		}
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
			truth, err := r.h.Truth(t.Context(), 0)
			if err != nil || truth.Tally.Permitted {
				t.Fatalf("%+v %v", truth.Tally, err)
			}
		}
		if err := r.h.Hang(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		e := p.echo()
		for end := time.Now().Add(5 * time.Second); e.LastSequence < rel.Sequence && time.Now().Before(end); e = p.echo() {
		}
		if e.ReleaseSequence != rel.Sequence || e.ReleaseResult != fw.ResultLate {
			t.Fatalf("after the hang: %+v", e)
		}
		p.accept(p.record(fw.CommandWithdraw))
	}
	if truth, err := r.h.Truth(t.Context(), 0); err != nil || truth.Tally.Releases != 0 {
		t.Errorf("%+v %v", truth.Tally, err)
	}
}

// Permissions follow real time, however fast the machine runs, and end with the server hung and every link cut.
func TestPermissionExpiresInRealTime(t *testing.T) {
	r := newRig(t, func(c *bench.Config) { c.Pace = 10_000 })
	p := r.host()
	begin := time.Now()
	p.job(5, 300*time.Millisecond)
	if err := r.h.Hang(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := r.h.CutLink(t.Context()); err != nil {
		t.Fatal(err)
	}
	for {
		truth, err := r.h.Truth(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if !truth.Tally.Permitted {
			break
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal("permission does not expire while the server hangs")
		}
	}
	if d := time.Since(begin); d < 290*time.Millisecond {
		t.Errorf("permission of 300 ms lived %v: it followed machine time", d)
	}
	if err := r.h.Hang(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p = r.host()
	if s := p.snapshot(); s.State != fw.StateEnded || s.Reasons != fw.ReasonsExpired {
		t.Errorf("%s %s", s.State, s.Reasons)
	}
}

func TestFaultPlan(t *testing.T) {
	plan, err := bench.ParsePlan([]byte(`{"version":1,"faults":[
		{"item":1,"do":"reverse","reversals":2},{"item":2,"do":"no-energy"},{"item":3,"do":"double"},{"item":4,"do":"silent"},
		{"item":5,"do":"counters-back"},{"item":6,"do":"jam"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *bench.Config) { c.Plan = plan })
	p := r.host()
	p.job(20, time.Minute)
	feed := func() physics.Record {
		t.Helper()
		id, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.HDD25})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.h.Await(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	a := p.snapshot()
	one := feed()
	b := p.snapshot()
	if b.Reverses-a.Reverses != 2 || one.Fate != physics.Cut || b.Feed-a.Feed != 1 || b.EnergyJ-a.EnergyJ < 5000 {
		t.Errorf("reverse: %+v %+v", one, b)
	}
	two := feed()
	c := p.snapshot()
	if two.Fate != physics.PulledOut || c.Feed-b.Feed != 1 || c.EnergyJ != b.EnergyJ || two.CutMG != 0 {
		t.Errorf("no energy: %+v, %d J", two, c.EnergyJ-b.EnergyJ)
	}
	three := feed()
	d := p.snapshot()
	if three.CutMG != 200_000 || d.Feed-c.Feed != 1 || d.EnergyJ-c.EnergyJ < 11_000 {
		t.Errorf("double: %+v, %d J", three, d.EnergyJ-c.EnergyJ)
	}
	four := feed()
	e := p.snapshot()
	if four.Fate != physics.Cut || four.Counted || e.Feed != d.Feed || e.EnergyJ-d.EnergyJ < 5000 {
		t.Errorf("silent: %+v, %d J", four, e.EnergyJ-d.EnergyJ)
	}
	feed()
	if f := p.snapshot(); f.Feed >= e.Feed || f.EnergyJ >= e.EnergyJ {
		t.Errorf("backwards: feed %d after %d", f.Feed, e.Feed)
	}
	if _, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.HDD25}); err != nil {
		t.Fatal(err)
	}
	if s := p.until("faulted", is(fw.StateFaulted)); s.Reasons != fw.ReasonsJam || s.Jams != 1 {
		t.Errorf("jam: %s %+v", s.Reasons, s)
	}
	p.until("at rest", func(s fw.SnapshotBlock) bool { return s.Flags&fw.FlagsStandstill != 0 })
	if err := r.h.Reset(t.Context()); !errors.Is(err, bench.ErrHands) {
		t.Errorf("reset of a jam: %v", err)
	}
	if err := r.h.ClearJam(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := r.h.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	truth, err := r.h.Truth(t.Context(), 6)
	if err != nil || truth.Faults != 0 || truth.Records[0].Fate != physics.Remainder || truth.Records[0].CutMG >= truth.Records[0].MassMG {
		t.Errorf("%+v %v", truth, err)
	}
}

func TestLinkFaults(t *testing.T) {
	r := newRig(t, nil)
	p := r.host()
	fault := func(f bench.Fault) {
		t.Helper()
		if err := r.h.Fault(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	// Answer dropped after execution: the echo knows.
	fault(bench.Fault{Do: bench.FaultDropAnswer})
	rec := p.offer(3)
	if err := p.send(rec); err == nil {
		t.Error("answered although dropped")
	}
	p = r.host()
	if e := p.echo(); e.OfferSequence != rec.Sequence || e.OfferNonce != rec.Nonce || e.OfferResult != fw.ResultAccepted {
		t.Errorf("%+v", e)
	}
	// Torn pictures are recognised by the codec.
	fault(bench.Fault{Do: bench.FaultTorn, Count: 2})
	for i := range 3 {
		w, err := p.read(fw.AddrSnapshot, fw.LenSnapshot)
		if err != nil {
			t.Fatal(err)
		}
		var s fw.SnapshotBlock
		if err := s.Decode(w); (i < 2) != errors.Is(err, fw.ErrTorn) {
			t.Errorf("picture %d: %v", i, err)
		}
	}
	// A reboot in the job: other start, no token, reset needed, counters kept.
	before := p.snapshot()
	fault(bench.Fault{Do: bench.FaultReboot})
	p = r.host()
	s := p.snapshot()
	if s.BootID == before.BootID || s.ActiveToken != [16]byte{} || s.State != fw.StateNotReady || s.Reasons != fw.ReasonsPowerReturned || s.Feed < before.Feed {
		t.Errorf("after reboot: %+v", s)
	}
	if s.UptimeMS > 20_000 || s.EchoSequence != 0 {
		t.Errorf("after reboot: uptime %d, echo %d", s.UptimeMS, s.EchoSequence)
	}
	// Power away and back.
	if err := r.h.Power(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if dead, err := r.client(r.certs.ClientTLS(server.Operator).Certificates[0], time.Second); err == nil {
		if _, err := dead.read(0, 1); err == nil {
			t.Error("answers without supply")
		}
	}
	if err := r.h.Reset(t.Context()); !errors.Is(err, bench.ErrHands) {
		t.Errorf("reset without supply: %v", err)
	}
	if err := r.h.Power(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := r.h.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	p = r.host()
	p.until("ready", is(fw.StateReady))
	// Supply that returns by itself.
	fault(bench.Fault{Do: bench.FaultPowerLoss, MS: 50})
	for end := time.Now().Add(20 * time.Second); ; {
		truth, err := r.h.Truth(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if truth.State == fw.StateNotReady.String() {
			break
		}
		if time.Now().After(end) {
			t.Fatal("supply does not return")
		}
	}
}

func TestHandsAtTheMachine(t *testing.T) {
	r := newRig(t, nil)
	p, ctx := r.host(), t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reasons := func(want fw.Reasons, state fw.State) {
		t.Helper()
		if s := p.snapshot(); s.Reasons != want || s.State != state {
			t.Errorf("%s %s, want %s %s", s.State, s.Reasons, state, want)
		}
	}
	do(r.h.Guard(ctx, true, false))
	reasons(fw.ReasonsGuardOpen, fw.StateNotReady)
	do(r.h.Guard(ctx, false, false))
	do(r.h.Key(ctx, true))
	reasons(fw.ReasonsLocal, fw.StateNotReady)
	do(r.h.Key(ctx, false))
	do(r.h.RemoveBin(ctx))
	reasons(fw.ReasonsBinMissing, fw.StateNotReady)
	do(r.h.InsertBin(ctx))
	do(r.h.EmptyBin(ctx))
	do(r.h.Phases(ctx, false))
	reasons(fw.ReasonsPhaseFault, fw.StateFaulted)
	do(r.h.Phases(ctx, true))
	reasons(fw.ReasonsPhaseFault, fw.StateFaulted)
	do(r.h.Reset(ctx))
	do(r.h.EStop(ctx, true))
	reasons(fw.ReasonsEStop, fw.StateFaulted)
	do(r.h.EStop(ctx, false))
	reasons(fw.ReasonsEStop, fw.StateFaulted)
	do(r.h.Reset(ctx))
	reasons(0, fw.StateReady)
	if s := p.snapshot(); s.GuardOpenings != 1 || s.Flags&fw.FlagsRemote == 0 {
		t.Errorf("%+v", s)
	}
	do(r.h.Knives(ctx, 0.3))
	if err := r.h.Start(ctx); !errors.Is(err, bench.ErrHands) {
		t.Errorf("start without permission: %v", err)
	}
	for range 3 {
		if _, err := r.h.Feed(ctx, bench.Item{Kind: physics.Paper, Pages: 2}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.h.TakeBack(ctx); n != 3 || err != nil {
		t.Errorf("took back %d, %v", n, err)
	}
	for _, it := range []bench.Item{{}, {Kind: "gold"}, {Kind: physics.Paper}, {Kind: physics.USB, Pages: 1}, {Kind: physics.USB, Flags: []string{"magic"}}} {
		if _, err := r.h.Feed(ctx, it); !errors.Is(err, bench.ErrHands) {
			t.Errorf("feed %+v: %v", it, err)
		}
	}
}

func TestControlSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hands")
	r := newRig(t, func(c *bench.Config) { c.Control = path })
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v %v", fi, err)
	}
	h, err := bench.DialHands(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	truth, err := h.Truth(t.Context(), 0)
	if err != nil || truth.Addr != r.b.Addr() || truth.State != "Ready" {
		t.Fatalf("%+v %v", truth, err)
	}
	p := r.host()
	p.job(1, time.Minute)
	id, err := h.Feed(t.Context(), bench.Item{Kind: physics.Disc, Flags: []string{bench.Silent}})
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := h.Await(t.Context(), id); err != nil || rec.Fate != physics.Cut || rec.Counted {
		t.Errorf("%+v %v", rec, err)
	}
	if err := h.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	if err := h.Fault(t.Context(), bench.Fault{Do: "magic"}); !errors.Is(err, bench.ErrHands) {
		t.Errorf("unknown fault: %v", err)
	}
	if _, err := bench.Start(t.Context(), bench.Config{Plain: true, Control: path}); err == nil {
		t.Error("two benches on one control socket")
	}
	// Lines that are none are answered with an error each, and do nothing.
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, line := range []string{
		``, `{`, `{}`, `[]`, `{"op":"estop","press":true,"press":true}`, `{"Op":"estop","press":true}`, `{"op":"estop","press":true}{}`,
		`{"op":"estop","press":1}`, `{"op":"estop","pres":true}`, `{"op":"explode"}`, `{"op":"fault"}`, `{"op":"bin","do":"eat"}`, `{"op":"feed"}`,
	} {
		if _, err := c.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil || !strings.Contains(string(buf[:n]), `"error":"`) {
			t.Errorf("%s: %s %v", line, buf[:n], err)
		}
	}
	if s := p.snapshot(); s.Reasons&fw.ReasonsEStop != 0 {
		t.Error("a malformed request pressed the button")
	}
	// A context that ends while the bench does not answer ends the call.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Truth(ctx, 0); err == nil {
		t.Error("an ended context is ignored")
	}
}

func TestParsePlanStrictly(t *testing.T) {
	for _, bad := range []string{
		``, `{}`, `{"version":2,"faults":[]}`, `{"version":1,"faults":[]} x`, `{"version":1,"version":1,"faults":[]}`, `{"version":1,"faults":[],"x":1}`,
		`{"Version":1,"faults":[]}`, `{"version":1,"faults":[{"item":1,"do":"explode"}]}`, `{"version":1,"faults":[{"item":-1,"do":"jam"}]}`,
		`{"version":1,"faults":[{"do":"jam"}]}`, `{"version":1,"faults":[{"item":1,"do":"jam","ms":5}]}`, `{"version":1,"faults":[{"item":1,"do":"hang"}]}`,
		`{"version":1,"faults":[{"item":1,"do":"hang","ms":9999999}]}`, `{"version":1,"faults":[{"item":1,"do":"reverse","reversals":-1}]}`,
		`{"version":1,"faults":[{"item":1,"do":"torn-snapshot","count":-2}]}`, `{"version":1,"faults":[{"item":"1","do":"jam"}]}`,
	} {
		if p, err := bench.ParsePlan([]byte(bad)); err == nil {
			t.Errorf("%s: read as %+v", bad, p)
		}
	}
	if p, err := bench.ParsePlan([]byte(`{"version":1,"faults":[{"item":0,"do":"late-answer","ms":40},{"item":2,"do":"jam"}]}`)); err != nil || len(p.Faults) != 2 {
		t.Errorf("%+v %v", p, err)
	}
	path := filepath.Join(t.TempDir(), "plan")
	if _, err := bench.ReadPlan(path); err == nil {
		t.Error("a missing plan was read")
	}
	if err := os.WriteFile(path, []byte(`{"version":1,"faults":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.ReadPlan(path); err != nil {
		t.Error(err)
	}
}

func FuzzStrict(f *testing.F) {
	f.Add([]byte(`{"op":"feed","item":{"kind":"paper","pages":2}}`))
	f.Add([]byte(`{"op":"a","op":"b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r bench.Request
		if bench.Strict(data, &r) == nil && strings.Count(string(data), `"op"`) > 1 && !strings.Contains(string(data), `\`) && r.Item == nil && r.Fault == nil && r.Do == "" {
			t.Errorf("%q has its key twice", data)
		}
	})
}

func TestCertsAreStable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	a, err := bench.WriteCerts(dir, bench.CertOptions{Hosts: []string{"bench.test", "192.0.2.7"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bench.WriteCerts(dir, bench.CertOptions{})
	if err != nil || a.ServerSHA256 != b.ServerSHA256 || a.ServerSHA256 == "" {
		t.Fatalf("%v: %s then %s", err, a.ServerSHA256, b.ServerSHA256)
	}
	if org := b.Authority().Cert.Subject.Organization; len(org) != 1 || org[0] != bench.Organisation {
		t.Errorf("organisation %v", org)
	}
	for _, k := range []string{a.CAKey, a.ServerKey, a.OperatorKey, a.ViewerKey} {
		if fi, err := os.Stat(k); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", k, err)
		}
	}
	if err := os.Remove(a.Viewer); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a directory with a missing file was used")
	}
	if err := os.WriteFile(a.Viewer, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a directory with a broken file was used")
	}
	// A certificate of another authority in the set.
	other, err := bench.WriteCerts(filepath.Join(t.TempDir(), "o"), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{a.Viewer: other.Viewer, a.ViewerKey: other.ViewerKey} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bench.WriteCerts(dir, bench.CertOptions{}); err == nil {
		t.Error("a certificate of another authority was used")
	}
}

func TestConfigIsChecked(t *testing.T) {
	certs, err := bench.WriteCerts(t.TempDir(), bench.CertOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]bench.Config{
		"neither":  {},
		"both":     {TLS: certs.ServerTLS(), Plain: true},
		"pace":     {Plain: true, Pace: -1},
		"no pace":  {Plain: true, Pace: math.NaN()},
		"window":   {Plain: true, MaxWindow: time.Millisecond},
		"fault":    {Plain: true, Plan: bench.Plan{Faults: []bench.Fault{{Do: "x"}}}},
		"address":  {Plain: true, Listen: "nowhere:nothing"},
		"no place": {Plain: true, Control: filepath.Join(t.TempDir(), "missing", "x")},
	} {
		if b, err := bench.Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: started", name)
			_ = b.Close()
		}
	}
}

// Serve is a process: it tells when it is ready and ends with its context. Plain must be asked for.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan *bench.Bench, 1), make(chan error, 1)
	go func() {
		done <- bench.Serve(ctx, bench.Config{Plain: true, Latched: true}, func(b *bench.Bench) { ready <- b })
	}()
	b := <-ready
	c, err := modbus.NewClient(&modbus.ClientConfiguration{URL: "tcp://" + b.Addr(), Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, c: c}
	if s := p.snapshot(); s.State != fw.StateNotReady || s.Reasons != fw.ReasonsPowerReturned {
		t.Errorf("%s %s", s.State, s.Reasons)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Machine time follows the pace, and a standstill of the process is not made up for in one burst.
func TestPace(t *testing.T) {
	r := newRig(t, func(c *bench.Config) { c.Pace = 0.01 })
	starts := func() (n uint32) {
		r.b.Under(func(m *program.Machine) { n = m.Tally().Starts })
		return n
	}
	p := r.host()
	p.job(1, 29*time.Minute)
	if _, err := r.h.Feed(t.Context(), bench.Item{Kind: physics.USB}); err != nil {
		t.Fatal(err)
	}
	if starts() > 0 {
		t.Error("ran ahead")
	}
	r.b.Advance(time.Now().Add(20 * time.Minute)) // 12 s of machine time owed, what a second is worth granted
	if s := p.snapshot(); s.Feed != 0 || s.PermissionLeftMS == 0 {
		t.Error("a backlog was made up for in a burst")
	}
}
