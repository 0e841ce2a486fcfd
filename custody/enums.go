package custody

import "fmt"

// State is where one carrier is in its life. The zero value is no state of a
// registered carrier.
type State int

// States of a carrier, in the order of its life.
const (
	Unknown            State = iota // never registered here
	Registered                      // entered from a list, not yet signed for
	Received                        // signed for
	Counted                         // found by two counts; held
	Missing                         // a count did not find it
	Sealed                          // at one place of a manifest being sealed or sealed
	Approved                        // the approver agreed to the manifest
	Authorised                      // destroyer and attestor signed
	Released                        // the machine has, or had, a permission for its batch
	Destroyed                       // final: two physical signals under an authenticated permission
	Unverified                      // open: fed, but the evidence is thin
	Disputed                        // open: the evidence contradicts itself
	Indeterminate                   // open: the outcome was lost
	Resolved                        // final: an open case that two persons closed as destroyed, on evidence
	Certified                       // final: destroyed, and a certificate says so
	Archived                        // final
	Transferred                     // final
	Returned                        // final: returned to its issuer
	Declassified                    // final: released
	Lost                            // final: written off by two persons
	Consigned                       // final here: handed to a destruction body, whose word is not known yet
	DestroyedElsewhere              // final: that body certified the destruction; never the same as destroyed here
	endOfStates
)

var stateWords = [endOfStates]struct{ word, zh string }{
	{"unknown", "未登记"}, {"registered", "已登记"}, {"received", "已签收"}, {"counted", "在库（已清点）"},
	{"missing", "未找到"}, {"sealed", "已封存"}, {"approved", "已批准"}, {"authorised", "已授权"},
	{"released", "销毁中"}, {"destroyed", "已销毁"}, {"unverified", "未核实"}, {"disputed", "有争议"},
	{"indeterminate", "结果不明"}, {"resolved", "已销毁（核定）"}, {"certified", "已出具证明"}, {"archived", "已归档"},
	{"transferred", "已移交"}, {"returned", "已清退"}, {"declassified", "已解密"}, {"lost", "已核销"},
	{"consigned", "已送销"}, {"destroyed-elsewhere", "已销毁（受托单位）"},
}

// States lists every state, Unknown first.
func States() []State { return enumerate[State](int(endOfStates)) }

func (s State) String() string {
	return wordOf(s >= 0 && s < endOfStates, "state", int(s), func() string { return stateWords[s].word })
}

// Zh is the term the forms use.
func (s State) Zh() string {
	return wordOf(s >= 0 && s < endOfStates, "state", int(s), func() string { return stateWords[s].zh })
}

// MarshalText writes the word; an invalid state is an error.
func (s State) MarshalText() ([]byte, error) { return marshalWord(s, s >= 0 && s < endOfStates) }

// UnmarshalText reads exactly one of the words.
func (s *State) UnmarshalText(b []byte) error { return unmarshalWord(s, States(), b) }

// Event is what happens to one carrier.
type Event int

// Events of a carrier.
const (
	UnknownEvent Event = iota
	Register
	Receive
	Count
	ReportMissing
	Find
	Seal
	Approve
	Reject
	Void
	Authorise
	Release
	Withdraw
	ConfirmDestroyed
	MarkUnverified
	MarkDisputed
	MarkIndeterminate
	LeaveUnfed
	ResolveDestroyed
	ResolveHeld
	ResolveLost
	Certify
	Archive
	Transfer
	Return
	Declassify
	WriteOff
	EnterCopy        // a copy made here: entered and kept at once
	Move             // goes to another hand, place or clear-out; the state stays
	Remark           // its document bears another mark
	Consign          // handed to a destruction body for good
	CertifyElsewhere // the destruction body certified
	endOfEvents
)

var eventWords = [endOfEvents]string{
	"unknown", "register", "receive", "count", "report-missing", "find", "seal", "approve", "reject", "void",
	"authorise", "release", "withdraw", "confirm-destroyed", "mark-unverified", "mark-disputed", "mark-indeterminate",
	"leave-unfed", "resolve-destroyed", "resolve-held", "resolve-lost", "certify", "archive", "transfer", "return",
	"declassify", "write-off", "enter-copy", "move", "re-mark", "consign", "certify-elsewhere",
}

// Events lists every event but UnknownEvent.
func Events() []Event { return enumerate[Event](int(endOfEvents))[1:] }

func (e Event) String() string {
	return wordOf(e >= 0 && e < endOfEvents, "event", int(e), func() string { return eventWords[e] })
}

// BatchState is where one batch is.
type BatchState int

// States of a batch, in the order of its life.
const (
	BatchUnknown    BatchState = iota
	Opened                     // carriers are being counted into it
	BatchSealed                // the applicant signed the manifest
	BatchApproved              // the approver agreed
	BatchAuthorised            // destroyer and attestor signed
	BatchReleased              // the machine has a permission
	BatchWithdrawn             // the permission was taken back; may resume
	BatchReconciled            // every member has an outcome, evidence compared
	BatchCompleted             // destroyer and attestor signed the outcome
	BatchCertified             // final: a certificate was issued
	BatchVoid                  // final: ended before anything was fed
	endOfBatchStates
)

var batchWords = [endOfBatchStates]struct{ word, zh string }{
	{"unknown", "无此批次"}, {"opened", "清点中"}, {"sealed", "待审批"}, {"approved", "已批准"}, {"authorised", "已授权"},
	{"released", "销毁中"}, {"withdrawn", "已撤回"}, {"reconciled", "已核对"}, {"completed", "已完成"},
	{"certified", "已出具证明"}, {"void", "已作废"},
}

// BatchStates lists every batch state, BatchUnknown first.
func BatchStates() []BatchState { return enumerate[BatchState](int(endOfBatchStates)) }

