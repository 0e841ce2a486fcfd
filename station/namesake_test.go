package station_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sexton/internal/fault"
	"sexton/station"
)

// TestOneHumanWithTwoCards: a second card under another id is refused by the person's name and by the certificate's subject.
func TestOneHumanWithTwoCards(t *testing.T) {
	w := newWorld(t)
	w.office(1)
	must(w.session("admin"))
	w.d.insert("second", newPlastic("other card", pinOf("second"), 900))
	w.d.insert("renewed", newPlastic("li", pinOf("renewed"), 901)) // other keys, the subject of li's card
	enrol := func(o station.EnrolOptions) func(context.Context) error {
		return func(ctx context.Context) error {
			o.Roles = []string{"attestor"}
			_, err := w.st.EnrolPerson(ctx, o, w.signer("admin"))
			return err
		}
	}
	for _, name := range []string{"姓名li", " 姓名li ", "姓名 li", "姓名\u3000LI", "姓名ｌｉ"} {
		w.refused("the name "+name, "person.duplicate", enrol(station.EnrolOptions{Person: "li2", Name: name, Reader: "second"}))
	}
	w.refused("the subject", "person.duplicate", enrol(station.EnrolOptions{Person: "li2", Name: "另一人", Reader: "renewed"}))
	w.refused("the same card, said to be a namesake's", "person.duplicate", enrol(station.EnrolOptions{Person: "li2", Name: "姓名li", Reader: "li", Namesake: true}))
	if err := enrol(station.EnrolOptions{Person: "li2", Name: "姓名li", Reader: "second", Namesake: true})(t.Context()); err != nil {
		t.Errorf("a namesake is refused: %v", err)
	}
	if err := enrol(station.EnrolOptions{Person: "li3", Name: "姓名li", Reader: "renewed", Namesake: true})(t.Context()); err != nil {
		t.Errorf("a namesake with the same subject is refused: %v", err)
	}
}

// TestNumbersOfBatches: what cannot be read back, or would be a path, is no number.
func TestNumbersOfBatches(t *testing.T) {
	w := newWorld(t)
	w.office(1)
	must(w.session("zhang"))
	open := func(number string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.OpenBatch(ctx, station.OpenOptions{Session: w.logins["zhang"], List: w.list, Number: number})
			return err
		}
	}
	for _, bad := range []string{"", " ", "\u3000", "XH\n1", "XH\x1b[2J", "XH\u202e1", "XH\u200b1", "XH\u00a01", " XH", "XH ", strings.Repeat("号", 65), "../XH", "a/../b", `..\XH`,
		`a\..`, "..", ".", "./a", "/etc/x", "\xff", "e\u0301"} {
		w.refused("number "+bad, "usage.bad-request", open(bad))
	}
	for i, good := range []string{"保密销〔2026〕3/4号", "XH 2026-01", strings.Repeat("号", 64), "v1..2"} {
		if err := open(good)(t.Context()); err != nil {
			t.Fatalf("number %d %q: %v", i, good, err)
		}
		b := must(w.st.Batch(t.Context(), good))
		must(w.st.Void(t.Context(), b.ID, "", w.logins["zhang"]))
	}
}

// TestSealHoldsAMonth: a seal that would hold longer is refused before the PIN is used.
func TestSealHoldsAMonth(t *testing.T) {
	w := newWorld(t)
	w.office(1)
	v := w.until("seal")
	const day = 24 * time.Hour
	for _, ahead := range []time.Duration{30*day + time.Hour, 10000 * day, -time.Hour} {
		w.refused("seal for "+ahead.String(), "usage.bad-request", func(ctx context.Context) error {
			_, err := w.st.Seal(ctx, v.ID, station.SealOptions{NotAfter: time.Now().Add(ahead)}, w.signer("zhang"))
			if f := fault.From(err); f != nil && ahead > 0 && !strings.Contains(f.En, "30 days") {
				t.Errorf("the fault does not say the limit: %v", f)
			}
			return err
		})
	}
	if s, err := w.st.Seal(t.Context(), v.ID, station.SealOptions{NotAfter: time.Now().Add(29 * day)}, w.signer("zhang")); err != nil || !s.Done {
		t.Error(s, err)
	}
}
