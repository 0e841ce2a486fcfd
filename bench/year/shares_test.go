package year_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"sexton/bench/year"
	"sexton/custody"
)

// TestShares compares a big year with the rules of the exercise. What the story
// adds is one document of each role among tens of thousands.
func TestShares(t *testing.T) {
	l, err := year.New(year.Config{Carriers: 60_000, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	type of struct {
		class year.Class
		kind  year.Kind
		own   bool
	}
	carriers, period, kinds, fates := map[year.CarrierID]of{}, map[string]int{}, map[string]int{}, map[year.Fate]int{}
	classes, readers, copies := map[year.Class]int{}, map[year.Class][]int{}, []int{}
	var pages []int
	top := year.CarrierID(0)
	proposed, shredded, kept, regraded := 0, 0, 0, 0
	due, late, returns, months := map[year.Ref]time.Time{}, map[year.What]int{}, map[year.What]int{}, [13]int{}
	for e := range l.Events() {
		docs := map[year.DocumentID]year.Document{}
		for _, d := range e.Documents {
			docs[d.ID] = d
			if d.Class.StateSecret() && d.Unit != year.Own {
				classes[d.Class]++
				classes[0]++
				period[d.Class.String()+d.Period]++
			}
		}
		for _, c := range e.Entries {
			carriers[c.ID] = of{c.Class, c.Kind, e.What != year.Entered}
			if c.Kind == year.Paper && e.What == year.Entered {
				pages = append(pages, c.Pages)
			}
			x := custody.ExpectationFor(c.Kind.String(), custody.Extent{Value: max(int64(c.Pages), c.Bytes), Unit: "page"}, 1)
			if m := c.Mass * 1000; m < x.MinMassMG || m > x.MaxMassMG {
				t.Fatalf("a %s of %d pages weighs %d g, the machine expects %d to %d mg", c.Kind, c.Pages, c.Mass, x.MinMassMG, x.MaxMassMG)
			}
			top = max(top, c.ID)
		}
		switch e.What {
		case year.Proposed:
			if c := carriers[e.Carriers[0]]; !c.own {
				proposed++
				fates[e.Fate]++
			}
		case year.Shredded:
			for _, id := range e.Carriers {
				if !carriers[id].own {
					kinds[carriers[id].kind.String()]++
					shredded++
				}
			}
		case year.CirculationOpened:
			c := carriers[e.Carriers[0]].class
			readers[c] = append(readers[c], len(e.People))
		case year.Copied:
			copies = append(copies, len(e.Entries))
		case year.Took, year.Lent, year.Renewed:
			due[e.Ref] = e.Due
		case year.GaveBack, year.BroughtBack:
			returns[e.What]++
			if e.At.After(due[e.Ref]) {
				late[e.What]++
			}
		case year.Counted:
			months[e.At.Month()] += e.Count
		case year.Kept:
			kept++
		case year.Reclassified:
			regraded++
		}
	}
	near := func(what string, got, of int, want float64) { // within five standard deviations
		t.Helper()
		p, n := want/100, float64(of)
		if got := float64(got) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n) {
			t.Errorf("%s: %.2f %% of %d, want %.1f", what, 100*got, of, want)
		}
	}
	near("机密", classes[year.Secret], classes[0], 24)
	near("秘密", classes[year.Confidential], classes[0], 74)
	near("绝密", classes[year.TopSecret], classes[0], 2)
	for f, want := range map[year.Fate]float64{year.Returned: 50, year.Destroyed: 32, year.Archived: 13, year.Transferred: 2, year.Declassified: 1, year.Keep: 2} {
		near(f.Zh(), fates[f], proposed, want)
	}
	near("纸介质", kinds["paper"], shredded, 93)
	near("光盘", kinds["disc"], shredded, 4)
	near("U盘", kinds["usb-key"], shredded, 1.5)
	near("硬盘", kinds["hdd"]+kinds["ssd"]+kinds["portable-hdd"], shredded, 1)
	for p, want := range map[string]float64{"confidential10年": 50, "confidential5年": 25, "confidential项目公布前": 5, "secret20年": 55, "secret10年": 40, "top-secret30年": 70} {
		class := map[byte]year.Class{'c': year.Confidential, 's': year.Secret, 't': year.TopSecret}[p[0]]
		near(p, period[p], classes[class], want)
	}
	near("readers overdue", late[year.GaveBack], returns[year.GaveBack], 2)
	near("loans overdue", late[year.BroughtBack], returns[year.BroughtBack], 6)
	for _, peak := range []int{1, 2, 3, 11, 12} {
		for quiet := 4; quiet <= 10; quiet++ {
			if months[peak] <= months[quiet] {
				t.Errorf("%d carriers in month %d, %d in month %d", months[peak], peak, months[quiet], quiet)
			}
		}
	}
	slices.Sort(pages)
	if m := pages[len(pages)/2]; m != 6 {
		t.Errorf("median %d pages", m)
	}
	if p := pages[len(pages)*95/100]; p < 36 || p > 42 {
		t.Errorf("95 %% have at most %d pages", p)
	}
	if pages[0] < 1 || pages[len(pages)-1] > 300 {
		t.Errorf("from %d to %d pages", pages[0], pages[len(pages)-1])
	}
	for c, b := range map[year.Class][2]int{year.TopSecret: {2, 4}, year.Secret: {5, 12}, year.Confidential: {5, 20}} {
		n := readers[c]
		if len(n) == 0 || slices.Max(n) > b[1] || slices.Max(n) < b[1]-2 {
			t.Errorf("%s: %d circulations, at most %d readers", c, len(n), slices.Max(n))
		}
		slices.Sort(n)
		if least := n[len(n)/20]; least < b[0]-1 { // late in the year some are cut short by the clear-out
			t.Errorf("%s: %d readers", c, least)
		}
	}
	if slices.Min(copies) != 1 || slices.Max(copies) != 8 {
		t.Errorf("%d to %d copies", slices.Min(copies), slices.Max(copies))
	}
	if kept == 0 || regraded < 2 {
		t.Errorf("%d kept, %d reclassified", kept, regraded)
	}
}
