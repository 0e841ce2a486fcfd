// Package rules decides what may attach: from raw descriptors and what the register
// knows of a device, before any driver sees it.
//
//	Seen ──► rule 1 ──► rule 2 ──► … ──► default: reject
//	            │ the first that matches decides
//	            ▼
//	Verdict: allow these interfaces · quarantine (set aside, shown to an admin) · reject
//
// Rules are data (default.toml; a unit can put its own before them): each has an
// id, conditions that must all hold, a verdict, and its reason in Chinese and
// English. Some refusals are no rules and cannot be switched off: bytes that are
// malformed, a kernel that understood them otherwise, two live devices with one
// identity, a storm of re-enumerations.
//
// Nothing is allowed but the interfaces a rule names, and only setting 0 of them.
//
// Failure modes: Parse refuses unknown keys, conditions without meaning, rules
// without reason, and rules that can never match.
//
// What it does not do: it asks no device and writes nothing.
package rules

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"sexton/usbctl/desc"
)

// Action is what a verdict does.
type Action string

// Actions.
const (
	Allow      Action = "allow-interfaces"
	Quarantine Action = "quarantine"
	Reject     Action = "reject"
)

// Seen is everything a decision looks at.
type Seen struct {
	Device     desc.Device
	Problem    *desc.Problem // the bytes are malformed
	Differs    []string      // the kernel understood them otherwise
	Port       string        // path of the port, "1-2.3"
	Registered bool          // the hash is that of a registered key
	Duplicate  bool          // another live device has the same identity
	Storm      bool          // it came and went too often
}

// Verdict is the answer.
type Verdict struct {
	Action     Action
	Rule       string // id of the rule that decided
	Zh, En     string // why
	Interfaces []byte // numbers that may be authorised
	Detail     string // what exactly, for the record; escaped
}

// Rule is one rule as data. Empty conditions do not matter; all others must hold.
type Rule struct {
	ID     string `toml:"id"`
	Action Action `toml:"action"`
	Zh     string `toml:"zh"`
	En     string `toml:"en"`

	// Any: some setting of some configuration is of one of these, "08/06/50" with *
	// for any byte.
	Any []string `toml:"any_interface"`
	// Only: every setting of every configuration is of one of these.
	Only []string `toml:"only_interfaces"`
	// DeviceClass: the device's own class is one of these, two hex digits.
	DeviceClass []string `toml:"device_class"`
	// MoreConfigs: it has more configurations than this.
	MoreConfigs int `toml:"more_configurations_than"`
	// MoreInterfaces: some configuration has more interfaces than this.
	MoreInterfaces int `toml:"more_interfaces_than"`
	// Ports: the port is one of these, with * within a path.
	Ports []string `toml:"ports"`
	// Registered or unregistered keys only; "" = both.
	Known string `toml:"known"`
	// Bulk: setting 0 of the allowed interface has exactly one bulk endpoint each way
	// with packets of a lawful size, and nothing else.
	Bulk bool `toml:"bulk_pair"`

	// Interfaces that are allowed, by pattern; demanded for allow-interfaces.
	Interfaces []string `toml:"interfaces"`
}

// Set is rules in order.
type Set struct {
	Rules []Rule `toml:"rule"`
}

//go:embed default.toml
var defaults string

// Default is the set that ships.
func Default() (Set, error) { return Parse([]byte(defaults)) }

// Before puts the unit's own rules before others. An id stands once.
func (s Set) Before(own Set) (Set, error) {
	all := Set{Rules: append(slices.Clone(own.Rules), s.Rules...)}
	return all, all.check()
}

// Parse reads a set strictly.
func Parse(data []byte) (Set, error) {
	var s Set
	meta, err := toml.Decode(string(data), &s)
	if err != nil {
		return Set{}, fmt.Errorf("cannot read rules: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return Set{}, fmt.Errorf("cannot read rules: unknown key %s", extra[0])
	}
	return s, s.check()
}

func (s Set) check() error {
	ids := map[string]bool{}
	for i, r := range s.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("cannot use rule %d (%q): %w", i+1, r.ID, err)
		}
		if ids[r.ID] {
			return fmt.Errorf("cannot use rule %d: %q is there twice", i+1, r.ID)
		}
		ids[r.ID] = true
		if r.unconditional() && i != len(s.Rules)-1 {
			return fmt.Errorf("cannot use rule %q: no rule behind %q can ever match", s.Rules[i+1].ID, r.ID)
		}
	}
	return nil
}

func (r Rule) unconditional() bool {
	return len(r.Any)+len(r.Only)+len(r.DeviceClass)+len(r.Ports) == 0 && r.MoreConfigs == 0 && r.MoreInterfaces == 0 && r.Known == "" && !r.Bulk
}

func (r Rule) check() error {
	if r.ID == "" || r.Zh == "" || r.En == "" {
		return fmt.Errorf("it has no id, or no reason in both languages")
	}
	if !slices.Contains([]Action{Allow, Quarantine, Reject}, r.Action) {
		return fmt.Errorf("action %q", r.Action)
	}
	if (r.Action == Allow) != (len(r.Interfaces) > 0) {
		return fmt.Errorf("interfaces are named exactly by what allows them")
	}
	if r.Action == Allow && len(r.Only) == 0 && r.Known != "registered" {
		return fmt.Errorf("it allows a device without saying what else it may be")
	}
	if !slices.Contains([]string{"", "registered", "unregistered"}, r.Known) {
		return fmt.Errorf("known %q", r.Known)
	}
	for _, list := range [][]string{r.Any, r.Only, r.Interfaces} {
		for _, p := range list {
			if !isPattern(p) {
				return fmt.Errorf("%q is no class/subclass/protocol", p)
			}
		}
	}
	for _, c := range r.DeviceClass {
		if !isByte(c) || c == "*" {
			return fmt.Errorf("device class %q", c)
		}
	}
	for _, p := range r.Ports {
		if _, err := path.Match(p, "1-1"); err != nil || p == "" {
			return fmt.Errorf("port %q", p)
		}
	}
	return nil
}

func isPattern(p string) bool {
	parts := strings.Split(p, "/")
	return len(parts) == 3 && isByte(parts[0]) && isByte(parts[1]) && isByte(parts[2])
}

func isByte(s string) bool {
	return s == "*" || len(s) == 2 && strings.Trim(s, "0123456789abcdef") == ""
}

func matches(patterns []string, s desc.Setting) bool {
	for _, p := range patterns {
		parts := strings.Split(p, "/")
		if is(parts[0], s.Class) && is(parts[1], s.Subclass) && is(parts[2], s.Protocol) {
			return true
		}
	}
	return false
}

func is(pattern string, b byte) bool { return pattern == "*" || pattern == fmt.Sprintf("%02x", b) }
