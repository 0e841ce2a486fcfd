package custody_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sexton/custody"
)

// counting counts what Step asks of its view.
type counting struct {
	*custody.Memory
	asked map[string]int
}

func (c counting) count(what string) { c.asked[what]++ }
func (c counting) Carrier(id string) (custody.Carrier, bool, error) {
	c.count("carrier")
	return c.Memory.Carrier(id)
}
func (c counting) Batch(id string) (custody.Batch, bool, error) {
	c.count("batch")
	return c.Memory.Batch(id)
}
func (c counting) Members(id string) ([]string, error) {
	c.count("members")
	return c.Memory.Members(id)
}
func (c counting) Listed(id string) ([]string, error) {
	c.count("listed")
	return c.Memory.Listed(id)
}
func (c counting) Thing(ref custody.Ref) (custody.Thing, bool, error) {
	c.count("thing")
	return c.Memory.Thing(ref)
}
func (c counting) CopiesOf(id string) ([]string, error) {
	c.count("copies")
	return c.Memory.CopiesOf(id)
}
func (c counting) Outstanding(id string) ([]string, error) {
	c.count("outstanding")
	return c.Memory.Outstanding(id)
}

// bigOffice is an office whose keeper has n more carriers on his shelf.
func bigOffice(t testing.TB, n int) *world {
	w := newOffice(t)
	const rows = 500
	for i := 0; i < n; i += rows {
		id := fmt.Sprint("big-", i)
		r := w.imported(rows)
		r.List, r.Register = id, &custody.ListOpen{List: id, Rows: rows}
		w.must(t, r)
		for j := range rows {
			r := w.register(fmt.Sprintf("big-%06d", i+j), int64(j+1))
			r.Entry.List = id
			w.must(t, r)
		}
		c := w.listCounted(rows)
		c.List, c.Register = id, &custody.ListCount{List: id, Count: rows}
		w.must(t, c)
		m := w.listNumbered(rows)
		last := thingOf[custody.Series](w, custody.SeriesThing, "2026/密收").Last
		m.List, m.Register = id, &custody.ListNumbers{List: id, Series: "密收", Year: 2026, First: last + 1, Last: last + rows}
		w.must(t, m)
		s := w.receive(rows)
		s.List = id
		w.must(t, s)
	}
	return w
}

// TestStepAsksLittle: what an event costs depends on the carriers it names, not
// on how many there are.
func TestStepAsksLittle(t *testing.T) {
	small, big := bigOffice(t, 0), bigOffice(t, 4000)
	for _, w := range []*world{small, big} {
		w.must(t, w.move("lent", custody.ActLend, "zhou", "c5"))
		w.must(t, w.ending(custody.KindMoveAccepted, "lent", accepting("zhou"), "c5"))
		w.must(t, w.move("sent", custody.ActTransfer, "", "c4"))
		w.must(t, w.ending(custody.KindMoveAccepted, "sent", keeper("sun"), "c4"))
		w.request(t, custody.RequestEntry{Request: "q", Act: custody.ActCopy, Count: 2}, "c0")
		w.must(t, w.act(custody.KindCampaign, &custody.CampaignOpen{Campaign: "k", Number: "k", Before: "2026-12-01", Selected: 6}, nil, keeper("wang")))
		w.must(t, w.open())
	}
	for name, make := range map[string]func(w *world) custody.Record{
		"movement.opened":   func(w *world) custody.Record { return w.move("m", custody.ActLend, "zhou", "c0", "c1") },
		"movement.returned": func(w *world) custody.Record { return w.ending(custody.KindMoveReturned, "lent", keeper("wang"), "c5") },
		"settled":           func(w *world) custody.Record { return w.settled(custody.KindTransferred, "c4") },
		"copies.made":       func(w *world) custody.Record { return w.copies("q", "c0", 1, 0) },
		"stored": func(w *world) custody.Record {
			return w.act(custody.KindStored, &custody.Stored{Place: "safe"}, []string{"c0", "c1"}, keeper("wang"))
		},
		"proposed": func(w *world) custody.Record { return w.proposed("k", map[string]string{"c0": custody.ActDestroy}) },
		"counted":  func(w *world) custody.Record { return w.count("c0") },
		"missing":  func(w *world) custody.Record { return w.missing("c5") },
		"reported": func(w *world) custody.Record { return w.reported("lost", "c0") },
		"request":  func(w *world) custody.Record { return w.decide(custody.KindRequestBack, "x", keeper("wang")) },
	} {
		asked := func(w *world) map[string]int {
			v := counting{&w.Memory, map[string]int{}}
			if _, err := custody.Step(v, make(w)); err != nil && name != "request" {
				t.Errorf("%s: %v", name, err)
			}
			return v.asked
		}
		a, b := asked(small), asked(big)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s asks %v of a small register and %v of a big one", name, a, b)
		}
		total := 0
		for _, n := range b {
			total += n
		}
		if total > 20 || b["copies"]+b["outstanding"]+b["listed"]+b["members"] > 0 {
			t.Errorf("%s asks %v", name, b)
		}
	}
}

// BenchmarkReplay replays a short and a long history in turn and reports how
// much more one event of the long one costs: 1 where replaying is linear.
func BenchmarkReplay(b *testing.B) {
	short, long := bigOffice(b, 5_000).history, bigOffice(b, 50_000).history
	replay := func(history []custody.Record) time.Duration {
		var m custody.Memory
		start := time.Now()
		for _, r := range history {
			if _, err := m.Play(r); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start) / time.Duration(len(history))
	}
	var ratios []float64
	for b.Loop() {
		ratios = append(ratios, float64(replay(long))/float64(replay(short)))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "long/short")
	b.ReportMetric(float64(len(long)), "events")
}
