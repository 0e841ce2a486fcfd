package custody

import (
	"fmt"
	"strings"
)

// Diagram draws the tables as text, one line for each allowed transition. The
// package comment shows it; a test compares the two.
func Diagram() string {
	var b strings.Builder
	b.WriteString(diagramOfLives())
	for _, t := range thingTables() {
		fmt.Fprintf(&b, "\n%-14s %-18s becomes\n", t.name, "on event")
		last := ""
		t.each(func(state, event, next string, err error) {
			if err != nil {
				return
			}
			first := ""
			if state != last {
				first, last = state, state
			}
			fmt.Fprintf(&b, "%-14s %-18s %s\n", first, event, next)
		})
	}
	return b.String()
}

// thingTable is one of the tables of whereabouts and things, by name.
type thingTable struct {
	name string
	each func(func(state, event, next string, err error))
}

func thingTables() []thingTable {
	return []thingTable{{"whereabouts", hands.each}, {"request", requests.each}, {"movement", movements.each},
		{"clear-out", campaigns.each}, {"inspection", inspections.each}, {"finding", findings.each}}
}

// diagramOfLives draws the tables of carriers and batches.
func diagramOfLives() string {
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
