package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newInspectionCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "inspection", Short: "保密检查 / blind counts of what is there against the register"}
	show := &cobra.Command{
		Use: "show INSPECTION", Short: "一次检查的结果 / one inspection with its result", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.InspectionView](c.Context(), e, "inspection/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printInspection(w, v) })
		},
	}
	list := listCommand(e, "列出检查 / list inspections", "inspection/list", "INSPECTION\tNUMBER\tPLACE\tSURPRISE\tBY\tSTATE\tDUE\tFOUND\tMISSING\tEXTRA\tFINDINGS\tOPEN", func(v api.InspectionView) []string {
		return []string{v.ID, v.Number, v.Place, mark(v.Surprise), v.Inspector, v.StateZh, blind(v.Due), blind(v.Found), blind(v.Missing), blind(v.Extra), fmt.Sprint(v.Findings), fmt.Sprint(v.Open)}
	})
	c.AddCommand(newInspectionOpenCommand(e), newInspectionCountCommand(e), newInspectionMissingCommand(e), show, list)
	return c
}

// blind shows a figure that is not told before the count is handed in.
func blind(n int64) string {
	if n < 0 {
		return "—"
	}
	return fmt.Sprint(n)
}

func newInspectionOpenCommand(e *env) *cobra.Command {
	var r api.InspectionRequest
	c := &cobra.Command{
		Use: "open", Short: "开始检查 / begin an inspection; what is due is fixed now and shown to nobody", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Session = s.ID
			v, err := call[api.InspectionView](c.Context(), e, "inspection/open", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printInspection(w, v) })
		},
	}
	c.Flags().StringVar(&r.Number, "number", "", "the unit's number for it")
	c.Flags().StringVar(&r.Place, "place", "", "cabinet or room; left out = everywhere")
	c.Flags().BoolVar(&r.Surprise, "surprise", false, "nobody was told")
	return c
}

func newInspectionCountCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "count INSPECTION FILE", Short: "提交扫描结果 / hand in what was scanned, one carrier number a line",
		Long: "Hands in the scan. It is handed in once; only then does the station say what is found, missing and extra.", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			scan, err := os.ReadFile(args[1])
			if err != nil {
				return usageError{fmt.Errorf("cannot read scan: %w", err)}
			}
			by, err := e.signer(c.Context(), "提交清点 / hand in the count of "+args[0])
			if err != nil {
				return err
			}
			v, err := call[api.InspectionView](c.Context(), e, "inspection/count", api.CountInRequest{Inspection: args[0], Scan: scan, By: by})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printInspection(w, v) })
		},
	}
}

func newInspectionMissingCommand(e *env) *cobra.Command {
	var r api.MissingRequest
	c := &cobra.Command{
		Use: "missing INSPECTION NUMBER...", Short: "报告未找到的载体 / enter carriers that the count did not find as missing", Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Session, r.Inspection, r.Carriers = s.ID, args[0], args[1:]
			v, err := call[api.InspectionView](c.Context(), e, "inspection/missing", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printInspection(w, v) })
		},
	}
	c.Flags().StringVar(&r.Reason, "reason", "", "what is known of them (kept private)")
	_ = c.MarkFlagRequired("reason")
	return c
}

