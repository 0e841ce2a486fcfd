package usb

import (
	"sexton/usbctl/model"
)

// blocks of a virtual key: 64 MiB.
const blocks = 1 << 17

// Good is an honest key with a serial number.
func Good(serial string) *model.Device { return model.New(config(serial)) }

func config(serial string) model.Config {
	return model.Config{Vendor: "GRANITE", Product: "SLATE KEY", Revision: "1.00", Serial: serial, Blocks: blocks, Removable: true}
}

// Clone is a copy of a key as a thief with an imager makes it: the same descriptors,
// the same texts, and every block as it is now.
func Clone(d *model.Device) *model.Device {
	c := d.Config
	c.Store = d.Store.Clone()
	return model.New(c)
}

// BadUSB is a key that brings a keyboard along.
func BadUSB(serial string) *model.Device {
	c := config(serial)
	c.USB = model.NewUSB(c)
	c.USB.Configs = [][]byte{model.ConfigOf(model.Interface(0, 0, 8, 6, 0x50, 2), model.Bulk(0x81, 512), model.Bulk(0x02, 512),
		model.Interface(1, 0, 3, 1, 1, 1), model.HID(), model.Interrupt(0x83, 8))}
	return model.New(c)
}

// Fake is a key that claims eight times the blocks it has.
func Fake(serial string) *model.Device {
	c := config(serial)
	c.Store = model.NewStore(blocks / 8 * 512)
	return model.New(c)
}

// Dying is a key with a block that cannot be read any more.
func Dying(serial string, bad uint64) *model.Device {
	c := config(serial)
	c.BadBlock = bad
	return model.New(c).Break(model.ReadError, -1)
}
