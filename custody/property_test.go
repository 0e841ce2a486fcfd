package custody_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"sexton/custody"

	"pgregory.net/rapid"
)

// TestRandomHistories throws lawful, spoiled and senseless records at Step and
// judges what was taken by reading the history again, without Step.
func TestRandomHistories(t *testing.T) {
	reached := map[custody.State]int{}
	want := []custody.State{custody.Destroyed, custody.Certified, custody.Disputed, custody.Indeterminate, custody.Lost, custody.Archived, custody.Missing}
	// A history that never gets anywhere proves nothing: draw more until each end was reached, or it is plain that one cannot be.
	for range 50 {
		rapid.Check(t, func(t *rapid.T) { history(t, reached) })
		if !slices.ContainsFunc(want, func(s custody.State) bool { return reached[s] == 0 }) {
			break
		}
	}
	for _, s := range want {
		if reached[s] == 0 {
			t.Errorf("no random history ended in %s", s)
		}
	}
	t.Logf("states reached: %v", reached)
}

// history draws one history, judges it, and counts the states in which its
// carriers ended.
func history(t *rapid.T, reached map[custody.State]int) {
	w := newWorld()
	for _, r := range []custody.Record{w.imported(fleet), w.listCounted(fleet), w.listNumbered(fleet)} {
		if err := w.play(r); err != nil {
			t.Fatal(err)
		}
	}
	for range rapid.IntRange(5, 90).Draw(t, "steps") {
		r := draw(t, w)
		before, batches := w.Carriers(), w.Batches()
		first, err := custody.Step(w, r)
		second, again := custody.Step(w, r)
		if (err == nil) != (again == nil) || !reflect.DeepEqual(first, second) {
			t.Fatalf("Step is not deterministic for %s", r.Kind)
		}
		if !reflect.DeepEqual(before, w.Carriers()) || !reflect.DeepEqual(batches, w.Batches()) {
			t.Fatalf("Step changed its view")
		}
		if err != nil {
			if len(first.Carriers)+len(first.Batches) > 0 {
				t.Fatalf("refused %s changed something", r.Kind)
			}
			continue
		}
		w.history = append(w.history, r)
		w.Put(first)
		checkTerminal(t, before, w, r)
		checkConservation(t, w)
	}
	checkDestruction(t, w)
	checkReplay(t, w)
	for _, c := range w.Carriers() {
		reached[c.State]++
	}
}

// draw makes the next record: mostly one that moves a batch on, sometimes any.
func draw(t *rapid.T, w *world) custody.Record {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
	r := forward(t, w)
	switch rapid.IntRange(0, 11).Draw(t, "any") {
	case 0, 1, 2:
		r = anything(t, w)
	case 3, 4:
		r = away(t, w)
	}
	if rapid.IntRange(0, 9).Draw(t, "spoil") < 2 {
		spoil(t, &r)
	}
	return r
}

const fleet = 4

func someID(t *rapid.T) string { return fmt.Sprint("c", rapid.IntRange(0, fleet-1).Draw(t, "carrier")) }

// inState finds the first carrier in a state.
func (w *world) inState(s custody.State) (string, bool) {
	for _, c := range w.Carriers() {
		if c.State == s {
			return c.ID, true
		}
	}
	return "", false
}

// forward makes the record the ordinary way would have next.
func forward(t *rapid.T, w *world) custody.Record {
	if n := len(w.Carriers()); n < fleet {
		return w.register(fmt.Sprint("c", n), int64(n+1))
	}
	if _, ok := w.inState(custody.Registered); ok {
		return w.receive(fleet)
	}
	switch b := w.batch(batch); b.State {
	case custody.BatchUnknown:
		return w.open()
	case custody.Opened:
		if id, ok := w.inState(custody.Received); ok {
			return w.count(id)
		}
		if id, ok := w.inState(custody.Counted); ok {
			return w.seal(id, b.Members)
		}
		return w.sealBatch(w.sealedInOrder()...)
	case custody.BatchSealed:
		return w.approve()
	case custody.BatchApproved:
		return w.authorise()
	case custody.BatchAuthorised, custody.BatchWithdrawn:
		if _, ok := w.inState(custody.Released); ok || b.State == custody.BatchAuthorised {
			return w.release()
		}
		return w.reconcile()
	case custody.BatchReleased:
		if id, ok := w.inState(custody.Released); ok {
			v := rapid.SampledFrom([]custody.Verdict{custody.VerdictDestroyed, custody.VerdictDestroyed, custody.VerdictDestroyed,
				custody.VerdictDisputed, custody.VerdictUnverified, custody.VerdictIndeterminate}).Draw(t, "verdict")
			return w.outcome(id, v)
		}
		return w.reconcile()
	case custody.BatchReconciled:
		return w.complete()
	case custody.BatchCompleted:
		return w.certify()
	}
	return anything(t, w)
}

