// Package fault is what a person reads when something cannot be done: one
// stable code, one sentence in Chinese and in English, and hints that say what
// he can do now.
//
// Packages below station return plain Go errors. station converts each once,
// by [New]; above it there is only rendering, so the kiosk, the command line
// and the JSON interface always say the same words:
//
//	error of a driver ──> station: fault.New("machine.link", err) ──> web, CLI
//
// The words a caller puts into a sentence are English; the Chinese sentence gets their Chinese terms, see [Term].
//
// The text of the wrapped error belongs in the log, never on a screen: it may
// name files, keys or titles.
package fault

//go:generate go run ./gen

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind groups faults by what a person has to do; it decides colour, retry
// button and the exit status of the command line.
type Kind int

// Kinds. The numeric value is the exit status of the command line.
const (
	OK            Kind = 0
	Internal      Kind = 1 // our own fault
	Usage         Kind = 2 // the request cannot be understood
	Refused       Kind = 3 // the rules forbid it
	Unauthentic   Kind = 4 // card, PIN or session
	Hardware      Kind = 5 // attend to machine, reader or disk
	Indeterminate Kind = 6 // a physical outcome is unknown
	Inspection    Kind = 7 // evidence does not hold
)

var kindNames = [...]string{"ok", "internal", "usage", "refused", "authentication", "hardware", "indeterminate", "inspection"}

// String returns the stable name of the kind, as used in JSON.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Hint is one thing the person can do now, in the imperative.
type Hint struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Fault is an error prepared for a person.
type Fault struct {
	Code  string
	Kind  Kind
	Zh    string
	En    string
	Hints []Hint
	Err   error // for the log; never shown
}

// New makes the fault of code, filling the sentence's verbs with args. An
// unknown code is our own mistake and says so rather than hiding err.
func New(code string, err error, args ...any) *Fault {
	e, ok := table[code]
	if !ok {
		e = table["internal.unknown-code"]
		args = []any{code}
		code = "internal.unknown-code"
	}
	return &Fault{Code: code, Kind: e.kind, Zh: fill(e.zh, inChinese(e.zh, args)), En: fill(e.en, args), Hints: e.hints, Err: err}
}

// fill formats text with as many args as it has verbs: both languages share
// one argument list, and one of them may leave the last ones out.
func fill(text string, args []any) string {
	n := strings.Count(text, "%") - 2*strings.Count(text, "%%")
	if n > len(args) {
		return text
	}
	if n == 0 {
		return strings.ReplaceAll(text, "%%", "%")
	}
	return fmt.Sprintf(text, args[:n]...)
}

// inChinese gives args with the words among them, the strings whose verb in zh is %v, as their Chinese terms.
func inChinese(zh string, args []any) []any {
	out := slices.Clone(args)
	verb := 0
	for i := 0; i+1 < len(zh); i++ {
		if zh[i] != '%' {
			continue
		}
		i++
		if zh[i] == '%' {
			continue
		}
		if zh[i] == 'v' && verb < len(out) {
			if s, ok := out[verb].(string); ok {
				out[verb] = Term(s)
			}
		}
		verb++
	}
	return out
}

// Error returns code, English sentence and cause, for logs.
func (f *Fault) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %s: %v", f.Code, f.En, f.Err)
	}
	return f.Code + ": " + f.En
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// From returns the fault in err's chain, or an internal one that wraps err.
// From(nil) is nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New("internal.unexpected", err)
}

// wire is Fault without the cause.
type wire struct {
	Code  string `json:"code"`
	Kind  string `json:"kind"`
	Zh    string `json:"zh"`
	En    string `json:"en"`
	Hints []Hint `json:"hints"`
}

// MarshalJSON writes the fault without its cause.
func (f *Fault) MarshalJSON() ([]byte, error) {
	h := f.Hints
	if h == nil {
		h = []Hint{}
	}
	return json.Marshal(wire{f.Code, f.Kind.String(), f.Zh, f.En, h})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fault) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("cannot read fault: %w", err)
	}
	*f = Fault{Code: w.Code, Zh: w.Zh, En: w.En, Hints: w.Hints, Kind: Internal}
	for i, n := range kindNames {
		if n == w.Kind {
			f.Kind = Kind(i)
		}
	}
	return nil
}
