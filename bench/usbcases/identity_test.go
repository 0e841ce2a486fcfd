package usbcases

import (
	"context"
	"errors"
	"fmt"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
)

func identityRows() []hostile {
	rows := []hostile{
		{number: 25, title: "descriptors swapped at a reset", want: "gone, then quarantine unregistered-key", record: "gone", run: swapped},
		{number: 26, title: "re-enumeration in a loop", want: "reject built-in.storm", record: "verdict reject built-in.storm", run: looped},
		{number: 27, title: "same serial at another port while in use", want: "reject built-in.duplicate, both", record: "verdict reject " + rules.RuleDuplicate, run: func(ctx context.Context, k *desk) (string, error) {
			return twins(ctx, k, true)
		}},
		{number: 29, title: "INQUIRY changes in mid-session", want: "differs: inquiry", record: "differs: inquiry", run: func(ctx context.Context, k *desk) (string, error) {
			return portrayed(ctx, k, model.InquiryChanges)
		}},
		{number: 30, title: "UAS only", want: "reject uas-only", record: "verdict reject uas-only",
			run: judged(with(model.ConfigOf(model.Interface(0, 0, 8, 6, 0x62, 4), in, out, model.Bulk(0x83, 512), model.Bulk(0x04, 512))))},
	}
	for _, c := range []struct {
		title string
		want  ident.Verdict
		then  func(d *model.Device, before *model.Store)
	}{
		{"an older copy", ident.Stale, func(d *model.Device, before *model.Store) { d.Store = before }},
		{"of two times", ident.Mixed, func(d *model.Device, before *model.Store) {
			half := make([]byte, before.Size()/2)
			before.ReadAt(half, 0)
			d.Store.WriteAt(half, 0)
		}},
		{"of no station", ident.Foreign, func(d *model.Device, _ *model.Store) { d.Store = model.NewStore(d.Store.Size()) }},
		{"write-protected", ident.Unwritable, func(d *model.Device, _ *model.Store) { d.Break(model.WriteProtected, -1) }},
	} {
		rows = append(rows, hostile{number: 28, title: "canary " + c.title, want: "canary " + string(c.want), record: "canary " + string(c.want), run: func(ctx context.Context, k *desk) (string, error) {
			return rotated(ctx, k, c.then)
		}})
	}
	return rows
}

// swapped resets a registered key that comes back as another device.
func swapped(ctx context.Context, k *desk) (string, error) {
	m, err := allowed(ctx, k, good("S1"), usbctl.ReadOnly)
	if err != nil {
		return "", err
	}
	m.socket.with(func(d *model.Device) { d.Break(model.SwapAtReset, 1) })
	err = m.note(m.pipe.PortReset(ctx))
	if !errors.Is(err, usbctl.ErrGone) {
		return fmt.Sprint(err), m.close(ctx)
	}
	if err := m.pipe.Close(); err != nil {
		return "", err
	}
	m.pipe = nil
	before := m.socket.generation()
	if err := m.socket.resettled(ctx); err != nil {
		return "", err
	}
	if m.socket.generation() == before {
		return "", errors.New("the new device has the old one's generation")
	}
	again, err := k.meet(ctx, m.socket)
	if err != nil {
		return "", err
	}
	delete(k.live, m.id)
	return "gone, then " + again.says(), again.close(ctx)
}

// looped plugs a registered key in and out until it is a storm.
func looped(ctx context.Context, k *desk) (string, error) {
	k.storms = true
	defer func() { k.storms = false }()
	d := k.register(good("S1"))
	m, err := k.plug(ctx, d)
	if err != nil {
		return "", err
	}
	for range 8 {
		if m.verdict.Rule == rules.RuleStorm {
			break
		}
		if err := m.socket.replug(ctx, d); err != nil {
			return "", err
		}
		if m, err = k.meet(ctx, m.socket); err != nil {
			return "", err
		}
	}
	return m.says(), m.close(ctx)
}

// portrayed compares two portraits of one session with a fault between them.
func portrayed(ctx context.Context, k *desk, f model.Fault) (string, error) {
	m, err := allowed(ctx, k, good("S1"), usbctl.ReadOnly)
	if err != nil {
		return "", err
	}
	look := ident.Look{Speed: ident.Speed(m.speed), Device: m.device, Strings: m.strings}
	if look.Portrait, err = m.unit.Portray(ctx); err != nil {
		return "", err
	}
	registered := ident.LikenessOf(look)
	if again, err := m.unit.Portray(ctx); err != nil {
		return "", err
	} else if look.Portrait = again; len(registered.Compare(look)) > 0 {
		return "", fmt.Errorf("an honest key differs from itself: %v", registered.Compare(look))
	}
	if err := m.unit.ReadBlocks(ctx, 0, make([]byte, 4096)); err != nil {
		return "", err
	}
	m.socket.with(func(d *model.Device) { d.Break(f, 1) })
	mark := len(k.log)
	look.Portrait, err = m.unit.Portray(ctx)
	if m.note(err) != nil {
		return outcome(k, mark), m.close(ctx)
	}
	got := "the same"
	if diff := registered.Compare(look); len(diff) > 0 {
		got = "differs: " + diff[0].String()
		k.record("%s", got)
	}
	return got, m.close(ctx)
}

// journal keeps epochs in memory.
type journal struct{ ident.Epochs }

func (j *journal) Begin(_ context.Context, next uint64) error { j.Pending = next; return nil }
func (j *journal) Commit(_ context.Context, now uint64) error {
	j.Epochs = ident.Epochs{Current: now}
	return nil
}

func secret(b byte) []byte {
	s := make([]byte, ident.SecretSize)
	s[0] = b
	return s
}

func newCanary(station byte) (*ident.Canary, error) {
	return ident.NewCanary(secret(station), ident.Region{Start: 1024, Count: 2048}, 512)
}

// rotated lays a canary, rotates it once, changes the medium, and meets it again.
func rotated(ctx context.Context, k *desk, then func(*model.Device, *model.Store)) (string, error) {
	d := good("S1")
	m, err := allowed(ctx, k, d, usbctl.Write)
	if err != nil {
		return "", err
	}
	c, err := newCanary(1)
	if err != nil {
		return "", err
	}
	var j journal
	if _, err := c.Rotate(ctx, m.unit, &j, j.Epochs); err != nil {
		return "", err
	}
	var before *model.Store
	m.socket.with(func(d *model.Device) { before = d.Store.Clone() })
	if v, _, err := c.Meet(ctx, m.unit, &j, j.Epochs); err != nil || v != ident.Current {
		return "", fmt.Errorf("the honest key: %s, %v", v, err)
	}
	if err := m.pipe.Close(); err != nil {
		return "", err
	}
	then(d, before)
	if err := m.socket.replug(ctx, d); err != nil {
		return "", err
	}
	if m, err = k.meet(ctx, m.socket); err != nil {
		return "", err
	}
	if err := m.open(ctx, usbctl.Write); err != nil {
		return "", err
	}
	v, _, err := c.Meet(ctx, m.unit, &j, j.Epochs)
	if err != nil {
		return "", err
	}
	k.record("canary %s", v)
	return "canary " + string(v), m.close(ctx)
}
