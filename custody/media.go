package custody

// Things about USB media.
const (
	USBKeyThing ThingKind = "key"
	PortThing   ThingKind = "port"
	CanaryThing ThingKind = "canary" // which secrets were ever used; no leaf is about them
)

// KeyState is where a registered USB key is.
type KeyState string

// States of a key.
const (
	KeyInUse   KeyState = "registered" // 在用
	KeySuspect KeyState = "suspect"    // 可疑: its canary said that it was copied, put back or replaced
	KeyIsLost  KeyState = "lost"       // 丢失
	KeyIsOut   KeyState = "retired"    // 停用
)

// KeyStates lists the states of a key.
func KeyStates() []KeyState { return []KeyState{KeyInUse, KeySuspect, KeyIsLost, KeyIsOut} }

var keyZh = map[KeyState]string{KeyInUse: "在用", KeySuspect: "可疑", KeyIsLost: "丢失", KeyIsOut: "停用"}

// Zh is the term the forms use; empty for an unknown state.
func (s KeyState) Zh() string { return keyZh[s] }

// Likeness is what a medium looks like: SHA-256 in lower hex of what it said.
type Likeness struct {
	Descriptors map[string]string // by speed
	Strings     string
	Serial      string // "" = it has none
	Inquiry     string
	Vital       string
	Mode        string
	Blocks      int64
	BlockSize   int64
}

func (l Likeness) sound() bool {
	for _, h := range l.Descriptors {
		if !isHash(h) {
			return false
		}
	}
	for _, h := range []string{l.Strings, l.Inquiry, l.Vital, l.Mode} {
		if !isHash(h) {
			return false
		}
	}
	return len(l.Descriptors) > 0 && (l.Serial == "" || isHash(l.Serial)) && l.Blocks > 0 && (l.BlockSize == 512 || l.BlockSize == 4096)
}

// USBKey is a registered USB key: who answers for it, up to which level and where it
// may be used, what it looks like, and how far its rolling canary has come.
type USBKey struct {
	ID         string
	State      KeyState
	Owner      string // person
	Department string
	Place      string // "" = anywhere in the department
	Level      string
	Expires    string // last day
	Likeness   Likeness
	Capacity   string // how its blocks were proven: "destructive", "saved"
	Canary     string // hash of the canary's secret
	Epoch      int64  // newest that was met
	Registrar  string // person: he approves no copy to it
	Times      int64  // how often it was registered
	Leaf       string // of the registration in force
}

// Ref implements Thing.
func (k USBKey) Ref() Ref { return Ref{USBKeyThing, k.ID} }

// Port is a USB port the unit has enrolled.
type Port struct {
	ID     string // path, "1-2.3"
	Place  string // "" = the station's own
	Hub    bool   // a hub may be here
	Closed bool
}

// Ref implements Thing.
func (p Port) Ref() Ref { return Ref{PortThing, p.ID} }

// Canary is a secret that was used for a key. None is used twice.
type Canary struct {
	ID  string // hash of the secret
	Key string
}

// Ref implements Thing.
func (c Canary) Ref() Ref { return Ref{CanaryThing, c.ID} }

// What Record.Register points to for these kinds.
type (
	// KeyEntry registers a key.
	KeyEntry struct {
		Key            string
		Owner          string
		Department     string
		Place          string
		Classification string
		Expires        string
		Likeness       Likeness
		Capacity       string
		Canary         string
		Epoch          int64
	}
	// KeyStep retires a key, or says that it is lost or found.
	KeyStep struct{ Key string }
	// KeyMeeting is what a medium showed that passes for a key.
	KeyMeeting struct {
		Key     string
		Verdict string // of the canary, "" = it was not asked
		Refused string // "" = taken
		Epoch   int64
	}
	// PortEnd takes a port out of use.
	PortEnd struct{ Port string }
)

// KeyEvent is what happens to a key.
type KeyEvent string

// Events of a key.
const (
	RegisterKey KeyEvent = "register"  // also anew, with another canary
	TakeKey     KeyEvent = "take"      // met, and its canary agreed
	TurnAwayKey KeyEvent = "turn-away" // met and refused, which says nothing against it
	DoubtKey    KeyEvent = "doubt"     // its canary is stale, mixed or foreign
	LoseKey     KeyEvent = "lose"
	FindKey     KeyEvent = "find"
	RetireKey   KeyEvent = "retire"
)

func (e KeyEvent) String() string { return string(e) }

var keys = table[KeyState, KeyEvent]{
	states: []KeyState{"", KeyInUse, KeySuspect, KeyIsLost, KeyIsOut},
	events: []KeyEvent{RegisterKey, TakeKey, TurnAwayKey, DoubtKey, LoseKey, FindKey, RetireKey},
	on: map[KeyState]map[KeyEvent]KeyState{
		"":         {RegisterKey: KeyInUse},
		KeyInUse:   {TakeKey: KeyInUse, TurnAwayKey: KeyInUse, DoubtKey: KeySuspect, LoseKey: KeyIsLost, RetireKey: KeyIsOut},
		KeySuspect: {RegisterKey: KeyInUse, TurnAwayKey: KeySuspect, DoubtKey: KeySuspect, LoseKey: KeyIsLost, RetireKey: KeyIsOut},
		// A key that was lost and found has been in strange hands: its canary says what it can at the next meeting.
		KeyIsLost: {RegisterKey: KeyInUse, TurnAwayKey: KeyIsLost, FindKey: KeyInUse, RetireKey: KeyIsOut},
		KeyIsOut:  {RegisterKey: KeyInUse, TurnAwayKey: KeyIsOut},
	},
	refuse: map[KeyState]Key{"": KeyNoUSBKey, KeyIsOut: KeyUSBKeyRetired},
	needs: map[KeyEvent]Key{RegisterKey: KeyThingKnown, TakeKey: KeyUSBKeyNotInUse, TurnAwayKey: KeyInvalid, DoubtKey: KeyUSBKeyNotInUse,
		LoseKey: KeyUSBKeyLost, FindKey: KeyUSBKeyNotLost, RetireKey: KeyUSBKeyRetired},
}

// ApplyKey answers one cell of the table of keys, like Apply.
func ApplyKey(s KeyState, e KeyEvent) (KeyState, error) { return keys.apply(s, e) }
