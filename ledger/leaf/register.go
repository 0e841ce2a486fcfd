package leaf

// Kinds that keep the register: departments, places, posts, documents, requests,
// movements, clear-outs, inspections and incidents. An event that changes
// carriers names each of them as a subject; [MaxCarriers] of them fit one leaf.
const (
	DepartmentEntered Kind = "department.entered"
	PlaceEntered      Kind = "place.entered"
	FirmEntered       Kind = "firm.entered"
	PersonPosted      Kind = "person.posted"
	PersonPledged     Kind = "person.pledged" // the person's own card
	PersonLeft        Kind = "person.left"    // secrecy officer's card

	ListCounted          Kind = "list.counted"
	ListNumbered         Kind = "list.numbered"
	DocumentEntered      Kind = "document.entered"
	CircleApproved       Kind = "circle.set"            // approver's card
	DocumentReclassified Kind = "document.reclassified" // classification authority's card
	CopiesMade           Kind = "copies.made"           // maker's card

	RequestOpened    Kind = "request.opened"
	RequestAudited   Kind = "request.audited"  // auditor's card
	RequestApproved  Kind = "request.approved" // approver's card
	RequestRejected  Kind = "request.rejected" // auditor's or approver's card
	RequestWithdrawn Kind = "request.withdrawn"

	CarrierStored     Kind = "carrier.stored"
	MovementOpened    Kind = "movement.opened"   // giver's card
	MovementAccepted  Kind = "movement.accepted" // receiver's card; keeper's for an outside receipt slip
	MovementRefused   Kind = "movement.refused"  // the same
	MovementReturned  Kind = "movement.returned" // keeper's card
	MovementRenewed   Kind = "movement.renewed"  // keeper's card
	MovementCancelled Kind = "movement.cancelled"
	CarrierConsigned  Kind = "carrier.consigned"
	FirmCertified     Kind = "firm.certified" // keeper's card

	CampaignOpened   Kind = "campaign.opened"
	CampaignProposed Kind = "campaign.proposed"
	CampaignApproved Kind = "campaign.approved" // approver's card
	CampaignClosed   Kind = "campaign.closed"   // secrecy officer's or keeper's card

	InspectionOpened  Kind = "inspection.opened"
	InspectionCounted Kind = "inspection.counted" // inspector's card
	FindingEntered    Kind = "finding.entered"
	FindingCorrected  Kind = "finding.corrected" // answerable person's card
	FindingClosed     Kind = "finding.closed"    // inspector's card
	IncidentReported  Kind = "incident.reported"
	IncidentClosed    Kind = "incident.closed" // secrecy officer's or approver's card
	ReportIssued      Kind = "report.issued"   // issuer's card
)

// MaxCarriers is how many carriers one leaf can name: with their previous hashes
// they must fit [MaxSize].
const MaxCarriers = 200

// Department enters a department, or changes it: the newest leaf holds.
type Department struct {
	Department string     `json:"department"`
	Name       Commitment `json:"name"`
	Highest    string     `json:"highest"` // classification it may hold at most
	Closed     bool       `json:"closed"`
}

// Place enters a cabinet or room, or changes it.
type Place struct {
	Place      string     `json:"place"`
	Department string     `json:"department"`
	Use        string     `json:"use"` // custody.PlaceUses
	Name       Commitment `json:"name"`
	Highest    string     `json:"highest"`
	Keeper     string     `json:"keeper"` // person; "" = nobody yet
	Closed     bool       `json:"closed"`
}

// Firm enters a destruction body, or changes it.
type Firm struct {
	Firm          string     `json:"firm"`
	Form          string     `json:"form"` // "administration", "designated", "qualified-firm"
	Name          Commitment `json:"name"`
	Qualification Commitment `json:"qualification"` // its number
	Highest       string     `json:"highest"`
	QualifiedTill string     `json:"qualified_till"` // day
	Closed        bool       `json:"closed"`
}

// Posted puts a person on a secret post, or moves him to another.
type Posted struct {
	Person      string     `json:"person"`
	Department  string     `json:"department"`
	Post        Commitment `json:"post"`
	Grade       string     `json:"grade"`     // "core", "important", "general"
	Clearance   string     `json:"clearance"` // classification
	TrainedTill string     `json:"trained_till"`
	Since       string     `json:"since"`
}

