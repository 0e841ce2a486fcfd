package usbcases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/model"
)

// strike breaks a registered key for so many occasions, has it read or write eight
// blocks, mends it, and reads again.
func strike(f model.Fault, times int, write bool) func(context.Context, *desk) (string, error) {
	return func(ctx context.Context, k *desk) (string, error) {
		m, err := allowed(ctx, k, good("S1"), usbctl.Write)
		if err != nil {
			return "", err
		}
		m.socket.with(func(d *model.Device) { d.Break(f, times) })
		mark := len(k.log)
		b := make([]byte, 4096)
		if write {
			err = m.unit.WriteBlocks(ctx, 8, b)
		} else {
			err = m.unit.ReadBlocks(ctx, 8, b)
		}
		_ = m.note(err)
		got := outcome(k, mark)
		m.socket.with(func(d *model.Device) { d.Break(f, 0) })
		mark = len(k.log)
		switch {
		case m.unit.ReadBlocks(ctx, 8, b) == nil:
			got += "; goes on"
		case m.unit.ReadBlocks(ctx, 8, b) == nil:
			got += "; then " + outcome(k, mark) + "; goes on"
		default:
			got += "; over"
		}
		return got, m.close(ctx)
	}
}

func transportRows() []hostile {
	var rows []hostile
	for _, c := range []struct {
		number int
		title  string
		fault  model.Fault
		times  int
		write  bool
		want   string
		record string
	}{
		{38, "wrong tag", model.WrongTag, 1, false, "violation csw-tag; goes on", "violation csw-tag"},
		{38, "bad signature", model.BadSignature, 1, false, "violation csw-signature; goes on", "violation csw-signature"},
		{38, "phase error", model.PhaseError, 1, false, "violation phase-error; goes on", "violation phase-error"},
		{38, "status 7f", model.BadStatus, 1, false, "violation csw-status; goes on", "violation csw-status"},
		{38, "residue above the request", model.ResidueTooBig, 1, false, "violation csw-residue; goes on", "violation csw-residue"},
		{38, "short data, honest residue", model.ShortHonest, 1, false, "lie short-transfer; goes on", "lie short-transfer"},
		{38, "short data, residue 0", model.ShortLie, 1, false, "violation csw-claim; goes on", "violation csw-claim"},
		{38, "stall in the data phase", model.DataStall, 1, false, "sense 3/11; goes on", "sense 3/11"},
		{38, "stall of the status", model.StatusStall, 1, false, "fine; goes on", "verdict allow-interfaces registered-key"},
		{38, "data never come", model.DataNever, 1, false, "violation no-answer; goes on", "violation no-answer"},
		{38, "status never comes", model.StatusNever, 1, false, "violation csw-missing; goes on", "violation csw-missing"},
		{38, "empty packet before the status", model.StatusZLP, 1, false, "fine; goes on", "verdict allow-interfaces registered-key"},
		{38, "status of 64 bytes", model.LongStatus, 1, false, "violation csw-length; goes on", "violation csw-length"},
		{38, "status of 12 bytes", model.ShortStatus, 1, false, "violation csw-length; goes on", "violation csw-length"},
		{38, "babble", model.Babble, 1, false, "violation babble; goes on", "violation babble"},
		{38, "pulled out in the data phase", model.Yank, 1, false, "gone; over", "gone"},
		{38, "halt of the status that cannot be cleared", model.StatusStuck, -1, false, "violation csw-missing, violation reset-recovery, quarantine; over", "quarantine"},
		{39, "status before the data", model.StatusFirst, 1, false, "violation csw-missing; goes on", "violation csw-missing"},
		{40, "data after the status", model.DataAfter, 1, false, "fine; then violation cbw-refused; goes on", "violation cbw-refused"},
		{42, "check condition for ever", model.CheckForever, -1, false, "sense 4/44; goes on", "sense 4/44"},
		{42, "unit attentions for ever", model.AttentionForever, -1, false, "lie attention; goes on", "lie attention"},
		{44, "residue minus one", model.ResidueMinus, 1, false, "violation csw-residue; goes on", "violation csw-residue"},
		{47, "NAK for ever on OUT", model.OutNever, 1, true, "violation no-answer; goes on", "violation no-answer"},
		{48, "one byte a transfer", model.Trickle, -1, false, "violation csw-length; goes on", "violation csw-length"},
	} {
		rows = append(rows, hostile{number: c.number, title: c.title, want: c.want, record: c.record, run: strike(c.fault, c.times, c.write)})
	}
	return append(rows, faultPairs()...)
}

