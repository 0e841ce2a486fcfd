package custody_test

import (
	"errors"
	"testing"
	"time"

	"sexton/custody"
)

// TestLifeOfABatch walks the whole way with every kind of outcome.
func TestLifeOfABatch(t *testing.T) {
	w := newWorld()
	ids := w.to(t, "count", 7)
	for _, id := range ids[:6] {
		w.must(t, w.count(id))
	}
	w.must(t, w.missing("c6"))
	for i, id := range ids[:5] { // c5 is counted and left out
		w.must(t, w.seal(id, int64(i)))
	}
	w.must(t, w.sealBatch(ids[:5]...))
	if c := w.carrier("c5"); c.State != custody.Counted || c.Batch != "" {
		t.Errorf("left out: %+v", c)
	}
	w.must(t, w.approve())
	w.must(t, w.authorise())
	w.must(t, w.release())
	w.must(t, w.outcome("c0", custody.VerdictDestroyed))
	w.must(t, w.outcome("c1", custody.VerdictDisputed))
	w.must(t, w.withdraw())
	w.must(t, w.outcome("c2", custody.VerdictIndeterminate)) // the cutter finished after the withdrawal
	w.must(t, w.release())                                   // resumes
	w.must(t, w.outcome("c3", custody.VerdictUnverified))
	w.must(t, w.withdraw())
	w.must(t, w.unfed("c4"))
	w.must(t, w.resolve("c2", "held"))
	w.must(t, w.reconcile())
	if got, want := w.batch(batch).Tally, (custody.Tally{Destroyed: 1, Unverified: 1, Disputed: 1, Indeterminate: 1, Unfed: 1}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	w.must(t, w.complete())
	w.must(t, w.certify())
	w.must(t, w.resolve("c3", "destroyed"))
	w.must(t, w.certify()) // supplementary
	w.must(t, w.resolve("c1", "lost"))
	for id, want := range map[string]custody.State{
		"c0": custody.Certified, "c1": custody.Lost, "c2": custody.Counted, "c3": custody.Certified,
		"c4": custody.Counted, "c5": custody.Counted, "c6": custody.Missing,
	} {
		if got := w.carrier(id).State; got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	for _, id := range []string{"c2", "c4", "c5"} {
		if c := w.carrier(id); c.Batch != "" || c.Index != -1 || c.Case != "" {
			t.Errorf("%s is held but not free: %+v", id, c)
		}
	}
}

// TestVoidedCarriersGoIntoTheNextBatch: a void frees everything.
func TestVoidedCarriersGoIntoTheNextBatch(t *testing.T) {
	for _, stage := range []string{"seal", "sealBatch", "approve", "authorise", "release"} {
		w := newWorld()
		ids := w.to(t, stage, 3)
		w.must(t, w.void())
		if b := w.batch(batch); b.State != custody.BatchVoid || b.Members != 0 {
			t.Errorf("%s: void batch %+v", stage, b)
		}
		next := w.open()
		next.Batch, next.Number = "batch-2", "销批演-2"
		w.must(t, next)
		for _, id := range ids {
			again := w.count(id)
			again.Batch = "batch-2"
			w.must(t, again)
			if c := w.carrier(id); c.State != custody.Counted || c.Batch != "batch-2" {
				t.Errorf("%s: %+v", stage, c)
			}
		}
	}
	w := newWorld()
	w.to(t, "outcome", 1)
	if got := keyOf(w.play(w.void())); got != custody.KeyBatchStarted {
		t.Errorf("void after release: %q", got)
	}
}

func TestPaperApproval(t *testing.T) {
	w := newWorld()
	w.to(t, "approve", 1)
	paper := func(actors ...custody.Actor) custody.Record {
		r := w.approve()
		r.PaperNumber, r.PaperSHA256, r.Actors = "销批演〔2026〕3号", hash("scan"), actors
		return r
	}
	a, b := actor("wang", "keeper"), actor("zhao", "operator")
	for name, r := range map[string]custody.Record{
		"one person":  paper(a),
		"same person": paper(a, a),
		"same card":   paper(a, custody.Actor{Person: "zhao", Role: "operator", Credential: a.Credential}),
		"as approver": paper(a, actor("zhao", custody.RoleApprover)),
	} {
		if w.play(r) == nil {
			t.Fatalf("%s was taken", name)
		}
	}
	noScan := paper(a, b)
	noScan.PaperSHA256 = ""
	if w.play(noScan) == nil {
		t.Fatal("paper without scan was taken")
	}
	w.must(t, paper(a, b))
	if got := w.batch(batch); got.State != custody.BatchApproved || got.PaperNumber == "" || got.Approver != "" {
		t.Errorf("%+v", got)
	}
	w.must(t, w.authorise())
}

// TestRefusals spoils one lawful record in one way and demands the reason.
func TestRefusals(t *testing.T) {
	two := func(a, b custody.Actor) []custody.Actor { return []custody.Actor{a, b} }
	sameCard := func(role custody.Role, as string) custody.Actor {
		return custody.Actor{Person: "sun", Role: role, Credential: hash("key of " + as)}
	}
	cases := []struct {
		name, stage string
		make        func(w *world) custody.Record
		spoil       func(r *custody.Record)
		want        custody.Key
	}{
		{"registered twice", "receive", func(w *world) custody.Record { return w.register("c0", 9) }, nil, custody.KeyKnown},
		{"unknown kind of carrier", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Entry.Kind = "stone" }, custody.KeyRecord},
		{"wrong medium", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Entry.Medium = "flash" }, custody.KeyRecord},
		{"unknown level", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Entry.Classification = "机密" }, custody.KeyRecord},
		{"negative extent", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Entry.Extent.Value = -1 }, custody.KeyRecord},
		{"bytes of paper", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Entry.Extent.Unit = "byte" }, custody.KeyRecord},
		{"no leaf hash", "receive", func(w *world) custody.Record { return w.register("x", 9) }, func(r *custody.Record) { r.Hash = "" }, custody.KeyRecord},
		{"nobody receives", "receive", func(w *world) custody.Record { return w.receive(2) }, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"fewer signed for", "receive", func(w *world) custody.Record { return w.receive(1) }, nil, custody.KeyTally},
		{"received twice", "open", func(w *world) custody.Record { return w.receive(2) }, nil, custody.KeyNothing},
		{"count before receipt", "receive", func(w *world) custody.Record { return w.count("c0") }, nil, custody.KeyNotReceived},
		{"count of a stranger", "count", func(w *world) custody.Record { return w.count("nobody") }, nil, custody.KeyUnregistered},
		{"one counter", "count", func(w *world) custody.Record { return w.count("c0") }, func(r *custody.Record) { r.Actors = r.Actors[:1] }, custody.KeyActors},
		{"same counter twice", "count", func(w *world) custody.Record { return w.count("c0") }, func(r *custody.Record) { r.Actors[1].Person = "wang" }, custody.KeySamePerson},
		{"same card counts twice", "count", func(w *world) custody.Record { return w.count("c0") }, func(r *custody.Record) { r.Actors[1].Credential = r.Actors[0].Credential }, custody.KeySameCredential},
		{"count into no batch", "count", func(w *world) custody.Record { return w.count("c0") }, func(r *custody.Record) { r.Batch = "other" }, custody.KeyNoBatch},
		{"missing unexplained", "count", func(w *world) custody.Record { return w.missing("c0") }, func(r *custody.Record) { r.Actors[0].Role = custody.RoleCounter }, custody.KeyActors},
		{"seal before count", "count", func(w *world) custody.Record { return w.seal("c0", 0) }, nil, custody.KeyNotCounted},
		{"gap in the manifest", "seal", func(w *world) custody.Record { return w.seal("c0", 1) }, nil, custody.KeyManifest},
		{"second opening", "seal", func(w *world) custody.Record { return w.open() }, nil, custody.KeyBatchKnown},
		{"empty manifest", "seal", func(w *world) custody.Record { return w.sealBatch() }, nil, custody.KeyNothing},
		{"other root", "sealBatch", func(w *world) custody.Record { return w.sealBatch("c1", "c0") }, nil, custody.KeyManifest},
		{"other total", "sealBatch", func(w *world) custody.Record { return w.sealBatch("c0", "c1") }, func(r *custody.Record) { r.Levels["secret"] = 1 }, custody.KeyManifest},
		{"no applicant", "sealBatch", func(w *world) custody.Record { return w.sealBatch("c0", "c1") }, func(r *custody.Record) { r.Actors = nil }, custody.KeyActors},
		{"own approval", "approve", func(w *world) custody.Record { return w.approve() }, func(r *custody.Record) { r.Actors[0].Person = "wang" }, custody.KeyOwnApproval},
		{"own card approves", "approve", func(w *world) custody.Record { return w.approve() }, func(r *custody.Record) { r.Actors[0].Credential = hash("key of wang") }, custody.KeyOwnApproval},
		{"approves another manifest", "approve", func(w *world) custody.Record { return w.approve() }, func(r *custody.Record) { r.Manifest = hash("other") }, custody.KeyReference},
		{"approves too late", "approve", func(w *world) custody.Record { return w.approve() }, func(r *custody.Record) { r.At = r.At.Add(25 * time.Hour) }, custody.KeyExpired},
		{"authorise before approval", "approve", func(w *world) custody.Record { return w.authorise() }, nil, custody.KeyNotApproved},
		{"one authoriser", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors = r.Actors[:1] }, custody.KeyActors},
		{"same person signs twice", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors[1].Person = "zhao" }, custody.KeySamePerson},
		{"same card signs twice", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors[1] = sameCard(custody.RoleAttestor, "zhao") }, custody.KeySameCredential},
		{"two destroyers", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors[1].Role = custody.RoleDestroyer }, custody.KeyActors},
		{"approver destroys", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) {
			r.Actors = two(actor("chen", custody.RoleDestroyer), actor("li", custody.RoleAttestor))
		}, custody.KeyApproverActs},
		{"approver's card attests", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors[1] = sameCard(custody.RoleAttestor, "chen") }, custody.KeyApproverActs},
		{"applicant attests", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Actors[1] = actor("wang", custody.RoleAttestor) }, custody.KeyAttestorApplied},
		{"other approval", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Approval = r.Manifest }, custody.KeyReference},
		{"other items", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.ItemsRoot = hash("x") }, custody.KeyManifest},
		{"other machine", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.Machine = "m2" }, custody.KeyMachine},
		{"outlives the manifest", "authorise", func(w *world) custody.Record { return w.authorise() }, func(r *custody.Record) { r.NotAfter = r.NotAfter.Add(time.Second) }, custody.KeyExpired},
		{"release without authorisation", "authorise", func(w *world) custody.Record { return w.release() }, nil, custody.KeyNotAuthorised},
		{"release too late", "release", func(w *world) custody.Record { return w.release() }, func(r *custody.Record) { r.At = r.At.Add(25 * time.Hour) }, custody.KeyExpired},
		{"released to another machine", "release", func(w *world) custody.Record { return w.release() }, func(r *custody.Record) { r.Machine = "m2" }, custody.KeyMachine},
		{"released by another authorisation", "release", func(w *world) custody.Record { return w.release() }, func(r *custody.Record) { r.Authorisation = hash("x") }, custody.KeyReference},
		{"released twice", "outcome", func(w *world) custody.Record { return w.release() }, nil, custody.KeyPassed},
		{"resumes what was not withdrawn", "release", func(w *world) custody.Record { return w.release() }, func(r *custody.Record) { r.Resumes = true }, custody.KeyRecord},
		{"outcome before release", "release", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, nil, custody.KeyNotReleased},
		{"destroyed without evidence", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, func(r *custody.Record) { r.Evidence = nil }, custody.KeyEvidence},
		{"verdict better than evidence", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, func(r *custody.Record) { r.Evidence.EnergyJ = 0 }, custody.KeyVerdict},
		{"verdict worse than evidence", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDisputed) }, func(r *custody.Record) { r.Evidence.EnergyJ = 1500 }, custody.KeyVerdict},
		{"verdict of another kind", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDisputed) }, func(r *custody.Record) { r.Kind = custody.KindDestroyed }, custody.KeyVerdict},
		{"evidence of another machine", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, func(r *custody.Record) { r.Evidence.Machine = "m2" }, custody.KeyMachine},
		{"evidence of another boot", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, func(r *custody.Record) { r.Evidence.Boot = 8 }, custody.KeyMachine},
		{"outcome in another batch", "outcome", func(w *world) custody.Record { return w.outcome("c0", custody.VerdictDestroyed) }, func(r *custody.Record) { r.Batch = "other" }, custody.KeyOtherBatch},
		{"archived out of the cutter", "outcome", func(w *world) custody.Record { return w.dispose(custody.KindArchived, "c0") }, nil, custody.KeyMayBeFed},
		{"archived out of a seal", "approve", func(w *world) custody.Record { return w.dispose(custody.KindArchived, "c0") }, nil, custody.KeyInBatch},
		{"reconciled without outcomes", "outcome", func(w *world) custody.Record { return w.reconcile() }, nil, custody.KeyNoOutcome},
		{"other tally", "reconcile", func(w *world) custody.Record { return w.reconcile() }, func(r *custody.Record) { r.Tally.Destroyed++ }, custody.KeyTally},
		{"no tally", "reconcile", func(w *world) custody.Record { return w.reconcile() }, func(r *custody.Record) { r.Tally = nil }, custody.KeyTally},
		{"completed by others", "complete", func(w *world) custody.Record { return w.complete() }, func(r *custody.Record) { r.Actors[1] = actor("sun", custody.RoleAttestor) }, custody.KeyOtherPersons},
		{"completed with another card", "complete", func(w *world) custody.Record { return w.complete() }, func(r *custody.Record) { r.Actors[1].Credential = hash("new card") }, custody.KeyOtherPersons},
		{"completed in other roles", "complete", func(w *world) custody.Record { return w.complete() }, func(r *custody.Record) {
			r.Actors = two(actor("li", custody.RoleDestroyer), actor("zhao", custody.RoleAttestor))
		}, custody.KeyOtherPersons},
		{"completes another tally", "complete", func(w *world) custody.Record { return w.complete() }, func(r *custody.Record) { r.Tally.Unfed++ }, custody.KeyTally},
		{"certified before signature", "complete", func(w *world) custody.Record { return w.certify() }, nil, custody.KeyNotCompleted},
		{"certified twice", "end", func(w *world) custody.Record { return w.certify() }, nil, custody.KeyNothing},
		{"destroyed again", "end", func(w *world) custody.Record { return w.dispose(custody.KindReturned, "c0") }, nil, custody.KeyFinal},
		{"lost by one", "count", func(w *world) custody.Record { return w.dispose(custody.KindLost, "c0") }, func(r *custody.Record) { r.Actors = r.Actors[:1] }, custody.KeyActors},
		{"lost though not missing", "count", func(w *world) custody.Record { return w.dispose(custody.KindLost, "c0") }, nil, custody.KeyNotMissing},
		{"no open case", "reconcile", func(w *world) custody.Record { return w.resolve("c0", "held") }, nil, custody.KeyFinal},
		{"unknown kind", "count", func(w *world) custody.Record { return w.count("c0") }, func(r *custody.Record) { r.Kind = "carrier.burnt" }, custody.KeyRecord},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.to(t, c.stage, 2)
			r := c.make(w)
			if c.spoil != nil {
				c.spoil(&r)
			}
			change, err := custody.Step(w, r)
			if got := keyOf(err); got != c.want {
				t.Errorf("refused for %q (%v), want %q", got, err, c.want)
			}
			if zh, en := c.want.Sentence(); zh == "" || en == "" {
				t.Errorf("%s has no sentence", c.want)
			}
			if len(change.Carriers)+len(change.Batches)+len(change.Things)+len(change.Knew) != 0 {
				t.Error("a refused record changed something")
			}
		})
	}
}

