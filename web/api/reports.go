package api

import (
	"time"

	"sexton/internal/fault"
)

// Requests about reports, forms and exports.
type (
	PeriodRequest struct {
		From string `json:"from"` // first day
		To   string `json:"to"`   // last day
	}
	PrintRequest struct {
		Form   string        `json:"form"`
		For    string        `json:"for"`
		From   string        `json:"from"`
		To     string        `json:"to"`
		Filter *SearchFilter `json:"filter"`
		Number string        `json:"number"`
		Format string        `json:"format"` // "html", "xlsx", "csv", "json"
		By     Signer        `json:"by"`
	}
	ExportCarriersRequest struct {
		Filter SearchFilter `json:"filter"`
		Format string       `json:"format"` // "csv", "epcis", "json"
		Titles bool         `json:"titles"`
		Medium string       `json:"medium"`
		By     Signer       `json:"by"`
	}
)

// PeriodView is what happened to the carriers of the unit from one day to another, both included. The figures were counted twice, from the
// register's counters and from the leaves, and agree.
type PeriodView struct {
	From        string            `json:"from"`
	To          string            `json:"to"`
	Zone        string            `json:"zone"` // of these days
	At          time.Time         `json:"at"`
	Ledger      LedgerView        `json:"ledger"` // what it was drawn from
	Rows        []PeriodRow       `json:"rows"`   // by classification, highest first, and carrier kind
	Total       PeriodRow         `json:"total"`
	Moved       []MovedCount      `json:"moved"` // movements opened in the period, by act
	Open        []OpenLink        `json:"open"`  // links that do not close at its end
	Missing     []string          `json:"missing"`
	OpenCases   []string          `json:"open_cases"`
	Destruction []DestructionLine `json:"destruction"`
	Inspections []InspectionLine  `json:"inspections"`
	Findings    []FindingLine     `json:"findings"`
	People      []PersonLine      `json:"people"`
	Incidents   []IncidentLine    `json:"incidents"`
	Machines    []MachineLine     `json:"machines"` // in use at its end
	Refusals    map[string]int64  `json:"refusals"` // fault code -> refused requests
}

// PeriodRow is the balance of one classification and kind:
// opening + received + made + regraded in - all that went out = closing.
type PeriodRow struct {
	Level        string `json:"level"`
	LevelZh      string `json:"level_zh"`
	Kind         string `json:"kind"`
	KindZh       string `json:"kind_zh"`
	Opening      int64  `json:"opening"`
	Received     int64  `json:"received"`
	Made         int64  `json:"made"` // made or copied here, spoiled ones included
	RegradedIn   int64  `json:"regraded_in"`
	Returned     int64  `json:"returned"`
	Archived     int64  `json:"archived"`
	Transferred  int64  `json:"transferred"`
	Dispatched   int64  `json:"dispatched"`
	Declassified int64  `json:"declassified"`
	Consigned    int64  `json:"consigned"`
	Destroyed    int64  `json:"destroyed"`
	RegradedOut  int64  `json:"regraded_out"`
	Other        int64  `json:"other"` // written off
	Closing      int64  `json:"closing"`
}

// In is what came in.
func (r PeriodRow) In() int64 { return r.Received + r.Made + r.RegradedIn }

// Out is what went out.
func (r PeriodRow) Out() int64 {
	return r.Returned + r.Archived + r.Transferred + r.Dispatched + r.Declassified + r.Consigned + r.Destroyed + r.RegradedOut + r.Other
}

// MovedCount counts the movements of one act.
type MovedCount struct {
	Act       string `json:"act"`
	ActZh     string `json:"act_zh"`
	Movements int64  `json:"movements"`
	Carriers  int64  `json:"carriers"`
}

