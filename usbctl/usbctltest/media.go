// Package usbctltest is the conformance suite of the contracts of usbctl: whoever
// holds ports must pass it.
//
// Failure modes: it fails the test.
//
// What it does not do: it is no product code.
package usbctltest

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"testing"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
)

// Ports are hands that plug virtual devices in and out.
type Ports interface {
	Insert(port string, d *model.Device) media.At
	Remove(port string)
}

// patience is how long anything that must happen may take.
const patience = 30 * time.Second

// Key is an honest key of so many blocks.
func Key(serial string, blocks uint64) *model.Device {
	return model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: serial, Blocks: blocks})
}

// heard is what a Watch told.
type heard struct {
	t   *testing.T
	mu  sync.Mutex // guards all
	all []media.Notice
	new chan struct{}
}

func (h *heard) tell(n media.Notice) {
	h.mu.Lock()
	h.all = append(h.all, n)
	h.mu.Unlock()
	select {
	case h.new <- struct{}{}:
	default:
	}
}

// await waits for a notice, from the newest on.
func (h *heard) await(what string, is func(media.Notice) bool) media.Notice {
	h.t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	for {
		h.mu.Lock()
		for i := len(h.all) - 1; i >= 0; i-- {
			if is(h.all[i]) {
				defer h.mu.Unlock()
				return h.all[i]
			}
		}
		h.mu.Unlock()
		select {
		case <-h.new:
		case <-end.C:
			h.t.Fatalf("never heard: %s; heard %d others", what, len(h.all))
		}
	}
}

// judged waits until a device is judged so.
func (h *heard) judged(at media.At, a rules.Action) media.Notice {
	h.t.Helper()
	return h.await(at.Port+" "+string(a), func(n media.Notice) bool {
		return n.Kind == media.Judged && n.At == at && n.Verdict.Action == a
	})
}

// journal remembers epochs.
type journal struct{ ident.Epochs }

func (j *journal) Begin(_ context.Context, n uint64) error { j.Pending = n; return nil }
func (j *journal) Commit(_ context.Context, n uint64) error {
	j.Epochs = ident.Epochs{Current: n}
	return nil
}

// Known is what a device must be told by to be let in.
func Known(id string, n media.Notice) media.Policy {
	strings := ident.LikenessOf(ident.Look{Speed: n.Device.Speed, Strings: n.Device.Strings}).Strings
	return media.Policy{Keys: []media.Known{{ID: id, Descriptors: map[ident.Speed]string{n.Device.Speed: n.Device.Hash}, Strings: strings}}}
}

// Media runs the suite. open gives what is tested, with no device plugged in.
func Media(t *testing.T, open func(*testing.T) (media.Media, Ports)) {
	run := func(name string, f func(t *testing.T, m media.Media, p Ports, h *heard)) {
		t.Run(name, func(t *testing.T) {
			m, p := open(t)
			h := &heard{t: t, new: make(chan struct{}, 1)}
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- m.Watch(ctx, h.tell) }()
			defer func() {
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("Watch ended with %v", err)
				}
			}()
			f(t, m, p, h)
		})
	}
	run("only what is told is let in", onlyTold)
	run("canary", canary)
	run("capacity", capacity)
	run("what is gone is gone", gone)
	run("bad company", company)
	run("evidence", evidence)
}

// letIn plugs a device in and has it let in.
func letIn(t *testing.T, m media.Media, p Ports, h *heard, port string, d *model.Device) media.At {
	t.Helper()
	at := p.Insert(port, d)
	n := h.judged(at, rules.Quarantine)
	if err := m.Tell(t.Context(), Known("U-1", n)); err != nil {
		t.Fatal(err)
	}
	if n := h.judged(at, rules.Allow); n.Key != "U-1" || n.Device.Hash == "" || n.Verdict.Rule == "" {
		t.Errorf("let in as %+v", n)
	}
	return at
}

func onlyTold(t *testing.T, m media.Media, p Ports, h *heard) {
	at := p.Insert("1-1", Key("S1", 4096))
	n := h.judged(at, rules.Quarantine)
	if n.Key != "" || n.Verdict.Zh == "" || n.Verdict.En == "" || n.Device.Serial != "S1" || len(n.Device.Descriptors) == 0 {
		t.Errorf("%+v", n)
	}
	if _, _, err := m.Portray(t.Context(), at); !errors.Is(err, media.ErrShut) {
		t.Errorf("portrayed without being let in: %v", err)
	}
	if err := m.Tell(t.Context(), Known("U-1", n)); err != nil {
		t.Fatal(err)
	}
	h.judged(at, rules.Allow)
	portrait, e, err := m.Portray(t.Context(), at)
	if err != nil || portrait.Capacity.Blocks != 4096 || len(portrait.Inquiry) == 0 || e.Commands == 0 || len(e.Transcript) != 64 || len(e.Violations) != 0 {
		t.Errorf("%+v %+v %v", portrait.Capacity, e, err)
	}
	if err := m.Tell(t.Context(), media.Policy{Rules: "nonsense = 1"}); err == nil {
		t.Error("rules that are none were taken")
	}
	if _, _, err := m.Portray(t.Context(), at); err != nil {
		t.Errorf("a policy that was refused had an effect: %v", err)
	}
	if err := m.Expel(t.Context(), at, "test"); err != nil {
		t.Fatal(err)
	}
	h.judged(at, rules.Reject)
	if _, _, err := m.Portray(t.Context(), at); !errors.Is(err, media.ErrShut) {
		t.Errorf("portrayed after it was expelled: %v", err)
	}
}

