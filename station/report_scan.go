package station

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// sortOf is what a row of the report is about.
type sortOf struct{ level, kind string }

// leafScan goes through the leaves once and counts what a report of a period says. It asks neither the register nor custody: that its figures and the
// register's agree is what a report is worth. Who opened, signed and closed what, it takes from the bodies alone.
type leafScan struct {
	from, to time.Time // the period: from <= at < to

	rows      map[sortOf]*PeriodRow
	carriers  map[string]scannedCarrier
	missing   map[string]bool
	cases     map[string]bool
	moves     map[string]*scannedMove
	batches   map[string]*scannedBatch
	findings  map[string]*FindingLine
	incidents map[string]*IncidentLine
	places    map[string]*InspectionLine // inspections by id
	posts     map[string]string          // person on post -> event id of the posting
	machines  map[string]MachineLine

	moved    map[string]*MovedCount
	refusals map[string]int64
	people   []personEvent
	order    []string          // inspections, findings, incidents in the order they were entered
	events   map[string]string // finding -> event id of the leaf that holds its words
}

// personEvent is a change of a post with the event id of the posting, whose openings name the post.
type personEvent struct {
	PersonLine
	posting string
}

// scannedCarrier is what the scan keeps of a carrier.
type scannedCarrier struct {
	sortOf
	number string
	gone   bool
	move   string // movement it is in, "" = none
}

type scannedMove struct {
	OpenLink
	left map[string]bool // carriers not back or not signed for
}

type scannedBatch struct {
	number, certificate string
	destroyer, attestor string
	kinds               map[string]*DestructionLine
}

func newLeafScan(from, to time.Time) *leafScan {
	return &leafScan{from: from, to: to, rows: map[sortOf]*PeriodRow{}, carriers: map[string]scannedCarrier{}, missing: map[string]bool{}, cases: map[string]bool{},
		moves: map[string]*scannedMove{}, batches: map[string]*scannedBatch{}, findings: map[string]*FindingLine{}, incidents: map[string]*IncidentLine{},
		places: map[string]*InspectionLine{}, posts: map[string]string{}, machines: map[string]MachineLine{}, moved: map[string]*MovedCount{},
		refusals: map[string]int64{}, events: map[string]string{}}
}

// see takes one leaf in. What is dated after the period is not looked at.
func (r *leafScan) see(p leaf.Payload) {
	if !p.At.Before(r.to) {
		return
	}
	in := !p.At.Before(r.from)
	switch b := p.Body.(type) {
	case *leaf.Registered:
		r.enter(b, in)
	case *leaf.Reclassified:
		if !b.Release {
			for _, id := range carriersOf(p) {
				r.regrade(id, b.Classification, in)
			}
		}
	case *leaf.Outcome:
		r.outcome(p, b, in)
	case *leaf.Resolved:
		r.resolved(p, b, in)
	case *leaf.Disposed:
		r.disposed(p, in)
	case *leaf.Missing:
		r.lose(p)
	case *leaf.Found:
		for _, id := range carriersOf(p) {
			delete(r.missing, id)
		}
	case *leaf.Movement, *leaf.MovementStep, *leaf.Renewed:
		r.movement(p, in)
	case *leaf.Refusal:
		if in {
			r.refusals[b.Code]++
		}
	default:
		r.office(p, in)
	}
}

