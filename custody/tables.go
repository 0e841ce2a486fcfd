package custody

import "fmt"

// table decides one kind of thing that has states: where each state goes on
// each event, and why it goes nowhere else. A state's own reason comes before
// the event's.
type table[S comparable, E interface {
	comparable
	String() string
}] struct {
	states []S // in the order of its life, the zero state first
	events []E
	on     map[S]map[E]S
	refuse map[S]Key
	needs  map[E]Key
}

// apply answers one cell: the state after e, or a *Refusal.
func (t *table[S, E]) apply(s S, e E) (S, error) {
	if next, ok := t.on[s][e]; ok {
		return next, nil
	}
	var none S
	key, known := t.needs[e]
	if !known {
		return none, refuse(KeyInvalid, "", "%v on %v", e, s)
	}
	if k, ok := t.refuse[s]; ok {
		key = k
	}
	return none, refuse(key, "", "%v on %v", e, s)
}

// each gives every cell to f.
func (t *table[S, E]) each(f func(state, event, next string, err error)) {
	for _, s := range t.states {
		for _, e := range t.events {
			next, err := t.apply(s, e)
			f(nameOf(s), e.String(), nameOf(next), err)
		}
	}
}

// nameOf is the word of a state; the zero state of a thing has none.
func nameOf(s any) string {
	if word := fmt.Sprint(s); word != "" {
		return word
	}
	return "none"
}

// Hand is what can happen to a carrier's whereabouts.
type Hand int

// Hands.
const (
	unknownHand Hand = iota
	Shelve           // signed for, found, or not fed after all: it is in its keeper's hands
	Handle           // counted, sealed, stored, re-marked or proposed: it stays where it is
	HandOut          // given to somebody of this unit
	Send             // given to another unit, or to our own archive for good
	TakeToRead       // the reader signed
	TakeOnLoan       // the borrower signed
	TakeOutside      // who carries it out signed
	TakeOver         // its new keeper signed
	SignFor          // the other unit's receipt is here; custody ends by the disposition
	GiveBack         // refused or cancelled
	BringBack        // returned to its keeper
	Extend           // a new date
	LetGo            // its custody ends from the shelf: released
	Settle           // its custody ends by a receipt
	Feed             // the machine has a permission for it
	GoMissing        // a count did not find it
	endOfHands
)

var handWords = [endOfHands]string{"unknown", "shelve", "handle", "hand-out", "send", "take-to-read", "take-on-loan", "take-outside", "take-over",
	"sign-for", "give-back", "bring-back", "extend", "let-go", "settle", "feed", "go-missing"}

// Hands lists every hand.
func Hands() []Hand { return enumerate[Hand](int(endOfHands))[1:] }

func (h Hand) String() string {
	return wordOf(h >= 0 && h < endOfHands, "hand", int(h), func() string { return handWords[h] })
}

// hands is the one table of whereabouts.
var hands = table[Where, Hand]{
	states: Wheres(), events: Hands(),
	on: map[Where]map[Hand]Where{
		Nowhere: {Shelve: OnShelf, GoMissing: Nowhere},
		OnShelf: {Handle: OnShelf, HandOut: Offered, Send: InTransit, LetGo: Nowhere, Feed: Nowhere, GoMissing: Nowhere},
		Offered: {TakeToRead: Circulating, TakeOnLoan: OnLoan, TakeOutside: CarriedOut, TakeOver: OnShelf, GiveBack: OnShelf, GoMissing: Nowhere},
		// What is out stays out until its keeper has it back.
		Circulating: {BringBack: OnShelf, Extend: Circulating, GoMissing: Nowhere},
		OnLoan:      {BringBack: OnShelf, Extend: OnLoan, GoMissing: Nowhere},
		CarriedOut:  {BringBack: OnShelf, Extend: CarriedOut, GoMissing: Nowhere},
		InTransit:   {SignFor: InTransit, GiveBack: OnShelf, Settle: Nowhere, GoMissing: Nowhere},
	},
	needs: map[Hand]Key{
		Shelve: KeyHeld, Handle: KeyNotOnShelf, HandOut: KeyNotOnShelf, Send: KeyNotOnShelf, LetGo: KeyNotOnShelf, Feed: KeyNotOnShelf,
		TakeToRead: KeyNotOffered, TakeOnLoan: KeyNotOffered, TakeOutside: KeyNotOffered, TakeOver: KeyNotOffered, GiveBack: KeyNotOffered,
		BringBack: KeyNotOut, Extend: KeyNotOut, SignFor: KeyNotSent, Settle: KeyNotSent, GoMissing: KeyNotReceived,
	},
}

// ApplyHand answers one cell of the table of whereabouts, like Apply.
func ApplyHand(w Where, h Hand) (Where, error) { return hands.apply(w, h) }

// RequestEvent is what happens to a request.
type RequestEvent string

// Events of a request.
const (
	OpenRequest     RequestEvent = "open"
	AuditRequest    RequestEvent = "audit"
	ApproveRequest  RequestEvent = "approve"
	RejectRequest   RequestEvent = "reject"
	WithdrawRequest RequestEvent = "withdraw"
	UseRequest      RequestEvent = "use"    // uses are left
	UseUpRequest    RequestEvent = "use-up" // the last one
)

func (e RequestEvent) String() string { return string(e) }

