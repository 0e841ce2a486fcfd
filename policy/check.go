package policy

import (
	"fmt"
	"slices"
	"strings"

	"sexton/custody"
)

// checker collects what has no meaning in a profile, or two.
type checker struct {
	p     *Profile
	found []Finding
	ids   map[string]bool
	cells map[string]string // what is decided -> by which row
}

func (c *checker) bad(code, row, zh, en string) {
	c.found = append(c.found, Finding{Severity: Error, Code: code, Row: row, Zh: zh, En: en})
}

// check finds what has no meaning or two.
func (p *Profile) check() []Finding {
	c := &checker{p: p, ids: map[string]bool{}, cells: map[string]string{}}
	c.head()
	for _, r := range p.Rules {
		c.rule(r)
		media := r.Media
		if len(media) == 0 {
			media = allMedia()
		}
		c.once(r.ID, r.Act, r.Classifications, media)
	}
	for _, m := range p.Methods {
		c.method(m)
		c.once(m.ID, m.Act+" by category", m.Classifications, m.Categories)
	}
	return c.found
}

func (c *checker) head() {
	p := c.p
	if !isToken(p.Name) || !isToken(p.Version) || p.Title.missing() {
		c.bad(FindMalformed, "", fmt.Sprintf("名称 %s、版本 %s 或标题缺失、有误", quote(p.Name), quote(p.Version)), fmt.Sprintf("name %q, version %q or title is missing or malformed", p.Name, p.Version))
	}
	if _, err := day(p.Effective); err != nil {
		c.bad(FindMalformed, "", "生效日期 "+quote(p.Effective)+" 有误", err.Error())
	}
	if p.Extends == "" && (p.ExtendsVersion != "" || len(p.Fills) > 0) {
		c.bad(FindSupplement, "", "有填充行，却未说明补充哪个规则", "it fills rows but extends nothing")
	}
}

// once demands that an id is used once and nothing is decided twice.
func (c *checker) once(id, act string, classes, of []string) {
	if id == "" || c.ids[id] {
		c.bad(FindMalformed, id, "行无编号，或编号重复", "it has no id, or one used twice")
	}
	c.ids[id] = true
	for _, class := range classes {
		for _, x := range of {
			key := act + " " + class + " " + x
			if other, taken := c.cells[key]; taken {
				c.bad(FindTwice, id, fmt.Sprintf("与 %s 行规定同一事项：%s", other, key), fmt.Sprintf("it decides the same as row %s: %s", other, key))
				return
			}
			c.cells[key] = id
		}
	}
}

func allMedia() []string {
	var out []string
	for _, k := range custody.CarrierKinds() {
		if !slices.Contains(out, k.Medium) {
			out = append(out, k.Medium)
		}
	}
	return out
}

// row checks what rules and method rows have in common.
func (c *checker) row(id string, classes []string, b Basis) {
	if len(classes) == 0 {
		c.bad(FindMalformed, id, "未写密级", "no classification")
	}
	for i, w := range classes {
		if _, ok := custody.ClassificationOf(w); !ok || slices.Contains(classes[:i], w) {
			c.bad(FindMalformed, id, "密级 "+quote(w)+" 不明或重复", fmt.Sprintf("classification %q is not known, or twice", w))
		}
	}
	if b.Status != Confirmed && b.Status != Unconfirmed && b.Status != Empty {
		c.bad(FindMalformed, id, "状态 "+quote(string(b.Status))+" 不明", fmt.Sprintf("status %q", b.Status))
	}
	if b.Law.missing() || b.Document == "" {
		c.bad(FindNoBasis, id, "缺法律依据或文号", "no legal basis or document number")
	}
	if b.Status == Empty && b.Note.missing() {
		c.bad(FindMalformed, id, "空行未写由谁填写", "it is empty and does not say who fills it in")
	}
	if _, err := day(b.Effective); err != nil {
		c.bad(FindMalformed, id, "生效日期 "+quote(b.Effective)+" 有误", err.Error())
	}
}

func (c *checker) rule(r Rule) {
	act, known := ActOf(r.Act)
	if !known || (c.p.Format == formatDestroy && r.Act != "destroy") {
		c.bad(FindMalformed, r.ID, "事项 "+quote(r.Act)+" 不明", fmt.Sprintf("act %q is not known", r.Act))
		return
	}
	c.row(r.ID, r.Classifications, r.Basis)
	for i, m := range r.Media {
		if !slices.Contains(allMedia(), m) || slices.Contains(r.Media[:i], m) {
			c.bad(FindMalformed, r.ID, "介质 "+quote(m)+" 不明或重复", fmt.Sprintf("medium %q is not known, or twice", m))
		}
	}
	if r.Basis.Status == Empty {
		if !r.Terms.none() {
			c.bad(FindMalformed, r.ID, "空行却有要求", "it is empty and yet has values")
		}
		return
	}
	c.terms(r, act)
	c.approval(r)
	c.words(r)
}

