package year_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/bench/year"
)

// TestOracleContradicts: a stream that was tampered with is not believed.
func TestOracleContradicts(t *testing.T) {
	l, err := year.New(year.Config{Carriers: 200, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	events := slices.Collect(l.Events())
	at := func(w year.What) int { return slices.IndexFunc(events, func(e year.Event) bool { return e.What == w }) }
	last := func(w year.What) int {
		for i := len(events) - 1; i >= 0; i-- {
			if events[i].What == w {
				return i
			}
		}
		return -1
	}
	without := func(i int) []year.Event { return slices.Delete(slices.Clone(events), i, i+1) }
	again := func(i int) []year.Event { return slices.Insert(slices.Clone(events), i+1, events[i]) }
	with := func(i int, change func(*year.Event)) []year.Event {
		out := slices.Clone(events)
		out[i].Carriers = slices.Clone(out[i].Carriers)
		change(&out[i])
		return out
	}
	for _, c := range []struct {
		name   string
		events []year.Event
		want   string
	}{
		{"never entered", without(at(year.Entered)), "is not entered"},
		{"entered twice", again(at(year.Entered)), "is entered twice"},
		{"never shelved", without(at(year.Shelved)), "not on the shelf"},
		{"destroyed twice", again(at(year.Shredded)), "is gone: destroyed"},
		{"released twice", again(at(year.Released)), "is gone: declassified"},
		{"destroyed off the list", without(at(year.Listed)), "not on a list for destruction"},
		{"one more receipt", again(at(year.Acknowledged)), "is gone"},
		{"receipt for another", with(at(year.Acknowledged), func(e *year.Event) { e.Ref++ }), "nothing like it is open"},
		{"receipt without a carrier", with(last(year.Acknowledged), func(e *year.Event) { e.Carriers = nil }), "nothing like it is open"},
		{"two readers at once", without(at(year.GaveBack)), "is being read, not on the shelf"},
		{"lent twice", again(at(year.Lent)), "is on loan, not on the shelf"},
		{"brought back by none", without(at(year.Lent)), "nothing like it is open"},
		{"renewed what is not lent", with(at(year.Renewed), func(e *year.Event) { e.Ref = 1 }), "there is no loan"},
		{"accepted before it is given", without(at(year.HandedOver)), "nothing like it is open"},
		{"found what was not missing", without(at(year.Missing)), "not astray"},
		{"never joined", without(at(year.Joined)), "is not on post"},
		{"acts after leaving", with(last(year.CirculationOpened), func(e *year.Event) { e.People = []year.PersonID{year.LeaverID} }), "is not on post"},
		{"reads untrained", with(at(year.TrainingLapsed)+3, func(e *year.Event) {
			*e = year.Event{Seq: e.Seq, At: e.At, What: year.Took, By: year.Clerk, To: year.Late}
		}), "has expired"},
		{"leaves with a carrier", without(at(year.BroughtBack)), ""},
		{"leaves too early", with(at(year.LeaveRefused), func(e *year.Event) { *e = year.Event{Seq: e.Seq, At: e.At, What: year.Left, By: 6, To: year.Debtor} }), "leaves with 1 carriers"},
		{"refused for another carrier", with(at(year.LeaveRefused), func(e *year.Event) { e.Carriers[0]-- }), "holds"},
		{"a copy of a lower class", with(at(year.Copied), func(e *year.Event) {
			e.Entries = slices.Clone(e.Entries)
			e.Entries[0].Class = year.Internal + 1
		}), "does not inherit"},
		{"half a document", with(at(year.Reclassified), func(e *year.Event) { e.Carriers = e.Carriers[1:] }), "is left out"},
		{"another document", with(at(year.Reclassified), func(e *year.Event) { e.Document = 1 << 20 }), "is not entered"},
		{"no disposal", with(at(year.Acknowledged), func(e *year.Event) { e.Fate = year.Keep }), "is no disposal"},
		{"backwards", with(1000, func(e *year.Event) { e.At = e.At.Add(-100 * 24 * time.Hour) }), "time runs backwards"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := year.NewOracle()
			for _, e := range c.events {
				if err := o.Observe(e); err != nil {
					if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), e.What.String()) {
						t.Fatalf("%v, want %q", err, c.want)
					}
					return
				}
			}
			t.Fatal("believed")
		})
	}
}

// TestOracleAnswers follows the loan that keeps somebody from leaving.
func TestOracleAnswers(t *testing.T) {
	l, err := year.New(year.Config{Carriers: 200, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	o := year.NewOracle()
	asked := 0
	for e := range l.Events() {
		if err := o.Observe(e); err != nil {
			t.Fatal(err)
		}
		if e.What != year.LeaveRefused {
			continue
		}
		asked++
		id := e.Carriers[0]
		if where, holder, _, fate := o.Carrier(id); where != year.OnLoan || holder != year.Debtor || fate != year.NoFate {
			t.Errorf("the carrier is %s with %d, %s", where, holder, fate)
		}
		if have := o.Holdings(year.Debtor); !slices.Equal(have, e.Carriers) {
			t.Errorf("he holds %v", have)
		}
		if !slices.ContainsFunc(o.Overdue(e.At), func(x year.Open) bool { return x.What == year.Lent && x.To == year.Debtor && x.Carriers[0] == id }) {
			t.Errorf("not overdue: %+v", o.Overdue(e.At))
		}
	}
	if asked != 1 {
		t.Fatalf("refused %d times", asked)
	}
	if b := o.Balance(1_000_000); b.In() != 0 || !b.Even() {
		t.Errorf("a document nobody knows: %+v", b)
	}
	if o.Statistics(2025) != nil {
		t.Error("statistics of a year before the stream")
	}
}
