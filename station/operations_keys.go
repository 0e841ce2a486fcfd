package station

import "context"

// KeyOptions registers the USB key that is inserted at a port, or registers a key anew that was lost, doubted or retired.
type KeyOptions struct {
	Key            string // the unit's number (保密编号)
	Port           string // "" = the only device that is inserted
	Label          string // committed; anew "" = as before
	Purpose        string // committed; anew "" = as before
	Owner          string // person
	Department     string
	Place          string // "" = anywhere in the department
	Classification string // up to which it may hold
	Expires        string // last day
	// Keep saves what the probed blocks hold and writes it back. Otherwise what they hold is lost. In both cases the canary takes some of the
	// last blocks of the medium for good.
	Keep    bool
	Confirm string // the label, typed back: the medium is written
}

// KeyFilter selects keys; zero fields select all.
type KeyFilter struct {
	State string // custody.KeyStates
	Owner string
}

// Keys is about USB keys: only registered ones are taken, and each insertion asks its canary before anything else. What is
// shown of a device is escaped, and said by the device.
//
// A canary detects a copy, at the latest when the second of the two is met; it does not prevent one.
type Keys interface {
	// Attached lists what is inserted and what was decided. Fault: media.off.
	Attached(ctx context.Context) ([]AttachedView, error)
	// RegisterKey proves the capacity, lays the canary and registers. Nothing is written before the law has agreed.
	// Faults: media.*, key.fake, key.known, key.unwritable.
	RegisterKey(ctx context.Context, o KeyOptions, by Signer) (KeyView, error)
	// CheckKey asks the canary of what is inserted again. Faults: media.none, key.refused, key.copied.
	CheckKey(ctx context.Context, port, session string) (AttachedView, error)
	// EjectKey rotates the canary a last time and shuts the key out until it is inserted again. The same faults.
	EjectKey(ctx context.Context, port, session string) (AttachedView, error)
	RetireKey(ctx context.Context, key, reason string, by Signer) (KeyView, error)
	// LoseKey reports a key as lost; anybody enrolled may. Until it is found or registered anew it is turned away.
	LoseKey(ctx context.Context, key, reason, session string) (KeyView, error)
	FindKey(ctx context.Context, key, reason string, by Signer) (KeyView, error)
	KeyList(ctx context.Context, f KeyFilter) ([]KeyView, error)
	// Key shows one, with history.
	Key(ctx context.Context, key string) (KeyView, error)
}

// PortOptions enrols a USB port or changes it. An empty Name keeps the one it has.
type PortOptions struct {
	Session string
	Port    string // path, "1-2.3"
	Name    string // committed
	Place   string // "" = the station's own
	Hub     bool   // a hub may be here
}

// Ports is about where media come in. A port that is enrolled in a place takes keys of that place's department only, and keys that
// are bound to a place only there.
type Ports interface {
	EnrolPort(ctx context.Context, o PortOptions) (PortView, error)
	ClosePort(ctx context.Context, port, session string) (PortView, error)
	PortList(ctx context.Context) ([]PortView, error)
}
