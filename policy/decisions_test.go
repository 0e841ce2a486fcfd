package policy_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/custody"
	"sexton/policy"
)

var update = flag.Bool("update", false, "write the pinned decisions anew")

// pinned compares text with a file of testdata.
func pinned(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update && !strings.Contains(name, "@") { // what was shipped is not written anew
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	have, should := strings.Split(text, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(have), len(should)) {
		if have[i] != should[i] {
			t.Fatalf("%s line %d:\nhave %s\nwant %s", name, i+1, have[i], should[i])
		}
	}
	if len(have) != len(should) {
		t.Fatalf("%s: %d lines, pinned are %d", name, len(have), len(should))
	}
}

// answer is one decision in one line.
func answer(d policy.ActDecision, err error) string {
	var no *policy.Refusal
	if errors.As(err, &no) {
		return "refused " + no.Code + " [" + no.Row + "]"
	}
	s := fmt.Sprintf("%v", d.Rows)
	if d.Approval {
		s += fmt.Sprintf(" approval %s>%s@%s", d.Audit, d.Approver, d.Authority)
	}
	s += fmt.Sprintf(" persons %d channels %v escorts %d days %d places %v", d.Persons, d.Channels, d.Escorts, d.MaxDays, d.PlaceUses)
	for _, x := range []struct {
		is   bool
		what string
	}{{d.RecordReaders, "readers"}, {d.Cleared, "cleared"}, {d.Qualified, "qualified"}} {
		if x.is {
			s += " " + x.what
		}
	}
	if d.Category != "" {
		s += fmt.Sprintf(" %v %s-%d %gmm2 %gmm", d.Methods, d.Category, d.MinLevel, d.MaxAreaMM2, d.MaxWidthMM)
	}
	return s + fmt.Sprintf(" kept %s unconfirmed %v", d.Retention, d.Unconfirmed)
}

// decisions lists what a profile says of every act and classification; kinds
// with the same answer share a line.
func decisions(p *policy.Profile) string {
	var b strings.Builder
	for _, a := range policy.Acts() {
		for _, c := range custody.Classifications() {
			var order []string
			kinds := map[string][]string{}
			for _, k := range custody.CarrierKinds() {
				s := answer(p.DecideAct(policy.ActQuery{Act: a.Word, Classification: c.Word, CarrierKind: k.Word, At: now}))
				if kinds[s] == nil {
					order = append(order, s)
				}
				kinds[s] = append(kinds[s], k.Word)
			}
			for _, s := range order {
				of := strings.Join(kinds[s], ",")
				if len(order) == 1 {
					of = "all"
				}
				fmt.Fprintf(&b, "%s %s %s: %s\n", a.Word, c.Word, of, s)
			}
		}
	}
	return b.String()
}

// TestDecisionsArePinned: every act on every classification, one line each. A
// change of the built-in rules shows here.
func TestDecisionsArePinned(t *testing.T) {
	for _, name := range policy.BuiltinNames() {
		pinned(t, name+".decisions", decisions(builtin(t, name)))
	}
}

// destructions lists what Decide says of every classification and kind, with
// and without a machine that reaches the level.
func destructions(p *policy.Profile) string {
	var b strings.Builder
	for _, c := range custody.Classifications() {
		for _, k := range custody.CarrierKinds() {
			for _, level := range []int64{7, 3, 0} {
				q := query(k.Word, c.Word)
				for l := range q.MachineLevels {
					q.MachineLevels[l] = level
				}
				d, err := p.Decide(q)
				var no *policy.Refusal
				if errors.As(err, &no) {
					fmt.Fprintf(&b, "%s %s %d: %s [%s] %s / %s\n", c.Word, k.Word, level, no.Code, no.Row, no.Zh, no.En)
					continue
				}
				fmt.Fprintf(&b, "%s %s %d: %+v\n", c.Word, k.Word, level, d)
			}
		}
	}
	return b.String()
}

// TestEarlierVersionsDecideAsBefore: the pinned lines were written by the
// program that shipped these versions.
func TestEarlierVersionsDecideAsBefore(t *testing.T) {
	for _, name := range []string{"cn-state-secrets", "iso-21964", "nist-800-88"} {
		p, err := policy.Builtin(name, "2026.11")
		if err != nil {
			t.Fatal(err)
		}
		pinned(t, name+"@2026.11.destructions", destructions(p))
	}
	data, err := os.ReadFile("testdata/unit-training@2026.11-training.toml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	pinned(t, "unit-training@2026.11-training.destructions", destructions(p))
	if _, err := p.DecideAct(policy.ActQuery{Act: "copy", Classification: "secret", CarrierKind: "paper", At: now}); refusal(t, err).Code != policy.CodeNoRule {
		t.Errorf("the older format decides copying: %v", err)
	}
}
