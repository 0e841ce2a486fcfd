package custody

import (
	"encoding/json"
	"fmt"
	"time"
)

// Where is where a carrier is that this unit answers for. It lies beside State:
// State says how far a carrier is on its way to a disposition, Where says in
// whose hands it is meanwhile. The zero value is a carrier nobody holds: not yet
// signed for, missing, in a batch that was released, or disposed of.
type Where int

// Whereabouts.
const (
	Nowhere     Where = iota // not held
	OnShelf                  // 在库: its keeper answers for it
	Offered                  // 待交接: handed out, not yet signed for by who gets it
	Circulating              // 传阅中: a reader signed for it
	OnLoan                   // 借出: a borrower signed for it
	CarriedOut               // 外带: somebody carries it outside the unit
	InTransit                // 运输中: on its way to another unit whose receipt is due
	endOfWheres
)

var whereWords = [endOfWheres]struct{ word, zh string }{
	{"nowhere", "不在库"}, {"on-shelf", "在库"}, {"offered", "待交接"}, {"circulating", "传阅中"}, {"on-loan", "借出"},
	{"carried-out", "外带"}, {"in-transit", "运输中"},
}

// Wheres lists every whereabouts, Nowhere first.
func Wheres() []Where { return enumerate[Where](int(endOfWheres)) }

func (w Where) String() string {
	return wordOf(w >= 0 && w < endOfWheres, "where", int(w), func() string { return whereWords[w].word })
}

// Zh is the term the forms use.
func (w Where) Zh() string {
	return wordOf(w >= 0 && w < endOfWheres, "where", int(w), func() string { return whereWords[w].zh })
}

// MarshalText writes the word; an invalid value is an error.
func (w Where) MarshalText() ([]byte, error) { return marshalWord(w, w >= 0 && w < endOfWheres) }

// UnmarshalText reads exactly one of the words.
func (w *Where) UnmarshalText(b []byte) error { return unmarshalWord(w, Wheres(), b) }

// ThingKind names a kind of entry of the register that is neither a carrier nor
// a batch. The words are the prefixes of the ledger's subjects.
type ThingKind string

// Kinds of things.
const (
	DocumentThing   ThingKind = "document"
	RequestThing    ThingKind = "request"
	MovementThing   ThingKind = "movement"
	DepartmentThing ThingKind = "department"
	PlaceThing      ThingKind = "place"
	FirmThing       ThingKind = "firm"
	PostThing       ThingKind = "person"
	CampaignThing   ThingKind = "campaign"
	InspectionThing ThingKind = "inspection"
	FindingThing    ThingKind = "finding"
	IncidentThing   ThingKind = "incident"
	ReceiptThing    ThingKind = "list"

	// Counts that custody keeps for its own rules; no leaf is about them.
	SeriesThing ThingKind = "series"
	TiesThing   ThingKind = "ties"
)

// Ref names one thing.
type Ref struct {
	Kind ThingKind
	ID   string
}

// Thing is one entry of the register beside carriers and batches: a value of one
// of the struct types below. Its JSON is what projections keep, bit for bit.
type Thing interface{ Ref() Ref }

// ParseThing reads a thing of a kind from its JSON.
func ParseThing(kind ThingKind, data []byte) (Thing, error) {
	switch kind {
	case DocumentThing:
		return parseThing[Document](data)
	case RequestThing:
		return parseThing[Request](data)
	case MovementThing:
		return parseThing[Movement](data)
	case DepartmentThing:
		return parseThing[Department](data)
	case PlaceThing:
		return parseThing[Place](data)
	case FirmThing:
		return parseThing[Firm](data)
	case PostThing:
		return parseThing[Post](data)
	case CampaignThing:
		return parseThing[Campaign](data)
	case InspectionThing:
		return parseThing[Inspection](data)
	case FindingThing:
		return parseThing[Finding](data)
	case IncidentThing:
		return parseThing[Incident](data)
	case ReceiptThing:
		return parseThing[Receipt](data)
	case SeriesThing:
		return parseThing[Series](data)
	case TiesThing:
		return parseThing[Ties](data)
	case USBKeyThing:
		return parseThing[USBKey](data)
	case PortThing:
		return parseThing[Port](data)
	case CanaryThing:
		return parseThing[Canary](data)
	}
	return nil, fmt.Errorf("cannot read a thing of kind %q", kind)
}

