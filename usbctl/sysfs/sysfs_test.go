package sysfs_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/sysfs"
	"sexton/usbctl/sysfs/sysfstest"
)

func key() model.USB {
	return model.NewUSB(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 1})
}

// TestRead: a device is read with its bytes and the kernel's view, which agree before
// and after it is authorised.
func TestRead(t *testing.T) {
	tree := sysfstest.New(t)
	u := key()
	tree.Add("1-2.3", 1, 7, u)
	f := tree.FS()
	names, err := f.Names()
	if err != nil || !slices.Equal(names, []string{"1-2.3", "usb1"}) {
		t.Fatalf("%v, %v", names, err)
	}
	d, err := f.Read("1-2.3")
	if err != nil || d.Bus != 1 || d.Dev != 7 || d.Speed != "480" || d.Authorised || d.Hub() || !bytes.Equal(d.Raw, u.Blob()) {
		t.Fatalf("%+v, %v", d, err)
	}
	parsed, err := desc.Parse(d.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := parsed.Differs(d.View); len(diff) > 0 {
		t.Errorf("unauthorised: %v", diff)
	}
	if err := f.Authorise("1-2.3", true); err != nil || tree.Text("bus/usb/devices/1-2.3/authorized") != "1\n" {
		t.Fatal(err)
	}
	tree.Configure("1-2.3", u)
	if err := f.AuthoriseInterface("1-2.3", 1, 0, true); err != nil || tree.Text("bus/usb/devices/1-2.3:1.0/authorized") != "1\n" {
		t.Fatal(err)
	}
	d, err = f.Read("1-2.3")
	if err != nil || !d.Authorised || len(d.View.InterfaceClasses) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	if diff := parsed.Differs(d.View); len(diff) > 0 {
		t.Errorf("authorised: %v", diff)
	}
	tree.Write("bus/usb/devices/1-2.3:1.0/bInterfaceClass", "03\n")
	if d, err = f.Read("1-2.3"); err != nil || len(parsed.Differs(d.View)) == 0 {
		t.Errorf("a keyboard in the kernel's eyes is not seen: %v", err)
	}
}

// TestReadRefuses: what is missing, absurd or endless is an error; what has gone says
// so.
func TestReadRefuses(t *testing.T) {
	tree := sysfstest.New(t)
	f := tree.FS()
	if _, err := f.Read("1-1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a device that is not there: %v", err)
	}
	for file, text := range map[string]string{"busnum": "one\n", "devnum": "0\n", "descriptors": strings.Repeat("x", 1<<18+1), "idVendor": strings.Repeat("x", 5000)} {
		tree.Add("1-1", 1, 2, key())
		tree.Write("bus/usb/devices/1-1/"+file, text)
		if d, err := f.Read("1-1"); err == nil {
			t.Errorf("%s: %+v", file, d)
		}
	}
	for _, name := range []string{"", "..", "1-1/..", "../../etc", "1-1:1.0/..", "usb0", "usb", "1-1.", "1-", "0-1", "1-01", strings.Repeat("1-1.", 40)} {
		if _, err := f.Read(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is looked for: %v", name, err)
		}
		if err := f.Authorise(name, true); err == nil {
			t.Errorf("%q was authorised", name)
		}
		if err := f.Probe(name); err == nil {
			t.Errorf("%q was probed", name)
		}
	}
	if err := f.Authorise("1-9", true); err == nil {
		t.Error("a file was created")
	}
	if _, err := os.Stat(filepath.Join(tree.Dir, "bus/usb/devices/1-9")); err == nil {
		t.Error("a directory was created")
	}
}

func TestStrings(t *testing.T) {
	tree := sysfstest.New(t)
	tree.Add("1-1", 1, 2, key())
	tree.Write("bus/usb/devices/1-1/serial", "S\x1b[2J\n\n")
	m, p, s, err := tree.FS().Strings("1-1")
	if err != nil || m != "" || p != "" || s != "S\x1b[2J\n" {
		t.Errorf("%q %q %q %v", m, p, s, err)
	}
}

// TestClose closes the gate in order, and says when it was open.
func TestClose(t *testing.T) {
	tree := sysfstest.New(t)
	tree.Hub(2)
	if err := tree.FS().Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"bus/usb/devices/usb1/interface_authorized_default", "bus/usb/devices/usb2/interface_authorized_default", "bus/usb/drivers_autoprobe"} {
		if got := strings.TrimSpace(tree.Text(p)); got != "0" {
			t.Errorf("%s holds %s", p, got)
		}
	}
	if tree.Text("bus/usb/devices/1-0:1.0/authorized") != "1\n" {
		t.Error("the hub itself is not authorised")
	}
	tree.Write("module/usbcore/parameters/authorized_default", "1\n")
	if err := tree.FS().Close(t.Context()); !errors.Is(err, sysfs.ErrGate) {
		t.Errorf("an open gate: %v", err)
	}
}

// TestCloseWaitsForHubs: as long as a root hub has no driver, probing stays on, since
// nothing would ever enumerate; the wait ends.
func TestCloseWaitsForHubs(t *testing.T) {
	tree := sysfstest.New(t)
	link := filepath.Join(tree.Dir, "bus/usb/devices/usb1/driver")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := tree.FS().Close(t.Context()); err == nil || tree.Text("bus/usb/drivers_autoprobe") != "1\n" {
			t.Errorf("%v, probing %q", err, tree.Text("bus/usb/drivers_autoprobe"))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := tree.FS().Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after a cancel: %v", err)
		}
	})
	if got := tree.Text("bus/usb/drivers_probe"); got != "usb1" {
		t.Errorf("probed %q", got)
	}
	tree.Bind("usb1", "usb")
	if err := tree.FS().Close(t.Context()); err != nil {
		t.Error(err)
	}
}
