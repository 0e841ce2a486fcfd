package station_test

import (
	"strings"
	"testing"

	"sexton/internal/fault"
)

// TestExplainPolicy: the profile in force answers; before one is adopted, and
// to words that mean nothing, there is a fault in both languages.
func TestExplainPolicy(t *testing.T) {
	w := newWorld(t)
	if _, err := w.st.ExplainPolicy(t.Context(), "destroy", "机密", "usb"); fault.From(err).Code != "policy.no-rule" {
		t.Errorf("without a profile: %v", err)
	}
	w.office(1)
	x, err := w.st.ExplainPolicy(t.Context(), "destroy", "机密", "usb")
	if err != nil || !x.Allowed || x.Profile != "unit-training" || len(x.Rows) != 2 {
		t.Errorf("%+v, %v", x, err)
	}
	x, err = w.st.ExplainPolicy(t.Context(), "发文", "绝密级", "")
	if err != nil || !x.Allowed || !strings.Contains(x.Rows[0].Law.Zh, "第二十九条") {
		t.Errorf("%+v, %v", x, err)
	}
	_, err = w.st.ExplainPolicy(t.Context(), "飞", "机密", "")
	if f := fault.From(err); f.Code != "usage.bad-request" || !strings.Contains(f.Zh, "复制 copy") || !strings.Contains(f.En, "复制 copy") {
		t.Errorf("%v", err)
	}
}
