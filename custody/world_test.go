package custody_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"sexton/custody"

	"golang.org/x/mod/sumdb/tlog"
)

// world is a replayed history with helpers that make lawful records; tests
// spoil one field at a time.
type world struct {
	custody.Memory
	history []custody.Record
	now     time.Time
	seq     int64
	cur     string // batch that the makers of records speak of
	from    string // list it takes carriers of; "" = any
}

func newWorld() *world {
	return &world{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), cur: batch, from: list}
}

const list, batch, boot = "list-1", "batch-1", 7

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// judgeRoot is the root over leaf hashes as golang.org/x/mod/sumdb/tlog
// computes it: an independent implementation of RFC 6962.
func judgeRoot(hashes []string) string {
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, h := range hashes {
		var leaf tlog.Hash
		hex.Decode(leaf[:], []byte(h))
		add, err := tlog.StoredHashesForRecordHash(int64(i), leaf, read)
		if err != nil {
			panic(err)
		}
		stored = append(stored, add...)
	}
	root, err := tlog.TreeHash(int64(len(hashes)), read)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(root[:])
}

func actor(person string, role custody.Role) custody.Actor {
	return custody.Actor{Person: person, Role: role, Credential: hash("key of " + person)}
}

// rec makes a record of a kind with what every record has.
func (w *world) rec(k custody.Kind, fill func(*custody.Record)) custody.Record {
	i := int64(len(w.history))
	r := custody.Record{Kind: k, Index: i, ID: fmt.Sprint("event-", i), Hash: hash(fmt.Sprint("leaf ", i, k)), At: w.now, Batch: w.cur}
	if fill != nil {
		fill(&r)
	}
	return r
}

// play applies a record and remembers it when it was taken.
func (w *world) play(r custody.Record) error {
	_, err := w.Play(r)
	if err == nil {
		w.history = append(w.history, r)
	}
	return err
}

func (w *world) must(t testing.TB, r custody.Record) {
	t.Helper()
	if err := w.play(r); err != nil {
		t.Fatalf("%s: %v", r.Kind, err)
	}
}

func (w *world) carrier(id string) custody.Carrier { c, _, _ := w.Carrier(id); return c }
func (w *world) batch(id string) custody.Batch     { b, _, _ := w.Batch(id); return b }

func (w *world) register(id string, row int64) custody.Record {
	return w.rec(custody.KindRegistered, func(r *custody.Record) {
		r.Batch, r.Carrier = "", id
		r.Entry = &custody.Entry{List: list, Row: row, Number: "演-" + id, Kind: "paper", Medium: "paper",
			Classification: "confidential", Extent: custody.Extent{Value: 12, Unit: "page"}, Count: 1}
	})
}

// imported, counted and numbered are the receipt's acts before it is signed for.
func (w *world) imported(rows int64) custody.Record {
	return w.rec(custody.KindImported, func(r *custody.Record) {
		r.Batch, r.List, r.Register = "", list, &custody.ListOpen{List: list, Rows: rows}
	})
}

func (w *world) listCounted(n int64) custody.Record {
	return w.rec(custody.KindListCounted, func(r *custody.Record) {
		r.Batch, r.List, r.Register = "", list, &custody.ListCount{List: list, Count: n}
		r.Actors = []custody.Actor{actor("wang", custody.RoleReceiver)}
	})
}

func (w *world) listNumbered(rows int64) custody.Record {
	return w.rec(custody.KindListNumbered, func(r *custody.Record) {
		r.Batch, r.List, r.Register = "", list, &custody.ListNumbers{List: list, Series: "密收", Year: 2026, First: 1, Last: rows}
		r.Actors = []custody.Actor{actor("wang", custody.RoleReceiver)}
	})
}

func (w *world) receive(n int64) custody.Record {
	return w.rec(custody.KindReceived, func(r *custody.Record) {
		r.Batch, r.List, r.Count = "", list, n
		r.Actors = []custody.Actor{actor("wang", custody.RoleReceiver)}
	})
}

func (w *world) number() string { return "销批演-" + w.cur }

func (w *world) open() custody.Record {
	return w.rec(custody.KindOpened, func(r *custody.Record) { r.Number, r.Act, r.List = w.number(), "destroy", w.from })
}

