package rules_test

import (
	"strings"
	"testing"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
)

func seen(t *testing.T, class byte, configs ...[]byte) rules.Seen {
	t.Helper()
	u := model.NewUSB(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 1})
	u.Device[4], u.Device[17], u.Configs = class, byte(len(configs)), configs
	d, err := desc.Parse(u.Blob())
	if err != nil {
		t.Fatal(err)
	}
	return rules.Seen{Device: d, Port: "1-2"}
}

var (
	bot  = model.Interface(0, 0, 8, 6, 0x50, 2)
	in   = model.Bulk(0x81, 512)
	out  = model.Bulk(0x02, 512)
	good = model.ConfigOf(bot, in, out)
)

// TestDefault decides the devices that a station meets (and those that hope to be
// taken for one), by rule.
func TestDefault(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	keyboard := func(n byte) []byte { return model.Interface(n, 0, 3, 1, 1, 1) }
	registered := func(s rules.Seen) rules.Seen { s.Registered = true; return s }
	for name, c := range map[string]struct {
		x          rules.Seen
		rule       string
		action     rules.Action
		interfaces int
	}{
		"registered key":                 {registered(seen(t, 0, good)), "registered-key", rules.Allow, 1},
		"unregistered key":               {seen(t, 0, good), "unregistered-key", rules.Quarantine, 0},
		"registered key with a keyboard": {registered(seen(t, 0, model.ConfigOf(bot, in, out, keyboard(1), model.HID(), model.Interrupt(0x83, 8)))), "human-input", rules.Quarantine, 0},
		"keyboard as setting 1":          {registered(seen(t, 0, model.ConfigOf(bot, in, out, model.Interface(0, 1, 3, 1, 1, 0)))), "human-input", rules.Quarantine, 0},
		"keyboard in configuration 2":    {registered(seen(t, 0, good, second(model.ConfigOf(keyboard(0), model.HID(), model.Interrupt(0x83, 8))))), "human-input", rules.Quarantine, 0},
		"two configurations":             {registered(seen(t, 0, good, second(good))), "many-configurations", rules.Quarantine, 0},
		"two storage interfaces":         {registered(seen(t, 0, model.ConfigOf(bot, in, out, model.Interface(1, 0, 8, 6, 0x50, 2), model.Bulk(0x83, 512), model.Bulk(0x04, 512)))), "many-interfaces", rules.Quarantine, 0},
		"serial port":                    {seen(t, 0, model.ConfigOf(model.Interface(0, 0, 2, 2, 1, 0))), "network-or-serial", rules.Quarantine, 0},
		"network under an association":   {seen(t, 0xef, model.ConfigOf([]byte{8, 0x0b, 0, 2, 2, 6, 0, 0}, model.Interface(0, 0, 2, 6, 0, 0), model.Interface(1, 0, 0x0a, 0, 0, 0))), "network-or-serial", rules.Quarantine, 0},
		"storage in vendor clothes":      {seen(t, 0, model.ConfigOf(model.Interface(0, 0, 0xff, 6, 0x50, 2), in, out)), "vendor-specific", rules.Quarantine, 0},
		"hub":                            {seen(t, 9, model.ConfigOf(model.Interface(0, 0, 9, 0, 0, 0))), "hub", rules.Reject, 0},
		"hub in an interface":            {seen(t, 0, model.ConfigOf(model.Interface(0, 0, 9, 0, 0, 0))), "hub-interface", rules.Reject, 0},
		"UAS only":                       {registered(seen(t, 0, model.ConfigOf(model.Interface(0, 0, 8, 6, 0x62, 2), in, out))), "uas-only", rules.Reject, 0},
		"BOT with UAS as setting 1":      {registered(seen(t, 0, model.ConfigOf(bot, in, out, model.Interface(0, 1, 8, 6, 0x62, 0)))), "registered-key", rules.Allow, 1},
		"UAS first, BOT as setting 1":    {registered(seen(t, 0, model.ConfigOf(model.Interface(0, 0, 8, 6, 0x62, 0), model.Interface(0, 1, 8, 6, 0x50, 2), in, out))), rules.RuleDefault, rules.Reject, 0},
		"one endpoint":                   {registered(seen(t, 0, model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 1), in))), rules.RuleDefault, rules.Reject, 0},
		"both ways in":                   {registered(seen(t, 0, model.ConfigOf(bot, in, model.Bulk(0x82, 512)))), rules.RuleDefault, rules.Reject, 0},
		"a third endpoint":               {registered(seen(t, 0, model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 3), in, out, model.Interrupt(0x83, 8)))), rules.RuleDefault, rules.Reject, 0},
		"packets of 1 byte":              {registered(seen(t, 0, model.ConfigOf(bot, model.Bulk(0x81, 1), out))), rules.RuleDefault, rules.Reject, 0},
		"interrupt endpoints":            {registered(seen(t, 0, model.ConfigOf(bot, model.Interrupt(0x81, 64), out))), rules.RuleDefault, rules.Reject, 0},
		"printer":                        {seen(t, 0, model.ConfigOf(model.Interface(0, 0, 7, 1, 2, 2), in, out)), rules.RuleDefault, rules.Reject, 0},
		"camera":                         {seen(t, 0, model.ConfigOf(model.Interface(0, 0, 6, 1, 1, 2), in, out)), rules.RuleDefault, rules.Reject, 0},
	} {
		v := set.Decide(c.x)
		if v.Rule != c.rule || v.Action != c.action || len(v.Interfaces) != c.interfaces || v.Zh == "" || v.En == "" {
			t.Errorf("%s: %+v, want %s by %s", name, v, c.action, c.rule)
		}
	}
}

