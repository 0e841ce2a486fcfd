package api

import "time"

// Every view is a plain value, safe to keep. Times are UTC. Words such as states and kinds are the stable English ones of
// the packages custody and leaf; a field ending in Zh is the term the forms use.

// StatusView is the station at a glance.
type StatusView struct {
	Origin   string        `json:"origin"`
	Bench    bool          `json:"bench"` // virtual station: nothing real is destroyed here
	Software string        `json:"software"`
	At       time.Time     `json:"at"`
	Policy   PolicyView    `json:"policy"`
	Ledger   LedgerView    `json:"ledger"`
	Machine  MachineView   `json:"machine"`
	Readers  []ReaderView  `json:"readers"`
	Sessions []SessionView `json:"sessions"`
	Open     []OpenCase    `json:"open"`   // outcomes that wait for a signed resolution
	Active   string        `json:"active"` // id of the batch that holds the machine's permission, "" = none
	USB      USBView       `json:"usb"`
	Recovery []string      `json:"recovery"` // what the last start had to put right, in English, oldest first
}

// PolicyView is the profile in force; all empty when none was adopted.
type PolicyView struct {
	Profile string `json:"profile"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// LedgerView is the head of the ledger.
type LedgerView struct {
	Size int64  `json:"size"`
	Root string `json:"root"` // lower hex
}

// MachineView is the shredder as last read.
type MachineView struct {
	Connected     bool      `json:"connected"` // identity read and equal to the enrolled one, data fresh
	Enrolled      bool      `json:"enrolled"`
	Machine       string    `json:"machine"` // the unit's id for it
	Manufacturer  string    `json:"manufacturer"`
	Model         string    `json:"model"`
	Serial        string    `json:"serial"`
	ProgramSum    string    `json:"program_sum"`
	Authenticated bool      `json:"authenticated"` // mutual TLS with the enrolled peer certificate
	State         string    `json:"state"`
	StateZh       string    `json:"state_zh"`
	Reasons       []string  `json:"reasons"` // why it is not ready
	ReasonsZh     []string  `json:"reasons_zh"`
	Feed          int64     `json:"feed"`     // objects counted since the machine was made, modulo 2^32
	EnergyJ       int64     `json:"energy_j"` // over idle, cumulative
	MotorMA       int64     `json:"motor_ma"`
	Reverses      int64     `json:"reverses"`
	Jams          int64     `json:"jams"`
	InletMG       int64     `json:"inlet_mg"`
	BinMG         int64     `json:"bin_mg"`
	PermissionMS  int64     `json:"permission_ms"` // left, by the machine's own clock
	ReadAt        time.Time `json:"read_at"`       // zero: never
	Fault         string    `json:"fault"`         // fault code while not connected, "" = none
}

// ReaderView is one card reader.
type ReaderView struct {
	Name    string `json:"name"`
	Present bool   `json:"present"` // a card is in it
	Suspect string `json:"suspect"` // why it is set aside, "" = in use
	Session string `json:"session"` // id of the session on it, "" = none
}

// SessionView is one person logged in at one reader.
type SessionView struct {
	ID     string    `json:"id"`
	Person string    `json:"person"`
	Name   string    `json:"name"` // private: shown at the station, never in a leaf
	Roles  []string  `json:"roles"`
	Reader string    `json:"reader"`
	Since  time.Time `json:"since"`
	Tries  int       `json:"tries"`  // PIN tries left as the card said, -1 = not known
	Locked bool      `json:"locked"` // over; Cause says why
	Cause  string    `json:"cause"`
}

// TriesView answers TriesLeft.
type TriesView struct {
	Reader string `json:"reader"`
	Tries  int    `json:"tries"`
}

// PersonView is one enrolled person.
type PersonView struct {
	Person      string   `json:"person"`
	Name        string   `json:"name"`
	Roles       []string `json:"roles"`
	AuthKey     string   `json:"auth_key"`
	SignKey     string   `json:"sign_key"`
	GUID        string   `json:"guid"`
	Serial      int64    `json:"serial"` // of the card, 0 = unknown
	Attestation string   `json:"attestation"`
	Proven      bool     `json:"proven"` // in the answer to EnrolPerson: the card proved that it holds its 9A key
}

// RowFault is one bad row of a transfer list.
type RowFault struct {
	Line   int    `json:"line"`   // from 1, as an editor counts
	Column string `json:"column"` // heading as in the file
	Zh     string `json:"zh"`
	En     string `json:"en"`
}

// ImportView is the result of one import. When Imported is false nothing was kept.
type ImportView struct {
	Imported bool       `json:"imported"`
	List     ListView   `json:"list"`
	Bad      []RowFault `json:"bad"`
}

// ListView is one transfer list.
type ListView struct {
	ID       string           `json:"id"`
	Number   string           `json:"number"` // of the sheet; private
	Name     string           `json:"name"`   // of the imported file; private
	Encoding string           `json:"encoding"`
	SHA256   string           `json:"sha256"` // of the file
	Rows     int64            `json:"rows"`
	Skipped  int64            `json:"skipped"` // bad rows left out on request
	Received bool             `json:"received"`
	Receiver string           `json:"receiver"` // person id
	At       time.Time        `json:"at"`
	Kinds    map[string]int64 `json:"kinds"`
	Levels   map[string]int64 `json:"levels"`
	Counted  int64            `json:"counted"` // carriers counted on arrival, -1 = not counted yet
	Counter  string           `json:"counter"` // person id
	Series   string           `json:"series"`  // of the reference numbers, "" = not numbered yet
	Year     int64            `json:"year"`
	First    int64            `json:"first"` // reference number of the first row
	Last     int64            `json:"last"`
	Numberer string           `json:"numberer"` // person id
	Lacks    []string         `json:"lacks"`    // acts without which it cannot be signed for: "count", "number"
}

// CarrierView is one carrier. Title, Document, Copy, Issuer, SerialNo and Remark are private.
type CarrierView struct {
	ID               string        `json:"id"`
	Number           string        `json:"number"`
	List             string        `json:"list"`
	Batch            string        `json:"batch"`
	Index            int64         `json:"index"` // place in the sealed manifest, -1 = none
	State            string        `json:"state"`
	StateZh          string        `json:"state_zh"`
	Disposition      string        `json:"disposition"` // "" while held
	Kind             string        `json:"kind"`
	Medium           string        `json:"medium"`
	Classification   string        `json:"classification"` // as registered
	ClassificationZh string        `json:"classification_zh"`
	Period           string        `json:"period"` // as registered
	Level            string        `json:"level"`  // classification now
	LevelZh          string        `json:"level_zh"`
	Term             string        `json:"term"` // period now
	Where            string        `json:"where"`
	WhereZh          string        `json:"where_zh"`
	Keeper           string        `json:"keeper"`   // person who answers for it, "" = nobody
	Place            string        `json:"place"`    // "" = not put anywhere yet
	With             string        `json:"with"`     // person who has it in hand, "" = nobody
	Movement         string        `json:"movement"` // open movement it is in, "" = none
	Due              time.Time     `json:"due"`      // when it must be back, zero = no date
	Extent           int64         `json:"extent"`
	ExtentUnit       string        `json:"extent_unit"` // "page", "byte"
	Count            int64         `json:"count"`
	MustReturn       bool          `json:"must_return"`
	Title            string        `json:"title"`
	Document         string        `json:"document"`
	Copy             string        `json:"copy"`
	Issuer           string        `json:"issuer"`
	SerialNo         string        `json:"serial_no"`
	Remark           string        `json:"remark"`
	DocumentID       string        `json:"document_id"` // "" = none
	Parent           string        `json:"parent"`      // id of the carrier it was copied from, "" = none
	Spoiled          bool          `json:"spoiled"`     // a spoiled copy
	Dated            string        `json:"dated"`       // day it was made
	Reference        string        `json:"reference"`   // 收文号; only in the answer to Carrier
	Case             string        `json:"case"`        // leaf hash of the open outcome, "" = none
	History          []HistoryView `json:"history"`     // only in the answer to Carrier
}

// HistoryView is one leaf that concerns a carrier or batch.
type HistoryView struct {
	Index  int64     `json:"index"`
	Hash   string    `json:"hash"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Actors []Actor   `json:"actors"`
	Detail string    `json:"detail"` // one line in English made of the body, without private values
}

