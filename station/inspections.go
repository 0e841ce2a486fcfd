package station

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

var inspectionStatesZh = map[custody.InspectionState]string{custody.InspectionOpened: "清点中", custody.InspectionCounted: "待整改", custody.InspectionClosed: "已结束"}

// OpenInspection implements Inspections.
func (s *Station) OpenInspection(ctx context.Context, o InspectionOptions) (InspectionView, error) {
	id, err := s.newID()
	if err != nil {
		return InspectionView{}, toFault(err)
	}
	err = s.assertAct(ctx, "inspection-open", o.Session, func(x *session, role leaf.Role) (note, error) {
		if err := newNumber[custody.Inspection](ctx, s, "inspection", o.Number); err != nil {
			return note{}, err
		}
		if o.Place != "" {
			if _, _, err := thing[custody.Place](ctx, s, "place", o.Place); err != nil {
				return note{}, err
			}
		}
		due, err := s.dueAt(ctx, o.Place)
		if err != nil {
			return note{}, err
		}
		list := []byte(strings.Join(due, "\n"))
		return note{kind: leaf.InspectionOpened, actors: []leaf.Actor{x.asserts(role)}, subjects: []string{leaf.InspectionSubject + id}, fresh: true,
			body:   &leaf.Inspection{Inspection: id, Number: o.Number, Surprise: o.Surprise, Place: o.Place, Due: int64(len(due)), DueSHA256: sha(list)},
			attach: [][]byte{list}}, nil
	})
	if err != nil {
		return InspectionView{}, err
	}
	s.hub.send(Event{Type: "inspection", Subject: id, What: "opened", Zh: "已开始保密检查", En: "an inspection began"})
	return s.Inspection(ctx, id)
}

// dueAt lists the ids of the carriers that must lie in a place now, "" = in any, in the order of ids.
func (s *Station) dueAt(ctx context.Context, place string) ([]string, error) {
	due := []string{}
	err := s.deps.Register.EachCarrier(ctx, index.Search{Place: place, Wheres: []custody.Where{custody.OnShelf}}, func(c CarrierRow) error {
		due = append(due, c.ID)
		return nil
	})
	slices.Sort(due)
	return due, err
}

// maxScan bounds what an inspector hands in, bytes.
const maxScan = 8 << 20

// HandInCount implements Inspections.
func (s *Station) HandInCount(ctx context.Context, inspection string, scan []byte, by Signer) (InspectionView, error) {
	var id string
	_, err := s.signAct(ctx, "inspection-count", by, func(x *session, role leaf.Role) (note, error) {
		i, _, opened, err := numbered[custody.Inspection](ctx, s, "inspection", inspection)
		if err != nil {
			return note{}, err
		}
		id = i.ID
		if i.State != custody.InspectionOpened {
			return note{}, fault.New("inspection.counted", nil, inspection)
		}
		if len(scan) > maxScan {
			return note{}, fault.New("usage.bad-request", nil, "scan")
		}
		c, err := s.compareScan(ctx, opened, scan)
		if err != nil {
			return note{}, err
		}
		return note{kind: leaf.InspectionCounted, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.InspectionSubject + id},
			body: &leaf.Inspected{Inspection: id, SHA256: sha(scan), Found: int64(len(c.found)), Missing: int64(len(c.missing)),
				Extra: int64(len(c.extra) + len(c.unknown))}, attach: [][]byte{scan}}, nil
	})
	if err != nil {
		return InspectionView{}, err
	}
	s.hub.send(Event{Type: "inspection", Subject: id, What: "counted", Zh: "检查清点已提交", En: "the count of an inspection was handed in"})
	return s.Inspection(ctx, id)
}

// scanned is what a scan says against what was due: carriers by id, labels as they were read.
type scanned struct {
	found, missing, extra []string
	unknown, duplicates   []string
}

