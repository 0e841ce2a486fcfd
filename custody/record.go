package custody

import "time"

// Kind is the kind of a ledger event in the words of the ledger. Custody knows
// every kind of its schema: those without effect on custody are listed too, and
// any other word is refused.
type Kind string

// Kinds with an effect on custody. The comment names the actors Step demands;
// "-" means that Step does not look at the actors.
const (
	KindRegistered    Kind = "carrier.registered"    // -            Entry
	KindReceived      Kind = "list.received"         // one receiver; moves every registered carrier of List
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
	KindLost          Kind = "carrier.lost"          // two persons
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
	KindImported      Kind = "list.imported"
)

// Role is what an actor did in one event; the words are those of the ledger.
type Role string

// Roles that Step asks for.
const (
	RoleReceiver   Role = "receiver"       // 接收人
	RoleCounter    Role = "counter"        // 清点人
	RoleRecounter  Role = "second-counter" // 复核人
	RoleExplaining Role = "explaining"     // explains a difference by name
	RoleApplicant  Role = "applicant"      // 申请人
	RoleApprover   Role = "approver"       // 批准人
	RoleDestroyer  Role = "destroyer"      // 销毁人
	RoleAttestor   Role = "attestor"       // 监销人
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
}

// Change is the new state of everything a record touched. It is all or
// nothing: a refused record gives an empty change.
type Change struct {
	Carriers []Carrier
	Batches  []Batch
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
