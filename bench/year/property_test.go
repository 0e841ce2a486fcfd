package year_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sexton/bench/year"
)

// whole draws a small year and runs through it.
func whole(t *rapid.T) (*year.Life, []year.Event) {
	c := year.Config{Carriers: rapid.IntRange(year.Least, 400).Draw(t, "carriers"), Seed: rapid.Uint64().Draw(t, "seed")}
	l, err := year.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return l, slices.Collect(l.Events())
}

func observe(t *rapid.T, events []year.Event) *year.Oracle {
	o := year.NewOracle()
	for _, e := range events {
		if err := o.Observe(e); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// TestBooksBalance: for every document, what came and was made is held or
// disposed of; so for every row of every year; and a recount from nothing but
// entries and disposals says the same.
func TestBooksBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, events := whole(t)
		o := observe(t, events)
		in, out := map[year.DocumentID]int{}, map[year.DocumentID]int{}
		of := map[year.CarrierID]year.DocumentID{}
		for _, e := range events {
			for _, c := range e.Entries {
				in[c.Document]++
				of[c.ID] = c.Document
			}
			if e.What == year.Acknowledged || e.What == year.Shredded || e.What == year.Released {
				for _, id := range e.Carriers {
					out[of[id]]++
				}
			}
		}
		for d, n := range in {
			b := o.Balance(d)
			if !b.Even() || b.In() != n || b.Out() != out[d] {
				t.Fatalf("document %d: %+v, recounted %d in, %d out", d, b, n, out[d])
			}
		}
		x := o.Expected()
		first, second := x.Years[0], x.Years[1]
		closing := map[string]int{}
		for _, r := range first.Rows {
			closing[r.Class.String()+r.Kind.String()] = r.Closing
		}
		held := 0
		for _, r := range second.Rows {
			if r.Opening != closing[r.Class.String()+r.Kind.String()] {
				t.Fatalf("%s %s opens with %d, closed with %d", r.Class, r.Kind, r.Opening, closing[r.Class.String()+r.Kind.String()])
			}
			if r.Closing < 0 {
				t.Fatalf("%+v", r)
			}
			held += r.Closing
		}
		if held != x.Held || x.Carriers != len(of) || x.Documents != len(in) || x.Held != len(of)-sum(out) {
			t.Fatalf("%d held by rows, %d by carriers, %d entered, %d disposed of", held, x.Held, len(of), sum(out))
		}
		arrived := o.Statistics(year.Year).Sum().Received
		for _, e := range events {
			if e.What == year.Printed {
				arrived += len(e.Entries)
			}
		}
		if want := l.Config().Carriers; arrived != want {
			t.Fatalf("%d arrived or were printed, want %d", arrived, want)
		}
	})
}

func sum(m map[year.DocumentID]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

// TestStoryIsComplete: every happening and every reason occurs in every stream,
// and at the end just the two things are open that are meant to be.
func TestStoryIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		seen, why := map[year.What]int{}, map[year.Reason]int{}
		for _, e := range events {
			seen[e.What]++
			why[e.Reason]++
		}
		for _, w := range year.Whats() {
			if seen[w] == 0 {
				t.Errorf("no %s", w)
			}
		}
		for _, r := range year.Reasons() {
			if why[r] == 0 {
				t.Errorf("no %s", r)
			}
		}
		if seen[year.Left] != 2 || seen[year.LeaveRefused] != 1 || seen[year.SealSpoiled] != 2 || seen[year.SelfChecked] != 15 {
			t.Errorf("left %d, refused %d, seals spoiled %d, self-checks %d", seen[year.Left], seen[year.LeaveRefused], seen[year.SealSpoiled], seen[year.SelfChecked])
		}
		o := observe(t, events)
		open := o.Open()
		if len(open) != 2 || open[0].What != year.Lent || open[1].What != year.HandedOver {
			t.Fatalf("open at the end: %+v", open)
		}
		end := time.Date(2027, 3, 31, 12, 0, 0, 0, year.Zone)
		if over := o.Overdue(end); len(over) != 2 {
			t.Fatalf("overdue at the end: %+v", over)
		}
		if over := o.Overdue(end.AddDate(0, 0, -2)); len(over) != 1 || over[0].What != year.Lent {
			t.Fatalf("overdue two days before the end: %+v", over)
		}
	})
}

// TestShapes: a happening has the fields its word promises, and no others.
func TestShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		for _, e := range events {
			must, may := year.Fields(e.What)
			have := fields(e)
			for _, f := range must {
				if !slices.Contains(have, f) {
					t.Fatalf("%s without %s: %+v", e.What, f, e)
				}
			}
			for _, f := range have {
				if !slices.Contains(must, f) && !slices.Contains(may, f) {
					t.Fatalf("%s with %s: %+v", e.What, f, e)
				}
			}
		}
	})
}

func fields(e year.Event) []string {
	var out []string
	for name, set := range map[string]bool{
		"ref": e.Ref != 0, "of": e.Of != 0, "by": e.By != 0, "with": e.With != 0, "to": e.To != 0, "people": len(e.People) > 0, "carriers": len(e.Carriers) > 0,
		"document": e.Document != 0, "documents": len(e.Documents) > 0, "entries": len(e.Entries) > 0, "unit": e.Unit != 0, "place": e.Place != 0, "channel": e.Channel != "",
		"class": e.Class != 0, "period": e.Period != "", "count": e.Count != 0, "limit": e.Limit != 0, "mass": e.Mass != 0, "fate": e.Fate != 0, "number": e.Number != "",
		"reason": e.Reason != "", "due": !e.Due.IsZero(),
	} {
		if set {
			out = append(out, name)
		}
	}
	return out
}

