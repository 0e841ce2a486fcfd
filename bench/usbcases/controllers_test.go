package usbcases

import (
	"bytes"
	"testing"

	"sexton/bench/usbguest/guest"
)

// TestControllers reads and writes QEMU's own keys on two controllers, through usbfs.
func TestControllers(t *testing.T) {
	r := inGuest(t)
	for _, serial := range []string{"XHCI0001", "EHCI0001"} {
		t.Run(serial, func(t *testing.T) {
			name, err := r.find(t.Context(), serial)
			if err != nil {
				t.Fatal(err)
			}
			if seen, err := r.fs.Read(name); err != nil || seen.Authorised {
				t.Errorf("it is authorised before anybody looked: %v", err)
			}
			k, err := r.qemuKey(t.Context(), serial)
			if err != nil {
				t.Fatal(err)
			}
			p, e, u := k.pipe, k.engine, k.unit
			defer p.Close()
			for _, size := range []int{512, 64 << 10, 1 << 20, 4 << 20} {
				b, err := p.Buffer(size)
				if err != nil {
					t.Fatal(err)
				}
				fill(b)
				want := bytes.Clone(b)
				if err := u.WriteBlocks(t.Context(), 2048, b); err != nil {
					t.Fatal(err)
				}
				if err := u.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				clear(b)
				if err := u.ReadBlocks(t.Context(), 2048, b); err != nil || !bytes.Equal(b, want) {
					t.Fatalf("%d bytes: %v", size, err)
				}
			}
			if err := p.PortReset(t.Context()); err != nil {
				t.Errorf("port reset: %v", err)
			}
			if err := u.ReadBlocks(t.Context(), 0, make([]byte, 512)); err != nil {
				t.Errorf("after a port reset: %v", err)
			}
			if n := len(e.Violations()); n > 0 {
				t.Errorf("%d violations: %v", n, e.Violations()[0])
			}
			t.Logf("%s at %s, %s Mbit/s: %d blocks of %d bytes, %d commands", serial, name, k.speed, u.Count(), u.BlockSize(), e.Commands())
		})
	}
}

// fill makes every block of b its own.
func fill(b []byte) {
	for i := range b {
		b[i] = byte(i>>9)*7 + byte(i)
	}
}

// inGuest skips outside the guest; inside it gives the rig, whose watcher ends with
// the test.
func inGuest(t *testing.T) *guestRig {
	t.Helper()
	if !guest.In() {
		t.Skip("needs the guest: make vm")
	}
	r := newGuestRig()
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}
