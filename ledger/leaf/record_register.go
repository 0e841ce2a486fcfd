package leaf

import (
	"fmt"
	"strings"
	"time"

	"sexton/custody"
)

// recordRegister fills in what custody needs of the kinds of register.go. It
// answers false for a body of another kind.
func recordRegister(r *custody.Record, p Payload) (bool, error) {
	v, err := registerOf(p.Body)
	if v == nil || err != nil {
		return false, err
	}
	r.Register = v
	for _, s := range p.Subjects {
		if id, ok := strings.CutPrefix(s, CarrierSubject); ok {
			r.Carriers = append(r.Carriers, id)
		}
	}
	if b, ok := p.Body.(*Proposal); ok {
		return true, recordProposal(r, b)
	}
	return true, nil
}

// recordProposal demands that the items are the subjects, in the same order.
func recordProposal(r *custody.Record, b *Proposal) error {
	if len(b.Items) != len(r.Carriers) {
		return fmt.Errorf("%d items, %d carriers", len(b.Items), len(r.Carriers))
	}
	v := r.Register.(*custody.CampaignProposal)
	for i, it := range b.Items {
		if it.Carrier != r.Carriers[i] {
			return fmt.Errorf("item %d is carrier %s, its subject is %s", i, it.Carrier, r.Carriers[i])
		}
		v.Fates = append(v.Fates, it.Fate)
	}
	return nil
}

// registerOf translates a body; nil for a body of another file.
func registerOf(body any) (any, error) {
	switch b := body.(type) {
	case *Department:
		return &custody.Department{ID: b.Department, Highest: b.Highest, Closed: b.Closed}, nil
	case *Place:
		return &custody.Place{ID: b.Place, Department: b.Department, Use: b.Use, Highest: b.Highest, Keeper: b.Keeper, Closed: b.Closed}, nil
	case *Firm:
		return &custody.Firm{ID: b.Firm, Form: b.Form, Highest: b.Highest, QualifiedTill: b.QualifiedTill, Closed: b.Closed}, nil
	case *Posted:
		return &custody.Post{Person: b.Person, Department: b.Department, Grade: b.Grade, Clearance: b.Clearance, TrainedTill: b.TrainedTill, Since: b.Since}, nil
	case *Pledged:
		return &custody.Pledge{Person: b.Person, Leaving: b.Leaving}, nil
	case *Left:
		return &custody.Leaving{Person: b.Person, CoolingUntil: b.CoolingUntil}, nil
	case *Imported:
		return &custody.ListOpen{List: b.List, Rows: b.Rows}, nil
	case *ListCount:
		return &custody.ListCount{List: b.List, Count: b.Count}, nil
	case *ListNumbers:
		return &custody.ListNumbers{List: b.List, Series: b.Series, Year: b.Year, First: b.First, Last: b.Last}, nil
	case *Document:
		return &custody.DocumentEntry{Document: b.Document, Own: b.Own, Classification: b.Classification, Period: b.Period, Dated: b.Dated, Made: b.Made}, nil
	case *Circle:
		return &custody.CircleSet{Document: b.Document, Persons: b.Persons, Request: b.Request}, nil
	case *Reclassified:
		return &custody.Reclassification{Document: b.Document, Request: b.Request, Classification: b.Classification, Period: b.Period, Release: b.Release}, nil
	case *Copies:
		return &custody.CopiesMade{Request: b.Request, Parent: b.Parent, Made: b.Made, Spoiled: b.Spoiled}, nil
	case *Request:
		return requestOf(b)
	case *RequestStep:
		return &custody.RequestDecision{Request: b.Request, Opened: b.Opened, Authority: b.Authority}, nil
	}
	if v := mediaOf(body); v != nil {
		return v, nil
	}
	return movementOf(body)
}

// mediaOf translates what is about keys and ports.
func mediaOf(body any) any {
	switch b := body.(type) {
	case *KeyEntry:
		return &custody.KeyEntry{Key: b.Key, Owner: b.Owner, Department: b.Department, Place: b.Place, Classification: b.Classification,
			Expires: b.Expires, Likeness: custody.Likeness(b.Likeness), Capacity: b.Capacity, Canary: b.Canary, Epoch: b.Epoch}
	case *KeyStep:
		return &custody.KeyStep{Key: b.Key}
	case *KeyMeeting:
		return &custody.KeyMeeting{Key: b.Key, Verdict: b.Verdict, Refused: b.Refused, Epoch: b.Epoch}
	case *Port:
		return &custody.Port{ID: b.Port, Place: b.Place, Hub: b.Hub}
	case *PortEnd:
		return &custody.PortEnd{Port: b.Port}
	}
	return nil
}

func requestOf(b *Request) (any, error) {
	until, err := parseTime("not_after", b.NotAfter)
	return &custody.RequestEntry{Request: b.Request, Act: b.Act, Document: b.Document, Count: b.Count, NotAfter: until, To: b.To, Persons: b.Persons,
		Channel: b.Channel, Classification: b.Classification, Period: b.Period}, err
}

func movementOf(body any) (any, error) {
	switch b := body.(type) {
	case *Stored:
		return &custody.Stored{Place: b.Place}, nil
	case *Movement:
		due, err := optionalTime("due", b.Due)
		return &custody.MovementOpen{Movement: b.Movement, Act: b.Act, To: b.To, Outside: b.Outside, Place: b.Place, Channel: b.Channel,
			Escorts: b.Escorts, Request: b.Request, Campaign: b.Campaign, Due: due}, err
	case *MovementStep:
		return &custody.MovementEnd{Movement: b.Movement, Opened: b.Opened, Receipt: b.Receipt != "", Checked: b.Checked}, nil
	case *Renewed:
		due, err := parseTime("due", b.Due)
		return &custody.MovementRenew{Movement: b.Movement, Due: due}, err
	case *FirmCertificate:
		return &custody.FirmCertificate{Movement: b.Movement}, nil
	case *Campaign:
		return &custody.CampaignOpen{Campaign: b.Campaign, Number: b.Number, Before: b.Before, Selected: b.Selected}, nil
	case *Proposal:
		return &custody.CampaignProposal{Campaign: b.Campaign}, nil
	case *CampaignDecision:
		return &custody.CampaignDecision{Campaign: b.Campaign, Proposals: b.Proposals}, nil
	case *CampaignEnd:
		return &custody.CampaignEnd{Campaign: b.Campaign, Done: b.Done, Left: b.Left}, nil
	case *Inspection:
		return &custody.InspectionOpen{Inspection: b.Inspection, Surprise: b.Surprise, Place: b.Place, Due: b.Due}, nil
	case *Inspected:
		return &custody.InspectionCount{Inspection: b.Inspection, Found: b.Found, Missing: b.Missing, Extra: b.Extra}, nil
	case *Finding:
		return &custody.FindingEntry{Finding: b.Finding, Inspection: b.Inspection, Code: b.Code, Answers: b.Answers, Due: b.Due}, nil
	case *FindingStep:
		return &custody.FindingStep{Finding: b.Finding, Accepted: b.Accepted}, nil
	case *Incident:
		return &custody.IncidentReport{Incident: b.Incident, What: b.What}, nil
	case *IncidentEnd:
		return &custody.IncidentEnd{Incident: b.Incident, Result: b.Result}, nil
	}
	return nil, nil
}

func optionalTime(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return parseTime(name, s)
}
