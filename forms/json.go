package forms

import (
	"encoding/json"
	"io"
)

// SheetFormat names the JSON of a sheet.
const SheetFormat = "sexton-sheet/1"

type sheetJSON struct {
	Format     string          `json:"format"`
	Form       string          `json:"form"`
	Title      Text            `json:"title"`
	Training   bool            `json:"training"`
	Unit       string          `json:"unit"`
	Mark       string          `json:"mark"`
	Number     string          `json:"number"`
	Boxes      []boxJSON       `json:"boxes"`
	Tables     []tableJSON     `json:"tables"`
	Signatures []signatureJSON `json:"signatures"`
	Ledger     *Position       `json:"ledger"`
	Printed    string          `json:"printed"`
}

type boxJSON struct {
	Key   Key    `json:"key"`
	Kind  Kind   `json:"kind"`
	Zh    string `json:"zh"`
	En    string `json:"en"`
	Value string `json:"value"`
}

type columnJSON struct {
	Key  Key    `json:"key"`
	Kind Kind   `json:"kind"`
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

type tableJSON struct {
	ID      string       `json:"id"`
	Title   Text         `json:"title"`
	Columns []columnJSON `json:"columns"`
	Rows    []Values     `json:"rows"`
	Sums    *sumJSON     `json:"sums"`
}

type sumJSON struct {
	Label  Text   `json:"label"`
	Totals Values `json:"totals"`
	Lines  []Text `json:"lines"`
}

type signatureJSON struct {
	Role   Key         `json:"role"`
	Zh     string      `json:"zh"`
	En     string      `json:"en"`
	Signed []Signature `json:"signed"`
}

// WriteJSON writes the sheet for programs: values by key, headings beside them.
func (s *Sheet) WriteJSON(w io.Writer) error {
	out := sheetJSON{
		Format: SheetFormat, Form: s.Form.ID, Title: s.Heading(), Training: s.Bench, Unit: s.Unit, Mark: s.Mark, Number: s.Number,
		Boxes: []boxJSON{}, Tables: []tableJSON{}, Signatures: []signatureJSON{}, Ledger: s.Ledger, Printed: s.Printed,
	}
	for _, f := range s.Form.Boxes() {
		out.Boxes = append(out.Boxes, boxJSON{f.Key, f.Kind, f.Zh, f.En, s.Boxes[f.Key]})
	}
	for _, t := range s.Tables {
		j := tableJSON{ID: t.ID, Title: t.Title, Rows: t.Rows}
		for _, f := range t.Fields {
			j.Columns = append(j.Columns, columnJSON{f.Key, f.Kind, f.Zh, f.En})
		}
		if t.Sums != nil {
			j.Sums = &sumJSON{t.Sums.Label, t.Sums.Totals, append([]Text{}, t.Sums.Lines...)}
		}
		out.Tables = append(out.Tables, j)
	}
	for _, g := range s.Form.Signers() {
		out.Signatures = append(out.Signatures, signatureJSON{g.Role, g.Zh, g.En, append([]Signature{}, s.Signed[g.Role]...)})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(out)
}
