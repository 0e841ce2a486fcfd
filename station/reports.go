package station

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// period is the time from the first moment of one day to the end of another.
func (s *Station) period(from, to string) (begin, end time.Time, err error) {
	if begin, err = s.startOf(from); err != nil {
		return begin, end, err
	}
	if end, err = s.startOf(to); err != nil {
		return begin, end, err
	}
	end = end.AddDate(0, 0, 1)
	if !begin.Before(end) || begin.After(s.now()) {
		return begin, end, fault.New("usage.bad-request", nil, "period")
	}
	return begin, end, nil
}

// Period implements Reports.
func (s *Station) Period(ctx context.Context, from, to string) (PeriodView, error) {
	v, _, err := steady(s, func() (PeriodView, error) { return s.periodReport(ctx, from, to) })
	return v, toFault(err)
}

// leavesAtOnce is how many leaves are read in one go.
const leavesAtOnce = 2000

// periodReport counts twice: from the leaves, one after the other, and from the counters that the register kept as they came. Where the two differ there is
// no report, and the row that is broken is named.
func (s *Station) periodReport(ctx context.Context, from, to string) (PeriodView, error) {
	begin, end, err := s.period(from, to)
	if err != nil {
		return PeriodView{}, err
	}
	head := s.deps.Book.Head()
	scan := newLeafScan(begin, end)
	for at := int64(0); at < head.Size; at += leavesAtOnce {
		leaves, err := s.deps.Book.Leaves(ctx, at, min(leavesAtOnce, head.Size-at))
		if err != nil {
			return PeriodView{}, err
		}
		for i, b := range leaves {
			_, p, err := leaf.Decode(b)
			if err != nil {
				return PeriodView{}, fmt.Errorf("cannot read leaf %d: %w", at+int64(i), err)
			}
			scan.see(p)
		}
	}
	v := PeriodView{From: from, To: to, Zone: begin.Format("-07:00"), At: s.now(), Ledger: LedgerView{Size: head.Size, Root: head.Root}, Rows: scan.sorted()}
	if err := s.agree(ctx, begin, end, v.Rows); err != nil {
		return PeriodView{}, err
	}
	for i := range v.Rows {
		name(&v.Rows[i])
		add(&v.Total, v.Rows[i])
	}
	return v, s.tell(ctx, &v, scan)
}

// name says the row in the words of the forms.
func name(r *PeriodRow) {
	k, _ := custody.KindOf(r.Kind)
	r.LevelZh, r.KindZh = levelZh(r.Level), k.Zh
}

// columns are the figures of a row in the order of the sheet.
func columns(r *PeriodRow) []*int64 {
	return []*int64{&r.Opening, &r.Received, &r.Made, &r.RegradedIn, &r.Returned, &r.Archived, &r.Transferred, &r.Dispatched, &r.Declassified, &r.Consigned,
		&r.Destroyed, &r.RegradedOut, &r.Other, &r.Closing}
}

func add(total *PeriodRow, r PeriodRow) {
	from := columns(&r)
	for i, c := range columns(total) {
		*c += *from[i]
	}
}

// agree compares rows counted from the leaves with the register's counters. The counters do not tell a dispatch from a transfer: these are compared as one.
func (s *Station) agree(ctx context.Context, begin, end time.Time, rows []PeriodRow) error {
	counted := map[sortOf]*PeriodRow{}
	at := func(c index.Count) *PeriodRow {
		k := sortOf{c.Level, c.Kind}
		if counted[k] == nil {
			counted[k] = &PeriodRow{Level: c.Level, Kind: c.Kind}
		}
		return counted[k]
	}
	before, err := s.deps.Register.Period(ctx, time.Time{}, begin)
	if err != nil {
		return err
	}
	for _, c := range before {
		scratch := PeriodRow{}
		if col := counterColumn(&scratch, c.What); col != nil {
			*col = c.N
		}
		at(c).Opening += scratch.In() - scratch.Out()
	}
	during, err := s.deps.Register.Period(ctx, begin, end)
	if err != nil {
		return err
	}
	for _, c := range during {
		row := at(c)
		if col := counterColumn(row, c.What); col != nil {
			*col += c.N
		}
	}
	for _, r := range rows {
		other := counted[sortOf{r.Level, r.Kind}]
		delete(counted, sortOf{r.Level, r.Kind})
		if other == nil {
			other = &PeriodRow{}
		}
		if err := disagree(r, *other); err != nil {
			return err
		}
	}
	for _, other := range counted {
		if err := disagree(PeriodRow{Level: other.Level, Kind: other.Kind}, *other); err != nil {
			return err
		}
	}
	return nil
}

