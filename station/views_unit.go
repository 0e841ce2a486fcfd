package station

import "sexton/web/api"

// Views of the unit's own duties; see views.go.
type (
	DepartmentView  = api.DepartmentView
	PlaceView       = api.PlaceView
	FirmView        = api.FirmView
	PostView        = api.PostView
	PledgeView      = api.PledgeView
	OutstandingView = api.OutstandingView
	LeaveView       = api.LeaveView
	InspectionView  = api.InspectionView
	CountView       = api.CountView
	CountedView     = api.CountedView
	FindingView     = api.FindingView
	IncidentView    = api.IncidentView
	CampaignView    = api.CampaignView
	FateView        = api.FateView
	LeftView        = api.LeftView
	ProposeView     = api.ProposeView
	CarryOutView    = api.CarryOutView
	PeriodView      = api.PeriodView
	PeriodRow       = api.PeriodRow
	MovedCount      = api.MovedCount
	OpenLink        = api.OpenLink
	DestructionLine = api.DestructionLine
	InspectionLine  = api.InspectionLine
	FindingLine     = api.FindingLine
	PersonLine      = api.PersonLine
	IncidentLine    = api.IncidentLine
	MachineLine     = api.MachineLine
	FileView        = api.FileView
	FormView        = api.FormView
	FieldView       = api.FieldView
	FoundView       = api.FoundView
	FoundPage       = api.FoundPage
)
