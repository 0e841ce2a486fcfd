package station

import (
	"fmt"
	"strings"

	"sexton/ledger/leaf"
)

// registerDetail is one line made of the body of an event of the register, without private values.
func registerDetail(body any) string {
	switch b := body.(type) {
	case *leaf.KeyEntry:
		return line(b.Owner, b.Classification, prefixed("until", b.Expires), prefixed("capacity", b.Capacity))
	case *leaf.KeyMeeting:
		return line(b.Occasion, prefixed("at", b.Port), b.Verdict, prefixed("refused:", b.Refused), strings.Join(b.Differences, ", "), times(b.Count))
	case *leaf.ListCount:
		return fmt.Sprintf("counted %d", b.Count)
	case *leaf.ListNumbers:
		return fmt.Sprintf("%s %d: %d to %d", b.Series, b.Year, b.First, b.Last)
	case *leaf.Request:
		return line(b.Act, counted(b.Count), prefixed("to", b.To), prefixed("until", b.NotAfter))
	case *leaf.RequestStep:
		return b.Authority
	case *leaf.Copies:
		return fmt.Sprintf("%d made, %d spoiled", b.Made, b.Spoiled)
	case *leaf.Circle:
		return strings.Join(b.Persons, " ")
	case *leaf.Reclassified:
		if b.Release {
			return "released"
		}
		return line(b.Classification, b.Period)
	case *leaf.Stored:
		return b.Place
	case *leaf.Movement:
		return line(b.Act, prefixed("to", b.To), prefixed("by", b.Channel), prefixed("place", b.Place), prefixed("due", b.Due))
	case *leaf.MovementStep:
		return line(b.Reason, map[bool]string{true: "checked"}[b.Checked])
	case *leaf.Renewed:
		return prefixed("due", b.Due)
	case *leaf.Disposed:
		return prefixed("incident", b.Incident)
	}
	return ""
}

// line joins what is there.
func line(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

func prefixed(word, value string) string {
	if value == "" {
		return ""
	}
	return word + " " + value
}

// times says how many equal events one leaf stands for.
func times(n int64) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf("%d times", n)
}

func counted(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d", n)
}
