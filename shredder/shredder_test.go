package shredder_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sexton/shredder"
)

func TestUnknownIsZero(t *testing.T) {
	var o shredder.Outcome
	var s shredder.State
	if o != shredder.Unknown || s != shredder.StateUnknown || s.Executing() {
		t.Error("a forgotten value must mean unknown")
	}
}

// Everything people see has both languages, and codes without a name still print.
func TestNames(t *testing.T) {
	check := func(what string, n shredder.Name) {
		t.Helper()
		if n.EN == "" || n.ZH == "" || strings.ContainsAny(n.EN, "0123456789") || n.EN == n.ZH {
			t.Errorf("%s has the names %+v", what, n)
		}
	}
	for s := shredder.StateUnknown; s <= shredder.Faulted; s++ {
		check("state", s.Name())
	}
	for m := shredder.MaterialUnspecified; m <= shredder.MaterialMixed; m++ {
		check("material", m.Name())
	}
	for o := shredder.Unknown; o <= shredder.Refused; o++ {
		check("outcome", o.Name())
	}
	for r := shredder.ResultNone; r <= shredder.ResultBadJob; r++ {
		check("result", r.Name())
	}
	for r := shredder.ResultNotSent; r <= shredder.ResultInvalid; r++ {
		check("result", r.Name())
	}
	if names := shredder.AllReasons.Names(); len(names) != 19 {
		t.Errorf("%d reasons", len(names))
	} else {
		for _, n := range names {
			check("reason", n)
		}
	}
	for _, n := range (2*shredder.CapCountersKept - 1).Names() {
		check("capability", n)
	}
	if got := (shredder.EStop | shredder.BinFull | 1<<30).String(); got != "emergency stop, bin full, reason 30" {
		t.Error(got)
	}
	if got := (shredder.EStop | shredder.BinFull).ZH(); got != "急停、料箱已满" {
		t.Error(got)
	}
	if shredder.Reasons(0).String() != "none" || shredder.Reasons(0).ZH() != "无" || shredder.State(99).String() != "state 99" {
		t.Error("empty or unknown values print badly")
	}
	if got := (shredder.First | shredder.ForeignMaster).String(); got != "first, other master" {
		t.Error(got)
	}
}

func TestForbidding(t *testing.T) {
	if r := shredder.NoPermission | shredder.Expired; r.Forbidding() != 0 {
		t.Error(r.Forbidding())
	}
	if r := shredder.Expired | shredder.Local; r.Forbidding() != shredder.Local {
		t.Error(r.Forbidding())
	}
}

func TestFresh(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		age  time.Duration
		want bool
	}{{0, true}, {300 * time.Millisecond, true}, {301 * time.Millisecond, false}, {-time.Millisecond, false}} {
		s := shredder.Snapshot{ReadAt: now.Add(-c.age)}
		if s.Fresh(now, 100*time.Millisecond) != c.want {
			t.Errorf("age %v", c.age)
		}
	}
	if (shredder.Snapshot{}).Fresh(now, time.Hour) {
		t.Error("a picture that was never read is fresh")
	}
}

func TestCompare(t *testing.T) {
	base := shredder.Snapshot{ReadAt: time.Now(), BootID: 1, Sequence: 5, Uptime: time.Minute, State: shredder.Released, Feed: 3, EnergyJ: 10, Cycles: 2,
		GuardOpenings: 1, Reverses: 4, Jams: 1, PermissionLeft: time.Second, EchoSeq: 2}
	for _, c := range []struct {
		name   string
		change func(*shredder.Snapshot)
		want   shredder.Changes
	}{
		{"nothing", func(*shredder.Snapshot) {}, 0},
		{"feed", func(s *shredder.Snapshot) { s.Feed++ }, shredder.FeedCounted},
		{"feed falls", func(s *shredder.Snapshot) { s.Feed-- }, shredder.Backwards},
		{"energy falls", func(s *shredder.Snapshot) { s.EnergyJ-- }, shredder.Backwards},
		{"uptime falls", func(s *shredder.Snapshot) { s.Uptime-- }, shredder.Backwards},
		{"sequence falls", func(s *shredder.Snapshot) { s.Sequence-- }, shredder.Backwards},
		{"cycles fall", func(s *shredder.Snapshot) { s.Cycles-- }, shredder.Backwards},
		{"jams fall", func(s *shredder.Snapshot) { s.Jams-- }, shredder.Backwards},
		{"reverses fall", func(s *shredder.Snapshot) { s.Reverses-- }, shredder.Backwards},
		{"guard openings fall", func(s *shredder.Snapshot) { s.GuardOpenings-- }, shredder.Backwards},
		{"echo falls", func(s *shredder.Snapshot) { s.EchoSeq-- }, shredder.Backwards},
		{"guard bounced", func(s *shredder.Snapshot) { s.GuardOpenings++ }, shredder.GuardOpened},
		{"permission over", func(s *shredder.Snapshot) { s.PermissionLeft = 0; s.State = shredder.Ended }, shredder.PermissionEnded | shredder.StateChanged},
		{"restart", func(s *shredder.Snapshot) { s.BootID, s.Uptime, s.Sequence = 2, 0, 1 }, shredder.Rebooted},
		{"jam", func(s *shredder.Snapshot) { s.Jams++; s.Reasons = shredder.Jam }, shredder.JamCounted | shredder.ReasonsChanged},
		{"job", func(s *shredder.Snapshot) { s.ActiveToken[0] = 1 }, shredder.JobChanged},
	} {
		after := base
		c.change(&after)
		if got := shredder.Compare(base, after); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := shredder.Compare(shredder.Snapshot{}, base); got != shredder.First {
		t.Error(got)
	}
}

func TestJobToken(t *testing.T) {
	var tok shredder.JobToken
	if !tok.IsZero() || tok.String() != strings.Repeat("0", 32) {
		t.Error(tok)
	}
	if err := tok.UnmarshalText([]byte("0123456789abcdef0123456789abcdef")); err != nil || tok.IsZero() {
		t.Fatal(err)
	}
	keep := tok
	for _, bad := range []string{"", "01", "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef00"} {
		if tok.UnmarshalText([]byte(bad)) == nil || tok != keep {
			t.Errorf("%q was accepted", bad)
		}
	}
	if text, err := tok.MarshalText(); err != nil || string(text) != tok.String() {
		t.Error(string(text), err)
	}
}

func TestRefusedError(t *testing.T) {
	err := error(&shredder.RefusedError{Command: "release", Result: shredder.ResultNotReady, Reasons: shredder.Local | shredder.Jam, Err: shredder.ErrLink})
	if got := err.Error(); got != "release refused: not ready (selector on local, jammed): no usable link to the shredder" || !errors.Is(err, shredder.ErrLink) {
		t.Error(got)
	}
}
