// Package api is what the daemon and its clients say to each other over the
// local socket: HTTP/1.1 with JSON, one POST per operation.
//
//	client ──POST /v1/<operation> {request}──> daemon
//	       <──── {"result": …, "fault": …} ───
//	       GET  /v1/events      text/event-stream of Event
//	       POST /v1/batch/feed  one JSON value per line: {"progress": …}*, then {"result"|"fault": …}
//
// A fault travels with the result where the operation has something to show
// beside it (the bad rows of a list). The status code repeats the fault's kind:
// 400 usage, 401 authentication, 403 refused, 409 indeterminate, 503 hardware,
// 500 internal. Clients decide by the fault, not by the code.
//
// PINs travel in [Secret], which never prints itself. There is no way to reach
// this interface but the socket, whose peers the kernel names.
package api

import (
	"encoding/json"
	"errors"
	"time"

	"sexton/internal/fault"
)

// Reply is the envelope of every answer.
type Reply[T any] struct {
	Result *T           `json:"result,omitempty"`
	Fault  *fault.Fault `json:"fault,omitempty"`
}

// FeedLine is one line of the answer to batch/feed.
type FeedLine struct {
	Progress *Progress    `json:"progress,omitempty"`
	Result   *OutcomeView `json:"result,omitempty"`
	Fault    *fault.Fault `json:"fault,omitempty"`
}

// Secret holds a PIN on its way. It reads as a JSON string of digits and never
// prints them.
type Secret []byte

// String redacts.
func (Secret) String() string { return "[redacted]" }

// GoString redacts.
func (Secret) GoString() string { return "[redacted]" }

// MarshalJSON writes the digits: only a client calls it, to send them.
func (s Secret) MarshalJSON() ([]byte, error) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return nil, errors.New("cannot send a PIN that is not digits")
		}
	}
	out := make([]byte, 0, len(s)+2)
	return append(append(append(out, '"'), s...), '"'), nil
}

// UnmarshalJSON takes the digits without making a string of them.
func (s *Secret) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' || len(b) > 34 {
		return errors.New("cannot read PIN: not a short string")
	}
	for _, c := range b[1 : len(b)-1] {
		if c < '0' || c > '9' {
			return errors.New("cannot read PIN: not digits")
		}
	}
	*s = append(Secret(nil), b[1:len(b)-1]...)
	return nil
}

// Signer is who signs: his session and the PIN typed for this one signature.
type Signer struct {
	Session string `json:"session"`
	PIN     Secret `json:"pin"`
	LastTry bool   `json:"last_try"` // he knows that one try is left
}

// Requests. A request without fields is None.
type (
	None struct{}
	// ByID names one thing: a batch, list or carrier by id or number.
	ByID struct {
		ID string `json:"id"`
	}
	// ByReader names a reader.
	ByReader struct {
		Reader string `json:"reader"`
	}
	LoginRequest struct {
		Reader  string `json:"reader"`
		PIN     Secret `json:"pin"`
		LastTry bool   `json:"last_try"`
	}
	LogoutRequest struct {
		Session string `json:"session"`
	}
	EnrolRequest struct {
		Person  string   `json:"person"`
		Name    string   `json:"name"`
		Roles   []string `json:"roles"`
		Reader  string   `json:"reader"`
		PIN     Secret   `json:"pin"` // of the card to be enrolled; may be empty
		LastTry bool     `json:"last_try"`
		Admin   Signer   `json:"admin"`
		// Namesake: another person than the enrolled one of the same name or certificate subject.
		Namesake bool `json:"namesake"`
	}
	MachineRequest struct {
		Machine        string           `json:"machine"`
		ApprovalNo     string           `json:"approval_no"`
		SecurityLevels map[string]int64 `json:"security_levels"`
		Admin          Signer           `json:"admin"`
	}
	// ExplainRequest asks what an act demands, in Chinese, English or wire words. The answer is a policy.Explanation.
	ExplainRequest struct {
		Act            string `json:"act"`
		Classification string `json:"classification"`
		CarrierKind    string `json:"carrier_kind"`
	}
	PolicyRequest struct {
		Profile []byte `json:"profile"`
		Admin   Signer `json:"admin"`
	}
	ImportRequest struct {
		Source   []byte `json:"source"`
		Session  string `json:"session"`
		AllowBad bool   `json:"allow_bad"`
	}
	FilterRequest struct {
		List           string `json:"list"`
		Batch          string `json:"batch"`
		State          string `json:"state"`
		Kind           string `json:"kind"`
		Classification string `json:"classification"`
		Text           string `json:"text"`
		Offset         int64  `json:"offset"`
		Limit          int64  `json:"limit"`
	}
	OpenRequest struct {
		Session  string   `json:"session"`
		List     string   `json:"list"`
		Number   string   `json:"number"`
		Carriers []string `json:"carriers"`
	}
	CountRequest struct {
		Batch   string            `json:"batch"`
		Session string            `json:"session"`
		Round   int               `json:"round"`
		Found   []string          `json:"found"`
		Explain map[string]string `json:"explain"`
	}
	// SignRequest signs one step of a batch or list.
	SignRequest struct {
		ID string `json:"id"`
		By Signer `json:"by"`
	}
	SealRequest struct {
		Batch    string    `json:"batch"`
		NotAfter time.Time `json:"not_after"`
		Method   string    `json:"method"`
		By       Signer    `json:"by"`
	}
	ApproveRequest struct {
		Batch       string `json:"batch"`
		Authority   string `json:"authority"`
		PaperNumber string `json:"paper_number"`
		PaperScan   []byte `json:"paper_scan"`
		By          Signer `json:"by"`
	}
	// ReasonRequest rejects (By) or voids (Session).
	ReasonRequest struct {
		Batch   string `json:"batch"`
		Reason  string `json:"reason"`
		Session string `json:"session"`
		By      Signer `json:"by"`
	}
	TeamRequest struct {
		Batch     string `json:"batch"`
		Session   string `json:"session"`
		Destroyer string `json:"destroyer"`
		Attestor  string `json:"attestor"`
	}
	FeedRequest struct {
		Batch   string `json:"batch"`
		Carrier string `json:"carrier"`
	}
	WithdrawRequest struct {
		Batch string `json:"batch"`
		Cause string `json:"cause"`
	}
	ResolveRequest struct {
		Carrier    string `json:"carrier"`
		Resolution string `json:"resolution"`
		Reason     string `json:"reason"`
		By         Signer `json:"by"`
	}
	WriteOffRequest struct {
		Carrier   string `json:"carrier"`
		Incident  string `json:"incident"`
		Party     string `json:"party"`
		Reference string `json:"reference"`
		With      string `json:"with"` // the other signer, in the first call
		By        Signer `json:"by"`
	}
	ExportRequest struct {
		Dir string `json:"dir"` // absolute
	}
	ProofRequest struct {
		Index int64 `json:"index"`
	}
)

// ProofView is one leaf with its C2SP tlog-proof.
type ProofView struct {
	Index int64           `json:"index"`
	Leaf  json.RawMessage `json:"leaf"`
	Proof string          `json:"proof"`
}

// ExportView tells where a mirror of the ledger was written.
type ExportView struct {
	Dir  string `json:"dir"`
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// TrustView is the trust file of this log: for the inspector's office, which
// compares it with what it was told by other ways.
type TrustView struct {
	Text string `json:"text"`
}

// AuditView is the result of a full audit of the running ledger.
type AuditView struct {
	Size       int64  `json:"size"`
	Root       string `json:"root"`
	Checkpoint string `json:"checkpoint"`
}
