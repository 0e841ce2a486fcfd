package station

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sexton/custody"
	"sexton/epcis"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/transferlist"
)

// maxExport is how many carriers one export holds: a list of them stays below 200 MB in every format.
const maxExport = 200_000

// ExportCarriers implements Reports.
func (s *Station) ExportCarriers(ctx context.Context, o ExportOptions, by Signer) (File, error) {
	return s.handOut(ctx, "report-issue", "export", o.Medium, "", "", by, func(x *session) (File, error) {
		if o.Medium == "" {
			return File{}, fault.New("usage.bad-request", nil, "medium is missing")
		}
		if o.Titles && !slices.Contains(x.person.Roles, leaf.RoleSecrecy) {
			return File{}, fault.New("person.role", nil, x.person.Person, string(leaf.RoleSecrecy))
		}
		var rows []CarrierRow
		err := s.eachCarrier(ctx, o.Filter, func(c CarrierRow) error {
			if len(rows) == maxExport {
				return tooMany(maxExport)
			}
			rows = append(rows, c)
			return nil
		})
		if err != nil {
			return File{}, err
		}
		switch o.Format {
		case "csv":
			return s.exportList(ctx, rows, o.Titles)
		case "epcis":
			return s.exportEvents(ctx, rows, o.Titles)
		case "json":
			return s.exportJSON(ctx, rows, o.Titles)
		}
		return File{}, fault.New("usage.bad-request", nil, "format "+o.Format)
	})
}

// withheld stands where a list wants a text that is not exported.
const withheld = "██"

// asListed is a carrier as a row of a transfer list. Without titles nothing is in it that the ledger holds only as a commitment.
func (s *Station) asListed(ctx context.Context, c CarrierRow, titles bool) (transferlist.Row, error) {
	r := transferlist.Row{Number: c.Number, Title: withheld, Issuer: withheld, Kind: c.Kind, Medium: c.Medium, Classification: c.Level, Period: c.Term,
		Extent: custody.Extent(c.Extent), Count: c.Count, MustReturn: c.MustReturn, Dated: c.Dated}
	if !titles {
		return r, nil
	}
	open, err := s.openings(ctx, c.Event)
	r.Title, r.Issuer, r.Document, r.Copy, r.Serial, r.Remark = open["title"], open["issuer"], open["document"], open["copy"], open["serial"], open["remark"]
	return r, err
}

// exportList writes a transfer list that another station can import.
func (s *Station) exportList(ctx context.Context, carriers []CarrierRow, titles bool) (File, error) {
	rows := make([]transferlist.Row, 0, len(carriers))
	for _, c := range carriers {
		r, err := s.asListed(ctx, c, titles)
		if err != nil {
			return File{}, err
		}
		rows = append(rows, r)
	}
	var b bytes.Buffer
	if err := transferlist.Write(&b, rows, transferlist.WriteOptions{}); err != nil {
		return File{}, err
	}
	return file("carriers.csv", b.Bytes(), int64(len(rows))), nil
}

// exported is one carrier in the JSON of an export.
type exported struct {
	ID             string    `json:"id"`
	Number         string    `json:"number"`
	Kind           string    `json:"kind"`
	Medium         string    `json:"medium"`
	Classification string    `json:"classification"` // now
	Period         string    `json:"period"`         // now
	Extent         int64     `json:"extent"`
	ExtentUnit     string    `json:"extent_unit"`
	Count          int64     `json:"count"`
	MustReturn     bool      `json:"must_return"`
	State          string    `json:"state"`
	Disposition    string    `json:"disposition"`
	Where          string    `json:"where"`
	Keeper         string    `json:"keeper"`
	With           string    `json:"with"`
	Place          string    `json:"place"`
	Due            time.Time `json:"due,omitzero"`
	Document       string    `json:"document_id"`
	Parent         string    `json:"parent"`
	Dated          string    `json:"dated"`
	Title          string    `json:"title,omitempty"` // and what follows: only with titles
	DocumentNumber string    `json:"document_number,omitempty"`
	Copy           string    `json:"copy,omitempty"`
	Issuer         string    `json:"issuer,omitempty"`
	Serial         string    `json:"serial,omitempty"`
	Remark         string    `json:"remark,omitempty"`
}

