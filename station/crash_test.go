package station_test

import (
	"fmt"
	"testing"

	"sexton/station"
)

// TestCrashEverywhere ends the process at every write to the ledger and at every command to the machine of a whole run, before and after
// it took effect, and goes on with a new process as people would. In the end: nobody was asked to feed what was gone, no permission
// was given twice, and what the register says of each carrier is true of it.
func TestCrashEverywhere(t *testing.T) {
	calls := map[string]int{}
	w := newWorld(t)
	w.office(3)
	before := map[string]int{}
	for k, n := range w.life.count {
		before[k] = n
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	for k, n := range w.life.count {
		calls[k] = n - before[k]
	}
	if calls["write"] < 20 || calls["offer"] != 1 || calls["release"] != 1 {
		t.Fatalf("the whole run makes %v", calls)
	}
	for _, what := range []string{"write", "offer", "release", "withdraw"} {
		for n := 1; n <= calls[what]; n++ {
			for _, done := range []bool{false, true} {
				if testing.Short() && what == "write" && n%5 != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s-%d-done-%t", what, n, done), func(t *testing.T) {
					t.Parallel()
					crashAt(t, what, n, done)
				})
			}
		}
	}
}

func crashAt(t *testing.T, what string, n int, done bool) {
	w := newWorld(t)
	w.office(3)
	base := w.life.count[what]
	w.life.plan = func(call string, i int) (before, after bool) {
		hit := call == what && i == base+n
		return hit && !done, hit && done
	}
	err := w.finish()
	if !w.life.over() {
		t.Fatalf("the process did not die: %v", err)
	}
	w.restart(nil)
	w.mustBeSafe()
	if err := w.finish(); err != nil {
		t.Fatalf("after the restart: %v", err)
	}
	w.mustBeTrue()
}

// TestCrashTwice ends the process after the intent of a release and of a feed, and the next process at each of its first writes and
// commands.
func TestCrashTwice(t *testing.T) {
	for _, first := range []struct {
		what string
		n    int
		done bool
	}{{"release", 1, true}, {"offer", 1, true}, {"write", feedOutcome, false}, {"write", feedOutcome, true}} {
		for _, what := range []string{"write", "withdraw"} {
			for n := 1; n <= 4; n++ {
				for _, done := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s-%d-%t-then-%s-%d-%t", first.what, first.n, first.done, what, n, done), func(t *testing.T) {
						t.Parallel()
						crashTwice(t, first.what, first.n, first.done, what, n, done)
					})
				}
			}
		}
	}
}

// feedOutcome is the write of the whole run that holds the outcome of the first carrier; TestFeedOutcomeWrite keeps it true.
const feedOutcome = 19

func crashTwice(t *testing.T, what string, n int, done bool, what2 string, n2 int, done2 bool) {
	w := newWorld(t)
	w.office(3)
	base := w.life.count[what]
	w.life.plan = func(call string, i int) (bool, bool) {
		hit := call == what && i == base+n
		return hit && !done, hit && done
	}
	if err := w.finish(); !w.life.over() {
		t.Fatalf("the first process did not die: %v", err)
	}
	w.restart(func(call string, i int) (bool, bool) {
		hit := call == what2 && i == n2
		return hit && !done2, hit && done2
	})
	if err := w.finish(); err == nil || !w.life.over() {
		return // the second process had no such call, and finished: seen by TestCrashEverywhere
	}
	w.restart(nil)
	w.mustBeSafe()
	if err := w.finish(); err != nil {
		t.Fatalf("after the second restart: %v", err)
	}
	w.mustBeTrue()
}

// mustBeSafe: after a start no permission lives in the machine.
func (w *world) mustBeSafe() {
	w.t.Helper()
	w.m.mu.Lock()
	defer w.m.mu.Unlock()
	if w.m.live() {
		w.t.Error("a permission lives after the restart")
	}
}

// mustBeTrue compares the register with the world.
func (w *world) mustBeTrue() {
	w.t.Helper()
	for token, n := range w.m.used {
		if n > 1 {
			w.t.Errorf("token %s was released %d times", token, n)
		}
	}
	for number, n := range w.asks {
		if n > 0 {
			w.t.Errorf("somebody was asked to feed %s although it was gone", number)
		}
	}
	page, err := w.st.Carriers(w.t.Context(), station.CarrierFilter{List: w.list})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range page.Carriers {
		gone := w.gone[c.Number]
		switch c.State {
		case "certified", "destroyed", "resolved":
			if gone != 1 {
				w.t.Errorf("%s is %s and went into the machine %d times", c.Number, c.State, gone)
			}
		case "counted", "sealed", "authorised", "released":
			if gone != 0 {
				w.t.Errorf("%s is %s and is gone", c.Number, c.State)
			}
		case "lost": // two persons could not prove it
			if gone != 1 {
				w.t.Errorf("%s was written off and is still there", c.Number)
			}
		default:
			w.t.Errorf("%s is left %s", c.Number, c.State)
		}
	}
}
