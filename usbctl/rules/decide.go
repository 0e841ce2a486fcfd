package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sexton/usbctl/desc"
)

// Ids of the refusals that no rule can switch off.
const (
	RuleMalformed = "built-in.malformed"
	RuleDiffers   = "built-in.kernel-differs"
	RuleDuplicate = "built-in.duplicate"
	RuleStorm     = "built-in.storm"
	RuleDefault   = "built-in.default"
)

// Decide answers for one device.
func (s Set) Decide(x Seen) Verdict {
	switch {
	case x.Problem != nil:
		return Verdict{Action: Reject, Rule: RuleMalformed, Zh: "USB描述符不合规范，已拒绝", En: "malformed USB descriptors, refused", Detail: x.Problem.Code + ": " + desc.Show(x.Problem.Detail, 200)}
	case len(x.Differs) > 0:
		return Verdict{Action: Reject, Rule: RuleDiffers, Zh: "内核与本站对该设备的理解不一致，已拒绝", En: "the kernel understood the device otherwise, refused", Detail: desc.Show(strings.Join(x.Differs, "; "), 400)}
	case x.Duplicate:
		return Verdict{Action: Reject, Rule: RuleDuplicate, Zh: "两个在线设备身份相同，均已拒绝", En: "two live devices have one identity, both refused"}
	case x.Storm:
		return Verdict{Action: Reject, Rule: RuleStorm, Zh: "设备反复插拔过于频繁，已拒绝", En: "the device comes and goes too often, refused"}
	}
	for _, r := range s.Rules {
		if detail, ok := r.match(x); ok {
			return r.verdict(x, detail)
		}
	}
	return Verdict{Action: Reject, Rule: RuleDefault, Zh: "没有规则允许该设备，已拒绝", En: "no rule allows the device, refused", Detail: describe(x.Device)}
}

// match says whether every condition holds, and what met it.
func (r Rule) match(x Seen) (string, bool) {
	d := x.Device
	if r.Known != "" && x.Registered != (r.Known == "registered") {
		return "", false
	}
	if len(r.DeviceClass) > 0 && !slices.Contains(r.DeviceClass, fmt.Sprintf("%02x", d.Class)) {
		return "", false
	}
	if r.MoreConfigs > 0 && len(d.Configs) <= r.MoreConfigs {
		return "", false
	}
	if r.MoreInterfaces > 0 && !slices.ContainsFunc(d.Configs, func(c desc.Config) bool { return len(c.Interfaces) > r.MoreInterfaces }) {
		return "", false
	}
	if len(r.Ports) > 0 && !slices.ContainsFunc(r.Ports, func(p string) bool { ok, err := path.Match(p, x.Port); return ok && err == nil }) {
		return "", false
	}
	if len(r.Any) > 0 && !some(d, func(s desc.Setting) bool { return matches(r.Any, s) }) {
		return "", false
	}
	if len(r.Only) > 0 && some(d, func(s desc.Setting) bool { return !matches(r.Only, s) }) {
		return "", false
	}
	if r.Bulk && !slices.ContainsFunc(d.Configs[0].Interfaces, func(i desc.Interface) bool { return r.allows(i) && bulkPair(d, i.Settings[0]) }) {
		return "", false
	}
	return describe(d), true
}

func (r Rule) allows(i desc.Interface) bool {
	return len(r.Interfaces) == 0 || matches(r.Interfaces, i.Settings[0])
}

func (r Rule) verdict(x Seen, detail string) Verdict {
	v := Verdict{Action: r.Action, Rule: r.ID, Zh: r.Zh, En: r.En, Detail: detail}
	if r.Action != Allow {
		return v
	}
	for _, i := range x.Device.Configs[0].Interfaces {
		if r.allows(i) && (!r.Bulk || bulkPair(x.Device, i.Settings[0])) {
			v.Interfaces = append(v.Interfaces, i.Number)
		}
	}
	if len(v.Interfaces) == 0 {
		return Verdict{Action: Reject, Rule: r.ID, Zh: "规则所允许的接口不存在，已拒绝", En: "the interfaces the rule allows are not there, refused", Detail: detail}
	}
	return v
}

// some says whether any setting of any configuration is such.
func some(d desc.Device, such func(desc.Setting) bool) bool {
	for _, c := range d.Configs {
		for _, i := range c.Interfaces {
			if slices.ContainsFunc(i.Settings, such) {
				return true
			}
		}
	}
	return false
}

// bulkPair: exactly one bulk endpoint each way, with the packet size of the speed
// (USB 2.0, 5.8.3: 8 to 64 at full speed, 512 at high speed; USB 3.2, 8.12.1.1:
// 1024).
func bulkPair(d desc.Device, s desc.Setting) bool {
	if len(s.Endpoints) != 2 || s.Endpoints[0].In() == s.Endpoints[1].In() {
		return false
	}
	for _, e := range s.Endpoints {
		if !e.Bulk() {
			return false
		}
		switch e.MaxPacket {
		case 8, 16, 32, 64:
			if d.USB >= 0x300 || e.Burst >= 0 {
				return false
			}
		case 512:
			if d.USB < 0x200 || e.Burst >= 0 {
				return false
			}
		case 1024:
			if d.USB < 0x300 || e.Burst < 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// describe lists every interface for the record: numbers only, no text of the
// device.
func describe(d desc.Device) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%04x:%04x", d.Vendor, d.Product)
	for _, c := range d.Configs {
		for _, i := range c.Interfaces {
			for _, s := range i.Settings {
				fmt.Fprintf(&b, " %d.%d.%d=%02x/%02x/%02x", c.Value, i.Number, s.Alternate, s.Class, s.Subclass, s.Protocol)
			}
		}
		if b.Len() > 1000 {
			b.WriteString(" …")
			break
		}
	}
	return b.String()
}
