package desc_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
)

// key is an ordinary key's introduction.
func key() model.USB {
	return model.NewUSB(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 1})
}

// blob puts a configuration behind a device descriptor.
func blob(configs ...[]byte) []byte {
	u := key()
	u.Configs = configs
	u.Device[17] = byte(len(configs))
	return u.Blob()
}

var storage = model.Interface(0, 0, 8, 6, 0x50, 2)

func TestParse(t *testing.T) {
	d, err := desc.Parse(key().Blob())
	if err != nil {
		t.Fatal(err)
	}
	if d.Vendor != 0x1234 || d.Product != 0x5678 || d.USB != 0x200 || d.Strings != (desc.Indexes{Manufacturer: 1, Product: 2, Serial: 3}) || len(d.Configs) != 1 {
		t.Errorf("%+v", d)
	}
	s := d.Configs[0].Interfaces[0].Settings[0]
	if !s.Is(8, 6, 0x50) || len(s.Endpoints) != 2 || !s.Endpoints[0].In() || !s.Endpoints[0].Bulk() || s.Endpoints[0].MaxPacket != 512 || s.Endpoints[1].In() {
		t.Errorf("%+v", s)
	}
	other := key().Blob()
	other[3] ^= 1
	o, err := desc.Parse(other)
	if err != nil || o.Hash() == d.Hash() {
		t.Errorf("one byte more or less is the same device: %v", err)
	}
}

// TestComposite: a composite device is read whole, whatever rules say of it.
func TestComposite(t *testing.T) {
	d, err := desc.Parse(blob(model.ConfigOf(storage, model.Bulk(0x81, 512), model.Bulk(0x02, 512),
		model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8), model.Interface(0, 1, 8, 6, 0x62, 0))))
	if err != nil {
		t.Fatal(err)
	}
	c := d.Configs[0]
	if len(c.Interfaces) != 2 || len(c.Interfaces[0].Settings) != 2 || c.Interfaces[1].Settings[0].Class != 3 || len(c.Interfaces[1].Settings[0].Extra) != 1 {
		t.Errorf("%+v", c)
	}
}

// TestMalformed: everything two readers could understand differently is refused by
// its own code.
func TestMalformed(t *testing.T) {
	good := func() []byte { return model.ConfigOf(storage, model.Bulk(0x81, 512), model.Bulk(0x02, 512)) }
	edit := func(at int, v byte) []byte {
		b := blob(good())
		b[at] = v
		return b
	}
	for name, c := range map[string]struct {
		raw  []byte
		code string
	}{
		"nothing":                        {nil, "size"},
		"half a device":                  {key().Device[:17], "size"},
		"endless":                        {make([]byte, 1<<19), "size"},
		"device of another type":         {edit(1, 2), "device"},
		"no configuration":               {edit(17, 0), "configurations"},
		"200 configurations":             {edit(17, 200), "configurations"},
		"one more configuration":         {edit(17, 2), "configuration"},
		"bLength 0":                      {edit(27, 0), "length"},
		"bLength 1":                      {edit(27, 1), "length"},
		"bLength over the end":           {edit(43, 200), "overrun"},
		"total length 8":                 {edit(20, 8), "total-length"},
		"total length over the end":      {edit(20, 255), "total-length"},
		"total length one short":         {edit(20, 31), "overrun"},
		"total length without endpoints": {edit(20, 18), "endpoint-count"},
		"left over":                      {append(blob(good()), 0, 0), "left-over"},
		"0 interfaces":                   {edit(22, 0), "interfaces"},
		"2 interfaces announced":         {edit(22, 2), "interface-count"},
		"32 interfaces announced":        {edit(22, 32), "interface-count"},
		"200 interfaces announced":       {edit(22, 200), "interfaces"},
		"configuration 0":                {edit(23, 0), "configuration-zero"},
		"interface number 7 of 1":        {edit(29, 7), "interface-number"},
		"begins with setting 1":          {edit(30, 1), "setting-order"},
		"3 endpoints announced":          {edit(31, 3), "endpoint-count"},
		"endpoint 0":                     {edit(38, 0x80), "endpoint-address"},
		"endpoint with high bits":        {edit(38, 0xf1), "endpoint-address"},
		"packets of 0 bytes":             {edit(41, 0), "packet-size"},
		"device inside":                  {edit(37, 1), "misplaced"},
		"interface twice":                {blob(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 0), model.Interface(0, 0, 3, 1, 1, 0))), "interface-twice"},
		"endpoint twice":                 {blob(model.ConfigOf(storage, model.Bulk(0x81, 512), model.Bulk(0x81, 512))), "endpoint-twice"},
		"endpoint of two interfaces":     {blob(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 1), model.Bulk(0x81, 512), model.Interface(1, 0, 3, 1, 1, 1), model.Bulk(0x81, 64))), "endpoint-shared"},
		"endpoint before any interface":  {blob(model.ConfigOf(model.Bulk(0x81, 512), model.Interface(0, 0, 8, 6, 0x50, 0))), "endpoint"},
		"two configurations of a number": {blob(good(), good()), "configuration-twice"},
		"association of absent ones":     {blob(model.ConfigOf([]byte{8, 0x0b, 0, 3, 2, 2, 1, 0}, storage, model.Bulk(0x81, 512), model.Bulk(0x02, 512))), "association"},
		"companion without endpoint":     {blob(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 0), []byte{6, 0x30, 0, 0, 0, 0})), "companion"},
		"two companions":                 {blob(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 1), model.Bulk(0x81, 1024), []byte{6, 0x30, 0, 0, 0, 0}, []byte{6, 0x30, 0, 0, 0, 0})), "companion-twice"},
	} {
		var p *desc.Problem
		if _, err := desc.Parse(c.raw); !errors.As(err, &p) || p.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// TestEveryCut: no beginning of a device's bytes passes for a device.
func TestEveryCut(t *testing.T) {
	whole := blob(model.ConfigOf(storage, model.Bulk(0x81, 512), model.Bulk(0x02, 512), model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8)))
	for n := range whole {
		if _, err := desc.Parse(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes pass", n, len(whole))
		}
	}
}

