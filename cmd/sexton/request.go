package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sexton/web/api"
)

func newRequestCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "request", Short: "申请和审批 / applications: open, audit, approve"}
	c.AddCommand(newApplyCommand(e), newDecideCommand(e, "audit", "审核 / audit an application"), newDecideCommand(e, "approve", "批准 / approve an application"),
		newDecideCommand(e, "reject", "驳回 / reject an application, with the reason as --opinion"), newRequestWithdrawCommand(e), newRequestListCommand(e), newRequestShowCommand(e))
	return c
}

// acts an application can be for, as --help lists them.
const requestActs = "make, copy, dispatch, circulate, widen, lend, carry-out, hand-over, reclassify, declassify, archive, transfer, return or consign"

func newApplyCommand(e *env) *cobra.Command {
	var r api.ApplyRequest
	var days int
	c := &cobra.Command{
		Use: "open ACT", Short: "提出申请 / apply for an act", Args: cobra.ExactArgs(1),
		Long: "Applies for one act: " + requestActs + ".\nName carriers, or a document for make, widen, reclassify and declassify. What the rules in force demand is in the answer.",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			r.Act, r.Session = args[0], s.ID
			if days > 0 {
				r.NotAfter = time.Now().AddDate(0, 0, days).UTC().Truncate(time.Second)
			}
			v, err := call[api.RequestView](c.Context(), e, "request/open", r)
			if err != nil {
				return err
			}
			return e.printRequest(v)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&r.Carriers, "carrier", nil, "carrier numbers")
	f.StringVar(&r.Document, "document", "", "document, by id or number")
	f.StringVar(&r.Number, "number", "", "number of the form")
	f.Int64Var(&r.Count, "count", 0, "copies asked for; for movements how many carriers may go under it")
	f.IntVar(&days, "days", 0, "how long it may be used (30 when left out, at most 90)")
	f.StringVar(&r.To, "to", "", "person, or destruction body for consign")
	f.StringVar(&r.Party, "party", "", "receiver outside (kept private)")
	f.StringSliceVar(&r.Persons, "person", nil, "persons to be admitted (widen)")
	f.StringVar(&r.Channel, "channel", "", "channel it is to travel by")
	f.StringVar(&r.Classification, "classification", "", "new classification (reclassify)")
	f.StringVar(&r.Period, "period", "", "new period (reclassify)")
	f.StringVar(&r.Reason, "reason", "", "why (kept private)")
	_ = c.MarkFlagRequired("reason")
	return c
}

func (e *env) printRequest(v api.RequestView) error {
	return e.print(v, func(w io.Writer) { printRequest(w, v) })
}

func printRequest(w io.Writer, v api.RequestView) {
	fmt.Fprintf(w, "%s  %s  %s %s  → %s %s\n", v.ID, clean(v.Number), clean(v.ActZh), clean(v.Act), clean(v.StateZh), clean(v.State))
	if len(v.Carriers) > 0 {
		fmt.Fprintf(w, "  载体 carriers  %s\n", clean(strings.Join(v.Carriers, " ")))
	}
	for _, f := range [][2]string{
		{"文件 document", v.DocumentNumber}, {"申请人 applicant", v.Applicant}, {"审核人 auditor", v.Auditor}, {"批准人 approver", strings.TrimSpace(v.Approver + " " + v.Authority)},
		{"接收 to", strings.TrimSpace(v.To + " " + v.Party)}, {"人员 persons", strings.Join(v.Persons, " ")}, {"渠道 channel", v.Channel},
		{"拟变更 new mark", strings.TrimSpace(v.Classification + " " + v.Period)}, {"事由 reason", v.Reason},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %s  %s\n", f[0], clean(f[1]))
		}
	}
	fmt.Fprintf(w, "  已用 used %d / %d  有效至 until %s\n", v.Used, v.Count, v.NotAfter.Local().Format("2006-01-02 15:04"))
	needs := []string{}
	if v.Needs.Audit != "" {
		needs = append(needs, "审核 audit: "+v.Needs.Audit)
	}
	if v.Needs.Approval {
		needs = append(needs, "批准 approval: "+v.Needs.Approver+", "+v.Needs.Authority)
	}
	if len(needs) > 0 {
		fmt.Fprintf(w, "  须 needs  %s  [%s]\n", clean(strings.Join(needs, "; ")), clean(strings.Join(v.Needs.Rows, ", ")))
	}
	for _, o := range v.Opinions {
		fmt.Fprintf(w, "  意见 opinion  %s %s: %s\n", clean(o.Role), clean(o.Person), clean(o.Opinion))
	}
	printHistory(w, v.History)
}

func newDecideCommand(e *env, act, short string) *cobra.Command {
	var r api.DecideRequest
	c := &cobra.Command{
		Use: act + " REQUEST", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			by, err := e.signer(c.Context(), act+" "+args[0])
			if err != nil {
				return err
			}
			r.Request, r.By = args[0], by
			v, err := call[api.SignedView](c.Context(), e, "request/"+act, r)
			if err != nil {
				return err
			}
			return e.print(v, func(w io.Writer) { printSigned(w, e, v) })
		},
	}
	c.Flags().StringVar(&r.Opinion, "opinion", "", "opinion, as in the box of the form (kept private)")
	if act == "approve" {
		c.Flags().StringVar(&r.Authority, "authority", "own-leader", "own-leader, issuer or superior; for the latter two --opinion quotes their consent")
	}
	return c
}

func newRequestWithdrawCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "withdraw REQUEST", Short: "撤回 / take an own application back", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.session(c.Context())
			if err != nil {
				return err
			}
			v, err := call[api.RequestView](c.Context(), e, "request/withdraw", api.DecideRequest{Request: args[0], Session: s.ID})
			if err != nil {
				return err
			}
			return e.printRequest(v)
		},
	}
}

func newRequestListCommand(e *env) *cobra.Command {
	var f api.RequestFilter
	c := &cobra.Command{
		Use: "list", Short: "列出申请 / list applications, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := call[api.RequestPage](c.Context(), e, "request/list", f)
			if err != nil {
				return err
			}
			return e.print(p, func(w io.Writer) {
				var rows [][]string
				for _, v := range p.Requests {
					what := v.DocumentNumber
					if len(v.Carriers) > 0 {
						what = strings.Join(v.Carriers, " ")
					}
					rows = append(rows, []string{v.ID, v.Number, v.ActZh, v.StateZh, v.Applicant, fmt.Sprintf("%d/%d", v.Used, v.Count), what})
				}
				table(w, "REQUEST\tNUMBER\tACT\tSTATE\tAPPLICANT\tUSED\tWHAT", rows)
				printPage(w, len(rows), p.Total, p.Next, p.Searched)
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.Act, "act", "", "for this act")
	fl.StringVar(&f.State, "state", "", "open, audited, approved, rejected, withdrawn or used")
	fl.StringVar(&f.Document, "document", "", "on this document")
	fl.StringVar(&f.Applicant, "applicant", "", "of this person")
	pageFlags(fl, &f.After, &f.Limit)
	return c
}

func newRequestShowCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "show REQUEST", Short: "一项申请 / one application with opinions and history", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := call[api.RequestView](c.Context(), e, "request/show", api.ByID{ID: args[0]})
			if err != nil {
				return err
			}
			return e.printRequest(v)
		},
	}
}
