package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sexton/policy"
)

func TestRolesDocIsUpToDate(t *testing.T) {
	have, err := os.ReadFile("../docs/operations/roles.md")
	if err != nil || string(have) != policy.RolesDoc() {
		t.Errorf("docs/operations/roles.md differs from the table: run go generate ./policy (%v)", err)
	}
}

// TestDoor compares the table with itself and with the words of the ledger.
func TestDoor(t *testing.T) {
	known := map[string]bool{}
	for _, r := range policy.Roles() {
		known[r.Word] = true
	}
	apart, used := map[string]bool{}, map[string]bool{}
	for _, s := range policy.Separations() {
		apart[s.Word] = true
		if s.Zh == "" || s.En == "" {
			t.Errorf("%s lacks a sentence", s.Word)
		}
	}
	seen := map[string]bool{}
	for _, g := range policy.Gates() {
		if seen[g.Act] || g.Zh == "" || g.En == "" {
			t.Errorf("%s is there twice or lacks a name", g.Act)
		}
		seen[g.Act] = true
		for _, r := range g.Roles {
			if !known[r] {
				t.Errorf("%s: role %q", g.Act, r)
			}
		}
		for _, w := range g.Apart {
			if !apart[w] {
				t.Errorf("%s: separation %q", g.Act, w)
			}
			used[w] = true
		}
		if g.Persons == 0 && (g.Signs || g.Named || len(g.Roles) > 0) {
			t.Errorf("%s: nobody logs in, and yet somebody must be somebody", g.Act)
		}
		if g.Persons == 2 && !slices.Contains(g.Apart, policy.TwoPersons) {
			t.Errorf("%s: two persons may be one", g.Act)
		}
	}
	for w := range apart {
		if !used[w] {
			t.Errorf("separation %s holds nowhere", w)
		}
	}
}

// TestSeparationsByRole: what the table itself guarantees.
func TestSeparationsByRole(t *testing.T) {
	admin := []string{"admin"}
	for _, act := range []string{"batch-seal", "batch-approve", "batch-authorise", "batch-release", "batch-feed", "batch-complete", "carrier-resolve", "request-approve", "copy-make"} {
		if policy.May(act, admin) == nil {
			t.Errorf("an administrator may %s", act)
		}
	}
	for _, g := range policy.Gates() {
		if !slices.Contains(g.Roles, "inspector") {
			continue
		}
		if !slices.Contains(g.Apart, policy.LooksOnly) && g.Act != "report-issue" {
			t.Errorf("an inspector changes something: %s", g.Act)
		}
	}
	for _, act := range []string{"request-audit", "request-approve", "circle-set", "batch-approve", "batch-reject", "campaign-approve", "reclassify", "declassify"} {
		g, ok := policy.GateOf(act)
		if !ok || !g.Signs || len(g.Roles) == 0 {
			t.Errorf("%s is decided without a signature or by anybody: %+v", act, g)
		}
	}
}

// TestMay asks every act for every role: whoever is not admitted hears the
// rule and who could.
func TestMay(t *testing.T) {
	for _, g := range policy.Gates() {
		if err := policy.May(g.Act, nil); (err == nil) != (len(g.Roles) == 0) {
			t.Errorf("%s without a role: %v", g.Act, err)
		}
		for _, r := range policy.Roles() {
			err := policy.May(g.Act, []string{"nobody", r.Word})
			if allowed := len(g.Roles) == 0 || slices.Contains(g.Roles, r.Word); (err == nil) != allowed {
				t.Errorf("%s by %s: %v", g.Act, r.Word, err)
			}
			if err == nil {
				continue
			}
			no := refusal(t, err)
			if no.Code != policy.CodeRole || no.Row != g.Act || !strings.Contains(no.Zh, g.Zh) || !strings.Contains(no.En, g.En) {
				t.Errorf("%s by %s does not name the rule: %+v", g.Act, r.Word, no)
			}
			for _, w := range g.Roles {
				i := slices.IndexFunc(policy.Roles(), func(x policy.Word) bool { return x.Word == w })
				if who := policy.Roles()[i]; !strings.Contains(no.Who.Zh, who.Zh) || !strings.Contains(no.Who.En, who.En) {
					t.Errorf("%s does not say that %s could: %+v", g.Act, w, no.Who)
				}
			}
		}
	}
	if no := refusal(t, policy.May("fly", []string{"admin"})); no.Code != policy.CodeUnknown {
		t.Errorf("%+v", no)
	}
}

func TestSeparate(t *testing.T) {
	for _, c := range []struct {
		act, person string
		parts       map[string][]string
		want        string // separation, "" = allowed
	}{
		{"request-approve", "P1", map[string][]string{"applicant": {"P1"}}, policy.NotOwnRequest},
		{"request-audit", "P1", map[string][]string{"applicant": {"P1"}}, policy.NotOwnRequest},
		{"request-approve", "P1", map[string][]string{"applicant": {"P2"}, "auditor": {"P1"}}, policy.NotOwnAudit},
		{"request-approve", "P1", map[string][]string{"registrar": {"P3", "P1"}}, policy.NotOwnKey},
		{"request-approve", "P1", map[string][]string{"applicant": {"P2"}, "auditor": {"P3"}, "registrar": {"P4"}}, ""},
		{"request-reject", "P1", map[string][]string{"applicant": {"P1"}}, ""},
		{"batch-approve", "P1", map[string][]string{"destroyer": {"P1"}}, policy.NotOwnTeam},
		{"batch-approve", "P1", map[string][]string{"attestor": {"P1"}}, policy.NotOwnTeam},
		{"batch-approve", "P1", map[string][]string{"applicant": {"P1"}}, policy.NotOwnTeam},
		{"batch-authorise", "P1", map[string][]string{"cosigner": {"P1"}}, policy.TwoPersons},
		{"batch-recount", "P1", map[string][]string{"counter": {"P1"}}, policy.TwoCounts},
		{"movement-accept", "P1", map[string][]string{"giver": {"P1"}}, policy.TwoEnds},
		{"campaign-approve", "P1", map[string][]string{"proposer": {"P1"}}, policy.NotOwnClearOut},
		{"finding-close", "P1", map[string][]string{"answerable": {"P1"}}, policy.NotOwnFinding},
		{"policy-adopt", "P1", map[string][]string{"applicant": {"P1"}}, ""},
		{"fly", "P1", nil, "fly"},
	} {
		err := policy.Separate(c.act, c.person, c.parts)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s %v: %v", c.act, c.parts, err)
			}
			continue
		}
		if no := refusal(t, err); no.Row != c.want || no.Who.Zh == "" || no.Who.En == "" {
			t.Errorf("%s %v: %+v", c.act, c.parts, no)
		}
	}
}
