package api

import "time"

// SearchFilter says which carriers are wanted: those that meet all that is set; the zero value selects all that were ever registered. Of a list any word
// will do.
type SearchFilter struct {
	Number         string   `json:"number"` // beginning of the carrier's number
	Part           string   `json:"part"`   // part of it, at least 2 characters
	DocumentNumber string   `json:"document_number"`
	DocumentPrefix string   `json:"document_prefix"`
	Title          string   `json:"title"` // part of it, at least 2 letters
	Serial         string   `json:"serial"`
	Parent         string   `json:"parent"` // number of the carrier they are copies of
	List           string   `json:"list"`
	Batch          string   `json:"batch"` // id or number
	Kinds          []string `json:"kinds"`
	Levels         []string `json:"levels"` // words or Chinese terms
	States         []string `json:"states"`
	Wheres         []string `json:"wheres"`
	Keeper         string   `json:"keeper"` // person
	Holder         string   `json:"holder"` // person who has it in hand
	Person         string   `json:"person"` // keeper or holder
	KeeperName     string   `json:"keeper_name"`
	HolderName     string   `json:"holder_name"`
	Place          string   `json:"place"`
	Department     string   `json:"department"`
	NoPlace        bool     `json:"no_place"`
	Campaign       string   `json:"campaign"` // id or number
	Fate           string   `json:"fate"`
	DueBefore      string   `json:"due_before"` // day
	Overdue        bool     `json:"overdue"`
	EnteredFrom    string   `json:"entered_from"`   // day
	EnteredBefore  string   `json:"entered_before"` // day
	Held           bool     `json:"held"`
	OpenCase       bool     `json:"open_case"`
	MustReturn     bool     `json:"must_return"`
	Spoiled        bool     `json:"spoiled"`
	Copies         bool     `json:"copies"`
}

// SearchRequest asks for one page of what a filter selects.
type SearchRequest struct {
	SearchFilter
	Order string `json:"order"` // "number" (default), "newest", "entered", "due", "title", "document", "keeper", "holder"
	After string `json:"after"` // Next of the page before
	Limit int64  `json:"limit"` // 0 = 100, at most 1000
}

// FoundView is one carrier that was found. Title, Document, Copy and Issuer are private.
type FoundView struct {
	ID       string    `json:"id"`
	Number   string    `json:"number"`
	Title    string    `json:"title"`
	Document string    `json:"document"`
	Copy     string    `json:"copy"`
	Issuer   string    `json:"issuer"`
	Kind     string    `json:"kind"`
	KindZh   string    `json:"kind_zh"`
	Level    string    `json:"level"` // now
	Mark     string    `json:"mark"`  // as printed
	State    string    `json:"state"`
	StateZh  string    `json:"state_zh"`
	Where    string    `json:"where"`
	WhereZh  string    `json:"where_zh"`
	Keeper   string    `json:"keeper"`
	With     string    `json:"with"`
	Place    string    `json:"place"`
	Due      time.Time `json:"due"` // zero = no date
	Overdue  bool      `json:"overdue"`
	Parent   string    `json:"parent"` // id
}

// FoundPage is one page of the answer to a search.
type FoundPage struct {
	Carriers []FoundView  `json:"carriers"`
	Next     string       `json:"next"`  // After of the next page, "" = this is the last
	Count    int64        `json:"count"` // in all
	Exact    bool         `json:"exact"` // else there are at least so many
	Searched SearchedView `json:"searched"`
}