// exportJSON writes the carriers as the register has them, and the head it stands at.
func (s *Station) exportJSON(ctx context.Context, carriers []CarrierRow, titles bool) (File, error) {
	head := s.deps.Book.Head()
	out := struct {
		Format   string     `json:"format"`
		Station  string     `json:"station"`
		Bench    bool       `json:"bench"`
		Ledger   LedgerView `json:"ledger"`
		Titles   bool       `json:"titles"`
		Carriers []exported `json:"carriers"`
	}{"sexton-carriers/1", s.cfg.Origin, s.cfg.Bench, LedgerView{Size: head.Size, Root: head.Root}, titles, []exported{}}
	for _, c := range carriers {
		x := exported{ID: c.ID, Number: c.Number, Kind: c.Kind, Medium: c.Medium, Classification: c.Level, Period: c.Term, Extent: c.Extent.Value,
			ExtentUnit: c.Extent.Unit, Count: c.Count, MustReturn: c.MustReturn, State: c.State.String(), Disposition: c.State.Disposition().String(),
			Where: c.Where.String(), Keeper: c.Keeper, With: c.With, Place: c.Place, Due: c.Due, Document: c.Document, Parent: c.Parent, Dated: c.Dated}
		if titles {
			open, err := s.openings(ctx, c.Event)
			if err != nil {
				return File{}, err
			}
			x.Title, x.DocumentNumber, x.Copy, x.Issuer, x.Serial, x.Remark = open["title"], open["document"], open["copy"], open["issuer"], open["serial"], open["remark"]
		}
		out.Carriers = append(out.Carriers, x)
	}
	b, err := json.MarshalIndent(out, "", " ")
	return file("carriers.json", append(b, '\n'), int64(len(carriers))), err
}

// exportEvents writes what happened to the carriers as an EPCIS document.
func (s *Station) exportEvents(ctx context.Context, carriers []CarrierRow, titles bool) (File, error) {
	of := map[string]CarrierRow{}
	at := map[int64]bool{}
	for _, c := range carriers {
		of[c.ID] = c
		events, err := s.deps.Register.Events(ctx, leaf.CarrierSubject+c.ID)
		if err != nil {
			return File{}, err
		}
		for _, e := range events {
			at[e.Index] = true
		}
		if err := s.receivedAt(ctx, c.List, at); err != nil {
			return File{}, err
		}
	}
	doc := epcis.Document{Version: "2.0", Created: s.now()}
	for _, index := range slices.Sorted(keysOf(at)) {
		p, err := s.payloadAt(ctx, index)
		if err != nil {
			return File{}, err
		}
		h, ok, err := s.happening(ctx, p, of, titles)
		if err != nil {
			return File{}, err
		}
		if !ok {
			continue
		}
		e, err := h.Event()
		if err != nil {
			return File{}, err
		}
		doc.Events = append(doc.Events, e)
	}
	var b bytes.Buffer
	err := epcis.Write(&b, doc)
	var bad *epcis.Error
	if errors.As(err, &bad) {
		return File{}, fault.New("report.too-large", err, maxExport)
	}
	return file("carriers.epcis.json", b.Bytes(), int64(len(doc.Events))), err
}

// receivedAt adds the leaf by which a list was signed for.
func (s *Station) receivedAt(ctx context.Context, list string, at map[int64]bool) error {
	if list == "" {
		return nil
	}
	events, err := s.deps.Register.Events(ctx, leaf.ListSubject+list)
	for _, e := range events {
		if e.Kind == leaf.ListReceived {
			at[e.Index] = true
		}
	}
	return err
}
