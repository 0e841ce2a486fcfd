package leaf

// Kinds about USB media: registered keys, the ports they come in by, and whatever
// else attaches. A medium is known by hashes of its bytes, never by its texts.
const (
	KeyRegistered Kind = "key.registered" // administrator's card
	KeyRetired    Kind = "key.retired"    // administrator's card
	KeyLost       Kind = "key.lost"
	KeyFound      Kind = "key.found" // administrator's card
	KeyMet        Kind = "key.met"

	PortEnrolled Kind = "port.enrolled"
	PortClosed   Kind = "port.closed"

	MediaAttached Kind = "media.attached"
	MediaRemoved  Kind = "media.removed"
	MediaViolated Kind = "media.violated"
)

// KeyEntry registers a key, or registers it anew with another canary.
type KeyEntry struct {
	Key            string     `json:"key"` // the unit's number (保密编号)
	Label          Commitment `json:"label"`
	Purpose        Commitment `json:"purpose"`
	Owner          string     `json:"owner"` // person
	Department     string     `json:"department"`
	Place          string     `json:"place"` // "" = anywhere in the department
	Classification string     `json:"classification"`
	Expires        string     `json:"expires"`       // last day
	Likeness       Likeness   `json:"likeness"`      // as seen at registration
	Capacity       string     `json:"capacity"`      // how the blocks were proven: "destructive", "saved"
	Canary         string     `json:"canary_sha256"` // of the secret the canary is made with, which never leaves the station
	Epoch          int64      `json:"epoch"`         // laid at registration
	Port           string     `json:"port"`          // at which it was registered
	Transcript     string     `json:"transcript_sha256"`
}

// Likeness is what a medium looks like: SHA-256 in lower hex of what it said.
type Likeness struct {
	Descriptors map[string]string `json:"descriptors"` // by speed, Mbit/s
	Strings     string            `json:"strings"`
	Serial      string            `json:"serial"` // "" = it has none
	Inquiry     string            `json:"inquiry"`
	Vital       string            `json:"vital"`
	Mode        string            `json:"mode"`
	Blocks      int64             `json:"blocks"`
	BlockSize   int64             `json:"block_size"`
}

// KeyStep retires a key, or says that it is lost or found.
type KeyStep struct {
	Key    string     `json:"key"`
	Reason Commitment `json:"reason"`
}

// KeyMeeting is what was seen of a registered key, or of what looks like one, when
// it was met.
type KeyMeeting struct {
	Key         string   `json:"key"`
	Port        string   `json:"port"`
	Occasion    string   `json:"occasion"`          // "insert", "check", "eject"
	Verdict     string   `json:"verdict"`           // of the canary; "" = it was not asked
	Refused     string   `json:"refused"`           // why no data may be exchanged, a code; "" = taken
	Epoch       int64    `json:"epoch"`             // on the medium now, as far as is known
	Differences []string `json:"differences"`       // parts that are not as registered
	Transcript  string   `json:"transcript_sha256"` // digest of every command and outcome; "" = none was sent
	Count       int64    `json:"count"`             // equal ones within a minute that this leaf stands for
}

// Port enrols a port, or says it anew: the newest leaf holds.
type Port struct {
	Port  string     `json:"port"`  // path, "1-2.3"
	Place string     `json:"place"` // "" = the station's own
	Hub   bool       `json:"hub"`   // a hub may be here
	Name  Commitment `json:"name"`
}

// PortEnd takes a port out of use.
type PortEnd struct {
	Port string `json:"port"`
}

// Attachment is a medium or any other device that attached, and what was decided
// from its descriptors before anything else looked at it.
type Attachment struct {
	Port        string `json:"port"`
	Descriptors string `json:"descriptors_sha256"` // SHA-256 of the raw descriptors
	Verdict     string `json:"verdict"`            // "allow-interfaces", "quarantine", "reject"
	Rule        string `json:"rule"`               // that decided
	Detail      string `json:"detail"`             // numbers of the device, escaped
	Count       int64  `json:"count"`              // equal ones within a minute that this leaf stands for
}

// Removal is a device that left.
type Removal struct {
	Port        string `json:"port"`
	Descriptors string `json:"descriptors_sha256"`
	Count       int64  `json:"count"`
}

// Violation is what a device did that its protocol forbids.
type Violation struct {
	Port    string `json:"port"`
	Key     string `json:"key"`     // registered key it passes for; "" = none
	Code    string `json:"code"`    // stable: "wrong-tag", ...
	Command int64  `json:"command"` // number of the command in the session, from 1
	Opcode  int64  `json:"opcode"`  // of the SCSI command; -1 = none
	Count   int64  `json:"count"`
}
