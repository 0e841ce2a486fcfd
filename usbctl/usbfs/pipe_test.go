package usbfs

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/model"
)

// fake is a kernel with one device model behind it.
type fake struct {
	t        testing.TB
	dev      *model.Device
	done     []completion
	pending  map[int]bool
	gone     bool // the kernel has noticed
	leaving  bool // it has not yet
	stubborn bool // discarded transfers are not given back
	noMaps   bool
	noMemory int // submits of more bytes fail
	live     map[*byte]int
	sizes    []int
	closed   bool
	used     map[int]bool // slots in flight or not reaped
}

func newFake(t testing.TB, d *model.Device) *fake {
	return &fake{t: t, dev: d, pending: map[int]bool{}, live: map[*byte]int{}, used: map[int]bool{}}
}

func (f *fake) submit(slot int, endpoint byte, b []byte) error {
	switch {
	case f.gone:
		return unix.ENODEV
	case f.noMemory > 0 && len(b) > f.noMemory:
		return unix.ENOMEM
	case f.used[slot]:
		f.t.Fatalf("slot %d is used while it is in flight", slot)
	case slot == slotStatus && len(f.used) > 0:
		f.t.Fatal("the status was queued with something else")
	}
	inside := false
	for start, n := range f.live {
		inside = inside || within(b, bytesAt(start, n))
	}
	if !inside {
		f.t.Fatal("memory that is not the pipe's was given to the kernel")
	}
	f.sizes = append(f.sizes, len(b))
	f.used[slot] = true
	var n int
	var a model.Answer
	var got []byte
	if endpoint&0x80 == 0 {
		n, a = f.dev.BulkOut(b)
	} else {
		got, a = f.dev.BulkIn(len(b))
		n = copy(b, got)
	}
	c := completion{slot: slot, actual: n}
	switch {
	case a == model.NAK:
		f.pending[slot] = true
		return nil
	case a == model.Stall:
		c.status = -int(unix.EPIPE)
	case a == model.Gone:
		c.status = -int(unix.EPROTO)
		f.leaving = true
	case len(got) > len(b):
		c.status = -int(unix.EOVERFLOW)
	}
	f.done = append(f.done, c)
	return nil
}

func (f *fake) reap() (completion, error) {
	if len(f.done) > 0 {
		c := f.done[0]
		f.done = f.done[1:]
		delete(f.used, c.slot)
		return c, nil
	}
	if f.gone {
		clear(f.used)
		return completion{}, unix.ENODEV
	}
	return completion{}, unix.EAGAIN
}

func (f *fake) discard(slot int) error {
	if !f.pending[slot] {
		return unix.EINVAL
	}
	if !f.stubborn {
		delete(f.pending, slot)
		f.done = append(f.done, completion{slot: slot, status: -int(unix.ENOENT)})
	}
	return nil
}

func (f *fake) wait(d time.Duration) error {
	if len(f.done) > 0 {
		return nil
	}
	if f.leaving {
		time.Sleep(min(d, 100*time.Millisecond))
		f.gone = true
	}
	if f.gone {
		return unix.ENODEV
	}
	time.Sleep(d)
	return nil
}

func (f *fake) clearHalt(endpoint byte) error {
	switch a := f.dev.ClearHalt(endpoint&0x80 != 0); a {
	case model.Done:
		return nil
	case model.Stall:
		return unix.EPIPE
	}
	return unix.ENODEV
}

func (f *fake) alloc(n int) ([]byte, bool, error) {
	b := make([]byte, n)
	f.live[&b[0]] = n
	return b, !f.noMaps, nil
}

func (f *fake) free(b []byte) error {
	if len(f.used) > 0 {
		f.t.Fatal("memory was given back under a transfer")
	}
	delete(f.live, &b[0])
	return nil
}

func (f *fake) close() error { f.closed = true; return nil }

