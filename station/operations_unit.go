package station

import (
	"context"
	"time"
)

// Unit is what a unit does beside receiving, moving and destroying: its departments, places and people.
type Unit interface {
	Posts
	Inspections
	Incidents
	Campaigns
	Reports
	Search
}

// DepartmentOptions enters a department or changes it. An empty Name keeps the one it has.
type DepartmentOptions struct {
	Session    string
	Department string // the unit's id
	Name       string // committed
	Highest    string // classification it may hold at most
	Closed     bool
}

// PlaceOptions enters a cabinet or room or changes it. An empty Name keeps the one it has.
type PlaceOptions struct {
	Session    string
	Place      string // the unit's id
	Department string
	Use        string // custody.PlaceUses
	Name       string // committed
	Highest    string
	Keeper     string // person; "" = nobody yet
	Closed     bool
}

// FirmOptions enters a destruction body or changes it. An empty Name or Qualification keeps the one it has.
type FirmOptions struct {
	Session       string
	Firm          string // the unit's id
	Form          string // "administration", "designated", "qualified-firm"
	Name          string // committed
	Qualification string // its number; committed
	Highest       string
	QualifiedTill string // last day
	Closed        bool
}

// PostOptions puts a person on a secret post or moves him to another. An empty Post keeps the one he has.
type PostOptions struct {
	Session     string
	Person      string
	Department  string
	Post        string // committed
	Grade       string // custody.Grades
	Clearance   string // classification
	TrainedTill string // last day
	Since       string // day; "" = today
}

// LeaveOptions ends a post.
type LeaveOptions struct {
	Person       string
	Reason       string // code: transfer, retirement, resignation, dismissal, other
	CoolingUntil string // last day of the cooling-off period (脱密期); "" = none
}

// Posts is about where carriers may be and who may handle them. Classifications are given by their word or their Chinese term. Who may
// do what is the table of package policy.
type Posts interface {
	EnterDepartment(ctx context.Context, o DepartmentOptions) (DepartmentView, error)
	EnterPlace(ctx context.Context, o PlaceOptions) (PlaceView, error)
	EnterFirm(ctx context.Context, o FirmOptions) (FirmView, error)
	// PostPerson: the person must be enrolled. He is to pledge anew after each move. Fault: person.not-enrolled.
	PostPerson(ctx context.Context, o PostOptions) (PostView, error)
	// PledgeText is what Pledge signs, word for word.
	PledgeText(ctx context.Context, leaving bool) (PledgeView, error)
	// Pledge: the person of by undertakes with his own card what PledgeText says.
	Pledge(ctx context.Context, leaving bool, by Signer) (SignedView, error)
	// LeavePerson ends a post and with it every session of the person. Faults: person.outstanding with the view that lists what is, person.not-pledged.
	LeavePerson(ctx context.Context, o LeaveOptions, by Signer) (LeaveView, error)
	// Outstanding lists what keeps a person from leaving.
	Outstanding(ctx context.Context, person string) (OutstandingView, error)
	// The lists are in the order of names, Chinese ones by their reading.
	PostList(ctx context.Context) ([]PostView, error)
	Departments(ctx context.Context) ([]DepartmentView, error)
	Places(ctx context.Context) ([]PlaceView, error)
	Firms(ctx context.Context) ([]FirmView, error)
}

// InspectionOptions starts a count.
type InspectionOptions struct {
	Session  string
	Number   string // the unit's number
	Surprise bool   // nobody was told
	Place    string // "" = every place
}

// MissingOptions reports carriers of an inspection as missing.
type MissingOptions struct {
	Session    string
	Inspection string   // id or number
	Carriers   []string // numbers
	Reason     string   // committed
}

// FindingOptions enters one thing found wrong.
type FindingOptions struct {
	Session    string
	Inspection string // id or number
	Code       string // one of FindingCodes
	Carrier    string // number; "" = none
	Text       string // committed
	Answers    string // person who has to correct it
	Due        string // day by which
}

// FindingFilter selects findings; the zero value selects all.
type FindingFilter struct {
	Inspection string // id or number
	Open       bool   // not closed
	Overdue    bool   // not closed, and the day has passed
}

// Inspections is counting what is there against the register.
type Inspections interface {
	// OpenInspection fixes what is due in the place now, and shows it to nobody.
	OpenInspection(ctx context.Context, o InspectionOptions) (InspectionView, error)
	// HandInCount takes what was scanned, one number a line, and only then says what is found, missing and extra. It is handed in once.
	HandInCount(ctx context.Context, inspection string, scan []byte, by Signer) (InspectionView, error)
	// ReportMissing enters carriers that the count did not find as missing; Find ends that. Fault: inspection.not-missing.
	ReportMissing(ctx context.Context, o MissingOptions) (InspectionView, error)
	EnterFinding(ctx context.Context, o FindingOptions) (FindingView, error)
	// CorrectFinding: who has to answer says with his card what was done.
	CorrectFinding(ctx context.Context, finding, text string, by Signer) (FindingView, error)
	// CloseFinding accepts the correction or sends it back.
	CloseFinding(ctx context.Context, finding string, accepted bool, text string, by Signer) (FindingView, error)
	// Inspection finds one by id or number.
	Inspection(ctx context.Context, id string) (InspectionView, error)
	InspectionList(ctx context.Context) ([]InspectionView, error)
	Findings(ctx context.Context, f FindingFilter) ([]FindingView, error)
}

// IncidentOptions reports an incident.
type IncidentOptions struct {
	Session    string
	Number     string    // the unit's number; "" = none
	What       string    // "lost", "leaked", "damaged", "found", "tampered"
	Discovered time.Time // zero = now
	Text       string    // committed
	Carriers   []string  // numbers
}

