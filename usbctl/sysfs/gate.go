package sysfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrGate: the kernel authorises devices by itself. Start it with
// usbcore.authorized_default=0.
var ErrGate = errors.New("the kernel authorises USB devices by itself; start it with usbcore.authorized_default=0")

// put writes a switch. Nothing is created.
func put(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

func (f FS) set(name, file, value, what string) error {
	p, err := f.device(name, file)
	if err == nil {
		err = put(p, value)
	}
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", what, name, err)
	}
	return nil
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// Authorise lets a device be configured, or takes that back: its interfaces vanish at
// once. The kernel chooses the configuration; no interface is authorised by this.
func (f FS) Authorise(name string, on bool) error {
	return f.set(name, "authorized", bit(on), "authorise device")
}

// Interface is the name of an interface of a device in its active configuration.
func Interface(name string, configuration, number byte) string {
	return name + ":" + strconv.Itoa(int(configuration)) + "." + strconv.Itoa(int(number))
}

// AuthoriseInterface lets one interface be claimed, or takes that back.
func (f FS) AuthoriseInterface(name string, configuration, number byte, on bool) error {
	return f.set(Interface(name, configuration, number), "authorized", bit(on), "authorise interface")
}

// Driver is the driver bound to a device or interface, "" = none.
func (f FS) Driver(name string) (string, error) {
	p, err := f.device(name, "driver")
	if err != nil {
		return "", err
	}
	to, err := os.Readlink(p)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return filepath.Base(to), err
}

// Probe has the kernel look for a driver for a device or interface.
func (f FS) Probe(name string) error {
	if _, err := f.device(name); err != nil {
		return err
	}
	if err := put(f.path("drivers_probe"), name); err != nil {
		return fmt.Errorf("cannot look for a driver for %s: %w", name, err)
	}
	return nil
}

// Autoprobe switches whether the kernel looks for drivers by itself.
func (f FS) Autoprobe(on bool) error {
	if err := put(f.path("drivers_autoprobe"), bit(on)); err != nil {
		return fmt.Errorf("cannot switch probing: %w", err)
	}
	return nil
}

// A root hub is looked at so often, at this distance, until it has its drivers.
const (
	hubTries = 100
	hubPause = 50 * time.Millisecond
)

// Close closes the gate, in the only order that works: see the package. It is
// repeated safely. ErrGate when the kernel has let devices in before.
func (f FS) Close(ctx context.Context) error {
	p := filepath.Join(filepath.Dir(filepath.Dir(f.path())), "module", "usbcore", "parameters", "authorized_default")
	b, err := readMost(p, mostText)
	if err != nil {
		return fmt.Errorf("cannot read how the kernel authorises devices: %w", err)
	}
	if strings.TrimSpace(string(b)) != "0" {
		return ErrGate
	}
	hubs, err := f.hubs()
	if err != nil {
		return err
	}
	for _, hub := range hubs {
		if err := f.Adopt(ctx, hub); err != nil {
			return err
		}
	}
	return f.Autoprobe(false)
}

func (f FS) hubs() ([]string, error) {
	names, err := f.Names()
	var out []string
	for _, n := range names {
		if IsHub(n) {
			out = append(out, n)
		}
	}
	return out, err
}

// Adopt brings one root hub to where the gate is closed: it works, and nothing behind
// it is authorised by itself. A controller that appears late needs it too.
func (f FS) Adopt(ctx context.Context, hub string) error {
	if !IsHub(hub) {
		return fmt.Errorf("cannot adopt %q: it is no root hub", clip(hub))
	}
	for _, file := range []string{"authorized_default", "interface_authorized_default"} {
		// The hub's own interface comes with the hub; this is of what lies behind it.
		if err := f.set(hub, file, "0", "close "+file+" of"); err != nil {
			return err
		}
	}
	bus := strings.TrimPrefix(hub, "usb")
	if err := f.driven(ctx, hub); err != nil {
		return err
	}
	inner := bus + "-0:1.0"
	if err := f.set(inner, "authorized", "1", "authorise the hub"); err != nil {
		return err
	}
	return f.driven(ctx, inner)
}

// driven waits until a device or interface has a driver, and asks for one.
func (f FS) driven(ctx context.Context, name string) error {
	var last error
	for range hubTries {
		driver, err := f.Driver(name)
		if err != nil {
			return fmt.Errorf("cannot see the driver of %s: %w", name, err)
		}
		if driver != "" {
			return nil
		}
		last = f.Probe(name) // it fails also when the driver is not loaded yet
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot wait for a driver of %s: %w", name, ctx.Err())
		case <-time.After(hubPause):
		}
	}
	return fmt.Errorf("cannot close the gate: %s has no driver, load the hub driver: %w", name, last)
}
