package custody

import "time"

// Kind is the kind of a ledger event in the words of the ledger. Custody knows
// every kind of its schema: those without effect on custody are listed too, and
// any other word is refused.
type Kind string

// Kinds with an effect on custody. The comment names the actors Step demands;
// "-" means that Step does not look at the actors.
const (
	KindRegistered    Kind = "carrier.registered"    // - ; of a copy (Entry.Request) its maker alone      Entry
	KindReceived      Kind = "list.received"         // one receiver, who keeps every registered carrier of List from then on
	KindOpened        Kind = "batch.opened"          // -            Batch, Number, List, Act
	KindCounted       Kind = "carrier.counted"       // counter and second-counter, two persons; carrier joins Batch
	KindMissing       Kind = "carrier.missing"       // one explaining
	KindFound         Kind = "carrier.found"         // -            the carrier must be counted again
	KindSealed        Kind = "carrier.sealed"        // -            Batch, Position from 0 without gaps, Item
	KindBatchSealed   Kind = "batch.sealed"          // one applicant; Manifest fields
	KindApproved      Kind = "batch.approved"        // one approver, or for a paper approval two persons; Manifest
	KindRejected      Kind = "batch.rejected"        // one approver; Manifest
	KindVoided        Kind = "batch.voided"          // -
	KindAuthorised    Kind = "batch.authorised"      // destroyer and attestor; Manifest, Approval, ItemsRoot, Machine, NotAfter
	KindReleased      Kind = "batch.released"        // -            Authorisation, Machine, Boot, Resumes
	KindWithdrawn     Kind = "batch.withdrawn"       // -
	KindDestroyed     Kind = "carrier.destroyed"     // -            Verdict, Evidence
	KindUnverified    Kind = "carrier.unverified"    // -            Verdict, Evidence
	KindDisputed      Kind = "carrier.disputed"      // -            Verdict, Evidence
	KindIndeterminate Kind = "carrier.indeterminate" // -            Verdict; Evidence may be nil
	KindUnfed         Kind = "carrier.unfed"         // -
	KindResolved      Kind = "carrier.resolved"      // destroyer and attestor; Case, Resolution, Evidence
	KindReconciled    Kind = "batch.reconciled"      // -            Tally, OutcomesRoot
	KindCompleted     Kind = "batch.completed"       // the two who authorised; Reconciled, Tally, OutcomesRoot
	KindCertified     Kind = "batch.certified"       // -
	KindArchived      Kind = "carrier.archived"      // one person
	KindTransferred   Kind = "carrier.transferred"   // one person
	KindReturned      Kind = "carrier.returned"      // one person
	KindDeclassified  Kind = "carrier.declassified"  // one person
	KindLost          Kind = "carrier.lost"          // two persons, by a closed incident
	KindConsigned     Kind = "carrier.consigned"     // -            By: leaf of movement.accepted
)

