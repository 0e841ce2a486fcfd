package scsi_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
)

func config() model.Config {
	return model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: 4096, Removable: true}
}

func unit(t *testing.T, d *model.Device, mode usbctl.Mode) (*scsi.Unit, *bot.Engine) {
	t.Helper()
	e, err := bot.New(model.NewPipe(d), bot.Options{Deadline: time.Second, Recovery: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return scsi.NewUnit(e, 0, mode), e
}

func open(t *testing.T, d *model.Device, mode usbctl.Mode) *scsi.Unit {
	t.Helper()
	u, _ := unit(t, d, mode)
	if _, err := u.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return u
}

// TestAllowlist pins every operation code in every mode: the write blocker.
func TestAllowlist(t *testing.T) {
	reads := []byte{0x00, 0x03, 0x12, 0x1a, 0x25, 0x28, 0x5a, 0x88, 0x9e, 0xa3}
	writes := append(bytes.Clone(reads), 0x2a, 0x35, 0x8a)
	destroys := append(bytes.Clone(writes), 0x42, 0x48)
	for mode, list := range map[usbctl.Mode][]byte{usbctl.ModeUnknown: nil, usbctl.ReadOnly: reads, usbctl.Write: writes, usbctl.Destroy: destroys, usbctl.Destroy + 1: nil} {
		for op := range 256 {
			cdb := make([]byte, 16)
			cdb[0] = byte(op)
			switch op {
			case 0x9e:
				cdb[1] = 0x10
			case 0xa3:
				cdb[1] = 0x0c
			}
			want := bytes.IndexByte(list, byte(op)) >= 0
			if got := scsi.Allowed(mode, cdb); got != want {
				t.Errorf("%02x in mode %s: %t", op, mode, got)
			}
			if cdb[1] != 0 { // another service action is another command
				cdb[1] ^= 0x01
				if scsi.Allowed(mode, cdb) {
					t.Errorf("%02x with service action %02x passes in mode %s", op, cdb[1], mode)
				}
			}
		}
	}
}

// TestReadOnlyChangesNothing: nothing that writes reaches a device in read-only
// mode, by any method.
func TestReadOnlyChangesNothing(t *testing.T) {
	c := config()
	c.Thin, c.Sanitize = true, true
	d := model.New(c)
	u := open(t, d, usbctl.ReadOnly)
	before := d.Commands()
	for name, err := range map[string]error{
		"write":    u.WriteBlocks(t.Context(), 0, make([]byte, 512)),
		"flush":    u.Flush(t.Context()),
		"unmap":    u.Unmap(t.Context(), 0, 1),
		"sanitize": u.Sanitize(t.Context(), scsi.SanitizeCrypto, nil),
	} {
		var r *scsi.Refused
		if !errors.As(err, &r) || r.Mode != usbctl.ReadOnly {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d.Commands() != before {
		t.Error("a command reached the device")
	}
}

func TestBlocks(t *testing.T) {
	d := model.New(config())
	u := open(t, d, usbctl.Write)
	want := bytes.Repeat([]byte("sexton! "), 128)
	if err := u.WriteBlocks(t.Context(), 7, want); err != nil {
		t.Fatal(err)
	}
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if err := u.ReadBlocks(t.Context(), 7, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read back: %v", err)
	}
	for name, c := range map[string]struct {
		lba uint64
		n   int
	}{"odd length": {0, 100}, "nothing": {0, 0}, "behind the end": {4096, 512}, "over the end": {4095, 1024}, "wrapped": {1<<64 - 1, 1024}} {
		if err := u.ReadBlocks(t.Context(), c.lba, make([]byte, c.n)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// TestLongAddresses: beyond 2 TiB the 16-byte commands are used.
func TestLongAddresses(t *testing.T) {
	c := config()
	c.Blocks, c.Store = 1<<33, model.NewStore(1<<42)
	u := open(t, model.New(c), usbctl.Write)
	want := bytes.Repeat([]byte{7}, 512)
	if err := u.WriteBlocks(t.Context(), 1<<33-1, want); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 512)
	if err := u.ReadBlocks(t.Context(), 1<<33-1, got); err != nil || !bytes.Equal(got, want) {
		t.Fatal(err)
	}
}

// TestLies: what cannot be true is refused at Open, with its code.
func TestLies(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*model.Config)
		fault  model.Fault
		code   string
	}{
		"short form only, too large": {nil, model.Capacity10Max, "capacity"},
		"long form smaller":          {nil, model.Capacity16Less, "capacity"},
		"blocks of 513":              {func(c *model.Config) { c.BlockSize = 513 }, "", "block-size"},
		"blocks of 1":                {func(c *model.Config) { c.BlockSize = 1 }, "", "block-size"},
		"blocks of 2^31":             {func(c *model.Config) { c.BlockSize = 1 << 31; c.Store = model.NewStore(1 << 20) }, "", "block-size"},
		"2^41 blocks":                {func(c *model.Config) { c.Blocks = 1 << 41; c.Store = model.NewStore(1 << 20) }, "", "capacity"},
		"attentions without end":     {nil, model.AttentionForever, "attention"},
		"failure without reason":     {nil, model.SenseNothing, "sense"},
	} {
		cfg := config()
		if c.change != nil {
			c.change(&cfg)
		}
		d := model.New(cfg)
		if c.fault != "" {
			d.Break(c.fault, -1)
		}
		u, _ := unit(t, d, usbctl.ReadOnly)
		var l *scsi.Lie
		if _, err := u.Open(t.Context()); !errors.As(err, &l) || l.Code != c.code {
			t.Errorf("%s: %v, want a lie about %s", name, err, c.code)
		}
	}
}

// TestNeverReady gives up after a bounded number of questions.
func TestNeverReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := model.New(config()).Break(model.NotReadyForever, -1)
		u, _ := unit(t, d, usbctl.ReadOnly)
		var s *scsi.Sense
		if _, err := u.Open(t.Context()); !errors.As(err, &s) || s.Key != scsi.KeyNotReady {
			t.Fatal(err)
		}
		if d.Commands() > 40 {
			t.Errorf("asked %d times", d.Commands())
		}
	})
}

// TestChangeEndsTheSession: another capacity in the middle is another medium.
func TestChangeEndsTheSession(t *testing.T) {
	d := model.New(config())
	u := open(t, d, usbctl.Write)
	d.Break(model.CapacityChanges, 1)
	_, _ = u.ReadCapacity(t.Context()) // announces the change
	var c *scsi.Changed
	if err := u.ReadBlocks(t.Context(), 0, make([]byte, 512)); !errors.As(err, &c) {
		t.Fatal(err)
	}
	before := d.Commands()
	if err := u.WriteBlocks(t.Context(), 0, make([]byte, 512)); !errors.As(err, &c) || d.Commands() != before {
		t.Errorf("the session went on: %v", err)
	}
}

func TestSense(t *testing.T) {
	c := config()
	c.BadBlock = 9
	d := model.New(c).Break(model.ReadError, -1).Break(model.WriteProtected, -1)
	u := open(t, d, usbctl.Write)
	var s *scsi.Sense
	if err := u.ReadBlocks(t.Context(), 8, make([]byte, 1024)); !errors.As(err, &s) || s.Key != scsi.KeyMedium || s.Code != 0x11 {
		t.Errorf("a bad block: %v", err)
	}
	if err := u.WriteBlocks(t.Context(), 0, make([]byte, 512)); !errors.As(err, &s) || !s.Protected() {
		t.Errorf("a protected medium: %v", err)
	}
	if mode, err := u.ModeSense(t.Context()); err != nil || !scsi.Protected(mode) {
		t.Errorf("mode data %x: %v", mode, err)
	}
}

// TestPortrait: two portraits of one device are equal, a change shows, and what the
// device lacks is absent.
func TestPortrait(t *testing.T) {
	c := config()
	c.Thin = true
	d := model.New(c)
	u := open(t, d, usbctl.ReadOnly)
	a, err := u.Portray(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := u.Portray(t.Context())
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Fatalf("portraits differ: %v", err)
	}
	if len(a.Pages) != len(scsi.Pages()) || string(a.Pages[scsi.PageSerial][4:]) != "S1" || a.Capacity.Blocks != 4096 {
		t.Errorf("portrait %+v", a)
	}
	d.Break(model.InquiryChanges, 1)
	b, err = u.Portray(t.Context())
	if err != nil || bytes.Equal(a.Inquiry, b.Inquiry) {
		t.Errorf("a changed device looks the same: %v", err)
	}
	if err := u.ReadBlocks(t.Context(), 0, make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	d.Break(model.StaleAnswers, 1)
	var l *scsi.Lie
	if _, err := u.VPD(t.Context(), scsi.PageSerial); !errors.As(err, &l) {
		t.Errorf("an old buffer passed as a page: %v", err)
	}
}

// TestErasure: an offer counts only when all its signs agree.
func TestErasure(t *testing.T) {
	c := config()
	c.Thin, c.Sanitize = true, true
	u := open(t, model.New(c), usbctl.Destroy)
	p, err := u.Portray(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := u.ProbeErasure(t.Context(), p)
	if err != nil || !e.Unmap || e.UnmapBlocks != 0xffff || !e.Overwrite || !e.BlockErase || !e.Cryptographic || !e.Probed {
		t.Errorf("%+v, %v", e, err)
	}
	p.Capacity.Thin = false
	if e, err = u.ProbeErasure(t.Context(), p); err != nil || e.Unmap || len(e.Contradictions) != 1 {
		t.Errorf("a half offer: %+v, %v", e, err)
	}
	plain := open(t, model.New(config()), usbctl.Destroy)
	p, _ = plain.Portray(t.Context())
	if e, err = plain.ProbeErasure(t.Context(), p); err != nil || e.Unmap || e.Probed || e.BlockErase || len(e.Contradictions) != 0 {
		t.Errorf("no offer: %+v, %v", e, err)
	}
}

// TestSanitize follows a firmware erasure to its end, and reads back that it was
// one; a device that lies about it is found only by reading.
func TestSanitize(t *testing.T) {
	c := config()
	c.Sanitize, c.Blocks = true, 64
	for _, lies := range []bool{false, true} {
		d := model.New(c)
		if lies {
			d.Break(model.SanitizeInstant, -1)
		}
		u := open(t, d, usbctl.Destroy)
		if err := u.WriteBlocks(t.Context(), 3, bytes.Repeat([]byte{0xee}, 512)); err != nil {
			t.Fatal(err)
		}
		if err := u.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := u.Sanitize(t.Context(), scsi.SanitizeBlockErase, nil); err != nil {
			t.Fatal(err)
		}
		steps, done := 0, false
		for !done && steps < 20 {
			p, err := u.SanitizeProgress(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done = p.Done
			steps++
		}
		got := make([]byte, 512)
		if err := u.ReadBlocks(t.Context(), 3, got); err != nil {
			t.Fatal(err)
		}
		if kept := got[0] == 0xee; !done || kept != lies {
			t.Errorf("lies %t: done %t after %d questions, data kept %t", lies, done, steps, kept)
		}
	}
}

// FuzzSense reads whatever a device gives as its reason.
func FuzzSense(f *testing.F) {
	f.Add([]byte{0x70, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x11, 0})
	f.Add([]byte{0x72, 5, 0x20, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		err := scsi.ParseSense(0x28, b)
		var s *scsi.Sense
		var l *scsi.Lie
		if !errors.As(err, &s) && !errors.As(err, &l) {
			t.Fatalf("%x: %v", b, err)
		}
		if s != nil && (s.Key == 0 || s.Key > 15) {
			t.Fatalf("key %x", s.Key)
		}
	})
}
