package year

// Expected is what a station that lived through the stream should report.
type Expected struct {
	Carriers  int            `json:"carriers"` // entered, copies included
	Documents int            `json:"documents"`
	Held      int            `json:"held"`
	Years     []ExpectedYear `json:"years"`
	Open      []Open         `json:"open"` // at the end: loans, hand-overs, consignments
}

// ExpectedYear is 涉密载体年度管理情况统计表 of one year.
type ExpectedYear struct {
	Year int           `json:"year"`
	Rows []ExpectedRow `json:"rows"`
}

// ExpectedRow is one of its rows.
type ExpectedRow struct {
	Class        Class `json:"classification"`
	Kind         Kind  `json:"kind"`
	Opening      int   `json:"opening"`
	Received     int   `json:"received"`
	Made         int   `json:"made"`
	Regraded     int   `json:"regraded"` // came in less went out
	Returned     int   `json:"returned"`
	Archived     int   `json:"archived"`
	Transferred  int   `json:"transferred"`
	Declassified int   `json:"declassified"`
	Destroyed    int   `json:"destroyed"`
	Dispatched   int   `json:"dispatched"`
	Closing      int   `json:"closing"`
}

// Expected is the oracle's count so far.
func (o *Oracle) Expected() Expected {
	x := Expected{Documents: len(o.first) - 1, Open: o.Open()}
	for i := range o.carriers {
		if h := &o.carriers[i]; h.origin != unknown {
			x.Carriers++
			if h.where != Gone {
				x.Held++
			}
		}
	}
	for y := Year; y <= o.year; y++ {
		s := o.years[y]
		e := ExpectedYear{Year: y}
		for _, g := range s.Groups() {
			r := s.Row(g)
			e.Rows = append(e.Rows, ExpectedRow{g.Class, g.Kind, r.Opening, r.Received, r.Made, r.Regraded, r.Out[Returned], r.Out[Archived], r.Out[Transferred],
				r.Out[Declassified], r.Out[Destroyed], r.Out[Dispatched], r.Closing()})
		}
		x.Years = append(x.Years, e)
	}
	return x
}