// Pledged: the person signed the undertaking whose text has this hash; the text is an attachment.
type Pledged struct {
	Person  string `json:"person"`
	Leaving bool   `json:"leaving"`
	SHA256  string `json:"sha256"`
}

// Left ends a post. Nobody leaves with a carrier outstanding.
type Left struct {
	Person       string `json:"person"`
	Reason       string `json:"reason"` // code
	CoolingUntil string `json:"cooling_until"`
}

// ListCount: the carriers of a list were counted on arrival.
type ListCount struct {
	List  string `json:"list"`
	Count int64  `json:"count"`
}

// ListNumbers gives a list its reference numbers (收文号), one per row in order.
type ListNumbers struct {
	List   string `json:"list"`
	Series string `json:"series"`
	Year   int64  `json:"year"`
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
}

// Document enters a document; its copies are carriers.
type Document struct {
	Document       string     `json:"document"`
	Own            bool       `json:"own"`
	Number         Commitment `json:"number"` // 文号
	Title          Commitment `json:"title"`
	Issuer         Commitment `json:"issuer"`
	Scope          Commitment `json:"scope"` // 知悉范围 as marked
	Classification string     `json:"classification"`
	Period         string     `json:"period"`
	Dated          string     `json:"dated"` // day; "" = unknown
	Made           int64      `json:"made"`  // print run; 0 = unknown
}

// Circle is everybody admitted to a document from now on.
type Circle struct {
	Document string   `json:"document"`
	Persons  []string `json:"persons"`
	Request  string   `json:"request"` // "" = first setting by the approver himself
}

// Reclassified changes the mark of a document and of the copies named as subjects; release takes it away.
type Reclassified struct {
	Document       string     `json:"document"`
	Request        string     `json:"request"`
	Classification string     `json:"classification"`
	Period         string     `json:"period"`
	Release        bool       `json:"release"`
	Basis          Commitment `json:"basis"`
}

// Request is an application for an act. Its carriers are subjects.
type Request struct {
	Request        string     `json:"request"`
	Number         string     `json:"number"` // the unit's number of the form; "" = none
	Act            string     `json:"act"`
	Document       string     `json:"document"`
	Count          int64      `json:"count"`
	NotAfter       string     `json:"not_after"` // RFC 3339 UTC
	To             string     `json:"to"`        // person or firm id
	Party          Commitment `json:"party"`     // outside party
	Persons        []string   `json:"persons"`
	Channel        string     `json:"channel"`
	Classification string     `json:"classification"`
	Period         string     `json:"period"`
	Reason         Commitment `json:"reason"`
}

// RequestStep audits, approves, rejects or withdraws a request.
type RequestStep struct {
	Request   string     `json:"request"`
	Opened    string     `json:"opened"`    // leaf hash of request.opened
	Authority string     `json:"authority"` // approval: "own-leader", "issuer", "superior"
	Opinion   Commitment `json:"opinion"`
}

// Copies closes one making of copies. The copies' registrations follow in the same transaction.
type Copies struct {
	Request string     `json:"request"`
	Parent  string     `json:"parent"` // carrier copied; "" = none
	Made    int64      `json:"made"`
	Spoiled int64      `json:"spoiled"`
	Stamp   Commitment `json:"stamp"` // text of the copying unit's stamp
}

// Stored puts the carriers named as subjects into a place.
type Stored struct {
	Place string `json:"place"`
}

// Movement hands the carriers named as subjects out.
type Movement struct {
	Movement string     `json:"movement"`
	Number   string     `json:"number"` // the unit's number of the form; "" = none
	Act      string     `json:"act"`    // custody.MovementActs
	To       string     `json:"to"`     // person or firm id; "" = the party
	Party    Commitment `json:"party"`
	Outside  bool       `json:"outside"`
	Place    string     `json:"place"`
	Channel  string     `json:"channel"`
	Courier  Commitment `json:"courier"` // 机要号 or courier
	Seals    []string   `json:"seals"`   // seal numbers; sorted
	Escorts  []string   `json:"escorts"` // persons
	Request  string     `json:"request"`
	Campaign string     `json:"campaign"`
	Due      string     `json:"due"` // RFC 3339 UTC; "" = no date
	Purpose  Commitment `json:"purpose"`
}

