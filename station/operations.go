package station

import (
	"context"
	"time"

	"sexton/token"
)

// PIN is token.PIN, so that callers above need not know the contract of the cards.
type PIN = token.PIN

// NewPIN takes over digits, which are zeroed in every case. lastTry says that the person knows that one try is left and
// wants to use it. Fault: token.pin-format.
func NewPIN(digits []byte, lastTry bool) (*PIN, error) {
	p, err := token.NewPIN(digits)
	if err != nil {
		return nil, toFault(err)
	}
	p.AllowLastTry = lastTry
	return p, nil
}

// Signer is a person who signs now: the session says who and at which reader, the PIN is typed for this one signature.
// The PIN is wiped in every case.
type Signer struct {
	Session string
	PIN     *PIN
}

// Operations is all a person, or a program in his name, can ask of a station. *Station implements it; the kiosk, the JSON
// interface and the commands are written against it. All methods may be called from several goroutines.
// Every error is a *fault.Fault. A refused request changes nothing and leaves a refusal.recorded leaf, except requests that
// cannot be understood (kind Usage), failures of hardware and failures of our own, which leave none. Equal refusals of requests
// without a session leave one leaf a minute.
type Operations interface {
	Overview
	Cards
	Office
	Lists
	Receipts
	Documents
	Requests
	Movements
	Keeping
	Batches
	Destruction
	Cases
	Unit
	Keys
	Ports
}

// Overview reads. Nothing in it needs a session.
type Overview interface {
	Status(ctx context.Context) (StatusView, error)
	// ExplainPolicy answers from the profile in force what an act demands, with its articles; the words are those people use, see
	// policy.ParseQuestion. That the rules refuse is an answer. Faults: policy.no-rule when nothing is in force, usage.bad-request.
	ExplainPolicy(ctx context.Context, act, classification, carrierKind string) (Explanation, error)
	// Events sends what happens from now on. The channel is closed when ctx or the station ends. Who falls more than 256
	// behind gets one event of type "lost" for what was dropped.
	Events(ctx context.Context) <-chan Event
}

// Cards is about readers and who is logged in at them.
type Cards interface {
	// Login proves who is at reader. Session: until logout, removal, idle limit or a fault of the reader.
	// Faults: token.*, person.unknown (card right, nobody enrolled).
	Login(ctx context.Context, reader string, pin *PIN) (SessionView, error)
	// TriesLeft asks the card; it costs no try.
	TriesLeft(ctx context.Context, reader string) (TriesView, error)
	// Logout ends a session. Ending one that is over is not an error.
	Logout(ctx context.Context, session string) error
	// Sessions lists the open ones and those that were locked and not yet logged out.
	Sessions(ctx context.Context) ([]SessionView, error)
}

// EnrolOptions says who gets which card. Person is the register's id: letters, digits, dot and hyphen, at most 64.
type EnrolOptions struct {
	Person string
	Name   string   // committed, not in the leaf
	Roles  []string // words of leaf.Role: admin, receiver, counter, second-counter, applicant, approver, destroyer, attestor, keeper, inspector, operator, secrecy-officer, auditor, classifier
	Reader string   // where the card to be enrolled is
	PIN    *PIN     // of that card: proves that the card holds its 9A key. May be nil, except for the first admin
	// Namesake says that the person is another one than the enrolled person of the same name or certificate subject. It is logged.
	Namesake bool
}

// MachineOptions registers the machine the station is connected to.
type MachineOptions struct {
	Machine        string           // the unit's id for it
	ApprovalNo     string           // number of its test certificate or approval
	SecurityLevels map[string]int64 // ISO/IEC 21964 category letter (P F O T H E) -> level approved, at most what the machine claims; nil = its claim
}

// Office is the administrator's work.
type Office interface {
	// EnrolPerson reads the card's certificates, checks trust, proves the 9A key when a PIN is given, and enrols. The leaf is signed
	// by the admin. While nobody is enrolled, the first admin enrols himself: admin is then the zero Signer and the PIN of his
	// own card (o.PIN) signs.
	// Faults: person.duplicate (also for the name or certificate subject of somebody enrolled, see Namesake), person.role, token.*.
	EnrolPerson(ctx context.Context, o EnrolOptions, admin Signer) (PersonView, error)
	People(ctx context.Context) ([]PersonView, error)
	// EnrolMachine reads the machine's identity and enrols exactly that.
	EnrolMachine(ctx context.Context, o MachineOptions, admin Signer) (MachineView, error)
	// AdoptPolicy puts a profile file in force. Fault: usage.bad-request when it does not parse, policy.no-rule when its date has not come.
	AdoptPolicy(ctx context.Context, profile []byte, admin Signer) (PolicyView, error)
}

