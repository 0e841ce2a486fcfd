package station

// SearchFilter selects carriers; the zero value selects all that were ever registered.
type SearchFilter struct {
	Number   string // part of the carrier's number
	List     string
	Batch    string
	State    string // word of custody.State
	Held     bool   // no disposition yet
	Where    string // word of custody.Where
	Kind     string
	Level    string // classification now
	Keeper   string // person who answers for it
	Holder   string // person who keeps it or has it in hand
	Place    string
	Parent   string // carrier it is a copy of
	Campaign string
}
