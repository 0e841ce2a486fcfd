package api

import "time"

// Requests about departments, places, firms and posts.
type (
	DepartmentRequest struct {
		Session    string `json:"session"`
		Department string `json:"department"`
		Name       string `json:"name"`    // "" = as before
		Highest    string `json:"highest"` // classification
		Closed     bool   `json:"closed"`
	}
	PlaceRequest struct {
		Session    string `json:"session"`
		Place      string `json:"place"`
		Department string `json:"department"`
		Use        string `json:"use"`
		Name       string `json:"name"`
		Highest    string `json:"highest"`
		Keeper     string `json:"keeper"`
		Closed     bool   `json:"closed"`
	}
	FirmRequest struct {
		Session       string `json:"session"`
		Firm          string `json:"firm"`
		Form          string `json:"form"`
		Name          string `json:"name"`
		Qualification string `json:"qualification"`
		Highest       string `json:"highest"`
		QualifiedTill string `json:"qualified_till"`
		Closed        bool   `json:"closed"`
	}
	PostRequest struct {
		Session     string `json:"session"`
		Person      string `json:"person"`
		Department  string `json:"department"`
		Post        string `json:"post"`
		Grade       string `json:"grade"`
		Clearance   string `json:"clearance"`
		TrainedTill string `json:"trained_till"`
		Since       string `json:"since"`
	}
	// PledgeRequest: the person of the signer pledges.
	PledgeRequest struct {
		Leaving bool   `json:"leaving"`
		By      Signer `json:"by"`
	}
	LeaveRequest struct {
		Person       string `json:"person"`
		Reason       string `json:"reason"`
		CoolingUntil string `json:"cooling_until"`
		By           Signer `json:"by"`
	}
)

// DepartmentView is a part of the unit.
type DepartmentView struct {
	Department string `json:"department"`
	Name       string `json:"name"`
	Highest    string `json:"highest"` // classification it may hold at most
	HighestZh  string `json:"highest_zh"`
	Closed     bool   `json:"closed"`
}

// PlaceView is a cabinet or room.
type PlaceView struct {
	Place      string `json:"place"`
	Department string `json:"department"`
	Name       string `json:"name"`
	Use        string `json:"use"`
	UseZh      string `json:"use_zh"`
	Highest    string `json:"highest"`
	HighestZh  string `json:"highest_zh"`
	Keeper     string `json:"keeper"` // person, "" = nobody yet
	Closed     bool   `json:"closed"`
}

// FirmView is a destruction body.
type FirmView struct {
	Firm          string `json:"firm"`
	Form          string `json:"form"` // "administration", "designated", "qualified-firm"
	FormZh        string `json:"form_zh"`
	Name          string `json:"name"`
	Qualification string `json:"qualification"` // its number
	Highest       string `json:"highest"`
	HighestZh     string `json:"highest_zh"`
	QualifiedTill string `json:"qualified_till"` // last day
	DaysLeft      int64  `json:"days_left"`      // of the qualification, negative = run out
	Closed        bool   `json:"closed"`
}

// PostView is one enrolled person and the secret post he holds. Without a post Department, Grade and what follows are empty.
type PostView struct {
	Person       string `json:"person"`
	Name         string `json:"name"`
	Department   string `json:"department"`
	Post         string `json:"post"`
	Grade        string `json:"grade"` // "core", "important", "general"
	GradeZh      string `json:"grade_zh"`
	Clearance    string `json:"clearance"`
	ClearanceZh  string `json:"clearance_zh"`
	TrainedTill  string `json:"trained_till"`
	TrainingLeft int64  `json:"training_left"` // days, negative = run out
	Since        string `json:"since"`
	Review       string `json:"review"`     // day by which the post is to be reviewed
	Pledged      string `json:"pledged"`    // leaf hash of the pledge for this post, "" = none
	CardUntil    string `json:"card_until"` // last day of the card's certificates
	State        string `json:"state"`      // "fit", "no-post", "not-pledged", "training-expired", "left"
	StateZh      string `json:"state_zh"`
	CoolingUntil string `json:"cooling_until"` // 脱密期, once he left
}

// PledgeView is the text of an undertaking.
type PledgeView struct {
	Leaving bool   `json:"leaving"`
	Text    string `json:"text"` // Chinese, then English
	SHA256  string `json:"sha256"`
}

// OutstandingView is what keeps a person from leaving, and the head of the ledger it was looked up at.
type OutstandingView struct {
	Person    string     `json:"person"`
	Carriers  []string   `json:"carriers"`  // numbers: kept or in hand
	Movements []string   `json:"movements"` // ids: open, from him or to him
	Findings  []string   `json:"findings"`  // ids: to be corrected by him
	Places    []string   `json:"places"`    // he answers for them; another keeper is to be named
	Keys      []string   `json:"keys"`      // registered USB keys that are his; they are to be retired or registered anew
	Pledged   bool       `json:"pledged"`   // the leaving pledge is signed
	Clear     bool       `json:"clear"`     // he may leave
	Ledger    LedgerView `json:"ledger"`    // nothing was left out up to this head
	At        time.Time  `json:"at"`
}

// LeaveView is the answer to a leaving; when it is refused, Outstanding says why.
type LeaveView struct {
	Signed      SignedView      `json:"signed"`
	Outstanding OutstandingView `json:"outstanding"`
}
