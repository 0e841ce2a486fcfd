package usbcases

import (
	"context"
	"fmt"

	"sexton/usbctl"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
)

func capacityRows() []hostile {
	opened := func(n int, title, want string, prepare func(*model.Device)) hostile {
		return hostile{number: n, title: title, want: want, record: want, run: func(ctx context.Context, k *desk) (string, error) {
			d := good("S1")
			prepare(d)
			mark := len(k.log)
			m, err := allowed(ctx, k, d, usbctl.ReadOnly)
			if m == nil {
				return "", err
			}
			mark += 2 // attach and verdict
			if err == nil {
				k.record("opened, blocks of %d", m.unit.BlockSize())
			}
			return outcome(k, mark), m.close(ctx)
		}}
	}
	size := func(n int) func(*model.Device) { return func(d *model.Device) { d.BlockSize = n } }
	rows := []hostile{
		{number: 31, title: "2^32-1 blocks claimed, 65,536 real", want: "fake capacity", record: "fake capacity", run: func(ctx context.Context, k *desk) (string, error) {
			d := model.New(model.Config{Vendor: "ACME", Product: "BIG", Serial: "S1", Blocks: 1<<32 - 1, Store: model.NewStore(65536 * 512)})
			return probed(ctx, k, d)
		}},
		opened(32, "too large for READ CAPACITY(10), no (16)", "lie capacity", func(d *model.Device) { d.Break(model.Capacity10Max, -1) }),
		opened(33, "(16) says less than (10)", "lie capacity", func(d *model.Device) { d.Break(model.Capacity16Less, -1) }),
		opened(34, "blocks of 0 bytes", "lie block-size", size(0)),
		opened(34, "blocks of 1 byte", "lie block-size", size(1)),
		opened(34, "blocks of 513 bytes", "lie block-size", size(513)),
		opened(34, "blocks of 2^31 bytes", "lie block-size", size(1<<31)),
		opened(34, "blocks of 4096 bytes", "opened, blocks of 4096", size(4096)),
		{number: 36, title: "writes live in the cache only", want: "fake capacity", record: "fake capacity", run: func(ctx context.Context, k *desk) (string, error) {
			return probed(ctx, k, good("S1").Break(model.WriteLostCached, -1))
		}},
		opened(37, "blocks times size beyond 64 bits", "lie capacity", func(d *model.Device) { d.Blocks = 1 << 60 }),
	}
	for _, c := range []struct {
		title string
		sense [2]byte
	}{{"capacity changes, announced by 2a/09", [2]byte{0x2a, 0x09}}, {"medium changes, announced by 28/00", [2]byte{0x28, 0}}} {
		rows = append(rows, hostile{number: 35, title: c.title, want: "changed, and over", record: "changed", run: func(ctx context.Context, k *desk) (string, error) {
			m, err := allowed(ctx, k, good("S1"), usbctl.ReadOnly)
			if err != nil {
				return "", err
			}
			m.socket.with(func(d *model.Device) { d.Announce(c.sense[0], c.sense[1]) })
			mark := len(k.log)
			_ = m.note(m.unit.ReadBlocks(ctx, 0, make([]byte, 512)))
			got := outcome(k, mark)
			if err := m.unit.ReadBlocks(ctx, 0, make([]byte, 512)); err != nil {
				got += ", and over"
			}
			return got, m.close(ctx)
		}})
	}
	return rows
}

// probed proves the capacity of a new key, with a port reset between writing and
// reading.
func probed(ctx context.Context, k *desk, d *model.Device) (string, error) {
	m, err := allowed(ctx, k, d, usbctl.Write)
	if err != nil {
		return "", err
	}
	mark := len(k.log)
	err = ident.Probe{Nonce: secret(7), Destructive: true, Between: m.pipe.PortReset}.Run(ctx, m.unit)
	_ = m.note(err)
	return outcome(k, mark), m.close(ctx)
}

