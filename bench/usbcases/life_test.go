package usbcases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
	"sexton/usbctl/watch"
)

func lifeRows() []hostile {
	return []hostile{
		{number: 51, title: "pulled out while writing", want: "gone; over", record: "gone", run: strike(model.Yank, 1, true)},
		{number: 51, title: "pulled out in the status of a write", want: "gone; over", record: "gone", run: strike(model.YankStatus, 1, true)},
		{number: 51, title: "pulled out at every step of a canary's rotation", want: "taken at every point", record: "canary interrupted", run: yankedRotations},
		{number: 51, title: "pulled out while it sanitizes", want: "gone", record: "gone", run: yankedSanitize},
		{number: 52, title: "another key in the same port at once", want: "gone, then quarantine unregistered-key", record: "gone", run: exchanged},
		{number: 53, title: "device number used again", want: "another generation", record: "another generation", where: "memory", why: "the kernel hands a number out again after 127 others", run: func(_ context.Context, k *desk) (string, error) {
			var s watch.State
			s.Update(testTime, map[string]uint64{"1-1": 70})
			before, _ := s.Generation("1-1")
			s.Update(testTime, map[string]uint64{"1-1": 71}) // one scan missed that it was away
			if after, ok := s.Generation("1-1"); !ok || after == before {
				return fmt.Sprintf("generation %d, then %d", before, after), nil
			}
			k.record("another generation")
			return "another generation", nil
		}},
		{number: 54, title: "broker crashes", where: "usbctl/broker", why: "the processes are its room"},
		{number: 55, title: "suspended while nobody uses it", want: "fine", record: "suspended", where: "kernel", why: "memory has no power management", run: suspended},
		{number: 56, title: "over-current", where: "not shown", why: "no emulated port draws current; the kernel cuts the port, which is a removal (51)"},
		{number: 57, title: "a key met by two stations", want: "canary foreign, then canary current", record: "canary foreign", run: twoStations},
	}
}

// yanking is Blocks that lose their device before an operation.
type yanking struct {
	*scsi.Unit
	left  int
	yank  func(func(*model.Device))
	ended bool
}

func (y *yanking) step() {
	if y.left == 0 && !y.ended {
		y.ended = true
		y.yank((*model.Device).Yank)
	}
	y.left--
}

func (y *yanking) ReadBlocks(ctx context.Context, lba uint64, b []byte) error {
	y.step()
	return y.Unit.ReadBlocks(ctx, lba, b)
}

func (y *yanking) WriteBlocks(ctx context.Context, lba uint64, b []byte) error {
	y.step()
	return y.Unit.WriteBlocks(ctx, lba, b)
}

func (y *yanking) Flush(ctx context.Context) error { y.step(); return y.Unit.Flush(ctx) }

// yankedRotations pulls a registered key out before every operation of a meeting in
// turn, and demands that it is taken at the next.
func yankedRotations(ctx context.Context, k *desk) (string, error) {
	points := make([]int, 0, 3*ident.Slots+1)
	for i := range 3*ident.Slots + 1 {
		points = append(points, i)
	}
	if k.rig.kernel() { // each costs an enumeration
		points = []int{0, ident.Slots, ident.Slots + 7, 2 * ident.Slots, 2*ident.Slots + 5}
	}
	c, err := newCanary(1)
	if err != nil {
		return "", err
	}
	d := good("S1")
	m, err := allowed(ctx, k, d, usbctl.Write)
	if err != nil {
		return "", err
	}
	var j journal
	if _, err := c.Rotate(ctx, m.unit, &j, j.Epochs); err != nil {
		return "", err
	}
	for _, at := range points {
		y := &yanking{Unit: m.unit, left: at, yank: m.socket.with}
		if v, _, err := c.Meet(ctx, y, &j, j.Epochs); err == nil && v != ident.Unwritable {
			return fmt.Sprintf("pulled out before step %d it was %s", at, v), nil
		}
		again, err := m.exchange(ctx, d)
		if err != nil {
			return "", fmt.Errorf("step %d: %w", at, err)
		}
		m = again
		if err := m.open(ctx, usbctl.Write); err != nil {
			return "", fmt.Errorf("step %d: %w", at, err)
		}
		v, _, err := c.Meet(ctx, m.unit, &j, j.Epochs)
		if err != nil || !v.Taken() {
			return fmt.Sprintf("locked out after step %d: %s, %v", at, v, err), nil
		}
		k.record("canary %s", v)
	}
	return "taken at every point", m.close(ctx)
}

