package index

import (
	"strconv"
	"time"

	"sexton/custody"
)

// tag is one property by which carriers or things of a kind are found: the set
// of all that have it is kept, see sets.go.
type tag struct{ name, value string }

// carrierSpace is the name of the carriers' ordinals; things use their kind.
const carrierSpace = "carrier"

// Tags of carriers.
const (
	tagLevel    = "level" // as it is now
	tagKind     = "kind"
	tagState    = "state"
	tagWhere    = "where"
	tagKeeper   = "keeper"
	tagHolder   = "holder"
	tagPlace    = "place"
	tagCampaign = "campaign"
	tagFate     = "fate"  // campaign, a space, and the fate
	tagLoose    = "loose" // keeper, while a carrier has no place
	tagFlag     = "flag"
)

// Values of tagFlag.
const (
	flagCase       = "case" // an open case
	flagDue        = "due"  // has a date to be back
	flagHeld       = "held" // no disposition yet
	flagMustReturn = "must-return"
	flagSpoiled    = "spoiled"
	flagCopy       = "copy" // made here
)

// carrierTags lists what a carrier is found by.
func carrierTags(c custody.Carrier) []tag {
	tags := []tag{{tagLevel, c.Level}, {tagKind, c.Kind}, {tagState, c.State.String()}, {tagWhere, c.Where.String()},
		{tagKeeper, c.Keeper}, {tagHolder, c.With}, {tagPlace, c.Place}, {tagCampaign, c.Campaign}}
	flag := func(on bool, name string) {
		if on {
			tags = append(tags, tag{tagFlag, name})
		}
	}
	flag(c.Case != "", flagCase)
	flag(!c.Due.IsZero(), flagDue)
	flag(!c.State.Terminal(), flagHeld)
	flag(c.MustReturn, flagMustReturn)
	flag(c.Spoiled, flagSpoiled)
	flag(c.Request != "", flagCopy)
	if c.Place == "" && c.Keeper != "" {
		tags = append(tags, tag{tagLoose, c.Keeper})
	}
	if c.Fate != "" {
		tags = append(tags, tag{tagFate, fateValue(c.Campaign, c.Fate)})
	}
	return tags
}

func fateValue(campaign, fate string) string { return campaign + " " + fate }

// Tag names a property of things by which Things finds them. Which kind has
// which is in thingTags.
type Tag string

// Tags of things. The values are those of the custody types; of booleans
// "true" and "false".
const (
	TagState      Tag = "state"      // request, movement, campaign, inspection, finding, USB key; receipt: "open", "signed"
	TagAct        Tag = "act"        // request, movement
	TagFrom       Tag = "from"       // movement
	TagTo         Tag = "to"         // movement, request
	TagApplicant  Tag = "applicant"  // request
	TagDocument   Tag = "document"   // request
	TagRequest    Tag = "request"    // movement
	TagCampaign   Tag = "campaign"   // movement
	TagOpen       Tag = "open"       // request, movement, campaign, inspection, finding, incident: something is still to be done
	TagLevel      Tag = "level"      // document, USB key; department, place, firm: the highest; post: the clearance
	TagOwn        Tag = "own"        // document
	TagReleased   Tag = "released"   // document
	TagDepartment Tag = "department" // place, post, USB key
	TagUse        Tag = "use"        // place
	TagKeeper     Tag = "keeper"     // place; USB key: its owner
	TagClosed     Tag = "closed"     // department, place, firm, port
	TagForm       Tag = "form"       // firm
	TagGrade      Tag = "grade"      // post
	TagLeft       Tag = "left"       // post
	TagPlace      Tag = "place"      // inspection, USB key, port
	TagInspector  Tag = "inspector"  // inspection
	TagInspection Tag = "inspection" // finding
	TagAnswers    Tag = "answers"    // finding
	TagCarrier    Tag = "carrier"    // finding, incident
	TagWhat       Tag = "what"       // incident
	TagReporter   Tag = "reporter"   // incident
	TagReceiver   Tag = "receiver"   // receipt
)