// ImportOptions of one transfer list. Session: anybody with one of the roles receiver, keeper, applicant, operator, admin.
type ImportOptions struct {
	Session  string
	AllowBad bool // leave bad rows out instead of refusing the list
}

// CarrierFilter selects carriers. Zero fields select all.
type CarrierFilter struct {
	List, Batch, State, Kind, Classification string
	Text                                     string // part of the carrier number
	Offset, Limit                            int64  // Limit 0 = 100, at most 1000
}

// Lists is registration: what came in, and who signed for it.
type Lists interface {
	// ImportList registers the carriers of one transfer list, and the documents they are copies of: a document is known by number (文号)
	// and issuer, and more copies of a known one may come. With bad rows and without AllowBad nothing is imported and the fault
	// list.bad-rows comes together with the view that names them.
	ImportList(ctx context.Context, source []byte, o ImportOptions) (ImportView, error)
	Lists(ctx context.Context) ([]ListView, error)
	List(ctx context.Context, id string) (ListView, error)
	// ReceiveList: the receiver signs for all carriers of the list, and keeps them. Faults: list.not-counted, list.count-differs,
	// list.not-numbered.
	ReceiveList(ctx context.Context, list string, by Signer) (SignedView, error)
	Carriers(ctx context.Context, f CarrierFilter) (CarrierPage, error)
	// Find ends "missing": the carrier turned up, reason says how (committed). It must be counted again. Session: keeper, counter,
	// second-counter, applicant or admin.
	Find(ctx context.Context, carrier, reason, session string) (CarrierView, error)
	// Carrier finds one carrier by its number or id, with history.
	Carrier(ctx context.Context, number string) (CarrierView, error)
}

// OpenOptions starts a batch for destruction.
type OpenOptions struct {
	Session  string   // the applicant; role applicant
	List     string   // "" = Carriers come from any list
	Number   string   // the unit's number for the batch: 1 to 64 visible characters, no space at either end, no path
	Carriers []string // numbers; empty = all received carriers of the list that are on the shelf and need not be returned
}

// CountOptions is one round of counting.
type CountOptions struct {
	Session string
	Round   int               // 1: role counter; 2: role second-counter, another person
	Found   []string          // numbers scanned, any order, each once
	Explain map[string]string // number -> reason why it is missing, in the words of the person of Session
}

// SealOptions closes the list of what may be destroyed. By needs to be the applicant.
type SealOptions struct {
	NotAfter time.Time // the seal, approval and authorisation end then; zero = now + Config.SealFor; at most 30 days ahead
	Method   string    // "" = "shred"
}

// ApproveOptions is the leader's decision.
type ApproveOptions struct {
	Authority string // "own-leader" (default), "issuer", "superior"
	// PaperNumber and PaperScan stand for an approval on paper; then two persons with one of the roles applicant, destroyer, attestor, keeper
	// enter it, one Approve each with the same options, and by is each of them in turn. The scan is kept by its hash.
	PaperNumber string
	PaperScan   []byte
	PaperWith   string // person id of the other one, in the call of the first; may be empty in the second
}

// TeamOptions names who destroys and who attests. Session: applicant, approver, operator or admin, or one of the two.
type TeamOptions struct {
	Session   string
	Destroyer string // person id
	Attestor  string
}

// Batches is the paper half of a destruction: count, seal, approve, authorise.
type Batches interface {
	OpenBatch(ctx context.Context, o OpenOptions) (BatchView, error)
	// Batch finds one by id or number, with history.
	Batch(ctx context.Context, id string) (BatchView, error)
	Batches(ctx context.Context) ([]BatchView, error)
	// Count records one round. After round 2, when both rounds agree and every missing carrier is explained, the result is in the ledger.
	// Faults: batch.count-differs (say round 1 or 2 again), batch.counter-same, carrier.not-in-batch.
	Count(ctx context.Context, batch string, o CountOptions) (BatchView, error)
	// Seal fixes the manifest under the applicant's signature. Faults: policy.no-rule, carrier.must-return, batch.empty.
	Seal(ctx context.Context, batch string, o SealOptions, by Signer) (SignedView, error)
	// Approve needs the role approver (on paper: see ApproveOptions).
	Approve(ctx context.Context, batch string, o ApproveOptions, by Signer) (SignedView, error)
	// Reject refuses the approval; by needs the role approver. The reason stands in the ledger in clear and is one of these codes:
	// incomplete, wrong-carriers, wrong-classification, must-return, expired, given-up, other. Fault: usage.bad-request for anything else.
	Reject(ctx context.Context, batch string, reason string, by Signer) (SignedView, error)
	// Void gives a batch up before anything was fed. Session: applicant or admin. reason is a code as in Reject; "" = given-up.
	Void(ctx context.Context, batch string, reason string, session string) (BatchView, error)
	// NameTeam builds the bytes that both will sign. Naming again throws a half-signed authorisation away.
	NameTeam(ctx context.Context, batch string, o TeamOptions) (BatchView, error)
	// Authorise is called once by each of the two; the second completes it. A first signature survives a restart.
	// Faults: token.same-person (the same person again), token.wrong-person, batch.expired.
	Authorise(ctx context.Context, batch string, by Signer) (SignedView, error)
}