func parseThing[T Thing](data []byte) (Thing, error) {
	var t T
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("cannot read %T: %w", t, err)
	}
	return t, nil
}

// Acts a request can ask for and a movement can carry out. The words are those
// of policy profiles.
const (
	ActMake       = "make"       // 制作: an own document in so many copies
	ActCopy       = "copy"       // 复制
	ActDispatch   = "dispatch"   // 发文
	ActCirculate  = "circulate"  // 传阅
	ActWiden      = "widen"      // 扩大知悉范围
	ActLend       = "lend"       // 借阅
	ActCarryOut   = "carry-out"  // 携带外出
	ActHandOver   = "hand-over"  // 移交 (another keeper of this unit)
	ActReclassify = "reclassify" // 密级变更
	ActDeclassify = "declassify" // 解密
	ActArchive    = "archive"    // 归档
	ActTransfer   = "transfer"   // 移交上级
	ActReturn     = "return"     // 清退
	ActConsign    = "consign"    // 送销
	ActDestroy    = "destroy"    // 销毁 here, in a batch
	ActClearOut   = "clear-out"  // 清理
	ActWriteOff   = "write-off"  // 核销
	ActKeep       = "keep"       // 留用: a fate in a clear-out, with its reason
)

// MovementActs are the acts a movement carries out, in the order of the forms.
func MovementActs() []string {
	return []string{ActCirculate, ActLend, ActCarryOut, ActHandOver, ActDispatch, ActArchive, ActTransfer, ActReturn, ActConsign}
}

// RequestActs are the acts a request can ask for.
func RequestActs() []string {
	return []string{ActMake, ActCopy, ActDispatch, ActCirculate, ActWiden, ActLend, ActCarryOut, ActHandOver, ActReclassify, ActDeclassify,
		ActArchive, ActTransfer, ActReturn, ActConsign}
}

// Fates are what a clear-out can propose for a carrier.
func Fates() []string {
	return []string{ActArchive, ActTransfer, ActReturn, ActConsign, ActDestroy, ActDeclassify, ActKeep}
}

// Document is a document or file whose copies are carriers. Made is how many
// copies exist in all as far as is known: the issuer's print run, or what this
// unit made; 0 = unknown.
type Document struct {
	ID             string
	Own            bool   // made here; otherwise received
	Classification string // now
	Period         string // now
	Dated          string // day it was made, 2006-01-02; "" = unknown
	Made           int64
	Registered     int64    // carriers ever registered of it, copies of copies included
	Copies         int64    // of these, made here under an approved request
	Circle         []string // persons admitted (知悉范围), sorted; empty = not fixed yet
	Change         string   // request under way for a change of classification; "" = none
	Released       bool     // declassified
	Releases       []string // leaf hashes of the releases: a copy's declassification names one
}

// Ref implements Thing.
func (d Document) Ref() Ref { return Ref{DocumentThing, d.ID} }

// Receipt is the reception of one transfer list in four acts: counted, numbered,
// entered and signed for (implementing regulation of 2024, art. 27(2)).
type Receipt struct {
	List     string
	Rows     int64  // carriers on the list
	Entered  int64  // registered so far
	Counted  int64  // found by the count; -1 = not counted yet
	Counter  string // person
	Series   string // of the reference numbers (收文号); "" = not numbered yet
	Year     int64
	First    int64 // first and last reference number of the list, one per row
	Last     int64
	Numberer string
	Receiver string // "" = not signed for
}

// Ref implements Thing.
func (r Receipt) Ref() Ref { return Ref{ReceiptThing, r.List} }

// Series is one series of reference numbers (收文号) in one year.
type Series struct {
	Series string
	Year   int64
	Last   int64 // number given last; the next list begins after it
}

// Ref implements Thing.
func (s Series) Ref() Ref { return seriesRef(s.Series, s.Year) }

func seriesRef(series string, year int64) Ref {
	return Ref{SeriesThing, fmt.Sprintf("%d/%s", year, series)}
}

