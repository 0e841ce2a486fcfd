package modbus_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"sexton/shredder"
)

// randomFault spoils about a third of all exchanges: the request or the answer is lost, a request is delivered twice, an older
// request is delivered again, an answer is broken, an exception of a gateway hides success or failure.
func randomFault(rng *rand.Rand) mangler {
	var mu sync.Mutex
	var older []func() []byte
	roll := func() (kind int, old func() []byte) {
		mu.Lock()
		defer mu.Unlock()
		if len(older) > 0 {
			old = older[rng.IntN(len(older))]
		}
		return rng.IntN(24), old
	}
	return func(_ net.Conn, req []byte, execute func() []byte) ([]byte, bool) {
		kind, old := roll()
		if isWrite(req) {
			mu.Lock()
			older = append(older, execute)
			mu.Unlock()
		}
		gateway := append(append([]byte{}, req[:4]...), 0, 3, req[6], req[7]|0x80, 11)
		switch kind {
		case 0:
			return nil, true // request lost
		case 1:
			execute()
			return nil, true // answer lost
		case 2:
			execute()
			return execute(), false // delivered twice
		case 3:
			b := execute()
			b[5]++ // lying length
			return b, true
		case 4:
			if isWrite(req) {
				execute()
			}
			return gateway, false
		case 5:
			return gateway, false
		case 6, 7:
			if old != nil {
				old() // delivered late, out of order
			}
		}
		return execute(), false
	}
}

// Over random histories on a bad line, outcomes must match what the device did:
// accepted = exactly one permission, refused = none, withdrawn = none lives.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(4) {
		r := newRig(t, func(r *rig) { r.conf.Timeout = 100 * time.Millisecond })
		rng := rand.New(rand.NewPCG(seed, 1))
		r.srv.setMangle(randomFault(rand.New(rand.NewPCG(seed, 2))))
		seen := map[string]int{}
		offered := token()
		settle := func(o shredder.Outcome, err error) (shredder.Outcome, error) {
			for o == shredder.Unknown {
				seen["unknown"]++
				if o, err = r.m.Resolve(bg); errors.Is(err, shredder.ErrUnresolvable) || errors.Is(err, shredder.ErrNothingOpen) {
					t.Fatalf("seed %d: one master, no restart, and yet %v", seed, err)
				}
			}
			return o, err
		}
		for step := range 80 {
			before := r.releases()
			switch rng.IntN(4) {
			case 0:
				offered = token()
				o, _ := settle(r.m.Offer(bg, shredder.Job{Token: offered, Items: 5}))
				seen["offer "+o.String()]++
			case 1, 2:
				o, err := settle(r.m.Release(bg, offered, minute()))
				seen["release "+o.String()]++
				want := map[shredder.Outcome]int{shredder.Accepted: 1, shredder.Refused: 0}[o]
				if got := r.releases() - before; got != want {
					t.Fatalf("seed %d, step %d: release is %v (%v), but %d permissions went live", seed, step, o, err, got)
				}
			case 3:
				if o, _ := r.m.Withdraw(bg, shredder.JobToken{}); o == shredder.Accepted {
					seen["withdraw accepted"]++
					if r.permitted() {
						t.Fatalf("seed %d, step %d: withdrawn, but a permission lives", seed, step)
					}
				}
			}
		}
		for _, k := range []string{"unknown", "offer accepted", "release accepted", "release refused", "withdraw accepted"} {
			if seen[k] == 0 {
				t.Errorf("seed %d never came to %q: %v", seed, k, seen)
			}
		}
		r.m.Close()
	}
}
