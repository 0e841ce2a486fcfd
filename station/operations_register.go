package station

import (
	"context"
	"time"
)

// ListCountOptions is what was counted when a list arrived.
type ListCountOptions struct {
	Session string
	Found   int64    // carriers found, when nobody scanned
	Numbers []string // carrier numbers as scanned, each once; when there are any they are the count
}

// ListNumberOptions says in which series a list gets its reference numbers.
type ListNumberOptions struct {
	Session string
	Series  string // letters; "" = 密收
}

// Receipts is the reception of a transfer list in its four acts: counted, numbered, entered and signed for (implementing regulation of
// 2024, art. 27(2)). Importing enters it, Lists.ReceiveList signs for it, once the count agrees and it is numbered.
type Receipts interface {
	// CountList records a count; a later one takes its place until the list is signed for. Fault: list.not-listed.
	CountList(ctx context.Context, list string, o ListCountOptions) (ListView, error)
	// NumberList gives each row the next reference number (收文号) of its series and year, without a gap.
	NumberList(ctx context.Context, list string, o ListNumberOptions) (ListView, error)
}

// DocumentOptions enters a document made here.
type DocumentOptions struct {
	Session        string
	Number         string // 文号; committed, like Title, Issuer and Scope
	Title          string
	Issuer         string // this unit, as it signs
	Scope          string // 知悉范围 in words
	Classification string
	Period         string // as after the star of the mark; "" = none
	Dated          string // day, 2006-01-02; "" = unknown
}

// DocumentFilter selects documents; zero fields select all.
type DocumentFilter struct {
	Number string // beginning of the 文号
	Title  string // part of it
	Level  string // classification now
	After  string // DocumentPage.Next of the page before
	Limit  int64  // 0 = 100, at most 1000
}

// PageOptions selects a page of a list that has no other choice.
type PageOptions struct {
	After string // Next of the page before
	Limit int64  // 0 = 100, at most 1000
}

// CircleOptions says who is admitted to a document.
type CircleOptions struct {
	Persons []string // all of them, those admitted before included
	Request string   // approved request to widen the circle; "" = first setting
}

// ClassifyOptions changes a mark, or takes it away.
type ClassifyOptions struct {
	Request string // approved request: it says what the new mark is
	Basis   string // on what the decision rests; committed
}

// Documents is what copies have in common. A document is named by its id, or by its number (文号) where one issuer alone used it.
type Documents interface {
	// EnterDocument enters an own document, before it is made in copies. Faults: document.known, usage.bad-request for a mark that is none.
	EnterDocument(ctx context.Context, o DocumentOptions) (DocumentView, error)
	Document(ctx context.Context, document string) (DocumentView, error)
	Documents(ctx context.Context, f DocumentFilter) (DocumentPage, error)
	// SetCircle fixes who may read a document; by needs the role approver. It only grows, and then under an approved request.
	SetCircle(ctx context.Context, document string, o CircleOptions, by Signer) (SignedView, error)
	// Reclassify gives a document and every copy held here the mark of an approved request; Declassify takes the mark away and lets the
	// copies go. by is a classification authority who did not apply. One leaf names at most 200 copies: while SignedView.Done is false,
	// call again.
	Reclassify(ctx context.Context, document string, o ClassifyOptions, by Signer) (SignedView, error)
	Declassify(ctx context.Context, document string, o ClassifyOptions, by Signer) (SignedView, error)
	// Balance proves that every copy of a document is accounted for, or names the broken edge.
	Balance(ctx context.Context, document string) (BalanceView, error)
}

// RequestOptions is an application for one act on carriers or on a document.
type RequestOptions struct {
	Session        string
	Act            string   // custody.RequestActs
	Number         string   // of the form; "" = none
	Carriers       []string // numbers, at most 200; one for copy; none for make, widen, reclassify, declassify
	Document       string   // id or 文号
	Count          int64    // copies asked for; for movements how many carriers may go under it, 0 = those named
	NotAfter       time.Time
	To             string // person, or firm for consign; "" = a party outside
	Party          string // committed
	Persons        []string
	Channel        string
	Classification string // reclassify
	Period         string
	Reason         string // committed
}

// DecisionOptions is what an auditor or approver says.
type DecisionOptions struct {
	Authority string // of an approval: "own-leader" (default), "issuer", "superior"; the farther ones quote the consent in Opinion
	Opinion   string // committed; demanded for a rejection
}

// RequestFilter selects applications; zero fields select all.
type RequestFilter struct {
	Act, State, Document, Applicant string
	After                           string // RequestPage.Next of the page before
	Limit                           int64  // 0 = 100, at most 1000
}

// Requests is application, audit and approval (申请 → 审核 → 批准). What an act needs the rules in force say, when it is asked for, when it
// is decided and when it is done. A request is named by its id or the number of its form. Applicant, auditor and approver are three persons.
type Requests interface {
	OpenRequest(ctx context.Context, o RequestOptions) (RequestView, error)
	AuditRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error)
	// ApproveRequest: faults batch.authority, request.not-audited.
	ApproveRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error)
	RejectRequest(ctx context.Context, request string, o DecisionOptions, by Signer) (SignedView, error)
	// WithdrawRequest: by the applicant, before it is approved.
	WithdrawRequest(ctx context.Context, request, session string) (RequestView, error)
	Request(ctx context.Context, request string) (RequestView, error)
	// Requests lists applications, newest first.
	Requests(ctx context.Context, f RequestFilter) (RequestPage, error)
}