// Reset, MaxLUN and PortReset make it a Control.
func (f *fake) Reset(ctx context.Context) error         { return model.NewPipe(f.dev).Reset(ctx) }
func (f *fake) MaxLUN(ctx context.Context) (int, error) { return model.NewPipe(f.dev).MaxLUN(ctx) }
func (f *fake) PortReset(ctx context.Context) error     { return model.NewPipe(f.dev).PortReset(ctx) }
func ends() Interface                                   { return Interface{Number: 0, In: 0x81, Out: 0x02} }
func key() *model.Device {
	return model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 16384})
}
func short(t testing.TB) (context.Context, func()) {
	return context.WithTimeout(t.Context(), time.Second)
}
func mustPipe(t testing.TB, f *fake) *Pipe {
	t.Helper()
	p, err := newPipe(f, ends(), f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// session runs the engine through one struck command, and one after it.
func session(t *testing.T, d *model.Device, p usbctl.Pipe, f model.Fault, data []byte, dir usbctl.Direction) []any {
	t.Helper()
	e, err := bot.New(p, bot.Options{Deadline: time.Second, Recovery: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	do := func(c bot.Command) {
		r, err := e.Do(t.Context(), c)
		var v *bot.Violation
		code := ""
		if errors.As(err, &v) {
			code = v.Code
		}
		out = append(out, r, code, err == nil, errors.Is(err, usbctl.ErrGone))
	}
	do(bot.Command{CDB: make([]byte, 6)})
	do(bot.Command{CDB: []byte{3, 0, 0, 0, 18, 0}, Data: make([]byte, 18), Dir: usbctl.In})
	d.Break(f, 1)
	op := byte(0x28)
	if dir == usbctl.Out {
		op = 0x2a
	}
	do(bot.Command{CDB: []byte{op, 0, 0, 0, 0, 0, 0, 0, byte(len(data) / 512), 0}, Data: data, Dir: dir})
	d.Break(f, 0)
	do(bot.Command{CDB: []byte{0x28, 0, 0, 0, 0, 0, 0, 0, byte(len(data) / 512), 0}, Data: data, Dir: usbctl.In})
	return out
}

// TestAsInMemory: whatever a device does, the engine comes to the same over usbfs as
// over the pipe in memory, with the caller's memory and with the pipe's own, copied
// and mapped, and nothing stays behind.
func TestAsInMemory(t *testing.T) {
	for _, fault := range model.Faults() {
		for _, dir := range []usbctl.Direction{usbctl.In, usbctl.Out} {
			for variant := range 4 {
				noMaps, ahead := variant&1 != 0, variant&2 != 0
				synctest.Test(t, func(t *testing.T) {
					m := key()
					want := session(t, m, model.NewPipe(m), fault, bytes.Repeat([]byte{7}, 4096), dir)
					for _, own := range []bool{false, true} {
						f := newFake(t, key())
						f.noMaps = noMaps
						p := mustPipe(t, f)
						p.ends.Ahead = ahead
						data := bytes.Repeat([]byte{7}, 4096)
						if own {
							b, err := p.Buffer(4096)
							if err != nil {
								t.Fatal(err)
							}
							copy(b, data)
							data = b
						}
						got := session(t, f.dev, p, fault, data, dir)
						for i := range want {
							if got[i] != want[i] {
								t.Errorf("%s %s mapped %v own %v ahead %v: outcome %d is %v, in memory %v", fault, dir, !noMaps, own, ahead, i, got[i], want[i])
							}
						}
						if err := p.Close(); err != nil || len(f.live) > 0 || !f.closed {
							t.Errorf("%s: close: %v, %d buffers left", fault, err, len(f.live))
						}
					}
				})
			}
		}
	}
}

// TestDataArrivesWhole moves random lengths through every kind of memory and demands
// the bytes back.
func TestDataArrivesWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFake(t, key())
		f.noMaps = rapid.Bool().Draw(rt, "no maps")
		f.noMemory = rapid.SampledFrom([]int{0, 20 << 10, 100 << 10}).Draw(rt, "memory")
		if !f.noMaps {
			f.noMemory = 0
		}
		p := mustPipe(t, f)
		e, err := bot.New(p, bot.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		do := func(c bot.Command) bot.Result {
			r, err := e.Do(t.Context(), c)
			if err != nil {
				rt.Fatal(err)
			}
			return r
		}
		do(bot.Command{CDB: make([]byte, 6)})
		blocks := rapid.IntRange(1, 1200).Draw(rt, "blocks")
		data := bytes.Repeat([]byte{byte(blocks)}, blocks*512)
		for i := range data {
			data[i] += byte(i >> 9)
		}
		cdb := func(op byte) []byte {
			return []byte{op, 0, 0, 0, 0, 9, 0, byte(blocks >> 8), byte(blocks), 0}
		}
		if r := do(bot.Command{CDB: cdb(0x2a), Data: data, Dir: usbctl.Out}); r.Failed || r.Moved != len(data) {
			rt.Fatalf("write %+v", r)
		}
		back := make([]byte, len(data))
		if r := do(bot.Command{CDB: cdb(0x28), Data: back, Dir: usbctl.In}); r.Failed || r.Moved != len(back) || !bytes.Equal(data, back) {
			rt.Fatalf("read %+v", r)
		}
		if err := p.Close(); err != nil || len(f.live) > 0 {
			rt.Fatalf("close: %v, %d buffers left", err, len(f.live))
		}
	})
}

// TestOneTransferWhenMapped: mapped data goes as one transfer, copied data in pieces
// that shrink when memory is short.
func TestOneTransferWhenMapped(t *testing.T) {
	for _, c := range []struct {
		noMaps   bool
		noMemory int
		want     []int
	}{
		{false, 0, []int{31, 1 << 20, 512}},
		{true, 0, []int{31, 256 << 10, 256 << 10, 256 << 10, 256 << 10, 512}},
		{true, 128 << 10, []int{31, 128 << 10, 128 << 10, 128 << 10, 128 << 10, 128 << 10, 128 << 10, 128 << 10, 128 << 10, 512}},
	} {
		f := newFake(t, key())
		f.noMaps, f.noMemory = c.noMaps, c.noMemory
		p := mustPipe(t, f)
		e, err := bot.New(p, bot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), bot.Command{CDB: make([]byte, 6)}); err != nil {
			t.Fatal(err)
		}
		data, err := p.Buffer(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		f.sizes = nil
		r, err := e.Do(t.Context(), bot.Command{CDB: []byte{0x28, 0, 0, 0, 0, 0, 0, 8, 0, 0}, Data: data, Dir: usbctl.In})
		if err != nil || r.Moved != len(data) || len(f.sizes) != len(c.want) {
			t.Fatalf("%+v, %v: transfers of %v", r, err, f.sizes)
		}
		for i, n := range c.want {
			if f.sizes[i] != n {
				t.Errorf("transfers of %v, want %v", f.sizes, c.want)
			}
		}
		if p.Mapped() == c.noMaps {
			t.Errorf("mapped %v", p.Mapped())
		}
	}
}

// TestStubbornKernel: a transfer that is never given back ends the pipe, and its
// memory is never given back either.
func TestStubbornKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, key())
		f.stubborn = true
		p := mustPipe(t, f)
		ctx, cancel := short(t)
		defer cancel()
		if x := p.Status(ctx, make([]byte, 512)); !errors.Is(x.Err, usbctl.ErrGone) {
			t.Errorf("%+v", x)
		}
		if w, _ := p.Command(t.Context(), make([]byte, 31), nil, usbctl.NoData); !errors.Is(w.Err, usbctl.ErrGone) {
			t.Errorf("it goes on: %+v", w)
		}
		live := len(f.live)
		if err := p.Close(); err != nil || len(f.live) != live || !f.closed {
			t.Errorf("close: %v, %d of %d buffers", err, len(f.live), live)
		}
	})
}

