package shredder_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	bench "sexton/bench/shredder"
	"sexton/bench/shredder/physics"
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
	r := newRig(t, func(c *bench.Config) { c.Pace = 1000 })
	p := r.host()
	begin := time.Now()
	p.job(5, 1500*time.Millisecond)
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
	if d := time.Since(begin); d < 1490*time.Millisecond {
		t.Errorf("permission of 1.5 s lived %v: it followed machine time", d)
	}
	if err := r.h.Hang(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p = r.host()
	if s := p.snapshot(); s.State != fw.StateEnded || s.Reasons != fw.ReasonsExpired {
		t.Errorf("%s %s", s.State, s.Reasons)
	}
}
