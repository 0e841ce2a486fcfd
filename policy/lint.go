package policy

import (
	"fmt"
	"slices"
	"strings"

	"sexton/custody"
)

// Codes of what Lint finds in a profile that can be read.
const (
	FindGap         = "profile.gap"
	FindLooser      = "profile.looser-above"
	FindUnreachable = "profile.unreachable"
	FindNotYet      = "profile.not-yet"
	FindFillsNone   = "profile.fills-nothing"
	FindEmpty       = "profile.empty-row"
	FindUnconfirmed = "profile.unconfirmed-row"
	FindOlder       = "profile.older-format"
)

// Report is what Lint found.
type Report struct {
	Profile  *Profile  `json:"-"` // nil when the file cannot be decoded
	Findings []Finding `json:"findings"`
}

// Count is the number of findings of one severity.
func (r Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Lint finds in a profile file what cannot be read, what is decided twice or
// not at all, where a higher classification is treated more loosely than a
// lower one, what can never decide, and which rows are empty or unconfirmed.
// The findings are in the order of the file, those without a line first.
func Lint(data []byte) Report {
	p, found := read(data)
	if p != nil {
		l := &linter{p: p}
		l.gaps()
		l.order()
		l.reach()
		l.sure()
		found = append(found, l.found...)
		place(found, lines(data))
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return Report{p, found}
}

type linter struct {
	p     *Profile
	found []Finding
}

func (l *linter) add(s Severity, code, row, zh, en string) {
	l.found = append(l.found, Finding{Severity: s, Code: code, Row: row, Zh: zh, En: en})
}

// gaps names every act on every classification that no row decides.
func (l *linter) gaps() {
	for _, a := range acts {
		if l.p.Format == formatDestroy && a.Word != "destroy" {
			continue
		}
		for _, c := range custody.Classifications() {
			var missing []string
			for _, k := range custody.CarrierKinds() {
				if _, ok := l.p.ruleFor(a.Word, c.Word, k.Medium); !ok && !slices.Contains(missing, k.Medium) {
					missing = append(missing, k.Medium)
				}
			}
			l.gap(a, c, missing, allMedia(), "介质", "medium")
		}
	}
	for _, c := range custody.Classifications() {
		var missing []string
		for _, letter := range categories {
			if _, ok := l.p.methodFor(c.Word, letter); !ok {
				missing = append(missing, letter)
			}
		}
		destroy, _ := ActOf("destroy")
		l.gap(destroy, c, missing, categories, "类别", "category")
	}
	if l.p.Format == formatDestroy {
		l.add(Note, FindOlder, "", "旧格式 "+formatDestroy+" 只规定销毁，其他事项一律不办理", "the older format "+formatDestroy+" decides destruction only: every other act is refused")
	}
}

func (l *linter) gap(a Act, c custody.Classification, missing, all []string, zh, en string) {
	if len(missing) == 0 {
		return
	}
	where := fmt.Sprintf("，%s %s", zh, strings.Join(missing, "、"))
	whereEn := fmt.Sprintf(", %s %s", en, strings.Join(missing, ", "))
	if len(missing) == len(all) && en == "medium" {
		where, whereEn = "", ""
	}
	l.add(Error, FindGap, "", fmt.Sprintf("缺规则：%s，%s%s", a.Zh, c.Zh, where), fmt.Sprintf("no row: %s, %s%s", a.En, c.En, whereEn))
}

// order compares each classification with the next one below that is decided.
func (l *linter) order() {
	said := map[string]bool{}
	for _, a := range acts {
		for _, m := range allMedia() {
			ladder(func(class string) (Rule, bool) {
				r, ok := l.p.ruleFor(a.Word, class, m)
				return r, ok && r.Basis.Status != Empty
			}, func(high, low custody.Classification, h, w Rule) {
				l.looser(h.ID, w.ID, high, low, h.Terms.looser(w.Terms), said)
			})
		}
	}
	for _, letter := range categories {
		ladder(func(class string) (Method, bool) {
			m, ok := l.p.methodFor(class, letter)
			return m, ok && m.Basis.Status != Empty
		}, func(high, low custody.Classification, h, w Method) {
			l.looser(h.ID, w.ID, high, low, h.Limits.looser(w.Limits), said)
		})
	}
}

// ladder goes down the classifications that have a row, two at a time.
func ladder[Row any](row func(class string) (Row, bool), pair func(high, low custody.Classification, h, w Row)) {
	var above Row
	var high custody.Classification
	for _, low := range custody.Classifications() {
		r, ok := row(low.Word)
		if !ok {
			continue
		}
		if high.Word != "" {
			pair(high, low, above, r)
		}
		above, high = r, low
	}
}

func (l *linter) looser(row, other string, high, low custody.Classification, how []Text, said map[string]bool) {
	if len(how) == 0 || said[row+" "+other] {
		return
	}
	said[row+" "+other] = true
	zh, en := joinTexts(how)
	l.add(Error, FindLooser, row, fmt.Sprintf("%s比%s（%s 行）宽：%s", high.Zh, low.Zh, other, zh), fmt.Sprintf("%s is treated more loosely than %s (row %s): %s", strings.ToLower(high.En), strings.ToLower(low.En), other, en))
}

// reach finds rows that never decide, or not yet.
func (l *linter) reach() {
	p := l.p
	if p.Extends != "" && len(p.Fills) == 0 {
		l.add(Warning, FindFillsNone, "", "补充规则没有填任何一行", "the supplement fills no row")
	}
	for i, r := range p.Rules {
		l.dates(r.ID, r.Basis)
		for _, earlier := range p.Rules[:i] {
			if earlier.Act == r.Act && subset(r.Classifications, earlier.Classifications) && (len(earlier.Media) == 0 || (len(r.Media) > 0 && subset(r.Media, earlier.Media))) {
				l.shadowed(r.ID, r.Basis, earlier.ID, earlier.Basis)
				break
			}
		}
	}
	for i, m := range p.Methods {
		l.dates(m.ID, m.Basis)
		for _, earlier := range p.Methods[:i] {
			if subset(m.Classifications, earlier.Classifications) && subset(m.Categories, earlier.Categories) {
				l.shadowed(m.ID, m.Basis, earlier.ID, earlier.Basis)
				break
			}
		}
	}
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

func (l *linter) shadowed(row string, b Basis, by string, first Basis) {
	if b.Effective > first.Effective {
		l.add(Error, FindUnreachable, row, fmt.Sprintf("永远用不到：生效（%s）之前已由 %s 行规定", b.Effective, by), fmt.Sprintf("it never decides: before it takes effect (%s) row %s has decided", b.Effective, by))
		return
	}
	l.add(Error, FindUnreachable, row, fmt.Sprintf("永远用不到：已被 %s 行（%s 生效）取代", by, first.Effective), fmt.Sprintf("it never decides: superseded by row %s (in force from %s)", by, first.Effective))
}

// dates says which rows refuse although the profile is in force. Days compare
// as text.
func (l *linter) dates(row string, b Basis) {
	if b.Effective > l.p.Effective {
		l.add(Warning, FindNotYet, row, fmt.Sprintf("晚于规则本身（%s）生效：%s 之前一律不办理", l.p.Effective, b.Effective), fmt.Sprintf("it takes effect later than the profile (%s): until %s it refuses", l.p.Effective, b.Effective))
	}
}

// sure lists the rows that are empty or unconfirmed.
func (l *linter) sure() {
	one := func(row string, b Basis) {
		switch b.Status {
		case Empty:
			l.add(Warning, FindEmpty, row, "空行，一律不办理："+b.Note.Zh, "empty, it refuses: "+b.Note.En)
		case Unconfirmed:
			l.add(Note, FindUnconfirmed, row, "未与原文核对："+b.Law.Zh, "not compared with its source: "+b.Law.En)
		}
	}
	for _, r := range l.p.Rules {
		one(r.ID, r.Basis)
	}
	for _, m := range l.p.Methods {
		one(m.ID, m.Basis)
	}
}

func joinTexts(all []Text) (zh, en string) {
	var z, e []string
	for _, t := range all {
		z, e = append(z, t.Zh), append(e, t.En)
	}
	return strings.Join(z, "；"), strings.Join(e, "; ")
}
