package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sexton/bench/year"
	"sexton/web/api"
)

// books compares the station's with the generator's own count: the figures of
// the reports, the balance of every document, the hands every carrier is in,
// and what is open. The first line that differs is the error.
type books struct{ b *bureau }

// dispositionOf is the station's word for a fate.
var dispositionOf = map[year.Fate]string{year.NoFate: "", year.Returned: "returned", year.Destroyed: "destroyed", year.Archived: "archived", year.Transferred: "transferred",
	year.Declassified: "declassified", year.Dispatched: "transferred"}

// period is the part of a year that was lived through.
func period(y int, last string) (from, to string) {
	from, to = fmt.Sprintf("%d-01-01", y), fmt.Sprintf("%d-12-31", y)
	return from, min(to, last)
}

// reports compares each year's report, row by row, and gives the number of rows.
func (k books) reports(ctx context.Context, last string) (rows int, err error) {
	for _, y := range k.b.oracle.Expected().Years {
		from, to := period(y.Year, last)
		v, err := quietly[api.PeriodView](ctx, k.b.rig, "report/period", api.PeriodRequest{From: from, To: to})
		if err != nil {
			return rows, err
		}
		for _, want := range y.Rows {
			rows++
			i := slices.IndexFunc(v.Rows, func(r api.PeriodRow) bool { return r.Level == want.Class.String() && r.Kind == want.Kind.String() })
			var got api.PeriodRow
			if i >= 0 {
				got = v.Rows[i]
				v.Rows = slices.Delete(v.Rows, i, i+1)
			}
			if a, b := reportLine(got), expectedLine(want); a != b {
				return rows, fmt.Errorf("%w: the report of %d differs for %s %s:\n  station   %s\n  generator %s", errStory, y.Year, want.Class, want.Kind, a, b)
			}
		}
		if len(v.Rows) > 0 {
			return rows, fmt.Errorf("%w: the report of %d has a row of %s %s that the generator has not: %s", errStory, y.Year, v.Rows[0].Level, v.Rows[0].Kind, reportLine(v.Rows[0]))
		}
	}
	return rows, nil
}

const lineFormat = "opening %d received %d made %d regraded %d returned %d archived %d transferred %d declassified %d destroyed %d dispatched %d other %d closing %d"

func reportLine(r api.PeriodRow) string {
	return fmt.Sprintf(lineFormat, r.Opening, r.Received, r.Made, r.RegradedIn-r.RegradedOut, r.Returned, r.Archived, r.Transferred, r.Declassified, r.Destroyed, r.Dispatched,
		r.Consigned+r.Other, r.Closing)
}

func expectedLine(r year.ExpectedRow) string {
	return fmt.Sprintf(lineFormat, r.Opening, r.Received, r.Made, r.Regraded, r.Returned, r.Archived, r.Transferred, r.Declassified, r.Destroyed, r.Dispatched, 0, r.Closing)
}

// carriers compares what became of every carrier, and in whose hands it is.
func (k books) carriers(ctx context.Context) (n int, err error) {
	for id := year.CarrierID(1); id <= k.b.oracle.Carriers(); id++ {
		where, holder, _, fate := k.b.oracle.Carrier(id)
		number, known := k.b.numbers[id]
		if !known {
			continue // its number was drawn and it never came
		}
		c, err := quietly[api.CarrierView](ctx, k.b.rig, "carrier/show", api.ByID{ID: number})
		if err != nil {
			return n, err
		}
		n++
		want := ""
		if where != year.Gone {
			fate = year.NoFate
			if m := k.b.office.people[holder]; m != nil {
				want = m.id
			}
		}
		got := c.Keeper
		if c.With != "" {
			got = c.With
		}
		if c.Disposition != "" {
			got = ""
		}
		if c.Disposition != dispositionOf[fate] || got != want {
			return n, fmt.Errorf("%w: carrier %s is %q with %q at the station, %q with %q by the generator", errStory, number, c.Disposition, got, dispositionOf[fate], want)
		}
	}
	return n, nil
}

// documents compares the balance of every document the station knows.
func (k books) documents(ctx context.Context) (n int, err error) {
	seen := map[year.DocumentID]bool{}
	for id := year.CarrierID(1); id <= k.b.oracle.Carriers(); id++ {
		d := k.b.docOf[id]
		if d == 0 || seen[d] {
			continue
		}
		seen[d] = true
		c, err := quietly[api.CarrierView](ctx, k.b.rig, "carrier/show", api.ByID{ID: k.b.numbers[id]})
		if err != nil {
			return n, err
		}
		if c.DocumentID == "" {
			continue // a medium without a number of its own; its carriers were compared
		}
		v, err := quietly[api.BalanceView](ctx, k.b.rig, "document/balance", api.ByID{ID: c.DocumentID})
		if err != nil {
			return n, err
		}
		n++
		if a, b := balanceLine(v), k.expectedBalance(d); a != b {
			return n, fmt.Errorf("%w: the balance of %s differs:\n  station   %s\n  generator %s", errStory, v.Document.Number, a, b)
		}
	}
	return n, nil
}

const balanceFormat = "registered %d held %d returned %d destroyed %d archived %d transferred %d declassified %d"

func balanceLine(v api.BalanceView) string {
	held := v.Open // on its way inside, or missing: still answered for
	for _, n := range v.Held {
		held += n
	}
	d := v.Disposed
	return fmt.Sprintf(balanceFormat, v.Registered, held, d["returned"], d["destroyed"], d["archived"], d["transferred"], d["declassified"])
}

func (k books) expectedBalance(d year.DocumentID) string {
	b := k.b.oracle.Balance(d)
	out := b.Disposed
	return fmt.Sprintf(balanceFormat, b.In(), b.Held, out[year.Returned], out[year.Destroyed], out[year.Archived], out[year.Transferred]+out[year.Dispatched], out[year.Declassified])
}

// links compares what is open.
func (k books) links(ctx context.Context) (n int, err error) {
	var want []string
	for _, l := range k.b.oracle.Open() {
		want = append(want, strings.Join(k.b.carriers(l.Carriers), " "))
	}
	v, err := quietly[api.MovementPage](ctx, k.b.rig, "movement/links", api.PageRequest{})
	if err != nil {
		return 0, err
	}
	var got []string
	for _, m := range v.Movements {
		var numbers []string
		for _, c := range m.Carriers {
			numbers = append(numbers, c.Number)
		}
		got = append(got, strings.Join(numbers, " "))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return 0, fmt.Errorf("%w: open are %q at the station, %q by the generator", errStory, got, want)
	}
	return len(got), nil
}
