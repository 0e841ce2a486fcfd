package custody

// CampaignEvent is what happens to a clear-out.
type CampaignEvent string

// Events of a clear-out.
const (
	OpenCampaign    CampaignEvent = "open"
	ProposeFates    CampaignEvent = "propose"
	ApproveCampaign CampaignEvent = "approve"
	CarryOutFate    CampaignEvent = "carry-out" // a carrier met its fate
	CloseCampaign   CampaignEvent = "close"
)

func (e CampaignEvent) String() string { return string(e) }

var campaigns = table[CampaignState, CampaignEvent]{
	states: []CampaignState{"", CampaignOpened, CampaignApproved, CampaignClosed},
	events: []CampaignEvent{OpenCampaign, ProposeFates, ApproveCampaign, CarryOutFate, CloseCampaign},
	on: map[CampaignState]map[CampaignEvent]CampaignState{
		"":               {OpenCampaign: CampaignOpened},
		CampaignOpened:   {ProposeFates: CampaignOpened, ApproveCampaign: CampaignApproved},
		CampaignApproved: {CarryOutFate: CampaignApproved, CloseCampaign: CampaignClosed},
	},
	refuse: map[CampaignState]Key{"": KeyNoCampaign, CampaignClosed: KeyCampaignClosed},
	needs: map[CampaignEvent]Key{OpenCampaign: KeyThingKnown, ProposeFates: KeyCampaignApproved, ApproveCampaign: KeyCampaignApproved,
		CarryOutFate: KeyCampaignNotApproved, CloseCampaign: KeyCampaignNotApproved},
}

// ApplyCampaign answers one cell of the table of clear-outs, like Apply.
func ApplyCampaign(s CampaignState, e CampaignEvent) (CampaignState, error) {
	return campaigns.apply(s, e)
}

// InspectionEvent is what happens to an inspection.
type InspectionEvent string

// Events of an inspection.
const (
	OpenInspection InspectionEvent = "open"
	HandInCount    InspectionEvent = "hand-in"       // something is to be found out
	HandInClean    InspectionEvent = "hand-in-clean" // nothing differs and no finding is open
	EnterFinding   InspectionEvent = "enter-finding"
	EndFinding     InspectionEvent = "end-finding"
	EndLastFinding InspectionEvent = "end-last-finding"
)

func (e InspectionEvent) String() string { return string(e) }

var inspections = table[InspectionState, InspectionEvent]{
	states: []InspectionState{"", InspectionOpened, InspectionCounted, InspectionClosed},
	events: []InspectionEvent{OpenInspection, HandInCount, HandInClean, EnterFinding, EndFinding, EndLastFinding},
	on: map[InspectionState]map[InspectionEvent]InspectionState{
		"": {OpenInspection: InspectionOpened},
		// What is seen before the count is handed in is a finding too.
		InspectionOpened:  {HandInCount: InspectionCounted, HandInClean: InspectionClosed, EnterFinding: InspectionOpened, EndFinding: InspectionOpened, EndLastFinding: InspectionOpened},
		InspectionCounted: {EnterFinding: InspectionCounted, EndFinding: InspectionCounted, EndLastFinding: InspectionClosed},
		// A finding that is entered late opens the inspection again.
		InspectionClosed: {EnterFinding: InspectionCounted},
	},
	refuse: map[InspectionState]Key{"": KeyNoInspection},
	needs: map[InspectionEvent]Key{OpenInspection: KeyThingKnown, HandInCount: KeyInspectionCounted, HandInClean: KeyInspectionCounted,
		EnterFinding: KeyInspectionCounted, EndFinding: KeyInspectionCounted, EndLastFinding: KeyInspectionCounted},
}

// ApplyInspection answers one cell of the table of inspections, like Apply.
func ApplyInspection(s InspectionState, e InspectionEvent) (InspectionState, error) {
	return inspections.apply(s, e)
}

// FindingEvent is what happens to a finding.
type FindingEvent string

// Events of a finding.
const (
	OpenFinding    FindingEvent = "open"
	CorrectFinding FindingEvent = "correct"
	AcceptFinding  FindingEvent = "accept"
	SendBack       FindingEvent = "send-back"
)

func (e FindingEvent) String() string { return string(e) }

var findings = table[FindingState, FindingEvent]{
	states: []FindingState{"", FindingOpen, FindingCorrected, FindingClosed},
	events: []FindingEvent{OpenFinding, CorrectFinding, AcceptFinding, SendBack},
	on: map[FindingState]map[FindingEvent]FindingState{
		"":               {OpenFinding: FindingOpen},
		FindingOpen:      {CorrectFinding: FindingCorrected},
		FindingCorrected: {AcceptFinding: FindingClosed, SendBack: FindingOpen},
	},
	refuse: map[FindingState]Key{"": KeyNoFinding, FindingClosed: KeyFindingClosed},
	needs:  map[FindingEvent]Key{OpenFinding: KeyThingKnown, CorrectFinding: KeyFindingCorrected, AcceptFinding: KeyFindingOpen, SendBack: KeyFindingOpen},
}

// ApplyFinding answers one cell of the table of findings, like Apply.
func ApplyFinding(s FindingState, e FindingEvent) (FindingState, error) { return findings.apply(s, e) }