// faultPairs are the cases in which one fault meets another, or the opening.
func faultPairs() []hostile {
	pair := func(n int, title, want, record string, first, second model.Fault) hostile {
		return hostile{number: n, title: title, want: want, record: record, run: func(ctx context.Context, k *desk) (string, error) {
			m, err := allowed(ctx, k, good("S1"), usbctl.Write)
			if err != nil {
				return "", err
			}
			m.socket.with(func(d *model.Device) { d.BadBlock = 8; d.Break(first, -1).Break(second, -1) })
			mark := len(k.log)
			b := make([]byte, 4096)
			for range 5 { // until the session is over, at the latest at the fourth recovery
				_ = m.note(m.unit.ReadBlocks(ctx, 8, b))
				if m.engine.Ended() != nil {
					break
				}
			}
			return outcome(k, mark), m.close(ctx)
		}}
	}
	opened := func(n int, title, want, record string, f model.Fault) hostile {
		return hostile{number: n, title: title, want: want, record: record, run: func(ctx context.Context, k *desk) (string, error) {
			m, err := allowed(ctx, k, good("S1").Break(f, -1), usbctl.ReadOnly)
			if m == nil {
				return "", err
			}
			return outcome(k, 2), m.close(ctx)
		}}
	}
	return []hostile{
		{number: 38, title: "slow, within the deadline", want: "fine", record: "verdict allow-interfaces registered-key", run: slow},
		{number: 41, title: "failed, and the sense data say that nothing is wrong", want: "lie sense, lie sense, lie sense, lie sense, lie sense", record: "lie sense",
			run: pair(41, "", "", "", model.ReadError, model.SenseNothing).run},
		opened(42, "not ready for ever", "sense 2/04", "sense 2/04", model.NotReadyForever),
		opened(43, "Max LUN 255", "lie max-lun", "lie max-lun", model.MaxLUN255),
		opened(43, "Max LUN stalls, which means 0", "fine", "verdict allow-interfaces registered-key", model.MaxLUNStall),
		pair(45, "stall on every endpoint", "violation cbw-refused, violation reset-recovery, quarantine", "quarantine", model.WrapperRefused, model.ResetStall),
		pair(46, "reset recovery ignored", "violation csw-tag, violation reset-recovery, quarantine", "quarantine", model.WrongTag, model.ResetIgnored),
		{number: 49, title: "INQUIRY answered from an old buffer", want: "differs: inquiry", record: "differs: inquiry", run: func(ctx context.Context, k *desk) (string, error) {
			return portrayed(ctx, k, model.StaleAnswers)
		}},
		pair(50, "empty packets without end", "violation csw-length, violation csw-length, violation csw-length, violation csw-length, quarantine", "quarantine", model.StatusZLPs, model.MaxLUNStall),
	}
}

// slow has every transfer take 150 ms.
func slow(ctx context.Context, k *desk) (string, error) {
	m, err := allowed(ctx, k, good("S1"), usbctl.Write)
	if err != nil {
		return "", err
	}
	s, ok := m.socket.(interface{ slow(time.Duration) })
	if !ok {
		return "", errors.New("this socket cannot be slow")
	}
	s.slow(150 * time.Millisecond)
	mark := len(k.log)
	_ = m.note(m.writeAndRead(ctx, 64))
	s.slow(0)
	if n := len(m.engine.Violations()); n > 0 {
		return "", fmt.Errorf("%d violations", n)
	}
	return outcome(k, mark), m.close(ctx)
}
