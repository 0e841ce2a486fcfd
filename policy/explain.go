package policy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sexton/custody"
)

// Explanation is an answer of a profile with all it rests on.
type Explanation struct {
	Profile  string  `json:"profile"`
	Version  string  `json:"version"`
	Title    Text    `json:"title"`
	Question Text    `json:"question"`
	Allowed  bool    `json:"allowed"` // the act is possible, under the demands
	Demands  []Text  `json:"demands"` // of every row that was reached
	Rows     []Cited `json:"rows"`    // every row that was reached, the rule first
	Code     string  `json:"code"`    // of the refusal, "" = allowed
	Refusal  Text    `json:"refusal"`
	Who      Text    `json:"who"` // who can do what about the refusal
}

// Cited is a row with what it rests on.
type Cited struct {
	ID        string `json:"id"`
	Law       Text   `json:"law"`
	Document  string `json:"document"`
	Effective string `json:"effective"`
	Status    Status `json:"status"`
	StatusIn  Text   `json:"status_in"`
	Note      Text   `json:"note"`
}

func cite(id string, b Basis) Cited {
	return Cited{id, b.Law, b.Document, b.Effective, b.Status, b.status(), b.Note}
}

// Explain answers q with the articles it rests on. A refusal is an answer too:
// it says which row refuses and who can do what about it.
func (p *Profile) Explain(q ActQuery) Explanation {
	e := Explanation{Profile: p.Name, Version: p.Version, Title: p.Title, Question: question(q), Demands: []Text{}, Rows: []Cited{}}
	_, err := p.DecideAct(q)
	var no *Refusal
	if errors.As(err, &no) {
		e.Code, e.Refusal, e.Who = no.Code, Text{no.Zh, no.En}, no.Who
	}
	if e.Allowed = err == nil; e.Code == CodeUnknown || p.inForce(q.At) != nil {
		return e
	}
	class, _ := custody.ClassificationOf(q.Classification)
	k, _ := custody.KindOf(q.CarrierKind)
	r, ok := p.ruleFor(q.Act, class.Word, k.Medium)
	if !ok {
		return e
	}
	e.Rows = append(e.Rows, cite(r.ID, r.Basis))
	if r.Basis.usable(r.ID, q.At) != nil {
		return e
	}
	e.Demands = append(e.Demands, r.Terms.sentences()...)
	if q.Act != "destroy" {
		return e
	}
	if m, ok := p.methodFor(class.Word, k.Letter); ok {
		e.Rows = append(e.Rows, cite(m.ID, m.Basis))
		if m.Basis.usable(m.ID, q.At) == nil {
			e.Demands = append(e.Demands, m.Limits.sentences(k.Letter)...)
		}
	}
	return e
}

func question(q ActQuery) Text {
	a, ok := ActOf(q.Act)
	if !ok {
		a = Act{Word: q.Act, Zh: q.Act, En: q.Act}
	}
	c, ok := custody.ClassificationOf(q.Classification)
	if !ok {
		c = custody.Classification{Zh: q.Classification, En: q.Classification}
	}
	t := Text{a.Zh + " " + c.Zh, a.En + ": " + strings.ToLower(c.En)}
	if k, ok := custody.KindOf(q.CarrierKind); ok {
		t.Zh, t.En = t.Zh+" "+k.Zh, t.En+", "+k.En
	}
	return t
}

// sentences say in words what a rule demands.
func (t Terms) sentences() []Text {
	var out []Text
	add := func(is bool, zh, en string) {
		if is {
			out = append(out, Text{zh, en})
		}
	}
	out = append(out, t.approval())
	add(t.Persons > 1, fmt.Sprintf("%d人共同办理", t.Persons), fmt.Sprintf("%d persons together", t.Persons))
	if len(t.Channels) > 0 {
		zh, en := names(channels, t.Channels)
		add(true, "渠道限"+zh, "only by "+en)
	}
	add(t.Escorts == 1, "专人携带", "a named person carries it")
	add(t.Escorts > 1, fmt.Sprintf("%d人以上同行", t.Escorts), fmt.Sprintf("at least %d persons travel together", t.Escorts))
	add(t.MaxDays > 0, fmt.Sprintf("不超过%d天", t.MaxDays), fmt.Sprintf("at most %d day(s)", t.MaxDays))
	if len(t.Places) > 0 {
		zh, en := names(places, t.Places)
		add(true, "场所限"+zh, "only in "+en)
	}
	add(t.RecordReaders, "记录知悉人员", "who knew is on record")
	add(t.Cleared, "经手人均为在岗涉密人员，涉密等级相当，培训有效，已签承诺书", "everybody who handles it is on post, cleared high enough, trained and pledged")
	add(t.Qualified, "核验对方资质", "the other body's qualification is checked")
	add(true, "记录保存"+retentionZh(t.Retention), "records kept: "+t.Retention)
	return out
}