// exchange closes the session and puts a device into the port.
func (m *meeting) exchange(ctx context.Context, d *model.Device) (*meeting, error) {
	if err := m.pipe.Close(); err != nil {
		return nil, err
	}
	m.pipe = nil
	delete(m.desk.live, m.id)
	if err := m.socket.replug(ctx, d); err != nil {
		return nil, err
	}
	return m.desk.meet(ctx, m.socket)
}

func yankedSanitize(ctx context.Context, k *desk) (string, error) {
	d := model.New(model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: 512, Sanitize: true})
	m, err := allowed(ctx, k, d, usbctl.Destroy)
	if err != nil {
		return "", err
	}
	if err := m.unit.Sanitize(ctx, scsi.SanitizeBlockErase, nil); err != nil {
		return "", err
	}
	m.socket.with((*model.Device).Yank)
	mark := len(k.log)
	_, err = m.unit.SanitizeProgress(ctx)
	_ = m.note(err)
	return outcome(k, mark), m.close(ctx)
}

// exchanged puts another key into the port of one in use.
func exchanged(ctx context.Context, k *desk) (string, error) {
	m, err := allowed(ctx, k, good("S1"), usbctl.ReadOnly)
	if err != nil {
		return "", err
	}
	before := m.socket.generation()
	if err := m.socket.replug(ctx, good("S2")); err != nil {
		return "", err
	}
	mark := len(k.log)
	old := m.pipe
	_ = m.note(m.unit.ReadBlocks(ctx, 0, make([]byte, 512)))
	got := outcome(k, mark)
	if err := old.Close(); err != nil {
		return "", err
	}
	m.pipe = nil
	delete(k.live, m.id)
	if m.socket.generation() == before {
		return "", errors.New("the new key has the old one's generation")
	}
	again, err := k.meet(ctx, m.socket)
	if err != nil {
		return "", err
	}
	return got + ", then " + again.says(), again.close(ctx)
}

// suspended lets the kernel suspend a key of QEMU's that is authorised and unused,
// then uses it. The virtual controller cannot wake a device.
func suspended(ctx context.Context, k *desk) (string, error) {
	r, ok := k.rig.(*guestRig)
	if !ok {
		return "", errors.New("needs the guest")
	}
	key, err := r.qemuKey(ctx, "XHCI0001")
	if err != nil {
		return "", err
	}
	if err := key.pipe.Close(); err != nil {
		return "", err
	}
	power := filepath.Join("/sys/bus/usb/devices", key.name, "power")
	for file, text := range map[string]string{"autosuspend_delay_ms": "0", "control": "auto"} {
		if err := os.WriteFile(filepath.Join(power, file), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	if err := poll(ctx, func() bool {
		b, err := os.ReadFile(filepath.Join(power, "runtime_status"))
		return err == nil && string(b) == "suspended\n"
	}); err != nil {
		return "", fmt.Errorf("the kernel did not suspend it: %w", err)
	}
	k.record("suspended")
	if key, err = r.qemuKey(ctx, "XHCI0001"); err != nil {
		return "", err
	}
	m := &meeting{desk: k, unit: key.unit}
	mark := len(k.log)
	_ = m.note(m.writeAndRead(ctx, 64))
	got := outcome(k, mark)
	err = errors.Join(key.pipe.Close(), os.WriteFile(filepath.Join(power, "control"), []byte("on"), 0o644))
	return got, err
}

// twoStations share a key's secret but not the journal: the one that was not there
// at the last rotation refuses, and the other's key is not harmed by it.
func twoStations(ctx context.Context, k *desk) (string, error) {
	m, err := allowed(ctx, k, good("S1"), usbctl.Write)
	if err != nil {
		return "", err
	}
	c, err := newCanary(1)
	if err != nil {
		return "", err
	}
	var here journal
	if _, err := c.Rotate(ctx, m.unit, &here, here.Epochs); err != nil {
		return "", err
	}
	there := here
	if v, _, err := c.Meet(ctx, m.unit, &here, here.Epochs); err != nil || v != ident.Current {
		return "", fmt.Errorf("at home: %s, %v", v, err)
	}
	first, _, err := c.Meet(ctx, m.unit, &there, there.Epochs)
	if err != nil {
		return "", err
	}
	k.record("canary %s", first)
	second, _, err := c.Meet(ctx, m.unit, &here, here.Epochs)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("canary %s, then canary %s", first, second), m.close(ctx)
}

// testTime is any time.
var testTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// poll asks until the kernel has done something, or patience ends.
func poll(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}
