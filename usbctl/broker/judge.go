package broker

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"sexton/usbctl/line"
	"sexton/usbctl/rules"
)

// key is the registered key that a device looks like, nil when it is none.
func (b *Broker) key(d *device) *line.Key {
	if d.problem != nil || d.identity == "" {
		return nil
	}
	h, strings := d.parsed.Hash(), likeness(d).Strings
	for i, k := range b.keys {
		if k.Descriptors[d.sight.Speed] == hex.EncodeToString(h[:]) && k.Strings == strings {
			return &b.keys[i]
		}
	}
	return nil
}

// twins shuts out a device and whoever has its identity.
func (b *Broker) twins(d *device) {
	if d.identity == "" {
		return
	}
	for _, other := range b.devices {
		if other == d || other.identity != d.identity {
			continue
		}
		for _, x := range []*device{d, other} {
			if x.out != nil {
				continue
			}
			v := verdict(b.set.Decide(rules.Seen{Device: x.parsed, Port: x.sight.Port, Duplicate: true}))
			x.out = &v
			if x == other {
				b.announce(x, v)
			}
		}
	}
}

// judge decides about a device, does what was decided, and tells when it changed.
func (b *Broker) judge(ctx context.Context, d *device) {
	v := b.decide(d)
	if v.Action == d.verdict.Action && v.Rule == d.verdict.Rule && v.Key == d.verdict.Key && slices.Equal(v.Interfaces, d.verdict.Interfaces) {
		return
	}
	b.announce(d, v)
}

func (b *Broker) decide(d *device) line.Verdict {
	if d.out != nil {
		return *d.out
	}
	k := b.key(d)
	v := verdict(b.set.Decide(rules.Seen{Device: d.parsed, Problem: d.problem, Differs: d.differs, Port: d.sight.Port, Registered: k != nil, Storm: d.storm}))
	if k != nil && v.Action == rules.Allow {
		v.Key = k.ID
	}
	return v
}

// verdict is a rule's verdict as it is told.
func verdict(v rules.Verdict) line.Verdict {
	out := line.Verdict{Action: v.Action, Rule: v.Rule, Zh: v.Zh, En: v.En, Detail: v.Detail}
	for _, i := range v.Interfaces {
		out.Interfaces = append(out.Interfaces, int(i))
	}
	return out
}

// announce does what a verdict says, and tells it. What cannot be done turns it into
// a refusal.
func (b *Broker) announce(d *device, v line.Verdict) {
	err := b.shut(d) // also before it is let in: an interface that a former verdict allowed is not one of this
	if v.Action == rules.Allow && err == nil {
		if err = b.admit(d, v); err != nil {
			v = line.Verdict{Action: rules.Reject, Rule: RuleUnstable, Zh: "设备在放行过程中发生变化，已拒绝", En: "the device changed while it was let in, refused", Detail: describe(err)}
			d.out = &v
			err = b.shut(d)
		}
	}
	d.verdict = v
	b.tell(d, line.Event{Kind: line.Judged, Verdict: &v})
	if err != nil {
		b.tell(d, line.Event{Kind: line.Troubled, Detail: "cannot shut it out: " + describe(err)})
	}
}

// admit lets in the interfaces of a verdict, in the order the kernel needs, and looks
// again when it has understood the device whole.
func (b *Broker) admit(d *device, v line.Verdict) error {
	if err := b.opts.Bus.Authorise(d.sight, true); err != nil {
		return err
	}
	now, err := b.opts.Bus.Look(d.sight.Port)
	if err != nil {
		return err
	}
	if !now.same(d.sight) {
		return fmt.Errorf("another device is at the port")
	}
	if differs := d.parsed.Differs(now.View); len(differs) > 0 {
		return fmt.Errorf("the kernel understood it otherwise: %s", differs[0])
	}
	configuration := d.parsed.Configs[0].Value
	if now.View.ConfigurationValue != fmt.Sprint(configuration) {
		return fmt.Errorf("the kernel chose configuration %q", now.View.ConfigurationValue)
	}
	for _, n := range v.Interfaces {
		if err := b.opts.Bus.AuthoriseInterface(d.sight, configuration, byte(n), true); err != nil {
			return err
		}
	}
	return nil
}

// shut ends a device's job and takes its authorisation away.
func (b *Broker) shut(d *device) error {
	if d.stop != nil {
		d.stop(errShut)
	}
	return b.opts.Bus.Authorise(d.sight, false)
}

// banish shuts a device out until it is unplugged.
func (b *Broker) banish(d *device, v line.Verdict) {
	d.out = &v
	b.announce(d, v)
}
