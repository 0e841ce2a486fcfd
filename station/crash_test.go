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
				c := cut{what, n, done}
				t.Run(c.String(), func(t *testing.T) {
					t.Parallel()
					crashAt(t, c)
				})
			}
		}
	}
}

func crashAt(t *testing.T, c cut) {
	w := newWorld(t)
	w.office(3)
	w.life.plan = c.after(w.life.count[c.what])
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
	w := newWorld(t)
	w.office(3)
	base := w.life.count["write"]
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	fed := w.life.marks["feed done"] - base
	if fed <= 0 || w.life.marks["feed intent"]-base >= fed {
		t.Fatalf("marks %v", w.life.marks)
	}
	for _, first := range []cut{{"release", 1, true}, {"offer", 1, true}, {"write", fed, false}, {"write", fed, true}, {"write", fed - 1, true}} {
		for _, what := range []string{"write", "withdraw"} {
			for n := 1; n <= 4; n++ {
				for _, done := range []bool{false, true} {
					second := cut{what, n, done}
					if testing.Short() && n > 1 {
						continue
					}
					t.Run(fmt.Sprintf("%v-then-%v", first, second), func(t *testing.T) {
						t.Parallel()
						crashTwice(t, first, second)
					})
				}
			}
		}
	}
}

// cut is the end of a process: at its nth call of a kind, before or after it took effect.
type cut struct {
	what string
	n    int
	done bool
}

func (c cut) String() string { return fmt.Sprintf("%s-%d-done-%t", c.what, c.n, c.done) }

// after gives the plan of a process that made base calls of the kind before it counts.
func (c cut) after(base int) func(string, int) (bool, bool) {
	return func(call string, i int) (before, after bool) {
		hit := call == c.what && i == base+c.n
		return hit && !c.done, hit && c.done
	}
}

func crashTwice(t *testing.T, first, second cut) {
	w := newWorld(t)
	w.office(3)
	w.life.plan = first.after(w.life.count[first.what])
	if err := w.finish(); !w.life.over() {
		t.Fatalf("the first process did not die: %v", err)
	}
	w.restart(second.after(0))
	if err := w.finish(); err == nil || !w.life.over() {
		return // the second process made no such call, and finished: TestCrashEverywhere
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
