package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Gadget is a device made by the kernel itself, on the loop-back controller
// dummy_hcd: configfs, Documentation/usb/gadget_configfs.rst.
type Gadget struct{ dir string }

// Functions of gadgets, by what configfs calls them.
const (
	Storage  = "mass_storage.0"
	Keyboard = "hid.0"
	Serial   = "acm.0"
	Network  = "ecm.0"
)

// bootKeyboard is the report descriptor of a boot keyboard (HID 1.11, appendix B.1).
const bootKeyboard = "\x05\x01\x09\x06\xa1\x01\x05\x07\x19\xe0\x29\xe7\x15\x00\x25\x01\x75\x01\x95\x08\x81\x02\x95\x01\x75\x08\x81\x03" +
	"\x95\x05\x75\x01\x05\x08\x19\x01\x29\x05\x91\x02\x95\x01\x75\x03\x91\x03\x95\x06\x75\x08\x15\x00\x25\x65\x05\x07\x19\x00\x29\x65\x81\x00\xc0"

// attributes are what a function needs before it can be used.
func attributes(function, medium string) map[string]string {
	switch function {
	case Storage:
		return map[string]string{"lun.0/removable": "1", "lun.0/file": medium}
	case Keyboard:
		return map[string]string{"protocol": "1", "subclass": "1", "report_length": "8", "report_desc": bootKeyboard}
	}
	return nil
}

// NewGadget makes a gadget of functions, in this order, and plugs it in. medium is
// the file behind its storage.
func NewGadget(serial, medium string, functions ...string) (*Gadget, error) {
	for _, m := range []string{"usb_f_mass_storage", "usb_f_hid", "usb_f_acm", "usb_f_ecm"} {
		if err := Load(m, ""); err != nil {
			return nil, err
		}
	}
	g := &Gadget{dir: filepath.Join(gadgets, serial)}
	dirs := []string{"", "strings/0x409", "configs/c.1"}
	files := []struct{ file, text string }{
		{"idVendor", "0x1209"}, {"idProduct", "0x0001"}, {"bcdUSB", "0x0300"}, {"strings/0x409/serialnumber", serial},
		{"strings/0x409/manufacturer", "ACME"}, {"strings/0x409/product", "GADGET"}}
	for _, f := range functions {
		dirs = append(dirs, "functions/"+f)
		for file, text := range attributes(f, medium) {
			files = append(files, struct{ file, text string }{"functions/" + f + "/" + file, text})
		}
	}
	for _, d := range dirs {
		if err := os.MkdirAll(filepath.Join(g.dir, d), 0o755); err != nil {
			return nil, fmt.Errorf("cannot make a gadget: %w", err)
		}
	}
	for _, f := range files {
		if err := Write(filepath.Join(g.dir, f.file), f.text); err != nil {
			return nil, fmt.Errorf("cannot make a gadget: %w", err)
		}
	}
	for _, f := range functions {
		if err := os.Symlink(filepath.Join(g.dir, "functions", f), filepath.Join(g.dir, "configs/c.1", f)); err != nil {
			return nil, fmt.Errorf("cannot make a gadget: %w", err)
		}
	}
	return g, g.Plug()
}

// Plug connects the gadget to its controller.
func (g *Gadget) Plug() error { return Write(filepath.Join(g.dir, "UDC"), "dummy_udc.0") }

// Yank takes it off, whatever it was doing.
func (g *Gadget) Yank() error { return Write(filepath.Join(g.dir, "UDC"), "\n") }

// Remove takes it off and away, in the order configfs demands.
func (g *Gadget) Remove() error {
	_ = g.Yank() // it may be off already
	var errs []error
	remove := func(pattern string) {
		m, err := filepath.Glob(filepath.Join(g.dir, pattern))
		errs = append(errs, err)
		for _, f := range m {
			if info, err := os.Lstat(f); err == nil && (info.IsDir() || info.Mode()&os.ModeSymlink != 0) {
				errs = append(errs, os.Remove(f))
			}
		}
	}
	remove("configs/c.1/*.0")
	for _, d := range []string{"configs/*", "functions/*", "strings/*", ""} {
		remove(d)
	}
	return errors.Join(errs...)
}
