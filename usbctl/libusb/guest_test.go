package libusb

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"sexton/bench/usbguest/guest"
	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/model/vhci"
	"sexton/usbctl/scsi"
	"sexton/usbctl/sysfs"
)

func inGuest(t *testing.T) *Context {
	t.Helper()
	if !guest.In() {
		t.Skip("needs the guest: make vm")
	}
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// settle asks until the kernel is where a test needs it.
func settle(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("the kernel did not get there: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// open authorises a device and claims its storage by libusb.
func open(t *testing.T, c *Context, name string) *Pipe {
	t.Helper()
	var f sysfs.FS
	seen, err := f.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := desc.Parse(seen.Raw)
	if err != nil {
		t.Fatal(err)
	}
	config := d.Configs[0]
	if err := errors.Join(f.Authorise(name, true), f.AuthoriseInterface(name, config.Value, 0, true)); err != nil {
		t.Fatal(err)
	}
	ends := Interface{Configuration: config.Value}
	for _, e := range config.Interfaces[0].Settings[0].Endpoints {
		if e.In() {
			ends.In = e.Address
		} else {
			ends.Out = e.Address
		}
	}
	p, err := c.Open(seen.Bus, seen.Dev, ends)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestInventory: what libusb understands of every device agrees with our reading.
func TestInventory(t *testing.T) {
	c := inGuest(t)
	list, err := c.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, s := range list {
		seen, err := (sysfs.FS{}).Read(s.Port)
		if err != nil {
			t.Errorf("libusb has %s: %v", s.Port, err)
			continue
		}
		d, err := desc.Parse(seen.Raw)
		if err != nil {
			t.Errorf("%s: %v", s.Port, err)
			continue
		}
		if diff := s.Differs(d); len(diff) > 0 || s.Bus != seen.Bus || s.Dev != seen.Dev {
			t.Errorf("%s: %v", s.Port, diff)
		}
		if d.Vendor != 0x1d6b {
			keys++
		}
		d.Configs[0].Interfaces[0].Settings[0].Class ^= 1
		if len(s.Differs(d)) == 0 {
			t.Errorf("%s: another class is no difference", s.Port)
		}
	}
	if keys < 3 {
		t.Errorf("%d devices of QEMU's in %d", keys, len(list))
	}
}

// TestKeys reads and writes QEMU's keys on both controllers, and resets them.
func TestKeys(t *testing.T) {
	c := inGuest(t)
	for _, serial := range []string{"XHCI0001", "EHCI0001"} {
		name := ""
		settle(t, serial, func() bool {
			names, err := (sysfs.FS{}).Names()
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names {
				if _, _, s, err := (sysfs.FS{}).Strings(n); err == nil && s == serial {
					name = n
				} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
			}
			return name != ""
		})
		p := open(t, c, name)
		e, err := bot.New(p, bot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		u := scsi.NewUnit(e, 0, usbctl.Write)
		if _, err := u.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		want, got := bytes.Repeat([]byte("sexton. "), 8192), make([]byte, 65536)
		if err := errors.Join(u.WriteBlocks(t.Context(), 4096, want), u.Flush(t.Context()), p.PortReset(t.Context()), u.ReadBlocks(t.Context(), 4096, got)); err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s: %v", serial, err)
		}
		if n := len(e.Violations()); n > 0 {
			t.Errorf("%s: %v", serial, e.Violations()[0])
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// struck runs the engine over one struck read, and one after it.
func struck(t *testing.T, p usbctl.Pipe, breakIt func(model.Fault, int), f model.Fault) []any {
	t.Helper()
	e, err := bot.New(p, bot.Options{Deadline: time.Second, Recovery: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	do := func(c bot.Command) {
		r, err := e.Do(context.Background(), c)
		var v *bot.Violation
		code := ""
		if errors.As(err, &v) {
			code = v.Code
		}
		out = append(out, r, code, err == nil, errors.Is(err, usbctl.ErrGone))
	}
	read := func() bot.Command {
		return bot.Command{CDB: []byte{0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0}, Data: make([]byte, 4096), Dir: usbctl.In}
	}
	do(bot.Command{CDB: make([]byte, 6)})
	do(bot.Command{CDB: make([]byte, 6)})
	breakIt(f, 1)
	do(read())
	breakIt(f, 0)
	do(read())
	return out
}

// TestAsInMemory: whatever a device does to the transport, the engine comes to the
// same over libusb as over the pipe in memory.
func TestAsInMemory(t *testing.T) {
	inGuest(t)
	key := func() *model.Device {
		return model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 4096})
	}
	for _, f := range []model.Fault{model.WrongTag, model.BadSignature, model.PhaseError, model.BadStatus, model.ResidueTooBig, model.ShortStatus,
		model.LongStatus, model.StatusStall, model.StatusNever, model.StatusZLP, model.ShortHonest, model.ShortLie, model.DataStall, model.DataNever,
		model.Babble, model.WrapperRefused, model.YankStatus} {
		t.Run(string(f), func(t *testing.T) {
			var want []any
			synctest.Test(t, func(t *testing.T) {
				d := key()
				want = struck(t, model.NewPipe(d), func(f model.Fault, n int) { d.Break(f, n) }, f)
			})
			s, err := vhci.Plug(key())
			if err != nil {
				t.Fatal(err)
			}
			gone := func() bool { _, err := os.Stat("/sys/bus/usb/devices/" + s.Name); return err != nil }
			settle(t, "arrival", func() bool { _, err := (sysfs.FS{}).Read(s.Name); return err == nil })
			p := open(t, inGuest(t), s.Name)
			got := struck(t, p, func(f model.Fault, n int) { s.With(func(d *model.Device) { d.Break(f, n) }) }, f)
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("outcome %d is %v, in memory %v", i, got[i], want[i])
				}
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			_ = s.Close() // the device may have gone by itself
			settle(t, "removal", gone)
		})
	}
}
