package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"sexton/custody"
)

// Grid is one table in both languages.
type Grid struct {
	Title Text     `json:"title"`
	Head  []Text   `json:"head"`
	Rows  [][]Text `json:"rows"`
}

// Lang says in which languages a grid is written.
type Lang int

// Languages. InBoth writes "中文 / English" where they differ.
const (
	InChinese Lang = iota
	InEnglish
	InBoth
)

func (t Text) in(l Lang) string {
	switch {
	case l == InChinese:
		return t.Zh
	case l == InEnglish || t.Zh == t.En:
		return t.En
	}
	return t.Zh + " / " + t.En
}

// Tables are the decision tables of a profile: one of the acts, one of how
// carriers are destroyed.
func (p *Profile) Tables() []Grid { return []Grid{p.actTable(), p.methodTable()} }

// actHead are the columns of the table of acts.
var actHead = []Text{{"事项", "act"}, {"密级", "classification"}, {"行", "row"}, {"状态", "status"}, {"审批", "approval"}, {"人数", "persons"}, {"同行", "escorts"}, {"天数", "days"},
	{"知悉记录", "readers"}, {"涉密人员", "fit persons"}, {"资质", "qualification"}, {"保存", "records"}, {"渠道", "channels"}, {"场所", "places"}}

func (p *Profile) actTable() Grid {
	g := Grid{Title: Text{p.Title.Zh + "：事项", p.Title.En + ": acts"}, Head: actHead}
	for _, a := range acts {
		if p.Format == formatDestroy && a.Word != "destroy" {
			continue
		}
		done := map[string]bool{}
		for _, c := range custody.Classifications() {
			rules := p.rulesOf(a.Word, c.Word)
			for _, r := range rules {
				if !done[r.ID] {
					done[r.ID] = true
					g.Rows = append(g.Rows, append([]Text{{a.Zh, a.En}, r.scope(), both(r.ID), r.Basis.status()}, r.cells()...))
				}
			}
			if len(rules) == 0 {
				g.Rows = append(g.Rows, append([]Text{{a.Zh, a.En}, {c.Zh, c.En}, both(dash), {"无规则", "no row"}}, blank()...))
			}
		}
	}
	return g
}

const dash = "—"

// blank are the cells of a row that decides nothing.
func blank() []Text {
	return slices.Repeat([]Text{both(dash)}, len(actHead)-4)
}

// cells are the demands of a rule, one for each column after the status.
func (r Rule) cells() []Text {
	if r.Basis.Status == Empty {
		return blank()
	}
	chZh, chEn := names(channels, r.Channels)
	plZh, plEn := names(places, r.Places)
	return []Text{r.approvalCell(), number(r.Persons), number(r.Escorts), number(r.MaxDays), both(mark(r.RecordReaders)), both(mark(r.Cleared)), both(mark(r.Qualified)),
		{retentionZh(r.Retention), r.Retention}, {chZh, chEn}, {plZh, plEn}}
}

func (t Terms) approvalCell() Text {
	if !t.Approval {
		return both(dash)
	}
	approver, _ := wordOf(roles, t.Approver)
	authority, _ := wordOf(authorities, t.Authority)
	zh, en := approver.Zh+"（"+authority.Zh+"）", approver.En+" ("+t.Authority+")"
	if audit, ok := wordOf(roles, t.Audit); ok {
		zh, en = audit.Zh+"→"+zh, audit.En+" → "+en
	}
	return Text{zh, en}
}

// number is a number, 0 as nothing.
func number(n int) Text {
	if n == 0 {
		return both("")
	}
	return both(strconv.Itoa(n))
}

// rulesOf lists the rules of an act and a classification, of whatever medium.
func (p *Profile) rulesOf(act, class string) []Rule {
	return slices.DeleteFunc(slices.Clone(p.Rules), func(r Rule) bool { return r.Act != act || !slices.Contains(r.Classifications, class) })
}

// scope says for what a rule is.
func (r Rule) scope() Text {
	var zh, en []string
	for _, w := range r.Classifications {
		c, _ := custody.ClassificationOf(w)
		zh, en = append(zh, c.Zh), append(en, c.En)
	}
	t := Text{strings.Join(zh, "、"), strings.Join(en, ", ")}
	if len(r.Media) > 0 {
		var names []string
		for _, m := range r.Media {
			name, _ := custody.MediumZh(m)
			names = append(names, name)
		}
		t.Zh += "（" + strings.Join(names, "、") + "）"
		t.En += " (" + strings.Join(r.Media, ", ") + ")"
	}
	return t
}

// methodTable has a line for each classification and a column for each
// category of carrier.
func (p *Profile) methodTable() Grid {
	g := Grid{Title: Text{p.Title.Zh + "：销毁标准", p.Title.En + ": how carriers are destroyed"}, Head: []Text{{"密级", "classification"}}}
	for _, letter := range categories {
		name := categoryNames[letter]
		g.Head = append(g.Head, Text{letter + " " + name.Zh, letter + " " + name.En})
	}
	for _, c := range custody.Classifications() {
		line := []Text{{c.Zh, c.En}}
		for _, letter := range categories {
			m, ok := p.methodFor(c.Word, letter)
			switch {
			case !ok:
				line = append(line, Text{"无规则", "no row"})
			case m.Basis.Status == Empty:
				line = append(line, Text{"未填写", "empty"})
			default:
				line = append(line, both(m.brief(letter)))
			}
		}
		g.Rows = append(g.Rows, line)
	}
	return g
}

// categoryNames are those of ISO/IEC 21964-1, clause 4.
var categoryNames = map[string]Text{"P": {"纸", "paper"}, "F": {"胶片", "film"}, "O": {"光盘", "optical"}, "T": {"磁带", "tape"}, "H": {"硬盘", "hard disk"}, "E": {"电子", "electronic"}}

// brief is a method row in one cell: level, largest particle, and ? when it is
// unconfirmed.
func (m Method) brief(letter string) string {
	s := fmt.Sprintf("%s-%d", letter, m.MinLevel)
	if m.MaxAreaMM2 > 0 {
		s += fmt.Sprintf(" ≤%gmm²", m.MaxAreaMM2)
	}
	if m.MaxWidthMM > 0 {
		s += fmt.Sprintf(" ≤%gmm", m.MaxWidthMM)
	}
	if m.Basis.Status == Unconfirmed {
		s += " ?"
	}
	return s
}

func (b Basis) status() Text {
	switch b.Status {
	case Confirmed:
		return Text{"已核对", "confirmed"}
	case Unconfirmed:
		return Text{"未核对", "unconfirmed"}
	}
	return Text{"空行", "empty"}
}

func both(s string) Text { return Text{s, s} }

// Text is the grid in columns. Chinese characters are two
// columns wide on a terminal (Unicode Standard Annex #11).
func (g Grid) Text(l Lang) string {
	rows := g.in(l)
	widths := make([]int, len(g.Head))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-columns(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// Markdown is the grid as a table of Markdown.
func (g Grid) Markdown(l Lang) string {
	var b strings.Builder
	for i, r := range g.in(l) {
		for _, cell := range r {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(r)) + "|\n")
		}
	}
	return b.String()
}

// in gives head and rows as strings.
func (g Grid) in(l Lang) [][]string {
	var out [][]string
	for _, r := range append([][]Text{g.Head}, g.Rows...) {
		line := make([]string, len(r))
		for i, t := range r {
			line[i] = t.in(l)
		}
		out = append(out, line)
	}
	return out
}

// columns is how many terminal columns s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
