package api

import "time"

// Requests about carriers that pass from hand to hand, and about keeping them.
type (
	MoveRequest struct {
		Act      string    `json:"act"`
		Number   string    `json:"number"`
		Carriers []string  `json:"carriers"`
		To       string    `json:"to"`
		Party    string    `json:"party"`
		Outside  bool      `json:"outside"`
		Place    string    `json:"place"`
		Channel  string    `json:"channel"`
		Courier  string    `json:"courier"`
		Seals    []string  `json:"seals"`
		Escorts  []string  `json:"escorts"`
		Request  string    `json:"request"`
		Campaign string    `json:"campaign"`
		Due      time.Time `json:"due"`
		Purpose  string    `json:"purpose"`
		By       Signer    `json:"by"`
	}
	// MoveStepRequest accepts, refuses or returns (By) or cancels (Session) carriers of a movement.
	MoveStepRequest struct {
		Movement string   `json:"movement"`
		Carriers []string `json:"carriers"` // numbers; empty = all that are meant
		Receipt  string   `json:"receipt"`  // number of an outside receipt slip
		Scan     []byte   `json:"scan"`     // of the slip
		Reason   string   `json:"reason"`   // code of a refusal
		Checked  bool     `json:"checked"`  // returned and inspected
		Remark   string   `json:"remark"`
		Session  string   `json:"session"`
		By       Signer   `json:"by"`
	}
	RenewRequest struct {
		Movement string    `json:"movement"`
		Due      time.Time `json:"due"`
		By       Signer    `json:"by"`
	}
	FirmCertificateRequest struct {
		Movement    string   `json:"movement"`
		Carriers    []string `json:"carriers"`
		Certificate string   `json:"certificate"`
		Scan        []byte   `json:"scan"`
		By          Signer   `json:"by"`
	}
	MovementFilter struct {
		Act      string `json:"act"`
		State    string `json:"state"`
		From     string `json:"from"`
		To       string `json:"to"`
		Campaign string `json:"campaign"`
		Open     bool   `json:"open"` // the link does not close yet
		Overdue  bool   `json:"overdue"`
		After    string `json:"after"`
		Limit    int64  `json:"limit"`
	}
	PageRequest struct {
		After string `json:"after"`
		Limit int64  `json:"limit"`
	}
	StoreRequest struct {
		Session  string   `json:"session"`
		Place    string   `json:"place"`
		Carriers []string `json:"carriers"`
	}
	CopyRequest struct {
		Request string   `json:"request"`
		Kind    string   `json:"kind"`
		Extent  int64    `json:"extent"` // pages or bytes of each copy, 0 = as the parent
		Made    int64    `json:"made"`
		Spoiled int64    `json:"spoiled"`
		First   int64    `json:"first"`   // copy number of the first one, 0 = the next free one
		Numbers []string `json:"numbers"` // carrier numbers, good ones first; empty = allotted
		Stamp   string   `json:"stamp"`
		By      Signer   `json:"by"`
		With    Signer   `json:"with"` // second person, where the rules demand two
	}
	// FindRequest ends "missing": the carrier turned up.
	FindRequest struct {
		Carrier string `json:"carrier"`
		Reason  string `json:"reason"` // how
		Session string `json:"session"`
	}
	WhoKnewRequest struct {
		Carrier  string `json:"carrier"`
		Document string `json:"document"`
	}
)

// HandView is one end of a movement.
type HandView struct {
	Person       string `json:"person"` // or firm
	Name         string `json:"name"`   // private
	Clearance    string `json:"clearance"`
	ClearanceZh  string `json:"clearance_zh"`
	OutsideParty string `json:"outside_party"` // private
}

// MovementView is one movement. Party, courier, purpose, remarks and receipt number are private.
type MovementView struct {
	ID       string         `json:"id"`
	Number   string         `json:"number"` // of the form
	Act      string         `json:"act"`
	ActZh    string         `json:"act_zh"`
	State    string         `json:"state"`
	StateZh  string         `json:"state_zh"`
	From     HandView       `json:"from"`
	To       HandView       `json:"to"`
	Outside  bool           `json:"outside"`
	Place    string         `json:"place"`
	Channel  string         `json:"channel"`
	Courier  string         `json:"courier"`
	Seals    []string       `json:"seals"`
	Escorts  []string       `json:"escorts"`
	Request  string         `json:"request"`
	Campaign string         `json:"campaign"`
	Purpose  string         `json:"purpose"`
	Due      time.Time      `json:"due"` // zero = no date
	Overdue  bool           `json:"overdue"`
	Carriers []MovedCarrier `json:"carriers"`
	Out      int64          `json:"out"` // not yet back or signed for
	Opened   time.Time      `json:"opened"`
	Accepted time.Time      `json:"accepted"` // zero = not yet
	Receipt  string         `json:"receipt"`  // number of the receipt slip
	History  []HistoryView  `json:"history"`  // only in the answer to Movement
}

// MovedCarrier is one carrier of a movement.
type MovedCarrier struct {
	Number           string `json:"number"`
	Title            string `json:"title"` // private
	Copy             string `json:"copy"`  // private
	ClassificationZh string `json:"classification_zh"`
	State            string `json:"state"`
	StateZh          string `json:"state_zh"`
	Where            string `json:"where"`
	WhereZh          string `json:"where_zh"`
	Out              bool   `json:"out"` // of this movement, not yet back or signed for
}

// MovementPage is one page of movements, newest first.
type MovementPage struct {
	Movements []MovementView `json:"movements"`
	Total     int64          `json:"total"`
	Next      string         `json:"next"` // MovementFilter.After of the next page, "" = this is the last
	Searched  SearchedView   `json:"searched"`
}

// KnewView is one line of who-knew.
type KnewView struct {
	Carrier string    `json:"carrier"` // number
	Person  string    `json:"person"`
	Name    string    `json:"name"` // private
	Act     string    `json:"act"`
	ActZh   string    `json:"act_zh"`
	At      time.Time `json:"at"`
	Index   int64     `json:"index"` // of the leaf
	Leaf    string    `json:"leaf"`
}

// KnewPage is everybody who had a carrier, or any copy of a document, in hand.
type KnewPage struct {
	Lines    []KnewView   `json:"lines"`
	Circle   []string     `json:"circle"` // admitted persons
	Searched SearchedView `json:"searched"`
}

// CopiesView is one making of copies.
type CopiesView struct {
	Signed  SignedView `json:"signed"`
	Numbers []string   `json:"numbers"` // carrier numbers, the good ones first
}

// HeldView is one carrier somebody answers for or has in hand.
type HeldView struct {
	Carrier  CarrierView `json:"carrier"`
	Overdue  bool        `json:"overdue"`
	DaysOver int64       `json:"days_over"`
}

// HeldPage is a list of carriers with what was searched.
type HeldPage struct {
	Held     []HeldView   `json:"held"`
	Total    int64        `json:"total"`
	Next     string       `json:"next"` // PageRequest.After of the next page, "" = this is the last
	Searched SearchedView `json:"searched"`
}
