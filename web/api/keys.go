package api

// AttachedView is one device at a USB port.
type AttachedView struct {
	Port         string   `json:"port"`
	Verdict      string   `json:"verdict"` // of the rules: "allow-interfaces", "quarantine", "reject"
	Rule         string   `json:"rule"`
	Zh           string   `json:"zh"` // why, of the rules
	En           string   `json:"en"`
	Manufacturer string   `json:"manufacturer"` // what the device says, escaped: believe none of it
	Product      string   `json:"product"`
	Serial       string   `json:"serial"`
	Hash         string   `json:"hash"`        // of its descriptors
	Key          string   `json:"key"`         // registered key it is, or passes for; "" = none
	State        string   `json:"state"`       // "refused", "looking", "taken", "turned-away", "unregistered", "registering", "ejected"
	Refused      string   `json:"refused"`     // why it was turned away, a code
	Canary       string   `json:"canary"`      // verdict; "" = it was not asked
	Differences  []string `json:"differences"` // parts that are not as registered
	StateZh      string   `json:"state_zh"`
	StateEn      string   `json:"state_en"`
}

// KeyView is one registered USB key.
type KeyView struct {
	Key        string        `json:"key"`
	Label      string        `json:"label"`
	Purpose    string        `json:"purpose"`
	Owner      string        `json:"owner"`
	OwnerName  string        `json:"owner_name"`
	Department string        `json:"department"`
	Place      string        `json:"place"` // "" = anywhere in the department
	Level      string        `json:"level"`
	LevelZh    string        `json:"level_zh"`
	Expires    string        `json:"expires"`
	DaysLeft   int64         `json:"days_left"` // negative = expired
	State      string        `json:"state"`     // "registered", "suspect", "lost", "retired"
	StateZh    string        `json:"state_zh"`
	Capacity   string        `json:"capacity"` // how it was proven: "destructive", "saved"
	Bytes      int64         `json:"bytes"`
	HasSerial  bool          `json:"has_serial"`
	Epoch      int64         `json:"epoch"`
	Registrar  string        `json:"registrar"`
	Times      int64         `json:"times"`  // how often it was registered
	Port       string        `json:"port"`   // where it is inserted and taken now, "" = nowhere
	Secret     bool          `json:"secret"` // the station has the secret of its canary
	History    []HistoryView `json:"history"`
}

// PortView is one enrolled USB port.
type PortView struct {
	Port   string `json:"port"`
	Name   string `json:"name"`
	Place  string `json:"place"` // "" = the station's own
	Hub    bool   `json:"hub"`   // a hub may be here
	Closed bool   `json:"closed"`
}

// USBView says how the USB side stands.
type USBView struct {
	State    string `json:"state"` // "none" = not configured, "connected", "away"
	Attached int64  `json:"attached"`
	Taken    int64  `json:"taken"` // registered keys that may be used now
}

// Requests about keys, ports and what is attached.
type (
	RegisterKeyRequest struct {
		Key            string `json:"key"`
		Port           string `json:"port"`
		Label          string `json:"label"`
		Purpose        string `json:"purpose"`
		Owner          string `json:"owner"`
		Department     string `json:"department"`
		Place          string `json:"place"`
		Classification string `json:"classification"`
		Expires        string `json:"expires"`
		Keep           bool   `json:"keep"`    // save and restore what the probed blocks hold
		Confirm        string `json:"confirm"` // the label, typed back
		By             Signer `json:"by"`
	}
	// KeyStepRequest retires a key, or says that it was found.
	KeyStepRequest struct {
		Key    string `json:"key"`
		Reason string `json:"reason"`
		By     Signer `json:"by"`
	}
	LoseKeyRequest struct {
		Session string `json:"session"`
		Key     string `json:"key"`
		Reason  string `json:"reason"`
	}
	// AtPortRequest is about what is inserted at a port.
	AtPortRequest struct {
		Session string `json:"session"`
		Port    string `json:"port"`
	}
	PortRequest struct {
		Session string `json:"session"`
		Port    string `json:"port"`
		Name    string `json:"name"`  // "" = as before
		Place   string `json:"place"` // "" = the station's own
		Hub     bool   `json:"hub"`
	}
	KeyFilterRequest struct {
		State string `json:"state"`
		Owner string `json:"owner"`
	}
)
