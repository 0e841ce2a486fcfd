package ident_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
)

var secret = bytes.Repeat([]byte{0x5e}, ident.SecretSize)

func device(blocks uint64) *model.Device {
	return model.New(model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: blocks})
}

// plug opens a session with the device.
func plug(t interface{ Fatal(...any) }, d *model.Device, mode usbctl.Mode) (*scsi.Unit, *model.Pipe) {
	p := model.NewPipe(d)
	e, err := bot.New(p, bot.Options{Deadline: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	u := scsi.NewUnit(e, 0, mode)
	if _, err := u.Open(context.Background()); err != nil {
		t.Fatal(err)
	}
	return u, p
}

func canary(t interface{ Fatal(...any) }) *ident.Canary {
	c, err := ident.NewCanary(secret, ident.Region{Start: 1024, Count: 512}, 512)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// journal is a journal in memory; it can die before or after a write is durable.
type journal struct {
	epochs ident.Epochs
	die    int  // at the die-th write; 0 = never
	after  bool // the write is durable, the caller never hears of it
	writes int
}

var errDied = errors.New("the process died")

func (j *journal) write(f func()) error {
	j.writes++
	if j.writes == j.die {
		if j.after {
			f()
		}
		return errDied
	}
	f()
	return nil
}

func (j *journal) Begin(_ context.Context, next uint64) error {
	return j.write(func() { j.epochs.Pending = next })
}

func (j *journal) Commit(_ context.Context, now uint64) error {
	return j.write(func() { j.epochs = ident.Epochs{Current: now} })
}

// meet is one insertion.
func meet(t interface{ Fatal(...any) }, d *model.Device, j *journal) (ident.Verdict, error) {
	d.Replug()
	u, _ := plug(t, d, usbctl.Write)
	v, _, err := canary(t).Meet(context.Background(), u, j, j.epochs)
	return v, err
}

// lay registers a device.
func lay(t interface{ Fatal(...any) }, d *model.Device) *journal {
	j := &journal{}
	u, _ := plug(t, d, usbctl.Write)
	if _, err := canary(t).Rotate(context.Background(), u, j, j.epochs); err != nil {
		t.Fatal(err)
	}
	return j
}

func clone(d *model.Device) *model.Device {
	c := d.Config
	c.Store = d.Store.Clone()
	return model.New(c)
}

// TestClone: of two media that show one epoch the first to come passes and the
// other is found out, whichever it is.
func TestClone(t *testing.T) {
	for _, first := range []string{"original", "clone"} {
		d := device(4096)
		j := lay(t, d)
		if v, err := meet(t, d, j); v != ident.Current || err != nil {
			t.Fatal(v, err)
		}
		d.Replug() // what is cached reaches the medium
		c := clone(d)
		if first == "clone" {
			d, c = c, d
		}
		if v, err := meet(t, d, j); v != ident.Current || err != nil {
			t.Fatalf("%s first: %s %v", first, v, err)
		}
		if v, err := meet(t, c, j); v != ident.Stale || err != nil {
			t.Errorf("%s first: the other is %s %v", first, v, err)
		}
		if v, err := meet(t, d, j); v != ident.Current || err != nil {
			t.Errorf("%s first, again: %s %v", first, v, err)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, d *model.Device, j *journal)
		want   ident.Verdict
	}{
		"another medium": {func(_ *testing.T, d *model.Device, _ *journal) { d.Store = model.NewStore(d.Store.Size()) }, ident.Foreign},
		"one block overwritten": {func(t *testing.T, d *model.Device, _ *journal) {
			before := d.Store.Clone()
			a, b := make([]byte, 512), make([]byte, 512)
			for lba := uint64(1024); lba < 1536; lba++ {
				before.ReadAt(a, lba*512)
				if !bytes.Equal(a, b) {
					d.Store.WriteAt(bytes.Repeat([]byte{1}, 512), lba*512)
					return
				}
			}
			t.Fatal("no slot found")
		}, ident.Mixed},
		"write-protected":    {func(_ *testing.T, d *model.Device, _ *journal) { d.Break(model.WriteProtected, -1) }, ident.Unwritable},
		"writes are dropped": {func(_ *testing.T, d *model.Device, _ *journal) { d.Break(model.WriteLost, -1) }, ident.Unwritable},
		"never laid":         {func(_ *testing.T, _ *model.Device, j *journal) { j.epochs = ident.Epochs{} }, ident.Foreign},
		"put back":           {func(_ *testing.T, _ *model.Device, j *journal) { j.epochs.Current += 3 }, ident.Stale},
		"put back long ago":  {func(_ *testing.T, _ *model.Device, j *journal) { j.epochs.Current += 1000 }, ident.Foreign},
	} {
		d := device(4096)
		j := lay(t, d)
		d.Replug()
		c.change(t, d, j)
		before := j.epochs
		v, err := meet(t, d, j)
		if v != c.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", name, v, err, c.want)
		}
		if v.Taken() || v.Zh() == "" || v.En() == "" || v != ident.Unwritable && j.epochs != before {
			t.Errorf("%s: %+v after %s", name, j.epochs, v)
		}
	}
}

// yanked is a medium that is pulled out at its n-th command.
type yanked struct {
	usbctl.Blocks
	pipe *model.Pipe
	left int
}

func (y *yanked) step() {
	if y.left--; y.left == 0 {
		y.pipe.With(func(d *model.Device) { d.Yank() })
	}
}

func (y *yanked) ReadBlocks(ctx context.Context, lba uint64, b []byte) error {
	y.step()
	return y.Blocks.ReadBlocks(ctx, lba, b)
}

func (y *yanked) WriteBlocks(ctx context.Context, lba uint64, b []byte) error {
	y.step()
	return y.Blocks.WriteBlocks(ctx, lba, b)
}

func (y *yanked) Flush(ctx context.Context) error { y.step(); return y.Blocks.Flush(ctx) }

// TestEveryYank pulls the key at every command of a meeting, and lets the process
// die before and after every write of the journal, also during the meeting that
// takes the broken one up. The honest key is always taken at last; a copy of its
// state from before never passes after it.
func TestEveryYank(t *testing.T) {
	const commands = 3*ident.Slots + 1
	broken := 0
	for yank := 0; yank <= commands+1; yank++ {
		for die := 0; die <= 2; die++ {
			for _, after := range []bool{false, true} {
				d := device(4096)
				j := lay(t, d)
				d.Replug()
				before := clone(d)
				for range 2 { // the meeting, and the one that takes it up
					d.Replug()
					u, p := plug(t, d, usbctl.Write)
					j.writes, j.die, j.after = 0, die, after
					v, _, err := canary(t).Meet(t.Context(), &yanked{u, p, yank}, j, j.epochs)
					if err == nil && !v.Taken() {
						t.Fatalf("yank %d, die %d: %s", yank, die, v)
					}
					if err != nil {
						broken++
					}
					j.die = 0
				}
				if v, err := meet(t, d, j); err != nil || !v.Taken() {
					t.Fatalf("yank %d, die %d, durable %t: the honest key is %s %v", yank, die, after, v, err)
				}
				if v, err := meet(t, before, j); err != nil || v.Taken() {
					t.Fatalf("yank %d, die %d, durable %t: the copy is %s %v", yank, die, after, v, err)
				}
			}
		}
	}
	if broken < 2*commands {
		t.Errorf("only %d meetings broke off", broken)
	}
}

// TestOnePassPerEpoch draws histories of an original, copies taken at any time and
// broken meetings, and demands that each epoch is passed by one medium only.
func TestOnePassPerEpoch(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		all := []*model.Device{device(4096)}
		j := lay(r, all[0])
		passed := map[uint64]int{}
		for range rapid.IntRange(3, 12).Draw(r, "acts") {
			d := all[rapid.IntRange(0, len(all)-1).Draw(r, "medium")]
			switch rapid.IntRange(0, 3).Draw(r, "act") {
			case 0:
				d.Replug()
				all = append(all, clone(d))
			case 1:
				d.Replug()
				u, p := plug(r, d, usbctl.Write)
				_, _, _ = canary(r).Meet(context.Background(), &yanked{u, p, rapid.IntRange(1, 60).Draw(r, "yank")}, j, j.epochs)
			default:
				at := j.epochs.Current
				v, err := meet(r, d, j)
				if err != nil {
					r.Fatal(err)
				}
				if v.Taken() {
					if passed[at]++; passed[at] > 1 {
						r.Fatalf("two media passed at epoch %d", at)
					}
				}
			}
		}
	})
}

