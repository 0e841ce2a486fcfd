package custody_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sexton/custody"
)

func TestMarks(t *testing.T) {
	for _, c := range []struct{ in, level, want string }{
		{"秘密★1年", "confidential", "秘密★1年"},
		{"机密★6个月", "secret", "机密★6个月"},
		{"绝密★长期", "top-secret", "绝密★长期"},
		{"机密★2027年12月31日", "secret", "机密★2027年12月31日"},
		{"机密★会议开始前", "secret", "机密★会议开始前"},
		{"秘密★", "confidential", "秘密★"},
		{"秘密", "confidential", "秘密★"},
		{"工作秘密", "work-secret", "工作秘密"},
		{"内部", "internal", "内部"},
		{"公开", "public", "公开"},
	} {
		class, p, err := custody.ParseMark(c.in)
		if err != nil || class.Word != c.level || class.Mark(p) != c.want {
			t.Errorf("%s: %s %q, %v", c.in, class.Word, class.Mark(p), err)
		}
	}
	for _, bad := range []string{
		"", "★10年", "机密★★10年", "机密★21年", "秘密★11年", "绝密★31年", "机密★0年", "机密★12个月", "机密★010年", "机密★１０年", "机密★十年", "机密★10", "机密★-5年",
		"内部★", "工作秘密★3年", "公开★长期", "机密★2027年02月03日", "机密★2027年2月30日", "机密10年", "top secret", "机密☆10年", "机密★ 10年",
	} {
		if class, p, err := custody.ParseMark(bad); err == nil {
			t.Errorf("%q was read as %s %+v", bad, class.Word, p)
		}
	}
}

func TestCollectionMark(t *testing.T) {
	for _, c := range []struct{ marks, want string }{
		{"", ""},
		{"内部 公开", "内部"},
		{"内部 工作秘密", "工作秘密"},
		{"秘密★5年 秘密★10年", "秘密★10年"},
		{"机密★5年 秘密★10年 内部", "机密★10年"},
		{"秘密★6个月", "秘密★6个月"},
		{"秘密★6个月 秘密★1年", "秘密★1年"},
		{"秘密", "秘密★10年"},
		{"绝密★长期 机密★会议开始前", "绝密★长期"},
		{"机密★5年 机密★2030年12月31日", "机密★20年"},
		{"机密★20年 秘密★会议开始前", "机密★20年"},
	} {
		class, p, err := custody.CollectionMark(strings.Fields(c.marks))
		if err != nil || class.Mark(p) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.marks, class.Mark(p), err, c.want)
		}
	}
	if _, _, err := custody.CollectionMark([]string{"机密★5年", "机密★"}); err != nil {
		t.Error(err)
	}
	if _, _, err := custody.CollectionMark([]string{"机密★5年", "内部★"}); err == nil {
		t.Error("a forbidden star passed")
	}
}

// TestPeriodRoundTrip: what is printed is read back as the same period.
func TestPeriodRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`[1-9][0-9]{0,2}(年|个月)`),
			rapid.StringMatching(`20[0-9]{2}年1?[1-9]月[12]?[1-9]日`),
			rapid.StringMatching(`[一-龥]{1,8}`), rapid.Just("长期"), rapid.Just(""),
		).Draw(t, "period")
		p, ok := custody.ParsePeriod(s)
		if !ok {
			return
		}
		if p.String() != s {
			t.Fatalf("%q came back as %q", s, p)
		}
	})
}
