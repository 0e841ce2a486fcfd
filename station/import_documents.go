package station

import (
	"context"
	"fmt"
	"strconv"

	"sexton/custody"
	"sexton/ledger/leaf"
	"sexton/transferlist"
)

// bookcase finds the document of each row of a list: one that is known already, more copies of which arrive now, or a new one. A
// document is known by its number (文号) and issuer.
type bookcase struct {
	s     *Station
	known map[string]*bookEntry // by documentKey
}

// bookEntry is one document as the rows must agree with it.
type bookEntry struct {
	id             string
	old            bool   // in the register before this list
	classification string // now
	period         string // now
	dated          string // "" = unknown
	made           int64  // 0 = unknown
	released       bool
	copies         map[string]bool // copy numbers (份号) used
	carriers       int64           // registered, with those of this list
	first          transferlist.Row
}

// documentKey is what a document is known by.
func documentKey(number, issuer string) string { return issuer + "\x00" + number }

// entry is the document of a row: one that this list named before, one of the register, or a new one.
func (b *bookcase) entry(ctx context.Context, r transferlist.Row) (*bookEntry, error) {
	key := documentKey(r.Document, r.Issuer)
	if e := b.known[key]; e != nil {
		return e, nil
	}
	same, err := b.s.documentsNumbered(ctx, r.Document)
	if err != nil {
		return nil, err
	}
	for _, d := range same {
		if d.number != r.Document || d.issuer != r.Issuer {
			continue
		}
		e := &bookEntry{id: d.ID, old: true, classification: d.Classification, period: d.Period, dated: d.Dated, made: d.Made, released: d.Released, carriers: d.Registered}
		b.known[key] = e
		e.copies, err = b.s.copyNumbers(ctx, d.ID)
		return e, err
	}
	id, err := b.s.newID()
	e := &bookEntry{id: id, classification: r.Classification, period: r.Period, dated: r.Dated, made: r.Made, copies: map[string]bool{}, first: r}
	b.known[key] = e
	return e, err
}

// openings gives the private values behind the commitments of an event, by member name.
func (s *Station) openings(ctx context.Context, event string) (map[string]string, error) {
	all, err := s.deps.Book.Openings(ctx, event)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, o := range all {
		out[o.Path[len("/body/"):]] = o.Value
	}
	return out, nil
}

// file puts one row to its document. What the row says of the document must agree with what is known; the error says where it does not.
func (b *bookcase) file(ctx context.Context, r transferlist.Row) (*transferlist.RowError, error) {
	if r.Document == "" {
		return nil, nil
	}
	e, err := b.entry(ctx, r)
	if err != nil {
		return nil, err
	}
	if why := e.differs(r); why != nil {
		why.Line = r.Line
		return why, nil
	}
	e.carriers++
	if r.Copy != "" {
		e.copies[r.Copy] = true
	}
	return nil, nil
}

// differs says where a row contradicts what is known of its document.
func (e *bookEntry) differs(r transferlist.Row) *transferlist.RowError {
	bad := func(heading, code, zh, en string) *transferlist.RowError {
		return &transferlist.RowError{Heading: heading, Code: code, Zh: zh, En: en}
	}
	mark, _ := custody.ClassificationOf(e.classification)
	switch n, _ := strconv.ParseInt(r.Copy, 10, 64); {
	case e.released:
		return bad("密级", "document.released", "该文件已解密", "the document is declassified")
	case r.Classification != e.classification:
		return bad("密级", "document.level-differs", "该文件登记为"+mark.Zh, "the document is registered as "+mark.En)
	case r.Period != e.period:
		return bad("保密期限", "document.period-differs", "该文件的保密期限登记为“"+e.period+"”", fmt.Sprintf("the document's period is registered as %q", e.period))
	case r.Dated != "" && e.dated != "" && r.Dated != e.dated:
		return bad("成文日期", "document.date-differs", "该文件的成文日期登记为 "+e.dated, "the document is registered as of "+e.dated)
	case r.Made != 0 && e.made != 0 && r.Made != e.made:
		return bad("印制份数", "document.made-differs", fmt.Sprintf("该文件印制 %d 份", e.made), fmt.Sprintf("%d copies of the document were printed", e.made))
	case r.Copy != "" && e.copies[r.Copy]:
		return bad("份号", "copy.registered", "该文件的这个份号已登记："+r.Copy, "copy "+r.Copy+" of this document is registered already")
	case e.made > 0 && (n > e.made || e.carriers >= e.made):
		return bad("份号", "copy.beyond-made", fmt.Sprintf("超出印制份数 %d", e.made), fmt.Sprintf("beyond the %d copies printed", e.made))
	}
	return nil
}

// copyNumbers are the copy numbers (份号) used for a document.
func (s *Station) copyNumbers(ctx context.Context, document string) (map[string]bool, error) {
	used := map[string]bool{}
	err := s.eachCopy(ctx, document, func(c CarrierRow) error {
		n, err := s.opened(ctx, c.Event, "/body/copy")
		if n != "" {
			used[n] = true
		}
		return err
	})
	return used, err
}

// enter writes the documents that are new.
func (b *bookcase) enter(ctx context.Context, p *pen, rows []transferlist.Row) error {
	entered := map[string]bool{}
	for _, r := range rows {
		e := b.known[documentKey(r.Document, r.Issuer)]
		if r.Document == "" || e.old || entered[e.id] {
			continue
		}
		entered[e.id] = true
		n, err := b.s.documentNote(e.id, DocumentOptions{Number: r.Document, Title: e.first.Title, Issuer: r.Issuer, Scope: e.first.Scope,
			Classification: e.classification, Period: e.period, Dated: e.dated}, e.made, false)
		if err == nil {
			_, err = p.write(ctx, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// of is the id of the document of a row, "" = none.
func (b *bookcase) of(r transferlist.Row) string {
	if r.Document == "" {
		return ""
	}
	return b.known[documentKey(r.Document, r.Issuer)].id
}

// documentNote is the event that enters a document.
func (s *Station) documentNote(id string, o DocumentOptions, made int64, own bool) (note, error) {
	sec := s.secrets()
	body := &leaf.Document{Document: id, Own: own, Number: sec.of("number", o.Number), Title: sec.of("title", o.Title), Issuer: sec.of("issuer", o.Issuer),
		Scope: sec.of("scope", o.Scope), Classification: o.Classification, Period: o.Period, Dated: o.Dated, Made: made}
	return note{kind: leaf.DocumentEntered, subjects: []string{leaf.DocumentSubject + id}, fresh: true, body: body, openings: sec.openings}, sec.err
}
