package main

// Rules of the output:
//   - standard output carries the answer, standard error faults;
//   - Chinese first, then English, one line per check, with a mark: ✓ holds, ✗ does not, – not reached;
//   - the verdict comes after the checks and stands alone with --quiet;
//   - text from the certificate has been made safe for a terminal by package inspect; fields and details are quoted there;
//   - what is not verified is called not verified.

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"sexton/inspect"
)

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printer remembers the first write that failed.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// safe replaces what a terminal could take for a command.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

func printReport(w io.Writer, name string, r *inspect.Report) error {
	p := &printer{w: w}
	p.line("文件 file: %s", safe(name))
	if r.Bench {
		p.line("*** 演练 / BENCH ***  虚拟设备签发，未销毁任何实物 / issued by a virtual station, nothing real was destroyed")
	}
	for _, c := range r.Checks {
		printCheck(p, c)
	}
	p.line("")
	if r.Summary != nil {
		if !r.OK() {
			p.line("以下内容取自不成立的证明，仅供查错 / what follows comes from a certificate that does not hold")
		}
		printSummary(p, r.Summary)
		p.line("")
	}
	p.line("本证明不能显示 / what it does not show")
	for _, l := range r.Limits {
		p.line("  · %s", l.Zh)
		p.line("    %s", l.En)
	}
	p.line("")
	for _, x := range r.Reasons {
		p.line("等级说明 grade: %s / %s", x.Zh, x.En)
	}
	if p.err != nil {
		return p.err
	}
	return printVerdict(w, name, r)
}

func printCheck(p *printer, c inspect.Check) {
	mark := "✗"
	switch {
	case c.OK:
		mark = "✓"
	case c.Skipped:
		mark = "–"
	}
	line := fmt.Sprintf("%s %s · %s", mark, c.Zh, c.En)
	if c.OK && c.Detail != "" {
		line += " (" + safe(c.Detail) + ")"
	}
	p.line("%s", line)
	if c.OK || c.Skipped {
		return
	}
	if c.Field != "" {
		p.line("    字段 field: %s", safe(c.Field))
	}
	if c.Reason != "" {
		p.line("    %s", safe(c.Reason))
	}
	p.line("    %s", safe(c.Detail))
}

// printVerdict is one line: verdict, bench mark, file, first failing field.
func printVerdict(w io.Writer, name string, r *inspect.Report) error {
	p := &printer{w: w}
	bench := ""
	if r.Bench {
		bench = " · 演练 BENCH"
	}
	line := fmt.Sprintf("结论 verdict: %s · %s%s · %s", r.Grade.Zh(), r.Grade, bench, safe(name))
	if f := r.Failed; f != nil {
		line += " · 首个不符 first failure: " + f.ID
		if f.Field != "" {
			line += " @ " + safe(f.Field)
		}
	}
	p.line("%s", line)
	return p.err
}

func printShown(w io.Writer, s *inspect.Summary) error {
	p := &printer{w: w}
	p.line("未核验 / NOT VERIFIED")
	printSummary(p, s)
	p.line("未核验 / NOT VERIFIED: sexton-inspect verify FILE --trust FILE")
	return p.err
}

var forms = map[string]string{"full": "全文 full", "part": "部分公开 opened in part", "redacted": "隐去版 redacted"}

func printSummary(p *printer, s *inspect.Summary) {
	if s.Bench {
		p.line("演练 / BENCH")
	}
	p.line("证明编号 certificate  %s  (%s)", s.Certificate, forms[s.Form])
	if s.Unit != "" {
		p.line("单位 unit             %s", s.Unit)
	}
	p.line("签发站 station        %s", s.Station)
	p.line("批次 batch            %s", s.Batch)
	for _, l := range s.Lists {
		p.line("清单 list             %s  %d rows, %d skipped, %d here", l.Number, l.Rows, l.Skipped, l.Here)
	}
	p.line("制度 policy           %s %s  %s", s.Profile, s.Version, strings.Join(s.Rows, " "))
	if s.Training {
		p.line("  该制度仅供训练，数值为虚构 / a training policy: its values are invented")
	}
	if len(s.Unconfirmed) > 0 {
		p.line("  未与标准原文核对的条目 / rows not compared with their source: %s", strings.Join(s.Unconfirmed, " "))
	}
	m := s.Machine
	p.line("设备 machine          %s %s  no. %s  approval %s  (%s)", m.Manufacturer, m.Model, m.Serial, m.ApprovalNo, m.ID)
	p.line("方法 method           %s", s.Method)
	p.line("载体 carriers         %d", s.Members)
	for _, k := range s.Kinds {
		p.line("  %s %s: %d %s，已销毁 destroyed %d %s", k.Zh, k.En, k.Pieces, k.Measure, k.Destroyed, k.Measure)
	}
	for _, l := range s.Levels {
		p.line("  %s %s: %d", l.Zh, l.En, l.Carriers)
	}
	t := s.Tally
	p.line("结果 outcome          已销毁 destroyed %d · 未核实 unverified %d · 有争议 disputed %d · 结果不明 indeterminate %d · 未投入 unfed %d · 未找到 missing %d",
		t.Destroyed, t.Unverified, t.Disputed, t.Indeterminate, t.Unfed, len(s.Missing))
	for _, i := range append(s.Open, s.Missing...) {
		printItem(p, i)
	}
	for _, a := range s.Acts {
		p.line("  %s  %s %s  (%d)", a.At, a.Zh, a.Kind, a.Leaf)
	}
	for _, x := range s.Persons {
		name := x.ID
		if x.Name != "" {
			name = x.Name + " (" + x.ID + ")"
		}
		p.line("  %s %s: %s", x.Zh, x.Role, name)
	}
	if s.Checkpoint != nil {
		p.line("检查点 checkpoint     %d  %s", s.Checkpoint.Size, s.Checkpoint.Root)
	}
}

func printItem(p *printer, i inspect.ItemLine) {
	line := fmt.Sprintf("  ! %s  %s  %s %s", i.Number, i.Kind, i.Zh, i.En)
	if i.Title != "" {
		line += "  " + i.Title
	}
	if i.Closed != "" {
		line += "  → " + i.Closed
	}
	if len(i.Reasons) > 0 {
		line += "  [" + strings.Join(i.Reasons, ", ") + "]"
	}
	p.line("%s", line)
}
