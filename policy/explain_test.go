package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/custody"
	"sexton/policy"
)

func ask(t *testing.T, p *policy.Profile, act, class, kind string, at time.Time) policy.Explanation {
	t.Helper()
	q, err := policy.ParseQuestion(act, class, kind, at)
	if err != nil {
		t.Fatal(err)
	}
	return p.Explain(q)
}

func TestExplain(t *testing.T) {
	p := builtin(t, "cn-state-secrets")
	e := ask(t, p, "destroy", "机密", "usb", now)
	if e.Allowed || e.Code != policy.CodeEmptyRow || !strings.Contains(e.Who.Zh, "保密办公室") || !strings.Contains(e.Who.En, "secrecy office") {
		t.Errorf("an empty row does not say who fills it: %+v", e)
	}
	if len(e.Rows) != 2 || !strings.Contains(e.Rows[0].Law.Zh, "第二十八条") || !strings.Contains(e.Rows[1].Document, "786") || e.Rows[1].Status != policy.Empty || len(e.Demands) == 0 {
		t.Errorf("a refusal without its articles: %+v", e)
	}
	e = ask(t, p, "复制", "绝密级", "纸介质", now)
	if !e.Allowed || e.Code != "" || len(e.Rows) != 1 || !strings.Contains(e.Rows[0].Law.En, "art. 26") {
		t.Errorf("%+v", e)
	}
	if zh := sentences(e, policy.InChinese); !strings.Contains(zh, "原定密机关") || !strings.Contains(zh, "审核人审核") || !strings.Contains(zh, "2人共同办理") {
		t.Errorf("Chinese: %s", zh)
	}
	if en := sentences(e, policy.InEnglish); !strings.Contains(en, "authority: the issuer") || !strings.Contains(en, "2 persons together") {
		t.Errorf("English: %s", en)
	}
	unit, _ := training(t)
	e = ask(t, unit, "销毁", "secret", "U盘", now)
	if !e.Allowed || !strings.Contains(sentences(e, policy.InChinese), "E-") || e.Rows[1].Status != policy.Unconfirmed {
		t.Errorf("%+v", e)
	}
	e = ask(t, p, "copy", "secret", "paper", now.AddDate(-10, 0, 0))
	if e.Allowed || e.Code != policy.CodeNotInForce || len(e.Rows) != 0 {
		t.Errorf("a profile that was not in force explains: %+v", e)
	}
	if e := p.Explain(policy.ActQuery{Act: "fly", Classification: "cosmic", At: now}); e.Allowed || e.Code != policy.CodeUnknown || e.Question.Zh != "fly cosmic" {
		t.Errorf("%+v", e)
	}
}

func sentences(e policy.Explanation, lang policy.Lang) string {
	var all []string
	for _, d := range e.Demands {
		all = append(all, say(d, lang))
	}
	return strings.Join(all, "\n")
}

// TestExplainAgreesWithDecideAct, for every question there is.
func TestExplainAgreesWithDecideAct(t *testing.T) {
	unit, _ := training(t)
	for _, p := range []*policy.Profile{builtin(t, "cn-state-secrets"), builtin(t, "nist-800-88"), unit} {
		for _, a := range policy.Acts() {
			for _, c := range custody.Classifications() {
				for _, k := range custody.CarrierKinds() {
					q := policy.ActQuery{Act: a.Word, Classification: c.Word, CarrierKind: k.Word, At: now}
					d, err := p.DecideAct(q)
					e := p.Explain(q)
					if e.Allowed != (err == nil) || (err == nil && !slices.EqualFunc(d.Rows, e.Rows, func(id string, r policy.Cited) bool { return id == r.ID })) {
						t.Fatalf("%+v: decided %+v, %v; explained %+v", q, d, err, e)
					}
					if !e.Allowed && (e.Refusal.Zh == "" || e.Refusal.En == "" || e.Who.Zh == "" || e.Who.En == "") {
						t.Fatalf("%+v: refused without a reason or a person: %+v", q, e)
					}
				}
			}
		}
	}
}

func TestParseQuestion(t *testing.T) {
	for _, c := range []struct{ act, class, kind, want string }{
		{"destroy", "机密", "usb", "destroy secret usb-key"},
		{"销毁", "机密级", "优盘", "destroy secret usb-key"},
		{"COPY", "Top secret", "Paper", "copy top-secret paper"},
		{"复制", "top-secret", "", "copy top-secret "},
		{"lend", "工作秘密", "光介质", "lend work-secret disc"},
		{"lend", "工作秘密", "flash", "lend work-secret usb-key"},
		{"write-off", "内部", "film", "write-off internal film"},
		{"清退", "公开", "磁带", "return public tape"},
		{"destroy", "机密", "", "!there are: 纸介质 paper"},
		{"destroy", "机密", "magnetic", "!U盘 usb-key"},
		{"destroy", "机密", "stone", `!carrier kind "stone"`},
		{"photograph", "机密", "usb", "!复制 copy"},
		{"copy", "cosmic", "usb", "!工作秘密 work-secret"},
		{"", "", "", "!act"},
	} {
		q, err := policy.ParseQuestion(c.act, c.class, c.kind, now)
		if says, refused := strings.CutPrefix(c.want, "!"); refused {
			if no := refusal(t, err); no.Code != policy.CodeUnknown || !strings.Contains(no.En, says) {
				t.Errorf("%q %q %q: %+v", c.act, c.class, c.kind, no)
			}
			continue
		}
		if got := strings.Join([]string{q.Act, q.Classification, q.CarrierKind}, " "); err != nil || got != c.want {
			t.Errorf("%q %q %q: %q, %v", c.act, c.class, c.kind, got, err)
		}
	}
}