// Incidents is what went wrong with carriers, and the inquiry into it.
type Incidents interface {
	ReportIncident(ctx context.Context, o IncidentOptions) (IncidentView, error)
	// CloseIncident: result is "found", "written-off", "no-harm" or "reported-upward"; a carrier can be written off only under an incident closed as
	// written-off that names it.
	CloseIncident(ctx context.Context, incident, result, measures string, by Signer) (IncidentView, error)
	// Incident finds one by id or number.
	Incident(ctx context.Context, id string) (IncidentView, error)
	IncidentList(ctx context.Context) ([]IncidentView, error)
}

// CampaignOptions starts a clear-out.
type CampaignOptions struct {
	Session string
	Number  string // the unit's number
	Before  string // day: what was registered before it and is still held belongs to the clear-out
}

// ProposeOptions proposes fates, by exactly one of Auto, List and Filter.
type ProposeOptions struct {
	Session  string
	Campaign string // id or number
	// Auto proposes by plain rules: what must be returned is returned, what is spoiled is destroyed.
	Auto bool
	// List is a CSV file with the columns 载体编号, 处置意见, 理由 (number, fate, reason). With one bad row nothing is proposed.
	List []byte
	// Filter selects carriers of the clear-out without a proposal; all get Fate and Reason. What must be returned or is spoiled is passed over.
	Filter *SearchFilter
	Fate   string // custody.Fates
	Reason string // code, demanded for "keep": in-use, to-archive, inquiry, audit, other
}

// CarryOutOptions carries out one fate of an approved clear-out for as many carriers as one signature covers.
type CarryOutOptions struct {
	Campaign string // id or number
	Fate     string // archive, transfer, return, consign: a movement; destroy: a batch
	Number   string // the unit's number of the form or batch
	To       string // receiver: a person here, or the firm of a consignment
	Party    string // outside party. A return takes only carriers of that issuer
	Outside  bool
	Channel  string
	Courier  string
	Seals    []string
	Escorts  []string
	Due      time.Time // when the receipt must be here
	Limit    int64     // 0 = as many as one step takes
}

// Campaigns is the clear-out: at year's end every carrier of last year gets its disposition, or a reason why it is kept.
type Campaigns interface {
	OpenCampaign(ctx context.Context, o CampaignOptions) (CampaignView, error)
	// Propose: with bad rows in a list the fault list.bad-rows comes together with the view that names them. It may be repeated until the approval; the
	// newest proposal holds.
	Propose(ctx context.Context, o ProposeOptions) (ProposeView, error)
	// ApproveCampaign: by somebody who neither opened the clear-out nor proposed. Fault: campaign.unproposed.
	ApproveCampaign(ctx context.Context, campaign string, by Signer) (CampaignView, error)
	// CarryOut opens one movement, or one batch, for carriers of a fate that are on the shelf. By signs the movement; for a batch the session is enough.
	CarryOut(ctx context.Context, o CarryOutOptions, by Signer) (CarryOutView, error)
	// CloseCampaign: reason is demanded when anything is left, and is committed.
	CloseCampaign(ctx context.Context, campaign, reason string, by Signer) (CampaignView, error)
	// Campaign finds one by id or number, with what is left, why and where.
	Campaign(ctx context.Context, id string) (CampaignView, error)
	CampaignList(ctx context.Context) ([]CampaignView, error)
}

// PrintOptions fills a form. With none of For, From, To and Filter it is printed blank, with its head, and needs no session.
type PrintOptions struct {
	Form     string // id
	For      string // the thing it is filled for: a movement, batch, document, request, clear-out, inspection, incident, person or place, by id or number
	From, To string // days, both included, of a form that is filled for a period
	Filter   *SearchFilter
	Number   string // of the sheet; "" = that of the thing
	Format   string // "html", "xlsx", "csv", "json"
}

// ExportOptions writes carriers into a file.
type ExportOptions struct {
	Filter SearchFilter
	Format string // "csv", "epcis", "json"
	Titles bool   // titles, document and copy numbers, issuers, serial numbers, remarks
	Medium string // what it leaves by; committed
}

// Reports is what leaves the register on paper or in files. Each file is the register as it stood at one head of the ledger, which it names. That it was
// handed out is on record under a signature before anybody gets it.
type Reports interface {
	// Period counts what happened between two days, both included, twice: from the leaves and from the register's counters. Fault: report.disagrees.
	Period(ctx context.Context, from, to string) (PeriodView, error)
	// PrintForm fills a form. R1 (of a year) and R2 (of a period) are reports: they are kept by the ledger. Fault: form.blank-only.
	PrintForm(ctx context.Context, o PrintOptions, by Signer) (File, error)
	// ExportCarriers writes carriers for other systems: CSV that a station imports, EPCIS 2.0 with what happened to them, or JSON. Nothing that the ledger
	// holds only as a commitment is in it, unless a secrecy officer asks for Titles.
	ExportCarriers(ctx context.Context, o ExportOptions, by Signer) (File, error)
	Forms(ctx context.Context) ([]FormView, error)
	// Form is one form with its columns in the unit's own wording.
	Form(ctx context.Context, id string) (FormView, error)
}

// Search finds carriers.
type Search interface {
	// SearchCarriers answers page by page, names in Chinese collation, and says which state of the ledger was searched: where nothing was found, whoever
	// replays the leaves up to that head finds nothing either. Overdue ones are those of Overdue with the order "due".
	SearchCarriers(ctx context.Context, o SearchOptions) (FoundPage, error)
}
