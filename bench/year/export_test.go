package year

import "strings"

// Whats lists every happening.
func Whats() []What {
	out := []What{}
	for w := Joined; w < endOfWhats; w++ {
		out = append(out, w)
	}
	return out
}

// Reasons lists every reason.
func Reasons() []Reason {
	out := []Reason{}
	for r := range reasons {
		out = append(out, r)
	}
	return out
}

// Fields says which fields a happening must and may have.
func Fields(w What) (must, may []string) {
	a, b, _ := strings.Cut(whats[w].fields, "|")
	return strings.Fields(a), strings.Fields(b)
}

// Persons of the story.
const (
	Leader, Deputy, Clerk            = leader, deputy, clerk
	JoinerID, LeaverID, Debtor, Late = joiner, leaver, debtor, lapsing
	ReadingRoom, FirstCabinet        = readingRoom, firstCabinet
)
