package leaf

import "sexton/custody"

// Kind names what happened; it decides the body type and who must sign.
type Kind string

// Signers says whose signatures a kind carries.
type Signers int

// Signer classes. ByStation leaves carry exactly the station's event key;
// the others carry exactly one signature per actor, each from that person's
// slot 9C, and no station signature: the checkpoint is the station's word.
const (
	SignersUnknown Signers = iota
	ByStation
	ByOne
	ByTwo
)

// Kinds of event. The order of the list is the order of a carrier's life.
const (
	StationInitialised Kind = "station.initialised" // genesis
	StationStarted     Kind = "station.started"
	PolicyAdopted      Kind = "policy.adopted"
	PersonEnrolled     Kind = "person.enrolled"
	MachineEnrolled    Kind = "machine.enrolled"
	SessionOpened      Kind = "session.opened"
	SessionLocked      Kind = "session.locked"
	RefusalRecorded    Kind = "refusal.recorded"

	ListImported      Kind = "list.imported"
	CarrierRegistered Kind = "carrier.registered"
	ListReceived      Kind = "list.received" // signed for by one person
	BatchOpened       Kind = "batch.opened"
	CarrierCounted    Kind = "carrier.counted"
	CarrierMissing    Kind = "carrier.missing"
	CarrierFound      Kind = "carrier.found"
	CarrierSealed     Kind = "carrier.sealed"
	BatchSealed       Kind = "batch.sealed"     // applicant's card
	BatchApproved     Kind = "batch.approved"   // approver's card, or two persons for a paper approval
	BatchRejected     Kind = "batch.rejected"   // approver's card
	BatchVoided       Kind = "batch.voided"     // seal, approval or authorisation ran out or was given up
	BatchAuthorised   Kind = "batch.authorised" // destroyer + attestor, same bytes
	BatchReleased     Kind = "batch.released"   // permission given to the machine
	BatchWithdrawn    Kind = "batch.withdrawn"  // permission taken back
	CarrierDestroyed  Kind = "carrier.destroyed"
	CarrierUnverified Kind = "carrier.unverified"
	CarrierDisputed   Kind = "carrier.disputed"
	CarrierIndetermin Kind = "carrier.indeterminate"
	CarrierUnfed      Kind = "carrier.unfed"    // left in the batch when it closed, still held
	CarrierResolved   Kind = "carrier.resolved" // destroyer + attestor close an open case
	BatchReconciled   Kind = "batch.reconciled"
	BatchCompleted    Kind = "batch.completed" // destroyer + attestor sign the outcome
	BatchCertified    Kind = "batch.certified"

	CarrierArchived     Kind = "carrier.archived"
	CarrierTransferred  Kind = "carrier.transferred"
	CarrierReturned     Kind = "carrier.returned"
	CarrierDeclassified Kind = "carrier.declassified"
	CarrierLost         Kind = "carrier.lost" // two persons
)

// Initialised is the genesis body.
type Initialised struct {
	Origin        string     `json:"origin"`
	LogKey        string     `json:"log_key"`   // note verifier key of the log
	EventKey      string     `json:"event_key"` // base64 DER SubjectPublicKeyInfo of the station's event key (Ed25519)
	Bench         bool       `json:"bench"`     // a virtual station: nothing real is ever destroyed
	Unit          Commitment `json:"unit"`
	AnchorsSHA256 string     `json:"anchors_sha256"` // of the card anchors file
}

// Started is written at each start of the daemon, after the audit.
type Started struct {
	Software string `json:"software"`
	OpenRuns int    `json:"open_runs"`
}