func (w *world) count(id string) custody.Record {
	return w.rec(custody.KindCounted, func(r *custody.Record) {
		r.Carrier = id
		r.Actors = []custody.Actor{actor("wang", custody.RoleCounter), actor("li", custody.RoleRecounter)}
	})
}

func (w *world) missing(id string) custody.Record {
	return w.rec(custody.KindMissing, func(r *custody.Record) {
		r.Carrier = id
		r.Actors = []custody.Actor{actor("wang", custody.RoleExplaining)}
	})
}

func (w *world) seal(id string, place int64) custody.Record {
	return w.rec(custody.KindSealed, func(r *custody.Record) { r.Carrier, r.Position, r.Item = id, place, hash("item "+id) })
}

func (w *world) sealBatch(ids ...string) custody.Record {
	return w.rec(custody.KindBatchSealed, func(r *custody.Record) {
		var items []string
		r.Kinds, r.Levels = map[string]int64{}, map[string]int64{}
		for _, id := range ids {
			items = append(items, hash("item "+id))
			r.Kinds[w.carrier(id).Kind]++
			r.Levels[w.carrier(id).Level]++
		}
		r.Items, r.ItemsRoot, r.Number = int64(len(ids)), judgeRoot(items), w.number()
		r.Method, r.Machine, r.NotAfter = "shred", "m1", w.now.Add(24*time.Hour)
		r.Actors = []custody.Actor{actor("wang", custody.RoleApplicant)}
	})
}

func (w *world) approve() custody.Record {
	return w.rec(custody.KindApproved, func(r *custody.Record) {
		r.Manifest, r.Authority = w.batch(w.cur).SealLeaf, "own-leader"
		r.Actors = []custody.Actor{actor("chen", custody.RoleApprover)}
	})
}

func (w *world) authorise() custody.Record {
	return w.rec(custody.KindAuthorised, func(r *custody.Record) {
		b := w.batch(w.cur)
		r.Manifest, r.Approval, r.ItemsRoot, r.Machine, r.NotAfter = b.SealLeaf, b.ApprovalLeaf, b.ItemsRoot, b.Machine, b.NotAfter
		r.Actors = []custody.Actor{actor("zhao", custody.RoleDestroyer), actor("li", custody.RoleAttestor)}
	})
}

func (w *world) release() custody.Record {
	return w.rec(custody.KindReleased, func(r *custody.Record) {
		b := w.batch(w.cur)
		r.Authorisation, r.Machine, r.Boot, r.Resumes = b.AuthorisationLeaf, b.Machine, boot, b.State == custody.BatchWithdrawn
	})
}

// evidence is that of one 12-page paper document, destroyed.
func (w *world) evidence() *custody.Evidence {
	w.seq += 10
	return &custody.Evidence{Machine: "m1", Authenticated: true, Permitted: true, Boot: boot,
		FromSequence: w.seq, ToSequence: w.seq + 10, FromUptimeMS: w.seq * 100, ToUptimeMS: w.seq*100 + 1000,
		Feed: 1, EnergyJ: 1500, InletMG: 31_000, PeakMA: 4000}
}

var kindOf = map[custody.Verdict]custody.Kind{
	custody.VerdictDestroyed: custody.KindDestroyed, custody.VerdictUnverified: custody.KindUnverified,
	custody.VerdictDisputed: custody.KindDisputed, custody.VerdictIndeterminate: custody.KindIndeterminate,
}

func (w *world) outcome(id string, v custody.Verdict) custody.Record {
	return w.rec(kindOf[v], func(r *custody.Record) {
		r.Carrier, r.Verdict = id, v
		if v == custody.VerdictIndeterminate {
			return
		}
		r.Evidence = w.evidence()
		switch v {
		case custody.VerdictUnverified:
			r.Evidence.Authenticated = false
		case custody.VerdictDisputed:
			r.Evidence.EnergyJ = 0
		}
	})
}

func (w *world) unfed(id string) custody.Record {
	return w.rec(custody.KindUnfed, func(r *custody.Record) { r.Carrier = id })
}

func (w *world) resolve(id, resolution string) custody.Record {
	return w.rec(custody.KindResolved, func(r *custody.Record) {
		r.Carrier, r.Case, r.Resolution = id, w.carrier(id).Case, resolution
		r.Actors = []custody.Actor{actor("zhao", custody.RoleDestroyer), actor("li", custody.RoleAttestor)}
		if resolution == "destroyed" {
			r.Evidence = w.evidence()
		}
	})
}