// terms compares what the rule says with what its act needs and may have.
func (c *checker) terms(r Rule, act Act) {
	has := map[term]bool{
		termApproval: r.Approval, termAudit: r.Audit != "", termPersons: r.Persons > 0, termTogether: r.Persons > 1, termChannels: len(r.Channels) > 0,
		termEscorts: r.Escorts > 0, termDays: r.MaxDays > 0, termPlaces: len(r.Places) > 0, termReaders: r.RecordReaders, termQualified: r.Qualified,
	}
	for _, t := range act.needs {
		if !has[t] {
			c.bad(FindMalformed, r.ID, act.Zh+"缺少要求："+termZh[t], fmt.Sprintf("the act %q needs %s", act.Word, t))
		}
	}
	for _, t := range allTerms {
		persons := (t == termPersons || t == termTogether) && (act.takes(termPersons) || act.takes(termTogether))
		if has[t] && !act.takes(t) && !persons {
			c.bad(FindMalformed, r.ID, act.Zh+"不涉及此项："+termZh[t], fmt.Sprintf("the act %q has no %s", act.Word, t))
		}
	}
	if r.Persons < 0 || r.Persons > 8 || r.Escorts < 0 || r.Escorts > 8 || r.MaxDays < 0 || r.MaxDays > 3650 {
		c.bad(FindMalformed, r.ID, "人数或天数超出范围", fmt.Sprintf("%d persons, %d escorts, %d days", r.Persons, r.Escorts, r.MaxDays))
	}
	if r.Retention == "" || (c.p.Format != formatDestroy && years(r.Retention) < 0) {
		c.bad(FindMalformed, r.ID, "记录保存期限 "+quote(r.Retention)+" 缺失或有误", fmt.Sprintf("retention %q is neither \"permanent\" nor like \"10 years\"", r.Retention))
	}
}

// approval demands an approver with every approval and none without.
func (c *checker) approval(r Rule) {
	if !r.Approval {
		if r.Audit != "" || r.Approver != "" || r.Authority != "" {
			c.bad(FindMalformed, r.ID, "不须审批，却写了审核人、批准人或批准权限", "no approval is needed, and yet it names an auditor, an approver or an authority")
		}
		return
	}
	if _, ok := wordOf(authorities, r.Authority); !ok {
		c.bad(FindMalformed, r.ID, "批准权限 "+quote(r.Authority)+" 不明", fmt.Sprintf("authority %q is not known", r.Authority))
	}
	if _, ok := wordOf(roles, r.Approver); !ok {
		c.bad(FindMalformed, r.ID, "批准人角色 "+quote(r.Approver)+" 不明", fmt.Sprintf("approver %q is no role", r.Approver))
	}
	if _, ok := wordOf(roles, r.Audit); r.Audit != "" && (!ok || r.Audit == r.Approver) {
		c.bad(FindMalformed, r.ID, "审核人角色 "+quote(r.Audit)+" 不明，或与批准人相同", fmt.Sprintf("auditor %q is no role, or the approver's", r.Audit))
	}
}

// words checks channels and places.
func (c *checker) words(r Rule) {
	for i, w := range r.Channels {
		if _, ok := wordOf(channels, w); !ok || slices.Contains(r.Channels[:i], w) {
			c.bad(FindMalformed, r.ID, "渠道 "+quote(w)+" 不明或重复", fmt.Sprintf("channel %q is not known, or twice", w))
		}
		for _, class := range r.Classifications {
			if k, _ := custody.ClassificationOf(class); k.Secret && slices.Contains(openChannels, w) {
				c.bad(FindOpenChannel, r.ID, k.Zh+"级不得经此渠道传递："+w+"（《保守国家秘密法》第二十八条、第二十九条）",
					fmt.Sprintf("%s may never travel by %s (state secrets law, art. 28, 29)", strings.ToLower(k.En), w))
			}
		}
	}
	for i, w := range r.Places {
		if _, ok := wordOf(places, w); !ok || slices.Contains(r.Places[:i], w) {
			c.bad(FindMalformed, r.ID, "场所用途 "+quote(w)+" 不明或重复", fmt.Sprintf("place use %q is not known, or twice", w))
		}
	}
}

// Category letters of ISO/IEC 21964-1, clause 4.
var categories = []string{"P", "F", "O", "T", "H", "E"}

func (c *checker) method(m Method) {
	if m.Act != "destroy" {
		c.bad(FindMalformed, m.ID, "事项 "+quote(m.Act)+" 没有方式行", fmt.Sprintf("act %q has no methods", m.Act))
		return
	}
	c.row(m.ID, m.Classifications, m.Basis)
	if len(m.Categories) == 0 {
		c.bad(FindMalformed, m.ID, "未写载体类别", "no category")
	}
	for i, w := range m.Categories {
		if !slices.Contains(categories, w) || slices.Contains(m.Categories[:i], w) {
			c.bad(FindMalformed, m.ID, "载体类别 "+quote(w)+" 不明或重复", fmt.Sprintf("category %q is not known, or twice", w))
		}
	}
	switch {
	case m.Basis.Status == Empty && !m.Limits.none():
		c.bad(FindMalformed, m.ID, "空行却有数值", "it is empty and yet has values")
	case m.Basis.Status == Empty:
	case len(m.Methods) == 0 || m.MinLevel < 1 || m.MinLevel > 7 || m.MaxAreaMM2 < 0 || m.MaxWidthMM < 0:
		c.bad(FindMalformed, m.ID, "销毁方式、等级或尺寸有误", fmt.Sprintf("methods %v, level %d, area %g mm2, width %g mm", m.Methods, m.MinLevel, m.MaxAreaMM2, m.MaxWidthMM))
	}
	for _, w := range m.Methods {
		if w != "shred" {
			c.bad(FindMalformed, m.ID, "销毁方式 "+quote(w)+" 不明", fmt.Sprintf("method %q is not known", w))
		}
	}
}
