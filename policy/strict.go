package policy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// looser says in what t demands less than of, which is for a lower
// classification.
func (t Terms) looser(of Terms) []Text {
	var out []Text
	add := func(is bool, zh, en string) {
		if is {
			out = append(out, Text{zh, en})
		}
	}
	add(!t.Approval && of.Approval, "不须审批", "no approval")
	add(t.Audit == "" && of.Audit != "", "无人审核", "nobody audits")
	add(t.Approval && of.Approval && reach(t.Authority) < reach(of.Authority), "批准权限较低", "weaker authority")
	add(t.Persons < of.Persons, "办理人数较少", "fewer persons")
	if extra := beyond(t.Channels, of.Channels); len(extra) > 0 {
		add(true, "多出渠道 "+strings.Join(extra, "、"), "more channels: "+strings.Join(extra, ", "))
	}
	add(t.Escorts < of.Escorts, "同行人数较少", "fewer escorts")
	add(unlimited(t.MaxDays) > unlimited(of.MaxDays), "天数较长", "more days")
	if extra := beyond(t.Places, of.Places); len(extra) > 0 {
		add(true, "多出场所 "+strings.Join(extra, "、"), "more places: "+strings.Join(extra, ", "))
	}
	add(!t.RecordReaders && of.RecordReaders, "不记录知悉人员", "readers not on record")
	add(!t.Cleared && of.Cleared, "不要求涉密人员", "persons need not be fit")
	add(!t.Qualified && of.Qualified, "不要求资质", "no qualification")
	add(years(t.Retention) < years(of.Retention), "记录保存较短", "records kept for a shorter time")
	return out
}

// looser says in what l demands less than of, which is for a lower
// classification.
func (l Limits) looser(of Limits) []Text {
	var out []Text
	if l.MinLevel < of.MinLevel {
		out = append(out, Text{"等级较低", "lower level"})
	}
	if widest(l.MaxAreaMM2) > widest(of.MaxAreaMM2) || widest(l.MaxWidthMM) > widest(of.MaxWidthMM) {
		out = append(out, Text{"颗粒较大", "coarser particle"})
	}
	if extra := beyond(l.Methods, of.Methods); len(extra) > 0 {
		out = append(out, Text{"多出方式 " + strings.Join(extra, "、"), "more methods: " + strings.Join(extra, ", ")})
	}
	return out
}

// beyond is what a has and b has not.
func beyond(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// unlimited and widest read 0 as no limit.
func unlimited(days int) int {
	if days == 0 {
		return math.MaxInt
	}
	return days
}

func widest(mm float64) float64 {
	if mm == 0 {
		return math.Inf(1)
	}
	return mm
}

// permanent is the retention without end.
const permanent = "permanent"

// years is how long a retention lasts, -1 when it cannot be read.
func years(retention string) int {
	if retention == permanent {
		return math.MaxInt
	}
	number, unit, _ := strings.Cut(retention, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || strconv.Itoa(n) != number || unit != "years" {
		return -1
	}
	return n
}

// retentionZh is a retention in Chinese.
func retentionZh(retention string) string {
	switch n := years(retention); {
	case retention == permanent:
		return "长期"
	case n > 0:
		return fmt.Sprintf("%d年", n)
	}
	return retention
}