// thingTags lists what a thing is found by, and the time something is due.
func thingTags(t custody.Thing) (tags []tag, due time.Time) {
	add, yes := collect(&tags)
	switch t := t.(type) {
	case custody.Document:
		add(TagLevel, t.Classification)
		yes(TagOwn, t.Own)
		yes(TagReleased, t.Released)
	case custody.Request:
		open := t.State == custody.RequestOpen || t.State == custody.RequestAudited || t.State == custody.RequestApproved
		add(TagState, string(t.State))
		add(TagAct, t.Act)
		add(TagApplicant, t.Applicant)
		add(TagDocument, t.Document)
		add(TagTo, t.To)
		yes(TagOpen, open)
		if open {
			due = t.NotAfter
		}
	case custody.Movement:
		open := t.State == custody.MovementOpened || t.State == custody.MovementAccepted
		add(TagState, string(t.State))
		add(TagAct, t.Act)
		add(TagFrom, t.From)
		add(TagTo, t.To)
		add(TagRequest, t.Request)
		add(TagCampaign, t.Campaign)
		yes(TagOpen, open)
		if open {
			due = t.Due
		}
	case custody.Receipt:
		add(TagState, map[bool]string{true: "open", false: "signed"}[t.Receiver == ""])
		add(TagReceiver, t.Receiver)
	default:
		return officeTags(t)
	}
	return tags, due
}

// collect gives two functions that add a tag; what is empty has none.
func collect(tags *[]tag) (add func(Tag, string), yes func(Tag, bool)) {
	add = func(name Tag, value string) {
		if value != "" {
			*tags = append(*tags, tag{string(name), value})
		}
	}
	return add, func(name Tag, on bool) { add(name, strconv.FormatBool(on)) }
}

func officeTags(t custody.Thing) (tags []tag, due time.Time) {
	add, yes := collect(&tags)
	switch t := t.(type) {
	case custody.Department:
		add(TagLevel, t.Highest)
		yes(TagClosed, t.Closed)
	case custody.Place:
		add(TagLevel, t.Highest)
		add(TagDepartment, t.Department)
		add(TagUse, t.Use)
		add(TagKeeper, t.Keeper)
		yes(TagClosed, t.Closed)
	case custody.Firm:
		add(TagLevel, t.Highest)
		add(TagForm, t.Form)
		yes(TagClosed, t.Closed)
	case custody.Post:
		add(TagLevel, t.Clearance)
		add(TagDepartment, t.Department)
		add(TagGrade, t.Grade)
		yes(TagLeft, t.Left)
	case custody.Campaign:
		add(TagState, string(t.State))
		yes(TagOpen, t.State != custody.CampaignClosed)
	case custody.Inspection:
		add(TagState, string(t.State))
		add(TagPlace, t.Place)
		add(TagInspector, t.Inspector)
		yes(TagOpen, t.State != custody.InspectionClosed)
	case custody.Finding:
		add(TagState, string(t.State))
		add(TagInspection, t.Inspection)
		add(TagAnswers, t.Answers)
		add(TagCarrier, t.Carrier)
		yes(TagOpen, t.State != custody.FindingClosed)
		if t.State != custody.FindingClosed {
			due = lastMoment(t.Due)
		}
	case custody.Incident:
		add(TagWhat, t.What)
		add(TagReporter, t.Reporter)
		yes(TagOpen, !t.Closed)
		for _, c := range t.Carriers {
			add(TagCarrier, c)
		}
	case custody.USBKey:
		add(TagState, string(t.State))
		add(TagLevel, t.Level)
		add(TagKeeper, t.Owner)
		add(TagDepartment, t.Department)
		add(TagPlace, t.Place)
		if t.State != custody.KeyIsOut {
			due = lastMoment(t.Expires)
		}
	case custody.Port:
		add(TagPlace, t.Place)
		yes(TagClosed, t.Closed)
	}
	return tags, due
}

// lastMoment is the end of a day, zero for none.
func lastMoment(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}
	}
	return t.Add(24*time.Hour - time.Millisecond)
}