func TestMustReturnIsNeverSealed(t *testing.T) {
	w := newWorld()
	w.must(t, w.imported(1))
	r := w.register("c0", 1)
	r.Entry.MustReturn = true
	w.must(t, r)
	w.must(t, w.listCounted(1))
	w.must(t, w.listNumbered(1))
	w.must(t, w.receive(1))
	w.must(t, w.open())
	w.must(t, w.count("c0"))
	if got := keyOf(w.play(w.seal("c0", 0))); got != custody.KeyMustReturn {
		t.Errorf("sealed: %q", got)
	}
	w.sendAway(t, "c0", custody.ActReturn, "", custody.KindReturned)
}

// TestEvidenceIsUsedOnce: one run of the cutter cannot destroy two carriers.
func TestEvidenceIsUsedOnce(t *testing.T) {
	w := newWorld()
	w.to(t, "outcome", 2)
	first := w.outcome("c0", custody.VerdictDestroyed)
	w.must(t, first)
	second := w.outcome("c1", custody.VerdictDestroyed)
	second.Evidence = first.Evidence
	if got := keyOf(w.play(second)); got != custody.KeyEvidenceReused {
		t.Errorf("used twice: %q", got)
	}
}

// TestEvidenceStaysUsedWhenResumed: a withdrawal does not wash evidence; a new
// start of the machine, whose counters begin anew, does.
func TestEvidenceStaysUsedWhenResumed(t *testing.T) {
	w := newWorld()
	w.to(t, "outcome", 3)
	first := w.outcome("c0", custody.VerdictDestroyed)
	w.must(t, first)
	w.must(t, w.withdraw())
	w.must(t, w.release())
	second := w.outcome("c1", custody.VerdictDestroyed)
	second.Evidence = first.Evidence
	if got := keyOf(w.play(second)); got != custody.KeyEvidenceReused {
		t.Errorf("used twice across a withdrawal: %q", got)
	}
	w.must(t, w.withdraw())
	restarted := w.release()
	restarted.Boot = boot + 1
	w.must(t, restarted)
	fresh := w.outcome("c1", custody.VerdictDestroyed)
	fresh.Evidence.Boot, fresh.Evidence.FromSequence, fresh.Evidence.ToSequence = boot+1, 1, 2
	w.must(t, fresh)
}

