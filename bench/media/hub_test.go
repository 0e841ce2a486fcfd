package media_test

import (
	"testing"

	bench "sexton/bench/media"
	"sexton/usbctl/media"
	"sexton/usbctl/usbctltest"
)

func TestConformance(t *testing.T) {
	usbctltest.Media(t, func(t *testing.T) (media.Media, usbctltest.Ports) {
		h, err := bench.New()
		if err != nil {
			t.Fatal(err)
		}
		return h, h
	})
}
