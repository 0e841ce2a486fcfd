package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"sexton/web/api"
)

// mustBeSafe is what holds after every start: no permission lives until persons ask for it again, no feed is possible, and what was
// acknowledged is there.
func (c *crew) mustBeSafe() {
	c.t.Helper()
	truth, err := c.rig.hands.Truth(c.ctx, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	if truth.Tally.Permitted {
		c.t.Error("a permission lives in the machine after the start")
	}
	s := call[api.StatusView](c, "status", api.None{})
	if s.Active != "" {
		c.t.Errorf("the station holds a permission after the start: %s", s.Active)
	}
	if len(s.Sessions) > 0 {
		c.t.Errorf("somebody is logged in after the start: %+v", s.Sessions)
	}
	if s.Ledger.Size < c.round.size {
		c.t.Errorf("the ledger has %d leaves, %d were acknowledged", s.Ledger.Size, c.round.size)
	}
	c.mustHold(4)
	if most := c.released + c.onRecord(); int64(truth.Tally.Releases) > most {
		c.t.Errorf("%d permissions went live in the machine, %d are on record", truth.Tally.Releases, most)
	}
	b, ok := c.batch()
	if !ok {
		return
	}
	if b.State == "released" || b.Feeding != "" {
		c.t.Errorf("after the start the batch is %s, feeding %q", b.State, b.Feeding)
	}
	if b.Next != "" && b.State == "withdrawn" {
		_, err := c.rig.client.Feed(c.ctx, api.FeedRequest{Batch: b.ID, Carrier: b.Next}, nil)
		if !isFault(err, "machine.not-released") {
			c.t.Errorf("a feed before anybody resumed: %v", err)
		}
	}
}

// mustHold demands the last n acknowledged leaves, each by its RFC 6962 hash; all of the round when n is 0.
func (c *crew) mustHold(n int) {
	c.t.Helper()
	var at []int64
	for i := range c.round.receipts {
		at = append(at, i)
	}
	slices.Sort(at)
	if n > 0 && len(at) > n {
		at = at[len(at)-n:]
	}
	for _, i := range at {
		p := call[api.ProofView](c, "ledger/proof", api.ProofRequest{Index: i})
		sum := sha256.Sum256(append([]byte{0}, p.Leaf...))
		if got := hex.EncodeToString(sum[:]); got != c.round.receipts[i] {
			c.t.Errorf("leaf %d was acknowledged as %s and is %s", i, c.round.receipts[i], got)
		}
	}
}

// onRecord is how many permissions the batch of the round has on record: given, or perhaps given.
func (c *crew) onRecord() (n int64) {
	c.t.Helper()
	b, _ := c.batch()
	for _, h := range b.History {
		if h.Kind == "batch.released" || (h.Kind == "batch.withdrawn" && h.Detail == "release-unknown") {
			n++
		}
	}
	return n
}

// mustBeSame compares the batch before a kill at a boundary with what the next start shows: only a permission is gone.
func (c *crew) mustBeSame(was api.BatchView, had bool) {
	c.t.Helper()
	is, has := c.batch()
	if has != had {
		c.t.Fatalf("the batch is there: %t, before the kill: %t", has, had)
	}
	extra := c.mustExtend(was, is)
	if was.State == "released" {
		if len(extra) > 1 || (len(extra) == 1 && extra[0] != "batch.withdrawn") {
			c.t.Errorf("the start wrote %v", extra)
		}
		if is.State != "withdrawn" || (was.Step == "feed" && is.Step != "resume") || (was.Step != "feed" && is.Step != was.Step) {
			c.t.Errorf("before the kill %s, next %s; after the start %s, next %s", was.State, was.Step, is.State, is.Step)
		}
		was.State, was.StateZh, was.Step, was.StepZh, was.Cause, was.Waiting = is.State, is.StateZh, is.Step, is.StepZh, is.Cause, is.Waiting
	} else if len(extra) > 0 {
		c.t.Errorf("the start wrote %v", extra)
	}
	was.History = is.History
	if !reflect.DeepEqual(was, is) {
		c.t.Errorf("the batch before the kill:\n%+v\nafter the start:\n%+v", was, is)
	}
}

// mustExtend demands that the history of before goes on in after, and gives the kinds of what is new.
func (c *crew) mustExtend(before, after api.BatchView) (kinds []string) {
	c.t.Helper()
	if len(after.History) < len(before.History) {
		c.t.Fatalf("the history of the batch had %d leaves and has %d", len(before.History), len(after.History))
	}
	for i, h := range after.History {
		if i >= len(before.History) {
			kinds = append(kinds, h.Kind)
		} else if h.Hash != before.History[i].Hash {
			c.t.Errorf("leaf %d of the batch was %s and is %s", i, before.History[i].Hash, h.Hash)
		}
	}
	return kinds
}

// writes is what each act may write about the batch.
var writes = map[string]string{"open": "batch.opened", "seal": "batch.sealed", "approve": "batch.approved", "authorise": "batch.authorised",
	"release": "batch.released", "resume": "batch.released", "reconcile": "batch.reconciled", "complete": "batch.completed", "certify": "batch.certified"}

// mustFollow compares the batch before an act that was killed with what the next start shows: the act happened once or not at all, and
// nothing else did, but for the end of a permission.
func (c *crew) mustFollow(a act, before api.BatchView, had, answered bool) {
	c.t.Helper()
	after, has := c.batch()
	if had && !has {
		c.t.Fatal("the batch is gone")
	}
	own, ended := 0, 0
	for _, k := range c.mustExtend(before, after) {
		switch {
		case k == writes[a.kind]:
			own++
		case k == "batch.withdrawn":
			ended++
		default:
			c.t.Errorf("%s and a start wrote %s", a.key, k)
		}
	}
	if own > 1 || ended > 1 {
		c.t.Errorf("%s and a start wrote %s %d times, and %d withdrawals", a.key, writes[a.kind], own, ended)
	}
	if ended > 0 && before.State != "released" && a.kind != "release" && a.kind != "resume" {
		c.t.Errorf("%s: a permission ended although none was given", a.key)
	}
	if !answered {
		return
	}
	switch a.kind {
	case "open", "count", "recount", "seal", "approve", "team", "authorise", "reconcile", "complete":
		if stage(before) == stage(after) {
			c.t.Errorf("%s was acknowledged, and after a start the batch is where it was: %s", a.key, stage(after))
		}
	case "release", "resume":
		if own != 1 || ended != 1 || after.State != "withdrawn" {
			c.t.Errorf("%s was acknowledged; after a start %d releases, %d withdrawals, %s", a.key, own, ended, after.State)
		}
	}
}

// stage is the place of a batch in the run, with the signatures it has.
func stage(b api.BatchView) string {
	s := b.State + " " + b.Step
	for _, w := range b.Waiting {
		if w.Signed {
			s += " " + w.Person
		}
	}
	return s
}

// mustShowFeed looks at a carrier whose feed was killed. Who was asked to feed it can be indeterminate, or have an outcome that came
// before the kill; it is never as if nothing had happened. What is indeterminate is in sight and stops the machine.
func (c *crew) mustShowFeed(number string, d *deed, answered bool) {
	c.t.Helper()
	v := call[api.CarrierView](c, "carrier/show", api.ByID{ID: number})
	judged := slices.Contains([]string{"destroyed", "unverified", "disputed"}, v.State)
	switch {
	case answered && !judged:
		c.t.Errorf("the outcome of %s was acknowledged, and after a start it is %s", number, v.State)
	case answered || v.State == "indeterminate" || (d.laid && !d.late && judged):
	case !d.ready && v.State == "released": // nobody was asked
	default:
		c.t.Errorf("%s is %s after a kill: asked for it %t, on the table before the kill %t", number, v.State, d.ready, d.laid && !d.late)
	}
	if v.State != "indeterminate" {
		return
	}
	b, _ := c.batch()
	open := slices.ContainsFunc(b.Open, func(o api.OpenCase) bool { return o.Carrier == number && o.Case == v.Case })
	if !open || b.Step != "resolve" {
		c.t.Errorf("%s is indeterminate; shown as open case: %t; next step %s", number, open, b.Step)
	}
	if _, err := api.Call[api.BatchView](c.ctx, c.rig.client, "batch/resume", api.ByID{ID: b.ID}); !isFault(err, "outcome.open") {
		c.t.Errorf("going on over the indeterminate %s: %v", number, err)
	}
	if _, err := c.rig.client.Feed(c.ctx, api.FeedRequest{Batch: b.ID, Carrier: number}, nil); err == nil {
		c.t.Errorf("%s could be fed again", number)
	}
}

// statement is what the judge reads of a certificate.
type statement struct {
	Predicate struct {
		Members []struct {
			Number, State, Verdict string
		} `json:"members"`
	} `json:"predicate"`
}

// judge compares the end of the round with the truth, and has every certificate inspected away from the station.
func (c *crew) judge() {
	c.t.Helper()
	if c.t.Failed() {
		return
	}
	c.mustHold(0)
	destroyed := 0
	for _, v := range call[api.CarrierPage](c, "carrier/list", api.FilterRequest{List: c.batchList(), Limit: 1000}).Carriers {
		cut, whole := c.settle(v.Number)
		h := c.round.hands[v.Number]
		switch v.State {
		case "certified":
			destroyed++
			if cut == 0 || whole > 0 || h.laid != 1 {
				c.t.Errorf("%s is certified as destroyed; %d parts of it were cut, %d are whole, it was fed %d times", v.Number, cut, whole, h.laid)
			}
		case "counted": // held
			if cut > 0 {
				c.t.Errorf("%s is held and %d parts of it are cut", v.Number, cut)
			}
		case "lost":
			if cut == 0 {
				c.t.Errorf("%s is written off and whole", v.Number)
			}
		default:
			c.t.Errorf("%s is left %s", v.Number, v.State)
		}
	}
	if destroyed == 0 {
		c.t.Error("nothing was certified")
	}
	for i, b := range c.round.certs {
		c.inspect(b, i == len(c.round.certs)-1, destroyed)
	}
	c.t.Logf("%d restarts, %d carriers certified, %d certificates", c.round.restarts, destroyed, len(c.round.certs))
}

func (c *crew) batchList() string {
	b, _ := c.batch()
	return b.List
}

// inspect has sexton-inspect judge one certificate, and compares who it calls destroyed with the truth.
func (c *crew) inspect(bundle []byte, last bool, destroyed int) {
	c.t.Helper()
	dir := c.t.TempDir()
	trust := call[api.TrustView](c, "ledger/trust", api.None{})
	for name, b := range map[string][]byte{"c.sexton": bundle, "trust.policy": []byte(trust.Text)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(c.ctx, filepath.Join(c.rig.bin, "sexton-inspect"), "verify", "c.sexton", "--trust", "trust.policy")
	cmd.Dir, cmd.Env = dir, []string{"LANG=C.UTF-8"}
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Errorf("sexton-inspect: %v\n%s", err, out)
	}
	var file struct {
		Statement string `json:"statement"`
	}
	var envelope struct {
		Payload []byte `json:"payload"`
	}
	var s statement
	if err := json.Unmarshal(bundle, &file); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(file.Statement), &envelope); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(envelope.Payload, &s); err != nil {
		c.t.Fatal(err)
	}
	says := 0
	for _, m := range s.Predicate.Members {
		if m.Number == c.round.leave && m.Verdict == "destroyed" {
			c.t.Errorf("%s was reconciled as an open case, and the certificate says %s", m.Number, m.Verdict)
		}
		if m.Verdict == "destroyed" || slices.Contains([]string{"destroyed", "resolved", "certified"}, m.State) {
			says++
			if cut, whole := c.settle(m.Number); cut == 0 || whole > 0 {
				c.t.Errorf("the certificate calls %s %s; %d parts of it were cut, %d are whole", m.Number, m.State, cut, whole)
			}
		}
	}
	if says > destroyed || (last && says != destroyed) {
		c.t.Errorf("the certificate calls %d carriers destroyed, the register %d", says, destroyed)
	}
}

// audit stops the daemon and has its ledger recomputed.
func (c *crew) audit() {
	c.t.Helper()
	if c.rig.client == nil || c.t.Failed() {
		return
	}
	c.rig.client.Close()
	c.rig.daemon.stop(15 * time.Second)
	out, err := exec.CommandContext(c.ctx, filepath.Join(c.rig.bin, "sextond"), "ledger", "audit", "--config", c.rig.config()).CombinedOutput()
	if err != nil {
		c.t.Errorf("ledger audit: %v", err)
	}
	c.t.Log(strings.TrimSpace(string(out)))
}
