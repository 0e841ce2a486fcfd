package libusb

import (
	"errors"
	"testing"

	"github.com/google/gousb"

	"sexton/usbctl"
)

func TestFailures(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{gousb.TransferCancelled, usbctl.ErrTimeout}, {gousb.TransferTimedOut, usbctl.ErrTimeout}, {gousb.TransferStall, usbctl.ErrStall},
		{gousb.TransferOverflow, usbctl.ErrOverflow}, {gousb.TransferNoDevice, usbctl.ErrGone}, {gousb.TransferError, usbctl.ErrLink},
		{gousb.ErrorPipe, usbctl.ErrStall}, {gousb.ErrorTimeout, usbctl.ErrTimeout}, {gousb.ErrorOverflow, usbctl.ErrOverflow},
		{gousb.ErrorNoDevice, usbctl.ErrGone}, {gousb.ErrorNotFound, usbctl.ErrGone}, {gousb.ErrorIO, usbctl.ErrLink}, {gousb.ErrorBusy, gousb.ErrorBusy},
	} {
		if got := failure(c.err); !errors.Is(got, c.want) {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
	if failure(nil) != nil {
		t.Error("no error is an error")
	}
}

// TestNew starts libusb where it can, and says why where it cannot; it never panics.
func TestNew(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Skipf("no libusb here: %v", err)
	}
	if _, err := c.Open(999, 127, Interface{}); !errors.Is(err, usbctl.ErrGone) {
		t.Errorf("a device that is not there: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestPort(t *testing.T) {
	for want, d := range map[string]gousb.DeviceDesc{"usb3": {Bus: 3}, "3-1": {Bus: 3, Path: []int{1}}, "1-2.13.4": {Bus: 1, Path: []int{2, 13, 4}}} {
		if got := port(&d); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
