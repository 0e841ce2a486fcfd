package shredder

import (
	"errors"
	"fmt"
)

// Outcome of a command. The zero value is Unknown: whoever forgets to ask has learnt nothing.
type Outcome int

// Outcomes.
const (
	Unknown  Outcome = iota // may have been carried out; call Resolve
	Accepted                // carried out; the error is nil
	Refused                 // certainly not carried out, now or later; the error is a *RefusedError
)

var outcomeNames = [...]Name{{"unknown", "结果不明"}, {"accepted", "已接受"}, {"refused", "被拒绝"}}

// Name returns the words for people.
func (o Outcome) Name() Name { return nameOf(outcomeNames[:], int(o), "outcome", "结果") }

func (o Outcome) String() string { return o.Name().EN }

// Result says why, in the machine's words (below 0x100) or the driver's.
type Result int

// Results of a machine have the codes of the register map, those of a driver lie above it.
const (
	ResultNone       Result = iota // no command was taken
	ResultAccepted                 // carried out
	ResultLate                     // arrived after its deadline
	ResultNotReady                 // the reasons forbid it
	ResultWrongState               // not possible in this state
	ResultWrongToken               // not the stored job
	ResultTokenUsed                // a job with this token was stored before
	ResultBadWindow                // too long, or over before it began
	ResultBadJob                   // the machine cannot take these items or this material
)

// Results of the driver.
const (
	ResultNotSent      Result = 0x100 + iota // never left this host
	ResultSuperseded                         // a later command was taken first
	ResultNotPermitted                       // the machine denies this host's role the right to command
	ResultUnresolved                         // an earlier outcome is still unknown
	ResultWithdrawn                          // withdrawn before it was sent
	ResultInvalid                            // not a valid order
)

var resultNames = map[Result]Name{
	ResultNone: {"none", "无"}, ResultAccepted: {"accepted", "已接受"}, ResultLate: {"too late", "超过时限"}, ResultNotReady: {"not ready", "未就绪"},
	ResultWrongState: {"wrong state", "状态不允许"}, ResultWrongToken: {"wrong job", "任务不符"}, ResultTokenUsed: {"job used before", "任务号已用过"},
	ResultBadWindow: {"window not possible", "许可时长不允许"}, ResultBadJob: {"job not possible", "任务不适用于本机"}, ResultNotSent: {"not sent", "未发出"},
	ResultSuperseded: {"overtaken by another command", "被其他命令取代"}, ResultNotPermitted: {"role not permitted", "角色无权"},
	ResultUnresolved: {"earlier outcome unknown", "上一命令结果不明"}, ResultWithdrawn: {"withdrawn", "已撤回"}, ResultInvalid: {"invalid order", "命令无效"},
}

// Name returns the words for people.
func (r Result) Name() Name {
	if n, ok := resultNames[r]; ok {
		return n
	}
	return Name{fmt.Sprintf("result %d", int(r)), fmt.Sprintf("结果%d", int(r))}
}

func (r Result) String() string { return r.Name().EN }

// RefusedError says why a command was certainly not carried out.
type RefusedError struct {
	Command string  // offer, release, withdraw
	Result  Result  // of the machine or the driver
	Reasons Reasons // of the machine at that moment; 0 if none or not known
	Err     error   // cause, e.g. ErrLink for ResultNotSent; may be nil
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("%s refused: %s", e.Command, e.Result)
	if e.Reasons != 0 {
		s += " (" + e.Reasons.String() + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }

// Errors of a Machine, for errors.Is.
var (
	ErrLink          = errors.New("no usable link to the shredder")           // connecting again may help
	ErrIdentity      = errors.New("not the configured shredder")              // repeating cannot help
	ErrDenied        = errors.New("the shredder denies this host access")     // its credential or role; repeating cannot help
	ErrStale         = errors.New("data of the shredder is too old")          // reading again may help
	ErrContradiction = errors.New("data of the shredder contradicts itself")  // to be disputed by the caller
	ErrOutcome       = errors.New("outcome of the command is unknown")        // call Resolve
	ErrNothingOpen   = errors.New("no outcome is open")                       // nothing to resolve
	ErrUnresolvable  = errors.New("the shredder cannot tell the outcome now") // other evidence must decide
	ErrClosed        = errors.New("shredder closed")                          // by us
)
