package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newReportCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "报表 / reports upward: period and year"}
	var from, to string
	period := &cobra.Command{
		Use: "period", Short: "一段时间的报告 / the balance of a period; with --out a signed report", Args: cobra.NoArgs,
		Long: "Shows the balance of a period, both days included: opening + in - out = closing for each classification and kind, counted twice.\nWith --out it is issued as form R2 under the card's signature, and that is on record.",
	}
	var p printFlags
	period.RunE = func(c *cobra.Command, _ []string) error { return runReport(c.Context(), e, "R2", from, to, p) }
	period.Flags().StringVar(&from, "from", "", "first day, 2026-01-01")
	period.Flags().StringVar(&to, "to", "", "last day, 2026-06-30")
	_ = period.MarkFlagRequired("from")
	_ = period.MarkFlagRequired("to")
	p.add(period)
	var y printFlags
	year := &cobra.Command{
		Use: "year YEAR", Short: "年度统计表 / the yearly report on carriers; with --out a signed report", Args: cobra.ExactArgs(1),
		Long: "Shows the balance of a year. With --out it is issued as form R1 under the card's signature, and that is on record.",
		RunE: func(c *cobra.Command, args []string) error {
			return runReport(c.Context(), e, "R1", args[0]+"-01-01", args[0]+"-12-31", y)
		},
	}
	y.add(year)
	c.AddCommand(period, year)
	return c
}

// printFlags say how and where a file is written.
type printFlags struct{ number, format, out string }

func (p *printFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&p.number, "number", "", "number of the sheet")
	c.Flags().StringVar(&p.format, "format", "html", "html, xlsx, csv or json")
	c.Flags().StringVar(&p.out, "out", "", "write it to this file")
}

func runReport(ctx context.Context, e *env, form, from, to string, p printFlags) error {
	if p.out != "" {
		return printForm(ctx, e, api.PrintRequest{Form: form, From: from, To: to, Number: p.number, Format: p.format}, p.out)
	}
	v, err := call[api.PeriodView](ctx, e, "report/period", api.PeriodRequest{From: from, To: to})
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) { printPeriod(w, v) })
}

// printForm has a form printed and writes it to a new file. A blank one needs nobody.
func printForm(ctx context.Context, e *env, r api.PrintRequest, out string) (err error) {
	if r.For != "" || r.From != "" || r.To != "" || r.Filter != nil {
		if r.By, err = e.signer(ctx, "打印 / print "+r.Form); err != nil {
			return err
		}
	}
	return handOut(ctx, e, "form/print", r, out)
}

// handOut writes the file that an operation hands out.
func handOut(ctx context.Context, e *env, op string, req any, out string) error {
	var b bytes.Buffer
	v, err := e.client.File(ctx, op, req, &b)
	if err != nil {
		return err
	}
	if err := writeNew(out, b.Bytes()); err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		e.ok(fmt.Sprintf("已写入 %s（%d 行）", out, v.Rows), fmt.Sprintf("written: %d bytes, sha256 %s", v.Size, v.SHA256))
		if v.Index >= 0 {
			fmt.Fprintf(w, "  已记入账本 / on record: leaf %d %s\n", v.Index, clean(v.Leaf))
		}
	})
}

func printPeriod(w io.Writer, v api.PeriodView) {
	fmt.Fprintf(w, "%s 至 / to %s  (UTC%s)  账本 ledger %d\n", clean(v.From), clean(v.To), clean(v.Zone), v.Ledger.Size)
	var rows [][]string
	line := func(level, kind string, r api.PeriodRow) {
		row := []string{level, kind}
		for _, n := range []int64{r.Opening, r.Received, r.Made, r.RegradedIn, r.Returned, r.Archived, r.Transferred, r.Dispatched, r.Declassified, r.Consigned, r.Destroyed, r.RegradedOut, r.Other, r.Closing} {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, row)
	}
	for _, r := range v.Rows {
		line(r.LevelZh, r.KindZh, r)
	}
	line("合计", "total", v.Total)
	table(w, "密级\t类别\t期初\t收\t制复\t转入\t清退\t归档\t移交\t发文\t解密\t送销\t销毁\t转出\t其他\t期末", rows)
	for _, m := range v.Moved {
		fmt.Fprintf(w, "  %s %s: %d 次 movements, %d 件 carriers\n", clean(m.ActZh), clean(m.Act), m.Movements, m.Carriers)
	}
	for _, l := range v.Open {
		late := ""
		if l.Overdue {
			late = "  逾期 overdue"
		}
		fmt.Fprintf(w, "  未闭环 open: %s %s → %s  %s%s\n", clean(l.ActZh), clean(l.From), clean(l.To), clean(strings.Join(l.Carriers, " ")), late)
	}
	if len(v.Missing)+len(v.OpenCases) > 0 {
		fmt.Fprintf(w, "  未找到 missing: %s\n  未决 open cases: %s\n", clean(strings.Join(v.Missing, " ")), clean(strings.Join(v.OpenCases, " ")))
	}
	fmt.Fprintf(w, "  销毁 destructions %d  检查 inspections %d  问题 findings %d  人员变动 changes of people %d  事件 incidents %d\n", len(v.Destruction), len(v.Inspections), len(v.Findings), len(v.People), len(v.Incidents))
	if len(v.Refusals) > 0 {
		fmt.Fprintf(w, "  拒绝 refusals: %s\n", counts(v.Refusals))
	}
}

func newFormCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "form", Short: "登记簿和表单 / registers and forms, filled from the register"}
	list := listCommand(e, "列出表单 / list forms and what each is filled for", "form/list", "FORM\tTITLE\tFILLED FOR\tKEPT", func(v api.FormView) []string {
		of := v.OfZh
		if of == "" {
			of = "（空白表）"
		}
		return []string{v.ID, v.Zh, of + " " + v.Of, v.RetentionZh}
	})
	show := &cobra.Command{
		Use: "show FORM", Short: "表单的栏目 / the columns of a form, in the unit's own wording", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.FormView](c.Context(), e, "form/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s  %s\n", clean(v.ID), clean(v.Zh), clean(v.En))
				var rows [][]string
				for _, f := range v.Fields {
					rows = append(rows, []string{f.Table, f.Key, f.Zh, f.En, mark(f.Mandatory), mark(f.Computed)})
				}
				table(w, "TABLE\tKEY\t栏目\tCOLUMN\tMANDATORY\tCOMPUTED", rows)
				fmt.Fprintf(w, "签字 signers: %s\n", clean(strings.Join(v.Signers, " → ")))
			})
		},
	}
	c.AddCommand(list, show, newFormPrintCommand(e))
	return c
}

func newFormPrintCommand(e *env) *cobra.Command {
	var r api.PrintRequest
	var p printFlags
	var all bool
	var f api.SearchFilter
	c := &cobra.Command{
		Use: "print FORM", Short: "打印表单 / fill a form for a thing, a period or carriers, or print it blank",
		Long: "Fills a form: with --for for one thing (a movement, batch, document, request, clear-out, inspection, incident, person or place),\nwith --from and --to for a period, with --all and the filters for carriers. Without them it is printed blank.\n" +
			"A filled form is signed for with the card, and that it was printed is on record.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if p.out == "" {
				return usageError{errors.New("--out is missing")}
			}
			r.Form, r.Number, r.Format = args[0], p.number, p.format
			if all {
				r.Filter = &f
			}
			return printForm(c.Context(), e, r, p.out)
		},
	}
	p.add(c)
	fl := c.Flags()
	fl.StringVar(&r.For, "for", "", "id or number of the thing")
	fl.StringVar(&r.From, "from", "", "first day")
	fl.StringVar(&r.To, "to", "", "last day")
	fl.BoolVar(&all, "all", false, "for all carriers that the filters select")
	addFilter(c, &f)
	return c
}

func newExportCommand(e *env) *cobra.Command {
	var r api.ExportCarriersRequest
	var out string
	c := &cobra.Command{
		Use: "export", Short: "导出载体 / write carriers for other systems: CSV, EPCIS 2.0 or JSON",
		Long: "Writes the carriers that the filters select. Titles, numbers of documents, issuers and serial numbers are left out, unless --with-titles is given by a secrecy officer.\nThe export, its hash and the medium it leaves by are on record under the card's signature.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if r.Medium == "" {
				r.Medium = out
			}
			if r.By, err = e.signer(c.Context(), "导出 / export"); err != nil {
				return err
			}
			return handOut(c.Context(), e, "carrier/export", r, out)
		},
	}
	c.Flags().StringVar(&r.Format, "format", "csv", "csv, epcis or json")
	c.Flags().StringVar(&out, "out", "", "write it to this file")
	c.Flags().StringVar(&r.Medium, "medium", "", "what it leaves by (kept private); left out = the file")
	c.Flags().BoolVar(&r.Titles, "with-titles", false, "with titles and numbers; secrecy officers only")
	_ = c.MarkFlagRequired("out")
	addFilter(c, &r.Filter)
	c.Flags().StringVar(&r.Filter.Number, "number", "", "beginning of the carrier's number")
	return c
}