func storageRows() []hostile {
	told := func(n int, title, want string, f model.Fault, run func(context.Context, *meeting) error) hostile {
		return hostile{number: n, title: title, want: want, record: want, run: func(ctx context.Context, k *desk) (string, error) {
			d := model.New(model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: 512, Thin: true, Sanitize: true})
			m, err := allowed(ctx, k, d, usbctl.Destroy)
			if err != nil {
				return "", err
			}
			m.socket.with(func(d *model.Device) { d.Break(f, -1) })
			mark := len(k.log)
			if err := run(ctx, m); err != nil && err != errDiffers {
				_ = m.note(err)
			}
			return outcome(k, mark), m.close(ctx)
		}}
	}
	const differs = "read-back differs"
	pattern := func(ctx context.Context, m *meeting) error { return m.writeAndRead(ctx, 64) }
	// kept says so when the pattern survived what should have erased it.
	kept := func(ctx context.Context, m *meeting) error {
		b := make([]byte, 4096)
		if err := m.unit.ReadBlocks(ctx, 64, b); err != nil {
			return err
		}
		if b[513] != 0 {
			m.desk.record(differs)
		}
		return nil
	}
	return []hostile{
		told(58, "WRITE succeeds, nothing is written", differs, model.WriteLost, pattern),
		told(58, "WRITE lives until a port reset", differs, model.WriteLostCached, func(ctx context.Context, m *meeting) error {
			if err := pattern(ctx, m); err != nil {
				return err
			}
			if err := m.pipe.PortReset(ctx); err != nil {
				return err
			}
			b := make([]byte, 4096)
			if err := m.unit.ReadBlocks(ctx, 64, b); err != nil {
				return err
			}
			if b[513] == 0 {
				m.desk.record(differs)
			}
			return nil
		}),
		told(59, "SYNCHRONIZE CACHE ignored, then pulled out", differs, model.SyncIgnored, func(ctx context.Context, m *meeting) error {
			if err := pattern(ctx, m); err != nil {
				return err
			}
			n, err := m.again(ctx, usbctl.ReadOnly)
			if err != nil {
				return err
			}
			b := make([]byte, 4096)
			if err := n.unit.ReadBlocks(ctx, 64, b); err != nil {
				return err
			}
			m.desk.log = m.desk.log[:len(m.desk.log)-2] // the second attach and its verdict
			if b[513] == 0 {
				m.desk.record(differs)
			}
			return nil
		}),
		told(60, "reads differ from each other", differs, model.ReadsDiffer, func(ctx context.Context, m *meeting) error {
			a, b := make([]byte, 4096), make([]byte, 4096)
			if err := m.unit.ReadBlocks(ctx, 0, a); err != nil {
				return err
			}
			if err := m.unit.ReadBlocks(ctx, 0, b); err != nil {
				return err
			}
			if string(a) != string(b) {
				m.desk.record(differs)
			}
			return nil
		}),
		told(61, "SANITIZE is done at once", differs, model.SanitizeInstant, func(ctx context.Context, m *meeting) error {
			if err := pattern(ctx, m); err != nil {
				return err
			}
			if err := m.unit.Sanitize(ctx, scsi.SanitizeBlockErase, nil); err != nil {
				return err
			}
			if p, err := m.unit.SanitizeProgress(ctx); err != nil || !p.Done {
				return fmt.Errorf("%+v, %w", p, err)
			}
			return kept(ctx, m)
		}),
		told(62, "progress goes backwards", "progress went backwards", model.ProgressBackward, func(ctx context.Context, m *meeting) error {
			if err := m.unit.Sanitize(ctx, scsi.SanitizeBlockErase, nil); err != nil {
				return err
			}
			back := false
			for last := uint16(0); ; {
				p, err := m.unit.SanitizeProgress(ctx)
				if err != nil {
					return err
				}
				if p.Done {
					break
				}
				back = back || p.Fraction < last
				last = p.Fraction
			}
			if back {
				m.desk.record("progress went backwards")
			}
			return nil
		}),
		told(63, "UNMAP accepted, data stay", differs, model.UnmapKeeps, func(ctx context.Context, m *meeting) error {
			if err := pattern(ctx, m); err != nil {
				return err
			}
			if err := m.unit.Unmap(ctx, 64, 8); err != nil {
				return err
			}
			return kept(ctx, m)
		}),
		told(64, "the write-protect bit toggles", "sense 7/27", model.ProtectToggles, func(ctx context.Context, m *meeting) error {
			for range 4 { // two writes in a row cannot both meet the same bit
				if err := m.unit.WriteBlocks(ctx, 0, make([]byte, 512)); err != nil {
					return err
				}
				if err := m.unit.ReadBlocks(ctx, 0, make([]byte, 512)); err != nil {
					return err
				}
				if err := m.unit.ReadBlocks(ctx, 0, make([]byte, 512)); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}

// again pulls the device out, puts it back, and opens it.
func (m *meeting) again(ctx context.Context, mode usbctl.Mode) (*meeting, error) {
	if err := m.pipe.Close(); err != nil {
		return nil, err
	}
	m.pipe = nil
	var d *model.Device
	m.socket.with(func(x *model.Device) { d = x })
	if err := m.socket.replug(ctx, d); err != nil {
		return nil, err
	}
	n, err := m.desk.meet(ctx, m.socket)
	if err != nil {
		return nil, err
	}
	err = n.open(ctx, mode)
	m.pipe = n.pipe
	return n, err
}

func fileRows() []hostile {
	const where, why = "the file system readers", "USB ends at the block; fed as images to the readers of FAT and exFAT"
	var rows []hostile
	for i, title := range []string{"FAT loops, cross links, absurd boot sectors", "long names out of order, wrong checksums, twins", "names with separators, NUL, dots, device names",
		"exFAT bitmap, checksums and lengths that contradict", "MBR, GPT and superfloppy at once", "overlapping partitions, hidden volumes, data in slack", "sparse claims of 2^40 bytes"} {
		rows = append(rows, hostile{number: 65 + i, title: title, where: where, why: why})
	}
	return rows
}
