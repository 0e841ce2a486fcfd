package custody_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"sexton/custody"

	"pgregory.net/rapid"
)

// TestRandomYears lets random offices live, and judges what was taken by an
// oracle that reads the same leaves without Step.
func TestRandomYears(t *testing.T) {
	taken := map[custody.Kind]int{}
	parts := 0
	lacking := func() []custody.Kind {
		return slices.DeleteFunc(custody.Kinds(), func(k custody.Kind) bool {
			ofMedia := strings.HasPrefix(string(k), "key.") || strings.HasPrefix(string(k), "port.") // media_test.go
			return taken[k] > 0 || ofMedia || !hasEffect(k)
		})
	}
	// Years in which something never happened prove nothing about it: draw more until all of it did.
	for range 40 {
		rapid.Check(t, func(t *rapid.T) { parts += liveAYear(t, taken) })
		if t.Failed() || len(lacking()) == 0 && parts > 50 {
			break
		}
	}
	if l := lacking(); len(l) > 0 {
		t.Errorf("in no year: %v", l)
	}
	if parts == 0 {
		t.Error("no part of a history was replayed")
	}
	t.Logf("taken: %v, parts replayed: %d", taken, parts)
}

// hasEffect is false for kinds that Step takes without looking at them.
func hasEffect(k custody.Kind) bool {
	_, err := custody.Step(&custody.Memory{}, custody.Record{Kind: k})
	return err != nil
}

func liveAYear(t *rapid.T, taken map[custody.Kind]int) (parts int) {
	y, o := newYear(t), newOracle()
	for _, r := range y.history {
		o.read(r)
		taken[r.Kind]++
	}
	for range 60 + y.upTo("events", 240) {
		r := y.draw()
		first, err := custody.Step(y.world, r)
		if err != nil {
			if keyOf(err) == "" || !reflect.DeepEqual(first, custody.Change{}) {
				t.Fatalf("%s: refused with %v and a change %+v", r.Kind, err, first)
			}
			continue
		}
		y.Put(first)
		y.history = append(y.history, r)
		taken[r.Kind]++
		if o.read(r); len(o.faults) > 0 {
			t.Fatalf("taken against the law: %s", strings.Join(o.faults, "; "))
		}
	}
	if bad := o.compare(y.world); len(bad) > 0 {
		t.Fatalf("the register is not what its leaves say: %s", strings.Join(bad, "\n"))
	}
	var again custody.Memory
	for _, r := range y.history {
		if _, err := again.Play(r); err != nil {
			t.Fatalf("replay refuses %s: %v", r.Kind, err)
		}
	}
	if !reflect.DeepEqual(snapshot(&again), snapshot(&y.Memory)) {
		t.Fatal("replay ends in another state")
	}
	for _, b := range y.Batches() {
		replayPart(t, y.world, b.ID)
		parts++
	}
	return parts
}

// replayPart replays what a certificate of a batch holds: the leaves that name
// its carriers, their batches and their lists, and nothing else. The carriers
// end as in the whole history.
func replayPart(t *rapid.T, w *world, batch string) {
	carriers, batches, lists := map[string]bool{}, map[string]bool{batch: true}, map[string]bool{}
	names := func(r custody.Record) bool {
		return batches[r.Batch] || carriers[r.Carrier] || slices.ContainsFunc(r.Carriers, func(id string) bool { return carriers[id] })
	}
	for grew := true; grew; {
		before := len(carriers) + len(batches)
		for _, r := range w.history {
			if r.Carrier != "" && r.Batch != "" && batches[r.Batch] {
				carriers[r.Carrier] = true
			}
			if r.Carrier != "" && carriers[r.Carrier] && r.Batch != "" {
				batches[r.Batch] = true
			}
			if r.Entry != nil && carriers[r.Carrier] {
				lists[r.Entry.List] = true
			}
		}
		grew = len(carriers)+len(batches) > before
	}
	delete(lists, "")
	part := custody.Memory{Part: true}
	for _, r := range w.history {
		ofList := r.List != "" && lists[r.List] && r.Entry == nil && r.Batch == ""
		if !names(r) && !ofList {
			continue
		}
		if _, err := part.Play(r); err != nil {
			t.Fatalf("part of %s: %s (%d) refused: %v", batch, r.Kind, r.Index, err)
		}
	}
	if len(part.Carriers()) != len(carriers) {
		t.Fatalf("part of %s: %d carriers, expected %d", batch, len(part.Carriers()), len(carriers))
	}
	for _, c := range part.Carriers() {
		if whole := w.carrier(c.ID); !reflect.DeepEqual(c, whole) {
			t.Fatalf("part of %s:\n%+v, whole:\n%+v", batch, c, whole)
		}
	}
	for id := range batches {
		b, _, _ := part.Batch(id)
		if whole := w.batch(id); !reflect.DeepEqual(b, whole) {
			t.Fatalf("part of %s: batch %+v, whole %+v", batch, b, whole)
		}
	}
}
