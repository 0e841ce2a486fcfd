package policy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sexton/policy"
)

// minimal is a profile with one row that has exactly the lines given.
func minimal(act string, terms []string) string {
	return "format = \"sexton-policy/2\"\nname = \"x\"\nversion = \"1\"\ntitle = { zh = \"甲\", en = \"a\" }\neffective = \"2026-01-01\"\n[[rule]]\nid = \"r\"\nact = \"" + act +
		"\"\nclassifications = [\"public\"]\nretention = \"10 years\"\ncleared = true\n" + strings.Join(terms, "\n") + "\n" +
		"basis = { law = { zh = \"甲\", en = \"a\" }, document = \"1\", effective = \"2026-01-01\", status = \"confirmed\" }\n"
}

// TestSpecSaysWhatIsChecked tries every act with and without every term, and
// compares with the table of PROFILE.md.
func TestSpecSaysWhatIsChecked(t *testing.T) {
	spec, err := os.ReadFile("PROFILE.md")
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"approval", "audit", "persons", "channels", "escorts", "max_days", "places", "record_readers", "qualified"}
	line := map[string]string{"approval": "approval = true\napprover = \"approver\"\nauthority = \"own-leader\"", "audit": "audit = \"auditor\"", "persons": "persons = 2",
		"channels": "channels = [\"hand\"]", "escorts": "escorts = 1", "max_days": "max_days = 1", "places": "places = [\"room\"]", "record_readers": "record_readers = true", "qualified": "qualified = true"}
	pick := func(terms []string) (lines []string) {
		for _, x := range terms {
			lines = append(lines, line[x])
		}
		return lines
	}
	parses := func(act string, terms []string) bool {
		_, err := policy.Parse([]byte(minimal(act, pick(terms))))
		return err == nil
	}
	acts := 0
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z-]+) \| ([^|]+) \|(.*)\|$`).FindAllStringSubmatch(string(spec), -1) {
		a, ok := policy.ActOf(m[1])
		cells := strings.Split(m[3], "|")
		if !ok || len(cells) != len(columns) {
			continue
		}
		acts++
		if a.Zh != m[2] {
			t.Errorf("%s is called %s", a.Word, m[2])
		}
		var needs, may []string
		for i, c := range cells {
			switch c = strings.TrimSpace(c); {
			case strings.HasPrefix(c, "●"):
				needs = append(needs, columns[i])
			case c == "○":
				may = append(may, columns[i])
			}
		}
		all := slices.Concat(needs, may)
		if slices.Contains(all, "audit") && !slices.Contains(all, "approval") {
			t.Errorf("%s: audited and never approved", a.Word)
		}
		if !parses(a.Word, needs) || !parses(a.Word, all) {
			t.Errorf("%s: what the table allows is refused: %v, %v", a.Word, needs, all)
		}
		for _, x := range needs {
			if rest := slices.DeleteFunc(slices.Clone(needs), func(y string) bool { return y == x }); parses(a.Word, rest) {
				t.Errorf("%s does not need %s", a.Word, x)
			}
		}
		for _, x := range columns {
			if !slices.Contains(all, x) && parses(a.Word, append(slices.Clone(all), x)) {
				t.Errorf("%s may have %s", a.Word, x)
			}
		}
		if slices.Contains(needs, "persons") {
			one := strings.Replace(minimal(a.Word, pick(needs)), "persons = 2", "persons = 1", 1)
			if _, err := policy.Parse([]byte(one)); (err != nil) != strings.Contains(m[3], "● 2") {
				t.Errorf("one person, %s: %v", a.Word, err)
			}
		}
	}
	if acts != len(policy.Acts()) {
		t.Errorf("the table has %d acts, there are %d", acts, len(policy.Acts()))
	}
	for _, list := range [][]policy.Word{policy.Channels(), policy.Places(), policy.Authorities()} {
		for _, w := range list {
			if !strings.Contains(string(spec), w.Word) {
				t.Errorf("%s is not in the specification", w.Word)
			}
		}
	}
}
