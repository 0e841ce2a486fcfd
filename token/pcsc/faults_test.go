//go:build cgo

package pcsc_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebfe/scard"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/pcsc"
	"sexton/token/tokentest"
)

// Cards that common libraries refuse must work through a real daemon.
func TestCardsThroughTheDaemon(t *testing.T) {
	p := newPlace(t, desk.Options{})
	for name, s := range map[string]bench.Spec{
		"plain SP 800-73":  {Faults: bench.Faults{Plain: true}},
		"T=0 only":         {Key9A: bench.RSA2048, Key9C: bench.RSA2048, Faults: bench.Faults{T0: true, Plain: true}},
		"gzip":             {Key9A: bench.RSA2048, Key9C: bench.P384, Faults: bench.Faults{Gzip: true}},
		"forgetful SELECT": {Faults: bench.Faults{ClearPINOnSelect: true}},
		"RSA-3072":         {Key9A: bench.RSA3072, Key9C: bench.RSA3072},
	} {
		t.Run(name, func(t *testing.T) {
			p.insert(t, 0, p.card(t, s))
			sess := p.mustLogin(t, 0, 0)
			if err := sess.Confirm(t.Context()); err != nil {
				t.Fatal(err)
			}
			sig, err := sess.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
			if err != nil {
				t.Fatal(err)
			}
			if err := token.VerifySignature(sess.Identity().Sign, sig, []byte("act")); err != nil {
				t.Error(err)
			}
			if err := sess.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestYankedMidSign(t *testing.T) {
	p := newPlace(t, desk.Options{})
	for _, do := range []bench.Action{bench.CloseBefore, bench.CloseAfter} {
		p.insert(t, 0, p.cards[0])
		s := p.mustLogin(t, 0, 0)
		setFaults(t, p.cards[0], bench.Faults{Rules: []bench.Rule{{INS: 0x87, P2: 0x9C, Do: do}}})
		sig, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
		tokentest.WantKind(t, err, token.Removed)
		if sig.Value != nil {
			t.Error("half a signature")
		}
		tokentest.AwaitLock(t, s, token.Removed)
		setFaults(t, p.cards[0], bench.Faults{})
	}
	p.insert(t, 0, p.cards[0])
	p.mustLogin(t, 0, 0)
}

// A card that hangs must not hold up the other reader.
func TestHangOverTheDaemon(t *testing.T) {
	p := newPlace(t, desk.Options{Timeout: 2 * time.Second})
	p.insert(t, 0, p.cards[0])
	p.insert(t, 1, p.cards[1])
	other := p.mustLogin(t, 1, 1)
	s := p.mustLogin(t, 0, 0)
	setFaults(t, p.cards[0], bench.Faults{Rules: []bench.Rule{{INS: 0x87, Do: bench.Hang, For: -1}}})
	tokentest.WantKind(t, s.Confirm(t.Context()), token.Timeout)
	tokentest.AwaitLock(t, s, token.Timeout)
	if why := suspect(t, p.desk, 0); why == "" {
		t.Error("the reader is not quarantined")
	}
	if err := other.Confirm(t.Context()); err != nil {
		t.Errorf("the other reader: %v", err)
	}
	_, err := p.login(t, 0, 0)
	tokentest.WantKind(t, err, token.Timeout)
	setFaults(t, p.cards[0], bench.Faults{})
	tokentest.Eventually(t, func() bool { return suspect(t, p.desk, 0) == "" })
	p.insert(t, 0, p.cards[0])
	p.mustLogin(t, 0, 0)
}

func suspect(t *testing.T, d token.Desk, i int) string {
	t.Helper()
	list, err := d.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Name == daemon.Readers[i] {
			return r.Suspect
		}
	}
	return ""
}

// Two cards exchanged within the reader's polling interval: whether or not the daemon notices, the session is over before
// anything is signed, and the other person's tries are intact.
func TestSwap(t *testing.T) {
	p := newPlace(t, desk.Options{})
	for _, gap := range []time.Duration{0, 150 * time.Millisecond} {
		p.insert(t, 0, p.cards[0])
		s := p.mustLogin(t, 0, 0)
		in, err := p.in[0].Swap(t.Context(), p.cards[1], gap)
		if err != nil {
			t.Fatal(err)
		}
		p.in[0] = in
		_, err = s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
		if k := token.KindOf(err); k != token.Mismatch && k != token.Removed {
			t.Fatalf("gap %s: %v", gap, err)
		}
		tokentest.AwaitLock(t, s, token.Mismatch, token.Removed)
		if n := p.cards[1].TriesLeft(); n != 3 {
			t.Errorf("gap %s: the stranger's card has %d tries left", gap, n)
		}
	}
	p.insert(t, 0, p.cards[1])
	p.mustLogin(t, 0, 1)
}

func TestDaemonKilledAndRestarted(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.insert(t, 0, p.cards[0])
	s := p.mustLogin(t, 0, 0)
	events := p.desk.Watch(t.Context())
	daemon.Kill()
	tokentest.AwaitLock(t, s, token.Daemon)
	_, err := p.desk.Readers(t.Context())
	tokentest.WantKind(t, err, token.Daemon)
	_, err = p.login(t, 0, 0)
	tokentest.WantKind(t, err, token.Daemon)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := daemon.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	p.in[0] = nil
	p.insert(t, 0, p.cards[0])
	for _, want := range []token.EventKind{token.DaemonLost, token.DaemonBack, token.CardInserted} {
		for ev := range events {
			if ev.Kind == want {
				break
			}
		}
	}
	tokentest.WantKind(t, s.Confirm(t.Context()), token.Daemon)
	p.mustLogin(t, 0, 0)
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A hundred wrong cards and a hundred visits leave no handle behind and the reader usable.
func TestHundredCycles(t *testing.T) {
	p := newPlace(t, desk.Options{})
	foreign := p.card(t, bench.Spec{Faults: bench.Faults{NotPIV: true}})
	p.insert(t, 0, foreign)
	p.insert(t, 1, p.cards[1])
	cycle := func() {
		_, err := p.login(t, 0, 0)
		tokentest.WantKind(t, err, token.NotPIV)
		s := p.mustLogin(t, 1, 1)
		if err := s.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	before := descriptors(t)
	for range 100 {
		cycle()
	}
	if after := descriptors(t); after > before+2 {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	p.insert(t, 0, p.cards[0])
	p.mustLogin(t, 0, 0)
}

// Another program holds the card, exclusively or in a transaction.
func TestHeldByAnotherProgram(t *testing.T) {
	p := newPlace(t, desk.Options{Timeout: 2 * time.Second})
	p.insert(t, 0, p.cards[0])
	ctx, err := scard.EstablishContext()
	if err != nil {
		t.Fatal(err)
	}
	defer ctx.Release()
	h, err := ctx.Connect(daemon.Readers[0], scard.ShareExclusive, scard.ProtocolAny)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.login(t, 0, 0)
	tokentest.WantKind(t, err, token.Busy)
	if err := h.Disconnect(scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	if h, err = ctx.Connect(daemon.Readers[0], scard.ShareShared, scard.ProtocolAny); err != nil {
		t.Fatal(err)
	}
	if err := h.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	_, err = p.login(t, 0, 0)
	if e := tokentest.WantKind(t, err, token.Busy); !strings.Contains(e.Error(), "another program") {
		t.Errorf("%v", e)
	}
	if err := h.EndTransaction(scard.LeaveCard); err != nil {
		t.Fatal(err)
	}
	tokentest.Eventually(t, func() bool { return suspect(t, p.desk, 0) == "" })
	s := p.mustLogin(t, 0, 0)
	if err := h.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.ResetCard); err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(t.Context()); err == nil {
		t.Error("a session outlived a reset by another program")
	}
	tokentest.AwaitLock(t, s, token.Removed, token.Mismatch)
	_ = h.Disconnect(scard.LeaveCard)
}

// The message names the program that holds the card.
func TestHolderIsNamed(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.insert(t, 0, p.cards[0])
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(self)
	other.Env = append(os.Environ(), "SEXTON_TEST_HOLD="+daemon.Readers[0])
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || said != "held\n" {
		t.Fatalf("the other program says %q, %v", said, err)
	}
	_, err = p.login(t, 0, 0)
	if e := tokentest.WantKind(t, err, token.Busy); !strings.Contains(e.Error(), fmt.Sprintf("[%d]", other.Process.Pid)) {
		t.Errorf("the holder is not named: %v", e)
	}
	_ = in.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	p.mustLogin(t, 0, 0)
}

// github.com/ebfe/scard keeps only the last copy of a reader's name alive; with several callers and a busy garbage collector
// the states of two readers were seen exchanged. No answer may be about another reader than the one asked for.
func TestStatesAreNeverExchanged(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.insert(t, 1, p.cards[1])
	events := p.desk.Watch(t.Context())
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 2 {
		wg.Go(func() {
			var junk [][]byte // what the collector may put where a name was
			for i := 0; ctx.Err() == nil; i++ {
				junk = append(junk, []byte("Virtual PCD 00 0"+string(rune('0'+i%2))+"\x00"))
				if i%2000 == 0 {
					runtime.GC()
					runtime.KeepAlive(junk)
					junk = nil
				}
			}
		})
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 2000 {
				slots, err := pcsc.New().Readers(ctx)
				if err != nil || len(slots) != 2 || slots[0].Present || !slots[1].Present {
					t.Errorf("%+v, %v", slots, err)
					return
				}
			}
		})
	}
	asking.Wait()
	cancel()
	wg.Wait()
	_ = p.desk.Close()
	for ev := range events {
		if ev.Kind == token.CardRemoved || ev.Kind == token.CardInserted && ev.Reader != daemon.Readers[1] {
			t.Errorf("%+v", ev)
		}
	}
}
