package custody

import (
	"fmt"
	"strings"
)

// Diagram draws both tables as text, one line for each allowed transition. The
// package comment shows it; a test compares the two.
func Diagram() string {
	var b strings.Builder
	b.WriteString("carrier        on event           becomes\n")
	for _, s := range States() {
		first := s.String()
		for _, e := range Events() {
			if next, err := Apply(s, e); err == nil {
				fmt.Fprintf(&b, "%-14s %-18s %s%s\n", first, e, next, final(next.Terminal()))
				first = ""
			}
		}
	}
	b.WriteString("\nbatch          on event           becomes\n")
	for _, s := range BatchStates() {
		first := s.String()
		for _, e := range BatchEvents() {
			if next, err := ApplyBatch(s, e); err == nil {
				fmt.Fprintf(&b, "%-14s %-18s %s%s\n", first, e, next, final(next.Terminal()))
				first = ""
			}
		}
	}
	return b.String()
}

func final(is bool) string {
	if is {
		return " (final)"
	}
	return ""
}