func (t Terms) approval() Text {
	if !t.Approval {
		return Text{"不须审批", "no approval"}
	}
	approver, _ := wordOf(roles, t.Approver)
	authority, _ := wordOf(authorities, t.Authority)
	zh, en := approver.Zh+"批准", "approved by the "+approver.En
	if t.Audit != "" {
		audit, _ := wordOf(roles, t.Audit)
		zh, en = audit.Zh+"审核、"+zh, "audited by the "+audit.En+", "+en
	}
	return Text{zh + "（权限：" + authority.Zh + "）", en + " (authority: " + authority.En + ")"}
}

// sentences say in words how a carrier of a category is destroyed.
func (l Limits) sentences(letter string) []Text {
	out := []Text{{"方式：粉碎", "method: " + strings.Join(l.Methods, ", ")},
		{fmt.Sprintf("设备等级不低于 %s-%d", letter, l.MinLevel), fmt.Sprintf("the machine reaches %s-%d", letter, l.MinLevel)}}
	if l.MaxAreaMM2 > 0 {
		out = append(out, Text{fmt.Sprintf("颗粒不大于 %g mm²", l.MaxAreaMM2), fmt.Sprintf("particles not larger than %g mm²", l.MaxAreaMM2)})
	}
	if l.MaxWidthMM > 0 {
		out = append(out, Text{fmt.Sprintf("宽度不大于 %g mm", l.MaxWidthMM), fmt.Sprintf("not wider than %g mm", l.MaxWidthMM)})
	}
	return out
}

func names(list []Word, words []string) (zh, en string) {
	var z, e []string
	for _, w := range words {
		x, _ := wordOf(list, w)
		z, e = append(z, x.Zh), append(e, x.En)
	}
	return strings.Join(z, "、"), strings.Join(e, ", ")
}

// ParseQuestion reads a question in the words people use: act, classification
// and carrier kind in Chinese, English or wire words; the kind may be a medium
// whose kinds are all of one category, and is needed for the act "destroy"
// only. The *Refusal lists the words there are.
func ParseQuestion(act, class, kind string, at time.Time) (ActQuery, error) {
	q := ActQuery{At: at}
	var all []string
	for _, a := range acts {
		if all = append(all, a.Zh+" "+a.Word); same(act, a.Word, a.Zh, a.En) {
			q.Act = a.Word
		}
	}
	if q.Act == "" {
		return q, unknown("事项", "act", act, all)
	}
	all = nil
	for _, c := range custody.Classifications() {
		if all = append(all, c.Zh+" "+c.Word); same(class, c.Word, c.Zh, c.En) {
			q.Classification = c.Word
		}
	}
	if q.Classification == "" {
		return q, unknown("密级", "classification", class, all)
	}
	if kind == "" && q.Act != "destroy" {
		return q, nil
	}
	var err error
	q.CarrierKind, err = parseKind(kind)
	return q, err
}

// otherNames are common names of carrier kinds.
var otherNames = map[string]string{"usb": "usb-key", "优盘": "usb-key", "闪存盘": "usb-key", "flash drive": "usb-key", "纸": "paper", "文件": "paper", "document": "paper",
	"cd": "disc", "dvd": "disc", "硬盘": "hdd", "hard disk": "hdd", "胶片": "film", "sd": "memory-card", "portable": "portable-hdd"}

func parseKind(kind string) (string, error) {
	if word, ok := otherNames[strings.ToLower(kind)]; ok {
		return word, nil
	}
	var all []string
	var ofMedium []custody.CarrierKind
	for _, k := range custody.CarrierKinds() {
		if all = append(all, k.Zh+" "+k.Word); same(kind, k.Word, k.Zh, k.En) {
			return k.Word, nil
		}
		if zh, _ := custody.MediumZh(k.Medium); same(kind, k.Medium, zh) {
			ofMedium = append(ofMedium, k)
		}
	}
	if len(ofMedium) == 0 {
		return "", unknown("载体类别", "carrier kind", kind, all)
	}
	for _, k := range ofMedium {
		if k.Letter != ofMedium[0].Letter {
			return "", unknown("载体类别", "carrier kind", kind, all)
		}
	}
	return ofMedium[0].Word, nil
}

func same(word string, as ...string) bool {
	for _, a := range as {
		if strings.EqualFold(strings.TrimSpace(word), a) || (a != "" && strings.EqualFold(strings.TrimSuffix(word, "级"), a)) {
			return true
		}
	}
	return false
}

func unknown(zh, en, word string, all []string) *Refusal {
	return &Refusal{Code: CodeUnknown, Zh: fmt.Sprintf("%s“%s”不明，可用：%s", zh, word, strings.Join(all, "、")), En: fmt.Sprintf("%s %q is not known; there are: %s", en, word, strings.Join(all, ", ")), Who: whoAsks}
}
