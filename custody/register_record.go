package custody

import "time"

// What Record.Register points to, by kind. Secrets are left out: custody never
// needs them.
type (
	// Pledge: the person signed the undertaking.
	Pledge struct {
		Person  string
		Leaving bool // 离岗保密承诺书
	}
	// Leaving ends a post.
	Leaving struct {
		Person       string
		CoolingUntil string
	}
	// ListOpen is what list.imported says.
	ListOpen struct {
		List string
		Rows int64
	}
	// ListCount: the carriers of a list were counted.
	ListCount struct {
		List  string
		Count int64
	}
	// ListNumbers: the list was given reference numbers, one per row.
	ListNumbers struct {
		List        string
		Series      string
		Year        int64
		First, Last int64
	}
	// DocumentEntry enters a document.
	DocumentEntry struct {
		Document       string
		Own            bool
		Classification string
		Period         string
		Dated          string
		Made           int64
	}
	// CircleSet fixes or widens who may read a document.
	CircleSet struct {
		Document string
		Persons  []string
		Request  string
	}
	// Reclassification changes the mark of a document and of all its copies held
	// here; Release takes the mark away.
	Reclassification struct {
		Document       string
		Request        string
		Classification string
		Period         string
		Release        bool
	}
	// RequestEntry is an application.
	RequestEntry struct {
		Request        string
		Act            string
		Document       string
		Count          int64
		NotAfter       time.Time
		To             string
		Persons        []string
		Channel        string
		Classification string
		Period         string
	}
	// RequestDecision audits, approves, rejects or withdraws a request.
	RequestDecision struct {
		Request   string
		Opened    string // leaf hash of request.opened
		Authority string // of an approval
	}
	// CopiesMade closes one making of copies: Made of them can be used, Spoiled
	// cannot. The copies' registrations follow in the same transaction.
	CopiesMade struct {
		Request string
		Parent  string // "" = made from no carrier (own document)
		Made    int64
		Spoiled int64
	}
	// Stored puts carriers into a place.
	Stored struct {
		Place string
	}
	// MovementOpen hands carriers out.
	MovementOpen struct {
		Movement string
		Act      string
		To       string
		Outside  bool
		Place    string
		Channel  string
		Escorts  []string
		Request  string
		Campaign string
		Due      time.Time
	}
	// MovementEnd accepts, refuses, returns or cancels. Record.Carriers are those
	// it speaks of; the others of the movement stay as they are.
	MovementEnd struct {
		Movement string
		Opened   string // leaf hash of movement.opened
		Receipt  bool   // an outside party's receipt slip stands for its signature
		Checked  bool   // returned: the keeper inspected them (返回检查)
	}
	// MovementRenew gives a loan a new date.
	MovementRenew struct {
		Movement string
		Due      time.Time
	}
	// FirmCertificate: a destruction body certified the destruction of what was
	// consigned to it.
	FirmCertificate struct {
		Movement string
	}
	// CampaignOpen starts a clear-out.
	CampaignOpen struct {
		Campaign string
		Number   string
		Before   string
		Selected int64
	}
	// CampaignProposal proposes a fate for each of Record.Carriers.
	CampaignProposal struct {
		Campaign string
		Fates    []string // beside Record.Carriers
	}
	// CampaignDecision approves all proposals.
	CampaignDecision struct {
		Campaign  string
		Proposals []string // leaf hashes
	}
	// CampaignEnd closes a clear-out: what was done and what is left.
	CampaignEnd struct {
		Campaign string
		Done     map[string]int64
		Left     int64
	}
	// InspectionOpen starts an inspection.
	InspectionOpen struct {
		Inspection string
		Surprise   bool
		Place      string
		Due        int64
	}
	// InspectionCount hands in what was scanned.
	InspectionCount struct {
		Inspection            string
		Found, Missing, Extra int64
	}
	// FindingEntry enters a finding.
	FindingEntry struct {
		Finding    string
		Inspection string
		Code       string
		Answers    string
		Due        string
	}
	// FindingStep corrects or closes a finding; Accepted false reopens it.
	FindingStep struct {
		Finding  string
		Accepted bool
	}
	// IncidentReport reports a loss, leak, damage or something found.
	IncidentReport struct {
		Incident string
		What     string
	}
	// IncidentEnd closes the inquiry.
	IncidentEnd struct {
		Incident string
		Result   string
	}
)