var requests = table[RequestState, RequestEvent]{
	states: []RequestState{"", RequestOpen, RequestAudited, RequestApproved, RequestRejected, RequestWithdrawn, RequestUsed},
	events: []RequestEvent{OpenRequest, AuditRequest, ApproveRequest, RejectRequest, WithdrawRequest, UseRequest, UseUpRequest},
	on: map[RequestState]map[RequestEvent]RequestState{
		"":              {OpenRequest: RequestOpen},
		RequestOpen:     {AuditRequest: RequestAudited, ApproveRequest: RequestApproved, RejectRequest: RequestRejected, WithdrawRequest: RequestWithdrawn},
		RequestAudited:  {ApproveRequest: RequestApproved, RejectRequest: RequestRejected, WithdrawRequest: RequestWithdrawn},
		RequestApproved: {UseRequest: RequestApproved, UseUpRequest: RequestUsed},
	},
	refuse: map[RequestState]Key{"": KeyNoRequest, RequestRejected: KeyRequestFinal, RequestWithdrawn: KeyRequestFinal, RequestUsed: KeyRequestFinal},
	needs: map[RequestEvent]Key{OpenRequest: KeyThingKnown, AuditRequest: KeyRequestDecided, ApproveRequest: KeyRequestDecided, RejectRequest: KeyRequestDecided,
		WithdrawRequest: KeyRequestDecided, UseRequest: KeyRequestNotApproved, UseUpRequest: KeyRequestNotApproved},
}

// ApplyRequest answers one cell of the table of requests, like Apply.
func ApplyRequest(s RequestState, e RequestEvent) (RequestState, error) { return requests.apply(s, e) }

// MovementEvent is what happens to a movement as a whole. While carriers are
// still out it stays open; the events that end in -last take the last of them.
type MovementEvent string

// Events of a movement.
const (
	OpenMovement   MovementEvent = "open"
	AcceptMovement MovementEvent = "accept"
	RenewMovement  MovementEvent = "renew"
	RefuseMovement MovementEvent = "refuse"
	CancelMovement MovementEvent = "cancel"
	ReturnMovement MovementEvent = "return"
	SettleMovement MovementEvent = "settle" // a carrier's disposition
	LoseMovement   MovementEvent = "lose"   // a carrier is missing
	AcceptLast     MovementEvent = "accept-last"
	RefuseLast     MovementEvent = "refuse-last"
	CancelLast     MovementEvent = "cancel-last"
	ReturnLast     MovementEvent = "return-last"
	SettleLast     MovementEvent = "settle-last"
	LoseLast       MovementEvent = "lose-last"
)

func (e MovementEvent) String() string { return string(e) }

// lastOf is the event that takes the last carrier out of a movement.
var lastOf = map[MovementEvent]MovementEvent{AcceptMovement: AcceptLast, RefuseMovement: RefuseLast, CancelMovement: CancelLast,
	ReturnMovement: ReturnLast, SettleMovement: SettleLast, LoseMovement: LoseLast}

var movements = table[MovementState, MovementEvent]{
	states: []MovementState{"", MovementOpened, MovementAccepted, MovementClosed, MovementRefused, MovementCancelled},
	events: []MovementEvent{OpenMovement, AcceptMovement, RenewMovement, RefuseMovement, CancelMovement, ReturnMovement, SettleMovement, LoseMovement,
		AcceptLast, RefuseLast, CancelLast, ReturnLast, SettleLast, LoseLast},
	on: map[MovementState]map[MovementEvent]MovementState{
		"": {OpenMovement: MovementOpened},
		MovementOpened: {AcceptMovement: MovementAccepted, AcceptLast: MovementClosed, RefuseMovement: MovementOpened, RefuseLast: MovementRefused,
			CancelMovement: MovementOpened, CancelLast: MovementCancelled, LoseMovement: MovementOpened, LoseLast: MovementCancelled},
		// Once a part was accepted the rest can still be refused or taken back.
		MovementAccepted: {AcceptMovement: MovementAccepted, AcceptLast: MovementClosed, RenewMovement: MovementAccepted,
			RefuseMovement: MovementAccepted, RefuseLast: MovementClosed, CancelMovement: MovementAccepted, CancelLast: MovementClosed,
			ReturnMovement: MovementAccepted, ReturnLast: MovementClosed, SettleMovement: MovementAccepted, SettleLast: MovementClosed,
			LoseMovement: MovementAccepted, LoseLast: MovementClosed},
	},
	refuse: map[MovementState]Key{"": KeyNoMovement, MovementClosed: KeyMovementFinal, MovementRefused: KeyMovementFinal, MovementCancelled: KeyMovementFinal},
	needs: map[MovementEvent]Key{OpenMovement: KeyThingKnown, AcceptMovement: KeyMovementFinal, RenewMovement: KeyNotSigned, RefuseMovement: KeyMovementFinal,
		CancelMovement: KeyMovementFinal, ReturnMovement: KeyNotSigned, SettleMovement: KeyNotSigned, LoseMovement: KeyMovementFinal,
		AcceptLast: KeyMovementFinal, RefuseLast: KeyMovementFinal, CancelLast: KeyMovementFinal, ReturnLast: KeyNotSigned, SettleLast: KeyNotSigned,
		LoseLast: KeyMovementFinal},
}

// ApplyMovement answers one cell of the table of movements, like Apply.
func ApplyMovement(s MovementState, e MovementEvent) (MovementState, error) {
	return movements.apply(s, e)
}
