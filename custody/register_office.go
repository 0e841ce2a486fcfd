package custody

import "time"

// Department is a part of the unit, with the highest classification it may hold
// (保密要害部门).
type Department struct {
	ID      string
	Highest string
	Closed  bool
}

// Ref implements Thing.
func (d Department) Ref() Ref { return Ref{DepartmentThing, d.ID} }

// Place is a cabinet or room with the highest classification it may hold.
type Place struct {
	ID         string
	Department string
	Use        string // "cabinet", "approved-cabinet", "room", "reading-room", "archive-room", "waiting-room" (待销存放)
	Highest    string
	Keeper     string // person who answers for it; "" = nobody yet
	Closed     bool
}

// Ref implements Thing.
func (p Place) Ref() Ref { return Ref{PlaceThing, p.ID} }

// PlaceUses are the words of Place.Use.
func PlaceUses() []string {
	return []string{"cabinet", "approved-cabinet", "room", "reading-room", "archive-room", "waiting-room"}
}

// Firm is a destruction body: one set up by the secrecy administration, a unit it
// designated, or a qualified firm (implementing regulation of 2024, art. 28, 48).
type Firm struct {
	ID            string
	Form          string // "administration", "designated", "qualified-firm"
	Highest       string // classification its qualification reaches
	QualifiedTill string // last day, 2006-01-02
	Closed        bool
}

// Ref implements Thing.
func (f Firm) Ref() Ref { return Ref{FirmThing, f.ID} }

// Post is a person in a secret post (涉密人员): department, grade, clearance,
// training, pledge, and whether he is on post.
type Post struct {
	Person       string
	Department   string
	Grade        string // "core" 核心, "important" 重要, "general" 一般
	Clearance    string // highest classification he may handle
	TrainedTill  string // last day his training is valid, 2006-01-02
	Since        string // day he took the post
	Pledged      string // leaf hash of his pledge for this post, "" = none
	Parted       string // leaf hash of his leaving pledge, "" = none
	Left         bool   // 离岗
	CoolingUntil string // 脱密期 last day, once he left
}

// Ref implements Thing.
func (p Post) Ref() Ref { return Ref{PostThing, p.Person} }

// Grades are the words of Post.Grade, highest first.
func Grades() []string { return []string{"core", "important", "general"} }

// CampaignState is where a clear-out is.
type CampaignState string

// States of a campaign.
const (
	CampaignOpened   CampaignState = "opened"   // proposing
	CampaignApproved CampaignState = "approved" // being carried out
	CampaignClosed   CampaignState = "closed"   // final
)

// Campaign is one clear-out (清理): each carrier of the selection gets a proposed
// fate, the leader approves, and it is carried out.
type Campaign struct {
	ID        string
	Number    string
	Before    string // carriers registered before this day belong to it
	State     CampaignState
	Opener    string
	Approver  string
	Selected  int64
	Proposed  map[string]int64 // fate -> carriers
	Proposals []string         // leaf hashes of the proposals, in order
	Done      map[string]int64 // fate -> carriers carried out
	Leaf      string           // of the approval
}

// Ref implements Thing.
func (c Campaign) Ref() Ref { return Ref{CampaignThing, c.ID} }

// InspectionState is where an inspection is.
type InspectionState string

// States of an inspection.
const (
	InspectionOpened  InspectionState = "opened"
	InspectionCounted InspectionState = "counted"
	InspectionClosed  InspectionState = "closed" // all findings closed
)

// Inspection is a count of what is there against the register. The counters do
// not see what is due until they have handed in what they scanned.
type Inspection struct {
	ID        string
	Surprise  bool
	Place     string // "" = every place
	Inspector string
	State     InspectionState
	Due       int64 // by the register when it was opened
	Found     int64
	Missing   int64
	Extra     int64 // scanned but not due here
	Findings  int64 // entered
	Open      int64 // of these not closed
}

// Ref implements Thing.
func (i Inspection) Ref() Ref { return Ref{InspectionThing, i.ID} }

// FindingState is where a finding is.
type FindingState string

// States of a finding.
const (
	FindingOpen      FindingState = "open"
	FindingCorrected FindingState = "corrected" // the answerable person says so
	FindingClosed    FindingState = "closed"    // the inspector accepted it
)

// Finding is one thing an inspection found wrong, to be corrected by a date.
type Finding struct {
	ID         string
	Inspection string
	Code       string
	Carrier    string // "" = none
	Answers    string // person who has to correct it
	Due        string // day
	State      FindingState
}

// Ref implements Thing.
func (f Finding) Ref() Ref { return Ref{FindingThing, f.ID} }

// Incident is a loss, leak, damage, or something found, with its inquiry.
type Incident struct {
	ID       string
	What     string // "lost", "leaked", "damaged", "found", "tampered"
	Reporter string
	Carriers []string
	At       time.Time
	Closed   bool
	Result   string // "found", "written-off", "no-harm", "reported-upward"; "" = open
	Leaf     string // of incident.reported
}

// Ref implements Thing.
func (i Incident) Ref() Ref { return Ref{IncidentThing, i.ID} }

// Knew is one line of who-knew: a person had a carrier in hand, or was admitted
// to its content (implementing regulation of 2024, art. 20).
type Knew struct {
	Carrier  string
	Document string
	Person   string
	Act      string // of the movement
	At       time.Time
	Leaf     string // of movement.accepted
}