func TestSealOnlyIntoTheOwnBatch(t *testing.T) {
	w := newWorld()
	w.to(t, "seal", 1)
	other := w.open()
	other.Batch, other.Number = "batch-2", "销批演-2"
	w.must(t, other)
	r := w.seal("c0", 0)
	r.Batch = "batch-2"
	if got := keyOf(w.play(r)); got != custody.KeyOtherBatch {
		t.Errorf("sealed into another batch: %q", got)
	}
	again := w.count("c0")
	again.Batch = "batch-2"
	if got := keyOf(w.play(again)); got != custody.KeyOtherBatch {
		t.Errorf("counted into two batches: %q", got)
	}
}

func TestResolveDestroyedNeedsPhysics(t *testing.T) {
	w := newWorld()
	w.to(t, "outcome", 1)
	w.must(t, w.outcome("c0", custody.VerdictDisputed))
	spoil := map[string]struct {
		f    func(r *custody.Record)
		want custody.Key
	}{
		"no evidence":   {func(r *custody.Record) { r.Evidence = nil }, custody.KeyEvidence},
		"thin evidence": {func(r *custody.Record) { r.Evidence.Permitted = false }, custody.KeyVerdict},
		"wrong case":    {func(r *custody.Record) { r.Case = hash("other") }, custody.KeyReference},
		"one person":    {func(r *custody.Record) { r.Actors = r.Actors[:1] }, custody.KeyActors},
		"other machine": {func(r *custody.Record) { r.Evidence.Machine = "m9" }, custody.KeyMachine},
		"other word":    {func(r *custody.Record) { r.Resolution = "burnt" }, custody.KeyRecord},
	}
	for name, s := range spoil {
		r := w.resolve("c0", "destroyed")
		s.f(&r)
		if got := keyOf(w.play(r)); got != s.want {
			t.Errorf("%s: %q, want %q", name, got, s.want)
		}
	}
	w.must(t, w.resolve("c0", "destroyed"))
	if c := w.carrier("c0"); c.State != custody.Resolved || c.State.Disposition() != custody.DispositionDestroyed {
		t.Errorf("%+v", c)
	}
}

