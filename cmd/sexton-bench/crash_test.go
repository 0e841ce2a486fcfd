package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sexton/bench/shredder"
	"sexton/web/api"
)

// The daemon is killed with SIGKILL at every boundary of the run of a batch and inside each of its steps, over the real protocols; then
// people go on as they would, until the certificate. What must hold is in judge_test.go.
//
// Judges that do not trust the station: the shredder's truth (what was really cut, how often a permission went live), the hands' own
// memory of what they laid on the table, RFC 6962 leaf hashes of what was acknowledged, `sextond ledger audit`, and sexton-inspect.

// killPace is the speed of the shredder's physics: slow enough that a kill hits every phase of a feed.
const killPace = 30

// TestKillDaemon runs one batch that is killed after each operation, then SEXTON_CRASH_ROUNDS batches that are killed inside each.
// SEXTON_CRASH_SEED repeats the delays of a run that is on record in its log.
func TestKillDaemon(t *testing.T) {
	c := newCrew(t, seed(t))
	t.Run("boundaries", func(t *testing.T) {
		c.begin(t, 0)
		c.finish(func(a act) kill { return c.once(a, kill{after: true}) })
		c.judge()
	})
	for n := 1; n <= rounds(t, 2) && !t.Failed(); n++ {
		t.Run(fmt.Sprintf("inside-%d", n), func(t *testing.T) {
			c.begin(t, n)
			c.finish(c.inside)
			c.judge()
		})
	}
	c.t = t
	c.audit()
}

// once gives k the first time an act of this round is seen, and no kill later.
func (c *crew) once(a act, k kill) kill {
	if a.kind == "login" || c.round.killed[a.key] {
		return kill{}
	}
	c.round.killed[a.key] = true
	return k
}

// inside draws where an act is killed. The delays of one kind of act follow the golden ratio: any number of them lies evenly over
// the time the act takes.
func (c *crew) inside(a act) kill {
	if c.round.killed[a.key] || (a.kind == "feed" && c.round.fed == 0) { // one carrier of each round is destroyed in peace
		return kill{}
	}
	c.round.killed[a.key] = true
	k := kill{at: "begin", twice: c.rng.IntN(4) == 0}
	if a.kind == "feed" {
		k.at = phases[c.swept%len(phases)]
		k.away = c.rng.IntN(2) == 0
		c.swept++
	}
	place := a.kind + " " + k.at
	k.delay = time.Duration(1.1 * c.golden(place) * float64(c.took[place]))
	return k
}

// golden is the next of a sequence in [0, 1) that begins anywhere.
func (c *crew) golden(of string) float64 {
	if _, ok := c.sweep[of]; !ok {
		c.sweep[of] = c.rng.Float64()
	}
	_, c.sweep[of] = math.Modf(c.sweep[of] + 1/math.Phi)
	return c.sweep[of]
}

// phases of a feed in which the daemon is killed: before the person is asked; when he is asked and does not feed; when he is asked and
// feeds although the daemon is gone; when it lies on the table; counted; between the knives; running down; after the answer.
var phases = []string{"table", "ready", "fed", "late", "running", "begin", "settling", "done"}

// kill says when the daemon is killed. The zero value: not at all.
type kill struct {
	after bool          // when the act was answered
	at    string        // so long after this phase of the act, or when it is answered, whatever comes first
	delay time.Duration // after that
	away  bool          // the daemon stays away until the machine is through
	twice bool          // it is killed again while it starts
}

func (k kill) none() bool { return !k.after && k.at == "" }

func (k kill) String() string {
	switch {
	case k.none():
		return "no kill"
	case k.after:
		return "kill after the answer"
	}
	s := fmt.Sprintf("kill %v after %s", k.delay.Round(time.Millisecond), k.at)
	if k.away {
		s += ", away until the machine is through"
	}
	if k.twice {
		s += ", and again at the start"
	}
	return s
}

// rounds is how many batches are killed inside: SEXTON_CRASH_ROUNDS, else n.
func rounds(t *testing.T, n int) int {
	if s := os.Getenv("SEXTON_CRASH_ROUNDS"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 {
			t.Fatalf("SEXTON_CRASH_ROUNDS=%q is no number", s)
		}
		return v
	}
	return n
}

func seed(t *testing.T) uint64 {
	n := rand.Uint64()
	if s := os.Getenv("SEXTON_CRASH_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("SEXTON_CRASH_SEED=%q is no number", s)
		}
	}
	t.Logf("SEXTON_CRASH_SEED=%d", n)
	return n
}

