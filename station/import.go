package station

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/transferlist"
)

// ImportList implements Lists.
func (s *Station) ImportList(ctx context.Context, source []byte, o ImportOptions) (ImportView, error) {
	v := ImportView{Bad: []RowFault{}}
	err := s.act(ctx, "list-import", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "list-import")
		if err != nil {
			return err
		}
		s.importing.Lock()
		defer s.importing.Unlock()
		list, bad, err := s.parseList(ctx, source)
		if err != nil {
			return err
		}
		books, bad, err := s.fileRows(ctx, &list, bad)
		if err != nil {
			return err
		}
		for _, b := range bad {
			v.Bad = append(v.Bad, RowFault{Line: b.Line, Column: b.Heading, Zh: b.Zh, En: b.En})
		}
		if list.Bad > 0 && !o.AllowBad {
			return fault.New("list.bad-rows", nil, list.Bad)
		}
		if len(list.Rows) == 0 {
			return both(fault.New("list.unreadable", nil, "it has no row that can be used"), "清单无法读取：%s", "没有一行可用")
		}
		id, err := s.enterList(ctx, x.asserts(role), list, books, source)
		if err != nil {
			return err
		}
		v.Imported = true
		s.hub.send(Event{Type: "list", Subject: id, What: "imported", Zh: "已导入清单", En: "imported a transfer list"})
		row, err := s.listRow(ctx, id)
		if err != nil {
			return err
		}
		v.List, err = s.listView(ctx, row, true)
		return err
	})
	return v, err
}

// parseList reads a file and refuses what the register knows already: the file itself as a whole, carrier numbers row by row.
func (s *Station) parseList(ctx context.Context, source []byte) (transferlist.List, []transferlist.RowError, error) {
	list, bad, err := transferlist.Parse(bytes.NewReader(source), transferlist.Options{})
	var fe *transferlist.FileError
	if errors.As(err, &fe) {
		return list, nil, both(fault.New("list.unreadable", err, fe.En), "清单无法读取：%s", fe.Zh)
	}
	if err != nil {
		return list, nil, err
	}
	lists, err := s.deps.Register.Lists(ctx)
	if err != nil {
		return list, nil, err
	}
	for _, l := range lists {
		if l.SHA256 == list.SHA256 {
			return list, nil, fault.New("list.duplicate", nil)
		}
	}
	good := list.Rows[:0]
	for _, r := range list.Rows {
		_, known, err := s.deps.Register.CarrierByNumber(ctx, r.Number)
		if err != nil {
			return list, nil, err
		}
		if known {
			list.Bad++
			bad = append(bad, transferlist.RowError{Line: r.Line, Code: "number.registered", Zh: "载体编号已登记：" + r.Number, En: "carrier number " + r.Number + " is registered already"})
			continue
		}
		good = append(good, r)
	}
	list.Rows = good
	return list, bad, nil
}

// fileRows puts each good row to its document; rows that contradict what is known of theirs become bad.
func (s *Station) fileRows(ctx context.Context, list *transferlist.List, bad []transferlist.RowError) (*bookcase, []transferlist.RowError, error) {
	books := &bookcase{s: s, known: map[string]*bookEntry{}}
	good := list.Rows[:0]
	for _, r := range list.Rows {
		why, err := books.file(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		if why != nil {
			list.Bad++
			bad = append(bad, *why)
			continue
		}
		good = append(good, r)
	}
	list.Rows = good
	return books, bad, nil
}

// enterList registers the carriers of a list, and the documents that are new, in one transaction: all or none.
func (s *Station) enterList(ctx context.Context, by leaf.Actor, list transferlist.List, books *bookcase, source []byte) (string, error) {
	id, err := uuid.NewV7FromReader(s.deps.Rand)
	if err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	sec := s.secrets()
	imported := note{kind: leaf.ListImported, actors: []leaf.Actor{by}, subjects: []string{leaf.ListSubject + id.String()}, fresh: true,
		body: &leaf.Imported{List: id.String(), Number: sec.of("number", list.Number), SourceSHA256: list.SHA256, Encoding: list.Encoding,
			Rows: int64(len(list.Rows)), Skipped: int64(list.Bad)}, attach: [][]byte{source}}
	imported.openings = sec.openings
	if sec.err != nil {
		return "", sec.err
	}
	if _, err := p.write(ctx, imported); err != nil {
		return "", err
	}
	if err := books.enter(ctx, p, list.Rows); err != nil {
		return "", err
	}
	for _, r := range list.Rows {
		n, err := s.registered(id.String(), books.of(r), r)
		if err == nil {
			_, err = p.write(ctx, n)
		}
		if err != nil {
			return "", err
		}
	}
	_, err = s.deps.Book.Append(ctx, p.entries...)
	// Crash here: the list, its documents and all its carriers are registered; importing the file again is refused as a duplicate.
	return id.String(), err
}

// registered is the event that enters one carrier. Where the sheet says it lies stays a remark until it is stored here.
func (s *Station) registered(list, document string, r transferlist.Row) (note, error) {
	id, err := uuid.NewV7FromReader(s.deps.Rand)
	if err != nil {
		return note{}, err
	}
	if r.Place != "" {
		r.Remark = strings.TrimPrefix(r.Remark+"；存放地点："+r.Place, "；")
	}
	sec := s.secrets()
	body := &leaf.Registered{Carrier: id.String(), List: list, Row: int64(r.Line), Number: r.Number, CarrierKind: r.Kind, Medium: r.Medium,
		Classification: r.Classification, Period: r.Period, Extent: leaf.Extent(r.Extent), Count: r.Count, MustReturn: r.MustReturn,
		DocumentID: document, Dated: r.Dated,
		Title: sec.of("title", r.Title), Document: sec.of("document", r.Document), Copy: sec.of("copy", r.Copy), Issuer: sec.of("issuer", r.Issuer),
		Serial: sec.of("serial", r.Serial), Remark: sec.of("remark", r.Remark)}
	return note{kind: leaf.CarrierRegistered, subjects: carrierSubject(id.String()), fresh: true, body: body, openings: sec.openings}, sec.err
}