// tally counts from the carriers, by the outcome each one has.
func (w *world) tally() (*custody.Tally, string) {
	t := &custody.Tally{}
	ids, _ := w.Members(w.cur)
	var outcomes []string
	for _, id := range ids {
		c := w.carrier(id)
		if c.Index < 0 {
			continue
		}
		outcomes = append(outcomes, c.Outcome)
		switch c.Verdict {
		case custody.VerdictDestroyed:
			t.Destroyed++
		case custody.VerdictUnverified:
			t.Unverified++
		case custody.VerdictDisputed:
			t.Disputed++
		case custody.VerdictIndeterminate:
			t.Indeterminate++
		case custody.VerdictUnfed:
			t.Unfed++
		}
	}
	return t, judgeRoot(outcomes)
}

func (w *world) reconcile() custody.Record {
	return w.rec(custody.KindReconciled, func(r *custody.Record) { r.Tally, r.OutcomesRoot = w.tally() })
}

func (w *world) complete() custody.Record {
	return w.rec(custody.KindCompleted, func(r *custody.Record) {
		b := w.batch(w.cur)
		tally := b.Tally
		r.Reconciled, r.Tally, r.OutcomesRoot = b.ReconciledLeaf, &tally, b.OutcomesRoot
		r.Actors = []custody.Actor{actor("zhao", custody.RoleDestroyer), actor("li", custody.RoleAttestor)}
	})
}

func (w *world) certify() custody.Record {
	return w.rec(custody.KindCertified, func(r *custody.Record) { r.Certificate = "销证演-" + w.cur })
}

func (w *world) dispose(k custody.Kind, id string) custody.Record {
	return w.rec(k, func(r *custody.Record) {
		r.Batch, r.Carrier = "", id
		r.Actors = []custody.Actor{actor("wang", "keeper")}
		if k == custody.KindLost {
			r.Actors = append(r.Actors, actor("chen", "keeper"))
		}
	})
}

func (w *world) withdraw() custody.Record { return w.rec(custody.KindWithdrawn, nil) }
func (w *world) void() custody.Record     { return w.rec(custody.KindVoided, nil) }

// to brings carriers c0..c(n-1) to the point before the named stage.
func (w *world) to(t testing.TB, stage string, n int) []string {
	t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint("c", i))
	}
	each := func(f func(i int, id string) custody.Record) {
		for i, id := range ids {
			w.must(t, f(i, id))
		}
	}
	steps := []struct {
		name string
		do   func()
	}{
		{"import", func() { w.must(t, w.imported(int64(n))) }},
		{"register", func() { each(func(i int, id string) custody.Record { return w.register(id, int64(i+1)) }) }},
		{"tally", func() { w.must(t, w.listCounted(int64(n))); w.must(t, w.listNumbered(int64(n))) }},
		{"receive", func() { w.must(t, w.receive(int64(n))) }},
		{"open", func() { w.must(t, w.open()) }},
		{"count", func() { each(func(_ int, id string) custody.Record { return w.count(id) }) }},
		{"seal", func() { each(func(i int, id string) custody.Record { return w.seal(id, int64(i)) }) }},
		{"sealBatch", func() { w.must(t, w.sealBatch(ids...)) }},
		{"approve", func() { w.must(t, w.approve()) }},
		{"authorise", func() { w.must(t, w.authorise()) }},
		{"release", func() { w.must(t, w.release()) }},
		{"outcome", func() {
			each(func(_ int, id string) custody.Record { return w.outcome(id, custody.VerdictDestroyed) })
		}},
		{"reconcile", func() { w.must(t, w.reconcile()) }},
		{"complete", func() { w.must(t, w.complete()) }},
		{"certify", func() { w.must(t, w.certify()) }},
		{"end", func() {}},
	}
	for _, s := range steps {
		if s.name == stage {
			return ids
		}
		s.do()
	}
	t.Fatalf("no stage %q", stage)
	return nil
}

func keyOf(err error) custody.Key {
	var r *custody.Refusal
	if errors.As(err, &r) {
		return r.Key
	}
	return ""
}
