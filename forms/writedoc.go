package forms

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

//go:generate go run ./gen

const docHead = `# Registers and forms

Generated from forms/data by ` + "`go generate ./forms`" + `.

Every register, list, slip, label and report is data. Columns stand in the order of the paper. **Bold** places are mandatory: a unit may rename them, not hide them. *Italic* ones, and forms marked
"composed", were not seen in a form in use but follow from rules and custom. Where known forms use an older word than the law, the sheet has the law's (密级 for 涉密级别, 知悉范围 for 控制范围); a unit that wants
the old word renames it.

Sheets print as HTML (with any browser, no outside resources), and come as CSV, XLSX and JSON. CSV is UTF-8 with byte order mark; a cell that a spreadsheet would run has an apostrophe in front, a text that it would change into a
number or a day (as a copy number) has a TAB behind, which is not seen. Sums, balances and what is missing are computed, never typed.

## A unit's own wording

A file in TOML renames titles and headings (in every place of a key), hides columns that are not mandatory, orders columns and adds columns for the pen. It cannot change a key, a kind, an option or a rule; every fault is
reported in both languages before anything is used.

` + "```toml" + `
format = "sexton-forms-wording/1"
unit = "云泽市财政局"

[[form]]
id = "F1"
title = { zh = "国家秘密载体登记簿", en = "Register of state-secret carriers" }
rename = [{ key = "issuer", zh = "来文单位", en = "from" }]
hide = ["remark"]
blank = [{ table = "carriers", key = "own_cabinet", after = "extent", w = 6, zh = "柜号", en = "cabinet" }]
order = { carriers = ["no", "reference", "title", "issuer", "carrier_kind", "classification", "extent", "own_cabinet", "count", "scope_of_use"] }
` + "```" + `

## Forms
`

// WriteDoc writes the list of forms and keys for people who run a station.
func (c *Catalogue) WriteDoc(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, docHead)
	for _, f := range c.forms {
		f.writeDoc(b)
	}
	fmt.Fprint(b, "\n## Keys\n\nOne vocabulary for all forms: a key means the same wherever it stands.\n\n| key | kind | 中文 | English | choices |\n|---|---|---|---|---|\n")
	for _, t := range vocabulary {
		var options []string
		for _, o := range t.Options {
			options = append(options, o.Zh+" "+o.En)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", t.Key, t.Kind, t.Zh, t.En, strings.Join(options, ", "))
	}
	return b.Flush()
}

func (f *Form) writeDoc(w io.Writer) {
	status := ""
	if f.Status == Unconfirmed {
		status = ", composed"
	}
	fmt.Fprintf(w, "\n### %s %s / %s\n\n%s%s; kept %s\n\n", f.ID, f.Title.Zh, f.Title.En, f.Paper, status, f.Retention.Zh+" "+f.Retention.En)
	if !f.Secret.Empty() {
		fmt.Fprintf(w, "- title when every item is a state secret: %s / %s\n", f.Secret.Zh, f.Secret.En)
	}
	if !f.Numbered.Empty() {
		fmt.Fprintf(w, "- number: %s\n", f.Numbered.Zh)
	}
	if len(f.Head) > 0 {
		fmt.Fprintf(w, "- head: %s\n", fieldsDoc(f.Head))
	}
	for _, s := range f.Sections {
		switch s.Kind {
		case Boxes:
			fmt.Fprintf(w, "- boxes: %s\n", fieldsDoc(s.Fields))
		case Table:
			fmt.Fprintf(w, "- table `%s`%s: %s\n", s.ID, strings.TrimRight(" "+s.Title.Zh, " "), fieldsDoc(s.Fields))
			if s.Sum != nil {
				fmt.Fprintf(w, "- %s: %s\n", s.Sum.Zh, s.Sum.doc(&s))
			}
		case Clauses:
			fmt.Fprintf(w, "- %d clauses %s\n", len(s.Clauses), s.Title.Zh)
		case Sign:
			var all []string
			for _, g := range s.Signers {
				x := g.Zh + " `" + string(g.Role) + "`"
				if g.Mandatory {
					x = "**" + g.Zh + "** `" + string(g.Role) + "`"
				}
				if g.Persons > 1 {
					x += fmt.Sprintf(" ×%d", g.Persons)
				}
				if g.Seal {
					x += "（盖章）"
				}
				all = append(all, x)
			}
			fmt.Fprintf(w, "- signed by: %s\n", strings.Join(all, " → "))
		}
	}
	if len(f.Copies) > 0 {
		var all []string
		for _, t := range f.Copies {
			all = append(all, t.Zh)
		}
		fmt.Fprintf(w, "- copies: %d (%s)\n", len(all), strings.Join(all, "、"))
	}
}

func fieldsDoc(fields []Field) string {
	var all []string
	for _, c := range fields {
		zh := c.Zh
		switch {
		case c.Mandatory:
			zh = "**" + zh + "**"
		case c.Unconfirmed:
			zh = "*" + zh + "*"
		}
		s := zh + " `" + string(c.Key) + "`"
		if c.Computed() {
			s += " (computed)"
		}
		all = append(all, s)
	}
	return strings.Join(all, " · ")
}

func (s *Sum) doc(t *Section) string {
	var all []string
	if s.ByKind {
		all = append(all, "by carrier kind with measure words")
	}
	for _, k := range s.Totals {
		all = append(all, t.Column(k).Zh)
	}
	for _, d := range s.Differences {
		all = append(all, d.Zh+" (computed)")
	}
	return strings.Join(all, " · ")
}
