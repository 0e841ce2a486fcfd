package policy_test

import (
	"slices"
	"testing"

	"sexton/custody"
	"sexton/policy"
)

func act(t *testing.T, p *policy.Profile, act, class, kind string) policy.ActDecision {
	t.Helper()
	d, err := p.DecideAct(policy.ActQuery{Act: act, Classification: class, CarrierKind: kind, At: now})
	if err != nil {
		t.Fatalf("%s %s %s: %v", act, class, kind, err)
	}
	return d
}

// TestLaw pins what the law itself says, whatever else the profile says.
func TestLaw(t *testing.T) {
	p := builtin(t, "cn-state-secrets")
	if d := act(t, p, "copy", "top-secret", "paper"); d.Authority != "issuer" || d.Audit != "auditor" || !d.Approval {
		t.Errorf("law art. 26: %+v", d)
	}
	if s, c := act(t, p, "copy", "secret", "paper"), act(t, p, "copy", "confidential", "paper"); s.Audit == "" || c.Audit != "" || s.Authority != "own-leader" {
		t.Errorf("copying is audited from secret up: %+v, %+v", s, c)
	}
	for _, a := range []string{"dispatch", "carry-out", "transfer", "return", "consign", "archive"} {
		if d := act(t, p, a, "top-secret", "paper"); d.Escorts < 2 {
			t.Errorf("regulation art. 29(2): %s: %+v", a, d)
		}
		for _, class := range []string{"top-secret", "secret", "confidential"} {
			for _, never := range []string{"ordinary-post", "fax", "network"} {
				if d := act(t, p, a, class, "paper"); slices.Contains(d.Channels, never) || !d.Cleared {
					t.Errorf("law art. 28(3): %s %s: %+v", a, class, d)
				}
			}
		}
	}
	for _, class := range []string{"top-secret", "secret"} {
		if d := act(t, p, "circulate", class, "disc"); !d.RecordReaders {
			t.Errorf("regulation art. 20: %s: %+v", class, d)
		}
		if d := act(t, p, "consign", class, "hdd"); !d.Qualified || d.Persons < 2 {
			t.Errorf("regulation art. 48: %s: %+v", class, d)
		}
	}
	if d := act(t, p, "circulate", "top-secret", "paper"); !slices.Equal(d.PlaceUses, []string{"reading-room"}) {
		t.Errorf("regulation art. 29(3): %+v", d)
	}
	if d := act(t, p, "declassify", "secret", "paper"); d.Approver != "classifier" || d.Authority != "issuer" {
		t.Errorf("law art. 16, 24: %+v", d)
	}
}

// TestEveryActIsDecided: no act is forgotten for any carrier, save where the
// row is empty and says so.
func TestEveryActIsDecided(t *testing.T) {
	unit, _ := training(t)
	for _, p := range []*policy.Profile{builtin(t, "cn-state-secrets"), builtin(t, "iso-21964"), builtin(t, "nist-800-88"), unit} {
		for _, a := range policy.Acts() {
			for _, c := range custody.Classifications() {
				for _, k := range custody.CarrierKinds() {
					d, err := p.DecideAct(policy.ActQuery{Act: a.Word, Classification: c.Word, CarrierKind: k.Word, At: now})
					if err != nil {
						if r := refusal(t, err); r.Code != policy.CodeEmptyRow || p.Name != "cn-state-secrets" || a.Word != "destroy" {
							t.Errorf("%s: %s %s %s: %v", p.Name, a.Word, c.Word, k.Word, err)
						}
						continue
					}
					if d.Retention == "" || len(d.Rows) == 0 || d.Approval != (d.Approver != "") || d.Approval != (d.Authority != "") {
						t.Errorf("%s: %s %s %s: %+v", p.Name, a.Word, c.Word, k.Word, d)
					}
				}
			}
		}
	}
}