func printInspection(w io.Writer, v api.InspectionView) {
	place := v.Place
	if place == "" {
		place = "全部 everywhere"
	}
	fmt.Fprintf(w, "%s  %s  %s %s  %s\n", clean(v.ID), clean(v.Number), clean(v.StateZh), clean(v.State), clean(place))
	if v.Count == nil {
		fmt.Fprintln(w, "  提交清点以前不显示应有数量 / what is due is not shown before the count is handed in")
		return
	}
	fmt.Fprintf(w, "  应有 due %d  实有 found %d  未找到 missing %d  多出 extra %d  未登记 unknown %d  重复 twice %d\n", v.Due, v.Found, v.Missing, v.Extra, len(v.Count.Unknown), len(v.Count.Duplicates))
	for _, part := range []struct {
		what string
		rows []api.CountedView
	}{{"未找到 missing", v.Count.Missing}, {"多出 extra", v.Count.Extra}} {
		for _, c := range part.rows {
			fmt.Fprintf(w, "  %s  %s  %s  %s %s  保管 keeper %s  部位 place %s  在手 with %s\n", part.what, clean(c.Number), clean(c.LevelZh), clean(c.StateZh), clean(c.WhereZh), clean(c.Keeper), clean(c.Place), clean(c.With))
		}
	}
	for _, label := range v.Count.Unknown {
		fmt.Fprintf(w, "  未登记 unknown  %s\n", clean(label))
	}
	fmt.Fprintf(w, "  问题 findings %d  未销号 open %d\n", v.Findings, v.Open)
}

func newFindingCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "finding", Short: "检查问题和整改 / findings and their correction"}
	var r api.FindingRequest
	enter := &cobra.Command{
		Use: "enter INSPECTION", Short: "登记问题 / enter a finding, with who corrects it by when", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Session, r.Inspection = s.ID, args[0]
			v, err := call[api.FindingView](c.Context(), e, "finding/enter", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printFinding(w, v) })
		},
	}
	enter.Flags().StringVar(&r.Code, "code", "", "missing, extra, unregistered, wrong-place, unsigned, overdue, mark, storage, copy, approval, people, records or other")
	enter.Flags().StringVar(&r.Carrier, "carrier", "", "number of the carrier it concerns")
	enter.Flags().StringVar(&r.Text, "text", "", "what is wrong (kept private)")
	enter.Flags().StringVar(&r.Answers, "answers", "", "person who has to correct it")
	enter.Flags().StringVar(&r.Due, "due", "", "day by which, 2026-12-31")
	for _, n := range []string{"code", "text", "answers", "due"} {
		_ = enter.MarkFlagRequired(n)
	}
	var f api.FindingsRequest
	list := &cobra.Command{
		Use: "list", Short: "列出问题 / list findings", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := call[[]api.FindingView](c.Context(), e, "finding/list", f)
			if err != nil {
				return err
			}
			return e.print(all, func(w io.Writer) {
				for _, v := range all {
					printFinding(w, v)
				}
			})
		},
	}
	list.Flags().StringVar(&f.Inspection, "inspection", "", "of this inspection")
	list.Flags().BoolVar(&f.Open, "open", false, "not closed")
	list.Flags().BoolVar(&f.Overdue, "overdue", false, "not closed although the day has passed")
	c.AddCommand(enter, newFindingStepCommand(e, "correct FINDING", "报告整改 / say with one's own card how a finding was corrected", "finding/correct", false),
		newFindingStepCommand(e, "close FINDING", "复查销号 / accept the correction", "finding/close", true),
		newFindingStepCommand(e, "send-back FINDING", "退回重改 / do not accept the correction", "finding/close", false), list)
	return c
}

func newFindingStepCommand(e *env, use, short, op string, accepted bool) *cobra.Command {
	var text string
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), short)
			if err != nil {
				return err
			}
			v, err := call[api.FindingView](c.Context(), e, op, api.FindingStepRequest{Finding: args[0], Accepted: accepted, Text: text, By: by})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printFinding(w, v) })
		},
	}
	c.Flags().StringVar(&text, "text", "", "in words (kept private)")
	_ = c.MarkFlagRequired("text")
	return c
}