// TestCompletedBeforeDiscard: what came back in the moment of giving up counts.
func TestCompletedBeforeDiscard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, key())
		late := &lateKernel{fake: f}
		p, err := newPipe(late, ends(), f)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := short(t)
		defer cancel()
		if x := p.Status(ctx, make([]byte, 512)); x.Err != nil || x.N != 13 {
			t.Errorf("%+v", x)
		}
	})
}

// lateKernel completes a transfer while it is being discarded.
type lateKernel struct{ *fake }

func (k *lateKernel) discard(slot int) error {
	delete(k.pending, slot)
	k.done = append(k.done, completion{slot: slot, actual: 13})
	return unix.EINVAL
}

// TestLinkErrorOfAPresentDevice stays a link error.
func TestLinkErrorOfAPresentDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, key())
		k := &flaky{fake: f}
		p, err := newPipe(k, ends(), f)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := short(t)
		defer cancel()
		if x := p.Status(ctx, make([]byte, 512)); !errors.Is(x.Err, usbctl.ErrLink) || errors.Is(x.Err, usbctl.ErrGone) {
			t.Errorf("%+v", x)
		}
	})
}

// flaky fails transfers on the wire.
type flaky struct{ *fake }

func (k *flaky) submit(slot int, _ byte, _ []byte) error {
	k.used[slot] = true
	k.done = append(k.done, completion{slot: slot, status: -int(unix.EILSEQ)})
	return nil
}

func TestRefuses(t *testing.T) {
	f := newFake(t, key())
	for _, e := range []Interface{{}, {In: 0x81}, {In: 0x01, Out: 0x02}, {In: 0x81, Out: 0x82}, {In: 0xf1, Out: 2}, {In: 0x80, Out: 1}} {
		if _, err := newPipe(f, e, f); err == nil {
			t.Errorf("%+v is driven", e)
		}
	}
	p := mustPipe(t, f)
	for name, err := range map[string]error{
		"no wrapper":     first(p.Command(t.Context(), nil, nil, usbctl.NoData)),
		"long wrapper":   first(p.Command(t.Context(), make([]byte, 2000), nil, usbctl.NoData)),
		"data, no way":   first(p.Command(t.Context(), make([]byte, 31), make([]byte, 1), usbctl.NoData)),
		"way, no data":   first(p.Command(t.Context(), make([]byte, 31), nil, usbctl.In)),
		"too much":       first(p.Command(t.Context(), make([]byte, 31), make([]byte, mostData+1), usbctl.In)),
		"empty status":   p.Status(t.Context(), nil).Err,
		"endless status": p.Status(t.Context(), make([]byte, mostCopied+1)).Err,
	} {
		if err == nil {
			t.Errorf("%s was begun", name)
		}
	}
	if len(f.sizes) != 0 {
		t.Errorf("%v was sent", f.sizes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.ClearHalt(ctx, usbctl.In); !errors.Is(err, usbctl.ErrTimeout) {
		t.Errorf("after a cancel: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.MaxLUN(t.Context()); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("after close: %v", err)
	}
	if _, err := p.Buffer(512); err == nil {
		t.Error("a buffer after close")
	}
}

func first(w, _ usbctl.Transfer) error { return w.Err }
