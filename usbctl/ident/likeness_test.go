package ident_test

import (
	"slices"
	"testing"

	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
)

// look is what a station sees of a device at one insertion.
func look(t *testing.T, d *model.Device, speed ident.Speed) ident.Look {
	t.Helper()
	parsed, err := desc.Parse(d.USB.Blob())
	if err != nil {
		t.Fatal(err)
	}
	d.Replug()
	u, _ := plug(t, d, usbctl.ReadOnly)
	p, err := u.Portray(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ident.Look{Speed: speed, Device: parsed, Strings: d.USB.Strings, Portrait: p}
}

// TestLikeness: the same key looks the same at every insertion; each part that
// changes is named, and only it.
func TestLikeness(t *testing.T) {
	base := model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: 4096}
	r := ident.LikenessOf(look(t, model.New(base), "480"))
	if got := r.Compare(look(t, model.New(base), "480")); len(got) != 0 {
		t.Fatalf("the same key differs in %v", got)
	}
	for name, c := range map[string]struct {
		change func(*model.Config, *model.Device)
		speed  ident.Speed
		want   []string
	}{
		"another speed":      {nil, "5000", []string{"descriptors"}},
		"another release":    {func(_ *model.Config, d *model.Device) { d.USB.Device[12]++ }, "480", []string{"descriptors"}},
		"another serial":     {func(c *model.Config, _ *model.Device) { c.Serial = "S2" }, "480", []string{"strings", "serial", "vital"}},
		"NUL in the serial":  {func(_ *model.Config, d *model.Device) { d.USB.Strings[3] = append(model.Text("S1"), 0, 0, 'X', 0) }, "480", []string{"strings", "serial"}},
		"another controller": {func(c *model.Config, _ *model.Device) { c.Revision = "2.0" }, "480", []string{"inquiry"}},
		"thin":               {func(c *model.Config, _ *model.Device) { c.Thin = true }, "480", []string{"vital"}},
		"smaller":            {func(c *model.Config, _ *model.Device) { c.Blocks = 4095 }, "480", []string{"capacity"}},
		"switch on its case": {func(_ *model.Config, d *model.Device) { d.Break(model.WriteProtected, -1) }, "480", nil},
	} {
		cfg := base
		if c.change != nil {
			c.change(&cfg, model.New(cfg))
		}
		d := model.New(cfg)
		if c.change != nil {
			c.change(&cfg, d)
		}
		var got []string
		for _, x := range r.Compare(look(t, d, c.speed)) {
			got = append(got, x.What)
			if x.New != (c.speed != "480") {
				t.Errorf("%s: %s", name, x)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s differs in %v, want %v", name, got, c.want)
		}
	}
}

// TestTwins: two keys of one model without serials are the same to everything but
// the canary; with serials they are not.
func TestTwins(t *testing.T) {
	bare := model.Config{Vendor: "ACME", Product: "KEY", Blocks: 4096}
	a, b := ident.LikenessOf(look(t, model.New(bare), "480")), ident.LikenessOf(look(t, model.New(bare), "480"))
	if !a.Same(b) {
		t.Error("twins are told apart")
	}
	bare.Serial = "S7"
	l := look(t, model.New(bare), "480")
	if a.Same(ident.LikenessOf(l)) {
		t.Error("a key with a serial is a twin of one without")
	}
	all := map[string]ident.Likeness{"K-1": a, "K-2": ident.LikenessOf(l)}
	if got := ident.Closest(all, l); got[0] != "K-2" {
		t.Errorf("closest is %v", got)
	}
	both := a.With("5000", l.Device)
	if len(a.Descriptors) != 1 || len(both.Descriptors) != 2 {
		t.Error("With changed its receiver, or added nothing")
	}
}
