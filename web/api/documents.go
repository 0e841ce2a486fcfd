package api

import "time"

// Requests about receiving lists and about documents.
type (
	// ListCountRequest says what was counted on arrival: Numbers as scanned, or Found when nobody scanned.
	ListCountRequest struct {
		List    string   `json:"list"`
		Session string   `json:"session"`
		Found   int64    `json:"found"`
		Numbers []string `json:"numbers"`
	}
	ListNumberRequest struct {
		List    string `json:"list"`
		Session string `json:"session"`
		Series  string `json:"series"` // such as 密收
	}
	DocumentRequest struct {
		Session        string `json:"session"`
		Number         string `json:"number"`
		Title          string `json:"title"`
		Issuer         string `json:"issuer"`
		Scope          string `json:"scope"`
		Classification string `json:"classification"`
		Period         string `json:"period"`
		Dated          string `json:"dated"`
	}
	DocumentFilter struct {
		Number string `json:"number"`
		Title  string `json:"title"`
		Level  string `json:"level"`
		After  string `json:"after"`
		Limit  int64  `json:"limit"`
	}
	CircleRequest struct {
		Document string   `json:"document"`
		Persons  []string `json:"persons"`
		Request  string   `json:"request"`
		By       Signer   `json:"by"`
	}
	ClassifyRequest struct {
		Document string `json:"document"`
		Request  string `json:"request"`
		Basis    string `json:"basis"`
		By       Signer `json:"by"`
	}
)

// DocumentView is one document. Number, Title, Issuer and Scope are private.
type DocumentView struct {
	ID               string        `json:"id"`
	Own              bool          `json:"own"` // made here
	Number           string        `json:"number"`
	Title            string        `json:"title"`
	Issuer           string        `json:"issuer"`
	Scope            string        `json:"scope"`
	Classification   string        `json:"classification"` // now
	ClassificationZh string        `json:"classification_zh"`
	Period           string        `json:"period"` // now
	Mark             string        `json:"mark"`   // as printed: 机密★10年
	Dated            string        `json:"dated"`
	Made             int64         `json:"made"`       // print run, 0 = unknown
	Registered       int64         `json:"registered"` // carriers ever registered of it
	Copies           int64         `json:"copies"`     // of these made here
	Circle           []string      `json:"circle"`     // persons; empty = not fixed
	Change           string        `json:"change"`     // request for a change of classification under way, "" = none
	Released         bool          `json:"released"`
	Carriers         []CopyView    `json:"carriers"` // only in the answer to Document
	History          []HistoryView `json:"history"`  // only in the answer to Document
}

// DocumentPage is one page of documents, newest first.
type DocumentPage struct {
	Documents []DocumentView `json:"documents"`
	Total     int64          `json:"total"`
	Next      string         `json:"next"` // DocumentFilter.After of the next page, "" = this is the last
	Searched  SearchedView   `json:"searched"`
}

// CopyView is one copy of a document.
type CopyView struct {
	Carrier     string `json:"carrier"` // id
	Number      string `json:"number"`  // of the carrier
	Copy        string `json:"copy"`    // 份号; private
	State       string `json:"state"`
	StateZh     string `json:"state_zh"`
	Where       string `json:"where"`
	WhereZh     string `json:"where_zh"`
	Disposition string `json:"disposition"` // "" while it has none
	Keeper      string `json:"keeper"`
	With        string `json:"with"`
	Parent      string `json:"parent"` // number of the carrier it was copied from
	Spoiled     bool   `json:"spoiled"`
}

// SearchedView says what was gone through to find that something is not there.
type SearchedView struct {
	Size    int64  `json:"size"` // of the ledger
	Root    string `json:"root"`
	Entries int64  `json:"entries"` // of the register gone through
}

// BalanceView is the conservation of one document: registered = held + disposed + open, copy by copy.
type BalanceView struct {
	Document   DocumentView     `json:"document"`
	At         time.Time        `json:"at"`
	Made       int64            `json:"made"`       // print run as far as is known, 0 = unknown
	Registered int64            `json:"registered"` //
	Elsewhere  int64            `json:"elsewhere"`  // of the print run, never here; 0 when the print run is unknown
	Held       map[string]int64 `json:"held"`       // whereabouts -> copies a keeper answers for
	Open       int64            `json:"open"`       // neither held nor disposed of yet: missing, on the way, outcome unknown
	Disposed   map[string]int64 `json:"disposed"`   // disposition -> copies
	Spoiled    int64            `json:"spoiled"`    // of registered
	Balanced   bool             `json:"balanced"`   // every copy is held or disposed of, and no link is broken
	Edges      []EdgeView       `json:"edges"`      // broken links first, then those that are still open
	Copies     []CopyView       `json:"copies"`
	Searched   SearchedView     `json:"searched"`
}

// EdgeView is one link in the life of a document's copies that does not close.
type EdgeView struct {
	Carrier string    `json:"carrier"` // number; "" = the document as a whole
	What    string    `json:"what"`    // custody.EdgeKind
	Broken  bool      `json:"broken"`  // the register contradicts itself; otherwise something is still to come
	Since   time.Time `json:"since"`   // zero = not known
	Zh      string    `json:"zh"`
	En      string    `json:"en"`
}