// Ties are what holds a person here beside the carriers he keeps or has in hand.
type Ties struct {
	Person    string
	Movements int64 // open ones from or to him
	Findings  int64 // open ones that he answers for
}

// Ref implements Thing.
func (t Ties) Ref() Ref { return Ref{TiesThing, t.Person} }

// RequestState is where a request is.
type RequestState string

// States of a request.
const (
	RequestOpen      RequestState = "open"      // 待审批
	RequestAudited   RequestState = "audited"   // 已审核
	RequestApproved  RequestState = "approved"  // 已批准
	RequestRejected  RequestState = "rejected"  // 已驳回, final
	RequestWithdrawn RequestState = "withdrawn" // 已撤回, final
	RequestUsed      RequestState = "used"      // 已办结, final: as often used as was allowed
)

// Request is an application for an act on carriers or on a document, and what
// became of it (申请 → 审核 → 批准).
type Request struct {
	ID             string
	Act            string
	State          RequestState
	Applicant      string
	Auditor        string
	Approver       string
	Authority      string   // of the approval: "own-leader", "issuer", "superior"
	Carriers       []string // in the order of the request; may be empty for acts on a document
	Document       string   // "" = none
	Count          int64    // copies asked for; uses allowed for other acts
	Used           int64    // copies made, or carriers moved under it
	NotAfter       time.Time
	To             string   // person or firm it is for; "" = outside party, see the opening
	Persons        []string // to be admitted (widen)
	Channel        string   // of dispatch
	Classification string   // asked for (reclassify)
	Period         string
	Opened         string // leaf of request.opened
	Leaf           string // of the approval, "" = none

	// Credentials of the three, who must not share one.
	ApplicantKey, AuditorKey, ApproverKey string

	Maker     string // who made the copies last
	ToEnter   int64  // copies made and not yet registered
	ToSpoiled int64  // spoiled ones, the same
}

// Ref implements Thing.
func (r Request) Ref() Ref { return Ref{RequestThing, r.ID} }

// MovementState is where a movement is.
type MovementState string

// States of a movement.
const (
	MovementOpened    MovementState = "opened"    // 待签收: the giver signed, the link is open
	MovementAccepted  MovementState = "accepted"  // 已签收: the other end signed; open until all came back where it must come back
	MovementClosed    MovementState = "closed"    // 已闭环, final: accepted for good, or all came back
	MovementRefused   MovementState = "refused"   // 拒收, final
	MovementCancelled MovementState = "cancelled" // 撤回, final: before anybody accepted
)

// Movement is one passing of carriers from hand to hand, with both ends: it is an
// open link until the receiver signed, and a loan until all came back.
type Movement struct {
	ID       string
	Act      string
	State    MovementState
	From     string // person who signed them out
	FromKey  string // his credential
	To       string // person, firm id, or "" for an outside party that is in the opening
	Outside  bool   // the other end is another unit: a receipt slip stands for its signature
	Place    string // place the carriers go to (hand-over); "" = unchanged
	Channel  string
	Escorts  []string
	Request  string    // approval it rests on, "" = none needed
	Campaign string    // clear-out it carries out, "" = none
	Due      time.Time // when they must be back, or the receipt must be here; zero = no date
	Carriers []string  // all, in the order of the movement
	Out      int64     // still in it: not back, not signed for, or without the disposition that follows
	Opened   time.Time
	Accepted time.Time // zero = not yet
	Leaf     string    // of movement.opened
	Taken    string    // leaf of the last movement.accepted, "" = none
	Signed   []string  // beside Carriers, of an act that ends custody: leaf that accepted each, "" = none
}

// Ref implements Thing.
func (m Movement) Ref() Ref { return Ref{MovementThing, m.ID} }

// MustComeBack says that the act ends only when the carriers are back.
func MustComeBack(act string) bool {
	return act == ActCirculate || act == ActLend || act == ActCarryOut
}

// EndsCustody says that the act, once accepted, ends this unit's custody.
func EndsCustody(act string) bool {
	return act == ActDispatch || act == ActArchive || act == ActTransfer || act == ActReturn || act == ActConsign
}