// view is what an honest kernel shows of key().
func view() desc.View {
	return desc.View{Vendor: "1234\n", Product: "5678\n", Release: "0100\n", Class: "00\n", Subclass: "00\n", Protocol: "00\n", Version: " 2.00\n",
		Configurations: "1\n", ConfigurationValue: "1\n", Interfaces: " 1\n",
		InterfaceClasses: []desc.InterfaceView{{Number: "00", Alternate: "0", Endpoints: "02", Class: "08", Subclass: "06", Protocol: "50"}}}
}

func TestKernelView(t *testing.T) {
	d, err := desc.Parse(key().Blob())
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Differs(view()); len(got) != 0 {
		t.Fatalf("an honest view differs: %v", got)
	}
	for name, change := range map[string]func(*desc.View){
		"vendor":           func(v *desc.View) { v.Vendor = "1235" },
		"product":          func(v *desc.View) { v.Product = "" },
		"release":          func(v *desc.View) { v.Release = "0101" },
		"class":            func(v *desc.View) { v.Class = "09" },
		"version":          func(v *desc.View) { v.Version = "3.00" },
		"configurations":   func(v *desc.View) { v.Configurations = "2" },
		"interfaces":       func(v *desc.View) { v.Interfaces = "2" },
		"other value":      func(v *desc.View) { v.ConfigurationValue = "3" },
		"interface class":  func(v *desc.View) { v.InterfaceClasses[0].Class = "03" },
		"endpoints":        func(v *desc.View) { v.InterfaceClasses[0].Endpoints = "01" },
		"interface more":   func(v *desc.View) { v.InterfaceClasses = append(v.InterfaceClasses, v.InterfaceClasses[0]) },
		"escape sequences": func(v *desc.View) { v.Vendor = "\x1b[2J" + strings.Repeat("x", 4000) },
	} {
		v := view()
		change(&v)
		got := d.Differs(v)
		if len(got) == 0 {
			t.Errorf("%s: no difference", name)
		}
		for _, s := range got {
			if len(s) > 300 || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%s: %q is not fit to be shown", name, s)
			}
		}
	}
}

func TestStrings(t *testing.T) {
	if s, err := (desc.Text{Raw: model.Text("钥匙 7")}).Decode(); err != nil || s != "钥匙 7" {
		t.Errorf("%q, %v", s, err)
	}
	if s, err := (desc.Text{Raw: model.Text("𬭎")}).Decode(); err != nil || s != "𬭎" {
		t.Errorf("%q, %v", s, err)
	}
	nul := model.Text("SER0001 X")
	nul[16], nul[17] = 0, 0
	for name, raw := range map[string][]byte{
		"nothing": nil, "another type": {2, 2}, "odd": {3, 3, 65}, "says more": {8, 3, 65, 0}, "says 255 of 254": append([]byte{255, 3}, make([]byte, 252)...),
		"NUL inside": nul, "half a character": {4, 3, 0x00, 0xd8}, "low half first": {6, 3, 0x00, 0xdc, 0x00, 0xd8},
	} {
		var p *desc.Problem
		if s, err := (desc.Text{Raw: raw}).Decode(); !errors.As(err, &p) {
			t.Errorf("%s: %q, %v", name, s, err)
		}
	}
}

func TestShow(t *testing.T) {
	for in, want := range map[string]string{
		"KEY 云泽-7": "KEY 云泽-7", "a\x1b[2Jb": `a\u{1b}[2Jb`, "a\u202eb": `a\u{202e}b`, "a\nb": `a\u{a}b`, `a\b`: `a\\b`, "<b>&\"'": `\u{3c}b\u{3e}\u{26}\u{22}\u{27}`,
		"a\xffb": `a\xffb`, "\u200bx": `\u{200b}x`, "\ufffd": "\ufffd", "123456789012345678901": "12345678901234567890…",
	} {
		if got := desc.Show(in, 20); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// FuzzParse: no bytes make the parser panic, and what passes keeps its word.
func FuzzParse(f *testing.F) {
	f.Add(key().Blob())
	f.Add(blob(model.ConfigOf(storage, model.Bulk(0x81, 512), model.Bulk(0x02, 512), model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8))))
	f.Add(blob(model.ConfigOf([]byte{8, 0x0b, 0, 1, 2, 2, 1, 0}, model.Interface(0, 0, 8, 6, 0x50, 1), model.Bulk(0x81, 1024), []byte{6, 0x30, 3, 0, 0, 0})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := desc.Parse(raw)
		var p *desc.Problem
		if err != nil {
			if !errors.As(err, &p) || p.Offset < 0 || p.Offset > len(raw) {
				t.Fatalf("%v", err)
			}
			return
		}
		if !bytes.Equal(d.Raw, raw) || len(d.Configs) != int(raw[17]) {
			t.Fatal("not what was read")
		}
		for _, c := range d.Configs {
			for _, i := range c.Interfaces {
				if int(i.Number) >= len(c.Interfaces) || len(i.Settings) == 0 {
					t.Fatalf("%+v", i)
				}
			}
		}
	})
}