func (w *world) sealedInOrder() []string {
	ids, _ := w.Members(batch)
	return slices.DeleteFunc(ids, func(id string) bool { return w.carrier(id).Index < 0 })
}

// anything makes any record for any carrier, in place or out of it.
func anything(t *rapid.T, w *world) custody.Record {
	id := someID(t)
	makers := []func() custody.Record{
		func() custody.Record { return w.register(id, 1) },
		func() custody.Record { return w.receive(fleet) },
		w.open, w.approve, w.authorise, w.release, w.reconcile, w.complete, w.certify, w.withdraw, w.void,
		func() custody.Record { return w.count(id) },
		func() custody.Record { return w.missing(id) },
		func() custody.Record { return w.dispose(custody.KindFound, id) },
		func() custody.Record { return w.seal(id, w.batch(batch).Members) },
		func() custody.Record { return w.sealBatch(w.sealedInOrder()...) },
		func() custody.Record { return w.unfed(id) },
		func() custody.Record { return w.outcome(id, custody.VerdictDestroyed) },
		func() custody.Record { return w.outcome(id, custody.VerdictDisputed) },
		func() custody.Record { return w.outcome(id, custody.VerdictIndeterminate) },
		func() custody.Record {
			return w.resolve(id, rapid.SampledFrom([]string{"destroyed", "held", "lost"}).Draw(t, "resolution"))
		},
		func() custody.Record {
			r := w.approve()
			r.Kind = custody.KindRejected
			return r
		},
		func() custody.Record {
			k := rapid.SampledFrom([]custody.Kind{custody.KindDeclassified, custody.KindLost}).Draw(t, "way")
			return w.dispose(k, id)
		},
	}
	return rapid.SampledFrom(makers).Draw(t, "what")()
}

// away makes the next record of a carrier on its way to the archive, or of one
// that is missing to its being written off.
func away(t *rapid.T, w *world) custody.Record {
	id := someID(t)
	c := w.carrier(id)
	m := thingOf[custody.Movement](w, custody.MovementThing, c.Movement)
	switch {
	case c.State == custody.Missing && thingOf[custody.Incident](w, custody.IncidentThing, "n").ID == "":
		return w.reported("lost", id)
	case c.State == custody.Missing && !thingOf[custody.Incident](w, custody.IncidentThing, "n").Closed:
		return w.inquiry("written-off")
	case c.State == custody.Missing:
		r := w.dispose(custody.KindLost, id)
		r.Incident = "n"
		return r
	case c.Movement == "":
		return w.move(fmt.Sprint("m", len(w.history)), custody.ActArchive, "", id)
	case m.Taken == "":
		return w.ending(rapid.SampledFrom([]custody.Kind{custody.KindMoveAccepted, custody.KindMoveRefused}).Draw(t, "other end"), c.Movement, keeper("li"), id)
	}
	return w.settled(custody.KindArchived, id)
}

