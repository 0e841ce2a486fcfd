package index

import (
	"database/sql"
	"errors"
	"slices"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// entitled are the roles in which one may do what the register's kinds say;
// kinds that are not here are open to every role, or custody names the role
// itself. The unit's rules narrow it further.
var entitled = map[leaf.Kind][]leaf.Role{
	leaf.DepartmentEntered: {leaf.RoleSecrecy, leaf.RoleAdmin},
	leaf.PlaceEntered:      {leaf.RoleSecrecy, leaf.RoleAdmin},
	leaf.FirmEntered:       {leaf.RoleSecrecy, leaf.RoleAdmin},
	leaf.PersonPosted:      {leaf.RoleSecrecy, leaf.RoleAdmin},
	leaf.PersonLeft:        {leaf.RoleSecrecy, leaf.RoleAdmin},
	leaf.PersonPledged:     {leaf.RolePledging},

	leaf.ListCounted:          {leaf.RoleReceiver, leaf.RoleCounter, leaf.RoleRecounter, leaf.RoleKeeper, leaf.RoleOperator},
	leaf.ListNumbered:         {leaf.RoleReceiver, leaf.RoleKeeper, leaf.RoleSecrecy, leaf.RoleOperator},
	leaf.CircleApproved:       {leaf.RoleApprover},
	leaf.DocumentReclassified: {leaf.RoleClassifier},
	leaf.CopiesMade:           {leaf.RoleKeeper, leaf.RoleOperator, leaf.RoleSecrecy},

	leaf.RequestAudited:  {leaf.RoleAuditor},
	leaf.RequestApproved: {leaf.RoleApprover, leaf.RoleClassifier},
	leaf.RequestRejected: {leaf.RoleAuditor, leaf.RoleApprover, leaf.RoleClassifier},

	leaf.CarrierStored:     {leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementOpened:    {leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementAccepted:  {leaf.RoleAccepting, leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementRefused:   {leaf.RoleAccepting, leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementReturned:  {leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementRenewed:   {leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.MovementCancelled: {leaf.RoleKeeper, leaf.RoleSecrecy},
	leaf.FirmCertified:     {leaf.RoleKeeper, leaf.RoleSecrecy},

	leaf.CampaignOpened:   {leaf.RoleSecrecy, leaf.RoleKeeper, leaf.RoleApplicant},
	leaf.CampaignProposed: {leaf.RoleSecrecy, leaf.RoleKeeper, leaf.RoleApplicant},
	leaf.CampaignApproved: {leaf.RoleApprover},
	leaf.CampaignClosed:   {leaf.RoleSecrecy, leaf.RoleKeeper, leaf.RoleApplicant},

	leaf.InspectionOpened:  {leaf.RoleInspector, leaf.RoleSecrecy},
	leaf.InspectionCounted: {leaf.RoleInspector, leaf.RoleSecrecy},
	leaf.FindingEntered:    {leaf.RoleInspector, leaf.RoleSecrecy},
	leaf.FindingCorrected:  {leaf.RoleAnswering},
	leaf.FindingClosed:     {leaf.RoleInspector, leaf.RoleSecrecy},
	leaf.IncidentClosed:    {leaf.RoleSecrecy, leaf.RoleApprover},

	leaf.KeyRegistered: {leaf.RoleAdmin},
	leaf.KeyRetired:    {leaf.RoleAdmin},
	leaf.KeyFound:      {leaf.RoleAdmin},
	leaf.PortEnrolled:  {leaf.RoleAdmin},
	leaf.PortClosed:    {leaf.RoleAdmin},
}

// checkEntitled: the role is one of those that may.
func (e *entry) checkEntitled(a leaf.Actor) error {
	if may, ok := entitled[e.p.Kind]; ok && !slices.Contains(may, a.Role) {
		return refuse(KeyRole, "%s needs one of %v, %s acts as %s", e.p.Kind, may, a.Person, a.Role)
	}
	return nil
}

// checkOnPost: who has left acts no more; his session may still be locked.
func (e *entry) checkOnPost(person string) error {
	if e.p.Kind == leaf.SessionLocked {
		return nil
	}
	h, err := e.thing(custody.Ref{Kind: custody.PostThing, ID: person})
	if h == nil || err != nil {
		return err
	}
	if post, ok := h.t.(custody.Post); ok && post.Left {
		return refuse(KeyLeft, "%s has left", person)
	}
	return nil
}

// numberOf is the number the unit gave to what a leaf enters, "" = none.
func numberOf(body any) (kind custody.ThingKind, id, number string) {
	switch b := body.(type) {
	case *leaf.Request:
		return custody.RequestThing, b.Request, b.Number
	case *leaf.Movement:
		return custody.MovementThing, b.Movement, b.Number
	case *leaf.Campaign:
		return custody.CampaignThing, b.Campaign, b.Number
	case *leaf.Inspection:
		return custody.InspectionThing, b.Inspection, b.Number
	case *leaf.Incident:
		return custody.IncidentThing, b.Incident, b.Number
	}
	return "", "", ""
}

// putNumber: a number is given once.
func (e *entry) putNumber() error {
	kind, id, number := numberOf(e.p.Body)
	if number == "" {
		return nil
	}
	var other string
	err := e.row(`SELECT id FROM ix_number WHERE kind = ? AND number = ?`, string(kind), number).Scan(&other)
	switch {
	case err == nil:
		return refuse(KeyDuplicate, "number %s of a %s is used already", number, kind)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return e.exec(`INSERT INTO ix_number (kind, number, id) VALUES (?, ?, ?)`, string(kind), number, id)
}