// Kinds that keep the register. The comment names the actors Step demands and
// the type of Record.Register.
const (
	KindDepartment    Kind = "department.entered"    // secrecy-officer or admin          Department
	KindPlace         Kind = "place.entered"         // secrecy-officer or admin          Place
	KindFirm          Kind = "firm.entered"          // secrecy-officer or admin          Firm
	KindPosted        Kind = "person.posted"         // secrecy-officer or admin          Post
	KindPledged       Kind = "person.pledged"        // the person, pledging              Pledge
	KindLeft          Kind = "person.left"           // secrecy-officer or admin          Leaving
	KindListCounted   Kind = "list.counted"          // one person                        ListCount
	KindListNumbered  Kind = "list.numbered"         // one person                        ListNumbers
	KindImported      Kind = "list.imported"         // -                                 ListOpen
	KindDocument      Kind = "document.entered"      // -                                 DocumentEntry
	KindCircle        Kind = "circle.set"            // one approver                      CircleSet
	KindReclassified  Kind = "document.reclassified" // one classifier                   Reclassification
	KindRequested     Kind = "request.opened"        // one applicant (any role)          RequestEntry
	KindAudited       Kind = "request.audited"       // one auditor                       RequestDecision
	KindRequestOK     Kind = "request.approved"      // one approver                      RequestDecision
	KindRequestNo     Kind = "request.rejected"      // one auditor or approver           RequestDecision
	KindRequestBack   Kind = "request.withdrawn"     // the applicant                     RequestDecision
	KindCopiesMade    Kind = "copies.made"           // one or two persons, the maker first CopiesMade
	KindStored        Kind = "carrier.stored"        // one keeper                        Stored
	KindMoveOpened    Kind = "movement.opened"       // one keeper: the giver             MovementOpen
	KindMoveAccepted  Kind = "movement.accepted"     // the receiver, accepting; outside: a keeper  MovementEnd
	KindMoveRefused   Kind = "movement.refused"      // the same                          MovementEnd
	KindMoveReturned  Kind = "movement.returned"     // one keeper                        MovementEnd
	KindMoveRenewed   Kind = "movement.renewed"      // one keeper                        MovementRenew
	KindMoveCancelled Kind = "movement.cancelled"    // one keeper                        MovementEnd
	KindFirmCertified Kind = "firm.certified"        // one keeper                        FirmCertificate
	KindCampaign      Kind = "campaign.opened"       // one person                        CampaignOpen
	KindProposed      Kind = "campaign.proposed"     // one person                        CampaignProposal
	KindCampaignOK    Kind = "campaign.approved"     // one approver                      CampaignDecision
	KindCampaignEnd   Kind = "campaign.closed"       // one person                        CampaignEnd
	KindInspection    Kind = "inspection.opened"     // one person                        InspectionOpen
	KindInspected     Kind = "inspection.counted"    // one person                        InspectionCount
	KindFinding       Kind = "finding.entered"       // one person                        FindingEntry
	KindCorrected     Kind = "finding.corrected"     // the answerable person, answering  FindingStep
	KindFindingEnd    Kind = "finding.closed"        // one person                        FindingStep
	KindIncident      Kind = "incident.reported"     // one person, reporting             IncidentReport
	KindIncidentEnd   Kind = "incident.closed"       // one person                        IncidentEnd
	KindReport        Kind = "report.issued"         // one person; no effect
)

// Kinds about USB media.
const (
	KindKeyRegistered Kind = "key.registered" // one admin                         KeyEntry
	KindKeyRetired    Kind = "key.retired"    // one admin                         KeyStep
	KindKeyLost       Kind = "key.lost"       // one person                        KeyStep
	KindKeyFound      Kind = "key.found"      // one admin                         KeyStep
	KindKeyMet        Kind = "key.met"        // -                                 KeyMeeting
	KindPortEnrolled  Kind = "port.enrolled"  // one admin                         Port
	KindPortClosed    Kind = "port.closed"    // one admin                         PortEnd
	KindMediaAttached Kind = "media.attached" // no effect
	KindMediaRemoved  Kind = "media.removed"  // no effect
	KindMediaViolated Kind = "media.violated" // no effect
)

// Kinds without effect on custody: Step answers them with an empty change.
const (
	KindInitialised   Kind = "station.initialised"
	KindStarted       Kind = "station.started"
	KindAdopted       Kind = "policy.adopted"
	KindEnrolled      Kind = "person.enrolled"
	KindMachine       Kind = "machine.enrolled"
	KindSessionOpened Kind = "session.opened"
	KindSessionLocked Kind = "session.locked"
	KindRefusal       Kind = "refusal.recorded"
)

// Role is what an actor did in one event; the words are those of the ledger.
type Role string

