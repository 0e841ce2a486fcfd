package station

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/policy"
)

// subjectOf is what decides which rule holds for a carrier or document: its classification now and, for a carrier, its kind.
type subjectOf struct {
	Level string
	Kind  string // "" = a document
}

// need is what the rules in force demand of one act on several carriers together: the strictest of each demand.
type need struct {
	Act       string
	Rows      []string
	Approval  bool
	Audit     string // role, "" = nobody audits
	Approver  string // role
	Authority string // least one, "" = none
	Channels  []string
	Escorts   int
	MaxDays   int      // 0 = no limit
	PlaceUses []string // nil = the rules do not say
	Persons   int
	Fit       string // highest level that only fit persons may handle, "" = anybody
	Qualified string // highest level for which the other body must be qualified, "" = none
	Retention string
}

// needOf asks the profile in force about an act on all of what.
func (s *Station) needOf(ctx context.Context, act string, what []subjectOf) (need, error) {
	p, err := s.profile(ctx)
	if err != nil {
		return need{}, err
	}
	n := need{Act: act, Rows: []string{}}
	first := true
	slices.SortFunc(what, func(a, b subjectOf) int { return strings.Compare(a.Level+a.Kind, b.Level+b.Kind) })
	for _, w := range slices.Compact(what) {
		d, err := p.DecideAct(policy.ActQuery{Act: act, Classification: w.Level, CarrierKind: w.Kind, At: s.now()})
		if err != nil {
			return need{}, err
		}
		n.join(d, w.Level, first)
		first = false
	}
	slices.Sort(n.Rows)
	n.Rows = slices.Compact(n.Rows)
	return n, nil
}

// join adds the demands for one more kind of thing.
func (n *need) join(d policy.ActDecision, level string, first bool) {
	n.Rows = append(n.Rows, d.Rows...)
	n.Approval = n.Approval || d.Approval
	n.Audit, n.Approver = either(n.Audit, d.Audit), either(n.Approver, d.Approver)
	n.Authority = fartherOf(n.Authority, d.Authority)
	n.Escorts, n.Persons = max(n.Escorts, d.Escorts), max(n.Persons, d.Persons)
	if d.MaxDays > 0 && (n.MaxDays == 0 || d.MaxDays < n.MaxDays) {
		n.MaxDays = d.MaxDays
	}
	if first {
		n.Channels = d.Channels
	} else {
		n.Channels = common(n.Channels, d.Channels)
	}
	if d.PlaceUses != nil {
		if n.PlaceUses == nil {
			n.PlaceUses = d.PlaceUses
		} else {
			n.PlaceUses = common(n.PlaceUses, d.PlaceUses)
		}
	}
	if d.Cleared {
		n.Fit = higherOf(n.Fit, level)
	}
	if d.Qualified {
		n.Qualified = higherOf(n.Qualified, level)
	}
	n.Retention = either(n.Retention, d.Retention)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// common are the words of a that are in b.
func common(a, b []string) []string {
	out := []string{}
	for _, w := range a {
		if slices.Contains(b, w) {
			out = append(out, w)
		}
	}
	return out
}

func fartherOf(a, b string) string {
	if slices.Index(authorities, b) > slices.Index(authorities, a) {
		return b
	}
	return a
}

// rank is the place of a level in the order of protection: 0 = highest.
func rank(level string) int {
	return slices.IndexFunc(custody.Classifications(), func(c custody.Classification) bool { return c.Word == level })
}

func higherOf(a, b string) string {
	if a == "" || rank(b) < rank(a) {
		return b
	}
	return a
}

func (n need) view() NeedsView {
	return NeedsView{Rows: n.Rows, Approval: n.Approval, Audit: n.Audit, Approver: n.Approver, Authority: n.Authority,
		Channels: append([]string{}, n.Channels...), Escorts: n.Escorts, MaxDays: n.MaxDays, Cleared: n.Fit != "", Qualified: n.Qualified != ""}
}

// fit demands that everybody named may handle what the act is about: on post, cleared high enough, trained and pledged.
func (n need) fit(ctx context.Context, s *Station, persons ...string) error {
	if n.Fit == "" {
		return nil
	}
	for _, p := range persons {
		post, err := s.post(ctx, p)
		if err != nil {
			return err
		}
		class, _ := custody.ClassificationOf(n.Fit)
		err = custody.Fit(post, n.Fit, s.now())
		var why *custody.Refusal
		if errors.As(err, &why) {
			zh, en := why.Sentence()
			return both(fault.New("person.not-fit", err, p, class.En, en), "%s 不得经办%s载体：%s", p, class.Zh, zh)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// post is a person's post; the zero post of that person when he has none.
func (s *Station) post(ctx context.Context, person string) (custody.Post, error) {
	t, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PostThing, ID: person})
	if err != nil || !ok {
		return custody.Post{Person: person}, err
	}
	p, ok := t.Thing.(custody.Post)
	if !ok {
		return custody.Post{}, fmt.Errorf("internal error: the post of %s is a %T", person, t.Thing)
	}
	return p, nil
}

// channel demands one that the rules allow.
func (n need) channel(given string) error {
	if len(n.Channels) == 0 && given == "" || slices.Contains(n.Channels, given) {
		return nil
	}
	zh, en := []string{}, []string{}
	name := policy.Word{Word: given, Zh: "未写明", En: "none"}
	for _, w := range policy.Channels() {
		if w.Word == given {
			name = w
		}
		if slices.Contains(n.Channels, w.Word) {
			zh, en = append(zh, w.Zh), append(en, w.En)
		}
	}
	if len(zh) == 0 {
		zh, en = []string{"无"}, []string{"none"}
	}
	return both(fault.New("movement.channel", nil, name.En, strings.Join(en, ", ")), "不得经此渠道传递：%s；可用：%s", name.Zh, strings.Join(zh, "、"))
}

// escorts demands enough persons who carry it.
func (n need) escorts(given int) error {
	if given < n.Escorts {
		return fault.New("movement.escorts", nil, n.Escorts, given)
	}
	return nil
}

// due gives the day by which carriers must be back: that asked for, no later than the rules allow from from on.
func (n need) due(asked, from time.Time) (time.Time, error) {
	latest := from.AddDate(0, 0, n.MaxDays)
	switch {
	case asked.IsZero() && n.MaxDays == 0:
		return asked, fault.New("movement.due", nil)
	case asked.IsZero():
		return latest, nil
	case !asked.After(from):
		return asked, fault.New("usage.bad-request", nil, "due")
	case n.MaxDays > 0 && asked.After(latest):
		return asked, fault.New("movement.too-long", nil, n.MaxDays)
	}
	return asked, nil
}

// place demands that carriers go where the rules allow. It has to be named only where nothing but a designated reading room will do.
func (n need) place(ctx context.Context, s *Station, id string) error {
	if id == "" {
		if slices.Equal(n.PlaceUses, []string{"reading-room"}) {
			return both(fault.New("place.use", nil, "reading-room"), "须写明指定阅读场所")
		}
		return nil
	}
	p, _, err := thing[custody.Place](ctx, s, "place", id)
	if err != nil {
		return err
	}
	if n.PlaceUses != nil && !slices.Contains(n.PlaceUses, p.Use) {
		zh, en := []string{}, []string{}
		for _, w := range policy.Places() {
			if slices.Contains(n.PlaceUses, w.Word) {
				zh, en = append(zh, w.Zh), append(en, w.En)
			}
		}
		return both(fault.New("place.use", nil, strings.Join(en, ", ")), "该场所用途不符；规则要求：%s", strings.Join(zh, "、"))
	}
	return nil
}