// Actor is one person in one role.
type Actor struct {
	Person string `json:"person"`
	Role   string `json:"role"`
}

// CarrierPage is one page of carriers.
type CarrierPage struct {
	Carriers []CarrierView `json:"carriers"`
	Total    int64         `json:"total"`
	Offset   int64         `json:"offset"`
}

// BatchView is one batch.
type BatchView struct {
	ID          string           `json:"id"`
	Number      string           `json:"number"`
	List        string           `json:"list"`
	State       string           `json:"state"`
	StateZh     string           `json:"state_zh"`
	Step        string           `json:"step"` // what comes next: "count", "recount", "seal", "approve", "team", "authorise", "release", "feed", "resume", "resolve", "reconcile", "complete", "certify", "done"
	StepZh      string           `json:"step_zh"`
	Waiting     []Waiting        `json:"waiting"` // persons the step waits for
	Members     int64            `json:"members"`
	States      map[string]int64 `json:"states"` // carrier state -> count
	Kinds       map[string]int64 `json:"kinds"`
	Levels      map[string]int64 `json:"levels"`
	Applicant   string           `json:"applicant"` // person ids
	Approver    string           `json:"approver"`
	Destroyer   string           `json:"destroyer"`
	Attestor    string           `json:"attestor"`
	ItemsRoot   string           `json:"items_root"`
	NotAfter    time.Time        `json:"not_after"` // of the seal; zero = not sealed
	Open        []OpenCase       `json:"open"`
	Cause       string           `json:"cause"`   // why the last permission was withdrawn, "" = it was not
	Feeding     string           `json:"feeding"` // number of the carrier being fed, "" = none
	Next        string           `json:"next"`    // number of the carrier to feed next in manifest order, "" = none
	LeftOut     []string         `json:"left_out"`
	Due         []string         `json:"due"`         // numbers the counts must find; empty once sealed
	Paper       bool             `json:"paper"`       // approved on paper
	Certificate string           `json:"certificate"` // number of the certificate, "" = none
	History     []HistoryView    `json:"history"`     // only in the answer to Batch
}

