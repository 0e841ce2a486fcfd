package desk_test

import (
	"testing"
	"testing/synctest"
	"time"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/desk"
	"sexton/token/tokentest"
)

func TestIdleLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, desk.Options{IdleLimit: 5 * time.Minute})
		p.rack.Insert(left, p.cards[0])
		s := p.mustLogin(t, left, 0)
		time.Sleep(5*time.Minute - time.Second) // virtual
		if err := s.Confirm(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - time.Second) // the challenges in between are no use by the person
		synctest.Wait()
		if s.Cause() != nil {
			t.Fatalf("locked too early: %v", s.Cause())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		tokentest.AwaitLock(t, s, token.Idle)
		if err := p.desk.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestPeriodicChallengeFindsASwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, desk.Options{})
		p.rack.Insert(left, p.cards[0])
		s := p.mustLogin(t, left, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.Cause() != nil {
			t.Fatalf("locked without reason: %v", s.Cause())
		}
		p.rack.Swap(left, p.cards[1])
		time.Sleep(30 * time.Second)
		synctest.Wait()
		tokentest.AwaitLock(t, s, token.Mismatch)
		if err := p.desk.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A certificate that expires during the session ends it at the next act.
func TestExpiryInSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, desk.Options{IdleLimit: 24 * time.Hour, RecheckEvery: -1})
		p.rack.Insert(left, p.card(t, bench.Spec{Expiry: time.Now().Add(time.Hour)}))
		s := p.mustLogin(t, left, 0)
		time.Sleep(2 * time.Hour)
		_, err := s.Sign(t.Context(), tokentest.MustPIN(t, pins[0]), []byte("act"))
		tokentest.WantKind(t, err, token.Trust)
		tokentest.AwaitLock(t, s, token.Trust)
		if err := p.desk.Close(); err != nil {
			t.Error(err)
		}
	})
}
