package pcscd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sexton/bench/card"
)

func TestKilledDaemonComesBack(t *testing.T) {
	d := start(t)
	stays, err := card.Stay(context.Background(), d.Addrs[0], newCard(t, card.Spec{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stays.Remove)
	goes := insert(t, d, 1, newCard(t, card.Spec{}))
	readers, addrs := strings.Join(d.Readers, ","), strings.Join(d.Addrs, ",")
	d.Kill()
	select {
	case <-d.Done():
	default:
		t.Fatal("Done is open after Kill")
	}
	if out, err := tool(t, d, "opensc-tool", "-l"); err == nil && strings.Contains(out, "Virtual PCD") {
		t.Fatalf("a killed daemon answers:\n%s", out)
	}
	<-goes.Done()
	if goes.Err() == nil {
		t.Error("an insertion that lost its reader has no error")
	}
	if err := d.Restart(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if strings.Join(d.Readers, ",") != readers || strings.Join(d.Addrs, ",") != addrs {
		t.Errorf("readers were %s at %s, are %v at %v", readers, addrs, d.Readers, d.Addrs)
	}
	if err := d.WaitCard(deadline(t), 0, true); err != nil {
		t.Fatal(err)
	}
	must(t, d, "Personal Identity Verification Card", "opensc-tool", "-r", d.Readers[0], "-n")
	if err := d.Restart(deadline(t)); err != nil { // of a living daemon
		t.Fatal(err)
	}
	if err := d.WaitCard(deadline(t), 0, true); err != nil {
		t.Fatal(err)
	}
}

// A card that is pulled by its fault in the middle of a signature is out of the reader,
// and the next card works.
func TestPulledInSignature(t *testing.T) {
	for _, do := range []card.Action{card.CloseBefore, card.CloseAfter} {
		t.Run(string(do), func(t *testing.T) {
			d := start(t)
			c := newCard(t, card.Spec{})
			in := insert(t, d, 0, c)
			if err := c.SetFaults(card.Faults{Rules: []card.Rule{{INS: 0x87, P2: 0x9A, Do: do}}}); err != nil {
				t.Fatal(err)
			}
			path := writePEM(t, t.TempDir(), c, 0x9A)
			args := []string{"-r", d.Readers[0], "-a", "verify-pin", "-P", pin, "-a", "test-signature", "-s", "9a", "-A", "ECCP256", "-i", path}
			if out, err := tool(t, d, "yubico-piv-tool", args...); err == nil && strings.Contains(out, "Successful ECDSA") {
				t.Errorf("signed with the card gone:\n%s", out)
			}
			<-in.Done()
			if !errors.Is(in.Err(), card.ErrPulled) {
				t.Errorf("cause: %v", in.Err())
			}
			if err := d.WaitCard(deadline(t), 0, false); err != nil {
				t.Fatal(err)
			}
			if err := c.SetFaults(card.Faults{}); err != nil {
				t.Fatal(err)
			}
			insert(t, d, 0, c)
			must(t, d, "Successful ECDSA verification", "yubico-piv-tool", args...)
		})
	}
}

// A hanging card blocks its reader only, and goes on when its fault is lifted.
func TestHangingCardBlocksOneReader(t *testing.T) {
	d := start(t)
	bad := newCard(t, card.Spec{Faults: card.Faults{Rules: []card.Rule{{INS: 0xFD, Do: card.Hang, For: -1}}}})
	asked := make(chan struct{}, 8)
	bad.Trace(func(cmd, _ []byte) {
		if cmd[1] == 0xFD {
			asked <- struct{}{}
		}
	})
	insert(t, d, 0, bad)
	insert(t, d, 1, newCard(t, card.Spec{Serial: 42}))
	ended := make(chan string, 1)
	go func() {
		out, err := tool(t, d, "yubico-piv-tool", "-r", d.Readers[0], "-a", "status")
		if err != nil {
			out += err.Error()
		}
		ended <- out
	}()
	select {
	case <-asked:
	case <-time.After(30 * time.Second):
		t.Fatal("nobody asked the card")
	}
	must(t, d, "Serial Number:\t42", "yubico-piv-tool", "-r", d.Readers[1], "-a", "status")
	select {
	case out := <-ended:
		t.Fatalf("the card answered:\n%s", out)
	default:
	}
	if err := bad.SetFaults(card.Faults{}); err != nil {
		t.Fatal(err)
	}
	if out := <-ended; !strings.Contains(out, "Slot 9a:") {
		t.Errorf("after the hang:\n%s", out)
	}
}

func TestToolsSeeSpoiltSignature(t *testing.T) {
	d := start(t)
	for name, f := range map[string]card.Faults{
		"flipped bit": {FlipSignatureBit: true},
		"clone":       {Clone: true},
		"wrong SW":    {Rules: []card.Rule{{INS: 0x87, P2: 0x9A, Do: card.WrongSW, SW: 0x6F00}}},
		"truncated":   {Rules: []card.Rule{{INS: 0x87, P2: 0x9A, Do: card.Truncate, Keep: 20}}},
	} {
		c := newCard(t, card.Spec{Faults: f})
		in := insert(t, d, 0, c)
		out, err := tool(t, d, "yubico-piv-tool", "-r", d.Readers[0], "-a", "verify-pin", "-P", pin,
			"-a", "test-signature", "-s", "9a", "-A", "ECCP256", "-i", writePEM(t, t.TempDir(), c, 0x9A))
		if !strings.Contains(out, "Successfully verified PIN") || strings.Contains(out, "Successful ECDSA") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		in.Remove()
		if err := d.WaitCard(deadline(t), 0, false); err != nil {
			t.Fatal(err)
		}
	}
}

// A swap without a pause is invisible to the daemon, and a new client reads the other
// card: what a product must survive can be made here. The daemon may poll just between
// the two connections and see it after all, so several swaps are tried.
func TestSilentSwap(t *testing.T) {
	d := start(t)
	cards := []*card.Card{newCard(t, card.Spec{Name: "Card A"}), newCard(t, card.Spec{Name: "Card B"})}
	in := insert(t, d, 0, cards[0])
	silent := false
	for n := 1; n <= 5 && !silent; n++ {
		before, err := d.State(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		if in, err = in.Swap(context.Background(), cards[n%2], 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(in.Remove)
		// The first clients may be told of a reset by a daemon that still holds the ATR of
		// the card that is gone.
		out := ""
		for range 5 {
			if out, err = tool(t, d, "yubico-piv-tool", "-r", d.Readers[0], "-a", "status"); err == nil {
				break
			}
		}
		if want := "CN=" + cards[n%2].Name(); !strings.Contains(strings.ReplaceAll(out, " = ", "="), want) {
			t.Fatalf("swap %d: no %s in\n%s", n, want, out)
		}
		after, err := d.State(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		silent = after[0].Events == before[0].Events
	}
	if !silent {
		t.Error("the daemon noticed every swap")
	}
}