func canary(t *testing.T, m media.Media, p Ports, h *heard) {
	at := letIn(t, m, p, h, "1-1", Key("S1", 4096))
	j := &journal{}
	c := media.Canary{Secret: bytes.Repeat([]byte{7}, ident.SecretSize), Region: ident.Region{Start: 3000, Count: 1000}}
	do := func(act media.Act, want ident.Verdict, epoch uint64) {
		t.Helper()
		c.Epochs = j.Epochs
		v, e, err := m.Canary(t.Context(), at, act, c, j)
		if v != want || err != nil || j.Epochs != (ident.Epochs{Current: epoch}) || e.Commands == 0 {
			t.Errorf("act %d: %s %v, epochs %+v", act, v, err, j.Epochs)
		}
	}
	do(media.Lay, "", 1)
	do(media.Check, ident.Current, 1)
	do(media.Meet, ident.Current, 2)
	j.Current = 5
	do(media.Meet, ident.Stale, 5)
	c.Secret = bytes.Repeat([]byte{8}, ident.SecretSize)
	do(media.Check, ident.Foreign, 5)
}

func capacity(t *testing.T, m media.Media, p Ports, h *heard) {
	nonce := bytes.Repeat([]byte{1}, 16)
	at := letIn(t, m, p, h, "1-1", Key("S1", 1<<15))
	for _, destructive := range []bool{false, true} {
		if _, err := m.Prove(t.Context(), at, nonce, destructive); err != nil {
			t.Errorf("honest, destructive %t: %v", destructive, err)
		}
	}
	at = p.Insert("1-1", model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 1 << 15, Store: model.NewStore(1 << 20)}))
	h.judged(at, rules.Allow) // it looks the same
	var f *ident.Fake
	if _, err := m.Prove(t.Context(), at, nonce, false); !errors.As(err, &f) || f.Claimed != 1<<15 {
		t.Errorf("a lie: %v", err)
	}
}

func gone(t *testing.T, m media.Media, p Ports, h *heard) {
	d := Key("S1", 4096)
	at := letIn(t, m, p, h, "1-1", d)
	p.Remove("1-1")
	h.await("removed", func(n media.Notice) bool { return n.Kind == media.Removed && n.At == at })
	if _, _, err := m.Portray(t.Context(), at); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("portrayed after it left: %v", err)
	}
	again := p.Insert("1-1", d)
	h.judged(again, rules.Allow)
	if again == at {
		t.Error("it came back as if it had never left")
	}
	if _, _, err := m.Portray(t.Context(), at); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("another was taken for the one that left: %v", err)
	}
	if _, _, err := m.Portray(t.Context(), again); err != nil {
		t.Error(err)
	}
}

// company: a keyboard beside the storage, and a twin at another port.
func company(t *testing.T, m media.Media, p Ports, h *heard) {
	bad := Key("S1", 4096)
	bad.USB.Configs = [][]byte{model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 2), model.Bulk(0x81, 512), model.Bulk(0x02, 512),
		model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8))}
	at := p.Insert("1-1", bad)
	n := h.judged(at, rules.Quarantine)
	if n.Verdict.Rule != "human-input" {
		t.Errorf("a keyboard is met by rule %s", n.Verdict.Rule)
	}
	if err := m.Tell(t.Context(), Known("U-1", n)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Portray(t.Context(), at); !errors.Is(err, media.ErrShut) {
		t.Errorf("a keyboard was let in because somebody registered it: %v", err)
	}
	d := Key("S2", 4096)
	one := letIn(t, m, p, h, "1-2", d)
	two := p.Insert("1-3", model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S2", Blocks: 4096, Store: d.Store.Clone()}))
	for _, at := range []media.At{one, two} {
		if n := h.judged(at, rules.Reject); n.Verdict.Rule != rules.RuleDuplicate {
			t.Errorf("a twin at %s is met by rule %s", at.Port, n.Verdict.Rule)
		}
	}
}

func evidence(t *testing.T, m media.Media, p Ports, h *heard) {
	d := Key("S1", 4096)
	at := letIn(t, m, p, h, "1-1", d)
	d.Break(model.WrongTag, 1)
	_, e, _ := m.Portray(t.Context(), at)
	if len(e.Violations) == 0 || e.Violations[0].Code == "" || e.Violations[0].Command == 0 {
		t.Fatalf("a wrong tag left %+v", e)
	}
	if n := h.await("violation", func(n media.Notice) bool { return n.Kind == media.Violated && n.At == at }); n.Violation != e.Violations[0] {
		t.Errorf("told %+v, evidence %+v", n.Violation, e.Violations[0])
	}
	if b, err := hex.DecodeString(e.Transcript); err != nil || len(b) != 32 {
		t.Errorf("transcript %q", e.Transcript)
	}
}
