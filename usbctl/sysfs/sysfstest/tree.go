// Package sysfstest is a tree of files that looks like /sys/bus/usb, for tests
// without a kernel. Nothing in it reacts: a test does by hand what the kernel would.
package sysfstest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/sysfs"
)

// Tree is a fake sysfs in a temporary directory.
type Tree struct {
	t   testing.TB
	Dir string
}

// New makes a tree with one root hub, usb1, and its gate as the kernel leaves it when
// it was started with usbcore.authorized_default=0.
func New(t testing.TB) *Tree {
	t.Helper()
	tree := &Tree{t: t, Dir: t.TempDir()}
	tree.Write("module/usbcore/parameters/authorized_default", "0\n")
	tree.Write("bus/usb/drivers_autoprobe", "1\n")
	tree.Write("bus/usb/drivers_probe", "")
	tree.Write("bus/usb/drivers/hub/bind", "")
	tree.Write("bus/usb/drivers/usb/bind", "")
	tree.Hub(1)
	return tree
}

// FS is the tree as sysfs.
func (t *Tree) FS() sysfs.FS { return sysfs.FS{Dir: t.Dir} }

// Hub adds a root hub that works.
func (t *Tree) Hub(bus int) {
	t.t.Helper()
	name := fmt.Sprintf("usb%d", bus)
	u := model.NewUSB(model.Config{Vendor: "Linux", Product: "Host Controller", Serial: "0000:00:01.0", Blocks: 1})
	u.Device[4] = 9
	u.Configs = [][]byte{model.ConfigOf(model.Interface(0, 0, 9, 0, 0, 1), model.Interrupt(0x81, 4))}
	t.Add(name, bus, 1, u)
	t.dev(name, "authorized", "1\n")
	t.dev(name, "authorized_default", "0\n")
	t.dev(name, "interface_authorized_default", "1\n")
	t.Bind(name, "usb")
	t.Configure(name, u)
	t.Bind(fmt.Sprintf("%d-0:1.0", bus), "hub")
}

// Write makes a file of the tree.
func (t *Tree) Write(path, text string) {
	t.t.Helper()
	p := filepath.Join(t.Dir, path)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		t.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.t.Fatal(err)
	}
}

// Text is what a file of the tree holds.
func (t *Tree) Text(path string) string {
	t.t.Helper()
	b, err := os.ReadFile(filepath.Join(t.Dir, path))
	if err != nil {
		t.t.Fatal(err)
	}
	return string(b)
}

func (t *Tree) dev(name, file, text string) {
	t.t.Helper()
	t.Write(filepath.Join("bus/usb/devices", name, file), text)
}

// Add plugs a device in, as the kernel shows it before it is authorised.
func (t *Tree) Add(name string, bus, dev int, u model.USB) {
	t.t.Helper()
	v := View(u)
	t.dev(name, "descriptors", string(u.Blob()))
	for file, text := range map[string]string{
		"busnum": strconv.Itoa(bus), "devnum": strconv.Itoa(dev), "speed": "480", "authorized": "0",
		"dev":      fmt.Sprintf("189:%d", (bus-1)*128+dev-1),
		"idVendor": v.Vendor, "idProduct": v.Product, "bcdDevice": v.Release, "bDeviceClass": v.Class, "bDeviceSubClass": v.Subclass,
		"bDeviceProtocol": v.Protocol, "version": v.Version, "bMaxPacketSize0": v.MaxPacket0, "bNumConfigurations": v.Configurations,
		"bNumInterfaces": "", "bConfigurationValue": "",
	} {
		t.dev(name, file, text+"\n")
	}
}

// Configure is what the kernel does when a device is authorised: the first
// configuration is set and its interfaces appear, unauthorised.
func (t *Tree) Configure(name string, u model.USB) {
	t.t.Helper()
	d, err := desc.Parse(u.Blob())
	if err != nil {
		t.t.Fatal(err)
	}
	c := d.Configs[0]
	t.dev(name, "bConfigurationValue", fmt.Sprintf("%d\n", c.Value))
	t.dev(name, "bNumInterfaces", fmt.Sprintf("%2d\n", len(c.Interfaces)))
	base := name
	if sysfs.IsHub(name) {
		base = name[3:] + "-0"
	}
	for _, i := range c.Interfaces {
		dir, s := sysfs.Interface(base, c.Value, i.Number), i.Settings[0]
		for file, text := range map[string]string{"bInterfaceNumber": fmt.Sprintf("%02x", i.Number), "bAlternateSetting": " 0", "bNumEndpoints": fmt.Sprintf("%02x", len(s.Endpoints)),
			"bInterfaceClass": fmt.Sprintf("%02x", s.Class), "bInterfaceSubClass": fmt.Sprintf("%02x", s.Subclass), "bInterfaceProtocol": fmt.Sprintf("%02x", s.Protocol), "authorized": "0"} {
			t.dev(dir, file, text+"\n")
		}
	}
}

// Bind gives a device or interface a driver.
func (t *Tree) Bind(name, driver string) {
	t.t.Helper()
	dir := filepath.Join(t.Dir, "bus/usb/devices", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(t.Dir, "bus/usb/drivers", driver), filepath.Join(dir, "driver")); err != nil {
		t.t.Fatal(err)
	}
}

// Remove unplugs a device with its interfaces.
func (t *Tree) Remove(name string) {
	t.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(t.Dir, "bus/usb/devices", name+":*"))
	if err != nil {
		t.t.Fatal(err)
	}
	for _, d := range append(dirs, filepath.Join(t.Dir, "bus/usb/devices", name)) {
		if err := os.RemoveAll(d); err != nil {
			t.t.Fatal(err)
		}
	}
}

// View is what an honest kernel shows of a device before it is authorised.
func View(u model.USB) desc.View {
	d, le := u.Device, binary.LittleEndian
	return desc.View{
		Vendor: fmt.Sprintf("%04x", le.Uint16(d[8:])), Product: fmt.Sprintf("%04x", le.Uint16(d[10:])), Release: fmt.Sprintf("%04x", le.Uint16(d[12:])),
		Class: fmt.Sprintf("%02x", d[4]), Subclass: fmt.Sprintf("%02x", d[5]), Protocol: fmt.Sprintf("%02x", d[6]),
		Version: fmt.Sprintf("%2x.%02x", d[3], d[2]), MaxPacket0: strconv.Itoa(int(d[7])), Configurations: strconv.Itoa(int(d[17])),
	}
}