// compareScan reads a scan, one carrier number a line, and compares it with what was due when the inspection was opened.
func (s *Station) compareScan(ctx context.Context, opened leaf.Payload, scan []byte) (scanned, error) {
	body, ok := opened.Body.(*leaf.Inspection)
	if !ok {
		return scanned{}, errors.New("internal error: an inspection was not opened by its first leaf")
	}
	list, err := s.deps.Book.Attachment(ctx, body.DueSHA256)
	if err != nil {
		return scanned{}, err
	}
	due := map[string]bool{}
	for _, id := range strings.Fields(string(list)) {
		due[id] = true
	}
	var out scanned
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimPrefix(string(scan), "\ufeff"), "\n") {
		label := strings.TrimSpace(line)
		switch {
		case label == "":
			continue
		case seen[label]:
			out.duplicates = append(out.duplicates, label)
			continue
		}
		seen[label] = true
		c, known, err := s.deps.Register.CarrierByNumber(ctx, label)
		switch {
		case err != nil:
			return scanned{}, err
		case !known:
			out.unknown = append(out.unknown, label)
		case due[c.ID]:
			out.found = append(out.found, c.ID)
			delete(due, c.ID)
		default:
			out.extra = append(out.extra, c.ID)
		}
	}
	for _, id := range strings.Fields(string(list)) {
		if due[id] {
			out.missing = append(out.missing, id)
		}
	}
	return out, nil
}

// Inspection implements Inspections.
func (s *Station) Inspection(ctx context.Context, id string) (InspectionView, error) {
	i, _, opened, err := numbered[custody.Inspection](ctx, s, "inspection", id)
	if err != nil {
		return InspectionView{}, toFault(err)
	}
	v := inspectionView(i, opened)
	if i.State == custody.InspectionOpened {
		return v, nil
	}
	v.Count, err = s.countView(ctx, i.ID, opened)
	return v, toFault(err)
}

// inspectionView says nothing of what is due before the count is handed in: not how much, and so not by what is found and missing either.
func inspectionView(i custody.Inspection, opened leaf.Payload) InspectionView {
	v := InspectionView{ID: i.ID, Number: numberOf(opened), Surprise: i.Surprise, Place: i.Place, Inspector: i.Inspector, At: opened.At,
		State: string(i.State), StateZh: inspectionStatesZh[i.State], Due: -1, Found: -1, Missing: -1, Extra: -1, Findings: i.Findings, Open: i.Open}
	if i.State != custody.InspectionOpened {
		v.Due, v.Found, v.Missing, v.Extra = i.Due, i.Found, i.Missing, i.Extra
	}
	return v
}

// scanOf is the scan that was handed in for an inspection.
func (s *Station) scanOf(ctx context.Context, inspection string) ([]byte, error) {
	events, err := s.deps.Register.Events(ctx, leaf.InspectionSubject+inspection)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Kind != leaf.InspectionCounted {
			continue
		}
		p, err := s.payloadAt(ctx, e.Index)
		if err != nil {
			return nil, err
		}
		if b, ok := p.Body.(*leaf.Inspected); ok {
			return s.deps.Book.Attachment(ctx, b.SHA256)
		}
	}
	return nil, fault.New("inspection.not-counted", nil, inspection)
}

func (s *Station) countView(ctx context.Context, inspection string, opened leaf.Payload) (*CountView, error) {
	scan, err := s.scanOf(ctx, inspection)
	if err != nil {
		return nil, err
	}
	c, err := s.compareScan(ctx, opened, scan)
	if err != nil {
		return nil, err
	}
	v := &CountView{Found: []string{}, Missing: []CountedView{}, Extra: []CountedView{}, Unknown: append([]string{}, c.unknown...), Duplicates: append([]string{}, c.duplicates...)}
	for _, id := range c.found {
		row, err := s.carrierRow(ctx, id)
		if err != nil {
			return nil, err
		}
		v.Found = append(v.Found, row.Number)
	}
	for _, part := range []struct {
		ids []string
		to  *[]CountedView
	}{{c.missing, &v.Missing}, {c.extra, &v.Extra}} {
		for _, id := range part.ids {
			cv, err := s.countedView(ctx, id)
			if err != nil {
				return nil, err
			}
			*part.to = append(*part.to, cv)
		}
	}
	return v, nil
}

