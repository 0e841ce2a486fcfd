package desk_test

import (
	"context"
	"sync"
	"testing"

	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

func TestServiceRestart(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	events := p.desk.Watch(t.Context())
	p.rack.StopService()
	tokentest.AwaitLock(t, s, token.Daemon)
	_, err := p.desk.Readers(t.Context())
	tokentest.WantKind(t, err, token.Daemon)
	_, err = p.login(t, left, 0)
	tokentest.WantKind(t, err, token.Daemon)
	p.rack.StartService()
	for _, want := range []token.EventKind{token.DaemonLost, token.DaemonBack, token.CardInserted} {
		for ev := range events {
			if ev.Kind == want {
				break
			}
		}
	}
	tokentest.WantKind(t, s.Confirm(t.Context()), token.Daemon)
	p.mustLogin(t, left, 0)
}

// Readers are known by name: neither order nor what is plugged beside them binds a session to another reader.
func TestReadersComeAndGo(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	p.rack.Insert(right, p.cards[1])
	a, b := p.mustLogin(t, left, 0), p.mustLogin(t, right, 1)
	p.rack.Plug("a new first reader", 0)
	p.rack.Unplug(left)
	tokentest.AwaitLock(t, a, token.Removed)
	if err := b.Confirm(t.Context()); err != nil {
		t.Fatalf("the other session suffered: %v", err)
	}
	p.rack.Plug(left, 2)
	p.rack.Insert(left, p.cards[1]) // the wrong person's card at the left
	if id, err := p.desk.Identify(t.Context(), left); err != nil || id.GUID != p.cards[1].GUID() || id.Reader != left {
		t.Errorf("left shows %q: %v", id.GUID, err)
	}
	list, err := p.desk.Readers(t.Context())
	if err != nil || len(list) != 3 || list[0].Name != "a new first reader" || list[2].Name != left {
		t.Errorf("%+v, %v", list, err)
	}
	tokentest.WantKind(t, a.Confirm(t.Context()), token.Removed)
}

// The same card taken out and put back so fast that only the counter tells.
func TestCounterMovesLocks(t *testing.T) {
	p := newPlace(t, desk.Options{})
	p.rack.Insert(left, p.cards[0])
	s := p.mustLogin(t, left, 0)
	p.rack.Insert(left, p.cards[0])
	tokentest.AwaitLock(t, s, token.Removed)
}

// scripted is a Rack whose events the test makes.
type scripted struct {
	*tokentest.Rack
	events chan token.Event
}

func (s scripted) Watch(ctx context.Context) <-chan token.Event {
	out := make(chan token.Event)
	go func() {
		defer close(out)
		for {
			select {
			case ev := <-s.events:
				out <- ev
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Events from before the login may arrive during it and do no harm, also across the wrap of the counter; once the login
// has succeeded, every other counter locks.
func TestLateEventsDoNotLock(t *testing.T) {
	p := newPlace(t, desk.Options{})
	for _, after := range []uint16{2, 0} { // 0: the reader was plugged in anew, unseen
		rack := scripted{tokentest.NewRack(left), make(chan token.Event)}
		d, err := desk.Open(rack, p.store(t), desk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rack.Insert(left, p.cards[0]) // count 1
		go func() {
			for _, ev := range []token.Event{
				{Kind: token.ReaderAdded, Reader: left, Count: 0xFFFE},
				{Kind: token.CardInserted, Reader: left, Count: 0xFFFF},
				{Kind: token.CardRemoved, Reader: left, Count: 0},
				{Kind: token.CardInserted, Reader: left, Count: 1},
			} {
				rack.events <- ev
			}
		}()
		s, err := d.Login(t.Context(), left, tokentest.MustPIN(t, pins[0]), challenge())
		if err != nil {
			t.Fatal(err)
		}
		rack.events <- token.Event{Kind: token.CardRemoved, Reader: right, Count: 9}
		if s.Cause() != nil {
			t.Fatalf("a late event locked: %v", s.Cause())
		}
		rack.events <- token.Event{Kind: token.CardInserted, Reader: left, Count: after}
		tokentest.AwaitLock(t, s, token.Removed)
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A removal that is reported while the login still runs refuses it.
func TestRemovalDuringLogin(t *testing.T) {
	for name, ev := range map[string]token.Event{
		"card":    {Kind: token.CardRemoved, Reader: left, Count: 2},
		"reader":  {Kind: token.ReaderRemoved, Reader: left},
		"service": {Kind: token.DaemonLost},
	} {
		p := newPlace(t, desk.Options{})
		rack := scripted{tokentest.NewRack(left), make(chan token.Event)}
		d, err := desk.Open(rack, p.store(t), desk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rack.Insert(left, p.cards[0])
		rack.events <- token.Event{Kind: token.ReaderAdded, Reader: left}
		asked := make(chan struct{}, 1)
		p.cards[0].Trace(func(cmd, _ []byte) {
			if cmd[1] == 0x87 {
				asked <- struct{}{}
			}
		})
		go func() { <-asked; rack.events <- ev }()
		_, err = d.Login(t.Context(), left, tokentest.MustPIN(t, pins[0]), challenge())
		if k := token.KindOf(err); k != token.Removed && k != token.Daemon {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Closing the desk while others use it: each call ends with a result or Closed, and nothing is left open.
func TestCloseUnderLoad(t *testing.T) {
	for range 20 {
		p := newPlace(t, desk.Options{})
		p.rack.Insert(left, p.cards[0])
		p.rack.Insert(right, p.cards[1])
		var wg sync.WaitGroup
		for i := range 6 {
			pin := tokentest.MustPIN(t, pins[i%2])
			wg.Go(func() {
				reader := []string{left, right}[i%2]
				if s, err := p.desk.Login(t.Context(), reader, pin, challenge()); err == nil {
					_ = s.Confirm(t.Context())
				} else if k := token.KindOf(err); k != token.Closed && k != token.Busy {
					t.Errorf("login: %v", err)
				}
				if _, err := p.desk.Identify(t.Context(), reader); err != nil && token.KindOf(err) != token.Closed {
					t.Errorf("identify: %v", err)
				}
			})
		}
		if err := p.desk.Close(); err != nil {
			t.Error(err)
		}
		if n := p.rack.Links(); n != 0 {
			t.Errorf("%d links open after Close", n)
		}
		wg.Wait()
	}
}
