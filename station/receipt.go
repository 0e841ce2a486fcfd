package station

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// receipt is the reception of a list as the register has it.
func (s *Station) receipt(ctx context.Context, list string) (custody.Receipt, error) {
	r, _, err := thing[custody.Receipt](ctx, s, "list", list)
	return r, err
}

// showReceipt adds the four acts of reception to the view of a list.
func showReceipt(v *ListView, r custody.Receipt) {
	v.Counted, v.Counter, v.Series, v.Year, v.First, v.Last, v.Numberer = r.Counted, r.Counter, r.Series, r.Year, r.First, r.Last, r.Numberer
	v.Lacks = []string{}
	if r.Receiver != "" {
		return
	}
	if r.Counted != r.Rows {
		v.Lacks = append(v.Lacks, "count")
	}
	if r.Series == "" {
		v.Lacks = append(v.Lacks, "number")
	}
}

// CountList implements Receipts.
func (s *Station) CountList(ctx context.Context, list string, o ListCountOptions) (ListView, error) {
	return s.onList(ctx, "list-count", list, o.Session, func(x *session, role leaf.Role, r custody.Receipt) (note, error) {
		found, err := s.countedOf(ctx, r, o)
		if err != nil {
			return note{}, err
		}
		return note{kind: leaf.ListCounted, actors: []leaf.Actor{x.asserts(role)}, body: &leaf.ListCount{List: r.List, Count: found}}, nil
	})
}

// countedOf is how many carriers were found: those scanned, each of which must be on the list and named once, or the number given.
func (s *Station) countedOf(ctx context.Context, r custody.Receipt, o ListCountOptions) (int64, error) {
	if len(o.Numbers) == 0 {
		if o.Found < 0 {
			return 0, fault.New("usage.bad-request", nil, "found")
		}
		return o.Found, nil
	}
	seen := map[string]bool{}
	for _, number := range o.Numbers {
		c, err := s.carrierRow(ctx, number)
		switch {
		case err != nil:
			return 0, err
		case c.List != r.List:
			return 0, fault.New("list.not-listed", nil, number)
		case seen[c.ID]:
			return 0, fault.New("usage.bad-request", nil, "carrier "+number+" twice")
		}
		seen[c.ID] = true
	}
	return int64(len(seen)), nil
}

// defaultSeries is the series of reference numbers of classified documents received.
const defaultSeries = "密收"

// NumberList implements Receipts.
func (s *Station) NumberList(ctx context.Context, list string, o ListNumberOptions) (ListView, error) {
	return s.onList(ctx, "list-number", list, o.Session, func(x *session, role leaf.Role, r custody.Receipt) (note, error) {
		if o.Series == "" {
			o.Series = defaultSeries
		}
		if err := checkSeries(o.Series); err != nil {
			return note{}, err
		}
		year := int64(s.now().Local().Year()) // reference numbers begin anew each 1 January, by the calendar on the wall
		last, err := s.lastReference(ctx, o.Series, year)
		if err != nil {
			return note{}, err
		}
		return note{kind: leaf.ListNumbered, actors: []leaf.Actor{x.asserts(role)},
			body: &leaf.ListNumbers{List: r.List, Series: o.Series, Year: year, First: last + 1, Last: last + r.Rows}}, nil
	})
}

// maxSeries is the longest name of a series, in characters.
const maxSeries = 16

// checkSeries refuses a name that could not be told from the year or number beside it.
func checkSeries(series string) error {
	odd := func(r rune) bool { return !unicode.IsLetter(r) }
	if strings.ContainsFunc(series, odd) || utf8.RuneCountInString(series) > maxSeries {
		return fault.New("usage.bad-request", nil, "series "+series)
	}
	return nil
}

// lastReference is the reference number given last in a series and year, 0 = none.
func (s *Station) lastReference(ctx context.Context, series string, year int64) (int64, error) {
	t, ok, err := s.deps.Register.Thing(ctx, custody.Series{Series: series, Year: year}.Ref())
	if err != nil || !ok {
		return 0, err
	}
	return t.Thing.(custody.Series).Last, nil
}

// onList carries out one act of reception that the station signs.
func (s *Station) onList(ctx context.Context, act, list, sessionID string, make func(*session, leaf.Role, custody.Receipt) (note, error)) (ListView, error) {
	var v ListView
	err := s.act(ctx, act, sessionID, func() error {
		x, role, err := s.gate(ctx, sessionID, act)
		if err != nil {
			return err
		}
		row, err := s.listRow(ctx, list)
		if err != nil {
			return err
		}
		_, err = s.write(ctx, func(p *pen) error {
			r, err := s.receipt(ctx, row.List)
			if err != nil {
				return err
			}
			if r.Receiver != "" {
				return fault.New("list.received", nil)
			}
			n, err := make(x, role, r)
			if err != nil {
				return err
			}
			n.subjects = []string{leaf.ListSubject + row.List}
			_, err = p.write(ctx, n)
			return err
		})
		if err != nil {
			return err
		}
		s.hub.send(Event{Type: "list", Subject: row.List, What: act, Zh: "清单：" + fault.Term(act), En: "list: " + act})
		v, err = s.listView(ctx, row, true)
		return err
	})
	return v, err
}

// dueList is what of a list the receiver signs for.
type dueList struct {
	registered int64 // entered and there
	missing    int64 // reported missing, by name
	what       []subjectOf
}

// dueOf goes through the carriers of a list.
func (s *Station) dueOf(ctx context.Context, list string) (dueList, error) {
	var d dueList
	seen := map[subjectOf]bool{}
	err := s.deps.Register.EachCarrier(ctx, index.Search{List: list}, func(c CarrierRow) error {
		switch c.State {
		case custody.Registered:
			d.registered++
		case custody.Missing:
			d.missing++
		}
		if w := (subjectOf{c.Level, c.Kind}); !seen[w] {
			seen[w] = true
			d.what = append(d.what, w)
		}
		return nil
	})
	return d, err
}

// mayReceive refuses a list that lacks one of the acts that come before the signature, and says which.
func mayReceive(r custody.Receipt, d dueList) error {
	switch {
	case r.Receiver != "":
		return nil // custody knows
	case r.Counted < 0:
		return fault.New("list.not-counted", nil)
	case r.Counted != r.Rows-d.missing:
		return fault.New("list.count-differs", nil, r.Rows-d.missing, r.Counted)
	case r.Series == "":
		return fault.New("list.not-numbered", nil)
	}
	return nil
}

// reference is the reference number (收文号) of a carrier that came with a list, as it is written on paper.
func (s *Station) reference(ctx context.Context, c CarrierRow) (string, error) {
	if c.List == "" {
		return "", nil
	}
	t, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.ReceiptThing, ID: c.List})
	if err != nil || !ok {
		return "", err
	}
	r, ok := t.Thing.(custody.Receipt)
	if !ok || r.Series == "" {
		return "", nil
	}
	ids, err := s.deps.Register.Listed(ctx, c.List)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s〔%d〕%d号", r.Series, r.Year, r.First+int64(slices.Index(ids, c.ID))), nil
}
