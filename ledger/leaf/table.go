package leaf

import "sort"

// spec is what one kind of event demands.
type spec struct {
	body    func() any // new body, a pointer
	signers Signers
	subject string // prefix of the one main subject; "" = any subjects
	id      func(body any) string
}

func none[T any](signers Signers, subject string) spec {
	return spec{func() any { return new(T) }, signers, subject, nil}
}

func named[T any](signers Signers, subject string, id func(*T) string) spec {
	return spec{func() any { return new(T) }, signers, subject, func(b any) string {
		if v, ok := b.(*T); ok {
			return id(v)
		}
		return ""
	}}
}

// kinds decides body, signers and main subject of every kind of event.
var kinds = map[Kind]spec{
	StationInitialised: none[Initialised](ByStation, StationSubject),
	StationStarted:     none[Started](ByStation, StationSubject),
	PolicyAdopted:      named(ByStation, PolicySubject, func(b *Adopted) string { return b.Profile }),
	PersonEnrolled:     named(ByStation, PersonSubject, func(b *Enrolled) string { return b.Person }),
	MachineEnrolled:    named(ByStation, MachineSubject, func(b *Machine) string { return b.Machine }),
	SessionOpened:      none[SessionOpen](ByStation, ""),
	SessionLocked:      none[SessionLock](ByStation, ""),
	RefusalRecorded:    none[Refusal](ByStation, ""),

	ListImported:      named(ByStation, ListSubject, func(b *Imported) string { return b.List }),
	CarrierRegistered: named(ByStation, CarrierSubject, func(b *Registered) string { return b.Carrier }),
	ListReceived:      named(ByOne, ListSubject, func(b *Received) string { return b.List }),
	BatchOpened:       named(ByStation, BatchSubject, func(b *Opened) string { return b.Batch }),
	CarrierCounted:    none[Counted](ByStation, CarrierSubject),
	CarrierMissing:    none[Missing](ByStation, CarrierSubject),
	CarrierFound:      none[Found](ByStation, CarrierSubject),
	CarrierSealed:     none[Sealed](ByStation, CarrierSubject),
	BatchSealed:       named(ByOne, BatchSubject, func(b *Manifest) string { return b.Batch }),
	BatchApproved:     named(ByOne, BatchSubject, func(b *Decision) string { return b.Batch }),
	BatchRejected:     named(ByOne, BatchSubject, func(b *Decision) string { return b.Batch }),
	BatchVoided:       named(ByStation, BatchSubject, func(b *Voided) string { return b.Batch }),
	BatchAuthorised:   named(ByTwo, BatchSubject, func(b *Authorisation) string { return b.Batch }),
	BatchReleased:     named(ByStation, BatchSubject, func(b *Released) string { return b.Batch }),
	BatchWithdrawn:    named(ByStation, BatchSubject, func(b *Withdrawn) string { return b.Batch }),
	CarrierDestroyed:  none[Outcome](ByStation, CarrierSubject),
	CarrierUnverified: none[Outcome](ByStation, CarrierSubject),
	CarrierDisputed:   none[Outcome](ByStation, CarrierSubject),
	CarrierIndetermin: none[Outcome](ByStation, CarrierSubject),
	CarrierUnfed:      none[Unfed](ByStation, CarrierSubject),
	CarrierResolved:   none[Resolved](ByTwo, CarrierSubject),
	BatchReconciled:   named(ByStation, BatchSubject, func(b *Reconciled) string { return b.Batch }),
	BatchCompleted:    named(ByTwo, BatchSubject, func(b *Completed) string { return b.Batch }),
	BatchCertified:    named(ByStation, BatchSubject, func(b *Certified) string { return b.Batch }),

	CarrierArchived:     none[Disposed](ByStation, CarrierSubject),
	CarrierTransferred:  none[Disposed](ByStation, CarrierSubject),
	CarrierReturned:     none[Disposed](ByStation, CarrierSubject),
	CarrierDeclassified: none[Disposed](ByStation, CarrierSubject),
	CarrierConsigned:    none[Disposed](ByStation, CarrierSubject),
	CarrierLost:         none[Disposed](ByTwo, CarrierSubject),

	DepartmentEntered: named(ByStation, DepartmentSubject, func(b *Department) string { return b.Department }),
	PlaceEntered:      named(ByStation, PlaceSubject, func(b *Place) string { return b.Place }),
	FirmEntered:       named(ByStation, FirmSubject, func(b *Firm) string { return b.Firm }),
	PersonPosted:      named(ByStation, PersonSubject, func(b *Posted) string { return b.Person }),
	PersonPledged:     named(ByOne, PersonSubject, func(b *Pledged) string { return b.Person }),
	PersonLeft:        named(ByOne, PersonSubject, func(b *Left) string { return b.Person }),

	ListCounted:          named(ByStation, ListSubject, func(b *ListCount) string { return b.List }),
	ListNumbered:         named(ByStation, ListSubject, func(b *ListNumbers) string { return b.List }),
	DocumentEntered:      named(ByStation, DocumentSubject, func(b *Document) string { return b.Document }),
	CircleApproved:       named(ByOne, DocumentSubject, func(b *Circle) string { return b.Document }),
	DocumentReclassified: named(ByOne, DocumentSubject, func(b *Reclassified) string { return b.Document }),
	CopiesMade:           named(ByOne, RequestSubject, func(b *Copies) string { return b.Request }),

	RequestOpened:    named(ByStation, RequestSubject, func(b *Request) string { return b.Request }),
	RequestAudited:   named(ByOne, RequestSubject, func(b *RequestStep) string { return b.Request }),
	RequestApproved:  named(ByOne, RequestSubject, func(b *RequestStep) string { return b.Request }),
	RequestRejected:  named(ByOne, RequestSubject, func(b *RequestStep) string { return b.Request }),
	RequestWithdrawn: named(ByStation, RequestSubject, func(b *RequestStep) string { return b.Request }),

	CarrierStored:     named(ByStation, PlaceSubject, func(b *Stored) string { return b.Place }),
	MovementOpened:    named(ByOne, MovementSubject, func(b *Movement) string { return b.Movement }),
	MovementAccepted:  named(ByOne, MovementSubject, func(b *MovementStep) string { return b.Movement }),
	MovementRefused:   named(ByOne, MovementSubject, func(b *MovementStep) string { return b.Movement }),
	MovementReturned:  named(ByOne, MovementSubject, func(b *MovementStep) string { return b.Movement }),
	MovementRenewed:   named(ByOne, MovementSubject, func(b *Renewed) string { return b.Movement }),
	MovementCancelled: named(ByStation, MovementSubject, func(b *MovementStep) string { return b.Movement }),
	FirmCertified:     named(ByOne, MovementSubject, func(b *FirmCertificate) string { return b.Movement }),

	CampaignOpened:   named(ByStation, CampaignSubject, func(b *Campaign) string { return b.Campaign }),
	CampaignProposed: named(ByStation, CampaignSubject, func(b *Proposal) string { return b.Campaign }),
	CampaignApproved: named(ByOne, CampaignSubject, func(b *CampaignDecision) string { return b.Campaign }),
	CampaignClosed:   named(ByOne, CampaignSubject, func(b *CampaignEnd) string { return b.Campaign }),

	InspectionOpened:  named(ByStation, InspectionSubject, func(b *Inspection) string { return b.Inspection }),
	InspectionCounted: named(ByOne, InspectionSubject, func(b *Inspected) string { return b.Inspection }),
	FindingEntered:    named(ByStation, FindingSubject, func(b *Finding) string { return b.Finding }),
	FindingCorrected:  named(ByOne, FindingSubject, func(b *FindingStep) string { return b.Finding }),
	FindingClosed:     named(ByOne, FindingSubject, func(b *FindingStep) string { return b.Finding }),
	IncidentReported:  named(ByStation, IncidentSubject, func(b *Incident) string { return b.Incident }),
	IncidentClosed:    named(ByOne, IncidentSubject, func(b *IncidentEnd) string { return b.Incident }),
	ReportIssued:      named(ByOne, ReportSubject, func(b *Report) string { return b.Report }),

	KeyRegistered: named(ByOne, KeySubject, func(b *KeyEntry) string { return b.Key }),
	KeyRetired:    named(ByOne, KeySubject, func(b *KeyStep) string { return b.Key }),
	KeyLost:       named(ByStation, KeySubject, func(b *KeyStep) string { return b.Key }),
	KeyFound:      named(ByOne, KeySubject, func(b *KeyStep) string { return b.Key }),
	KeyMet:        named(ByStation, KeySubject, func(b *KeyMeeting) string { return b.Key }),
	PortEnrolled:  named(ByStation, PortSubject, func(b *Port) string { return b.Port }),
	PortClosed:    named(ByStation, PortSubject, func(b *PortEnd) string { return b.Port }),
	MediaAttached: named(ByStation, PortSubject, func(b *Attachment) string { return b.Port }),
	MediaRemoved:  named(ByStation, PortSubject, func(b *Removal) string { return b.Port }),
	MediaViolated: named(ByStation, PortSubject, func(b *Violation) string { return b.Port }),
}

// Kinds lists every kind of this schema, sorted.
func Kinds() []Kind {
	out := make([]Kind, 0, len(kinds))
	for k := range kinds {
		out = append(out, k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// NewBody returns a pointer to a zero body of k, nil for an unknown kind.
func NewBody(k Kind) any {
	s, ok := kinds[k]
	if !ok {
		return nil
	}
	return s.body()
}

// SignersOf says whose signatures p carries. It depends on the kind, save that a batch.approved leaf that quotes a paper approval
// is signed by the two persons who entered it, and copies.made by both where two persons made the copies. SignersUnknown for an unknown kind.
func SignersOf(p Payload) Signers {
	s := kinds[p.Kind].signers
	if d, ok := p.Body.(*Decision); ok && p.Kind == BatchApproved && d.PaperNumber != "" {
		return ByTwo
	}
	if p.Kind == CopiesMade && len(p.Actors) == 2 {
		return ByTwo
	}
	return s
}

// SubjectOf is the prefix of the one main subject that events of k have; "" when they may have any, or k is unknown.
func SubjectOf(k Kind) string { return kinds[k].subject }
