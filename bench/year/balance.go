package year

import (
	"maps"
	"slices"
)

// Balance of one document: what came and was made is held or disposed of.
type Balance struct {
	Received, Printed, Copied int
	Held                      int
	Disposed                  map[Fate]int
}

// In is everything that came or was made.
func (b Balance) In() int { return b.Received + b.Printed + b.Copied }

// Out is everything disposed of.
func (b Balance) Out() int {
	sum := 0
	for _, n := range b.Disposed {
		sum += n
	}
	return sum
}

// Even says that the balance is even.
func (b Balance) Even() bool { return b.In() == b.Held+b.Out() }

// Balance counts one document's carriers. Held is counted, not subtracted.
func (o *Oracle) Balance(d DocumentID) Balance {
	b := Balance{Disposed: map[Fate]int{}}
	if int(d) >= len(o.first) {
		return b
	}
	for id := o.first[d]; id != 0; id = o.carriers[id].next {
		h := &o.carriers[id]
		switch h.origin {
		case received:
			b.Received++
		case printed:
			b.Printed++
		case copied:
			b.Copied++
		}
		if h.where == Gone {
			b.Disposed[h.fate]++
		} else {
			b.Held++
		}
	}
	return b
}

// Documents is the highest number of a document seen.
func (o *Oracle) Documents() DocumentID { return DocumentID(len(o.first) - 1) }

// Carriers is the highest number of a carrier seen.
func (o *Oracle) Carriers() CarrierID { return CarrierID(len(o.carriers) - 1) }

// Group is what a row of the yearly statistics is about.
type Group struct {
	Class Class
	Kind  Kind
}

// Row is one row of 涉密载体年度管理情况统计表.
type Row struct {
	Opening  int // 上年结存
	Received int // 本年收
	Made     int // 本年制（复）作
	Regraded int // 密级调整, came in less went out
	Out      [endOfFates]int
}

// Closing is 年末结存.
func (r Row) Closing() int {
	n := r.Opening + r.Received + r.Made + r.Regraded
	for _, out := range r.Out {
		n -= out
	}
	return n
}

// Statistics of one year, by classification and kind.
type Statistics struct {
	Year int
	rows map[Group]*Row
}

// Groups are those that have a row, in the order of classes, then of kinds.
func (s *Statistics) Groups() []Group {
	return slices.SortedFunc(maps.Keys(s.rows), func(a, b Group) int {
		return (int(a.Class)-int(b.Class))*100 + int(a.Kind) - int(b.Kind)
	})
}

// Row is the row of a group; an empty one when there is none.
func (s *Statistics) Row(g Group) Row {
	if r := s.rows[g]; r != nil {
		return *r
	}
	return Row{}
}

// Sum adds all rows up.
func (s *Statistics) Sum() Row {
	var sum Row
	for _, r := range s.rows {
		sum.Opening += r.Opening
		sum.Received += r.Received
		sum.Made += r.Made
		sum.Regraded += r.Regraded
		for i, n := range r.Out {
			sum.Out[i] += n
		}
	}
	return sum
}

// Statistics of a year as far as it was observed; nil when nothing was.
func (o *Oracle) Statistics(year int) *Statistics { return o.years[year] }

// turn opens the books of a year with what the last one closed with.
func (o *Oracle) turn(year int) {
	if o.year == year {
		return
	}
	s := &Statistics{Year: year, rows: map[Group]*Row{}}
	if last := o.years[o.year]; last != nil {
		for g, r := range last.rows {
			s.rows[g] = &Row{Opening: r.Closing()}
		}
	}
	o.years[year], o.year = s, year
}

func (o *Oracle) row(h *held) *Row {
	g, rows := Group{h.class, h.kind}, o.years[o.year].rows
	if rows[g] == nil {
		rows[g] = &Row{}
	}
	return rows[g]
}
