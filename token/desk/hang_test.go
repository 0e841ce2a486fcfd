package desk_test

import (
	"context"
	"strings"
	"testing"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

// brief is a deadline short enough to wait for in a test.
var brief = desk.Options{Timeout: 150 * time.Millisecond}

// hangAt makes the card not answer one instruction until its faults are changed.
func hangAt(ins, p2 byte) bench.Faults {
	return bench.Faults{Rules: []bench.Rule{{INS: ins, P2: p2, Do: bench.Hang, For: -1}}}
}

func suspectOf(t *testing.T, d token.Desk, reader string) string {
	t.Helper()
	list, err := d.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Name == reader {
			return r.Suspect
		}
	}
	return ""
}

func TestHungCardIsQuarantinedAlone(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	p.rack.Insert(right, p.cards[1])
	setFaults(t, p.cards[0], hangAt(0x20, 0))
	pin := tokentest.MustPIN(t, pins[0])
	_, err := p.desk.Login(t.Context(), left, pin, challenge())
	tokentest.WantKind(t, err, token.Timeout)
	if pin.Block(new([8]byte)) == nil {
		t.Error("the PIN was not wiped")
	}
	if suspectOf(t, p.desk, left) == "" || suspectOf(t, p.desk, right) != "" {
		t.Errorf("suspicion: left %q, right %q", suspectOf(t, p.desk, left), suspectOf(t, p.desk, right))
	}
	_, err = p.login(t, left, 0)
	if e := tokentest.WantKind(t, err, token.Timeout); !strings.Contains(e.Error(), "quarantined") {
		t.Errorf("%v", e)
	}
	s := p.mustLogin(t, right, 1)
	if err := s.Confirm(t.Context()); err != nil {
		t.Error(err)
	}
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

func TestReaderThatHangsAgainAndAgain(t *testing.T) {
	p := newPlace(t, brief)
	for i := 1; i <= 3; i++ {
		p.rack.Insert(left, p.cards[0])
		setFaults(t, p.cards[0], hangAt(0xA4, 0))
		_, err := p.desk.Identify(t.Context(), left)
		tokentest.WantKind(t, err, token.Timeout)
		setFaults(t, p.cards[0], bench.Faults{})
		tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 })
		if i < 3 {
			tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
		}
	}
	tokentest.Eventually(t, func() bool { return strings.Contains(suspectOf(t, p.desk, left), "3 times") })
	_, err := p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Timeout)
	p.rack.Unplug(left)
	p.rack.Plug(left, 0)
	p.rack.Insert(left, p.cards[0])
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

func TestHangInSessionLocks(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	setFaults(t, p.cards[0], hangAt(0x87, 0x9C))
	sig, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
	tokentest.WantKind(t, err, token.Timeout)
	if sig.Value != nil {
		t.Error("a signature came with the error")
	}
	tokentest.AwaitLock(t, s, token.Timeout)
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 && suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

// A login that nobody waits for any more must not leave a session behind when the card answers at last.
func TestAbandonedLogin(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	setFaults(t, p.cards[0], hangAt(0x87, 0x9A))
	signing := make(chan struct{}, 4)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-signing; cancel() }()
	p.cards[0].Trace(func(cmd, _ []byte) {
		if len(cmd) > 1 && cmd[1] == 0x20 {
			signing <- struct{}{}
		}
	})
	_, err := p.desk.Login(ctx, left, tokentest.MustPIN(t, pins[0]), challenge())
	tokentest.WantKind(t, err, token.Canceled)
	p.cards[0].Trace(nil)
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return p.rack.Links() == 0 })
	p.mustLogin(t, left, 0)
}

func TestCardHeldByAnotherProgram(t *testing.T) {
	p := newPlace(t, brief)
	p.rack.Insert(left, p.cards[0])
	p.rack.Hold(left, true)
	_, err := p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Busy)
	p.rack.Hold(left, false)
	release := p.rack.Reserve(left)
	_, err = p.login(t, left, 0)
	if e := tokentest.WantKind(t, err, token.Busy); !strings.Contains(e.Error(), "othertool") {
		t.Errorf("the holder is not named: %v", e)
	}
	if why := suspectOf(t, p.desk, left); !strings.Contains(why, "another program") {
		t.Errorf("suspicion %q", why)
	}
	release()
	tokentest.Eventually(t, func() bool { return suspectOf(t, p.desk, left) == "" })
	p.mustLogin(t, left, 0)
}

// A signature nobody waits for any more is dropped; once the card has answered, the session goes on.
func TestAbandonedSign(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	setFaults(t, p.cards[0], hangAt(0x87, 0x9C))
	verified := make(chan struct{}, 1)
	p.cards[0].Trace(func(cmd, _ []byte) {
		if len(cmd) > 5 && cmd[1] == 0x20 {
			verified <- struct{}{}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-verified; cancel() }()
	pin := tokentest.MustPIN(t, pins[0])
	sig, err := s.Sign(ctx, pin, []byte("act"))
	tokentest.WantKind(t, err, token.Canceled)
	if sig.Value != nil || pin.Block(new([8]byte)) == nil {
		t.Error("a signature or the PIN was left behind")
	}
	p.cards[0].Trace(nil)
	setFaults(t, p.cards[0], bench.Faults{})
	if err := s.Confirm(t.Context()); err != nil {
		t.Fatalf("the session suffered: %v", err)
	}
}