// counterColumn is the figure that a counter of the register belongs to; nil for one that is no part of the balance.
func counterColumn(r *PeriodRow, what string) *int64 {
	switch what {
	case index.CountRegistered:
		return &r.Received
	case index.CountMade, index.CountSpoiled:
		return &r.Made
	case index.CountLevelIn:
		return &r.RegradedIn
	case index.CountLevelOut:
		return &r.RegradedOut
	}
	for d, col := range map[custody.Disposition]*int64{custody.DispositionReturned: &r.Returned, custody.DispositionArchived: &r.Archived,
		custody.DispositionTransferred: &r.Transferred, custody.DispositionDeclassified: &r.Declassified, custody.DispositionConsigned: &r.Consigned,
		custody.DispositionDestroyed: &r.Destroyed, custody.DispositionWrittenOff: &r.Other} {
		if what == index.CountDisposed+d.String() {
			return col
		}
	}
	return nil
}

// disagree names the first figure in which the two counts of a row differ.
func disagree(leaves, counters PeriodRow) error {
	counters.Closing = counters.Opening + counters.In() - counters.Out()
	leaves.Transferred, leaves.Dispatched = leaves.Transferred+leaves.Dispatched, 0
	a, b := columns(&leaves), columns(&counters)
	for i := range a {
		if *a[i] != *b[i] {
			name(&leaves)
			return both(fault.New("report.disagrees", nil, leaves.Level, leaves.Kind, columnNames[i][1], *a[i], *b[i]),
				"报表不能出具：%s %s“%s”按账本为 %d，按登记簿为 %d", leaves.LevelZh, leaves.KindZh, columnNames[i][0], *a[i], *b[i])
		}
	}
	return nil
}

// columnNames are the headings of columns, in their order.
var columnNames = [][2]string{{"期初结存", "opening"}, {"收", "received"}, {"制（复）作", "made"}, {"变更转入", "regraded in"}, {"清退", "returned"}, {"归档", "archived"},
	{"移交（含发文）", "transferred or dispatched"}, {"发文", "dispatched"}, {"解密", "declassified"}, {"送销", "consigned"}, {"销毁", "destroyed"},
	{"变更转出", "regraded out"}, {"其他", "other"}, {"期末结存", "closing"}}

// tell adds to a report what is not a figure of the balance.
func (s *Station) tell(ctx context.Context, v *PeriodView, scan *leafScan) error {
	end := scan.to
	if now := s.now(); now.Before(end) {
		end = now
	}
	v.Moved, v.Refusals = []MovedCount{}, scan.refusals
	for _, act := range custody.MovementActs() {
		if m := scan.moved[act]; m != nil {
			m.ActZh = fault.Term(act)
			v.Moved = append(v.Moved, *m)
		}
	}
	v.Open, v.Missing, v.OpenCases, v.Destruction = scan.open(end), scan.numbers(scan.missing), scan.numbers(scan.cases), scan.destructions()
	v.Inspections, v.Findings, v.Incidents, v.Machines = []InspectionLine{}, []FindingLine{}, []IncidentLine{}, []MachineLine{}
	for _, id := range scan.order {
		if i := scan.places[id]; i != nil {
			v.Inspections = append(v.Inspections, *i)
		}
		if i := scan.incidents[id]; i != nil {
			v.Incidents = append(v.Incidents, *i)
		}
		if f := scan.findings[id]; f != nil {
			words, err := s.opened(ctx, scan.events[id], "/body/text")
			if err != nil {
				return err
			}
			f.Text, f.StateZh = words, findingStatesZh[custody.FindingState(f.State)]
			v.Findings = append(v.Findings, *f)
		}
	}
	for _, id := range slices.Sorted(keysOf(scan.machines)) {
		v.Machines = append(v.Machines, scan.machines[id])
	}
	return s.tellPeople(ctx, v, scan)
}

func (s *Station) tellPeople(ctx context.Context, v *PeriodView, scan *leafScan) error {
	v.People = []PersonLine{}
	for _, p := range scan.people {
		row, _, err := s.deps.Register.Person(ctx, p.Person)
		if err != nil {
			return err
		}
		if p.Name, err = s.opened(ctx, row.Event, "/body/name"); err != nil {
			return err
		}
		if p.Post, err = s.opened(ctx, p.posting, "/body/post"); err != nil {
			return err
		}
		v.People = append(v.People, p.PersonLine)
	}
	return nil
}