func (s *Station) countedView(ctx context.Context, id string) (CountedView, error) {
	c, err := s.carrierRow(ctx, id)
	if err != nil {
		return CountedView{}, err
	}
	title, err := s.opened(ctx, c.Event, "/body/title")
	return CountedView{Number: c.Number, Title: title, LevelZh: levelZh(c.Level), State: c.State.String(), StateZh: c.State.Zh(), Where: c.Where.String(),
		WhereZh: c.Where.Zh(), Place: c.Place, Keeper: c.Keeper, With: c.With}, err
}

// InspectionList implements Inspections.
func (s *Station) InspectionList(ctx context.Context) ([]InspectionView, error) {
	out, err := views(ctx, s, func(ctx context.Context, i custody.Inspection, row ThingRow) (InspectionView, error) {
		opened, err := s.payloadAt(ctx, row.Index)
		return inspectionView(i, opened), err
	})
	return out, toFault(err)
}

// ReportMissing implements Inspections.
func (s *Station) ReportMissing(ctx context.Context, o MissingOptions) (InspectionView, error) {
	err := s.act(ctx, "carrier-missing", o.Session, func() error {
		x, _, err := s.gate(ctx, o.Session, "carrier-missing")
		if err != nil {
			return err
		}
		ids, inspection, err := s.missingIn(ctx, o)
		if err != nil {
			return err
		}
		s.writing.Lock()
		defer s.writing.Unlock()
		p := s.pen()
		for _, id := range ids {
			sec := s.secrets()
			n := note{kind: leaf.CarrierMissing, actors: []leaf.Actor{x.asserts(leaf.RoleExplaining)}, subjects: carrierSubject(id),
				body: &leaf.Missing{Inspection: inspection, Reason: sec.of("reason", o.Reason)}, openings: sec.openings}
			if sec.err != nil {
				return sec.err
			}
			if _, err := p.write(ctx, n); err != nil {
				return err
			}
		}
		_, err = s.deps.Book.Append(ctx, p.entries...)
		// Crash here: all of them are missing on record, or none is.
		return err
	})
	if err != nil {
		return InspectionView{}, err
	}
	s.hub.send(Event{Type: "inspection", Subject: o.Inspection, What: "missing", Zh: "已报告未找到的载体", En: "carriers were reported missing"})
	return s.Inspection(ctx, o.Inspection)
}

// missingIn gives the ids of carriers that the count of an inspection did not find, and the id of the inspection.
func (s *Station) missingIn(ctx context.Context, o MissingOptions) (ids []string, inspection string, err error) {
	if o.Reason == "" || len(o.Carriers) == 0 {
		return nil, "", fault.New("usage.bad-request", nil, "reason")
	}
	i, _, opened, err := numbered[custody.Inspection](ctx, s, "inspection", o.Inspection)
	if err != nil {
		return nil, "", err
	}
	scan, err := s.scanOf(ctx, i.ID)
	if err != nil {
		return nil, "", err
	}
	c, err := s.compareScan(ctx, opened, scan)
	if err != nil {
		return nil, "", err
	}
	missing := map[string]bool{}
	for _, id := range c.missing {
		missing[id] = true
	}
	for _, number := range o.Carriers {
		row, err := s.carrierRow(ctx, number)
		if err != nil {
			return nil, "", err
		}
		if !missing[row.ID] {
			return nil, "", fault.New("inspection.not-missing", nil, number)
		}
		delete(missing, row.ID) // named twice is not missing twice
		ids = append(ids, row.ID)
	}
	return ids, i.ID, nil
}
