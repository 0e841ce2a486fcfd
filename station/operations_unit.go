package station

import "context"

// Unit is what a unit does beside receiving, moving and destroying: its departments, places and people.
type Unit interface {
	Posts
}

// DepartmentOptions enters a department or changes it. An empty Name keeps the one it has.
type DepartmentOptions struct {
	Session    string
	Department string // the unit's id
	Name       string // committed
	Highest    string // classification it may hold at most
	Closed     bool
}

// PlaceOptions enters a cabinet or room or changes it. An empty Name keeps the one it has.
type PlaceOptions struct {
	Session    string
	Place      string // the unit's id
	Department string
	Use        string // custody.PlaceUses
	Name       string // committed
	Highest    string
	Keeper     string // person; "" = nobody yet
	Closed     bool
}

// FirmOptions enters a destruction body or changes it. An empty Name or Qualification keeps the one it has.
type FirmOptions struct {
	Session       string
	Firm          string // the unit's id
	Form          string // "administration", "designated", "qualified-firm"
	Name          string // committed
	Qualification string // its number; committed
	Highest       string
	QualifiedTill string // last day
	Closed        bool
}

// PostOptions puts a person on a secret post or moves him to another. An empty Post keeps the one he has.
type PostOptions struct {
	Session     string
	Person      string
	Department  string
	Post        string // committed
	Grade       string // custody.Grades
	Clearance   string // classification
	TrainedTill string // last day
	Since       string // day; "" = today
}

// LeaveOptions ends a post.
type LeaveOptions struct {
	Person       string
	Reason       string // code: transfer, retirement, resignation, dismissal, other
	CoolingUntil string // last day of the cooling-off period (脱密期); "" = none
}

// Posts is about where carriers may be and who may handle them. Classifications are given by their word or their Chinese term. Who may
// do what is the table of package policy.
type Posts interface {
	EnterDepartment(ctx context.Context, o DepartmentOptions) (DepartmentView, error)
	EnterPlace(ctx context.Context, o PlaceOptions) (PlaceView, error)
	EnterFirm(ctx context.Context, o FirmOptions) (FirmView, error)
	// PostPerson: the person must be enrolled. He is to pledge anew after each move. Fault: person.not-enrolled.
	PostPerson(ctx context.Context, o PostOptions) (PostView, error)
	// PledgeText is what Pledge signs, word for word.
	PledgeText(ctx context.Context, leaving bool) (PledgeView, error)
	// Pledge: the person of by undertakes with his own card what PledgeText says.
	Pledge(ctx context.Context, leaving bool, by Signer) (SignedView, error)
	// LeavePerson ends a post and with it every session of the person. Faults: person.outstanding with the view that lists what is, person.not-pledged.
	LeavePerson(ctx context.Context, o LeaveOptions, by Signer) (LeaveView, error)
	// Outstanding lists what keeps a person from leaving.
	Outstanding(ctx context.Context, person string) (OutstandingView, error)
	// The lists are in the order of names, Chinese ones by their reading.
	PostList(ctx context.Context) ([]PostView, error)
	Departments(ctx context.Context) ([]DepartmentView, error)
	Places(ctx context.Context) ([]PlaceView, error)
	Firms(ctx context.Context) ([]FirmView, error)
}