// OpenLink is a movement that is not closed: not signed for, or not all back.
type OpenLink struct {
	Movement string    `json:"movement"`
	Number   string    `json:"number"`
	Act      string    `json:"act"`
	ActZh    string    `json:"act_zh"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Opened   time.Time `json:"opened"`
	Due      time.Time `json:"due"` // zero = no date
	Overdue  bool      `json:"overdue"`
	Carriers []string  `json:"carriers"` // numbers
}

// DestructionLine is what one batch destroyed of one kind.
type DestructionLine struct {
	Batch       string    `json:"batch"`
	Certificate string    `json:"certificate"` // "" = none yet
	Kind        string    `json:"kind"`
	KindZh      string    `json:"kind_zh"`
	Count       int64     `json:"count"`
	At          time.Time `json:"at"` // of the last one
	Destroyer   string    `json:"destroyer"`
	Attestor    string    `json:"attestor"`
}

// InspectionLine is one inspection whose count was handed in during the period.
type InspectionLine struct {
	Number   string    `json:"number"`
	Surprise bool      `json:"surprise"`
	Place    string    `json:"place"`
	At       time.Time `json:"at"`
	Found    int64     `json:"found"`
	Missing  int64     `json:"missing"`
	Extra    int64     `json:"extra"`
}

// FindingLine is one finding entered in the period, as it stands at its end.
type FindingLine struct {
	Code      string    `json:"code"`
	CodeZh    string    `json:"code_zh"`
	Text      string    `json:"text"`
	FoundOn   time.Time `json:"found_on"`
	CorrectBy string    `json:"correct_by"`
	State     string    `json:"state"`
	StateZh   string    `json:"state_zh"`
	Corrected time.Time `json:"corrected"` // zero = not yet accepted
}

// PersonLine is one change of a post.
type PersonLine struct {
	Person   string    `json:"person"`
	Name     string    `json:"name"`
	Post     string    `json:"post"`
	GradeZh  string    `json:"grade_zh"`
	Change   string    `json:"change"` // "posted", "moved", "left"
	ChangeZh string    `json:"change_zh"`
	At       time.Time `json:"at"`
}

// IncidentLine is one incident reported in the period, as it stands at its end.
type IncidentLine struct {
	Number   string    `json:"number"`
	What     string    `json:"what"`
	WhatZh   string    `json:"what_zh"`
	At       time.Time `json:"at"`
	Carriers int64     `json:"carriers"`
	Result   string    `json:"result"` // "" = under inquiry
	ResultZh string    `json:"result_zh"`
}

// MachineLine is one shredder.
type MachineLine struct {
	Machine    string `json:"machine"`
	Model      string `json:"model"`
	ApprovalNo string `json:"approval_no"`
}

// FileView is a file that was handed out, and the leaf that says so.
type FileView struct {
	Name   string `json:"name"` // suggested
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Rows   int64  `json:"rows"`
	Leaf   string `json:"leaf"`  // hash of report.issued, "" = none is needed
	Index  int64  `json:"index"` // -1 = none
}

// FileLine is one line of an answer that hands a file out: chunks of at most MaxChunk bytes, then the result; or a fault.
type FileLine struct {
	Chunk  []byte       `json:"chunk,omitempty"`
	Result *FileView    `json:"result,omitempty"`
	Fault  *fault.Fault `json:"fault,omitempty"`
}

// MaxChunk bounds the bytes of one FileLine.
const MaxChunk = 1 << 20

// FormView is one form that the unit prints.
type FormView struct {
	ID          string      `json:"id"`
	Zh          string      `json:"zh"`
	En          string      `json:"en"`
	Confirmed   bool        `json:"confirmed"` // its columns were seen in forms that are in use
	Of          string      `json:"of"`        // what it is filled for, "" = it is printed blank
	OfZh        string      `json:"of_zh"`
	Copies      []string    `json:"copies"` // who keeps each copy
	RetentionZh string      `json:"retention_zh"`
	Fields      []FieldView `json:"fields"` // only in the answer to Form
	Signers     []string    `json:"signers"`
}

// FieldView is one column or box.
type FieldView struct {
	Table     string `json:"table"` // "" = a box
	Key       string `json:"key"`
	Zh        string `json:"zh"`
	En        string `json:"en"`
	Mandatory bool   `json:"mandatory"`
	Computed  bool   `json:"computed"`
}
