package usbfs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sexton/usbctl"
)

func bytesAt(start *byte, n int) []byte { return unsafe.Slice(start, n) }

// TestOpenDemandsTheNode: a file that is no device node of this number is refused.
func TestOpenDemandsTheNode(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "001"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "001", "002"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", filepath.Join(root, "001", "003")); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]int{{1, 2}, {1, 3}, {1, 4}, {0, 1}, {1, 0}, {1, 129}, {1000, 1}, {-1, 1}} {
		if f, err := open(root, c[0], c[1]); err == nil {
			f.Close()
			t.Errorf("device %d of bus %d was opened", c[1], c[0])
		}
	}
}

func TestOutcomes(t *testing.T) {
	for status, want := range map[int]error{
		0: nil, -int(unix.EPIPE): usbctl.ErrStall, -int(unix.EOVERFLOW): usbctl.ErrOverflow, -int(unix.ENOENT): usbctl.ErrTimeout,
		-int(unix.ECONNRESET): usbctl.ErrTimeout, -int(unix.EPROTO): usbctl.ErrLink, -int(unix.EILSEQ): usbctl.ErrLink,
		-int(unix.ETIME): usbctl.ErrLink, -int(unix.ENODEV): usbctl.ErrGone, -int(unix.ESHUTDOWN): usbctl.ErrGone, -int(unix.EREMOTEIO): usbctl.ErrLink,
	} {
		if err := outcome(status); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("status %d: %v, want %v", status, err, want)
		}
	}
}

// TestNoUsbfs: a descriptor of something else is refused, not driven.
func TestNoUsbfs(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p, err := New(f, Interface{In: 0x81, Out: 2}, nil); err == nil {
		p.Close()
		t.Error("a pipe on /dev/null")
	}
	if err := Claim(f, 0); err == nil {
		t.Error("claimed")
	}
	if err := Drop(f, 32); err == nil {
		t.Error("interface 32 was kept")
	}
}