func TestCapacity(t *testing.T) {
	const real = 1 << 14 // blocks
	for name, c := range map[string]struct {
		claimed uint64
		fault   model.Fault
		between bool
		fake    bool
	}{
		"honest":                    {real, "", false, false},
		"wraps at half":             {2 * real, "", false, true},
		"claims 2 TiB":              {1<<32 - 1, "", false, true},
		"wraps at an odd size":      {real + 100, "", false, true},
		"drops writes":              {real, model.WriteLost, false, true},
		"answers from its cache":    {real, model.WriteLostCached, true, true},
		"cache not defeated passes": {real, model.WriteLostCached, false, false},
	} {
		d := model.New(model.Config{Vendor: "V", Product: "P", Blocks: c.claimed, Store: model.NewStore(real * 512)})
		if c.fault != "" {
			d.Break(c.fault, -1)
		}
		u, p := plug(t, d, usbctl.Write)
		probe := ident.Probe{Nonce: bytes.Repeat([]byte{9}, 16), Destructive: true}
		if c.between {
			probe.Between = p.PortReset
		}
		err := probe.Run(t.Context(), u)
		if errors.Is(err, ident.ErrFake) != c.fake || err != nil && !c.fake {
			t.Errorf("%s: %v", name, err)
		}
		var f *ident.Fake
		if errors.As(err, &f) && (f.Claimed != c.claimed || f.Kept >= f.Probed) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestProbeSaves: what the blocks held is there again afterwards, also when the
// medium is a fake.
func TestProbeSaves(t *testing.T) {
	for _, claimed := range []uint64{4096, 1 << 20} {
		store := model.NewStore(4096 * 512)
		for lba := range uint64(4096) {
			store.WriteAt(bytes.Repeat([]byte{byte(lba), byte(lba >> 8)}, 256), lba*512)
		}
		want := store.Clone()
		d := model.New(model.Config{Vendor: "V", Product: "P", Blocks: claimed, Store: store})
		u, _ := plug(t, d, usbctl.Write)
		err := ident.Probe{Nonce: bytes.Repeat([]byte{9}, 16)}.Run(t.Context(), u)
		if errors.Is(err, ident.ErrFake) != (claimed > 4096) {
			t.Fatal(err)
		}
		d.Replug()
		a, b := make([]byte, 512), make([]byte, 512)
		for lba := range uint64(4096) {
			store.ReadAt(a, lba*512)
			want.ReadAt(b, lba*512)
			if !bytes.Equal(a, b) {
				t.Fatalf("claims %d: block %d was not written back", claimed, lba)
			}
		}
	}
}

// BenchmarkMeet is one meeting, beside reading as many blocks as it touches.
func BenchmarkMeet(b *testing.B) {
	d := device(4096)
	j := lay(b, d)
	var meeting, reading time.Duration
	for b.Loop() {
		u, _ := plug(b, d, usbctl.Write)
		start := time.Now()
		if v, _, err := canary(b).Meet(context.Background(), u, j, j.epochs); err != nil || !v.Taken() {
			b.Fatal(v, err)
		}
		meeting += time.Since(start)
		start = time.Now()
		buf := make([]byte, 512)
		for range 3 * ident.Slots {
			if err := u.ReadBlocks(context.Background(), 1, buf); err != nil {
				b.Fatal(err)
			}
		}
		reading += time.Since(start)
	}
	b.ReportMetric(float64(meeting)/float64(reading), "meeting/reads")
}
