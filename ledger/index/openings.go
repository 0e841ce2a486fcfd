package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// ApplyOpenings implements ledger.Opener.
func (px *Projection) ApplyOpenings(ctx context.Context, tx *sql.Tx, index int64, p leaf.Payload, openings []leaf.Opening) error {
	px.mu.Lock()
	defer px.mu.Unlock()
	if err := px.in(ctx, tx).applyOpenings(p, openings); err != nil {
		return fmt.Errorf("cannot index the openings of %s (leaf %d): %w", p.Kind, index, err)
	}
	return nil
}

// applyOpenings keeps what is searched and listed. It follows Apply of the
// same leaf.
func (w *work) applyOpenings(p leaf.Payload, openings []leaf.Opening) error {
	value := func(field string) string {
		for _, o := range openings {
			if o.Path == "/body/"+field {
				return o.Value
			}
		}
		return ""
	}
	switch b := p.Body.(type) {
	case *leaf.Registered:
		return w.putCarrierText(b, text{Title: value("title"), Number: value("document"), Copy: value("copy"), Issuer: value("issuer"), Serial: value("serial")})
	case *leaf.Document:
		h, err := w.thing(custody.Ref{Kind: custody.DocumentThing, ID: b.Document})
		if err != nil {
			return err
		}
		if h == nil {
			return errors.New("the document is not in the register")
		}
		return w.putText(string(custody.DocumentThing), h.n, text{Title: value("title"), Number: value("number"), Issuer: value("issuer")})
	case *leaf.Enrolled:
		return w.putName(custody.PostThing, b.Person, value("name"))
	case *leaf.Department:
		return w.putName(custody.DepartmentThing, b.Department, value("name"))
	case *leaf.Place:
		return w.putName(custody.PlaceThing, b.Place, value("name"))
	case *leaf.Firm:
		return w.putName(custody.FirmThing, b.Firm, value("name"))
	case *leaf.KeyEntry:
		return w.putName(custody.USBKeyThing, b.Key, value("label"))
	case *leaf.Port:
		return w.putName(custody.PortThing, b.Port, value("name"))
	case *leaf.Imported:
		return w.putName(custody.ReceiptThing, b.List, value("number"))
	}
	return nil
}

// text is what openings say of a carrier or a document.
type text struct {
	Title, Number, Copy, Issuer, Serial string
}

// putCarrierText: what a carrier's registration leaves out, its document says.
func (w *work) putCarrierText(b *leaf.Registered, t text) error {
	h, err := w.carrier(b.Carrier)
	if err != nil {
		return err
	}
	if h == nil {
		return errors.New("the carrier is not in the register")
	}
	if b.DocumentID != "" && (t.Title == "" || t.Number == "" || t.Issuer == "") {
		d, err := w.documentText(b.DocumentID)
		if err != nil {
			return err
		}
		for _, f := range []struct{ own, of *string }{{&t.Title, &d.Title}, {&t.Number, &d.Number}, {&t.Issuer, &d.Issuer}} {
			if *f.own == "" {
				*f.own = *f.of
			}
		}
	}
	return w.putText(carrierSpace, h.n, t)
}

func (w *work) documentText(document string) (text, error) {
	h, err := w.thing(custody.Ref{Kind: custody.DocumentThing, ID: document})
	if h == nil || err != nil {
		return text{}, err
	}
	t, err := scanText(w.row(`SELECT `+textColumns+` FROM ix_text WHERE space = ? AND n = ?`, string(custody.DocumentThing), h.n))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return t, err
}

const textColumns = `title, number, copy, issuer, serial`

func scanText(row scanner) (text, error) {
	var t text
	err := row.Scan(&t.Title, &t.Number, &t.Copy, &t.Issuer, &t.Serial)
	return t, err
}

// Fields of ix_order.
const (
	fieldTitle  = "title"
	fieldNumber = "number"
	fieldSerial = "serial"
)

// gramRun is how many ordinals are entered into ix_gram at once: the newest,
// fewer than these, are looked through instead. It divides blockSize.
const gramRun = 512

func (w *work) putText(space string, n int64, t text) error {
	err := w.exec(`INSERT INTO ix_text (space, n, `+textColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`, space, n, t.Title, t.Number, t.Copy, t.Issuer, t.Serial)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		key  []byte
		all  bool // rows without it are in the order, too
	}{{fieldTitle, w.key(t.Title), true}, {fieldNumber, []byte(foldNumber(t.Number)), true}, {fieldSerial, []byte(foldNumber(t.Serial)), false}} {
		if len(f.key) == 0 && !f.all {
			continue
		}
		if f.key == nil {
			f.key = []byte{}
		}
		if err := w.exec(`INSERT INTO ix_order (space, field, key, n) VALUES (?, ?, ?, ?)`, space, f.name, f.key, n); err != nil {
			return err
		}
	}
	if n%gramRun == gramRun-1 {
		return w.putGrams(space, n+1-gramRun)
	}
	return nil
}

// putGrams enters a run of texts, from an ordinal on, into the sets of grams.
func (w *work) putGrams(space string, from int64) error {
	add := func(f gramField) func(scanner) error {
		return func(row scanner) error {
			var n int64
			var s string
			if err := row.Scan(&n, &s); err != nil {
				return err
			}
			for _, g := range f.grams(s) {
				if err := w.include(blockKey{true, space, f.name, g, n >> blockBits}, n); err != nil {
					return err
				}
			}
			return nil
		}
	}
	err := w.each(`SELECT n, title FROM ix_text WHERE space = ? AND n >= ? ORDER BY n`, add(titleGrams), space, from)
	if err != nil || space != carrierSpace {
		return err
	}
	return w.each(`SELECT n, number FROM ix_carrier WHERE n >= ? ORDER BY n`, add(numberGrams), from)
}

// putName keeps a name as it is now.
func (w *work) putName(kind custody.ThingKind, id, name string) error {
	key := w.key(name)
	if key == nil {
		key = []byte{}
	}
	return w.exec(`INSERT INTO ix_name (kind, id, name, key) VALUES (?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, key = excluded.key`, string(kind), id, name, key)
}
