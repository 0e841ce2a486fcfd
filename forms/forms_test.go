package forms_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sexton/forms"
)

var update = flag.Bool("update", false, "write golden files anew")

func load(t testing.TB, wordings ...string) *forms.Catalogue {
	t.Helper()
	var data [][]byte
	for _, w := range wordings {
		data = append(data, []byte(w))
	}
	c, err := forms.Load(data...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func form(t testing.TB, c *forms.Catalogue, id string) *forms.Form {
	t.Helper()
	f, ok := c.Form(id)
	if !ok {
		t.Fatalf("there is no form %s", id)
	}
	return f
}

// demanded is every form a secrecy office asks a register for.
var demanded = strings.Fields(`
	F1 F1a F1b F2 F2a F3 F4 F5 F6 F6a F6b F7 F7a F7b F8 F9 F9a F9b F10 F10a F11 F12 F13 F13a P1 P2 P3 P4 P5
	F14 F14a F14b F14c F14d F15 F15-score F15a F15b F15c F16 F16a F16b F17 F17a F17b F18 F18a F18b
	F19 F19-withdraw F19a F19a-book F20 F21 R1 R2`)

func TestEveryDemandedFormIsThere(t *testing.T) {
	var have []string
	for _, f := range load(t).Forms() {
		have = append(have, f.ID)
	}
	if !slices.Equal(have, demanded) {
		t.Errorf("have %v\nwant %v", have, demanded)
	}
}

// TestColumnsAreAsOnPaper compares every heading in its order with a list that
// was checked by eye against the forms.
func TestColumnsAreAsOnPaper(t *testing.T) {
	var b bytes.Buffer
	headings := func(fields []forms.Field) string {
		var all []string
		for _, c := range fields {
			s := c.Zh
			if c.Mandatory {
				s += "!"
			}
			if c.Unconfirmed {
				s += "?"
			}
			all = append(all, s)
		}
		return strings.Join(all, " ")
	}
	for _, f := range load(t).Forms() {
		fmt.Fprintf(&b, "%s %s (%s, %s)\n", f.ID, f.Title.Zh, f.Status, f.Paper)
		if len(f.Head) > 0 {
			fmt.Fprintf(&b, "  head: %s\n", headings(f.Head))
		}
		for _, s := range f.Sections {
			switch s.Kind {
			case forms.Boxes, forms.Table:
				fmt.Fprintf(&b, "  %s: %s\n", s.Kind, headings(s.Fields))
			case forms.Clauses:
				fmt.Fprintf(&b, "  clauses: %d\n", len(s.Clauses))
			case forms.Sign:
				var all []string
				for _, g := range s.Signers {
					all = append(all, fmt.Sprintf("%s×%d", g.Zh, g.Persons))
				}
				fmt.Fprintf(&b, "  sign: %s\n", strings.Join(all, " → "))
			}
		}
		if n := len(f.Copies); n > 0 {
			fmt.Fprintf(&b, "  copies: %d\n", n)
		}
	}
	golden(t, "testdata/forms.golden", b.Bytes())
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: look at the change, then go test ./forms -update", path)
	}
}

func TestVocabularyIsOneAndUsed(t *testing.T) {
	used := map[forms.Key]bool{}
	for _, f := range load(t).Forms() {
		for _, c := range f.Boxes() {
			used[c.Key] = true
		}
		for _, s := range f.Tables() {
			for _, c := range s.Fields {
				used[c.Key] = true
			}
		}
		for _, g := range f.Signers() {
			used[g.Role] = true
		}
	}
	seen := map[forms.Key]bool{}
	for _, v := range forms.Vocabulary() {
		if seen[v.Key] {
			t.Errorf("%s stands twice", v.Key)
		}
		seen[v.Key] = true
		if v.Zh == "" || v.En == "" || !strings.ContainsFunc(v.Zh, func(r rune) bool { return r > 0x2e80 }) {
			t.Errorf("%s lacks a language: %q %q", v.Key, v.Zh, v.En)
		}
		if (v.Kind == forms.KindChoice) != (len(v.Options) > 1) {
			t.Errorf("%s of kind %s has %d options", v.Key, v.Kind, len(v.Options))
		}
		if !used[v.Key] {
			t.Errorf("%s stands on no form", v.Key)
		}
	}
}

// TestDestructionCannotLoseItsSigners: law and custom want list, approval and
// joint signature; those places are mandatory on the sheets of destruction.
func TestDestructionCannotLoseItsSigners(t *testing.T) {
	c := load(t)
	for id, roles := range map[string]string{
		"F11": "destroyer approver receiver", "F12": "destroyer attestor", "F13": "destroyer attestor", "F13a": "destroyer attestor attestor_of_sender",
		"F7": "division_head department_head handler", "F9": "giver receiver handover_attestor", "F18": "officer classification_auditor classification_authority",
	} {
		var have []string
		for _, g := range form(t, c, id).Signers() {
			if g.Mandatory {
				have = append(have, string(g.Role))
			}
		}
		if strings.Join(have, " ") != roles {
			t.Errorf("%s: mandatory signers %v, want %s", id, have, roles)
		}
	}
}

func TestListOfFormsIsUpToDate(t *testing.T) {
	var b bytes.Buffer
	if err := load(t).WriteDoc(&b); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../docs/operations/forms.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("docs/operations/forms.md differs from the forms: run go generate ./forms")
	}
}