// Roles that Step asks for.
const (
	RoleReceiver   Role = "receiver"        // 接收人
	RoleCounter    Role = "counter"         // 清点人
	RoleRecounter  Role = "second-counter"  // 复核人
	RoleExplaining Role = "explaining"      // explains a difference by name
	RoleApplicant  Role = "applicant"       // 申请人
	RoleApprover   Role = "approver"        // 批准人
	RoleDestroyer  Role = "destroyer"       // 销毁人
	RoleAttestor   Role = "attestor"        // 监销人
	RoleKeeper     Role = "keeper"          // 保管人
	RoleAuditor    Role = "auditor"         // 审核人
	RoleClassifier Role = "classifier"      // 定密责任人
	RoleAccepting  Role = "accepting"       // 接收人: a part, whoever gets the carriers signs in it
	RolePledging   Role = "pledging"        // 承诺人: a part
	RoleAnswering  Role = "answering"       // 整改责任人: a part
	RoleReporting  Role = "reporting"       // 报告人: a part
	RoleSecrecy    Role = "secrecy-officer" // 保密员
	RoleAdmin      Role = "admin"           // 管理员
)

// Actor is one person in one role, with the key identifier of the credential
// the person used (lower hex SHA-256 of the SubjectPublicKeyInfo).
type Actor struct {
	Person     string
	Role       Role
	Credential string
}

// Extent is pages or capacity: one column serves both on the forms.
type Extent struct {
	Value int64
	Unit  string // "page", "byte"; "" = unknown
}

// Entry is what registration says of a carrier, without its secrets.
type Entry struct {
	List           string
	Row            int64
	Number         string
	Kind           string // wire word, see CarrierKinds
	Medium         string
	Classification string // wire word, see Classifications
	Period         string
	Extent         Extent
	Count          int64
	MustReturn     bool
	Document       string // id; "" = none
	Parent         string // carrier it is a copy of; "" = original or unknown
	Request        string // approval it was made under, for copies and own documents; "" = received
	Spoiled        bool   // a spoiled copy: tracked, never used, to be disposed of
	Dated          string // day it was made; "" = unknown
}

// Tally counts the sealed members of a batch by outcome.
type Tally struct {
	Destroyed     int64
	Unverified    int64
	Disputed      int64
	Indeterminate int64
	Unfed         int64
}

// Sum is the number of members the tally speaks of.
func (t Tally) Sum() int64 {
	return t.Destroyed + t.Unverified + t.Disputed + t.Indeterminate + t.Unfed
}

// Record is one ledger event in custody's words: exactly what Step needs, and
// nothing that only a display needs. It is made from a decoded leaf, whose
// signatures the caller has checked; Step believes Actors.
//
// Identifiers are bare: "carrier/" and its siblings are stripped. Fields that
// the kind does not use are zero; Step ignores them.
type Record struct {
	Hash  string    // lower hex RFC 6962 leaf hash of the leaf
	Index int64     // index of the leaf in the ledger, from 0
	ID    string    // event id
	Kind  Kind      //
	At    time.Time // UTC, as the leaf says

	Actors []Actor

	Carrier string // carrier.*: the one carrier subject
	Batch   string // batch.*, and every carrier.* whose body names a batch
	List    string // list.received, batch.opened

	Entry *Entry // carrier.registered

	Number string // batch.opened, batch.sealed: the unit's batch number
	Act    string // batch.opened: "destroy"

	Position int64  // carrier.sealed: place in the manifest, from 0
	Item     string // carrier.sealed: lower hex leaf hash of the manifest item

	Items     int64            // batch.sealed
	ItemsRoot string           // batch.sealed, batch.authorised: lower hex
	Kinds     map[string]int64 // batch.sealed
	Levels    map[string]int64 // batch.sealed
	Method    string           // batch.sealed
	Machine   string           // batch.sealed, batch.authorised, batch.released
	NotAfter  time.Time        // batch.sealed, batch.authorised: last moment the signature may be used

	Manifest      string // batch.approved, batch.rejected, batch.authorised: leaf hash of batch.sealed
	Approval      string // batch.authorised: leaf hash of batch.approved
	Authorisation string // batch.released: leaf hash of batch.authorised
	Reconciled    string // batch.completed: leaf hash of batch.reconciled
	Authority     string // batch.approved: "own-leader", "issuer", "superior"
	PaperNumber   string // batch.approved: "" = approved by card
	PaperSHA256   string // batch.approved

	Boot    int64 // batch.released: boot id of the machine
	Resumes bool  // batch.released: after a withdrawal

	Verdict  Verdict   // outcomes
	Evidence *Evidence // outcomes and carrier.resolved; nil = nothing could be read

	Case       string // carrier.resolved: leaf hash of the open outcome
	Resolution string // carrier.resolved: "destroyed", "held", "lost"

	Tally        *Tally // batch.reconciled, batch.completed
	OutcomesRoot string // batch.reconciled, batch.completed: lower hex
	Count        int64  // list.received: carriers signed for
	Certificate  string // batch.certified: number

	By       string // carrier.archived and its siblings: leaf hash of the signed act that decides it
	Incident string // carrier.missing, carrier.lost: id; "" = none

	Carriers []string // kinds of the register that name several carriers, in order
	Register any      // pointer to the type the kind's comment names; nil for other kinds
}

