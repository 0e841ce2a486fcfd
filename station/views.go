package station

import (
	"sexton/policy"
	"sexton/web/api"
)

// The views are the wire types themselves: what a method of Operations gives is what a client of the socket reads. They are plain
// values, safe to keep, and are documented in package api.
type (
	StatusView      = api.StatusView
	PolicyView      = api.PolicyView
	LedgerView      = api.LedgerView
	MachineView     = api.MachineView
	ReaderView      = api.ReaderView
	SessionView     = api.SessionView
	TriesView       = api.TriesView
	PersonView      = api.PersonView
	RowFault        = api.RowFault
	ImportView      = api.ImportView
	ListView        = api.ListView
	CarrierView     = api.CarrierView
	HistoryView     = api.HistoryView
	Actor           = api.Actor
	CarrierPage     = api.CarrierPage
	BatchView       = api.BatchView
	Waiting         = api.Waiting
	OpenCase        = api.OpenCase
	SignedView      = api.SignedView
	Progress        = api.Progress
	OutcomeView     = api.OutcomeView
	ReconcileView   = api.ReconcileView
	CertificateView = api.CertificateView
	Event           = api.Event
	Explanation     = policy.Explanation
)
