package desc

import (
	"fmt"
	"strconv"
	"strings"
)

// View is what the kernel understood of a device, as the text of the files in
// sysfs. Interface directories exist only once it is authorised; an empty list says
// that they were not looked at.
type View struct {
	Vendor, Product, Release   string // idVendor, idProduct, bcdDevice: four hex digits
	Class, Subclass, Protocol  string // bDeviceClass ...: two hex digits
	Version                    string // "2.00"
	MaxPacket0                 string
	Configurations, Interfaces string // bNumConfigurations, bNumInterfaces (blank while unauthorised)
	ConfigurationValue         string // bConfigurationValue, blank while unauthorised
	InterfaceClasses           []InterfaceView
}

// InterfaceView is one interface directory.
type InterfaceView struct {
	Number, Alternate, Endpoints string // two hex digits
	Class, Subclass, Protocol    string
}

// Differs lists where the kernel's view disagrees with the bytes. Any entry is a
// reason to refuse the device: one of the two was fooled.
func (d Device) Differs(v View) []string {
	var out []string
	cmp := func(what, kernel, ours string) {
		if strings.TrimSpace(kernel) != ours {
			out = append(out, fmt.Sprintf("%s: kernel %q, descriptors %q", what, clip(strings.TrimSpace(kernel)), ours))
		}
	}
	cmp("idVendor", v.Vendor, fmt.Sprintf("%04x", d.Vendor))
	cmp("idProduct", v.Product, fmt.Sprintf("%04x", d.Product))
	cmp("bcdDevice", v.Release, fmt.Sprintf("%04x", d.Release))
	cmp("bDeviceClass", v.Class, fmt.Sprintf("%02x", d.Class))
	cmp("bDeviceSubClass", v.Subclass, fmt.Sprintf("%02x", d.Subclass))
	cmp("bDeviceProtocol", v.Protocol, fmt.Sprintf("%02x", d.Protocol))
	cmp("version", v.Version, fmt.Sprintf("%x.%02x", d.USB>>8, d.USB&0xff))
	cmp("bNumConfigurations", v.Configurations, strconv.Itoa(len(d.Configs)))
	if v.ConfigurationValue == "" {
		return out
	}
	for _, c := range d.Configs {
		if strconv.Itoa(int(c.Value)) == strings.TrimSpace(v.ConfigurationValue) {
			cmp("bNumInterfaces", v.Interfaces, strconv.Itoa(len(c.Interfaces)))
			return append(out, c.differs(v.InterfaceClasses)...)
		}
	}
	return append(out, fmt.Sprintf("the kernel chose configuration %q, which the descriptors lack", clip(v.ConfigurationValue)))
}

func (c Config) differs(views []InterfaceView) []string {
	var out []string
	if len(views) == 0 {
		return nil
	}
	if len(views) != len(c.Interfaces) {
		return []string{fmt.Sprintf("the kernel has %d interfaces, the descriptors %d", len(views), len(c.Interfaces))}
	}
	for _, i := range c.Interfaces {
		s := i.Settings[0]
		want := InterfaceView{hex2(i.Number), "", hex2(byte(len(s.Endpoints))), hex2(s.Class), hex2(s.Subclass), hex2(s.Protocol)}
		found := false
		for _, v := range views {
			v.Alternate = ""
			found = found || v == want
		}
		if !found {
			out = append(out, fmt.Sprintf("interface %d (%02x/%02x/%02x) is not what the kernel has", i.Number, s.Class, s.Subclass, s.Protocol))
		}
	}
	return out
}

func hex2(b byte) string { return fmt.Sprintf("%02x", b) }

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