func (s BatchState) String() string {
	return wordOf(s >= 0 && s < endOfBatchStates, "batch state", int(s), func() string { return batchWords[s].word })
}

// Zh is the term the forms use.
func (s BatchState) Zh() string {
	return wordOf(s >= 0 && s < endOfBatchStates, "batch state", int(s), func() string { return batchWords[s].zh })
}

// MarshalText writes the word; an invalid state is an error.
func (s BatchState) MarshalText() ([]byte, error) {
	return marshalWord(s, s >= 0 && s < endOfBatchStates)
}

// UnmarshalText reads exactly one of the words.
func (s *BatchState) UnmarshalText(b []byte) error { return unmarshalWord(s, BatchStates(), b) }

// BatchEvent is what happens to one batch.
type BatchEvent int

// Events of a batch.
const (
	UnknownBatchEvent BatchEvent = iota
	OpenBatch
	SealBatch
	ApproveBatch
	RejectBatch
	VoidBatch
	AuthoriseBatch
	ReleaseBatch
	WithdrawBatch
	ReconcileBatch
	CompleteBatch
	CertifyBatch
	endOfBatchEvents
)

var batchEventWords = [endOfBatchEvents]string{
	"unknown", "open", "seal", "approve", "reject", "void", "authorise", "release", "withdraw", "reconcile", "complete", "certify",
}

// BatchEvents lists every batch event but UnknownBatchEvent.
func BatchEvents() []BatchEvent { return enumerate[BatchEvent](int(endOfBatchEvents))[1:] }

func (e BatchEvent) String() string {
	return wordOf(e >= 0 && e < endOfBatchEvents, "batch event", int(e), func() string { return batchEventWords[e] })
}

// Disposition is the final outcome for a carrier.
type Disposition int

// Dispositions.
const (
	DispositionNone Disposition = iota // still held, open or missing
	DispositionDestroyed
	DispositionArchived
	DispositionTransferred
	DispositionReturned
	DispositionDeclassified
	DispositionWrittenOff
	DispositionConsigned          // given to a destruction body; its certificate is due
	DispositionDestroyedElsewhere // by its certificate
	endOfDispositions
)

var dispositionWords = [endOfDispositions]struct{ word, zh string }{
	{"none", "未闭环"}, {"destroyed", "销毁"}, {"archived", "归档"}, {"transferred", "移交"},
	{"returned", "清退"}, {"declassified", "解密"}, {"written-off", "核销"},
	{"consigned", "送销"}, {"destroyed-elsewhere", "受托销毁"},
}

// Dispositions lists every disposition, DispositionNone first.
func Dispositions() []Disposition { return enumerate[Disposition](int(endOfDispositions)) }

func (d Disposition) String() string {
	return wordOf(d >= 0 && d < endOfDispositions, "disposition", int(d), func() string { return dispositionWords[d].word })
}

// Zh is the term the forms use.
func (d Disposition) Zh() string {
	return wordOf(d >= 0 && d < endOfDispositions, "disposition", int(d), func() string { return dispositionWords[d].zh })
}

// Verdict is what the evidence amounts to for one carrier.
type Verdict int

// Verdicts. Judge gives the first three; the station alone can say that the
// outcome was lost or that the carrier was not fed.
const (
	VerdictUnknown Verdict = iota
	VerdictDestroyed
	VerdictUnverified
	VerdictDisputed
	VerdictIndeterminate
	VerdictUnfed
	endOfVerdicts
)

var verdictWords = [endOfVerdicts]struct{ word, zh string }{
	{"unknown", "无"}, {"destroyed", "已销毁"}, {"unverified", "未核实"}, {"disputed", "有争议"},
	{"indeterminate", "结果不明"}, {"unfed", "未投入"},
}

// Verdicts lists every verdict, VerdictUnknown first.
func Verdicts() []Verdict { return enumerate[Verdict](int(endOfVerdicts)) }

// ParseVerdict reads exactly one of the words; "unknown" is refused.
func ParseVerdict(word string) (Verdict, error) {
	var v Verdict
	if err := v.UnmarshalText([]byte(word)); err != nil {
		return VerdictUnknown, err
	}
	if v == VerdictUnknown {
		return v, fmt.Errorf("cannot take %q as a verdict", word)
	}
	return v, nil
}

func (v Verdict) String() string {
	return wordOf(v >= 0 && v < endOfVerdicts, "verdict", int(v), func() string { return verdictWords[v].word })
}

// Zh is the term the forms use.
func (v Verdict) Zh() string {
	return wordOf(v >= 0 && v < endOfVerdicts, "verdict", int(v), func() string { return verdictWords[v].zh })
}

// MarshalText writes the word; an invalid verdict is an error.
func (v Verdict) MarshalText() ([]byte, error) { return marshalWord(v, v >= 0 && v < endOfVerdicts) }

// UnmarshalText reads exactly one of the words.
func (v *Verdict) UnmarshalText(b []byte) error { return unmarshalWord(v, Verdicts(), b) }

func enumerate[T ~int](n int) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = T(i)
	}
	return all
}

func wordOf(ok bool, what string, n int, word func() string) string {
	if !ok {
		return fmt.Sprintf("%s(%d)", what, n)
	}
	return word()
}

func marshalWord(s fmt.Stringer, ok bool) ([]byte, error) {
	if !ok {
		return nil, fmt.Errorf("cannot write %s: not a known value", s)
	}
	return []byte(s.String()), nil
}

func unmarshalWord[T fmt.Stringer](to *T, all []T, b []byte) error {
	for _, v := range all {
		if v.String() == string(b) {
			*to = v
			return nil
		}
	}
	return fmt.Errorf("cannot read %q: not a known word", b)
}
