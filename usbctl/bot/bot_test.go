package bot_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/model"
)

// device is an honest key of 1 MiB whose unit attention is spent.
func device(t *testing.T) (*model.Device, *model.Pipe, *bot.Engine) {
	t.Helper()
	d := model.New(model.Config{Vendor: "ACME", Product: "KEY", Revision: "1.0", Serial: "S1", Blocks: 2048})
	p := model.NewPipe(d)
	e, err := bot.New(p, bot.Options{Deadline: time.Second, Recovery: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the attention, then its sense
		if _, err := e.Do(context.Background(), bot.Command{CDB: make([]byte, 6)}); err != nil {
			t.Fatal(err)
		}
	}
	return d, p, e
}

// read is READ(10) of eight blocks from block 0.
func read(b []byte) bot.Command {
	return bot.Command{CDB: []byte{0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0}, Data: b, Dir: usbctl.In}
}

func write(b []byte) bot.Command {
	return bot.Command{CDB: []byte{0x2a, 0, 0, 0, 0, 0, 0, 0, 8, 0}, Data: b, Dir: usbctl.Out}
}

// TestFaults strikes each fault of the transport once and demands its violation,
// by code, that the session goes on with a right answer where it can, and that it
// does not where it cannot.
func TestFaults(t *testing.T) {
	const ends, none = true, ""
	for _, c := range []struct {
		fault  model.Fault
		code   string // "" = no violation
		out    bool   // strikes a write
		ended  bool   // the session is over
		resets int    // recoveries seen by the device
	}{
		{model.WrongTag, bot.CodeTag, false, false, 1},
		{model.BadSignature, bot.CodeSignature, false, false, 1},
		{model.PhaseError, bot.CodePhase, false, false, 1},
		{model.BadStatus, bot.CodeStatus, false, false, 1},
		{model.ResidueTooBig, bot.CodeResidue, false, false, 1},
		{model.ResidueMinus, bot.CodeResidue, false, false, 1},
		{model.ShortStatus, bot.CodeLength, false, false, 1},
		{model.LongStatus, bot.CodeLength, false, false, 1},
		{model.StatusStall, none, false, false, 0},
		{model.StatusStuck, bot.CodeNoStatus, false, ends, 1},
		{model.StatusNever, bot.CodeNoStatus, false, false, 1},
		{model.StatusZLP, none, false, false, 0},
		{model.StatusZLPs, bot.CodeLength, false, false, 1},
		{model.StatusFirst, bot.CodeNoStatus, false, false, 1},
		{model.ShortHonest, none, false, false, 0},
		{model.ShortLie, bot.CodeClaim, false, false, 1},
		{model.DataStall, none, false, false, 0},
		{model.DataNever, bot.CodeSilence, false, false, 1},
		{model.Babble, bot.CodeBabble, false, false, 1},
		{model.Yank, none, false, ends, 0},
		{model.YankStatus, none, false, ends, 0},
		{model.WrapperRefused, bot.CodeWrapper, false, false, 1},
		{model.OutNever, bot.CodeSilence, true, false, 1},
		{model.DataStall, none, true, false, 0},
		{model.ShortHonest, none, true, false, 0},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _, e := device(t)
				buf := bytes.Repeat([]byte{0xa5}, 4096)
				cmd := read(buf)
				if c.out {
					cmd = write(buf)
				}
				times := 1
				if c.fault == model.StatusStuck || c.fault == model.StatusZLPs {
					times = -1
				}
				d.Break(c.fault, times)
				r, err := e.Do(t.Context(), cmd)
				var v *bot.Violation
				if c.code == "" && errors.As(err, &v) || c.code != "" && (!errors.As(err, &v) || v.Code != c.code || v.Number != e.Commands() || v.Opcode != cmd.CDB[0]) {
					t.Fatalf("result %+v, error %v, want violation %q", r, err, c.code)
				}
				if err != nil && r.Moved != 0 {
					t.Errorf("%d bytes count beside an error", r.Moved)
				}
				if d.Resets() != c.resets {
					t.Errorf("%d resets, want %d", d.Resets(), c.resets)
				}
				d.Break(c.fault, 0)
				r, err = e.Do(t.Context(), read(buf))
				if c.ended {
					if err == nil || e.Ended() == nil {
						t.Errorf("the session goes on: %+v, %v", r, err)
					}
					return
				}
				if err != nil || r.Moved != len(buf) || r.Failed {
					t.Errorf("the next command: %+v, %v", r, err)
				}
			})
		})
	}
}