func TestFoundAfterTheSeal(t *testing.T) {
	w := newWorld()
	w.to(t, "count", 2)
	w.must(t, w.count("c0"))
	w.must(t, w.missing("c1"))
	w.must(t, w.seal("c0", 0))
	w.must(t, w.sealBatch("c0"))
	if c := w.carrier("c1"); c.State != custody.Missing || c.Batch != batch {
		t.Errorf("missing carrier lost from sight: %+v", c)
	}
	found := w.dispose(custody.KindFound, "c1")
	w.must(t, found)
	if c := w.carrier("c1"); c.State != custody.Received || c.Batch != "" {
		t.Errorf("%+v", c)
	}
}

type brokenView struct{ *custody.Memory }

func (brokenView) Carrier(string) (custody.Carrier, bool, error) {
	return custody.Carrier{}, false, errBroken
}

var errBroken = errors.New("disk on fire")

func TestViewErrorIsNotARefusal(t *testing.T) {
	w := newWorld()
	_, err := custody.Step(brokenView{&w.Memory}, w.register("c0", 1))
	if !errors.Is(err, errBroken) || keyOf(err) != "" {
		t.Errorf("%v", err)
	}
}

func TestKindsWithoutEffect(t *testing.T) {
	w := newWorld()
	n := 0
	for _, k := range custody.Kinds() {
		c, err := custody.Step(w, custody.Record{Kind: k, Hash: hash("x")})
		if err == nil {
			n++
			if len(c.Carriers)+len(c.Batches)+len(c.Things) != 0 {
				t.Errorf("%s changed something", k)
			}
		}
	}
	if n != 12 {
		t.Errorf("%d kinds are taken without any content, want 12", n)
	}
}