// newCrew brings up a whole virtual station with persons, rules and machine.
func newCrew(t *testing.T, seed uint64) *crew {
	t.Helper()
	if os.Getenv("SEXTON_SYSTEM_TESTS") != "1" {
		t.Skip("needs pcscd, vsmartcard-vpcd and the built programs: run by scripts/test with SEXTON_SYSTEM_TESTS=1")
	}
	bin := os.Getenv("SEXTON_BIN")
	if bin == "" {
		t.Fatal("SEXTON_BIN must name the directory of sextond, sexton, sexton-bench and sexton-inspect")
	}
	r, err := newRig(t.Context(), t.TempDir(), bin, rigOptions{plan: shredder.Plan{Version: 1}, pace: killPace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	people, err := newCast(r.ca)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.initStation(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := &crew{t: t, ctx: t.Context(), rig: r, cast: people, rng: rand.New(rand.NewPCG(seed, 1)), sessions: map[string]string{}, took: map[string]time.Duration{},
		sweep: map[string]float64{}}
	tell := teller{out: io.Discard, rig: r}
	if err := tell.enrol(t.Context(), people, filepath.Join("..", "..", "testdata", "policy", "unit-training.toml")); err != nil {
		t.Fatal(err)
	}
	return c
}

// finish carries the batch of the round to its certificate and what comes after; when says where the daemon is killed.
func (c *crew) finish(when func(act) kill) {
	c.t.Helper()
	for range 300 {
		a, ok := c.next()
		if !ok {
			return
		}
		c.perform(a, when(a))
		if c.t.Failed() {
			c.t.FailNow() // what comes next would only repeat it
		}
	}
	c.t.Fatal("the batch does not come to its end")
}

// perform carries out one act, kills the daemon as k says, starts it again, and has judged what is found then.
func (c *crew) perform(a act, k kill) {
	c.t.Helper()
	before, had := c.batch()
	began := time.Now()
	d := &deed{crew: c, kill: k, killed: c.rig.daemon.done, began: began}
	d.reach("begin")
	err := a.do(d)
	took := time.Since(began)
	if k.none() {
		if err != nil {
			c.t.Fatalf("%s: %v", a.key, err)
		}
		if a.kind != "feed" { // which learns the time of each phase
			c.took[a.kind+" begin"] = took
		}
		return
	}
	after := before
	if k.after {
		if err != nil {
			c.t.Fatalf("%s: %v", a.key, err)
		}
		if a.kind != "feed" {
			c.took[a.kind+" begin"] = took
		}
		after, had = c.batch()
	}
	d.strike()
	<-c.rig.daemon.done
	if err != nil && !unreachable(err) {
		c.t.Fatalf("%s (%v): %v", a.key, k, err)
	}
	c.t.Logf("%s: %v, %d ms after its begin, answered %t", a.key, k, d.struck.Sub(began).Milliseconds(), err == nil)
	d.aftermath()
	c.restart(k.twice)
	c.mustBeSafe()
	if k.after {
		c.mustBeSame(after, had)
	} else {
		c.mustFollow(a, before, had, err == nil)
	}
	if a.kind == "feed" {
		c.mustShowFeed(a.carrier, d, err == nil)
	}
}

// restart starts the daemon after its end; twice kills it once more while it starts.
func (c *crew) restart(twice bool) {
	c.t.Helper()
	c.rig.client.Close()
	clear(c.sessions)
	c.round.restarts++
	if twice {
		d, err := c.rig.start("sextond", io.Discard, filepath.Join(c.rig.bin, "sextond"), "serve", "--config", c.rig.config())
		if err != nil {
			c.t.Fatal(err)
		}
		wait := time.NewTimer(time.Duration(c.golden("start") * float64(c.took["start"])))
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-d.done:
			c.t.Fatalf("the daemon ended at its start: %s", d.tail())
		}
		_ = d.cmd.Process.Kill()
		<-d.done
	}
	began := time.Now()
	if err := c.rig.startDaemon(c.ctx); err != nil {
		c.t.Fatalf("the daemon does not start again: %v", err)
	}
	c.took["start"] = max(c.took["start"], time.Since(began))
}

// call asks the daemon; a fault ends the test.
func call[T any](c *crew, op string, req any) T {
	c.t.Helper()
	v, err := api.Call[T](c.ctx, c.rig.client, op, req)
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", op, err, c.rig.daemon.tail())
	}
	return v
}