// Days off and days worked instead, as the notice for 2026 gives them; 2027 as
// the package assumes. Written out here by day, to be compared with spans there.
const (
	off = " 2026-01-01 2026-01-02 2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23 2026-04-06 2026-05-01 2026-05-04 2026-05-05 2026-06-19 2026-09-25" +
		" 2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07 2027-01-01 2027-02-05 2027-02-08 2027-02-09 2027-02-10 2027-02-11 "
	worked = " 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10 "
)

// TestCalendar: everything falls on office hours of working days, in order;
// what comes from the exchange station on its hours.
func TestCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		var last time.Time
		for i, e := range events {
			at := e.At.In(year.Zone)
			d, weekday := " "+at.Format(time.DateOnly)+" ", at.Weekday()
			weekend := weekday == time.Saturday || weekday == time.Sunday
			if e.Seq != int64(i+1) || e.At.Before(last) {
				t.Fatalf("out of order: %+v", e)
			}
			last = e.At
			if weekend != strings.Contains(worked, d) || strings.Contains(off, d) {
				t.Fatalf("%s on a day off: %s", e.What, at)
			}
			if c := at.Format("15:04"); !("08:30" <= c && c < "12:00" || "14:00" <= c && c < "17:30") {
				t.Fatalf("%s out of hours: %s", e.What, at)
			}
			if e.What != year.Counted {
				continue
			}
			if c := at.Format("15:04"); weekday != time.Monday && weekday != time.Wednesday && weekday != time.Friday || c < "14:00" || c > "15:36" {
				t.Fatalf("nothing comes at %s", at)
			}
		}
	})
}

// TestNumbers: every series runs from 1 without gaps, in order, and begins
// again with the year; every series has 演 in it.
func TestNumbers(t *testing.T) {
	tail := regexp.MustCompile(`^(.*?)(\d+)(号?)$`)
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		last := map[string]int{}
		next := func(number string) {
			m := tail.FindStringSubmatch(number)
			if m == nil || !strings.Contains(number, "演") {
				t.Fatalf("number %q", number)
			}
			n := 0
			if _, err := fmt.Sscan(strings.TrimLeft(m[2], "0"), &n); err != nil {
				t.Fatalf("number %q: %v", number, err)
			}
			series := m[1]
			if strings.HasPrefix(series, "F演") {
				last[series] = max(last[series], 4700) // a roll that began before
			}
			if strings.HasPrefix(number, "演销证") { // year and number stand together
				series, n = number[:len(number)-6], n%1_000_000
			}
			if n != last[series]+1 {
				t.Fatalf("%s after %d", number, last[series])
			}
			last[series] = n
		}
		serials := map[string]bool{}
		for _, e := range events {
			for _, d := range e.Documents {
				if !strings.HasSuffix(d.Title, "（演练）") {
					t.Fatalf("title %q", d.Title)
				}
				for _, n := range []string{d.Number, d.Receipt} {
					if n != "" {
						next(n)
					}
				}
			}
			for _, c := range e.Entries {
				next(c.Number)
				if c.Serial != "" && (serials[c.Serial] || !strings.Contains(c.Serial, "演")) {
					t.Fatalf("serial number %q", c.Serial)
				}
				serials[c.Serial] = true
			}
			if e.Number != "" && e.What != year.Superseded || e.What == year.Superseded {
				next(e.Number)
			}
		}
		for _, s := range []string{"2026-演密收-", "2026-演收-", "YZCZ-演-Z-2026-", "YZCZ-演-F-2026-", "演销单2026-", "演销单2027-", "销批演〔2026〕", "演销证2027", "F演", "演退清〔2027〕", "演发清〔2026〕"} {
			if last[s] == 0 {
				t.Errorf("series %s is empty; there are %v", s, slices.Sorted(maps.Keys(last)))
			}
		}
	})
}

// TestCopyNumbers: 份号 are unique within a document, of six digits, within the
// run, and what we hold of another's run is not consecutive.
func TestCopyNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, events := whole(t)
		for _, e := range events {
			docs, copies := map[year.DocumentID]year.Document{}, map[year.DocumentID][]int{}
			for _, d := range e.Documents {
				docs[d.ID] = d
			}
			if e.What == year.Copied {
				continue
			}
			for _, c := range e.Entries {
				d := docs[c.Document]
				n := 0
				if _, err := fmt.Sscanf(c.Copy, "%06d", &n); (err == nil) != (d.Class.StateSecret() && c.Kind == year.Paper) || err == nil && len(c.Copy) != 6 || n > d.Run {
					t.Fatalf("copy %q of a %s document, run %d", c.Copy, d.Class, d.Run)
				}
				copies[d.ID] = append(copies[d.ID], n)
			}
			for id, ns := range copies {
				slices.Sort(ns)
				for i := 1; i < len(ns); i++ {
					if gap := ns[i] - ns[i-1]; ns[i] > 0 && (gap < 1 || gap < 2 && docs[id].Unit != year.Own) {
						t.Fatalf("copies %v of document %d", ns, id)
					}
				}
				if len(ns) > 3 && docs[id].Unit != year.Own {
					t.Fatalf("%d copies of one document", len(ns))
				}
			}
		}
	})
}