func printFinding(w io.Writer, v api.FindingView) {
	late := ""
	if v.Overdue {
		late = "  逾期 overdue"
	}
	fmt.Fprintf(w, "%s  %s  %s %s  %s\n  %s  整改 answers %s  期限 due %s%s\n", clean(v.ID), clean(v.Inspection), clean(v.StateZh), clean(v.State), clean(v.CodeZh), clean(v.Text), clean(v.Answers), clean(v.Due), late)
	if v.Carrier != "" {
		fmt.Fprintf(w, "  载体 carrier %s\n", clean(v.Carrier))
	}
	if v.Correction != "" {
		fmt.Fprintf(w, "  整改 correction  %s\n", clean(v.Correction))
	}
	if v.Review != "" {
		fmt.Fprintf(w, "  复查 review  %s\n", clean(v.Review))
	}
}

func newIncidentCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "incident", Short: "事件 / losses, leaks, damage, things found"}
	show := &cobra.Command{
		Use: "show INCIDENT", Short: "一个事件 / one incident", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.IncidentView](c.Context(), e, "incident/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printIncident(w, v) })
		},
	}
	c.AddCommand(newIncidentReportCommand(e), newIncidentCloseCommand(e), show,
		listCommand(e, "列出事件 / list incidents", "incident/list", "INCIDENT\tNUMBER\tWHAT\tDISCOVERED\tBY\tCARRIERS\tRESULT", func(v api.IncidentView) []string {
			return []string{v.ID, v.Number, v.WhatZh, v.Discovered.Local().Format("2006-01-02 15:04"), v.Reporter, strings.Join(v.Carriers, ","), v.ResultZh}
		}))
	return c
}

func newIncidentReportCommand(e *env) *cobra.Command {
	var r api.IncidentRequest
	var when string
	c := &cobra.Command{
		Use: "report [NUMBER...]", Short: "报告事件 / report an incident and the carriers it concerns",
		RunE: func(c *cobra.Command, args []string) error {
			if when != "" {
				t, err := time.ParseInLocation("2006-01-02 15:04", when, time.Local)
				if err != nil {
					return usageError{fmt.Errorf("--discovered %s is not like %s", when, "2026-03-05 14:30")}
				}
				r.Discovered = t
			}
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Session, r.Carriers = s.ID, args
			v, err := call[api.IncidentView](c.Context(), e, "incident/report", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printIncident(w, v) })
		},
	}
	c.Flags().StringVar(&r.What, "what", "", "lost, leaked, damaged, found or tampered")
	c.Flags().StringVar(&r.Number, "number", "", "the unit's number for it")
	c.Flags().StringVar(&r.Text, "text", "", "what happened (kept private)")
	c.Flags().StringVar(&when, "discovered", "", "when it was discovered, 2026-03-05 14:30; left out = now")
	_ = c.MarkFlagRequired("what")
	_ = c.MarkFlagRequired("text")
	return c
}

func newIncidentCloseCommand(e *env) *cobra.Command {
	var r api.IncidentEndRequest
	c := &cobra.Command{
		Use: "close INCIDENT", Short: "结案 / close the inquiry", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			r.Incident = args[0]
			if r.By, err = e.signer(c.Context(), "事件结案 / close incident "+r.Incident); err != nil {
				return err
			}
			v, err := call[api.IncidentView](c.Context(), e, "incident/close", r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printIncident(w, v) })
		},
	}
	c.Flags().StringVar(&r.Result, "result", "", "found, written-off, no-harm or reported-upward")
	c.Flags().StringVar(&r.Measures, "measures", "", "what was done (kept private)")
	_ = c.MarkFlagRequired("result")
	_ = c.MarkFlagRequired("measures")
	return c
}

func printIncident(w io.Writer, v api.IncidentView) {
	state := "查处中 open"
	if v.Closed {
		state = v.ResultZh + " " + v.Result
	}
	fmt.Fprintf(w, "%s  %s  %s %s  %s\n  %s\n  %s\n", clean(v.ID), clean(v.Number), clean(v.WhatZh), clean(v.What), clean(state), clean(v.Text), clean(strings.Join(v.Carriers, "  ")))
	if v.Measures != "" {
		fmt.Fprintf(w, "  措施 measures  %s\n", clean(v.Measures))
	}
}