func second(config []byte) []byte {
	b := append([]byte(nil), config...)
	b[5] = 2
	return b
}

// TestBuiltIn: what no rule can switch off comes before every rule, also one that
// allows a registered key.
func TestBuiltIn(t *testing.T) {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	for rule, change := range map[string]func(*rules.Seen){
		rules.RuleMalformed: func(x *rules.Seen) { x.Problem = &desc.Problem{Code: "overrun", Detail: "\x1b[2J"} },
		rules.RuleDiffers:   func(x *rules.Seen) { x.Differs = []string{"idVendor"} },
		rules.RuleDuplicate: func(x *rules.Seen) { x.Duplicate = true },
		rules.RuleStorm:     func(x *rules.Seen) { x.Storm = true },
	} {
		x := seen(t, 0, good)
		x.Registered = true
		change(&x)
		v := set.Decide(x)
		if v.Rule != rule || v.Action != rules.Reject || len(v.Interfaces) != 0 || strings.Contains(v.Detail, "\x1b") {
			t.Errorf("%s: %+v", rule, v)
		}
	}
	if v := (rules.Set{}).Decide(seen(t, 0, good)); v.Action != rules.Reject || v.Rule != rules.RuleDefault {
		t.Errorf("without rules: %+v", v)
	}
}

// TestOwnRules: a unit's rule stands before the others; nothing but the named
// interface of an odd device is allowed.
func TestOwnRules(t *testing.T) {
	base, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	own, err := rules.Parse([]byte(`
[[rule]]
id = "disk-with-a-button"
action = "allow-interfaces"
known = "registered"
only_interfaces = ["08/06/50", "03/00/00"]
bulk_pair = true
interfaces = ["08/06/50"]
ports = ["1-*"]
zh = "带按钮的移动硬盘"
en = "a disk with a button"
`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := base.Before(own)
	if err != nil {
		t.Fatal(err)
	}
	x := seen(t, 0, model.ConfigOf(bot, in, out, model.Interface(1, 0, 3, 0, 0, 1), model.HID(), model.Interrupt(0x83, 8)))
	x.Registered = true
	if v := set.Decide(x); v.Rule != "disk-with-a-button" || len(v.Interfaces) != 1 || v.Interfaces[0] != 0 {
		t.Errorf("%+v", v)
	}
	x.Port = "2-1"
	if v := set.Decide(x); v.Rule != "human-input" {
		t.Errorf("at another port: %+v", v)
	}
	if _, err := set.Before(own); err == nil {
		t.Error("a rule stands twice")
	}
}

func TestParseRefuses(t *testing.T) {
	head := "[[rule]]\nid = \"a\"\nzh = \"甲\"\nen = \"a\"\n"
	for name, text := range map[string]string{
		"unknown key":           head + "action = \"reject\"\ncolour = \"red\"\n",
		"no reason":             "[[rule]]\nid = \"a\"\naction = \"reject\"\n",
		"other action":          head + "action = \"ask\"\n",
		"allows nothing":        head + "action = \"allow-interfaces\"\nonly_interfaces = [\"08/06/50\"]\n",
		"allows anything":       head + "action = \"allow-interfaces\"\ninterfaces = [\"08/06/50\"]\n",
		"rejects an interface":  head + "action = \"reject\"\ninterfaces = [\"08/06/50\"]\n",
		"no class":              head + "action = \"reject\"\nany_interface = [\"8/6/50\"]\n",
		"no port":               head + "action = \"reject\"\nports = [\"[\"]\n",
		"known to whom":         head + "action = \"reject\"\nknown = \"perhaps\"\n",
		"never reached":         head + "action = \"reject\"\n" + strings.Replace(head, "\"a\"", "\"b\"", 1) + "action = \"reject\"\ndevice_class = [\"09\"]\n",
		"device class of three": head + "action = \"reject\"\ndevice_class = [\"009\"]\n",
	} {
		if _, err := rules.Parse([]byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