// View is the state before a record. Implementations return values that the
// caller may change.
type View interface {
	// Carrier finds one carrier; false when it was never registered.
	Carrier(id string) (Carrier, bool, error)
	// Batch finds one batch; false when it was never opened.
	Batch(id string) (Batch, bool, error)
	// Members lists the ids of the carriers whose Batch field is batch: sealed
	// ones by Index, then the others by id.
	Members(batch string) ([]string, error)
	// Listed lists the ids of the carriers registered from list, by row. A view
	// that holds only a part of a list (an inspector's) returns that part.
	Listed(list string) ([]string, error)
	// Thing finds one thing; false when it was never entered.
	Thing(ref Ref) (Thing, bool, error)
	// CopiesOf lists the ids of the carriers of a document, by id.
	CopiesOf(document string) ([]string, error)
	// Outstanding lists the ids of the carriers a person keeps or has in hand,
	// by id.
	Outstanding(person string) ([]string, error)
	// Whole says that the view holds the register from its first leaf on. An
	// inspector's part of a history is not whole: what it lacks is not judged.
	Whole() bool
}

// Change is the new state of everything a record touched. It is all or
// nothing: a refused record gives an empty change.
type Change struct {
	Carriers []Carrier
	Batches  []Batch
	Things   []Thing
	Knew     []Knew
}

// Carrier is the custody state of one carrier.
type Carrier struct {
	ID    string
	State State
	Entry // as registered

	Batch    string   // batch it is counted, missing or sealed in; "" = none
	Index    int64    // place in the sealed manifest, from 0; -1 = not in one
	Item     string   // manifest item hash, "" = not sealed
	Counters []string // persons of the last two counts
	Verdict  Verdict  // of the outcome in Batch; VerdictUnknown = none yet
	Outcome  string   // leaf hash of that outcome
	Case     string   // leaf hash of the open outcome; "" = no open case

	Level    string    // classification now: Entry.Classification until it is changed
	Term     string    // period now
	Where    Where     //
	Keeper   string    // person who answers for it, "" = nobody
	Place    string    // id, "" = not put anywhere yet
	With     string    // person who has it in hand (reader, borrower, carrier), "" = nobody
	Movement string    // open movement it is in, "" = none
	Due      time.Time // when it must be back; zero = no date
	Campaign string    // clear-out that has it, "" = none
	Fate     string    // proposed there, "" = none
	Since    time.Time // of the last change of hands
}

// Batch is the custody state of one batch.
type Batch struct {
	ID     string
	Number string
	List   string // only carriers of this list may join; "" = any
	State  BatchState

	Members   int64  // sealed carriers
	ItemsRoot string // lower hex
	Method    string
	Machine   string
	NotAfter  time.Time // of the manifest
	Expires   time.Time // of the authorisation

	Applicant      string
	ApplicantKey   string
	Approver       string // "" for a paper approval
	ApproverKey    string
	PaperNumber    string   // "" for an approval by card
	Authorisers    []string // destroyer, attestor
	AuthoriserKeys []string // in the same order

	SealLeaf          string
	ApprovalLeaf      string
	AuthorisationLeaf string
	ReconciledLeaf    string

	Boot         int64 // boot id of the machine at the last release
	LastSequence int64 // end of the newest evidence window used in that boot
	Tally        Tally
	OutcomesRoot string
}