// spoil damages who acts, what is referred to, or what was measured.
func spoil(t *rapid.T, r *custody.Record) {
	r.Actors = slices.Clone(r.Actors)
	people := []string{"wang", "li", "zhao", "chen"}
	switch rapid.IntRange(0, 8).Draw(t, "how") {
	case 0:
		r.Actors = nil
	case 1, 2:
		for i := range r.Actors {
			p := rapid.SampledFrom(people).Draw(t, "person")
			r.Actors[i].Person, r.Actors[i].Credential = p, hash("key of "+p)
		}
	case 3:
		for i := range r.Actors {
			r.Actors[i].Credential = hash("key of " + rapid.SampledFrom(people).Draw(t, "card"))
		}
	case 4:
		r.Manifest, r.Approval = r.Approval, r.Manifest
	case 5:
		r.Authorisation = hash("another")
	case 6:
		if r.Evidence != nil {
			e := *r.Evidence
			e.EnergyJ = int64(rapid.IntRange(0, 200).Draw(t, "joule"))
			r.Evidence = &e
		}
	case 7:
		r.ItemsRoot, r.OutcomesRoot = hash("items"), hash("outcomes")
	case 8:
		r.At = r.At.Add(48 * time.Hour)
	}
}

func checkTerminal(t *rapid.T, before []custody.Carrier, w *world, r custody.Record) {
	for _, old := range before {
		now := w.carrier(old.ID)
		if !old.State.Terminal() || now.State == old.State {
			continue
		}
		if r.Kind != custody.KindCertified || now.State.Disposition() != old.State.Disposition() {
			t.Fatalf("%s left final %s for %s by %s", old.ID, old.State, now.State, r.Kind)
		}
	}
}

// checkConservation: every carrier that was entered is in exactly one place.
func checkConservation(t *rapid.T, w *world) {
	entered := map[string]bool{}
	for _, r := range w.history {
		if r.Kind == custody.KindRegistered {
			entered[r.Carrier] = true
		}
	}
	all := w.Carriers()
	if len(all) != len(entered) {
		t.Fatalf("%d carriers entered, %d known", len(entered), len(all))
	}
	places := map[int64]string{}
	for _, c := range all {
		if !entered[c.ID] || c.State == custody.Unknown {
			t.Fatalf("%s came from nowhere: %s", c.ID, c.State)
		}
		if c.State.Open() != (c.Case != "") {
			t.Fatalf("%s is %s with case %q", c.ID, c.State, c.Case)
		}
		if c.Index < 0 {
			continue
		}
		if other, taken := places[c.Index]; taken || c.Batch != batch {
			t.Fatalf("%s and %s share place %d of %q", c.ID, other, c.Index, c.Batch)
		}
		places[c.Index] = c.ID
	}
}

// checkDestruction reads the history backwards from each destroyed carrier.
func checkDestruction(t *rapid.T, w *world) {
	for _, c := range w.Carriers() {
		if c.State.Disposition() != custody.DispositionDestroyed {
			continue
		}
		var sealed, approved, authorised, released, proven bool
		var approver string
		for _, r := range w.history {
			switch {
			case r.Kind == custody.KindSealed && r.Carrier == c.ID:
				sealed = true
			case r.Kind == custody.KindVoided || r.Kind == custody.KindRejected:
				sealed, approved, authorised, released = false, false, false, false
			case r.Kind == custody.KindApproved:
				approved, approver = sealed, r.Actors[0].Person
			case r.Kind == custody.KindAuthorised:
				a, b := r.Actors[0], r.Actors[1]
				authorised = approved && len(r.Actors) == 2 && a.Person != b.Person && a.Credential != b.Credential &&
					a.Person != approver && b.Person != approver
			case r.Kind == custody.KindReleased:
				released = authorised
			case (r.Kind == custody.KindDestroyed || (r.Kind == custody.KindResolved && r.Resolution == "destroyed")) && r.Carrier == c.ID:
				proven = released && r.Evidence != nil && r.Evidence.Feed == 1 && r.Evidence.EnergyJ > 0 && r.Evidence.Authenticated
			}
		}
		if !proven {
			t.Fatalf("%s is %s: sealed %t approved %t authorised %t released %t", c.ID, c.State, sealed, approved, authorised, released)
		}
	}
}

func checkReplay(t *rapid.T, w *world) {
	var again custody.Memory
	for _, r := range w.history {
		if _, err := again.Play(r); err != nil {
			t.Fatalf("replay refuses %s: %v", r.Kind, err)
		}
	}
	if !reflect.DeepEqual(again.Carriers(), w.Carriers()) || !reflect.DeepEqual(again.Batches(), w.Batches()) {
		t.Fatal("replay ends in another state")
	}
}
