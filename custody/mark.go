package custody

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Star stands between level and period of a state-secret mark (law of 2024,
// art. 22; GB/T 9704-2012, 7.2.2), and on nothing else.
const Star = "★"

// Period says how long something stays a state secret. At most one of its
// fields is set; the zero value says that none is marked.
type Period struct {
	Years      int
	Months     int // below a year
	Indefinite bool
	Until      string // a day, 2006-01-02
	Condition  string // in words: what must have happened
}

// ParsePeriod reads what stands behind the star: 10年, 6个月, 长期,
// 2027年12月31日, or a condition in words. The empty string is the zero Period.
func ParsePeriod(s string) (Period, bool) {
	if s == "" {
		return Period{}, true
	}
	if s == "长期" {
		return Period{Indefinite: true}, true
	}
	if t, err := time.Parse(dayZh, s); err == nil {
		return Period{Until: t.Format(time.DateOnly)}, t.Format(dayZh) == s
	}
	if n, ok := strings.CutSuffix(s, "个月"); ok {
		m, good := plainNumber(n)
		return Period{Months: m}, good && m < 12
	}
	if n, ok := strings.CutSuffix(s, "年"); ok {
		y, good := plainNumber(n)
		return Period{Years: y}, good
	}
	return Period{Condition: s}, isCondition(s)
}

// dayZh is how a day is written in a document: no leading zeros.
const dayZh = "2006年1月2日"

// plainNumber reads 1 to 999 in ASCII digits without sign or leading zeros.
func plainNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s || n < 1 || n > 999 {
		return 0, false
	}
	return n, true
}

// isCondition: words that say when it ends, and no number gone wrong.
func isCondition(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	n := utf8.RuneCountInString(s)
	return n >= 3 && n <= 40 && unicode.Is(unicode.Han, first) && !strings.ContainsRune("一二三四五六七八九十百零〇两", first)
}

// String is the period as marked; ParsePeriod reads it back.
func (p Period) String() string {
	switch {
	case p.Indefinite:
		return "长期"
	case p.Years > 0:
		return strconv.Itoa(p.Years) + "年"
	case p.Months > 0:
		return strconv.Itoa(p.Months) + "个月"
	case p.Until != "":
		t, err := time.Parse(time.DateOnly, p.Until)
		if err != nil {
			return p.Until
		}
		return t.Format(dayZh)
	}
	return p.Condition
}

// ParseMark reads a mark: 机密★10年, 秘密★ or 绝密 for a state secret without a
// period of its own, 工作秘密, 内部 or 公开 without a star.
func ParseMark(s string) (Classification, Period, error) {
	level, period, starred := strings.Cut(s, Star)
	for _, c := range classifications {
		if c.Zh != level {
			continue
		}
		p, ok := ParsePeriod(period)
		switch {
		case !ok:
			return Classification{}, Period{}, fmt.Errorf("cannot read mark %q: malformed period", s)
		case starred && !c.Secret:
			return Classification{}, Period{}, fmt.Errorf("cannot read mark %q: %s is no state secret and bears no star", s, c.En)
		case p.Years > c.DefaultYears:
			return Classification{}, Period{}, fmt.Errorf("cannot read mark %q: the period of %s is at most %d years", s, c.En, c.DefaultYears)
		}
		return c, p, nil
	}
	return Classification{}, Period{}, fmt.Errorf("cannot read mark %q: unknown level", s)
}

// Mark is the mark as printed: level, star and period for a state secret, the
// level alone for everything else.
func (c Classification) Mark(p Period) string {
	if !c.Secret {
		return c.Zh
	}
	return c.Zh + Star + p.String()
}

// CollectionMark is the mark of a sheet or a bag that holds things with these
// marks: the highest level and the longest period. A day or a condition cannot
// be compared with years; beside one, the longest period of the level counts.
// No marks make the zero Classification.
func CollectionMark(marks []string) (Classification, Period, error) {
	var top Classification
	var longest Period
	unsure := false
	rank := len(classifications)
	for _, m := range marks {
		c, p, err := ParseMark(m)
		if err != nil {
			return Classification{}, Period{}, err
		}
		for i := range classifications {
			if classifications[i].Word == c.Word && i < rank {
				top, rank = c, i
			}
		}
		if !c.Secret {
			continue
		}
		if p == (Period{}) {
			p.Years = c.DefaultYears // law of 2024, art. 20
		}
		switch {
		case p.Indefinite:
			longest = p
		case p.Until != "" || p.Condition != "":
			unsure = true
		case !longest.Indefinite && months(p) > months(longest):
			longest = p
		}
	}
	if unsure && !longest.Indefinite && longest.Years < top.DefaultYears {
		longest = Period{Years: top.DefaultYears}
	}
	return top, longest, nil
}

func months(p Period) int { return 12*p.Years + p.Months }