// carriersOf are the carriers a leaf names.
func carriersOf(p leaf.Payload) []string {
	var ids []string
	for _, s := range p.Subjects {
		if id, ok := strings.CutPrefix(s, leaf.CarrierSubject); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (r *leafScan) row(s sortOf) *PeriodRow {
	if r.rows[s] == nil {
		r.rows[s] = &PeriodRow{Level: s.level, Kind: s.kind}
	}
	return r.rows[s]
}

// book adds n to a column of a row when it happened in the period, and to the opening balance when it happened before.
func (r *leafScan) book(s sortOf, in bool, sign int64, column func(*PeriodRow) *int64) {
	row := r.row(s)
	if in {
		*column(row)++
		return
	}
	row.Opening += sign
}

func (r *leafScan) enter(b *leaf.Registered, in bool) {
	c := scannedCarrier{sortOf: sortOf{b.Classification, b.CarrierKind}, number: b.Number}
	r.carriers[b.Carrier] = c
	r.book(c.sortOf, in, 1, func(x *PeriodRow) *int64 {
		if b.Request != "" {
			return &x.Made
		}
		return &x.Received
	})
}

func (r *leafScan) regrade(id, level string, in bool) {
	c, ok := r.carriers[id]
	if !ok || c.level == level {
		return
	}
	r.book(c.sortOf, in, -1, func(x *PeriodRow) *int64 { return &x.RegradedOut })
	c.level = level
	r.carriers[id] = c
	r.book(c.sortOf, in, 1, func(x *PeriodRow) *int64 { return &x.RegradedIn })
}

// leave books what ended custody of a carrier, once.
func (r *leafScan) leave(id string, in bool, column func(*PeriodRow) *int64) {
	c, ok := r.carriers[id]
	if !ok || c.gone {
		return
	}
	c.gone, c.move = true, ""
	r.carriers[id] = c
	delete(r.missing, id)
	delete(r.cases, id)
	r.book(c.sortOf, in, -1, column)
}

func destroyedColumn(x *PeriodRow) *int64 { return &x.Destroyed }
func otherColumn(x *PeriodRow) *int64     { return &x.Other }

func (r *leafScan) outcome(p leaf.Payload, b *leaf.Outcome, in bool) {
	for _, id := range carriersOf(p) {
		if p.Kind != leaf.CarrierDestroyed {
			r.cases[id] = true
			continue
		}
		r.destroyed(id, b.Batch, p.At, in)
		r.leave(id, in, destroyedColumn)
	}
}

func (r *leafScan) resolved(p leaf.Payload, b *leaf.Resolved, in bool) {
	for _, id := range carriersOf(p) {
		delete(r.cases, id)
		switch b.Resolution {
		case "destroyed":
			r.leave(id, in, destroyedColumn)
		case "lost":
			r.leave(id, in, otherColumn)
		}
	}
}

// disposed books the dispositions that follow a movement, a release or an inquiry.
func (r *leafScan) disposed(p leaf.Payload, in bool) {
	for _, id := range carriersOf(p) {
		act := ""
		if m := r.moves[r.carriers[id].move]; m != nil {
			act = m.Act
		}
		r.leave(id, in, func(x *PeriodRow) *int64 {
			switch p.Kind {
			case leaf.CarrierArchived:
				return &x.Archived
			case leaf.CarrierReturned:
				return &x.Returned
			case leaf.CarrierDeclassified:
				return &x.Declassified
			case leaf.CarrierConsigned:
				return &x.Consigned
			case leaf.CarrierTransferred:
				if act == custody.ActDispatch {
					return &x.Dispatched
				}
				return &x.Transferred
			}
			return &x.Other
		})
	}
}

func (r *leafScan) lose(p leaf.Payload) {
	for _, id := range carriersOf(p) {
		r.missing[id] = true
		r.release(id)
	}
}

// release takes a carrier out of its movement.
func (r *leafScan) release(id string) {
	c := r.carriers[id]
	if m := r.moves[c.move]; m != nil {
		delete(m.left, id)
	}
	c.move = ""
	r.carriers[id] = c
}

func (r *leafScan) movement(p leaf.Payload, in bool) {
	switch b := p.Body.(type) {
	case *leaf.Movement:
		r.handedOut(p, b, in)
	case *leaf.Renewed:
		if m := r.moves[b.Movement]; m != nil {
			m.Due = timeOf(b.Due)
		}
	case *leaf.MovementStep:
		m := r.moves[b.Movement]
		if m == nil {
			return
		}
		for _, id := range carriersOf(p) {
			switch {
			case p.Kind == leaf.MovementAccepted && custody.EndsCustody(m.Act):
				delete(m.left, id) // signed for; its disposition follows
			case p.Kind != leaf.MovementAccepted || !custody.MustComeBack(m.Act):
				r.release(id)
			}
		}
	}
}

func (r *leafScan) handedOut(p leaf.Payload, b *leaf.Movement, in bool) {
	m := &scannedMove{OpenLink: OpenLink{Movement: b.Movement, Number: b.Number, Act: b.Act, To: b.To, Opened: p.At, Due: timeOf(b.Due)}, left: map[string]bool{}}
	if len(p.Actors) > 0 {
		m.From = p.Actors[0].Person
	}
	ids := carriersOf(p)
	for _, id := range ids {
		c := r.carriers[id]
		c.move = b.Movement
		r.carriers[id] = c
		m.left[id] = true
	}
	r.moves[b.Movement] = m
	if !in {
		return
	}
	if r.moved[b.Act] == nil {
		r.moved[b.Act] = &MovedCount{Act: b.Act}
	}
	r.moved[b.Act].Movements++
	r.moved[b.Act].Carriers += int64(len(ids))
}

// timeOf reads a time of a leaf; zero for none.
func timeOf(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s)
	return t
}

// sorted gives the rows by classification, highest first, then kind in the order of the forms; each with its closing balance. Rows of which nothing
// ever was there are left out.
func (r *leafScan) sorted() []PeriodRow {
	level := map[string]int{}
	for i, c := range custody.Classifications() {
		level[c.Word] = i
	}
	kind := map[string]int{}
	for i, k := range custody.CarrierKinds() {
		kind[k.Word] = i
	}
	out := []PeriodRow{}
	for _, row := range r.rows {
		row.Closing = row.Opening + row.In() - row.Out()
		if row.Opening != 0 || row.In() != 0 || row.Out() != 0 {
			out = append(out, *row)
		}
	}
	slices.SortFunc(out, func(a, b PeriodRow) int {
		return cmp.Or(cmp.Compare(level[a.Level], level[b.Level]), cmp.Compare(kind[a.Kind], kind[b.Kind]))
	})
	return out
}
