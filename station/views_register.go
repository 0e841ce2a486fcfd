package station

import "sexton/web/api"

// Views of documents, applications, movements and keeping; see views.go.
type (
	DocumentView = api.DocumentView
	DocumentPage = api.DocumentPage
	CopyView     = api.CopyView
	CopiesView   = api.CopiesView
	SearchedView = api.SearchedView
	BalanceView  = api.BalanceView
	EdgeView     = api.EdgeView
	RequestView  = api.RequestView
	OpinionView  = api.OpinionView
	NeedsView    = api.NeedsView
	RequestPage  = api.RequestPage
	HandView     = api.HandView
	MovementView = api.MovementView
	MovedCarrier = api.MovedCarrier
	MovementPage = api.MovementPage
	KnewView     = api.KnewView
	KnewPage     = api.KnewPage
	HeldView     = api.HeldView
	HeldPage     = api.HeldPage
)
