package policy

import (
	"fmt"
	"slices"
)

// extend merges the base into the supplement, which speaks its base's format.
func (p *Profile) extend() []Finding {
	var found []Finding
	bad := func(row, zh, en string) {
		found = append(found, Finding{Severity: Error, Code: FindSupplement, Row: row, Zh: zh, En: en})
	}
	if len(p.Rules)+len(p.Methods) > 0 {
		bad("", "补充规则只填 "+p.Extends+" 的空行，不得自带其他行", fmt.Sprintf("a supplement fills rows of %s; it has none of its own", p.Extends))
	}
	base, err := Builtin(p.Extends, p.ExtendsVersion)
	if err != nil {
		bad("", "内置规则中没有 "+quote(p.Extends)+" "+quote(p.ExtendsVersion), err.Error())
		return found
	}
	if base.Format != p.Format {
		bad("", fmt.Sprintf("格式 %s 与所补充规则的格式 %s 不同", p.Format, base.Format), fmt.Sprintf("format %s, its base has %s", p.Format, base.Format))
	}
	p.Rules, p.Methods = base.Rules, base.Methods
	filled := map[string]bool{}
	for _, f := range p.Fills {
		if filled[f.ID] {
			bad(f.ID, "同一行填了两次", "it is filled twice")
			continue
		}
		filled[f.ID] = true
		if f.Basis.Status == Empty {
			bad(f.ID, "填入的仍是空行", "it is filled with nothing")
			continue
		}
		if zh, en := p.fill(f); en != "" {
			bad(f.ID, zh, en)
		}
	}
	return found
}

// fill puts f in the place of the empty row it names, or says why not.
func (p *Profile) fill(f Fill) (zh, en string) {
	const full, fullEn = "该行不是空行，补充规则不得改动", "it is not empty: a supplement may not change it"
	if i := slices.IndexFunc(p.Methods, func(m Method) bool { return m.ID == f.ID }); i >= 0 {
		m := &p.Methods[i]
		switch {
		case m.Basis.Status != Empty:
			return full, fullEn
		case !f.Terms.none():
			return "销毁标准行不含办理要求", "it is a method row and has no terms"
		}
		m.Limits, m.Basis = f.Limits, f.Basis
		return "", ""
	}
	if i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.ID == f.ID }); i >= 0 {
		r := &p.Rules[i]
		switch {
		case r.Basis.Status != Empty:
			return full, fullEn
		case !f.Limits.none():
			return "办理要求行不含销毁标准", "it is a rule and has no limits of destruction"
		}
		r.Terms, r.Basis = f.Terms, f.Basis
		return "", ""
	}
	return p.Extends + " 中没有该行", "it is unknown in " + p.Extends
}

func (l Limits) none() bool {
	return len(l.Methods) == 0 && l.MinLevel == 0 && l.MaxAreaMM2 == 0 && l.MaxWidthMM == 0
}

func (t Terms) none() bool {
	return !t.Approval && t.Audit == "" && t.Approver == "" && t.Authority == "" && t.Persons == 0 && len(t.Channels) == 0 && t.Escorts == 0 &&
		t.MaxDays == 0 && len(t.Places) == 0 && !t.RecordReaders && !t.Cleared && !t.Qualified && t.Retention == ""
}
