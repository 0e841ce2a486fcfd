package host_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sexton/usbctl"
	"sexton/usbctl/host"
	"sexton/usbctl/model"
	"sexton/usbctl/sysfs"
)

// tree is a sysfs with one device.
type tree struct {
	t   *testing.T
	dir string
	n   int
}

func (f *tree) plug(usb model.USB) {
	f.t.Helper()
	f.n++
	real := filepath.Join(f.dir, "devices", fmt.Sprint(f.n))
	d := usb.Device
	for name, text := range map[string]string{
		"busnum": "1", "devnum": "7", "speed": "480", "authorized": "0", "descriptors": string(usb.Blob()),
		"idVendor": fmt.Sprintf("%02x%02x", d[9], d[8]), "idProduct": fmt.Sprintf("%02x%02x", d[11], d[10]), "bcdDevice": fmt.Sprintf("%02x%02x", d[13], d[12]),
		"bDeviceClass": "00", "bDeviceSubClass": "00", "bDeviceProtocol": "00", "version": " 2.00", "bMaxPacketSize0": "64", "bNumConfigurations": "1",
		"bNumInterfaces": "", "bConfigurationValue": "", "manufacturer": "A", "product": "B", "serial": "C",
	} {
		if err := os.MkdirAll(real, 0o755); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(real, name), []byte(text), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
	f.unplug()
	if err := os.MkdirAll(filepath.Join(f.dir, "bus", "usb", "devices"), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(f.dir, "bus", "usb", "devices", "1-2")); err != nil {
		f.t.Fatal(err)
	}
}

func (f *tree) unplug() { _ = os.Remove(filepath.Join(f.dir, "bus", "usb", "devices", "1-2")) }

func (f *tree) authorised(n int) string {
	b, err := os.ReadFile(filepath.Join(f.dir, "devices", fmt.Sprint(n), "authorized"))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

// TestInstances: what is written for a device reaches that device or none, and a node
// with other descriptors is nobody's.
func TestInstances(t *testing.T) {
	f := &tree{t: t, dir: t.TempDir()}
	first := model.NewUSB(model.Config{Vendor: "A", Product: "B", Serial: "C"})
	second := model.NewUSB(model.Config{Vendor: "A", Product: "B", Serial: "C"})
	second.Device[8] = 0x99
	f.plug(first)
	node := filepath.Join(t.TempDir(), "node")
	show := func(b []byte) {
		if err := os.WriteFile(node, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	show(first.Blob())
	b := host.Bus{FS: sysfs.FS{Dir: f.dir}, Nodes: func(bus, dev int) (*os.File, error) {
		if bus != 1 || dev != 7 {
			t.Errorf("device %d of bus %d is opened", dev, bus)
		}
		return os.Open(node)
	}}
	s, err := b.Look("1-2")
	if err != nil || s.Bus != 1 || s.Dev != 7 || s.Speed != "480" || !bytes.Equal(s.Raw, first.Blob()) || s.Authorised {
		t.Fatalf("%+v %v", s, err)
	}
	if err := b.Authorise(s, true); err != nil || f.authorised(1) != "1" {
		t.Errorf("%v, authorized %q", err, f.authorised(1))
	}
	// The node is a file: what comes after the descriptors agree is the kernel's refusal.
	if _, err := b.Claim(t.Context(), s, 0); err == nil || errors.Is(err, usbctl.ErrGone) {
		t.Errorf("its own node: %v", err)
	}
	for name, other := range map[string][]byte{"another": second.Blob(), "shorter": first.Blob()[:30], "longer": append(first.Blob(), 0), "none": nil} {
		show(other)
		if _, err := b.Claim(t.Context(), s, 0); !errors.Is(err, usbctl.ErrGone) {
			t.Errorf("%s descriptors at the node: %v", name, err)
		}
		if _, err := b.Strings(t.Context(), s, []byte{1}); !errors.Is(err, usbctl.ErrGone) {
			t.Errorf("%s descriptors at the node are asked: %v", name, err)
		}
	}
	f.plug(second)
	if err := b.Authorise(s, true); !errors.Is(err, usbctl.ErrGone) || f.authorised(2) != "0" {
		t.Errorf("the next device: %v, authorized %q", err, f.authorised(2))
	}
	f.unplug()
	if _, err := b.Look("1-2"); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("nothing: %v", err)
	}
	if err := b.AuthoriseInterface(s, 1, 0, true); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("nothing: %v", err)
	}
}