// TestShortAnswersCountHonestly: a device that says how much it left out breaks
// nothing, and only what moved counts.
func TestShortAnswersCountHonestly(t *testing.T) {
	d, _, e := device(t)
	d.Break(model.ShortHonest, 1)
	r, err := e.Do(t.Context(), read(make([]byte, 4096)))
	if err != nil || r.Moved != 4096-512 || r.Failed {
		t.Fatalf("%+v, %v", r, err)
	}
	d.Break(model.DataStall, 1)
	r, err = e.Do(t.Context(), read(make([]byte, 4096)))
	if err != nil || r.Moved != 0 || !r.Failed {
		t.Fatalf("after a stall: %+v, %v", r, err)
	}
}

// TestQuarantine: three recoveries in a row are borne, the fourth fault ends the
// session for good; a good command between them starts the count again.
func TestQuarantine(t *testing.T) {
	d, _, e := device(t)
	buf := make([]byte, 4096)
	for range bot.MaxRecoveries {
		d.Break(model.WrongTag, 1)
		if _, err := e.Do(t.Context(), read(buf)); e.Ended() != nil || err == nil {
			t.Fatalf("ended after %v", err)
		}
	}
	if _, err := e.Do(t.Context(), read(buf)); err != nil {
		t.Fatal(err)
	}
	d.Break(model.BadSignature, -1)
	var q *bot.Quarantined
	for i := range bot.MaxRecoveries + 1 {
		_, err := e.Do(t.Context(), read(buf))
		if got := errors.As(err, &q); got != (i == bot.MaxRecoveries) {
			t.Fatalf("fault %d: %v", i, err)
		}
	}
	d.Break(model.BadSignature, 0)
	before := d.Commands()
	if _, err := e.Do(t.Context(), read(buf)); !errors.As(err, &q) || d.Commands() != before {
		t.Errorf("a quarantined device was asked again: %v", err)
	}
	if n := len(e.Violations()); n != 2*bot.MaxRecoveries+1 {
		t.Errorf("%d violations on record", n)
	}
}

// TestResetThatFails: a device that does not come back from a reset is quarantined
// at once.
func TestResetThatFails(t *testing.T) {
	for _, f := range []model.Fault{model.ResetIgnored, model.ResetStall} {
		synctest.Test(t, func(t *testing.T) {
			d, _, e := device(t)
			d.Break(model.WrongTag, 1).Break(f, -1)
			var q *bot.Quarantined
			if _, err := e.Do(t.Context(), read(make([]byte, 4096))); !errors.As(err, &q) {
				t.Fatalf("%s: %v", f, err)
			}
			var v *bot.Violation
			if !errors.As(q.Last, &v) || v.Code != bot.CodeTag {
				t.Errorf("%s: the first cause is lost: %v", f, q.Last)
			}
		})
	}
}

// TestTranscript: equal sessions have equal transcripts; any other command, result
// or violation gives another.
func TestTranscript(t *testing.T) {
	run := func(change func(*model.Device, *bot.Engine)) [32]byte {
		d, _, e := device(t)
		if change != nil {
			change(d, e)
		}
		if _, err := e.Do(t.Context(), read(make([]byte, 4096))); err != nil && change == nil {
			t.Fatal(err)
		}
		return e.Transcript()
	}
	same := run(nil)
	if run(nil) != same {
		t.Fatal("equal sessions differ")
	}
	for name, change := range map[string]func(*model.Device, *bot.Engine){
		"violation":     func(d *model.Device, _ *bot.Engine) { d.Break(model.WrongTag, 1) },
		"failed":        func(d *model.Device, _ *bot.Engine) { d.Break(model.DataStall, 1) },
		"short":         func(d *model.Device, _ *bot.Engine) { d.Break(model.ShortHonest, 1) },
		"gone":          func(d *model.Device, _ *bot.Engine) { d.Break(model.Yank, 1) },
		"other command": func(_ *model.Device, e *bot.Engine) { _, _ = e.Do(t.Context(), bot.Command{CDB: make([]byte, 6)}) },
	} {
		if run(change) == same {
			t.Errorf("%s: the same transcript", name)
		}
	}
}