// MovementOptions hands carriers out.
type MovementOptions struct {
	Act      string   // custody.MovementActs
	Number   string   // of the form; "" = none
	Carriers []string // numbers, at most 200: a list longer than that goes in several movements
	To       string   // person, or firm for consign
	Party    string   // receiver outside; committed
	Outside  bool     // the other end is another unit
	Place    string   // where they go: a cabinet for a hand-over, the reading room for what is read nowhere else
	Channel  string   // policy.Channels
	Courier  string   // 机要号 or courier; committed
	Seals    []string
	Escorts  []string // persons
	Request  string   // approved request; id or number
	Campaign string   // clear-out in which the act is each carrier's fate
	Due      time.Time
	Purpose  string // committed
}

// MovementStepOptions accepts, refuses, takes back or cancels.
type MovementStepOptions struct {
	Carriers []string // numbers; none = all that are meant
	Receipt  string   // number of the receipt slip of a party outside; committed
	Scan     []byte   // of the slip, kept by its hash
	Reason   string   // of a refusal: wrong-carriers, damaged, seal-broken, not-for-us, not-cleared, incomplete, other
	Checked  bool     // taken back and inspected
	Remark   string   // committed
}

// FirmCertificateOptions is the certificate of a destruction body.
type FirmCertificateOptions struct {
	Carriers    []string // numbers; none = all consigned and not certified
	Certificate string   // its number; committed
	Scan        []byte
}

// MovementFilter selects movements; zero fields select all.
type MovementFilter struct {
	Act, State, From, To, Campaign string
	Open, Overdue                  bool
	After                          string // MovementPage.Next of the page before
	Limit                          int64  // 0 = 100, at most 1000
}

// Movements is carriers passing from hand to hand with both ends on record: lend, circulate, carry-out, hand-over, dispatch, archive,
// transfer, return, consign. A movement is named by its id or the number of its form.
// Faults of OpenMovement: request.needed, request.*, movement.channel, movement.escorts, movement.due, movement.too-long, place.use,
// person.not-fit, firm.not-qualified, carrier.must-return, carrier.too-many, custody.refused.
type Movements interface {
	// OpenMovement: the keeper signs carriers out, or a secrecy officer those of others.
	OpenMovement(ctx context.Context, o MovementOptions, by Signer) (MovementView, error)
	// AcceptMovement: the receiver signs with his card; for a party outside a keeper who did not open it enters the receipt slip. What ends
	// custody then has each carrier's disposition in the same transaction.
	AcceptMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error)
	RefuseMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error)
	// ReturnMovement: the keeper has the carriers back.
	ReturnMovement(ctx context.Context, movement string, o MovementStepOptions, by Signer) (MovementView, error)
	// RenewMovement gives a loan a new date, no later than the rules allow from the day it was handed out.
	RenewMovement(ctx context.Context, movement string, due time.Time, by Signer) (MovementView, error)
	CancelMovement(ctx context.Context, movement string, o MovementStepOptions, session string) (MovementView, error)
	// CertifyFirm enters a destruction body's certificate for what was consigned to it.
	CertifyFirm(ctx context.Context, movement string, o FirmCertificateOptions, by Signer) (MovementView, error)
	Movement(ctx context.Context, movement string) (MovementView, error)
	Movements(ctx context.Context, f MovementFilter) (MovementPage, error)
	// OpenLinks lists movements whose other end has not signed, or that are not back.
	OpenLinks(ctx context.Context, o PageOptions) (MovementPage, error)
}

// StoreOptions puts carriers into a place.
type StoreOptions struct {
	Session  string
	Place    string
	Carriers []string // numbers
}

// CopyOptions is one making of copies under an approved request to copy or to make.
type CopyOptions struct {
	Kind    string   // of the copies; "" = as the original, or paper
	Extent  int64    // pages or bytes of each; 0 = as the original
	Made    int64    // good ones
	Spoiled int64    // spoiled ones: tracked, to be destroyed
	First   int64    // copy number (份号) of the first; 0 = the next one free, after the issuer's print run
	Numbers []string // carrier numbers, the good ones' first; none = made of the original's number
	Stamp   string   // text of the copying unit's stamp; committed
	With    Signer   // second person who made them, where the rules demand two
}

// WhoKnewOptions asks about a carrier or about a document.
type WhoKnewOptions struct {
	Carrier  string
	Document string
}

// Keeping is where carriers are and who had them.
type Keeping interface {
	// StoreCarriers puts carriers into a place that may hold them. Faults: place.use, person.not-fit.
	StoreCarriers(ctx context.Context, o StoreOptions) (HeldPage, error)
	// MakeCopies registers the copies that were made: each a carrier with the mark of its original or document, kept by its maker. Faults:
	// copies.over-approved, copies.number-used, copies.carrier-number.
	MakeCopies(ctx context.Context, request string, o CopyOptions, by Signer) (CopiesView, error)
	// Overdue lists what should be back, or signed for, by now; the longest overdue first.
	Overdue(ctx context.Context, o PageOptions) (HeldPage, error)
	// WhoKnew lists who had a carrier, or any copy of a document, in hand, and who is admitted.
	WhoKnew(ctx context.Context, o WhoKnewOptions) (KnewPage, error)
}