// MovementStep accepts, refuses, returns or cancels the carriers named as subjects.
type MovementStep struct {
	Movement   string     `json:"movement"`
	Opened     string     `json:"opened"`      // leaf hash of movement.opened
	Receipt    Commitment `json:"receipt"`     // number of an outside receipt slip; "" = signed by card
	SlipSHA256 string     `json:"slip_sha256"` // scan of the slip; "" = none
	Reason     string     `json:"reason"`      // code of a refusal; ""
	Checked    bool       `json:"checked"`
	Remark     Commitment `json:"remark"` // result of the check, what differed
}

// Renewed gives a loan a new date.
type Renewed struct {
	Movement string `json:"movement"`
	Due      string `json:"due"` // RFC 3339 UTC
}

// FirmCertificate: the destruction body certified the destruction of the carriers named as subjects.
type FirmCertificate struct {
	Movement    string     `json:"movement"`
	Certificate Commitment `json:"certificate"` // its number
	ScanSHA256  string     `json:"scan_sha256"`
}

// Campaign starts a clear-out of what was registered before a day.
type Campaign struct {
	Campaign       string `json:"campaign"`
	Number         string `json:"number"`
	Before         string `json:"before"` // day
	Selected       int64  `json:"selected"`
	SelectedSHA256 string `json:"selected_sha256"` // of their ids, sorted, a line each; kept as attachment
}

// Proposal proposes fates for the carriers named as subjects.
type Proposal struct {
	Campaign string         `json:"campaign"`
	Items    []ProposalItem `json:"items"`
}

// ProposalItem is one carrier's proposed fate.
type ProposalItem struct {
	Carrier string `json:"carrier"`
	Fate    string `json:"fate"`   // custody.Fates
	Reason  string `json:"reason"` // code; demanded for "keep"
}

// CampaignDecision approves every proposal of a clear-out.
type CampaignDecision struct {
	Campaign  string   `json:"campaign"`
	Proposals []string `json:"proposals"` // leaf hashes, in order
}

// CampaignEnd closes a clear-out with its balance.
type CampaignEnd struct {
	Campaign string           `json:"campaign"`
	Done     map[string]int64 `json:"done"` // fate -> carriers
	Left     int64            `json:"left"`
	Reason   Commitment       `json:"reason"` // why anything is left
}

// Inspection starts a count against the register.
type Inspection struct {
	Inspection string `json:"inspection"`
	Number     string `json:"number"`
	Surprise   bool   `json:"surprise"`
	Place      string `json:"place"`      // "" = every place
	Due        int64  `json:"due"`        // carriers due there now; shown to nobody before the count is handed in
	DueSHA256  string `json:"due_sha256"` // of their ids, sorted, a line each: fixed before anybody counts, kept as attachment
}

// Inspected hands in what was scanned; the scan is an attachment.
type Inspected struct {
	Inspection string `json:"inspection"`
	SHA256     string `json:"sha256"`
	Found      int64  `json:"found"`
	Missing    int64  `json:"missing"`
	Extra      int64  `json:"extra"`
}

// Finding is one thing found wrong. A carrier it concerns is a subject.
type Finding struct {
	Finding    string     `json:"finding"`
	Inspection string     `json:"inspection"`
	Code       string     `json:"code"`
	Text       Commitment `json:"text"`
	Answers    string     `json:"answers"` // person
	Due        string     `json:"due"`     // day
}

// FindingStep says that a finding was corrected, or accepts or refuses the correction.
type FindingStep struct {
	Finding  string     `json:"finding"`
	Accepted bool       `json:"accepted"`
	Text     Commitment `json:"text"`
}

// Incident reports a loss, leak, damage, or something found. Carriers are subjects.
type Incident struct {
	Incident   string     `json:"incident"`
	Number     string     `json:"number"`
	What       string     `json:"what"`
	Discovered string     `json:"discovered"` // RFC 3339 UTC
	Text       Commitment `json:"text"`
}

// IncidentEnd closes the inquiry.
type IncidentEnd struct {
	Incident string     `json:"incident"`
	Result   string     `json:"result"`
	Measures Commitment `json:"measures"`
}

// Report says that a report or an export was made of the register as it stood at a head.
type Report struct {
	Report string     `json:"report"`
	Form   string     `json:"form"` // id of the form, or "export"
	From   string     `json:"from"` // day
	To     string     `json:"to"`   // day
	SHA256 string     `json:"sha256"`
	Rows   int64      `json:"rows"`
	Medium Commitment `json:"medium"` // of an export: what it leaves by
	Size   int64      `json:"size"`   // of the ledger it was made from
	Root   string     `json:"root"`
}
