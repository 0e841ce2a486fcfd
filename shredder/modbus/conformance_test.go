package modbus_test

import (
	"net"
	"testing"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
	"sexton/shredder/shreddertest"
)

func TestConformance(t *testing.T) {
	shreddertest.Run(t, func(t *testing.T) (shredder.Machine, shreddertest.Hands) {
		r := newRig(t, func(r *rig) { r.conf.Poll = 20 * time.Millisecond })
		return r.m, &hands{r}
	})
}

// hands work the device without physics: feeding the last object ends the job at once.
type hands struct{ r *rig }

func (h *hands) SetLocal(v bool) { h.r.dev.with(func() { h.r.dev.local = v }) }

func (h *hands) SetGuard(open bool) {
	h.r.dev.with(func() {
		if open && !h.r.dev.guard {
			h.r.dev.snap.GuardOpenings++
		}
		h.r.dev.guard = open
	})
}

func (h *hands) SetEStop(pressed bool) {
	h.r.dev.with(func() {
		d := h.r.dev
		if pressed {
			d.endPermission()
			d.latched = true
		}
		d.eStop = pressed
	})
}

func (h *hands) LocalReset() {
	h.r.dev.with(func() {
		d := h.r.dev
		d.powered = true
		if d.latched && !d.eStop {
			d.latched = false
			d.snap.State = firmware.StateUnknown
			if d.snap.ActiveToken != [16]byte{} {
				d.snap.State = firmware.StateEnded
			}
		}
	})
}

func (h *hands) Start() {
	h.r.dev.with(func() {
		if d := h.r.dev; d.snap.State == firmware.StateReleased && d.until > 0 {
			d.snap.State = firmware.StateRunning
			d.snap.Cycles++
			d.starts++
		}
	})
}

func (h *hands) FeedOne(shredder.Material) {
	h.r.dev.with(func() {
		d := h.r.dev
		if d.snap.State != firmware.StateRunning {
			return
		}
		d.snap.Feed++
		d.snap.EnergyJ += 5000
		if d.fed++; d.fed == d.items {
			d.endPermission()
		}
	})
}

func (h *hands) Hang(on bool) {
	if on {
		h.r.srv.hang()
	} else {
		h.r.srv.resume()
	}
}

func (h *hands) DropNextAnswer() {
	h.r.srv.setMangle(onWrite(once(func(_ net.Conn, _ []byte, execute func() []byte) ([]byte, bool) { execute(); return nil, true })))
}

func (h *hands) CutLink()        { h.r.srv.cut() }
func (h *hands) Reboot()         { h.r.dev.reboot(); h.r.srv.cut() }
func (h *hands) Releases() int   { return h.r.releases() }
func (h *hands) Starts() int     { _, n, _, _ := h.r.dev.counts(); return n }
func (h *hands) Permitted() bool { return h.r.permitted() }
