package station_test

import (
	"context"
	"testing"
	"time"

	"sexton/station"
)

// TestSearchCarriers asks the questions of a registry officer. What the index finds is proven in its own room; here it is the words that count.
func TestSearchCarriers(t *testing.T) {
	w := newWorld(t)
	w.bureau(papers)
	ctx := t.Context()
	lend := w.move(station.MovementOptions{Act: "lend", Carriers: []string{"YZ-005"}, To: "wu", Due: w.clock().Now().Add(time.Hour)})
	w.ok(w.st.AcceptMovement(ctx, lend.ID, station.MovementStepOptions{}, w.signer("wu")))
	w.wall.Store(int64(2 * time.Hour))
	id := w.granted(station.RequestOptions{Act: "copy", Carriers: []string{"YZ-001"}, Count: 1})
	copies := must(w.st.MakeCopies(ctx, id, station.CopyOptions{Made: 1, Stamp: "戳记（演练）"}, w.signer("admin"))).Numbers
	find := func(f station.SearchFilter) (station.FoundPage, error) {
		return w.st.SearchCarriers(ctx, station.SearchOptions{SearchFilter: f})
	}
	for name, c := range map[string]struct {
		f    station.SearchFilter
		want int
	}{
		"all":               {station.SearchFilter{}, 7},
		"number":            {station.SearchFilter{Number: "YZ-00"}, 7},
		"document":          {station.SearchFilter{DocumentNumber: "某局[2026]1号"}, 4},
		"title":             {station.SearchFilter{Title: "文件某局"}, 7},
		"level in Chinese":  {station.SearchFilter{Levels: []string{"绝密", "work-secret"}}, 2},
		"in a hand":         {station.SearchFilter{Holder: "wu"}, 1},
		"keeper or holder":  {station.SearchFilter{Person: "wu"}, 1},
		"by name":           {station.SearchFilter{HolderName: "姓名wu"}, 1},
		"on loan":           {station.SearchFilter{Wheres: []string{"on-loan"}}, 1},
		"overdue":           {station.SearchFilter{Overdue: true}, 1},
		"copies of":         {station.SearchFilter{Parent: "YZ-001"}, 1},
		"copies":            {station.SearchFilter{Copies: true}, 1},
		"must be returned":  {station.SearchFilter{MustReturn: true}, 1},
		"nowhere yet":       {station.SearchFilter{NoPlace: true}, 7},
		"of the department": {station.SearchFilter{Department: "BMS"}, 7},
		"entered to come":   {station.SearchFilter{EnteredFrom: "2099-01-01"}, 0},
		"both":              {station.SearchFilter{Levels: []string{"机密"}, Copies: true}, 1},
	} {
		p, err := find(c.f)
		if err != nil || p.Count != int64(c.want) || len(p.Carriers) != c.want || !p.Exact {
			t.Errorf("%s: %d, %d, %v", name, p.Count, len(p.Carriers), err)
		}
		if p.Searched.Size != w.led.Head().Size || p.Searched.Entries != 7 || p.Searched.Root == "" {
			t.Errorf("%s: searched %+v", name, p.Searched)
		}
	}
	p := must(find(station.SearchFilter{Parent: "YZ-001"}))
	if c := p.Carriers[0]; c.Number != copies[0] || c.Mark != "机密★10年" || c.Keeper != "admin" || c.Title == "" || c.WhereZh != "在库" {
		t.Errorf("%+v", c)
	}
	if c := must(w.st.SearchCarriers(ctx, station.SearchOptions{SearchFilter: station.SearchFilter{Overdue: true}, Order: "due"})).Carriers[0]; !c.Overdue || c.With != "wu" {
		t.Errorf("overdue %+v", c)
	}

	// Page by page gives the same as at once.
	var pages []string
	o := station.SearchOptions{Order: "newest", Limit: 3}
	for {
		p := must(w.st.SearchCarriers(ctx, o))
		for _, c := range p.Carriers {
			pages = append(pages, c.Number)
		}
		if o.After = p.Next; o.After == "" {
			break
		}
	}
	if len(pages) != 7 || pages[0] != copies[0] {
		t.Errorf("pages %v", pages)
	}
	for name, f := range map[string]station.SearchFilter{
		"a level that is none": {Levels: []string{"机要"}}, "a state that is none": {States: []string{"gone"}},
		"a whereabouts that is none": {Wheres: []string{"there"}}, "a day that is none": {DueBefore: "tomorrow"}, "too short a title": {Title: "文"},
	} {
		w.refused(name, "usage.bad-request", func(ctx context.Context) error {
			_, err := w.st.SearchCarriers(ctx, station.SearchOptions{SearchFilter: f})
			return err
		})
	}
	for name, o := range map[string]station.SearchOptions{"an order that is none": {Order: "colour"}, "a mark of another page": {After: "x"}} {
		w.refused(name, "usage.bad-request", func(ctx context.Context) error { _, err := w.st.SearchCarriers(ctx, o); return err })
	}
	w.refused("copies of a carrier that is none", "usage.not-found", func(ctx context.Context) error {
		_, err := find(station.SearchFilter{Parent: "YZ-404"})
		return err
	})
}
