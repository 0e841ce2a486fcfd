package usbcases

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sexton/bench/usbguest/guest"
	"sexton/usbctl"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/watch"
)

// TestGadgets meets devices that the kernel itself makes, at SuperSpeed: storage
// alone, and storage in bad company.
func TestGadgets(t *testing.T) {
	r := inGuest(t)
	for _, m := range []string{"usbhid", "hid_generic"} {
		if err := guest.Load(m, ""); err != nil { // the worst case: the driver is there
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		serial, want string
		functions    []string
	}{
		{"GADGET01", "quarantine unregistered-key", []string{guest.Storage}},
		{"GADGET02", "quarantine human-input", []string{guest.Storage, guest.Keyboard}},
		{"GADGET03", "quarantine network-or-serial", []string{guest.Storage, guest.Serial}},
		{"GADGET04", "quarantine network-or-serial", []string{guest.Storage, guest.Network}},
	} {
		t.Run(c.serial, func(t *testing.T) {
			s := gadget(t, r, c.serial, c.functions...)
			k, err := newDesk(r)
			if err != nil {
				t.Fatal(err)
			}
			m, err := k.meet(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if m.says() != c.want {
				t.Errorf("%s, want %s", m.says(), c.want)
			}
			k.known[m.id] = true
			m, err = k.meet(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.functions) == 1 {
				if err := m.open(t.Context(), usbctl.Write); err != nil {
					t.Fatal(err)
				}
				if err := m.writeAndRead(t.Context(), 64); err != nil {
					t.Errorf("%v, record %q", err, k.log)
				}
				if err := m.pipe.Close(); err != nil {
					t.Error(err)
				}
			} else if m.says() != c.want {
				t.Errorf("registered: %s, want %s", m.says(), c.want)
			}
		})
	}
}

// TestKeyboardStaysDead authorises the storage of a composite device by hand: it
// works, and its keyboard is no keyboard although the driver is loaded.
func TestKeyboardStaysDead(t *testing.T) {
	r := inGuest(t)
	s := gadget(t, r, "GADGET05", guest.Storage, guest.Keyboard)
	k, err := newDesk(r)
	if err != nil {
		t.Fatal(err)
	}
	m, err := k.meet(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	m.verdict.Action, m.verdict.Interfaces = "allow-interfaces", []byte{0}
	if err := m.open(t.Context(), usbctl.Write); err != nil {
		t.Fatalf("%v, record %q", err, k.log)
	}
	if err := m.writeAndRead(t.Context(), 64); err != nil {
		t.Error(err)
	}
	if err := m.pipe.Close(); err != nil {
		t.Error(err)
	}
	if p, err := s.open(t.Context(), m.device, 9); err == nil {
		p.Close()
		t.Error("an interface that is not there was claimed")
	}
	for _, pattern := range []string{"/sys/class/hidraw/*", "/sys/class/input/input*"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			for _, f := range found {
				if to, _ := os.Readlink(f); bytes.Contains([]byte(to), []byte("dummy_hcd")) {
					t.Errorf("the keyboard lives: %s", to)
				}
			}
		}
	}
	if driver, err := r.fs.Driver(sysfs.Interface(s.name, 1, 1)); err != nil || driver != "" {
		t.Errorf("driver %q of the keyboard, %v", driver, err)
	}
}

// TestYankedGadget takes a key away in the middle of a long read: the session ends
// with ErrGone, at once, and the key works when it is put back.
func TestYankedGadget(t *testing.T) {
	r := inGuest(t)
	g, s := newGadget(t, r, "GADGET06", guest.Storage)
	k, err := newDesk(r)
	if err != nil {
		t.Fatal(err)
	}
	m, err := k.meet(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	k.known[m.id] = true
	if m, err = k.meet(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := m.open(t.Context(), usbctl.Write); err != nil {
		t.Fatal(err)
	}
	b, err := m.pipe.Buffer(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	yanked := make(chan error, 1)
	go func() { yanked <- g.Yank() }()
	for err == nil {
		err = m.unit.ReadBlocks(t.Context(), 0, b)
	}
	if !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("%v", err)
	}
	if n := len(m.engine.Violations()); n > 0 {
		t.Errorf("a device that is gone violated: %v", m.engine.Violations()[0])
	}
	if err := errors.Join(<-yanked, m.pipe.Close()); err != nil {
		t.Error(err)
	}
	before := s.event.Generation
	if err := g.Plug(); err != nil {
		t.Fatal(err)
	}
	if err := s.settle(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if m, err = k.meet(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := m.open(t.Context(), usbctl.Write); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.writeAndRead(t.Context(), 64), m.pipe.Close()); err != nil {
		t.Error(err)
	}
}

func gadget(t *testing.T, r *guestRig, serial string, functions ...string) *guestSocket {
	t.Helper()
	_, s := newGadget(t, r, serial, functions...)
	return s
}

// newGadget plugs a gadget in until the end of the test.
func newGadget(t *testing.T, r *guestRig, serial string, functions ...string) (*guest.Gadget, *guestSocket) {
	t.Helper()
	medium := filepath.Join(t.TempDir(), "medium")
	if err := os.WriteFile(medium, make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	g, err := guest.NewGadget(serial, medium, functions...)
	if err != nil {
		t.Fatal(err)
	}
	s := &guestSocket{rig: r}
	t.Cleanup(func() {
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.until(ctx, func(p map[string]watch.Event) bool { _, there := p[s.name]; return !there }); err != nil {
			t.Errorf("it does not leave: %v", err)
		}
	})
	if s.name, err = r.find(t.Context(), serial); err != nil {
		t.Fatal(err)
	}
	if s.event, err = r.arrival(t.Context(), s.name, 0); err != nil {
		t.Fatal(err)
	}
	return g, s
}
