// Package sysfs reads what the kernel shows of USB devices under /sys/bus/usb, and
// writes the few switches that decide whether a device lives.
//
//	descriptors ────────┐                    ┌─► authorized (device)
//	idVendor ... ───────┼──► Device ──► … ───┼─► authorized (one interface)
//	busnum, devnum ─────┘                    └─► usb/drivers_autoprobe, drivers_probe
//
// Order at start (Close): usbcore was loaded with authorized_default=0; every root
// hub has its driver; then no interface is authorised by itself, and the kernel
// probes no driver by itself. The other way round nothing ever enumerates.
//
// Names are those of the kernel, "usb1", "1-2.3" (a port path), "1-2.3:1.0" (an
// interface of it), and nothing else is made into a path.
//
// Text of a device is passed on as it is, cut in length: escape it before it is
// shown. Identity is the bytes of the descriptors.
//
// Failure modes: fs.ErrNotExist when the device has gone; ErrGate when the station
// was not started with its gate closed.
//
// What it does not do: it talks to no device and decides nothing.
package sysfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"sexton/usbctl/desc"
)

// Root is where sysfs is mounted.
const Root = "/sys"

// Limits of what is read.
const (
	mostText        = 4096
	mostDescriptors = 1 << 18
)

// FS is a sysfs; the zero value is the one at Root.
type FS struct{ Dir string }

// Device is one device as the kernel shows it.
type Device struct {
	Name       string // "1-2.3", or "usb1" for a root hub
	Bus, Dev   int
	Speed      string // Mbit/s, "480"
	Authorised bool
	Raw        []byte // descriptors
	View       desc.View
	// Instance tells two devices apart that had the same name, bus and number one
	// after the other.
	Instance uint64
}

// Hub says that it is a root hub.
func (d Device) Hub() bool { return IsHub(d.Name) }

var (
	hubName       = regexp.MustCompile(`^usb[1-9][0-9]{0,3}$`)
	portName      = regexp.MustCompile(`^[1-9][0-9]{0,3}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,6}$`)
	interfaceName = regexp.MustCompile(`^[1-9][0-9]{0,3}-(0|[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,6}):[0-9]{1,3}\.[0-9]{1,3}$`)
)

// IsHub says that a name is that of a root hub.
func IsHub(name string) bool { return hubName.MatchString(name) }

// IsPort says that a name is the path of a port.
func IsPort(name string) bool { return portName.MatchString(name) }

func (f FS) path(parts ...string) string {
	dir := f.Dir
	if dir == "" {
		dir = Root
	}
	return filepath.Join(append([]string{dir, "bus", "usb"}, parts...)...)
}

func (f FS) device(name string, parts ...string) (string, error) {
	if !IsHub(name) && !IsPort(name) && !interfaceName.MatchString(name) {
		return "", fmt.Errorf("cannot look for %q: it is no name of a device", clip(name))
	}
	return f.path(append([]string{"devices", name}, parts...)...), nil
}

func clip(s string) string { return s[:min(len(s), 64)] }

