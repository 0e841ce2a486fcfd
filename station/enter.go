package station

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// assertAct carries out an act of the person of a session that the station signs: f says what is to be entered.
func (s *Station) assertAct(ctx context.Context, act, sessionID string, f func(*session, leaf.Role) (note, error)) error {
	return s.act(ctx, act, sessionID, func() error {
		x, role, err := s.gate(ctx, sessionID, act)
		if err != nil {
			return err
		}
		n, err := f(x, role)
		if err != nil {
			return err
		}
		_, err = s.record(ctx, n)
		return err
	})
}

// signAct carries out an act that the person of by signs: f says what he signs.
func (s *Station) signAct(ctx context.Context, act string, by Signer, f func(*session, leaf.Role) (note, error)) (SignedView, error) {
	defer by.PIN.Wipe()
	var v SignedView
	err := s.act(ctx, act, by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, act)
		if err != nil {
			return err
		}
		n, err := f(x, role)
		if err != nil {
			return err
		}
		v, err = s.signed(ctx, x, by.PIN, n, nil)
		return err
	})
	return v, err
}

// unitID is what the unit may call a department, place or firm: letters of any script, digits, dot and hyphen.
var unitID = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}.-]{0,63}$`)

func checkID(what, id string) error {
	if !unitID.MatchString(id) || !norm.NFC.IsNormalString(id) {
		return fault.New("usage.bad-request", nil, what)
	}
	return nil
}

// levelWord is the wire word of a classification given by it or by its Chinese term.
func levelWord(given string) (string, error) {
	for _, c := range custody.Classifications() {
		if given == c.Word || given == c.Zh {
			return c.Word, nil
		}
	}
	return "", fault.New("usage.bad-request", nil, "classification "+given)
}

// levelZh is the Chinese term of a classification.
func levelZh(word string) string {
	c, _ := custody.ClassificationOf(word)
	return c.Zh
}

// checkDay demands a day as 2006-01-02, or none where none is allowed.
func checkDay(what, day string, optional bool) error {
	if day == "" && optional {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return fault.New("usage.bad-request", err, "day "+what)
	}
	return nil
}

// today is the day leaves written now bear.
func (s *Station) today() string { return s.now().Format(time.DateOnly) }

// daysLeft counts from today to a day, negative when it is over; 0 for no day.
func (s *Station) daysLeft(day string) int64 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	now, _ := time.Parse(time.DateOnly, s.today())
	return int64(t.Sub(now) / (24 * time.Hour))
}

// kept is what a thing entered anew says at path: given, or what it said before.
func (s *Station) kept(ctx context.Context, ref custody.Ref, path, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	row, ok, err := s.deps.Register.Thing(ctx, ref)
	if err != nil {
		return "", err
	}
	if ok {
		given, err = s.opened(ctx, row.Event, "/body/"+path)
	}
	if err == nil && given == "" {
		err = fault.New("usage.bad-request", nil, path+" is missing")
	}
	return given, err
}

// thing finds a thing of the register of type T; what names it in a refusal.
func thing[T custody.Thing](ctx context.Context, s *Station, what, id string) (T, ThingRow, error) {
	var t T
	kind := t.Ref().Kind
	row, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: kind, ID: id})
	if err != nil {
		return t, row, err
	}
	if !ok {
		return t, row, fault.New("usage.not-found", nil, what+" "+id)
	}
	t, ok = row.Thing.(T)
	if !ok {
		return t, row, fmt.Errorf("internal error: %s %s is a %T", what, id, row.Thing)
	}
	return t, row, nil
}

// byName sorts rows by a name: Chinese names by their reading, as registers are kept.
func byName[T any](rows []T, name func(T) string) {
	c := collate.New(language.Chinese)
	keys, buf := map[string][]byte{}, &collate.Buffer{}
	key := func(v T) string {
		n := name(v)
		if keys[n] == nil {
			keys[n] = c.KeyFromString(buf, n)
		}
		return string(keys[n])
	}
	slices.SortStableFunc(rows, func(a, b T) int { return strings.Compare(key(a), key(b)) })
}
