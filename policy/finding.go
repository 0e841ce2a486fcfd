package policy

import (
	"bytes"
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
)

// Severity says what a finding means for the profile.
type Severity string

// Severities. A profile with an error cannot be adopted, or contradicts
// itself; a warning is worth a second look; a note is information.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Codes of findings. They are stable.
const (
	FindUnreadable  = "profile.unreadable"
	FindUnknownKey  = "profile.unknown-key"
	FindMalformed   = "profile.malformed"
	FindSupplement  = "profile.supplement"
	FindNoBasis     = "profile.no-basis"
	FindOpenChannel = "profile.open-channel"
	FindTwice       = "profile.decided-twice"
)

// Finding is one thing to know about a profile.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Line     int      `json:"line"` // of the file, 0 = none
	Row      string   `json:"row"`  // id, "" = none
	Zh       string   `json:"zh"`
	En       string   `json:"en"`
}

func quote(s string) string { return "“" + s + "”" }

// tomlLine is where the TOML is wrong, 0 when it does not say.
func tomlLine(err error) int {
	var p toml.ParseError
	if errors.As(err, &p) {
		return p.Position.Line
	}
	return 0
}

// keyLine is the first line that sets key, 0 when there is none.
func keyLine(data []byte, key string) int {
	for i, line := range bytes.Split(data, []byte("\n")) {
		name, _, sets := strings.Cut(string(line), "=")
		if sets && strings.Trim(name, " \t\r\"'") == key {
			return i + 1
		}
	}
	return 0
}

// lines finds where the rows of a file begin: row id -> lines of their table
// headers, in the order of the file. It reads the layout every shipped profile
// has, one header and one id a line.
func lines(data []byte) map[string][]int {
	out := map[string][]int{}
	header := 0
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			header = i + 1
		case header > 0 && strings.HasPrefix(line, "id"):
			if name, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == "id" {
				id := strings.Trim(strings.TrimSpace(value), "\"'")
				out[id] = append(out[id], header)
				header = 0
			}
		}
	}
	return out
}

// place gives the findings about a row its line; one about a row of which
// there are two, that of the second.
func place(found []Finding, at map[string][]int) {
	for i, f := range found {
		if where := at[f.Row]; f.Line == 0 && f.Row != "" && len(where) > 0 {
			found[i].Line = where[len(where)-1]
		}
	}
}