// Adopted puts one version of a policy profile in force.
type Adopted struct {
	Profile string `json:"profile"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of the profile file's exact bytes, kept as attachment
}

// Enrolled registers one person and the two keys of his card.
type Enrolled struct {
	Person      string     `json:"person"`
	Name        Commitment `json:"name"`
	Roles       []Role     `json:"roles"`
	AuthKey     string     `json:"auth_key"`
	SignKey     string     `json:"sign_key"`
	GUID        string     `json:"guid"`
	Serial      int64      `json:"serial"` // 0 unknown
	AuthCert    string     `json:"auth_cert_sha256"`
	SignCert    string     `json:"sign_cert_sha256"`
	Attestation string     `json:"attestation"` // "attested", "issuer-asserted", "unattested"
}

// Machine registers one shredder.
type Machine struct {
	Machine       string            `json:"machine"`
	Manufacturer  string            `json:"manufacturer"`
	Model         string            `json:"model"`
	Serial        string            `json:"serial"`
	ProgramSum    string            `json:"program_sum"`
	MapHash       string            `json:"map_hash"`
	PeerSHA256    string            `json:"peer_sha256"` // "" = unauthenticated link
	ApprovalNo    string            `json:"approval_no"`
	SecurityLevel map[string]int64  `json:"security_levels"` // ISO/IEC 21964 category letter -> level
	Extra         map[string]string `json:"extra"`
}

// SessionOpen records one login: the challenge and its signature by slot 9A.
type SessionOpen struct {
	Session   string `json:"session"`
	Reader    string `json:"reader"`
	Message   string `json:"message"`   // base64
	Alg       string `json:"alg"`       //
	Signature string `json:"signature"` // base64
}

// SessionLock records why a session ended.
type SessionLock struct {
	Session string `json:"session"`
	Cause   string `json:"cause"`
}

// Refusal records a request that was refused and had no other effect.
type Refusal struct {
	Act  string `json:"act"`
	Code string `json:"code"` // fault code
}

// Imported records one transfer list.
type Imported struct {
	List         string     `json:"list"`
	Number       Commitment `json:"number"`
	SourceSHA256 string     `json:"source_sha256"`
	Encoding     string     `json:"encoding"`
	Rows         int64      `json:"rows"`
	Skipped      int64      `json:"skipped"` // bad rows left out on request
}

// Extent is pages or capacity: one column serves both on the forms.
type Extent struct {
	Value int64  `json:"value"`
	Unit  string `json:"unit"` // "page", "byte"
}

// Registered enters one carrier.
type Registered struct {
	Carrier        string     `json:"carrier"`
	List           string     `json:"list"`
	Row            int64      `json:"row"`    // line in the source, from 1
	Number         string     `json:"number"` // the unit's carrier number
	CarrierKind    string     `json:"carrier_kind"`
	Medium         string     `json:"medium"`
	Classification string     `json:"classification"`
	Period         string     `json:"period"` // as on the mark after the star; "" = none
	Extent         Extent     `json:"extent"`
	Count          int64      `json:"count"`
	MustReturn     bool       `json:"must_return"`
	DocumentID     string     `json:"document_id"` // "" = none
	Parent         string     `json:"parent"`      // carrier it is a copy of; ""
	Request        string     `json:"request"`     // approval it was made under; "" = received
	Spoiled        bool       `json:"spoiled"`     // a spoiled copy
	Dated          string     `json:"dated"`       // day it was made; "" = unknown
	Title          Commitment `json:"title"`
	Document       Commitment `json:"document"` // 文号
	Copy           Commitment `json:"copy"`     // 份号
	Issuer         Commitment `json:"issuer"`
	Serial         Commitment `json:"serial"`
	Remark         Commitment `json:"remark"`
}

// Received: the receiver signed for all carriers of a list.
type Received struct {
	List  string `json:"list"`
	Count int64  `json:"count"`
}

// Opened starts a batch.
type Opened struct {
	Batch  string `json:"batch"`
	Number string `json:"number"` // the unit's batch number
	List   string `json:"list"`
	Act    string `json:"act"` // "destroy"
}

// Counted: two counts found the carrier.
type Counted struct {
	Batch string `json:"batch"`
}

// Missing: a count did not find the carrier; the reason is explained by name.
type Missing struct {
	Batch      string     `json:"batch"`
	Inspection string     `json:"inspection"` // "" = none
	Reason     Commitment `json:"reason"`
}

// Found ends Missing.
type Found struct {
	Reason Commitment `json:"reason"`
}

// Sealed puts a carrier at one place of a sealed manifest.
type Sealed struct {
	Batch string `json:"batch"`
	Index int64  `json:"index"`
	Item  string `json:"item"` // lower hex leaf hash of the manifest item, see ItemHash
}

// Manifest is what persons sign: everything that decides what may be destroyed.
type Manifest struct {
	Batch     string           `json:"batch"`
	Number    string           `json:"number"`
	Items     int64            `json:"items"`
	ItemsRoot string           `json:"items_root"` // RFC 6962 root over ItemHash in index order
	Kinds     map[string]int64 `json:"kinds"`      // carrier kind -> count
	Levels    map[string]int64 `json:"levels"`     // classification -> count
	Method    string           `json:"method"`
	Machine   string           `json:"machine"`
	NotAfter  string           `json:"not_after"` // RFC 3339 UTC
}

// Decision approves or rejects a sealed batch.
type Decision struct {
	Batch       string `json:"batch"`
	Manifest    string `json:"manifest"`  // leaf hash of batch.sealed
	Authority   string `json:"authority"` // "own-leader", "issuer", "superior"
	PaperNumber string `json:"paper_number"`
	PaperSHA256 string `json:"paper_sha256"`
	Reason      string `json:"reason"` // code for a rejection
}

// Voided ends a batch before anything was fed.
type Voided struct {
	Batch  string `json:"batch"`
	Reason string `json:"reason"`
}

// Authorisation is signed by destroyer and attestor over the same bytes.
type Authorisation struct {
	Batch     string `json:"batch"`
	Manifest  string `json:"manifest"` // leaf hash of batch.sealed
	Approval  string `json:"approval"` // leaf hash of batch.approved
	ItemsRoot string `json:"items_root"`
	Machine   string `json:"machine"`
	Nonce     string `json:"nonce"` // hex, 16 bytes
	NotAfter  string `json:"not_after"`
}

// Released: the machine has (or may have) a permission.
type Released struct {
	Batch         string `json:"batch"`
	Authorisation string `json:"authorisation"` // leaf hash
	TokenSHA256   string `json:"token_sha256"`
	Machine       string `json:"machine"`
	WindowMS      int64  `json:"window_ms"`
	Boot          int64  `json:"boot"`
	Resumes       bool   `json:"resumes"` // after a withdrawal
}

// Withdrawn: the permission was taken back.
type Withdrawn struct {
	Batch string `json:"batch"`
	Cause string `json:"cause"`
	Fed   int64  `json:"fed"`
}

// Outcome is the physical result for one carrier.
type Outcome struct {
	Batch    string            `json:"batch"`
	Verdict  string            `json:"verdict"` // custody.Verdict text, equal to what custody.Judge says of Evidence
	Reasons  []string          `json:"reasons"`
	Evidence *custody.Evidence `json:"evidence"` // nil when nothing could be read
}

// Unfed: the carrier was not fed and is still held.
type Unfed struct {
	Batch string `json:"batch"`
}

// Resolved closes an open case under two signatures.
type Resolved struct {
	Case       string            `json:"case"`       // leaf hash of the open outcome
	Resolution string            `json:"resolution"` // "destroyed", "held", "lost"
	Reason     Commitment        `json:"reason"`
	Evidence   *custody.Evidence `json:"evidence"` // from the probe; demanded for "destroyed"
}

// Tally counts the members of a batch by outcome.
type Tally struct {
	Destroyed     int64 `json:"destroyed"`
	Unverified    int64 `json:"unverified"`
	Disputed      int64 `json:"disputed"`
	Indeterminate int64 `json:"indeterminate"`
	Unfed         int64 `json:"unfed"`
}

// Reconciled compares evidence with declaration for the whole batch.
type Reconciled struct {
	Batch        string `json:"batch"`
	Tally        Tally  `json:"tally"`
	OutcomesRoot string `json:"outcomes_root"` // RFC 6962 root over the leaf hashes of the outcomes, manifest order
	FeedTotal    int64  `json:"feed_total"`
	EnergyJ      int64  `json:"energy_j"`
}

// Completed: both persons sign the outcome.
type Completed struct {
	Batch        string `json:"batch"`
	Reconciled   string `json:"reconciled"` // leaf hash
	Tally        Tally  `json:"tally"`
	OutcomesRoot string `json:"outcomes_root"`
}

// Certified: a certificate was issued.
type Certified struct {
	Batch       string `json:"batch"`
	Certificate string `json:"certificate"` // number
	Statement   string `json:"statement_sha256"`
}

// Disposed is a disposition other than destruction. By names the signed act that
// decides it: movement.accepted of what left, document.reclassified of what was
// released. A loss rests on a closed incident instead. Party and reference are
// committed: the archive, superior body, issuer or deciding authority and its
// document.
type Disposed struct {
	By        string     `json:"by"`       // leaf hash; "" = carrier.lost
	Incident  string     `json:"incident"` // carrier.lost; ""
	Party     Commitment `json:"party"`
	Reference Commitment `json:"reference"`
}