// Destruction is the half with the machine.
type Destruction interface {
	// Release gives the machine a one-use permission for the batch. Both authorisers must be logged in, cards in their readers;
	// each card is challenged again. Faults: machine.*, session.unknown, batch.expired.
	Release(ctx context.Context, batch string) (BatchView, error)
	// Feed destroys one carrier: progress "ready" asks the person to feed it. It returns when the machine has settled or nothing was
	// fed in time. A verdict other than destroyed is an answer, not a fault. progress may be nil; it is called from this goroutine.
	// When ctx ends, the permission is withdrawn and the outcome is what the machine shows then.
	Feed(ctx context.Context, batch, carrier string, progress func(Progress)) (OutcomeView, error)
	// Withdraw takes the permission back at once; no login. What is in the cutter finishes and gets its outcome before Withdraw returns.
	// Without a permission it still sends the machine a withdrawal. One machine has one permission: when another batch than the named one
	// has it, or nobody knows the named one, it is taken back all the same, and the view is of the batch that had it.
	// The cause stands in the ledger in clear and is one of these codes: operator (also for ""), machine, person, end-of-shift,
	// emergency, other. No cause is refused: anything else is recorded as other. BatchView.Cause can also be what the station saw:
	// card-removed, session-ended, reader-removed, daemon-lost, link-lost, machine-fault, machine-did-not-settle, permission-ended,
	// unannounced-feed, feed-interrupted, canceled, release-unknown, release-failed, reconciled, station-closed, station-restarted.
	Withdraw(ctx context.Context, batch, cause string) (BatchView, error)
	// Resume gives a new permission after a withdrawal, under the same authorisation, with the same demands as Release. Refused with
	// outcome.open while an outcome of the batch is indeterminate.
	Resume(ctx context.Context, batch string) (BatchView, error)
	// Reconcile closes the feeding: the permission is withdrawn, what was not fed is left out as still held, evidence is added up. Open
	// cases do not block it; they stay open, in sight. When the machine counted objects that no carrier accounts for, what was not fed
	// becomes indeterminate instead.
	Reconcile(ctx context.Context, batch string) (ReconcileView, error)
	// Complete is called once by each of the two authorisers; the second completes it.
	Complete(ctx context.Context, batch string, by Signer) (SignedView, error)
	// Certify issues the certificate, or returns the one issued before.
	Certify(ctx context.Context, batch string) (CertificateView, error)
	// Certificate returns an issued certificate. Fault: cert.none.
	Certificate(ctx context.Context, batch string) (CertificateView, error)
}

// ResolveOptions closes an open case.
type ResolveOptions struct {
	Resolution string // "destroyed" (the probe must prove it), "held" (found whole, back in custody), "lost"
	Reason     string // committed
}

// WriteOffOptions writes a lost carrier off.
type WriteOffOptions struct {
	Incident  string // id of the closed incident that names the carrier as written off
	Party     string // deciding authority; committed
	Reference string // number of its decision; committed
	With      string // person id of the second signer, in the first call
}

// Cases is what is left when the ordinary way ends.
type Cases interface {
	// Resolve is called once by each of the two authorisers of the batch with the same options; the second completes it.
	Resolve(ctx context.Context, carrier string, o ResolveOptions, by Signer) (SignedView, error)
	// WriteOff ends the search for a missing carrier. It is called once by each of two persons, keeper, admin or approver, with the same
	// options; the second completes it. Every other disposition but destruction is a movement's or a document's: see Movements, Documents.
	WriteOff(ctx context.Context, carrier string, o WriteOffOptions, by Signer) (SignedView, error)
	// OpenCases lists what waits for a resolution.
	OpenCases(ctx context.Context) ([]OpenCase, error)
}