// TestBadCommands are refused before anything is sent.
func TestBadCommands(t *testing.T) {
	d, _, e := device(t)
	before := d.Commands()
	for name, c := range map[string]bot.Command{
		"no command block":   {},
		"long command block": {CDB: make([]byte, 17)},
		"data, no direction": {CDB: make([]byte, 6), Data: make([]byte, 1)},
		"direction, no data": {CDB: make([]byte, 6), Dir: usbctl.In},
		"too much":           {CDB: make([]byte, 6), Data: make([]byte, bot.MaxData+1), Dir: usbctl.In},
		"unit 16":            {CDB: make([]byte, 6), LUN: 16},
	} {
		if _, err := e.Do(t.Context(), c); err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Do(ctx, read(make([]byte, 4096))); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled command: %v", err)
	}
	if d.Commands() != before {
		t.Error("something was sent")
	}
}

// script is a pipe whose device says what a fuzzer tells it to.
type script struct {
	data  []byte
	calls int
}

func (s *script) next() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *script) outcome(n int) usbctl.Transfer {
	s.calls++
	k := int(s.next())
	errs := []error{nil, nil, nil, nil, usbctl.ErrStall, usbctl.ErrTimeout, usbctl.ErrOverflow, usbctl.ErrLink, usbctl.ErrGone}
	return usbctl.Transfer{N: min(n, k*n/100), Err: errs[int(s.next())%len(errs)]}
}

func (s *script) Command(_ context.Context, w, data []byte, d usbctl.Direction) (usbctl.Transfer, usbctl.Transfer) {
	return usbctl.Transfer{N: len(w)}, s.outcome(len(data))
}

func (s *script) Status(_ context.Context, b []byte) usbctl.Transfer {
	s.calls++
	n := copy(b, s.data)
	if n > 40 {
		n = 40
	}
	n = min(n, int(s.next()))
	if len(s.data) > n {
		s.data = s.data[n:]
	} else {
		s.data = nil
	}
	return usbctl.Transfer{N: n}
}

func (s *script) ClearHalt(context.Context, usbctl.Direction) error { return s.outcome(0).Err }
func (s *script) Reset(context.Context) error                       { return s.outcome(0).Err }
func (s *script) MaxLUN(context.Context) (int, error)               { return 0, nil }
func (s *script) PortReset(context.Context) error                   { return nil }
func (s *script) Buffer(n int) ([]byte, error)                      { return make([]byte, n), nil }
func (s *script) Close() error                                      { return nil }

// FuzzStatus: whatever a device answers, a command ends, in a bounded number of
// transfers, and bytes count only where a sound status says so.
func FuzzStatus(f *testing.F) {
	good := append([]byte{100, 0, 13}, "USBS\x01\x00\x00\x00\x00\x00\x00\x00\x00"...)
	f.Add(good)
	f.Add([]byte{0, 4, 0, 0, 13, 'U'})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &script{data: data}
		e, err := bot.New(s, bot.Options{})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 512)
		for range 6 {
			s.calls = 0
			r, err := e.Do(t.Context(), bot.Command{CDB: []byte{0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0}, Data: buf, Dir: usbctl.In})
			if err != nil && r != (bot.Result{}) {
				t.Fatalf("result %+v beside %v", r, err)
			}
			if r.Moved < 0 || r.Moved > len(buf) || s.calls > 12 {
				t.Fatalf("%d bytes of %d, %d transfers", r.Moved, len(buf), s.calls)
			}
		}
	})
}
