package usbcases

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"sexton/usbctl/desc"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
	"sexton/usbctl/sysfs/sysfstest"
)

var (
	storage  = model.Interface(0, 0, 8, 6, 0x50, 2)
	in, out  = model.Bulk(0x81, 512), model.Bulk(0x02, 512)
	keyboard = [][]byte{model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8)}
)

// with is a key whose configurations are these.
func with(configs ...[]byte) *model.Device {
	d := good("S1")
	d.USB.Configs = configs
	d.USB.Device[17] = byte(len(configs))
	return d
}

// edited is a key one byte of whose configuration is another.
func edited(at int, v byte) *model.Device {
	d := good("S1")
	d.USB.Configs[0][at] = v
	return d
}

func malformed(code string) string { return "reject " + rules.RuleMalformed + " " + code }

func descriptorRows() []hostile {
	const unregistered = "quarantine unregistered-key"
	row := func(n int, title, want string, d *model.Device) hostile {
		return hostile{number: n, title: title, want: want, record: "verdict " + want, run: judged(d)}
	}
	// The kernel cuts the bytes where it stops understanding them.
	cut := func(r hostile) hostile { r.behind = malformed("total-length"); return r }
	long := edited(2, 0xff)
	long.USB.Configs[0][3] = 0xff
	changing := good("S1").Break(model.ConfigChanges, -1)
	bos := good("S1")
	bos.USB.Device[2], bos.USB.BOS = 0x10, []byte{5, 0x0f, 0xff, 0xff, 0xff, 0, 0x10, 9}
	hub := with(model.ConfigOf(model.Interface(0, 0, 9, 0, 0, 1), model.Interrupt(0x81, 1)))
	hub.USB.Device[4] = 9
	cdc := [][]byte{{8, 0x0b, 0, 2, 2, 2, 1, 0}, model.Interface(0, 0, 2, 2, 1, 1), model.Interrupt(0x83, 8), model.Interface(1, 0, 10, 0, 0, 2), in, out}
	return []hostile{
		cut(row(1, "bLength 0", malformed("length"), with(model.ConfigOf(storage, in, out, []byte{0, 0, 0, 0})))),
		cut(row(2, "bLength beyond the end", malformed("overrun"), with(model.ConfigOf(storage, in, out, []byte{40, 0x24, 0, 0})))),
		row(3, "wTotalLength 9", malformed("interface-count"), edited(2, 9)),
		row(3, "wTotalLength 65535", malformed("total-length"), long),
		{number: 3, title: "configuration changes between reads", want: unregistered, record: "verdict " + unregistered, run: func(ctx context.Context, k *desk) (string, error) {
			return judged(k.register(changing))(ctx, k)
		}},
		row(4, "0 interfaces", malformed("interfaces"), edited(4, 0)),
		row(4, "32 interfaces", malformed("interface-count"), edited(4, 32)),
		row(4, "200 interfaces", malformed("interfaces"), edited(4, 200)),
		row(5, "an interface twice", malformed("interface-twice"), with(model.ConfigOf(storage, in, out, model.Interface(0, 0, 3, 1, 1, 0)))),
		row(6, "an endpoint twice", malformed("endpoint-twice"), with(model.ConfigOf(storage, in, in))),
		row(7, "bulk packets of 0 bytes", malformed("packet-size"), with(model.ConfigOf(storage, model.Bulk(0x81, 0), out))),
		row(7, "bulk packets of 1 byte", "reject built-in.default", with(model.ConfigOf(storage, model.Bulk(0x81, 1), out))),
		row(8, "second configuration with a keyboard", "quarantine human-input", with(model.ConfigOf(storage, in, out), second(model.ConfigOf(slices.Concat([][]byte{model.Interface(0, 0, 3, 1, 1, 1)}, keyboard[1:])...)))),
		row(9, "second setting is a keyboard", "quarantine human-input", with(model.ConfigOf(storage, in, out, model.Interface(0, 1, 3, 1, 1, 0)))),
		row(10, "mass storage in vendor clothes", "quarantine vendor-specific", with(model.ConfigOf(model.Interface(0, 0, 0xff, 6, 0x50, 2), in, out))),
		row(11, "an association hides a serial line", "quarantine network-or-serial", with(model.ConfigOf(cdc...))),
		row(12, "BOS of garbage", unregistered, bos),
		row(13, "a hub", "reject hub", hub),
		{number: 14, title: "hubs in hubs, seven deep", want: "reject hub", record: "verdict reject hub", where: "memory", why: "the virtual controller has no hubs, and the first one is refused", run: func(ctx context.Context, k *desk) (string, error) {
			s, err := k.rig.plug(ctx, hub)
			if err != nil {
				return "", err
			}
			m, err := k.meet(ctx, &deep{s})
			if err != nil {
				return "", err
			}
			return m.says(), m.close(ctx)
		}},
		{number: 15, title: "random descriptors", want: "none allowed", record: "verdict counted", run: fuzzed},
		{number: 10, title: "a keyboard beside the storage", want: "quarantine human-input", record: "verdict quarantine human-input",
			run: judged(with(model.ConfigOf(slices.Concat([][]byte{storage, in, out}, keyboard)...)))},
	}
}

// second makes a configuration number 2.
func second(c []byte) []byte { c[5] = 2; return c }

// deep is a socket at the seventh hub.
type deep struct{ socket }

func (d *deep) port() string { return "1-1.1.1.1.1.1.1" }

// fuzzed mutates a good key's configuration. Nothing that differs from a registered
// key by one bit may be allowed, and where our reading and the kernel's differ the
// device is refused: a device the kernel drops altogether is refused by it.
func fuzzed(ctx context.Context, k *desk) (string, error) {
	k.register(good("S1"))
	seeds := 10_000
	if k.rig.kernel() {
		seeds = 12 // each is an enumeration
	}
	bad, absent := 0, 0
	for seed := range seeds {
		d := mutated(uint64(seed))
		if string(d.USB.Blob()) == string(good("S1").USB.Blob()) {
			continue
		}
		if !k.rig.kernel() { // the whole way costs too much ten thousand times
			x, err := desc.Parse(d.USB.Blob())
			seen := rules.Seen{Device: x, Port: "1-1"}
			if err != nil && !errors.As(err, &seen.Problem) {
				return "", err
			}
			if err == nil {
				seen.Differs = x.Differs(sysfstest.View(d.USB))
			}
			if k.rules.Decide(seen).Action == rules.Allow {
				bad++
			}
			continue
		}
		m, err := k.plug(ctx, d)
		if errors.Is(err, errAbsent) {
			absent++
			continue
		}
		if err != nil {
			return "", err
		}
		if m.verdict.Action == rules.Allow {
			bad++
		}
		if err := m.close(ctx); err != nil {
			return "", err
		}
	}
	k.record("verdict counted")
	if bad > 0 {
		return fmt.Sprintf("%d of %d allowed", bad, seeds), nil
	}
	return "none allowed", nil
}

// mutated is a key with some bytes of its configuration changed behind the header.
func mutated(seed uint64) *model.Device {
	r := rand.New(rand.NewPCG(seed, 71))
	d := good("S1")
	c := d.USB.Configs[0]
	for range 1 + r.IntN(4) {
		c[9+r.IntN(len(c)-9)] = byte(r.UintN(256))
	}
	return d
}