// Waiting is one signature or count that is due.
type Waiting struct {
	Role   string `json:"role"`
	Person string `json:"person"` // "" = anybody with the role
	Signed bool   `json:"signed"` // already given
}

// OpenCase is an outcome that two persons must resolve.
type OpenCase struct {
	Batch   string   `json:"batch"`
	Carrier string   `json:"carrier"` // number
	State   string   `json:"state"`   // "indeterminate", "unverified", "disputed"
	StateZh string   `json:"state_zh"`
	Case    string   `json:"case"` // leaf hash of the outcome
	Reasons []string `json:"reasons"`
	Probed  bool     `json:"probed"` // evidence from before and after could be read
}

// SignedView is the answer of an act that may need several signatures.
type SignedView struct {
	Done    bool      `json:"done"` // all signatures are there and the leaf is in the ledger
	Waiting []Waiting `json:"waiting"`
	Leaf    string    `json:"leaf"`  // hash, when done
	Index   int64     `json:"index"` // in the ledger, when done; -1 = not yet
	Batch   BatchView `json:"batch"` // zero where no batch is concerned
}

// Progress is one step of the feed of one carrier, for live display.
type Progress struct {
	Phase    string `json:"phase"` // "ready" (feed it now), "fed", "running", "reversing", "settling", "withdrawn", "done"
	PhaseZh  string `json:"phase_zh"`
	Carrier  string `json:"carrier"`
	Feed     int64  `json:"feed"`     // objects since the feed began
	EnergyJ  int64  `json:"energy_j"` // over idle since the feed began
	MotorMA  int64  `json:"motor_ma"`
	Reverses int64  `json:"reverses"`
	Jams     int64  `json:"jams"`
	InletMG  int64  `json:"inlet_mg"`
	BinMG    int64  `json:"bin_mg"`
	LeftMS   int64  `json:"left_ms"` // until the wait for the feed is given up
}

// OutcomeView is the result of feeding one carrier.
type OutcomeView struct {
	Carrier   string   `json:"carrier"` // number
	Verdict   string   `json:"verdict"` // "destroyed", "unverified", "disputed", "indeterminate", "unfed" (nothing was fed, it may be fed later)
	VerdictZh string   `json:"verdict_zh"`
	Reasons   []string `json:"reasons"`
	Objects   int64    `json:"objects"` // expected at the feed sensor
	Feed      int64    `json:"feed"`
	EnergyJ   int64    `json:"energy_j"`
	PeakMA    int64    `json:"peak_ma"`
	Reverses  int64    `json:"reverses"`
	Jams      int64    `json:"jams"`
	InletMG   int64    `json:"inlet_mg"`
	BinMG     int64    `json:"bin_mg"`
	Leaf      string   `json:"leaf"`      // hash, "" for unfed
	Index     int64    `json:"index"`     // in the ledger, -1 for unfed
	Withdrawn string   `json:"withdrawn"` // why the permission was withdrawn meanwhile, "" = it was not
}

// ReconcileView is the tally of a batch.
type ReconcileView struct {
	Batch         BatchView `json:"batch"`
	Destroyed     int64     `json:"destroyed"`
	Unverified    int64     `json:"unverified"`
	Disputed      int64     `json:"disputed"`
	Indeterminate int64     `json:"indeterminate"`
	Unfed         int64     `json:"unfed"`
	FeedTotal     int64     `json:"feed_total"`
	EnergyJ       int64     `json:"energy_j"`
	OutcomesRoot  string    `json:"outcomes_root"`
	Leaf          string    `json:"leaf"`
	Index         int64     `json:"index"`
}

// CertificateView is one certificate with its bundle.
type CertificateView struct {
	Number string `json:"number"`
	Batch  string `json:"batch"`
	SHA256 string `json:"sha256"` // of the bundle
	Leaf   string `json:"leaf"`
	Index  int64  `json:"index"`
	Bundle []byte `json:"bundle"` // the .sexton file
	Bench  bool   `json:"bench"`
}

// Event is one thing that happened, for live display. It is not evidence.
type Event struct {
	Seq     int64     `json:"seq"`  // from 1, without gaps until a listener falls behind
	Type    string    `json:"type"` // "batch", "carrier", "machine", "reader", "session", "feed", "refusal", "list", "person", "policy", "key", "port", "media", "lost"
	At      time.Time `json:"at"`
	Subject string    `json:"subject"` // batch id, carrier number, reader, session id ...
	What    string    `json:"what"`    // stable word: leaf kind, phase, state
	Zh      string    `json:"zh"`
	En      string    `json:"en"`
	Code    string    `json:"code"` // fault code, "" = none
	Feed    *Progress `json:"feed,omitempty"`
}