// Names lists devices and root hubs, sorted. Interfaces are left out.
func (f FS) Names() ([]string, error) {
	entries, err := os.ReadDir(f.path("devices"))
	if err != nil {
		return nil, fmt.Errorf("cannot list the USB devices: %w", err)
	}
	var out []string
	for _, e := range entries {
		if n := e.Name(); IsHub(n) || IsPort(n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Instance is the number of the directory that stands for a device; the kernel gives
// it to no other while it runs. A device whose descriptors are not there yet is not
// there yet.
func (f FS) Instance(name string) (uint64, error) {
	p, err := f.device(name)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(p)
	if err == nil {
		_, err = os.Stat(filepath.Join(p, "descriptors"))
	}
	if err != nil {
		return 0, fmt.Errorf("cannot look at device %s: %w", name, err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("cannot look at device %s: no inode", name)
	}
	return st.Ino, nil
}

// Read reads one device. It fails when the device was replaced meanwhile: what it
// gives is of one instance.
func (f FS) Read(name string) (Device, error) {
	d := Device{Name: name}
	var err error
	if d.Instance, err = f.Instance(name); err != nil {
		return Device{}, err
	}
	r := reader{fs: f, name: name}
	d.Bus, d.Dev = r.number("busnum"), r.number("devnum")
	d.Speed = r.text("speed")
	d.Authorised = r.text("authorized") == "1"
	d.Raw = r.bytes("descriptors", mostDescriptors)
	d.View = desc.View{
		Vendor: r.text("idVendor"), Product: r.text("idProduct"), Release: r.text("bcdDevice"),
		Class: r.text("bDeviceClass"), Subclass: r.text("bDeviceSubClass"), Protocol: r.text("bDeviceProtocol"),
		Version: r.text("version"), MaxPacket0: r.text("bMaxPacketSize0"), Configurations: r.text("bNumConfigurations"),
		Interfaces: r.text("bNumInterfaces"), ConfigurationValue: r.text("bConfigurationValue"),
	}
	if d.View.ConfigurationValue != "" {
		d.View.InterfaceClasses = r.interfaces()
	}
	if r.err != nil {
		return Device{}, fmt.Errorf("cannot read device %s: %w", name, r.err)
	}
	if after, err := f.Instance(name); err != nil || after != d.Instance {
		return Device{}, fmt.Errorf("cannot read device %s: it was replaced meanwhile: %w", name, fs.ErrNotExist)
	}
	return d, nil
}

// reader reads files of one device until one fails.
type reader struct {
	fs   FS
	name string
	err  error
}

func (r *reader) bytes(file string, most int64) []byte {
	if r.err != nil {
		return nil
	}
	p, err := r.fs.device(r.name, file)
	if err != nil {
		r.err = err
		return nil
	}
	b, err := readMost(p, most)
	r.err = err
	return b
}

func readMost(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("cannot read %s: more than %d bytes", path, most)
	}
	return b, err
}

func (r *reader) text(file string) string { return strings.TrimSpace(string(r.bytes(file, mostText))) }

func (r *reader) number(file string) int {
	s := r.text(file)
	n, err := strconv.Atoi(s)
	if r.err == nil && (err != nil || n < 1) {
		r.err = fmt.Errorf("cannot take %q for a number in %s", clip(s), file)
	}
	return n
}

// interfaces reads the interface directories of the device.
func (r *reader) interfaces() []desc.InterfaceView {
	if r.err != nil {
		return nil
	}
	entries, err := os.ReadDir(r.fs.path("devices"))
	if err != nil {
		r.err = err
		return nil
	}
	var out []desc.InterfaceView
	for _, e := range entries {
		if owner, _, _ := strings.Cut(e.Name(), ":"); owner != r.name || !interfaceName.MatchString(e.Name()) {
			continue
		}
		i := reader{fs: r.fs, name: e.Name()}
		out = append(out, desc.InterfaceView{Number: i.text("bInterfaceNumber"), Alternate: i.text("bAlternateSetting"), Endpoints: i.text("bNumEndpoints"),
			Class: i.text("bInterfaceClass"), Subclass: i.text("bInterfaceSubClass"), Protocol: i.text("bInterfaceProtocol")})
		if i.err != nil {
			r.err = i.err
			return nil
		}
	}
	return out
}

// Strings are the texts the kernel has of a device, for display only: the kernel cuts
// them at a NUL, and a device may tell others another thing. A missing one is "".
func (f FS) Strings(name string) (manufacturer, product, serial string, err error) {
	for file, to := range map[string]*string{"manufacturer": &manufacturer, "product": &product, "serial": &serial} {
		r := reader{fs: f, name: name}
		*to = strings.TrimSuffix(string(r.bytes(file, mostText)), "\n")
		if r.err != nil && !errors.Is(r.err, fs.ErrNotExist) {
			return "", "", "", fmt.Errorf("cannot read the texts of device %s: %w", name, r.err)
		}
	}
	return manufacturer, product, serial, nil
}
